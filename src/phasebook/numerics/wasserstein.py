"""Wasserstein distances: exact between laws on the line (samples, quantiles, cells) and between clouds and histograms; sliced.

On the line the optimal plan pairs equal levels, W_p^p = integral of |Q1(u) - Q2(u)|^p du over the quantile functions (Villani,
Topics in Optimal Transportation (2003), theorem 2.18). Levels are taken at u = Phi(z) with z even on a grid: what is smooth and has
tails like a Gaussian's is then integrated to rounding by the trapezoid rule, where even levels lose the tails.

Histograms of samples are never at distance zero, even of one law: each distance between them is given with that floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import special

from .measured import Measured
from .statistics import mean_estimate
from .transport_simplex import squared_distance_plan

MOST_GAP = 1e-9  # of the squared size of the cloud, between a plan's cost and its dual bound

Values = Float[np.ndarray, " n"]


@dataclass(frozen=True, slots=True)
class TransportPlan:
    """An optimal plan between two weighted clouds: W2², the arcs (sources, targets, shares of the mass) and what proves it.

    `gap` is the cost less the dual bound: no plan is cheaper than `squared_distance - gap`.
    """

    squared_distance: float
    sources: np.ndarray
    targets: np.ndarray
    shares: np.ndarray
    gap: float


@dataclass(frozen=True, slots=True)
class HistogramDistance:
    """W2² of two samples binned on one grid, the floor of samples of one law, and the shares that fell off the grid."""

    squared_distance: float
    floor: Measured
    dropped: tuple[float, float]


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


def optimal_plan(
    first: ArrayLike,
    second: ArrayLike,
    *,
    first_weights: ArrayLike | None = None,
    second_weights: ArrayLike | None = None,
) -> TransportPlan:
    """Exact optimal plan for the squared distance between two weighted clouds of points (n, d) and (m, d).

    Weights are even where they are not given, and need not sum to one; points without weight take no part. Time grows about as
    n·m. Raises ValueError on clouds of different dimension, values that are not finite, or weights that are negative or all zero.
    Source: `transport_simplex`.
    """
    a, b = _cloud("first", first), _cloud("second", second)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"clouds must have the same dimension; got {a.shape[1]} and {b.shape[1]}")
    mass_a, mass_b = _masses("first_weights", first_weights, len(a)), _masses("second_weights", second_weights, len(b))
    held_a, held_b = np.flatnonzero(mass_a > 0), np.flatnonzero(mass_b > 0)
    cost, sources, targets, shares, gap = squared_distance_plan(a[held_a], mass_a[held_a], b[held_b], mass_b[held_b])
    size = float(np.ptp(np.concatenate([a[held_a], b[held_b]]), axis=0).max()) ** 2
    if abs(gap) > MOST_GAP * size:
        raise ArithmeticError(f"the plan's cost {cost:g} and its dual bound differ by {gap:.2g}: rounding piled up")
    return TransportPlan(cost, held_a[sources], held_b[targets], shares, gap)


def grid_distance(first: ArrayLike, second: ArrayLike, spacing: tuple[float, float] = (1.0, 1.0)) -> float:
    """Exact W2² of two histograms (n, m) on one grid whose cells are `spacing` apart; their sums are divided out.

    Raises ValueError on unequal shapes, negative or not finite counts, or an empty histogram.
    """
    counts = [np.asarray(each, dtype=float) for each in (first, second)]
    if counts[0].ndim != 2 or counts[0].shape != counts[1].shape:
        raise ValueError(f"histograms must have one shape (n, m); got {counts[0].shape} and {counts[1].shape}")
    if not (min(spacing) > 0 and math.isfinite(max(spacing))):
        raise ValueError(f"spacing must be two positive numbers; got {spacing}")
    across, up = (np.arange(size) * step for size, step in zip(counts[0].shape, spacing, strict=True))
    cells = np.stack(np.meshgrid(across, up, indexing="ij"), axis=-1).reshape(-1, 2)
    plan = optimal_plan(cells, cells, first_weights=counts[0].ravel(), second_weights=counts[1].ravel())
    return plan.squared_distance


def histogram_distance(
    first: ArrayLike,
    second: ArrayLike,
    *,
    reach: float = 4.0,
    cells: int = 64,
    pairs: int = 4,
    seed: int = 0,
) -> HistogramDistance:
    """Exact W2² of two samples (n, 2) and (m, 2), binned into cells × cells on [-reach, reach]², with its floor.

    The floor is the mean W2² of `pairs` pairs of histograms of n and m points drawn from both samples' cells together: what two
    samples of one law would show. It falls like the root of the number of points. Raises ValueError on points that are not
    finite pairs, samples without a point on the grid, or cells, pairs < 2.
    """
    if not (reach > 0 and cells >= 2 and pairs >= 2):
        raise ValueError(f"reach must be positive, cells and pairs at least 2; got {reach}, {cells} and {pairs}")
    binned = [histogram_counts(points, reach=reach, cells=cells) for points in (first, second)]
    counts, dropped = [held for held, _ in binned], [share for _, share in binned]
    spacing = (2 * reach / cells,) * 2
    pooled = (counts[0] / counts[0].sum() + counts[1] / counts[1].sum()).ravel() / 2
    floor = histogram_floor(
        pooled.reshape(cells, cells), (int(counts[0].sum()), int(counts[1].sum())), spacing, pairs=pairs, seed=seed
    )
    return HistogramDistance(grid_distance(counts[0], counts[1], spacing), floor, (dropped[0], dropped[1]))


def histogram_floor(
    law: ArrayLike, points: tuple[int, int], spacing: tuple[float, float] = (1.0, 1.0), *, pairs: int = 4, seed: int = 0
) -> Measured:
    """Mean W2² of `pairs` pairs of histograms of this many points each, both drawn from one law on a grid (n, m)."""
    shares = np.asarray(law, dtype=float)
    generator = np.random.default_rng(seed)
    flat = shares.ravel() / shares.sum()
    draws = [[generator.multinomial(count, flat).reshape(shares.shape) for count in points] for _ in range(pairs)]
    return mean_estimate([grid_distance(one, other, spacing) for one, other in draws])


def histogram_counts(points: ArrayLike, *, reach: float, cells: int) -> tuple[np.ndarray, float]:
    """Points (n, 2) binned into cells × cells on [-reach, reach]², and the share that fell off. Raises ValueError as above."""
    cloud = _cloud("points", points)
    if cloud.shape[1] != 2:
        raise ValueError(f"points must be of shape (n, 2); got {cloud.shape}")
    places = np.floor((cloud + reach) * (cells / (2 * reach))).astype(np.int64)
    inside = ((places >= 0) & (places < cells)).all(axis=1)
    if not inside.any():
        raise ValueError(f"points must lie within {reach:g} of the origin along each axis; none does")
    flat = places[inside] @ np.array([cells, 1])
    return np.bincount(flat, minlength=cells * cells).reshape(cells, cells), 1 - float(inside.mean())


def _masses(name: str, weights: ArrayLike | None, count: int) -> np.ndarray:
    if weights is None:
        return np.ones(count)
    masses = _vector(name, weights)
    if len(masses) != count or (masses < 0).any() or not masses.sum() > 0:
        raise ValueError(f"{name} must be {count} numbers, not negative and not all zero")
    return masses


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
    weight = _masses(f"{name}_weights", weights, len(values))
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
