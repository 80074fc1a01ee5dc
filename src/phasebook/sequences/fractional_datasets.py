"""Fractional noise as labeled Datasets: weights, bridges, indices, motion whose index changes. Variables say their road."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from ..numerics import about
from ..numerics.statistics import mean_estimate
from .bridge_control import BridgeProblem, optimal_control, posterior_start, walk
from .fractional_motion import Kind, Norm, fractional_covariance, sample_fractional_noise
from .hurst_index import (
    MOST_EXACT,
    HurstEstimate,
    Series,
    hurst_by_detrended_fluctuation,
    hurst_by_exact_likelihood,
    hurst_by_likelihood,
    hurst_by_rescaled_range,
)
from .linear_chain import LinearChain, linear_chain, posterior
from .markov_motion import geometric_speeds, markov_motion
from .motion_paths import sample_multifractional_motion
from .weight_table import weight_table

POINTS = 40  # times of a bridge's figure
FINE = 2000  # steps of the exact covariance where the equation reverts
METHODS = ("Markov likelihood", "exact likelihood", "rescaled range", "detrended fluctuation")
WINDOWS = 20  # pieces of a multifractional path
LOW_REST = 1e-12


def weights_dataset(
    hurst: float, processes: int, maximum_speed: float, horizon: float, kind: Kind, norm: Norm
) -> xr.Dataset:
    """Weights and speeds of the Markov approximation, its error, and its variance beside the motion's."""
    motion = markov_motion(
        hurst, processes=processes, maximum_speed=maximum_speed, horizon=horizon, kind=kind, norm=norm
    )
    times = horizon * np.linspace(0.02, 1.0, 50)
    return xr.Dataset(
        {
            "weights_theory": ("process", motion.weights, about("time^(H - 1/2)", "Weight of each process")),
            "speeds_theory": ("process", motion.speeds, about("1/time", "Speed of each process")),
            "relative_error_theory": (
                (),
                motion.relative_error,
                about("1", "Mean squared error over the horizon per mean square"),
            ),
            "total_weight_theory": (
                (),
                motion.total_weight,
                about("time^(H - 1/2)", "Sum of the weights: the share of white noise"),
            ),
            "variance_theory": (
                "time",
                motion.covariance(times, times),
                about("time^2H", "Variance of the approximation"),
            ),
            "variance_exact": (
                "time",
                fractional_covariance(times, times, hurst, kind, norm),
                about("time^2H", "Variance of fractional Brownian motion"),
            ),
        },
        {
            "process": ("process", np.arange(1, processes + 1), about("1", "process")),
            "time": ("time", times, about("time", "time")),
        },
    )


def bridge_theory(chain: LinearChain, observation: float, noise: float, horizon: float) -> xr.Dataset:
    """Mean and standard deviation of X given its observed end: of the Markov chain, and of the equation with exact noise."""
    times, values = _observed_end(observation, horizon)
    markov = posterior(chain, times, values, noise=noise)
    mean, deviation, evidence = exact_bridge(chain, times, observation, noise)
    return xr.Dataset(
        {
            "standard_deviation_theory": (
                "time",
                markov.standard_deviation,
                about("1", "Posterior standard deviation of X"),
            ),
            "standard_deviation_exact": (
                "time",
                deviation,
                about("1", "Posterior standard deviation of X, exact noise"),
            ),
            "mean_theory": ("time", markov.mean, about("1", "Posterior mean of X")),
            "mean_exact": ("time", mean, about("1", "Posterior mean of X, exact noise")),
            "log_evidence_theory": ((), markov.log_evidence, about("1", "Log evidence under Markov noise")),
            "log_evidence_exact": ((), evidence, about("1", "Log evidence under exact noise")),
        },
        {"time": ("time", times, about("time", "time"))},
    )


def bridge_simulation(
    chain: LinearChain,
    observation: float,
    noise: float,
    horizon: float,
    *,
    steps: int,
    paths: int,
    training_steps: int,
    seed: int,
) -> xr.Dataset:
    """Euler paths under the optimal control, and under a learned one where `training_steps` is not zero; bounds with errors."""
    problem = BridgeProblem(chain, observation, noise, horizon, steps)
    times, _values = _observed_end(observation, horizon)
    roads = {"optimal": walk(problem, optimal_control(problem), posterior_start(problem), paths=paths, seed=seed)}
    if training_steps:
        from .neural_posterior import ObservedPaths, train_posterior, walk_posterior

        levels = np.full((1, steps + 1), np.nan)
        levels[0, -1] = observation
        observed = ObservedPaths(
            levels, noise, problem.step, chain.motion, -float(chain.drift[0, 0]), _diffusion(chain)
        )
        learned = train_posterior(observed, steps=training_steps, seed=seed).model
        roads["learned"] = walk_posterior(problem, learned, paths=paths, seed=seed + 1)
    rows: dict[str, list[Any]] = {name: [] for name in ("deviation", "error", "mean", "bound", "bound_error")}
    for found in roads.values():
        at = np.array([np.interp(times, problem.times, path) for path in found.paths])
        deviation = at.std(axis=0, ddof=1)
        rows["deviation"].append(deviation)
        rows["error"].append(deviation / math.sqrt(2 * (paths - 1)))
        rows["mean"].append(at.mean(axis=0))
        rows["bound"].append(found.bound.value)
        rows["bound_error"].append(found.bound.stderr)
    best = roads["optimal"].bound
    control = ("control", "time")
    return xr.Dataset(
        {
            "elbo_simulation": ((), best.value, about("1", "Evidence bound under the optimal control")),
            "elbo_stderr": ((), best.stderr, about("1", "Standard error of the bound")),
            "bound_simulation": ("control", rows["bound"], about("1", "Evidence bound under each control")),
            "bound_stderr": ("control", rows["bound_error"], about("1", "Standard error of the bound")),
            "standard_deviation_simulation": (
                control,
                rows["deviation"],
                about("1", "Standard deviation of X over controlled paths"),
            ),
            "standard_deviation_stderr": (control, rows["error"], about("1", "Standard error (normal law)")),
            "mean_simulation": (control, rows["mean"], about("1", "Mean of X over controlled paths")),
        },
        {"time": ("time", times, about("time", "time")), "control": list(roads)},
    )


def exact_bridge(
    chain: LinearChain, times: np.ndarray, observation: float, noise: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Posterior mean and standard deviation of X at times up to its observed end, and log evidence, by dense covariances.

    Without reversion these are the motion's own; with it X is a sum over the motion's small increments, of which FINE are taken.
    """
    reversion, scale, motion = -float(chain.drift[0, 0]), _diffusion(chain), chain.motion
    if reversion == 0:
        covariance = fractional_covariance(times[:, None], times, motion.hurst, motion.kind, motion.norm)
    else:
        fine = times[-1] * np.arange(1, FINE + 1) / FINE
        levels = fractional_covariance(fine[:, None], fine, motion.hurst, motion.kind, motion.norm)
        # X_t = B_t − θ ∫ exp(−θ (t − s)) B_s ds, by the trapezoid rule over the levels (B_0 = 0).
        lag = times[:, None] - fine
        kernel = np.where(lag >= 0, reversion * np.exp(-reversion * np.maximum(lag, 0.0)), 0.0) * fine[0]
        here = np.rint(times / fine[0]).astype(int) - 1
        rows = -kernel
        rows[np.arange(times.size), here] = 1 - reversion * fine[0] / 2
        covariance = rows @ levels @ rows.T
    covariance = scale**2 * covariance
    total = covariance[-1, -1] + noise**2
    seen = covariance[:, -1]
    deviation = np.sqrt(np.maximum(np.diag(covariance) - seen**2 / total, LOW_REST))
    evidence = -0.5 * (math.log(2 * math.pi * total) + observation**2 / total)
    return seen * observation / total, deviation, evidence


def bridge_chain(
    hurst: float,
    *,
    kind: Kind,
    reversion: float,
    processes: int,
    maximum_speed: float,
    weights_horizon: float,
) -> LinearChain:
    """The chain of a bridge under the unit norm."""
    motion = markov_motion(hurst, processes=processes, maximum_speed=maximum_speed, horizon=weights_horizon, kind=kind)
    return linear_chain(motion, reversion=reversion)


def generated_series(hurst: float, length: int, number: int, seed: int) -> list[Series]:
    """Exact motions of type I on [0, 1]."""
    noise = sample_fractional_noise(hurst, length, number, step=1 / length, seed=seed)
    levels = np.concatenate([np.zeros((number, 1)), np.cumsum(noise, axis=1)], axis=1)
    times = np.arange(length + 1) / length
    return [Series(times, row) for row in levels]


def hurst_dataset(series: Sequence[Series], road: str, shared: bool) -> xr.Dataset:
    """Estimates by each method that can take the series; NaN where one cannot. `shared`: one index for all of the series."""
    groups = [list(series)] if shared else [[each] for each in series]
    values, errors = np.full((len(METHODS), len(groups)), np.nan), np.full((len(METHODS), len(groups)), np.nan)
    for place, group in enumerate(groups):
        for row, estimate in enumerate(_estimates(group)):
            if estimate is not None:
                values[row, place], errors[row, place] = estimate.value, estimate.stderr
    if not shared and len(groups) > 1:
        found = [mean_estimate(row) if np.isfinite(row).all() else None for row in values]
        value = np.array([math.nan if each is None else each.value for each in found])
        error = np.array([math.nan if each is None else each.stderr for each in found])
    else:
        value, error = values[:, 0], errors[:, 0]
    return xr.Dataset(
        {
            f"hurst_{road}": ("method", value, about("1", "Hurst index")),
            "hurst_stderr": (
                "method",
                error,
                about(
                    "1", "Standard error: over the series where they are many, else from curvature or the fitted line"
                ),
            ),
        },
        {"method": list(METHODS)},
    )


def multifractional_dataset(start: float, end: float, length: int, paths: int, seed: int) -> xr.Dataset:
    """Local indices of motions whose index goes from `start` to `end` over [0, 1], from increments over one step and two."""
    fastest = 10.0 * length
    table = weight_table(geometric_speeds(13, fastest), 1.0)
    times = np.arange(1, length + 1) / length
    found = sample_multifractional_motion(table, lambda t: start + (end - start) * t, times, paths, seed=seed)
    one = (found[:, 1:-1] - found[:, :-2]) ** 2
    two = (found[:, 2:] - found[:, :-2]) ** 2
    local = []
    for begin, stop in itertools.pairwise(_window_edges(length)):
        ratio = two[:, begin:stop].mean(axis=1) / one[:, begin:stop].mean(axis=1)
        local.append(np.log2(ratio) / 2)
    samples = np.array(local)
    return xr.Dataset(
        {
            "local_hurst_simulation": ("time", samples.mean(axis=1), about("1", "Local Hurst index")),
            "local_hurst_stderr": (
                "time",
                samples.std(axis=1, ddof=1) / math.sqrt(paths),
                about("1", "Standard error over paths"),
            ),
        },
        {"time": ("time", multifractional_times(length), about("time", "time"))},
    )


def multifractional_times(length: int) -> np.ndarray:
    """The middles of the windows of `multifractional_dataset`."""
    times = (_window_edges(length) + 1) / length
    return np.asarray((times[:-1] + times[1:]) / 2)


def _window_edges(length: int) -> np.ndarray:
    """The steps at which the windows begin, and where the last one ends."""
    return np.linspace(0, length - 2, WINDOWS + 1).astype(int)


def _estimates(group: list[Series]) -> list[HurstEstimate | None]:
    even = all(each.is_even for each in group)
    exact = all(each.values.size <= MOST_EXACT[each.is_even] for each in group)
    long = max(each.values.size for each in group) >= 128
    return [
        hurst_by_likelihood(group),
        hurst_by_exact_likelihood(group) if exact else None,
        hurst_by_rescaled_range(group) if even and long else None,
        hurst_by_detrended_fluctuation(group) if even and long else None,
    ]


def _observed_end(observation: float, horizon: float) -> tuple[np.ndarray, np.ndarray]:
    times = horizon * np.arange(1, POINTS + 1) / POINTS
    values = np.full(POINTS, np.nan)
    values[-1] = observation
    return times, values


def _diffusion(chain: LinearChain) -> float:
    """σ of the chain."""
    return float(chain.noise[0] / chain.motion.total_weight)
