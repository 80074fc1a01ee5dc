"""Reaction networks as text: one statement per line, `#` begins a comment.

    volume = 100                      # also: combinatoric = true
    c1 = 0.9                          # a parameter (`parameter c1 = 0.9`), which may be a formula of others
    2X + Y -> 3X, c1                  # mass action: the rate constant stands behind the comma
    dimer: 2A <-> B, kf, kr           # a reversible arrow is two reactions, `dimer` and `dimer_reverse`
    0 -> X, 1                         # a source, and `X -> 0, 1` a sink; `∅` is the same
    A -> B, propensity: v*A/(K + A)   # the whole propensity, in counts
    X = 10                            # the count of a species at the start (`species X = 10` also fixes the order of species)
    constant S = 5                    # a species that reactions read and leave unchanged
    observable total = X + 2*Y        # any function of counts
    event reset: time >= 25, X = 50   # counts jump when the trigger becomes true; `(initially false)` may follow the name

Names are identifiers, or anything in double quotes.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .definitions import resolve_values
from .network import Event, Reaction, ReactionNetwork, checked_volume
from .rate_laws import (
    Expression,
    Number,
    Symbol,
    add,
    evaluate,
    free_symbols,
    multiply,
    parse_expression,
    quoted_name,
    sparse_polynomial,
    to_text,
)

_NAME = r'(?:[^\W\d]\w*|"[^"]+")'
_ARROW = re.compile(r"<->|<=>|⇌|↔|-->|->|→|=>|=")
_REVERSIBLE = ("<->", "<=>", "⇌", "↔")
_KEYWORD = re.compile(rf"(species|constant|parameter|init|observable|event)\s+({_NAME})\s*(.*)", re.DOTALL)
_TERM = re.compile(rf"([\d.]+)?\s*\*?\s*({_NAME})")
_ASSIGNMENT = re.compile(rf"({_NAME})\s*(?:\(\s*0\s*\))?\s*=(?!=)\s*(.+)", re.DOTALL)
_REACTION_NAME = re.compile(rf"({_NAME})\s*:\s*")
_EMPTY = ("", "0", "∅", "Ø")
_QUOTED = re.compile(r'"[^"]*"')
_PROPENSITY = re.compile(r"propensity\s*:\s*(.+)", re.DOTALL)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass
class _Draft:
    species: dict[str, int] = field(default_factory=dict)
    values: dict[str, tuple[int, Expression]] = field(default_factory=dict)
    reactions: list[Reaction] = field(default_factory=list)
    observables: dict[str, Expression] = field(default_factory=dict)
    constant: set[str] = field(default_factory=set)
    events: list[tuple[int, str, str]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    def index(self, name: str) -> int:
        return self.species.setdefault(name, len(self.species))


def parse_network(
    text: str, volume: float | None = None, parameters: Mapping[str, float] | None = None
) -> ReactionNetwork:
    """Read a network from text; a `volume` and `parameters` given here stand above those of the text.

    Raises ValueError naming the line, or the reaction, species or parameter that is wrong.
    """
    draft = _Draft()
    for number, line in enumerate(text.splitlines(), start=1):
        statement = _without_comment(line)
        if statement:
            try:
                _read_statement(draft, statement, number)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
    return _network(draft, volume, parameters or {})


def network_text(network: ReactionNetwork) -> str:
    """Write a network as text that `parse_network` reads back to the same network."""
    lines = [f"volume = {network.volume!r}", f"combinatoric = {str(network.combinatoric).lower()}"]
    for name, value in network.parameters.items():
        formula = network.definitions.get(name)
        lines.append(f"parameter {quoted_name(name)} = {repr(value) if formula is None else to_text(formula)}")
    for index, name in enumerate(network.species):
        keyword = "constant" if index in network.constant_species else "species"
        lines.append(f"{keyword} {quoted_name(name)} = {float(network.initial_counts[index])!r}")
    for reaction in network.reactions:
        rate = to_text(reaction.rate) if reaction.law is None else f"propensity: {to_text(reaction.law)}"
        sides = [_side_text(network, side) for side in (reaction.reactants, reaction.products)]
        lines.append(f"{quoted_name(reaction.name)}: {sides[0]} -> {sides[1]}, {rate}")
    for name, terms in network.observables.items():
        weighted = add([multiply([Number(weight), Symbol(network.species[index])]) for index, weight in terms])
        lines.append(f"observable {quoted_name(name)} = {to_text(weighted)}")
    for name, rule in network.rules.items():
        lines.append(f"observable {quoted_name(name)} = {to_text(rule)}")
    for event in network.events:
        name = quoted_name(event.name) + ("" if event.initial_value else " (initially false)")
        assigned = [f", {quoted_name(network.species[index])} = {to_text(value)}" for index, value in event.assignments]
        lines.append(f"event {name}: {to_text(event.trigger)}{''.join(assigned)}")
    return "\n".join(lines) + "\n"


def linear_weights(expression: Expression, species: dict[str, int]) -> tuple[tuple[int, float], ...] | None:
    """Weights of a sum of counts without a constant, sorted by species; None for any other expression."""
    if not free_symbols(expression) <= species.keys():
        return None
    polynomial = sparse_polynomial(expression, frozenset(species))
    if polynomial is None or any(len(monomial) != 1 or monomial[0][1] != 1 for monomial in polynomial):
        return None
    return tuple(sorted((species[monomial[0][0]], weight) for monomial, weight in polynomial.items()))


def _read_statement(draft: _Draft, statement: str, number: int) -> None:
    keyword = _KEYWORD.fullmatch(statement)
    if keyword and not (keyword[3].startswith(("-", "<", "→", "+", "⇌", "↔")) and "->" in statement):
        _read_declaration(draft, keyword[1], _bare(keyword[2]), keyword[3], number)
        return
    arrow = _ARROW.search(_masked(statement))
    if arrow is None:
        raise ValueError(f"cannot read {statement[:60]!r}: it is neither a reaction nor a definition")
    if arrow[0] == "=":
        assignment = _ASSIGNMENT.fullmatch(statement)
        if assignment is None:
            raise ValueError(f"cannot read the definition {statement[:60]!r}; it must be NAME = VALUE")
        _define(draft, _bare(assignment[1]), assignment[2], number)
    else:
        _read_reaction(draft, statement, arrow)


def _read_declaration(draft: _Draft, keyword: str, name: str, rest: str, number: int) -> None:
    if keyword == "event":
        draft.events.append((number, name, rest))
        return
    if keyword in ("species", "constant", "init"):
        draft.index(name)
    if keyword == "constant":
        draft.constant.add(name)
    if keyword == "species" and not rest:
        return
    if not rest.startswith("=") or not rest[1:].strip():
        raise ValueError(f"{keyword} {name!r} must be followed by '= VALUE'; got {rest[:40]!r}")
    if keyword == "observable":
        if name in draft.observables:
            raise ValueError(f"observable {name!r} is defined twice")
        draft.observables[name] = parse_expression(rest[1:])
    else:
        _define(draft, name, rest[1:], number)


def _define(draft: _Draft, name: str, text: str, number: int) -> None:
    if name in draft.settings or name in draft.values:
        raise ValueError(f"{name!r} is defined twice")
    if name in ("volume", "combinatoric"):
        draft.settings[name] = text.strip()
    else:
        draft.values[name] = (number, parse_expression(text))


def _read_reaction(draft: _Draft, statement: str, arrow: re.Match[str]) -> None:
    left, rest = statement[: arrow.start()].strip(), statement[arrow.end() :]
    named = _REACTION_NAME.match(left)
    name = f"R{len(draft.reactions) + 1}"
    if named:
        name, left = _bare(named[1]), left[named.end() :]
    right, *rates = split_arguments(rest)
    reversible = arrow[0] in _REVERSIBLE
    if len(rates) != 1 + reversible or not all(rates):
        wanted = "two rates" if reversible else "one rate"
        raise ValueError(f"reaction {name!r} needs {wanted} behind the products, after a comma; got {len(rates)}")
    reactants, products = _side(draft, left, name), _side(draft, right, name)
    draft.reactions.append(_reaction(name, reactants, products, rates[0]))
    if reversible:
        draft.reactions.append(_reaction(f"{name}_reverse", products, reactants, rates[1]))


def _reaction(
    name: str, reactants: tuple[tuple[int, int], ...], products: tuple[tuple[int, int], ...], rate: str
) -> Reaction:
    law = _PROPENSITY.fullmatch(rate)
    if law:
        return Reaction(name, reactants, products, law=parse_expression(law[1]))
    return Reaction(name, reactants, products, parse_expression(rate))


def _side(draft: _Draft, text: str, reaction: str) -> tuple[tuple[int, int], ...]:
    if text.strip() in _EMPTY:
        return ()
    counts: Counter[int] = Counter()
    start, masked = 0, _masked(text) + "+"
    while start < len(masked):
        end = masked.index("+", start)
        term = text[start:end].strip()
        match = _TERM.fullmatch(term)
        if match is None:
            raise ValueError(f"reaction {reaction!r} has {term!r} where a species such as X or 2X is needed")
        count = match[1] or "1"
        if not count.isdigit() or int(count) < 1:
            raise ValueError(
                f"reaction {reaction!r} has stoichiometry {count} of {match[2]}; it must be a whole number"
            )
        counts[draft.index(_bare(match[2]))] += int(count)
        start = end + 1
    return tuple(sorted(counts.items()))


def _network(draft: _Draft, volume: float | None, given: Mapping[str, float]) -> ReactionNetwork:
    parameters = dict(given)
    definitions: dict[str, Expression] = {}
    counts: dict[str, Expression] = {}
    for name, (_, formula) in draft.values.items():
        if name in draft.species:
            counts[name] = formula
        elif name in given:
            continue
        elif free_symbols(formula):
            definitions[name] = formula
        else:
            parameters[name] = evaluate(formula, {})
    combinatoric = draft.settings.get("combinatoric", "false").lower()
    if combinatoric not in _TRUTH:
        raise ValueError(f"combinatoric must be true or false; got {combinatoric!r}")
    if volume is None:
        volume = evaluate(parse_expression(draft.settings.get("volume", "1")), parameters)
    volume = checked_volume(volume)
    parameters |= resolve_values(definitions, parameters | {"volume": volume})
    initial = resolve_values(counts, parameters | {"volume": volume})
    observables = {name: linear_weights(formula, draft.species) for name, formula in draft.observables.items()}
    return ReactionNetwork(
        species=tuple(draft.species),
        initial_counts=[initial.get(name, 0.0) for name in draft.species],  # type: ignore[arg-type]
        reactions=tuple(draft.reactions),
        parameters=parameters,
        volume=volume,
        combinatoric=_TRUTH[combinatoric],
        observables={name: weights for name, weights in observables.items() if weights is not None},
        rules={name: draft.observables[name] for name, weights in observables.items() if weights is None},
        constant_species=frozenset(draft.species[name] for name in draft.constant),
        events=tuple(_event(draft, *event) for event in draft.events),
        definitions=definitions,
    )


def _event(draft: _Draft, number: int, name: str, rest: str) -> Event:
    head, colon, body = rest.partition(":")
    head = head.strip().strip("()").strip()
    trigger, *assignments = split_arguments(body)
    if not colon or head not in ("", "initially false", "initially true") or not assignments:
        raise ValueError(f"line {number}: event {name!r} must read 'event NAME: TRIGGER, SPECIES = COUNT, ...'")
    changes = []
    for text in assignments:
        match = _ASSIGNMENT.fullmatch(text)
        if match is None or _bare(match[1]) not in draft.species:
            raise ValueError(f"line {number}: event {name!r} has {text!r} where SPECIES = COUNT is needed")
        changes.append((draft.species[_bare(match[1])], parse_expression(match[2])))
    return Event(name, parse_expression(trigger), tuple(changes), head != "initially false")


def split_arguments(text: str) -> list[str]:
    """Parts between commas that stand in no parentheses; raises ValueError where parentheses do not balance."""
    if "(" not in text and ")" not in text and '"' not in text:
        return [part.strip() for part in text.split(",")]
    parts, depth, start = [], 0, 0
    for place, character in enumerate(_masked(text)):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
        if character == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    if depth != 0:
        raise ValueError(f"parentheses do not balance in {text.strip()[:60]!r}")
    return [*parts, text[start:].strip()]


def _side_text(network: ReactionNetwork, side: tuple[tuple[int, int], ...]) -> str:
    terms = [f"{count if count > 1 else ''}{quoted_name(network.species[index])}" for index, count in side]
    return " + ".join(terms) or "0"


def _without_comment(line: str) -> str:
    place = line.find("#") if '"' not in line else _masked(line).find("#")
    return (line if place < 0 else line[:place]).strip()


def _masked(text: str) -> str:
    """The text with its quoted names blanked out, so that signs inside them are not seen."""
    return _QUOTED.sub(lambda match: "_" * len(match[0]), text) if '"' in text else text


def _bare(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name
