"""The catalogue of papers: the book's own and the user's reading list; found by slug, arXiv id or misspelled words.

Imports the standard library alone, so that `phasebook list`, `search` and `show` start at once.
"""

import datetime
import difflib
import importlib.util
import re
import sqlite3
import threading
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from . import reading_list
from .arxiv import arxiv_identifier

IMPORTED = "imported"  # where the papers of a reading list stand, which belong to no family
FAMILIES = (
    "reactions",
    "spins",
    "networks",
    "populations",
    "training",
    "transport",
    "fields",
    "sequences",
    "inference",
    "quantum",
    "information",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue knows of one paper; the summary is in our own words."""

    slug: str
    title: str
    arxiv: str
    year: int
    date: datetime.date | None
    authors: int | None
    family: str
    summary: str
    keywords: tuple[str, ...]

    @property
    def imported(self) -> bool:
        """Whether the paper comes from the user's reading list."""
        return self.family == IMPORTED

    @property
    def module(self) -> str:
        """Name of the module that holds the paper's experiments and claims, once it is built."""
        return f"phasebook.papers.{self.slug.replace('-', '_')}"

    @property
    def status(self) -> str:
        """`built` where the paper's module exists, else `planned`."""
        return "built" if not self.imported and importlib.util.find_spec(self.module) else "planned"

    @property
    def published(self) -> str:
        """The day of publication, or the year where the day is not known."""
        return self.date.isoformat() if self.date else str(self.year)


def entries() -> dict[str, Entry]:
    """All papers by slug, in alphabetical order: the book's own, then those of the reading list."""
    return _catalogue(reading_list.stamp()).entries


def find(name: str) -> Entry:
    """The paper with this slug or arXiv id (bare, with version, or as a link). Raises `ValueError` with near misses."""
    slug = name.strip().lower().replace("_", "-")
    papers = entries()
    if slug in papers:
        return papers[slug]
    if identifier := arxiv_identifier(name):
        for paper in papers.values():
            if paper.arxiv == identifier:
                return paper
    near = difflib.get_close_matches(slug, papers, n=3, cutoff=0.5)
    if not near and trigrams(name):
        near = [paper.slug for paper in search(name)[:3]]
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise ValueError(f"SLUG must be one of the catalogue's {len(papers)} papers; got {name!r}{hint}")


def in_family(family: str | None) -> list[Entry]:
    """The papers of one family (`imported`: the reading list), or all. Raises `ValueError` for an unknown family."""
    if family is not None and family not in (*FAMILIES, IMPORTED):
        raise ValueError(f"family must be one of {', '.join((*FAMILIES, IMPORTED))}; got {family!r}")
    return [paper for paper in entries().values() if family in (None, paper.family)]


def search(words: str, most: int = -1) -> list[Entry]:
    """Papers that share three-letter pieces with the words, best first, so that `momnt closure` finds its paper; at most so many.

    Full-text search over slug, title, keywords, family and summary (SQLite FTS5, trigram tokens, ranked by bm25).
    Raises `ValueError` where no word has three letters.
    """
    pieces = trigrams(words)
    if not pieces:
        raise ValueError(f"search needs a word of at least three letters; got {words!r}")
    query = " OR ".join(f'"{piece}"' for piece in sorted(pieces))
    known = _catalogue(reading_list.stamp())
    with known.lock:
        rows = known.index.execute(
            "SELECT slug FROM paper WHERE paper MATCH ? ORDER BY bm25(paper, 8, 6, 6, 2, 1, 4) LIMIT ?", (query, most)
        ).fetchall()
    return [known.entries[slug] for (slug,) in rows]


@lru_cache(maxsize=20_000)
def trigrams(words: str) -> frozenset[str]:
    """The three-letter pieces of the words, in lower case."""
    found = re.findall(r"[\w.]+", words.lower())
    return frozenset(word[start : start + 3] for word in found for start in range(len(word) - 2))


@dataclass(frozen=True)
class _Catalogue:
    entries: dict[str, Entry]
    index: sqlite3.Connection
    lock: threading.Lock  # one connection serves all threads of the page, one at a time


@cache
def _book() -> tuple[Entry, ...]:
    text = resources.files("phasebook").joinpath("catalogue.toml").read_text(encoding="utf-8")
    papers = [_entry(table) for table in tomllib.loads(text)["paper"]]
    return tuple(sorted(papers, key=lambda paper: paper.slug))


_known: dict[int, _Catalogue] = {}


def _catalogue(stamp: int) -> _Catalogue:
    """The catalogue as it is at this stamp of the reading list; an older one is forgotten."""
    if stamp not in _known:
        papers = {paper.slug: paper for paper in _book()}
        arxiv, titles = {paper.arxiv for paper in _book()}, [reading_list.slug_of(paper.title) for paper in _book()]
        for paper in reading_list.papers():
            # A listed paper that the book has already is the book's own.
            title = reading_list.slug_of(paper.title)
            if paper.arxiv not in arxiv and not any(reading_list.alike(title, known) for known in titles):
                papers.setdefault(paper.slug, _imported(paper))
        made = _Catalogue(papers, _index(papers), threading.Lock())
        _known.clear()
        _known[stamp] = made
    return _known[stamp]


def _index(papers: dict[str, Entry]) -> sqlite3.Connection:
    index = sqlite3.connect(":memory:", check_same_thread=False)
    index.execute(
        "CREATE VIRTUAL TABLE paper USING fts5(slug, title, keywords, family, summary, arxiv, tokenize='trigram')"
    )
    index.executemany(
        "INSERT INTO paper VALUES (?, ?, ?, ?, ?, ?)",
        [(p.slug, p.title, " ".join(p.keywords), p.family, p.summary, p.arxiv) for p in papers.values()],
    )
    return index


def _imported(paper: reading_list.ListedPaper) -> Entry:
    return Entry(
        slug=paper.slug,
        title=paper.title,
        arxiv=paper.arxiv,
        year=paper.year,
        date=paper.date,
        authors=paper.authors,
        family=IMPORTED,
        summary=paper.summary,
        keywords=(),
    )


def _entry(table: dict) -> Entry:
    return Entry(
        slug=table["slug"],
        title=table["title"],
        arxiv=table["arxiv"],
        year=table["year"],
        date=table.get("date"),
        authors=table.get("authors"),
        family=table["family"],
        summary=table["summary"],
        keywords=tuple(table["keywords"]),
    )
