"""Moments of a sampler's predictions along its way, window by window, without keeping the trajectory.

A window (first, stop) holds the steps t with first ≤ t < stop; samplers count t downwards to 0, so that (0, 10) are the last ten.
Running mean and sum of squared deviations follow Welford (Technometrics 4, 419 (1962)): exact to rounding, one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

Window = tuple[int, int]


@dataclass(frozen=True, eq=False)
class SampledTrajectories:
    """What a sampler hands back: `samples` (samples, ...) and, for each of `windows`, the mean variance of its predictions.

    `variances` (windows, samples) is Var over the window's steps of x̂0, averaged over coordinates: arXiv 2406.09358's metric.
    """

    samples: Float[np.ndarray, "samples ..."]
    variances: Float[np.ndarray, "windows samples"]
    windows: tuple[Window, ...]

    def variance(self, window: int | Window) -> NDArray[np.float64]:
        """The variances (samples,) of one window, or of the last so many steps. Raises ValueError where it was not recorded."""
        wanted = (0, window) if isinstance(window, int | np.integer) else tuple(window)
        if wanted not in self.windows:
            raise ValueError(
                f"window must be one of those recorded, {', '.join(map(str, self.windows))}; got {window!r}"
            )
        return self.variances[self.windows.index(wanted)]


class TrajectoryMoments:
    """Running moments of predictions, for any sampler: call `add` at every step with what it predicts."""

    def __init__(self, windows: Sequence[int | Window], steps: int) -> None:
        self.windows = check_windows(windows, steps)
        self._steps = steps
        self._counts = [0] * len(self.windows)
        self._means: list[NDArray[np.float64] | None] = [None] * len(self.windows)
        self._squares: list[NDArray[np.float64]] = [np.empty(0)] * len(self.windows)

    def add(self, step: int, prediction: ArrayLike) -> None:
        """Record the prediction (samples, ...) of step t. Raises ValueError for a step outside, or another shape than before."""
        if not 0 <= step < self._steps:
            raise ValueError(f"step must lie in [0, {self._steps}); got {step!r}")
        values = np.asarray(prediction, dtype=float)
        for place, (first, stop) in enumerate(self.windows):
            if not first <= step < stop:
                continue
            mean = self._means[place]
            if mean is None:
                mean, self._squares[place] = np.zeros_like(values), np.zeros_like(values)
            if mean.shape != values.shape:
                raise ValueError(f"prediction must keep its shape {mean.shape}; got {values.shape}")
            self._counts[place] += 1
            difference = values - mean
            self._means[place] = mean + difference / self._counts[place]
            self._squares[place] += difference * (values - self._means[place])

    def variances(self) -> NDArray[np.float64]:
        """Variance over each window's steps, averaged over coordinates: (windows, samples).

        Raises ValueError where a window has not seen as many predictions as it has steps.
        """
        for (first, stop), count in zip(self.windows, self._counts, strict=True):
            if count != stop - first:
                raise ValueError(f"window ({first}, {stop}) needs {stop - first} predictions; it was given {count}")
        return np.stack(
            [
                (squares / count).reshape(len(squares), -1).mean(axis=1)
                for squares, count in zip(self._squares, self._counts, strict=True)
            ]
        )


def trajectory_variance(predictions: Iterable[ArrayLike], window: int = 10) -> NDArray[np.float64]:
    """The metric (samples,) of a recorded trajectory: variance of its last `window` predictions, each (samples, ...).

    Raises ValueError where there are fewer predictions than the window has steps, or the window has fewer than two.
    """
    recorded = [np.asarray(each, dtype=float) for each in predictions]
    moments = TrajectoryMoments([window], len(recorded))
    for step, each in enumerate(reversed(recorded)):
        moments.add(step, each)
    return moments.variances()[0]


def check_windows(windows: Sequence[int | Window], steps: int) -> tuple[Window, ...]:
    """Windows as (first, stop) pairs; a number n stands for the last n steps. Raises ValueError outside [0, steps)."""
    pairs = []
    for window in windows:
        first, stop = (0, window) if isinstance(window, int | np.integer) else window
        if not 0 <= first < stop <= steps or stop - first < 2:
            raise ValueError(f"window must hold at least 2 of the steps 0 to {steps - 1}; got {window!r}")
        pairs.append((int(first), int(stop)))
    return tuple(pairs)
