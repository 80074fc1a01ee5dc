"""Critical pairs: every way in which two matches can share relations, and whether what follows meets again.

Two events that consume different relations commute. Two that share relations are images of a most general overlap, and
rewriting commutes with identifying nodes, so finitely many overlaps decide local confluence if both sides meet again
with the overlap's own nodes kept. Source: derived here after Knuth and Bendix (1970) and Plump (1993).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from .multiway import State, apply, canonical_state, successors
from .rewriting_rules import Relation, Rule, RuleSet, state_text, string_relations

MOST_STATES = 4000  # canonical states on one side of a pair


@dataclass(frozen=True)
class CriticalPair:
    """A smallest state in which two matches overlap, and the two states after either; the first `fixed` nodes are the
    overlap's own."""

    rules: tuple[int, int]
    state: State
    first: State
    second: State
    fixed: int


@dataclass(frozen=True)
class Joined:
    """Whether a pair meets again: after how many steps on the longer side, or None; `exhausted` says that no further
    state exists, `cut` that the search ran out of room."""

    steps: int | None
    exhausted: bool
    cut: bool


@dataclass(frozen=True)
class PairVerdict:
    """All critical pairs with what became of them, and the verdict in words."""

    pairs: tuple[CriticalPair, ...]
    joined: tuple[Joined, ...]
    text: str

    @property
    def passes(self) -> bool:
        """Whether every pair meets again within the bound."""
        return all(each.steps is not None for each in self.joined)


def critical_pairs(rules: RuleSet) -> list[CriticalPair]:
    """All overlaps of two left-hand sides, a rule's with itself among them, apart from a match with itself."""
    find = _string_pairs if rules.kind == "string" else _hypergraph_pairs
    numbered = list(enumerate(rules.rules))
    found = []
    for (i, first), (j, second) in itertools.combinations_with_replacement(numbered, 2):
        found += find((i, first), (j, second))
    return found


def joins(rules: RuleSet, pair: CriticalPair, steps: int, most_states: int = MOST_STATES) -> Joined:
    """Whether both sides of a pair reach a common state within so many steps each."""
    sides = [dict([canonical_state(rules, state, pair.fixed)]) for state in (pair.first, pair.second)]
    fronts = [dict(side) for side in sides]
    for step in range(steps + 1):
        if sides[0].keys() & sides[1].keys():
            return Joined(step, False, False)
        if step == steps or not any(fronts):
            break
        for side, front in zip(sides, fronts, strict=True):
            following: dict[bytes, State] = {}
            for state in front.values():
                for successor in successors(rules, state, pair.fixed):
                    key, renamed = canonical_state(rules, successor, pair.fixed)
                    if key not in side:
                        following[key] = renamed
                    if len(side) + len(following) > most_states:
                        return Joined(None, False, True)
            side.update(following)
            front.clear()
            front.update(following)
    return Joined(None, not any(fronts), False)


def locally_confluent(rules: RuleSet, steps: int, most_states: int = MOST_STATES) -> bool:
    """Whether every critical pair meets within so many steps and states on each side; it stops at the first that does not."""
    return all(joins(rules, pair, steps, most_states).steps is not None for pair in critical_pairs(rules))


def pair_verdict(rules: RuleSet, steps: int = 4) -> PairVerdict:
    """Check all critical pairs and say what follows. Raises ValueError unless steps is an integer from 0 to 20."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not 0 <= steps <= 20:
        raise ValueError(f"steps must be an integer in [0, 20]; got {steps!r}")
    pairs = critical_pairs(rules)
    joined = [joins(rules, pair, steps) for pair in pairs]
    return PairVerdict(tuple(pairs), tuple(joined), _words(rules, pairs, joined, steps))


def _words(rules: RuleSet, pairs: list[CriticalPair], joined: list[Joined], steps: int) -> str:
    if not pairs:
        return "causally invariant: no two matches can share a relation"
    apart = [pair for pair, each in zip(pairs, joined, strict=True) if each.steps is None]
    if not apart:
        return (
            f"locally confluent: all {len(pairs)} critical pairs meet within {steps} steps; where rewriting ends, its "
            "result is unique, but causal graphs may still differ"
        )
    shown = state_text(apart[0].state, rules.kind)
    if any(each.steps is None and each.exhausted for each in joined):
        first = next(pair for pair, each in zip(pairs, joined, strict=True) if each.steps is None and each.exhausted)
        marked = "" if rules.kind == "string" else ", its nodes marked by other relations,"
        return (
            f"not confluent, hence not causally invariant: {state_text(first.state, rules.kind)}{marked} rewrites to "
            "states that never meet"
        )
    return (
        f"undecided: {len(apart)} of {len(pairs)} critical pairs do not meet within {steps} steps, {shown} among them"
    )


def _string_pairs(one: tuple[int, Rule], other: tuple[int, Rule]) -> list[CriticalPair]:
    (i, first), (j, second) = one, other
    a, b = (_word(rule.left) for rule in (first, second))
    right_a, right_b = (_word(rule.right) for rule in (first, second))
    found = []
    # The second left-hand side begins `offset` letters behind the beginning of the first.
    for offset in range(-len(b) + 1, len(a)):
        low, high = max(0, offset), min(len(a), offset + len(b))
        if a[low:high] != b[low - offset : high - offset] or (i == j and offset <= 0):
            continue
        start, end = min(0, offset), max(len(a), offset + len(b))
        word = "".join(a[k] if 0 <= k < len(a) else b[k - offset] for k in range(start, end))
        after_a = word[:-start] + right_a + word[len(a) - start :]
        after_b = word[: offset - start] + right_b + word[offset - start + len(b) :]
        merged, one_way, other_way = (string_relations(each) for each in (word, after_a, after_b))
        found.append(CriticalPair((i, j), merged, one_way, other_way, 0))
    return found


def _hypergraph_pairs(one: tuple[int, Rule], other: tuple[int, Rule]) -> list[CriticalPair]:
    (i, first), (j, second) = one, other
    found = []
    for shared in _overlaps(first.left, second.left):
        if i == j:
            backward = {b: a for a, b in shared.items()}
            if all(a == b for a, b in shared.items()) and len(shared) == len(first.left):
                continue
            if sorted(backward.items()) < sorted(shared.items()):
                continue  # the same overlap, seen from the other side
        found.append(_merged((i, first), (j, second), shared))
    return found


def _overlaps(first: State, second: State) -> Iterator[dict[int, int]]:
    """Every way to let some relations of one left-hand side be relations of the other."""
    for size in range(1, min(len(first), len(second)) + 1):
        for mine in itertools.combinations(range(len(first)), size):
            for theirs in itertools.permutations(range(len(second)), size):
                if all(
                    (first[a].label, len(first[a].nodes)) == (second[b].label, len(second[b].nodes))
                    for a, b in zip(mine, theirs, strict=True)
                ):
                    yield dict(zip(mine, theirs, strict=True))


def _merged(one: tuple[int, Rule], other: tuple[int, Rule], shared: dict[int, int]) -> CriticalPair:
    """The most general state with the overlap, and the states after either match."""
    (i, first), (j, second) = one, other
    shift = first.variables
    root = list(range(shift + second.variables))

    def find(node: int) -> int:
        while root[node] != node:
            node = root[node]
        return node

    for a, b in shared.items():
        for mine, theirs in zip(first.left[a].nodes, second.left[b].nodes, strict=True):
            low, high = sorted((find(mine), find(shift + theirs)))
            root[high] = low
    numbers: dict[int, int] = {}
    for node in range(len(root)):
        numbers.setdefault(find(node), len(numbers))
    names_one = {variable: numbers[find(variable)] for variable in range(first.variables)}
    names_two = {variable: numbers[find(shift + variable)] for variable in range(second.variables)}
    places = {b: a for a, b in shared.items()}
    state = [Relation(each.label, tuple(names_one[v] for v in each.nodes)) for each in first.left]
    for b, each in enumerate(second.left):
        if b not in places:
            places[b] = len(state)
            state.append(Relation(each.label, tuple(names_two[v] for v in each.nodes)))
    merged, fixed = tuple(state), len(numbers)
    return CriticalPair(
        (i, j),
        merged,
        apply(first, merged, tuple(range(len(first.left))), names_one, fixed),
        apply(second, merged, tuple(places[b] for b in range(len(second.left))), names_two, fixed),
        fixed,
    )


def _word(side: State) -> str:
    return "".join(relation.label for relation in side)
