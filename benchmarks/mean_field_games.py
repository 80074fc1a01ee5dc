"""Mean-field games beside mfglib on its own environments, graphs with hubs beside networkx, agents beside sparse products.

The peers are looked for in this interpreter and in the one that `PHASEBOOK_PEERS` names (`pip install mfglib networkx`); an absent
one is skipped with the reason. Both solvers run the same algorithm (online mirror descent of one rate) from the uniform policy and
look at the exploitability after every step; ours has been compiled before, as the peer has been imported.
"""

import time
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.peers import start_peer
from benchmarks.random_draws import draws_per_second
from benchmarks.timing import Row, interleaved, row
from phasebook import populations
from phasebook.numerics.xoshiro import uniform

PEERS = Path(__file__).parent / "mean_field_game_peers.py"
PAIRS = 5
# Environment, its arguments, our game, rate, tolerance, most steps. The last two are far from 1e-3 after so few steps: there the
# same steps are timed, because mfglib needs minutes for the rest.
SOLVES = (
    ("left_right", {}, populations.left_right, 0.1, 1e-3, 1000),
    ("beach_bar", {}, populations.beach_bar, 3.0, 1e-3, 1000),
    ("rock_paper_scissors", {}, populations.rock_paper_scissors, 0.1, 1e-3, 1000),
    ("susceptible_infected", {}, populations.susceptible_infected, 0.1, 1e-3, 30),
    ("crowd_motion", {"loc_change_freq": 100}, populations.crowd_motion, 1.0, 1e-3, 30),
)
SIZE, AGENTS_SIZE = 300.0, 400.0


def measure() -> list[Row]:
    """Seconds to an exploitability on five games, for a graph, and for agents on a graph."""
    return [*filter(None, map(_solve, SOLVES)), *_graphs(), _agents()]


def _solve(case: tuple) -> Row | None:
    environment, arguments, build, rate, tolerance, steps = case
    job = {"peer": "mfglib", "environment": environment, "arguments": arguments}
    process, reason = start_peer(PEERS, job | {"rate": rate, "tolerance": tolerance, "steps": steps})
    if process is None:
        print(f"  {environment}: mfglib skipped: {reason}")
        return None
    game = build()

    def ours() -> populations.Equilibrium:
        settings = {"rate": rate, "tolerance": tolerance, "max_steps": steps, "check_every": 1, "throw": False}
        return populations.solve_equilibrium(game, **settings)

    found = ours()
    mine, theirs, answer = [], [], {}
    for _ in range(PAIRS):
        begin = time.perf_counter()
        ours()
        mine.append(time.perf_counter() - begin)
        answer = process.ask()
        theirs.append(answer["seconds"])
    process.stop()
    each = min(mine) / max(1, found.iterations)
    limit = (
        f"{found.iterations} steps (peer {answer['steps']}) to {found.exploitability:.4g} (peer {answer['number']:.4g}); "
        f"{1e6 * each:.0f} µs a step of {3 * 2 * game.steps} passes over {game.states}·{game.actions} values"
    )
    reached = f"to exploitability {tolerance:g}" if found.exploitability <= tolerance else f"{steps} steps"
    return row(f"{environment}: {reached}", "mfglib", mine, theirs, aim=10, limit=limit)


def _graphs() -> list[Row]:
    graphex = populations.Graphex(0.5)
    cut = (SIZE * graphex.scale * 50.0) ** graphex.sigma - 1.0
    places = np.random.default_rng(0).uniform(0.0, cut, round(SIZE * cut))
    weights = graphex.marginal(places)
    process, reason = start_peer(PEERS, {"peer": "networkx", "weights": (weights * weights.sum()).tolist()})
    if process is None:
        print(f"  graphs: networkx skipped: {reason}")
        return []
    populations.sample_graph(graphex, SIZE, seed=0)
    mine, theirs, edges, others = [], [], 0, 0
    for seed in range(PAIRS):
        begin = time.perf_counter()
        edges += populations.sample_graph(graphex, SIZE, seed=seed).graph.edges
        mine.append(time.perf_counter() - begin)
        answer = process.ask()
        theirs.append(answer["seconds"])
        others += answer["number"]
    process.stop()
    draws = 3.0 * edges / PAIRS + 2.0 * places.size
    limit = (
        f"{edges / sum(mine):.2g} edges/s ({edges // PAIRS} edges, peer {others // PAIRS} without the tail); three random numbers "
        f"an edge and two a point: {draws / draws_per_second(uniform) / min(mine):.0%} of our time"
    )
    what = f"graph of {SIZE * SIZE / 2:.0f} edges with hubs"
    return [row(what, "networkx.expected_degree_graph", mine, theirs, aim=20, limit=limit)]


def _agents() -> Row:
    game = populations.ContagionGame()
    graph = populations.sample_graph(populations.Graphex(0.5), AGENTS_SIZE, seed=1).graph
    policy = np.full((game.steps, 2, 2), 0.5)
    adjacency = sparse.csr_array(
        (np.ones(graph.neighbors.size, np.float32), graph.neighbors, graph.offsets), shape=(graph.nodes, graph.nodes)
    )

    def ours() -> populations.AgentRuns:
        return populations.simulate_agents(game, graph, policy[None], seed=1, threads=1)

    mine, theirs = interleaved(ours, lambda: sparse_products(game, adjacency, policy), pairs=7)
    work = graph.nodes * game.steps
    # Half a random word decides whether anything can happen; a fifth of the agents then draw a neighbor.
    share = 0.7 * work / draws_per_second(uniform) / min(mine)
    limit = (
        f"{work / min(mine) / 1e6:.0f}M agent-steps/s on one core ({graph.nodes} agents, {graph.edges} edges); 0.7 random numbers "
        f"each: {share:.0%} of our time"
    )
    return row("agents of an epidemic on a graph", "NumPy and scipy.sparse", mine, theirs, aim=3, limit=limit)


def sparse_products(game: populations.ContagionGame, adjacency: sparse.csr_array, policy: np.ndarray) -> np.ndarray:
    """The same dynamics with one product per step: what one writes first."""
    generator = np.random.default_rng(1)
    nodes = adjacency.shape[0]
    degrees = np.diff(adjacency.indptr).astype(np.float32)
    infected = generator.random(nodes, dtype=np.float32) < game.initial_share
    course = [infected.mean()]
    for time_step in range(game.steps):
        exposed = adjacency @ infected.astype(np.float32) / degrees
        free = generator.random(nodes, dtype=np.float32) >= policy[time_step, 0, 1]
        caught = free & (generator.random(nodes, dtype=np.float32) < game.infection * exposed)
        stays = generator.random(nodes, dtype=np.float32) >= game.recovery
        infected = np.where(infected, stays, caught)
        course.append(infected.mean())
    return np.array(course)
