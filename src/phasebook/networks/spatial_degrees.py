"""Laws of expected degrees κ, and the generating functions that theory needs of them.

A node of expected degree κ has a Poisson number of edges, so that degrees are mixed Poisson. Everything is written in h = 1 − θ,
the chance that an edge has transmitted: ⟨exp(−κh)⟩ is a node's chance to have escaped, and g(h) = 1 − ⟨κ exp(−κh)⟩ / ⟨κ⟩ the chance
that a neighbor has not; with h, nothing is lost to rounding far ahead of a front.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Law = Literal["constant", "two-point", "exponential", "power-law", "table", "measured"]
QUADRATURE_POINTS = 96


@dataclass(frozen=True)
class DegreeLaw:
    """A law of expected degrees; made by `constant_degrees` and its like. `values` and `shares` carry it, or its quadrature."""

    name: Law
    mean: float
    values: tuple[float, ...] = field(repr=False)
    shares: tuple[float, ...] = field(repr=False)
    power: float = 0.0
    ends: tuple[float, float] = (0.0, 0.0)

    @property
    def second_moment(self) -> float:
        """⟨κ²⟩."""
        return 2 * self.mean**2 if self.name == "exponential" else float(self._shares @ self._values**2)

    @property
    def branching(self) -> float:
        """⟨κ²⟩ / ⟨κ⟩, or ⟨k(k − 1)⟩ / ⟨k⟩ of measured degrees: further edges of a node that an edge leads to."""
        if self.name == "measured":
            return self.second_moment / self.mean - 1
        return self.second_moment / self.mean

    @property
    def largest(self) -> float:
        """The largest expected degree; infinite for the exponential law."""
        return math.inf if self.name == "exponential" else max(self.values)

    @property
    def _values(self) -> NDArray[np.float64]:
        return np.array(self.values)

    @property
    def _shares(self) -> NDArray[np.float64]:
        return np.array(self.shares)

    def escape(self, transmitted: ArrayLike) -> NDArray[np.float64]:
        """⟨exp(−κh)⟩ at h = `transmitted`: the share of nodes that no edge has infected."""
        h = np.asarray(transmitted, dtype=float)
        if self.name == "exponential":
            return 1 / (1 + self.mean * h)
        total = np.zeros_like(h)
        for value, share in zip(self.values, self.shares, strict=True):
            total += share * ((1 - h) ** value if self.name == "measured" else np.exp(-value * h))
        return total

    def edge_loss(self, transmitted: ArrayLike) -> NDArray[np.float64]:
        """g(h) = 1 − ⟨κ exp(−κh)⟩ / ⟨κ⟩, accurate for tiny h; its slope at 0 is ⟨κ²⟩ / ⟨κ⟩."""
        h = np.asarray(transmitted, dtype=float)
        if self.name == "exponential":
            x = self.mean * h
            return x * (2 + x) / (1 + x) ** 2
        total = np.zeros_like(h)
        if self.name == "measured":
            logarithm = np.log1p(-np.minimum(h, 1 - 1e-16))
            for value, share in zip(self.values, self.shares, strict=True):
                total -= share * value / self.mean * np.expm1((value - 1) * logarithm)
            return total
        for value, share in zip(self.values, self.shares, strict=True):
            total -= share * value / self.mean * np.expm1(-value * h)
        return total

    def degree_probabilities(self, degrees: ArrayLike) -> NDArray[np.float64]:
        """The mixed Poisson law of degrees in the sparse limit, at a list of degrees."""
        k = np.atleast_1d(np.asarray(degrees))
        if self.name == "exponential":
            return (self.mean / (1 + self.mean)) ** k / (1 + self.mean)
        if self.name == "measured":
            return (np.ravel(k)[:, None] == self._values) @ self._shares
        return np.array(self.shares) @ stats.poisson.pmf(np.ravel(k), np.array(self.values)[:, None])

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.float64]:
        """Independent expected degrees, shape (count,)."""
        match self.name:
            case "constant":
                return np.full(count, self.mean)
            case "exponential":
                return random.exponential(self.mean, count)
            case "power-law":
                (low, high), power = self.ends, 1 - self.power
                chance = random.random(count)
                if power == 0:
                    return low * (high / low) ** chance
                return (low**power + chance * (high**power - low**power)) ** (1 / power)
            case _:
                return random.choice(self._values, count, p=self._shares / self._shares.sum())


def constant_degrees(mean: float = 5.0) -> DegreeLaw:
    """Every node has the same expected degree."""
    return DegreeLaw("constant", _positive("mean", mean), (float(mean),), (1.0,))


def exponential_degrees(mean: float = 5.0) -> DegreeLaw:
    """Exponential expected degrees: degrees follow the geometric law."""
    return DegreeLaw("exponential", _positive("mean", mean), (), ())


def two_point_degrees(low: float, high: float, high_share: float) -> DegreeLaw:
    """Two kinds of nodes; `high_share` is the share of the second."""
    if not 0 < high_share < 1:
        raise ValueError(f"high_share must lie in (0, 1); got {high_share!r}")
    law = table_degrees((low, high), (1 - high_share, high_share))
    return DegreeLaw("two-point", law.mean, law.values, law.shares)


def power_law_degrees(power: float, low: float, high: float) -> DegreeLaw:
    """A density ∝ κ^(−power) between `low` and `high`, both finite: without the upper end R₀ is infinite for power ≤ 3."""
    low, high = _positive("low", low), _positive("high", high)
    if not low < high:
        raise ValueError(f"low must be below high; got {low:g} and {high:g}")
    if not (math.isfinite(power) and power > 0):
        raise ValueError(f"power must be positive and finite; got {power!r}")
    nodes, weights = np.polynomial.legendre.leggauss(QUADRATURE_POINTS)
    logs = (math.log(low) + math.log(high)) / 2 + math.log(high / low) / 2 * nodes
    shares = weights * np.exp((1 - power) * (logs - math.log(low)))
    shares /= shares.sum()
    values = np.exp(logs)
    mean = float(shares @ values)
    return DegreeLaw("power-law", mean, tuple(values.tolist()), tuple(shares.tolist()), float(power), (low, high))


def table_degrees(values: ArrayLike, shares: ArrayLike | None = None) -> DegreeLaw:
    """Given expected degrees with given shares (equal by default): a measured degree sequence, for example."""
    kappa = np.atleast_1d(np.asarray(values, dtype=float))
    share = np.full(kappa.shape, 1.0) if shares is None else np.atleast_1d(np.asarray(shares, dtype=float))
    if kappa.ndim != 1 or kappa.shape != share.shape:
        raise ValueError(f"values and shares must be lists of one length; got {kappa.shape} and {share.shape}")
    if not np.isfinite(kappa).all() or (kappa < 0).any() or not kappa.any():
        raise ValueError("expected degrees must be finite and not negative, one of them positive")
    if not np.isfinite(share).all() or (share < 0).any() or share.sum() <= 0:
        raise ValueError("shares must be finite and not negative, with a positive sum")
    distinct, where = np.unique(kappa, return_inverse=True)
    merged = np.bincount(where, share / share.sum())
    mean = float(merged @ distinct)
    if not mean > 0:
        raise ValueError("the mean expected degree must be positive; positive values have no share")
    return DegreeLaw("table", mean, tuple(distinct.tolist()), tuple(merged.tolist()))


def measured_degrees(degrees: ArrayLike) -> DegreeLaw:
    """The degrees k of a network as they are, no expectations: θ^k takes the place of exp(−κh) (a configuration model)."""
    counts = np.asarray(degrees)
    if counts.dtype.kind not in "iu":
        raise ValueError(f"degrees must be integers; got {counts.dtype}")
    law = table_degrees(counts)
    return DegreeLaw("measured", law.mean, law.values, law.shares)


def _positive(name: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be positive and finite; got {value!r}")
    return float(value)
