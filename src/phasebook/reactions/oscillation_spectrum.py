"""The frequency at which populations swing: the peak of an averaged periodogram (Welch 1967, Hann windows)."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import signal

from ..numerics.measured import Measured


def averaged_spectrum(
    series: ArrayLike, step: float, segment: float
) -> tuple[Float[np.ndarray, " frequencies"], Float[np.ndarray, "replicas frequencies"]]:
    """Angular frequencies (without 0) and power (replicas, frequencies) of `series` (replicas, times) sampled every `step`.

    Segments of length `segment` (in time) overlap by half; each has its mean taken out and a Hann window. Raises ValueError.
    """
    values = np.atleast_2d(np.asarray(series, dtype=float))
    points = round(segment / step)
    if not (step > 0 and 8 <= points <= values.shape[1]):
        raise ValueError(
            f"segment must hold at least 8 steps and fit the series of {values.shape[1] * step:g}; got {segment!r}"
        )
    if not np.isfinite(values).all():
        raise ValueError("series must be finite")
    frequency, power = signal.welch(values, fs=1 / step, window="hann", nperseg=points, detrend="constant", axis=1)
    return 2 * np.pi * frequency[1:], power[:, 1:]


def peak_frequency(series: ArrayLike, step: float, segment: float) -> Measured:
    """Angular frequency of the largest peak of the spectrum averaged over replicas: top of a parabola through its logarithm.

    The parabola is fitted to the five bins about the largest; a peak in the first two bins or the last two is left at its bin.
    The error is the jackknife's over replicas (NaN for a single one). Raises as `averaged_spectrum`.
    """
    return peak_of_spectra(*averaged_spectrum(series, step, segment))


def peak_of_spectra(
    frequency: Float[np.ndarray, " frequencies"], power: Float[np.ndarray, "replicas frequencies"]
) -> Measured:
    """The same from spectra that were averaged before, one a replica."""
    value = _peak(frequency, power.mean(axis=0))
    count = len(power)
    if count < 2:
        return Measured(value, math.nan, 1)
    left_out = np.array([_peak(frequency, np.delete(power, k, axis=0).mean(axis=0)) for k in range(count)])
    spread = (count - 1) / count * float(np.sum((left_out - left_out.mean()) ** 2))
    return Measured(value, math.sqrt(spread), count - 1)


def _peak(frequency: Float[np.ndarray, " n"], power: Float[np.ndarray, " n"]) -> float:
    top = int(np.argmax(power))
    near = slice(top - 2, top + 3)
    if top < 2 or len(power[near]) < 5 or not (power[near] > 0).all():
        return float(frequency[top])
    curvature, tilt, _ = np.polyfit(frequency[near] - frequency[top], np.log(power[near]), 2)
    # Without a maximum of its own the largest bin stands.
    shift = -tilt / (2 * curvature) if curvature < 0 else 0.0
    bin_width = frequency[1] - frequency[0]
    return float(frequency[top] + min(max(shift, -bin_width), bin_width))
