"""Gathers a sweep's units into one Dataset: grid axes and `seed` before each variable's own dimensions.

Ragged dimensions are padded with NaN up to the longest; text becomes integer codes with their meanings (CF conventions).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from .parameters import plain
from .unit_store import Unit, read_unit

if TYPE_CHECKING:
    from .sweeps import Sweep

MISSING, DONE, FAILED = 0, 1, 2


def gather_units(sweep: Sweep, done: set[str], failed: Mapping[str, Any]) -> xr.Dataset:
    """All units as one Dataset; `unit_state_<road>` says which are missing (0), done (1) or failed (2)."""
    collected: dict[str, _Variable] = {}
    states: dict[str, np.ndarray] = {
        str(road): np.zeros(sweep.grid.shape + ((sweep.seeds,) if road == "measurement" else ()), dtype=np.int8)
        for road in sweep.roads
    }
    attributes: dict[str, Any] = {}
    for index, point in zip(np.ndindex(*sweep.grid.shape), sweep.grid.points(), strict=True):
        for unit in sweep.units_at(point):
            place = index if unit.seed is None else (*index, unit.seed)
            if unit.key in done:
                states[unit.road][place] = DONE
                attributes |= _collect(collected, sweep, unit, place)
            elif unit.key in failed:
                states[unit.road][place] = FAILED
    return _assemble(sweep, collected, states, attributes)


class _Variable:
    """One variable's values at the grid's places, and their description."""

    def __init__(self, unit: Unit, description: Mapping[str, Any]) -> None:
        self.seeded = unit.seed is not None
        self.dims: tuple[str, ...] = tuple(description["dims"])
        self.attrs: dict[str, Any] = dict(description["attrs"])
        self.coordinate: bool = description["coordinate"]
        self.values: dict[tuple[int, ...], np.ndarray] = {}


def _collect(collected: dict[str, _Variable], sweep: Sweep, unit: Unit, place: tuple[int, ...]) -> dict[str, Any]:
    arrays = read_unit(sweep.units_folder, unit.key)
    description = json.loads(str(arrays.pop("__description__")))
    for name, array in arrays.items():
        if name not in collected:
            collected[name] = _Variable(unit, description["variables"][name])
        collected[name].values[place] = array
    return description["attrs"]


def _assemble(
    sweep: Sweep, collected: Mapping[str, _Variable], states: Mapping[str, np.ndarray], attributes: Mapping[str, Any]
) -> xr.Dataset:
    axes = _axes(sweep)
    sizes: dict[str, int] = {}
    for variable in collected.values():
        for array in variable.values.values():
            for dim, size in zip(variable.dims, array.shape, strict=True):
                sizes[dim] = max(size, sizes.get(dim, 0))
    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = dict(axes)
    for name, variable in collected.items():
        if name in axes:
            continue
        if variable.coordinate and variable.dims == (name,) and (values := _shared_coordinate(variable)) is not None:
            coordinates[name] = (name, values, variable.attrs)
            continue
        dims = (*sweep.grid.axes, *(("seed",) if variable.seeded else ()), *variable.dims)
        values, attrs = _padded(sweep, variable, [sizes[dim] for dim in variable.dims])
        label = f"{name}_values" if name in variable.dims else name
        variables[label] = (dims, values, attrs)
    for road, state in states.items():
        dims = (*sweep.grid.axes, *(("seed",) if road == "measurement" else ()))
        meaning = {
            "long_name": f"state of each unit ({road})",
            "flag_values": [0, 1, 2],
            "flag_meanings": "missing done failed",
        }
        variables[f"unit_state_{road}"] = (dims, state, meaning)
    if "measurement" in sweep.roads:
        coordinates["seed"] = ("seed", np.arange(sweep.seeds), {"long_name": "seed"})
    identity = sweep.identity()
    described = {
        "paper": identity["paper"],
        "experiment": identity["experiment"],
        "grid": json.dumps(identity["grid"], sort_keys=True),
        "code_version": identity["code version"],
    }
    return xr.Dataset(variables, coordinates, {**attributes, **described})


def _axes(sweep: Sweep) -> dict[str, Any]:
    axes = {}
    for name, values in sweep.grid.axes.items():
        parameter = sweep.experiment.parameters[name]
        meaning: dict[str, Any] = {"long_name": parameter.help or name.replace("_", " "), "units": parameter.unit}
        if all(isinstance(value, (int, float)) for value in values):
            axes[name] = (name, np.array(values), meaning)
        else:
            texts = [str(value) for value in plain({name: list(values)})[name]]
            codes = {"flag_values": list(range(len(texts))), "flag_meanings": " ".join(texts)}
            axes[name] = (name, np.arange(len(texts)), {**meaning, **codes})
    return axes


def _shared_coordinate(variable: _Variable) -> np.ndarray | None:
    """The longest of a coordinate's values where all others are its beginning, else None."""
    longest = max(variable.values.values(), key=len)
    if longest.dtype.kind not in "fiub":
        return None
    same = all(np.array_equal(values, longest[: len(values)]) for values in variable.values.values())
    return longest if same else None


def _padded(sweep: Sweep, variable: _Variable, sizes: list[int]) -> tuple[np.ndarray, dict[str, Any]]:
    arrays, attrs = variable.values, dict(variable.attrs)
    if next(iter(arrays.values())).dtype.kind in "US":
        texts = sorted({str(text) for array in arrays.values() for text in np.ravel(array)})
        codes = {text: code for code, text in enumerate(texts)}
        arrays = {place: np.vectorize(codes.__getitem__, otypes=[float])(array) for place, array in arrays.items()}
        attrs |= {
            "flag_values": list(range(len(texts))),
            "flag_meanings": " ".join(text.replace(" ", "_") for text in texts),
        }
    shape = (*sweep.grid.shape, *((sweep.seeds,) if variable.seeded else ()), *sizes)
    values = np.full(shape, np.nan)
    for place, array in arrays.items():
        where: tuple[Any, ...] = (*place, *(slice(0, size) for size in array.shape))
        values[where] = array
    return values, attrs
