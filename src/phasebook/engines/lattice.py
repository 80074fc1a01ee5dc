"""Exact simulation of lattice models in continuous time by random sequential update, in one to three periodic dimensions.

A model (`lattice_rules`) says what a site does alone or with a random neighbor. Where empty sites do nothing, particles are kept in
a list and a move of one of n particles takes 1/n of the time in which each attempts one; else every site is visited at random.
Replicas run over the cores; replica m depends on the seed and m alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PhasebookError
from ..numerics.measured import Measured
from ..numerics.xoshiro import streams
from .lattice_kernels import PLACE_BITS, advance_list, advance_sites
from .lattice_rules import LatticeModel
from .replicas import run_replicas

MOST_SITES = 2**PLACE_BITS
MEMORY_LIMIT = 2**32
# Attempts between two looks at whether the user has interrupted a run over all sites.
LONGEST_STRETCH = 1 << 40


class ExtinctRuns(PhasebookError, ValueError):
    """Some runs have lost a species, and the caller did not say whether they belong to the average."""


@dataclass(frozen=True, eq=False)
class LatticeRuns:
    """Replicas of a lattice model observed at `times` (K,).

    `densities` (replicas, K, species) are particles per site; `block_densities` (replicas, K, blocks, species) those of equal
    contiguous pieces of the lattice, where asked for; `snapshots` (replicas, shots, *shape) are states (0 is empty) at
    `snapshot_times`; `attempts` (replicas,) counts updates, those that changed nothing among them.
    """

    model: LatticeModel
    shape: tuple[int, ...]
    times: NDArray[np.float64]
    densities: NDArray[np.float64]
    block_densities: NDArray[np.float64] | None
    snapshots: NDArray[np.uint8]
    snapshot_times: NDArray[np.float64]
    attempts: NDArray[np.int64]
    seed: int

    @property
    def replicas(self) -> int:
        """Number of independent runs."""
        return self.densities.shape[0]

    @property
    def survived(self) -> NDArray[np.bool_]:
        """For each replica, whether every species that was there at the first observation is there at the last."""
        return ((self.densities[:, -1] > 0) | (self.densities[:, 0] == 0)).all(axis=1)

    def of(self, species: str) -> NDArray[np.float64]:
        """Densities (replicas, K) of one species."""
        return self.densities[:, :, self.model.state_of(species) - 1]

    def mean(
        self, ensemble: Literal["all", "survivors"] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean densities (K, species) and their standard errors over replicas; NaN errors from a single replica.

        Where a run has lost a species, `ensemble` must say whether averages are over all runs or over the survivors: raises
        ExtinctRuns where it doesn't, or where nobody survived.
        """
        alive = self.survived
        if ensemble is None and not alive.all():
            raise ExtinctRuns(
                f"{np.count_nonzero(~alive)} of {alive.size} runs have lost a species; say ensemble='all' or 'survivors'"
            )
        if ensemble not in (None, "all", "survivors"):
            raise ValueError(f"ensemble must be 'all' or 'survivors'; got {ensemble!r}")
        if ensemble == "survivors" and not alive.any():
            raise ExtinctRuns(f"none of {alive.size} runs has kept its species; only ensemble='all' has an average")
        chosen = self.densities[alive] if ensemble == "survivors" else self.densities
        count = len(chosen)
        stderr = chosen.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else np.full(chosen.shape[1:], np.nan)
        return chosen.mean(axis=0), stderr

    def block_estimate(self, species: str, observation: int) -> Measured:
        """Mean density of a species at one observation, its error from all replicas' blocks taken as independent.

        Blocks must be far longer than the correlations. Raises ValueError where no blocks were kept.
        """
        if self.block_densities is None:
            raise ValueError("blocks must be positive in simulate_lattice for a block estimate")
        values = self.block_densities[:, observation, :, self.model.state_of(species) - 1].ravel()
        return Measured(float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size)), values.size - 1.0)


def simulate_lattice(
    model: LatticeModel,
    shape: int | Sequence[int],
    times: ArrayLike,
    *,
    initial: Mapping[str, float] | ArrayLike,
    exact_numbers: bool = False,
    replicas: int = 1,
    seed: int,
    threads: int | None = None,
    blocks: int = 0,
    snapshots: Sequence[float] = (),
    progress: Callable[[int, int], object] | None = None,
) -> LatticeRuns:
    """Independent runs from time zero, observed at `times` (K,), increasing and not negative.

    `initial` maps species to densities (each site independently, or that share of sites exactly with `exact_numbers`), or is an
    array of states with the lattice's shape. `blocks` (a divisor of the number of sites) also keeps the densities of that many
    contiguous pieces; `snapshots` lists the times, among `times`, at which states are kept. The result is the same for any number
    of `threads` (all cores by default); `progress(done, replicas)` is called in the calling thread. Raises ValueError.
    """
    extents = lattice_shape(shape)
    grid = time_grid(times)
    _check_run(model, extents, grid, replicas, blocks, snapshots)
    sites, species = math.prod(extents), len(model.species)
    shots = np.searchsorted(grid, np.asarray(snapshots, dtype=float))
    place = _placement(model, extents, initial, exact_numbers)
    random, cancel = streams(seed, replicas), np.zeros(1, np.int64)
    densities = np.zeros((replicas, grid.size, species))
    blocked = np.zeros((replicas, grid.size, blocks, species)) if blocks else None
    kept = np.zeros((replicas, len(shots), *extents), np.uint8)
    attempts = np.zeros(replicas, np.int64)
    shot_of = {int(place): number for number, place in enumerate(shots)}

    def run(replica: int) -> None:
        generator = np.random.default_rng([seed, replica, 1])
        states = place(generator)
        advance = _SiteRun if model.empty_sites_act else _ListRun
        system = advance(model, extents, states, random[replica], generator, cancel)
        for number, until in enumerate(grid):
            attempts[replica] += system.advance(float(until))
            states = system.states
            densities[replica, number] = np.bincount(states, minlength=species + 1)[1:] / sites
            if blocked is not None:
                for state in range(1, species + 1):
                    pieces = (states == state).reshape(blocks, -1)
                    blocked[replica, number, :, state - 1] = pieces.mean(axis=1)
            if number in shot_of:
                kept[replica, shot_of[number]] = states.reshape(extents)

    run_replicas(run, replicas, threads, cancel, progress)
    return LatticeRuns(model, extents, grid, densities, blocked, kept, grid[shots], attempts, int(seed))


def random_states(
    generator: np.random.Generator, sites: int, densities: NDArray[np.float64], exact_numbers: bool = False
) -> NDArray[np.uint8]:
    """States (sites,) with these `densities` (species,): each site independently, or exactly that share of sites, shuffled."""
    if exact_numbers:
        counts = np.round(np.cumsum(densities) * sites).astype(int)
        states = np.zeros(sites, np.uint8)
        first = 0
        for state, last in enumerate(counts, start=1):
            states[first:last] = state
            first = last
        generator.shuffle(states)
        return states
    # The number of edges below or at a uniform number counts from the top: the last state's share comes first.
    edges = np.cumsum(densities)
    pick = generator.random(sites)
    states = np.zeros(sites, np.uint8)
    for state in range(len(densities), 0, -1):
        states[pick < edges[state - 1]] = state
    return states


def lattice_shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    """One to three extents of at least 2, with at most 2**26 sites. Raises ValueError."""
    extents = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    if not 1 <= len(extents) <= 3 or any(
        isinstance(extent, bool) or not isinstance(extent, int | np.integer) or extent < 2 for extent in extents
    ):
        raise ValueError(f"shape must be one to three integers of at least 2; got {shape!r}")
    if math.prod(map(int, extents)) > MOST_SITES:
        raise ValueError(f"shape must have at most {MOST_SITES} sites; got {math.prod(map(int, extents))}")
    return tuple(map(int, extents))


def time_grid(times: ArrayLike) -> NDArray[np.float64]:
    """Observation times, finite, not negative and increasing. Raises ValueError."""
    grid = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all() or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise ValueError("times must be a list of finite, non-negative and strictly increasing numbers")
    return grid


class _ListRun:
    """A lattice whose particles stand in a list."""

    def __init__(
        self,
        model: LatticeModel,
        shape: tuple[int, ...],
        states: NDArray[np.uint8],
        random: NDArray[np.uint64],
        generator: np.random.Generator,
        cancel: NDArray[np.int64],
    ) -> None:
        self.table, self.random, self.cancel = model.table, random, cancel
        self.strides, self.blocks = _steps(shape)
        occupied = np.flatnonzero(states).astype(np.int32)
        self.places = np.zeros(states.size, np.int32)
        self.places[: occupied.size] = occupied
        self.cells = np.zeros(states.size, np.int32)
        self.cells[occupied] = (states[occupied].astype(np.int32) << PLACE_BITS) | np.arange(
            occupied.size, dtype=np.int32
        )
        self.numbers, self.clock = np.array([occupied.size], np.int64), np.zeros(1)

    @property
    def states(self) -> NDArray[np.uint8]:
        return (self.cells >> PLACE_BITS).astype(np.uint8)

    def advance(self, until: float) -> int:
        attempts: int = advance_list(
            self.cells,
            self.places,
            self.numbers,
            self.clock,
            until,
            *self.table,
            self.strides,
            self.blocks,
            self.random,
            self.cancel,
        )
        return _uncancelled(attempts)


class _SiteRun:
    """A lattice whose sites, empty or not, are all visited."""

    def __init__(
        self,
        model: LatticeModel,
        shape: tuple[int, ...],
        states: NDArray[np.uint8],
        random: NDArray[np.uint64],
        generator: np.random.Generator,
        cancel: NDArray[np.int64],
    ) -> None:
        self.table, self.random, self.cancel, self.generator = model.table, random, cancel, generator
        self.strides, self.blocks = _steps(shape)
        self.states, self.clock = states, 0.0

    def advance(self, until: float) -> int:
        expected = self.states.size * self.table.attempt_rate * (until - self.clock)
        if expected > LONGEST_STRETCH:
            raise ValueError(
                f"the next observation is {expected:.3g} attempts away; at most {LONGEST_STRETCH} are allowed"
            )
        number = int(self.generator.poisson(expected))
        self.clock = until
        attempts: int = advance_sites(
            self.states,
            number,
            *self.table[:-1],
            self.strides,
            self.blocks,
            self.random,
            self.cancel,
        )
        return _uncancelled(attempts)


def _uncancelled(attempts: int) -> int:
    if attempts < 0:
        raise KeyboardInterrupt
    return attempts


def _steps(shape: tuple[int, ...]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Step along each axis, and step times extent, the last axis first."""
    strides = np.cumprod((1, *shape[:0:-1])).astype(np.uint32)
    return strides, (strides * np.array(shape[::-1], np.uint32)).astype(np.uint32)


def _placement(
    model: LatticeModel, shape: tuple[int, ...], initial: Mapping[str, float] | ArrayLike, exact_numbers: bool
) -> Callable[[np.random.Generator], NDArray[np.uint8]]:
    """How a replica's sites are filled: at random, or as they were given."""
    if isinstance(initial, Mapping):
        shares = _checked_densities(model, initial)
        return lambda generator: random_states(generator, math.prod(shape), shares, exact_numbers)
    given = _checked_states(model, shape, initial).ravel()
    return lambda generator: given.copy()


def _checked_densities(model: LatticeModel, initial: Mapping[str, float]) -> NDArray[np.float64]:
    densities = np.zeros(len(model.species))
    for name, density in initial.items():
        if not 0 <= float(density) <= 1:
            raise ValueError(f"the initial density of {name} must lie in [0, 1]; got {density!r}")
        densities[model.state_of(name) - 1] = float(density)
    if densities.sum() > 1 + 1e-12:
        raise ValueError(
            f"initial densities must sum to at most 1, a particle per site; they sum to {densities.sum():g}"
        )
    return densities


def _checked_states(model: LatticeModel, shape: tuple[int, ...], initial: ArrayLike) -> NDArray[np.uint8]:
    states = np.asarray(initial)
    if states.dtype.kind not in "biu" or states.shape != shape:
        raise ValueError(
            f"initial must hold integer states of shape {shape}; got {states.dtype} of shape {states.shape}"
        )
    if not (int(states.min()) >= 0 and int(states.max()) < model.states):
        raise ValueError(
            f"initial states must lie between 0 and {model.states - 1}; got {int(states.min())} to {int(states.max())}"
        )
    return states.astype(np.uint8)


def _check_run(
    model: LatticeModel,
    shape: tuple[int, ...],
    times: NDArray[np.float64],
    replicas: int,
    blocks: int,
    snapshots: Sequence[float],
) -> None:
    if isinstance(replicas, bool) or not isinstance(replicas, int | np.integer) or replicas < 1:
        raise ValueError(f"replicas must be a positive integer; got {replicas!r}")
    sites = math.prod(shape)
    if (
        isinstance(blocks, bool)
        or not isinstance(blocks, int | np.integer)
        or blocks < 0
        or (blocks and sites % blocks)
    ):
        raise ValueError(f"blocks must be 0 or divide the number of sites, {sites}; got {blocks!r}")
    for shot in snapshots:
        if shot not in times:
            raise ValueError(f"snapshots must be among the observation times; got {shot!r}")
    size = replicas * (times.size * len(model.species) * 8 * (1 + blocks) + len(snapshots) * sites)
    if size > MEMORY_LIMIT:
        raise ValueError(f"the result would need {size} bytes; the limit is {MEMORY_LIMIT} (fewer times or replicas)")
