"""Long claims, measured in units: the whole phase diagram, deep trees, and calibration from records."""

from __future__ import annotations

import math
from typing import Any

from ... import numerics, populations
from ...claims import Evidence, Measured
from .subject import ABSTRACT, DERIVED, paper

DIAGRAM_DEPTHS = {3: 9, 5: 6, 7: 5, 9: 4}
DIAGRAM_TREES = 2000
LENGTHS, FIDELITIES = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0), (0.12, 0.28, 0.49, 0.74, 0.93, 0.99)
TRIALS = 20


@paper.claim("phase-diagram", tier="full", origin="paper", source=ABSTRACT, statistical=True)
def phase_diagram(seed: int) -> list[dict[str, Any]]:
    """Over 41 × 41 fidelities and correlations and b = 3 to 9, depth amplifies exactly where α > 1 (but for α within 0.03 of 1),
    and simulated trees of up to 20,000 leaves have the bias of the recursion everywhere."""
    return [{"fan_in": b, "fidelity": index / 40} for b in DIAGRAM_DEPTHS for index in range(41)]


@phase_diagram.unit
def phase_diagram_unit(fan_in: int, fidelity: float, seed: int) -> dict[str, Any]:
    """Root bias of 2000 simulated trees at each of 41 correlations."""
    measured = [
        populations.simulate_root_bias(
            populations.VotingTree(fan_in, fidelity, index / 40),
            0.05,
            DIAGRAM_DEPTHS[fan_in],
            DIAGRAM_TREES,
            seed=numerics.part_seed(seed, fan_in, fidelity, index),
        ).value
        for index in range(41)
    ]
    return {"bias": measured}


@phase_diagram.judged
def phase_diagram_judged(results: list[dict[str, Any]]) -> Evidence:
    """Signs of the exact growth against α, mean residuals, and the mean squared z-score of all cells."""
    import numpy as np

    from ...numerics.statistics import mean_estimate

    pieces, scores, wrong = [], [], 0
    for fan_in, depth in DIAGRAM_DEPTHS.items():
        rows = [result for result in results if int(result["fan_in"]) == fan_in]
        fidelity = np.array([float(row["fidelity"]) for row in rows])[:, None]
        measured = np.array([row["bias"] for row in rows])
        tree = populations.VotingTree(fan_in, fidelity, np.arange(41) / 40)
        exact = populations.bias_by_level(tree, 0.05, depth)
        alpha = np.asarray(populations.control_scalar(tree))
        grows = exact[depth] > exact[depth - 2]
        wrong += int(np.count_nonzero((grows != (alpha > 1)) & (np.abs(alpha - 1) > 0.03)))
        variance = (1 - exact[depth] ** 2) / DIAGRAM_TREES
        residual = measured - exact[depth]
        # Standard error 0.0005; forgetting the channel of one level shifts the mean over the diagram by more than 0.05.
        pieces.append(Evidence.equal(mean_estimate(residual.ravel()), 0.0, 0.004, label=f"b = {fan_in}: mean residual"))
        # At least five trees are expected to answer either way: else a z-score is far from Gaussian.
        judged = DIAGRAM_TREES * (1 - np.abs(exact[depth])) / 2 >= 5
        scores.append((residual[judged] ** 2 / variance[judged]).ravel())
    squares = mean_estimate(np.concatenate(scores))
    # Some 6700 squared z-scores: standard error 0.018; an error of one standard error everywhere would double them.
    pieces.append(Evidence.equal(squares, 1.0, 0.125, label="mean squared z-score"))
    return Evidence.all_of(Evidence.exact(wrong, 0, label="cells on the wrong side of α = 1"), *pieces)


@paper.claim("deep-tree", tier="full", origin="derived", source=DERIVED, statistical=True)
def deep_tree(seed: int) -> list[dict[str, Any]]:
    """Trees of 4.8 million leaves (b = 3, depth 14) follow the recursion at α = 0.98, 1 and 1.02, and at α = 1 their bias falls as
    μ⁻² = μ₀⁻² + (1 − ρ)γ³L within 10%."""
    return [{"alpha": alpha} for alpha in (0.98, 1.0, 1.02)]


@deep_tree.unit
def deep_tree_unit(alpha: float, seed: int) -> dict[str, Any]:
    """Root bias of 32,768 trees of depth 14 at one control scalar."""
    tree = populations.VotingTree(3, alpha / 1.5, 0.0)
    measured = populations.simulate_root_bias(tree, 0.3, 14, 32_768, seed=numerics.part_seed(seed, alpha))
    return {"value": measured.value, "stderr": measured.stderr}


@deep_tree.judged
def deep_tree_judged(results: list[dict[str, Any]]) -> Evidence:
    """Compare each root bias with the recursion, and the critical decay with its law."""
    pieces = []
    for result in results:
        alpha = float(result["alpha"])
        exact = float(populations.root_bias(populations.VotingTree(3, alpha / 1.5, 0.0), 0.3, 14))
        measured = Measured(float(result["value"]), float(result["stderr"]), math.inf)
        # Standard error 0.0054; forgetting the channel at one level shifts the bias by 0.13.
        pieces.append(Evidence.equal(measured, exact, 0.04, label=f"α = {alpha}"))
    critical = populations.VotingTree(3, 2 / 3, 0.0)
    slope = (float(populations.root_bias(critical, 0.3, 14)) ** -2 - 0.3**-2) / 14
    law = (2 / 3) ** 3
    pieces.append(Evidence.exact(slope, law, 0.1 * law, label="critical decay per level"))
    return Evidence.all_of(*pieces)


@paper.claim(
    "calibration-round-trip", tier="full", origin="own", source="the estimators of team_calibration", statistical=True
)
def calibration_round_trip(seed: int) -> list[dict[str, Any]]:
    """From 200 synthetic agents on 2000 tasks, 95% intervals of β, ρ and the messages' fidelities cover the truth in at least 17 of
    20 repetitions, and the recommended team reaches 97% of the best team's bias nearly always."""
    return [{"batch": batch} for batch in range(20)]


@calibration_round_trip.unit
def calibration_round_trip_unit(batch: int, seed: int) -> dict[str, Any]:
    """Twenty repetitions with a known truth: what the intervals cover, and how good the recommended teams are."""
    compute = [20.0 * 4**level for level in range(6)]
    law, channel = populations.AgentLaw(0.04, 0.2), populations.TableChannel(LENGTHS, FIDELITIES)
    truth = populations.Situation(law, channel, 0.1, budget=2e4, window=1e3, minimum_compute=compute[0])
    size = {"agents": 200, "tasks": 2000, "messages": 1000}
    trials = [
        populations.try_calibration(
            truth, compute=compute, lengths=LENGTHS, seed=numerics.part_seed(seed, batch, trial), **size
        )
        for trial in range(TRIALS)
    ]
    return {
        "exponent": [trial.exponent_covered for trial in trials],
        "correlation": [trial.correlation_covered for trial in trials],
        "fidelities": [trial.fidelities_covered for trial in trials],
        "quality": [trial.quality for trial in trials],
    }


@calibration_round_trip.judged
def calibration_round_trip_judged(results: list[dict[str, Any]]) -> Evidence:
    """Coverage of each kind of interval, and how many of the recommended teams are nearly the best."""
    import numpy as np

    pieces = []
    for name, meaning in (("exponent", "β"), ("correlation", "ρ"), ("fidelities", "fidelities")):
        covered = np.concatenate([np.ravel(result[name]) for result in results])
        # Errors that forget that the answers to one task move together would cover two thirds.
        pieces.append(Evidence.rate(int(covered.sum()), covered.size, at_least=0.85, label=f"coverage of {meaning}"))
    quality = np.concatenate([result["quality"] for result in results])
    near = int(np.count_nonzero(quality >= 0.97))
    pieces.append(Evidence.rate(near, quality.size, at_least=0.95, label="recommended teams with 97% of the best bias"))
    return Evidence.all_of(*pieces)
