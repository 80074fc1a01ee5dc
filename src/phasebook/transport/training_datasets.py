"""Results about trained denoisers as labeled Datasets: one network and what it makes, and generations that learn from each other.

Names say the road: `_simulation` with `_stderr`. A map shows what was sampled: a histogram over the first two coordinates, or a
sheet of pictures. Conventions and intervals as in `hallucination_datasets`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..engines.fitting import Fit
from ..numerics import labeled, part_seed
from .denoising_network import SAMPLED_AT_ONCE, PointDenoiser, fit_denoiser, sample_network
from .diffusion import DiscreteDiffusion
from .hallucination import Share, share
from .hallucination_datasets import CURVE_WINDOWS, detection, detection_axes, interval_variables
from .image_network import ImageDenoiser
from .recursive_training import Choice, Sampler, recursive_generations
from .training_sets import TrainingSet
from .trajectory_moments import SampledTrajectories, Window

IMAGES_AT_ONCE = 128
SHEET = (4, 8)  # rows and columns of a sheet of pictures
CELLS = 120
LINE_CELLS = 100
LOSSES_SHOWN = 60


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: steps, examples a step, width, learning rate, and whether its layers share their weights."""

    steps: int
    batch: int = 1000
    width: int = 64
    learning_rate: float = 1e-3
    shared: bool = True


def train_and_sample(
    training: TrainingSet,
    diffusion: DiscreteDiffusion,
    recipe: Recipe,
    samples: int,
    windows: Sequence[int | Window],
    seed: int,
    *,
    checkpoint: str | None = None,
) -> tuple[Fit, SampledTrajectories]:
    """A network fitted to a training set by a recipe, and its samples with their trajectory variances."""
    part = part_seed(seed, 1)
    if training.images:
        network: Any = ImageDenoiser(width=recipe.width, seed=part)
    else:
        network = PointDenoiser(training.points.shape[1], width=recipe.width, shared=recipe.shared, seed=part)
    found = fit_denoiser(
        network,
        training.points,
        diffusion,
        steps=recipe.steps,
        batch=recipe.batch,
        learning_rate=recipe.learning_rate,
        seed=part_seed(seed, 2),
        checkpoint=checkpoint,
    )
    shape = (samples, *training.points.shape[1:])
    at_once = IMAGES_AT_ONCE if training.images else SAMPLED_AT_ONCE
    part = part_seed(seed, 3)
    return found, sample_network(found.model, diffusion, shape, windows=windows, seed=part, at_once=at_once)


def trained_samples(
    training: TrainingSet,
    diffusion: DiscreteDiffusion,
    recipe: Recipe,
    samples: int,
    window: int,
    retention: float,
    seed: int,
) -> xr.Dataset:
    """Rate of hallucinations, how well the trajectory variance tells them, the loss during training, and a map of the samples."""
    windows = tuple(dict.fromkeys((window, *CURVE_WINDOWS)))
    found, runs = train_and_sample(training, diffusion, recipe, samples, windows, seed)
    bad, good = training.label(runs.samples)
    known_bad, _ = training.label(training.points[: min(len(training.points), samples)])
    rounds = np.array_split(np.asarray(found.losses, dtype=float), min(LOSSES_SHOWN, len(found.losses)))
    at = np.cumsum([len(each) for each in rounds])
    sheet, axes = _map(training, runs.samples)
    return labeled(
        {
            **interval_variables("hallucination_rate", share(int(bad.sum()), samples), "Share of hallucinated samples"),
            **interval_variables("in_support", share(int(good.sum()), samples), "Share of samples in support"),
            "training_rate_data": (
                float(known_bad.mean()),
                "Share of the training set that the label calls hallucinated",
            ),
            **detection(runs, bad, good, window, retention),
            "training_loss_simulation": (
                [each.mean() for each in rounds],
                "Mean squared error of the predicted noise",
                "trained",
            ),
            "sample_map_simulation": sheet,
        },
        trained=(at, "training steps"),
        **axes,
        **detection_axes(),
    )


def taught_generations(
    training: TrainingSet,
    sampler: Sampler,
    generations: int,
    choices: Sequence[Choice],
    seed: int,
    *,
    progress: Callable[[int, int], object] | None = None,
) -> xr.Dataset:
    """Share of hallucinated samples in what each generation hands on, and in all that it makes; generation 0 is the data.

    One line of descent for each of `choices`. Labels refer to the first training set throughout.
    """
    names = (
        ("handed_on_rate", "Share hallucinated in what a generation hands on"),
        (
            "made_rate",
            "Share hallucinated in all that a generation makes",
        ),
    )
    found: dict[str, list[list[Share]]] = {name: [] for name, _ in names}
    for choice in choices:
        made = recursive_generations(training.points, sampler, generations, choice, seed=seed, progress=progress)
        first = _share_of(training, training.points)
        found["handed_on_rate"].append([first, *(_share_of(training, each.chosen) for each in made)])
        found["made_rate"].append([first, *(_share_of(training, each.pool) for each in made)])
    variables: dict[str, Any] = {}
    for name, meaning in names:
        values = [[each.value for each in line] for line in found[name]]
        errors = [[each.stderr for each in line] for line in found[name]]
        variables[f"{name}_simulation"] = (np.array(values).T, meaning, ("generation", "choice"))
        variables[f"{name}_stderr"] = (np.array(errors).T, f"Standard error: {meaning}", ("generation", "choice"))
    return labeled(
        variables,
        generation=(np.arange(generations + 1), "generation (0: the data)"),
        choice=(list(choices), "what is handed on"),
    )


def network_sampler(training: TrainingSet, diffusion: DiscreteDiffusion, recipe: Recipe, window: int) -> Sampler:
    """A model for `recursive_generations`: a network fitted by a recipe, with the variance over the last `window` steps."""

    def sampler(taught: NDArray[np.float64], count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        current = TrainingSet(training.name, taught, training.label)
        _, runs = train_and_sample(current, diffusion, recipe, count, (window,), seed)
        return runs.samples, runs.variance(window)

    return sampler


def _share_of(training: TrainingSet, samples: NDArray[np.float64]) -> Share:
    return share(int(training.label(samples)[0].sum()), len(samples))


def _map(training: TrainingSet, samples: NDArray[np.float64]) -> tuple[Any, dict[str, Any]]:
    """A sheet of pictures, or a histogram of one or two coordinates: the variable and its axes."""
    if samples.shape[1] == 1:
        return _line(training, samples[:, 0])
    side = math.isqrt(samples.shape[1])
    if training.images or (samples.shape[1] >= 16 and side**2 == samples.shape[1]):
        return _sheet(training, samples.reshape(len(samples), -1))
    known = training.points[:, :2]
    reach = 1.1 * float(np.abs(known).max())
    edges = np.linspace(-reach, reach, CELLS + 1)
    counts, _, _ = np.histogram2d(samples[:, 1], samples[:, 0], [edges, edges])
    middles = 0.5 * (edges[:-1] + edges[1:])
    values = (np.log10(1.0 + counts), "Where the samples lie: logarithm of 1 + their number", ("second", "first"))
    return values, {"second": (middles, "second coordinate"), "first": (middles, "first coordinate")}


def _line(training: TrainingSet, samples: NDArray[np.float64]) -> tuple[Any, dict[str, Any]]:
    edges = np.linspace(training.points.min(), training.points.max(), LINE_CELLS + 1)
    density = np.histogram(samples, edges)[0] / (len(samples) * np.diff(edges))
    return (density, "Density of the samples", "first"), {"first": (0.5 * (edges[:-1] + edges[1:]), "position")}


def _sheet(training: TrainingSet, samples: NDArray[np.float64]) -> tuple[Any, dict[str, Any]]:
    rows, columns = SHEET
    side = math.isqrt(samples.shape[1])
    # Grey values within those of the data; pictures are kept apart by the darkest of them.
    darkest, brightest = float(training.points.min()), float(training.points.max())
    pictures = np.full((rows * columns, side + 1, side + 1), darkest)
    shown = min(len(samples), rows * columns)
    pictures[:shown, :side, :side] = samples[:shown].reshape(shown, side, side)
    sheet = pictures.reshape(rows, columns, side + 1, side + 1).swapaxes(1, 2).reshape(rows * (side + 1), -1)[::-1]
    values = (np.clip(sheet, darkest, brightest), "Pictures that were sampled", ("second", "first"))
    return values, {
        "second": (np.arange(sheet.shape[0]), "pixel row, from below"),
        "first": (np.arange(sheet.shape[1]), "pixel column"),
    }
