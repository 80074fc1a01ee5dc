"""Weights of the Markov approximation as a smooth function of the Hurst index, with its derivative, inside JAX programs.

Weights are analytic in the index: a Chebyshev series over [0.01, 0.99] gives them, and JAX their derivative. (Neither SciPy nor JAX
differentiates an incomplete gamma function by its order.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from .fractional_motion import Kind, Norm
from .markov_motion import markov_motion

LOWEST, HIGHEST = 0.01, 0.99
NODES = 64


@dataclass(frozen=True, eq=False)
class WeightTable:
    """Chebyshev coefficients (NODES, processes) of the weights in H; made by `weight_table`."""

    coefficients: NDArray[np.float64]
    speeds: NDArray[np.float64]

    def __call__(self, hurst: Any) -> Any:
        """Weights (..., processes) at indices (...), by Clenshaw's recurrence, in whatever array library `hurst` comes from.

        The index is not checked: a traced one has no value. It must lie in [0.01, 0.99].
        """
        position = (2 * hurst - (HIGHEST + LOWEST)) / (HIGHEST - LOWEST)
        position = position[..., None] if getattr(position, "ndim", 0) else position
        ahead = beyond = 0.0 * position * self.coefficients[0]
        for row in self.coefficients[:0:-1]:
            ahead, beyond = row + 2 * position * ahead - beyond, ahead
        return self.coefficients[0] + position * ahead - beyond


def weight_table(speeds: ArrayLike, horizon: float, *, kind: Kind = "II", norm: Norm = "unit") -> WeightTable:
    """The table for these speeds and horizon. Raises ValueError as `markov_motion`."""
    angles = np.pi * (np.arange(NODES) + 0.5) / NODES
    indices = (HIGHEST + LOWEST) / 2 + (HIGHEST - LOWEST) / 2 * np.cos(angles)
    rates = np.asarray(speeds, dtype=float)
    values = [markov_motion(h, speeds=rates, horizon=horizon, kind=kind, norm=norm).weights for h in indices]
    found = chebyshev.chebfit(np.cos(angles), np.array(values), NODES - 1)
    return WeightTable(np.asarray(found, dtype=np.float64), rates)
