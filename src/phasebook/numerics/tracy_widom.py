"""The Tracy-Widom distributions of the largest eigenvalue, GOE (F1) and GUE (F2), as Fredholm determinants on Gauss nodes.

F1(s) = det(1 - B_s) with B_s(x, y) = Ai(x + y + s) on L²(0, infinity) (Ferrari and Spohn, J. Phys. A 38, L557 (2005)), and F2(s) =
det(1 - K_s) with the Airy kernel K_s(x, y) = K_Ai(x + s, y + s). The kernels are analytic and decay faster than exponentially, so
that the determinant of the quadrature's matrix converges exponentially (Bornemann, Math. Comp. 79, 871 (2010)). Absolute errors are
below 1e-12; far in the left tail, where F is smaller than that, only the order of magnitude zero is right.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray
from scipy import special

Ensemble = Literal["GOE", "GUE"]
NODES = 48
DECAYED = 16.0  # Ai is below 1e-19 beyond it
LEFT, RIGHT = -12.0, 16.0  # outside, F is below 1e-30 or within 1e-17 of one
PIECES = 8  # panels of 24 nodes for the moments


@dataclass(frozen=True, slots=True)
class Cumulants:
    """Mean, variance, skewness and excess kurtosis of a distribution."""

    mean: float
    variance: float
    skewness: float
    excess_kurtosis: float


def tracy_widom_distribution(s: ArrayLike, ensemble: Ensemble = "GOE") -> NDArray[np.float64]:
    """F(s), the probability of a value at most s; any shape of real numbers. Raises ValueError for another ensemble or NaN."""
    return _evaluate(s, ensemble)[0]


def tracy_widom_density(s: ArrayLike, ensemble: Ensemble = "GOE") -> NDArray[np.float64]:
    """F'(s), by the exact derivative of the determinant (no differences); arguments and errors as `tracy_widom_distribution`."""
    return _evaluate(s, ensemble)[1]


@functools.cache
def tracy_widom_cumulants(ensemble: Ensemble = "GOE") -> Cumulants:
    """Cumulants by Gauss quadrature of the density, to 1e-9. Raises ValueError for another ensemble.

    Heights of a flat KPZ surface follow 2^(-2/3) times a GOE variable: mean -0.76007 and variance 0.63805.
    """
    edges = np.linspace(LEFT, RIGHT, PIECES + 1)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    half = (edges[1] - edges[0]) / 2
    points = (edges[:-1, None] + half * (nodes + 1)).ravel()
    mass = np.tile(half * weights, PIECES) * tracy_widom_density(points, ensemble)
    mean = float(mass @ points)
    second, third, fourth = (float(mass @ (points - mean) ** order) for order in (2, 3, 4))
    return Cumulants(mean, second, third / second**1.5, fourth / second**2 - 3)


def _evaluate(s: ArrayLike, ensemble: Ensemble) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    kernels: dict[str, Callable[[float], tuple[float, float]]] = {"GOE": _orthogonal, "GUE": _unitary}
    if ensemble not in kernels:
        raise ValueError(f"ensemble must be 'GOE' or 'GUE'; got {ensemble!r}")
    points = np.asarray(s, dtype=float)
    if np.isnan(points).any():
        raise ValueError("s must not be NaN")
    values = np.empty((2, points.size))
    for index, point in enumerate(points.ravel()):
        if point <= LEFT or point >= RIGHT:
            values[:, index] = float(point >= RIGHT), 0.0
        else:
            values[:, index] = kernels[ensemble](float(point))
    distribution, density = values.reshape(2, *points.shape)
    return np.clip(distribution, 0.0, 1.0), np.maximum(density, 0.0)


def _orthogonal(s: float) -> tuple[float, float]:
    """F1 and F1' = -F1·tr((1 - B)^-1 B'), where the kernel's derivative is Ai'(x + y + s)."""
    x, root = _nodes(s)
    value, slope, _, _ = special.airy(x[:, None] + x + s)
    matrix = np.eye(len(x)) - root[:, None] * value * root
    determinant = float(np.linalg.det(matrix))
    return determinant, -determinant * float(np.trace(np.linalg.solve(matrix, root[:, None] * slope * root)))


def _unitary(s: float) -> tuple[float, float]:
    """F2 and F2' = F2·<Ai, (1 - K)^-1 Ai>, since the kernel's derivative is -Ai(x + s) Ai(y + s)."""
    x, root = _nodes(s)
    value, slope, _, _ = special.airy(x + s)
    difference = x[:, None] - x
    np.fill_diagonal(difference, 1.0)
    kernel = (value[:, None] * slope - slope[:, None] * value) / difference
    np.fill_diagonal(kernel, slope**2 - (x + s) * value**2)
    matrix = np.eye(len(x)) - root[:, None] * kernel * root
    determinant = float(np.linalg.det(matrix))
    weighted = root * value
    return determinant, determinant * float(weighted @ np.linalg.solve(matrix, weighted))


def _nodes(s: float) -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    """Nodes on (0, DECAYED - s) and the square roots of their weights: the matrix stays symmetric."""
    nodes, weights = _gauss_legendre()
    half = (DECAYED - s) / 2 + 1
    return half * (nodes + 1), np.sqrt(half * weights)


@functools.cache
def _gauss_legendre() -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights
