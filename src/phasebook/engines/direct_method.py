"""Gillespie's direct method: draw the waiting time from the total propensity, then the reaction by its share (Gillespie 1977).

The total is summed afresh after every jump, so that nothing drifts; the search and the sum are linear in the number of reactions,
which is the fastest way up to a few dozen of them. It is also the method that runs systems with events.
"""

import numpy as np

from ..numerics.xoshiro import exponential, uniform
from .jump_state import (
    CHECK_EVERY,
    EVENT_CASCADE,
    EVENTS,
    JUMPED,
    LAST_REACTION,
    NEGATIVE_COUNT,
    NEXT,
    NOW,
    REACHED,
    STOPPED,
    TIME_UNDERFLOW,
    TOTAL,
    WRONG,
    WRONG_ASSIGNMENT,
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
from .law_programs import evaluate_program

LONGEST_CASCADE = 1000


@kernel
def start_direct(system: SystemArrays, work: Workspace) -> int:
    """Propensities, armed triggers and first waiting time of a trajectory that was reset."""
    for e in range(work.armed.size):
        work.armed[e] = system.trigger_armed[e]
    for r in range(system.rates.size):
        work.propensity[r] = propensity(system, work, work.counts, r)
    _draw(work)
    if work.tally[WRONG] != 0:
        return WRONG_LAW
    if work.armed.size > 0:
        return _run_events(system, work, 0.0)
    return REACHED


@kernel
def advance_direct(system: SystemArrays, work: Workspace, until: float, horizon: float, jumps: int) -> int:
    """Jump until the next jump lies beyond `until`, or `jumps` times; returns how it ended."""
    done = 0
    while True:
        if work.clock[NEXT] > until or (system.break_times.size > 0 and work.clock[NEXT] > _break_after(system, work)):
            pause = min(until, _break_after(system, work))
            work.clock[NOW] = pause
            if pause == until:
                # Triggers that switch at this very time do so before the counts are looked at.
                return _run_events(system, work, until) if _is_break(system, until) else REACHED
            status = _run_events(system, work, pause)
            if status != REACHED:
                return status
            continue
        work.clock[NOW] = work.clock[NEXT]
        target = uniform(work.random) * work.clock[TOTAL]
        r = 0
        last = work.propensity.size - 1
        target -= work.propensity[0]
        while target >= 0.0 and r < last:
            r += 1
            target -= work.propensity[r]
        while work.propensity[r] == 0.0:  # rounding led past the last possible one
            r -= 1
        if not fire(system, work, r):
            return NEGATIVE_COUNT
        for k in range(system.dependents_start[r], system.dependents_start[r + 1]):
            j = system.dependents[k]
            work.propensity[j] = propensity(system, work, work.counts, j)
        _draw(work)
        if work.tally[WRONG] != 0:
            return WRONG_LAW
        if work.armed.size > 0:
            status = _run_events(system, work, work.clock[NOW])
            if status != REACHED:
                return status
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
def _draw(work: Workspace) -> None:
    total = 0.0
    for r in range(work.propensity.size):
        total += work.propensity[r]
    work.clock[TOTAL] = total
    if total > 0.0:
        work.clock[NEXT] = work.clock[NOW] + exponential(work.random) / total
    else:
        work.clock[NEXT] = np.inf


@kernel
def _break_after(system: SystemArrays, work: Workspace) -> float:
    for time in system.break_times:
        if time > work.clock[NOW]:
            return time
    return np.inf


@kernel
def _is_break(system: SystemArrays, time: float) -> bool:
    found = False
    for each in system.break_times:
        found = found or each == time
    return found


@kernel
def _run_events(system: SystemArrays, work: Workspace, time: float) -> int:
    """Fire the triggers that have turned true, one after another, until none does; a strict comparison holds just after `time`."""
    just_after = np.nextafter(time, np.inf)
    changed = False
    for _ in range(LONGEST_CASCADE):
        fired = False
        for e in range(work.armed.size):
            holds = (
                evaluate_program(
                    system.trigger_code,
                    system.trigger_constants,
                    system.trigger_start[e],
                    system.trigger_start[e + 1],
                    work.counts,
                    just_after,
                    work.stack,
                )
                != 0.0
            )
            if not holds:
                work.armed[e] = True
            elif work.armed[e]:
                work.armed[e] = False
                if not _assign(system, work, e, time):
                    return WRONG_ASSIGNMENT
                fired = True
        if not fired:
            if changed:
                work.tally[LAST_REACTION] = -1
                for r in range(work.propensity.size):
                    work.propensity[r] = propensity(system, work, work.counts, r)
                _draw(work)
                if work.tally[WRONG] != 0:
                    return WRONG_LAW
                if is_terminal(work):
                    return STOPPED
            return REACHED
        changed = True
    return EVENT_CASCADE


@kernel
def _assign(system: SystemArrays, work: Workspace, event: int, time: float) -> bool:
    first, last = system.assignment_start[event], system.assignment_start[event + 1]
    for k in range(first, last):
        value = evaluate_program(
            system.value_code,
            system.value_constants,
            system.value_start[k],
            system.value_start[k + 1],
            work.counts,
            time,
            work.stack,
        )
        rounded = np.rint(value)
        if not (abs(value - rounded) < 1e-9 * max(1.0, abs(rounded)) and 0.0 <= rounded < 9.0e15):
            work.tally[WRONG] = event + 1
            return False
        work.assigned[k] = np.int64(rounded)
    for k in range(first, last):
        work.counts[system.assignment_species[k]] = work.assigned[k]
    return True
