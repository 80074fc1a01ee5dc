"""Sampled sizes of fitted means: against the scalar equation, with errors that are the scatter, refusals."""

import math

import numpy as np
import pytest

from phasebook.inference import GaussianMixture, fitted_half_distance, hard_half_distance, symmetric_means
from phasebook.inference.mixture_sampling import refitted_sizes, sampled_size


@pytest.mark.parametrize("ratio", [0.0, 0.8])
@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_sampled_sizes_are_those_of_the_scalar_equation(ratio, sigma):
    mixture = GaussianMixture(sigma * symmetric_means(), sigma)
    half = hard_half_distance(1.0) if ratio == 0 else fitted_half_distance(1.0, ratio)
    measured = sampled_size(mixture, ratio, 20_000, 8, seed=1)
    # A size at n = 20,000 scatters by about 0.01 σ; its bias of order 1/n is far below.
    assert measured.value / sigma == pytest.approx(half, abs=7 * 0.01 / math.sqrt(8))
    assert 0.002 < measured.stderr / sigma * math.sqrt(8) < 0.03
    assert measured.dof == 7
    assert sampled_size(mixture, ratio, 20_000, 8, seed=1).value == measured.value


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_of_two_climbs_the_higher_is_kept(ratio):
    """Random starts often leave three pairs of means with another number of centers: the climb from the truth is higher."""
    pairs = GaussianMixture([[-20.0], [-18.0], [0.0], [2.0], [18.0], [20.0]], 0.1)
    measured = sampled_size(pairs, ratio, 900, 8, seed=1)
    # Standard error 0.001; local maxima are sizes from 14 to 17.
    assert measured.value == pytest.approx(math.sqrt(np.trace(pairs.between_class_covariance)), abs=0.02)
    assert measured.stderr < 0.01


def test_a_refit_is_that_of_all_samples_with_the_scatter_of_its_parts():
    mixture = GaussianMixture(symmetric_means())
    values, errors = [], []
    for seed in range(40):
        points, _ = mixture.sample(8_000, seed)
        [half, right] = refitted_sizes(points, mixture.means, [0.5, 1.0], seed)
        values.append((half.value, right.value))
        errors.append((half.stderr, right.stderr))
    expected = [fitted_half_distance(1.0, ratio) for ratio in (0.5, 1.0)]
    scatter = np.std(values, axis=0, ddof=1)
    assert np.mean(values, axis=0) == pytest.approx(expected, abs=7 * 0.025 / math.sqrt(40))
    # Forty repetitions know their own scatter to 11%.
    assert np.sqrt(np.mean(np.square(errors), axis=0)) == pytest.approx(scatter, rel=0.35)


def test_too_few_samples_for_an_error_are_refused():
    points, _ = GaussianMixture(symmetric_means()).sample(15, seed=1)
    with pytest.raises(ValueError, match="data must hold at least 8 samples per component, for an error; got 15"):
        refitted_sizes(points, symmetric_means(), [1.0], 0)
    with pytest.raises(ValueError, match="samples must hold at least 2 values; got 1"):
        sampled_size(GaussianMixture(symmetric_means()), 1.0, 100, 1, seed=0)
