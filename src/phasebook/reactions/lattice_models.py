"""Lattice models of chemical and population kinetics as rules, by name, and the mean-field rates of any such model.

Mean field takes every neighbor as a random site of the same densities: it is read off the rules one by one, and shares nothing with
the compiled tables that simulate them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..engines.lattice_rules import EMPTY, LatticeModel, lattice_text, parse_lattice_model
from . import cyclic_competition, predator_prey
from .rate_equations import solve_rates

LARGEST_FILE = 100_000
# Critical birth rates (total, death at rate 1): Jensen and Dickman, J. Stat. Phys. 71, 89 (1993); Dickman 1999.
CONTACT_THRESHOLDS = {1: 3.29785, 2: 1.6488}

LATTICE_RULES: Mapping[str, str] = {
    "annihilation": """
hop_rate = 1.0
reaction_probability = 1.0
hop A @ hop_rate
A + A -> 0 @ contact reaction_probability
""",
    "coagulation": """
hop_rate = 1.0
reaction_probability = 1.0
hop A @ hop_rate
A + A -> A @ contact reaction_probability
""",
    "two-species": """
hop_rate = 1.0
reaction_probability = 1.0
hop A, B @ hop_rate
A + B -> 0 @ contact reaction_probability
""",
    "contact-process": """
birth = 3.29785
A -> A + A @ birth
A -> 0 @ 1
""",
    "branching-annihilation": """
birth = 1.0
death = 0.2
competition = 0.2
hop_rate = 1.0
hop A @ hop_rate
A -> A + A @ birth
A -> 0 @ death
A + A -> A @ competition
""",
    "predator-prey": predator_prey.RULES,
    "cyclic": cyclic_competition.RULES,
    "rock-paper-scissors": """
selection = 1.0
exchange_rate = 1.0
exchange @ exchange_rate
A + B -> A + A @ selection
B + C -> B + B @ selection
C + A -> C + C @ selection
""",
}


def lattice_model(name: str, **parameters: float) -> LatticeModel:
    """A model of `LATTICE_RULES` with its rates set by name, as in `lattice_model("annihilation", hop_rate=2.0)`.

    Raises ValueError for an unknown name or parameter, NoDynamics where all rates are zero.
    """
    if name not in LATTICE_RULES:
        raise ValueError(f"name must be one of {', '.join(LATTICE_RULES)}; got {name!r}")
    return parse_lattice_model(LATTICE_RULES[name], parameters)


def read_lattice_model(path: str | Path) -> LatticeModel:
    """A model from a text file of rules (see `engines.lattice_rules`). Raises ValueError, OSError."""
    path = Path(path)
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"a file of rules has at most {LARGEST_FILE} bytes; {path.name} has {path.stat().st_size}")
    return parse_lattice_model(path.read_text(encoding="utf-8"))


def write_lattice_model(model: LatticeModel, path: str | Path) -> None:
    """Write a model as text that `read_lattice_model` reads back."""
    Path(path).write_text(lattice_text(model), encoding="utf-8")


def mean_field_rates(model: LatticeModel, densities: Float[np.ndarray, " species"]) -> Float[np.ndarray, " species"]:
    """Time derivatives of the densities if neighbors were independent. Moves and exchanges change nothing on average."""
    share = np.concatenate(([1 - densities.sum()], densities))
    change = np.zeros(model.states)
    for rule in model.rules:
        flow = rule.rate * share[rule.focal]
        if rule.neighbor is not None and rule.new_neighbor is not None:
            flow *= share[rule.neighbor]
            change[rule.neighbor] -= flow
            change[rule.new_neighbor] += flow
        change[rule.focal] -= flow
        change[rule.new_focal] += flow
    for contact in model.contacts:
        attempts = model.hops[contact.first - 1]
        if contact.first != contact.second:
            attempts += model.hops[contact.second - 1]
        flow = attempts * contact.probability * share[contact.first] * share[contact.second]
        change[contact.first] -= flow
        change[contact.second] -= flow
        for product in contact.products or ():
            change[product] += flow
        change[EMPTY] += flow * (2 - len(contact.products))
    return change[1:]


def solve_mean_field(
    model: LatticeModel, times: ArrayLike, start: Float[np.ndarray, " species"]
) -> Float[np.ndarray, "times species"]:
    """Densities (K, species) at `times` by the mean-field rates from `start` at time zero. Raises ValueError."""
    return solve_rates(lambda densities: mean_field_rates(model, densities), times, start)
