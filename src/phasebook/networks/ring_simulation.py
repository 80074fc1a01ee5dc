"""Simulation of oscillator rings: replicas over threads, observed at log-spaced times."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..numerics.block_noise import BLOCK, lane_states, scratch
from . import ring_kernels
from .oscillator_ring import Method, OscillatorRing, check_step, natural_frequencies
from .phase_history import PhaseHistory, observe

Kicks = Literal["normal", "uniform"]
METHODS = {"euler": ring_kernels.EULER, "heun": ring_kernels.HEUN, "rk4": ring_kernels.RK4}
KICKS = {"normal": ring_kernels.NORMAL, "uniform": ring_kernels.UNIFORM}
MEMORY_LIMIT = 2**31


def observation_times(end: float, step: float, *, per_decade: int = 10, first: float = 0.0) -> NDArray[np.float64]:
    """Log-spaced multiples of `step` from `first` (or one step) to `end`; `end` and `end`/2 are among them.

    Raises ValueError unless 0 < 2·step <= end and per_decade >= 1.
    """
    if not (math.isfinite(end) and step > 0 and end >= 2 * step * (1 - 1e-9)):
        raise ValueError(f"end must be finite and at least two steps; got {end!r} with step {step!r}")
    if per_decade < 1:
        raise ValueError(f"per_decade must be at least 1; got {per_decade!r}")
    last = round(end / step)
    start = min(max(1.0, first / step), last)
    count = max(2, round(per_decade * math.log10(last / start)) + 1)
    steps = np.unique(np.append(np.rint(np.geomspace(start, last, count)), [last // 2, last])).astype(np.int64)
    return np.asarray(step * steps[steps >= max(1, math.floor(start))], dtype=np.float64)


def simulate_ring(
    ring: OscillatorRing,
    times: ArrayLike,
    *,
    step: float,
    method: Method | None = None,
    kicks: Kicks = "normal",
    replicas: int = 1,
    seed: int,
    threads: int | None = None,
    keep: bool = False,
) -> PhaseHistory:
    """Independent rings from equal phases, observed at `times` (T,), which are rounded to multiples of `step`.

    `method`: Euler-Maruyama ("euler", the default for noise in time), "heun" (weak second order here), or "rk4" (the default
    for frozen frequencies, and for them alone). `kicks`: normal noise, or uniform of equal variance, which has the same limit of
    small steps. `keep` returns all phases, (replicas, T, L). Replica r depends on the seed and r alone, and nothing on the number
    of `threads` (all cores by default). Effective frequencies are taken between the last observation and the one nearest to half
    its time. Raises ValueError on wrong arguments, a step that is not stable, and where kept phases would exceed 2 GiB.
    """
    chosen: Method = method or ("euler" if ring.randomness == "time" else "rk4")
    if chosen not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {chosen!r}")
    if chosen == "rk4" and ring.randomness == "time":
        raise ValueError("method must be 'euler' or 'heun' for noise in time; got 'rk4'")
    if kicks not in KICKS:
        raise ValueError(f"kicks must be 'normal' or 'uniform'; got {kicks!r}")
    step = check_step(ring, step, chosen)
    for name, value in (("replicas", replicas), ("threads", 1 if threads is None else threads)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} must be a positive integer; got {value!r}")
    grid = _step_numbers(times, step)
    if keep and 8 * replicas * len(grid) * ring.size > MEMORY_LIMIT:
        raise ValueError(
            f"kept phases need {8 * replicas * len(grid) * ring.size} bytes; the limit is {MEMORY_LIMIT} (fewer times or replicas)"
        )
    # Validates the seed before any work.
    states = lane_states(seed, replicas)
    kept = np.empty((replicas, len(grid), ring.size) if keep else (0, 0, 0))
    work = _Work(ring, step, chosen, KICKS[kicks], grid, states, seed)

    def run(replica: int) -> PhaseHistory:
        return work.replica(replica, kept[replica] if keep else None)

    count = min(threads or len(os.sched_getaffinity(0)), replicas)
    if count == 1:
        histories = [run(replica) for replica in range(replicas)]
    else:
        with ThreadPoolExecutor(count) as pool:
            histories = list(pool.map(run, range(replicas)))
    return PhaseHistory.joined(histories, kept if keep else None)


class _Work:
    """A checked request with the arrays that its kernels share."""

    def __init__(
        self,
        ring: OscillatorRing,
        step: float,
        method: Method,
        kicks: int,
        grid: NDArray[np.int64],
        states: NDArray[np.uint64],
        seed: int,
    ) -> None:
        self.ring, self.step, self.method, self.kicks = ring, step, METHODS[method], kicks
        self.grid, self.states, self.seed = grid, states, seed
        self.even = ring.strength * np.array(ring.coupling.even)
        self.odd = ring.strength * np.array(ring.coupling.odd)
        self.amplitude = ring.noise * math.sqrt(step) if ring.randomness == "time" else 0.0
        self.half = int(np.argmin(np.abs(grid - grid[-1] / 2)))

    def replica(self, number: int, kept: NDArray[np.float64] | None) -> PhaseHistory:
        size = self.ring.size
        work, slopes, pool = ring_kernels.workspace(), np.zeros((4, size + 1)), np.empty(BLOCK)
        phase, frequencies = np.zeros(size + 1), natural_frequencies(self.ring, number, self.seed)
        memory, used, done, middle = scratch(), BLOCK, 0, phase[:size].copy()
        rows = np.empty((len(self.grid), 6))
        for index, target in enumerate(self.grid.tolist()):
            used = ring_kernels.advance(
                self.method,
                target - done,
                self.step,
                phase,
                frequencies,
                self.even,
                self.odd,
                work,
                slopes,
                self.kicks,
                self.amplitude,
                self.states[number],
                memory,
                pool,
                used,
            )
            done = target
            rows[index] = observe(phase[:size])
            if kept is not None:
                kept[index] = phase[:size]
            if index == self.half:
                middle = phase[:size].copy()
        span = self.step * float(self.grid[-1] - self.grid[self.half])
        effective = (phase[:size] - middle) / span if span > 0 else np.full(size, np.nan)
        return PhaseHistory.of_rows(
            np.asarray(self.step * self.grid, dtype=np.float64), rows, effective, phase[:size].copy()
        )


def _step_numbers(times: ArrayLike, step: float) -> NDArray[np.int64]:
    values = np.atleast_1d(np.asarray(times, dtype=float))
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all() or (values <= 0).any():
        raise ValueError("times must be a list of finite positive numbers")
    if (np.diff(values) <= 0).any():
        raise ValueError("times must increase")
    numbers = np.unique(np.maximum(np.rint(values / step), 1)).astype(np.int64)
    if numbers[-1] > 2**53:
        raise ValueError(f"times must be at most 2**53 steps; got {values[-1]:g} with step {step:g}")
    return numbers
