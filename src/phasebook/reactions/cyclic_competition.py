"""May-Leonard competition of three species in a cycle: rate equations, the symmetric fixed point, mobility on a lattice.

X_i removes a neighboring X_(i+1) at rate σ (`selection`) and fills an empty neighbor at rate μ (`reproduction`); every site
swaps with a random neighbor at rate ε, which is the mobility M = 2ε/L² in units of the lattice's area (Reichenbach, Mobilia and
Frey, Nature 448, 1046 (2007)). Well mixed: da_i/dt = a_i [μ(1 - ρ) - σ a_(i-1)]; the symmetric point a = μ/(3μ + σ) is
unstable, with eigenvalues -μ and σμ (1 ± i√3) / (2(3μ + σ)), and orbits spiral out to a heteroclinic cycle (May and Leonard,
SIAM J. Appl. Math. 29, 243 (1975)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..engines.lattice_rules import LatticeModel, parse_lattice_model
from .rate_equations import solve_rates

RULES = """
species A, B, C
selection = 1.0
reproduction = 1.0
exchange_rate = 1.0
exchange @ exchange_rate     # every site, empty ones too
A + B -> A + 0 @ selection
B + C -> B + 0 @ selection
C + A -> C + 0 @ selection
A -> A + A @ reproduction
B -> B + B @ reproduction
C -> C + C @ reproduction
"""
# σ = μ = 1, where spirals outgrow the lattice: Reichenbach, Mobilia and Frey 2007.
CRITICAL_MOBILITY, CRITICAL_MOBILITY_ERROR = 4.5e-4, 0.5e-4


@dataclass(frozen=True, slots=True)
class CyclicCompetition:
    """Rates σ (`selection`) and μ (`reproduction`). Raises ValueError unless both are positive."""

    selection: float = 1.0
    reproduction: float = 1.0

    def __post_init__(self) -> None:
        for name in ("selection", "reproduction"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive; got {value!r}")

    def lattice(self, mobility: float, extent: int) -> LatticeModel:
        """The model on an `extent` × `extent` lattice at a mobility M, exchange rate ε = M·extent²/2."""
        return parse_lattice_model(
            RULES,
            {
                "selection": self.selection,
                "reproduction": self.reproduction,
                "exchange_rate": exchange_rate(mobility, extent),
            },
        )


def exchange_rate(mobility: float, extent: int) -> float:
    """ε = M L²/2. Raises ValueError for a negative mobility."""
    if not (math.isfinite(mobility) and mobility >= 0):
        raise ValueError(f"mobility must not be negative; got {mobility!r}")
    return mobility * extent**2 / 2


def cyclic_rates(system: CyclicCompetition, densities: Float[np.ndarray, " three"]) -> Float[np.ndarray, " three"]:
    """Time derivatives of the three densities, well mixed."""
    room = 1 - densities.sum()
    return densities * (system.reproduction * room - system.selection * np.roll(densities, 1))


def symmetric_point(system: CyclicCompetition) -> float:
    """Density of each species at the symmetric fixed point."""
    return system.reproduction / (3 * system.reproduction + system.selection)


def cyclic_eigenvalues(system: CyclicCompetition) -> tuple[complex, complex, complex]:
    """Eigenvalues at the symmetric point: -μ, and the pair that spirals out."""
    growth = system.selection * symmetric_point(system) / 2
    return (
        complex(-system.reproduction),
        growth * complex(1, math.sqrt(3)),
        growth * complex(1, -math.sqrt(3)),
    )


def solve_cyclic(
    system: CyclicCompetition, times: ArrayLike, start: tuple[float, float, float]
) -> Float[np.ndarray, "times three"]:
    """Densities at `times` (K,) from `start` at time zero, by the rate equations. Raises ValueError."""
    return solve_rates(lambda densities: cyclic_rates(system, densities), times, start)
