"""Gaussian averages of odd nonlinearities: closed forms, published constants, and two-dimensional quadrature as another road."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.networks import ERF, LINEAR, TANH, Nonlinearity, choose_nonlinearity


def quadrature(function, covariance, variance):
    """E[φ(a)φ(b)] by Gauss-Hermite in two dimensions, b = ρa + √(1 − ρ²)c."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    weights = weights / weights.sum()
    ratio = covariance / variance
    a = np.sqrt(variance) * nodes[:, None]
    b = ratio * a + np.sqrt(variance * (1 - ratio**2)) * nodes[None, :]
    return float(weights @ (function(a) * function(b)) @ weights)


@pytest.mark.parametrize("nonlinearity", [ERF, TANH, LINEAR], ids=lambda each: each.name)
@pytest.mark.parametrize(("covariance", "variance"), [(0.3, 0.5), (-1.0, 1.4), (0.0, 2.0), (2.9, 3.0)])
def test_the_covariance_of_outputs_is_that_of_quadrature(nonlinearity, covariance, variance):
    expected = quadrature(nonlinearity, covariance, variance)
    assert float(nonlinearity.covariance(covariance, variance)) == pytest.approx(expected, abs=2e-6)


def test_the_error_function_s_closed_form_agrees_with_its_expansion():
    expanded = Nonlinearity("expanded", ERF.function)
    lags = np.linspace(-1.5, 1.5, 31)
    for name in ("covariance", "covariance_slope", "covariance_integral"):
        closed, series = (getattr(each, name)(lags, 1.5) for each in (ERF, expanded))
        np.testing.assert_allclose(closed, series, atol=1e-10)
    assert expanded.mean_slope(1.5) == pytest.approx(ERF.mean_slope(1.5), abs=1e-12)


def test_half_of_a_large_erf_is_the_arcsine_law():
    # Units so strongly driven that φ is a sign: E = (2/π) arcsin ρ (Stieltjes, Van Vleck).
    assert float(ERF.covariance(0.5e6, 1e6)) == pytest.approx(1 / 3, abs=1e-5)
    assert float(TANH.covariance(0.5e4, 1e4)) == pytest.approx(1 / 3, abs=1e-2)


@given(st.floats(0.05, 30.0), st.floats(-0.99, 0.99))
def test_slope_and_integral_belong_to_the_covariance(variance, ratio):
    for each in (ERF, TANH):
        at, step = ratio * variance, 1e-5 * variance
        below, above = each.covariance(np.array([at - step, at + step]), variance)
        assert float(each.covariance_slope(at, variance)) == pytest.approx((above - below) / (2 * step), rel=1e-5)
        low, high = each.covariance_integral(np.array([at - step, at + step]), variance)
        assert (high - low) / (2 * step) == pytest.approx(float(each.covariance(at, variance)), abs=1e-7)


@given(st.floats(0.01, 4.0))
def test_stein_s_identity_holds(variance):
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    x = np.sqrt(variance) * nodes
    for each in (ERF, TANH):
        product = float(weights @ (x * each(x))) / weights.sum()
        assert each.mean_slope(variance) == pytest.approx(product / variance, rel=2e-4)


def test_slopes_at_zero():
    assert [each.mean_slope(0.0) for each in (ERF, TANH, LINEAR)] == pytest.approx([1.0, 1.0, 1.0], abs=1e-6)


def test_a_user_s_odd_function_is_taken():
    arctan = choose_nonlinearity(np.arctan)
    assert float(arctan.covariance(0.4, 1.0)) == pytest.approx(quadrature(np.arctan, 0.4, 1.0), abs=1e-6)
    clipped = choose_nonlinearity(lambda x: np.clip(x, -1, 1))
    assert clipped.mean_slope(1.0) == pytest.approx(0.682689, abs=1e-4)  # P(|z| < 1)
    clipped.check_expansion(1.0)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ("relu", "nonlinearity must be one of erf, tanh, linear, or an odd function; got 'relu'"),
        (3, "nonlinearity must be one of"),
        (lambda x: np.maximum(x, 0), "must be odd, so that means vanish; got"),
        (lambda x: np.tanh(x) + 0.1, "must be odd"),
        (lambda x: x[:3], "must map an array of finite numbers to one of the same shape"),
        (lambda x: 1 / x, "finite numbers"),
    ],
)
def test_what_is_no_odd_function_is_refused(choice, sentence):
    with pytest.raises(ValueError, match=sentence):
        choose_nonlinearity(choice)


def test_a_jump_is_too_rough():
    with pytest.raises(ValueError, match="too rough for its Gaussian averages"):
        choose_nonlinearity(np.sign).check_expansion(1.0)
