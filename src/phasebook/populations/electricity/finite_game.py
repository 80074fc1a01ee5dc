"""The batteries' day as a finite mean-field game: charges are states, moves are actions, and the price sees everybody's moves.

The engine `mean_field_game` solves it from the same market by quite other means, so that its prices check those of the convex
program. It is no tool for the learning of `learning` and `fictitious_play`: there the population mixes plans of whole days (here
each hour's policy is mixed), the day is cyclic at average cost (here it begins empty, at an hour at which the equilibrium's
batteries are, and ends free), beliefs lag behind prices, and a plan costs O(steps) an hour (here steps · moves).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..mean_field_game import MeanFieldGame
from .fleet import StorageGroup, charge_grid
from .market import LinearMarket, hourly_net_load


def battery_game(
    market: LinearMarket, net_load: ArrayLike, group: StorageGroup, *, soc_steps: int = 40, first_hour: int = 0
) -> MeanFieldGame:
    """The game of one group in a linear market, for net loads without storage (hours,) in MW, from empty batteries.

    Rewards are in $ per agent. Action k moves the charge by k − down steps, as far as there is room. Raises ValueError.
    """
    load = np.roll(hourly_net_load(market, net_load)[:, 0], -first_hour)
    grid = charge_grid(group, soc_steps)
    charge, move = np.arange(soc_steps + 1), np.arange(-grid.down, grid.up + 1)
    after = np.clip(charge[:, None] + move, 0, soc_steps)
    moved = after - charge[:, None]
    drawn = grid.step * np.where(moved > 0, moved / group.efficiency, moved * group.efficiency)
    parameters = {
        "net_load": load,
        "intercept": market.intercept,
        "slope": market.slope,
        "drawn": drawn,
        "worn": group.degradation * np.abs(drawn),
        "agents": float(group.agents),
    }
    empty = np.zeros(soc_steps + 1)
    empty[0] = 1.0
    return MeanFieldGame(
        empty, move.size, load.size, _certain, _paid, parameters, successors=after[:, :, None].astype(np.int64)
    )


def game_prices(game: MeanFieldGame, flow: ArrayLike) -> NDArray[np.float64]:
    """Prices (hours,) in $/MWh of a flow (steps, states, actions) of a battery game, from its first hour on."""
    parameters = game.parameters
    bought = parameters["agents"] * np.einsum("hsa,sa->h", np.asarray(flow, dtype=float), parameters["drawn"])
    return np.asarray(parameters["intercept"] + parameters["slope"] * (parameters["net_load"] + bought))


def _certain(time: Any, flow: Any, parameters: Any) -> Any:
    return jnp.ones((*flow.shape, 1))


def _paid(time: Any, flow: Any, parameters: Any) -> Any:
    bought = parameters["agents"] * jnp.sum(flow * parameters["drawn"])
    price = parameters["intercept"] + parameters["slope"] * (parameters["net_load"][time] + bought)
    return -price * parameters["drawn"] - parameters["worn"]
