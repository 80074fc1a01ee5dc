"""Laws to try a sampler on: three modes on the line, and nine Gaussians, two rings and a checkerboard in the plane.

Those in the plane are the data of arXiv 2311.15996, as its code makes them.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from .mixture_potential import MixturePotential

CloudName = Literal["modes", "blob", "circles", "checkerboard"]
BLOB_SCALE = 0.65
BLOB_CENTERS = ((2, 2), (-2, 2), (2, -2), (-2, -2), (0, 0), (4, 0), (-4, 0), (0, 4), (0, -4))
RING_RADII, RING_STDDEV, RING_SCALE = (0.65, 1.4), 0.1, 2.0
CORNERS = ((-3, -3), (0, -3), (-1.5, -1.5), (1.5, -1.5), (-3, 0), (0, 0), (-1.5, 1.5), (1.5, 1.5))
CELL = 1.5


def cloud_mixture(name: CloudName) -> MixturePotential:
    """The clouds that are Gaussian mixtures, with their exact log-density at any time: `modes` (d = 1) and `blob` (d = 2)."""
    if name == "modes":
        return MixturePotential([[-2.0], [0.0], [2.0]], [0.25] * 3, [0.3, 0.4, 0.3])
    if name == "blob":
        return MixturePotential(BLOB_SCALE * np.array(BLOB_CENTERS, dtype=float), [BLOB_SCALE * np.sqrt(0.2)] * 9)
    raise ValueError(f"name must be modes or blob, which are mixtures; got {name!r}")


def sample_cloud(name: CloudName, count: int, seed: int) -> Float[np.ndarray, "n d"]:
    """Points (count, d) of a cloud. Raises ValueError for an unknown name or count < 1."""
    if name not in get_args(CloudName):
        raise ValueError(f"name must be one of {', '.join(get_args(CloudName))}; got {name!r}")
    if count < 1:
        raise ValueError(f"count must be at least 1; got {count}")
    generator = np.random.default_rng(seed)
    if name in ("modes", "blob"):
        return cloud_mixture(name).sample(count, generator)
    if name == "circles":
        radius = generator.choice(RING_RADII, count) + RING_STDDEV * generator.standard_normal(count)
        angle = 2 * np.pi * generator.random(count)
        return RING_SCALE * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    corners = np.array(CORNERS, dtype=float)[generator.integers(0, len(CORNERS), count)]
    return corners + CELL * generator.random((count, 2))


def training_points(data: CloudName | Float[np.ndarray, "n d"], seed: int) -> Float[np.ndarray, "n d"]:
    """Points to train on: 200,000 of a named cloud, or a user's own (n, d), centered and divided by their standard deviation.

    Raises ValueError for points that all lie in one place.
    """
    if isinstance(data, str):
        return sample_cloud(data, 200_000, seed)
    points = np.asarray(data, dtype=float)
    spread = float(np.sqrt(points.var(axis=0).mean()))
    if not spread > 0:
        raise ValueError("data must hold at least two different points")
    return (points - points.mean(axis=0)) / spread
