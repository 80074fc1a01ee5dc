"""Lotka-Volterra predators and prey with room for one individual per site: rate equations, fixed points, stability.

Predators A die at rate μ and turn a neighboring prey into a predator at rate λ; prey B fill an empty neighbor at rate σ. Well
mixed: da/dt = a(λb - μ), db/dt = σb(1 - a - b) - λab. Predators live for λ > μ at b = μ/λ, a = σ(1 - μ/λ)/(λ + σ), approached
through damped oscillations where (4λ/σ)(λ/μ - 1) > 1. Without limited room the cycles are neutral: frequency √(σμ) and the
invariant λ(a + b) - σ ln a - μ ln b (textbook; derived again here).
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..engines.lattice_rules import LatticeModel, parse_lattice_model
from .rate_equations import solve_rates

RULES = """
species A, B                 # predators, prey
predation = 1.0
mortality = 0.5
birth = 1.0
exchange_rate = 1.0
exchange @ exchange_rate     # every site, empty ones too
B -> B + B @ birth
A + B -> A + A @ predation
A -> 0 @ mortality
"""


@dataclass(frozen=True, slots=True)
class PredatorPrey:
    """Rates λ (`predation`), μ (`mortality`), σ (`birth`) and D (`exchange`, of every site with a random neighbor).

    Raises ValueError unless predation, mortality and birth are positive and exchange not negative.
    """

    predation: float
    mortality: float = 0.5
    birth: float = 1.0
    exchange: float = 1.0

    def __post_init__(self) -> None:
        for name in ("predation", "mortality", "birth"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive; got {value!r}")
        if not (math.isfinite(self.exchange) and self.exchange >= 0):
            raise ValueError(f"exchange must not be negative; got {self.exchange!r}")

    @property
    def lattice(self) -> LatticeModel:
        """The model on a lattice: species A (predators) and B (prey)."""
        return parse_lattice_model(
            RULES,
            {
                "predation": self.predation,
                "mortality": self.mortality,
                "birth": self.birth,
                "exchange_rate": self.exchange,
            },
        )


def predator_prey_rates(system: PredatorPrey, densities: Float[np.ndarray, " two"]) -> Float[np.ndarray, " two"]:
    """Time derivatives of (a, b), well mixed."""
    a, b = densities
    eaten = system.predation * a * b
    return np.array([eaten - system.mortality * a, system.birth * b * (1 - a - b) - eaten])


def coexistence(system: PredatorPrey) -> tuple[float, float]:
    """The stable fixed point (a, b): coexistence for λ > μ, else (0, 1)."""
    ratio = system.mortality / system.predation
    if ratio >= 1:
        return 0.0, 1.0
    return system.birth * (1 - ratio) / (system.predation + system.birth), ratio


def predator_prey_eigenvalues(system: PredatorPrey) -> tuple[complex, complex]:
    """Eigenvalues at `coexistence`, in closed form; a positive imaginary part comes first."""
    if system.predation <= system.mortality:
        return complex(system.predation - system.mortality), complex(-system.birth)
    half = system.birth * system.mortality / (2 * system.predation)
    root = cmath.sqrt(1 - 4 * system.predation / system.birth * (system.predation / system.mortality - 1))
    return half * (root - 1), -half * (root + 1)


def oscillation_frequency(system: PredatorPrey) -> float:
    """Angular frequency of the damped oscillations about coexistence, 0 where there are none."""
    return abs(predator_prey_eigenvalues(system)[0].imag)


def neutral_frequency(system: PredatorPrey) -> float:
    """√(σμ), the frequency of small cycles where room is not limited."""
    return math.sqrt(system.birth * system.mortality)


def solve_predator_prey(
    system: PredatorPrey, times: ArrayLike, start: tuple[float, float]
) -> Float[np.ndarray, "times two"]:
    """(a, b) at `times` (K,) from the densities `start` at time zero, by the rate equations. Raises ValueError."""
    return solve_rates(lambda densities: predator_prey_rates(system, densities), times, start)
