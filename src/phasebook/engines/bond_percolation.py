"""Directed bond percolation on many independent replicas at once: sixty-four per machine word, one bit each.

A site is active at the next step if an open bond leads to it from an active parent; bonds are open with probability p. Parents of
site i are i and i + 1 in 1+1 dimensions; i, i + 1 along both axes (four of them, the body-centered lattice) in 2+1. The number k
of active parents is counted by bitwise adders, and a site with k of them is activated with probability 1 - (1 - p)^k, which is all
that bonds of its own would do. A word of 64 such decisions compares random bits with the bits of the thresholds, highest first,
until all are decided; blocks of 32 words share the look whether any is left, so that the compiler vectorizes the generator.
Probabilities are exact to 2**-64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from ..numerics.xoshiro import streams
from .lattice import MEMORY_LIMIT, lattice_shape
from .replicas import run_replicas

LANES = 64
WIDTH = 32
PARENTS = {1: 2, 2: 4}
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)


@dataclass(frozen=True, eq=False)
class PercolationRuns:
    """Share of active sites, `density` (replicas, K), at the steps `times` (K,) of lattices that began with random activity."""

    probability: float
    shape: tuple[int, ...]
    times: NDArray[np.int64]
    density: NDArray[np.float64]
    updates: int
    seed: int


@dataclass(frozen=True, eq=False)
class SpreadingRuns:
    """Clusters grown from a single active site, in B blocks of 64 runs, at the steps `times` (K,).

    `survival` (B, K) is the share of runs with any active site, `number` (B, K) the mean number of active sites over all runs,
    `squared_radius` (B, K) the mean of |x|² over all active sites of a block, x their distance from the axis of the light cone
    in lattice spacings (NaN where a block has none).
    """

    probability: float
    dimension: int
    times: NDArray[np.int64]
    survival: NDArray[np.float64]
    number: NDArray[np.float64]
    squared_sum: NDArray[np.float64]
    updates: int
    seed: int

    @property
    def runs(self) -> int:
        """Number of clusters."""
        return LANES * self.survival.shape[0]

    @property
    def squared_radius(self) -> NDArray[np.float64]:
        """Mean squared distance of the active sites from the cone's axis, per block."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.number > 0, self.squared_sum / self.number, np.nan)


def simulate_percolation(
    probability: float,
    shape: int | Sequence[int],
    times: ArrayLike,
    *,
    initial: float = 1.0,
    replicas: int = LANES,
    seed: int,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> PercolationRuns:
    """Activity on periodic lattices of one or two dimensions that begin with each site active with probability `initial`.

    `replicas` is a multiple of 64; `times` are whole steps from 0, increasing. The same seed gives the same result for any number
    of `threads` (all cores by default). Memory: 8 bytes per site and 64 replicas. Raises ValueError for what is not allowed.
    """
    extents = lattice_shape(shape)
    if len(extents) not in PARENTS:
        raise ValueError(f"shape must have one or two extents for bond percolation; got {len(extents)}")
    grid = _steps(times)
    for name, value in (("probability", probability), ("initial", initial)):
        _check_probability(name, value)
    blocks = _blocks("replicas", replicas)
    thresholds = _threshold_bits(probability, PARENTS[len(extents)])
    begin = _threshold_bits(initial, 1)
    sites = math.prod(extents)
    density = np.zeros((blocks, LANES, grid.size))
    random, cancel = streams(seed, blocks * WIDTH).reshape(blocks, WIDTH, 4), np.zeros(1, np.int64)

    def run(block: int) -> None:
        states = np.ascontiguousarray(random[block].T)
        # A row ends with a copy of its first word, so that no parent needs a question where it stands.
        words = np.zeros((*extents[:-1], extents[-1] + 1), np.uint64)
        _fill(words.reshape(-1), begin, states, _scratch(1))
        now = 0
        for number, step in enumerate(grid):
            advance = _advance_rows if len(extents) == 1 else _advance_planes
            advance(words, int(step) - now, thresholds, states, _scratch(PARENTS[len(extents)]), cancel)
            if cancel[0]:
                raise KeyboardInterrupt
            now = int(step)
            density[block, :, number] = _lane_counts(words[..., :-1].ravel()) / sites

    run_replicas(run, blocks, threads, cancel, progress)
    updates = blocks * LANES * sites * int(grid[-1])
    return PercolationRuns(float(probability), extents, grid, density.reshape(-1, grid.size), updates, int(seed))


def simulate_spreading(
    probability: float,
    dimension: int,
    times: ArrayLike,
    *,
    runs: int,
    seed: int,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> SpreadingRuns:
    """Clusters from a single active site on an unbounded lattice of `dimension` 1 or 2, with `runs` a multiple of 64.

    `times` are whole steps from 0, increasing. Errors and threads as in `simulate_percolation`.
    """
    if dimension not in PARENTS:
        raise ValueError(f"dimension must be 1 or 2 for bond percolation; got {dimension!r}")
    _check_probability("probability", probability)
    grid = _steps(times)
    blocks = _blocks("runs", runs)
    last = int(grid[-1])
    if 8 * (last + 2) ** dimension > MEMORY_LIMIT:
        raise ValueError(f"times reach {last}; a cone of that length in {dimension} dimensions needs too much memory")
    thresholds = _threshold_bits(probability, PARENTS[dimension])
    results = np.zeros((blocks, 3, grid.size))
    updates = np.zeros(blocks, np.int64)
    random, cancel = streams(seed, blocks * WIDTH).reshape(blocks, WIDTH, 4), np.zeros(1, np.int64)

    def run(block: int) -> None:
        states = np.ascontiguousarray(random[block].T)
        grow = _grow_line if dimension == 1 else _grow_plane
        words = np.zeros((last + WIDTH + 2,) if dimension == 1 else (last + 2, last + WIDTH + 2), np.uint64)
        updates[block] = grow(words, grid, thresholds, states, _scratch(PARENTS[dimension]), cancel, *results[block])
        if cancel[0]:
            raise KeyboardInterrupt

    run_replicas(run, blocks, threads, cancel, progress)
    results /= LANES
    return SpreadingRuns(
        float(probability),
        dimension,
        grid,
        results[:, 0],
        results[:, 1],
        results[:, 2],
        LANES * int(updates.sum()),
        int(seed),
    )


def _check_probability(name: str, value: float) -> None:
    if not 0.0 <= float(value) <= 1.0:
        raise ValueError(f"{name} must lie in [0, 1]; got {value!r}")


def _steps(times: ArrayLike) -> NDArray[np.int64]:
    grid = np.atleast_1d(np.asarray(times))
    if grid.ndim != 1 or grid.size == 0 or (grid != np.round(grid)).any() or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise ValueError("times must be a list of whole, non-negative and strictly increasing steps")
    return grid.astype(np.int64)


def _blocks(name: str, count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < LANES or count % LANES:
        raise ValueError(f"{name} must be a positive multiple of {LANES}; got {count!r}")
    return int(count) // LANES


def _threshold_bits(probability: float, parents: int) -> NDArray[np.uint64]:
    """Bits (64, parents), highest first, of 1 - (1 - p)^k for k = 1 ... parents, each as a word of equal bits."""
    bits = np.zeros((64, parents), np.uint64)
    for count in range(1, parents + 1):
        threshold = min(int((1 - (1 - Fraction(probability)) ** count) * 2**64), 2**64 - 1)
        for place in range(64):
            if threshold >> (63 - place) & 1:
                bits[place, count - 1] = _ALL
    return bits


def _scratch(parents: int) -> NDArray[np.uint64]:
    """Working words of a block: those with k active parents, the undecided, the result."""
    return np.zeros((parents + 2, WIDTH), np.uint64)


def _decider(parents: int) -> Any:
    """A kernel that activates each bit of work[k] with the probability of bits[:, k], k < parents, into work[parents + 1].

    The number of parents is a constant of the compiled code, so that the loops over words are vectorized.
    """

    @njit(cache=True, nogil=True)
    def decide(work, bits, states):  # type: ignore[no-untyped-def]
        live = np.uint64(0)
        for w in range(WIDTH):
            undecided = work[0, w]
            for k in range(1, parents):
                undecided |= work[k, w]
            work[parents, w] = undecided
            work[parents + 1, w] = 0
            live |= undecided
        place = 0
        while live != 0 and place < 64:
            live = np.uint64(0)
            for w in range(WIDTH):
                a, b, c, d = states[0, w], states[1, w], states[2, w], states[3, w]
                total = a + d
                word = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
                shifted = b << np.uint64(17)
                c ^= a
                d ^= b
                states[1, w] = b ^ c
                states[0, w] = a ^ d
                states[2, w] = c ^ shifted
                states[3, w] = (d << np.uint64(45)) | (d >> np.uint64(19))
                threshold = work[0, w] & bits[place, 0]
                for k in range(1, parents):
                    threshold |= work[k, w] & bits[place, k]
                undecided = work[parents, w]
                work[parents + 1, w] |= undecided & threshold & ~word
                undecided &= ~(word ^ threshold)
                work[parents, w] = undecided
                live |= undecided
            place += 1

    return decide


_decide_one, _decide_two, _decide_four = _decider(1), _decider(2), _decider(4)


@njit(cache=True, nogil=True)
def _fill(words, bits, states, work):  # type: ignore[no-untyped-def]
    for first in range(0, words.size, WIDTH):
        width = min(WIDTH, words.size - first)
        work[0, :] = _ALL
        _decide_one(work, bits, states)
        words[first : first + width] = work[2, :width]


@njit(cache=True, nogil=True)
def _line(row, low, high, bits, states, work):  # type: ignore[no-untyped-def]
    """Advance sites low ... high - 1 of a row in place; the word after them is the last one's right parent."""
    for first in range(low, high, WIDTH):
        width = min(WIDTH, high - first)
        for w in range(width):
            left, right = row[first + w], row[first + w + 1]
            work[0, w] = left ^ right
            work[1, w] = left & right
        for w in range(width, WIDTH):
            work[0, w] = 0
            work[1, w] = 0
        _decide_two(work, bits, states)
        for w in range(width):
            row[first + w] = work[3, w]


@njit(cache=True, nogil=True)
def _plane(row, below, low, high, bits, states, work):  # type: ignore[no-untyped-def]
    """Advance sites low ... high - 1 of a row in place, whose other parents stand in the row `below`."""
    for first in range(low, high, WIDTH):
        width = min(WIDTH, high - first)
        for w in range(width):
            one, two = row[first + w], row[first + w + 1]
            three, four = below[first + w], below[first + w + 1]
            odd_pair, both_pair = one ^ two, one & two
            odd_other, both_other = three ^ four, three & four
            unit = odd_pair ^ odd_other
            double = both_pair ^ both_other ^ (odd_pair & odd_other)
            work[0, w] = unit & ~double
            work[1, w] = double & ~unit
            work[2, w] = unit & double
            work[3, w] = both_pair & both_other
        for w in range(width, WIDTH):
            work[0, w] = 0
            work[1, w] = 0
            work[2, w] = 0
            work[3, w] = 0
        _decide_four(work, bits, states)
        for w in range(width):
            row[first + w] = work[5, w]


@njit(cache=True, nogil=True)
def _advance_rows(words, steps, bits, states, work, cancel):  # type: ignore[no-untyped-def]
    last = words.size - 1
    for _ in range(steps):
        if cancel[0] != 0:
            return
        words[last] = words[0]
        _line(words, 0, last, bits, states, work)


@njit(cache=True, nogil=True)
def _advance_planes(words, steps, bits, states, work, cancel):  # type: ignore[no-untyped-def]
    rows, last = words.shape[0], words.shape[1] - 1
    top = np.empty(last + 1, np.uint64)
    for _ in range(steps):
        if cancel[0] != 0:
            return
        for i in range(rows):
            words[i, last] = words[i, 0]
        top[:] = words[0]
        for i in range(rows):
            below = words[i + 1] if i + 1 < rows else top
            _plane(words[i], below, 0, last, bits, states, work)


@njit(cache=True, nogil=True)
def _grow_line(words, times, bits, states, work, cancel, survival, number, squares):  # type: ignore[no-untyped-def]
    origin = times[-1] + 1
    words[origin] = _ALL
    low, high, updates, observed = origin, origin, 0, 0
    for step in range(times[-1] + 1):
        if step > 0 and low <= high:
            if cancel[0] != 0:
                return updates
            low -= 1
            _line(words, low, high + 1, bits, states, work)
            updates += high - low + 1
            while low <= high and words[low] == 0:
                low += 1
            while high >= low and words[high] == 0:
                high -= 1
        if step == times[observed]:
            alive = np.uint64(0)
            for i in range(low, high + 1):
                active = _population(words[i])
                distance = i - origin + 0.5 * step
                number[observed] += active
                squares[observed] += active * distance * distance
                alive |= words[i]
            survival[observed] = _population(alive)
            observed += 1
    return updates


@njit(cache=True, nogil=True)
def _grow_plane(words, times, bits, states, work, cancel, survival, number, squares):  # type: ignore[no-untyped-def]
    origin = times[-1] + 1
    words[origin, origin] = _ALL
    top, bottom, low, high, updates, observed = origin, origin, origin, origin, 0, 0
    nothing = np.zeros(words.shape[1], np.uint64)
    for step in range(times[-1] + 1):
        if step > 0 and top <= bottom:
            if cancel[0] != 0:
                return updates
            top -= 1
            low -= 1
            for i in range(top, bottom + 1):
                below = words[i + 1] if i < bottom else nothing
                _plane(words[i], below, low, high + 1, bits, states, work)
            updates += (bottom - top + 1) * (high - low + 1)
            while top <= bottom and not np.any(words[top, low : high + 1]):
                top += 1
            while bottom >= top and not np.any(words[bottom, low : high + 1]):
                bottom -= 1
            while low <= high and not np.any(words[top : bottom + 1, low]):
                low += 1
            while high >= low and not np.any(words[top : bottom + 1, high]):
                high -= 1
        if step == times[observed]:
            alive = np.uint64(0)
            for i in range(top, bottom + 1):
                for j in range(low, high + 1):
                    active = _population(words[i, j])
                    down, right = i - origin + 0.5 * step, j - origin + 0.5 * step
                    number[observed] += active
                    squares[observed] += active * (down * down + right * right)
                    alive |= words[i, j]
            survival[observed] = _population(alive)
            observed += 1
    return updates


@njit(cache=True, nogil=True, inline="always")
def _population(word):  # type: ignore[no-untyped-def]
    """Number of bits that are set."""
    word -= (word >> _ONE) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def _lane_counts(words):  # type: ignore[no-untyped-def]
    """How many words have each of the 64 bits set, by counters whose digits are words."""
    digits = np.zeros(40, np.uint64)
    for i in range(words.size):
        carry, place = words[i], 0
        while carry != 0:
            kept = digits[place]
            digits[place] = kept ^ carry
            carry &= kept
            place += 1
    counts = np.zeros(LANES, np.int64)
    for lane in range(LANES):
        for place in range(40):
            counts[lane] += np.int64((digits[place] >> np.uint64(lane)) & _ONE) << place
    return counts
