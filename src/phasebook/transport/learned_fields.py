"""Learned velocity and score of an interpolant: two networks, or one where the interpolant's kind lets one suffice.

The velocity network is b(t, x) itself; the latent network is η(t, x) = E[z | x_t = x], which stays bounded where the score
s = −η/γ does not. One-sided and mirror interpolants need η alone: E[x1 | x] = (x − γ η)/β, so b = γ' η + (β'/β)(x − γ η).
Source: arXiv 2303.08797; its authors' programs train −η.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..engines.neural_networks import Activation, FieldNetwork
from ..engines.weight_files import load_model, save_model
from ..errors import PhasebookError
from .interpolants import Interpolant


class StateError(PhasebookError, RuntimeError):
    """What was asked needs a network that these fields do not have."""


class LearnedFields(eqx.Module):
    """Velocity and score from networks of (t, x); either may be None, and what needs it then raises StateError.

    Times are kept `margin` away from 0 and 1 wherever γ is divided by, and in the networks, which were not trained beyond.
    """

    velocity_network: Any
    latent_network: Any
    interpolant: Interpolant = eqx.field(static=True)
    margin: float = eqx.field(static=True, default=1e-3)

    def velocity(self, t: Float[Array, "*batch"], x: Float[Array, "*batch d"]) -> Float[Array, "*batch d"]:
        """b(t, x): its network's, or what the latent network implies. Raises StateError where neither can give it."""
        time = self._inside(t, x)
        if self.velocity_network is not None:
            return self.velocity_network(time, x)
        if self.interpolant.kind == "two-sided":
            raise StateError("a two-sided interpolant's velocity needs a velocity network: train one")
        latent = self.latent(t, x)
        at = self.interpolant.coefficients(time)
        gamma, rate, ratio = (each[..., None] for each in (at.gamma, at.gamma_rate, at.beta_rate / at.beta))
        return rate * latent + ratio * (x - gamma * latent)

    def latent(self, t: Float[Array, "*batch"], x: Float[Array, "*batch d"]) -> Float[Array, "*batch d"]:
        """η(t, x), the mean of the latent noise. Raises StateError without a latent network."""
        if self.latent_network is None:
            raise StateError("noise above 0 needs a score: train a latent network, or sample with noise 0")
        return self.latent_network(self._inside(t, x), x)

    def score(self, t: Float[Array, "*batch"], x: Float[Array, "*batch d"]) -> Float[Array, "*batch d"]:
        """s(t, x) = −η/γ."""
        return -self.latent(t, x) / self.interpolant.coefficients(self._inside(t, x)).gamma[..., None]

    def _inside(self, t: Array, x: Array) -> Array:
        return jnp.clip(jnp.asarray(t, dtype=x.dtype), self.margin, 1 - self.margin)


def new_fields(
    dimension: int,
    interpolant: Interpolant,
    *,
    seed: int,
    velocity: bool | None = None,
    latent: bool = True,
    width: int = 64,
    depth: int = 3,
    activation: Activation = "silu",
    scale: float = 1.0,
    margin: float = 1e-3,
) -> LearnedFields:
    """Untrained fields: a velocity network where the kind of interpolant needs one (or `velocity` says so), and a latent network.

    `scale` is a typical size of the data, which the networks divide by; `margin` the times left out at either end.
    """
    wanted = interpolant.kind == "two-sided" if velocity is None else velocity
    if not (wanted or latent):
        raise ValueError("fields need a velocity network, a latent network or both; got neither")
    if not 0 < margin < 0.5:
        raise ValueError(f"margin must lie strictly between 0 and 0.5; got {margin!r}")
    keys = jax.random.split(jax.random.key(seed), 2)
    networks = [
        FieldNetwork(dimension, width=width, depth=depth, activation=activation, scale=scale, key=key)
        if needed
        else None
        for key, needed in zip(keys, (wanted, latent), strict=True)
    ]
    return LearnedFields(networks[0], networks[1], interpolant, margin)


def save_fields(path: str | Path, fields: LearnedFields) -> None:
    """Write the networks' weights as safetensors."""
    save_model(path, fields, {"interpolant": fields.interpolant.name})


def load_fields(path: str | Path, like: LearnedFields) -> LearnedFields:
    """Weights from a file into fields of the same build (`new_fields` with the same arguments)."""
    return load_model(path, like)
