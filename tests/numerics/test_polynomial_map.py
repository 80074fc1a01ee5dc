"""Polynomial maps against NumPy, and their derivatives against finite differences and a complex step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.numerics.polynomial_map import COMPLEX_STEP, polynomial_map


def by_hand(inputs, stages, outputs, point):
    values = list(point)
    for terms in (*stages, *outputs):
        values.append(sum(value * np.prod([values[factor] for factor in product]) for product, value in terms.items()))
    return np.array(values[inputs + len(stages) :])


def test_values_through_stages():
    # z = x y + 2; outputs: z^2 - x, 3 y z, a constant, nothing.
    found = polynomial_map(2, [{(0, 1): 1.0, (): 2.0}], [{(2, 2): 1.0, (0,): -1.0}, {(1, 2): 3.0}, {(): 7.0}, {}])
    assert found(np.array([2.0, 3.0])).tolist() == [62.0, 72.0, 7.0, 0.0]
    assert found.jacobian(np.array([2.0, 3.0])).tolist() == [[47.0, 32.0], [27.0, 42.0], [0.0, 0.0], [0.0, 0.0]]


@st.composite
def maps(draw):
    inputs, stages, outputs = draw(st.integers(1, 4)), draw(st.integers(0, 3)), draw(st.integers(1, 4))
    polynomials = []
    for row in range(stages + outputs):
        variable = st.integers(0, inputs + min(row, stages) - 1)
        product = st.lists(variable, max_size=3).map(lambda chosen: tuple(sorted(chosen)))
        polynomials.append(draw(st.dictionaries(product, st.floats(-2, 2), max_size=4)))
    point = draw(st.lists(st.floats(-1.5, 1.5), min_size=inputs, max_size=inputs))
    return inputs, polynomials[:stages], polynomials[stages:], np.array(point)


@settings(max_examples=60, deadline=None)
@given(maps())
def test_random_maps(case):
    inputs, stages, outputs, point = case
    found = polynomial_map(inputs, stages, outputs)
    expected = by_hand(inputs, stages, outputs, point)
    size = 1.0 + np.abs(expected).max()
    np.testing.assert_allclose(found(point), expected, rtol=1e-12, atol=1e-12 * size)
    jacobian = found.jacobian(point)
    assert jacobian.shape == (len(outputs), inputs)
    for column in range(inputs):
        step = np.zeros(inputs)
        step[column] = 1e-6
        difference = (found(point + step) - found(point - step)) / 2e-6
        size = 1.0 + np.abs(jacobian).max() + np.abs(difference).max() + np.abs(expected).max()
        np.testing.assert_allclose(jacobian[:, column], difference, atol=2e-5 * size)
        shifted = point.astype(complex)
        shifted[column] += 1j * COMPLEX_STEP
        np.testing.assert_allclose(jacobian[:, column], found(shifted).imag / COMPLEX_STEP, atol=1e-12 * size)


@pytest.mark.parametrize("product", [(2,), (0, 3), (-1,)])
def test_a_variable_that_is_not_there_yet(product):
    with pytest.raises(ValueError, match="only 2 are known there"):
        polynomial_map(2, [{product: 1.0}], [{(0,): 1.0}])
