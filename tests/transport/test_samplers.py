"""Samplers and likelihoods against flows and diffusions whose answers are known in closed form."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from phasebook import transport
from phasebook.errors import NotConverged

START = transport.Mixture([0.5, 0.5], [-3.0, 3.0], [0.25, 0.25])
END = transport.Mixture([1 / 3] * 3, [-6.0, 0.0, 6.0], [0.5, 0.33, 0.5])
LAW = transport.InterpolatedMixture(START, END, transport.two_sided("linear"))
POINTS = START.sample(400, 7)


class Rotation(eqx.Module):
    """A linear field in the plane: x' = M x; its divergence is the trace of M."""

    matrix: np.ndarray

    def velocity(self, t, x):
        return x @ jnp.asarray(self.matrix, dtype=x.dtype).T

    def score(self, t, x):
        return -x


MATRIX = np.array([[0.3, -1.0], [1.0, -0.1]])


def matrix_exponential(matrix):
    values, vectors = np.linalg.eig(matrix)
    return ((vectors * np.exp(values)) @ np.linalg.inv(vectors)).real


@pytest.mark.parametrize("options", [{"tolerance": 1e-9}, {"steps": 60}])
def test_a_linear_flow_is_the_matrix_exponential(options):
    points = np.random.default_rng(1).standard_normal((50, 2))
    found = transport.flow(Rotation(MATRIX), points, divergence="exact", **options)
    np.testing.assert_allclose(found.points, points @ matrix_exponential(MATRIX).T, atol=1e-6)
    np.testing.assert_allclose(found.divergence, np.trace(MATRIX), atol=1e-9)
    back = transport.flow(Rotation(MATRIX), found.points, start=1.0, stop=0.0, **options)
    np.testing.assert_allclose(back.points, points, atol=1e-6)
    assert np.isnan(back.divergence).all()


def test_runge_kutta_is_of_fourth_order():
    points = np.random.default_rng(1).standard_normal((50, 2))
    exact = points @ matrix_exponential(MATRIX).T
    errors = [np.abs(transport.flow(Rotation(MATRIX), points, steps=n).points - exact).max() for n in (4, 8)]
    assert errors[0] / errors[1] == pytest.approx(16, rel=0.15)


@pytest.mark.parametrize("path", ["linear", "trigonometric", "encoding-decoding"])
def test_the_flow_conserves_probability(path):
    law = transport.InterpolatedMixture(START, END, transport.two_sided(path))
    found = transport.flow(law, POINTS, tolerance=1e-8, divergence="exact")
    error = START.log_density(POINTS) - found.divergence - END.log_density(found.points)
    assert np.abs(error).max() < 1e-6


def test_on_the_line_the_flow_is_the_monotone_map():
    """Quantiles stay quantiles: the ODE's map is the one of the two distribution functions."""
    from scipy.stats import norm

    def distribution(mixture, x):
        spread = np.sqrt(mixture.covariances[:, 0, 0])
        return (mixture.weights * norm.cdf((x[:, None] - mixture.means[:, 0]) / spread)).sum(1)

    found = transport.flow(LAW, POINTS, tolerance=1e-9).points[:, 0]
    np.testing.assert_allclose(distribution(END, found), distribution(START, POINTS[:, 0]), atol=1e-7)


def test_single_precision_is_close():
    found = transport.flow(LAW, POINTS, tolerance=1e-5, divergence="exact", precision="single")
    error = START.log_density(POINTS) - found.divergence - END.log_density(found.points)
    assert np.abs(error).max() < 1e-2


def gaussian_law():
    start, end = (transport.Mixture([1.0], [m], [v]) for m, v in ((-1.0, 0.5), (2.0, 0.2)))
    return start, end, transport.InterpolatedMixture(start, end, transport.two_sided("linear"))


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("scheme", ["splitting", "heun", "euler"])
def test_the_diffusion_ends_in_the_end(direction, scheme):
    start, end, law = gaussian_law()
    source, target = (start, end) if direction == "forward" else (end, start)
    found = transport.diffuse(
        law, source.sample(40_000, 1), noise=1.0, steps=400, seed=2, direction=direction, scheme=scheme
    )[:, 0]
    variance = target.covariances[0, 0, 0]
    assert found.mean() == pytest.approx(target.means[0, 0], abs=4.5 * np.sqrt(variance / 40_000) + 0.003)
    assert found.var() == pytest.approx(variance, rel=4.5 * np.sqrt(2 / 40_000) + 0.015)


def test_splitting_is_of_second_order_in_law():
    """The variance of a Gaussian law under long steps; common noise makes the sampling error small beside the step's."""
    start, _end, law = gaussian_law()
    points = start.sample(100_000, 1)
    points = (points - points.mean()) / points.std() * np.sqrt(0.5) - 1.0
    errors = [
        transport.diffuse(law, points, noise=1.0, steps=n, seed=3, precision="double").var() / 0.2 - 1
        for n in (6, 12, 96)
    ]
    assert abs(errors[0] - errors[2]) / abs(errors[1] - errors[2]) == pytest.approx(4.0, rel=0.4)


def test_no_noise_is_the_flow():
    start, _end, law = gaussian_law()
    points = start.sample(400, 7)
    still = transport.diffuse(law, points, noise=0.0, steps=400, seed=1)
    np.testing.assert_allclose(still, transport.flow(law, points).points, atol=1e-4)


def test_noise_may_depend_on_time():
    start, end, law = gaussian_law()
    found = transport.diffuse(law, start.sample(40_000, 1), noise=early_noise, steps=400, seed=2)[:, 0]
    assert found.var() == pytest.approx(end.covariances[0, 0, 0], rel=0.04)
    constant = transport.diffuse(law, start.sample(100, 1), noise=0.7, steps=10, seed=2)
    same = transport.diffuse(law, start.sample(100, 1), noise=constant_noise, steps=10, seed=2)
    np.testing.assert_allclose(constant, same, rtol=1e-5)


def early_noise(t):
    return 4.0 * (1 - t) ** 2


def constant_noise(t):
    return 0.7 + 0.0 * t


def test_likelihoods_of_the_exact_flow_are_the_density():
    points = np.linspace(-8, 8, 33)
    found = transport.ode_likelihoods(LAW, points, START.log_density, tolerance=1e-9)
    np.testing.assert_allclose(found.log_density, END.log_density(points), atol=1e-6)
    assert (found.stderr == 0).all()


def test_hutchinsons_estimate_is_unbiased():
    normal = transport.Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    points = np.random.default_rng(3).standard_normal((40, 2))
    exact = transport.ode_likelihoods(Rotation(MATRIX), points, normal.log_density)
    found = transport.ode_likelihoods(
        Rotation(MATRIX), points, normal.log_density, divergence="hutchinson", probes=64, seed=1
    )
    scores = (found.log_density - exact.log_density) / np.maximum(found.stderr, 1e-12)
    assert np.abs(scores).max() < 4.5
    inverse = matrix_exponential(-MATRIX)
    np.testing.assert_allclose(exact.log_density, normal.log_density(points @ inverse.T) - np.trace(MATRIX), atol=1e-5)


def test_feynman_and_kac_give_the_density():
    start, end, law = gaussian_law()
    points = np.array([1.5, 2.0, 2.4])
    found = transport.sde_likelihoods(law, points, start.log_density, noise=0.3, steps=200, seed=4, paths=4000)
    assert (np.abs(found.log_density - end.log_density(points)) < 4.5 * found.stderr + 0.01).all()
    assert (found.stderr < 0.1).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transport.diffuse(LAW, POINTS, noise=-1.0, steps=10, seed=0), "noise must be finite and not negative"),
        (lambda: transport.diffuse(LAW, POINTS, noise=1.0, steps=0, seed=0), "steps must be an integer of at least 1"),
        (lambda: transport.diffuse(LAW, POINTS, noise=1.0, steps=5, seed=0, direction="up"), "direction must be"),
        (lambda: transport.diffuse(LAW, POINTS, noise=1.0, steps=5, seed=0, scheme="best"), "scheme must be one of"),
        (
            lambda: transport.diffuse(LAW, POINTS, noise=1.0, steps=5, seed=0, start=0.8, stop=0.2),
            "stop must lie after",
        ),
        (lambda: transport.flow(LAW, POINTS, stop=1.5), r"stop must lie in \[0, 1\]; got 1.5"),
        (lambda: transport.flow(LAW, POINTS, start=1.0), "start and stop must differ"),
        (lambda: transport.flow(LAW, POINTS, tolerance=0.0), "tolerance must be positive"),
        (lambda: transport.flow(LAW, [np.nan, 1.0]), "1 of 2 rows are not"),
        (lambda: transport.flow(LAW, np.zeros((2, 2, 2))), "points of shape"),
        (lambda: transport.flow(LAW, POINTS, precision="half"), "precision must be"),
        (
            lambda: transport.ode_likelihoods(LAW, POINTS, START.log_density, divergence="hutchinson", probes=1),
            "probes",
        ),
        (
            lambda: transport.sde_likelihoods(LAW, POINTS, START.log_density, noise=1.0, steps=5, seed=0, paths=1),
            "paths",
        ),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_path_that_is_not_finite_is_told():
    with pytest.raises(NotConverged, match="take more steps"):
        transport.diffuse(Rotation(np.eye(2) * 1e4), np.ones((3, 2)), noise=0.0, steps=40, seed=0)
