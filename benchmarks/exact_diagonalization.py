"""Exact diagonalization: ground energy of the Heisenberg ring of 18 and 20 sites at zero magnetization beside quimb and NetKet.

Both build the matrix of the same sector and find its lowest eigenvalue to a residual of 1e-10; all compilation is done before. The
peers are looked for in this interpreter and in the one that `PHASEBOOK_PEERS` names (`pip install quimb netket`); an absent one
is skipped with the reason.
"""

import time
from pathlib import Path

import numpy as np

from benchmarks.peers import start_peer
from benchmarks.timing import Row, row
from phasebook import quantum

PEERS = Path(__file__).with_name("exact_diagonalization_peers.py")
SIZES, PAIRS = (18, 20), 5


def measure() -> list[Row]:
    """Seconds of matrix and ground energy; memory and the bound by bandwidth stand in the last column."""
    rows = []
    for sites in SIZES:
        quantum.ground_energy(quantum.heisenberg_ring(sites))
        for package in ("quimb", "netket"):
            peer, reason = start_peer(PEERS, {"package": package, "sites": sites})
            if peer is None:
                print(f"  skipped beside {package}: {reason}")
                continue
            try:
                rows.append(_beside(sites, package, peer))
            finally:
                peer.stop()
    return rows


def _beside(sites, package, peer) -> Row:
    mine, theirs = [], []
    for _ in range(PAIRS):
        begin = time.perf_counter()
        energy = quantum.ground_energy(quantum.heisenberg_ring(sites))
        mine.append(time.perf_counter() - begin)
        answer = peer.ask()
        theirs.append(answer["seconds"])
    difference = abs(energy - answer["value"])
    if difference > 1e-8:
        raise ArithmeticError(f"{package} has another energy: {answer['value']!r} beside {energy!r}")
    ours = quantum.sector_bytes(quantum.heisenberg_ring(sites), 0.0)
    limit = (
        f"{_limit(sites):.3f} s to read matrix and vectors once a step; at most {ours / 1e6:.0f} MB, {package} took "
        f"{max(answer['bytes'], 0) / 1e6:.0f} MB (compilation included); energies differ by {difference:.0e}"
    )
    return row(f"ring of {sites} sites, matrix and ground energy", package, mine, theirs, aim=1, limit=limit)


def _limit(sites: int) -> float:
    """Seconds for the Lanczos steps if every byte were only copied, at this machine's bandwidth."""
    matrix = quantum.sector_matrix(quantum.heisenberg_ring(sites), 0.0)
    steps = quantum.lowest_eigenpair(matrix.apply, matrix.dimension, with_vector=False).steps
    block = np.zeros(32_000_000, np.uint8)
    begin = time.perf_counter()
    for _ in range(10):
        block.copy()
    bandwidth = 10 * 2 * block.size / (time.perf_counter() - begin)
    return steps * (4 * matrix.columns.size + 8 * 6 * matrix.dimension) / bandwidth
