"""What worker processes compute for the page: a theory's figure for a slider, an experiment's result with all its figures.

These functions take plain values and run in processes of their own, so that the server itself never imports JAX or draws.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import runtime
from ..claims import load_paper
from ..experiments import Experiment, Road

if TYPE_CHECKING:
    import xarray as xr

FIGURE_FILES = ("figure.png", "figure.svg")
NICE = 5  # a measurement yields to the readers of the page


def start_theory_worker() -> None:
    """Prepare the process that redraws figures, and import what it will need before the first reader moves a slider."""
    runtime.prepare_process()
    from ..figures import bokeh_item  # noqa: F401  imports HoloViews and Bokeh


def draw_theory(slug: str, name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The theory of an experiment at the given parameters (texts): a Bokeh item, rows of numbers, seconds.

    Raises `ValueError` in one sentence for a wrong parameter.
    """
    begin = time.perf_counter()
    experiment = load_paper(slug).experiments[name]
    values = parsed(experiment, given, "theory")
    data = experiment.curve(values, only="theory")
    seconds = time.perf_counter() - begin
    return {"item": _item(data, experiment), "rows": _rows(experiment, values, data), "seconds": seconds}


def draw_theory_file(slug: str, name: str, given: Mapping[str, str], suffix: str, folder: str) -> str:
    """The same theory as a file, for readers without JavaScript; returns its path."""
    from ..figures import save_figure, style_of

    experiment = load_paper(slug).experiments[name]
    data = experiment.curve(parsed(experiment, given, "theory"), only="theory")
    path = Path(folder) / f"theory{suffix}"
    save_figure(data, path, style_of(experiment))
    return str(path)


def measure_experiment(
    slug: str, name: str, given: Mapping[str, str], only: Road | None, seed: int, folder: str
) -> dict[str, Any]:
    """Run an experiment, write its result and figures into `folder`, and return the rows of numbers."""
    from .. import results
    from ..figures import save_figure, style_of

    os.nice(NICE)
    experiment = load_paper(slug).experiments[name]
    values = parsed(experiment, given, only)
    begin = time.perf_counter()
    data = experiment.run(values, seed=seed, only=only)
    seconds = time.perf_counter() - begin
    results.write_netcdf(data, Path(folder) / "result.nc")
    curve = data if experiment.along is None else experiment.curve(values, seed=seed, only=only)
    drawn = True
    try:
        (Path(folder) / "figure.json").write_text(json.dumps(_item(curve, experiment)))
        for file in FIGURE_FILES:
            save_figure(curve, Path(folder) / file, style_of(experiment))
    except ValueError:  # single numbers have no figure
        drawn = False
    return {"rows": results.rows(data), "seconds": seconds, "drawn": drawn}


def parsed(experiment: Experiment, given: Mapping[str, str], only: Road | None) -> dict[str, Any]:
    """Texts as checked values, by the same declarations as the command line. Raises `ValueError` in one sentence."""
    parameters = experiment.parameters
    known = {name: text for name, text in given.items() if text != ""}
    experiment.resolve({name: None for name in known if name not in parameters})
    values = {name: parameters[name].parse(text) for name, text in known.items()}
    if only == "theory":
        values = {name: value for name, value in values.items() if parameters[name].road != "measurement"}
    experiment.resolve(values, only)
    return values


def _rows(experiment: Experiment, values: Mapping[str, Any], data: xr.Dataset) -> list[tuple[str, str, str, str]]:
    from .. import results

    here = data if experiment.along is None else experiment.run(values, only="theory")
    return results.rows(here)


def _item(data: xr.Dataset, experiment: Experiment) -> Any:
    from ..figures import bokeh_item, style_of

    return bokeh_item(data, style_of(experiment))
