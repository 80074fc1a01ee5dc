"""Reaction networks as SBML level 3 version 1: counts are amounts in items, kinetic laws are the propensities.

Names that are no SBML identifiers become `S1`, `R1`, ... with the name beside; the reader goes by identifier.
"""

import re
from collections.abc import Iterable
from typing import Any

import libsbml

from .network import Reaction, ReactionNetwork
from .rate_laws import Apply, Expression, Number, Symbol, add, multiply
from .rate_polynomials import falling_product
from .sbml_math import formula

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_COMPARTMENT = "cell"
# What the formula reader of libSBML takes for something else than a name.
_TAKEN = frozenset({"time", "avogadro", "pi", "exponentiale", "true", "false", "infinity", "inf", "nan", "notanumber"})


def sbml_text(network: ReactionNetwork) -> str:
    """SBML text of a network; raises ValueError naming an operator that SBML does not have."""
    document = libsbml.SBMLDocument(3, 1)
    model = document.createModel()
    model.setId("network")
    model.setSubstanceUnits("item")
    model.setExtentUnits("item")
    identifiers = _Identifiers(network)
    compartment = model.createCompartment()
    _identify(compartment, identifiers.compartment, "")
    compartment.setSize(network.volume)
    compartment.setSpatialDimensions(3)
    compartment.setConstant(True)
    for index, name in enumerate(network.species):
        species = model.createSpecies()
        _identify(species, identifiers.of[name], name)
        species.setCompartment(identifiers.compartment)
        species.setInitialAmount(float(network.initial_counts[index]))
        species.setHasOnlySubstanceUnits(True)
        species.setBoundaryCondition(index in network.constant_species)
        species.setConstant(False)
    for name, value in network.parameters.items():
        _write_parameter(model, identifiers.of[name], name).setValue(value)
        if name in network.definitions:
            assignment = model.createInitialAssignment()
            assignment.setSymbol(identifiers.of[name])
            assignment.setMath(identifiers.math(network.definitions[name]))
    sums = {
        name: add([multiply([Number(weight), Symbol(network.species[index])]) for index, weight in terms])
        for name, terms in network.observables.items()
    }
    for name, rule in {**sums, **network.rules}.items():
        _write_parameter(model, identifiers.of[name], name).setConstant(False)
        assignment = model.createAssignmentRule()
        assignment.setVariable(identifiers.of[name])
        assignment.setMath(identifiers.math(rule))
    for index, reaction in enumerate(network.reactions):
        _write_reaction(model, network, reaction, identifiers, identifiers.reactions[index])
    _write_events(model, network, identifiers)
    return str(libsbml.writeSBMLToString(document))


class _Identifiers:
    def __init__(self, network: ReactionNetwork) -> None:
        self.taken: set[str] = {"network"}
        self.of: dict[str, str] = {}
        groups = [("S", network.species), ("p", network.parameters), ("o", network.observables), ("o", network.rules)]
        for letter, names in groups:
            self.of |= dict(zip(names, self._fresh(letter, names), strict=True))
        self.reactions = self._fresh("R", [reaction.name for reaction in network.reactions])
        self.events = self._fresh("E", [event.name for event in network.events])
        self.compartment = self._fresh(_COMPARTMENT, [_COMPARTMENT])[0]

    def _fresh(self, letter: str, names: Iterable[str]) -> list[str]:
        fresh = []
        for number, name in enumerate(names, start=1):
            plain = _IDENTIFIER.fullmatch(name) and name.lower() not in _TAKEN
            identifier = name if plain else f"{letter}{number}"
            while identifier in self.taken:
                identifier += "_"
            self.taken.add(identifier)
            fresh.append(identifier)
        return fresh

    def math(self, expression: Expression) -> Any:
        text = formula(expression, lambda name: {"volume": self.compartment, "time": "time"}.get(name) or self.of[name])
        node = libsbml.parseL3Formula(text)
        if node is None:
            raise ValueError(f"cannot write {text[:60]!r} as SBML: {libsbml.getLastParseL3Error()}")
        return node


def _write_parameter(model: Any, identifier: str, name: str) -> Any:
    parameter = model.createParameter()
    _identify(parameter, identifier, name)
    parameter.setConstant(True)
    return parameter


def _write_reaction(
    model: Any, network: ReactionNetwork, reaction: Reaction, identifiers: _Identifiers, identifier: str
) -> None:
    element = model.createReaction()
    _identify(element, identifier, reaction.name)
    element.setReversible(False)
    element.setFast(False)
    for side, create in ((reaction.reactants, element.createReactant), (reaction.products, element.createProduct)):
        for index, count in side:
            reference = create()
            reference.setSpecies(identifiers.of[network.species[index]])
            reference.setStoichiometry(count)
            reference.setConstant(True)
    law = reaction.law if reaction.law is not None else _mass_action(network, reaction)
    element.createKineticLaw().setMath(identifiers.math(law))


def _mass_action(network: ReactionNetwork, reaction: Reaction) -> Expression:
    law = multiply([reaction.rate, *falling_product(reaction.reactants, network.species)])
    if reaction.order != 1:
        scale = Apply("^", (Symbol("volume"), Number(float(reaction.order - 1))))
        law = Apply("/", (law, scale)) if reaction.order else Apply("*", (law, Symbol("volume")))
    symmetry = 1.0
    if network.combinatoric:
        for _, count in reaction.reactants:
            for step in range(2, count + 1):
                symmetry *= step
    return law if symmetry == 1.0 else Apply("/", (law, Number(symmetry)))


def _write_events(model: Any, network: ReactionNetwork, identifiers: _Identifiers) -> None:
    for event, identifier in zip(network.events, identifiers.events, strict=True):
        element = model.createEvent()
        _identify(element, identifier, event.name)
        element.setUseValuesFromTriggerTime(True)
        trigger = element.createTrigger()
        trigger.setInitialValue(event.initial_value)
        trigger.setPersistent(True)
        trigger.setMath(identifiers.math(event.trigger))
        for index, value in event.assignments:
            assignment = element.createEventAssignment()
            assignment.setVariable(identifiers.of[network.species[index]])
            assignment.setMath(identifiers.math(value))


def _identify(element: Any, identifier: str, name: str) -> None:
    element.setId(identifier)
    if name and name != identifier:
        element.setName(name)
