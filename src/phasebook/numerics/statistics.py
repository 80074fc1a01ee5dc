"""Estimates with their errors: independent samples, correlated series, resampling, straight lines and power laws.

Convention for correlated series: the integrated autocorrelation time tau is 1 for independent samples, and the squared standard
error of the mean of n values is variance·tau/n. For x' = phi·x + noise, tau = (1 + phi)/(1 - phi).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import fft, special

from ..errors import NotConverged
from .measured import Measured

FEWEST_BLOCKS = 16  # fewer, and the spread of the blocks is too uncertain to choose a block size by
WINDOW = 5.0  # window of the autocorrelation sum, in units of tau: the rest of the sum is below exp(-WINDOW·2)
SHORTEST_SERIES = 50.0  # in units of tau; below it tau itself is uncertain by more than half
RESAMPLED_AT_ONCE = 2_000_000  # resampled indices held in memory


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line y = intercept + slope·x."""

    slope: Measured
    intercept: Measured


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """A power law y = prefactor·x**exponent, fitted to the `points` inside `window`."""

    exponent: Measured
    prefactor: Measured
    window: tuple[float, float]
    points: int


def mean_estimate(samples: ArrayLike) -> Measured:
    """Mean of independent samples, shape (n,): standard error s/sqrt(n) with n - 1 degrees of freedom.

    A constant sample has standard error zero. Raises ValueError unless `samples` are at least 2 finite numbers in one dimension.
    """
    values = _numbers("samples", samples, fewest=2)
    return Measured(values.mean(), values.std(ddof=1) / math.sqrt(len(values)), len(values) - 1)


def blocked_estimate(series: ArrayLike) -> Measured:
    """Mean of a stationary correlated series, shape (n,), with the standard error of block means and blocks - 1 as dof.

    Block sizes B are powers of two; the smallest with B³ > 2n·(stderr_B/stderr_1)⁴ is taken: there the bias left by the blocks'
    own correlation equals the scatter of the estimate (Lee et al., Phys. Rev. E 83, 066706 (2011), after Wolff). Values left
    over behind the last whole block count in the mean alone.
    Raises ValueError on a series that is too short, constant or not finite, NotConverged where no block size with at least 16
    blocks satisfies the criterion. Source: Flyvbjerg and Petersen, J. Chem. Phys. 91, 461 (1989).
    """
    values = _varying("series", series, fewest=2 * FEWEST_BLOCKS)
    naive = _block_stderr(values, 1)
    size = 1
    while (blocks := len(values) // size) >= FEWEST_BLOCKS:
        stderr = _block_stderr(values, size)
        if size**3 > 2 * len(values) * (stderr / naive) ** 4:
            return Measured(values.mean(), stderr, blocks - 1)
        size *= 2
    raise NotConverged(
        f"series of {len(values):,} values is too short for its correlations: block means still depend on each other at "
        f"{FEWEST_BLOCKS} blocks; lengthen the series"
    )


def integrated_autocorrelation_time(series: ArrayLike) -> float:
    """Integrated autocorrelation time of a stationary series, shape (n,), in steps of the series: 1 for independent samples.

    tau = 1 + 2·(sum of autocorrelations up to a lag W), with W the first lag of at least 5·max(tau, 1), so that an
    anti-correlated series is summed far enough too, and with the bias of the estimated mean removed to first order. A strongly
    anti-correlated series comes out too long (0.084 for 0.053 at phi = -0.9): its error bars are too wide.
    Raises ValueError on a series that is too short, constant or not finite, NotConverged where it spans fewer than 50 tau.
    Source: Sokal, Monte Carlo methods in statistical mechanics (1996); Wolff, Comput. Phys. Commun. 156, 143 (2004).
    """
    return _windowed_time(_varying("series", series, fewest=20))[0]


def correlated_estimate(series: ArrayLike) -> Measured:
    """Mean of a stationary correlated series, shape (n,), with stderr² = variance·tau/n.

    The degrees of freedom are those of that variance, n/(2W + 1) with the window W of the autocorrelation sum: its relative
    error is sqrt(2/dof) (Wolff 2004). Raises as `integrated_autocorrelation_time`.
    """
    values = _varying("series", series, fewest=20)
    time, window = _windowed_time(values)
    return Measured(values.mean(), math.sqrt(values.var() * time / len(values)), len(values) / (2 * window + 1))


def bootstrap_estimate(
    statistic: Callable[[np.ndarray], float], samples: ArrayLike, *, seed: int, resamples: int = 999
) -> Measured:
    """A statistic of independent samples, with the standard deviation over bootstrap resamples as its error.

    `samples` has shape (n, ...): rows are drawn together, with replacement. `statistic` maps such an array to a number.
    dof = n - 1. Raises ValueError on fewer than 2 rows, values that are not finite, fewer than 99 resamples, or a statistic
    that is not finite on a resample. Source: Efron 1979, through scipy.stats.bootstrap.
    """
    from scipy import stats  # half a second to import, and nothing else here needs it

    rows = np.asarray(samples)
    if rows.ndim < 1 or len(rows) < 2:
        raise ValueError(f"samples must have at least 2 rows; got shape {rows.shape}")
    if rows.dtype.kind not in "biuf" or not np.isfinite(rows).all():
        raise ValueError("samples must be finite real numbers; got NaN, infinity or another type")
    if resamples < 99:
        raise ValueError(f"resamples must be at least 99; got {resamples}")

    def resampled(chosen: np.ndarray) -> float:
        value = float(statistic(rows[chosen]))
        if not math.isfinite(value):
            raise ValueError(f"statistic must be finite on every resample; got {value}")
        return value

    value = resampled(np.arange(len(rows)))
    result = stats.bootstrap(
        (np.arange(len(rows)),),
        resampled,
        n_resamples=resamples,
        batch=max(1, RESAMPLED_AT_ONCE // len(rows)),
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return Measured(value, float(result.standard_error), len(rows) - 1, seed)


def fit_line(x: ArrayLike, y: ArrayLike, y_stderr: ArrayLike | None = None) -> Line:
    """Least-squares line through points (x, y) of shape (n,), weighted by 1/y_stderr² where it is given.

    The errors of slope and intercept come from the points' scatter about the line, with n - 2 degrees of freedom; `y_stderr`
    weighs the points against each other, so its common scale does not matter.
    Raises ValueError on fewer than 3 points, unequal shapes, values that are not finite, equal x, or y_stderr not positive.
    """
    abscissa = _varying("x", x, fewest=3)
    ordinate = _numbers("y", y, fewest=3)
    weights = _weights(y_stderr, len(abscissa))
    if len(ordinate) != len(abscissa):
        raise ValueError(f"x and y must have the same length; got {len(abscissa)} and {len(ordinate)}")
    total = weights.sum()
    x_mean, y_mean = weights @ abscissa / total, weights @ ordinate / total
    spread = weights @ (abscissa - x_mean) ** 2
    slope = weights @ ((abscissa - x_mean) * (ordinate - y_mean)) / spread
    residuals = ordinate - y_mean - slope * (abscissa - x_mean)
    dof = len(abscissa) - 2
    scatter = weights @ residuals**2 / dof
    return Line(
        Measured(slope, math.sqrt(scatter / spread), dof),
        Measured(y_mean - slope * x_mean, math.sqrt(scatter * (1 / total + x_mean**2 / spread)), dof),
    )


def fit_power_law(
    x: ArrayLike, y: ArrayLike, *, window: tuple[float, float], y_stderr: ArrayLike | None = None
) -> PowerLaw:
    """Power law y = prefactor·x**exponent by `fit_line` in logarithms, over the points with window[0] <= x <= window[1].

    `x`, `y` and `y_stderr` have shape (n,); inside the window they must be positive. The window is the caller's statement:
    it is never chosen here. dof = points inside - 2; the prefactor's error is carried over to first order.
    Raises ValueError on a window that is not 0 < low < high, fewer than 3 points inside, or what `fit_line` refuses.
    """
    low, high = (float(edge) for edge in window)
    if not 0 < low < high < math.inf:
        raise ValueError(f"window must be (low, high) with 0 < low < high; got ({low:g}, {high:g})")
    abscissa, ordinate = _numbers("x", x, fewest=3), _numbers("y", y, fewest=3)
    if len(ordinate) != len(abscissa):
        raise ValueError(f"x and y must have the same length; got {len(abscissa)} and {len(ordinate)}")
    inside = (low <= abscissa) & (abscissa <= high)
    points = int(inside.sum())
    if points < 3:
        raise ValueError(f"window ({low:g}, {high:g}) must hold at least 3 points; it holds {points}")
    if (ordinate[inside] <= 0).any():
        raise ValueError("y must be positive inside the window; a power law has no zeros")
    relative = None
    if y_stderr is not None:
        relative = (1 / np.sqrt(_weights(y_stderr, len(abscissa))))[inside] / ordinate[inside]
    line = fit_line(np.log(abscissa[inside]), np.log(ordinate[inside]), relative)
    prefactor = math.exp(line.intercept.value)
    return PowerLaw(
        line.slope,
        Measured(prefactor, prefactor * line.intercept.stderr, line.intercept.dof),
        (low, high),
        points,
    )


def clopper_pearson(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """The exact two-sided interval (low, high) of a success probability, after `successes` of `trials`.

    Raises ValueError unless 0 <= successes <= trials, trials >= 1 (integers) and 0 < confidence < 1.
    Source: Clopper and Pearson, Biometrika 26, 404 (1934).
    """
    _check_trials(successes, trials, confidence)
    half = (1 - confidence) / 2
    low = special.betaincinv(successes, trials - successes + 1, half) if successes > 0 else 0.0
    high = special.betaincinv(successes + 1, trials - successes, 1 - half) if successes < trials else 1.0
    return float(low), float(high)


def wilson_interval(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """The score interval (low, high) of a success probability, after `successes` of `trials`: narrower than the exact one.

    Raises ValueError as `clopper_pearson`. Source: Wilson, J. Am. Stat. Assoc. 22, 209 (1927).
    """
    _check_trials(successes, trials, confidence)
    return wilson_share_interval(successes / trials, trials, confidence)


def wilson_share_interval(share: float, trials: int, confidence: float) -> tuple[float, float]:
    """`wilson_interval` around a share that need not be whole successes, such as a mean of trials' own shares (then too wide).

    Raises ValueError unless 0 <= share <= 1, trials >= 1 and 0 < confidence < 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be between 0 and 1; got {share}")
    _check_trials(0, trials, confidence)
    squared = float(special.ndtri(0.5 + confidence / 2)) ** 2
    middle = (share + squared / (2 * trials)) / (1 + squared / trials)
    half = math.sqrt(squared * (share * (1 - share) / trials + squared / (4 * trials**2))) / (1 + squared / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def _check_trials(successes: int, trials: int, confidence: float) -> None:
    if successes != int(successes) or trials != int(trials) or not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"successes must be an integer from 0 to trials >= 1; got {successes} of {trials}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1; got {confidence}")


def _windowed_time(values: Float[np.ndarray, " n"]) -> tuple[float, int]:
    """The autocorrelation time and the window of its sum."""
    count = len(values)
    correlation = _autocorrelation(values)
    # The last lag counts half: sums of alternating terms then settle at once, and others change by less than their error.
    times = 1 + 2 * np.cumsum(correlation[1:]) - correlation[1:]
    lags = np.arange(1, count)
    enough = np.flatnonzero(lags >= WINDOW * np.maximum(times, 1))
    window = int(lags[enough[0]]) if enough.size else count
    time = float(times[window - 1] * (1 + (2 * window + 1) / count)) if enough.size else math.inf
    if not 0 < time <= count / SHORTEST_SERIES:
        raise NotConverged(
            f"series of {count:,} values must span at least {SHORTEST_SERIES:g} autocorrelation times to measure one; "
            f"the estimate was {time:.3g}: lengthen the series"
        )
    return time, window


def _autocorrelation(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    # Padded to twice the length: the transform's product is then the plain sum, not the cyclic one.
    length = fft.next_fast_len(2 * len(values), real=True)
    transform = fft.rfft(values - values.mean(), length)
    covariance = fft.irfft(np.abs(transform) ** 2, length)[: len(values)]
    return covariance / covariance[0]


def _block_stderr(values: Float[np.ndarray, " n"], size: int) -> float:
    blocks = len(values) // size
    means = values[: blocks * size].reshape(blocks, size).mean(axis=1)
    return float(means.std(ddof=1) / math.sqrt(blocks))


def _weights(y_stderr: ArrayLike | None, count: int) -> Float[np.ndarray, " n"]:
    if y_stderr is None:
        return np.ones(count)
    errors = _numbers("y_stderr", y_stderr, fewest=3)
    if len(errors) != count or (errors <= 0).any():
        raise ValueError(
            f"y_stderr must hold {count} positive numbers, one a point; got {len(errors)}, smallest {errors.min():g}"
        )
    return 1 / errors**2


def _numbers(name: str, values: ArrayLike, *, fewest: int) -> Float[np.ndarray, " n"]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension; got shape {array.shape}")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers; got {array.dtype}")
    if len(array) < fewest:
        raise ValueError(f"{name} must hold at least {fewest} values; got {len(array)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; got {int((~np.isfinite(array)).sum())} NaN or infinite values")
    return array.astype(float)


def _varying(name: str, values: ArrayLike, *, fewest: int) -> Float[np.ndarray, " n"]:
    array = _numbers(name, values, fewest=fewest)
    if (array == array[0]).all():
        raise ValueError(f"{name} must not be constant; all {len(array)} values are {array[0]:g}")
    return array
