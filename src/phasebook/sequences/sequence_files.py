"""A user's irregular sequences in files: arrays in .npz, long CSV (id, time, features, label), PhysioNet 2012's text files."""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .recurrence import IrregularSequences, fill_missing

SERIES = """
    Albumin ALP ALT AST Bilirubin BUN Cholesterol Creatinine DiasABP FiO2 GCS Glucose HCO3 HCT HR K Lactate MAP MechVent Mg Na
    NIDiasABP NIMAP NISysABP PaCO2 PaO2 pH Platelets RespRate SaO2 SysABP Temp TroponinI TroponinT Urine WBC Weight
"""
PARAMETERS = tuple(SERIES.split())
DESCRIPTORS = ("RecordID", "Age", "Gender", "Height", "ICUType")
OUTCOME = "In-hospital_death"


@dataclass(frozen=True, eq=False)
class LabeledSequences:
    """Sequences, their labels (texts or numbers; None where the file has none), and the names of features and sequences."""

    sequences: IrregularSequences
    labels: np.ndarray | None
    features: tuple[str, ...]
    names: tuple[str, ...]


def read_sequences(path: str | Path) -> LabeledSequences:
    """Sequences of a .csv file (columns id, time, features, and label) or an .npz file (x, t or dt, mask, y).

    Empty cells are missing values: the feature's last value stands in, and a column of zeros and ones tells which were there.
    Raises ValueError in one sentence that names the file and the row.
    """
    file = Path(path)
    readers = {".csv": _read_csv, ".npz": _read_npz}
    if file.suffix not in readers:
        raise ValueError(f"sequences must be in a .csv or .npz file; got {file.name!r}")
    if not file.is_file():
        raise ValueError(f"there is no file {file.name!r}")
    return readers[file.suffix](file)


def read_physionet(folder: str | Path, outcomes: str | Path | None = None, *, hours: float = 48.0) -> LabeledSequences:
    """Stays of PhysioNet's 2012 challenge: a folder of texts "Time,Parameter,Value" (one a stay), and the table of outcomes.

    The 37 series are features, times are in units of `hours`; values of one time share a step. Labels are in-hospital deaths.
    Raises ValueError in one sentence that names the file and the row.
    """
    files = sorted(Path(folder).glob("*.txt"))
    if not files:
        raise ValueError(f"folder {Path(folder).name!r} has no .txt file")
    series = {file.stem: _read_stay(file, hours) for file in files}
    labels = None
    if outcomes is not None:
        deaths = _read_outcomes(Path(outcomes))
        if lost := [name for name in series if name not in deaths]:
            raise ValueError(f"{Path(outcomes).name} has no row of the stay {lost[0]}")
        labels = np.array([deaths[name] for name in series])
    return _padded(series, tuple(PARAMETERS), labels)


def _read_stay(file: Path, hours: float) -> list[tuple[float, list[float]]]:
    steps: dict[float, list[float]] = {}
    lines = file.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].strip() != "Time,Parameter,Value":
        raise ValueError(f"{file.name} must begin with the line Time,Parameter,Value")
    for number, line in enumerate(lines[1:], start=2):
        cells = line.strip().split(",")
        try:
            clock, name, value = cells[0].split(":"), cells[1], float(cells[2])
            time = (int(clock[0]) + int(clock[1]) / 60) / hours
        except (ValueError, IndexError):
            raise ValueError(f"{file.name} row {number} must be hh:mm,parameter,value; got {line!r}") from None
        if name in DESCRIPTORS or not name:
            continue
        if name not in PARAMETERS:
            raise ValueError(f"{file.name} row {number} names {name!r}, which is none of the 37 series")
        steps.setdefault(time, [math.nan] * len(PARAMETERS))[PARAMETERS.index(name)] = value
    if not steps:
        steps[0.0] = [math.nan] * len(PARAMETERS)  # a stay without measurements is one empty step
    return sorted(steps.items())


def _read_outcomes(file: Path) -> dict[str, int]:
    with open(file, newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    try:
        return {row["RecordID"].strip(): int(row[OUTCOME]) for row in rows}
    except (KeyError, ValueError):
        raise ValueError(f"{file.name} must have columns RecordID and {OUTCOME}, the latter 0 or 1") from None


def _read_csv(file: Path) -> LabeledSequences:
    with open(file, newline="", encoding="utf-8-sig") as text:
        try:
            rows = list(csv.reader(text))
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{file.name} is no CSV text: {error}") from None
    header = [cell.strip() for cell in rows[0]] if rows else []
    for name in ("id", "time"):
        if name not in header:
            raise ValueError(f"{file.name} lacks column {name!r}; needed are id, time, features and, to train, label")
    features = tuple(name for name in header if name not in ("id", "time", "label"))
    if not features:
        raise ValueError(f"{file.name} has no feature beside id, time and label")
    series: dict[str, list[tuple[float, list[float]]]] = {}
    labels: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise ValueError(f"{file.name} row {number} has {len(row)} cells; the header has {len(header)}")
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        try:
            time = float(cells["time"])
            values = [float(cells[name]) if cells[name] else math.nan for name in features]
        except ValueError:
            raise ValueError(f"{file.name} row {number} must hold numbers in time and features; got {row!r}") from None
        steps = series.setdefault(cells["id"], [])
        if steps and time < steps[-1][0]:
            raise ValueError(
                f"{file.name} row {number}: times of a sequence must not fall; {time:g} after {steps[-1][0]:g}"
            )
        steps.append((time, values))
        if "label" in header and labels.setdefault(cells["id"], cells["label"]) != cells["label"]:
            raise ValueError(f"{file.name} row {number}: sequence {cells['id']!r} has two labels")
    if not series:
        raise ValueError(f"{file.name} has no rows below its header")
    found = np.array([labels[name] for name in series]) if labels else None
    return _padded(series, features, found, file.name)


def _padded(
    series: Mapping[str, Iterable[tuple[float, list[float]]]],
    features: tuple[str, ...],
    labels: np.ndarray | None,
    source: str = "the sequences",
) -> LabeledSequences:
    lists = [list(steps) for steps in series.values()]
    longest = max(map(len, lists))
    inputs, times = np.full((len(lists), longest, len(features)), np.nan), np.zeros((len(lists), longest))
    mask = np.zeros((len(lists), longest), dtype=bool)
    for row, steps in enumerate(lists):
        times[row, : len(steps)] = [time for time, _values in steps]
        inputs[row, : len(steps)] = [values for _time, values in steps]
        mask[row, : len(steps)] = True
    if np.isinf(inputs).any():
        raise ValueError(f"{source} hold an infinite value")
    if np.isnan(inputs[mask]).any():
        inputs = fill_missing(inputs)
        features = (*features, *(f"{name} is there" for name in features))
    return LabeledSequences(
        IrregularSequences.from_times(np.nan_to_num(inputs), times, mask), labels, features, tuple(series)
    )


def _read_npz(file: Path) -> LabeledSequences:
    try:
        with np.load(file, allow_pickle=False) as held:
            arrays = {name: held[name] for name in ("x", "t", "dt", "mask", "y") if name in held}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file.name} is no .npz file of numbers: {error}") from None
    if "x" not in arrays or ("t" in arrays) == ("dt" in arrays):
        raise ValueError(
            f"{file.name} must hold x (sequences, steps, features) and one of t and dt; mask and y may be there"
        )
    inputs = np.asarray(arrays["x"], dtype=float)
    mask = arrays.get("mask")
    try:
        if "t" in arrays:
            sequences = IrregularSequences.from_times(inputs, arrays["t"], mask)
        else:
            there = np.ones(inputs.shape[:2], dtype=bool) if mask is None else mask
            sequences = IrregularSequences(inputs, arrays["dt"], there)
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from None
    labels = arrays.get("y")
    if labels is not None and len(labels) != len(sequences):
        raise ValueError(f"{file.name}: y must have a label for each of {len(sequences)} sequences; got {len(labels)}")
    names = tuple(f"feature {place}" for place in range(sequences.features))
    return LabeledSequences(sequences, labels, names, tuple(map(str, range(len(sequences)))))
