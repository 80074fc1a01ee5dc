"""Simulated trees against the enumeration of all outcomes, and what a seed fixes."""

import math

import numpy as np
import pytest

from phasebook import numerics
from phasebook.populations import (
    VotingTree,
    pairwise_correlation,
    simulate_received_messages,
    simulate_root_bias,
    simulate_root_votes,
)

from .enumeration import TINY, enumerated_root_bias

TREES = 400_000
TOLERANCE = 7 / math.sqrt(TREES)  # seven standard errors at zero bias


@pytest.mark.parametrize("shared", ["received", "sent"])
@pytest.mark.parametrize(("fan_in", "fidelity", "correlation", "leaf_bias", "depth"), TINY)
def test_simulated_trees_have_the_enumerated_bias(fan_in, fidelity, correlation, leaf_bias, depth, shared):
    tree = VotingTree(fan_in, fidelity, correlation, shared, "coin")
    measured = simulate_root_bias(tree, leaf_bias, depth, TREES, seed=11)
    assert measured.value == pytest.approx(enumerated_root_bias(tree, leaf_bias, depth), abs=TOLERANCE)
    assert measured.stderr == pytest.approx(math.sqrt((1 - measured.value**2) / TREES), rel=1e-4)


def test_z_scores_have_the_variance_of_z_scores():
    tree = VotingTree(3, 0.7, 0.3)
    exact = enumerated_root_bias(tree, 0.2, 1)
    runs = [simulate_root_bias(tree, 0.2, 1, 3000, seed=seed) for seed in range(400)]
    scores = np.array([(run.value - exact) / run.stderr for run in runs])
    # 400 scores: the variance has standard error 0.071 and the mean 0.05.
    assert abs(scores.mean()) < 0.25
    assert abs(scores.var() - 1) < 0.35


def test_trees_of_one_word_are_independent():
    votes = simulate_root_votes(VotingTree(3, 0.9, 0.5), 0.3, 1, 64 * 4000, seed=2).reshape(4000, 64).astype(float)
    correlations = np.corrcoef(votes.T)[np.triu_indices(64, k=1)]
    assert np.abs(correlations).max() < 5.5 / math.sqrt(4000)


@pytest.mark.parametrize(("leaf_bias", "answer"), [(1.0, 1), (-1.0, -1)])
def test_certain_leaves_and_perfect_messages_are_certain(leaf_bias, answer):
    votes = simulate_root_votes(VotingTree(5, 1.0, 0.4), leaf_bias, 3, 100, seed=0)
    assert votes.shape == (100,)
    assert set(votes.tolist()) == {answer}
    assert simulate_root_bias(VotingTree(5), leaf_bias, 3, 100, seed=0).stderr > 0


def test_a_seed_fixes_the_answers_for_any_number_of_threads():
    tree = VotingTree(3, 0.8, 0.2)
    one = simulate_root_votes(tree, 0.1, 4, 1000, seed=5)
    np.testing.assert_array_equal(one, simulate_root_votes(tree, 0.1, 4, 1000, seed=5, threads=2))
    np.testing.assert_array_equal(one[:700], simulate_root_votes(tree, 0.1, 4, 700, seed=5))
    assert np.any(one != simulate_root_votes(tree, 0.1, 4, 1000, seed=6))


@pytest.mark.parametrize(("shared", "expected"), [("received", 0.3), ("sent", 0.3 * 0.7**2)])
def test_messages_of_a_node_are_correlated_as_said(shared, expected):
    messages = simulate_received_messages(VotingTree(5, 0.7, 0.3, shared), 0.0, 200_000, seed=3)
    assert messages.shape == (200_000, 5)
    measured = pairwise_correlation(messages)
    assert measured.value == pytest.approx(expected, abs=0.009)
    assert measured.value == pytest.approx(np.corrcoef(messages.T)[np.triu_indices(5, k=1)].mean(), abs=1e-3)


def test_received_messages_stay_correlated_at_any_bias():
    messages = simulate_received_messages(VotingTree(3, 0.9, 0.3), 0.5, 200_000, seed=4)
    assert messages.mean() == pytest.approx(0.45, abs=0.01)
    assert pairwise_correlation(messages).value == pytest.approx(0.3, abs=0.012)


def test_the_error_of_a_correlation_is_its_scatter():
    # At a bias the variance is estimated too: an error without its noise would be 30% larger than the scatter of 1600 estimates,
    # whose own standard error is 1.8%.
    tree = VotingTree(5, 0.9, 0.3)
    found = [
        pairwise_correlation(simulate_received_messages(tree, 0.9, 640, seed=numerics.part_seed(6, index)))
        for index in range(1600)
    ]
    scatter = np.std([each.value for each in found], ddof=1)
    assert scatter / np.mean([each.stderr for each in found]) == pytest.approx(1, abs=0.125)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tree": VotingTree(3, [0.2, 0.3])}, "must be numbers"),
        ({"leaf_bias": 1.5}, "must lie in"),
        ({"leaf_bias": math.nan}, "must lie in"),
        ({"depth": -1}, "depth must be"),
        ({"depth": 50}, r"at most 2\*\*62"),
        ({"trees": 0}, "trees must be a positive integer"),
        ({"trees": 2.5}, "trees must be a positive integer"),
        ({"trees": 10**12}, r"needs \d+ bytes; the limit is \d+ bytes"),
        ({"seed": -1}, "seed must be"),
        ({"threads": 3}, "threads must be"),
    ],
)
def test_wrong_arguments_are_refused_before_work(arguments, message):
    given = {"tree": VotingTree(3), "leaf_bias": 0.1, "depth": 2, "trees": 10, "seed": 0, **arguments}
    with pytest.raises(ValueError, match=message):
        simulate_root_votes(**given)


def test_a_correlation_needs_varying_messages():
    with pytest.raises(ValueError, match="must not all be equal"):
        pairwise_correlation(np.ones((10, 3), dtype=np.int8))
    with pytest.raises(ValueError, match="messages must have shape"):
        pairwise_correlation(np.ones(10, dtype=np.int8))
