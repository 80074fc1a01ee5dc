"""Agents of a contagion game on a graph as a JAX program: every neighborhood is counted in full by segment sums, on an accelerator.

The same dynamics as `network_agents`, by another algorithm and other random numbers: either checks the other.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..engines.graph import Graph
from .contagion_games import ContagionGame


def simulate_agents_on_device(
    game: ContagionGame, graph: Graph, policies: ArrayLike, groups: ArrayLike, *, runs: int = 1, seed: int
) -> np.ndarray:
    """Numbers of agents (runs, groups, times 0 … steps, states), arguments as `simulate_agents`; single precision."""
    table = np.asarray(policies, dtype=np.float32)
    nodes, ends = _round_up(graph.nodes + 1), _round_up(graph.neighbors.size)
    # Graphs of about one size share a program: padding nodes stand in a group of their own that is left out below.
    idle = np.full((1, *table.shape[1:]), 0.5, np.float32)
    member = np.full(nodes, len(table), np.int32)
    member[: graph.nodes] = groups
    degrees = np.ones(nodes, np.int32)
    degrees[: graph.nodes] = graph.degrees
    owner, neighbors = np.full(ends, nodes - 1, np.int32), np.full(ends, nodes - 1, np.int32)
    owner[: graph.neighbors.size] = np.repeat(np.arange(graph.nodes, dtype=np.int32), graph.degrees)
    neighbors[: graph.neighbors.size] = graph.neighbors
    numbers = jnp.array([game.infection, game.recovery, game.power, game.initial_share], dtype=jnp.float32)
    arrays = [jnp.asarray(each) for each in (np.concatenate((table, idle)), member, degrees, owner, neighbors)]
    keys = jax.random.split(jax.random.key(seed), runs)
    found = [np.asarray(_run(game.name, key, numbers, *arrays))[:-1] for key in keys]
    return np.asarray(found, dtype=np.int64)


def _round_up(count: int) -> int:
    """The next number on a grid of four to the octave."""
    return math.ceil(2.0 ** (math.ceil(4.0 * math.log2(count)) / 4.0))


@partial(jax.jit, static_argnums=0)
def _run(name: str, key: Any, numbers: Any, table: Any, member: Any, degrees: Any, owner: Any, neighbors: Any) -> Any:
    infection, recovery, power, start = numbers
    groups, _, states, _ = table.shape
    nodes = member.shape[0]

    def counted(state: Any) -> Any:
        codes = member * states + state
        return jnp.bincount(codes, length=groups * states).reshape(groups, states)

    def one_step(carry: Any, inputs: Any) -> tuple[Any, Any]:
        state, key = carry
        policy = inputs
        key, first, second, third = jax.random.split(key, 4)
        acts = jax.random.uniform(first, (nodes,)) < policy[member, state, 1]
        carries = (state == 1) & (acts if name == "rumor" else True)
        exposed = jax.ops.segment_sum(
            carries[neighbors].astype(jnp.float32), owner, num_segments=nodes, indices_are_sorted=True
        )
        chance = infection * (exposed / degrees) ** power
        if name != "rumor":
            chance = jnp.where(acts, 0.0, chance)
        caught = jax.random.uniform(second, (nodes,)) < chance
        if name == "rumor":
            moved = jnp.where((state == 0) & caught, 1, state)
        else:
            leaves = jax.random.uniform(third, (nodes,)) < recovery
            after = 2 if name == "sir" else 0
            moved = jnp.where(state == 0, caught.astype(jnp.int32), state)
            moved = jnp.where((state == 1) & leaves, after, moved)
        return (moved, key), counted(moved)

    key, begin = jax.random.split(key)
    state = (jax.random.uniform(begin, (nodes,)) < start).astype(jnp.int32)
    _, counts = jax.lax.scan(one_step, (state, key), jnp.moveaxis(table, 1, 0))
    return jnp.moveaxis(jnp.concatenate((counted(state)[None], counts)), 0, 1)
