"""Exact event-driven epidemics (susceptible, infectious, recovered) on any graph, in continuous time.

When a node falls ill its time of recovery is drawn once, and a time of transmission along each of its edges; those after its
recovery don't happen. Future infections wait in a calendar of short time slots, the present slot in a binary heap, so that the
next event costs the same however many wait. In the spirit of Kiss, Miller and Simon 2017 (event-driven simulation).
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from ..engines.graph import Graph
from ..numerics.xoshiro import exponential, streams
from .epidemics import Rates

SLOTS = 4096
# Waiting infections that share a slot, roughly: the heap of the present one stays in the cache.
PER_SLOT = 256
LONGEST_WAIT = 16.0


@dataclass(frozen=True)
class Outbreak:
    """What happened to each node: when it fell ill (infinite: never), when it recovered, and who infected it (−1: nobody).

    `events` counts infections and recoveries up to `end`, the time of the last of them or the time at which the run was stopped.
    """

    infection_times: NDArray[np.float64]
    recovery_times: NDArray[np.float64]
    infectors: NDArray[np.int32]
    events: int
    end: float

    @property
    def attack_rate(self) -> float:
        """Share of nodes that fell ill."""
        return float(np.isfinite(self.infection_times).mean())

    def infected_by(self, time: float) -> NDArray[np.bool_]:
        """Which nodes had fallen ill by a time."""
        return self.infection_times <= time

    def time_of_share(self, share: float) -> float:
        """When this share of all nodes had fallen ill; infinite where it never had."""
        if not 0 < share <= 1:
            raise ValueError(f"share must lie in (0, 1]; got {share!r}")
        rank = max(0, math.ceil(share * self.infection_times.size) - 1)
        return float(np.partition(self.infection_times, rank)[rank])

    def prevalence(self, times: ArrayLike) -> NDArray[np.float64]:
        """Share of infectious nodes at times (K,)."""
        began, ended = (np.sort(each[np.isfinite(each)]) for each in (self.infection_times, self.recovery_times))
        at = np.asarray(times, dtype=float)
        now = np.searchsorted(began, at, side="right") - np.searchsorted(ended, at, side="right")
        return now / self.infection_times.size


def simulate_outbreak(
    graph: Graph, rates: Rates, seeds: ArrayLike, *, seed: int, until: float = math.inf, share: float = 1.0
) -> Outbreak:
    """One outbreak from nodes infected at time zero, run to its end, to `until`, or until a `share` of all nodes has fallen ill.

    Raises ValueError for seeds that are no nodes, listed twice or absent, and for wrong arguments.
    """
    return simulate_outbreaks(graph, rates, [seeds], seed=seed, until=until, share=share, threads=1)[0]


def simulate_outbreaks(
    graph: Graph,
    rates: Rates,
    seeds: Sequence[ArrayLike],
    *,
    seed: int,
    until: float = math.inf,
    share: float = 1.0,
    threads: int | None = None,
) -> list[Outbreak]:
    """Independent outbreaks, one for each list of seed nodes, over all cores; the result doesn't depend on `threads`."""
    starts = [_checked_seeds(graph, each) for each in seeds]
    if not until > 0:
        raise ValueError(f"until must be positive; got {until!r}")
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1]; got {share!r}")
    states = streams(seed, max(1, len(starts)))
    most = math.ceil(share * graph.nodes)
    # Most infections happen within some ten times of recovery: one slot should hold few of those that wait.
    slots_per_time = (rates.transmission + rates.recovery) * min(65536.0, max(16.0, graph.nodes / PER_SLOT))
    width = max(1 / slots_per_time, LONGEST_WAIT / (rates.transmission + rates.recovery) / 2**20)

    def run(index: int) -> Outbreak:
        infection = np.full(graph.nodes, np.inf)
        recovery = np.full(graph.nodes, np.inf)
        infector = np.full(graph.nodes, -1, np.int32)
        events, end = _spread(
            graph.offsets,
            graph.neighbors,
            rates.transmission,
            rates.recovery,
            starts[index],
            float(until),
            most,
            width,
            states[index],
            infection,
            recovery,
            infector,
        )
        return Outbreak(infection, recovery, infector, int(events), float(end))

    workers = threads or len(os.sched_getaffinity(0))
    if workers == 1 or len(starts) < 2:
        return [run(index) for index in range(len(starts))]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(len(starts))))


def _checked_seeds(graph: Graph, seeds: ArrayLike) -> NDArray[np.int64]:
    nodes = np.atleast_1d(np.asarray(seeds))
    if nodes.ndim != 1 or nodes.size == 0 or nodes.dtype.kind not in "iu":
        raise ValueError(f"seeds must be a list of node numbers, at least one; got {seeds!r}")
    if nodes.min() < 0 or nodes.max() >= graph.nodes:
        raise ValueError(f"seeds must be nodes from 0 to {graph.nodes - 1}; got {nodes.min()} to {nodes.max()}")
    if np.unique(nodes).size < nodes.size:
        raise ValueError("seeds must be different nodes; one is listed twice")
    return nodes.astype(np.int64)


@njit(cache=True, nogil=True)
def _spread(
    offsets: NDArray[np.int64],
    neighbors: NDArray[np.int32],
    transmission: float,
    recovery: float,
    seeds: NDArray[np.int64],
    until: float,
    most: int,
    width: float,
    state: NDArray[np.uint64],
    infection_time: NDArray[np.float64],
    recovery_time: NDArray[np.float64],
    infector: NDArray[np.int32],
) -> tuple[int, float]:
    """Runs one outbreak; while an infection waits, its node's earliest time stands in `infection_time`."""
    capacity = 1024
    times, nodes, follower = np.empty(capacity), np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    for e in range(capacity - 1):
        follower[e] = e + 1
    follower[capacity - 1] = -1
    free = 0
    slots = np.full(SLOTS, -1, np.int32)
    waiting = seeds.size
    heap_times, heap_nodes = np.empty(1024), np.empty(1024, np.int32)
    for k in range(seeds.size):
        infection_time[seeds[k]] = 0.0
        if k == heap_times.size:
            heap_times, heap_nodes = _longer(heap_times), _longer(heap_nodes)
        heap_times[k], heap_nodes[k] = 0.0, seeds[k]
    heap = seeds.size
    slot, fallen, events, last = 0, 0, 0, 0.0
    slot_end = width
    now = 0.0
    stopped = False
    while waiting > 0 and not stopped:
        while heap > 0:
            now, node = heap_times[0], heap_nodes[0]
            heap -= 1
            _sink(heap_times, heap_nodes, heap)
            waiting -= 1
            # An earlier infection of the same node has happened, and this one is stale.
            if now > infection_time[node] or recovery_time[node] < np.inf:
                continue
            if now > until:
                stopped = True
                break
            fallen += 1
            duration = exponential(state) / recovery
            recovered = now + duration
            recovery_time[node] = recovered
            last = max(last, recovered)
            if fallen >= most:
                stopped = True
                break
            for k in range(offsets[node], offsets[node + 1]):
                other = neighbors[k]
                if infection_time[other] <= now:
                    continue
                delay = exponential(state) / transmission
                at = now + delay
                if delay >= duration or at >= infection_time[other]:
                    continue
                infection_time[other] = at
                infector[other] = node
                waiting += 1
                if at < slot_end:
                    if heap == heap_times.size:
                        heap_times, heap_nodes = _longer(heap_times), _longer(heap_nodes)
                    _rise(heap_times, heap_nodes, heap, at, other)
                    heap += 1
                    continue
                if free < 0:
                    times, nodes, follower = _longer(times), _longer(nodes), _longer(follower)
                    for e in range(capacity, 2 * capacity - 1):
                        follower[e] = e + 1
                    follower[2 * capacity - 1] = -1
                    free = capacity
                    capacity *= 2
                entry = free
                free = follower[entry]
                place = int(at / width) % SLOTS
                times[entry], nodes[entry], follower[entry] = at, other, slots[place]
                slots[place] = entry
        if stopped or waiting == 0:
            break
        slot += 1
        slot_end = (slot + 1) * width
        place = slot % SLOTS
        entry = slots[place]
        slots[place] = -1
        while entry >= 0:
            after = follower[entry]
            if int(times[entry] / width) <= slot:
                if heap == heap_times.size:
                    heap_times, heap_nodes = _longer(heap_times), _longer(heap_nodes)
                _rise(heap_times, heap_nodes, heap, times[entry], nodes[entry])
                heap += 1
                follower[entry] = free
                free = entry
            else:  # a later turn of the calendar
                follower[entry] = slots[place]
                slots[place] = entry
            entry = after
    end = min(until, now if stopped else last)
    for i in range(infection_time.size):
        if infection_time[i] > end or recovery_time[i] == np.inf:
            infection_time[i], recovery_time[i], infector[i] = np.inf, np.inf, -1
            continue
        events += 2 if recovery_time[i] <= end else 1
    return events, end


@njit(cache=True, nogil=True)
def _longer(values: NDArray) -> NDArray:
    grown = np.empty(2 * values.size, values.dtype)
    grown[: values.size] = values
    return grown


@njit(cache=True, nogil=True)
def _rise(times: NDArray[np.float64], nodes: NDArray[np.int32], at: int, time: float, node: int) -> None:
    """Put an entry into the heap of `at` entries."""
    while at > 0:
        above = (at - 1) >> 1
        if times[above] <= time:
            break
        times[at], nodes[at] = times[above], nodes[above]
        at = above
    times[at], nodes[at] = time, node


@njit(cache=True, nogil=True)
def _sink(times: NDArray[np.float64], nodes: NDArray[np.int32], size: int) -> None:
    """Take the first entry out: the entry at `size`, the last one, finds its place from the top."""
    if size == 0:
        return
    time, node = times[size], nodes[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and times[below + 1] < times[below]:
            below += 1
        if times[below] >= time:
            break
        times[at], nodes[at] = times[below], nodes[below]
        at = below
    times[at], nodes[at] = time, node
