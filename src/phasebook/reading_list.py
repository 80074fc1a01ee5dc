"""The user's own reading list: papers that they imported, in one file of JSON lines in their data folder.

Imports the standard library alone.
"""

import datetime
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from . import runtime
from .errors import PhasebookError
from .unit_store import write_text

SURE_TITLE = 24  # letters of a slug; shorter titles may begin alike by chance


class ReadingListError(PhasebookError):
    """The file of the reading list cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """A paper that a user imported. `arxiv` is empty where the source gives none."""

    slug: str
    title: str
    arxiv: str
    year: int
    date: datetime.date | None
    authors: int | None
    summary: str


@dataclass(frozen=True, slots=True)
class Added:
    """What an import changed: new papers, and those that the list had already."""

    new: tuple[ListedPaper, ...]
    known: tuple[ListedPaper, ...]


def reading_list_file() -> Path:
    """Where the list lives."""
    return runtime.data_folder() / "reading-list.jsonl"


def stamp() -> int:
    """A number that changes when the list does; 0 where there is none."""
    try:
        return reading_list_file().stat().st_mtime_ns
    except OSError:
        return 0


def papers() -> list[ListedPaper]:
    """The papers of the list, in the order of their import. Raises `ReadingListError` naming a line that is none."""
    file = reading_list_file()
    if not file.exists():
        return []
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            table = json.loads(line)
            date = datetime.date.fromisoformat(table["date"]) if table["date"] else None
            found.append(ListedPaper(**{**table, "date": date}))
        except (ValueError, TypeError, KeyError) as error:
            raise ReadingListError(f"line {number} of {file.name} is no paper: {error}") from None
    return found


def add_papers(imported: Iterable[ListedPaper]) -> Added:
    """Append papers that the list does not have yet: one of the same arXiv id, or of the same title and year, is known."""
    listed = papers()
    identities = {_identity(paper) for paper in listed}
    slugs = {paper.slug for paper in listed}
    new: list[ListedPaper] = []
    known: list[ListedPaper] = []
    for paper in imported:
        if _identity(paper) in identities:
            known.append(paper)
            continue
        identities.add(_identity(paper))
        slug = _free(paper.slug, slugs)
        slugs.add(slug)
        new.append(ListedPaper(**{**asdict(paper), "slug": slug}))
    if new:
        file = reading_list_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, "".join(f"{_line(paper)}\n" for paper in [*listed, *new]))
    return Added(tuple(new), tuple(known))


def slug_of(title: str) -> str:
    """A slug from a title's first words: lower-case ASCII letters, digits and hyphens."""
    spaced = re.sub(r"[^\w\s]", " ", title)  # a dash of any kind parts two words
    plain = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words[:8])[:60].rstrip("-") or "untitled"


def alike(first: str, second: str) -> bool:
    """Whether two titles' slugs are one paper's: the same words, up to an acronym that one of them has at its end."""
    shorter, longer = sorted((first, second), key=len)
    return shorter == longer or (len(shorter) >= SURE_TITLE and longer.startswith(f"{shorter}-"))


def _identity(paper: ListedPaper) -> tuple[str, ...]:
    return (paper.arxiv,) if paper.arxiv else (slug_of(paper.title), str(paper.year))


def _free(slug: str, taken: set[str]) -> str:
    number, candidate = 1, slug
    while candidate in taken:
        number += 1
        candidate = f"{slug}-{number}"
    return candidate


def _line(paper: ListedPaper) -> str:
    return json.dumps({**asdict(paper), "date": paper.date.isoformat() if paper.date else None}, sort_keys=True)
