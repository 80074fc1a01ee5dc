"""Coupling matrices: a user's own, from a file or an array, and random ones of several structures.

J[i, j] is the coupling from unit j to unit i. Files: .npy and .npz (one array, or a SciPy sparse matrix), .csv (numbers
separated by commas, no header). Nothing is unpickled.
"""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from scipy import sparse

Coupling = Float[np.ndarray, "units units"]
Structure = Literal["independent", "partially-symmetric", "blocks", "low-rank"]

MOST_UNITS = 20_000
BLOCKS = 4
BLOCK_GAINS = (1.6, 0.4)  # within and between blocks of the stand-in, before it is scaled to its gain


class NearSingularWarning(UserWarning):
    """The linear network that should have these couplings' covariance is unstable: its prediction is not to be trusted."""


def random_coupling(
    units: int, gain: float, *, seed: int, structure: Structure = "independent", symmetry: float = 0.5
) -> Coupling:
    """A random matrix (units, units) with √(N·mean J²) = gain on average ("independent") or exactly (the others).

    "independent": entries N(0, g²/N), the class for which the theory is derived. "partially-symmetric": J_ij and J_ji correlated
    by `symmetry`. "blocks": four groups, stronger within. "low-rank": independent entries plus two outer products of rank one.
    The last three are outside that class. Raises ValueError on arguments outside these.
    """
    _check_units(units)
    if not (np.isfinite(gain) and gain > 0):
        raise ValueError(f"gain must be positive; got {gain!r}")
    if not -1 <= symmetry <= 1:
        raise ValueError(f"symmetry must be in [-1, 1]; got {symmetry!r}")
    generator = np.random.default_rng(seed)
    entries = generator.standard_normal((units, units))
    if structure == "independent":
        return entries * (gain / np.sqrt(units))
    if structure == "partially-symmetric":
        even, odd = (entries + entries.T) / 2, (entries - entries.T) / 2
        entries = np.sqrt(1 + symmetry) * even + np.sqrt(1 - symmetry) * odd
    elif structure == "blocks":
        group = np.arange(units) * BLOCKS // units
        entries = entries * np.where(group[:, None] == group[None, :], *BLOCK_GAINS)
    elif structure == "low-rank":
        left, right = generator.standard_normal((2, units, 2))
        entries = entries + left @ right.T / np.sqrt(units)
    else:
        raise ValueError(f"structure must be independent, partially-symmetric, blocks or low-rank; got {structure!r}")
    return entries * (gain / coupling_gain(entries))


def coupling_gain(coupling: Any) -> float:
    """g = √(N·mean J²), the gain of independent couplings of the same strength."""
    matrix = checked_coupling(coupling)
    return float(np.linalg.norm(matrix) / np.sqrt(len(matrix)))


def checked_coupling(coupling: Any) -> Coupling:
    """The couplings as a dense float64 matrix. Raises ValueError unless square, at least 2 x 2, finite and not all zero."""
    if sparse.issparse(coupling):
        _check_shape(coupling.shape)
        coupling = coupling.toarray()
    matrix = np.asarray(coupling)
    if matrix.dtype.kind not in "biuf":
        raise ValueError(f"coupling must hold real numbers; got an array of type {matrix.dtype}")
    _check_shape(matrix.shape)
    matrix = matrix.astype(np.float64, copy=False)
    if not np.isfinite(matrix).all():
        i, j = np.argwhere(~np.isfinite(matrix))[0]
        raise ValueError(f"coupling must be finite; got {matrix[i, j]} at row {i}, column {j} (counted from 0)")
    if not matrix.any():
        raise ValueError(
            f"coupling must not be zero throughout; got a matrix of shape {matrix.shape} without couplings"
        )
    return matrix


def read_coupling(path: str | Path) -> Coupling:
    """A coupling matrix from .npy, .npz (an array or a SciPy sparse matrix) or .csv; raises ValueError in one sentence."""
    return checked_coupling(_read_array(Path(path), "coupling"))


def read_activity(path: str | Path) -> Float[np.ndarray, "times units"]:
    """Recorded activity (times, units) from .npy, .npz or .csv. Raises ValueError naming the first entry that is not finite."""
    return checked_activity(_read_array(Path(path), "activity"))


def checked_activity(activity: Any) -> Float[np.ndarray, "times units"]:
    """Activity as float64 (times, units). Raises ValueError unless it is two-dimensional and finite, with at least 16 times."""
    record = np.asarray(activity)
    if record.ndim != 2 or record.shape[0] < 16 or record.shape[1] < 2 or record.dtype.kind not in "biuf":
        raise ValueError(
            f"activity must be numbers of shape (times, units), at least 16 times and 2 units; got {record.dtype} "
            f"of shape {record.shape}"
        )
    finite = np.isfinite(record)
    if not finite.all():
        time, unit = np.argwhere(~finite)[0]
        raise ValueError(
            f"activity must be finite; got {record[time, unit]} at time {time}, unit {unit} (counted from 0)"
        )
    return record.astype(np.float64, copy=False)


def _read_array(path: Path, name: str) -> Any:
    suffix = path.suffix.lower()
    if not path.is_file():
        raise ValueError(f"{name} names no file: {path.name!r}")
    if suffix == ".csv":
        return _read_csv(path)
    if suffix not in (".npy", ".npz"):
        raise ValueError(f"{name} must be a .npy, .npz or .csv file; got {path.name!r}")
    try:
        # Without pickle: a file of objects is refused, as is one that is no archive at all.
        loaded = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        raise ValueError(f"{path.name} is no readable {suffix} file of numbers") from None
    if suffix == ".npy":
        return loaded
    try:
        with loaded:
            names = loaded.files
            if "format" in names and "data" in names:
                return sparse.load_npz(path)
            if len(names) != 1:
                raise ValueError(
                    f"{path.name} must hold one array or one SciPy sparse matrix; it holds {', '.join(names)}"
                )
            return loaded[names[0]]
    except (OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} is no readable {suffix} file of numbers: {error}") from None


def _read_csv(path: Path) -> Float[np.ndarray, "rows columns"]:
    rows: list[list[float]] = []
    with path.open(newline="", encoding="utf-8-sig") as file:
        for number, row in enumerate(csv.reader(file), start=1):
            if not row:
                continue
            try:
                rows.append([float(entry) for entry in row])
            except ValueError:
                raise ValueError(
                    f"{path.name} must hold numbers alone; row {number} begins {','.join(row)[:40]!r}"
                ) from None
            if len(rows[-1]) != len(rows[0]):
                raise ValueError(
                    f"{path.name} must have {len(rows[0])} numbers in each row; row {number} has {len(rows[-1])}"
                )
    if not rows:
        raise ValueError(f"{path.name} holds no rows")
    return np.array(rows)


def _check_units(units: int) -> None:
    if isinstance(units, bool) or not isinstance(units, (int, np.integer)) or not 2 <= units <= MOST_UNITS:
        raise ValueError(f"units must be an integer from 2 to {MOST_UNITS}; got {units!r}")


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or shape[0] != shape[1] or not 2 <= shape[0] <= MOST_UNITS:
        raise ValueError(f"coupling must be a square matrix with 2 to {MOST_UNITS} units; got shape {shape}")
