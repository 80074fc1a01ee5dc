"""Rewriting rules as text: hypergraph rules in Wolfram notation, and string rules.

`{{x,y},{x,z}} -> {{x,z},{x,w},{y,w},{z,w}}` consumes two relations that share their first node; w is a new node.
`BA -> AB` exchanges two letters. Several rules are separated by `;`. A letter of a string is a relation, labeled by
the letter, between the boundary before it and the boundary behind it: strings are hypergraphs of a special shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..errors import PhasebookError

Kind = Literal["hypergraph", "string"]
MOST_RELATIONS, LARGEST_ARITY, MOST_RULES = 8, 8, 32
TOKEN = re.compile(r"\s*(->|→|[{},;]|[A-Za-z0-9_]+|$)")


class RuleSyntaxError(PhasebookError, ValueError):
    """A rule or a state that cannot be read; `column` counts from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column


@dataclass(frozen=True, slots=True)
class Relation:
    """An ordered relation of nodes; letters of a string carry a label, hyperedges none."""

    label: str
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Relations that are consumed and relations that are created; nodes are variables numbered by first appearance."""

    left: tuple[Relation, ...]
    right: tuple[Relation, ...]

    @property
    def variables(self) -> int:
        """Variables of the left-hand side; the right-hand side's further numbers are new nodes."""
        return _nodes(self.left)

    @property
    def fresh(self) -> int:
        """New nodes that an event makes."""
        return max(_nodes(self.right), self.variables) - self.variables


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that act together on hypergraphs or on strings."""

    rules: tuple[Rule, ...]
    kind: Kind


def parse_rules(text: str) -> RuleSet:
    """Rules from text. Raises RuleSyntaxError naming the column: an empty left-hand side, a missing arrow, or a relation
    on the right with a number of nodes that no left-hand side takes up again."""
    tokens = _tokens(text)
    groups: list[list[tuple[str, int]]] = [[]]
    for token, column in tokens:
        if token == ";":
            groups.append([])
        else:
            groups[-1].append((token, column))
    end = tokens[-1][1] if tokens else 1
    if not groups[-1] and len(groups) > 1:
        groups.pop()
    if len(groups) > MOST_RULES:
        raise RuleSyntaxError(f"at most {MOST_RULES} rules act together; got {len(groups)}", end)
    sides = [_sides(group, end) for group in groups]
    kind: Kind = "hypergraph" if any(token == "{" for token, _ in tokens) else "string"
    if kind == "string":
        return RuleSet(tuple(_string_rule(left, right, column) for left, right, column in sides), kind)
    rules, columns = [], []
    for left, right, column in sides:
        names: dict[str, int] = {}
        lefts = _relations(left, names, column, "left-hand side")
        rights = _relations(right, names, column, "right-hand side")
        if not lefts:
            raise RuleSyntaxError("the left-hand side must hold at least one relation", column)
        rules.append(Rule(tuple(each for each, _ in lefts), tuple(each for each, _ in rights)))
        columns.append(rights)
    arities = {len(each.nodes) for rule in rules for each in rule.left}
    for rights in columns:
        for relation, column in rights:
            if len(relation.nodes) not in arities:
                known = ", ".join(map(str, sorted(arities)))
                raise RuleSyntaxError(
                    f"a relation of {len(relation.nodes)} nodes on the right, but left-hand sides take {known}", column
                )
    return RuleSet(tuple(rules), kind)


def parse_state(text: str, kind: Kind) -> tuple[Relation, ...]:
    """A state from text, `{{0,0},{0,1}}` or `BBABAABA`. Raises RuleSyntaxError naming the column."""
    tokens = _tokens(text)
    if not tokens:
        raise RuleSyntaxError("the state must not be empty", 1)
    if kind == "string":
        if len(tokens) != 1 or not tokens[0][0].isalpha():
            raise RuleSyntaxError(f"the state must be letters, as the rule's sides are; got {text!r}", tokens[0][1])
        return string_relations(tokens[0][0])
    found = _relations(tokens, {}, 1, "state")
    if not found:
        raise RuleSyntaxError("the state must hold at least one relation", 1)
    return tuple(relation for relation, _ in found)


def string_relations(text: str) -> tuple[Relation, ...]:
    """The letters of a string as relations between the boundaries 0, 1, ..., n."""
    return tuple(Relation(letter, (place, place + 1)) for place, letter in enumerate(text))


def string_text(relations: tuple[Relation, ...]) -> str:
    """The string that a chain of letters spells, from boundary 0. Raises ValueError where they are no chain."""
    behind = {relation.nodes[0]: relation for relation in relations}
    letters, node = [], 0
    while node in behind:
        relation = behind.pop(node)
        letters.append(relation.label)
        node = relation.nodes[1]
    if behind or len(letters) != len(relations):
        raise ValueError("relations must be one chain of letters from boundary 0")
    return "".join(letters)


def state_text(relations: tuple[Relation, ...], kind: Kind) -> str:
    """A state as it is written."""
    if kind == "string":
        return string_text(relations)
    return "{" + ",".join("{" + ",".join(map(str, relation.nodes)) + "}" for relation in relations) + "}"


def rules_text(rules: RuleSet) -> str:
    """Rules as they are written; variables are x0, x1, ..."""
    if rules.kind == "string":
        return "; ".join(f"{_word(rule.left)} -> {_word(rule.right)}" for rule in rules.rules)
    sides = [
        ["{" + ",".join("{" + ",".join(f"x{v}" for v in each.nodes) + "}" for each in side) + "}" for side in pair]
        for pair in ((rule.left, rule.right) for rule in rules.rules)
    ]
    return "; ".join(f"{left} -> {right}" for left, right in sides)


def _word(side: tuple[Relation, ...]) -> str:
    return "".join(relation.label for relation in side)


def _tokens(text: str) -> list[tuple[str, int]]:
    found, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            bad = place + len(text[place:]) - len(text[place:].lstrip())
            raise RuleSyntaxError(f"{text[bad]!r} belongs to no rule or state", bad + 1)
        if match[1]:
            found.append((match[1], match.start(1) + 1))
        place = match.end()
    return found


def _sides(group: list[tuple[str, int]], end: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]], int]:
    arrows = [place for place, (token, _) in enumerate(group) if token in ("->", "→")]
    if len(arrows) != 1:
        column = group[arrows[1]][1] if len(arrows) > 1 else group[-1][1] if group else end
        raise RuleSyntaxError("a rule is LEFT -> RIGHT, with one arrow", column)
    (arrow,) = arrows
    return group[:arrow], group[arrow + 1 :], group[0][1]


def _string_rule(left: list[tuple[str, int]], right: list[tuple[str, int]], column: int) -> Rule:
    for side, name in ((left, "left"), (right, "right")):
        if not side:
            hint = "" if name == "left" else "; what is deleted leaves no token that later events could depend on"
            raise RuleSyntaxError(f"the {name}-hand side of a string rule must not be empty{hint}", column)
        if len(side) > 1 or not side[0][0].isalpha():
            raise RuleSyntaxError(f"the {name}-hand side of a string rule must be letters", side[-1][1])
    word, other = left[0][0], right[0][0]
    if max(len(word), len(other)) > MOST_RELATIONS:
        raise RuleSyntaxError(f"a side holds at most {MOST_RELATIONS} letters", column)
    last = len(word)
    # The right-hand side runs between the same two boundaries, over new ones.
    stops = [0, *(last + 1 + place for place in range(len(other) - 1)), last]
    return Rule(
        string_relations(word),
        tuple(Relation(letter, (stops[place], stops[place + 1])) for place, letter in enumerate(other)),
    )


def _relations(
    tokens: list[tuple[str, int]], names: dict[str, int], column: int, where: str
) -> list[tuple[Relation, int]]:
    """A list of lists of names, {{x,y},...}, with the column of each relation."""
    reader = _Reader(tokens, column, where)
    reader.take("{")
    found: list[tuple[Relation, int]] = []
    while not reader.at("}"):
        if found:
            reader.take(",")
        start = reader.column
        reader.take("{")
        nodes = [reader.name()]
        while reader.at(","):
            reader.take(",")
            nodes.append(reader.name())
        reader.take("}")
        if len(nodes) > LARGEST_ARITY:
            raise RuleSyntaxError(f"a relation has at most {LARGEST_ARITY} nodes; got {len(nodes)}", start)
        found.append((Relation("", tuple(names.setdefault(name, len(names)) for name in nodes)), start))
    reader.take("}")
    reader.finish()
    if where != "state" and len(found) > MOST_RELATIONS:
        raise RuleSyntaxError(f"the {where} holds at most {MOST_RELATIONS} relations; got {len(found)}", column)
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, int]], column: int, where: str) -> None:
        self.tokens, self.place, self.where = tokens, 0, where
        self.last = tokens[-1][1] if tokens else column

    @property
    def column(self) -> int:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else self.last

    def at(self, token: str) -> bool:
        return self.place < len(self.tokens) and self.tokens[self.place][0] == token

    def take(self, token: str) -> None:
        if not self.at(token):
            got = repr(self.tokens[self.place][0]) if self.place < len(self.tokens) else "the end"
            raise RuleSyntaxError(f"the {self.where} needs {token!r} here; got {got}", self.column)
        self.place += 1

    def name(self) -> str:
        token = self.tokens[self.place][0] if self.place < len(self.tokens) else "the end"
        if not re.fullmatch(r"[A-Za-z0-9_]+", token):
            raise RuleSyntaxError(f"the {self.where} needs a node's name here; got {token!r}", self.column)
        self.place += 1
        return token

    def finish(self) -> None:
        if self.place < len(self.tokens):
            raise RuleSyntaxError(f"{self.tokens[self.place][0]!r} behind the end of the {self.where}", self.column)


def _nodes(relations: tuple[Relation, ...]) -> int:
    return 1 + max((node for relation in relations for node in relation.nodes), default=-1)
