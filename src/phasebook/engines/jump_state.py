"""The state of one running trajectory, and the steps that every algorithm for jump processes shares.

A workspace is a tuple of arrays that a thread owns and reuses for one trajectory after another. `clock` holds the time, the time of
the next candidate jump and the total propensity (or its bound); `tally` holds the counters and marks named below.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jump_system import A_PAIR, LAW, NO_REACTANT, ONE_REACTANT, TWO_REACTANTS, JumpSystem, SystemArrays
from .kernel import inlined_kernel, kernel
from .law_programs import evaluate_program

NOW, NEXT, TOTAL, LAST_CHECKED_TOTAL, EVENT_LIMIT = range(5)
EVENTS, TRIES, UPDATES, LAST_REACTION, WRONG, ACTIVE_GROUPS, GROWING, EPOCH_TRIES, EPOCH_EVENTS, EPOCH = range(10)

# How `advance` ended: at the time asked for, after the number of jumps asked for, at a terminal condition, or with an error.
REACHED, JUMPED, STOPPED = 0, 1, 2
TOO_MANY_EVENTS, TIME_UNDERFLOW, WRONG_LAW, NEGATIVE_COUNT, CANCELLED, WRONG_ASSIGNMENT, EVENT_CASCADE = range(10, 17)

# Jumps between two looks at the budget, at growth and at a request to stop.
CHECK_EVERY = 2**18
# One group of propensities per power of two; the lowest collects everything below 2^-160.
GROUPS, LOWEST_EXPONENT = 256, -160


class Workspace(NamedTuple):
    """What a trajectory changes as it runs; arrays over groups and bounds are only filled by the algorithms that use them."""

    counts: NDArray[np.int64]
    clock: NDArray[np.float64]
    tally: NDArray[np.int64]
    random: NDArray[np.uint64]
    stack: NDArray[np.float64]
    propensity: NDArray[np.float64]  # exact, or an upper bound
    lower: NDArray[np.float64]
    members: NDArray[np.int32]
    position: NDArray[np.int32]
    group: NDArray[np.int16]
    group_sum: NDArray[np.float64]
    group_size: NDArray[np.int64]
    group_bound: NDArray[np.float64]
    active: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    width: NDArray[np.float64]
    reference: NDArray[np.int64]
    changes_seen: NDArray[np.int64]
    armed: NDArray[np.bool_]
    assigned: NDArray[np.int64]
    bound_species: NDArray[np.int64]
    bound_value: NDArray[np.int64]
    bound_is_upper: NDArray[np.bool_]
    cancel: NDArray[np.int64]
    # room for sums over counts, and for leaps
    scratch: NDArray[np.float64]
    firings: NDArray[np.int64]
    critical: NDArray[np.bool_]
    order: NDArray[np.int64]


def workspace(
    system: JumpSystem,
    *,
    grouped: bool,
    bounds: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]],
    event_limit: float,
    cancel: NDArray[np.int64],
) -> Workspace:
    """Fresh arrays for one thread; `grouped` makes room for groups of propensities and intervals of counts."""
    species, reactions = system.species, system.reactions
    groups, ranged = (GROUPS, species) if grouped else (0, 0)
    clock = np.zeros(5)
    clock[EVENT_LIMIT] = event_limit
    return Workspace(
        counts=np.zeros(species, np.int64),
        clock=clock,
        tally=np.zeros(10, np.int64),
        random=np.zeros(4, np.uint64),
        stack=np.zeros(system.stack_depth),
        propensity=np.zeros(reactions),
        lower=np.zeros(reactions if grouped else 0),
        # Only the pages that are written to take memory.
        members=np.empty((groups, reactions if grouped else 0), np.int32),
        position=np.zeros(reactions if grouped else 0, np.int32),
        group=np.full(reactions if grouped else 0, -1, np.int16),
        group_sum=np.zeros(groups),
        group_size=np.zeros(groups, np.int64),
        group_bound=np.ldexp(1.0, np.arange(groups) + LOWEST_EXPONENT + 1),
        active=np.zeros(groups, np.int64),
        low=np.zeros(ranged, np.int64),
        high=np.zeros(ranged, np.int64),
        width=np.zeros(ranged),
        reference=np.zeros(ranged, np.int64),
        changes_seen=np.zeros(ranged, np.int64),
        armed=np.zeros(len(system.events), np.bool_),
        assigned=np.zeros(sum(len(event.assignments) for event in system.events), np.int64),
        bound_species=bounds[0],
        bound_value=bounds[1],
        bound_is_upper=bounds[2],
        cancel=cancel,
        scratch=np.zeros((3, species)),
        firings=np.zeros(reactions, np.int64),
        critical=np.zeros(reactions, np.bool_),
        order=np.zeros(species, np.int64),
    )


@kernel
def reset(system: SystemArrays, work: Workspace, state: NDArray[np.uint64]) -> None:
    """Back to the initial counts at time zero, with the random stream of the next trajectory."""
    for i in range(work.counts.size):
        work.counts[i] = system.initial[i]
    work.clock[:EVENT_LIMIT] = 0.0
    work.tally[:] = 0
    work.tally[LAST_REACTION] = -1
    for word in range(4):
        work.random[word] = state[word]


@inlined_kernel
def propensity(system: SystemArrays, work: Workspace, counts: NDArray[np.int64], r: int) -> float:
    """Propensity of reaction r; a law that is negative or not finite leaves its mark in the tally and counts as zero."""
    kind = system.kind[r]
    rate = system.rates[r]
    if kind == ONE_REACTANT:
        return rate * np.float64(counts[system.first[r]])
    if kind == TWO_REACTANTS:
        return rate * np.float64(counts[system.first[r]]) * np.float64(counts[system.second[r]])
    if kind == A_PAIR:
        n = np.float64(counts[system.first[r]])
        return rate * n * (n - 1.0)
    if kind == NO_REACTANT:
        return rate
    value = rate * _falling_factorials(system.reactant_start, system.reactant_species, system.reactant_order, counts, r)
    if kind == LAW:
        value *= evaluate_program(
            system.law_code,
            system.law_constants,
            system.law_start[r],
            system.law_start[r + 1],
            counts,
            work.clock[NOW],
            work.stack,
        )
        if not 0.0 <= value < np.inf:
            if work.tally[WRONG] == 0:
                work.tally[WRONG] = r + 1
            return 0.0
    return value


@kernel
def _falling_factorials(
    start: NDArray[np.int32],
    species: NDArray[np.int32],
    orders: NDArray[np.int32],
    counts: NDArray[np.int64],
    r: int,
) -> float:
    value = 1.0
    for k in range(start[r], start[r + 1]):
        n = np.float64(counts[species[k]])
        for taken in range(orders[k]):
            value *= n - taken
    return value


@inlined_kernel
def fire(system: SystemArrays, work: Workspace, r: int) -> bool:
    """Change the counts by reaction r; False, with a mark in the tally, where a count would become negative."""
    work.tally[LAST_REACTION] = r
    work.tally[EVENTS] += 1
    possible = True
    for k in range(system.change_start[r], system.change_start[r + 1]):
        i = system.change_species[k]
        work.counts[i] += system.change_amount[k]
        if work.counts[i] < 0:
            possible = False
    if not possible:
        work.tally[WRONG] = r + 1
    return possible


@inlined_kernel
def is_terminal(work: Workspace) -> bool:
    """Whether a count has reached one of its terminal bounds."""
    for k in range(work.bound_species.size):
        n = work.counts[work.bound_species[k]]
        if work.bound_is_upper[k]:
            if n >= work.bound_value[k]:
                return True
        elif n <= work.bound_value[k]:
            return True
    return False


@kernel
def trouble(work: Workspace, horizon: float) -> int:
    """Status of the checks that need not follow every jump: cancelled, over budget, exploding; zero if none.

    While the total propensity keeps growing, it bounds from below what the rest will cost.
    """
    if work.cancel[0] != 0:
        return CANCELLED
    if work.tally[EVENTS] > work.clock[EVENT_LIMIT]:
        return TOO_MANY_EVENTS
    total = work.clock[TOTAL]
    if total > 1.01 * work.clock[LAST_CHECKED_TOTAL]:
        work.tally[GROWING] += 1
    else:
        work.tally[GROWING] = 0
    work.clock[LAST_CHECKED_TOTAL] = total
    if work.tally[GROWING] >= 3 and total * (horizon - work.clock[NOW]) > work.clock[EVENT_LIMIT]:
        return TOO_MANY_EVENTS
    return 0


@inlined_kernel
def has_underflow(work: Workspace) -> bool:
    """Whether the mean waiting time no longer changes the time, or lies below what the groups can hold."""
    return not (work.clock[TOTAL] * work.clock[NOW] < 9.0e15 and work.clock[TOTAL] < 1.0e28)
