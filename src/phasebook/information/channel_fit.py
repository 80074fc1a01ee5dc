"""A channel's energies from what was measured: a current-voltage curve, or a record of states; and how well they are
known.

Currents and their noise are differentiated through the stationary law by JAX. How well each combination of parameters
is known is told by the eigenvalues of the Fisher information: a small one belongs to a combination that the data say
nothing of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from .ion_channel import IonChannel, moves_of_charges

STARTS = 12
BOUNDS = (-12.0, 12.0)
MOST_FITTED = 6
NARROWEST = 1e-12  # of the largest eigenvalue
UNKNOWN = 1e-3  # of the largest eigenvalue of the Fisher information


@dataclass(frozen=True, eq=False)
class CurrentCurve:
    """Measured currents (points,) at voltages (kT per charge) with errors, and noise where it was measured; per
    attempt rate."""

    voltages: NDArray[np.float64]
    currents: NDArray[np.float64]
    errors: NDArray[np.float64]
    noise: NDArray[np.float64] | None = None
    noise_errors: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if not (self.voltages.shape == self.currents.shape == self.errors.shape) or self.voltages.ndim != 1:
            raise ValueError("voltages, currents and errors must be as many, in one dimension")
        if self.voltages.size < 3:
            raise ValueError(f"a curve must have at least 3 points; got {self.voltages.size}")
        if not (np.isfinite(self.currents).all() and (self.errors > 0).all()):
            raise ValueError("currents must be finite and errors positive")


@dataclass(frozen=True, eq=False)
class FittedChannel:
    """The most likely channel, its energies and repulsion with errors (the repulsion last), χ² per degree of freedom.

    `information` holds the eigenvalues of the Fisher information, largest first; `unknown` the eigenvectors (rows) below a
    thousandth of the largest: combinations that the data do not determine.
    """

    channel: IonChannel
    parameters: NDArray[np.float64]
    errors: NDArray[np.float64]
    reduced_chi_squared: float
    information: NDArray[np.float64]
    unknown: NDArray[np.float64]


def fit_current_curve(curve: CurrentCurve, template: IonChannel, *, seed: int, starts: int = STARTS) -> FittedChannel:
    """Energies and repulsion that explain a curve (currents, and noise where it was measured), from several starts.

    The template gives sites, activities, standard potential and attempt rate. Raises ValueError for more than six sites.
    """
    if template.sites > MOST_FITTED:
        raise ValueError(f"a fit takes at most {MOST_FITTED} sites; got {template.sites}")
    predict = _predictor(template)
    with jax.enable_x64(True):
        voltages = jnp.asarray(curve.voltages)
        jacobian = jax.jit(jax.jacfwd(lambda p: predict(p, voltages)))
        value = jax.jit(lambda p: predict(p, voltages))

        def residuals(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
            return _weighted(np.asarray(value(jnp.asarray(parameters))), curve)

        def slopes(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
            found = np.asarray(jacobian(jnp.asarray(parameters)))
            scales = [curve.errors] if curve.noise is None else [curve.errors, curve.noise_errors]
            return np.concatenate([found[row] / scale[:, None] for row, scale in enumerate(scales)])  # type: ignore[index]

        return _best(residuals, slopes, template, starts, seed)


def fit_record(states: ArrayLike, dwells: ArrayLike, template: IonChannel) -> FittedChannel:
    """Energies and repulsion from a record in continuous time: visited states and how long each visit lasted.

    Maximum likelihood of all transitions that move a charge by one place. Raises ValueError for impossible steps.
    """
    visited, lasted = np.asarray(states, dtype=np.int64), np.asarray(dwells, dtype=float)
    if visited.shape != lasted.shape or visited.ndim != 1 or visited.size < 2:
        raise ValueError("states and dwells must be as many, in one dimension, two at least")
    if (visited < 0).any() or (visited >= template.states).any():
        raise ValueError(f"states must be from 0 to {template.states - 1} for {template.sites} sites")
    if not (np.isfinite(lasted).all() and (lasted > 0).all()):
        raise ValueError("dwells must be positive and finite")
    source, target, _left, _right = moves_of_charges(template.sites)
    counts = np.zeros((template.states, template.states))
    np.add.at(counts, (visited[:-1], visited[1:]), 1.0)
    allowed = np.zeros_like(counts)
    allowed[source, target] = 1.0
    if (counts[allowed == 0] > 0).any():
        a, b = (int(each) for each in np.argwhere((counts > 0) & (allowed == 0))[0])
        raise ValueError(f"the step from state {a} to state {b} is no move of one charge by one place")
    times = np.bincount(visited, lasted, minlength=template.states)
    rates_of = _rates(template)
    with jax.enable_x64(True):
        seen, spent = jnp.asarray(counts), jnp.asarray(times)

        def loss(parameters: Any) -> Any:
            rate = rates_of(parameters, jnp.asarray(template.voltage))
            matrix = jnp.zeros(counts.shape).at[source, target].add(rate)
            return (spent[:, None] * matrix).sum() - jnp.where(seen > 0, seen * jnp.log(matrix + 1e-300), 0.0).sum()

        value = jax.jit(jax.value_and_grad(loss))
        found = optimize.minimize(
            lambda p: tuple(np.asarray(each, dtype=float) for each in value(jnp.asarray(p))),
            np.zeros(template.sites + 1),
            jac=True,
            method="L-BFGS-B",
            bounds=[BOUNDS] * (template.sites + 1),
        )
        information = np.asarray(jax.jit(jax.hessian(loss))(jnp.asarray(found.x)))
    return _fitted(template, found.x, information, math.nan)


def _predictor(template: IonChannel) -> Callable[[Any, Any], Any]:
    """Currents and noise (2, points) of parameters (energies, repulsion) at voltages, in JAX."""
    source, target, _left, right = moves_of_charges(template.sites)
    rates_of, size = _rates(template), template.states

    def at(parameters: Any, voltage: Any) -> Any:
        rate = rates_of(parameters, voltage)
        matrix = jnp.zeros((size, size)).at[target, source].add(rate)
        matrix = matrix - jnp.diag(jnp.zeros(size).at[source].add(rate))
        regular = matrix.at[0].set(1.0)
        law = jnp.linalg.solve(regular, jnp.eye(size)[0])
        flow = rate * law[source]
        current = (flow * right).sum()
        pushed = jnp.zeros(size).at[target].add(flow * right) - current * law
        answer = jnp.linalg.solve(regular, (-pushed).at[0].set(0.0))
        return jnp.array([current, (flow * right**2).sum() + 2 * (rate * right * answer[source]).sum()])

    return lambda parameters, voltages: jax.vmap(at, (None, 0), 1)(parameters, voltages)


def _rates(template: IonChannel) -> Callable[[Any, Any], Any]:
    """Rates of all transitions for parameters and a voltage, in JAX; symmetric rates alone."""
    if template.rates != "symmetric":
        raise ValueError(f"fits are for symmetric rates; got {template.rates}")
    source, target, left, right = moves_of_charges(template.sites)
    occupancy, distance = template.occupancy, template.electrical_distance
    apart = np.abs(np.subtract.outer(np.arange(template.sites), np.arange(template.sites)))
    pair = np.divide(1.0, apart, out=np.zeros(apart.shape), where=apart > 0)
    pairs = 0.5 * ((occupancy @ pair) * occupancy).sum(axis=1)
    into_left = math.log(template.left_activity) + template.standard_potential
    into_right = math.log(template.right_activity) + template.standard_potential

    def rates(parameters: Any, voltage: Any) -> Any:
        energy = occupancy @ (parameters[:-1] + voltage * distance) + parameters[-1] * pairs
        gain = energy[target] - energy[source] - left * (into_left + voltage) + right * into_right
        return template.attempt_rate * jnp.exp(-gain / 2)

    return rates


def _weighted(predicted: NDArray[np.float64], curve: CurrentCurve) -> NDArray[np.float64]:
    parts = [(predicted[0] - curve.currents) / curve.errors]
    if curve.noise is not None and curve.noise_errors is not None:
        parts.append((predicted[1] - curve.noise) / curve.noise_errors)
    return np.concatenate(parts)


def _best(
    residuals: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    slopes: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    template: IonChannel,
    starts: int,
    seed: int,
) -> FittedChannel:
    generator = np.random.default_rng(seed)
    best: Any = None
    for number in range(starts):
        start = np.append(generator.uniform(-3, 2, template.sites), generator.uniform(0, 3))
        if number == 0:
            start = np.append(np.zeros(template.sites), 1.0)
        found = optimize.least_squares(residuals, start, jac=slopes, bounds=BOUNDS, x_scale="jac", max_nfev=200)
        if best is None or found.cost < best.cost:
            best = found
    information = best.jac.T @ best.jac
    freedom = max(best.fun.size - best.x.size, 1)
    return _fitted(template, best.x, information, 2 * best.cost / freedom)


def _fitted(
    template: IonChannel, parameters: NDArray[np.float64], information: NDArray[np.float64], reduced: float
) -> FittedChannel:
    values, vectors = np.linalg.eigh(information)
    # A combination of which the data say nothing has the error of the flattest one that rounding can tell.
    known = np.maximum(values, NARROWEST * values.max())
    variances = (vectors**2 / known).sum(axis=1)
    channel = IonChannel(
        tuple(parameters[:-1]),
        float(parameters[-1]),
        template.left_activity,
        template.right_activity,
        template.voltage,
        template.standard_potential,
        template.attempt_rate,
    )
    return FittedChannel(
        channel,
        parameters,
        np.sqrt(variances),
        float(reduced),
        values[::-1],
        vectors.T[values < UNKNOWN * values.max()],
    )
