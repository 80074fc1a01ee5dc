"""The verdict is an equivalence test: what it lets through by chance is measured here, not assumed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from phasebook.claims import Evidence, Finding, Measured, judge
from phasebook.numerics.statistics import clopper_pearson

TOLERANCE = 1.0


def judged(measured: Measured, predicted: float = 0.0, tolerance: float = TOLERANCE) -> str:
    return judge(Evidence.equal(measured, predicted, tolerance)).verdict


def measured_from(samples: np.ndarray) -> Measured:
    return Measured(samples.mean(), samples.std(ddof=1) / math.sqrt(len(samples)), len(samples) - 1)


@pytest.mark.parametrize("replicas", [3, 4, 6, 10])
@pytest.mark.parametrize("truth", [TOLERANCE, -TOLERANCE, 1.3 * TOLERANCE])
@pytest.mark.parametrize("spread", [0.02, 0.2, 0.6])
def test_wrong_holds_stay_under_one_percent(replicas, truth, spread):
    """Truth at and beyond the band's edge, the standard error estimated from few replicas: `holds` is an error."""
    generator = np.random.default_rng(replicas)
    trials = 4000
    samples = truth + spread * generator.standard_normal((trials, replicas))
    means, errors = samples.mean(axis=1), samples.std(axis=1, ddof=1) / math.sqrt(replicas)
    half_width = student.ppf(0.995, replicas - 1) * errors
    inside = (means - half_width >= -TOLERANCE) & (means + half_width <= TOLERANCE)
    # The same rule, vectorized, so that thousands of trials are cheap; that it is the same rule is checked on some of them.
    for row in range(0, trials, 100):
        assert (judged(measured_from(samples[row])) == "holds") == bool(inside[row])
    # 0.5% is expected at the edge; the 99.99% point of 4000 such trials is 0.0097.
    assert inside.mean() < 0.01


@pytest.mark.parametrize(("comparisons", "dof"), [(1, 60.0), (1, math.inf), (40, 200.0), (40, math.inf)])
def test_a_true_claim_holds(comparisons, dof):
    """With stderr = tolerance / 7 and the truth at the center, anything but `holds` stays under 1 in 1,000.

    An estimated standard error adds its own noise: with 60 degrees of freedom one comparison is inconclusive 3 times in 100,000,
    so 40 of them at once need about 200.
    """
    generator = np.random.default_rng(int(comparisons))
    trials = 50_000 if comparisons == 1 else 4_000
    stderr = TOLERANCE / 7
    shape = (trials, comparisons)
    values = stderr * generator.standard_normal(shape)
    errors = stderr * (np.ones(shape) if math.isinf(dof) else np.sqrt(generator.chisquare(dof, shape) / dof))
    quantile = 2.5758293035489004 if math.isinf(dof) else student.ppf(0.995, dof)
    holds = (np.abs(values) + quantile * errors <= TOLERANCE).all(axis=1)
    for row in range(0, trials, trials // 20):
        evidence = Evidence.all_of(
            *(
                Evidence.equal(Measured(v, e, dof), 0.0, TOLERANCE)
                for v, e in zip(values[row], errors[row], strict=True)
            )
        )
        assert (judge(evidence).verdict == "holds") == bool(holds[row])
    assert 1 - holds.mean() < 1e-3


def test_false_fails_over_forty_comparisons_stay_under_one_percent():
    """Every truth on its band's edge: judging each at 99%/m keeps wrong `fails` of the whole under 1%."""
    generator = np.random.default_rng(0)
    failures = 0
    for _ in range(300):
        values = TOLERANCE + 0.1 * generator.standard_normal(40)
        evidence = Evidence.all_of(*(Evidence.equal(Measured(v, 0.1, math.inf), 0.0, TOLERANCE) for v in values))
        failures += judge(evidence).verdict == "fails"
    assert failures <= 8  # 1.5 are expected; more than 8 of 300 has a chance of 1e-4


def test_the_interval_is_students():
    [row] = judge(Evidence.equal(Measured(1.0, 0.1, 2), 1.0, 5.0)).comparisons
    assert row["interval"] == pytest.approx([1.0 - 0.9924843200918291, 1.0 + 0.9924843200918291])
    [row] = judge(Evidence.equal(Measured(1.0, 0.1, 2), 1.0, 5.0, systematic=0.5)).comparisons
    assert row["interval"] == pytest.approx([1.0 - 1.4924843200918291, 1.0 + 1.4924843200918291])


@given(
    value=st.floats(-5, 5),
    stderr=st.floats(1e-6, 2),
    dof=st.floats(1, 1000),
    tolerance=st.floats(1e-3, 5),
    shift=st.floats(-3, 3),
)
def test_a_verdict_moves_with_its_units_and_origin(value, stderr, dof, tolerance, shift):
    """Shifting both sides, or measuring in other units, changes no verdict (away from the band's very edge)."""
    comparison = Evidence.equal(Measured(value, stderr, dof), 0.0, tolerance).comparisons[0]
    edges = [abs(abs(end) - tolerance) for end in comparison.interval_at(0.99)]
    if min(edges) < 1e-6:
        return
    first = judged(Measured(value, stderr, dof), 0.0, tolerance)
    assert judged(Measured(value + shift, stderr, dof), shift, tolerance) == first
    assert judged(Measured(2 * value, 2 * stderr, dof), 0.0, 2 * tolerance) == first


@given(value=st.floats(-5, 5), stderr=st.floats(1e-3, 2), factor=st.floats(1.01, 10))
def test_a_smaller_error_never_turns_holds_into_doubt(value, stderr, factor):
    if judged(Measured(value, stderr, 30)) == "holds":
        assert judged(Measured(value, stderr / factor, 30)) == "holds"


def test_bounds_are_one_sided():
    assert judge(Evidence.at_least(Measured(10.0, 0.1, 20), 1.0)).verdict == "holds"
    assert judge(Evidence.at_least(Measured(0.0, 0.1, 20), 1.0)).verdict == "fails"
    assert judge(Evidence.at_most(Measured(-10.0, 0.1, 20), 1.0)).verdict == "holds"
    assert judge(Evidence.at_most(Measured(1.0, 0.1, 20), 1.0)).verdict == "inconclusive"


def test_a_rate_of_none_in_fifty_thousand():
    """The upper end of the exact interval is 1 - 0.005^(1/50000) = 1.06e-4: it shows a rate below 2e-4, not below 1e-4."""
    assert clopper_pearson(0, 50_000, 0.99)[1] == pytest.approx(1 - 0.005 ** (1 / 50_000), rel=1e-9)
    assert judge(Evidence.rate(0, 50_000, at_most=2e-4)).verdict == "holds"
    assert judge(Evidence.rate(0, 50_000, at_most=1e-4)).verdict == "inconclusive"
    assert judge(Evidence.rate(0, 50_000, at_least=1e-3)).verdict == "fails"
    assert judge(Evidence.rate(25_000, 50_000, predicted=0.5, tolerance=0.02)).verdict == "holds"


def test_one_failing_comparison_decides_and_is_shown():
    evidence = Evidence.all_of(
        Evidence.equal(Measured(0.0, 0.1, 50), 0.0, 1.0, label="good"),
        Evidence.equal(Measured(5.0, 0.1, 50), 0.0, 1.0, label="bad"),
    )
    judgement = judge(evidence)
    assert judgement.verdict == "fails"
    assert judgement.comparisons[judgement.deciding]["label"] == "bad"
    assert judgement.message == "measured outside the band (bad); 1 of 2 comparisons"


def test_the_comparison_nearest_to_failing_is_shown():
    evidence = Evidence.all_of(
        Evidence.equal(Measured(0.0, 0.1, 50), 0.0, 1.0, label="easy"),
        Evidence.equal(Measured(0.5, 0.1, 50), 0.0, 1.0, label="tight"),
        Evidence.exact(3, 3, label="exact"),
    )
    judgement = judge(evidence)
    assert judgement.verdict == "holds"
    assert judgement.comparisons[judgement.deciding]["label"] == "tight"


def test_a_finding_excuses_only_its_own_value():
    finding = Finding("the limit is 2, not 1", value=2.0, tolerance=0.1)
    refuted = judge(Evidence.equal(Measured(2.01, 0.01, 50), 1.0, 0.1), finding)
    assert (refuted.verdict, refuted.finding_stands) == ("fails", True)
    moved = judge(Evidence.equal(Measured(2.5, 0.01, 50), 1.0, 0.1), finding)
    assert (moved.verdict, moved.finding_stands) == ("fails", False)
    healed = judge(Evidence.equal(Measured(1.0, 0.01, 50), 1.0, 0.1), finding)
    assert (healed.verdict, healed.finding_stands) == ("holds", False)
    noisy = judge(Evidence.equal(Measured(2.0, 0.1, 50), 1.0, 0.1), finding)
    assert noisy.finding_stands is False


def test_a_finding_needs_numbers():
    with pytest.raises(ValueError, match="finding needs a finite value and a positive tolerance"):
        Finding("nothing", value=math.nan, tolerance=1.0)
