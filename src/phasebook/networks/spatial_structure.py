"""Structure of a network: transitivity, shortest paths from random nodes of the largest component, lengths of edges."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..engines.graph import Graph
from ..numerics.measured import Measured
from .spatial_graph import SpatialNetwork


def transitivity(graph: Graph) -> float:
    """Three times the triangles over the pairs of edges that share a node; NaN-free: 0 where there is no such pair."""
    triangles, pairs = _triangles(graph.offsets, graph.neighbors), _neighbor_pairs(graph)
    return 3 * triangles / pairs if pairs else 0.0


def transitivity_estimate(graph: Graph) -> Measured:
    """Transitivity with the standard error that a Poisson number of triangles gives. Raises ValueError without triangles."""
    triangles, pairs = _triangles(graph.offsets, graph.neighbors), _neighbor_pairs(graph)
    if triangles == 0:
        raise ValueError("graph must have a triangle for an estimate with an error; it has none")
    return Measured(3 * triangles / pairs, 3 * math.sqrt(triangles) / pairs, math.inf)


def largest_component(graph: Graph) -> NDArray[np.int64]:
    """Nodes of the largest connected component, in order."""
    labels, sizes = component_sizes(graph)
    return np.flatnonzero(labels == np.argmax(sizes))


def component_sizes(graph: Graph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Component of each node, and the size of each component."""
    labels = _components(graph.offsets, graph.neighbors)
    return labels, np.bincount(labels)


def mean_path_length(graph: Graph, *, sources: int = 30, seed: int) -> Measured:
    """Mean number of edges on a shortest path between nodes of the largest component, from random sources.

    The standard error is the scatter over sources. Raises ValueError where the component has fewer than 2 nodes.
    """
    inside = largest_component(graph)
    if inside.size < 2 or sources < 2:
        raise ValueError(f"needs a component of 2 nodes and 2 sources; got {inside.size} and {sources}")
    chosen = np.random.default_rng(seed).choice(inside, min(sources, inside.size), replace=False)
    means = np.array([_mean_distance(graph.offsets, graph.neighbors, int(node)) for node in chosen])
    return Measured(float(means.mean()), float(means.std(ddof=1) / math.sqrt(means.size)), means.size - 1)


def edge_length_counts(network: SpatialNetwork, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many edges have a length between neighboring values of `edges`."""
    return np.histogram(network.edge_lengths(), bins=edges)[0]


def _neighbor_pairs(graph: Graph) -> int:
    degrees = graph.degrees
    return int((degrees * (degrees - 1) // 2).sum())


@njit(cache=True, nogil=True)
def _triangles(offsets: NDArray[np.int64], neighbors: NDArray[np.int32]) -> int:
    """Each triangle once: sorted rows of the two ends of each edge are merged beyond the larger end."""
    total = 0
    for i in range(offsets.size - 1):
        for k in range(offsets[i], offsets[i + 1]):
            j = neighbors[k]
            if j <= i:
                continue
            a, b = k + 1, offsets[j]
            while a < offsets[i + 1] and b < offsets[j + 1]:
                if neighbors[a] == neighbors[b]:
                    if neighbors[a] > j:
                        total += 1
                    a += 1
                    b += 1
                elif neighbors[a] < neighbors[b]:
                    a += 1
                else:
                    b += 1
    return total


@njit(cache=True, nogil=True)
def _components(offsets: NDArray[np.int64], neighbors: NDArray[np.int32]) -> NDArray[np.int64]:
    nodes = offsets.size - 1
    labels = np.full(nodes, -1, np.int64)
    queue = np.empty(nodes, np.int64)
    found = 0
    for root in range(nodes):
        if labels[root] >= 0:
            continue
        labels[root] = found
        queue[0] = root
        head, tail = 0, 1
        while head < tail:
            node = queue[head]
            head += 1
            for k in range(offsets[node], offsets[node + 1]):
                other = neighbors[k]
                if labels[other] < 0:
                    labels[other] = found
                    queue[tail] = other
                    tail += 1
        found += 1
    return labels


@njit(cache=True, nogil=True)
def _mean_distance(offsets: NDArray[np.int64], neighbors: NDArray[np.int32], source: int) -> float:
    nodes = offsets.size - 1
    hops = np.full(nodes, -1, np.int64)
    queue = np.empty(nodes, np.int64)
    queue[0] = source
    hops[source] = 0
    head, tail, total = 0, 1, 0
    while head < tail:
        node = queue[head]
        head += 1
        total += hops[node]
        for k in range(offsets[node], offsets[node + 1]):
            other = neighbors[k]
            if hops[other] < 0:
                hops[other] = hops[node] + 1
                queue[tail] = other
                tail += 1
    return total / max(1, tail - 1)
