"""Fractional Brownian motion, exactly: covariances of both types, and samplers of its law.

Type I (Mandelbrot and Van Ness) has stationary increments; type II (Riemann and Liouville) starts at zero as if there were no
past, B_t = ∫₀ᵗ (t − s)^(H − 1/2) dW_s / Γ(H + 1/2). Both are as arXiv 2310.12975 takes them, derived again here. With the norm
`unit` type I is divided by the root of V_H = 1 / (Γ(2H + 1) sin πH), so that its variance is t^(2H); type II stays as it is.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, linalg, special

Kind = Literal["I", "II"]
Norm = Literal["unit", "paper"]
MOST_DENSE = 4096  # times of a sample by Cholesky's factor


def check_hurst(hurst: float) -> float:
    """The Hurst index as a float. Raises ValueError unless it lies strictly between 0 and 1."""
    if not (math.isfinite(hurst) and 0 < hurst < 1):
        raise ValueError(f"hurst must lie strictly between 0 and 1; got {hurst!r}")
    return float(hurst)


def check_times(times: ArrayLike) -> NDArray[np.float64]:
    """Times (n,) as float64. Raises ValueError unless they are positive, finite and increase."""
    found = np.asarray(times, dtype=float)
    if found.ndim != 1 or found.size == 0 or not np.isfinite(found).all():
        raise ValueError(f"times must be finite numbers in one dimension; got shape {found.shape}")
    if found[0] <= 0:
        raise ValueError(f"times must be positive, the motion starts at 0; got {found[0]:g} first")
    steps = np.diff(found)
    if (steps <= 0).any():
        place = int(np.argmax(steps <= 0)) + 1
        raise ValueError(f"times must increase; number {place} is {found[place]:g} after {found[place - 1]:g}")
    return found


def unit_variance(hurst: float, kind: Kind = "I", norm: Norm = "unit") -> float:
    """Variance at t = 1."""
    h = check_hurst(hurst)
    if kind == "II":
        return 1 / (2 * h * math.gamma(h + 0.5) ** 2)
    return 1.0 if norm == "unit" else 1 / (math.gamma(2 * h + 1) * math.sin(math.pi * h))


def fractional_covariance(
    first: ArrayLike, second: ArrayLike, hurst: float, kind: Kind = "I", norm: Norm = "unit"
) -> NDArray[np.float64]:
    """Covariance of the motion at two times (arrays broadcast). Type II by Gauss's hypergeometric function."""
    h = check_hurst(hurst)
    early, late = np.minimum(first, second), np.maximum(first, second)
    if kind == "I":
        scale = unit_variance(h, kind, norm) / 2
        return np.asarray(scale * (early ** (2 * h) + late ** (2 * h) - (late - early) ** (2 * h)))
    a = h + 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(late > 0, early / late, 0.0)
        value = early**a * late ** (a - 1) / (a * math.gamma(a) ** 2) * special.hyp2f1(1 - a, 1.0, 1 + a, share)
    return np.where(early > 0, value, 0.0)


def noise_autocovariance(lags: int, hurst: float, step: float = 1.0) -> NDArray[np.float64]:
    """Autocovariance (lags,) of the unit type I motion's increments over equal steps."""
    h, k = check_hurst(hurst), np.arange(lags, dtype=float)
    return np.asarray(step ** (2 * h) / 2 * ((k + 1) ** (2 * h) + np.abs(k - 1) ** (2 * h) - 2 * k ** (2 * h)))


def sample_fractional_noise(
    hurst: float, length: int, paths: int, *, step: float = 1.0, seed: int
) -> NDArray[np.float64]:
    """Increments (paths, length) of the unit type I motion, exactly, in O(n log n).

    Circulant embedding: Davies and Harte, Biometrika 74, 95 (1987). Two paths from each transform.
    """
    if length < 1 or paths < 1:
        raise ValueError(f"length and paths must be at least 1; got {length} and {paths}")
    row = noise_autocovariance(length + 1, hurst, step)
    eigenvalues = fft.rfft(np.concatenate([row, row[-2:0:-1]])).real
    size = 2 * length
    roots = np.sqrt(np.maximum(np.concatenate([eigenvalues, eigenvalues[-2:0:-1]]), 0.0) / size)
    generator = np.random.default_rng(seed)
    found = np.empty((paths, length))
    for pair in range(0, paths, 2):
        normal = generator.standard_normal((2, size))
        path = fft.fft((normal[0] + 1j * normal[1]) * roots)[:length]
        found[pair] = path.real
        if pair + 1 < paths:
            found[pair + 1] = path.imag
    return found


def sample_fractional_motion(
    hurst: float, times: ArrayLike, paths: int, *, kind: Kind = "I", norm: Norm = "unit", seed: int
) -> NDArray[np.float64]:
    """The motion (paths, times) at any times by Cholesky's factor of its covariance: exact, O(n³). Raises ValueError."""
    at = check_times(times)
    if at.size > MOST_DENSE:
        raise ValueError(f"times must be at most {MOST_DENSE} for Cholesky's factor; got {at.size}")
    factor = linalg.cholesky(fractional_covariance(at[:, None], at, hurst, kind, norm), lower=True)
    return np.asarray(np.random.default_rng(seed).standard_normal((paths, at.size)) @ factor.T)
