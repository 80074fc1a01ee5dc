"""Likelihood control: the sine's divergences by several roads, bounds, and learned fields judged on the line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import transport

START = transport.Mixture([0.5, 0.5], [-3.0, 3.0], [0.25, 0.25])
END = transport.Mixture([1 / 3] * 3, [-6.0, 0.0, 6.0], [0.5, 0.33, 0.5])


@pytest.mark.parametrize(("wavenumber", "divergence"), [(5.0, 0.249), (20.0, 2.653), (80.0, 14.61)])
def test_the_flows_divergence(wavenumber, divergence):
    assert transport.SineError(0.2, wavenumber).flow_divergence() == pytest.approx(divergence, abs=5e-3)


def test_the_flows_divergence_by_its_likelihood():
    error = transport.SineError(0.2, 5.0)
    assert error.measured_flow_divergence() == pytest.approx(error.flow_divergence(), rel=1e-5)


def test_a_weak_error_by_perturbation():
    """To leading order log ρ̂1 changes by −∇·(ρ A sin kx)/ρ = A (x sin kx − k cos kx): the divergence is half its mean square."""
    amplitude, k = 1e-3, 1.5
    x = np.linspace(-9, 9, 20_001)
    weights = np.exp(-(x**2) / 2)
    change = amplitude * (x * np.sin(k * x) - k * np.cos(k * x))
    expected = float(weights @ change**2 / weights.sum()) / 2
    assert transport.SineError(amplitude, k).flow_divergence() == pytest.approx(expected, rel=1e-2)


@settings(max_examples=8)
@given(st.floats(0.05, 0.5), st.floats(4.0, 20.0), st.floats(0.2, 4.0))
def test_the_diffusions_divergence_keeps_its_bound(amplitude, wavenumber, noise):
    error = transport.SineError(amplitude, wavenumber)
    found = error.diffusion_divergence(noise, cells=2000, steps=100)
    assert 0 < found < error.bound(noise)


def test_the_diffusions_divergence_is_that_of_its_stationary_law():
    found = transport.SineError(0.2, 20.0).diffusion_divergence(4.0)
    x = np.linspace(-6, 6, 60_001)
    p, q = (each / each.sum() for each in (np.exp(-(x**2) / 2), np.exp(-(x**2) / 2 - 0.2 * np.cos(20 * x) / 80)))
    assert found == pytest.approx(float(p @ np.log(p / q)), rel=2e-3)
    assert found == pytest.approx(transport.SineError(0.2, 20.0).leading_divergence(4.0), rel=2e-2)


def test_kullback_leibler():
    assert transport.kullback_leibler([1, 1], [1, 1]) == 0
    assert transport.kullback_leibler([1, 0], [1, 1]) == pytest.approx(np.log(2))
    assert transport.kullback_leibler([1, 1], [1, 0]) == np.inf
    with pytest.raises(ValueError, match="same cells"):
        transport.kullback_leibler([1, 1], [1, 1, 1])


def test_exact_fields_have_no_error():
    law = transport.InterpolatedMixture(START, END, transport.two_sided("linear"))
    found = transport.line_control(law, law, START, END, [0.5], cells=800, steps=100)
    assert found.velocity_error < 1e-8
    assert abs(found.flow) < 1e-5
    assert abs(found.diffusion[0]) < 2e-3


@pytest.mark.parametrize("arguments", [(0.0, 1.0), (1.0, -1.0), (np.inf, 1.0)])
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match="must be positive and finite"):
        transport.SineError(*arguments)
    with pytest.raises(ValueError, match="noise must be positive"):
        transport.SineError(1.0, 1.0).bound(0.0)
