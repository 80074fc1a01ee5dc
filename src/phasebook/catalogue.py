"""The catalogue of papers: reads `catalogue.toml`, finds papers by slug, arXiv id or misspelled words.

Imports the standard library alone, so that `phasebook list`, `search` and `show` start at once.
"""

import datetime
import difflib
import importlib.util
import re
import sqlite3
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

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
    def module(self) -> str:
        """Name of the module that holds the paper's experiments and claims, once it is built."""
        return f"phasebook.papers.{self.slug.replace('-', '_')}"

    @property
    def status(self) -> str:
        """`built` where the paper's module exists, else `planned`."""
        return "built" if importlib.util.find_spec(self.module) else "planned"

    @property
    def published(self) -> str:
        """The day of publication, or the year where the day is not known."""
        return self.date.isoformat() if self.date else str(self.year)


@cache
def entries() -> dict[str, Entry]:
    """All papers by slug, in alphabetical order."""
    text = resources.files("phasebook").joinpath("catalogue.toml").read_text(encoding="utf-8")
    papers = [_entry(table) for table in tomllib.loads(text)["paper"]]
    return {paper.slug: paper for paper in sorted(papers, key=lambda paper: paper.slug)}


def find(name: str) -> Entry:
    """The paper with this slug or arXiv id (bare, with version, or as a link). Raises `ValueError` with near misses."""
    slug = name.strip().lower().replace("_", "-")
    papers = entries()
    if slug in papers:
        return papers[slug]
    if identifier := re.search(r"(\d{4}\.\d{4,5})(v\d+)?(\.pdf)?$", slug):
        for paper in papers.values():
            if paper.arxiv == identifier.group(1):
                return paper
    near = difflib.get_close_matches(slug, papers, n=3, cutoff=0.5) or [hit.slug for hit in search(name)[:3]]
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise ValueError(f"SLUG must be one of the catalogue's {len(papers)} papers; got {name!r}{hint}")


def in_family(family: str | None) -> list[Entry]:
    """The papers of one family, or all of them. Raises `ValueError` for an unknown family."""
    if family is not None and family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}; got {family!r}")
    return [paper for paper in entries().values() if family in (None, paper.family)]


def search(words: str) -> list[Entry]:
    """Papers that share three-letter pieces with the words, best first, so that `momnt closure` finds its paper.

    Full-text search over slug, title, keywords, family and summary (SQLite FTS5, trigram tokens, ranked by bm25).
    """
    trigrams = {
        word[start : start + 3] for word in re.findall(r"[\w.]+", words.lower()) for start in range(len(word) - 2)
    }
    if not trigrams:
        raise ValueError(f"search needs a word of at least three letters; got {words!r}")
    query = " OR ".join(f'"{trigram}"' for trigram in sorted(trigrams))
    with _index() as index:
        rows = index.execute(
            "SELECT slug FROM paper WHERE paper MATCH ? ORDER BY bm25(paper, 8, 6, 6, 2, 1, 4)", (query,)
        ).fetchall()
    return [entries()[slug] for (slug,) in rows]


def _index() -> sqlite3.Connection:
    index = sqlite3.connect(":memory:")
    index.execute(
        "CREATE VIRTUAL TABLE paper USING fts5(slug, title, keywords, family, summary, arxiv, tokenize='trigram')"
    )
    index.executemany(
        "INSERT INTO paper VALUES (?, ?, ?, ?, ?, ?)",
        [(p.slug, p.title, " ".join(p.keywords), p.family, p.summary, p.arxiv) for p in entries().values()],
    )
    return index


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
