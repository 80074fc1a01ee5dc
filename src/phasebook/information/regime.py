"""The weight of the Fisher metric that a measure of convergence time prefers, and the regime that it puts an observer in.

The metric is g = M + βF with M = F² (Vanchurin's type II): eigenvalues λ² + βλ in the directions of F. A convergence
functional T(β) of g and F picks β*; the regime parameter of a direction is α = β*/(β* + λ), 0 where learning follows M
alone and 1 where it follows F alone.

Source: reconstructed here from the abstract of arXiv 2603.09067, whose stated numbers it reproduces; the paper's own
definition of α may have another form, so functionals are named and can be any function.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

Array = NDArray[np.float64]
Functional = Callable[[Array, Array], float]
Outcome = Literal["interior", "zero", "infinite"]
LOW, HIGH = -16.0, 8.0  # of ln(β / Λ)
GRID = 193
SYMMETRY, RANK = 1e-8, 1e-12
ROUNDING = 1e-13


class SingularFisher(UserWarning):
    """The Fisher matrix has directions without information; what is said holds on its range."""


@dataclass(frozen=True)
class MetricWeight:
    """The weight β* that minimizes a functional, and whether it lies inside, at zero, or beyond all bounds."""

    value: float
    outcome: Outcome


def _log_condition(eigenvalues: Array) -> float:
    return math.log(eigenvalues.max() / eigenvalues.min())


def _log_radius(eigenvalues: Array) -> float:
    return math.log(eigenvalues.max())


# Logarithms of convergence times, of the eigenvalues of g and of F in the same order.
FUNCTIONALS: dict[str, Functional] = {
    "kappa-rho": lambda g, f: _log_condition(g) + _log_radius(g),
    "kappa": lambda g, f: _log_condition(g),
    "rho": lambda g, f: _log_radius(g),
    "slowest-rate": lambda g, f: -math.log(g.min()),
    "kappa-rho-inverse": lambda g, f: _log_condition(g) - math.log(g.min()),
    "fisher-hessian": lambda g, f: _log_condition(f / g) + _log_radius(f / g),
    "fisher-hessian-rho": lambda g, f: _log_condition(f / g) + _log_radius(g),
}


def power_functional(power: float) -> Functional:
    """The condition number to a power, times the spectral radius: κ(g)^p ρ(g). Raises ValueError unless p > 0."""
    if not (math.isfinite(power) and power > 0):
        raise ValueError(f"power must be positive and finite; got {power!r}")
    return lambda g, f: power * _log_condition(g) + _log_radius(g)


def named_functional(functional: str | Functional, power: float = 1.0) -> Functional:
    """A functional by its name, or as it is. Raises ValueError for an unknown name, and for a power of another than
    kappa-rho."""
    if callable(functional):
        return functional
    if functional not in FUNCTIONALS:
        raise ValueError(f"functional must be one of {', '.join(FUNCTIONALS)}; got {functional!r}")
    if functional == "kappa-rho":
        return power_functional(power)
    if power != 1.0:
        raise ValueError(f"power applies to kappa-rho alone; got {power!r} with {functional}")
    return FUNCTIONALS[functional]


def metric_eigenvalues(eigenvalues: ArrayLike, weight: float) -> Array:
    """Eigenvalues λ² + βλ of g = F² + βF. Raises ValueError where β is negative or an eigenvalue is not positive."""
    if not (math.isfinite(weight) and weight >= 0):
        raise ValueError(f"weight must not be negative; got {weight!r}")
    values = check_eigenvalues(eigenvalues)
    return values * (values + weight)


def closed_form_weight(eigenvalues: ArrayLike, functional: str = "kappa-rho", power: float = 1.0) -> MetricWeight:
    """β* from calculus: max(0, pΛ − (p+1)ℓ) for κ^p ρ, which is positive above κ(F) = 1 + 1/p; zero or infinite for the
    functionals that only rise or only fall. Raises ValueError for wrong input."""
    named_functional(functional, power)
    values = check_eigenvalues(eigenvalues)
    largest, smallest = float(values.max()), float(values.min())
    if functional in ("kappa-rho", "fisher-hessian-rho"):
        weight = max(0.0, power * largest - (power + 1) * smallest)
        return MetricWeight(weight, "interior" if weight > 0 else "zero")
    if functional == "rho":
        return MetricWeight(0.0, "zero")
    if functional == "kappa" and largest == smallest:
        return MetricWeight(0.0, "zero")  # nothing to gain
    return MetricWeight(math.inf, "infinite")


def minimal_weight(
    eigenvalues: ArrayLike, functional: str | Functional = "kappa-rho", power: float = 1.0
) -> MetricWeight:
    """β* by minimizing a functional on ln(β/Λ) in [−16, 8] and comparing with β = 0: `interior`, `zero`, or `infinite`
    where it still falls at the upper end, which is never reported as an optimum. Raises ValueError for wrong input."""
    chosen = named_functional(functional, power)
    values = check_eigenvalues(eigenvalues)
    largest = float(values.max())

    def time(logarithm: float) -> float:
        weight = largest * math.exp(logarithm)
        found = float(chosen(values * (values + weight), values))
        if not math.isfinite(found):
            raise ValueError(f"functional must be finite for positive weights; got {found!r} at β = {weight:g}")
        return found

    at_zero = float(chosen(values * values, values))
    grid = np.linspace(LOW, HIGH, GRID)
    times = np.array([time(each) for each in grid])
    place = int(np.argmin(times))
    slack = ROUNDING * max(1.0, abs(at_zero))
    if place == GRID - 1 and times[-1] < min(times[-2], at_zero) - slack:
        return MetricWeight(math.inf, "infinite")
    low, high = grid[max(place - 1, 0)], grid[min(place + 1, GRID - 1)]
    best = optimize.minimize_scalar(time, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
    if best.fun >= at_zero - slack:
        return MetricWeight(0.0, "zero")
    return MetricWeight(largest * math.exp(float(best.x)), "interior")


def regime_parameter(eigenvalues: ArrayLike, weight: float) -> Array:
    """α = β/(β + λ) for each direction; 1 for an infinite weight. Raises ValueError for a negative weight."""
    values = check_eigenvalues(eigenvalues)
    if math.isnan(weight) or weight < 0:
        raise ValueError(f"weight must not be negative; got {weight!r}")
    return np.ones(values.size) if math.isinf(weight) else weight / (weight + values)


def regime_scalar(eigenvalues: ArrayLike, weight: float, alpha: Literal["min", "max", "trace"] = "min") -> float:
    """One number for the whole: α of the direction with the smallest (`min`) or largest eigenvalue, or of the traces,
    β tr F / (tr F² + β tr F)."""
    values = check_eigenvalues(eigenvalues)
    if alpha == "trace":
        if math.isinf(weight):
            return 1.0
        metric_eigenvalues(values, weight)
        return float(weight * values.sum() / ((values**2).sum() + weight * values.sum()))
    if alpha not in ("min", "max"):
        raise ValueError(f"alpha must be one of min, max, trace; got {alpha!r}")
    extreme = values.min() if alpha == "min" else values.max()
    return float(regime_parameter([extreme], weight)[0])


def regimes_of_condition_number(condition_number: float) -> tuple[float, float]:
    """α of the directions with the smallest and the largest eigenvalue for κρ: (κ−2)/(κ−1) and (κ−2)/(2(κ−1)), both 0 up
    to κ = 2. Raises ValueError for κ below 1 or no number."""
    if not condition_number >= 1:
        raise ValueError(f"condition_number must be at least 1; got {condition_number!r}")
    if condition_number <= 2:
        return 0.0, 0.0
    lowest = 1.0 - 1.0 / (condition_number - 1)
    return lowest, lowest / 2


def regime_name(alpha: float) -> str:
    """The nearest of the regimes that Vanchurin names: equilibration (0), efficient learning (1/2), quantum (1)."""
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must lie in [0, 1]; got {alpha!r}")
    return "equilibration" if alpha < 0.25 else "efficient" if alpha <= 0.75 else "quantum"


def threshold(power: float = 1.0, tolerance: float = 1e-6) -> float:
    """The condition number above which the numeric minimizer of κ^p ρ gives a positive weight, by bisection."""
    chosen = power_functional(power)
    low, high = 1.0, 2.0
    while minimal_weight([1.0, high], chosen).outcome == "zero":
        low, high = high, 2 * high
    while high - low > tolerance:
        middle = 0.5 * (low + high)
        if minimal_weight([1.0, middle], chosen).outcome == "zero":
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def trace_free_deviation(fisher: ArrayLike, weight: float = 0.0) -> Array:
    """The part of g = F² + βF that is no multiple of F: g − (tr F⁻¹g / n) F = F² − (tr F / n) F, whatever β is; zero
    exactly where F is a multiple of the unit matrix (definition reconstructed)."""
    matrix = check_fisher(fisher)
    metric = matrix @ matrix + weight * matrix
    return metric - np.trace(np.linalg.solve(matrix, metric)) / len(matrix) * matrix


def check_eigenvalues(eigenvalues: ArrayLike) -> Array:
    """Positive finite eigenvalues (n,), or ValueError naming the smallest."""
    values = np.asarray(eigenvalues, dtype=float)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all() or not (values > 0).all():
        smallest = f"; the smallest is {values.min():g}" if values.size and np.isfinite(values).all() else ""
        raise ValueError(f"eigenvalues must be positive finite numbers{smallest}")
    return values


def check_fisher(fisher: ArrayLike) -> Array:
    """A symmetric positive definite matrix (n, n), or ValueError naming the smallest eigenvalue."""
    matrix = _symmetric(fisher)
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest <= 0:
        raise ValueError(f"the Fisher matrix must be positive definite; its smallest eigenvalue is {smallest:g}")
    return matrix


def fisher_spectrum(fisher: ArrayLike, *, strict: bool = False) -> Array:
    """Eigenvalues of a Fisher matrix, ascending, on its range: directions without information are left out with a
    SingularFisher warning, or refused where `strict`. Raises ValueError for a matrix that is asymmetric or has a negative
    eigenvalue, naming the smallest."""
    values = np.linalg.eigvalsh(_symmetric(fisher))
    scale = max(float(values[-1]), 0.0)
    if values[0] < -SYMMETRY * scale or scale == 0:
        raise ValueError(f"the Fisher matrix must be positive; its smallest eigenvalue is {values[0]:g}")
    kept = values > RANK * values.size * scale
    if not kept.all():
        text = f"{int((~kept).sum())} of {kept.size} directions have no information; smallest eigenvalue {values[0]:g}"
        if strict:
            raise ValueError(f"the Fisher matrix must not be singular: {text}")
        warnings.warn(f"{text}; condition number and regime are those of the range", SingularFisher, stacklevel=2)
    return np.asarray(values[kept], dtype=float)


def _symmetric(fisher: ArrayLike) -> Array:
    matrix = np.asarray(fisher, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size or not np.isfinite(matrix).all():
        raise ValueError(f"the Fisher matrix must be square and finite; got shape {matrix.shape}")
    if np.abs(matrix - matrix.T).max() > SYMMETRY * np.abs(matrix).max():
        smallest = float(np.linalg.eigvals(matrix).real.min())
        raise ValueError(f"the Fisher matrix must be symmetric; it is not, and its smallest eigenvalue is {smallest:g}")
    return 0.5 * (matrix + matrix.T)
