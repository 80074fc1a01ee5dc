"""Undirected graphs in compressed rows, and what users bring: pairs of nodes, networkx and igraph objects, sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

LARGEST_NODE_COUNT = 2**31 - 1


@dataclass(frozen=True)
class Graph:
    """An undirected graph: neighbors of node i are `neighbors[offsets[i]:offsets[i + 1]]`, each edge stored at both ends."""

    offsets: NDArray[np.int64]
    neighbors: NDArray[np.int32]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self.offsets.size - 1

    @property
    def edges(self) -> int:
        """Number of edges."""
        return self.neighbors.size // 2

    @property
    def degrees(self) -> NDArray[np.int64]:
        """Edges of each node."""
        return np.diff(self.offsets)

    def pairs(self) -> NDArray[np.int32]:
        """Every edge once, (edges, 2), the smaller node first."""
        first = np.repeat(np.arange(self.nodes, dtype=np.int32), self.degrees)
        once = first < self.neighbors
        return np.column_stack((first[once], self.neighbors[once]))


def graph_from_pairs(nodes: int, pairs: ArrayLike) -> Graph:
    """The graph of an edge list (edges, 2) of node numbers from 0; rows' neighbors are sorted.

    Raises ValueError for numbers out of range, edges from a node to itself, and edges listed twice.
    """
    if not 1 <= nodes <= LARGEST_NODE_COUNT:
        raise ValueError(f"nodes must be from 1 to {LARGEST_NODE_COUNT}; got {nodes!r}")
    ends = np.asarray(pairs)
    if ends.size == 0:
        return Graph(np.zeros(nodes + 1, np.int64), np.zeros(0, np.int32))
    if ends.ndim != 2 or ends.shape[1] != 2 or ends.dtype.kind not in "iu":
        raise ValueError(f"pairs must be integers of shape (edges, 2); got {ends.dtype} of shape {ends.shape}")
    if ends.min() < 0 or ends.max() >= nodes:
        raise ValueError(f"pairs must name nodes from 0 to {nodes - 1}; got {ends.min()} to {ends.max()}")
    graph = compressed(nodes, np.ascontiguousarray(ends[:, 0], np.int32), np.ascontiguousarray(ends[:, 1], np.int32))
    fault = _first_fault(graph.offsets, graph.neighbors)
    if fault >= 0:
        node = int(np.searchsorted(graph.offsets, fault, side="right")) - 1
        other = int(graph.neighbors[fault])
        what = "to itself" if node == other else f"and {other} twice"
        raise ValueError(f"pairs must list each edge between two nodes once; they join node {node} {what}")
    return graph


def compressed(nodes: int, first: NDArray[np.int32], second: NDArray[np.int32]) -> Graph:
    """Rows from the two ends of edges that are known to be distinct: a counting sort, O(nodes + edges)."""
    offsets = np.zeros(nodes + 1, np.int64)
    neighbors = np.empty(2 * first.size, np.int32)
    _fill_rows(first, second, offsets, neighbors)
    return Graph(offsets, neighbors)


def graph_of(source: Any) -> tuple[Graph, list[Any]]:
    """The graph of a Graph, a SciPy sparse matrix, a networkx graph or an igraph object, with its nodes' labels in order.

    Directions and weights are dropped. Raises ValueError for anything else, and as `graph_from_pairs`.
    """
    if isinstance(source, Graph):
        return source, list(range(source.nodes))
    if hasattr(source, "get_edgelist") and hasattr(source, "vcount"):  # igraph
        labels = list(source.vs["name"]) if "name" in source.vs.attributes() else list(range(source.vcount()))
        edges = np.array(source.get_edgelist(), dtype=np.int64).reshape(-1, 2)
        return graph_from_pairs(source.vcount(), _once(edges)), labels
    if hasattr(source, "adjacency") and hasattr(source, "nodes") and hasattr(source, "edges"):  # networkx
        labels = list(source.nodes)
        number = {label: index for index, label in enumerate(labels)}
        edges = np.array([(number[a], number[b]) for a, b, *_ in source.edges()], dtype=np.int64).reshape(-1, 2)
        return graph_from_pairs(len(labels), _once(edges)), labels
    if hasattr(source, "tocoo"):
        matrix = source.tocoo()
        if matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"an adjacency matrix must be square; got {matrix.shape}")
        edges = np.column_stack((matrix.row, matrix.col)).astype(np.int64)
        return graph_from_pairs(matrix.shape[0], _once(edges)), list(range(matrix.shape[0]))
    raise ValueError(
        f"a graph must be a Graph, a networkx or igraph graph or a sparse matrix; got {type(source).__name__}"
    )


def graph_of_labels(labels: Sequence[Any], edges: Sequence[tuple[Any, Any]]) -> Graph:
    """The graph of labeled edges among labeled nodes. Raises ValueError that names labels which stand on no node."""
    number = {label: index for index, label in enumerate(labels)}
    if len(number) < len(labels):
        twice = next(label for index, label in enumerate(labels) if number[label] != index)
        raise ValueError(f"node labels must differ; {twice!r} stands on two nodes")
    unknown = sorted({str(label) for edge in edges for label in edge if label not in number})
    if unknown:
        shown = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
        raise ValueError(f"edges must join labels of nodes; these stand on no node: {shown}")
    pairs = np.array([(number[a], number[b]) for a, b in edges], dtype=np.int64).reshape(-1, 2)
    return graph_from_pairs(len(labels), _once(pairs))


def _once(edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Edges of a directed or doubled list once, without those from a node to itself."""
    ordered = np.sort(edges[edges[:, 0] != edges[:, 1]], axis=1)
    return np.unique(ordered, axis=0)


@njit(cache=True, nogil=True)
def _fill_rows(
    first: NDArray[np.int32], second: NDArray[np.int32], offsets: NDArray[np.int64], neighbors: NDArray[np.int32]
) -> None:
    nodes = offsets.size - 1
    for e in range(first.size):
        offsets[first[e] + 1] += 1
        offsets[second[e] + 1] += 1
    for i in range(nodes):
        offsets[i + 1] += offsets[i]
    for e in range(first.size):
        a, b = first[e], second[e]
        neighbors[offsets[a]] = b
        offsets[a] += 1
        neighbors[offsets[b]] = a
        offsets[b] += 1
    for i in range(nodes, 0, -1):
        offsets[i] = offsets[i - 1]
    offsets[0] = 0
    # Rows are short: insertion keeps their neighbors in order.
    for i in range(nodes):
        begin, end = offsets[i], offsets[i + 1]
        if end - begin > 64:
            neighbors[begin:end] = np.sort(neighbors[begin:end])
            continue
        for k in range(begin + 1, end):
            value = neighbors[k]
            j = k - 1
            while j >= begin and neighbors[j] > value:
                neighbors[j + 1] = neighbors[j]
                j -= 1
            neighbors[j + 1] = value


@njit(cache=True, nogil=True)
def _first_fault(offsets: NDArray[np.int64], neighbors: NDArray[np.int32]) -> int:
    """The first entry that joins a node to itself or repeats its row's last one; -1 where there is none."""
    for i in range(offsets.size - 1):
        for k in range(offsets[i], offsets[i + 1]):
            if neighbors[k] == i or (k > offsets[i] and neighbors[k] == neighbors[k - 1]):
                return k
    return -1
