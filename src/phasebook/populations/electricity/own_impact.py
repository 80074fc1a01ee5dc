"""What a household gains that foresees its own effect on the price: how far the mean field is from a Nash equilibrium of N.

At the equilibrium's prices p a price taker follows a best plan x (MW in each hour). One who knows that prices move by the market's
slope b times its own trade faces p + b (y − x) with a plan y, pays that times y, and plans on the grid at this cost. The gain is of
order b x² in an hour: relative to its earnings it falls like 1/N. Source: arXiv 2503.07984 (an equilibrium of the mean field is an
ε-Nash equilibrium, by its abstract and summaries); the rate is derived here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...errors import NotConverged
from .fleet import StorageGroup
from .market import LinearMarket
from .storage import best_response, plan_on_grid


@dataclass(frozen=True)
class DeviationGain:
    """What one agent saves per day by foreseeing its effect ($), and what it earns as a price taker ($)."""

    gain: float
    earnings: float


def deviation_gain(
    market: LinearMarket, prices: ArrayLike, group: StorageGroup, *, soc_steps: int = 60
) -> DeviationGain:
    """The gain of one of a group's agents at realized prices (hours,) that include its own trade as a price taker.

    Raises ValueError for wrong prices, and NotConverged.
    """
    price = np.asarray(prices, dtype=float)
    taker = best_response(group, price, soc_steps)
    grid, hours = taker.grid, price.size
    charge, taken = soc_steps // 2, np.empty(hours)
    for _ in range(20):
        for hour in range(hours):
            move = int(taker.targets[hour, charge]) - charge
            taken[hour] = grid.step * (move / group.efficiency if move > 0 else move * group.efficiency)
            charge += move
    moves = np.arange(-grid.down, grid.up + 1)
    traded = grid.step * np.where(moves > 0, moves / group.efficiency, moves * group.efficiency)
    own = price[:, None] + market.slope * (traded - taken[:, None])
    _, _, cost, days = plan_on_grid(grid, own * traded + group.degradation * np.abs(traded))
    if days < 0:
        raise NotConverged(f"planning with own impact did not settle in {-days} days; try another soc_steps")
    return DeviationGain(taker.cost - cost, -taker.cost)
