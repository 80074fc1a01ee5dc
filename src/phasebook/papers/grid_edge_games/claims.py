"""Quick claims: what seconds can measure."""

from __future__ import annotations

import math
from typing import Any

from ... import numerics, populations
from ...claims import Evidence, Measured
from .subject import ABSTRACT, DERIVED, paper

SEEDS = 5
DAYS = 300
AGENTS = 7400


@paper.claim(
    "dispatch-of-14-buses",
    tier="quick",
    origin="textbook",
    source="direct-current optimal power flow; values of PYPOWER",
)
def dispatch_of_14_buses(seed: int) -> Evidence:
    """The IEEE 14-bus case costs 7642.594 $/h at 39.01617 $/MWh everywhere, and with line 1-2 limited to 80 MW 8174.670 $/h at
    prices that differ by bus."""
    electricity = populations.electricity
    free = electricity.dispatch(electricity.ieee14())
    limited = electricity.dispatch(electricity.with_line_limits(electricity.ieee14(), {"1-2": 80.0}))
    closed = 20 + 259 / (1 / 0.0860586 + 1 / 0.5)
    return Evidence.all_of(
        Evidence.exact(float(free.cost[0]), 7642.594, 0.01, label="cost, $/h"),
        Evidence.exact(free.prices[0], 39.01617, 1e-4, label="prices, $/MWh"),
        Evidence.exact(float(free.prices[0, 0]), closed, 1e-9, label="price in closed form"),
        Evidence.exact(free.generation[0, :2], [220.968, 38.032], 1e-3, label="generation, MW"),
        Evidence.exact(float(limited.cost[0]), 8174.670, 0.01, label="cost with the limit"),
        Evidence.exact(
            limited.prices[0, [0, 1, 2, 13]], [30.9661, 42.7792, 41.4893, 40.0339], 1e-3, label="prices with the limit"
        ),
    )


@paper.claim("flat-prices", tier="quick", origin="derived", source=DERIVED)
def flat_prices(seed: int) -> Evidence:
    """Ample storage without losses makes all prices of the day equal, at the price of the mean net load; with one-way efficiency
    η the lowest price is η² of the highest."""
    market, net_load = _market()
    lossless = _truth(400.0, 100.0, 1.0)
    lossy = _truth(1000.0, 300.0, 0.95)
    level = float(market.intercept + market.slope * net_load.mean())
    return Evidence.all_of(
        Evidence.exact(
            float(lossless.prices.max() - lossless.prices.min()), 0.0, 1e-4, label="highest less lowest price"
        ),
        Evidence.exact(float(lossless.prices.mean()), level, 1e-3, label="level, $/MWh"),
        Evidence.exact(level, 74.1810, 1e-4, label="price of the mean net load"),
        Evidence.exact(populations.electricity.arbitrage_ratio(lossy), 0.9025, 1e-4, label="lowest / highest price"),
    )


@paper.claim("one-convex-program", tier="quick", origin="derived", source=DERIVED)
def one_convex_program(seed: int) -> Evidence:
    """At the convex program's prices no household can do better: dynamic programming on any of six fleets earns what the
    program's batteries earn, within 0.3%."""
    electricity = populations.electricity
    market, net_load = _market()
    ratios = []
    for energy, power, efficiency in (
        (20.0, 10.0, 0.95),
        (100.0, 40.0, 0.95),
        (100.0, 40.0, 1.0),
        (200.0, 40.0, 0.9),
        (50.0, 50.0, 0.85),
        (150.0, 30.0, 0.98),
    ):
        fleet = electricity.single_fleet(energy, power, efficiency)
        found = electricity.solve_equilibrium(market, net_load, fleet)
        plan = electricity.best_response(fleet.groups[0], found.prices[:, 0], fleet.soc_steps)
        ratios.append(plan.cost / found.storage_cost(0, 0))
    # Whole steps reach all but some thousandths of the power. Prices of a day without the fleet would give it 1.3 times as much.
    return Evidence.exact(ratios, 1.0, 0.003, label="earned by planning / by the program")


@paper.claim("learning-reaches-equilibrium", tier="quick", core=True, origin="paper", source=ABSTRACT, statistical=True)
def learning_reaches_equilibrium(seed: int) -> Evidence:
    """7400 households that learn by themselves reach the equilibrium in 300 days: realized prices within 0.1 $/MWh, the peak down
    from 260.0 to 224.7 MW, the variance of prices down by 52.7%."""
    electricity = populations.electricity
    market, net_load = _market()
    truth = _truth(100.0, 40.0, 0.95).prices
    before = market.prices(net_load[:, None])
    distance, peak, calmed = [], [], []
    for run in _runs(seed, 1, DAYS, electricity.Revision("harmonic"), regret=False):
        distance.append(float(electricity.price_distance(run, truth)[-1]))
        peak.append(float(run.net_load[-1].max()))
        calmed.append(electricity.variance_reduction(before, run.prices[-1]))
    # Seen: 0.024 ± 0.002, 224.87 ± 0.02 and 0.5256 ± 0.0003; one common plan is 7 $/MWh off, and peaks above 230 MW.
    return Evidence.all_of(
        Evidence.at_most(_mean(distance), 0.1, label="distance of realized prices, $/MWh"),
        Evidence.equal(_mean(peak), 224.7, 0.5, label="peak, MW"),
        Evidence.equal(_mean(calmed), 0.527, 0.005, label="reduction of the variance of prices"),
    )


@paper.claim("all-at-once-fails", tier="quick", origin="derived", source=DERIVED)
def all_at_once_fails(seed: int) -> Evidence:
    """Where all plan anew each day, prices never settle: 8 $/MWh off in an exact cycle with yesterday's prices, 3.4 with averaged
    beliefs; and one common plan against the converged prices is more than 3 $/MWh off in some hour."""
    electricity = populations.electricity
    market, net_load = _market()
    truth = _truth(100.0, 40.0, 0.95).prices
    fleet = electricity.single_fleet(100.0, 40.0, 0.95, AGENTS)
    [naive] = _runs(seed, 2, 50, electricity.Revision("constant", 1.0), regret=False, count=1)
    [averaged] = _runs(seed, 3, 200, electricity.Revision("constant", 1.0, 0.05), regret=False, count=1)
    [learned] = _runs(seed, 4, DAYS, electricity.Revision("harmonic"), regret=False, count=1)
    errors, calmer = electricity.price_distance(naive, truth)[25:], electricity.price_distance(averaged, truth)[50:]
    slope = numerics.fit_line(range(25), errors).slope
    common = electricity.one_plan_prices(market, net_load, fleet, learned.beliefs[-1])
    return Evidence.all_of(
        Evidence.exact(bool(errors.min() > 5), True, label="every one of the last 25 days is off by more than 5 $/MWh"),
        Evidence.exact(float(errors.mean()), 8.2, 0.3, label="distance, all with the last day's prices"),
        Evidence.trend(slope, 0.0, 0.05, label="its slope per day"),
        Evidence.exact(float(calmer.mean()), 3.4, 0.4, label="distance, all with averaged beliefs"),
        Evidence.exact(bool(abs(common - truth).max() > 3), True, label="one common plan is off by more than 3 $/MWh"),
    )


@paper.claim("exploitability-falls", tier="quick", origin="derived", source=DERIVED, statistical=True)
def exploitability_falls(seed: int) -> Evidence:
    """What an agent could save by planning against the day's own prices falls as one over the day: to below 3% of the first ten
    days' after 250 days."""
    import numpy as np

    ratios, slopes = [], []
    days = np.arange(11, DAYS + 1)
    for run in _runs(seed, 5, DAYS, populations.electricity.Revision("harmonic"), count=12):
        ratios.append(float(run.regret[250:].mean() / run.regret[:10].mean()))
        slopes.append(float(np.polyfit(np.log(days), np.log(run.regret[10:]), 1)[0]))
    # Seen: 0.014 ± 0.001 and -1.0 ± 0.03. With a constant 5% it stops falling (slope 0) after some forty days.
    return Evidence.all_of(
        Evidence.at_most(_mean(ratios), 0.03, label="days 251 to 300 / days 1 to 10"),
        Evidence.equal(_mean(slopes), -1.0, 0.3, label="slope on logarithmic axes"),
    )


@paper.claim("limits-kept", tier="quick", origin="own", source="the model of a battery")
def limits_kept(seed: int) -> Evidence:
    """Ten thousand different agents keep, over 30 days of random prices, charge and power within their limits and never charge
    and discharge in one hour; energy bought and sold is what the charges changed by, to 1e-9."""
    import numpy as np

    electricity = populations.electricity
    generator = np.random.default_rng(numerics.part_seed(seed, 6))
    groups = [
        electricity.StorageGroup(
            20, 20 * generator.uniform(0.005, 0.02), 20 * generator.uniform(0.006, 0.01), generator.uniform(0.8, 1.0)
        )
        for _ in range(500)
    ]
    trace = electricity.trace_agents(electricity.Fleet(tuple(groups), 100), days=30, seed=numerics.part_seed(seed, 7))
    share = [(group.energy / 20, group.power / 20, group.efficiency) for group in groups]
    energy, power, efficiency = np.repeat(np.array(share), 20, axis=0).T
    change = np.diff(trace.charge, axis=0)
    drawn, fed = np.maximum(change, 0) / efficiency, np.maximum(-change, 0) * efficiency
    losses = efficiency[::20]
    balance = trace.bought * losses - trace.sold / losses - change.reshape(len(change), 500, 20).sum(axis=2)
    turnover = trace.bought + trace.sold - (drawn + fed).reshape(len(change), 500, 20).sum(axis=2)
    inside = (trace.charge >= -1e-12).all() and (trace.charge <= energy + 1e-12).all()
    within = (drawn <= power * (1 + 1e-9)).all() and (fed <= power * (1 + 1e-9)).all()
    return Evidence.all_of(
        Evidence.exact(bool(inside), True, label="charges lie between empty and full"),
        Evidence.exact(bool(within), True, label="powers lie within the limit"),
        Evidence.exact(float(abs(balance).max()), 0.0, 1e-9, label="ηc − u/η − Δs, MWh"),
        Evidence.exact(float(abs(turnover).max()), 0.0, 1e-9, label="bought and sold beyond the change of charge, MWh"),
        Evidence.exact(bool(np.abs(change).sum(axis=0).min() > 0), True, label="every agent moved"),
    )


@paper.claim("idle-within-losses", tier="quick", origin="derived", source=DERIVED)
def idle_within_losses(seed: int) -> Evidence:
    """On the 14-bus case at its own load, with line 1-2 limited to 80 MW, the day's prices differ by less than a round trip loses
    and batteries stay idle; at one and a half times that load they work."""
    electricity = populations.electricity
    drawn, ratios = [], []
    for scale in (1.0, 1.5):
        grid = electricity.with_loads_scaled(electricity.with_line_limits(electricity.ieee14(), {"1-2": 80.0}), scale)
        day = electricity.neighborhood_day(grid, 200, 37.5, 5.0)
        prices = day.market.prices(day.net_load)
        ratios.append(float((prices.min(axis=0) / prices.max(axis=0)).min()))
        drawn.append(float(electricity.solve_equilibrium(day.market, day.net_load, day.fleet).charging.sum()))
    return Evidence.all_of(
        Evidence.exact(ratios[0] > 0.98**2, True, label="lowest / highest price above the best battery's η²"),
        Evidence.exact(drawn[0], 0.0, 0.01, label="charged in a day at the case's load, MWh"),
        Evidence.exact(ratios[1] < 0.98**2, True, label="below it at 1.5 times the load"),
        Evidence.exact(drawn[1] > 20, True, label="more than 20 MWh charged there"),
    )


@paper.claim(
    "nearly-nash", tier="quick", origin="paper", source="summaries of arXiv 2503.07984 (ε-Nash); the rate is derived"
)
def nearly_nash(seed: int) -> Evidence:
    """One of N households that foresees its own effect on the price gains 0.11/N of what it earns: 0.1% in a fleet of a hundred."""
    import numpy as np

    electricity = populations.electricity
    market, _ = _market()
    prices = _truth(100.0, 40.0, 0.95).prices[:, 0]
    numbers = np.array([10, 100, 1000, 10_000])
    found = [
        electricity.deviation_gain(market, prices, electricity.StorageGroup(int(agents), 100.0, 40.0), soc_steps=120)
        for agents in numbers
    ]
    shares = np.array([each.gain / each.earnings for each in found])
    return Evidence.all_of(
        Evidence.exact(bool((shares > 0).all()), True, label="foresight gains"),
        Evidence.exact(float(np.polyfit(np.log(numbers), np.log(shares), 1)[0]), -1.0, 0.01, label="slope over ln N"),
        # Twice its own effect, as if the others' prices did not contain it, would gain four times as much.
        Evidence.exact(float(shares[1] * 100), 0.11, 0.02, label="share of earnings times N"),
    )


@paper.claim("finite-game", tier="quick", origin="derived", source=DERIVED)
def finite_game(seed: int) -> Evidence:
    """As a finite mean-field game of 41 charges and 32 moves, solved by fictitious play over mixed moves and not plans, the day
    has the convex program's prices within 0.1 $/MWh."""
    import numpy as np

    electricity = populations.electricity
    market, net_load = _market()
    fleet = electricity.Fleet((electricity.StorageGroup(1, 100.0, 40.0),), 40)
    truth = electricity.solve_equilibrium(market, net_load, electricity.at_grid_power(fleet))
    # At 22 o'clock the equilibrium's batteries are empty: there the cyclic day can be cut open.
    game = electricity.battery_game(market, net_load, fleet.groups[0], soc_steps=40, first_hour=22)
    found = populations.solve_equilibrium(game, method="fictitious-play", max_steps=300, tolerance=1e-3, throw=False)
    apart = np.roll(electricity.game_prices(game, found.flow), 22) - truth.prices[:, 0]
    return Evidence.all_of(
        Evidence.exact(float(truth.charge[22, 0]), 0.0, 1e-3, label="charge at 22 o'clock, MWh"),
        Evidence.exact(float(np.sqrt((apart**2).mean())), 0.0, 0.1, label="distance of prices, $/MWh"),
    )


def _market() -> tuple[Any, Any]:
    """The linear market and the benchmark day's net load."""
    electricity = populations.electricity
    return electricity.LinearMarket(10.0, 0.35), electricity.benchmark_demand() - electricity.benchmark_solar()


def _truth(energy: float, power: float, efficiency: float) -> Any:
    """The convex program's equilibrium on the benchmark day."""
    market, net_load = _market()
    return populations.electricity.solve_equilibrium(
        market, net_load, populations.electricity.single_fleet(energy, power, efficiency)
    )


def _runs(seed: int, part: int, days: int, rule: Any, *, regret: bool = True, count: int = SEEDS) -> list[Any]:
    """Independent runs of the benchmark fleet's households."""
    electricity = populations.electricity
    market, net_load = _market()
    fleet = electricity.single_fleet(100.0, 40.0, 0.95, AGENTS)
    return [
        electricity.learn(
            market, net_load, fleet, days=days, revision=rule, regret=regret,
            seed=numerics.part_seed(seed, part, run), threads=1,
        )
        for run in range(count)
    ]  # fmt: skip


def _mean(values: list[float]) -> Measured:
    """Mean over runs with its standard error."""
    count = len(values)
    mean = math.fsum(values) / count
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    return Measured(mean, spread / math.sqrt(count), count - 1.0)
