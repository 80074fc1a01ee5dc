"""Curves of solutions: folds, branchings and Hopf points at the places that analysis gives."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.errors import NotConverged
from phasebook.numerics.continuation import trace_solutions


def parabola(x, parameter):
    return x**2 + parameter


def cusp(bend):
    return lambda x, parameter: parameter + bend * x - x**3


def brusselator(feed):
    def function(x, conversion):
        turned = x[0] ** 2 * x[1]
        return np.array([feed - (conversion + 1) * x[0] + turned, conversion * x[0] - turned])

    return function


def bratu(size):
    """u'' + parameter exp(u) = 0 on (0, 1), u = 0 at both ends, by Chebyshev collocation."""
    nodes = np.cos(np.pi * np.arange(size + 1) / size)
    ends = np.r_[2.0, np.ones(size - 1), 2.0] * (-1.0) ** np.arange(size + 1)
    gaps = nodes[:, None] - nodes + np.eye(size + 1)
    first = np.outer(ends, 1 / ends) / gaps
    first -= np.diag(first.sum(axis=1))
    second = 4 * (first @ first)[1:-1, 1:-1]  # x = (1 + node) / 2
    return (
        lambda u, parameter: second @ u + parameter * np.exp(u),
        lambda u, parameter: second + parameter * np.diag(np.exp(u)),
    )


def test_a_fold():
    curve = trace_solutions(parabola, [1.0], -1.0, -1.0, 1.0)
    (fold,) = curve.special
    assert fold.kind == "fold"
    assert fold.parameter == pytest.approx(0.0, abs=1e-14)
    assert fold.point == pytest.approx([0.0], abs=1e-9)
    assert curve.endings == ("bound", "bound")
    assert curve.points[[0, -1], 0] == pytest.approx([1.0, -1.0], abs=1e-12)
    assert curve.parameters[[0, -1]].tolist() == [-1.0, -1.0]
    np.testing.assert_allclose(curve.growth_rates, 2 * curve.points[:, 0], atol=1e-8)
    assert curve.stable[fold.index + 1 :].all()
    assert not curve.stable[: fold.index].any()
    assert curve.parameters[fold.index] == fold.parameter
    assert curve.residuals.max() < 1e-12


@pytest.mark.parametrize("start", [-2.0, 0.0, 2.0])
def test_all_of_the_curve_from_any_of_its_points(start):
    function = cusp(3.0)
    curve = trace_solutions(function, [start], start**3 - 3 * start, -4.0, 4.0)
    assert sorted(fold.parameter for fold in curve.of_kind("fold")) == pytest.approx([-2.0, 2.0], abs=1e-12)
    assert sorted(curve.parameters[[0, -1]].tolist()) == [-4.0, 4.0]


@given(st.floats(0.05, 5.0))
def test_a_curve_that_turns_twice(bend):
    # p = x^3 - a x turns where 3 x^2 = a.
    turn = np.sqrt(bend / 3)
    edge = 3 * (2 * bend / 3 * turn) + 1
    begin = np.roots([1, 0, -bend, edge])
    begin = float(begin[np.abs(begin.imag) < 1e-9].real[0])
    curve = trace_solutions(cusp(bend), [begin], -edge, -edge, edge)
    folds = curve.of_kind("fold")
    assert [fold.point[0] for fold in folds] == pytest.approx([-turn, turn], rel=1e-6)
    assert [fold.parameter for fold in folds] == pytest.approx([2 * bend / 3 * turn, -2 * bend / 3 * turn], rel=1e-9)
    inside = slice(folds[0].index + 1, folds[1].index)
    assert not curve.stable[inside].any()
    assert curve.stable[: folds[0].index].all()
    assert curve.stable[folds[1].index + 1 :].all()
    assert curve.residuals.max() < 1e-8
    assert (np.diff(curve.points[:, 0]) > 0).all()


def test_no_turn_where_the_cusp_is_smooth():
    curve = trace_solutions(cusp(-0.5), [0.0], 0.0, -3.0, 3.0)
    assert curve.special == ()
    assert curve.stable.all()


@pytest.mark.parametrize("size", [24, 40])
def test_the_fold_of_bratu(size):
    function, jacobian = bratu(size)
    curve = trace_solutions(function, np.zeros(size - 1), 0.0, 0.0, 5.0, jacobian=jacobian, largest=8.0)
    (fold,) = curve.special
    # lambda = 8 theta^2 / cosh(theta)^2, largest where theta tanh(theta) = 1.
    theta = 1.1996786402577338
    assert fold.parameter == pytest.approx(8 * theta**2 / np.cosh(theta) ** 2, abs=1e-9)
    assert fold.point.max() == pytest.approx(2 * np.log(np.cosh(theta)), abs=1e-6)
    assert curve.endings == ("bound", "too_large")
    assert curve.stable[: fold.index].all()
    assert not curve.stable[fold.index + 1 :].any()


@given(st.floats(0.5, 2.5))
def test_the_hopf_point_of_the_brusselator(feed):
    # x = a, y = b / a; stable until b = 1 + a^2, where the frequency is a.
    curve = trace_solutions(brusselator(feed), [feed, 0.3 / feed], 0.3, 0.3, 9.0, hopf=True)
    (hopf,) = curve.special
    assert hopf.kind == "hopf"
    assert hopf.parameter == pytest.approx(1 + feed**2, rel=1e-8)
    assert hopf.frequency == pytest.approx(feed, rel=1e-6)
    assert hopf.point == pytest.approx([feed, (1 + feed**2) / feed], rel=1e-8)
    assert curve.stable[: hopf.index].all()
    assert not curve.stable[hopf.index + 1 :].any()


def test_hopf_points_are_sought_on_request_only():
    assert trace_solutions(brusselator(1.0), [1.0, 0.3], 0.3, 0.3, 9.0).special == ()


def test_jax_differentiates():
    def function(x, conversion):
        turned = x[0] ** 2 * x[1]
        return jnp.stack([1.0 - (conversion + 1) * x[0] + turned, conversion * x[0] - turned])

    curve = trace_solutions(function, [1.0, 0.3], 0.3, 0.3, 4.0, jacobian="jax", hopf=True)
    assert curve.points.dtype == np.float64
    assert curve.special[0].parameter == pytest.approx(2.0, abs=1e-11)
    assert curve.residuals.max() < 1e-13


def test_two_real_eigenvalues_of_opposite_sign_are_no_hopf_point():
    # Eigenvalues 1 and -p: their sum vanishes at p = 1, a neutral saddle.
    curve = trace_solutions(lambda x, p: np.array([x[0], -p * x[1]]), [0.0, 0.0], 0.5, 0.5, 2.0, hopf=True)
    assert curve.special == ()


def test_a_closed_curve():
    curve = trace_solutions(lambda x, p: x**2 + p**2 - 1, [1.0], 0.0, -2.0, 2.0)
    assert curve.endings == ("closed", "closed")
    assert sorted(fold.parameter for fold in curve.of_kind("fold")) == pytest.approx([-1.0, 1.0], abs=1e-12)
    assert curve.points[0, 0] == curve.points[-1, 0] == 1.0
    angles = np.unwrap(np.arctan2(curve.parameters, curve.points[:, 0]))
    assert abs(angles[-1] - angles[0]) == pytest.approx(2 * np.pi)


@pytest.mark.parametrize(("start", "parameter"), [(0.0, -0.9), (1.0, 1.0), (-0.5, 0.25)])
def test_a_pitchfork_is_a_branching_on_both_its_curves(start, parameter):
    curve = trace_solutions(lambda x, p: p * x - x**3, [start], parameter, -1.0, 1.2)
    (branching,) = curve.special
    assert branching.kind == "branching"
    assert branching.parameter == pytest.approx(0.0, abs=1e-6)
    assert branching.point == pytest.approx([0.0], abs=1e-6)


def test_a_transcritical_branching_is_passed():
    curve = trace_solutions(lambda x, p: x * (p - x), [-1.0], -1.0, -1.0, 1.3)
    assert [each.kind for each in curve.special] == ["branching"]
    assert curve.points[-1, 0] == pytest.approx(1.3)


def test_a_start_far_off_is_brought_to_the_curve():
    curve = trace_solutions(cusp(-1.0), [40.0], 0.0, -1.0, 1.0)
    assert np.abs(curve.points).max() < 1.0


def test_a_corner_ends_the_curve():
    def corner(x, p):
        return np.abs(x) + p

    def slope(x, p):
        return np.sign(x)[:, None]

    with pytest.raises(NotConverged, match="steps became too small"):
        trace_solutions(corner, [1.0], -1.0, -2.0, 1.0, jacobian=slope)
    curve = trace_solutions(corner, [1.0], -1.0, -2.0, 1.0, jacobian=slope, throw=False)
    assert curve.endings == ("bound", "lost")
    assert curve.points[-1, 0] == pytest.approx(0.0, abs=1e-6)


def test_no_solution_near_the_start():
    with pytest.raises(NotConverged, match=r"no solution near start at parameter 0\.5"):
        trace_solutions(parabola, [1.0], 0.5, 0.0, 1.0)


def test_more_points_than_allowed():
    with pytest.raises(NotConverged, match="most_points"):
        trace_solutions(cusp(1.0), [0.0], 0.0, -9.0, 9.0, most_points=5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([np.nan], 0.0, -1.0, 1.0), "start must be finite"),
        ((["a"], 0.0, -1.0, 1.0), "start must be finite"),
        (([[1.0]], 0.0, -1.0, 1.0), "start must be finite"),
        (([], 0.0, -1.0, 1.0), "start must be finite"),
        (([1.0], 2.0, -1.0, 1.0), "low <= parameter <= high"),
        (([1.0], 0.0, 1.0, -1.0), "low <= parameter <= high"),
        (([1.0], 0.0, -np.inf, 1.0), "low <= parameter <= high"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        trace_solutions(parabola, *arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"largest_step": 0.0}, "largest_step must be in"),
        ({"tolerance": 2.0}, "tolerance in"),
        ({"largest": -1.0}, "largest positive"),
        ({"most_points": 1}, "most_points must be at least 2"),
        ({"jacobian": "guess"}, "jacobian must be a function, 'differences' or 'jax'"),
        ({"jacobian": lambda x, p: np.ones(3)}, "jacobian must have the shape"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        trace_solutions(parabola, [1.0], -1.0, -1.0, 1.0, **options)


def test_a_function_of_the_wrong_shape():
    with pytest.raises(ValueError, match="function must return 2 numbers"):
        trace_solutions(lambda x, p: x.sum() + p, [1.0, 1.0], -1.0, -1.0, 1.0, jacobian=lambda x, p: np.eye(2))
