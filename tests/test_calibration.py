"""Calibration: a wrong standard error is told from a right one, and from a law that is missed by a little."""

import math
import random
from types import SimpleNamespace

import pytest

from benchmarks.calibrate import normal_score, report


def results(stderr: float, shift: float = 0.0) -> list:
    """Twenty results of two comparisons whose measurements scatter by one around the prediction plus `shift`."""
    draws = random.Random(4)
    return [
        SimpleNamespace(
            verdict="holds",
            comparisons=tuple(
                {
                    "relation": "=",
                    "label": label,
                    "measured": draws.gauss(shift),
                    "predicted": 0.0,
                    "stderr": stderr,
                    "dof": None,
                }
                for label in ("first", "second")
            ),
        )
        for _ in range(20)
    ]


@pytest.mark.parametrize(
    ("stderr", "shift", "calibrated"), [(1.0, 0.0, True), (1.0, 3.0, True), (0.5, 0.0, False), (2.0, 0.0, False)]
)
def test_a_standard_error_is_judged_by_the_scatter(stderr, shift, calibrated, capsys):
    claim = SimpleNamespace(slug="a-paper", name="a-claim")
    assert report(claim, results(stderr, shift)) is calibrated
    assert ("NOT CALIBRATED" in capsys.readouterr().out) is not calibrated


def test_few_repetitions_have_wide_tails():
    assert normal_score(12.706, 1.0) == pytest.approx(1.96, abs=1e-3)
    assert normal_score(-12.706, 1.0) == pytest.approx(-1.96, abs=1e-3)
    assert normal_score(1.5, math.inf) == 1.5


def test_verdicts_that_do_not_hold_are_counted(capsys):
    found = results(1.0)
    for result in found[:2]:
        result.verdict = "inconclusive"
    assert not report(SimpleNamespace(slug="a-paper", name="a-claim"), found)
    assert "18/20" in capsys.readouterr().out
