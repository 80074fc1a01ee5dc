"""Results about interpolants as labelled Datasets: a test mixture carried by any sampler, the Gaussian bridge, likelihood control.

Names say the road: `_theory` (closed forms), `_exact` (deterministic numerics), `_simulation` with `_stderr`, `_data` (a user's).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from .. import runtime
from ..engines.fitting import adam, fit
from ..numerics.measured import Measured
from ..numerics.seeding import part_seed
from ..numerics.statistics import mean_estimate
from ..numerics.wasserstein import sliced_distance
from .gaussian_mixture import InterpolatedMixture, Mixture, mixture_fields
from .interpolants import Path, two_sided
from .learned_fields import LearnedFields, new_fields
from .likelihood_control import SineError
from .mode_statistics import mode_statistics
from .objectives import field_loss, mixture_arrays, mixture_draws
from .point_clouds import Cloud, Coupling, fit_transport, kernel_log_density
from .samplers import diffuse, flow
from .schrodinger_bridge import (
    coupled_action,
    gaussian_bridge_action,
    gaussian_bridge_coupling,
    minimized_coupling,
    simulated_coupling,
)

EXAMPLE_START = Mixture(np.full(2, 1 / 2), np.array([-3.0, 3.0]), np.array([0.25, 0.25]))
EXAMPLE_END = Mixture(np.full(3, 1 / 3), np.array([-6.0, 0.0, 6.0]), np.array([0.5, 0.33, 0.5]))
EDGES = np.linspace(-9.0, 9.0, 73)
CENTERS = (EDGES[1:] + EDGES[:-1]) / 2
STARTS = 500
TRAINING = {"width": 64, "depth": 3, "scale": 5.0}
MOST_POINT_STEPS = 4e9
HELD_OUT = 0.2
SHOWN_COORDINATES = 3
CLOUD_BINS = 24

_WEIGHT, _VARIANCE = "Weight of each mode at t = 1", "Variance within each mode at t = 1"
_DENSITY, _HALFWAY = "Density at t = 1", "Density halfway, at t = 1/2"


def example_law(path: Path) -> InterpolatedMixture:
    """The law between the two modes at ∓3 and the three at −6, 0, 6, on a path; a mirror has the latter at both ends."""
    return InterpolatedMixture(None if path == "mirror" else EXAMPLE_START, EXAMPLE_END, two_sided(path))


def transported_mixture(path: Path, noise: float) -> xr.Dataset:
    """Exact weights, variances and densities of the test mixture, and the entropic covariance of Gaussians as wide as its ends."""
    law = example_law(path)
    ends = [
        float(mixture_variance(EXAMPLE_END if path == "mirror" else EXAMPLE_START)),
        float(mixture_variance(EXAMPLE_END)),
    ]
    halfway = np.exp(mixture_fields(law, 0.5, CENTERS).log_density)
    fine = np.exp(mixture_fields(law, 0.5, np.linspace(-9, 9, 3601)).log_density)
    peaks = int(((fine[1:-1] > fine[:-2]) & (fine[1:-1] > fine[2:])).sum())
    covariance = math.sqrt(ends[0] * ends[1] + noise**2) - noise
    return _dataset(
        {
            "mode_weight_theory": (EXAMPLE_END.weights, _WEIGHT, "mode"),
            "mode_variance_theory": (EXAMPLE_END.covariances[:, 0, 0], _VARIANCE, "mode"),
            "density_theory": (np.exp(EXAMPLE_END.log_density(CENTERS)), _DENSITY, "position"),
            "halfway_density_theory": (halfway, _HALFWAY, "position"),
            "count_halfway_modes": (peaks, "Modes of the law halfway"),
            "bridge_covariance_theory": (
                covariance,
                "Covariance of start and end in the Schrödinger bridge of noise ε between Gaussians as wide as the ends",
            ),
        }
    )


def simulated_mixture(
    path: Path,
    noise: float,
    *,
    steps: int,
    samples: int,
    learned: bool = False,
    training_steps: int = 1500,
    seed: int,
) -> xr.Dataset:
    """The test mixture carried by the ODE (noise 0) or the SDE, with exact or learned fields, and the ODE's error in log density.

    Raises ValueError where samples times steps exceed 4e9.
    """
    if samples * steps > MOST_POINT_STEPS:
        raise ValueError(f"samples times steps must be at most {MOST_POINT_STEPS:g}; got {samples * steps:g}")
    law = example_law(path)
    fields: Any = learned_mixture_fields(path, training_steps, seed) if learned else law
    begin = EXAMPLE_END if path == "mirror" else EXAMPLE_START
    start = begin.sample(samples, part_seed(seed, 1))
    half = max(1, steps // 2)
    middle = diffuse(fields, start, noise=noise, steps=half, stop=0.5, seed=part_seed(seed, 2))
    final = diffuse(fields, middle, noise=noise, steps=max(1, steps - half), start=0.5, seed=part_seed(seed, 3))
    modes = mode_statistics(final, EXAMPLE_END)
    products = (start - start.mean())[:, 0] * (final - final.mean())[:, 0]
    return _dataset(
        {
            **_with_errors("mode_weight", modes.weights, modes.weights_stderr, _WEIGHT, "mode"),
            **_with_errors("mode_variance", modes.variances, modes.variances_stderr, _VARIANCE, "mode"),
            **_histogram("density", final[:, 0], _DENSITY),
            **_histogram("halfway_density", middle[:, 0], _HALFWAY),
            "log_density_error_simulation": (
                log_density_error(fields, begin, seed=part_seed(seed, 4)),
                "Largest |log ρ0(X0) − ∫∇·b dt − log ρ1(X1)| of the ODE over 500 starts",
            ),
            **_measured("start_end_covariance", mean_estimate(products), "Covariance of start and end of the paths"),
        }
    )


def log_density_error(
    fields: Any, begin: Mixture, *, seed: int, starts: int = STARTS, tolerance: float = 1e-7
) -> float:
    """The largest error of the ODE's conservation of probability from `begin` to the test mixture's end."""
    points = begin.sample(starts, seed)
    found = flow(fields, points, tolerance=tolerance, divergence="exact")
    return float(np.abs(begin.log_density(points) - found.divergence - EXAMPLE_END.log_density(found.points)).max())


def learned_mixture_fields(path: Path, steps: int, seed: int, *, checkpointed: bool = True) -> LearnedFields:
    """Fields of the test law that small networks learned from its samples; kept in the cache folder, where they resume."""
    interpolant = two_sided(path)
    folder = runtime.cache_folder() / "transport"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{path}-{steps}-{seed}-{runtime.versions()['phasebook']}.safetensors"
    return fit(
        new_fields(1, interpolant, seed=seed, **TRAINING),  # type: ignore[arg-type]
        field_loss(interpolant, batch=1000, draw=mixture_draws),
        mixture_arrays(EXAMPLE_END if path == "mirror" else EXAMPLE_START, EXAMPLE_END),
        optimizer=adam(2e-3, steps),
        steps=steps,
        seed=seed,
        checkpoint=folder / name if checkpointed else None,
        identity=f"{path}, {steps} steps",
    ).model


def gaussian_bridge(start_variance: float, end_variance: float, noise: float) -> xr.Dataset:
    """Coupling and least action of the bridge between centered Gaussians: closed form, and by minimizing the exact action."""
    found, action = minimized_coupling(start_variance, end_variance, noise)
    independent = coupled_action(start_variance, end_variance, noise, 0.0)
    return _dataset(
        {
            "coupling_theory": (
                float(gaussian_bridge_coupling(start_variance, end_variance, noise)[0, 0]),
                _COUPLING,
            ),
            "coupling_exact": (found, _COUPLING),
            "action_theory": (gaussian_bridge_action(start_variance, end_variance, noise), _ACTION),
            "action_exact": (action, _ACTION),
            "independent_action_exact": (independent, "Action of the independent coupling"),
        }
    )


_COUPLING = "Covariance κ of start and end at which the action is least"
_ACTION = "Least action ∫ E|b + ε s|² dt"


def simulated_bridge(start_variance: float, end_variance: float, noise: float, pairs: int, seed: int) -> xr.Dataset:
    """The same from simulated pairs alone."""
    coupling, action = simulated_coupling(start_variance, end_variance, noise, pairs=pairs, seed=seed)
    return _dataset({**_measured("coupling", coupling, _COUPLING), **_measured("action", action, _ACTION)})


def sine_control(amplitude: float, noise: float, largest_wavenumber: float, points: int = 9) -> xr.Dataset:
    """Divergences of the ODE and the SDE under a sine's error of the velocity, and the bound, over wavenumbers from 1 on."""
    waves = np.geomspace(1.0, largest_wavenumber, points)
    errors = [SineError(amplitude, float(k)) for k in waves]
    closed = [(e.flow_divergence(), e.leading_divergence(noise), e.bound(noise)) for e in errors]
    solved = [
        (
            e.measured_flow_divergence(points_per_wave=20, tolerance=1e-7),
            e.diffusion_divergence(noise),
            e.measured_bound(noise),
        )
        for e in errors
    ]
    label = "Divergence of what is sampled from the target"
    return _dataset(
        {
            "closed_divergence_theory": (
                np.array(closed).T,
                f"{label}: closed forms and leading order",
                "sampler",
                "wavenumber",
            ),
            "divergence_exact": (np.array(solved).T, label, "sampler", "wavenumber"),
            "velocity_error_theory": (
                [error.velocity_error for error in errors],
                "Squared error ∫E|Δb|² dt of the velocity",
                "wavenumber",
            ),
        },
        wavenumber=waves,
        sampler=["ODE", "SDE", "SDE's bound"],
    )


def transported_clouds(
    start: Cloud, end: Cloud, *, noise: float, coupling: Coupling, training_steps: int, steps: int, seed: int
) -> xr.Dataset:
    """A transport trained between two clouds, judged on points that were held out: histograms, a distance, a likelihood."""
    (train, test), (target, held) = (_split(cloud, part_seed(seed, i)) for i, cloud in enumerate((start, end)))
    found = fit_transport(
        train,
        target,
        seed=part_seed(seed, 3),
        coupling=coupling,
        steps=training_steps,
        score=noise > 0,
    )
    moved = found.sample(test, noise=noise, steps=steps, seed=part_seed(seed, 4))
    density = found.log_density(held[:200], kernel_log_density(train)).log_density
    panels: dict[str, tuple[Any, ...]] = {}
    span = np.quantile(np.concatenate([start, end]), [0.001, 0.999], axis=0)
    low, high = float(span[0].min()), float(span[1].max())
    edges = np.linspace(low - 0.05 * (high - low), high + 0.05 * (high - low), CLOUD_BINS + 1)
    for axis in range(min(SHOWN_COORDINATES, start.shape[1])):
        label = f"Density of coordinate {axis + 1}"
        panels[f"density_{axis + 1}_data"] = (_densities(held[:, axis], edges)[0], label, "position")
        panels |= _histogram(f"density_{axis + 1}", moved[:, axis], label, edges)
    distance = "Sliced Wasserstein distance to held-out points of the end"
    floor = sliced_distance(target[: len(moved)], held)
    return _dataset(
        {
            **panels,
            "sliced_distance_data": (floor, f"{distance}, of other points of the end"),
            "sliced_distance_simulation": (sliced_distance(moved, held), distance),
            "start_distance_data": (
                sliced_distance(test, held),
                "The same distance of the start, before transport",
            ),
            **_measured("log_density", mean_estimate(density), "Mean log density of held-out points under the ODE"),
        },
        position=(edges[1:] + edges[:-1]) / 2,
    )


def mixture_variance(mixture: Mixture) -> float:
    """Total variance of a mixture on the line."""
    mean = mixture.weights @ mixture.means[:, 0]
    return float(mixture.weights @ (mixture.covariances[:, 0, 0] + (mixture.means[:, 0] - mean) ** 2))


def _split(cloud: Cloud, seed: int) -> tuple[Cloud, Cloud]:
    order = np.random.default_rng(seed).permutation(len(cloud))
    kept = len(cloud) - max(1, round(HELD_OUT * len(cloud)))
    if kept < 2:
        raise ValueError(f"each cloud must have at least 3 points; got {len(cloud)}")
    return cloud[order[:kept]], cloud[order[kept:]]


def _densities(values: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Histogram density and its binomial error; the error of an empty bin is that of one point."""
    counts, widths = np.histogram(values, edges)[0], np.diff(edges)
    share = counts / len(values)
    return share / widths, np.sqrt(np.maximum(share * (1 - share), 1 / len(values)) / len(values)) / widths


def _histogram(name: str, values: np.ndarray, label: str, edges: np.ndarray = EDGES) -> dict[str, tuple[Any, ...]]:
    density, stderr = _densities(values, edges)
    return _with_errors(name, density, stderr, label, "position")


def _with_errors(name: str, value: Any, stderr: Any, label: str, *dims: str) -> dict[str, tuple[Any, ...]]:
    return {
        f"{name}_simulation": (value, label, *dims),
        f"{name}_stderr": (stderr, f"Standard error: {label}", *dims),
    }


def _measured(name: str, measured: Measured, label: str) -> dict[str, tuple[Any, ...]]:
    return _with_errors(name, measured.value, measured.stderr, label)


def _dataset(variables: dict[str, tuple[Any, ...]], **coordinates: Any) -> xr.Dataset:
    """Variables given as (values, meaning, dimensions...), without units; the test mixture's coordinates where none are given."""
    own: dict[str, Any] = {"position": CENTERS, "mode": EXAMPLE_END.means[:, 0], **coordinates}
    meaning = {
        "position": "position x",
        "mode": "center of the mode",
        "wavenumber": "wavenumber k of the error",
        "sampler": "sampler",
    }
    data = {}
    for name, (values, label, *dims) in variables.items():
        data[name] = xr.Variable(dims, np.asarray(values), {"long_name": label, "units": "1"})
    used = {dim for variable in data.values() for dim in variable.dims}
    coords = {str(d): xr.Variable(d, own[str(d)], {"long_name": meaning[str(d)], "units": "1"}) for d in used}
    return xr.Dataset(data, coords)
