"""Any lattice model beside its mean field, and beside a user's label images: densities in time and pair correlations at the end."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..engines.lattice import simulate_lattice
from ..engines.lattice_correlations import Correlations, pair_correlation
from ..engines.lattice_rules import LatticeModel
from ..numerics import about
from .lattice_models import solve_mean_field
from .lattice_rasters import RasterSeries

POINTS = 41
FURTHEST = 40


def comparison_times(time: float, raster: RasterSeries | None) -> NDArray[np.float64]:
    """The times of the raster's frames, evenly from 0 to `time`, or 41 of them where there is at most one frame."""
    frames = 1 if raster is None else len(raster.frames)
    return np.linspace(0.0, time, frames if frames > 1 else POINTS)


def comparison_theory(
    model: LatticeModel, time: float, densities: dict[str, float], raster: RasterSeries | None = None
) -> xr.Dataset:
    """Mean-field densities from those of the raster's first frame, or from `densities` of each species."""
    times = comparison_times(time, raster)
    if raster is None:
        start = np.array([densities.get(name, 0.0) for name in model.species])
    else:
        first = matched_states(model, raster)[0]
        start = np.bincount(first.ravel(), minlength=model.states)[1:] / first.size
    return xr.Dataset(
        {
            "density_theory": (
                ("time", "species"),
                solve_mean_field(model, times, start),
                about("1/site", "Density (mean field)"),
            )
        },
        coords=_coordinates(model, times),
    )


def comparison_simulation(
    model: LatticeModel,
    shape: tuple[int, ...],
    time: float,
    densities: dict[str, float],
    raster: RasterSeries | None = None,
    *,
    replicas: int,
    seed: int,
) -> xr.Dataset:
    """Lattice runs from the raster's first frame, or from random sites; with a raster its densities and correlations as `_data`.

    Correlations are of each species with itself at the last time, connected, at distances 1 to 40; a raster's edges are taken
    as open there, but every simulated lattice is periodic. Raises ValueError where the raster holds labels that the model has
    no species for.
    """
    times = comparison_times(time, raster)
    states = None if raster is None else matched_states(model, raster)
    runs = simulate_lattice(
        model,
        shape if states is None else states.shape[1:],
        times,
        initial=densities if states is None else states[0],
        replicas=replicas,
        seed=seed,
        snapshots=(times[-1],),
    )
    count = runs.replicas
    stderr = (
        runs.densities.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else np.full(runs.densities[0].shape, np.nan)
    )
    dimension = len(runs.shape)
    numbers = range(1, model.states)
    reach = min(FURTHEST, min(runs.shape) // 2)
    found = [pair_correlation(runs.snapshots[:, 0], number, dimension=dimension, furthest=reach) for number in numbers]
    data = {
        "density_simulation": (("time", "species"), runs.densities.mean(axis=0), about("1/site", "Density")),
        "density_stderr": (("time", "species"), stderr, about("1/site", "Standard error over runs")),
        "correlation_simulation": (
            ("distance", "species"),
            _values(found),
            about("1/site²", "Connected correlation at the end"),
        ),
        "correlation_stderr": (
            ("distance", "species"),
            np.stack([each.stderr[1:] for each in found], axis=1),
            about("1/site²", "Standard error over runs"),
        ),
    }
    if states is not None:
        theirs = [pair_correlation(states[-1], number, periodic=False, furthest=reach) for number in numbers]
        data["correlation_data"] = (
            ("distance", "species"),
            _values(theirs),
            about("1/site²", "Connected correlation in the last frame"),
        )
        if len(states) > 1:
            counted = np.array(
                [np.bincount(frame.ravel(), minlength=model.states)[1:] / frame.size for frame in states]
            )
            data["density_data"] = (("time", "species"), counted, about("1/site", "Density in the frames"))
    distance = {"distance": ("distance", found[0].distance[1:], about("site", "distance"))}
    return xr.Dataset(data, coords={**_coordinates(model, times), **distance})


def matched_states(model: LatticeModel, raster: RasterSeries) -> NDArray[np.uint8]:
    """The raster's labels as states of the model: 0 is empty, k its k-th species. Raises ValueError for any other label."""
    if not 0 <= min(raster.labels) <= max(raster.labels) <= len(model.species):
        names = ", ".join(f"{number} {name}" for number, name in enumerate(("empty", *model.species)))
        raise ValueError(f"labels of the raster must be {names}; got {', '.join(map(str, raster.labels))}")
    return np.asarray(raster.labels, np.uint8)[raster.frames]


def _values(found: list[Correlations]) -> NDArray[np.float64]:
    return np.stack([each.value[1:] for each in found], axis=1)


def _coordinates(model: LatticeModel, times: NDArray[np.float64]) -> dict[str, object]:
    return {
        "time": ("time", times, about("1/rate", "time")),
        "species": ("species", list(model.species)),
    }
