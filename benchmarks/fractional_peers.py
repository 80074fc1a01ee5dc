"""Peers of fractional noise: paths by the package fbm, indices by nolds. Imports nothing of Phasebook; speaks as peers.py says."""

import json
import sys
import time


def main() -> None:
    job = json.loads(sys.stdin.readline())
    try:
        task = {"fbm": _paths, "nolds": _index}[job["package"]](job)
    except ImportError as error:
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    task()
    print(json.dumps({"ready": 0.0}), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        value = task()
        print(json.dumps({"seconds": time.perf_counter() - begin, "value": value}), flush=True)


def _paths(job):
    import fbm

    def run():
        generator = fbm.FBM(n=job["length"], hurst=job["hurst"], length=1, method="daviesharte")
        for _ in range(job["paths"]):
            path = generator.fbm()
        return float(path[-1])

    return run


def _index(job):
    import nolds
    import numpy

    values = numpy.array(job["values"])
    return lambda: float(nolds.dfa(values))


if __name__ == "__main__":
    main()
