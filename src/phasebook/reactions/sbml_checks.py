"""What an SBML file must not hold: dangerous XML, and elements that a reaction network cannot represent."""

import math
import re
from typing import Any
from xml.parsers import expat

import libsbml

MAXIMUM_DEPTH = 2000
_REQUIRED_PACKAGE = re.compile(rb"""(\w+):required\s*=\s*["']true["']""")
_HEAD = 100_000  # bytes in which the opening tag of the document stands
_COUNTING_KINDS = (libsbml.UNIT_KIND_ITEM, libsbml.UNIT_KIND_DIMENSIONLESS)


def check_xml(content: bytes) -> None:
    """Raise ValueError for XML that is not well-formed, declares a document type or entities, or is nested too deep."""
    parser = expat.ParserCreate()
    depth = 0

    def refuse(*_: Any) -> None:
        raise ValueError("the file must not declare a document type or entities")

    def enter(name: str, _: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAXIMUM_DEPTH:
            raise ValueError(f"element {name!r} is nested more than {MAXIMUM_DEPTH} deep")

    def leave(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ValueError(f"the file is not well-formed XML: {error}") from None


def check_model(document: Any, content: bytes) -> Any:
    """The model of a document; raises ValueError naming the first element that cannot be represented."""
    for index in range(document.getNumErrors()):
        error = document.getError(index)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            raise ValueError(f"the file is not valid SBML: line {error.getLine()}: {error.getShortMessage()}")
    model = document.getModel()
    if model is None:
        raise ValueError("the file holds no SBML model")
    if document.getLevel() not in (2, 3):
        raise ValueError(f"SBML must have level 2 or 3; got level {document.getLevel()}")
    package = _REQUIRED_PACKAGE.search(content, 0, _HEAD)
    if package:
        raise ValueError(f"the package {package[1].decode()!r} changes the model and cannot be represented")
    if not model.getNumSpecies() or not model.getNumCompartments():
        raise ValueError("the model has no species")
    _check_units(model)
    _check_elements(model)
    return model


def whole_number(value: float, what: str) -> float:
    """The nearest whole number, where a value is one but for rounding; raises ValueError for any other."""
    if not math.isfinite(value) or value < 0.0 or abs(value - round(value)) > 1e-9 * max(1.0, abs(value)):
        raise ValueError(f"{what} must be a whole number of at least 0; got {value:g}")
    return float(round(value))


def _check_elements(model: Any) -> None:
    for rule in model.getListOfRules():
        if rule.isAlgebraic():
            raise ValueError(
                f"algebraic rule {rule.getId() or libsbml.formulaToL3String(rule.getMath())!r} cannot be represented"
            )
        if rule.isRate():
            raise ValueError(f"the rate rule of {rule.getVariable()!r} cannot be represented")
    for number, _ in enumerate(model.getListOfConstraints(), start=1):
        raise ValueError(f"constraint {number} cannot be represented")
    if model.isSetConversionFactor():
        raise ValueError(f"the conversion factor {model.getConversionFactor()!r} of the model cannot be represented")
    for species in model.getListOfSpecies():
        if species.isSetConversionFactor():
            raise ValueError(f"the conversion factor of species {species.getId()!r} cannot be represented")
        if model.getCompartment(species.getCompartment()) is None:
            raise ValueError(
                f"species {species.getId()!r} is in compartment {species.getCompartment()!r}, which is not defined"
            )
    for reaction in model.getListOfReactions():
        if reaction.getFast():
            raise ValueError(f"reaction {reaction.getId()!r} is fast, which cannot be represented")
    for place, event in enumerate(model.getListOfEvents(), start=1):
        name = event.getId() or f"event_{place}"
        if event.getTrigger() is None:
            raise ValueError(f"event {name!r} has no trigger")
        if event.isSetDelay():
            raise ValueError(f"event {name!r} has a delay, which cannot be represented")
        if event.isSetPriority() and model.getNumEvents() > 1:
            raise ValueError(f"event {name!r} has a priority over other events, which cannot be represented")


def _check_units(model: Any) -> None:
    """Amounts must count molecules; a unit that is not declared is taken to do so."""
    units = {model.getSubstanceUnits(), model.getExtentUnits()} if model.getLevel() >= 3 else {"substance"}
    units |= {species.getSubstanceUnits() for species in model.getListOfSpecies()}
    for name in sorted(units - {"", "item", "dimensionless"}):
        definition = model.getUnitDefinition(name)
        if definition is None:
            if name != "substance":
                raise ValueError(
                    f"the substance unit {name!r} cannot be represented; amounts must be counted in 'item'"
                )
            continue
        for unit in definition.getListOfUnits():
            if unit.getKind() not in _COUNTING_KINDS or unit.getMultiplier() != 1.0 or unit.getScale() != 0:
                raise ValueError(
                    f"the substance unit {name!r} ({libsbml.UnitKind_toString(unit.getKind())}) cannot be represented;"
                    " amounts must be counted in 'item'"
                )
