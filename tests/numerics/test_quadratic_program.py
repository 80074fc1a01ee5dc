"""Quadratic programs: closed forms, the optimality conditions of random ones, linear ones beside HiGHS, and refused input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, sparse

from phasebook.errors import NotConverged
from phasebook.numerics import solve_quadratic_program


def test_a_projection_onto_a_line_in_closed_form():
    # Nearest point to (3, 1) on x + y = 2.
    found = solve_quadratic_program([1, 1], [-3, -1], sparse.csr_array([[1.0, 1.0]]), [2], [-np.inf] * 2, [np.inf] * 2)
    assert found.point == pytest.approx([2, 0], abs=1e-8)
    assert found.multipliers == pytest.approx([-1], abs=1e-8)
    assert found.objective == pytest.approx(-4)


def test_a_bound_that_binds_and_a_fixed_variable():
    rows = sparse.csr_array([[1.0, 1.0, 1.0]])
    found = solve_quadratic_program([1, 1, 1], [-3, -1, 0], rows, [4], [-np.inf, -np.inf, 1], [1.5, np.inf, 1])
    assert found.point == pytest.approx([1.5, 1.5, 1], abs=1e-7)


@given(seed=st.integers(0, 10_000))
def test_random_programs_meet_the_optimality_conditions(seed):
    generator = np.random.default_rng(seed)
    variables, rows = int(generator.integers(3, 30)), int(generator.integers(1, 4))
    rows = min(rows, variables - 1)
    matrix = generator.standard_normal((rows, variables))
    inside = generator.uniform(0, 1, variables)
    quadratic = generator.uniform(0, 2, variables) * (generator.random(variables) < 0.7)
    linear = generator.standard_normal(variables)
    found = solve_quadratic_program(
        quadratic, linear, sparse.csr_array(matrix), matrix @ inside, np.zeros(variables), np.ones(variables)
    )
    assert np.abs(matrix @ found.point - matrix @ inside).max() < 1e-6
    pull = quadratic * found.point + linear - matrix.T @ found.multipliers
    assert (pull[found.point < 1 - 1e-4] > -2e-5).all()
    assert (pull[found.point > 1e-4] < 2e-5).all()


def test_linear_programs_agree_with_highs():
    generator = np.random.default_rng(3)
    matrix, inside = generator.standard_normal((5, 20)), generator.uniform(0, 1, 20)
    linear = generator.standard_normal(20)
    mine = solve_quadratic_program(
        np.zeros(20), linear, sparse.csr_array(matrix), matrix @ inside, np.zeros(20), np.ones(20)
    )
    theirs = optimize.linprog(linear, A_eq=matrix, b_eq=matrix @ inside, bounds=[(0, 1)] * 20, method="highs")
    assert mine.objective == pytest.approx(theirs.fun, abs=1e-6)
    assert mine.multipliers == pytest.approx(theirs.eqlin.marginals, abs=1e-5)


def test_no_feasible_point_and_no_lower_end_do_not_converge():
    rows = sparse.csr_array([[1.0, 1.0]])
    with pytest.raises(NotConverged, match="within the bounds"):
        solve_quadratic_program([1, 1], [0, 0], rows, [5], [0, 0], [1, 1])
    with pytest.raises(NotConverged, match="objective is bounded"):
        solve_quadratic_program([0, 0], [1, -1], rows, [0], [-np.inf] * 2, [np.inf] * 2)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"quadratic": [-1, 1]}, "quadratic must be finite and not negative"),
        ({"linear": [0, np.nan]}, "linear and right_side must be finite"),
        ({"lower": [2, 0]}, "lower must not exceed upper"),
        ({"upper": [1]}, "upper must have shape"),
        ({"right_side": [1, 2]}, "equations must have shape"),
    ],
)
def test_wrong_input_is_refused(change, sentence):
    given_ = {"quadratic": [1, 1], "linear": [0, 0], "right_side": [1], "lower": [0, 0], "upper": [1, 1]} | change
    with pytest.raises(ValueError, match=sentence):
        solve_quadratic_program(equations=sparse.csr_array([[1.0, 1.0]]), **given_)
