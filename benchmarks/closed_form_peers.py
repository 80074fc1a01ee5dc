"""Peer of closed-form cells: ncps on PyTorch. Imports nothing of Phasebook; speaks as peers.py says.

PyTorch gets as many threads as it is fastest with. Cells run in a loop of their own,
as ncps 1.0.1's `CfC` takes the elapsed times of a batch for those of the units.
"""

import json
import sys
import time


def main() -> None:
    job = json.loads(sys.stdin.readline())
    try:
        task = _task(job)
    except ImportError as error:
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    _choose_threads(task)
    print(json.dumps({"ready": 0.0}), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        task()
        print(json.dumps({"seconds": time.perf_counter() - begin}), flush=True)


def _choose_threads(task):
    import torch

    seconds = {}
    for threads in (1, torch.get_num_threads()):
        torch.set_num_threads(threads)
        task()
        begin = time.perf_counter()
        task()
        seconds[threads] = time.perf_counter() - begin
    torch.set_num_threads(min(seconds, key=seconds.get))


def _task(job):
    import torch
    from ncps.torch import CfCCell, LTCCell
    from ncps.wirings import FullyConnected

    torch.manual_seed(0)
    if job["kind"] == "closed":
        cell = CfCCell(job["features"], job["units"], backbone_units=job["width"])
    else:
        wiring = FullyConnected(job["units"])
        wiring.build(job["features"])
        cell = LTCCell(wiring, job["features"], ode_unfolds=6)
    inputs = torch.randn(job["batch"], job["steps"], job["features"])
    gaps = torch.rand(job["batch"], job["steps"], 1) + 0.5

    def squared():
        state = torch.zeros(job["batch"], job["units"])
        for step in range(job["steps"]):
            _, state = cell(inputs[:, step], state, gaps[:, step])
        return (state**2).mean()

    def train():
        cell.zero_grad()
        squared().backward()

    def forward():
        with torch.no_grad():
            squared()

    return train if job["training"] else forward


if __name__ == "__main__":
    main()
