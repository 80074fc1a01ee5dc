"""Sine and cosine together, without branches, tables or integers, so that a compiler vectorizes the loop around them.

An angle is reduced to [-pi, pi] by three parts of 2 pi (Cody and Waite 1980; the parts hold 26 bits, so that up to 2^26 turns are
subtracted without error), quartered, and put into Taylor polynomials that are exact to 5e-17 there; two doublings of the angle
bring it back. The absolute error is below 2e-15 for angles up to `LARGEST_ANGLE`; for small angles the sine has its relative error.
Compiled numbers must not be reordered: `fastmath` of the calling kernel may hold "contract" and "nsz", never "reassoc".
"""

import math

from numba import njit

LARGEST_ANGLE = 4.0e8
FLAGS = frozenset({"contract", "nsz"})
_ROUNDING = 1.5 * 2.0**52  # adding and subtracting it rounds to the nearest integer
_TURNS = 0.5 / math.pi
_HIGH = float.fromhex("0x1.921fb58000000p+2")
_MIDDLE = float.fromhex("-0x1.dde9740000000p-25")
_LOW = float.fromhex("0x1.1a62633145c07p-52")
_S0, _S1, _S2, _S3, _S4, _S5, _S6, _S7 = ((-1.0) ** k / math.factorial(2 * k + 1) for k in range(8))
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = ((-1.0) ** k / math.factorial(2 * k) for k in range(9))


@njit(cache=True, nogil=True, fastmath=set(FLAGS), error_model="numpy", forceinline=True)
def sine_and_cosine(angle: float) -> tuple[float, float]:
    """(sin, cos) of an angle in radians, to 2e-15."""
    turns = (angle * _TURNS + _ROUNDING) - _ROUNDING
    return quartered_sine_and_cosine(0.25 * (((angle - turns * _HIGH) - turns * _MIDDLE) - turns * _LOW))


@njit(cache=True, nogil=True, fastmath=set(FLAGS), error_model="numpy", forceinline=True)
def quartered_sine_and_cosine(quarter: float) -> tuple[float, float]:
    """(sin, cos) of four times `quarter`, which lies in [-pi/4, pi/4]: no range reduction."""
    x = quarter * quarter
    sine = quarter * (_S0 + x * (_S1 + x * (_S2 + x * (_S3 + x * (_S4 + x * (_S5 + x * (_S6 + x * _S7)))))))
    cosine = _C0 + x * (_C1 + x * (_C2 + x * (_C3 + x * (_C4 + x * (_C5 + x * (_C6 + x * (_C7 + x * _C8)))))))
    half_sine, half_cosine = 2.0 * sine * cosine, 1.0 - 2.0 * sine * sine
    return 2.0 * half_sine * half_cosine, 1.0 - 2.0 * half_sine * half_sine
