"""Finitely many players of a mean-field game: how far N agents stray from the limit, and what one of them gains by deviating.

Agents in one state are exchangeable, so that their numbers are drawn instead of the agents: actions and moves are multinomial,
which has the same law as N simulated agents, at a cost that does not grow with N.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from .mean_field_game import (
    MeanFieldGame,
    Numbers,
    Program,
    best_response,
    check_game,
    checked_policy,
    flow_of,
    program_of,
)

Flow = Float[np.ndarray, "steps states actions"]


@dataclass(frozen=True, eq=False)
class FinitePlayers:
    """Runs of N agents who all follow one policy.

    `shares` (steps, states) are means over runs with `shares_stderr`; `deviation` is half the distance Σ|share − limit| averaged
    over time; `earned` is the mean return of an agent and `gain` what one agent gets more who plays the limit's best response.
    """

    agents: int
    shares: Float[np.ndarray, "steps states"]
    shares_stderr: Float[np.ndarray, "steps states"]
    deviation: Measured
    earned: Measured
    gain: Measured


def simulate_players(
    game: MeanFieldGame, policy: ArrayLike, agents: int, *, runs: int = 100, seed: int
) -> FinitePlayers:
    """N agents simulated over the horizon of a game that is not cyclic, `runs` times.

    The deviator's return is its expectation along each run, whose course one agent does not change: an error of order 1/N.
    Raises ValueError for a cyclic game, fewer than 2 agents or runs, and malformed games or policies.
    """
    for name, count in (("agents", agents), ("runs", runs)):
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 2:
            raise ValueError(f"{name} must be an integer of at least 2; got {count!r}")
    if game.cyclic:
        raise ValueError("game must end: finitely many players are simulated over a horizon, not over a cycle")
    check_game(game)
    followed = checked_policy(game, policy)
    generator = np.random.default_rng(seed)
    with jax.enable_x64(True):
        program, numbers = program_of(game)
        limit = np.asarray(_flow(program, numbers, jnp.asarray(followed)))
        deviator, _ = best_response(game, limit)
        paths = _paths(game, program, numbers, followed, agents, runs, generator)
        pairs = np.asarray(_returns(program, numbers, jnp.asarray(paths), jnp.asarray(np.stack((followed, deviator)))))
    shares = paths.sum(axis=3)
    distance = 0.5 * np.abs(shares - limit.sum(axis=2)).sum(axis=2).mean(axis=1)
    stderr = shares.std(axis=0, ddof=1) / np.sqrt(runs)
    gain = mean_estimate(pairs[:, 1] - pairs[:, 0])
    return FinitePlayers(
        int(agents), shares.mean(axis=0), stderr, mean_estimate(distance), mean_estimate(pairs[:, 0]), gain
    )


def _paths(
    game: MeanFieldGame,
    program: Program,
    numbers: Numbers,
    policy: Flow,
    agents: int,
    runs: int,
    generator: np.random.Generator,
) -> Float[np.ndarray, "runs steps states actions"]:
    """Shares of all agents in each state and action, all runs side by side."""
    counts = generator.multinomial(agents, game.initial, size=runs)
    paths = np.empty((runs, game.steps, game.states, game.actions))
    places = np.tile(np.arange(game.states), (game.states, game.actions, 1))
    places = places if game.successors is None else game.successors
    for time in range(game.steps):
        acting = generator.multinomial(counts, policy[time])
        paths[:, time] = acting / agents
        rows = np.maximum(np.asarray(_moves(program, numbers, time, paths[:, time]), dtype=float), 0.0)
        moved = generator.multinomial(acting, rows / rows.sum(axis=-1, keepdims=True))
        counts = np.zeros((runs, game.states), np.int64)
        into: Any = (slice(None), places)
        np.add.at(counts, into, moved)
    return paths


_flow = partial(jax.jit, static_argnums=0)(flow_of)


@partial(jax.jit, static_argnums=0)
def _moves(program: Program, numbers: Numbers, time: Any, flows: Any) -> Any:
    return jax.vmap(lambda flow: jnp.asarray(program.transition(time, flow, numbers.parameters)))(flows)


@partial(jax.jit, static_argnums=0)
def _returns(program: Program, numbers: Numbers, paths: Any, policies: Any) -> Any:
    """Expected return (runs, policies) of one agent along each path: an own forward pass over what the agent does and earns."""

    def one(path: Any, policy: Any) -> Any:
        def step(carry: Any, inputs: Any) -> tuple[Any, None]:
            where, weight, earned = carry
            time, flow, chosen = inputs
            acting = where[:, None] * chosen
            earned = earned + weight * (acting * program.reward(time, flow, numbers.parameters)).sum()
            moves = program.transition(time, flow, numbers.parameters)
            if numbers.successors is None:
                moved = jnp.einsum("sa,saz->z", acting, moves)
            else:
                carried = (acting[:, :, None] * moves).reshape(-1)
                moved = jnp.zeros_like(where).at[numbers.successors.reshape(-1)].add(carried)
            return (moved, weight * numbers.discount, earned), None

        begin = (numbers.initial, jnp.asarray(1.0), jnp.asarray(0.0))
        return jax.lax.scan(step, begin, (jnp.arange(program.steps), path, policy))[0][2]

    return jax.vmap(lambda path: jax.vmap(lambda policy: one(path, policy))(policies))(paths)
