"""The checkerboard in the plane: eight squares of side two in which the density is even, and sharp edges that samplers blur.

x1 uniform on [−4, 4]; x2 in one of two squares of the column of x1, which alternate. As in the experiments of arXiv 2303.08797.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from .gaussian_mixture import as_points


def sample_checkerboard(count: int, seed: int) -> Float[np.ndarray, "n 2"]:
    """Points (count, 2). Raises ValueError unless count is at least 1."""
    if count < 1:
        raise ValueError(f"count must be at least 1; got {count}")
    return np.asarray(_board(jax.random.key(seed), count), dtype=float)


def normal_to_checkerboard(data: Any, key: Array, count: int) -> tuple[Array, Array]:
    """Fresh pairs for `field_loss`: standard normal starts, ends on the checkerboard; `data` is not used."""
    start, end = jax.random.split(key)
    return jax.random.normal(start, (count, 2)), _board(end, count)


def outside_checkerboard(points: ArrayLike) -> Float[np.ndarray, " n"]:
    """Which of the points (n, 2) lie outside all squares."""
    x, y = as_points(points, 2).T / 2
    height = y - np.floor(x) % 2
    inside = (np.abs(x) <= 2) & (((height >= 0) & (height <= 1)) | ((height >= -2) & (height <= -1)))
    return ~inside


def _board(key: Array, count: int) -> Array:
    across, up, choice = jax.random.split(key, 3)
    x = jax.random.uniform(across, (count,), minval=-2, maxval=2)
    y = jax.random.uniform(up, (count,)) - 2 * jax.random.bernoulli(choice, shape=(count,)) + jnp.floor(x) % 2
    return 2 * jnp.stack([x, y], axis=1)
