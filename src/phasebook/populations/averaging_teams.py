"""Teams that average estimates instead of voting: the risk of a star, a chain and a tree, and its Monte Carlo.

Each of N agents estimates a number theta with error variance sigma^2 and pairwise correlation rho between errors; every message
adds independent noise of variance tau^2. Risks are mean squared errors in the squared units of theta. Source: the continuous
warm-up of arXiv 2601.17311 (formulas derived in our own words; the paper's text was not at hand).
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..numerics.measured import Measured

Topology = Literal["star", "chain", "tree", "hierarchical"]
_BLOCK_NUMBERS = 2**22


@dataclass(frozen=True)
class AveragingTeam:
    """`agents` N, error `leaf_stddev` sigma, `correlation` rho in [0, 1], `message_stddev` tau, and `fan_in` b of a tree.

    Raises ValueError naming the field.
    """

    agents: int
    leaf_stddev: float = 1.0
    correlation: float = 0.0
    message_stddev: float = 0.0
    fan_in: int = 3

    def __post_init__(self) -> None:
        for name, least in (("agents", 1), ("fan_in", 2)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise ValueError(f"{name} must be an integer of at least {least}; got {value!r}")
        for name in ("leaf_stddev", "message_stddev"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise ValueError(f"{name} must be a non-negative number; got {getattr(self, name)!r}")
        if not 0.0 <= self.correlation <= 1.0:
            raise ValueError(f"correlation must lie in [0, 1]; got {self.correlation!r}")


def averaging_risk(team: AveragingTeam, topology: Topology) -> float:
    """Mean squared error of the team's estimate.

    star: every agent sends once to the center; chain: a running mean is passed on; tree: nodes average b messages (N = b^L);
    hierarchical: a tree whose correlation rho acts anew between the children of every node. Raises ValueError.
    """
    size, noise = team.agents, team.message_stddev**2
    if topology == "star":
        return _pooled(team) + noise / size
    if topology == "chain":
        return _pooled(team) + noise * (size - 1) * (2 * size - 1) / (6 * size)
    if topology == "tree":
        tree_depth(team)
        return _pooled(team) + noise * (1.0 - 1.0 / size) / (team.fan_in - 1)
    if topology == "hierarchical":
        variance = team.leaf_stddev**2
        for _ in range(tree_depth(team)):
            variance = variance * (team.correlation + (1.0 - team.correlation) / team.fan_in) + noise / team.fan_in
        return variance
    raise ValueError(f"topology must be star, chain, tree or hierarchical; got {topology!r}")


def risk_floor(team: AveragingTeam, topology: Topology) -> float:
    """Limit of the risk for ever more agents; infinite for a chain with noisy messages.

    star: rho sigma^2; tree: rho sigma^2 + tau^2 / (b - 1); hierarchical: tau^2 / ((1 - rho)(b - 1)). Raises ValueError.
    """
    shared, noise = team.correlation * team.leaf_stddev**2, team.message_stddev**2
    if topology == "star":
        return shared
    if topology == "chain":
        return math.inf if noise > 0.0 else shared
    if topology == "tree":
        return shared + noise / (team.fan_in - 1)
    if topology == "hierarchical":
        if team.correlation == 1.0:
            return math.inf if noise > 0.0 else team.leaf_stddev**2
        return noise / ((1.0 - team.correlation) * (team.fan_in - 1))
    raise ValueError(f"topology must be star, chain, tree or hierarchical; got {topology!r}")


def best_chain_length(team: AveragingTeam) -> tuple[int, float]:
    """Number of agents that minimizes a chain's risk, and its large-N form sqrt(3 (1 - rho)) sigma / tau.

    The risk is a constant plus A / N + tau^2 N / 3, least at N = sqrt(3 (1 - rho) sigma^2 / tau^2 + 1/2); the better integer beside
    it is returned. `team.agents` is not used. Raises ValueError where messages are free of noise (longer is always better).
    """
    if team.message_stddev == 0.0:
        raise ValueError(
            "message_stddev must be positive for a best chain length; without noise longer is always better"
        )
    asymptote = math.sqrt(3.0 * (1.0 - team.correlation)) * team.leaf_stddev / team.message_stddev
    shorter = max(1, math.floor(math.hypot(asymptote, math.sqrt(0.5))))
    best = min((shorter, shorter + 1), key=lambda agents: averaging_risk(replace(team, agents=agents), "chain"))
    return best, asymptote


def simulate_averaging_risk(team: AveragingTeam, topology: Topology, teams: int, seed: int) -> Measured:
    """Mean squared error over independently simulated `teams`, agent by agent and message by message.

    Errors share one Gaussian component of weight rho; in the hierarchical tree, with probability rho, the children of a node all
    hold the first child's estimate. Knows no risk formula. Raises ValueError.
    """
    if topology not in ("star", "chain", "tree", "hierarchical"):
        raise ValueError(f"topology must be star, chain, tree or hierarchical; got {topology!r}")
    if isinstance(teams, bool) or not isinstance(teams, int | np.integer) or teams < 2:
        raise ValueError(f"teams must be an integer of at least 2; got {teams!r}")
    if topology in ("tree", "hierarchical"):
        tree_depth(team)
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK_NUMBERS // team.agents)
    squares = [
        _one_block(team, topology, min(block, teams - start), generator) ** 2 for start in range(0, teams, block)
    ]
    errors = np.concatenate(squares)
    return Measured(float(errors.mean()), float(errors.std(ddof=1) / math.sqrt(teams)), teams - 1.0, seed)


def tree_depth(team: AveragingTeam) -> int:
    """Depth L of the tree with N = b^L leaves; raises ValueError where N is no power of the fan-in."""
    depth, leaves = 0, 1
    while leaves < team.agents:
        leaves *= team.fan_in
        depth += 1
    if leaves != team.agents:
        raise ValueError(f"agents must be a power of fan_in={team.fan_in} for a tree; got {team.agents}")
    return depth


def _pooled(team: AveragingTeam) -> float:
    return team.leaf_stddev**2 * (team.correlation + (1.0 - team.correlation) / team.agents)


def _one_block(
    team: AveragingTeam, topology: Topology, teams: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Errors of the final estimates of `teams` teams (theta is zero, without loss of generality)."""
    rho = 0.0 if topology == "hierarchical" else team.correlation
    common = generator.standard_normal((teams, 1))
    own = generator.standard_normal((teams, team.agents))
    estimates = team.leaf_stddev * (math.sqrt(rho) * common + math.sqrt(1.0 - rho) * own)

    def sent(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values + team.message_stddev * generator.standard_normal(values.shape)

    if topology == "star":
        return sent(estimates).mean(axis=1)
    if topology == "chain":
        running = estimates[:, 0]
        for k in range(2, team.agents + 1):
            running = (sent(running) * (k - 1) + estimates[:, k - 1]) / k
        return running
    while estimates.shape[1] > 1:
        children = estimates.reshape(teams, -1, team.fan_in)
        if topology == "hierarchical":
            together = generator.random(children.shape[:2]) < team.correlation
            children = np.where(together[:, :, None], children[:, :, :1], children)
        estimates = sent(children).mean(axis=2)
    return estimates[:, 0]
