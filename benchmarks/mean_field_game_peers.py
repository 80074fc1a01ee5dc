"""Peers behind a pipe: mfglib on its own environments, and networkx drawing graphs of given expected degrees.

Run by the interpreter that has the peer installed; imports nothing of Phasebook. Each line on the input is answered by seconds and
a number that tells that the same was computed.
"""

import json
import sys
import time


def _mfglib(job):
    import torch
    from mfglib.alg import OnlineMirrorDescent
    from mfglib.env import Environment

    torch.set_num_threads(1)
    environment = getattr(Environment, job["environment"])(**job["arguments"])
    solver = OnlineMirrorDescent(alpha=job["rate"])

    def run():
        _, scores, _ = solver.solve(environment, max_iter=job["steps"], atol=job["tolerance"], rtol=None)
        return {"number": scores[-1], "steps": len(scores) - 1}

    return run


def _networkx(job):
    import networkx

    def run():
        graph = networkx.expected_degree_graph(job["weights"], selfloops=False)
        return {"number": graph.number_of_edges()}

    return run


def main():
    """Answer the job on the first line, then each further line."""
    job = json.loads(sys.stdin.readline())
    try:
        run = {"mfglib": _mfglib, "networkx": _networkx}[job["peer"]](job)
    except ImportError as error:
        return _say(absent=f"{job['peer']}: {error}")
    run()
    _say(ready=0.0)
    for _ in sys.stdin:
        begin = time.perf_counter()
        found = run()
        _say(seconds=time.perf_counter() - begin, **found)


def _say(**what):
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
