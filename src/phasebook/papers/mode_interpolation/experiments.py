"""Experiments: smoothed denoisers and what they sample, the staircase, trained networks, generations that learn from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import numerics, spins, transport
from ...claims import Along, File, Help, Range, UserFile
from .claims import CHOICES
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Modes = Annotated[tuple[float, ...], Range(-10.0, 10.0, "positions of the modes on a line, two to eight")]
Smoothing = Annotated[float, Range(0.0, 1.0, "length h over which the denoiser is smoothed; 0 is the exact one")]
Stddev = Annotated[float, Range(0.01, 0.5, "standard deviation of each mode")]
Samples = Annotated[int, Range(1000, 5_000_000, "samples")]
Retention = Annotated[float, Range(0.5, 0.999, "share of the samples in support that the filter must keep")]
FILE = File(
    "phasebook.transport.training_sets:read_training_file",
    "your data: points in .npy or .csv, pictures of 64 × 64 grey pixels in .npy or a .zip of PNG files",
    (".npy", ".csv", ".zip"),
)
DATA_HELP = Help("training data")
Window = Annotated[int, Range(2, 393, "the last steps over which the variance of the prediction is taken", "steps")]
TrainingSteps = Annotated[int, Range(1, 1_000_000, "training steps")]
Batch = Annotated[int, Range(1, 100_000, "examples in a training step")]
Width = Annotated[int, Range(8, 512, "units in a layer, or channels of an image network; a multiple of 8")]
Examples = Annotated[int | None, Range(10, 1_000_000, "training examples to draw, where the data is synthetic")]
Shared = Annotated[
    bool | None, Help("whether the three layers share one set of weights; true as in the reference code")
]
MOST_DRAWN = {"gaussian1d": 50_000, "gaussian25": 100_000, "gaussian25-rotated": 100_000, "shapes": 5000}
DESCENT = Help("what is learned: line takes the three modes of gaussian1d and models without training")
LABELS = {
    "hallucinated": "beyond 6 standard deviations of every mode; in support: within 4; what lies between counts for neither",
    "removal": "threshold at the retention's quantile of the samples in support",
}
TRAINING = {
    "hallucinated": "modes: beyond 6 standard deviations; shapes: a column with two shapes or a wrong one; digits and files: "
    "farther from the data than three times what 99% of the data are from each other (5th neighbor)",
    "diffusion": "1000 steps, β from 0.001 to 0.2, variance β, noise predicted; sampling begins at t = 392, where ᾱ < 1e-7",
    "scale": "points of a file are shifted and divided so that all coordinates together have mean 0 and variance 1",
}


GENERATIONS = {
    **TRAINING,
    "line": "each model is the smoothed posterior mean of a histogram (bins of 0.01) of its examples",
    "pool": "where a part is handed on, a generation makes five times as many samples as it hands on",
}


@paper.experiment(
    show=("sample_density", "true_positive_rate"),
    logarithmic=("sample_density", "false_positive_rate"),
    conventions=LABELS,
)
def smoothed(modes: Modes = (1.0, 2.0, 3.0), smoothing: Smoothing = 0.1, stddev: Stddev = 0.05) -> xr.Dataset:
    """What a denoiser that can't jump samples between the modes: the exact law beside samples, and what gives them away.

    Variables: hallucination_rate_exact, between_modes_exact, in_support_exact, gap_rate_exact (gap), sample_density_exact
    (position), from the distribution function alone. Source: data and diffusion of arXiv 2406.09358; smoothing and law derived.
    """
    return transport.smoothed_law(_line(modes, stddev), _diffusion(), smoothing)


@smoothed.measurement
def sampled_smoothed(
    modes: tuple[float, ...],
    smoothing: float,
    stddev: float,
    *,
    samples: Samples = 100_000,
    window: Window = 10,
    retention: Retention = 0.96,
    seed: int,
) -> xr.Dataset:
    """Samples with Wilson intervals; area under the ROC curve and removal at retention of the trajectory variance."""
    data = _line(modes, stddev)
    return transport.smoothed_samples(data, _diffusion(), smoothing, samples, window, retention, seed)


@paper.experiment(
    show=("hallucination_rate",),
    along=Along("smoothing", 0.0, 0.3, count=13, measured=7),
    logarithmic=("hallucination_rate",),
    conventions=LABELS,
)
def rate(smoothing: Smoothing = 0.2, modes: Modes = (1.0, 2.0, 3.0), stddev: Stddev = 0.05) -> xr.Dataset:
    """Rate of hallucinations against the length over which the denoiser is smoothed: it grows steeply from nothing.

    Variables: hallucination_rate_exact, from the distribution function. Source: derived.
    """
    return transport.smoothed_law(_line(modes, stddev), _diffusion(), smoothing)[["hallucination_rate_exact"]]


@rate.measurement
def sampled_rate(
    smoothing: float, modes: tuple[float, ...], stddev: float, *, samples: Samples = 50_000, seed: int
) -> xr.Dataset:
    """The share of samples beyond 6 standard deviations."""
    return transport.sampled_rate(_line(modes, stddev), _diffusion(), smoothing, samples, seed)


@paper.experiment(
    show=("predicted_data", "smoothed_prediction"),
    conventions={"position": "x/√ᾱ, so that a state without noise lies at its data", "step": "t of T = 1000"},
)
def staircase(
    modes: Modes = (1.0, 2.0, 3.0),
    steps: Annotated[tuple[float, ...], Range(0, 392, "one to four steps t of the diffusion; whole numbers")] = (
        5,
        12,
        30,
        80,
    ),
    smoothing: Smoothing = 0.1,
    stddev: Stddev = 0.05,
) -> xr.Dataset:
    """The exact denoiser is a staircase that sharpens as t falls; a smoothed one ramps, and points on the ramp end between modes.

    Variables: predicted_data_exact and smoothed_prediction_theory (position, step). Source: Bayes' rule, derived.
    """
    return transport.staircase(_line(modes, stddev), _diffusion(), _whole(steps), smoothing)


@staircase.measurement
def weighted_data(
    modes: tuple[float, ...],
    steps: tuple[float, ...],
    smoothing: float,
    stddev: float,
    *,
    draws: Annotated[int, Range(100, 200_000, "draws of the data for each position and step")] = 20_000,
    seed: int,
) -> xr.Dataset:
    """Draws of the data, weighted with the density of the noise that would carry them to the state."""
    return transport.weighted_data(_line(modes, stddev), _diffusion(), _whole(steps), draws, seed)


@paper.experiment(
    theory="absent",
    show=("sample_map", "true_positive_rate", "training_loss"),
    logarithmic=("false_positive_rate", "training_loss"),
    conventions=TRAINING,
)
def train(
    data: Annotated[
        Literal["gaussian1d", "gaussian25", "gaussian25-rotated", "shapes", "digits"] | UserFile, DATA_HELP, FILE
    ] = "gaussian1d",
    steps: TrainingSteps = 1500,
    samples: Annotated[int, Range(16, 1_000_000, "samples to draw")] = 2000,
    window: Window = 10,
    retention: Retention = 0.96,
    batch: Batch = 256,
    width: Width = 64,
    examples: Examples = None,
    shared: Shared = None,
    *,
    seed: int,
) -> xr.Dataset:
    """A network trained here, and how many of its samples lie where the data have none.

    Variables: hallucination_rate, in_support, removal (each with its Wilson interval), area_under_curve, true_positive_rate,
    training_loss, sample_map. Points: the residual network of the reference code; pictures: a U-Net, slow without an accelerator.
    Source: arXiv 2406.09358.
    """
    training = _training_set(data, examples, seed)
    recipe = _recipe(training, steps, batch, width, shared)
    return transport.trained_samples(training, _diffusion(), recipe, samples, window, retention, seed)


@paper.experiment(theory="absent", show=("handed_on_rate", "made_rate"), conventions=GENERATIONS)
def recursion(
    data: Annotated[Literal["line", "gaussian1d", "gaussian25", "digits"] | UserFile, DESCENT, FILE] = "line",
    choice: Annotated[
        Literal["compare", "all", "random", "variance"],
        Help(
            "handed on: all samples, or a fifth of five times as many, at random or with the smallest trajectory variance"
        ),
    ] = "compare",
    generations: Annotated[int, Range(1, 20, "generations, each taught by what the last one handed on")] = 4,
    window: Window = 10,
    examples: Annotated[
        int | None, Range(10, 1_000_000, "examples that teach each generation; 10,000 by default")
    ] = None,
    smoothing: Annotated[
        float | None, Range(0.01, 1.0, "length h of the smoothed denoisers of the line; 0.1 by default")
    ] = None,
    steps: Annotated[int | None, Range(1, 1_000_000, "training steps of each network; 2000 by default")] = None,
    batch: Annotated[int | None, Range(1, 100_000, "examples in a training step; 256 by default")] = None,
    width: Annotated[int | None, Range(8, 512, "units in a layer; a multiple of 8, 64 by default")] = None,
    *,
    seed: int,
) -> xr.Dataset:
    """Models that learn from their predecessors' samples: hallucinations pile up, unless trajectory variance filters them.

    Variables: handed_on_rate_simulation and made_rate_simulation (generation, choice), with errors. Source: arXiv 2406.09358; the
    models without training derived.
    """
    synthetic = not isinstance(data, UserFile) and data != "digits"
    count = 10_000 if synthetic and examples is None else examples
    training = _training_set("gaussian1d" if data == "line" else data, count, seed)
    if data == "line":
        _refuse("data=line, whose models are not trained", steps=steps, batch=batch, width=width)
        sampler = transport.line_sampler(_diffusion(), 0.1 if smoothing is None else smoothing, window)
    else:
        _refuse("networks that are trained", smoothing=smoothing)
        recipe = _recipe(training, steps or 2000, batch or 256, width or 64, None)
        sampler = transport.network_sampler(training, _diffusion(), recipe, window)
    choices = CHOICES if choice == "compare" else (choice,)
    return transport.taught_generations(training, sampler, generations, choices, seed)


def _refuse(why: str, **options: Any) -> None:
    """An option that does not apply is an error."""
    for name, value in options.items():
        if value is not None:
            raise ValueError(f"{name} does not apply to {why}; got {value!r}")


def _diffusion() -> transport.DiscreteDiffusion:
    return transport.DiscreteDiffusion.linear()


def _line(modes: tuple[float, ...], stddev: float) -> transport.SeparatedModes:
    """Modes far enough apart for a sample to be far from all of them."""
    if not 2 <= len(modes) <= 8:
        raise ValueError(f"modes must be two to eight positions; got {len(modes)}")
    data = transport.gaussian_line(modes, stddev)
    if data.spacing <= 12 * stddev:
        raise ValueError(
            f"modes must be more than 12 standard deviations apart ({12 * stddev:g}), else no sample is hallucinated; the nearest "
            f"are {data.spacing:g} apart"
        )
    return data


def _whole(steps: tuple[float, ...]) -> tuple[int, ...]:
    if not all(float(step).is_integer() for step in steps):
        raise ValueError(f"steps must be whole numbers; got {steps}")
    return tuple(int(step) for step in steps)


def _training_set(data: Any, examples: int | None, seed: int) -> transport.TrainingSet:
    """The named data, or a file's; an option that does not apply is refused."""
    if isinstance(data, UserFile) or data == "digits":
        if examples is not None:
            raise ValueError("examples does not apply to digits or a file: all of their examples are used")
        return data.content if isinstance(data, UserFile) else transport.points_set("digits", spins.digit_images().X)
    count, part = MOST_DRAWN[data] if examples is None else examples, numerics.part_seed(seed, 0)
    if data == "shapes":
        return transport.shapes_set(count, part)
    modes = transport.gaussian_line() if data == "gaussian1d" else transport.gaussian_grid(data == "gaussian25-rotated")
    return transport.modes_set(data, modes, count, part)


def _recipe(
    training: transport.TrainingSet, steps: int, batch: int, width: int, shared: bool | None
) -> transport.Recipe:
    if width % 8:
        raise ValueError(f"width must be a multiple of 8; got {width}")
    if training.images and shared is not None:
        raise ValueError("shared does not apply to pictures: the image network has no layers to share")
    return transport.Recipe(steps, batch, width, shared=shared is not False)
