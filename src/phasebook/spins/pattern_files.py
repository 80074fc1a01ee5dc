"""A user's own patterns: a NumPy file with a row for each pattern, entries 1 or -1."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from jaxtyping import Int8
from numpy.typing import ArrayLike

from .dense_hebbian import check_signs


def read_patterns(path: str | os.PathLike[str]) -> Int8[np.ndarray, "patterns spins"]:
    """Patterns of a .npy file, shape (K, N), as int8.

    Raises ValueError where the file is missing, isn't a matrix, or holds anything but 1 and -1 (naming the first such entry).
    """
    source = Path(path)
    if not source.is_file():
        raise ValueError(f"path names no file: {source.name!r}")
    try:
        values = np.load(source, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f"{source.name} must be a NumPy array file (.npy): {error}") from None
    if not isinstance(values, np.ndarray):
        raise ValueError(f"{source.name} must hold one array (.npy); got several (.npz)")
    return check_signs(values, ("pattern", "spin"))


def write_patterns(patterns: ArrayLike, path: str | os.PathLike[str]) -> None:
    """Write patterns (K, N) as `read_patterns` reads them. Raises ValueError as it does."""
    np.save(Path(path), check_signs(patterns, ("pattern", "spin")), allow_pickle=False)
