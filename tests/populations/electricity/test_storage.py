"""A battery's day: bands beside trying every move, exact gains, and refused fleets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from phasebook.populations import electricity


def linear_program(group, prices):
    """Least cost of the cyclic day with a continuous charge, by HiGHS."""
    hours = len(prices)
    here = np.eye(hours)
    moves = np.roll(here, 1, axis=1) - here
    rows = np.hstack((-group.efficiency * here, here / group.efficiency, moves))
    costs = np.concatenate((prices + group.degradation, group.degradation - prices, np.zeros(hours)))
    bounds = [(0, group.power)] * (2 * hours) + [(0, group.energy)] * hours
    return optimize.linprog(costs, A_eq=rows, b_eq=np.zeros(hours), bounds=bounds, method="highs").fun


def test_two_prices_in_closed_form():
    # Buy four hours at 10 $/MWh, sell four hours at 50: one MWh in, 0.81 MWh out.
    group = electricity.StorageGroup(1, 4 * 0.9, 1.0, 0.9)
    prices = np.array([10.0] * 12 + [50.0] * 12)
    plan = electricity.best_response(group, prices, 200)
    assert plan.cost == pytest.approx(4 * 10 - 4 * 0.81 * 50, rel=1e-9)


def test_prices_closer_than_the_round_trip_s_loss_leave_it_idle():
    group = electricity.StorageGroup(1, 10.0, 5.0, 0.95)
    plan = electricity.best_response(group, np.linspace(91, 100, 24))
    assert plan.cost == 0.0
    assert (plan.targets == np.arange(201)).all()


@given(seed=st.integers(0, 10_000), worn=st.booleans())
def test_bands_are_as_good_as_trying_every_move(seed, worn):
    generator = np.random.default_rng(seed)
    group = electricity.StorageGroup(
        1, generator.uniform(1, 20), generator.uniform(2, 10), generator.uniform(0.7, 1), 3.0 * worn
    )
    prices, steps = generator.uniform(5, 100, 24), int(generator.integers(20, 50))
    bands = electricity.best_response(group, prices, steps, method="bands")
    grid = electricity.best_response(group, prices, steps, method="grid")
    assert bands.cost == pytest.approx(grid.cost, abs=1e-8)
    assert bands.values == pytest.approx(grid.values, abs=1e-7)


@pytest.mark.parametrize("efficiency", [0.85, 1.0])
def test_a_fine_grid_gains_what_a_continuous_charge_gains(efficiency):
    group = electricity.StorageGroup(1, 100.0, 40.0, efficiency)
    prices = 60 + 30 * np.sin(np.arange(24) / 24 * 4 * np.pi) + np.arange(24)
    steps = electricity.Fleet((group,)).soc_steps
    assert electricity.best_response(group, prices, steps).cost == pytest.approx(
        linear_program(group, prices), rel=0.004
    )
    assert electricity.best_response(group, prices, steps).cost >= linear_program(group, prices) - 1e-9


def test_a_plan_rolled_out_pays_its_least_cost():
    group = electricity.StorageGroup(1, 13.5, 5.0, 0.95, 1.0)
    prices = np.random.default_rng(1).uniform(20, 90, 24)
    plan = electricity.best_response(group, prices)
    _, up, down = electricity.rolled_out(plan, np.full(201, 1 / 201), days=5)
    bought, sold = up * plan.grid.step / 0.95, down * plan.grid.step * 0.95
    assert bought @ (prices + 1) - sold @ (prices - 1) == pytest.approx(plan.cost, rel=1e-9)


def test_negative_prices_are_planned_on_the_grid():
    group = electricity.StorageGroup(1, 10.0, 5.0, 0.9)
    prices = np.array([-20.0] * 4 + [30.0] * 20)
    free, bands = (
        electricity.best_response(group, prices, 40),
        electricity.best_response(group, prices, 40, method="bands"),
    )
    # Dumping energy before an hour that pays for taking it: only the grid may.
    assert free.cost <= bands.cost < 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"efficiency": -0.9}, "efficiency must lie in"),
        ({"efficiency": 1.1}, "efficiency must lie in"),
        ({"energy": 0.0}, "energy must be positive"),
        ({"power": float("nan")}, "power must be positive"),
        ({"agents": 0}, "agents must be a positive integer"),
        ({"degradation": -1.0}, "degradation must be finite"),
        ({"bus": -1}, "bus must be an index"),
    ],
)
def test_a_battery_that_cannot_be_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        electricity.StorageGroup(**{"agents": 1, "energy": 1.0, "power": 1.0} | arguments)


def test_a_grid_too_coarse_says_how_many_steps_it_needs():
    group = electricity.StorageGroup(1, 100.0, 1.0, 0.5)
    with pytest.raises(ValueError, match="soc_steps must be at least 200"):
        electricity.charge_grid(group, 40)
    with pytest.raises(ValueError, match="at most 250 hours"):
        electricity.Fleet((electricity.StorageGroup(1, 1000.0, 1.0),))
    with pytest.raises(ValueError, match="integer from 2 to 250"):
        electricity.Fleet((group,), 251)


def test_power_between_steps_is_told():
    with pytest.warns(electricity.ElectricityWarning, match=r"MW charging and .* MW discharging of 40 MW"):
        electricity.single_fleet(100.0, 40.0, 0.95, soc_steps=10)


@pytest.mark.parametrize("prices", [[1.0], [1.0, float("nan")], [[1.0, 2.0]]])
def test_prices_must_be_finite_numbers(prices):
    with pytest.raises(ValueError, match="prices must be at least two finite numbers"):
        electricity.best_response(electricity.StorageGroup(1, 1.0, 1.0), prices)
