"""Exact Monte Carlo of a dense Hebbian network with stored patterns: heat-bath sweeps at any schedule of temperatures.

Energy per spin -(P!/2N^P)·sum over patterns of e_P(ξ∘σ), distinct indices, by look-ups in the exact tables of `krawtchouk`. One
spin costs one pass over its row of patterns. Nothing here knows the replica theory. Replicas have patterns of their own and run
in threads; the same seed gives the same numbers for any number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int8
from numpy.typing import ArrayLike, NDArray

from ..engines.replicas import run_replicas
from ..errors import PhasebookError
from ..numerics.measured import Measured
from ..numerics.statistics import correlated_estimate, mean_estimate
from ..numerics.xoshiro import streams
from . import dense_hebbian_kernels as kernels
from .dense_network import DenseNetwork, check_order, load_of
from .krawtchouk import Coupling, energy_table, field_cubics, field_table

Start = Literal["pattern", "random"]
MEMORY_LIMIT = 4 * 2**30
LARGEST_SIZE = 32_766  # positions are 16-bit


class PatternsTooLarge(PhasebookError, MemoryError):
    """The patterns would not fit; the message says how many gigabytes they need."""


@dataclass(frozen=True, eq=False)
class HebbianMemory:
    """Stored patterns of a dense network: signs ±1, int8, spin-major, shape (spins, patterns).

    `coupling` "distinct" is the model; "all" counts repeated indices too (energy -½·m^P per pattern), another model at high load.
    Raises ValueError where patterns aren't signs (naming the first that is not), or with fewer than P or more than 32,766 spins.
    """

    interaction_order: int
    patterns: Int8[np.ndarray, "spins patterns"]
    coupling: Coupling = "distinct"

    def __post_init__(self) -> None:
        order = check_order(self.interaction_order)
        signs = check_signs(self.patterns, ("spin", "pattern"))
        if not order <= signs.shape[0] <= LARGEST_SIZE:
            raise ValueError(f"patterns must have P = {order} to {LARGEST_SIZE} spins; got {signs.shape[0]}")
        if self.coupling not in ("distinct", "all"):
            raise ValueError(f"coupling must be distinct or all; got {self.coupling!r}")
        object.__setattr__(self, "patterns", np.ascontiguousarray(signs))

    @property
    def size(self) -> int:
        """Number of spins."""
        return int(self.patterns.shape[0])

    @property
    def count(self) -> int:
        """Number of patterns."""
        return int(self.patterns.shape[1])

    @property
    def network(self) -> DenseNetwork:
        """The network of theory with this order and load."""
        return DenseNetwork(self.interaction_order, load_of(self.interaction_order, self.size, self.count))


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One run: `overlaps` (sweeps, tracked) with the first patterns, `energies` per spin (sweeps,), `acceptance` (sweeps,).

    Acceptance is the share of spins that turned in a sweep; `spins` (N,) is the last configuration.
    """

    overlaps: Float[np.ndarray, "sweeps tracked"]
    energies: Float[np.ndarray, " sweeps"]
    acceptance: Float[np.ndarray, " sweeps"]
    spins: Int8[np.ndarray, " spins"]


@dataclass(frozen=True, eq=False)
class Replicas:
    """Runs of independent networks: `overlaps` with the first pattern, `energies` per spin and `acceptance`, (replicas, sweeps)."""

    overlaps: Float[np.ndarray, "replicas sweeps"]
    energies: Float[np.ndarray, "replicas sweeps"]
    acceptance: Float[np.ndarray, "replicas sweeps"]


def random_memory(
    interaction_order: int,
    size: int,
    patterns: int,
    seed: int,
    *,
    coupling: Coupling = "distinct",
    memory_limit: int = MEMORY_LIMIT,
) -> HebbianMemory:
    """Fair independent patterns. Raises ValueError, and PatternsTooLarge, a MemoryError, beyond `memory_limit` bytes."""
    _check_count("size", size, check_order(interaction_order))
    _check_count("patterns", patterns, 1)
    _check_memory(size, patterns, memory_limit)
    signs = np.empty((size, patterns), np.int8)
    kernels.fill_random_signs(signs, streams(seed, 1)[0])
    return HebbianMemory(interaction_order, signs, coupling)


def local_fields(memory: HebbianMemory, spins: ArrayLike) -> Float[np.ndarray, " spins"]:
    """Field on each spin of a configuration (N,): half the energy (of all spins together) that turning it would cost, times σ."""
    state = _State(memory, _configuration(memory, spins))
    fields = np.empty(memory.size)
    own = kernels.looked_up_sum(state.positions, state.own_table)
    kernels.all_fields(memory.patterns, state.spins, state.pulls, own, fields)
    return fields


def energy_per_spin(memory: HebbianMemory, spins: ArrayLike) -> float:
    """Energy of a configuration (N,) over N: near -1/2 in a retrieved pattern."""
    state = _State(memory, _configuration(memory, spins))
    return float(kernels.looked_up_sum(state.positions, state.energy_table))


def pattern_overlaps(memory: HebbianMemory, spins: ArrayLike) -> Float[np.ndarray, " patterns"]:
    """Overlaps of a configuration (N,) with all patterns, shape (K,)."""
    positions = np.zeros(memory.count, np.int16)
    kernels.positions_of(memory.patterns, _configuration(memory, spins), positions)
    return 2.0 * positions / memory.size - 1.0


def first_recall(memory: HebbianMemory) -> float:
    """Overlap with the first pattern after all its spins have turned into their fields at once (a zero field turns nothing)."""
    pattern = memory.patterns[:, 0]
    fields = local_fields(memory, pattern)
    recalled = np.where(fields == 0.0, pattern, np.sign(fields))
    return float(np.mean(recalled * pattern))


def simulate(
    memory: HebbianMemory,
    temperatures: ArrayLike,
    *,
    start: Start | ArrayLike = "pattern",
    seed: int,
    tracked: int = 1,
    cancel: NDArray[np.int64] | None = None,
) -> Trajectory:
    """Heat-bath sweeps, one at each of `temperatures` (sweeps,), zero included.

    They start from the first pattern, from random spins or from given ones (N,), and visit spins in their order.
    Raises ValueError for wrong arguments.
    """
    schedule = _schedule(temperatures)
    if not 1 <= tracked <= memory.count:
        raise ValueError(f"tracked must be between 1 and the {memory.count} patterns; got {tracked!r}")
    [words] = streams(seed, 1)
    if isinstance(start, str):
        if start not in ("pattern", "random"):
            raise ValueError(f"start must be pattern, random or a configuration; got {start!r}")
        spins = memory.patterns[:, 0].copy()
        if start == "random":
            column = np.empty((memory.size, 1), np.int8)
            kernels.fill_random_signs(column, words)
            spins = column[:, 0].copy()
    else:
        spins = _configuration(memory, start).copy()
    state = _State(memory, spins)
    overlaps, energies = np.empty((schedule.size, tracked)), np.empty(schedule.size)
    turned = np.zeros(schedule.size, np.int64)
    kernels.run_sweeps(
        memory.patterns,
        state.spins,
        state.positions,
        state.pulls,
        state.own_table,
        state.pull_table,
        state.energy_table,
        state.cubics,
        schedule,
        words,
        overlaps,
        energies,
        turned,
        np.zeros(1, np.int64) if cancel is None else cancel,
    )
    return Trajectory(overlaps, energies, turned / memory.size, state.spins)


def simulate_replicas(
    network: DenseNetwork,
    size: int,
    temperatures: ArrayLike,
    replicas: int,
    *,
    seed: int,
    start: Start = "pattern",
    coupling: Coupling = "distinct",
    threads: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
    progress: Callable[[int, int], object] | None = None,
) -> Replicas:
    """Independent networks at one load, each with fresh random patterns, under one schedule of temperatures (sweeps,).

    Replica r depends on the seed and r alone. `progress(done, replicas)` is called in the calling thread. Raises ValueError, and
    PatternsTooLarge, a MemoryError, where the patterns of all threads exceed `memory_limit` bytes.
    """
    schedule = _schedule(temperatures)
    _check_count("replicas", replicas, 1)
    if threads is not None:
        _check_count("threads", threads, 1)
    if start not in ("pattern", "random"):
        raise ValueError(f"start must be pattern or random; got {start!r}")
    count = network.patterns(size)
    workers = min(replicas, threads or len(os.sched_getaffinity(0)))
    _check_memory(size, workers * count, memory_limit)
    seeds = np.random.SeedSequence(_checked_seed(seed)).generate_state(2 * replicas, np.uint32).reshape(replicas, 2)
    cancel = np.zeros(1, np.int64)
    results = Replicas(*(np.empty((replicas, schedule.size)) for _ in range(3)))

    def run(replica: int) -> None:
        first, second = (int(word) for word in seeds[replica])
        memory = random_memory(
            network.interaction_order, size, count, first, coupling=coupling, memory_limit=memory_limit
        )
        with np.errstate(divide="ignore"):
            trajectory = simulate(memory, 1.0 / schedule, start=start, seed=second, cancel=cancel)
        results.overlaps[replica] = trajectory.overlaps[:, 0]
        results.energies[replica] = trajectory.energies
        results.acceptance[replica] = trajectory.acceptance

    run_replicas(run, replicas, workers, cancel, progress)
    return results


def quench_schedule(
    temperatures: Sequence[float], sweeps_each: int, sweeps_at_zero: int
) -> Float[np.ndarray, " sweeps"]:
    """Temperatures, each held for some sweeps, and then zero: a schedule for `simulate`. Raises ValueError for negative numbers."""
    _check_count("sweeps_each", sweeps_each, 1)
    _check_count("sweeps_at_zero", sweeps_at_zero, 0)
    return np.concatenate([np.repeat(np.asarray(temperatures, dtype=float), sweeps_each), np.zeros(sweeps_at_zero)])


def replica_estimate(series: ArrayLike, burn: int) -> Measured:
    """Mean of a series (replicas, sweeps) after `burn` sweeps, with the standard error of independent replicas.

    A single replica's error comes from its autocorrelations. Raises ValueError where nothing is left, and as
    `numerics.correlated_estimate` where one replica is too short.
    """
    values = np.atleast_2d(np.asarray(series, dtype=float))
    if not 0 <= burn < values.shape[1]:
        raise ValueError(f"burn must be at least 0 and below the {values.shape[1]} sweeps; got {burn!r}")
    if len(values) == 1:
        return correlated_estimate(values[0, burn:])
    return mean_estimate(values[:, burn:].mean(axis=1))


def check_signs(values: ArrayLike, axes: tuple[str, str]) -> Int8[np.ndarray, "rows columns"]:
    """A matrix of signs as int8. Raises ValueError with the place of the first entry that is neither 1 nor -1."""
    array = np.asarray(values)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"patterns must be a matrix of signs, one row or column each; got shape {array.shape}")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"patterns must be numbers 1 or -1; got {array.dtype}")
    wrong = (array != 1) & (array != -1)
    if wrong.any():
        row, column = np.unravel_index(int(np.argmax(wrong)), array.shape)
        raise ValueError(
            f"patterns must be 1 or -1; got {array[row, column]} at {axes[0]} {int(row)}, {axes[1]} {int(column)}"
        )
    return array.astype(np.int8, copy=False)


class _State:
    """A configuration with what the kernels keep of it."""

    def __init__(self, memory: HebbianMemory, spins: NDArray[np.int8]) -> None:
        self.spins = np.ascontiguousarray(spins)
        self.positions = np.zeros(memory.count, np.int16)
        kernels.positions_of(memory.patterns, self.spins, self.positions)
        fields = field_table(memory.interaction_order, memory.size, memory.coupling)
        # Position p is the sum 2p - N; without one agreeing spin it is entry p - 1 of the field's table, without one that does not,
        # entry p. What lies outside belongs to spins that do not exist, and cancels.
        without_agreeing, without_other = np.append(0.0, fields), np.append(fields, 0.0)
        self.own_table = 0.5 * (without_agreeing - without_other)
        self.pull_table = 0.5 * (without_agreeing + without_other)
        self.cubics = field_cubics(memory.interaction_order, memory.size, memory.coupling)
        if self.cubics.size:
            # The two ways to the same numbers must agree on what cancels, too.
            ends = np.array([-1.0, 1.0]) * memory.size
            self.own_table[[0, -1]], self.pull_table[[0, -1]] = (
                np.polynomial.polynomial.polyval(ends, cubic) for cubic in self.cubics
            )
        self.energy_table = energy_table(memory.interaction_order, memory.size, memory.coupling)
        self.pulls = np.empty(memory.count)
        kernels.look_up(self.positions, self.pull_table, self.pulls)


def _configuration(memory: HebbianMemory, spins: ArrayLike) -> NDArray[np.int8]:
    array = np.asarray(spins)
    if array.shape != (memory.size,) or not np.isin(array, (-1, 1)).all():
        raise ValueError(f"spins must be {memory.size} signs 1 or -1; got shape {array.shape}")
    return array.astype(np.int8)


def _schedule(temperatures: ArrayLike) -> NDArray[np.float64]:
    """Inverse temperatures."""
    values = np.atleast_1d(np.asarray(temperatures, dtype=float))
    if values.ndim != 1 or values.size == 0 or not (values >= 0).all():
        raise ValueError("temperatures must be numbers of at least 0, one for each sweep")
    with np.errstate(divide="ignore"):
        return 1.0 / values


def _check_memory(size: int, patterns: int, memory_limit: int) -> None:
    # Beside the signs: positions and pulls of each pattern.
    needed = (size + 10) * patterns
    if needed > memory_limit:
        raise PatternsTooLarge(
            f"{patterns:,} patterns of {size:,} spins need {needed / 2**30:.2f} GB; "
            f"memory_limit is {memory_limit / 2**30:.2f} GB (lower size, load or threads)"
        )


def _check_count(name: str, value: int, lowest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < lowest:
        raise ValueError(f"{name} must be an integer of at least {lowest}; got {value!r}")


def _checked_seed(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be a non-negative integer; got {seed!r}")
    return int(seed)
