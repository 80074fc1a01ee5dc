"""Fixed points against closed forms, SciPy's bracketed roots, and each other."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from phasebook.errors import NotConverged
from phasebook.numerics.fixed_point import Anderson, Outcome, bracketed_root, continue_branch, solve_fixed_point

METHODS = ("damped", "anderson", "newton")
DOTTIE = 0.7390851332151607


def cosine(x, args):
    return jnp.cos(x)


def magnetization(m, inverse_temperature):
    return jnp.tanh(inverse_temperature * m)


def affine(x, args):
    matrix, offset = args
    return matrix @ x + offset


def contraction(x, args):
    matrix, offset = args
    return matrix @ jnp.tanh(x) + offset


def mean_field(beta: float) -> float:
    return brentq(lambda m: m - math.tanh(beta * m), 1e-3, 1.0, xtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_the_cosine_meets_itself_at_dotties_number(method):
    found = solve_fixed_point(cosine, 1.0, method=method, tolerance=1e-13)
    assert found.value.shape == ()
    assert found.value.dtype == np.float64
    assert float(found.value) == pytest.approx(DOTTIE, abs=1e-12)
    assert found.outcome is Outcome.converged
    assert found.residual == pytest.approx(abs(math.cos(float(found.value)) - float(found.value)), abs=1e-15)
    assert not jax.config.jax_enable_x64


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("beta", [1.05, 1.5, 3.0])
def test_curie_weiss(method, beta):
    found = solve_fixed_point(magnetization, 0.9, args=beta, method=method, tolerance=1e-13)
    assert float(found.value) == pytest.approx(mean_field(beta), abs=1e-11)


def test_near_the_threshold_newton_and_anderson_take_far_fewer_steps():
    steps = {}
    for method in METHODS:
        found = solve_fixed_point(magnetization, 0.9, args=1.01, method=method, tolerance=1e-12)
        assert float(found.value) == pytest.approx(mean_field(1.01), abs=1e-9)
        steps[method] = found.iterations
    assert steps["damped"] > 20 * max(steps["anderson"], steps["newton"])


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_map_is_solved(method):
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(4, 4))
    matrix *= 0.9 / np.linalg.norm(matrix, 2)
    offset = generator.normal(size=4)
    found = solve_fixed_point(affine, np.zeros(4), args=(matrix, offset), method=method, tolerance=1e-12)
    np.testing.assert_allclose(found.value, np.linalg.solve(np.eye(4) - matrix, offset), rtol=0, atol=3e-11)
    # Newton sees a linear map whole; Anderson needs one evaluation a dimension, one to begin and one to see that it is there.
    assert found.iterations <= {"newton": 2, "anderson": 6, "damped": 1000}[method]


@pytest.mark.parametrize("start", [[1.1, 30.0], [50.0, 0.5, 1.0]])
def test_anderson_takes_back_steps_that_go_astray(start):
    """x = 2/x² repels plain iteration and lies beside a pole: accelerated steps fly off, and are undone."""
    found = solve_fixed_point(lambda x, args: args / x**2, start, args=2.0, method="anderson")
    np.testing.assert_allclose(found.value, 2 ** (1 / 3), rtol=0, atol=1e-9)


def test_damping_slows_but_keeps_the_fixed_point_and_cures_a_cycle():
    whole = solve_fixed_point(cosine, 1.0)
    half = solve_fixed_point(cosine, 1.0, damping=0.5)
    assert float(half.value) == pytest.approx(float(whole.value), abs=1e-9)
    mirror = (np.array([[-1.0]]), np.array([1.0]))
    cycle = solve_fixed_point(affine, [0.0], args=mirror, throw=False, max_steps=50)
    assert cycle.outcome is Outcome.max_steps
    assert cycle.iterations == 50
    assert solve_fixed_point(affine, [0.0], args=mirror, damping=0.5).value == pytest.approx([0.5])


def test_large_values_are_judged_relative_to_their_size():
    found = solve_fixed_point(lambda x, args: 1e9 * jnp.tanh(x / 5e8), 1e9, method="newton")
    assert float(found.value) == pytest.approx(1e9 * mean_field(2.0), rel=1e-12)
    assert found.iterations < 10


def test_a_diverging_map_says_so():
    growth = (2 * np.eye(2), np.ones(2))
    found = solve_fixed_point(affine, [0.0, 0.0], args=growth, throw=False)
    assert found.outcome is Outcome.diverged
    with pytest.raises(NotConverged, match=r"diverged.*lower damping.*method damped"):
        solve_fixed_point(affine, [0.0, 0.0], args=growth)
    # The same map has a fixed point, which the other methods find though it repels.
    for method in ("anderson", "newton"):
        assert solve_fixed_point(affine, [0.0, 0.0], args=growth, method=method).value == pytest.approx([-1.0, -1.0])


@pytest.mark.parametrize("method", METHODS)
def test_a_map_that_leaves_its_domain_diverges(method):
    found = solve_fixed_point(lambda x, args: jnp.sqrt(x - 3), np.array([5.0, 3.5]), method=method, throw=False)
    assert found.outcome is Outcome.diverged
    assert found.residual == math.inf


def test_a_translation_has_no_fixed_point():
    def translation(x, args):
        return x + 1.0

    with pytest.raises(NotConverged, match=r"raise max_steps.*residual 1\.0e\+00"):
        solve_fixed_point(translation, [0.0, 0.0], max_steps=20)
    assert solve_fixed_point(translation, [0.0, 0.0], method="newton", throw=False).outcome is Outcome.singular


@pytest.mark.parametrize("method", METHODS)
def test_a_start_that_is_a_fixed_point_stays_though_the_jacobian_be_singular(method):
    found = solve_fixed_point(magnetization, np.zeros(2), args=1.0, method=method)
    np.testing.assert_array_equal(found.value, [0.0, 0.0])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), norm=st.floats(0.0, 0.9))
def test_all_methods_find_the_one_fixed_point_of_a_contraction(seed, norm):
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(3, 3))
    matrix *= norm / np.linalg.norm(matrix, 2)
    args = (matrix, generator.normal(size=3))
    start = generator.normal(size=3)
    found = [solve_fixed_point(contraction, start, args=args, method=one, tolerance=1e-11).value for one in METHODS]
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-8)
    np.testing.assert_allclose(found[2], found[0], rtol=0, atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_new_numbers_do_not_compile_again(method):
    traces = []

    def counted(x, args):
        traces.append(None)
        return jnp.tanh(args["gain"] * x) + args["field"]

    solve_fixed_point(counted, [0.5, 0.1], args={"gain": 0.7, "field": np.array([0.1, 0.2])}, method=method)
    first = len(traces)
    assert first > 0
    args = {"gain": 0.4, "field": np.array([0.3, -0.2])}
    solve_fixed_point(counted, [0.1, 0.9], args=args, method=method, tolerance=1e-8)
    assert len(traces) == first


def test_a_modules_arrays_do_not_compile_again():
    traces = []

    class Network(eqx.Module):
        couplings: np.ndarray

        def __call__(self, x, gain):
            traces.append(None)
            return jnp.tanh(gain * self.couplings @ x)

    solve_fixed_point(Network(0.5 * np.eye(2)), [0.5, 0.5], args=1.0)
    first = len(traces)
    solve_fixed_point(Network(0.3 * np.eye(2)), [0.5, 0.5], args=0.5)
    assert len(traces) == first


def test_anderson_differentiates_through_optimistix():
    def value(beta):
        solver = Anderson(rtol=1e-12, atol=1e-12)
        return optx.fixed_point(magnetization, solver, jnp.asarray(0.9), beta, max_steps=100).value

    with jax.enable_x64(True):
        slope = float(jax.grad(value)(1.5))
    # dm/dbeta of m = tanh(beta m), by hand.
    m = mean_field(1.5)
    assert slope == pytest.approx(m * (1 - m**2) / (1 - 1.5 * (1 - m**2)), rel=1e-9)


def test_a_branch_follows_the_magnetization():
    betas = np.linspace(3.0, 1.02, 40)
    branch = continue_branch(magnetization, 1.0, betas, tolerance=1e-12)
    np.testing.assert_allclose(branch.values, [mean_field(beta) for beta in betas], rtol=0, atol=1e-9)
    assert branch.values.shape == branch.residuals.shape == branch.iterations.shape == (40,)
    assert set(branch.outcomes) == {Outcome.converged}
    # Secant prediction: a handful of Newton steps a point, where a cold start at 1.02 takes more.
    assert np.median(branch.iterations) <= 4


def test_the_secant_predicts_a_straight_branch():
    """From the third point on, x = 2·parameter is where the prediction says: one step confirms it."""
    branch = continue_branch(lambda x, parameter: x / 2 + parameter, 0.0, [1.0, 1.5, 3.0, 2.0, 5.0])
    np.testing.assert_allclose(branch.values, [2.0, 3.0, 6.0, 4.0, 10.0], atol=1e-12)
    assert branch.iterations.tolist() == [2, 2, 1, 1, 1]


def test_a_prediction_outside_the_domain_falls_back_to_the_last_point():
    """log x = parameter: the secant from (0.8, 2.2) and (0, 1) predicts a negative x at -0.7."""
    branch = continue_branch(lambda x, parameter: x + parameter - jnp.log(x), 2.0, [0.8, 0.0, -0.7])
    np.testing.assert_allclose(branch.values, np.exp([0.8, 0.0, -0.7]), rtol=1e-9)


def fold(x, parameter):
    """Fixed points x = ±sqrt(parameter): none below zero."""
    return x + parameter - x**2


def test_a_branch_ends_at_its_fold():
    parameters = [1.0, 0.5, 0.25, -0.25, -0.5, 0.5, 1.0]
    with pytest.raises(NotConverged, match=r"at parameter -0\.25: "):
        continue_branch(fold, [1.0, 1.0], parameters)
    branch = continue_branch(fold, [1.0, 1.0], parameters, throw=False)
    lost = np.array(parameters) < 0
    assert [outcome is Outcome.converged for outcome in branch.outcomes] == (~lost).tolist()
    assert np.isnan(branch.values[lost]).all()
    found = np.sqrt(np.array(parameters)[~lost])[:, None] * np.ones(2)
    np.testing.assert_allclose(branch.values[~lost], found, atol=1e-9)


def test_bracketed_root():
    found = bracketed_root(lambda x: math.cos(x) - x, 0.0, 1.0)
    assert float(found.value) == pytest.approx(DOTTIE, abs=1e-12)
    assert found.residual < 1e-12
    assert found.outcome is Outcome.converged
    assert float(bracketed_root(lambda x: x, 0.0, 1.0).value) == 0.0
    jump = bracketed_root(lambda x: 2.0 if x > 0.3 else -1.0, 0.0, 1.0)
    assert float(jump.value) == pytest.approx(0.3, abs=1e-11)
    assert jump.residual >= 1.0


@pytest.mark.parametrize(
    ("function", "low", "high", "message"),
    [
        (lambda x: x * x + 1, -1.0, 1.0, "does not change sign between -1 and 1"),
        (lambda x: 1e-200 * (x + 2), -1.0, 1.0, "does not change sign"),
        (lambda x: 1 / (x - 0.3), 0.0, 1.0, r"at a pole, near 0\.3"),
        (lambda x: math.nan if 0.2 < x < 0.8 else x - 0.5, 0.0, 1.0, "function is nan at"),
    ],
)
def test_no_root_is_not_converged(function, low, high, message):
    with pytest.raises(NotConverged, match=message):
        bracketed_root(function, low, high)


def test_bracketed_root_runs_out_of_steps():
    with pytest.raises(NotConverged, match="after 2 steps"):
        bracketed_root(lambda x: x**3 - 0.2, 0.0, 1.0, max_steps=2)


@pytest.mark.parametrize(
    ("start", "options", "message"),
    [
        ([math.nan], {}, "start must be finite"),
        ([], {}, "start must be finite real numbers, at least one"),
        ([1j], {}, "start must be finite real numbers"),
        (1.0, {"method": "broyden"}, "method must be one of damped, anderson, newton; got 'broyden'"),
        (1.0, {"damping": 0.0}, r"damping.* must be in \(0, 1\]; got 0.0"),
        (1.0, {"damping": math.nan}, r"damping.* must be in \(0, 1\]; got nan"),
        (1.0, {"damping": 0.5, "method": "newton"}, "'newton' takes whole steps"),
        (1.0, {"tolerance": 0.0}, "tolerance must be in"),
        (1.0, {"max_steps": 0}, "max_steps must be at least 1; got 0"),
    ],
)
def test_bad_input_is_named(start, options, message):
    with pytest.raises(ValueError, match=message):
        solve_fixed_point(cosine, start, **options)


def test_a_function_of_another_shape_or_kind_is_refused():
    with pytest.raises(ValueError, match=r"function must return real numbers in the shape of its argument, \(2,\)"):
        solve_fixed_point(lambda x, args: x.sum(), [1.0, 2.0])
    with pytest.raises(ValueError, match="got complex128"):
        solve_fixed_point(lambda x, args: 1j * x, [1.0, 2.0])


@pytest.mark.parametrize("parameters", [[], [1.0, 1.0], [1.0, math.inf], [[1.0]]])
def test_bad_parameters_are_named(parameters):
    with pytest.raises(ValueError, match="parameters must be finite numbers in one dimension, neighbors distinct"):
        continue_branch(magnetization, 1.0, parameters)


@pytest.mark.parametrize(
    ("low", "high", "options", "message"),
    [
        (1.0, 0.0, {}, "low and high must be finite with low < high"),
        (0.0, math.inf, {}, "low and high must be finite"),
        (0.0, 1.0, {"tolerance": 0.0}, "tolerance must be positive"),
    ],
)
def test_bad_brackets_are_named(low, high, options, message):
    with pytest.raises(ValueError, match=message):
        bracketed_root(math.cos, low, high, **options)
