"""Each constructor of Evidence, and what it refuses to judge."""

import math

import numpy as np
import pytest

from phasebook.claims import Evidence, EvidenceError, Measured, judge


def verdict(evidence: Evidence) -> str:
    return judge(evidence).verdict


def test_equal_of_two_measurements_adds_their_errors():
    [comparison] = Evidence.equal(Measured(1.0, 0.3, 10), Measured(1.1, 0.4, 20), 5.0).comparisons
    assert comparison.stderr == pytest.approx(0.5)
    assert comparison.dof == pytest.approx(0.25**2 / (0.09**2 / 10 + 0.16**2 / 20))
    assert comparison.predicted == 1.1


def test_exact_compares_numbers_texts_and_lists():
    assert verdict(Evidence.exact(1.0, 1.0 + 1e-9, 1e-8)) == "holds"
    assert verdict(Evidence.exact(1.0, 1.1, 1e-8)) == "fails"
    assert verdict(Evidence.exact("help", "help")) == "holds"
    assert verdict(Evidence.exact("help", "collapse")) == "fails"
    assert verdict(Evidence.exact([1.0, 2.0], [1.0, 2.0 + 1e-9], 1e-8)) == "holds"
    assert verdict(Evidence.exact([1.0, 2.0], [1.0], 1e-8)) == "fails"
    assert verdict(Evidence.exact(np.zeros((2, 3)), 0.0, 1e-12)) == "holds"
    assert verdict(Evidence.exact(True, True)) == "holds"
    assert verdict(Evidence.exact(math.inf, math.inf)) == "holds"


def test_ordering_is_paired():
    generator = np.random.default_rng(0)
    common = 10 * generator.standard_normal(12)
    larger, smaller = common + 1 + 0.1 * generator.standard_normal(12), common
    assert verdict(Evidence.ordering(larger, smaller)) == "holds"
    assert verdict(Evidence.ordering(smaller, larger)) == "fails"
    assert verdict(Evidence.ordering(larger, generator.permutation(smaller))) == "inconclusive"


def test_trend_uses_the_fits_degrees_of_freedom():
    assert verdict(Evidence.trend(Measured(-1.0, 0.001, 3), -1.0, 0.02)) == "holds"
    assert verdict(Evidence.trend(Measured(-1.0, 0.001, 3), 0.0, relation="<=")) == "holds"
    with pytest.raises(EvidenceError, match="finite degrees of freedom"):
        Evidence.trend(Measured(-1.0, 0.001, math.inf), -1.0, 0.02)


def test_distribution_counts_its_sampling_band():
    assert verdict(Evidence.distribution(0.01, sampling_band=0.005, tolerance=0.02)) == "holds"
    assert verdict(Evidence.distribution(0.018, sampling_band=0.005, tolerance=0.02)) == "inconclusive"
    assert verdict(Evidence.distribution(0.05, sampling_band=0.005, tolerance=0.02)) == "fails"


def test_ratio_is_a_geometric_mean_with_a_bootstrap_interval():
    generator = np.random.default_rng(1)
    slower = 4.0 * np.exp(0.05 * generator.standard_normal(15))
    faster = np.exp(0.05 * generator.standard_normal(15))
    assert verdict(Evidence.ratio(slower, faster, at_least=3.0)) == "holds"
    assert verdict(Evidence.ratio(slower, faster, at_least=5.0)) == "fails"
    [row] = judge(Evidence.ratio(slower, faster, at_least=3.0)).comparisons
    assert row["measured"] == pytest.approx(np.exp(np.mean(np.log(slower / faster))))
    assert row["interval"][0] < row["measured"] < row["interval"][1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Evidence.equal(Measured(1.0, 0.0, 5), 1.0, 0.1), "standard error 0.0 cannot be judged"),
        (lambda: Evidence.equal(Measured(math.nan, 0.1, 5), 1.0, 0.1), "value nan"),
        (lambda: Evidence.equal(Measured(1.0, math.nan, 5), 1.0, 0.1), "standard error nan cannot be judged"),
        (lambda: Evidence.equal(Measured(1.0, 0.1, 5), 1.0, 0.0), "tolerance must be positive and finite; got 0.0"),
        (lambda: Evidence.equal(1.0, 1.0, 0.1), "measured must be a Measured"),
        (lambda: Evidence.exact(math.nan, 1.0), "NaN cannot be judged"),
        (lambda: Evidence.exact([1.0, math.nan], 1.0), "NaN cannot be judged"),
        (lambda: Evidence.exact(1.0, 1.0, -1.0), "tolerance must not be negative"),
        (lambda: Evidence.rate(3, 2, at_most=0.5), "0 <= successes <= trials; got 3 of 2"),
        (lambda: Evidence.rate(1, 2), "one of predicted, at_least, at_most; got 0"),
        (lambda: Evidence.rate(1, 2, at_least=0.1, at_most=0.5), "one of predicted, at_least, at_most; got 2"),
        (lambda: Evidence.ordering([1.0, 2.0], [1.0]), "ordering needs pairs; got 2 and 1 values"),
        (lambda: Evidence.ordering([1.0, 2.0], [0.0, 1.0]), "standard error 0.0 cannot be judged"),
        (lambda: Evidence.distribution(0.1, sampling_band=0.0, tolerance=0.2), "sampling band must be positive"),
        (lambda: Evidence.ratio([1.0] * 4, [1.0] * 4, at_least=1.0), "at least 5 pairs; got 4 and 4"),
        (lambda: Evidence.ratio([1.0, 0.0, 1, 1, 1], [1.0] * 5, at_least=1.0), "timings must be positive and finite"),
        (lambda: Evidence.all_of(), "all_of needs at least one piece of evidence"),
    ],
)
def test_what_cannot_be_judged_is_refused(make, message):
    with pytest.raises(EvidenceError, match=message):
        make()


def test_measured_refuses_nonsense():
    with pytest.raises(ValueError, match="stderr must not be negative; got -1"):
        Measured(0.0, -1.0, 3)
    with pytest.raises(ValueError, match="dof must be positive"):
        Measured(0.0, 1.0, 0)
