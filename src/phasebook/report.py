"""The HTML report of a verification: one self-contained page with the table, a figure per paper and the environment."""

import base64
import datetime
import tempfile
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from . import runtime
from .claims import load_paper
from .terminal_text import comparison_cells
from .verify import Result
from .workers import Task, run_tasks

FIGURE_SECONDS = 120.0
FIGURE_MEMORY = 3 * 1024**3


def write_report(path: Path, results: Iterable[Result], *, seed: int, workers: int) -> None:
    """Write the page. The figures are drawn in worker processes; one that fails is named on the page with its reason."""
    import jinja2

    from .unit_store import write_text

    results = list(results)
    slugs = list(dict.fromkeys(result.claim.slug for result in results))
    figures = _figures(slugs, seed, workers)
    template = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        resources.files("phasebook").joinpath("templates/report.html").read_text(encoding="utf-8")
    )
    papers = [
        {
            "paper": load_paper(slug),
            "figure": figures[slug][0],
            "figure_message": figures[slug][1],
            "rows": [(result, comparison_cells(result)) for result in results if result.claim.slug == slug],
        }
        for slug in slugs
    ]
    page = template.render(
        papers=papers,
        totals=_totals(results),
        versions=runtime.versions(),
        device=runtime.device(),
        commit=runtime.commit(),
        seed=seed,
        time=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    write_text(path, page)


def main_figure(slug: str, seed: int) -> str:
    """The paper's main experiment, drawn, as a base64 PNG; what a worker runs."""
    from .figures import save_figure, style_of

    experiment = next(iter(load_paper(slug).experiments.values()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figure.png"
        save_figure(experiment.curve(seed=seed), path, style_of(experiment))
        return base64.b64encode(path.read_bytes()).decode()


def _figures(slugs: list[str], seed: int, workers: int) -> dict[str, tuple[str, str]]:
    drawn = {slug: ("", "this paper has no experiment") for slug in slugs}
    tasks = [
        Task(slug, main_figure, (slug, seed), FIGURE_SECONDS, FIGURE_MEMORY)
        for slug in slugs
        if load_paper(slug).experiments
    ]
    for event in run_tasks(tasks, workers=workers):
        if event.outcome is not None:
            drawn[event.key] = (event.outcome.value or "", event.outcome.message)
    return drawn


def _totals(results: list[Result]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for result in results:
        counts[result.verdict] = counts.get(result.verdict, 0) + 1
    return sorted(counts.items())
