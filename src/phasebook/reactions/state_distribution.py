"""Probabilities of the states of a network: what the master equation is solved for, and what its truncation may do wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import PhasebookError
from .network import ReactionNetwork


class AbsorbingStateWarning(UserWarning):
    """The stationary law is that of states which the network enters and never leaves; the start is not among them."""


class TruncationError(PhasebookError, ValueError):
    """More probability lies outside the kept states than is allowed; `leaked` says how much, NaN where it is unknown."""

    def __init__(self, message: str, leaked: float = float("nan")) -> None:
        super().__init__(message)
        self.leaked = leaked


@dataclass(frozen=True, eq=False)
class StateDistribution:
    """Probabilities of a finite set of states.

    `states`: counts, shape (states, species), sorted. `probabilities`: shape (states,). `leaked`: the probability that is known to
    be missing, or may be misplaced, because states were left out. `species`: names. Moments are those of the kept states, divided
    by their probability.
    """

    states: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    leaked: float
    species: tuple[str, ...]

    def mean(self) -> NDArray[np.float64]:
        """Mean counts; shape (species,)."""
        return np.asarray(self._weights @ self.states)

    def covariance(self) -> NDArray[np.float64]:
        """Covariance of the counts; shape (species, species)."""
        centered = self.states - self.mean()
        return np.asarray((centered * self._weights[:, None]).T @ centered)

    def moment(self, exponents: Sequence[int]) -> float:
        """Mean of prod_i n_i^e_i; `exponents` of shape (species,), not negative."""
        powers = np.asarray(exponents)
        if powers.shape != (len(self.species),) or np.any(powers < 0):
            raise ValueError(
                f"exponents must be {len(self.species)} numbers that are not negative, one per species; got {exponents!r}"
            )
        return float(self._weights @ np.prod(self.states.astype(np.float64) ** powers, axis=1))

    def marginal(self, species: str) -> NDArray[np.float64]:
        """Probabilities of 0, 1, 2, ... molecules of one species."""
        counts = self.states[:, self._index(species)]
        return np.bincount(counts, weights=self.probabilities).astype(np.float64)

    def fano(self, species: str) -> float:
        """Variance divided by mean of one species; NaN where its mean is zero."""
        counts = self.states[:, self._index(species)]
        mean = self._weights @ counts
        return float(self._weights @ (counts - mean) ** 2 / mean) if mean > 0.0 else float("nan")

    @property
    def _weights(self) -> NDArray[np.float64]:
        return self.probabilities / self.probabilities.sum()

    def _index(self, species: str) -> int:
        if species not in self.species:
            raise ValueError(f"species {species!r} is not in the network; its species are {', '.join(self.species)}")
        return self.species.index(species)


def whole_counts(network: ReactionNetwork, counts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Counts of shape (species,) as integers; raises ValueError naming the species whose count is not a whole number."""
    fractions = np.flatnonzero(counts != np.round(counts))
    if fractions.size:
        name = network.species[fractions[0]]
        raise ValueError(f"the initial count of {name!r} must be a whole number; got {counts[fractions[0]]:g}")
    return counts.astype(np.int64)
