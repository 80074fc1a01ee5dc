"""PyPSA on a day of storage, in a process of its own: see `benchmarks.peers` for what it reads and answers."""

import json
import os
import sys
import time


def main() -> None:
    """Answer whether PyPSA is here, then solve once per line."""
    # The solver writes to file descriptor 1: answers get a stream of their own.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    job = json.loads(sys.stdin.readline())
    begin = time.perf_counter()
    try:
        import logging

        import pypsa
    except ImportError as error:
        print(json.dumps({"absent": f"{error.name} is not installed"}), file=answers)
        return
    logging.disable(logging.CRITICAL)
    print(json.dumps({"ready": time.perf_counter() - begin}), file=answers)
    for _ in sys.stdin:
        begin = time.perf_counter()
        prices = solve(pypsa, job)
        print(json.dumps({"seconds": time.perf_counter() - begin, "prices": prices}), file=answers)


def solve(pypsa, job: dict) -> list[float]:
    """Prices of the day: one bus, a generator with cost a Q + b Q² / 2, a cyclic storage unit of 100 MWh and 40 MW."""
    network = pypsa.Network(snapshots=range(24))
    network.add("Bus", "bus")
    network.add(
        "Generator",
        "supply",
        bus="bus",
        p_nom=1000,
        marginal_cost=job["intercept"],
        marginal_cost_quadratic=job["slope"] / 2,
    )
    network.add(
        "StorageUnit",
        "fleet",
        bus="bus",
        p_nom=40,
        max_hours=2.5,
        efficiency_store=0.95,
        efficiency_dispatch=0.95,
        cyclic_state_of_charge=True,
    )
    network.add("Load", "demand", bus="bus", p_set=job["net_load"])
    network.optimize(solver_name="highs", solver_options={"output_flag": False}, log_to_console=False)
    return [float(price) for price in network.buses_t.marginal_price["bus"]]


if __name__ == "__main__":
    main()
