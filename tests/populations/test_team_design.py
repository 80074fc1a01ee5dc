"""Budgets: closed forms against numerical search, the crossover in integer depths, the exact design search, refusals."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.populations import (
    AgentLaw,
    Allocation,
    ExponentialChannel,
    FanInExceedsWindow,
    Situation,
    TableChannel,
    TeamWarning,
    VotingTree,
    budget_threshold,
    check_window,
    control_scalar,
    evaluate_team,
    feasible_allocation,
    fixed_point,
    growth_allocation,
    integer_depth_gain,
    largest_fan_in,
    leaf_bias,
    message_fidelity,
    message_overhead,
    organization_exponent,
    root_bias,
    search_depth,
    search_team,
    searched_allocation,
    searched_threshold,
    single_agent_bias,
    team_cost,
)

SITUATION = Situation(AgentLaw(0.02, 0.2), ExponentialChannel(15.0), 0.1, budget=3e3, window=200.0)


def test_the_allocation_of_the_card():
    organization = organization_exponent(VotingTree(5, 0.9, 0.1))
    overhead = message_overhead(5, 20.0)
    assert overhead == 25.0
    best = growth_allocation(organization, 0.2, overhead, 1e5)
    assert (best.leaf_compute, best.leaves) == pytest.approx((52.4008, 1291.976), rel=1e-6)
    assert budget_threshold(organization, 0.2, overhead) == pytest.approx(175.319, abs=1e-3)


def test_where_no_team_is_best_one_agent_has_everything():
    assert feasible_allocation(0.3, 0.2, 25.0, 1e4) == growth_allocation(0.3, 0.2, 25.0, 1e4)
    assert feasible_allocation(0.2, 0.3, 25.0, 1e4) == Allocation(1e4, 1.0)
    assert feasible_allocation(-math.inf, 0.3, 25.0, 1e4) == Allocation(1e4, 1.0)
    assert feasible_allocation(0.3, 0.2, 25.0, 70.0) == Allocation(70.0, 1.0)
    with pytest.raises(ValueError, match="budget must be"):
        feasible_allocation(0.3, 0.2, 25.0, math.nan)


@given(st.floats(0.05, 0.4), st.floats(0.02, 0.4), st.floats(1.0, 100.0))
def test_searching_confirms_the_closed_forms(exponent, margin, overhead):
    organization = exponent + margin
    threshold = budget_threshold(organization, exponent, overhead)
    budget = 3.0 * threshold + 100.0 * overhead
    best, found = (way(organization, exponent, overhead, budget) for way in (growth_allocation, searched_allocation))
    assert found.leaf_compute == pytest.approx(best.leaf_compute, rel=1e-4)
    assert searched_threshold(organization, exponent, overhead) == pytest.approx(threshold, rel=1e-6)
    assert team_cost(3, 0, best.leaf_compute, 5.0) == best.leaf_compute


@pytest.mark.parametrize(("margin", "first", "threshold"), [(0.1, 260.0, 198.85), (0.03, 881.0, 745.09)])
def test_a_tree_wins_from_some_budget_on(margin, first, threshold):
    tree = VotingTree(5, 0.95, 0.05)
    organization = organization_exponent(tree)
    budgets = np.geomspace(1e2, 1e12, 4001)
    gain, depth = integer_depth_gain(tree, organization - margin, 25.0, budgets)
    wins = np.flatnonzero(gain > 1)
    assert budgets[wins[0]] == pytest.approx(first, abs=0.1)
    assert np.all(gain[wins[0] :] > 1)
    assert budget_threshold(organization, organization - margin, 25.0) == pytest.approx(threshold, abs=0.01)
    assert threshold <= first <= 1.5 * threshold
    assert depth[0] == 0 if budgets[0] < 125 else depth[0] >= 1
    assert depth[-1] > 10


@pytest.mark.parametrize("margin", [-0.03, -0.1])
def test_a_tree_never_wins_where_agents_scale_faster(margin):
    tree = VotingTree(5, 0.95, 0.05)
    gain, _ = integer_depth_gain(tree, organization_exponent(tree) - margin, 25.0, np.geomspace(1e2, 1e12, 4001))
    assert np.all(gain < 1)
    assert budget_threshold(organization_exponent(tree), organization_exponent(tree) - margin, 25.0) == math.inf


def test_the_search_finds_the_best_of_all_teams():
    lengths = np.array([5.0, 12.0, 20.0, 35.0])
    choice = search_team(SITUATION, lengths)
    designs = []
    for fan_in, tokens, depth in product(range(3, 41, 2), lengths, range(1, 6)):
        leaves = fan_in**depth
        leaf = (SITUATION.budget - tokens * (leaves - 1) * fan_in / (fan_in - 1)) / leaves
        if fan_in * tokens <= 200.0 and leaf >= 1.0:
            tree = VotingTree(fan_in, float(message_fidelity(SITUATION.channel, tokens)), 0.1)
            designs.append((root_bias(tree, min(1.0, 0.02 * leaf**0.2), depth), fan_in, tokens, depth))
    assert choice.compared == len(designs)
    assert (choice.best.root_bias, choice.best.tree.fan_in, choice.best.message_tokens, choice.best.depth) == max(
        designs
    )
    assert choice.single_agent_bias == pytest.approx(0.02 * 3e3**0.2)
    assert choice.team_wins == (choice.best.root_bias > choice.single_agent_bias)


def test_the_best_depth_is_the_best_of_all_depths():
    best = search_depth(SITUATION, 5, 20.0)
    designs = [evaluate_team(SITUATION, 5, 20.0, depth) for depth in (1, 2)]
    with pytest.raises(ValueError, match="budget must pay"):
        evaluate_team(SITUATION, 5, 20.0, 3)
    assert best == max(designs, key=lambda design: design.root_bias)
    poor = Situation(AgentLaw(0.02, 0.2), ExponentialChannel(15.0), 0.1, budget=100.0, window=200.0)
    assert search_depth(poor, 5, 20.0) is None
    with pytest.raises(FanInExceedsWindow, match="largest odd fan-in is 9"):
        search_depth(SITUATION, 11, 20.0)


def test_a_design_spends_exactly_the_budget():
    design = evaluate_team(SITUATION, 5, 10.0, 2)
    assert design.leaves == 25
    assert team_cost(5, 2, design.leaf_compute, 10.0) == pytest.approx(SITUATION.budget, rel=1e-14)


def test_the_three_regimes():
    rich = Situation(AgentLaw(0.3, 0.2), ExponentialChannel(15.0), 0.0, budget=1e6, window=500.0)
    assert evaluate_team(rich, 5, 60.0, 4).regime == "saturate"
    poor = Situation(AgentLaw(1e-4, 0.2), ExponentialChannel(15.0), 0.0, budget=1e5, window=500.0)
    helped = evaluate_team(poor, 5, 60.0, 3)
    assert helped.regime == "help"
    assert helped.root_bias < fixed_point(helped.tree)
    lossy = evaluate_team(rich, 3, 5.0, 4)
    assert lossy.regime == "collapse"
    assert control_scalar(lossy.tree) < 1


def test_a_measured_table_bounds_the_message_length():
    table = TableChannel((8.0, 20.0, 60.0), (0.4, 0.7, 0.95))
    choice = search_team(Situation(AgentLaw(0.02, 0.2), table, 0.1, budget=1e4, window=300.0))
    assert 8.0 <= choice.best.message_tokens <= 60.0


def test_an_even_team_with_a_coin_wastes_a_message():
    coin = replace(SITUATION, ties="coin")
    even, odd = evaluate_team(coin, 4, 20.0, 2), evaluate_team(coin, 3, 20.0, 2)
    assert even.tree.ties == "coin"
    assert even.root_bias < odd.root_bias


def test_a_window_that_is_too_small_names_the_largest_fan_in():
    with pytest.raises(FanInExceedsWindow, match="largest odd fan-in is 5") as caught:
        evaluate_team(SITUATION, 7, 33.0, 1)
    assert caught.value.largest_odd == 5
    with pytest.raises(FanInExceedsWindow, match="not even three"):
        check_window(3, 100.0, 200.0)
    assert [largest_fan_in(window, 10.0) for window in (29, 30, 49, 50, 60, 70)] == [0, 3, 3, 5, 5, 7]


def test_hopeless_agents_are_warned_about():
    with pytest.warns(TeamWarning, match="at least 1/2"):
        AgentLaw(0.1, 0.5)
    with pytest.warns(TeamWarning, match="no signal"):
        law = AgentLaw(0.0, 0.2)
    assert search_team(Situation(law, ExponentialChannel(15.0), 0.0, 1e4, 200.0)).best.root_bias == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AgentLaw(-0.1, 0.2), "worse than chance"),
        (lambda: AgentLaw(0.1, 0.0), "exponent must lie"),
        (lambda: AgentLaw(0.1, 1.0), "exponent must lie"),
        (lambda: leaf_bias(AgentLaw(0.1, 0.2), -1.0), "compute must not be negative"),
        (lambda: Situation(AgentLaw(0.1, 0.2), ExponentialChannel(1.0), 1.5, 1e3, 1e3), "correlation must lie"),
        (lambda: Situation(AgentLaw(0.1, 0.2), ExponentialChannel(1.0), 0.5, -1.0, 1e3), "budget must be"),
        (lambda: Situation(AgentLaw(0.1, 0.2), ExponentialChannel(1.0), 0.5, 1e3, math.nan), "window must be"),
        (
            lambda: Situation(AgentLaw(0.1, 0.2), ExponentialChannel(1.0), 0.5, 1e3, 1e3, message_price=-1.0),
            "message_price",
        ),
        (lambda: evaluate_team(SITUATION, 5, 30.0, 4), "budget must pay for 5"),
        (lambda: evaluate_team(SITUATION, 4, 30.0, 1), "fan_in must be odd"),
        (lambda: search_depth(SITUATION, 4, 30.0), "fan_in must be odd"),
        (lambda: search_depth(SITUATION, 3, math.nan), "message_tokens must be positive"),
        (lambda: evaluate_team(SITUATION, 3, 0.0, 1), "message_tokens must be positive"),
        (lambda: evaluate_team(SITUATION, 3, 10.0, 0), "depth must be an integer of at least 1"),
        (lambda: search_team(Situation(AgentLaw(0.1, 0.2), ExponentialChannel(1.0), 0.5, 5.0, 1e3)), "budget must pay"),
        (lambda: search_team(SITUATION, [0.0]), "message_lengths must be"),
        (lambda: growth_allocation(0.2, 0.3, 25.0, 1e4), "organization exponent must exceed"),
        (lambda: growth_allocation(0.3, 0.2, 25.0, 10.0), "budget must pay for one leaf"),
        (lambda: budget_threshold(0.3, 0.2, 0.0), "overhead must be"),
        (lambda: integer_depth_gain(VotingTree(3), 0.2, 5.0, [0.0]), "budgets must be positive"),
    ],
)
def test_wrong_budgets_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_one_agent_is_capped_at_certainty():
    assert single_agent_bias(Situation(AgentLaw(0.5, 0.2), ExponentialChannel(1.0), 0.5, 1e9, 1e3)) == 1.0
