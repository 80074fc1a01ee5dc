"""Blocks of random numbers for compiled kernels, made by vector instructions: normal, and uniform with the same variance.

Sixty-four xoshiro256++ generators run side by side, one in each lane of a state of shape (4, LANES); a block is filled row by row.
Normal numbers come from the method of Box and Muller (1958) with a polynomial logarithm (relative error 1e-13) and
`polynomial_trigonometry`; no number exceeds 8.5 standard deviations, which a true one would do once in 5e16 draws. Floats are put
together from random bits through a second view of the same memory, so that no step converts integers.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .polynomial_trigonometry import FLAGS, quartered_sine_and_cosine
from .xoshiro import streams

LANES = 64
BLOCK = 2048  # numbers in a block; a multiple of 2·LANES, small enough for the first cache with its scratch
_FROM_BITS = np.uint64(12)
_MANTISSA_BITS = np.uint64(52)
_ONE_TO_TWO = np.uint64(0x3FF0000000000000)
_INTEGER = np.uint64(0x4330000000000000)
_MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
_HALF_WORD = np.uint64(32)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_TWO_52 = 2.0**52
_SQRT_2, _LN_2 = math.sqrt(2.0), math.log(2.0)
_UNIFORM = math.sqrt(12.0) / 2.0**32
_L3, _L5, _L7, _L9, _L11, _L13, _L15 = (1.0 / k for k in range(3, 17, 2))


def lane_states(seed: int, count: int) -> NDArray[np.uint64]:
    """States (count, 4, LANES) of `count` independent block generators; the first k are the same however many are asked for."""
    return np.ascontiguousarray(streams(seed, count * LANES).reshape(count, LANES, 4).transpose(0, 2, 1))


def scratch() -> NDArray[np.uint64]:
    """Memory that the filling functions work in."""
    return np.zeros(2 * BLOCK, np.uint64)


@njit(cache=True, nogil=True)
def fill_words(state: NDArray[np.uint64], words: NDArray[np.uint64]) -> None:
    """Sixty-four random bits in each of `words`, whose number must be a multiple of LANES."""
    first, second, third, fourth = state[0], state[1], state[2], state[3]
    for start in range(0, words.size, LANES):
        row = words[start : start + LANES]
        for lane in range(LANES):
            a, b, c, d = first[lane], second[lane], third[lane], fourth[lane]
            total = a + d
            row[lane] = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
            shifted = b << np.uint64(17)
            c ^= a
            d ^= b
            second[lane] = b ^ c
            first[lane] = a ^ d
            third[lane] = c ^ shifted
            fourth[lane] = (d << np.uint64(45)) | (d >> np.uint64(19))


@njit(cache=True, nogil=True, fastmath=set(FLAGS), error_model="numpy")
def fill_normal(
    state: NDArray[np.uint64], memory: NDArray[np.uint64], scale: float, block: NDArray[np.float64]
) -> None:
    """Independent normal numbers of standard deviation `scale` in all BLOCK places of `block`; `memory` comes from `scratch`."""
    half = BLOCK // 2
    words, exponents, mantissas = memory[:BLOCK], memory[BLOCK : BLOCK + half], memory[BLOCK + half :]
    fill_words(state, words)
    for i in range(BLOCK):
        words[i] = (words[i] >> _FROM_BITS) | _ONE_TO_TWO
    uniform = words.view(np.float64)
    shares, angles = uniform[:half], uniform[half:]
    mantissa, exponent = mantissas.view(np.float64), exponents.view(np.float64)
    for i in range(half):
        mantissa[i] = 2.0 - shares[i]  # in (0, 1], so that its logarithm is finite
    for i in range(half):
        bits = mantissas[i]
        exponents[i] = (bits >> _MANTISSA_BITS) | _INTEGER
        mantissas[i] = (bits & _MANTISSA) | _ONE_TO_TWO
    sines, cosines = block[:half], block[half:]
    for i in range(half):
        fraction, power = mantissa[i], exponent[i] - (_TWO_52 + 1023.0)
        large = fraction > _SQRT_2
        fraction = 0.5 * fraction if large else fraction
        power = power + 1.0 if large else power
        y = (fraction - 1.0) / (fraction + 1.0)
        q = y * y
        series = 1.0 + q * (_L3 + q * (_L5 + q * (_L7 + q * (_L9 + q * (_L11 + q * (_L13 + q * _L15))))))
        radius = scale * math.sqrt(-2.0 * (power * _LN_2 + 2.0 * y * series))
        sine, cosine = quartered_sine_and_cosine((angles[i] - 1.5) * (0.5 * math.pi))
        sines[i] = radius * sine
        cosines[i] = radius * cosine


@njit(cache=True, nogil=True, fastmath=set(FLAGS), error_model="numpy")
def fill_uniform(
    state: NDArray[np.uint64], memory: NDArray[np.uint64], scale: float, block: NDArray[np.float64]
) -> None:
    """Independent uniform numbers of mean zero and standard deviation `scale`, on 2^32 values, two from each random word."""
    half = BLOCK // 2
    words, low_words, high_words = memory[:half], memory[half:BLOCK], memory[BLOCK : BLOCK + half]
    fill_words(state, words)
    for i in range(half):
        low_words[i] = (words[i] & _LOW_WORD) | _INTEGER
        high_words[i] = (words[i] >> _HALF_WORD) | _INTEGER
    low, high = low_words.view(np.float64), high_words.view(np.float64)
    step, middle = scale * _UNIFORM, _TWO_52 + 0.5 * (2.0**32 - 1.0)
    first, second = block[:half], block[half:]
    for i in range(half):
        first[i] = step * (low[i] - middle)
        second[i] = step * (high[i] - middle)
