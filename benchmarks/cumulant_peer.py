"""Four-point cumulants in the plain way: NumPy's Kronecker products and SymPy's partitions here, or quimb in a process of its own
(see `benchmarks.peers`). Imports nothing of Phasebook.
"""

import json
import math
import sys
import time
from functools import cache, reduce

import numpy as np

LETTERS, MOVED = "ZXZZ", 2
MATRICES = {"X": np.array([[0.0, 1.0], [1.0, 0.0]]), "Z": np.diag([1.0, -1.0])}


def main() -> None:
    """Answer the job on the first line, then run once for each further line."""
    job = json.loads(sys.stdin.readline())
    begin = time.perf_counter()
    try:
        quimb_cumulants(job)
    except ImportError as error:
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    print(json.dumps({"ready": time.perf_counter() - begin}), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        value = quimb_cumulants(job)
        print(json.dumps({"seconds": time.perf_counter() - begin, "value": value}), flush=True)


def sympy_cumulants(job: dict) -> list[list[float]]:
    """Moments as traces of dense products, each block's once for a distance; partitions by SymPy."""
    sites = job["sites"]
    coupling, transverse, longitudinal = job["fields"]

    def dense(letter: str, site: int) -> np.ndarray:
        return reduce(np.kron, [MATRICES[letter] if k == site else np.eye(2) for k in range(sites)])

    spins = {(letter, site): dense(letter, site) for letter in "XZ" for site in range(sites)}
    hamiltonian = -coupling * sum(spins["Z", k] @ spins["Z", k + 1] for k in range(sites - 1))
    for site in range(sites):
        hamiltonian = hamiltonian - transverse * spins["X", site] - longitudinal * spins["Z", site]
    energies, vectors = np.linalg.eigh(hamiltonian)
    weights = np.exp(-job["beta"] * (energies - energies[0]))
    density = (vectors * (weights / weights.sum())) @ vectors.T
    classical, free = [], []
    for x in range(1, sites - 1):
        operators = [spins[letter, x if place == MOVED else 0] for place, letter in enumerate(LETTERS)]

        @cache
        def moment(block: tuple, operators: tuple = tuple(operators)) -> float:
            return float(np.sum(reduce(np.matmul, [operators[k] for k in block]) * density.T))

        classical.append(partition_sum(moment, free=False))
        free.append(partition_sum(moment, free=True))
    return [classical, free]


def partition_sum(moment, free: bool) -> float:
    """c_4, or κ_4 = c_4 + c_2(1, 3) c_2(2, 4), by SymPy's partitions."""
    from sympy.utilities.iterables import multiset_partitions

    total = 0.0
    for partition in multiset_partitions(list(range(len(LETTERS)))):
        weight = (-1) ** (len(partition) - 1) * math.factorial(len(partition) - 1)
        total += weight * math.prod(moment(tuple(block)) for block in partition)
    if free:
        pairs = [moment((a, b)) - moment((a,)) * moment((b,)) for a, b in ((0, 2), (1, 3))]
        total += pairs[0] * pairs[1]
    return total


def quimb_cumulants(job: dict) -> list[list[float]]:
    """Sparse operators and the thermal state of quimb; expectations of sparse products in a dense state."""
    import quimb

    sites = job["sites"]
    coupling, transverse, longitudinal = job["fields"]
    dims = [2] * sites

    @cache
    def spin(letter: str, site: int):
        return quimb.ikron(quimb.pauli(letter), dims, site, sparse=True)

    bond = quimb.pauli("Z") & quimb.pauli("Z")
    hamiltonian = -coupling * sum(quimb.ikron(bond, dims, (k, k + 1), sparse=True) for k in range(sites - 1))
    for site in range(sites):
        hamiltonian = hamiltonian - transverse * spin("X", site) - longitudinal * spin("Z", site)
    density = quimb.thermal_state(hamiltonian.toarray().real, job["beta"])
    classical, free = [], []
    for x in range(1, sites - 1):
        operators = [spin(letter, x if place == MOVED else 0) for place, letter in enumerate(LETTERS)]

        @cache
        def moment(block: tuple, operators: tuple = tuple(operators)) -> float:
            return float(np.real(quimb.expec(reduce(lambda a, b: a @ b, [operators[k] for k in block]), density)))

        classical.append(partition_sum(moment, free=False))
        free.append(partition_sum(moment, free=True))
    return [classical, free]


if __name__ == "__main__":
    main()
