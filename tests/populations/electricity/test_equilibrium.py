"""The convex program: published days, exact limits, a network beside dispatch, and that nobody gains by deviating."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook import populations
from phasebook.errors import NotConverged
from phasebook.populations import electricity

NET_LOAD = electricity.benchmark_demand() - electricity.benchmark_solar()
MARKET = electricity.LinearMarket(10.0, 0.35)


def solve(energy, power, efficiency):
    return electricity.solve_equilibrium(MARKET, NET_LOAD, electricity.single_fleet(energy, power, efficiency))


@pytest.mark.parametrize(
    ("efficiency", "low", "high", "calmed", "peak"),
    [(0.95, 59.90, 88.65, 0.527, 224.7), (1.0, 59.53, 88.22, 0.541, 223.5)],
)
def test_the_benchmark_day(efficiency, low, high, calmed, peak):
    found = solve(100.0, 40.0, efficiency)
    before = MARKET.prices(NET_LOAD)
    assert (before.min(), before.max()) == pytest.approx((48.67, 101.00), abs=0.005)
    assert (found.prices.min(), found.prices.max()) == pytest.approx((low, high), abs=0.005)
    assert electricity.variance_reduction(before, found.prices) == pytest.approx(calmed, abs=0.001)
    assert found.net_load.max() == pytest.approx(peak, abs=0.05)


def test_ample_storage_leaves_only_the_round_trip_s_loss():
    flat = solve(400.0, 100.0, 1.0)
    assert np.ptp(flat.prices) < 1e-4
    assert flat.prices.mean() == pytest.approx(10 + 0.35 * NET_LOAD.mean(), abs=1e-6)
    assert electricity.arbitrage_ratio(solve(1000.0, 300.0, 0.95)) == pytest.approx(0.95**2, abs=1e-6)


@given(seed=st.integers(0, 1000))
def test_prices_are_those_of_the_market_and_limits_are_kept(seed):
    generator = np.random.default_rng(seed)
    energy, power, efficiency = generator.uniform(1, 300), generator.uniform(5, 80), generator.uniform(0.7, 1.0)
    if energy > 100 * power:
        energy = 100 * power
    found = solve(energy, power, efficiency)
    assert MARKET.prices(found.net_load) == pytest.approx(found.prices, abs=1e-4)
    assert found.charge.min() > -1e-6
    assert found.charge.max() < energy + 1e-6
    stored = efficiency * found.charging - found.discharging / efficiency
    assert np.roll(found.charge, -1, axis=0) - found.charge == pytest.approx(stored, abs=1e-5)


def test_splitting_a_fleet_into_scaled_copies_changes_nothing():
    parts = electricity.Fleet(tuple(electricity.StorageGroup(1, 100 * share, 40 * share) for share in (0.1, 0.3, 0.6)))
    assert electricity.solve_equilibrium(MARKET, NET_LOAD, parts).prices == pytest.approx(
        solve(100.0, 40.0, 0.95).prices, abs=1e-4
    )


def test_a_linear_curve_in_pieces_is_the_linear_market():
    pieces = electricity.MeritMarket((0, 120, 180, 400), (10, 52, 73, 150))
    found = electricity.solve_equilibrium(pieces, NET_LOAD, electricity.single_fleet(100.0, 40.0))
    assert found.prices == pytest.approx(solve(100.0, 40.0, 0.95).prices, abs=1e-3)


def test_on_a_network_the_multipliers_are_the_dispatch_s_prices():
    network = electricity.with_loads_scaled(electricity.with_line_limits(electricity.ieee14(), {"1-2": 80.0}), 1.5)
    day = electricity.neighborhood_day(network, 200, 30.0, 5.0)
    found = electricity.solve_equilibrium(day.market, day.net_load, day.fleet)
    assert day.market.prices(found.net_load) == pytest.approx(found.prices, abs=0.02)
    assert found.prices.max() < day.market.prices(day.net_load).max() - 2


def test_energy_that_nobody_offers_is_refused():
    market = electricity.MeritMarket((0, 180), (20, 60))
    with pytest.raises(electricity.InfeasibleMarket, match=r"mean net load of .* exceeds the 180 MW"):
        electricity.solve_equilibrium(market, NET_LOAD, electricity.single_fleet(100.0, 40.0))
    market = electricity.MeritMarket((0, 200), (20, 60))
    with pytest.raises(electricity.InfeasibleMarket, match=r"hour 19: .* all storage by 20 MW"):
        electricity.solve_equilibrium(market, NET_LOAD, electricity.single_fleet(100.0, 40.0))


def test_a_peak_above_the_supply_is_shaved_by_storage():
    market = electricity.MeritMarket((0, 240), (20, 80))
    found = electricity.solve_equilibrium(market, NET_LOAD, electricity.single_fleet(100.0, 40.0))
    assert found.net_load.max() <= 240 + 1e-6


def test_wasting_energy_at_a_negative_price_is_no_equilibrium_of_batteries():
    sunny = NET_LOAD - 250 * electricity.clear_sky()
    with pytest.raises(NotConverged, match="charge and discharge at once"):
        electricity.solve_equilibrium(MARKET, sunny, electricity.single_fleet(50.0, 40.0, 0.7))


def test_a_floor_of_zero_stands_for_panels_that_are_switched_off():
    demand, solar = electricity.duck_day(0.6)
    market = electricity.LinearMarket(10.0, 0.35, floor=0.0)
    fleet = electricity.single_fleet(100.0, 40.0, 0.95, agents=1000)
    found = electricity.solve_equilibrium(market, demand - solar, fleet)
    assert found.prices.min() == pytest.approx(0.0, abs=1e-4)
    assert market.prices(found.net_load) == pytest.approx(found.prices, abs=1e-3)
    learned = electricity.learn(market, demand - solar, fleet, days=100, seed=1)
    assert electricity.price_distance(learned, found.prices)[-1] < 0.2
    with pytest.raises(NotConverged, match="a floor of 0"):
        electricity.solve_equilibrium(electricity.LinearMarket(10.0, 0.35), demand - solar, fleet)
    flat = electricity.solve_equilibrium(electricity.LinearMarket(-5.0, 0.0, floor=3.0), demand, fleet)
    assert flat.prices == pytest.approx(3.0)


def test_a_group_at_no_bus_is_refused():
    fleet = electricity.Fleet((electricity.StorageGroup(1, 10.0, 5.0, bus=3),))
    with pytest.raises(ValueError, match="bus must be below the market's 1 buses; got 3"):
        electricity.solve_equilibrium(MARKET, NET_LOAD, fleet)


def test_the_same_day_as_a_finite_game_on_the_generic_engine():
    fleet = electricity.Fleet((electricity.StorageGroup(1, 100.0, 40.0),), 40)
    truth = electricity.solve_equilibrium(MARKET, NET_LOAD, electricity.at_grid_power(fleet)).prices[:, 0]
    game = electricity.battery_game(MARKET, NET_LOAD, fleet.groups[0], soc_steps=40, first_hour=22)
    found = populations.solve_equilibrium(game, method="fictitious-play", max_steps=200, tolerance=1e-3, throw=False)
    assert np.roll(electricity.game_prices(game, found.flow), 22) == pytest.approx(truth, abs=0.2)


def test_the_same_day_in_pypsa():
    # Prices of PyPSA 1.4 with HiGHS at the hours 3, 12 and 19 (see benchmarks/electricity_peer.py).
    found = solve(100.0, 40.0, 0.95)
    assert found.prices[[3, 12, 19], 0] == pytest.approx([71.2032, 59.8970, 88.6533], abs=1e-4)


def test_foresight_of_the_own_effect_gains_a_share_that_falls_with_the_number_of_homes():
    prices = solve(100.0, 40.0, 0.95).prices[:, 0]
    gains = [
        electricity.deviation_gain(MARKET, prices, electricity.StorageGroup(agents, 100.0, 40.0))
        for agents in (10, 1000)
    ]
    shares = [each.gain / each.earnings for each in gains]
    assert shares[0] / shares[1] == pytest.approx(100, rel=1e-3)
    still = electricity.deviation_gain(
        electricity.LinearMarket(50.0, 0.0), prices, electricity.StorageGroup(10, 100.0, 40.0)
    )
    assert still.gain == pytest.approx(0.0, abs=1e-9)
