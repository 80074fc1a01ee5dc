"""Data for a diffusion model together with its labels: what counts as hallucinated, and what as in support.

Groups of known modes are labeled by distance (beyond 6 standard deviations, within 4), pictures of shapes by what they show, and
anything else by the distance to its neighbors in the data. Points can be read from .npy and .csv files.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from .hallucination import neighbor_labels
from .separated_modes import SeparatedModes
from .shape_images import check_images, read_images, read_shapes, shape_images

Labels = tuple[NDArray[np.bool_], NDArray[np.bool_]]
MOST_DIMENSIONS = 4096
SHAPES_SHOWN = 0.95  # share of pictures that must show shapes and nothing else, for shapes to be their subject


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Examples `points` (n, ...) and `label`, which maps samples (m, ...) to (hallucinated, in support), both (m,).

    `images` says whether an example is a picture (height, width).
    """

    name: str
    points: Float[np.ndarray, "examples ..."]
    label: Callable[[NDArray[np.float64]], Labels]

    @property
    def images(self) -> bool:
        """Whether an example is a picture."""
        return self.points.ndim == 3


def modes_set(name: str, data: SeparatedModes, count: int, seed: int) -> TrainingSet:
    """Points drawn round known modes."""
    return TrainingSet(
        name, data.sample(count, seed), lambda samples: (data.hallucinated(samples), data.in_support(samples))
    )


def shapes_set(count: int, seed: int) -> TrainingSet:
    """Pictures of simple shapes, grey values from -1 to 1."""
    return TrainingSet("shapes", 2.0 * shape_images(count, seed) - 1.0, _shape_labels)


def images_set(name: str, images: ArrayLike) -> TrainingSet:
    """A user's pictures (n, 64, 64) with grey values 0 to 1: labeled as shapes where nearly all show them, else by neighbors."""
    pictures = 2.0 * check_images(images).astype(float) - 1.0
    if len(pictures) < 10:
        raise ValueError(f"{name} must hold at least 10 pictures; got {len(pictures)}")
    if _shape_labels(pictures)[1].mean() >= SHAPES_SHOWN:
        return TrainingSet(name, pictures, _shape_labels)
    flat = pictures.reshape(len(pictures), -1)
    return TrainingSet(name, pictures, lambda samples: neighbor_labels(samples.reshape(len(samples), -1), flat))


def points_set(name: str, points: ArrayLike) -> TrainingSet:
    """A user's points (n, dimension), shifted and divided so that the coordinates together have mean zero and variance one.

    Labels compare with neighbors in the data (`neighbor_labels`). Raises ValueError for points that can't be a data set.
    """
    values = check_points(name, points)
    scale = float(values.std())
    if scale == 0:
        raise ValueError(f"{name} must hold points that differ; all its values are equal")
    scaled = (values - values.mean()) / scale
    return TrainingSet(name, scaled, lambda samples: neighbor_labels(samples, scaled))


def check_points(name: str, points: ArrayLike) -> Float[np.ndarray, "examples dimension"]:
    """Points (n, dimension) as finite numbers, at least ten; a list of numbers has dimension one. Raises ValueError."""
    values = np.asarray(points)
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold numbers; got {values.dtype}")
    values = values.astype(float)
    values = values[:, None] if values.ndim == 1 else values.reshape(len(values), -1) if values.ndim > 2 else values
    if values.ndim != 2 or len(values) < 10 or not 1 <= values.shape[1] <= MOST_DIMENSIONS:
        raise ValueError(
            f"{name} must hold at least 10 points of 1 to {MOST_DIMENSIONS} numbers; got shape {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must hold finite numbers; got NaN or infinity")
    return values


def read_points(path: str | os.PathLike[str]) -> Float[np.ndarray, "examples dimension"]:
    """Points of a .npy array (n, dimension), or of a .csv file with a point in each row and perhaps a header. Raises ValueError."""
    source = Path(path)
    if not source.is_file():
        raise ValueError(f"path names no file: {source.name!r}")
    match source.suffix.lower():
        case ".npy":
            return check_points(source.name, _array(source))
        case ".csv":
            return check_points(source.name, _rows(source))
    raise ValueError(f"path must end in .npy or .csv; got {source.name!r}")


def read_training_file(path: str | os.PathLike[str]) -> TrainingSet:
    """A training set from points (.npy, .csv) or pictures (.npy (n, 64, 64), .zip of PNG files). Raises ValueError."""
    source = Path(path)
    if source.suffix.lower() == ".zip":
        return images_set(source.name, read_images(source))
    if source.suffix.lower() == ".npy" and source.is_file() and _array(source).ndim == 3:
        return images_set(source.name, read_images(source))
    return points_set(source.name, read_points(source))


def _array(source: Path) -> NDArray:
    try:
        return np.load(source, allow_pickle=False, mmap_mode="r")
    except (OSError, EOFError, ValueError):
        raise ValueError(f"{source.name} must be a NumPy array file of numbers") from None


def _shape_labels(samples: NDArray[np.float64]) -> Labels:
    counts = read_shapes((samples + 1.0) / 2.0)
    return counts.hallucinated, counts.in_support


def _rows(source: Path) -> NDArray[np.float64]:
    with source.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row]
    if rows and not _numbers(rows[0]):
        rows = rows[1:]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]) or not _numbers(row):
            raise ValueError(f"{source.name} must hold numbers, the same count in every row; row {number} does not")
    return np.array(rows, dtype=float)


def _numbers(row: list[str]) -> bool:
    try:
        return bool([float(entry) for entry in row])
    except ValueError:
        return False
