"""Residuals against closed forms, and densities of the samplers against linear equations that are solved by hand."""

import math
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from phasebook.transport import fokker_planck as fp
from phasebook.transport.mixture_potential import MixturePotential
from phasebook.transport.reverse_laws import GaussianPrior

OU = fp.OrnsteinUhlenbeck()
NINE = 0.65 * np.array([(2, 2), (-2, 2), (2, -2), (-2, -2), (0, 0), (4, 0), (-4, 0), (0, 4), (0, -4)], dtype=float)


def nine_gaussians() -> MixturePotential:
    return MixturePotential(NINE, np.full(9, 0.65 * math.sqrt(0.2)))


def points(count: int, dimension: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.uniform(-3.5, 3.5, (count, dimension)), generator.uniform(0.05, 10, count)


def test_the_exact_log_density_has_no_residual():
    x, t = points(1000, 2)
    assert np.abs(fp.fokker_planck_residuals(nine_gaussians(), OU, x, t)).max() < 1e-9
    assert np.abs(fp.fokker_planck_gradients(nine_gaussians(), OU, x, t)).max() < 1e-9
    assert np.abs(fp.score_equation_residuals(jax.grad(nine_gaussians()), OU, x, t)).max() < 1e-9
    assert fp.score_curl(jax.grad(nine_gaussians()), x, t).max() < 1e-9


def test_other_rates_and_strengths():
    process = fp.OrnsteinUhlenbeck(0.7, 1.6)
    law = MixturePotential([[0.5, -1.0, 0.2], [1.0, 0.0, 0.0]], [0.4, 0.9], [2.0, 1.0], process=process)
    x, t = points(50, 3)
    assert np.abs(fp.fokker_planck_residuals(law, process, x, t)).max() < 1e-9
    assert np.abs(fp.fokker_planck_residuals(law, OU, x, t)).max() > 0.1


def test_a_function_of_time_alone_changes_the_residual_and_not_its_gradient():
    exact = nine_gaussians()
    shifted = lambda x, t: exact(x, t) + jnp.sin(t)  # noqa: E731
    x, t = points(40, 2)
    np.testing.assert_allclose(fp.fokker_planck_residuals(shifted, OU, x, t), np.cos(t), atol=1e-10)
    np.testing.assert_allclose(fp.fokker_planck_gradients(shifted, OU, x, t), 0.0, atol=1e-10)


def test_a_ripple_has_the_residual_of_its_formula():
    """R = u_t - x u' - g² (p'/p u' + (u'' + u'²)/2), u = a sin(kx) e^-t, for data N(0, 1)."""
    a, k = 0.4, 2.0
    x, t = points(200, 1)
    z, variance = x[:, 0], (1 + np.exp(-2 * t)) / 2
    u = a * np.sin(k * z) * np.exp(-t)
    first, second = a * k * np.cos(k * z) * np.exp(-t), -(k**2) * u
    expected = -u - z * first - (-z / variance * first + (second + first**2) / 2)
    found = fp.fokker_planck_residuals(MixturePotential([[0.0]], [1.0], amplitude=a, frequency=k), OU, x, t)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def crossed(x, t):
    """No solution of any Fokker-Planck equation."""
    return jnp.sin(x[0] * x[1]) * jnp.exp(-t) - jnp.sum(x**4) / 10 + jnp.cos(t) * x[2]


def test_the_residual_of_a_score_is_the_gradient_of_the_potentials():
    x, t = points(20, 3, 4)
    process = fp.OrnsteinUhlenbeck(0.8, 1.3)
    of_score = fp.score_equation_residuals(jax.grad(crossed), process, x, t)
    np.testing.assert_allclose(of_score, fp.fokker_planck_gradients(crossed, process, x, t), rtol=1e-9, atol=1e-9)


def test_a_rotation_has_a_curl():
    score = lambda x, t: jnp.array([-x[1], x[0]])  # noqa: E731
    assert fp.score_curl(score, [[0.3, -1.0]], 0.5) == pytest.approx(2.0)


def test_random_directions_estimate_the_laplacian_without_bias():
    x = np.repeat(points(1, 3, 5)[0], 4000, axis=0)
    exact = float(fp.fokker_planck_residuals(crossed, OU, x[:1], 1.0)[0])
    random = fp.fokker_planck_residuals(crossed, OU, x, 1.0, probes=1, seed=1)
    assert random.std() > 0.1
    assert random.mean() == pytest.approx(exact, abs=5 * random.std() / math.sqrt(4000))


def test_a_wrong_score_without_residual_gives_its_own_law():
    """The potential solves the equation for other data: both samplers draw that data, to rounding."""
    wrong = MixturePotential([[0.5, 0.0]], [0.7])
    x = np.array([[0.0, 0.0], [1.0, -0.4]])
    prior = lambda y: wrong(y, 3.0)  # noqa: E731
    expected = [float(wrong(jnp.asarray(y), 0.0)) for y in x]
    paths = fp.path_log_density(wrong, OU, prior, x, horizon=3.0, paths=100, steps=20)
    np.testing.assert_allclose(paths.log_density, expected, atol=1e-5)
    np.testing.assert_allclose(paths.stderr, 0.0, atol=1e-9)
    np.testing.assert_allclose(fp.flow_log_density(wrong, OU, prior, x, horizon=3.0), expected, atol=1e-5)


def test_samplers_of_a_quadratic_potential_have_their_gaussian_laws():
    """phi = -c x²/2 at all times, c = 3: dX/ds = (1 - c/2) X for the ODE, dX = (1 - c) X ds + dW for the SDE, s = T - t."""
    c, horizon = 3.0, 1.5
    potential = lambda x, t: -c * jnp.vdot(x, x) / 2 + 0 * t  # noqa: E731
    x = np.array([[-1.0], [0.0], [0.6]])
    start = 0.5
    sde = start * math.exp(2 * (1 - c) * horizon) + math.expm1(2 * (1 - c) * horizon) / (2 * (1 - c))
    ode = start * math.exp(2 * (1 - c / 2) * horizon)
    flow = fp.flow_log_density(potential, OU, GaussianPrior(start), x, horizon=horizon)
    np.testing.assert_allclose(flow, gaussian(x[:, 0], ode), atol=1e-6)
    paths = fp.path_log_density(
        potential, OU, GaussianPrior(start), x, horizon=horizon, paths=40_000, steps=150, seed=2
    )
    assert paths.stderr.max() < 0.01
    np.testing.assert_allclose(paths.log_density, gaussian(x[:, 0], sde), atol=5 * paths.stderr.max() + 2e-3)


def gaussian(x: np.ndarray, variance: float) -> np.ndarray:
    return -(x**2) / (2 * variance) - math.log(2 * math.pi * variance) / 2


def test_any_process_by_small_steps_agrees_with_the_exact_transition():
    potential = MixturePotential([[0.0]], [1.0], amplitude=0.4)
    euler = fp.ForwardProcess(lambda x, t: -x, lambda t: 1.0)
    prior, x = GaussianPrior(0.5), np.array([[0.7]])
    options = {"horizon": 3.0, "paths": 20_000, "steps": 300, "seed": 3}
    exact, stepped = (fp.path_log_density(potential, process, prior, x, **options) for process in (OU, euler))
    assert stepped.log_density == pytest.approx(exact.log_density, abs=0.01)


def test_a_short_horizon_warns_with_a_bound_on_the_mismatch():
    with pytest.warns(fp.PriorMismatch, match="up to 0.27"):
        assert fp.prior_mismatch(OU, 2.0, 2.0) == pytest.approx(2 * math.exp(-2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fp.prior_mismatch(OU, 10.0, 2.0) < 1e-4


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fp.fokker_planck_residuals(None, OU, [[0.0]], 1.0), TypeError, "a score alone has none"),
        (lambda: fp.require_potential(3.0), TypeError, "potential must be a function"),
        (lambda: fp.fokker_planck_residuals(nine_gaussians(), OU, [0.0], 1.0), ValueError, "shape"),
        (
            lambda: fp.fokker_planck_residuals(nine_gaussians(), OU, [[0.0, 1.0]], [1.0, 2.0]),
            ValueError,
            "one finite time or 1",
        ),
        (
            lambda: fp.fokker_planck_residuals(lambda x, t: jnp.sqrt(x[0]) + t, OU, [[-1.0]], 1.0),
            fp.NotFinite,
            "residual is not finite",
        ),
        (lambda: fp.OrnsteinUhlenbeck(1.0, 0.0), ValueError, "strength must be positive"),
        (lambda: fp.OrnsteinUhlenbeck(-1.0), ValueError, "rate must be positive"),
        (lambda: MixturePotential([0.0], [1.0]), ValueError, "means must be"),
        (lambda: MixturePotential([[0.0]], [-1.0]), ValueError, "stddevs must be"),
        (lambda: MixturePotential([[0.0]], [1.0], [0.0]), ValueError, "weights must be"),
        (lambda: MixturePotential([[0.0]], [1.0], amplitude=math.nan), ValueError, "amplitude"),
        (
            lambda: fp.path_log_density(nine_gaussians(), OU, GaussianPrior(0.5), [[0.0, 0.0]], horizon=0.0),
            ValueError,
            "horizon must be",
        ),
        (
            lambda: fp.path_log_density(nine_gaussians(), OU, GaussianPrior(0.5), [[0.0, 0.0]], horizon=1.0, paths=5),
            ValueError,
            "even number",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
