"""Reference values of lattice problems as labeled Datasets: the value by two solvers, and its course along one option.

Variables say their road; solvers are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ..numerics.seeding import part_seed
from .generated_problems import Answer
from .reference_problems import ReferenceProblem, Values, reference_options, reference_problem

SCANNED_SITES = 8
NAMES = {"size": "sites", "anisotropy": "anisotropy Δ", "interaction": "interaction U", "temperature": "temperature"}
UNITS = {"size": "1", "anisotropy": "1", "interaction": "t", "temperature": "J"}


def ground_truth_theory(problem: str, given: Mapping[str, float | None]) -> xr.Dataset:
    """The first solver's value, with its name, and the same quantity along the problem's natural option."""
    chosen, values = reference_problem(problem), reference_options(problem, given)
    answer = chosen.first(values)
    curve = [_shown(chosen, each, chosen.first(each)) for each in _scan(chosen, values)]
    return xr.Dataset(
        {
            "value_theory": ((), _real(answer), _about(chosen, chosen.quantity)),
            "first_solver_theory": ((), answer.solver, {"units": "1", "long_name": "First solver"}),
            "curve_theory": ("scan", curve, _about(chosen, _label(chosen))),
        },
        _coordinate(chosen, values),
    )


def ground_truth_simulation(problem: str, given: Mapping[str, float | None], seed: int) -> xr.Dataset:
    """The second solver's value with its standard error (0: exact), with its name, and along the same option."""
    chosen, values = reference_problem(problem), reference_options(problem, given)
    answer = chosen.second(values, seed)
    scan = _scan(chosen, values)
    answers = [chosen.second(each, part_seed(seed, place)) for place, each in enumerate(scan)]
    curve = [_shown(chosen, each, found) for each, found in zip(scan, answers, strict=True)]
    errors = [_error(found) / _sites(chosen, each) for each, found in zip(scan, answers, strict=True)]
    return xr.Dataset(
        {
            "value_simulation": ((), _real(answer), _about(chosen, chosen.quantity)),
            "value_stderr": ((), _error(answer), _about(chosen, "Its standard error; 0 for an exact second solver")),
            "second_solver_simulation": ((), answer.solver, {"units": "1", "long_name": "Second solver"}),
            "curve_simulation": ("scan", curve, _about(chosen, _label(chosen))),
            "curve_stderr": ("scan", errors, _about(chosen, "Its standard error")),
        },
        _coordinate(chosen, values),
    )


def _scan(problem: ReferenceProblem, values: Values) -> list[Values]:
    """The option's values for the figure, at a size that both solvers do quickly."""
    small = {**values}
    if "size" in values and problem.along != "size" and problem.scannable:
        small["size"] = min(values["size"], SCANNED_SITES)
    return [{**small, problem.along: int(each) if problem.along == "size" else each} for each in problem.scanned]


def _sites(problem: ReferenceProblem, values: Values) -> float:
    return values["size"] if problem.extensive else 1.0


def _shown(problem: ReferenceProblem, values: Values, answer: Answer) -> float:
    return _real(answer) / _sites(problem, values)


def _label(problem: ReferenceProblem) -> str:
    return f"{problem.quantity} per site" if problem.extensive else problem.quantity


def _coordinate(problem: ReferenceProblem, values: Values) -> dict[str, Any]:
    fixed = "size" in values and problem.along != "size" and problem.scannable
    name = NAMES[problem.along] + (f" at {min(values['size'], SCANNED_SITES)} sites" if fixed else "")
    return {"scan": ("scan", list(problem.scanned), {"units": UNITS[problem.along], "long_name": name})}


def _about(problem: ReferenceProblem, text: str) -> dict[str, str]:
    return {"units": problem.units, "long_name": text}


def _real(answer: Answer) -> float:
    return float(np.real(answer.values[0]))


def _error(answer: Answer) -> float:
    return float(answer.stderrs[0]) if answer.stderrs else 0.0
