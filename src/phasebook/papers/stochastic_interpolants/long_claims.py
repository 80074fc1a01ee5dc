"""The long claim: networks trained on the test mixture, judged on the line without samples."""

from __future__ import annotations

from typing import Any

from ... import numerics, transport
from ...claims import Evidence
from .subject import PAPER, paper

NOISES = (0.25, 1.0, 2.0, 5.0, 20.0)
SEEDS = 5
TRAINING_STEPS = 3000


@paper.claim("learned-on-the-line", tier="full", origin="paper", source=PAPER, statistical=True)
def learned_on_the_line(seed: int) -> list[dict[str, Any]]:
    """With networks trained on samples of the test mixture, the SDE's divergence is below its bound at every noise from 1/4 to 20,
    and at the best of them below the ODE's in at least 4 of 5 trainings."""
    return [{"training": training, "steps": TRAINING_STEPS} for training in range(SEEDS)]


@learned_on_the_line.unit
def learned_on_the_line_unit(training: int, steps: int, seed: int) -> dict[str, Any]:
    """One training, and its divergences: of the ODE by characteristics, of the SDEs by finite volumes."""
    return judged_training(numerics.part_seed(seed, 9, training), steps, cells=1600, stretches=400)


def judged_training(seed: int, steps: int, *, cells: int, stretches: int) -> dict[str, Any]:
    """The unit's body, whose sizes a test can make small."""
    fields = transport.learned_mixture_fields("linear", steps, seed, checkpointed=False)
    law, ends = transport.example_law("linear"), (transport.EXAMPLE_START, transport.EXAMPLE_END)
    found = transport.line_control(fields, law, *ends, NOISES, cells=cells, steps=stretches)
    return {
        "flow": found.flow,
        "diffusion": found.diffusion.tolist(),
        "bounds": found.bounds.tolist(),
        "velocity_error": found.velocity_error,
        "score_error": found.score_error,
    }


@learned_on_the_line.judged
def learned_on_the_line_judged(results: list[dict[str, Any]]) -> Evidence:
    """Bounds with a slack of 1% for the grids, and in how many trainings the best SDE beats the ODE."""
    import numpy as np

    diffusion = np.array([np.ravel(row["diffusion"]) for row in results], dtype=float)
    bounds = np.array([np.ravel(row["bounds"]) for row in results], dtype=float)
    flows = np.array([float(row["flow"]) for row in results])
    wins = int((diffusion.min(axis=1) < flows).sum())
    return Evidence.all_of(
        Evidence.exact(bool((diffusion <= 1.01 * bounds).all()), True, label="every divergence below its bound"),
        Evidence.exact(min(wins, 4), 4, label="trainings of five, at least, in which the best SDE beats the ODE"),
        Evidence.ordering(
            np.log(flows).tolist(), np.log(diffusion.min(axis=1)).tolist(), label="log divergence, ODE above best SDE"
        ),
    )
