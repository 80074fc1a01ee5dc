"""Experiments: the table of scores with what it can tell, and how many problems a benchmark needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import quantum
from ...claims import File, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

GRADED = File(
    "phasebook.quantum.graded_replies:read_graded_table",
    "graded replies: the published ones, or rows with problem, model, outcome (or correct), and where known seed and type",
    (".jsonl", ".csv"),
)
Graded = Annotated[Literal["published"] | UserFile, GRADED]


@paper.experiment(
    show=("score", "problems"),
    conventions={
        "not solved": "a reply that was unparsed, ungraded, refused or failed counts as not solved; its share stands beside",
        "interval": "Wilson, 95 %; tests are exact and two-sided, corrected by Holm over all pairs of models",
    },
)
def report(graded: Graded = "published") -> xr.Dataset:
    """Scores of models on the same problems: intervals, paired tests, and what chance alone would show.

    Theory: the expected score of each rank if all models were equally able and problems as hard as they are; the expected number
    of problems with each number of solvers if all were equally hard; the error of the mean in closed form. Source: arXiv
    2510.05228 for the published grades; `quantum.benchmark_report`.
    """
    return quantum.report_theory(_table(graded)[0])


@report.measurement
def measured_report(
    graded: Any,
    *,
    resamples: Annotated[int, Range(99, 200_000, "bootstrap resamples of models and problems")] = 20_000,
    seed: int,
) -> xr.Dataset:
    """The grades: scores by rank with Wilson intervals, unread replies, p-values against the best, the mean with its errors."""
    table, unparsed = _table(graded)
    return quantum.report_measurement(table, unparsed, resamples, seed)


@paper.experiment(show=("power_curve",), logarithmic=("number",))
def resolution(
    only_first: Annotated[float, Range(0.0, 0.5, "chance that the first model alone solves a problem")] = 0.14,
    only_second: Annotated[float, Range(0.0, 0.5, "chance that the second model alone solves a problem")] = 0.10,
    problems: Annotated[int, Range(5, 5000, "problems of the benchmark")] = 50,
) -> xr.Dataset:
    """Can a benchmark tell two models apart? Power of the exact paired test at 5 %, and the number of problems that it takes.

    The defaults are the first two models of the published table. Theory sums over all tables; the measurement simulates them.
    Source: `quantum.benchmark_power`.
    """
    return quantum.power_theory(only_first, only_second, problems)


@resolution.measurement
def simulated_resolution(
    only_first: float,
    only_second: float,
    problems: int,
    *,
    tables: Annotated[int, Range(100, 100_000, "simulated benchmarks at each number of problems")] = 2000,
    seed: int,
) -> xr.Dataset:
    """Share of simulated benchmarks in which the test finds a difference."""
    return quantum.power_simulation(only_first, only_second, problems, tables, seed)


def _table(graded: Any) -> tuple[quantum.GradedTable, Any]:
    """The grades with the share of unread replies by model (the published ones were read by hand afterwards)."""
    if isinstance(graded, UserFile):
        return graded.content, graded.content.outcome_rates("unparsed")
    table = quantum.published_table()
    return table, quantum.published_unparsed() / len(table.problems)
