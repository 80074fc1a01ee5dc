"""Labeled examples in files: .npz with X and y, and the IDX format of MNIST, plain or gzip; digits that come with the package."""

from __future__ import annotations

import gzip
import math
import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

IMAGES, LABELS = 2051, 2049
LARGEST_FILE = 2 * 2**30  # bytes, unpacked
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """Examples `X` (n, spins), a row each, with labels `y` (n,) or None where the file has none."""

    X: NDArray
    y: NDArray | None


def read_examples(path: str | os.PathLike[str]) -> LabeledImages:
    """Examples of a .npz file (X, y, and nothing pickled) or of an IDX file of images, recognized by its first bytes.

    Raises ValueError in one sentence where the file is missing or is neither.
    """
    source = _existing(path)
    if source.suffix.lower() == ".npz":
        return _read_npz(source)
    values = read_idx(source)
    if values.ndim < 2:
        raise ValueError(f"{source.name} must hold images (IDX magic {IMAGES}); it holds labels")
    return LabeledImages(values.reshape(len(values), -1), None)


def read_labels(path: str | os.PathLike[str]) -> NDArray:
    """Labels (n,) of an IDX file. Raises ValueError where the file is missing or holds no labels."""
    source = _existing(path)
    values = read_idx(source)
    if values.ndim != 1:
        raise ValueError(f"{source.name} must hold labels (IDX magic {LABELS}); it holds images")
    return values


def read_idx(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """An IDX file of unsigned bytes, plain or gzip: images (n, rows, columns), magic 2051, or labels (n,), magic 2049.

    Raises ValueError where the magic number is another, or the length does not fit the header. Source: the MNIST database's page.
    """
    source = _existing(path)
    data = _unpacked(source)
    if len(data) < 8:
        raise ValueError(f"{source.name} must be an IDX file; it has {len(data)} bytes")
    magic = int.from_bytes(data[:4], "big")
    if magic not in (IMAGES, LABELS):
        raise ValueError(
            f"{source.name} must be an IDX file with magic {IMAGES} or {LABELS}, or .npz; its magic is {magic}"
        )
    axes = 3 if magic == IMAGES else 1
    header = 4 + 4 * axes
    shape = tuple(int.from_bytes(data[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(axes))
    if len(data) != header + math.prod(shape) or math.prod(shape) == 0:
        raise ValueError(
            f"{source.name} must hold {' × '.join(map(str, shape))} bytes after its header; it has {len(data) - header}"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def write_idx(values: ArrayLike, path: str | os.PathLike[str]) -> None:
    """Write images (n, rows, columns) or labels (n,) of 0 to 255 as `read_idx` reads them; gzip where the name ends in .gz."""
    array = np.asarray(values)
    if (
        array.ndim not in (1, 3)
        or array.dtype.kind not in "iu"
        or array.size == 0
        or array.min() < 0
        or array.max() > 255
    ):
        raise ValueError(
            f"values must be integers from 0 to 255, (n,) or (n, rows, columns); got {array.dtype} {array.shape}"
        )
    magic = IMAGES if array.ndim == 3 else LABELS
    words = b"".join(int(word).to_bytes(4, "big") for word in (magic, *array.shape))
    data = words + array.astype(np.uint8).tobytes()
    target = Path(path)
    target.write_bytes(gzip.compress(data, mtime=0) if target.suffix == ".gz" else data)


def write_examples(X: ArrayLike, y: ArrayLike, path: str | os.PathLike[str]) -> None:
    """Write examples (n, spins) and labels (n,) as the .npz that `read_examples` reads."""
    np.savez_compressed(Path(path), X=np.asarray(X), y=np.asarray(y))


def digit_images() -> LabeledImages:
    """1797 handwritten digits, X (1797, 64) of grey values 0 to 16; Alpaydin and Kaynak 1998, CC BY 4.0, see data/README.md."""
    with resources.as_file(resources.files(__package__) / "data" / "digits.npz") as path:
        return _read_npz(path)


def _read_npz(source: Path) -> LabeledImages:
    try:
        with np.load(source, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files if name in ("X", "y")}
    except (ValueError, OSError, EOFError, AttributeError) as error:
        raise ValueError(f"{source.name} must be a .npz archive of arrays X and y: {error}") from None
    if "X" not in found:
        raise ValueError(f"{source.name} must hold an array X (n, spins); it does not")
    X = found["X"]
    if X.ndim < 2 or X.size == 0 or X.dtype.kind not in "biuf":
        raise ValueError(f"{source.name}: X must be numbers (n, spins); got {X.dtype} {X.shape}")
    return LabeledImages(X.reshape(len(X), -1), found.get("y"))


def _existing(path: str | os.PathLike[str]) -> Path:
    source = Path(path)
    if not source.is_file():
        raise ValueError(f"path names no file: {source.name!r}")
    return source


def _unpacked(source: Path) -> bytes:
    with source.open("rb") as file:
        packed = file.read(2) == GZIP
    try:
        with gzip.open(source) if packed else source.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, EOFError) as error:
        raise ValueError(f"{source.name} must be a whole gzip file: {error}") from None
    if len(data) > LARGEST_FILE:
        raise ValueError(f"{source.name} must have at most {LARGEST_FILE / 2**30:.0f} GB unpacked")
    return data
