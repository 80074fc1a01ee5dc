"""Equilibria of mean-field games: fixed point, damped best response, fictitious play, online and magnetic mirror descent, Newton.

Iterations run inside one compiled program that looks at the exploitability every few steps and keeps its history. Plain schemes
need not converge (a game of infection makes them cycle): the outcome says so, and `throw` raises it. Magnetic mirror descent pays
the players `temperature` times the entropy of what they do, which makes the equilibrium smooth and stable; `solve_annealed` lowers
the temperature step by step. Sources: Perrin et al. 2020 (fictitious play), Pérolat et al. 2021 (online mirror descent), Cui and
Koeppl 2021 (entropy regularization), Sokota et al. 2022 (magnetic mirror descent).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache, partial
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from ..errors import NotConverged
from ..numerics.fixed_point import Outcome as RootOutcome
from ..numerics.fixed_point import solve_fixed_point
from .mean_field_game import (
    MeanFieldGame,
    Numbers,
    Program,
    check_game,
    checked_policy,
    exploitability_of,
    flow_of,
    program_of,
    values_of,
)

Method = Literal[
    "fixed-point", "damped-best-response", "fictitious-play", "online-mirror-descent", "magnetic-mirror-descent"
]

METHODS: tuple[Method, ...] = get_args(Method)
LARGEST_LOGIT = 700.0
LONGEST_HISTORY = 4096  # checks that are kept; the interval between them is lengthened where there would be more
DEFAULT_RATES: dict[str, float] = {
    "fixed-point": 1.0,
    "damped-best-response": 0.1,
    "fictitious-play": 1.0,
    "online-mirror-descent": 1.0,
    "magnetic-mirror-descent": 0.1,
}
LARGEST_NEWTON = 3000  # unknowns of a dense Jacobian
FINEST_LADDER = 1e-3  # of relative change in temperature: finer steps than that lead nowhere


class EquilibriumOutcome(Enum):
    """How a solve ended; the value is the sentence shown."""

    converged = "converged"
    max_steps = (
        "no equilibrium within max_steps: the iteration is slow or cycles; lower rate, raise max_steps, or take "
        "magnetic-mirror-descent with a temperature, or solve_annealed"
    )


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Policy and flow (steps, states, actions) of a solve, its exploitability, residual and history.

    `residual` is what the solve was stopped on: the exploitability, or, where `temperature` is positive, the largest difference
    between the policy and the soft best response to its own flow. The history holds (checks,) step numbers and exploitabilities.
    """

    policy: Float[np.ndarray, "steps states actions"]
    flow: Float[np.ndarray, "steps states actions"]
    exploitability: float
    residual: float
    temperature: float
    iterations: int
    history_steps: Int[np.ndarray, " checks"]
    history_exploitability: Float[np.ndarray, " checks"]
    outcome: EquilibriumOutcome

    @property
    def state_shares(self) -> Float[np.ndarray, "steps states"]:
        """Share of the population in each state over time."""
        return self.flow.sum(axis=2)


@dataclass(frozen=True, eq=False)
class Equilibria:
    """Solves of several games at once: as `Equilibrium`, with a leading dimension of games."""

    policy: Float[np.ndarray, "games steps states actions"]
    flow: Float[np.ndarray, "games steps states actions"]
    exploitability: Float[np.ndarray, " games"]
    residual: Float[np.ndarray, " games"]
    iterations: Int[np.ndarray, " games"]
    converged: Bool[np.ndarray, " games"]


def solve_equilibrium(
    game: MeanFieldGame,
    *,
    method: Method = "online-mirror-descent",
    rate: float | None = None,
    temperature: float | None = None,
    start: ArrayLike | None = None,
    tolerance: float = 1e-6,
    max_steps: int = 10_000,
    check_every: int = 10,
    throw: bool = True,
) -> Equilibrium:
    """An equilibrium from a start policy (uniform unless given), until the residual is at most `tolerance`.

    `rate`: the share of the best response that is mixed into the policy (damped best response), or the step of the logits (mirror
    descent); the fixed point and fictitious play have none. `temperature` belongs to magnetic mirror descent, positive.
    Raises ValueError on arguments outside these and for malformed games, NotConverged unless `throw` is false.
    """
    step_rate, heat = _checked(method, rate, temperature, tolerance, max_steps, check_every)
    check_game(game)
    begin = game.uniform_policy if start is None else checked_policy(game, start)
    with jax.enable_x64(True):
        program, numbers = program_of(game)
        interval = max(check_every, -(-max_steps // LONGEST_HISTORY))
        found = _solve_compiled(
            program,
            method,
            numbers,
            jnp.asarray(begin),
            jnp.float64(step_rate),
            jnp.float64(heat),
            jnp.float64(tolerance),
            jnp.asarray(max_steps),
            jnp.asarray(interval),
        )
        policy, flow, gain, residual, steps, checks, at, gains = (np.asarray(part) for part in found)
    outcome = EquilibriumOutcome.converged if residual <= tolerance else EquilibriumOutcome.max_steps
    if throw and outcome is not EquilibriumOutcome.converged:
        raise NotConverged(f"{outcome.value} (residual {residual:.2e} after {int(steps)} steps of {method})")
    kept = int(checks)
    return Equilibrium(policy, flow, float(gain), float(residual), heat, int(steps), at[:kept], gains[:kept], outcome)


def solve_equilibria(
    game: MeanFieldGame,
    parameters: Any,
    *,
    method: Method = "online-mirror-descent",
    rate: float | None = None,
    temperature: float | None = None,
    tolerance: float = 1e-6,
    max_steps: int = 10_000,
    check_every: int = 10,
) -> Equilibria:
    """Equilibria of games that differ in `parameters`: the tree of `game.parameters`, leaves with a leading dimension.

    One program advances all of them side by side until the slowest has converged. Unconverged games are marked, not raised.
    Raises ValueError as `solve_equilibrium` and for leaves of unequal length.
    """
    step_rate, heat = _checked(method, rate, temperature, tolerance, max_steps, check_every)
    leaves, tree = jax.tree.flatten(parameters)
    if not leaves or str(tree) != str(jax.tree.structure(game.parameters)):
        raise ValueError("parameters must be the tree of game.parameters with a leading dimension of games")
    lengths = {len(np.atleast_1d(leaf)) for leaf in leaves}
    if len(lengths) > 1:
        raise ValueError(f"parameters must have one number of games; got {sorted(lengths)}")
    for index in range(lengths.pop()):
        check_game(replace(game, parameters=jax.tree.map(lambda leaf, at=index: np.asarray(leaf)[at], parameters)))
    with jax.enable_x64(True):
        program, numbers = program_of(game)
        batch = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype=jnp.float64), parameters)
        axes = Numbers(None, jax.tree.map(lambda _: 0, batch), None, None)
        settings = (jnp.float64(step_rate), jnp.float64(heat), jnp.float64(tolerance))
        counts = (jnp.asarray(max_steps), jnp.asarray(max(check_every, -(-max_steps // LONGEST_HISTORY))))
        found = _solve_batch(
            program, method, axes, replace(numbers, parameters=batch), game.uniform_policy, *settings, *counts
        )
        policy, flow, gain, residual, steps, *_ = (np.asarray(part) for part in found)
    return Equilibria(policy, flow, gain, residual, steps, residual <= tolerance)


def solve_annealed(
    game: MeanFieldGame,
    temperatures: Sequence[float] = (1.0, 0.5, 0.2, 0.1, 0.05),
    *,
    tolerance: float = 1e-10,
    max_steps: int = 60,
) -> list[Equilibrium]:
    """Entropy-regularized equilibria along falling temperatures, each by Newton's method from the one before.

    The unknowns are the logits of all times, states and actions but one. Where Newton fails, a temperature in between is tried.
    Raises ValueError for temperatures that are not positive and falling or a game of more than 3000 unknowns (take
    `anneal_mirror_descent` there), NotConverged where no finer ladder helps.
    """
    ladder = _falling(temperatures)
    unknowns = game.steps * game.states * (game.actions - 1)
    if not 1 <= unknowns <= LARGEST_NEWTON:
        raise ValueError(
            f"game must have 1 to {LARGEST_NEWTON} unknowns (steps·states·(actions − 1)) for Newton's method; it has {unknowns}: "
            "take anneal_mirror_descent"
        )
    check_game(game)
    with jax.enable_x64(True):
        program, numbers = program_of(game)
    response = _soft_response(program)
    logits, reached, found, spent = np.zeros((game.steps, game.states, game.actions - 1)), None, [], 0
    for goal in ladder:
        aim = goal
        while reached != goal:
            args = (aim, numbers.initial, numbers.parameters, numbers.discount, numbers.successors)
            solved = solve_fixed_point(
                response, logits, args=args, method="newton", tolerance=tolerance, max_steps=max_steps, throw=False
            )
            spent += solved.iterations
            if solved.outcome is RootOutcome.converged:
                # Logits grow as the temperature falls: start the next solve where they will be.
                logits, reached, aim = solved.value, aim, goal
                if reached != goal:
                    logits = logits * min(1.0, LARGEST_LOGIT / max(1.0, np.abs(logits).max()))
                continue
            middle = float(np.sqrt(aim * reached)) if reached is not None else 2.0 * aim
            if reached is not None and middle > reached * (1.0 - FINEST_LADDER):
                raise NotConverged(
                    f"Newton's method fails at temperature {aim:.4g}, next to {reached:.4g} where it converges "
                    f"(residual {solved.residual:.1e}): its branch ends or splits there; stay above it"
                )
            if reached is None and middle > 1e6 * goal:
                raise NotConverged(
                    f"Newton's method fails at every temperature up to {aim:.3g}; check the rewards' scale"
                )
            aim = middle
        found.append(_regularized(program, numbers, logits, goal, solved.residual, spent))
        spent = 0
    return found


def anneal_mirror_descent(
    game: MeanFieldGame,
    temperatures: Sequence[float] = (0.5, 0.2, 0.1),
    *,
    rates: Sequence[float] | None = None,
    tolerance: float = 1e-8,
    max_steps: int = 100_000,
    throw: bool = True,
) -> list[Equilibrium]:
    """As `solve_annealed` by magnetic mirror descent, each temperature from the policy before: for games of any size.

    `rates`, one a temperature, are a fiftieth of the temperatures unless given; lower them for games of large rewards. Raises
    ValueError for temperatures that do not fall or rates of another number, NotConverged unless `throw` is false.
    """
    ladder = _falling(temperatures)
    steps = [0.02 * heat for heat in ladder] if rates is None else [float(rate) for rate in rates]
    if len(steps) != len(ladder):
        raise ValueError(f"rates must be {len(ladder)} numbers, one a temperature; got {len(steps)}")
    found: list[Equilibrium] = []
    for heat, rate in zip(ladder, steps, strict=True):
        solved = solve_equilibrium(
            game,
            method="magnetic-mirror-descent",
            rate=rate,
            temperature=heat,
            start=found[-1].policy if found else None,
            tolerance=tolerance,
            max_steps=max_steps,
            check_every=100,
            throw=throw,
        )
        found.append(solved)
    return found


def _falling(temperatures: Sequence[float]) -> list[float]:
    ladder = [float(value) for value in temperatures]
    if not ladder or min(ladder) <= 0 or not np.isfinite(ladder).all() or (np.diff(ladder) >= 0).any():
        raise ValueError(f"temperatures must be positive, finite and fall; got {tuple(ladder)!r}")
    return ladder


def _checked(
    method: str, rate: float | None, temperature: float | None, tolerance: float, max_steps: int, check_every: int
) -> tuple[float, float]:
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    if rate is not None and method in ("fixed-point", "fictitious-play"):
        raise ValueError(f"rate does not apply to {method}; got {rate!r}")
    value = DEFAULT_RATES[method] if rate is None else float(rate)
    most = np.inf if method == "online-mirror-descent" else 1.0
    if not 0.0 < value <= most or not np.isfinite(value):
        raise ValueError(f"rate must lie in (0, {most:g}] for {method}; got {rate!r}")
    if (temperature is not None) != (method == "magnetic-mirror-descent"):
        needs = "needs a" if temperature is None else "takes no"
        raise ValueError(f"{method} {needs} temperature; got {temperature!r}")
    if temperature is not None and not (0.0 < temperature < np.inf):
        raise ValueError(f"temperature must be positive and finite; got {temperature!r}")
    if not 0.0 < tolerance < np.inf:
        raise ValueError(f"tolerance must be positive and finite; got {tolerance!r}")
    for name, count in (("max_steps", max_steps), ("check_every", check_every)):
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"{name} must be a positive integer; got {count!r}")
    return value, 0.0 if temperature is None else float(temperature)


def _soft(logits: Any) -> Any:
    return jax.nn.softmax(jnp.clip(logits - logits.max(axis=-1, keepdims=True), -LARGEST_LOGIT, 0.0), axis=-1)


def _greedy(values: Any) -> Any:
    return jax.nn.one_hot(values.argmax(axis=2), values.shape[2], dtype=values.dtype)


def _conditional(flow: Any, policy: Any) -> Any:
    """The policy that a flow follows; where nobody is, the one given."""
    shares = flow.sum(axis=2, keepdims=True)
    return jnp.where(shares > 1e-300, flow / jnp.maximum(shares, 1e-300), policy)


def _advance(program: Program, method: Method, numbers: Numbers, rate: Any, heat: Any, state: Any) -> Any:
    """One step of a method on (policy, memory, step number); the memory is the mean flow, or the logits."""
    policy, memory, count = state
    flow = flow_of(program, numbers, policy)
    if method in ("fixed-point", "damped-best-response"):
        best = _greedy(values_of(program, numbers, flow, policy, 0.0, "best"))
        return policy + rate * (best - policy), memory, count + 1
    if method == "fictitious-play":
        # The mean of all best responses' flows is the flow of the policy that it conditions to.
        best = _greedy(values_of(program, numbers, memory, policy, 0.0, "best"))
        mean = memory + (flow_of(program, numbers, best) - memory) / (count + 2)
        return _conditional(mean, policy), mean, count + 1
    if method == "online-mirror-descent":
        logits = memory + rate * values_of(program, numbers, flow, policy, 0.0, "policy")
    else:
        soft = values_of(program, numbers, flow, policy, heat, "entropy") / heat
        logits = (1.0 - rate) * memory + rate * soft
    logits = logits - logits.max(axis=2, keepdims=True)
    return _soft(logits), logits, count + 1


def _residuals(program: Program, method: Method, numbers: Numbers, heat: Any, policy: Any) -> tuple[Any, Any, Any]:
    flow = flow_of(program, numbers, policy)
    gain = exploitability_of(program, numbers, policy, flow)
    if method != "magnetic-mirror-descent":
        return flow, gain, gain
    soft = _soft(values_of(program, numbers, flow, policy, heat, "entropy") / heat)
    return flow, gain, jnp.abs(soft - policy).max()


def _iterate(
    program: Program,
    method: Method,
    numbers: Numbers,
    start: Any,
    rate: Any,
    heat: Any,
    tolerance: Any,
    max_steps: Any,
    interval: Any,
) -> Any:
    step = partial(_advance, program, method, numbers, rate, heat)
    memory = flow_of(program, numbers, start) if method == "fictitious-play" else jnp.log(jnp.maximum(start, 1e-300))
    at, gains = jnp.zeros(LONGEST_HISTORY + 2, dtype=jnp.int64), jnp.zeros(LONGEST_HISTORY + 2)

    def unfinished(carry: Any) -> Any:
        (_, _, count), _, _, residual, *_ = carry
        return (residual > tolerance) & (count < max_steps)

    def chunk(carry: Any) -> Any:
        state, _, _, _, checks, at, gains = carry
        # The first check is of the start itself: one place less to compile.
        steps = jnp.where(checks == 0, 0, jnp.minimum(interval, max_steps - state[2]))
        state = jax.lax.fori_loop(0, steps, lambda _, inner: step(inner), state)
        flow, gain, residual = _residuals(program, method, numbers, heat, state[0])
        return state, flow, gain, residual, checks + 1, at.at[checks].set(state[2]), gains.at[checks].set(gain)

    begin = ((start, memory, jnp.asarray(0)), start, jnp.asarray(0.0), jnp.asarray(jnp.inf), jnp.asarray(0), at, gains)
    (policy, _, count), flow, gain, residual, checks, at, gains = jax.lax.while_loop(unfinished, chunk, begin)
    return policy, flow, gain, residual, count, checks, at, gains


_solve_compiled = partial(jax.jit, static_argnums=(0, 1))(_iterate)


def _solve_batch(program: Program, method: Method, axes: Numbers, numbers: Numbers, *settings: Any) -> Any:
    axes_of_all = (axes, *(None for _ in settings))
    return jax.vmap(partial(_solve_compiled, program, method), in_axes=axes_of_all)(numbers, *settings)


@cache
def _soft_response(program: Program) -> Any:
    """The map of logits, relative to the last action's, whose fixed point is the entropy-regularized equilibrium."""

    def response(logits: Any, args: Any) -> Any:
        heat, initial, parameters, discount, successors = args
        places = None if successors is None else successors.astype(jnp.int64)
        numbers = Numbers(initial, parameters, discount, places)
        policy = _with_last(logits)
        flow = flow_of(program, numbers, policy)
        values = values_of(program, numbers, flow, policy, heat, "entropy")
        return (values[:, :, :-1] - values[:, :, -1:]) / heat

    return response


def _with_last(logits: Any) -> Any:
    return _soft(jnp.concatenate((logits, jnp.zeros((*logits.shape[:2], 1), logits.dtype)), axis=2))


def _regularized(
    program: Program, numbers: Numbers, logits: Any, heat: float, residual: float, spent: int
) -> Equilibrium:
    with jax.enable_x64(True):
        policy, flow, gain, _ = _measured(program, numbers, jnp.asarray(logits))
        steps, gains = np.array([spent]), np.array([float(gain)])
        return Equilibrium(
            np.asarray(policy),
            np.asarray(flow),
            float(gain),
            residual,
            heat,
            spent,
            steps,
            gains,
            EquilibriumOutcome.converged,
        )


@partial(jax.jit, static_argnums=0)
def _measured(program: Program, numbers: Numbers, logits: Any) -> Any:
    policy = _with_last(logits)
    flow = flow_of(program, numbers, policy)
    return policy, flow, exploitability_of(program, numbers, policy, flow), logits
