"""Experiments: a game on a sparse network, its deviation against the network's size, degree laws, and a well-mixed
population."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import populations
from ...claims import File, Help, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

GameName = Annotated[Literal["sis", "sir", "rumor"], Help("who catches what: sis, sir (with immunity) or a rumor")]
Exponent = Annotated[
    float | None, Range(0.5, 0.95, "sparsity exponent σ: degrees fall like k^(−1−σ) (0.5 unless given)")
]
Temperature = Annotated[float, Range(0.02, 2.0, "temperature of the players' entropy, in rewards")]
Infection = Annotated[
    float | None, Range(0.0, 1.0, "chance to catch it when all neighbors pass it on (0.8 unless given)")
]
Recovery = Annotated[float | None, Range(0.0, 1.0, "chance to recover in a step (sis, sir; 0.2 unless given)")]
Power = Annotated[float | None, Range(1.0, 4.0, "power of the infected share in the chance to catch it (sis, sir; 1)")]
CostInfected = Annotated[float | None, Range(0.0, 100.0, "cost of a step of infection (sis, sir; 1 unless given)")]
CostProtection = Annotated[float | None, Range(0.0, 100.0, "cost of a step of protection (sis, sir; 0.5 unless given)")]
Benefit = Annotated[float | None, Range(0.0, 100.0, "what spreading to the unaware earns (rumor; 1 unless given)")]
CostSpreading = Annotated[
    float | None, Range(0.0, 100.0, "what spreading to the aware costs (rumor; 0.5 unless given)")
]
InitialShare = Annotated[
    float | None, Range(0.0, 1.0, "share infected or aware at the start (0.5 in sis, else 0.1, unless given)")
]
Horizon = Annotated[int, Range(2, 200, "steps of the game", "steps")]
Largest = Annotated[int, Range(1, 12, "largest degree that has a problem of its own; higher ones are core")]
LearningName = Annotated[
    Literal["own", "core"], Help("what peripheral agents play: their own best policy or the core's")
]
Agents = Annotated[int | None, Range(100, 300_000, "mean number of agents of sampled graphs (10000 unless given)")]
Symmetrize = Annotated[bool, Help("whether directions and weights of the edge list are dropped")]
EDGES = File(
    "phasebook.engines.edge_list:read_edge_list",
    "your network: two columns of nodes (KONECT, SNAP, CSV, Matrix Market; .gz too)",
    (".txt", ".tsv", ".csv", ".mtx", ".edges", ".edgelist", ".gz"),
)
Network = Annotated[Literal["sampled"] | UserFile, EDGES]
MODEL = {
    "contagion": "P(infected | susceptible, free) = infection · (infected share of neighbors)^power; synchronous steps",
    "graph": "W(α, β) = ξ(α)ξ(β), ξ(α) = (1/σ − 1)(1 + α)^(−1/σ); isolated nodes are dropped",
}


@paper.experiment(theory="job", show=("prevalence", "group_prevalence"), conventions=MODEL)
def equilibrium(
    game: GameName = "sis",
    exponent: Exponent = None,
    agents: Agents = None,
    edges: Network = "sampled",
    symmetrize: Symmetrize = False,
    temperature: Temperature = 0.05,
    learning: LearningName = "own",
    largest_degree: Largest = 10,
    infection: Infection = None,
    recovery: Recovery = None,
    power: Power = None,
    cost_infected: CostInfected = None,
    cost_protection: CostProtection = None,
    benefit: Benefit = None,
    cost_spreading: CostSpreading = None,
    initial_share: InitialShare = None,
    horizon: Horizon = 50,
) -> xr.Dataset:
    """A game of infection or rumor on a sparse network: hubs, agents of low degree and the whole, predicted and
    simulated.

    Core: μ(t+1, x') = Σ μ(t, x) π(t, u | x) P(x' | x, u, G(t)), with G the distribution of contacts in the core
    itself; π is the equilibrium at a temperature. Degree k: the Markov chain of (own state, numbers of k lasting
    neighbors by state), each neighbor a copy of the core's chain. Whole: Σ f(k) μ_k + f(> K) μ_core. Variables:
    prevalence_theory (prediction, time), group_prevalence_theory and action_theory (group, time), degree_share_theory
    and return_theory (degree), exploitability_theory, residual_theory. Source: arXiv 2401.12686 (equations derived).
    """
    rules = _game(
        game,
        infection,
        recovery,
        power,
        cost_infected,
        cost_protection,
        benefit,
        cost_spreading,
        initial_share,
        horizon,
    )
    network, nodes = _network(exponent, agents, edges, symmetrize)
    return populations.predicted_network_game(rules, temperature, learning, largest_degree, network, nodes)


@equilibrium.measurement
def simulated_equilibrium(
    game: Any,
    exponent: float | None,
    agents: int | None,
    edges: Any,
    symmetrize: bool,
    temperature: float,
    learning: Any,
    largest_degree: int,
    infection: float | None,
    recovery: float | None,
    power: float | None,
    cost_infected: float | None,
    cost_protection: float | None,
    benefit: float | None,
    cost_spreading: float | None,
    initial_share: float | None,
    horizon: int,
    *,
    runs: Annotated[int, Range(2, 10_000, "runs, each on a fresh graph unless edges are given")] = 20,
    seed: int,
) -> xr.Dataset:
    """Agents one by one on sampled graphs or on your network: courses with errors, and the deviation Δμ of both
    predictions.

    deviation_simulation (prediction): (1/2T) Σ_t Σ_x |predicted − simulated share|, with the degrees of each graph.
    For a network of yours also sigma_data, leaf_share_data.
    """
    rules = _game(
        game,
        infection,
        recovery,
        power,
        cost_infected,
        cost_protection,
        benefit,
        cost_spreading,
        initial_share,
        horizon,
    )
    network, nodes = _network(exponent, agents, edges, symmetrize)
    return populations.simulated_network_game(
        rules, temperature, learning, largest_degree, network, nodes, graphs=runs, seed=seed
    )


@paper.experiment(theory="job", show=("deviation",), logarithmic=("nodes",), conventions=MODEL)
def deviation(
    game: GameName = "sis",
    exponent: Exponent = None,
    temperature: Temperature = 0.05,
    learning: LearningName = "core",
    sizes: Annotated[tuple[float, ...], Range(5.0, 5000.0, "sizes ν of the sampled graphs (edges: ν²/2)")] = (
        40.0,
        80.0,
        160.0,
        320.0,
        640.0,
    ),
) -> xr.Dataset:
    """How wrong a prediction of a finite network is: the hybrid one ever less, the core alone never less than its
    limit.

    Variables: deviation_theory (prediction, nodes): the limits in infinite networks; edges_theory (nodes). Source:
    arXiv 2401.12686 (derived).
    """
    graphex = populations.Graphex(0.5 if exponent is None else exponent)
    return populations.predicted_deviations(populations.choose_game(game), temperature, learning, graphex, sizes)


@deviation.measurement
def simulated_deviation(
    game: Any,
    exponent: float | None,
    temperature: float,
    learning: Any,
    sizes: tuple[float, ...],
    *,
    graphs: Annotated[int, Range(2, 10_000, "graphs of each size")] = 20,
    seed: int,
) -> xr.Dataset:
    """Mean deviation Δμ of both predictions from agents on fresh graphs of each size."""
    graphex = populations.Graphex(0.5 if exponent is None else exponent)
    return populations.simulated_deviations(
        populations.choose_game(game), temperature, learning, graphex, sizes, graphs=graphs, seed=seed
    )


@paper.experiment(show=("degree_share",), logarithmic=("degree", "degree_share"), conventions=MODEL)
def degrees(
    exponent: Exponent = None,
    agents: Agents = None,
    edges: Network = "sampled",
    symmetrize: Symmetrize = False,
    largest: Annotated[int, Range(5, 200, "largest degree shown")] = 50,
) -> xr.Dataset:
    """Degrees of a sparse graph with hubs: the law of infinite graphs, the exact one at its size, and sampled graphs
    or yours.

    f(k) = σ Γ(k − σ)/(k! Γ(1 − σ)) in the limit; mean counts ν ∫ Poisson(k; νξ(α)) dα at size ν. For your network,
    those of the graphex that fits its degrees. Variables: degree_share_theory, degree_share_exact (degree),
    nodes_exact, edges_exact, sigma_theory, size_theory. Source: `populations.graphex` (derived).
    """
    network, size = _sized_network(exponent, agents, edges, symmetrize)
    return populations.predicted_degrees(network, size, range(1, largest + 1))


@degrees.measurement
def simulated_degrees(
    exponent: float | None,
    agents: int | None,
    edges: Any,
    symmetrize: bool,
    largest: int,
    *,
    graphs: Annotated[int, Range(2, 10_000, "sampled graphs; your network is one")] = 20,
    seed: int,
) -> xr.Dataset:
    """The same of sampled graphs, and the exponent found again from their degrees; for your network, its own (_data)."""
    network, size = _sized_network(exponent, agents, edges, symmetrize)
    return populations.simulated_degrees(network, size, range(1, largest + 1), graphs=graphs, seed=seed)


@paper.experiment(theory="job", show=("share", "action"), conventions={"contagion": MODEL["contagion"]})
def well_mixed(
    game: GameName = "sis",
    temperature: Temperature = 0.05,
    infection: Infection = None,
    recovery: Recovery = None,
    power: Power = None,
    cost_infected: CostInfected = None,
    cost_protection: CostProtection = None,
    benefit: Benefit = None,
    cost_spreading: CostSpreading = None,
    initial_share: InitialShare = None,
    horizon: Horizon = 50,
) -> xr.Dataset:
    """The core alone: the equilibrium of a well-mixed population at a temperature, beside N players.

    Soft Bellman equation Q(t, x, u) = r + Σ P V(t+1), V = Σ π (Q − λ ln π), π ∝ exp(Q/λ), at the flow of π itself.
    Variables: share_theory (state, time), action_theory (time), exploitability_theory (at temperature zero),
    residual_theory. Textbook; see `populations.mean_field_game`.
    """
    rules = _game(
        game,
        infection,
        recovery,
        power,
        cost_infected,
        cost_protection,
        benefit,
        cost_spreading,
        initial_share,
        horizon,
    )
    return populations.predicted_players(rules, temperature)


@well_mixed.measurement
def simulated_well_mixed(
    game: Any,
    temperature: float,
    infection: float | None,
    recovery: float | None,
    power: float | None,
    cost_infected: float | None,
    cost_protection: float | None,
    benefit: float | None,
    cost_spreading: float | None,
    initial_share: float | None,
    horizon: int,
    *,
    players: Annotated[int, Range(2, 1_000_000_000, "players of the finite game")] = 500,
    runs: Annotated[int, Range(2, 10_000, "games played")] = 50,
    seed: int,
) -> xr.Dataset:
    """N players who play the equilibrium: shares of states with errors, deviation, and what one gains by the limit's best
    response."""
    rules = _game(
        game,
        infection,
        recovery,
        power,
        cost_infected,
        cost_protection,
        benefit,
        cost_spreading,
        initial_share,
        horizon,
    )
    return populations.simulated_players(rules, temperature, players, runs, seed)


def _game(
    name: Any,
    infection: float | None,
    recovery: float | None,
    power: float | None,
    cost_infected: float | None,
    cost_protection: float | None,
    benefit: float | None,
    cost_spreading: float | None,
    initial_share: float | None,
    horizon: int,
) -> populations.ContagionGame:
    return populations.choose_game(
        name,
        infection=infection,
        recovery=recovery,
        power=power,
        cost_infected=cost_infected,
        cost_protection=cost_protection,
        benefit=benefit,
        cost_spreading=cost_spreading,
        initial_share=initial_share,
        steps=horizon,
    )


def _network(exponent: float | None, agents: int | None, edges: Any, symmetrize: bool) -> tuple[Any, float | None]:
    """The user's network, or a graphex and the mean number of its agents."""
    if isinstance(edges, UserFile):
        for option, value in (("exponent", exponent), ("agents", agents)):
            if value is not None:
                raise ValueError(f"{option} does not apply to a network of yours; got {value!r}")
        edges.content.undirected(symmetrize=symmetrize)
        return edges.content, None
    if symmetrize:
        raise ValueError("symmetrize applies to a network of yours (edges); sampled graphs have no directions")
    return populations.Graphex(0.5 if exponent is None else exponent), None if agents is None else float(agents)


def _sized_network(exponent: float | None, agents: int | None, edges: Any, symmetrize: bool) -> tuple[Any, float]:
    network, nodes = _network(exponent, agents, edges, symmetrize)
    if isinstance(network, populations.Graphex):
        return network, network.size_of_nodes(10_000.0 if nodes is None else nodes)
    return network, 0.0
