"""Training with the residual, samples of both samplers, and the distances between them, at small sizes."""

import math

import jax
import numpy as np
import pytest

from phasebook import transport
from phasebook.numerics import grid_distance, histogram_counts
from phasebook.transport.learned_potential import collocation_reach, denoising_loss, new_potential
from phasebook.transport.reverse_sampling import reverse_times

OU = transport.OrnsteinUhlenbeck()
SMALL = transport.Training(steps=60, width=16, depth=2, batch=200, collocation=100)


def test_clouds_have_their_moments():
    """Second moments by hand; cells of the checkerboard by their parity."""
    blob = transport.sample_cloud("blob", 100_000, 1)
    assert blob.var(axis=0) == pytest.approx([0.65**2 * (0.2 + 48 / 9)] * 2, rel=0.02)
    rings = np.linalg.norm(transport.sample_cloud("circles", 100_000, 1), axis=1)
    assert (rings**2).mean() == pytest.approx(4 * ((0.65**2 + 1.4**2) / 2 + 0.01), rel=0.01)
    board = transport.sample_cloud("checkerboard", 100_000, 1)
    cells = np.floor(board / 1.5).astype(int)
    assert ((cells.sum(axis=1) % 2) == 0).all()
    assert len({tuple(cell) for cell in cells.tolist()}) == 8
    modes = transport.sample_cloud("modes", 100_000, 1)
    assert modes.var() == pytest.approx(0.0625 + 0.6 * 4, rel=0.02)


def test_times_of_a_sampler_are_finer_at_the_end():
    times = reverse_times(8.0, 800)
    assert len(times) == 790 + 100 + 1
    np.testing.assert_allclose(np.diff(times)[[0, -1]], [-0.01, -0.001])
    assert (times[0], times[-1]) == (8.0, 0.0)
    assert len(reverse_times(1.0, 4)) == 41


@pytest.mark.parametrize("sampler", ["ode", "sde"])
def test_samples_of_the_exact_potential_are_the_data(sampler):
    law = transport.MixturePotential([[0.8, 0.0], [-0.8, 0.0]], [0.3, 0.3])
    points = transport.sample_reverse(law, OU, sampler, horizon=5.0, samples=20_000, dimension=2, steps=800, seed=3)
    assert points.mean(axis=0) == pytest.approx([0.0, 0.0], abs=0.03)
    assert points.var(axis=0) == pytest.approx([0.64 + 0.09, 0.09], rel=0.03)
    truth = law.sample(20_000, np.random.default_rng(4))
    assert transport_distance(points, truth) < 0.02


def transport_distance(first: np.ndarray, second: np.ndarray) -> float:
    counts = [histogram_counts(each, reach=3.0, cells=24)[0] for each in (first, second)]
    return grid_distance(counts[0], counts[1], (0.25, 0.25))


def test_the_denoising_loss_of_the_exact_score_is_the_posterior_variance():
    """For data N(0, 1): E|s - target|² at time t is 1/v - 1/V, with v the transition's variance and V the law's."""
    law = transport.MixturePotential([[0.0]], [1.0])
    generator = np.random.default_rng(0)
    x, normal = generator.standard_normal((2, 100_000, 1))
    t = np.full(100_000, 0.7)
    v = -math.expm1(-1.4) / 2
    with jax.enable_x64():
        found = float(denoising_loss(law, *map(jax.numpy.asarray, (x, t, normal)), floor=0.0))
    assert found == pytest.approx(1 / v - 1 / (math.exp(-1.4) + v), rel=0.02)


def test_a_penalty_lowers_the_residual_and_each_weight_trains_as_if_alone():
    points = transport.sample_cloud("modes", 2000, 0)
    trained, other = (
        transport.fit_potentials(points, weights, horizon=3.0, training=SMALL, seed=2)
        for weights in ((0.0, 10.0), (10.0, 1.0))
    )
    free, bound, same = (
        transport.residual_over_box(potential, OU, 1, horizon=3.0, reach=trained.reach).value
        for potential in (*trained.potentials, other.potentials[0])
    )
    assert bound < 0.3 * free
    assert same == pytest.approx(bound, rel=1e-3)
    assert trained.losses[-10:].mean() < trained.losses[:10].mean()


def test_a_box_that_leaves_out_data_is_told():
    points = transport.sample_cloud("modes", 2000, 0)
    with pytest.warns(transport.CollocationWarning, match="leaves out"):
        assert collocation_reach(points, OU, 1.0) == 1.0
    assert collocation_reach(points, OU, None) == pytest.approx(1.2 * np.abs(points).max())


def test_laws_on_the_line_know_their_distance_to_data():
    law = transport.cloud_mixture("modes")
    gap = transport.line_gap(law, OU, law.sample(20_000, np.random.default_rng(1)), horizon=6.0, reach=4.0)
    assert gap.ode_sde < 1e-3
    assert gap.sde_truth < 4 * gap.floor.value + 1e-3
    assert gap.dropped < 1e-6


def test_histograms_in_the_plane_are_at_their_floor_for_the_exact_potential():
    law = transport.MixturePotential([[1.0, 0.0], [-1.0, 0.0]], [0.4, 0.4])
    truth = law.sample(20_000, np.random.default_rng(1))
    gap = transport.plane_gap(law, OU, truth, horizon=5.0, samples=20_000, steps=200, reach=3.0, cells=24, seed=1)
    for squared in (gap.ode_sde, gap.sde_truth, gap.ode_truth):
        assert squared < 3 * gap.floor.value
    assert gap.dropped < 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transport.fit_potentials([[0.0], [1.0]], (-1.0,), horizon=3.0, seed=0), "weights must be"),
        (lambda: transport.fit_potentials([0.0, 1.0], (1.0,), horizon=3.0, seed=0), r"shape \(n, d\)"),
        (lambda: transport.fit_potentials([[0.0], [1.0]], (1.0,), horizon=0.0, seed=0), "horizon must be"),
        (lambda: transport.Training(steps=0), "steps must be at least 1"),
        (lambda: transport.Training(activation="relu"), "activation must be smooth"),
        (lambda: transport.Training(floor=-1.0), "floor must be"),
        (lambda: transport.Training(reach=0.0), "reach must be"),
        (lambda: transport.sample_cloud("moons", 10, 0), "name must be one of"),
        (lambda: transport.sample_cloud("blob", 0, 0), "count must be"),
        (lambda: transport.cloud_mixture("circles"), "modes or blob"),
        (lambda: transport.training_points(np.ones((5, 2)), 0), "two different points"),
        (
            lambda: transport.sample_reverse(
                new_potential(1, OU, 1.0, SMALL, seed=0), OU, "euler", horizon=1.0, samples=1, dimension=1, seed=0
            ),
            "sampler must be ode or sde",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_samples_that_escape_are_told():
    steep = lambda x, t: 40 * x[0] ** 2 + 0 * t  # noqa: E731
    with pytest.raises(transport.NotFinite, match="left for infinity"):
        transport.sample_reverse(steep, OU, "ode", horizon=9.0, samples=10, dimension=1, steps=300, seed=0)
