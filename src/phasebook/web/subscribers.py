"""Who reads the digest, and which editions they got: one SQLite file, so that nobody is lost and nobody gets an edition twice."""

import datetime
import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from .. import catalogue, runtime
from .settings import checked_address

Period = Literal["daily", "weekly"]
Delivery = Literal["sending", "sent", "uncertain", "refused"]
LONGEST_KEYWORD = 60
MOST_UNCONFIRMED_DAYS = 3

# In a delivery, `sending` is written before the mail server has the text: whoever finds it later knows that the end is unknown.
SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriber (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    period TEXT NOT NULL,
    family TEXT NOT NULL,
    keyword TEXT NOT NULL,
    secret TEXT NOT NULL UNIQUE,
    asked TEXT NOT NULL,
    confirmed TEXT,
    since TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
    subscriber INTEGER NOT NULL REFERENCES subscriber(id) ON DELETE CASCADE,
    edition TEXT NOT NULL,
    state TEXT NOT NULL,
    message TEXT NOT NULL,
    time TEXT NOT NULL,
    PRIMARY KEY (subscriber, edition)
);
"""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader: what they want, and since when they have not had news. `confirmed` is False until they followed the mail's link."""

    id: int
    address: str
    period: Period
    family: str
    keyword: str
    secret: str
    confirmed: bool
    since: datetime.datetime


class Subscribers:
    """The file of subscribers; every method opens it anew, so that threads and commands may share it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or runtime.data_folder() / "subscribers.sqlite"

    def ask(self, address: str, period: str, family: str = "", keyword: str = "") -> Subscriber:
        """Note that somebody wants the digest at this address; it counts when they confirm.

        An address that is confirmed stays as it is: whoever asks here need not be its owner.
        Raises `ValueError` for a wrong address, period, family or keyword.
        """
        address = checked_address(address).lower()
        period = checked_period(period)
        if family and family not in catalogue.FAMILIES:
            raise ValueError(f"family must be one of {', '.join(catalogue.FAMILIES)}; got {family[:40]!r}")
        if len(keyword) > LONGEST_KEYWORD or not all(letter.isprintable() for letter in keyword):
            raise ValueError(f"keyword must be at most {LONGEST_KEYWORD} printable characters; got {keyword[:80]!r}")
        now = _now()
        with self._database() as database, database:
            limit = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=MOST_UNCONFIRMED_DAYS)).isoformat()
            database.execute("DELETE FROM subscriber WHERE confirmed IS NULL AND asked < ?", (limit,))
            row = database.execute("SELECT confirmed FROM subscriber WHERE address = ?", (address,)).fetchone()
            if row is None or row[0] is None:
                database.execute(
                    "INSERT INTO subscriber (address, period, family, keyword, secret, asked, since) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET period = excluded.period, "
                    "family = excluded.family, keyword = excluded.keyword, asked = excluded.asked",
                    (address, period, family, keyword.strip(), secrets.token_urlsafe(24), now, now),
                )
        return self._one("address = ?", address)

    def confirm(self, secret: str) -> Subscriber | None:
        """The reader of this secret wants the digest; None where nobody has it."""
        with self._database() as database, database:
            database.execute(
                "UPDATE subscriber SET confirmed = COALESCE(confirmed, ?) WHERE secret = ?", (_now(), secret)
            )
        return self.find(secret)

    def remove(self, secret: str) -> bool:
        """Forget the reader of this secret, and all that was sent to them."""
        with self._database() as database, database:
            return database.execute("DELETE FROM subscriber WHERE secret = ?", (secret,)).rowcount > 0

    def find(self, secret: str) -> Subscriber | None:
        """The reader of this secret."""
        try:
            return self._one("secret = ?", secret)
        except LookupError:
            return None

    def due(self, period: Period) -> list[Subscriber]:
        """Confirmed readers of this period."""
        with self._database() as database:
            rows = database.execute(
                f"{_SELECT} WHERE confirmed IS NOT NULL AND period = ? ORDER BY id", (period,)
            ).fetchall()
        return [_subscriber(row) for row in rows]

    def begin(self, subscriber: Subscriber, edition: str) -> bool:
        """Claim a delivery before the text leaves; False where it was claimed before, by whomever."""
        with self._database() as database, database:
            made = database.execute(
                "INSERT OR IGNORE INTO delivery VALUES (?, ?, 'sending', '', ?)", (subscriber.id, edition, _now())
            )
            return made.rowcount == 1

    def end(self, subscriber: Subscriber, edition: str, state: Delivery, message: str = "") -> None:
        """What became of a claimed delivery."""
        with self._database() as database, database:
            database.execute(
                "UPDATE delivery SET state = ?, message = ?, time = ? WHERE subscriber = ? AND edition = ?",
                (state, message[:500], _now(), subscriber.id, edition),
            )

    def release(self, subscriber: Subscriber, edition: str) -> None:
        """The mail server surely did not take it: the next run sends it."""
        with self._database() as database, database:
            database.execute("DELETE FROM delivery WHERE subscriber = ? AND edition = ?", (subscriber.id, edition))

    def advance(self, subscriber: Subscriber, time: datetime.datetime) -> None:
        """The reader has news up to this time."""
        with self._database() as database, database:
            database.execute("UPDATE subscriber SET since = ? WHERE id = ?", (time.isoformat(), subscriber.id))

    def deliveries(self) -> list[tuple[str, str, str, str]]:
        """Address, edition, state and message of all deliveries, oldest first."""
        with self._database() as database:
            return database.execute(
                "SELECT address, edition, state, message FROM delivery JOIN subscriber ON subscriber.id = subscriber "
                "ORDER BY time, subscriber"
            ).fetchall()

    def _one(self, condition: str, value: str) -> Subscriber:
        with self._database() as database:
            row = database.execute(f"{_SELECT} WHERE {condition}", (value,)).fetchone()
        if row is None:
            raise LookupError("no such subscriber")
        return _subscriber(row)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=30)) as database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(SCHEMA)
            yield database


_SELECT = "SELECT id, address, period, family, keyword, secret, confirmed, since FROM subscriber"


def checked_period(text: str) -> Period:
    """The period of this name. Raises `ValueError` for any other."""
    for period in get_args(Period):
        if text == period:
            return period
    raise ValueError(f"period must be daily or weekly; got {text[:20]!r}")


def edition_of(period: Period, day: datetime.date) -> str:
    """The name of the edition of a day: `2026-05-04`, or `2026-W19` of its week."""
    year, week, _ = day.isocalendar()
    return day.isoformat() if period == "daily" else f"{year}-W{week:02d}"


def message_identifier(subscriber: Subscriber, edition: str, domain: str) -> str:
    """The same for the same reader and edition, so that mail programs show one even of two."""
    digest = hashlib.sha256(f"{subscriber.secret}/{edition}".encode()).hexdigest()[:24]
    return f"<{edition}.{digest}@{domain}>"


def _subscriber(row: tuple) -> Subscriber:
    identifier, address, period, family, keyword, secret, confirmed, since = row
    time = datetime.datetime.fromisoformat(since)
    return Subscriber(identifier, address, period, family, keyword, secret, confirmed is not None, time)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()
