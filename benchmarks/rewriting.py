"""Rewriting with the causal graph: events per second beside a plain Python loop that keeps its matches with NetworkX.

SetReplace, the Wolfram Language's rewriter, needs a license and is not measured; the stand-in does the same incremental work, with
dictionaries for the index and the pool of matches, and a NetworkX graph for the causes. Both run the same rule in random order.
"""

import time
from pathlib import Path

import numpy as np
from numba import njit

from benchmarks.peers import start_peer
from benchmarks.timing import Row, row
from phasebook import information

RULE, STATE = "{{x,y},{x,z}} -> {{x,z},{x,w},{y,w},{z,w}}", "{{0,0},{0,0}}"
EVENTS = 100_000
PAIRS = 5
LINE = 16  # 32-bit words of a line of cache
PEER = Path(__file__).parent / "rewriting_peer.py"


def measure() -> list[Row]:
    """Seconds for 100,000 events of both."""
    rules, state = information.rules_and_state(RULE, STATE)
    peer, reason = start_peer(PEER, {"events": EVENTS})
    if peer is None:
        print(f"  the plain loop is left out: {reason}")
        return []
    mine, theirs, causes = [], [], 0
    for turn in range(PAIRS + 1):
        begin = time.perf_counter()
        run = information.rewrite(rules, state, order="random", events=EVENTS, seed=turn)
        edges = len(run.causal_graph.edges)
        seconds, answer = time.perf_counter() - begin, peer.ask()
        causes = answer["causes"]
        if turn:  # the first is a warm-up
            mine.append(seconds)
            theirs.append(answer["seconds"])
    peer.stop()
    touched, access = matches_touched(run), random_access()
    limit = (
        f"{EVENTS / min(mine):,.0f} events/s; {edges:,} causes, {causes:,} in the peer's own random run; about {touched:.0f} "
        f"matches made or dropped an event: {1e9 / touched / access:,.0f} events/s at one line of cache ({access:.0f} ns) each"
    )
    what = f"{EVENTS:,} events of {RULE}, random order, causal graph"
    return [row(what, "plain Python with NetworkX (for SetReplace)", mine, theirs, aim=10, limit=limit)]


def matches_touched(run: information.Evolution) -> float:
    """Matches made or dropped an event: two for each other edge of the first node of the two consumed and four created edges, by
    the degrees at the end."""
    first = run.edge_nodes[run.consumer < 0, 0]
    degree = np.bincount(first)
    neighbors = float((degree[first] - 1).mean())
    return 2 * neighbors * (2 + 4)


@njit(cache=True)
def _walk(links, steps):
    at = 0
    for _ in range(steps):
        at = links[at * 16]
    return at


def random_access() -> float:
    """Nanoseconds to read one line of cache at a random place of 64 MB."""
    lines, steps = 1 << 20, 1 << 20
    order = np.random.default_rng(1).permutation(lines)
    links = np.zeros(lines * LINE, np.int32)
    links[order * LINE] = np.roll(order, -1)
    _walk(links, 10)
    begin = time.perf_counter()
    _walk(links, steps)
    return 1e9 * (time.perf_counter() - begin) / steps
