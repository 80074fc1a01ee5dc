"""Observers in an environment: which of them are good regulators, and the classical regulator of Conant and Ashby.

A Moore pair: an environment s' = f(s, a, w) with disturbances w, a sensor o = h(s), and an observer that acts a = π(c) or
a = π(c, o) and updates c' = u(c, o). It is a good regulator if its states can be read as beliefs about the environment
that stay true and good: a map ψ from c to sets of environment states with ψ(c) inside the good set, carried along by the
dynamics, not empty everywhere. The largest such ψ is a greatest fixed point.

Source: derived here after Virgo, Biehl, Baltieri and Capucci, A good regulator theorem for embodied agents (2025), and
Conant and Ashby, Int. J. Systems Sci. 1, 89 (1970).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PhasebookError

Whole = NDArray[np.int64]
MOST_MAPS = 2_000_000


class UncoveredState(PhasebookError, KeyError, ValueError):
    """A table that says nothing for a state; the message names it."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, eq=False)
class MoorePair:
    """Environment and observer as tables of numbers.

    `environment` (states, actions) or (states, actions, disturbances), `sensor` (states), `action` (observer states) or
    (observer states, observations), `update` (observer states, observations), `good` (states). Names are optional.
    Raises ValueError in one sentence, and UncoveredState where the sensor or a table lacks an entry (a negative number).
    """

    environment: Whole
    sensor: Whole
    action: Whole
    update: Whole
    good: NDArray[np.bool_]
    state_names: tuple[str, ...] = ()
    observer_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("environment", "sensor", "action", "update"):
            table = np.asarray(getattr(self, name))
            if table.size == 0 or not np.issubdtype(table.dtype, np.integer):
                raise ValueError(f"{name} must hold integers, the numbers of states, actions or observations")
            object.__setattr__(self, name, table.astype(np.int64))
        good = np.asarray(self.good)
        if not np.isin(good, (0, 1)).all():
            raise ValueError("good must hold true and false, or 1 and 0")
        object.__setattr__(self, "good", good.astype(bool))
        if self.environment.ndim == 2:
            object.__setattr__(self, "environment", self.environment[:, :, None])
        self._check()

    def _check(self) -> None:
        states, actions = self.environment.shape[:2]
        if self.environment.ndim != 3 or self.update.ndim != 2 or self.action.ndim not in (1, 2):
            raise ValueError(
                "environment must have 2 or 3 dimensions, update 2 and action 1 or 2; got "
                f"{self.environment.ndim}, {self.update.ndim} and {self.action.ndim}"
            )
        if self.sensor.shape != (states,):
            missing = self._state(self.sensor.size) if self.sensor.ndim == 1 and self.sensor.size < states else ""
            if missing:
                raise UncoveredState(f"sensor covers no state {missing}")
            raise ValueError(f"sensor must have one entry for each of {states} states; got shape {self.sensor.shape}")
        if (self.sensor < 0).any():
            raise UncoveredState(f"sensor covers no state {self._state(int(np.argmax(self.sensor < 0)))}")
        observers, observations = self.update.shape
        if self.good.shape != (states,):
            raise ValueError(f"good must have one entry for each of {states} states; got shape {self.good.shape}")
        if self.action.shape not in ((observers,), (observers, observations)):
            raise ValueError(
                f"action must have shape ({observers},) or ({observers}, {observations}), as update has; got "
                f"{self.action.shape}"
            )
        limits = (("environment", states), ("sensor", observations), ("action", actions), ("update", observers))
        for name, limit in limits:
            table = getattr(self, name)
            if (table < 0).any():
                where = tuple(int(each) for each in np.argwhere(table < 0)[0])
                raise UncoveredState(f"{name} has no entry at {where}")
            if table.max() >= limit:
                raise ValueError(f"{name} must hold numbers below {limit}; got {int(table.max())}")

    def _state(self, number: int) -> str:
        return self.state_names[number] if self.state_names else str(number)

    @property
    def states(self) -> int:
        """Environment states."""
        return self.environment.shape[0]

    @property
    def observers(self) -> int:
        """Observer states."""
        return self.update.shape[0]

    def successors(self) -> tuple[Whole, Whole]:
        """Where each pair goes: observer states (c, s) and environment states (c, s, w)."""
        observed = self.update[:, self.sensor]
        acted = self.action[:, None] if self.action.ndim == 1 else self.action[:, self.sensor]
        acted = np.broadcast_to(acted, (self.observers, self.states))
        return observed, self.environment[np.arange(self.states)[None, :], acted]


@dataclass(frozen=True, eq=False)
class Regulator:
    """The largest set of pairs (c, s) that stays good for ever, and how many sweeps found it."""

    pairs: NDArray[np.bool_]
    sweeps: int
    sizes: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many pairs it holds."""
        return int(self.pairs.sum())

    @property
    def exists(self) -> bool:
        """Whether the observer regulates from at least one pair."""
        return bool(self.pairs.any())

    def belief(self, observer: int) -> tuple[int, ...]:
        """ψ(c): the environment states that an observer state can be read as believing in."""
        return tuple(int(state) for state in np.flatnonzero(self.pairs[observer]))


def largest_regulator(pair: MoorePair) -> Regulator:
    """The greatest fixed point of "good now, and there next", whatever the disturbance."""
    observer, environment = pair.successors()
    kept = np.broadcast_to(pair.good, (pair.observers, pair.states)).copy()
    sizes = [int(kept.sum())]
    while True:
        following = kept & kept[observer[:, :, None], environment].all(axis=2)
        sizes.append(int(following.sum()))
        if sizes[-1] == sizes[-2]:
            return Regulator(kept, len(sizes) - 1, tuple(sizes[:-1]))
        kept = following


def is_good_regulator(pair: MoorePair, observer: int | None = None, state: int | None = None) -> bool:
    """Whether some pair, or the given initial one, stays good for ever. Raises ValueError for a number out of range."""
    found = largest_regulator(pair)
    if observer is None and state is None:
        return found.exists
    for name, value, limit in (("observer", observer, pair.observers), ("state", state, pair.states)):
        if value is None or not 0 <= value < limit:
            raise ValueError(f"{name} must be an integer in [0, {limit - 1}]; got {value!r}")
    return bool(found.pairs[observer, state])


def survival_times(pair: MoorePair, steps: int, runs: int, seed: int) -> NDArray[np.int64]:
    """How many steps each pair (c, s) stays good in simulated runs with random disturbances, at most `steps`: shape
    (observers, states, runs). Steps are made one by one, without the fixed point."""
    generator = np.random.default_rng(seed)
    c, s = np.meshgrid(np.arange(pair.observers), np.arange(pair.states), indexing="ij")
    c, s = (np.repeat(each[:, :, None], runs, axis=2) for each in (c, s))
    times = np.zeros(c.shape, np.int64)
    alive = pair.good[s]
    for _ in range(steps):
        times += alive
        o = pair.sensor[s]
        a = pair.action[c] if pair.action.ndim == 1 else pair.action[c, o]
        disturbance = generator.integers(0, pair.environment.shape[2], c.shape)
        s, c = pair.environment[s, a, disturbance], pair.update[c, o]
        alive &= pair.good[s]
    return times


def clock_world(controller: str, jump: bool = False, size: int = 5) -> MoorePair:
    """The textbook case of this family: a dial d that advances, a position x that it drags along and that actions pull
    back, x' = x + d − a, good where x = 0; the sensor shows d.

    `copy` notes what comes after what it sees, `blind` never changes, `clock` counts by itself without looking,
    `reflex` acts on what it sees. With `jump`, the dial advances by one or two, and nobody knows which.
    Raises ValueError for another controller.
    """
    dial, position = np.divmod(np.arange(size * size), size)
    actions = np.arange(size)
    moved = (position[:, None] + dial[:, None] - actions[None, :]) % size
    advances = (1, 2) if jump else (1,)
    environment = np.stack([(((dial + by) % size) * size)[:, None] + moved for by in advances], axis=2)
    c, o = np.meshgrid(actions, actions, indexing="ij")
    updates = {"copy": (o + 1) % size, "blind": c, "clock": (c + 1) % size, "reflex": c}
    if controller not in updates:
        raise ValueError(f"controller must be one of {', '.join(updates)}; got {controller!r}")
    action = o if controller == "reflex" else actions
    names = tuple(f"d={d} x={x}" for d, x in zip(dial, position, strict=True))
    return MoorePair(environment, dial, action, updates[controller], position == 0, names)


def outcome_entropies(outcomes: ArrayLike, weights: ArrayLike, policies: ArrayLike) -> NDArray[np.float64]:
    """Entropy H(Z) in nats of the outcome z = Φ(s, r) under each policy p(r|s), shape (policies, states, responses)."""
    table, law = _outcome_table(outcomes, weights)
    shares = np.asarray(policies, dtype=float)
    kinds = int(table.max()) + 1
    result = np.zeros((shares.shape[0], kinds))
    for kind in range(kinds):
        result[:, kind] = (shares * ((table == kind) * law[:, None])).sum(axis=(1, 2))
    safe = np.where(result > 0, result, 1.0)
    return -(result * np.log(safe)).sum(axis=1)


def best_deterministic_regulator(outcomes: ArrayLike, weights: ArrayLike) -> tuple[tuple[int, ...], float]:
    """The map r = φ(s) with the least outcome entropy, by trying all of them, and that entropy in nats.

    Source: Conant and Ashby 1970: no stochastic regulator does better. Raises ValueError for more than two million maps.
    """
    table, law = _outcome_table(outcomes, weights)
    states, responses = table.shape
    if responses**states > MOST_MAPS:
        raise ValueError(
            f"outcomes must allow at most {MOST_MAPS} maps; {responses} responses to {states} states do not"
        )
    maps = np.stack(np.unravel_index(np.arange(responses**states), (responses,) * states), axis=1)
    reached = table[np.arange(states), maps]
    kinds = int(table.max()) + 1
    result = np.stack([((reached == kind) * law).sum(axis=1) for kind in range(kinds)], axis=1)
    entropies = -(result * np.log(np.where(result > 0, result, 1.0))).sum(axis=1)
    best = int(np.argmin(entropies))
    return tuple(int(each) for each in maps[best]), float(entropies[best])


def _outcome_table(outcomes: ArrayLike, weights: ArrayLike) -> tuple[Whole, NDArray[np.float64]]:
    table, law = np.asarray(outcomes), np.asarray(weights, dtype=float)
    if table.ndim != 2 or not table.size or not np.issubdtype(table.dtype, np.integer) or table.min() < 0:
        raise ValueError("outcomes must be a table of numbers from 0, states by responses")
    if law.shape != (len(table),) or not (law >= 0).all() or abs(law.sum() - 1) > 1e-9:
        raise ValueError(f"weights must be probabilities of the {len(table)} states")
    return table.astype(np.int64), law


def names_or_numbers(names: Sequence[str], count: int) -> list[str]:
    """Names of states, or their numbers where there are none."""
    return list(names) if names else [str(number) for number in range(count)]
