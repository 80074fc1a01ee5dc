"""Diffusion of data into noise and back: schedules in discrete and continuous time, and what a prediction means in each.

Discrete: x_t = √ᾱ_t·x0 + √(1-ᾱ_t)·ε for t = 0 ... T-1, with ᾱ_t the product of 1-β_s over s ≤ t; going back,
x_{t-1} = w_t·x̂0 + v_t·x_t + σ_t·ξ with w_t = √ᾱ_{t-1}·β_t/(1-ᾱ_t), v_t = √(1-β_t)·(1-ᾱ_{t-1})/(1-ᾱ_t), and no noise at t = 0, where
the sample is the last prediction. Continuous: dx = -½β(t)·x·dt + √β(t)·dW on [0, 1], ᾱ(t) = exp(-∫β), the limit of the former.
Source: Ho, Jain and Abbeel, arXiv 2006.11239; Song et al., arXiv 2011.13456 (variance preserving).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

Variance = Literal["large", "small"]
LONGEST = 100_000


@dataclass(frozen=True, eq=False)
class DiscreteDiffusion:
    """Diffusion in T steps with noise rates `betas` (T,), each between 0 and 1.

    `variance` is σ_t² of the way back: "large" is β_t, "small" is β_t·(1-ᾱ_{t-1})/(1-ᾱ_t). Raises ValueError for other rates.
    """

    betas: Float[np.ndarray, " steps"]
    variance: Variance = "large"

    def __post_init__(self) -> None:
        betas = np.asarray(self.betas, dtype=float)
        if betas.ndim != 1 or not 2 <= betas.size <= LONGEST or not ((betas > 0) & (betas < 1)).all():
            raise ValueError(f"betas must be 2 to {LONGEST} numbers between 0 and 1; got shape {betas.shape}")
        if self.variance not in ("large", "small"):
            raise ValueError(f"variance must be large or small; got {self.variance!r}")
        betas.flags.writeable = False
        object.__setattr__(self, "betas", betas)

    @classmethod
    def linear(
        cls, steps: int = 1000, first: float = 0.001, last: float = 0.2, variance: Variance = "large"
    ) -> DiscreteDiffusion:
        """Rates from `first` to `last` in equal steps; the defaults are those of the reference code of arXiv 2406.09358."""
        return cls(np.linspace(first, last, steps), variance)

    @property
    def steps(self) -> int:
        """T."""
        return len(self.betas)

    @cached_property
    def signal(self) -> NDArray[np.float64]:
        """ᾱ_t (T,): the share of x_t's variance that is signal, for data of unit variance."""
        return np.asarray(np.cumprod(1.0 - self.betas), dtype=np.float64)

    @cached_property
    def noise(self) -> NDArray[np.float64]:
        """1 - ᾱ_t (T,), without the rounding of a difference."""
        return -np.expm1(np.cumsum(np.log1p(-self.betas)))

    @cached_property
    def data_weights(self) -> NDArray[np.float64]:
        """w_t (T,): weight of the predicted data in the step back from t; exactly 1 at t = 0."""
        before = np.append(1.0, self.signal[:-1])
        weights = np.sqrt(before) * self.betas / self.noise
        weights[0] = 1.0
        return weights

    @cached_property
    def state_weights(self) -> NDArray[np.float64]:
        """v_t (T,): weight of x_t in the step back from t; exactly 0 at t = 0."""
        return np.sqrt(1.0 - self.betas) * np.append(0.0, self.noise[:-1]) / self.noise

    @cached_property
    def step_noise(self) -> NDArray[np.float64]:
        """σ_t (T,): standard deviation of the noise of the step back from t; 0 at t = 0."""
        variances = self.betas.copy()
        if self.variance == "small":
            variances *= np.append(0.0, self.noise[:-1]) / self.noise
        variances[0] = 0.0
        return np.sqrt(variances)

    def start_of(self, signal: float = 1e-7) -> int:
        """The first step at which ᾱ_t is below `signal`, or the last step: samplers may begin there with pure noise."""
        below = np.flatnonzero(self.signal < signal)
        return int(below[0]) if below.size else self.steps - 1


@dataclass(frozen=True)
class ContinuousDiffusion:
    """Variance-preserving diffusion dx = -½β(t)x·dt + √β(t)·dW on 0 ≤ t ≤ 1, β(t) linear from `first_rate` to `last_rate`."""

    first_rate: float = 0.1
    last_rate: float = 20.0

    def __post_init__(self) -> None:
        if not (0 < self.first_rate < math.inf and 0 < self.last_rate < math.inf):
            raise ValueError(f"rates must be positive numbers; got {self.first_rate!r} and {self.last_rate!r}")

    def rate(self, time: ArrayLike) -> NDArray[np.float64]:
        """β(t)."""
        moment = _in_unit_interval(time)
        return self.first_rate + moment * (self.last_rate - self.first_rate)

    def signal(self, time: ArrayLike) -> NDArray[np.float64]:
        """ᾱ(t) = exp(-∫β)."""
        return np.exp(-self._accumulated(time))

    def noise(self, time: ArrayLike) -> NDArray[np.float64]:
        """1 - ᾱ(t)."""
        return -np.expm1(-self._accumulated(time))

    def discrete(self, steps: int, variance: Variance = "large") -> DiscreteDiffusion:
        """The same diffusion seen at times 1/T, 2/T, ..., 1: its ᾱ_t are exact, at any number of steps."""
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 2:
            raise ValueError(f"steps must be an integer of at least 2; got {steps!r}")
        spent = np.diff(self._accumulated(np.arange(steps + 1) / steps))
        return DiscreteDiffusion(-np.expm1(-spent), variance)

    def reverse_drift(self, state: ArrayLike, time: float, score: ArrayLike) -> NDArray[np.float64]:
        """Drift of dx = [-½βx - β·s]dt + √β·dW, run from t = 1 to 0 (Anderson 1982)."""
        return self.rate(time) * (-0.5 * np.asarray(state) - np.asarray(score))

    def flow_velocity(self, state: ArrayLike, time: float, score: ArrayLike) -> NDArray[np.float64]:
        """Velocity of the flow with the same marginal laws: -½β(x + s)."""
        return -0.5 * self.rate(time) * (np.asarray(state) + np.asarray(score))

    def _accumulated(self, time: ArrayLike) -> NDArray[np.float64]:
        moment = _in_unit_interval(time)
        return moment * (self.first_rate + 0.5 * moment * (self.last_rate - self.first_rate))


def data_from_noise(state: ArrayLike, noise: ArrayLike, signal: float) -> NDArray[np.float64]:
    """Predicted data x̂0 = (x - √(1-ᾱ)·ε̂)/√ᾱ of predicted noise ε̂; all arrays have the shape of `state`."""
    return (np.asarray(state) - math.sqrt(1.0 - signal) * np.asarray(noise)) / math.sqrt(signal)


def noise_from_data(state: ArrayLike, data: ArrayLike, signal: float) -> NDArray[np.float64]:
    """Predicted noise ε̂ = (x - √ᾱ·x̂0)/√(1-ᾱ) of predicted data."""
    return (np.asarray(state) - math.sqrt(signal) * np.asarray(data)) / math.sqrt(1.0 - signal)


def score_from_data(state: ArrayLike, data: ArrayLike, signal: float) -> NDArray[np.float64]:
    """Score ∇log p of the noisy law, (√ᾱ·x̂0 - x)/(1-ᾱ), of predicted data (Tweedie's formula)."""
    return (math.sqrt(signal) * np.asarray(data) - np.asarray(state)) / (1.0 - signal)


def data_from_score(state: ArrayLike, score: ArrayLike, signal: float) -> NDArray[np.float64]:
    """Posterior mean x̂0 = (x + (1-ᾱ)·s)/√ᾱ of a score (Tweedie's formula)."""
    return (np.asarray(state) + (1.0 - signal) * np.asarray(score)) / math.sqrt(signal)


def _in_unit_interval(time: ArrayLike) -> NDArray[np.float64]:
    moment = np.asarray(time, dtype=float)
    if not ((moment >= 0) & (moment <= 1)).all():
        raise ValueError(f"time must lie in [0, 1]; got {time!r}")
    return moment
