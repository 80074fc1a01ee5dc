"""Exact simulation of a channel's states, compiled: next-event times at fixed rates, and thinning while the voltage
is ramped."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.xoshiro import exponential, uniform


@njit(cache=True, nogil=True)
def count_charges(
    state: NDArray[np.uint64],
    place: int,
    first: NDArray[np.int64],
    target: NDArray[np.int64],
    rate: NDArray[np.float64],
    right: NDArray[np.float64],
    block_time: float,
    charges: NDArray[np.float64],
    dwell: NDArray[np.float64],
    cancel: NDArray[np.int64],
) -> int:
    """Charges that leave to the right in each of consecutive blocks of time; `dwell` gets the time in each state.

    Transitions of state c are first[c] .. first[c + 1]. Returns the last state.
    """
    time, block = 0.0, 0
    while block < charges.size:
        if cancel[0]:
            return place
        total = 0.0
        for move in range(first[place], first[place + 1]):
            total += rate[move]
        wait = exponential(state) / total
        end = (block + 1) * block_time
        while time + wait >= end:
            dwell[place] += end - time
            wait -= end - time
            time = end
            block += 1
            if block == charges.size:
                return place
            end = (block + 1) * block_time
        dwell[place] += wait
        time += wait
        mark = uniform(state) * total
        chosen = first[place]
        while chosen < first[place + 1] - 1 and mark >= rate[chosen]:
            mark -= rate[chosen]
            chosen += 1
        charges[block] += right[chosen]
        place = target[chosen]
    return place


@njit(cache=True, nogil=True)
def ramp_work(
    state: NDArray[np.uint64],
    start: NDArray[np.float64],
    first: NDArray[np.int64],
    target: NDArray[np.int64],
    bare: NDArray[np.float64],
    slope: NDArray[np.float64],
    left: NDArray[np.float64],
    distance: NDArray[np.float64],
    voltages: NDArray[np.float64],
    duration: float,
    affinity: float,
    counts_bath: bool,
    works: NDArray[np.float64],
    cancel: NDArray[np.int64],
) -> None:
    """Work of independent runs from cumulated start probabilities while the voltage goes linearly from one value to
    another.

    A transition's rate is bare · exp(slope · v): candidates come at its largest value over the ramp and are thinned.
    `distance` is ∂E/∂v of each state, `affinity` what is added to v for the affinity; charges at the left end count
    where `counts_bath`.
    """
    low, high = voltages[0], voltages[1]
    speed = (high - low) / duration
    bound = np.empty(bare.size)
    for move in range(bare.size):
        bound[move] = bare[move] * math.exp(max(slope[move] * low, slope[move] * high))
    for run in range(works.size):
        if cancel[0]:
            return
        mark = uniform(state)
        place = 0
        while place < start.size - 1 and mark > start[place]:
            place += 1
        time, work = 0.0, 0.0
        while True:
            total = 0.0
            for move in range(first[place], first[place + 1]):
                total += bound[move]
            wait = exponential(state) / total
            stop = min(duration, time + wait)
            work += distance[place] * speed * (stop - time)
            time += wait
            if time >= duration:
                break
            mark = uniform(state) * total
            chosen = first[place]
            while chosen < first[place + 1] - 1 and mark >= bound[chosen]:
                mark -= bound[chosen]
                chosen += 1
            voltage = low + speed * time
            if mark < bare[chosen] * math.exp(slope[chosen] * voltage):
                if counts_bath:
                    work += left[chosen] * (voltage + affinity)
                place = target[chosen]
        works[run] = work
