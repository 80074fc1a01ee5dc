"""Models that learn from their predecessors' samples: generation g + 1 is fitted to what generation g made.

Each generation draws a pool, of which a choice is handed on: all of it, a random part, or the part with the smallest scores. A
model is anything that maps data to samples with scores; `line_sampler` makes one without training, the posterior mean of the data's
histogram, smoothed over a length. Protocol of arXiv 2406.09358 (a pool five times as large, five generations); that model derived.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from ..numerics.seeding import part_seed
from .diffusion import DiscreteDiffusion
from .hallucination import kept
from .separated_modes import histogram_modes
from .smoothed_denoiser import SmoothedDenoiser, sample_smoothed

Choice = Literal["all", "random", "variance"]
Sampler = Callable[[NDArray[np.float64], int, int], tuple[NDArray[np.float64], NDArray[np.float64]]]
POOL = 5
NODES_PER_LENGTH = 10  # of the table, on the smoothing length: what is smoothed needs no finer one


@dataclass(frozen=True, eq=False)
class Generation:
    """What a generation made: the `pool` (pool, ...) with its `scores` (pool,), and the `chosen` samples that taught the next."""

    pool: Float[np.ndarray, "pool ..."]
    scores: Float[np.ndarray, " pool"]
    chosen: Float[np.ndarray, "chosen ..."]


def recursive_generations(
    data: NDArray[np.float64],
    sampler: Sampler,
    generations: int,
    choice: Choice,
    *,
    seed: int,
    pool_factor: int = POOL,
    progress: Callable[[int, int], object] | None = None,
) -> list[Generation]:
    """Generations of models: `sampler(data, count, seed)` fits to `data` (n, ...) and returns `count` samples with scores.

    Every generation is taught by as many samples as there are in `data`. Without a choice ("all") the pool is that many; else it is
    `pool_factor` times as many. Raises ValueError for wrong arguments, or a sampler that returns other shapes.
    """
    if choice not in ("all", "random", "variance"):
        raise ValueError(f"choice must be all, random or variance; got {choice!r}")
    for name, value in (("generations", generations), ("pool_factor", pool_factor)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a positive integer; got {value!r}")
    count, taught, made = len(data), data, []
    for generation in range(generations):
        asked = count if choice == "all" else count * pool_factor
        pool, scores = sampler(taught, asked, part_seed(seed, generation, 0))
        if len(pool) != asked or scores.shape != (asked,):
            raise ValueError(f"sampler must return {asked} samples and scores; got {len(pool)} and {scores.shape}")
        taught = pool[_chosen(choice, scores, count, part_seed(seed, generation, 1))]
        made.append(Generation(pool, scores, taught))
        if progress is not None:
            progress(generation + 1, generations)
    return made


def line_sampler(diffusion: DiscreteDiffusion, smoothing: float, window: int = 10, width: float = 0.01) -> Sampler:
    """A model of points (n, 1) without training: the smoothed posterior mean of their histogram with bins of `width`.

    Scores are variances over the last `window` steps. `smoothing` must be positive. Raises ValueError.
    """
    if not smoothing > 0:
        raise ValueError(f"smoothing must be positive for a histogram; got {smoothing!r}")

    def sampler(data: NDArray[np.float64], count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        spacing = min(0.01, smoothing / NODES_PER_LENGTH)
        denoiser = SmoothedDenoiser(histogram_modes(data, width), diffusion, smoothing, spacing)
        runs = sample_smoothed(denoiser, count, windows=(window,), seed=seed)
        return runs.samples, runs.variance(window)

    return sampler


def _chosen(choice: Choice, scores: NDArray[np.float64], count: int, seed: int) -> NDArray[np.int64]:
    if choice == "variance":
        return kept(scores, count)
    if choice == "random":
        return np.sort(np.random.default_rng(seed).choice(scores.size, size=count, replace=False))
    return np.arange(count)
