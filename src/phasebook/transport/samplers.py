"""Samplers of an interpolant's law: its ODE, and its forward and backward SDEs with any noise strength, constant or of time.

With velocity b and score s, dX = b dt carries the law of t = 0 to that of t, and so does dX = (b + ε s) dt + √(2ε) dW for every
ε(t) ≥ 0; from t = 1 down the same laws come of steps X ← X − (b − ε s) h + √(2εh) ξ. Source: arXiv 2303.08797. The fields are any
object with methods `velocity(t, x)` and `score(t, x)`: a mixture's, exact, or learned ones.

The SDE by default goes by Strang's splitting: half the noise, a Heun step of the drift, half the noise; of weak order two at the
price of Heun. `heun` is noise, then a Heun step with both drifts at the new time; `euler` is Euler-Maruyama, of one evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from ..errors import NotConverged
from .gaussian_mixture import ShapeError

Precision = Literal["single", "double"]
Direction = Literal["forward", "backward"]
Scheme = Literal["splitting", "heun", "euler"]
Noise = float | Callable[[Array], Array]
MOST_STEPS = 20_000
EVALUATIONS = {"splitting": 2, "heun": 2, "euler": 1}


class Fields(Protocol):
    """Velocity and score of a law that moves from t = 0 to 1, at one time and points (n, d)."""

    def velocity(self, t: Array, x: Array) -> Array: ...

    def score(self, t: Array, x: Array) -> Array: ...


@dataclass(frozen=True)
class Flow:
    """Points (n, d) at the end of an ODE, the integral (n,) of the divergence along each path, and evaluations of the velocity.

    Where the divergence was not asked for, its integral is NaN.
    """

    points: Float[np.ndarray, "n d"]
    divergence: Float[np.ndarray, " n"]
    evaluations: int


def flow(
    fields: Fields,
    x: ArrayLike,
    *,
    start: float = 0.0,
    stop: float = 1.0,
    tolerance: float = 1e-6,
    steps: int | None = None,
    divergence: Literal["none", "exact", "hutchinson"] = "none",
    seed: int = 0,
    precision: Precision = "double",
) -> Flow:
    """Follow dX/dt = b(t, X) from points (n, d) at `start` to `stop`, forward or backward in time.

    By Dormand and Prince's pair of orders 5 and 4, one step size for all points and the largest error within `tolerance`, or by
    `steps` classical Runge-Kutta steps. `divergence` integrates ∇·b along: exactly (d products with the Jacobian), or by
    Hutchinson's estimate with one random sign vector per path, drawn from `seed`. Raises ValueError, ShapeError for wrong
    arguments; NotConverged where 20,000 steps do not reach the tolerance or a path is not finite.
    """
    times = _checked_span(start, stop)
    if steps is not None and steps < 1:
        raise ValueError(f"steps must be at least 1; got {steps}")
    if not (tolerance > 0 and math.isfinite(tolerance)):
        raise ValueError(f"tolerance must be positive; got {tolerance!r}")
    with scope(precision):
        points = points_on_device(x, precision)
        probe = jnp.zeros_like(points)
        if divergence == "hutchinson":
            probe = jax.random.rademacher(jax.random.key(seed), points.shape, dtype=points.dtype)
        begin, end = (jnp.asarray(t, dtype=points.dtype) for t in times)
        if steps is None:
            (final, integral), taken = _adaptive(
                fields, divergence, points, probe, begin, end, jnp.asarray(tolerance, points.dtype)
            )
        else:
            (final, integral), taken = _fixed(fields, divergence, points, probe, begin, end, jnp.int32(steps))
        found = np.asarray(final, dtype=float), np.asarray(integral, dtype=float)
    if int(taken) < 0 or not np.isfinite(found[0]).all():
        raise NotConverged(
            f"the ODE did not reach t = {stop:g} within the tolerance: raise it, or start and stop away from 0 and 1"
        )
    return Flow(found[0], found[1] if divergence != "none" else np.full(len(found[0]), np.nan), int(taken))


def diffuse(
    fields: Fields,
    x: ArrayLike,
    *,
    noise: Noise,
    steps: int,
    seed: int,
    direction: Direction = "forward",
    start: float | None = None,
    stop: float | None = None,
    scheme: Scheme = "splitting",
    precision: Precision = "single",
) -> Float[np.ndarray, "n d"]:
    """Points (n, d) carried by the SDE with noise strength ε, a number or a function of time, in even steps.

    Forward from t = 0 to 1, or backward from 1 to 0, unless `start` and `stop` say otherwise. With ε = 0 this is the ODE. Calls
    that differ in noise (a number), steps, seed or times share one compiled program. The step must resolve the score: h ε well
    below the smallest variance. Raises ValueError, ShapeError for wrong arguments; NotConverged where a path is not finite.
    """
    forward = direction == "forward"
    if direction not in ("forward", "backward"):
        raise ValueError(f"direction must be forward or backward; got {direction!r}")
    if scheme not in EVALUATIONS:
        raise ValueError(f"scheme must be one of {', '.join(EVALUATIONS)}; got {scheme!r}")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise ValueError(f"steps must be an integer of at least 1; got {steps!r}")
    begin, end = _checked_span(
        (0.0 if forward else 1.0) if start is None else start, float(forward) if stop is None else stop
    )
    if (end > begin) != forward:
        raise ValueError(
            f"{direction} in time, stop must lie {'after' if forward else 'before'} start; got {begin:g}, {end:g}"
        )
    silent = not callable(noise) and check_noise(noise) == 0
    with scope(precision):
        points = points_on_device(x, precision)
        strength = noise if callable(noise) else jnp.asarray(noise, dtype=points.dtype)
        moves = jnp.asarray([begin, (end - begin) / steps], dtype=points.dtype)
        key = jax.random.key(seed)
        final = np.asarray(
            _sde(fields, points, strength, moves, jnp.int32(steps), key, scheme, forward, silent), dtype=float
        )
    if not np.isfinite(final).all():
        raise NotConverged("a path of the SDE is not finite: take more steps")
    return final


def check_noise(noise: float) -> float:
    """Raises ValueError unless the noise strength is finite and not negative."""
    if not (np.isfinite(noise) and noise >= 0):
        raise ValueError(f"noise must be finite and not negative; got {noise!r}")
    return float(noise)


def scope(precision: Precision) -> AbstractContextManager[Any]:
    """The JAX scope of a precision."""
    if precision not in ("single", "double"):
        raise ValueError(f"precision must be single or double; got {precision!r}")
    return jax.enable_x64(True) if precision == "double" else nullcontext()


def points_on_device(x: ArrayLike, precision: Precision) -> Array:
    """Points (n, d) in a precision; (n,) is one dimension. Raises ShapeError, and ValueError for rows that are not finite."""
    points = np.asarray(x, dtype=np.float64 if precision == "double" else np.float32)
    points = points[:, None] if points.ndim == 1 else points
    if points.ndim != 2 or points.size == 0:
        raise ShapeError(f"x must be points of shape (n, d); got {np.shape(x)}")
    if bad := int((~np.isfinite(points)).any(axis=1).sum()):
        raise ValueError(f"x must be finite; {bad} of {len(points)} rows are not")
    return jnp.asarray(points)


def divergence_of(
    field: Callable[[Array], Array], x: Float[Array, "n d"]
) -> tuple[Float[Array, "n d"], Float[Array, " n"]]:
    """A field at points and its exact divergence there, by one product with the Jacobian per dimension."""
    value, pushed = jax.linearize(field, x)
    basis = jnp.eye(x.shape[1], dtype=x.dtype)
    columns = jax.vmap(lambda axis: pushed(jnp.broadcast_to(axis, x.shape)) @ axis)(basis)
    return value, columns.sum(0)


def _rate(fields: Fields, divergence: str, probe: Array) -> Callable[[Array, tuple[Array, Array]], tuple[Array, Array]]:
    """The right-hand side for (x, integral of the divergence)."""

    def rate(t: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        x, integral = state
        if divergence == "exact":
            return divergence_of(lambda points: fields.velocity(t, points), x)
        if divergence == "hutchinson":
            value, pushed = jax.jvp(lambda points: fields.velocity(t, points), (x,), (probe,))
            return value, (probe * pushed).sum(-1)
        return fields.velocity(t, x), jnp.zeros_like(integral)

    return rate


@eqx.filter_jit
def _fixed(
    fields: Fields, divergence: str, x: Array, probe: Array, begin: Array, end: Array, steps: Array
) -> tuple[tuple[Array, Array], Array]:
    rate, step = _rate(fields, divergence, probe), (end - begin) / steps

    def move(state: Any, rates: Any, length: Array) -> Any:
        return jax.tree_util.tree_map(lambda value, slope: value + length * slope, state, rates)

    def one(index: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        # Rounding must not step over the ends, where schedules are not defined.
        t, middle, later = (jnp.clip(begin + count * step, 0.0, 1.0) for count in (index, index + 0.5, index + 1))
        first = rate(t, state)
        second = rate(middle, move(state, first, step / 2))
        third = rate(middle, move(state, second, step / 2))
        fourth = rate(later, move(state, third, step))
        mean = jax.tree_util.tree_map(lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, first, second, third, fourth)
        return move(state, mean, step)

    return jax.lax.fori_loop(0, steps, one, (x, jnp.zeros_like(x[:, 0]))), 4 * steps


# Dormand, Prince, J. Comput. Appl. Math. 6, 19 (1980).
_NODES = np.array([0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1])
_STAGES = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [1 / 5, 0, 0, 0, 0, 0, 0],
        [3 / 40, 9 / 40, 0, 0, 0, 0, 0],
        [44 / 45, -56 / 15, 32 / 9, 0, 0, 0, 0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0, 0, 0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0, 0],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0],
    ]
)
_ERROR = _STAGES[6] - np.array([5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40])


@eqx.filter_jit
def _adaptive(
    fields: Fields, divergence: str, x: Array, probe: Array, begin: Array, end: Array, tolerance: Array
) -> tuple[tuple[Array, Array], Array]:
    """Steps until `end`; the count of evaluations is negative where MOST_STEPS do not suffice."""
    rate, kind, direction = _rate(fields, divergence, probe), x.dtype, jnp.sign(end - begin)
    nodes, stages, error_weights = (jnp.asarray(table, dtype=kind) for table in (_NODES, _STAGES, _ERROR))

    def combined(rates: Any, weights: Array) -> Any:
        return jax.tree_util.tree_map(lambda stack: jnp.tensordot(weights, stack, axes=1), rates)

    def stage(index: Array, carry: tuple[Any, Array, Any, Array]) -> tuple[Any, Array, Any, Array]:
        rates, t, state, step = carry
        shift = combined(rates, stages[index])
        here = jax.tree_util.tree_map(lambda value, slope: value + step * slope, state, shift)
        fresh = rate(jnp.clip(t + nodes[index] * step, 0.0, 1.0), here)
        return jax.tree_util.tree_map(lambda stack, value: stack.at[index].set(value), rates, fresh), t, state, step

    def advance(carry: tuple[Array, Any, Any, Array, Array]) -> tuple[Array, Any, Any, Array, Array]:
        t, state, first, step, tried = carry
        step = direction * jnp.minimum(jnp.abs(step), jnp.abs(end - t))
        rates = jax.tree_util.tree_map(lambda value: jnp.zeros((7, *value.shape), kind).at[0].set(value), first)
        rates = jax.lax.fori_loop(1, 7, stage, (rates, t, state, step))[0]
        proposal = jax.tree_util.tree_map(lambda value, slope: value + step * slope, state, combined(rates, stages[6]))
        errors = combined(rates, error_weights)
        relative = [
            jnp.max(jnp.abs(step * error) / (tolerance * (1 + jnp.abs(value))))
            for error, value in zip(errors, proposal, strict=True)
        ]
        size = jnp.nan_to_num(jnp.maximum(*relative), nan=1e9, posinf=1e9)
        accepted = size <= 1
        state, first = (
            jax.tree_util.tree_map(lambda new, old: jnp.where(accepted, new, old), fresh, held)
            for fresh, held in ((proposal, state), (jax.tree_util.tree_map(lambda stack: stack[6], rates), first))
        )
        t = jnp.where(accepted, jnp.where(jnp.abs(end - t) <= jnp.abs(step), end, t + step), t)
        return t, state, first, step * jnp.clip(0.9 * jnp.maximum(size, 1e-10) ** -0.2, 0.2, 5.0), tried + 1

    def unfinished(carry: tuple[Array, Any, Any, Array, Array]) -> Array:
        return (carry[0] != end) & (carry[4] < MOST_STEPS)

    state = (x, jnp.zeros_like(x[:, 0]))
    begun = (begin, state, rate(begin, state), (end - begin) / 100, jnp.int32(0))
    t, state, _, _, tried = jax.lax.while_loop(unfinished, advance, begun)
    return state, jnp.where(t == end, 6 * tried + 1, -1)


@eqx.filter_jit
def _sde(
    fields: Fields,
    x: Array,
    noise: Any,
    moves: Array,
    steps: Array,
    key: Array,
    scheme: str,
    forward: bool,
    silent: bool,
) -> Array:
    begin, step = moves
    length = jnp.abs(step)

    def strength(t: Array) -> Array:
        return noise(t) if callable(noise) else noise

    def drift(t: Array, points: Array) -> Array:
        velocity = fields.velocity(t, points)
        velocity = velocity if forward else -velocity
        return velocity if silent else velocity + strength(t) * fields.score(t, points)

    def shake(points: Array, t: Array, share: Array | float, index: Array) -> Array:
        if silent:
            return points
        draws = jax.random.normal(jax.random.fold_in(key, index), points.shape, dtype=points.dtype)
        return points + jnp.sqrt(2 * strength(t) * length * share) * draws

    def one(index: Array, points: Array) -> Array:
        # Rounding must not step over the ends, where schedules are not defined.
        t, later = (jnp.clip(begin + count * step, 0.0, 1.0) for count in (index, index + 1))
        if scheme == "euler":
            return shake(points + length * drift(t, points), t + step / 2, 1.0, index)
        if scheme == "heun":
            points, t = shake(points, t + step / 2, 1.0, index), later
        first = drift(t, points)
        points = points + length / 2 * (first + drift(later, points + length * first))
        if scheme == "heun":
            return points
        # The second half of this step's noise and the first of the next one are drawn as one.
        return shake(points, later, jnp.where(index == steps - 1, 0.5, 1.0), index)

    if scheme == "splitting":
        x = shake(x, begin, 0.5, steps)
    return jax.lax.fori_loop(0, steps, one, x)


def _checked_span(start: float, stop: float) -> tuple[float, float]:
    for name, value in (("start", start), ("stop", stop)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1]; got {value!r}")
    if start == stop:
        raise ValueError(f"start and stop must differ; both are {start!r}")
    return float(start), float(stop)
