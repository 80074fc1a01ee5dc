"""BioNetGen `.net`: published networks, functions, the convention of equal reactants, refusals."""

import time
from pathlib import Path

import numpy as np
import pytest

from phasebook.reactions import parse_bionetgen, read_network

DATA = Path(__file__).parent.parent / "data" / "bionetgen"
TEXT = """\
# Created by BioNetGen 2.9.1
begin parameters
    1 k   2  # Constant
    2 k2  2*k  # ConstantExpression
end parameters
begin functions
    1 saturating() k2/(1+Atot)
    2 constant() 2*k*_pi
end functions
begin species
    1 A() 10
    2 $B() k2
end species
begin reactions
    1 1,1 2 saturating #_R1
    2 2 1 constant #_R2
    3 0 1 0.5*k
    4 1,1 0 0.5*k2 #_R4
end reactions
begin groups
    1 Atot 1,2*2
    2 none
end groups
"""


def test_multistate():
    network = read_network(DATA / "multistate.net")
    assert (len(network.species), len(network.reactions)) == (9, 18)
    assert network.species[3] == "L(r!1).R(a,l!1)"
    assert network.initial_counts.tolist() == [5360, 1160, 5360, 0, 0, 0, 0, 0, 0]
    # Only the three binding reactions of free molecules can happen at the start.
    start = network.propensities(network.initial_counts)
    assert start[:2] == pytest.approx([0.01 * 5360 * 1160, 0.01 * 5360 * 5360])
    assert np.flatnonzero(start).tolist() == [0, 1]
    assert network.observables["A_P"] == ((6, 1.0), (7, 1.0), (8, 1.0))
    assert network.reactions[7].products == ((2, 1), (3, 1))


def test_multistate_agrees_with_its_sbml_twin():
    pytest.importorskip("libsbml")
    network, twin = read_network(DATA / "multistate.net"), read_network(DATA / "multistate.xml")
    assert twin.reactions == network.reactions
    assert twin.initial_counts.tolist() == network.initial_counts.tolist()
    assert twin.parameters == network.parameters
    counts = np.random.default_rng(5).integers(0, 50, 9)
    assert twin.propensities(counts) == pytest.approx(network.propensities(counts))


def test_egfr_loads_fast():
    start = time.process_time()
    network = read_network(DATA / "egfr_net.net")
    assert time.process_time() - start < 3.0  # a quarter of a second on an idle machine
    assert (len(network.species), len(network.reactions)) == (356, 3749)
    assert network.change.shape == (3749, 356)
    assert network.observables["ShcP"][16] == (98, 2.0)
    assert network.initial_counts[:6].tolist() == [1.2e6, 1e5, 2.7e5, 1.3e4, 1.8e5, 4.9e4]


def test_equal_reactants_are_counted_in_ordered_pairs():
    # The file says `7,7 8 0.5*kp2`: half of n (n - 1), once.
    network = read_network(DATA / "egfr_net.net")
    dimerization = network.reactions[4]
    assert dimerization.reactants == ((6, 2),)
    counts = np.zeros(356)
    counts[6] = 10
    assert network.propensities(counts)[4] == pytest.approx(5.556e-6 * 10 * 9 / 2)
    counts[6] = 1
    assert network.propensities(counts)[4] == 0


def test_functions_groups_and_fixed_species():
    network = parse_bionetgen(TEXT)
    assert network.species == ("A()", "B()")
    assert network.initial_counts.tolist() == [10, 4]
    assert network.constant_species == {1}
    assert network.is_mass_action.tolist() == [False, True, True, True]
    # Atot = 10 + 2 * 4; a function is multiplied by the reactants as a constant is
    assert network.propensities([10, 4]) == pytest.approx([4 / 19 * 10 * 9, 4 * np.pi * 4, 1, 2 * 10 * 9])
    assert network.change.toarray().tolist() == [[-2, 0], [1, 0], [1, 0], [-2, 0]]
    assert network.observe([10, 4])["Atot"] == 18
    assert network.observe([10, 4])["none"] == 0
    assert network.observe([10, 4])["saturating"] == pytest.approx(4 / 19)
    assert network.with_parameters(k=4).parameters["constant"] == pytest.approx(8 * np.pi)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2*k  #", "2*kk  #", "parameter 'k2' uses 'kk', which is not defined"),
        ("k   2", "k   3*k2", "definitions go round in a circle: k -> k2 -> k"),
        ("k2/(1+Atot)", "saturating()+Atot", "definitions go round in a circle: saturating -> saturating"),
        ("k2/(1+Atot)", "k2/(1+Ctot)", "function 'saturating' uses 'Ctot', which is not defined"),
        ("1,1 2 saturating", "1,1 2 MM k k2", "line 15: reaction 'R1' has the rate law 'MM'; write it as a function"),
        ("1,1 2 saturating", "1,1 2", "line 15: a reaction must read"),
        ("2 2 1 constant", "2 2 7 constant", "reaction 'R2' refers to species 7; there are 2"),
        ("2 2 1 constant", "2 2 x constant", "reaction 'R2' has 'x' where the index"),
        ("2 2 1 constant", "2 2 1 kx", "rate of reaction 'R2' uses 'kx', which is not defined"),
        ("2 2 1 constant", "2 2 1 (k", "rate of reaction 'R2': cannot read .* it ends too early"),
        ("2 2 1 constant", "2 2 1 -k", "rate constant of reaction 'R2' must be finite and not negative; got -2"),
        ("$B() k2", "$B() k9", "count of species 'B\\(\\)' uses 'k9', which is not defined"),
        ("2 $B()", "3 $B()", "species '\\$B\\(\\)' must have index 2; got 3"),
        ("$B()", "A()", "species 'A\\(\\)' is declared twice"),
        ("2 k2", "2 k", "line 4: 'k' is defined twice"),
        ("1,2*2", "1,2*9", "group 'Atot' refers to species 9; there are 2"),
        ("1,2*2", "1,2x", "group 'Atot' has '2x' where an index"),
        ("end groups", "", "block 'groups' is not closed"),
        ("end functions", "", "block 'functions' is not closed before 'begin species'"),
        ("begin groups", "begin energy patterns", "block 'energy patterns' cannot be represented"),
        ("begin groups", "groups", "stands outside any block"),
        ("saturating() k2", "saturating(x) k2", "function 'saturating' has arguments"),
    ],
)
def test_wrong_files_are_refused(old, new, message):
    assert old in TEXT
    with pytest.raises(ValueError, match=message):
        parse_bionetgen(TEXT.replace(old, new))


def test_a_text_without_species_is_refused():
    with pytest.raises(ValueError, match="no species; is this a BioNetGen"):
        parse_bionetgen("# nothing")
