"""One agent or a team under a budget: cost, closed-form allocation in the growth regime, and the budget threshold.

Source: derived in our own words from the ingredients named in the abstract of arXiv 2601.17311. Compute and budget are in tokens,
biases dimensionless. Growth regime: the root's bias is mu_0(x) N^s, with s the organization exponent of the tree; it ends where
that passes the fixed point mu*.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar

from ..errors import PhasebookError
from .voting_tree import VotingTree, control_scalar


class TeamWarning(UserWarning):
    """A legal but hopeless request: no majority tree can help such agents."""


class FanInExceedsWindow(PhasebookError, ValueError):
    """The messages of one node do not fit the context window; `largest_odd` is the largest odd fan-in that fits (0: none)."""

    def __init__(self, fan_in: int, message_tokens: float, window: float) -> None:
        self.largest_odd = largest_fan_in(window, message_tokens)
        remedy = (
            f"the largest odd fan-in is {self.largest_odd}" if self.largest_odd else "not even three such messages fit"
        )
        super().__init__(
            f"fan_in={fan_in} messages of {message_tokens:g} tokens exceed the window of {window:g} tokens; {remedy}"
        )


@dataclass(frozen=True)
class AgentLaw:
    """Bias of one agent with compute x: min(1, a x^beta), `prefactor` a >= 0 and `exponent` beta in (0, 1).

    Warns (`TeamWarning`) at a = 0 and at beta >= 1/2; raises ValueError for a negative prefactor: a signal worse than chance would
    be amplified the wrong way, and clipping it would hide that.
    """

    prefactor: float
    exponent: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.prefactor) and self.prefactor >= 0.0):
            raise ValueError(
                f"prefactor must be a non-negative number (worse than chance is amplified too); got {self.prefactor!r}"
            )
        if not 0.0 < self.exponent < 1.0:
            raise ValueError(f"exponent must lie in (0, 1); got {self.exponent!r}")
        if self.prefactor == 0.0:
            warnings.warn(
                "prefactor 0: the agents carry no signal, and no team can make one", TeamWarning, stacklevel=3
            )
        if self.exponent >= 0.5:
            warnings.warn(
                f"exponent {self.exponent:g} is at least 1/2: no majority tree of independent votes grows that fast,"
                " so for weak signals one agent with the whole budget wins",
                TeamWarning,
                stacklevel=3,
            )


@dataclass(frozen=True)
class Allocation:
    """Compute per leaf x* (tokens) and, not rounded, the number of leaves N*."""

    leaf_compute: float
    leaves: float


def leaf_bias(law: AgentLaw, compute: ArrayLike) -> NDArray[np.float64]:
    """Bias of one agent with this `compute` (tokens, any shape, >= 0), at most one. Raises ValueError."""
    compute = np.asarray(compute, dtype=np.float64)
    if not np.all(compute >= 0.0):
        raise ValueError(f"compute must not be negative; got {np.min(compute):g}")
    return np.minimum(1.0, law.prefactor * compute**law.exponent)


def largest_fan_in(window: float, message_tokens: float) -> int:
    """The largest odd number of messages, at least three, that fits the window; 0 where none does."""
    most = math.floor(window / message_tokens)
    odd = most - (most + 1) % 2
    return odd if odd >= 3 else 0


def check_window(fan_in: int, message_tokens: float, window: float) -> None:
    """Raise `FanInExceedsWindow` where `fan_in` messages do not fit a context window (tokens)."""
    if fan_in * message_tokens > window:
        raise FanInExceedsWindow(fan_in, message_tokens, window)


def message_overhead(fan_in: int, message_tokens: float, message_price: float = 1.0) -> float:
    """Message cost m' = c_m m b / (b - 1) per leaf of a large tree (tokens)."""
    return message_price * message_tokens * fan_in / (fan_in - 1)


def team_cost(fan_in: int, depth: int, leaf_compute: float, message_tokens: float, message_price: float = 1.0) -> float:
    """Exact budget N x + c_m m (N - 1) b / (b - 1) of a tree with N = b^L leaves: compute, and one message per edge."""
    leaves = fan_in**depth
    return leaves * leaf_compute + (leaves - 1) * message_overhead(fan_in, message_tokens, message_price)


def growth_allocation(organization: float, exponent: float, overhead: float, budget: float) -> Allocation:
    """Best split of a budget in the growth regime: x* = beta m' / (s - beta), N* = B / (x* + m').

    x* does not depend on the budget. Raises ValueError unless s > beta, overhead > 0 and the budget pays for one leaf.
    """
    _check_exponents(organization, exponent, overhead)
    if organization <= exponent:
        raise ValueError(
            f"organization exponent must exceed the agent's {exponent:g} (else more leaves never pay); got {organization:g}"
        )
    leaf = exponent * overhead / (organization - exponent)
    if not budget >= leaf + overhead:
        raise ValueError(f"budget must pay for one leaf and its messages, {leaf + overhead:g} tokens; got {budget:g}")
    return Allocation(leaf, budget / (leaf + overhead))


def feasible_allocation(organization: float, exponent: float, overhead: float, budget: float) -> Allocation:
    """`growth_allocation` where a team can be the best use of the budget, else one agent: x = B, N = 1.

    One agent it is where s <= beta (the best x grows beyond all bounds as s falls to beta), and where the budget does not pay for
    one leaf and its messages. Raises ValueError for wrong exponents, overhead or budget.
    """
    _check_exponents(organization, exponent, overhead)
    if not (math.isfinite(budget) and budget > 0.0):
        raise ValueError(f"budget must be a positive number of tokens; got {budget!r}")
    if organization <= exponent or budget < overhead * organization / (organization - exponent):
        return Allocation(budget, 1.0)
    return growth_allocation(organization, exponent, overhead, budget)


def budget_threshold(organization: float, exponent: float, overhead: float) -> float:
    """Budget B* = [(x* + m')^s / x*^beta]^(1 / (s - beta)) above which the tree wins; infinite where s <= beta."""
    _check_exponents(organization, exponent, overhead)
    if organization <= exponent:
        return math.inf
    leaf = exponent * overhead / (organization - exponent)
    logarithm = organization * math.log(leaf + overhead) - exponent * math.log(leaf)
    return math.exp(logarithm / (organization - exponent))


def searched_allocation(organization: float, exponent: float, overhead: float, budget: float) -> Allocation:
    """The allocation found by searching the logarithm of x numerically: another road to `growth_allocation`. Raises ValueError."""
    growth_allocation(organization, exponent, overhead, budget)

    def loss(log_leaf: float) -> float:
        return organization * math.log(math.exp(log_leaf) + overhead) - exponent * log_leaf

    found = minimize_scalar(
        loss, bounds=(math.log(1e-9 * overhead), math.log(budget)), method="bounded", options={"xatol": 1e-12}
    )
    leaf = math.exp(found.x)
    return Allocation(leaf, budget / (leaf + overhead))


def searched_threshold(organization: float, exponent: float, overhead: float) -> float:
    """The budget at which the searched allocation ties with one agent, by root finding: another road to `budget_threshold`."""
    if not math.isfinite(budget_threshold(organization, exponent, overhead)):
        return math.inf

    def advantage(log_budget: float) -> float:
        budget = math.exp(log_budget)
        best = searched_allocation(organization, exponent, overhead, budget)
        return exponent * math.log(best.leaf_compute) + organization * math.log(best.leaves) - exponent * log_budget

    smallest = math.log(overhead * (1.0 + exponent / (organization - exponent))) + 1e-9
    return math.exp(brentq(advantage, smallest, smallest + 500.0, xtol=1e-12))


def integer_depth_gain(
    tree: VotingTree, exponent: float, overhead: float, budgets: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Ratio of the best tree's growth-regime bias to one agent's with the WHOLE budget, and the best depth (0: no tree).

    For each budget (tokens), the maximum over integer depths L >= 1 with b^L m' < B of (B / b^L - m')^beta alpha^L / B^beta; 0
    where no depth is affordable. The prefactor cancels. Raises ValueError.
    """
    if not tree.is_single:
        raise ValueError("fidelity and correlation must be numbers here")
    _check_exponents(0.0, exponent, overhead)
    budgets = np.asarray(budgets, dtype=np.float64)
    if not np.all(budgets > 0.0):
        raise ValueError(f"budgets must be positive; got {np.min(budgets):g}")
    deepest = max(1, int(math.log(float(np.max(budgets)) / overhead) / math.log(tree.fan_in)) + 1)
    depths = np.arange(1, deepest + 1).reshape(-1, *([1] * budgets.ndim))
    leaf = np.maximum(budgets / float(tree.fan_in) ** depths - overhead, 0.0)
    gains = (leaf / budgets) ** exponent * float(control_scalar(tree)) ** depths
    best = gains.max(axis=0)
    return best, np.where(best > 0.0, gains.argmax(axis=0) + 1, 0)


def _check_exponents(organization: float, exponent: float, overhead: float) -> None:
    if math.isnan(organization):
        raise ValueError("organization exponent must be a number; got nan")
    if not exponent > 0.0:
        raise ValueError(f"exponent must be positive; got {exponent!r}")
    if not (math.isfinite(overhead) and overhead > 0.0):
        raise ValueError(f"overhead must be a positive number of tokens; got {overhead!r}")
