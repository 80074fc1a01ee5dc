"""A linear equation driven by Markov noise, dX = −θ X dt + σ dB̂, as a Gaussian Markov chain of X and the processes behind B̂.

The state is z = (X, Y_1, ..., Y_K) with dz = M z dt + s dW. Steps of any length are exact: what the state still has of dW after a
time u is a sum of the exponentials exp(−θ u) and exp(−γ_k u), and their products are integrated by hand (derived here). A matrix
exponential, as in Van Loan's method, overflows for steps of many times 1/γ. Type I starts in the stationary law of the Y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .fractional_motion import check_times
from .linear_kernels import filter_observations
from .markov_motion import MarkovMotion

APART = 1e-4  # relative distance of θ from a speed


@dataclass(frozen=True, eq=False)
class LinearChain:
    """The equation's matrices; made by `linear_chain`. `initial` is the covariance of z at t = 0, whose mean is zero."""

    drift: NDArray[np.float64]
    noise: NDArray[np.float64]
    initial: NDArray[np.float64]
    motion: MarkovMotion

    def transition(self, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """F and Q of an exact step: z' = F z + N(0, Q)."""
        forwards, spreads = self.transitions(np.array([step]))
        return forwards[0], spreads[0]

    def transitions(self, steps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """F and Q (steps, size, size) of steps of these lengths."""
        reversion = -float(self.drift[0, 0])
        near = np.abs(self.motion.speeds - reversion) < APART * self.motion.speeds
        if near.any():
            # Equal rates make a resonance u exp(−γ u). The mean of both sides of it is right to the square of their distance.
            rate = float(self.motion.speeds[near][0])
            sides = [self._transitions(steps, rate * (1 + side * APART)) for side in (-1, 1)]
            return (sides[0][0] + sides[1][0]) / 2, (sides[0][1] + sides[1][1]) / 2
        return self._transitions(steps, reversion)

    def _transitions(
        self, steps: NDArray[np.float64], reversion: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rates = self.motion.speeds
        share = -self.drift[0, 1:] / (rates - reversion)
        all_rates = np.concatenate([[reversion], rates])
        kept = np.exp(-all_rates * steps[:, None])
        forwards = kept[:, :, None] * np.eye(all_rates.size)
        forwards[:, 0, 1:] = share * (kept[:, 1:] - kept[:, :1])
        response = np.eye(all_rates.size)
        response[0] = np.concatenate([[self.noise[0] - share.sum()], share])
        total, length = all_rates[:, None] + all_rates, steps[:, None, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            products = np.where(total > 0, -np.expm1(-total * length) / total, length)
        return forwards, response @ products @ response.T


@dataclass(frozen=True, eq=False)
class Posterior:
    """X given the observations: `mean` and `standard_deviation` (times,), and the logarithm of the evidence."""

    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    standard_deviation: NDArray[np.float64]
    log_evidence: float


def linear_chain(motion: MarkovMotion, *, reversion: float = 0.0, diffusion: float = 1.0) -> LinearChain:
    """The chain of dX = −θ X dt + σ dB̂ from X(0) = 0. Raises ValueError for a negative reversion θ or a σ that is not positive."""
    if not (math.isfinite(reversion) and reversion >= 0):
        raise ValueError(f"reversion must be finite and not negative; got {reversion!r}")
    if not (math.isfinite(diffusion) and diffusion > 0):
        raise ValueError(f"diffusion must be positive and finite; got {diffusion!r}")
    rates, weights = motion.speeds, motion.weights
    size = rates.size + 1
    drift = np.zeros((size, size))
    drift[0, 0] = -reversion
    drift[0, 1:] = -diffusion * weights * rates
    drift[1:, 1:] = -np.diag(rates)
    noise = np.concatenate([[diffusion * motion.total_weight], np.ones(rates.size)])
    initial = np.zeros((size, size))
    if motion.kind == "I":
        initial[1:, 1:] = 1 / (rates[:, None] + rates)
    return LinearChain(drift, noise, initial, motion)


def log_likelihood(
    chain: LinearChain, times: ArrayLike, values: ArrayLike, *, noise: float = 0.0, missing: bool = False
) -> float:
    """Logarithm of the density of observing X + N(0, noise²) at these times: a Kalman filter, O(n K²).

    Values that are NaN are left out with `missing`, and refused without. Raises ValueError.
    """
    at, observed = _observed(times, values, noise, missing)
    forwards, spreads, which = _steps(chain, at)
    total, _squares, _logs, _count = filter_observations(forwards, spreads, which, chain.initial, observed, noise**2)
    return float(total)


def profile_likelihood(
    chain: LinearChain, times: ArrayLike, values: ArrayLike, *, missing: bool = False
) -> tuple[float, float]:
    """Log likelihood at the best scale of X, and that scale: observations without noise are σ times the chain's."""
    at, observed = _observed(times, values, 0.0, missing)
    forwards, spreads, which = _steps(chain, at)
    _total, squares, logs, count = filter_observations(forwards, spreads, which, chain.initial, observed, 0.0)
    variance = squares / count
    return float(-0.5 * (count * (math.log(2 * math.pi * variance) + 1) + logs)), math.sqrt(variance)


def posterior(chain: LinearChain, times: ArrayLike, values: ArrayLike, *, noise: float) -> Posterior:
    """X at all times given the values that are not NaN: Kalman's filter and the backward pass of Bryson and Frazier.

    That pass inverts no covariance of the state: those of type II are singular to rounding, and the smoother of Rauch, Tung and
    Striebel fails on them. Covariances are updated in Joseph's form. Raises ValueError.
    """
    if not noise > 0:
        raise ValueError(f"noise must be positive; got {noise!r}")
    at, observed = _observed(times, values, noise, True)
    forwards, spreads, which = _steps(chain, at)
    size = chain.noise.size
    mean, covariance = np.zeros(size), chain.initial
    filtered: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    gains: list[tuple[NDArray[np.float64], float, float] | None] = []
    for step, value in zip(which, observed, strict=True):
        forward = forwards[step]
        mean, covariance = forward @ mean, forward @ covariance @ forward.T + spreads[step]
        gains.append(None)
        if not math.isnan(value):
            expected, innovation = covariance[0, 0] + noise**2, value - mean[0]
            gain = covariance[:, 0] / expected
            gains[-1] = gain, expected, innovation
            keep = _without(gain)
            mean = mean + gain * innovation
            covariance = keep @ covariance @ keep.T + noise**2 * np.outer(gain, gain)
        filtered.append((mean, covariance))
    means, deviations = np.empty(at.size), np.empty(at.size)
    pull, precision = np.zeros(size), np.zeros((size, size))
    for place in range(at.size - 1, -1, -1):
        mean, covariance = filtered[place]
        means[place] = mean[0] - covariance[0] @ pull
        variance = covariance[0, 0] - covariance[0] @ precision @ covariance[0]
        deviations[place] = math.sqrt(max(variance, 0.0))
        seen = gains[place]
        if seen is not None:
            gain, expected, innovation = seen
            keep = _without(gain)
            pull, precision = keep.T @ pull, keep.T @ precision @ keep
            pull[0] -= innovation / expected
            precision[0, 0] += 1 / expected
        forward = forwards[which[place]]
        pull, precision = forward.T @ pull, forward.T @ precision @ forward
    total, *_rest = filter_observations(forwards, spreads, which, chain.initial, observed, noise**2)
    return Posterior(at, means, deviations, float(total))


def _without(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 − g e₀ᵀ: what an observation of the first state leaves."""
    keep = np.eye(gain.size)
    keep[:, 0] -= gain
    return keep


def _observed(
    times: ArrayLike, values: ArrayLike, noise: float, missing: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    at, observed = check_times(times), np.asarray(values, dtype=float)
    if observed.shape != at.shape:
        raise ValueError(f"values must be as many as times, {at.size}; got shape {observed.shape}")
    if not (math.isfinite(noise) and noise >= 0):
        raise ValueError(f"noise must be finite and not negative; got {noise!r}")
    absent = ~np.isfinite(observed)
    if absent.any() and not (missing and np.isnan(observed[absent]).all()):
        raise ValueError(
            f"values must be finite; number {int(np.argmax(absent))} is {observed[absent][0]} (NaN is left out with missing=True)"
        )
    if absent.all():
        raise ValueError("values must hold at least one observation; all are NaN")
    return at, observed


def _steps(
    chain: LinearChain, times: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Transitions of each different step length, and which of them leads to each time."""
    steps = np.diff(times, prepend=0.0)
    scale = 10.0 ** (math.floor(math.log10(steps.min())) - 9)
    different, which = np.unique(np.round(steps / scale), return_inverse=True)
    forwards, spreads = chain.transitions(different * scale)
    return forwards, spreads, which.astype(np.int64)
