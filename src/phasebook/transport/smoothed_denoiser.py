"""A denoiser of limited slope: the exact posterior mean on a line, smoothed over a length h, and what it samples.

A network can't follow the jumps of the posterior mean; x̂0_h(x, t) = E[x̂0(x + u, t)], u ~ N(0, h²), is a training-free model of
one that can't. At h = 0 it is the exact denoiser, whose samples never leave the modes. Smoothing is a convolution with the
truncated Gaussian on a fine table; near t = 0 the staircase has ramps 0.004 wide, which a rule of few nodes would miss.
Sampling runs over threads, one chunk of samples and one stream of random numbers each. Model derived here, after arXiv 2406.09358.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from ..engines.replicas import run_replicas
from ..numerics.block_noise import BLOCK, lane_states, scratch
from . import diffusion_kernels as kernels
from .diffusion import DiscreteDiffusion
from .separated_modes import EvenModes, SeparatedModes
from .trajectory_moments import SampledTrajectories, Window, check_windows

SPACING = 0.002
BELOW, ABOVE = 8.0, 6.0  # how far the table reaches beyond the outermost modes, for the noise of the first steps
TRUNCATION = 6.0  # standard deviations of the smoothing kernel that are kept
CHUNK = 4 * BLOCK  # samples that go through the steps together
WIDEST_SMOOTHING = 2.0
MEMORY_LIMIT = 2**31


@dataclass(frozen=True, eq=False)
class SmoothedDenoiser:
    """The posterior mean of `data` on a line under `diffusion`, smoothed over the length `smoothing`; steps from `start` down.

    Raises ValueError for data that is not one-dimensional, a smoothing outside [0, 2], or a spacing that is not positive.
    """

    data: SeparatedModes
    diffusion: DiscreteDiffusion
    smoothing: float = 0.0
    spacing: float = SPACING

    def __post_init__(self) -> None:
        if self.data.dimension != 1:
            raise ValueError(f"data must have one dimension for a table; got {self.data.dimension}")
        if not 0 <= self.smoothing <= WIDEST_SMOOTHING:
            raise ValueError(f"smoothing must lie in [0, {WIDEST_SMOOTHING:g}]; got {self.smoothing!r}")
        if not 1e-4 <= self.spacing <= 0.1:
            raise ValueError(f"spacing must lie in [0.0001, 0.1]; got {self.spacing!r}")

    @cached_property
    def start(self) -> int:
        """The first step of sampling: signal below 1e-7, where the state is pure noise."""
        return self.diffusion.start_of()

    @cached_property
    def nodes(self) -> Float[np.ndarray, " nodes"]:
        """Where the table stands."""
        low, high = self.data.modes.min() - BELOW, self.data.modes.max() + ABOVE
        return low + self.spacing * np.arange(math.ceil((high - low) / self.spacing) + 1)

    @cached_property
    def exact(self) -> Float[np.ndarray, "steps 3"]:
        """What the exact posterior mean needs at the steps 0 to start: √ᾱ, S = ᾱσ² + 1 - ᾱ, and the gain √ᾱσ²/S."""
        signal, variance = self.diffusion.signal[: self.start + 1], self.data.stddev**2
        spread = signal * variance + self.diffusion.noise[: self.start + 1]
        return np.stack([np.sqrt(signal), spread, np.sqrt(signal) * variance / spread], axis=1)

    @cached_property
    def table(self) -> Float[np.ndarray, "steps nodes"]:
        """Smoothed posterior means of the steps 0 to start; no row where nothing is smoothed and the exact one is used."""
        if self.smoothing == 0:
            return np.empty((0, 2))
        rows = np.empty((self.start + 1, len(self.nodes)))
        for step, row in enumerate(rows):
            self._exactly(self.nodes, step, row)
        reach = math.ceil(TRUNCATION * self.smoothing / self.spacing)
        offsets = self.spacing * np.arange(-reach, reach + 1)
        weights = np.exp(-0.5 * (offsets / self.smoothing) ** 2)
        return _convolved(rows, weights / weights.sum())

    @cached_property
    def mixture(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Modes and the logarithms of their weights, both (modes,)."""
        return np.ascontiguousarray(self.data.modes[:, 0]), np.log(np.asarray(self.data.weights))

    def predict(self, states: ArrayLike, step: int) -> NDArray[np.float64]:
        """The denoiser (points,) at `states` (points,) and a step from 0 to start."""
        points = np.ascontiguousarray(states, dtype=float)
        if not 0 <= step <= self.start:
            raise ValueError(f"step must lie in [0, {self.start}]; got {step!r}")
        out = np.empty_like(points)
        if self.smoothing == 0:
            self._exactly(points, step, out)
        else:
            kernels.predict_from_row(points, self.table[step], self.nodes[0], 1.0 / self.spacing, out)
        return out

    def _exactly(self, points: NDArray[np.float64], step: int, out: NDArray[np.float64]) -> None:
        root, spread, gain = self.exact[step]
        if isinstance(self.data, EvenModes):
            modes, weights = self.data.modes[:, 0], np.asarray(self.data.weights)
            kernels.predict_from_even_modes(points, modes[0], self.data.spacing, weights, root, spread, gain, out)
            return
        kernels.predict_from_modes(points, *self.mixture, root, spread, gain, out)


def sample_smoothed(
    denoiser: SmoothedDenoiser,
    samples: int,
    *,
    windows: Sequence[int | Window] = (10,),
    seed: int,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> SampledTrajectories:
    """Samples (samples, 1) of the smoothed denoiser, with the variance of its predictions in each window of steps.

    The same seed gives the same samples for any number of `threads`. Raises ValueError for wrong arguments, or where the result
    exceeds `memory_limit` bytes.
    """
    if isinstance(samples, bool) or not isinstance(samples, int | np.integer) or samples < 1:
        raise ValueError(f"samples must be a positive integer; got {samples!r}")
    pairs = check_windows(windows, denoiser.start + 1)
    chunks = -(-int(samples) // CHUNK)
    needed = 8 * chunks * CHUNK * (1 + 2 * len(pairs))
    if needed > memory_limit:
        raise ValueError(f"samples={samples} needs {needed} bytes; the limit is {memory_limit} bytes (lower samples)")
    states = np.empty((chunks, CHUNK))
    means, squares = np.zeros((2, chunks, len(pairs), CHUNK))
    run = _chunk_runner(denoiser, np.array(pairs, dtype=np.int64).reshape(len(pairs), 2), states, means, squares, seed)
    cancel = np.zeros(1, np.int64)
    run_replicas(lambda chunk: run(chunk, cancel), chunks, threads, cancel, progress)
    lengths = np.array([stop - first for first, stop in pairs], dtype=float)
    variances = squares.transpose(1, 0, 2).reshape(len(pairs), chunks * CHUNK)[:, :samples] / lengths[:, None]
    return SampledTrajectories(states.reshape(-1, 1)[:samples], variances, pairs)


def _chunk_runner(
    denoiser: SmoothedDenoiser,
    windows: NDArray[np.int64],
    states: NDArray[np.float64],
    means: NDArray[np.float64],
    squares: NDArray[np.float64],
    seed: int,
) -> Callable[[int, NDArray[np.int64]], None]:
    diffusion, last = denoiser.diffusion, denoiser.start + 1
    steps = np.stack([diffusion.data_weights, diffusion.state_weights, diffusion.step_noise], axis=1)[:last].copy()
    random = lane_states(seed, len(states))
    fixed = (denoiser.table, float(denoiser.nodes[0]), 1.0 / denoiser.spacing, denoiser.exact, *denoiser.mixture, steps)

    def run(chunk: int, cancel: NDArray[np.int64]) -> None:
        kernels.sample_back(
            states[chunk],
            *fixed,
            windows,
            means[chunk],
            squares[chunk],
            random[chunk],
            scratch(),
            cancel,
        )

    return run


def _convolved(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row convolved with symmetric weights of odd number; beyond its ends a row goes on with its end values."""
    reach = weights.size // 2
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="edge")
    length = fft.next_fast_len(padded.shape[1] + 2 * reach, real=True)
    product = fft.rfft(padded, length) * fft.rfft(weights, length)
    return np.ascontiguousarray(fft.irfft(product, length)[:, 2 * reach : 2 * reach + rows.shape[1]])
