"""Composition-rejection: reactions in groups by powers of two of their propensity, with a dependency graph (Slepoy, Thompson,
Plimpton 2008).

A group is found by its sum among a few dozen, a member by rejection against the group's upper bound, which accepts at least every
second try: a jump costs the same for any number of reactions, plus the propensities that it changes. The groups also serve the
rejection-based method, whose weights are upper bounds.
"""

import numpy as np

from ..numerics.xoshiro import exponential, uniform
from .jump_state import (
    ACTIVE_GROUPS,
    CHECK_EVERY,
    EVENTS,
    GROUPS,
    JUMPED,
    LOWEST_EXPONENT,
    NEGATIVE_COUNT,
    NEXT,
    NOW,
    REACHED,
    STOPPED,
    TIME_UNDERFLOW,
    TOTAL,
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
from .jump_system import SystemArrays
from .kernel import inlined_kernel, kernel

# Jumps between two fresh summations of the groups: 2^18 additions lose at most five digits of sixteen.
RESUM_EVERY = 2**18


@kernel
def start_composition(system: SystemArrays, work: Workspace) -> int:
    """Groups and first waiting time of a trajectory that was reset."""
    clear_groups(work)
    for r in range(system.rates.size):
        set_weight(work, r, propensity(system, work, work.counts, r))
    sum_groups(work)
    _draw(work)
    return WRONG_LAW if work.tally[WRONG] != 0 else REACHED


@kernel
def advance_composition(system: SystemArrays, work: Workspace, until: float, horizon: float, jumps: int) -> int:
    """Jump until the next jump lies beyond `until`, or `jumps` times; returns how it ended."""
    done = 0
    while True:
        if work.clock[NEXT] > until:
            work.clock[NOW] = until
            return REACHED
        work.clock[NOW] = work.clock[NEXT]
        r, _ = select(work)
        if not fire(system, work, r):
            return NEGATIVE_COUNT
        first, last = system.dependents_start[r], system.dependents_start[r + 1]
        for k in range(first, last):
            j = system.dependents[k]
            set_weight(work, j, propensity(system, work, work.counts, j))
        work.tally[UPDATES] += last - first
        if work.tally[WRONG] != 0:
            return WRONG_LAW
        if work.tally[EVENTS] % RESUM_EVERY == 0:
            _resum(work)
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


@kernel
def clear_groups(work: Workspace) -> None:
    """No reaction in any group."""
    work.group[:] = -1
    work.propensity[:] = 0.0
    work.group_sum[:] = 0.0
    work.group_size[:] = 0
    work.tally[ACTIVE_GROUPS] = 0


@inlined_kernel
def sum_groups(work: Workspace) -> None:
    """The total over the groups, afresh."""
    total = 0.0
    for k in range(work.tally[ACTIVE_GROUPS]):
        total += work.group_sum[work.active[k]]
    work.clock[TOTAL] = total


@inlined_kernel
def set_weight(work: Workspace, r: int, weight: float) -> None:
    """Give reaction r this weight, and move it to the weight's group."""
    old = work.propensity[r]
    if weight == old:
        return
    work.propensity[r] = weight
    before = work.group[r]
    after = _group_of(weight)
    if before == after:
        work.group_sum[before] += weight - old
        return
    if before >= 0:
        size = work.group_size[before] - 1
        moved = work.members[before, size]
        place = work.position[r]
        work.members[before, place] = moved
        work.position[moved] = place
        work.group_size[before] = size
        if size == 0:
            work.group_sum[before] = 0.0
            _deactivate(work, before)
        else:
            work.group_sum[before] -= old
    if after >= 0:
        size = work.group_size[after]
        if size == 0:
            _activate(work, after)
        work.members[after, size] = r
        work.position[r] = size
        work.group_size[after] = size + 1
        work.group_sum[after] += weight
    work.group[r] = after


@inlined_kernel
def select(work: Workspace) -> tuple[int, float]:
    """A reaction drawn by its weight, and a number uniform between zero and that weight."""
    target = uniform(work.random) * work.clock[TOTAL]
    last = work.tally[ACTIVE_GROUPS] - 1
    k = 0
    group = work.active[0]
    target -= work.group_sum[group]
    while target >= 0.0 and k < last:
        k += 1
        group = work.active[k]
        target -= work.group_sum[group]
    if group == 0:
        return _select_linearly(work)
    size = np.float64(work.group_size[group])
    bound = work.group_bound[group]
    while True:
        scaled = uniform(work.random) * size
        place = np.int64(scaled)
        height = (scaled - place) * bound
        r = work.members[group, place]
        if height < work.propensity[r]:
            return r, height


@kernel
def _select_linearly(work: Workspace) -> tuple[int, float]:
    # Below the lowest exponent, members differ by any factor: rejection could take forever.
    target = uniform(work.random) * work.group_sum[0]
    place = 0
    r = work.members[0, 0]
    target -= work.propensity[r]
    while target >= 0.0 and place < work.group_size[0] - 1:
        place += 1
        r = work.members[0, place]
        target -= work.propensity[r]
    return r, uniform(work.random) * work.propensity[r]


@inlined_kernel
def _group_of(weight: float) -> int:
    if weight <= 0.0:
        return -1
    exponent = int(np.float64(weight).view(np.int64) >> 52) - 1023
    return min(max(exponent - LOWEST_EXPONENT, 0), GROUPS - 1)


@kernel
def _activate(work: Workspace, group: int) -> None:
    # The active groups stand in descending order: those with the largest bounds are found first.
    k = work.tally[ACTIVE_GROUPS]
    while k > 0 and work.active[k - 1] < group:
        work.active[k] = work.active[k - 1]
        k -= 1
    work.active[k] = group
    work.tally[ACTIVE_GROUPS] += 1


@kernel
def _deactivate(work: Workspace, group: int) -> None:
    k = 0
    while work.active[k] != group:
        k += 1
    work.tally[ACTIVE_GROUPS] -= 1
    while k < work.tally[ACTIVE_GROUPS]:
        work.active[k] = work.active[k + 1]
        k += 1


@kernel
def _resum(work: Workspace) -> None:
    for k in range(work.tally[ACTIVE_GROUPS]):
        group = work.active[k]
        total = 0.0
        for place in range(work.group_size[group]):
            total += work.propensity[work.members[group, place]]
        work.group_sum[group] = total


@inlined_kernel
def _draw(work: Workspace) -> None:
    if work.clock[TOTAL] > 0.0:
        work.clock[NEXT] = work.clock[NOW] + exponential(work.random) / work.clock[TOTAL]
    else:
        work.clock[NEXT] = np.inf
