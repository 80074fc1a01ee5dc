"""Wasserstein distances: exact between laws on the line (samples, quantiles, cells), and sliced between clouds of points.

On the line the optimal plan pairs equal levels, W_p^p = integral of |Q1(u) - Q2(u)|^p du over the quantile functions (Villani,
Topics in Optimal Transportation (2003), theorem 2.18). Levels are taken at u = Phi(z) with z even on a grid: what is smooth and has
tails like a Gaussian's is then integrated to rounding by the trapezoid rule, where even levels lose the tails.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import special

Values = Float[np.ndarray, " n"]


def normal_scores(count: int = 801, reach: float = 7.0) -> tuple[Values, Values]:
    """Scores z, even on [-reach, reach], and the weights of their levels Phi(z), which sum to one; both of shape (count,).

    Raises ValueError unless count >= 3 and 0 < reach <= 8 (beyond, a level is one to rounding).
    """
    if count < 3:
        raise ValueError(f"count must be at least 3; got {count}")
    if not 0 < reach <= 8:
        raise ValueError(f"reach must be in (0, 8]; got {reach}")
    scores = np.linspace(-reach, reach, count)
    weights = np.exp(-(scores**2) / 2)
    return scores, weights / weights.sum()


def cell_quantiles(edges: ArrayLike, masses: ArrayLike, scores: ArrayLike) -> Values:
    """Quantiles at the levels Phi(scores) of a law given by the masses (n,) of the cells between `edges` (n + 1,).

    Between edges the score is linear in x, which is exact for a Gaussian; levels beyond the outermost occupied cells stop there.
    Negative masses are taken as zero; the sum need not be one. Raises ValueError on wrong shapes, edges that don't increase or
    masses that hold nothing.
    """
    borders, inside = _cells(edges, masses)
    below = np.concatenate([[0.0], np.cumsum(inside)])
    above = np.concatenate([np.cumsum(inside[::-1])[::-1], [0.0]])
    total = below[-1]
    # Each half of the levels from its own end: 1 - u would lose the upper tail.
    known = np.where(below < above, special.ndtri(below / total), -special.ndtri(above / total))
    occupied = np.flatnonzero(inside)
    first, last = occupied[0], occupied[-1] + 1
    known = known[first : last + 1]
    known[0], known[-1] = min(known[1] - 1.0, -8.5), max(known[-2] + 1.0, 8.5)
    return np.interp(np.asarray(scores, dtype=float), known, borders[first : last + 1])


def quantile_distance(first: ArrayLike, second: ArrayLike, weights: ArrayLike, *, order: float = 2.0) -> float:
    """W_order of two laws from their quantiles (n,) at the same levels, whose weights (n,) sum to one.

    Raises ValueError on unequal shapes, values that are not finite, negative weights or order < 1.
    """
    a, b, weight = _vector("first", first), _vector("second", second), _vector("weights", weights)
    _check_order(order)
    if not len(a) == len(b) == len(weight):
        raise ValueError(f"quantiles and weights must have one length; got {len(a)}, {len(b)} and {len(weight)}")
    if (weight < 0).any() or not math.isclose(weight.sum(), 1.0, rel_tol=1e-9):
        raise ValueError(f"weights must not be negative and sum to one; they sum to {weight.sum():g}")
    return float((weight @ np.abs(a - b) ** order) ** (1 / order))


def cell_distance(edges: ArrayLike, first: ArrayLike, second: ArrayLike, *, order: float = 2.0) -> float:
    """W_order of two laws given by the masses (n,) of the same cells, each spread as in `cell_quantiles`."""
    scores, weights = normal_scores()
    return quantile_distance(
        cell_quantiles(edges, first, scores), cell_quantiles(edges, second, scores), weights, order=order
    )


def sample_distance(
    first: ArrayLike,
    second: ArrayLike,
    *,
    order: float = 2.0,
    first_weights: ArrayLike | None = None,
    second_weights: ArrayLike | None = None,
) -> float:
    """W_order of two weighted samples on the line, shapes (n,) and (m,): exact, by one sort of each.

    Weights need not sum to one. Raises ValueError on an empty or not finite sample, negative weights or order < 1.
    """
    _check_order(order)
    (a, level_a), (b, level_b) = _sorted("first", first, first_weights), _sorted("second", second, second_weights)
    if len(a) == len(b) and first_weights is None and second_weights is None:
        return float(np.mean(np.abs(a - b) ** order) ** (1 / order))
    levels = np.union1d(level_a, level_b)
    steps = np.diff(levels, prepend=0.0)
    middle = levels - steps / 2
    gaps = np.abs(a[np.searchsorted(level_a, middle)] - b[np.searchsorted(level_b, middle)])
    return float((steps @ gaps**order) ** (1 / order))


def sliced_distance(first: ArrayLike, second: ArrayLike, *, directions: int = 128, seed: int = 0) -> float:
    """Sliced W2 of two clouds of points (n, d) and (m, d): the root of the mean of W2² over random directions.

    Raises ValueError on clouds of different dimension, an empty cloud, values that are not finite or directions < 1.
    Source: Bonneel et al., J. Math. Imaging Vis. 51, 22 (2015).
    """
    a, b = _cloud("first", first), _cloud("second", second)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"clouds must have the same dimension; got {a.shape[1]} and {b.shape[1]}")
    if directions < 1:
        raise ValueError(f"directions must be at least 1; got {directions}")
    axes = np.random.default_rng(seed).standard_normal((directions, a.shape[1]))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    return math.sqrt(np.mean([sample_distance(a @ axis, b @ axis) ** 2 for axis in axes]))


def _cells(edges: ArrayLike, masses: ArrayLike) -> tuple[Values, Values]:
    borders, inside = _vector("edges", edges), _vector("masses", masses)
    if len(borders) != len(inside) + 1:
        raise ValueError(f"edges must be one more than masses; got {len(borders)} and {len(inside)}")
    if (np.diff(borders) <= 0).any():
        raise ValueError("edges must increase")
    inside = np.maximum(inside, 0.0)
    if not inside.sum() > 0:
        raise ValueError("masses must hold something; all are zero or negative")
    return borders, inside


def _sorted(name: str, sample: ArrayLike, weights: ArrayLike | None) -> tuple[Values, Values]:
    """Values in order, and the level that each of them ends at."""
    values = _vector(name, sample)
    if weights is None:
        return np.sort(values), np.arange(1, len(values) + 1) / len(values)
    weight = _vector(f"{name}_weights", weights)
    if len(weight) != len(values) or (weight < 0).any() or not weight.sum() > 0:
        raise ValueError(f"{name}_weights must be {len(values)} numbers, not negative and not all zero")
    order = np.argsort(values)
    levels = np.cumsum(weight[order])
    return values[order], levels / levels[-1]


def _cloud(name: str, points: ArrayLike) -> Float[np.ndarray, "n d"]:
    cloud = np.asarray(points, dtype=float)
    if cloud.ndim != 2 or cloud.size == 0 or not np.isfinite(cloud).all():
        raise ValueError(f"{name} must be finite points of shape (n, d); got shape {cloud.shape}")
    return cloud


def _vector(name: str, values: ArrayLike) -> Values:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite numbers in one dimension; got shape {array.shape}")
    return array


def _check_order(order: float) -> None:
    if not (order >= 1 and math.isfinite(order)):
        raise ValueError(f"order must be at least 1; got {order}")
