"""A user's channel in files: a current-voltage curve in millivolts and picoamperes, or a record of states and dwell
times."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MILLIVOLTS_PER_KT = 25.69  # kT/e at 298.15 K
CHARGES_PER_PICOAMPERE = 6.241509e6  # elementary charges a second
DEFAULT_ERROR = 0.02  # of the largest current, where the file has no errors
LARGEST_MILLIVOLTS = 1000.0


@dataclass(frozen=True, eq=False)
class MeasuredCurve:
    """Voltages in kT per charge, currents and errors in charges per second."""

    voltages: NDArray[np.float64]
    currents: NDArray[np.float64]
    errors: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StateRecord:
    """Visited states (numbers of 2^sites, bit j for site j from the left) and how long each visit lasted."""

    states: NDArray[np.int64]
    dwells: NDArray[np.float64]
    sites: int


def read_current_curve(path: str | Path) -> MeasuredCurve:
    """A curve from CSV with columns voltage_mV, current_pA and, where known, error_pA. Raises ValueError naming file
    and row."""
    rows = _rows(Path(path), ("voltage_mv", "current_pa"), ("error_pa",))
    millivolts, current = rows["voltage_mv"], rows["current_pa"]
    if np.abs(millivolts).max() > LARGEST_MILLIVOLTS:
        raise ValueError(
            f"{Path(path).name}: voltage_mV must lie within ±{LARGEST_MILLIVOLTS:g}; got {np.abs(millivolts).max():g}"
        )
    error = rows.get("error_pa", np.full(current.size, DEFAULT_ERROR * max(np.abs(current).max(), 1e-12)))
    if not (error > 0).all():
        raise ValueError(f"{Path(path).name}: error_pA must be positive")
    scale = CHARGES_PER_PICOAMPERE
    return MeasuredCurve(millivolts / MILLIVOLTS_PER_KT, current * scale, error * scale)


def read_state_record(path: str | Path) -> StateRecord:
    """A record from CSV with columns state (0s and 1s of the sites, left first) and dwell. Raises ValueError naming
    the file."""
    file = Path(path)
    rows = _texts(file, ("state", "dwell"), ())
    lengths = {len(text) for text in rows["state"]}
    if len(lengths) != 1 or not all(set(text) <= {"0", "1"} for text in rows["state"]):
        raise ValueError(f"{file.name}: state must be as many 0s and 1s as there are sites in every row, such as 0110")
    states = np.array([sum(1 << j for j, bit in enumerate(text) if bit == "1") for text in rows["state"]])
    return StateRecord(states, _numbers(file, "dwell", rows["dwell"]), lengths.pop())


def _rows(file: Path, needed: tuple[str, ...], known: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    return {name: _numbers(file, name, texts) for name, texts in _texts(file, needed, known).items()}


def _numbers(file: Path, name: str, texts: list[str]) -> NDArray[np.float64]:
    values = []
    for number, text in enumerate(texts, start=2):
        try:
            values.append(float(text))
        except ValueError:
            raise ValueError(f"{file.name} row {number}: {name} must be a number; got {text!r}") from None
    found = np.array(values)
    if not np.isfinite(found).all():
        raise ValueError(f"{file.name} row {int(np.argmin(np.isfinite(found))) + 2}: {name} must be finite")
    return found


def _texts(file: Path, needed: tuple[str, ...], known: tuple[str, ...]) -> dict[str, list[str]]:
    if file.suffix != ".csv":
        raise ValueError(f"the file must be .csv; got {file.name!r}")
    if not file.is_file():
        raise ValueError(f"there is no file {file.name!r}")
    with open(file, newline="", encoding="utf-8-sig") as text:
        try:
            lines = [row for row in csv.reader(text) if any(cell.strip() for cell in row)]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{file.name} is no CSV text: {error}") from None
    header = [cell.strip().lower() for cell in lines[0]] if lines else []
    for name in needed:
        if name not in header:
            raise ValueError(f"{file.name} lacks column {name!r}; needed are {', '.join(needed)}")
    if len(lines) < 4:
        raise ValueError(f"{file.name} must have at least 3 rows below its header; got {len(lines) - 1}")
    found: dict[str, list[str]] = {}
    for name in (*needed, *known):
        if name in header:
            place = header.index(name)
            if any(len(row) <= place for row in lines[1:]):
                short = next(n for n, row in enumerate(lines[1:], start=2) if len(row) <= place)
                raise ValueError(f"{file.name} row {short} has no {name}")
            found[name] = [row[place].strip() for row in lines[1:]]
    return found
