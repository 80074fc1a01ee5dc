"""The periphery of a sparse graph: agents with k neighbors that stay the same, all of them in the core.

Agents of high degree see the population's distribution; an agent of degree k sees k of them, and the same ones for ever. Given the
core's equilibrium, each neighbor is an independent copy of the core's Markov chain, so that (own state, numbers of neighbors in
each contact) is a Markov chain too, and its law is exact in the limit of large graphs. Redrawing the neighbors at every step
("annealed") is wrong where states persist: a neighbor that was infected yesterday is likely to be infected today. Source: arXiv
2401.12686 (equations derived here).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from ..errors import NotConverged
from .contagion_games import ContagionGame, rewards, transition_rows

Neighbors = Literal["quenched", "annealed"]
Policy = Float[np.ndarray, "steps states actions"]
Shares = Float[np.ndarray, "times states"]

MOST_NEIGHBORHOODS = 2500


@dataclass(frozen=True, eq=False)
class Core:
    """The core's policy and course: shares of states at times 0 … steps, contacts met and chains of one core agent's contact.

    `contacts` (steps, contacts); `chains` (steps − 1, contacts, contacts) lead from the contact at t to that at t + 1.
    """

    game: ContagionGame
    policy: Policy
    shares: Shares
    contacts: Float[np.ndarray, "steps contacts"]
    chains: Float[np.ndarray, "steps-1 contacts contacts"]


@dataclass(frozen=True, eq=False)
class Periphery:
    """Agents of one degree: their policy, shares of states at times 0 … steps, expected return, and the solve's residual."""

    degree: int
    policy: Policy
    shares: Shares
    earned: float
    residual: float


@dataclass(frozen=True, eq=False)
class _Neighborhoods:
    """All multisets of `degree` contacts: counts (n, contacts), and for each its first contact and the multiset without it."""

    counts: NDArray[np.int64]
    first: NDArray[np.int64]
    without: NDArray[np.int64]


def core_course(game: ContagionGame, policy: Policy) -> Core:
    """The course of the core under a policy, by a forward pass in NumPy. Raises ValueError for a policy of another shape."""
    states, contacts = len(game.state_names), game.contacts
    if np.shape(policy) != (game.steps, states, 2):
        raise ValueError(f"policy must have shape ({game.steps}, {states}, 2); got {np.shape(policy)}")
    shares = np.empty((game.steps + 1, states))
    met = np.empty((game.steps, contacts.shape[2]))
    chains = np.empty((game.steps - 1, contacts.shape[2], contacts.shape[2]))
    shares[0] = game.initial
    for time in range(game.steps):
        flow = shares[time][:, None] * policy[time]
        met[time] = np.einsum("xu,xuz->z", flow, contacts)
        rows = transition_rows(game, met[time])
        shares[time + 1] = np.einsum("xu,xuy->y", flow, rows)
        if time + 1 < game.steps:
            held = policy[time][:, :, None] * contacts
            weight = held.sum(axis=(0, 1))
            # Where no agent is such a contact, the chain from it is never used.
            held = held / np.where(weight > 0, weight, 1.0)
            later = np.einsum("xu,xuz->xz", policy[time + 1], contacts)
            chains[time] = np.einsum("xuz,xuy,yw->zw", held, rows, later)
    return Core(game, np.asarray(policy, dtype=float), shares, met, chains)


def periphery_course(
    core: Core, degree: int, policy: Policy | None = None, *, neighbors: Neighbors = "quenched"
) -> Periphery:
    """Agents of a degree who follow `policy` (the core's unless given).

    Raises ValueError for degrees below 1 or with too many neighborhoods.
    """
    _check_degree(core, degree)
    followed = core.policy if policy is None else np.asarray(policy, dtype=float)
    if followed.shape != core.policy.shape:
        raise ValueError(f"policy must have shape {core.policy.shape}; got {followed.shape}")
    if neighbors not in ("quenched", "annealed"):
        raise ValueError(f"neighbors must be quenched or annealed; got {neighbors!r}")
    system = _System(core, degree, neighbors)
    laws, last = system.forward(followed)
    shares = np.concatenate((laws.sum(axis=2), last[None]))
    return Periphery(degree, followed, shares, system.earned(laws, followed), 0.0)


def solve_periphery(
    core: Core,
    degree: int,
    temperature: float,
    *,
    rate: float = 0.2,
    tolerance: float = 1e-9,
    max_steps: int = 4000,
    throw: bool = True,
) -> Periphery:
    """An entropy-regularized best policy of agents of a degree who see their own state alone.

    Soft best response to the values averaged over the neighborhoods that go with a state under the current policy, mixed in by
    `rate`, until the largest difference is below `tolerance`. Raises ValueError on arguments outside these, NotConverged.
    """
    _check_degree(core, degree)
    if not 0.0 < temperature < math.inf:
        raise ValueError(f"temperature must be positive; got {temperature!r}")
    if not 0.0 < rate <= 1.0:
        raise ValueError(f"rate must lie in (0, 1]; got {rate!r}")
    system = _System(core, degree, "quenched")
    policy, residual = core.policy, math.inf
    for _ in range(max_steps):
        laws, last = system.forward(policy)
        answer = _soft(system.averaged_values(laws, policy, temperature) / temperature)
        residual = float(np.abs(answer - policy).max())
        if residual <= tolerance:
            break
        policy = policy + rate * (answer - policy)
    if residual > tolerance and throw:
        raise NotConverged(
            f"the policy of degree {degree} still changes by {residual:.1e} after {max_steps} steps; lower rate or "
            "raise temperature"
        )
    laws, last = system.forward(policy)
    shares = np.concatenate((laws.sum(axis=2), last[None]))
    return Periphery(degree, policy, shares, system.earned(laws, policy), residual)


def best_peripheral_policy(core: Core, degree: int, start: Policy | None = None, *, max_steps: int = 200) -> Periphery:
    """A best policy without entropy for one agent who sees its own state alone: greedy improvement, time after time.

    From the last decision to the first each is set to its best action given the law that the earlier ones lead to; a sweep never
    lowers the return, and sweeps end when none raises it.
    """
    _check_degree(core, degree)
    system = _System(core, degree, "quenched")
    policy = np.array(core.policy if start is None else start, dtype=float)
    laws, last = system.forward(policy)
    earned = system.earned(laws, policy)
    for _ in range(max_steps):
        policy = system.improved(laws, policy)
        laws, last = system.forward(policy)
        before, earned = earned, system.earned(laws, policy)
        if earned <= before + 1e-12:
            break
    shares = np.concatenate((laws.sum(axis=2), last[None]))
    return Periphery(degree, policy, shares, earned, 0.0)


def informed_return(core: Core, degree: int) -> float:
    """The best expected return of one agent of a degree who sees its neighbors as well: exact dynamic programming."""
    _check_degree(core, degree)
    return _System(core, degree, "quenched").informed_return()


def predicted_shares(core: Core, periphery: list[Periphery], degree_shares: NDArray[np.float64]) -> Shares:
    """Shares of states in a network: Σ f_k μ^k over the degrees 1 … K of `periphery`, and the core's for all higher degrees.

    `degree_shares` (K,) are the network's shares of nodes of these degrees.
    """
    if [each.degree for each in periphery] != list(range(1, len(periphery) + 1)):
        raise ValueError("periphery must hold the degrees 1, 2, … in order")
    shares = np.asarray(degree_shares, dtype=float)
    if shares.shape != (len(periphery),) or (shares < 0).any() or shares.sum() > 1 + 1e-9:
        raise ValueError(f"degree_shares must be {len(periphery)} shares that sum to at most 1; got {degree_shares!r}")
    seen = sum(share * each.shares for share, each in zip(shares, periphery, strict=True))
    return np.asarray(seen + (1.0 - shares.sum()) * core.shares)


def _check_degree(core: Core, degree: int) -> None:
    if isinstance(degree, bool) or not isinstance(degree, int | np.integer) or degree < 1:
        raise ValueError(f"degree must be a positive integer; got {degree!r}")
    contacts = core.game.contacts.shape[2]
    count = math.comb(degree + contacts - 1, contacts - 1)
    if count > MOST_NEIGHBORHOODS:
        raise ValueError(
            f"degree {degree} has {count} neighborhoods of {contacts} kinds of contacts ({count * len(core.game.state_names)} "
            f"states of the chain); at most {MOST_NEIGHBORHOODS} are followed: treat such agents as core"
        )


class _System:
    """The chain of (own state, neighborhood) of one degree: tables of rows, rewards and moves of the neighborhoods."""

    def __init__(self, core: Core, degree: int, neighbors: Neighbors) -> None:
        self.steps = core.game.steps
        counts = _neighborhoods(core.contacts.shape[1], degree).counts
        shares = counts / degree
        self.rows = transition_rows(core.game, shares)  # (n, x, u, y)
        self.rewards = rewards(core.game, shares)  # (n, x, u)
        self.start = core.game.initial[:, None] * _multinomial(counts, core.contacts[0])[None, :]
        if neighbors == "quenched":
            self.moves = _multiset_moves(core.chains, degree)
        else:
            fresh = np.stack([_multinomial(counts, met) for met in core.contacts[1:]]) if self.steps > 1 else None
            self.moves = (
                np.empty((0, len(counts), len(counts))) if fresh is None else fresh[:, None, :].repeat(len(counts), 1)
            )

    def forward(self, policy: Policy) -> tuple[Float[np.ndarray, "steps states n"], Float[np.ndarray, " states"]]:
        """Joint law of own state and neighborhood at each decision, and the law of the state after the last."""
        laws = np.empty((self.steps, *self.start.shape))
        laws[0] = self.start
        for time in range(self.steps):
            followed = np.einsum("xu,nxuy->nxy", policy[time], self.rows)
            moved = np.einsum("xn,nxy->yn", laws[time], followed)
            if time + 1 < self.steps:
                laws[time + 1] = moved @ self.moves[time]
        return laws, moved.sum(axis=1)

    def earned(self, laws: NDArray, policy: Policy) -> float:
        """Expected return under the laws of a policy."""
        return float(np.einsum("txn,txu,nxu->", laws, policy, self.rewards, optimize=True))

    def values(self, later: NDArray, time: int) -> Float[np.ndarray, "n states actions"]:
        """Values of actions at a decision, given the values (states, n) behind it."""
        if time + 1 == self.steps:
            return self.rewards
        expected = later @ self.moves[time].T
        return self.rewards + np.einsum("nxuy,yn->nxu", self.rows, expected)

    def averaged_values(self, laws: NDArray, policy: Policy, temperature: float) -> Policy:
        """Soft values of actions in a state, averaged over the neighborhoods that go with it."""
        averaged = np.empty(policy.shape)
        later = np.zeros(self.start.shape)
        for time in reversed(range(self.steps)):
            values = self.values(later, time)
            averaged[time] = _posterior(laws[time], values)
            bonus = -temperature * (policy[time] * np.log(np.maximum(policy[time], 1e-300))).sum(axis=1)
            later = np.einsum("xu,nxu->xn", policy[time], values) + bonus[:, None]
        return averaged

    def improved(self, laws: NDArray, policy: Policy) -> Policy:
        """The policy with each decision, from the last on, set to its best action given the laws."""
        better = policy.copy()
        later = np.zeros(self.start.shape)
        for time in reversed(range(self.steps)):
            values = self.values(later, time)
            average = _posterior(laws[time], values)
            better[time] = np.eye(2)[average.argmax(axis=1)]
            later = np.einsum("xu,nxu->xn", better[time], values)
        return better

    def informed_return(self) -> float:
        """Best return of an agent who sees (own state, neighborhood)."""
        later = np.zeros(self.start.shape)
        for time in reversed(range(self.steps)):
            later = self.values(later, time).max(axis=2).T
        return float((self.start * later).sum())


def _posterior(law: NDArray, values: NDArray) -> Float[np.ndarray, "states actions"]:
    total = law.sum(axis=1, keepdims=True)
    weight = np.where(total > 0, law / np.where(total > 0, total, 1.0), 1.0 / law.shape[1])
    return np.einsum("xn,nxu->xu", weight, values)


def _soft(logits: NDArray) -> NDArray:
    shifted = np.exp(np.maximum(logits - logits.max(axis=-1, keepdims=True), -700.0))
    return shifted / shifted.sum(axis=-1, keepdims=True)


@cache
def _neighborhoods(contacts: int, degree: int) -> _Neighborhoods:
    """Multisets in a fixed order; taking the first contact away leads to a multiset of one less."""
    listed = [counts for counts in itertools.product(range(degree + 1), repeat=contacts) if sum(counts) == degree]
    if degree == 0:
        return _Neighborhoods(np.zeros((1, contacts), np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64))
    smaller = {tuple(row): index for index, row in enumerate(_neighborhoods(contacts, degree - 1).counts.tolist())}
    first = [next(kind for kind, count in enumerate(counts) if count) for counts in listed]
    without = [
        smaller[tuple(count - (kind == place) for place, count in enumerate(counts))]
        for counts, kind in zip(listed, first, strict=True)
    ]
    return _Neighborhoods(np.array(listed), np.array(first), np.array(without))


def _multiset_moves(chains: NDArray[np.float64], degree: int) -> Float[np.ndarray, "steps n n"]:
    """Transition probabilities of multisets of `degree` independent copies of a chain, one copy added after the other."""
    kinds = chains.shape[1]
    moves = np.ones((len(chains), 1, 1))
    for size in range(1, degree + 1):
        here, before = _neighborhoods(kinds, size), _neighborhoods(kinds, size - 1)
        place = {tuple(row): index for index, row in enumerate(before.counts.tolist())}
        grown = np.zeros((len(chains), len(here.counts), len(here.counts)))
        for kind in range(kinds):
            # Where the first copy ends in this kind, the others end in what is left.
            ends = np.flatnonzero(here.counts[:, kind] > 0)
            rest = [place[tuple(row)] for row in (here.counts[ends] - np.eye(kinds, dtype=int)[kind]).tolist()]
            others = moves[:, here.without][:, :, rest]
            grown[:, :, ends] += chains[:, here.first, kind][:, :, None] * others
        moves = grown
    return moves


def _multinomial(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> Float[np.ndarray, " n"]:
    """Probability of each multiset of independent draws."""
    logarithm = np.array([math.lgamma(row.sum() + 1) - sum(math.lgamma(c + 1) for c in row) for row in counts])
    return np.exp(logarithm) * np.prod(np.asarray(shares)[None, :] ** counts, axis=1)
