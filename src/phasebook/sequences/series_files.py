"""A user's time series in files: CSV with columns t and value (and series, for several), or NPZ with times and values."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np

from .hurst_index import Series

COLUMNS = ("t", "value")


def read_series(path: str | Path) -> list[Series]:
    """Series of a .csv file (header t,value or series,t,value) or an .npz file (times (n,), values (n,) or (series, n)).

    Raises ValueError in one sentence that names the file and the row.
    """
    file = Path(path)
    readers = {".csv": _read_csv, ".npz": _read_npz}
    if file.suffix not in readers:
        raise ValueError(f"series must be in a .csv or .npz file; got {file.name!r}")
    if not file.is_file():
        raise ValueError(f"there is no file {file.name!r}")
    return readers[file.suffix](file)


def _read_csv(file: Path) -> list[Series]:
    with open(file, newline="", encoding="utf-8-sig") as text:
        try:
            rows = list(csv.reader(text))
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{file.name} is no CSV text: {error}") from None
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    for name in COLUMNS:
        if name not in header:
            raise ValueError(f"{file.name} lacks column {name!r}; needed are t, value and, for several series, series")
    places = {name: header.index(name) for name in (*COLUMNS, "series") if name in header}
    found: dict[str, list[tuple[float, float]]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            t, value = (float(row[places[name]]) for name in COLUMNS)
        except (ValueError, IndexError):
            raise ValueError(f"{file.name} row {number} must hold numbers in t and value; got {row!r}") from None
        found.setdefault(row[places["series"]] if "series" in places else "", []).append((t, value))
    if not found:
        raise ValueError(f"{file.name} has no rows below its header")
    return [_series(file, name, np.array(pairs)[:, 0], np.array(pairs)[:, 1]) for name, pairs in found.items()]


def _read_npz(file: Path) -> list[Series]:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            values = np.asarray(arrays["values"], dtype=float)
            times = np.asarray(arrays["times"], dtype=float) if "times" in arrays else None
    except KeyError:
        raise ValueError(f"{file.name} lacks the array 'values'") from None
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file.name} is no .npz file of numbers: {error}") from None
    values = np.atleast_2d(values)
    if values.ndim != 2:
        raise ValueError(f"{file.name}: values must have one dimension or two; got shape {values.shape}")
    if times is None:
        times = np.arange(values.shape[1], dtype=float)
    return [_series(file, str(number), times, row) for number, row in enumerate(values)]


def _series(file: Path, name: str, times: np.ndarray, values: np.ndarray) -> Series:
    try:
        return Series(times, values)
    except ValueError as error:
        raise ValueError(f"{file.name}{f', series {name}' if name else ''}: {error}") from None
