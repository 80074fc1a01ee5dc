"""Sizes of means fitted to samples with a wrong noise level, with errors from independent data sets or from parts of one's own.

The size of a fit is the root mean square distance of its means from their center (`MixtureEstimate.size`). Source: own; the errors
are those of independent repetitions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from .gaussian_mixture import GaussianMixture
from .mixture_em import checked_points, fit_samples, lloyd_fit

PARTS = 8


def sampled_size(mixture: GaussianMixture, ratio: float, samples: int, data_sets: int, seed: int) -> Measured:
    """Size of the means fitted at the noise level ratio·σ, in the mixture's units: mean over independent `data_sets`.

    Each data set is climbed from the true means and from random starts, and the higher likelihood is kept; `ratio` = 0 is hard
    assignment. Raises ValueError unless there are at least two data sets.
    """
    streams = np.random.SeedSequence(seed).spawn(data_sets)
    return mean_estimate([_one_size(mixture, ratio, samples, stream) for stream in streams])


def refitted_sizes(
    points: Float[np.ndarray, "samples dimension"],
    start: Float[np.ndarray, "components dimension"],
    noise_scales: Sequence[float],
    seed: int,
) -> list[Measured]:
    """Sizes of the means fitted to `points` from `start` at each assumed noise level, in the data's units.

    The standard error is the scatter over eight random parts of the samples, over √8. Raises ValueError where a part would hold
    fewer samples than components.
    """
    array, _ = checked_points(points)
    components = len(start)
    if len(array) < PARTS * components:
        raise ValueError(f"data must hold at least {PARTS} samples per component, for an error; got {len(array)}")
    parts = [np.sort(part) for part in np.array_split(np.random.default_rng(seed).permutation(len(array)), PARTS)]
    measured = []
    for noise_scale in noise_scales:
        whole = fit_samples(array, noise_scale, components, start=start).size
        sizes = [fit_samples(array[part], noise_scale, components, start=start).size for part in parts]
        measured.append(Measured(whole, float(np.std(sizes, ddof=1) / math.sqrt(PARTS)), PARTS - 1.0, seed))
    return measured


def _one_size(mixture: GaussianMixture, ratio: float, samples: int, stream: np.random.SeedSequence) -> float:
    generator = np.random.default_rng(stream)
    points, _ = mixture.sample(samples, generator)
    seed, components = int(generator.integers(2**32)), mixture.components
    fits = [
        fit_samples(points, ratio * mixture.noise_scale, components, start=start, seed=seed)
        if ratio > 0
        else lloyd_fit(points, components, start=start, seed=seed)
        for start in (mixture.means, None)
    ]
    return max(fits, key=lambda fit: fit.log_likelihood).size
