"""ROC, areas and their errors against closed forms and a peer; removal at retention; labels; generations that teach generations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.transport import (
    area_difference,
    area_under_curve,
    kept,
    neighbor_labels,
    receiver_operating,
    recursive_generations,
    removal,
    share,
)


def two_normals(positive, negative, shift, generator):
    """Scores whose area is known: Φ(shift/√2)."""
    scores = np.concatenate([shift + generator.standard_normal(positive), generator.standard_normal(negative)])
    bad = np.arange(scores.size) < positive
    return scores, bad, ~bad


def test_the_area_of_two_normals_and_its_error():
    generator, exact = np.random.default_rng(0), 0.5 * (1 + math.erf(0.5))
    areas = [area_under_curve(*two_normals(60, 300, 1.0, generator)) for _ in range(400)]
    scores = np.array([(each.value - exact) / each.stderr for each in areas])
    assert abs(scores.mean()) < 0.25
    assert abs(scores.var() - 1) < 0.3


@settings(max_examples=60)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=15), st.lists(st.integers(0, 5), min_size=2, max_size=15))
def test_the_area_counts_ordered_pairs_and_ties_half(positive, negative):
    scores = np.array(positive + negative, dtype=float)
    bad = np.arange(scores.size) < len(positive)
    expected = np.mean([(p > n) + 0.5 * (p == n) for p in positive for n in negative])
    assert area_under_curve(scores, bad, ~bad).value == pytest.approx(expected)
    curve = receiver_operating(scores, bad, ~bad)
    assert np.trapezoid(curve.true_positive, curve.false_positive) == pytest.approx(expected)
    assert (curve.at([0.0, 1.0])[1], curve.false_positive[0], curve.true_positive[-1]) == (1.0, 0.0, 1.0)


def test_a_difference_of_areas_knows_that_the_samples_are_the_same():
    generator, gaps = np.random.default_rng(2), []
    for _ in range(300):
        scores, bad, good = two_normals(50, 200, 1.0, generator)
        other = scores + 0.5 * generator.standard_normal(scores.size)
        gaps.append(area_difference(scores, other, bad, good))
    values, errors = np.array([[each.value, each.stderr] for each in gaps]).T
    assert values.std() == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.15)
    assert area_difference(scores, scores, bad, good).value == 0.0


def test_removal_at_a_retention_takes_its_threshold_from_the_samples_in_support():
    good = np.arange(100.0)
    scores = np.concatenate([good, [95.5, 96.5, 200.0, 1.0], [1e6]])
    in_support = np.arange(scores.size) < 100
    bad = (np.arange(scores.size) >= 100) & (np.arange(scores.size) < 104)
    found = removal(scores, bad, in_support, 0.96)
    assert found.threshold == 96.0  # keeps 0 to 96: at least 96%
    assert (found.removed.count, found.removed.total) == (2, 4)
    assert found.removed.low < 0.5 < found.removed.high


def test_nothing_found_has_no_area_and_an_upper_limit():
    nothing, all_good = np.zeros(1000, bool), np.ones(1000, bool)
    assert math.isnan(area_under_curve(np.arange(1000.0), nothing, all_good).value)
    assert share(0, 1000).value == 0.0
    assert share(0, 1000).high == pytest.approx(3.8e-3, rel=0.02)
    assert share(0, 1000).stderr > 0
    assert math.isnan(share(0, 0).value)
    found = removal(np.arange(1000.0), nothing, all_good)
    assert math.isnan(found.removed.value)


def test_perfectly_separated_scores_have_an_error_too():
    bad = np.arange(50) < 20
    area = area_under_curve(np.where(bad, 2.0, 1.0), bad, ~bad)
    assert area.value == 1.0
    assert area.stderr == pytest.approx(0.5 / 20)


def test_labels_by_neighbors_find_what_lies_between():
    generator = np.random.default_rng(3)
    data = np.repeat([[0.0, 0.0], [1.0, 0.0]], 500, axis=0) + 0.02 * generator.standard_normal((1000, 2))
    samples = np.array([[0.0, 0.01], [1.0, 0.0], [0.5, 0.0], [0.5, 0.3]])
    bad, good = neighbor_labels(samples, data)
    assert bad.tolist() == [False, False, True, True]
    assert good.tolist() == [True, True, False, False]


@settings(max_examples=40)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.data())
def test_the_smallest_scores_are_kept(scores, data):
    count = data.draw(st.integers(1, len(scores)))
    chosen = kept(scores, count)
    assert len(set(chosen.tolist())) == count
    assert sorted(np.asarray(scores)[chosen]) == sorted(scores)[:count]


def shrinking(data, count, seed):
    """A model that copies its data with noise, whose scores are the noise."""
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal(count)
    return data[generator.integers(len(data), size=count)] + noise[:, None], np.abs(noise)


def test_generations_teach_generations():
    data = np.zeros((2000, 1))
    spread = {}
    for choice in ("all", "random", "variance"):
        made = recursive_generations(data, shrinking, 4, choice, seed=1)
        assert [each.pool.shape[0] for each in made] == [2000 if choice == "all" else 10_000] * 4
        assert all(each.chosen.shape == (2000, 1) for each in made)
        spread[choice] = made[-1].chosen.var()
    assert spread["all"] == pytest.approx(4, rel=0.2)
    assert spread["random"] == pytest.approx(4, rel=0.2)
    assert spread["variance"] < 0.2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: removal([1.0, 2.0], [True, False], [False, True], 1.0), "retention must lie strictly"),
        (lambda: removal([1.0, 2.0], [True, False], [False, False]), "must mark at least one sample"),
        (lambda: area_under_curve([1.0], [True, False], [False, True]), "must have one shape"),
        (lambda: area_under_curve([1.0, np.nan], [True, False], [False, True]), "scores must be finite"),
        (lambda: area_under_curve([1.0, 2.0], [True, False], [True, True]), "both hallucinated and in support"),
        (lambda: share(3, 2), r"count must lie in \[0, 2\]"),
        (lambda: kept([1.0], 2), r"count must lie in \[1, 1\]"),
        (lambda: neighbor_labels(np.zeros((3, 2)), np.zeros((9, 3))), "samples and data must be"),
        (lambda: neighbor_labels(np.zeros((3, 2)), np.zeros((3, 2))), "neighbors must be at least 1"),
        (lambda: recursive_generations(np.zeros((2, 1)), shrinking, 0, "all", seed=0), "generations must be"),
        (lambda: recursive_generations(np.zeros((2, 1)), shrinking, 1, "best", seed=0), "choice must be"),
        (lambda: recursive_generations(np.zeros((2, 1)), lambda *_: (np.zeros((1, 1)), np.zeros(1)), 1, "all", seed=0),
         "sampler must return"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
