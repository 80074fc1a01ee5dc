"""Reads papers for a reading list: an Atom export of arXiv, BibTeX, or a saved page of daily papers as text.

The form is recognized by the file's ending and first characters. What could not be read is listed, never guessed in silence.
"""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from .arxiv import arxiv_identifier
from .bibtex_reader import BibtexEntry, read_bibtex
from .reading_list import ListedPaper, slug_of

LARGEST = 20_000_000  # bytes
LONGEST_TITLE, LONGEST_SUMMARY = 400, 20_000
MOST_AUTHORS = 100_000
_ATOM = "{http://www.w3.org/2005/Atom}"
_AUTHORS = re.compile(r"•\s*(\d{1,6})\s+authors?")
_DATE = re.compile(
    r"([A-Z][a-z]{2})[a-z]* (\d{1,2})(?:, (\d{4}))?(?: \d+)?"
)  # a number of comments may follow the date
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file gave: papers, what was assumed in reading them, and what could not be read, each with its place."""

    papers: tuple[ListedPaper, ...]
    assumed: tuple[str, ...]
    unread: tuple[str, ...]


def read_papers(path: Path, today: datetime.date | None = None) -> Reading:
    """The papers of a file. Raises `ValueError` where it is no file, too large, not text, or of a form that is not known.

    `today` gives the year of dates that name none, which the reading then says.
    """
    if not path.is_file():
        raise ValueError(f"FILE must be a file of papers; got {path.name!r}, which is no file")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"FILE must have at most {LARGEST // 1_000_000} MB; got {path.stat().st_size:,} bytes")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"FILE must be text in UTF-8; got {path.name!r}, which is not") from None
    start = text.lstrip()[:2000]
    if start.startswith("<"):
        return _read_atom(text)
    if path.suffix.lower() in (".bib", ".bibtex") or re.match(r"(%.*\n|\s)*@\w+\s*[{(]", start):
        return _read_bibtex(text)
    if _AUTHORS.search(text):
        return _read_page(text, today or datetime.date.today())
    raise ValueError(
        "FILE must be an Atom export of arXiv, BibTeX, or a saved page of daily papers with lines such as '• 4 authors'; "
        f"{path.name!r} is none of these"
    )


def _read_atom(text: str) -> Reading:
    if "<!DOCTYPE" in text[:10_000] or "<!ENTITY" in text:
        raise ValueError("FILE is XML with a document type or entities of its own, which an Atom export has not")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"FILE is not well-formed XML: {error}") from None
    if root.tag != f"{_ATOM}feed":
        raise ValueError(f"FILE must be an Atom feed; its outermost element is {root.tag[:80]!r}")
    papers, unread = [], []
    for number, entry in enumerate(root.iter(f"{_ATOM}entry"), start=1):
        title, published = _child(entry, "title"), _child(entry, "published")
        date = _iso_date(published)
        if not title or date is None:
            unread.append(
                f"entry {number}: needs a title and a date of publication; got {title[:60]!r}, {published[:30]!r}"
            )
            continue
        identifier = arxiv_identifier(_child(entry, "id")) or ""
        authors = sum(1 for _ in entry.iter(f"{_ATOM}author")) or None
        papers.append(_paper(title, identifier, date.year, date, authors, _child(entry, "summary")))
    return Reading(tuple(papers), (), tuple(unread))


def _read_bibtex(text: str) -> Reading:
    entries, unread = read_bibtex(text)
    papers, problems, assumed = [], list(unread), []
    for entry in entries:
        title, year = entry.fields.get("title", ""), entry.fields.get("year", "") or entry.fields.get("date", "")[:4]
        if not title or not re.fullmatch(r"\d{4}", year):
            problems.append(
                f"{entry.place}: needs a title and a year of four digits; got {title[:60]!r}, {year[:20]!r}"
            )
            continue
        names = re.split(r"\s+and\s+", entry.fields.get("author", "").strip())
        authors = len([name for name in names if name and name != "others"]) or None
        if "others" in names:
            authors = None
            assumed.append(f"{entry.place}: 'and others' leaves the number of authors open")
        summary = entry.fields.get("abstract", "")
        papers.append(_paper(title, _bibtex_identifier(entry), int(year), None, authors, summary))
    return Reading(tuple(papers), tuple(assumed), tuple(problems))


def _bibtex_identifier(entry: BibtexEntry) -> str:
    archive = entry.fields.get("archiveprefix", entry.fields.get("eprinttype", "arxiv")).lower()
    candidates = [entry.fields.get("eprint", "")] if archive == "arxiv" else []
    candidates += [
        entry.fields.get(name, "")
        for name in ("url", "doi", "journal", "note")
        if "arxiv" in entry.fields.get(name, "").lower()
    ]
    return next(filter(None, map(arxiv_identifier, candidates)), "") or ""


def _read_page(text: str, today: datetime.date) -> Reading:
    """Blocks of a saved page: a title, a summary, `• N authors`, `·`, and a date; everything else on it is listed as unread."""
    papers, assumed, unread = [], [], []
    paragraphs: list[tuple[int, str]] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        counted = _AUTHORS.fullmatch(line)
        if counted is None:
            if line:
                paragraphs.append((number, line))
            continue
        place = f"line {number}"
        while number < len(lines) and lines[number].strip() in ("", "·"):
            number += 1
        dated = _DATE.fullmatch(lines[number].strip()) if number < len(lines) else None
        if dated is None or dated[1] not in _MONTHS or len(paragraphs) < 2 or len(paragraphs[-2][1]) > LONGEST_TITLE:
            missing = (
                "a date after it" if dated is None or dated[1] not in _MONTHS else "a title and a summary before it"
            )
            unread.append(f"{place}: {line[:40]!r} needs {missing}")
            continue
        number += 1
        unread += [f"line {at}: {words[:60]!r}" for at, words in paragraphs[:-2]]
        title, summary = paragraphs[-2][1], paragraphs[-1][1]
        paragraphs = []
        date = _page_date(dated, today)
        if date is None:
            unread.append(f"{place}: {dated[0]!r} is no day of the calendar ({title[:60]!r})")
            continue
        if dated[3] is None:
            assumed.append(f"{title[:60]!r}: {dated[0]!r} names no year; {date.year} is taken")
        papers.append(_paper(title, "", date.year, date, int(counted[1]), summary))
    unread += [f"line {at}: {words[:60]!r}" for at, words in paragraphs]
    return Reading(tuple(papers), tuple(assumed), tuple(unread))


def _page_date(dated: re.Match[str], today: datetime.date) -> datetime.date | None:
    month, day = _MONTHS.index(dated[1]) + 1, int(dated[2])
    try:
        if dated[3] is not None:
            return datetime.date(int(dated[3]), month, day)
        date = datetime.date(today.year, month, day)
        return date if date <= today else datetime.date(today.year - 1, month, day)
    except ValueError:
        return None


def _paper(
    title: str, identifier: str, year: int, date: datetime.date | None, authors: int | None, summary: str
) -> ListedPaper:
    title, summary = " ".join(title.split())[:LONGEST_TITLE], " ".join(summary.split())[:LONGEST_SUMMARY]
    if authors is not None and authors > MOST_AUTHORS:
        authors = None
    return ListedPaper(slug_of(title), title, identifier, year, date, authors, summary)


def _child(element: ElementTree.Element, name: str) -> str:
    return " ".join((element.findtext(f"{_ATOM}{name}") or "").split())


def _iso_date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None


def summary_lines(readings: Iterable[str], most: int = 20) -> list[str]:
    """The first lines of a list, and how many more there are."""
    lines = list(readings)
    return lines[:most] + ([f"… and {len(lines) - most} more"] if len(lines) > most else [])
