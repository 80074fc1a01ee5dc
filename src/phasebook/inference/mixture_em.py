"""Fits of Gaussian means to samples at a fixed noise level: EM with Newton's correction, and hard assignment (Lloyd's k-means).

EM converges like (ρ_c²/ρ²)^t near the collapse of the means, and a loose tolerance then reports a spread that is not there.
Here EM only opens; Newton steps on the same likelihood, with the Hessian summed over the samples, close, and the last of them
is the stated error. Sums run in chunks over threads and are added in the order of the chunks: the numbers do not depend on
the number of threads. Source: Dempster, Laird, Rubin 1977; Varadhan and Roland 2008 (SQUAREM) where there are many
parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numba
import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from ..errors import NotConverged
from .gaussian_mixture import (
    COLLAPSED_SPREAD,
    GaussianMixture,
    MixtureEstimate,
    checked_means,
    checked_positive,
    checked_weights,
    normalized_squared_error,
    squared_error,
)
from .mixture_kernels import hard_sums, soft_curvature, soft_sums, winners

CHUNK = 1 << 16
EXPLORED_SAMPLES = 20_000
OPENING_STEPS = 10
MOST_NEWTON_PARAMETERS = 64
SMALLEST_MASS = 1e-300
MOST_HALVINGS = 5
CONFIRMED_GAIN = 1e-13  # relative; a likelihood summed over samples is not more accurate
EXTREME = 1e150  # lengths beyond it, or below its inverse in units of one another, have no squares in float64


@dataclass(frozen=True, eq=False)
class EmStep:
    """One step of EM: the new means (K, d), and at the old ones the mean log-likelihood and the mean responsibilities (K,)."""

    means: Float[np.ndarray, "components dimension"]
    log_likelihood: float
    shares: Float[np.ndarray, " components"]


def fit_samples(
    points: Float[np.ndarray, "samples dimension"],
    noise_scale: float,
    components: int,
    *,
    weights: Float[np.ndarray, " components"] | None = None,
    start: Float[np.ndarray, "components dimension"] | None = None,
    starts: int = 4,
    tolerance: float = 1e-8,
    max_steps: int = 5000,
    sigma: float | None = None,
    truth: GaussianMixture | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> MixtureEstimate:
    """Maximum-likelihood means of `points` (n, d) under a mixture whose noise level is fixed at `noise_scale`.

    Without `start`, shape (K, d), the best of `starts` random ones on up to 20,000 samples is taken. `tolerance` bounds the
    last Newton step, in units of the noise scale. `sigma` is the true noise level, where known, for the ratio; `truth` gives
    the errors. `threads` defaults to numba's. `points` may be a memory map. `collapsed` means a spread below 1e-6 noise
    scales, or below the error. Raises ValueError on a noise scale that is not positive, NaN rows (by number), more components
    than samples, weights that do not sum to 1 or means of another dimension; NotConverged after `max_steps`.
    """
    tau = _checked_noise_scale(noise_scale)
    points, center = checked_points(points)
    shares, first = _checked_start(points, components, weights, start, truth)
    checked_positive("tolerance", tolerance)
    with _Samples(points, center, threads) as samples:
        if first is None:
            first = _explored_start(samples, tau, shares, starts, seed)
        found = _maximize(samples, first - center, tau, np.log(shares), tolerance * tau, max_steps)
    least = max(COLLAPSED_SPREAD * tau, 2 * found.error)
    return _estimate(found, center, shares, tau, sigma, truth, least)


def lloyd_fit(
    points: Float[np.ndarray, "samples dimension"],
    components: int,
    *,
    start: Float[np.ndarray, "components dimension"] | None = None,
    starts: int = 4,
    max_steps: int = 5000,
    sigma: float | None = None,
    truth: GaussianMixture | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> MixtureEstimate:
    """Hard assignment on samples (Lloyd's k-means), iterated until no sample changes its component; the limit τ → 0 of the fit.

    Arguments and errors as in `fit_samples`; `log_likelihood` is minus half the mean squared distance to the assigned mean.
    """
    points, center = checked_points(points)
    shares, first = _checked_start(points, components, None, start, truth)
    with _Samples(points, center, threads) as samples:
        if first is None:
            first = _explored_start(samples, 0.0, shares, starts, seed)
        found = _lloyd(samples, first - center, max_steps)
    least = COLLAPSED_SPREAD * math.sqrt(samples.second_moment)
    return _estimate(found, center, shares, 0.0, sigma, truth, least)


def em_step(
    points: Float[np.ndarray, "samples dimension"],
    means: Float[np.ndarray, "components dimension"],
    noise_scale: float,
    *,
    weights: Float[np.ndarray, " components"] | None = None,
    threads: int | None = None,
) -> EmStep:
    """One EM step at a fixed noise level from `means` (K, d): what a benchmark times, and a user's own loop needs.

    Raises ValueError as `fit_samples` does.
    """
    tau = _checked_noise_scale(noise_scale)
    points, center = checked_points(points)
    given = checked_means(means)
    shares, _ = _checked_start(points, len(given), weights, given, None)
    with _Samples(points, center, threads) as samples:
        likelihood, mass, moves = samples.soft(given - center, tau, np.log(shares))
    return EmStep(given + moves, likelihood, mass)


def assign_labels(
    points: Float[np.ndarray, "samples dimension"],
    means: Float[np.ndarray, "components dimension"],
    noise_scale: float | None = None,
    *,
    weights: Float[np.ndarray, " components"] | None = None,
    threads: int | None = None,
) -> Int[np.ndarray, " samples"]:
    """The most likely component of each sample, shape (n,); without `noise_scale` the nearest mean (hard assignment).

    Raises ValueError as `fit_samples` does.
    """
    tau = 0.0 if noise_scale is None else _checked_noise_scale(noise_scale)
    points, center = checked_points(points)
    given = checked_means(means)
    shares, _ = _checked_start(points, len(given), weights, given, None)
    with _Samples(points, center, threads) as samples:
        return samples.labels(given - center, tau, np.log(shares))


def label_agreement(assigned: Int[np.ndarray, " samples"], labels: Int[np.ndarray, " samples"]) -> float:
    """The share of samples whose assigned label is the true one, after the best matching of label names.

    Raises ValueError unless both are whole numbers from 0 on, of the same length.
    """
    first, second = np.asarray(assigned), np.asarray(labels)
    if first.shape != second.shape or first.ndim != 1 or first.size == 0:
        raise ValueError(f"assigned and labels must be lists of the same length; got {first.shape} and {second.shape}")
    for name, values in (("assigned", first), ("labels", second)):
        if values.dtype.kind not in "iu" or values.min() < 0:
            raise ValueError(f"{name} must be whole numbers from 0 on")
    size = int(max(first.max(), second.max())) + 1
    table = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    return float(table[linear_sum_assignment(-table)].sum() / first.size)


@dataclass(frozen=True, eq=False)
class _Found:
    means: np.ndarray  # seen from the samples' center
    likelihood: float
    residual: float
    error: float
    iterations: int


class _Samples:
    """Samples in chunks, with a pool of threads; every sum is added in the order of the chunks."""

    def __init__(self, points: np.ndarray, center: np.ndarray, threads: int | None) -> None:
        self.points, self.center = points, center
        self.count, self.dimension = points.shape
        self.chunks = [slice(first, first + CHUNK) for first in range(0, self.count, CHUNK)]
        allowed = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
        wanted = allowed if threads is None else _checked_count("threads", threads)
        self.pool = ThreadPoolExecutor(wanted) if min(wanted, len(self.chunks)) > 1 else None
        self.second_moment = sum(self._each(self._square_sum)) / self.count
        if not self.second_moment < EXTREME**2:
            raise ValueError(f"points must be smaller than {EXTREME:g} in size, about their mean")

    def __enter__(self) -> _Samples:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.pool is not None:
            self.pool.shutdown()

    def soft(self, means: np.ndarray, tau: float, log_weights: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The mean log-likelihood, the mean responsibilities (K,) and the moves of one EM step (K, d)."""
        slopes, offsets = self._linear_scores(means, tau, log_weights)
        total, mass, moments = self._reduced(soft_sums, slopes, offsets)
        alive = mass > SMALLEST_MASS * self.count
        image = np.where(alive[:, None], moments / np.where(alive, mass, 1.0)[:, None], means)
        constant = 0.5 * self.second_moment / tau**2 + 0.5 * self.dimension * math.log(2 * math.pi * tau**2)
        return total / self.count - constant, mass / self.count, image - means

    def hard(self, means: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Minus half the mean squared distance, the shares (K,) and the moves of one Lloyd step (K, d)."""
        total, mass, moments = self._reduced(hard_sums, means, -0.5 * (means**2).sum(axis=1))
        image = np.where(mass[:, None] > 0, moments / np.maximum(mass, 1.0)[:, None], means)
        return total / self.count - 0.5 * self.second_moment, mass / self.count, image - means

    def curvature(self, means: np.ndarray, tau: float, log_weights: np.ndarray) -> np.ndarray:
        """The part of τ⁴ times the likelihood's Hessian that EM does not see, (K d, K d)."""
        slopes, offsets = self._linear_scores(means, tau, log_weights)
        size, (components, dimension) = means.size, means.shape

        def part(chunk: slice) -> tuple[np.ndarray, np.ndarray]:
            outer, blocks = np.zeros((size, size)), np.zeros((components, dimension, dimension))
            soft_curvature(self._take(chunk), self.center, slopes, offsets, means, outer, blocks)
            return outer, blocks

        parts = self._each(part)
        lower = sum(outer for outer, _ in parts)
        matrix = -(lower + np.tril(lower, -1).T)
        for k, block in enumerate(sum(blocks for _, blocks in parts)):
            place = slice(k * dimension, (k + 1) * dimension)
            matrix[place, place] += block
        return matrix / self.count

    def labels(self, means: np.ndarray, tau: float, log_weights: np.ndarray) -> np.ndarray:
        """The component of the highest score of each sample."""
        labels = np.empty(self.count, dtype=np.int64)
        offsets = tau**2 * log_weights - 0.5 * (means**2).sum(axis=1)

        def part(chunk: slice) -> None:
            winners(self._take(chunk), self.center, means, offsets, labels[chunk])

        self._each(part)
        return labels

    def _linear_scores(self, means: np.ndarray, tau: float, log_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        longest = max(math.sqrt(self.second_moment), float(np.abs(means).max()))
        if not 1 / EXTREME < tau < EXTREME or longest > EXTREME * tau:
            raise ValueError(
                f"noise_scale must lie within a factor of {EXTREME:g} of the samples' spread and of 1; got {tau:g}: "
                "for hard assignment use hard=True"
            )
        return means / tau**2, log_weights - 0.5 * (means**2).sum(axis=1) / tau**2

    def _reduced(self, kernel: Callable[..., float], slopes: np.ndarray, offsets: np.ndarray) -> tuple[Any, Any, Any]:
        def part(chunk: slice) -> tuple[float, np.ndarray, np.ndarray]:
            mass, moments = np.zeros(len(slopes)), np.zeros(slopes.shape)
            return kernel(self._take(chunk), self.center, slopes, offsets, mass, moments), mass, moments

        parts = self._each(part)
        return tuple(sum(piece[index] for piece in parts) for index in range(3))

    def _each(self, work: Callable[[slice], Any]) -> list[Any]:
        return list(map(work, self.chunks) if self.pool is None else self.pool.map(work, self.chunks))

    def _take(self, chunk: slice) -> np.ndarray:
        return np.ascontiguousarray(self.points[chunk], dtype=np.float64)

    def _square_sum(self, chunk: slice) -> float:
        shifted = self._take(chunk) - self.center
        # Not by BLAS, whose own threads would wait for each other below ours.
        return float(np.einsum("ij,ij->", shifted, shifted))


def _maximize(
    samples: _Samples, start: np.ndarray, tau: float, log_weights: np.ndarray, tolerance: float, max_steps: int
) -> _Found:
    """EM to open, then Newton steps (or SQUAREM, for many parameters) that never lower the likelihood."""
    means = np.array(start)
    newton = means.size <= MOST_NEWTON_PARAMETERS
    likelihood, mass, moves = samples.soft(means, tau, log_weights)
    error, kicks = math.inf, 0
    for iteration in range(1, max_steps + 1):
        step = moves
        if iteration > OPENING_STEPS:
            step, lowest, away = (
                _newton_step(samples, means, tau, log_weights, mass, moves)
                if newton
                else _squared_step(samples, means, tau, log_weights, moves)
            )
            error = float(np.abs(step).max())
            if error <= tolerance:
                if lowest > -1e-6 or kicks >= 3:
                    return _Found(means, likelihood, float(np.abs(moves).max()), error, iteration)
                kicks += 1
                step = 1e-2 * tau * away
            step = step * min(1.0, math.sqrt(samples.second_moment) / max(error, 1e-300))
        trial = samples.soft(means + step, tau, log_weights)
        least = likelihood - CONFIRMED_GAIN * (1 + abs(likelihood))
        # Along a nearly flat direction (a rotation of all means at low SNR) a long step leaves the ridge, and EM alone would crawl.
        for _ in range(MOST_HALVINGS):
            if trial[0] >= least:
                break
            step = 0.5 * step
            trial = samples.soft(means + step, tau, log_weights)
        if trial[0] < least:
            step = moves
            trial = samples.soft(means + step, tau, log_weights)
        means, (likelihood, mass, moves) = means + step, trial
    raise NotConverged(
        f"the means still move by {float(np.abs(moves).max()):.1e} after {max_steps} steps; raise max_steps or tolerance"
    )


def _newton_step(
    samples: _Samples, means: np.ndarray, tau: float, log_weights: np.ndarray, mass: np.ndarray, moves: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray]:
    """The Newton step, the lowest curvature in units of EM's (negative at a saddle) and the direction of that."""
    root = np.sqrt(np.where(mass > SMALLEST_MASS, mass, 1.0)).repeat(means.shape[1])
    matrix = np.eye(means.size) - samples.curvature(means, tau, log_weights) / tau**2 / np.outer(root, root)
    eigenvalues, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    # Absolute values: at a saddle the step leads away from it, uphill.
    lengths = vectors.T @ (moves.ravel() * root) / np.maximum(np.abs(eigenvalues), 1e-6)
    away = (vectors[:, 0] / root).reshape(means.shape)
    return (vectors @ lengths / root).reshape(means.shape), float(eigenvalues[0]), away / np.abs(away).max()


def _squared_step(
    samples: _Samples, means: np.ndarray, tau: float, log_weights: np.ndarray, moves: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray]:
    """SQUAREM's extrapolation of two EM steps; no curvature is known."""
    second = samples.soft(means + moves, tau, log_weights)[2]
    change = second - moves
    length = max(1.0, math.sqrt(float((moves**2).sum() / max(float((change**2).sum()), 1e-300))))
    return 2 * length * moves + length**2 * change, 0.0, moves


def _lloyd(samples: _Samples, start: np.ndarray, max_steps: int) -> _Found:
    means = np.array(start)
    for iteration in range(1, max_steps + 1):
        value, _, moves = samples.hard(means)
        residual = float(np.abs(moves).max())
        # The sums repeat to the last bit where no sample changes its component; what is left is the division.
        if residual <= 1e-14 * (math.sqrt(samples.second_moment) + float(np.abs(means).max())):
            return _Found(means, value, residual, residual, iteration)
        means = means + moves
    raise NotConverged(f"samples still change their component after {max_steps} steps; raise max_steps")


def _explored_start(samples: _Samples, tau: float, shares: np.ndarray, starts: int, seed: int) -> np.ndarray:
    """The best of several starts on a part of the samples: distinct samples, shrunk a little toward the center."""
    count = _checked_count("starts", starts)
    generator = np.random.default_rng(seed)
    size = min(samples.count, EXPLORED_SAMPLES)
    chosen = np.sort(generator.choice(samples.count, size=size, replace=False))
    part = np.ascontiguousarray(samples.points[chosen], dtype=np.float64)
    best: tuple[float, np.ndarray] | None = None
    with _Samples(part, samples.center, 1) as few:
        for _ in range(count):
            start = part[generator.choice(size, size=len(shares), replace=False)] - samples.center
            try:
                found = _explore(few, start, tau, shares)
            except NotConverged:
                continue
            if best is None or found.likelihood > best[0]:
                best = (found.likelihood, found.means)
    means = start if best is None else best[1]
    # The part may have collapsed where the whole does not: leave the saddle.
    nudge = 1e-2 * math.sqrt(samples.second_moment / samples.dimension) if tau > 0 else 0.0
    return samples.center + means + nudge * generator.standard_normal(means.shape)


def _explore(few: _Samples, start: np.ndarray, tau: float, shares: np.ndarray) -> _Found:
    if tau == 0:
        return _lloyd(few, start, 500)
    return _maximize(few, start, tau, np.log(shares), 1e-4 * tau, 200)


def _estimate(
    found: _Found,
    center: np.ndarray,
    shares: np.ndarray,
    tau: float,
    sigma: float | None,
    truth: GaussianMixture | None,
    least_spread: float,
) -> MixtureEstimate:
    means, spread = center + found.means, float(np.sqrt((found.means**2).sum(axis=1)).max())
    known = sigma if truth is None else truth.noise_scale
    has_signal = truth is not None and float((truth.centered_means**2).sum()) > 0
    return MixtureEstimate(
        means=means,
        weights=shares,
        noise_scale=tau,
        ratio=None if known is None else tau / checked_positive("sigma", known),
        log_likelihood=found.likelihood,
        spread=spread,
        collapsed=spread <= least_spread,
        residual=found.residual,
        error=found.error,
        iterations=found.iterations,
        squared_error=None if truth is None else squared_error(means, truth.means),
        normalized_squared_error=normalized_squared_error(means, truth) if truth is not None and has_signal else None,
    )


def checked_points(points: object) -> tuple[Float[np.ndarray, "samples dimension"], Float[np.ndarray, " dimension"]]:
    """Samples as an array (n, d), (n,) read as one dimension, and their mean; ValueError names the first row that is not finite."""
    array = points if isinstance(points, np.ndarray) else np.asarray(points)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"points must be a table of real numbers; got {array.dtype}")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"points must have shape (samples, dimension); got {array.shape}")
    total = np.zeros(array.shape[1])
    for first in range(0, len(array), CHUNK):
        # Many times faster than .sum(axis=0) where there are few columns.
        sums = np.einsum("ij->j", np.asarray(array[first : first + CHUNK], dtype=np.float64))
        if not np.isfinite(sums).all():
            bad = np.flatnonzero(~np.isfinite(array[first : first + CHUNK]).all(axis=1))
            row = first + int(bad[0]) if bad.size else first
            raise ValueError(f"points must be finite; row {row} holds {array[row].tolist()}")
        total += sums
    return array, total / len(array)


def _checked_start(
    points: np.ndarray, components: object, weights: object, start: object, truth: GaussianMixture | None
) -> tuple[np.ndarray, np.ndarray | None]:
    number = _checked_count("components", components)
    if number > len(points):
        raise ValueError(f"components must be at most the number of samples, {len(points)}; got {number}")
    wanted = (number, points.shape[1])
    if truth is not None and truth.means.shape != wanted:
        raise ValueError(f"truth must have means of shape {wanted}; got {truth.means.shape}")
    if start is None:
        return checked_weights(weights, number), None
    given = checked_means(start, "start")
    if given.shape != wanted:
        raise ValueError(
            f"start must have shape {wanted}: one row of {wanted[1]} numbers per component; got {given.shape}"
        )
    return checked_weights(weights, number), given


def _checked_noise_scale(noise_scale: object) -> float:
    if isinstance(noise_scale, (int, float, np.number)) and not float(noise_scale) > 0:
        raise ValueError(f"noise_scale must be positive; got {noise_scale!r}: for hard assignment use hard=True")
    return checked_positive("noise_scale", noise_scale)


def _checked_count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive integer; got {value!r}")
    return int(value)
