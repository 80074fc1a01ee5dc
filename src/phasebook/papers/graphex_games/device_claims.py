"""A claim for an accelerator: networks of 600,000 agents and 12 million edges, every neighborhood counted at every step."""

from __future__ import annotations

import math
from typing import Any

from ... import numerics, populations
from ...claims import Evidence
from .subject import DERIVED, paper

SIZES, GRAPHS = (600.0, 1200.0, 2400.0, 5000.0), 20


@paper.claim("large-networks-gpu", tier="gpu", origin="derived", source=DERIVED, statistical=True)
def large_networks_gpu(seed: int) -> list[dict[str, Any]]:
    """At size 5000 (600,000 agents) the hybrid prediction deviates by less than 0.012 from the agents, and its deviation falls as
    ν^(−1/2), within 0.2 in the exponent, from size 600 on."""
    return [{"size": size} for size in SIZES]


@large_networks_gpu.unit
def large_networks_gpu_unit(size: float, seed: int, graphs: int = GRAPHS) -> dict[str, Any]:
    """Deviations of the hybrid prediction on fresh graphs of one size, agents simulated on the device."""
    import numpy as np

    solution = populations.solve_hybrid(populations.ContagionGame(), 0.05, learning="core")
    gaps = []
    for index in range(graphs):
        part = numerics.part_seed(seed, size, index)
        graph = populations.sample_graph(populations.Graphex(0.5), size, seed=part).graph
        groups = populations.degree_groups(graph, solution.largest_degree)
        counts = populations.simulate_agents_on_device(solution.game, graph, solution.policies, groups, seed=part)
        shares = counts[0].sum(axis=0) / graph.nodes
        gaps.append(float(populations.deviation(solution.shares_of(graph), shares)))
    return {"gaps": np.array(gaps)}


@large_networks_gpu.judged
def large_networks_gpu_judged(results: list[dict[str, Any]]) -> Evidence:
    """The bound at the largest size, and the slope between the ends."""
    means = {float(result["size"]): numerics.mean_estimate(result["gaps"]) for result in results}
    low, high = min(means), max(means)
    span = math.log(high / low)
    slope = math.log(means[high].value / means[low].value) / span
    stderr = math.hypot(*(means[size].stderr / means[size].value for size in (low, high))) / span
    return Evidence.all_of(
        Evidence.at_most(means[high], 0.012, label=f"deviation at size {high:g}"),
        Evidence.equal(numerics.Measured(slope, stderr, means[high].dof), -0.5, 0.2, label="exponent"),
    )
