"""The long job: an experiment over a grid and seeds, resumable after a kill at any instant.

Every grid point and seed is one unit, saved in one file; theory runs once per grid point. The units are gathered into one Zarr
store at the end, and whenever a figure of an unfinished store is asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .claims import load_paper
from .errors import PhasebookError
from .experiments import Experiment, Road
from .provenance import code_version
from .sweep_grid import Grid
from .unit_store import Unit, failures, finished, remove_leftovers, write_failure, write_text, write_unit
from .workers import Task, run_tasks

if TYPE_CHECKING:
    import xarray as xr

UNIT_SECONDS = 3600.0
UNIT_MEMORY = 8 * 1024**3


class StoreMismatch(PhasebookError, ValueError):
    """The store was made by another experiment, grid, seeds or code; the message says which differs."""


@dataclass(frozen=True)
class Sweep:
    """An experiment over a grid and seeds 0, 1, ..., saved in one folder."""

    experiment: Experiment
    grid: Grid
    seeds: int
    store: Path
    only: Road | None = None

    @property
    def units_folder(self) -> Path:
        """Where finished units lie, one file each."""
        return self.store / ".units"

    def units(self) -> dict[str, Unit]:
        """All units by key: theory once per grid point, the measurement once per grid point and seed."""
        found: dict[str, Unit] = {}
        for point in self.grid.points():
            for unit in self.units_at(point):
                found[unit.key] = unit
        return found

    def units_at(self, point: Mapping[str, Any]) -> list[Unit]:
        """The units of one grid point, theory first."""
        slug, name = self.experiment.slug, self.experiment.name
        parameters = self.experiment.parameters
        units = []
        for road in self.roads:
            if road == "theory":
                values = {key: value for key, value in point.items() if parameters[key].road == "both"}
                units.append(Unit(slug, name, road, values, None))
            else:
                units += [Unit(slug, name, road, dict(point), seed) for seed in range(self.seeds)]
        return units

    @property
    def roads(self) -> tuple[Road, ...]:
        """Theory, measurement, or both."""
        return self.experiment.roads if self.only is None else (self.only,)

    def identity(self) -> dict[str, Any]:
        """What a store must agree on to be resumed."""
        return {
            "paper": self.experiment.slug,
            "experiment": self.experiment.name,
            "only": self.only,
            "seeds": self.seeds,
            "grid": self.grid.as_json(),
            "code version": code_version(self.experiment.slug),
        }


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """How far a sweep is."""

    units: int
    done: int
    failed: int


def open_store(sweep: Sweep) -> None:
    """Make the sweep's folder, or check that it is this very sweep's. Raises `StoreMismatch` saying which differs."""
    manifest = sweep.store / ".sweep.json"
    identity = json.loads(json.dumps(sweep.identity()))
    if manifest.exists():
        found = json.loads(manifest.read_text())
        for name, value in identity.items():
            if found.get(name) != value:
                raise StoreMismatch(
                    f"the store {sweep.store.name} was made with another {name}: {_short(found.get(name))}; "
                    f"this sweep has {_short(value)}; name another --store, or remove it"
                )
    elif sweep.store.exists() and any(sweep.store.iterdir()):
        raise StoreMismatch(f"the folder {sweep.store.name} holds something else than a sweep; name another --store")
    sweep.units_folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(sweep.units_folder)
    if not manifest.exists():
        write_text(manifest, json.dumps(identity, indent=1))


def run_sweep(
    sweep: Sweep, *, workers: int | None = None, scheduler: str | None = None, retry_failed: bool = False
) -> Generator[SweepProgress]:
    """Run what is not finished, and yield progress; then gather everything into the Zarr store.

    Units that failed stay failed, with their reason, unless `retry_failed`.
    """
    open_store(sweep)
    folder, units = sweep.units_folder, sweep.units()
    done, failed = finished(folder) & units.keys(), failures(folder).keys() & units.keys()
    if retry_failed:
        for key in failed:
            (folder / f"{key}.failed.json").unlink(missing_ok=True)
        failed = set()
    tasks = [
        Task(key, run_unit, (unit, str(folder.resolve())), UNIT_SECONDS, UNIT_MEMORY)
        for key, unit in units.items()
        if key not in done and key not in failed
    ]
    counts = {"done": len(done), "failed": len(failed)}
    yield SweepProgress(len(units), **counts)
    if tasks:
        _mark_unfinished(sweep)
    workers = (os.cpu_count() or 1) if workers is None else workers
    for event in run_tasks(tasks, workers=workers, scheduler=scheduler):
        if event.outcome is None:
            continue
        if event.outcome.failure:
            outcome = event.outcome
            write_failure(
                folder, event.key, {"failure": outcome.failure, "message": outcome.message, "trace": outcome.trace}
            )
        counts["failed" if event.outcome.failure else "done"] += 1
        yield SweepProgress(len(units), **counts)
    # Once more: a worker killed with an earlier run may have been at its last write when this one began.
    remove_leftovers(folder)
    consolidate(sweep)


def run_unit(unit: Unit, folder: str) -> None:
    """Run one unit in this process and save its arrays; what a worker runs."""
    experiment = load_paper(unit.slug).experiments[unit.name]
    road: Road = "theory" if unit.road == "theory" else "measurement"
    data = experiment.run(unit.parameters, seed=unit.seed or 0, only=road)
    write_unit(Path(folder), unit.key, _to_arrays(data))


def gather(sweep: Sweep) -> xr.Dataset:
    """All units, finished or not, as one Dataset over the grid's axes and `seed`; what is missing is NaN."""
    from .sweep_gather import gather_units

    return gather_units(sweep, finished(sweep.units_folder), failures(sweep.units_folder))


def consolidate(sweep: Sweep) -> Path:
    """Write everything gathered into the Zarr store, replacing what it held. Returns the store's path.

    The new arrays are written aside and moved in one by one, the root's metadata last.
    """
    finished_mark = sweep.store / ".finished"
    state = _state(sweep)
    if finished_mark.exists() and finished_mark.read_text() == state:
        return sweep.store
    data = gather(sweep)
    aside = sweep.store / ".consolidating"
    shutil.rmtree(aside, ignore_errors=True)
    with warnings.catch_warnings():
        # Consolidated metadata is not in the Zarr 3 specification yet; with it, readers list our arrays and not our hidden files.
        warnings.filterwarnings("ignore", message="Consolidated metadata is currently not part")
        data.to_zarr(aside, mode="w", zarr_format=3, consolidated=True)
    for old in sweep.store.iterdir():
        if not old.name.startswith("."):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in sorted(aside.iterdir(), key=lambda path: path.name == "zarr.json"):
        os.replace(new, sweep.store / new.name)
    shutil.rmtree(aside, ignore_errors=True)
    write_text(finished_mark, state)
    return sweep.store


def _state(sweep: Sweep) -> str:
    """A hash of which units are finished and which failed."""
    done, failed = sorted(finished(sweep.units_folder)), sorted(failures(sweep.units_folder))
    return hashlib.sha256(json.dumps([done, failed]).encode()).hexdigest()


def _mark_unfinished(sweep: Sweep) -> None:
    (sweep.store / ".finished").unlink(missing_ok=True)


def _to_arrays(data: xr.Dataset) -> dict[str, Any]:
    """Variables and their description as plain arrays: the values by name, dims and attributes as JSON text."""
    import numpy as np

    arrays = {str(name): np.asarray(variable.values) for name, variable in data.variables.items()}
    described = {
        str(name): {
            "dims": list(map(str, variable.dims)),
            "attrs": _plain_attributes(variable.attrs),
            "coordinate": name in data.coords,
        }
        for name, variable in data.variables.items()
    }
    arrays = {name: array.astype(str) if array.dtype.hasobject else array for name, array in arrays.items()}
    attributes = {name: value for name, value in data.attrs.items() if name.startswith(("convention_", "title"))}
    arrays["__description__"] = np.array(json.dumps({"variables": described, "attrs": attributes}, sort_keys=True))
    return arrays


def _plain_attributes(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value.item() if hasattr(value, "item") else value for key, value in attributes.items()}


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
