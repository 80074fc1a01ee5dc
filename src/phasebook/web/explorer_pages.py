"""The explorer's pages: sliders and selects of an experiment, its theory at once, its measurement as a job."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from ..claims import load_paper
from ..errors import PhasebookError
from ..experiments import Experiment, Road, check_seed
from . import explorer
from .answers import page
from .drawing import parsed
from .jobs import Job, QueueFull
from .security import FORM_FIELD, check_compute, check_form, client
from .uploads import keep_upload, with_paths

router = APIRouter()
FILES = {"png": "image/png", "svg": "image/svg+xml"}
OWN_FIELDS = (FORM_FIELD, "seed", "only")
BASE = "/papers/{slug}/explore/{name}"


@router.get(BASE, response_class=HTMLResponse)
def show_explorer(request: Request, slug: str, name: str) -> Response:
    """An experiment's controls, its figure, and how to run the same by command or in Python."""
    experiment = _experiment(slug, name)
    given, problem = _given(experiment, request.query_params), ""
    try:
        _checked(request, experiment, given)
    except ValueError as error:
        problem = str(error)
    request.state.explorer = True
    return page(
        request,
        "explore.html",
        paper=load_paper(slug),
        experiment=experiment,
        controls=explorer.controls(experiment, given),
        steps=explorer.STEPS,
        problem=problem,
        query=str(request.query_params),
        seed=request.query_params.get("seed", "0"),
        command=explorer.command(experiment, given),
        python=explorer.python(experiment, given),
        jobs=[job for job in request.app.state.jobs.all() if (job.paper, job.name) == (slug, name)][:5],
    )


@router.get(BASE + "/theory.json")
async def theory(request: Request, slug: str, name: str) -> Response:
    """The theory's figure at the address's parameters, for the script of the explorer."""
    experiment = _experiment(slug, name)
    given = _given(experiment, request.query_params)
    if experiment.theory is None:
        raise HTTPException(404, "this experiment has no theory; run it as a job")
    try:
        paths = with_paths(request.app.state.settings.folder, experiment, given)
        drawn = await request.app.state.theory.draw(experiment, paths)
    except (ValueError, PhasebookError) as error:
        return JSONResponse({"error": str(error)}, 422)
    shown = {"command": explorer.command(experiment, given), "python": explorer.python(experiment, given)}
    return JSONResponse({**drawn, **shown})


@router.get(BASE + "/theory.{suffix}")
async def theory_file(request: Request, slug: str, name: str, suffix: str) -> Response:
    """The same figure as a picture, for readers without JavaScript."""
    experiment = _experiment(slug, name)
    if suffix not in FILES or experiment.theory is None:
        raise HTTPException(404, f"a theory's figure ends in .{', .'.join(FILES)}")
    given = _given(experiment, request.query_params)
    try:
        paths = with_paths(request.app.state.settings.folder, experiment, given)
        path = await request.app.state.theory.file(experiment, paths, f".{suffix}")
    except (ValueError, PhasebookError) as error:
        raise HTTPException(422, str(error)) from None
    return FileResponse(path, media_type=FILES[suffix])


@router.post(BASE + "/run")
async def run(request: Request, slug: str, name: str) -> Response:
    """Start a job of this experiment, and go to its page."""
    experiment = _experiment(slug, name)
    async with request.form(max_files=10, max_fields=200) as form:
        check_form(request, str(form.get(FORM_FIELD, "")))
        given = _given(experiment, {key: str(text) for key, text in form.items() if not isinstance(text, UploadFile)})
        try:
            for key, value in form.items():
                parameter = experiment.parameters.get(key.removesuffix("_file"))
                if isinstance(value, UploadFile) and value.filename and parameter is not None:
                    folder = request.app.state.settings.folder
                    given[parameter.name] = keep_upload(folder, parameter, value.filename, await value.read())
            job = start_experiment(request, experiment, given, str(form.get("seed", "0")), str(form.get("only", "")))
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
    return RedirectResponse(f"/jobs/{job.id}", 303)


@router.post("/papers/{slug}/claims/{name}/measure")
async def measure_claim(request: Request, slug: str, name: str) -> Response:
    """Start a job that measures a claim again, and go to its page."""
    async with request.form(max_files=0, max_fields=20) as form:
        check_form(request, str(form.get(FORM_FIELD, "")))
        seed = str(form.get("seed", "0"))
    try:
        job = start_claim(request, slug, name, seed)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return RedirectResponse(f"/jobs/{job.id}", 303)


def start_experiment(
    request: Request, experiment: Experiment, given: Mapping[str, str], seed: str, only: str = ""
) -> Job:
    """Queue an experiment's job. Raises `ValueError` for wrong parameters; HTTP 401 and 429 for who may not."""
    check_compute(request, request.app.state.settings)
    road: Road | None = only or None  # type: ignore[assignment]
    if road not in (None, "theory", "measurement"):
        raise ValueError(f"only must be theory or measurement; got {only[:20]!r}")
    paths = _checked(request, experiment, given, road)
    return _submitted(request, "experiment", experiment.slug, experiment.name, paths, _seed(seed), road)


def start_claim(request: Request, slug: str, name: str, seed: str) -> Job:
    """Queue a claim's job. Raises `ValueError` for an unknown claim or seed; HTTP 401 and 429 for who may not."""
    check_compute(request, request.app.state.settings)
    claims = load_paper(slug).claims
    if name not in claims:
        raise ValueError(f"claim must be one of {', '.join(claims)}; got {name[:60]!r}")
    return _submitted(request, "claim", load_paper(slug).slug, name, {}, _seed(seed), None)


def _submitted(
    request: Request, kind: Any, slug: str, name: str, parameters: Mapping[str, str], seed: int, only: Road | None
) -> Job:
    state = request.app.state
    if state.settings.public and not state.job_allowance.take(client(request)):
        raise HTTPException(429, "too many jobs; wait a minute")
    try:
        return state.jobs.submit(kind, slug, name, parameters=parameters, seed=seed, only=only)
    except QueueFull as error:
        raise HTTPException(429, str(error)) from None


def _checked(
    request: Request, experiment: Experiment, given: Mapping[str, str], only: Road | None = None
) -> dict[str, str]:
    """The given texts with the paths of uploads, all checked but what is in the files: that is read where it can do no harm.

    Raises `ValueError`. A job and the theory have processes of their own, which end where a hostile file makes them.
    """
    paths = with_paths(request.app.state.settings.folder, experiment, given)
    parsed(experiment, {name: text for name, text in paths.items() if text == given[name]}, only)
    return paths


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"seed must be an integer from 0 to 4294967295; got {text[:20]!r}")
    check_seed(int(text))
    return int(text)


def _experiment(slug: str, name: str) -> Experiment:
    experiment = explorer.find_experiment(slug, name)
    if experiment is None:
        raise HTTPException(404, f"there is no experiment {name[:60]!r} of {slug[:60]!r}")
    return experiment


def _given(experiment: Experiment, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that are parameters, as texts; others are refused later by name."""
    return {name: value for name, value in fields.items() if name not in OWN_FIELDS and not name.endswith("_file")}
