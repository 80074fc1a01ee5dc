"""Compiled inner loops of the spatial network generator: walk over pairs of cells, skip geometrically, accept."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.xoshiro import uniform
from .spatial_kernels import KINDS, Kernel

GAUSSIAN, EXPONENTIAL, DISC, ALGEBRAIC, UNIFORM, TABLE = range(len(KINDS))
LONGEST_SKIP = 4.0e18


class KernelArrays(NamedTuple):
    """A kernel for compiled code: f(r) = Σ front · shape(r / scale), tables back to back."""

    kind: NDArray[np.int64]
    scale: NDArray[np.float64]
    front: NDArray[np.float64]
    power: NDArray[np.float64]
    table_start: NDArray[np.int64]
    distances: NDArray[np.float64]
    values: NDArray[np.float64]


class PlacedNodes(NamedTuple):
    """Nodes sorted by class of weight and then by cell: coordinates (y is zero in one dimension) and weights."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weight: NDArray[np.float64]


class Domain(NamedTuple):
    """Side of the domain, whether it closes on itself, its dimension, and the bits of cell numbers spread for Morton codes."""

    size: float
    periodic: bool
    dimension: int
    spread: NDArray[np.int64]


class Level(NamedTuple):
    """One size of cells: cells a side, bits below its codes, whether coarser cells exist, and offsets with their bounds."""

    per_side: int
    shift: int
    is_top: bool
    near: int
    across: NDArray[np.int64]
    up: NDArray[np.int64]
    bound: NDArray[np.float64]


def kernel_arrays(kernel: Kernel) -> KernelArrays:
    """The parts of a kernel, with each front factor f(0) times its weight (tables carry their own values)."""
    starts = np.cumsum([0] + [len(part.distances) for part in kernel.parts])
    single = [Kernel(kernel.dimension, (part,)) for part in kernel.parts]
    front = [
        part.weight if part.kind == "table" else float(each.density(0.0))
        for part, each in zip(kernel.parts, single, strict=True)
    ]
    return KernelArrays(
        np.array([KINDS.index(part.kind) for part in kernel.parts]),
        np.array([part.scale for part in kernel.parts]),
        np.array(front),
        np.array([-kernel.dimension - part.exponent for part in kernel.parts], dtype=float),
        starts.astype(np.int64),
        np.array([r for part in kernel.parts for r in part.distances], dtype=float),
        np.array([f for part in kernel.parts for f in part.values], dtype=float),
    )


@njit(cache=True, nogil=True)
def kernel_density(kernel: KernelArrays, distance: float) -> float:
    """f at one distance."""
    total = 0.0
    for k in range(kernel.kind.size):
        q = distance / kernel.scale[k]
        kind = kernel.kind[k]
        if kind == GAUSSIAN:
            total += kernel.front[k] * math.exp(-0.5 * q * q)
        elif kind == EXPONENTIAL:
            total += kernel.front[k] * math.exp(-q)
        elif kind == DISC:
            if q <= 1.0:
                total += kernel.front[k]
        elif kind == ALGEBRAIC:
            total += kernel.front[k] * (1.0 + q) ** kernel.power[k]
        elif kind == UNIFORM:
            total += kernel.front[k]
        else:
            begin, end = kernel.table_start[k], kernel.table_start[k + 1]
            if distance < kernel.distances[end - 1]:
                low, high = begin, end - 1
                while high - low > 1:
                    middle = (low + high) // 2
                    if kernel.distances[middle] <= distance:
                        low = middle
                    else:
                        high = middle
                share = (distance - kernel.distances[low]) / (kernel.distances[high] - kernel.distances[low])
                value = kernel.values[low] + share * (kernel.values[high] - kernel.values[low])
                total += kernel.front[k] * value
    return total


@njit(cache=True, nogil=True)
def sample_cells(
    cells: NDArray[np.int64],
    cell_x: NDArray[np.int64],
    cell_y: NDArray[np.int64],
    start_a: NDArray[np.int64],
    start_b: NDArray[np.int64],
    same_class: bool,
    level: Level,
    domain: Domain,
    nodes: PlacedNodes,
    kernel: KernelArrays,
    state: NDArray[np.uint64],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
) -> int:
    """Edges between class a's nodes in some cells and class b's at all offsets of a level; -1 where the arrays are too short.

    Every unordered pair of cells is met once in the whole plan, at the coarsest level at which the two are not near each other.
    """
    offsets, side, half = level.across.size, level.per_side, level.per_side // 2
    skip = np.empty(offsets, np.int64)
    scale = np.empty(offsets, np.float64)
    for o in range(offsets):
        bound = level.bound[o]
        scale[o] = 0.0 if bound >= 1.0 else 1.0 / math.log1p(-bound)
        skip[o] = _skip(state, scale[o])
    count = 0
    for c in range(cells.size):
        code, cx, cy = cells[c], cell_x[c], cell_y[c]
        a0, a1 = start_a[code << level.shift], start_a[(code + 1) << level.shift]
        for o in range(offsets):
            bx, by = cx + level.across[o], cy + level.up[o]
            if domain.periodic:
                bx += side if bx < 0 else 0
                bx -= side if bx >= side else 0
                if domain.dimension == 2:
                    by += side if by < 0 else 0
                    by -= side if by >= side else 0
            elif bx < 0 or bx >= side or (domain.dimension == 2 and (by < 0 or by >= side)):
                continue
            if not level.is_top:
                px, py = abs((bx >> 1) - (cx >> 1)), abs((by >> 1) - (cy >> 1))
                if domain.periodic:
                    px, py = min(px, half - px), min(py, half - py)
                    if domain.dimension == 1:
                        py = 0
                if px > level.near or py > level.near:
                    continue
            other = bx if domain.dimension == 1 else domain.spread[bx] | (domain.spread[by] << 1)
            if same_class and other < code:
                continue
            b0, b1 = start_b[other << level.shift], start_b[(other + 1) << level.shift]
            width = b1 - b0
            pairs = (a1 - a0) * width
            at = skip[o]
            while at < pairs:
                i, j = a0 + at // width, b0 + at % width
                at += 1 + _skip(state, scale[o])
                if same_class and other == code and j <= i:
                    continue
                dx, dy = abs(nodes.x[i] - nodes.x[j]), abs(nodes.y[i] - nodes.y[j])
                if domain.periodic:
                    dx, dy = min(dx, domain.size - dx), min(dy, domain.size - dy)
                chance = nodes.weight[i] * nodes.weight[j] * kernel_density(kernel, math.sqrt(dx * dx + dy * dy))
                if uniform(state) * level.bound[o] < chance:
                    if count == first.size:
                        return -1
                    first[count], second[count] = i, j
                    count += 1
            skip[o] = at - pairs
    return count


@njit(cache=True, nogil=True)
def _skip(state: NDArray[np.uint64], scale: float) -> int:
    """How many pairs are passed over before the next candidate; `scale` is 1 / ln(1 − p), or 0 for p = 1."""
    if scale == 0.0:
        return 0
    return int(min(math.log(1.0 - uniform(state)) * scale, LONGEST_SKIP))


@njit(cache=True, nogil=True)
def sample_all_pairs(
    nodes: PlacedNodes,
    domain: Domain,
    kernel: KernelArrays,
    state: NDArray[np.uint64],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
) -> int:
    """The same law by trying every pair: quadratic, for comparison; returns the number of edges, -1 where arrays are short."""
    count = 0
    for i in range(nodes.x.size):
        for j in range(i + 1, nodes.x.size):
            dx, dy = abs(nodes.x[i] - nodes.x[j]), abs(nodes.y[i] - nodes.y[j])
            if domain.periodic:
                dx, dy = min(dx, domain.size - dx), min(dy, domain.size - dy)
            chance = nodes.weight[i] * nodes.weight[j] * kernel_density(kernel, math.hypot(dx, dy))
            if uniform(state) < chance:
                if count == first.size:
                    return -1
                first[count], second[count] = i, j
                count += 1
    return count
