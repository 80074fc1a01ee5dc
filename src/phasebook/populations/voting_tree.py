"""Trees of majority votes with lossy messages and shared failures: the level map, its threshold and its fixed point.

Model: Liu, Kong and Pei, "Phase transition for budgeted multi-agent synergy" (arXiv 2601.17311). The text of the paper was not at
hand; the equations are derived in our own words from the ingredients that its abstract names. All quantities are dimensionless.

A leaf answers a yes-or-no task with bias mu (accuracy (1 + mu) / 2). Each message is flipped with probability (1 - gamma) / 2.
At each inner node, with probability rho, all messages are one message: `shared="received"` makes the received messages equal,
`shared="sent"` makes the children equal and leaves their channels independent. The node answers with the majority.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from ..errors import NotConverged
from .majority_vote import majority_bias, majority_derivative, majority_slope, odd_fan_in

Shared = Literal["received", "sent"]
Ties = Literal["refuse", "coin"]
Predictor = Literal["exact", "clipped", "smooth"]
Method = Literal["auto", "closed_form", "brent", "newton"]


@dataclass(frozen=True)
class VotingTree:
    """One level of a tree of majority votes, repeated at every level.

    `fan_in` b: messages per inner node (odd, at least 3; even only with `ties="coin"`). `fidelity` gamma in [0, 1]: factor by which
    a message multiplies the bias. `correlation` rho in [0, 1]: probability of a shared failure at a node. `fidelity` and
    `correlation` may be arrays that broadcast: a grid of trees. Raises ValueError naming the field.
    """

    fan_in: int = 3
    fidelity: float | NDArray[np.float64] = 1.0
    correlation: float | NDArray[np.float64] = 0.0
    shared: Shared = "received"
    ties: Ties = "refuse"

    def __post_init__(self) -> None:
        odd_fan_in(self.fan_in)
        object.__setattr__(self, "fan_in", int(self.fan_in))
        if self.ties not in ("refuse", "coin"):
            raise ValueError(f"ties must be 'refuse' or 'coin'; got {self.ties!r}")
        if self.fan_in % 2 == 0 and self.ties != "coin":
            raise ValueError(
                f"fan_in must be odd, because {self.fan_in} votes can tie; got {self.fan_in}"
                f" (ties='coin' allows it, and then it votes exactly like {self.fan_in - 1})"
            )
        if self.shared not in ("received", "sent"):
            raise ValueError(f"shared must be 'received' or 'sent'; got {self.shared!r}")
        for name in ("fidelity", "correlation"):
            object.__setattr__(self, name, _fraction(name, getattr(self, name)))

    @property
    def is_single(self) -> bool:
        """Whether fidelity and correlation are numbers, not arrays."""
        return isinstance(self.fidelity, float) and isinstance(self.correlation, float)


def level_map(tree: VotingTree, bias: ArrayLike) -> NDArray[np.float64]:
    """Bias F(mu) of an inner node whose children have this `bias`; broadcasts over bias and the tree's arrays.

    received: rho gamma mu + (1 - rho) f_b(gamma mu); sent: rho mu f_b(gamma) + (1 - rho) f_b(gamma mu). F is odd, increasing and
    concave on [0, 1], so a negative bias is amplified as well. Raises ValueError for a bias outside [-1, 1].
    """
    bias = np.asarray(bias, dtype=np.float64)
    independent = majority_bias(tree.fidelity * bias, tree.fan_in)
    together = bias * _shared_fidelity(tree)
    return np.asarray(tree.correlation * together + (1.0 - tree.correlation) * independent)


def control_scalar(tree: VotingTree) -> float | NDArray[np.float64]:
    """Slope alpha = F'(0) of the level map: depth amplifies a weak signal where it is above one and washes it out otherwise."""
    amplified = tree.fidelity * majority_slope(tree.fan_in)
    return _as_given(tree.correlation * _shared_fidelity(tree) + (1.0 - tree.correlation) * amplified)


def critical_fidelity(fan_in: int, correlation: float = 0.0, shared: Shared = "received") -> float:
    """Fidelity at which the control scalar is one: 1 / (rho + (1 - rho) kappa_b) for `received`, a root for `sent`."""
    tree = VotingTree(fan_in, 1.0, correlation, shared, ties="coin")
    if not tree.is_single:
        raise ValueError("correlation must be one number here")
    if shared == "received":
        return float(1.0 / (tree.correlation + (1.0 - tree.correlation) * majority_slope(fan_in)))
    if tree.correlation == 1.0:
        return 1.0
    return float(brentq(lambda fidelity: control_scalar(replace(tree, fidelity=fidelity)) - 1.0, 0.0, 1.0, xtol=1e-15))


def critical_correlation(fan_in: int, fidelity: float, shared: Shared = "received") -> float:
    """Correlation at which the control scalar is one; negative where even independent messages are too lossy.

    received: (kappa_b - 1 / gamma) / (kappa_b - 1); sent: (gamma kappa_b - 1) / (gamma kappa_b - f_b(gamma)).
    Raises ValueError for a fidelity outside (0, 1].
    """
    tree = VotingTree(fan_in, fidelity, 0.0, shared, ties="coin")
    if not tree.is_single or tree.fidelity == 0.0:
        raise ValueError(f"fidelity must be one number in (0, 1]; got {fidelity!r}")
    amplified = tree.fidelity * majority_slope(fan_in)
    return float((amplified - 1.0) / (amplified - _shared_fidelity(tree)))


def organization_exponent(tree: VotingTree) -> float | NDArray[np.float64]:
    """Exponent s = ln alpha / ln b of growth with the number of leaves, mu_L ~ mu_0 N^s; -inf where nothing passes (alpha = 0)."""
    with np.errstate(divide="ignore"):
        return _as_given(np.log(control_scalar(tree)) / math.log(tree.fan_in))


def fixed_point(tree: VotingTree, method: Method = "auto") -> float | NDArray[np.float64]:
    """Attracting bias mu* of infinitely deep trees: 0 where alpha <= 1, else the root of F(mu) = mu in (0, 1].

    `closed_form` (b = 3 or 4): sqrt(2 (alpha - 1) / ((1 - rho) gamma^3)). `brent`: root of F(mu) / mu - 1, which decreases; plain
    iteration crawls near threshold. `newton`: another road, descending from mu = 1 along F(mu) - mu (concave, hence monotone) with
    the derivative known in closed form; works on whole grids. `auto`: closed form where there is one, else Brent.
    At gamma = rho = 1 the level map is the identity, nothing attracts, and 0 is returned. Raises ValueError, NotConverged.
    """
    if method not in ("auto", "closed_form", "brent", "newton"):
        raise ValueError(f"method must be auto, closed_form, brent or newton; got {method!r}")
    cubic = odd_fan_in(tree.fan_in) == 3
    if method == "closed_form" and not cubic:
        raise ValueError(f"closed_form needs fan_in 3 (or 4 with a coin); got {tree.fan_in}")
    if method == "newton":
        return _as_given(_descend_from_one(tree))
    if cubic and method != "brent":
        return _as_given(_cubic_fixed_point(tree))
    fidelity, correlation = np.broadcast_arrays(tree.fidelity, tree.correlation)
    roots = [
        _bracketed_fixed_point(replace(tree, fidelity=gamma, correlation=rho))
        for gamma, rho in zip(fidelity.flat, correlation.flat, strict=True)
    ]
    return _as_given(np.array(roots).reshape(fidelity.shape))


def bias_by_level(
    tree: VotingTree, leaf_bias: ArrayLike, depth: int, predictor: Predictor = "exact"
) -> NDArray[np.float64]:
    """Bias at every level, leaves first; shape (depth + 1, *broadcast shape of leaf bias and tree).

    `exact` for finite trees, because subtrees are independent given the right answer: a negative leaf bias stays negative and is
    amplified the wrong way, nothing is clipped. The closed-form predictors are those of `root_bias`. Raises ValueError.
    """
    _check_depth(depth)
    if predictor != "exact":
        return _predicted_bias(tree, leaf_bias, np.arange(depth + 1), predictor)
    shape = np.broadcast_shapes(np.shape(leaf_bias), np.shape(tree.fidelity), np.shape(tree.correlation))
    levels = np.empty((depth + 1, *shape))
    levels[0] = _checked_bias(leaf_bias)
    for level in range(depth):
        levels[level + 1] = level_map(tree, levels[level])
    return levels


def root_bias(
    tree: VotingTree, leaf_bias: ArrayLike, depth: int, predictor: Predictor = "exact"
) -> float | NDArray[np.float64]:
    """Bias of the root of a tree of this `depth`, exact or by one of two closed-form predictors; broadcasts.

    `clipped` min(mu*, alpha^L mu_0) is an upper bound for mu_0 <= mu* (concavity). `smooth` mu* / sqrt(1 + ((mu* / mu_0)^2 - 1)
    alpha^(-2 L)) is close to the exact curve and bounds it on neither side. Where alpha <= 1 both are alpha^L mu_0. The predictors
    need a leaf bias in [0, 1]. Raises ValueError.
    """
    if predictor == "exact":
        return _as_given(bias_by_level(tree, leaf_bias, depth)[-1])
    _check_depth(depth)
    return _as_given(_predicted_bias(tree, leaf_bias, np.array([depth]), predictor)[0])


def mixing_depth(tree: VotingTree, leaf_bias: ArrayLike) -> float | NDArray[np.float64]:
    """Depth ln(mu* / mu_0) / ln alpha beyond which further levels waste budget; infinite where alpha <= 1, zero where mu_0 >= mu*.

    Raises ValueError unless every leaf bias lies in (0, 1].
    """
    leaf = _checked_bias(leaf_bias)
    if np.any(leaf <= 0.0):
        raise ValueError(f"leaf_bias must be positive for a mixing depth; got {np.min(leaf):g}")
    alpha, ceiling = np.asarray(control_scalar(tree)), np.asarray(fixed_point(tree))
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.maximum(0.0, np.log(ceiling / leaf) / np.log(alpha))
    return _as_given(np.where(alpha > 1.0, depth, np.inf))


def _shared_fidelity(tree: VotingTree) -> float | NDArray[np.float64]:
    """Factor on the bias when a node's messages are one: one channel's, or the majority of b channels' on one child."""
    return tree.fidelity if tree.shared == "received" else majority_bias(tree.fidelity, tree.fan_in)


def _predicted_bias(
    tree: VotingTree, leaf_bias: ArrayLike, levels: NDArray[np.int64], predictor: Predictor
) -> NDArray[np.float64]:
    """A closed-form predictor at each of these levels, shape (levels, *broadcast shape of leaf bias and tree)."""
    if predictor not in ("clipped", "smooth"):
        raise ValueError(f"predictor must be exact, clipped or smooth; got {predictor!r}")
    leaf = _checked_bias(leaf_bias)
    if np.any(leaf < 0.0):
        raise ValueError(f"leaf_bias must not be negative for the {predictor} predictor; got {np.min(leaf):g}")
    alpha, ceiling = np.asarray(control_scalar(tree)), np.asarray(fixed_point(tree))
    amplifies = np.broadcast_to(alpha > 1.0, np.broadcast_shapes(leaf.shape, alpha.shape))
    growth = alpha ** levels.reshape(-1, *([1] * amplifies.ndim))
    if predictor == "clipped":
        return np.where(amplifies, np.minimum(ceiling, growth * leaf), growth * leaf)
    # Written with mu_0 in front, so that mu_0 = 0 gives 0; the ceiling is replaced where it is zero and not used.
    height = np.where(alpha > 1.0, ceiling, 1.0)
    curved = leaf * growth / np.sqrt(1.0 + (leaf / height) ** 2 * (growth**2 - 1.0))
    return np.where(amplifies, curved, growth * leaf)


def _cubic_fixed_point(tree: VotingTree) -> NDArray[np.float64]:
    """F(mu) = alpha mu - (1 - rho) gamma^3 mu^3 / 2 at b = 3, for either kind of shared failure."""
    excess = np.maximum(np.asarray(control_scalar(tree)) - 1.0, 0.0)
    curvature = np.broadcast_to((1.0 - tree.correlation) * np.asarray(tree.fidelity) ** 3, excess.shape)
    amplifies = excess > 0.0
    squared = np.divide(2.0 * excess, curvature, out=np.zeros_like(excess), where=amplifies)
    return np.minimum(1.0, np.sqrt(squared))


def _bracketed_fixed_point(tree: VotingTree) -> float:
    excess = float(control_scalar(tree)) - 1.0
    if excess <= 0.0:
        return 0.0

    def surplus(bias: float) -> float:
        return float(level_map(tree, bias)) / bias - 1.0

    if surplus(1.0) >= 0.0:
        return 1.0
    # The leading series root lies within a factor two of the root near threshold; far below it the surplus is the excess.
    low = min(1.0, 1e-3 * math.sqrt(excess))
    if surplus(low) <= 0.0:
        raise NotConverged(f"the control scalar exceeds one by {excess:g} only, below what float64 resolves")
    return float(brentq(surplus, low, 1.0, xtol=1e-16, rtol=1e-14, maxiter=200))


def _descend_from_one(tree: VotingTree, steps: int = 200) -> NDArray[np.float64]:
    alpha = np.asarray(control_scalar(tree))
    bias = np.where(alpha > 1.0, 1.0, 0.0)
    for _ in range(steps):
        independent = (1.0 - tree.correlation) * tree.fidelity * majority_derivative(tree.fidelity * bias, tree.fan_in)
        slope = tree.correlation * _shared_fidelity(tree) + independent - 1.0
        distance = level_map(tree, bias) - bias
        step = np.divide(distance, slope, out=np.zeros_like(bias), where=(alpha > 1.0) & (slope < 0.0))
        bias = np.clip(bias - step, 0.0, 1.0)
        if np.all(np.abs(step) <= 1e-14 * bias):
            return bias
    if np.all(np.abs(step) <= 1e-9 * bias):  # rounding of the level map is all that is left near threshold
        return bias
    raise NotConverged(
        f"Newton's descent left a step of {np.max(np.abs(step)):g} after {steps} steps; use method='brent'"
    )


def _fraction(name: str, value: ArrayLike) -> float | NDArray[np.float64]:
    given = np.array(value, dtype=np.float64)
    if not np.all((given >= 0.0) & (given <= 1.0)):
        wrong = given[~((given >= 0.0) & (given <= 1.0))].flat[0]
        raise ValueError(f"{name} must lie in [0, 1]; got {wrong:g}")
    given.setflags(write=False)
    return _as_given(given)


def _checked_bias(leaf_bias: ArrayLike) -> NDArray[np.float64]:
    leaf = np.asarray(leaf_bias, dtype=np.float64)
    if not np.all(np.abs(leaf) <= 1.0):
        raise ValueError(f"leaf_bias must lie in [-1, 1]; got {leaf[~(np.abs(leaf) <= 1.0)].flat[0]:g}")
    return leaf


def _check_depth(depth: int) -> None:
    if isinstance(depth, bool) or not isinstance(depth, int | np.integer) or depth < 0:
        raise ValueError(f"depth must be a non-negative integer; got {depth!r}")


def _as_given(value: ArrayLike) -> float | NDArray[np.float64]:
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array
