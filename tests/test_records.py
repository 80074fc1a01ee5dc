"""Records: appended, never lost, migrated, exported and imported whole."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.records import (
    MIGRATIONS,
    Record,
    RecordsError,
    add_records,
    check_writable,
    history,
    latest,
    parse_lines,
    records_file,
    to_lines,
)


def record(claim: str = "headline", time: str = "2026-01-01T00:00:00+00:00", **changes) -> Record:
    fields = {
        "paper": "a-paper",
        "claim": claim,
        "tier": "quick",
        "seed": 0,
        "verdict": "holds",
        "message": "",
        "evidence": {"measured": 1.0, "interval": [0.9, 1.1]},
        "seconds": 1.5,
        "peak_memory": 10**8,
        "code_version": "abc",
        "time": time,
    }
    return Record(**{**fields, **changes})


def test_what_is_added_is_read_back_whole():
    first, second = record(), record(time="2026-01-02T00:00:00+00:00", verdict="fails")
    assert add_records([first, second]) == 2
    assert history() == [first, second]
    assert latest() == {("a-paper", "headline"): second}
    assert first.versions["phasebook"]
    assert "cores" in first.device


def test_the_same_record_is_kept_once():
    assert add_records([record()]) == 1
    assert add_records([record()]) == 0
    assert len(history()) == 1


def test_reading_makes_no_file():
    assert history() == []
    assert not records_file().exists()


def test_export_and_import_round_trip(tmp_path):
    records = [record(claim) for claim in ("one", "two")]
    lines = list(to_lines(records))
    assert parse_lines(lines) == records
    assert add_records(parse_lines(lines), tmp_path / "other.sqlite") == 2


@given(st.text(max_size=40), st.floats(allow_nan=False, allow_infinity=False))
def test_any_message_and_number_survive(message, number):
    original = record(message=message, evidence={"measured": number})
    assert parse_lines(list(to_lines([original]))) == [original]


def test_a_line_that_is_no_record_is_named():
    with pytest.raises(ValueError, match="line 2 is not a record of Phasebook"):
        parse_lines([next(to_lines([record()])), '{"paper": 1}'])
    with pytest.raises(ValueError, match="line 1 is not a record of Phasebook"):
        parse_lines(["no json"])


def test_several_writers_wait_for_each_other():
    def write(number: int) -> int:
        return add_records([record(f"claim-{number}-{part}") for part in range(5)])

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, range(12))) == 60
    assert len(history()) == 60


def test_an_empty_file_is_migrated_and_a_newer_one_refused():
    path = records_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (0,)
    database.close()
    add_records([record()])
    assert len(history()) == 1
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(RecordsError, match=r"written by a newer Phasebook \(format 99\)"):
        history()


def test_a_file_of_an_older_format_opens_with_everything_in_it(monkeypatch):
    """The step to come, tried now: a column more; what was written before it is read, and new records follow."""
    add_records([record("before")])
    later = ("ALTER TABLE record ADD COLUMN host TEXT NOT NULL DEFAULT ''",)
    monkeypatch.setattr("phasebook.records.MIGRATIONS", (*MIGRATIONS, later))
    assert [each.claim for each in history()] == ["before"]
    add_records([record("after")])
    assert [each.claim for each in history()] == ["before", "after"]
    with closing(sqlite3.connect(records_file())) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (2,)
        assert database.execute("SELECT host FROM record").fetchall() == [("",), ("",)]


def test_a_migration_that_is_cut_off_leaves_the_former_format(monkeypatch):
    add_records([record()])
    broken = ("ALTER TABLE record ADD COLUMN host TEXT NOT NULL DEFAULT ''", "this is no statement")
    with monkeypatch.context() as patched:
        patched.setattr("phasebook.records.MIGRATIONS", (*MIGRATIONS, broken))
        with pytest.raises(RecordsError, match="cannot be used"):
            history()
    assert len(history()) == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RecordsError, match=r"the records in records.sqlite cannot be used: .*file"):
        check_writable(tmp_path / "file" / "records.sqlite")


def test_a_file_that_is_no_database_is_named():
    path = records_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("this is no database, and long enough to be looked at as one" * 20)
    with pytest.raises(RecordsError, match=r"the records in records.sqlite cannot be used"):
        history()
