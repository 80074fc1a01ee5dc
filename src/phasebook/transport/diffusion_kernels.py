"""Compiled loops of the way back through a one-dimensional diffusion; `smoothed_denoiser` checks arguments and allocates.

A chunk of samples goes through all steps together, so that the row of the denoiser's table for one step stays in the cache; the
moments of the predictions are kept by Welford's update, one running mean and sum of squares for each window of steps.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.block_noise import BLOCK, fill_normal

ANY_ORDER = {"reassoc", "contract", "nsz"}


@njit(cache=True, nogil=True)
def predict_from_row(
    states: NDArray[np.float64], row: NDArray[np.float64], low: float, per_unit: float, out: NDArray[np.float64]
) -> None:
    """Linear interpolation in one row of the table, whose nodes lie at low + i / per_unit; the end values hold outside."""
    last = row.size - 2
    for place in range(states.size):
        position = min(max((states[place] - low) * per_unit, 0.0), last + 1.0)
        node = min(int(position), last)
        out[place] = row[node] + (position - node) * (row[node + 1] - row[node])


@njit(cache=True, nogil=True, fastmath=ANY_ORDER, error_model="numpy")
def predict_from_modes(
    states: NDArray[np.float64],
    modes: NDArray[np.float64],
    log_weights: NDArray[np.float64],
    root: float,
    spread: float,
    gain: float,
    out: NDArray[np.float64],
) -> None:
    """Exact posterior mean: responsibilities relative to the largest, so that no sum vanishes."""
    for place in range(states.size):
        state = states[place]
        largest = -math.inf
        for mode in range(modes.size):
            largest = max(largest, log_weights[mode] - (state - root * modes[mode]) ** 2 / (2.0 * spread))
        total, nearest = 0.0, 0.0
        for mode in range(modes.size):
            share = math.exp(log_weights[mode] - (state - root * modes[mode]) ** 2 / (2.0 * spread) - largest)
            total += share
            nearest += share * modes[mode]
        nearest /= total
        out[place] = nearest + gain * (state - root * nearest)


@njit(cache=True, nogil=True, error_model="numpy")
def predict_from_even_modes(
    states: NDArray[np.float64],
    first_mode: float,
    distance: float,
    weights: NDArray[np.float64],
    root: float,
    spread: float,
    gain: float,
    out: NDArray[np.float64],
) -> None:
    """The same for modes at equal distances: responsibilities by recurrence, outwards from the mode nearest to the state."""
    shift, last = root * distance, weights.size - 1
    bend = math.exp(-shift * shift / spread)
    for place in range(states.size):
        state = states[place]
        start = int(min(max(round((state / root - first_mode) / distance), 0.0), last))
        off = state - root * (first_mode + start * distance)
        total, nearest = weights[start], 0.0
        for direction in (1, -1):
            share = 1.0
            ratio = math.exp((direction * 2.0 * off * shift - shift * shift) / (2.0 * spread))
            mode = start + direction
            while 0 <= mode <= last and share > 1e-290:
                share *= ratio
                ratio *= bend
                total += weights[mode] * share
                nearest += weights[mode] * share * (mode - start)
                mode += direction
        mean = first_mode + distance * (start + nearest / total)
        out[place] = mean + gain * (state - root * mean)


@njit(cache=True, nogil=True)
def record(
    predictions: NDArray[np.float64], count: int, means: NDArray[np.float64], squares: NDArray[np.float64]
) -> None:
    """Welford's update with the `count`-th value of every sample."""
    share = 1.0 / count
    for place in range(predictions.size):
        difference = predictions[place] - means[place]
        means[place] += share * difference
        squares[place] += difference * (predictions[place] - means[place])


@njit(cache=True, nogil=True, error_model="numpy")
def sample_back(
    states: NDArray[np.float64],
    table: NDArray[np.float64],
    low: float,
    per_unit: float,
    exact: NDArray[np.float64],
    modes: NDArray[np.float64],
    log_weights: NDArray[np.float64],
    steps: NDArray[np.float64],
    windows: NDArray[np.int64],
    means: NDArray[np.float64],
    squares: NDArray[np.float64],
    random: NDArray[np.uint64],
    memory: NDArray[np.uint64],
    cancel: NDArray[np.int64],
) -> None:
    """Samples `states` (a multiple of BLOCK) from pure noise to data, in place.

    `table` (steps, nodes) is the denoiser, or has no rows where the exact one with `exact` (steps, 3: root, spread, gain) is meant.
    `steps` (steps, 3) holds w_t, v_t, σ_t; `windows` (windows, 2) their first step and the one behind their last; `means` and
    `squares` are (windows, samples) of zeros.
    """
    normals, predictions = np.empty(BLOCK), np.empty(BLOCK)
    for first in range(0, states.size, BLOCK):
        fill_normal(random, memory, 1.0, normals)
        states[first : first + BLOCK] = normals
    for step in range(steps.shape[0] - 1, -1, -1):
        if cancel[0]:
            return
        data_weight, state_weight, noise = steps[step]
        for first in range(0, states.size, BLOCK):
            block = states[first : first + BLOCK]
            if table.shape[0]:
                predict_from_row(block, table[step], low, per_unit, predictions)
            else:
                root, spread, gain = exact[step]
                predict_from_modes(block, modes, log_weights, root, spread, gain, predictions)
            for window in range(windows.shape[0]):
                if windows[window, 0] <= step < windows[window, 1]:
                    count = windows[window, 1] - step
                    end = first + BLOCK
                    record(predictions, count, means[window, first:end], squares[window, first:end])
            if noise > 0.0:
                fill_normal(random, memory, noise, normals)
                for place in range(BLOCK):
                    block[place] = data_weight * predictions[place] + state_weight * block[place] + normals[place]
            else:
                for place in range(BLOCK):
                    block[place] = data_weight * predictions[place] + state_weight * block[place]
