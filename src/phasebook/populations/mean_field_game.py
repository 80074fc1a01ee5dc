"""Mean-field games of finitely many states and actions: population flow, values, best response, exploitability.

A game is a frozen record of two functions written in JAX, the transition and the reward; both see the joint distribution of states
and actions. Time is discrete: decisions at t = 0 … steps − 1 (nothing is earned after the last), or a cycle of that many steps,
repeated forever with a discount; one step is a stationary game. Everything is computed in float64 and compiled once for each pair
of functions; games that differ in numbers alone share the program, and `jax.vmap` runs over them. Textbook definitions, as in
Laurière et al., Learning in mean field games: a survey (arXiv 2205.12944).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

Law = Callable[[Any, Any, Any], Any]
Choice = Literal["policy", "best", "entropy"]

SMALL_TRANSITION = 4096  # entries up to which all times' transitions are evaluated at once, before the backward pass
MOST_CYCLES = 20_000
CYCLE_TOLERANCE = 1e-13


@dataclass(frozen=True, eq=False)
class MeanFieldGame:
    """A game: `transition(time, flow, parameters)` gives P (states, actions, states), `reward(…)` gives r (states, actions).

    `flow` (states, actions) is the share of the population in each state that takes each action at that time. `parameters` is any
    tree of numbers handed to both; two games with the same functions and other parameters are not compiled again. Where
    `successors` (states, actions, places) lists the states that can follow, `transition` gives their probabilities in that shape.
    """

    initial: NDArray[np.float64]
    actions: int
    steps: int
    transition: Law = field(repr=False)
    reward: Law = field(repr=False)
    parameters: Any = ()
    discount: float = 1.0
    cyclic: bool = False
    successors: NDArray[np.int64] | None = field(default=None, repr=False)
    state_names: tuple[str, ...] = ()
    action_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        initial = np.asarray(self.initial, dtype=float)
        object.__setattr__(self, "initial", initial)
        if initial.ndim != 1 or not initial.size or not np.isfinite(initial).all() or (initial < 0).any():
            raise ValueError(f"initial must be probabilities of the states in one dimension; got shape {initial.shape}")
        if abs(initial.sum() - 1.0) > 1e-9:
            raise ValueError(f"initial must sum to 1; it sums to {initial.sum():.9g}")
        for name, value in (("actions", self.actions), ("steps", self.steps)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                what = "horizon: steps" if name == "steps" else name
                raise ValueError(f"{what} must be a positive integer; got {value!r}")
        if not 0.0 < self.discount <= 1.0 or (self.cyclic and self.discount == 1.0):
            allowed = "(0, 1) for a cyclic game" if self.cyclic else "(0, 1]"
            raise ValueError(f"discount must lie in {allowed}; got {self.discount!r}")
        if self.successors is not None:
            listed = np.asarray(self.successors)
            if listed.ndim != 3 or listed.shape[:2] != (self.states, self.actions) or listed.dtype.kind not in "iu":
                raise ValueError(
                    f"successors must be states, integers of shape ({self.states}, {self.actions}, places); got "
                    f"{listed.dtype} of shape {listed.shape}"
                )
            if listed.min() < 0 or listed.max() >= self.states:
                raise ValueError(
                    f"successors must lie from 0 to {self.states - 1}; got {listed.min()} to {listed.max()}"
                )
            object.__setattr__(self, "successors", listed.astype(np.int64))

    @property
    def states(self) -> int:
        """Number of states."""
        return self.initial.size

    @property
    def uniform_policy(self) -> Float[np.ndarray, "steps states actions"]:
        """Every action with the same probability."""
        return np.full((self.steps, self.states, self.actions), 1.0 / self.actions)


@dataclass(frozen=True)
class Program:
    """What a game is compiled for: its functions and sizes (hashable); numbers come as `Numbers`."""

    transition: Law
    reward: Law
    steps: int
    states: int
    actions: int
    cyclic: bool


@partial(
    jax.tree_util.register_dataclass, data_fields=["initial", "parameters", "discount", "successors"], meta_fields=[]
)
@dataclass(frozen=True)
class Numbers:
    """What may differ between games of one program."""

    initial: Any
    parameters: Any
    discount: Any
    successors: Any


def program_of(game: MeanFieldGame) -> tuple[Program, Numbers]:
    """A game's program and numbers; call it inside the scope of float64."""
    program = Program(game.transition, game.reward, game.steps, game.states, game.actions, game.cyclic)
    parameters = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype=jnp.float64), game.parameters)
    successors = None if game.successors is None else jnp.asarray(game.successors)
    return program, Numbers(jnp.asarray(game.initial), parameters, jnp.asarray(game.discount, jnp.float64), successors)


def check_game(game: MeanFieldGame) -> None:
    """Raises ValueError where the functions give wrong shapes, rows that are no probabilities, or numbers that are not finite.

    They are evaluated at the initial distribution with every action alike, at the first and last time.
    """
    with jax.enable_x64(True):
        program, numbers = program_of(game)
        times = sorted({0, game.steps - 1})
        laws = [_laws_compiled(program, numbers, jnp.asarray(time)) for time in times]
    for time, law in zip(times, laws, strict=True):
        rows, earned = (np.asarray(part) for part in law)
        last = game.states if game.successors is None else game.successors.shape[2]
        if rows.shape != (game.states, game.actions, last):
            raise ValueError(
                f"transition must give shape ({game.states}, {game.actions}, {last}); got {rows.shape} at time {time}"
            )
        if not np.isfinite(rows).all() or rows.min() < -1e-12 or np.abs(rows.sum(axis=2) - 1.0).max() > 1e-9:
            state, action = np.unravel_index(np.abs(rows.sum(axis=2) - 1.0).argmax(), rows.shape[:2])
            raise ValueError(
                f"transition rows must be probabilities that sum to 1; at time {time} the row of state {state}, action "
                f"{action} sums to {rows[state, action].sum():.6g} (smallest entry {rows.min():.3g})"
            )
        if earned.shape != (game.states, game.actions) or not np.isfinite(earned).all():
            raise ValueError(
                f"reward must be finite, of shape ({game.states}, {game.actions}); got shape {earned.shape} at time {time}"
            )


def checked_policy(game: MeanFieldGame, policy: ArrayLike) -> Float[np.ndarray, "steps states actions"]:
    """The policy as float64. Raises ValueError unless it has shape (steps, states, actions) and rows of probabilities."""
    found = np.asarray(policy, dtype=float)
    if found.shape != (game.steps, game.states, game.actions):
        raise ValueError(f"policy must have shape ({game.steps}, {game.states}, {game.actions}); got {found.shape}")
    if not np.isfinite(found).all() or found.min() < 0 or np.abs(found.sum(axis=2) - 1.0).max() > 1e-9:
        raise ValueError("policy must hold probabilities that sum to 1 over the actions")
    return found


def population_flow(game: MeanFieldGame, policy: ArrayLike) -> Float[np.ndarray, "steps states actions"]:
    """Share of the population in each state and action over time where all follow `policy`; periodic in a cyclic game.

    Raises ValueError for a malformed game or policy.
    """
    check_game(game)
    followed = checked_policy(game, policy)
    with jax.enable_x64(True):
        program, numbers = program_of(game)
        return np.asarray(_flow_compiled(program, numbers, jnp.asarray(followed)), dtype=np.float64)


def action_values(game: MeanFieldGame, policy: ArrayLike, flow: ArrayLike) -> Float[np.ndarray, "steps states actions"]:
    """Expected reward to come of an action in a state, for one player who then follows `policy` while the population has `flow`."""
    followed = checked_policy(game, policy)
    with jax.enable_x64(True):
        program, numbers = program_of(game)
        values = _values_compiled(
            program, numbers, jnp.asarray(flow), jnp.asarray(followed), jnp.float64(0.0), "policy"
        )
        return np.asarray(values, dtype=np.float64)


def best_response(
    game: MeanFieldGame, flow: ArrayLike
) -> tuple[Float[np.ndarray, "steps states actions"], Float[np.ndarray, "steps states actions"]]:
    """A best policy against a given flow and its action values; among equally good actions the first is taken."""
    with jax.enable_x64(True):
        program, numbers = program_of(game)
        values = _values_compiled(program, numbers, jnp.asarray(flow), game.uniform_policy, jnp.float64(0.0), "best")
        found = np.asarray(values, dtype=np.float64)
    return np.eye(game.actions)[found.argmax(axis=2)], found


def exploitability(game: MeanFieldGame, policy: ArrayLike) -> float:
    """What one player gains by a best response where all others follow `policy`: max over π' of J(π', μ^π) − J(π, μ^π).

    Zero exactly in equilibrium. In a cyclic game the player starts from the periodic flow. Raises as `population_flow`.
    """
    check_game(game)
    followed = checked_policy(game, policy)
    with jax.enable_x64(True):
        program, numbers = program_of(game)
        return float(_exploitability_compiled(program, numbers, jnp.asarray(followed)))


# What follows is traced by JAX: pure functions of a program and its numbers, used by the solvers as well.


def flow_of(program: Program, numbers: Numbers, policy: Any) -> Any:
    """Joint distribution of states and actions, (steps, states, actions), under a policy."""

    def one_step(shares: Any, inputs: Any) -> tuple[Any, Any]:
        time, chosen = inputs
        flow = shares[:, None] * chosen
        moved = _push(flow, program.transition(time, flow, numbers.parameters), numbers.successors, program.states)
        return moved, flow

    times = jnp.arange(program.steps)
    if not program.cyclic:
        return jax.lax.scan(one_step, numbers.initial, (times, policy))[1]

    def unfinished(carry: Any) -> Any:
        _, change, cycles = carry
        return (change > CYCLE_TOLERANCE) & (cycles < MOST_CYCLES)

    def one_cycle(carry: Any) -> Any:
        shares, _, cycles = carry
        moved = jax.lax.scan(one_step, shares, (times, policy))[0]
        return moved, jnp.abs(moved - shares).sum(), cycles + 1

    begin = (numbers.initial, jnp.asarray(jnp.inf), jnp.asarray(0))
    shares, _, _ = jax.lax.while_loop(unfinished, one_cycle, begin)
    return jax.lax.scan(one_step, shares, (times, policy))[1]


def values_of(program: Program, numbers: Numbers, flow: Any, policy: Any, temperature: Any, choice: Choice) -> Any:
    """Action values (steps, states, actions) against a flow, by the backward recursion.

    `choice` says what the player does later: "policy" follows the policy, "best" takes the best action, "entropy" follows the
    policy and is paid `temperature` times its entropy besides.
    """
    times = jnp.arange(program.steps)
    at_once = program.states * program.actions * program.states <= SMALL_TRANSITION
    if at_once:
        moves = jax.vmap(program.transition, in_axes=(0, 0, None))(times, flow, numbers.parameters)
    earned = jax.vmap(program.reward, in_axes=(0, 0, None))(times, flow, numbers.parameters)
    if choice == "entropy":
        earned_later = -temperature * (policy * jnp.log(jnp.maximum(policy, 1e-300))).sum(axis=2)
    else:
        earned_later = jnp.zeros((program.steps, program.states))

    def one_step(later: Any, inputs: Any) -> tuple[Any, Any]:
        time, shares, reward, chosen, bonus, move = inputs
        if not at_once:
            move = program.transition(time, shares, numbers.parameters)
        values = reward + numbers.discount * _pull(move, later, numbers.successors)
        now = values.max(axis=1) if choice == "best" else (chosen * values).sum(axis=1) + bonus
        return now, values

    def backward(later: Any) -> tuple[Any, Any]:
        inputs = (times, flow, earned, policy, earned_later, moves if at_once else times)
        return jax.lax.scan(one_step, later, inputs, reverse=True)

    later = jnp.zeros(program.states)
    if program.cyclic:

        def unfinished(carry: Any) -> Any:
            value, change, cycles = carry
            return (change > CYCLE_TOLERANCE * (1.0 + jnp.abs(value).max())) & (cycles < MOST_CYCLES)

        def one_cycle(carry: Any) -> Any:
            value, _, cycles = carry
            now, _ = backward(value)
            return now, jnp.abs(now - value).max(), cycles + 1

        later, _, _ = jax.lax.while_loop(unfinished, one_cycle, (later, jnp.asarray(jnp.inf), jnp.asarray(0)))
    return backward(later)[1]


def exploitability_of(program: Program, numbers: Numbers, policy: Any, flow: Any) -> Any:
    """Gain of a best response to a policy's own flow."""
    followed = values_of(program, numbers, flow, policy, 0.0, "policy")[0]
    best = values_of(program, numbers, flow, policy, 0.0, "best")[0]
    shares = flow[0].sum(axis=1)
    return (shares * (best.max(axis=1) - (policy[0] * followed).sum(axis=1))).sum()


def _push(flow: Any, moves: Any, successors: Any, states: int) -> Any:
    if successors is None:
        return flow.reshape(-1) @ moves.reshape(-1, states)
    carried = (flow[:, :, None] * moves).reshape(-1)
    return jnp.zeros(states, carried.dtype).at[successors.reshape(-1)].add(carried)


def _pull(moves: Any, later: Any, successors: Any) -> Any:
    if successors is None:
        return moves @ later
    return (moves * later[successors]).sum(axis=2)


@partial(jax.jit, static_argnums=0)
def _laws_compiled(program: Program, numbers: Numbers, time: Any) -> Any:
    flow = jnp.broadcast_to(numbers.initial[:, None] / program.actions, (program.states, program.actions))
    return (
        jnp.asarray(program.transition(time, flow, numbers.parameters)),
        jnp.asarray(program.reward(time, flow, numbers.parameters)),
    )


_flow_compiled = partial(jax.jit, static_argnums=0)(flow_of)
_values_compiled = partial(jax.jit, static_argnums=(0, 5))(values_of)


@partial(jax.jit, static_argnums=0)
def _exploitability_compiled(program: Program, numbers: Numbers, policy: Any) -> Any:
    return exploitability_of(program, numbers, policy, flow_of(program, numbers, policy))
