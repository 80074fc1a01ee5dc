"""Closed-form continuous-time cells: recurrent cells in which the time since the last observation enters through a gate.

z = backbone(x, h); g = σ(−a(z) Δt + b(z)); h ← f₁(z) (1 − g) + g f₂(z). Variants: without the gate's complement, the minimal cell
(the neuron's own solution), with an LSTM's memory, and layers wired like a worm's circuit. Source: arXiv 2106.13898 and its
authors' public code. The sign of a differs between that code's two ports; here Δt → ∞ chooses f₁ where a > 0.

Every cell has one call, `cell(input, state, elapsed)`. What an input does before it meets the state is `project`, which a
sequence does for all its steps in one matrix product; the rest is `advance`.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Literal, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..engines.neural_networks import ACTIVATIONS, Activation

GateVariant = Literal["default", "no-gate", "minimal"]
HEADS: dict[str, int] = {"default": 4, "no-gate": 4, "minimal": 1}


class Cell(Protocol):
    """What a sequence needs of a recurrent cell; a state is an array (batch, units) or a tuple of such arrays."""

    def start(self, batch: int) -> Any:
        """The state before the first observation."""

    def project(self, inputs: Float[Array, "*steps inputs"]) -> Float[Array, "*steps projected"]:
        """What inputs contribute before they meet a state."""

    def advance(self, projected: Array, state: Any, elapsed: Float[Array, " batch"], key: Array | None = None) -> Any:
        """The next state."""

    def output(self, state: Any) -> Float[Array, "batch outputs"]:
        """What of the state is read out."""


class ClosedFormCell(eqx.Module):
    """A closed-form cell with `depth` dense layers of `width` before its heads (0: the heads see input and state directly).

    `mask` (inputs, units), zeros and ones, cuts inputs off from f₁ and f₂ (wired layers; only with depth 0). With a key, dropout
    acts behind every dense layer. Raises ValueError for an unknown variant or activation, sizes below 1, dropout outside [0, 1).
    """

    into: Float[Array, "inputs first"]
    recurrent: Float[Array, "units first"]
    bias: Float[Array, " first"]
    weights: tuple[Float[Array, "wide next"], ...]
    biases: tuple[Float[Array, " next"], ...]
    decay: Float[Array, " units"] | None
    level: Float[Array, " units"] | None
    mask: Array | None
    variant: GateVariant = eqx.field(static=True)
    activation: Activation = eqx.field(static=True)
    dropout: float = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        variant: GateVariant = "default",
        width: int = 64,
        depth: int = 1,
        activation: Activation = "silu",
        dropout: float = 0.0,
        mask: np.ndarray | None = None,
        key: Array,
    ) -> None:
        if variant not in HEADS:
            raise ValueError(f"variant must be one of {', '.join(HEADS)}; got {variant!r}")
        check_sizes(inputs=inputs, units=units, width=width)
        check_layers(depth, activation, dropout)
        if mask is not None and (depth or mask.shape != (inputs, units)):
            raise ValueError(f"mask must be ({inputs}, {units}), of a cell of depth 0; got {mask.shape}, depth {depth}")
        heads = HEADS[variant] * units
        sizes = [*[width] * depth, heads]
        keys = jax.random.split(key, len(sizes) + 1)
        # Each head is a dense layer of its own with Glorot's bounds, though one product computes all of them.
        first = glorot(keys[0], inputs + units, sizes[0], units if depth == 0 else sizes[0])
        self.into, self.recurrent = first[:inputs], first[inputs:]
        self.bias = jnp.zeros(sizes[0])
        self.weights = tuple(
            glorot(keys[layer], before, after, units if layer == depth else after)
            for layer, (before, after) in enumerate(itertools.pairwise(sizes), start=1)
        )
        self.biases = tuple(jnp.zeros(after) for after in sizes[1:])
        self.decay = jnp.zeros(units) if variant == "minimal" else None
        self.level = jnp.ones(units) if variant == "minimal" else None
        self.mask = None if mask is None else jnp.asarray(mask != 0)
        self.variant, self.activation, self.dropout = variant, activation, dropout

    def __call__(
        self,
        inputs: Float[Array, "batch inputs"],
        state: Float[Array, "batch units"],
        elapsed: Float[Array, " batch"],
        key: Array | None = None,
    ) -> Float[Array, "batch units"]:
        """The state after an observation that came `elapsed` after the one before."""
        return self.advance(self.project(inputs), state, elapsed, key)

    def start(self, batch: int) -> Float[Array, "batch units"]:
        """Zeros."""
        return jnp.zeros((batch, self.recurrent.shape[0]))

    def project(self, inputs: Float[Array, "*steps inputs"]) -> Float[Array, "*steps first"]:
        """The first layer's share of the inputs."""
        into = self.into
        if self.mask is not None:
            free = jnp.ones_like(self.mask)
            into = into * jnp.concatenate([self.mask, self.mask, free, free][: HEADS[self.variant]], axis=1)
        return inputs @ into + self.bias

    def advance(
        self,
        projected: Float[Array, "batch first"],
        state: Float[Array, "batch units"],
        elapsed: Float[Array, " batch"],
        key: Array | None = None,
    ) -> Float[Array, "batch units"]:
        """The next state from projected inputs."""
        hidden = projected + state @ self.recurrent
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            hidden = ACTIVATIONS[self.activation](hidden)
            if key is not None and self.dropout > 0:
                kept = jax.random.bernoulli(jax.random.fold_in(key, layer), 1 - self.dropout, hidden.shape)
                hidden = jnp.where(kept, hidden / (1 - self.dropout), 0.0)
            hidden = hidden @ weight + bias
        time = elapsed[:, None]
        if self.decay is not None and self.level is not None:
            rate = jnp.abs(self.decay) + jnp.abs(hidden)
            return self.level - self.level * jnp.exp(-time * rate) * hidden
        first, second, speed, offset = jnp.split(hidden, 4, axis=1)
        first, second = jnp.tanh(first), jnp.tanh(second)
        gate = jax.nn.sigmoid(offset - speed * time)
        if self.variant == "no-gate":
            return first + gate * second
        return first + gate * (second - first)

    def output(self, state: Float[Array, "batch units"]) -> Float[Array, "batch units"]:
        """The state itself."""
        return state


class MixedMemoryCell(eqx.Module):
    """A closed-form cell behind an LSTM's memory: the memory reads the input and the closed-form state, and feeds that cell.

    State: (memory, closed-form state). `forget_bias` is added to the forget gate.
    """

    into: Float[Array, "inputs gates"]
    recurrent: Float[Array, "units gates"]
    bias: Float[Array, " gates"]
    cell: ClosedFormCell
    forget_bias: float = eqx.field(static=True)

    def __init__(self, inputs: int, units: int, *, forget_bias: float = 1.0, key: Array, **cell: Any) -> None:
        own, rest = jax.random.split(key)
        self.into, self.recurrent, self.bias = memory_weights(inputs, units, own)
        self.cell = ClosedFormCell(units, units, key=rest, **cell)
        self.forget_bias = float(forget_bias)

    def __call__(self, inputs: Array, state: Any, elapsed: Array, key: Array | None = None) -> Any:
        """The state after an observation that came `elapsed` after the one before."""
        return self.advance(self.project(inputs), state, elapsed, key)

    def start(self, batch: int) -> tuple[Array, Array]:
        """Zeros."""
        return self.cell.start(batch), self.cell.start(batch)

    def project(self, inputs: Float[Array, "*steps inputs"]) -> Float[Array, "*steps gates"]:
        """The memory's gates as far as the input decides them."""
        return inputs @ self.into + self.bias

    def advance(self, projected: Array, state: Any, elapsed: Array, key: Array | None = None) -> tuple[Array, Array]:
        """The next state from projected inputs."""
        memory, hidden = state
        memory, told = remember(projected + hidden @ self.recurrent, memory, self.forget_bias)
        return memory, self.cell(told, hidden, elapsed, key)

    def output(self, state: Any) -> Float[Array, "batch units"]:
        """The closed-form state."""
        return state[1]


class LongShortTermCell(eqx.Module):
    """An LSTM that is told the elapsed time as one more input: what closed-form cells are compared with."""

    into: Float[Array, "inputs gates"]
    recurrent: Float[Array, "units gates"]
    bias: Float[Array, " gates"]
    timing: Float[Array, " gates"]
    forget_bias: float = eqx.field(static=True)

    def __init__(self, inputs: int, units: int, *, forget_bias: float = 1.0, key: Array) -> None:
        into, self.recurrent, self.bias = memory_weights(inputs + 1, units, key)
        self.into, self.timing = into[:inputs], into[inputs]
        self.forget_bias = float(forget_bias)

    def __call__(self, inputs: Array, state: Any, elapsed: Array, key: Array | None = None) -> Any:
        """The state after an observation that came `elapsed` after the one before."""
        return self.advance(self.project(inputs), state, elapsed, key)

    def start(self, batch: int) -> tuple[Array, Array]:
        """Zeros."""
        zeros = jnp.zeros((batch, self.recurrent.shape[0]))
        return zeros, zeros

    def project(self, inputs: Float[Array, "*steps inputs"]) -> Float[Array, "*steps gates"]:
        """The gates as far as the input decides them."""
        return inputs @ self.into + self.bias

    def advance(self, projected: Array, state: Any, elapsed: Array, key: Array | None = None) -> tuple[Array, Array]:
        """The next state from projected inputs."""
        memory, hidden = state
        gates = projected + hidden @ self.recurrent + elapsed[:, None] * self.timing
        return remember(gates, memory, self.forget_bias)

    def output(self, state: Any) -> Float[Array, "batch units"]:
        """What the output gate lets through."""
        return state[1]


def remember(
    gates: Float[Array, "batch gates"], memory: Float[Array, "batch units"], forget_bias: float
) -> tuple[Float[Array, "batch units"], Float[Array, "batch units"]]:
    """An LSTM's next memory and its output, tanh(c) σ(g_o), from the sums (i, g_i, g_f, g_o)."""
    new, take, keep, tell = jnp.split(gates, 4, axis=1)
    memory = memory * jax.nn.sigmoid(keep + forget_bias) + jnp.tanh(new) * jax.nn.sigmoid(take)
    return memory, jnp.tanh(memory) * jax.nn.sigmoid(tell)


def memory_weights(inputs: int, units: int, key: Array) -> tuple[Array, Array, Array]:
    """Weights of an LSTM's four gates: Glorot for inputs, orthogonal for the state, biases zero."""
    check_sizes(inputs=inputs, units=units)
    first, second = jax.random.split(key)
    recurrent = jax.random.orthogonal(second, units, (4,)).transpose(1, 0, 2).reshape(units, 4 * units)
    return glorot(first, inputs, 4 * units, units), recurrent, jnp.zeros(4 * units)


def glorot(key: Array, inputs: int, outputs: int, own: int) -> Float[Array, "inputs outputs"]:
    """Uniform weights with the bounds of a layer from `inputs` to `own` units. Source: Glorot, Bengio 2010."""
    bound = math.sqrt(6 / (inputs + own))
    return jax.random.uniform(key, (inputs, outputs), jnp.float32, -bound, bound)


def check_sizes(**sizes: int) -> None:
    """Raises ValueError for a size that is no integer of at least 1."""
    for name, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be an integer of at least 1; got {value!r}")


def check_layers(depth: int, activation: str, dropout: float) -> None:
    """Raises ValueError for a negative depth, an unknown activation, or a dropout outside [0, 1)."""
    if depth < 0:
        raise ValueError(f"depth must be at least 0; got {depth}")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}; got {activation!r}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1; got {dropout!r}")
