"""Estimates from covariances of independent groups of samples that are free of sampling noise, with jackknife errors.

A product of two groups' covariances has no noise bias, C^a_ij C^b_ij = C_ij² on average, so the mean over pairs a ≠ b gives
mean squares of entries that are themselves far below their noise. Agreement with a predicted matrix is a correlation divided
by the root of the measurement's reliability (disattenuated, Spearman 1904) and the slope of measured on predicted entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ..numerics.measured import Measured
from .coupling_matrices import checked_activity

Groups = Float[np.ndarray, "groups units units"]

PIECES = 4  # of a record, in each group


@dataclass(frozen=True, slots=True)
class Agreement:
    """Off-diagonal entries of a measured covariance against a predicted one.

    `raw` is their correlation, `correlation` the disattenuated one, `slope` that of measured on predicted, and `reliability` the
    share of the measured entries' mean square that is not sampling noise.
    """

    correlation: Measured
    slope: Measured
    raw: Measured
    reliability: Measured


def agreement(predicted: Float[np.ndarray, "units units"], groups: Groups) -> Agreement:
    """How a predicted covariance matrix agrees with measured ones of at least 3 groups. Raises ValueError on shapes that differ."""
    measured = _checked_groups(groups, fewest=3)
    expected = np.asarray(predicted, dtype=np.float64)
    if expected.shape != measured.shape[1:]:
        raise ValueError(f"predicted must have shape {measured.shape[1:]}; got {expected.shape}")
    count = len(expected) * (len(expected) - 1)
    center = expected - _off_diagonal_sum(expected) / count
    np.fill_diagonal(center, 0.0)
    spread = float((center**2).sum()) / count
    if not spread > 0:
        raise ValueError("predicted must vary off its diagonal; all its entries are equal there")

    def statistics(total: Any, squares: Any, number: int) -> tuple[float, ...]:
        mean = total / number
        off_mean = _off_diagonal_sum(mean) / count
        plain = _off_diagonal_sum(mean**2) / count
        unbiased = _off_diagonal_sum(total**2 - squares) / (count * number * (number - 1))
        shared = float((center * mean).sum()) / count
        raw = shared / math.sqrt(spread * (plain - off_mean**2))
        signal = max(unbiased - off_mean**2, 1e-300)
        return shared / math.sqrt(spread * signal), shared / spread, raw, unbiased / plain

    return Agreement(*_jackknife(measured, statistics))


def dimension_estimate(groups: Groups) -> Measured:
    """D/N = (tr C)²/(N tr C²), free of sampling noise, from covariances of at least 3 groups."""
    measured = _checked_groups(groups, fewest=3)

    def statistics(total: Any, squares: Any, number: int) -> tuple[float, ...]:
        pairs = number * (number - 1)
        trace = float(np.trace(total)) / number
        return (trace**2 / (len(total) * float((total**2 - squares).sum()) / pairs),)

    return _jackknife(measured, statistics)[0]


def off_diagonal_strength(groups: Groups | None) -> Measured:
    """N times the mean squared off-diagonal entry over the squared mean of the diagonal, free of sampling noise.

    Raises ValueError unless there are covariances of at least 3 groups (None where a simulation did not keep them).
    """
    measured = _checked_groups(groups, fewest=3)
    units = measured.shape[1]

    def statistics(total: Any, squares: Any, number: int) -> tuple[float, ...]:
        unbiased = _off_diagonal_sum(total**2 - squares) / (units * (units - 1) * number * (number - 1))
        return (units * unbiased / (float(np.trace(total)) / (units * number)) ** 2,)

    return _jackknife(measured, statistics)[0]


def wick_sum(
    covariance: Float[np.ndarray, "units units"], quadruples: Int[np.ndarray, "count four"]
) -> Float[np.ndarray, " count"]:
    """C_ij C_kl + C_ik C_jl + C_il C_jk for quadruples (i, j, k, l) of distinct units."""
    return _wick_product(covariance, covariance, quadruples)


def wick_slope(
    moments: Float[np.ndarray, "groups count"], groups: Groups, quadruples: Int[np.ndarray, "count four"]
) -> Measured:
    """Slope of measured fourth moments on their Wick sums, from at least 4 groups; products never share a group, so that
    sampling noise of the covariances doesn't attenuate it. The error is a jackknife over eight blocks of quadruples.
    """
    measured = _checked_groups(groups, fewest=4)
    fourth = np.asarray(moments, dtype=np.float64)
    if fourth.shape != (len(measured), len(quadruples)):
        raise ValueError(
            f"moments must have shape (groups, quadruples) = {len(measured), len(quadruples)}; got {fourth.shape}"
        )
    above, below = np.zeros(len(quadruples)), np.zeros(len(quadruples))
    for a, b, c, d in permutations(range(4)):
        pair = _wick_product(measured[b], measured[c], quadruples)
        above += fourth[a] * pair
        below += _wick_product(measured[a], measured[d], quadruples) * pair
    blocks = np.array_split(np.random.default_rng(0).permutation(len(quadruples)), 8)
    total_above, total_below = above.sum(), below.sum()
    left_out = [(total_above - above[block].sum()) / (total_below - below[block].sum()) for block in blocks]
    return Measured(total_above / total_below, _jackknife_error(left_out), len(blocks) - 1)


def random_quadruples(units: int, count: int, seed: int) -> Int[np.ndarray, "count four"]:
    """Quadruples of distinct units. Raises ValueError for fewer than 4 units."""
    if units < 4:
        raise ValueError(f"units must be at least 4 for quadruples; got {units}")
    generator = np.random.default_rng(seed)
    found = generator.integers(units, size=(2 * count + 64, 4))
    ordered = np.sort(found, axis=1)
    found = found[(np.diff(ordered, axis=1) > 0).all(axis=1)]
    if len(found) < count:
        return np.array([generator.permutation(units)[:4] for _ in range(count)])
    return found[:count]


def activity_covariances(activity: Any, groups: int = 8, lag: int = 0, seed: int = 0) -> Groups:
    """Covariances of groups of pieces of recorded activity (times, units), its mean subtracted; entry i, j: φ_i(t + lag), φ_j(t).

    The record is cut into four contiguous pieces a group, which `seed` deals out at random, so that a slow drift is in all groups
    alike; pieces must be much longer than correlations to be independent. Raises ValueError on activity that is not finite
    (naming the first entry), or too short for so many groups.
    """
    record = checked_activity(activity)
    if not (isinstance(groups, int) and groups >= 2 and isinstance(lag, int) and lag >= 0):
        raise ValueError(f"groups must be an integer of at least 2 and lag one of at least 0; got {groups!r}, {lag!r}")
    count = PIECES * groups
    if len(record) < count * (lag + 2):
        raise ValueError(f"activity of {len(record)} times is too short for {groups} groups and a lag of {lag}")
    centered = record - record.mean(axis=0)
    length = len(record) // count
    pieces = centered[: count * length].reshape(count, length, -1)[np.random.default_rng(seed).permutation(count)]
    products = np.array([piece[lag:].T @ piece[: length - lag] for piece in pieces])
    return products.reshape(groups, PIECES, *products.shape[1:]).sum(axis=1) / (PIECES * (length - lag))


def _wick_product(first: Any, second: Any, quadruples: Any) -> Any:
    i, j, k, l = np.asarray(quadruples).T  # noqa: E741
    pairs = ((i, j), (k, l)), ((i, k), (j, l)), ((i, l), (j, k))
    # Either matrix may stand for either pair; the mean of both uses all that is known.
    return sum(0.5 * (first[a] * second[b] + second[a] * first[b]) for a, b in pairs)


def _jackknife(groups: Groups, statistics: Callable[[Any, Any, int], Sequence[float]]) -> list[Measured]:
    number = len(groups)
    total, squares = groups.sum(axis=0), (groups**2).sum(axis=0)
    values = statistics(total, squares, number)
    left_out = np.array([statistics(total - group, squares - group**2, number - 1) for group in groups])
    return [
        Measured(value, _jackknife_error(column), number - 1) for value, column in zip(values, left_out.T, strict=True)
    ]


def _jackknife_error(left_out: Sequence[float]) -> float:
    values = np.asarray(left_out)
    return float(np.sqrt((len(values) - 1) * np.mean((values - values.mean()) ** 2)))


def _off_diagonal_sum(matrix: Any) -> float:
    return float(matrix.sum() - np.trace(matrix))


def _checked_groups(groups: Any, fewest: int) -> Groups:
    array = np.asarray(groups, dtype=np.float64)
    if array.ndim != 3 or array.shape[0] < fewest or array.shape[1] != array.shape[2] or array.shape[1] < 2:
        raise ValueError(
            f"groups must have shape (groups, units, units) with at least {fewest} groups; got {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError("groups must hold finite covariances; got NaN or infinity")
    return array
