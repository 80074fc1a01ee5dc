"""The best cyclic day of a battery against known prices: bands of charge by dynamic programming.

A price taker's load and panels drop out: only what the battery buys and sells depends on its plan. Horizon: the day repeats for
ever (least average cost). Source: arXiv 2503.07984 plans each household's storage against believed prices; the program on a grid,
and its O(steps) form, are derived here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import NotConverged
from .fleet import ChargeGrid, StorageGroup, charge_grid
from .storage_kernels import plan_day, plan_day_on_grid

Method = Literal["auto", "bands", "grid"]


@dataclass(frozen=True)
class StoragePlan:
    """What to do at each hour and charge: `targets` (hours, steps + 1) is the charge to go to, in steps.

    `values` (steps + 1,) is the cost to go at midnight of one agent relative to an empty battery ($), `cost` its least cost of a
    day ($, negative for a gain).
    """

    grid: ChargeGrid
    targets: NDArray[np.int64]
    values: NDArray[np.float64]
    cost: float


def best_response(
    group: StorageGroup, prices: ArrayLike, soc_steps: int = 200, *, method: Method = "auto"
) -> StoragePlan:
    """The plan of least average cost of one agent of a group, against prices (hours,) in $/MWh that repeat every day.

    "bands" merges sorted values of stored energy and never discharges at a price at which buying back costs less than selling
    brings; "grid" tries every move, at any prices; "auto" takes bands wherever they are exact. Raises ValueError for prices that
    are not finite, and NotConverged.
    """
    grid = charge_grid(group, soc_steps)
    buying, selling = trade_prices(group, grid, prices)
    convex = bool((buying >= selling).all())
    if method not in ("auto", "bands", "grid"):
        raise ValueError(f"method must be auto, bands or grid; got {method!r}")
    if method == "bands" or (method == "auto" and convex):
        slopes, before = np.empty(soc_steps), np.empty(soc_steps)
        lower, upper = np.empty(buying.size, np.uint8), np.empty(buying.size, np.uint8)
        cost, days = plan_day(buying, selling, grid.up, grid.down, slopes, before, lower, upper)
        values = np.concatenate(([0.0], np.cumsum(slopes)))
        targets = band_targets(lower, upper, grid)
    else:
        values, targets, cost, days = plan_on_grid(grid, move_costs(grid, buying, selling))
    if days < 0:
        raise NotConverged(
            f"planning did not settle in {-days} days at prices from {np.min(prices):g} to {np.max(prices):g} $/MWh; try another "
            "soc_steps, or more power for the energy"
        )
    return StoragePlan(grid, targets, values, float(cost))


def trade_prices(
    group: StorageGroup, grid: ChargeGrid, prices: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What one step of charge costs to buy and brings when sold, (hours,) in $. Raises ValueError for prices not finite."""
    price = np.asarray(prices, dtype=float)
    if price.ndim != 1 or price.size < 2 or not np.isfinite(price).all():
        raise ValueError(f"prices must be at least two finite numbers, one per hour; got shape {price.shape}")
    buying = (price + group.degradation) * grid.step / group.efficiency
    selling = (price - group.degradation) * grid.step * group.efficiency
    return buying, selling


def move_costs(grid: ChargeGrid, buying: NDArray[np.float64], selling: NDArray[np.float64]) -> NDArray[np.float64]:
    """What moves by −down to up steps cost in each hour, (hours, down + 1 + up) in $, at one price per step either way."""
    moves = np.arange(-grid.down, grid.up + 1)
    return np.where(moves > 0, moves * buying[:, None], moves * selling[:, None])


def plan_on_grid(
    grid: ChargeGrid, costs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], float, int]:
    """Values, targets, least cost of the cyclic day, and days needed (negative: not settled), for any costs of moves."""
    values = np.zeros(grid.steps + 1)
    targets = np.empty((len(costs), grid.steps + 1), np.int64)
    settled = 1e-11 * (1.0 + float(np.abs(costs).max()) * grid.steps / max(grid.up, grid.down))
    cost, days = plan_day_on_grid(costs, grid.up, grid.down, values, targets, settled)
    return values - values[0], targets, float(cost), days


def band_targets(lower: NDArray[np.uint8], upper: NDArray[np.uint8], grid: ChargeGrid) -> NDArray[np.int64]:
    """Targets (hours, steps + 1) of bands: toward the band, as far as the power allows."""
    charge = np.arange(grid.steps + 1)
    wanted = np.clip(charge, lower[:, None].astype(np.int64), upper[:, None].astype(np.int64))
    return charge + np.clip(wanted - charge, -grid.down, grid.up)


def rolled_out(
    plan: StoragePlan, start: ArrayLike, days: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Shares (steps + 1,) of agents at each charge after some days of a plan, and the last day's mean steps up and down (hours,).

    Raises ValueError for shares of the wrong length.
    """
    shares = np.array(start, dtype=float)
    if shares.shape != (plan.grid.steps + 1,):
        raise ValueError(f"start must have shape ({plan.grid.steps + 1},), one share per charge; got {shares.shape}")
    charge = np.arange(shares.size)
    moves = plan.targets - charge
    up, down = np.empty(len(moves)), np.empty(len(moves))
    for _ in range(days):
        for hour, move in enumerate(moves):
            up[hour], down[hour] = shares @ np.maximum(move, 0), shares @ np.maximum(-move, 0)
            shares = np.bincount(plan.targets[hour], weights=shares, minlength=shares.size)
    return shares, up, down
