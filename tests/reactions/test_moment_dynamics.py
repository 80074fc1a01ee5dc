"""Solutions of closed moment equations: numbers of an independent program, conserved totals, and how runs end."""

import numpy as np
import pytest

from phasebook.errors import NotConverged
from phasebook.reactions import (
    brusselator,
    dimerisation,
    michaelis_menten,
    moment_equations,
    pair_annihilation,
    parse_network,
    run_to_end,
    schloegl,
    solve_moments,
    stationary_birth_death,
    steady_moments,
)


def test_brusselator_against_an_independent_program():
    """Volume 100 from one molecule of each species to time 100: it still rings at order 2, and is at rest at order 3."""
    second = solve_moments(moment_equations(brusselator(100.0), 2), [100.0])
    np.testing.assert_allclose(second.means[0], [100.016, 219.658], atol=2e-3)
    np.testing.assert_allclose(second.variances[0], [1338.02, 2292.57], rtol=2e-5)
    third = solve_moments(moment_equations(brusselator(100.0), 3), [100.0])
    np.testing.assert_allclose(third.means[0], [100.0, 219.83], atol=5e-3)
    np.testing.assert_allclose(third.variances[0], [2505.9, 4333.3], rtol=1e-4)


def test_brusselator_at_small_volume():
    """The mean of X is exact; the mean of Y is 25.13."""
    for order, mean in [(2, 21.477), (3, 22.117)]:
        end = run_to_end(moment_equations(brusselator(10.0), order)).steady
        assert end.means[0] == pytest.approx(10.0, abs=1e-8)
        assert end.means[1] == pytest.approx(mean, abs=1e-3)
    assert end.covariance[0, 0] / end.means[0] == pytest.approx(5.546, abs=0.01)


def test_central_moments_neglected_make_a_mean_negative():
    run = solve_moments(moment_equations(brusselator(100.0), 2, "central"), [100.0])
    assert run.least_mean == pytest.approx(-658, abs=5)


def test_pair_annihilation_against_the_exact_law():
    second = run_to_end(moment_equations(pair_annihilation(10.0), 2), [7.0]).steady
    assert (second.means[0], second.covariance[0, 0]) == pytest.approx((7.1811, 5.613), rel=1e-4)
    third = run_to_end(moment_equations(pair_annihilation(10.0), 3), [7.0]).steady
    assert (third.means[0], third.covariance[0, 0]) == pytest.approx((7.2000, 5.360), rel=1e-4)
    assert (third.means[0], third.covariance[0, 0]) == pytest.approx((7.1995, 5.3666), rel=2e-3)


def test_higher_orders_come_nearer_to_the_exact_law():
    network = schloegl(10.0)
    exact = stationary_birth_death(network).mean
    errors = [abs(run_to_end(moment_equations(network, order), [25.0]).steady.means[0] - exact) for order in (2, 3, 4)]
    assert errors[0] == pytest.approx(abs(27.34 - 16.685), abs=0.01)
    assert errors[0] > errors[1]


def test_a_run_that_diverges():
    run = solve_moments(moment_equations(pair_annihilation(1.0), 2), np.linspace(0.5, 20, 40))
    assert run.diverged_at is not None
    assert len(run.times) == len(run.states) < 40
    assert run.times[-1] <= run.diverged_at
    end = run_to_end(moment_equations(pair_annihilation(1.0), 2))
    assert (end.ending, end.steady) == ("diverged", None)


def test_many_molecules_in_a_small_volume_do_not_count_as_divergence():
    network = parse_network("X = 20000 \n X -> 0, 1 \n 0 -> X, 10000")
    run = solve_moments(moment_equations(network, 4), [1.0, 30.0])
    assert run.diverged_at is None
    assert run.variances[-1, 0] == pytest.approx(10000, rel=1e-6)


def test_linear_stability():
    equations = moment_equations(brusselator(1000.0), 2)
    stable = steady_moments(equations, run_to_end(equations, [1000.0, 2200.0]).steady.state)
    assert stable.stable
    assert stable.growth_rate == pytest.approx(-0.0194, abs=5e-4)
    larger = moment_equations(brusselator(10_000.0), 2)
    unstable = steady_moments(larger, stable.state)
    assert not unstable.stable
    assert unstable.growth_rate == pytest.approx(0.00143, abs=1e-4)


@pytest.mark.parametrize("network", [dimerisation(), michaelis_menten()])
@pytest.mark.parametrize("order", [2, 3])
def test_steady_states_keep_what_is_conserved(network, order):
    equations = moment_equations(network, order)
    end = run_to_end(equations, horizon=200.0).steady
    start = equations.deterministic_state()
    np.testing.assert_allclose(equations.invariants @ end.state, equations.invariants @ start, atol=1e-6 * start.max())
    assert end.stable


def test_initial_state():
    equations = moment_equations(brusselator(10.0), 3)
    run = solve_moments(equations, [0.0, 1e-9], [4.0, 6.0])
    np.testing.assert_allclose(run.means, [[4.0, 6.0]] * 2, rtol=1e-6)
    np.testing.assert_allclose(run.variances, 0.0, atol=1e-6)


@pytest.mark.parametrize("times", [[], [1.0, 1.0], [-1.0, 1.0], [np.inf], [[1.0]]])
def test_wrong_times(times):
    with pytest.raises(ValueError, match="times must be increasing numbers from 0 or more"):
        solve_moments(moment_equations(schloegl(), 2), times)


@pytest.mark.parametrize("horizon", [0.0, -1.0, np.nan, np.inf])
def test_wrong_horizons(horizon):
    with pytest.raises(ValueError, match="horizon must be a positive time"):
        run_to_end(moment_equations(schloegl(), 2), horizon=horizon)


def test_a_horizon_far_too_short():
    with pytest.raises(NotConverged, match="raise horizon"):
        run_to_end(moment_equations(brusselator(1000.0), 2), horizon=1e-3)


def test_no_steady_state():
    growth = moment_equations(parse_network("X = 1 \n 0 -> X, 5"), 2)
    with pytest.raises(NotConverged, match="no steady state near this one"):
        steady_moments(growth, growth.deterministic_state())
