"""The application: pages, explorer, jobs, subscription and API on one server."""

import asyncio
import contextlib
import importlib.resources
import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from .._version import __version__
from . import api, explorer_pages, job_pages, pages, subscription_pages
from .answers import page
from .explorer import Theory
from .jobs import Jobs
from .security import Allowance, Guard
from .settings import Settings
from .subscribers import Subscribers

BOKEH_SCRIPTS = ("bokeh.min.js",)


def create_application(settings: Settings | None = None) -> FastAPI:
    """The ASGI application; its worker processes start and end with it."""
    settings = settings or Settings()

    @contextlib.asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        settings.folder.mkdir(parents=True, exist_ok=True)
        application.state.jobs = Jobs(settings.folder / "jobs", settings.queue)
        application.state.theory = Theory(settings.folder)
        application.state.theory.start()
        try:
            yield
        finally:
            await asyncio.to_thread(application.state.jobs.close)
            await asyncio.to_thread(application.state.theory.stop)

    application = FastAPI(
        title="Phasebook",
        version=__version__,
        description="Executable papers: theory beside exact simulation, and claims re-measured here.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    application.state.settings = settings
    application.state.subscribers = Subscribers()
    application.state.job_allowance = Allowance(settings.jobs_per_minute)
    application.middleware("http")(Guard(settings))
    for module in (pages, explorer_pages, job_pages, subscription_pages):
        application.include_router(module.router, include_in_schema=False)
    application.include_router(api.router, prefix="/api/v1")
    application.get("/static/bokeh/{name}", include_in_schema=False)(_bokeh_script)
    static = Path(str(importlib.resources.files("phasebook.web").joinpath("static")))
    application.mount("/static", StaticFiles(directory=static), name="static")
    application.exception_handler(StarletteHTTPException)(_refusal)
    application.exception_handler(RequestValidationError)(_wrong_request)
    return application


def _bokeh_script(name: str) -> Response:
    if name not in BOKEH_SCRIPTS:
        raise HTTPException(404, "no such script")
    found = importlib.util.find_spec("bokeh")
    if found is None or found.origin is None:
        raise HTTPException(404, "Bokeh is not installed")
    script = Path(found.origin).parent / "server" / "static" / "js" / name
    return FileResponse(script, headers={"Cache-Control": "public, max-age=86400"})


async def _refusal(request: Request, error: Exception) -> Response:
    """An error as a page for readers, as JSON for programs."""
    status = error.status_code if isinstance(error, StarletteHTTPException) else 500
    detail = str(error.detail) if isinstance(error, StarletteHTTPException) else "an error of ours"
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": detail}, status)
    return page(request, "message.html", status, title=f"{status}", text=detail)


async def _wrong_request(request: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    text = "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in problems)[:500]
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": text}, 422)
    return page(request, "message.html", 422, title="422", text=text)
