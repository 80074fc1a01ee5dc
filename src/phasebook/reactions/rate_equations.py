"""Rate equations of well-mixed populations, solved from given densities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp

_RELATIVE, _ABSOLUTE = 1e-10, 1e-12
Densities = Float[np.ndarray, " species"]


def solve_rates(
    rates: Callable[[Densities], Densities], times: ArrayLike, start: ArrayLike
) -> Float[np.ndarray, "times species"]:
    """Densities (K, species) at `times` of an autonomous rate equation from `start` at time zero. Raises ValueError."""
    grid, begin = np.atleast_1d(np.asarray(times, dtype=float)), np.asarray(start, dtype=float)
    if not np.isfinite(grid).all() or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise ValueError("times must be finite, non-negative and strictly increasing")
    if (begin < 0).any() or not begin.sum() <= 1 + 1e-12:
        raise ValueError(f"start must hold densities that sum to at most 1; got {begin.tolist()}")
    if grid[-1] == 0:
        return begin[None, :].copy()
    solution = solve_ivp(
        lambda _, densities: rates(densities),
        (0.0, grid[-1]),
        begin,
        t_eval=grid,
        method="LSODA",
        rtol=_RELATIVE,
        atol=_ABSOLUTE,
    )
    return solution.y.T
