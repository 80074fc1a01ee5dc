"""The verdict on closed moment equations at very many rates and volumes at once, on a GPU or a CPU.

All runs of a batch advance side by side, each with a step of its own (RODAS), window after window. After each window those that have
shown how they end are taken out, and the rest is packed together. The rules are those of `moment_dynamics.run_to_end` and
`validity.validity`; what differs is the integrator, the method that finds steady states (Newton's), and how stability is decided: by
the Routh-Hurwitz criterion, since devices have no eigenvalues of unsymmetric matrices. Source: arXiv 1407.8316; derived here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from numpy.typing import ArrayLike, NDArray

from ..numerics.rosenbrock import ORDER, rosenbrock_step
from .closures import PRODUCT_CLOSURES
from .moment_dynamics import DIVERGED, LEAST_AMPLITUDE, PATIENCE, SETTLED, SUSTAINED, UNPHYSICAL, WINDOWS
from .moment_family import MomentFamily
from .validity import REASONS, SAME, Reason

RELATIVE, ABSOLUTE = 1e-7, 1e-10
SMALLEST_STEP = 1e-13  # of a window; a run that needs smaller ones diverges
MOST_STEPS = 20_000  # in one window
NEWTON_STEPS, RESIDUAL = 12, 1e-10
NEAREST = 1e-7
SWINGS = 4  # windows that keep their amplitude, after which a run oscillates
UNDECIDED = len(REASONS)

_RUNNING, _STEADY, _OSCILLATING, _DIVERGED, _UNPHYSICAL = range(5)


@dataclass(frozen=True, eq=False)
class MomentSweep:
    """Verdicts at `codes.size` points: codes into `REASONS`, or `UNDECIDED`; `count` (points,) of distinct stable ends.

    `means` (points, species) and `covariances` (points, species, species) [molecules] of the end with the fewest molecules of the
    first species; NaN where no run ended in a steady state. `steps`: integration steps of all runs together.
    """

    codes: NDArray[np.int64]
    count: NDArray[np.int64]
    means: NDArray[np.float64]
    covariances: NDArray[np.float64]
    steps: int

    def share(self, reason: Reason) -> float:
        """Part of the points with this verdict."""
        return float(np.mean(self.codes == REASONS.index(reason)))


def sweep_validity(
    family: MomentFamily,
    constants: ArrayLike,
    volumes: ArrayLike,
    starts: ArrayLike,
    *,
    horizon: float = 50.0,
    chunk: int = 65_536,
    progress: Callable[[int, int], None] | None = None,
) -> MomentSweep:
    """Judge the closed equations at every point, from several starts without noise.

    `constants` (points, reactions): c_r as `ReactionNetwork.rate_constants` gives them at the point's volume; `volumes` (points,);
    `starts` (points, runs, species), counts. `chunk`: runs that advance side by side; `progress(done, points)` is called after each
    part. Raises ValueError on shapes or numbers outside these, a closure that divides by means, or conserved sums.
    """
    rates, sizes, begin = (np.asarray(each, dtype=np.float64) for each in (constants, volumes, starts))
    _check(family, rates, sizes, begin, horizon, chunk)
    points, runs = begin.shape[:2]
    program = _Program(family)
    parts = max(1, chunk // runs)
    found = []
    for first in range(0, points, parts):
        here = slice(first, min(first + parts, points))
        found.append(_judged(program, rates[here], sizes[here], begin[here], horizon))
        if progress is not None:
            progress(here.stop, points)
    return MomentSweep(
        *(np.concatenate([getattr(each, name) for each in found]) for name in ("codes", "count", "means", "covariances")),
        sum(each.steps for each in found),
    )


def _check(
    family: MomentFamily,
    rates: NDArray[np.float64],
    volumes: NDArray[np.float64],
    starts: NDArray[np.float64],
    horizon: float,
    chunk: int,
) -> None:
    network = family.network
    if family.closure in PRODUCT_CLOSURES:
        raise ValueError(f"closure={family.closure} divides by the means; sweeps take normal, poisson or central")
    change = network.change.toarray()
    if np.linalg.matrix_rank(change) < change.shape[1]:
        raise ValueError("the network conserves sums of counts; take it without conserved species")
    points = volumes.size
    if volumes.shape != (points,) or rates.shape != (points, len(network.reactions)) or points == 0:
        raise ValueError(
            f"constants must have the shape (points, {len(network.reactions)}) and volumes (points,); "
            f"got {rates.shape} and {volumes.shape}"
        )
    if starts.ndim != 3 or starts.shape[0] != points or starts.shape[2] != len(network.species) or starts.shape[1] == 0:
        raise ValueError(f"starts must have the shape ({points}, runs, {len(network.species)}); got {starts.shape}")
    for name, values, good in (("constants", rates, rates >= 0), ("volumes", volumes, volumes > 0), ("starts", starts, starts >= 0)):
        if not (np.isfinite(values) & good).all():
            raise ValueError(f"{name} must be finite and not negative (volumes: positive); got {values[~good][:1]}")
    if not (np.isfinite(horizon) and horizon > 0) or chunk < 1:
        raise ValueError(f"horizon must be a positive time and chunk at least 1; got {horizon!r} and {chunk}")


class _Lanes(NamedTuple):
    """Runs side by side; every field has the number of lanes as its first dimension."""

    coefficients: Float[Array, "lanes terms"]
    volume: Float[Array, " lanes"]
    limits: Float[Array, "lanes n"]
    rounding: Float[Array, " lanes"]
    state: Float[Array, "lanes n"]
    step: Float[Array, " lanes"]
    least_mean: Float[Array, " lanes"]
    least_variance: Float[Array, " lanes"]
    before: Float[Array, " lanes"]
    sustained: Array
    last_distance: Float[Array, " lanes"]
    bad_windows: Array
    ending: Array
    steady: Float[Array, "lanes n"]
    steps: Array


class _Program:
    """The compiled window of one family of equations."""

    def __init__(self, family: MomentFamily) -> None:
        self.family = family
        self.species = len(family.network.species)
        self.size = self.species + len(family.low)
        pattern = family.pattern
        counts = np.diff(pattern.factor_start)
        # Factors are padded with a variable that is 1.
        self._one = pattern.inputs + pattern.stages
        self._factors = np.full((len(counts), max(1, int(counts.max(initial=0)))), self._one)
        for term, count in enumerate(counts):
            self._factors[term, :count] = pattern.factors[pattern.factor_start[term] :][:count]
        self._row_start = pattern.row_start
        pure = [place for place, each in enumerate(family.low) if sum(each) == max(each) == 2]
        self.variance_places = np.array([self.species + place for place in pure], dtype=np.int64)

    @property
    def orders(self) -> NDArray[np.float64]:
        """Powers of the volume by which the entries of a state are scaled."""
        return np.array([1.0] * self.species + [sum(exponents) / 2 for exponents in self.family.low])

    def derivative(self, state: Array, coefficients: Array) -> Array:
        """dy/dt, shape (n,): stages one after another, then all outputs at once."""
        pattern = self.family.pattern
        values = jnp.concatenate([state, jnp.zeros(pattern.stages, state.dtype), jnp.ones(1, state.dtype)])
        for stage in range(pattern.stages):
            terms = slice(self._row_start[stage], self._row_start[stage + 1])
            if terms.start < terms.stop:
                product = jnp.prod(values[self._factors[terms]], axis=-1)
                values = values.at[pattern.inputs + stage].set(coefficients[terms] @ product)
        first = self._row_start[pattern.stages]
        products = coefficients[first:] * jnp.prod(values[self._factors[first:]], axis=-1)
        ends = self._row_start[pattern.stages :] - first
        return jnp.stack([products[low:high].sum() for low, high in zip(ends[:-1], ends[1:], strict=True)])

    @cached_property
    def window(self) -> Callable[[_Lanes, Any], _Lanes]:
        """Advance all lanes by a window and note how they end."""
        return jax.jit(jax.vmap(self._window, in_axes=(0, None)))

    def _window(self, lane: Any, horizon: Array) -> Any:
        species = self.species
        function = lambda y: self.derivative(y, lane.coefficients)  # noqa: E731
        means = lane.state[:species]

        def unfinished(carry: Any) -> Bool[Array, ""]:
            _, time, _, _, _, _, failed, _ = carry
            return (time < horizon) & ~failed

        def advance(carry: Any) -> Any:
            state, time, step, low, high, least_variance, _, steps = carry
            trial = jnp.minimum(step, horizon - time)
            moved, error = rosenbrock_step(function, state, trial)
            allowed = ABSOLUTE + RELATIVE * jnp.maximum(jnp.abs(state), jnp.abs(moved))
            size = jnp.sqrt(jnp.mean((error / allowed) ** 2))
            size = jnp.where(jnp.isfinite(size), size, jnp.inf)
            accepted = size <= 1.0
            factor = jnp.clip(0.9 * jnp.maximum(size, 1e-10) ** (-1.0 / ORDER), 0.1, 5.0)
            # A step cut short by the end of the window says nothing of the next one.
            following = jnp.where(accepted & (trial < step), step, trial * factor)
            state = jnp.where(accepted, moved, state)
            variances = state[self.variance_places]
            steps = steps + 1
            failed = (
                (~jnp.isfinite(state)).any()
                | (jnp.abs(state) > lane.limits).any()
                | (~accepted & (following < SMALLEST_STEP * horizon))
                | (steps - lane.steps >= MOST_STEPS)
            )
            return (
                state,
                jnp.where(accepted, time + trial, time),
                following,
                jnp.minimum(low, state[:species]),
                jnp.maximum(high, state[:species]),
                jnp.minimum(least_variance, jnp.min(variances, initial=jnp.inf)),
                failed,
                steps,
            )

        begin = (
            lane.state,
            jnp.zeros_like(horizon),
            lane.step,
            means,
            means,
            lane.least_variance / lane.volume,
            jnp.array(False),
            lane.steps,
        )
        state, _, step, low, high, least_variance, failed, steps = jax.lax.while_loop(unfinished, advance, begin)
        lane = lane._replace(
            state=state,
            step=step,
            least_mean=jnp.minimum(lane.least_mean, low.min() * lane.volume),
            least_variance=least_variance * lane.volume,
            steps=steps,
        )
        return self._ended(lane, (high - low).max(), failed, function)

    def _ended(self, lane: Any, amplitude: Array, failed: Array, function: Callable[[Array], Array]) -> Any:
        """The rules of `run_to_end` at the end of a window."""
        steady, found = _steady_near(function, lane.state)
        distance = jnp.abs(lane.state - steady).max() / (1.0 + jnp.abs(steady).max())
        near = found & (distance < SETTLED) & ((distance < lane.last_distance) | (distance < NEAREST))
        decaying = amplitude < SUSTAINED * lane.before
        counted = ~(decaying | (amplitude < LEAST_AMPLITUDE) | (lane.before == 0.0))
        sustained = jnp.where(counted, lane.sustained + 1, 0)
        unphysical = jnp.minimum(lane.least_mean, lane.least_variance) < -lane.rounding
        bad_windows = lane.bad_windows + unphysical
        ending = jnp.where(bad_windows > PATIENCE, _UNPHYSICAL, _RUNNING)
        ending = jnp.where(sustained >= SWINGS, _OSCILLATING, ending)
        ending = jnp.where(near, _STEADY, ending)
        ending = jnp.where(failed, _DIVERGED, ending)
        return lane._replace(
            before=amplitude,
            sustained=sustained,
            last_distance=jnp.where(found, distance, lane.last_distance),
            bad_windows=bad_windows,
            ending=ending,
            steady=jnp.where(ending == _STEADY, steady, jnp.nan),
        )


def _steady_near(function: Callable[[Array], Array], state: Array) -> tuple[Array, Array]:
    """Newton's method from a state, and whether it found a stable steady state."""
    jacobian = jax.jacfwd(function)

    def improve(_: int, y: Array) -> Array:
        return y - jnp.linalg.solve(jacobian(y), function(y))

    found = jax.lax.fori_loop(0, NEWTON_STEPS, improve, state)
    small = jnp.abs(function(found)).max() <= RESIDUAL * (1.0 + jnp.abs(found).max())
    return found, small & jnp.isfinite(found).all() & _is_stable(jacobian(found))


def _is_stable(matrix: Float[Array, "n n"]) -> Bool[Array, ""]:
    """Whether all eigenvalues have negative real parts: Routh's scheme on the characteristic polynomial (Faddeev, Le Verrier)."""
    size = matrix.shape[0]
    # In units of the matrix's size the coefficients stay near one.
    matrix = matrix / jnp.maximum(jnp.abs(matrix).max(), 1e-300)
    coefficients = [jnp.ones((), matrix.dtype)]
    power = jnp.zeros_like(matrix)
    for order in range(1, size + 1):
        power = matrix @ power + coefficients[-1] * jnp.eye(size, dtype=matrix.dtype)
        coefficients.append(-jnp.trace(matrix @ power) / order)
    above, below = coefficients[0::2], coefficients[1::2]
    stable = jnp.array(True)
    for _ in range(size):
        stable = stable & (below[0] > 0.0)
        padded = below + [jnp.zeros((), matrix.dtype)] * (len(above) - len(below))
        ratio = above[0] / jnp.where(below[0] == 0.0, 1e-300, below[0])
        above, below = below, [above[i] - ratio * padded[i] for i in range(1, len(above))]
        if not below:
            break
    return stable


def _judged(
    program: _Program,
    rates: NDArray[np.float64],
    volumes: NDArray[np.float64],
    starts: NDArray[np.float64],
    horizon: float,
) -> MomentSweep:
    points, runs, species = starts.shape
    family = program.family
    lanes = points * runs
    volume = np.repeat(volumes, runs)
    means = starts.reshape(lanes, species) / volume[:, None]
    size = np.maximum(1.0, means.max(axis=1))
    state = np.zeros((lanes, program.size))
    state[:, :species] = means
    zeros, counts = np.zeros(lanes), np.zeros(lanes, dtype=np.int64)
    fields = _Lanes(
        coefficients=np.repeat(family.coefficients(rates, volumes), runs, axis=0),
        volume=volume,
        limits=DIVERGED * size[:, None] ** program.orders,
        rounding=UNPHYSICAL * volume * size,
        state=state,
        step=np.full(lanes, 1e-6 * horizon),
        least_mean=means.min(axis=1) * volume,
        least_variance=zeros,
        before=zeros,
        sustained=counts,
        last_distance=np.full(lanes, np.inf),
        bad_windows=counts,
        ending=counts,
        steady=np.full((lanes, program.size), np.nan),
        steps=counts,
    )
    ended = _Lanes(*(each.copy() for each in fields))
    place = np.arange(lanes)
    for _ in range(WINDOWS):
        fields = _advanced(program, fields, horizon)
        for whole, part in zip(ended, fields, strict=True):
            whole[place] = part
        left = fields.ending == _RUNNING
        if not left.any():
            break
        place, fields = place[left], _Lanes(*(each[left] for each in fields))
    return _verdicts(program, ended, volumes, starts)


def _advanced(program: _Program, lanes: Any, horizon: float) -> Any:
    """One window; lanes are padded to a power of two, so that few shapes are compiled."""
    count = len(lanes.volume)
    padded = max(16, 1 << (count - 1).bit_length())
    filled = _Lanes(*(np.concatenate([each, np.repeat(each[:1], padded - count, axis=0)]) for each in lanes))
    with jax.enable_x64(True):
        moved = program.window(_Lanes(*map(jnp.asarray, filled)), jnp.asarray(horizon, jnp.float64))
        return _Lanes(*(np.array(each[:count]) for each in moved))


def _verdicts(
    program: _Program, lanes: Any, volumes: NDArray[np.float64], starts: NDArray[np.float64]
) -> MomentSweep:
    """The rules of `validity`, over all points at once."""
    points, runs, species = starts.shape
    rounding = UNPHYSICAL * np.maximum(volumes, starts.max(axis=(1, 2)))

    def of_runs(values: Any) -> Any:
        return np.asarray(values).reshape(points, runs, *np.shape(values)[1:])

    ending, steady = of_runs(lanes.ending), of_runs(lanes.steady)
    settled = ending == _STEADY
    means = steady[..., :species] * volumes[:, None, None]
    covariances = _covariances(program, steady) * volumes[:, None, None, None]
    least = np.full((points, runs), np.inf)
    if program.family.low:
        least[settled] = np.linalg.eigvalsh(covariances[settled])[:, 0]
    count, distinct_first = _distinct(means, settled, volumes)
    found = {
        "diverged": (ending == _DIVERGED).any(axis=1),
        "negative_mean": (of_runs(lanes.least_mean) < -rounding[:, None]).any(axis=1),
        "negative_variance": (of_runs(lanes.least_variance) < -rounding[:, None]).any(axis=1)
        | (least < -rounding[:, None]).any(axis=1),
        "oscillating": (ending == _OSCILLATING).any(axis=1),
        "multistable": count > 1,
    }
    codes = np.full(points, REASONS.index("valid"))
    for reason in reversed(REASONS[:-1]):
        codes[found[reason]] = REASONS.index(reason)
    codes[(ending == _RUNNING).any(axis=1)] = UNDECIDED
    rows = np.arange(points)
    return MomentSweep(codes, count, means[rows, distinct_first], covariances[rows, distinct_first], int(lanes.steps.sum()))


def _covariances(program: _Program, states: NDArray[np.float64]) -> NDArray[np.float64]:
    species = program.species
    matrix = np.zeros((*states.shape[:-1], species, species))
    for place, exponents in enumerate(program.family.low):
        if sum(exponents) == 2:
            (i, *rest) = [index for index, power in enumerate(exponents) if power]
            j = rest[0] if rest else i
            matrix[..., i, j] = matrix[..., j, i] = states[..., species + place]
    return matrix


def _distinct(
    means: NDArray[np.float64], settled: NDArray[np.bool_], volumes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of distinct ends of each point, and the run that ended in the lowest of them."""
    points, runs, _ = means.shape
    new = settled.copy()
    for run in range(runs):
        for other in range(run):
            size = np.maximum(np.abs(means[:, run]), np.abs(means[:, other])) + 1e-6 * volumes[:, None]
            same = (np.abs(means[:, run] - means[:, other]) <= SAME * size).all(axis=1)
            new[:, run] &= ~(same & settled[:, other] & new[:, other])
    first = np.where(settled, means[:, :, 0], np.inf).argmin(axis=1)
    return new.sum(axis=1), first
