"""Random spatial networks beside networkx, networkit and igraph, and epidemics on them beside EoN, one core each.

The peers are looked for in this interpreter and in the one that `PHASEBOOK_PEERS` names (`pip install networkx networkit
python-igraph EoN`); an absent one is skipped with the reason. Only networkx draws the same law (on a square, not a torus, and
in quadratic time); igraph has discs alone and networkit hyperbolic graphs: they tell what edges cost elsewhere.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.peers import start_peer
from benchmarks.random_draws import draws_per_second
from benchmarks.timing import Row, row
from phasebook import networks
from phasebook.numerics.xoshiro import exponential

PEERS = Path(__file__).parent / "spatial_network_peers.py"
DENSITY, DEGREE = 50.0, 5.0
SIZES = {
    10_000: ("networkx", "networkit", "igraph"),
    100_000: ("networkit", "igraph"),
    1_000_000: ("networkit", "igraph"),
}
AIMS = {"networkx": 20.0, "networkit": 0.2, "igraph": 0.2}
PAIRS = 5
EPIDEMIC_NODES = 100_000


def measure() -> list[Row]:
    """Seconds for a network of 10^4 to 10^6 nodes, and for a whole outbreak on 10^5."""
    return [each for nodes, peers in SIZES.items() for each in _generators(nodes, peers)] + _epidemics()


def _generators(nodes: int, peers: tuple[str, ...]) -> list[Row]:
    kernel, law = networks.gaussian_kernel(1.0, 2), networks.constant_degrees(DEGREE)
    model = networks.build_model(nodes, DENSITY, kernel, law)
    networks.generate_network(model, 0, threads=1)
    peak = _own_peak(nodes)
    rows = []
    for peer in peers:
        job = {"peer": peer, "nodes": nodes, "side": model.size, "density": DENSITY, "degree": DEGREE, "threads": 1}
        process, reason = start_peer(PEERS, job)
        if process is None:
            print(f"  {nodes} nodes: {peer} skipped: {reason}")
            continue
        mine, theirs, edges, answer = [], [], 0, {}
        for seed in range(PAIRS):
            begin = time.perf_counter()
            edges += networks.generate_network(model, seed, threads=1).graph.edges
            mine.append(time.perf_counter() - begin)
            answer = process.ask()
            theirs.append(answer["seconds"] * edges / (seed + 1) / max(1, answer["count"]))
        process.stop()
        speed = edges / sum(mine)
        share = 4 * speed / draws_per_second(exponential)
        limit = (
            f"{speed:.2g} edges/s, peak {peak:.0f} MiB (peer {answer['peak']:.0f}); four random numbers an edge alone: "
            f"{share:.0%} of our time"
        )
        what = f"network of {nodes} nodes in the plane, per edge"
        rows.append(row(what, peer, mine, theirs, aim=AIMS[peer], limit=limit))
    return rows


def _epidemics() -> list[Row]:
    kernel, law = networks.gaussian_kernel(), networks.constant_degrees(DEGREE)
    drawn = networks.generate_network(networks.build_model(EPIDEMIC_NODES, 200.0, kernel, law), 1)
    seeds = networks.nearest_nodes(drawn, [0.0], 100)
    with tempfile.TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs.npy"
        np.save(pairs, drawn.graph.pairs())
        job = {"peer": "EoN", "nodes": EPIDEMIC_NODES, "pairs": str(pairs), "seeds": seeds.tolist()}
        process, reason = start_peer(PEERS, job)
        if process is None:
            print(f"  outbreak: EoN skipped: {reason}")
            return []
        mine, theirs, attacks, events = [], [], ([], []), 0
        networks.simulate_outbreak(drawn.graph, networks.Rates(), seeds, seed=0)
        for seed in range(PAIRS):
            begin = time.perf_counter()
            run = networks.simulate_outbreak(drawn.graph, networks.Rates(), seeds, seed=seed)
            mine.append(time.perf_counter() - begin)
            events += run.events
            answer = process.ask()
            theirs.append(answer["seconds"])
            attacks[0].append(run.attack_rate)
            attacks[1].append(answer["count"] / EPIDEMIC_NODES)
        process.stop()
    speed = events / sum(mine)
    # A recovery for each infected node, and about one waiting time for each edge between it and somebody healthy.
    share = speed / 2 * (1 + DEGREE / 2) / draws_per_second(exponential)
    limit = (
        f"{speed / 1e6:.1f}M events/s; its exponential numbers alone: {share:.0%} of our time; attack "
        f"{np.mean(attacks[0]):.4f} (peer {np.mean(attacks[1]):.4f})"
    )
    return [row(f"outbreak on {EPIDEMIC_NODES} nodes", "EoN.fast_SIR", mine, theirs, aim=50, limit=limit)]


def _own_peak(nodes: int) -> float:
    """Peak memory, in MiB, of a process of its own that draws one network."""
    code = (
        "from phasebook import networks\n"
        f"model = networks.build_model({nodes}, {DENSITY}, networks.gaussian_kernel(1.0, 2), networks.constant_degrees({DEGREE}))\n"
        "networks.generate_network(model, 0, threads=1)\n"
        "print(next(int(line.split()[1]) / 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
