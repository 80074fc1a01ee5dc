"""Compiled loops over classes of examples for the Monte Carlo of `power_sums`, which checks arguments and allocates.

Entries y are spin-major (spins, classes): a spin's field reads one contiguous row. With power sums p_k = Σ_j (y_j·v_j)^k of a
state v (spins or magnetizations), Newton's identities give the elementary symmetric polynomials e_k of all spins, and dividing the
generating function by 1 + x·t takes one spin out: e_n without i = e_n - x·(e_(n-1) without i), x = y_i·v_i.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.xoshiro import random_word, uniform

# Sums may be taken in any order: several lanes at once.
ANY_ORDER = {"reassoc", "contract", "nsz"}
_ONE = np.uint64(1)
COMPLETED, CANCELED = 0, 1
DISTINCT, POWERS = 0, 1


@njit(cache=True, nogil=True)
def fill_examples(
    archetypes: NDArray[np.int8],
    sums: NDArray[np.int16],
    aliases: NDArray[np.int64],
    thresholds: NDArray[np.float64],
    state: NDArray[np.uint64],
) -> None:
    """Fair archetypes ξ and sums ξ·(2k - M) of their examples, both (spins, classes), k from an alias table of M + 1 numbers."""
    bins = thresholds.size
    examples = bins - 1
    for spin in range(sums.shape[0]):
        for place in range(sums.shape[1]):
            word = random_word(state)
            drawn = np.float64(np.int64(word >> np.uint64(11))) * 1.1102230246251565e-16 * bins
            chosen = int(drawn)
            agreeing = chosen if drawn - chosen < thresholds[chosen] else aliases[chosen]
            # The lowest of the bits that the uniform number left over.
            sign = 2 * np.int64(word & _ONE) - 1
            archetypes[spin, place] = sign
            sums[spin, place] = sign * (2 * agreeing - examples)


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def _add_powers(row: NDArray, value: float, sums: NDArray[np.float64]) -> None:
    for place in range(row.size):
        x = row[place] * value
        power = x
        sums[0, place] += x
        for degree in range(1, sums.shape[0]):
            power *= x
            sums[degree, place] += power


@njit(cache=True, nogil=True)
def power_sums(entries: NDArray, values: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
    """p_1 to p_(P-1) of all classes into `sums` (P - 1, classes)."""
    sums[:] = 0.0
    for spin in range(values.size):
        _add_powers(entries[spin], values[spin], sums)


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def newton_identities(sums: NDArray[np.float64], symmetric: NDArray[np.float64]) -> None:
    """e_1 to e_(P-1), shape (P - 1, classes), from the power sums of the same shape: k·e_k = Σ_i (-1)^(i-1)·e_(k-i)·p_i."""
    for degree in range(sums.shape[0]):
        sign = 1.0 if degree % 2 == 0 else -1.0
        for place in range(sums.shape[1]):
            symmetric[degree, place] = sign * sums[degree, place]
        for step in range(degree):
            sign = 1.0 if step % 2 == 0 else -1.0
            for place in range(sums.shape[1]):
                symmetric[degree, place] += sign * symmetric[degree - 1 - step, place] * sums[step, place]
        for place in range(sums.shape[1]):
            symmetric[degree, place] /= degree + 1.0


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def pull(row: NDArray, value: float, symmetric: NDArray[np.float64]) -> float:
    """Σ over classes of y·e_(P-1) without the spin whose entries are `row` and whose value is `value`."""
    total = 0.0
    first = symmetric[0]
    order = symmetric.shape[0] + 1
    # One loop for each order: in a loop over degrees inside, the compiler would take classes one by one.
    if order == 2:
        for place in range(row.size):
            y = np.float64(row[place])
            total += y * (first[place] - y * value)
    elif order == 3:
        second = symmetric[1]
        for place in range(row.size):
            y = np.float64(row[place])
            x = y * value
            total += y * (second[place] - x * (first[place] - x))
    elif order == 4:
        second, third = symmetric[1], symmetric[2]
        for place in range(row.size):
            y = np.float64(row[place])
            x = y * value
            total += y * (third[place] - x * (second[place] - x * (first[place] - x)))
    elif order == 5:
        second, third, fourth = symmetric[1], symmetric[2], symmetric[3]
        for place in range(row.size):
            y = np.float64(row[place])
            x = y * value
            total += y * (fourth[place] - x * (third[place] - x * (second[place] - x * (first[place] - x))))
    else:
        second, third, fourth, fifth = symmetric[1], symmetric[2], symmetric[3], symmetric[4]
        for place in range(row.size):
            y = np.float64(row[place])
            x = y * value
            inner = third[place] - x * (second[place] - x * (first[place] - x))
            total += y * (fifth[place] - x * (fourth[place] - x * inner))
    return total


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def power_pull(row: NDArray, value: float, first: NDArray[np.float64], exponent: int) -> float:
    """Σ over classes of y·(p_1 without the spin)^exponent: repeated indices count, except the spin's own."""
    total = 0.0
    for place in range(row.size):
        y = np.float64(row[place])
        base = first[place] - y * value
        power = y
        for _ in range(exponent):
            power *= base
        total += power
    return total


@njit(cache=True, nogil=True)
def all_pulls(
    entries: NDArray,
    values: NDArray[np.float64],
    symmetric: NDArray[np.float64],
    coupling: int,
    exponent: int,
    pulls: NDArray[np.float64],
) -> None:
    """`pull` (or `power_pull`) on every spin of a state (spins,), given what belongs to that state."""
    for spin in range(values.size):
        if coupling == DISTINCT:
            pulls[spin] = pull(entries[spin], values[spin], symmetric)
        else:
            pulls[spin] = power_pull(entries[spin], values[spin], symmetric[0], exponent)


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def contracted(slab: NDArray, values: NDArray[np.float64], buffer: NDArray[np.float64]) -> float:
    """A flattened tensor (N^k,) with all its indices contracted with `values` (N,); `buffer` holds N^(k-1) numbers."""
    size = values.size
    length = slab.size // size
    for place in range(length):
        total = 0.0
        start = place * size
        for inner in range(size):
            total += slab[start + inner] * values[inner]
        buffer[place] = total
    while length > 1:
        length //= size
        for place in range(length):
            total = 0.0
            start = place * size
            for inner in range(size):
                total += buffer[start + inner] * values[inner]
            buffer[place] = total
    return buffer[0]


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def _turn(row: NDArray, value: float, sums: NDArray[np.float64]) -> None:
    """Odd power sums after a spin turned away from `value`; even ones do not change."""
    for place in range(row.size):
        x = row[place] * value
        square = x * x
        power = 2.0 * x
        for degree in range(0, sums.shape[0], 2):
            sums[degree, place] -= power
            power *= square


@njit(cache=True, nogil=True)
def run_sweeps(
    entries: NDArray,
    spins: NDArray[np.float64],
    archetype: NDArray[np.int8],
    prefactor: float,
    coupling: int,
    exponent: int,
    noise: NDArray,
    noise_prefactor: float,
    betas: NDArray[np.float64],
    refresh: int,
    state: NDArray[np.uint64],
    overlaps: NDArray[np.float64],
    signals: NDArray[np.float64],
    turned: NDArray[np.int64],
    cancel: NDArray[np.int64],
) -> int:
    """Heat-bath sweeps, spin after spin, at inverse temperatures `betas`; at an infinite one a spin turns into its field.

    A spin without field is a fair coin at every temperature; a run that ends at temperature zero is over once it rests. Power
    sums are computed anew every `refresh` sweeps, against rounding. Overlaps with the archetype and Σ y·v of the first class are
    taken after each sweep. `noise` (N, N^(P-1)) is empty for none.
    """
    size = spins.size
    degrees = 1 if coupling == POWERS else exponent
    sums = np.empty((degrees, entries.shape[1]))
    symmetric = np.empty_like(sums)
    buffer = np.empty(max(1, noise.shape[1] // size))
    cold = betas.size
    while cold > 0 and math.isinf(betas[cold - 1]):
        cold -= 1
    for sweep in range(betas.size):
        if sweep % refresh == 0:
            power_sums(entries, spins, sums)
            newton_identities(sums, symmetric)
        beta = betas[sweep]
        flips = 0
        tied = False
        for spin in range(size):
            value = spins[spin]
            row = entries[spin]
            if coupling == DISTINCT:
                field = prefactor * pull(row, value, symmetric)
            else:
                field = prefactor * power_pull(row, value, symmetric[0], exponent)
            if noise.size > 0:
                field += noise_prefactor * contracted(noise[spin], spins, buffer)
            if field == 0.0:
                up = uniform(state) < 0.5
                tied = True
            elif math.isinf(beta):
                up = field > 0.0
            else:
                up = uniform(state) * (1.0 + math.exp(-2.0 * beta * field)) < 1.0
            if up != (value > 0.0):
                spins[spin] = -value
                _turn(row, value, sums)
                newton_identities(sums, symmetric)
                flips += 1
        overlap = 0.0
        for spin in range(size):
            overlap += spins[spin] * archetype[spin]
        overlaps[sweep] = overlap / size
        signals[sweep] = sums[0, 0]
        turned[sweep] = flips
        if sweep >= cold and flips == 0 and not tied:
            overlaps[sweep:] = overlaps[sweep]
            signals[sweep:] = signals[sweep]
            return COMPLETED
        if cancel[0] != 0:
            return CANCELED
    return COMPLETED
