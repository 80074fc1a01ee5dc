"""Results about games on sparse networks as labelled Datasets: theory of core and periphery beside agents simulated on graphs.

Names say the road: `_theory` (mean field), `_exact` (finite-size laws), `_simulation` with `_stderr`, `_data` (a user's network).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ..engines.edge_list import EdgeList
from ..engines.graph import Graph
from ..engines.replicas import run_replicas
from ..numerics.measured import Measured
from ..numerics.seeding import part_seed
from ..numerics.statistics import mean_estimate
from .contagion_games import ContagionGame
from .finite_players import simulate_players
from .graphex import Graphex, degree_counts, sample_graph
from .graphex_estimation import estimate_graphex
from .network_game import HybridSolution, Learning, deviation, empirical_degree_shares, solve_core, solve_hybrid
from .periphery import predicted_shares

SHOWN_DEGREES = (1, 3, 10)
PREDICTIONS = ("hybrid", "core only")
MOST_SAMPLED_EDGES = 3e7
DEFAULT_NODES = 10_000.0


def predicted_network_game(
    game: ContagionGame,
    temperature: float,
    learning: Learning,
    largest: int,
    network: EdgeList | Graphex,
    nodes: float | None,
) -> xr.Dataset:
    """Courses of core, low degrees and the whole network, what agents do, and how much a deviation gains in the core."""
    solution = solve_hybrid(game, temperature, largest_degree=largest, learning=learning)
    shares = _degree_shares(network, nodes, largest)
    whole = predicted_shares(solution.core, list(solution.periphery), shares)
    shown = [degree for degree in SHOWN_DEGREES if degree <= largest]
    courses = [solution.periphery[degree - 1].shares[:, 1] for degree in shown] + [solution.core.shares[:, 1]]
    decisive = 1 if game.name == "rumor" else 0
    policies = [solution.periphery[degree - 1].policy for degree in shown] + [solution.core.policy]
    acting = [np.append(policy[:, decisive, 1], policy[-1, decisive, 1]) for policy in policies]
    what = _prevalence(game)
    return _dataset(
        {
            "prevalence_theory": (
                [whole[:, 1], solution.core.shares[:, 1]],
                f"{what}, all agents",
                ("prediction", "time"),
            ),
            "group_prevalence_theory": (courses, f"{what}, by degree", ("group", "time")),
            "action_theory": (acting, _action(game), ("group", "time")),
            "degree_share_theory": (shares, "Share of nodes of a degree", ("degree",)),
            "exploitability_theory": (
                solution.equilibrium.exploitability,
                "What one core agent gains by a best response",
            ),
            "residual_theory": (solution.equilibrium.residual, "Residual of the core's equilibrium"),
            "return_theory": ([each.earned for each in solution.periphery], "Expected return of an agent", ("degree",)),
        },
        **_coordinates(game, largest),
    )


def simulated_network_game(
    game: ContagionGame,
    temperature: float,
    learning: Learning,
    largest: int,
    network: EdgeList | Graphex,
    nodes: float | None,
    *,
    graphs: int,
    seed: int,
) -> xr.Dataset:
    """The same of agents simulated on sampled graphs, a fresh one for each run, or on the user's network, and their deviations."""
    solution = solve_hybrid(game, temperature, largest_degree=largest, learning=learning)
    if isinstance(network, EdgeList):
        runs = solution.simulate_on(network.graph, runs=graphs, seed=seed)
        counts, sizes = runs.counts, np.repeat(runs.sizes[None], graphs, axis=0)
        predicted = np.repeat(solution.shares_of(network.graph)[None], graphs, axis=0)
        edges = np.full(graphs, network.graph.edges)
    else:
        counts, sizes, predicted, edges = _on_sampled_graphs(solution, network, _size(network, nodes), graphs, seed)
    whole = counts.sum(axis=1) / sizes.sum(axis=1)[:, None, None]
    shown = [degree - 1 for degree in SHOWN_DEGREES if degree <= largest] + [largest]
    members = sizes[:, shown, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        groups = np.where(members > 0, counts[..., 1][:, shown] / members, np.nan)
    gaps = np.stack((_deviations(predicted, whole), deviation(solution.core.shares, whole)), axis=1)
    what = _prevalence(game)
    fields: dict[str, tuple[Any, ...]] = {
        **_with_errors("prevalence_simulation", whole[:, :, 1], f"{what}, all agents", ("time",)),
        **_with_errors("group_prevalence_simulation", groups, f"{what}, by degree", ("group", "time")),
        **_with_errors("deviation_simulation", gaps, "Deviation Δμ of a prediction from the agents", ("prediction",)),
        "nodes_simulation": (sizes.sum(axis=1).mean(), "Agents in a run"),
        "edges_simulation": (edges.mean(), "Edges in a run"),
    }
    if isinstance(network, EdgeList):
        fields |= _fitted(network.graph)
    return _dataset(fields, **_coordinates(game, largest, degrees=False))


def predicted_degrees(network: EdgeList | Graphex, size: float, degrees: Sequence[int]) -> xr.Dataset:
    """Degree law of a graphex: exact at its size, and in the limit; for a network, of the graphex that fits it."""
    graphex, measure = (network, size) if isinstance(network, Graphex) else _graphex_of(network.graph)
    k = np.asarray(degrees)
    total = graphex.expected_nodes(measure)
    return _dataset(
        {
            "degree_share_exact": (
                graphex.expected_degree_counts(measure, k) / total,
                "Share of nodes of a degree",
                ("degree",),
            ),
            "degree_share_theory": (graphex.limiting_degree_shares(k), "Share of nodes of a degree", ("degree",)),
            "nodes_exact": (total, "Mean number of nodes"),
            "edges_exact": (graphex.expected_edges(measure), "Mean number of edges"),
            "sigma_theory": (graphex.sigma, "Sparsity exponent σ"),
            "size_theory": (measure, "Size ν"),
        },
        degree=(k, "degree", "1"),
    )


def simulated_degrees(
    network: EdgeList | Graphex, size: float, degrees: Sequence[int], *, graphs: int, seed: int
) -> xr.Dataset:
    """The same of sampled graphs, with σ estimated from each by its degrees; for a network, of the network itself."""
    k = np.asarray(degrees)
    sampled = not isinstance(network, EdgeList)
    if isinstance(network, EdgeList):
        drawn = [network.graph]
    else:
        drawn = [sample_graph(network, size, seed=part_seed(seed, index)).graph for index in range(graphs)]
    shares = np.stack([degree_counts(graph, k) / graph.nodes for graph in drawn])
    if not sampled:
        errors = np.sqrt(shares[0] * (1 - shares[0]) / drawn[0].nodes)
        fields: dict[str, tuple[Any, ...]] = {
            "degree_share_data": (shares[0], "Share of nodes of a degree", ("degree",)),
            "degree_share_stderr": (errors, "Binomial standard error: share of nodes of a degree", ("degree",)),
            "nodes_data": (float(drawn[0].nodes), "Number of nodes"),
            "edges_data": (float(drawn[0].edges), "Number of edges"),
            **_fitted(drawn[0]),
        }
    else:
        fits = np.array([estimate_graphex(graph).sigma.value for graph in drawn])
        fields = {
            **_with_errors("degree_share_simulation", shares, "Share of nodes of a degree", ("degree",)),
            **_with_errors(
                "nodes_simulation", np.array([graph.nodes for graph in drawn], float), "Mean number of nodes"
            ),
            **_with_errors(
                "edges_simulation", np.array([graph.edges for graph in drawn], float), "Mean number of edges"
            ),
            **_with_errors("sigma_simulation", fits, "Sparsity exponent σ by maximum likelihood"),
        }
    return _dataset(fields, degree=(k, "degree", "1"))


def predicted_deviations(
    game: ContagionGame, temperature: float, learning: Learning, graphex: Graphex, sizes: Sequence[float]
) -> xr.Dataset:
    """What is left of the core-only deviation in the limit of large graphs, where the hybrid's vanishes."""
    solution = solve_hybrid(game, temperature, learning=learning)
    k = np.arange(1, solution.largest_degree + 1)
    limit = predicted_shares(solution.core, list(solution.periphery), graphex.limiting_degree_shares(k))
    left = float(deviation(solution.core.shares, limit))
    nodes = [graphex.expected_nodes(size) for size in sizes]
    return _dataset(
        {
            "deviation_theory": (
                [np.zeros(len(nodes)), np.full(len(nodes), left)],
                _DEVIATION,
                ("prediction", "nodes"),
            ),
            "edges_theory": ([graphex.expected_edges(size) for size in sizes], "Mean number of edges", ("nodes",)),
        },
        nodes=(nodes, "mean number of agents", "1"),
        prediction=(list(PREDICTIONS), "prediction", "1"),
    )


def simulated_deviations(
    game: ContagionGame,
    temperature: float,
    learning: Learning,
    graphex: Graphex,
    sizes: Sequence[float],
    *,
    graphs: int,
    seed: int,
) -> xr.Dataset:
    """Deviations of both predictions from agents on sampled graphs of growing size, a fresh graph for each run."""
    solution = solve_hybrid(game, temperature, learning=learning)
    rows = [
        sampled_deviations(solution, graphex, size, graphs, part_seed(seed, index)) for index, size in enumerate(sizes)
    ]
    nodes = [graphex.expected_nodes(size) for size in sizes]
    gaps = np.stack(rows, axis=2)
    return _dataset(
        _with_errors("deviation_simulation", gaps, _DEVIATION, ("prediction", "nodes")),
        nodes=(nodes, "mean number of agents", "1"),
        prediction=(list(PREDICTIONS), "prediction", "1"),
    )


def sampled_deviations(
    solution: HybridSolution, graphex: Graphex, size: float, graphs: int, seed: int
) -> Float[np.ndarray, "graphs predictions"]:
    """Deviation of the hybrid prediction and of the core alone from agents on each of some fresh graphs."""
    counts, sizes, predicted, _ = _on_sampled_graphs(solution, graphex, size, graphs, seed)
    whole = counts.sum(axis=1) / sizes.sum(axis=1)[:, None, None]
    return np.stack((_deviations(predicted, whole), deviation(solution.core.shares, whole)), axis=1)


def predicted_players(game: ContagionGame, temperature: float) -> xr.Dataset:
    """The equilibrium of a well-mixed population at a temperature: shares of states, actions, what deviating gains."""
    solved = solve_core(game, temperature)
    decisive = 1 if game.name == "rumor" else 0
    return _dataset(
        {
            "share_theory": (solved.state_shares.T, "Share of agents in a state", ("state", "time")),
            "action_theory": (solved.policy[:, decisive, 1], _action(game), ("time",)),
            "exploitability_theory": (solved.exploitability, "What one agent gains by a best response"),
            "residual_theory": (solved.residual, "Residual of the regularized equilibrium"),
        },
        time=(np.arange(game.steps), "time step", "steps"),
        state=(list(game.state_names), "state", "1"),
    )


def simulated_players(game: ContagionGame, temperature: float, agents: int, runs: int, seed: int) -> xr.Dataset:
    """N agents of a well-mixed population who play the equilibrium, and what one of them gains by the best response."""
    solved = solve_core(game, temperature)
    found = simulate_players(game.mean_field(), solved.policy, agents, runs=runs, seed=seed)
    return _dataset(
        {
            "share_simulation": (found.shares.T, "Share of agents in a state", ("state", "time")),
            "share_stderr": (found.shares_stderr.T, "Standard error: share of agents in a state", ("state", "time")),
            **_measured("deviation_simulation", found.deviation, "Deviation Δμ of the agents from the limit"),
            **_measured("exploitability_simulation", found.gain, "What one agent gains by the limit's best response"),
        },
        time=(np.arange(game.steps), "time step", "steps"),
        state=(list(game.state_names), "state", "1"),
    )


_DEVIATION = "Deviation Δμ of a prediction from the agents"


def _deviations(
    predicted: Float[np.ndarray, "graphs times states"], measured: Float[np.ndarray, "graphs times states"]
) -> Any:
    return np.array([deviation(each, seen) for each, seen in zip(predicted, measured, strict=True)])


def _on_sampled_graphs(
    solution: HybridSolution, graphex: Graphex, size: float, graphs: int, seed: int
) -> tuple[Any, Any, Any, Any]:
    """Counts, group sizes, predictions and edges of runs on fresh graphs, over threads."""
    groups, steps, states = len(solution.policies), solution.game.steps + 1, len(solution.game.state_names)
    counts = np.zeros((graphs, groups, steps, states), np.int64)
    sizes, predicted = np.zeros((graphs, groups), np.int64), np.zeros((graphs, steps, states))
    edges = np.zeros(graphs)

    def run(index: int) -> None:
        graph = sample_graph(graphex, size, seed=part_seed(seed, index, 0)).graph
        if graph.nodes == 0:
            raise ValueError(f"nodes must be more: a sampled graph of size {size:.3g} has no edge")
        found = solution.simulate_on(graph, seed=part_seed(seed, index, 1), threads=1)
        counts[index], sizes[index], edges[index] = found.counts[0], found.sizes, graph.edges
        predicted[index] = solution.shares_of(graph)

    run_replicas(run, graphs, None, np.zeros(1, np.int64))
    return counts, sizes, predicted, edges


def _size(graphex: Graphex, nodes: float | None) -> float:
    size = graphex.size_of_nodes(DEFAULT_NODES if nodes is None else nodes)
    if graphex.expected_edges(size) > MOST_SAMPLED_EDGES:
        raise ValueError(
            f"agents must be fewer: {nodes:g} agents at sigma {graphex.sigma:g} have {graphex.expected_edges(size):.1e} edges, "
            f"at most {MOST_SAMPLED_EDGES:.0e} are sampled"
        )
    return size


def _degree_shares(network: EdgeList | Graphex, nodes: float | None, largest: int) -> Float[np.ndarray, " degrees"]:
    if isinstance(network, EdgeList):
        return empirical_degree_shares(network.graph, largest)
    size = _size(network, nodes)
    return network.expected_degree_counts(size, np.arange(1, largest + 1)) / network.expected_nodes(size)


def _graphex_of(graph: Graph) -> tuple[Graphex, float]:
    fit = estimate_graphex(graph)
    return Graphex(fit.sigma.value, clip=True), fit.size


def _fitted(graph: Graph) -> dict[str, tuple[Any, ...]]:
    fit = estimate_graphex(graph)
    return {
        "sigma_data": (fit.sigma.value, "Sparsity exponent σ by maximum likelihood of degrees up to 50"),
        "sigma_stderr": (fit.sigma.stderr, "Standard error: sparsity exponent σ"),
        "leaf_share_data": (fit.leaf_share, "Share of nodes of degree 1"),
    }


def _prevalence(game: ContagionGame) -> str:
    return "Aware share" if game.name == "rumor" else "Infected share"


def _action(game: ContagionGame) -> str:
    if game.name == "rumor":
        return "Probability that an aware agent spreads"
    return "Probability that a susceptible agent protects itself"


def _coordinates(game: ContagionGame, largest: int, *, degrees: bool = True) -> dict[str, tuple[Any, str, str]]:
    groups = [f"degree {degree}" for degree in SHOWN_DEGREES if degree <= largest] + ["core"]
    found: dict[str, tuple[Any, str, str]] = {
        "time": (np.arange(game.steps + 1), "time step", "steps"),
        "group": (groups, "group of agents", "1"),
        "prediction": (list(PREDICTIONS), "prediction", "1"),
    }
    if degrees:
        found["degree"] = (np.arange(1, largest + 1), "degree", "1")
    return found


def _measured(name: str, value: Measured, text: str) -> dict[str, tuple[Any, ...]]:
    return {
        name: (value.value, text),
        name.replace("_simulation", "_stderr"): (value.stderr, f"Standard error: {text}"),
    }


def _with_errors(name: str, samples: np.ndarray, text: str, dims: tuple[str, ...] = ()) -> dict[str, tuple[Any, ...]]:
    """Mean over the first axis and its standard error; a group that is empty in some runs counts where it is not."""
    if samples.ndim == 1 and not dims:
        return _measured(name, mean_estimate(samples), text)
    there = np.isfinite(samples).sum(axis=0)
    total = np.where(np.isfinite(samples), samples, 0.0).sum(axis=0)
    mean = np.where(there > 0, total / np.maximum(there, 1), 0.0)
    squares = (np.where(np.isfinite(samples), samples - mean, 0.0) ** 2).sum(axis=0)
    errors = np.sqrt(squares / np.maximum(there - 1, 1) / np.maximum(there, 1))
    return {name: (mean, text, dims), name.replace("_simulation", "_stderr"): (errors, f"Standard error: {text}", dims)}


def _dataset(fields: dict[str, tuple[Any, ...]], **coordinates: tuple[Any, str, str]) -> xr.Dataset:
    """Variables (values, meaning, dimensions) in shares of one, and coordinates (values, meaning, unit)."""
    variables = {
        name: (tuple(rest[0]) if rest else (), np.asarray(values), {"units": "1", "long_name": text})
        for name, (values, text, *rest) in fields.items()
    }
    axes = {
        name: (name, np.asarray(values), {"units": unit, "long_name": text})
        for name, (values, text, unit) in coordinates.items()
    }
    return xr.Dataset(variables, axes)
