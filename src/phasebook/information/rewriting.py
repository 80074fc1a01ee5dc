"""Rewriting of hypergraphs and strings: events in a chosen order, the state that remains, and the causal graph.

A match assigns distinct edges to the relations of a left-hand side; an event consumes them and creates the right-hand
side. Event B depends on event A where B consumes an edge that A created.

Source: derived here after S. Wolfram, A Class of Models with the Potential to Represent Fundamental Physics (2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import PhasebookError
from ..numerics.xoshiro import streams
from . import rewriting_kernels as kernels
from .causal_graphs import CausalGraph
from .rewriting_rules import Relation, RuleSet, rules_text, state_text

Order = Literal["standard", "random", "reverse"]
ORDERS = {
    "standard": kernels.OLDEST_FIRST,
    "random": kernels.RANDOM,
    "reverse": kernels.NEWEST_FIRST,
}
MOST_EVENTS, MOST_MATCHES = 20_000_000, 100_000_000


class NoMatch(PhasebookError, ValueError):
    """No rule matches the initial state; the message says what to look at."""


class TooManyMatches(PhasebookError, RuntimeError):
    """The state has more matches than memory holds."""


@dataclass(frozen=True, eq=False)
class Evolution:
    """All edges and events of one run.

    `creator` and `consumer` of an edge are events, −1 for the initial state and for edges that remain; `outcome` is
    "terminated", "event cap" (the run is truncated) or "generation limit".
    """

    rules: RuleSet
    kinds: tuple[tuple[str, int], ...]
    edge_kind: NDArray[np.int32]
    edge_nodes: NDArray[np.int32]
    creator: NDArray[np.int32]
    consumer: NDArray[np.int32]
    event_rule: NDArray[np.int32]
    generation: NDArray[np.int32]
    outcome: str
    nodes: int

    @property
    def events(self) -> int:
        """How many events happened."""
        return self.event_rule.size

    @property
    def truncated(self) -> bool:
        """Whether the run ended at the cap, with matches left."""
        return self.outcome == "event cap"

    @cached_property
    def causal_graph(self) -> CausalGraph:
        """Events, and pairs of events (earlier, later) of which the later consumed what the earlier created."""
        both = (self.creator >= 0) & (self.consumer >= 0)
        pairs = self.creator[both].astype(np.int64) * max(self.events, 1) + self.consumer[both]
        earlier, later = np.divmod(np.unique(pairs), max(self.events, 1))
        return CausalGraph(self.events, np.stack([earlier, later], axis=1).astype(np.int32))

    @property
    def final_state(self) -> tuple[Relation, ...]:
        """The relations that nothing consumed, oldest first."""
        found = []
        for edge in np.flatnonzero(self.consumer < 0):
            label, arity = self.kinds[self.edge_kind[edge]]
            found.append(Relation(label, tuple(int(node) for node in self.edge_nodes[edge, :arity])))
        return tuple(found)

    @property
    def final_text(self) -> str:
        """The final state as it is written."""
        return state_text(self.final_state, self.rules.kind)


def rewrite(
    rules: RuleSet,
    state: tuple[Relation, ...],
    *,
    order: Order = "standard",
    events: int = 10_000,
    generations: int = 0,
    seed: int = 0,
) -> Evolution:
    """One run from a state: `standard` takes the oldest edges first, `reverse` the newest, `random` one match of all,
    each as likely.

    `events` is the cap; `generations` > 0 leaves out events whose causal depth is larger. Raises NoMatch where no rule
    matches the initial state, ValueError for other wrong input, TooManyMatches.
    """
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}; got {order!r}")
    if isinstance(events, bool) or not isinstance(events, (int, np.integer)) or not 1 <= events <= MOST_EVENTS:
        raise ValueError(f"events must be an integer in [1, {MOST_EVENTS}]; got {events!r}")
    if not state:
        raise ValueError("state must hold at least one relation")
    kinds = tuple(
        sorted(
            {(each.label, len(each.nodes)) for each in state}
            | {(each.label, len(each.nodes)) for rule in rules.rules for each in (*rule.left, *rule.right)}
        )
    )
    compiled = compile_rules(rules, kinds)
    room = max(4096, 16 * len(state), min(16 * int(events), 1 << 21))
    while True:
        found = _run(rules, compiled, kinds, state, order, int(events), generations, seed, room)
        if found is not None:
            break
        room *= 4
        if room > MOST_MATCHES:
            raise TooManyMatches(f"the state has more than {room // 4} matches; lower events or generations")
    if found.events == 0 and found.outcome != "generation limit":
        raise NoMatch(_hint(rules, state))
    return found


def _run(
    rules: RuleSet,
    compiled: kernels.CompiledRules,
    kinds: tuple[tuple[str, int], ...],
    state: tuple[Relation, ...],
    order: Order,
    events: int,
    generations: int,
    seed: int,
    room: int,
) -> Evolution | None:
    """The run with room for so many matches, None where it was too small."""
    widest = max(arity for _, arity in kinds)
    most_edges = len(state) + events * compiled.right_kind.shape[1]
    names = {name: number for number, name in enumerate(sorted({node for each in state for node in each.nodes}))}
    most_nodes = len(names) + events * int(compiled.fresh.max(initial=0)) + 1
    edges = _empty_edges(most_edges, most_nodes, widest, len(kinds))
    for number, relation in enumerate(state):
        edges.kind[number] = kinds.index((relation.label, len(relation.nodes)))
        edges.nodes[number, : len(relation.nodes)] = [names[node] for node in relation.nodes]
    size = compiled.left_kind.shape[1]
    columns = kernels.EDGE + (size if order == "random" else 2 * size)
    pool = kernels.Pool(np.empty((room, columns), np.int32), np.zeros(5, np.int64))
    pool.counts[[kernels.EDGES, kernels.NODES]] = len(state), len(names)
    variables = int((compiled.variables + compiled.fresh).max())
    search = kernels.Search(*(np.full(length, -1, np.int32) for length in (variables, size, size, size)))
    event_rule, generation = np.empty(events, np.int32), np.empty(events, np.int32)
    ended = kernels.evolve(
        compiled, edges, pool, search, event_rule, generation, generations, ORDERS[order], streams(seed, 1)[0]
    )
    if ended == kernels.POOL_FULL:
        return None
    used, done = int(pool.counts[kernels.EDGES]), int(pool.counts[kernels.EVENTS])
    limited = bool(pool.counts[kernels.SUPPRESSED])
    return Evolution(
        rules,
        kinds,
        edges.kind[:used].copy(),
        edges.nodes[:used].copy(),
        edges.creator[:used].copy(),
        edges.consumer[:used].copy(),
        event_rule[:done].copy(),
        generation[:done].copy(),
        "event cap" if ended == kernels.EVENT_CAP else "generation limit" if limited else "terminated",
        int(pool.counts[kernels.NODES]),
    )


def _empty_edges(edges: int, nodes: int, arity: int, kinds: int) -> kernels.Edges:
    def full(*shape: int) -> NDArray[np.int32]:
        return np.full(shape, -1, np.int32)

    def empty(*shape: int) -> NDArray[np.int32]:
        return np.empty(shape, np.int32)

    return kernels.Edges(
        empty(edges),
        empty(edges, arity),
        full(edges),
        full(edges),
        np.zeros(edges, np.int32),
        full(nodes, arity),
        empty(edges, arity),
        empty(edges, arity),
        np.zeros((nodes, arity), np.int32),
        full(kinds),
        empty(edges),
        empty(edges),
    )


def compile_rules(rules: RuleSet, kinds: tuple[tuple[str, int], ...]) -> kernels.CompiledRules:
    """Rules as tables of numbers, relations by the place of their kind in `kinds`."""
    count, widest = len(rules.rules), max(arity for _, arity in kinds)
    lefts, rights = max(len(r.left) for r in rules.rules), max(1, *(len(r.right) for r in rules.rules))
    left_kind, right_kind = np.full((count, lefts), -1, np.int32), np.full((count, rights), -1, np.int32)
    left_nodes = np.zeros((count, lefts, widest), np.int32)
    right_nodes = np.zeros((count, rights, widest), np.int32)
    plan = np.zeros((count, lefts, lefts), np.int32)
    role = np.zeros((count, lefts, lefts, widest), np.int32)
    for number, rule in enumerate(rules.rules):
        for side, kind, nodes in ((rule.left, left_kind, left_nodes), (rule.right, right_kind, right_nodes)):
            for place, relation in enumerate(side):
                kind[number, place] = kinds.index((relation.label, len(relation.nodes)))
                nodes[number, place, : len(relation.nodes)] = relation.nodes
        for anchor in range(len(rule.left)):
            plan[number, anchor, : len(rule.left)] = _plan(rule.left, anchor)
            known: set[int] = set()
            for depth, pattern in enumerate(plan[number, anchor, : len(rule.left)]):
                own = rule.left[pattern].nodes
                for place, node in enumerate(own):
                    first = kernels.REPEATED if node in own[:place] else kernels.NEW
                    role[number, anchor, depth, place] = kernels.KNOWN if node in known else first
                known |= set(own)
    return kernels.CompiledRules(
        np.array([len(rule.left) for rule in rules.rules], np.int32),
        left_kind,
        left_nodes,
        plan,
        role,
        np.array([len(rule.right) for rule in rules.rules], np.int32),
        right_kind,
        right_nodes,
        np.array([rule.variables for rule in rules.rules], np.int32),
        np.array([rule.fresh for rule in rules.rules], np.int32),
        np.array([arity for _, arity in kinds], np.int32),
    )


def _plan(left: tuple[Relation, ...], anchor: int) -> list[int]:
    """Patterns after the anchor, each time the one with the most variables known."""
    order, known = [anchor], set(left[anchor].nodes)
    while len(order) < len(left):
        rest = [place for place in range(len(left)) if place not in order]
        following = max(rest, key=lambda place: (len(known & set(left[place].nodes)), -place))
        order.append(following)
        known |= set(left[following].nodes)
    return order


def _hint(rules: RuleSet, state: tuple[Relation, ...]) -> str:
    have = {(each.label, len(each.nodes)) for each in state}
    for rule in rules.rules:
        missing = [each for each in rule.left if (each.label, len(each.nodes)) not in have]
        if not missing:
            break
    else:
        what = f"letter {missing[0].label}" if missing[0].label else f"relation of {len(missing[0].nodes)} nodes"
        return f"no rule matches the state: it has no {what}, which {rules_text(rules)} needs"
    return (
        f"no rule matches the state {state_text(state, rules.kind)[:200]}; start from one where the left-hand side of "
        f"{rules_text(rules)} occurs, such as a relation from a node to itself, twice"
    )
