"""Long claims, measured in units: a congested network through shocks, how noise falls with the number of homes, mixed fleets."""

from __future__ import annotations

import math
from typing import Any

from ... import numerics, populations
from ...claims import Evidence, Measured
from .subject import ABSTRACT, DERIVED, paper

NETWORK_SEEDS, NETWORK_DAYS, SHOCK_START, SHOCK_LENGTH = 10, 120, 70, 5
LAST = 10
SIZES, WEATHER_DAYS = (100, 316, 1000, 3162, 10_000), 1500
KINDS = (
    (20.0, 10.0, 0.95),
    (30.0, 8.0, 0.90),
    (15.0, 10.0, 0.98),
    (25.0, 6.0, 0.92),
    (10.0, 2.0, 0.85),
    (20.0, 4.0, 0.96),
)


@paper.claim("network-through-shocks", tier="full", origin="paper", source=ABSTRACT)
def network_through_shocks(seed: int) -> list[dict[str, Any]]:
    """On the 14-bus case (1.5 times its load, line 1-2 at 80 MW) 5000 different households learn their bus's prices to 2%; spread
    of prices, peak and ramp then lie below those without batteries, and so does the highest price through five days of 20% more
    evening demand, for each of ten seeds."""
    return [{"run": run} for run in range(NETWORK_SEEDS)]


@network_through_shocks.unit
def network_through_shocks_unit(run: int, seed: int) -> dict[str, Any]:
    """120 days under weather of each roof's own."""
    return network_run(5000, NETWORK_DAYS, SHOCK_START, numerics.part_seed(seed, 8, run))


def network_run(households: int, days: int, start: int, seed: int) -> dict[str, Any]:
    """Learning through a shock beside the same weather without batteries: belief error, shape of the last days, highest prices."""
    import numpy as np

    electricity = populations.electricity
    grid = electricity.with_loads_scaled(electricity.with_line_limits(electricity.ieee14(), {"1-2": 80.0}), 1.5)
    day = electricity.neighborhood_day(grid, households, 1.5 * 5000 / households, 5.0)
    event = electricity.Shock("demand", 0.2, 0, start, SHOCK_LENGTH)
    sun = electricity.Sunshine(day.solar)
    rule = electricity.Revision("constant", 0.05, 0.1)
    with_storage = electricity.learn_through_shock(day, event, days, rule, seed=seed, sunshine=sun)
    idle = electricity.learn_through_shock(
        day, event, days, electricity.Revision("constant", 0.0), seed=seed, sunshine=sun
    )
    last = slice(days - LAST, days)
    buses = day.fleet.buses
    seen = with_storage.prices[last][:, :, buses].mean(axis=0)
    error = float((np.abs(with_storage.beliefs[last].mean(axis=0) - seen) / seen).max())
    found: dict[str, Any] = {"belief_error": error}
    shock_days = slice(start, start + SHOCK_LENGTH)
    for name, run in (("with", with_storage), ("without", idle)):
        shapes = [
            electricity.day_shape(net, price) for net, price in zip(run.net_load[last], run.prices[last], strict=True)
        ]
        found[f"stddev_{name}"] = float(np.mean([shape.price_stddev for shape in shapes]))
        found[f"peak_{name}"] = float(np.mean([shape.peak for shape in shapes]))
        found[f"ramp_{name}"] = float(np.mean([shape.ramp for shape in shapes]))
        found[f"shock_{name}"] = float(run.prices[shock_days].max())
    return found


@network_through_shocks.judged
def network_through_shocks_judged(results: list[dict[str, Any]]) -> Evidence:
    """Beliefs, and how many of the seeds end below the run without batteries."""
    count = len(results)
    errors = [float(row["belief_error"]) for row in results]
    pieces = [Evidence.exact(max(errors) < 0.02, True, label="largest error of a belief below 2%")]
    for name, text in (
        ("stddev", "spread of prices"),
        ("peak", "peak"),
        ("ramp", "ramp"),
        ("shock", "highest price under the shock"),
    ):
        below = [float(row[f"{name}_with"]) < float(row[f"{name}_without"]) for row in results]
        pieces.append(Evidence.exact(sum(below), count, label=f"seeds with a lower {text}"))
        pieces.append(
            Evidence.ordering(
                [float(row[f"{name}_without"]) for row in results],
                [float(row[f"{name}_with"]) for row in results],
                label=f"{text}: how much lower",
            )
        )
    return Evidence.all_of(*pieces)


@paper.claim("noise-falls-with-homes", tier="full", origin="derived", source=DERIVED)
def noise_falls_with_homes(seed: int) -> list[dict[str, Any]]:
    """With plans held fixed, the weather of N roofs of their own moves an hour's price by N^(-1/2); weather that all roofs share
    leaves a floor that no number of homes lowers."""
    return [{"agents": agents, "common": common} for agents in SIZES for common in (0.0, 0.3)]


@noise_falls_with_homes.unit
def noise_falls_with_homes_unit(agents: int, common: float, seed: int) -> dict[str, Any]:
    """Standard deviation of the prices from 8 to 16 o'clock over many independent days."""
    return weather_noise(agents, common, WEATHER_DAYS, numerics.part_seed(seed, 9, agents, common))


def weather_noise(agents: int, common: float, days: int, seed: int) -> dict[str, Any]:
    """Root mean square of the hourly standard deviations, and its relative error from halves of the days."""
    import numpy as np

    electricity = populations.electricity
    fleet = electricity.single_fleet(100.0, 40.0, 0.95, agents)
    sun = electricity.Sunshine(electricity.benchmark_solar()[:, None], common=common, persistence=0.0)
    beliefs = _believed()
    first = electricity.learn(
        electricity.LinearMarket(10.0, 0.35), electricity.benchmark_demand(), fleet, days=days, sunshine=sun,
        revision=electricity.Revision("constant", 0.0), first_beliefs=beliefs, regret=False, seed=seed, threads=1,
    )  # fmt: skip
    daytime = first.prices[:, 8:17, 0]
    squares = ((daytime - daytime.mean(axis=0)) ** 2).mean(axis=1)
    variance = float(squares.mean())
    relative = float(squares.std(ddof=1) / math.sqrt(days) / variance / 2)
    return {"stddev": math.sqrt(variance), "relative_error": relative, "hours": int(np.size(daytime[0]))}


def _believed() -> Any:
    """The equilibrium's prices, (24, 1)."""
    electricity = populations.electricity
    net_load = electricity.benchmark_demand() - electricity.benchmark_solar()
    market, fleet = electricity.LinearMarket(10.0, 0.35), electricity.single_fleet(100.0, 40.0, 0.95)
    return electricity.solve_equilibrium(market, net_load, fleet).prices


@noise_falls_with_homes.judged
def noise_falls_with_homes_judged(results: list[dict[str, Any]]) -> Evidence:
    """The fitted power of N, and the floor under shared weather."""
    import numpy as np

    own = [row for row in results if float(row["common"]) == 0.0]
    shared = {int(row["agents"]): float(row["stddev"]) for row in results if float(row["common"]) > 0.0}
    logs = np.log([float(row["agents"]) for row in own])
    line = numerics.fit_line(
        logs, np.log([float(row["stddev"]) for row in own]), np.array([float(row["relative_error"]) for row in own])
    )
    largest, smallest = max(shared), min(shared)
    alone = next(float(row["stddev"]) for row in own if int(row["agents"]) == largest)
    return Evidence.all_of(
        # Without independent weather the slope is 0.
        Evidence.equal(line.slope, -0.5, 0.07, label="slope of ln(standard deviation) over ln N"),
        Evidence.exact(shared[largest] / shared[smallest] > 0.8, True, label="shared weather leaves most of the noise"),
        Evidence.exact(shared[largest] / alone > 10, True, label="shared over own weather at 10,000 homes"),
    )


@paper.claim("mixed-fleet", tier="full", origin="derived", source=DERIVED)
def mixed_fleet(seed: int) -> list[dict[str, Any]]:
    """Six different kinds of batteries that learn side by side each earn, within 1%, what dynamic programming earns at the prices
    of the convex program for all of them, at the power that whole steps of charge reach."""
    return [{"run": run} for run in range(8)]


@mixed_fleet.unit
def mixed_fleet_unit(run: int, seed: int) -> dict[str, Any]:
    """What an agent of each kind earned per day over the last fifth of the days, relative to the exact earnings."""
    return mixed_earnings(5000, 1500, numerics.part_seed(seed, 10, run))


def mixed_earnings(agents: int, days: int, seed: int) -> dict[str, Any]:
    """Earned over exact, per kind."""
    electricity = populations.electricity
    net_load = electricity.benchmark_demand() - electricity.benchmark_solar()
    market = electricity.LinearMarket(10.0, 0.35)
    groups = tuple(electricity.StorageGroup(agents, *kind) for kind in KINDS)
    fleet = electricity.Fleet(groups)
    truth = electricity.solve_equilibrium(market, net_load, electricity.at_grid_power(fleet))
    learned = electricity.learn(market, net_load, fleet, days=days, regret=False, seed=seed)
    exact = [electricity.best_response(group, truth.prices[:, 0], fleet.soc_steps).cost for group in groups]
    earned = learned.storage_cost[-days // 5 :].mean(axis=0)
    return {"ratio": [float(got) / wanted for got, wanted in zip(earned, exact, strict=True)]}


@mixed_fleet.judged
def mixed_fleet_judged(results: list[dict[str, Any]]) -> Evidence:
    """Each kind's earnings."""
    import numpy as np

    ratios = np.array([row["ratio"] for row in results], dtype=float)
    pieces = []
    for kind, column in zip(KINDS, ratios.T, strict=True):
        spread = float(column.std(ddof=1) / math.sqrt(len(column)))
        label = f"{kind[0]:g} MWh, {kind[1]:g} MW, η = {kind[2]:g}"
        # At the prices without batteries each kind would earn a quarter to a half more.
        pieces.append(Evidence.equal(Measured(float(column.mean()), spread, len(column) - 1.0), 1.0, 0.01, label=label))
    return Evidence.all_of(*pieces)
