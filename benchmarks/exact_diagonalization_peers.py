"""Peers of exact diagonalization: quimb's operator builder with its ground energy, NetKet's Lanczos. Imports nothing of Phasebook.

Speaks as peers.py says; each answer has the seconds, the energy, and the bytes that the process has taken at most.
"""

import json
import resource
import sys
import time


def main() -> None:
    job = json.loads(sys.stdin.readline())
    try:
        task = {"quimb": _quimb, "netket": _netket}[job["package"]](job["sites"])
    except ImportError as error:
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    # The first run compiles; its memory beside what the imports took is the matrix and the vectors.
    begin = _memory()
    task()
    print(json.dumps({"ready": 0.0}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        energy = task()
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "value": energy, "bytes": _memory() - begin}), flush=True)


def _memory():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _quimb(sites):
    import quimb
    import quimb.operator

    edges = [(site, (site + 1) % sites) for site in range(sites)]

    def run():
        space = quimb.operator.HilbertSpace(list(range(sites)), symmetry="U1", sector=sites // 2)
        builder = quimb.operator.heisenberg_from_edges(edges, j=1.0, hilbert_space=space)
        return float(quimb.groundenergy(builder.build_sparse_matrix(), tol=1e-10))

    return run


def _netket(sites):
    import netket

    graph = netket.graph.Chain(sites)

    def run():
        space = netket.hilbert.Spin(s=1 / 2, N=sites, total_sz=0)
        hamiltonian = netket.operator.Heisenberg(space, graph, J=0.25, sign_rule=False)
        return float(netket.exact.lanczos_ed(hamiltonian, k=1, scipy_args={"tol": 1e-10})[0])

    return run


if __name__ == "__main__":
    main()
