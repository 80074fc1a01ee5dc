"""Compiled sums over samples for a Gaussian mixture with a fixed noise level: responsibilities, curvature, hard assignment,
labels.

Scores are x·μ_k/τ² + offset_k with offset_k = log π_k - |μ_k|²/2τ²: what all components share is left out, and the largest
score of a sample is subtracted before the exponential, so that nothing underflows at any τ. Work goes in blocks that stay in
the first cache, coordinates along rows, so that the compiler turns every inner loop into vector instructions.
"""

import math

import numpy as np
from numba import njit

Array = np.ndarray
BLOCK = 256
LOGARITHM_EVERY = 16  # totals lie in [1, K]: the product of 16 is far from overflow, and one logarithm serves them all
# Everything but reassociation, which would undo the rounding trick of the exponential.
_ORDERED = {"nnan", "ninf", "nsz", "arcp", "contract", "afn"}


@njit(cache=True, nogil=True, fastmath=_ORDERED, inline="always")
def _exponential(x: float) -> float:
    """exp(x) for x <= 0 to an ulp, without a branch: 2^n times a Taylor polynomial on |r| <= ln 2/2; never below e^-700."""
    x = max(x, -700.0)
    # Adding 1.5·2^52 rounds to an integer and leaves it in the low bits.
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    whole = shifted - 6755399441055744.0
    r = x - whole * 0.693147180369123816490 - whole * 1.90821492927058770002e-10
    p = 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 0.0001984126984126984
    p = p * r + 0.001388888888888889
    p = p * r + 0.008333333333333333
    p = p * r + 0.041666666666666664
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    bits = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52)
    return p * bits.view(np.float64)


@njit(cache=True, nogil=True, fastmath=True)
def _load(points: Array, center: Array, first: int, count: int, columns: Array) -> None:
    for j in range(columns.shape[0]):
        for i in range(count):
            columns[j, i] = points[first + i, j] - center[j]


@njit(cache=True, nogil=True, fastmath=True)
def _scores(columns: Array, slopes: Array, offsets: Array, count: int, scores: Array, top: Array) -> None:
    components, dimension = slopes.shape
    for i in range(count):
        top[i] = -np.inf
    for k in range(components):
        row = scores[k]
        for i in range(count):
            row[i] = offsets[k]
        for j in range(dimension):
            slope = slopes[k, j]
            for i in range(count):
                row[i] += columns[j, i] * slope
        for i in range(count):
            top[i] = max(top[i], row[i])


@njit(cache=True, nogil=True, fastmath=_ORDERED)
def _weigh(scores: Array, top: Array, count: int, total: Array) -> None:
    for i in range(count):
        total[i] = 0.0
    for k in range(scores.shape[0]):
        row = scores[k]
        for i in range(count):
            row[i] = _exponential(row[i] - top[i])
        for i in range(count):
            total[i] += row[i]


@njit(cache=True, nogil=True, fastmath=True)
def _normalize(scores: Array, top: Array, total: Array, count: int) -> float:
    """Turn weights into responsibilities; return Σ_i log Σ_k exp(score)."""
    likelihood = 0.0
    for first in range(0, count, LOGARITHM_EVERY):
        product = 1.0
        for i in range(first, min(first + LOGARITHM_EVERY, count)):
            product *= total[i]
        likelihood += math.log(product)
    for i in range(count):
        likelihood += top[i]
        total[i] = 1.0 / total[i]
    for k in range(scores.shape[0]):
        row = scores[k]
        for i in range(count):
            row[i] *= total[i]
    return likelihood


@njit(cache=True, nogil=True, fastmath=True)
def _accumulate(scores: Array, columns: Array, count: int, mass: Array, first_moment: Array) -> None:
    for k in range(scores.shape[0]):
        row = scores[k]
        share = 0.0
        for i in range(count):
            share += row[i]
        mass[k] += share
        for j in range(columns.shape[0]):
            column = columns[j]
            moment = 0.0
            for i in range(count):
                moment += row[i] * column[i]
            first_moment[k, j] += moment


@njit(cache=True, nogil=True)
def soft_sums(points: Array, center: Array, slopes: Array, offsets: Array, mass: Array, first_moment: Array) -> float:
    """Add Σ r_k to `mass` (K,) and Σ r_k (x - center) to `first_moment` (K, d); return Σ log Σ_k exp(score)."""
    components, dimension = slopes.shape
    columns, scores = np.empty((dimension, BLOCK)), np.empty((components, BLOCK))
    top, total = np.empty(BLOCK), np.empty(BLOCK)
    likelihood = 0.0
    for first in range(0, points.shape[0], BLOCK):
        count = min(BLOCK, points.shape[0] - first)
        _load(points, center, first, count, columns)
        _scores(columns, slopes, offsets, count, scores, top)
        _weigh(scores, top, count, total)
        likelihood += _normalize(scores, top, total, count)
        _accumulate(scores, columns, count, mass, first_moment)
    return likelihood


@njit(cache=True, nogil=True, fastmath=True)
def _pulls(scores: Array, columns: Array, means: Array, count: int, pulls: Array) -> None:
    components, dimension = means.shape
    for k in range(components):
        for j in range(dimension):
            row = pulls[k * dimension + j]
            for i in range(count):
                row[i] = scores[k, i] * (columns[j, i] - means[k, j])


@njit(cache=True, nogil=True, fastmath=True)
def _add_products(
    pulls: Array, scores: Array, columns: Array, means: Array, count: int, outer: Array, blocks: Array
) -> None:
    dimension = means.shape[1]
    for a in range(pulls.shape[0]):
        left = pulls[a]
        for b in range(a + 1):
            right = pulls[b]
            product = 0.0
            for i in range(count):
                product += left[i] * right[i]
            outer[a, b] += product
        k = a // dimension
        for j in range(dimension):
            column = columns[j]
            product = 0.0
            for i in range(count):
                product += left[i] * (column[i] - means[k, j])
            blocks[k, a % dimension, j] += product


@njit(cache=True, nogil=True)
def soft_curvature(
    points: Array, center: Array, slopes: Array, offsets: Array, means: Array, outer: Array, blocks: Array
) -> None:
    """Add Σ v vᵀ (lower triangle) to `outer` (Kd, Kd), v = r_k (x - μ_k), and Σ r_k (x - μ_k)(x - μ_k)ᵀ to `blocks` (K, d, d)."""
    components, dimension = slopes.shape
    columns, scores = np.empty((dimension, BLOCK)), np.empty((components, BLOCK))
    top, total = np.empty(BLOCK), np.empty(BLOCK)
    pulls = np.empty((components * dimension, BLOCK))
    for first in range(0, points.shape[0], BLOCK):
        count = min(BLOCK, points.shape[0] - first)
        _load(points, center, first, count, columns)
        _scores(columns, slopes, offsets, count, scores, top)
        _weigh(scores, top, count, total)
        _normalize(scores, top, total, count)
        _pulls(scores, columns, means, count, pulls)
        _add_products(pulls, scores, columns, means, count, outer, blocks)


@njit(cache=True, nogil=True)
def hard_sums(points: Array, center: Array, slopes: Array, offsets: Array, mass: Array, first_moment: Array) -> float:
    """Add each sample to the component of its highest score; return the sum of the highest scores."""
    components, dimension = slopes.shape
    columns, scores = np.empty((dimension, BLOCK)), np.empty((components, BLOCK))
    top = np.empty(BLOCK)
    highest = 0.0
    for first in range(0, points.shape[0], BLOCK):
        count = min(BLOCK, points.shape[0] - first)
        _load(points, center, first, count, columns)
        _scores(columns, slopes, offsets, count, scores, top)
        for i in range(count):
            highest += top[i]
        _take_winners(scores, top, count)
        _accumulate(scores, columns, count, mass, first_moment)
    return highest


@njit(cache=True, nogil=True)
def _take_winners(scores: Array, top: Array, count: int) -> None:
    for i in range(count):
        free = 1.0
        for k in range(scores.shape[0]):
            won = free if scores[k, i] == top[i] else 0.0
            scores[k, i] = won
            free -= won


@njit(cache=True, nogil=True)
def winners(points: Array, center: Array, slopes: Array, offsets: Array, labels: Array) -> None:
    """Write the component of the highest score of each sample to `labels` (n,)."""
    components, dimension = slopes.shape
    columns, scores = np.empty((dimension, BLOCK)), np.empty((components, BLOCK))
    top = np.empty(BLOCK)
    for first in range(0, points.shape[0], BLOCK):
        count = min(BLOCK, points.shape[0] - first)
        _load(points, center, first, count, columns)
        _scores(columns, slopes, offsets, count, scores, top)
        for i in range(count):
            best = 0
            for k in range(1, components):
                if scores[k, i] > scores[best, i]:
                    best = k
            labels[first + i] = best
