"""A dense Hebbian network: spins that interact P at a time, taught by K random patterns.

Normalization, used by everything in this family: with e_P the elementary symmetric polynomial (distinct spins),
-βH = (β/2)·(P!/N^(P-1))·sum over patterns of e_P(ξ∘σ), so that a recalled pattern has energy -1/2 per spin. The load is
α = P!·K/(2N^(P-1)) (Gardner's: K = 2αN^(P-1)/P!). P = 2 is the Hopfield network, with α = K/N and its usual temperature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

LARGEST_ORDER = 20


@dataclass(frozen=True)
class DenseNetwork:
    """Interaction order P (an integer from 2 to 20) and load α >= 0. Raises ValueError on anything else."""

    interaction_order: int
    load: float

    def __post_init__(self) -> None:
        check_order(self.interaction_order)
        if isinstance(self.load, bool) or not (math.isfinite(self.load) and self.load >= 0):
            raise ValueError(f"load must be a number of at least 0; got {self.load!r}")

    def patterns(self, size: int) -> int:
        """The number K of patterns at this load in a network of `size` spins, at least 1."""
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < self.interaction_order:
            raise ValueError(f"size must be an integer of at least P = {self.interaction_order}; got {size!r}")
        order = self.interaction_order
        return max(1, round(2 * self.load * float(size) ** (order - 1) / math.factorial(order)))

    def at_load(self, load: float) -> DenseNetwork:
        """The same network at another load."""
        return DenseNetwork(self.interaction_order, float(load))


@dataclass(frozen=True, eq=False)
class SignalLaw:
    """Law of the signal s that one spin's retrieved pattern carries: `values` (k,) with `weights` (k,) that sum to one.

    The local field of retrieval is (P/2)·n^(P-1)·s; a network taught with its patterns themselves has s = 1.
    Raises ValueError unless both are finite, of one shape, and the weights positive with sum one.
    """

    values: Float[np.ndarray, " k"]
    weights: Float[np.ndarray, " k"]

    def __post_init__(self) -> None:
        values, weights = (np.atleast_1d(np.asarray(each, dtype=float)) for each in (self.values, self.weights))
        if values.ndim != 1 or values.shape != weights.shape or not np.isfinite(values).all():
            raise ValueError(
                f"values and weights must be finite, of one shape (k,); got {values.shape}, {weights.shape}"
            )
        if not (weights > 0).all() or abs(weights.sum() - 1.0) > 1e-9:
            raise ValueError(f"weights must be positive with sum 1; got sum {weights.sum():.12g}")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "weights", weights / weights.sum())


PLAIN_SIGNAL = SignalLaw(np.ones(1), np.ones(1))


def load_of(interaction_order: int, size: int, patterns: int) -> float:
    """Load α = P!·K/(2N^(P-1)) of K `patterns` in a network of `size` spins. Raises ValueError unless both are at least 1."""
    check_order(interaction_order)
    if size < interaction_order or patterns < 1:
        raise ValueError(
            f"size must be at least P = {interaction_order} and patterns at least 1; got {size!r} and {patterns!r}"
        )
    return math.factorial(interaction_order) * patterns / (2.0 * float(size) ** (interaction_order - 1))


def plain_temperature(interaction_order: int, temperature: ArrayLike) -> Float[np.ndarray, ...]:
    """Temperature for H = -N^(1-P)·sum of e_P, without the factor P!/2: T·2/P!, any shape. Raises ValueError below 0."""
    check_order(interaction_order)
    values = np.asarray(temperature, dtype=float)
    if not (values >= 0).all():
        raise ValueError(f"temperature must be at least 0; got {temperature!r}")
    return values * 2.0 / math.factorial(interaction_order)


def check_order(interaction_order: int) -> int:
    """The interaction order, if it is an integer from 2 to 20; raises ValueError otherwise."""
    if (
        isinstance(interaction_order, bool)
        or not isinstance(interaction_order, int | np.integer)
        or not 2 <= interaction_order <= LARGEST_ORDER
    ):
        raise ValueError(f"interaction_order P must be an integer from 2 to {LARGEST_ORDER}; got {interaction_order!r}")
    return int(interaction_order)


def check_temperature(temperature: float) -> float:
    """The temperature, if it is a finite number of at least 0; raises ValueError otherwise."""
    if isinstance(temperature, bool) or not (math.isfinite(temperature) and temperature >= 0):
        raise ValueError(f"temperature must be a number of at least 0; got {temperature!r}")
    return float(temperature)
