"""Long claims: a neural control reaches the optimum."""

from __future__ import annotations

from typing import Any

from ... import numerics, sequences
from ...claims import Evidence, Measured
from .subject import ABSTRACT, paper

STEPS = 2000


@paper.claim("neural-control", tier="full", origin="paper", source=ABSTRACT, statistical=True)
def neural_control(seed: int) -> list[dict[str, Any]]:
    """A network of two layers of 128, trained for 2000 steps of 32 paths, reaches the bound of the optimal control on the same
    Euler chain to 0.15, and its paths have the Kalman smoother's standard deviation to 8% up to nine tenths of the way."""
    return [{"hurst": hurst} for hurst in (0.3, 0.7)]


@neural_control.unit
def neural_control_unit(hurst: float, seed: int) -> dict[str, Any]:
    """Bounds of both controls from 100,000 paths, and standard deviations of the learned one's against the smoother's."""
    return trained_bridge(hurst, seed, steps=STEPS, width=128, paths=100_000)


def trained_bridge(
    hurst: float, seed: int, *, steps: int, width: int, paths: int, reversion: float = 0.0, kind: Any = "II"
) -> dict[str, Any]:
    """Observe X(2) = 0 with an error of 0.1; weights over 6, Euler steps of 0.01."""
    import numpy as np

    chain = sequences.bridge_chain(
        hurst, kind=kind, reversion=reversion, processes=5, maximum_speed=20.0, weights_horizon=6.0
    )
    problem = sequences.BridgeProblem(chain, 0.0, 0.1, 2.0, 200)
    levels = np.full((1, 201), np.nan)
    levels[0, -1] = 0.0
    observed = sequences.ObservedPaths(levels, 0.1, 0.01, chain.motion, reversion)
    model = sequences.train_posterior(observed, steps=steps, width=width, seed=seed).model
    best = sequences.walk(
        problem,
        sequences.optimal_control(problem),
        sequences.posterior_start(problem),
        paths=paths,
        seed=numerics.part_seed(seed, 1),
    )
    learned = sequences.walk_posterior(problem, model, paths=paths, seed=numerics.part_seed(seed, 2))
    theory = sequences.bridge_theory(chain, 0.0, 0.1, 2.0).standard_deviation_theory.values
    measured = learned.paths.std(axis=0)[5::5]
    return {
        "best": best.bound.value,
        "best_stderr": best.bound.stderr,
        "learned": learned.bound.value,
        "learned_stderr": learned.bound.stderr,
        "deviations": (measured / theory - 1)[: int(0.9 * theory.size)],
    }


@neural_control.judged
def neural_control_judged(results: list[dict[str, Any]]) -> Evidence:
    """The optimum's bound less the learned one's, and the largest relative error of standard deviations."""
    import math

    import numpy as np

    pieces = []
    for hurst, found in zip((0.3, 0.7), results, strict=True):
        gap = Measured(
            float(found["best"] - found["learned"]),
            math.hypot(float(found["best_stderr"]), float(found["learned_stderr"])),
            math.inf,
        )
        pieces.append(Evidence.equal(gap, 0.0, 0.15, label=f"bound lost, H = {hurst}"))
        largest = float(np.abs(np.asarray(found["deviations"])).max())
        pieces.append(Evidence.exact(largest, 0.04, 0.04, label=f"largest error of σ(t), H = {hurst}"))
    return Evidence.all_of(*pieces)
