"""Networks that predict the noise in a noisy state: the residual network for points, its training and its sampling in JAX.

h = W_in·x; three layers h + W₂·φ(LN(W₁·φ(LN(h)) + W_t·e_t)) with e_t = φ(W_e·s(t)), s sines and cosines of the step and φ a leaky
ReLU of slope 0.02 below zero; then LN and a linear map. In the reference code of arXiv 2406.09358 the three layers are one module
three times over and so share their weights: `shared`. Loss: mean squared error of the noise at a uniform step (Ho, Jain, Abbeel,
arXiv 2006.11239). A network for images is in `image_network`; whatever maps (states, steps) to noise is trained and sampled here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from ..engines.fitting import Fit, Loss, Progress, adam, fit
from .diffusion import DiscreteDiffusion
from .trajectory_moments import SampledTrajectories, Window, check_windows

LEAK = 0.02
EPSILON = 1e-5
SAMPLED_AT_ONCE = 20_000


class Affine(eqx.Module):
    """A linear map with a shift, on rows (batch, inputs)."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, generator: np.random.Generator) -> None:
        self.weight = _uniform(generator, inputs, outputs)
        bound = 1 / math.sqrt(inputs)
        self.bias = jnp.asarray(generator.uniform(-bound, bound, outputs), dtype=jnp.float32)

    def __call__(self, values: Float[Array, "batch inputs"]) -> Float[Array, "batch outputs"]:
        """The map of each row."""
        return values @ self.weight + self.bias


class Norm(eqx.Module):
    """Layer normalization of rows (batch, width), with a scale and a shift of each unit."""

    scale: Float[Array, " width"]
    shift: Float[Array, " width"]

    def __init__(self, width: int) -> None:
        self.scale, self.shift = (jnp.asarray(fill(width, np.float32)) for fill in (np.ones, np.zeros))

    def __call__(self, values: Float[Array, "batch width"]) -> Float[Array, "batch width"]:
        """The normalized rows."""
        centered = values - values.mean(axis=1, keepdims=True)
        return centered * jax.lax.rsqrt((centered**2).mean(axis=1, keepdims=True) + EPSILON) * self.scale + self.shift


class ResidualLayer(eqx.Module):
    """One layer: normalization, product, the step's embedding, normalization, product, and the sum with what came in."""

    first: Float[Array, "width width"]
    second: Float[Array, "width width"]
    embedding: Affine
    norms: tuple[Norm, Norm]

    def __init__(self, width: int, generator: np.random.Generator) -> None:
        self.first, self.second = _uniform(generator, width, width), _uniform(generator, width, width)
        self.embedding = Affine(width, width, generator)
        self.norms = (Norm(width), Norm(width))

    def __call__(self, hidden: Float[Array, "batch width"], embedded: Float[Array, "batch width"]) -> Array:
        """The layer's output (batch, width)."""
        inner = _leaky(self.norms[0](hidden)) @ self.first + self.embedding(embedded)
        return hidden + _leaky(self.norms[1](inner)) @ self.second


class PointDenoiser(eqx.Module):
    """The residual network for points (batch, dimension): `layers` of `width` units, of one set of weights where `shared`."""

    inputs: Float[Array, "dimension width"]
    layers: tuple[ResidualLayer, ...]
    step: Affine
    norm: Norm
    outputs: Affine
    repeats: int = eqx.field(static=True)

    def __init__(self, dimension: int, *, width: int = 128, layers: int = 3, shared: bool = True, seed: int) -> None:
        if min(dimension, layers) < 1 or width < 2 or width % 2:
            raise ValueError(f"dimension and layers must be positive, width even; got {dimension}, {layers}, {width}")
        generator = np.random.default_rng(seed)
        self.inputs = _uniform(generator, dimension, width)
        self.step = Affine(width, width, generator)
        self.outputs = Affine(width, dimension, generator)
        self.layers = tuple(ResidualLayer(width, generator) for _ in range(1 if shared else layers))
        self.norm = Norm(width)
        self.repeats = layers if shared else 1

    def __call__(self, states: Float[Array, "batch dimension"], steps: Float[Array, " batch"]) -> Array:
        """Predicted noise (batch, dimension) at the steps (batch,), or at one step for all, (1,)."""
        embedded = _leaky(self.step(sinusoidal(steps, self.inputs.shape[1])))
        hidden = states @ self.inputs
        for layer in self.layers * self.repeats:
            hidden = layer(hidden, embedded)
        return self.outputs(self.norm(hidden))


def sinusoidal(steps: Float[Array, " batch"], width: int) -> Float[Array, "batch width"]:
    """Sines and cosines of a step at `width`/2 frequencies from 1 to 1/10000 (Vaswani et al., arXiv 1706.03762)."""
    frequencies = jnp.exp(-math.log(10_000.0) / (width // 2 - 1 or 1) * jnp.arange(width // 2, dtype=jnp.float32))
    angles = steps[:, None] * frequencies
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=1)


def fit_denoiser(
    network: Any,
    data: ArrayLike,
    diffusion: DiscreteDiffusion,
    *,
    steps: int,
    batch: int = 1000,
    learning_rate: float = 1e-3,
    seed: int,
    checkpoint: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    seconds: float | None = None,
) -> Fit:
    """Train a noise predictor on `data` (n, ...) by Adam at a constant rate; `network(states, steps)` returns the states' shape.

    Further arguments as `engines.fit`. Raises ValueError for data that is not finite or a batch that is not positive.
    """
    points = np.asarray(data, dtype=np.float32)
    if points.ndim < 2 or len(points) < 2 or not np.isfinite(points).all():
        raise ValueError(f"data must be finite numbers (n, ...) with n of at least 2; got shape {points.shape}")
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
        raise ValueError(f"batch must be a positive integer; got {batch!r}")
    held = {"points": jnp.asarray(points), **_scales(diffusion)}
    return fit(
        network,
        _noise_loss(batch),
        held,
        optimizer=adam(learning_rate, steps, schedule="constant"),
        steps=steps,
        seed=seed,
        checkpoint=checkpoint,
        identity=f"noise prediction, batch {batch}, rate {learning_rate}, {diffusion.steps} steps of diffusion",
        progress=progress,
        seconds=seconds,
    )


def sample_network(
    network: Any,
    diffusion: DiscreteDiffusion,
    shape: tuple[int, ...],
    *,
    windows: Sequence[int | Window] = (10,),
    seed: int,
    at_once: int = SAMPLED_AT_ONCE,
    progress: Callable[[int, int], object] | None = None,
) -> SampledTrajectories:
    """Samples of `shape` (samples, ...) of a noise predictor with the variances of x̂0 in each window, in float32.

    Sampling begins where the signal is below 1e-7; `at_once` samples go through the steps together. Raises ValueError.
    """
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"shape must be (samples, ...) of positive numbers, two at least; got {shape!r}")
    start = diffusion.start_of()
    pairs = check_windows(windows, start + 1)
    coefficients = {
        "weights": jnp.asarray(
            np.stack([diffusion.data_weights, diffusion.state_weights, diffusion.step_noise], axis=1)[: start + 1],
            jnp.float32,
        ),
        **{name: values[: start + 1] for name, values in _scales(diffusion).items()},
    }
    samples, variances = [], []
    for first in range(0, shape[0], at_once):
        # Batches of one size share their program; what is too many is cut off.
        count = min(at_once, shape[0])
        key = jax.random.fold_in(jax.random.key(seed), first)
        made, spread = _sample_batch(network, coefficients, (count, *shape[1:]), pairs, key)
        samples.append(np.asarray(made, dtype=np.float64))
        variances.append(np.asarray(spread, dtype=np.float64))
        if progress is not None:
            progress(min(first + at_once, shape[0]), shape[0])
    return SampledTrajectories(
        np.concatenate(samples)[: shape[0]], np.concatenate(variances, axis=1)[:, : shape[0]], pairs
    )


@eqx.filter_jit
def _sample_batch(
    network: Any, coefficients: dict[str, Array], shape: tuple[int, ...], windows: tuple[Window, ...], key: Array
) -> tuple[Array, Array]:
    bounds = jnp.asarray(windows, dtype=jnp.int32)
    start = coefficients["weights"].shape[0] - 1
    per_window = (len(windows), *(1 for _ in shape))

    def back(index: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        states, means, squares = carry
        step = start - index
        data_weight, state_weight, deviation = coefficients["weights"][step]
        predicted_noise = network(states, jnp.full(1, step, jnp.float32))
        predicted = (states - coefficients["noise_scale"][step] * predicted_noise) / coefficients["data_scale"][step]
        inside = ((bounds[:, 0] <= step) & (step < bounds[:, 1])).astype(jnp.float32)
        share = (inside / jnp.maximum(bounds[:, 1] - step, 1)).reshape(per_window)
        difference = predicted - means
        means = means + share * difference
        squares = squares + inside.reshape(per_window) * difference * (predicted - means)
        normals = jax.random.normal(jax.random.fold_in(key, step), shape)
        return data_weight * predicted + state_weight * states + deviation * normals, means, squares

    states = jax.random.normal(jax.random.fold_in(key, start + 1), shape)
    empty = jnp.zeros((len(windows), *shape))
    states, _, squares = jax.lax.fori_loop(0, start + 1, back, (states, empty, empty))
    lengths = (bounds[:, 1] - bounds[:, 0]).astype(jnp.float32)
    return states, squares.reshape(len(windows), shape[0], -1).mean(axis=2) / lengths[:, None]


@functools.cache
def _noise_loss(batch: int) -> Loss:
    """One object per batch size, so that fits share their compiled programs."""

    def loss(network: Any, held: dict[str, Array], key: Array) -> Array:
        points = held["points"]
        chosen_key, step_key, noise_key = jax.random.split(key, 3)
        chosen = points[jax.random.randint(chosen_key, (batch,), 0, len(points))]
        steps = jax.random.randint(step_key, (batch,), 0, len(held["data_scale"]))
        noise = jax.random.normal(noise_key, chosen.shape)
        per_point = (batch, *(1 for _ in chosen.shape[1:]))
        data_scale, noise_scale = (held[name][steps].reshape(per_point) for name in ("data_scale", "noise_scale"))
        predicted = network(data_scale * chosen + noise_scale * noise, steps.astype(jnp.float32))
        return jnp.mean((predicted - noise) ** 2)

    return loss


def _scales(diffusion: DiscreteDiffusion) -> dict[str, Array]:
    """√ᾱ_t and √(1-ᾱ_t), both (steps,)."""
    return {
        "data_scale": jnp.asarray(np.sqrt(diffusion.signal), jnp.float32),
        "noise_scale": jnp.asarray(np.sqrt(diffusion.noise), jnp.float32),
    }


def _leaky(values: Array) -> Array:
    return jnp.where(values > 0, values, LEAK * values)


def _uniform(generator: np.random.Generator, inputs: int, outputs: int) -> Float[Array, "inputs outputs"]:
    """Weights within ±1/√inputs, drawn by NumPy: JAX would compile a program for each of the shapes."""
    bound = 1 / math.sqrt(inputs)
    return jnp.asarray(generator.uniform(-bound, bound, (inputs, outputs)), dtype=jnp.float32)
