"""The claim that trains: a network on a grid of 25 modes, at two numbers of steps."""

from __future__ import annotations

from typing import Any

from ... import numerics, transport
from ...claims import Evidence, Measured
from .subject import PAPER, paper

STEPS = (8000, 16_000)
SAMPLES, EXAMPLES = 20_000, 100_000
WINDOWS = (5, 10, 50)


@paper.claim("trained-grid", tier="full", origin="paper", source=f"{PAPER}, 25 modes, with a tenth of its training")
def trained_grid(seed: int) -> list[dict[str, Any]]:
    """A network trained on 25 modes covers them all and samples between neighbors, along the lines of the grid; longer training
    makes it rarer, and the variance over the last 5 steps tells it, that over the last 50 does not (width 64, batches of 1000)."""
    return [{"steps": steps} for steps in STEPS]


@trained_grid.unit
def trained_grid_unit(
    steps: int, seed: int, batch: int = 1000, width: int = 64, samples: int = SAMPLES
) -> dict[str, Any]:
    """One network: where its samples lie, in standard deviations from modes and lines, and their trajectory variances."""
    return grid_samples(
        False, transport.Recipe(steps, batch, width), samples, EXAMPLES, WINDOWS, numerics.part_seed(seed, 7)
    )


def grid_samples(
    rotated: bool, recipe: transport.Recipe, samples: int, examples: int, windows: tuple[int, ...], seed: int
) -> dict[str, Any]:
    """Samples of a network trained on the grid, or on the grid turned by 45°: distances and variances."""
    import numpy as np

    grid = transport.gaussian_grid(rotated)
    training = transport.modes_set("grid", grid, examples, numerics.part_seed(seed, 0))
    _, runs = transport.train_and_sample(training, transport.DiscreteDiffusion.linear(), recipe, samples, windows, seed)
    covered = [bool((np.abs(runs.samples - mode).max(axis=1) < 4 * grid.stddev).any()) for mode in grid.modes]
    return {
        "distance": grid.distances(runs.samples),
        "to_axes": line_distance(grid.modes, runs.samples) / grid.stddev,
        "to_diagonals": line_distance(turned(grid.modes), turned(runs.samples)) / grid.stddev,
        "covered": sum(covered),
        **{f"variance_{window}": runs.variance(window) for window in windows},
    }


def line_distance(modes: Any, points: Any) -> Any:
    """Distance (points,) of each point from the nearest horizontal or vertical line through a mode."""
    import numpy as np

    distances = []
    for axis in range(2):
        levels = np.unique(np.round(modes[:, axis], 9))
        middles = 0.5 * (levels[:-1] + levels[1:])
        distances.append(np.abs(points[:, axis] - levels[np.searchsorted(middles, points[:, axis])]))
    return np.minimum(*distances)


def turned(points: Any) -> Any:
    """Points turned by 45 degrees, (points, 2)."""
    import numpy as np

    return points @ (np.array([[1.0, 1.0], [-1.0, 1.0]]) / 2**0.5)


@trained_grid.judged
def trained_grid_judged(results: list[dict[str, Any]]) -> Evidence:
    """Coverage, rates before and after, areas by window, and the share of hallucinations on the lines of the grid."""
    import numpy as np

    pieces, rates = [], []
    for row, steps in zip(results, STEPS, strict=True):
        bad = np.asarray(row["distance"]) > 6
        found = transport.share(int(bad.sum()), bad.size)
        rates.append(Measured(found.value, found.stderr, bad.size - 1.0))
        on_lines = int(np.count_nonzero(np.asarray(row["to_axes"])[bad] < 6))
        label = f"{steps} steps"
        pieces += [
            Evidence.exact(int(row["covered"]), 25, label=f"{label}: modes covered"),
            Evidence.rate(
                found.count,
                found.total,
                at_least=0.01,
                label=f"{label}: hallucinated (Wilson 95%: {found.low:.4f} to {found.high:.4f})",
            ),
            Evidence.rate(on_lines, found.count, at_least=0.9, label=f"{label}: hallucinated on a line of the grid"),
        ]
    last = results[-1]
    bad, good = np.asarray(last["distance"]) > 6, np.asarray(last["distance"]) < 3
    short, long = (transport.area_under_curve(np.asarray(last[f"variance_{window}"]), bad, good) for window in (5, 50))
    return Evidence.all_of(
        *pieces,
        # One training, looked at twice (same seed, same batches): the error is that of the samples.
        Evidence.at_least(rates[0], rates[1], label="rate falls as steps double"),
        Evidence.at_least(short, 0.75, label="area, last 5 steps"),
        Evidence.at_most(long, 0.6, label="area, last 50 steps"),
    )
