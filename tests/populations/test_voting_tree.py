"""Level map, threshold and fixed point: known constants, exact enumeration, symmetries, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.populations import (
    VotingTree,
    bias_by_level,
    control_scalar,
    critical_correlation,
    critical_fidelity,
    fixed_point,
    level_map,
    majority_slope,
    mixing_depth,
    organization_exponent,
    root_bias,
)

from .enumeration import TINY, enumerated_root_bias

FRACTION = st.floats(0.0, 1.0)
SHARED = st.sampled_from(["received", "sent"])
ODD = st.integers(1, 12).map(lambda half: 2 * half + 1)


@pytest.mark.parametrize(
    ("point", "expected"),
    [((0.9, 0.2), 0.94426287), ((0.8, 0.0), 0.88388348), ((0.75, 0.1), 0.67890010), ((0.7, 0.0), 0.53994925)],
)
@pytest.mark.parametrize("method", ["closed_form", "brent", "newton"])
def test_fixed_points_of_three_votes(point, expected, method):
    assert fixed_point(VotingTree(3, *point), method) == pytest.approx(expected, abs=5e-9)


@pytest.mark.parametrize(
    ("fan_in", "fidelity", "correlation", "alpha", "expected"),
    [(5, 0.8, 0.3, 1.29, 0.87033846), (7, 0.6, 0.25, 1.134375, 0.64426666)],
)
@pytest.mark.parametrize("method", ["brent", "newton"])
def test_fixed_points_of_more_votes(fan_in, fidelity, correlation, alpha, expected, method):
    tree = VotingTree(fan_in, fidelity, correlation)
    assert control_scalar(tree) == pytest.approx(alpha, abs=1e-12)
    assert fixed_point(tree, method) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("shared", ["received", "sent"])
def test_root_finding_agrees_with_the_closed_form_on_a_grid(shared):
    fidelity, correlation = np.meshgrid(np.linspace(0.6, 1.0, 20), np.linspace(0.0, 0.9, 20), indexing="ij")
    tree = VotingTree(3, fidelity, correlation, shared)
    closed = fixed_point(tree, "closed_form")
    inside = control_scalar(tree) > 1 + 1e-9
    for method in ("brent", "newton"):
        np.testing.assert_allclose(fixed_point(tree, method)[inside], closed[inside], atol=1e-10)


@pytest.mark.parametrize("fan_in", [3, 4, 5, 9])
@pytest.mark.parametrize("shared", ["received", "sent"])
def test_exact_limits(fan_in, shared):
    perfect = VotingTree(fan_in, 1.0, 0.0, shared, "coin")
    assert control_scalar(perfect) == majority_slope(fan_in)
    assert fixed_point(perfect) == 1.0
    assert root_bias(perfect, 1.0, 5) == 1.0
    deaf = VotingTree(fan_in, 0.0, 0.3, shared, "coin")
    assert control_scalar(deaf) == 0.0
    assert organization_exponent(deaf) == -math.inf
    assert root_bias(deaf, 1.0, 3) == 0.0
    together = VotingTree(fan_in, 1.0, 1.0, shared, "coin")
    assert root_bias(together, 0.3, 7) == pytest.approx(0.3, abs=1e-15)
    assert fixed_point(together) == 0.0


@pytest.mark.parametrize("shared", ["received", "sent"])
@pytest.mark.parametrize(("fan_in", "fidelity", "correlation", "leaf_bias", "depth"), TINY)
def test_the_recursion_is_exact(fan_in, fidelity, correlation, leaf_bias, depth, shared):
    tree = VotingTree(fan_in, fidelity, correlation, shared, "coin")
    assert root_bias(tree, leaf_bias, depth) == pytest.approx(enumerated_root_bias(tree, leaf_bias, depth), abs=1e-13)


def test_shared_failures_of_agents_hurt_less_than_those_of_channels():
    received, sent = (VotingTree(5, 0.8, 0.3, shared) for shared in ("received", "sent"))
    assert control_scalar(received) == pytest.approx(0.8 * (0.3 + 0.7 * 15 / 8))
    assert control_scalar(sent) == pytest.approx(
        0.3 * (0.9**5 + 5 * 0.9**4 * 0.1 + 10 * 0.9**3 * 0.01 - 0.5) * 2 + 0.7 * 0.8 * 15 / 8
    )
    assert root_bias(sent, 0.2, 3) > root_bias(received, 0.2, 3)


def test_critical_values():
    assert [critical_fidelity(b) for b in (3, 5, 7)] == pytest.approx([2 / 3, 8 / 15, 16 / 35], abs=1e-15)
    assert critical_correlation(3, 0.8) == pytest.approx(0.5)
    assert critical_correlation(3, 0.5) < 0
    assert critical_fidelity(5, 1.0) == critical_fidelity(5, 1.0, "sent") == 1.0


@given(ODD, st.floats(0.0, 0.95), SHARED)
def test_the_control_scalar_is_one_at_the_critical_values(fan_in, correlation, shared):
    fidelity = critical_fidelity(fan_in, correlation, shared)
    assert control_scalar(VotingTree(fan_in, fidelity, correlation, shared)) == pytest.approx(1.0, abs=1e-12)
    assert critical_correlation(fan_in, fidelity, shared) == pytest.approx(correlation, abs=1e-9)


@given(ODD, FRACTION, FRACTION, SHARED, FRACTION, FRACTION)
def test_the_level_map_is_odd_increasing_and_concave(fan_in, fidelity, correlation, shared, one, other):
    tree = VotingTree(fan_in, fidelity, correlation, shared)
    low, middle, high = (float(level_map(tree, bias)) for bias in (min(one, other), (one + other) / 2, max(one, other)))
    assert float(level_map(tree, -one)) == -float(level_map(tree, one))
    assert low <= middle + 1e-15
    assert middle <= high + 1e-15
    assert middle >= (low + high) / 2 - 1e-14
    assert middle <= control_scalar(tree) * (one + other) / 2 + 1e-14


@given(ODD, FRACTION, FRACTION, SHARED)
def test_the_fixed_point_is_fixed_and_attracts(fan_in, fidelity, correlation, shared):
    tree = VotingTree(fan_in, fidelity, correlation, shared)
    alpha = control_scalar(tree)
    point = fixed_point(tree, "brent") if alpha <= 1 or alpha > 1 + 1e-9 else 0.0
    if alpha <= 1:
        assert point == 0.0
    elif point > 0:
        assert float(level_map(tree, point)) == pytest.approx(point, abs=1e-13)
        assert 0 < point <= 1
        below = 0.5 * point
        assert below < float(level_map(tree, below)) <= point + 1e-14


@given(st.integers(2, 12).map(lambda half: 2 * half), FRACTION, FRACTION, SHARED, st.floats(-1.0, 1.0))
def test_an_even_fan_in_votes_like_one_fewer(fan_in, fidelity, correlation, shared, bias):
    even, odd = (
        VotingTree(fan_in, fidelity, correlation, shared, "coin"),
        VotingTree(fan_in - 1, fidelity, correlation, shared),
    )
    assert float(level_map(even, bias)) == float(level_map(odd, bias))


@given(ODD, st.floats(0.5, 1.0), st.floats(0.0, 0.6), st.floats(1e-4, 1.0), st.integers(0, 30))
def test_the_clipped_predictor_is_an_upper_bound(fan_in, fidelity, correlation, share, depth):
    tree = VotingTree(fan_in, fidelity, correlation)
    point = fixed_point(tree) if control_scalar(tree) > 1 + 1e-9 else 1.0
    leaf = share * point
    assert root_bias(tree, leaf, depth) <= root_bias(tree, leaf, depth, "clipped") + 1e-12


def test_predictors_at_a_known_design():
    tree = VotingTree(5, 0.9, 0.1)
    exact = bias_by_level(tree, 1e-3, 39)
    clipped = [root_bias(tree, 1e-3, level, "clipped") for level in range(40)]
    smooth = np.array([root_bias(tree, 1e-3, level, "smooth") for level in range(40)])
    assert max(clipped / exact) == pytest.approx(1.1916, abs=1e-4)
    assert np.min(smooth / exact) == pytest.approx(0.916, abs=1e-3)
    assert fixed_point(tree) == pytest.approx(0.98575394, abs=1e-8)
    assert mixing_depth(tree, 1e-3) == pytest.approx(14.498, abs=1e-3)
    assert organization_exponent(tree) == pytest.approx(0.2954183, abs=1e-7)
    assert root_bias(tree, 0.0, 5, "smooth") == root_bias(tree, 0.0, 5, "clipped") == 0.0


@pytest.mark.parametrize("leaf", [0.01, 0.3, 0.9])
def test_the_smooth_predictor_begins_at_the_leaf_and_ends_at_the_fixed_point(leaf):
    tree = VotingTree(5, 0.9, 0.1)
    assert root_bias(tree, leaf, 0, "smooth") == pytest.approx(leaf, rel=1e-14)
    assert root_bias(tree, leaf, 1, "smooth") == pytest.approx(
        fixed_point(tree) / math.sqrt(1 + ((fixed_point(tree) / leaf) ** 2 - 1) / control_scalar(tree) ** 2), rel=1e-12
    )
    assert root_bias(tree, leaf, 200, "smooth") == pytest.approx(fixed_point(tree), rel=1e-12)


@pytest.mark.parametrize("predictor", ["exact", "clipped", "smooth"])
def test_levels_are_the_roots_of_shallower_trees(predictor):
    tree = VotingTree(5, [0.4, 0.7, 0.9], 0.1)
    levels = bias_by_level(tree, 1e-2, 6, predictor)
    assert levels.shape == (7, 3)
    for depth in range(7):
        np.testing.assert_array_equal(levels[depth], root_bias(tree, 1e-2, depth, predictor))


def test_critical_decay_of_three_votes():
    slope = (root_bias(VotingTree(3, 2 / 3), 0.3, 14) ** -2 - 0.3**-2) / 14
    assert slope == pytest.approx(0.30146, abs=1e-5)


def test_arrays_broadcast():
    fidelity, correlation = np.linspace(0.5, 1.0, 4)[:, None], np.linspace(0.0, 0.5, 3)
    tree = VotingTree(5, fidelity, correlation)
    levels = bias_by_level(tree, 0.1, 3)
    assert levels.shape == (4, 4, 3)
    for row, column in np.ndindex(4, 3):
        single = VotingTree(5, float(fidelity[row, 0]), float(correlation[column]))
        assert root_bias(single, 0.1, 3) == levels[3, row, column]
        assert fixed_point(tree)[row, column] == fixed_point(single)
        for predictor in ("clipped", "smooth"):
            assert root_bias(tree, 0.1, 3, predictor)[row, column] == pytest.approx(
                root_bias(single, 0.1, 3, predictor), rel=1e-14
            )
    assert np.isinf(mixing_depth(VotingTree(3, [0.5, 0.9]), 0.1)).tolist() == [True, False]


def test_a_signal_worse_than_chance_is_amplified_and_not_clipped():
    tree = VotingTree(3, 1.0)
    assert root_bias(tree, -0.2, 4) == -root_bias(tree, 0.2, 4) < -0.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fan_in": 4}, "fan_in must be odd"),
        ({"fan_in": 1}, "fan_in must be an integer of at least 3"),
        ({"fidelity": 1.2}, r"fidelity must lie in \[0, 1\]; got 1.2"),
        ({"fidelity": [0.2, -0.1]}, r"fidelity must lie in \[0, 1\]; got -0.1"),
        ({"correlation": -0.5}, "correlation must lie in"),
        ({"correlation": math.nan}, "correlation must lie in"),
        ({"shared": "both"}, "shared must be"),
        ({"ties": "first"}, "ties must be"),
    ],
)
def test_wrong_trees_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        VotingTree(**arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda tree: root_bias(tree, 1.1, 3), "leaf_bias must lie in"),
        (lambda tree: root_bias(tree, 0.1, -1), "depth must be"),
        (lambda tree: root_bias(tree, 0.1, 2, "best"), "predictor must be"),
        (lambda tree: root_bias(tree, -0.1, 2, "clipped"), "must not be negative"),
        (lambda tree: mixing_depth(tree, 0.0), "must be positive"),
        (lambda tree: fixed_point(tree, "guess"), "method must be"),
        (lambda tree: fixed_point(VotingTree(5), "closed_form"), "closed_form needs"),
        (lambda tree: critical_correlation(3, 0.0), "fidelity must be one number"),
    ],
)
def test_wrong_questions_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(VotingTree(3))
