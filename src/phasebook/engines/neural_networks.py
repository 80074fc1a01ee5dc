"""Small neural networks as equinox modules: the multilayer perceptron, and a field of position and time.

They act on whole batches, so that each layer is one matrix product. Initialization: uniform within ±1/√inputs of a layer, as most
libraries do. Weights are float32.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Activation = Literal["silu", "relu", "tanh", "gelu", "selu", "softplus", "lecun-tanh"]
ACTIVATIONS: dict[str, Any] = {
    "silu": jax.nn.silu,
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "gelu": jax.nn.gelu,
    "selu": jax.nn.selu,
    "softplus": jax.nn.softplus,
    "lecun-tanh": lambda x: 1.7159 * jnp.tanh(0.666 * x),
}


class Perceptron(eqx.Module):
    """A multilayer perceptron: `depth` hidden layers of `width` units, and a linear output."""

    weights: tuple[Float[Array, "inputs outputs"], ...]
    biases: tuple[Float[Array, " outputs"], ...]
    activation: Activation = eqx.field(static=True)

    def __init__(
        self, inputs: int, outputs: int, *, width: int = 64, depth: int = 3, activation: Activation = "silu", key: Array
    ) -> None:
        for name, value in (("inputs", inputs), ("outputs", outputs), ("width", width)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1; got {value}")
        if depth < 0:
            raise ValueError(f"depth must be at least 0; got {depth}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}; got {activation!r}")
        sizes = [inputs, *[width] * depth, outputs]
        keys = jax.random.split(key, 2 * (depth + 1))
        bounds = [1 / math.sqrt(size) for size in sizes[:-1]]
        self.weights = tuple(
            jax.random.uniform(keys[2 * i], (sizes[i], sizes[i + 1]), jnp.float32, -bound, bound)
            for i, bound in enumerate(bounds)
        )
        self.biases = tuple(
            jax.random.uniform(keys[2 * i + 1], (sizes[i + 1],), jnp.float32, -bound, bound)
            for i, bound in enumerate(bounds)
        )
        self.activation = activation

    def __call__(self, inputs: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        """The output for each row of inputs."""
        act, hidden = ACTIVATIONS[self.activation], inputs
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = act(hidden @ weight + bias)
        return hidden @ self.weights[-1] + self.biases[-1]


class FieldNetwork(eqx.Module):
    """A vector field of position and time: a perceptron on (x / scale, 2t − 1) and on sines and cosines of time.

    `frequencies` sines and cosines of πkt, k = 1.., are added to the inputs; none by default. t runs from 0 to 1.
    """

    perceptron: Perceptron
    scale: float = eqx.field(static=True)
    frequencies: int = eqx.field(static=True)

    def __init__(
        self,
        dimension: int,
        *,
        outputs: int | None = None,
        width: int = 64,
        depth: int = 3,
        activation: Activation = "silu",
        scale: float = 1.0,
        frequencies: int = 0,
        key: Array,
    ) -> None:
        if not (scale > 0 and math.isfinite(scale)):
            raise ValueError(f"scale must be positive and finite; got {scale!r}")
        if frequencies < 0:
            raise ValueError(f"frequencies must be at least 0; got {frequencies}")
        self.perceptron = Perceptron(
            dimension + 1 + 2 * frequencies,
            dimension if outputs is None else outputs,
            width=width,
            depth=depth,
            activation=activation,
            key=key,
        )
        self.scale = float(scale)
        self.frequencies = frequencies

    def __call__(
        self, t: Float[Array, ""] | Float[Array, "*batch"], x: Float[Array, "*batch d"]
    ) -> Float[Array, "*batch outputs"]:
        """The field at times t (one for all, or one each) and positions x."""
        time = jnp.broadcast_to(jnp.asarray(t, dtype=x.dtype), x.shape[:-1])[..., None]
        features = [x / self.scale, 2 * time - 1]
        if self.frequencies:
            angles = jnp.pi * jnp.arange(1, self.frequencies + 1, dtype=x.dtype) * time
            features += [jnp.sin(angles), jnp.cos(angles)]
        return self.perceptron(jnp.concatenate(features, axis=-1))
