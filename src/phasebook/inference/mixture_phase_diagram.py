"""The phase diagram of a misspecified mixture: what the population fit finds over a grid of noise ratios and signal-to-noise
ratios.

At each SNR the geometry is scaled, the fit starts from the truth at the ratio nearest 1 and is continued up and down; a
disturbed collapsed point and three random starts compete at every grid point, and the highest likelihood is kept. Source:
arXiv 2605.02448, algorithm derived in our own words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from ..numerics import about
from .gaussian_mixture import GaussianMixture, MixtureEstimate, SnrDefinition, checked_weights
from .hard_assignment import label_accuracy
from .mixture_collapse import checked_signal, collapse_ratio, local_collapse_ratio
from .mixture_population import as_estimate, population_fit, reduced_problem, solve, starting_points
from .symmetric_mixture import low_snr_constant

TOLERANCE = 1e-6
_DESCRIBED = {
    "normalized_squared_error": ("", "Squared error of the means relative to the truth"),
    "squared_error": ("σ²", "Squared error of the means"),
    "spread": ("σ", "Largest distance of a fitted mean from the center"),
    "collapsed": ("", "All means fitted at the center"),
    "label_accuracy": ("", "Share of labels found by the fit"),
    "quadrature_error": ("σ", "Estimated error of a mean by quadrature"),
}


def phase_diagram(
    means: np.ndarray | GaussianMixture,
    rho_grid: Sequence[float] | np.ndarray,
    snr_grid: Sequence[float] | np.ndarray,
    *,
    snr_definition: SnrDefinition = "total",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Fit a geometry at every noise ratio ρ = τ/σ and SNR of two grids, in the population.

    `means` (K, d) or a mixture gives the geometry; its size does not matter. Lengths are in units of σ. The Dataset has
    dimensions `ratio` and `snr` and holds normalized_squared_error, squared_error, spread, collapsed, label_accuracy and
    quadrature_error over both, local_threshold (ρ_loc), collapse_threshold (ρ_*) and bayes_accuracy over `snr`, and
    low_snr_constant c(ρ) over `ratio`. `progress(done, total)` is called after each SNR. Raises ValueError on empty,
    unordered or non-positive grids, on one mean, and where all means coincide (SNR = 0: no signal).
    """
    geometry = means if isinstance(means, GaussianMixture) else GaussianMixture(means)
    geometry = GaussianMixture(geometry.means / geometry.noise_scale, 1.0, geometry.weights)
    checked_signal(geometry)
    ratios, snrs = _checked_grid("rho_grid", rho_grid), _checked_grid("snr_grid", snr_grid)
    values = {name: np.empty((ratios.size, snrs.size)) for name in _DESCRIBED}
    local, first_order, bayes = np.empty(snrs.size), np.empty(snrs.size), np.empty(snrs.size)
    for column, snr in enumerate(snrs):
        mixture = geometry.scaled_to(float(snr), snr_definition)
        local[column], first_order[column] = local_collapse_ratio(mixture), collapse_ratio(mixture)
        bayes[column] = label_accuracy(mixture)
        for row, fit in enumerate(_continued_fits(mixture, ratios, seed)):
            for name in _DESCRIBED:
                if name != "label_accuracy":
                    values[name][row, column] = getattr(fit, name)
            values["label_accuracy"][row, column] = label_accuracy(mixture, fit.means, ratio=float(ratios[row]))
        if progress is not None:
            progress(column + 1, int(snrs.size))
    constants = [
        pure_noise_constant(geometry.components, geometry.dimension, float(ratio), weights=geometry.weights)
        for ratio in ratios
    ]
    variables: dict[str, Any] = {
        name: (("ratio", "snr"), array.astype(bool) if name == "collapsed" else array, about(*_DESCRIBED[name]))
        for name, array in values.items()
    }
    variables |= {
        "local_threshold": ("snr", local, about("", "Ratio where the collapsed point becomes a local maximum")),
        "collapse_threshold": ("snr", first_order, about("", "Ratio where the collapsed point becomes the best")),
        "bayes_accuracy": ("snr", bayes, about("", "Share of labels found by Bayes' rule")),
        "low_snr_constant": ("ratio", np.array(constants), about("σ", "Size of the means fitted to pure noise")),
    }
    coordinates = {
        "ratio": ("ratio", ratios, about("", "Assumed over true noise level")),
        "snr": (
            "snr",
            snrs,
            about("", "Signal-to-noise ratio" if snr_definition == "total" else "SNR per dimension"),
        ),
    }
    return xr.Dataset(
        variables, coords=coordinates, attrs={"snr_definition": snr_definition, "source": "arXiv 2605.02448"}
    )


def pure_noise_constant(
    components: int, dimension: int, ratio: float, *, weights: np.ndarray | None = None, seed: int = 0
) -> float:
    """c(ρ) of a geometry: the root mean square size, in units of σ, of K means fitted to pure noise in d dimensions.

    With equal weights (`weights` omitted) the normalized squared error tends to c(ρ)²/SNR as SNR → 0, in general to K c(ρ)² over
    Σ_k |truth_k - center|²/σ². 0 from ρ = 1 on. Raises ValueError on arguments outside these.
    """
    if components < 2 or dimension < 1:
        raise ValueError(f"components must be at least 2 and dimension at least 1; got {components!r}, {dimension!r}")
    # A direction more than the means can span adds nothing.
    shares = checked_weights(weights, components)
    noise = GaussianMixture(np.zeros((components, min(dimension, components - 1))), 1.0, shares)
    if ratio >= 1 or (components == 2 and np.ptp(shares) == 0):
        return low_snr_constant(ratio)
    fit = population_fit(noise, ratio, tolerance=TOLERANCE, seed=seed)
    return math.sqrt(float((fit.means**2).sum(axis=1).mean()))


def _continued_fits(mixture: GaussianMixture, ratios: np.ndarray, seed: int) -> list[MixtureEstimate]:
    """The best fit at each ratio, continued from the truth at the ratio nearest 1."""
    nearest = int(np.abs(ratios - 1).argmin())
    fits: dict[int, MixtureEstimate] = {}
    for way in (range(nearest, ratios.size), range(nearest - 1, -1, -1)):
        previous: np.ndarray | None = None
        if way.step < 0 and nearest in fits:
            previous = _reduced_means(mixture, fits[nearest])
        for row in way:
            problem = reduced_problem(mixture, float(ratios[row]))
            starts = starting_points(problem, seed)
            if previous is not None:
                starts[0] = previous
            solution = solve(problem, starts, tolerance=TOLERANCE, seed=seed)
            fits[row] = as_estimate(mixture, problem, solution)
            # A collapsed fit has forgotten where the means lay; the truth is then the better start for the next ratio.
            previous = None if fits[row].collapsed else solution.means
    return [fits[row] for row in range(ratios.size)]


def _reduced_means(mixture: GaussianMixture, fit: MixtureEstimate) -> np.ndarray | None:
    """Fitted means in the reduced coordinates of `mixture`, None where they have collapsed."""
    if fit.collapsed:
        return None
    problem = reduced_problem(mixture, 1.0)
    return ((fit.means - mixture.center) / mixture.noise_scale) @ problem.basis.T


def _checked_grid(name: str, grid: Sequence[float] | np.ndarray) -> np.ndarray:
    values = np.array(grid, dtype=float)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"{name} must be a list of numbers; got shape {values.shape}")
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise ValueError(f"{name} must be positive; got {values.min():g}")
    if (np.diff(values) <= 0).any():
        raise ValueError(f"{name} must increase")
    return values
