"""A user's phases in files: arrays (times × oscillators), wrapped or not, as NPZ, CSV or NetCDF; and phases of measured signals.

- `.npz`: array `phases` (times × oscillators), optional array `times`;
- `.csv`: one row per time, one column per oscillator; a header is allowed, and a first column named `time` or `t` holds the times;
- `.nc`: variable `phases` with two dimensions, the first of them time, whose coordinate gives the times.

Without times, samples are counted from 1. The ring's order is the order of the columns. Wrapped phases are unwrapped in time, which
is right only while no oscillator turns by more than half a turn between samples: larger jumps are refused. Nothing is unpickled.
"""

from __future__ import annotations

import csv
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TURN = 2 * math.pi
# A wrapped jump shows its size up to half a turn alone. Jumps this near it say that others have been past it, unseen.
LARGEST_JUMP = 0.9 * math.pi
TIME_NAMES = ("time", "times", "t")


@dataclass(frozen=True, slots=True, eq=False)
class PhaseRecord:
    """Unwrapped phases (T, L) of a ring at increasing times (T,); `was_wrapped` says whether the file held them modulo 2 pi."""

    times: NDArray[np.float64]
    phases: NDArray[np.float64]
    was_wrapped: bool

    def from_start(self) -> PhaseRecord:
        """Phases less their first sample, which is left out, at times counted from it: growth from a flat start."""
        return PhaseRecord(self.times[1:] - self.times[0], self.phases[1:] - self.phases[0], self.was_wrapped)


def read_phases(path: str | Path) -> PhaseRecord:
    """Phases from a .npz, .csv or .nc file. Raises ValueError in one sentence that names the file."""
    file = Path(path)
    readers = {".npz": _read_npz, ".csv": _read_csv, ".nc": _read_netcdf}
    if file.suffix not in readers:
        raise ValueError(f"phases must be in a .npz, .csv or .nc file; got {file.name!r}")
    if not file.is_file():
        raise ValueError(f"there is no file {file.name!r}")
    times, phases = readers[file.suffix](file)
    return phase_record(phases, times, name=file.name)


def phase_record(
    phases: NDArray[np.float64], times: NDArray[np.float64] | None = None, *, name: str = "phases"
) -> PhaseRecord:
    """Phases (T, L), wrapped or not, as a record; wrapped are those that all lie within one turn, [-pi, pi] or [0, 2 pi].

    Raises ValueError on fewer than 4 oscillators or 3 times, values that are not finite, times that don't increase, and wrapped
    phases with a jump near half a turn or beyond it between two samples.
    """
    values = np.asarray(phases, dtype=float)
    if values.ndim != 2 or values.shape[0] < 3 or values.shape[1] < 4:
        raise ValueError(f"{name} must hold at least 3 times × 4 oscillators; got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite; {int((~np.isfinite(values)).sum())} values are NaN or infinite")
    moments = np.arange(1.0, len(values) + 1) if times is None else np.asarray(times, dtype=float)
    if moments.shape != values.shape[:1] or not np.isfinite(moments).all() or (np.diff(moments) <= 0).any():
        raise ValueError(f"{name} must have {len(values)} finite times that increase; got {moments.size}")
    slack = 1e-9
    wrapped = bool(
        np.ptp(values) <= TURN + slack and (values.min() >= -slack or np.abs(values).max() <= math.pi + slack)
    )
    if wrapped:
        values = _unwrapped(values, name)
    return PhaseRecord(moments, values, wrapped)


def phases_of_signals(signals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unwrapped phases (T, L) of oscillating signals (T, L): angles of the analytic signals (Hilbert transform) about their means.

    The first and last period are distorted by the ends. Raises ValueError on a signal that is constant or not finite.
    """
    from scipy.signal import hilbert

    values = np.asarray(signals, dtype=float)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError(f"signals must be finite, of shape (times, oscillators); got shape {values.shape}")
    away = values - values.mean(axis=0)
    if (np.ptp(away, axis=0) == 0).any():
        raise ValueError(f"signals must oscillate; number {int(np.argmin(np.ptp(away, axis=0)))} is constant")
    return np.asarray(np.unwrap(np.angle(hilbert(away, axis=0)), axis=0))


def write_phases(record: PhaseRecord, path: str | Path) -> None:
    """Write times and unwrapped phases by the file's ending; `read_phases` gives back the same numbers."""
    file = Path(path)
    if file.suffix == ".npz":
        np.savez_compressed(file, times=record.times, phases=record.phases)
    elif file.suffix == ".csv":
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["time", *(f"phase_{i}" for i in range(record.phases.shape[1]))])
            writer.writerows(np.column_stack([record.times, record.phases]).tolist())
    elif file.suffix == ".nc":
        import xarray as xr

        data = xr.Dataset({"phases": (("time", "oscillator"), record.phases)}, {"time": record.times})
        data.to_netcdf(file, engine="h5netcdf")
    else:
        raise ValueError(f"phases are written as .npz, .csv or .nc; got {file.name!r}")


def _unwrapped(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    jumps = np.diff(values, axis=0)
    jumps -= TURN * np.rint(jumps / TURN)
    worst = np.unravel_index(int(np.argmax(np.abs(jumps))), jumps.shape)
    if (size := abs(float(jumps[worst]))) > LARGEST_JUMP:
        raise ValueError(
            f"{name}: wrapped phases must jump by less than pi between samples; oscillator {worst[1]} jumps by {size:.2f} after "
            f"sample {worst[0]} (or by {TURN - size:.2f} the other way), so that turns are lost: sample more often, or give "
            "unwrapped phases"
        )
    return np.concatenate([values[:1], values[:1] + np.cumsum(jumps, axis=0)])


def _read_npz(file: Path) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    if not zipfile.is_zipfile(file):
        raise ValueError(f"{file.name} is no NPZ file")
    with np.load(file, allow_pickle=False) as arrays:
        if "phases" not in arrays:
            raise ValueError(f"{file.name} lacks the array 'phases'; it holds {', '.join(arrays.files) or 'nothing'}")
        return arrays.get("times"), _numeric(arrays["phases"], file)


def _read_csv(file: Path) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    with file.open(newline="", encoding="utf-8-sig") as stream:
        rows = [row for row in csv.reader(stream) if row]
    if not rows:
        raise ValueError(f"{file.name} holds no rows")
    header = [] if _is_number(rows[0][0]) else [name.strip().lower() for name in rows.pop(0)]
    width = len(rows[0]) if rows else 0
    table = np.empty((len(rows), width))
    for number, row in enumerate(rows, start=1):
        try:
            table[number - 1] = [float(cell) for cell in row]
        except ValueError:
            raise ValueError(f"{file.name}, row {number} must hold {width} numbers") from None
    timed = bool(header) and header[0] in TIME_NAMES
    return (table[:, 0], table[:, 1:]) if timed else (None, table)


def _read_netcdf(file: Path) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    import xarray as xr

    try:
        with xr.open_dataset(file, engine="h5netcdf", decode_times=False) as data:
            if "phases" not in data or data["phases"].ndim != 2:
                raise ValueError(f"{file.name} must hold a variable 'phases' with two dimensions, time first")
            variable = data["phases"]
            first = variable.dims[0]
            times = np.asarray(variable[first].values, dtype=float) if first in variable.coords else None
            return times, _numeric(variable.values, file)
    except OSError as error:
        raise ValueError(f"{file.name} is no NetCDF file: {error}") from None


def _numeric(values: NDArray[np.float64], file: Path) -> NDArray[np.float64]:
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{file.name}: phases must be real numbers; got {values.dtype}")
    return np.asarray(values, dtype=float)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
