"""Sparse random graphs with hubs: the graphex process of a separable power law, its degree laws, and exact sampling.

Unit-rate Poisson points (θ, α) on the quarter plane; two points are joined with probability W(α, β) = ξ(α)ξ(β), where
ξ(α) = c (1 + α)^(−1/σ) and c = (1 − σ)/σ, so that ∫ξ = 1; the graph of size ν keeps θ ≤ ν and drops isolated points. Its edges
number ν²/2 on average, and the share of nodes of degree k tends to σ Γ(k − σ)/(k! Γ(1 − σ)), with a tail k^(−1−σ).
Sources: Caron and Fox 2017, Veitch and Roy 2015, Borgs et al. 2018; this kernel as in arXiv 2401.12686; laws derived here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from ..engines.graph import Graph, compressed
from ..numerics.xoshiro import streams
from .graphex_kernels import sample_edges

FAINTEST = 1.0 / 50.0  # expected degree of the last point that is drawn whether it has an edge or not
LARGEST_EXPECTED_EDGES = 5e8
LARGEST_POINTS = 2e8


@dataclass(frozen=True)
class Graphex:
    """A separable power-law graphex with sparsity exponent σ in (0, 1); from 1/2 on W ≤ 1, below W is cut at 1 with `clip`."""

    sigma: float = 0.5
    clip: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.sigma < 1.0:
            raise ValueError(f"sigma must lie in (0, 1); got {self.sigma!r}")
        if self.sigma < 0.5 and not self.clip:
            raise ValueError(
                f"sigma must be at least 0.5, or W exceeds 1 (clip=True cuts it there); got {self.sigma!r}"
            )

    @property
    def scale(self) -> float:
        """c = (1 − σ)/σ, the expected degree per unit of size of the best connected point."""
        return (1.0 - self.sigma) / self.sigma

    def marginal(self, alpha: ArrayLike) -> NDArray[np.float64]:
        """ξ(α): expected degree of a point per unit of size (an upper bound where W is cut)."""
        return self.scale * (1.0 + np.asarray(alpha, dtype=float)) ** (-1.0 / self.sigma)

    def expected_edges(self, size: float) -> float:
        """ν²/2, for W that is not cut."""
        _check_size(size)
        return 0.5 * size * size

    def expected_nodes(self, size: float) -> float:
        """Mean number of nodes with an edge, where W is not cut: ν ∫(1 − exp(−νξ)), by incomplete gamma functions."""
        _check_size(size)
        top = size * self.scale
        # Integration by parts of ν ∫ (1 − e^(−νξ(α))) dα.
        lower = special.gammainc(1.0 - self.sigma, top) * special.gamma(1.0 - self.sigma)
        return size * (top**self.sigma * lower + math.expm1(-top))

    def expected_degree_counts(self, size: float, degrees: ArrayLike) -> Float[np.ndarray, " degrees"]:
        """Mean number of nodes of each degree, N_k = ν ∫ Poisson(k; νξ(α)) dα = νσ(νc)^σ Γ(k − σ) P(k − σ, νc)/k!."""
        _check_size(size)
        k = _degrees(degrees)
        top = size * self.scale
        logarithm = special.gammaln(k - self.sigma) - special.gammaln(k + 1.0)
        return size * self.sigma * top**self.sigma * np.exp(logarithm) * special.gammainc(k - self.sigma, top)

    def limiting_degree_shares(self, degrees: ArrayLike) -> Float[np.ndarray, " degrees"]:
        """Share of nodes of each degree in infinitely large graphs: Sibuya's law σ Γ(k − σ)/(k! Γ(1 − σ))."""
        k = _degrees(degrees)
        logarithm = special.gammaln(k - self.sigma) - special.gammaln(k + 1.0) - special.gammaln(1.0 - self.sigma)
        return self.sigma * np.exp(logarithm)

    def size_of_nodes(self, nodes: float) -> float:
        """The size ν at which the mean number of nodes is `nodes`. Raises ValueError below 2 nodes."""
        if not (math.isfinite(nodes) and nodes >= 2):
            raise ValueError(f"nodes must be at least 2; got {nodes!r}")
        high = 4.0
        while self.expected_nodes(high) < nodes:
            high *= 2.0
        return float(optimize.brentq(lambda size: self.expected_nodes(size) - nodes, 1e-6, high, xtol=1e-10 * high))


@dataclass(frozen=True, eq=False)
class GraphexSample:
    """One sampled graph: node i stands at `alpha[i]`; nodes without an edge are left out."""

    graph: Graph
    alpha: NDArray[np.float64]
    size: float


def sample_graph(graphex: Graphex, size: float, *, seed: int) -> GraphexSample:
    """A graph of size ν > 0, in time linear in nodes and edges.

    Points with an expected degree above 1/50 are all drawn, with edges by skips (Miller and Hagberg 2011). Of the infinitely many
    others only those with an edge: to the first kind (thinned proposals) or among themselves (pairs, whose number is Poisson);
    left out are edges among three of them or more, of which there are fewer than ½ν³T²∫ξ² (0.6 of 20,000 at σ = 0.8, ν = 200).
    Raises ValueError for a size that is not positive or whose graph would not fit (5e8 edges, 2e8 points).
    """
    _check_size(size)
    if graphex.expected_edges(size) > LARGEST_EXPECTED_EDGES:
        raise ValueError(
            f"size {size:g} would give {size * size / 2:.2g} edges; at most {LARGEST_EXPECTED_EDGES:.0e} fit"
        )
    cut = max(0.0, (size * graphex.scale / FAINTEST) ** graphex.sigma - 1.0)
    if size * cut > LARGEST_POINTS:
        raise ValueError(f"size {size:g} needs {size * cut:.2g} points; at most {LARGEST_POINTS:.0e} fit")
    [state] = streams(seed, 1)
    first, second, alpha = sample_edges(size, graphex.sigma, cut, state)
    # Renumber the points that have an edge, in the order in which they were drawn.
    seen = np.zeros(alpha.size, dtype=bool)
    seen[first], seen[second] = True, True
    number = np.cumsum(seen, dtype=np.int32) - 1
    nodes = int(seen.sum())
    return GraphexSample(compressed(nodes, number[first], number[second]), alpha[seen], size)


def degree_counts(graph: Graph, degrees: ArrayLike) -> Int[np.ndarray, " degrees"]:
    """How many nodes of a graph have each of some degrees."""
    k = _degrees(degrees)
    return np.bincount(graph.degrees, minlength=int(k.max()) + 1)[k]


def _degrees(degrees: ArrayLike) -> NDArray[np.int64]:
    k = np.atleast_1d(np.asarray(degrees))
    if k.dtype.kind not in "iu" or not k.size or k.min() < 1:
        raise ValueError(f"degrees must be positive integers; got {degrees!r}")
    return k.astype(np.int64)


def _check_size(size: float) -> None:
    if not (math.isfinite(size) and size > 0):
        raise ValueError(f"size must be positive and finite; got {size!r}")
