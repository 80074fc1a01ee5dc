"""Fixed points x = f(x): damped iteration, Anderson acceleration and Newton; branches of them; scalar roots in a bracket.

Everything is computed in float64, by optimistix, and returned as NumPy. A point counts as found where every component of f(x) - x
is at most tolerance·(1 + |x|) in size, at the very value that is returned; an unconverged solve raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Bool, Float, Int, PyTree, Scalar
from numpy.typing import ArrayLike
from scipy import optimize

from ..errors import NotConverged

Method = Literal["damped", "anderson", "newton"]

MAX_STEPS: dict[str, int] = {"damped": 10_000, "anderson": 1_000, "newton": 100}
MEMORY = 5  # past steps that Anderson acceleration combines; more seldom helps and lets rounding in
REJECTED_GROWTH = 10.0  # an accelerated step that multiplies the residual by more is taken back
DIVERGED_GROWTH = 1e12  # of the residual since the start
RANK_CUTOFF = 1e-8  # past steps that agree to this many digits tell rounding from rounding
FINEST_TOLERANCE = 1e-15  # below it float64 cannot tell f(x) from x


class Outcome(Enum):
    """How a solve ended; the value is the sentence shown."""

    converged = "converged"
    max_steps = (
        "no fixed point within max_steps; raise max_steps, change damping, or take method='newton' or 'anderson'"
    )
    diverged = "the iteration diverged; lower damping, start nearer, or take method='newton'"
    singular = "Newton's linear system is singular; start elsewhere or take method='anderson'"


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """A solve's last value (shape of the start), residual max|f(x) - x| there, iterations and outcome.

    The value is a fixed point only where the outcome is `converged`; a diverged one may hold NaN, its residual is infinite then.
    """

    value: np.ndarray
    residual: float
    iterations: int
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class Branch:
    """Fixed points along a parameter: values (n, ...), residuals and iterations (n,), and n outcomes.

    A point whose outcome is not `converged` holds NaN: there is no fixed point to show.
    """

    parameters: Float[np.ndarray, " n"]
    values: Float[np.ndarray, "n ..."]
    residuals: Float[np.ndarray, " n"]
    iterations: np.ndarray
    outcomes: tuple[Outcome, ...]


def solve_fixed_point(
    function: Callable[[Array, Any], Array],
    start: ArrayLike,
    *,
    args: Any = None,
    method: Method = "damped",
    damping: float = 1.0,
    tolerance: float = 1e-10,
    max_steps: int | None = None,
    throw: bool = True,
) -> FixedPoint:
    """Find x with function(x, args) = x, from `start` (any shape).

    `function` is written in JAX and returns an array of the shape of its first argument; it may be an `eqx.Module` of NumPy
    arrays. The same function object with other numbers in `start`, `args`, `damping` or `tolerance` is not compiled again:
    floats and arrays in `args` become float64 arrays; Python integers, booleans and text are structure (a new one compiles anew).
    `method`: "damped" iterates x + damping·(f - x), slow where the map hardly contracts; "anderson" accelerates it at the cost of
    one evaluation a step; "newton" needs a differentiable function and one dense linear solve a step.
    `damping` in (0, 1] is the share of the new value; Newton takes whole steps. `max_steps` defaults to 10,000, 1,000 and 100.
    `tolerance` bounds the residual: near a bifurcation, where the slope of f nears 1, x is uncertain by residual/(1 - slope).
    Raises ValueError on arguments outside these, and NotConverged, unless `throw` is false: the outcome then says what happened.
    """
    array = _start(start)
    _check(method, damping, tolerance, max_steps)
    found = _solve(function, array, args, method, damping, tolerance, max_steps)
    if throw and found.outcome is not Outcome.converged:
        raise NotConverged(_failure(found, method))
    return found


def continue_branch(
    function: Callable[[Array, Any], Array],
    start: ArrayLike,
    parameters: Sequence[float] | np.ndarray,
    *,
    method: Method = "newton",
    damping: float = 1.0,
    tolerance: float = 1e-10,
    max_steps: int | None = None,
    throw: bool = True,
) -> Branch:
    """Follow a fixed point of function(x, parameter) through `parameters`, shape (n,), in their order, from `start`.

    Each point begins at the secant through the last two; should that fail, at the last one. A branch that folds back ends at its
    fold, and steps too wide there may land on another branch: `continuation.trace_solutions` goes around folds and finds them.
    Raises ValueError as `solve_fixed_point` does or where neighboring parameters coincide, and NotConverged, naming the parameter,
    at the first point that fails; with `throw` false that point's value is NaN, its outcome says why, and the branch goes on from
    the last point found.
    """
    grid = np.asarray(parameters, dtype=float)
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all() or (np.diff(grid) == 0).any():
        raise ValueError(f"parameters must be finite numbers in one dimension, neighbors distinct; got {parameters!r}")
    array = _start(start)
    _check(method, damping, tolerance, max_steps)
    known: list[tuple[float, np.ndarray]] = []
    points: list[FixedPoint] = []
    for parameter in grid.tolist():
        spent = 0
        for guess in _guesses(parameter, known, array):
            found = _solve(function, guess, parameter, method, damping, tolerance, max_steps)
            spent += found.iterations
            if found.outcome is Outcome.converged:
                known.append((parameter, found.value))
                break
        else:
            if throw:
                raise NotConverged(f"at parameter {parameter:g}: {_failure(found, method)}")
            found = FixedPoint(np.full(array.shape, np.nan), found.residual, found.iterations, found.outcome)
        points.append(FixedPoint(found.value, found.residual, spent, found.outcome))
    return Branch(
        grid,
        np.stack([point.value for point in points]),
        np.array([point.residual for point in points]),
        np.array([point.iterations for point in points]),
        tuple(point.outcome for point in points),
    )


def bracketed_root(
    function: Callable[[float], float], low: float, high: float, *, tolerance: float = 1e-12, max_steps: int = 200
) -> FixedPoint:
    """The root of a continuous scalar function between `low` and `high`, to `tolerance` in its argument.

    The value has shape (), the residual is |function(root)|. `function` is plain Python, float to float.
    Raises ValueError unless low < high, tolerance > 0 and max_steps >= 1, and NotConverged where function is not finite or has
    the same sign at both ends, where its sign changes at a pole, or after `max_steps`. Where it jumps through zero, the value is
    the place of the jump, and the residual tells its height.
    Source: Brent 1973, through scipy.optimize.brentq.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low and high must be finite with low < high; got {low} and {high}")
    if not 0 < tolerance < math.inf or max_steps < 1:
        raise ValueError(f"tolerance must be positive and max_steps at least 1; got {tolerance} and {max_steps}")

    def checked(argument: float) -> float:
        value = float(function(argument))
        if not math.isfinite(value):
            raise NotConverged(
                f"function is {value} at {argument:.6g}, inside the bracket; narrow it to where it is finite"
            )
        return value

    at_low, at_high = checked(low), checked(high)
    if (at_low > 0) == (at_high > 0) and at_low != 0 and at_high != 0:
        raise NotConverged(
            f"function does not change sign between {low:g} and {high:g}: its values are {at_low:.6g} and {at_high:.6g}; "
            "widen or move the bracket"
        )
    root, report = optimize.brentq(checked, low, high, xtol=tolerance, maxiter=max_steps, full_output=True, disp=False)
    residual = abs(checked(root))
    if not report.converged:
        raise NotConverged(f"no root to within {tolerance:g} after {max_steps} steps; raise max_steps or tolerance")
    if residual > max(abs(at_low), abs(at_high)):
        raise NotConverged(f"function changes sign at a pole, near {root:.6g}, and not at a root; move the bracket")
    return FixedPoint(np.array(root, dtype=float), residual, int(report.iterations), Outcome.converged)


def _solve(
    function: Callable[[Array, Any], Array],
    start: np.ndarray,
    args: Any,
    method: Method,
    damping: float,
    tolerance: float,
    max_steps: int | None,
) -> FixedPoint:
    with jax.enable_x64(True):
        value, residual, met, diverged, singular, steps = _solve_compiled(
            function,
            jnp.asarray(start, jnp.float64),
            jax.tree.map(_dynamic, args),
            method,
            jnp.asarray(damping, jnp.float64),
            jnp.asarray(tolerance, jnp.float64),
            MAX_STEPS[method] if max_steps is None else int(max_steps),
        )
    # Met comes first: Newton near a bifurcation runs on, its steps limited by rounding, long after the residual is small.
    cases = ((met, Outcome.converged), (singular, Outcome.singular), (diverged, Outcome.diverged))
    outcome = next((outcome for holds, outcome in cases if holds), Outcome.max_steps)
    return FixedPoint(np.array(value), float(residual) if np.isfinite(residual) else math.inf, int(steps), outcome)


@eqx.filter_jit
def _solve_compiled(
    function: Callable[[Array, Any], Array],
    start: Array,
    args: Any,
    method: Method,
    damping: Any,
    tolerance: Any,
    max_steps: int,
) -> tuple[Array, ...]:
    def mapped(value: Array, args: Any) -> Array:
        image = jnp.asarray(function(value, args))
        if image.shape != start.shape or jnp.iscomplexobj(image):
            raise ValueError(
                f"function must return real numbers in the shape of its argument, {start.shape}; "
                f"got {image.dtype} in shape {image.shape}"
            )
        return image.astype(start.dtype)

    def scaled_difference(value: Array, args: Any) -> Array:
        # Newton's steps do not change when a row is scaled by a number held constant; its test of the residual becomes relative.
        return (mapped(value, args) - value) / (1 + jnp.abs(jax.lax.stop_gradient(value)))

    solution: optx.Solution
    if method == "newton":
        newton: optx.Newton = optx.Newton(rtol=tolerance, atol=tolerance)
        solution = optx.root_find(scaled_difference, newton, start, args, max_steps=max_steps, throw=False)
    else:
        memory = MEMORY if method == "anderson" else 0
        solver = Anderson(rtol=tolerance, atol=tolerance, memory=memory, damping=damping)
        solution = optx.fixed_point(mapped, solver, start, args, max_steps=max_steps, throw=False)
    at_start, at_end = mapped(start, args) - start, mapped(solution.value, args) - solution.value
    # A start that is a fixed point already is one, though its Jacobian be singular and Newton's step undefined.
    stay = (jnp.abs(at_start) <= tolerance * (1 + jnp.abs(start))).all() & ~jnp.isfinite(at_end).all()
    value, difference = jnp.where(stay, start, solution.value), jnp.where(stay, at_start, at_end)
    residual = jnp.max(jnp.abs(difference))
    return (
        value,
        residual,
        (jnp.abs(difference) <= tolerance * (1 + jnp.abs(value))).all(),
        _has_diverged(residual, jnp.max(jnp.abs(at_start))),
        solution.result == optx.RESULTS.singular,
        solution.stats["num_steps"],
    )


class AndersonState(eqx.Module):
    """The last accepted point with its residual, and the differences between accepted points."""

    point: Float[Array, " n"]
    residual: Float[Array, " n"]
    moves: Float[Array, "memory n"]
    changes: Float[Array, "memory n"]
    accepted: Int[Array, ""]
    first: Int[Array, ""]  # the accepted point since which differences count
    start_size: Float[Array, ""]
    error: Float[Array, ""]
    diverged: Bool[Array, ""]


# Optimistix 0.1 has no Anderson acceleration. Its damped FixedPointIteration stops by the step taken, returns a value that was
# never tested, and cannot tell a diverging map from a slow one: so both methods are one solver on its interface, here.
class Anderson(optx.AbstractFixedPointSolver):
    """Anderson acceleration of y = f(y) for one array y of any shape: `optimistix.fixed_point(f, Anderson(1e-10, 1e-10), y0)`.

    From past steps it takes the combination whose residual would vanish were the map linear: a linear map of at most `memory`
    dimensions is solved in memory + 2 evaluations; without memory this is the damped iteration. It stops where
    |f(y) - y| <= atol + rtol·|y| in every component, and returns that y. `damping` is the share of the new value.
    Source: Anderson, J. ACM 12, 547 (1965); Walker and Ni, SIAM J. Numer. Anal. 49, 1715 (2011).
    """

    rtol: float
    atol: float
    norm: Callable[[PyTree], Scalar] = optx.max_norm
    memory: int = 5
    damping: float = 1.0

    def init(
        self, fn: Any, y: Array, args: Any, options: Any, f_struct: Any, aux_struct: Any, tags: Any
    ) -> AndersonState:
        """The state before the first evaluation."""
        flat = jnp.zeros_like(y).ravel()
        history = jnp.zeros((min(self.memory, y.size), y.size), y.dtype)
        none, unknown = jnp.array(0), jnp.array(jnp.inf, y.dtype)
        return AndersonState(flat, flat, history, history, none, none, unknown, unknown, jnp.array(False))

    def step(
        self, fn: Any, y: Array, args: Any, options: Any, state: AndersonState, tags: Any
    ) -> tuple[Array, AndersonState, Any]:
        """One evaluation: accept y and accelerate from it, or take it back and restart from the last accepted point."""
        image, aux = fn(y, args)
        residual = (image - y).ravel()
        size = self.norm(residual)
        start_size = jnp.where(state.accepted == 0, size, state.start_size)
        accelerated = state.accepted - state.first > 1
        rejected = accelerated & ~(size <= REJECTED_GROWTH * self.norm(state.residual))
        # An accelerated step may leave the function's domain: a rejected y goes, and its NaN with it.
        point = jnp.where(rejected, state.point, y.ravel())
        residual = jnp.where(rejected, state.residual, residual)
        moves, changes = self._remember(state, point, residual, rejected)
        accepted = jnp.where(rejected, state.accepted, state.accepted + 1)
        new_state = AndersonState(
            point,
            residual,
            moves,
            changes,
            accepted,
            jnp.where(rejected, state.accepted - 1, state.first),
            start_size,
            jnp.where(rejected, jnp.inf, self.norm(residual / (self.atol + self.rtol * jnp.abs(point)))),
            ~rejected & _has_diverged(size, start_size),
        )
        finished = (new_state.error <= 1) | new_state.diverged
        new_point = jnp.where(finished, point, self._proposal(point, residual, moves, changes))
        return new_point.reshape(y.shape), new_state, aux

    def terminate(
        self, fn: Any, y: Array, args: Any, options: Any, state: AndersonState, tags: Any
    ) -> tuple[Bool[Array, ""], optx.RESULTS]:
        """Whether to stop, and why."""
        outcome = optx.RESULTS.where(state.diverged, optx.RESULTS.nonlinear_divergence, optx.RESULTS.successful)
        return (state.error <= 1) | state.diverged, outcome

    def postprocess(
        self, fn: Any, y: Array, aux: Any, args: Any, options: Any, state: AndersonState, tags: Any, result: Any
    ) -> tuple[Array, Any, dict[str, Any]]:
        """Nothing is left to do."""
        return y, aux, {}

    def _remember(self, state: AndersonState, point: Array, residual: Array, rejected: Array) -> tuple[Array, Array]:
        """Add the last move and the change of the residual to the history; forget all of it after a rejected step."""
        memory = state.moves.shape[0]
        if memory == 0:
            return state.moves, state.changes
        slot = (state.accepted - 1) % memory
        known = state.accepted > 0
        moves = state.moves.at[slot].set(jnp.where(known, point - state.point, 0))
        changes = state.changes.at[slot].set(jnp.where(known, residual - state.residual, 0))
        return jnp.where(rejected, 0, moves), jnp.where(rejected, 0, changes)

    def _proposal(self, point: Array, residual: Array, moves: Array, changes: Array) -> Array:
        plain = point + self.damping * residual
        if moves.shape[0] == 0:
            return plain
        # Columns of unit length: changes shrink by orders of magnitude on the way, and the cutoff is to compare directions.
        length = jnp.linalg.norm(changes, axis=1)
        length = jnp.where(length > 0, length, 1)
        share, *_ = jnp.linalg.lstsq((changes / length[:, None]).T, residual, rcond=RANK_CUTOFF)
        return plain - (share / length) @ (moves + self.damping * changes)


def _has_diverged(size: Array, start_size: Array) -> Array:
    """Whether a residual of this size, after one of `start_size` at the start, is beyond any detour of a converging iteration."""
    return ~(size <= DIVERGED_GROWTH * jnp.maximum(1, start_size))


def _guesses(parameter: float, known: list[tuple[float, np.ndarray]], start: np.ndarray) -> list[np.ndarray]:
    if not known:
        return [start]
    last_parameter, last = known[-1]
    if len(known) == 1:
        return [last]
    before_parameter, before = known[-2]
    slope = (last - before) / (last_parameter - before_parameter)
    return [last + (parameter - last_parameter) * slope, last]


def _dynamic(leaf: Any) -> Any:
    """Floats and arrays may change between calls; anything else is part of the program."""
    if isinstance(leaf, (float, np.ndarray, np.generic, jax.Array)):
        array = jnp.asarray(leaf)
        return array.astype(jnp.float64) if jnp.issubdtype(array.dtype, jnp.floating) else array
    return leaf


def _start(start: ArrayLike) -> np.ndarray:
    array = np.asarray(start)
    if array.dtype.kind not in "biuf" or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"start must be finite real numbers, at least one; got {start!r}")
    return array.astype(float)


def _check(method: str, damping: float, tolerance: float, max_steps: int | None) -> None:
    if method not in MAX_STEPS:
        raise ValueError(f"method must be one of {', '.join(MAX_STEPS)}; got {method!r}")
    if not 0 < damping <= 1:
        raise ValueError(f"damping, the share of the new value, must be in (0, 1]; got {damping}")
    if method == "newton" and damping != 1:
        raise ValueError(
            f"damping applies to 'damped' and 'anderson'; 'newton' takes whole steps, got damping {damping}"
        )
    if not FINEST_TOLERANCE <= tolerance < 1:
        raise ValueError(f"tolerance must be in [{FINEST_TOLERANCE:g}, 1); got {tolerance}")
    if max_steps is not None and max_steps < 1:
        raise ValueError(f"max_steps must be at least 1; got {max_steps}")


def _failure(found: FixedPoint, method: str) -> str:
    return f"{found.outcome.value} (method {method}, {found.iterations:,} steps, residual {found.residual:.1e})"
