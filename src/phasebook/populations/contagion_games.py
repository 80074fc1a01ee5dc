"""Games of infection and rumor: what neighbors carry spreads, agents may protect themselves or pass it on.

An agent sees the distribution G of the contacts among its neighbors: infected or not, or, for rumors, unaware, silent or spreading.
The same local rules serve a well-mixed population (a mean-field game) and the core and periphery of a sparse graph. Close to the
games of Cui and Koeppl 2022 (graphon games) and Fabian, Cui and Koeppl (arXiv 2401.12686); parameters are
configuration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from .mean_field_game import MeanFieldGame

GameName = Literal["sis", "sir", "rumor"]


@dataclass(frozen=True)
class ContagionGame:
    """Local rules of one game. With y the share of contagious contacts:

    sis, sir: P(I | S, free) = infection · y^power, P(S or R | I) = recovery; reward −cost_infected in I, −cost_protection for
    protecting. rumor: P(aware | unaware) = infection · y, y the share of neighbors that are aware and spread; spreading in an
    aware state earns `benefit` · G(unaware) − `cost_spreading` · (1 − G(unaware)).
    """

    name: GameName = "sis"
    infection: float = 0.8
    recovery: float = 0.2
    power: float = 1.0
    cost_infected: float = 1.0
    cost_protection: float = 0.5
    benefit: float = 1.0
    cost_spreading: float = 0.5
    initial_share: float = 0.5
    steps: int = 50

    def __post_init__(self) -> None:
        if self.name not in ("sis", "sir", "rumor"):
            raise ValueError(f"name must be sis, sir or rumor; got {self.name!r}")
        for name in ("infection", "recovery", "initial_share"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1]; got {value!r}")
        for name in ("cost_infected", "cost_protection", "benefit", "cost_spreading"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be finite; got {getattr(self, name)!r}")
        if not (math.isfinite(self.power) and self.power >= 1.0) or (self.name == "rumor" and self.power != 1.0):
            raise ValueError(f"power must be a number of at least 1, and 1 for rumors; got {self.power!r}")
        if isinstance(self.steps, bool) or not isinstance(self.steps, int | np.integer) or self.steps < 1:
            raise ValueError(f"horizon: steps must be a positive integer; got {self.steps!r}")

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states."""
        names: dict[str, tuple[str, ...]] = {
            "sis": ("susceptible", "infected"),
            "sir": ("susceptible", "infected", "recovered"),
            "rumor": ("unaware", "aware"),
        }
        return names[self.name]

    @property
    def action_names(self) -> tuple[str, str]:
        """Names of the two actions."""
        return ("stay", "spread") if self.name == "rumor" else ("free", "protect")

    @property
    def initial(self) -> Float[np.ndarray, " states"]:
        """Shares of the states at the start, alike and independent for all agents."""
        start = np.zeros(len(self.state_names))
        start[0], start[1] = 1.0 - self.initial_share, self.initial_share
        return start

    @property
    def contacts(self) -> Float[np.ndarray, "states actions contacts"]:
        """Which kind of contact an agent in a state that takes an action is to its neighbors (one-hot)."""
        if self.name == "rumor":
            return np.array([[[1.0, 0, 0], [1.0, 0, 0]], [[0, 1.0, 0], [0, 0, 1.0]]])
        states = len(self.state_names)
        return np.repeat(np.eye(states)[:, None, :], 2, axis=1)

    @property
    def contagious(self) -> int:
        """The kind of contact that spreads."""
        return 2 if self.name == "rumor" else 1

    @property
    def parameters(self) -> dict[str, float]:
        """Numbers that the local rules read."""
        return {
            "infection": self.infection,
            "recovery": self.recovery,
            "power": self.power,
            "cost_infected": self.cost_infected,
            "cost_protection": self.cost_protection,
            "benefit": self.benefit,
            "cost_spreading": self.cost_spreading,
        }

    def mean_field(self) -> MeanFieldGame:
        """The game of a well-mixed population: every agent's neighborhood is the whole."""
        transition, reward = _RULES[self.name]
        return MeanFieldGame(
            self.initial,
            2,
            self.steps,
            transition,
            reward,
            self.parameters,
            state_names=self.state_names,
            action_names=self.action_names,
        )


def choose_game(
    name: GameName,
    *,
    infection: float | None = None,
    recovery: float | None = None,
    power: float | None = None,
    cost_infected: float | None = None,
    cost_protection: float | None = None,
    benefit: float | None = None,
    cost_spreading: float | None = None,
    initial_share: float | None = None,
    steps: int = 50,
) -> ContagionGame:
    """A game by its name; what isn't given has its default (half infected in sis, a tenth in sir and rumor).

    Raises ValueError for a parameter that the game doesn't have.
    """
    given = {
        "infection": infection,
        "recovery": recovery,
        "power": power,
        "cost_infected": cost_infected,
        "cost_protection": cost_protection,
        "benefit": benefit,
        "cost_spreading": cost_spreading,
    }
    of_rumors, of_infections = ("benefit", "cost_spreading"), ("recovery", "power", "cost_infected", "cost_protection")
    for other in of_infections if name == "rumor" else of_rumors:
        if given[other] is not None:
            raise ValueError(f"{other.replace('_', '-')} does not apply to {name}; got {given[other]!r}")
    start = (0.5 if name == "sis" else 0.1) if initial_share is None else initial_share
    values = {key: value for key, value in given.items() if value is not None}
    return ContagionGame(name, initial_share=start, steps=steps, **values)


def transition_rows(game: ContagionGame, neighborhood: Any) -> Float[np.ndarray, "... states actions states"]:
    """P(next state | state, action) at neighborhoods G (..., contacts), in NumPy: the local rule for one agent."""
    shares = np.asarray(neighborhood, dtype=float)
    exposure = np.clip(shares[..., game.contagious], 0.0, 1.0) ** game.power
    states = len(game.state_names)
    rows = np.zeros((*shares.shape[:-1], states, 2, states))
    caught = game.infection * exposure
    if game.name == "rumor":
        rows[..., 0, :, 1] = caught[..., None]
        rows[..., 0, :, 0] = 1.0 - caught[..., None]
        rows[..., 1, :, 1] = 1.0
        return rows
    rows[..., 0, 0, 1] = caught
    rows[..., 0, 0, 0] = 1.0 - caught
    rows[..., 0, 1, 0] = 1.0
    after = 2 if game.name == "sir" else 0
    rows[..., 1, :, after] = game.recovery
    rows[..., 1, :, 1] = 1.0 - game.recovery
    if game.name == "sir":
        rows[..., 2, :, 2] = 1.0
    return rows


def rewards(game: ContagionGame, neighborhood: Any) -> Float[np.ndarray, "... states actions"]:
    """Reward of an action in a state at neighborhoods G (..., contacts), in NumPy."""
    shares = np.asarray(neighborhood, dtype=float)
    earned = np.zeros((*shares.shape[:-1], len(game.state_names), 2))
    if game.name == "rumor":
        unaware = shares[..., 0]
        earned[..., 1, 1] = game.benefit * unaware - game.cost_spreading * (1.0 - unaware)
        return earned
    earned[..., 1, :] -= game.cost_infected
    earned[..., :, 1] -= game.cost_protection
    return earned


def _infection_transition(flow: Any, parameters: Any, states: int) -> Any:
    caught = parameters["infection"] * jnp.clip(flow[1].sum(), 0.0, 1.0) ** parameters["power"]
    recovery = parameters["recovery"]
    rows = jnp.zeros((states, 2, states))
    rows = rows.at[0, 0, 1].set(caught).at[0, 0, 0].set(1.0 - caught).at[0, 1, 0].set(1.0)
    rows = rows.at[1, :, (states - 1) if states == 3 else 0].set(recovery).at[1, :, 1].set(1.0 - recovery)
    return rows.at[2, :, 2].set(1.0) if states == 3 else rows


def _sis_transition(time: Any, flow: Any, parameters: Any) -> Any:
    return _infection_transition(flow, parameters, 2)


def _sir_transition(time: Any, flow: Any, parameters: Any) -> Any:
    return _infection_transition(flow, parameters, 3)


def _infection_reward(time: Any, flow: Any, parameters: Any) -> Any:
    infected = -parameters["cost_infected"] * (jnp.arange(flow.shape[0]) == 1)
    return infected[:, None] - parameters["cost_protection"] * jnp.array([0.0, 1.0])


def _rumor_transition(time: Any, flow: Any, parameters: Any) -> Any:
    heard = parameters["infection"] * flow[1, 1]
    unaware = jnp.stack((1.0 - heard, heard))
    return jnp.stack((jnp.stack((unaware, unaware)), jnp.array([[0.0, 1.0], [0.0, 1.0]])))


def _rumor_reward(time: Any, flow: Any, parameters: Any) -> Any:
    unaware = flow[0].sum()
    spreading = parameters["benefit"] * unaware - parameters["cost_spreading"] * (1.0 - unaware)
    return jnp.zeros((2, 2)).at[1, 1].set(spreading)


_RULES: dict[str, tuple[Any, Any]] = {
    "sis": (_sis_transition, _infection_reward),
    "sir": (_sir_transition, _infection_reward),
    "rumor": (_rumor_transition, _rumor_reward),
}
