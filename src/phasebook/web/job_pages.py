"""Pages of jobs: the queue, one job with its progress, Cancel, and what it gave."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse

from ..claims import load_paper
from . import explorer
from .answers import page
from .jobs import Job
from .security import FORM_FIELD, check_compute, check_form

router = APIRouter()
FILES = {
    "result.nc": "application/x-netcdf",
    "figure.png": "image/png",
    "figure.svg": "image/svg+xml",
    "figure.json": "application/json",
}
BEAT = 1.0  # seconds between two events of a job that runs, so that its clock moves
LONGEST_STREAM = 3600.0


@router.get("/jobs", response_class=HTMLResponse)
def show_jobs(request: Request) -> Response:
    """All jobs, newest first."""
    return page(request, "jobs.html", jobs=request.app.state.jobs.all()[:100])


@router.get("/jobs/{identifier}", response_class=HTMLResponse)
def show_job(request: Request, identifier: str) -> Response:
    """One job: progress while it runs, then its figure, numbers and files."""
    job = _job(request, identifier)
    request.state.explorer = True
    paper = load_paper(job.paper)
    values: dict[str, Any] = {"job": job, "paper": paper, "command": "", "python": ""}
    if job.kind == "experiment":
        experiment = paper.experiments[job.name]
        shown = job.public()["parameters"]
        values["command"] = explorer.command(experiment, shown, job.seed)
        values["python"] = explorer.python(experiment, shown, job.seed)
    else:
        seed = f" --seed {job.seed}" if job.seed else ""
        values["command"] = f"phasebook verify {job.paper} --claim {job.name}{seed}"
    return page(request, "job.html", **values)


@router.get("/jobs/{identifier}/events")
async def events(request: Request, identifier: str) -> Response:
    """The job's states as server-sent events, until it ends."""
    _job(request, identifier)
    return StreamingResponse(
        _events(request, identifier), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


@router.post("/jobs/{identifier}/cancel")
def cancel(request: Request, identifier: str, form_token: str = Form("", alias=FORM_FIELD)) -> Response:
    """Take the job from the queue, or kill its process."""
    check_form(request, form_token)
    check_compute(request, request.app.state.settings)
    _job(request, identifier)
    request.app.state.jobs.cancel(identifier)
    return RedirectResponse(f"/jobs/{identifier}", 303)


@router.get("/jobs/{identifier}/{name}")
def result_file(request: Request, identifier: str, name: str) -> Response:
    """A file of a job that has ended."""
    job = _job(request, identifier)
    path = request.app.state.jobs.file(job.id, name) if name in FILES else None
    if path is None:
        raise HTTPException(404, f"this job has no {name[:40]!r}")
    stem, _, suffix = name.rpartition(".")
    shown = f"{job.paper}-{job.name}-{stem}-{job.id}.{suffix}"
    kind = "attachment" if name == "result.nc" else "inline"
    return FileResponse(path, media_type=FILES[name], filename=shown, content_disposition_type=kind)


async def _events(request: Request, identifier: str) -> AsyncIterator[str]:
    jobs, seen = request.app.state.jobs, None
    deadline = asyncio.get_running_loop().time() + LONGEST_STREAM
    while asyncio.get_running_loop().time() < deadline and not await request.is_disconnected():
        job = await asyncio.to_thread(jobs.wait, identifier, seen, BEAT)
        if job is None:
            return
        seen = job
        yield f"data: {json.dumps(job.public(), allow_nan=False)}\n\n"
        if job.ended:
            return


def _job(request: Request, identifier: str) -> Job:
    job = request.app.state.jobs.get(identifier)
    if job is None:
        raise HTTPException(404, "there is no such job; old ones are removed")
    return job
