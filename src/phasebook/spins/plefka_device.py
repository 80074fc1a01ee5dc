"""The iteration of `plefka` as a JAX program: all spins at once, as products of matrices, in float32 on an accelerator.

Powers of the prototypes ψ^k stand in memory, (P - 1) arrays of N·K numbers; a step is one product with each in both directions.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from ..errors import NotConverged
from .dense_hebbian import PatternsTooLarge
from .dense_network import load_of
from .plefka import DAMPING, START, Expansion, Magnetizations
from .power_sums import PrototypeMemory

MEMORY_LIMIT = 48 * 2**30
TOLERANCE = 1e-5  # of the largest change of a magnetization, in float32
MOST_STEPS = 500


def device_fields(memory: PrototypeMemory, values: ArrayLike) -> Float[np.ndarray, " spins"]:
    """Fields of `power_sums.prototype_fields` by matrix products in float64, for a state (N,)."""
    with jax.enable_x64(True):
        powers = _powers(jnp.asarray(memory.prototypes), memory.interaction_order)
        scale = _scale(memory)
        return np.asarray(scale * _pulls(powers, jnp.asarray(values, dtype=jnp.float64)), dtype=np.float64)


def magnetizations_on_device(
    memory: PrototypeMemory,
    archetype: ArrayLike,
    temperature: float,
    *,
    expansion: Expansion = "second",
    memory_limit: int = MEMORY_LIMIT,
    throw: bool = True,
) -> Magnetizations:
    """`plefka.plefka_magnetizations` in float32, to a largest change below 1e-5.

    Raises ValueError as it does, PatternsTooLarge, a MemoryError, beyond `memory_limit` bytes, and NotConverged unless `throw` is
    false.
    """
    if not (math.isfinite(temperature) and temperature > 0.0):
        raise ValueError(f"temperature must be a positive number; got {temperature!r}")
    if expansion not in ("first", "second") or memory.coupling != "distinct":
        raise ValueError(
            f"expansion must be first or second and coupling distinct; got {expansion!r}, {memory.coupling!r}"
        )
    needed = 4 * memory.interaction_order * memory.size * memory.classes
    if needed > memory_limit:
        raise PatternsTooLarge(
            f"powers of {memory.classes:,} prototypes of {memory.size:,} spins need {needed / 2**30:.2f} GB; memory_limit is "
            f"{memory_limit / 2**30:.2f} GB (lower size or load)"
        )
    order = memory.interaction_order
    signs = jnp.asarray(archetype, dtype=jnp.float32)
    psi = jnp.asarray(memory.entries).astype(jnp.float32) * jnp.float32(memory.scale)
    load = load_of(order, memory.size, memory.classes)
    values, steps, change = _settle(
        psi,
        signs,
        jnp.float32(_scale(memory)),
        jnp.float32(1.0 / temperature),
        jnp.float32(load if expansion == "second" else 0.0),
        order,
    )
    converged = bool(change <= TOLERANCE)
    if throw and not converged:
        raise NotConverged(
            f"magnetizations still change by {float(change):.1e} after {MOST_STEPS} steps; raise temperature"
        )
    found = np.asarray(values, dtype=np.float64)
    overlap = float(found @ np.asarray(archetype, dtype=np.float64) / memory.size)
    return Magnetizations(found, overlap, float(np.mean(found**2)), int(steps), float(change), converged)


def _scale(memory: PrototypeMemory) -> float:
    """The prefactor of sums over prototypes themselves."""
    return 0.5 * math.factorial(memory.interaction_order) / float(memory.size) ** (memory.interaction_order - 1)


def _powers(psi: Array, order: int) -> list[Array]:
    return [psi**degree for degree in range(1, order + 1)]


def _pulls(powers: list[Array], values: Array) -> Array:
    """Σ over classes of ψ·e_(P-1) without the spin: power sums, Newton's identities, and the sum over removed spins."""
    order = len(powers)
    sums = [(values**degree) @ powers[degree - 1] for degree in range(1, order)]
    symmetric = [jnp.ones_like(sums[0])]
    for degree in range(1, order):
        terms = [(-1.0) ** (step - 1) * symmetric[degree - step] * sums[step - 1] for step in range(1, degree + 1)]
        symmetric.append(jnp.stack(terms).sum(axis=0) / degree)
    removed = [(-values) ** step * (powers[step] @ symmetric[order - 1 - step]) for step in range(order)]
    return jnp.stack(removed).sum(axis=0)


@partial(jax.jit, static_argnames="order")
def _settle(psi: Array, signs: Array, scale: Array, beta: Array, load: Array, order: int) -> tuple[Array, Array, Array]:
    powers = _powers(psi, order)

    def step(carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        before, values, count, _ = carry
        overlap = jnp.mean(before**2)
        if order == 2:
            response = beta * (1.0 - overlap)
            reaction = load * beta * response / (1.0 - response)
        else:
            reaction = 0.5 * beta**2 * load * order * (order - 1) * overlap ** (order - 2) * (1.0 - overlap)
        moved = (1.0 - DAMPING) * values + DAMPING * jnp.tanh(beta * scale * _pulls(powers, values) - reaction * before)
        return values, moved, count + 1, jnp.abs(moved - values).max()

    def unfinished(carry: tuple[Array, Array, Array, Array]) -> Array:
        return (carry[3] > TOLERANCE) & (carry[2] < MOST_STEPS)

    begin = START * signs
    _, values, count, change = jax.lax.while_loop(unfinished, step, (begin, begin, jnp.int32(0), jnp.float32(jnp.inf)))
    return values, count, change
