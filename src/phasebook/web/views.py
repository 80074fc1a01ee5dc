"""What the pages show, as plain objects: HTML, Markdown and JSON are three ways to write the same view."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import catalogue, records
from ..catalogue import Entry
from ..claims import Claim, Paper, load_paper
from ..records import Record
from ..side_by_side import SideBySide, side_by_sides
from ..terminal_text import Cells, cells_of, number

PER_PAGE = 50
SPARKS = 24
WIDTH = 8  # of a spark, in pixels


@dataclass(frozen=True, slots=True)
class Spark:
    """One earlier verdict in a claim's history: where it stands in the small picture, and its words."""

    x: float
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim with our verdict and the reader's, each with its cells."""

    claim: Claim
    ours: Record | None
    yours: Record | None
    our_cells: Cells
    your_cells: Cells
    sparks: tuple[Spark, ...]

    @property
    def tier(self) -> str:
        """The tier as the command names it."""
        return "core" if self.claim.core else self.claim.tier

    @property
    def paper_value(self) -> str:
        """The paper's own number, where it is known."""
        return "" if self.claim.paper_value is None else number(self.claim.paper_value)

    @property
    def predicted(self) -> str:
        """What is expected, with its tolerance."""
        return self.your_cells.predicted or self.our_cells.predicted


@dataclass(frozen=True, slots=True)
class PaperView:
    """One paper: the catalogue's entry, and, where it is built, experiments and claims."""

    entry: Entry
    paper: Paper | None
    claims: tuple[ClaimView, ...]

    @property
    def side_by_sides(self) -> tuple[SideBySide, ...]:
        """The last comparisons with other programs that belong to this paper."""
        return () if self.paper is None else side_by_sides(self.paper.comparisons)

    @property
    def badges(self) -> list[tuple[str, int]]:
        """How many claims have which verdict: the reader's where there is one, else ours."""
        return _counted([shown_verdict(view.claim, view.yours or view.ours) for view in self.claims])

    @property
    def verified(self) -> str:
        """When and with which version claims were measured last, by whom; empty where none was."""
        for whose, records_of in (
            ("here", [view.yours for view in self.claims if view.yours]),
            ("by us", [view.ours for view in self.claims if view.ours]),
        ):
            if records_of:
                newest = max(records_of, key=lambda record: record.time)
                return f"last measured {whose} on {newest.time[:10]}, version {newest.versions.get('phasebook', '?')}"
        return ""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A line of the feed."""

    entry: Entry
    status: str
    badges: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of the feed, by days; `pages` counts all pages of this selection, `total` its papers.

    `running`: the built papers of the whole book, newest first: what a reader can run at once.
    """

    days: list[tuple[str, list[FeedEntry]]]
    page: int
    pages: int
    total: int
    built: int
    years: list[int]
    running: list[FeedEntry]


def feed(
    *, family: str | None = None, status: str | None = None, date: str = "", page: int = 1, per_page: int = PER_PAGE
) -> Feed:
    """The papers, newest first, of a family, a status, and a year, month or day (`2026`, `2026-05`, `2026-05-04`).

    Raises `ValueError` for what does not exist.
    """
    if status not in (None, "built", "planned"):
        raise ValueError(f"status must be built or planned; got {status!r}")
    entries = catalogue.in_family(family)
    states = {entry.slug: entry.status for entry in entries}
    chosen = [
        entry
        for entry in entries
        if status in (None, states[entry.slug]) and (not date or f"{entry.published}-".startswith(f"{date}-"))
    ]
    chosen.sort(key=lambda entry: (entry.published, entry.slug), reverse=True)
    pages = max(1, -(-len(chosen) // per_page))
    if not 1 <= page <= pages:
        raise ValueError(f"page must be from 1 to {pages}; got {page}")
    badges = _badges_by_paper()
    grouped: dict[str, list[FeedEntry]] = {}
    for entry in chosen[(page - 1) * per_page : page * per_page]:
        grouped.setdefault(_day(entry), []).append(FeedEntry(entry, states[entry.slug], badges.get(entry.slug, [])))
    built = sum(states[entry.slug] == "built" for entry in chosen)
    years = sorted({entry.year for entry in entries}, reverse=True)
    return Feed(list(grouped.items()), page, pages, len(chosen), built, years, _running(badges))


def paper_view(name: str) -> PaperView:
    """A paper's page, by slug or arXiv id. Raises `ValueError` for an unknown one."""
    entry = catalogue.find(name)
    if entry.status == "planned":
        return PaperView(entry, None, ())
    paper = load_paper(entry.slug)
    return PaperView(entry, paper, claim_views(paper, records.history(paper.slug)))


def claim_views(paper: Paper, history: Sequence[Record]) -> tuple[ClaimView, ...]:
    """All claims of a paper, with the verdicts that the reader's history holds."""
    ours = records.reference()
    found = []
    for claim in paper.claims.values():
        own = [record for record in history if record.claim == claim.name]
        reference, newest = ours.get((paper.slug, claim.name)), own[-1] if own else None
        sparks = tuple(
            Spark(
                WIDTH * index + WIDTH / 2, record.verdict, f"{record.time[:10]}: {record.verdict}, seed {record.seed}"
            )
            for index, record in enumerate(own[-SPARKS:])
        )
        found.append(ClaimView(claim, reference, newest, _cells(reference), _cells(newest), sparks))
    return tuple(found)


def shown_verdict(claim: Claim, record: Record | None) -> str:
    """The verdict's word on a badge; a failure that a finding records is a `finding`."""
    if record is None:
        return "not measured"
    stands = (record.evidence.get("finding") or {}).get("stands")
    return "finding" if claim.finding is not None and record.verdict == "fails" and stands else record.verdict


def records_table(family: str | None = None) -> list[dict[str, Any]]:
    """A row per claim of all built papers: the paper's number, ours and the reader's, with who measured when, where and how."""
    ours, yours = records.reference(), records.latest()
    rows = []
    for entry in catalogue.in_family(family):
        if entry.status != "built":
            continue
        for claim in load_paper(entry.slug).claims.values():
            key = (entry.slug, claim.name)
            row: dict[str, Any] = {
                "paper": entry.slug,
                "claim": claim.name,
                "tier": "core" if claim.core else claim.tier,
                "origin": claim.origin,
                "statement": claim.statement,
                "paper_value": "" if claim.paper_value is None else number(claim.paper_value),
            }
            for whose, record in (("ours", ours.get(key)), ("yours", yours.get(key))):
                cells = _cells(record)
                row[f"{whose}_verdict"] = shown_verdict(claim, record) if record else ""
                row[f"{whose}_measured"] = cells.measured
                row[f"{whose}_predicted"] = cells.predicted
                row[f"{whose}_time"] = record.time if record else ""
                row[f"{whose}_device"] = record.device if record else ""
                row[f"{whose}_version"] = record.versions.get("phasebook", "") if record else ""
                row[f"{whose}_seed"] = record.seed if record else ""
                row[f"{whose}_seconds"] = record.seconds if record else ""
            rows.append(row)
    return rows


def _running(badges: dict[str, list[tuple[str, int]]]) -> list[FeedEntry]:
    built = [entry for entry in catalogue.entries().values() if entry.slug in badges]
    built.sort(key=lambda entry: (entry.published, entry.slug), reverse=True)
    return [FeedEntry(entry, "built", badges[entry.slug]) for entry in built]


def _badges_by_paper() -> dict[str, list[tuple[str, int]]]:
    newest = {**records.reference(), **records.latest()}
    found = {}
    for entry in catalogue.entries().values():
        if entry.status == "built":
            paper = load_paper(entry.slug)
            verdicts = [shown_verdict(claim, newest.get((paper.slug, claim.name))) for claim in paper.claims.values()]
            found[entry.slug] = _counted(verdicts)
    return found


def _counted(verdicts: Sequence[str]) -> list[tuple[str, int]]:
    """Verdicts and how often, most frequent first, `not measured` last."""
    return sorted(Counter(verdicts).items(), key=lambda pair: (pair[0] == "not measured", -pair[1]))


def _cells(record: Record | None) -> Cells:
    return cells_of(record.evidence) if record is not None and record.evidence else Cells("", "")


def _day(entry: Entry) -> str:
    if entry.date is None:
        return str(entry.year)
    return f"{entry.date:%B} {entry.date.day}, {entry.date.year}"
