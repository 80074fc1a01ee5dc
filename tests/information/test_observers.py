"""Regulators, Conant and Ashby, natural gradients, softmax observers: exact cases, properties, wrong input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import information

END = (1.2906775, 0.5955344)


def random_pair(seed, states=6, actions=3, observers=4, observations=3, disturbances=2):
    generator = np.random.default_rng(seed)
    return information.MoorePair(
        generator.integers(0, states, (states, actions, disturbances)),
        generator.integers(0, observations, states),
        generator.integers(0, actions, observers),
        generator.integers(0, observers, (observers, observations)),
        generator.random(states) < 0.7,
    )


@pytest.mark.parametrize(
    ("controller", "jump", "size"),
    [
        ("copy", False, 5),
        ("blind", False, 0),
        ("clock", False, 5),
        ("reflex", False, 25),
        ("copy", True, 0),
        ("clock", True, 0),
        ("reflex", True, 25),
    ],
)
def test_the_dial(controller, jump, size):
    pair = information.clock_world(controller, jump)
    found = information.largest_regulator(pair)
    assert found.size == size
    assert information.is_good_regulator(pair) == (size > 0)
    if size == 5:
        assert [pair.state_names[s] for s in found.belief(2)] == ["d=2 x=0"]
        assert all(len(found.belief(c)) == 1 for c in range(5))
        assert information.is_good_regulator(pair, 2, found.belief(2)[0])
        assert not information.is_good_regulator(pair, 2, 0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_fixed_point_is_an_interpretation_and_the_greatest(seed):
    pair = random_pair(seed)
    kept = information.largest_regulator(pair).pairs
    for c, s in np.argwhere(kept):
        assert pair.good[s]
        for w in range(2):
            assert kept[pair.update[c, pair.sensor[s]], pair.environment[s, pair.action[c], w]]
    # Walking: what survives every run is what the fixed point holds, 40 runs of 30 steps being enough for 24 pairs.
    survived = (information.survival_times(pair, 30, 40, seed) == 30).all(axis=2)
    assert (survived >= kept).all()
    assert (survived == kept).mean() > 0.9


def test_a_deterministic_world_needs_one_walk():
    for seed in range(20):
        pair = random_pair(seed, disturbances=1)
        survived = (information.survival_times(pair, 24, 1, 0) == 24).all(axis=2)
        assert np.array_equal(survived, information.largest_regulator(pair).pairs)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_stochastic_regulator_beats_the_best_map(seed):
    generator = np.random.default_rng(seed)
    table, law = generator.integers(0, 5, (5, 4)), generator.dirichlet(np.ones(5))
    best, entropy = information.best_deterministic_regulator(table, law)
    policies = generator.dirichlet(np.full(4, 0.3), (200, 5))
    assert information.outcome_entropies(table, law, policies).min() >= entropy - 1e-12
    mine = np.eye(4)[list(best)][None]
    assert information.outcome_entropies(table, law, mine)[0] == pytest.approx(entropy, abs=1e-12)


def test_a_regulator_that_can_hold_the_outcome_does():
    best, entropy = information.best_deterministic_regulator([[0, 1], [1, 0]], [0.5, 0.5])
    assert entropy == 0.0
    assert best in ((0, 1), (1, 0))


@pytest.mark.parametrize("coordinates", ["deviation", "log-deviation", "natural"])
def test_natural_gradient_is_one_path_in_all_coordinates(coordinates):
    model = information.GaussianModel(coordinates)
    end = model.descend(1.5, 0.5, 0.5)[-1]
    np.testing.assert_allclose(end, END, atol=1e-6)
    np.testing.assert_allclose(end, information.exact_gaussian_flow(1.5, 0.5, 0.5), atol=1e-9)


@pytest.mark.parametrize(
    ("coordinates", "end"),
    [("deviation", (0.9098, 0.8509)), ("log-deviation", (0.9098, 0.6895)), ("natural", (1.2505, 0.4626))],
)
def test_the_plain_gradient_is_another_path_in_each(coordinates, end):
    np.testing.assert_allclose(
        information.GaussianModel(coordinates).descend(1.5, 0.5, 0.5, natural=False)[-1], end, atol=1e-4
    )


@settings(max_examples=10, deadline=None)
@given(mean=st.floats(-2, 2), deviation=st.floats(0.3, 3))
def test_scores_give_the_fisher_matrix(mean, deviation):
    found = information.GaussianModel("deviation").fisher(mean, deviation)
    np.testing.assert_allclose(found, np.diag([1, 2]) / deviation**2, atol=1e-9 / deviation**2)


def test_a_natural_step_solves_and_tells_what_it_cannot():
    step = information.natural_step([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
    np.testing.assert_allclose(step, [-1.0, -0.5])
    np.testing.assert_allclose(information.natural_step(np.zeros((2, 2)), [1.0, 2.0], damping=0.5), [-2.0, -4.0])


def test_softmax_observers_learn_more_than_frequencies():
    generator = np.random.default_rng(5)
    rules = information.parse_rules("{{x,y},{y,z}} -> {{x,z},{z,y}}")
    state = tuple(information.Relation("", tuple(map(int, pair))) for pair in generator.integers(0, 40, (80, 2)))
    run = information.rewrite(rules, state, order="random", events=3000, seed=2)
    records = information.boundary_records(run, 12, 100, 3)
    found = information.train_observers(records)
    np.testing.assert_allclose(found.first_loss, np.log(3), rtol=1e-12)
    assert (found.last_loss < records.entropies).all()
    assert found.spectra.shape == (12, 6)
    assert (found.condition_numbers > 1).all()
    # Boundaries counted anew, relation by relation.
    inside = np.zeros(run.nodes, bool)
    inside[:15] = True
    sizes = information.boundary_sizes(run, inside, 5, 1000)
    for size, time in zip(sizes, np.linspace(1000, 3000, 6).astype(int), strict=True):
        alive = (run.creator < time) & ((run.consumer >= time) | (run.consumer < 0))
        assert size == int((inside[run.edge_nodes[alive]].sum(axis=1) == 1).sum())


ROWS = (
    "table,first,second,value\nenvironment,wet,wait,wet\nenvironment,wet,pump,dry\nenvironment,dry,wait,wet\n"
    "environment,dry,wait,dry\nenvironment,dry,pump,dry\nsensor,wet,,bell\nsensor,dry,,quiet\naction,on,,pump\n"
    "action,off,,wait\nupdate,on,bell,on\nupdate,on,quiet,on\nupdate,off,bell,on\nupdate,off,quiet,off\ngood,dry,,1\n"
)


def test_an_observer_in_a_file(tmp_path):
    path = tmp_path / "pump.csv"
    path.write_text(ROWS)
    pair = information.read_observer(path)
    found = information.largest_regulator(pair)
    assert pair.environment.shape == (2, 2, 2)
    assert pair.observer_names == ("on", "off")
    assert found.belief(0) == (1,)
    assert found.size == 1
    information.write_observer(pair, tmp_path / "pump.npz")
    again = information.read_observer(tmp_path / "pump.npz")
    assert np.array_equal(information.largest_regulator(again).pairs, found.pairs)


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("sensor,wet,,bell\n", "", KeyError, "sensor covers no state wet"),
        ("environment,wet,pump,dry\n", "", KeyError, "environment covers no state wet with pump"),
        ("update,on,bell,on\n", "", KeyError, "update covers no state on with bell"),
        ("good,dry,,1", "good,dry,,yes", ValueError, "row 15: good must be 0 or 1"),
        ("sensor,wet", "senser,wet", ValueError, "row 7: table must be one of"),
        ("update,on,bell,on\n", "update,on,bell,on\nupdate,on,bell,off\n", ValueError, "stands there twice"),
        ("table,first", "tables,first", ValueError, "lacks column 'table'"),
        ("sensor,wet,,bell", "sensor,wet,now,bell", ValueError, "sensor needs first alone"),
    ],
)
def test_files_that_do_not_fit(tmp_path, old, new, error, message):
    path = tmp_path / "pump.csv"
    path.write_text(ROWS.replace(old, new))
    with pytest.raises(error, match=message):
        information.read_observer(path)


def tables(**changed):
    held = {
        "environment": np.zeros((2, 1), int),
        "sensor": np.zeros(2, int),
        "action": np.zeros(1, int),
        "update": np.zeros((1, 1), int),
        "good": np.ones(2, bool),
    }
    return information.MoorePair(**{**held, **changed})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tables(sensor=np.zeros(1, int)), "sensor covers no state 1"),
        (lambda: tables(sensor=np.array([0, -1])), "sensor covers no state 1"),
        (lambda: tables(sensor=np.zeros(3, int)), "one entry for each of 2 states"),
        (lambda: tables(environment=np.full((2, 1), 2)), "environment must hold numbers below 2; got 2"),
        (lambda: tables(environment=np.array([[0], [-1]])), "environment has no entry at"),
        (lambda: tables(update=np.array([[0.5]])), "update must hold integers"),
        (lambda: tables(good=np.array([1, 2])), "good must hold true and false"),
        (lambda: tables(good=np.ones(3, bool)), "good must have one entry"),
        (lambda: tables(action=np.zeros((1, 2), int)), "action must have shape"),
        (lambda: tables(action=np.zeros((1, 1, 1), int)), "action 1 or 2"),
        (lambda: information.clock_world("x"), "controller must be one of"),
        (lambda: information.is_good_regulator(tables(), 0, 7), "state must be an integer"),
        (lambda: information.best_deterministic_regulator([[0, 1]], [0.5, 0.5]), "probabilities of the 1 states"),
        (lambda: information.best_deterministic_regulator([[-1, 1]], [1.0]), "numbers from 0"),
        (lambda: information.best_deterministic_regulator(np.zeros((30, 3), int), np.full(30, 1 / 30)), "maps"),
        (lambda: information.natural_step([[1, 0], [0, -1]], [1, 1]), "smallest eigenvalue is -1"),
        (lambda: information.natural_step(np.zeros((2, 2)), [1, 1]), "smallest eigenvalue is 0"),
        (lambda: information.natural_step(np.eye(2), [1, 1, 1]), "gradient must be 2 finite"),
        (lambda: information.natural_step(np.eye(2), [1, 1], damping=-1), "damping must not be negative"),
        (lambda: information.GaussianModel("x"), "coordinates must be one of"),
        (lambda: information.GaussianModel().descend(0, -1, 1), "deviation must be positive"),
        (lambda: information.GaussianModel().descend(0, 1, 1, step=0), "step must be positive"),
        (lambda: information.read_observer("none.csv"), "there is no file"),
    ],
)
def test_wrong_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
