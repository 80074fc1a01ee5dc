"""The `phasebook` command: list, search, show, run, verify, sweep, history, cite, doctor, records, papers, serve, digest;
grade and benchmark stand beside.

Every wrong argument ends with exit code 2 and one sentence; heavy imports happen inside the command that needs them.
"""

import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, NoReturn, Optional

import typer

from . import benchmark_commands, catalogue, runtime
from ._version import __version__
from .errors import Explained, PhasebookError
from .own_options import parse_options

app = typer.Typer(
    name="phasebook",
    help="Executable papers: a paper's theory beside an exact simulation, and its claims re-measured on your machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
records_app = typer.Typer(help="Export or import the verdicts measured so far, as JSON lines.", no_args_is_help=True)
app.add_typer(records_app, name="records")
papers_app = typer.Typer(help="Your reading list, beside the book's own papers.", no_args_is_help=True)
app.add_typer(papers_app, name="papers")
benchmark_commands.register(app)

OWN_OPTIONS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
Slug = Annotated[str, typer.Argument(help="The paper's slug or arXiv id.", metavar="SLUG")]
Only = Annotated[
    Optional[str], typer.Option("--only", help="theory or measurement: run only that one.", metavar="ROAD")
]
Plot = Annotated[
    Optional[Path], typer.Option("--plot", help="Draw a figure: .png, .svg, .pdf or .html.", metavar="FILE")
]
Scheduler = Annotated[
    Optional[str], typer.Option("--scheduler", help="Address of a Dask scheduler that you started.", metavar="ADDRESS")
]
Workers = Annotated[
    Optional[int], typer.Option("--workers", help="Processes; 0 runs in this one. Default: one per core.")
]


def main() -> None:
    """Entry point of the console script."""
    runtime.prepare_process(threads=_cores())
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        _fail("stopped by Ctrl-C", 130)
    except SystemExit as leaving:
        # Typer turns Ctrl-C into a silent exit; the commands that have more to say have said it.
        if leaving.code == 130 and not isinstance(leaving, Explained):
            _fail("stopped by Ctrl-C", 130)
        raise
    except (PhasebookError, ValueError) as error:
        _fail(str(error), 2)
    except OSError as error:
        # A full disk, a folder that may not be written, a file that is gone: the user's to mend, in the system's words.
        _fail(str(error), 2)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command("list")
def list_papers(
    family: Annotated[Optional[str], typer.Option(help="Only this family.", metavar="FAMILY")] = None,
) -> None:
    """List the papers of the catalogue."""
    from .terminal import print_papers

    print_papers(catalogue.in_family(family))


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="What you look for; spelling mistakes are forgiven.")],
) -> None:
    """Find papers by words, best first."""
    from .terminal import print_papers

    found = catalogue.search(" ".join(words))
    if not found:
        _fail(f"no paper shares a piece of {' '.join(words)!r}", 1)
    print_papers(found[:10])


@app.command()
def show(slug: Slug) -> None:
    """Explain a paper: summary, experiments with their parameters, claims with their last verdicts."""
    from .claims import load_paper
    from .records import latest, reference
    from .terminal import out, print_entry, print_paper

    entry = catalogue.find(slug)
    if entry.status == "planned":
        print_entry(entry)
        out.print("\nplanned: it is in the catalogue, and has no experiments or claims yet")
        return
    print_paper(load_paper(entry.slug), latest(entry.slug), reference())


@app.command(context_settings=OWN_OPTIONS)
def run(
    context: typer.Context,
    slug: Slug,
    experiment: Annotated[str, typer.Argument(help="The experiment's name.", metavar="EXPERIMENT")] = "",
    seed: Annotated[int, typer.Option(help="Seed of the measurement.")] = 0,
    only: Only = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    out: Annotated[Optional[Path], typer.Option("--out", help="Write the result as NetCDF.", metavar="FILE.nc")] = None,
    plot: Plot = None,
) -> None:
    """Run an experiment: its theory beside its measurement, at --PARAM VALUE ... of its own.

    `phasebook run SLUG EXPERIMENT --help` lists the experiment's parameters with their ranges.
    """
    from . import results
    from .claims import load_paper

    if slug in ("--help", "-h"):
        _help(context)
    paper = load_paper(slug)
    words = [experiment, *context.args]
    wants_help = "--help" in words
    names = [word for word in words if word and not word.startswith("--")]
    if not experiment or (wants_help and experiment == "--help"):
        if wants_help:
            _help(context, paper.experiments.values())
        _fail(f"run needs an experiment of {paper.slug}: {', '.join(paper.experiments)}", 2)
    chosen = _experiment(paper, names[0])
    if wants_help:
        _help(context, [chosen])
    given = parse_options(chosen, context.args)
    chosen.resolve(given, _road(only))
    if out is not None:
        results.check_out(out)
    if plot is not None:
        _check_plot(plot)
    begin = time.perf_counter()
    data = chosen.run(given, seed=seed, only=_road(only))
    seconds = time.perf_counter() - begin
    if out is not None:
        results.write_netcdf(data, out)
    if plot is not None:
        from .figures import save_figure, style_of

        figure = data if chosen.along is None else chosen.curve(given, seed=seed, only=_road(only))
        save_figure(figure, plot, style_of(chosen))
    if as_json:
        typer.echo(json.dumps(results.as_json(data, seconds), allow_nan=False))
        return
    from .terminal import print_rows

    print_rows(results.rows(data), results.conventions(data))


@app.command()
def verify(
    slugs: Annotated[
        Optional[list[str]], typer.Argument(help="Papers; all built ones if none is named.", metavar="[SLUG ...]")
    ] = None,
    claim: Annotated[Optional[str], typer.Option(help="Only this claim, whatever its tier.", metavar="ID")] = None,
    tier: Annotated[str, typer.Option(help="core, quick, full or gpu.")] = "core",
    seed: Annotated[int, typer.Option(help="Seed of every claim.")] = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object per claim, as they end.")] = False,
    report: Annotated[Optional[Path], typer.Option(help="Write a self-contained page.", metavar="FILE.html")] = None,
) -> None:
    """Re-measure the papers' claims here and print prediction beside measurement, with verdicts.

    Exit code 0: all hold, are skipped, or fail as their recorded finding says; 1: another fails or is inconclusive;
    2: an error; 130: Ctrl-C.
    """
    from . import terminal
    from .records import RecordsError, latest, reference
    from .results import check_folder
    from .verify import exit_code, json_line, select_claims
    from .verify import verify as verify_claims
    from .workers import SchedulerLost

    claims = select_claims(slugs or (), claim=claim, tier=tier)
    if report is not None:
        check_folder(report, "report")
    if workers is not None and workers < 0:
        raise ValueError(f"workers must be 0 or more; got {workers}")
    expected = {f"{paper}/{name}": record.seconds for (paper, name), record in {**reference(), **latest()}.items()}
    results, begin = [], time.monotonic()
    progress = verify_claims(claims, seed=seed, workers=workers, scheduler=scheduler)
    try:
        for result in terminal.follow_verification(claims, progress, expected):
            results.append(result)
            if as_json:
                typer.echo(json_line(result))
    except KeyboardInterrupt:
        progress.close()
        if not as_json:
            terminal.print_results(results)
        _fail(f"stopped by Ctrl-C; the verdicts of {len(results)} of {len(claims)} claims are kept", 130)
    except (RecordsError, SchedulerLost) as error:
        if results and not as_json:
            terminal.print_results(results)
        _fail(str(error), 2)
    if not as_json:
        terminal.print_results(results)
        if scheduler is None:
            terminal.print_time(results, time.monotonic() - begin, _cores() if workers is None else workers)
    if report is not None:
        from .report import write_report

        write_report(report, results, seed=seed, workers=_cores() if workers is None else workers)
        terminal.err.print(f"report: {report}")
    raise typer.Exit(exit_code(results))


@app.command(context_settings={"ignore_unknown_options": False})
def sweep(
    slug: Slug,
    experiment: Annotated[str, typer.Argument(help="The experiment's name.", metavar="EXPERIMENT")],
    grid: Annotated[
        list[str],
        typer.Argument(
            help="NAME=START:STOP:COUNT, NAME=log:START:STOP:COUNT, NAME=a,b,c or NAME=value.",
            metavar="NAME=VALUES ...",
        ),
    ],
    store: Annotated[Path, typer.Option(help="The folder that keeps the sweep.", metavar="DIR.zarr")],
    seeds: Annotated[
        Optional[int], typer.Option(help="Seeds 0 to N-1 at each grid point. Default: 1.", metavar="N")
    ] = None,
    only: Only = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run units again that failed.")] = False,
    plot: Plot = None,
    draw_only: Annotated[bool, typer.Option("--draw-only", help="Run nothing: draw what the store holds.")] = False,
) -> None:
    """Run an experiment over a grid and seeds, in parallel; a stopped sweep resumes with the same command."""
    from . import terminal
    from .claims import load_paper
    from .sweep_grid import parse_grid
    from .sweeps import Sweep, consolidate, open_store, run_sweep

    chosen = _experiment(load_paper(slug), experiment)
    road = _road(only)
    grid_values = parse_grid(chosen, grid, road)
    if seeds is not None and "measurement" not in (chosen.roads if road is None else (road,)):
        raise ValueError("seeds does not apply: theory is the same at every seed")
    if seeds is not None and seeds < 1:
        raise ValueError(f"seeds must be 1 or more; got {seeds}")
    if draw_only and plot is None:
        raise ValueError("draw-only needs --plot FILE")
    if plot is not None:
        _check_plot(plot)
    job = Sweep(chosen, grid_values, seeds or 1, store, road)
    open_store(job)
    if draw_only:
        consolidate(job)
        _draw_sweep(job, plot)
        return
    try:
        last = terminal.follow_sweep(run_sweep(job, workers=workers, scheduler=scheduler, retry_failed=retry_failed))
    except KeyboardInterrupt:
        _fail("stopped by Ctrl-C; the finished units are kept, and the same command resumes", 130)
    except OSError as error:
        _fail(f"{error}; the finished units are kept, and the same command resumes once this is mended", 2)
    terminal.out.print(f"{last.done} of {last.units} units done, {last.failed} failed: {store}")
    if plot is not None:
        _draw_sweep(job, plot)
    if last.failed:
        _fail(f"{last.failed} units failed ({_first_failure(job)}); --retry-failed runs them again", 1)


@app.command()
def history(slug: Annotated[Optional[str], typer.Argument(help="Only this paper.", metavar="[SLUG]")] = None) -> None:
    """Show how verdicts changed, oldest first."""
    from .records import history as records_history
    from .terminal import out, print_history

    found = records_history(catalogue.find(slug).slug if slug else None)
    if not found:
        out.print("nothing measured yet; phasebook verify measures the core claims")
        return
    print_history(found)


@app.command()
def cite(slug: Slug) -> None:
    """Print BibTeX entries for a paper and for Phasebook."""
    from .citation import bibtex

    typer.echo(bibtex(catalogue.find(slug)))


@app.command()
def doctor() -> None:
    """Check versions, device, the compiler, full-text search, caches and disk; exit code 1 where a check fails."""
    from .doctor import examine

    checks = examine()
    for check in checks:
        mark = {True: "ok  ", False: "FAIL", None: "    "}[check.passed]
        typer.echo(f"{mark} {check.name:<17} {check.text}")
    raise typer.Exit(1 if any(check.passed is False for check in checks) else 0)


@records_app.command("export")
def export_records(
    file: Annotated[Path, typer.Argument(help="Where to write JSON lines.", metavar="FILE.jsonl")],
    newest: Annotated[bool, typer.Option("--newest", help="Only the newest verdict of each claim.")] = False,
) -> None:
    """Write the records as JSON lines."""
    from .records import history as records_history
    from .records import latest, to_lines
    from .results import check_folder
    from .unit_store import write_text

    check_folder(file, "FILE")
    chosen = list(latest().values()) if newest else records_history()
    write_text(file, "".join(f"{line}\n" for line in to_lines(sorted(chosen, key=lambda r: (r.paper, r.time)))))
    typer.echo(f"{len(chosen)} records written")


@records_app.command("import")
def import_records(
    file: Annotated[Path, typer.Argument(help="JSON lines written by export.", metavar="FILE.jsonl")],
) -> None:
    """Add records from JSON lines; those that are there already are left alone."""
    from .records import add_records, parse_lines

    if not file.is_file():
        raise ValueError(f"FILE must be a file of JSON lines; got {str(file)!r}, which is no file")
    typer.echo(f"{add_records(parse_lines(file.read_text(encoding='utf-8').splitlines()))} new records")


@papers_app.command("import")
def import_papers(
    file: Annotated[
        Path, typer.Argument(help="An Atom export of arXiv, BibTeX, or a saved page of daily papers.", metavar="FILE")
    ],
) -> None:
    """Add the papers of a file to your reading list; what could not be read is listed. Exit code 1 where there is no paper."""
    from .paper_import import read_papers, summary_lines
    from .reading_list import add_papers

    reading = read_papers(file)
    added = add_papers(reading.papers)
    for title, lines in (("assumed", reading.assumed), ("could not be read", reading.unread)):
        for line in summary_lines(lines):
            typer.echo(f"{title}: {line}", err=True)
    typer.echo(
        f"{len(added.new)} papers added, {len(added.known)} known already, {len(reading.unread)} pieces not read"
    )
    if not reading.papers:
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    public: Annotated[
        bool, typer.Option("--public", help="Serve others too: jobs need a token, requests are limited.")
    ] = False,
) -> None:
    """Serve the page: papers, an explorer with sliders, claims to run, records, a feed.

    For --public: PHASEBOOK_TOKEN, PHASEBOOK_URL, and for subscriptions the mail settings of `phasebook digest`.
    """
    try:
        from .web.serve import serve as serve_page
    except ModuleNotFoundError as error:
        _fail(f"serve needs the package {error.name}: pip install 'phasebook[web]'", 2)
    serve_page(host, port, public, typer.echo)


@app.command()
def digest(
    to: Annotated[Optional[str], typer.Option(help="Mail it to this address alone.", metavar="ADDRESS")] = None,
    period: Annotated[str, typer.Option(help="daily or weekly.")] = "weekly",
    family: Annotated[str, typer.Option(help="Only this family (with --to or --print).")] = "",
    keyword: Annotated[str, typer.Option(help="Only papers with this word (with --to or --print).")] = "",
    show_only: Annotated[bool, typer.Option("--print", help="Print it, and mail nothing.")] = False,
) -> None:
    """Mail what is new: to --to ADDRESS, or to all subscribers of the period who have not had this edition.

    From the environment: PHASEBOOK_SMTP_HOST, PHASEBOOK_MAIL_FROM, and where they are needed PHASEBOOK_SMTP_PORT, _ENCRYPTION
    (none, starttls or tls), _USER and _PASSWORD; PHASEBOOK_URL is the page that the links lead to. Exit code 1 where somebody is
    still without their edition.
    """
    from .web import digest as digests
    from .web.settings import MailSettings
    from .web.subscribers import Subscribers, checked_period

    url = os.environ.get("PHASEBOOK_URL", "http://127.0.0.1:8000").rstrip("/")
    chosen = checked_period(period)
    if (family or keyword) and to is None and not show_only:
        raise ValueError("family and keyword belong to --to or --print; subscribers have their own")
    if show_only:
        typer.echo(digests.latest_digest(chosen, url=url, family=family, keyword=keyword).text)
        return
    mail = MailSettings.from_environment()
    if mail is None:
        raise ValueError("digest needs a mail server: set PHASEBOOK_SMTP_HOST and PHASEBOOK_MAIL_FROM, or give --print")
    if to is not None:
        results = [digests.send_to_one(mail, to, chosen, url=url, family=family, keyword=keyword)]
    else:
        results = list(digests.send_to_subscribers(mail, Subscribers(), chosen, url=url))
    for each in results:
        typer.echo(f"{each.address}: {each.state}{f' ({each.message})' if each.message else ''}")
    typer.echo(f"{sum(each.state == 'sent' for each in results)} of {len(results)} sent")
    if digests.failed(results):
        raise typer.Exit(1)


def _experiment(paper: Any, name: str) -> Any:
    if name not in paper.experiments:
        raise ValueError(f"EXPERIMENT must be one of {', '.join(paper.experiments)}; got {name!r}")
    return paper.experiments[name]


def _road(only: str | None) -> Any:
    if only not in (None, "theory", "measurement"):
        raise ValueError(f"only must be theory or measurement; got {only!r}")
    return only


def _check_plot(path: Path) -> None:
    from .results import check_folder

    if path.suffix not in (".png", ".svg", ".pdf", ".html"):
        raise ValueError(f"plot must end in .png, .svg, .pdf or .html; got {path.name!r}")
    check_folder(path, "plot")


def _draw_sweep(job: Any, plot: Path | None) -> None:
    from .figures import save_figure, sweep_style
    from .sweeps import gather

    if plot is not None:
        save_figure(gather(job), plot, sweep_style(job.experiment))


def _first_failure(job: Any) -> str:
    from .unit_store import failures

    return next(iter(failures(job.units_folder).values()))["message"]


def _help(context: typer.Context, experiments: Iterable[Any] = ()) -> NoReturn:
    from .terminal import out, print_experiment

    typer.echo(context.get_help())
    for experiment in experiments:
        out.print(f"\n[bold]{experiment.slug} {experiment.name}[/bold]")
        print_experiment(experiment)
    raise typer.Exit


def _cores() -> int:
    return os.cpu_count() or 1


def _fail(message: str, code: int) -> NoReturn:
    sys.stdout.flush()
    print(f"phasebook: {message}", file=sys.stderr)
    raise Explained(code)


if __name__ == "__main__":
    main()
