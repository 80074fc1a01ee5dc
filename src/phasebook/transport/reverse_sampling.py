"""Samples of a reverse SDE and a reverse ODE in any dimension, by Euler steps that are finer near the end.

Reverse time runs from the horizon to 0. The last steps are split, where the score changes fastest, and the last step of the SDE
adds no noise: with it, the sample would carry the noise of one step that no score corrects. Sampling starts from the stationary
law of the forward process. Source: steps and splitting as in the code of arXiv 2311.15996 (800 steps, the last 10 split in ten).
"""

from __future__ import annotations

import math
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .fokker_planck import NotFinite, OrnsteinUhlenbeck, Potential

Sampler = Literal["ode", "sde"]
LAST, PARTS = 10, 10
AT_ONCE = 250_000


def reverse_times(horizon: float, steps: int) -> Float[np.ndarray, " k"]:
    """Times from the horizon to 0: `steps` even steps, the last ten of them split in ten each."""
    even = np.linspace(horizon, 0.0, steps + 1)
    coarse = max(0, steps - LAST)
    fine = np.linspace(even[coarse], 0.0, (steps - coarse) * PARTS + 1)
    return np.concatenate([even[:coarse], fine])


def sample_reverse(
    potential: Potential,
    process: OrnsteinUhlenbeck,
    sampler: Sampler,
    *,
    horizon: float,
    samples: int,
    dimension: int,
    steps: int = 800,
    seed: int,
) -> Float[np.ndarray, "samples d"]:
    """Points (samples, d) at time 0 of the reverse ODE or SDE that a potential drives, in single precision.

    Both samplers with one seed start from the same points. Raises ValueError for wrong arguments, NotFinite where samples escape.
    """
    if sampler not in ("ode", "sde"):
        raise ValueError(f"sampler must be ode or sde; got {sampler!r}")
    if samples < 1 or dimension < 1 or steps < 1:
        raise ValueError(f"samples, dimension and steps must be at least 1; got {samples}, {dimension} and {steps}")
    if not (horizon > 0 and math.isfinite(horizon)):
        raise ValueError(f"horizon must be positive and finite; got {horizon!r}")
    times = jnp.asarray(reverse_times(horizon, steps), jnp.float32)
    key = jax.random.key(seed)
    found = []
    for batch in range(math.ceil(samples / AT_ONCE)):
        count = min(AT_ONCE, samples - batch * AT_ONCE)
        first, noise = jax.random.split(jax.random.fold_in(key, batch))
        start = math.sqrt(process.stationary_variance) * jax.random.normal(first, (count, dimension))
        share = jnp.float32(1.0 if sampler == "sde" else 0.5)
        found.append(np.asarray(_carried(potential, process, start, times, noise, share), dtype=float))
    points = np.concatenate(found)
    if not np.isfinite(points).all():
        lost = int((~np.isfinite(points)).any(axis=1).sum())
        raise NotFinite(
            f"{lost} of {samples} samples of the reverse {sampler.upper()} left for infinity: its score is too flat"
        )
    return points


@eqx.filter_jit
def _carried(
    potential: Potential, process: OrnsteinUhlenbeck, start: Array, times: Array, key: Array, share: Array
) -> Array:
    """Euler steps of dX = (f - share g² s) dt, with noise where the share is one."""
    score = jax.vmap(jax.grad(potential), (0, None))
    last = len(times) - 2

    def step(carry: Array, index: Array) -> tuple[Array, None]:
        t, length = times[index], times[index] - times[index + 1]
        strength = process.noise(t)
        noisy = jnp.where((share > 0.75) & (index < last), strength * jnp.sqrt(length), 0.0)
        normal: Any = jax.random.normal(jax.random.fold_in(key, index), carry.shape)
        moved = carry - length * (process.drift(carry, t) - share * strength**2 * score(carry, t))
        return moved + noisy * normal, None

    end, _ = jax.lax.scan(step, start, jnp.arange(len(times) - 1))
    return end
