"""Compiled steps of a ring of oscillators: Euler-Maruyama, Heun and Runge-Kutta of fourth order, in passes that vectorize.

A bond's sine and cosine are computed once for both of its oscillators. Rings are worked through in blocks that stay in the first
cache: bonds of a block, forces from neighboring bonds, then the update with a block of random numbers. A phase array has L + 1
entries; the last is a copy of the first. The cost of a site and step is one sine and cosine and one normal number, both without
branches: what limits it is arithmetic, not memory.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.block_noise import BLOCK, fill_normal, fill_uniform
from ..numerics.polynomial_trigonometry import FLAGS, sine_and_cosine

SITES = 1024  # sites of a block
NORMAL, UNIFORM = 0, 1
EULER, HEUN, RK4 = 0, 1, 2
_SETTINGS: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": set(FLAGS), "error_model": "numpy"}


def workspace() -> NDArray[np.float64]:
    """Memory for the bonds of one block: odd and even parts, and the sines and cosines of two harmonics."""
    return np.zeros((6, SITES + 1))


@njit(**_SETTINGS)
def bond_terms(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    even: NDArray[np.float64],
    odd: NDArray[np.float64],
    work: NDArray[np.float64],
    odd_part: NDArray[np.float64],
    even_part: NDArray[np.float64],
) -> None:
    """Even and odd part of Γ(right - left) for each bond: Γ to one side is their sum, to the other their difference."""
    count = left.size
    rest, first_even, first_odd = even[0], even[1], odd[1]
    if even.size == 2:
        for i in range(count):
            sine, cosine = sine_and_cosine(right[i] - left[i])
            odd_part[i] = first_odd * sine
            even_part[i] = rest + first_even * cosine
        return
    sines, cosines, high_sines, high_cosines = work[2, :count], work[3, :count], work[4, :count], work[5, :count]
    for i in range(count):
        sine, cosine = sine_and_cosine(right[i] - left[i])
        sines[i], cosines[i], high_sines[i], high_cosines[i] = sine, cosine, sine, cosine
        odd_part[i] = first_odd * sine
        even_part[i] = rest + first_even * cosine
    for m in range(2, even.size):
        weight_even, weight_odd = even[m], odd[m]
        for i in range(count):
            sine = high_sines[i] * cosines[i] + high_cosines[i] * sines[i]
            cosine = high_cosines[i] * cosines[i] - high_sines[i] * sines[i]
            high_sines[i], high_cosines[i] = sine, cosine
            odd_part[i] += weight_odd * sine
            even_part[i] += weight_even * cosine


@njit(**_SETTINGS)
def velocities(
    phase: NDArray[np.float64],
    frequencies: NDArray[np.float64],
    even: NDArray[np.float64],
    odd: NDArray[np.float64],
    work: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """ω_i + K [Γ(φ_{i+1} - φ_i) + Γ(φ_{i-1} - φ_i)] of all oscillators; K is contained in `even` and `odd`."""
    size = phase.size - 1
    phase[size] = phase[0]
    odd_part, even_part = work[0], work[1]
    bond_terms(phase[size - 1 : size], phase[size : size + 1], even, odd, work, odd_part[:1], even_part[:1])
    for start in range(0, size, SITES):
        count = min(SITES, size - start)
        left, right = phase[start : start + count], phase[start + 1 : start + count + 1]
        bond_terms(left, right, even, odd, work, odd_part[1 : count + 1], even_part[1 : count + 1])
        behind_odd, ahead_odd = odd_part[:count], odd_part[1 : count + 1]
        behind_even, ahead_even = even_part[:count], even_part[1 : count + 1]
        own, velocity = frequencies[start : start + count], out[start : start + count]
        for i in range(count):
            velocity[i] = own[i] + ((ahead_odd[i] - behind_odd[i]) + (ahead_even[i] + behind_even[i]))
        odd_part[0], even_part[0] = odd_part[count], even_part[count]


@njit(**_SETTINGS)
def draw(
    state: NDArray[np.uint64],
    memory: NDArray[np.uint64],
    kind: int,
    amplitude: float,
    pool: NDArray[np.float64],
    used: int,
    wanted: int,
) -> int:
    """Where the next `wanted` random numbers stand in the pool of BLOCK, which is filled anew when it runs out."""
    if used + wanted <= BLOCK:
        return used
    if kind == NORMAL:
        fill_normal(state, memory, amplitude, pool)
    else:
        fill_uniform(state, memory, amplitude, pool)
    return 0


@njit(**_SETTINGS)
def advance(
    method: int,
    steps: int,
    step: float,
    phase: NDArray[np.float64],
    frequencies: NDArray[np.float64],
    even: NDArray[np.float64],
    odd: NDArray[np.float64],
    work: NDArray[np.float64],
    slopes: NDArray[np.float64],
    kind: int,
    amplitude: float,
    state: NDArray[np.uint64],
    memory: NDArray[np.uint64],
    pool: NDArray[np.float64],
    used: int,
) -> int:
    """Advance the phases (L + 1,) by a number of steps; `amplitude` is σ·sqrt(step), zero for none; returns the pool's place.

    `slopes` has shape (4, L + 1): velocities, a trial state, its noise or second velocities, and the sum of Runge and Kutta.
    """
    for _ in range(steps):
        if method == RK4:
            _runge_kutta(step, phase, frequencies, even, odd, work, slopes)
        elif method == HEUN:
            used = _heun(step, phase, frequencies, even, odd, work, slopes, kind, amplitude, state, memory, pool, used)
        else:
            velocities(phase, frequencies, even, odd, work, slopes[0])
            used = _kick(step, slopes[0], phase, kind, amplitude, state, memory, pool, used)
    return used


@njit(**_SETTINGS)
def _kick(
    step: float,
    velocity: NDArray[np.float64],
    phase: NDArray[np.float64],
    kind: int,
    amplitude: float,
    state: NDArray[np.uint64],
    memory: NDArray[np.uint64],
    pool: NDArray[np.float64],
    used: int,
) -> int:
    """phase += step·velocity + noise, in place."""
    size = phase.size - 1
    for start in range(0, size, SITES):
        count = min(SITES, size - start)
        here, slope = phase[start : start + count], velocity[start : start + count]
        if amplitude == 0.0:
            for i in range(count):
                here[i] += step * slope[i]
        else:
            used = draw(state, memory, kind, amplitude, pool, used, count)
            noise = pool[used : used + count]
            used += count
            for i in range(count):
                here[i] += step * slope[i] + noise[i]
    return used


@njit(**_SETTINGS)
def _heun(
    step: float,
    phase: NDArray[np.float64],
    frequencies: NDArray[np.float64],
    even: NDArray[np.float64],
    odd: NDArray[np.float64],
    work: NDArray[np.float64],
    slopes: NDArray[np.float64],
    kind: int,
    amplitude: float,
    state: NDArray[np.uint64],
    memory: NDArray[np.uint64],
    pool: NDArray[np.float64],
    used: int,
) -> int:
    """The mean of the velocities before and behind an Euler step; both of them with the same noise."""
    size = phase.size - 1
    velocity, trial, kick, behind = slopes[0], slopes[1], slopes[2], slopes[3]
    velocities(phase, frequencies, even, odd, work, velocity)
    kick[:] = 0.0
    used = _kick(0.0, velocity, kick, kind, amplitude, state, memory, pool, used)
    for i in range(size):
        trial[i] = phase[i] + (step * velocity[i] + kick[i])
    velocities(trial, frequencies, even, odd, work, behind)
    for i in range(size):
        phase[i] += 0.5 * step * (velocity[i] + behind[i]) + kick[i]
    return used


@njit(**_SETTINGS)
def _runge_kutta(
    step: float,
    phase: NDArray[np.float64],
    frequencies: NDArray[np.float64],
    even: NDArray[np.float64],
    odd: NDArray[np.float64],
    work: NDArray[np.float64],
    slopes: NDArray[np.float64],
) -> None:
    size = phase.size - 1
    velocity, trial, total = slopes[0], slopes[1], slopes[3]
    velocities(phase, frequencies, even, odd, work, total)
    for i in range(size):
        trial[i] = phase[i] + 0.5 * step * total[i]
    for stage in range(3):
        velocities(trial, frequencies, even, odd, work, velocity)
        weight = 2.0 if stage < 2 else 1.0
        ahead = 0.5 * step if stage == 0 else step
        for i in range(size):
            total[i] += weight * velocity[i]
        if stage < 2:
            for i in range(size):
                trial[i] = phase[i] + ahead * velocity[i]
    for i in range(size):
        phase[i] += step / 6.0 * total[i]
