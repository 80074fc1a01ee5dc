"""Two symmetric means: known constants, limits, and the exact answer at the right noise level."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import foldnorm

from phasebook.inference import (
    fitted_half_distance,
    half_distance_near_threshold,
    hard_half_distance,
    low_snr_constant,
    symmetric_error,
    symmetric_label_accuracy,
)

# An independent solution: adaptive quadrature of E[z tanh(z c/ρ²)] and a bracketed root.
SQUARED_CONSTANTS = {
    0.0: 0.636620,
    0.1: 0.636538,
    0.3: 0.629979,
    0.5: 0.586377,
    0.7: 0.453967,
    0.8: 0.338717,
    0.9: 0.186449,
    0.95: 0.096970,
}


@pytest.mark.parametrize(("ratio", "squared"), SQUARED_CONSTANTS.items())
def test_constants_of_pure_noise(ratio, squared):
    assert low_snr_constant(ratio) ** 2 == pytest.approx(squared, abs=2e-6)


@pytest.mark.parametrize("ratio", [0.2, 0.5, 0.8, 0.95])
def test_the_constant_solves_its_equation_on_a_plain_grid(ratio):
    z = np.linspace(-12, 12, 240_001)
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    c = low_snr_constant(ratio)
    assert np.trapezoid(z * np.tanh(z * c / ratio**2) * density, z) == pytest.approx(c, abs=1e-8)


@pytest.mark.parametrize("ratio", [1.0, 1.2, 5.0])
def test_pure_noise_collapses_from_the_right_level_on(ratio):
    assert low_snr_constant(ratio) == 0.0


@pytest.mark.parametrize("separation", [0.3, 1.0, 2.0, 4.0])
def test_the_right_noise_level_gives_the_truth(separation):
    assert fitted_half_distance(separation**2, 1.0) == pytest.approx(separation, abs=1e-9)


@pytest.mark.parametrize(
    ("snr", "half"), [(1e-3, 0.76620), (0.01, 0.77022), (0.1, 0.80969), (1, 1.15736), (4, 2.01627), (9, 3.00074)]
)
def test_means_fitted_with_half_the_noise_level(snr, half):
    assert fitted_half_distance(snr, 0.5) == pytest.approx(half, abs=6e-6)


@pytest.mark.parametrize(("separation", "mean"), [(0.1, 0.801871), (1, 1.166631), (2, 2.016981), (3, 3.000764)])
def test_hard_assignment_is_the_mean_of_a_folded_normal(separation, mean):
    assert hard_half_distance(separation**2) == pytest.approx(mean, abs=6e-7)
    assert hard_half_distance(separation**2) == pytest.approx(foldnorm(separation).mean(), rel=1e-9)
    assert fitted_half_distance(separation**2, 1e-5) == pytest.approx(hard_half_distance(separation**2), abs=1e-9)


def test_hard_assignment_at_high_signal_is_off_by_a_gaussian_tail():
    separation = 5.0
    tail = 2 * math.exp(-0.5 * separation**2) / math.sqrt(2 * math.pi) / separation**2
    assert hard_half_distance(separation**2) - separation == pytest.approx(tail, rel=0.12)


@pytest.mark.parametrize("snr", [0.01, 1.0, 9.0])
def test_collapse_begins_exactly_at_its_threshold(snr):
    threshold = math.sqrt(1 + snr)
    assert fitted_half_distance(snr, threshold * 1.0001) == 0.0
    assert fitted_half_distance(snr, threshold * 0.9999) > 0.0
    for gap in (1e-3, 1e-5, 1e-7):
        ratio = math.sqrt((1 + snr) * (1 - gap))
        leading = half_distance_near_threshold(snr, ratio)
        assert fitted_half_distance(snr, ratio) == pytest.approx(leading, rel=5 * gap + 1e-4)
    assert half_distance_near_threshold(snr, threshold * 1.01) == 0.0


def test_the_published_spread_below_the_threshold():
    assert fitted_half_distance(1.0, math.sqrt(1.98)) == pytest.approx(0.15478, abs=1e-5)


def test_undersmoothing_errs_like_the_inverse_signal():
    snr = np.array([1e-4, 10**-3.5, 1e-3])
    errors = np.array([symmetric_error(value, 0.5) for value in snr])
    slope = np.polyfit(np.log(snr), np.log(errors), 1)[0]
    assert slope == pytest.approx(-1.025, abs=0.005)
    assert snr[0] * errors[0] == pytest.approx(0.5712, abs=1e-4)
    assert 1e-4 * symmetric_error(1e-4, 0.8) == pytest.approx(0.3273, abs=1e-4)
    assert symmetric_error(1e-8, 0) * 1e-8 == pytest.approx(2 / math.pi, rel=1e-3)


@settings(deadline=None)
@given(st.floats(1e-3, 20.0), st.floats(0.05, 1.5), st.floats(0.01, 0.5))
def test_a_larger_assumed_noise_level_draws_the_means_inward(snr, ratio, more):
    assert fitted_half_distance(snr, ratio + more) <= fitted_half_distance(snr, ratio) + 1e-10


@settings(deadline=None)
@given(st.floats(1e-3, 20.0), st.floats(1e-3, 3.0))
def test_the_error_is_never_below_that_of_the_truth_and_signed_by_the_ratio(snr, ratio):
    half, truth = fitted_half_distance(snr, ratio), math.sqrt(snr)
    assert (half - truth) * (1 - ratio) >= -1e-9


def test_labels_of_two_means():
    assert symmetric_label_accuracy(1.0) == pytest.approx(0.841344746, abs=1e-9)
    assert symmetric_label_accuracy(1e-6) == pytest.approx(0.5 + math.sqrt(1e-6 / (2 * math.pi)), abs=1e-9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fitted_half_distance(0.0, 1.0), "snr must be a positive number; got 0.0"),
        (lambda: fitted_half_distance(-1.0, 1.0), "snr must be a positive number"),
        (lambda: fitted_half_distance(1.0, 0.0), "ratio must be a positive number; got 0.0"),
        (lambda: fitted_half_distance(1.0, math.nan), "ratio must be a positive number"),
        (lambda: low_snr_constant(-0.1), "ratio must be a positive number"),
        (lambda: hard_half_distance(0.0), "snr must be"),
        (lambda: half_distance_near_threshold(1.0, 0.0), "ratio must be"),
        (lambda: symmetric_error(0.0, 0.5), "snr must be"),
        (lambda: symmetric_error(1.0, -0.5), "ratio must be"),
        (lambda: symmetric_label_accuracy(0.0), "snr must be"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
