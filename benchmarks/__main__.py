"""Runs every comparison: `make bench`, or `python -m benchmarks NAME ...` for some of them.

The measurements go into the package, where papers show them, and as a table into benchmarks/RESULTS.md.
"""

import datetime
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.timing import Row
from phasebook import runtime, side_by_side
from phasebook.side_by_side import duration

COMPARISONS = (
    "mixture_em",
    "voting_tree",
    "jump_processes",
    "master_equation",
    "moment_closures",
    "sweep_overhead",
    "startup",
    "page",
    "oscillator_ring",
    "lattice",
    "linear_equivalence",
    "dense_hebbian",
    "supervised_memory",
    "spatial_networks",
    "fractional_noise",
    "closed_form_cells",
    "ion_channel",
    "normal_ordering",
    "rewriting",
    "electricity",
    "exact_diagonalization",
    "cumulants",
    "fokker_planck",
    "mean_field_games",
    "diffusion",
    "interpolants",
)
FOLDER = Path(__file__).parent


def main(names: list[str]) -> None:
    """Measure the named comparisons (all by default), keep the former rows of the others, write the table."""
    unknown = set(names) - set(COMPARISONS)
    if unknown:
        raise SystemExit(f"comparisons are {', '.join(COMPARISONS)}; got {', '.join(sorted(unknown))}")
    store = Path(side_by_side.__file__).with_suffix(".json")
    measured = json.loads(store.read_text()) if store.exists() else {}
    for name in names or COMPARISONS:
        print(f"measuring {name} ...", flush=True)
        rows: list[Row] = importlib.import_module(f"benchmarks.{name}").measure()
        day = datetime.date.today().isoformat()
        measured[name] = {
            "rows": [asdict(each) for each in rows],
            "device": runtime.device(),
            "versions": runtime.versions(),
            "day": day,
        }
        for each in rows:
            print(f"  {each.what}: {each.ratio:.2f} [{each.interval[0]:.2f}, {each.interval[1]:.2f}], {each.aim}")
    store.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n")
    (FOLDER / "RESULTS.md").write_text(table(measured))


def table(measured: dict) -> str:
    """RESULTS.md: every ratio with the command, machine and versions that gave it."""
    lines = [
        "# Side by side",
        "",
        "Both programs run in turns in one process group; a ratio is the geometric mean of peer / ours with its 99% bootstrap "
        "interval.",
        "`make bench` measures all of them again; one alone: `python -m benchmarks NAME`.",
        "",
    ]
    for name in COMPARISONS:
        if name not in measured:
            continue
        entry = measured[name]
        lines += [f"## {name}", "", f"`python -m benchmarks {name}`, {entry['day']}, {entry['device']}; "]
        lines += [", ".join(f"{package} {version}" for package, version in entry["versions"].items()) + ".", ""]
        lines += [
            "| what | peer | ours | peer's | ratio | aim | physical limit |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for each in entry["rows"]:
            low, high = each["interval"]
            lines.append(
                f"| {each['what']} | {each['peer']} | {duration(each['ours_seconds'])} | {duration(each['peer_seconds'])} "
                f"| {each['ratio']:.2f} [{low:.2f}, {high:.2f}] | {each['aim']} | {each['limit']} |"
            )
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
