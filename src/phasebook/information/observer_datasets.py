"""Regulators and natural gradients as labeled Datasets."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..numerics import about
from .natural_gradient import Coordinates, GaussianModel, exact_gaussian_flow
from .observers import MoorePair, is_good_regulator, largest_regulator

Array = NDArray[np.float64]
POINTS = 11
STEP = 0.005
DESCENTS = ("natural", "plain in (μ, σ)", "plain in (μ, ln σ)", "plain in (μ/σ², −1/2σ²)")
COORDINATES: tuple[Coordinates, ...] = ("deviation", "log-deviation", "natural")


def regulator_theory(pair: MoorePair, steps: int, observer: int | None, state: int | None) -> xr.Dataset:
    """The largest good set, what each observer state believes, and the share of good pairs that surely stay good."""
    found = largest_regulator(pair)
    if (observer is None) != (state is None):
        raise ValueError("observer_state and environment_state belong together; give both or none")
    good = found.exists if observer is None else is_good_regulator(pair, observer, state)
    if observer is None:
        sizes = np.array([found.sizes[min(step, len(found.sizes) - 1)] for step in range(steps + 1)], dtype=float)
        shares = sizes / max(sizes[0], 1.0)
    else:
        shares = _sure_steps(pair, observer, int(state or 0), steps)
    return xr.Dataset(
        {
            "good_regulator_theory": ((), "yes" if good else "no", about("1", "Good regulator")),
            "pairs_theory": ((), found.size, about("1", "Pairs of observer and environment that stay good for ever")),
            "sweeps_theory": ((), found.sweeps, about("1", "Sweeps to the fixed point")),
            "alive_theory": ("time", shares, about("1", "Share of good pairs that stay good")),
            "belief_theory": (
                ("observer_state", "environment_state"),
                np.where(found.pairs, 2, np.broadcast_to(pair.good, found.pairs.shape).astype(int)),
                {
                    **about("1", "What an observer state believes (held: good for ever)"),
                    "flag_values": [0, 1, 2],
                    "flag_meanings": "bad lost held",
                    "flag_colors": "#e6e8eb #e9c46a #2a9d8f",
                },
            ),
        },
        {
            "time": ("time", np.arange(steps + 1), about("1", "steps")),
            "observer_state": ("observer_state", np.arange(pair.observers), about("1", "state of the observer")),
            "environment_state": ("environment_state", np.arange(pair.states), about("1", "state of the environment")),
        },
    )


def _sure_steps(pair: MoorePair, observer: int, state: int, steps: int) -> Array:
    """1 for the times up to which one pair is good whatever the disturbance, then 0: all that it can reach, step by step."""
    following_c, following_s = pair.successors()
    reached = np.zeros((pair.observers, pair.states), bool)
    reached[observer, state] = True
    shares = np.zeros(steps + 1)
    for step in range(steps + 1):
        if not pair.good[reached.any(axis=0)].all():
            break
        shares[step] = 1.0
        c, s = np.nonzero(reached)
        reached = np.zeros_like(reached)
        reached[following_c[c, s][:, None], following_s[c, s]] = True
    return shares


def regulator_simulation(
    pair: MoorePair, steps: int, runs: int, seed: int, observer: int | None = None, state: int | None = None
) -> xr.Dataset:
    """The share of simulated runs from random good pairs, or from a given pair, that are still good."""
    generator = np.random.default_rng(seed)
    goods = np.flatnonzero(pair.good)
    if not goods.size:
        raise ValueError("good must hold at least one state")
    c, s = generator.integers(0, pair.observers, runs), generator.choice(goods, runs)
    if observer is not None and state is not None:
        c[:], s[:] = observer, state
    alive = pair.good[s]
    shares = [float(alive.mean())]
    for _ in range(steps):
        o = pair.sensor[s]
        a = pair.action[c] if pair.action.ndim == 1 else pair.action[c, o]
        s, c = pair.environment[s, a, generator.integers(0, pair.environment.shape[2], runs)], pair.update[c, o]
        alive &= pair.good[s]
        shares.append(float(alive.mean()))
    share = np.array(shares)
    # Laplace's share keeps the error of an empty or full sample from vanishing.
    smooth = (share * runs + 1) / (runs + 2)
    return xr.Dataset(
        {
            "alive_simulation": ("time", share, about("1", "Share of good pairs that stay good")),
            "alive_stderr": ("time", np.sqrt(smooth * (1 - smooth) / runs), about("1", "Standard error")),
            "final_simulation": ((), float(share[-1]), about("1", "Share of runs that are still good at the end")),
        },
        {"time": ("time", np.arange(steps + 1), about("1", "steps"))},
    )


def descent_theory(mean: float, deviation: float, duration: float) -> xr.Dataset:
    """Paths of mean and deviation: the natural gradient in closed form, checked by integration in three coordinates, and the
    plain gradient in each."""
    times = np.linspace(0.0, duration, POINTS)
    exact = np.array([exact_gaussian_flow(mean, deviation, t) for t in times])
    models = [GaussianModel(each) for each in COORDINATES]
    natural = [model.descend(mean, deviation, duration, _step(duration)) for model in models]
    plain = [model.descend(mean, deviation, duration, _step(duration), natural=False) for model in models]
    paths = np.array([exact, *(_thinned(each) for each in plain)])
    spread = max(float(np.abs(_thinned(each) - exact).max()) for each in natural)
    gap = max(float(np.abs(a - b).max()) for a in plain for b in plain)
    return xr.Dataset(
        {
            "mean_theory": (("descent", "time"), paths[:, :, 0], about("1", "Mean of the model")),
            "deviation_theory": (("descent", "time"), paths[:, :, 1], about("1", "Standard deviation of the model")),
            "natural_spread_theory": (
                (),
                spread,
                about("1", "Largest distance from the closed form of natural paths in three coordinates"),
            ),
            "plain_spread_theory": ((), gap, about("1", "Largest difference of plain paths in three coordinates")),
        },
        {"time": ("time", times, about("1", "flow time")), "descent": list(DESCENTS)},
    )


def descent_simulation(
    mean: float, deviation: float, duration: float, samples: int, runs: int, seed: int
) -> xr.Dataset:
    """Natural gradient with F and slope estimated from samples at each step, in (μ, σ): mean and error over runs."""
    generator = np.random.default_rng(seed)
    steps = POINTS - 1 if duration <= STEP * (POINTS - 1) else round(duration / _step(duration))
    length = duration / steps
    mu, sigma = np.full(runs, mean), np.full(runs, deviation)
    path = [np.stack([mu, sigma])]
    for _ in range(steps):
        z = generator.standard_normal((runs, samples))
        x = mu[:, None] + sigma[:, None] * z
        scores = np.stack([z / sigma[:, None], (z**2 - 1) / sigma[:, None]], axis=2)
        ratio = -0.5 * z**2 - np.log(sigma)[:, None] + 0.5 * x**2
        centered = scores - scores.mean(axis=1, keepdims=True)
        fisher = np.einsum("rsi,rsj->rij", centered, centered) / samples
        slope = np.einsum("rsi,rs->ri", centered, ratio - ratio.mean(axis=1, keepdims=True)) / samples
        move = np.linalg.solve(fisher, slope[:, :, None])[:, :, 0]
        mu, sigma = mu - length * move[:, 0], np.maximum(sigma - length * move[:, 1], 1e-6)
        path.append(np.stack([mu, sigma]))
    kept = np.array(path)[:: steps // (POINTS - 1)][:POINTS]
    variables = {}
    for place, name, text in ((0, "mean", "Mean of the model"), (1, "deviation", "Standard deviation of the model")):
        variables[f"{name}_simulation"] = ("time", kept[:, place].mean(axis=1), about("1", text))
        error = np.maximum(kept[:, place].std(axis=1, ddof=1) / math.sqrt(runs), 1e-12)
        variables[f"{name}_stderr"] = ("time", error, about("1", "Standard error over runs"))
    return xr.Dataset(variables, {"time": ("time", np.linspace(0.0, duration, POINTS), about("1", "flow time"))})


def _step(duration: float) -> float:
    """A step of about 0.005 that divides the time between two points."""
    between = duration / (POINTS - 1)
    return between / max(1, math.ceil(between / STEP))


def _thinned(path: Array) -> Array:
    return path[:: (len(path) - 1) // (POINTS - 1)]
