"""Exact simulation of reaction networks beside GillesPy2's C++ solver, libRoadRunner and BioNetGen's run_network, one core each.

The peers are looked for in this interpreter and in the one that `PHASEBOOK_PEERS` names (`python -m venv`, `pip install gillespy2
libroadrunner bionetgen`); an absent one is skipped with the reason. Whole runs, without reading and compiling on either side.
"""

import time
from pathlib import Path

from benchmarks.peers import start_peer
from benchmarks.timing import Row, row
from phasebook.engines import simulate_jumps
from phasebook.reactions import ReactionNetwork, brusselator, read_network, sbml_text
from phasebook.reactions.simulation import jump_system

DATA = Path(__file__).parent.parent / "tests" / "data" / "bionetgen"
PEERS = Path(__file__).parent / "jump_peers.py"


def measure() -> list[Row]:
    """One row per network and peer; prints events per second of ours."""
    oscillator = brusselator().with_volume(100.0).with_initial_counts([1, 1])
    cases = [
        (
            "Brusselator, volume 100, 1000 runs to t = 100",
            oscillator,
            None,
            100.0,
            101,
            1000,
            5,
            ("gillespy2", "libroadrunner"),
        ),
        (
            "multistate, 100 runs to t = 10",
            None,
            "multistate",
            10.0,
            101,
            100,
            5,
            ("gillespy2", "libroadrunner", "run_network"),
        ),
        ("egfr_net, one run to t = 10", None, "egfr_net", 10.0, 2, 1, 5, ("run_network",)),
        ("egfr_net, one run to t = 1", None, "egfr_net", 1.0, 2, 1, 5, ("gillespy2",)),
    ]
    rows = []
    for what, network, name, end, points, trajectories, pairs, peers in cases:
        path = DATA / f"{name}.net"
        network = read_network(path) if network is None else network
        for peer in peers:
            aim = 3.0 if peer != "run_network" or name != "egfr_net" else 40.0
            rows += _compared(what, network, path, end, points, trajectories, pairs, peer, aim)
    return rows


def _compared(
    what: str,
    network: ReactionNetwork,
    path: Path,
    end: float,
    points: int,
    trajectories: int,
    pairs: int,
    peer: str,
    aim: float,
) -> list[Row]:
    system = jump_system(network)
    times = [end * k / (points - 1) for k in range(points)]
    job = {
        "peer": peer,
        "end": end,
        "points": points,
        "trajectories": trajectories,
        "net": str(path),
        "network": _plain(network) if peer == "gillespy2" else None,
        "sbml": sbml_text(network) if peer == "libroadrunner" else None,
    }
    process, reason = start_peer(PEERS, job)
    if process is None:
        print(f"  {what}: {peer} skipped: {reason}")
        return []
    mine, theirs, events, method = [], [], 0, ""
    try:
        simulate_jumps(system, times, trajectories=1, seed=0, threads=1)
        for seed in range(pairs):
            begin = time.perf_counter()
            run = simulate_jumps(system, times, trajectories=trajectories, seed=seed, threads=1)
            mine.append(time.perf_counter() - begin)
            events, method = events + run.events, run.method
            theirs.append(process.ask()["seconds"])
    finally:
        process.stop()
    speed = events / sum(mine) / 1e6
    print(
        f"  {what}: {method}, {speed:.2f}M events/s per core, {peer} {sum(theirs) / sum(mine):.1f} times ours "
        f"(reading, compiling and a first run took the peer {process.ready:.1f} s)"
    )
    return [row(what, peer, mine, theirs, aim=aim, limit=f"{speed:.2f}M events/s on one core, {method}")]


def _plain(network: ReactionNetwork) -> dict:
    rates = network.rate_constants().tolist()
    reactions = [
        (rate, reaction.reactants, reaction.products) for rate, reaction in zip(rates, network.reactions, strict=True)
    ]
    return {"counts": network.initial_counts.tolist(), "reactions": reactions}
