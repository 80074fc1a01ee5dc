"""The lattice engine against exact laws of random walks and small Markov chains, its invariants, and wrong input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from phasebook.engines import ExtinctRuns, parse_lattice_model, simulate_lattice

WALK = parse_lattice_model("hop A @ 1\nA + A -> 0 @ contact")
HUNT = parse_lattice_model("exchange @ 1\nB -> B + B @ 1\nA + B -> A + A @ 2\nA -> 0 @ 0.5")


@pytest.mark.parametrize("shape", [(64,), (64, 32), (16, 32, 8)])
def test_a_lone_walker_diffuses_with_the_hop_rate(shape):
    """The displacement along each axis has variance t/d; a Poisson number of hops has mean t."""
    start = np.zeros(shape, np.uint8)
    start[tuple(extent // 2 for extent in shape)] = 1
    runs = simulate_lattice(WALK, shape, [4.0], initial=start, replicas=4000, seed=3, snapshots=(4.0,))
    places = np.argwhere(runs.snapshots[:, 0])[:, 1:]
    steps = places - np.array(shape) // 2
    assert len(steps) == 4000
    assert steps.var(axis=0) == pytest.approx(4.0 / len(shape), rel=0.12)
    assert abs(steps.mean(axis=0)).max() < 5 * math.sqrt(4.0 / len(shape) / 4000)
    assert runs.attempts.mean() == pytest.approx(4.0, abs=0.16)


def test_looking_often_changes_nothing():
    # What would have happened behind an observation is drawn anew: a lone walker hops once a time however often it is looked at.
    start = np.zeros(8, np.uint8)
    start[4] = 1
    runs = simulate_lattice(WALK, 8, np.arange(0.5, 2000.1, 0.5), initial=start, replicas=4, seed=12)
    assert runs.attempts.sum() == pytest.approx(8000, abs=5 * math.sqrt(8000))


def test_errors_over_blocks_and_replicas_are_those_of_independent_sites():
    runs = simulate_lattice(WALK, 4000, [0.0], initial={"A": 0.3}, replicas=2000, seed=13, blocks=2)
    # The scatter of 2000 runs is known to 1.6%, that of 4000 blocks to 1.1%.
    assert runs.mean()[1][0, 0] == pytest.approx(math.sqrt(0.21 / 4000 / 2000), rel=0.12)
    assert runs.block_estimate("A", 0).stderr == pytest.approx(math.sqrt(0.21 / 4000 / 2000), rel=0.08)


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("A -> B @ 0.7\nB -> A @ 0.4\nhop A @ 1\nA + B -> 0 @ contact 0.3", 3),
        ("exchange @ 0.6\nA + B -> B + B @ 1.1\nB + 0 -> A + B @ 0.8\n0 -> A @ 0.2", 3),
        ("hop A, B @ 0.5\nA -> A + B @ 0.9\nA + B -> C @ contact\nC -> 0 @ 0.3", 4),
    ],
)
def test_a_ring_of_three_sites_follows_its_markov_chain(text, states):
    """Probabilities of all configurations against the exponential of a generator written out here from what rules mean."""
    model = parse_lattice_model(text)
    start = np.array([1, 2, 0], np.uint8)
    chain = generator(model, states)
    exact = expm(chain.T * 1.3)[:, code(start, states)]
    runs = simulate_lattice(model, 3, [1.3], initial=start, replicas=30_000, seed=5, snapshots=(1.3,), threads=1)
    found = np.bincount([code(row, states) for row in runs.snapshots[:, 0]], minlength=states**3) / 30_000
    error = np.sqrt(np.maximum(exact * (1 - exact), 1e-6) / 30_000)
    assert np.abs((found - exact) / error).max() < 4.8


def code(row, states):
    return int(row[0]) * states**2 + int(row[1]) * states + int(row[2])


def generator(model, states):
    rates = np.zeros((states**3, states**3))
    for number in range(states**3):
        row = [number // states**2, number // states % states, number % states]
        for site in range(3):
            for side in (-1, 1):
                other = (site + side) % 3
                for rate, after, after_other in events(model, row[site], row[other]):
                    new = list(row)
                    new[site], new[other] = after, after_other
                    rates[number, code(new, states)] += rate / 2
        rates[number, number] -= rates[number].sum()
    return rates


def events(model, focal, other):
    if model.exchange:
        yield model.exchange, other, focal
    for rule in model.rules:
        if rule.focal == focal and rule.neighbor is None:
            yield rule.rate, rule.new_focal, other
        elif rule.focal == focal and rule.neighbor == other:
            yield rule.rate, rule.new_focal, rule.new_neighbor
    if focal and model.hops[focal - 1]:
        if other == 0:
            yield model.hops[focal - 1], 0, focal
        for contact in model.contacts:
            if {focal, other} == {contact.first, contact.second}:
                product = contact.products[0] if contact.products else 0
                yield model.hops[focal - 1] * contact.probability, 0, product


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.45))
def test_annihilation_of_two_species_keeps_their_difference(seed, density):
    model = parse_lattice_model("hop A, B @ 1\nA + B -> 0 @ contact")
    runs = simulate_lattice(
        model, (16, 16), [0.0, 1.0, 5.0], initial={"A": density, "B": density}, replicas=2, seed=seed, threads=1
    )
    difference = np.round(256 * (runs.of("A") - runs.of("B")))
    assert (difference == difference[:, :1]).all()
    assert (np.diff(runs.densities, axis=1) <= 0).all()


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_exchange_alone_moves_and_keeps_every_particle(seed):
    model = parse_lattice_model("species A, B\nexchange @ 3")
    start = np.random.default_rng(seed).integers(0, 3, (12, 10))
    runs = simulate_lattice(model, (12, 10), [2.0], initial=start, seed=seed, snapshots=(2.0,), threads=1)
    after = runs.snapshots[0, 0]
    assert (np.bincount(after.ravel(), minlength=3) == np.bincount(start.ravel(), minlength=3)).all()
    assert (after != start).any()


def test_threads_replicas_and_blocks_do_not_change_a_run():
    common = {"initial": {"A": 0.3, "B": 0.3}, "seed": 9}
    one = simulate_lattice(HUNT, (16, 16), [1.0, 3.0], replicas=6, threads=1, **common)
    two = simulate_lattice(HUNT, (16, 16), [1.0, 3.0], replicas=6, threads=2, blocks=8, **common)
    few = simulate_lattice(HUNT, (16, 16), [1.0, 3.0], replicas=2, **common)
    assert (one.densities == two.densities).all()
    assert (one.densities[:2] == few.densities).all()
    assert two.block_densities.mean(axis=2) == pytest.approx(two.densities)
    assert not (one.densities[0] == one.densities[1]).all()


def test_exact_numbers_are_exact():
    model = parse_lattice_model("hop A, B @ 1\nA + B -> 0 @ contact")
    runs = simulate_lattice(model, 1000, [0.0], initial={"A": 0.25, "B": 0.1}, exact_numbers=True, replicas=3, seed=1)
    assert (runs.densities[:, 0] == [0.25, 0.1]).all()


def test_lost_species_need_a_choice_of_ensemble():
    model = parse_lattice_model("A -> 0 @ 1\nA -> A + A @ 0.5")
    runs = simulate_lattice(model, 10, [0.0, 3.0], initial={"A": 0.5}, replicas=50, seed=2)
    assert 0 < np.count_nonzero(runs.survived) < 50
    with pytest.raises(ExtinctRuns, match="say ensemble='all' or 'survivors'"):
        runs.mean()
    everyone, alive = runs.mean("all")[0][-1, 0], runs.mean("survivors")[0][-1, 0]
    assert everyone == pytest.approx(alive * runs.survived.mean())
    gone = simulate_lattice(model, 10, [0.0, 90.0], initial={"A": 0.5}, replicas=4, seed=2)
    with pytest.raises(ExtinctRuns, match="none of 4 runs"):
        gone.mean("survivors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"initial": {"A": 1.2}}, "initial density of A must lie in"),
        ({"initial": {"A": 0.7, "B": 0.6}}, "must sum to at most 1"),
        ({"initial": {"C": 0.1}}, "species must be one of B, A; got 'C'"),
        ({"initial": np.full((4, 4), 3)}, "initial states must lie between 0 and 2"),
        ({"initial": np.zeros((4, 5), int)}, "of shape"),
        ({"initial": np.zeros((4, 4))}, "must hold integer states"),
        ({"times": [1.0, 1.0]}, "strictly increasing"),
        ({"times": [math.nan]}, "strictly increasing"),
        ({"shape": (4, 4, 4, 4)}, "one to three integers"),
        ({"shape": (1, 4)}, "at least 2"),
        ({"shape": (10_000, 10_000)}, "at most 67108864 sites"),
        ({"replicas": 0}, "replicas must be a positive integer"),
        ({"blocks": 7}, "blocks must be 0 or divide"),
        ({"snapshots": (0.5,)}, "snapshots must be among"),
        ({"threads": 0}, "threads must be a positive integer"),
        ({"seed": -1}, "seed must be a non-negative integer"),
    ],
)
def test_wrong_input_is_refused(change, message):
    arguments = {"shape": (4, 4), "times": [1.0], "initial": {"A": 0.3}, "seed": 1, **change}
    with pytest.raises(ValueError, match=message):
        simulate_lattice(HUNT, arguments.pop("shape"), arguments.pop("times"), **arguments)
