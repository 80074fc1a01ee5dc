"""Densities of diffusion-limited reactions as labeled Datasets: law, mean field and exact simulation, with local exponents.

Rates are in units of the total hop rate of a particle, densities in particles per site. Local exponents are slopes d ln ρ / d
ln t over windows of a third of a decade; what holds on infinite lattices is NaN where the lattice's size is felt.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import xarray as xr
from jaxtyping import Float

from ..engines.lattice import lattice_shape, simulate_lattice
from ..numerics import about
from ..numerics.scaling import effective_exponents
from .diffusion_limited import (
    annihilation_density,
    coagulation_density,
    diffusion_horizon,
    mean_field_decay,
    segregation_density,
    warn_beyond,
)
from .lattice_models import lattice_model, solve_mean_field

DecayModel = Literal["annihilation", "coagulation", "two-species"]
PER_DECADE = 12
WINDOW = 4  # steps of the time grid in a window: a third of a decade
Times = Float[np.ndarray, " times"]

_LAWS = {
    ("annihilation", 1): "exact density of A + A -> 0 on an infinite line",
    ("annihilation", 2): "asymptotic density ln(8Dt) / (8πDt)",
    ("annihilation", 3): "asymptotic density G / (2ht), G Watson's constant",
    ("coagulation", 1): "exact density of A + A -> A on an infinite line",
    ("coagulation", 2): "asymptotic density ln(8Dt) / (4πDt)",
    ("coagulation", 3): "asymptotic density G / (ht), G Watson's constant",
    ("two-species", 1): "asymptotic density of each species, √(ρ/π) (8πDt)^(-1/4)",
    ("two-species", 2): "asymptotic density of each species, √(ρ/π) (8πDt)^(-1/2)",
    ("two-species", 3): "asymptotic density of each species, √(ρ/π) (8πDt)^(-3/4)",
}


def decay_theory(
    model: DecayModel, dimension: int, size: int, time: float, density: float, second_density: float | None = None
) -> xr.Dataset:
    """Law and mean field of the density at log-spaced times from 1 to `time`, and the law's local exponent.

    For `two-species`, `density` is that of each species, or of the first where `second_density` is given. Raises ValueError.
    """
    _check(model, dimension, size, density, second_density)
    times = observation_times(time)
    if model == "two-species":
        law = segregation_density(times, dimension, density, other_density=second_density)
    else:
        law = (annihilation_density if model == "annihilation" else coagulation_density)(times, dimension, density)
    horizon = diffusion_horizon(size, dimension)
    law = np.where(times <= horizon, law, np.nan)
    if second_density is None:
        mean_field = mean_field_decay(times, density, 1.0 if model == "coagulation" else 2.0)
    else:
        start = np.array([density, second_density])
        mean_field = solve_mean_field(lattice_model(model), times, start)[:, 0]
    return xr.Dataset(
        {
            "density_theory": ("time", law, about("1/site", f"Density ({_LAWS[model, dimension]})")),
            "mean_field_theory": ("time", mean_field, about("1/site", "Density by the rate equation")),
            "local_exponent_theory": (
                "window",
                window_slopes(times, law),
                about("1", "Local exponent d ln ρ / d ln t (of the law)"),
            ),
        },
        coords=time_coordinates(times),
    )


def decay_simulation(
    model: DecayModel,
    dimension: int,
    size: int,
    time: float,
    density: float,
    second_density: float | None = None,
    *,
    replicas: int,
    seed: int,
) -> xr.Dataset:
    """Mean density over replicas with its standard error, and local exponents with jackknife errors; warns with FiniteSize."""
    _check(model, dimension, size, density, second_density)
    times, two = observation_times(time), model == "two-species"
    initial = {"A": density}
    if two:
        initial["B"] = density if second_density is None else second_density
    runs = simulate_lattice(
        lattice_model(model),
        (size,) * dimension,
        times,
        initial=initial,
        exact_numbers=two,
        replicas=replicas,
        seed=seed,
    )
    horizon = diffusion_horizon(size, dimension)
    warn_beyond(horizon, float(times[-1]))
    samples = runs.of("A")
    exponent, error = local_exponents(times, samples, horizon)
    title = "Density of the first species" if two else "Density"
    return xr.Dataset(
        {
            "density_simulation": ("time", samples.mean(axis=0), about("1/site", title)),
            "density_stderr": ("time", standard_error(samples), about("1/site", "Standard error over replicas")),
            "local_exponent_simulation": ("window", exponent, about("1", "Local exponent d ln ρ / d ln t")),
            "local_exponent_stderr": ("window", error, about("1", "Jackknife error over replicas")),
        },
        coords=time_coordinates(times),
    )


def observation_times(last: float, first: float = 1.0, per_decade: int = PER_DECADE) -> Times:
    """Log-spaced times from `first` to `last`, a whole number of steps per window."""
    windows = max(1, math.ceil(per_decade * math.log10(last / first) / WINDOW - 1e-9))
    return np.geomspace(first, last, WINDOW * windows + 1)


def time_coordinates(times: Times, units: str = "1/hop rate") -> dict[str, Any]:
    """The coordinates `time`, and `window` with the windows' geometric mean times."""
    starts = window_edges(times)[:-1]
    centers = [math.exp(float(np.log(times[start : start + WINDOW + 1]).mean())) for start in starts]
    return {
        "time": ("time", times, about(units, "time")),
        "window": ("window", np.array(centers), about(units, "time (middle of a window)")),
    }


def window_edges(times: Times) -> np.ndarray:
    """Places of the windows' edges in the time grid, the last time among them."""
    return np.arange((len(times) - 1) % WINDOW, len(times), WINDOW)


def window_slopes(times: Times, values: Times) -> Float[np.ndarray, " windows"]:
    """Least-squares slopes of ln values against ln times in every window; NaN where a value is NaN or not positive."""
    slopes = []
    for start in window_edges(times)[:-1]:
        inside = slice(start, start + WINDOW + 1)
        usable = bool(np.all(values[inside] > 0))
        slopes.append(np.polyfit(np.log(times[inside]), np.log(values[inside]), 1)[0] if usable else math.nan)
    return np.array(slopes)


def local_exponents(
    times: Times, samples: Float[np.ndarray, "replicas times"], horizon: float = math.inf
) -> tuple[Float[np.ndarray, " windows"], Float[np.ndarray, " windows"]]:
    """Exponents and errors of every window; NaN beyond the horizon, where a mean vanishes, and for a single replica."""
    edges = window_edges(times)
    exponent, error = np.full(len(edges) - 1, np.nan), np.full(len(edges) - 1, np.nan)
    if len(samples) < 2:
        return window_slopes(times, samples[0]), error
    left_out = samples.sum(axis=0) - samples
    usable = (times <= horizon * (1 + 1e-9)) & (left_out > 0).all(axis=0)
    last = int(np.argmin(usable)) if not usable.all() else len(times)
    whole = edges[edges < last]
    if len(whole) >= 2:
        found = effective_exponents(
            times[: whole[-1] + 1], samples[:, : whole[-1] + 1], edges=times[whole], fewest_decades=0.0
        )
        exponent[: len(found)], error[: len(found)] = found.exponent, found.stderr
    return exponent, error


def standard_error(samples: Float[np.ndarray, "replicas ..."]) -> np.ndarray:
    """Standard error of the mean over the first axis; NaN for a single replica."""
    count = len(samples)
    if count < 2:
        return np.full(samples.shape[1:], np.nan)
    return samples.std(axis=0, ddof=1) / math.sqrt(count)


def _check(model: str, dimension: int, size: int, density: float, second_density: float | None) -> None:
    if (model, dimension) not in _LAWS:
        raise ValueError(f"model must be annihilation, coagulation or two-species; got {model!r}")
    if second_density is not None and model != "two-species":
        raise ValueError(f"second_density applies to two-species alone; the model is {model}")
    if not 0 < density <= 1:
        raise ValueError(f"density must lie in (0, 1]; got {density!r}")
    both = density + (density if second_density is None else second_density)
    if model == "two-species" and both > 1:
        raise ValueError(f"the densities of both species must sum to at most 1; got {both:g}")
    lattice_shape((size,) * dimension)
