"""Results about networks taught by examples as labeled Datasets: what replica theory, Monte Carlo and a user's data say.

Energies and temperatures are in units in which a recalled class mean has energy -1/2 per spin. Names say the road: `_theory`,
`_simulation`, `_stderr`, `_data`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from ..numerics.measured import Measured
from ..numerics.seeding import part_seed
from ..numerics.statistics import mean_estimate
from .class_recall import digit_archetypes, recognize, split_images
from .coupling_tensor import noise_tensor
from .dense_hebbian import replica_estimate
from .dense_network import DenseNetwork, load_of
from .dense_network_datasets import BURN_SHARE, dataset, pattern_correlation
from .example_files import digit_images
from .glass import static_glass_temperature
from .labeled_examples import ExampleSet
from .plefka import Expansion, plefka_magnetizations
from .power_sums import PrototypeMemory, first_archetype_recall, recall, recall_replicas
from .replica import symmetric_glass
from .signal_to_noise import field_noise
from .supervised_learning import (
    SupervisedNetwork,
    bracketed_edge,
    effective_load,
    learning_threshold,
    supervised_state,
)

Archetypes = Literal["random", "digits"]
DEFAULT_SIZE = 300
DESCENT = 40  # sweeps at temperature zero: nothing turns after a few
EXPANSIONS: tuple[Expansion, ...] = ("first", "second")
_OVERLAP = "Overlap with the hidden archetype"
_SIGNAL = "Overlap with the mean of the examples, of variance one (no accuracy: it can exceed the other)"


def taught_order_parameters(supervised: SupervisedNetwork, temperature: float) -> xr.Dataset:
    """Overlaps of the symmetric state that is reached from the archetype, beside the Gaussian law and one step of recall."""
    state = supervised_state(supervised, temperature)
    order, rho = supervised.network.interaction_order, supervised.rho
    gauss = supervised_state(SupervisedNetwork(supervised.network, rho), temperature)
    noise = rho + 2.0 * supervised.network.load / order * (1.0 + rho) ** order
    first = math.erf(1.0 / math.sqrt(2.0 * noise)) if noise > 0.0 else 1.0
    return dataset(
        {
            "overlap_theory": (state.overlap, _OVERLAP),
            "signal_overlap_theory": (state.signal_overlap, _SIGNAL),
            "self_overlap_theory": (state.self_overlap, "Overlap of two replicas (q)"),
            "gaussian_overlap_theory": (gauss.overlap, "Overlap with the archetype by the law of many examples"),
            "first_recall_theory": (first, "Overlap with the archetype after one parallel step from it"),
            "dataset_entropy_theory": (rho, "Dataset entropy ρ = (1 − r²)/(M·r²)"),
            "free_energy_theory": (state.log_partition, "Free energy A = E ln Z / N (A·T at temperature 0)"),
            "entropy_theory": (state.entropy, "Entropy per spin"),
            "replicon_theory": (state.replicon, "Temperature times the replicon eigenvalue (negative: replicas break)"),
            "residual_theory": (state.residual, "Largest violation of the equations"),
            "phase_theory": (state.phase, "Phase that is reached from the archetype"),
        }
    )


def recalled_archetypes(
    network: DenseNetwork,
    quality: float,
    examples: int,
    temperature: float,
    size: int | None,
    data: Archetypes,
    replicas: int,
    sweeps: int,
    seed: int,
) -> xr.Dataset:
    """Overlaps of simulated networks that start in an archetype, with random archetypes or with images of digits for archetypes.

    Raises ValueError where a size is given for digits, which have their own, or the load asks for more digits than there are.
    """
    archetypes = None
    if data == "digits":
        images = digit_images().X
        if size is not None:
            raise ValueError(
                f"size must be left out with data digits: images have {images.shape[1]} pixels; got {size}"
            )
        size = images.shape[1]
        archetypes = digit_archetypes(network.patterns(size), images, seed)
        alike, verdict = pattern_correlation(archetypes)
    else:
        size = DEFAULT_SIZE if size is None else size
        alike, verdict = 1.0, "yes: archetypes are independent fair signs"
    runs = recall_replicas(
        network.interaction_order,
        size,
        network.patterns(size),
        examples,
        quality,
        np.full(sweeps, temperature),
        replicas,
        seed=seed,
        archetypes=archetypes,
    )
    burn, resolution = sweeps // BURN_SHARE, 1.0 / (size * math.sqrt(replicas))
    return dataset(
        {
            **_estimate("overlap", replica_estimate(runs.overlaps, burn), _OVERLAP, resolution),
            **_estimate("signal_overlap", replica_estimate(runs.signal_overlaps, burn), _SIGNAL, resolution),
            "archetype_correlation_data": (alike, "Mean squared overlap of two archetypes, times N (1: independent)"),
            "theory_applies_data": (verdict, "Whether the theory of independent archetypes applies"),
        }
    )


def supervised_diagram_point(supervised: SupervisedNetwork, temperature: float) -> xr.Dataset:
    """One point of the phase diagram: the overlap, and its distance from each line."""
    state = supervised_state(supervised, temperature)
    order, load, rho = supervised.network.interaction_order, supervised.network.load, supervised.rho
    edge = bracketed_edge(supervised.at_load(0.0), temperature)
    advantage = 0.0
    if state.phase == "retrieval":
        # Without load, at any temperature, the state without retrieval is the free paramagnet.
        other = (
            -temperature * math.log(2.0)
            if load == 0.0
            else symmetric_glass(supervised.network, temperature).free_energy
        )
        advantage = other - state.free_energy
    freezing = static_glass_temperature(order) * math.sqrt(load) if order > 2 else 1.0 + math.sqrt(load)
    return dataset(
        {
            "overlap_theory": (state.overlap, _OVERLAP),
            "signal_overlap_theory": (state.signal_overlap, _SIGNAL),
            "retrieval_margin_theory": (edge - load, "Largest load at which the archetype is recalled minus this load"),
            "advantage_theory": (advantage, "Free energy of the state without retrieval minus this state's"),
            "first_step_margin_theory": (
                1.0 - rho - 2.0 * load / order * (1.0 + rho) ** order,
                "One minus the field's noise over its signal",
            ),
            "freezing_margin_theory": (temperature - freezing, "Temperature above that of the static glass transition"),
            "dataset_entropy_theory": (rho, "Dataset entropy ρ = (1 − r²)/(M·r²)"),
            "phase_theory": (state.phase, "Phase that is reached from the archetype"),
        }
    )


def learning_thresholds(
    orders: Sequence[float], load: float, quality: float, temperature: float, target: float
) -> xr.Dataset:
    """How many examples raise the overlap to `target` (Gaussian law), for each order; infinite where none do. Raises ValueError."""
    whole = whole_orders(orders, 20)
    found = [learning_threshold(order, load, temperature, target=target) for order in whole]
    needed = [(1.0 - quality**2) / (rho * quality**2) if rho > 0.0 else math.inf for rho, _ in found]
    return dataset(
        {
            "examples_theory": (np.maximum(needed, 1.0), "Examples that are needed", ("interaction_order",)),
            "dataset_entropy_theory": (
                [rho for rho, _ in found],
                "Largest dataset entropy at which the archetype is learned",
                ("interaction_order",),
            ),
            "edge_overlap_theory": (
                [overlap for _, overlap in found],
                "Overlap with the archetype at the threshold",
                ("interaction_order",),
            ),
        },
        interaction_order=([f"P = {order}" for order in whole], "interaction order"),
    )


def detected_archetype(
    interaction_order: int, size: int, classes: int, tensor_noise: float, quality: float, examples: int
) -> xr.Dataset:
    """Recall at temperature zero with noise on the couplings: the first step with its three noises, and where it ends."""
    load = effective_load(interaction_order, size, classes, tensor_noise)
    supervised = SupervisedNetwork.taught(interaction_order, load, quality, examples)
    noise = field_noise(interaction_order, size, classes, supervised.rho, tensor_noise)
    state = supervised_state(supervised, 0.0, throw=False)
    return dataset(
        {
            "first_recall_theory": (noise.overlap, "Overlap with the archetype after one parallel step from it"),
            "overlap_theory": (state.overlap, f"{_OVERLAP} at temperature zero"),
            "effective_load_theory": (load, "Load of the classes, noise counted as τ² more of them"),
            "example_noise_theory": (noise.examples, "Variance of the field from the examples' own noise"),
            "storage_noise_theory": (noise.storage, "Variance of the field from the other classes"),
            "tensor_noise_theory": (noise.tensor, "Variance of the field from noise on the couplings"),
            "limit_theory": (noise.limit, "What limits the first step"),
        }
    )


def simulated_detection(
    interaction_order: int,
    size: int,
    classes: int,
    tensor_noise: float,
    quality: float,
    examples: int,
    replicas: int,
    seed: int,
) -> xr.Dataset:
    """The first step and the end of sequential descent in networks with an explicit noisy tensor, started in an archetype."""
    first, last = detection_overlaps(
        interaction_order, size, classes, tensor_noise, replicas, quality=quality, examples=examples, seed=seed
    )
    resolution = 1.0 / (size * math.sqrt(replicas))
    meaning = "Overlap with the archetype after one parallel step from it"
    return dataset(
        {
            **_estimate("first_recall", mean_estimate(first), meaning, resolution),
            **_estimate("overlap", mean_estimate(last), f"{_OVERLAP} at temperature zero", resolution),
        }
    )


def detection_overlaps(
    interaction_order: int,
    size: int,
    classes: int,
    tensor_noise: float,
    replicas: int,
    *,
    quality: float = 1.0,
    examples: int = 1,
    descend: bool = True,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Overlaps (replicas,) after one parallel step from the archetype, and after descent (NaN without). Raises MemoryError
    beyond 2 GB."""
    first, last = np.empty(replicas), np.full(replicas, np.nan)
    for replica in range(replicas):
        part = part_seed(seed, 31, replica)
        taught = ExampleSet.random(classes, size, examples, quality, part)
        memory = PrototypeMemory.of_examples(interaction_order, taught)
        noise = (
            noise_tensor(size, interaction_order, tensor_noise, part_seed(seed, 32, replica)) if tensor_noise else None
        )
        archetype = taught.archetypes[:, 0] if taught.archetypes is not None else np.ones(size)
        first[replica] = first_archetype_recall(memory, archetype, noise=noise, seed=part)
        if descend:
            last[replica] = recall(memory, archetype, np.zeros(DESCENT), noise=noise, seed=part).overlaps[-1]
    return first, last


def symmetric_overlaps(supervised: SupervisedNetwork, temperature: float) -> xr.Dataset:
    """Overlap and self-overlap of replica theory, to stand beside the magnetizations of single networks."""
    state = supervised_state(supervised, temperature)
    return dataset(
        {
            "overlap_theory": (state.overlap, _OVERLAP),
            "self_overlap_theory": (state.self_overlap, "Mean squared magnetization"),
        }
    )


def iterated_magnetizations(
    supervised: SupervisedNetwork, temperature: float, size: int, replicas: int, seed: int
) -> xr.Dataset:
    """Overlaps of Plefka's first and second order for the same networks, and how many steps the iteration took."""
    quality = 1.0 if supervised.quality is None else supervised.quality
    examples = 1 if supervised.examples is None else supervised.examples
    order, classes = supervised.network.interaction_order, supervised.network.patterns(size)
    rows = np.empty((replicas, len(EXPANSIONS), 3))
    for replica in range(replicas):
        taught = ExampleSet.random(classes, size, examples, quality, part_seed(seed, replica))
        memory = PrototypeMemory.of_examples(order, taught)
        archetype = np.ones(size) if taught.archetypes is None else taught.archetypes[:, 0]
        for place, expansion in enumerate(EXPANSIONS):
            found = plefka_magnetizations(memory, archetype, temperature, expansion=expansion)
            rows[replica, place] = found.overlap, found.self_overlap, found.iterations
    means, dims = rows.mean(axis=0), ("expansion",)
    errors = np.maximum(rows.std(axis=0, ddof=1) / math.sqrt(replicas), 1e-8)
    return dataset(
        {
            "overlap_simulation": (means[:, 0], _OVERLAP, dims),
            "overlap_stderr": (errors[:, 0], f"Standard error: {_OVERLAP}", dims),
            "self_overlap_simulation": (means[:, 1], "Mean squared magnetization", dims),
            "self_overlap_stderr": (errors[:, 1], "Standard error: mean squared magnetization", dims),
            "count_iterations": (means[:, 2], "Steps of the iteration, on average", dims),
        },
        expansion=(list(EXPANSIONS), "order of Plefka's expansion"),
    )


def expected_recall(X: ArrayLike, y: ArrayLike | None, orders: Sequence[float], examples: int | None) -> xr.Dataset:
    """What theory says of independent archetypes with as many classes, spins and examples, of the quality that the data show."""
    split = split_images(X, y, examples=examples, seed=0, images=1, least_deviation=_least_deviation(X))
    training, whole = split.training, whole_orders(orders, 20)
    rho = training.rho.value
    overlaps = []
    for order in whole:
        load = load_of(order, training.size, training.classes)
        overlaps.append(supervised_state(SupervisedNetwork.with_entropy(order, load, rho), 0.0).overlap)
    return dataset(
        {
            "overlap_theory": (overlaps, f"{_OVERLAP}, were the classes independent", ("interaction_order",)),
            "dataset_entropy_theory": (rho, "Dataset entropy ρ that the examples show"),
            "majority_theory": (
                math.erf(1.0 / math.sqrt(2.0 * rho)),
                "Overlap of the examples' majority with the archetype",
            ),
        },
        interaction_order=(whole, "interaction order P"),
    )


def recognized_images(
    X: ArrayLike,
    y: ArrayLike | None,
    orders: Sequence[float],
    examples: int | None,
    images: int,
    centered: bool,
    seed: int,
) -> xr.Dataset:
    """Share of held-out images that a network of each order recalls to their class, beside the nearest class mean."""
    split = split_images(
        X, y, examples=examples, images=images, center=centered, least_deviation=_least_deviation(X), seed=seed
    )
    whole, count = whole_orders(orders, 20), len(split.images)
    found = [recognize(split, order, centered=centered, seed=seed) for order in whole]
    accuracy = np.array([each.accuracy for each in found])
    # Half an image where all or none are right: a share of 1 is known no better.
    spread = np.sqrt(np.maximum(accuracy * (1.0 - accuracy), 0.5 / count) / count)
    alike, verdict = pattern_correlation(split.training.majority(seed))
    quality = split.training.quality
    dims = ("interaction_order",)
    meaning = "Share of held-out images whose class is recalled (data: nearest class mean)"
    return dataset(
        {
            "accuracy_simulation": (accuracy, meaning, dims),
            "accuracy_stderr": (spread, "Standard error: share of recalled images", dims),
            "accuracy_data": ([each.nearest_mean for each in found], meaning, dims),
            "quality_data": (quality.value, "Quality r of the examples"),
            "quality_stderr": (quality.stderr, "Standard error: quality r of the examples"),
            "class_correlation_data": (alike, "Mean squared overlap of two classes, times N (1: independent)"),
            "theory_applies_data": (verdict, "Whether the theory of independent archetypes applies"),
            "count_spins": (split.training.size, "Spins: pixels that vary"),
            "count_classes": (split.training.classes, "Classes"),
            "count_images": (count, "Held-out images"),
        },
        interaction_order=(whole, "interaction order P"),
    )


def whole_orders(orders: Sequence[float], largest: int) -> list[int]:
    """Orders as integers. Raises ValueError where one is not whole or outside 2 to `largest`."""
    for order in orders:
        if order != int(order) or not 2 <= order <= largest:
            raise ValueError(f"orders must be whole numbers from 2 to {largest}; got {order:g}")
    return [int(order) for order in orders]


def _least_deviation(X: ArrayLike) -> float:
    """A sixteenth of the range of grey values; signs are all kept."""
    values = np.asarray(X, dtype=float)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    return 0.0 if np.isin(values, (-1.0, 1.0)).all() else (high - low) / 16.0


def _estimate(name: str, measured: Measured, meaning: str, resolution: float) -> dict[str, Any]:
    return {
        f"{name}_simulation": (measured.value, meaning),
        f"{name}_stderr": (max(measured.stderr, resolution), f"Standard error: {meaning}"),
    }
