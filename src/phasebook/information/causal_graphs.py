"""Causal graphs of rewriting events, and whether two of them are the same up to renaming the events.

Colors are refined until stable by what each event's neighbors look like; where that does not tell all events apart, a
search over pairings decides. Refinement alone would confuse some graphs; nothing here rests on a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .canonical_forms import Structure, canonical_form, invariant, isomorphic, stable_colors


@dataclass(frozen=True, eq=False)
class CausalGraph:
    """A number of events in their order in time, and pairs (earlier, later), shape (edges, 2)."""

    events: int
    edges: NDArray[np.int32]

    @cached_property
    def structure(self) -> Structure:
        """The graph as one binary relation."""
        return Structure(self.events, np.zeros(len(self.edges), np.int64), self.edges.astype(np.int64))

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """Causal depth of each event: 1 without a cause, else one more than the deepest cause."""
        depth = np.ones(self.events, np.int64)
        order = np.argsort(self.edges[:, 1], kind="stable") if len(self.edges) else np.zeros(0, np.int64)
        # Causes come before effects in time, so one pass in the order of effects is enough.
        for earlier, later in self.edges[order].tolist():
            depth[later] = max(depth[later], depth[earlier] + 1)
        return depth

    def truncated(self, generations: int) -> CausalGraph:
        """The graph of the events down to a causal depth."""
        kept = self.depth <= generations
        number = np.cumsum(kept) - 1
        inside = kept[self.edges].all(axis=1)
        return CausalGraph(int(kept.sum()), number[self.edges[inside]].astype(np.int32))

    def canonical(self) -> bytes:
        """A text of bytes that two graphs share exactly if they are isomorphic."""
        return canonical_form(self.structure)


def same_causal_graph(first: CausalGraph, second: CausalGraph) -> bool:
    """Whether two causal graphs are isomorphic."""
    return _paired_in_time(first, second) or isomorphic(first.structure, second.structure)


def _paired_in_time(first: CausalGraph, second: CausalGraph) -> bool:
    """Whether events can be paired one after the other, each with any that has its color and the partners of its causes.

    It finds the pairing of trees, whose many symmetries make a search long; where it fails, nothing is said.
    """
    if (first.events, len(first.edges)) != (second.events, len(second.edges)):
        return False
    shifted = np.concatenate([first.edges, second.edges + first.events]).astype(np.int64)
    both = Structure(2 * first.events, np.zeros(len(shifted), np.int64), shifted)
    colors = stable_colors(both).tolist()
    free: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for event, causes in enumerate(_causes(second)):
        free.setdefault((colors[first.events + event], tuple(sorted(causes))), []).append(event)
    partner: list[int] = []
    for event, causes in enumerate(_causes(first)):
        waiting = free.get((colors[event], tuple(sorted(partner[cause] for cause in causes))))
        if not waiting:
            return False
        partner.append(waiting.pop())
    # Every cause has gone to a cause, and both graphs have as many: this is an isomorphism.
    return True


def _causes(graph: CausalGraph) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(graph.events)]
    for earlier, later in graph.edges.tolist():
        found[later].append(earlier)
    return found


def causal_classes(graphs: Sequence[CausalGraph]) -> list[int]:
    """The number of the class of isomorphic graphs that each graph belongs to, numbered by first appearance."""
    return _classes(graphs, lambda graph: invariant(graph.structure), same_causal_graph)


def isomorphism_classes(structures: Sequence[Structure]) -> list[int]:
    """The number of the class of each structure, numbered by first appearance."""
    return _classes(structures, invariant, isomorphic)


def _classes(
    members: Sequence[Any], invariant_of: Callable[[Any], tuple[int, ...]], same: Callable[[Any, Any], bool]
) -> list[int]:
    buckets: dict[tuple[int, ...], list[tuple[int, Any]]] = {}
    found: list[int] = []
    count = 0
    for member in members:
        bucket = buckets.setdefault(invariant_of(member), [])
        number = next((number for number, other in bucket if same(other, member)), count)
        if number == count:
            bucket.append((count, member))
            count += 1
        found.append(number)
    return found
