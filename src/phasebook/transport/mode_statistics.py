"""How well samples have a mixture's modes: their weights, their spread, and a divergence from fitted moments in many dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from .gaussian_mixture import Mixture, as_points


@dataclass(frozen=True)
class ModeStatistics:
    """Share of samples and mean variance per dimension of each mode (K,), with standard errors of Gaussian modes."""

    weights: Float[np.ndarray, " k"]
    weights_stderr: Float[np.ndarray, " k"]
    variances: Float[np.ndarray, " k"]
    variances_stderr: Float[np.ndarray, " k"]


def mode_labels(points: ArrayLike, mixture: Mixture) -> Int[np.ndarray, " n"]:
    """The nearest mean of each point (n, d); where modes are well apart, that is its mode."""
    x = as_points(points, mixture.dimension)
    squares = (mixture.means**2).sum(1) - 2 * x @ mixture.means.T
    return np.argmin(squares, axis=1)


def mode_statistics(points: ArrayLike, mixture: Mixture) -> ModeStatistics:
    """Weights and variances of the modes among points (n, d). Raises ValueError where a mode has fewer than two points."""
    x, labels = as_points(points, mixture.dimension), mode_labels(points, mixture)
    counts = np.bincount(labels, minlength=len(mixture.weights))
    if counts.min() < 2:
        raise ValueError(f"mode {int(np.argmin(counts))} has {counts.min()} of {len(x)} points: draw more")
    shares = counts / len(x)
    variances = np.array([x[labels == mode].var(axis=0, ddof=1).mean() for mode in range(len(counts))])
    return ModeStatistics(
        shares,
        np.sqrt(shares * (1 - shares) / len(x)),
        variances,
        variances * np.sqrt(2 / (counts - 1) / mixture.dimension),
    )


def moment_divergence(points: ArrayLike, mixture: Mixture) -> float:
    """KL from the mixture of Gaussians fitted to the points' modes to the mixture, pair by pair of components.

    Sampling alone adds about (d + d(d+1)/2)/(2n) to a mode with n points; that is taken off. It sees weights, means and
    covariances, not a mode's shape. Raises ValueError where a mode has no more points than dimensions.
    """
    x, labels, d = as_points(points, mixture.dimension), mode_labels(points, mixture), mixture.dimension
    total = 0.0
    for mode, (weight, mean, covariance) in enumerate(
        zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    ):
        own = x[labels == mode]
        if len(own) <= d + 1:
            raise ValueError(f"mode {mode} has {len(own)} points in {d} dimensions: draw more")
        root = np.linalg.cholesky(covariance)
        white = np.linalg.solve(root, (own - mean).T)
        center, spread = white.mean(1), np.atleast_2d(np.cov(white))
        distance = 0.5 * (np.trace(spread) + center @ center - d - np.linalg.slogdet(spread)[1])
        share = len(own) / len(x)
        total += share * (math.log(share / weight) + distance - (d + d * (d + 1) / 2) / (2 * len(own)))
    return total
