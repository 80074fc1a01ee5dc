"""Results about teams as labelled Datasets: what theory, simulation and records say of the same observables, side by side.

Names say the road: `_theory` (closed forms), `_exact` (recursion and search), `_simulation` with `_stderr`, `_data` (the user's).
Biases and risks are in the units of the modules that compute them; budgets, compute and message lengths in tokens.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from ..numerics import labeled
from ..numerics.measured import Measured
from .averaging_teams import (
    AveragingTeam,
    Topology,
    averaging_risk,
    best_chain_length,
    risk_floor,
    simulate_averaging_risk,
)
from .message_channel import ConstantChannel
from .team_budget import AgentLaw, budget_threshold, feasible_allocation, leaf_bias, message_overhead
from .team_calibration import TeamCalibration
from .team_design import Situation, TeamDesign, search_depth, search_team
from .voting_tree import (
    VotingTree,
    bias_by_level,
    control_scalar,
    critical_fidelity,
    fixed_point,
    organization_exponent,
)
from .voting_tree_simulation import simulate_root_bias

MOST_VOTES = 20_000_000_000
MOST_ESTIMATES = 200_000_000
TOPOLOGIES: tuple[Topology, ...] = ("star", "chain", "tree")
_LEVEL_BIAS = "Bias of a vote at each level"
_FINAL_BIAS = "Bias of the root's answer"
_TEAM_BIAS = "Bias of the best team that the budget buys"
_SINGLE_BIAS = "Bias of one agent with the whole budget"
_GAIN = "Best team's bias over one agent's: above 1 the team wins"
_RISK = "Mean squared error of the team's estimate"
_AGENT_BIAS = "Bias of one agent"
_MESSAGE_FIDELITY = "Fidelity of a message"


def level_biases(tree: VotingTree, start: float, depth: int) -> xr.Dataset:
    """Exact bias at each level of a tree whose leaves have the bias `start`, with the scalars that decide where it goes."""
    critical = critical_fidelity(tree.fan_in, float(tree.correlation), tree.shared)
    levels = bias_by_level(tree, start, depth)
    return labeled(
        {
            "root_bias_theory": (levels, _LEVEL_BIAS, "level"),
            "final_bias_theory": (levels[-1], _FINAL_BIAS),
            "control_scalar_theory": (control_scalar(tree), "Slope α of one level's bias map at zero bias"),
            "critical_fidelity_theory": (critical, "Fidelity of a message at which α = 1"),
            "organization_exponent_theory": (
                organization_exponent(tree),
                "Exponent ln α / ln b of growth with the leaves",
            ),
            "fixed_point_theory": (fixed_point(tree), "Bias μ* of infinitely deep trees"),
        },
        level=(range(depth + 1), "level of the tree (0: leaves)"),
    )


def simulated_level_biases(tree: VotingTree, start: float, depth: int, trees: int, seed: int) -> xr.Dataset:
    """Mean root answer of simulated trees of each depth up to `depth`: independent trees for each, so errors are independent.

    Raises ValueError where that is more than 2e10 votes.
    """
    measured = _simulated([(tree, start, level) for level in range(depth + 1)], trees, seed)
    return labeled(
        {
            **_with_errors("root_bias_simulation", measured, _LEVEL_BIAS, "level"),
            "final_bias_simulation": (measured[-1].value, _FINAL_BIAS),
            "final_bias_stderr": (measured[-1].stderr, f"Standard error: {_FINAL_BIAS}"),
        },
        level=(range(depth + 1), "level of the tree (0: leaves)"),
    )


def spent_budget(
    law: AgentLaw, tree: VotingTree, message_tokens: float, budget: float, message_price: float = 1.0
) -> xr.Dataset:
    """What a budget buys: closed-form allocation and threshold (growth regime), and the best tree beside one agent (exact).

    A team that the budget cannot pay has depth, leaves and bias zero. Where no team can be best in the growth regime, the
    allocation is one agent with everything; where the organization exponent s does not exceed beta, the threshold is infinite.
    Raises ValueError for a law without a signal.
    """
    exponent = float(organization_exponent(tree))
    overhead = message_overhead(tree.fan_in, message_tokens, message_price)
    split = feasible_allocation(exponent, law.exponent, overhead, budget)
    start = float(leaf_bias(law, split.leaf_compute))
    grown = min(float(fixed_point(tree)), start * split.leaves**exponent) if split.leaves > 1.0 else start
    threshold = budget_threshold(exponent, law.exponent, overhead)
    regime = "team pays" if budget > threshold else "one agent below the threshold"
    best = _best_team(law, tree, message_tokens, budget, message_price)
    alone = _single_agent_bias(law, budget)
    return labeled(
        {
            "leaf_compute_theory": (split.leaf_compute, "Compute per leaf x* in the growth regime", (), "tokens"),
            "leaves_theory": (split.leaves, "Number of leaves N* in the growth regime"),
            "budget_threshold_theory": (threshold, "Budget from which a team wins (infinite: never)", (), "tokens"),
            "regime_theory": (
                regime if exponent > law.exponent else "one agent at any budget",
                "What is best in the growth regime",
            ),
            "exponent_margin_theory": (
                max(exponent, -10.0) - law.exponent,
                "Organization exponent s less β (s counted as at least −10)",
            ),
            "best_root_bias_theory": (grown, _TEAM_BIAS),
            "team_gain_theory": (grown / alone, _GAIN),
            **_design_variables(best),
            "single_agent_bias_exact": (alone, _SINGLE_BIAS),
            "team_gain_exact": ((best.root_bias if best else 0.0) / alone, _GAIN),
        }
    )


def simulated_spent_budget(
    law: AgentLaw,
    tree: VotingTree,
    message_tokens: float,
    budget: float,
    message_price: float = 1.0,
    *,
    trees: int,
    seed: int,
) -> xr.Dataset:
    """Mean answer of the best team, simulated vote by vote and message by message (of coin flips where none can be paid)."""
    best = _best_team(law, tree, message_tokens, budget, message_price)
    return _simulated_team(law, best, budget, trees, seed)


def averaging_risks(team: AveragingTeam, depth: int) -> xr.Dataset:
    """Risk of teams of b^0 to b^depth agents as star, chain and tree, and their limits; `team.agents` is not used.

    The chain's best number of agents is its large-team form, infinite without noise.
    """
    teams = _teams_of_all_sizes(team, depth)
    risks = [[averaging_risk(each, topology) for topology in TOPOLOGIES] for each in teams]
    floors = [risk_floor(team, topology) for topology in TOPOLOGIES]
    longest = best_chain_length(team)[1] if team.message_stddev else math.inf
    return labeled(
        {
            "risk_theory": (risks, _RISK, ("agents", "topology")),
            "risk_floor_theory": (floors, "Mean squared error of infinitely many agents", "topology"),
            "best_chain_length_theory": (longest, "Number of agents √(3(1 − ρ)) σ/τ beyond which a chain gets worse"),
        },
        **_averaging_axes(teams),
    )


def simulated_averaging_risks(team: AveragingTeam, depth: int, teams: int, seed: int) -> xr.Dataset:
    """The same risks from `teams` simulated teams each. Raises ValueError where that is more than 2e8 estimates of one topology."""
    sizes = _teams_of_all_sizes(team, depth)
    estimates = teams * sum(each.agents for each in sizes)
    if estimates > MOST_ESTIMATES:
        raise ValueError(
            f"teams, fan_in and depth ask for {estimates:.2g} estimates;"
            f" at most {MOST_ESTIMATES:.2g} are simulated: lower one of them"
        )
    seeds = iter(_seeds(seed, len(sizes) * len(TOPOLOGIES)))
    measured = [
        [simulate_averaging_risk(each, topology, teams, next(seeds)) for topology in TOPOLOGIES] for each in sizes
    ]
    return labeled(
        {
            "risk_simulation": ([[each.value for each in row] for row in measured], _RISK, ("agents", "topology")),
            "risk_stderr": ([[each.stderr for each in row] for row in measured], _RISK, ("agents", "topology")),
        },
        **_averaging_axes(sizes),
    )


def recommended_team(found: TeamCalibration, situation: Situation) -> xr.Dataset:
    """The fitted law and message fidelities of measured agents, and the best team that they make in this situation."""
    choice = search_team(situation)
    best, law = choice.best, situation.law
    return labeled(
        {
            "agent_bias_theory": (leaf_bias(law, found.law.compute), _AGENT_BIAS, "compute"),
            "fidelity_theory": (found.fidelity.channel.fidelities, _MESSAGE_FIDELITY, "message_length"),
            "single_agent_bias_exact": (choice.single_agent_bias, _SINGLE_BIAS),
            "team_gain_exact": (best.root_bias / choice.single_agent_bias, _GAIN),
            "best_fan_in_exact": (best.tree.fan_in, "Messages per node of the best team"),
            "best_message_length_exact": (best.message_tokens, "Length of the best team's messages", (), "tokens"),
            **_design_variables(best),
        },
        **_record_axes(found),
    )


def measured_team(found: TeamCalibration, situation: Situation, trees: int, seed: int) -> xr.Dataset:
    """What the records say, with standard errors, and the recommended team simulated with the measured numbers."""
    scalars = (
        ("exponent", found.law.exponent, "Exponent β of one agent's bias with compute"),
        ("prefactor", found.law.prefactor, "Bias of one agent with one token of compute"),
        ("correlation", found.correlation, "Correlation ρ of correctness between agents of equal compute"),
    )
    estimates = {}
    for name, measured, meaning in scalars:
        estimates[f"{name}_data"] = (measured.value, meaning)
        estimates[f"{name}_stderr"] = (measured.stderr, f"Standard error: {meaning}")
    records = labeled(
        {
            "agent_bias_data": (found.law.bias, _AGENT_BIAS, "compute"),
            "agent_bias_stderr": (found.law.bias_stderr, f"Standard error: {_AGENT_BIAS}", "compute"),
            **_with_errors("fidelity_data", found.fidelity.measured, _MESSAGE_FIDELITY, "message_length"),
            **estimates,
        },
        **_record_axes(found),
    )
    best = search_team(situation).best
    return records.merge(_simulated_team(situation.law, best, situation.budget, trees, seed))


def _best_team(
    law: AgentLaw, tree: VotingTree, message_tokens: float, budget: float, message_price: float
) -> TeamDesign | None:
    situation = Situation(
        law,
        ConstantChannel(float(tree.fidelity)),
        float(tree.correlation),
        budget,
        window=tree.fan_in * message_tokens,
        shared=tree.shared,
        message_price=message_price,
        ties=tree.ties,
    )
    return search_depth(situation, tree.fan_in, message_tokens)


def _design_variables(best: TeamDesign | None) -> dict[str, Any]:
    return {
        "best_depth_exact": (best.depth if best else 0, "Levels of the best team"),
        "best_leaves_exact": (best.leaves if best else 0, "Leaves of the best team"),
        "best_leaf_compute_exact": (
            best.leaf_compute if best else 0.0,
            "Compute per leaf of the best team",
            (),
            "tokens",
        ),
        "best_root_bias_exact": (best.root_bias if best else 0.0, _TEAM_BIAS),
        "regime_exact": (best.regime if best else "unaffordable", "Regime of the best team"),
    }


def _simulated_team(law: AgentLaw, best: TeamDesign | None, budget: float, trees: int, seed: int) -> xr.Dataset:
    case = (best.tree, float(leaf_bias(law, best.leaf_compute)), best.depth) if best else (VotingTree(), 0.0, 0)
    [measured] = _simulated([case], trees, seed)
    alone = _single_agent_bias(law, budget)
    return labeled(
        {
            "best_root_bias_simulation": (measured.value, _TEAM_BIAS),
            "best_root_bias_stderr": (measured.stderr, f"Standard error: {_TEAM_BIAS}"),
            "team_gain_simulation": (measured.value / alone, _GAIN),
            "team_gain_stderr": (measured.stderr / alone, f"Standard error: {_GAIN}"),
        }
    )


def _single_agent_bias(law: AgentLaw, budget: float) -> float:
    if law.prefactor == 0.0:
        raise ValueError("prefactor must be positive to compare a team with one agent; got 0")
    return float(leaf_bias(law, budget))


def _simulated(cases: Sequence[tuple[VotingTree, float, int]], trees: int, seed: int) -> list[Measured]:
    """Root biases of cases (tree, leaf bias, depth), each with a seed of its own."""
    votes = trees * sum(tree.fan_in**depth for tree, _, depth in cases)
    if votes > MOST_VOTES:
        raise ValueError(
            f"trees and depth ask for {votes:.2g} votes; at most {MOST_VOTES:.2g} are simulated: lower one of them"
        )
    seeds = _seeds(seed, len(cases))
    return [simulate_root_bias(*case, trees, seed=own) for case, own in zip(cases, seeds, strict=True)]


def _seeds(seed: int, count: int) -> list[int]:
    return np.random.SeedSequence(seed).generate_state(count).tolist()


def _teams_of_all_sizes(team: AveragingTeam, depth: int) -> list[AveragingTeam]:
    return [
        AveragingTeam(team.fan_in**level, team.leaf_stddev, team.correlation, team.message_stddev, team.fan_in)
        for level in range(depth + 1)
    ]


def _averaging_axes(teams: Sequence[AveragingTeam]) -> dict[str, Any]:
    return {
        "agents": ([team.agents for team in teams], "number of agents"),
        "topology": (list(TOPOLOGIES), "who sends to whom"),
    }


def _record_axes(found: TeamCalibration) -> dict[str, Any]:
    return {
        "compute": (found.law.compute, "compute of one agent", "tokens"),
        "message_length": (found.fidelity.tokens, "length of a message", "tokens"),
    }


def _with_errors(name: str, measured: Sequence[Measured], meaning: str, dim: str) -> dict[str, Any]:
    stderr = f"{name.rpartition('_')[0]}_stderr"
    return {
        name: ([each.value for each in measured], meaning, dim),
        stderr: ([each.stderr for each in measured], f"Standard error: {meaning}", dim),
    }
