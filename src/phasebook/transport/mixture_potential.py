"""Potentials in closed form: log-densities of Gaussian mixtures under an Ornstein-Uhlenbeck process, with a ripple of known size.

The law at time t of the mixture sum_i c_i N(m_i, s_i²) is again a mixture, with means m_i e^(-rate t) and variances
s_i² e^(-2 rate t) + variance(t). Its log-density solves the Fokker-Planck equation exactly, for any mixture, the right one or not;
the ripple u = a sin(k x_1) e^(-t) adds the residual du/dt + f·grad u - g² (grad log p·grad u + (lap u + |grad u|²)/2).
"""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from .fokker_planck import OrnsteinUhlenbeck


class MixturePotential(eqx.Module):
    """Log-density of a mixture carried by `process`, normalized, plus amplitude·sin(frequency x_1) e^(-t).

    `means` (k, d), `stddevs` (k,) and `weights` (k,) are the mixture at time 0.
    """

    means: Array
    stddevs: Array
    weights: Array
    amplitude: Array
    frequency: Array
    process: OrnsteinUhlenbeck = eqx.field(static=True)

    def __init__(
        self,
        means: ArrayLike,
        stddevs: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        amplitude: float = 0.0,
        frequency: float = 2.0,
        process: OrnsteinUhlenbeck | None = None,
    ) -> None:
        """Raises ValueError unless means are (k, d), stddevs and weights k positive numbers each, and all finite."""
        centers = np.asarray(means, dtype=float)
        spreads = np.asarray(stddevs, dtype=float)
        shares = np.ones(len(centers)) if weights is None else np.asarray(weights, dtype=float)
        if centers.ndim != 2 or centers.size == 0 or not np.isfinite(centers).all():
            raise ValueError(f"means must be finite, of shape (k, d); got shape {centers.shape}")
        for name, values in (("stddevs", spreads), ("weights", shares)):
            if values.shape != (len(centers),) or not (values > 0).all() or not np.isfinite(values).all():
                raise ValueError(f"{name} must be {len(centers)} positive numbers; got {values!r}")
        if not (math.isfinite(amplitude) and math.isfinite(frequency)):
            raise ValueError(f"amplitude and frequency must be finite; got {amplitude!r} and {frequency!r}")
        # NumPy arrays keep their double precision outside of the scope that opens it.
        self.means, self.stddevs, self.weights = centers, spreads, shares / shares.sum()  # type: ignore[assignment]
        self.amplitude, self.frequency = np.asarray(amplitude, float), np.asarray(frequency, float)  # type: ignore[assignment]
        self.process = process or OrnsteinUhlenbeck()

    def __call__(self, x: Float[Array, " d"], t: Float[Array, ""]) -> Float[Array, ""]:
        """phi(x, t)."""
        shrink = self.process.contraction(t)
        variances = jnp.asarray(self.stddevs) ** 2 * shrink**2 + self.process.variance(t)
        squares = jnp.sum((x - shrink * jnp.asarray(self.means)) ** 2, axis=1)
        each = jnp.log(self.weights) - squares / (2 * variances) - x.size / 2 * jnp.log(2 * jnp.pi * variances)
        return jax.nn.logsumexp(each) + self.amplitude * jnp.sin(self.frequency * x[0]) * jnp.exp(-t)

    def density_on_line(self, x: Float[np.ndarray, " n"], t: float) -> Float[np.ndarray, " n"]:
        """Density of the mixture, without the ripple, on the line; for d = 1."""
        shrink = math.exp(-self.process.rate * t)
        spread = self.process.stationary_variance * -math.expm1(-2 * self.process.rate * t)
        means, stddevs, weights = (np.asarray(each) for each in (self.means, self.stddevs, self.weights))
        variances = stddevs**2 * shrink**2 + spread
        each = np.exp(-((x[:, None] - shrink * means[:, 0]) ** 2) / (2 * variances)) / np.sqrt(2 * np.pi * variances)
        return np.asarray(each @ weights, dtype=float)

    def sample(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "n d"]:
        """Points (count, d) of the mixture at time 0."""
        chosen = generator.choice(len(self.means), size=count, p=np.asarray(self.weights))
        normal = generator.standard_normal((count, self.means.shape[1]))
        return np.asarray(self.means[chosen] + self.stddevs[chosen, None] * normal)
