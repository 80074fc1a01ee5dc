"""Bridges by control: the best drift that leads the chain to an observation, and the evidence bound that paths under it measure.

Under a control u the chain is dz = M z dt + s (u dt + dW), and log p(O) ≥ E[log p(O | X_T) − ½ ∫ u² dt] − KL(q(z_0) ‖ p(z_0)), with
equality at u*(t, z) = (c_t·s)(O − c_t·z) / (v_t + noise²), where c_t·z and v_t are mean and variance of X_T given z_t: arXiv
2310.12975 has the bound, the optimum for linear equations is derived here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from .linear_chain import LinearChain

Control = Callable[[int, NDArray[np.float64]], NDArray[np.float64]]
UNSTABLE = 0.5  # largest speed times step of an Euler chain


@dataclass(frozen=True)
class BridgeProblem:
    """Observe X(horizon) + N(0, noise²) once, and walk there from X(0) = 0 by `steps` Euler steps.

    Raises ValueError where a step is too long for the fastest process.
    """

    chain: LinearChain
    observation: float
    noise: float
    horizon: float
    steps: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.observation) and math.isfinite(self.noise) and self.noise > 0):
            raise ValueError(f"observation must be finite and noise positive; got {self.observation!r}, {self.noise!r}")
        if not (math.isfinite(self.horizon) and self.horizon > 0):
            raise ValueError(f"horizon must be positive and finite; got {self.horizon!r}")
        fastest = max(float(self.chain.motion.speeds.max()), -float(self.chain.drift[0, 0]))
        if self.steps < 1 or fastest * self.horizon / self.steps >= UNSTABLE:
            raise ValueError(
                f"steps must be more than {math.ceil(fastest * self.horizon / UNSTABLE)}, so that the largest speed {fastest:g} "
                f"times a step stays below {UNSTABLE:g}; got {self.steps}"
            )

    @property
    def step(self) -> float:
        """Length of a step."""
        return self.horizon / self.steps

    @property
    def times(self) -> NDArray[np.float64]:
        """Times (steps + 1,) of the path."""
        return np.linspace(0.0, self.horizon, self.steps + 1)

    def forecasts(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows c (steps + 1, size) and variances v (steps + 1,): X_T given z_t is N(c·z, v)."""
        rows, variances = [], []
        for remaining in self.horizon - self.times:
            forward, spread = self.chain.transition(float(max(remaining, 0.0)))
            rows.append(forward[0])
            variances.append(spread[0, 0])
        return np.array(rows), np.array(variances)


@dataclass(frozen=True)
class Start:
    """A Gaussian law of z_0 beside its prior: mean, a factor of the covariance, and the divergence from the prior."""

    mean: NDArray[np.float64]
    factor: NDArray[np.float64]
    divergence: float


@dataclass(frozen=True)
class ControlledPaths:
    """Paths (paths, steps + 1) of X under a control, and the evidence bound with its error."""

    times: NDArray[np.float64]
    paths: NDArray[np.float64]
    bound: Measured


def log_evidence(problem: BridgeProblem) -> float:
    """Logarithm of the density of the observation under the chain, exactly."""
    row, variance = (each[0] for each in problem.forecasts())
    total = variance + row @ problem.chain.initial @ row + problem.noise**2
    return float(-0.5 * (math.log(2 * math.pi * total) + problem.observation**2 / total))


def optimal_control(problem: BridgeProblem) -> Control:
    """u*(number of the step, states (paths, size)) as (paths,)."""
    rows, variances = problem.forecasts()
    gains = rows @ problem.chain.noise / (variances + problem.noise**2)

    def control(index: int, states: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(gains[index] * (problem.observation - states @ rows[index]))

    return control


def posterior_start(problem: BridgeProblem) -> Start:
    """The law of z_0 given the observation, and its divergence from the prior."""
    prior = problem.chain.initial
    row, variance = (each[0] for each in problem.forecasts())
    seen = prior @ row
    total = float(row @ seen + variance + problem.noise**2)
    covariance = prior - np.outer(seen, seen) / total
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    share = float(row @ seen) / total
    mean = seen * problem.observation / total
    # One direction of the prior is narrowed, by the factor 1 − share, and moved by a Mahalanobis distance share · O² / total.
    divergence = 0.5 * (-share - math.log1p(-share) + share * problem.observation**2 / total)
    return Start(mean, vectors * np.sqrt(np.maximum(values, 0.0)), divergence)


def walk(problem: BridgeProblem, control: Control, start: Start, *, paths: int, seed: int) -> ControlledPaths:
    """Euler paths under the control. ∫ u dW, of mean zero, is taken off the bound: at the optimum no noise is left."""
    if paths < 2:
        raise ValueError(f"paths must be at least 2; got {paths}")
    generator = np.random.default_rng(seed)
    chain, step = problem.chain, problem.step
    states = start.mean + generator.standard_normal((paths, start.factor.shape[1])) @ start.factor.T
    found = np.empty((paths, problem.steps + 1))
    found[:, 0] = states[:, 0]
    cost = np.zeros(paths)
    for index in range(problem.steps):
        pull = control(index, states)
        shock = math.sqrt(step) * generator.standard_normal(paths)
        cost += pull * (0.5 * pull * step + shock)
        states = states + states @ chain.drift.T * step + (pull * step + shock)[:, None] * chain.noise
        found[:, index + 1] = states[:, 0]
    missed = (problem.observation - found[:, -1]) / problem.noise
    fit = -0.5 * (missed**2 + math.log(2 * math.pi * problem.noise**2))
    bound = mean_estimate(fit - cost - start.divergence)
    return ControlledPaths(problem.times, found, Measured(bound.value, bound.stderr, bound.dof, seed))
