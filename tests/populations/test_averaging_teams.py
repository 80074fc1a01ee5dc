"""Averaging teams: the three risks against their Monte Carlo, limits, and refusals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.populations import (
    AveragingTeam,
    averaging_risk,
    best_chain_length,
    risk_floor,
    simulate_averaging_risk,
)

TEAM = AveragingTeam(27, 1.0, 0.2, 0.3, 3)
TOPOLOGIES = ("star", "chain", "tree", "hierarchical")


@pytest.mark.parametrize(("topology", "risk"), [("star", 0.23296), ("chain", 0.99519), ("tree", 0.27296)])
def test_published_risks(topology, risk):
    assert averaging_risk(TEAM, topology) == pytest.approx(risk, abs=5e-6)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_risk_is_the_simulated_one(topology):
    measured = simulate_averaging_risk(TEAM, topology, 40_000, seed=8)
    risk = averaging_risk(TEAM, topology)
    # The squared error of a Gaussian has standard deviation sqrt(2) times its mean; the hierarchical mixture is heavier.
    assert measured.value == pytest.approx(risk, abs=7 * 1.5 * risk * math.sqrt(2 / 40_000))


def test_the_best_chain():
    best, asymptotic = best_chain_length(AveragingTeam(1, 1.0, 0.2, 0.1))
    assert asymptotic == pytest.approx(math.sqrt(2.4) * 10)
    assert abs(best - asymptotic) <= 1


@given(st.floats(0.05, 5.0), st.floats(0.0, 1.0), st.floats(0.05, 5.0))
def test_no_chain_is_better_than_the_best(leaf_stddev, correlation, message_stddev):
    best, _ = best_chain_length(AveragingTeam(1, leaf_stddev, correlation, message_stddev))
    risks = [
        averaging_risk(AveragingTeam(agents, leaf_stddev, correlation, message_stddev), "chain")
        for agents in range(1, 2 * best + 5)
    ]
    assert risks[best - 1] == min(risks)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_large_teams_reach_their_floor(topology):
    team = AveragingTeam(3**20, 1.0, 0.2, 0.3, 3)
    floor = risk_floor(team, topology)
    if math.isinf(floor):
        assert averaging_risk(team, topology) > 1e4
    else:
        assert averaging_risk(team, topology) == pytest.approx(floor, rel=1e-4)


@pytest.mark.parametrize("topology", ["star", "chain", "tree"])
def test_the_error_of_a_risk_is_that_of_squared_gaussians(topology):
    # A squared Gaussian of mean r has variance 2 r²; the estimate of its root from 40,000 teams has a standard error of 0.9%.
    measured = simulate_averaging_risk(AveragingTeam(9, 1.0, 0.2, 0.3, 3), topology, 40_000, seed=4)
    assert measured.stderr == pytest.approx(measured.value * math.sqrt(2 / 40_000), rel=0.07)


@given(st.integers(0, 6), st.floats(0.0, 1.0), st.floats(0.0, 2.0))
def test_one_agent_and_perfect_messages_are_the_same_everywhere(depth, correlation, stddev):
    quiet = AveragingTeam(3**depth, stddev, correlation, 0.0, 3)
    pooled = averaging_risk(quiet, "star")
    assert averaging_risk(quiet, "chain") == pytest.approx(pooled)
    assert averaging_risk(quiet, "tree") == pytest.approx(pooled)
    assert averaging_risk(quiet, "hierarchical") <= pooled + 1e-12 or depth <= 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AveragingTeam(0), "agents must be"),
        (lambda: AveragingTeam(3, fan_in=1), "fan_in must be"),
        (lambda: AveragingTeam(3, leaf_stddev=-1.0), "leaf_stddev must be"),
        (lambda: AveragingTeam(3, message_stddev=math.inf), "message_stddev must be"),
        (lambda: AveragingTeam(3, correlation=1.1), "correlation must lie"),
        (lambda: averaging_risk(AveragingTeam(10), "tree"), "power of fan_in=3"),
        (lambda: averaging_risk(AveragingTeam(10), "ring"), "topology must be"),
        (lambda: risk_floor(AveragingTeam(10), "ring"), "topology must be"),
        (lambda: simulate_averaging_risk(AveragingTeam(10), "ring", 10, 0), "topology must be"),
        (lambda: simulate_averaging_risk(AveragingTeam(10), "star", 1, 0), "teams must be"),
        (lambda: best_chain_length(AveragingTeam(10)), "must be positive for a best chain"),
    ],
)
def test_wrong_teams_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
