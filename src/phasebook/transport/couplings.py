"""Couplings of two clouds of points: which start an interpolant pairs with which end.

Independent; minibatch optimal transport (each minibatch assigned at least squared distance); and the entropic plan of the
Schrödinger bridge, whose reference process √(2ε) dW has the transition kernel exp(−|x − y|²/(4ε)): Sinkhorn's iteration on
minibatches, then a partner for each start drawn from its row. Sources: Tong et al., arXiv 2302.00482 (minibatches); Cuturi, arXiv
1306.0895 (Sinkhorn).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from ..errors import NotConverged
from .gaussian_mixture import ShapeError

Cloud = Float[np.ndarray, "n d"]
Partner = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


def independent_pairs(start: ArrayLike, end: ArrayLike, count: int, *, seed: int) -> tuple[Cloud, Cloud]:
    """`count` pairs of rows of two clouds (n, d) and (m, d), drawn independently of each other."""
    first, second = checked_clouds(start, end)
    generator = np.random.default_rng(seed)
    rows, partners = (generator.integers(0, len(cloud), _count(count)) for cloud in (first, second))
    return first[rows], second[partners]


def optimal_pairs(
    start: ArrayLike, end: ArrayLike, count: int, *, seed: int, minibatch: int = 256
) -> tuple[Cloud, Cloud]:
    """`count` pairs, minibatch after minibatch of the assignment of least total squared distance.

    Raises ValueError for wrong arguments, ShapeError for clouds of different dimension.
    """

    def assigned(first: Cloud, second: Cloud, generator: np.random.Generator) -> np.ndarray:
        return linear_sum_assignment(cdist(first, second, "sqeuclidean"))[1]

    return _by_minibatches(start, end, count, seed, minibatch, assigned)


def entropic_pairs(
    start: ArrayLike, end: ArrayLike, count: int, *, noise: float, seed: int, minibatch: int = 256
) -> tuple[Cloud, Cloud]:
    """`count` pairs of the Schrödinger bridge with noise ε, minibatch after minibatch of Sinkhorn's plan.

    Raises ValueError for wrong arguments, NotConverged where Sinkhorn's iteration does not.
    """

    def drawn(first: Cloud, second: Cloud, generator: np.random.Generator) -> np.ndarray:
        plan = entropic_plan(first, second, noise, tolerance=1e-4)
        edges = np.cumsum(plan / plan.sum(1, keepdims=True), axis=1)
        return np.minimum((generator.random((len(first), 1)) > edges).sum(1), len(second) - 1)

    return _by_minibatches(start, end, count, seed, minibatch, drawn)


def entropic_plan(
    start: ArrayLike,
    end: ArrayLike,
    noise: float,
    *,
    start_weights: ArrayLike | None = None,
    end_weights: ArrayLike | None = None,
    tolerance: float = 1e-9,
    most_iterations: int = 20_000,
) -> Float[np.ndarray, "n m"]:
    """The plan (n, m) between weighted points that is nearest to the reference process of noise ε, by Sinkhorn in logarithms.

    Weights are even where omitted. Stops where no marginal is wrong by more than `tolerance` in sum. Raises ValueError, or
    NotConverged with the remaining error: a small noise takes many iterations.
    """
    first, second = checked_clouds(start, end)
    if not (noise > 0 and np.isfinite(noise)):
        raise ValueError(f"noise must be positive and finite; got {noise!r}")
    rows, columns = (_weights(given, len(cloud)) for given, cloud in ((start_weights, first), (end_weights, second)))
    kernel = -cdist(first, second, "sqeuclidean") / (4 * noise)
    left, right = np.zeros(len(first)), np.zeros(len(second))
    error = np.inf
    for iteration in range(most_iterations):
        left = rows - logsumexp(kernel + right, axis=1)
        right = columns - logsumexp(kernel + left[:, None], axis=0)
        if iteration % 10 == 9:
            plan = np.exp(kernel + left[:, None] + right)
            error = float(np.abs(plan.sum(1) - np.exp(rows)).sum())
            if error <= tolerance:
                return plan
    raise NotConverged(
        f"Sinkhorn's iteration is {error:.2g} away after {most_iterations} steps: raise noise or tolerance"
    )


def checked_clouds(start: ArrayLike, end: ArrayLike) -> tuple[Cloud, Cloud]:
    """Two clouds (n, d) and (m, d) as float64; (n,) is one dimension. Raises ShapeError, and ValueError for rows with a NaN."""
    clouds = []
    for name, value in (("start", start), ("end", end)):
        cloud = np.asarray(value, dtype=float)
        cloud = cloud[:, None] if cloud.ndim == 1 else cloud
        if cloud.ndim != 2 or cloud.size == 0:
            raise ShapeError(f"{name} must be points of shape (n, d); got {np.shape(value)}")
        if bad := int((~np.isfinite(cloud)).any(axis=1).sum()):
            raise ValueError(f"{name} must be finite; {bad} of {len(cloud)} rows are not")
        clouds.append(cloud)
    if clouds[0].shape[1] != clouds[1].shape[1]:
        raise ShapeError(f"start and end must have one dimension; got {clouds[0].shape[1]} and {clouds[1].shape[1]}")
    return clouds[0], clouds[1]


def _by_minibatches(
    start: ArrayLike, end: ArrayLike, count: int, seed: int, minibatch: int, partner: Partner
) -> tuple[Cloud, Cloud]:
    first, second = checked_clouds(start, end)
    if minibatch < 2:
        raise ValueError(f"minibatch must be at least 2; got {minibatch}")
    generator, size = np.random.default_rng(seed), min(minibatch, len(first), len(second))
    starts, ends = [], []
    for _ in range(-(-_count(count) // size)):
        chosen = first[generator.choice(len(first), size, replace=False)]
        candidates = second[generator.choice(len(second), size, replace=False)]
        starts.append(chosen)
        ends.append(candidates[partner(chosen, candidates, generator)])
    return np.concatenate(starts)[:count], np.concatenate(ends)[:count]


def _count(count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"count must be an integer of at least 1; got {count!r}")
    return int(count)


def _weights(given: ArrayLike | None, size: int) -> Float[np.ndarray, " n"]:
    """Logarithms of weights that sum to one."""
    if given is None:
        return np.full(size, -np.log(size))
    weights = np.asarray(given, dtype=float)
    if weights.shape != (size,) or not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise ValueError(
            f"weights must be {size} numbers that are not negative and not all zero; got shape {weights.shape}"
        )
    with np.errstate(divide="ignore"):
        return np.log(weights / weights.sum())
