"""Every verdict ever measured, in one SQLite file that the program only adds to.

One process writes (the one that the user started; workers send it their results). Imports the standard library alone.
"""

import datetime
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from . import runtime
from .errors import PhasebookError

# Each step is a list of statements; a file's `user_version` says how many steps it has seen.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
    CREATE TABLE record (
        id INTEGER PRIMARY KEY,
        time TEXT NOT NULL,
        paper TEXT NOT NULL,
        claim TEXT NOT NULL,
        tier TEXT NOT NULL,
        seed INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        message TEXT NOT NULL,
        evidence TEXT NOT NULL,
        seconds REAL NOT NULL,
        peak_memory INTEGER NOT NULL,
        versions TEXT NOT NULL,
        device TEXT NOT NULL,
        code_version TEXT NOT NULL,
        "commit" TEXT NOT NULL,
        UNIQUE (time, paper, claim, seed)
    )
    """,
        "CREATE INDEX record_of_claim ON record (paper, claim, time)",
    ),
)
JSON_COLUMNS = ("evidence", "versions")


class RecordsError(PhasebookError):
    """The file of records cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One verdict with all that is needed to judge it later: evidence, cost, versions, device, commit."""

    paper: str
    claim: str
    tier: str
    seed: int
    verdict: str
    message: str
    evidence: dict[str, Any]
    seconds: float
    peak_memory: int
    code_version: str
    versions: dict[str, str] = field(default_factory=runtime.versions)
    device: str = field(default_factory=runtime.device)
    commit: str = field(default_factory=runtime.commit)
    time: str = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"))


COLUMNS = tuple(each.name for each in fields(Record))


def records_file() -> Path:
    """Where the records live: `PHASEBOOK_RECORDS`, else a file in the user's data folder."""
    named = os.environ.get("PHASEBOOK_RECORDS")
    return Path(named) if named else runtime.data_folder() / "records.sqlite"


def add_records(records: Iterable[Record], path: Path | None = None) -> int:
    """Append records, all or none, and return how many are new: one of the same time, claim and seed is left alone."""
    rows = [_row(record) for record in records]
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    slots = ", ".join("?" for _ in COLUMNS)
    with _connection(path, write=True) as database, database:
        before = database.total_changes
        database.executemany(f"INSERT OR IGNORE INTO record ({names}) VALUES ({slots})", rows)
        return database.total_changes - before


def check_writable(path: Path | None = None) -> None:
    """Raise `RecordsError` where nothing can be added to the records, before work is begun whose results would be lost."""
    with _connection(path, write=True) as database:
        database.execute("BEGIN IMMEDIATE")
        database.rollback()


def history(paper: str | None = None, path: Path | None = None) -> list[Record]:
    """All records, or one paper's, oldest first."""
    if not (path or records_file()).exists():
        return []
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    condition = " WHERE paper = ?" if paper else ""
    with _connection(path, write=False) as database:
        rows = database.execute(
            f"SELECT {names} FROM record{condition} ORDER BY time, id", (paper,) if paper else ()
        ).fetchall()
    return [_record(row) for row in rows]


def latest(paper: str | None = None, path: Path | None = None) -> dict[tuple[str, str], Record]:
    """The newest record of each (paper, claim)."""
    if not (path or records_file()).exists():
        return {}
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    ranked = "SELECT *, row_number() OVER (PARTITION BY paper, claim ORDER BY time DESC, id DESC) AS age FROM record"
    condition = " AND paper = ?" if paper else ""
    with _connection(path, write=False) as database:
        rows = database.execute(
            f"SELECT {names} FROM ({ranked}) WHERE age = 1{condition}", (paper,) if paper else ()
        ).fetchall()
    return {(record.paper, record.claim): record for record in map(_record, rows)}


@cache
def reference() -> dict[tuple[str, str], Record]:
    """The verdicts that ship with Phasebook, measured by its authors."""
    file = resources.files("phasebook").joinpath("reference.jsonl")
    return {
        (record.paper, record.claim): record for record in parse_lines(file.read_text(encoding="utf-8").splitlines())
    }


def to_lines(records: Iterable[Record]) -> Iterator[str]:
    """Records as JSON, one line each."""
    for record in records:
        yield json.dumps(asdict(record), sort_keys=True, allow_nan=False)


def parse_lines(lines: Iterable[str]) -> list[Record]:
    """Records from JSON lines. Raises `ValueError` naming the first line that is none."""
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            table = json.loads(line)
            records.append(Record(**table))
        except (json.JSONDecodeError, TypeError) as error:
            raise ValueError(f"line {number} is not a record of Phasebook: {error}") from None
    return records


@contextmanager
def _connection(path: Path | None, *, write: bool) -> Iterator[sqlite3.Connection]:
    path = path or records_file()
    try:
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=30)) as database:
            database.execute("PRAGMA busy_timeout = 30000")
            if write:
                database.execute("PRAGMA journal_mode = WAL")
            _migrate(database, path)
            yield database
    except (OSError, sqlite3.DatabaseError) as error:
        raise RecordsError(f"the records in {path.name} cannot be used: {error}") from error


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    if _version(database) < len(MIGRATIONS):
        # One transaction: a kill in the middle leaves the former version, and of two processes one waits and finds it done.
        database.execute("BEGIN IMMEDIATE")
        for step in range(_version(database), len(MIGRATIONS)):
            for statement in MIGRATIONS[step]:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {step + 1}")
        database.commit()
    if _version(database) > len(MIGRATIONS):
        raise RecordsError(
            f"the records in {path.name} were written by a newer Phasebook (format {_version(database)}); "
            f"this one reads up to {len(MIGRATIONS)}"
        )


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _row(record: Record) -> tuple[Any, ...]:
    table = asdict(record)
    return tuple(
        json.dumps(table[name], sort_keys=True, allow_nan=False) if name in JSON_COLUMNS else table[name]
        for name in COLUMNS
    )


def _record(row: tuple[Any, ...]) -> Record:
    table = dict(zip(COLUMNS, row, strict=True))
    return Record(**{name: json.loads(value) if name in JSON_COLUMNS else value for name, value in table.items()})
