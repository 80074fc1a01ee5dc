"""Learning by infinitely many households: the same rules as `learning`, for shares of the population instead of agents.

A group's behavior on day k + 1 is (1 − q) of that on day k and q of the best response to its belief, rolled out to its periodic
regime: fictitious play where q = 1 / (k + 2). Charges of who plans anew are taken to have settled, which an agent needs a day or
two for. Source: fictitious play in mean-field games (Cardaliaguet and Hadikhanloo 2017); applied here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .fleet import Fleet
from .learning import Revision
from .market import Market, hourly_net_load
from .storage import best_response, rolled_out

Floats = NDArray[np.float64]
SETTLING_DAYS = 3


@dataclass(frozen=True)
class MeanFieldLearned:
    """Realized `prices` and `net_load` (days, hours, buses), `beliefs` (days, hours, groups), `exploitability` (days,).

    Exploitability is in $ per day and agent: what the population pays less what a best response pays at the same prices.
    """

    prices: Floats
    net_load: Floats
    beliefs: Floats
    exploitability: Floats


def learn_in_the_mean_field(
    market: Market, net_load: ArrayLike, fleet: Fleet, *, days: int, revision: Revision | None = None
) -> MeanFieldLearned:
    """Days of learning by a population, from idle batteries at uniform charges and the prices without storage.

    `net_load` (hours, buses) in MW. Raises ValueError and InfeasibleMarket.
    """
    if isinstance(days, bool) or not isinstance(days, int | np.integer) or days < 1:
        raise ValueError(f"days must be a positive integer; got {days!r}")
    rule = revision or Revision()
    load = hourly_net_load(market, net_load)
    fleet.check_buses(market.buses)
    groups, buses = fleet.groups, fleet.buses
    hours, steps = len(load), fleet.soc_steps
    charges = np.full((len(groups), steps + 1), 1.0 / (steps + 1))
    bought = np.zeros((len(groups), hours))
    beliefs = market.prices(load).T[buses]
    worn = np.zeros(len(groups))
    prices, net = np.empty((days, hours, market.buses)), np.empty((days, hours, market.buses))
    believed, gap = np.empty((days, hours, len(groups))), np.empty(days)
    for day in range(days):
        believed[day] = beliefs.T
        chance = rule.chance(day)
        for place, group in enumerate(groups):
            plan = best_response(group, beliefs[place], steps)
            settled, up, down = rolled_out(plan, charges[place], SETTLING_DAYS)
            energy = group.agents * plan.grid.step
            trade = energy * (up / group.efficiency - down * group.efficiency)
            used = energy * (up / group.efficiency + down * group.efficiency).sum() * group.degradation
            bought[place] += chance * (trade - bought[place])
            worn[place] += chance * (used - worn[place])
            charges[place] += chance * (settled - charges[place])
        net[day] = load
        np.add.at(net[day].T, buses, bought)
        prices[day] = market.prices(net[day])
        seen = prices[day].T[buses]
        best = sum(g.agents * best_response(g, seen[j], steps).cost for j, g in enumerate(groups))
        gap[day] = (float((seen * bought).sum() + worn.sum()) - best) / fleet.agents
        beliefs = beliefs + rule.weight * (seen - beliefs)
    return MeanFieldLearned(prices, net, believed, gap)
