"""Phase oscillators on a ring: dφ_i/dt = ω_i + σξ_i(t) + K [Γ(φ_{i+1} - φ_i) + Γ(φ_{i-1} - φ_i)], all phases zero at time zero.

Phases are unwrapped (real numbers): they are the heights of a growing rough surface. Randomness is either noise in time (ω = 0,
unit white noise ξ) or columnar (frozen natural frequencies of standard deviation σ, no noise). Source: the standard model of this
line of work (arXiv 2311.13253, 2407.15634, 2604.06040).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .coupling_function import Coupling, GrowthCoefficients, growth_coefficients, sakaguchi_coupling

Randomness = Literal["time", "columnar"]
Frequencies = Literal["normal", "uniform"]
Method = Literal["euler", "heun", "rk4"]
FEWEST_OSCILLATORS = 4
# Where the linear decay rate times the step leaves the method's interval of stability on the negative real axis.
STABLE = {"euler": 2.0, "heun": 2.0, "rk4": 2.785293563405282}


@dataclass(frozen=True, slots=True)
class OscillatorRing:
    """`size` L oscillators, `coupling` Γ of `strength` K, randomness of amplitude `noise` σ.

    Raises ValueError on L < 4, K < 0, σ < 0, and on a coupling with Γ'(0) <= 0, whose short waves grow, unless
    `allow_unstable`.
    """

    size: int
    coupling: Coupling = field(default_factory=lambda: sakaguchi_coupling(0.0))
    noise: float = 0.1
    randomness: Randomness = "time"
    strength: float = 1.0
    frequencies: Frequencies = "normal"
    allow_unstable: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.size, bool) or not isinstance(self.size, int | np.integer) or self.size < FEWEST_OSCILLATORS:
            raise ValueError(f"size must be an integer of at least {FEWEST_OSCILLATORS}; got {self.size!r}")
        for name in ("noise", "strength"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and not negative; got {value!r}")
        if self.randomness not in ("time", "columnar"):
            raise ValueError(f"randomness must be 'time' or 'columnar'; got {self.randomness!r}")
        if self.frequencies not in ("normal", "uniform"):
            raise ValueError(f"frequencies must be 'normal' or 'uniform'; got {self.frequencies!r}")
        slope = float(self.coupling.derivative(0.0, 1))
        if slope <= 1e-12 and not self.allow_unstable:
            raise ValueError(
                f"coupling must have a positive slope at zero, else short waves grow; it is {slope:.3g} (a nonoddity must stay "
                "below pi/2; pass allow_unstable=True to simulate it nevertheless)"
            )

    @property
    def coefficients(self) -> GrowthCoefficients:
        """ν, λ, D, g and the drift of the continuum limit."""
        return growth_coefficients(self.coupling, self.strength, self.noise)


def largest_stable_step(ring: OscillatorRing, method: Method = "euler") -> float:
    """The largest time step at which no linear wave about any state grows: its rate is at most 4K·max|Γ'|. Infinite at K = 0."""
    if method not in STABLE:
        raise ValueError(f"method must be one of {', '.join(STABLE)}; got {method!r}")
    rate = 4 * ring.strength * ring.coupling.steepest
    return STABLE[method] / rate if rate > 0 else math.inf


def check_step(ring: OscillatorRing, step: float, method: Method) -> float:
    """The step as a number. Raises ValueError unless it is positive and stable; the message says the largest stable one."""
    if not (math.isfinite(step) and step > 0):
        raise ValueError(f"step must be a positive number; got {step!r}")
    largest = largest_stable_step(ring, method)
    if step > largest:
        raise ValueError(f"step must be at most {largest:.4g} for {method} to be stable here; got {step:g}")
    return float(step)


def natural_frequencies(ring: OscillatorRing, replica: int, seed: int) -> NDArray[np.float64]:
    """Frequencies (L,) of one replica of a columnar ring: zero mean, standard deviation σ; zeros for noise in time."""
    if ring.randomness == "time":
        return np.zeros(ring.size)
    generator = np.random.default_rng([seed, replica, 1])
    if ring.frequencies == "normal":
        return ring.noise * generator.standard_normal(ring.size)
    return ring.noise * generator.uniform(-math.sqrt(3.0), math.sqrt(3.0), ring.size)


def locking_bound(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the range of the partial sums of ω_i - mean(ω): an odd sine-coupled ring cannot lock at a strength below it.

    `frequencies` has shape (..., L). A locked state needs K sin Δ_i = c - S_i with S_i the sum of ω_j - mean(ω) up to i (derived
    here), hence K >= (max S - min S)/2. For many normal frequencies its mean approaches sqrt(π/8)·σ·sqrt(L) from below.
    """
    sums = np.cumsum(frequencies - frequencies.mean(axis=-1, keepdims=True), axis=-1)
    return np.asarray((sums.max(axis=-1) - sums.min(axis=-1)) / 2)
