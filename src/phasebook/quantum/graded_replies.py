"""Graded replies of several models to the same problems, as one table, and files that hold them.

A file has one row per reply: `problem`, `model` and `outcome` (or `correct`), and where known `seed` and `type`; as JSON lines
(what `phasebook benchmark` writes) or CSV. Rows are counted from 1 (in CSV after the header); a refusal names its row.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Outcome = Literal["correct", "wrong", "unparsed", "ungraded", "refused", "error"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SUFFIXES = (".jsonl", ".csv")
_TRUTH = {"1": "correct", "true": "correct", "yes": "correct", "0": "wrong", "false": "wrong", "no": "wrong"}


@dataclass(frozen=True, eq=False)
class GradedTable:
    """How often each model's replies to each problem had each outcome.

    `counts` has shape (models, problems, outcomes) in the order of `OUTCOMES`; every model answered every problem at least once.
    `types` names each problem's type, empty where unknown. Raises ValueError where a shape is wrong or a model skipped a problem.
    """

    models: tuple[str, ...]
    problems: tuple[str, ...]
    types: tuple[str, ...]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        shape = (len(self.models), len(self.problems), len(OUTCOMES))
        if 0 in shape or self.counts.shape != shape or len(self.types) != len(self.problems):
            raise ValueError(
                f"counts must have the shape (models, problems, {len(OUTCOMES)} outcomes) with a type per problem; "
                f"got {self.counts.shape} for {len(self.models)} models, {len(self.problems)} problems and "
                f"{len(self.types)} types"
            )
        missing = np.argwhere(self.attempts == 0)
        if missing.size:
            model, problem = self.models[missing[0][0]], self.problems[missing[0][1]]
            raise ValueError(
                f"every model must have answered every problem, because models are compared in pairs; {model!r} has no "
                f"reply to {problem!r} ({len(missing)} replies are missing)"
            )

    @property
    def attempts(self) -> NDArray[np.int64]:
        """Replies of each model to each problem, shape (models, problems)."""
        return self.counts.sum(axis=2)

    @property
    def rates(self) -> NDArray[np.float64]:
        """Share of each model's replies to each problem that are correct, shape (models, problems)."""
        return self.counts[:, :, 0] / self.attempts

    def outcome_rates(self, outcome: str) -> NDArray[np.float64]:
        """Mean over the problems of the share of replies with this outcome, shape (models,)."""
        return (self.counts[:, :, OUTCOMES.index(outcome)] / self.attempts).mean(axis=1)


def read_graded_table(path: str | Path) -> GradedTable:
    """Read graded replies from a .jsonl or .csv file; raises ValueError naming the row, also where one is there twice."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"graded replies must be a .jsonl or .csv file; got {path.name!r}")
    return graded_table(_rows(path), path.name)


def graded_table(
    rows: Iterable[tuple[int, Mapping[str, Any]]], name: str = "the table", *, missing: Outcome | None = None
) -> GradedTable:
    """The table of numbered rows; models and problems stand in the order in which they appear.

    A reply that is missing has the outcome `missing`, where one is given; else every model must have answered every problem.
    Raises ValueError naming the row for an empty name, an unknown outcome, a second type of a problem, or a reply (model,
    problem, seed) that is there twice.
    """
    cells: dict[tuple[str, str], list[int]] = {}
    seen: dict[tuple[str, str, str], int] = {}
    types: dict[str, str] = {}
    models: dict[str, None] = {}
    for number, row in rows:
        model, problem, outcome = _name(row, "model", number), _name(row, "problem", number), _outcome(row, number)
        seed = str(row.get("seed") or 0)
        first = seen.setdefault((model, problem, seed), number)
        if first != number:
            raise ValueError(
                f"{name}, row {number} repeats model {model!r}, problem {problem!r} and seed {seed} of row {first}; "
                "give further replies seeds of their own"
            )
        kind = str(row.get("type") or "")
        if types.setdefault(problem, kind) != kind:
            raise ValueError(
                f"{name}, row {number} calls problem {problem!r} {kind!r}; before it was {types[problem]!r}"
            )
        models[model] = None
        cells.setdefault((model, problem), [0] * len(OUTCOMES))[OUTCOMES.index(outcome)] += 1
    if not seen:
        raise ValueError(f"{name} holds no graded replies")
    empty = [0] * len(OUTCOMES)
    if missing is not None:
        empty = [int(outcome == missing) for outcome in OUTCOMES]
    counts = [[cells.get((model, problem), empty) for problem in types] for model in models]
    return GradedTable(tuple(models), tuple(types), tuple(types.values()), np.array(counts, dtype=np.int64))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix.lower() == ".csv":
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from enumerate(csv.DictReader(file), start=1)
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            yield number, json_object(line, path.name, number)


def json_object(line: str, name: str, number: int) -> dict[str, Any]:
    """One line of JSON as an object; raises ValueError naming file and row for anything else."""
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{name}, row {number} is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise ValueError(f"{name}, row {number} must be an object {{...}}; got {line[:40]!r}")
    return row


def _name(row: Mapping[str, Any], key: str, number: int) -> str:
    value = row.get(key)
    text = "" if value is None else str(value).strip()
    if not text:
        raise ValueError(f"row {number} needs a {key}; it has {', '.join(map(str, row)) or 'nothing'}")
    return text


def _outcome(row: Mapping[str, Any], number: int) -> str:
    key = "outcome" if row.get("outcome") not in (None, "") else "correct"
    text = _name(row, key, number).lower()
    found = text if key == "outcome" else _TRUTH.get(text, "")
    if found not in OUTCOMES:
        allowed = ", ".join(OUTCOMES) if key == "outcome" else "true, false, 1 or 0"
        raise ValueError(f"row {number}: {key} must be one of {allowed}; got {text!r}")
    return found
