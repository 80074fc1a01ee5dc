"""The pages that show the book: feed, search, papers with their Markdown and JSON twins, records, Atom."""

import csv
import io
import re
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from .. import catalogue
from ..arxiv import arxiv_identifier
from ..catalogue import FAMILIES, IMPORTED
from ..citation import bibtex
from . import views
from .answers import page
from .atom import atom_feed
from .news import news
from .twins import paper_json, paper_markdown

LONGEST_SEARCH = 200
HITS = 20
FEED_ITEMS = 100
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")

router = APIRouter()
Short = Annotated[str, Query(max_length=40)]


@router.get("/", response_class=HTMLResponse)
def show_feed(request: Request, family: Short = "", status: Short = "", date: Short = "", number: int = 1) -> Response:
    """The feed, newest first."""
    if date and not _DATE.fullmatch(date):
        raise HTTPException(404, "date must be a year, a month such as 2026-05, or a day such as 2026-05-04")
    try:
        feed = views.feed(family=family or None, status=status or None, date=date, page=number)
    except ValueError as error:
        raise HTTPException(404, str(error)) from None
    chosen = {"family": family, "status": status, "date": date}
    running = [] if any(chosen.values()) or number > 1 else feed.running
    return page(request, "feed.html", feed=feed, chosen=chosen, running=running, families=(*FAMILIES, IMPORTED))


@router.get("/search", response_class=HTMLResponse)
def search(request: Request, q: Annotated[str, Query(max_length=LONGEST_SEARCH)] = "") -> Response:
    """Papers by words, as one types; a pasted arXiv id or address opens its paper."""
    partial = request.headers.get("hx-request") == "true"
    if arxiv_identifier(q) and not partial:
        try:
            return RedirectResponse(f"/papers/{catalogue.find(q).slug}", 303)
        except ValueError:
            pass
    try:
        found = catalogue.search(q, HITS) if q.strip() else []
    except ValueError:
        found = []
    return page(request, "hits.html" if partial else "search.html", found=found, words=q)


@router.get("/arxiv/{pasted:path}")
def by_arxiv_id(pasted: str) -> Response:
    """The paper of an arXiv id in any form."""
    return RedirectResponse(f"/papers/{_entry(pasted).slug}", 303)


@router.get("/papers/{name}.md")
def markdown_twin(name: str) -> Response:
    """The paper's page as Markdown."""
    return Response(paper_markdown(_view(name)), media_type="text/markdown; charset=utf-8")


@router.get("/papers/{name}.json")
def json_twin(name: str) -> Response:
    """The paper's page as JSON."""
    return JSONResponse(paper_json(_view(name)))


@router.get("/papers/{name}.bib")
def citation(name: str) -> Response:
    """BibTeX of the paper and of Phasebook."""
    return Response(bibtex(_entry(name)), media_type="text/plain; charset=utf-8")


@router.get("/papers/{name}", response_class=HTMLResponse)
def show_paper(request: Request, name: str) -> Response:
    """A paper's page."""
    view = _view(name)
    if view.entry.slug != name:
        return RedirectResponse(f"/papers/{view.entry.slug}", 303)
    return page(request, "paper.html", view=view)


@router.get("/records", response_class=HTMLResponse)
def show_records(request: Request, family: Short = "") -> Response:
    """All claims of all papers: the paper's number, ours, the reader's."""
    return page(request, "records.html", rows=_rows(family), family=family, families=FAMILIES)


@router.get("/records.json")
def records_json(family: Short = "") -> Response:
    """The same table as JSON."""
    return JSONResponse(_rows(family))


@router.get("/records.csv")
def records_csv(family: Short = "") -> Response:
    """The same table as CSV."""
    rows = _rows(family)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["paper"])
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return Response(
        out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="phasebook-records.csv"'},
    )


@router.get("/feed.xml")
def show_atom(request: Request, family: Short = "", keyword: Annotated[str, Query(max_length=60)] = "") -> Response:
    """New papers, papers newly built, changed verdicts."""
    try:
        items = news(family=family or None, keyword=keyword or None, most=FEED_ITEMS)
    except ValueError as error:
        raise HTTPException(404, str(error)) from None
    return Response(atom_feed(items, request.app.state.settings.url), media_type="application/atom+xml")


def _entry(name: str) -> catalogue.Entry:
    try:
        return catalogue.find(name)
    except ValueError as error:
        raise HTTPException(404, str(error)) from None


def _view(name: str) -> views.PaperView:
    return views.paper_view(_entry(name).slug)


def _rows(family: str) -> list[dict[str, Any]]:
    try:
        return views.records_table(family or None)
    except ValueError as error:
        raise HTTPException(404, str(error)) from None


def _cell(value: Any) -> Any:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "@", "\t", "\r")) else value
