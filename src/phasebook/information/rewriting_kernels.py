"""Compiled rewriting: all matches of the rules are kept in a pool, which every event mends where it changed the state.

Relations ("edges") are tokens with numbers that are never used again. Each edge knows the matches that it takes part in,
each node the living edges at each of their places, so that an event costs what its neighborhood costs: consumed edges
take their matches out of the pool, a created edge is tried at each place of each left-hand side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.xoshiro import uniform

DONE, EVENT_CAP, POOL_FULL = 0, 1, 2
RANDOM, OLDEST_FIRST, NEWEST_FIRST = 0, 1, -1
POOLED, FREE, EDGES, NODES, EVENTS, SUPPRESSED = 0, 1, 2, 3, 4, 5  # places in Pool.counts
RULE, WHERE, EDGE = 0, 1, 2  # columns of Pool.record
LONGEST = np.int32(2**31 - 1)

Whole = NDArray[np.int32]


class CompiledRules(NamedTuple):
    """Rules as padded tables; `plan[rule, anchor]` is the order in which patterns are matched after the anchor's."""

    left_count: Whole
    left_kind: Whole
    left_nodes: Whole
    plan: Whole
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
    """All matches in the present state: a heap by age, or a heap without order where matches are drawn at random.

    A match is one row of `record`, so that it lies in one line of the processor's cache: rule, place in the heap, its
    edges, and the links to the next and the last match of each edge (match times size plus place).
    """

    record: Whole
    ages: Whole
    heap: Whole
    free: Whole
    head: Whole
    counts: NDArray[np.int64]


class Search(NamedTuple):
    """Where a search for matches stands: bound variables, chosen edges, places in lists."""

    binding: Whole
    bound_at: Whole
    chosen: Whole
    cursor: Whole
    along: Whole


@njit(cache=True, nogil=True)
def _precedes(pool: Pool, first: int, second: int, direction: int) -> bool:
    """Whether a match comes before another: by its youngest edge, then the next, then the rule and the assignment."""
    size = pool.ages.shape[1]
    for place in range(size):
        difference = pool.ages[first, place] - pool.ages[second, place]
        if difference != 0:
            return difference * direction < 0
    for place in range(size + 1):
        column = RULE if place == 0 else EDGE + place - 1
        difference = pool.record[first, column] - pool.record[second, column]
        if difference != 0:
            return difference * direction < 0
    return False


@njit(cache=True, nogil=True)
def _sift(pool: Pool, place: int, direction: int) -> None:
    """Restore the heap's order around one place."""
    count, match = pool.counts[POOLED], pool.heap[place]
    while place > 0:
        parent = (place - 1) >> 1
        if not _precedes(pool, match, pool.heap[parent], direction):
            break
        pool.heap[place] = pool.heap[parent]
        pool.record[pool.heap[place], WHERE] = place
        place = parent
    while True:
        child = 2 * place + 1
        if child >= count:
            break
        if child + 1 < count and _precedes(pool, pool.heap[child + 1], pool.heap[child], direction):
            child += 1
        if not _precedes(pool, pool.heap[child], match, direction):
            break
        pool.heap[place] = pool.heap[child]
        pool.record[pool.heap[place], WHERE] = place
        place = child
    pool.heap[place] = match
    pool.record[match, WHERE] = place


@njit(cache=True, nogil=True)
def _add_match(pool: Pool, rule: int, chosen: Whole, count: int, direction: int) -> None:
    """Put a match into the pool, and into the lists of its edges."""
    size = chosen.size
    after, before = EDGE + size, EDGE + 2 * size
    pool.counts[FREE] -= 1
    match = pool.free[pool.counts[FREE]]
    row = pool.record[match]
    row[RULE] = rule
    for place in range(count):
        edge = chosen[place]
        slot, first = match * size + place, pool.head[edge]
        row[EDGE + place], row[after + place], row[before + place], pool.head[edge] = edge, first, -1, slot
        if first >= 0:
            pool.record[first // size, before + first % size] = slot
    place = pool.counts[POOLED]
    pool.heap[place], row[WHERE] = match, place
    pool.counts[POOLED] += 1
    if direction != RANDOM:
        _age(pool.ages[match], chosen, count)
        _sift(pool, place, direction)


@njit(cache=True, nogil=True)
def _age(ages: Whole, chosen: Whole, count: int) -> None:
    """The edges of a match, youngest first."""
    ages[:] = -1
    for place in range(count):
        spot = place
        while spot > 0 and ages[spot - 1] < chosen[place]:
            ages[spot] = ages[spot - 1]
            spot -= 1
        ages[spot] = chosen[place]


@njit(cache=True, nogil=True)
def _drop_matches(pool: Pool, edge: int, size: int, left_count: Whole, direction: int) -> None:
    """Take all matches of a consumed edge out of the pool, and out of the lists of their other edges."""
    after, before = EDGE + size, EDGE + 2 * size
    while pool.head[edge] >= 0:
        match = pool.head[edge] // size
        row = pool.record[match]
        for place in range(left_count[row[RULE]]):
            following, last = row[after + place], row[before + place]
            if following >= 0:
                pool.record[following // size, before + following % size] = last
            if last >= 0:
                pool.record[last // size, after + last % size] = following
            else:
                pool.head[row[EDGE + place]] = following
        pool.counts[POOLED] -= 1
        place, moved = row[WHERE], pool.heap[pool.counts[POOLED]]
        if moved != match:
            pool.heap[place] = moved
            pool.record[moved, WHERE] = place
            if direction != RANDOM:
                _sift(pool, place, direction)
        pool.free[pool.counts[FREE]] = match
        pool.counts[FREE] += 1


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
def _unbind(search: Search, depth: int) -> None:
    for variable in range(search.binding.size):
        if search.bound_at[variable] == depth:
            search.binding[variable] = -1
            search.bound_at[variable] = -1


@njit(cache=True, nogil=True)
def _bind(search: Search, pattern: Whole, nodes: Whole, arity: int, depth: int) -> bool:
    """Give a pattern's variables the nodes of an edge; False, and nothing bound at this depth, where they clash."""
    for place in range(arity):
        variable = pattern[place]
        if search.binding[variable] < 0:
            search.binding[variable] = nodes[place]
            search.bound_at[variable] = depth
        elif search.binding[variable] != nodes[place]:
            _unbind(search, depth)
            return False
    return True


@njit(cache=True, nogil=True)
def _enter(rules: CompiledRules, edges: Edges, search: Search, rule: int, pattern: int, depth: int) -> None:
    """Choose the list of candidates for a pattern: the shortest at a node that is known, else all of its kind."""
    kind = rules.left_kind[rule, pattern]
    best, fewest = -1, LONGEST
    for place in range(rules.arity[kind]):
        node = search.binding[rules.left_nodes[rule, pattern, place]]
        if node >= 0 and edges.degree[node, place] < fewest:
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
        if usable and _bind(search, rules.left_nodes[rule, pattern], edges.nodes[edge], rules.arity[kind], depth):
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
            if not _bind(search, rules.left_nodes[rule, anchor], edges.nodes[edge], rules.arity[kind], 0):
                continue
            search.chosen[anchor] = edge
            depth, entering = 1, True
            while depth > 0:
                if depth == rules.left_count[rule]:
                    if most_generations > 0 and _generation(rules, edges, rule, search.chosen) > most_generations:
                        pool.counts[SUPPRESSED] += 1
                    elif pool.counts[FREE] == 0:
                        return False
                    else:
                        _add_match(pool, rule, search.chosen, depth, direction)
                    entering = False
                elif entering:
                    _enter(rules, edges, search, rule, rules.plan[rule, anchor, depth], depth)
                    entering = _next_candidate(rules, edges, search, rule, anchor, depth)
                else:
                    _unbind(search, depth)
                    entering = _next_candidate(rules, edges, search, rule, anchor, depth)
                depth += 1 if entering else -1
            _unbind(search, 0)
    return True


@njit(cache=True, nogil=True)
def _fire(rules: CompiledRules, edges: Edges, pool: Pool, names: Whole, match: int, direction: int) -> int:
    """Consume a match's edges and create those of the right-hand side; returns the event's generation."""
    rule, event, size = pool.record[match, RULE], pool.counts[EVENTS], rules.left_kind.shape[1]
    chosen = pool.record[match, EDGE : EDGE + size].copy()
    age = _generation(rules, edges, rule, chosen)
    for place in range(rules.left_count[rule]):
        edge = chosen[place]
        for spot in range(rules.arity[edges.kind[edge]]):
            names[rules.left_nodes[rule, place, spot]] = edges.nodes[edge, spot]
        edges.consumer[edge] = event
        _unlink(edges, rules.arity, edge)
        _drop_matches(pool, edge, size, rules.left_count, direction)
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
    names = np.empty(search.binding.size, np.int32)
    pending = 0
    while True:
        for edge in range(pending, pool.counts[EDGES]):
            _link(edges, rules.arity, edge)
            if not _find_matches(rules, edges, pool, search, edge, most_generations, direction):
                return POOL_FULL
        pending = pool.counts[EDGES]
        if pool.counts[POOLED] == 0:
            return DONE
        event = pool.counts[EVENTS]
        if event == event_rule.size:
            return EVENT_CAP
        place = int(uniform(stream) * pool.counts[POOLED]) if direction == RANDOM else 0
        match = pool.heap[place]
        event_rule[event] = pool.record[match, RULE]
        event_generation[event] = _fire(rules, edges, pool, names, match, direction)
        pool.counts[EVENTS] += 1
