"""Dispatch and markets: published costs and prices, exact regions, shedding, and demand that cannot be met."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.populations import electricity

DATA = Path(__file__).resolve().parents[2] / "data" / "matpower"


def limited_case():
    return electricity.with_line_limits(electricity.ieee14(), {"2-1": 80.0})


def test_published_values_of_the_14_buses():
    found = electricity.dispatch(electricity.ieee14())
    assert found.cost[0] == pytest.approx(7642.594, abs=0.001)
    assert found.prices[0] == pytest.approx(39.01617, abs=1e-5)
    assert found.generation[0] == pytest.approx([220.968, 38.032, 0, 0, 0], abs=1e-3)
    limited = electricity.dispatch(limited_case())
    assert limited.cost[0] == pytest.approx(8174.670, abs=0.001)
    assert limited.prices[0, [0, 1, 2, 13]] == pytest.approx([30.9661, 42.7792, 41.4893, 40.0339], abs=1e-4)
    assert limited.flows[0, 0] == pytest.approx(80)


def test_a_published_case_with_linear_costs_and_a_limit():
    # MATPOWER's direct-current optimal power flow of the PJM 5-bus case.
    found = electricity.dispatch(electricity.read_case(DATA / "case5.m"))
    assert found.cost[0] == pytest.approx(17479.8969, abs=1e-3)
    assert found.prices[0, 4] == pytest.approx(10.0)


@given(seed=st.integers(0, 10_000))
def test_a_dispatch_balances_and_no_shift_of_generation_is_cheaper(seed):
    network = limited_case()
    generator = np.random.default_rng(seed)
    loads = network.load * generator.uniform(0.2, 1.6, 14)
    found = electricity.dispatch(network, loads)
    made, price = found.generation[0], found.prices[0]
    assert made.sum() == pytest.approx(loads.sum(), abs=1e-6)
    assert abs(found.flows[0, 0]) <= 80 * (1 + 1e-6)
    slope = 2 * network.cost_quadratic * made + network.cost_linear - price[network.generator_bus]
    assert (slope[made < network.generator_upper - 1e-4] > -1e-4).all()
    assert (slope[made > network.generator_lower + 1e-4] < 1e-4).all()


def test_a_price_is_the_cost_of_one_more_megawatt():
    network, step = limited_case(), 1e-3
    base = electricity.dispatch(network)
    for bus in (0, 3, 13):
        more = network.load.copy()
        more[bus] += step
        rise = (electricity.dispatch(network, more).cost[0] - base.cost[0]) / step
        assert rise == pytest.approx(base.prices[0, bus], abs=1e-3)


def test_regions_met_before_give_the_same_answers_as_fresh_searches():
    network = limited_case()
    loads = network.load * np.random.default_rng(2).uniform(0.3, 1.7, (60, 1))
    together = electricity.Dispatcher(network).solve(loads)
    for hour in range(0, 60, 7):
        alone = electricity.dispatch(network, loads[hour])
        assert together.prices[hour] == pytest.approx(alone.prices[0], abs=1e-6)
        assert together.generation[hour] == pytest.approx(alone.generation[0], abs=1e-5)


def test_load_beyond_capacity_is_refused_or_shed():
    network = electricity.ieee14()
    with pytest.raises(electricity.InfeasibleMarket, match=r"hour 1: the net load of 1036 MW exceeds .* by 263.6 MW"):
        electricity.dispatch(network, np.stack((network.load, 4 * network.load)))
    shed = electricity.dispatch(network, 4 * network.load, value_of_lost_load=1000.0)
    assert shed.shed.sum() == pytest.approx(263.6)
    assert shed.prices[0] == pytest.approx(1000.0)


def test_lines_that_cannot_bring_enough_are_named_as_the_cause():
    tight = electricity.with_line_limits(electricity.ieee14(), {"9-14": 1.0, "13-14": 1.0})
    with pytest.raises(electricity.InfeasibleMarket, match=r"what generators and lines can bring by 12\.9 MW"):
        electricity.dispatch(tight)
    assert electricity.dispatch(tight, value_of_lost_load=500.0).shed[0, 13] == pytest.approx(12.9)


def test_limits_of_lines_are_parsed_and_checked():
    assert electricity.parse_line_limits("1-2=80, 2-3=50.5") == {"1-2": 80.0, "2-3": 50.5}
    with pytest.raises(ValueError, match="line_limit must look like 1-2=80"):
        electricity.parse_line_limits("1-2:80")
    with pytest.raises(ValueError, match=r"must name a branch of ieee14: 1-2, .*; got '1-14'"):
        electricity.with_line_limits(electricity.ieee14(), {"1-14": 80.0})
    with pytest.raises(ValueError, match="line_limit must be positive"):
        electricity.with_line_limits(electricity.ieee14(), {"1-2": 0.0})


def test_a_supply_curve_prices_jumps_and_ends():
    market = electricity.MeritMarket((0, 100, 100, 200), (20, 30, 50, 60))
    assert market.prices([50.0, 150.0, -10.0])[:, 0] == pytest.approx([25, 55, 20])
    with pytest.raises(electricity.InfeasibleMarket, match=r"hour 1: .* exceeds the offers' 200 MW by 5 MW"):
        market.prices([10.0, 205.0])
    patient = electricity.MeritMarket((0, 200), (20, 60), value_of_lost_load=900.0)
    assert patient.prices([205.0])[0, 0] == 900.0


def test_a_falling_supply_curve_has_no_potential_but_can_be_learned():
    market = electricity.MeritMarket((0, 100, 300), (60, 40, 90))
    net_load = electricity.benchmark_demand() - electricity.benchmark_solar()
    fleet = electricity.single_fleet(20.0, 10.0, agents=200)
    with pytest.raises(electricity.NoPotential, match="falls from 60 to 40"):
        electricity.solve_equilibrium(market, net_load, fleet)
    assert np.isfinite(electricity.learn(market, net_load, fleet, days=3).prices).all()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: electricity.LinearMarket(10.0, -0.1), "slope not negative"),
        (lambda: electricity.MeritMarket((0, 1), (1,)), "two lists of one length"),
        (lambda: electricity.MeritMarket((1, 0), (1, 2)), "quantities must not fall"),
        (lambda: electricity.LinearMarket(10.0, 0.1).prices([1.0, np.nan]), "hour 1 is not"),
        (lambda: electricity.LinearMarket(10.0, 0.1).prices(np.ones((24, 2))), r"shape \(hours, 1\)"),
        (lambda: electricity.with_loads_scaled(electricity.ieee14(), -1.0), "load_scale must be"),
        (lambda: electricity.Dispatcher(electricity.ieee14(), -5.0), "value_of_lost_load must be positive"),
        (lambda: electricity.duck_day(0.7), "solar_share must lie"),
    ],
)
def test_wrong_markets_and_loads_are_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
