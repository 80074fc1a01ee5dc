"""Fits to samples: against plain NumPy, the population, and scikit-learn; invariants; refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from phasebook.errors import NotConverged
from phasebook.inference import (
    GaussianMixture,
    assign_labels,
    em_step,
    fit_samples,
    label_accuracy,
    label_agreement,
    lloyd_fit,
    match_labels,
    population_fit,
    population_hard_fit,
    symmetric_label_accuracy,
    symmetric_means,
    triangle_means,
)

LOPSIDED = GaussianMixture([[0.0, 1.0], [3.0, -1.0], [1.0, 5.0]], 1.5, [0.5, 0.3, 0.2])
POINTS, LABELS = LOPSIDED.sample(70_001, seed=1)  # more than one chunk, and a last block that is not full
SMALL = POINTS[:500]
RATIOS = [1e-3, 0.3, 1.0, 3.0]


def plain_em(points, means, tau, weights):
    """One step of EM, as the textbook writes it."""
    scores = np.log(weights) - ((points[:, None] - means) ** 2).sum(axis=2) / (2 * tau**2)
    totals = logsumexp(scores, axis=1)
    shares = np.exp(scores - totals[:, None])
    constant = 0.5 * points.shape[1] * math.log(2 * math.pi * tau**2)
    return shares.T @ points / shares.sum(axis=0)[:, None], totals.mean() - constant, shares.mean(axis=0)


@pytest.mark.parametrize("tau", RATIOS)
def test_a_step_is_the_textbook_one(tau):
    means = LOPSIDED.means + 0.3
    image, likelihood, shares = plain_em(POINTS, means, tau, LOPSIDED.weights)
    step = em_step(POINTS, means, tau, weights=LOPSIDED.weights)
    assert step.means == pytest.approx(image, rel=1e-11, abs=1e-11)
    assert step.log_likelihood == pytest.approx(likelihood, rel=1e-12)
    assert step.shares == pytest.approx(shares, rel=1e-11)


@pytest.mark.parametrize("tau", [1e-3, 1e-9, 1e-100])
def test_tiny_noise_levels_do_not_underflow(tau):
    fit = fit_samples(SMALL, tau, 3, start=LOPSIDED.means)
    hard = lloyd_fit(SMALL, 3, start=LOPSIDED.means)
    assert fit.means == pytest.approx(hard.means, abs=1e-10)
    assert math.isfinite(fit.log_likelihood)
    assert fit.log_likelihood == pytest.approx(hard.log_likelihood / tau**2, rel=1e-2)


@pytest.mark.parametrize("scale", [1e-100, 1e-12, 1e12, 1e100])
def test_units_do_not_matter(scale):
    start = SMALL[:3]
    hard, fit = lloyd_fit(SMALL, 3, start=start), fit_samples(SMALL, 1.0, 3, start=start)
    other = lloyd_fit(scale * SMALL, 3, start=scale * start)
    assert other.means / scale == pytest.approx(hard.means, rel=1e-12)
    assert other.iterations == hard.iterations
    assert fit_samples(scale * SMALL, scale, 3, start=scale * start).means / scale == pytest.approx(fit.means, rel=1e-9)


def test_a_component_far_from_all_samples_stays():
    far = np.array([[0.0, 0.0], [1e6, 1e6]])
    step = em_step(SMALL, far, 1.0)
    assert step.means[1] == pytest.approx(far[1], rel=1e-12)
    assert step.means[0] == pytest.approx(SMALL.mean(axis=0), abs=1e-12)


@pytest.mark.parametrize("threads", [2, 3])
def test_sums_do_not_depend_on_the_number_of_threads(threads):
    points, _ = LOPSIDED.sample(200_000, seed=2)
    alone, several = (em_step(points, LOPSIDED.means, 1.0, threads=count) for count in (1, threads))
    assert np.array_equal(alone.means, several.means)
    assert alone.log_likelihood == several.log_likelihood
    fits = [fit_samples(points, 1.2, 3, start=LOPSIDED.means, threads=count).means for count in (1, threads)]
    assert np.array_equal(*fits)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 5.0))
def test_em_never_lowers_the_likelihood(seed, tau):
    means = 3 * np.random.default_rng(seed).standard_normal((3, 2))
    likelihoods = []
    for _ in range(5):
        step = em_step(SMALL, means, tau, weights=LOPSIDED.weights)
        means, likelihoods = step.means, [*likelihoods, step.log_likelihood]
    assert np.diff(likelihoods).min() >= -1e-12 * abs(likelihoods[0])


@settings(max_examples=12, deadline=None)
@given(st.floats(0.0, 2 * math.pi), st.floats(0.2, 5.0), st.floats(-9.0, 9.0), st.permutations(range(3)), st.booleans())
def test_fits_move_with_the_samples(angle, scale, shift, order, hard):
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    def solve(points, start, tau, weights):
        if hard:
            return lloyd_fit(points, 3, start=start)
        return fit_samples(points, tau, 3, start=start, weights=weights)

    def moved(array):
        return scale * array @ rotation + shift

    plain = solve(SMALL, LOPSIDED.means, 1.2, LOPSIDED.weights)
    fit = solve(moved(SMALL), moved(LOPSIDED.means)[order], 1.2 * scale, LOPSIDED.weights[order])
    assert fit.means == pytest.approx(moved(plain.means)[order], abs=1e-6 * scale)
    assert fit.spread == pytest.approx(scale * plain.spread, rel=1e-6)


@pytest.mark.parametrize("tau", [0.6, 1.5, 2.2])
def test_a_fit_is_where_plain_em_ends(tau):
    fit = fit_samples(SMALL, tau, 3, weights=LOPSIDED.weights, start=LOPSIDED.means)
    means = LOPSIDED.means
    for _ in range(3000):
        means = plain_em(SMALL, means, tau, LOPSIDED.weights)[0]
    assert fit.means == pytest.approx(means, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(plain_em(SMALL, means, tau, LOPSIDED.weights)[1], abs=1e-10)
    assert fit.error < 1e-8 * tau
    assert fit.iterations < 60


@pytest.mark.parametrize(("ratio", "snr"), [(0.5, 0.01), (0.8, 0.1), (1.0, 1.0)])
def test_two_means_follow_the_population(ratio, snr):
    mixture = GaussianMixture(symmetric_means()).scaled_to(snr)
    halves = []
    for seed in range(4):
        fit = fit_samples(mixture.sample(100_000, seed)[0], ratio, 2, truth=mixture)
        halves.append(abs(float(fit.means[0, 0] - fit.means[1, 0])) / 2)
    # The scatter of one fit of 100,000 samples, from many seeds, is at most 0.0044.
    assert np.mean(halves) == pytest.approx(population_fit(mixture, ratio).spread, abs=7 * 0.0022)
    assert fit.ratio == ratio


def test_an_oversmoothed_fit_collapses():
    mixture = GaussianMixture(symmetric_means(3))
    points, _ = mixture.sample(100_000, seed=3)
    fit = fit_samples(points, 1.5, 2, truth=mixture)
    assert fit.collapsed
    assert fit.spread < 1e-6
    assert fit.means[0] == pytest.approx(points.mean(axis=0), abs=1e-6)
    assert fit.normalized_squared_error == pytest.approx(1.0, abs=1e-3)


def test_lopsided_means_follow_the_population():
    fit = fit_samples(POINTS, 2.0, 3, weights=LOPSIDED.weights, start=LOPSIDED.means, truth=LOPSIDED)
    expected = population_fit(LOPSIDED, 2.0 / 1.5)
    assert fit.means == pytest.approx(expected.means, abs=0.1)
    assert fit.ratio == pytest.approx(4 / 3)
    hard = lloyd_fit(POINTS, 3, start=LOPSIDED.means)
    assert hard.means == pytest.approx(population_hard_fit(LOPSIDED, start=LOPSIDED.means).means, abs=0.1)


def test_hard_assignment_of_weak_signals():
    mixture = GaussianMixture([-0.1, 0.1])
    halves = [
        abs(float(np.diff(lloyd_fit(mixture.sample(200_000, seed)[0], 2).means[:, 0])[0])) / 2 for seed in range(4)
    ]
    # One seed scatters by 0.0015.
    assert np.mean(halves) == pytest.approx(0.801871, abs=7 * 0.0015 / 2)


@pytest.mark.parametrize("components", [2, 3, 5])
def test_hard_assignment_is_that_of_scikit_learn(components):
    cluster = pytest.importorskip("sklearn.cluster")
    points = POINTS[:5000]
    start = points[:components]
    peer = cluster.KMeans(components, init=start, n_init=1, tol=0, max_iter=3000, algorithm="lloyd").fit(points)
    fit = lloyd_fit(points, components, start=start)
    order = match_labels(fit.means, peer.cluster_centers_)
    assert fit.means[order] == pytest.approx(peer.cluster_centers_, abs=1e-10)
    assert -2 * fit.log_likelihood * len(points) == pytest.approx(peer.inertia_, rel=1e-10)
    assert label_agreement(assign_labels(points, fit.means), peer.labels_.astype(int)) == 1.0


def test_many_parameters_are_solved_without_curvature():
    mixture = GaussianMixture(1.2 * np.eye(40)[:3])
    points, _ = mixture.sample(3000, seed=1)
    fit = fit_samples(points, 1.1, 3, start=mixture.means)
    means = mixture.means
    for _ in range(150):
        means = em_step(points, means, 1.1).means
    assert fit.means == pytest.approx(means, abs=1e-7)
    # Plain EM needs 110 steps to come as near.
    assert fit.iterations < 40


def test_unstarted_fits_find_the_clusters_and_repeat():
    mixture = GaussianMixture(6 * triangle_means())
    points, labels = mixture.sample(30_000, seed=1)
    first, again = (fit_samples(points, 1.0, 3, truth=mixture, seed=5) for _ in range(2))
    assert first.squared_error < 0.01
    assert np.array_equal(first.means, again.means)
    assert label_agreement(assign_labels(points, first.means, 1.0), labels) > 0.999


def test_labels_are_those_of_bayes_rule():
    assigned = assign_labels(POINTS, LOPSIDED.means, LOPSIDED.noise_scale, weights=LOPSIDED.weights)
    accuracy = label_accuracy(LOPSIDED)
    assert label_agreement(assigned, LABELS) == pytest.approx(accuracy, abs=7 * 0.5 / math.sqrt(len(LABELS)))
    two = GaussianMixture(symmetric_means()).scaled_to(0.25)
    points, labels = two.sample(200_000, seed=2)
    agreement = label_agreement(assign_labels(points, lloyd_fit(points, 2).means), labels)
    assert agreement == pytest.approx(symmetric_label_accuracy(0.25), abs=7 * 0.5 / math.sqrt(200_000))
    assert label_agreement((LABELS + 1) % 3, LABELS) == 1.0


@pytest.mark.parametrize("kind", [np.float32, np.int16])
def test_other_number_types_are_read(kind):
    points = (10 * SMALL).astype(kind)
    expected = em_step(points.astype(float), 10 * LOPSIDED.means, 12.0).means
    assert em_step(points, 10 * LOPSIDED.means, 12.0).means == pytest.approx(expected, rel=1e-12)


def broken(row):
    points = SMALL.copy()
    points[row, 1] = math.nan
    return points


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: fit_samples(SMALL, 0.0, 2),
            "noise_scale must be positive; got 0.0: for hard assignment use hard=True",
        ),
        (lambda: fit_samples(SMALL, -1.0, 2), "noise_scale must be positive; got -1.0"),
        (lambda: fit_samples(SMALL, math.nan, 2), "noise_scale must be positive; got nan"),
        (lambda: fit_samples(SMALL, 1e-160, 2), "noise_scale must lie within a factor of 1e[+]150 of .*; got 1e-160"),
        (
            lambda: em_step(SMALL, SMALL[:2], 1e200),
            "noise_scale must lie within a factor of 1e[+]150 of .*; got 1e[+]200",
        ),
        (lambda: em_step(1e100 * SMALL, SMALL[:2], 1e-60), "noise_scale must lie within a factor of 1e[+]150"),
        (lambda: lloyd_fit(1e200 * SMALL, 2), "points must be smaller than 1e[+]150 in size"),
        (lambda: fit_samples(SMALL[:2], 1.0, 3), "components must be at most the number of samples, 2; got 3"),
        (lambda: fit_samples(SMALL, 1.0, 0), "components must be a positive integer; got 0"),
        (lambda: fit_samples(broken(17), 1.0, 2), "points must be finite; row 17 holds"),
        (lambda: fit_samples(np.array([["a"]]), 1.0, 1), "points must be a table of real numbers"),
        (lambda: fit_samples(np.zeros((2, 2, 2)), 1.0, 1), "points must have shape"),
        (lambda: fit_samples(SMALL, 1.0, 2, weights=[0.5, 0.6]), "weights must sum to 1; they sum to 1.1"),
        (lambda: fit_samples(SMALL, 1.0, 2, start=np.zeros((2, 3))), r"start must have shape \(2, 2\)"),
        (lambda: fit_samples(SMALL, 1.0, 2, tolerance=0.0), "tolerance must be a positive number"),
        (lambda: fit_samples(SMALL, 1.0, 2, starts=0), "starts must be a positive integer"),
        (lambda: fit_samples(SMALL, 1.0, 2, threads=0), "threads must be a positive integer"),
        (lambda: fit_samples(SMALL, 1.0, 2, truth=LOPSIDED), r"truth must have means of shape \(2, 2\)"),
        (lambda: lloyd_fit(broken(3), 2), "points must be finite; row 3 holds"),
        (lambda: lloyd_fit(SMALL[:2], 3), "components must be at most the number of samples"),
        (lambda: em_step(SMALL, np.zeros((2, 1)), 1.0), r"start must have shape \(2, 2\)"),
        (lambda: assign_labels(SMALL, np.zeros((2, 1))), r"start must have shape \(2, 2\)"),
        (lambda: label_agreement([0, 1], [0]), "assigned and labels must be lists of the same length"),
        (lambda: label_agreement([0, -1], [0, 1]), "assigned must be whole numbers from 0 on"),
        (lambda: label_agreement([0, 1], [0.0, 1.0]), "labels must be whole numbers from 0 on"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_fit_cut_short_says_so():
    with pytest.raises(NotConverged, match="after 2 steps; raise max_steps or tolerance"):
        fit_samples(SMALL, 1.0, 3, max_steps=2)
    with pytest.raises(NotConverged, match="after 1 steps; raise max_steps"):
        lloyd_fit(SMALL, 3, start=SMALL[:3], max_steps=1)


@pytest.mark.parametrize("tau", [0.5, 2.0])
def test_unequal_weights_move_the_wall_between_two_classes_by_the_square_of_the_noise(tau):
    wall = -0.5 * tau**2 * math.log(0.8 / 0.2)
    points = wall + np.array([[-1e-6], [1e-6]])
    assert assign_labels(points, [[-1.0], [1.0]], tau, weights=[0.2, 0.8]).tolist() == [0, 1]
