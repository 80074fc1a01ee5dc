"""Writes the README's table of papers with their verdicts: `make readme`. The verdicts are the shipped ones (reference.jsonl)."""

from pathlib import Path

from phasebook import catalogue
from phasebook.claims import Claim, load_paper
from phasebook.records import Record, reference

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- papers: begin (make readme) -->", "<!-- papers: end -->"


def main() -> None:
    """Replace what stands between the two marks."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


def table() -> str:
    """Built papers with their verdicts, then how many are planned."""
    verdicts = reference()
    lines = ["| paper | family | claims | verdicts by us |", "| --- | --- | --- | --- |"]
    planned = 0
    for slug, entry in catalogue.entries().items():
        if entry.status == "planned":
            planned += 1
            continue
        claims = load_paper(slug).claims
        counts: dict[str, int] = {}
        for name, claim in claims.items():
            told = _verdict(claim, verdicts.get((slug, name)))
            counts[told] = counts.get(told, 0) + 1
        summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        link = f"[{entry.title}](https://arxiv.org/abs/{entry.arxiv})"
        lines.append(f"| `{slug}` {link} | {entry.family} | {len(claims)} | {summary} |")
    lines += ["", f"{planned} more papers stand in the catalogue as planned: `phasebook list`."]
    return "\n".join(lines)


def _verdict(claim: Claim, record: Record | None) -> str:
    if record is None:
        return "not measured"
    return "finding" if claim.finding and record.verdict == "fails" else record.verdict


if __name__ == "__main__":
    main()
