"""All four-point cumulants c_4(x) and κ_4(x) of an interacting chain of ten spins, moments included, from the Hamiltonian on.

Beside sums over partitions that SymPy enumerates, with moments from dense matrices in NumPy, and beside quimb's sparse operators
and thermal state with the same sum. quimb is looked for in this interpreter and in the one that `PHASEBOOK_PEERS` names (`pip
install quimb`); an absent one is skipped with the reason. Run on one core: `taskset -c 0 python -m benchmarks cumulants`.
"""

import time
from pathlib import Path

import numpy as np
from scipy import linalg

from benchmarks.cumulant_peer import sympy_cumulants
from benchmarks.peers import in_turns, start_peer
from benchmarks.timing import Row, interleaved, row
from phasebook import quantum

PEER = Path(__file__).parent / "cumulant_peer.py"
SITES, BETA = 10, 0.3
COUPLING, TRANSVERSE, LONGITUDINAL = 1.0, 0.9, 0.5
DISTANCES = range(1, SITES - 1)


def measure() -> list[Row]:
    """Seconds for the eight distances, both kinds."""
    job = {"sites": SITES, "beta": BETA, "fields": [COUPLING, TRANSVERSE, LONGITUDINAL]}
    what = f"c_4(x), κ_4(x), x = 1..{SITES - 2}, {SITES} sites"
    expected = np.array(sympy_cumulants(job))
    difference = np.abs(np.array(ours()) - expected).max()
    mine, theirs = interleaved(ours, lambda: sympy_cumulants(job), pairs=5)
    limit = f"{limits(min(mine))}; largest difference {difference:.0e}"
    rows = [row(what, "NumPy matrices, SymPy's partitions", mine, theirs, aim=10, limit=limit)]
    peer, reason = start_peer(PEER, job)
    if peer is None:
        print(f"  quimb is left out: {reason}")
        return rows
    mine, theirs, values = in_turns(ours, peer)
    difference = np.abs(np.array(values[-1]) - expected).max()
    limit = f"{limits(min(mine))}; largest difference {difference:.0e}"
    return [*rows, row(what, "quimb, sparse operators", mine, theirs, aim=1, limit=limit)]


def ours() -> list[list[float]]:
    """Both kinds at each distance."""
    state = quantum.thermal_state(quantum.mixed_field_chain(SITES, COUPLING, TRANSVERSE, LONGITUDINAL), BETA)
    return [
        np.real(
            quantum.cumulant_decay(state.moment, lambda x: quantum.moved_product("ZXZZ", 2, x), DISTANCES, kind)
        ).tolist()
        for kind in ("classical", "free")
    ]


def limits(seconds: float) -> str:
    """What two diagonalizations of half the states take of our time: even and odd ones under the chain's mirror."""
    half = quantum.dense_matrix(quantum.mixed_field_chain(SITES - 1))
    begin = time.perf_counter()
    for _ in range(2):
        linalg.eigh(half.copy(), driver="evd", overwrite_a=True)
    alone = time.perf_counter() - begin
    return f"two diagonalizations of {len(half)} states take {alone:.2f} s: {alone / seconds:.0%} of our time"
