"""Runs of closed moment equations side by side, on a GPU or a CPU: each at rates, a volume and a start of its own.

A fixed number of lanes advance together, each with steps of its own (RODAS); a run that has shown how it ends makes room for the
next one, so that none waits for a slow neighbor. The rules are those of `moment_dynamics.run_to_end`; what differs is the
integrator, the method that finds steady states (Newton's), and how stability is decided: by the Routh-Hurwitz criterion, since
devices have no eigenvalues of unsymmetric matrices. Derived here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from numpy.typing import NDArray

from ..numerics.rosenbrock import ORDER, rosenbrock_step, small_inverse
from .moment_dynamics import DIVERGED, LEAST_AMPLITUDE, PATIENCE, SETTLED, SUSTAINED, UNPHYSICAL, WINDOWS
from .moment_family import MomentFamily

RELATIVE, ABSOLUTE = 1e-7, 1e-10
FIRST_STEP, SMALLEST_STEP = 1e-6, 1e-13  # of a window; a run that needs smaller ones diverges
MOST_STEPS = 20_000  # in one window
STRETCH = 64  # steps between two looks at which runs have ended
NEWTON_STEPS, RESIDUAL = 12, 1e-10
NEAREST = 1e-7
SWINGS = 4  # windows that keep their amplitude, after which a run oscillates

RUNNING, STEADY, OSCILLATING, LEFT, UNPHYSICAL_END, LOST = range(
    6
)  # how a run ends; LEFT: it diverged; LOST: it told nothing


@dataclass(frozen=True, eq=False)
class RunEnds:
    """How every run ended, point after point: `ending`, scaled `steady` state (NaN without one), least moments in counts."""

    ending: NDArray[np.int64]
    steady: NDArray[np.float64]
    least_mean: NDArray[np.float64]
    least_variance: NDArray[np.float64]
    steps: NDArray[np.int64]


def run_side_by_side(
    family: MomentFamily,
    constants: NDArray[np.float64],
    volumes: NDArray[np.float64],
    starts: NDArray[np.float64],
    horizon: float,
    width: int,
    progress: Callable[[int, int], None] | None,
) -> RunEnds:
    """All runs of all points, `width` at a time.

    `constants` (points, reactions), `volumes` (points,), `starts` (points, runs, species).
    """
    program = _program(family)
    source = _Source(program, constants, volumes, starts, horizon)
    total = len(source.starts)
    width = min(width, max(16, total))
    runs = RunEnds(
        np.full(total, LOST),
        np.full((total, program.size), np.nan),
        np.zeros(total),
        np.zeros(total),
        np.zeros(total, dtype=np.int64),
    )
    names = tuple(field.name for field in fields(RunEnds))
    place = np.arange(width)
    waiting, done = width, 0
    with jax.enable_x64(True):
        lanes = source.lanes(np.arange(width))
        end = jnp.asarray(horizon, jnp.float64)
        while done < total:
            lanes = program.stretch(lanes, end)
            ended = np.flatnonzero((np.asarray(lanes.ending) != RUNNING) & (place < total))
            if not ended.size:
                continue
            for name in names:
                getattr(runs, name)[place[ended]] = np.asarray(getattr(lanes, name))[ended]
            done += ended.size
            place[ended] = np.arange(waiting, waiting + ended.size)
            waiting += ended.size
            # Few different numbers of lanes mean few programs to compile; a repeated lane gets the same run twice.
            at = np.concatenate([ended, np.full(_rounded(ended.size) - ended.size, ended[-1])])
            lanes = _placed(lanes, jnp.asarray(at), source.lanes(place[at]))
            if progress is not None:
                progress(done, total)
    return runs


class _Lanes(NamedTuple):
    """Runs side by side; every field has the number of lanes as its first dimension."""

    coefficients: Float[Array, "lanes terms"]
    volume: Float[Array, " lanes"]
    limits: Float[Array, "lanes n"]
    rounding: Float[Array, " lanes"]
    state: Float[Array, "lanes n"]
    time: Float[Array, " lanes"]
    low: Float[Array, "lanes species"]
    high: Float[Array, "lanes species"]
    window: Array
    window_steps: Array
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


@jax.jit
def _placed(lanes: _Lanes, at: Array, fresh: _Lanes) -> _Lanes:
    return jax.tree.map(lambda old, new: old.at[at].set(new), lanes, fresh)


def _rounded(count: int) -> int:
    """The next power of four."""
    return int(4 ** math.ceil(math.log(count, 4) - 1e-9)) if count > 1 else 1


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
        return jnp.stack([products[low:high].sum() for low, high in pairwise(ends)])

    @cached_property
    def stretch(self) -> Callable[[_Lanes, Any], _Lanes]:
        """Advance all lanes by some steps, at most to the ends of their windows, and note how they end."""
        return jax.jit(jax.vmap(self._stretch, in_axes=(0, None)))

    def _stretch(self, lane: Any, horizon: Array) -> Any:
        species, places = self.species, self.variance_places

        def function(y: Array) -> Array:
            return self.derivative(y, lane.coefficients)

        def goes_on(carry: Any) -> Bool[Array, ""]:
            count, here = carry
            return (count < STRETCH) & (here.time < horizon) & (here.ending == RUNNING)

        def advance(carry: Any) -> Any:
            count, here = carry
            trial = jnp.minimum(here.step, horizon - here.time)
            moved, error = rosenbrock_step(function, here.state, trial)
            allowed = ABSOLUTE + RELATIVE * jnp.maximum(jnp.abs(here.state), jnp.abs(moved))
            size = jnp.sqrt(jnp.mean((error / allowed) ** 2))
            size = jnp.where(jnp.isfinite(size), size, jnp.inf)
            accepted = size <= 1.0
            factor = jnp.clip(0.9 * jnp.maximum(size, 1e-10) ** (-1.0 / ORDER), 0.1, 5.0)
            # A step cut short by the end of the window says nothing of the next one.
            following = jnp.where(accepted & (trial < here.step), here.step, trial * factor)
            state = jnp.where(accepted, moved, here.state)
            window_steps = here.window_steps + 1
            failed = (
                (jnp.abs(state) > here.limits).any()
                | (~accepted & (following < SMALLEST_STEP * horizon))
                | (window_steps >= MOST_STEPS)
            )
            least_variance = jnp.min(state[places], initial=jnp.inf) * here.volume
            after = here._replace(
                state=state,
                # A last step may miss the end of the window by rounding.
                time=jnp.where(accepted, jnp.where(trial < here.step, horizon, here.time + trial), here.time),
                step=following,
                low=jnp.minimum(here.low, state[:species]),
                high=jnp.maximum(here.high, state[:species]),
                least_variance=jnp.minimum(here.least_variance, least_variance),
                window_steps=window_steps,
                steps=here.steps + 1,
                ending=jnp.where(failed, LEFT, here.ending),
            )
            return count + 1, after

        _, lane = jax.lax.while_loop(goes_on, advance, (0, lane))
        judged = self._ended(lane, function)
        over = (lane.time >= horizon) & (lane.ending == RUNNING)
        return jax.tree.map(lambda new, old: jnp.where(over, new, old), judged, lane)

    def _ended(self, lane: Any, function: Callable[[Array], Array]) -> Any:
        """The rules of `run_to_end` at the end of a window, and the beginning of the next one."""
        steady, found = _steady_near(function, lane.state)
        amplitude = (lane.high - lane.low).max()
        least_mean = jnp.minimum(lane.least_mean, lane.low.min() * lane.volume)
        distance = jnp.abs(lane.state - steady).max() / (1.0 + jnp.abs(steady).max())
        near = found & (distance < SETTLED) & ((distance < lane.last_distance) | (distance < NEAREST))
        decaying = amplitude < SUSTAINED * lane.before
        counted = ~(decaying | (amplitude < LEAST_AMPLITUDE) | (lane.before == 0.0))
        sustained = jnp.where(counted, lane.sustained + 1, 0)
        bad_windows = lane.bad_windows + (jnp.minimum(least_mean, lane.least_variance) < -lane.rounding)
        window = lane.window + 1
        ending = jnp.where(window >= WINDOWS, LOST, RUNNING)
        ending = jnp.where(bad_windows > PATIENCE, UNPHYSICAL_END, ending)
        ending = jnp.where(sustained >= SWINGS, OSCILLATING, ending)
        ending = jnp.where(near, STEADY, ending)
        means = lane.state[: self.species]
        return lane._replace(
            time=jnp.zeros_like(lane.time),
            low=means,
            high=means,
            window=window,
            window_steps=jnp.zeros_like(lane.window_steps),
            least_mean=least_mean,
            before=amplitude,
            sustained=sustained,
            last_distance=jnp.where(found, distance, lane.last_distance),
            bad_windows=bad_windows,
            ending=ending,
            steady=jnp.where(ending == STEADY, steady, jnp.nan),
        )


def _steady_near(function: Callable[[Array], Array], state: Array) -> tuple[Array, Array]:
    """Newton's method from a state, and whether it found a stable steady state."""
    jacobian = jax.jacfwd(function)

    def improve(_: int, y: Array) -> Array:
        return y - small_inverse(jacobian(y)) @ function(y)

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


@lru_cache(maxsize=8)
def _program(family: MomentFamily) -> _Program:
    return _Program(family)


class _Source:
    """The beginnings of all runs, point after point."""

    def __init__(
        self,
        program: _Program,
        rates: NDArray[np.float64],
        volumes: NDArray[np.float64],
        starts: NDArray[np.float64],
        horizon: float,
    ) -> None:
        self.program, self.rates, self.volumes, self.horizon = program, rates, volumes, horizon
        self.runs, self.species = starts.shape[1:]
        self.starts = starts.reshape(-1, self.species)

    def lanes(self, numbers: NDArray[np.int64]) -> _Lanes:
        """The runs of these numbers at their beginnings; for numbers behind the last one lanes that have ended already.

        Within a scope of 64 bits.
        """
        count = len(numbers)
        place = np.minimum(numbers, len(self.starts) - 1)
        point = place // self.runs
        volume = self.volumes[point]
        means = self.starts[place] / volume[:, None]
        size = np.maximum(1.0, means.max(axis=1))
        state = np.zeros((count, self.program.size))
        state[:, : self.species] = means
        zeros, counts = np.zeros(count), np.zeros(count, dtype=np.int64)
        beginnings: dict[str, Any] = dict(
            coefficients=self.program.family.coefficients(self.rates[point], volume),
            volume=volume,
            limits=DIVERGED * size[:, None] ** self.program.orders,
            rounding=UNPHYSICAL * volume * size,
            state=state,
            time=zeros,
            low=means,
            high=means,
            window=counts,
            window_steps=counts,
            step=np.full(count, FIRST_STEP * self.horizon),
            least_mean=means.min(axis=1) * volume,
            least_variance=zeros,
            before=zeros,
            sustained=counts,
            last_distance=np.full(count, np.inf),
            bad_windows=counts,
            ending=np.where(numbers < len(self.starts), RUNNING, LOST),
            steady=np.full((count, self.program.size), np.nan),
            steps=counts,
        )
        return _Lanes(**{name: jnp.asarray(values) for name, values in beginnings.items()})
