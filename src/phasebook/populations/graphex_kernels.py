"""Compiled sampling of a separable graphex: points in order, edges by geometric skips, of the tail only what has an edge."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.xoshiro import exponential, uniform


@njit(cache=True, nogil=True)
def sample_edges(
    size: float, sigma: float, cut: float, state: NDArray[np.uint64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Ends of all edges, and the places α of the points that they number: those up to `cut` first, the tail's behind."""
    scale = (1.0 - sigma) / sigma
    alpha = _points(size, cut, state)
    points = alpha.size
    weight = np.empty(points)
    running = np.empty(points + 1)
    running[0] = 0.0
    for i in range(points):
        weight[i] = scale * (1.0 + alpha[i]) ** (-1.0 / sigma)
        running[i + 1] = running[i] + weight[i]
    first = np.empty(int(0.6 * size * size) + 1024, np.int32)
    second = np.empty_like(first)
    count = 0
    for i in range(points - 1):
        # Weights fall along the row: skip by the largest chance that is left, then thin by what is really there.
        j = i + 1
        chance = min(1.0, weight[i] * weight[j])
        while j < points and chance > 0.0:
            if chance < 1.0:
                j += _skip(chance, points - j, state)
            if j >= points:
                break
            here = min(1.0, weight[i] * weight[j])
            if uniform(state) * chance < here:
                if count == first.size:
                    first, second = _longer(first), _longer(second)
                first[count], second[count] = i, j
                count += 1
            chance = here
            j += 1
    tail = (1.0 + cut) ** (1.0 - 1.0 / sigma)  # ∫ ξ beyond the cut
    power = -sigma / (1.0 - sigma)
    total = running[points]
    proposals = _poisson(size * total * tail, state)
    pairs = _poisson(0.5 * size * size * tail * tail, state)
    places = np.empty(points + proposals + 2 * pairs)
    places[:points] = alpha
    number = points
    chosen = np.empty(64, np.int32)
    for _ in range(proposals):
        at = (1.0 + cut) * (1.0 - uniform(state)) ** power - 1.0
        own = scale * (1.0 + at) ** (-1.0 / sigma)
        mean = total * own
        # Seen from the points before the cut, and without an edge in the tail (those come as pairs below).
        if uniform(state) >= -math.expm1(-mean) / mean * math.exp(-size * tail * own):
            continue
        degree = min(_positive_poisson(mean, state), chosen.size)
        first, second, count = _attach(number, degree, chosen, running, first, second, count, state)
        places[number] = at
        number += 1
    for _ in range(pairs):
        if count == first.size:
            first, second = _longer(first), _longer(second)
        first[count], second[count] = number, number + 1
        count += 1
        for _ in range(2):
            at = (1.0 + cut) * (1.0 - uniform(state)) ** power - 1.0
            degree = min(_poisson(total * scale * (1.0 + at) ** (-1.0 / sigma), state), chosen.size)
            first, second, count = _attach(number, degree, chosen, running, first, second, count, state)
            places[number] = at
            number += 1
    return first[:count].copy(), second[:count].copy(), places[:number].copy()


@njit(cache=True, nogil=True)
def _points(size: float, cut: float, state: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Poisson points of rate `size` on [0, cut], in increasing order, by exponential gaps."""
    mean = size * cut
    alpha = np.empty(int(mean + 8.0 * math.sqrt(mean)) + 64)
    count, at = 0, exponential(state) / size
    while at < cut:
        if count == alpha.size:
            alpha = _longer(alpha)
        alpha[count] = at
        count += 1
        at += exponential(state) / size
    return alpha[:count].copy()


@njit(cache=True, nogil=True)
def _attach(number, degree, chosen, running, first, second, count, state):  # type: ignore[no-untyped-def]
    """Join one point of the tail to `degree` draws among the points before the cut, by weight; repeated draws are one edge."""
    for draw in range(degree):
        other = np.int32(_place(running, uniform(state) * running[-1]))
        new = True
        for before in range(draw):
            new = new and chosen[before] != other
        chosen[draw] = other
        if new:
            if count == first.size:
                first, second = _longer(first), _longer(second)
            first[count], second[count] = other, number
            count += 1
    return first, second, count


@njit(cache=True, nogil=True)
def _place(running: NDArray[np.float64], value: float) -> int:
    """The interval of increasing bounds that holds a value, by bisection."""
    low, high = 0, running.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if running[middle] <= value:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _longer(values):  # type: ignore[no-untyped-def]
    grown = np.empty(2 * values.size, values.dtype)
    grown[: values.size] = values
    return grown


@njit(cache=True, nogil=True)
def _skip(chance: float, most: int, state: NDArray[np.uint64]) -> int:
    """Failures before a success of this chance, at most `most`."""
    u = uniform(state)
    # Most rows hold no edge: (1 - p)^n >= 1 - np tells it without a logarithm.
    if u >= most * chance:
        return most
    steps = math.log1p(-u) / math.log1p(-chance)
    return most if steps >= most else int(steps)


@njit(cache=True, nogil=True)
def _poisson(mean: float, state: NDArray[np.uint64]) -> int:
    """A Poisson number: exponential gaps for small means, the rejection of Hörmann (PTRS, 1993) for large ones."""
    if mean < 12.0:
        count, total = 0, exponential(state)
        while total < mean:
            count += 1
            total += exponential(state)
        return count
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    ceiling = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = uniform(state) - 0.5
        v = 1.0 - uniform(state)
        us = 0.5 - abs(u)
        if us <= 0.0:
            continue
        k = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= ceiling:
            return int(k)
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        left = math.log(v) + math.log(inverse) - math.log(a / (us * us) + b)
        if left <= -mean + k * math.log(mean) - math.lgamma(k + 1.0):
            return int(k)


@njit(cache=True, nogil=True)
def _positive_poisson(mean: float, state: NDArray[np.uint64]) -> int:
    """A Poisson number that is not zero: the first arrival of a unit interval, then the others behind it."""
    at = -math.log1p(uniform(state) * math.expm1(-mean)) / mean
    count, total = 1, at + exponential(state) / mean
    while total < 1.0:
        count += 1
        total += exponential(state) / mean
    return count
