"""Compiled loops of the Monte Carlo of a dense Hebbian network; `dense_hebbian` checks arguments and allocates.

Patterns are spin-major int8 (spins, patterns): a spin's field reads one contiguous row. With x = ξσ and f the field table over the
sum of the other spins, a pattern exerts σ·½[(f(S-1) - f(S+1)) + x·(f(S-1) + f(S+1))], so that the field is σ·sum(D) + sum(ξ·G) with
D and G per pattern: a dot product of int8 with float64 that streams through memory. Only when a spin flips are D and G computed
anew: for P up to 4 as cubics in S, eight patterns at once, above by look-ups. Sums are kept as positions (S + N)/2, int16.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.xoshiro import random_word, uniform

# Sums may be taken in any order: eight lanes at once.
ANY_ORDER = {"reassoc", "contract", "nsz"}
_ONE = np.uint64(1)
COMPLETED, CANCELED = 0, 1


@njit(cache=True, nogil=True)
def fill_random_signs(patterns: NDArray[np.int8], state: NDArray[np.uint64]) -> None:
    """Fair independent signs, shape (spins, patterns)."""
    for spin in range(patterns.shape[0]):
        row = patterns[spin]
        count = row.size
        for first in range(0, count, 64):
            word = random_word(state)
            for place in range(first, min(first + 64, count)):
                row[place] = np.int8(2 * np.int64(word & _ONE) - 1)
                word >>= _ONE


@njit(cache=True, nogil=True)
def positions_of(patterns: NDArray[np.int8], spins: NDArray[np.int8], positions: NDArray[np.int16]) -> None:
    """(S + N)/2 of every pattern: the number of spins that agree with it, shape (patterns,)."""
    positions[:] = 0
    for spin in range(spins.size):
        _add_agreement(patterns[spin], spins[spin], positions)


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def _add_agreement(row: NDArray[np.int8], spin: np.int8, positions: NDArray[np.int16]) -> None:
    for place in range(row.size):
        positions[place] += np.int16(row[place] == spin)


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def signed_sum(row: NDArray[np.int8], pulls: NDArray[np.float64]) -> float:
    """Sum of ξ·G over patterns."""
    total = 0.0
    for place in range(row.size):
        total += row[place] * pulls[place]
    return total


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def looked_up_sum(positions: NDArray[np.int16], table: NDArray[np.float64]) -> float:
    """Sum over patterns of a table at their positions."""
    total = 0.0
    for place in range(positions.size):
        total += table[positions[place]]
    return total


@njit(cache=True, nogil=True)
def look_up(positions: NDArray[np.int16], table: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    """Values of a table at the positions, shape (patterns,)."""
    for place in range(positions.size):
        values[place] = table[positions[place]]


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def _turn(
    row: NDArray[np.int8],
    spin: int,
    positions: NDArray[np.int16],
    own_table: NDArray[np.float64],
    pull_table: NDArray[np.float64],
    pulls: NDArray[np.float64],
) -> float:
    """Bring positions and G of all patterns up to date after a spin turned away from the value `spin`; the sum of D."""
    own = 0.0
    for place in range(row.size):
        position = np.int16(positions[place] - spin * row[place])
        positions[place] = position
        pulls[place] = pull_table[position]
        own += own_table[position]
    return own


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def _turn_cubic(
    row: NDArray[np.int8],
    spin: int,
    size: int,
    positions: NDArray[np.int16],
    cubics: NDArray[np.float64],
    pulls: NDArray[np.float64],
) -> float:
    """The same with D and G as cubics in S, whose coefficients are the rows of `cubics` (2, 4)."""
    d0, d1, d2, d3 = cubics[0, 0], cubics[0, 1], cubics[0, 2], cubics[0, 3]
    g0, g1, g2, g3 = cubics[1, 0], cubics[1, 1], cubics[1, 2], cubics[1, 3]
    own = 0.0
    for place in range(row.size):
        position = np.int16(positions[place] - spin * row[place])
        positions[place] = position
        total = np.float64(np.int32(2) * np.int32(position) - np.int32(size))
        pulls[place] = g0 + total * (g1 + total * (g2 + total * g3))
        own += d0 + total * (d1 + total * (d2 + total * d3))
    return own


@njit(cache=True, nogil=True)
def all_fields(
    patterns: NDArray[np.int8],
    spins: NDArray[np.int8],
    pulls: NDArray[np.float64],
    own: float,
    fields: NDArray[np.float64],
) -> None:
    """Fields on all spins of a configuration, shape (spins,); `own` is the sum of D."""
    for spin in range(spins.size):
        fields[spin] = spins[spin] * own + signed_sum(patterns[spin], pulls)


@njit(cache=True, nogil=True)
def run_sweeps(
    patterns: NDArray[np.int8],
    spins: NDArray[np.int8],
    positions: NDArray[np.int16],
    pulls: NDArray[np.float64],
    own_table: NDArray[np.float64],
    pull_table: NDArray[np.float64],
    energy_table: NDArray[np.float64],
    cubics: NDArray[np.float64],
    betas: NDArray[np.float64],
    state: NDArray[np.uint64],
    overlaps: NDArray[np.float64],
    energies: NDArray[np.float64],
    turned: NDArray[np.int64],
    cancel: NDArray[np.int64],
) -> int:
    """Heat-bath sweeps, spin after spin, at inverse temperatures `betas`; an infinite one turns spins into their fields alone.

    Overlaps with the first patterns (sweeps, tracked), energies per spin and the number of turned spins are taken after a sweep.
    `cubics` has shape (2, 4), or (0, 4) where D and G come from their tables.
    """
    size = spins.size
    for sweep in range(betas.size):
        beta = betas[sweep]
        flips = 0
        own = looked_up_sum(positions, own_table)
        for spin in range(size):
            value = spins[spin]
            field = value * own + signed_sum(patterns[spin], pulls)
            if math.isinf(beta):
                up = field > 0.0 or (field == 0.0 and value > 0)
            else:
                up = uniform(state) * (1.0 + math.exp(-2.0 * beta * field)) < 1.0
            if up != (value > 0):
                spins[spin] = -value
                flips += 1
                if cubics.size > 0:
                    own = _turn_cubic(patterns[spin], value, size, positions, cubics, pulls)
                else:
                    own = _turn(patterns[spin], value, positions, own_table, pull_table, pulls)
        for tracked in range(overlaps.shape[1]):
            overlaps[sweep, tracked] = 2.0 * positions[tracked] / size - 1.0
        energies[sweep] = looked_up_sum(positions, energy_table)
        turned[sweep] = flips
        if cancel[0] != 0:
            return CANCELED
    return COMPLETED
