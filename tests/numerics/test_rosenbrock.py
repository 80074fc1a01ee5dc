"""RODAS: its order, its error estimate, and stiff systems."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from phasebook.numerics.rosenbrock import rosenbrock_step, small_inverse


def advanced(function, start, end, count):
    with jax.enable_x64(True):
        state = jnp.asarray(start, jnp.float64)
        step = jax.jit(lambda y: rosenbrock_step(function, y, jnp.asarray(end / count, jnp.float64)))
        worst = 0.0
        for _ in range(count):
            state, error = step(state)
            worst = max(worst, float(jnp.abs(error).max()))
    return np.asarray(state), worst


def logistic(y):
    return y * (1.0 - y)


def test_order_four_and_an_error_estimate_of_order_three():
    exact = 1.0 / (1.0 + 9.0 * np.exp(-4.0))
    found = [advanced(logistic, [0.1], 4.0, count) for count in (10, 20, 40)]
    errors = [abs(float(state[0]) - exact) for state, _ in found]
    estimates = [estimate for _, estimate in found]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.4)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(4.0, abs=0.4)
    # The local error of the embedded method falls with the fourth power of the step.
    assert np.log2(estimates[1] / estimates[2]) == pytest.approx(4.0, abs=0.5)


def test_two_variables_against_the_exponential():
    turn = np.array([[-0.1, 2.0], [-2.0, -0.1]])
    state, _ = advanced(lambda y: jnp.asarray(turn) @ y, [1.0, 0.0], 3.0, 200)
    exact = np.exp(-0.3) * np.array([np.cos(6.0), -np.sin(6.0)])
    np.testing.assert_allclose(state, exact, atol=1e-8)


def test_a_fast_mode_is_damped_in_one_long_step():
    # Prothero and Robinson's test in autonomous form: y follows cos t whatever the stiffness.
    def function(y):
        return jnp.stack([-1e8 * (y[0] - jnp.cos(y[1])) - jnp.sin(y[1]), jnp.ones_like(y[1])])

    state, _ = advanced(function, [5.0, 0.0], 1.0, 10)
    assert state[0] == pytest.approx(np.cos(1.0), abs=1e-4)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_inverses_side_by_side(size):
    matrices = np.random.default_rng(size).normal(size=(64, size, size))
    matrices[0] = np.eye(size)[::-1]  # every pivot is elsewhere
    with jax.enable_x64(True):
        found = np.asarray(jax.jit(jax.vmap(small_inverse))(jnp.asarray(matrices)))
    exact = np.linalg.inv(matrices)
    scale = np.abs(exact).max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(found / scale, exact / scale, atol=1e-10)


def test_no_inverse_of_a_singular_matrix():
    with jax.enable_x64(True):
        assert not np.isfinite(np.asarray(jax.jit(small_inverse)(jnp.ones((3, 3))))).all()
