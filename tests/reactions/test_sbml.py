"""SBML: the discrete stochastic test suite, conventions, the round trip, and what is refused by name."""

import csv
import math
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.reactions import (
    EXAMPLE_NETWORKS,
    Number,
    SbmlWarning,
    parse_expression,
    parse_network,
    read_network,
    write_network,
)

libsbml = pytest.importorskip("libsbml")

from phasebook.reactions import parse_sbml, sbml_text  # noqa: E402 (needs libSBML)

SUITE = Path(__file__).parent.parent / "data" / "dsmts"
CASES = sorted(path.name for path in SUITE.iterdir() if path.is_dir())

# Propensities at the start, by hand from the models' descriptions.
START = {
    "00001": [0.1 * 100, 0.11 * 100],
    "00003": [100, 110],
    "00005": [1000, 1100],
    "00007": [10, 11],
    "00009": [10, 11],  # volume 2, amounts
    "00011": [5, 5.5],  # volume 2, concentrations
    "00013": [10, 11],  # Lambda 0.2, halved in the law
    "00015": [10, 11],
    "00017": [10, 11],
    "00019": [10, 11],
    "00021": [10, 0],
    "00023": [1000, 0],
    "00025": [10, 0],  # the source stays at zero and does not stop the inflow
    "00027": [1, 0],  # local parameters hide the global one
    "00029": [1, 0],
    "00031": [0.0002 * 1000 * 999 / 2, 0],
    "00033": [0.001 * 100 * 99 / 2, 0],
    "00035": [0.001 * 100 * 99 / 2, 0],
    "00037": [1, 0],
    "00039": [1, 0],
}


def case(name):
    return read_network(SUITE / name / f"{name}-sbml-l3v1.xml")


def model(reactions="", *, species="", parameters="", extra="", functions="", size=1, attributes="", level=3):
    """A small model: X (10) and Y (0) in one compartment, k = 0.5."""
    version = "1" if level == 3 else "4"
    namespace = f"http://www.sbml.org/sbml/level{level}/version{version}" + ("/core" if level == 3 else "")
    fixed = 'hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"'
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <sbml xmlns="{namespace}" level="{level}" version="{version}"><model id="m" {attributes}>{functions}
    <listOfCompartments><compartment id="c" size="{size}" {
        'constant="true"' if level == 3 else ""
    }/></listOfCompartments>
    <listOfSpecies>{
        species
        or f'''<species id="X" compartment="c" initialAmount="10" {fixed}/>
      <species id="Y" compartment="c" initialAmount="0" {fixed}/>'''
    }</listOfSpecies>
    <listOfParameters><parameter id="k" value="0.5" constant="true"/>{parameters}</listOfParameters>
    {extra if not extra.startswith("<listOfEvents") else ""}
    {f"<listOfReactions>{reactions}</listOfReactions>" if reactions else ""}
    {extra if extra.startswith("<listOfEvents") else ""}</model></sbml>""".encode()


def math_of(formula):
    return libsbml.writeMathMLToString(libsbml.parseL3Formula(formula)).partition("?>")[2]


def reaction(
    law, left="X", right="Y", *, count=1, identifier="r", attributes='reversible="false" fast="false"', inside=""
):
    def side(kind, name, stoichiometry):
        if not name:
            return ""
        return f'<listOf{kind}><speciesReference species="{name}" stoichiometry="{stoichiometry}" constant="true"/></listOf{kind}>'

    kinetic = f"<kineticLaw>{math_of(law)}{inside}</kineticLaw>" if law else ""
    sides = side("Reactants", left, count) + side("Products", right, 1)
    return f'<reaction id="{identifier}" {attributes}>{sides}{kinetic}</reaction>'


def event(assignments='<eventAssignment variable="X">{}</eventAssignment>', delay="", priority="", identifier="e"):
    return (
        f'<event id="{identifier}" useValuesFromTriggerTime="true"><trigger initialValue="false" persistent="true">'
        f"{math_of('time >= 2')}</trigger>{priority}{delay}<listOfEventAssignments>"
        f"{assignments.format(math_of('X + 5'))}</listOfEventAssignments></event>"
    )


@pytest.mark.parametrize("name", CASES)
def test_the_suite_reads(name):
    network = case(name)
    assert network.propensities(network.initial_counts) == pytest.approx(START[name])
    with (SUITE / name / f"{name}-results.csv").open() as file:
        first = next(csv.DictReader(file))
    observed = dict(zip(network.species, network.initial_counts, strict=True)) | network.observe(network.initial_counts)
    for column, value in first.items():
        if column.endswith("-mean"):
            assert observed[column.removesuffix("-mean")] == float(value)
    # One law of the twenty is no mass action: it writes the conserved total minus the dimers.
    assert network.is_mass_action.all() == (name != "00035")


@pytest.mark.parametrize("name", [name for name in CASES if name < "00020"])
def test_means_of_the_linear_cases(name):
    network = case(name)
    growth = (network.propensities([200, *network.initial_counts[1:]]) @ network.change.toarray())[0] / 200
    with (SUITE / name / f"{name}-results.csv").open() as file:
        for row in csv.DictReader(file):
            exact = network.initial_counts[0] * math.exp(growth * float(row["time"]))
            assert float(row["X-mean"]) == pytest.approx(exact, rel=1e-4)


def test_events_of_the_suite():
    (reset,) = case("00029").events
    assert reset.trigger == parse_expression("time >= 22.5")
    assert (reset.assignments, reset.initial_value) == (((0, Number(20.0)),), False)
    assert case("00033").events[0].assignments == ((0, Number(100.0)), (1, Number(0.0)))


@pytest.mark.parametrize("name", EXAMPLE_NETWORKS)
def test_examples_survive_sbml(name, tmp_path):
    network = EXAMPLE_NETWORKS[name](7.0)
    write_network(network, tmp_path / "network.xml")
    read = read_network(tmp_path / "network.xml")
    assert read.reactions == network.reactions
    assert (read.parameters, read.observables, read.volume) == (network.parameters, network.observables, 7.0)
    assert read.with_volume(3.0).rate_constants() == pytest.approx(network.with_volume(3.0).rate_constants())


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 1e4), st.booleans(), st.integers(0, 2**31))
def test_round_trip_of_general_networks(volume, combinatoric, seed):
    network = parse_network(
        f"""
        volume = {volume!r}
        combinatoric = {combinatoric}
        k = 0.5
        half = k / 2
        species "R(a,l)" = 5
        species pi = 3
        2"R(a,l)" + pi -> 3pi, half
        0 -> pi, 2
        pi -> 0, propensity: k*pi/(1 + pi/volume)
        pi -> 0, propensity: if("R(a,l)" > 2 and not pi > 4, max(k, pi), min(1, 2^pi))
        observable total = "R(a,l)" + 2*pi
        observable ratio = pi / (1 + pi)
        constant S = 4
        S -> S + pi, k
        event reset: time >= 2, pi = pi + 1
        """
    )
    read = parse_sbml(sbml_text(network).encode())
    counts = np.random.default_rng(seed).integers(0, 9, (4, 3))
    assert read.propensities(counts) == pytest.approx(network.propensities(counts))
    assert read.is_mass_action.tolist() == network.is_mass_action.tolist()
    assert (read.change != network.change).nnz == 0
    for name, values in network.observe(counts).items():
        assert read.observe(counts)[name] == pytest.approx(values)
    assert len(read.events) == 1
    assert read.with_parameters(k=3.0).parameters["half"] == 1.5


def test_concentrations_and_volume():
    concentration = 'compartment="c" hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"'
    species = (
        f'<species id="X" initialConcentration="5" {concentration}/><species id="Y" initialAmount="6" {concentration}/>'
    )
    network = parse_sbml(model(reaction("c*k*X*Y"), species=species, size=2))
    assert network.initial_counts.tolist() == [10, 6]
    # c k (10 / 2) (6 / 2): mass action with constant k at volume 2, the product Y being a modifier
    assert network.propensities([10, 6]) == pytest.approx([2 * 0.5 * 5 * 3])
    assert network.reactions[0].rate == parse_expression("k")
    assert network.reactions[0].products == ((1, 2),)
    assert network.change.toarray().tolist() == [[-1, 1]]


def test_several_compartments_are_parameters():
    other = b'<compartment id="d" size="3" constant="true"/></listOfCompartments>'
    network = parse_sbml(model(reaction("k*X*Y/d")).replace(b"</listOfCompartments>", other))
    assert network.volume == 1.0
    assert network.parameters == {"c": 1.0, "d": 3.0, "k": 0.5}
    assert network.propensities([10, 6]) == pytest.approx([10])


def test_a_species_with_a_rule_is_no_state():
    rule = RULES.format(f"<assignmentRule variable='Y'>{math_of('2*X')}</assignmentRule>")
    network = parse_sbml(model(reaction("k*Y", right=""), extra=rule))
    assert (network.species, network.observables) == (("X",), {"Y": ((0, 2.0),)})
    assert network.propensities([10]) == [10]


def test_long_sums_may_be_nested_and_other_formulas_not():
    assert parse_sbml(model(reaction("+".join(["k*X"] * 600)))).propensities([2, 0]) == pytest.approx([600])
    with pytest.raises(ValueError, match="reaction 'r': a formula must be nested at most 150 deep"):
        parse_sbml(model(reaction("exp(" * 200 + "k*X" + ")" * 200)))


def test_large_networks_through_sbml():
    network = read_network(SUITE.parent / "bionetgen" / "egfr_net.net")
    content = sbml_text(network).encode()
    start = time.process_time()
    read = parse_sbml(content)
    assert time.process_time() - start < 6.0  # about one second on an idle machine
    assert read.rate_constants() == pytest.approx(network.rate_constants())
    assert (read.change != network.change).nnz == 0
    assert read.observables == network.observables


@pytest.mark.parametrize(
    ("law", "propensity"), [("k*X*(X-1)/2", 22.5), ("k*(X^2-X)", 45), ("X*(X-1)*k/(2*c)", 22.5), ("k/2*X*(-1+X)", 22.5)]
)
def test_pairs_are_mass_action(law, propensity):
    network = parse_sbml(model(reaction(law, count=2)))
    assert network.is_mass_action.all()
    assert network.propensities([10, 0]) == pytest.approx([propensity])
    assert network.propensities([1, 0]) == [0]


def test_squares_mean_collisions():
    content = model(reaction("k*X^2", count=2))
    with pytest.warns(SbmlWarning, match="'r' has a power of a count; it is read as collisions"):
        assert parse_sbml(content).propensities([10, 0]) == pytest.approx([0.5 * 90])
    assert parse_sbml(content, powers="literal").propensities([10, 0]) == pytest.approx([0.5 * 100])
    # A modifier squared is no collision of reactants.
    assert parse_sbml(model(reaction("k*X*Y^2", right=""))).propensities([2, 3]) == pytest.approx([9])


def test_reversible_laws_become_two_reactions():
    network = parse_sbml(model(reaction("c*(k*X - 2*Y)", attributes='reversible="true" fast="false"')))
    assert [made.name for made in network.reactions] == ["r", "r_reverse"]
    assert network.propensities([10, 3]) == pytest.approx([5, 6])
    assert network.change.toarray().tolist() == [[-1, 1], [1, -1]]


def test_functions_rules_and_initial_assignments():
    functions = (
        f"<listOfFunctionDefinitions><functionDefinition id='f'>{math_of('lambda(a, b, a*b/(1+b))')}</functionDefinition>"
        "</listOfFunctionDefinitions>"
    )
    parameters = (
        '<parameter id="q" constant="false"/><parameter id="w" constant="true"/><parameter id="v" constant="false"/>'
    )
    extra = (
        f"<listOfInitialAssignments><initialAssignment symbol='w'>{math_of('2*k')}</initialAssignment>"
        f"<initialAssignment symbol='X'>{math_of('10*w+2')}</initialAssignment></listOfInitialAssignments>"
        f"<listOfRules><assignmentRule variable='q'>{math_of('X + 2*Y')}</assignmentRule>"
        f"<assignmentRule variable='v'>{math_of('w + 1')}</assignmentRule></listOfRules>"
    )
    network = parse_sbml(model(reaction("f(v, q)"), functions=functions, parameters=parameters, extra=extra))
    assert network.initial_counts.tolist() == [12, 0]
    assert network.observables == {"q": ((0, 1.0), (1, 2.0))}
    assert network.propensities([3, 1]) == pytest.approx([2 * 5 / 6])
    assert network.with_parameters(k=1).parameters == {"k": 1, "w": 2, "v": 3}


def test_level_2_and_local_parameters():
    local = '<listOfParameters><parameter id="k" value="3"/></listOfParameters>'
    species = '<species id="X" compartment="c" initialAmount="4" hasOnlySubstanceUnits="true"/>'
    text = model(reaction("k*X", right="", attributes='reversible="false"', inside=local), species=species, level=2)
    network = parse_sbml(text.replace(b' constant="true"/></listOfReactants>', b"/></listOfReactants>"))
    assert network.propensities([4]) == [12]
    assert network.parameters == {"k": 0.5, "r_k": 3}


RULES = "<listOfRules>{}</listOfRules>"
X = '<species id="X" compartment="c" {} hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false" {}/>'
DELAY = f"<delay>{math_of('3')}</delay>"
PRIORITY = f"<priority>{math_of('3')}</priority>"
EVENTS = "<listOfEvents>{}</listOfEvents>"
BOMB = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><sbml>&b;</sbml>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (model(extra=EVENTS.format(event(delay=DELAY))), "event 'e' has a delay, which cannot be represented"),
        (
            model(extra=EVENTS.format(event(priority=PRIORITY) + event(identifier="g"))),
            "event 'e' has a priority over other events",
        ),
        (
            model(extra=EVENTS.format(event('<eventAssignment variable="k">{}</eventAssignment>'))),
            "event 'e' assigns to 'k'; only counts of species can be assigned",
        ),
        (
            model(extra=RULES.format(f"<algebraicRule>{math_of('X + Y - 10')}</algebraicRule>")),
            "algebraic rule .* cannot",
        ),
        (model(extra=RULES.format(f"<rateRule variable='k'>{math_of('2')}</rateRule>")), "the rate rule of 'k' cannot"),
        (
            model(extra=RULES.format(f"<assignmentRule variable='c'>{math_of('2')}</assignmentRule>")),
            "assignment rule of 'c' cannot",
        ),
        (
            model(extra=f"<listOfConstraints><constraint>{math_of('X > 0')}</constraint></listOfConstraints>"),
            "constraint 1 cannot be represented",
        ),
        (model(reaction("k*X", attributes='reversible="false" fast="true"')), "reaction 'r' is fast"),
        (model(reaction("delay(X, 2)*k")), "kinetic law of reaction 'r': 'delay' cannot be represented"),
        (model(reaction("k*Z")), "rate law of reaction 'r' uses 'Z', which is not defined"),
        (model(reaction("g(X)")), "function 'g' is not defined"),
        (model(reaction("k*X*time")), "rate law of reaction 'r' depends on time"),
        (model(reaction("")), "reaction 'r' has no kinetic law"),
        (
            model(reaction("k*X", count=1.5)),
            "stoichiometry of 'X' in reaction 'r' must be a whole number of at least 0; got 1.5",
        ),
        (model(reaction("k*X", left="Q")), "reaction 'r' refers to species 'Q', which is not defined"),
        (
            model(species=X.format('initialAmount="2.5"', "")),
            "initial count of species 'X' must be a whole number .* got 2.5",
        ),
        (model(species=X.format("", "")), "species 'X' has no initial amount or concentration"),
        (model(species=X.format('initialAmount="2"', 'conversionFactor="k"')), "conversion factor of species 'X'"),
        (
            model(species=X.format('initialAmount="2"', 'substanceUnits="mole"')),
            "substance unit 'mole' cannot be represented",
        ),
        (model(parameters='<parameter id="empty" constant="true"/>'), "parameter 'empty' has no value"),
        (
            model(parameters='<parameter id="volume" value="2" constant="true"/>'),
            "'volume' has a name that is already a reserved",
        ),
        (model(attributes='substanceUnits="mole"'), "substance unit 'mole' cannot be represented"),
        (
            model().replace(b'level3/version1/core"', b'level3/version1/core" xmlns:comp="x" comp:required="true"'),
            "package 'comp'",
        ),
        (BOMB, "must not declare a document type or entities"),
        (BOMB.decode().encode("utf-16"), "must not declare a document type or entities"),
        (b"<sbml><model></sbml>", "not well-formed XML: mismatched tag"),
        (model()[:-20], "not well-formed XML"),
        (b"<a>" * 3000 + b"</a>" * 3000, "nested more than 2000 deep"),
        (b"", "not well-formed XML: no element found"),
        (b"<html/>", "not valid SBML"),
    ],
)
def test_what_cannot_be_represented_is_named(content, message):
    with pytest.raises(ValueError, match=message):
        parse_sbml(content)


def test_recursive_functions_are_refused():
    functions = (
        f"<listOfFunctionDefinitions><functionDefinition id='f'>{math_of('lambda(a, g(a))')}</functionDefinition>"
        f"<functionDefinition id='g'>{math_of('lambda(a, f(a))')}</functionDefinition></listOfFunctionDefinitions>"
    )
    with pytest.raises(ValueError, match="reaction 'r': function 'f' calls itself"):
        parse_sbml(model(reaction("f(X)"), functions=functions))


def test_circular_rules_are_refused():
    rules = RULES.format(
        f"<assignmentRule variable='k'>{math_of('q')}</assignmentRule><assignmentRule variable='q'>{math_of('k')}</assignmentRule>"
    )
    with pytest.raises(ValueError, match="definitions go round in a circle"):
        parse_sbml(model(extra=rules, parameters='<parameter id="q" constant="false"/>'))


def test_wrong_choices_are_refused():
    with pytest.raises(ValueError, match="powers must be 'collisions' or 'literal'; got 'x'"):
        parse_sbml(model(), powers="x")
    with pytest.raises(ValueError, match="'mod' has no counterpart in SBML"):
        sbml_text(parse_network("X -> 0, propensity: mod(X, 2)"))
