"""Fractional Brownian motion as a sum of Ornstein-Uhlenbeck processes that share one Brownian motion.

dY_k = −γ_k Y_k dt + dW with speeds γ_k in a geometric series, and B̂_t = Σ_k ω_k (Y_k(t) − Y_k(0)). The weights minimize the mean
squared error over the horizon, ∫₀ᵀ E(B_t − B̂_t)² dt = ω·Aω − 2 b·ω + c, whose A, b and c are known: arXiv 2310.12975, derived again
here. Type I starts in the joint stationary law of the Y, type II at Y = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, special

from ..numerics.incomplete_gamma import scaled_upper_gamma
from .fractional_motion import Kind, Norm, check_hurst, unit_variance

MOST_PROCESSES = {"I": 40, "II": 15}  # beyond 15 the equations of type II are singular in double precision
JITTER = 1e-15  # of the mean diagonal of A


@dataclass(frozen=True)
class MarkovMotion:
    """A Markov approximation of fractional Brownian motion; made by `markov_motion`.

    `speeds` and `weights` (processes,) are in 1/time and time^(H − 1/2); `relative_error` is the mean squared error over
    the horizon divided by the motion's own mean square.
    """

    hurst: float
    speeds: NDArray[np.float64]
    weights: NDArray[np.float64]
    horizon: float
    kind: Kind
    norm: Norm
    relative_error: float

    @property
    def total_weight(self) -> float:
        """Σ ω: how strongly the white noise itself enters dB̂ = −Σ ω_k γ_k Y_k dt + (Σ ω) dW."""
        return float(self.weights.sum())

    def covariance(self, first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
        """Covariance of B̂ at two times (arrays broadcast)."""
        s, t = np.minimum(first, second)[..., None, None], np.maximum(first, second)[..., None, None]
        slow, fast = self.speeds[:, None], self.speeds
        pair = np.outer(self.weights, self.weights)
        total = slow + fast
        if self.kind == "II":
            terms = -np.exp(-fast * (t - s)) * np.expm1(-total * s) / total
        else:
            # (Y(s) − Y(0)) (Y(t) − Y(0)) with E Y_i(s) Y_j(t) = exp(−γ_j (t − s)) / (γ_i + γ_j)
            terms = (np.exp(-fast * (t - s)) - np.exp(-slow * s) - np.exp(-fast * t) + 1) / total
        return np.asarray((pair * terms).sum(axis=(-2, -1)))

    def increment_autocovariance(self, lags: int, step: float) -> NDArray[np.float64]:
        """Autocovariance (lags,) of B̂'s increments over equal steps. Raises ValueError for type II, whose are not stationary."""
        if self.kind != "I":
            raise ValueError("increments of type II are not stationary")
        rates = self.speeds
        strength = self.weights * (self.weights / (rates[:, None] + rates)).sum(axis=1)

        def stationary(lag: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray((strength * np.exp(-rates * np.abs(lag[:, None]) * step)).sum(axis=1))

        k = np.arange(lags, dtype=float)
        return 2 * stationary(k) - stationary(k + 1) - stationary(k - 1)


def geometric_speeds(processes: int, maximum_speed: float, horizon: float = 1.0) -> NDArray[np.float64]:
    """Speeds from 1 / maximum to maximum in a geometric series, per horizon: (processes,) in 1/time.

    Raises ValueError for fewer than one process or a maximum that is not above 1.
    """
    if isinstance(processes, bool) or not isinstance(processes, int | np.integer) or processes < 1:
        raise ValueError(f"processes must be an integer of at least 1; got {processes!r}")
    if not (math.isfinite(maximum_speed) and maximum_speed > 1):
        raise ValueError(f"maximum_speed must be finite and above 1; got {maximum_speed!r}")
    if not (math.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon must be positive and finite; got {horizon!r}")
    exponents = np.linspace(-1.0, 1.0, processes) if processes > 1 else np.zeros(1)
    return np.asarray(maximum_speed**exponents / horizon)


def markov_motion(
    hurst: float,
    *,
    processes: int = 5,
    maximum_speed: float = 20.0,
    horizon: float = 1.0,
    kind: Kind = "II",
    norm: Norm = "unit",
    speeds: ArrayLike | None = None,
) -> MarkovMotion:
    """The best approximation by this many processes over the horizon.

    Speeds are `maximum_speed` to its inverse, in 1/time (not per horizon, as in the paper), or those given. Raises ValueError for
    what is out of range, and for more processes than double precision can tell apart.
    """
    h = check_hurst(hurst)
    if kind not in MOST_PROCESSES:
        raise ValueError(f"kind must be I or II; got {kind!r}")
    if norm not in ("unit", "paper"):
        raise ValueError(f"norm must be unit or paper; got {norm!r}")
    if not (math.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon must be positive and finite; got {horizon!r}")
    rates = geometric_speeds(processes, maximum_speed) if speeds is None else np.asarray(speeds, dtype=float)
    if rates.ndim != 1 or not (np.isfinite(rates).all() and (rates > 0).all() and len(set(rates)) == rates.size):
        raise ValueError("speeds must be different positive numbers in one dimension")
    if rates.size > MOST_PROCESSES[kind]:
        raise ValueError(
            f"processes must be at most {MOST_PROCESSES[kind]} for type {kind}, beyond which weights are lost to rounding; "
            f"got {rates.size}"
        )
    matrix, right, own = normal_equations(h, rates, horizon, kind)
    matrix = matrix + JITTER * np.trace(matrix) / rates.size * np.eye(rates.size)
    weights = linalg.solve(matrix, right, assume_a="sym")
    # Where two of the three terms nearly cancel the third, rounding may leave a negative rest.
    missed = max(0.0, own - right @ weights) / own
    scale = math.sqrt(unit_variance(h, kind, norm) / unit_variance(h, kind, "paper"))
    return MarkovMotion(h, rates, weights * scale, float(horizon), kind, norm, float(missed))


def normal_equations(
    hurst: float, speeds: NDArray[np.float64], horizon: float, kind: Kind
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """A (K, K), b (K,) and c of the mean squared error under the paper's norm; arXiv 2310.12975, derived again here."""
    a, t, g = hurst + 0.5, horizon, speeds
    total = g[:, None] + g
    if kind == "I":
        ends = np.expm1(-g * t) / g
        matrix = (2 * t + ends[:, None] + ends) / total
        tail = np.exp(-g * t) - scaled_upper_gamma(a, g * t)
        right = 2 * t / g**a - t**a / (g * math.gamma(a + 1)) + tail / g ** (a + 1)
        return matrix, right, t ** (2 * a) / (math.gamma(2 * hurst + 2) * math.sin(math.pi * hurst))
    matrix = (t + np.expm1(-total * t) / total) / total
    right = t / g**a * special.gammainc(a, g * t) - a / g ** (a + 1) * special.gammainc(a + 1, g * t)
    own = t ** (2 * hurst + 1) / (2 * hurst * (2 * hurst + 1) * math.gamma(a) ** 2)
    return matrix, right, own
