"""The sparsity exponent of a network from its degrees, by maximum likelihood, and its size from its edges.

Degrees of a power-law graphex follow Sibuya's law up to terms that are exponentially small in the size, so that the share of leaves
is a first guess of σ; degrees up to a bound are fitted, because the largest ones depend on the few best connected nodes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from ..engines.graph import Graph
from ..errors import PhasebookError
from ..numerics.measured import Measured

LARGEST_DEGREE = 50


class NoPeriphery(PhasebookError, ValueError):
    """The network has no nodes of degree one: it is no sparse graph with a periphery."""


@dataclass(frozen=True)
class GraphexFit:
    """σ with its standard error, the share of leaves (the first guess), ν = √(2m), and how many nodes were fitted."""

    sigma: Measured
    leaf_share: float
    size: float
    nodes: int


def estimate_graphex(graph: Graph, *, largest_degree: int = LARGEST_DEGREE) -> GraphexFit:
    """σ by maximum likelihood of the degrees 1 … `largest_degree` under Sibuya's law, conditioned on that range.

    The standard error counts nodes as independent: it leaves out what all degrees share. Raises NoPeriphery without leaves,
    ValueError for a graph without edges or `largest_degree` below 2.
    """
    if isinstance(largest_degree, bool) or not isinstance(largest_degree, int) or largest_degree < 2:
        raise ValueError(f"largest_degree must be an integer of at least 2; got {largest_degree!r}")
    if graph.edges == 0:
        raise ValueError("graph must have an edge; it has none")
    counts = np.bincount(graph.degrees, minlength=largest_degree + 1)[: largest_degree + 1].astype(float)
    counts[0] = 0.0
    if counts[1] == 0:
        raise NoPeriphery(
            "the network has no nodes of degree 1, so no periphery: a graphon (dense graph) describes it better than a graphex"
        )
    nodes = int(counts.sum())
    found = optimize.minimize_scalar(
        lambda sigma: -_log_likelihood(sigma, counts),
        bounds=(1e-4, 1.0 - 1e-4),
        method="bounded",
        options={"xatol": 1e-9},
    )
    sigma = float(found.x)
    step = 1e-4 * min(sigma, 1.0 - sigma)
    curvature = (
        _log_likelihood(sigma + step, counts)
        - 2.0 * _log_likelihood(sigma, counts)
        + _log_likelihood(sigma - step, counts)
    ) / step**2
    stderr = 1.0 / math.sqrt(-curvature) if curvature < 0 else math.inf
    share = float(counts[1] / np.count_nonzero(graph.degrees))
    return GraphexFit(Measured(sigma, stderr, math.inf), share, math.sqrt(2.0 * graph.edges), nodes)


def _log_likelihood(sigma: float, counts: NDArray[np.float64]) -> float:
    k = np.arange(1, counts.size)
    one = math.log(sigma) - special.gammaln(1.0 - sigma) + special.gammaln(k - sigma) - special.gammaln(k + 1.0)
    # The share of all nodes beyond the largest degree K is Γ(K + 1 − σ)/(K! Γ(1 − σ)).
    last = counts.size - 1
    beyond = math.exp(special.gammaln(last + 1.0 - sigma) - special.gammaln(last + 1.0) - special.gammaln(1.0 - sigma))
    return float(counts[1:] @ one - counts.sum() * math.log1p(-beyond))
