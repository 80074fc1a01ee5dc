"""Magnetizations of one given network, by the equations of Thouless, Anderson and Palmer from Plefka's expansion.

M_i = tanh(b·h_i[M] - reaction·M_i), b = 1/T, with the fields of `power_sums` at magnetizations in place of spins. First order has
no reaction; second order has b²(α/2)·P(P-1)·Q^(P-2)·(1-Q), Q = ΣM²/N, what a spin's own influence returns to it.
For P = 2 the whole series is summed, b·α·b(1-Q)/(1 - b(1-Q)). The reaction is taken one step earlier than the field (Bolthausen,
Commun. Math. Phys. 325, 333 (2014)); without that the iteration need not converge. Sources: Plefka, J. Phys. A 15, 1971 (1982);
Mézard, Parisi, Virasoro 1987 for P = 2; this form for real prototypes derived here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..errors import NotConverged
from .dense_network import load_of
from .power_sums import PrototypeMemory, prototype_fields

Expansion = Literal["first", "second"]
DAMPING = 0.5
TOLERANCE = 1e-8  # of the largest change of a magnetization
MOST_STEPS = 2000
START = 0.99


@dataclass(frozen=True, eq=False)
class Magnetizations:
    """A solution: `values` (N,), `overlap` m with the archetype, `self_overlap` Q, and the last `change` of a magnetization."""

    values: Float[np.ndarray, " spins"]
    overlap: float
    self_overlap: float
    iterations: int
    change: float
    converged: bool


def plefka_magnetizations(
    memory: PrototypeMemory,
    archetype: ArrayLike,
    temperature: float,
    *,
    expansion: Expansion = "second",
    throw: bool = True,
) -> Magnetizations:
    """Iterate from 0.99 times the archetype (N,), half of each step kept back, to a largest change below 1e-8.

    Raises ValueError for a temperature that is not positive, repeated indices, or an unknown expansion, and NotConverged unless
    `throw` is false.
    """
    if not (math.isfinite(temperature) and temperature > 0.0):
        raise ValueError(f"temperature must be a positive number; got {temperature!r}")
    if expansion not in ("first", "second"):
        raise ValueError(f"expansion must be first or second; got {expansion!r}")
    if memory.coupling != "distinct":
        raise ValueError("coupling must be distinct: repeated indices have another reaction")
    signs = np.asarray(archetype, dtype=np.float64)
    if signs.shape != (memory.size,) or not (np.abs(signs) == 1.0).all():
        raise ValueError(f"archetype must be {memory.size} signs 1 or -1; got shape {signs.shape}")
    beta, load = 1.0 / temperature, load_of(memory.interaction_order, memory.size, memory.classes)
    before = values = START * signs
    change, steps = math.inf, 0
    while change > TOLERANCE and steps < MOST_STEPS:
        inside = beta * prototype_fields(memory, values)
        if expansion == "second":
            inside -= reaction(memory.interaction_order, load, beta, float(np.mean(before**2))) * before
        moved = (1.0 - DAMPING) * values + DAMPING * np.tanh(inside)
        before, values = values, moved
        change, steps = float(np.abs(values - before).max()), steps + 1
    converged = change <= TOLERANCE
    if throw and not converged:
        raise NotConverged(
            f"magnetizations still change by {change:.1e} after {steps:,} steps at temperature {temperature:g}; raise temperature"
        )
    return Magnetizations(
        values, float(values @ signs / memory.size), float(np.mean(values**2)), steps, change, converged
    )


def reaction(order: int, load: float, beta: float, self_overlap: float) -> float:
    """What multiplies a spin's own magnetization in the equations; for P = 2 infinite where β(1 - Q) reaches one."""
    if order == 2:
        response = beta * (1.0 - self_overlap)
        return load * beta * response / (1.0 - response) if response < 1.0 else math.inf
    return 0.5 * beta**2 * load * order * (order - 1) * self_overlap ** (order - 2) * (1.0 - self_overlap)
