"""Majority maps against binomial sums, published constants and their own symmetries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.populations import majority_bias, majority_derivative, majority_slope, majority_slope_asymptote

ODD = st.integers(1, 30).map(lambda half: 2 * half + 1)


@pytest.mark.parametrize(
    ("fan_in", "slope"), [(3, 3 / 2), (5, 15 / 8), (7, 35 / 16), (9, 315 / 128), (101, 8.038512976)]
)
def test_slopes_are_the_published_constants(fan_in, slope):
    assert majority_slope(fan_in) == pytest.approx(slope, abs=1e-9)


@pytest.mark.parametrize("fan_in", [3, 5, 7, 9, 15, 101])
def test_the_slope_is_the_derivative_at_zero(fan_in):
    assert float(majority_bias(1e-5, fan_in)) / 1e-5 == pytest.approx(majority_slope(fan_in), rel=1e-8)


def test_the_slope_approaches_its_asymptote():
    assert majority_slope(10001) == pytest.approx(majority_slope_asymptote(10001), rel=1e-4)


@pytest.mark.parametrize("fan_in", [3, 4, 5, 8, 21])
@pytest.mark.parametrize("bias", [-1.0, -0.3, 0.0, 1e-3, 0.2, 0.9, 1.0])
def test_the_majority_map_is_the_binomial_sum(fan_in, bias):
    right = (1 + bias) / 2
    law = [math.comb(fan_in, k) * right**k * (1 - right) ** (fan_in - k) for k in range(fan_in + 1)]
    expected = sum(math.copysign(1.0, 2 * k - fan_in) * p for k, p in enumerate(law) if 2 * k != fan_in)
    assert float(majority_bias(bias, fan_in)) == pytest.approx(expected, abs=1e-14)


def test_a_tiny_bias_keeps_its_relative_accuracy():
    for bias in (0.9e-8, 1.1e-8, 1e-12, 1e-200):
        assert float(majority_bias(bias, 101)) == pytest.approx(majority_slope(101) * bias, rel=1e-13)


@given(ODD, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_majority_map_is_odd_increasing_and_concave(fan_in, one, other):
    low, middle, high = (
        float(majority_bias(bias, fan_in)) for bias in (min(one, other), (one + other) / 2, max(one, other))
    )
    assert float(majority_bias(-one, fan_in)) == -float(majority_bias(one, fan_in))
    assert low <= middle + 1e-15
    assert middle <= high + 1e-15
    assert middle >= (low + high) / 2 - 1e-14


@given(st.integers(2, 40).map(lambda half: 2 * half), st.floats(-1.0, 1.0))
def test_an_even_number_of_votes_wastes_one(fan_in, bias):
    assert float(majority_bias(bias, fan_in)) == float(majority_bias(bias, fan_in - 1))


@given(ODD, st.floats(-0.99, 0.99))
def test_the_derivative_is_that_of_the_map(fan_in, bias):
    step = 1e-5
    difference = (majority_bias(bias + step, fan_in) - majority_bias(bias - step, fan_in)) / (2 * step)
    assert float(majority_derivative(bias, fan_in)) == pytest.approx(float(difference), abs=1e-6)


@pytest.mark.parametrize("fan_in", [2, 1, 0, -3, 3.0, True, "3"])
def test_a_wrong_fan_in_is_named(fan_in):
    with pytest.raises(ValueError, match="fan_in must be an integer of at least 3"):
        majority_slope(fan_in)


@pytest.mark.parametrize("bias", [1.5, -1.1, np.nan])
def test_a_bias_outside_its_range_is_refused(bias):
    with pytest.raises(ValueError, match="bias must lie in"):
        majority_bias(bias, 3)
