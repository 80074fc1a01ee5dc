"""Paths of Markov noise, compiled: a step draws as many normal numbers as the joint step of the processes has directions."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.block_noise import BLOCK, fill_normal


@njit(cache=True, nogil=True)
def walk_motion(
    state: NDArray[np.uint64],
    memory: NDArray[np.uint64],
    start: NDArray[np.float64],
    kept: NDArray[np.float64],
    factors: NDArray[np.float64],
    which: NDArray[np.int64],
    weights: NDArray[np.float64],
    cancel: NDArray[np.int64],
    paths: NDArray[np.float64],
) -> None:
    """Fill `paths` (count, n) with Σ of ω_k ΔY_k up to each time.

    `start` (K, rank) is a factor of the covariance of Y(0); `kept` (different, K) and `factors` (different, K, rank) are decay and
    noise of the different steps, `which` (n,) the one before each time; `weights` has a row for all times, or one for each.
    """
    processes, rank, first = factors.shape[1], factors.shape[2], start.shape[1]
    block = np.empty(BLOCK)
    place = BLOCK
    levels = np.zeros(processes)
    for path in range(paths.shape[0]):
        if place + first > BLOCK:
            if cancel[0]:
                return
            fill_normal(state, memory, 1.0, block)
            place = 0
        for k in range(processes):
            levels[k] = 0.0
            for r in range(first):
                levels[k] += start[k, r] * block[place + r]
        place += first
        height = 0.0
        for n in range(which.size):
            if place + rank > BLOCK:
                if cancel[0]:
                    return
                fill_normal(state, memory, 1.0, block)
                place = 0
            step = which[n]
            row = min(n, weights.shape[0] - 1)
            for k in range(processes):
                level = kept[step, k] * levels[k]
                for r in range(rank):
                    level += factors[step, k, r] * block[place + r]
                height += weights[row, k] * (level - levels[k])
                levels[k] = level
            place += rank
            paths[path, n] = height
