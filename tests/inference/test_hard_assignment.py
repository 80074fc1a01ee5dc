"""Hard assignment in the population: published quantizers, the folded normal, accuracies of labels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.inference import (
    GaussianMixture,
    hard_half_distance,
    label_accuracy,
    lloyd_max_levels,
    population_hard_fit,
    squared_error,
    symmetric_label_accuracy,
    symmetric_means,
    triangle_means,
)

LOPSIDED = GaussianMixture([[0.0, 1.0], [3.0, -1.0], [1.0, 5.0]], 1.5, [0.5, 0.3, 0.2])


@pytest.mark.parametrize(
    ("components", "levels"),
    [(2, [0.797885]), (3, [0.0, 1.224006]), (4, [0.452780, 1.510418]), (8, [0.2451, 0.7560, 1.3439, 2.1520])],
)
def test_published_quantizers_of_the_normal(components, levels):
    found = lloyd_max_levels(components)
    assert found[components // 2 :] == pytest.approx(levels, abs=5e-7 if components < 5 else 1e-4)
    assert found == pytest.approx(-found[::-1])


def test_fine_quantizers_err_as_panter_and_dite_say():
    # Distortion of a fine quantizer of N(0, 1): (√3 π/2)/K².
    levels = lloyd_max_levels(32)
    points = np.linspace(-9, 9, 400_001)
    density = np.exp(-0.5 * points**2) / math.sqrt(2 * math.pi)
    nearest = levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, points)]
    distortion = np.trapezoid((points - nearest) ** 2 * density, points)
    assert distortion * 32**2 == pytest.approx(math.sqrt(3) * math.pi / 2, rel=0.06)


@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("separation", [0.1, 1.0, 2.0, 3.0])
def test_two_means_are_those_of_a_folded_normal(dimension, separation):
    mixture = GaussianMixture(separation * symmetric_means(dimension), 1.0)
    fit = population_hard_fit(mixture)
    assert fit.spread == pytest.approx(hard_half_distance(separation**2), abs=1e-6)
    assert fit.noise_scale == fit.ratio == 0.0


def test_pure_noise_gives_the_quantizer():
    fit = population_hard_fit(GaussianMixture(np.zeros((4, 1)), 2.0))
    assert np.sort(fit.means.ravel()) == pytest.approx(2 * lloyd_max_levels(4), abs=1e-5)
    assert fit.normalized_squared_error is None


def test_a_triangle_keeps_its_symmetry():
    fit = population_hard_fit(GaussianMixture(triangle_means()))
    radii = np.linalg.norm(fit.means, axis=1)
    assert radii == pytest.approx(np.full(3, radii.mean()), abs=1e-6)
    assert squared_error(fit.means, radii.mean() * triangle_means()) < 1e-10
    # The mean of the highest of three noisy scores: an integral over samples, no cells.
    points, _ = GaussianMixture(triangle_means()).sample(1_000_000, seed=2)
    highest = (points @ triangle_means().T).max(axis=1)
    assert radii.mean() == pytest.approx(highest.mean(), abs=7 * highest.std() / 1000)


def test_the_cells_means_are_those_of_many_samples():
    fit = population_hard_fit(LOPSIDED)
    points, _ = LOPSIDED.sample(500_000, seed=4)
    distances = ((points[:, None] - fit.means) ** 2).sum(axis=2)
    nearest = distances.argmin(axis=1)
    for k in range(3):
        cell = points[nearest == k]
        assert cell.mean(axis=0) == pytest.approx(fit.means[k], abs=7 * 2.5 / math.sqrt(len(cell)))
    least = distances.min(axis=1)
    assert -2 * fit.log_likelihood == pytest.approx(least.mean(), abs=7 * least.std() / math.sqrt(len(points)))


@settings(max_examples=3, deadline=None)
@given(st.floats(0.0, 2 * math.pi), st.floats(0.2, 5.0), st.floats(-9.0, 9.0))
def test_the_fit_moves_with_the_mixture(angle, scale, shift):
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    moved = GaussianMixture(scale * LOPSIDED.means @ rotation + shift, scale * LOPSIDED.noise_scale, LOPSIDED.weights)
    plain = population_hard_fit(LOPSIDED, start=LOPSIDED.means)
    fit = population_hard_fit(moved, start=moved.means)
    assert fit.means == pytest.approx(scale * plain.means @ rotation + shift, abs=1e-5 * scale)


@pytest.mark.parametrize("snr", [1e-4, 0.1, 1.0, 9.0])
def test_labels_of_two_means(snr):
    mixture = GaussianMixture(symmetric_means()).scaled_to(snr)
    assert label_accuracy(mixture) == pytest.approx(symmetric_label_accuracy(snr), abs=1e-12)
    # Any two means on the right sides cut at the same place: hard assignment loses nothing here.
    assert label_accuracy(mixture, 7 * mixture.means, ratio=0) == pytest.approx(label_accuracy(mixture), abs=1e-12)
    assert label_accuracy(mixture, -mixture.means, ratio=0.3) == pytest.approx(label_accuracy(mixture), abs=1e-12)


@pytest.mark.parametrize("mixture", [LOPSIDED, GaussianMixture(np.eye(3)), GaussianMixture(2 * np.eye(6))])
def test_accuracies_are_those_of_many_labels(mixture):
    points, labels = mixture.sample(200_000, seed=6)
    distances = ((points[:, None] - mixture.means) ** 2).sum(axis=2) / (2 * mixture.noise_scale**2)
    right = np.argmax(np.log(mixture.weights) - distances, axis=1) == labels
    error = right.std() / math.sqrt(len(points))
    assert label_accuracy(mixture) == pytest.approx(right.mean(), abs=7 * error)


def test_no_rule_beats_bayes_and_collapsed_means_leave_the_largest_weight():
    assert label_accuracy(LOPSIDED, LOPSIDED.means + 0.4, ratio=0.5) < label_accuracy(LOPSIDED)
    assert label_accuracy(LOPSIDED, np.tile(LOPSIDED.center, (3, 1)), ratio=2.0) == 0.5


def test_weak_signals_leave_little_more_than_chance():
    for snr in (1e-2, 1e-4):
        mixture = GaussianMixture(triangle_means()).scaled_to(snr)
        # To first order the accuracy is 1/3 of E max_k (1 + x·μ_k), and the largest of the three cosines, times a Rayleigh
        # length, has the mean √(π/2)·3√3/(2π).
        leading = math.sqrt(snr) * math.sqrt(math.pi / 2) * math.sqrt(3) / (2 * math.pi)
        assert label_accuracy(mixture) - 1 / 3 == pytest.approx(leading, rel=0.25 * math.sqrt(snr))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lloyd_max_levels(1), "components must be an integer from 2 to 64; got 1"),
        (lambda: lloyd_max_levels(65), "components must be an integer from 2 to 64"),
        (lambda: lloyd_max_levels(2.0), "components must be an integer from 2 to 64"),
        (lambda: population_hard_fit(GaussianMixture([[1.0]])), "components must be at least 2"),
        (lambda: population_hard_fit(LOPSIDED, start=np.zeros((3, 1))), r"start must have shape \(3, 2\)"),
        (lambda: population_hard_fit(LOPSIDED, tolerance=-1.0), "tolerance must be a positive number"),
        (lambda: label_accuracy(LOPSIDED, np.zeros((2, 2))), "must have the same shape"),
        (lambda: label_accuracy(LOPSIDED, ratio=-0.5), "ratio must be a positive number; got -0.5"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
