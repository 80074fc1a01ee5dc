"""Tau-leaping with an adaptive step: many jumps at once, as Poisson numbers (Cao, Gillespie, Petzold 2006).

The step keeps the expected relative change of every propensity below epsilon; reactions within `CRITICAL` firings of using up a
reactant fire one at a time; where a leap would be shorter than a few jumps, a run of exact jumps is made instead. An approximation:
`jumps.simulate_jumps` reports the change of its means when epsilon is halved.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ..numerics.xoshiro import exponential, uniform
from .jump_state import (
    CANCELLED,
    EVENT_LIMIT,
    EVENTS,
    NEGATIVE_COUNT,
    NOW,
    REACHED,
    STOPPED,
    TIME_UNDERFLOW,
    TOO_MANY_EVENTS,
    TOTAL,
    WRONG,
    WRONG_LAW,
    Workspace,
    fire,
    has_underflow,
    is_terminal,
    propensity,
    reset,
)
from .jump_system import SystemArrays
from .kernel import kernel
from .trajectory_kernels import observe

CRITICAL = 10
# A leap shorter than this many mean waiting times is replaced by EXACT_JUMPS exact jumps.
SHORTEST_LEAP = 10.0
EXACT_JUMPS = 100


@kernel
def run_leaps(
    system: SystemArrays,
    work: Workspace,
    states: NDArray[np.uint64],
    times: NDArray[np.float64],
    epsilon: float,
    mean: NDArray[np.float64],
    squares: NDArray[np.float64],
    products: NDArray[np.float64],
    kept: NDArray[np.int64],
    stop_times: NDArray[np.float64],
    events: NDArray[np.int64],
) -> tuple[int, int]:
    """As `trajectory_kernels.run_trajectories`; a terminal condition is looked at after each leap."""
    _find_orders(system, work.order)
    for m in range(states.shape[0]):
        reset(system, work, states[m])
        status = STOPPED if is_terminal(work) else REACHED
        for k in range(times.size):
            while status == REACHED and work.clock[NOW] < times[k]:
                status = _leap(system, work, times[k], epsilon)
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
def _leap(
    system: SystemArrays,
    work: Workspace,
    until: float,
    epsilon: float,
) -> int:
    """One leap, or a run of exact jumps, that ends at `until` at the latest."""
    firings, critical = work.firings, work.critical
    total = _propensities(system, work)
    status = _check(work)
    if status != REACHED:
        return status
    if total == 0.0:
        work.clock[NOW] = until
        return REACHED
    critical_total = _find_critical(system, work, critical)
    tau = _longest_leap(system, work, epsilon)
    while True:
        if tau < SHORTEST_LEAP / total:
            return _exact_jumps(system, work, until)
        wait = exponential(work.random) / critical_total if critical_total > 0.0 else np.inf
        step = min(tau, wait, until - work.clock[NOW])
        for r in range(firings.size):
            firings[r] = 0
            if not critical[r] and work.propensity[r] > 0.0:
                firings[r] = _poisson(work.propensity[r] * step, work.random)
        if step == wait:
            firings[_chosen(work, critical, critical_total)] = 1
        if _apply(system, work, firings):
            break
        tau *= 0.5
    work.clock[NOW] = until if step == until - work.clock[NOW] else work.clock[NOW] + step
    return STOPPED if is_terminal(work) else REACHED


@kernel
def _propensities(system: SystemArrays, work: Workspace) -> float:
    total = 0.0
    for r in range(work.propensity.size):
        work.propensity[r] = propensity(system, work, work.counts, r)
        total += work.propensity[r]
    work.clock[TOTAL] = total
    return total


@kernel
def _check(work: Workspace) -> int:
    if work.tally[WRONG] != 0:
        return WRONG_LAW
    if work.cancel[0] != 0:
        return CANCELLED
    if has_underflow(work):
        return TIME_UNDERFLOW
    # Leaps make many jumps at the price of one, but an explosion outgrows any number.
    return TOO_MANY_EVENTS if work.tally[EVENTS] > 1e6 * work.clock[EVENT_LIMIT] else REACHED


@kernel
def _find_critical(system: SystemArrays, work: Workspace, critical: NDArray[np.bool_]) -> float:
    total = 0.0
    for r in range(critical.size):
        critical[r] = False
        if work.propensity[r] > 0.0:
            for k in range(system.change_start[r], system.change_start[r + 1]):
                amount = system.change_amount[k]
                if amount < 0 and work.counts[system.change_species[k]] < -amount * CRITICAL:
                    critical[r] = True
        if critical[r]:
            total += work.propensity[r]
    return total


@kernel
def _longest_leap(
    system: SystemArrays,
    work: Workspace,
    epsilon: float,
) -> float:
    order, drift, spread, critical = work.order, work.scratch[1], work.scratch[2], work.critical
    drift[:] = 0.0
    spread[:] = 0.0
    for r in range(critical.size):
        if not critical[r]:
            for k in range(system.change_start[r], system.change_start[r + 1]):
                amount = np.float64(system.change_amount[k])
                drift[system.change_species[k]] += amount * work.propensity[r]
                spread[system.change_species[k]] += amount * amount * work.propensity[r]
    tau = np.inf
    for i in range(order.size):
        if order[i] > 0 and spread[i] > 0.0:
            allowed = max(epsilon * work.counts[i] / _order_factor(order[i], work.counts[i]), 1.0)
            if drift[i] != 0.0:
                tau = min(tau, allowed / abs(drift[i]))
            tau = min(tau, allowed * allowed / spread[i])
    return tau


@kernel
def _find_orders(system: SystemArrays, order: NDArray[np.int64]) -> None:
    """Per species, 10 times the highest order of a reaction that it enters plus its own order there; laws count as 33."""
    order[:] = 0
    for r in range(system.rates.size):
        molecularity = 0
        for k in range(system.reactant_start[r], system.reactant_start[r + 1]):
            molecularity += system.reactant_order[k]
        for k in range(system.reactant_start[r], system.reactant_start[r + 1]):
            i = system.reactant_species[k]
            order[i] = max(order[i], 10 * molecularity + system.reactant_order[k])
    for i in range(order.size):
        if system.law_users_start[i + 1] > system.law_users_start[i]:
            order[i] = max(order[i], 33)


@kernel
def _order_factor(order: int, count: int) -> float:
    """The factor g_i: Σ over the species' own order k of (h/s)·k-th term, which is 2 + 1/(n - 1) for a pair."""
    molecularity, own = order // 10, order % 10
    total = 0.0
    for taken in range(own):
        total += 1.0 + taken / max(count - taken, 1.0)
    return molecularity * total / own


@kernel
def _chosen(work: Workspace, critical: NDArray[np.bool_], total: float) -> int:
    target = uniform(work.random) * total
    chosen = -1
    for r in range(critical.size):
        if critical[r]:
            chosen = r
            target -= work.propensity[r]
            if target < 0.0:
                break
    return chosen


@kernel
def _apply(system: SystemArrays, work: Workspace, firings: NDArray[np.int64]) -> bool:
    _add(system, work, firings, 1)
    for n in work.counts:
        if n < 0:
            _add(system, work, firings, -1)
            return False
    work.tally[EVENTS] += firings.sum()
    return True


@kernel
def _add(system: SystemArrays, work: Workspace, firings: NDArray[np.int64], sign: int) -> None:
    for r in range(firings.size):
        if firings[r] > 0:
            for k in range(system.change_start[r], system.change_start[r + 1]):
                work.counts[system.change_species[k]] += sign * firings[r] * system.change_amount[k]


@kernel
def _exact_jumps(system: SystemArrays, work: Workspace, until: float) -> int:
    for _ in range(EXACT_JUMPS):
        total = _propensities(system, work)
        status = _check(work)
        if status != REACHED:
            return status
        wait = exponential(work.random) / total if total > 0.0 else np.inf
        if work.clock[NOW] + wait > until:
            work.clock[NOW] = until
            return REACHED
        work.clock[NOW] += wait
        target = uniform(work.random) * total
        chosen = 0
        for r in range(work.propensity.size):
            if work.propensity[r] > 0.0:
                chosen = r
                target -= work.propensity[r]
                if target < 0.0:
                    break
        if not fire(system, work, chosen):
            return NEGATIVE_COUNT
        if is_terminal(work):
            return STOPPED
    return REACHED


@kernel
def _poisson(mean: float, state: NDArray[np.uint64]) -> int:
    """A Poisson number: by inversion below 10, else by transformed rejection (Hörmann 1993, PTRS)."""
    if mean < 10.0:
        share = math.exp(-mean)
        target = uniform(state)
        k = 0
        while target >= share and k < 200:
            target -= share
            k += 1
            share *= mean / k
        return k
    if mean > 1e15:
        return int(mean)
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    quick = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = uniform(state) - 0.5
        v = 1.0 - uniform(state)
        us = 0.5 - abs(u)
        whole = np.floor((2.0 * a / us + b) * u + mean + 0.43) if us > 0.0 else -1.0
        if us >= 0.07 and v <= quick:
            return int(whole)
        if whole < 0.0 or (us < 0.013 and v > us):
            continue
        if math.log(v * inverse_alpha / (a / (us * us) + b)) <= whole * math.log(mean) - mean - math.lgamma(
            whole + 1.0
        ):
            return int(whole)
