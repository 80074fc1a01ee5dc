"""The text format: every statement, the round trip, refusals, and a large network."""

import contextlib
import string
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.reactions import (
    EXAMPLE_NETWORKS,
    Event,
    Number,
    Reaction,
    ReactionNetwork,
    Symbol,
    network_text,
    parse_expression,
    parse_network,
    read_network,
    write_network,
)
from tests.reactions import large_network


def assert_same(one, other):
    assert one.species == other.species
    assert one.initial_counts.tolist() == other.initial_counts.tolist()
    assert one.reactions == other.reactions
    assert one.parameters == other.parameters
    assert (one.volume, one.combinatoric) == (other.volume, other.combinatoric)
    assert one.observables == other.observables
    assert one.rules == other.rules
    assert one.events == other.events
    assert one.definitions == other.definitions
    assert one.constant_species == other.constant_species


@st.composite
def networks(draw):
    names = draw(
        st.lists(st.text(string.ascii_letters + "(),~! #", min_size=1, max_size=6), min_size=2, max_size=5, unique=True)
    )
    species = tuple(f"s{name}" for name in names)
    counts = draw(st.lists(st.floats(0, 1e9), min_size=len(species), max_size=len(species)))
    side = st.dictionaries(st.integers(0, len(species) - 1), st.integers(1, 3), max_size=3).map(
        lambda pairs: tuple(sorted(pairs.items()))
    )
    rates = st.one_of(st.floats(0, 1e6).map(Number), st.just(Symbol("k")), st.just(parse_expression("k*half/volume")))
    laws = st.sampled_from([None, None, parse_expression("k/(1 + volume)"), Symbol(species[0])])
    sides = draw(st.lists(st.tuples(side, side, rates, laws), max_size=5))
    reactions = tuple(
        Reaction(f"r{place}", left, right, Number(1.0) if law else rate, law)
        for place, (left, right, rate, law) in enumerate(sides)
    )
    event = Event(
        "e", parse_expression("time > 3 and k < 2"), ((0, Number(5.0)), (1, Symbol(species[0]))), draw(st.booleans())
    )
    return ReactionNetwork(
        species,
        counts,
        reactions,
        {"k": draw(st.floats(0, 1e3))},
        volume=draw(st.floats(1e-3, 1e6)),
        combinatoric=draw(st.booleans()),
        observables={"o": ((0, 2.0), (1, -1.5))},
        rules={"q": parse_expression("k + 1")},
        constant_species=draw(st.sampled_from([frozenset(), frozenset({1})])),
        events=draw(st.sampled_from([(), (event,)])),
        definitions={"half": parse_expression("k/2")},
    )


@given(networks())
def test_round_trip(network):
    assert_same(parse_network(network_text(network)), network)


@pytest.mark.parametrize("name", EXAMPLE_NETWORKS)
def test_examples_survive_a_file(name, tmp_path):
    network = EXAMPLE_NETWORKS[name](7.0)
    write_network(network, tmp_path / "network.rn")
    assert_same(read_network(tmp_path / "network.rn"), network)


def test_every_statement():
    network = parse_network(
        """
        volume = 2 * 50          # a comment
        combinatoric = yes
        species A = 10
        parameter k = 0.5
        double = 2*k
        0 -> A, k
        B → ∅, double
        dimer: 2A + B <-> "C#1(x,y)", k, 2
        A ⇌ A + A, 1, 2
        3*A -> , 1
        B = double * 4
        constant S = 3
        S -> S + B, propensity: max(0, S - B)
        observable total = A + 2*"C#1(x,y)"
        observable ratio = A / (1 + B)
        event reset (initially false): time >= 25 and A > 3, A = 50, B = A + 1
        """
    )
    assert network.species == ("A", "B", "C#1(x,y)", "S")
    assert network.initial_counts.tolist() == [10, 4, 0, 3]
    assert (network.volume, network.combinatoric) == (100, True)
    names = ["R1", "R2", "dimer", "dimer_reverse", "R5", "R5_reverse", "R7", "R8"]
    assert [reaction.name for reaction in network.reactions] == names
    assert network.reactions[2].reactants == ((0, 2), (1, 1))
    assert network.reactions[3].products == ((0, 2), (1, 1))
    assert network.reactions[4].products == ((0, 2),)
    assert network.reactions[6].reactants == ((0, 3),)
    assert network.constant_species == {3}
    assert network.observables == {"total": ((0, 1.0), (2, 2.0))}
    assert network.rules == {"ratio": parse_expression("A / (1 + B)")}
    assert network.events[0].initial_value is False
    assert network.events[0].assignments == ((0, Number(50.0)), (1, parse_expression("A + 1")))
    assert network.with_parameters(k=1).rate_constants()[1] == 2


def test_given_values_stand_above_the_text():
    network = parse_network("k = 1\nvolume = 2\n0 -> X, k\nX = volume", volume=5.0, parameters={"k": 3.0})
    assert network.rate_constants().tolist() == [15]
    assert network.initial_counts.tolist() == [5]


@settings(deadline=None)
@given(st.text(alphabet='X2+->,k=.#": ()\n', max_size=60))
def test_any_text_is_a_network_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert isinstance(parse_network(text), ReactionNetwork)


@pytest.mark.parametrize("read", ["text", "bionetgen"])
def test_a_large_network_loads_in_seconds(read, tmp_path):
    path = tmp_path / {"text": "large.txt", "bionetgen": "large.net"}[read]
    path.write_text(large_network.as_text() if read == "text" else large_network.as_bionetgen())
    start = time.process_time()
    network = read_network(path)
    change = network.change
    total = network.propensities(network.initial_counts).sum()
    assert time.process_time() - start < 6.0  # half a second on an idle machine
    assert change.shape == (10_000, 2000)
    expected = 0.0
    for number in range(large_network.REACTIONS):
        reactants, _ = large_network.sides(number)
        expected += 0.5 * 0.01 * (number % 100 + 1) * np.prod([index % 7 for index in reactants])
    assert total == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X -> Y", "line 1: reaction 'R1' needs one rate behind the products, after a comma; got 0"),
        ("\nA <-> B, 1", "line 2: reaction 'R1' needs two rates .* got 1"),
        ("X + -> Y, 1", "line 1: reaction 'R1' has '' where a species such as X or 2X is needed"),
        ("0.5X -> 0, 1", "stoichiometry 0.5 of X; it must be a whole number"),
        ("0X -> 0, 1", "stoichiometry 0 of X"),
        ("a = b\nb = c\nc = a", "definitions go round in a circle: a -> b -> c -> a"),
        ("a = c", "the definition of 'a': symbol 'c' has no value"),
        ("a = 1/0", "must be finite"),
        ("k = log(0 - 1)\n0 -> X, k", "must be finite"),
        ("a = 1\na = 2", "line 2: 'a' is defined twice"),
        ("0 -> X, -1", "rate constant of reaction 'R1' must be finite and not negative; got -1"),
        ("0 -> X, kf", "rate constant of reaction 'R1': symbol 'kf' has no value"),
        ("0 -> X, X", "rate constant of reaction 'R1' depends on species 'X'; give the whole propensity instead"),
        ("0 -> X, max(1", "parentheses do not balance"),
        ("0 -> X, 1)", "parentheses do not balance"),
        ("0 -> X, {1}", r"unexpected '\{1\}' at character 1"),
        ("0 -> X, __import__('os')", "line 1: cannot read the expression"),
        ("hello", "line 1: cannot read 'hello': it is neither a reaction nor a definition"),
        ("volume = 0", "volume must be finite and positive; got 0.0"),
        ("combinatoric = maybe", "combinatoric must be true or false; got 'maybe'"),
        ("species X = -3", "initial count of 'X' must be finite and not negative; got -3"),
        ("a: 0 -> X, 1\na: X -> 0, 1", "two reactions have the name 'a'"),
        ("event e: time > 3", "line 1: event 'e' must read"),
        ("event e: time > 3, Z = 3", "line 1: event 'e' has 'Z = 3' where SPECIES = COUNT is needed"),
        ("0 -> X, propensity: time", "rate law of reaction 'R1' depends on time"),
        ("observable o = q", "the rule of 'o' uses 'q'"),
        ("X = 1\nX -> 0, 1\nparameter X = 3", "line 3: 'X' is defined twice"),
    ],
)
def test_wrong_text_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_network(text)


def test_wrong_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must be a \.xml, \.sbml, \.net, \.txt or \.rn file; got 'model\.json'"):
        read_network(tmp_path / "model.json")
    for suffix in (".txt", ".net", ".xml"):
        large = tmp_path / f"large{suffix}"
        with large.open("wb") as file:
            file.truncate(100 * 2**20)  # sparse: nothing is written
        with pytest.raises(ValueError, match="must have at most 64 MiB; it has 100 MiB"):
            read_network(large)
    (tmp_path / "latin.txt").write_bytes("k = 1 # \xe9".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.txt must be UTF-8 text"):
        read_network(tmp_path / "latin.txt")
    (tmp_path / "wrong.rn").write_text("hello")
    with pytest.raises(ValueError, match=r"wrong\.rn: line 1: cannot read"):
        read_network(tmp_path / "wrong.rn")
    with pytest.raises(ValueError, match=r"written as \.xml, \.sbml, \.txt or \.rn"):
        write_network(EXAMPLE_NETWORKS["schloegl"](), tmp_path / "network.net")
