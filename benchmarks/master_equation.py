"""Transient master equation beside plain `scipy.sparse.linalg.expm_multiply`, at equal error.

Ours finds the states itself, in boxes that grow; the peer is given the final generator and the start, and making them is left out
of its time. Both lose the same probability through the end of the box; what differs is time stepping, where the peer aims at
rounding and cannot be told to aim lower: the row says by how much the two results differ, in the sum over states.
"""

import numpy as np
from scipy.sparse.linalg import expm_multiply

from benchmarks.timing import Row, interleaved, row
from phasebook.reactions import ReactionNetwork, brusselator, schloegl, transient_distribution
from phasebook.reactions.state_space import reachable_states

TOLERANCE = 1e-8
PAIRS = 5


def measure() -> list[Row]:
    """Seconds to one late time: a chain in one species with fast rates, and a plane of states, early and late."""
    return [
        _row("Schlögl, volume 30, t = 1", schloegl(30.0), 1.0),
        _row("Brusselator, volume 10, t = 3", brusselator(10.0), 3.0),
        _row("Brusselator, volume 10, t = 5", brusselator(10.0), 5.0),
    ]


def _row(what: str, network: ReactionNetwork, time: float) -> Row:
    [law] = transient_distribution(network, [time], tolerance=TOLERANCE)
    box = law.states.max(axis=0)
    start = network.initial_counts.astype(np.int64)[None, :]
    space = reachable_states(network, start, box, 2_000_000)
    generator = space.generator(reflecting=False)
    vector = np.all(space.states == start, axis=1).astype(np.float64)

    def peer() -> np.ndarray:
        return expm_multiply(time * generator, vector)

    theirs = peer()
    gap = float(np.abs(law.probabilities - theirs).sum())
    mine, other = interleaved(lambda: transient_distribution(network, [time], tolerance=TOLERANCE), peer, PAIRS)
    fastest = float(np.abs(generator.diagonal()).max()) * time
    limit = f"{len(law.states):,} states, fastest rate times t {fastest:,.0f}; the two differ by {gap:.0e} in all"
    return row(f"{what}, lost at most {TOLERANCE:g}", "scipy expm_multiply", mine, other, aim=3.0, limit=limit)
