"""Experiments: fitted means against the assumed noise level, and a user's own samples fitted again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import inference
from ...claims import Along, File, Help, Level, Range, UserFile
from .subject import DATA_SETS, paper, population_of

if TYPE_CHECKING:
    import xarray as xr

RATIOS = (0.4, 0.6, 0.8, 1.0, 1.2, 1.5)
RESOLUTION = 1e-6  # in units of σ: a fit to samples counts as collapsed below it, and no size is known better

Geometry = Annotated[
    Literal["symmetric", "triangle", "skewed"],
    Help("true means: evenly on a line, an equilateral triangle, or K−1 at one point and one apart"),
]
Components = Annotated[Literal[2, 3, 4, 6] | None, Help("number of means; without it the geometry's own: 2, 3 or 6")]
Snr = Annotated[float, Range(1e-4, 25.0, "signal-to-noise ratio tr Σ_B/σ²")]
Ratio = Annotated[float, Range(0.0, 3.0, "assumed over true noise level τ/σ (0: k-means)")]


@paper.experiment(
    show=("fitted_mean", "squared_error"),
    along=Along("ratio", 0.0, 1.4, count=71, measured=8),
    boundary=Level("ratio_over_collapse_theory", 1.0, "collapse"),
    logarithmic=("snr",),
    conventions={
        "unit of length": "the true noise level σ",
        "signal-to-noise ratio": "trace of the between-class covariance over σ², all dimensions together",
        "mean": "root mean square distance of the K means from their center; for two means half their distance",
    },
)
def fitted_means(
    ratio: Ratio = 0.5, snr: Snr = 0.1, components: Components = None, geometry: Geometry = "symmetric"
) -> xr.Dataset:
    """Size of the means that a Gaussian mixture finds with a wrong noise level: population beside samples.

    Variables: fitted_mean_theory and true_mean_theory [σ], squared_error_theory (relative to the true means),
    absolute_error_theory [σ²], label_accuracy_theory, bayes_accuracy_theory, collapse_ratio_squared_theory and its local form,
    ratio_over_collapse_theory. Source: arXiv 2605.02448 (derived, see
    `inference.mixture_population`, `inference.symmetric_mixture`, `inference.mixture_collapse`).
    """
    mixture = _mixture(geometry, components, snr)
    collapse = inference.collapse_ratio(mixture) ** 2
    # Below ρ = 1 evenly spread means keep the labels of the truth; the phase-diagram claim compares all starts.
    start = mixture.means if geometry != "skewed" and ratio < 1 else None
    fit = population_of(mixture, ratio, start=start, tolerance=1e-4)
    scalar = mixture.components == 2
    size = fit.size
    if scalar:
        size = inference.fitted_half_distance(snr, ratio) if ratio > 0 else inference.hard_half_distance(snr)
    scalars = {
        "fitted_mean_theory": (size, "σ", "Size of the fitted means"),
        "true_mean_theory": (math.sqrt(snr), "σ", "Size of the true means"),
        "squared_error_theory": (
            inference.symmetric_error(snr, ratio) if scalar else fit.normalized_squared_error,
            "1",
            "Relative squared error of the fitted means",
        ),
        "absolute_error_theory": (fit.squared_error, "σ²", "Squared error of the fitted means, summed over them"),
        "label_accuracy_theory": (
            inference.label_accuracy(mixture, fit.means, ratio=ratio),
            "1",
            "Share of labels that the fit gets right",
        ),
        "bayes_accuracy_theory": (
            inference.label_accuracy(mixture),
            "1",
            "Share of labels that Bayes' rule gets right",
        ),
        "collapse_ratio_squared_theory": (collapse, "1", "ρ² from which on all fitted means coincide"),
        "local_collapse_ratio_squared_theory": (
            inference.local_collapse_ratio(mixture) ** 2,
            "1",
            "ρ² = 1 + λ·SNR from which on coinciding means are a local maximum",
        ),
        "ratio_over_collapse_theory": (ratio / math.sqrt(collapse), "1", "Noise ratio over that of the collapse"),
    }
    return _dataset(scalars)


@fitted_means.measurement
def simulated_means(
    ratio: float,
    snr: float,
    components: int | None,
    geometry: str,
    *,
    samples: Annotated[int, Range(100, 2_000_000, "samples in each of eight data sets")] = 20_000,
    seed: int,
) -> xr.Dataset:
    """Size of the means that expectation-maximization with the fixed wrong noise level finds in eight sets of samples."""
    mixture = _mixture(geometry, components, snr)
    measured = inference.sampled_size(mixture, ratio, samples, DATA_SETS, seed)
    return _dataset(
        {
            "fitted_mean_simulation": (measured.value, "σ", "Size of the fitted means"),
            "fitted_mean_stderr": (max(measured.stderr, RESOLUTION), "σ", "Standard error over eight data sets"),
        }
    )


@paper.experiment(theory="job", conventions={"unit of length": "the unit of the data"})
def own_samples(
    data: Annotated[
        Literal["example"] | UserFile,
        File(
            "phasebook.inference:read_points",
            "your samples, a row each (or images)",
            (".npy", ".csv", ".parquet", ".mrc"),
        ),
    ] = "example",
    components: Annotated[int, Range(2, 32, "number of means to fit")] = 3,
    sigma: Annotated[
        float | None, Range(1e-9, 1e9, "true noise level; without it, estimated outside the means' directions")
    ] = None,
    ratios: Annotated[tuple[float, ...], Range(0.05, 3.0, "assumed over true noise level")] = RATIOS,
    start: Annotated[int, Range(0, 10_000, "seed of the random starts of the fit at the true noise level")] = 0,
) -> xr.Dataset:
    """Means of your own samples under a wrong noise level: theory of the fitted mixture beside refits.

    The samples are fitted at the true noise level first; the theory takes that mixture for the truth. Variables over `ratio`:
    fitted_mean_theory [unit of the data], squared_error_theory (relative); and the collapse. Source: as `fitted-means`.
    """
    _, truth = _own_mixture(data, components, sigma, start)
    fits = [inference.population_fit(truth, ratio, tolerance=1e-5) for ratio in ratios]
    curves = {
        "fitted_mean_theory": ([each.size for each in fits], "unit of the data", "Size of the fitted means"),
        "squared_error_theory": (
            [each.normalized_squared_error for each in fits],
            "1",
            "Relative squared error of the means",
        ),
    }
    scalars = {
        "noise_scale_theory": (truth.noise_scale, "unit of the data", "True noise level, given or estimated"),
        "signal_to_noise_theory": (
            truth.signal_to_noise(),
            "1",
            "Signal-to-noise ratio tr Σ_B/σ² of the fitted mixture",
        ),
        "local_collapse_ratio_theory": (
            inference.local_collapse_ratio(truth),
            "1",
            "Noise ratio from which on coinciding means are a local maximum",
        ),
    }
    return _over_ratio(curves, ratios).merge(_dataset(scalars))


@own_samples.measurement
def refitted_samples(
    data: Any, components: int, sigma: float | None, ratios: tuple[float, ...], start: int, *, seed: int
) -> xr.Dataset:
    """The same sizes, refitted to your samples; the error is the scatter over eight random parts of them, over √8."""
    points, truth = _own_mixture(data, components, sigma, start)
    scales = [ratio * truth.noise_scale for ratio in ratios]
    measured = inference.refitted_sizes(points, truth.means, scales, seed)
    stderrs = [max(each.stderr, RESOLUTION * truth.noise_scale) for each in measured]
    unit = "unit of the data"
    return _over_ratio(
        {
            "fitted_mean_data": ([each.value for each in measured], unit, "Size of the fitted means"),
            "fitted_mean_stderr": (stderrs, unit, "Standard error over eight parts"),
        },
        ratios,
    )


def _mixture(geometry: str, components: int | None, snr: float) -> Any:
    if geometry == "triangle":
        if components not in (None, 3):
            raise ValueError(f"components must be 3 for geometry=triangle; got {components}")
        means = inference.triangle_means()
    elif geometry == "skewed":
        if components == 2:
            raise ValueError("components must be 3, 4 or 6 for geometry=skewed; got 2: two means are symmetric")
        means = inference.skewed_means(components or 6)
    else:
        means = inference.regular_means(components or 2, 1)
    return inference.GaussianMixture(means).scaled_to(snr)


def _own_mixture(data: Any, components: int, sigma: float | None, start: int) -> tuple[Any, Any]:
    """The user's samples, or an example, and the mixture that is fitted to them at the true noise level."""
    if isinstance(data, UserFile):
        points = data.content
    else:
        points, _ = inference.GaussianMixture(inference.triangle_means()).scaled_to(2.0).sample(8_000, 0)
        sigma = sigma or 1.0
    sigma = sigma or inference.estimate_noise_scale(points, components)
    fit = inference.fit(points, 1.0, components, sigma=sigma, seed=start)
    if fit.collapsed:
        raise ValueError(f"sigma must leave the means some distance; at sigma={sigma:g} all {components} coincide")
    return points, inference.GaussianMixture(fit.means, sigma)


def _dataset(scalars: dict[str, tuple[float, str, str]]) -> xr.Dataset:
    import xarray as xr

    return xr.Dataset(
        {name: ((), value, {"units": unit, "long_name": meaning}) for name, (value, unit, meaning) in scalars.items()}
    )


def _over_ratio(curves: dict[str, tuple[Any, str, str]], ratios: tuple[float, ...]) -> xr.Dataset:
    import xarray as xr

    return xr.Dataset(
        {
            name: ("ratio", values, {"units": unit, "long_name": meaning})
            for name, (values, unit, meaning) in curves.items()
        },
        coords={"ratio": ("ratio", list(ratios), {"units": "", "long_name": "assumed over true noise level"})},
    )
