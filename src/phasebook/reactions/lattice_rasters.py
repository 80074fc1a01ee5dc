"""A user's label images over time: integer rasters, one state per pixel, from NumPy or image files.

`.npy`: (rows, columns), (frames, rows, columns) or a row of sites (sites,). `.png`, `.tif`: one image or several frames, of integer
gray levels or palette indices. Labels need not be 0, 1, 2, ...: they are numbered in increasing order. Nothing is unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..engines.lattice_rules import MOST_SPECIES

SUFFIXES = (".npy", ".png", ".tif", ".tiff")
LARGEST = 2**28  # pixels of all frames together


@dataclass(frozen=True, eq=False)
class RasterSeries:
    """Frames (frames, rows, columns) or (frames, sites) of states 0, 1, ..., and the user's label of each state."""

    frames: NDArray[np.uint8]
    labels: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents of one frame."""
        return self.frames.shape[1:]

    @property
    def densities(self) -> NDArray[np.float64]:
        """Share of pixels (frames, states) in each state."""
        flat = self.frames.reshape(len(self.frames), -1)
        return np.array([np.bincount(frame, minlength=len(self.labels)) for frame in flat]) / flat.shape[1]


def read_rasters(*paths: str | Path) -> RasterSeries:
    """Label images over time: the frames of one file, or one frame from each of several files of the same size, in their order.

    Raises ValueError for endings, types, shapes and numbers of labels that are not allowed, OSError for what can't be read.
    """
    if not paths:
        raise ValueError("give at least one raster file")
    read = [_frames(Path(path)) for path in paths]
    shapes = {frames.shape[1:] for frames in read}
    if len(shapes) > 1:
        raise ValueError(f"rasters must have equal sizes; got {', '.join(map(str, sorted(shapes)))}")
    return raster_series(np.concatenate(read))


def raster_series(frames: NDArray[np.integer]) -> RasterSeries:
    """Frames of integer labels (frames, rows, columns) or (frames, sites) with their labels numbered. Raises ValueError."""
    values = np.asarray(frames)
    if values.dtype.kind not in "biu":
        raise ValueError(f"rasters must hold integer labels; got {values.dtype}")
    if values.ndim not in (2, 3) or min(values.shape) < 1 or min(values.shape[1:]) < 2:
        raise ValueError(f"rasters must have shape (frames, sites) or (frames, rows, columns); got {values.shape}")
    labels, states = np.unique(values, return_inverse=True)
    if labels.size > MOST_SPECIES + 1:
        raise ValueError(f"rasters must have at most {MOST_SPECIES + 1} different labels; got {labels.size}")
    return RasterSeries(states.reshape(values.shape).astype(np.uint8), tuple(int(label) for label in labels))


def write_rasters(series: RasterSeries, path: str | Path) -> None:
    """Write frames with the user's labels as `.npy` or, a single frame of labels 0 to 255, as `.png`. Raises ValueError."""
    target = Path(path)
    smallest = np.result_type(np.min_scalar_type(series.labels[0]), np.min_scalar_type(series.labels[-1]))
    labels = np.asarray(series.labels, smallest)[series.frames]
    if target.suffix == ".npy":
        np.save(target, labels, allow_pickle=False)
    elif (
        target.suffix == ".png"
        and labels.shape[0] == 1
        and labels.ndim == 3
        and 0 <= labels.min() <= labels.max() <= 255
    ):
        from PIL import Image

        Image.fromarray(labels[0].astype(np.uint8)).save(target)
    else:
        raise ValueError(f"path must end in .npy, or in .png for one image of labels 0 to 255; got {target.name!r}")


def _frames(path: Path) -> NDArray[np.integer]:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"a raster must end in {', '.join(SUFFIXES)}; got {path.name!r}")
    if suffix == ".npy":
        values = np.load(path, allow_pickle=False, mmap_mode="r")
        if values.size > LARGEST:
            raise ValueError(f"a raster must have at most {LARGEST} pixels; {path.name} has {values.size}")
        values = np.asarray(values)
        return values[None] if values.ndim == 1 else values if values.ndim == 3 else values[None]
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if image.width * image.height * getattr(image, "n_frames", 1) > LARGEST:
                raise ValueError(f"a raster must have at most {LARGEST} pixels; {path.name} is larger")
            pages = [np.asarray(page) for page in ImageSequence.Iterator(image)]
    except UnidentifiedImageError:
        raise ValueError(f"{path.name} is no image that can be read") from None
    if any(page.ndim != 2 or page.dtype.kind not in "biu" for page in pages):
        raise ValueError(
            f"{path.name} must be a label image: one integer per pixel (gray levels or a palette), not colors"
        )
    return np.stack(pages)
