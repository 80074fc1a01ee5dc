"""Diffusion-limited reactions on lattices: exact and asymptotic densities where mean-field rates are wrong.

Particles hop to a random nearest neighbor at total rate `hop_rate` h (diffusion constant D = h/2d) and react on contact.

- A + A -> 0 in one dimension is the domain walls of the zero-temperature Glauber chain (J. Math. Phys. 4, 294 (1963)): the pair
  function G_n of spins obeys a discrete heat equation with G_0 = 1, and the density is (1 - G_1)/2.
- In two dimensions the density falls as ln(8Dt)/(8πDt), in three as 1/(Kt) with K = 2h/G, G the mean number of visits of a walk
  to its origin (Watson's integral; Bramson and Lebowitz, Phys. Rev. Lett. 61, 2397 (1988); Peliti, J. Phys. A 19, L365 (1986)).
- A + A -> A has exactly twice the density of annihilation that begins with half as many: give each particle a random bit, let
  merged particles carry the exclusive or, and look at those with bit one (derived here; holds on any lattice).
- A + B -> 0 with equal numbers keeps the difference of densities, which only diffuses: its initial noise leaves domains of one
  species, and each density is half the mean of |a - b| (Toussaint and Wilczek, J. Chem. Phys. 78, 2642 (1983)).
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import special

# (√6 / 32π³) Γ(1/24) Γ(5/24) Γ(7/24) Γ(11/24): Watson 1939, Glasser and Zucker 1977.
WATSON_CONSTANT = 1.5163860591519780
FINITE_SIZE_SHARE = 0.25
Densities = Float[np.ndarray, " times"]


class UnequalDensities(UserWarning):
    """A law for equal numbers of two species is asked for unequal ones: it holds until the majority is felt."""


class FiniteSize(UserWarning):
    """Part of a run is beyond the time at which the lattice's size is felt; what infinite lattices do is masked there."""


def diffusion_constant(dimension: int, hop_rate: float = 1.0) -> float:
    """D = h/2d of a walk with total hop rate h. Raises ValueError unless dimension is 1, 2 or 3 and the rate positive."""
    if dimension not in (1, 2, 3):
        raise ValueError(f"dimension must be 1, 2 or 3; got {dimension!r}")
    if not (math.isfinite(hop_rate) and hop_rate > 0):
        raise ValueError(f"hop_rate must be positive; got {hop_rate!r}")
    return hop_rate / (2 * dimension)


def annihilation_density(time: ArrayLike, dimension: int, density: float = 0.5, hop_rate: float = 1.0) -> Densities:
    """Density of A + A -> 0 on contact at times (K,): exact in one dimension, the leading asymptotic law in two and three.

    Sites are occupied independently at time zero; the asymptotic laws do not depend on `density`. Raises ValueError.
    """
    times, diffusion = _times(time), diffusion_constant(dimension, hop_rate)
    _check_density("density", density)
    if dimension == 1:
        return np.array([_glauber_walls(hop_rate * t, density) for t in times])
    if (times <= 0).any():
        raise ValueError("time must be positive for an asymptotic law; got 0")
    if dimension == 2:
        return np.log(8 * diffusion * times) / (8 * math.pi * diffusion * times)
    return WATSON_CONSTANT / (2 * hop_rate * times)


def coagulation_density(time: ArrayLike, dimension: int, density: float = 0.5, hop_rate: float = 1.0) -> Densities:
    """Density of A + A -> A on contact: twice that of annihilation from half the density. Arguments as `annihilation_density`."""
    _check_density("density", density)
    return 2 * annihilation_density(time, dimension, density / 2, hop_rate)


def segregation_density(
    time: ArrayLike, dimension: int, density: float, hop_rate: float = 1.0, other_density: float | None = None
) -> Densities:
    """Asymptotic density √(ρ/π) (8πDt)^(-d/4) of each species of A + B -> 0 that begin with equal densities ρ, d < 4.

    The initial difference has variance 2ρ per site, as for independent species on a dilute lattice; sites that hold at most one
    particle make no difference to it. With an `other_density` the mean of both is taken and UnequalDensities warned of: the law
    then ends where the minority dies out. Raises ValueError.
    """
    times, diffusion = _times(time), diffusion_constant(dimension, hop_rate)
    _check_density("density", density)
    if (times <= 0).any():
        raise ValueError("time must be positive for an asymptotic law; got 0")
    if other_density is not None and other_density != density:
        _check_density("other_density", other_density)
        warnings.warn(
            f"densities {density:g} and {other_density:g} differ: the law for equal ones ends when the minority dies out",
            UnequalDensities,
            stacklevel=2,
        )
        density = (density + other_density) / 2
    return math.sqrt(density / math.pi) * (8 * math.pi * diffusion * times) ** (-dimension / 4)


def mean_field_decay(time: ArrayLike, density: float, rate: float) -> Densities:
    """ρ/(1 + kρt), what dρ/dt = -kρ² gives: k = 2h for A + A -> 0 and A + B -> 0 (equal densities), h for A + A -> A."""
    _check_density("density", density)
    return density / (1 + rate * density * _times(time))


def diffusion_horizon(extent: int, dimension: int, hop_rate: float = 1.0) -> float:
    """The time at which √(Dt) reaches a quarter of the lattice's extent: later, its size is felt."""
    return (FINITE_SIZE_SHARE * extent) ** 2 / diffusion_constant(dimension, hop_rate)


def warn_beyond(horizon: float, last: float) -> None:
    """Warn with FiniteSize where a run's last time lies beyond the horizon."""
    if last > horizon:
        warnings.warn(
            f"times beyond {horizon:.3g} are masked: the size of the lattice is felt there (the last is {last:.3g})",
            FiniteSize,
            stacklevel=3,
        )


def _glauber_walls(time: float, density: float) -> float:
    """Density of domain walls at scaled time, walls independent with this density at time zero.

    With q = 1 - 2ρ: ρ(t) = e^(-2t) [I_0(2t) + I_1(2t) - (1/t) Σ n q^n I_n(2t)] / 2; the sum is cut where either factor is gone.
    """
    if time == 0:
        return density
    argument = 2 * time
    value = special.ive(0, argument) + special.ive(1, argument)
    q = 1 - 2 * density
    if q != 0:
        last = 40 + int(9 * math.sqrt(argument)) if argument > 1 else 40
        if abs(q) < 1:
            last = min(last, 1 + int(-40 / math.log(abs(q))))
        order = np.arange(1, last + 1)
        value -= float(np.sum(order * q**order * special.ive(order, argument))) / time
    return float(value) / 2


def _times(time: ArrayLike) -> Densities:
    times = np.atleast_1d(np.asarray(time, dtype=float))
    if not np.isfinite(times).all() or (times < 0).any():
        raise ValueError("time must be finite and not negative")
    return times


def _check_density(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{name} must lie in (0, 1]; got {value!r}")
