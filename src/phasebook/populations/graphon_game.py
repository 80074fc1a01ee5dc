"""Games on dense graphs: classes of agents who meet each other as a kernel says, as one mean-field game over (class, state).

An agent of class a sees the flow G_a = Σ_b W(a, b) flow_b / Σ_b W(a, b) w_b, with w the shares of the classes: the graphon
game of a kernel on a grid (Caines and Huang 2018; Cui and Koeppl 2022, arXiv 2112.01280). A separable kernel gives all classes one
neighborhood: with a common start it is the core of a power-law graphex. Solvers, exploitability and finite players are those of any
mean-field game.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from .mean_field_game import MeanFieldGame


def graphon_game(
    game: MeanFieldGame, kernel: ArrayLike, weights: ArrayLike | None = None, initial: ArrayLike | None = None
) -> MeanFieldGame:
    """The game of classes that meet by a kernel W (classes, classes), symmetric and in [0, 1]; states are class·states + state.

    `weights` (classes,) are the classes' shares (equal unless given), `initial` (classes, states) their starts (the game's own).
    Raises ValueError for a kernel that is no such matrix, a class that meets nobody, or a game with listed successors.
    """
    meets = np.asarray(kernel, dtype=float)
    if meets.ndim != 2 or meets.shape[0] != meets.shape[1] or not np.isfinite(meets).all():
        raise ValueError(
            f"kernel must be a finite square matrix, W on a grid of classes (kernel_on_grid makes one); got shape {meets.shape}"
        )
    if meets.min() < 0 or meets.max() > 1 or np.abs(meets - meets.T).max() > 1e-12:
        raise ValueError(
            f"kernel must be symmetric with values in [0, 1], probabilities of edges; got {meets.min():g} to {meets.max():g}"
        )
    classes = len(meets)
    shares = np.full(classes, 1.0 / classes) if weights is None else np.asarray(weights, dtype=float)
    if shares.shape != (classes,) or (shares <= 0).any() or abs(shares.sum() - 1.0) > 1e-9:
        raise ValueError(f"weights must be {classes} positive shares that sum to 1; got {weights!r}")
    if game.successors is not None:
        raise ValueError("game must not list successors: the classes' game lists its own")
    starts = np.tile(game.initial, (classes, 1)) if initial is None else np.asarray(initial, dtype=float)
    if starts.shape != (classes, game.states) or (starts < 0).any() or np.abs(starts.sum(axis=1) - 1.0).max() > 1e-9:
        raise ValueError(f"initial must be probabilities of shape ({classes}, {game.states}); got shape {starts.shape}")
    degree = meets @ shares
    if degree.min() <= 0:
        raise ValueError(f"kernel must let every class meet somebody; class {int(degree.argmin())} meets nobody")
    transition, reward = _class_laws(game.transition, game.reward)
    stays = np.arange(classes)[:, None, None, None] * game.states + np.arange(game.states)
    places = np.broadcast_to(stays, (classes, game.states, game.actions, game.states))
    return replace(
        game,
        initial=(shares[:, None] * starts).ravel(),
        transition=transition,
        reward=reward,
        parameters={"game": game.parameters, "seen": meets / degree[:, None]},
        successors=places.reshape(classes * game.states, game.actions, game.states),
        state_names=tuple(f"{name} of class {index}" for index in range(classes) for name in game.state_names),
    )


def kernel_on_grid(
    kernel: Callable[[Any, Any], Any], classes: int
) -> tuple[Float[np.ndarray, "classes classes"], Float[np.ndarray, " classes"]]:
    """A graphon W(x, y) on [0, 1]² at the middles of equal classes, and their weights. Raises ValueError for fewer than 1 class."""
    if isinstance(classes, bool) or not isinstance(classes, int) or classes < 1:
        raise ValueError(f"classes must be a positive integer; got {classes!r}")
    middle = (np.arange(classes) + 0.5) / classes
    values = np.asarray(kernel(middle[:, None], middle[None, :]), dtype=float)
    return np.broadcast_to(values, (classes, classes)).copy(), np.full(classes, 1.0 / classes)


@cache
def _class_laws(transition: Any, reward: Any) -> tuple[Any, Any]:
    """The laws of all classes from that of one; made once for each pair, so that games of one kind share a program."""

    def seen_by(flow: Any, parameters: Any) -> Any:
        seen = parameters["seen"]
        return jnp.einsum("ab,bxu->axu", seen, flow.reshape(seen.shape[0], -1, flow.shape[1]))

    def of_classes(law: Any, time: Any, flow: Any, parameters: Any) -> Any:
        found = jax.vmap(lambda own: law(time, own, parameters["game"]))(seen_by(flow, parameters))
        return found.reshape(flow.shape[0], *found.shape[2:])

    def class_transition(time: Any, flow: Any, parameters: Any) -> Any:
        return of_classes(transition, time, flow, parameters)

    def class_reward(time: Any, flow: Any, parameters: Any) -> Any:
        return of_classes(reward, time, flow, parameters)

    return class_transition, class_reward
