"""exp(A): rotations, nilpotent and stiff matrices, and SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from phasebook.numerics.small_exponential import small_exponential


def test_a_rotation():
    angle = 2.5
    found = small_exponential(np.array([[0.0, -angle], [angle, 0.0]]))
    exact = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    np.testing.assert_allclose(found, exact, atol=1e-14)


def test_a_nilpotent_matrix_of_any_size():
    # exp of the shift times c is 1/k! c^k on the k-th diagonal: exact however large c is.
    found = small_exponential(1e5 * np.eye(4, k=1))
    assert found[0].tolist() == pytest.approx([1.0, 1e5, 0.5e10, 1e15 / 6], rel=1e-13)


@pytest.mark.parametrize("rate", [1e-3, 1.0, 1e6])
def test_a_chain_of_two_states_keeps_probability(rate):
    generator = np.array([[-rate, 1.0], [rate, -1.0]])
    found = small_exponential(3.0 * generator)
    np.testing.assert_allclose(found.sum(axis=0), 1.0, rtol=1e-9)
    decay = np.exp(-3.0 * (1.0 + rate))
    assert found[0, 0] == pytest.approx((1.0 + rate * decay) / (1.0 + rate), rel=1e-8)


@given(st.integers(1, 40), st.integers(0, 10**6), st.floats(-3.0, 2.0))
def test_scipy_agrees(size, seed, exponent):
    random = np.random.default_rng(seed)
    matrix = 10.0**exponent * (random.normal(size=(size, size)) / np.sqrt(size) - np.eye(size))
    exact = expm(matrix)
    np.testing.assert_allclose(small_exponential(matrix), exact, atol=1e-11 * np.abs(exact).max())


def test_the_argument_is_kept():
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    small_exponential(matrix)
    assert matrix.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("matrix", [np.ones((2, 3)), np.ones(4), np.ones((0, 0)), np.eye(101)])
def test_wrong_shapes(matrix):
    with pytest.raises(ValueError, match="matrix must be square, of at most 100 rows"):
        small_exponential(matrix)


def test_infinities():
    with pytest.raises(ValueError, match="matrix must be finite"):
        small_exponential(np.array([[np.inf]]))
