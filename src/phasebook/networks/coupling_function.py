"""Coupling functions of phase oscillators: 2 pi-periodic functions as Fourier series, and what they mean for a ring's growth.

A coupling Γ(u) = sum of a_m cos(m u) + b_m sin(m u) acts on a ring as Γ(φ_{i+1} - φ_i) + Γ(φ_{i-1} - φ_i). For small differences
the phase grows as φ_t = 2KΓ(0) + ν φ_xx + (λ/2) φ_x² + noise with ν = KΓ'(0) and λ = 2KΓ''(0) (expansion derived here), and
with noise of strength D = σ²/2 the coupling of Kardar, Parisi and Zhang is g = λ²D/ν³.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_HARMONICS = 64
TOLERANCE = 1e-9  # largest error of the series, in units of the coupling's size
_PROBES = 211  # points between the samples, where the series is compared with the function


@dataclass(frozen=True, slots=True)
class Coupling:
    """Γ(u) = sum over m of even[m]·cos(m u) + odd[m]·sin(m u); `even` and `odd` have M + 1 numbers each, odd[0] = 0."""

    even: tuple[float, ...]
    odd: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "even", tuple(float(value) for value in self.even))
        object.__setattr__(self, "odd", tuple(float(value) for value in self.odd))
        if not 2 <= len(self.even) == len(self.odd) <= MOST_HARMONICS + 1:
            raise ValueError(
                f"even and odd must have equal lengths from 2 to {MOST_HARMONICS + 1}; got {len(self.even)}, {len(self.odd)}"
            )
        if not all(map(math.isfinite, (*self.even, *self.odd))) or self.odd[0] != 0.0:
            raise ValueError("even and odd must be finite, and odd[0] zero")

    def __call__(self, u: ArrayLike) -> NDArray[np.float64]:
        """Γ(u), for any shape."""
        return self.derivative(u, 0)

    def derivative(self, u: ArrayLike, order: int) -> NDArray[np.float64]:
        """The derivative of this order at u, for any shape."""
        angle, total = np.asarray(u, dtype=float), np.zeros(np.shape(u))
        for m, (even, odd) in enumerate(zip(self.even, self.odd, strict=True)):
            # Each derivative turns (cos, sin) by a quarter: signs are exact, where adding pi/2 would round.
            for _ in range(order % 4):
                even, odd = odd, -even
            total = total + m**order * (even * np.cos(m * angle) + odd * np.sin(m * angle))
        return total

    @property
    def steepest(self) -> float:
        """The largest |Γ'|, on a grid of 64 points per period of the highest harmonic."""
        return float(np.abs(self.derivative(np.linspace(0, 2 * math.pi, 64 * len(self.even)), 1)).max())

    @property
    def harmonics(self) -> int:
        """The highest harmonic M."""
        return len(self.even) - 1


@dataclass(frozen=True, slots=True)
class GrowthCoefficients:
    """Continuum limit of a ring: diffusion ν, nonlinearity λ, noise strength D, coupling g = λ²D/ν³ and the drift 2KΓ(0)."""

    diffusion: float
    nonlinearity: float
    noise_strength: float
    kpz_coupling: float
    drift: float


def sakaguchi_coupling(nonoddity: float, *, comoving: bool = False) -> Coupling:
    """Γ(u) = sin(u + δ) of Kuramoto and Sakaguchi, δ = `nonoddity` in radians; less its value at zero where `comoving`."""
    if not math.isfinite(nonoddity):
        raise ValueError(f"nonoddity must be finite; got {nonoddity!r}")
    sine = math.sin(nonoddity)
    return Coupling((-sine if comoving else 0.0, sine), (0.0, math.cos(nonoddity)))


def coupling_from_function(function: Callable[[NDArray[np.float64]], ArrayLike]) -> Coupling:
    """The Fourier series of a function of an array of angles, with as many harmonics as it needs (at most 64).

    Raises ValueError where the function is not finite, has no period 2 pi, or is so rough that 64 harmonics leave an error of
    more than 1e-9 of its size between the samples.
    """
    samples = 4 * MOST_HARMONICS
    grid = 2 * math.pi * np.arange(samples) / samples
    probes = 2 * math.pi * (np.arange(_PROBES) + 0.37) / _PROBES
    values, between, later = (_values(function, points) for points in (grid, probes, probes + 2 * math.pi))
    size = max(float(np.abs(values).max()), 1e-300)
    if (gap := float(np.abs(later - between).max())) > 1e-7 * size:
        raise ValueError(f"the coupling must have period 2 pi; over one period it changes by up to {gap:.3g}")
    transform = np.fft.rfft(values) / samples
    even, odd = 2 * transform.real, -2 * transform.imag
    even[0] /= 2
    weights = np.abs(even) + np.abs(odd)
    needed = np.flatnonzero(weights[: MOST_HARMONICS + 1] > 1e-14 * size)
    harmonics = max(1, int(needed[-1])) if needed.size else 1
    odd[0] = 0.0
    series = Coupling(tuple(even[: harmonics + 1]), tuple(odd[: harmonics + 1]))
    if (error := float(np.abs(series(probes) - between).max())) > TOLERANCE * size:
        raise ValueError(
            f"the coupling must be smooth: {MOST_HARMONICS} harmonics leave an error of {error / size:.1e} of its size; "
            f"at most {TOLERANCE:.0e} is allowed"
        )
    return series


def growth_coefficients(coupling: Coupling, strength: float, noise: float) -> GrowthCoefficients:
    """ν, λ, D, g and the drift of a ring with this `coupling`, strength K and noise amplitude σ (as if it varied in time).

    g is infinite where ν = 0 and NaN where it is negative: the continuum limit is then no growth law.
    """
    slope, bend, rest = (float(coupling.derivative(0.0, order)) for order in (1, 2, 0))
    diffusion, nonlinearity, noise_strength = strength * slope, 2 * strength * bend, noise**2 / 2
    if diffusion > 0:
        kpz_coupling = nonlinearity**2 * noise_strength / diffusion**3
    else:
        kpz_coupling = math.inf if diffusion == 0 else math.nan
    return GrowthCoefficients(diffusion, nonlinearity, noise_strength, kpz_coupling, 2 * strength * rest)


def _values(function: Callable[[NDArray[np.float64]], ArrayLike], points: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.broadcast_to(np.asarray(function(points), dtype=float), points.shape)
    if not np.isfinite(values).all():
        raise ValueError("the coupling must be finite at every angle; got NaN or infinity")
    return values
