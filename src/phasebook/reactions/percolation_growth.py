"""Directed bond percolation as labeled Datasets: decay from a full lattice, spreading from a seed, and the class's exponents."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from ..engines.bond_percolation import simulate_percolation, simulate_spreading
from ..engines.lattice import lattice_shape
from .diffusion_limited import warn_beyond
from .directed_percolation import bond_threshold, percolation_exponents, percolation_horizon, percolation_mean_field
from .lattice_decay import (
    Times,
    about,
    local_exponents,
    observation_times,
    standard_error,
    time_coordinates,
    window_slopes,
)

STEPS_PER_DECADE = 12


def whole_steps(last: int) -> Times:
    """Log-spaced whole steps from 1 to `last`, each once."""
    return np.unique(np.rint(observation_times(last, per_decade=STEPS_PER_DECADE)))


def percolation_theory(dimension: int, bond_probability: float | None, size: int, time: int) -> xr.Dataset:
    """Mean-field density at whole steps, the exponent -δ of the class at criticality, and the critical probability."""
    lattice_shape((size,) * dimension)
    times, coordinates = whole_steps(time), time_coordinates(whole_steps(time), "steps")
    probability = bond_threshold(dimension) if bond_probability is None else bond_probability
    exponents = percolation_exponents(dimension)
    delta = np.full(coordinates["window"][1].shape, -exponents.delta)
    return xr.Dataset(
        {
            "density_theory": (
                "time",
                percolation_mean_field(times, dimension, probability),
                about("1", "Share of active sites (mean field)"),
            ),
            "local_exponent_theory": (
                "window",
                delta,
                about("1", "Decay exponent (-δ of the class, at the critical point)"),
            ),
            "critical_probability_theory": (
                (),
                bond_threshold(dimension),
                about("1", "Critical bond probability (known numerically)"),
            ),
        },
        coords=coordinates,
    )


def percolation_simulation(
    dimension: int, bond_probability: float | None, size: int, time: int, *, replicas: int, seed: int
) -> xr.Dataset:
    """Share of active sites from a full lattice, with standard errors over replicas and local exponents; warns with FiniteSize."""
    times = whole_steps(time)
    probability = bond_threshold(dimension) if bond_probability is None else bond_probability
    runs = simulate_percolation(probability, (size,) * dimension, times, replicas=replicas, seed=seed)
    horizon = percolation_horizon(size, dimension)
    warn_beyond(horizon, float(times[-1]))
    exponent, error = local_exponents(times, runs.density, horizon)
    return xr.Dataset(
        {
            "density_simulation": ("time", runs.density.mean(axis=0), about("1", "Share of active sites")),
            "density_stderr": ("time", standard_error(runs.density), about("1", "Standard error over replicas")),
            "local_exponent_simulation": ("window", exponent, about("1", "Decay exponent d ln ρ / d ln t")),
            "local_exponent_stderr": ("window", error, about("1", "Jackknife error over replicas")),
        },
        coords=time_coordinates(times, "steps"),
    )


def spreading_theory(dimension: int, time: int) -> xr.Dataset:
    """The class's exponents at criticality: survival falls as t^-δ, the number of active sites grows as t^η, R² as t^(2/z)."""
    coordinates = time_coordinates(whole_steps(time), "steps")
    exponents = percolation_exponents(dimension)
    flat = np.ones(coordinates["window"][1].shape)
    values = {
        "survival_exponent": (-exponents.delta, "Exponent of the survival probability (-δ of the class)"),
        "number_exponent": (exponents.eta, "Exponent of the number of active sites (η of the class)"),
        "spread_exponent": (exponents.spreading, "Exponent of the squared distance (2/z of the class)"),
    }
    return xr.Dataset(
        {f"{name}_theory": ("window", value * flat, about("1", text)) for name, (value, text) in values.items()},
        coords=coordinates,
    )


def spreading_simulation(
    dimension: int, bond_probability: float | None, time: int, *, runs: int, seed: int
) -> xr.Dataset:
    """Survival, number and squared distance (about the cone's axis) of clusters grown from a seed, with their local exponents.

    `number` is the mean over all runs; `spread` the mean over active sites of all runs. Errors are over blocks of 64 runs.
    """
    times = whole_steps(time)
    probability = bond_threshold(dimension) if bond_probability is None else bond_probability
    found = simulate_spreading(probability, dimension, times, runs=runs, seed=seed)
    number = found.number.mean(axis=0)
    spread = np.where(number > 0, found.squared_sum.mean(axis=0) / np.where(number > 0, number, 1), np.nan)
    data: dict[str, object] = {}
    for name, samples, units, text in (
        ("survival", found.survival, "1", "Survival probability"),
        ("number", found.number, "1", "Active sites, mean over all runs"),
    ):
        exponent, error = local_exponents(times, samples)
        data |= {
            f"{name}_simulation": ("time", samples.mean(axis=0), about(units, text)),
            f"{name}_stderr": ("time", standard_error(samples), about(units, "Standard error over blocks of runs")),
            f"{name}_exponent_simulation": ("window", exponent, about("1", f"Exponent of: {text.lower()}")),
            f"{name}_exponent_stderr": ("window", error, about("1", "Jackknife error over blocks of runs")),
        }
    # R² is a ratio of two means: its exponent is the difference of theirs, and so block by block in the jackknife.
    squares, error = ratio_exponents(times, found.squared_sum, found.number)
    data |= {
        "spread_simulation": ("time", spread, about("site²", "Squared distance of active sites from the cone's axis")),
        "spread_stderr": (
            "time",
            ratio_error(found.squared_sum, found.number),
            about("site²", "Standard error over blocks of runs"),
        ),
        "spread_exponent_simulation": ("window", squares, about("1", "Exponent of the squared distance")),
        "spread_exponent_stderr": ("window", error, about("1", "Jackknife error over blocks of runs")),
    }
    return xr.Dataset(data, coords=time_coordinates(times, "steps"))


def ratio_error(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Jackknife error (times,) of the ratio of two means over the first axis."""
    count = len(upper)
    with np.errstate(invalid="ignore", divide="ignore"):
        left_out = (upper.sum(axis=0) - upper) / (lower.sum(axis=0) - lower)
    return np.sqrt((count - 1) / count * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))


def ratio_exponents(times: Times, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Local exponents of the ratio of two means, with jackknife errors over the first axis."""
    count = len(upper)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = upper.sum(axis=0) / lower.sum(axis=0)
        left_out = (upper.sum(axis=0) - upper) / (lower.sum(axis=0) - lower)
    value = window_slopes(times, ratio)
    each = np.array([window_slopes(times, row) for row in left_out])
    return value, np.sqrt((count - 1) / count * np.sum((each - each.mean(axis=0)) ** 2, axis=0))


def log_slope(times: Times, values: Times, low: float, high: float) -> float:
    """Slope of ln values against ln times over the times in [low, high]."""
    inside = (times >= low) & (times <= high)
    if np.count_nonzero(inside) < 3 or not (values[inside] > 0).all():
        return math.nan
    return float(np.polyfit(np.log(times[inside]), np.log(values[inside]), 1)[0])
