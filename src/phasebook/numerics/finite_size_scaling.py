"""Finite-size scaling: how well curves of several sizes fall onto one, the exponents that do it best, and where curves cross.

The quality of a collapse is the mean squared distance of each point from the master curve of the other sizes, in units of its
standard error: near 1 for a collapse within errors, much larger otherwise. Source: Houdayer and Hartmann, Phys. Rev. B 70, 014418
(2004), after Kawashima and Ito (1993); a slip by which an error bar is counted twice where a size brackets a point is not ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import optimize

from ..errors import NotConverged
from .measured import Measured

STEP = (
    0.01  # of an exponent, for numerical derivatives of the quality: below it, points entering brackets make it rough
)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """An observable of one system size: `y` with errors `stderr` at increasing positions `x`, all of shape (n,), n >= 2."""

    size: float
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
    stderr: Float[np.ndarray, " n"]

    def __post_init__(self) -> None:
        for name in ("x", "y", "stderr"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=float))
        if not self.size > 0:
            raise ValueError(f"size must be positive; got {self.size!r}")
        if self.x.ndim != 1 or len(self.x) < 2 or not self.x.shape == self.y.shape == self.stderr.shape:
            raise ValueError(
                f"x, y and stderr must be 2 or more points each; got {self.x.shape}, {self.y.shape}, {self.stderr.shape}"
            )
        if (
            not np.isfinite([self.x, self.y, self.stderr]).all()
            or (self.stderr <= 0).any()
            or (np.diff(self.x) <= 0).any()
        ):
            raise ValueError("x must increase, y be finite and stderr positive")


@dataclass(frozen=True, slots=True)
class Collapse:
    """Exponents that bring y·L^-y_exponent against x·L^-x_exponent onto one curve, and the `quality` reached with `points`."""

    x_exponent: Measured
    y_exponent: Measured
    quality: float
    points: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the curves of two sizes cross, with its error from the points' errors."""

    sizes: tuple[float, float]
    position: Measured
    height: float


def collapse_quality(curves: Sequence[Curve], x_exponent: float, y_exponent: float) -> tuple[float, int]:
    """(quality, points): mean of (y - Y)²/(dy² + dY²) over the points that other sizes bracket, after scaling each size L.

    x becomes x·L^-x_exponent and y becomes y·L^-y_exponent; Y is the weighted line through the neighboring points of the other
    sizes. Raises ValueError on fewer than 2 curves, and where the scaled curves don't overlap.
    """
    if len(curves) < 2:
        raise ValueError(f"curves must hold at least 2 sizes; got {len(curves)}")
    scaled = [
        (curve.x * curve.size**-x_exponent, curve.y * curve.size**-y_exponent, curve.stderr * curve.size**-y_exponent)
        for curve in curves
    ]
    total, points = 0.0, 0
    for own, (x, y, error) in enumerate(scaled):
        # Sums of weights and moments over the two points of every other size that bracket each position.
        sums = np.zeros((5, len(x)))
        for other, (x_other, y_other, error_other) in enumerate(scaled):
            if other == own:
                continue
            right = np.searchsorted(x_other, x, side="right")
            inside = (right > 0) & (right < len(x_other))
            for neighbor in (np.clip(right - 1, 0, None), np.minimum(right, len(x_other) - 1)):
                weight = np.where(inside, error_other[neighbor] ** -2.0, 0.0)
                # Positions are taken relative to the point itself: the line's value there is then its intercept.
                away, height = x_other[neighbor] - x, y_other[neighbor]
                sums += np.stack([weight, weight * away, weight * height, weight * away**2, weight * away * height])
        k, kx, ky, kxx, kxy = sums
        spread = k * kxx - kx**2
        judged = (k > 0) & (spread > 1e-14 * k * kxx)
        line = (kxx[judged] * ky[judged] - kx[judged] * kxy[judged]) / spread[judged]
        variance = kxx[judged] / spread[judged]
        total += float(np.sum((y[judged] - line) ** 2 / (error[judged] ** 2 + variance)))
        points += int(np.count_nonzero(judged))
    if points == 0:
        raise ValueError("the scaled curves do not overlap: no point has neighbors of another size")
    return total / points, points


def fit_collapse(curves: Sequence[Curve], x_exponent: float, y_exponent: float) -> Collapse:
    """The exponents of the best collapse, searched from the given ones (Nelder-Mead).

    Standard errors carry every point's error to the minimum by first order, scaled by the root of the quality where that exceeds 1,
    with points - 2 degrees of freedom. Raises ValueError as `collapse_quality`, and NotConverged where the search fails or has no
    minimum.
    """
    _, started = collapse_quality(curves, x_exponent, y_exponent)

    loss = partial(_guarded, curves, started)
    start = np.array([x_exponent, y_exponent])
    simplex = start + np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]])
    found = optimize.minimize(
        loss, start, method="Nelder-Mead", options={"initial_simplex": simplex, "xatol": 1e-5, "fatol": 1e-8}
    )
    if not (found.success and math.isfinite(found.fun)):
        raise NotConverged(f"the search for a collapse stopped: {found.message}; start from other exponents")
    quality, points = collapse_quality(curves, *found.x)
    curvature = np.column_stack([_loss_slope(loss, found.x + side) for side in np.eye(2) * STEP])
    curvature -= np.column_stack([_loss_slope(loss, found.x - side) for side in np.eye(2) * STEP])
    curvature = (curvature + curvature.T) / (4 * STEP)
    if not (np.isfinite(curvature).all() and np.linalg.eigvalsh(curvature).min() > 0):
        raise NotConverged("the quality has no minimum in both exponents; give more sizes or a wider range of x")
    # A point counts twice, as itself and in the master curve of its neighbors: only its own effect on the minimum says the error.
    covariance = np.zeros((2, 2))
    for number, curve in enumerate(curves):
        for i in range(len(curve.x)):
            raised = curve.y.copy()
            raised[i] += curve.stderr[i]
            moved = [*curves[:number], replace(curve, y=raised), *curves[number + 1 :]]
            shift = np.linalg.solve(curvature, _loss_slope(partial(_guarded, moved, started), found.x))
            covariance += np.outer(shift, shift)
    errors = np.sqrt(np.diag(covariance) * max(1.0, quality))
    dof = max(1, points - 2)
    return Collapse(Measured(found.x[0], errors[0], dof), Measured(found.x[1], errors[1], dof), quality, points)


def _guarded(curves: Sequence[Curve], started: int, at: Float[np.ndarray, " two"]) -> float:
    """The quality, or infinity where so few points overlap that they always agree: curves can be pulled apart."""
    try:
        quality, points = collapse_quality(curves, float(at[0]), float(at[1]))
    except ValueError:
        return math.inf
    return quality if 2 * points >= started else math.inf


def _loss_slope(
    loss: Callable[[Float[np.ndarray, " two"]], float], at: Float[np.ndarray, " two"]
) -> Float[np.ndarray, " two"]:
    return np.array([loss(at + side) - loss(at - side) for side in np.eye(2) * STEP]) / (2 * STEP)


def finite_size_crossings(sizes: ArrayLike, control: ArrayLike, values: ArrayLike, stderr: ArrayLike) -> list[Crossing]:
    """Where curves of neighboring sizes cross: `values` and `stderr` (sizes, n) over increasing `control` (n,).

    The difference of two curves is fitted by a weighted line through the two points on either side of its change of sign; errors
    are propagated to first order, with infinite dof (the points' errors are taken as known). Raises ValueError where a pair of
    curves crosses never or more than once.
    """
    size, position = np.asarray(sizes, dtype=float), np.asarray(control, dtype=float)
    heights, errors = np.asarray(values, dtype=float), np.asarray(stderr, dtype=float)
    if heights.shape != (len(size), len(position)) or errors.shape != heights.shape:
        raise ValueError(
            f"values and stderr must have shape ({len(size)}, {len(position)}); got {heights.shape} and {errors.shape}"
        )
    curves = [Curve(size[k], position, heights[k], errors[k]) for k in range(len(size))]
    if len(curves) < 2 or (np.diff(size) <= 0).any():
        raise ValueError(f"sizes must be at least 2 increasing numbers; got {size.tolist()}")
    return [_crossing(small, large) for small, large in pairwise(curves)]


def _crossing(small: Curve, large: Curve) -> Crossing:
    difference = large.y - small.y
    changes = np.flatnonzero(np.sign(difference[:-1]) * np.sign(difference[1:]) <= 0)
    if len(changes) != 1:
        raise ValueError(
            f"the curves of sizes {small.size:g} and {large.size:g} must cross once over the control values; they cross "
            f"{len(changes)} times"
        )
    near = slice(max(0, int(changes[0]) - 1), int(changes[0]) + 3)
    x, d = small.x[near], difference[near]
    weight = 1 / (small.stderr[near] ** 2 + large.stderr[near] ** 2)
    share = weight / weight.sum()
    center = share @ x
    slope_weights = share * (x - center) / (share @ (x - center) ** 2)
    slope, mean = slope_weights @ d, share @ d
    root = center - mean / slope
    gradient = -share / slope + mean / slope**2 * slope_weights
    error = math.sqrt(gradient**2 @ (1 / weight))
    height = float(np.interp(root, small.x, small.y))
    return Crossing((small.size, large.size), Measured(root, error, math.inf), height)
