"""Evidence: measured numbers beside predicted ones, each with its error, its band and its interval.

A claim's function returns one `Evidence`, made by one of the constructors here; `verdict.judge` decides what it shows.
SciPy is imported where an interval is computed, so that reading a claim's text stays cheap.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import PhasebookError
from .numerics.measured import Measured

Relation = Literal["=", ">=", "<="]
Interval = tuple[float, float]


class EvidenceError(PhasebookError, ValueError):
    """Evidence that cannot be judged: no standard error, a NaN, too few samples. Its verdict is `error`."""


@dataclass(frozen=True)
class Comparison:
    """One measured number against one predicted number, and the interval in which the truth lies at a given confidence.

    `band` is where the truth must lie for the claim to hold; `interval_at` maps a confidence to an interval, and is None
    where the comparison is exact.
    """

    label: str
    relation: Relation
    measured: Any
    predicted: Any
    tolerance: float
    stderr: float | None = None
    dof: float | None = None
    interval_at: Callable[[float], Interval] | None = field(default=None, compare=False)
    exactly: bool | None = None

    @property
    def band(self) -> Interval:
        """Lower and upper end of the values for which the claim is true."""
        low = -math.inf if self.relation == "<=" else self.predicted - self.tolerance
        high = math.inf if self.relation == ">=" else self.predicted + self.tolerance
        return low, high


@dataclass(frozen=True)
class Evidence:
    """What a claim's measurement showed: one comparison or several, all of which must hold."""

    comparisons: tuple[Comparison, ...]

    @classmethod
    def equal(
        cls,
        measured: Measured,
        predicted: float | Measured,
        tolerance: float,
        *,
        systematic: float = 0.0,
        label: str = "",
    ) -> "Evidence":
        """The measured value equals the predicted one within a tolerance set beforehand (in the observable's units)."""
        _positive_tolerance(tolerance, label)
        return cls((_student(measured, predicted, tolerance, "=", systematic, label),))

    @classmethod
    def at_least(
        cls,
        measured: Measured,
        bound: float | Measured,
        tolerance: float = 0.0,
        *,
        systematic: float = 0.0,
        label: str = "",
    ) -> "Evidence":
        """The measured value is not below the bound, less the tolerance."""
        return cls((_student(measured, bound, tolerance, ">=", systematic, label),))

    @classmethod
    def at_most(
        cls,
        measured: Measured,
        bound: float | Measured,
        tolerance: float = 0.0,
        *,
        systematic: float = 0.0,
        label: str = "",
    ) -> "Evidence":
        """The measured value is not above the bound, plus the tolerance."""
        return cls((_student(measured, bound, tolerance, "<=", systematic, label),))

    @classmethod
    def exact(cls, measured: Any, predicted: Any, tolerance: float = 0.0, *, label: str = "") -> "Evidence":
        """Numbers, texts or lists without an error bar agree: numbers within the tolerance, everything else exactly."""
        if not tolerance >= 0:
            raise EvidenceError(f"{_at(label)}tolerance must not be negative; got {tolerance!r}")
        measured, predicted = _plain(measured), _plain(predicted)
        for value in (measured, predicted):
            _refuse_nan(value, label)
        agrees = _agree(measured, predicted, tolerance)
        return cls((Comparison(label, "=", measured, predicted, float(tolerance), exactly=agrees),))

    @classmethod
    def rate(
        cls,
        successes: int,
        trials: int,
        *,
        predicted: float | None = None,
        tolerance: float = 0.0,
        at_least: float | None = None,
        at_most: float | None = None,
        label: str = "",
    ) -> "Evidence":
        """A share of successes among independent trials against a probability or a bound (Clopper-Pearson interval)."""
        targets: dict[Relation, float | None] = {"=": predicted, ">=": at_least, "<=": at_most}
        given = [(value, relation) for relation, value in targets.items() if value is not None]
        if len(given) != 1:
            raise EvidenceError(f"{_at(label)}rate needs one of predicted, at_least, at_most; got {len(given)}")
        if not 0 <= successes <= trials or trials < 1:
            raise EvidenceError(f"{_at(label)}rate needs 0 <= successes <= trials; got {successes} of {trials}")
        (value, relation) = given[0]
        if relation == "=":
            _positive_tolerance(tolerance, label)
        share = successes / trials

        def interval_at(confidence: float) -> Interval:
            from .numerics.statistics import clopper_pearson

            low, high = clopper_pearson(successes, trials, confidence)
            return float(low), float(high)

        return cls(
            (
                Comparison(
                    label,
                    relation,
                    share,
                    float(value),
                    float(tolerance),
                    stderr=math.sqrt(share * (1 - share) / trials),
                    dof=float(trials),
                    interval_at=interval_at,
                ),
            )
        )

    @classmethod
    def ordering(
        cls, larger: Sequence[float], smaller: Sequence[float], *, margin: float = 0.0, label: str = ""
    ) -> "Evidence":
        """Measured in pairs, the first exceeds the second by at least the margin on average (paired differences)."""
        if len(larger) != len(smaller):
            raise EvidenceError(f"{_at(label)}ordering needs pairs; got {len(larger)} and {len(smaller)} values")
        differences = [float(a) - float(b) for a, b in zip(larger, smaller, strict=True)]
        return cls.at_least(_mean(differences, label), margin, label=label)

    @classmethod
    def trend(
        cls, slope: Measured, predicted: float, tolerance: float = 0.0, *, relation: Relation = "=", label: str = ""
    ) -> "Evidence":
        """A fitted slope, with its degrees of freedom, against a predicted slope or bound."""
        if relation == "=":
            _positive_tolerance(tolerance, label)
        if not math.isfinite(slope.dof):
            raise EvidenceError(f"{_at(label)}a trend needs the fit's finite degrees of freedom")
        return cls((_student(slope, predicted, tolerance, relation, 0.0, label),))

    @classmethod
    def distribution(cls, distance: float, *, sampling_band: float, tolerance: float, label: str = "") -> "Evidence":
        """A distance between distributions, known up to its 99% sampling band, stays below a tolerance."""
        _positive_tolerance(tolerance, label)
        if not (math.isfinite(distance) and distance >= 0 and math.isfinite(sampling_band) and sampling_band > 0):
            raise EvidenceError(
                f"{_at(label)}distance and sampling band must be positive; got {distance!r}, {sampling_band!r}"
            )

        def interval_at(confidence: float) -> Interval:
            half_width = sampling_band * _normal_quantile(confidence) / _normal_quantile(0.99)
            return max(0.0, distance - half_width), distance + half_width

        stderr = sampling_band / 2.5758293035489004
        return cls((Comparison(label, "<=", float(distance), 0.0, float(tolerance), stderr, math.inf, interval_at),))

    @classmethod
    def ratio(cls, slower: Sequence[float], faster: Sequence[float], *, at_least: float, label: str = "") -> "Evidence":
        """Interleaved timing pairs: the geometric mean of slower / faster is at least a factor (bootstrap interval)."""
        if len(slower) != len(faster) or len(slower) < 5:
            raise EvidenceError(f"{_at(label)}ratio needs at least 5 pairs; got {len(slower)} and {len(faster)}")
        if not all(value > 0 and math.isfinite(value) for value in (*slower, *faster)):
            raise EvidenceError(f"{_at(label)}timings must be positive and finite")
        logs = [math.log(a / b) for a, b in zip(slower, faster, strict=True)]
        spread = _mean(logs, label)
        value = math.exp(spread.value)

        def interval_at(confidence: float) -> Interval:
            import numpy as np
            from scipy.stats import bootstrap

            interval = bootstrap(
                (np.array(logs),), np.mean, confidence_level=confidence, n_resamples=9999, rng=np.random.default_rng(0)
            ).confidence_interval
            return float(np.exp(interval.low)), float(np.exp(interval.high))

        comparison = Comparison(
            label, ">=", value, float(at_least), 0.0, value * spread.stderr, spread.dof, interval_at
        )
        return cls((comparison,))

    @classmethod
    def all_of(cls, *evidence: "Evidence") -> "Evidence":
        """Several pieces of evidence, all of which must hold; `fails` is judged at 99% over all of them together."""
        comparisons = tuple(comparison for piece in evidence for comparison in piece.comparisons)
        if not comparisons:
            raise EvidenceError("all_of needs at least one piece of evidence")
        return cls(comparisons)


def _student(
    measured: Measured, predicted: float | Measured, tolerance: float, relation: Relation, systematic: float, label: str
) -> Comparison:
    if not isinstance(measured, Measured):
        raise EvidenceError(f"{_at(label)}measured must be a Measured (value, stderr, dof); got {measured!r}")
    if not (tolerance >= 0 and math.isfinite(tolerance) and systematic >= 0 and math.isfinite(systematic)):
        raise EvidenceError(f"{_at(label)}tolerance and systematic must be finite and not negative")
    stderr, dof = measured.stderr, measured.dof
    if isinstance(predicted, Measured):
        stderr, dof = _welch(measured, predicted)
    target = predicted.value if isinstance(predicted, Measured) else float(predicted)
    if not all(map(math.isfinite, (measured.value, target, stderr))) or stderr <= 0 or math.isnan(dof):
        raise EvidenceError(f"{_at(label)}value {measured.value!r} with standard error {stderr!r} cannot be judged")

    def interval_at(confidence: float) -> Interval:
        half_width = _student_quantile(dof, confidence) * stderr + systematic
        return measured.value - half_width, measured.value + half_width

    return Comparison(label, relation, measured.value, target, float(tolerance), stderr, dof, interval_at)


def _welch(first: Measured, second: Measured) -> tuple[float, float]:
    """Standard error of a difference and its Welch-Satterthwaite degrees of freedom."""
    variances = first.stderr**2, second.stderr**2
    total = sum(variances)
    spread = sum(variance**2 / part.dof for variance, part in zip(variances, (first, second), strict=True))
    return math.sqrt(total), total**2 / spread if spread > 0 else math.inf


def _student_quantile(dof: float, confidence: float) -> float:
    if math.isinf(dof):
        return _normal_quantile(confidence)
    from scipy.special import stdtrit

    return float(stdtrit(dof, 0.5 + confidence / 2))


def _normal_quantile(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2))


def _mean(values: Sequence[float], label: str) -> Measured:
    count = len(values)
    if count < 2:
        raise EvidenceError(f"{_at(label)}needs at least two pairs; got {count}")
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return Measured(mean, math.sqrt(variance / count), count - 1)


def _positive_tolerance(tolerance: float, label: str) -> None:
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise EvidenceError(f"{_at(label)}tolerance must be positive and finite; got {tolerance!r}")


def _at(label: str) -> str:
    return f"{label}: " if label else ""


def _plain(value: Any) -> Any:
    """NumPy scalars and arrays as Python numbers and lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _refuse_nan(value: Any, label: str) -> None:
    if isinstance(value, list):
        for item in value:
            _refuse_nan(item, label)
    elif isinstance(value, float) and math.isnan(value):
        raise EvidenceError(f"{_at(label)}NaN cannot be judged")


def _agree(measured: Any, predicted: Any, tolerance: float) -> bool:
    if isinstance(measured, list) and isinstance(predicted, list):
        return len(measured) == len(predicted) and all(
            _agree(a, b, tolerance) for a, b in zip(measured, predicted, strict=True)
        )
    if isinstance(measured, list) and isinstance(predicted, (int, float)):
        return all(_agree(item, predicted, tolerance) for item in measured)
    if isinstance(measured, (int, float)) and isinstance(predicted, (int, float)) and not isinstance(measured, bool):
        return measured == predicted or abs(measured - predicted) <= tolerance
    return measured == predicted
