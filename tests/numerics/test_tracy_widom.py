"""Tracy-Widom distributions against published constants, an identity between the two ensembles, and random matrices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from phasebook import numerics

# Bornemann, Markov Processes Relat. Fields 16, 803 (2010), table 10.
PUBLISHED = {
    "GOE": (-1.2065335745820, 1.6077810345810, 0.2934645240800, 0.1652429384000),
    "GUE": (-1.7710868074110, 0.8131947928320, 0.2240842036100, 0.0934480876000),
}


@pytest.mark.parametrize("ensemble", ["GOE", "GUE"])
def test_cumulants_are_the_published_ones(ensemble):
    found = numerics.tracy_widom_cumulants(ensemble)
    values = (found.mean, found.variance, found.skewness, found.excess_kurtosis)
    assert values == pytest.approx(PUBLISHED[ensemble], abs=2e-9)


def test_the_ensembles_are_tied_by_the_factors_of_the_airy_kernel():
    """F2 = det(1 - B)·det(1 + B): one from the Airy kernel, the other from Ai(x + y + s), on other nodes."""
    nodes, weights = np.polynomial.legendre.leggauss(50)
    for s in (-6.0, -3.0, -1.0, 0.5, 2.0):
        x, root = (nodes + 1) * (7 - s / 2), np.sqrt(weights * (7 - s / 2))
        kernel = root[:, None] * special.airy(x[:, None] + x + s)[0] * root
        plus = np.linalg.det(np.eye(50) + kernel)
        product = float(numerics.tracy_widom_distribution(s, "GOE")) * plus
        assert product == pytest.approx(float(numerics.tracy_widom_distribution(s, "GUE")), abs=1e-12)


@given(s=st.floats(-9, 6), ensemble=st.sampled_from(["GOE", "GUE"]))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_density_is_the_slope_of_the_distribution(s, ensemble):
    low, high = numerics.tracy_widom_distribution([s - 1e-4, s + 1e-4], ensemble)
    assert 0 <= low <= high + 1e-13 <= 1 + 2e-13
    assert numerics.tracy_widom_density(s, ensemble) == pytest.approx((high - low) / 2e-4, abs=1e-7)


def test_tails_and_shapes():
    values = numerics.tracy_widom_distribution(np.array([[-1e3, -12.5], [16.5, np.inf]]))
    assert values.tolist() == [[0, 0], [1, 1]]
    assert numerics.tracy_widom_density(np.zeros((2, 3))).shape == (2, 3)


def test_the_largest_eigenvalue_of_a_random_symmetric_matrix_follows_it():
    generator, size, largest = np.random.default_rng(0), 100, []
    for _ in range(400):
        matrix = generator.standard_normal((size, size))
        largest.append(np.linalg.eigvalsh((matrix + matrix.T) / 2**0.5)[-1])
    scaled = (np.array(largest) - 2 * size**0.5) * size ** (1 / 6)
    assert scaled.mean() == pytest.approx(PUBLISHED["GOE"][0], abs=0.25)
    assert scaled.var() == pytest.approx(PUBLISHED["GOE"][1], abs=0.45)


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="ensemble must be"):
        numerics.tracy_widom_distribution(0.0, "GSE")
    with pytest.raises(ValueError, match="must not be NaN"):
        numerics.tracy_widom_density([0.0, np.nan])
