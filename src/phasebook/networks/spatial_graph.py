"""Graphs whose nodes have places in space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..engines.graph import Graph


@dataclass(frozen=True)
class SpatialNetwork:
    """A graph whose nodes have places: positions (nodes, dimension) in [0, size)^dimension where the domain is periodic.

    `expected_degrees` (nodes,) are those that the network was drawn with; None for a network that was measured. `size` is None
    where the domain has no seam.
    """

    graph: Graph
    positions: NDArray[np.float64]
    size: float | None
    expected_degrees: NDArray[np.float64] | None = None

    @property
    def dimension(self) -> int:
        """One or two."""
        return self.positions.shape[1]

    def distances_from(self, point: ArrayLike) -> NDArray[np.float64]:
        """Distances of all nodes from a point, the short way around a periodic domain."""
        away = self.positions - np.asarray(point, dtype=float)
        return np.hypot.reduce(shortest(away, self.size), axis=1)

    def edge_lengths(self, pairs: NDArray | None = None) -> NDArray[np.float64]:
        """Length of every edge, or of given pairs of nodes."""
        ends = self.graph.pairs() if pairs is None else pairs
        away = shortest(self.positions[ends[:, 0]] - self.positions[ends[:, 1]], self.size)
        return np.hypot.reduce(away, axis=1)


def shortest(displacement: NDArray[np.float64], size: float | None) -> NDArray[np.float64]:
    """Displacements the short way around a periodic domain."""
    return displacement if size is None else displacement - size * np.round(displacement / size)
