"""A user's records of agents: answers (`agent,task,compute,correct`) and messages (`m,sent,received`), as CSV or JSON.

A JSON file holds a list of objects with the same keys. Rows are counted from 1 after the header; a refusal names row and column.
"""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ANSWER_COLUMNS = ("agent", "task", "compute", "correct")
MESSAGE_COLUMNS = ("m", "sent", "received")
_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, eq=False)
class AnswerRecords:
    """One entry per answer: `agents` and `tasks` (names), `compute` (tokens, positive) and `correct`; all of shape (answers,)."""

    agents: NDArray[np.str_]
    tasks: NDArray[np.str_]
    compute: NDArray[np.float64]
    correct: NDArray[np.bool_]

    def __post_init__(self) -> None:
        _check_shapes({name: getattr(self, name) for name in ("agents", "tasks", "compute", "correct")})


@dataclass(frozen=True, eq=False)
class MessageRecords:
    """One entry per message: `tokens` (its length m, positive), the vote `sent` and the vote `received` (+1 or -1)."""

    tokens: NDArray[np.float64]
    sent: NDArray[np.int8]
    received: NDArray[np.int8]

    def __post_init__(self) -> None:
        _check_shapes({name: getattr(self, name) for name in ("tokens", "sent", "received")})


def read_answers(path: str | Path) -> AnswerRecords:
    """Read answers from a CSV or JSON file; raises ValueError naming row and column, for a repeated (agent, task, compute) too."""
    seen: dict[tuple[str, str, float], int] = {}
    agents, tasks, compute, correct = [], [], [], []
    for number, row in _rows(Path(path), ANSWER_COLUMNS):
        agent, task = _text(row, "agent", number), _text(row, "task", number)
        spent, right = _positive(row, "compute", number), _truth(row, "correct", number)
        earlier = seen.setdefault((agent, task, spent), number)
        if earlier != number:
            raise ValueError(
                f"row {number} repeats agent {agent!r}, task {task!r} and compute {spent:g} of row {earlier}"
            )
        agents.append(agent)
        tasks.append(task)
        compute.append(spent)
        correct.append(right)
    return AnswerRecords(np.array(agents), np.array(tasks), np.array(compute), np.array(correct))


def read_messages(path: str | Path) -> MessageRecords:
    """Read messages from a CSV or JSON file; votes are +1/-1 or 1/0. Raises ValueError naming row and column."""
    tokens, sent, received = [], [], []
    for number, row in _rows(Path(path), MESSAGE_COLUMNS):
        tokens.append(_positive(row, "m", number))
        sent.append(_vote(row, "sent", number))
        received.append(_vote(row, "received", number))
    return MessageRecords(np.array(tokens), np.array(sent, dtype=np.int8), np.array(received, dtype=np.int8))


def write_answers(records: AnswerRecords, path: str | Path) -> None:
    """Write answers as CSV or JSON, by the file's suffix; `read_answers` gives back the same numbers."""
    columns = (records.agents, records.tasks, records.compute, records.correct)
    _write(Path(path), ANSWER_COLUMNS, columns, (str, str, float, int))


def write_messages(records: MessageRecords, path: str | Path) -> None:
    """Write messages as CSV or JSON, by the file's suffix; `read_messages` gives back the same numbers."""
    _write(Path(path), MESSAGE_COLUMNS, (records.tokens, records.sent, records.received), (float, int, int))


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise ValueError(f"{path.name} lacks column {missing[0]!r}; needed are {', '.join(columns)}")
            yield from _some(path, enumerate(reader, start=1))
    elif path.suffix == ".json":
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path.name} is not JSON: {error}") from None
        if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
            raise ValueError(f"{path.name} must hold a list of objects with the keys {', '.join(columns)}")
        yield from _some(path, enumerate(table, start=1))
    else:
        raise ValueError(f"records must be .csv or .json; got {path.name!r}")


def _some(path: Path, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 0
    for number, row in rows:
        yield number, row
    if number == 0:
        raise ValueError(f"{path.name} holds no rows")


def _text(row: Mapping[str, Any], column: str, number: int) -> str:
    value = row.get(column)
    text = "" if value is None else str(value).strip()
    if not text:
        raise ValueError(f"row {number}, column {column!r} is empty")
    return text


def _positive(row: Mapping[str, Any], column: str, number: int) -> float:
    text = _text(row, column, number)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise ValueError(f"row {number}, column {column!r} must be a positive number of tokens; got {text!r}")
    return value


def _truth(row: Mapping[str, Any], column: str, number: int) -> bool:
    text = _text(row, column, number).lower()
    if text not in _TRUTH:
        raise ValueError(f"row {number}, column {column!r} must be 0, 1, true or false; got {text!r}")
    return _TRUTH[text]


def _vote(row: Mapping[str, Any], column: str, number: int) -> int:
    text = _text(row, column, number)
    if text not in ("1", "+1", "-1", "0"):
        raise ValueError(f"row {number}, column {column!r} must be +1 or -1 (or 1 and 0); got {text!r}")
    return 1 if text in ("1", "+1") else -1


def _write(
    path: Path, names: tuple[str, ...], columns: tuple[NDArray[Any], ...], kinds: tuple[Callable[[Any], Any], ...]
) -> None:
    rows = [
        [kind(value) for kind, value in zip(kinds, row, strict=True)]
        for row in zip(*(column.tolist() for column in columns), strict=True)
    ]
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([names, *rows])
    elif path.suffix == ".json":
        path.write_text(json.dumps([dict(zip(names, row, strict=True)) for row in rows]), encoding="utf-8")
    else:
        raise ValueError(f"records must be .csv or .json; got {path.name!r}")


def _check_shapes(columns: Mapping[str, NDArray[Any]]) -> None:
    shapes = {name: np.shape(column) for name, column in columns.items()}
    if len(set(shapes.values())) != 1 or len(next(iter(shapes.values()))) != 1:
        raise ValueError(f"columns must be one-dimensional and equally long; got {shapes}")
    if next(iter(shapes.values()))[0] == 0:
        raise ValueError("records must hold at least one row")
