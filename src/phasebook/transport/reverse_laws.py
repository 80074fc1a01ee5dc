"""The laws that a reverse SDE and a reverse ODE end at, on the line, how far apart they are, and a bound on that.

With w = log p - phi for the SDE's density p, the velocities of the two laws differ by (g²/2) grad w, so that (derived here)

    W2(p_SDE, p_ODE)(t) <= int_t^T (g²/2)(r) exp(int_t^r L) |grad w_r|_{L²(p_SDE)} dr,

where L(r) is the largest eigenvalue of the symmetric part of grad(-f + g² s/2), over all x.

Not the error of the score opens the gap but the gradient of its residual: a score may be wrong and the gap zero. The bound takes no
law from a sampler: e^w solves the linear backward equation -dv/dt = f v' + (g²/2) v'' + R v, here by central differences and
Crank-Nicolson, and the SDE's density is e^(phi + w). The samplers' laws come from `one_dimensional_laws`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.linalg import lapack

from ..errors import NotConverged
from ..numerics.wasserstein import normal_scores, quantile_distance
from .fokker_planck import Potential, Process, fokker_planck_residual
from .one_dimensional_laws import CellLaw, even_edges, ode_quantiles, sde_law


class AtTime(eqx.Module):
    """A potential at one time, as a function of x alone: the log-density that a sampler may start from."""

    potential: Potential
    time: float

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """phi(x, time)."""
        return self.potential(x, jnp.asarray(self.time, x.dtype))


class GaussianPrior(eqx.Module):
    """Normalized log-density of a centered Gaussian with this variance in each dimension."""

    variance: float

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """log N(x; 0, variance)."""
        return -jnp.vdot(x, x) / (2 * self.variance) - x.size / 2 * jnp.log(2 * jnp.pi * self.variance)


def graded_times(horizon: float, steps: int) -> Float[np.ndarray, " k"]:
    """Times T u², u even from 1 to 0, of shape (steps + 1,): they crowd toward 0, where the score of narrow data is steep."""
    return horizon * np.linspace(1.0, 0.0, steps + 1) ** 2


@dataclass(frozen=True)
class ReverseLaws:
    """Laws of both samplers at `times` (k,), falling from the horizon to 0.

    `sde` holds cells at each time; `sde_quantiles` and `ode_quantiles` (k, m) are quantiles at the levels Phi(scores), whose
    `weights` sum to one; `clipped` is the share of levels of the last ones that lie beyond `reach` and were set to it.
    """

    times: Float[np.ndarray, " k"]
    sde: CellLaw
    sde_quantiles: Float[np.ndarray, "k m"]
    ode_quantiles: Float[np.ndarray, "k m"]
    scores: Float[np.ndarray, " m"]
    weights: Float[np.ndarray, " m"]
    clipped: tuple[float, float]

    def gap(self) -> Float[np.ndarray, " k"]:
        """W2 between the two laws at each time."""
        pairs = zip(self.sde_quantiles, self.ode_quantiles, strict=True)
        return np.array([quantile_distance(first, second, self.weights) for first, second in pairs])

    def distances(self, truth: Float[np.ndarray, " m"]) -> tuple[float, float, float]:
        """W2 at time 0: between ODE and SDE, SDE and truth, ODE and truth, whose quantiles at the same scores are given."""
        sde, ode = self.sde_quantiles[-1], self.ode_quantiles[-1]
        pairs = ((ode, sde), (sde, truth), (ode, truth))
        one, two, three = (quantile_distance(first, second, self.weights) for first, second in pairs)
        return one, two, three

    def ode_density(self) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
        """Where the ODE's quantiles end and its density there: the level's change over the quantile's, by central differences."""
        x = self.ode_quantiles[-1]
        normal = np.exp(-(self.scores**2) / 2) / math.sqrt(2 * math.pi)
        return x, normal / np.gradient(x, self.scores)


def reverse_laws(
    potential: Potential,
    process: Process,
    prior: Callable[[Float[Array, " d"]], Float[Array, ""]],
    *,
    horizon: float,
    low: float = -6.0,
    high: float = 6.0,
    cells: int = 1601,
    steps: int = 600,
    record: int = 20,
    reach: float | None = None,
) -> ReverseLaws:
    """Laws of the reverse SDE and the reverse ODE of a potential on the line, both started at the horizon from e^prior.

    Times are those of `graded_times`; `record` of them after the first are kept. `reach` sets quantiles beyond it to it: the
    reverse flow is expansive, and a few levels that a learned score sends far away would rule W2. The cells of [low, high] reflect
    at the ends. Raises ValueError for wrong sizes, NotConverged where steps are too long or trajectories leave for infinity.
    """
    if not (horizon > 0 and math.isfinite(horizon)):
        raise ValueError(f"horizon must be positive and finite; got {horizon!r}")
    if record < 1 or steps % record:
        raise ValueError(f"steps must be a multiple of record; got {steps} and {record}")
    fields = _LineFields(potential, process)
    start = CellLaw.of_density(lambda x: np.exp(_on_line(prior, x)), low, high, cells)
    times, kept = graded_times(horizon, steps), slice(None, None, steps // record)
    history = sde_law(fields.sde_drift, lambda t: float(process.noise(t)) ** 2 / 2, start, times)
    sde = CellLaw(history.edges, history.masses[kept])
    scores, weights = normal_scores()
    ode = ode_quantiles(fields.ode_velocity, start.quantiles(scores), times)[kept]
    first = np.array([CellLaw(sde.edges, masses).quantiles(scores) for masses in sde.masses])
    clipped = (0.0, 0.0)
    if reach is not None:
        clipped = tuple(float(weights @ (np.abs(x[-1]) > reach)) for x in (first, ode))  # type: ignore[assignment]
        first, ode = np.clip(first, -reach, reach), np.clip(ode, -reach, reach)
    return ReverseLaws(times[kept], sde, first, ode, scores, weights, clipped)


@dataclass(frozen=True)
class GapBound:
    """Bound on W2 between the samplers' laws at `times` (k,), falling from the horizon to 0, and what it is made of.

    `gradient` (k,) is |grad w| in L² of the SDE's law, `expansion` (k,) is L; `log_density` (n,) of the SDE's law at `x` (n,) and
    time 0 is phi + w.
    """

    times: Float[np.ndarray, " k"]
    bound: Float[np.ndarray, " k"]
    gradient: Float[np.ndarray, " k"]
    expansion: Float[np.ndarray, " k"]
    x: Float[np.ndarray, " n"]
    log_density: Float[np.ndarray, " n"]

    @property
    def at_end(self) -> float:
        """The bound at time 0."""
        return float(self.bound[-1])


def gap_bound(
    potential: Potential,
    process: Process,
    prior: Callable[[Float[Array, " d"]], Float[Array, ""]],
    *,
    horizon: float,
    low: float = -6.0,
    high: float = 6.0,
    nodes: int = 1201,
    steps: int = 600,
) -> GapBound:
    """The bound of the module's docstring for a potential on the line whose samplers start at the horizon from e^prior.

    The supremum in L is over the nodes. Raises ValueError for wrong sizes, NotConverged where e^w loses its sign.
    """
    if not (horizon > 0 and math.isfinite(horizon)):
        raise ValueError(f"horizon must be positive and finite; got {horizon!r}")
    x = even_edges(low, high, nodes - 1)
    times = graded_times(horizon, steps)
    middles = (times[1:] + times[:-1]) / 2
    with jax.enable_x64():
        rates = np.asarray(_residual_table(potential, process, x, middles))
        phi, slope = (np.asarray(part) for part in _potential_table(potential, process, x, times))
    weight = np.exp(_on_line(prior, x) - phi[0])
    gradient, expansion = np.empty(steps + 1), slope.max(axis=1)
    width, lengths = x[1] - x[0], -np.diff(times)
    half = np.array([float(process.noise(t)) ** 2 / 2 for t in times])
    for index in range(steps + 1):
        if index:
            drift = np.asarray(jax.vmap(process.drift, (0, None))(jnp.asarray(x[:, None]), middles[index - 1]))[:, 0]
            diffusion = float(process.noise(middles[index - 1])) ** 2 / 2
            weight = _backward_step(weight, drift, diffusion, rates[index - 1], width, lengths[index - 1])
        if not (np.isfinite(weight).all() and (weight > 0).all()):
            raise NotConverged(f"e^w lost its sign at t = {times[index]:g}: take more steps, or a narrower interval")
        density = np.exp(phi[index]) * weight
        rise = np.gradient(np.log(weight), x)
        gradient[index] = math.sqrt(float(density @ rise**2 / density.sum()))
    # int_t^T (g²/2) exp(int_t^r L) |grad w_r| dr, by the trapezoid rule over the falling times.
    grown = _accumulated(expansion, lengths)
    terms = half * gradient * np.exp(-grown)
    bound = np.exp(grown) * _accumulated(terms, lengths)
    return GapBound(times, bound, gradient, expansion, x, phi[-1] + np.log(weight))


class _LineFields:
    """Drift of the reverse SDE and velocity of the reverse ODE on the line, as NumPy functions of (x, t)."""

    def __init__(self, potential: Potential, process: Process) -> None:
        self._potential, self._process = potential, process

    def sde_drift(self, x: np.ndarray, t: float) -> np.ndarray:
        """f - g² s."""
        return self._field(x, t, 1.0)

    def ode_velocity(self, x: np.ndarray, t: float) -> np.ndarray:
        """f - g² s/2."""
        return self._field(x, t, 0.5)

    def _field(self, x: np.ndarray, t: float, share: float) -> np.ndarray:
        with jax.enable_x64():
            return np.asarray(_line_field(self._potential, self._process, x, np.float64(t), np.float64(share)))


@eqx.filter_jit
def _line_field(potential: Potential, process: Process, x: Any, t: Any, share: Any) -> Array:
    score = jax.vmap(jax.grad(potential), (0, None))(x[:, None], t)
    return (jax.vmap(process.drift, (0, None))(x[:, None], t) - share * process.noise(t) ** 2 * score)[:, 0]


@eqx.filter_jit
def _residual_table(potential: Potential, process: Process, x: Any, times: Any) -> Array:
    residual = fokker_planck_residual(potential, process)
    return jax.vmap(jax.vmap(residual, (0, None)), (None, 0))(x[:, None], times)


@eqx.filter_jit
def _potential_table(potential: Potential, process: Process, x: Any, times: Any) -> tuple[Array, Array]:
    """phi, and the slope of -f + g² s/2, at each time and node."""

    def slope(y: Array, t: Array) -> Array:
        def outward(z: Array) -> Array:
            both = -process.drift(z[None], t) + process.noise(t) ** 2 / 2 * jax.grad(potential)(z[None], t)
            return both[0]

        return jax.grad(outward)(y[0])

    grid = (x[:, None], times)
    return tuple(jax.vmap(jax.vmap(each, (0, None)), (None, 0))(*grid) for each in (potential, slope))  # type: ignore[return-value]


@eqx.filter_jit
def _line_values(function: Callable[[Array], Array], x: Any) -> Array:
    return jax.vmap(function)(x[:, None])


def _on_line(function: Any, x: np.ndarray) -> np.ndarray:
    with jax.enable_x64():
        return np.asarray(_line_values(function, x))


def _backward_step(
    weight: np.ndarray, drift: np.ndarray, diffusion: float, rate: np.ndarray, width: float, length: float
) -> np.ndarray:
    """One Crank-Nicolson step of dv/ds = f v' + D v'' + R v; at the ends v'' is zero and v' is one-sided."""
    curved, sloped = np.full_like(weight, diffusion / width**2), drift / (2 * width)
    curved[0] = curved[-1] = 0.0
    lower, upper = (curved - sloped)[1:], (curved + sloped)[:-1]
    diagonal = rate - 2 * curved
    upper[0], diagonal[0] = drift[0] / width, rate[0] - drift[0] / width
    lower[-1], diagonal[-1] = -drift[-1] / width, rate[-1] + drift[-1] / width
    change = diagonal * weight
    change[1:] += lower * weight[:-1]
    change[:-1] += upper * weight[1:]
    share = length / 2
    *_, result, info = lapack.dgtsv(-share * lower, 1 - share * diagonal, -share * upper, weight + share * change)
    if info != 0:
        raise NotConverged("the backward step has no solution; take more steps")
    return result


def _accumulated(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Running integral by the trapezoid rule."""
    return np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * lengths)])
