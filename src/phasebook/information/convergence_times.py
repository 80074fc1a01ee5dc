"""How long descent in the metric g = F² + βF really takes, by stepping, for a loss whose Hessian is the unit matrix.

The flow dθ/dt = −g⁻¹θ is integrated; steps θ ← θ − η g⁻¹θ are taken at a share of the largest stable η. Nothing here
uses the flow's closed form, which the measurement is compared with.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from .regime import metric_eigenvalues

Array = NDArray[np.float64]
MOST_STEPS = 100_000_000
STABLE_SHARE = 0.5  # of the largest step at which no direction grows: the fastest direction is done in one step
INTEGRATION_SHARE = 0.5  # of the fastest time


@njit(cache=True, nogil=True)
def _time_of_flow(inverse: Array, start: Array, step: float, fall: float, most: int) -> float:
    """Time until |θ| has fallen by a factor, with the classical Runge-Kutta method."""
    theta, goal = start.copy(), fall * np.sqrt((start**2).sum())
    for count in range(most):
        norm = np.sqrt((theta**2).sum())
        if norm <= goal:
            return count * step
        k1 = -inverse @ theta
        k2 = -inverse @ (theta + 0.5 * step * k1)
        k3 = -inverse @ (theta + 0.5 * step * k2)
        k4 = -inverse @ (theta + step * k3)
        theta = theta + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.nan


@njit(cache=True, nogil=True)
def _steps_of_descent(inverse: Array, start: Array, step: float, fall: float, most: int) -> int:
    """Steps until |θ| has fallen by a factor."""
    theta, goal = start.copy(), fall * np.sqrt((start**2).sum())
    for count in range(most):
        if np.sqrt((theta**2).sum()) <= goal:
            return count
        theta = theta - step * (inverse @ theta)
    return -1


def flow_time(fisher: ArrayLike, weight: float, start: ArrayLike, fall: float = 1e-6) -> float:
    """The time in which the flow brings |θ| down by a factor. Raises ValueError where that takes too many steps."""
    inverse, values, begin = _prepared(fisher, weight, start, fall)
    found = float(_time_of_flow(inverse, begin, INTEGRATION_SHARE * values.min(), fall, MOST_STEPS))
    if math.isnan(found):
        raise ValueError(f"the flow needs more than {MOST_STEPS} steps; its condition number is too large")
    return found


def descent_steps(fisher: ArrayLike, weight: float, start: ArrayLike, fall: float = 1e-6) -> int:
    """The number of steps in which descent brings |θ| down by a factor, at half of the largest stable step."""
    inverse, values, begin = _prepared(fisher, weight, start, fall)
    # The fastest rate is 1/λ_min(g); steps are stable below twice its inverse.
    found = int(_steps_of_descent(inverse, begin, STABLE_SHARE * 2 * values.min(), fall, MOST_STEPS))
    if found < 0:
        raise ValueError(f"the descent needs more than {MOST_STEPS} steps; its condition number is too large")
    return found


def _prepared(fisher: ArrayLike, weight: float, start: ArrayLike, fall: float) -> tuple[Array, Array, Array]:
    matrix, begin = np.asarray(fisher, dtype=float), np.asarray(start, dtype=float)
    if not 0 < fall < 1:
        raise ValueError(f"fall must lie in (0, 1); got {fall!r}")
    if matrix.ndim != 2 or begin.shape != (len(matrix),) or not begin.any():
        raise ValueError(f"start must be {len(matrix)} numbers, not all zero; got shape {begin.shape}")
    values = metric_eigenvalues(np.linalg.eigvalsh(matrix), weight)
    return np.linalg.inv(matrix @ matrix + weight * matrix), values, begin


def random_fisher(size: int, condition_number: float, seed: int) -> Array:
    """A symmetric positive matrix with eigenvalues spread evenly in the logarithm, smallest ℓ and largest κℓ, in random
    directions, ℓ log-uniform between 0.1 and 10."""
    generator = np.random.default_rng(seed)
    inner = np.sort(generator.uniform(0, math.log(condition_number), size))
    inner[0], inner[-1] = 0.0, math.log(condition_number)
    values = math.exp(generator.uniform(math.log(0.1), math.log(10.0))) * np.exp(inner)
    turn = np.linalg.qr(generator.standard_normal((size, size)))[0]
    return (turn * values) @ turn.T
