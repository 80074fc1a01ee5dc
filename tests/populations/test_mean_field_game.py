"""Mean-field games: exact equilibria, a peer's numbers, flows and values, solvers that say how they ended, bad input."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import populations
from phasebook.errors import NotConverged

SIS = populations.ContagionGame().mean_field()


# mfglib 0.3.0 in float32: exploitability of the uniform policy, and after 100 steps of online mirror descent of rate 0.1.
MFGLIB = {
    "rock-paper-scissors": (populations.rock_paper_scissors, 0.333333373, 0.080768645),
    "left-right": (populations.left_right, 0.25, None),
    "susceptible-infected": (populations.susceptible_infected, 5.466871262, 0.382860184),
    "beach bar": (populations.beach_bar, 1.221262336, 0.074809551),
    "crowd motion": (populations.crowd_motion, 1.470203400, 0.056743622),
}


@pytest.mark.parametrize("name", MFGLIB)
def test_games_and_mirror_descent_are_those_of_a_peer(name):
    build, uniform, hundred = MFGLIB[name]
    game = build()
    assert populations.exploitability(game, game.uniform_policy) == pytest.approx(uniform, abs=1e-5)
    if hundred is not None:
        found = populations.solve_equilibrium(game, rate=0.1, max_steps=100, tolerance=1e-9, throw=False)
        assert found.iterations == 100
        assert found.exploitability == pytest.approx(hundred, abs=2e-5)


def test_two_thirds_go_left():
    game = populations.left_right()
    found = populations.solve_equilibrium(game, method="fictitious-play", tolerance=1e-3)
    assert found.policy[0, 0, 0] == pytest.approx(2 / 3, abs=2e-3)
    exact = np.tile([2 / 3, 1 / 3], (2, 3, 1))
    assert populations.exploitability(game, exact) == pytest.approx(0, abs=1e-12)
    # All go left: the deviator gains what the crowd on the left costs, 1, and pays nothing on the empty right.
    assert populations.exploitability(game, np.tile([1.0, 0.0], (2, 3, 1))) == pytest.approx(1, abs=1e-12)


def test_annealing_reaches_known_equilibria_of_the_epidemic():
    found = populations.solve_annealed(SIS, (0.5, 0.2, 0.1, 0.05))
    assert [each.exploitability for each in found] == pytest.approx([4.267, 1.2189, 0.3371, 0.14269], rel=1e-3)
    assert max(each.residual for each in found) < 1e-10
    assert found[-1].state_shares[20, 1] == pytest.approx(0.25662, abs=1e-4)
    magnetic = populations.anneal_mirror_descent(SIS, (0.5, 0.2), tolerance=1e-9)
    for slow, fast in zip(magnetic, found, strict=False):
        assert np.abs(slow.policy - fast.policy).max() < 1e-7
        assert slow.history_exploitability[-1] == pytest.approx(fast.exploitability, abs=1e-6)


def test_mirror_descent_cycles_on_the_epidemic_and_says_so():
    with pytest.raises(NotConverged, match="no equilibrium within max_steps"):
        populations.solve_equilibrium(SIS, rate=0.1, max_steps=2000, tolerance=1e-3)
    found = populations.solve_equilibrium(SIS, rate=0.1, max_steps=2000, check_every=100, tolerance=1e-3, throw=False)
    assert found.outcome is populations.EquilibriumOutcome.max_steps
    assert found.exploitability > 0.3
    assert found.history_steps.tolist() == list(range(0, 2001, 100))


def test_damped_best_response_finds_a_pure_equilibrium_of_the_epidemic():
    found = populations.solve_equilibrium(SIS, method="damped-best-response", rate=0.1, tolerance=1e-9)
    assert found.exploitability < 1e-9
    assert np.minimum(found.policy, 1 - found.policy).max() < 1e-6


def test_games_side_by_side_are_solved_as_one_by_one():
    base = dict(SIS.parameters)
    several = {name: np.full(3, value) for name, value in base.items()} | {"infection": np.array([0.7, 0.8, 0.9])}
    settings_ = {"method": "magnetic-mirror-descent", "temperature": 0.5, "rate": 0.02, "tolerance": 1e-9}
    together = populations.solve_equilibria(SIS, several, **settings_)
    assert together.converged.all()
    for index, infection in enumerate((0.7, 0.8, 0.9)):
        alone = populations.solve_equilibrium(
            dataclasses.replace(SIS, parameters=base | {"infection": infection}), **settings_
        )
        assert together.exploitability[index] == pytest.approx(alone.exploitability, abs=1e-7)


def test_a_stationary_game_is_the_long_run_of_its_ending_one():
    # No infection at all: defending costs and never helps, so nobody defends; the value is a geometric series.
    game = populations.cyber_security(discount_rate=0.2, attack=0.6)
    found = populations.solve_equilibrium(game, method="damped-best-response", rate=0.2, tolerance=1e-6)
    flow = populations.population_flow(game, found.policy)
    assert flow.sum() == pytest.approx(1, abs=1e-10)
    rows = np.asarray(game.transition(0, flow[0], game.parameters))
    moved = np.einsum("sa,saz->z", flow[0], rows)
    assert np.abs(moved - flow[0].sum(axis=1)).max() < 1e-6
    values = populations.action_values(game, found.policy, flow)
    reward = np.asarray(game.reward(0, flow[0], game.parameters))
    later = (found.policy[0] * values[0]).sum(axis=1)
    assert values[0] == pytest.approx(reward + game.discount * rows @ later, abs=1e-5)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000))
def test_flows_keep_mass_and_no_policy_beats_the_best_response(seed):
    generator = np.random.default_rng(seed)
    policy = generator.dirichlet(np.ones(3), (3, 4))
    game = populations.beach_bar()
    flow = populations.population_flow(game, policy)
    assert flow.sum(axis=(1, 2)) == pytest.approx(1, abs=1e-12)
    gain = populations.exploitability(game, policy)
    assert gain >= -1e-12
    _, best = populations.best_response(game, flow)
    other = populations.action_values(game, generator.dirichlet(np.ones(3), (3, 4)), flow)
    assert (best.max(axis=2) >= other.max(axis=2) - 1e-12).all()
    # The earned total is the flow times the reward, whichever way it is summed.
    own = populations.action_values(game, policy, flow)
    total = sum((flow[t] * np.asarray(game.reward(t, flow[t], game.parameters))).sum() for t in range(3))
    assert (flow[0] * own[0]).sum() == pytest.approx(total, abs=1e-5)


def test_finitely_many_players_come_closer_by_the_root_of_their_number():
    game = populations.left_right()
    exact = np.tile([2 / 3, 1 / 3], (2, 3, 1))
    few, many = (populations.simulate_players(game, exact, agents, runs=400, seed=1) for agents in (100, 10_000))
    # Half of E|share − 2/3| on both sides, over the second of two times: √(2pq/(πN))/2.
    expected = np.sqrt(2 * (2 / 9) / (np.pi * 100)) / 2
    assert few.deviation.value == pytest.approx(expected, abs=5 * few.deviation.stderr)
    assert few.deviation.value / many.deviation.value == pytest.approx(10, rel=0.15)
    assert abs(many.gain.value) < 5 * many.gain.stderr + 1e-12
    sparse = populations.simulate_players(populations.beach_bar(), np.full((3, 4, 3), 1 / 3), 2000, runs=50, seed=2)
    limit = populations.population_flow(populations.beach_bar(), np.full((3, 4, 3), 1 / 3)).sum(axis=2)
    assert (np.abs(sparse.shares - limit) < 5 * sparse.shares_stderr + 1e-12).all()


def test_the_errors_of_the_shares_are_multinomial():
    game = populations.left_right()
    exact = np.tile([2 / 3, 1 / 3], (2, 3, 1))
    found = populations.simulate_players(game, exact, 100, runs=1000, seed=3)
    moved = found.shares[1]
    # A thousand runs tell a standard deviation to 2.2%.
    assert found.shares_stderr[1] == pytest.approx(np.sqrt(moved * (1 - moved) / (100 * 1000)), rel=0.16, abs=1e-15)
    assert (found.shares_stderr[1] > 0).sum() == 2


def _ones(time, flow, parameters):
    return jnp.ones((2, 2, 2))


def _zero(time, flow, parameters):
    return jnp.zeros((2, 2))


def _wide(time, flow, parameters):
    return jnp.zeros((3, 2))


def _half(time, flow, parameters):
    return jnp.full((2, 2, 2), 0.5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: populations.MeanFieldGame(np.array([0.5, 0.4]), 2, 3, _half, _zero), "initial must sum to 1"),
        (lambda: populations.MeanFieldGame(np.array([0.5, 0.5]), 2, 0, _half, _zero), "horizon: steps must be"),
        (lambda: populations.MeanFieldGame(np.array([0.5, 0.5]), 2, 1, _half, _zero, cyclic=True), "discount must lie"),
        (
            lambda: populations.check_game(populations.MeanFieldGame(np.array([0.5, 0.5]), 2, 3, _ones, _zero)),
            "transition rows must be probabilities that sum to 1; at time 0 the row of state 0, action 0 sums to 2",
        ),
        (
            lambda: populations.check_game(populations.MeanFieldGame(np.array([0.5, 0.5]), 2, 3, _half, _wide)),
            "reward must be finite, of shape",
        ),
        (lambda: populations.exploitability(SIS, np.ones((50, 2, 2))), "policy must hold probabilities"),
        (lambda: populations.exploitability(SIS, np.ones((2, 2, 2))), "policy must have shape"),
        (lambda: populations.solve_annealed(SIS, (0.1, -0.1)), "temperatures must be positive"),
        (lambda: populations.solve_annealed(populations.crowd_motion()), "take anneal_mirror_descent"),
        (lambda: populations.anneal_mirror_descent(SIS, (0.5, 0.2), rates=(0.1,)), "rates must be 2 numbers"),
        (
            lambda: populations.solve_equilibrium(SIS, method="magnetic-mirror-descent", temperature=0.0),
            "temperature must be positive",
        ),
        (lambda: populations.solve_equilibrium(SIS, method="magnetic-mirror-descent"), "needs a temperature"),
        (lambda: populations.solve_equilibrium(SIS, temperature=0.1), "takes no temperature"),
        (lambda: populations.solve_equilibrium(SIS, method="fixed-point", rate=0.5), "rate does not apply"),
        (lambda: populations.solve_equilibrium(SIS, method="newton"), "method must be one of"),
        (lambda: populations.solve_equilibrium(SIS, max_steps=0), "max_steps must be"),
        (lambda: populations.beach_bar(bar=9), "bar must lie"),
        (lambda: populations.cyber_security(time_step=1.0), "time_step must lie"),
        (lambda: populations.simulate_players(SIS, SIS.uniform_policy, 1, seed=0), "agents must be"),
    ],
)
def test_malformed_games_are_refused_in_one_sentence(build, message):
    with pytest.raises(ValueError, match=message):
        build()
