"""Birth-death chains: Poisson and published values, absorption, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from phasebook.reactions import (
    AbsorbingStateWarning,
    TruncationError,
    birth_death,
    brusselator,
    pair_annihilation,
    parse_network,
    schloegl,
    stationary_birth_death,
)


@pytest.mark.parametrize("volume", [0.01, 1.0, 300.0])
def test_birth_and_death_is_poisson(volume):
    law = stationary_birth_death(birth_death(volume))
    assert law.probabilities == pytest.approx(poisson.pmf(law.counts, 10 * volume), rel=1e-9, abs=1e-16)
    rate = 10 * volume
    assert (law.mean, law.variance, law.fano) == pytest.approx((rate, rate, 1.0), rel=1e-11)
    assert law.moment(3) == pytest.approx(rate**3 + 3 * rate**2 + rate, rel=1e-9)


def test_a_million_molecules_keep_their_digits():
    law = stationary_birth_death(birth_death(1e5))
    assert (law.mean, law.fano) == pytest.approx((1e6, 1.0), rel=1e-10)


@pytest.mark.parametrize(("volume", "mean"), [(1, 1.0190), (10, 1.6685), (100, 2.8505), (300, 3.9175)])
def test_schloegl(volume, mean):
    law = stationary_birth_death(schloegl(volume))
    assert law.mean / volume == pytest.approx(mean, abs=5e-5)
    assert law.probabilities.sum() == pytest.approx(1.0, abs=1e-14)


def test_the_upper_mode_is_found_across_a_deep_valley():
    # Between the modes, at twice the volume, lies a probability far below the tail that may be left out.
    law = stationary_birth_death(schloegl(3000.0))
    assert law.mean / 3000.0 == pytest.approx(4.0, abs=0.01)


def test_a_chain_of_a_general_law_with_a_ceiling():
    # X is the number of ten switches that are on, each on half of the time: binomial.
    law = stationary_birth_death(parse_network("X = 5 \n up: 0 -> X, propensity: 10 - X \n down: X -> 0, 1"))
    assert law.counts.tolist() == list(range(11))
    assert law.probabilities == pytest.approx(np.array([1, 10, 45, 120, 210, 252, 210, 120, 45, 10, 1]) / 1024)


def test_species_that_do_not_change_are_held():
    text = "constant S = 4 \n species X = 0 \n S -> S + X, 2 \n X -> 0, 1"
    assert stationary_birth_death(parse_network(text)).mean == pytest.approx(8.0)


def test_extinction_is_warned_of():
    with pytest.warns(AbsorbingStateWarning, match="ends in X = 0"):
        law = stationary_birth_death(parse_network("X = 5 \n X -> 0, 1"))
    assert (law.mean, law.variance, law.counts.tolist()) == (0.0, 0.0, [0])
    assert np.isnan(law.fano)


def test_a_reaction_that_all_but_never_happens():
    network = parse_network("X = 0 \n 0 -> X, 3 \n X -> 0, 1 \n 2X -> X, 2e-313")
    assert stationary_birth_death(network).mean == pytest.approx(3.0)


@given(st.floats(0.1, 20.0), st.floats(0.2, 5.0), st.floats(0.0, 0.1))
def test_births_and_deaths_balance(birth, death, pairs):
    text = f"X = 0 \n 0 -> X, {birth!r} \n X -> 0, {death!r} \n 2X -> X, {pairs!r}"
    law = stationary_birth_death(parse_network(text))
    assert law.probabilities.sum() == pytest.approx(1.0, abs=1e-12)
    # What comes in goes out: birth = death <n> + pairs <n (n - 1)>.
    assert death * law.mean + pairs * (law.moment(2) - law.mean) == pytest.approx(birth, rel=1e-9)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (brusselator(), "exactly one species that changes; here change 'X', 'Y'"),
        (pair_annihilation(), "'annihilation' changes 'X' by -2"),
        (parse_network("X = 1.5 \n 0 -> X, 1 \n X -> 0, 1"), "'X' must be a whole number; got 1.5"),
        (parse_network("X = 1 \n 0 -> X, 1"), "no stationary law"),
        (parse_network("X = 1 \n 0 -> X, 1 \n down: X -> 0, propensity: 2"), "takes 'X' below zero"),
        (parse_network("X = 0 \n 0 -> X, 1 \n X -> 0, 1 \n event e: X > 3, X = 0"), "events"),
    ],
)
def test_refusals(network, message):
    with pytest.raises(ValueError, match=message):
        stationary_birth_death(network)


def test_a_law_far_beyond_the_largest_count_is_refused_without_a_search():
    # A billion counts would not fit the memory: the roots of d(n + 1) - b(n) tell at once.
    network = parse_network("X = 0 \n 0 -> X, 1 \n X -> 0, 1e-12 \n 2X -> X, 1e-24")
    with pytest.raises(TruncationError, match="reaches above 1000000000 molecules"):
        stationary_birth_death(network, largest=10**9)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="tail must lie between 0 and 1"):
        stationary_birth_death(birth_death(), tail=0.0)
    with pytest.raises(TruncationError, match="reaches above 50 molecules"):
        stationary_birth_death(birth_death(10.0), largest=50)
    with pytest.raises(ValueError, match="order must be at least 0"):
        stationary_birth_death(birth_death()).moment(-1)
