"""Couplings and the Gaussian bridge: brute force, Sinkhorn on a grid, published numbers, limits, bad input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import transport
from phasebook.errors import NotConverged

VARIANCES = st.floats(0.1, 10.0)


def test_optimal_pairs_are_those_of_brute_force():
    generator = np.random.default_rng(1)
    start, end = generator.standard_normal((6, 2)), generator.standard_normal((6, 2))
    first, second = transport.optimal_pairs(start, end, 6, seed=0)
    best = min(
        sum(((start[i] - end[j]) ** 2).sum() for i, j in enumerate(order)) for order in itertools.permutations(range(6))
    )
    assert ((first - second) ** 2).sum() == pytest.approx(best)


def test_pairs_on_the_line_are_sorted():
    generator = np.random.default_rng(2)
    first, second = transport.optimal_pairs(
        generator.standard_normal(500), generator.exponential(size=300), 300, seed=0
    )
    np.testing.assert_array_equal(np.argsort(first[:256, 0]), np.argsort(second[:256, 0]))
    assert first.shape == second.shape == (300, 1)


def test_independent_pairs_are_rows_and_independent():
    start, end = np.arange(10.0), 100 + np.arange(20.0)
    first, second = transport.independent_pairs(start, end, 20_000, seed=3)
    assert set(first[:, 0]) == set(start)
    assert set(second[:, 0]) == set(end)
    assert abs(np.corrcoef(first[:, 0], second[:, 0])[0, 1]) < 0.03


def test_sinkhorn_on_a_grid_is_the_gaussian_bridge():
    x, y = np.linspace(-6, 6, 161), np.linspace(-11, 11, 221)
    plan = transport.entropic_plan(x, y, 0.5, start_weights=np.exp(-(x**2) / 2), end_weights=np.exp(-(y**2) / 8))
    assert float((plan * np.outer(x, y)).sum()) == pytest.approx(np.sqrt(4.25) - 0.5, abs=2e-5)


def test_sinkhorn_in_the_plane_is_the_matrix_formula():
    start, end = np.array([[1.0, 0.3], [0.3, 0.5]]), np.array([[0.6, -0.4], [-0.4, 1.5]])
    clouds, weights = [], []
    for covariance, reach, count in ((start, 4, 21), (end, 5, 23)):
        axis = np.linspace(-reach, reach, count)
        cloud = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
        clouds.append(cloud)
        weights.append(np.exp(-0.5 * np.einsum("ni,ij,nj->n", cloud, np.linalg.inv(covariance), cloud)))
    plan = transport.entropic_plan(*clouds, 0.5, start_weights=weights[0], end_weights=weights[1], tolerance=1e-7)
    exact = transport.gaussian_bridge_coupling(start, end, 0.5)
    np.testing.assert_allclose(clouds[0].T @ plan @ clouds[1], exact, atol=5e-4)
    assert abs(exact[0, 1] - exact[1, 0]) > 0.03, "not symmetric: A and C do not commute"


def test_entropic_pairs_have_the_bridges_covariance():
    generator = np.random.default_rng(4)
    start, end = generator.standard_normal(4000), 2 * generator.standard_normal(4000)
    first, second = transport.entropic_pairs(start, end, 6000, noise=0.5, seed=1, minibatch=200)
    assert float((first * second).mean()) == pytest.approx(1.5616, abs=0.16)


@pytest.mark.parametrize(("a", "c", "noise", "coupling"), [(1, 4, 0.5, 1.5615528), (1, 1, 1, 0.4142136)])
def test_the_bridge_of_two_gaussians(a, c, noise, coupling):
    assert float(transport.gaussian_bridge_coupling(a, c, noise)[0, 0]) == pytest.approx(coupling, abs=1e-7)
    found, action = transport.minimized_coupling(a, c, noise)
    assert found == pytest.approx(coupling, abs=1e-6)
    assert action == pytest.approx(transport.gaussian_bridge_action(a, c, noise), abs=1e-10)
    measured, cost = transport.simulated_coupling(a, c, noise, pairs=200_000, seed=5)
    assert abs(measured.value - coupling) < 4.5 * measured.stderr
    assert abs(cost.value - action) < 4.5 * cost.stderr


@settings(max_examples=20)
@given(VARIANCES, VARIANCES, st.floats(0.05, 5.0))
def test_the_closed_action_is_least_and_is_the_integral(a, c, noise):
    best = float(transport.gaussian_bridge_coupling(a, c, noise)[0, 0])
    least = transport.gaussian_bridge_action(a, c, noise)
    assert transport.coupled_action(a, c, noise, best) == pytest.approx(least, rel=1e-6, abs=1e-8)
    for other in (best * 0.9, best * 0.9 + 0.1 * np.sqrt(a * c)):
        assert transport.coupled_action(a, c, noise, other) >= least * (1 - 1e-9)


@given(VARIANCES, VARIANCES)
def test_little_noise_is_optimal_transport_and_much_is_independence(a, c):
    assert float(transport.gaussian_bridge_coupling(a, c, 1e-6)[0, 0]) == pytest.approx(np.sqrt(a * c), rel=1e-4)
    assert float(transport.gaussian_bridge_coupling(a, c, 1e4)[0, 0]) == pytest.approx(a * c / 2e4, rel=1e-2, abs=1e-6)


def test_wrong_arguments_are_refused():
    cloud = np.zeros((5, 2))
    with pytest.raises(transport.ShapeError, match="one dimension; got 2 and 3"):
        transport.optimal_pairs(cloud, np.zeros((5, 3)), 4, seed=0)
    with pytest.raises(ValueError, match="end must be finite; 1 of 2 rows are not"):
        transport.independent_pairs(cloud, [[0.0, np.nan], [0.0, 0.0]], 4, seed=0)
    with pytest.raises(ValueError, match="count must be"):
        transport.independent_pairs(cloud, cloud, 0, seed=0)
    with pytest.raises(ValueError, match="minibatch must be at least 2"):
        transport.optimal_pairs(cloud, cloud, 4, seed=0, minibatch=1)
    with pytest.raises(ValueError, match="noise must be positive"):
        transport.entropic_plan(cloud, cloud, 0.0)
    with pytest.raises(ValueError, match="weights must be 5 numbers"):
        transport.entropic_plan(cloud, cloud, 1.0, start_weights=[1.0])
    with pytest.raises(NotConverged, match="raise noise or tolerance"):
        transport.entropic_plan(np.arange(3.0), np.arange(3.0), 0.05, start_weights=[0.6, 0.2, 0.2], most_iterations=20)
    with pytest.raises(ValueError, match="start_variance must be positive"):
        transport.gaussian_bridge_action(0.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="end must be symmetric and positive definite"):
        transport.gaussian_bridge_coupling(np.eye(2), -np.eye(2), 1.0)
    with pytest.raises(ValueError, match="pairs must be at least 40"):
        transport.simulated_coupling(1, 1, 1, pairs=3, seed=0)
