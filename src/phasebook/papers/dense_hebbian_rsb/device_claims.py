"""The claim that needs a GPU: remanent overlaps of large networks over twenty loads, through both capacities."""

from __future__ import annotations

import math
from typing import Any

from ... import numerics, spins
from ...claims import Evidence
from .subject import ABSTRACT, paper

SIZES = {3: 1600, 4: 200}
LOADS = tuple(round(0.05 + 0.03 * step, 3) for step in range(20))
NETWORKS = 16
COMPARED_BELOW = 0.44


@paper.claim("capacity-scan", tier="gpu", origin="paper", source=ABSTRACT, statistical=True)
def capacity_scan(seed: int) -> list[dict[str, Any]]:
    """Over loads up to 0.44, for P = 3 with 1600 spins and P = 4 with 200, overlaps after a quench to temperature 0 follow one step
    of breaking, through the symmetric capacity, without a jump there."""
    return [{"order": order, "load": load, "size": size} for order, size in SIZES.items() for load in LOADS]


@capacity_scan.unit
def capacity_scan_unit(order: int, load: float, size: int, seed: int) -> dict[str, Any]:
    """Last overlaps of sixteen networks after the fixed quench."""
    runs = spins.simulate_on_device(
        spins.DenseNetwork(order, load), size, spins.QUENCH, NETWORKS, seed=numerics.part_seed(seed, order, load)
    )
    return {"overlap": runs.overlaps[:, -1].tolist(), "energy": runs.energies[:, -1].tolist()}


@capacity_scan.judged
def capacity_scan_judged(results: list[dict[str, Any]]) -> Evidence:
    """Overlaps against one step of breaking, and the largest fall between neighboring loads."""
    import numpy as np

    pieces = []
    for order in SIZES:
        rows = sorted((row for row in results if int(row["order"]) == order), key=lambda row: float(row["load"]))
        compared = [row for row in rows if float(row["load"]) <= COMPARED_BELOW]
        means = []
        for row in compared:
            load, size = float(row["load"]), int(row["size"])
            overlaps = np.ravel(row["overlap"])
            # Where all networks agree, the error is what one spin would change.
            stderr = max(float(overlaps.std(ddof=1)), 2.0 / size) / math.sqrt(len(overlaps))
            measured = numerics.Measured(float(overlaps.mean()), stderr, len(overlaps) - 1)
            means.append(measured.value)
            state = spins.one_step_breaking(spins.DenseNetwork(order, load), 0.0)
            # A quench stops above the ground state and keeps up to 0.06 more; symmetric replicas say 0 beyond their capacity.
            pieces.append(Evidence.equal(measured, state.overlap, 0.09, label=f"P = {order}, load {load:g}"))
        pieces.append(
            Evidence.exact(
                bool(np.diff(means).min() > -0.15), True, label=f"P = {order}: no jump below {COMPARED_BELOW}"
            )
        )
    return Evidence.all_of(*pieces)
