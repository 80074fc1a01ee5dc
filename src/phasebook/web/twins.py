"""A paper's page in two other forms, for scripts and agents: Markdown, and JSON."""

from dataclasses import asdict
from typing import Any

from ..citation import bibtex
from ..experiments import Experiment
from ..side_by_side import SideBySide, duration
from .views import ClaimView, PaperView, shown_verdict


def paper_markdown(view: PaperView) -> str:
    """The page's sections in the page's order."""
    entry, paper = view.entry, view.paper
    authors = f" · {entry.authors} author{'s' if entry.authors != 1 else ''}" if entry.authors else ""
    identifier = f" · arXiv:{entry.arxiv}" if entry.arxiv else ""
    lines = [
        f"# {_line(entry.title)}",
        "",
        f"{entry.slug} · {entry.published}{authors}{identifier} · {entry.family}",
        "",
    ]
    lines += [_line(entry.summary), ""]
    if paper is None:
        return "\n".join([*lines, "**Planned**: in the catalogue, without experiments or claims yet.", ""])
    if paper.notes:
        lines += ["## What we found", "", *(f"- {_line(note)}" for note in paper.notes), ""]
    if paper.stops:
        lines += ["## Where it stops being true", "", _line(paper.stops), ""]
    lines += ["## Claims", "", "| claim | statement | origin | paper's number | predicted | ours | yours |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- |", *(_claim_row(each) for each in view.claims), ""]
    if paper.uncovered:
        lines += ["## Not covered", "", *(f"- {_line(u.statement)} ({_line(u.reason)})" for u in paper.uncovered), ""]
    lines += ["## Try it", ""]
    for experiment in paper.experiments.values():
        lines += [*_experiment(experiment), ""]
    if paper.equations:
        lines += ["## Model and theory", ""]
        for equation in paper.equations:
            lines += [
                f"**{_line(equation.name)}**",
                "",
                f"    {_line(equation.formula)}",
                "",
                _line(equation.where),
                "",
            ]
    if paper.own_data:
        lines += ["## On your own data", "", _line(paper.own_data), ""]
    if view.side_by_sides:
        lines += ["## Beside other programs", "", "| task | beside | ours | its | times faster | measured |"]
        lines += ["| --- | --- | --- | --- | --- | --- |", *map(_side_by_side_row, view.side_by_sides), ""]
    return "\n".join([*lines, "## Cite", "", "```bibtex", bibtex(entry), "```", ""])


def paper_json(view: PaperView) -> dict[str, Any]:
    """The page's content as plain objects."""
    entry, paper = view.entry, view.paper
    table: dict[str, Any] = {
        "slug": entry.slug,
        "title": entry.title,
        "arxiv": entry.arxiv,
        "published": entry.published,
        "authors": entry.authors,
        "family": entry.family,
        "status": entry.status,
        "summary": entry.summary,
        "keywords": list(entry.keywords),
    }
    if paper is not None:
        table |= {
            "found": list(paper.notes),
            "stops": paper.stops,
            "own_data": paper.own_data,
            "equations": [asdict(each) for each in paper.equations],
            "side_by_sides": [asdict(each) for each in view.side_by_sides],
            "not_covered": [{"statement": each.statement, "reason": each.reason} for each in paper.uncovered],
            "experiments": [experiment_json(each) for each in paper.experiments.values()],
            "claims": [claim_json(each) for each in view.claims],
        }
    return table


def experiment_json(experiment: Experiment) -> dict[str, Any]:
    """An experiment with its parameters."""
    return {
        "name": experiment.name,
        "title": experiment.title,
        "roads": list(experiment.roads),
        "theory": experiment.cost if experiment.theory is not None else "absent",
        "conventions": dict(experiment.conventions),
        "parameters": [
            {
                "name": each.name,
                "kind": each.kind,
                "default": list(each.default) if isinstance(each.default, tuple) else each.default,
                "allowed": each.allowed,
                "unit": each.unit,
                "help": each.help,
                "road": each.road,
                "choices": list(each.choices),
            }
            for each in experiment.parameters.values()
        ],
    }


def claim_json(view: ClaimView) -> dict[str, Any]:
    """A claim with our verdict and the reader's."""
    claim = view.claim
    return {
        "claim": claim.name,
        "tier": view.tier,
        "statement": claim.statement,
        "origin": claim.origin,
        "source": claim.source,
        "paper_value": claim.paper_value,
        "finding": None if claim.finding is None else claim.finding.text,
        **{
            whose: None
            if record is None
            else {
                "verdict": shown_verdict(claim, record),
                "measured": record.evidence.get("measured"),
                "stderr": record.evidence.get("stderr"),
                "predicted": record.evidence.get("predicted"),
                "tolerance": record.evidence.get("tolerance"),
                "time": record.time,
                "seed": record.seed,
                "seconds": record.seconds,
                "device": record.device,
                "versions": record.versions,
                "code_version": record.code_version,
            }
            for whose, record in (("ours", view.ours), ("yours", view.yours))
        },
    }


def _claim_row(view: ClaimView) -> str:
    claim = view.claim
    cells = [f"`{claim.name}` ({view.tier})", _line(claim.statement), claim.origin, view.paper_value, view.predicted]
    for record, shown in ((view.ours, view.our_cells), (view.yours, view.your_cells)):
        cells.append(f"{shown_verdict(claim, record)} {shown.measured}".strip() if record else "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _side_by_side_row(row: SideBySide) -> str:
    cells = [row.what, row.peer, duration(row.ours_seconds), duration(row.peer_seconds), row.shown_ratio, row.day]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _experiment(experiment: Experiment) -> list[str]:
    lines = [f"### {experiment.name}", "", _line(experiment.title), ""]
    lines += [f"    phasebook run {experiment.slug} {experiment.name} --plot {experiment.name}.png", ""]
    for parameter in experiment.parameters.values():
        lines.append(f"- `--{parameter.option}` ({parameter.allowed}; default {parameter.default}): {parameter.help}")
    return lines


def _line(text: str) -> str:
    """One line that is no heading, list or HTML of its own: imported texts are others' words."""
    return " ".join(text.replace("<", "&lt;").split())
