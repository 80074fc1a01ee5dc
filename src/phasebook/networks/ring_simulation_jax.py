"""Rings of oscillators with noise in time as a JAX program for accelerators: replicas by vmap, steps in one loop, moments there.

The same Euler-Maruyama recursion as the compiled kernels, in float64, with JAX's own random numbers and trigonometry: it shares no
code with them, so that either checks the other.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .oscillator_ring import OscillatorRing, check_step
from .phase_history import TURN, PhaseHistory

if TYPE_CHECKING:
    import jax


def simulate_ring_on_device(
    ring: OscillatorRing,
    times: ArrayLike,
    *,
    step: float,
    replicas: int,
    seed: int,
    progress: Callable[[int, int], object] | None = None,
) -> PhaseHistory:
    """Independent rings from equal phases, observed at `times` (T,), rounded to multiples of `step`, on JAX's default device.

    `progress(done, T)` is called after each observation. Raises ValueError on frozen frequencies, wrong times or a step that
    is not stable.
    """
    import jax

    if ring.randomness != "time":
        raise ValueError("randomness must be 'time' on a device; simulate frozen frequencies with simulate_ring")
    step = check_step(ring, step, "euler")
    values = np.atleast_1d(np.asarray(times, dtype=float))
    if values.size == 0 or not np.isfinite(values).all() or (values <= 0).any() or (np.diff(values) <= 0).any():
        raise ValueError("times must be finite, positive and increasing")
    grid = np.unique(np.maximum(np.rint(values / step), 1)).astype(np.int64)
    half = int(np.argmin(np.abs(grid - grid[-1] / 2)))
    with jax.enable_x64(True):
        jnp = jax.numpy
        advance = _program(ring.coupling.harmonics)
        even = ring.strength * jnp.array(ring.coupling.even)
        odd = ring.strength * jnp.array(ring.coupling.odd)
        keys = jax.random.split(jax.random.key(seed), replicas)
        phases = jnp.zeros((replicas, ring.size))
        rows, done, middle = np.empty((replicas, len(grid), 6)), 0, np.zeros((replicas, ring.size))
        for index, target in enumerate(grid.tolist()):
            phases, keys, seen = advance(phases, keys, target - done, step, ring.noise * math.sqrt(step), even, odd)
            rows[:, index], done = np.asarray(seen), target
            if index == half:
                middle = np.asarray(phases)
            if progress is not None:
                progress(index + 1, len(grid))
        last = np.asarray(phases)
    span = step * float(grid[-1] - grid[half])
    effective = (last - middle) / span if span > 0 else np.full(last.shape, np.nan)
    observed = np.asarray(step * grid, dtype=np.float64)
    return PhaseHistory.joined(
        [
            PhaseHistory.of_rows(observed, rows[replica], effective[replica], last[replica])
            for replica in range(replicas)
        ]
    )


@functools.cache
def _program(harmonics: int) -> Callable[..., Any]:
    """The compiled program: (phases, keys, steps, step, amplitude, even, odd) to (phases, keys, moments) of all replicas."""
    import jax

    jnp = jax.numpy

    def one_step(
        carry: tuple[jax.Array, jax.Array], step: jax.Array, amplitude: jax.Array, even: jax.Array, odd: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        phase, key = carry
        key, fresh = jax.random.split(key)
        bond = jnp.roll(phase, -1) - phase
        even_part = even[0] + sum(even[m] * jnp.cos(m * bond) for m in range(1, harmonics + 1))
        odd_part = sum(odd[m] * jnp.sin(m * bond) for m in range(1, harmonics + 1))
        force = even_part + jnp.roll(even_part, 1) + odd_part - jnp.roll(odd_part, 1)
        noise = jax.random.normal(fresh, phase.shape, dtype=phase.dtype)
        return phase + step * force + amplitude * noise, key

    def one_ring(
        phase: jax.Array,
        key: jax.Array,
        steps: jax.Array,
        step: jax.Array,
        amplitude: jax.Array,
        even: jax.Array,
        odd: jax.Array,
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        phase, key = jax.lax.fori_loop(
            0, steps, lambda _, carry: one_step(carry, step, amplitude, even, odd), (phase, key)
        )
        mean = phase.mean()
        away = phase - mean
        turns = jnp.abs(jnp.round((jnp.roll(phase, -1) - phase) / TURN)).sum()
        order = jnp.hypot(jnp.cos(away).mean(), jnp.sin(away).mean())
        moments = [(away**power).mean() for power in (2, 3, 4)]
        return phase, key, jnp.stack([mean, *moments, turns, order])

    return jax.jit(jax.vmap(one_ring, in_axes=(0, 0, None, None, None, None, None)))
