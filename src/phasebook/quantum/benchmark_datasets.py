"""Reports of graded replies and the power of a benchmark as labeled Datasets. Variables say their road."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from ..numerics import about
from ..numerics.seeding import part_seed
from . import benchmark_report as report
from .benchmark_power import paired_power, problems_needed, simulated_power
from .graded_replies import GradedTable

LEAST_POWER = 0.8
CURVE_POINTS = 25


def report_theory(table: GradedTable) -> xr.Dataset:
    """What equally able models, or equally hard problems, would show; and the error of the mean in closed form."""
    return xr.Dataset(
        {
            "score_theory": (
                "rank",
                report.equal_models_scores(table),
                about("1", "Score by rank (theory: were all models equally able)"),
            ),
            "problems_theory": (
                "solvers",
                report.equal_problems_solvers(table),
                about("1", "Problems by number of solvers (theory: were all equally hard)"),
            ),
            "mean_score_error_exact": (
                (),
                report.two_way_stderr(table),
                about("1", "Standard error of the mean score over models and problems"),
            ),
        },
        _coordinates(table),
    )


def report_measurement(table: GradedTable, unparsed: Any, resamples: int, seed: int) -> xr.Dataset:
    """Scores with Wilson intervals by rank, paired tests against the best, and the mean with its errors.

    `unparsed` has shape (models,), the share of replies that could not be read.
    """
    order = report.model_ranking(table)
    found = report.model_scores(table)
    best = table.models[order[0]]
    tests = {test.second: test for test in report.paired_tests(table) if test.first == best}
    shares = np.array([found[index].share for index in order])
    mean, (low, high) = report.two_way_bootstrap(table, seed=seed, resamples=resamples)
    by_rank: dict[str, tuple[Any, str, str]] = {
        "model_data": ([table.models[index] for index in order], "1", "Model, best first"),
        "score_data": (shares, "1", "Score by rank (share of solved problems)"),
        "score_stderr": (np.sqrt(shares * (1 - shares) / len(table.problems)), "1", "Binomial error of the score"),
        "score_low_data": ([found[index].interval[0] for index in order], "1", "Wilson 95 % interval, lower end"),
        "score_high_data": ([found[index].interval[1] for index in order], "1", "Wilson 95 % interval, upper end"),
        "unparsed_data": (np.asarray(unparsed)[order], "1", "Share of replies that could not be read"),
        "unjudged_data": ([found[index].unjudged for index in order], "1", "Share ungraded, refused or failed"),
        "p_value_data": (
            [tests[table.models[index]].p_value if table.models[index] in tests else 1.0 for index in order],
            "1",
            "Exact McNemar p-value against the best model",
        ),
        "adjusted_p_value_data": (
            [tests[table.models[index]].adjusted if table.models[index] in tests else 1.0 for index in order],
            "1",
            "The same after Holm, over all pairs of models",
        ),
    }
    repeats = int(table.attempts.min())
    if repeats > 1:
        solved = report.models_pass_at_k(table, repeats)[order]
        by_rank["pass_at_k_data"] = (solved, "1", f"Chance that one of {repeats} replies is right (pass@{repeats})")
    single: dict[str, tuple[Any, str, str]] = {
        "mean_score_data": (mean.value, "1", "Mean score of the models"),
        "mean_score_stderr": (mean.stderr, "1", "Its error, models and problems resampled"),
        "mean_score_low_data": (low, "1", "Its bootstrap 95 % interval, lower end"),
        "mean_score_high_data": (high, "1", "Its bootstrap 95 % interval, upper end"),
        "ranking_data": (
            "; ".join(f"{table.models[index]} {100 * found[index].share:.1f} %" for index in order),
            "1",
            "Models and their scores, best first",
        ),
        "verdict_data": (report.ranking_verdict(table), "1", "What the table can tell"),
    }
    if len(table.models) > 1:
        over_models = report.mean_over_models(table).stderr
        single["model_error_data"] = (over_models, "1", "Its error over models alone, problems held fixed")
    rates = report.type_rates(table)
    coordinates = _coordinates(table)
    variables: dict[str, Any] = {
        **{name: ("rank", value, about(units, text)) for name, (value, units, text) in by_rank.items()},
        "problems_data": ("solvers", report.solver_counts(table), about("1", "Problems by number of solvers")),
        **{name: ((), value, about(units, text)) for name, (value, units, text) in single.items()},
    }
    if rates:
        variables["type_rate_data"] = ("type", list(rates.values()), about("1", "Mean score by type of problem"))
        coordinates["type"] = ("type", list(rates), about("1", "type of problem"))
    return xr.Dataset(variables, coordinates)


def power_theory(only_first: float, only_second: float, problems: int) -> xr.Dataset:
    """Exact power of the paired test at `problems`, and along numbers of problems up to four times what is needed."""
    needed = problems_needed(only_first, only_second, LEAST_POWER) if only_first != only_second else 0
    axis = _problem_numbers(only_first, only_second, problems)
    curve = [paired_power(int(count), only_first, only_second) for count in axis]
    single = {
        "power_theory": (
            paired_power(problems, only_first, only_second),
            "1",
            "Probability of a significant difference",
        ),
        "problems_needed_theory": (
            needed,
            "problems",
            f"Problems for a power of {LEAST_POWER} (0: none is enough, the models are equal)",
        ),
        "score_difference_theory": (only_first - only_second, "1", "Difference of the two scores"),
    }
    return xr.Dataset(
        {
            **{name: ((), value, about(units, text)) for name, (value, units, text) in single.items()},
            "power_curve_theory": ("number", curve, about("1", "Probability of a significant difference")),
        },
        {"number": ("number", axis, about("1", "number of problems"))},
    )


def power_simulation(only_first: float, only_second: float, problems: int, tables: int, seed: int) -> xr.Dataset:
    """The same from simulated tables, at each number of problems."""
    here = simulated_power(problems, only_first, only_second, tables=tables, seed=part_seed(seed, 0))
    axis = _problem_numbers(only_first, only_second, problems)
    curve = [
        simulated_power(int(count), only_first, only_second, tables=tables, seed=part_seed(seed, 1, place))
        for place, count in enumerate(axis)
    ]
    return xr.Dataset(
        {
            "power_simulation": ((), here.value, about("1", "Probability of a significant difference")),
            "power_stderr": ((), here.stderr, about("1", "Its standard error")),
            "power_curve_simulation": (
                "number",
                [each.value for each in curve],
                about("1", "Probability of a significant difference"),
            ),
            "power_curve_stderr": ("number", [each.stderr for each in curve], about("1", "Its standard error")),
        },
        {"number": ("number", axis, about("1", "number of problems"))},
    )


def _problem_numbers(only_first: float, only_second: float, problems: int) -> np.ndarray:
    equal = only_first == only_second
    needed = problems if equal else problems_needed(only_first, only_second, LEAST_POWER)
    high = max(200, 4 * problems, 2 * needed)
    return np.unique(np.geomspace(10, high, CURVE_POINTS).round().astype(int))


def _coordinates(table: GradedTable) -> dict[str, Any]:
    models = len(table.models)
    return {
        "rank": ("rank", np.arange(1, models + 1), about("1", "rank of the model")),
        "solvers": ("solvers", np.arange(models + 1), about("1", "models that solve a problem")),
    }
