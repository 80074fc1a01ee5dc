"""Peers behind a pipe: started with one job, they answer each line on their input with seconds, a count, and peak memory.

Run by the interpreter that has the peer installed; imports nothing of Phasebook.
"""

import json
import math
import sys
import time


def _networkx(job):
    import networkx

    nodes, side = job["nodes"], job["side"]

    def run(seed):
        # The same law as ours, in its own words: soft geometric graph with a Gaussian kernel (no torus).
        front = job["degree"] / (job["density"] * 2 * math.pi)
        graph = networkx.soft_random_geometric_graph(
            nodes,
            4.0 / side,  # beyond 4 σ lie three edges in ten thousand
            p_dist=lambda r: min(1.0, front * math.exp(-0.5 * (r * side) ** 2)),
            seed=seed,
        )
        return graph.number_of_edges()

    return run


def _networkit(job):
    import networkit

    networkit.setNumberOfThreads(job["threads"])

    def run(seed):
        # Hyperbolic random graphs: places and a degree law, but no kernel to choose. The nearest thing that it has.
        networkit.setSeed(seed, False)
        return (
            networkit.generators.HyperbolicGenerator(job["nodes"], k=job["degree"], gamma=3).generate().numberOfEdges()
        )

    return run


def _igraph(job):
    import random

    import igraph

    def run(seed):
        # Hard disc of the same mean degree: no other kernel.
        random.seed(seed)
        radius = math.sqrt(job["degree"] / (math.pi * job["nodes"]))
        return igraph.Graph.GRG(job["nodes"], radius, torus=True).ecount()

    return run


def _eon(job):
    import random

    import EoN
    import networkx
    import numpy

    pairs = numpy.load(job["pairs"])
    graph = networkx.Graph()
    graph.add_nodes_from(range(job["nodes"]))
    graph.add_edges_from(map(tuple, pairs.tolist()))

    def run(seed):
        random.seed(seed)
        numpy.random.seed(seed)  # noqa: NPY002  EoN draws from the legacy generator
        _, _, _, recovered = EoN.fast_SIR(graph, 1.0, 1.0, initial_infecteds=job["seeds"])
        return int(recovered[-1])

    return run


def _peak():
    """Peak memory of this program in MiB: `getrusage` would count what its parent held when it forked."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def main():
    job = json.loads(sys.stdin.readline())
    try:
        run = {"networkx": _networkx, "networkit": _networkit, "igraph": _igraph, "EoN": _eon}[job["peer"]](job)
        run(0)
    except Exception as error:
        print(json.dumps({"absent": f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"}), flush=True)
        return
    print(json.dumps({"ready": True}), flush=True)
    for seed, _ in enumerate(sys.stdin):
        begin = time.perf_counter()
        count = run(seed + 1)
        seconds = time.perf_counter() - begin
        peak = _peak()
        print(json.dumps({"seconds": seconds, "count": count, "peak": peak}), flush=True)


main()
