"""Linear equivalence in a record: transfer function and noise spectrum estimated from couplings and measured activity.

With the input η = Jφ known, the best linear prediction of a unit's activity is S(ω) = Σ_i⟨φ_i η_i*⟩/Σ_i⟨|η_i|²⟩ and what is
left has the spectrum C_r(ω) = ⟨|φ|²⟩ − |S|²⟨|η|²⟩, both averaged over units; no nonlinearity needs to be known. The equivalent
linear network of the same couplings then predicts every covariance, which the record confirms or refutes. Derived here, after
arXiv 2604.23489.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Complex, Float
from scipy import fft, signal

from .coupling_matrices import checked_activity, checked_coupling
from .covariance_estimates import Agreement, activity_covariances, agreement
from .resolvent import decompose, resolvent_sums

LONGEST_SEGMENT = 1024
SEGMENTS = 16  # averaged at least


@dataclass(frozen=True, eq=False)
class EquivalentNetwork:
    """What a record says of its equivalent linear network: S(ω) and C_r(ω) at angular frequencies from zero to the highest."""

    frequencies: Float[np.ndarray, " frequencies"]
    transfer: Complex[np.ndarray, " frequencies"]
    noise: Float[np.ndarray, " frequencies"]
    weights: Float[np.ndarray, " frequencies"]


def estimate_equivalent_network(coupling: Any, activity: Any, interval: float = 1.0) -> EquivalentNetwork:
    """S(ω) and C_r(ω) by Welch's method from activity (times, units), recorded every `interval`, and couplings (units, units).

    Raises ValueError where shapes do not fit, activity is not finite, or units have no input.
    """
    matrix, record = checked_coupling(coupling), checked_activity(activity)
    if record.shape[1] != len(matrix):
        raise ValueError(f"activity must have {len(matrix)} units, one a row of the couplings; got {record.shape[1]}")
    if not (math.isfinite(interval) and interval > 0):
        raise ValueError(f"interval must be positive; got {interval!r}")
    centered = record - record.mean(axis=0)
    length = min(LONGEST_SEGMENT, 2 ** int(math.log2(2 * len(record) / (SEGMENTS + 1))))
    if length < 8:
        raise ValueError(f"activity must have at least {4 * (SEGMENTS + 1)} times for its spectra; got {len(record)}")
    window = signal.windows.hann(length, sym=False)
    scale = interval / float((window**2).sum())
    bins = length // 2 + 1
    cross, drive, power, count = np.zeros(bins, dtype=complex), np.zeros(bins), np.zeros(bins), 0
    for first in range(0, len(centered) - length + 1, length // 2):
        segment = centered[first : first + length] * window[:, None]
        own = fft.rfft(segment, axis=0)
        given = own @ matrix.T
        cross += np.mean(own * given.conj(), axis=1)
        drive += np.mean(np.abs(given) ** 2, axis=1)
        power += np.mean(np.abs(own) ** 2, axis=1)
        count += 1
    if not drive.all():
        raise ValueError("activity must not be constant: its units have no input to be predicted from")
    transfer = cross / drive
    noise = np.maximum(scale * (power - np.abs(cross) ** 2 / drive) / count, 0.0)
    weights = np.full(bins, 2.0)
    weights[0] = weights[-1] = 1.0
    return EquivalentNetwork(2 * np.pi * fft.rfftfreq(length, interval), transfer, noise, weights / (length * interval))


def recorded_prediction(coupling: Any, equivalent: EquivalentNetwork) -> Float[np.ndarray, "units units"]:
    """The equal-time covariance matrix that the record's equivalent linear network has with these couplings."""
    matrix = checked_coupling(coupling)
    [found] = resolvent_sums(decompose(matrix), equivalent.transfer, (equivalent.weights * equivalent.noise)[None, :])
    return found


def recorded_agreement(coupling: Any, activity: Any, interval: float = 1.0, groups: int = 8) -> Agreement:
    """How the record's covariances agree with those predicted from its couplings, S(ω) and C_r(ω); `groups` blocks give errors."""
    equivalent = estimate_equivalent_network(coupling, activity, interval)
    return agreement(recorded_prediction(coupling, equivalent), activity_covariances(activity, groups))


def estimate_mean_slope(states: Any, activity: Any) -> float:
    """γ = ⟨xφ⟩/⟨x²⟩ from recorded states and activity of the same shape (times, units): the mean slope, by Stein's identity.

    Raises ValueError where shapes differ or states are zero throughout.
    """
    x, output = checked_activity(states), checked_activity(activity)
    if x.shape != output.shape:
        raise ValueError(f"states and activity must have the same shape; got {x.shape} and {output.shape}")
    power = float((x**2).sum())
    if not power > 0:
        raise ValueError("states must not be zero throughout")
    return float((x * output).sum()) / power
