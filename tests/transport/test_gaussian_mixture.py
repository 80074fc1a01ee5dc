"""Mixtures along an interpolant: known Gaussians, the transport equation, autodiff, simulated conditional means, bad input."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from phasebook import transport

START = transport.Mixture([0.5, 0.5], [-3.0, 3.0], [0.25, 0.25])
END = transport.Mixture([1 / 3] * 3, [-6.0, 0.0, 6.0], [0.5, 0.33, 0.5])
PATHS = ("linear", "trigonometric", "encoding-decoding")
LINE = np.linspace(-8.0, 8.0, 81)


def plane():
    """A law in the plane with covariances that do not commute, so that the velocity is no gradient."""
    start = transport.Mixture(
        [0.3, 0.7], [[0.0, 1.0], [2.0, -1.0]], [[[1.0, 0.6], [0.6, 0.8]], [[0.5, -0.2], [-0.2, 0.4]]]
    )
    end = transport.Mixture([1.0], [[-1.0, 0.5]], [[[0.3, 0.1], [0.1, 1.5]]])
    return start, end


def test_a_mixtures_density_is_scipys():
    start, _ = plane()
    points = np.random.default_rng(1).standard_normal((20, 2))
    expected = sum(
        w * multivariate_normal(m, c).pdf(points)
        for w, m, c in zip(start.weights, start.means, start.covariances, strict=True)
    )
    np.testing.assert_allclose(np.exp(start.log_density(points)), expected, rtol=1e-12)


def test_samples_have_the_mixtures_moments():
    start, _ = plane()
    points = start.sample(200_000, 3)
    mean = start.weights @ start.means
    spread = np.einsum("k,kij->ij", start.weights, start.covariances)
    spread += np.einsum("k,ki,kj->ij", start.weights, start.means - mean, start.means - mean)
    np.testing.assert_allclose(points.mean(0), mean, atol=0.02)
    np.testing.assert_allclose(np.cov(points.T), spread, atol=0.03)


@pytest.mark.parametrize("path", PATHS)
def test_the_law_begins_and_ends_in_its_ends(path):
    law = transport.InterpolatedMixture(START, END, transport.two_sided(path))
    for time, mixture in ((0.0, START), (1.0, END)):
        fields = transport.mixture_fields(law, time, LINE)
        np.testing.assert_allclose(fields.log_density, mixture.log_density(LINE), rtol=1e-10)
        assert np.isfinite(fields.velocity).all()


def test_encoding_is_standard_normal_halfway():
    law = transport.InterpolatedMixture(START, END, transport.two_sided("encoding-decoding"))
    fields = transport.mixture_fields(law, 0.5, LINE)
    np.testing.assert_allclose(fields.log_density, norm.logpdf(LINE), atol=1e-12)
    np.testing.assert_allclose(fields.score[:, 0], -LINE, atol=1e-12)


def test_one_gaussian_to_another_is_a_line():
    """x_t' given x_t of N(m, c) from N(0, a), by the regression of Gaussians written out by hand."""
    a, c, m, t = 2.0, 0.5, 3.0, 0.3
    start, end = transport.Mixture([1.0], [0.0], [a]), transport.Mixture([1.0], [m], [c])
    law = transport.InterpolatedMixture(start, end, transport.two_sided("linear"))
    variance = (1 - t) ** 2 * a + t**2 * c + t * (1 - t)
    slope = (-(1 - t) * a + t * c + 0.5 * (1 - 2 * t)) / variance
    fields = transport.mixture_fields(law, t, LINE)
    np.testing.assert_allclose(fields.velocity[:, 0], m + slope * (LINE - t * m), rtol=1e-12)
    np.testing.assert_allclose(fields.divergence, slope, rtol=1e-12)
    np.testing.assert_allclose(fields.score[:, 0], -(LINE - t * m) / variance, rtol=1e-12)


@pytest.mark.parametrize("path", [*PATHS, "mirror"])
@pytest.mark.parametrize("time", [0.2, 0.45, 0.8])
def test_the_transport_equation_holds(path, time):
    """∂ρ/∂t + ∇·(ρ b) = 0, the first by finite differences."""
    law = transport.InterpolatedMixture(None if path == "mirror" else START, END, transport.two_sided(path))
    step = 1e-5
    later, earlier = (np.exp(transport.mixture_fields(law, time + s, LINE).log_density) for s in (step, -step))
    here = transport.mixture_fields(law, time, LINE)
    flux = np.exp(here.log_density) * (here.divergence + (here.velocity * here.score).sum(1))
    np.testing.assert_allclose((later - earlier) / (2 * step), -flux, atol=2e-8)


@eqx.filter_jit
def differentiated(law, time, points):
    """Gradient of the log density and Jacobian of the velocity, by automatic differentiation."""
    score = jax.vmap(jax.grad(lambda x: law.fields(time, x[None]).log_density[0]))(points)
    return score, jax.vmap(jax.jacobian(lambda x: law.velocity(time, x[None])[0]))(points)


@settings(max_examples=15)
@given(st.floats(0.02, 0.98), st.integers(0, 2**31), st.sampled_from([0.0, 0.2]))
def test_score_and_divergence_are_derivatives(time, seed, cross):
    start, end = plane()
    law = transport.InterpolatedMixture(start, end, transport.two_sided("linear"), cross=cross)
    points = np.random.default_rng(seed).standard_normal((4, 2)) * 2
    here = transport.mixture_fields(law, time, points)
    with jax.enable_x64(True):
        score, jacobian = differentiated(law, jnp.asarray(time), jnp.asarray(points))
    np.testing.assert_allclose(here.score, score, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(here.divergence, np.trace(jacobian, axis1=1, axis2=2), rtol=1e-8, atol=1e-10)


def test_the_velocity_is_the_conditional_mean_in_the_plane():
    """Regression of x_t' on functions of x_t over simulated pairs: E[(x_t' − b) f(x_t)] = 0 for several f."""
    start, end = plane()
    interpolant, time, count = transport.two_sided("linear"), 0.4, 400_000
    law = transport.InterpolatedMixture(start, end, interpolant)
    x0, x1 = start.sample(count, 1), end.sample(count, 2)
    z = np.random.default_rng(3).standard_normal((count, 2))
    gamma = np.sqrt(time * (1 - time))
    x = (1 - time) * x0 + time * x1 + gamma * z
    rate = x1 - x0 + (1 - 2 * time) / (2 * gamma) * z
    residual = rate - transport.mixture_fields(law, time, x).velocity
    for test in (np.ones(count), x[:, 0], x[:, 1], x[:, 0] * x[:, 1], np.sin(x[:, 0])):
        terms = residual * test[:, None]
        assert (np.abs(terms.mean(0)) < 4.5 * terms.std(0) / np.sqrt(count)).all()
    # The symmetrized map is another field.
    assert np.abs(residual.mean(0)).max() < 0.02


def test_a_one_sided_law_is_the_two_sided_one_from_a_standard_normal():
    standard = transport.Mixture([1.0], [0.0], [1.0])
    one = transport.InterpolatedMixture(None, END, transport.one_sided("linear"))
    two = transport.InterpolatedMixture(standard, END, transport.two_sided("linear", "none"))
    for a, b in zip(transport.mixture_fields(one, 0.6, LINE), transport.mixture_fields(two, 0.6, LINE), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_modes_halfway():
    """Linear paths mix every pair of modes; an encoding passes through one."""
    grid = np.linspace(-8, 8, 4001)
    counts = {}
    for name, interpolant in (
        ("linear", transport.two_sided("linear")),
        ("linear, none", transport.two_sided("linear", "none")),
        ("encoding", transport.two_sided("encoding-decoding")),
    ):
        density = transport.mixture_fields(
            transport.InterpolatedMixture(START, END, interpolant), 0.5, grid
        ).log_density
        counts[name] = int(((density[1:-1] > density[:-2]) & (density[1:-1] > density[2:])).sum())
    assert counts == {"linear": 4, "linear, none": 4, "encoding": 1}


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "message"),
    [
        ([0.5, 0.4], [0.0, 1.0], [1.0, 1.0], "weights must be positive and sum to one"),
        ([1.5, -0.5], [0.0, 1.0], [1.0, 1.0], "weights must be positive"),
        ([0.5, 0.5], [0.0, 1.0], [1.0, -1.0], "covariance 1 must be symmetric and positive definite"),
        ([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.4, 1.0]]], "covariance 0 must be symmetric"),
        ([0.5, 0.5], [0.0], [1.0, 1.0], "must fit"),
        ([1.0], [[0.0, 0.0]], [[1.0]], "covariances must have shape"),
        ([1.0], [np.nan], [1.0], "means must be finite"),
    ],
)
def test_wrong_mixtures_are_refused(weights, means, covariances, message):
    with pytest.raises(ValueError, match=message):
        transport.Mixture(weights, means, covariances)


def test_wrong_laws_are_refused():
    start, _ = plane()
    with pytest.raises(transport.ShapeError, match="start and end must have one dimension; got 2 and 1"):
        transport.InterpolatedMixture(start, END, transport.two_sided())
    with pytest.raises(TypeError, match="use two_sided"):
        transport.InterpolatedMixture(START, END, transport.one_sided())
    with pytest.raises(ValueError, match="needs a start"):
        transport.InterpolatedMixture(None, END, transport.two_sided())
    with pytest.raises(ValueError, match="cross is larger than the ends' covariances allow in pair"):
        transport.InterpolatedMixture(START, END, transport.two_sided(), cross=1.0)
    law = transport.InterpolatedMixture(START, END, transport.two_sided())
    with pytest.raises(ValueError, match=r"t must lie in \[0, 1\]; got 1.5"):
        transport.mixture_fields(law, 1.5, LINE)
    with pytest.raises(ValueError, match="2 of 3 rows are not"):
        transport.mixture_fields(law, 0.5, [np.nan, 0.0, np.inf])
    with pytest.raises(transport.ShapeError, match=r"points must have shape \(n, 1\)"):
        transport.mixture_fields(law, 0.5, np.zeros((3, 2)))
