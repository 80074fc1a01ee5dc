"""Moment equations against sums over states: each derivative that the master equation gives a distribution's moments."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.reactions import (
    ReactionNetwork,
    UnsupportedPropensity,
    brusselator,
    michaelis_menten,
    moment_equations,
    pair_annihilation,
    parse_network,
    schloegl,
    solve_moments,
)
from phasebook.reactions.moment_indices import below, exponents_of_order, partitions
from phasebook.reactions.network import Reaction
from phasebook.reactions.rate_laws import Number

WITHOUT_SINGLES = {2: 1, 3: 1, 4: 4, 5: 11, 6: 41, 7: 162}  # set partitions without blocks of one element, OEIS A000296


@pytest.mark.parametrize(
    "exponents", [(2,), (3,), (1, 1, 1), (4,), (2, 2), (1, 1, 1, 1), (3, 2), (5, 0), (2, 2, 2), (6,), (3, 4)]
)
def test_partitions_are_counted_as_those_of_a_set(exponents):
    found = partitions(exponents)
    assert sum(found.values()) == WITHOUT_SINGLES[sum(exponents)]
    for blocks in found:
        assert all(sum(block) >= 2 for block in blocks)
        assert tuple(np.sum(blocks, axis=0)) == exponents


def test_multi_indices():
    assert [len(exponents_of_order(3, order)) for order in range(5)] == [
        math.comb(2 + order, order) for order in range(5)
    ]
    assert list(below((1, 2))) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def stoichiometry(draw, species, most):
    counts = [draw(st.integers(0, 2)) for _ in range(species)]
    while sum(counts) > most:
        counts[int(np.argmax(counts))] -= 1
    return tuple((index, count) for index, count in enumerate(counts) if count)


@st.composite
def networks(draw, most_species=3):
    species = draw(st.integers(1, most_species))
    reactions = tuple(
        Reaction(
            f"R{index}",
            stoichiometry(draw, species, 3),
            stoichiometry(draw, species, 4),
            Number(draw(st.floats(0.1, 3))),
        )
        for index in range(draw(st.integers(1, 4)))
    )
    volume, combinatoric = draw(st.floats(0.5, 20)), draw(st.booleans())
    names = tuple("ABC"[:species])
    return ReactionNetwork(names, np.ones(species), reactions, volume=volume, combinatoric=combinatoric)


def distribution(species, seed):
    """Random probabilities on all states up to two molecules of each species."""
    states = np.array(list(itertools.product(range(3), repeat=species)), dtype=float)
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(states)))
    return states, weights


def state_of(equations, states, weights):
    volume, mean = equations.network.volume, weights @ states
    central = [
        weights @ np.prod((states - mean) ** each, axis=1) * volume ** (-sum(each) / 2) for each in equations.low
    ]
    return np.concatenate([mean / volume, central])


@settings(max_examples=40, deadline=None)
@given(networks(), st.integers(0, 10_000), st.integers(1, 3), st.sampled_from(["normal", "central", "poisson"]))
def test_equations_are_those_of_the_master_equation(network, seed, order, closure):
    species, volume = len(network.species), network.volume
    degree = max(reaction.order for reaction in network.reactions)
    # At this order all moments that enter the equations up to `order` are in the state: nothing is closed.
    equations = moment_equations(network, order + max(degree - 1, 0), closure)
    states, weights = distribution(species, seed)
    mean, found = weights @ states, equations.derivative(state_of(equations, states, weights))
    flux = weights[:, None] * network.propensities(states)
    change = network.change.toarray()
    drift = flux.sum(axis=0) @ change
    np.testing.assert_allclose(found[:species] * volume, drift, rtol=1e-9, atol=1e-9 * (1 + np.abs(flux).sum()))
    for place, each in enumerate(equations.low):
        if sum(each) > order:
            continue
        exponents = np.array(each)
        before = np.prod((states - mean) ** exponents, axis=1)
        rate = sum(
            flux[:, r] @ (np.prod((states + change[r] - mean) ** exponents, axis=1) - before)
            for r in range(len(change))
        )
        for j in range(species):
            if each[j]:
                lower = exponents - np.eye(species, dtype=int)[j]
                rate -= each[j] * (weights @ np.prod((states - mean) ** lower, axis=1)) * drift[j]
        size = flux.sum() * 10.0 ** sum(each)
        assert found[species + place] * volume ** (sum(each) / 2) == pytest.approx(
            rate, rel=1e-8, abs=1e-9 * (1 + size)
        )


@settings(max_examples=20, deadline=None)
@given(networks(), st.permutations(range(3)), st.sampled_from(["normal", "central", "poisson"]))
def test_permuting_species_permutes_moments(network, order, closure):
    species = len(network.species)
    order = [index for index in order if index < species]
    place = {old: new for new, old in enumerate(order)}
    reactions = tuple(
        Reaction(
            each.name,
            tuple(sorted((place[i], c) for i, c in each.reactants)),
            tuple(sorted((place[i], c) for i, c in each.products)),
            each.rate,
        )
        for each in network.reactions
    )
    names = tuple(network.species[index] for index in order)
    permuted = ReactionNetwork(
        names, np.ones(species), reactions, volume=network.volume, combinatoric=network.combinatoric
    )
    first, second = moment_equations(network, 3, closure), moment_equations(permuted, 3, closure)
    states, weights = distribution(species, 3)
    here = first.derivative(state_of(first, states, weights))
    there = second.derivative(state_of(second, states[:, order], weights))
    moved = [here[index] for index in order]
    lookup = {each: here[species + index] for index, each in enumerate(first.low)}
    for each in second.low:
        moved.append(lookup[tuple(each[place[index]] for index in range(species))])
    np.testing.assert_allclose(there, moved, rtol=1e-9, atol=1e-9 * (1 + np.abs(here).max()))


@pytest.mark.parametrize("closure", ["normal", "poisson", "central", "lognormal", "derivative-matching"])
def test_volume_is_only_a_scale(closure):
    volume = 30.0
    big = brusselator(volume)
    scaled = {"c1": 0.9 / volume**2, "c2": 2.0, "c3": volume, "c4": 1.0}
    small = big.with_volume(1.0).with_parameters(**scaled)
    here, there = (solve_moments(moment_equations(each, 3, closure), [0.3, 0.8]) for each in (big, small))
    np.testing.assert_allclose(here.means, there.means, rtol=1e-5)
    np.testing.assert_allclose(here.variances, there.variances, rtol=1e-4)


@pytest.mark.parametrize("closure", ["normal", "poisson", "central", "lognormal", "derivative-matching"])
def test_jacobian_against_finite_differences(closure):
    equations = moment_equations(brusselator(10.0), 3, closure)
    state = equations.deterministic_state([12.0, 20.0])
    state[2:] = 0.05 + 0.01 * np.arange(equations.size - 2)
    jacobian = equations.jacobian(state)
    for column in range(equations.size):
        step = np.zeros(equations.size)
        step[column] = 1e-6
        difference = (equations.derivative(state + step) - equations.derivative(state - step)) / 2e-6
        np.testing.assert_allclose(jacobian[:, column], difference, atol=1e-6 * (1 + np.abs(difference).max()))


def test_raw_moments_of_a_distribution():
    equations = moment_equations(brusselator(7.0), 4)
    states, weights = distribution(2, 5)
    state = state_of(equations, states, weights)
    for exponents in [(0, 0), (1, 0), (0, 2), (1, 1), (2, 1), (2, 2), (4, 0)]:
        expected = weights @ np.prod(states ** np.array(exponents), axis=1)
        assert equations.raw_moment(state, exponents) == pytest.approx(expected, rel=1e-10)
    covariance = np.cov(states.T, aweights=weights, ddof=0)
    np.testing.assert_allclose(equations.covariances(state), covariance, rtol=1e-10)
    np.testing.assert_allclose(equations.variances(state[None]), np.diag(covariance)[None], rtol=1e-10)


@pytest.mark.parametrize(
    ("network", "order", "size"), [(schloegl(), 4, 4), (brusselator(), 3, 9), (michaelis_menten(), 2, 14)]
)
def test_number_of_equations(network, order, size):
    equations = moment_equations(network, order)
    assert equations.size == equations.orders.size == equations.derivative(equations.deterministic_state()).size == size


def test_invariants_are_kept_by_the_equations():
    equations = moment_equations(michaelis_menten(), 3)
    # Two laws, and the second and third moments of what they conserve: 2 + 3 + 4.
    assert len(equations.invariants) == 9
    state = np.random.default_rng(2).uniform(0.1, 2.0, equations.size)
    np.testing.assert_allclose(equations.invariants @ equations.derivative(state), 0.0, atol=1e-9)
    assert moment_equations(brusselator(), 3).invariants.shape == (0, 9)


@pytest.mark.parametrize("order", [0, 9, 2.5, True, "2"])
def test_wrong_orders(order):
    with pytest.raises(ValueError, match="order must be an integer from 1 to 8"):
        moment_equations(schloegl(), order)


def test_wrong_closures():
    with pytest.raises(
        ValueError, match="closure must be one of normal, poisson, lognormal, central, derivative-matching"
    ):
        moment_equations(schloegl(), 2, "gaussian")
    with pytest.raises(ValueError, match="closure=lognormal needs order 2 at least"):
        moment_equations(schloegl(), 1, "lognormal")
    with pytest.raises(ValueError, match="divides by the means, and X starts at 0; start it at 1"):
        moment_equations(schloegl(), 2, "lognormal").deterministic_state()


@pytest.mark.parametrize("counts", [[1.0, 2.0], [-1.0], [np.nan]])
def test_wrong_counts(counts):
    with pytest.raises(ValueError, match="counts must be 1 non-negative numbers"):
        moment_equations(pair_annihilation()).deterministic_state(counts)


def test_networks_without_moment_equations():
    rational = parse_network("0 -> X, 5 \n degradation: X -> 0, propensity: X/(1 + X)")
    with pytest.raises(UnsupportedPropensity, match="'degradation' is not a polynomial in the counts"):
        moment_equations(rational)
    with pytest.raises(ValueError, match="have no events; remove event 'reset'"):
        moment_equations(parse_network("X = 5 \n X -> 0, 1 \n event reset: time >= 25, X = 50"))
    chain = parse_network("\n".join(f"X{i} -> X{i + 1}, 1" for i in range(24)))
    with pytest.raises(ValueError, match="order 4 for 25 species makes 23750 equations; at most 5000"):
        moment_equations(chain, 4)
