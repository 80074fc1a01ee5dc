"""Compiled steps of a rate network in single precision: normal numbers, the error function, and one Euler step.

Normal numbers come from SplitMix64 (Steele, Lea and Flood 2014) by the transform of Box and Muller with polynomials for
logarithm, sine and cosine: there is no branch and no table, so that the compiler works on sixteen numbers at once. NumPy's
ziggurat takes ten times as long, more than the matrix product of a network of 300 units; `numerics.block_noise` makes
double-precision ones. The error function is a rational approximation (error 2e-7).
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

_SINGLE = np.float32
_NODES = np.cos(np.pi * (np.arange(400) + 0.5) / 400) / 2


def _fitted(argument: NDArray[np.float64], values: NDArray[np.float64], degree: int) -> tuple[np.float32, ...]:
    return tuple(np.polynomial.polynomial.polyfit(argument, values, degree).astype(_SINGLE))


# On Chebyshev nodes of [-1/2, 1/2] the fits are within 1e-7 of the best ones.
LOGARITHM = _fitted(_NODES, np.log(1.5 + _NODES), 9)
SINE = _fitted(_NODES**2, np.sin(np.pi * _NODES) / _NODES, 4)
COSINE = _fitted(_NODES**2, np.cos(np.pi * _NODES), 5)


def _same_bits(read: Any, memory: Any, given: Any) -> Any:
    """A compiled function that reads the 32 bits of one type as another."""

    def typed(typingctx: Any, value: Any) -> Any:
        return read(given), lambda context, builder, signature, args: builder.bitcast(args[0], memory)

    return intrinsic(typed)


_bits = _same_bits(types.int32, ir.IntType(32), types.float32)
_number = _same_bits(types.float32, ir.FloatType(), types.int32)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def normal_numbers(counter: np.uint64, out: NDArray[np.float32]) -> None:
    """Fill `out`, of even length, with standard normal numbers: words counter, counter + 1, ... of SplitMix64, two from each."""
    half = out.shape[0] // 2
    for i in range(half):
        word = (counter + np.uint64(i)) * np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        word = word ^ (word >> np.uint64(31))
        uniform = (_SINGLE(np.uint32(word >> np.uint64(32))) + _SINGLE(0.5)) * _SINGLE(2.0**-32)
        bits = _bits(uniform)
        exponent = _SINGLE((bits >> np.int32(23)) - np.int32(127))
        m = _number((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000)) - _SINGLE(1.5)
        p = LOGARITHM[9]
        p = p * m + LOGARITHM[8]
        p = p * m + LOGARITHM[7]
        p = p * m + LOGARITHM[6]
        p = p * m + LOGARITHM[5]
        p = p * m + LOGARITHM[4]
        p = p * m + LOGARITHM[3]
        p = p * m + LOGARITHM[2]
        p = p * m + LOGARITHM[1]
        p = p * m + LOGARITHM[0]
        logarithm = exponent * _SINGLE(0.6931471805599453) + p
        radius = np.sqrt(max(_SINGLE(-2) * logarithm, _SINGLE(0)))
        # Half the angle, in units of π, from −1/2 to 1/2.
        t = _SINGLE(np.int32(np.uint32(word & np.uint64(0xFFFFFFFF)))) * _SINGLE(2.0**-32)
        u = t * t
        s = SINE[4]
        s = s * u + SINE[3]
        s = s * u + SINE[2]
        s = s * u + SINE[1]
        s = (s * u + SINE[0]) * t
        c = COSINE[5]
        c = c * u + COSINE[4]
        c = c * u + COSINE[3]
        c = c * u + COSINE[2]
        c = c * u + COSINE[1]
        c = c * u + COSINE[0]
        out[i] = radius * (_SINGLE(2) * s * c)
        out[half + i] = radius * (c * c - s * s)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def error_function(x: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """erf(√π x/2) of each entry, by the rational approximation of Eigen's and XLA's float kernels."""
    for i in range(x.shape[0]):
        v = min(max(x[i] * _SINGLE(0.8862269254527579), _SINGLE(-4)), _SINGLE(4))
        u = v * v
        a = _SINGLE(-2.72614225801306e-10)
        a = a * u + _SINGLE(2.77068142495902e-08)
        a = a * u + _SINGLE(-2.10102402082508e-06)
        a = a * u + _SINGLE(-5.69250639462346e-05)
        a = a * u + _SINGLE(-7.34990630326855e-04)
        a = a * u + _SINGLE(-2.95459980854025e-03)
        a = a * u + _SINGLE(-1.60960333262415e-02)
        b = _SINGLE(-1.45660718464996e-05)
        b = b * u + _SINGLE(-2.13374055278905e-04)
        b = b * u + _SINGLE(-1.68282697438203e-03)
        b = b * u + _SINGLE(-7.37332916720468e-03)
        b = b * u + _SINGLE(-1.42647390514189e-02)
        out[i] = v * a / b


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def euler_step(
    x: NDArray[np.float32],
    own: NDArray[np.float32],
    field: NDArray[np.float32],
    noise: NDArray[np.float32],
    step: np.float32,
    amplitude: np.float32,
) -> None:
    """x and the filtered own noise, one step of length `step` on: both take the same noise, x its input as well."""
    keep = _SINGLE(1) - step
    for i in range(x.shape[0]):
        kick = amplitude * noise[i]
        own[i] = keep * own[i] + kick
        x[i] = keep * x[i] + step * field[i] + kick
