"""A mixture's geometry, samples and errors: exact values, invariants, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.inference import (
    GaussianMixture,
    match_labels,
    normalized_squared_error,
    population_fit,
    regular_means,
    skewed_means,
    squared_error,
    symmetric_means,
    triangle_means,
)

LOPSIDED = GaussianMixture([[0.0, 1.0], [3.0, -1.0], [1.0, 5.0]], 2.0, [0.5, 0.3, 0.2])


@pytest.mark.parametrize(
    ("means", "signal", "fraction"),
    [
        (symmetric_means(), 1.0, 1.0),
        (symmetric_means(3), 1.0, 1.0),
        (triangle_means(), 1.0, 0.5),
        (skewed_means(), 5.0, 1.0),
        (regular_means(5, 3), 1.0, 0.5),
        (regular_means(4, 1), 1.0, 1.0),
        (np.eye(4), 0.75, 1 / 3),
    ],
)
def test_signal_and_leading_fraction_of_the_geometries(means, signal, fraction):
    mixture = GaussianMixture(means)
    assert mixture.signal_to_noise() == pytest.approx(signal, rel=1e-14)
    assert mixture.leading_fraction == pytest.approx(fraction, rel=1e-12)


def test_the_covariance_between_classes_is_that_of_weighted_labels():
    expected = np.cov(LOPSIDED.means.T, aweights=LOPSIDED.weights, bias=True)
    assert LOPSIDED.between_class_covariance == pytest.approx(expected, rel=1e-12)
    assert LOPSIDED.signal_to_noise() == pytest.approx(np.trace(expected) / 4, rel=1e-12)
    assert LOPSIDED.signal_to_noise("per_dim") == pytest.approx(np.trace(expected) / 8, rel=1e-12)


@given(st.floats(1e-4, 25.0), st.sampled_from(["total", "per_dim"]))
def test_scaling_reaches_the_wanted_ratio_about_the_same_center(snr, definition):
    scaled = LOPSIDED.scaled_to(snr, definition)
    assert scaled.signal_to_noise(definition) == pytest.approx(snr, rel=1e-12)
    assert scaled.center == pytest.approx(LOPSIDED.center, abs=1e-12)
    assert scaled.leading_fraction == pytest.approx(LOPSIDED.leading_fraction, rel=1e-9)
    assert scaled.noise_scale == LOPSIDED.noise_scale


def test_means_of_one_dimension_may_be_a_list_and_arrays_are_read_only():
    mixture = GaussianMixture([-1.0, 2.0])
    assert mixture.means.shape == (2, 1)
    assert (mixture.components, mixture.dimension) == (2, 1)
    assert mixture.weights.tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="read-only"):
        mixture.means[0, 0] = 5.0


def test_samples_have_the_moments_of_the_mixture():
    points, labels = LOPSIDED.sample(200_000, seed=3)
    shares = np.bincount(labels, minlength=3) / labels.size
    assert shares == pytest.approx(LOPSIDED.weights, abs=7 * 0.5 / math.sqrt(labels.size))
    covariance = LOPSIDED.between_class_covariance + 4 * np.eye(2)
    assert points.mean(axis=0) == pytest.approx(LOPSIDED.center, abs=7 * 3.3 / math.sqrt(labels.size))
    assert np.cov(points.T) == pytest.approx(covariance, abs=7 * 1.5 * 11 / math.sqrt(labels.size))
    inside = points[labels == 1] - LOPSIDED.means[1]
    assert inside.std() == pytest.approx(2.0, abs=7 * 2 / math.sqrt(2 * inside.size))


def test_a_seed_repeats_its_samples():
    first, second, other = (LOPSIDED.sample(50, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@given(st.permutations(range(4)), st.integers(0, 2**32 - 1))
def test_errors_do_not_depend_on_the_order_of_labels(order, seed):
    generator = np.random.default_rng(seed)
    truth, estimate = generator.standard_normal((2, 4, 3))
    assert squared_error(truth[order], truth) == 0.0
    assert squared_error(estimate[order], truth) == pytest.approx(squared_error(estimate, truth), rel=1e-12)
    assert np.array_equal(truth[order][match_labels(truth[order], truth)], truth)


def test_the_normalized_error_of_the_collapsed_point_is_one():
    at_center = np.tile(LOPSIDED.center, (3, 1))
    size = (LOPSIDED.centered_means**2).sum()
    assert normalized_squared_error(at_center, LOPSIDED) == pytest.approx(1.0, rel=1e-12)
    shifted = LOPSIDED.means + np.array([0.1, 0.0])
    assert normalized_squared_error(shifted, LOPSIDED) == pytest.approx(3 * 0.01 / size, rel=1e-10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaussianMixture([[0.0], [math.nan]]), "means must be finite; row 1"),
        (lambda: GaussianMixture([["a"], ["b"]]), "means must be a table of numbers"),
        (lambda: GaussianMixture([[0.0, 1.0], [2.0]]), "means must be a table of numbers"),
        (lambda: GaussianMixture(np.zeros((2, 2, 2))), "means must have shape"),
        (lambda: GaussianMixture(np.zeros((0, 2))), "means must have shape"),
        (lambda: GaussianMixture([0.0, 1.0], 0.0), "noise_scale must be a positive number; got 0.0"),
        (lambda: GaussianMixture([0.0, 1.0], -1.0), "noise_scale must be a positive number"),
        (lambda: GaussianMixture([0.0, 1.0], math.inf), "noise_scale must be a positive number"),
        (lambda: GaussianMixture([0.0, 1.0], True), "noise_scale must be a positive number"),
        (lambda: GaussianMixture([0.0, 1.0], 1.0, [0.5, 0.6]), "weights must sum to 1; they sum to 1.1"),
        (lambda: GaussianMixture([0.0, 1.0], 1.0, [1.0, 0.0]), "weights must be positive"),
        (lambda: GaussianMixture([0.0, 1.0], 1.0, [1.5, -0.5]), "weights must be positive"),
        (lambda: GaussianMixture([0.0, 1.0], 1.0, [1.0]), "weights must be 2 numbers, one per component"),
        (lambda: LOPSIDED.scaled_to(0.0), "snr must be a positive number; got 0.0"),
        (lambda: LOPSIDED.scaled_to(-1.0), "snr must be a positive number"),
        (lambda: LOPSIDED.scaled_to(1.0, "each"), "snr_definition must be 'total' or 'per_dim'; got 'each'"),
        (lambda: GaussianMixture([2.0, 2.0]).scaled_to(1.0), "means must not all coincide: the mixture has no signal"),
        (lambda: GaussianMixture([2.0, 2.0]).leading_fraction, "the mixture has no signal"),
        (lambda: normalized_squared_error([1.0, 1.0], GaussianMixture([2.0, 2.0])), "the mixture has no signal"),
        (lambda: LOPSIDED.sample(0, 1), "count must be a positive integer; got 0"),
        (lambda: LOPSIDED.sample(2.5, 1), "count must be a positive integer; got 2.5"),
        (lambda: match_labels([[0.0], [1.0]], [[0.0, 1.0]]), "estimate and truth must have the same shape"),
        (lambda: regular_means(1, 2), "components must be at least 2"),
        (lambda: regular_means(3, 0), "dimension at least 1"),
    ],
)
def test_wrong_mixtures_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_size_of_a_fit_is_taken_about_the_center_of_its_weights():
    mixture = GaussianMixture([[-1.0], [1.0]], 1.0, [0.2, 0.8])
    fit = population_fit(mixture, 1.0, start=mixture.means)
    # √(π₁π₂) times the distance of the means; about their plain mean it would be 1.
    assert fit.size == pytest.approx(0.8, abs=1e-6)
