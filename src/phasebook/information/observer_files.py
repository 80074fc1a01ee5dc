"""A user's observer in files: transition tables as CSV with names, or arrays in an .npz archive."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .observers import MoorePair, UncoveredState

TABLES = ("environment", "sensor", "action", "update", "good")
COLUMNS = ("table", "first", "second", "value")


def read_observer(path: str | Path) -> MoorePair:
    """An environment and an observer from .npz with arrays environment, sensor, action, update and good, or from .csv with
    columns table, first, second and value: `environment,rain,open,wet`, `sensor,rain,,dark`, `action,calm,,open` (or
    `action,calm,dark,open`), `update,calm,dark,alert`, `good,rain,,1`; several rows of one state and action are
    disturbances. Raises ValueError naming the row, UncoveredState naming the state."""
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"there is no file {file.name!r}")
    if file.suffix == ".npz":
        return _from_arrays(file)
    if file.suffix != ".csv":
        raise ValueError(f"the file must be .csv or .npz; got {file.name!r}")
    return _from_rows(file)


def write_observer(pair: MoorePair, path: str | Path) -> None:
    """The tables as an .npz archive that `read_observer` reads."""
    np.savez(Path(path), **{name: getattr(pair, name) for name in TABLES})


def _from_arrays(file: Path) -> MoorePair:
    try:
        with np.load(file, allow_pickle=False) as archive:
            held = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file.name} is no .npz archive of plain arrays: {error}") from None
    for name in TABLES:
        if name not in held:
            raise ValueError(f"{file.name} lacks the array {name!r}; it holds {', '.join(held) or 'none'}")
    return MoorePair(*(held[name] for name in TABLES))


def _from_rows(file: Path) -> MoorePair:
    rows = _read(file)
    numbers: dict[str, dict[str, int]] = {"state": {}, "action": {}, "observation": {}, "observer": {}}

    def number(space: str, name: str) -> int:
        return numbers[space].setdefault(name, len(numbers[space]))

    spaces = {
        "environment": ("state", "action", "state"),
        "sensor": ("state", "", "observation"),
        "action": ("observer", "observation", "action"),
        "update": ("observer", "observation", "observer"),
        "good": ("state", "", "flag"),
    }
    entries: dict[str, dict[tuple[int, int], list[int]]] = {name: {} for name in TABLES}
    for line, (table, first, second, value) in rows:
        if table not in spaces:
            raise ValueError(f"{file.name} row {line}: table must be one of {', '.join(TABLES)}; got {table!r}")
        outer, inner, target = spaces[table]
        if (inner and not second and table != "action") or not first or (second and not inner):
            raise ValueError(f"{file.name} row {line}: {table} needs {'first and second' if inner else 'first alone'}")
        if target == "flag" and value not in ("0", "1"):
            raise ValueError(f"{file.name} row {line}: good must be 0 or 1; got {value!r}")
        key = (number(outer, first), number(inner, second) if inner and second else -1)
        found = int(value) if target == "flag" else number(target, value)
        held = entries[table].setdefault(key, [])
        if held and table != "environment":
            raise ValueError(f"{file.name} row {line}: {table} of {first} {second} stands there twice")
        held.append(found)
    return _assembled(numbers, entries)


def _assembled(numbers: dict[str, dict[str, int]], entries: dict[str, dict[tuple[int, int], list[int]]]) -> MoorePair:
    states, actions, observations, observers = (
        list(numbers[space]) for space in ("state", "action", "observation", "observer")
    )
    width = max((len(each) for each in entries["environment"].values()), default=1)
    environment = np.full((len(states), max(len(actions), 1), width), -1)
    for (state, action), targets in entries["environment"].items():
        # Fewer disturbances than elsewhere: the last one again.
        environment[state, action] = targets + [targets[-1]] * (width - len(targets))
    _whole(environment[:, :, 0], "environment", states, actions)
    sensor = _column(entries["sensor"], len(states))
    _whole(sensor[:, None], "sensor", states, [""])
    update = np.full((len(observers), max(len(observations), 1)), -1)
    for (observer, observation), (following,) in entries["update"].items():
        update[observer, observation] = following
    _whole(update, "update", observers, observations)
    if any(second >= 0 for _, second in entries["action"]):
        acts = np.full(update.shape, -1)
        for (observer, observation), (act,) in entries["action"].items():
            acts[observer, observation if observation >= 0 else slice(None)] = act
        _whole(acts, "action", observers, observations)
    else:
        acts = _column(entries["action"], len(observers))
        _whole(acts[:, None], "action", observers, [""])
    good = np.maximum(_column(entries["good"], len(states)), 0)
    return MoorePair(environment, sensor, acts, update, good.astype(bool), tuple(states), tuple(observers))


def _column(entries: dict[tuple[int, int], list[int]], count: int) -> NDArray[np.int64]:
    found = np.full(count, -1)
    for (first, _), (target,) in entries.items():
        found[first] = target
    return found


def _whole(table: NDArray[np.int64], name: str, rows: list[str], columns: list[str]) -> None:
    missing = np.argwhere(table < 0)
    if len(missing) or not table.size:
        row, column = missing[0] if len(missing) else (0, 0)
        state = rows[row] if rows else "at all"
        beside = f" with {columns[column]}" if columns and columns[column] else ""
        raise UncoveredState(f"{name} covers no state {state}{beside}")


def _read(file: Path) -> list[tuple[int, tuple[str, str, str, str]]]:
    with open(file, newline="", encoding="utf-8-sig") as text:
        try:
            lines = [(n, row) for n, row in enumerate(csv.reader(text), start=1) if any(cell.strip() for cell in row)]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{file.name} is no CSV text: {error}") from None
    header = [cell.strip().lower() for cell in lines[0][1]] if lines else []
    for name in COLUMNS:
        if name not in header:
            raise ValueError(f"{file.name} lacks column {name!r}; needed are {', '.join(COLUMNS)}")
    places = [header.index(name) for name in COLUMNS]
    found = []
    for line, row in lines[1:]:
        table, first, second, value = (row[place].strip() if place < len(row) else "" for place in places)
        found.append((line, (table, first, second, value)))
    if not found:
        raise ValueError(f"{file.name} holds no rows below its header")
    return found
