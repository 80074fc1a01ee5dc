"""A ring of oscillators beside the same steps in plain NumPy, and beside a plain compiled loop, one core each.

No package steps a ring of phase oscillators with noise: `kuramoto` and `jaxkuramoto` multiply by dense coupling matrices, 134 MB
for 4096 oscillators, and have no noise. What the numbers need alone is timed too: it is the limit that stands beside each row.
"""

import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numba import njit

from benchmarks.timing import Row, interleaved, row
from phasebook.networks import OscillatorRing, sakaguchi_coupling, simulate_ring
from phasebook.networks.oscillator_ring import Randomness
from phasebook.networks.ring_kernels import bond_terms, workspace
from phasebook.numerics.block_noise import BLOCK, fill_normal, lane_states, scratch

SIZE, STEPS, STEP, NONODDITY, NOISE, FROZEN = 4096, 2000, 0.1, 1.2, 0.15, 0.05
REPEATS = 4000


def measure() -> list[Row]:
    """Seconds for 2000 steps of 4096 oscillators; prints site updates per second."""
    bonds, normals = _rate(_bonds, SIZE // 4), _rate(_normals, BLOCK)
    rows = []
    noisy = partial(_ours, "time")
    for peer, theirs, aim in (("NumPy", numpy_loop, 10.0), ("plain numba loop", compiled_loop, 5.0)):
        mine, other = interleaved(noisy, theirs)
        needed = SIZE * STEPS * (1 / bonds + 1 / normals)
        limit = (
            f"arithmetic: a sine and cosine ({bonds:.2g}/s alone) and a normal number ({normals:.2g}/s alone) per site and step "
            f"are {needed / min(mine):.0%} of our time; {SIZE * STEPS / min(mine):.2g} site updates/s"
        )
        rows.append(row(f"{SIZE} noisy oscillators, {STEPS} steps", peer, mine, other, aim=aim, limit=limit))
    mine, other = interleaved(partial(_ours, "columnar"), numpy_runge_kutta)
    needed = 4 * SIZE * STEPS / bonds
    limit = (
        f"arithmetic: four sines and cosines per site and step are {needed / min(mine):.0%} of our time; "
        f"{SIZE * STEPS / min(mine):.2g} site updates/s of four stages each"
    )
    rows.append(row(f"{SIZE} frozen oscillators, {STEPS} Runge-Kutta steps", "NumPy", mine, other, aim=5, limit=limit))
    for each in rows:
        print(
            f"  {each.peer}: {SIZE * STEPS / each.ours_seconds:.3g} and {SIZE * STEPS / each.peer_seconds:.3g} site updates/s"
        )
    return rows


def _ours(randomness: Randomness) -> float:
    noise = NOISE if randomness == "time" else FROZEN
    ring = OscillatorRing(SIZE, sakaguchi_coupling(NONODDITY), noise, randomness)
    history = simulate_ring(ring, [STEPS * STEP], step=STEP, seed=1, threads=1)
    return float(history.width_squared[0, 0])


def numpy_loop() -> float:
    """The same Euler-Maruyama steps, with one sine and cosine per bond: what one writes first in NumPy."""
    generator, phase = np.random.default_rng(1), np.zeros(SIZE)
    cosine, sine = math.cos(NONODDITY), math.sin(NONODDITY)
    for _ in range(STEPS):
        bond = np.roll(phase, -1) - phase
        odd, even = cosine * np.sin(bond), sine * np.cos(bond)
        force = odd - np.roll(odd, 1) + even + np.roll(even, 1)
        phase += STEP * force + NOISE * math.sqrt(STEP) * generator.standard_normal(SIZE)
    return float(phase.var())


def numpy_runge_kutta() -> float:
    """Frozen frequencies by the classical Runge-Kutta method in NumPy."""
    frequencies, phase = FROZEN * np.random.default_rng(1).standard_normal(SIZE), np.zeros(SIZE)
    cosine, sine = math.cos(NONODDITY), math.sin(NONODDITY)

    def slope(state: np.ndarray) -> np.ndarray:
        bond = np.roll(state, -1) - state
        odd, even = cosine * np.sin(bond), sine * np.cos(bond)
        return frequencies + odd - np.roll(odd, 1) + even + np.roll(even, 1)

    for _ in range(STEPS):
        first = slope(phase)
        second = slope(phase + 0.5 * STEP * first)
        third = slope(phase + 0.5 * STEP * second)
        phase += STEP / 6 * (first + 2 * second + 2 * third + slope(phase + STEP * third))
    return float(phase.var())


def compiled_loop() -> float:
    """The same steps site by site with the library's sine and NumPy's normal numbers: what one writes first in numba."""
    generator = np.random.default_rng(1)
    cosine, sine = math.cos(NONODDITY), math.sin(NONODDITY)
    return float(_plain(np.zeros(SIZE), np.zeros(SIZE), generator, STEPS, STEP, cosine, sine, NOISE))


@njit
def _plain(
    phase: np.ndarray,
    force: np.ndarray,
    generator: np.random.Generator,
    steps: int,
    step: float,
    cosine: float,
    sine: float,
    noise: float,
) -> float:
    for _ in range(steps):
        force[:] = 0.0
        for i in range(phase.size):
            j = i + 1 if i + 1 < phase.size else 0
            bond = phase[j] - phase[i]
            odd, even = cosine * math.sin(bond), sine * math.cos(bond)
            force[i] += even + odd
            force[j] += even - odd
        for i in range(phase.size):
            phase[i] += step * force[i] + noise * math.sqrt(step) * generator.standard_normal()
    return phase.var()


def _rate(work: Callable[[], None], items: int) -> float:
    """Items per second, best of five, of a piece of work that handles `items` in each of REPEATS calls."""
    work()
    best = math.inf
    for _ in range(5):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return items * REPEATS / best


def _bonds() -> None:
    phase = np.random.default_rng(0).normal(0, 0.2, SIZE // 4 + 1)
    even, odd, work = np.array([0.0, 0.9]), np.array([0.0, 0.4]), workspace()
    _many_bonds(phase[:-1], phase[1:], even, odd, work, REPEATS)


def _normals() -> None:
    _many_normals(lane_states(1, 1)[0], scratch(), np.empty(BLOCK), REPEATS)


@njit
def _many_bonds(
    left: np.ndarray, right: np.ndarray, even: np.ndarray, odd: np.ndarray, work: np.ndarray, repeats: int
) -> None:
    for _ in range(repeats):
        bond_terms(left, right, even, odd, work, work[0, : left.size], work[1, : left.size])


@njit
def _many_normals(state: np.ndarray, memory: np.ndarray, block: np.ndarray, repeats: int) -> None:
    for _ in range(repeats):
        fill_normal(state, memory, 1.0, block)
