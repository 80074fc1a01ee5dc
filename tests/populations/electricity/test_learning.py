"""Households that learn: what agents keep, that they approach the program and the mean field, noise, and refused input."""

import numpy as np
import pytest

from phasebook.populations import electricity

NET_LOAD = electricity.benchmark_demand() - electricity.benchmark_solar()
MARKET = electricity.LinearMarket(10.0, 0.35)
FLEET = electricity.single_fleet(100.0, 40.0, 0.95, agents=2000)


@pytest.fixture(scope="module")
def truth():
    return electricity.solve_equilibrium(MARKET, NET_LOAD, FLEET).prices


def test_few_at_a_time_reach_the_program(truth):
    learned = electricity.learn(MARKET, NET_LOAD, FLEET, days=150, seed=1)
    distance = electricity.price_distance(learned, truth)
    assert distance[-1] < 0.15
    assert distance[-1] < distance[5] / 10
    assert (learned.regret > -1e-9).all()
    assert learned.regret[-1] < learned.regret[0] / 50


def test_all_at_once_fall_into_a_cycle(truth):
    learned = electricity.learn(
        MARKET, NET_LOAD, FLEET, days=40, revision=electricity.Revision("constant", 1.0), regret=False, seed=1
    )
    assert electricity.price_distance(learned, truth)[20:].min() > 5


def test_many_agents_follow_the_mean_field():
    rule = electricity.Revision("harmonic", weight=0.3)
    fleet = electricity.single_fleet(100.0, 40.0, 0.95, agents=50_000)
    agents = electricity.learn(MARKET, NET_LOAD, fleet, days=90, revision=rule, regret=False, seed=2)
    limit = electricity.learn_in_the_mean_field(MARKET, NET_LOAD, fleet, days=90, revision=rule)
    assert np.sqrt(((agents.prices[-5:] - limit.prices[-5:]) ** 2).mean()) < 0.1
    assert limit.exploitability[-1] < limit.exploitability[0] / 10


def test_charge_and_power_stay_within_their_limits_and_energy_is_counted():
    groups = tuple(electricity.StorageGroup(10, 1.0, 0.4, efficiency) for efficiency in (0.8, 0.9, 1.0))
    trace = electricity.trace_agents(electricity.Fleet(groups, 100), days=5, seed=3)
    change = np.diff(trace.charge, axis=0)
    efficiency = np.repeat([0.8, 0.9, 1.0], 10)
    assert trace.charge.min() >= 0
    assert trace.charge.max() <= 0.1 + 1e-12
    assert (np.maximum(change, 0) / efficiency).max() <= 0.04 + 1e-9
    assert (np.maximum(-change, 0) * efficiency).max() <= 0.04 + 1e-9
    losses = np.array([0.8, 0.9, 1.0])
    stored = trace.bought * losses - trace.sold / losses
    assert stored == pytest.approx(change.reshape(-1, 3, 10).sum(axis=2), abs=1e-12)


def test_regret_is_zero_for_who_planned_against_the_day_s_own_prices():
    flat = electricity.LinearMarket(60.0, 0.0)
    prices = 60 + 20 * np.sin(np.arange(24) / 24 * 2 * np.pi)
    fleet = electricity.single_fleet(10.0, 4.0, 0.95, agents=50)
    learned = electricity.learn(
        flat, NET_LOAD, fleet, days=4, revision=electricity.Revision("constant", 1.0), first_beliefs=prices[:, None]
    )
    # At flat prices trading loses; on the second day everybody has seen them, and rests.
    assert learned.regret[0] > 0.1
    assert learned.regret[1:] == pytest.approx(0, abs=1e-9)


def test_the_same_seed_gives_the_same_days_on_any_number_of_threads():
    arguments = {"days": 6, "spread": 0.2, "revision": electricity.Revision("constant", 0.3, 0.5), "seed": 5}
    fleet = electricity.single_fleet(100.0, 40.0, 0.95, agents=10_000)
    sun = electricity.Sunshine(electricity.benchmark_solar()[:, None])
    one = electricity.learn(MARKET, NET_LOAD, fleet, threads=1, sunshine=sun, **arguments)
    two = electricity.learn(MARKET, NET_LOAD, fleet, threads=2, sunshine=sun, **arguments)
    other = electricity.learn(MARKET, NET_LOAD, fleet, threads=1, sunshine=sun, **arguments | {"seed": 6})
    assert np.array_equal(one.prices, two.prices)
    assert not np.array_equal(one.prices, other.prices)


def test_roofs_yield_what_is_expected_on_average_and_differ_less_where_they_are_many():
    sun = electricity.Sunshine(electricity.benchmark_solar()[:, None], persistence=0.0)
    rest = electricity.Revision("constant", 0.0)
    spreads = []
    for agents in (100, 1600):
        fleet = electricity.single_fleet(100.0, 40.0, 0.95, agents)
        learned = electricity.learn(
            MARKET, electricity.benchmark_demand(), fleet, days=200, revision=rest, sunshine=sun, regret=False, seed=4
        )
        noon = learned.net_load[:, 12, 0]
        assert noon.mean() == pytest.approx(NET_LOAD[12], abs=5 * noon.std() / 200**0.5)
        spreads.append(noon.std())
    assert spreads[0] / spreads[1] == pytest.approx(4, rel=0.25)


def test_shocks_change_demand_or_the_network_for_their_days():
    network = electricity.with_loads_scaled(electricity.ieee14(), 1.5)
    day = electricity.neighborhood_day(network, 100, 50.0, 5.0)
    more = electricity.Shock("demand", 0.2, 0, 2, 1)
    learned = electricity.learn_through_shock(day, more, 4, electricity.Revision("constant", 0.0), seed=1)
    rise = learned.net_load[2] - learned.net_load[1]
    assert rise[17:22].sum(axis=1) == pytest.approx(0.2 * day.demand[17:22].sum(axis=1), abs=1e-9)
    assert np.abs(rise[:17]).max() == 0
    outage = electricity.shocked(day, electricity.Shock("outage", 0.0, 1, 2, 1))
    assert electricity.dispatch(outage.network).generation[0, 1] == 0
    with pytest.raises(ValueError, match="generator must be from 1 to 5; got 9"):
        electricity.shocked(day, electricity.Shock("outage", 0.0, 8, 2, 1))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"days": 0}, "days must be a positive integer"),
        ({"spread": 0.7}, "spread must lie in"),
        ({"threads": -1}, "threads must be"),
        ({"first_beliefs": np.ones((3, 1))}, "first_beliefs must be finite with shape"),
        ({"net_load": np.ones((5, 24, 1))}, "net_load has 5 days"),
        ({"sunshine": electricity.Sunshine(np.ones((24, 2)))}, "expected sunshine must have shape"),
        ({"market": [MARKET] * 3}, "market must be one, or one per day"),
    ],
)
def test_wrong_input_is_refused_before_any_work(change, sentence):
    arguments = {"market": MARKET, "net_load": NET_LOAD, "fleet": FLEET, "days": 2} | change
    with pytest.raises(ValueError, match=sentence):
        electricity.learn(**arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kind": "weekly"}, "revision must be harmonic or constant"),
        ({"rate": 1.5}, "revision_rate must lie"),
        ({"weight": 0.0}, "weight must lie"),
    ],
)
def test_wrong_rules_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        electricity.Revision(**arguments)
