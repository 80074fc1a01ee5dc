"""Coupling functions: series of known functions, derivatives, growth coefficients, bad inputs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import networks


@given(nonoddity=st.floats(-1.5, 1.5), strength=st.floats(0.1, 5), noise=st.floats(0.01, 3))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_coefficients_of_the_sakaguchi_coupling(nonoddity, strength, noise):
    found = networks.growth_coefficients(networks.sakaguchi_coupling(nonoddity), strength, noise)
    cosine, sine = math.cos(nonoddity), math.sin(nonoddity)
    assert found.diffusion == pytest.approx(strength * cosine)
    assert found.nonlinearity == pytest.approx(-2 * strength * sine)
    assert found.kpz_coupling == pytest.approx(2 * noise**2 * sine**2 / (strength * cosine**3))
    assert found.drift == pytest.approx(2 * strength * sine)


@pytest.mark.parametrize(
    ("function", "slope", "bend"),
    [
        (lambda u: np.sin(u + 0.3) + 0.2 * np.sin(2 * u), math.cos(0.3) + 0.4, -math.sin(0.3)),
        (lambda u: np.exp(np.cos(u) + 0.5 * np.sin(u)), 0.5 * math.e, (0.25 - 1) * math.e),
        (lambda u: np.tan(np.sin(u) / 2), 0.5, 0.0),
        (lambda u: 0 * u + 3.0, 0.0, 0.0),
    ],
)
def test_a_function_becomes_its_series(function, slope, bend):
    coupling = networks.coupling_from_function(function)
    angles = np.linspace(-9, 9, 501)
    assert coupling(angles) == pytest.approx(function(angles), abs=1e-9)
    assert coupling.derivative(0.0, 1) == pytest.approx(slope, abs=1e-9)
    assert coupling.derivative(0.0, 2) == pytest.approx(bend, abs=1e-8)


def test_the_comoving_frame_has_no_drift():
    coupling = networks.sakaguchi_coupling(1.1, comoving=True)
    assert networks.growth_coefficients(coupling, 1.0, 0.1).drift == pytest.approx(0)
    assert coupling(0.4) == pytest.approx(math.sin(1.5) - math.sin(1.1))
    assert coupling.steepest == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda u: u, "period 2 pi"),
        (lambda u: np.sin(u / 2), "period 2 pi"),
        (lambda u: np.sign(np.sin(u)), "must be smooth"),
        (lambda u: np.where(np.abs(u - 1) < 0.1, np.nan, 0), "finite at every angle"),
    ],
)
def test_functions_that_are_no_coupling_are_refused(function, message):
    with pytest.raises(ValueError, match=message):
        networks.coupling_from_function(function)


def test_wrong_series_are_refused():
    with pytest.raises(ValueError, match="equal lengths"):
        networks.Coupling((0.0, 1.0), (0.0,))
    with pytest.raises(ValueError, match=r"odd\[0\] zero"):
        networks.Coupling((0.0, 1.0), (1.0, 0.0))
    with pytest.raises(ValueError, match="nonoddity must be finite"):
        networks.sakaguchi_coupling(math.nan)


def test_without_diffusion_the_coupling_constant_is_not_a_number():
    assert math.isnan(networks.growth_coefficients(networks.sakaguchi_coupling(2.0), 1.0, 0.1).kpz_coupling)
    assert math.isinf(networks.growth_coefficients(networks.Coupling((0, 1), (0, 0)), 1.0, 0.1).kpz_coupling)
