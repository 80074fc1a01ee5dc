"""Canonical forms and isomorphism of relational structures: graphs, hypergraphs and strings alike.

Color refinement, then individualization of one node of the smallest class that is left, with the discovered
automorphisms pruning the search. Source: derived here after B. D. McKay, Practical graph isomorphism (1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..errors import PhasebookError

MOST_LEAVES = 20_000
SHIFT, FIRST, SECOND = np.uint64(31), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class SearchTooLarge(PhasebookError, RuntimeError):
    """A structure so symmetric that the search for its canonical form was given up."""


@dataclass(frozen=True, eq=False)
class Structure:
    """Nodes 0, ..., n − 1, and relations: kind (m,) and nodes (m, arity), padded with −1. `fixed` first nodes keep their
    names."""

    nodes: int
    kind: NDArray[np.int64]
    relations: NDArray[np.int64]
    fixed: int = 0

    def colors(self) -> NDArray[np.int64]:
        """Colors to begin with: one for each fixed node, one for all others."""
        return np.minimum(np.arange(self.nodes), self.fixed)


@njit(cache=True, nogil=True)
def _mix(word: np.uint64) -> np.uint64:
    """A word scrambled (the finalizer of splitmix64)."""
    word = (word ^ (word >> np.uint64(30))) * FIRST
    word = (word ^ (word >> np.uint64(27))) * SECOND
    return word ^ (word >> SHIFT)


@njit(cache=True, nogil=True)
def _refine(kind: NDArray[np.int64], relations: NDArray[np.int64], colors: NDArray[np.int64]) -> tuple[int, np.uint64]:
    """Refine colors in place until they are stable; returns how many there are and a checksum that isomorphic structures
    share."""
    nodes, arity = colors.size, relations.shape[1]
    sums, order = np.empty(nodes, np.uint64), np.arange(nodes)
    ranks = np.empty(nodes, np.int64)
    count, checksum = -1, np.uint64(0)
    while True:
        for node in range(nodes):
            sums[node] = _mix(np.uint64(colors[node]) + np.uint64(0x9E3779B97F4A7C15))
        for number in range(kind.size):
            word = _mix(np.uint64(kind[number]) + np.uint64(7))
            for place in range(arity):
                if relations[number, place] >= 0:
                    word = _mix(word ^ (np.uint64(colors[relations[number, place]]) + np.uint64(1)))
            for place in range(arity):
                if relations[number, place] >= 0:
                    sums[relations[number, place]] += _mix(word + np.uint64(place + 1))
        order = np.argsort(sums, kind="mergesort")
        order = order[np.argsort(colors[order], kind="mergesort")]
        rank = 0
        for place in range(nodes):
            if place > 0:
                here, last = order[place], order[place - 1]
                if colors[here] != colors[last] or sums[here] != sums[last]:
                    rank = place
            ranks[order[place]] = rank
        found = 0
        for place in range(nodes):
            found += ranks[order[place]] == place
            checksum = _mix(checksum ^ (sums[order[place]] + np.uint64(place)))
        colors[:] = ranks
        if found == count:
            return count, checksum
        count = found


def _refined(structure: Structure, colors: NDArray[np.int64]) -> tuple[NDArray[np.int64], int, int]:
    colors = colors.copy()
    count, checksum = _refine(structure.kind, structure.relations, colors)
    return colors, int(count), int(checksum)


def invariant(structure: Structure) -> tuple[int, ...]:
    """Numbers that isomorphic structures share; others share them by accident only."""
    _colors, count, checksum = _refined(structure, structure.colors())
    return structure.nodes, len(structure.kind), count, checksum


def stable_colors(structure: Structure) -> NDArray[np.int64]:
    """Colors that refinement can tell apart; nodes that a symmetry exchanges share theirs."""
    return _refined(structure, structure.colors())[0]


def _smallest_class(colors: NDArray[np.int64]) -> NDArray[np.int64]:
    """The nodes of the smallest class of more than one, the first such in rank."""
    sizes = np.bincount(colors, minlength=colors.size)
    sizes[sizes < 2] = colors.size + 1
    return np.flatnonzero(colors == int(np.argmin(sizes)))


def _individualized(colors: NDArray[np.int64], node: int) -> NDArray[np.int64]:
    """The node before the others of its class."""
    found = colors.copy()
    same = colors == colors[node]
    found[same] += 1
    found[node] -= 1
    return found


def _certificate(structure: Structure, labels: NDArray[np.int64]) -> bytes:
    """The relations under new names, sorted."""
    renamed = np.where(structure.relations >= 0, labels[structure.relations], -1)
    rows = np.concatenate([structure.kind[:, None], renamed], axis=1)
    return (
        np.concatenate([[structure.nodes, structure.fixed], rows[np.lexsort(rows.T[::-1])].ravel()])
        .astype(np.int64)
        .tobytes()
    )


class _CanonicalSearch:
    """The search tree of individualizations, its best leaf so far, and the automorphisms that it met."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.best: tuple[list[int], bytes] | None = None
        self.labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self.path: list[int] = []
        self.trace: list[int] = []
        self.automorphisms: list[NDArray[np.int64]] = []
        self.leaves = 0

    def visit(self, path: list[int], trace: list[int], colors: NDArray[np.int64], count: int) -> int:
        """Search below a node; returns the depth to go back to."""
        if self.best is not None and trace > self.best[0][: len(trace)]:
            return len(path)
        if count == self.structure.nodes:
            return self._leaf(path, trace, colors)
        explored: list[int] = []
        for node in _smallest_class(colors).tolist():
            if explored and self._orbit(path, explored, node):
                continue
            explored.append(node)
            refined, finer, checksum = _refined(self.structure, _individualized(colors, node))
            back = self.visit([*path, node], [*trace, checksum], refined, finer)
            if back < len(path):
                return back
        return len(path)

    def _leaf(self, path: list[int], trace: list[int], labels: NDArray[np.int64]) -> int:
        self.leaves += 1
        if self.leaves > MOST_LEAVES:
            raise SearchTooLarge(f"a structure of {self.structure.nodes} nodes is too symmetric for a canonical form")
        found = (trace, _certificate(self.structure, labels))
        if self.best is None or found < self.best:
            self.best, self.labels, self.path = found, labels, path
        elif found == self.best:
            inverse = np.argsort(self.labels)
            self.automorphisms.append(inverse[labels])
            return next((depth for depth, (a, b) in enumerate(zip(path, self.path, strict=False)) if a != b), len(path))
        return len(path)

    def _orbit(self, path: list[int], explored: list[int], node: int) -> bool:
        """Whether an automorphism that keeps the path takes an explored node here."""
        root = np.arange(self.structure.nodes)
        for automorphism in self.automorphisms:
            if any(automorphism[each] != each for each in path):
                continue
            while True:
                low = np.minimum(root, root[automorphism])
                np.minimum.at(low, automorphism, root)
                if (low == root).all():
                    break
                root = low
        return any(root[each] == root[node] for each in explored)


def canonical_form(structure: Structure) -> bytes:
    """Bytes that two structures share exactly if a renaming of nodes, fixed ones kept, takes one to the other.

    Raises SearchTooLarge for large structures with symmetries that the search does not find.
    """
    return canonical_labels(structure)[0]


def canonical_labels(structure: Structure) -> tuple[bytes, NDArray[np.int64]]:
    """The canonical form, and the name that each node has in it."""
    colors, count, checksum = _refined(structure, structure.colors())
    search = _CanonicalSearch(structure)
    search.visit([], [checksum], colors, count)
    best: Any = search.best
    return best[1], search.labels


def isomorphic(first: Structure, second: Structure) -> bool:
    """Whether a renaming of nodes takes one structure to the other."""
    if (first.nodes, len(first.kind), first.fixed) != (second.nodes, len(second.kind), second.fixed):
        return False
    if first.relations.shape != second.relations.shape:
        return False
    shifted = np.where(second.relations >= 0, second.relations + first.nodes, -1)
    both = Structure(
        2 * first.nodes, np.concatenate([first.kind, second.kind]), np.concatenate([first.relations, shifted])
    )
    colors = np.concatenate([first.colors(), second.colors()])
    stack = [colors]
    while stack:
        colors, count, _ = _refined(both, stack.pop())
        halves = colors[: first.nodes], colors[first.nodes :]
        if not np.array_equal(np.sort(halves[0]), np.sort(halves[1])):
            continue
        if count == first.nodes:
            # Every class holds one node of each: names by color are a renaming, if the relations agree.
            if _certificate(first, halves[0]) == _certificate(second, halves[1]):
                return True
            continue
        sizes = np.bincount(colors, minlength=colors.size)
        sizes[sizes <= 2] = colors.size + 1
        members = np.flatnonzero(colors == int(np.argmin(sizes)))
        node, *_ = members[members < first.nodes]
        for partner in members[members >= first.nodes][::-1]:
            paired = colors.copy()
            same = colors == colors[node]
            paired[same] += 2
            paired[[node, partner]] -= 2
            stack.append(paired)
    return False
