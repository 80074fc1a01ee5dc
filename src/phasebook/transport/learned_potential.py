"""Networks for the log-density of a diffusion, trained by denoising with the squared Fokker-Planck residual as a penalty.

The potential is that of the stationary law plus a network: its tails are then right from the start, without which the expansive
reverse ODE sends a few samples far away. The loss is (arXiv 2311.15996, in our words)

    E weight(t) |grad phi(X_t, t) - grad log p(X_t | X_0)|² + w E R(x, t)²,

with t = T (1 - sqrt(1 - uniform)), a Beta(1, 2) law that favors early times, and collocation points (x, t) even over a box. The
first term's variance grows like 1/t: weight(t) = min(1, variance(t)/floor) tames it, floor = 0 leaves it as it is.
Several penalties w are trained side by side, from the same weights and with the same random numbers, in one program.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from ..engines.fitting import Progress, adam, fit
from ..engines.neural_networks import Activation, Perceptron
from .fokker_planck import OrnsteinUhlenbeck, mean_squared_residual

EARLIEST = 1e-5
MOST_LEFT_OUT = 0.01  # of the data, by a collocation box


class CollocationWarning(UserWarning):
    """The box of collocation points leaves out data: the residual is not penalized where they lie."""


class PotentialNetwork(eqx.Module):
    """phi(x, t) = -|x|²/(2 stationary variance) + network(x/scale, 2t/T - 1); its activation must be smooth twice."""

    perceptron: Perceptron
    process: OrnsteinUhlenbeck = eqx.field(static=True)
    horizon: float = eqx.field(static=True)
    scale: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"], t: Float[Array, ""]) -> Float[Array, ""]:
        """The potential at one point and time."""
        inputs = jnp.concatenate([x / self.scale, jnp.reshape(2 * t / self.horizon - 1, (1,))])
        return self.perceptron(inputs)[0] - jnp.vdot(x, x) / (2 * self.process.stationary_variance)


@dataclass(frozen=True)
class Training:
    """How potentials are trained: sizes of the network, batches of both terms, and the box of collocation points.

    `reach` None takes 1.2 times the largest coordinate, and at least three standard deviations of the stationary law.
    """

    steps: int = 4000
    width: int = 32
    depth: int = 3
    activation: Activation = "tanh"
    batch: int = 500
    collocation: int = 250
    learning_rate: float = 2e-3
    floor: float = 0.05
    reach: float | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "width", "depth", "batch", "collocation"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        if self.activation in ("relu", "selu"):
            raise ValueError(f"activation must be smooth: the residual has second derivatives; got {self.activation!r}")
        if not (self.floor >= 0 and math.isfinite(self.floor)):
            raise ValueError(f"floor must be finite and not negative; got {self.floor!r}")
        if self.reach is not None and not self.reach > 0:
            raise ValueError(f"reach must be positive; got {self.reach!r}")


@dataclass(frozen=True)
class TrainedPotentials:
    """Potentials for each of the penalty `weights` (k,), and the loss of all together at each step."""

    weights: tuple[float, ...]
    potentials: tuple[PotentialNetwork, ...]
    losses: Float[np.ndarray, " steps"]
    reach: float


def fit_potentials(
    points: ArrayLike,
    weights: Sequence[float],
    *,
    process: OrnsteinUhlenbeck | None = None,
    horizon: float,
    training: Training | None = None,
    seed: int,
    checkpoint: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    seconds: float | None = None,
) -> TrainedPotentials:
    """Train a potential on data (n, d) for each penalty weight.

    Raises ValueError for wrong data, a negative weight or horizon <= 0; warns where the collocation box leaves out more than 1% of
    the data.
    """
    data = np.asarray(points, dtype=float)
    if data.ndim != 2 or len(data) < 2 or not np.isfinite(data).all():
        raise ValueError(f"points must be at least 2 finite points of shape (n, d); got shape {data.shape}")
    penalties = tuple(float(weight) for weight in weights)
    if not penalties or not all(weight >= 0 and math.isfinite(weight) for weight in penalties):
        raise ValueError(f"weights must be numbers of at least 0; got {weights!r}")
    if not (horizon > 0 and math.isfinite(horizon)):
        raise ValueError(f"horizon must be positive and finite; got {horizon!r}")
    forward, how = process or OrnsteinUhlenbeck(), training or Training()
    reach = collocation_reach(data, forward, how.reach)
    model = new_potential(data.shape[1], forward, horizon, how, scale=reach / 2, seed=seed)
    count = len(penalties)
    # NumPy stacks and takes apart: each of JAX's eager operations would be compiled for each shape.
    stacked = jax.tree_util.tree_map(
        lambda leaf: jnp.asarray(np.repeat(np.asarray(leaf)[None], count, 0)) if eqx.is_inexact_array(leaf) else leaf,
        model,
    )
    # Adam acts on each number alone: potentials whose losses are added train as if they were alone.
    found = fit(
        stacked,
        _loss(how.batch, how.collocation, how.floor),
        (jnp.asarray(data, jnp.float32), jnp.asarray(penalties, jnp.float32), jnp.float32(reach)),
        optimizer=adam(how.learning_rate, how.steps),
        steps=how.steps,
        seed=seed,
        checkpoint=checkpoint,
        identity=f"potentials {penalties} {how} {forward} {horizon:g} {data.shape}",
        progress=progress,
        seconds=seconds,
    )
    held = jax.tree_util.tree_map(lambda leaf: np.asarray(leaf) if eqx.is_inexact_array(leaf) else leaf, found.model)
    members = tuple(
        jax.tree_util.tree_map(lambda leaf, k=k: leaf[k] if isinstance(leaf, np.ndarray) else leaf, held)
        for k in range(count)
    )
    return TrainedPotentials(penalties, members, found.losses, reach)


def new_potential(
    dimension: int, process: OrnsteinUhlenbeck, horizon: float, training: Training, *, scale: float = 1.0, seed: int
) -> PotentialNetwork:
    """An untrained potential of points (d,)."""
    perceptron = Perceptron(
        dimension + 1,
        1,
        width=training.width,
        depth=training.depth,
        activation=training.activation,
        key=jax.random.key(seed),
    )
    return PotentialNetwork(perceptron, process, float(horizon), float(scale))


def collocation_reach(points: Float[np.ndarray, "n d"], process: OrnsteinUhlenbeck, reach: float | None) -> float:
    """Half the width of the box of collocation points; warns where a given one leaves out more than 1% of the data."""
    if reach is None:
        return float(max(1.2 * np.abs(points).max(), 3 * math.sqrt(process.stationary_variance)))
    left_out = float((np.abs(points) > reach).any(axis=1).mean())
    if left_out > MOST_LEFT_OUT:
        warnings.warn(
            f"the collocation box of half width {reach:g} leaves out {left_out:.1%} of the data; widen reach",
            CollocationWarning,
            stacklevel=3,
        )
    return float(reach)


def denoising_loss(
    model: PotentialNetwork, x: Float[Array, "n d"], t: Float[Array, " n"], normal: Float[Array, "n d"], floor: float
) -> Float[Array, ""]:
    """Weighted mean of |score - score of the transition|² at data x carried to times t by the noise `normal`."""
    variance = model.process.variance(t)[:, None]
    at = model.process.contraction(t)[:, None] * x + jnp.sqrt(variance) * normal
    score = jax.vmap(jax.grad(model))(at, t)
    weight = jnp.minimum(1.0, variance / floor) if floor > 0 else 1.0
    return jnp.mean(jnp.sum(weight * (score + normal / jnp.sqrt(variance)) ** 2, axis=1))


@functools.cache
def _loss(batch: int, collocation: int, floor: float) -> Callable[[Any, Any, Array], Array]:
    """The loss of stacked potentials, each with its own penalty; one object for the same arguments, so that it compiles once."""

    def loss(models: PotentialNetwork, data: tuple[Array, Array, Array], key: Array) -> Array:
        points, penalties, reach = data
        rows, early, noise, places, moments = jax.random.split(key, 5)
        x = points[jax.random.randint(rows, (batch,), 0, len(points))]
        t = models.horizon * (1 - jnp.sqrt(jax.random.uniform(early, (batch,)))) + EARLIEST
        normal = jax.random.normal(noise, x.shape)
        inside = jax.random.uniform(places, (collocation, x.shape[1]), minval=-1.0) * reach
        when = models.horizon * jax.random.uniform(moments, (collocation,))

        def member(model: PotentialNetwork, penalty: Array) -> Array:
            residual = mean_squared_residual(model, model.process, inside, when)
            return denoising_loss(model, x, t, normal, floor) + penalty * residual

        return jnp.sum(eqx.filter_vmap(member)(models, penalties))

    return loss
