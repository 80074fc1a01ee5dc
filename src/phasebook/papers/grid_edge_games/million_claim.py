"""A million households, each simulated, for a year: on two cores: a byte per hour decides what an agent does."""

from __future__ import annotations

import time
from typing import Any

from ... import numerics, populations
from ...claims import Evidence
from .subject import DERIVED, paper

AGENTS, DAYS = 1_000_000, 365
LONGEST_SECONDS = 600.0


@paper.claim("million-households", tier="full", origin="derived", source=DERIVED)
def million_households(seed: int) -> list[dict[str, Any]]:
    """A million households with beliefs, clocks and charges of their own, simulated one by one for 365 days in under ten minutes,
    realize prices within 0.05 $/MWh of the population's mean field."""
    return [{"agents": AGENTS}]


@million_households.unit
def million_households_unit(agents: int, seed: int) -> dict[str, Any]:
    """The run of households and that of the mean field."""
    return household_year(agents, DAYS, numerics.part_seed(seed, 11))


def household_year(agents: int, days: int, seed: int) -> dict[str, Any]:
    """Root mean square distance of prices over the last thirty days, and seconds."""
    import numpy as np

    electricity = populations.electricity
    net_load = electricity.benchmark_demand() - electricity.benchmark_solar()
    market = electricity.LinearMarket(10.0, 0.35)
    fleet = electricity.single_fleet(100.0, 40.0, 0.95, agents)
    rule = electricity.Revision("harmonic", weight=0.2)
    begin = time.perf_counter()
    learned = electricity.learn(market, net_load, fleet, days=days, revision=rule, spread=0.1, regret=False, seed=seed)
    seconds = time.perf_counter() - begin
    limit = electricity.learn_in_the_mean_field(market, net_load, fleet, days=days, revision=rule)
    difference = learned.prices[-30:] - limit.prices[-30:]
    return {"distance": float(np.sqrt((difference**2).mean())), "seconds": seconds}


@million_households.judged
def million_households_judged(results: list[dict[str, Any]]) -> Evidence:
    """Distance and time."""
    [row] = results
    return Evidence.all_of(
        Evidence.exact(float(row["distance"]), 0.0, 0.05, label="distance from the mean field, $/MWh"),
        Evidence.exact(bool(float(row["seconds"]) <= LONGEST_SECONDS), True, label="in ten minutes"),
    )
