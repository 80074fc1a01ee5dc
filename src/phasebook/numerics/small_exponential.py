"""exp(A) of a small dense matrix, compiled and on one thread.

SciPy's exponential multiplies through a threaded BLAS, whose threads wait for each other at such sizes: on a machine that does
something else as well a call took 27 ms for 10 x 10 (0.02 ms with one thread). Here it takes 0.02 to 0.5 ms up to 40 x 40,
whatever else runs.
Source: Higham, SIAM J. Matrix Anal. Appl. 26, 1179 (2005), Padé of degree 13 with scaling and squaring; the number of squarings by
norms of powers as in Al-Mohy and Higham, SIAM J. Matrix Anal. Appl. 31, 970 (2009).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

LARGEST = 100
_THETA = 4.25  # backward error below rounding up to this norm (Al-Mohy and Higham, table 3.1)
_PADE = np.array(
    [
        64764752532480000.0,
        32382376266240000.0,
        7771770303897600.0,
        1187353796428800.0,
        129060195264000.0,
        10559470521600.0,
        670442572800.0,
        33522128640.0,
        1323241920.0,
        40840800.0,
        960960.0,
        16380.0,
        182.0,
        1.0,
    ]
)


def small_exponential(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """exp(A), shape (n, n), for n up to 100. Raises ValueError on another shape or numbers that are not finite."""
    array = np.ascontiguousarray(matrix, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not 1 <= array.shape[0] <= LARGEST:
        raise ValueError(f"matrix must be square, of at most {LARGEST} rows; got the shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("matrix must be finite")
    return np.asarray(_exponential(array))


@njit(cache=True, nogil=True)
def _product(a, b, out):  # type: ignore[no-untyped-def]
    size = a.shape[0]
    for i in range(size):
        for j in range(size):
            out[i, j] = 0.0
        for k in range(size):
            factor = a[i, k]
            if factor != 0.0:
                for j in range(size):
                    out[i, j] += factor * b[k, j]


@njit(cache=True, nogil=True)
def _norm(a):  # type: ignore[no-untyped-def]
    largest = 0.0
    for j in range(a.shape[0]):
        total = 0.0
        for i in range(a.shape[0]):
            total += abs(a[i, j])
        largest = max(largest, total)
    return largest


@njit(cache=True, nogil=True)
def _solve(a, b):  # type: ignore[no-untyped-def]
    """b := a^-1 b by elimination with pivots; a is destroyed."""
    size = a.shape[0]
    for k in range(size):
        pivot = k
        for i in range(k + 1, size):
            if abs(a[i, k]) > abs(a[pivot, k]):
                pivot = i
        if pivot != k:
            for j in range(size):
                a[k, j], a[pivot, j] = a[pivot, j], a[k, j]
                b[k, j], b[pivot, j] = b[pivot, j], b[k, j]
        for i in range(k + 1, size):
            factor = a[i, k] / a[k, k]
            if factor != 0.0:
                for j in range(k, size):
                    a[i, j] -= factor * a[k, j]
                for j in range(size):
                    b[i, j] -= factor * b[k, j]
    for k in range(size - 1, -1, -1):
        for i in range(k + 1, size):
            factor = a[k, i]
            if factor != 0.0:
                for j in range(size):
                    b[k, j] -= factor * b[i, j]
        for j in range(size):
            b[k, j] /= a[k, k]


@njit(cache=True, nogil=True)
def _exponential(matrix):  # type: ignore[no-untyped-def]
    size = matrix.shape[0]
    second, fourth, sixth = np.empty_like(matrix), np.empty_like(matrix), np.empty_like(matrix)
    _product(matrix, matrix, second)
    _product(second, second, fourth)
    _product(fourth, second, sixth)
    # The growth of powers, not the norm, says how far to scale: a matrix far from normal would be scaled too far.
    growth = max(_norm(fourth) ** 0.25, _norm(sixth) ** (1.0 / 6.0))
    squarings = 0
    while growth > _THETA * 2.0**squarings and squarings < 60:
        squarings += 1
    scale = 2.0 ** (-squarings)
    first = matrix * scale
    second *= scale**2
    fourth *= scale**4
    sixth *= scale**6
    c = _PADE
    inner, odd, even = np.empty_like(matrix), np.empty_like(matrix), np.empty_like(matrix)
    high = c[13] * sixth + c[11] * fourth + c[9] * second
    _product(sixth, high, inner)
    inner += c[7] * sixth + c[5] * fourth + c[3] * second
    for i in range(size):
        inner[i, i] += c[1]
    _product(first, inner, odd)
    high = c[12] * sixth + c[10] * fourth + c[8] * second
    _product(sixth, high, even)
    even += c[6] * sixth + c[4] * fourth + c[2] * second
    for i in range(size):
        even[i, i] += c[0]
    result = even + odd
    _solve(even - odd, result)
    for _ in range(squarings):
        _product(result, result, inner)
        result, inner = inner, result
    return result
