"""Paths of Markov noise at any times, exactly, over all cores; and of motion whose index changes in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..engines.replicas import run_replicas
from ..numerics.block_noise import lane_states, scratch
from .fractional_motion import check_times
from .markov_motion import MarkovMotion
from .motion_kernels import walk_motion
from .weight_table import HIGHEST, LOWEST, WeightTable

MOST_GROUPS = 64  # of paths that share a stream of random numbers
NEGLIGIBLE = 1e-15  # of the largest variance of a joint step


def sample_markov_motion(
    motion: MarkovMotion, times: ArrayLike, paths: int, *, seed: int, threads: int | None = None
) -> NDArray[np.float64]:
    """B̂ (paths, times): exact at any times, O(n K) a path. The same for any number of threads. Raises ValueError."""
    return _paths(motion.speeds, motion.kind == "I", motion.weights[None], check_times(times), paths, seed, threads)


def sample_multifractional_motion(
    table: WeightTable,
    hurst: Callable[[NDArray[np.float64]], ArrayLike],
    times: ArrayLike,
    paths: int,
    *,
    seed: int,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Motion whose index is a function of time, dB̂ = Σ ω_k(H(t)) dY_k: (paths, times), with Y(0) = 0 (type II).

    The weights change at the given times. Raises ValueError where an index leaves the table's range.
    """
    at = check_times(times)
    indices = np.broadcast_to(np.asarray(hurst(at), dtype=float), at.shape)
    if not ((indices >= LOWEST) & (indices <= HIGHEST)).all():
        raise ValueError(
            f"hurst must stay from {LOWEST} to {HIGHEST}; it is {indices.min():.3g} to {indices.max():.3g}"
        )
    return _paths(table.speeds, False, np.asarray(table(indices)), at, paths, seed, threads)


def _paths(
    speeds: NDArray[np.float64],
    stationary: bool,
    weights: NDArray[np.float64],
    times: NDArray[np.float64],
    paths: int,
    seed: int,
    threads: int | None,
) -> NDArray[np.float64]:
    if isinstance(paths, bool) or not isinstance(paths, int | np.integer) or paths < 1:
        raise ValueError(f"paths must be an integer of at least 1; got {paths!r}")
    steps = np.diff(times, prepend=0.0)
    different, which = np.unique(np.round(steps / steps.min(), 9), return_inverse=True)
    lengths, total = different * steps.min(), speeds[:, None] + speeds
    kept = np.exp(-speeds * lengths[:, None])
    factors = _factors(-np.expm1(-total * lengths[:, None, None]) / total)
    start = _factors((1 / total)[None])[0] if stationary else np.zeros((speeds.size, 1))
    groups = min(int(paths), MOST_GROUPS)
    edges = np.linspace(0, paths, groups + 1).astype(int)
    states, cancel = lane_states(seed, groups), np.zeros(1, np.int64)
    found, order = np.empty((paths, times.size)), which.astype(np.int64)

    def run(group: int) -> None:
        mine = found[edges[group] : edges[group + 1]]
        walk_motion(states[group], scratch(), start, kept, factors, order, weights, cancel, mine)

    run_replicas(run, groups, threads, cancel)
    return found


def _factors(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """L (different, K, rank) with L Lᵀ the covariances: processes that share a noise have few directions in a short step."""
    values, vectors = np.linalg.eigh(covariances)
    largest = values[:, -1:]
    rank = int((values > NEGLIGIBLE * largest).any(axis=0).sum())
    return np.ascontiguousarray((vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])[:, :, -rank:])
