"""Reaction networks: species with counts, reactions with stoichiometry and rates, and what follows from them alone.

Convention of mass action: a_r(n) = k_r volume^(1 - |s_r|) prod_i n_i (n_i - 1) ... (n_i - s_ir + 1), with |s_r| = sum_i s_ir; where
`combinatoric` is True it is also divided by prod_i s_ir!. Time and volume have the units in which the rates are given.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from ..errors import PhasebookError
from .definitions import resolve_values
from .rate_laws import Expression, Number, as_polynomial, evaluate, evaluate_array, free_symbols, substitute

RESERVED = ("time", "volume")
_MAXIMUM_STOICHIOMETRY = 1_000_000

Polynomial = dict[tuple[int, ...], float]


class UnsupportedPropensity(PhasebookError, ValueError):
    """A propensity that a method cannot treat; the message names the reaction and says what can."""


class NegativePropensity(PhasebookError, ValueError):
    """A rate law that is negative or undefined at a state; the message names the reaction and the state."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One irreversible reaction; a reversible arrow is two.

    `reactants`, `products`: pairs (index of species, stoichiometry > 0), each species once. `rate`: the rate constant k_r of mass
    action, in parameters. `law`: None for mass action, else the whole propensity per unit time in counts, parameters and `volume`.
    """

    name: str
    reactants: tuple[tuple[int, int], ...]
    products: tuple[tuple[int, int], ...]
    rate: Expression = field(default=Number(1.0))
    law: Expression | None = None

    @property
    def order(self) -> int:
        """Number of reacting molecules |s_r|."""
        return sum(stoichiometry for _, stoichiometry in self.reactants)


@dataclass(frozen=True, slots=True)
class Event:
    """A sudden change of counts, without delay, at the moment when `trigger` becomes true.

    `trigger`: in counts, parameters, `time` and `volume`. `assignments`: pairs (index of species, new count), all read before any
    is written. `initial_value`: what the trigger counts as before time 0; a trigger that is true at time 0 fires there if False.
    """

    name: str
    trigger: Expression
    assignments: tuple[tuple[int, Expression], ...]
    initial_value: bool = True


@dataclass(frozen=True, eq=False)
class ReactionNetwork:
    """A reaction network.

    `initial_counts` of shape (species,); fractions are allowed here and refused where a method counts molecules. `parameters`:
    values; `definitions`: formulas of those parameters that follow from others. `constant_species`: indices of species that
    reactions read and leave unchanged. `observables`: weighted sums of counts, as pairs (index of species, weight). `rules`: any
    other functions of counts, parameters and `volume`. Raises ValueError naming the reaction, species or parameter that is wrong.
    """

    species: tuple[str, ...]
    initial_counts: NDArray[np.float64]
    reactions: tuple[Reaction, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    volume: float = 1.0
    combinatoric: bool = False
    observables: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    rules: Mapping[str, Expression] = field(default_factory=dict)
    constant_species: frozenset[int] = frozenset()
    events: tuple[Event, ...] = ()
    definitions: Mapping[str, Expression] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_names(self)
        volume = checked_volume(self.volume)
        base = {name: float(value) for name, value in self.parameters.items() if name not in self.definitions}
        wrong = next((name for name, value in base.items() if not math.isfinite(value)), None)
        if wrong is not None:
            raise ValueError(f"parameter {wrong!r} must be finite; got {base[wrong]}")
        object.__setattr__(self, "volume", volume)
        object.__setattr__(self, "parameters", base | resolve_values(self.definitions, base | {"volume": volume}))
        object.__setattr__(self, "initial_counts", _checked_counts(self.species, self.initial_counts))
        _check_reactions(self)
        _check_functions(self)
        self._macroscopic_constants  # noqa: B018 (a wrong rate is refused here, before any work)

    @property
    def is_mass_action(self) -> NDArray[np.bool_]:
        """Which reactions follow mass action; shape (reactions,)."""
        return np.array([reaction.law is None for reaction in self.reactions], dtype=np.bool_)

    @cached_property
    def reactant_order(self) -> csr_array:
        """Stoichiometry s_ir of the reactants; sparse, integer, of shape (reactions, species)."""
        return _stoichiometry([reaction.reactants for reaction in self.reactions], len(self.species))

    @cached_property
    def change(self) -> csr_array:
        """What one reaction adds to the counts; sparse, integer, of shape (reactions, species). Constant species do not change."""
        change = []
        for reaction in self.reactions:
            total = {index: -count for index, count in reaction.reactants}
            for index, count in reaction.products:
                total[index] = total.get(index, 0) + count
            change.append([(i, d) for i, d in total.items() if d != 0 and i not in self.constant_species])
        return _stoichiometry(change, len(self.species))

    def rate_constants(self) -> NDArray[np.float64]:
        """Constants c_r of shape (reactions,) such that a_r(n) = c_r prod_i n_i ... (n_i - s_ir + 1); NaN for a general law."""
        orders = np.array([reaction.order for reaction in self.reactions], dtype=np.float64)
        return np.asarray(self._macroscopic_constants * self.volume ** (1.0 - orders))

    def propensities(self, counts: ArrayLike, time: float = 0.0) -> NDArray[np.float64]:
        """Propensities per unit time at `counts` of shape (..., species); shape (..., reactions).

        Raises NegativePropensity naming the reaction and the state where one is negative or undefined.
        """
        counts = _state(counts, len(self.species), "counts")
        orders = self.reactant_order
        factors = np.ones((*counts.shape[:-1], orders.nnz))
        for step in range(int(orders.data.max(initial=0))):
            factors *= np.where(orders.data > step, counts[..., orders.indices] - step, 1.0)
        # Below the stoichiometry a product of descending factors of integers is 0, never negative.
        result = np.where(self.is_mass_action, self.rate_constants(), 0.0) * _row_products(factors, orders.indptr)
        values = self._symbol_values(counts) | {"time": time}
        for index in self._general:
            result[..., index] = evaluate_array(self.reactions[index].law, values)  # type: ignore[arg-type]
        self._check_propensities(counts, result)
        return result

    def macroscopic_rates(self, concentrations: ArrayLike) -> NDArray[np.float64]:
        """Rates f_r of shape (..., reactions) per volume and unit time at `concentrations` of shape (..., species).

        Mass action: k_r prod_i phi_i^s_ir, the limit of a_r / volume. A general law: a_r(volume phi) / volume at this volume.
        """
        phi = _state(concentrations, len(self.species), "concentrations")
        orders = self.reactant_order
        powers = _row_products(phi[..., orders.indices] ** orders.data, orders.indptr)
        result = np.where(self.is_mass_action, self._macroscopic_constants, 0.0) * powers
        values = self._symbol_values(phi * self.volume)
        for index in self._general:
            result[..., index] = evaluate_array(self.reactions[index].law, values) / self.volume  # type: ignore[arg-type]
        return np.asarray(result)

    def propensity_polynomials(self) -> list[Polynomial]:
        """Each propensity as coefficients of monomials n^e, by exponents e of shape (species,).

        Raises UnsupportedPropensity naming the reaction whose law is not a polynomial in the counts.
        """
        constants = self.rate_constants()
        numbers: dict[str, Expression] = {name: Number(value) for name, value in self.parameters.items()}
        numbers["volume"] = Number(self.volume)
        polynomials = []
        for reaction, constant in zip(self.reactions, constants, strict=True):
            if reaction.law is None:
                polynomial: Polynomial | None = _falling_polynomial(
                    reaction.reactants, float(constant), len(self.species)
                )
            else:
                polynomial = as_polynomial(substitute(reaction.law, numbers), self.species)
            if polynomial is None:
                raise UnsupportedPropensity(
                    f"the rate law of reaction {reaction.name!r} is not a polynomial in the counts, so moment equations do not"
                    " exist for it; use exact simulation or finite state projection"
                )
            polynomials.append(polynomial)
        return polynomials

    def unit_propensities(self) -> list[Polynomial]:
        """Mass-action propensities over their constants `rate_constants()`, in monomials n^e; empty for a general law."""
        species = len(self.species)
        return [
            {} if reaction.law is not None else _falling_polynomial(reaction.reactants, 1.0, species)
            for reaction in self.reactions
        ]

    def observe(self, counts: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Observables and rules at `counts` of shape (..., species); each of shape (...)."""
        counts = _state(counts, len(self.species), "counts")
        observed = {}
        for name, terms in self.observables.items():
            weights = np.array([weight for _, weight in terms], dtype=np.float64)
            observed[name] = np.asarray(counts[..., [index for index, _ in terms]] @ weights)
        if self.rules:
            values = self._symbol_values(counts)
            for name, rule in self.rules.items():
                observed[name] = np.broadcast_to(evaluate_array(rule, values), counts.shape[:-1])
        return observed

    def with_volume(self, volume: float) -> "ReactionNetwork":
        """The same reactions in another volume; initial counts are kept as they are."""
        return replace(self, volume=volume)

    def with_parameters(self, **values: float) -> "ReactionNetwork":
        """Other values of parameters; what follows from them by a formula follows. Raises ValueError naming an unknown one."""
        unknown = sorted(values.keys() - self.parameters.keys())
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise ValueError(f"parameter {unknown[0]!r} is not in the network; its parameters are {known}")
        definitions = {name: formula for name, formula in self.definitions.items() if name not in values}
        return replace(self, parameters={**self.parameters, **values}, definitions=definitions)

    def with_initial_counts(
        self, counts: ArrayLike | Mapping[str, float] | None = None, **named: float
    ) -> "ReactionNetwork":
        """Other initial counts: an array of shape (species,), or counts by name over the present ones."""
        if counts is not None and not isinstance(counts, Mapping):
            return replace(self, initial_counts=np.asarray(counts, dtype=np.float64))
        changed = self.initial_counts.copy()
        for name, count in {**(counts or {}), **named}.items():
            changed[self.index(name)] = count
        return replace(self, initial_counts=changed)

    def index(self, species: str) -> int:
        """Index of a species; raises ValueError naming one that is not there."""
        try:
            return self._indices[species]
        except KeyError:
            raise ValueError(f"species {species!r} is not in the network") from None

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.species)}

    @cached_property
    def _general(self) -> list[int]:
        return [index for index, reaction in enumerate(self.reactions) if reaction.law is not None]

    @cached_property
    def _macroscopic_constants(self) -> NDArray[np.float64]:
        values = {**self.parameters, "volume": self.volume}
        known: dict[Expression, float] = {}
        constants = np.full(len(self.reactions), np.nan)
        for index, reaction in enumerate(self.reactions):
            if reaction.law is not None:
                continue
            if reaction.rate not in known:
                known[reaction.rate] = _rate(self, reaction, values)
            constants[index] = known[reaction.rate]
            if self.combinatoric:
                constants[index] /= math.prod(math.factorial(count) for _, count in reaction.reactants)
        return constants

    def _symbol_values(self, counts: NDArray[np.float64]) -> dict[str, Any]:
        if not (self._general or self.rules):
            return {}
        values: dict[str, Any] = {name: counts[..., index] for index, name in enumerate(self.species)}
        return values | dict(self.parameters) | {"volume": self.volume}

    def _check_propensities(self, counts: NDArray[np.float64], result: NDArray[np.float64]) -> None:
        allowed = np.isfinite(result)
        # Mass action is negative only where a count is: that is the caller's state, not the law's fault.
        allowed[..., self._general] &= result[..., self._general] >= 0.0
        if not np.all(allowed):
            *state, index = np.argwhere(~allowed)[0]
            raise NegativePropensity(
                f"the rate law of reaction {self.reactions[index].name!r} has the value {result[(*state, index)]:g} at"
                f" {self.describe(counts[tuple(state)])}; a propensity must be finite and not negative"
            )

    def describe(self, counts: ArrayLike) -> str:
        """A state of shape (species,) in words, for messages: the first few counts that are not zero."""
        counts = np.asarray(counts)
        shown = [f"{self.species[i]} = {counts[i]:g}" for i in np.flatnonzero(counts)[:8]]
        return ", ".join(shown or [f"{name} = 0" for name in self.species[:8]])


def checked_volume(volume: float) -> float:
    """The volume as a float; raises ValueError where it is not finite and positive."""
    if not (math.isfinite(volume) and volume > 0.0):
        raise ValueError(f"volume must be finite and positive; got {volume!r}")
    return float(volume)


def _rate(network: ReactionNetwork, reaction: Reaction, values: Mapping[str, float]) -> float:
    try:
        value = evaluate(reaction.rate, values)
    except ValueError as error:
        species = sorted(free_symbols(reaction.rate) & network._indices.keys())
        if species:
            raise ValueError(
                f"the rate constant of reaction {reaction.name!r} depends on species {species[0]!r};"
                " give the whole propensity instead"
            ) from None
        raise ValueError(f"the rate constant of reaction {reaction.name!r}: {error}") from None
    if not (math.isfinite(value) and value >= 0.0):
        raise ValueError(
            f"the rate constant of reaction {reaction.name!r} must be finite and not negative; got {value:g}"
        )
    return value


def _check_names(network: ReactionNetwork) -> None:
    names: dict[str, str] = dict.fromkeys(RESERVED, "a reserved word")
    groups = {
        "species": network.species,
        "parameter": network.parameters.keys() | network.definitions.keys(),
        "observable": network.observables,
        "rule": network.rules,
    }
    for kind, group in groups.items():
        for name in group:
            if not name or names.setdefault(name, kind) != kind:
                raise ValueError(f"{kind} {name!r} has a name that is already {names.get(name) or 'empty'}; rename it")
    if len(network._indices) != len(network.species):
        twice = next(name for index, name in enumerate(network.species) if network._indices[name] != index)
        raise ValueError(f"species {twice!r} is declared twice")


def _checked_counts(species: tuple[str, ...], given: ArrayLike) -> NDArray[np.float64]:
    counts = np.array(given, dtype=np.float64)
    if counts.shape != (len(species),):
        raise ValueError(f"initial_counts must have shape ({len(species)},), one per species; got {counts.shape}")
    wrong = np.flatnonzero(~(np.isfinite(counts) & (counts >= 0.0)))
    if wrong.size:
        raise ValueError(
            f"the initial count of {species[wrong[0]]!r} must be finite and not negative; got {counts[wrong[0]]:g}"
        )
    counts.setflags(write=False)
    return counts


def _check_reactions(network: ReactionNetwork) -> None:
    size = len(network.species)
    seen: set[str] = set()
    for reaction in network.reactions:
        if reaction.name in seen:
            raise ValueError(f"two reactions have the name {reaction.name!r}")
        seen.add(reaction.name)
        for side in (reaction.reactants, reaction.products):
            for index, count in side:
                if not 0 <= index < size:
                    raise ValueError(f"reaction {reaction.name!r} has a species of index {index}; there are {size}")
                if count != int(count) or not 0 < count <= _MAXIMUM_STOICHIOMETRY:
                    raise ValueError(
                        f"reaction {reaction.name!r} has stoichiometry {count} of {network.species[index]!r};"
                        f" it must be a whole number from 1 to {_MAXIMUM_STOICHIOMETRY}"
                    )
            if len(side) > 1 and len({index for index, _ in side}) != len(side):
                raise ValueError(
                    f"reaction {reaction.name!r} names a species twice on one side; add up its stoichiometry"
                )
    if any(not 0 <= index < size for index in network.constant_species):
        raise ValueError(f"constant_species must hold indices below {size}; got {sorted(network.constant_species)}")


def _check_functions(network: ReactionNetwork) -> None:
    """Laws, rules and events may only use what the network knows."""
    known = network._indices.keys() | network.parameters.keys() | {"volume"}
    for name, terms in network.observables.items():
        if any(not 0 <= index < len(network.species) or not math.isfinite(weight) for index, weight in terms):
            raise ValueError(f"observable {name!r} must hold pairs of an index of a species and a finite weight")
    used = [
        (f"the rate law of reaction {network.reactions[i].name!r}", network.reactions[i].law, known)
        for i in network._general
    ]
    used += [(f"the rule of {name!r}", rule, known) for name, rule in network.rules.items()]
    for event in network.events:
        used.append((f"the trigger of event {event.name!r}", event.trigger, known | {"time"}))
        for index, value in event.assignments:
            if not 0 <= index < len(network.species):
                raise ValueError(
                    f"event {event.name!r} assigns to a species of index {index}; there are {len(network.species)}"
                )
            used.append(
                (f"the assignment of event {event.name!r} to {network.species[index]!r}", value, known | {"time"})
            )
    for what, expression, allowed in used:
        if expression is None:
            continue
        unknown = free_symbols(expression) - allowed
        if unknown:
            reason = "depends on time" if "time" in unknown else f"uses {min(unknown)!r}, which is not defined"
            raise ValueError(f"{what} {reason}")


def _stoichiometry(rows: "list[Any]", species: int) -> csr_array:
    lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
    pairs = np.array([pair for row in rows for pair in sorted(row)], dtype=np.int64).reshape(-1, 2)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return csr_array((pairs[:, 1], pairs[:, 0], indptr), shape=(len(rows), species))


def _row_products(factors: NDArray[np.float64], indptr: NDArray[Any]) -> NDArray[np.float64]:
    products = np.ones((*factors.shape[:-1], indptr.size - 1))
    filled = np.flatnonzero(np.diff(indptr))
    if filled.size:
        products[..., filled] = np.multiply.reduceat(factors, indptr[filled], axis=-1)
    return products


def _state(given: ArrayLike, species: int, name: str) -> NDArray[np.float64]:
    state = np.asarray(given, dtype=np.float64)
    if state.ndim == 0 or state.shape[-1] != species:
        raise ValueError(f"{name} must have shape (..., {species}), one per species; got {state.shape}")
    return state


def _falling_polynomial(reactants: tuple[tuple[int, int], ...], constant: float, species: int) -> Polynomial:
    """c prod_i n_i (n_i - 1) ... (n_i - s_i + 1) in monomials: Stirling numbers of the first kind."""
    polynomial: Polynomial = {(0,) * species: constant}
    for index, count in reactants:
        for step in range(count):
            expanded: Polynomial = {}
            for exponents, value in polynomial.items():
                raised = (*exponents[:index], exponents[index] + 1, *exponents[index + 1 :])
                expanded[raised] = expanded.get(raised, 0.0) + value
                if step:
                    expanded[exponents] = expanded.get(exponents, 0.0) - step * value
            polynomial = expanded
    return polynomial
