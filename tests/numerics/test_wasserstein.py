"""Distances on the line against closed forms, and against each other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog
from scipy.stats import wasserstein_distance

from phasebook.numerics import wasserstein as w


def gaussian_cells(edges: np.ndarray, mean: float, stddev: float) -> np.ndarray:
    from scipy.special import ndtr

    z = (edges - mean) / stddev
    # Each half from its own tail: differences of numbers near one lose the upper one.
    return np.where(z[1:] < 0, np.diff(ndtr(z)), -np.diff(ndtr(-z)))


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
    edges = np.linspace(-9, 9, 1801)
    scores = np.array([-7.7, -6.0, -3.0, 0.0, 3.0, 6.0, 7.7])
    np.testing.assert_allclose(w.cell_quantiles(edges, gaussian_cells(edges, 0, 1), scores), scores, atol=2e-5)


def test_sliced_distance_of_shifted_clouds():
    """A shift m projects to m·axis: the mean of its square over directions is |m|²/d."""
    cloud = np.random.default_rng(1).standard_normal((500, 3))
    found = w.sliced_distance(cloud, cloud + np.array([1.0, 2.0, 2.0]), directions=4000, seed=3)
    assert found**2 == pytest.approx(9 / 3, rel=0.05)
    assert w.sliced_distance(cloud, cloud) == 0.0


def linear_program(a, u, b, v) -> float:
    """The transport problem as SciPy's HiGHS solves it."""
    costs = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    rows = np.kron(np.eye(len(a)), np.ones(len(b)))
    columns = np.kron(np.ones(len(a)), np.eye(len(b)))
    equal = np.concatenate([u / u.sum(), v / v.sum()])
    return linprog(costs.ravel(), A_eq=np.concatenate([rows, columns]), b_eq=equal, method="highs").fun


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(0, 2**31))
def test_the_plan_costs_what_a_linear_program_says(n, m, dimension, seed):
    generator = np.random.default_rng(seed)
    a, b = generator.normal(size=(n, dimension)), 3 * generator.normal(size=(m, dimension)) + 1
    u, v = generator.random(n) + 1e-3, generator.random(m) + 1e-3
    plan = w.optimal_plan(a, b, first_weights=u, second_weights=v)
    assert plan.squared_distance == pytest.approx(linear_program(a, u, b, v), rel=1e-7)
    np.testing.assert_allclose(np.bincount(plan.sources, plan.shares, n), u / u.sum(), atol=1e-12)
    np.testing.assert_allclose(np.bincount(plan.targets, plan.shares, m), v / v.sum(), atol=1e-12)
    assert (plan.shares >= 0).all()


def test_the_plan_of_even_clouds_is_an_assignment():
    generator = np.random.default_rng(5)
    a, b = generator.normal(size=(300, 2)), generator.normal(size=(300, 2))
    costs = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    best = costs[linear_sum_assignment(costs)].mean()
    assert w.optimal_plan(a, b).squared_distance == pytest.approx(best, rel=1e-9)


def test_on_the_line_plan_and_sort_agree():
    generator = np.random.default_rng(2)
    a, b, u = generator.normal(size=400), generator.exponential(size=300), generator.random(400)
    plan = w.optimal_plan(a[:, None], b[:, None], first_weights=u)
    assert plan.squared_distance == pytest.approx(w.sample_distance(a, b, first_weights=u) ** 2, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(-5, 5), st.integers(-5, 5), st.floats(0.05, 3), st.integers(0, 2**31))
def test_a_shifted_histogram_is_at_its_shift(across, up, spacing, seed):
    counts = np.zeros((24, 20))
    counts[6:16, 6:14] = np.random.default_rng(seed).integers(0, 9, (10, 8))
    counts[10, 10] += 1
    moved = np.roll(counts, (across, up), axis=(0, 1))
    found = w.grid_distance(counts, moved, (spacing, 2 * spacing))
    assert found == pytest.approx(spacing**2 * (across**2 + 4 * up**2), rel=1e-6, abs=1e-9 * spacing**2)


def test_histograms_of_one_law_are_at_their_floor_and_those_of_two_above_it():
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=(2, 20_000, 2))
    same = w.histogram_distance(a, b, cells=32, pairs=6, seed=1)
    assert same.squared_distance == pytest.approx(same.floor.value, rel=0.5)
    assert same.dropped[0] == pytest.approx(1 - math.erf(4 / math.sqrt(2)) ** 2, abs=3e-4)
    apart = w.histogram_distance(a, b + np.array([0.5, 0.0]), cells=32, seed=1)
    assert apart.squared_distance == pytest.approx(0.25, rel=0.1)
    assert apart.floor.value < 0.1 * apart.squared_distance


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
        (lambda: w.optimal_plan([[0.0]], [[0.0, 1.0]]), "same dimension"),
        (lambda: w.optimal_plan([[0.0]], [[1.0]], first_weights=[0.0]), "first_weights must be"),
        (lambda: w.optimal_plan([[0.0]], [[math.inf]]), "second must be finite"),
        (lambda: w.grid_distance(np.ones((2, 2)), np.ones((2, 3))), "one shape"),
        (lambda: w.grid_distance(np.ones((2, 2)), np.ones((2, 2)), (0.0, 1.0)), "spacing must be"),
        (lambda: w.histogram_distance([[9.0, 9.0]], [[0.0, 0.0]]), "within 4 of the origin"),
        (lambda: w.histogram_distance([[0.0]], [[0.0]]), r"shape \(n, 2\)"),
        (lambda: w.histogram_distance([[0.0, 0.0]], [[0.0, 0.0]], pairs=1), "at least 2"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
