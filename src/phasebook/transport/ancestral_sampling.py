"""The way back through a discrete diffusion with anybody's denoiser: a function from a noisy state and a step to predicted data.

For networks in JAX see `denoising_network.sample_network`, for posterior means on a line `smoothed_denoiser.sample_smoothed`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .diffusion import DiscreteDiffusion
from .trajectory_moments import SampledTrajectories, TrajectoryMoments, Window

Denoiser = Callable[[NDArray[np.float64], int], NDArray[np.float64]]


def sample_ancestral(
    denoiser: Denoiser,
    diffusion: DiscreteDiffusion,
    shape: tuple[int, ...],
    *,
    windows: Sequence[int | Window] = (10,),
    seed: int,
    start: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> SampledTrajectories:
    """Samples of `shape` (samples, ...) from pure noise at step `start` (by default where the signal is below 1e-7).

    `denoiser(states, step)` returns the predicted data x̂0 in the states' shape; what predicts noise or a score is converted by
    `diffusion.data_from_noise` and `data_from_score`. Raises ValueError for wrong arguments or predictions of another shape, not
    finite ones included.
    """
    begin = diffusion.start_of() if start is None else start
    if not 1 <= begin < diffusion.steps:
        raise ValueError(f"start must lie in [1, {diffusion.steps - 1}]; got {start!r}")
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"shape must be (samples, ...) of positive numbers, two at least; got {shape!r}")
    moments = TrajectoryMoments(windows, begin + 1)
    generator = np.random.default_rng(seed)
    states = generator.standard_normal(shape)
    for step in range(begin, -1, -1):
        predicted = np.asarray(denoiser(states, step), dtype=float)
        if predicted.shape != tuple(shape) or not np.isfinite(predicted).all():
            raise ValueError(
                f"denoiser must return finite numbers of shape {shape}; it returned {predicted.shape} at step {step}"
            )
        moments.add(step, predicted)
        states = diffusion.data_weights[step] * predicted + diffusion.state_weights[step] * states
        if step:
            states += diffusion.step_noise[step] * generator.standard_normal(shape)
        if progress is not None:
            progress(begin + 1 - step, begin + 1)
    return SampledTrajectories(states, moments.variances(), moments.windows)
