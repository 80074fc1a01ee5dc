"""Pair correlations and structure factors of labeled lattices in one to three dimensions, by fast Fourier transform.

C_ab(r) = <n_a(x) n_b(x + r)> - <n_a><n_b>, averaged over sites, frames and all directions with the same rounded distance; S_a(k) is
the squared transform of n_a per site. Frames of a lattice with open edges (an image) are padded with nothing, and every
displacement is divided by the number of pairs that it has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

SMOOTHING = 1 / 3


@dataclass(frozen=True, eq=False)
class Correlations:
    """Connected pair correlation `value` (R,) of two states at `distance` (R,) 0, 1, 2, ... lattice spacings.

    `stderr` (R,) is over frames (NaN for a single one), which are taken as independent.
    """

    distance: NDArray[np.float64]
    value: NDArray[np.float64]
    stderr: NDArray[np.float64]

    @property
    def length(self) -> float:
        """Distance at which the correlation falls to 1/e of its value at 0, interpolated; infinite where it does not.

        Raises ValueError where the correlation at 0 is not positive (different states, or a uniform lattice).
        """
        if not self.value[0] > 0:
            raise ValueError("a correlation length needs a positive correlation at distance 0: one state, not uniform")
        level = self.value[0] / math.e
        below = np.flatnonzero(self.value < level)
        if not below.size:
            return math.inf
        after = int(below[0])
        high, low = self.value[after - 1], self.value[after]
        return float(self.distance[after - 1] + (high - level) / (high - low))


@dataclass(frozen=True, eq=False)
class StructureFactor:
    """Radially averaged S(k) (K,) of one state at `wavenumber` (K,) k = 2π m / L, m = 1, 2, ... up to half the zone.

    `dimension` is the lattice's, by which a shell at k holds about k^(dimension - 1) modes.
    """

    wavenumber: NDArray[np.float64]
    value: NDArray[np.float64]
    dimension: int

    @property
    def wavelength(self) -> float:
        """2π over the wavenumber of the shells with the largest power: the spacing of a pattern.

        The power of a shell, and not S itself, is looked at, smoothed over a third of an e-fold in k: the first shells have few
        modes, whose S scatters by its own size. Raises ValueError for a uniform lattice.
        """
        power = self.value * self.wavenumber ** (self.dimension - 1)
        if not power.max() > 0:
            raise ValueError("a wavelength needs a lattice that is not uniform")
        places = np.log(self.wavenumber)
        fine = np.linspace(places[0], places[-1], 1000)
        # Shells lie the closer in ln k, the larger k is: each stands for its own share of the axis.
        weight = np.exp(-0.5 * ((fine[:, None] - places) / SMOOTHING) ** 2) / self.wavenumber
        return float(2 * np.pi / np.exp(fine[np.argmax(weight @ power / weight.sum(axis=1))]))


def pair_correlation(
    frames: ArrayLike,
    state: int,
    other: int | None = None,
    *,
    dimension: int | None = None,
    periodic: bool = True,
    furthest: int | None = None,
) -> Correlations:
    """Connected correlation of `state` with `other` (itself where omitted) over `frames` (..., *lattice) of integer states.

    The last `dimension` axes are the lattice (all of them where omitted); distances reach `furthest` (half the smallest extent
    where omitted). Raises ValueError for frames, states or distances that are not allowed.
    """
    labels, axes = checked_frames(frames, dimension)
    extents = labels.shape[1:]
    limit = min(extents) // 2
    reach = limit if furthest is None else furthest
    if not 1 <= reach <= limit:
        raise ValueError(f"furthest must lie between 1 and half the smallest extent, {limit}; got {furthest!r}")
    first = (labels == state).astype(float)
    second = first if other is None else (labels == other).astype(float)
    padded = extents if periodic else tuple(2 * extent for extent in extents)
    product = fft.irfftn(
        np.conj(fft.rfftn(first, padded, axes=axes)) * fft.rfftn(second, padded, axes=axes), padded, axes=axes
    )
    if periodic:
        pairs = np.full(padded, float(math.prod(extents)))
    else:
        pairs = np.ones(())
        for extent in extents:
            lags = np.minimum(np.arange(2 * extent), 2 * extent - np.arange(2 * extent))
            pairs = np.multiply.outer(pairs, np.maximum(extent - lags, 0).astype(float))
    mean = first.mean(axis=axes) * second.mean(axis=axes)
    distance = np.rint(_radius([np.minimum(np.arange(size), size - np.arange(size)) for size in padded])).astype(int)
    inside = (distance <= reach) & (pairs > 0)
    shells = distance[inside]
    weight = np.bincount(shells, pairs[inside], reach + 1)
    each = np.array(
        [
            np.bincount(shells, frame[inside], reach + 1) / weight - average
            for frame, average in zip(product, mean, strict=True)
        ]
    )
    count = len(each)
    stderr = each.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else np.full(reach + 1, np.nan)
    return Correlations(np.arange(reach + 1.0), each.mean(axis=0), stderr)


def structure_factor(frames: ArrayLike, state: int, *, dimension: int | None = None) -> StructureFactor:
    """Radially averaged structure factor of one state over `frames` (..., *lattice), whose extents must be equal.

    The mean is taken out, so that k = 0 is left out. Raises ValueError.
    """
    labels, axes = checked_frames(frames, dimension)
    extents = labels.shape[1:]
    if len(set(extents)) != 1:
        raise ValueError(f"a structure factor needs equal extents; got {extents}")
    occupied = (labels == state).astype(float)
    occupied -= occupied.mean(axis=axes, keepdims=True)
    power = (np.abs(fft.fftn(occupied, axes=axes)) ** 2).mean(axis=0) / math.prod(extents)
    extent = extents[0]
    modes = np.rint(_radius([np.minimum(np.arange(extent), extent - np.arange(extent))] * len(extents))).astype(int)
    highest = extent // 2
    inside = (modes >= 1) & (modes <= highest)
    sums = np.bincount(modes[inside], power[inside], highest + 1)[1:]
    counts = np.bincount(modes[inside], minlength=highest + 1)[1:]
    return StructureFactor(2 * np.pi * np.arange(1, highest + 1) / extent, sums / counts, len(extents))


def checked_frames(frames: ArrayLike, dimension: int | None) -> tuple[NDArray[np.integer], tuple[int, ...]]:
    """Frames as (frames, *lattice), and the lattice's axes in it. Raises ValueError."""
    labels = np.asarray(frames)
    if labels.dtype.kind not in "biu":
        raise ValueError(f"frames must hold integer states; got {labels.dtype}")
    lattice = labels.ndim if dimension is None else dimension
    if not 1 <= lattice <= min(3, labels.ndim) or min(labels.shape, default=0) < 1 or min(labels.shape[-lattice:]) < 2:
        raise ValueError(
            f"frames must have a lattice of one to three dimensions, extents at least 2; got shape {labels.shape}"
        )
    labels = labels.reshape(-1, *labels.shape[labels.ndim - lattice :])
    return labels, tuple(range(1, lattice + 1))


def _radius(axes: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    total = np.zeros(())
    for axis in axes:
        total = np.add.outer(total, axis.astype(float) ** 2)
    return np.sqrt(total)
