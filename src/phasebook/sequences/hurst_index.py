"""How rough is a series? The Hurst index by likelihood, exactly and through Markov processes, and by two statistics of old.

Series are levels of a motion of type I times an unknown scale; each is taken relative to its first value. The Markov likelihood is
a Kalman filter, O(n K²) at any times; the exact one is Durbin's recursion for equal steps, O(n²), and Cholesky's factor for others.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from .fractional_motion import fractional_covariance, noise_autocovariance
from .linear_chain import linear_chain, log_likelihood, profile_likelihood
from .markov_motion import markov_motion
from .toeplitz_kernels import innovations

LOWEST, HIGHEST = 0.02, 0.98
MOST_EXACT = {True: 20_000, False: 2_000}  # points of an equally spaced series, and of another
SLOWEST_PER_STEP = 0.3  # largest speed times the shortest step, below which the noise of a step is not resolved
SPEED_PER_STEP, PER_DECADE = 10.0, 2
FEWEST = 8
CURVATURE_STEP = 1e-3


class UnresolvedNoise(UserWarning):
    """The fastest process is slower than the series' steps: the index will be biased."""


@dataclass(frozen=True, eq=False)
class Series:
    """One time series: times (n,) that increase and values (n,)."""

    times: NDArray[np.float64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        times, values = np.asarray(self.times, dtype=float), np.asarray(self.values, dtype=float)
        if values.shape != times.shape or times.ndim != 1:
            raise ValueError(f"values must be as many as times; got shapes {values.shape} and {times.shape}")
        if times.size < FEWEST:
            raise ValueError(f"a series must have at least {FEWEST} points; got {times.size}")
        if not np.isfinite(times).all():
            raise ValueError(f"times must be finite; number {int(np.argmin(np.isfinite(times)))} is not")
        steps = np.diff(times)
        if (steps <= 0).any():
            place = int(np.argmax(steps <= 0)) + 1
            raise ValueError(f"times must increase; number {place} is {times[place]:g} after {times[place - 1]:g}")
        if not np.isfinite(values).all():
            raise ValueError(f"values must be finite; number {int(np.argmin(np.isfinite(values)))} is not")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)

    @property
    def relative(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Times in units of the series' length, and values, both from the first point on, without it."""
        length = self.times[-1] - self.times[0]
        return (self.times[1:] - self.times[0]) / length, self.values[1:] - self.values[0]

    @property
    def is_even(self) -> bool:
        """Whether all steps are equal."""
        steps = np.diff(self.times)
        return bool(np.ptp(steps) < 1e-6 * steps.mean())


@dataclass(frozen=True)
class HurstEstimate:
    """An index, its standard error (from the likelihood's curvature; NaN where a method has none) and the method."""

    value: float
    stderr: float
    method: str


def hurst_by_likelihood(
    series: Sequence[Series],
    *,
    scale: float | None = None,
    processes: int | None = None,
    maximum_speed: float | None = None,
) -> HurstEstimate:
    """The index at which Markov noise makes the series most likely; all series share it.

    `scale` is the motion's standard deviation after a time of 1, or None where each series has an unknown one. Speeds are per
    length of a series: by default their maximum is ten per median step, and processes are two per decade of speeds;
    the index is then within 0.01 of the exact likelihood's for H of 0.3 and above, and 0.01 to 0.02 too low at 0.2. Warns
    (UnresolvedNoise) where a given maximum is too low for the steps.
    """
    _check_series(series, scale)
    steps = [np.diff(each.relative[0], prepend=0.0) for each in series]
    shortest = min(float(each.min()) for each in steps)
    typical = min(float(np.median(each)) for each in steps)
    fastest = SPEED_PER_STEP / typical if maximum_speed is None else float(maximum_speed)
    count = max(5, math.ceil(PER_DECADE * 2 * math.log10(fastest))) if processes is None else processes
    if maximum_speed is not None and fastest * shortest < SLOWEST_PER_STEP:
        warnings.warn(
            f"maximum_speed {fastest:g} times the shortest step {shortest:.3g} (of the series' length) is below "
            f"{SLOWEST_PER_STEP:g}: the index will be biased; take {1 / shortest:.3g} or leave it out",
            UnresolvedNoise,
            stacklevel=2,
        )
    relative = [(each.times[-1] - each.times[0], *each.relative) for each in series]

    def likelihood(hurst: float) -> float:
        chain = linear_chain(markov_motion(hurst, processes=count, maximum_speed=fastest, kind="I"))
        if scale is None:
            return sum(profile_likelihood(chain, times, values)[0] for _length, times, values in relative)
        total = 0.0
        for length, times, values in relative:
            unit = scale * length**hurst
            total += log_likelihood(chain, times, values / unit) - values.size * math.log(unit)
        return total

    return _maximized(likelihood, "Markov likelihood")


def hurst_by_exact_likelihood(series: Sequence[Series], *, scale: float | None = None) -> HurstEstimate:
    """The same by the exact law. Raises ValueError for more points than it can take (20,000 at equal steps, 2,000 at others)."""
    _check_series(series, scale)
    for each in series:
        if each.values.size > MOST_EXACT[each.is_even]:
            raise ValueError(
                f"the exact likelihood takes at most {MOST_EXACT[each.is_even]} points "
                f"{'at equal' if each.is_even else 'at unequal'} steps; got {each.values.size}"
            )

    def likelihood(hurst: float) -> float:
        total = 0.0
        for each in series:
            squares, logs, count = _whitened(each, hurst)
            if scale is None:
                total -= 0.5 * (count * (math.log(2 * math.pi * squares / count) + 1) + logs)
            else:
                total -= 0.5 * (squares / scale**2 + logs + count * math.log(2 * math.pi * scale**2))
        return total

    return _maximized(likelihood, "exact likelihood")


def hurst_by_rescaled_range(series: Sequence[Series], *, smallest: int = 16) -> HurstEstimate:
    """Slope of log mean R/S against log length of increments' blocks, from `smallest` to a quarter of a series (Hurst 1951)."""
    return _by_blocks(series, smallest, _rescaled_range, "rescaled range")


def hurst_by_detrended_fluctuation(series: Sequence[Series], *, smallest: int = 16) -> HurstEstimate:
    """Slope of the root mean square of levels about straight lines in blocks against their length (Peng et al. 1994)."""
    return _by_blocks(series, smallest, _detrended, "detrended fluctuation")


def _whitened(each: Series, hurst: float) -> tuple[float, float, int]:
    """Σ innovation² / variance, Σ log variance and their number under the unit motion."""
    times, values = each.times[1:] - each.times[0], each.values[1:] - each.values[0]
    if each.is_even:
        steps = np.diff(values, prepend=0.0)
        errors, variances = innovations(noise_autocovariance(steps.size, hurst, float(times[0])), steps)
        return float((errors**2 / variances).sum()), float(np.log(variances).sum()), steps.size
    factor = linalg.cholesky(fractional_covariance(times[:, None], times, hurst), lower=True)
    white = linalg.solve_triangular(factor, values, lower=True)
    return float(white @ white), 2 * float(np.log(np.diag(factor)).sum()), values.size


def _maximized(likelihood: Callable[[float], float], method: str) -> HurstEstimate:
    found = optimize.minimize_scalar(
        lambda h: -likelihood(h), bounds=(LOWEST, HIGHEST), method="bounded", options={"xatol": 1e-5}
    )
    best = float(np.clip(found.x, LOWEST + CURVATURE_STEP, HIGHEST - CURVATURE_STEP))
    left, middle, right = (likelihood(best + shift) for shift in (-CURVATURE_STEP, 0.0, CURVATURE_STEP))
    curvature = (2 * middle - left - right) / CURVATURE_STEP**2
    return HurstEstimate(float(found.x), 1 / math.sqrt(curvature) if curvature > 0 else math.nan, method)


def _by_blocks(
    series: Sequence[Series],
    smallest: int,
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    method: str,
) -> HurstEstimate:
    _check_series(series, None)
    if not all(each.is_even for each in series):
        raise ValueError(f"{method} needs equal steps")
    longest = max(each.values.size for each in series) // 4
    if longest < 2 * smallest:
        raise ValueError(f"{method} needs a series of at least {8 * smallest} points; the longest has {4 * longest}")
    lengths = np.unique(np.geomspace(smallest, longest, 12).astype(int))
    averages = []
    for length in lengths:
        blocks = [_blocks(each.values, length) for each in series if each.values.size > length]
        values = np.concatenate([statistic(block) for block in blocks])
        averages.append(values[values > 0].mean())
    (slope, _cut), covariance = np.polyfit(np.log(lengths), np.log(averages), 1, cov=True)
    return HurstEstimate(float(slope), math.sqrt(float(covariance[0, 0])), method)


def _blocks(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Levels (blocks, length + 1), each block beginning where the last one ended."""
    count = (values.size - 1) // length
    return values[np.arange(count)[:, None] * length + np.arange(length + 1)]


def _rescaled_range(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.diff(blocks, axis=1)
    walks = np.cumsum(steps - steps.mean(axis=1, keepdims=True), axis=1)
    spread = np.maximum(walks.max(axis=1), 0.0) - np.minimum(walks.min(axis=1), 0.0)
    deviation = steps.std(axis=1)
    return np.divide(spread, deviation, out=np.zeros_like(spread), where=deviation > 0)


def _detrended(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    place = np.arange(blocks.shape[1]) - (blocks.shape[1] - 1) / 2
    level = blocks - blocks.mean(axis=1, keepdims=True)
    slope = level @ place / (place @ place)
    return np.asarray(np.sqrt(((level - slope[:, None] * place) ** 2).mean(axis=1)))


def _check_series(series: Sequence[Series], scale: float | None) -> None:
    if not series:
        raise ValueError("series must hold at least one series; got none")
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"scale must be positive and finite, or None; got {scale!r}")
    for number, each in enumerate(series):
        if np.ptp(each.values) == 0:
            raise ValueError(f"series {number} is constant: it has no index")
