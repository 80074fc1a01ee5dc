"""Labeled results on a network: one dispatch, the day before and after storage at every bus, and days of shock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...numerics import about
from .datasets import POWER, PRICE, STORAGE, labeled
from .days import benchmark_demand, clear_sky, system_price
from .dispatch import dispatch, generator_names
from .equilibrium import solve_equilibrium
from .fleet import Fleet, household_groups
from .learning import Learned, Revision, Sunshine, learn
from .market import NetworkMarket
from .network import Network

Floats = NDArray[np.float64]
ShockKind = Literal["demand", "outage"]
EVENING = slice(17, 22)
BATTERY_KW = 5.0
PLENTY = 1000.0  # $/MWh: what lost load is worth where a shock leaves too little supply


@dataclass(frozen=True)
class NeighborhoodDay:
    """A day on a network whose loaded buses have households with batteries and panels.

    `demand` (hours, buses) and `solar` (hours, groups) in MW; `value_of_lost_load` in $/MWh, as the market takes it.
    """

    network: Network
    fleet: Fleet
    demand: Floats
    solar: Floats
    value_of_lost_load: float | None = None

    @property
    def market(self) -> NetworkMarket:
        """The network's market."""
        return NetworkMarket(self.network, self.value_of_lost_load)

    @property
    def net_load(self) -> Floats:
        """Demand less solar output, (hours, buses)."""
        net = self.demand.copy()
        np.subtract.at(net.T, self.fleet.buses, self.solar.T)
        return net


def neighborhood_day(
    network: Network,
    households: int,
    homes_per_household: float,
    panel_kw: float,
    *,
    value_of_lost_load: float | None = None,
) -> NeighborhoodDay:
    """The benchmark day's shape on a network: every bus has its load on average, and its share of the households.

    Three battery models (10, 13.5 and 20 kWh; one-way efficiency 0.90, 0.95, 0.98) of 5 kW; each simulated household stands for
    `homes_per_household` homes with `panel_kw` of panels each. Raises ValueError where no bus has load.
    """
    loaded = np.flatnonzero(network.load > 0)
    if not loaded.size:
        raise ValueError(f"{network.name} must have load at some bus")
    shares = network.load[loaded] / network.load[loaded].sum()
    counts = np.maximum(1, np.round(households * shares)).astype(int)
    groups = household_groups(loaded, counts, power_kw=BATTERY_KW, weight=homes_per_household)
    shape = benchmark_demand() / benchmark_demand().mean()
    panels = np.array([group.agents for group in groups]) * homes_per_household * panel_kw / 1000
    # Half of a clear sky is what the weather leaves on average.
    demand, solar = shape[:, None] * network.load, 0.5 * clear_sky()[:, None] * panels
    return NeighborhoodDay(network, Fleet(groups), demand, solar, value_of_lost_load)


def dispatched(network: Network, value_of_lost_load: float | None) -> xr.Dataset:
    """Prices by bus, generation and flows of the least-cost dispatch of a network's own loads. Variables end in _theory."""
    found = dispatch(network, value_of_lost_load=value_of_lost_load)
    variables: dict[str, Any] = {
        "objective_theory": ((), float(found.cost[0]), about("$/h", "cost of the least-cost dispatch")),
        "price_theory": ("bus", found.prices[0], about(PRICE, "cost of one more MW at the bus")),
        "generation_theory": ("generator", found.generation[0], about(POWER, "generation")),
        "flow_theory": ("branch", found.flows[0], about(POWER, "flow from the first bus to the second")),
        "load_theory": ("bus", network.load, about(POWER, "load")),
        "shed_theory": ("bus", found.shed[0], about(POWER, "load that is not served")),
    }
    data = labeled(variables, bus=network.buses)
    return data.assign_coords(
        generator=("generator", list(generator_names(network)), {"long_name": "generator"}),
        branch=("branch", network.branch_names, {"long_name": "branch"}),
    )


def predicted_network_day(day: NeighborhoodDay) -> xr.Dataset:
    """Prices of the equilibrium and without storage: over the day (weighted by load), and by bus in the hour of the peak."""
    market, net = day.market, day.net_load
    before, found = market.prices(net), solve_equilibrium(day.market, net, day.fleet)
    peak = int(net.sum(axis=1).argmax())
    totals = np.stack((net.sum(axis=1), found.net_load.sum(axis=1)))
    prices = np.stack((system_price(day.demand, before), system_price(day.demand, found.prices)))
    variables: dict[str, Any] = {
        "price_theory": (("storage", "hour"), prices, about(PRICE, "mean price weighted by demand")),
        "net_load_theory": (("storage", "hour"), totals, about(POWER, "net load of all buses")),
        "peak_hour_price_theory": (
            ("storage", "bus"),
            np.stack((before[peak], found.prices[peak])),
            about(PRICE, "price at the bus in the hour of the peak"),
        ),
        "peak_theory": ("storage", totals.max(axis=1), about(POWER, "peak net load")),
    }
    data = labeled(variables, hour=np.arange(len(net)), bus=day.network.buses)
    return data.assign_coords(storage=("storage", list(STORAGE), {"long_name": "storage"}))


def simulated_network_day(day: NeighborhoodDay, days: int, revision: Revision, seed: int) -> xr.Dataset:
    """The last of some days of learning by individually simulated households, under the expected sun."""
    learned = learn(day.market, day.net_load, day.fleet, days=days, revision=revision, seed=seed)
    peak = int(day.net_load.sum(axis=1).argmax())
    total = learned.net_load[-1].sum(axis=1)
    variables: dict[str, Any] = {
        "price_simulation": (
            "hour",
            system_price(day.demand, learned.prices[-1]),
            about(PRICE, "realized mean price on the last day"),
        ),
        "net_load_simulation": ("hour", total, about(POWER, "net load on the last day")),
        "peak_hour_price_simulation": ("bus", learned.prices[-1, peak], about(PRICE, "realized price at the bus")),
        "peak_simulation": ((), float(total.max()), about(POWER, "peak net load on the last day")),
        "exploitability_simulation": ("day", learned.regret, about("$/agent/d", "what an agent could have saved")),
    }
    return labeled(variables, hour=np.arange(len(total)), bus=day.network.buses, day=np.arange(1, days + 1))


@dataclass(frozen=True)
class Shock:
    """From day `start` on, for `length` days: evening demand (17 to 21 o'clock) times 1 + `size`, or a generator's outage."""

    kind: ShockKind
    size: float
    generator: int
    start: int
    length: int

    def covers(self, day: int) -> bool:
        """Whether day k = 0, 1, ... lies in it."""
        return self.start <= day < self.start + self.length


def shocked(day: NeighborhoodDay, shock: Shock) -> NeighborhoodDay:
    """The day under a shock. Raises ValueError for a generator that is not there."""
    if shock.kind == "demand":
        demand = day.demand.copy()
        demand[EVENING] *= 1 + shock.size
        return replace(day, demand=demand)
    if not 0 <= shock.generator < day.network.generator_bus.size:
        raise ValueError(f"generator must be from 1 to {day.network.generator_bus.size}; got {shock.generator + 1}")
    upper, lower = day.network.generator_upper.copy(), day.network.generator_lower.copy()
    upper[shock.generator] = lower[shock.generator] = 0.0
    return replace(day, network=replace(day.network, generator_upper=upper, generator_lower=lower))


def predicted_shock(day: NeighborhoodDay, shock: Shock, days: int) -> xr.Dataset:
    """Highest price and peak of each day: without batteries, and in the equilibrium of a day that everybody knows."""
    kinds = []
    for each in (day, shocked(day, shock)):
        market, net = NetworkMarket(each.network, PLENTY), each.net_load
        before, found = market.prices(net), solve_equilibrium(market, net, each.fleet)
        kinds.append(
            (
                [system_price(each.demand, before).max(), system_price(each.demand, found.prices).max()],
                [net.sum(axis=1).max(), found.net_load.sum(axis=1).max()],
            )
        )
    chosen = [int(shock.covers(k)) for k in range(days)]
    price, peak = (np.array([kinds[which][place] for which in chosen]).T for place in (0, 1))
    variables: dict[str, Any] = {
        "highest_price_theory": (("storage", "day"), price, about(PRICE, "highest mean price of the day")),
        "peak_theory": (("storage", "day"), peak, about(POWER, "peak net load of the day")),
    }
    data = labeled(variables, day=np.arange(1, days + 1))
    return data.assign_coords(storage=("storage", list(STORAGE), {"long_name": "storage"}))


def simulated_shock(day: NeighborhoodDay, shock: Shock, days: int, revision: Revision, seed: int) -> xr.Dataset:
    """The same figures of households that learn, who see the shock only in the prices of the days before."""
    learned = learn_through_shock(day, shock, days, revision, seed=seed)
    highest = np.array([system_price(day.demand, prices).max() for prices in learned.prices])
    variables: dict[str, Any] = {
        "highest_price_simulation": ("day", highest, about(PRICE, "highest realized mean price of the day")),
        "peak_simulation": ("day", learned.net_load.sum(axis=2).max(axis=1), about(POWER, "peak net load of the day")),
    }
    return labeled(variables, day=np.arange(1, days + 1))


def learn_through_shock(
    day: NeighborhoodDay, shock: Shock, days: int, revision: Revision, *, seed: int, sunshine: Sunshine | None = None
) -> Learned:
    """Learning with a shock on the way: demand of the shocked days, and a market that loses the generator for them."""
    under = shocked(day, shock)
    calm, changed = (each.net_load if sunshine is None else each.demand for each in (day, under))
    loads = np.stack([changed if shock.covers(k) else calm for k in range(days)])
    usual, hit = NetworkMarket(day.network, PLENTY), NetworkMarket(under.network, PLENTY)
    markets = [hit if shock.covers(k) else usual for k in range(days)]
    return learn(markets, loads, day.fleet, days=days, revision=revision, sunshine=sunshine, regret=False, seed=seed)
