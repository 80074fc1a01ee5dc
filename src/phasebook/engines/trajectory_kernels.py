"""Compiled loops over trajectories: what is kept of them, whatever the algorithm that advances them."""

import numpy as np
from numpy.typing import NDArray

from .composition_rejection import advance_composition, start_composition
from .direct_method import advance_direct, start_direct
from .jump_state import EVENTS, JUMPED, LAST_REACTION, NOW, REACHED, STOPPED, Workspace, is_terminal, reset
from .jump_system import SystemArrays
from .kernel import kernel
from .rejection_based import advance_rejection, start_rejection

DIRECT, COMPOSITION, REJECTION = range(3)
NO_LIMIT = 2**62


@kernel
def start(method: int, system: SystemArrays, work: Workspace, state: NDArray[np.uint64]) -> int:
    """A trajectory at time zero; returns a status of `jump_state`."""
    reset(system, work, state)
    if method == DIRECT:
        status = start_direct(system, work)
    elif method == COMPOSITION:
        status = start_composition(system, work)
    else:
        status = start_rejection(system, work)
    return STOPPED if status == REACHED and is_terminal(work) else status


@kernel
def advance(method: int, system: SystemArrays, work: Workspace, until: float, horizon: float, jumps: int) -> int:
    """Run to `until`, or for a number of `jumps`; returns a status of `jump_state`."""
    if method == DIRECT:
        return advance_direct(system, work, until, horizon, jumps)
    if method == COMPOSITION:
        return advance_composition(system, work, until, horizon, jumps)
    return advance_rejection(system, work, until, horizon, jumps)


@kernel
def observe(
    counts: NDArray[np.int64],
    before: int,
    mean: NDArray[np.float64],
    squares: NDArray[np.float64],
    products: NDArray[np.float64],
    deviation: NDArray[np.float64],
) -> None:
    """Welford's update of mean, sum of squared deviations and, where there is room, of products of deviations."""
    for i in range(counts.size):
        difference = counts[i] - mean[i]
        deviation[i] = difference
        mean[i] += difference / (before + 1.0)
        squares[i] += difference * (counts[i] - mean[i])
    if products.size > 0:
        for i in range(counts.size):
            for j in range(counts.size):
                products[i, j] += deviation[i] * (counts[j] - mean[j])


@kernel
def run_trajectories(
    method: int,
    system: SystemArrays,
    work: Workspace,
    states: NDArray[np.uint64],
    times: NDArray[np.float64],
    mean: NDArray[np.float64],
    squares: NDArray[np.float64],
    products: NDArray[np.float64],
    kept: NDArray[np.int64],
    stop_times: NDArray[np.float64],
    events: NDArray[np.int64],
) -> tuple[int, int]:
    """(status, trajectories finished): each trajectory on the grid of `times`, into the moments and, where there is room, `kept`.

    A trajectory that meets a terminal condition keeps its counts from then on, and its time in `stop_times`.
    """
    horizon = times[-1]
    for m in range(states.shape[0]):
        status = start(method, system, work, states[m])
        for k in range(times.size):
            if status == REACHED:
                status = advance(method, system, work, times[k], horizon, NO_LIMIT)
            if status == STOPPED and np.isnan(stop_times[m]):
                stop_times[m] = work.clock[NOW]
            elif status > STOPPED:
                return status, m
            observe(work.counts, m, mean[k], squares[k], products[k], work.scratch[0])
            if kept.size > 0:
                for i in range(work.counts.size):
                    kept[m, k, i] = work.counts[i]
        events[m] = work.tally[EVENTS]
    return REACHED, states.shape[0]


@kernel
def record_path(
    method: int,
    system: SystemArrays,
    work: Workspace,
    until: float,
    times: NDArray[np.float64],
    reactions: NDArray[np.int32],
) -> tuple[int, int]:
    """(status, jumps recorded): a started trajectory jump by jump, at most as many as there is room for."""
    for k in range(times.size):
        status = advance(method, system, work, until, until, 1)
        if status != JUMPED and status != STOPPED:
            return status, k
        times[k] = work.clock[NOW]
        reactions[k] = work.tally[LAST_REACTION]
        if status == STOPPED:
            return status, k + 1
    return JUMPED, times.size


@kernel
def average_over_time(
    method: int,
    system: SystemArrays,
    work: Workspace,
    edges: NDArray[np.float64],
    first_moments: NDArray[np.float64],
    second_moments: NDArray[np.float64],
) -> int:
    """Integrals of counts and of their squares between neighboring `edges`; row b of the moments is the b-th interval.

    Only the counts that a jump changes are integrated at that jump, each from its own last change.
    """
    status = advance(method, system, work, edges[0], edges[-1], NO_LIMIT)
    if status != REACHED:
        return status
    since = work.scratch[0]
    for b in range(edges.size - 1):
        since[:] = edges[b]
        while True:
            status = advance(method, system, work, edges[b + 1], edges[-1], 1)
            if status == REACHED:
                break
            if status != JUMPED:
                return status
            r = work.tally[LAST_REACTION]
            for k in range(system.change_start[r], system.change_start[r + 1]):
                i = system.change_species[k]
                n = np.float64(work.counts[i] - system.change_amount[k])
                elapsed = work.clock[NOW] - since[i]
                first_moments[b, i] += n * elapsed
                second_moments[b, i] += n * n * elapsed
                since[i] = work.clock[NOW]
        for i in range(work.counts.size):
            n = np.float64(work.counts[i])
            elapsed = edges[b + 1] - since[i]
            first_moments[b, i] += n * elapsed
            second_moments[b, i] += n * n * elapsed
    return REACHED
