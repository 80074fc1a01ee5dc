"""Compiled rewriting: all matches of the rules are kept in a pool, to which every event adds those of its new edges.

Relations ("edges") are tokens with numbers that are never used again. Each node knows the living edges at each of their
places, so that a created edge, tried at each place of each left-hand side, finds its matches in its neighborhood. Matches
whose edges were consumed stay in the pool until they are drawn, and are then put aside: a match drawn evenly from all is,
if it lives, drawn evenly from the living. The pool is swept when it is full.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.xoshiro import uniform

DONE, EVENT_CAP, POOL_FULL = 0, 1, 2
RANDOM, OLDEST_FIRST, NEWEST_FIRST = 0, 1, -1
POOLED, EDGES, NODES, EVENTS, SUPPRESSED = 0, 1, 2, 3, 4  # places in Pool.counts
RULE, EDGE = 0, 1  # columns of Pool.matches
KNOWN, NEW, REPEATED = 0, 1, 2  # roles of places
LONGEST = np.int32(2**31 - 1)

Whole = NDArray[np.int32]


class CompiledRules(NamedTuple):
    """Rules as padded tables; `plan[rule, anchor]` is the order in which patterns are matched after the anchor's, and
    `role[rule, anchor, depth, place]` says of each place whether its variable is known by then, new, or new in the same
    pattern: what is bound when is known beforehand, and nothing need be unbound."""

    left_count: Whole
    left_kind: Whole
    left_nodes: Whole
    plan: Whole
    role: Whole
    right_count: Whole
    right_kind: Whole
    right_nodes: Whole
    variables: Whole
    fresh: Whole
    arity: Whole


class Edges(NamedTuple):
    """All edges that ever were, and the lists of the living ones: by node and place, and by kind."""

    kind: Whole
    nodes: Whole
    creator: Whole
    consumer: Whole
    generation: Whole
    head: Whole
    after: Whole
    before: Whole
    degree: Whole
    kind_head: Whole
    kind_after: Whole
    kind_before: Whole


class Pool(NamedTuple):
    """Matches, living and dead, one in each row: its rule, its edges and, where the order is by age, these edges from the
    youngest on; then the rows are a heap."""

    matches: Whole
    counts: NDArray[np.int64]


class Search(NamedTuple):
    """Where a search for matches stands: bound variables, chosen edges, places in lists."""

    binding: Whole
    chosen: Whole
    cursor: Whole
    along: Whole


@njit(cache=True, nogil=True)
def _precedes(first: Whole, second: Whole, size: int, direction: int) -> bool:
    """Whether a match comes before another: by its youngest edge, then the next, then the rule and the assignment."""
    for place in range(size):
        difference = first[EDGE + size + place] - second[EDGE + size + place]
        if difference != 0:
            return difference * direction < 0
    for column in range(EDGE + size):
        difference = first[column] - second[column]
        if difference != 0:
            return difference * direction < 0
    return False


@njit(cache=True, nogil=True)
def _sift(matches: Whole, place: int, count: int, size: int, direction: int) -> None:
    """Restore the heap's order around one row."""
    match = matches[place].copy()
    while place > 0:
        parent = (place - 1) >> 1
        if not _precedes(match, matches[parent], size, direction):
            break
        matches[place] = matches[parent]
        place = parent
    while True:
        child = 2 * place + 1
        if child >= count:
            break
        if child + 1 < count and _precedes(matches[child + 1], matches[child], size, direction):
            child += 1
        if not _precedes(matches[child], match, size, direction):
            break
        matches[place] = matches[child]
        place = child
    matches[place] = match


@njit(cache=True, nogil=True)
def _lives(match: Whole, size: int, consumer: Whole) -> bool:
    """Whether all edges of a match are still there."""
    for place in range(size):
        edge = match[EDGE + place]
        if edge >= 0 and consumer[edge] >= 0:
            return False
    return True


@njit(cache=True, nogil=True)
def _sweep(pool: Pool, size: int, consumer: Whole, direction: int) -> bool:
    """Put all dead matches aside; False where that leaves the pool more than half full."""
    kept = 0
    for place in range(pool.counts[POOLED]):
        if _lives(pool.matches[place], size, consumer):
            pool.matches[kept] = pool.matches[place]
            kept += 1
    pool.counts[POOLED] = kept
    if direction != RANDOM:
        for place in range(1, kept):
            _sift(pool.matches, place, place + 1, size, direction)
    return 2 * kept <= len(pool.matches)


@njit(cache=True, nogil=True)
def _add_match(pool: Pool, rule: int, chosen: Whole, count: int, direction: int) -> None:
    """Put a match into the pool, which has room."""
    size, place = chosen.size, pool.counts[POOLED]
    match = pool.matches[place]
    match[RULE] = rule
    for spot in range(size):
        match[EDGE + spot] = chosen[spot] if spot < count else -1
    pool.counts[POOLED] += 1
    if direction != RANDOM:
        for spot in range(size):
            edge, at = match[EDGE + spot], EDGE + size + spot
            while at > EDGE + size and match[at - 1] < edge:
                match[at] = match[at - 1]
                at -= 1
            match[at] = edge
        _sift(pool.matches, place, place + 1, size, direction)


@njit(cache=True, nogil=True)
def _draw(pool: Pool, size: int, consumer: Whole, direction: int, stream: NDArray[np.uint64], drawn: Whole) -> bool:
    """Take the next living match out of the pool, with the dead ones met on the way; False where none is left."""
    while pool.counts[POOLED] > 0:
        count = pool.counts[POOLED]
        place = int(uniform(stream) * count) if direction == RANDOM else 0
        drawn[:] = pool.matches[place, : EDGE + size]
        pool.counts[POOLED] -= 1
        if place < count - 1:
            pool.matches[place] = pool.matches[count - 1]
            if direction != RANDOM:
                _sift(pool.matches, place, count - 1, size, direction)
        if _lives(drawn, size, consumer):
            return True
    return False


@njit(cache=True, nogil=True)
def _link(edges: Edges, arity: Whole, edge: int) -> None:
    """Enter an edge into the lists of the living."""
    kind = edges.kind[edge]
    for place in range(arity[kind]):
        node = edges.nodes[edge, place]
        first = edges.head[node, place]
        edges.after[edge, place], edges.before[edge, place] = first, -1
        if first >= 0:
            edges.before[first, place] = edge
        edges.head[node, place] = edge
        edges.degree[node, place] += 1
    first = edges.kind_head[kind]
    edges.kind_after[edge], edges.kind_before[edge] = first, -1
    if first >= 0:
        edges.kind_before[first] = edge
    edges.kind_head[kind] = edge


@njit(cache=True, nogil=True)
def _unlink(edges: Edges, arity: Whole, edge: int) -> None:
    """Take a consumed edge out of the lists of the living."""
    kind = edges.kind[edge]
    for place in range(arity[kind]):
        node = edges.nodes[edge, place]
        after, before = edges.after[edge, place], edges.before[edge, place]
        if after >= 0:
            edges.before[after, place] = before
        if before >= 0:
            edges.after[before, place] = after
        else:
            edges.head[node, place] = after
        edges.degree[node, place] -= 1
    after, before = edges.kind_after[edge], edges.kind_before[edge]
    if after >= 0:
        edges.kind_before[after] = before
    if before >= 0:
        edges.kind_after[before] = after
    else:
        edges.kind_head[kind] = after


@njit(cache=True, nogil=True)
def _bind(search: Search, pattern: Whole, role: Whole, nodes: Whole, arity: int) -> bool:
    """Give a pattern's new variables the nodes of an edge; False where the others clash."""
    for place in range(arity):
        if role[place] == NEW:
            search.binding[pattern[place]] = nodes[place]
        elif search.binding[pattern[place]] != nodes[place]:
            return False
    return True


@njit(cache=True, nogil=True)
def _enter(rules: CompiledRules, edges: Edges, search: Search, rule: int, anchor: int, depth: int) -> None:
    """Choose the list of candidates for a pattern: the shortest at a node that is known, else all of its kind."""
    pattern = rules.plan[rule, anchor, depth]
    kind = rules.left_kind[rule, pattern]
    best, fewest = -1, LONGEST
    for place in range(rules.arity[kind]):
        if rules.role[rule, anchor, depth, place] == KNOWN:
            node = search.binding[rules.left_nodes[rule, pattern, place]]
            if edges.degree[node, place] < fewest:
                best, fewest = place, edges.degree[node, place]
    search.along[depth] = best
    if best >= 0:
        search.cursor[depth] = edges.head[search.binding[rules.left_nodes[rule, pattern, best]], best]
    else:
        search.cursor[depth] = edges.kind_head[kind]


@njit(cache=True, nogil=True)
def _next_candidate(rules: CompiledRules, edges: Edges, search: Search, rule: int, anchor: int, depth: int) -> bool:
    """Bind the pattern at this depth to the next edge that fits, none of those chosen before; False after the last."""
    pattern = rules.plan[rule, anchor, depth]
    kind, along = rules.left_kind[rule, pattern], search.along[depth]
    edge = search.cursor[depth]
    while edge >= 0:
        following = edges.kind_after[edge] if along < 0 else edges.after[edge, along]
        usable = edges.kind[edge] == kind
        for earlier in range(depth):
            usable = usable and search.chosen[rules.plan[rule, anchor, earlier]] != edge
        if usable and _bind(
            search,
            rules.left_nodes[rule, pattern],
            rules.role[rule, anchor, depth],
            edges.nodes[edge],
            rules.arity[kind],
        ):
            search.chosen[pattern], search.cursor[depth] = edge, following
            return True
        edge = following
    search.cursor[depth] = -1
    return False


@njit(cache=True, nogil=True)
def _generation(rules: CompiledRules, edges: Edges, rule: int, chosen: Whole) -> int:
    age = 0
    for place in range(rules.left_count[rule]):
        age = max(age, edges.generation[chosen[place]])
    return age + 1


@njit(cache=True, nogil=True)
def _find_matches(
    rules: CompiledRules, edges: Edges, pool: Pool, search: Search, edge: int, most_generations: int, direction: int
) -> bool:
    """Enter all matches of a new edge with older ones; False where the pool is full."""
    for rule in range(rules.left_count.size):
        for anchor in range(rules.left_count[rule]):
            kind = rules.left_kind[rule, anchor]
            if kind != edges.kind[edge]:
                continue
            pattern, role = rules.left_nodes[rule, anchor], rules.role[rule, anchor, 0]
            if not _bind(search, pattern, role, edges.nodes[edge], rules.arity[kind]):
                continue
            search.chosen[anchor] = edge
            depth, entering = 1, True
            while depth > 0:
                if depth == rules.left_count[rule]:
                    if most_generations > 0 and _generation(rules, edges, rule, search.chosen) > most_generations:
                        pool.counts[SUPPRESSED] += 1
                    else:
                        if pool.counts[POOLED] == len(pool.matches) and not _sweep(
                            pool, search.chosen.size, edges.consumer, direction
                        ):
                            return False
                        _add_match(pool, rule, search.chosen, depth, direction)
                    entering = False
                elif entering:
                    _enter(rules, edges, search, rule, anchor, depth)
                    entering = _next_candidate(rules, edges, search, rule, anchor, depth)
                else:
                    entering = _next_candidate(rules, edges, search, rule, anchor, depth)
                depth += 1 if entering else -1
    return True


@njit(cache=True, nogil=True)
def _fire(rules: CompiledRules, edges: Edges, pool: Pool, names: Whole, match: Whole) -> int:
    """Consume a match's edges and create those of the right-hand side; returns the event's generation."""
    rule, event = match[RULE], pool.counts[EVENTS]
    age = _generation(rules, edges, rule, match[EDGE:])
    for place in range(rules.left_count[rule]):
        edge = match[EDGE + place]
        for spot in range(rules.arity[edges.kind[edge]]):
            names[rules.left_nodes[rule, place, spot]] = edges.nodes[edge, spot]
        edges.consumer[edge] = event
        _unlink(edges, rules.arity, edge)
    for number in range(rules.fresh[rule]):
        names[rules.variables[rule] + number] = pool.counts[NODES]
        pool.counts[NODES] += 1
    for place in range(rules.right_count[rule]):
        edge, kind = pool.counts[EDGES], rules.right_kind[rule, place]
        edges.kind[edge], edges.creator[edge], edges.generation[edge] = kind, event, age
        for spot in range(rules.arity[kind]):
            edges.nodes[edge, spot] = names[rules.right_nodes[rule, place, spot]]
        pool.counts[EDGES] += 1
    return age


@njit(cache=True, nogil=True)
def evolve(
    rules: CompiledRules,
    edges: Edges,
    pool: Pool,
    search: Search,
    event_rule: Whole,
    event_generation: Whole,
    most_generations: int,
    direction: int,
    stream: NDArray[np.uint64],
) -> int:
    """Rewrite until nothing matches, all events are used up, or the pool is full; edges and events are written in place."""
    names, size = np.empty(search.binding.size, np.int32), search.chosen.size
    match = np.empty(EDGE + size, np.int32)
    pending = 0
    while True:
        for edge in range(pending, pool.counts[EDGES]):
            _link(edges, rules.arity, edge)
            if not _find_matches(rules, edges, pool, search, edge, most_generations, direction):
                return POOL_FULL
        pending = pool.counts[EDGES]
        if not _draw(pool, size, edges.consumer, direction, stream, match):
            return DONE
        event = pool.counts[EVENTS]
        if event == event_rule.size:
            return EVENT_CAP
        event_rule[event] = match[RULE]
        event_generation[event] = _fire(rules, edges, pool, names, match)
        pool.counts[EVENTS] += 1
