"""SBML levels 2 and 3 as reaction networks, for stochastic simulation: amounts are counts, kinetic laws are propensities.

Source: SBML level 3 version 1 core, and the semantics of the discrete stochastic models test suite (Evans, Gillespie, Wilkinson,
Bioinformatics 24, 285, 2008). A kinetic law is taken as written, except that k X X for 2 X means k X (X - 1) with a warning.
"""

import warnings
from dataclasses import dataclass, field
from typing import Any, Literal

import libsbml

from .definitions import dependency_order, expand, resolve_values
from .network import Event, Reaction, ReactionNetwork
from .rate_laws import Apply, Expression, Number, Symbol, free_symbols, substitute
from .rate_polynomials import collect, mass_action_orders, reversible_parts
from .sbml_checks import check_model, check_xml, whole_number
from .sbml_math import MathReader
from .text_format import linear_weights

Powers = Literal["collisions", "literal"]


class SbmlWarning(UserWarning):
    """A kinetic law that is read as something other than what is written; the message names the reaction."""


def parse_sbml(content: bytes, powers: Powers = "collisions") -> ReactionNetwork:
    """Read the content of an SBML file.

    `powers`: what k X X means as the law of two reacting X: `collisions` reads k X (X - 1), with an SbmlWarning, because the law
    was meant for concentrations and one molecule cannot react with itself; `literal` keeps it. Kinetic laws of mass action, also
    with their factors X (X - 1) / 2, become mass action. Raises ValueError naming the element that cannot be represented: delays,
    algebraic and rate rules, fast reactions, fractional counts and stoichiometry, constraints, packages, and for XML that is not
    well-formed or declares a document type.
    """
    if powers not in ("collisions", "literal"):
        raise ValueError(f"powers must be 'collisions' or 'literal'; got {powers!r}")
    check_xml(content)
    document = libsbml.readSBMLFromString(content.decode("utf-8", errors="replace"))
    model = check_model(document, content)
    return _Reading(model, powers).network()


@dataclass
class _Reading:
    """One model on its way to a network; formulas are in SBML's units until `in_counts` is put in."""

    model: Any
    powers: Powers
    initial: dict[str, Expression] = field(default_factory=dict)
    rules: dict[str, Expression] = field(default_factory=dict)
    parameters: dict[str, Expression] = field(default_factory=dict)
    in_counts: dict[str, Expression] = field(default_factory=dict)

    def network(self) -> ReactionNetwork:
        model, self.math = self.model, MathReader(self.model)
        self.compartments = [compartment.getId() for compartment in model.getListOfCompartments()]
        self.all_species = {species.getId(): species for species in model.getListOfSpecies()}
        self._read_values()
        values = self._values_at_start()
        self.species = {
            name: index for index, name in enumerate(name for name in self.all_species if name not in self.rules)
        }
        self.names = list(self.species)
        single = len(self.compartments) == 1
        self.volume = values[self.compartments[0]] if single else 1.0
        if single:
            self.in_counts[self.compartments[0]] = Symbol("volume")
        else:
            self.parameters |= {name: Number(values[name]) for name in self.compartments}
        for name in self.all_species:
            if name in self.species and not self._is_amount(name):
                self.in_counts[name] = Apply("/", (Symbol(name), self._size(name)))
        self._read_parameters(values)
        observables = self._read_rules()
        self.constant = frozenset(
            index
            for name, index in self.species.items()
            if self.all_species[name].getBoundaryCondition() or self.all_species[name].getConstant()
        )
        weights = {name: linear_weights(formula, self.species) for name, formula in observables.items()}
        reactions = tuple(part for reaction in model.getListOfReactions() for part in self._reactions(reaction))
        definitions = {name: formula for name, formula in self.parameters.items() if free_symbols(formula)}
        return ReactionNetwork(
            species=tuple(self.species),
            initial_counts=[self._count(name, values) for name in self.species],  # type: ignore[arg-type]
            reactions=reactions,
            parameters={name: self.values[name] for name in self.parameters},
            volume=self.volume,
            observables={name: terms for name, terms in weights.items() if terms is not None},
            rules={name: observables[name] for name, terms in weights.items() if terms is None},
            constant_species=self.constant,
            events=tuple(self._event(event, place) for place, event in enumerate(model.getListOfEvents())),
            definitions=definitions,
        )

    def _formula(self, what: str, node: Any) -> Expression:
        if node is None:
            raise ValueError(f"{what} has no formula")
        try:
            return self.math.expression(node)
        except ValueError as error:
            raise ValueError(f"{what}: {error}") from None

    def _is_amount(self, name: str) -> bool:
        species = self.all_species[name]
        compartment = self.model.getCompartment(species.getCompartment())
        without_size = compartment.isSetSpatialDimensions() and compartment.getSpatialDimensions() == 0
        return bool(species.getHasOnlySubstanceUnits()) or without_size

    def _size(self, name: str) -> Expression:
        compartment = self.all_species[name].getCompartment()
        return Symbol("volume") if len(self.compartments) == 1 else Symbol(compartment)

    def _read_values(self) -> None:
        """What every symbol is worth at time 0, in SBML's own units."""
        for compartment in self.model.getListOfCompartments():
            self.initial[compartment.getId()] = Number(compartment.getSize() if compartment.isSetSize() else 1.0)
        for parameter in self.model.getListOfParameters():
            if parameter.isSetValue():
                self.initial[parameter.getId()] = Number(parameter.getValue())
        for name, species in self.all_species.items():
            size = Symbol(species.getCompartment())
            if species.isSetInitialAmount():
                amount: Expression = Number(species.getInitialAmount())
                self.initial[name] = amount if self._is_amount(name) else Apply("/", (amount, size))
            elif species.isSetInitialConcentration():
                concentration: Expression = Number(species.getInitialConcentration())
                self.initial[name] = Apply("*", (concentration, size)) if self._is_amount(name) else concentration
        settable = self.initial.keys() | self.all_species.keys() | {p.getId() for p in self.model.getListOfParameters()}
        for assignment in self.model.getListOfInitialAssignments():
            name = assignment.getSymbol()
            if name not in settable:
                raise ValueError(
                    f"the initial assignment of {name!r} cannot be represented: it is no species or parameter"
                )
            self.initial[name] = self._formula(f"the initial assignment of {name!r}", assignment.getMath())
        for rule in self.model.getListOfRules():
            name = rule.getVariable()
            if name not in settable or name in self.compartments:
                raise ValueError(
                    f"the assignment rule of {name!r} cannot be represented: it is no species or parameter"
                )
            self.initial[name] = self.rules[name] = self._formula(f"the assignment rule of {name!r}", rule.getMath())

    def _values_at_start(self) -> dict[str, float]:
        missing = next((name for name in self.all_species if name not in self.initial), None)
        if missing is not None:
            raise ValueError(f"species {missing!r} has no initial amount or concentration")
        missing = next((p.getId() for p in self.model.getListOfParameters() if p.getId() not in self.initial), None)
        if missing is not None:
            raise ValueError(f"parameter {missing!r} has no value")
        return resolve_values(self.initial, {"time": 0.0})

    def _read_parameters(self, values: dict[str, float]) -> None:
        """Parameters that stay constant: numbers, or formulas of other parameters."""
        fixed = {p.getId() for p in self.model.getListOfParameters()} | set(self.compartments)
        changing = {name for name in self.rules if name in self.all_species}
        for name in dependency_order(self.rules):
            if free_symbols(self.rules[name]) - (fixed - changing):
                changing.add(name)
        for parameter in self.model.getListOfParameters():
            name = parameter.getId()
            if name in changing:
                continue
            formula = self.initial[name]
            # An initial assignment may read counts at time 0; afterwards it is a number.
            constant = free_symbols(formula) <= fixed - changing
            self.parameters[name] = substitute(formula, self.in_counts) if constant else Number(values[name])
        self.rules = {name: formula for name, formula in self.rules.items() if name in changing}
        self.values = dict(values)

    def _read_rules(self) -> dict[str, Expression]:
        """Assignment rules as functions of counts; species by their count, whatever their units."""
        expanded = {name: substitute(formula, self.in_counts) for name, formula in expand(self.rules).items()}
        self.in_counts |= expanded
        counts = {}
        for name, formula in expanded.items():
            in_concentration = name in self.all_species and not self._is_amount(name)
            counts[name] = Apply("*", (formula, self._size(name))) if in_concentration else formula
        return counts

    def _count(self, name: str, values: dict[str, float]) -> float:
        size = 1.0 if self._is_amount(name) else values[self.all_species[name].getCompartment()]
        return whole_number(values[name] * size, f"the initial count of species {name!r}")

    def _reactions(self, reaction: Any) -> list[Reaction]:
        name = reaction.getId()
        law = reaction.getKineticLaw()
        if law is None:
            raise ValueError(f"reaction {name!r} has no kinetic law")
        formula = substitute(
            self._formula(f"the kinetic law of reaction {name!r}", law.getMath()), self._local(name, law)
        )
        formula = substitute(formula, self.in_counts)
        reactants = self._side(name, reaction.getListOfReactants())
        products = self._side(name, reaction.getListOfProducts())
        parts = reversible_parts(formula) if reaction.getReversible() else None
        if parts is None:
            return [self._reaction(name, reactants, products, formula)]
        return [
            self._reaction(name, reactants, products, parts[0]),
            self._reaction(f"{name}_reverse", products, reactants, parts[1]),
        ]

    def _local(self, reaction: str, law: Any) -> dict[str, Expression]:
        """Local parameters hide global symbols; each becomes a parameter named after its reaction."""
        local: dict[str, Expression] = {}
        listed = law.getListOfLocalParameters() if law.getLevel() >= 3 else law.getListOfParameters()
        for parameter in listed:
            if not parameter.isSetValue():
                raise ValueError(f"local parameter {parameter.getId()!r} of reaction {reaction!r} has no value")
            name = f"{reaction}_{parameter.getId()}"
            while name in self.initial or name in self.parameters:
                name += "_"
            self.parameters[name] = Number(parameter.getValue())
            self.values[name] = parameter.getValue()
            local[parameter.getId()] = Symbol(name)
        return local

    def _side(self, reaction: str, references: Any) -> dict[int, int]:
        side: dict[int, int] = {}
        for reference in references:
            name = reference.getSpecies()
            if name not in self.all_species:
                raise ValueError(f"reaction {reaction!r} refers to species {name!r}, which is not defined")
            what = f"the stoichiometry of {name!r} in reaction {reaction!r}"
            # Level 2 means 1 where nothing is said; level 3 means nothing.
            unset = reference.getLevel() >= 3 and not reference.isSetStoichiometry()
            if unset or reference.isSetStoichiometryMath():
                raise ValueError(f"{what} must be a number")
            count = whole_number(reference.getStoichiometry(), what)
            if name in self.species and count > 0:
                side[self.species[name]] = side.get(self.species[name], 0) + int(count)
        return side

    def _reaction(self, name: str, reactants: dict[int, int], products: dict[int, int], law: Expression) -> Reaction:
        orders = self._orders(law)
        if orders is not None:
            consumed = {self.names[index]: count for index, count in reactants.items() if index not in self.constant}
            by_powers = not orders[1]
            if (
                by_powers
                and self.powers == "collisions"
                and all(consumed.get(species) == order for species, order in orders[0].items() if order > 1)
            ):
                warnings.warn(
                    f"the kinetic law of reaction {name!r} has a power of a count; it is read as collisions of different"
                    " molecules, X (X - 1) instead of X X; powers='literal' keeps it",
                    SbmlWarning,
                    stacklevel=2,
                )
                by_powers = False
            if not by_powers and all(orders[0].get(species, 0) >= count for species, count in consumed.items()):
                return self._mass_action(name, reactants, products, law, *orders)
        return Reaction(name, tuple(sorted(reactants.items())), tuple(sorted(products.items())), law=law)

    def _orders(self, law: Expression) -> tuple[dict[str, int], bool] | None:
        used = free_symbols(law)
        species = frozenset(used & self.species.keys())
        values = {name: self.values[name] for name in used - species if name in self.values} | {"volume": self.volume}
        if used - species - values.keys():
            return None
        orders = mass_action_orders(law, species, values)
        # A law such as k X (X - a) looks like mass action at a = 1 alone: the form must survive other values.
        moved = {name: 1.37 * value + 0.1 for name, value in values.items()}
        return orders if orders is not None and mass_action_orders(law, species, moved) == orders else None

    def _mass_action(
        self,
        name: str,
        reactants: dict[int, int],
        products: dict[int, int],
        law: Expression,
        orders: dict[str, int],
        falling: bool,
    ) -> Reaction:
        """At n_i = s_i a product of descending factors is prod_i s_i!, which leaves the constant; powers are read off at 1."""
        at, divisor = dict[str, Expression](), 1.0
        for species, order in orders.items():
            at[species] = Number(float(order) if falling else 1.0)
            for step in range(1, order + 1 if falling else 1):
                divisor *= step
        scale = Apply("^", (Symbol("volume"), Number(float(sum(orders.values()) - 1))))
        rate = collect(Apply("/", (Apply("*", (substitute(law, at), scale)), Number(divisor))))
        rate = collect(substitute(rate, {"volume": Number(self.volume)}))
        left, right = dict(reactants), dict(products)
        for index in self.constant & left.keys():
            del left[index]  # put back with the order that the law gives it
        for species, order in orders.items():
            index = self.species[species]
            extra = order - left.get(index, 0)
            left[index] = order
            if extra > 0 and index not in self.constant:
                right[index] = right.get(index, 0) + extra  # a modifier is neither made nor used
        return Reaction(name, tuple(sorted(left.items())), tuple(sorted(right.items())), rate)

    def _event(self, event: Any, place: int) -> Event:
        name = event.getId() or f"event_{place + 1}"
        trigger = self._formula(f"the trigger of event {name!r}", event.getTrigger().getMath())
        assignments = []
        for assignment in event.getListOfEventAssignments():
            target = assignment.getVariable()
            if target not in self.species:
                raise ValueError(f"event {name!r} assigns to {target!r}; only counts of species can be assigned")
            formula = self._formula(f"the assignment of event {name!r} to {target!r}", assignment.getMath())
            formula = substitute(formula, self.in_counts)
            if not self._is_amount(target):
                formula = collect(Apply("*", (formula, self._size(target))))
            assignments.append((self.species[target], formula))
        initial_value = event.getTrigger().getInitialValue() if event.getLevel() >= 3 else True
        return Event(name, substitute(trigger, self.in_counts), tuple(assignments), bool(initial_value))
