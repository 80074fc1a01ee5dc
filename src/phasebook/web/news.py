"""What is new: papers by their dates, papers newly built, and verdicts that changed. The Atom feed and the digest tell it."""

import datetime
from dataclasses import dataclass

from .. import catalogue, records
from ..catalogue import Entry
from ..records import Record


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of news: `key` never changes, so that nobody reads it twice; `path` is the page that tells more."""

    key: str
    time: datetime.datetime
    kind: str
    title: str
    text: str
    path: str
    entry: Entry


def news(
    *,
    family: str | None = None,
    keyword: str | None = None,
    since: datetime.datetime | None = None,
    most: int | None = None,
) -> list[Item]:
    """All news, newest first: of one family, with a word in title, summary or keywords, after a time, at most so many.

    Raises `ValueError` for an unknown family.
    """
    entries = {entry.slug: entry for entry in catalogue.in_family(family)}
    if keyword:
        word = keyword.casefold()
        entries = {slug: entry for slug, entry in entries.items() if word in _words(entry)}
    items = [_new_paper(entry) for entry in entries.values() if entry.date is not None]
    items += _newly_built(entries) + _changed_verdicts(entries)
    chosen = [item for item in items if since is None or item.time > since]
    return sorted(chosen, key=lambda item: (item.time, item.key), reverse=True)[:most]


def _words(entry: Entry) -> str:
    return " ".join((entry.title, entry.summary, entry.slug, *entry.keywords)).casefold()


def _new_paper(entry: Entry) -> Item:
    day = entry.date or datetime.date(entry.year, 1, 1)
    time = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return Item(f"paper/{entry.slug}", time, "new paper", entry.title, entry.summary, f"/papers/{entry.slug}", entry)


def _newly_built(entries: dict[str, Entry]) -> list[Item]:
    """A paper counts as built since our first verdict on it."""
    first: dict[str, list[Record]] = {}
    for (slug, _), record in records.reference().items():
        first.setdefault(slug, []).append(record)
    items = []
    for slug, verdicts in first.items():
        if slug in entries:
            entry = entries[slug]
            holds = sum(record.verdict == "holds" for record in verdicts)
            text = f"It runs now: {len(verdicts)} claims measured, {holds} of them hold. {entry.summary}"
            time = _time(min(record.time for record in verdicts))
            title = f"{entry.title}: built"
            items.append(Item(f"built/{slug}", time, "newly built", title, text, f"/papers/{slug}", entry))
    return items


def _changed_verdicts(entries: dict[str, Entry]) -> list[Item]:
    """Where the reader's newest verdict on a claim differs from their verdict before, or from ours where there is none before."""
    before: dict[tuple[str, str], Record] = dict(records.reference())
    items = []
    for record in records.history():
        key = (record.paper, record.claim)
        former = before.get(key)
        before[key] = record
        if former is None or former.verdict == record.verdict or record.paper not in entries:
            continue
        entry = entries[record.paper]
        title = f"{entry.title}: {record.claim} {record.verdict}"
        change = f"The verdict was {former.verdict} and is {record.verdict} at seed {record.seed}."
        text = f"{record.evidence.get('statement', '')} {change}"
        path = f"/papers/{record.paper}#{record.claim}"
        name = f"verdict/{record.paper}/{record.claim}/{record.time}"
        items.append(Item(name, _time(record.time), "changed verdict", title, text.strip(), path, entry))
    return items


def _time(text: str) -> datetime.datetime:
    time = datetime.datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
