"""Where all means fall onto one point: exact thresholds, the first-order collapse of lopsided means, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.inference import (
    GaussianMixture,
    collapse_ratio,
    likelihood_gap,
    local_collapse_ratio,
    population_fit,
    population_log_likelihood,
    regular_means,
    skewed_means,
    subgaussian_collapse_ratio,
    symmetric_means,
    triangle_means,
)

SKEWED = GaussianMixture(skewed_means())


@pytest.mark.parametrize(
    ("means", "squared"),
    [(symmetric_means(), 2.0), (symmetric_means(4), 2.0), (triangle_means(), 1.5), (skewed_means(), 6.0)],
)
def test_the_local_threshold_is_one_plus_the_leading_signal(means, squared):
    assert local_collapse_ratio(GaussianMixture(means)) ** 2 == pytest.approx(squared, rel=1e-12)
    doubled = GaussianMixture(2 * means, 2.0)
    assert local_collapse_ratio(doubled) ** 2 == pytest.approx(squared, rel=1e-12)


def test_the_collapsed_point_turns_into_a_maximum_at_the_local_threshold():
    # Second difference of the likelihood along the leading direction, against its closed form.
    mixture = GaussianMixture([[-1.0, 0.2], [0.3, 0.9], [1.4, -0.5]], 1.0, [0.3, 0.5, 0.2])
    values, vectors = np.linalg.eigh(mixture.between_class_covariance)
    pattern = np.array([1.0, -1.0, 0.0])
    pattern -= mixture.weights @ pattern
    step, collapsed = 0.02, np.tile(mixture.center, (3, 1))
    for ratio in (0.95, 1.05):
        rho = ratio * local_collapse_ratio(mixture)
        move = step * np.outer(pattern, vectors[:, -1])
        sides = [population_log_likelihood(mixture, collapsed + side * move, rho) for side in (-1, 0, 1)]
        expected = (mixture.weights @ pattern**2) * (1 + values[-1] - rho**2) / rho**4
        assert (sides[0] - 2 * sides[1] + sides[2]) / step**2 == pytest.approx(expected, abs=2e-3)
        assert (expected > 0) == (ratio < 1)


@pytest.mark.parametrize("snr", [0.01, 1.0, 9.0])
def test_two_equal_means_collapse_continuously(snr):
    mixture = GaussianMixture(symmetric_means()).scaled_to(snr)
    assert collapse_ratio(mixture) == local_collapse_ratio(mixture) == pytest.approx(math.sqrt(1 + snr))
    assert subgaussian_collapse_ratio(mixture) == pytest.approx(math.sqrt(1 + snr))


def test_skewed_means_collapse_later_than_the_local_threshold():
    assert collapse_ratio(SKEWED) ** 2 == pytest.approx(7.163, abs=5e-4)
    assert collapse_ratio(SKEWED) ** 2 / local_collapse_ratio(SKEWED) ** 2 == pytest.approx(1.1939, abs=1e-4)
    assert likelihood_gap(SKEWED, math.sqrt(6.9)) == pytest.approx(0.00535, abs=5e-6)
    assert likelihood_gap(SKEWED, math.sqrt(7.3)) == pytest.approx(-0.00194, abs=5e-6)
    assert likelihood_gap(SKEWED, math.sqrt(30.0)) == 0.0


def test_the_gap_is_the_difference_of_two_likelihoods():
    ratio = math.sqrt(6.9)
    fit = population_fit(SKEWED, ratio)
    collapsed = np.tile(SKEWED.center, (6, 1))
    difference = fit.log_likelihood - population_log_likelihood(SKEWED, collapsed, ratio)
    assert likelihood_gap(SKEWED, ratio) == pytest.approx(difference, abs=1e-10)


def test_the_global_fit_is_spread_before_the_threshold_and_collapsed_after():
    squared = collapse_ratio(SKEWED) ** 2
    assert population_fit(SKEWED, math.sqrt(squared - 0.02)).spread > 1.0
    assert population_fit(SKEWED, math.sqrt(squared + 0.02)).collapsed


def test_a_triangle_jumps_within_a_hair_of_its_local_threshold():
    triangle = GaussianMixture(triangle_means())
    assert 1.5 < collapse_ratio(triangle) ** 2 < 1.5 * 1.03
    assert collapse_ratio(triangle) <= subgaussian_collapse_ratio(triangle)


@settings(max_examples=8, deadline=None)
@given(st.floats(0.1, 3.0), st.floats(0.15, 0.85), st.floats(0.5, 3.0))
def test_thresholds_are_ordered_and_have_no_units(snr, weight, scale):
    mixture = GaussianMixture([-1.0, 1.0], 1.0, [weight, 1 - weight]).scaled_to(snr)
    other = GaussianMixture(5.0 + scale * mixture.means, scale, mixture.weights)
    local, globally = local_collapse_ratio(mixture), collapse_ratio(mixture)
    assert local <= globally <= subgaussian_collapse_ratio(mixture) * (1 + 1e-9)
    assert collapse_ratio(other) == pytest.approx(globally, rel=1e-7)


def test_a_square_collapses_at_its_local_threshold():
    square = GaussianMixture(regular_means(4, 2))
    assert collapse_ratio(square) == pytest.approx(local_collapse_ratio(square), rel=1e-6)


@pytest.mark.parametrize("solve", [collapse_ratio, lambda mixture: likelihood_gap(mixture, 1.0)])
def test_mixtures_without_a_phase_diagram_are_refused(solve):
    with pytest.raises(ValueError, match="means must not all coincide: the mixture has no signal"):
        solve(GaussianMixture([1.0, 1.0]))
    with pytest.raises(ValueError, match="components must be at least 2: one mean has no phase diagram"):
        solve(GaussianMixture([1.0]))


def test_a_ratio_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="ratio must be a positive number; got 0"):
        likelihood_gap(SKEWED, 0)
