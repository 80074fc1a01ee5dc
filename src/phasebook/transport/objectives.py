"""Quadratic objectives whose minimizers are an interpolant's velocity and the mean of its latent noise; no simulation in
training.

With t uniform: L_b[f] = E[½|f|² − (∂_t I + γ' z)·f], least at b with value −½ ∫E|b|²; L_η[f] = E[½|f|² − z·f], least at η
= E[z | x_t]; L_s[f] = E[½|f|² + z·f/γ], least at s = −η/γ. An excess is half the mean squared error of the field. Where γ
vanishes at the ends, γ' and 1/γ blow up, and points with +z and −z of the same pair and time are averaged: the leading
variance cancels. The plain estimator of L_s has no finite variance, for ∫ dt/γ² diverges. Source: arXiv 2303.08797.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from .gaussian_mixture import InterpolatedMixture, Mixture
from .interpolants import Interpolant
from .learned_fields import LearnedFields

Draw = Callable[[Any, Array, int], tuple[Array, Array]]


def independent_rows(data: tuple[Array, Array], key: Array, count: int) -> tuple[Array, Array]:
    """Rows of two clouds (n, d) and (m, d), drawn independently."""
    keys = jax.random.split(key)
    start, end = (
        cloud[jax.random.randint(own, (count,), 0, len(cloud))] for cloud, own in zip(data, keys, strict=True)
    )
    return start, end


def paired_rows(data: tuple[Array, Array], key: Array, count: int) -> tuple[Array, Array]:
    """The same rows of two arrays (n, d) that a coupling has paired."""
    rows = jax.random.randint(key, (count,), 0, len(data[0]))
    return data[0][rows], data[1][rows]


def mixture_draws(data: tuple[Any, Any], key: Array, count: int) -> tuple[Array, Array]:
    """Fresh independent draws of two mixtures, given as `mixture_arrays`."""
    keys = jax.random.split(key)
    start, end = (_mixture_rows(mixture, own, count) for mixture, own in zip(data, keys, strict=True))
    return start, end


def mixture_arrays(start: Mixture, end: Mixture) -> tuple[Any, Any]:
    """Two mixtures as arrays on the device, for `mixture_draws`: log weights, means, Cholesky factors."""
    return tuple(  # type: ignore[return-value]
        tuple(
            jnp.asarray(each, dtype=jnp.float32)
            for each in (np.log(mixture.weights), mixture.means, np.linalg.cholesky(mixture.covariances))
        )
        for mixture in (start, end)
    )


@functools.cache
def field_loss(
    interpolant: Interpolant,
    *,
    batch: int,
    draw: Draw = independent_rows,
    antithetic: bool = True,
    margin: float = 1e-3,
) -> Callable[[LearnedFields, Any, Array], Array]:
    """A loss for `engines.fit`: L_b of the velocity network plus L_η of the latent one, of those that the model has.

    Each step draws `batch` pairs with `draw(data, key, batch)`, a time in [margin, 1 − margin] each, and latent noise with both
    signs (with one, where not `antithetic`, or where the interpolant has none). The same arguments give the same object.
    """
    if batch < 1:
        raise ValueError(f"batch must be at least 1; got {batch}")
    silent = float(interpolant.coefficients(jnp.float32(0.5)).gamma) == 0

    def loss(model: LearnedFields, data: Any, key: Array) -> Array:
        pair_key, time_key, latent_key = jax.random.split(key, 3)
        start, end = draw(data, pair_key, batch)
        t = jax.random.uniform(time_key, (batch,), minval=margin, maxval=1 - margin)
        z = jax.random.normal(latent_key, end.shape, dtype=end.dtype)
        at = interpolant.coefficients(t)
        if antithetic and not silent:
            start, end, t = (jnp.concatenate([each, each]) for each in (start, end, t))
            z = jnp.concatenate([z, -z])
            at = jax.tree_util.tree_map(lambda each: jnp.concatenate([each, each]), at)
        x = interpolant.position(t, start, end, z)
        total = jnp.zeros(())
        if model.velocity_network is not None:
            rate = interpolant.mean_rate(t, start, end)
            rate = rate if silent else rate + at.gamma_rate[:, None] * z
            total += _quadratic(model.velocity_network(t, x), rate)
        if model.latent_network is not None:
            total += _quadratic(model.latent_network(t, x), z)
        return total

    return loss


@dataclass(frozen=True)
class Calibration:
    """How far each objective of exact fields is from its known minimum (all are zero in the mean), and two errors of L_s.

    `velocity` is L_b + ½∫E|b|², `score` L_s + ½∫E|s|², `latent` E[(z − η)·η]; `plain_score` is the second without antithetic pairs.
    """

    velocity: Measured
    score: Measured
    latent: Measured
    plain_score: Measured


def calibrate_objectives(
    law: InterpolatedMixture, start: Mixture, end: Mixture, *, pairs: int, seed: int, chunk: int = 100_000
) -> Calibration:
    """The objectives of a mixture's exact fields over simulated pairs, times in all of (0, 1), in float64.

    Independent ends, as the law's must be. Raises ValueError unless there are at least two pairs.
    """
    if pairs < 2:
        raise ValueError(f"pairs must be at least 2; got {pairs}")
    generator = np.random.default_rng(seed)
    found = []
    for begin in range(0, pairs, chunk):
        count = min(chunk, pairs - begin)
        x0, x1 = start.sample(count, generator), end.sample(count, generator)
        t, z = generator.random(count), generator.standard_normal(x1.shape)
        with jax.enable_x64(True):
            found.append(np.asarray(_pair_terms(law, *(jnp.asarray(each) for each in (t, x0, x1, z)))))
    velocity, score, latent, plain = np.concatenate(found, axis=1)
    return Calibration(mean_estimate(velocity), mean_estimate(score), mean_estimate(latent), mean_estimate(plain))


def at_own_times(
    field: Callable[[Array, Array], Array], t: Float[Array, " n"], x: Float[Array, "n d"]
) -> Float[Array, "n d"]:
    """A field of one time and many points, at a time of its own for each point."""
    return jax.vmap(lambda time, point: field(time, point[None])[0])(t, x)


@eqx.filter_jit
def _pair_terms(law: InterpolatedMixture, t: Array, x0: Array, x1: Array, z: Array) -> Array:
    """Per pair: the terms of the three objectives, averaged over ±z, and those of L_s with +z alone; shape (4, n)."""
    at, interpolant = law.interpolant.coefficients(t), law.interpolant

    def signed(sign: float) -> tuple[Array, Array, Array]:
        x = interpolant.position(t, x0, x1, sign * z)
        b, s = at_own_times(law.velocity, t, x), at_own_times(law.score, t, x)
        rate = interpolant.mean_rate(t, x0, x1) + sign * at.gamma_rate[:, None] * z
        eta = -at.gamma[:, None] * s
        return (
            (b * b - rate * b).sum(-1),
            (s * s + sign * z * s / at.gamma[:, None]).sum(-1),
            ((sign * z - eta) * eta).sum(-1),
        )

    plus, minus = signed(1.0), signed(-1.0)
    return jnp.stack([(a + b) / 2 for a, b in zip(plus, minus, strict=True)] + [plus[1]])


def _quadratic(field: Array, target: Array) -> Array:
    return (0.5 * field * field - target * field).sum(-1).mean()


def _mixture_rows(mixture: tuple[Array, Array, Array], key: Array, count: int) -> Array:
    log_weights, means, roots = mixture
    label_key, noise_key = jax.random.split(key)
    labels = jax.random.categorical(label_key, log_weights, shape=(count,))
    noise = jax.random.normal(noise_key, (count, means.shape[1]))
    return means[labels] + (roots[labels] @ noise[..., None])[..., 0]
