"""Fronts and patches of an outbreak in space: speed of a front, distant foci, share of long jumps, arrival maps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from ..numerics.statistics import fit_line
from .epidemics_simulation import Outbreak
from .spatial_graph import SpatialNetwork, shortest

PATCH_GAP = 5.0
PATCH_SHARE = 0.1
LONG_EDGE = 10.0
FEWEST_PER_BIN = 5
LEAST_SHARE, FOREIGN_SHARE, FEWEST_DESCENDANTS = 0.005, 0.25, 200


@dataclass(frozen=True)
class Patch:
    """A connected group of infected cells in the plane: when it was seeded, its center, and its radius over time."""

    seeded: float
    center: NDArray[np.float64]
    times: NDArray[np.float64]
    radii: NDArray[np.float64]


def nearest_nodes(network: SpatialNetwork, point: ArrayLike, count: int) -> NDArray[np.int64]:
    """The `count` nodes nearest to a point: a patch to seed. Raises ValueError for more than there are."""
    if not 1 <= count <= network.graph.nodes:
        raise ValueError(f"count must be from 1 to the {network.graph.nodes} nodes; got {count!r}")
    distance = network.distances_from(point)
    return np.sort(np.argpartition(distance, count - 1)[:count])


def front_speed(
    network: SpatialNetwork, outbreak: Outbreak, origin: ArrayLike, near: float, far: float, width: float
) -> float:
    """Speed of a front from `origin`: median infection times in shells of a width, regressed on distance.

    Shells lie between the distances `near` and `far`. Raises ValueError where fewer than three hold five infected nodes.
    """
    edges = _shells(near, far, width)
    return _regressed(network.distances_from(origin), outbreak.infection_times, edges)


def angular_speeds(
    network: SpatialNetwork,
    outbreak: Outbreak,
    origin: ArrayLike,
    near: float,
    far: float,
    width: float,
    sectors: int = 8,
) -> NDArray[np.float64]:
    """`front_speed` within equal sectors of the plane, (sectors,)."""
    away = shortest(network.positions - np.asarray(origin, dtype=float), network.size)
    angle = np.arctan2(away[:, 1], away[:, 0])
    sector = np.floor((angle + math.pi) / (2 * math.pi) * sectors).astype(int) % sectors
    distance, edges, times = np.hypot(away[:, 0], away[:, 1]), _shells(near, far, width), outbreak.infection_times
    return np.array([_regressed(distance[sector == s], times[sector == s], edges) for s in range(sectors)])


def count_patches(network: SpatialNetwork, infected: NDArray[np.bool_], scale: float) -> int:
    """Distant foci: groups of infected nodes that are apart.

    On the line, gaps of more than five scales between neighbors (around the ring); in the plane, connected components (eight
    neighbors) of cells one scale wide of whose nodes more than a tenth were infected. Raises ValueError for a wrong mask.
    """
    if infected.shape != (network.graph.nodes,):
        raise ValueError(
            f"infected must hold one truth value for each of {network.graph.nodes} nodes; got {infected.shape}"
        )
    if not infected.any():
        return 0
    if network.dimension == 1:
        x = np.sort(network.positions[infected, 0])
        gaps = np.diff(x, append=x[0] + network.size) if network.size else np.append(np.diff(x), np.inf)
        return max(1, int((gaps > PATCH_GAP * scale).sum()))
    _, count = _labeled(network, infected, scale)
    return count


def long_jump_share(network: SpatialNetwork, outbreak: Outbreak, scale: float) -> float:
    """Share of transmissions over edges longer than ten scales. Raises ValueError without a transmission."""
    caught = np.flatnonzero(outbreak.infectors >= 0)
    if caught.size == 0:
        raise ValueError("outbreak must hold a transmission; nobody was infected by another")
    pairs = np.column_stack((caught, outbreak.infectors[caught]))
    return float((network.edge_lengths(pairs) > LONG_EDGE * scale).mean())


def arrival_map(
    network: SpatialNetwork, outbreak: Outbreak, cells: int, quantile: float = 0.1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When the epidemic came to each cell: a quantile of the infection times of its infected nodes, NaN where there are none.

    Returns cell centers and the map, (cells,) or (y cells, x cells). Domain: the periodic one, else the nodes' bounding square.
    """
    low, side = _square(network)
    where = np.clip(((network.positions - low) / side * cells).astype(int), 0, cells - 1)
    index = where[:, 0] if network.dimension == 1 else where[:, 1] * cells + where[:, 0]
    ill = np.isfinite(outbreak.infection_times)
    order = np.lexsort((outbreak.infection_times[ill], index[ill]))
    bins, times = index[ill][order], outbreak.infection_times[ill][order]
    counts = np.bincount(bins, minlength=cells**network.dimension)
    begins = np.concatenate(([0], np.cumsum(counts)[:-1]))
    found = np.full(counts.size, np.nan)
    held = counts > 0
    found[held] = times[begins[held] + (quantile * (counts[held] - 1)).astype(int)]
    centers = (np.arange(cells) + 0.5) * side / cells
    return centers, found if network.dimension == 1 else found.reshape(cells, cells)


def track_patches(network: SpatialNetwork, outbreak: Outbreak, *, count: int, radius: float) -> list[Patch]:
    """Distant foci and how far each has spread by itself: the 90% distance of its first node's descendants, over time.

    A focus begins with a transmission over more than `radius` to a place where hardly any node within `radius` had fallen ill; its
    descendants are followed within that disc until they reach six tenths of it, or until nodes that others infected among them
    are a quarter of their number. Foci with fewer than 200 descendants are left out; the earliest `count` others are returned.
    """
    caught = np.flatnonzero(outbreak.infectors >= 0)
    lengths = network.edge_lengths(np.column_stack((caught, outbreak.infectors[caught])))
    jumped = caught[lengths > radius]
    found: list[Patch] = []
    for node in jumped[np.argsort(outbreak.infection_times[jumped], kind="stable")].tolist():
        distance = network.distances_from(network.positions[node])
        near = np.flatnonzero(distance <= radius)
        if (outbreak.infection_times[near] < outbreak.infection_times[node]).mean() > LEAST_SHARE:
            continue
        followed = _follow(outbreak, node, near, distance, radius)
        if followed is not None:
            times, radii = followed
            found.append(Patch(float(outbreak.infection_times[node]), network.positions[node], times, radii))
        if len(found) == count:
            break
    return found


def _follow(
    outbreak: Outbreak, node: int, near: NDArray, distance: NDArray, radius: float
) -> tuple[NDArray, NDArray] | None:
    """Times and radii of a focus, every 20 descendants; None for too few."""
    order = near[np.argsort(outbreak.infection_times[near], kind="stable")]
    order = order[np.isfinite(outbreak.infection_times[order])]
    descendants, own = {node}, np.zeros(order.size, bool)
    for rank, other in enumerate(order.tolist()):
        if other == node or int(outbreak.infectors[other]) in descendants:
            descendants.add(other)
            own[rank] = True
    if own.sum() < FEWEST_DESCENDANTS:
        return None
    ranks, reached = np.flatnonzero(own), distance[order]
    times, radii = [], []
    for number in range(20, ranks.size, 20):
        before = slice(0, ranks[number])
        reach = float(np.quantile(reached[before][own[before]], 0.9))
        others = np.count_nonzero(~own[before] & (reached[before] <= reach))
        if reach > 0.6 * radius or others > FOREIGN_SHARE * number:
            break
        times.append(float(outbreak.infection_times[order[ranks[number]]]))
        radii.append(reach)
    return (np.array(times), np.array(radii)) if len(times) >= 6 else None


def _shells(near: float, far: float, width: float) -> NDArray[np.float64]:
    if not 0 <= near < far or not width > 0:
        raise ValueError(f"needs 0 <= near < far and a positive width; got {near!r}, {far!r}, {width!r}")
    return np.arange(near, far + 1e-9 * width, width)


def _regressed(distance: NDArray, time: NDArray, edges: NDArray) -> float:
    ill = np.isfinite(time)
    shell = np.digitize(distance[ill], edges) - 1
    inside = (shell >= 0) & (shell < edges.size - 1)
    order = np.argsort(shell[inside], kind="stable")
    shells, times = shell[inside][order], time[ill][inside][order]
    pieces = np.split(times, np.searchsorted(shells, np.arange(1, edges.size - 1)))
    kept = [(k, np.median(piece)) for k, piece in enumerate(pieces) if piece.size >= FEWEST_PER_BIN]
    if len(kept) < 3:
        raise ValueError(
            f"a front needs three shells with {FEWEST_PER_BIN} infected nodes; only {len(kept)} between {edges[0]:g} and "
            f"{edges[-1]:g} have them"
        )
    places = [(edges[k] + edges[k + 1]) / 2 for k, _ in kept]
    return 1 / fit_line(places, [middle for _, middle in kept]).slope.value


def _labeled(network: SpatialNetwork, infected: NDArray[np.bool_], width: float) -> tuple[NDArray, int]:
    """Connected infected cells, across the seams of a periodic domain."""
    low, side = _square(network)
    cells = max(1, int(side / width))
    where = np.clip(((network.positions - low) / side * cells).astype(int), 0, cells - 1)
    index = where[:, 0] * cells + where[:, 1]
    held, ill = (np.bincount(each, minlength=cells**2) for each in (index, index[infected]))
    mask = (ill > PATCH_SHARE * held).reshape(cells, cells)
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if network.size is None or cells < 3:
        return labels, int(count)
    parent = list(range(count + 1))

    def root(label: int) -> int:
        while parent[label] != label:
            label = parent[label]
        return label

    for k in range(cells):
        for shift in (-1, 0, 1):
            other = (k + shift) % cells
            for a, b in ((labels[0, k], labels[-1, other]), (labels[k, 0], labels[other, -1])):
                if a and b:
                    parent[root(int(a))] = root(int(b))
    merged = np.array([root(label) for label in range(count + 1)])
    return merged[labels], int(np.unique(merged[1:]).size)


def _square(network: SpatialNetwork) -> tuple[NDArray[np.float64], float]:
    if network.size is not None:
        return np.zeros(network.dimension), network.size
    low = network.positions.min(axis=0)
    side = float((network.positions.max(axis=0) - low).max())
    return low, side if side > 0 else 1.0
