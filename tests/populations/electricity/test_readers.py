"""What users bring: MATPOWER and JSON cases, hourly files with clocks that change, round trips, and errors that name the row."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from phasebook.populations import electricity

DATA = Path(__file__).resolve().parents[2] / "data" / "matpower"
CASE = (DATA / "case14.m").read_text()


def test_the_file_and_the_shipped_case_agree_but_for_rounding_of_one_cost():
    read, own = electricity.read_case(DATA / "case14.m"), electricity.ieee14()
    for name in ("load", "susceptance", "limit", "generator_upper", "cost_linear", "branch_from", "generator_bus"):
        assert getattr(read, name) == pytest.approx(getattr(own, name))
    assert read.cost_quadratic == pytest.approx(own.cost_quadratic, rel=1e-5)


def test_a_network_survives_a_round_trip_through_json(tmp_path):
    network = electricity.with_line_limits(electricity.ieee14(), {"1-2": 80.0})
    electricity.write_case(network, tmp_path / "case.json")
    again = electricity.read_case(tmp_path / "case.json")
    assert electricity.dispatch(again).prices == pytest.approx(electricity.dispatch(network).prices, abs=1e-6)
    with pytest.raises(ValueError, match=r"path must end in \.json"):
        electricity.write_case(network, tmp_path / "case.m")


def test_comments_commas_continued_lines_and_missing_semicolons_are_read():
    text = CASE.replace("\t2\t0\t0\t3\t0.25\t20\t0;", "\t2, 0, 0, 3, ...\n\t0.25, 20, 0 % the second").replace(
        "];", "]"
    )
    assert electricity.parse_case(text).cost_quadratic[1] == 0.25


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("mpc.baseMVA = 100;", "mpc.baseMVA = 10 * 10;", r"line 20: only assignments .* got 'mpc.baseMVA = 10"),
        ("mpc.baseMVA = 100;", "", "baseMVA must be a positive number"),
        ("mpc.version = '2';", "mpc.version = '1';", "version must be 2; got '1'"),
        ("mpc.version = '2';", "system('ls');", "line 16: only assignments"),
        ("\t2\t0\t0\t3\t0.25\t20\t0;", "\t1\t0\t0\t2\t0\t0\t1\t20;", "gencost row 2 must be a polynomial"),
        ("\t2\t0\t0\t3\t0.25\t20\t0;", "\t2\t0\t0\t4\t0.1\t0.25\t20\t0;", "gencost row 2 .* got degree 3"),
        ("\t2\t0\t0\t3\t0.25\t20\t0;", "\t2\t0\t0\t3\t-0.25\t20\t0;", "generator 2 has a concave cost"),
        ("\t2\t0\t0\t3\t0.25\t20\t0;", "", "gencost must have a row per generator"),
        ("\t2\t2\t21.7\t", "\t2\t2\t", "bus row 2 has 12 columns; 13 are needed"),
        ("\t2\t2\t21.7\t", "\t2\t2\tNaN\t", "bus row 2 holds NaN"),
        ("\t1\t2\t0.01938\t0.05917", "\t1\t2\t0.01938\t0", "branch row 1 has a reactance of 0"),
        ("\t1\t2\t0.01938\t0.05917", "\t1\t77\t0.01938\t0.05917", "branch names bus 77"),
        (
            "\t7\t8\t0\t0.17615\t0\t0\t0\t0\t0\t0\t1",
            "\t7\t8\t0\t0.17615\t0\t0\t0\t0\t0\t0\t0",
            "no branch connects bus 8",
        ),
    ],
)
def test_a_case_that_is_wrong_is_refused_with_its_place(old, new, sentence):
    assert old in CASE
    with pytest.raises(ValueError, match=sentence):
        electricity.parse_case(CASE.replace(old, new))


def test_files_that_are_no_cases(tmp_path):
    for name, content, sentence in (
        ("a.txt", "", r"case must end in \.m or \.json"),
        ("a.json", "{", "must be a JSON object: line 1"),
        ("a.json", "[1]", "must be a JSON object with baseMVA"),
        ("a.json", json.dumps({"baseMVA": 100, "bus": [["1", 1, 0]]}), "bus row 1 must be numbers"),
        ("a.json", json.dumps({"baseMVA": 100}), "must hold a matrix bus"),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match=sentence):
            electricity.read_case(tmp_path / name)
    (tmp_path / "b.m").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="text in UTF-8"):
        electricity.read_case(tmp_path / "b.m")
    with pytest.raises(ValueError, match="names no file"):
        electricity.read_case(tmp_path / "none.m")


def berlin(first, hours):
    """Rows with offsets, hour by hour, through the changes of 2025."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    start = datetime.fromisoformat(first).astimezone(UTC)
    times = [(start + timedelta(hours=k)).astimezone(ZoneInfo("Europe/Berlin")) for k in range(hours)]
    return [f"{time.isoformat()},{100 + k}" for k, time in enumerate(times)]


def write(path, rows, header="time,load"):
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def test_days_on_which_clocks_change_have_24_hours(tmp_path):
    spring = electricity.read_hourly(write(tmp_path / "s.csv", berlin("2025-03-29T00:00+01:00", 71)))
    assert spring.values["load"].shape == (3, 24)
    assert spring.clock_changes == (date(2025, 3, 30),)
    # 00:00 and 01:00 are there, 02:00 is skipped: the mean of its neighbors.
    assert spring.day("load", "2025-03-30")[:4] == pytest.approx([124, 125, 125.5, 126])
    autumn = electricity.read_hourly(write(tmp_path / "a.csv", berlin("2025-10-26T00:00+02:00", 25)))
    assert autumn.clock_changes == (date(2025, 10, 26),)
    assert autumn.day("load")[:4] == pytest.approx([100, 101, 102.5, 104])


def test_times_in_utc_become_days_of_a_time_zone_and_loose_ends_are_left_out(tmp_path):
    rows = [f"2025-07-{1 + k // 24:02d}T{k % 24:02d}:00Z,{k}" for k in range(72)]
    found = electricity.read_hourly(write(tmp_path / "u.csv", rows), timezone="Europe/Berlin")
    assert [day.isoformat() for day in found.dates] == ["2025-07-02", "2025-07-03"]
    assert found.values["load"][0, 0] == 22


def test_wall_clock_times_are_read_in_a_named_zone(tmp_path):
    rows = [row.replace("+02:00", "").replace("+01:00", "") for row in berlin("2025-10-26T00:00+02:00", 25)]
    path = write(tmp_path / "w.csv", rows)
    assert electricity.read_hourly(path, "Europe/Berlin").clock_changes == (date(2025, 10, 26),)
    with pytest.raises(ValueError, match=r"an hour comes twice at row 4 .* give timezone"):
        electricity.read_hourly(path)


def test_hours_alone_and_other_names_of_columns(tmp_path):
    rows = [f"{hour},{hour + 1},{10 * hour}" for hour in range(24)]
    found = electricity.read_hourly(write(tmp_path / "h.csv", rows, "Hour,Demand,LMP"))
    assert found.day("price")[3] == 30
    with pytest.raises(ValueError, match="must have a column pv; it has load, price"):
        found.day("pv")
    with pytest.raises(ValueError, match="it holds hours without dates"):
        found.day("load", "2025-01-01")


def test_hourly_files_survive_a_round_trip(tmp_path):
    rows = [f"2025-01-{1 + k // 24:02d}T{k % 24:02d}:00,{k / 7}" for k in range(48)]
    found = electricity.read_hourly(write(tmp_path / "a.csv", rows))
    electricity.write_hourly(found, tmp_path / "b.csv")
    again = electricity.read_hourly(tmp_path / "b.csv")
    assert again.dates == found.dates
    assert np.array_equal(again.values["load"], found.values["load"])


@pytest.mark.parametrize(
    ("row", "text", "sentence"),
    [
        (5, "2025-01-01T05:00,x", "load must be numbers; row 6 is 'x'"),
        (5, "2025-01-01T05:00,nan", "load must be finite; row 6"),
        (5, "2025-01-01T05:30,1", "full hours; row 6"),
        (5, "yesterday,1", "ISO 8601, .* row 6 is 'yesterday'"),
        (5, "2025-01-01T06:00,1", "an hour is missing at row 6"),
        (5, "2025-01-01T09:00,1", "must follow each other by one hour; row 6"),
        (5, "2025-01-01T05:00+01:00,1", "either all times have an offset or none"),
        (5, "2025-01-01T05:00", "row 6 has 1 cells, the header 2"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, row, text, sentence):
    rows = [f"2025-01-01T{hour:02d}:00,1" for hour in range(24)]
    rows[row] = text
    with pytest.raises(ValueError, match=sentence):
        electricity.read_hourly(write(tmp_path / "x.csv", rows))


def test_files_without_whole_days_or_columns_are_refused(tmp_path):
    rows = [f"2025-01-01T{hour:02d}:00,1" for hour in range(24)]
    for changed, header, zone, sentence in (
        (rows[:23], "time,load", None, "at least 24 rows; it has 23 rows"),
        (rows[12:] + [row.replace("-01T", "-02T") for row in rows[:12]], "time,load", None, "must hold whole days"),
        (rows, "time,cost", None, "one of load, pv, price, ghi"),
        (rows, "when,load", None, "must have a column time"),
        (rows, "time,load", "Mars/Olympus", "timezone must be a name such as"),
        ([f"{hour},1" for hour in range(25)], "hour,load", None, "hours must count 24 per day"),
        ([f"{hour},-1" for hour in range(24)], "hour,pv", None, "pv must not be negative; row 1"),
    ):
        with pytest.raises(ValueError, match=sentence):
            electricity.read_hourly(write(tmp_path / "x.csv", changed, header), zone)
    with pytest.raises(ValueError, match=r"path must end in \.csv"):
        electricity.read_hourly(write(tmp_path / "x.txt", rows))


def test_supply_curves_are_read_and_refused(tmp_path):
    path = write(tmp_path / "s.csv", ["0,5", "100,30", "100,50", "200,80"], "quantity,price")
    assert electricity.read_supply(path).prices([150.0])[0, 0] == 65
    for rows, header, sentence in (
        (["0,5", "1,x"], "quantity,price", "price must be numbers; row 2"),
        (["5,5", "1,6"], "quantity,price", "quantities must not fall"),
        (["0,5", "1,6"], "mw,price", "must have columns quantity and price"),
        (["0,5"], "quantity,price", "at least 2 rows; it has 1 rows"),
    ):
        with pytest.raises(ValueError, match=sentence):
            electricity.read_supply(write(tmp_path / "x.csv", rows, header))
