"""Exact stationary law of a birth-death chain: one species whose count moves by one, in the log domain.

Detailed balance gives P(n + 1) / P(n) = b(n) / d(n + 1), with b and d the sums of the propensities that add and remove a molecule
(van Kampen, Stochastic Processes in Physics and Chemistry, 3rd ed., VI.3). Sums of logarithms reach any volume.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from .network import NegativePropensity, ReactionNetwork, UnsupportedPropensity
from .state_distribution import AbsorbingStateWarning, TruncationError, whole_counts

_FIRST_BLOCK = 1024
_SEARCHED = 100_000


@dataclass(frozen=True, eq=False)
class StationaryLaw:
    """Stationary probabilities of a chain in one species.

    `counts`: consecutive numbers of molecules, shape (states,). `probabilities`: shape (states,), their sum is one.
    """

    counts: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean count."""
        return self.moment(1)

    @property
    def variance(self) -> float:
        """Variance of the count."""
        return float(self.probabilities @ (self.counts - self.mean) ** 2)

    @property
    def fano(self) -> float:
        """Variance divided by mean; NaN where the mean is zero."""
        mean = self.mean
        return self.variance / mean if mean > 0.0 else float("nan")

    def moment(self, order: int) -> float:
        """Raw moment, the mean of count^order; `order` is at least 0."""
        if order < 0:
            raise ValueError(f"order must be at least 0; got {order}")
        return float(self.probabilities @ self.counts.astype(np.float64) ** order)


def stationary_birth_death(
    network: ReactionNetwork, *, tail: float = 1e-14, largest: int = 10_000_000
) -> StationaryLaw:
    """The stationary law of a network whose one changing species moves by -1, 0 or +1 in every reaction.

    `tail`: probability that may lie above the last count kept. `largest`: the largest count that is tried. Where the propensities
    are polynomials, no second mode can hide above the last count; for other laws the ratio of neighbors must stay below one over
    the upper half of the counts. Where the chain ends in states that it never leaves, the law is theirs, with an
    `AbsorbingStateWarning`. Raises ValueError on a network of another kind, or one that has no or no unique stationary law, and
    TruncationError where `largest` is too small.
    """
    if not 0.0 < tail < 1.0:
        raise ValueError(f"tail must lie between 0 and 1; got {tail!r}")
    chain = _Chain(network)
    beyond = chain.decreasing_from()
    start = chain.start
    lowest = int(np.flatnonzero(chain.rates(0, start)[1] == 0.0)[-1])
    # A law whose last mode may lie above `largest` can only be had where the chain ends before, which a short look tells.
    hopeless = beyond > largest
    stop = lowest + _FIRST_BLOCK
    while True:
        stop = min(max(stop, start + 1, 0 if hopeless else int(np.nan_to_num(beyond)) + 1), largest)
        births, deaths = chain.rates(lowest, stop)
        counts = np.arange(lowest, lowest + len(births))
        ends = counts[births == 0.0]
        top = int(min(ends[ends >= start], default=counts[-1]))
        floors = counts[(deaths == 0.0) & (counts > start) & (counts <= top)]
        if floors.size:
            if ends.size and ends[0] < start:
                raise ValueError(
                    f"the network has no unique stationary law: from {start} molecules of {chain.name!r} it may end at or below"
                    f" {ends[0]}, or at or above {floors[-1]}; give other initial counts"
                )
            _warn_of_absorption(chain.name, int(floors[-1]), None)
            lowest = start = int(floors[-1])
            continue
        if ends.size:
            if ends[0] < start:
                _warn_of_absorption(chain.name, lowest, int(ends[0]))
            kept = int(ends[0]) - lowest + 1
            return StationaryLaw(counts[:kept], _normalized(_relative_weights(births[:kept], deaths[:kept])))
        if hopeless:
            if stop < min(_SEARCHED, largest):
                stop = 2 * stop
                continue
            raise _too_large(chain.name, largest)
        weights = _relative_weights(births, deaths)
        total = weights.sum()
        ratios = births[:-1] / deaths[1:]
        ratio = ratios[len(ratios) // 2 :].max() if math.isnan(beyond) else ratios[-1]
        if ratio < 1.0 and weights[-1] * ratio / (1.0 - ratio) <= tail * total / 2.0:
            above = np.cumsum(weights[::-1])[::-1]
            kept = max(int(np.count_nonzero(above > tail * total / 2.0)), 1)
            return StationaryLaw(counts[:kept], _normalized(weights[:kept]))
        if stop >= largest:
            raise _too_large(chain.name, largest)
        stop = 2 * stop


def _too_large(name: str, largest: int) -> TruncationError:
    return TruncationError(
        f"the stationary law reaches above {largest} molecules of {name!r}, or there is none; raise largest"
    )


def _relative_weights(births: NDArray[np.float64], deaths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities relative to the largest one."""
    steps = np.log(births[:-1]) - np.log(deaths[1:])
    # Extended precision: sums of a million logarithms of either sign would otherwise lose half of their digits.
    logarithms = np.concatenate([[0.0], np.cumsum(steps, dtype=np.longdouble)])
    return np.exp(logarithms - logarithms.max()).astype(np.float64)


def _normalized(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return weights / weights.sum()


def _warn_of_absorption(name: str, lowest: int, highest: int | None) -> None:
    if lowest == highest:
        where = f"{name} = {lowest}"
    else:
        where = f"{name} >= {lowest}" if highest is None else f"{lowest} <= {name} <= {highest}"
    warnings.warn(
        f"the stationary law is the absorbing one: the chain ends in {where}, which it never leaves, and starts outside",
        AbsorbingStateWarning,
        stacklevel=3,
    )


class _Chain:
    """Births and deaths of the one species that changes, the others held at their initial counts."""

    def __init__(self, network: ReactionNetwork) -> None:
        changing = np.unique(network.change.indices)
        if changing.size != 1:
            names = ", ".join(repr(network.species[i]) for i in changing[:4]) or "none"
            raise ValueError(f"a birth-death chain has exactly one species that changes; here change {names}")
        if network.events:
            raise ValueError(
                f"a network with events has no stationary law here; remove event {network.events[0].name!r}"
            )
        self.network, self.species = network, int(changing[0])
        self.name = network.species[self.species]
        jumps = network.change.toarray()[:, self.species]
        wide = np.flatnonzero(np.abs(jumps) > 1)
        if wide.size:
            raise ValueError(
                f"reaction {network.reactions[wide[0]].name!r} changes {self.name!r} by {jumps[wide[0]]:+d}; a birth-death chain"
                " moves by one, use finite state projection"
            )
        self.up, self.down = jumps == 1, jumps == -1
        self.start = int(whole_counts(network, network.initial_counts)[self.species])

    def rates(self, lowest: int, highest: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Births and deaths per unit time at counts lowest, ..., highest; fewer where no birth leads to the later ones."""
        counts = np.arange(lowest, highest + 1)
        try:
            births, deaths = self._rates(counts)
        except NegativePropensity:
            # A law such as k (10 - n) is negative only where the chain never comes: walk up to the last birth.
            walked: list[tuple[float, float]] = []
            for count in counts:
                walked.append(tuple(float(rate[0]) for rate in self._rates(np.array([count]))))  # type: ignore[arg-type]
                if count >= self.start and walked[-1][0] == 0.0:
                    break
            births, deaths = np.array(walked).T
        if lowest == 0 and deaths[0] > 0.0:
            raise ValueError(f"a reaction takes {self.name!r} below zero: its propensity at zero is {deaths[0]:g}")
        return births, deaths

    def _rates(self, counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        states = np.tile(self.network.initial_counts, (len(counts), 1))
        states[:, self.species] = counts
        propensities = self.network.propensities(states)
        return propensities[:, self.up].sum(axis=1), propensities[:, self.down].sum(axis=1)

    def decreasing_from(self) -> float:
        """A count from which on P(n + 1) < P(n): above all real roots of d(n + 1) - b(n); NaN where the laws are no polynomials."""
        try:
            polynomials = self.network.propensity_polynomials()
        except UnsupportedPropensity:
            return float("nan")
        births, deaths = (self._polynomial(polynomials, chosen) for chosen in (self.up, self.down))
        shifted = deaths(Polynomial([1.0, 1.0]))
        difference, scale = (np.asarray(sides.coef, dtype=np.float64) for sides in (shifted - births, shifted + births))
        # Leading terms that cancel leave rounding behind, whose roots would mean nothing.
        excess = Polynomial(np.where(np.abs(difference) > 1e-12 * scale[: len(difference)], difference, 0.0)).trim()
        if excess.coef[-1] <= 0.0:
            raise ValueError(
                f"the network has no stationary law: at large counts of {self.name!r} births are at least as fast as deaths"
            )
        try:
            with np.errstate(all="ignore"):
                roots = excess.roots()
        except np.linalg.LinAlgError:  # a leading coefficient so small that the others overflow beside it
            return float("nan")
        real = roots.real[np.abs(roots.imag) <= 1e-6 * np.abs(roots)]
        return float(1.1 * max(real.max(initial=0.0), 0.0) + 10.0)

    def _polynomial(self, polynomials: list[dict[tuple[int, ...], float]], chosen: NDArray[np.bool_]) -> Polynomial:
        held = self.network.initial_counts.tolist()
        held[self.species] = 1.0
        coefficients = np.zeros(1)
        for index in np.flatnonzero(chosen):
            for exponents, value in polynomials[index].items():
                power = exponents[self.species]
                if power >= coefficients.size:
                    coefficients = np.pad(coefficients, (0, power + 1 - coefficients.size))
                coefficients[power] += value * math.prod(count**e for count, e in zip(held, exponents, strict=True))
        return Polynomial(coefficients)
