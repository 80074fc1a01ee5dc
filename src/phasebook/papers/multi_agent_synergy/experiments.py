"""Experiments: trees of votes, what a budget buys, averaging teams, and teams of a user's own agents."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import populations
from ...claims import Along, File, Help, Level, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Fidelity = Annotated[float, Range(0.0, 1.0, "factor by which one message multiplies a vote's bias")]
Correlation = Annotated[float, Range(0.0, 1.0, "probability that all messages of a node are one message")]
FanIn = Annotated[int, Range(3, 101, "messages per node; odd, or even with ties=coin")]
Shared = Annotated[
    Literal["received", "sent"], Help("what a shared failure makes equal: received messages or the children's votes")
]
Ties = Annotated[Literal["refuse", "coin"], Help("what an even number of votes does")]
Budget = Annotated[float, Range(1.0, 1e12, "compute and messages of all agents together", "tokens")]
Trees = Annotated[int, Range(2, 1_000_000, "simulated trees for each value")]
ANSWERS = File(
    "phasebook.populations.team_records:read_answers",
    "your agents' answers: columns agent, task, compute, correct",
    (".csv", ".json"),
)
MESSAGES = File(
    "phasebook.populations.team_records:read_messages",
    "your agents' messages: columns m (tokens), sent, received",
    (".csv", ".json"),
)
VOTES = {
    "bias": "μ = 2 · accuracy − 1; the right answer is +1",
    "shared failures": "received: the messages of a node become one (the default); sent: its children's votes do",
}


@paper.experiment(show=("final_bias",), boundary=Level("control_scalar_theory", 1.0, "α = 1"), conventions=VOTES)
def root_bias(
    fan_in: FanIn = 3,
    fidelity: Fidelity = 0.85,
    correlation: Correlation = 0.1,
    leaf_bias: Annotated[float, Range(-1.0, 1.0, "bias of a leaf's vote")] = 0.1,
    depth: Annotated[int, Range(1, 16, "levels of the tree")] = 8,
    shared: Shared = "received",
    ties: Ties = "refuse",
) -> xr.Dataset:
    """Bias of a vote at each level of a tree of majority votes: exact recursion beside simulated trees.

    Variables: root_bias_theory (level), final_bias_theory (at the root), control_scalar_theory, critical_fidelity_theory,
    organization_exponent_theory and fixed_point_theory, all dimensionless. Source: arXiv 2601.17311 (derived, see
    `populations.voting_tree`).
    """
    tree = populations.VotingTree(fan_in, fidelity, correlation, shared, ties)
    return populations.level_biases(tree, leaf_bias, depth)


@root_bias.measurement
def simulated_root_bias(
    fan_in: int,
    fidelity: float,
    correlation: float,
    leaf_bias: float,
    depth: int,
    shared: Shared,
    ties: Ties,
    *,
    trees: Trees = 4000,
    seed: int,
) -> xr.Dataset:
    """Mean answer at the root of simulated trees of each depth, with independent trees for each (so errors are independent)."""
    tree = populations.VotingTree(fan_in, fidelity, correlation, shared, ties)
    return populations.simulated_level_biases(tree, leaf_bias, depth, trees, seed)


@paper.experiment(
    show=("team_gain",),
    along=Along("budget", 120.0, 1.2e7, count=101, scale="log"),
    boundary=Level("exponent_margin_theory", 0.0, "s = β"),
    conventions={
        **VOTES,
        "one agent": "spends the whole budget itself and sends no message",
        "a team that the budget cannot pay": "has depth, leaves and bias 0",
    },
)
def allocation(
    beta: Annotated[float, Range(0.01, 0.99, "exponent of one agent's bias a x^β with compute x")] = 0.2,
    fan_in: FanIn = 5,
    fidelity: Fidelity = 0.9,
    correlation: Correlation = 0.1,
    message_length: Annotated[float, Range(1.0, 1e6, "length of one message", "tokens")] = 20.0,
    budget: Budget = 1e5,
    prefactor: Annotated[float, Range(1e-9, 1.0, "bias a of one agent with one token of compute")] = 0.02,
    message_price: Annotated[float, Range(0.01, 100.0, "price of a message token, in tokens of compute")] = 1.0,
    shared: Shared = "received",
    ties: Ties = "refuse",
) -> xr.Dataset:
    """One agent or a team, and how to split the budget: closed form of the growth regime beside the exact best depth.

    Theory: compute per leaf x* (tokens), number of leaves N*, the budget from which a team wins, and what is best; where the
    organization exponent s does not exceed β, the threshold is infinite, x* the whole budget and N* one. Exact: the number of
    levels of largest bias, and one agent. Source: arXiv 2601.17311 (derived, see `populations.team_budget`).
    """
    tree = populations.VotingTree(fan_in, fidelity, correlation, shared, ties)
    law = _law(prefactor, beta)
    return populations.spent_budget(law, tree, message_length, budget, message_price)


@allocation.measurement
def simulated_allocation(
    beta: float,
    fan_in: int,
    fidelity: float,
    correlation: float,
    message_length: float,
    budget: float,
    prefactor: float,
    message_price: float,
    shared: Shared,
    ties: Ties,
    *,
    trees: Trees = 20_000,
    seed: int,
) -> xr.Dataset:
    """Mean answer of the best team, simulated vote by vote and message by message."""
    tree = populations.VotingTree(fan_in, fidelity, correlation, shared, ties)
    law = _law(prefactor, beta)
    return populations.simulated_spent_budget(law, tree, message_length, budget, message_price, trees=trees, seed=seed)


@paper.experiment(show=("risk",), logarithmic=("agents", "risk"))
def averaging(
    leaf_stddev: Annotated[float, Range(0.01, 100.0, "standard deviation σ of one agent's error")] = 1.0,
    correlation: Annotated[float, Range(0.0, 1.0, "correlation of two agents' errors")] = 0.2,
    message_stddev: Annotated[float, Range(0.0, 100.0, "standard deviation τ of the noise of one message")] = 0.3,
    fan_in: Annotated[int, Range(2, 10, "estimates that a node of the tree averages")] = 3,
    depth: Annotated[int, Range(4, 10, "levels of the largest tree; teams have fan-in^level agents")] = 6,
) -> xr.Dataset:
    """Agents that average estimates along a star, a chain or a tree: mean squared error against the team's size.

    Variables: risk_theory (agents, topology), risk_floor_theory (topology; infinite for a noisy chain) and
    best_chain_length_theory. Source: continuous warm-up of arXiv 2601.17311 (derived, see `populations.averaging_teams`).
    """
    team = populations.AveragingTeam(1, leaf_stddev, correlation, message_stddev, fan_in)
    return populations.averaging_risks(team, depth)


@averaging.measurement
def simulated_averaging(
    leaf_stddev: float,
    correlation: float,
    message_stddev: float,
    fan_in: int,
    depth: int,
    *,
    teams: Annotated[int, Range(2, 1_000_000, "simulated teams of each size and topology")] = 2000,
    seed: int,
) -> xr.Dataset:
    """Mean squared error of simulated teams, agent by agent and message by message."""
    team = populations.AveragingTeam(1, leaf_stddev, correlation, message_stddev, fan_in)
    return populations.simulated_averaging_risks(team, depth, teams, seed)


@paper.experiment(show=("agent_bias", "fidelity"), logarithmic=("compute",), conventions=VOTES)
def own_team(
    answers: Annotated[Literal["synthetic"] | UserFile, ANSWERS] = "synthetic",
    messages: Annotated[Literal["synthetic"] | UserFile, MESSAGES] = "synthetic",
    budget: Budget = 1e5,
    window: Annotated[float, Range(3.0, 1e8, "what one agent can read: all messages of a node", "tokens")] = 4000.0,
    shared: Shared = "received",
) -> xr.Dataset:
    """One agent or a team, for agents that you measured: fitted law and fidelities, and the best team that the budget buys.

    Compute per leaf is not below the smallest that was measured. Source: `populations.team_calibration`, `populations.team_design`.
    """
    found = _calibration(answers, messages, seed=0)
    return populations.recommended_team(found, found.situation(budget, window, shared))


@own_team.measurement
def measured_own_team(
    answers: Any, messages: Any, budget: float, window: float, shared: Shared, *, trees: Trees = 4000, seed: int
) -> xr.Dataset:
    """What the records say, with standard errors (tasks are resampled), and the recommended team simulated."""
    found = _calibration(answers, messages, seed)
    return populations.measured_team(found, found.situation(budget, window, shared), trees, seed)


def _law(prefactor: float, beta: float) -> populations.AgentLaw:
    """A law without the warning that no tree helps agents with β ≥ 1/2: the regime says it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", populations.TeamWarning)
        return populations.AgentLaw(prefactor, beta)


def _calibration(answers: Any, messages: Any, seed: int) -> populations.TeamCalibration:
    """The numbers of the user's agents; of synthetic ones where neither file is given."""
    if isinstance(answers, UserFile) and isinstance(messages, UserFile):
        records = answers.content, messages.content
    elif isinstance(answers, UserFile) or isinstance(messages, UserFile):
        missing = "messages" if isinstance(answers, UserFile) else "answers"
        raise ValueError(f"{missing} must be a file too: real agents and synthetic ones don't mix; got 'synthetic'")
    else:
        records = populations.example_records()
    return populations.calibrate_team(*records, seed=seed)
