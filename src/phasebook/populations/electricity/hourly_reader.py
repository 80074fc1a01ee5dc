"""CSV files of markets: hourly loads, solar output and prices as whole days of 24 local hours, and supply curves.

A day on which clocks change has 23 or 25 hours. Times with an offset (2025-03-30T03:00+02:00), or a named time zone, tell which
it is: the hour that is skipped becomes the mean of its neighbors, the hour that comes twice the mean of both. Without either such
a day is refused, as is any other gap.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from .market import MeritMarket

HOURS = 24
TIMES = ("time", "timestamp", "datetime", "utc_timestamp", "date", "hour")
ALIASES = {"demand": "load", "solar": "pv", "lmp": "price"}
NAMES = ("load", "pv", "price", "ghi")
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class HourlyDays:
    """Values (days, 24) by column, the days' dates (empty for a file with hours alone), and days on which clocks changed."""

    values: dict[str, NDArray[np.float64]]
    dates: tuple[date, ...]
    clock_changes: tuple[date, ...] = ()

    @property
    def days(self) -> int:
        """How many."""
        return len(next(iter(self.values.values())))

    def column(self, name: str) -> NDArray[np.float64]:
        """A column's days. Raises ValueError where the file has none of that name."""
        if name not in self.values:
            raise ValueError(f"the file must have a column {name}; it has {', '.join(self.values)}")
        return self.values[name]

    def day(self, name: str, which: str = "mean") -> NDArray[np.float64]:
        """One day (24,) of a column: the mean of all, or that of a date (YYYY-MM-DD). Raises ValueError for a date not there."""
        if which == "mean":
            return np.asarray(self.column(name).mean(axis=0))
        known = [each.isoformat() for each in self.dates]
        if which not in known:
            span = f"it holds {known[0]} to {known[-1]}" if known else "it holds hours without dates"
            raise ValueError(f"day must be mean or a whole day of the file as YYYY-MM-DD; {span}; got {which!r}")
        return np.asarray(self.column(name)[known.index(which)])


def read_hourly(path: str | Path, timezone: str | None = None) -> HourlyDays:
    """Days of 24 hours from a .csv with a column time (ISO 8601, or hour from 0 to 23) and columns load, pv, price or ghi.

    load and pv in MW, price in $/MWh, ghi in W/m² (demand, solar and lmp are taken for the first three). `timezone`, such as
    Europe/Berlin, says what local time is: times with an offset are converted to it, times without one are read in it. Incomplete
    days at either end are left out. Raises ValueError naming the row.
    """
    rows, header, name = _table(Path(path), HOURS)
    header = [ALIASES.get(cell, cell) for cell in header]
    time = next((column for column in header if column in TIMES), None)
    present = [column for column in NAMES if column in header]
    if time is None or not present:
        raise ValueError(
            f"{name} must have a column time (or hour) and one of {', '.join(NAMES)}; it has {', '.join(header)}"
        )
    stamps = [row[header.index(time)].strip() for row in rows]
    numbers = {column: _numbers(rows, header.index(column), column, name) for column in present}
    if all(stamp.isdigit() for stamp in stamps):
        return _hours_alone(stamps, numbers, name)
    return _by_day(_instants(stamps, timezone, name), numbers, name)


def read_supply(path: str | Path) -> MeritMarket:
    """A supply curve from a .csv with columns quantity (MW supplied at most at that price, cumulative) and price ($/MWh).

    Prices between the points are interpolated. Raises ValueError naming the row, and for a curve that `MeritMarket` refuses.
    """
    rows, header, name = _table(Path(path), 2)
    for column in ("quantity", "price"):
        if column not in header:
            raise ValueError(f"{name} must have columns quantity and price; it has {', '.join(header)}")
    quantity, price = (_numbers(rows, header.index(column), column, name) for column in ("quantity", "price"))
    return MeritMarket(tuple(quantity.tolist()), tuple(price.tolist()))


def write_hourly(days: HourlyDays, path: str | Path) -> None:
    """A CSV that `read_hourly` reads back, with times without offset. Raises ValueError for hours without dates."""
    if not days.dates:
        raise ValueError("days must have dates to be written with times")
    with Path(path).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("time", *days.values))
        for place, day in enumerate(days.dates):
            for hour in range(HOURS):
                cells = [repr(float(column[place, hour])) for column in days.values.values()]
                writer.writerow((f"{day.isoformat()}T{hour:02d}:00", *cells))


def _table(file: Path, fewest: int) -> tuple[list[list[str]], list[str], str]:
    """Rows, lower-case header and name of a CSV with at least so many rows; lines that begin with # are left out."""
    if not file.is_file():
        raise ValueError(f"path names no file: {file.name!r}")
    if file.suffix.lower() != ".csv":
        raise ValueError(f"path must end in .csv; got {file.name!r}")
    with file.open(newline="", encoding="utf-8-sig") as stream:
        try:
            rows = [row for row in csv.reader(stream) if row and not row[0].startswith("#")]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{file.name} must be comma-separated text: {error}") from None
    if len(rows) < fewest + 1:
        raise ValueError(
            f"{file.name} must have a header and at least {fewest} rows; it has {max(0, len(rows) - 1)} rows"
        )
    header = [cell.strip().lower() for cell in rows[0]]
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise ValueError(f"{file.name}: row {number} has {len(row)} cells, the header {len(header)}")
    return rows[1:], header, file.name


def _numbers(rows: list[list[str]], column: int, name: str, file: str) -> NDArray[np.float64]:
    found = np.empty(len(rows))
    for number, row in enumerate(rows, start=1):
        try:
            found[number - 1] = float(row[column])
        except ValueError:
            raise ValueError(f"{file}: {name} must be numbers; row {number} is {row[column]!r}") from None
        if not math.isfinite(found[number - 1]):
            raise ValueError(f"{file}: {name} must be finite; row {number} is {row[column]!r}")
        if name in ("pv", "ghi") and found[number - 1] < 0:
            raise ValueError(f"{file}: {name} must not be negative; row {number} is {row[column]!r}")
    return found


def _hours_alone(stamps: list[str], numbers: dict[str, NDArray[np.float64]], file: str) -> HourlyDays:
    hours = [int(stamp) for stamp in stamps]
    first = hours[0]
    if first not in (0, 1) or len(hours) % HOURS or hours != [first + place % HOURS for place in range(len(hours))]:
        raise ValueError(
            f"{file}: hours must count {HOURS} per day, from 0 to 23 or 1 to 24, without gaps; a day on which clocks change needs "
            "times with offsets"
        )
    return HourlyDays({name: values.reshape(-1, HOURS) for name, values in numbers.items()}, ())


def _instants(stamps: list[str], timezone: str | None, file: str) -> list[datetime]:
    """Local times that follow each other by one hour, each with its offset where it is known."""
    zone = None
    if timezone is not None:
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"timezone must be a name such as Europe/Berlin; got {timezone!r}") from None
    found: list[datetime] = []
    for number, stamp in enumerate(stamps, start=1):
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            raise ValueError(
                f"{file}: time must be ISO 8601, like 2025-01-31T05:00; row {number} is {stamp!r}"
            ) from None
        if moment.minute or moment.second or moment.microsecond:
            raise ValueError(f"{file}: times must be full hours; row {number} is {stamp!r}")
        if zone is not None:
            moment = moment.astimezone(zone) if moment.tzinfo else _in_zone(moment, zone, found)
        if found and (moment.tzinfo is None) != (found[-1].tzinfo is None):
            raise ValueError(f"{file}: either all times have an offset or none has; row {number} is {stamp!r}")
        if found:
            _check_follows(found[-1], moment, number, stamp, file)
        found.append(moment)
    return found


def _in_zone(moment: datetime, zone: ZoneInfo, before: list[datetime]) -> datetime:
    """A wall-clock time in a zone: the second of two equal ones is the later."""
    again = bool(before) and before[-1].replace(tzinfo=None) == moment
    return moment.replace(tzinfo=zone, fold=int(again))


def _check_follows(last: datetime, now: datetime, number: int, stamp: str, file: str) -> None:
    # Differences of aware times of one zone are those of the wall clock: seconds since the epoch are not.
    apart = timedelta(seconds=now.timestamp() - last.timestamp()) if now.tzinfo else now - last
    if apart == _HOUR:
        return
    if now.tzinfo is None and apart in (2 * _HOUR, timedelta(0)):
        what = "an hour is missing" if apart else "an hour comes twice"
        raise ValueError(
            f"{file}: {what} at row {number} ({stamp}); if clocks change there, give timezone, or times with offsets like +01:00"
        )
    raise ValueError(
        f"{file}: times must follow each other by one hour; row {number} ({stamp}) comes {apart} after the last"
    )


def _by_day(moments: list[datetime], numbers: dict[str, NDArray[np.float64]], file: str) -> HourlyDays:
    """Days of 24 hours by the wall clock."""
    rows_of: dict[date, list[int]] = {}
    for row, moment in enumerate(moments):
        rows_of.setdefault(moment.date(), []).append(row)
    dates = list(rows_of)
    whole = [day for day in dates if _is_whole([moments[row] for row in rows_of[day]])]
    inner = set(dates[1:-1]) - set(whole)
    if inner or not whole:
        raise ValueError(f"{file} must hold whole days; {min(inner) if inner else dates[0]} is not whole in local time")
    changed = tuple(day for day in whole if len(rows_of[day]) != HOURS)
    values = {
        name: np.array([_resampled([moments[row].hour for row in rows_of[day]], column[rows_of[day]]) for day in whole])
        for name, column in numbers.items()
    }
    return HourlyDays(values, tuple(whole), changed)


def _is_whole(moments: Iterable[datetime]) -> bool:
    """Whether a local day's hours are all there: 24, or 23 or 25 where clocks change."""
    hours = [moment.hour for moment in moments]
    return hours[0] == 0 and hours[-1] == HOURS - 1 and HOURS - 1 <= len(hours) <= HOURS + 1


def _resampled(hours: list[int], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """24 values by the wall clock's hour: an hour that comes twice is averaged, one that is skipped interpolated."""
    sums, counts = np.zeros(HOURS), np.zeros(HOURS)
    np.add.at(sums, hours, values)
    np.add.at(counts, hours, 1)
    there = counts > 0
    return np.interp(np.arange(HOURS), np.flatnonzero(there), sums[there] / counts[there])
