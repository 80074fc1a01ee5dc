"""Simulation of Markov jump processes: statistics over trajectories on a time grid, single paths, long time averages.

Three exact methods and one approximation, each in its own module:

- "direct" (Gillespie 1977), for up to `DIRECT_REACTIONS` reactions, and for systems with events;
- "composition-rejection" (Slepoy, Thompson, Plimpton 2008), with a dependency graph;
- "rejection-based" (Thanh, Zunino, Priami 2015), with intervals that adapt;
- "tau-leaping" (Cao, Gillespie, Petzold 2006), which reports its error.

"auto" takes the direct method for small systems; for large ones a short pilot run counts candidates and updates, and the cheaper
of the other two exact methods is taken. Counting instead of timing keeps results reproducible.
"""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..numerics.xoshiro import streams
from . import jump_state, tau_leaping, trajectory_kernels
from .jump_results import JumpPath, JumpStatistics, TimeAverages, raise_for
from .jump_state import Workspace, workspace
from .jump_system import JumpSystem, SystemArrays

METHODS = {
    "direct": trajectory_kernels.DIRECT,
    "composition-rejection": trajectory_kernels.COMPOSITION,
    "rejection-based": trajectory_kernels.REJECTION,
}
# Up to here a linear search is taken to beat groups and intervals: an estimate, not a fit to timings.
DIRECT_REACTIONS = 40
EVENT_LIMIT = 1e9
MEMORY_LIMIT = 2**31
PILOT_JUMPS = 20_000
# Nanoseconds per candidate, per updated bound and per recomputed propensity: only their ratios matter.
CANDIDATE_COST, BOUND_COST, PROPENSITY_COST = 90.0, 14.0, 10.0
# Trajectories are summed in this many blocks, whatever the number of threads.
BLOCKS = 64


@dataclass(frozen=True)
class Bound:
    """A terminal condition: a trajectory stops when this count reaches `at_least`, or falls to `at_most`."""

    species: int
    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"a Bound has either at_least or at_most; got {self.at_least!r} and {self.at_most!r}")


def simulate_jumps(
    system: JumpSystem,
    times: ArrayLike,
    *,
    trajectories: int = 1,
    seed: int,
    method: str = "auto",
    threads: int | None = None,
    covariance: bool = False,
    keep: bool = False,
    stop: Sequence[Bound] = (),
    epsilon: float = 0.03,
    event_limit: float = EVENT_LIMIT,
    progress: Callable[[int, int], object] | None = None,
) -> JumpStatistics:
    """Independent trajectories from the initial counts at time zero, observed at `times` (K,), increasing from at least 0.

    Means and variances are accumulated as trajectories run; `keep` also returns every trajectory, (M, K, N) int64. A count at
    time t includes jumps at t. Trajectory m depends on the seed and m alone, and the result is the same for any number of
    `threads` (all cores by default). `progress(done, trajectories)` is called in the calling thread. `epsilon` is the leap
    parameter of tau-leaping, which runs a second sample at epsilon/2 to report its error. Raises ValueError for wrong arguments,
    `Explosion`, `InvalidPropensity`, `NegativeCount` and `InvalidEvent` for processes that cannot go on.
    """
    grid = _time_grid(times)
    _check_positive_integer("trajectories", trajectories)
    size = grid.size * system.species * (8 * trajectories if keep else 16)
    size += 8 * 3 * grid.size * system.species**2 if covariance else 0
    if size > MEMORY_LIMIT:
        raise ValueError(
            f"the result would need {size} bytes; the limit is {MEMORY_LIMIT} (fewer times or trajectories)"
        )
    states = streams(seed, trajectories)
    run = _Run(system, method, stop, event_limit, threads, horizon=float(grid[-1]), leaps=True)
    if run.method != "tau-leaping":
        return _sample(run, grid, states, seed, covariance, keep, epsilon, progress)
    if not 0.0 < epsilon <= 0.5:
        raise ValueError(f"epsilon must lie in (0, 0.5]; got {epsilon!r}")
    coarse = _sample(run, grid, states, seed, False, False, epsilon, None)
    # The finer sample is the result; fresh random numbers keep the two independent.
    fine_states = streams(seed, 2 * trajectories)[trajectories:]
    fine = _sample(run, grid, fine_states, seed, covariance, keep, epsilon / 2.0, progress)
    stderr = np.sqrt((coarse.variance + fine.variance) / trajectories)
    return JumpStatistics(
        **{name: getattr(fine, name) for name in fine.__dataclass_fields__ if not name.startswith("leap_error")},
        leap_error=fine.mean - coarse.mean,
        leap_error_stderr=stderr,
    )


def simulate_path(
    system: JumpSystem,
    end: float,
    *,
    seed: int,
    method: str = "auto",
    stop: Sequence[Bound] = (),
    event_limit: float = EVENT_LIMIT,
) -> JumpPath:
    """One trajectory from time zero to `end`, every jump of it. Raises as `simulate_jumps`; systems with events are refused."""
    horizon = float(_time_grid([end])[0])
    if system.events:
        raise ValueError("a path lists reactions, so that the system may have no events; use simulate_jumps(keep=True)")
    run = _Run(system, method, stop, event_limit, 1, horizon=horizon, leaps=False)
    work = run.workspace()
    status = trajectory_kernels.start(run.number, run.arrays, work, streams(seed, 1)[0])
    raise_for(status, work)
    times, reactions = [np.zeros(0)], [np.zeros(0, np.int32)]
    capacity, status = 1024, status if status == jump_state.STOPPED else jump_state.JUMPED
    while status == jump_state.JUMPED:
        chunk, fired = np.empty(capacity), np.empty(capacity, np.int32)
        status, count = trajectory_kernels.record_path(run.number, run.arrays, work, horizon, chunk, fired)
        raise_for(status, work)
        times.append(chunk[:count])
        reactions.append(fired[:count])
        capacity = min(2 * capacity, 2**22)
    return JumpPath(system, np.concatenate(times), np.concatenate(reactions), float(work.clock[0]), run.method)


def average_jumps(
    system: JumpSystem,
    duration: float,
    *,
    burn_in: float = 0.0,
    batches: int = 40,
    seed: int,
    method: str = "auto",
    event_limit: float = EVENT_LIMIT,
) -> TimeAverages:
    """Time averages of one trajectory over `duration` after `burn_in`, in equal batches whose scatter gives standard errors.

    Raises as `simulate_jumps`; systems with events are refused.
    """
    for name, value in (("duration", duration), ("burn_in", burn_in)):
        if not (math.isfinite(value) and value >= 0.0):
            raise ValueError(f"{name} must be finite and non-negative; got {value!r}")
    _check_positive_integer("batches", batches)
    if duration == 0.0 or batches < 2:
        raise ValueError(f"duration must be positive and batches at least 2; got {duration!r} and {batches!r}")
    if system.events:
        raise ValueError("time averages are for systems without events")
    edges = burn_in + np.linspace(0.0, duration, batches + 1)
    run = _Run(system, method, (), event_limit, 1, horizon=float(edges[-1]), leaps=False)
    work = run.workspace()
    raise_for(trajectory_kernels.start(run.number, run.arrays, work, streams(seed, 1)[0]), work)
    first, second = np.zeros((batches, system.species)), np.zeros((batches, system.species))
    status = trajectory_kernels.average_over_time(run.number, run.arrays, work, edges, first, second)
    raise_for(status, work)
    length = duration / batches
    events = int(work.tally[jump_state.EVENTS])
    return TimeAverages(first / length, second / length, length, events, run.method, int(seed))


class _Run:
    """A checked and compiled request: method, arrays, bounds and threads."""

    def __init__(
        self,
        system: JumpSystem,
        method: str,
        stop: Sequence[Bound],
        event_limit: float,
        threads: int | None,
        *,
        horizon: float,
        leaps: bool,
    ) -> None:
        allowed = ("auto", *METHODS, "tau-leaping") if leaps else ("auto", *METHODS)
        if method not in allowed:
            raise ValueError(f"method must be one of {', '.join(allowed)}; got {method!r}")
        if system.events and method not in ("auto", "direct"):
            raise ValueError(f"a system with events is simulated by the direct method; got method={method!r}")
        if not event_limit >= 1:
            raise ValueError(f"event_limit must be at least 1; got {event_limit!r}")
        if threads is not None:
            _check_positive_integer("threads", threads)
        for bound in stop:
            if not 0 <= bound.species < system.species:
                raise ValueError(f"a Bound names species {bound.species}; there are {system.species}")
        self.system, self.event_limit = system, float(event_limit)
        self.threads = threads or len(os.sched_getaffinity(0))
        self.bounds = (
            np.array([bound.species for bound in stop], np.int64),
            np.array([bound.at_most if bound.at_least is None else bound.at_least for bound in stop], np.int64),
            np.array([bound.at_least is not None for bound in stop], np.bool_),
        )
        self.cancel = np.zeros(1, np.int64)
        self.method = method if method != "auto" else self._chosen(horizon)
        self.number = METHODS.get(self.method, -1)
        needs_graph = self.method in ("direct", "composition-rejection")
        self.arrays: SystemArrays = system.arrays_with_graph if needs_graph else system.arrays

    def workspace(self) -> Workspace:
        return workspace(
            self.system,
            grouped=self.method in ("composition-rejection", "rejection-based", "auto"),
            bounds=self.bounds,
            event_limit=self.event_limit,
            cancel=self.cancel,
        )

    def _chosen(self, horizon: float) -> str:
        system = self.system
        if system.events or system.reactions <= DIRECT_REACTIONS:
            return "direct"
        self.method = "auto"
        work, arrays = self.workspace(), system.arrays
        number = trajectory_kernels.REJECTION
        if trajectory_kernels.start(number, arrays, work, streams(0, 1)[0]) != jump_state.REACHED:
            return "rejection-based"
        # The first half lets the intervals adapt, the second is counted.
        trajectory_kernels.advance(number, arrays, work, horizon, horizon, PILOT_JUMPS // 2)
        before = work.tally.copy()
        fired = np.empty(PILOT_JUMPS // 2, np.int32)
        _, count = trajectory_kernels.record_path(number, arrays, work, horizon, np.empty(fired.size), fired)
        if count == 0:
            return "rejection-based"
        spent = work.tally - before
        rejection = CANDIDATE_COST * spent[jump_state.TRIES] + BOUND_COST * spent[jump_state.UPDATES]
        readers = np.diff(arrays.users_start) + np.diff(arrays.law_users_start)
        per_reaction = np.add.reduceat(
            np.append(readers[arrays.change_species], 0),
            np.minimum(arrays.change_start[:-1], arrays.change_species.size),
        ) * (np.diff(arrays.change_start) > 0)
        composition = CANDIDATE_COST * count + PROPENSITY_COST * per_reaction[fired[:count]].sum()
        return "rejection-based" if rejection <= composition else "composition-rejection"


def _sample(
    run: _Run,
    times: NDArray[np.float64],
    states: NDArray[np.uint64],
    seed: int,
    covariance: bool,
    keep: bool,
    epsilon: float,
    progress: Callable[[int, int], object] | None,
) -> JumpStatistics:
    count, species = states.shape[0], run.system.species
    counts = np.zeros((count, times.size, species), np.int64) if keep else np.zeros((0, 0, 0), np.int64)
    stop_times, events = np.full(count, np.nan), np.zeros(count, np.int64)
    total = _Moments(times.size, species, covariance)
    idle: SimpleQueue[Workspace] = SimpleQueue()

    def block(first: int, last: int) -> _Moments:
        work = run.workspace() if idle.empty() else idle.get()
        part = _Moments(times.size, species, covariance)
        outputs = (
            part.mean,
            part.squares,
            part.products,
            counts[first:last],
            stop_times[first:last],
            events[first:last],
        )
        if run.method == "tau-leaping":
            status, _ = tau_leaping.run_leaps(run.arrays, work, states[first:last], times, epsilon, *outputs)
        else:
            status, _ = trajectory_kernels.run_trajectories(
                run.number, run.arrays, work, states[first:last], times, *outputs
            )
        raise_for(status, work)
        part.count = last - first
        idle.put(work)
        return part

    edges = np.unique(np.linspace(0, count, min(BLOCKS, count) + 1).astype(int))
    pieces = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    if run.threads == 1 or len(pieces) == 1:
        for first, last in pieces:
            total.add(block(first, last))
            if progress is not None:
                progress(total.count, count)
    else:
        _in_threads(run, block, pieces, total, count, progress)
    variance = total.squares / (count - 1) if count > 1 else np.full_like(total.squares, np.nan)
    products = (
        (total.products / (count - 1) if count > 1 else np.full_like(total.products, np.nan)) if covariance else None
    )
    return JumpStatistics(
        times,
        total.mean,
        variance,
        products,
        counts if keep else None,
        stop_times,
        count,
        int(events.sum()),
        run.method,
        int(seed),
    )


def _in_threads(
    run: _Run,
    block: Callable[[int, int], "_Moments"],
    pieces: list[tuple[int, int]],
    total: "_Moments",
    count: int,
    progress: Callable[[int, int], object] | None,
) -> None:
    with ThreadPoolExecutor(run.threads) as pool:
        ahead: list[Future[_Moments]] = []
        try:
            waiting = iter(pieces)
            for first, last in waiting:
                ahead.append(pool.submit(block, first, last))
                if len(ahead) >= 2 * run.threads:
                    break
            # Blocks are added in their order, so that sums round alike for any number of threads.
            while ahead:
                wait(ahead, return_when=FIRST_EXCEPTION, timeout=0)
                total.add(ahead.pop(0).result())
                if progress is not None:
                    progress(total.count, count)
                for first, last in waiting:
                    ahead.append(pool.submit(block, first, last))
                    break
        except BaseException:
            run.cancel[0] = 1
            pool.shutdown(wait=True, cancel_futures=True)
            raise


class _Moments:
    """Means and sums of squared deviations of a block, merged pairwise (Chan, Golub, LeVeque 1983)."""

    def __init__(self, times: int, species: int, covariance: bool) -> None:
        self.count = 0
        self.mean = np.zeros((times, species))
        self.squares = np.zeros((times, species))
        self.products = np.zeros((times, species, species) if covariance else (times, 0, 0))

    def add(self, other: "_Moments") -> None:
        together = self.count + other.count
        difference, weight = other.mean - self.mean, self.count * other.count / together
        self.squares += other.squares + weight * difference**2
        if self.products.size:
            self.products += other.products + weight * difference[:, :, None] * difference[:, None, :]
        self.mean += difference * (other.count / together)
        self.count = together


def _time_grid(times: ArrayLike) -> NDArray[np.float64]:
    grid = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if grid.ndim != 1 or grid.size == 0:
        raise ValueError(f"times must be a non-empty list of numbers; got shape {grid.shape}")
    if not (np.all(np.isfinite(grid)) and grid[0] >= 0.0 and np.all(np.diff(grid) > 0.0)):
        raise ValueError("times must be finite, non-negative and strictly increasing")
    return grid


def _check_positive_integer(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a positive integer; got {value!r}")
