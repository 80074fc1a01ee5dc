"""Regimes of Fisher matrices as labeled Datasets: weights, functionals beside each other, a user's scores, and noise."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..numerics import about
from ..numerics.seeding import part_seed
from .fisher_estimates import (
    SamplingNoise,
    bootstrap_regime,
    fisher_from_scores,
    generated_scores,
    isotropic_condition_number,
)
from .regime import (
    check_eigenvalues,
    closed_form_weight,
    minimal_weight,
    named_functional,
    regime_name,
    regime_parameter,
    regime_scalar,
    regimes_of_condition_number,
    threshold,
)

Array = NDArray[np.float64]
CURVE = np.geomspace(1e-3, 1e2, 26)  # weights of the curve, relative to the largest eigenvalue
CONDITIONS = np.concatenate([np.linspace(1.0, 4.0, 13), np.geomspace(5.0, 20.0, 9)])
FRAGILE = {
    "κρ": ("kappa-rho", 1.0),
    "κ²ρ": ("kappa-rho", 2.0),
    "κ": ("kappa", 1.0),
    "ρ": ("rho", 1.0),
}
POWERS = np.array([0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0])
QUANTILES = (0.025, 0.975)


def regime_theory(eigenvalues: Sequence[float], functional: str, power: float, alpha: Any) -> xr.Dataset:
    """β*, α of each direction in the order given, condition number, and the functional over the weight."""
    values = check_eigenvalues(eigenvalues)
    best = closed_form_weight(values, functional, power)
    directions = regime_parameter(values, best.value)
    top = float(values.max())
    measure = named_functional(functional, power)
    scalar = regime_scalar(values, best.value, alpha)
    single = {
        "metric_weight_theory": (best.value, "information", "Weight of the Fisher metric, from calculus"),
        "outcome_theory": (best.outcome, "1", "Where the minimum lies"),
        "condition_number_theory": (float(top / values.min()), "1", "Condition number of F"),
        "threshold_theory": (_threshold(functional, power), "1", "Condition number above which the weight is positive"),
        "alpha_theory": (scalar, "1", "Regime parameter of the whole"),
        "regime_theory": (regime_name(scalar), "1", "Nearest regime"),
    }
    return xr.Dataset(
        {
            **{name: ((), value, about(units, text)) for name, (value, units, text) in single.items()},
            "regime_parameter_theory": ("direction", directions, about("1", "Regime parameter of a direction")),
            "convergence_time_theory": (
                "weight",
                _relative_times(values, measure, CURVE),
                about("1", "Convergence functional, logarithm relative to β = 0"),
            ),
        },
        {
            "direction": ("direction", values, about("1", "eigenvalue of F along the direction")),
            "weight": ("weight", CURVE, about("1", "weight β relative to the largest eigenvalue")),
        },
    )


def regime_simulation(
    eigenvalues: Sequence[float], functional: str, power: float, alpha: Any, samples: int, seed: int
) -> xr.Dataset:
    """The same from matrices: F in randomly turned directions whose functional is minimized numerically, and F as so many
    sampled scores show it."""
    values = check_eigenvalues(eigenvalues)
    generator = np.random.default_rng(seed)
    turn = np.linalg.qr(generator.standard_normal((values.size, values.size)))[0]
    fisher = (turn * values) @ turn.T
    measure = named_functional(functional, power)
    top = float(values.max())

    def measured(weight: float) -> float:
        metric = fisher @ fisher + weight * fisher
        metric_values = np.linalg.eigvalsh(0.5 * (metric + metric.T))
        # The order of both spectra is the same, because λ² + βλ rises with λ.
        return float(measure(metric_values, np.linalg.eigvalsh(fisher)))

    spectrum, vectors = np.linalg.eigh(fisher)
    best = minimal_weight(spectrum, functional, power)
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    noisy = np.linalg.eigvalsh(_second_moment(generated_scores(values, samples, part_seed(seed, 1))))
    base = measured(0.0)
    single = {
        "metric_weight_simulation": (best.value, "information", "Weight, by numeric minimization"),
        "outcome_simulation": (best.outcome, "1", "Where the numeric minimum lies"),
        "condition_number_simulation": (float(noisy[-1] / noisy[0]), "1", "Condition number of the sampled F"),
        "alpha_simulation": (regime_scalar(spectrum, best.value, alpha), "1", "Regime parameter of the whole"),
    }
    return xr.Dataset(
        {
            **{name: ((), value, about(units, text)) for name, (value, units, text) in single.items()},
            "regime_parameter_simulation": (
                "direction",
                _fisher_share(fisher, vectors, best.value)[order],
                about("1", "Regime parameter of a direction"),
            ),
            "convergence_time_simulation": (
                "weight",
                [measured(top * each) - base for each in CURVE],
                about("1", "Convergence functional, logarithm relative to β = 0"),
            ),
        },
        {
            "direction": ("direction", values, about("1", "eigenvalue of F along the direction")),
            "weight": ("weight", CURVE, about("1", "weight β relative to the largest eigenvalue")),
        },
    )


def _fisher_share(fisher: Array, vectors: Array, weight: float) -> Array:
    """The share of vᵀ(βF)v in vᵀ(F² + βF)v for eigenvectors in columns."""
    if math.isinf(weight):
        return np.ones(len(fisher))
    first = ((fisher @ vectors) ** 2).sum(axis=0)
    second = weight * (vectors * (fisher @ vectors)).sum(axis=0)
    return np.asarray(second / (first + second))


def _relative_times(values: Array, measure: Any, weights: Array) -> list[float]:
    top, base = float(values.max()), float(measure(values * values, values))
    return [float(measure(values * (values + top * each), values)) - base for each in weights]


def _threshold(functional: str, power: float) -> float:
    """Where β* becomes positive: 1 + 1/p, 1 for functionals that fall for any weight, infinity for those that rise."""
    if functional in ("kappa-rho", "fisher-hessian-rho"):
        return 1 + 1 / power
    return math.inf if functional == "rho" else 1.0


def fragility_theory() -> xr.Dataset:
    """α along the direction with the smallest eigenvalue over the condition number, for four functionals."""
    values = [
        [float(regime_parameter([1.0], closed_form_weight([1.0, k], name, power).value)[0]) for k in CONDITIONS]
        for name, power in FRAGILE.values()
    ]
    return xr.Dataset(
        {
            "regime_parameter_theory": (("functional", "condition_number"), values, about("1", "Regime parameter α")),
            "threshold_theory": (
                "power",
                1 + 1 / POWERS,
                about("1", "Condition number at which the weight becomes positive"),
            ),
        },
        _fragility_coordinates(),
    )


def _fragility_coordinates() -> dict[str, Any]:
    return {
        "functional": list(FRAGILE),
        "condition_number": ("condition_number", CONDITIONS, about("1", "condition number of F")),
        "power": ("power", POWERS, about("1", "power p of the condition number in κᵖρ")),
    }


def fragility_simulation(size: int, seed: int) -> xr.Dataset:
    """The same by numeric minimization for random spectra between the same extremes; thresholds by bisection."""
    generator = np.random.default_rng(seed)
    rows = []
    for name, power in FRAGILE.values():
        row = []
        for k in CONDITIONS:
            inner = np.exp(generator.uniform(0, math.log(k), size - 2)) if k > 1 else np.ones(size - 2)
            spectrum = np.exp(generator.normal()) * np.concatenate([[1.0], inner, [k]])
            weight = minimal_weight(spectrum, name, power).value
            row.append(float(regime_parameter(spectrum, weight)[0]))
        rows.append(row)
    return xr.Dataset(
        {
            "regime_parameter_simulation": (("functional", "condition_number"), rows, about("1", "Regime parameter α")),
            "threshold_simulation": (
                "power",
                [threshold(float(each)) for each in POWERS],
                about("1", "Condition number at which the weight becomes positive"),
            ),
        },
        _fragility_coordinates(),
    )


def fisher_dataset(
    scores: Array, functional: str, power: float, damping: float, resamples: int, strict: bool, seed: int
) -> xr.Dataset:
    """A user's scores: F, κ, β*, α with bootstrap errors, and the spectrum beside that of isotropic noise."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = fisher_from_scores(scores, damping=damping, strict=strict)
    noise = next((str(each.message) for each in said if issubclass(each.category, SamplingNoise)), "none")
    for each in said:
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    best = minimal_weight(found.eigenvalues, functional, power)
    alpha = regime_parameter(found.eigenvalues, best.value)
    draws = bootstrap_regime(scores, resamples=resamples, functional=functional, power=power, seed=seed)
    null = _isotropic_spectra(len(scores), found.parameters, float(np.trace(found.matrix)) / found.parameters, seed)
    spectrum = np.maximum(np.linalg.eigvalsh(found.matrix), 0.0)
    variables: dict[str, Any] = {}
    for name, value, drawn, units, text in (
        ("condition_number", found.condition_number, draws.condition_numbers, "1", "Condition number of F"),
        ("smallest_direction", alpha[0], draws.smallest_direction, "1", "Regime parameter, smallest eigenvalue"),
        ("largest_direction", alpha[-1], draws.largest_direction, "1", "Regime parameter, largest eigenvalue"),
    ):
        low, high = np.quantile(drawn, QUANTILES)
        variables[f"{name}_data"] = ((), float(value), about(units, text))
        variables[f"{name}_stderr"] = ((), float(drawn.std(ddof=1)), about(units, f"{text}: bootstrap error"))
        variables[f"{name}_low_data"] = ((), float(low), about(units, f"{text}: 2.5% of the bootstrap"))
        variables[f"{name}_high_data"] = ((), float(high), about(units, f"{text}: 97.5% of the bootstrap"))
    single = {
        "metric_weight_data": (best.value, "Weight of the Fisher metric"),
        "damped_condition_number_data": (found.damped_condition_number, "Condition number of F + ε1"),
        "isotropic_condition_number_data": (
            found.isotropic_condition_number,
            "Condition number that noise alone gives an isotropic F",
        ),
        "shrunk_condition_number_data": (
            found.shrunk_condition_number,
            "Condition number after Ledoit and Wolf's shrinkage",
        ),
        "mixed_data": (int(regime_name(alpha[0]) != regime_name(alpha[-1])), "1: directions in different regimes"),
        "noise_warning_data": (noise, "Warning of sampling noise"),
    }
    variables |= {name: ((), value, about("1", text)) for name, (value, text) in single.items()}
    return xr.Dataset(
        {
            **variables,
            "spectrum_data": ("rank", spectrum, about("1", "Eigenvalues of F beside those of isotropic noise")),
            "spectrum_simulation": (
                "rank",
                null.mean(axis=0),
                about("1", "Eigenvalues of F beside those of isotropic noise"),
            ),
            "spectrum_stderr": ("rank", null.std(axis=0, ddof=1), about("1", "Scatter between samples")),
        },
        {"rank": ("rank", np.arange(1, found.parameters + 1), about("1", "rank of the eigenvalue"))},
    )


def _isotropic_spectra(samples: int, parameters: int, mean: float, seed: int, draws: int = 20) -> Array:
    generator = np.random.default_rng(part_seed(seed, 2))
    found = [np.linalg.eigvalsh(_second_moment(generator.standard_normal((samples, parameters)))) for _ in range(draws)]
    return mean * np.array(found)


def noise_theory(parameters: int) -> xr.Dataset:
    """κ that an isotropic F of so many parameters seems to have, and α of it, over the samples per parameter."""
    counts = _sample_counts(parameters)
    seeming = [isotropic_condition_number(parameters, int(each)) for each in counts]
    alpha = [regimes_of_condition_number(each)[0] for each in seeming]
    return xr.Dataset(
        {
            "condition_number_theory": (
                "ratio",
                seeming,
                about("1", "Condition number of an isotropic F, as measured"),
            ),
            "smallest_direction_theory": ("ratio", alpha, about("1", "Regime parameter that noise feigns")),
        },
        {"ratio": ("ratio", counts / parameters, about("1", "samples per parameter"))},
    )


def noise_simulation(parameters: int, draws: int, seed: int) -> xr.Dataset:
    """The same for sampled scores of an isotropic F."""
    counts = _sample_counts(parameters)
    generator = np.random.default_rng(seed)
    found = np.empty((2, counts.size, draws))
    for place, count in enumerate(counts):
        for draw in range(draws):
            spectrum = np.linalg.eigvalsh(_second_moment(generator.standard_normal((int(count), parameters))))
            condition = float(spectrum[-1] / spectrum[0])
            found[:, place, draw] = condition, regimes_of_condition_number(condition)[0]
    variables: dict[str, Any] = {}
    for name, values, text in (
        ("condition_number", found[0], "Condition number of an isotropic F, as measured"),
        ("smallest_direction", found[1], "Regime parameter that noise feigns"),
    ):
        variables[f"{name}_simulation"] = ("ratio", values.mean(axis=1), about("1", text))
        error = np.maximum(values.std(axis=1, ddof=1) / math.sqrt(draws), 1e-12)
        variables[f"{name}_stderr"] = ("ratio", error, about("1", "Standard error"))
    return xr.Dataset(variables, {"ratio": ("ratio", counts / parameters, about("1", "samples per parameter"))})


def _sample_counts(parameters: int) -> Array:
    return np.round(parameters * np.geomspace(3.0, 120.0, 13))


def _second_moment(scores: Array) -> Array:
    return scores.T @ scores / len(scores)
