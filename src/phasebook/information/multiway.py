"""All successors of a small state, and all states that rewriting can reach from it.

This matches by plain backtracking over tuples, and shares no code with the compiled engine, which it checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .canonical_forms import Structure, canonical_labels
from .rewriting_rules import Relation, Rule, RuleSet, string_text

State = tuple[Relation, ...]
MOST_RELATIONS = 20  # of a state whose canonical form is looked for


@dataclass(frozen=True)
class Multiway:
    """The states that were reached (canonical forms, with one state each), those where nothing matches, and whether these
    are all and no state comes back to itself."""

    states: dict[bytes, State]
    normal_forms: tuple[State, ...]
    complete: bool
    terminating: bool


def matches(rule: Rule, state: State) -> Iterator[tuple[tuple[int, ...], dict[int, int]]]:
    """All assignments of distinct relations of a state to the left-hand side, with the nodes of its variables."""

    def extend(chosen: tuple[int, ...], names: dict[int, int]) -> Iterator[tuple[tuple[int, ...], dict[int, int]]]:
        if len(chosen) == len(rule.left):
            yield chosen, names
            return
        pattern = rule.left[len(chosen)]
        for place, relation in enumerate(state):
            if place in chosen or relation.label != pattern.label or len(relation.nodes) != len(pattern.nodes):
                continue
            found = dict(names)
            if all(
                found.setdefault(variable, node) == node
                for variable, node in zip(pattern.nodes, relation.nodes, strict=True)
            ):
                yield from extend((*chosen, place), found)

    yield from extend((), {})


def apply(rule: Rule, state: State, chosen: tuple[int, ...], names: dict[int, int], next_node: int = 0) -> State:
    """The state after one event; new nodes are numbered from the first number that is free, `next_node` at least."""
    first = max(next_node, 1 + max((node for relation in state for node in relation.nodes), default=-1))
    full = {**names, **{rule.variables + number: first + number for number in range(rule.fresh)}}
    kept = tuple(relation for place, relation in enumerate(state) if place not in chosen)
    created = (Relation(each.label, tuple(full[variable] for variable in each.nodes)) for each in rule.right)
    return (*kept, *created)


def successors(rules: RuleSet, state: State, fixed: int = 0) -> Iterator[State]:
    """The states after each possible event."""
    for rule in rules.rules:
        for chosen, names in matches(rule, state):
            yield apply(rule, state, chosen, names, fixed)


def canonical_state(rules: RuleSet, state: State, fixed: int = 0) -> tuple[bytes, State]:
    """The canonical form of a state and the state that carries it; the `fixed` first nodes keep their names, and strings
    are their own form."""
    if rules.kind == "string":
        # Boundaries 0 and `fixed` − 1 stay; what lies between is the word.
        word = string_text(_from_zero(state))
        return word.encode(), state
    structure, nodes = structure_of(state, fixed)
    form, labels = canonical_labels(structure)
    names = {node: int(labels[number]) for node, number in nodes.items()}
    renamed = (Relation(each.label, tuple(names[node] for node in each.nodes)) for each in state)
    return form, tuple(sorted(renamed, key=lambda each: (each.label, each.nodes)))


def structure_of(state: State, fixed: int = 0) -> tuple[Structure, dict[int, int]]:
    """A state as a relational structure, and the number of each node in it."""
    nodes = {node: node for node in range(fixed)}
    for relation in state:
        for node in relation.nodes:
            nodes.setdefault(node, len(nodes))
    kinds: dict[tuple[str, int], int] = {}
    for key in sorted({(each.label, len(each.nodes)) for each in state}):
        kinds[key] = key[1] if not key[0] else 64 * ord(key[0][0]) + key[1]
    widest = max((len(each.nodes) for each in state), default=1)
    relations = np.full((len(state), widest), -1, np.int64)
    for row, relation in zip(relations, state, strict=True):
        row[: len(relation.nodes)] = [nodes[node] for node in relation.nodes]
    kind = np.array([kinds[each.label, len(each.nodes)] for each in state], np.int64)
    return Structure(len(nodes), kind, relations, fixed), nodes


def explore(rules: RuleSet, state: State, most_states: int = 2000, most_relations: int = MOST_RELATIONS) -> Multiway:
    """All states that can be reached, up to renaming of nodes, while there are at most `most_states`, none of them with
    more than `most_relations` (strings may be longer)."""
    form, start = canonical_state(rules, state)
    found, edges = {form: start}, {}
    ends: list[State] = []
    queue = [form]
    while queue and len(found) <= most_states:
        form = queue.pop(0)
        after = {}
        for successor in successors(rules, found[form]):
            if rules.kind == "hypergraph" and len(successor) > most_relations:
                return Multiway(found, tuple(ends), False, False)
            key, renamed = canonical_state(rules, successor)
            after[key] = renamed
        edges[form] = set(after)
        if not after:
            ends.append(found[form])
        for key, renamed in after.items():
            if key not in found:
                found[key] = renamed
                queue.append(key)
    complete = not queue
    return Multiway(found, tuple(ends), complete, complete and _acyclic(edges))


def _acyclic(edges: dict[bytes, set[bytes]]) -> bool:
    """Whether states can be taken away one by one, each after all that lead to it."""
    incoming = dict.fromkeys(edges, 0)
    for after in edges.values():
        for key in after:
            incoming[key] += 1
    ready, removed = [key for key, count in incoming.items() if count == 0], 0
    while ready:
        removed += 1
        for key in edges[ready.pop()]:
            incoming[key] -= 1
            if incoming[key] == 0:
                ready.append(key)
    return removed == len(edges)


def _from_zero(state: State) -> State:
    """A chain's boundaries numbered so that it begins at 0."""
    ends = {relation.nodes[1] for relation in state}
    starts = [relation.nodes[0] for relation in state if relation.nodes[0] not in ends]
    names: dict[int, int] = {}
    for node in (*starts, *(node for relation in state for node in relation.nodes)):
        names.setdefault(node, len(names))
    return tuple(Relation(each.label, (names[each.nodes[0]], names[each.nodes[1]])) for each in state)
