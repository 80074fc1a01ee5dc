"""Games on sparse networks: the periphery's chain by brute force and against agents, limits, learned policies, bad input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import engines, populations
from phasebook.populations.contagion_games import rewards, transition_rows

GAME = populations.ContagionGame()
SHORT = populations.ContagionGame(steps=8)


def random_core(game, seed=0):
    generator = np.random.default_rng(seed)
    return populations.core_course(game, generator.dirichlet([1, 1], (game.steps, len(game.state_names))))


def by_enumeration(core, degree):
    """Law of an agent's state over time by following every ordered neighborhood: slow and obvious."""
    game, kinds = core.game, core.contacts.shape[1]
    law = {
        (x, word): game.initial[x] * np.prod(core.contacts[0][list(word)])
        for x in range(len(game.initial))
        for word in itertools.product(range(kinds), repeat=degree)
    }
    course = [game.initial]
    for time in range(game.steps):
        following, after = dict.fromkeys(law, 0.0), np.zeros(len(game.initial))
        for (x, word), mass in law.items():
            if mass == 0:
                continue
            share = np.bincount(word, minlength=kinds) / degree
            row = core.policy[time, x] @ transition_rows(game, share)[x]
            after += mass * row
            if time + 1 == game.steps:
                continue
            for later in itertools.product(range(kinds), repeat=degree):
                chance = np.prod([core.chains[time][a, b] for a, b in zip(word, later, strict=True)])
                for y in np.flatnonzero(row):
                    following[int(y), later] += mass * chance * row[y]
        law = following
        course.append(after)
    return np.array(course)


@pytest.mark.parametrize(("name", "degree"), [("sis", 1), ("sis", 3), ("sir", 2), ("rumor", 2)])
def test_the_chain_of_neighborhoods_is_exact(name, degree):
    core = random_core(populations.ContagionGame(name, steps=5, initial_share=0.4))
    found = populations.periphery_course(core, degree)
    assert np.abs(found.shares - by_enumeration(core, degree)).max() < 1e-13


@pytest.mark.parametrize("name", ["sis", "sir", "rumor"])
def test_the_chain_of_one_neighbor_leads_to_what_is_met_next(name):
    core = random_core(populations.ContagionGame(name, steps=5, initial_share=0.4))
    assert np.abs(np.einsum("tz,tzw->tw", core.contacts[:-1], core.chains) - core.contacts[1:]).max() < 1e-14


def test_published_courses_of_the_default_game():
    solved = populations.solve_hybrid(GAME, 0.05, largest_degree=2, learning="core")
    assert solved.core.shares[20, 1] == pytest.approx(0.2566, abs=5e-5)
    assert [each.shares[20, 1] for each in solved.periphery] == pytest.approx([0.2043, 0.2286], abs=5e-5)
    assert populations.periphery_course(solved.core, 20).shares[20, 1] == pytest.approx(0.2537, abs=5e-5)


def test_redrawn_neighbors_are_the_core_where_contagion_is_linear():
    core = random_core(SHORT)
    annealed = populations.periphery_course(core, 3, neighbors="annealed")
    assert np.abs(annealed.shares - core.shares).max() < 1e-13
    curved = random_core(populations.ContagionGame(power=2.0, steps=8))
    gap = np.abs(populations.periphery_course(curved, 2, neighbors="annealed").shares - curved.shares).max()
    assert gap > 0.01


@settings(deadline=None, max_examples=20)
@given(
    name=st.sampled_from(["sis", "sir", "rumor"]),
    infection=st.floats(0, 1),
    share=st.floats(0, 1),
    degree=st.integers(1, 4),
    seed=st.integers(0, 100),
)
def test_courses_keep_mass_and_more_neighbors_come_closer_to_the_core(name, infection, share, degree, seed):
    core = random_core(populations.ContagionGame(name, infection, initial_share=share, steps=6), seed)
    found = populations.periphery_course(core, degree)
    assert found.shares.sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert found.shares.min() >= -1e-15
    if degree == 4:
        near = np.abs(populations.periphery_course(core, 16).shares - core.shares).max()
        assert near <= np.abs(found.shares - core.shares).max() + 1e-12


def test_learned_policies_beat_the_core_and_no_more_than_the_informed():
    core = populations.core_course(SHORT, populations.solve_core(SHORT, 0.05).policy)
    for degree in (1, 3):
        follows = populations.periphery_course(core, degree).earned
        learned = populations.solve_periphery(core, degree, 0.05)
        best = populations.best_peripheral_policy(core, degree)
        informed = populations.informed_return(core, degree)
        assert learned.residual < 1e-9
        assert follows < learned.earned <= best.earned + 1e-9
        assert best.earned <= informed + 1e-9


def test_the_deviation_begins_behind_the_start_and_holds_the_end():
    predicted = np.tile([0.5, 0.5], (5, 1))
    start, end = predicted.copy(), predicted.copy()
    start[0], end[-1] = [0.8, 0.2], [0.9, 0.1]
    # (1/2T) Σ over t = 1 … T = 4: the last alone is off by 0.4 on both sides.
    assert populations.deviation(predicted, np.stack((predicted, start, end))) == pytest.approx([0, 0, 0.1])


def test_a_learned_policy_is_a_stationary_point_of_return_and_entropy():
    temperature, step = 0.3, 1e-4
    core = random_core(populations.ContagionGame(steps=5, initial_share=0.4), 3)

    def worth(policy):
        found = populations.periphery_course(core, 2, policy)
        entropy = -(policy * np.log(policy)).sum(axis=2)
        return found.earned + temperature * (found.shares[:-1] * entropy).sum()

    learned = populations.solve_periphery(core, 2, temperature).policy
    slopes = []
    for time, state in itertools.product(range(5), range(2)):
        more, less = learned.copy(), learned.copy()
        more[time, state] += [step, -step]
        less[time, state] -= [step, -step]
        slopes.append((worth(more) - worth(less)) / (2 * step))
    assert np.abs(slopes).max() < 1e-6


def test_the_best_policy_of_a_short_game_is_the_best_of_all():
    game = populations.ContagionGame(steps=3)
    core = random_core(game)
    best = populations.best_peripheral_policy(core, 1)
    every = []
    for word in itertools.product([0, 1], repeat=3):
        policy = np.zeros((3, 2, 2))
        policy[:, 1, 0] = 1.0
        policy[np.arange(3), 0, list(word)] = 1.0
        every.append(populations.periphery_course(core, 1, policy).earned)
    assert best.earned == pytest.approx(max(every), abs=1e-12)


def star(leaves):
    return engines.graph_from_pairs(leaves + 1, [(0, leaf) for leaf in range(1, leaves + 1)])


def test_agents_on_a_pair_follow_the_chain_of_two():
    # Two agents who see each other alone: the joint chain on four states, written out.
    game = populations.ContagionGame(steps=6, initial_share=0.3)
    policy = np.random.default_rng(1).dirichlet([1, 1], (6, 2))
    law = np.outer(game.initial, game.initial)
    course = [game.initial[1]]
    for time in range(6):
        moved = np.zeros((2, 2))
        for a, b in itertools.product(range(2), repeat=2):
            rows = [policy[time, x] @ transition_rows(game, np.eye(2)[other])[x] for x, other in ((a, b), (b, a))]
            moved += law[a, b] * np.outer(*rows)
        law = moved
        course.append(law.sum(axis=1)[1])
    pairs = engines.graph_from_pairs(40_000, np.arange(40_000).reshape(-1, 2))
    runs = populations.simulate_agents(game, pairs, policy[None], seed=2)
    # Partners are correlated: twice the binomial variance at most.
    errors = np.sqrt(2 * np.array(course) * (1 - np.array(course)) / 40_000)
    assert (np.abs(runs.shares[0, :, 1] - course) < 4.5 * errors).all()


@pytest.mark.parametrize(("name", "power"), [("sis", 1.0), ("sis", 2.0), ("sis", 1.5), ("sir", 1.0), ("rumor", 1.0)])
def test_asking_one_neighbor_is_counting_all(name, power):
    game = populations.ContagionGame(name, power=power, steps=6, initial_share=0.3)
    graph = populations.sample_graph(populations.Graphex(0.5), 40, seed=1).graph
    policies = np.random.default_rng(0).dirichlet([1, 1], (3, 6, len(game.state_names)))
    groups = populations.degree_groups(graph, 2)
    ours = populations.simulate_agents(game, graph, policies, groups, runs=400, seed=1)
    device = populations.simulate_agents_on_device(game, graph, policies, groups, runs=150, seed=2)
    errors = np.sqrt(ours.counts.var(axis=0) / 400 + device.var(axis=0) / 150)
    assert (np.abs(ours.counts.mean(axis=0) - device.mean(axis=0)) <= 5 * errors + 1e-9).all()


def test_returns_of_agents_are_those_of_the_chain():
    for name in ("sis", "rumor"):
        game = populations.ContagionGame(name, steps=6, initial_share=0.3)
        policy = np.random.default_rng(3).dirichlet([1, 1], (6, 2))
        pairs = engines.graph_from_pairs(400_000, np.arange(400_000).reshape(-1, 2))
        runs = populations.simulate_agents(game, pairs, policy[None], seed=2)
        law, earned = np.outer(game.initial, game.initial), 0.0
        for time in range(6):
            moved = np.zeros((2, 2))
            for a, b, u, v in itertools.product(range(2), repeat=4):
                mass = law[a, b] * policy[time, a, u] * policy[time, b, v]
                mine, theirs = game.contacts[b, v], game.contacts[a, u]
                earned += mass * rewards(game, mine)[a, u]
                moved += mass * np.outer(transition_rows(game, mine)[a, u], transition_rows(game, theirs)[b, v])
            law = moved
        assert runs.earned[0, 0] == pytest.approx(earned, abs=0.02)


def test_seeds_and_threads():
    graph, policies = star(500), np.full((1, 50, 2, 2), 0.5)
    one, many = (populations.simulate_agents(GAME, graph, policies, runs=3, seed=5, threads=n) for n in (1, 2))
    assert (one.counts == many.counts).all()
    assert (one.counts != populations.simulate_agents(GAME, graph, policies, runs=3, seed=6).counts).any()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: populations.ContagionGame("seir"), "name must be sis, sir or rumor"),
        (lambda: populations.ContagionGame(infection=1.2), "infection must lie"),
        (lambda: populations.ContagionGame(power=0.5), "power must be"),
        (lambda: populations.ContagionGame("rumor", power=2.0), "power must be"),
        (lambda: populations.ContagionGame(steps=0), "horizon: steps must be"),
        (lambda: populations.solve_core(GAME, 0.0), "temperature must be positive"),
        (lambda: populations.solve_hybrid(GAME, 0.05, largest_degree=0), "largest_degree must be"),
        (lambda: populations.solve_periphery(random_core(SHORT), 2, -1.0), "temperature must be positive"),
        (lambda: populations.periphery_course(random_core(SHORT), 0), "degree must be"),
        (
            lambda: populations.periphery_course(random_core(populations.ContagionGame("sir", steps=3)), 100),
            "degree 100 has 5151 neighborhoods of 3 kinds of contacts",
        ),
        (lambda: populations.simulate_agents(GAME, star(3), np.ones((1, 50, 2, 2)), seed=0), "policies must hold"),
        (lambda: populations.simulate_agents(GAME, star(3), np.ones((1, 9, 2, 2)), seed=0), "policies must have shape"),
        (
            lambda: populations.simulate_agents(
                GAME, engines.graph_from_pairs(3, [(0, 1)]), np.full((1, 50, 2, 2), 0.5), seed=0
            ),
            "isolated",
        ),
        (
            lambda: populations.simulate_agents(GAME, star(2), np.full((1, 50, 2, 2), 0.5), [0, 1, 1], seed=0),
            "groups must be",
        ),
    ],
)
def test_wrong_network_games_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
