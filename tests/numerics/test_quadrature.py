"""Gaussian quadrature against moments and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from phasebook.errors import NotConverged
from phasebook.numerics.quadrature import crowded_trapezoid, gauss_hermite, gaussian_expectation, tensor_gauss_hermite


def moment(power: int) -> float:
    """E z^power: (power - 1)!! for an even power."""
    return 0.0 if power % 2 else float(math.prod(range(1, power, 2)))


@pytest.mark.parametrize("order", [1, 2, 5, 20, 64, 200])
def test_gauss_hermite_is_exact_for_polynomials(order):
    nodes, weights = gauss_hermite(order)
    assert nodes.shape == weights.shape == (order,)
    assert weights.sum() == pytest.approx(1.0, abs=1e-14)
    for power in range(min(2 * order, 13)):
        assert weights @ nodes**power == pytest.approx(moment(power), rel=1e-10, abs=1e-9)
    if order == 2:
        np.testing.assert_allclose(nodes, [-1.0, 1.0], atol=1e-14)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_tensor_products_integrate_products_of_powers(dimension):
    points, weights = tensor_gauss_hermite(4, dimension)
    assert points.shape == (4**dimension, dimension)
    assert weights.shape == (4**dimension,)
    assert weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert weights @ (points**2).prod(axis=1) == pytest.approx(1.0, abs=1e-13)
    assert weights @ (points**6).prod(axis=1) == pytest.approx(15.0**dimension, rel=1e-12)
    np.testing.assert_allclose(weights @ points, np.zeros(dimension), atol=1e-14)


@pytest.mark.parametrize("power", range(11))
def test_adaptive_moments(power):
    expectation = gaussian_expectation(lambda z: z**power)
    assert expectation.value == pytest.approx(moment(power), rel=1e-13, abs=1e-10)
    assert expectation.error <= 1e-12 * max(1.0, 2 * moment(10))


@pytest.mark.parametrize(
    ("function", "breaks", "exact"),
    [
        (abs, (), math.sqrt(2 / math.pi)),
        (lambda z: math.exp(0.7 * z), (), math.exp(0.245)),
        (lambda z: math.cos(3 * z), (), math.exp(-4.5)),
        # A kink, a jump, and a very steep step away from zero.
        (lambda z: max(z - 0.37, 0.0), (0.37,), norm.pdf(0.37) - 0.37 * norm.sf(0.37)),
        (lambda z: float(z > 1.3), (1.3,), norm.sf(1.3)),
        (lambda z: math.tanh((z - 1.3) / 1e-6), (1.3,), 2 * norm.sf(1.3) - 1),
        # The folded normal: E|1 + 2z|.
        (
            lambda z: abs(1 + 2 * z),
            (-0.5,),
            2 * math.sqrt(2 / math.pi) * math.exp(-0.125) + 1 - 2 * norm.cdf(-0.5),
        ),
        # Breaks beyond the bound and at a point that is split anyway change nothing.
        (lambda z: z * z, (-40.0, 0.0, 40.0), 1.0),
    ],
)
def test_closed_forms(function, breaks, exact):
    expectation = gaussian_expectation(function, breaks=breaks)
    assert expectation.value == pytest.approx(exact, abs=2e-12)
    assert abs(expectation.value - exact) <= expectation.error + 1e-15


def test_tanh_squared_against_a_dense_trapezoid():
    """The trapezoid rule converges exponentially here: an independent road to E tanh²(z)."""
    grid = np.linspace(-12, 12, 4001)
    exact = np.sum(np.tanh(grid) ** 2 * np.exp(-0.5 * grid**2)) * (grid[1] - grid[0]) / math.sqrt(2 * math.pi)
    assert gaussian_expectation(lambda z: math.tanh(z) ** 2).value == pytest.approx(exact, abs=1e-13)
    nodes, weights = gauss_hermite(100)
    assert weights @ np.tanh(nodes) ** 2 == pytest.approx(exact, abs=1e-9)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(mean=st.floats(-3, 3), spread=st.floats(0.05, 3))
def test_the_folded_normal_mean(mean, spread):
    expectation = gaussian_expectation(lambda z: abs(mean + spread * z), breaks=(-mean / spread,))
    ratio = mean / spread
    exact = spread * math.sqrt(2 / math.pi) * math.exp(-(ratio**2) / 2) + mean * math.erf(ratio / math.sqrt(2))
    assert expectation.value == pytest.approx(exact, abs=1e-11)


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (lambda z: math.nan, {}, "is not finite"),
        (lambda z: 1 / abs(z - 1) if z != 1 else 0.0, {"breaks": (1.0,)}, "breaks or raise tolerance|not finite"),
        (lambda z: float(math.sin(1e5 * z) > 0), {}, "name the function's kinks in breaks or raise tolerance"),
        (lambda z: math.exp(0.49 * z * z), {}, r"at ±12; raise bound"),
    ],
)
def test_what_does_not_converge_says_so(function, options, message):
    with pytest.raises(NotConverged, match=message):
        gaussian_expectation(function, **options)


@pytest.mark.parametrize("order", [0, -3, 2.0, True, "4"])
def test_bad_orders_are_named(order):
    with pytest.raises(ValueError, match="order must be a positive integer; got"):
        gauss_hermite(order)
    with pytest.raises(ValueError, match="order must be a positive integer; got"):
        tensor_gauss_hermite(order, 2)


def test_bad_dimensions_are_named():
    with pytest.raises(ValueError, match="dimension must be a positive integer; got 0"):
        tensor_gauss_hermite(3, 0)
    with pytest.raises(ValueError, match=r"at most 20,000,000 points; got 50\*\*6"):
        tensor_gauss_hermite(50, 6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bound": 0.0}, "bound must be in"),
        ({"bound": math.nan}, "bound must be in"),
        ({"bound": 50.0}, "bound must be in"),
        ({"breaks": [math.nan]}, "breaks must be a list of finite numbers"),
        ({"breaks": [[0.0]]}, "breaks must be a list of finite numbers"),
        ({"tolerance": 0.0}, "tolerance must be a positive number"),
        ({"tolerance": math.nan}, "tolerance must be a positive number"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        gaussian_expectation(abs, **options)


@pytest.mark.parametrize(("center", "width"), [(0.7, 1e-3), (-2.0, 0.05), (0.0, 1.0), (20.0, 1e-3), (1.0, 5.0)])
def test_crowded_trapezoid_resolves_a_step_of_any_width(center, width):
    nodes, log_weights = crowded_trapezoid([center], width)
    weights = np.exp(log_weights)
    assert weights.sum() == pytest.approx(1.0, abs=1e-13)
    exact = gaussian_expectation(lambda z: math.tanh((z - center) / width), breaks=[center], tolerance=1e-11).value
    assert (weights * np.tanh((nodes - center) / width)).sum() == pytest.approx(exact, abs=1e-11)
    assert (weights * nodes**4).sum() == pytest.approx(3.0, abs=1e-11)


def test_crowded_trapezoid_reaches_a_tilted_weight():
    nodes, log_weights = crowded_trapezoid([-3.0, 0.5], 0.01, tilt=12.0)
    assert nodes.shape[0] == 2
    np.testing.assert_allclose(np.exp(log_weights + 12.0 * nodes).sum(axis=1), math.exp(72.0), rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([math.nan], 0.1), "centers must be finite"),
        (([0.0], 0.0), "width must be positive"),
        (([0.0], math.inf), "width must be positive"),
    ],
)
def test_crowded_trapezoid_refuses(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        crowded_trapezoid(*arguments)
