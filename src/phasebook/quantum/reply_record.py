"""The record of a benchmark's replies: one row per (model, problem, version, seed), kept as they come.

An SQLite file: a row is there whole or not at all, also after `kill -9`, and cannot be there twice. The key of an endpoint is
no part of it.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .chat_endpoint import Answer

COLUMNS = (
    "model",
    "problem",
    "version",
    "seed",
    "response",
    "refused",
    "failure",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "seconds",
    "attempts",
    "endpoint",
    "time",
)
KEY = ("model", "problem", "version", "seed")
FILE = "replies.sqlite"


@dataclass(frozen=True, slots=True)
class ReplyKey:
    """What makes a reply one's own: the model, the problem with its version, and the seed."""

    model: str
    problem: str
    version: str
    seed: int


class ReplyRecord:
    """The replies in a folder; opened for one thread. Raises ValueError where the file is no record."""

    def __init__(self, folder: str | Path):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE
        self._connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute(
                f"CREATE TABLE IF NOT EXISTS reply ({', '.join(COLUMNS)}, PRIMARY KEY ({', '.join(KEY)})) WITHOUT ROWID"
            )
            self._connection.execute(f"SELECT {', '.join(COLUMNS)} FROM reply LIMIT 1")
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise ValueError(f"{self.path.name} in the output folder is no record of replies: {error}") from None

    def __enter__(self) -> ReplyRecord:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def answered(self) -> set[ReplyKey]:
        """Which replies are there; questions that failed are not, and will be asked again."""
        rows = self._connection.execute(f"SELECT {', '.join(KEY)} FROM reply WHERE failure = ''")
        return {ReplyKey(*row) for row in rows}

    def keep(self, key: ReplyKey, endpoint: str, outcome: Answer | str) -> None:
        """Keep an answer, or the text of a failure; an answer that is there already stays as it is."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        values: dict[str, Any] = dict.fromkeys(COLUMNS)
        values |= {"model": key.model, "problem": key.problem, "version": key.version, "seed": key.seed}
        values |= {"endpoint": endpoint, "time": now, "failure": "", "response": "", "refused": 0}
        if isinstance(outcome, str):
            values["failure"] = outcome
        else:
            values |= {name: getattr(outcome, name) for name in Answer.__slots__ if name in COLUMNS}
            values |= {"response": outcome.text, "refused": int(outcome.refused)}
        changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in KEY)
        self._connection.execute(
            f"INSERT INTO reply ({', '.join(COLUMNS)}) VALUES ({', '.join('?' for _ in COLUMNS)}) "
            f"ON CONFLICT DO UPDATE SET {changes} WHERE reply.failure <> ''",
            [values[name] for name in COLUMNS],
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows as dictionaries, in the order of their keys."""
        with closing(
            self._connection.execute(f"SELECT {', '.join(COLUMNS)} FROM reply ORDER BY {', '.join(KEY)}")
        ) as found:
            for row in found:
                yield dict(zip(COLUMNS, row, strict=True))

    def lines(self) -> Iterator[str]:
        """The rows as JSON lines (`problem`, `model`, `seed`, `response` and the rest)."""
        for row in self.rows():
            yield json.dumps(row, ensure_ascii=False)
