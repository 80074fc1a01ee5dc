"""Pictures of simple shapes, and what a picture shows: triangle, square and pentagon, each at most once and in its own column.

A 64 × 64 grey image has three columns of 21 × 63 pixels; each shape is present with probability one half, independently, and
all-black images are dropped. A generated picture is hallucinated where a column shows two shapes, or one that isn't its own; the
training set never does. Generator of the reference code of arXiv 2406.09358 (white on black, areas near 60 pixels); the reading of
pictures by connected components and templates is written here.
"""

from __future__ import annotations

import functools
import math
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray

from .gaussian_mixture import ShapeError

SIDE, COLUMN, ROWS = 64, 21, 63
KINDS = ("triangle", "square", "pentagon")
WHITE = 0.5  # grey values above are white
SMALLEST_PIECE = 12  # pixels; less is noise
MATCH = 0.8  # shared pixels over all pixels of a piece and its template; two different shapes share at most 0.76
JOINED = 1.5  # a piece larger than so many templates is two shapes that touch
LARGEST_FILE = 2**31


@dataclass(frozen=True, eq=False)
class ShapeCounts:
    """What pictures show: `shapes` (images, columns, kinds) counts, and `unknown` (images,) pieces that are no shape."""

    shapes: Int[np.ndarray, "images 3 3"]
    unknown: Int[np.ndarray, " images"]

    @property
    def hallucinated(self) -> Bool[np.ndarray, " images"]:
        """A column with two shapes, or with one that isn't its own."""
        crowded = self.shapes.sum(axis=2).max(axis=1) > 1
        misplaced = (self.shapes * (1 - np.eye(3, dtype=int))).any(axis=(1, 2))
        return crowded | misplaced

    @property
    def in_support(self) -> Bool[np.ndarray, " images"]:
        """One shape at least, each in its own column, and nothing else."""
        return ~self.hallucinated & (self.unknown == 0) & self.shapes.any(axis=(1, 2))


def shape_images(count: int, seed: int) -> Float[np.ndarray, "images 64 64"]:
    """Independent pictures of the training set, grey values 0 and 1. Raises ValueError."""
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"count must be a positive integer; got {count!r}")
    generator = np.random.default_rng(seed)
    images = np.zeros((count, SIDE, SIDE), dtype=np.float32)
    for image in images:
        present = generator.random(3) < 0.5
        while not present.any():
            present = generator.random(3) < 0.5
        for place in np.flatnonzero(present):
            kind = KINDS[place]
            image[:ROWS, COLUMN * place : COLUMN * (place + 1)] = _column(kind, _position(kind, generator))
    return images


def read_shapes(images: ArrayLike) -> ShapeCounts:
    """What pictures (images, 64, 64) of grey values 0 to 1 show. Raises ShapeError for another shape."""
    from scipy import ndimage

    pictures = check_images(images)
    shapes = np.zeros((len(pictures), 3, 3), dtype=int)
    unknown = np.zeros(len(pictures), dtype=int)
    for index, picture in enumerate(pictures):
        labeled, _ = ndimage.label(picture > WHITE)
        for label, (rows, columns) in enumerate(ndimage.find_objects(labeled), start=1):
            piece = labeled[rows, columns] == label
            if piece.sum() < SMALLEST_PIECE:
                continue
            center = columns.start + np.nonzero(piece)[1].mean()
            place = min(int(center // COLUMN), 2)
            kind, copies = _recognized(piece)
            if kind is None:
                unknown[index] += 1
            else:
                shapes[index, place, kind] += copies
    return ShapeCounts(shapes, unknown)


def read_images(path: str | os.PathLike[str]) -> Float[np.ndarray, "images 64 64"]:
    """Grey images with values 0 to 1: a folder or .zip of PNG files, or .npy (images, 64, 64).

    Raises ShapeError for another size, ValueError for anything that holds no images.
    """
    source = Path(path)
    if source.is_file() and source.suffix.lower() == ".npy":
        values = np.load(source, allow_pickle=False)
        scale = 255.0 if values.dtype == np.uint8 else 1.0
        return check_images(values.astype(np.float32) / scale)
    if not source.is_dir() and not (source.is_file() and zipfile.is_zipfile(source)):
        raise ValueError(f"images must be a folder or .zip of PNG files, or a .npy file; got {source.name!r}")
    pictures = [_decoded(name, data) for name, data in _png_files(source)]
    if not pictures:
        raise ValueError(f"{source.name} must hold PNG files; it holds none")
    return check_images(np.stack(pictures))


def check_images(images: ArrayLike) -> Float[np.ndarray, "images 64 64"]:
    """The images, or ShapeError."""
    pictures = np.asarray(images, dtype=np.float32)
    if pictures.ndim != 3 or pictures.shape[1:] != (SIDE, SIDE) or len(pictures) == 0:
        raise ShapeError(f"images must be grey, (images, {SIDE}, {SIDE}); got shape {pictures.shape}")
    if not np.isfinite(pictures).all():
        raise ValueError("images must hold finite grey values")
    return pictures


def _position(kind: str, generator: np.random.Generator) -> tuple[int, int]:
    """Left and upper end, or the center of a pentagon, uniform where the reference code draws them."""
    columns, rows = {"triangle": ((0, 10), (0, 52)), "square": ((1, 7), (1, 49)), "pentagon": ((5, 16), (5, 58))}[kind]
    return int(generator.integers(*columns, endpoint=True)), int(generator.integers(*rows, endpoint=True))


@functools.lru_cache(maxsize=4096)
def _column(kind: str, position: tuple[int, int]) -> NDArray[np.float32]:
    """A column of 63 × 21 pixels with one shape; what reaches beyond its edge is cut."""
    from PIL import Image, ImageDraw

    x, y = position
    canvas = Image.new("L", (COLUMN, ROWS))
    draw = ImageDraw.Draw(canvas)
    if kind == "square":
        draw.rectangle((x, y, x + 7, y + 7), fill=1)
    elif kind == "triangle":
        draw.polygon([(x, y), (x + 11, y), (x + 5, y + 9)], fill=1)
    else:
        angles = [math.radians(144 + 72 * corner) for corner in range(5)]
        draw.polygon([(x + 5 * math.cos(angle), y + 5 * math.sin(angle)) for angle in angles], fill=1)
    return np.asarray(canvas, dtype=np.float32)


@functools.cache
def _templates() -> list[NDArray[np.bool_]]:
    found = []
    for kind, position in zip(KINDS, ((4, 20), (4, 20), (10, 30)), strict=True):
        shape = _column(kind, position) > WHITE
        rows, columns = np.nonzero(shape)
        found.append(shape[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
    return found


def _recognized(piece: NDArray[np.bool_]) -> tuple[int | None, int]:
    """Kind of a piece and how many shapes it is; None where it resembles none."""
    overlaps = [_overlap(piece, template) for template in _templates()]
    kind = int(np.argmax(overlaps))
    if overlaps[kind] >= MATCH:
        return kind, 1
    largest = max(template.sum() for template in _templates())
    return (kind, 2) if JOINED * largest < piece.sum() < 2.5 * largest else (None, 0)


def _overlap(piece: NDArray[np.bool_], template: NDArray[np.bool_]) -> float:
    """Shared pixels over all pixels, at the best of nine relative positions about the common center."""
    height, width = (max(a, b) + 2 for a, b in zip(piece.shape, template.shape, strict=True))

    def placed(shape: NDArray[np.bool_], down: int, right: int) -> NDArray[np.bool_]:
        canvas = np.zeros((height, width), dtype=bool)
        top, left = (height - shape.shape[0]) // 2 + down, (width - shape.shape[1]) // 2 + right
        top, left = min(max(top, 0), height - shape.shape[0]), min(max(left, 0), width - shape.shape[1])
        canvas[top : top + shape.shape[0], left : left + shape.shape[1]] = shape
        return canvas

    fixed = placed(template, 0, 0)
    moved = [placed(piece, down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float((each & fixed).sum() / (each | fixed).sum()) for each in moved)


def _png_files(source: Path) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        for file in sorted(source.glob("*.png")):
            yield file.name, file.read_bytes()
        return
    with zipfile.ZipFile(source) as archive:
        members = sorted((each for each in archive.infolist() if each.filename.lower().endswith(".png")), key=str)
        if sum(each.file_size for each in members) > LARGEST_FILE:
            raise ValueError(f"{source.name} must have at most {LARGEST_FILE / 2**30:.0f} GB unpacked")
        for member in members:
            yield member.filename, archive.read(member)


def _decoded(name: str, data: bytes) -> NDArray[np.float32]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            if image.size != (SIDE, SIDE) or image.mode not in ("L", "1"):
                raise ShapeError(f"{name} must be {SIDE} × {SIDE} grey pixels; it is {image.size} in mode {image.mode}")
            return np.asarray(image.convert("L"), dtype=np.float32) / 255.0
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(f"{name} must be a PNG image: {error}") from None
