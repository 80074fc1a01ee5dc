"""The master equation on finite sets of states: closed forms, dense exponentials, published values, conservation, refusals."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import poisson

from phasebook.reactions import (
    AbsorbingStateWarning,
    NegativePropensity,
    TruncationError,
    birth_death,
    brusselator,
    dimerisation,
    michaelis_menten,
    pair_annihilation,
    parse_network,
    schloegl,
    stationary_birth_death,
    stationary_distribution,
    transient_distribution,
    wilhelm,
)


def dense_generator(network, states):
    """The generator on given states, written down one transition at a time."""
    index = {tuple(state): place for place, state in enumerate(states)}
    generator = np.zeros((len(states), len(states)))
    change = network.change.toarray()
    for state, place in index.items():
        for rate, step in zip(network.propensities(state), change, strict=True):
            generator[place, place] -= rate
            target = index.get(tuple(np.array(state) + step))
            if target is not None:
                generator[target, place] += rate
    return generator


def test_birth_and_death_is_poisson_at_all_times():
    times = [0.0, 0.01, 0.5, 1.0, 20.0]
    for time, law in zip(times, transient_distribution(birth_death(), times), strict=True):
        exact = poisson.pmf(law.states[:, 0], 10 * (1 - np.exp(-time)))
        assert law.leaked <= 1e-8
        assert np.abs(law.probabilities - exact).sum() <= law.leaked + 1e-10


@pytest.mark.parametrize("network", [dimerisation(0.1), dimerisation(1.0), michaelis_menten(0.1)])
@pytest.mark.parametrize("time", [0.1, 30.0, 2000.0])
def test_closed_networks_against_dense_exponentials(network, time):
    [law] = transient_distribution(network, [time])
    start = np.all(law.states == network.initial_counts, axis=1).astype(float)
    expected = expm(time * dense_generator(network, law.states)) @ start
    assert law.probabilities == pytest.approx(expected, abs=1e-10)
    assert law.leaked <= 1e-10


def test_only_what_is_conserved_is_reached():
    [law] = transient_distribution(michaelis_menten(0.1), [200.0])
    substrate, enzyme, complexes, product = law.states.T
    assert (enzyme + complexes == 1).all()
    assert (substrate + complexes + product == 10).all()
    assert len(law.states) == 11 + 10


def test_the_box_of_a_transient_bounds_the_error():
    network = schloegl(10.0)
    [exact] = transient_distribution(network, [2.0], tolerance=1e-10)
    [boxed] = transient_distribution(network, [2.0], box=[80], tolerance=0.5)
    gap = exact.probabilities[:81] - boxed.probabilities
    assert 1e-6 < boxed.leaked < 0.5
    assert gap.min() > -1e-9
    assert gap.sum() <= boxed.leaked + 1e-9


def test_fast_rates_over_long_times_end_in_the_stationary_law():
    network = schloegl(30.0)
    law = transient_distribution(network, [1.0, 1e4])[-1]
    exact = stationary_birth_death(network)
    assert law.mean()[0] == pytest.approx(exact.mean, rel=1e-6)
    assert law.covariance()[0, 0] == pytest.approx(exact.variance, rel=1e-5)


def test_a_distribution_goes_on_where_it_was():
    network = brusselator(2.0)
    whole = transient_distribution(network, [1.0, 2.0])
    [half] = transient_distribution(network, [1.0])
    [rest] = transient_distribution(network, [1.0], initial=half)
    assert rest.mean() == pytest.approx(whole[1].mean(), abs=1e-5)
    assert half.probabilities.sum() == pytest.approx(whole[0].probabilities.sum(), abs=1e-7)


@pytest.mark.parametrize(("volume", "mean"), [(1, 1.0190), (10, 1.6685), (100, 2.8505), (300, 3.9175)])
def test_schloegl(volume, mean):
    law, exact = stationary_distribution(schloegl(volume)), stationary_birth_death(schloegl(volume))
    assert law.mean()[0] / volume == pytest.approx(mean, abs=5e-5)
    assert law.mean()[0] == pytest.approx(exact.mean, rel=1e-6)
    assert law.marginal("X")[: len(exact.counts)] == pytest.approx(exact.probabilities[: len(law.states)], abs=1e-7)


@pytest.mark.parametrize(("volume", "mean", "variance"), [(10, 7.1995, 5.3666), (100, 70.836, 53.0956)])
def test_pair_annihilation(volume, mean, variance):
    law = stationary_distribution(pair_annihilation(volume))
    assert law.mean()[0] == pytest.approx(mean, abs=5e-4 * volume / 100 + 5e-5)
    assert law.covariance()[0, 0] == pytest.approx(variance, abs=6e-5)


@pytest.mark.parametrize("box", [None, {"X": 149, "Y": 149}])
def test_brusselator(box):
    law = stationary_distribution(brusselator(10.0), box=box)
    assert law.mean() == pytest.approx([10.0, 25.1327], abs=1e-4)
    # The mean of X is exact: d<X + Y>/dt is linear.
    assert law.mean()[0] == pytest.approx(10.0, abs=1e-6)
    assert law.covariance()[1, 1] == pytest.approx(133.385, abs=1e-3)
    assert law.fano("X") == pytest.approx(7.7287, abs=1e-4)
    assert law.moment((0, 2)) == pytest.approx(765.04, abs=0.01)
    assert law.leaked <= 1e-8


def test_a_closed_network_is_binomial_in_the_end():
    law = stationary_distribution(parse_network("A = 10 \n B = 0 \n A <-> B, 1, 3"))
    assert law.mean() == pytest.approx([7.5, 2.5])
    assert law.covariance() == pytest.approx(np.array([[1.875, -1.875], [-1.875, 1.875]]))
    assert law.leaked == 0.0


def test_absorption_is_warned_of():
    with pytest.warns(AbsorbingStateWarning, match="E = 10, P = 100"):
        law = stationary_distribution(michaelis_menten())
    assert law.mean().tolist() == [0.0, 10.0, 0.0, 100.0]
    with pytest.warns(AbsorbingStateWarning, match="X = 0, Y = 0"):
        law = stationary_distribution(wilhelm())
    assert law.states.tolist() == [[0, 0]]
    assert np.isnan(law.fano("X"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stationary_distribution(parse_network("X = 0 \n X -> 0, 1"))


def test_two_ends_have_no_unique_law():
    with pytest.raises(ValueError, match="2 sets of states are never left"):
        stationary_distribution(parse_network("A = 1 \n B = 0 \n C = 0 \n A -> B, 1 \n A -> C, 1"))


def test_a_general_law_with_a_ceiling():
    network = parse_network("X = 5 \n up: 0 -> X, propensity: 10 - X \n down: X -> 0, 1")
    law = stationary_distribution(network)
    assert law.probabilities == pytest.approx(np.array([1, 10, 45, 120, 210, 252, 210, 120, 45, 10, 1]) / 1024)
    [late] = transient_distribution(network, [30.0])
    assert late.probabilities == pytest.approx(law.probabilities, abs=1e-9)


def test_a_general_law_equals_mass_action():
    by_law = parse_network("X = 3 \n 0 -> X, 2 \n 2X -> 0, propensity: 0.5 * X * (X - 1)")
    by_rate = parse_network("X = 3 \n 0 -> X, 2 \n 2X -> 0, 0.5")
    laws = [transient_distribution(network, [2.0])[0] for network in (by_law, by_rate)]
    assert laws[0].states.tolist() == laws[1].states.tolist()
    assert laws[0].probabilities == pytest.approx(laws[1].probabilities, abs=1e-12)


@settings(max_examples=15)
@given(st.floats(0.2, 5.0), st.floats(0.2, 5.0), st.floats(0.2, 2.0), st.floats(0.05, 3.0))
def test_linear_networks_follow_their_moment_equations(made, lost, passed, time):
    # 0 -> A -> B -> 0: means obey the rate equations, and from zero both counts stay independent Poisson numbers.
    network = parse_network(f"A = 0 \n B = 0 \n 0 -> A, {made!r} \n A -> B, {passed!r} \n B -> 0, {lost!r}")
    [law] = transient_distribution(network, [time])
    matrix = np.array([[-passed, 0.0, made], [passed, -lost, 0.0], [0.0, 0.0, 0.0]])
    means = (expm(time * matrix) @ [0.0, 0.0, 1.0])[:2]
    assert law.probabilities.sum() + law.leaked == pytest.approx(1.0, abs=1e-9)
    assert law.probabilities.min() >= 0.0
    assert law.mean() == pytest.approx(means, abs=1e-5)
    assert law.covariance() == pytest.approx(np.diag(means), abs=1e-4)


@pytest.mark.parametrize(
    ("network", "options", "error", "message"),
    [
        (parse_network("X = 1.5 \n X -> 0, 1"), {}, ValueError, "'X' must be a whole number; got 1.5"),
        (birth_death(), {"times": [2.0, 1.0]}, ValueError, "times must increase"),
        (birth_death(), {"times": [-1.0]}, ValueError, "times must be finite and not negative"),
        (birth_death(), {"box": [1, 2]}, ValueError, "box must be 1 whole numbers"),
        (birth_death(), {"box": {"Z": 2}}, ValueError, "check 'X'"),
        (birth_death(), {"initial": [9], "box": [8]}, ValueError, "box allows at most 8 of 'X'"),
        (birth_death(), {"tolerance": 0.0}, ValueError, "tolerance must lie between 0 and 1"),
        (birth_death(), {"largest": 0}, ValueError, "largest must be at least 1"),
        (birth_death(), {"largest": 20}, TruncationError, "more than 20 states"),
        (parse_network("X = 9 \n 2X -> 3X, 1"), {"largest": 9999}, TruncationError, "more than 9999 states"),
        (parse_network("X = 0 \n 0 -> X, 1 \n event e: X > 3, X = 0"), {}, ValueError, "remove event 'e'"),
        (parse_network("X = 1 \n a: X -> 0, propensity: 1"), {}, ValueError, "'a' takes a count below zero"),
        (parse_network("X = 1 \n a: 0 -> X, propensity: 5 - 2*X"), {}, NegativePropensity, "'a' has the value -1"),
    ],
)
def test_refusals(network, options, error, message):
    with pytest.raises(error, match=message):
        transient_distribution(network, **{"times": [1.0], **options})


def test_a_box_that_leaks_is_refused_with_its_loss():
    with pytest.raises(TruncationError, match="the box loses the probability") as caught:
        transient_distribution(birth_death(), [5.0], box=[12])
    assert 0.1 < caught.value.leaked < 1.0
    with pytest.raises(TruncationError, match="the edge of the box") as caught:
        stationary_distribution(birth_death(), box=[12])
    # The edge of a reflecting box holds the truncated Poisson law's last probability.
    assert caught.value.leaked == pytest.approx(poisson.pmf(12, 10) / poisson.cdf(12, 10))


def test_wrong_questions_to_a_distribution():
    law = stationary_distribution(birth_death())
    with pytest.raises(ValueError, match="'Z' is not in the network"):
        law.fano("Z")
    with pytest.raises(ValueError, match="exponents must be 1 numbers"):
        law.moment([1, 2])
