"""Households that learn prices online, each simulated: plan against a belief, act, see the prices, correct the belief.

Each day (a) an agent plans anew on its own clock, with chance q of that day, against its own belief, else it keeps its plan; (b)
the market clears hour by hour; (c) every agent moves its belief toward the prices that came, b ← b + α (p − b). All agents of a
group see the same prices, so an agent's belief is the group's plus what is left of its own first deviation. Source: arXiv
2503.07984 (online learning from realized prices, by its abstract); the steps are derived here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...numerics.xoshiro import streams
from . import agent_kernels
from .exploitability import group_regret
from .fleet import Fleet
from .market import Market, hourly_net_load
from .storage import best_response, trade_prices
from .storage_kernels import plan_day

Floats = NDArray[np.float64]
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Revision:
    """When agents plan anew: with chance 1 / (k + 2) on day k ("harmonic"), or with the same chance `rate` every day
    ("constant").

    `weight` is α, the weight of the new prices in a belief; 1 believes the last day's. Raises ValueError.
    """

    kind: Literal["harmonic", "constant"] = "harmonic"
    rate: float = 0.05
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in ("harmonic", "constant"):
            raise ValueError(f"revision must be harmonic or constant; got {self.kind!r}")
        if not 0 <= self.rate <= 1:
            raise ValueError(f"revision_rate must lie in [0, 1]; got {self.rate!r}")
        if not 0 < self.weight <= 1:
            raise ValueError(f"weight must lie in (0, 1]; got {self.weight!r}")

    def chance(self, day: int) -> float:
        """The chance of day k = 0, 1, ..."""
        return 1.0 / (day + 2.0) if self.kind == "harmonic" else self.rate


@dataclass(frozen=True)
class Sunshine:
    """Panels of each group: `expected` output (hours, groups) in MW, and the weather around it.

    A roof yields `expected` · (1 + tanh y), y = `daily` x + `hourly` ξ: x of unit variance is the day's weather, of which
    `common` of the variance is the same for all agents; both parts persist from day to day with correlation `persistence`.
    """

    expected: Floats
    daily: float = 0.4
    hourly: float = 0.2
    common: float = 0.0
    persistence: float = 0.6

    def __post_init__(self) -> None:
        if not 0 <= self.common <= 1 or not 0 <= self.persistence < 1:
            raise ValueError(
                f"common must lie in [0, 1] and persistence in [0, 1); got {self.common!r}, {self.persistence!r}"
            )
        if not (self.daily >= 0 and self.hourly >= 0):
            raise ValueError(f"daily and hourly must not be negative; got {self.daily!r}, {self.hourly!r}")


@dataclass(frozen=True)
class Learned:
    """What came of it: per day (days,) and hour, realized `prices` and `net_load` (days, hours, buses), and the `beliefs`.

    `beliefs` (days, hours, groups) are the groups' mean beliefs at the start of each day, `regret` (days,) is the mean over
    agents of what each could have saved ($/agent/day; NaN where it was not asked for), `storage_cost` (days, groups) what an
    agent paid for its battery's trade ($), `revised` (days,) the share of agents that planned anew.
    """

    prices: Floats
    net_load: Floats
    beliefs: Floats
    regret: Floats
    storage_cost: Floats
    revised: Floats


@dataclass
class Households:
    """The state of a simulation: bands, charges and weather of every agent, in blocks; made by `settle`."""

    fleet: Fleet
    hours: int
    seed: int
    threads: int = 0
    lower: NDArray[np.uint8] = field(init=False, repr=False)
    upper: NDArray[np.uint8] = field(init=False, repr=False)
    charge: NDArray[np.uint8] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.threads, bool) or not isinstance(self.threads, int) or self.threads < 0:
            raise ValueError(f"threads must be a positive integer, or 0 for all cores; got {self.threads!r}")
        groups, grids = self.fleet.groups, self.fleet.grids
        sizes = [group.agents for group in groups]
        width = min(agent_kernels.BLOCK, -(-max(sizes) // 64) * 64)
        self.block_group = np.repeat(np.arange(len(groups)), [-(-size // width) for size in sizes])
        self.first_block = np.searchsorted(self.block_group, np.arange(len(groups)))
        self.block_count = np.concatenate(
            [np.minimum(width, size - width * np.arange(-(-size // width))) for size in sizes]
        )
        blocks = self.block_group.size
        self.states = streams(self.seed, blocks + 1)
        self.keys = streams(self.seed + 1, blocks)[:, 0].copy()
        steps = self.fleet.soc_steps
        self.lower = np.zeros((blocks, self.hours, width), np.uint8)
        self.upper = np.full((blocks, self.hours, width), steps, np.uint8)
        self.charge = np.empty((blocks, width), np.uint8)
        for block in range(blocks):
            agent_kernels.fill_charges(self.states[block], steps, self.charge[block])
        self.weather: Floats | None = None
        self.common_weather = 0.0
        self.numbers = np.array(
            [[grid.step, group.efficiency, group.degradation] for grid, group in zip(grids, groups, strict=True)]
        )
        self.moves = np.array([[grid.up, grid.down] for grid in grids])
        self.workers = min(self.threads or len(os.sched_getaffinity(0)), blocks)
        self.cuts = np.linspace(0, blocks, self.workers + 1).astype(int)
        self.moved_up, self.moved_down = np.zeros((blocks, self.hours)), np.zeros((blocks, self.hours))
        self.counts = np.zeros((blocks, steps + 1), np.int64)
        self.revised = np.zeros(blocks, np.int64)
        for block in range(blocks):
            agent_kernels.count_charges(self.block_count[block], self.charge[block], self.counts[block])

    def by_group(self, per_block: NDArray) -> NDArray:
        """Sums over the blocks of each group."""
        return np.add.reduceat(per_block, self.first_block, axis=0)

    def act(self, pool: ThreadPoolExecutor, chance: float, beliefs: Floats, deviation: Floats) -> tuple[Floats, Floats]:
        """A day: steps that each group's agents bought and sold (groups, hours)."""
        common_lower, common_upper = self._common_plans(beliefs)

        def run(worker: int) -> None:
            agent_kernels.run_blocks(
                self.cuts[worker], self.cuts[worker + 1], chance, self.block_group, self.block_count, self.keys,
                beliefs, deviation, self.numbers, self.moves, common_lower, common_upper, self.lower, self.upper,
                self.charge, self.states, self.moved_up, self.moved_down, self.counts, self.revised,
            )  # fmt: skip

        self._over_threads(pool, run)
        return self.by_group(self.moved_up), self.by_group(self.moved_down)

    def sunshine(self, pool: ThreadPoolExecutor, sun: Sunshine) -> Floats:
        """Output (hours, groups) of a day's weather, MW."""
        agents = np.array([group.agents for group in self.fleet.groups])
        sunny = np.flatnonzero(sun.expected.max(axis=1) > 0)
        draw = np.empty(1)
        agent_kernels.fill_normal(self.states[-1], draw)
        fresh = np.sqrt(1 - sun.persistence**2)
        if self.weather is None:
            self.weather = np.empty(self.charge.shape)
            for block in range(len(self.weather)):
                agent_kernels.fill_normal(self.states[block], self.weather[block])
            self.common_weather = float(draw[0])
        else:
            self.common_weather = sun.persistence * self.common_weather + fresh * float(draw[0])
        shared = float(np.sqrt(sun.common)) * self.common_weather
        yields, weather = np.zeros((self.block_group.size, self.hours)), self.weather

        def run(worker: int) -> None:
            agent_kernels.solar_blocks(
                self.cuts[worker], self.cuts[worker + 1], self.block_count, sunny, sun.persistence, sun.daily,
                sun.hourly, shared, 1.0 - sun.common, weather, self.states, yields,
            )  # fmt: skip

        self._over_threads(pool, run)
        return sun.expected * (self.by_group(yields) / agents[:, None]).T

    def _over_threads(self, pool: ThreadPoolExecutor, run: Callable[[int], None]) -> None:
        if self.workers == 1:
            run(0)
        else:
            list(pool.map(run, range(self.workers)))

    def _common_plans(self, beliefs: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The bands of each group's mean belief (groups, hours)."""
        lower, upper = np.empty(beliefs.shape, np.uint8), np.empty(beliefs.shape, np.uint8)
        slopes, before = np.empty(self.fleet.soc_steps), np.empty(self.fleet.soc_steps)
        for place, (group, grid) in enumerate(zip(self.fleet.groups, self.fleet.grids, strict=True)):
            buying, selling = trade_prices(group, grid, beliefs[place])
            plan_day(buying, selling, grid.up, grid.down, slopes, before, lower[place], upper[place])
        return lower, upper


def learn(
    market: Market | Sequence[Market],
    net_load: ArrayLike,
    fleet: Fleet,
    *,
    days: int,
    revision: Revision | None = None,
    spread: float = 0.0,
    sunshine: Sunshine | None = None,
    first_beliefs: ArrayLike | None = None,
    regret: bool = True,
    seed: int = 0,
    threads: int = 0,
) -> Learned:
    """Days of learning by every household, whose batteries start at random charges and idle.

    `market` may be one per day. `net_load` (hours, buses) or one per day (days, hours, buses) in MW is what comes without storage
    and `sunshine`. First beliefs are the prices of the first day without storage, or `first_beliefs` (hours, groups); an agent's
    own deviates from it by `spread` of the price (standard deviation). The same seed gives the same result for any number of
    `threads` (0: all cores). Raises ValueError and InfeasibleMarket.
    """
    if isinstance(days, bool) or not isinstance(days, int | np.integer) or days < 1:
        raise ValueError(f"days must be a positive integer; got {days!r}")
    if not 0 <= spread < 0.5:
        raise ValueError(f"spread must lie in [0, 0.5); got {spread!r}")
    rule = revision or Revision()
    markets = list(market) if isinstance(market, Sequence) else [market] * days
    if len(markets) != days or len({each.buses for each in markets}) != 1:
        raise ValueError(f"market must be one, or one per day with the same buses; got {len(markets)} for {days} days")
    buses = markets[0].buses
    loads = _daily_loads(markets[0], net_load, days)
    fleet.check_buses(buses)
    hours, groups = loads.shape[1], fleet.groups
    if sunshine is not None and sunshine.expected.shape != (hours, len(groups)):
        raise ValueError(f"expected sunshine must have shape ({hours}, {len(groups)}); got {sunshine.expected.shape}")
    homes = Households(fleet, hours, seed, threads)
    energy = np.array([grid.step for grid in fleet.grids])
    efficiency = np.array([group.efficiency for group in groups])
    beliefs = _first_beliefs(markets[0], loads[0], fleet, sunshine, first_beliefs)
    deviation = spread * np.abs(beliefs)
    prices, net = np.empty((days, hours, buses)), np.empty((days, hours, buses))
    believed, paid = np.empty((days, hours, len(groups))), np.empty((days, len(groups)))
    lost, revised = np.full(days, np.nan), np.empty(days)
    with ThreadPoolExecutor(homes.workers) as pool:
        for day in range(days):
            believed[day] = beliefs.T
            before = homes.by_group(homes.counts)
            up, down = homes.act(pool, rule.chance(day), beliefs, deviation)
            net[day] = loads[day]
            bought = up * (energy / efficiency)[:, None] - down * (energy * efficiency)[:, None]
            np.add.at(net[day].T, fleet.buses, bought)
            if sunshine is not None:
                np.subtract.at(net[day].T, fleet.buses, homes.sunshine(pool, sunshine).T)
            prices[day] = markets[day].prices(net[day])
            seen = prices[day].T[fleet.buses]
            paid[day] = (seen * bought).sum(axis=1) / np.array([group.agents for group in groups])
            if regret:
                after = homes.by_group(homes.counts)
                each = [
                    group.agents * group_regret(group, fleet.soc_steps, seen[j], up[j], down[j], before[j], after[j])
                    for j, group in enumerate(groups)
                ]
                lost[day] = sum(each) / fleet.agents
            revised[day] = homes.revised.sum() / fleet.agents
            beliefs = beliefs + rule.weight * (seen - beliefs)
            deviation = deviation * (1 - rule.weight)
            if spread and deviation.max() < _NEGLIGIBLE * np.abs(beliefs).max():
                deviation = np.zeros_like(deviation)
    return Learned(prices, net, believed, lost, paid, revised)


def one_plan_prices(market: Market, net_load: ArrayLike, fleet: Fleet, beliefs: ArrayLike) -> Floats:
    """Prices (hours, buses) of a settled day on which every household follows the same plan, that of beliefs (hours, groups)."""
    load = hourly_net_load(market, net_load).copy()
    believed = np.asarray(beliefs, dtype=float)
    for place, (group, grid) in enumerate(zip(fleet.groups, fleet.grids, strict=True)):
        plan = best_response(group, believed[:, place], fleet.soc_steps)
        charge, bought = fleet.soc_steps // 2, np.zeros(len(load))
        for _ in range(10):
            for hour in range(len(load)):
                move = plan.targets[hour, charge] - charge
                bought[hour] = (
                    group.agents * grid.step * (move / group.efficiency if move > 0 else move * group.efficiency)
                )
                charge += move
        load[:, group.bus] += bought
    return market.prices(load)


def _daily_loads(market: Market, net_load: ArrayLike, days: int) -> Floats:
    load = np.asarray(net_load, dtype=float)
    if load.ndim == 3:
        if len(load) != days:
            raise ValueError(f"net_load has {len(load)} days; days is {days}")
        return np.stack([hourly_net_load(market, each) for each in load])
    return np.broadcast_to(hourly_net_load(market, load), (days, *hourly_net_load(market, load).shape))


def _first_beliefs(
    market: Market, load: Floats, fleet: Fleet, sunshine: Sunshine | None, given: ArrayLike | None
) -> Floats:
    """The groups' first beliefs (groups, hours)."""
    if given is not None:
        beliefs = np.asarray(given, dtype=float).T
        if beliefs.shape != (len(fleet.groups), len(load)) or not np.isfinite(beliefs).all():
            raise ValueError(
                f"first_beliefs must be finite with shape ({len(load)}, {len(fleet.groups)}); got {beliefs.T.shape}"
            )
        return beliefs
    expected = load.copy()
    if sunshine is not None:
        np.subtract.at(expected.T, fleet.buses, sunshine.expected.T)
    return market.prices(expected).T[fleet.buses].copy()
