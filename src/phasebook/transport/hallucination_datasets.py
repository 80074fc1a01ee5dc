"""Results about hallucinations as labeled Datasets: what a denoiser on a line samples, and how well its trajectory tells.

Names say the road: `_exact` (the sampled law, no random numbers), `_simulation` with `_stderr`. Rates come with their Wilson
intervals (95%) as `_low_simulation` and `_high_simulation`.
"""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..numerics import labeled
from ..numerics.seeding import part_seed
from .diffusion import DiscreteDiffusion
from .hallucination import Share, area_under_curve, receiver_operating, removal, share
from .sampled_law import SampledLaw, sampled_law
from .separated_modes import FAR, NEAR, SeparatedModes
from .smoothed_denoiser import SmoothedDenoiser, sample_smoothed
from .trajectory_moments import SampledTrajectories

CURVE_WINDOWS = (10, 20, 50, 100)
RATES = np.geomspace(1e-3, 1.0, 40)
BINS = 80
_RATE = "Share of samples beyond 6 standard deviations of every mode"
_DENSITY = "Density of the samples"
_ROC = "Share of hallucinations found"


class TooFewSamples(UserWarning):
    """Too few samples are hallucinated, or in support, for an area under the ROC curve or a removal."""


def smoothed_law(data: SeparatedModes, diffusion: DiscreteDiffusion, smoothing: float) -> xr.Dataset:
    """The law of a smoothed denoiser's samples: rate of hallucinations, where they lie, density over position."""
    law, edges = sampled_law(data, diffusion, smoothing), density_edges(data)
    modes, distance = np.sort(data.modes[:, 0]), FAR * data.stddev
    total = law.outside(modes, distance)
    return labeled(
        {
            "hallucination_rate_exact": (total, _RATE),
            "between_modes_exact": (
                _between(law, modes, distance),
                "Share of samples that lie between two modes so far off",
            ),
            "in_support_exact": (
                1.0 - law.outside(modes, NEAR * data.stddev),
                "Share of samples within 4 standard deviations",
            ),
            "gap_rate_exact": (
                _by_gap(law, modes, distance),
                "Share of samples in each gap between modes, beyond 6 standard deviations of its ends",
                "gap",
            ),
            "sample_density_exact": (law.probability(edges[:-1], edges[1:]) / np.diff(edges), _DENSITY, "position"),
        },
        gap=(0.5 * (modes[:-1] + modes[1:]), "middle of the gap"),
        position=(0.5 * (edges[:-1] + edges[1:]), "position"),
    )


def smoothed_samples(
    data: SeparatedModes,
    diffusion: DiscreteDiffusion,
    smoothing: float,
    samples: int,
    window: int,
    retention: float,
    seed: int,
) -> xr.Dataset:
    """Samples of a smoothed denoiser: the same observables, and how well the trajectory variance tells hallucinations.

    Half a sample is added to each bin of the density, so that no bin is empty on a logarithmic axis.

    Warns `TooFewSamples` where there are too few for an area, which then is NaN; the rate's upper limit says what is excluded.
    """
    denoiser = SmoothedDenoiser(data, diffusion, smoothing)
    windows = tuple(dict.fromkeys((window, *CURVE_WINDOWS)))
    runs = sample_smoothed(denoiser, samples, windows=windows, seed=seed)
    line, modes, distance = runs.samples[:, 0], np.sort(data.modes[:, 0]), FAR * data.stddev
    bad, good = data.hallucinated(runs.samples), data.in_support(runs.samples)
    between = bad & (line > modes[0]) & (line < modes[-1])
    gaps = [
        share(int(np.count_nonzero((line > low + distance) & (line < high - distance))), samples)
        for low, high in itertools.pairwise(modes)
    ]
    edges = density_edges(data)
    counts = np.histogram(line, edges)[0]
    density = samples * np.diff(edges)
    return labeled(
        {
            **interval_variables("hallucination_rate", share(int(bad.sum()), samples), _RATE),
            **interval_variables(
                "between_modes",
                share(int(between.sum()), samples),
                "Share of samples that lie between two modes so far off",
            ),
            **interval_variables(
                "in_support", share(int(good.sum()), samples), "Share of samples within 4 standard deviations"
            ),
            "gap_rate_simulation": (
                [each.value for each in gaps],
                "Share of samples in each gap between modes, beyond 6 standard deviations of its ends",
                "gap",
            ),
            "gap_rate_stderr": ([each.stderr for each in gaps], "Standard error", "gap"),
            "sample_density_simulation": ((counts + 0.5) / density, _DENSITY, "position"),
            "sample_density_stderr": (np.sqrt(counts + 0.5) / density, "Standard error", "position"),
            **detection(runs, bad, good, window, retention),
        },
        gap=(0.5 * (modes[:-1] + modes[1:]), "middle of the gap"),
        position=(0.5 * (edges[:-1] + edges[1:]), "position"),
        **detection_axes(),
    )


def sampled_rate(
    data: SeparatedModes, diffusion: DiscreteDiffusion, smoothing: float, samples: int, seed: int
) -> xr.Dataset:
    """The rate of hallucinations alone, from samples."""
    runs = sample_smoothed(SmoothedDenoiser(data, diffusion, smoothing), samples, windows=(), seed=seed)
    found = share(int(np.count_nonzero(data.hallucinated(runs.samples))), samples)
    return labeled(interval_variables("hallucination_rate", found, _RATE))


def detection(
    runs: SampledTrajectories, bad: NDArray[np.bool_], good: NDArray[np.bool_], window: int, retention: float
) -> dict[str, Any]:
    """How well the trajectory variance tells hallucinated samples from those in support: variables for a Dataset."""
    scores = runs.variance(window)
    area = area_under_curve(scores, bad, good)
    if math.isnan(area.value):
        limit = 3.0 / bad.size if not bad.any() else share(int(bad.sum()), bad.size).high
        warnings.warn(
            f"{int(bad.sum())} hallucinations and {int(good.sum())} samples in support of {bad.size} are too few for an area "
            f"under the curve; the rate of hallucinations is below {limit:.1e} at 95%",
            TooFewSamples,
            stacklevel=3,
        )
    removed = removal(scores, bad, good, retention).removed if good.any() else share(0, 0)
    curves = [receiver_operating(runs.variance(each), bad, good).at(RATES) for each in CURVE_WINDOWS]
    return {
        "area_under_curve_simulation": (area.value, "Area under the ROC curve of the trajectory variance"),
        "area_under_curve_stderr": (area.stderr, "Standard error (DeLong)"),
        **interval_variables(
            "removal", removed, "Share of hallucinations removed by a threshold that keeps the retention in support"
        ),
        "true_positive_rate_simulation": (np.array(curves).T, _ROC, ("false_positive_rate", "window")),
    }


def staircase(
    data: SeparatedModes, diffusion: DiscreteDiffusion, steps: tuple[int, ...], smoothing: float
) -> xr.Dataset:
    """The posterior mean over position x/√ᾱ at some steps, exact and smoothed."""
    positions = _staircase_positions(data)
    exact, smooth = SmoothedDenoiser(data, diffusion), SmoothedDenoiser(data, diffusion, smoothing)
    _check_steps(steps, exact.start)
    rows = []
    for denoiser in (exact, smooth):
        rows.append([denoiser.predict(positions * math.sqrt(diffusion.signal[step]), step) for step in steps])
    return labeled(
        {
            "predicted_data_exact": (
                np.array(rows[0]).T,
                "Exact denoiser: mean of the data given the noisy state",
                _STAIRS,
            ),
            "smoothed_prediction_theory": (
                np.array(rows[1]).T,
                "Smoothed denoiser: a network of limited slope",
                _STAIRS,
            ),
        },
        **_staircase_axes(positions, steps),
    )


def weighted_data(
    data: SeparatedModes, diffusion: DiscreteDiffusion, steps: tuple[int, ...], draws: int, seed: int
) -> xr.Dataset:
    """The mean of the data given a noisy state, from draws of the data weighted with the density of the noise that is missing.

    Each position and step has draws of its own. Where fewer than 20 of them carry the weight, nothing is said (NaN).
    """
    positions = _staircase_positions(data)
    _check_steps(steps, diffusion.start_of())
    means, errors = np.full((2, len(positions), len(steps)), math.nan)
    for place, step in enumerate(steps):
        width = math.sqrt(diffusion.noise[step] / diffusion.signal[step])
        points = data.sample(draws * len(positions), part_seed(seed, step)).reshape(len(positions), draws)
        logarithms = -0.5 * ((positions[:, None] - points) / width) ** 2
        weights = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        mean = (weights * points).sum(axis=1)
        error = np.sqrt((weights**2 * (points - mean[:, None]) ** 2).sum(axis=1))
        seen = 1.0 / (weights**2).sum(axis=1) >= 20
        means[seen, place], errors[seen, place] = mean[seen], error[seen]
    return labeled(
        {
            "predicted_data_simulation": (means, "Exact denoiser: mean of the data given the noisy state", _STAIRS),
            "predicted_data_stderr": (errors, "Standard error", _STAIRS),
        },
        **_staircase_axes(positions, steps),
    )


def density_edges(data: SeparatedModes) -> NDArray[np.float64]:
    """Bins over the modes and five standard deviations on either side."""
    reach = 5.0 * data.stddev
    return np.linspace(data.modes.min() - reach, data.modes.max() + reach, BINS + 1)


_STAIRS = ("position", "step")


def _staircase_positions(data: SeparatedModes) -> NDArray[np.float64]:
    return np.linspace(data.modes.min() - 0.4, data.modes.max() + 0.4, 85)


def _staircase_axes(positions: NDArray[np.float64], steps: tuple[int, ...]) -> dict[str, Any]:
    return {
        "position": (positions, "noisy state x/√ᾱ"),
        "step": (list(steps), "step t of the diffusion"),
    }


def _check_steps(steps: tuple[int, ...], start: int) -> None:
    if not 1 <= len(steps) <= 4 or len(set(steps)) != len(steps) or not all(0 <= step <= start for step in steps):
        raise ValueError(f"steps must be one to four different steps from 0 to {start}; got {steps}")


def detection_axes() -> dict[str, Any]:
    return {
        "false_positive_rate": (RATES, "share of samples in support that are given up"),
        "window": ([f"last {each} steps" for each in CURVE_WINDOWS], "steps over which the variance is taken"),
    }


def _between(law: SampledLaw, modes: NDArray[np.float64], distance: float) -> float:
    return float(_by_gap(law, modes, distance).sum())


def _by_gap(law: SampledLaw, modes: NDArray[np.float64], distance: float) -> NDArray[np.float64]:
    return law.probability(modes[:-1] + distance, modes[1:] - distance)


def interval_variables(name: str, found: Share, meaning: str) -> dict[str, Any]:
    return {
        f"{name}_simulation": (found.value, meaning),
        f"{name}_stderr": (found.stderr, f"Standard error: {meaning}"),
        f"{name}_low_simulation": (found.low, f"Lower end of the Wilson interval (95%): {meaning}"),
        f"{name}_high_simulation": (found.high, f"Upper end of the Wilson interval (95%): {meaning}"),
    }
