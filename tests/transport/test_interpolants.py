"""Interpolants: their schedules by hand, and schedules that are none."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook import transport
from phasebook.transport.interpolants import Coefficients

TIMES = st.floats(0.0, 1.0)


def at(interpolant, t):
    return [float(each) for each in interpolant.coefficients(jnp.float32(t))]


def test_the_linear_path_by_hand():
    np.testing.assert_allclose(
        at(transport.two_sided("linear"), 0.25), [0.75, 0.25, 0.75**0.5 / 2, -1, 1, 0.25], rtol=1e-6
    )
    bridge = transport.bridge_interpolant(0.7)
    np.testing.assert_allclose(at(bridge, 0.5)[2], np.sqrt(2 * 0.7 * 0.25), rtol=1e-6)


@given(TIMES, st.sampled_from(["brownian", "quadratic", "none"]))
def test_the_trigonometric_path_keeps_unit_variances(t, latent):
    alpha, beta, gamma, *_ = at(transport.two_sided("trigonometric", latent), t)
    assert alpha**2 + beta**2 + gamma**2 == pytest.approx(1.0, abs=1e-6)


@given(TIMES)
def test_variance_preserving_from_noise(t):
    _, beta, gamma, *_ = at(transport.one_sided("variance-preserving"), t)
    assert beta**2 + gamma**2 == pytest.approx(1.0, abs=1e-6)


def test_the_same_arguments_give_the_same_object():
    assert transport.two_sided("linear") is transport.two_sided("linear")
    assert transport.one_sided("linear") is transport.one_sided("linear")


def own(**changes):
    def coefficients(t):
        one = jnp.ones_like(t)
        parts = {
            "alpha": 1 - t,
            "beta": t,
            "gamma": t * (1 - t),
            "alpha_rate": -one,
            "beta_rate": one,
            "gamma_product": t * (1 - t) * (1 - 2 * t),
        }
        return Coefficients(**(parts | {name: change(t) for name, change in changes.items()}))

    return transport.Interpolant("own", "two-sided", coefficients)


def test_own_schedules_are_welcome_and_checked():
    assert own().kind == "two-sided"
    for changes, message in (
        ({"gamma": lambda t: t}, r"gamma\(1\) of a two-sided interpolant must be 0; got 1"),
        ({"gamma": lambda t: 1 - t}, r"gamma\(0\)"),
        ({"alpha": lambda t: 0.5 - t / 2}, r"alpha\(0\) of a two-sided interpolant must be 1; got 0.5"),
        ({"beta": lambda t: 0 * t}, r"beta\(1\)"),
        ({"alpha_rate": lambda t: 1 + 0 * t}, "alpha_rate is not the derivative of alpha"),
        ({"gamma_product": lambda t: 1 - 2 * t}, "gamma_product is not gamma times its derivative"),
        ({"gamma": lambda t: -t * (1 - t)}, "gamma must not be negative"),
    ):
        with pytest.raises(transport.BoundaryConditionError, match=message):
            own(**changes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transport.two_sided("straight"), "path must be one of"),
        (lambda: transport.two_sided("linear", "loud"), "latent must be one of"),
        (lambda: transport.two_sided("linear", scale=-1.0), "scale must be positive"),
        (lambda: transport.two_sided("trigonometric", "sine"), "needs a latent noise γ below 1"),
        (lambda: transport.two_sided("encoding-decoding", "none"), "needs a latent noise"),
        (lambda: transport.one_sided("sideways"), "path must be one of"),
        (lambda: transport.bridge_interpolant(0.0), "noise must be positive"),
        (lambda: transport.Interpolant("own", "three-sided", lambda t: t), "kind must be one of"),
    ],
)
def test_unknown_names_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
