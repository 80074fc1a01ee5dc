"""Causal graphs of rewriting events, and whether two of them are the same up to renaming the events.

Colors are refined until stable by what each event's neighbors look like; where that does not tell all events apart, a
search over pairings decides. Refinement alone would confuse some graphs; nothing here rests on a hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .canonical_forms import Structure, canonical_form, invariant, isomorphic


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
    return isomorphic(first.structure, second.structure)


def causal_classes(graphs: Sequence[CausalGraph]) -> list[int]:
    """The number of the class of isomorphic graphs that each graph belongs to, numbered by first appearance."""
    return isomorphism_classes([graph.structure for graph in graphs])


def isomorphism_classes(structures: Sequence[Structure]) -> list[int]:
    """The number of the class of each structure, numbered by first appearance."""
    buckets: dict[tuple[int, ...], list[tuple[int, Structure]]] = {}
    found: list[int] = []
    count = 0
    for structure in structures:
        bucket = buckets.setdefault(invariant(structure), [])
        for number, member in bucket:
            if isomorphic(member, structure):
                found.append(number)
                break
        else:
            bucket.append((count, structure))
            found.append(count)
            count += 1
    return found
