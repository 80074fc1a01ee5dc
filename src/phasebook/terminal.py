"""What the command prints: tables and progress, with Rich."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from . import catalogue
from .side_by_side import SideBySide, duration, side_by_sides
from .terminal_text import cells_of, comparison_cells

if TYPE_CHECKING:
    from .claims import Claim, Paper
    from .experiments import Experiment
    from .records import Record
    from .verify import Progress, Result

COLORS = {"holds": "green", "fails": "red", "error": "red", "inconclusive": "yellow", "skipped": "dim"}
SLOWEST = 5  # claims that a verification names at its end
WIDTH_OF_A_PIPE = 160  # a file or a pipe has no width of its own, and Rich's 80 columns would drop half of a table
out = Console(highlight=False)
if not out.is_terminal and "COLUMNS" not in os.environ:
    out = Console(highlight=False, width=WIDTH_OF_A_PIPE)
err = Console(stderr=True, highlight=False)


def print_papers(papers: Sequence[catalogue.Entry]) -> None:
    """One line per paper."""
    table = _table("slug", "family", "published", "status", "title")
    for paper in papers:
        style = "" if paper.status == "built" else "dim"
        table.add_row(paper.slug, paper.family, paper.published, paper.status, paper.title, style=style)
    out.print(table)


def print_entry(entry: catalogue.Entry) -> None:
    """What the catalogue says of a paper."""
    out.print(Text(entry.title, style="bold"))
    authors = f" · {entry.authors} authors" if entry.authors else ""
    out.print(
        f"{entry.slug} · arXiv:{entry.arxiv} · {entry.published}{authors} · {entry.family} · {entry.status}",
        style="dim",
    )
    out.print()
    out.print(Text(entry.summary))


def print_paper(paper: Paper, latest: dict[tuple[str, str], Record], reference: dict[tuple[str, str], Record]) -> None:
    """A built paper whole: what we found, experiments, claims with their last verdicts, what is not covered."""
    print_entry(paper.entry)
    for title, texts in (("What we found", paper.notes), ("Where it stops being true", (paper.stops,))):
        if any(texts):
            _heading(title)
            for text in texts:
                out.print(Padding(Text(text), (0, 0, 0, 2)))
    if paper.equations:
        _heading("Model and theory")
        for equation in paper.equations:
            out.print(Padding(Text(equation.name, style="dim"), (0, 0, 0, 2)))
            out.print(Padding(Text(equation.formula), (0, 0, 0, 4)))
            if equation.where:
                out.print(Padding(Text(equation.where, style="dim"), (0, 0, 0, 4)))
    for experiment in paper.experiments.values():
        _heading(f"Experiment {experiment.name}")
        print_experiment(experiment)
    _heading("Claims")
    out.print(_claims(paper, latest, reference))
    if paper.uncovered:
        _heading("Not covered")
        for each in paper.uncovered:
            out.print(Padding(Text(f"{each.statement} ({each.reason})"), (0, 0, 0, 2)))
    if paper.own_data:
        _heading("On your own data")
        out.print(Padding(Text(paper.own_data), (0, 0, 0, 2)), soft_wrap=True)
    rows = side_by_sides(paper.comparisons)
    if rows:
        _heading(f"Beside other programs ({rows[0].day}, {rows[0].device})")
        out.print(Padding(_side_by_sides(rows), (0, 0, 0, 2)))


def print_experiment(experiment: Experiment) -> None:
    """What an experiment does, and its parameters."""
    out.print(Padding(Text(experiment.title), (0, 0, 0, 2)))
    table = _table("option", "default", "allowed", "meaning")
    for parameter in experiment.parameters.values():
        default = parameter.default
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else "–" if default is None else str(default)
        road = " (measurement)" if parameter.road == "measurement" and "theory" in experiment.roads else ""
        table.add_row(f"--{parameter.option}", shown, parameter.allowed, parameter.help + road)
    out.print(Padding(table, (0, 0, 0, 2)))
    for name, text in experiment.conventions.items():
        out.print(Padding(Text(f"{name}: {text}", style="dim"), (0, 0, 0, 2)))


def print_rows(rows: Iterable[tuple[str, str, str, str]], conventions: dict[str, str]) -> None:
    """An experiment's observables."""
    table = _table("observable", "value", "unit", "meaning")
    for row in rows:
        table.add_row(*row)
    out.print(table)
    for name, text in conventions.items():
        out.print(f"{name}: {text}", style="dim")


def print_history(records: Iterable[Record]) -> None:
    """Verdicts in the order they were measured."""
    table = _table("measured", "paper", "claim", "verdict", "value", "seed", "code")
    for record in records:
        cells = cells_of(record.evidence)
        table.add_row(
            record.time[:16].replace("T", " "),
            record.paper,
            record.claim,
            _verdict(record.verdict),
            cells.measured,
            str(record.seed),
            record.code_version,
        )
    out.print(table)


def follow_verification(
    claims: Sequence[Claim], progress: Iterator[Progress], expected: dict[str, float]
) -> Iterator[Result]:
    """Show a live table while the claims are measured, and yield their results. `expected` are seconds from earlier records."""
    board = _Board(claims, expected)
    if not err.is_terminal:
        yield from (step.result for step in progress if step.result is not None)
        return
    with Live(board.render(), console=err, refresh_per_second=4, transient=True) as live:
        for step in progress:
            board.update(step)
            live.update(board.render())
            if step.result is not None:
                yield step.result


def follow_sweep(progress: Iterable[Any]) -> Any:
    """Show a sweep's progress bar with the remaining time; returns the last state."""
    begin, first, last = time.monotonic(), None, None
    with Live(console=err, refresh_per_second=4, transient=True) as live:
        for last in progress:
            first = first or last
            finished, before = last.done + last.failed, first.done + first.failed
            spent = time.monotonic() - begin
            left = spent / (finished - before) * (last.units - finished) if finished > before else None
            failed = f", {last.failed} failed" if last.failed else ""
            text = f" {finished} of {last.units} units{failed}" + (
                f", about {_duration(left)} left" if left is not None else ""
            )
            live.update(_bar(finished, last.units, text))
    return last


def results_table(results: Sequence[Result]) -> Table:
    """The table of a verification: predictions beside measurements."""
    table = _table("paper", "claim", "predicted", "measured", "verdict", "s")
    for result in results:
        cells = comparison_cells(result)
        verdict = _verdict(result.verdict)
        if result.claim.finding is not None and result.passes:
            verdict = Text("finding", style="cyan")
        table.add_row(
            result.claim.slug, result.claim.name, cells.predicted, cells.measured, verdict, f"{result.seconds:.1f}"
        )
    return table


def print_results(results: Sequence[Result]) -> None:
    """The final table, and a sentence for everything that is not a plain `holds`."""
    out.print(results_table(results))
    for result in results:
        if result.message or result.claim.finding is not None:
            finding = f" Finding: {result.claim.finding.text}" if result.claim.finding is not None else ""
            message = f" {result.message}." if result.message else ""
            out.print(f"{result.claim.slug} {result.claim.name}: {result.verdict}.{message}{finding}")


def print_time(results: Sequence[Result], seconds: float, workers: int) -> None:
    """Where a verification's time went: the wall clock, the share that its processes spent measuring, the slowest claims."""
    if len(results) < 2:
        return
    measured = sum(result.seconds for result in results)
    slowest = sorted(results, key=lambda result: -result.seconds)[:SLOWEST]
    named = ", ".join(f"{result.claim.slug} {result.claim.name} {result.seconds:.1f} s" for result in slowest)
    processes = "this process" if workers == 0 else f"{workers} process{'es' if workers > 1 else ''}"
    share = min(1.0, measured / (seconds * max(workers, 1)))
    out.print(
        f"{len(results)} claims in {_duration(seconds)}: {_duration(measured)} of measuring in {processes}, busy "
        f"{share:.0%} of the time (the rest: starting, waiting for the last). Slowest: {named}.",
        style="dim",
        soft_wrap=True,
    )


class _Board:
    """The live table's state: what runs, what has a verdict, what is left."""

    def __init__(self, claims: Sequence[Claim], expected: dict[str, float]) -> None:
        self.claims = list(claims)
        self.expected = expected
        self.running: dict[str, str] = {}
        self.results: dict[str, Result] = {}
        self.begin = time.monotonic()

    def update(self, step: Progress) -> None:
        key = _key(step.claim)
        if step.result is not None:
            self.results[key] = step.result
            self.running.pop(key, None)
        else:
            self.running[key] = f"{step.units_done} of {step.units} units" if step.units > 1 else "measuring"

    def render(self) -> Group:
        table = results_table(list(self.results.values()))
        for key, state in self.running.items():
            slug, _, name = key.partition("/")
            table.add_row(slug, name, "", state, Text("…", style="dim"), "", style="dim")
        left = self._remaining()
        text = f" {len(self.results)} of {len(self.claims)} claims" + (
            f", about {_duration(left)} left" if left else ""
        )
        return Group(table, _bar(len(self.results), len(self.claims), text))

    def _remaining(self) -> float | None:
        """From the seconds that the records know, scaled by how this run compares with them so far."""
        known = [claim for claim in self.claims if _key(claim) in self.expected]
        finished = sum(self.expected[_key(claim)] for claim in known if _key(claim) in self.results)
        total = sum(self.expected[_key(claim)] for claim in known)
        if not finished or len(known) < len(self.claims):
            return None
        return (time.monotonic() - self.begin) / finished * (total - finished)


def _claims(paper: Paper, latest: dict[tuple[str, str], Record], reference: dict[tuple[str, str], Record]) -> Table:
    table = _table("claim", "tier", "statement", "last verdict", "measured")
    for claim in paper.claims.values():
        key = (paper.slug, claim.name)
        record, whose = (latest[key], "here") if key in latest else (reference.get(key), "by us")
        verdict: Text | str = "not measured yet"
        measured = ""
        if record is not None:
            verdict = _verdict(record.verdict)
            verdict.append(f"\n{record.time[:10]} {whose}", style="dim")
            cells = cells_of(record.evidence)
            measured = f"{cells.measured}\npredicted {cells.predicted}" if cells.predicted else ""
        value = f"; the paper's own value: {claim.paper_value}" if claim.paper_value is not None else ""
        finding = f"\nFinding: {claim.finding.text}" if claim.finding else ""
        statement = Text(claim.statement).append(f"\n{claim.origin}: {claim.source}{value}{finding}", style="dim")
        table.add_row(claim.name, "core" if claim.core else claim.tier, statement, verdict, measured)
    return table


def _side_by_sides(rows: Sequence[SideBySide]) -> Table:
    table = _table("task", "beside", "ours", "its", "times faster")
    for row in rows:
        table.add_row(row.what, row.peer, duration(row.ours_seconds), duration(row.peer_seconds), row.shown_ratio)
    return table


def _key(claim: Claim) -> str:
    return f"{claim.slug}/{claim.name}"


def _verdict(verdict: str) -> Text:
    return Text(verdict, style=COLORS.get(verdict, ""))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(
            column, overflow="fold", no_wrap=column in ("slug", "paper", "claim", "option", "observable", "measured")
        )
    return table


def _bar(done: int, total: int, text: str) -> Table:
    grid = Table.grid()
    grid.add_row(ProgressBar(total=max(total, 1), completed=done, width=30), Text(text))
    return grid


def _heading(text: str) -> None:
    out.print()
    out.print(Text(text, style="bold"))


def _duration(seconds: float | None) -> str:
    seconds = max(0, round(seconds or 0))
    if seconds < 90:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
