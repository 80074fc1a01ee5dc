"""Long claims, measured in units: deviations against size, what a deviator gains, other games, and the exponent found again."""

from __future__ import annotations

import math
from typing import Any

from ... import numerics, populations
from ...claims import Evidence
from .subject import DERIVED, SUMMARY, paper

SIZES = {100.0: 400, 400.0: 200, 1500.0: 160}
BOUNDS = {100.0: (0.068, 0.75), 400.0: (0.038, 0.6), 1500.0: (0.018, 0.4)}
BATCHES = 8
OTHER_GAMES = ("sir", "rumor")


@paper.claim("size-scaling", tier="full", origin="derived", source=DERIVED, statistical=True)
def size_scaling(seed: int) -> list[dict[str, Any]]:
    """With all agents on the core's policy, the hybrid prediction's deviation falls below 0.068, 0.038 and 0.018 at sizes
    100, 400 and 1500, to less than 0.75, 0.6 and 0.4 of the core-only prediction's, like ν^(−1/2)."""
    return [{"size": size, "batch": batch} for size in SIZES for batch in range(BATCHES)]


@size_scaling.unit
def size_scaling_unit(size: float, batch: int, seed: int, graphs: int | None = None) -> dict[str, Any]:
    """Deviations of both predictions on an eighth of the graphs of one size."""
    solution = populations.solve_hybrid(populations.ContagionGame(), 0.05, learning="core")
    count = SIZES[size] // BATCHES if graphs is None else graphs
    part = numerics.part_seed(seed, size, batch)
    return {"gaps": populations.sampled_deviations(solution, populations.Graphex(0.5), size, count, part)}


@size_scaling.judged
def size_scaling_judged(results: list[dict[str, Any]]) -> Evidence:
    """Bounds at each size, and the slope from the smallest to the largest."""
    import numpy as np

    pieces, means = [], {}
    for size, (bound, share) in BOUNDS.items():
        gaps = np.concatenate([result["gaps"] for result in results if float(result["size"]) == size])
        means[size] = numerics.mean_estimate(gaps[:, 0])
        pieces.append(Evidence.at_most(means[size], bound, label=f"ν = {size:g}: deviation"))
        excess = numerics.mean_estimate(gaps[:, 0] - share * gaps[:, 1])
        pieces.append(Evidence.at_most(excess, 0.0, label=f"ν = {size:g}: deviation less {share} of core-only's"))
    low, high = means[100.0], means[1500.0]
    slope = math.log(high.value / low.value) / math.log(15.0)
    stderr = math.hypot(high.stderr / high.value, low.stderr / low.value) / math.log(15.0)
    # Standard error 0.012. Independent errors of the agents alone would give ν^(−3/4), a prediction that is wrong in the limit 0.
    return Evidence.all_of(
        *pieces, Evidence.equal(numerics.Measured(slope, stderr, low.dof), -0.5, 0.1, label="exponent")
    )


@paper.claim("deviators", tier="full", origin="derived", source=DERIVED, statistical=True)
def deviators(seed: int) -> list[dict[str, Any]]:
    """On graphs of 14,000 agents who play their own degree's policy, a few who best respond at degrees 1 and 3 gain less than 5% of
    their return; where degree one copies the core's policy, they gain more than that."""
    return [{"degree": degree, "learning": learning} for degree, learning in ((1, "own"), (3, "own"), (1, "core"))]


@deviators.unit
def deviators_unit(degree: int, learning: Any, seed: int, size: float = 400.0, graphs: int = 60) -> dict[str, Any]:
    """Mean returns of one in twenty agents of a degree who deviate, and of the others of that degree, on each graph."""
    import numpy as np

    solution = populations.solve_hybrid(populations.ContagionGame(), 0.05, learning=learning)
    best = populations.best_peripheral_policy(solution.core, degree, solution.periphery[degree - 1].policy)
    policies = np.concatenate((solution.policies, best.policy[None]))
    deviating, staying = [], []
    for index in range(graphs):
        part = numerics.part_seed(seed, degree, index, len(learning))
        graph = populations.sample_graph(populations.Graphex(0.5), size, seed=part).graph
        groups = populations.degree_groups(graph, solution.largest_degree)
        chosen = (groups == degree - 1) & (np.random.default_rng(part).random(graph.nodes) < 0.05)
        groups = np.where(chosen, len(policies) - 1, groups)
        runs = populations.simulate_agents(solution.game, graph, policies, groups, runs=4, seed=part)
        deviating.append(float(runs.earned[:, -1].mean()))
        staying.append(float(runs.earned[:, degree - 1].mean()))
    return {"deviating": np.array(deviating), "staying": np.array(staying)}


@deviators.judged
def deviators_judged(results: list[dict[str, Any]]) -> Evidence:
    """Paired gains over graphs, against 5% of the return."""
    import numpy as np

    pieces, gains = [], {}
    for result in results:
        key = int(result["degree"]), str(result["learning"])
        gain, scale = result["deviating"] - result["staying"], float(np.abs(result["staying"]).mean())
        gains[key] = numerics.mean_estimate(gain / scale)
        if key[1] == "own":
            pieces.append(Evidence.at_most(gains[key], 0.05, label=f"degree {key[0]}, own policy: relative gain"))
    pieces.append(Evidence.at_least(gains[1, "core"], 0.05, label="degree 1, the core's policy: relative gain"))
    pieces.append(Evidence.at_least(gains[1, "core"], gains[1, "own"], label="it exceeds the gain with own policies"))
    return Evidence.all_of(*pieces)


@paper.claim("other-games", tier="full", origin="derived", source=SUMMARY, statistical=True)
def other_games(seed: int) -> list[dict[str, Any]]:
    """With immunity and for rumors the hybrid prediction deviates by less than 0.05 on graphs of 25,000 agents, and less than the
    core's course; the share ever infected rises with the degree."""
    return [{"game": name} for name in OTHER_GAMES]


@other_games.unit
def other_games_unit(game: Any, seed: int, size: float = 600.0, graphs: int = 160) -> dict[str, Any]:
    """Deviations on fresh graphs, and the final shares of each degree on them and in theory."""
    import numpy as np

    solution = populations.solve_hybrid(populations.choose_game(game), 0.05, learning="core")
    graphex = populations.Graphex(0.5)
    gaps = populations.sampled_deviations(solution, graphex, size, graphs, numerics.part_seed(seed, len(game)))
    finals = []
    for index in range(max(2, graphs // 4)):
        part = numerics.part_seed(seed, len(game), index, 1)
        runs = solution.simulate_on(populations.sample_graph(graphex, size, seed=part).graph, seed=part)
        finals.append(runs.group_shares[0, :, -1, -1])
    theory = np.array([each.shares[-1, -1] for each in solution.periphery])
    return {"gaps": gaps, "final": np.array(finals), "theory": theory}


@other_games.judged
def other_games_judged(results: list[dict[str, Any]]) -> Evidence:
    """Deviations of both games, and the order of the final shares by degree."""
    import numpy as np

    pieces = []
    for result in results:
        name, gaps = str(result["game"]), np.asarray(result["gaps"])
        pieces.append(Evidence.at_most(numerics.mean_estimate(gaps[:, 0]), 0.05, label=f"{name}: deviation"))
        label = f"{name}: core alone less hybrid"
        pieces.append(Evidence.ordering(gaps[:, 1].tolist(), gaps[:, 0].tolist(), label=label))
        if name != "sir":
            continue
        theory, final = np.asarray(result["theory"]), np.asarray(result["final"])
        pieces.append(
            Evidence.exact(bool((np.diff(theory) > 0).all()), True, label="sir: final share rises, in theory")
        )
        for low, high in ((1, 2), (2, 4), (4, 8)):
            seen = final[:, [low - 1, high - 1]]
            seen = seen[np.isfinite(seen).all(axis=1)]
            label = f"sir: final share of degree {high} above {low}"
            pieces.append(Evidence.ordering(seen[:, 1].tolist(), seen[:, 0].tolist(), label=label))
    return Evidence.all_of(*pieces)


@paper.claim(
    "exponent-recovery", tier="full", origin="derived", source="maximum likelihood of Sibuya's law", statistical=True
)
def exponent_recovery(seed: int) -> list[dict[str, Any]]:
    """From graphs of size 300 at σ = 0.5, 0.6, 0.7 and 0.8 maximum likelihood finds σ to 0.02 nearly always, and the share
    of leaves comes within 0.02 of σ on average at size 1000."""
    return [{"sigma": sigma} for sigma in (0.5, 0.6, 0.7, 0.8)]


@exponent_recovery.unit
def exponent_recovery_unit(sigma: float, seed: int, size: float = 300.0, graphs: int = 200) -> dict[str, Any]:
    """Estimates from graphs of the smaller size, and shares of leaves in a tenth as many larger ones."""
    import numpy as np

    graphex = populations.Graphex(sigma)
    found = [
        populations.estimate_graphex(
            populations.sample_graph(graphex, size, seed=numerics.part_seed(seed, sigma, index)).graph
        ).sigma.value
        for index in range(graphs)
    ]
    large = [
        populations.sample_graph(graphex, size / 0.3, seed=numerics.part_seed(seed, sigma, index, 1)).graph
        for index in range(max(2, graphs // 10))
    ]
    shares = [float(populations.degree_counts(graph, [1])[0] / graph.nodes) for graph in large]
    return {"estimates": np.array(found), "leaves": np.array(shares)}


@exponent_recovery.judged
def exponent_recovery_judged(results: list[dict[str, Any]]) -> Evidence:
    """How many estimates lie within 0.02, and the mean share of leaves."""
    import numpy as np

    pieces = []
    for result in results:
        sigma = float(result["sigma"])
        near = np.abs(np.asarray(result["estimates"]) - sigma) < 0.02
        label = f"σ = {sigma}: estimates within 0.02"
        pieces.append(Evidence.rate(int(near.sum()), near.size, at_least=0.85, label=label))
        leaves = numerics.mean_estimate(np.asarray(result["leaves"]))
        pieces.append(Evidence.equal(leaves, sigma, 0.02, label=f"σ = {sigma}: share of leaves at size 1000"))
    return Evidence.all_of(*pieces)
