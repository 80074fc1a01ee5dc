"""Rejection-based simulation with composition-rejection, RSSA-CR (Thanh, Priami, Zunino 2014; Thanh, Zunino, Priami 2015), with
intervals that adapt.

Each count lies in an interval, and the intervals bound every propensity. Candidates come at the rate of the upper bounds and are
accepted with probability a/upper, so that the process is exact whatever the intervals; propensities are bounded afresh only when a
count leaves its interval. Wide intervals cost rejected candidates, narrow ones cost updates. Per count, with half-width w, a random
walk leaves after (w + 1)^2 changes, so that an event costs about

    changes per event · users · UPDATE_COST / (w + 1)^2  +  w · slope / total,

in candidates, `slope` being the growth of the total bound per unit of w; its minimum, (w + 1)^3 = 2 changes · users · UPDATE_COST ·
total / slope, is measured and set again as the trajectory runs. A width of zero is plain composition-rejection for that count.
Upper bounds are rounded up to 24 binary digits, so that their sums are exact and nothing drifts. Reactions with a general law
are kept exact: their propensity is computed again whenever a count that they read changes.
"""

import numpy as np

from ..numerics.xoshiro import exponential
from .composition_rejection import clear_groups, select, set_weight, sum_groups
from .jump_state import (
    CHECK_EVERY,
    EPOCH,
    EPOCH_EVENTS,
    EPOCH_TRIES,
    EVENTS,
    JUMPED,
    NEGATIVE_COUNT,
    NEXT,
    NOW,
    REACHED,
    STOPPED,
    TIME_UNDERFLOW,
    TOTAL,
    TRIES,
    UPDATES,
    WRONG,
    WRONG_LAW,
    Workspace,
    fire,
    has_underflow,
    is_terminal,
    propensity,
    trouble,
)
from .jump_system import A_PAIR, LAW, ONE_REACTANT, TWO_REACTANTS, SystemArrays
from .kernel import inlined_kernel, kernel

# Seconds for one update of a bound over seconds for one candidate: set by trial on one network of 3,749 reactions.
UPDATE_COST = 0.6
FIRST_WIDTH = 0.1
FIRST_EPOCH = 1024
LONGEST_EPOCH = 2**17
_ROUNDING = np.int64(2**29 - 1)


@kernel
def start_rejection(system: SystemArrays, work: Workspace) -> int:
    """Intervals, bounds and first candidate time of a trajectory that was reset."""
    clear_groups(work)
    for i in range(work.counts.size):
        work.width[i] = np.floor(FIRST_WIDTH * work.counts[i])
        work.reference[i] = work.counts[i]
        work.changes_seen[i] = 0
        _center(work, i)
    for r in range(system.rates.size):
        _bound(system, work, r)
    sum_groups(work)
    _draw(work)
    work.tally[EPOCH] = max(FIRST_EPOCH, system.rates.size // 4)
    return WRONG_LAW if work.tally[WRONG] != 0 else REACHED


@kernel
def advance_rejection(system: SystemArrays, work: Workspace, until: float, horizon: float, jumps: int) -> int:
    """Jump until the next candidate lies beyond `until`, or `jumps` times; returns how it ended."""
    done = 0
    while True:
        if work.clock[NEXT] > until:
            work.clock[NOW] = until
            return REACHED
        work.clock[NOW] = work.clock[NEXT]
        work.tally[TRIES] += 1
        r, height = select(work)
        # The height is uniform below the upper bound; below the lower bound the propensity need not be known.
        if height >= work.lower[r] and height >= propensity(system, work, work.counts, r):
            work.clock[NEXT] = work.clock[NOW] + exponential(work.random) / work.clock[TOTAL]
            continue
        if not fire(system, work, r):
            return NEGATIVE_COUNT
        if _follow(system, work, r):
            sum_groups(work)
            if work.tally[WRONG] != 0:
                return WRONG_LAW
        if work.tally[TRIES] - work.tally[EPOCH_TRIES] > work.tally[EPOCH]:
            _adapt(system, work)
            sum_groups(work)
        _draw(work)
        if is_terminal(work):
            return STOPPED
        if has_underflow(work):
            return TIME_UNDERFLOW
        if work.tally[EVENTS] % CHECK_EVERY == 0:
            status = trouble(work, horizon)
            if status != 0:
                return status
        done += 1
        if done == jumps:
            return JUMPED


@inlined_kernel
def _follow(system: SystemArrays, work: Workspace, r: int) -> bool:
    """Renew the intervals that the last jump left, and what depends on them; whether any bound was renewed."""
    renewed = False
    for k in range(system.change_start[r], system.change_start[r + 1]):
        i = system.change_species[k]
        work.changes_seen[i] += 1
        n = work.counts[i]
        if n < work.low[i] or n > work.high[i]:
            _renew(system, work, i)
            renewed = True
        first, last = system.law_users_start[i], system.law_users_start[i + 1]
        for user in range(first, last):
            _bound(system, work, system.law_users[user])
        if last > first:
            work.tally[UPDATES] += last - first
            renewed = True
    return renewed


@kernel
def _renew(system: SystemArrays, work: Workspace, i: int) -> None:
    _center(work, i)
    first, last = system.users_start[i], system.users_start[i + 1]
    for user in range(first, last):
        _bound(system, work, system.users[user])
    work.tally[UPDATES] += last - first


@inlined_kernel
def _center(work: Workspace, i: int) -> None:
    # The width was chosen at the reference count; a count that has fallen since takes it in proportion.
    n = work.counts[i]
    share = min(1.0, (n + 1.0) / (work.reference[i] + 1.0))
    width = np.int64(work.width[i] * share + 0.5)
    work.low[i] = max(n - width, 0)
    work.high[i] = n + width


@inlined_kernel
def _bound(system: SystemArrays, work: Workspace, r: int) -> None:
    if system.kind[r] == LAW:
        work.lower[r] = propensity(system, work, work.counts, r)
        set_weight(work, r, _rounded_up(work.lower[r]))
    else:
        work.lower[r] = propensity(system, work, work.low, r)
        set_weight(work, r, _rounded_up(propensity(system, work, work.high, r)))


@inlined_kernel
def _rounded_up(x: float) -> float:
    if x <= 0.0:
        return 0.0
    bits = (np.float64(x).view(np.int64) + _ROUNDING) & ~_ROUNDING
    return np.int64(bits).view(np.float64)


@kernel
def _adapt(system: SystemArrays, work: Workspace) -> None:
    """Set every width to what the last epoch's activity says, and begin the next epoch."""
    events = max(work.tally[EVENTS] - work.tally[EPOCH_EVENTS], 1)
    for i in range(work.counts.size):
        users = system.users_start[i + 1] - system.users_start[i]
        if users == 0:
            continue
        changes = max(np.float64(work.changes_seen[i]), 0.5) / events
        work.changes_seen[i] = 0
        slope = _slope(system, work, i)
        best = 2.0 * (work.counts[i] + 8.0)
        if slope > 0.0:
            best = min(best, np.cbrt(2.0 * changes * users * UPDATE_COST * work.clock[TOTAL] / slope) - 1.0)
        # Two counts that share a reaction widen at once: half a step each, in logarithms, keeps them from overshooting in turn.
        width = np.sqrt((work.width[i] + 1.0) * max(best + 1.0, 1e-3)) - 1.0
        width = max(min(width, 2.0 * work.width[i] + 2.0), 0.0)
        work.width[i] = width
        work.reference[i] = work.counts[i]
        if work.high[i] - work.counts[i] > 1.3 * width + 1.0 or (width < 0.5 and work.high[i] > work.counts[i]):
            _renew(system, work, i)
    work.tally[EPOCH_TRIES] = work.tally[TRIES]
    work.tally[EPOCH_EVENTS] = work.tally[EVENTS]
    work.tally[EPOCH] = min(2 * work.tally[EPOCH], max(LONGEST_EPOCH, 4 * system.rates.size))


@kernel
def _slope(system: SystemArrays, work: Workspace, i: int) -> float:
    """How fast the total upper bound grows with the upper end of interval i."""
    slope = 0.0
    for user in range(system.users_start[i], system.users_start[i + 1]):
        r = system.users[user]
        kind = system.kind[r]
        if kind == ONE_REACTANT:
            slope += system.rates[r]
        elif kind == TWO_REACTANTS:
            other = system.first[r] if system.second[r] == i else system.second[r]
            slope += system.rates[r] * work.high[other]
        elif kind == A_PAIR:
            slope += 2.0 * system.rates[r] * work.high[i]
        else:
            before = propensity(system, work, work.high, r)
            work.high[i] += 1
            slope += propensity(system, work, work.high, r) - before
            work.high[i] -= 1
    return slope


@inlined_kernel
def _draw(work: Workspace) -> None:
    if work.clock[TOTAL] > 0.0:
        work.clock[NEXT] = work.clock[NOW] + exponential(work.random) / work.clock[TOTAL]
    else:
        work.clock[NEXT] = np.inf
