"""Networks: propensities against hand counts, conventions, polynomials, refusals."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.reactions import (
    EXAMPLE_NETWORKS,
    NegativePropensity,
    Number,
    Reaction,
    ReactionNetwork,
    UnsupportedPropensity,
    birth_death,
    brusselator,
    parse_expression,
    parse_network,
    schloegl,
)


def network(*reactions, species=("X", "Y"), counts=(3, 2), **fields):
    return ReactionNetwork(species, counts, reactions, **fields)


@pytest.mark.parametrize("name", EXAMPLE_NETWORKS)
@given(st.integers(0, 2**31))
def test_polynomials_are_the_propensities(name, seed):
    made = EXAMPLE_NETWORKS[name](7.0)
    counts = np.random.default_rng(seed).integers(0, 20, len(made.species)).astype(float)
    values = [
        math.fsum(value * np.prod(counts ** np.array(powers)) for powers, value in polynomial.items())
        for polynomial in made.propensity_polynomials()
    ]
    assert values == pytest.approx(made.propensities(counts), abs=1e-9)


def test_brusselator_by_hand():
    made = brusselator(100.0)
    assert made.species == ("X", "Y")
    # c1 x (x - 1) y / V^2, c2 x, c3 V, c4 x
    assert made.propensities([10, 20]) == pytest.approx([0.9 * 10 * 9 * 20 / 1e4, 20, 100, 10])
    assert made.change.toarray().tolist() == [[1, -1], [-1, 1], [1, 0], [-1, 0]]
    assert made.reactant_order.toarray().tolist() == [[2, 1], [1, 0], [0, 0], [1, 0]]
    assert made.rate_constants() == pytest.approx([0.9e-4, 2.0, 100.0, 1.0])
    assert made.macroscopic_rates([1.0, 2.0]) == pytest.approx([1.8, 2.0, 1.0, 1.0])


def test_the_deterministic_roots_of_schloegl():
    made = schloegl()
    for root in (1.0, 2.0, 4.0):
        assert made.macroscopic_rates([root]) @ made.change.toarray() == pytest.approx(0.0, abs=1e-12)


def test_the_combinatoric_convention_divides_by_factorials():
    text = "X = 5 \n 3X -> 0, 1 \n X -> 0, 1"
    plain, divided = parse_network(text), parse_network("combinatoric = true\n" + text)
    assert plain.propensities([5]).tolist() == [60, 5]
    assert divided.propensities([5]).tolist() == [10, 5]
    assert divided.macroscopic_rates([2.0]) == pytest.approx([8 / 6, 2])


@given(st.floats(0.1, 50.0), st.integers(0, 3))
def test_propensities_scale_with_volume(volume, copies):
    made = parse_network("0 -> X, 2\nX -> 0, 2\n2X -> 0, 2\n3X -> 0, 2\nX = 3")
    ratio = made.with_volume(volume).propensities([3 + copies]) / made.propensities([3 + copies])
    assert ratio == pytest.approx([volume, 1, 1 / volume, 1 / volume**2])


def test_counts_below_the_stoichiometry_give_zero():
    assert parse_network("3X -> 0, 1").propensities([[0], [1], [2], [3]])[:, 0].tolist() == [0, 0, 0, 6]


def test_general_laws():
    made = parse_network(
        "v = 2\nS -> P, propensity: v*S/(1 + S)\nS -> 0, propensity: v*S*(S - 1)/volume\nvolume = 4\nS = 3"
    )
    assert made.is_mass_action.tolist() == [False, False]
    assert made.propensities([[3, 0], [1, 0]]) == pytest.approx(np.array([[1.5, 3.0], [1.0, 0.0]]))
    assert np.isnan(made.rate_constants()).all()
    with pytest.raises(UnsupportedPropensity, match=r"'R1' is not a polynomial .* exact simulation"):
        made.propensity_polynomials()
    assert made.macroscopic_rates([0.75, 0.0])[0] == pytest.approx(1.5 / 4)


def test_a_negative_law_names_reaction_and_state():
    made = parse_network("drain: X -> 0, propensity: 1 - X\nX = 5")
    with pytest.raises(NegativePropensity, match="'drain' has the value -4 at X = 5"):
        made.propensities([5])
    with pytest.raises(NegativePropensity, match="'R1' has the value inf at X = 0"):
        parse_network("X -> 0, propensity: 1 / X").propensities([0])


def test_derived_parameters_follow():
    made = parse_network("k = 2\nhalf = k / 2\n0 -> X, half")
    assert made.with_parameters(k=6).parameters == {"k": 6, "half": 3}
    assert made.with_parameters(half=9).rate_constants().tolist() == [9]
    assert made.with_parameters(half=9).with_parameters(k=1).rate_constants().tolist() == [9]
    with pytest.raises(ValueError, match="parameter 'q' is not in the network; its parameters are k, half"):
        made.with_parameters(q=1)


def test_constant_species_do_not_change():
    made = parse_network("constant S = 4\n2S + X -> X, 1\nX = 2")
    assert made.change.nnz == 0
    assert made.propensities(made.initial_counts).tolist() == [24]


def test_observables():
    made = parse_network(
        "species A = 1\nspecies B = 2\nobservable total = A + 2*B\nobservable product = A*B + 1\nA -> B, 1"
    )
    assert made.observables == {"total": ((0, 1.0), (1, 2.0))}
    observed = made.observe([[1, 2], [3, 4]])
    assert observed["total"].tolist() == [5, 11]
    assert observed["product"].tolist() == [3, 13]


def test_initial_counts_by_name():
    made = brusselator().with_initial_counts(Y=7)
    assert made.initial_counts.tolist() == [1, 7]
    assert made.with_initial_counts([2.5, 3]).initial_counts.tolist() == [2.5, 3]
    with pytest.raises(ValueError, match="species 'Z' is not in the network"):
        made.with_initial_counts(Z=1)
    with pytest.raises(ValueError, match="read-only"):
        made.initial_counts[0] = 3


def test_a_network_travels_to_another_process():
    assert pickle.loads(pickle.dumps(birth_death())).propensities([3]).tolist() == [10, 3]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: brusselator(0.0), "volume must be finite and positive; got 0.0"),
        (lambda: brusselator(math.nan), "volume must be finite and positive"),
        (lambda: birth_death(birth=math.nan), "parameter 'k1' must be finite; got nan"),
        (lambda: birth_death(birth=-1.0), "rate constant of reaction 'birth' must be finite and not negative; got -1"),
        (lambda: network(Reaction("a", ((5, 1),), ())), "'a' has a species of index 5; there are 2"),
        (lambda: network(Reaction("a", ((0, 0),), ())), "'a' has stoichiometry 0 of 'X'"),
        (lambda: network(Reaction("a", ((0, 1), (0, 1)), ())), "'a' names a species twice"),
        (lambda: network(Reaction("a", (), ()), Reaction("a", (), ())), "two reactions have the name 'a'"),
        (lambda: network(Reaction("a", (), (), parse_expression("k"))), "reaction 'a': symbol 'k' has no value"),
        (lambda: network(Reaction("a", (), (), parse_expression("X"))), "reaction 'a' depends on species 'X'"),
        (
            lambda: network(Reaction("a", (), (), law=parse_expression("q * X"))),
            "reaction 'a' uses 'q', which is not defined",
        ),
        (lambda: network(Reaction("a", (), (), law=parse_expression("time"))), "law of reaction 'a' depends on time"),
        (lambda: network(species=("X", "X")), "species 'X' is declared twice"),
        (lambda: network(species=("X", "time")), "'time' has a name that is already a reserved word"),
        (lambda: network(parameters={"X": 1.0}), "parameter 'X' has a name that is already species"),
        (lambda: network(parameters={"k": math.inf}), "parameter 'k' must be finite"),
        (lambda: network(counts=(1,)), "initial_counts must have shape \\(2,\\)"),
        (lambda: network(counts=(1, -1)), "initial count of 'Y' must be finite and not negative; got -1"),
        (lambda: network(counts=(math.nan, 1)), "initial count of 'X' must be finite"),
        (lambda: network(rules={"r": parse_expression("zz")}), "the rule of 'r' uses 'zz'"),
        (lambda: network(constant_species=frozenset({4})), "constant_species must hold indices below 2"),
        (lambda: network().propensities([1, 2, 3]), "counts must have shape \\(..., 2\\)"),
        (lambda: network(observables={"o": ((0, math.nan),)}), "observable 'o' must hold pairs"),
    ],
)
def test_wrong_networks_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_numbers_are_rates():
    assert network(Reaction("a", (), ((0, 1),), Number(2.0))).propensities([0, 0]).tolist() == [2.0]
