"""Random words for compiled kernels: xoshiro256++ (Blackman and Vigna, public domain), one stream of four words per task.

The state is a row of four 64-bit words, so that threads share nothing; streams come from NumPy's SeedSequence, and the first k
streams of a seed are the same however many are asked for.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


def streams(seed: int, count: int) -> NDArray[np.uint64]:
    """States (count, 4) of `count` independent generators. Raises ValueError unless seed is a non-negative integer."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be a non-negative integer; got {seed!r}")
    words = np.random.SeedSequence(int(seed)).generate_state(4 * count, np.uint64)
    return words.astype(np.uint64, copy=False).reshape(count, 4)


@njit(cache=True, nogil=True)
def random_word(state: NDArray[np.uint64]) -> np.uint64:
    """Sixty-four random bits; advances the state."""
    a, b, c, d = state[0], state[1], state[2], state[3]
    total = a + d
    word = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    state[1] = b ^ c
    state[0] = a ^ d
    state[2] = c ^ shifted
    state[3] = (d << np.uint64(45)) | (d >> np.uint64(19))
    return word


@njit(cache=True, nogil=True)
def uniform(state: NDArray[np.uint64]) -> float:
    """A uniform number in [0, 1) with 53 random bits."""
    return np.float64(np.int64(random_word(state) >> np.uint64(11))) * 1.1102230246251565e-16


@njit(cache=True, nogil=True)
def exponential(state: NDArray[np.uint64]) -> float:
    """An exponential number of mean one, at most 53 ln 2."""
    return -math.log(1.0 - uniform(state))
