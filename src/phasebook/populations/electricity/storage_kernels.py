"""Planning a battery's cyclic day against known prices, compiled.

For a price taker the cost of a move is convex in it where buying a step costs at least what selling one brings; then the cost to
go is convex in the charge, its slopes are the values of stored energy, and an hour of dynamic programming only merges the hour's
two prices into the sorted slopes: O(steps) instead of O(steps · moves). The best action is a band: charge up to its lower end,
discharge down to its upper end, else wait (a move that gains nothing is not made). Derived here (infimal convolution of convex
sequences).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST_DAYS = 2000

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def _count_below(slopes: Floats, value: float, including: bool) -> int:
    """How many sorted slopes lie below a value (or not above it)."""
    low, high = 0, slopes.size
    while low < high:
        middle = (low + high) // 2
        if slopes[middle] < value or (including and slopes[middle] == value):
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def merge_hour(slopes: Floats, buying: float, selling: float, up: int, down: int) -> tuple[int, int, float]:
    """Take the slopes of the cost to go back by one hour, in place.

    `buying` is what one step costs, `selling` what it brings. Returns the band's ends, and by how much the empty battery's cost
    to go changes.
    """
    steps = slopes.size
    bought, sold = -buying, -selling
    lower = _count_below(slopes, bought, False)
    # Selling at a negative price would make the problem non-convex: who expects one doesn't discharge in that hour.
    upper = steps if bought > sold else _count_below(slopes, sold, True)
    change = 0.0
    for place in range(min(lower, up)):
        change += slopes[place] - bought
    for place in range(lower - up):
        slopes[place] = slopes[place + up]
    for place in range(max(0, lower - up), lower):
        slopes[place] = bought
    for place in range(steps - 1, upper + down - 1, -1):
        slopes[place] = slopes[place - down]
    for place in range(upper, min(steps, upper + down)):
        slopes[place] = sold
    return lower, upper, change


@njit(cache=True, nogil=True)
def plan_day(
    buying: Floats,
    selling: Floats,
    up: int,
    down: int,
    slopes: Floats,
    before: Floats,
    lower: NDArray[np.uint8],
    upper: NDArray[np.uint8],
) -> tuple[float, int]:
    """Bands (hours,) of the cyclic day, and the slopes of the cost to go at midnight; the day's least cost and the days needed.

    Slopes are copies of prices, so that a day after which they are the same to the last bit is a fixed point.
    """
    slopes[:] = 0.0
    cost, days = 0.0, 0
    for _ in range(MOST_DAYS):
        before[:] = slopes
        cost = 0.0
        for hour in range(buying.size - 1, -1, -1):
            low, high, change = merge_hour(slopes, buying[hour], selling[hour], up, down)
            lower[hour], upper[hour] = low, high
            cost += change
        days += 1
        same = True
        for place in range(slopes.size):
            if slopes[place] != before[place]:
                same = False
                break
        if same:
            return cost, days
    return cost, -days


@njit(cache=True, nogil=True)
def plan_day_on_grid(
    costs: Floats, up: int, down: int, values: Floats, targets: NDArray[np.int64], tolerance: float
) -> tuple[float, int]:
    """Values (steps + 1,) and targets (hours, steps + 1) of the cyclic day by trying every move, at any cost of a move.

    `costs` (hours, down + 1 + up) is what moves by −down to up steps cost. Returns the day's least cost, and the days needed;
    negative where the values' differences had not settled.
    """
    steps = values.size - 1
    start, later = np.empty(steps + 1), np.empty(steps + 1)
    cost = 0.0
    for day in range(MOST_DAYS):
        start[:] = values
        for hour in range(costs.shape[0] - 1, -1, -1):
            later[:] = values
            for charge in range(steps + 1):
                best, target = costs[hour, down] + later[charge], charge
                for after in range(max(0, charge - down), min(steps, charge + up) + 1):
                    total = costs[hour, down + after - charge] + later[after]
                    if total < best:
                        best, target = total, after
                values[charge], targets[hour, charge] = best, target
        change = values - start
        cost = 0.5 * (change.max() + change.min())
        if change.max() - change.min() <= tolerance:
            return cost, day + 1
        values -= values[0]
    return cost, -MOST_DAYS
