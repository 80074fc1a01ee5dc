"""Measures the verdicts that ship: `make reference`, or `python -m docs.reference_records [--tier TIER | --claim ID] [SLUG ...]`.

Quick and full claims are measured once, with seed 0, and written to src/phasebook/reference.jsonl as it ends; papers that are
not named keep the verdicts they have, and so do claims that are skipped here (a claim that needs a GPU is measured where one is).
"""

import argparse
import sys
from pathlib import Path

from phasebook import runtime


def main(slugs: list[str], tiers: list[str], claim: str | None = None) -> int:
    """Measure, and write after each verdict, so that stopping loses nothing; exit code as `phasebook verify` has it."""
    from phasebook.claims import built_papers
    from phasebook.records import parse_lines, to_lines
    from phasebook.unit_store import write_text
    from phasebook.verify import exit_code, select_claims, verify

    file = Path(__file__).resolve().parents[1] / "src" / "phasebook" / "reference.jsonl"
    built = {(paper.slug, name) for paper in built_papers() for name in paper.claims}
    results = []
    chosen = [select_claims(slugs, claim=claim)] if claim else [select_claims(slugs, tier=tier) for tier in tiers]
    for claims in chosen:
        for step in verify(claims, keep=False):
            if step.result is None:
                continue
            results.append(step.result)
            print(
                f"{step.claim.slug} {step.claim.name}: {step.result.verdict}, {step.result.seconds:.1f} s", flush=True
            )
            # Read anew each time: another run may have measured other claims meanwhile.
            known = {(record.paper, record.claim): record for record in parse_lines(file.read_text().splitlines())}
            kept = {key: record for key, record in known.items() if key in built}
            if step.result.verdict != "skipped":
                kept[step.claim.slug, step.claim.name] = step.result.record()
            write_text(file, "".join(f"{line}\n" for line in to_lines(kept[key] for key in sorted(kept))))
    return exit_code(results)


if __name__ == "__main__":
    runtime.prepare_process(threads=1)
    parser = argparse.ArgumentParser(description="Measure the verdicts that ship with Phasebook.")
    parser.add_argument("slugs", nargs="*", metavar="SLUG")
    parser.add_argument("--tier", choices=("quick", "full"))
    parser.add_argument("--claim", help="only this claim, whatever its tier", metavar="ID")
    options = parser.parse_args()
    sys.exit(main(options.slugs, [options.tier] if options.tier else ["quick", "full"], options.claim))
