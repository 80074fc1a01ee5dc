"""Recall of classes from labeled images: the network turns an image into a prototype; the class is that of the largest overlap.

Grey images become signs at a threshold for each spin, and spins that hardly vary are left out. Prototypes are class means; their
mean over classes is subtracted: real classes share most of it, and a network would recall the shared part alone. A network of
order P at temperature zero takes h_i = Σ over classes of ψ_i·a^(P-1), a the overlap without i: repeated indices count here, which
for few classes changes nothing. The baseline uses the same prototypes without a network: the class of the largest first overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int8
from numpy.typing import ArrayLike, NDArray

from .labeled_examples import ExampleSet, binarized, check_labels
from .power_sums import PrototypeMemory, recall

SWEEPS = 30  # at temperature zero few are used


@dataclass(frozen=True, eq=False)
class ImageSplit:
    """Training examples, with their images, and test images as signs (n, spins); `kept` (pixels,) tells which are the spins."""

    training: ExampleSet
    training_images: Int8[np.ndarray, "n spins"]
    training_labels: NDArray
    images: Int8[np.ndarray, "n spins"]
    labels: NDArray
    kept: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Recognition:
    """Share of test images that end in their class, `accuracy`, with `nearest_mean`, the baseline's, and both (n,) as flags."""

    recalled: NDArray[np.bool_]
    nearest: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """Of the network."""
        return float(self.recalled.mean())

    @property
    def nearest_mean(self) -> float:
        """Of the largest overlap with a prototype before any dynamics."""
        return float(self.nearest.mean())


def split_images(
    X: ArrayLike,
    y: ArrayLike | None,
    *,
    examples: int | None = None,
    images: int = 300,
    least_deviation: float = 1.0,
    center: bool = True,
    seed: int,
) -> ImageSplit:
    """Half of every class for training (its first `examples`), up to `images` of the rest to test; both shuffled by the seed.

    Numbers other than ±1 become signs: with `center` at each pixel's mean over the classes' grey means, else at the middle of the
    range. Pixels with a training deviation up to `least_deviation` are left out. Raises ValueError where a class has fewer than two
    images, or nothing varies.
    """
    grey = np.asarray(X, dtype=float)
    if grey.ndim != 2 or grey.size == 0 or not np.isfinite(grey).all():
        raise ValueError(f"X must be a matrix of finite numbers, an image a row; got shape {grey.shape}")
    labels = check_labels(y, len(grey))
    if least_deviation < 0 or images < 1 or (examples is not None and examples < 1):
        raise ValueError("least_deviation must be at least 0, images and examples at least 1")
    generator = np.random.default_rng(seed)
    training: list[NDArray] = []
    rest: list[NDArray] = []
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        if len(rows) < 2:
            raise ValueError(f"every class must have at least two images; class {label.item()!r} has {len(rows)}")
        half = len(rows) // 2
        training.append(rows[:half][:examples])
        rest.append(rows[half:])
    taught, held_out = np.concatenate(training), generator.permutation(np.concatenate(rest))[:images]
    kept = grey[taught].std(axis=0) > least_deviation
    if not kept.any():
        raise ValueError(f"no pixel varies by more than least_deviation = {least_deviation:g} over the training images")
    grey = grey[:, kept]
    if np.isin(grey, (-1.0, 1.0)).all():
        signs = grey.astype(np.int8)
    else:
        middle = 0.5 * (grey[taught].min() + grey[taught].max())
        threshold = np.mean([grey[rows].mean(axis=0) for rows in training], axis=0) if center else middle
        signs = binarized(grey, threshold)
    return ImageSplit(
        ExampleSet.from_data(signs[taught], labels[taught]),
        signs[taught],
        labels[taught],
        signs[held_out],
        labels[held_out],
        kept,
    )


def recognize(split: ImageSplit, interaction_order: int, *, centered: bool = True, seed: int) -> Recognition:
    """Recall of all test images at temperature zero, spin after spin, by a network of this order. Raises ValueError."""
    memory = PrototypeMemory.of_examples(interaction_order, split.training, centered=centered, coupling="all")
    prototypes = memory.prototypes
    last = np.stack(
        [recall(memory, image, np.zeros(SWEEPS), seed=seed + place).spins for place, image in enumerate(split.images)]
    )
    names = np.array(split.training.labels)
    return Recognition(
        names[np.argmax(last @ prototypes, axis=1)] == split.labels,
        names[np.argmax(split.images @ prototypes, axis=1)] == split.labels,
    )


def digit_archetypes(classes: int, X: Float[np.ndarray, "n pixels"], seed: int) -> Int8[np.ndarray, "pixels classes"]:
    """Images as archetypes: `classes` of them, drawn without repetition, signs at each pixel's median (below it or at it: -1).

    Raises ValueError for more classes than images.
    """
    if not 1 <= classes <= len(X):
        raise ValueError(f"load asks for {classes} images as archetypes; there are {len(X)}")
    chosen = np.random.default_rng(seed).permutation(len(X))[:classes]
    return binarized(X, np.median(X, axis=0))[chosen].T.copy()
