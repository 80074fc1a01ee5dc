"""Results about the gap between the samplers as labelled Datasets: what theory and simulation say of the same observables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from .fokker_planck import OrnsteinUhlenbeck, flow_log_density, path_log_density, prior_mismatch
from .learned_potential import Training, fit_potentials
from .mixture_potential import MixturePotential
from .reverse_laws import AtTime, GaussianPrior, gap_bound, graded_times, reverse_laws
from .sampler_gap import line_gap, plane_gap, residual_over_box

PROCESS = OrnsteinUhlenbeck()
POINTS = (-1.5, -0.5, 0.0, 0.7, 1.8)
AXIS = np.linspace(-3.2, 3.2, 65)
RECORD = 20
PAIRS = ("ODE-SDE", "SDE-truth", "ODE-truth")
_GAP = "Distance W2 of ODE and SDE; the line is an upper bound"
_DENSITY = "Density at time 0; dashed: of the data"
_RATIO = "Density of the SDE from paths over its density on a grid"
_SQUARED = "Squared distance W2² between two laws at time 0"
_RESIDUAL = "Mean squared Fokker-Planck residual"


def rippled_potential(amplitude: float, frequency: float) -> MixturePotential:
    """The log-density of data N(0, 1), with a ripple amplitude·sin(frequency x)·e^(-t) that no density has."""
    return MixturePotential([[0.0]], [1.0], amplitude=amplitude, frequency=frequency)


def rippled_start(horizon: float, start: str) -> AtTime | GaussianPrior:
    """What the samplers start from: the data's own law at the horizon (`exact`), or the stationary law."""
    if start == "exact":
        return AtTime(rippled_potential(0.0, 1.0), horizon)
    return GaussianPrior(PROCESS.stationary_variance)


def rippled_theory(amplitude: float, frequency: float, horizon: float, start: str) -> xr.Dataset:
    """The bound on the distance over time, and both samplers' densities without a sampler: backward equation and flow."""
    potential, prior = rippled_potential(amplitude, frequency), rippled_start(horizon, start)
    bound = gap_bound(potential, PROCESS, prior, horizon=horizon)
    ode = np.exp(flow_log_density(potential, PROCESS, prior, AXIS[:, None], horizon=horizon))
    sde = np.exp(np.interp(AXIS, bound.x, bound.log_density))
    every = (len(bound.times) - 1) // RECORD
    return _dataset(
        {
            "bound_theory": (bound.at_end, "Upper bound on the distance W2 of ODE and SDE"),
            "gap_theory": (bound.bound[::every], _GAP, "time"),
            "density_theory": (np.array([ode, sde]), _DENSITY, ("law", "x")),
            "density_exact": (np.exp(-(AXIS**2) / 2) / math.sqrt(2 * math.pi), _DENSITY, "x"),
            "identity_ratio_theory": (np.ones(len(POINTS)), _RATIO, "point"),
        },
        **_axes(horizon),
    )


def rippled_simulation(
    amplitude: float, frequency: float, horizon: float, start: str, *, paths: int, steps: int, seed: int
) -> xr.Dataset:
    """Both laws by finite volumes and quantiles, their distances, and the density of the SDE from paths at five points."""
    potential, prior = rippled_potential(amplitude, frequency), rippled_start(horizon, start)
    laws = reverse_laws(potential, PROCESS, prior, horizon=horizon, record=RECORD)
    gap, sde_truth, ode_truth = laws.distances(laws.scores)
    points = np.array(POINTS)[:, None]
    found = path_log_density(potential, PROCESS, prior, points, horizon=horizon, paths=paths, steps=steps, seed=seed)
    sde = np.interp(AXIS, laws.sde.centers, laws.sde.density[-1])
    ratio = np.exp(found.log_density) / np.interp(points[:, 0], laws.sde.centers, laws.sde.density[-1])
    x, density = laws.ode_density()
    return _dataset(
        {
            "distance_ode_sde_simulation": (gap, "Distance W2 of ODE and SDE"),
            "distance_sde_truth_simulation": (sde_truth, "Distance W2 of SDE and data"),
            "distance_ode_truth_simulation": (ode_truth, "Distance W2 of ODE and data"),
            "gap_simulation": (laws.gap(), _GAP, "time"),
            "density_simulation": (np.array([np.interp(AXIS, x, density), sde]), _DENSITY, ("law", "x")),
            "identity_ratio_simulation": (ratio, _RATIO, "point"),
            "identity_ratio_stderr": (ratio * found.stderr, f"Standard error: {_RATIO}", "point"),
        },
        **_axes(horizon),
    )


def penalized_training(
    points: Float[np.ndarray, "n d"],
    weights: Sequence[float],
    *,
    horizon: float,
    training: Training,
    samples: int,
    seed: int,
) -> xr.Dataset:
    """Potentials trained on data (n, 1) or (n, 2) with each penalty weight, and how far their samplers and the data are apart.

    On the line the laws are computed, in the plane `samples` points of each sampler are compared. Raises ValueError for data of
    more dimensions; warns where the horizon leaves the samplers' start too far from the data's law there.
    """
    dimension = points.shape[1]
    if dimension > 2:
        raise ValueError(f"data must have 1 or 2 coordinates for an exact distance; got {dimension}")
    prior_mismatch(PROCESS, horizon, math.sqrt(float((points**2).sum(axis=1).mean())))
    trained = fit_potentials(points, weights, horizon=horizon, training=training, process=PROCESS, seed=seed)
    gaps, residuals = [], []
    for potential in trained.potentials:
        if dimension == 1:
            gaps.append(line_gap(potential, PROCESS, points, horizon=horizon, reach=1.5 * trained.reach, seed=seed))
        else:
            gaps.append(
                plane_gap(
                    potential, PROCESS, points, horizon=horizon, samples=samples, reach=1.2 * trained.reach, seed=seed
                )
            )
        residuals.append(
            residual_over_box(potential, PROCESS, dimension, horizon=horizon, reach=trained.reach, seed=seed)
        )
    squared = np.array([[gap.ode_sde, gap.sde_truth, gap.ode_truth] for gap in gaps])
    return _dataset(
        {
            "squared_distance_simulation": (squared, _SQUARED, ("weight", "pair")),
            "floor_simulation": ([gap.floor.value for gap in gaps], "Floor of W2²: two samples of one law", "weight"),
            "floor_stderr": ([gap.floor.stderr for gap in gaps], "Standard error: floor of W2²", "weight"),
            "squared_residual_simulation": ([each.value for each in residuals], _RESIDUAL, "weight"),
            "squared_residual_stderr": ([each.stderr for each in residuals], f"Standard error: {_RESIDUAL}", "weight"),
            "dropped_simulation": ([gap.dropped for gap in gaps], "Largest share of mass beyond the reach", "weight"),
        },
        weight=(list(trained.weights), "weight of the residual penalty"),
        pair=(list(PAIRS), "which two laws"),
    )


def _axes(horizon: float) -> dict[str, tuple[Any, str]]:
    return {
        "time": (graded_times(horizon, RECORD), "time of the forward process (both samplers end at 0)"),
        "x": (AXIS, "x"),
        "law": (["ODE", "SDE"], "sampler"),
        "point": (list(POINTS), "x"),
    }


def _dataset(variables: dict[str, tuple[Any, ...]], **coordinates: tuple[Any, str]) -> xr.Dataset:
    """Values with their meanings and dimensions; everything here is without units."""
    data = {}
    for name, (values, meaning, *dims) in variables.items():
        along = () if not dims else (dims[0],) if isinstance(dims[0], str) else tuple(dims[0])
        data[name] = xr.Variable(along, np.asarray(values), {"units": "1", "long_name": meaning})
    used = {dim for variable in data.values() for dim in variable.dims}
    axes = {
        name: xr.Variable(name, values, {"units": "1", "long_name": meaning})
        for name, (values, meaning) in coordinates.items()
        if name in used
    }
    return xr.Dataset(data, coords=axes)
