"""Exact generator of random spatial networks in time O(nodes + edges), on all cores.

Nodes are sorted into cells along a Morton curve, and by dyadic classes of weight. Pairs of cells are met at the coarsest size of
cells at which they are not near each other, so that distances are bounded on both sides; there, candidates are reached by geometric
skips at the bound p̄ and accepted with p / p̄. Method in the spirit of Batagelj and Brandes 2005 and of Bringmann, Keusch and
Lengler 2019 (geometric inhomogeneous random graphs); each unordered pair is tried once.
"""

from __future__ import annotations

import math
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..engines.graph import Graph, compressed
from ..numerics.xoshiro import streams
from .spatial_graph import SpatialNetwork
from .spatial_kernels import Kernel
from .spatial_model import SpatialModel, SpatialWarning, saturated_share
from .spatial_sampling_kernels import (
    Domain,
    KernelArrays,
    Level,
    PlacedNodes,
    kernel_arrays,
    sample_all_pairs,
    sample_cells,
)

SATURATED = 1e-3
NEAR = 3
TOP_SIDE = 8
CELLS_PER_SCALE = {1: 8, 2: 2}
FEWEST_PER_CELL = 2.0
# An offset whose whole set of pairs holds fewer expected candidates than this is left out.
NEGLIGIBLE = 1e-12
CANDIDATES_PER_TASK, VISITS_PER_TASK = 300_000, 5_000_000


def generate_network(model: SpatialModel, seed: int, *, threads: int | None = None) -> SpatialNetwork:
    """A network of the model: uniform places, expected degrees from its law, edges drawn exactly.

    Nodes are numbered along a Morton curve, so that neighbors are near each other in memory too. The same seed gives the same
    network for any number of `threads` (all cores by default). Warns where probabilities end at one for more than a thousandth
    of the expected edges: degrees then fall short of their law.
    """
    places, law, edges = np.random.SeedSequence(seed).spawn(3)
    positions = np.random.default_rng(places).random((model.nodes, model.dimension)) * model.size
    side = _cells_a_side(model.nodes, model.size, model.kernel)
    positions = positions[np.argsort(_codes(positions, model.size, side), kind="stable")]
    degrees = model.degrees.sample(model.nodes, np.random.default_rng(law))
    lost = saturated_share(model, degrees)
    if lost > SATURATED:
        warnings.warn(
            f"edge probabilities end at one, and {100 * lost:.2g}% of the expected edges are lost: the mean degree is "
            f"{model.degrees.mean * (1 - lost):.4g} in place of {model.degrees.mean:.4g}; take a higher density or a longer kernel",
            SpatialWarning,
            stacklevel=2,
        )
    graph = sample_edges(
        positions,
        model.weights(degrees),
        model.kernel,
        model.size,
        periodic=model.periodic,
        seed=int(edges.generate_state(1, np.uint64)[0]),
        threads=threads,
    )
    return SpatialNetwork(graph, positions, model.size if model.periodic else None, degrees)


def sample_edges(
    positions: ArrayLike,
    weights: ArrayLike,
    kernel: Kernel,
    size: float,
    *,
    periodic: bool = True,
    seed: int,
    threads: int | None = None,
) -> Graph:
    """Join nodes i and j at positions (nodes, dimension) in [0, size)^d with probability min(1, w_i w_j f(distance)).

    Raises ValueError for positions that are not finite, outside the domain or of another dimension than the kernel, and for
    weights that are negative or not finite.
    """
    placed, weight = check_places(positions, weights, kernel, size)
    tasks, nodes, order = _plan(placed, weight, kernel, size, periodic)
    arrays = kernel_arrays(kernel)
    states = streams(seed, max(1, len(tasks)))

    def edges_of(number: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        return tasks[number].run(nodes, arrays, states[number])

    workers = threads or len(os.sched_getaffinity(0))
    if workers == 1 or len(tasks) < 2:
        found = [edges_of(number) for number in range(len(tasks))]
    else:
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(edges_of, range(len(tasks))))
    total = sum(part[0].size for part in found)
    ends = np.empty(total, np.int32), np.empty(total, np.int32)
    begin = 0
    for number, part in enumerate(found):
        for end, values in zip(ends, part, strict=True):
            end[begin : begin + values.size] = order[values]
        begin += part[0].size
        found[number] = (part[0][:0], part[1][:0])
    return compressed(weight.size, *ends)


def sample_edges_by_pairs(
    positions: ArrayLike, weights: ArrayLike, kernel: Kernel, size: float, *, periodic: bool = True, seed: int
) -> Graph:
    """The same law by trying every pair, O(nodes²): what the fast generator is compared with. Raises as `sample_edges`."""
    placed, weight = check_places(positions, weights, kernel, size)
    nodes = PlacedNodes(*_columns(placed), weight)
    domain = Domain(size, periodic, kernel.dimension, np.zeros(1, np.int64))
    capacity = 1024
    while True:
        ends = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
        count = sample_all_pairs(nodes, domain, kernel_arrays(kernel), streams(seed, 1)[0], *ends)
        if count >= 0:
            return compressed(weight.size, ends[0][:count], ends[1][:count])
        capacity *= 4


def check_places(
    positions: ArrayLike, weights: ArrayLike, kernel: Kernel, size: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (nodes, dimension) and weights (nodes,) as float64, or ValueError."""
    placed, weight = np.asarray(positions, dtype=float), np.asarray(weights, dtype=float)
    placed = placed[:, None] if placed.ndim == 1 else placed
    if placed.ndim != 2 or placed.shape[1] != kernel.dimension:
        raise ValueError(f"positions must have shape (nodes, {kernel.dimension}), as the kernel; got {placed.shape}")
    if not np.isfinite(placed).all():
        raise ValueError(f"positions must be finite; row {int(np.argmin(np.isfinite(placed).all(axis=1)))} is not")
    if not (math.isfinite(size) and size > 0):
        raise ValueError(f"size must be positive and finite; got {size!r}")
    outside = ((placed < 0) | (placed > size)).any(axis=1)
    if outside.any():
        raise ValueError(f"positions must lie in [0, {size:g}]; row {int(np.argmax(outside))} does not")
    if weight.shape != (len(placed),) or not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError(f"weights must be {len(placed)} finite numbers, none negative; got shape {weight.shape}")
    return np.ascontiguousarray(placed), weight


@dataclass(frozen=True)
class _Task:
    """Some cells of one class, against all offsets of one level and another class (or the same)."""

    cells: NDArray[np.int64]
    cell_x: NDArray[np.int64]
    cell_y: NDArray[np.int64]
    start_a: NDArray[np.int64]
    start_b: NDArray[np.int64]
    same_class: bool
    level: Level
    domain: Domain
    candidates: float

    def run(
        self, nodes: PlacedNodes, kernel: KernelArrays, state: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        capacity = int(self.candidates + 6 * math.sqrt(self.candidates) + 64)
        while True:
            ends = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
            count = sample_cells(
                self.cells,
                self.cell_x,
                self.cell_y,
                self.start_a,
                self.start_b,
                self.same_class,
                self.level,
                self.domain,
                nodes,
                kernel,
                state.copy(),
                *ends,
            )
            if count >= 0:
                return ends[0][:count].copy(), ends[1][:count].copy()
            capacity *= 2  # clustered places hold more pairs than even ones


def _plan(
    positions: NDArray[np.float64], weights: NDArray[np.float64], kernel: Kernel, size: float, periodic: bool
) -> tuple[list[_Task], PlacedNodes, NDArray[np.int64]]:
    """Tasks, nodes in the tasks' order, and the user's number of each."""
    dimension, side = kernel.dimension, _cells_a_side(weights.size, size, kernel)
    codes, classes = _codes(positions, size, side), _classes(weights)
    order = np.lexsort((codes, classes))
    order = order[weights[order] > 0]
    x, y = _columns(positions)
    nodes = PlacedNodes(x[order], y[order], weights[order])
    sorted_codes, sorted_classes = codes[order], classes[order]
    domain = Domain(float(size), periodic, dimension, _spread_bits(side))
    groups = []
    for each in np.unique(sorted_classes):
        begin, end = np.searchsorted(sorted_classes, [each, each + 1])
        start = begin + np.concatenate(
            ([0], np.cumsum(np.bincount(sorted_codes[begin:end], minlength=side**dimension)))
        )
        groups.append((end - begin, nodes.weight[begin:end].max(), start, sorted_codes[begin:end]))
    tasks: list[_Task] = []
    for depth in range(max(1, (side // TOP_SIDE).bit_length())):
        per_side = side >> depth
        is_top = per_side <= TOP_SIDE
        across, up, floor = _offsets(per_side, depth == 0, is_top, periodic, dimension, size / per_side, kernel)
        occupied = [np.unique(group[3] >> (dimension * depth)) for group in groups]
        for a, group_a in enumerate(groups):
            for b, group_b in enumerate(groups):
                if (group_a[0], a) > (group_b[0], b):
                    continue  # the rarer class's cells are walked
                bound = np.minimum(1.0, group_a[1] * group_b[1] * floor)
                kept = bound * group_a[0] * group_b[0] > NEGLIGIBLE
                if not kept.any():
                    continue
                level = Level(per_side, dimension * depth, is_top, NEAR, across[kept], up[kept], bound[kept])
                tasks += _split(occupied[a], group_a, group_b, a == b, level, domain)
    return tasks, nodes, order


def _split(
    cells: NDArray[np.int64], group_a: tuple, group_b: tuple, same: bool, level: Level, domain: Domain
) -> list[_Task]:
    """A level of a pair of classes in parts of about equal work."""
    candidates = float(level.bound.sum()) * group_a[0] * group_b[0] / level.per_side**domain.dimension
    visits = cells.size * level.bound.size
    parts = max(1, math.ceil(candidates / CANDIDATES_PER_TASK), math.ceil(visits / VISITS_PER_TASK))
    x, y = _unspread(cells, domain.dimension)
    edges = np.linspace(0, cells.size, parts + 1).astype(int)
    return [
        _Task(cells[i:j], x[i:j], y[i:j], group_a[2], group_b[2], same, level, domain, candidates / parts)
        for i, j in pairwise(edges.tolist())
        if j > i
    ]


def _offsets(
    per_side: int, bottom: bool, top: bool, periodic: bool, dimension: int, step: float, kernel: Kernel
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Offsets of cells that a level handles, and f at the least distance that each allows."""
    if not top:
        line = np.arange(-2 * NEAR - 1, 2 * NEAR + 2)
    elif periodic:
        line = np.arange(-((per_side - 1) // 2), per_side // 2 + 1)
    else:
        line = np.arange(1 - per_side, per_side)
    columns = np.meshgrid(line, line if dimension == 2 else np.zeros(1, np.int64), indexing="ij")
    across, up = columns[0].ravel(), columns[1].ravel()
    if not bottom:
        far = np.maximum(np.abs(across), np.abs(up)) > NEAR
        across, up = across[far], up[far]
    least = np.hypot(np.maximum(np.abs(across) - 1, 0), np.maximum(np.abs(up) - 1, 0)) * step
    # Rounding may put a node just outside its cell: the bound is taken a little nearer.
    return across, up, kernel.density(least * (1 - 1e-9))


def _cells_a_side(nodes: int, size: float, kernel: Kernel) -> int:
    """A power of two: cells a fraction of the kernel's scale wide, unless hardly any node would lie in one."""
    wanted = size * CELLS_PER_SCALE[kernel.dimension] / kernel.scale
    allowed = (nodes / FEWEST_PER_CELL) ** (1 / kernel.dimension)
    return 2 ** max(0, math.floor(math.log2(max(1.0, min(wanted, allowed)))))


def _classes(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Dyadic classes of weight, the largest first; what lies far below the mean shares one, for it has hardly any edges."""
    top = weights.max(initial=0.0)
    if top == 0:
        return np.zeros(weights.size, np.int64)
    lowest = math.ceil(math.log2(top / weights.mean())) + 1
    below = np.floor(np.log2(top / np.maximum(weights, top * 2.0**-lowest)))
    return np.minimum(below, lowest).astype(np.int64)


def _codes(positions: NDArray[np.float64], size: float, side: int) -> NDArray[np.int64]:
    cells = np.minimum((positions * (side / size)).astype(np.int64), side - 1)
    if positions.shape[1] == 1:
        return cells[:, 0]
    spread = _spread_bits(side)
    return spread[cells[:, 0]] | (spread[cells[:, 1]] << 1)


def _spread_bits(side: int) -> NDArray[np.int64]:
    """Each number below `side` with a zero between any two of its bits."""
    numbers = np.arange(side, dtype=np.int64)
    spread = np.zeros(side, np.int64)
    for bit in range(max(1, side.bit_length())):
        spread |= ((numbers >> bit) & 1) << (2 * bit)
    return spread


def _unspread(codes: NDArray[np.int64], dimension: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cell coordinates of codes."""
    if dimension == 1:
        return codes, np.zeros_like(codes)
    x, y = np.zeros_like(codes), np.zeros_like(codes)
    for bit in range(31):
        x |= ((codes >> (2 * bit)) & 1) << bit
        y |= ((codes >> (2 * bit + 1)) & 1) << bit
    return x, y


def _columns(positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y, contiguous; y is zero in one dimension."""
    x = np.ascontiguousarray(positions[:, 0])
    return x, np.ascontiguousarray(positions[:, 1]) if positions.shape[1] == 2 else np.zeros_like(x)
