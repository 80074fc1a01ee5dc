"""The population fit: the truth at the right noise level, one dimension against the scalar equation, EM's own fixed points."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from phasebook.inference import (
    GaussianMixture,
    em_step,
    fitted_half_distance,
    hard_half_distance,
    population_em_step,
    population_fit,
    population_log_likelihood,
    regular_means,
    skewed_means,
    squared_error,
    symmetric_means,
    triangle_means,
)

LOPSIDED = GaussianMixture([[0.0, 1.0], [3.0, -1.0], [1.0, 5.0]], 1.5, [0.5, 0.3, 0.2])
OFF_AXIS = GaussianMixture([[0.2, 0.5, -0.3], [0.9, -0.4, 0.6]], 1.0)


@pytest.mark.parametrize("separation", [0.1, 0.3, 1.0, 2.0])
def test_the_right_level_finds_two_means_from_afar(separation):
    mixture = GaussianMixture(separation * symmetric_means())
    fit = population_fit(mixture, 1.0, start=1.3 * mixture.means)
    assert fit.means == pytest.approx(mixture.means, abs=1e-9)
    assert fit.residual < 1e-9


@pytest.mark.parametrize(
    "mixture",
    [
        GaussianMixture(0.5 * triangle_means()),
        GaussianMixture(triangle_means()),
        GaussianMixture(regular_means(4, 1)),
        GaussianMixture(np.eye(3)),
        LOPSIDED,
        OFF_AXIS,
    ],
    ids=["small triangle", "triangle", "line", "simplex", "lopsided", "off axis"],
)
def test_the_right_level_is_unbiased(mixture):
    fit = population_fit(mixture, 1.0, start=mixture.center + 1.1 * mixture.centered_means)
    assert squared_error(fit.means, mixture.means) < 1e-15
    assert fit.normalized_squared_error < 1e-15
    assert fit.noise_scale == mixture.noise_scale


@pytest.mark.parametrize("snr", [1e-3, 0.1, 1.0, 4.0])
@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.8, 1.2])
def test_two_means_solve_the_scalar_equation_in_every_dimension(snr, ratio):
    for dimension in (1, 2, 5):
        mixture = GaussianMixture(symmetric_means(dimension)).scaled_to(snr)
        half = fitted_half_distance(snr, ratio)
        assert population_fit(mixture, ratio).spread == pytest.approx(half, abs=1e-8)


def test_a_small_ratio_is_hard_assignment():
    fit = population_fit(GaussianMixture(symmetric_means()), 0.02)
    assert fit.spread == pytest.approx(hard_half_distance(1.0), abs=1e-6)


@pytest.mark.parametrize(
    ("means", "squared", "spread"),
    [
        (triangle_means(), 0.97 * 1.5, 0.3961),
        (symmetric_means(), 0.99 * 2, 0.15478),
        (symmetric_means(), 1.98, 0.15478),
    ],
)
def test_published_spreads_below_the_collapse(means, squared, spread):
    assert population_fit(GaussianMixture(means), math.sqrt(squared)).spread == pytest.approx(spread, abs=5e-5)


@pytest.mark.parametrize(("means", "squared"), [(triangle_means(), 1.03 * 1.5), (symmetric_means(), 1.01 * 2)])
def test_means_collapse_above(means, squared):
    fit = population_fit(GaussianMixture(means), math.sqrt(squared))
    assert fit.collapsed
    assert fit.spread < 1e-9
    assert fit.normalized_squared_error == pytest.approx(1.0)


def test_the_better_of_two_maxima_is_kept():
    skewed = GaussianMixture(skewed_means())
    ratio = math.sqrt(6.9)  # the collapsed point is a maximum here, yet a lower one
    local = population_fit(skewed, ratio, start=skewed.center + 1e-2 * skewed.centered_means)
    best = population_fit(skewed, ratio)
    assert local.collapsed
    assert best.spread > 1.0
    assert best.log_likelihood - local.log_likelihood == pytest.approx(0.00535, abs=5e-6)


@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.4])
def test_the_likelihood_and_em_step_are_those_of_many_samples(ratio):
    points, _ = LOPSIDED.sample(400_000, seed=5)
    means = LOPSIDED.means + np.array([[0.3, -0.2], [-0.5, 0.4], [0.1, 0.2]])
    tau = ratio * LOPSIDED.noise_scale
    scores = np.log(LOPSIDED.weights) - ((points[:, None] - means) ** 2).sum(axis=2) / (2 * tau**2)
    logarithms = logsumexp(scores, axis=1) - math.log(2 * math.pi * tau**2)
    stderr = logarithms.std() / math.sqrt(len(points))
    assert population_log_likelihood(LOPSIDED, means, ratio) == pytest.approx(logarithms.mean(), abs=7 * stderr)
    shares = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    image = shares.T @ points / shares.sum(axis=0)[:, None]
    # The worst component holds a fifth of the samples, which scatter by less than four units.
    error = 7 * 4 / math.sqrt(0.2 * len(points))
    assert population_em_step(LOPSIDED, means, ratio) == pytest.approx(image, abs=error)


@pytest.mark.parametrize("dimension", [2, 3, 5])
def test_means_beside_the_line_of_the_truth_count_too(dimension):
    mixture = GaussianMixture(symmetric_means(dimension))
    points, _ = mixture.sample(400_000, seed=8)
    means = np.zeros((2, dimension))
    means[:, :2] = [[-0.8, 0.5], [0.9, -0.6]]
    step = em_step(points, means, 0.8)
    assert population_em_step(mixture, means, 0.8) == pytest.approx(step.means, abs=7 * 1.5 / math.sqrt(200_000))
    # The log-density scatters by less than 1.2 per dimension.
    error = 7 * 1.2 * dimension / math.sqrt(400_000)
    assert population_log_likelihood(mixture, means, 0.8) == pytest.approx(step.log_likelihood, abs=error)


def test_an_em_step_in_many_directions_stands_on_sobol_points():
    mixture = GaussianMixture(2 * np.eye(6))
    points, _ = mixture.sample(400_000, seed=9)
    image = em_step(points, 1.2 * mixture.means, 1.0).means
    assert population_em_step(mixture, 1.2 * mixture.means, 1.0) == pytest.approx(image, abs=0.05)


@pytest.mark.parametrize("ratio", [0.5, 0.9, 1.3])
def test_a_fit_is_a_fixed_point_of_em_that_plain_em_reaches(ratio):
    fit = population_fit(LOPSIDED, ratio)
    assert population_em_step(LOPSIDED, fit.means, ratio) == pytest.approx(fit.means, abs=1e-8)
    means = fit.means + 0.05
    for _ in range(400):
        means = population_em_step(LOPSIDED, means, ratio, step=0.1)
    assert means == pytest.approx(fit.means, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.4, 2.0))
def test_em_never_lowers_the_likelihood(seed, ratio):
    means = LOPSIDED.center + 2 * np.random.default_rng(seed).standard_normal((3, 2))
    before = population_log_likelihood(LOPSIDED, means, ratio, tolerance=1e-9)
    after = population_log_likelihood(LOPSIDED, population_em_step(LOPSIDED, means, ratio), ratio, tolerance=1e-9)
    assert after >= before - 1e-9


@settings(max_examples=10, deadline=None)
@given(
    st.floats(0.0, 2 * math.pi),
    st.floats(0.2, 5.0),
    st.floats(-9.0, 9.0),
    st.permutations(range(3)),
    st.floats(0.6, 1.2),
)
def test_the_fit_moves_with_the_mixture(angle, scale, shift, order, ratio):
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    moved = GaussianMixture(
        (scale * LOPSIDED.means @ rotation + shift)[order], scale * LOPSIDED.noise_scale, LOPSIDED.weights[order]
    )
    plain, fit = population_fit(LOPSIDED, ratio), population_fit(moved, ratio)
    assert fit.means == pytest.approx((scale * plain.means @ rotation + shift)[order], abs=1e-6 * scale)
    assert fit.normalized_squared_error == pytest.approx(plain.normalized_squared_error, abs=1e-7)
    change = -moved.dimension * math.log(scale)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood + change, abs=1e-8)


def test_pure_noise_has_no_normalized_error():
    fit = population_fit(GaussianMixture([[0.0], [0.0]]), 0.5)
    assert fit.normalized_squared_error is None
    assert fit.spread**2 == pytest.approx(0.586377, abs=2e-6)


def test_more_directions_than_a_lattice_can_hold():
    mixture = GaussianMixture(2 * np.eye(5))
    fit = population_fit(mixture, 1.0, start=mixture.means)
    assert fit.means == pytest.approx(mixture.means, abs=1e-3)
    assert 1e-6 < fit.quadrature_error < 1e-3
    assert population_fit(mixture, 1.6).collapsed


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: population_fit(LOPSIDED, 0.0), "ratio must be a positive number; got 0.0"),
        (lambda: population_fit(LOPSIDED, -1.0), "ratio must be a positive number"),
        (lambda: population_fit(LOPSIDED, 1e-200), "ratio must lie between 1e-100 and 1e[+]100; got 1e-200"),
        (lambda: population_fit(LOPSIDED, math.nan), "ratio must be a positive number"),
        (lambda: population_fit(LOPSIDED, 1.0, tolerance=0.0), "tolerance must be a positive number"),
        (lambda: population_fit(LOPSIDED, 1.0, start=np.zeros((2, 2))), r"start must have shape \(3, 2\)"),
        (lambda: population_fit(LOPSIDED, 1.0, start=np.full((3, 2), np.nan)), "start must be finite; row 0"),
        (lambda: population_fit(GaussianMixture([[1.0]]), 1.0), "components must be at least 2: one mean has no phase"),
        (lambda: population_em_step(LOPSIDED, np.zeros((3, 1)), 1.0), r"means must have shape \(3, 2\)"),
        (lambda: population_em_step(LOPSIDED, LOPSIDED.means, 1.0, step=0.0), "step must be a positive number"),
        (lambda: population_log_likelihood(LOPSIDED, np.zeros((3, 1)), 1.0), r"means must have shape \(3, 2\)"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
