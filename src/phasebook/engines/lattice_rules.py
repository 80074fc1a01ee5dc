"""Rules of lattice models, as text or as objects: what a site does alone or with one random neighbor.

    sigma = 1.0                       # a parameter, used by its name below
    species A, B                      # optional: fixes the order (state 1, state 2; state 0 is the empty site)
    hop A, B @ 1                      # total rate of attempts to move to a random neighbor; moves need an empty site
    A + B -> 0 @ contact              # when a hop of either would land on the other; `contact 0.5` with this probability
    A + A -> A @ contact              # one product stands where the hop was going to
    B -> B + B @ sigma                # birth: the focal site picks a random neighbor, and fills it if it is empty
    A + B -> A + A @ 0.8              # the focal site (named first) picks a random neighbor, and acts if it holds the second
    A -> 0 @ 0.5                      # the focal site alone; also A -> B, and 0 -> A
    exchange @ 1                      # every site, empty ones too, swaps with a random neighbor at this rate

A rate belongs to the focal site: it is not multiplied by the number of neighbors. Products stand where their reactants stood, in
order; a single product of two reactants stays with the one that it equals, else with the focal one. At most one particle per site.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError
from numpy.typing import NDArray

from ..errors import PhasebookError

EMPTY = 0
MOST_SPECIES = 31
LONGEST_TEXT = 20_000
_NAME = re.compile(r"[^\W\d]\w*")
_KEYWORDS = ("species", "hop", "exchange", "contact")

_GRAMMAR = r"""
start: (_NEWLINE | statement _NEWLINE)*
?statement: parameter | species | hop | exchange | contact | reaction
parameter: NAME "=" SIGNED
species: "species" NAME ("," NAME)*
hop: "hop" NAME ("," NAME)* "@" rate
exchange: "exchange" "@" rate
contact: side _ARROW side "@" "contact" [rate]
reaction: side _ARROW side "@" rate
side: term ("+" term)*
term: NAME | COUNTED | ZERO
rate: NAME | SIGNED
_ARROW: "->" | "→"
COUNTED.2: /[12]\s*[^\W\d]\w*/
ZERO.1: /0(?![\w.])/ | "∅" | "Ø"
SIGNED: /[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/
NAME: /[^\W\d]\w*/
_NEWLINE: /\n/
%ignore /[ \t\r]+/
"""


class NoDynamics(PhasebookError, ValueError):
    """Nothing can ever happen: every rate is zero, or nothing that could meet ever moves."""


@dataclass(frozen=True, slots=True)
class SiteRule:
    """A focal site in state `focal` changes at `rate`, alone (`neighbor` is None) or with a random neighbor in that state."""

    focal: int
    neighbor: int | None
    new_focal: int
    new_neighbor: int | None
    rate: float


@dataclass(frozen=True, slots=True)
class ContactRule:
    """A hop of `first` onto `second`, or of `second` onto `first`, reacts with a probability.

    `products` are () (both vanish), (p,) (p stands on the site that was hopped to) or (p, q) (where first and second stood).
    """

    first: int
    second: int
    products: tuple[int, ...]
    probability: float = 1.0


class RuleTable(NamedTuple):
    """Rules as arrays for kernels, over S states and C channels of each.

    A focal site attempts something at `attempt_rate`, the same for all states. Its channel is the number of `limits` (S, C), of
    2**32, that a random number reaches; channel C changes nothing. `new_focal` and `new_neighbor` (S, C + 1, S) say what becomes of
    both, by the neighbor's state; `chance` (S, C + 1, S) with what probability, and `certain` whether it is 1 throughout.
    """

    limits: NDArray[np.uint64]
    new_focal: NDArray[np.uint8]
    new_neighbor: NDArray[np.uint8]
    chance: NDArray[np.float64]
    certain: bool
    attempt_rate: float


@dataclass(frozen=True)
class LatticeModel:
    """Species and rules on a lattice with at most one particle per site; state 0 is empty, state k is `species[k - 1]`.

    `hops` holds each species' total rate of attempted moves, `exchange` the rate at which every site swaps with a random neighbor.
    Raises ValueError for a name, state, rate or probability that is not allowed, NoDynamics where nothing can happen.
    """

    species: tuple[str, ...]
    rules: tuple[SiteRule, ...] = ()
    contacts: tuple[ContactRule, ...] = ()
    hops: tuple[float, ...] = ()
    exchange: float = 0.0
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.hops:
            object.__setattr__(self, "hops", (0.0,) * len(self.species))
        _check_model(self)

    @property
    def states(self) -> int:
        """Number of states of a site, the empty one included."""
        return len(self.species) + 1

    @property
    def empty_sites_act(self) -> bool:
        """Whether empty sites have rates of their own, so that all sites must be visited."""
        return self.exchange > 0 or any(rule.focal == EMPTY and rule.rate > 0 for rule in self.rules)

    def state_of(self, name: str) -> int:
        """The state that stands for a species. Raises ValueError for an unknown name."""
        if name not in self.species:
            raise ValueError(f"species must be one of {', '.join(self.species)}; got {name!r}")
        return self.species.index(name) + 1

    @cached_property
    def table(self) -> RuleTable:
        """The rules as arrays; every state's channels are drawn out of the largest total rate of any state."""
        channels: list[tuple[int, float, dict[int, tuple[int, int, float]]]] = []
        every = range(self.states)
        if self.exchange > 0:
            channels += [(state, self.exchange, {other: (other, state, 1.0) for other in every}) for state in every]
        for state in every[1:]:
            if self.hops[state - 1] > 0:
                channels.append((state, self.hops[state - 1], self._landings(state)))
        for rule in self.rules:
            if rule.rate > 0 and rule.neighbor is None:
                channels.append((rule.focal, rule.rate, {other: (rule.new_focal, other, 1.0) for other in every}))
            elif rule.rate > 0 and rule.neighbor is not None and rule.new_neighbor is not None:
                channels.append((rule.focal, rule.rate, {rule.neighbor: (rule.new_focal, rule.new_neighbor, 1.0)}))
        return _table(channels, self.states)

    def _landings(self, state: int) -> dict[int, tuple[int, int, float]]:
        """What becomes of a hop, by the state of the site that it goes to."""
        landings = {EMPTY: (EMPTY, state, 1.0)}
        for contact in self.contacts:
            for hopper, target in ((contact.first, contact.second), (contact.second, contact.first)):
                if hopper != state:
                    continue
                match contact.products:
                    case ():
                        after = EMPTY, EMPTY
                    case (product,):
                        after = EMPTY, product
                    case (first, second) if hopper == contact.first:
                        after = first, second
                    case (first, second):
                        after = second, first
                landings[target] = (*after, contact.probability)
        return landings


def parse_lattice_model(text: str, parameters: Mapping[str, float] | None = None) -> LatticeModel:
    """Read a model from text (see the module); `parameters` given here stand above those of the text.

    Raises ValueError naming what is wrong, NoDynamics where nothing can happen.
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"rules must have at most {LONGEST_TEXT} characters; got {len(text)}")
    lines = [line.partition("#")[0].rstrip() for line in text.splitlines()]
    try:
        statements = _PARSER.parse("\n".join(lines) + "\n")
        draft = _Reader().transform(statements)
    except UnexpectedInput as error:
        line = lines[error.line - 1] if 0 < error.line <= len(lines) else ""
        raise ValueError(
            f"line {error.line} of the rules can't be read: {line.strip()!r}; a rule looks like 'A + B -> 0 @ contact'"
        ) from None
    except VisitError as error:
        raise ValueError(str(error.orig_exc)) from None
    return _model(draft, parameters or {})


def lattice_text(model: LatticeModel) -> str:
    """Write a model as text that `parse_lattice_model` reads back to the same species and rules."""
    names = ("0", *model.species)
    lines = [f"species {', '.join(model.species)}"]
    lines += [f"hop {name} @ {rate!r}" for name, rate in zip(model.species, model.hops, strict=True) if rate > 0]
    if model.exchange > 0:
        lines.append(f"exchange @ {model.exchange!r}")
    for contact in model.contacts:
        right = " + ".join(names[state] for state in contact.products) or "0"
        lines.append(f"{names[contact.first]} + {names[contact.second]} -> {right} @ contact {contact.probability!r}")
    for rule in model.rules:
        if rule.neighbor is None or rule.new_neighbor is None:
            left, right = names[rule.focal], names[rule.new_focal]
        else:
            left = f"{names[rule.focal]} + {names[rule.neighbor]}"
            right = f"{names[rule.new_focal]} + {names[rule.new_neighbor]}"
        lines.append(f"{left} -> {right} @ {rule.rate!r}")
    return "\n".join(lines) + "\n"


def _table(channels: list[tuple[int, float, dict[int, tuple[int, int, float]]]], states: int) -> RuleTable:
    of = [[channel for channel in channels if channel[0] == state] for state in range(states)]
    largest = max(math.fsum(rate for _, rate, _ in own) for own in of)
    widest = max(map(len, of))
    limits = np.zeros((states, widest), np.uint64)
    shape = states, widest + 1, states
    new_focal = np.broadcast_to(np.arange(states, dtype=np.uint8)[:, None, None], shape).copy()
    new_neighbor = np.broadcast_to(np.arange(states, dtype=np.uint8), shape).copy()
    chance = np.ones(shape)
    for state, own in enumerate(of):
        running = 0.0
        for place, (_, rate, outcomes) in enumerate(own):
            running += rate
            # A state without channels of its own, or with fewer, reaches its last limit and lands on what changes nothing.
            limits[state, place:] = min(2**32, round(2**32 * running / largest))
            for neighbor, (after, other, probability) in outcomes.items():
                new_focal[state, place, neighbor], new_neighbor[state, place, neighbor] = after, other
                chance[state, place, neighbor] = probability
    return RuleTable(limits, new_focal, new_neighbor, chance, bool((chance == 1).all()), largest)


def _check_model(model: LatticeModel) -> None:
    species = model.species
    if not 1 <= len(species) <= MOST_SPECIES or len(set(species)) != len(species):
        raise ValueError(f"species must be 1 to {MOST_SPECIES} different names; got {', '.join(species) or 'none'}")
    for name in species:
        if not _NAME.fullmatch(name) or name in _KEYWORDS:
            raise ValueError(f"a species must be an identifier other than {', '.join(_KEYWORDS)}; got {name!r}")
    if len(model.hops) != len(species):
        raise ValueError(f"hops must hold one rate for each of {len(species)} species; got {len(model.hops)}")
    rates = [*model.hops, model.exchange, *(rule.rate for rule in model.rules)]
    for rate in rates:
        if not (math.isfinite(rate) and rate >= 0):
            raise ValueError(f"a rate must be finite and not negative; got {rate!r}")
    for contact in model.contacts:
        if not 0 <= contact.probability <= 1:
            raise ValueError(f"the probability of a contact must lie in [0, 1]; got {contact.probability!r}")
        if EMPTY in (contact.first, contact.second) or len(contact.products) > 2:
            raise ValueError("a contact has two particles as reactants and at most two products")
    named = [state for contact in model.contacts for state in (contact.first, contact.second, *contact.products)]
    for rule in model.rules:
        if (rule.neighbor is None) != (rule.new_neighbor is None):
            raise ValueError("a rule has a neighbor before and after, or neither")
        named += [rule.focal, rule.new_focal, rule.neighbor or 0, rule.new_neighbor or 0]
    if any(not 0 <= state <= len(species) for state in named):
        raise ValueError(f"states must lie between 0 and {len(species)}; got {min(named)} to {max(named)}")
    pairs = [frozenset((contact.first, contact.second)) for contact in model.contacts]
    if len(set(pairs)) != len(pairs):
        raise ValueError("two contact rules name the same pair of species: one of them would never happen")
    if not any(rate > 0 for rate in rates):
        raise NoDynamics(
            "every rate is zero: nothing can happen; give a hop, an exchange or a reaction a positive rate"
        )
    for contact in model.contacts:
        if model.hops[contact.first - 1] == model.hops[contact.second - 1] == 0:
            pair = f"{species[contact.first - 1]} + {species[contact.second - 1]}"
            raise NoDynamics(f"the contact of {pair} never happens: neither of them hops")


@dataclass
class _Draft:
    parameters: dict[str, float] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    hops: list[tuple[list[str], Any]] = field(default_factory=list)
    exchange: list[Any] = field(default_factory=list)
    reactions: list[tuple[list[str], list[str], Any, bool]] = field(default_factory=list)


class _Reader(Transformer[Token, _Draft]):
    """Collects the statements in their order; names become states only when all are known."""

    def __init__(self) -> None:
        super().__init__()
        self.draft = _Draft()

    def start(self, _: list[Any]) -> _Draft:
        return self.draft

    def parameter(self, parts: list[Token]) -> None:
        if str(parts[0]) in self.draft.parameters:
            raise ValueError(f"the parameter {str(parts[0])!r} is given twice")
        self.draft.parameters[str(parts[0])] = float(parts[1])

    def species(self, parts: list[Token]) -> None:
        self.draft.declared += map(str, parts)

    def hop(self, parts: list[Any]) -> None:
        self.draft.hops.append(([str(name) for name in parts[:-1]], parts[-1]))

    def exchange(self, parts: list[Any]) -> None:
        self.draft.exchange.append(parts[0])

    def contact(self, parts: list[Any]) -> None:
        self.draft.reactions.append((parts[0], parts[1], 1.0 if parts[2] is None else parts[2], True))

    def reaction(self, parts: list[Any]) -> None:
        self.draft.reactions.append((parts[0], parts[1], parts[2], False))

    def side(self, terms: list[list[str]]) -> list[str]:
        return [name for term in terms for name in term]

    def term(self, parts: list[Token]) -> list[str]:
        token = parts[0]
        if token.type == "ZERO":
            return ["0"]
        if token.type == "COUNTED":
            return int(token[0]) * [token[1:].strip()]
        return [str(token)]

    def rate(self, parts: list[Token]) -> str | float:
        return str(parts[0]) if parts[0].type == "NAME" else float(parts[0])


_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)


def _model(draft: _Draft, given: Mapping[str, float]) -> LatticeModel:
    unknown = sorted(set(given) - draft.parameters.keys())
    if unknown:
        known = ", ".join(draft.parameters) or "none"
        raise ValueError(f"parameters must be among those of the text ({known}); got {unknown[0]!r}")
    parameters = {name: float(given.get(name, value)) for name, value in draft.parameters.items()}

    def value(rate: str | float) -> float:
        if isinstance(rate, float):
            return rate
        if rate not in parameters:
            raise ValueError(f"the rate {rate!r} must be a number or a parameter of the text")
        return parameters[rate]

    names = dict.fromkeys(draft.declared)
    for left, right, _, _ in draft.reactions:
        names |= dict.fromkeys(name for name in (*left, *right) if name != "0")
    names |= dict.fromkeys(name for hoppers, _ in draft.hops for name in hoppers)
    states = {"0": EMPTY, **{name: number for number, name in enumerate(names, start=1)}}
    hops = [0.0] * len(names)
    for hoppers, rate in draft.hops:
        for name in hoppers:
            hops[states[name] - 1] += value(rate)
    rules: list[SiteRule] = []
    contacts: list[ContactRule] = []
    for left, right, rate, is_contact in draft.reactions:
        before, after = [states[name] for name in left], [states[name] for name in right]
        shown = f"{' + '.join(left)} -> {' + '.join(right)}"
        if is_contact:
            contacts.append(_contact(shown, before, after, value(rate)))
        else:
            rules.append(_rule(shown, before, after, value(rate)))
    exchange = math.fsum(map(value, draft.exchange))
    return LatticeModel(tuple(names), tuple(rules), tuple(contacts), tuple(hops), exchange, parameters)


def _rule(shown: str, before: list[int], after: list[int], rate: float) -> SiteRule:
    match before, after:
        case [focal], [new]:
            return SiteRule(focal, None, new, None, rate)
        case [focal], [new, born]:
            return SiteRule(focal, EMPTY, new, born, rate)
        case [focal, other], [0]:
            return SiteRule(focal, other, EMPTY, EMPTY, rate)
        case [focal, other], [product] if product == other != focal:
            return SiteRule(focal, other, EMPTY, product, rate)
        case [focal, other], [product]:
            return SiteRule(focal, other, product, EMPTY, rate)
        case [focal, other], [new, new_other]:
            return SiteRule(focal, other, new, new_other, rate)
    raise ValueError(f"a reaction has one or two reactants and one or two products; got {shown}")


def _contact(shown: str, before: list[int], after: list[int], probability: float) -> ContactRule:
    if len(before) != 2 or EMPTY in before or len(after) > 2:
        raise ValueError(f"a contact has two particles as reactants and at most two products; got {shown}")
    products = () if after == [EMPTY] or after == [EMPTY, EMPTY] else tuple(after)
    return ContactRule(before[0], before[1], products, probability)
