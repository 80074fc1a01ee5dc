"""Labelled results: the numbers behind the labels, what a budget can't pay, limits of infinitely many agents, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.populations import (
    AgentLaw,
    AveragingTeam,
    VotingTree,
    averaging_risk,
    averaging_risks,
    budget_threshold,
    calibrate_team,
    example_records,
    leaf_bias,
    level_biases,
    measured_team,
    message_overhead,
    organization_exponent,
    recommended_team,
    root_bias,
    search_team,
    simulated_averaging_risks,
    simulated_level_biases,
    simulated_spent_budget,
    spent_budget,
    team_cost,
)

LAW, TREE = AgentLaw(0.02, 0.2), VotingTree(5, 0.9, 0.1)


def test_levels_carry_theory_and_simulation_of_the_same_observables():
    theory, simulation = level_biases(TREE, 0.1, 3), simulated_level_biases(TREE, 0.1, 3, 4000, seed=1)
    assert theory.root_bias_theory.values[-1] == float(theory.final_bias_theory) == root_bias(TREE, 0.1, 3)
    distance = abs(simulation.root_bias_simulation.values - theory.root_bias_theory.values)
    assert np.all(distance < 5 * simulation.root_bias_stderr.values)
    assert float(simulation.final_bias_simulation) == simulation.root_bias_simulation.values[-1]
    assert all({"units", "long_name"} <= set(each.attrs) for each in (*theory.values(), *simulation.values()))


def test_a_budget_of_the_worked_example():
    bought = spent_budget(LAW, TREE, 20.0, 1e5)
    assert float(bought.leaf_compute_theory) == pytest.approx(52.4008, rel=1e-6)
    assert float(bought.leaves_theory) == pytest.approx(1291.976, rel=1e-6)
    assert float(bought.budget_threshold_theory) == pytest.approx(175.319, abs=1e-3)
    assert bought.regime_theory.item() == "team pays"
    depth, leaf = int(bought.best_depth_exact), float(bought.best_leaf_compute_exact)
    assert team_cost(5, depth, leaf, 20.0) == pytest.approx(1e5)
    assert float(bought.best_root_bias_exact) == root_bias(TREE, leaf_bias(LAW, leaf), depth)
    assert float(bought.team_gain_exact) == float(bought.best_root_bias_exact) / (0.02 * 1e5**0.2)
    measured = simulated_spent_budget(LAW, TREE, 20.0, 1e5, trees=20_000, seed=3)
    error = float(measured.best_root_bias_simulation) - float(bought.best_root_bias_exact)
    assert abs(error) < 5 * float(measured.best_root_bias_stderr)


def test_a_team_that_cannot_be_paid_has_no_bias():
    bought = spent_budget(LAW, TREE, 20.0, 50.0)
    assert bought.regime_exact.item() == "unaffordable"
    for name in ("best_depth", "best_leaves", "best_leaf_compute", "best_root_bias", "team_gain"):
        assert float(bought[f"{name}_exact"]) == 0.0
    assert (float(bought.leaf_compute_theory), float(bought.leaves_theory)) == (50.0, 1.0)
    assert (
        abs(float(simulated_spent_budget(LAW, TREE, 20.0, 50.0, trees=4000, seed=3).best_root_bias_simulation)) < 0.08
    )


def test_agents_that_scale_faster_than_the_tree_work_alone():
    bought = spent_budget(AgentLaw(0.002, 0.4), TREE, 20.0, 1e5)
    assert float(bought.budget_threshold_theory) == math.inf
    assert bought.regime_theory.item() == "one agent at any budget"
    assert (float(bought.leaf_compute_theory), float(bought.leaves_theory)) == (1e5, 1.0)
    assert float(bought.team_gain_theory) == 1.0 > float(bought.team_gain_exact)


@settings(max_examples=50)
@given(
    st.floats(0.02, 0.45),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.floats(1.0, 1e10),
    st.sampled_from([3, 5, 8]),
    st.sampled_from(["received", "sent"]),
)
def test_no_budget_gives_nan(exponent, fidelity, correlation, budget, fan_in, shared):
    tree = VotingTree(fan_in, fidelity, correlation, shared, "coin")
    law = AgentLaw(1e-4, exponent)
    bought = spent_budget(law, tree, 20.0, budget)
    assert not [name for name, each in bought.items() if each.dtype.kind == "f" and np.isnan(each)]
    assert float(bought.leaves_theory) >= 1.0
    organization, overhead = organization_exponent(tree), message_overhead(fan_in, 20.0)
    if budget < budget_threshold(organization, exponent, overhead):
        assert float(bought.team_gain_exact) <= 1.0 + 1e-12


def test_risks_approach_their_floors():
    team = AveragingTeam(1, 1.0, 0.2, 0.3, 3)
    theory, simulation = averaging_risks(team, 6), simulated_averaging_risks(team, 6, 2000, seed=2)
    assert theory.agents.values.tolist() == [3**level for level in range(7)]
    assert float(theory.risk_theory.sel(agents=27, topology="chain")) == averaging_risk(
        AveragingTeam(27, 1.0, 0.2, 0.3, 3), "chain"
    )
    for topology in ("star", "tree"):
        floor = float(theory.risk_floor_theory.sel(topology=topology))
        assert float(theory.risk_theory.sel(agents=729, topology=topology)) == pytest.approx(floor, rel=0.02)
    assert float(theory.risk_floor_theory.sel(topology="chain")) == math.inf
    distance = abs(simulation.risk_simulation - theory.risk_theory)
    assert bool((distance < 5.5 * simulation.risk_stderr).all())
    assert float(averaging_risks(AveragingTeam(1, 1.0, 0.2, 0.0), 3).best_chain_length_theory) == math.inf


def test_records_give_a_recommendation_with_errors():
    found = calibrate_team(*example_records(), seed=0)
    situation = found.situation(1e5, 4000.0)
    assert situation.minimum_compute == 200.0
    theory, measured = recommended_team(found, situation), measured_team(found, situation, 4000, seed=5)
    assert float(theory.best_root_bias_exact) == search_team(situation).best.root_bias
    for name in ("exponent", "prefactor", "correlation"):
        assert float(measured[f"{name}_stderr"]) > 0
    distance = float(measured.best_root_bias_simulation) - float(theory.best_root_bias_exact)
    assert abs(distance) < 5 * float(measured.best_root_bias_stderr)
    assert np.all(abs(measured.agent_bias_data - theory.agent_bias_theory) < 4 * measured.agent_bias_stderr)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulated_level_biases(VotingTree(9), 0.1, 9, 1000, 0), r"ask for .* votes; at most 2e\+10"),
        (lambda: simulated_averaging_risks(AveragingTeam(1), 10, 10_000, 0), r"ask for .* estimates; at most 2e\+08"),
        (lambda: spent_budget(LAW, TREE, 0.0, 1e5), "overhead must be"),
        (lambda: spent_budget(LAW, TREE, 20.0, -1.0), "budget must be a positive number"),
    ],
)
def test_too_much_or_too_little_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_law_without_a_signal_has_nothing_to_compare():
    with pytest.warns(UserWarning, match="no signal"):
        law = AgentLaw(0.0, 0.2)
    with pytest.raises(ValueError, match="prefactor must be positive"):
        spent_budget(law, TREE, 20.0, 1e5)
