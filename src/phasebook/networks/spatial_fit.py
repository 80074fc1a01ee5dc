"""The distance kernel of a measured network: edge lengths against what the nodes' places alone would give."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from .spatial_graph import SpatialNetwork, shortest
from .spatial_kernels import Kernel, algebraic_kernel, exponential_kernel, gaussian_kernel

FEWEST_EDGES = 20
PAIRS = 4_000_000
BINS = 400


@dataclass(frozen=True)
class KernelFit:
    """The best kernel of three families, and how much worse the others are in Akaike's criterion (0 for the best)."""

    kernel: Kernel
    name: str
    criterion: dict[str, float]
    density_ratio: NDArray[np.float64]
    distances: NDArray[np.float64]


def fit_kernel(network: SpatialNetwork, *, seed: int = 0) -> KernelFit:
    """Maximum likelihood of a Gaussian, exponential or algebraic kernel: edges at distance r are f(r) times the pairs at r.

    Distances of pairs come from all nodes to random ones. `density_ratio` at `distances` is the histogram of edge lengths over
    that of pairs, scaled to the kernel's. Raises ValueError for fewer than 20 edges, or edges of length zero only.
    """
    lengths = network.edge_lengths()
    if lengths.size < FEWEST_EDGES or not lengths.max() > 0:
        raise ValueError(f"network must have at least {FEWEST_EDGES} edges of positive length; it has {lengths.size}")
    random, nodes = np.random.default_rng(seed), network.graph.nodes
    sources = random.choice(nodes, min(nodes, max(1, PAIRS // nodes)), replace=False)
    shortest_kept = float(np.quantile(lengths, 0.02)) / 4 + 1e-12 * float(lengths.max())
    edges = np.concatenate(([0.0], np.geomspace(shortest_kept, 1.0001 * _diameter(network), BINS)))
    pairs = np.zeros(edges.size - 1)
    for source in sources:
        away = shortest(network.positions - network.positions[source], network.size)
        distance = np.delete(np.hypot.reduce(away, axis=1), source)
        pairs += np.histogram(distance, edges)[0]
    counts = np.histogram(lengths, edges)[0]
    middle = (edges[1:] + edges[:-1]) / 2
    held = pairs > 0
    pair_share = pairs / (sources.size * nodes)

    def loss(kernel: Kernel) -> float:
        f = np.maximum(kernel.density(middle), 1e-300)
        return float(lengths.size * math.log((f * pair_share)[held].sum() + 1e-300) - (counts * np.log(f))[held].sum())

    dimension, typical = network.dimension, float(np.median(lengths))
    found: dict[str, tuple[float, Kernel]] = {}
    for name, make in (("gaussian", gaussian_kernel), ("exponential", exponential_kernel)):
        best = optimize.minimize_scalar(
            lambda log, make=make: loss(make(math.exp(log), dimension)),
            bounds=(math.log(typical / 20), math.log(typical * 20)),
            method="bounded",
        )
        found[name] = 2 * best.fun + 2, make(math.exp(best.x), dimension)
    tail = optimize.minimize(
        lambda point: loss(algebraic_kernel(math.exp(point[0]), math.exp(point[1]), dimension)),
        [math.log(typical), 0.5],
        method="Nelder-Mead",
        bounds=[(math.log(typical / 50), math.log(typical * 50)), (math.log(0.1), math.log(20.0))],
        options={"xatol": 1e-4, "fatol": 1e-3},
    )
    found["algebraic"] = 2 * tail.fun + 4, algebraic_kernel(math.exp(tail.x[0]), math.exp(tail.x[1]), dimension)
    name = min(found, key=lambda each: found[each][0])
    kernel = found[name][1]
    coarse = np.add.reduceat(counts, np.arange(0, BINS, 10)), np.add.reduceat(pair_share, np.arange(0, BINS, 10))
    seen = (coarse[0] > 0) & (coarse[1] > 0)
    expected = np.add.reduceat(kernel.density(middle) * pair_share, np.arange(0, BINS, 10))[seen]
    at = np.add.reduceat(middle * pair_share, np.arange(0, BINS, 10))[seen] / coarse[1][seen]
    scale = expected.sum() / coarse[0][seen].sum()
    return KernelFit(
        kernel,
        name,
        {key: value - found[name][0] for key, (value, _) in found.items()},
        coarse[0][seen] / coarse[1][seen] * scale,
        at,
    )


def _diameter(network: SpatialNetwork) -> float:
    if network.size is not None:
        return network.size * math.sqrt(network.dimension) / 2
    return float(np.hypot.reduce(np.ptp(network.positions, axis=0)))
