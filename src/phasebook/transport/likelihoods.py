"""Likelihoods of what a sampler samples: by the divergence along its ODE, and by the Feynman-Kac formula for its SDE.

ODE: log ρ̂1(x) = log ρ0(X_0(x)) − ∫ ∇·b dt along the path that ends in x. SDE: ρ̂1(x) = E[ρ0(Y_1) exp(−∫ ∇·b_F(1−τ, Y_τ)
dτ)] over paths dY = −b_F(1−τ, Y) dτ + √(2ε) dW from Y_0 = x, with b_F = b + ε s; unbiased for the density itself, so
paths are averaged before the logarithm. Source: arXiv 2303.08797.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from .samplers import Fields, Precision, check_noise, divergence_of, flow, points_on_device, scope

LogDensity = Callable[[Float[np.ndarray, "n d"]], ArrayLike]


@dataclass(frozen=True)
class Likelihoods:
    """Log densities (n,) at t = 1, with the standard error (n,) of each (zero where the estimate is not random)."""

    log_density: Float[np.ndarray, " n"]
    stderr: Float[np.ndarray, " n"]


def ode_likelihoods(
    fields: Fields,
    x: ArrayLike,
    start_log_density: LogDensity,
    *,
    divergence: Literal["exact", "hutchinson"] = "exact",
    probes: int = 16,
    seed: int = 0,
    tolerance: float = 1e-6,
    start: float = 0.0,
    stop: float = 1.0,
    precision: Precision = "double",
) -> Likelihoods:
    """Log densities at points x (n, d) of the law that the ODE makes of the start's; exact but for the step, or Hutchinson's.

    Hutchinson's estimate averages `probes` random sign vectors per point. `start`, `stop` bound the times where fields are good.
    Raises as `flow`, and ValueError unless there are two probes.
    """
    if divergence == "exact":
        found = flow(fields, x, start=stop, stop=start, tolerance=tolerance, divergence="exact", precision=precision)
        return Likelihoods(np.asarray(start_log_density(found.points)) + found.divergence, np.zeros(len(found.points)))
    if probes < 2:
        raise ValueError(f"probes must be at least 2; got {probes}")
    points = np.asarray(x, dtype=float)
    points = points[:, None] if points.ndim == 1 else points
    found = flow(
        fields,
        np.repeat(points, probes, axis=0),
        start=stop,
        stop=start,
        tolerance=tolerance,
        divergence="hutchinson",
        seed=seed,
        precision=precision,
    )
    draws = (np.asarray(start_log_density(found.points)) + found.divergence).reshape(len(points), probes)
    return Likelihoods(draws.mean(1), draws.std(1, ddof=1) / math.sqrt(probes))


def sde_likelihoods(
    fields: Fields,
    x: ArrayLike,
    start_log_density: LogDensity,
    *,
    noise: float,
    steps: int,
    seed: int,
    paths: int = 256,
    start: float = 0.0,
    stop: float = 1.0,
    precision: Precision = "double",
) -> Likelihoods:
    """Log densities at points x (n, d) of the law that the SDE of noise ε makes of the start's, by Feynman and Kac.

    The logarithm of a mean over `paths` paths per point; its standard error is the mean's over the mean, and the bias of the
    logarithm is half its square. Exact divergences. Raises ValueError for wrong arguments; StateError without a score.
    """
    check_noise(noise)
    if paths < 2 or steps < 1:
        raise ValueError(f"paths must be at least 2 and steps at least 1; got {paths} and {steps}")
    with scope(precision):
        points = points_on_device(x, precision)
        spread = jnp.repeat(points, paths, axis=0)
        moves = jnp.asarray([stop, (start - stop) / steps, noise], dtype=points.dtype)
        ends, integrals = _backward(fields, spread, moves, jnp.int32(steps), jax.random.key(seed))
        logs = np.asarray(start_log_density(np.asarray(ends, dtype=float)))
        terms = (logs - np.asarray(integrals, dtype=float)).reshape(-1, paths)
    largest = terms.max(1, keepdims=True)
    shares = np.exp(terms - largest)
    mean = shares.mean(1)
    return Likelihoods(largest[:, 0] + np.log(mean), shares.std(1, ddof=1) / math.sqrt(paths) / mean)


@eqx.filter_jit
def _backward(fields: Fields, x: Array, moves: Array, steps: Array, key: Array) -> tuple[Array, Array]:
    """Ends of the auxiliary paths and the integrals of the drift's divergence along them (Strang splitting, trapezoids)."""
    begin, step, noise = moves
    length = jnp.abs(step)

    def drift(t: Array, points: Array) -> tuple[Array, Array]:
        return divergence_of(lambda at: fields.velocity(t, at) + noise * fields.score(t, at), points)

    def shake(points: Array, share: Array | float, index: Array) -> Array:
        draws = jax.random.normal(jax.random.fold_in(key, index), points.shape, dtype=points.dtype)
        return points + jnp.sqrt(2 * noise * length * share) * draws

    def one(index: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        points, integral = carry
        t, later = (jnp.clip(begin + count * step, 0.0, 1.0) for count in (index, index + 1))
        first, spread = drift(t, points)
        second, later_spread = drift(later, points - length * first)
        points = points - length / 2 * (first + second)
        integral = integral + length / 2 * (spread + later_spread)
        return shake(points, jnp.where(index == steps - 1, 0.5, 1.0), index), integral

    start = (shake(x, 0.5, steps), jnp.zeros_like(x[:, 0]))
    return jax.lax.fori_loop(0, steps, one, start)
