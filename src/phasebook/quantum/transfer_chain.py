"""The classical Ising chain with weights exp(K s s' + h s) by its 2×2 transfer matrix: all n-point functions, exactly.

Infinite, or closed to a ring of N sites. Correlations of the infinite chain fall by λ_2/λ_1 per site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ..numerics.seeding import part_seed

LARGEST_WEIGHT = 50.0
SPINS = np.array([1.0, -1.0])


@dataclass(frozen=True, slots=True)
class TransferChain:
    """Classical spins ±1 with bond K = βJ and field h (in units of kT), infinite or on a ring of `ring` sites.

    Raises `ValueError` for numbers that are not finite or beyond ±50, or a ring of fewer than 2 sites.
    """

    bond: float
    field: float = 0.0
    ring: int | None = None

    def __post_init__(self) -> None:
        for name in ("bond", "field"):
            if not abs(getattr(self, name)) <= LARGEST_WEIGHT:
                raise ValueError(f"{name} must lie within ±{LARGEST_WEIGHT:g}; got {getattr(self, name)}")
        if self.ring is not None and self.ring < 2:
            raise ValueError(f"ring must have at least 2 sites; got {self.ring}")

    @property
    def decay_rate(self) -> float:
        """λ_2/λ_1 in closed form."""
        growth = np.exp(self.bond) * np.cosh(self.field)
        split = np.sqrt(np.exp(2 * self.bond) * np.sinh(self.field) ** 2 + np.exp(-2 * self.bond))
        return float((growth - split) / (growth + split))

    @property
    def magnetization(self) -> float:
        """Mean spin."""
        return float(self.moment((0,)).real)

    def moment(self, sites: Sequence[int]) -> complex:
        """ω(s_i ⋯ s_j), the same in any order; complex for one form with the other chains.

        Raises `IndexError` for a site outside the ring.
        """
        return self._mean(sites, 0.0)

    def centered_moment(self, sites: Sequence[int]) -> complex:
        """The same of spins less their mean."""
        return self._mean(sites, self.magnetization)

    def draws(self, length: int, samples: int, seed: int) -> Int[np.ndarray, "samples length"]:
        """Independent stretches of the infinite chain, drawn site after site from its exact conditional laws.

        Raises `ValueError` for a ring.
        """
        if self.ring is not None:
            raise ValueError("draws are made of the infinite chain; ring must be None")
        values, vectors = np.linalg.eigh(_transfer(self))
        leading = np.abs(vectors[:, -1])
        plus_after = (_transfer(self) * leading / (values[-1] * leading[:, None]))[:, 0]
        uniform = np.random.default_rng(part_seed(seed, 17)).random((length, samples))
        down = np.empty((length, samples), dtype=np.int64)
        down[0] = uniform[0] >= leading[0] ** 2
        for place in range(1, length):
            down[place] = uniform[place] >= plus_after[down[place - 1]]
        return np.asarray(1 - 2 * down.T)

    def _mean(self, sites: Sequence[int], mean: float) -> complex:
        if self.ring is not None and any(not 0 <= site < self.ring for site in sites):
            raise IndexError(f"site must be from 0 to {self.ring - 1}; got {list(sites)}")
        if not sites:
            return 1.0 + 0j
        values, vectors = np.linalg.eigh(_transfer(self))
        ordered = sorted(sites)
        spin = vectors.T @ ((SPINS - mean)[:, None] * vectors)
        ratios = values / values[-1]
        product = spin
        for gap in np.diff(ordered):
            product = (product * ratios ** int(gap)) @ spin
        if self.ring is None:
            return complex(product[-1, -1])
        around = ratios ** (self.ring - (ordered[-1] - ordered[0]))
        return complex(np.trace(product * around) / (ratios**self.ring).sum())


def _transfer(chain: TransferChain) -> Float[np.ndarray, "2 2"]:
    return np.exp(chain.bond * np.outer(SPINS, SPINS) + chain.field * (SPINS[:, None] + SPINS) / 2)


def mixture_moment(first: Any, second: Any, share: float = 0.5) -> Any:
    """The moment function of a mixture of two states: for instance all spins up or all down, which does not cluster.

    Raises `ValueError` for a share outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie between 0 and 1; got {share}")
    return lambda product: share * first(product) + (1 - share) * second(product)
