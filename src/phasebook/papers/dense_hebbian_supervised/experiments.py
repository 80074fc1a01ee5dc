"""Experiments: learning, examples needed, the phase diagram, noisy couplings, Plefka's iteration, a user's examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import spins
from ...claims import Along, File, Help, Level, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Order = Annotated[int, Range(2, 6, "interaction order P: how many spins interact at a time")]
HardOrder = Annotated[int, Range(3, 5, "interaction order P")]
Load = Annotated[float, Range(0.0, 4.0, "load P!·K/(2N^(P−1)) of K classes")]
Quality = Annotated[float, Range(0.01, 1.0, "quality r: a spin of an example is right with probability (1 + r)/2")]
Examples = Annotated[int, Range(1, 30_000, "examples M of each class")]
Temperature = Annotated[float, Range(0.0, 4.0, "temperature")]
Replicas = Annotated[int, Range(2, 4096, "simulated networks, each with its own archetypes and examples")]
Sweeps = Annotated[int, Range(4, 1_000_000, "sweeps; the first quarter is left out")]
Orders = Annotated[tuple[float, ...], Range(2, 20, "interaction orders P; whole numbers")]
FILE = File("phasebook.spins.example_files:read_examples", "your examples: .npz with X and y, or an IDX file of images")
LABELS = File("phasebook.spins.example_files:read_labels", "labels as an IDX file, where the images are one")
PerClass = Annotated[int | None, Range(1, 30_000, "training images of each class; all of its half by default")]
NORMALIZATION = {
    "energy": "−(P!/2N^P)·Σ e_P(ψ∘σ) per spin, distinct indices, ψ class means of variance one; temperature in the same unit",
    "load": "P!·K/(2N^(P−1)); for P = 2 it is K/N",
    "overlap": "with the hidden archetype; signal overlap: with the mean of its examples",
}


@paper.experiment(
    show=("overlap", "signal_overlap"), along=Along("examples", 1, 65, 65, measured=17), conventions=NORMALIZATION
)
def learning(
    interaction_order: Order = 3,
    load: Load = 0.05,
    quality: Quality = 0.4,
    examples: Examples = 17,
    temperature: Temperature = 0.2,
) -> xr.Dataset:
    """A network taught by M examples of each class, started in a hidden archetype: replica theory beside Monte Carlo.

    Variables: overlap_theory (exact law of M examples up to 200, Gaussian beyond), gaussian_overlap_theory, signal_overlap_theory,
    self_overlap_theory, first_recall_theory, dataset_entropy_theory, free_energy_theory, entropy_theory, replicon_theory,
    residual_theory, phase_theory, all dimensionless. Source: arXiv 2212.00606 (derived, see `spins.supervised_learning`).
    """
    return spins.taught_order_parameters(
        spins.SupervisedNetwork.taught(interaction_order, load, quality, examples), temperature
    )


@learning.measurement
def recalled_archetypes(
    interaction_order: int,
    load: float,
    quality: float,
    examples: int,
    temperature: float,
    *,
    size: Annotated[int | None, Range(20, 4000, "spins of a simulated network (300; images of digits have 64)")] = None,
    data: Annotated[
        Literal["random", "digits"], Help("archetypes: random signs, or images of handwritten digits")
    ] = "random",
    replicas: Replicas = 8,
    sweeps: Sweeps = 80,
    seed: int,
) -> xr.Dataset:
    """Overlaps of simulated networks with the archetype and with the mean of its examples, by power sums."""
    network = spins.DenseNetwork(interaction_order, load)
    return spins.recalled_archetypes(network, quality, examples, temperature, size, data, replicas, sweeps, seed)


@paper.experiment(
    show=("examples", "dataset_entropy"),
    along=Along("quality", 0.05, 0.95, 37, scale="log"),
    logarithmic=("examples",),
    conventions=NORMALIZATION,
)
def examples_needed(
    orders: Orders = (2, 3, 4),
    load: Load = 0.1,
    quality: Quality = 0.3,
    temperature: Temperature = 0.1,
    target: Annotated[float, Range(0.05, 0.999, "overlap with the archetype that counts as learned")] = 0.5,
) -> xr.Dataset:
    """How many examples of each class a network needs.

    M = (1 − r²)/(ρ·r²) with the largest dataset entropy ρ at which the overlap exceeds the target, by the law of many examples; at
    least one, infinite where no number suffices. Variables: examples_theory, dataset_entropy_theory, edge_overlap_theory (per
    order). Source: `spins.supervised_learning`.
    """
    return spins.learning_thresholds(orders, load, quality, temperature, target)


@paper.experiment(
    show=("overlap",),
    boundary=(
        Level("retrieval_margin_theory", 0.0, "recall ends"),
        Level("advantage_theory", 0.0, "equal free energies"),
        Level("first_step_margin_theory", 0.0, "noise = signal"),
        Level("freezing_margin_theory", 0.0, "glass freezes"),
    ),
    logarithmic=("examples",),
    conventions=NORMALIZATION,
)
def phase_diagram(
    interaction_order: Order = 3,
    temperature: Temperature = 0.2,
    quality: Quality = 0.2,
    examples: Examples = 64,
    load: Load = 0.1,
) -> xr.Dataset:
    """Phase diagram of supervised learning.

    One point of it, made for `phasebook sweep` over examples (or quality, or temperature) and load: the overlap, and the distances
    to the lines through the plane. Variables: overlap_theory, signal_overlap_theory, retrieval_margin_theory, advantage_theory,
    first_step_margin_theory, freezing_margin_theory, dataset_entropy_theory, phase_theory. Source: `spins.supervised_learning`.
    """
    return spins.supervised_diagram_point(
        spins.SupervisedNetwork.taught(interaction_order, load, quality, examples), temperature
    )


@paper.experiment(
    show=("first_recall", "overlap"),
    along=Along("tensor_noise", 0.0, 100.0, 51, measured=11),
    conventions=NORMALIZATION,
)
def detection(
    interaction_order: HardOrder = 3,
    size: Annotated[int, Range(10, 600, "spins")] = 60,
    classes: Annotated[int, Range(1, 1_000_000, "stored classes K")] = 1,
    tensor_noise: Annotated[float, Range(0.0, 1e6, "noise τ on every coupling, in units of what a class adds")] = 40.0,
    quality: Quality = 1.0,
    examples: Examples = 1,
) -> xr.Dataset:
    """Few classes under noise on every coupling, at temperature 0.

    The first step of recall with the three noises of a spin's field, and symmetric replicas with τ² counted as so many classes.
    Variables: first_recall_theory, overlap_theory, effective_load_theory, example_noise_theory, storage_noise_theory,
    tensor_noise_theory, limit_theory. Source: `spins.signal_to_noise` (derived).
    """
    return spins.detected_archetype(interaction_order, size, classes, tensor_noise, quality, examples)


@detection.measurement
def simulated_detection(
    interaction_order: int,
    size: int,
    classes: int,
    tensor_noise: float,
    quality: float,
    examples: int,
    *,
    replicas: Replicas = 12,
    seed: int,
) -> xr.Dataset:
    """The first step and the end of descent, with an explicit noisy tensor of all N^P couplings."""
    return spins.simulated_detection(interaction_order, size, classes, tensor_noise, quality, examples, replicas, seed)


@paper.experiment(
    show=("overlap", "self_overlap"), along=Along("temperature", 0.3, 0.72, 43, measured=5), conventions=NORMALIZATION
)
def plefka_iteration(
    interaction_order: Order = 3,
    load: Load = 0.1,
    quality: Quality = 1.0,
    examples: Examples = 1,
    temperature: Annotated[float, Range(0.05, 4.0, "temperature")] = 0.6,
) -> xr.Dataset:
    """Magnetizations of single networks by Plefka's expansion.

    First order and second (the equations of Thouless, Anderson and Palmer) for the same networks, beside replica theory. Variables:
    overlap_theory, self_overlap_theory. Source: Plefka 1982; `spins.plefka`.
    """
    return spins.symmetric_overlaps(
        spins.SupervisedNetwork.taught(interaction_order, load, quality, examples), temperature
    )


@plefka_iteration.measurement
def iterated_magnetizations(
    interaction_order: int,
    load: float,
    quality: float,
    examples: int,
    temperature: float,
    *,
    size: Annotated[int, Range(20, 4000, "spins of a network")] = 400,
    replicas: Replicas = 4,
    seed: int,
) -> xr.Dataset:
    """Overlap and mean squared magnetization of both orders, averaged over networks."""
    taught = spins.SupervisedNetwork.taught(interaction_order, load, quality, examples)
    return spins.iterated_magnetizations(taught, temperature, size, replicas, seed)


@paper.experiment(
    show=("accuracy",),
    conventions={"labels": "class means stand for classes; a test image is recalled at temperature 0"},
)
def own_examples(
    file: Annotated[Literal["digits"] | UserFile, FILE] = "digits",
    labels: Annotated[Literal["inside"] | UserFile, LABELS] = "inside",
    orders: Orders = (2, 3, 4, 6, 8, 10, 14, 20),
    examples: PerClass = None,
) -> xr.Dataset:
    """Your own labeled examples in networks of several orders.

    What theory says of independent classes as many and as noisy as yours, beside the share of held-out images that are recalled and
    that of the nearest class mean. Variables: overlap_theory, dataset_entropy_theory, majority_theory. Source:
    `spins.class_recall`.
    """
    return spins.expected_recall(*_examples(file, labels), orders, examples)


@own_examples.measurement
def recognized_images(
    file: Any,
    labels: Any,
    orders: tuple[float, ...],
    examples: int | None,
    *,
    images: Annotated[int, Range(10, 100_000, "held-out images that are recalled")] = 300,
    centered: Annotated[
        bool, Help("subtract what the classes share; without it low orders recall nothing else")
    ] = True,
    seed: int,
) -> xr.Dataset:
    """Share of held-out images whose class is recalled, quality of the examples, and whether theory applies to them."""
    return spins.recognized_images(*_examples(file, labels), orders, examples, images, centered, seed)


def _examples(file: Any, labels: Any) -> tuple[Any, Any]:
    """X and y of a user's file, or the digits. Raises ValueError where labels are given twice or nowhere."""
    if not isinstance(file, UserFile):
        if isinstance(labels, UserFile):
            raise ValueError("labels must be left out with the digits, which have their own")
        found = spins.digit_images()
        return found.X, found.y
    found = file.content
    if isinstance(labels, UserFile):
        if found.y is not None:
            raise ValueError(f"labels must be left out where the file holds y; {file.name} does")
        return found.X, labels.content
    return found.X, found.y
