"""Closed moment equations of orders 2, 3 and 4, built and solved, beside SymPy with lambdify and SciPy's solve_ivp.

No package for Python 3.11 does this; the peer is what one would write today, in `moment_peer.py`. It is looked for in this
interpreter and in the one that `PHASEBOOK_PEERS` names (`pip install sympy scipy`). Both integrate by LSODA to the same tolerances
with exact Jacobians; their final means must agree.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.timing import Row, row
from phasebook.reactions import ReactionNetwork, brusselator, moment_equations, parse_network, solve_moments

PEER = Path(__file__).parent / "moment_peer.py"
CYCLE = """
species X = 60
species Y = 80
species Z = 100
eat_x: X + Y -> 2Y, 1
eat_y: Y + Z -> 2Z, 1
eat_z: Z + X -> 2X, 1
x_in: 0 -> X, 1
y_in: 0 -> Y, 1
z_in: 0 -> Z, 1
x_out: X -> 0, 1
y_out: Y -> 0, 1
z_out: Z -> 0, 1
"""
ORDERS, PAIRS = (2, 3, 4), 5


def measure() -> list[Row]:
    """A row for each network and order: seconds of building and solving together."""
    rows = []
    for what, network, end in (
        ("Brusselator, volume 100, t = 100", brusselator(100.0), 100.0),
        ("three species that eat each other in turn, volume 100, t = 20", parse_network(CYCLE, 100.0), 20.0),
    ):
        for order in ORDERS:
            rows += _compared(what, network, end, order)
    return rows


def _compared(what: str, network: ReactionNetwork, end: float, order: int) -> list[Row]:
    process, reason = _start(_job(network, end, order))
    if process is None:
        print(f"  {what}, order {order}: SymPy skipped: {reason}")
        return []
    _ours(network, end, order)
    mine, theirs, parts = [], [], []
    try:
        for _ in range(PAIRS):
            built, solved, means = _ours(network, end, order)
            mine.append(built + solved)
            process.stdin.write("run\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            theirs.append(answer["build"] + answer["solve"])
            parts.append((built, solved, answer["build"], answer["solve"]))
    finally:
        process.stdin.close()
        process.wait()
    gap = float(np.abs(means / np.array(answer["means"]) - 1.0).max())
    ours_build, ours_solve, build, solve = (1e3 * float(np.median(column)) for column in zip(*parts, strict=True))
    size = moment_equations(network, order).size
    limit = (
        f"{size} equations; ours {ours_build:.1f} + {ours_solve:.0f} ms, peer {build:.0f} + {solve:.0f} ms to build and solve; "
        f"means differ by {gap:.0e}"
    )
    return [row(f"{what}, order {order}", "SymPy + solve_ivp", mine, theirs, aim=3.0, limit=limit)]


def _ours(network: ReactionNetwork, end: float, order: int) -> tuple[float, float, np.ndarray]:
    begin = time.perf_counter()
    equations = moment_equations(network, order)
    built = time.perf_counter()
    run = solve_moments(equations, [end])
    return built - begin, time.perf_counter() - built, run.means[-1]


def _job(network: ReactionNetwork, end: float, order: int) -> dict:
    change = network.change.toarray()
    reactions = [
        (rate, reaction.reactants, change[index].tolist())
        for index, (rate, reaction) in enumerate(zip(network.rate_constants().tolist(), network.reactions, strict=True))
    ]
    return {"counts": network.initial_counts.tolist(), "reactions": reactions, "end": end, "order": order}


def _start(job: dict) -> tuple[subprocess.Popen | None, str]:
    reason = "not installed"
    for interpreter in filter(None, (sys.executable, os.environ.get("PHASEBOOK_PEERS"))):
        process = subprocess.Popen([interpreter, str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline() or "{}")
        if "ready" in answer:
            return process, ""
        reason = answer.get("absent", reason)
        process.stdin.close()
        process.wait()
    return None, reason
