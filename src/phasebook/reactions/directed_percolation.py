"""The directed-percolation class: exponents, bond thresholds, and the mean-field map of bond percolation.

At the critical point activity from a full lattice falls as t^-δ; from a single site the survival probability falls as t^-δ, the
number of active sites grows as t^η, their squared distance as t^(2/z). Below four dimensions the exponents are known
numerically alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

UPPER_DIMENSION = 4
FINITE_SIZE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class PercolationExponents:
    """Exponents of the class in one number of space dimensions: β, ν⊥, ν∥, δ = β/ν∥, η and z = ν∥/ν⊥, and their source."""

    beta: float
    nu_perpendicular: float
    nu_parallel: float
    delta: float
    eta: float
    z: float
    source: str

    @property
    def spreading(self) -> float:
        """2/z, the growth of the squared distance from the seed."""
        return 2 / self.z


EXPONENTS = {
    1: PercolationExponents(
        0.276486, 1.096854, 1.733847, 0.159464, 0.313686, 1.580745, "Jensen, J. Phys. A 32, 5233 (1999)"
    ),
    2: PercolationExponents(
        0.5834, 0.7333, 1.2950, 0.4505, 0.2295, 1.766, "Voigt and Ziff, Phys. Rev. E 56, R6241 (1997)"
    ),
}
MEAN_FIELD = PercolationExponents(1.0, 0.5, 1.0, 1.0, 0.0, 2.0, "mean-field theory, exact from four dimensions on")
# 1+1: Jensen 1999. 2+1 on the body-centered lattice (four parents): Perlsman and Havlin, Europhys. Lett. 58, 176 (2002).
BOND_THRESHOLDS = {1: 0.644700185, 2: 0.28733838}
PARENTS = {1: 2, 2: 4}


def percolation_exponents(dimension: int) -> PercolationExponents:
    """Exponents in 1 or 2 space dimensions, or the mean-field ones from 4 on. Raises ValueError for 3 and what is no dimension."""
    if dimension in EXPONENTS:
        return EXPONENTS[dimension]
    if isinstance(dimension, int) and dimension >= UPPER_DIMENSION:
        return MEAN_FIELD
    raise ValueError(f"dimension must be 1, 2, or at least {UPPER_DIMENSION}; got {dimension!r}")


def bond_threshold(dimension: int) -> float:
    """Critical bond probability with 2 parents in 1+1, 4 in 2+1 dimensions. Raises ValueError for other dimensions."""
    if dimension not in BOND_THRESHOLDS:
        raise ValueError(f"dimension must be 1 or 2; got {dimension!r}")
    return BOND_THRESHOLDS[dimension]


def percolation_mean_field(
    times: ArrayLike, dimension: int, probability: float, density: float = 1.0
) -> Float[np.ndarray, " times"]:
    """Density at whole steps (K,) if parents were independent: ρ' = 1 - (1 - pρ)^k with k parents. Raises ValueError."""
    if dimension not in PARENTS:
        raise ValueError(f"dimension must be 1 or 2; got {dimension!r}")
    for name, value in (("probability", probability), ("density", density)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1]; got {value!r}")
    steps = np.atleast_1d(np.asarray(times))
    if (steps != np.round(steps)).any() or (steps < 0).any():
        raise ValueError("times must be whole steps, not negative")
    densities = np.empty(int(steps.max()) + 1)
    densities[0] = density
    for step in range(1, densities.size):
        densities[step] = 1 - (1 - probability * densities[step - 1]) ** PARENTS[dimension]
    return densities[steps.astype(int)]


def percolation_horizon(extent: int, dimension: int) -> float:
    """The time L^z / 10, up to which the lattice's size is not felt at criticality."""
    return FINITE_SIZE_SHARE * float(extent) ** percolation_exponents(dimension).z
