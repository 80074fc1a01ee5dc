"""The verdict: an equivalence test, not a lucky draw.

A claim holds where every comparison's 99% interval lies inside its band, fails where some comparison's interval at 99%/m
(m comparisons) lies wholly outside, and is inconclusive otherwise: the sample was too small to tell.
"""

import math
from dataclasses import dataclass
from typing import Any

from .evidence import Comparison, Evidence

CONFIDENCE = 0.99
VERDICTS = ("holds", "fails", "inconclusive", "error", "skipped")


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim that our honest measurement refutes: what was found, and the value that a new measurement must confirm."""

    text: str
    value: float
    tolerance: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and math.isfinite(self.tolerance) and self.tolerance > 0):
            raise ValueError(
                f"finding needs a finite value and a positive tolerance; got {self.value}, {self.tolerance}"
            )


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the comparison that decided it (the nearest to failing) and, for a finding, whether it stands."""

    verdict: str
    message: str
    deciding: int
    comparisons: tuple[dict[str, Any], ...]
    finding_stands: bool | None = None


def judge(evidence: Evidence, finding: Finding | None = None) -> Judgement:
    """Judge evidence, and the finding recorded for it where there is one."""
    count = len(evidence.comparisons)
    verdicts = [_verdict(comparison, count) for comparison in evidence.comparisons]
    deciding = max(range(count), key=lambda index: _strain(evidence.comparisons[index], verdicts[index]))
    verdict = "fails" if "fails" in verdicts else "inconclusive" if "inconclusive" in verdicts else "holds"
    stands = None
    if finding is not None:
        stands = _stands(finding, evidence.comparisons, verdicts)
    message = _message(verdict, evidence.comparisons[deciding], verdicts, stands)
    rows = tuple(
        {**as_row(comparison), "verdict": one} for comparison, one in zip(evidence.comparisons, verdicts, strict=True)
    )
    return Judgement(verdict, message, deciding, rows, stands)


def as_row(comparison: Comparison) -> dict[str, Any]:
    """A comparison as JSON holds it, with its 99% interval."""
    interval = comparison.interval_at(CONFIDENCE) if comparison.interval_at else None
    return {
        "label": comparison.label,
        "measured": comparison.measured,
        "stderr": comparison.stderr,
        "dof": None if comparison.dof is None or math.isinf(comparison.dof) else comparison.dof,
        "interval": list(interval) if interval else None,
        "predicted": comparison.predicted,
        "tolerance": comparison.tolerance,
        "relation": comparison.relation,
    }


def _verdict(comparison: Comparison, count: int) -> str:
    if comparison.interval_at is None:
        return "holds" if comparison.exactly else "fails"
    low, high = comparison.band
    inner_low, inner_high = comparison.interval_at(CONFIDENCE)
    if low <= inner_low and inner_high <= high:
        return "holds"
    outer_low, outer_high = comparison.interval_at(1 - (1 - CONFIDENCE) / count)
    return "fails" if outer_high < low or outer_low > high else "inconclusive"


def _strain(comparison: Comparison, verdict: str) -> tuple[int, float]:
    """How near a comparison is to failing: its verdict first, then the used-up share of its band."""
    rank = {"holds": 0, "inconclusive": 1, "fails": 2}[verdict]
    if comparison.interval_at is None:
        return rank, _exact_strain(comparison)
    low, high = comparison.interval_at(CONFIDENCE)
    overshoot = {
        "=": max(high - comparison.predicted, comparison.predicted - low),
        ">=": comparison.predicted - low,
        "<=": high - comparison.predicted,
    }[comparison.relation]
    scale = comparison.tolerance or (high - low)
    return rank, overshoot / scale if scale else overshoot


def _exact_strain(comparison: Comparison) -> float:
    numbers = (comparison.measured, comparison.predicted)
    if comparison.tolerance and all(isinstance(number, (int, float)) for number in numbers):
        return abs(comparison.measured - comparison.predicted) / comparison.tolerance
    return 0.0


def _stands(finding: Finding, comparisons: tuple[Comparison, ...], verdicts: list[str]) -> bool:
    """Whether every comparison that does not hold has been measured equivalent to the finding's value."""
    refuted = [comparison for comparison, one in zip(comparisons, verdicts, strict=True) if one != "holds"]
    return bool(refuted) and all(_equivalent(comparison, finding) for comparison in refuted)


def _equivalent(comparison: Comparison, finding: Finding) -> bool:
    low, high = finding.value - finding.tolerance, finding.value + finding.tolerance
    if comparison.interval_at is None:
        return isinstance(comparison.measured, (int, float)) and low <= comparison.measured <= high
    inner_low, inner_high = comparison.interval_at(CONFIDENCE)
    return low <= inner_low and inner_high <= high


def _message(verdict: str, deciding: Comparison, verdicts: list[str], stands: bool | None) -> str:
    if stands is False:
        return "the recorded finding no longer stands: the new measurement is not equivalent to its value"
    where = f" ({deciding.label})" if deciding.label else ""
    others = f"; {sum(one != 'holds' for one in verdicts)} of {len(verdicts)} comparisons" if len(verdicts) > 1 else ""
    match verdict:
        case "fails":
            return f"measured outside the band{where}{others}"
        case "inconclusive":
            return f"the sample is too small to tell{where}{others}"
    return ""
