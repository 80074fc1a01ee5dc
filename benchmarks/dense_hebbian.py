"""Spin updates of a dense Hebbian network beside NumPy and the explicit tensor; the one-step solver beside scipy.optimize.root."""

import functools
import math
import time

import numpy as np
from scipy import optimize

from benchmarks.timing import Row, interleaved, row
from phasebook.spins import (
    DenseNetwork,
    HebbianMemory,
    field_table,
    one_step_breaking,
    random_memory,
    simulate,
)

TEMPERATURE = 0.3
SMALL, LARGE = (200, 4000, 20), (1600, 500_000, 1)
COPIED = 2**28
PROBLEMS, TIMED_PROBLEMS = 50, 8
OUTER, INNER = 401, 201
AGREES = 1e-5


def measure() -> list[Row]:
    """Sweeps of one network on one core, and solutions with broken replicas."""
    return [updates(*SMALL), updates(*LARGE), tensor(), solver()]


def updates(size: int, patterns: int, sweeps: int) -> Row:
    """Heat-bath sweeps at P = 3 beside the same rule with one vectorized NumPy expression for each spin."""
    memory = random_memory(3, size, patterns, seed=1)
    schedule = np.full(sweeps, TEMPERATURE)
    mine, theirs = interleaved(
        functools.partial(simulate, memory, schedule, seed=2), lambda: numpy_sweeps(memory, sweeps), pairs=5
    )
    each = min(mine) / (sweeps * size)
    # A field reads the row of signs and one float64 for each pattern.
    moved = patterns * 9
    bandwidth = copied_bytes_per_second()
    limit = (
        f"{1 / each:,.0f} updates per second, {moved:,} bytes each: {moved / each / 1e9:.1f} GB/s, "
        f"{moved / each / bandwidth:.0%} of the memory's {bandwidth / 1e9:.1f} GB/s (the signs alone: "
        f"{patterns / each / bandwidth:.0%})"
    )
    what = f"{sweeps} sweeps, N = {size}, P = 3, K = {patterns:,}"
    return row(what, "NumPy, one expression a spin", mine, theirs, aim=20, limit=limit)


def tensor() -> Row:
    """The same small network with the tensor of couplings: N² products for each field, N³ numbers in memory."""
    size, patterns, sweeps = SMALL
    memory = random_memory(3, size, patterns, seed=1)
    signs = memory.patterns.astype(np.float64)
    begin = time.perf_counter()
    # Each pair of others stands twice in the sum over both indices: half of 3!/(2N²).
    couplings = np.stack([(signs * signs[spin]) @ signs.T for spin in range(size)]) * (3.0 / (2.0 * size**2))
    built = time.perf_counter() - begin
    every = np.arange(size)
    couplings[every, every, :] = couplings[every, :, every] = couplings[:, every, every] = 0.0
    schedule = np.full(sweeps, TEMPERATURE)
    mine, theirs = interleaved(
        functools.partial(simulate, memory, schedule, seed=2), lambda: tensor_sweeps(memory, couplings, sweeps), pairs=5
    )
    limit = f"tensor: {couplings.nbytes / 1e6:.0f} MB and {built:.1f} s to build it; signs: {memory.patterns.nbytes / 1e6:.1f} MB"
    what = f"{sweeps} sweeps, N = {size}, P = 3, K = {patterns:,}"
    return row(what, "explicit tensor", mine, theirs, aim=1, limit=limit)


def solver() -> Row:
    """Broken retrieval states of random networks: ours from the pattern, SciPy's root on the raw equations from random starts."""
    problems, starts = random_problems()
    found = [one_step_breaking(network, temperature, throw=False) for network, temperature in problems]
    ours = sum(state.converged and state.phase == "retrieval" for state in found)
    reached = 0
    for (network, temperature), state, start in zip(problems, found, starts, strict=True):
        solution = raw_root(network, temperature, start)
        reached += abs(solution[0] - state.overlap) < AGREES and abs(solution[3] - state.breakpoint) < 1e-3
    timed = slice(0, TIMED_PROBLEMS)
    mine, theirs = interleaved(
        lambda: [one_step_breaking(*problem) for problem in problems[timed]],
        lambda: [raw_root(*problem, start) for problem, start in zip(problems[timed], starts[timed], strict=True)],
        pairs=5,
    )
    limit = f"found: ours {ours} of {PROBLEMS}, from random starts {reached} of {PROBLEMS}"
    return row(f"{TIMED_PROBLEMS} one-step states", "scipy.optimize.root", mine, theirs, aim=1, limit=limit)


def random_problems() -> tuple[list[tuple[DenseNetwork, float]], list[np.ndarray]]:
    """Networks whose replicas break while they retrieve, and random starts (m, q1, q2, breakpoint)."""
    generator = np.random.default_rng(3)
    problems = [
        (
            DenseNetwork(int(generator.integers(3, 5)), float(generator.uniform(0.33, 0.44))),
            float(generator.uniform(0.03, 0.1)),
        )
        for _ in range(PROBLEMS)
    ]
    return problems, [np.sort(generator.random(4))[[2, 1, 3, 0]] for _ in range(PROBLEMS)]


def raw_root(network: DenseNetwork, temperature: float, start: np.ndarray) -> np.ndarray:
    """The four equations as they are written down, on even grids, with MINPACK's hybrid method."""
    order, c = network.interaction_order, 0.5 * network.load / temperature**2
    outer, inner = np.linspace(-8.0, 8.0, OUTER), np.linspace(-8.0, 8.0, INNER)
    outer_weights, inner_weights = (np.exp(-0.5 * nodes**2) for nodes in (outer, inner))
    outer_weights, inner_weights = outer_weights / outer_weights.sum(), inner_weights / inner_weights.sum()

    def residuals(unknowns: np.ndarray) -> np.ndarray:
        m, q1, q2, theta = unknowns
        field = (
            0.5 * order / temperature * m ** (order - 1)
            + math.sqrt(max(c * order * q1 ** (order - 1), 0.0)) * outer[:, None]
            + math.sqrt(max(c * order * (q2 ** (order - 1) - q1 ** (order - 1)), 0.0)) * inner
        )
        log_cosh = np.logaddexp(field, -field) - math.log(2.0)
        weights = inner_weights * np.exp(theta * (log_cosh - log_cosh.max(axis=1, keepdims=True)))
        total = weights.sum(axis=1)
        tangent = np.tanh(field)
        mean = (weights * tangent).sum(axis=1) / total
        free = (np.log(total) + theta * log_cosh.max(axis=1)) / theta
        slope = outer_weights @ ((weights * log_cosh).sum(axis=1) / total - free) / theta
        return np.array(
            [
                outer_weights @ mean - m,
                outer_weights @ mean**2 - q1,
                outer_weights @ ((weights * tangent**2).sum(axis=1) / total) - q2,
                slope - 0.5 * c * (order - 1) * (q2**order - q1**order),
            ]
        )

    with np.errstate(all="ignore"):
        return optimize.root(residuals, start, method="hybr").x


def numpy_sweeps(memory: HebbianMemory, sweeps: int) -> np.ndarray:
    """Fields from the table of one-spin fields, looked up for all patterns at once."""
    generator, size = np.random.default_rng(2), memory.size
    table = field_table(3, size)
    spins = memory.patterns[:, 0].copy()
    sums = spins.astype(np.int32) @ memory.patterns.astype(np.int32) if memory.count < 10_000 else _sums(memory, spins)
    for _ in range(sweeps):
        for spin in range(size):
            signs = memory.patterns[spin]
            others = sums - signs * spins[spin]
            field = (signs * table[(others + size - 1) >> 1]).sum()
            value = 1 if generator.random() < 1.0 / (1.0 + math.exp(-2.0 * field / TEMPERATURE)) else -1
            if value != spins[spin]:
                sums += 2 * value * signs
                spins[spin] = value
    return spins


def _sums(memory: HebbianMemory, spins: np.ndarray) -> np.ndarray:
    total = np.zeros(memory.count, np.int32)
    for spin, signs in zip(spins, memory.patterns, strict=True):
        total += spin * signs
    return total


def tensor_sweeps(memory: HebbianMemory, couplings: np.ndarray, sweeps: int) -> np.ndarray:
    """Fields as bilinear forms of the tensor's slices."""
    generator = np.random.default_rng(2)
    spins = memory.patterns[:, 0].astype(np.float64)
    for _ in range(sweeps):
        for spin in range(memory.size):
            field = spins @ couplings[spin] @ spins
            spins[spin] = 1.0 if generator.random() < 1.0 / (1.0 + math.exp(-2.0 * field / TEMPERATURE)) else -1.0
    return spins


def copied_bytes_per_second() -> float:
    """The memory's bandwidth on one core: bytes read by a sum over more than the caches hold."""
    numbers = np.ones(COPIED // 8)
    numbers.sum()
    rates = []
    for _ in range(5):
        begin = time.perf_counter()
        numbers.sum()
        rates.append(COPIED / (time.perf_counter() - begin))
    return max(rates)
