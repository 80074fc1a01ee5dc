"""Lattices updated in parallel on an accelerator: directed percolation as it is, random sequential models on sublattices.

Bond percolation is synchronous, so that all sites may be drawn at once (a site with k active parents of four, with
probability 1 - (1 - p)^k, exact to 2**-32). A model with rules is updated pair by pair: each step takes one of the 2d ways to
cut the lattice into pairs of neighbors, and every pair makes an attempt with probability `share`, with a random one of the
two as the focal site. A step stands for share / (2 attempt rate) of time. Attempts of one step don't see each other, which
random sequential updates would: the error vanishes with `share`, and the tests compare it with the sequential engine. Extents
must be even.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .lattice import lattice_shape, random_states, time_grid
from .lattice_rules import LatticeModel

SHARE = 0.125


def parallel_percolation(
    probability: float, shape: Sequence[int], times: ArrayLike, *, seed: int
) -> NDArray[np.float64]:
    """Share of active sites (K,) of one lattice of two dimensions at whole steps `times`, from full activity. Raises ValueError."""
    extents, steps = lattice_shape(shape), time_grid(times)
    if len(extents) != 2:
        raise ValueError(f"shape must have two extents; got {len(extents)}")
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must lie in [0, 1]; got {probability!r}")
    if (steps != np.round(steps)).any():
        raise ValueError("times must be whole steps")
    chances = [1 - (1 - probability) ** count for count in range(5)]
    limits = jnp.asarray(np.minimum(np.round(np.array(chances) * 2.0**32), 2.0**32 - 1).astype(np.uint32))
    active, key = jnp.ones(extents, jnp.uint8), jax.random.key(seed)
    density, now = np.zeros(len(steps)), 0
    for number, step in enumerate(steps.astype(int)):
        active = _percolate(active, key, jnp.int32(now), jnp.int32(step), limits)
        now = step
        density[number] = _share_of(active, 1)
    return density


def parallel_lattice(
    model: LatticeModel,
    shape: Sequence[int],
    times: ArrayLike,
    *,
    initial: Mapping[str, float],
    share: float = SHARE,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Densities (K, species) at `times`, rounded to whole steps, and the last states (*shape), of one lattice.

    `initial` maps species to densities, each site independently. Raises ValueError for odd extents among others.
    """
    extents, grid = lattice_shape(shape), time_grid(times)
    if any(extent % 2 for extent in extents):
        raise ValueError(f"extents must be even to be cut into pairs; got {extents}")
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1]; got {share!r}")
    densities = np.zeros(len(model.species))
    for name, value in initial.items():
        densities[model.state_of(name) - 1] = value
    if not ((densities >= 0).all() and densities.sum() <= 1 + 1e-12):
        raise ValueError(f"initial densities must be positive and sum to at most 1; got {densities.tolist()}")
    limits, focal, neighbor, chance = _scaled_table(model, share)
    generator = np.random.default_rng([seed, 0, 1])
    states = jnp.asarray(random_states(generator, int(np.prod(extents)), densities).reshape(extents))
    duration = share / (2 * model.table.attempt_rate)
    key, found, now = jax.random.key(seed), np.zeros((len(grid), len(model.species))), 0
    for number, time in enumerate(grid):
        until = round(time / duration)
        states = _advance(
            states, key, jnp.int32(now), jnp.int32(until), limits, focal, neighbor, chance, not model.table.certain
        )
        now = until
        found[number] = [_share_of(states, state) for state in range(1, model.states)]
    return found, np.asarray(states)


@partial(jax.jit, donate_argnums=0)
def _percolate(active: jax.Array, key: jax.Array, begin: jax.Array, end: jax.Array, limits: jax.Array) -> jax.Array:
    def step(number: jax.Array, active: jax.Array) -> jax.Array:
        pairs = active + jnp.roll(active, -1, axis=1)
        parents = pairs + jnp.roll(pairs, -1, axis=0)
        words = jax.random.bits(jax.random.fold_in(key, number), active.shape, jnp.uint32)
        return (words < limits[parents]).astype(jnp.uint8)

    return jax.lax.fori_loop(begin, end, step, active)


@partial(jax.jit, donate_argnums=0, static_argnums=8)
def _advance(
    states: jax.Array,
    key: jax.Array,
    begin: jax.Array,
    end: jax.Array,
    limits: jax.Array,
    focal: jax.Array,
    neighbor: jax.Array,
    chance: jax.Array,
    uncertain: bool,
) -> jax.Array:
    def pairs(axis: int, offset: int) -> Callable[..., jax.Array]:
        """One step on the pairs along an axis that begin at even (0) or odd (1) places."""

        def update(states: jax.Array, key: jax.Array) -> jax.Array:
            rows = jnp.moveaxis(jnp.roll(states, -offset, axis), axis, -1)
            cut = rows.reshape(*rows.shape[:-1], -1, 2)
            first, second = cut[..., 0], cut[..., 1]
            which, turn, sure = jax.random.split(key, 3)
            swapped = jax.random.bits(turn, first.shape, jnp.uint8) < 128
            acting, other = jnp.where(swapped, second, first), jnp.where(swapped, first, second)
            pick = jax.random.bits(which, first.shape, jnp.uint32)
            # Channels of each state lie side by side; the last stands for no attempt.
            channel = (pick[..., None] >= limits[acting]).sum(-1)
            after, after_other = focal[acting, channel, other], neighbor[acting, channel, other]
            if uncertain:
                refused = jax.random.uniform(sure, first.shape) >= chance[acting, channel, other]
                after, after_other = jnp.where(refused, acting, after), jnp.where(refused, other, after_other)
            first, second = jnp.where(swapped, after_other, after), jnp.where(swapped, after, after_other)
            rows = jnp.stack((first, second), -1).reshape(rows.shape)
            return jnp.roll(jnp.moveaxis(rows, -1, axis), offset, axis)

        return update

    ways = [pairs(axis, offset) for axis in range(states.ndim) for offset in (0, 1)]

    def step(number: jax.Array, states: jax.Array) -> jax.Array:
        choice, rest = jax.random.split(jax.random.fold_in(key, number))
        return jax.lax.switch(jax.random.randint(choice, (), 0, len(ways)), ways, states, rest)

    return jax.lax.fori_loop(begin, end, step, states)


def _scaled_table(model: LatticeModel, share: float) -> tuple[Any, Any, Any, Any]:
    """The model's table on the device; with limits scaled by `share`, the other attempts land on what changes nothing."""
    table = model.table
    limits = np.minimum(np.round(share * table.limits.astype(float)), 2.0**32 - 1).astype(np.uint32)
    arrays = limits, table.new_focal, table.new_neighbor, table.chance.astype(np.float32)
    return tuple(jnp.asarray(array) for array in arrays)  # type: ignore[return-value]


@jax.jit
def _count(states: jax.Array, state: jax.Array) -> jax.Array:
    # Rows are counted first: a float32 sum of all sites would lose some.
    return (states == state).sum(axis=-1, dtype=jnp.int32)


def _share_of(states: jax.Array, state: int) -> float:
    return float(np.asarray(_count(states, jnp.uint8(state)), np.int64).sum() / states.size)
