"""Textbook mean-field games: rock-paper-scissors, left-right, infection, beach bar, crowd motion, cyber security.

The first five are the environments of the library mfglib under the same names (their rewards, transitions and times, with `steps` =
T + 1 decisions), so that solvers can be compared on them; each says where it comes from.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from .mean_field_game import MeanFieldGame

RIGHT_UP = ((1, 0), (-1, 0), (0, 1), (0, -1), (0, 0))


def rock_paper_scissors(steps: int = 2) -> MeanFieldGame:
    """Shapley's generalized rock-paper-scissors, in which classical fictitious play cycles; states start, rock, paper, scissors.

    Source: Cui and Koeppl 2021 (arXiv 2102.01585).
    """
    names = ("start", "rock", "paper", "scissors")
    return MeanFieldGame(
        np.array([1.0, 0.0, 0.0, 0.0]),
        3,
        steps,
        _chosen_state,
        _rock_paper_scissors_reward,
        {"double": np.array([2.0, 4.0, 6.0])},
        state_names=names,
        action_names=names[1:],
    )


def left_right() -> MeanFieldGame:
    """Two places, punished by their crowds, the right one twice as much; in equilibrium two thirds go left. Cui and Koeppl 2021."""
    return MeanFieldGame(
        np.array([1.0, 0.0, 0.0]),
        2,
        2,
        _chosen_state,
        _left_right_reward,
        {"punishment": np.array([1.0, 2.0])},
        state_names=("center", "left", "right"),
        action_names=("left", "right"),
    )


def susceptible_infected(steps: int = 51, initial_infected: float = 0.6) -> MeanFieldGame:
    """Keep a distance or go out among the infected; infection 0.81 times their share, recovery 0.3. Cui and Koeppl 2021."""
    return MeanFieldGame(
        np.array([1.0 - initial_infected, initial_infected]),
        2,
        steps,
        _susceptible_transition,
        _susceptible_reward,
        {"infection": 0.81, "recovery": 0.3, "cost_infected": 1.0, "cost_distance": 0.5},
        state_names=("susceptible", "infected"),
        action_names=("out", "distance"),
    )


def beach_bar(places: int = 4, bar: int = 2, steps: int = 3, stay: float = 0.5) -> MeanFieldGame:
    """Near the bar, away from the crowd: a walk on a beach with ends, noise of one place, and −ln of the crowd at one's place.

    The distance to the bar is taken around the torus, as in mfglib. Source: Perrin et al. 2020 (arXiv 2007.03458).
    """
    if not 0 <= bar < places:
        raise ValueError(f"bar must lie from 0 to {places - 1}; got {bar!r}")
    if not 0.0 <= stay <= 1.0:
        raise ValueError(f"stay must be a probability; got {stay!r}")
    place, action = np.arange(places), np.arange(3)
    noise = np.array([(1 - stay) / 2, stay, (1 - stay) / 2])
    goal = np.clip(place[:, None, None] + action[None, :, None] - 1 + np.array([-1, 0, 1]), 0, places - 1)
    away = np.abs(place - bar)
    return MeanFieldGame(
        np.full(places, 1.0 / places),
        3,
        steps,
        _fixed_moves,
        _crowd_averse_reward,
        {
            "moves": np.broadcast_to(noise, goal.shape).copy(),
            "place": -np.minimum(away, places - away)[None, :] * np.ones((steps, 1)),
            "action": -np.array([1.0, 0.0, 1.0]) / places,
            "floor": 1e-20,
        },
        successors=goal,
        action_names=("left", "stay", "right"),
    )


def crowd_motion(
    length: int = 20,
    width: int = 20,
    bars: ArrayLike | None = None,
    *,
    steps: int = 4,
    stay: float = 0.5,
    pull: float = 10.0,
) -> MeanFieldGame:
    """The beach bar in two dimensions, with a bar that moves: `bars` (steps, 2) are its places (the middle unless given).

    States are places in rows of `width`. Source: Pérolat et al. 2021 (arXiv 2103.00623).
    """
    x, y = np.divmod(np.arange(length * width), width)
    move = np.array(RIGHT_UP)
    goal_x = np.clip(x[:, None, None] + move[None, :, None, 0] + move[None, None, :, 0], 0, length - 1)
    goal_y = np.clip(y[:, None, None] + move[None, :, None, 1] + move[None, None, :, 1], 0, width - 1)
    noise = np.array([(1 - stay) / 4] * 4 + [stay])
    where = np.tile([length // 2, width // 2], (steps, 1)) if bars is None else np.asarray(bars)
    if where.shape != (steps, 2):
        raise ValueError(f"bars must have shape ({steps}, 2); got {where.shape}")
    distance = np.abs(x - where[:, :1]) + np.abs(y - where[:, 1:])
    return MeanFieldGame(
        np.full(length * width, 1.0 / (length * width)),
        5,
        steps,
        _fixed_moves,
        _crowd_averse_reward,
        {
            "moves": np.broadcast_to(noise, goal_x.shape).copy(),
            "place": pull * (1.0 - distance / (length + width)),
            "action": np.zeros(5),
            "floor": 1e-10,
        },
        successors=goal_x * width + goal_y,
        action_names=("down", "up", "right", "left", "stay"),
    )


def cyber_security(
    steps: int = 50, time_step: float = 0.2, *, discount_rate: float | None = None, attack: float = 0.6
) -> MeanFieldGame:
    """Computers defended or not, infected or not; owners may switch the level of defense, at a rate. Euler steps of `time_step`.

    With `discount_rate` the game is stationary and discounted (one step, repeated), else it ends. Rates and costs as published by
    Kolokoltsov and Bensoussan 2016 and used by Carmona and Laurière: recalled, not read there.
    """
    if not 0.0 < time_step <= 0.5:
        raise ValueError(f"time_step must lie in (0, 0.5], or the steps leave the probabilities; got {time_step!r}")
    stationary = discount_rate is not None
    return MeanFieldGame(
        np.full(4, 0.25),
        2,
        1 if stationary else steps,
        _cyber_transition,
        _cyber_reward,
        {
            "step": time_step,
            "attack": attack,
            "switch": 0.8,
            "recovery": np.array([0.5, 0.4]),
            "attack_share": np.array([0.4, 0.3]),
            "contagion": np.array([[0.4, 0.4], [0.3, 0.3]]),
            "cost": np.array([0.3, 0.5]),
        },
        discount=math.exp(-(discount_rate or 0.0) * time_step),
        cyclic=stationary,
        state_names=("defended infected", "defended susceptible", "undefended infected", "undefended susceptible"),
        action_names=("keep", "switch"),
    )


def _chosen_state(time: Any, flow: Any, parameters: Any) -> Any:
    """The action is the next state but one: all states lead to it alike."""
    states, actions = flow.shape
    return jnp.broadcast_to(jnp.eye(states)[None, 1 : actions + 1], (states, actions, states))


def _rock_paper_scissors_reward(time: Any, flow: Any, parameters: Any) -> Any:
    shares = flow.sum(axis=1)
    beaten, beating = shares[jnp.array([3, 1, 2])], shares[jnp.array([2, 3, 1])]
    weight = parameters["double"]
    earned = jnp.concatenate((jnp.zeros(1), weight * beaten - 0.5 * weight * beating))
    return jnp.broadcast_to(earned[:, None], flow.shape)


def _left_right_reward(time: Any, flow: Any, parameters: Any) -> Any:
    earned = jnp.concatenate((jnp.zeros(1), -parameters["punishment"] * flow.sum(axis=1)[1:]))
    return jnp.broadcast_to(earned[:, None], flow.shape)


def _susceptible_transition(time: Any, flow: Any, parameters: Any) -> Any:
    caught = parameters["infection"] * flow[1].sum()
    recovery = parameters["recovery"]
    out, distance = jnp.stack((1.0 - caught, caught)), jnp.array([1.0, 0.0])
    ill = jnp.stack((recovery, 1.0 - recovery))
    return jnp.stack((jnp.stack((out, distance)), jnp.stack((ill, ill))))


def _susceptible_reward(time: Any, flow: Any, parameters: Any) -> Any:
    infected = -parameters["cost_infected"] * jnp.array([0.0, 1.0])
    return infected[:, None] - parameters["cost_distance"] * jnp.array([0.0, 1.0])


def _fixed_moves(time: Any, flow: Any, parameters: Any) -> Any:
    return parameters["moves"]


def _crowd_averse_reward(time: Any, flow: Any, parameters: Any) -> Any:
    crowd = -jnp.log(flow.sum(axis=1) + parameters["floor"])
    return (parameters["place"][time] + crowd)[:, None] + parameters["action"]


def _cyber_transition(time: Any, flow: Any, parameters: Any) -> Any:
    shares = flow.sum(axis=1)
    infected = shares[jnp.array([0, 2])]
    # Row: who may be infected (defended, undefended); column: by whom.
    caught = parameters["attack"] * parameters["attack_share"] + parameters["contagion"] @ infected
    step, switch = parameters["step"], parameters["switch"]
    rows = jnp.zeros((4, 2, 4))
    for level in (0, 1):
        ill, well, other = 2 * level, 2 * level + 1, 2 * (1 - level)
        rows = rows.at[ill, :, well].set(step * parameters["recovery"][level])
        rows = rows.at[well, :, ill].set(step * caught[level])
        rows = rows.at[ill, 1, other].set(step * switch).at[well, 1, other + 1].set(step * switch)
    stay = 1.0 - rows.sum(axis=2)
    return rows.at[jnp.arange(4), :, jnp.arange(4)].set(stay)


def _cyber_reward(time: Any, flow: Any, parameters: Any) -> Any:
    defense, infection = parameters["cost"][0], parameters["cost"][1]
    cost = defense * jnp.array([1.0, 1.0, 0.0, 0.0]) + infection * jnp.array([1.0, 0.0, 1.0, 0.0])
    return jnp.broadcast_to(-parameters["step"] * cost[:, None], flow.shape)
