"""The claim that needs an accelerator: parallel updates of lattices of 67 million sites."""

from __future__ import annotations

import time
from typing import Any

from ... import engines, numerics, reactions
from ...claims import Evidence, Measured
from .subject import paper

SIZE = 8192
PARTS = ("percolation", "predator-prey")


@paper.claim(
    "reaction-gpu",
    tier="gpu",
    origin="own",
    source="parallel updates of `engines.lattice_parallel` against the sequential engines",
    statistical=True,
)
def reaction_gpu(seed: int) -> list[dict[str, Any]]:
    """On 8192 × 8192 sites parallel updates give the densities of the sequential engines, for critical percolation and for
    predators and prey, at a billion site updates a second or more."""
    return [{"part": part, "size": SIZE} for part in PARTS]


@reaction_gpu.unit
def reaction_gpu_unit(part: str, size: int, seed: int) -> dict[str, Any]:
    """Density of the parallel run, seconds and updates; beside it the sequential engine on smaller lattices."""
    if part == "percolation":
        return _percolation(size, seed)
    return _predator_prey(size, seed)


@reaction_gpu.judged
def reaction_gpu_judged(results: list[dict[str, Any]]) -> Evidence:
    """Relative differences, whose errors are the sequential sample's, and the speed of each part."""
    pieces = []
    for result in results:
        value, stderr = float(result["sequential"]), float(result["sequential_stderr"])
        ratio = Measured(float(result["parallel"]) / value, stderr / value, float(result["dof"]))
        # Sized for a standard error below 0.1%; an update that draws one random number for two sites shifts densities by several %.
        pieces.append(Evidence.equal(ratio, 1.0, 0.01, label=f"{result['part']}: parallel over sequential density"))
        speeds = numerics.mean_estimate(result["speed"])
        pieces.append(Evidence.at_least(speeds, 1e9, label=f"{result['part']}: site updates per second"))
    return Evidence.all_of(*pieces)


def _percolation(size: int, seed: int) -> dict[str, Any]:
    from ...engines.lattice_parallel import parallel_percolation

    probability, last = reactions.bond_threshold(2), 200

    def run(number: int) -> float:
        return float(
            parallel_percolation(probability, (size, size), [last], seed=numerics.part_seed(seed, 7, number))[0]
        )

    density, speed = _timed(run, float(size) ** 2 * last)
    side = min(size, 1024)
    runs = engines.simulate_percolation(probability, (side, side), [last], seed=numerics.part_seed(seed, 8))
    return _result(density, speed, numerics.mean_estimate(runs.density[:, 0]))


def _predator_prey(size: int, seed: int) -> dict[str, Any]:
    from ...engines.lattice_parallel import SHARE, parallel_lattice

    model, last, start = reactions.PredatorPrey(2.0).lattice, 20.0, {"A": 0.3, "B": 0.3}
    steps = round(last * 2 * model.table.attempt_rate / SHARE)

    def run(number: int) -> float:
        densities, _ = parallel_lattice(
            model, (size, size), [last], initial=start, seed=numerics.part_seed(seed, 9, number)
        )
        return float(densities[0, 0])

    density, speed = _timed(run, float(size) ** 2 * steps)
    side = min(size, 1024)
    runs = engines.simulate_lattice(
        model, (side, side), [last], initial=start, replicas=8, seed=numerics.part_seed(seed, 10)
    )
    return _result(density, speed, numerics.mean_estimate(runs.of("A")[:, 0]))


def _timed(run: Any, updates: float) -> tuple[float, list[float]]:
    """The mean of three runs and their speeds, after one that compiles."""
    run(0)
    values, speeds = [], []
    for number in range(1, 4):
        begin = time.perf_counter()
        values.append(run(number))
        speeds.append(updates / (time.perf_counter() - begin))
    return sum(values) / len(values), speeds


def _result(density: float, speed: list[float], sequential: Measured) -> dict[str, Any]:
    return {
        "parallel": density,
        "speed": speed,
        "sequential": sequential.value,
        "sequential_stderr": sequential.stderr,
        "dof": sequential.dof,
    }
