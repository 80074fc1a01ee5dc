"""A single-file ion channel between two baths: occupied and empty sites, energies in kT, and the kinetics that obey
them.

E(c) = Σ ε_j c_j + Σ_{j<k} w/|j − k| c_j c_k + v Σ (1 − x_j) c_j with x_j = j/(n + 1); the baths have ln a + μ⁰, the
left one at the potential v. Rates are k₀ exp(−ΔΦ/2) for hops to empty neighbors and for entry and exit at the ends,
ΔΦ the change of E less the potential of the bath. Current counts charges from left to right at the right end. After
arXiv 1105.5662 (its abstract); the concrete model and its formulas are derived here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from ..errors import PhasebookError
from .perron import perron_value

MOST_SITES, MOST_DENSE = 14, 9
LARGEST_VOLTAGE = 40.0
RateLaw = Literal["symmetric", "metropolis", "fermi"]


class StateSpaceTooLarge(PhasebookError, ValueError):
    """More sites than 2^n states allow."""


@dataclass(frozen=True)
class IonChannel:
    """Energies ε of the sites (kT), repulsion w (kT), activities a (M), voltage v (kT per charge), standard potential
    μ⁰ (kT).

    `attempt_rate` k₀ sets the unit of rates. Raises ValueError for what is out of range, StateSpaceTooLarge above 14
    sites.
    """

    energies: tuple[float, ...]
    repulsion: float
    left_activity: float
    right_activity: float
    voltage: float
    standard_potential: float = 0.0
    attempt_rate: float = 1.0
    rates: RateLaw = "symmetric"

    def __post_init__(self) -> None:
        object.__setattr__(self, "energies", tuple(float(each) for each in self.energies))
        if not self.energies or not all(map(math.isfinite, self.energies)):
            raise ValueError(f"energies must be one finite number per site; got {self.energies}")
        if len(self.energies) > MOST_SITES:
            raise StateSpaceTooLarge(
                f"energies must be at most {MOST_SITES} sites, 2^{MOST_SITES} states; got {len(self.energies)}"
            )
        for name in ("left_activity", "right_activity", "attempt_rate"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be positive and finite; got {getattr(self, name)!r}")
        for name in ("repulsion", "voltage", "standard_potential"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be finite; got {getattr(self, name)!r}")
        if abs(self.voltage) > LARGEST_VOLTAGE:
            raise ValueError(
                f"voltage must lie within ±{LARGEST_VOLTAGE:g} kT per charge; got {self.voltage:g}: in millivolts? 25.7 mV are 1 kT"
            )
        if self.rates not in ("symmetric", "metropolis", "fermi"):
            raise ValueError(f"rates must be symmetric, metropolis or fermi; got {self.rates!r}")

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.energies)

    @property
    def states(self) -> int:
        """2^sites: bit j of a state's number tells whether site j (from the left) is occupied."""
        return 1 << self.sites

    @property
    def affinity(self) -> float:
        """What a charge gains from left to right, v + ln(a_L/a_R), in kT."""
        return self.voltage + math.log(self.left_activity / self.right_activity)

    @property
    def bath_potentials(self) -> tuple[float, float]:
        """Electrochemical potentials of the left and the right bath."""
        return (
            math.log(self.left_activity) + self.standard_potential + self.voltage,
            math.log(self.right_activity) + self.standard_potential,
        )

    @cached_property
    def occupancy(self) -> NDArray[np.float64]:
        """c (states, sites)."""
        return ((np.arange(self.states)[:, None] >> np.arange(self.sites)) & 1).astype(float)

    @cached_property
    def electrical_distance(self) -> NDArray[np.float64]:
        """1 − x_j (sites,): the share of the voltage that a site feels."""
        return 1 - np.arange(1, self.sites + 1) / (self.sites + 1)

    @cached_property
    def energy(self) -> NDArray[np.float64]:
        """E (states,)."""
        c = self.occupancy
        distance = np.abs(np.subtract.outer(np.arange(self.sites), np.arange(self.sites)))
        pair = np.divide(self.repulsion, distance, out=np.zeros(distance.shape), where=distance > 0)
        return c @ (np.array(self.energies) + self.voltage * self.electrical_distance) + 0.5 * ((c @ pair) * c).sum(1)

    @cached_property
    def transitions(self) -> Transitions:
        """All transitions with their rates."""
        source, target, left, right = moves_of_charges(self.sites)
        into_left, into_right = self.bath_potentials
        gain = self.energy[target] - self.energy[source] - left * into_left + right * into_right
        if self.rates == "symmetric":
            rate = np.exp(-gain / 2)
        elif self.rates == "metropolis":
            rate = np.exp(-np.maximum(gain, 0.0))
        else:
            rate = 1 / (1 + np.exp(gain))
        return Transitions(source, target, self.attempt_rate * rate, left, right)

    def grand_canonical(self, potential: float) -> NDArray[np.float64]:
        """exp(−E + potential·N) normalized (states,)."""
        exponents = -self.energy + potential * self.occupancy.sum(axis=1)
        weights = np.exp(exponents - exponents.max())
        return np.asarray(weights / weights.sum())

    def log_partition(self) -> float:
        """ln Σ_c exp(−E + μ_R N), with the right bath's potential."""
        exponents = -self.energy + self.bath_potentials[1] * self.occupancy.sum(axis=1)
        return float(exponents.max() + math.log(np.exp(exponents - exponents.max()).sum()))


@dataclass(frozen=True, eq=False)
class Transitions:
    """Transitions (m,): source and target states, rates, charges in from the left bath and out to the right one (±1, 0)."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    rate: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Transport:
    """Steady transport: stationary law (states,), current J, noise S = θ''(0) per unit of time, and entropy
    production in kT."""

    law: NDArray[np.float64]
    current: float
    noise: float
    entropy_production: float

    @property
    def fano_factor(self) -> float:
        """S / |J|; infinite without a current."""
        return self.noise / abs(self.current) if self.current else math.inf


def generator(channel: IonChannel, counting: float = 0.0) -> sparse.csc_matrix:
    """The tilted generator (states, states), columns are sources: charges that leave to the right multiply by
    exp(counting)."""
    moves = channel.transitions
    size = channel.states
    tilted = moves.rate * np.exp(counting * moves.right)
    escape = np.bincount(moves.source, moves.rate, minlength=size)
    found = sparse.coo_matrix((tilted, (moves.target, moves.source)), shape=(size, size))
    return sparse.csc_matrix(found - sparse.diags(escape))


def transport(channel: IonChannel) -> Transport:
    """Stationary law, current, noise and entropy production by two linear systems, without differences (group inverse).

    θ'(0) = 1·L'p, θ''(0) = 1·L''p − 2·1·L' L# L'p, with L' and L'' the derivatives of the tilted generator at zero.
    """
    moves, size = channel.transitions, channel.states
    matrix = generator(channel)
    # Without the empty state the system is regular, and as sparse as before.
    rest = splu(sparse.csc_matrix(matrix[1:, 1:]), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    law = np.concatenate([[1.0], rest.solve(-matrix[1:, 0].toarray()[:, 0])])
    law /= law.sum()
    flow = moves.rate * law[moves.source]
    current = float((flow * moves.right).sum())
    pushed = np.bincount(moves.target, flow * moves.right, minlength=size) - current * law
    answer = np.concatenate([[0.0], rest.solve(-pushed[1:])])
    answer -= answer.sum() * law
    activity = float((flow * moves.right**2).sum())
    noise = activity + 2 * float((moves.rate * moves.right * answer[moves.source]).sum())
    return Transport(law, current, noise, _entropy_production(channel, law))


def cumulant_generating_function(channel: IonChannel, counting: float) -> float:
    """θ(s), the largest eigenvalue of the tilted generator: the rate at which ⟨exp(s · charges)⟩ grows. Dense, up to
    9 sites."""
    if channel.sites > MOST_DENSE:
        raise StateSpaceTooLarge(
            f"the cumulant generating function takes at most {MOST_DENSE} sites; got {channel.sites}"
        )
    return perron_value(generator(channel, counting).toarray())


def single_site_current(channel: IonChannel) -> float:
    """J of a channel of one site in closed form: (k_L⁺ k_R⁻ − k_R⁺ k_L⁻) / Σ k."""
    if channel.sites != 1:
        raise ValueError(f"the closed form is for one site; got {channel.sites}")
    moves = channel.transitions
    enter_left, exit_left = (float(moves.rate[moves.left == sign].sum()) for sign in (1, -1))
    exit_right, enter_right = (float(moves.rate[moves.right == sign].sum()) for sign in (1, -1))
    total = enter_left + exit_left + exit_right + enter_right
    return (enter_left * exit_right - enter_right * exit_left) / total


def goldman_current(permeability: float, voltage: float, left_activity: float, right_activity: float) -> float:
    """Goldman, Hodgkin and Katz's current P v (a_L − a_R e^(−v)) / (1 − e^(−v)) of a constant field."""
    if abs(voltage) < 1e-8:
        return permeability * (left_activity - right_activity)
    return permeability * voltage * (left_activity - right_activity * math.exp(-voltage)) / -math.expm1(-voltage)


def _entropy_production(channel: IonChannel, law: NDArray[np.float64]) -> float:
    """Σ (forward − backward flow) ln(forward / backward rate ratio) / 2 over pairs; both baths keep their own
    transitions."""
    moves = channel.transitions
    back = reverse_moves(moves)
    forward, backward = moves.rate * law[moves.source], moves.rate[back] * law[moves.target]
    flows = (forward > 0) & (backward > 0)  # what underflows produces nothing
    forward, backward = forward[flows], backward[flows]
    return float(0.5 * ((forward - backward) * np.log(forward / backward)).sum())


def reverse_moves(moves: Transitions) -> NDArray[np.int64]:
    """The number of each transition's way back."""
    keys = {
        (int(a), int(b), float(left), float(right)): number
        for number, (a, b, left, right) in enumerate(
            zip(moves.source, moves.target, moves.left, moves.right, strict=True)
        )
    }
    return np.array(
        [
            keys[int(b), int(a), -float(left), -float(right)]
            for a, b, left, right in zip(moves.source, moves.target, moves.left, moves.right, strict=True)
        ]
    )


def moves_of_charges(
    sites: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Source, target, charge from the left bath, charge to the right bath of every transition."""
    states = np.arange(1 << sites)
    pieces = []
    for j in range(sites - 1):
        here, there = (states >> j) & 1, (states >> (j + 1)) & 1
        swapped = states[here != there]
        pieces.append((swapped, swapped ^ (3 << j), np.zeros(swapped.size), np.zeros(swapped.size)))
    first, last = states & 1, (states >> (sites - 1)) & 1
    flip = 1 << (sites - 1)
    pieces.append((states, states ^ 1, np.where(first == 0, 1.0, -1.0), np.zeros(states.size)))
    pieces.append((states, states ^ flip, np.zeros(states.size), np.where(last == 1, 1.0, -1.0)))
    source, target, left, right = (np.concatenate(each) for each in zip(*pieces, strict=True))
    return source.astype(np.int64), target.astype(np.int64), left, right
