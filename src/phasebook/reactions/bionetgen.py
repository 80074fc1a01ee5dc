"""BioNetGen networks (`.net`): parameters, functions, species with seeds, reactions and groups.

Source: Harris et al., Bioinformatics 32, 3366 (2016), and the files that BioNetGen 2.7 writes. Convention: a `.net` writes symmetry
factors out (`7,7 8 0.5*kp2`), and BioNetGen's exact simulation takes rate times n (n - 1) for two equal reactants; that is mass
action without the factor 1 / s! (`combinatoric=False`) at volume 1. A function as a rate is multiplied by the reactants likewise.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .definitions import dependency_order, expand, resolve_values
from .network import Reaction, ReactionNetwork
from .rate_laws import Expression, Number, Symbol, add, free_symbols, multiply, parse_expression, substitute
from .rate_polynomials import falling_product

_NO_ARGUMENTS = re.compile(r"\(\s*\)")
_INDEX = re.compile(r"\d+")
_CONSTANTS = {"_pi": Number(math.pi), "_e": Number(math.e)}
# Rate laws with a name of their own, deprecated by BioNetGen in favor of functions.
_NAMED_LAWS = ("Sat", "MM", "Hill", "Arrhenius", "FunctionProduct")
_READ = ("parameters", "species", "reactions", "groups", "functions")
_WITHOUT_EFFECT = ("molecule types",)

Side = tuple[tuple[int, int], ...]


@dataclass
class _Draft:
    parameters: dict[str, Expression] = field(default_factory=dict)
    functions: dict[str, Expression] = field(default_factory=dict)
    species: dict[str, str] = field(default_factory=dict)
    constant: set[int] = field(default_factory=set)
    reactions: list[tuple[str, Side, Side, str]] = field(default_factory=list)
    groups: dict[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)


def parse_bionetgen(text: str) -> ReactionNetwork:
    """Read the text of a `.net` file.

    Raises ValueError naming the line, or the parameter, reaction or group that is wrong: undefined names, definitions that go round
    in a circle, named rate laws (Sat, MM, Hill), and blocks that have no counterpart here.
    """
    draft = _Draft()
    for block, lines in _blocks(text):
        for number, line in lines:
            try:
                _LINE_READERS[block](draft, line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
    if not draft.species:
        raise ValueError("the network has no species; is this a BioNetGen .net file?")
    return _network(draft)


def _blocks(text: str) -> Iterator[tuple[str, Iterable[tuple[int, str]]]]:
    block: str | None = None
    content: list[tuple[int, str]] = []
    for number, raw in enumerate(text.replace("\\\n", " ").splitlines(), start=1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        if line.startswith("begin "):
            if block is not None:
                raise ValueError(f"line {number}: block {block!r} is not closed before {line!r}")
            block, content = " ".join(line.split()[1:]), []
            if block not in _READ and block not in _WITHOUT_EFFECT:
                raise ValueError(f"line {number}: block {block!r} cannot be represented; known are {', '.join(_READ)}")
        elif line.startswith("end "):
            if block != " ".join(line.split()[1:]):
                raise ValueError(f"line {number}: {line!r} closes no block")
            if block in _READ:
                yield block, content
            block = None
        elif block is not None:
            content.append((number, line))
        elif not line.startswith(("setOption", "substanceUnits")):
            raise ValueError(f"line {number}: {line[:40]!r} stands outside any block")
    if block is not None:
        raise ValueError(f"block {block!r} is not closed")


def _read_parameter(draft: _Draft, line: str) -> None:
    name, formula = _without_index(line, "a parameter must read 'INDEX NAME FORMULA'")
    _define(draft.parameters, name.rstrip("="), formula.lstrip("= "))


def _read_function(draft: _Draft, line: str) -> None:
    head, formula = _without_index(line, "a function must read 'INDEX NAME() FORMULA'")
    name, parenthesis, arguments = head.partition("(")
    if parenthesis and arguments != ")":
        raise ValueError(f"function {name!r} has arguments, which cannot be represented")
    _define(draft.functions, name, formula.lstrip("= "))


def _read_species(draft: _Draft, line: str) -> None:
    index, name, seed = _columns(line, 3, "a species must read 'INDEX PATTERN COUNT'")
    if index != str(len(draft.species) + 1):
        raise ValueError(f"species {name!r} must have index {len(draft.species) + 1}; got {index}")
    if "$" in name:
        draft.constant.add(len(draft.species))
        name = name.replace("$", "")
    if name in draft.species:
        raise ValueError(f"species {name!r} is declared twice")
    draft.species[name] = seed


def _read_reaction(draft: _Draft, line: str) -> None:
    index, reactants, products, rate = _columns(line, 4, "a reaction must read 'INDEX REACTANTS PRODUCTS RATE'")
    name = f"R{index}"
    if rate.split()[0] in _NAMED_LAWS:
        raise ValueError(f"reaction {name!r} has the rate law {rate.split()[0]!r}; write it as a function instead")
    draft.reactions.append((name, _side(reactants, name), _side(products, name), rate))


def _read_group(draft: _Draft, line: str) -> None:
    _, name, *members = line.split()
    if name in draft.groups:
        raise ValueError(f"group {name!r} is defined twice")
    weights: Counter[int] = Counter()
    for member in "".join(members).split(","):
        weight, _, index = member.rpartition("*")
        if member and not (index.isdigit() and (weight.isdigit() or not weight)):
            raise ValueError(f"group {name!r} has {member!r} where an index such as 7 or 2*7 is needed")
        if member:
            weights[int(index) - 1] += int(weight or 1)
    draft.groups[name] = tuple(sorted((index, float(weight)) for index, weight in weights.items()))


_LINE_READERS = {
    "parameters": _read_parameter,
    "functions": _read_function,
    "species": _read_species,
    "reactions": _read_reaction,
    "groups": _read_group,
}


def _network(draft: _Draft) -> ReactionNetwork:
    parameters = draft.parameters
    known = parameters.keys() | draft.functions.keys() | draft.groups.keys()
    for kind, formulas in (("parameter", parameters), ("function", draft.functions)):
        for name, formula in formulas.items():
            unknown = free_symbols(formula) - known
            if unknown:
                raise ValueError(f"{kind} {name!r} uses {min(unknown)!r}, which is not defined")
    # A function of parameters alone is one more parameter; the others depend on counts.
    varying = set(draft.groups)
    for name in dependency_order(draft.functions):
        if free_symbols(draft.functions[name]) & varying:
            varying.add(name)
    formulas = parameters | {name: formula for name, formula in draft.functions.items() if name not in varying}
    values = resolve_values(formulas, {})
    names = tuple(draft.species)
    groups = {name: _group_sum(name, terms, names) for name, terms in draft.groups.items()}
    rules = expand({name: formula for name, formula in draft.functions.items() if name in varying} | groups)
    seeds: dict[str, Expression] = {}
    for name, seed in draft.species.items():
        seeds[name] = _formula(seed)
        unknown = free_symbols(seeds[name]) - values.keys()
        if unknown:
            raise ValueError(f"the count of species {name!r} uses {min(unknown)!r}, which is not defined")
    counts = resolve_values(seeds, values)
    return ReactionNetwork(
        species=names,
        initial_counts=[counts[name] for name in names],  # type: ignore[arg-type]
        reactions=tuple(_reactions(draft, names, values.keys(), rules)),
        parameters=values,
        observables=draft.groups,
        rules={name: rules[name] for name in draft.functions if name in varying},
        constant_species=frozenset(draft.constant),
        definitions={name: formula for name, formula in formulas.items() if free_symbols(formula)},
    )


def _reactions(
    draft: _Draft, names: tuple[str, ...], constants: Iterable[str], rules: dict[str, Expression]
) -> Iterator[Reaction]:
    formulas: dict[str, Expression] = {}
    constant = frozenset(constants)
    for name, reactants, products, text in draft.reactions:
        for index, _ in (*reactants, *products):
            if index >= len(names):
                raise ValueError(f"reaction {name!r} refers to species {index + 1}; there are {len(names)}")
        if text not in formulas:
            try:
                formulas[text] = _formula(text)
            except ValueError as error:
                raise ValueError(f"the rate of reaction {name!r}: {error}") from None
            unknown = free_symbols(formulas[text]) - constant - rules.keys()
            if unknown:
                raise ValueError(f"the rate of reaction {name!r} uses {min(unknown)!r}, which is not defined")
            formulas[text] = substitute(formulas[text], rules)
        rate = formulas[text]
        if free_symbols(rate) <= constant:
            yield Reaction(name, reactants, products, rate)
        else:
            yield Reaction(name, reactants, products, law=multiply([rate, *falling_product(reactants, names)]))


def _group_sum(group: str, terms: tuple[tuple[int, float], ...], names: tuple[str, ...]) -> Expression:
    for index, _ in terms:
        if not 0 <= index < len(names):
            raise ValueError(f"group {group!r} refers to species {index + 1}; there are {len(names)}")
    return add(
        [
            Symbol(names[index]) if weight == 1.0 else multiply([Number(weight), Symbol(names[index])])
            for index, weight in terms
        ]
    )


def _formula(text: str) -> Expression:
    formula = parse_expression(_NO_ARGUMENTS.sub("", text))
    return substitute(formula, _CONSTANTS)


def _define(definitions: dict[str, Expression], name: str, formula: str) -> None:
    if name in definitions:
        raise ValueError(f"{name!r} is defined twice")
    definitions[name] = _formula(formula)


def _side(text: str, reaction: str) -> Side:
    if text == "0":
        return ()
    counts: Counter[int] = Counter()
    for index in text.split(","):
        if not index.isdigit() or index == "0":
            raise ValueError(f"reaction {reaction!r} has {index!r} where the index of a species is needed")
        counts[int(index) - 1] += 1
    return tuple(sorted(counts.items()))


def _columns(line: str, count: int, wanted: str) -> list[str]:
    columns = line.split(None, count - 1)
    if len(columns) != count:
        raise ValueError(f"{wanted}; got {line[:60]!r}")
    return columns


def _without_index(line: str, wanted: str) -> tuple[str, str]:
    first, _, rest = line.partition(" ")
    name, formula = _columns(rest.strip() if _INDEX.fullmatch(first) else line, 2, wanted)
    return name, formula
