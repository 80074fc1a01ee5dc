"""The claim for an accelerator: a million random channels side by side."""

from __future__ import annotations

from typing import Any

from ... import information, numerics
from ...claims import Evidence
from .subject import DERIVED, paper

SITES, CHANNELS, BATCHES = 6, 1_000_000, 50


@paper.claim("channel-sweep-gpu", tier="gpu", origin="derived", source=DERIVED)
def channel_sweep(seed: int) -> list[dict[str, Any]]:
    """Of a million random channels of six sites none breaks J·A ≥ 0, and entropy production is J·A to 1e-6 of its size."""
    return [{"batch": batch} for batch in range(BATCHES)]


@channel_sweep.unit
def channel_sweep_unit(batch: int, seed: int) -> dict[str, Any]:
    """The smallest J·A and the largest relative defect of one batch."""
    return swept(CHANNELS // BATCHES, numerics.part_seed(seed, batch))


def swept(count: int, seed: int, sites: int = SITES) -> dict[str, Any]:
    """The same for `count` channels."""
    products, defects = information.transport_batch(count, sites, seed)
    return {"lowest": float(products.min()), "defect": float(defects.max()), "count": count}


@channel_sweep.judged
def channel_sweep_judged(results: list[dict[str, Any]]) -> Evidence:
    """Over all batches."""
    return Evidence.all_of(
        Evidence.exact(min(float(each["lowest"]) for each in results) >= 0, True, label="J·A ≥ 0"),
        Evidence.exact(max(float(each["defect"]) for each in results), 0.0, 1e-6, label="largest defect"),
        Evidence.exact(sum(int(each["count"]) for each in results), CHANNELS, label="channels"),
    )
