"""Distances on the line against closed forms, and against each other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from phasebook.numerics import wasserstein as w


def gaussian_cells(edges: np.ndarray, mean: float, stddev: float) -> np.ndarray:
    from scipy.special import ndtr

    return np.diff(ndtr((edges - mean) / stddev))


def test_gaussians_have_their_closed_form():
    """W2² = (m1 - m2)² + (s1 - s2)², for quantiles, cells and samples."""
    scores, weights = w.normal_scores()
    exact = math.hypot(0.5, 0.3)
    assert w.quantile_distance(0.5 + 0.7 * scores, scores, weights) == pytest.approx(exact, rel=1e-9)
    edges = np.linspace(-9, 9, 1801)
    first, second = gaussian_cells(edges, 0.5, 0.7), gaussian_cells(edges, 0, 1)
    assert w.cell_distance(edges, first, second) == pytest.approx(exact, rel=1e-5)
    assert w.cell_distance(edges, first, first) == 0.0
    normal = np.random.default_rng(0).standard_normal(400_000)
    assert w.sample_distance(0.5 + 0.7 * normal, -normal) == pytest.approx(exact, abs=0.01)


def test_uniform_laws_have_their_closed_form():
    """Uniform on [0, 1] and on [0, 2]: W2² is the integral of u², 1/3, and W1 is 1/2."""
    first, second = np.arange(0.5, 1000) / 1000, np.arange(0.5, 1700) / 850
    assert w.sample_distance(first, second) ** 2 == pytest.approx(1 / 3, rel=1e-3)
    assert w.sample_distance(first, second, order=1) == pytest.approx(0.5, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31))
def test_first_order_agrees_with_scipy(n, m, seed):
    generator = np.random.default_rng(seed)
    a, b = generator.normal(size=n), generator.exponential(size=m)
    u, v = generator.random(n) + 0.01, generator.random(m) + 0.01
    mine = w.sample_distance(a, b, order=1, first_weights=u, second_weights=v)
    assert mine == pytest.approx(wasserstein_distance(a, b, u, v), rel=1e-9, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 30), st.integers(2, 30), st.floats(-3, 3), st.floats(0.1, 4), st.integers(0, 2**31))
def test_shifts_and_scales(n, m, shift, scale, seed):
    generator = np.random.default_rng(seed)
    a, b = generator.normal(size=n), generator.normal(size=m)
    plain = w.sample_distance(a, b)
    assert w.sample_distance(scale * a + shift, scale * b + shift) == pytest.approx(scale * plain, rel=1e-9)
    assert w.sample_distance(a, a + shift) == pytest.approx(abs(shift), abs=1e-12)
    assert w.sample_distance(b, a) == pytest.approx(plain, rel=1e-12)


def test_quantiles_in_the_tails_come_from_their_own_end():
    edges = np.linspace(-8, 8, 1601)
    scores = np.array([-6.0, -3.0, 0.0, 3.0, 6.0])
    np.testing.assert_allclose(w.cell_quantiles(edges, gaussian_cells(edges, 0, 1), scores), scores, atol=2e-5)


def test_sliced_distance_of_shifted_clouds():
    """A shift m projects to m·axis: the mean of its square over directions is |m|²/d."""
    cloud = np.random.default_rng(1).standard_normal((500, 3))
    found = w.sliced_distance(cloud, cloud + np.array([1.0, 2.0, 2.0]), directions=4000, seed=3)
    assert found**2 == pytest.approx(9 / 3, rel=0.05)
    assert w.sliced_distance(cloud, cloud) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: w.sample_distance([], [1.0]), "first must be finite"),
        (lambda: w.sample_distance([1.0], [np.nan]), "second must be finite"),
        (lambda: w.sample_distance([1.0], [2.0], order=0.5), "order must be at least 1"),
        (lambda: w.sample_distance([1.0], [2.0], first_weights=[-1.0]), "first_weights must be"),
        (lambda: w.cell_distance([0, 1, 1], [1, 1], [1, 1]), "edges must increase"),
        (lambda: w.cell_distance([0, 1, 2], [1, 1, 1], [1, 1]), "one more than masses"),
        (lambda: w.cell_distance([0, 1, 2], [0, 0], [1, 1]), "masses must hold something"),
        (lambda: w.quantile_distance([0.0], [1.0], [0.5]), "sum to one"),
        (lambda: w.quantile_distance([0.0], [1.0, 2.0], [1.0]), "one length"),
        (lambda: w.normal_scores(2), "count must be"),
        (lambda: w.normal_scores(9, 9.0), "reach must be"),
        (lambda: w.sliced_distance([[0.0]], [[0.0, 1.0]]), "same dimension"),
        (lambda: w.sliced_distance([[0.0]], [[0.0]], directions=0), "directions must be"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
