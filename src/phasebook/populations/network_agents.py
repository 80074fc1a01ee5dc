"""Agents of a contagion game on a graph, simulated one by one: states and returns by group.

All agents decide and move at once on the states of time t. An agent that may catch something asks one random neighbor (as many as
the power of the contagion): the chance to catch it is then infection · (contagious share)^power exactly, at a cost that does not
grow with the degree. A power that is no integer counts all neighbors. Chances are drawn to 2⁻³². Shares no code with the theory of
core and periphery.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numba import njit
from numpy.typing import ArrayLike, NDArray

from ..engines.graph import Graph
from ..engines.replicas import run_replicas
from ..numerics.xoshiro import random_word, streams, uniform
from .contagion_games import ContagionGame

MOST_AGENT_STEPS = 200_000_000_000
_KINDS = {"sis": 0, "sir": 1, "rumor": 2}


@dataclass(frozen=True, eq=False)
class AgentRuns:
    """Runs on one graph: numbers of agents (runs, groups, times 0 … steps, states), mean returns (runs, groups), group sizes."""

    counts: Int[np.ndarray, "runs groups times states"]
    earned: Float[np.ndarray, "runs groups"]
    sizes: Int[np.ndarray, " groups"]

    @property
    def shares(self) -> Float[np.ndarray, "runs times states"]:
        """Shares of states among all agents."""
        return self.counts.sum(axis=1) / self.sizes.sum()

    @property
    def group_shares(self) -> Float[np.ndarray, "runs groups times states"]:
        """Shares of states in each group; NaN in a group without agents."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.counts / self.sizes[:, None, None]


def degree_groups(graph: Graph, largest: int) -> Int[np.ndarray, " nodes"]:
    """Group of each agent: degree − 1 for degrees up to `largest`, and the group `largest` for all higher ones."""
    if isinstance(largest, bool) or not isinstance(largest, int) or largest < 0:
        raise ValueError(f"largest must be an integer of at least 0; got {largest!r}")
    if graph.nodes and graph.degrees.min() < 1:
        raise ValueError("graph must have no isolated nodes: an agent needs a neighbor")
    return np.minimum(graph.degrees - 1, largest).astype(np.int32)


def simulate_agents(
    game: ContagionGame,
    graph: Graph,
    policies: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    runs: int = 1,
    seed: int,
    threads: int | None = None,
) -> AgentRuns:
    """Every agent of a graph over the game's horizon, `runs` times from fresh starts, over threads.

    `policies` (groups, steps, states, 2) says what each group does, `groups` (nodes,) who belongs to which (one unless given).
    Raises ValueError for isolated nodes, groups without a policy, malformed policies and more than 2e11 agent-steps.
    """
    table = np.ascontiguousarray(policies, dtype=np.float64)
    states = len(game.state_names)
    if table.ndim != 4 or table.shape[1:] != (game.steps, states, 2):
        raise ValueError(f"policies must have shape (groups, {game.steps}, {states}, 2); got {table.shape}")
    if not np.isfinite(table).all() or table.min() < 0 or np.abs(table.sum(axis=3) - 1.0).max() > 1e-9:
        raise ValueError("policies must hold probabilities that sum to 1 over the actions")
    if graph.nodes < 1 or graph.degrees.min() < 1:
        raise ValueError("graph must have no isolated nodes: an agent needs a neighbor")
    member = np.zeros(graph.nodes, np.int32) if groups is None else np.asarray(groups).astype(np.int32)
    if member.shape != (graph.nodes,) or member.min() < 0 or member.max() >= len(table):
        raise ValueError(f"groups must be {graph.nodes} numbers from 0 to {len(table) - 1}, one for each node")
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
        raise ValueError(f"runs must be a positive integer; got {runs!r}")
    if runs * graph.nodes * game.steps > MOST_AGENT_STEPS:
        raise ValueError(
            f"runs·nodes·steps must be at most {MOST_AGENT_STEPS:.0e}; got {runs * graph.nodes * game.steps:.1e}"
        )
    counts = np.zeros((runs, len(table), game.steps + 1, states), np.int64)
    earned = np.zeros((runs, len(table)))
    words, cancel = streams(seed, runs), np.zeros(1, np.int64)
    second = np.ascontiguousarray(table[:, :, :, 1])

    def run(replica: int) -> None:
        _simulate(
            _KINDS[game.name],
            _numbers(game),
            graph.offsets,
            graph.neighbors,
            second,
            member,
            words[replica],
            counts[replica],
            earned[replica],
            cancel,
        )

    run_replicas(run, runs, threads, cancel)
    sizes = np.bincount(member, minlength=len(table))
    return AgentRuns(counts, earned / np.maximum(sizes, 1), sizes)


def _numbers(game: ContagionGame) -> NDArray[np.float64]:
    numbers = (game.infection, game.recovery, game.power, game.cost_infected, game.cost_protection, game.benefit)
    return np.array([*numbers, game.cost_spreading, game.initial_share])


@njit(cache=True, nogil=True)
def _simulate(  # type: ignore[no-untyped-def]
    kind, numbers, offsets, neighbors, second, member, words, counts, earned, cancel
):
    infection, recovery, power = numbers[0], numbers[1], numbers[2]
    nodes, steps, groups, states = offsets.size - 1, second.shape[1], second.shape[0], second.shape[2]
    whole = power == math.floor(power)
    state, after = np.empty(nodes, np.uint8), np.empty(nodes, np.uint8)
    spreads = np.empty(nodes if kind == 2 else 0, np.uint8)
    here = np.zeros((groups, states), np.int64)
    chances = np.zeros(groups * states, np.uint64)
    for i in range(nodes):
        state[i] = uniform(words) < numbers[7]
        here[member[i], state[i]] += 1
    counts[:, 0, :] = here
    word = np.uint64(0)
    for time in range(steps):
        if cancel[0]:
            return
        for group in range(groups):
            # One draw decides whether anything can happen: exposed and caught if the contact has it, or recovering.
            free = 1.0 if kind == 2 else 1.0 - second[group, time, 0]
            chances[states * group] = np.uint64(free * infection * 4294967296.0)
            chances[states * group + 1] = np.uint64(0 if kind == 2 else recovery * 4294967296.0)
            if kind != 2:
                # Expected costs of all actions: exact, and no draw is spent on those that change nothing.
                earned[group] -= numbers[3] * here[group, 1]
                for x in range(states):
                    earned[group] -= numbers[4] * second[group, time, x] * here[group, x]
        if kind == 2:
            for i in range(nodes):
                spreads[i] = state[i] == 1 and uniform(words) < second[member[i], time, 1]
            _earn_rumor(numbers, offsets, neighbors, second, member, state, time, words, earned)
        contagious = spreads if kind == 2 else state
        for i in range(nodes):
            if i & 1:
                word >>= np.uint64(32)
            else:
                word = random_word(words)
            own = state[i]
            after[i] = own
            # Unsigned places: the compiler then leaves out what negative ones would mean.
            if (word & np.uint64(4294967295)) >= chances[np.uint64(states * member[i] + own)]:
                continue
            if own == 1:
                after[i] = 2 if kind == 1 else 0
            elif not _meets(contagious, offsets[i], offsets[i + 1], neighbors, power, whole, words):
                continue
            else:
                after[i] = 1
            here[member[i], own] -= 1
            here[member[i], after[i]] += 1
        state, after = after, state
        counts[:, time + 1, :] = here


@njit(cache=True, nogil=True)
def _meets(contagious, begin, end, neighbors, power, whole, words):  # type: ignore[no-untyped-def]
    """True with the probability y^power of the contagious share y: so many random neighbors are all contagious."""
    if whole:
        met = True
        for _ in range(int(power)):
            met = met and contagious[neighbors[begin + _below(end - begin, words)]] == 1
        return met
    carried = 0
    for e in range(begin, end):
        carried += contagious[neighbors[e]] == 1
    return uniform(words) < (carried / (end - begin)) ** power


@njit(cache=True, nogil=True)
def _earn_rumor(  # type: ignore[no-untyped-def]
    numbers, offsets, neighbors, second, member, state, time, words, earned
):
    """Expected reward of spreading, by the state of one random neighbor, whose mean is the neighborhood's unaware share."""
    for i in range(state.size):
        if state[i] == 1:
            other = neighbors[offsets[i] + _below(offsets[i + 1] - offsets[i], words)]
            reward = numbers[5] if state[other] == 0 else -numbers[6]
            earned[member[i]] += second[member[i], time, 1] * reward


@njit(cache=True, nogil=True)
def _below(count: int, words: NDArray[np.uint64]) -> int:
    """A random number from 0 to count − 1 by the high half of a product; its bias is below count/2³²."""
    return int(((random_word(words) >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))
