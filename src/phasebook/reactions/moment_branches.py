"""Steady states of closed moment equations against the volume: branches with their stability, folds and Hopf points.

The master equation of an ergodic network has one stationary law at every volume, whose moments change smoothly. A fold of closed
equations, where two steady states meet, or a Hopf point, where a steady state gives way to an oscillation, is an artifact of the
closure, and an edge of where it can be valid. Source: Schnoerr, Sanguinetti, Grima, arXiv 1407.8316; continuation derived here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigvalsh

from ..errors import NotConverged
from ..numerics.continuation import Kind, SolutionCurve, trace_solutions
from .conservation import ReducedNetwork, without_conserved_species
from .linear_noise_approximation import deterministic_fixed_points
from .moment_dynamics import UNPHYSICAL, SteadyMoments, run_to_end, steady_moments
from .moment_family import moment_family
from .moments import MomentEquations, moment_equations
from .network import ReactionNetwork

MEANS, SPREADS = (
    (0.25, 0.5, 1.0, 1.5, 3.0),
    (0.0, 1.0, 4.0),
)  # of the fixed points, and of Poisson's variance: Newton starts
PROBES = 7
MOST_POINTS = 800  # each way from where a branch was found
SAME_BRANCH = 2e-2  # relative distance of the state from a line between two points of a branch that it lies on
LARGEST = 1e4  # concentrations and scaled moments beyond it, in units of the branch's start, lead to infinity


@dataclass(frozen=True, eq=False)
class MomentBranch:
    """Steady states along `curve`, continued in the logarithm of the volume; k points, special ones among them.

    States are those of `MomentEquations` without conserved species; the properties speak of all species of `network`.
    """

    network: ReactionNetwork
    order: int
    closure: str
    curve: SolutionCurve
    weights: NDArray[np.float64]
    constants: NDArray[np.float64]

    @property
    def volumes(self) -> NDArray[np.float64]:
        """Volumes of the points, shape (k,); not monotonic where the branch has folds."""
        return np.exp(self.curve.parameters)

    @property
    def concentrations(self) -> NDArray[np.float64]:
        """Means per volume, shape (k, species)."""
        return self.curve.points[:, : self.weights.shape[1]] @ self.weights.T + self.constants

    @property
    def covariances(self) -> NDArray[np.float64]:
        """Covariances of the counts per volume, shape (k, species, species)."""
        species = self.weights.shape[1]
        kept = np.zeros((len(self.curve.points), species, species))
        if self.order > 1:
            upper = np.triu_indices(species)
            kept[:, upper[0], upper[1]] = self.curve.points[:, species : species + len(upper[0])]
            kept[:, upper[1], upper[0]] = kept[:, upper[0], upper[1]]
        return np.einsum("si,kij,tj->kst", self.weights, kept, self.weights)

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Whether small perturbations decay under the closed equations, shape (k,)."""
        return self.curve.stable

    @property
    def physical(self) -> NDArray[np.bool_]:
        """Whether no mean is negative and the covariance has no negative eigenvalue, shape (k,)."""
        least_variance = np.array([eigvalsh(each)[0] for each in self.covariances])
        return (self.concentrations.min(axis=1) >= -UNPHYSICAL) & (least_variance >= -UNPHYSICAL)

    def special_volumes(self, kind: Kind) -> NDArray[np.float64]:
        """Volumes of the folds ("fold"), Hopf points ("hopf") or branchings ("branching"), in their order along the branch."""
        return np.exp([each.parameter for each in self.curve.of_kind(kind)])


def moment_branch(
    network: ReactionNetwork,
    closure: str = "normal",
    order: int = 2,
    *,
    low: float = 0.1,
    high: float = 1e4,
    counts: ArrayLike | None = None,
    horizon: float = 50.0,
) -> MomentBranch:
    """The branch of the steady state that a run ends in, which begins at the network's volume without noise, between two volumes.

    `counts`: start of the run, shape (species,), the network's initial counts by default; what a network conserves keeps its
    concentration along the branch. `horizon`: see `run_to_end`. Raises ValueError for volumes out of order, what `moment_equations`
    raises, and NotConverged where the run ends in no steady state.
    """
    family = _Family(network, closure, order, low, high)
    if counts is not None:
        family = _Family(network.with_initial_counts(counts), closure, order, low, high)
    run = run_to_end(family.equations(math.log(network.volume)), horizon=horizon)
    if run.steady is None:
        raise NotConverged(
            f"the run at volume {network.volume:g} ends in no steady state ({run.ending}); take another start or volume"
        )
    return family.branch(run.steady.state, network.volume)


def moment_branches(
    network: ReactionNetwork,
    closure: str = "normal",
    order: int = 2,
    *,
    low: float = 0.1,
    high: float = 1e4,
) -> tuple[MomentBranch, ...]:
    """All branches of physical steady states between two volumes that Newton's method finds from many starts, at seven volumes.

    Starts: multiples of the rate equations' fixed points, with several variances. A branch that none of them leads to is missed,
    and so are steady states that cannot be followed, such as extinction with closures that divide by the means. Raises ValueError
    for volumes out of order, and what `moment_equations` raises.
    """
    family = _Family(network, closure, order, low, high)
    branches: list[MomentBranch] = []
    margin = (high / low) ** 0.01
    for volume in np.geomspace(low * margin, high / margin, PROBES).tolist():
        for steady in family.steady_states(volume):
            if any(_on(branch.curve, steady.state, math.log(volume)) for branch in branches):
                continue
            try:
                branches.append(family.branch(steady.state, volume))
            except NotConverged:
                continue
    return tuple(sorted(branches, key=lambda branch: -len(branch.volumes)))


class _Family:
    """The closed equations of one network at every volume between two."""

    def __init__(self, network: ReactionNetwork, closure: str, order: int, low: float, high: float) -> None:
        if not 0.0 < low < high < math.inf:
            raise ValueError(f"volumes must be 0 < low < high; got {low} and {high}")
        self.network, self.closure, self.order, self.low, self.high = network, closure, order, low, high
        self.equations = lru_cache(maxsize=16)(self._equations)
        # Without conserved sums the same mass action holds at every volume: its equations are generated once.
        once = bool(network.is_mass_action.all()) and len(self.reduced(0.0).independent) == len(network.species)
        self.family = moment_family(network, order, closure) if once else None
        self.equations(math.log(network.volume))

    def reduced(self, log_volume: float) -> ReducedNetwork:
        """The network at a volume, its initial concentrations kept, without the species that conservation laws fix."""
        share = math.exp(log_volume) / self.network.volume
        counts = self.network.initial_counts * share
        return without_conserved_species(replace(self.network, volume=math.exp(log_volume), initial_counts=counts))

    def _equations(self, log_volume: float) -> MomentEquations:
        if self.family is not None:
            return self.family.at(self.network.with_volume(math.exp(log_volume)))
        return moment_equations(self.reduced(log_volume).network, self.order, self.closure)

    def branch(self, state: NDArray[np.float64], volume: float) -> MomentBranch:
        """The branch through a steady state at a volume; it ends early where moments lead to infinity."""
        if not self.low <= volume <= self.high:
            raise ValueError(f"the network's volume must be between low and high; got {volume:g}")
        curve = trace_solutions(
            lambda y, log_volume: self.equations(log_volume).derivative(y),
            state,
            math.log(volume),
            math.log(self.low),
            math.log(self.high),
            jacobian=lambda y, log_volume: self.equations(log_volume).jacobian(y),
            hopf=True,
            largest=LARGEST * (1.0 + float(np.abs(state).max())),
            tolerance=1e-9,
            most_points=MOST_POINTS,
            throw=False,
        )
        reduced = self.reduced(math.log(volume))
        return MomentBranch(self.network, self.order, self.closure, curve, reduced.weights, reduced.constants / volume)

    def steady_states(self, volume: float) -> Iterator[SteadyMoments]:
        """Distinct physical steady states at a volume, from many starts of Newton's method."""
        equations = self.equations(math.log(volume))
        species = len(equations.network.species)
        found: list[NDArray[np.float64]] = []
        for point in deterministic_fixed_points(equations.network).concentrations:
            for mean in MEANS:
                for spread in SPREADS:
                    state = np.zeros(equations.size)
                    state[:species] = np.maximum(mean * point, 1e-3)
                    for place, exponents in enumerate(equations.low):
                        if max(exponents) == sum(exponents) == 2:
                            state[species + place] = spread * state[exponents.index(2)]
                    try:
                        steady = steady_moments(equations, state)
                    except (NotConverged, ValueError, np.linalg.LinAlgError):
                        continue
                    new = not any(_near(steady.state, other) for other in found)
                    if new and _physical(steady):
                        found.append(steady.state)
                        yield steady


def _physical(steady: SteadyMoments) -> bool:
    volume = steady.equations.network.volume
    least = min(float(steady.means.min()), float(eigvalsh(steady.covariance)[0]) if steady.equations.low else 0.0)
    return bool(np.isfinite(steady.state).all()) and least >= -UNPHYSICAL * volume


def _near(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    return float(np.abs(first - second).max()) <= 1e-6 * (1.0 + float(np.abs(first).max()))


def _on(curve: SolutionCurve, state: NDArray[np.float64], log_volume: float) -> bool:
    """Whether a curve passes through a state at this volume."""
    before, after = curve.parameters[:-1] - log_volume, curve.parameters[1:] - log_volume
    for place in np.flatnonzero(before * after <= 0.0):
        share = before[place] / (before[place] - after[place]) if before[place] != after[place] else 0.5
        crossing = (1.0 - share) * curve.points[place] + share * curve.points[place + 1]
        if float(np.abs(crossing - state).max()) <= SAME_BRANCH * (1.0 + float(np.abs(state).max())):
            return True
    return False
