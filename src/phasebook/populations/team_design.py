"""The best team that a budget buys: an exhaustive search over fan-in, message length and depth with the exact recursion.

Source: the design question of arXiv 2601.17311, with the model as derived in `voting_tree` and `team_budget`. Everything is counted
in tokens; the search uses the exact bias of finite trees, not a predictor, so it stays right where the growth regime ends.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .message_channel import Channel, TableChannel, message_fidelity
from .team_budget import AgentLaw, check_window, largest_fan_in, leaf_bias
from .voting_tree import Shared, Ties, VotingTree, bias_by_level, control_scalar, fixed_point

Regime = Literal["help", "saturate", "collapse"]


@dataclass(frozen=True)
class Situation:
    """What a team is chosen for: the agents' law, their messages, how they fail together, the budget and the context window.

    `budget`, `window`, `minimum_compute` (per leaf) in tokens; `message_price` c_m: compute tokens per message token. Raises
    ValueError naming the field.
    """

    law: AgentLaw
    channel: Channel
    correlation: float
    budget: float
    window: float
    shared: Shared = "received"
    message_price: float = 1.0
    minimum_compute: float = 1.0
    ties: Ties = "refuse"

    def __post_init__(self) -> None:
        VotingTree(3, 1.0, self.correlation, self.shared, self.ties)
        for name in ("budget", "window", "minimum_compute"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0.0):
                raise ValueError(f"{name} must be a positive number of tokens; got {getattr(self, name)!r}")
        if not (math.isfinite(self.message_price) and self.message_price >= 0.0):
            raise ValueError(f"message_price must be a non-negative number; got {self.message_price!r}")


@dataclass(frozen=True)
class TeamDesign:
    """A team: its tree, message length, depth, leaves, compute per leaf, exact root bias and regime.

    `help`: depth still grows the signal; `saturate`: mu_0 alpha^L has passed the fixed point; `collapse`: alpha <= 1, depth washes
    the signal out.
    """

    tree: VotingTree
    message_tokens: float
    depth: int
    leaves: int
    leaf_compute: float
    root_bias: float
    regime: Regime


@dataclass(frozen=True)
class TeamChoice:
    """The best team, what one agent with the whole budget reaches, whether the team beats it, and how many teams were compared."""

    best: TeamDesign
    single_agent_bias: float
    team_wins: bool
    compared: int
    shared: Shared


def evaluate_team(situation: Situation, fan_in: int, message_tokens: float, depth: int) -> TeamDesign:
    """One team in detail, with the compute per leaf that exhausts the budget.

    Raises FanInExceedsWindow, and ValueError where the budget does not pay for the minimum compute per leaf and all messages.
    """
    tree = _team_tree(situation, fan_in, message_tokens)
    if isinstance(depth, bool) or not isinstance(depth, int | np.integer) or depth < 1:
        raise ValueError(f"depth must be an integer of at least 1; got {depth!r}")
    compute = float(_leaf_compute(situation, fan_in, np.array(message_tokens), depth))
    if compute < situation.minimum_compute:
        least = fan_in**depth * (situation.minimum_compute - compute) + situation.budget
        raise ValueError(
            f"budget must pay for {fan_in}**{depth} leaves and their messages, {least:g} tokens; got {situation.budget:g}"
        )
    return _design(situation, tree, message_tokens, depth, compute)


def search_depth(situation: Situation, fan_in: int, message_tokens: float, deepest: int = 40) -> TeamDesign | None:
    """The team of largest exact root bias with this fan-in and message length; None where the budget pays for no tree at all.

    Raises FanInExceedsWindow, and ValueError for a wrong fan-in or message length.
    """
    tree = _team_tree(situation, fan_in, message_tokens)
    designs = []
    for depth in range(1, deepest + 1):
        compute = float(_leaf_compute(situation, fan_in, np.array(message_tokens), depth))
        if compute < situation.minimum_compute:
            break
        designs.append(_design(situation, tree, message_tokens, depth, compute))
    return max(designs, key=lambda design: design.root_bias, default=None)


def search_team(
    situation: Situation, message_lengths: ArrayLike | None = None, deepest: int = 40, largest: int = 201
) -> TeamChoice:
    """The team of largest exact root bias, over odd b <= min(W / m, `largest`), message lengths and depths that are paid for.

    `message_lengths` (tokens, 1-D) defaults to 40 lengths evenly spaced in the logarithm within the window (and the channel's
    table). Raises ValueError where the budget pays for no team of one level.
    """
    lengths = _message_grid(situation) if message_lengths is None else _checked_lengths(message_lengths)
    fidelities = message_fidelity(situation.channel, lengths)
    best, place, compared = -1.0, (0, 0.0, 0), 0
    for fan_in in range(3, min(largest, largest_fan_in(situation.window, float(lengths.min()))) + 1, 2):
        fits = fan_in * lengths <= situation.window
        for depth in range(1, deepest + 1):
            compute = _leaf_compute(situation, fan_in, lengths[fits], depth)
            paid = compute >= situation.minimum_compute
            if not np.any(paid):
                break
            tree = VotingTree(fan_in, fidelities[fits][paid], situation.correlation, situation.shared)
            biases = bias_by_level(tree, leaf_bias(situation.law, compute[paid]), depth)[-1]
            compared += biases.size
            winner = int(np.argmax(biases))
            if biases[winner] > best:
                best, place = float(biases[winner]), (fan_in, float(lengths[fits][paid][winner]), depth)
    if not compared:
        shortest = float(lengths.min())
        check_window(3, shortest, situation.window)
        least = 3 * (situation.minimum_compute + situation.message_price * shortest)
        raise ValueError(
            f"budget must pay for three leaves and their messages, {least:g} tokens; got {situation.budget:g}"
        )
    design = evaluate_team(situation, *place)
    alone = single_agent_bias(situation)
    return TeamChoice(design, alone, design.root_bias > alone, compared, situation.shared)


def single_agent_bias(situation: Situation) -> float:
    """Bias of one agent that spends the whole budget and sends no message: the baseline of every team."""
    return float(leaf_bias(situation.law, situation.budget))


def _team_tree(situation: Situation, fan_in: int, message_tokens: float) -> VotingTree:
    if not message_tokens > 0.0:
        raise ValueError(f"message_tokens must be positive; got {message_tokens!r}")
    check_window(fan_in, message_tokens, situation.window)
    fidelity = float(message_fidelity(situation.channel, message_tokens))
    return VotingTree(fan_in, fidelity, situation.correlation, situation.shared, situation.ties)


def _design(situation: Situation, tree: VotingTree, message_tokens: float, depth: int, compute: float) -> TeamDesign:
    start = float(leaf_bias(situation.law, compute))
    bias = float(bias_by_level(tree, start, depth)[-1])
    return TeamDesign(
        tree, float(message_tokens), int(depth), tree.fan_in**depth, compute, bias, _regime(tree, start, depth)
    )


def _leaf_compute(
    situation: Situation, fan_in: int, message_tokens: NDArray[np.float64], depth: int
) -> NDArray[np.float64]:
    """Compute per leaf that exhausts the budget, x = (B - c_m m E) / N with E = (N - 1) b / (b - 1) edges; negative if too dear."""
    leaves = float(fan_in) ** depth
    edges = (leaves - 1.0) * fan_in / (fan_in - 1)
    return (situation.budget - situation.message_price * message_tokens * edges) / leaves


def _regime(tree: VotingTree, start: float, depth: int) -> Regime:
    alpha = float(control_scalar(tree))
    if alpha <= 1.0:
        return "collapse"
    return "saturate" if start * alpha**depth > float(fixed_point(tree)) else "help"


def _message_grid(situation: Situation) -> NDArray[np.float64]:
    low, high = 1.0, situation.window / 3.0
    if isinstance(situation.channel, TableChannel):
        low, high = situation.channel.tokens[0], min(high, situation.channel.tokens[-1])
    check_window(3, low, situation.window)
    return np.clip(np.geomspace(low, high, 40), low, high)


def _checked_lengths(message_lengths: ArrayLike) -> NDArray[np.float64]:
    lengths = np.asarray(message_lengths, dtype=np.float64)
    if lengths.ndim != 1 or lengths.size == 0 or not np.all(np.isfinite(lengths) & (lengths > 0.0)):
        raise ValueError(f"message_lengths must be a non-empty list of positive numbers; got {message_lengths!r}")
    return lengths
