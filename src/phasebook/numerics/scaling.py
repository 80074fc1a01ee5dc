"""Effective exponents of power laws in time, and their extrapolation, with errors over replicas.

An ensemble is an array (replicas, times) of a positive observable: a squared width, a density, a survival indicator. Exponents
belong to the mean over replicas (single replicas may be zero), so errors come from the jackknife over replicas: sites and times
of one replica are correlated, and say nothing about the error. Exponents of different windows share their replicas, and an
extrapolation over windows carries the leave-one-out values along, so that their correlation counts.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from .measured import Measured

FEWEST_DECADES = 2.0  # a slope over less than this of data says nothing about a power law
CUT = 0.1  # growth is free of the system's size up to this share of the saturation time


class ScalingWarning(UserWarning):
    """Part of the data was left out of a scaling analysis, or its answer rests on little; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class EffectiveExponents:
    """Local exponents d ln y / d ln t in W windows of time.

    `centers` (W,) are the windows' geometric mean times, `lows` and `highs` (W,) their edges, `exponent` and `stderr` (W,) the
    slopes and jackknife errors with `dof` = replicas - 1; `replicates` (replicas, W) are the slopes with one replica left out.
    """

    centers: Float[np.ndarray, " windows"]
    lows: Float[np.ndarray, " windows"]
    highs: Float[np.ndarray, " windows"]
    exponent: Float[np.ndarray, " windows"]
    stderr: Float[np.ndarray, " windows"]
    replicates: Float[np.ndarray, "replicas windows"]
    dof: float

    def __len__(self) -> int:
        return len(self.centers)

    def measured(self, window: int) -> Measured:
        """The exponent of one window with its error."""
        return Measured(self.exponent[window], self.stderr[window], self.dof)

    def between(self, low: float, high: float) -> EffectiveExponents:
        """The windows that lie inside [low, high]. Raises ValueError where there is none."""
        keep = (self.lows >= low * (1 - 1e-9)) & (self.highs <= high * (1 + 1e-9))
        if not keep.any():
            raise ValueError(
                f"no window lies inside [{low:g}, {high:g}]; windows run from {self.lows[0]:g} to {self.highs[-1]:g}"
            )
        cut = {name: getattr(self, name)[keep] for name in ("centers", "lows", "highs", "exponent", "stderr")}
        return replace(self, replicates=self.replicates[:, keep], **cut)

    def extrapolated(self, power: float = 1.0) -> Measured:
        """The exponent at infinite time: intercept of a straight line in t^-power (1 or 1/2) through the windows.

        Windows weigh alike, and the jackknife error counts their correlation. Raises ValueError below 3 windows.
        """
        if len(self) < 3:
            raise ValueError(f"extrapolation needs at least 3 windows; there are {len(self)}")
        weights = _intercept_weights(_inverse_power(self.centers, power), np.ones(len(self)))
        return _jackknife(self.exponent @ weights, self.replicates @ weights)


def effective_exponents(
    times: ArrayLike,
    values: ArrayLike,
    *,
    ratio: float = 3.0,
    edges: ArrayLike | None = None,
    saturation_time: float | None = None,
    fewest_decades: float = FEWEST_DECADES,
) -> EffectiveExponents:
    """Exponents of the mean of `values` (replicas, times) in log-spaced windows of `times` (times,), increasing and positive.

    Windows span a factor `ratio` each and end at the last time, or run between neighboring `edges`; a window holds both of its
    edges, and windows with fewer than 2 times are left out. The slope is that of the least-squares line in logarithms. With a
    `saturation_time` t_s (L^z for a system of size L), times beyond t_s/10 are cut, with a ScalingWarning. Raises ValueError on
    fewer than 2 replicas, means that are not positive, or times that span fewer than `fewest_decades` decades (after the cut).
    """
    time, samples = _ensemble(times, values)
    time, samples = _uncut(time, samples, saturation_time)
    _check_decades(time, fewest_decades)
    if edges is None:
        if not (math.isfinite(ratio) and ratio > 1):
            raise ValueError(f"ratio must be greater than 1; got {ratio!r}")
        count = max(1, math.floor(math.log(time[-1] / time[0]) / math.log(ratio) + 1e-9))
        borders = time[-1] * ratio ** -np.arange(count, -1, -1.0)
    else:
        borders = np.asarray(edges, dtype=float)
        if borders.ndim != 1 or len(borders) < 2 or not (np.diff(borders) > 0).all() or not borders[0] > 0:
            raise ValueError(f"edges must be at least 2 positive increasing times; got {borders.tolist()}")
    windows = [
        (low, high, inside)
        for low, high in pairwise(borders)
        if np.count_nonzero(inside := (time >= low * (1 - 1e-9)) & (time <= high * (1 + 1e-9))) >= 2
    ]
    if not windows:
        raise ValueError("no window holds 2 times; widen the windows or observe more times")
    logs, replicate_logs = _logarithms(samples)
    slopes, replicates = np.empty(len(windows)), np.empty((len(samples), len(windows)))
    for number, (_, _, inside) in enumerate(windows):
        weights = _slope_weights(np.log(time[inside]))
        slopes[number], replicates[:, number] = logs[inside] @ weights, replicate_logs[:, inside] @ weights
    lows, highs = (np.array([window[side] for window in windows]) for side in (0, 1))
    centers = np.array([math.exp(float(np.log(time[inside]).mean())) for _, _, inside in windows])
    stderr = np.array([_jackknife(slopes[k], replicates[:, k]).stderr for k in range(len(windows))])
    return EffectiveExponents(centers, lows, highs, slopes, stderr, replicates, len(samples) - 1.0)


def window_exponent(
    times: ArrayLike,
    values: ArrayLike,
    window: tuple[float, float],
    *,
    saturation_time: float | None = None,
    fewest_decades: float = FEWEST_DECADES,
) -> Measured:
    """The exponent of the mean of `values` (replicas, times) over one `window` (low, high) of `times`, at least 3 of them inside.

    `times` as a whole must span `fewest_decades` decades; the window may be shorter. Arguments and errors as `effective_exponents`.
    """
    low, high = (float(edge) for edge in window)
    if not 0 < low < high < math.inf:
        raise ValueError(f"window must be (low, high) with 0 < low < high; got ({low:g}, {high:g})")
    time, samples = _ensemble(times, values)
    time, samples = _uncut(time, samples, saturation_time)
    _check_decades(time, fewest_decades)
    inside = (time >= low * (1 - 1e-9)) & (time <= high * (1 + 1e-9))
    if np.count_nonzero(inside) < 3:
        raise ValueError(f"window ({low:g}, {high:g}) must hold at least 3 times; it holds {np.count_nonzero(inside)}")
    weights = _slope_weights(np.log(time[inside]))
    logs, replicates = _logarithms(samples[:, inside])
    return _jackknife(float(logs @ weights), replicates @ weights)


def extrapolate(scale: ArrayLike, values: ArrayLike, stderr: ArrayLike, *, power: float = 1.0) -> Measured:
    """Limit of y(s) = y_inf + c·s^-power for s to infinity (times, or sizes), from independent points of known errors.

    `scale`, `values` and `stderr` have shape (n,), n >= 3, scale and stderr positive. The weighted line's error is the larger of
    what the errors of the points and their scatter about the line give, with n - 2 degrees of freedom. Raises ValueError.
    """
    abscissa, ordinate, error = (np.asarray(part, dtype=float) for part in (scale, values, stderr))
    if abscissa.ndim != 1 or len(abscissa) < 3 or ordinate.shape != abscissa.shape or error.shape != abscissa.shape:
        raise ValueError(
            f"scale, values and stderr must be 3 or more points each; got {abscissa.shape}, {ordinate.shape}, {error.shape}"
        )
    if not (np.isfinite([abscissa, ordinate, error]).all() and (abscissa > 0).all() and (error > 0).all()):
        raise ValueError("scale and stderr must be positive, values finite")
    inverse, weight = _inverse_power(abscissa, power), error**-2
    functional = _intercept_weights(inverse, weight)
    limit = float(functional @ ordinate)
    center = weight @ inverse / weight.sum()
    slope = weight @ ((inverse - center) * ordinate) / (weight @ (inverse - center) ** 2)
    scatter = math.sqrt(weight @ (ordinate - limit - slope * inverse) ** 2 / (len(abscissa) - 2))
    return Measured(limit, math.sqrt(functional**2 @ error**2) * max(1.0, scatter), len(abscissa) - 2)


def _ensemble(
    times: ArrayLike, values: ArrayLike
) -> tuple[Float[np.ndarray, " times"], Float[np.ndarray, "replicas times"]]:
    time, samples = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    if (
        time.ndim != 1
        or len(time) < 2
        or not (np.diff(time) > 0).all()
        or not np.isfinite(time).all()
        or not time[0] > 0
    ):
        raise ValueError("times must be at least 2 finite, positive and increasing numbers")
    if samples.ndim != 2 or samples.shape[0] < 2 or samples.shape[1] != len(time):
        raise ValueError(f"values must have shape (replicas >= 2, {len(time)} times); got {samples.shape}")
    if not np.isfinite(samples).all():
        raise ValueError("values must be finite; got NaN or infinity")
    return time, samples


def _uncut(
    time: Float[np.ndarray, " times"], samples: Float[np.ndarray, "replicas times"], saturation_time: float | None
) -> tuple[Float[np.ndarray, " kept"], Float[np.ndarray, "replicas kept"]]:
    if saturation_time is None:
        return time, samples
    if not (math.isfinite(saturation_time) and saturation_time > 0):
        raise ValueError(f"saturation_time must be positive; got {saturation_time!r}")
    keep = time <= CUT * saturation_time
    if keep.all():
        return time, samples
    if np.count_nonzero(keep) < 2:
        raise ValueError(
            f"times must begin well below a tenth of the saturation time {saturation_time:g}; the first is {time[0]:g}"
        )
    warnings.warn(
        f"times after {CUT * saturation_time:.3g}, a tenth of the saturation time, are left out: the system's size is felt there",
        ScalingWarning,
        stacklevel=3,
    )
    return time[keep], samples[:, keep]


def _check_decades(time: Float[np.ndarray, " times"], fewest: float) -> None:
    decades = math.log10(time[-1] / time[0])
    if decades < fewest - 1e-9:
        raise ValueError(
            f"times must span at least {fewest:g} decades for an exponent; they span {decades:.2f} ({time[0]:g} to {time[-1]:g})"
        )


def _logarithms(
    samples: Float[np.ndarray, "replicas times"],
) -> tuple[Float[np.ndarray, " times"], Float[np.ndarray, "replicas times"]]:
    """Logarithms of the mean and of the means with one replica left out."""
    total, count = samples.sum(axis=0), len(samples)
    left_out = (total - samples) / (count - 1)
    if (total <= 0).any() or (left_out <= 0).any():
        raise ValueError("values must have positive means at every time, with any one replica left out too")
    return np.log(total / count), np.log(left_out)


def _slope_weights(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    centered = x - x.mean()
    return centered / (centered @ centered)


def _intercept_weights(x: Float[np.ndarray, " n"], weight: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The intercept of the weighted least-squares line as a linear functional of the ordinates."""
    share = weight / weight.sum()
    center = share @ x
    return share * (1 - center * (x - center) / (share @ (x - center) ** 2))


def _inverse_power(scale: Float[np.ndarray, " n"], power: float) -> Float[np.ndarray, " n"]:
    if not (math.isfinite(power) and power > 0):
        raise ValueError(f"power must be positive; got {power!r}")
    return scale**-power


def _jackknife(value: float, replicates: Float[np.ndarray, " replicas"]) -> Measured:
    count = len(replicates)
    spread = float(np.sum((replicates - replicates.mean()) ** 2))
    return Measured(float(value), math.sqrt((count - 1) / count * spread), count - 1)
