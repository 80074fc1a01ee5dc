"""The same Monte Carlo as a JAX program: many networks side by side on one accelerator, spin after spin in each.

Networks advance in step, which keeps the heat bath exact; a spin's field is one pass over its row of patterns, in float32 (relative
error near 1e-6, against field differences of order one). On a CPU `dense_hebbian` is the faster one.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from .dense_hebbian import PatternsTooLarge, Replicas
from .dense_network import DenseNetwork
from .krawtchouk import energy_table, field_table

MEMORY_LIMIT = 48 * 2**30


def simulate_on_device(
    network: DenseNetwork,
    size: int,
    temperatures: ArrayLike,
    replicas: int,
    *,
    seed: int,
    memory_limit: int = MEMORY_LIMIT,
) -> Replicas:
    """Heat-bath sweeps, one at each of `temperatures` (sweeps,), of independent networks that start in their first pattern.

    Raises ValueError for wrong arguments, and PatternsTooLarge, a MemoryError, where the patterns of all replicas exceed
    `memory_limit` bytes. The same seed gives other numbers than `dense_hebbian.simulate_replicas`.
    """
    schedule = np.atleast_1d(np.asarray(temperatures, dtype=float))
    if schedule.ndim != 1 or schedule.size == 0 or not (schedule >= 0).all():
        raise ValueError("temperatures must be numbers of at least 0, one for each sweep")
    if isinstance(replicas, bool) or not isinstance(replicas, int | np.integer) or replicas < 1:
        raise ValueError(f"replicas must be an integer of at least 1; got {replicas!r}")
    order, count = network.interaction_order, network.patterns(size)
    needed = replicas * count * (size + 8)
    if needed > memory_limit:
        raise PatternsTooLarge(
            f"{replicas} times {count:,} patterns of {size:,} spins need {needed / 2**30:.2f} GB; memory_limit is "
            f"{memory_limit / 2**30:.2f} GB (lower size, load or replicas)"
        )
    fields = field_table(order, size)
    without_agreeing, without_other = np.append(0.0, fields), np.append(fields, 0.0)
    tables = np.stack(
        [0.5 * (without_agreeing - without_other), 0.5 * (without_agreeing + without_other), energy_table(order, size)]
    ).astype(np.float32)
    with np.errstate(divide="ignore"):
        betas = (1.0 / schedule).astype(np.float32)
    keys = jax.random.split(jax.random.key(seed), replicas)
    overlaps, energies, acceptance = _run(keys, jnp.asarray(tables), jnp.asarray(betas), size, count)
    return Replicas(*(np.asarray(each, dtype=np.float64) for each in (overlaps, energies, acceptance)))


@partial(jax.jit, static_argnames=("size", "count"))
def _run(keys: Array, tables: Array, betas: Array, size: int, count: int) -> tuple[Array, Array, Array]:
    return jax.vmap(lambda key: _one_network(key, tables, betas, size, count))(keys)


def _one_network(
    key: Array, tables: Float[Array, "3 sums"], betas: Float[Array, " sweeps"], size: int, count: int
) -> tuple[Array, Array, Array]:
    pattern_key, spin_key = jax.random.split(key)
    own_table, pull_table, energies = tables
    bits = jax.random.bits(pattern_key, (size, count), jnp.uint8)
    patterns = jnp.where(bits < 128, jnp.int8(-1), jnp.int8(1))
    spins = patterns[:, 0]
    positions = (patterns == spins[:, None]).sum(axis=0, dtype=jnp.int32)

    def turn(site: Array, carry: tuple[Array, ...], beta: Array, draws: Array) -> tuple[Array, ...]:
        spins, positions, turned = carry
        row, value = patterns[site], spins[site].astype(jnp.float32)
        field = value * own_table[positions].sum() + (row * pull_table[positions]).sum()
        warm = draws[site] * (1.0 + jnp.exp(-2.0 * beta * field)) < 1.0
        up = jnp.where(jnp.isinf(beta), (field > 0.0) | ((field == 0.0) & (value > 0.0)), warm)
        changes = up != (value > 0.0)
        step = jnp.where(changes, spins[site], jnp.int8(0)).astype(jnp.int32)
        return (
            spins.at[site].set(jnp.where(changes, -spins[site], spins[site])),
            positions - step * row,
            turned + changes,
        )

    def sweep(carry: tuple[Array, Array], inputs: tuple[Array, Array]) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
        beta, sweep_key = inputs
        draws = jax.random.uniform(sweep_key, (size,))
        spins, positions, turned = jax.lax.fori_loop(
            0, size, lambda site, inner: turn(site, inner, beta, draws), (*carry, jnp.int32(0))
        )
        seen = (2.0 * positions[0] / size - 1.0, energies[positions].sum(), turned / size)
        return (spins, positions), seen

    _, (overlaps, costs, turned) = jax.lax.scan(
        sweep, (spins, positions), (betas, jax.random.split(spin_key, betas.size))
    )
    return overlaps, costs, turned
