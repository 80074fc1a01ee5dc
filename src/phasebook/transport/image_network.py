"""A U-Net that predicts the noise in grey images: residual blocks on three scales, attention at the coarsest, skips between equals.

Each residual block is h + conv(φ(GN(conv(φ(GN h)) + W·e_t))) with φ = x·sigmoid(x) and group normalization; halving by means of
2 × 2 pixels, doubling by repetition. Of the family of Ho, Jain and Abbeel (arXiv 2006.11239); the details of arXiv 2406.09358's
network are not known, so widths and depth are those usual for such images. Convolutions on a CPU are products with gathered
neighbors: XLA's own are four times slower there once they are differentiated (measured on 8 images with 8 channels).
"""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .denoising_network import sinusoidal

GROUPS = 8
EPSILON = 1e-5


class Convolution(eqx.Module):
    """A convolution of odd side on images (batch, height, width, channels) that keeps height and width."""

    weight: Float[Array, "side side inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, side: int, generator: np.random.Generator) -> None:
        # By NumPy: JAX would compile a program for each of the shapes.
        bound = 1 / math.sqrt(inputs * side**2)
        shapes = (side, side, inputs, outputs), (outputs,)
        self.weight, self.bias = (
            jnp.asarray(generator.uniform(-bound, bound, shape), dtype=jnp.float32) for shape in shapes
        )

    def __call__(self, images: Float[Array, "batch height width inputs"]) -> Array:
        """The images' convolution (batch, height, width, outputs)."""
        side = self.weight.shape[0]
        if side == 1:
            return images @ self.weight[0, 0] + self.bias
        if jax.default_backend() != "cpu":
            order = ("NHWC", "HWIO", "NHWC")
            return (
                jax.lax.conv_general_dilated(images, self.weight, (1, 1), "SAME", dimension_numbers=order) + self.bias
            )
        _, height, width, _ = images.shape
        reach = side // 2
        padded = jnp.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)))
        shifted = [
            padded[:, row : row + height, column : column + width] for row in range(side) for column in range(side)
        ]
        return jnp.concatenate(shifted, axis=3) @ self.weight.reshape(-1, self.weight.shape[3]) + self.bias


class GroupNorm(eqx.Module):
    """Normalization over pixels and the channels of a group, then a scale and a shift of each channel."""

    scale: Float[Array, " channels"]
    shift: Float[Array, " channels"]

    def __init__(self, channels: int) -> None:
        self.scale, self.shift = (jnp.asarray(fill(channels, np.float32)) for fill in (np.ones, np.zeros))

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Array:
        """The normalized images."""
        grouped = images.reshape(*images.shape[:3], GROUPS, -1)
        centered = grouped - grouped.mean(axis=(1, 2, 4), keepdims=True)
        scaled = centered * jax.lax.rsqrt((centered**2).mean(axis=(1, 2, 4), keepdims=True) + EPSILON)
        return scaled.reshape(images.shape) * self.scale + self.shift


class ResidualBlock(eqx.Module):
    """Two convolutions with the step's embedding between them."""

    first: Convolution
    second: Convolution
    embedding: Convolution
    skip: Convolution
    norms: tuple[GroupNorm, GroupNorm]

    def __init__(self, inputs: int, outputs: int, embedded: int, generator: np.random.Generator) -> None:
        self.first = Convolution(inputs, outputs, 3, generator)
        self.second = Convolution(outputs, outputs, 3, generator)
        self.embedding = Convolution(embedded, outputs, 1, generator)
        self.skip = Convolution(inputs, outputs, 1, generator)
        self.norms = (GroupNorm(inputs), GroupNorm(outputs))

    def __call__(self, images: Array, embedded: Float[Array, "batch 1 1 embedded"]) -> Array:
        """The block's output (batch, height, width, outputs)."""
        inner = self.first(jax.nn.silu(self.norms[0](images))) + self.embedding(embedded)
        return self.skip(images) + self.second(jax.nn.silu(self.norms[1](inner)))


class Attention(eqx.Module):
    """Every pixel attends to all pixels of its image; one head."""

    norm: GroupNorm
    inputs: Convolution
    output: Convolution

    def __init__(self, channels: int, generator: np.random.Generator) -> None:
        self.norm = GroupNorm(channels)
        self.inputs = Convolution(channels, 3 * channels, 1, generator)
        self.output = Convolution(channels, channels, 1, generator)

    def __call__(self, images: Float[Array, "batch height width channels"]) -> Array:
        """The images with what their pixels told each other."""
        batch, height, width, channels = images.shape
        mixed = self.inputs(self.norm(images)).reshape(batch, height * width, 3 * channels)
        queries, keys, values = jnp.split(mixed, 3, axis=2)
        shares = jax.nn.softmax(queries @ keys.swapaxes(1, 2) / math.sqrt(channels), axis=2)
        return images + self.output((shares @ values).reshape(images.shape))


class ImageDenoiser(eqx.Module):
    """The U-Net for grey images (batch, height, width) whose sides are multiples of 4; `width` is a multiple of 8."""

    step: tuple[Convolution, Convolution]
    inputs: Convolution
    down: tuple[ResidualBlock, ...]
    middle: tuple[ResidualBlock, Attention, ResidualBlock]
    up: tuple[ResidualBlock, ...]
    norm: GroupNorm
    output: Convolution
    width: int = eqx.field(static=True)

    def __init__(self, *, width: int = 64, seed: int) -> None:
        if width < GROUPS or width % GROUPS:
            raise ValueError(f"width must be a multiple of {GROUPS}; got {width}")
        generator = np.random.default_rng(seed)
        channels, embedded = (width, 2 * width, 4 * width), 4 * width
        befores = (width, *channels[:-1])
        self.step = (
            Convolution(width, embedded, 1, generator),
            Convolution(embedded, embedded, 1, generator),
        )
        self.inputs = Convolution(1, width, 3, generator)
        self.down = tuple(
            ResidualBlock(before, own, embedded, generator) for before, own in zip(befores, channels, strict=True)
        )
        self.middle = (
            ResidualBlock(embedded, embedded, embedded, generator),
            Attention(embedded, generator),
            ResidualBlock(embedded, embedded, embedded, generator),
        )
        self.up = tuple(
            ResidualBlock(2 * own, before, embedded, generator)
            for own, before in zip(reversed(channels), reversed(befores), strict=True)
        )
        self.norm = GroupNorm(width)
        self.output = Convolution(width, 1, 3, generator)
        self.width = width

    def __call__(self, states: Float[Array, "batch height width"], steps: Float[Array, " batch"]) -> Array:
        """Predicted noise (batch, height, width) at the steps (batch,), or at one step for all, (1,)."""
        first, second = self.step
        embedded = jax.nn.silu(second(jax.nn.silu(first(sinusoidal(steps, self.width)[:, None, None]))))
        hidden, passed = self.inputs(states[..., None]), []
        for level, block in enumerate(self.down):
            hidden = block(_halved(hidden) if level else hidden, embedded)
            passed.append(hidden)
        before, attention, after = self.middle
        hidden = after(attention(before(hidden, embedded)), embedded)
        for level, block in enumerate(self.up):
            hidden = block(jnp.concatenate([_doubled(hidden) if level else hidden, passed.pop()], axis=3), embedded)
        return self.output(jax.nn.silu(self.norm(hidden)))[..., 0]


def _halved(images: Float[Array, "batch height width channels"]) -> Array:
    batch, height, width, channels = images.shape
    return images.reshape(batch, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def _doubled(images: Float[Array, "batch height width channels"]) -> Array:
    return jnp.repeat(jnp.repeat(images, 2, axis=1), 2, axis=2)
