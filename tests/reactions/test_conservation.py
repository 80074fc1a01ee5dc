"""Networks without the species that conservation laws fix: the same laws of motion, on fewer species."""

from pathlib import Path

import numpy as np
import pytest

from phasebook.reactions import (
    brusselator,
    dimerisation,
    gene_feedback,
    michaelis_menten,
    moment_equations,
    parse_network,
    read_network,
    solve_moments,
    without_conserved_species,
)

MULTISTATE = read_network(Path(__file__).parent.parent / "data" / "bionetgen" / "multistate.net")


@pytest.mark.parametrize(
    ("network", "kept"), [(dimerisation(), 1), (michaelis_menten(3.0), 2), (gene_feedback(), 3), (MULTISTATE, 6)]
)
def test_states_and_propensities_are_the_same(network, kept):
    reduced = without_conserved_species(network)
    assert len(reduced.network.species) == kept
    np.testing.assert_allclose(reduced.means(reduced.network.initial_counts), network.initial_counts)
    counts, random = network.initial_counts.copy(), np.random.default_rng(1)
    for _ in range(50):
        rates = network.propensities(counts)
        counts = counts + network.change.toarray()[random.choice(len(rates), p=rates / rates.sum())]
        independent = counts[reduced.independent]
        np.testing.assert_allclose(reduced.means(independent), counts, atol=1e-9)
        np.testing.assert_allclose(reduced.network.propensities(independent), network.propensities(counts), rtol=1e-9)


@pytest.mark.parametrize("closure", ["normal", "central"])
def test_moments_are_the_same(closure):
    network, times = michaelis_menten(), [1.0, 10.0, 50.0]
    reduced = without_conserved_species(network)
    equations = moment_equations(reduced.network, 3, closure)
    fewer, all_species = solve_moments(equations, times), solve_moments(moment_equations(network, 3, closure), times)
    np.testing.assert_allclose(reduced.means(fewer.means), all_species.means, atol=1e-5)
    np.testing.assert_allclose(reduced.variances(equations.covariances(fewer.states)), all_species.variances, atol=1e-4)


def test_constant_species_are_fixed_too():
    network = parse_network("constant S = 5 \n X = 2 \n S -> X, 0.3 \n X -> 0, 1")
    reduced = without_conserved_species(network)
    assert reduced.network.species == ("X",)
    assert sorted(reduced.means(np.array([7.0]))) == [5.0, 7.0]


def test_networks_that_stay_as_they_are():
    network = brusselator()
    assert without_conserved_species(network).network is network
    still = parse_network("A = 3 \n A -> A, 1")
    assert without_conserved_species(still).network is still
    with pytest.raises(ValueError, match="remove event 'reset'"):
        without_conserved_species(parse_network("X = 5 \n X -> 0, 1 \n event reset: time >= 25, X = 50"))
