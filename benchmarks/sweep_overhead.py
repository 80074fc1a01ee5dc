"""What the sweep runner adds to each unit: an experiment that costs almost nothing, over many grid points."""

import tempfile
import time
from pathlib import Path

from benchmarks.timing import Row
from phasebook.claims import load_paper
from phasebook.sweep_grid import parse_grid
from phasebook.sweeps import Sweep, run_sweep

POINTS = 1500


def measure() -> list[Row]:
    """Seconds per unit of a sweep in two processes, beside the same units called one after another in a loop."""
    experiment = load_paper("multi-agent-synergy").experiments["root-bias"]
    grid = parse_grid(experiment, [f"fidelity=0:1:{POINTS}", "depth=3"], "theory")
    overheads, bare = [], []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            sweep = Sweep(experiment, grid, 1, Path(folder) / "s.zarr", "theory")
            begin = time.perf_counter()
            for _ in run_sweep(sweep, workers=2):
                pass
            swept = (time.perf_counter() - begin) / POINTS
        begin = time.perf_counter()
        for point in grid.points():
            experiment.run(point, only="theory")
        bare.append((time.perf_counter() - begin) / POINTS)
        overheads.append(swept)
    ours, alone = min(overheads), min(bare)
    ends = sorted(b / a for a, b in zip(overheads, bare, strict=True))
    limit = "one fsync and one rename per unit: about 6 ms on this disk"
    return [
        Row(
            "a sweep's unit, start of the processes included",
            "the same call in a loop",
            ours,
            alone,
            alone / ours,
            (ends[0], ends[-1]),
            "below 15 ms per unit",
            limit,
        )
    ]
