"""Laws of growing surfaces in one dimension: random deposition, Edwards-Wilkinson, Kardar-Parisi-Zhang; noise in time or frozen.

Edwards-Wilkinson laws are exact sums over the waves q_k = 2(1 - cos 2 pi k/L) of a linear ring, h_t = ν (discrete Laplacian) h +
noise of amplitude σ, from a flat start; with a time step they are exact for the simulated recursion itself. All squared widths are
averages over the noise of the mean squared deviation from the ring's mean. Derived here, but for Tracy and Widom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..numerics.tracy_widom import tracy_widom_cumulants
from .oscillator_ring import Method, OscillatorRing, Randomness


@dataclass(frozen=True, slots=True)
class Exponents:
    """Growth exponent β, roughness α and dynamic exponent z of a class; NaN where it has none."""

    growth: float
    roughness: float
    dynamic: float


EXPONENTS: dict[tuple[str, Randomness], Exponents] = {
    ("random-deposition", "time"): Exponents(1 / 2, math.nan, math.nan),
    ("edwards-wilkinson", "time"): Exponents(1 / 4, 1 / 2, 2.0),
    ("kpz", "time"): Exponents(1 / 3, 1 / 2, 3 / 2),
    ("random-deposition", "columnar"): Exponents(1.0, math.nan, math.nan),
    ("edwards-wilkinson", "columnar"): Exponents(3 / 4, 3 / 2, 2.0),
    # Numerical values: Szendro, Lopez and Rodriguez, Phys. Rev. E 76, 011603 (2007).
    ("kpz", "columnar"): Exponents(0.8, 1.07, 1.35),
}


def edwards_wilkinson_spectrum(
    times: ArrayLike, size: int, diffusion: float, noise: float, *, step: float | None = None, method: Method = "euler"
) -> NDArray[np.float64]:
    """S(k, t) for k = 0 to L - 1 of shape (T, L), noise in time; exact for the recursion of this `step` and `method` where given.

    The ring's mean (k = 0) is set to zero. `times` are then rounded to steps. ν = 0 gives random deposition.
    """
    time = np.atleast_1d(np.asarray(times, dtype=float))[:, None]
    rate = diffusion * _wave_rates(size)
    spectrum = np.empty((len(time), size))
    if step is None:
        with np.errstate(divide="ignore", invalid="ignore"):
            spectrum = np.where(rate > 0, -np.expm1(-2 * rate * time) / (2 * rate), time)
    else:
        decay = step * rate
        # Noise enters Heun's step through the average of two velocities, so that it is damped by half a step.
        factor, gain = (1 - decay, np.ones(size)) if method == "euler" else (1 - decay + decay**2 / 2, 1 - decay / 2)
        steps = np.rint(time / step)
        with np.errstate(divide="ignore", invalid="ignore"):
            sums = np.where(np.abs(factor) < 1, (1 - factor ** (2 * steps)) / (1 - factor**2), steps)
        spectrum = step * gain**2 * sums
    spectrum[:, 0] = 0.0
    return noise**2 * spectrum


def edwards_wilkinson_width(
    times: ArrayLike, size: int, diffusion: float, noise: float, *, step: float | None = None, method: Method = "euler"
) -> NDArray[np.float64]:
    """W²(t), shape (T,), noise in time: the mean of `edwards_wilkinson_spectrum` over waves."""
    return edwards_wilkinson_spectrum(times, size, diffusion, noise, step=step, method=method).mean(axis=1)


def edwards_wilkinson_saturation(size: int, diffusion: float, noise: float) -> float:
    """W² at late times, noise in time: σ²(L² - 1)/(24 ν L)."""
    return noise**2 * (size**2 - 1) / (24 * diffusion * size)


def columnar_edwards_wilkinson(
    times: ArrayLike, frequencies: NDArray[np.float64], diffusion: float
) -> NDArray[np.complex128]:
    """The spectrum (T, L/2 + 1) of a linear ring with these frozen `frequencies` (L,): ω_k (1 - exp(-ν q_k t))/(ν q_k), real FFT.

    No average: each realization has its own. The ring's mean (k = 0) is set to zero.
    """
    time = np.atleast_1d(np.asarray(times, dtype=float))[:, None]
    rate = diffusion * _wave_rates(len(frequencies))[: len(frequencies) // 2 + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(rate > 0, -np.expm1(-rate * time) / rate, time)
    gain[:, 0] = 0.0
    return np.asarray(np.fft.rfft(frequencies) * gain)


def columnar_edwards_wilkinson_width(
    times: ArrayLike, size: int, diffusion: float, noise: float
) -> NDArray[np.float64]:
    """W²(t), shape (T,), frozen frequencies: (σ²/L) sum over k of ((1 - exp(-ν q_k t))/(ν q_k))²; ν = 0 gives σ²t²(1 - 1/L)."""
    time = np.atleast_1d(np.asarray(times, dtype=float))[:, None]
    rate = diffusion * _wave_rates(size)[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(rate > 0, -np.expm1(-rate * time) / rate, time)
    return np.asarray(noise**2 * (gain**2).sum(axis=1) / size)


def columnar_edwards_wilkinson_saturation(size: int, diffusion: float, noise: float) -> float:
    """W² at late times, frozen frequencies: σ²(L² - 1)(L² + 11)/(720 ν² L)."""
    return noise**2 * (size**2 - 1) * (size**2 + 11) / (720 * diffusion**2 * size)


def kpz_amplitude(ring: OscillatorRing) -> float:
    """Γ = |λ|A²/2 of the growth φ ≈ v t + sgn(λ)(Γt)^(1/3) χ, with the stationary slopes' variance A = σ²/2ν."""
    found = ring.coefficients
    return abs(found.nonlinearity) * (ring.noise**2 / (2 * found.diffusion)) ** 2 / 2


def kpz_width(times: ArrayLike, ring: OscillatorRing) -> NDArray[np.float64]:
    """W²(t) of flat growth at late times: var(χ)·(Γt)^(2/3), χ = 2^(-2/3) times a Tracy-Widom GOE variable (variance 0.63805).

    It is approached slowly, from above: corrections fall as t^(-2/3) or slower.
    """
    variance = tracy_widom_cumulants("GOE").variance * 2 ** (-4 / 3)
    return np.asarray(variance * (kpz_amplitude(ring) * np.asarray(times, dtype=float)) ** (2 / 3))


def mean_velocity(ring: OscillatorRing) -> float:
    """d(mean φ)/dt of a stationary ring with Gaussian slopes of variance A = σ²/2ν: 2K·sum of even[m]·exp(-m²A/2)."""
    if ring.strength == 0:
        return 0.0
    variance = ring.noise**2 / (2 * ring.coefficients.diffusion) if ring.randomness == "time" else 0.0
    parts = (value * math.exp(-(m**2) * variance / 2) for m, value in enumerate(ring.coupling.even))
    return 2 * ring.strength * math.fsum(parts)


def repulsive_share(ring: OscillatorRing) -> float:
    """Share of bonds at which Γ'(Δ) < 0, for Gaussian slopes Δ of variance A = σ²/2ν: there the lattice, unlike its continuum, is
    unstable. It says how far the KPZ equation can be trusted, and where slips begin.
    """
    deviation = ring.noise / (2 * ring.coefficients.diffusion) ** 0.5
    slopes = np.linspace(-8, 8, 4001)
    weight = np.exp(-(slopes**2) / 2)
    return float(weight[ring.coupling.derivative(deviation * slopes, 1) < 0].sum() / weight.sum())


def expected_law(
    ring: OscillatorRing, times: ArrayLike, *, step: float | None = None, method: Method = "euler"
) -> tuple[
    NDArray[np.float64], Literal["random deposition", "Edwards-Wilkinson", "Kardar-Parisi-Zhang", "columnar linear"]
]:
    """(W²(t), its name): the discrete sum where the ring is odd or uncoupled, the late KPZ law otherwise.

    For frozen frequencies, the linear law (random deposition, or columnar Edwards-Wilkinson; exact for weak randomness and odd
    coupling alone): no amplitude is known beyond it.
    """
    found = ring.coefficients
    if ring.randomness == "columnar":
        width = columnar_edwards_wilkinson_width(times, ring.size, found.diffusion, ring.noise)
        return width, "random deposition" if ring.strength == 0 else "columnar linear"
    if ring.strength == 0:
        width = edwards_wilkinson_width(times, ring.size, 0.0, ring.noise, step=step, method=method)
        return width, "random deposition"
    if abs(found.nonlinearity) < 1e-12 * ring.strength:
        width = edwards_wilkinson_width(times, ring.size, found.diffusion, ring.noise, step=step, method=method)
        return width, "Edwards-Wilkinson"
    return kpz_width(times, ring), "Kardar-Parisi-Zhang"


def _wave_rates(size: int) -> NDArray[np.float64]:
    return 2 * (1 - np.cos(2 * np.pi * np.arange(size) / size))
