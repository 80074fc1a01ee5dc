"""The JSON API, version 1: the catalogue, the records, theory, and the same jobs as the page."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from .. import catalogue
from ..errors import PhasebookError
from . import explorer, views
from .explorer_pages import start_claim, start_experiment
from .security import check_compute
from .twins import paper_json
from .uploads import with_paths

router = APIRouter(
    responses={code: {"description": text} for code, text in {404: "no such thing", 422: "a wrong value"}.items()}
)
Slug = Annotated[str, Path(max_length=200, description="A paper's slug or arXiv id.")]
Name = Annotated[str, Path(max_length=100)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "a public page's token is missing"},
    403: {"description": "the request comes from another site"},
    413: {"description": "the request is too large"},
    429: {"description": "too many requests or jobs"},
}


class Experiment(BaseModel):
    """A job that runs an experiment; parameters are texts, as on the command line."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["experiment"]
    paper: Annotated[str, Field(max_length=200)]
    experiment: Annotated[str, Field(max_length=100)]
    parameters: Annotated[dict[str, Annotated[str, Field(max_length=10_000)]], Field(max_length=100)] = {}
    seed: Seed = 0
    only: Literal["theory", "measurement"] | None = None


class Claim(BaseModel):
    """A job that measures a claim again."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["claim"]
    paper: Annotated[str, Field(max_length=200)]
    claim: Annotated[str, Field(max_length=100)]
    seed: Seed = 0


@router.get("/papers")
def papers(family: Annotated[str, Query(max_length=40)] = "") -> list[dict[str, Any]]:
    """All papers, or those of a family."""
    try:
        found = catalogue.in_family(family or None)
    except ValueError as error:
        raise HTTPException(404, str(error)) from None
    return [
        {
            "slug": e.slug,
            "title": e.title,
            "arxiv": e.arxiv,
            "published": e.published,
            "family": e.family,
            "status": e.status,
        }
        for e in found
    ]


@router.get("/papers/{slug}")
def paper(slug: Slug) -> dict[str, Any]:
    """One paper with its experiments and claims."""
    try:
        return paper_json(views.paper_view(slug))
    except ValueError as error:
        raise HTTPException(404, str(error)) from None


@router.get("/search")
def search(q: Annotated[str, Query(max_length=200)]) -> list[str]:
    """Slugs of the papers that match the words, best first."""
    try:
        return [entry.slug for entry in catalogue.search(q)]
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


@router.get("/records")
def records(family: Annotated[str, Query(max_length=40)] = "") -> list[dict[str, Any]]:
    """A row per claim: the paper's number, ours, yours."""
    try:
        return views.records_table(family or None)
    except ValueError as error:
        raise HTTPException(404, str(error)) from None


@router.get("/papers/{slug}/experiments/{name}/theory")
async def theory(request: Request, slug: Slug, name: Name) -> dict[str, Any]:
    """An experiment's theory at the query's parameters: rows of numbers, and the figure as a Bokeh item."""
    experiment = explorer.find_experiment(slug, name)
    if experiment is None or experiment.theory is None:
        raise HTTPException(404, f"there is no theory {name[:60]!r} of {slug[:60]!r}")
    try:
        given = with_paths(request.app.state.settings.folder, experiment, dict(request.query_params))
        return dict(await request.app.state.theory.draw(experiment, given))
    except (ValueError, PhasebookError) as error:
        raise HTTPException(422, str(error)) from None


@router.get("/jobs")
def jobs(request: Request) -> list[dict[str, Any]]:
    """All jobs that are remembered, newest first."""
    return [job.public() for job in request.app.state.jobs.all()]


@router.post("/jobs", status_code=202, responses=REFUSED)
def start(request: Request, wanted: Annotated[Experiment | Claim, Field(discriminator="kind")]) -> dict[str, Any]:
    """Start a job; its `id` names it from now on."""
    try:
        if isinstance(wanted, Claim):
            return start_claim(request, wanted.paper, wanted.claim, str(wanted.seed)).public()
        experiment = explorer.find_experiment(wanted.paper, wanted.experiment)
        if experiment is None:
            raise HTTPException(404, f"there is no experiment {wanted.experiment[:60]!r} of {wanted.paper[:60]!r}")
        return start_experiment(request, experiment, wanted.parameters, str(wanted.seed), wanted.only or "").public()
    except (ValueError, PhasebookError) as error:
        raise HTTPException(422, str(error)) from None


@router.get("/jobs/{identifier}")
def job(request: Request, identifier: Name) -> dict[str, Any]:
    """One job."""
    found = request.app.state.jobs.get(identifier)
    if found is None:
        raise HTTPException(404, "there is no such job; old ones are removed")
    return dict(found.public())


@router.delete("/jobs/{identifier}", responses=REFUSED)
def cancel(request: Request, identifier: Name) -> dict[str, Any]:
    """Take a job from the queue, or kill its process."""
    check_compute(request, request.app.state.settings)
    found = request.app.state.jobs.cancel(identifier)
    if found is None:
        raise HTTPException(404, "there is no such job; old ones are removed")
    return dict(found.public())
