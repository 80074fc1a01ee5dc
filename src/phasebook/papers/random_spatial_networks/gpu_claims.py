"""A claim for an accelerator and its many cores: circular waves with unequal degrees on 4096² points, and 2.5e7 edges."""

from __future__ import annotations

import math
import time
from typing import Any

from ... import networks, numerics
from ...claims import Evidence, Measured
from .subject import DERIVED, paper

POINTS, SIDE, END = 4096, 1500.0, 60.0
NODES, DENSITY, MEAN = 10_000_000, 200.0, 5.0
LONGEST_SECONDS = 300.0


@paper.claim("plane-waves-gpu", tier="gpu", origin="derived", source=DERIVED)
def plane_waves_gpu(seed: int) -> list[dict[str, Any]]:
    """Circular waves with exponential expected degrees travel at c* − 2/(λ*t) at t = 55 on 4096² points, within 0.05; ten million
    nodes and 25 million edges are drawn in five minutes."""
    return [{"part": "wave"}, {"part": "network"}]


@plane_waves_gpu.unit
def plane_waves_gpu_unit(part: str, seed: int) -> dict[str, Any]:
    """The equations on the device, or the generator on all cores."""
    return circular_wave(POINTS, SIDE, END) if part == "wave" else timed_network(NODES, seed)


def circular_wave(points: int, side: float, end: float) -> dict[str, Any]:
    """Speed of a circular front over the last sixth of the run, along the axis."""
    law, rates = networks.exponential_degrees(MEAN), networks.Rates(1.0, 1.0)
    start = networks.patch(points, side, 3.0, 0.1, 2)
    times = [end * 5 / 6, end]
    field = networks.solve_epidemic_on_device(
        networks.gaussian_kernel(1.0, 2), law, rates, start, side, times, row=True
    )
    places = networks.level_positions(field, networks.final_transmitted(law, rates) / 2)
    return {"speed": float(places[1] - places[0]) / (times[1] - times[0]), "middle": (times[0] + times[1]) / 2}


def timed_network(nodes: int, seed: int) -> dict[str, Any]:
    """Seconds and mean degree of one network on a torus with exponential expected degrees."""
    import numpy as np

    model = networks.build_model(nodes, DENSITY, networks.gaussian_kernel(1.0, 2), networks.exponential_degrees(MEAN))
    begin = time.perf_counter()
    drawn = networks.generate_network(model, numerics.part_seed(seed, 1))
    seconds = time.perf_counter() - begin
    expected = float(np.mean(np.asarray(drawn.expected_degrees)))
    return {"seconds": seconds, "mean_degree": float(drawn.graph.degrees.mean()), "expected": expected, "nodes": nodes}


@plane_waves_gpu.judged
def plane_waves_gpu_judged(results: list[dict[str, Any]]) -> Evidence:
    """Speed against Gärtner's correction; mean degree and time of the generator."""
    wave = next(row for row in results if row["part"] == "wave")
    drawn = next(row for row in results if row["part"] == "network")
    found = networks.wave(
        networks.gaussian_kernel(1.0, 2), networks.exponential_degrees(MEAN), networks.Rates(1.0, 1.0)
    )
    predicted = float(found.speed_at(float(wave["middle"]), dimension=2))
    spread = math.sqrt(2 * MEAN / float(drawn["nodes"]))
    degree = Measured(float(drawn["mean_degree"]), spread, math.inf)
    return Evidence.all_of(
        Evidence.exact(float(wave["speed"]), predicted, 0.05, label="speed of the circular front"),
        Evidence.equal(degree, float(drawn["expected"]), 10 * spread, label="mean degree"),
        Evidence.exact(bool(float(drawn["seconds"]) <= LONGEST_SECONDS), True, label="drawn in five minutes"),
    )
