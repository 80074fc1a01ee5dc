"""Claims for an accelerator: the full sweep of bridges with large networks, and the index learned with the control."""

from __future__ import annotations

from typing import Any

from ... import numerics, sequences
from ...claims import Evidence
from .long_claims import trained_bridge
from .subject import ABSTRACT, paper

BRIDGES = [(index / 10, 0.0) for index in range(3, 10)] + [
    (index / 10, reversion) for reversion in (1.0, 2.0) for index in range(6, 9)
]


@paper.claim("bridge-sweep-gpu", tier="gpu", origin="paper", source=ABSTRACT, statistical=True)
def bridge_sweep(seed: int) -> list[dict[str, Any]]:
    """Networks of two layers of 1000 bridge type I noise for 13 pairs of index and reversion with the smoother's standard deviation
    to 10% up to nine tenths of the way, and the index learned with the control from ten series of 200 steps is right to 0.05."""
    sweep = [{"hurst": hurst, "reversion": reversion, "part": "bridge"} for hurst, reversion in BRIDGES]
    return [*sweep, *({"hurst": hurst, "reversion": 0.0, "part": "index"} for hurst in (0.3, 0.7))]


@bridge_sweep.unit
def bridge_sweep_unit(hurst: float, reversion: float, part: str, seed: int) -> dict[str, Any]:
    """The largest relative error of standard deviations, or the learned index."""
    import numpy as np

    if part == "index":
        return {"value": learned_index(hurst, seed, steps=4000, width=256)}
    found = trained_bridge(hurst, seed, steps=2000, width=1000, paths=20_000, reversion=reversion, kind="I")
    return {"value": float(np.abs(found["deviations"]).max())}


def learned_index(hurst: float, seed: int, *, steps: int, width: int, series: int = 10, length: int = 200) -> float:
    """Index learned by the evidence bound from exact series of type I on [0, 1], every level observed with an error of 0.02."""
    import numpy as np

    generated = sequences.generated_series(hurst, length, series, numerics.part_seed(seed, 1, hurst))
    errors = np.random.default_rng(numerics.part_seed(seed, 2, hurst)).normal(0.0, 0.02, (series, length + 1))
    levels = np.array([each.values for each in generated]) + errors
    levels[:, 0] = np.nan
    speeds = sequences.geometric_speeds(7, 0.4 * length)
    motion = sequences.markov_motion(0.5, speeds=speeds, kind="I")
    table = sequences.weight_table(speeds, 1.0, kind="I")
    observed = sequences.ObservedPaths(levels, 0.02, 1 / length, motion)
    found = sequences.train_posterior(observed, steps=steps, width=width, batch=10 * series, seed=seed, table=table)
    return float(found.model.hurst)


@bridge_sweep.judged
def bridge_sweep_judged(results: list[dict[str, Any]]) -> Evidence:
    """All bridges, then both indices."""
    bridges, indices = results[: len(BRIDGES)], results[len(BRIDGES) :]
    return Evidence.all_of(
        Evidence.exact(max(float(each["value"]) for each in bridges), 0.05, 0.05, label="largest error of σ(t)"),
        *(
            Evidence.exact(float(each["value"]), hurst, 0.05, label=f"learned index, H = {hurst}")
            for each, hurst in zip(indices, (0.3, 0.7), strict=True)
        ),
    )
