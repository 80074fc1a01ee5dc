"""The pages of the documentation site that are made from the code and the last records: papers, families, limits, reference."""

import ast
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from phasebook import catalogue
from phasebook.claims import Claim, Paper, built_papers
from phasebook.experiments import Experiment
from phasebook.records import Record, reference
from phasebook.side_by_side import duration, side_by_sides
from phasebook.terminal_text import cells_of
from phasebook.web.typesetting import typeset

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "phasebook"
BELOW = ("engines", "numerics")
BESIDE = (
    "claims", "evidence", "verdict", "experiments", "parameters", "results", "figures", "records", "verify", "sweeps",
    "sweep_grid", "unit_store", "workers", "runtime", "errors",
)  # fmt: skip


def pages() -> dict[str, str]:
    """All generated pages: path within the site to Markdown."""
    papers = built_papers()
    families = sorted({paper.entry.family for paper in papers})
    made = {"papers/index.md": papers_page(papers), "limits.md": limits_page(papers)}
    made |= {f"papers/{paper.slug}.md": paper_page(paper) for paper in papers}
    made |= {
        f"families/{name}.md": family_page(name, [each for each in papers if each.entry.family == name])
        for name in families
    }
    made |= {f"reference/{name}.md": package_page(name) for name in (*families, *BELOW)}
    made["reference/phasebook.md"] = _modules_page("phasebook", "What stands beside the families", BESIDE)
    made["contributing.md"] = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    made["changelog.md"] = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return made


def navigation() -> list[dict[str, object]]:
    """The site's table of contents."""
    papers = built_papers()
    families = sorted({paper.entry.family for paper in papers})
    return [
        {"Getting started": "index.md"},
        {"Families": [{name.capitalize(): f"families/{name}.md"} for name in families]},
        {"Papers": ["papers/index.md", *({paper.slug: f"papers/{paper.slug}.md"} for paper in papers)]},
        {"When it fails": "limits.md"},
        {"Reference": [{name: f"reference/{name}.md"} for name in ("phasebook", *families, *BELOW)]},
        {"Contributing": "contributing.md"},
        {"Changes": "changelog.md"},
    ]


def papers_page(papers: Iterable[Paper]) -> str:
    """All built papers, one line each, and those that are planned."""
    rows = [
        f"| [{paper.slug}]({paper.slug}.md) | {_cell(paper.entry.title)} | "
        f"[{paper.entry.family}](../families/{paper.entry.family}.md) | {len(paper.claims)} |"
        for paper in papers
    ]
    planned = [entry for entry in catalogue.entries().values() if entry.status == "planned"]
    return "\n".join(
        [
            "# Papers",
            "",
            "| paper | title | family | claims |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            "## Planned",
            "",
            *(f"- {escape(entry.title)} (arXiv {entry.arxiv})" for entry in planned),
        ]
    )


def paper_page(paper: Paper) -> str:
    """A paper whole: what we found, equations, experiments, claims with the verdicts that ship, limits, side-by-sides."""
    entry = paper.entry
    lines = [
        f"# {escape(entry.title)}",
        "",
        f"`{paper.slug}` · [arXiv {entry.arxiv}](https://arxiv.org/abs/{entry.arxiv}) · {entry.published} · "
        f"[{entry.family}](../families/{entry.family}.md)",
        "",
        escape(entry.summary),
    ]
    lines += _section("What we found", (escape(note) for note in paper.notes))
    lines += _section("Where it stops being true", [escape(paper.stops)])
    lines += _section("Model and theory", [_equations(paper)])
    for experiment in paper.experiments.values():
        lines += _section(f"Experiment {experiment.name}", [_experiment(experiment)])
    lines += _section("Claims", [_claims(paper)])
    lines += _section(
        "Not covered", (f"- {escape(each.statement)} ({escape(each.reason)})" for each in paper.uncovered)
    )
    lines += _section("On your own data", [f"```sh\n{paper.own_data}\n```"])
    lines += _section("Beside other programs", [_side_by_sides(paper)])
    return "\n".join(lines)


def family_page(name: str, papers: list[Paper]) -> str:
    """A family: what it holds, its papers with their equations, and a worked example on a user's own data."""
    modules = [
        f"- [`{module}`](../reference/{name}.md#phasebook.{name}.{module}): {escape(text)}"
        for module, text in _modules(name)
    ]
    lines = [f"# {name.capitalize()}", "", escape(_docstring(PACKAGE / name / "__init__.py"))]
    lines += _section(
        "Papers", (f"- [{each.slug}](../papers/{each.slug}.md): {escape(each.entry.title)}" for each in papers)
    )
    for paper in papers:
        lines += _section(f"Equations of {paper.slug}", [_equations(paper)])
    for script in sorted((ROOT / "examples").glob(f"{name}_*.py")):
        lines += _section(f"Worked example: {script.stem}", [_example(script)])
    lines += _section("Modules", modules)
    return "\n".join(lines)


def limits_page(papers: Iterable[Paper]) -> str:
    """Where each theory stops being true, and what an honest measurement refuted."""
    lines = [
        "# When it fails",
        "",
        "Every formula here holds in a limit. This is where each one stops being true, as measured, and the claims that a "
        "measurement refutes.",
    ]
    for paper in papers:
        lines += [
            "",
            f"## {escape(paper.entry.title)}",
            "",
            f"[{paper.slug}](papers/{paper.slug}.md)",
            "",
            escape(paper.stops),
        ]
        for claim in paper.claims.values():
            if claim.finding is not None:
                lines += ["", f"- **{claim.name}**, a finding: {escape(claim.finding.text)}"]
    return "\n".join(lines)


def package_page(name: str) -> str:
    """The reference of a family or an engine room: its modules with everything public in them."""
    return _modules_page(
        f"phasebook.{name}", _docstring(PACKAGE / name / "__init__.py"), [each for each, _ in _modules(name)]
    )


def _modules_page(package: str, text: str, modules: Iterable[str]) -> str:
    blocks = [f"::: {package}.{module}" for module in modules]
    return "\n\n".join([f"# {package}", escape(text), *blocks])


def _modules(package: str) -> Iterator[tuple[str, str]]:
    for path in sorted((PACKAGE / package).glob("*.py")):
        if not path.stem.startswith("_"):
            yield path.stem, _docstring(path)


def _docstring(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def _section(title: str, paragraphs: Iterable[str]) -> list[str]:
    found = [text for text in paragraphs if text]
    items = all(text.startswith("- ") for text in found)
    return ["", f"## {title}", "", ("\n" if items else "\n\n").join(found)] if found else []


def _equations(paper: Paper) -> str:
    return "\n\n".join(
        f'**{escape(each.name)}**\n\n<p class="formula">{typeset(each.formula)}</p>\n\n{escape(each.where)}'
        for each in paper.equations
    )


def _experiment(experiment: Experiment) -> str:
    rows = [
        f"| `--{each.option}` | {_cell(_default(each.default))} | {_cell(each.allowed)} | {_cell(each.help)} |"
        for each in experiment.parameters.values()
    ]
    table = ["| option | default | allowed | meaning |", "| --- | --- | --- | --- |", *rows] if rows else []
    conventions = [f"\n*{escape(key)}*: {escape(text)}" for key, text in experiment.conventions.items()]
    return "\n".join(
        [
            escape(experiment.title),
            "",
            escape(experiment.details),
            "",
            f"```sh\nphasebook run {experiment.slug} {experiment.name} --plot figure.png\n```",
            "",
            *table,
            *conventions,
        ]
    )


def _default(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)


def _claims(paper: Paper) -> str:
    verdicts = reference()
    rows = [_claim(claim, verdicts.get((paper.slug, name))) for name, claim in paper.claims.items()]
    return "\n".join(
        ["| claim | statement | predicted | measured | verdict |", "| --- | --- | --- | --- | --- |", *rows]
    )


def _claim(claim: Claim, record: Record | None) -> str:
    cells = cells_of(record.evidence) if record is not None else None
    verdict = "not measured" if record is None else record.verdict
    if record is not None and claim.finding is not None and verdict == "fails":
        verdict = f"finding: {claim.finding.text}"
    tier = "core" if claim.core else claim.tier
    return (
        f"| **{claim.name}** ({tier}) | {_cell(claim.statement)} *{claim.origin}: {_cell(claim.source)}* | "
        f"{_cell(cells.predicted) if cells else ''} | {_cell(cells.measured) if cells else ''} | {_cell(verdict)} |"
    )


def _side_by_sides(paper: Paper) -> str:
    rows = side_by_sides(paper.comparisons)
    if not rows:
        return ""
    lines = [
        f"| {_cell(row.what)} | {_cell(row.peer)} | {duration(row.ours_seconds)} | {duration(row.peer_seconds)} | "
        f"{row.shown_ratio} |"
        for row in rows
    ]
    return "\n".join(
        [f"Measured {rows[0].day}, {rows[0].device}.", "", "| task | beside | ours | its | times faster |",
         "| --- | --- | --- | --- | --- |", *lines]
    )  # fmt: skip


def _example(script: Path) -> str:
    text = script.read_text(encoding="utf-8")
    return "\n".join(
        [f"{escape(_docstring(script))}", "", f'```python title="examples/{script.name}"', text.rstrip(), "```"]
    )


def _cell(text: str) -> str:
    """Text for a table's cell: one line, its bars and HTML escaped."""
    return escape(" ".join(str(text).split())).replace("|", "\\|")
