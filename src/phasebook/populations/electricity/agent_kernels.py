"""A day of individually simulated households, compiled: who plans anew, what each battery does, what each roof yields.

Agents stand in blocks of one group; a block has its own random stream, so that the result doesn't depend on threads. Bands are
stored hour after hour within a block, one byte per end, and the loop over agents is free of branches.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...numerics.xoshiro import uniform
from .storage_kernels import plan_day

BLOCK = 2048  # agents: their bands, 48 bytes each, stay in the second cache while some plan anew
_ROOT_THREE = math.sqrt(3.0)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@njit(cache=True, nogil=True)
def _own_deviation(key: np.uint64, hour: int) -> float:
    """A number of mean zero and variance one that belongs to an agent and an hour for good (splitmix64 of both; uniform)."""
    word = key + np.uint64(hour + 1) * _GOLDEN
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word = word ^ (word >> np.uint64(31))
    share = np.float64(np.int64(word >> np.uint64(11))) * 1.1102230246251565e-16
    return (2.0 * share - 1.0) * _ROOT_THREE


@njit(cache=True, nogil=True)
def revise_block(
    chance: float,
    count: int,
    key: np.uint64,
    belief: Floats,
    deviation: Floats,
    step: float,
    efficiency: float,
    degradation: float,
    up: int,
    down: int,
    common_lower: Bytes,
    common_upper: Bytes,
    lower: Bytes,
    upper: Bytes,
    steps: int,
    state: NDArray[np.uint64],
) -> int:
    """Each agent plans anew with this chance, on its own clock, against its own belief; returns how many did.

    `deviation` (hours,) is the spread of own beliefs around the group's `belief`, in $/MWh; where it is zero all plan alike.
    """
    hours = belief.size
    spread = deviation.max() > 0.0
    slopes, before = np.empty(steps), np.empty(steps)
    buying, selling = np.empty(hours), np.empty(hours)
    own_lower, own_upper = np.empty(hours, np.uint8), np.empty(hours, np.uint8)
    revised = 0
    logarithm = math.log1p(-chance) if chance < 1.0 else -1.0
    agent = -1
    while True:
        # The number of agents who keep their plan before the next who doesn't is geometric.
        agent += 1 if chance >= 1.0 else 1 + int(min(1e9, math.log(1.0 - uniform(state)) / logarithm))
        if agent >= count:
            return revised
        revised += 1
        if not spread:
            for hour in range(hours):
                lower[hour, agent], upper[hour, agent] = common_lower[hour], common_upper[hour]
            continue
        own = key + np.uint64(agent) * np.uint64(0xD1B54A32D192ED03)
        for hour in range(hours):
            price = belief[hour] + deviation[hour] * _own_deviation(own, hour)
            buying[hour] = (price + degradation) * step / efficiency
            selling[hour] = (price - degradation) * step * efficiency
        plan_day(buying, selling, up, down, slopes, before, own_lower, own_upper)
        for hour in range(hours):
            lower[hour, agent], upper[hour, agent] = own_lower[hour], own_upper[hour]


@njit(cache=True, nogil=True)
def act_block(
    count: int, up: int, down: int, lower: Bytes, upper: Bytes, charge: Bytes, moved_up: Floats, moved_down: Floats
) -> None:
    """One day of a block: every battery moves toward its band as far as its power allows; sums of steps per hour."""
    most_up, most_down = np.int32(up), np.int32(-down)
    for hour in range(moved_up.size):
        ends_low, ends_high = lower[hour], upper[hour]
        rises, net = np.int32(0), np.int32(0)
        for agent in range(count):
            now = np.int32(charge[agent])
            wanted = min(max(now, np.int32(ends_low[agent])), np.int32(ends_high[agent]))
            move = np.int32(max(min(np.int32(wanted - now), most_up), most_down))
            charge[agent] = np.uint8(now + move)
            net = np.int32(net + move)
            rises = np.int32(rises + max(move, np.int32(0)))
        moved_up[hour] = rises
        moved_down[hour] = rises - net


@njit(cache=True, nogil=True)
def count_charges(count: int, charge: Bytes, counts: NDArray[np.int64]) -> None:
    """How many agents of a block have each charge."""
    counts[:] = 0
    for agent in range(count):
        counts[charge[agent]] += 1


@njit(cache=True, nogil=True)
def run_blocks(
    first: int,
    last: int,
    chance: float,
    block_group: NDArray[np.int64],
    block_count: NDArray[np.int64],
    keys: NDArray[np.uint64],
    belief: Floats,
    deviation: Floats,
    numbers: Floats,
    moves: NDArray[np.int64],
    common_lower: Bytes,
    common_upper: Bytes,
    lower: Bytes,
    upper: Bytes,
    charge: Bytes,
    states: NDArray[np.uint64],
    moved_up: Floats,
    moved_down: Floats,
    counts: NDArray[np.int64],
    revised: NDArray[np.int64],
) -> None:
    """A day of the blocks first..last: revise, act, count. `numbers` (groups, 3) holds step, efficiency and degradation."""
    steps = counts.shape[1] - 1
    for block in range(first, last):
        group, count = block_group[block], block_count[block]
        revised[block] = 0
        if chance > 0.0:
            revised[block] = revise_block(
                chance,
                count,
                keys[block],
                belief[group],
                deviation[group],
                numbers[group, 0],
                numbers[group, 1],
                numbers[group, 2],
                moves[group, 0],
                moves[group, 1],
                common_lower[group],
                common_upper[group],
                lower[block],
                upper[block],
                steps,
                states[block],
            )
        act_block(
            count,
            moves[group, 0],
            moves[group, 1],
            lower[block],
            upper[block],
            charge[block],
            moved_up[block],
            moved_down[block],
        )
        count_charges(count, charge[block], counts[block])


@njit(cache=True, nogil=True)
def _normal(state: NDArray[np.uint64]) -> float:
    """A Gaussian number (the polar method; its twin is not kept)."""
    while True:
        x, y = 2.0 * uniform(state) - 1.0, 2.0 * uniform(state) - 1.0
        square = x * x + y * y
        if 0.0 < square < 1.0:
            return x * math.sqrt(-2.0 * math.log(square) / square)


@njit(cache=True, nogil=True)
def solar_blocks(
    first: int,
    last: int,
    block_count: NDArray[np.int64],
    sunny: NDArray[np.int64],
    persistence: float,
    daily: float,
    hourly: float,
    shared: float,
    own_share: float,
    weather: Floats,
    states: NDArray[np.uint64],
    yields: Floats,
) -> None:
    """Sum over a block's agents of their roofs' yields relative to the expected one, at the sunny hours.

    An agent's yield is 1 + tanh(daily · x + hourly · ξ), of mean one by symmetry: x is its weather, of unit variance, of which
    `own_share` of the variance is its own and persists from day to day; `shared` is the part that all have in common.
    """
    kept, fresh = persistence, math.sqrt(1.0 - persistence * persistence)
    for block in range(first, last):
        yields[block] = 0.0
        for agent in range(block_count[block]):
            weather[block, agent] = kept * weather[block, agent] + fresh * _normal(states[block])
            day = daily * (shared + math.sqrt(own_share) * weather[block, agent])
            for hour in sunny:
                yields[block, hour] += 1.0 + math.tanh(day + hourly * _normal(states[block]))


@njit(cache=True, nogil=True)
def fill_normal(state: NDArray[np.uint64], values: Floats) -> None:
    """Gaussian numbers."""
    for place in range(values.size):
        values[place] = _normal(state)


@njit(cache=True, nogil=True)
def fill_charges(state: NDArray[np.uint64], steps: int, charge: Bytes) -> None:
    """Every charge alike: uniform from 0 to `steps`."""
    for place in range(charge.size):
        charge[place] = int(uniform(state) * (steps + 1))
