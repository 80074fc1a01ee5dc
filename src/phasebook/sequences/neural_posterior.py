"""A posterior over paths by a neural control: u(t, x, y, next observation) trained on the evidence bound, with the index if asked.

As in arXiv 2310.12975: paths of dX = −θ X dt + σ dB̂ under a learned drift u, whose cost is ½ ∫ u² dt. Observations are levels with
normal errors on the grid of the Euler chain. For type I the law of Y(0) is learned too, as a normal law beside its prior, so that
the bound can be tight. The index is a parameter like any other, since the weights are a smooth function of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..engines.fitting import Fit, adam, fit
from ..engines.neural_networks import Perceptron
from .bridge_control import BridgeProblem, ControlledPaths, Start, walk
from .markov_motion import MarkovMotion
from .weight_table import WeightTable

LEARNING_RATE = 3e-3
STEPS_PER_CALL = 100


class Posterior(eqx.Module):
    """A control network, the whitened normal law of Y(0) (None for type II), and the index's logit (None where it is known)."""

    network: Perceptron
    start_mean: Float[Array, " processes"] | None
    start_factor: Float[Array, "processes processes"] | None
    logit: Float[Array, ""] | None

    def control(self, features: Float[Array, "batch features"]) -> Float[Array, " batch"]:
        """u for each row of features."""
        return self.network(features)[:, 0]

    @property
    def hurst(self) -> float:
        """The learned index."""
        if self.logit is None:
            raise ValueError("this posterior was trained at a known index")
        return float(jax.nn.sigmoid(self.logit))


@dataclass(frozen=True, eq=False)
class ObservedPaths:
    """Levels (paths, steps + 1) on the grid of an Euler chain, NaN where nothing was observed, with errors of size `noise`.

    Raises ValueError where the last level of a path is not observed, or a step is too long for the fastest process.
    """

    levels: Float[np.ndarray, "paths grid"]
    noise: float
    step: float
    motion: MarkovMotion
    reversion: float = 0.0
    diffusion: float = 1.0

    def __post_init__(self) -> None:
        if self.levels.ndim != 2 or self.levels.shape[1] < 2 or np.isnan(self.levels[:, -1]).any():
            raise ValueError("levels must be (paths, steps + 1), observed at the last step of every path")
        if not (math.isfinite(self.noise) and self.noise > 0):
            raise ValueError(f"noise must be positive and finite; got {self.noise!r}")
        if not 0 < self.step * float(self.motion.speeds.max()) < 0.5:
            raise ValueError(
                f"step must be positive and below {0.5 / float(self.motion.speeds.max()):.3g}, half the fastest process's time; "
                f"got {self.step!r}"
            )

    def arrays(self, table: WeightTable | None) -> dict[str, Any]:
        """What the loss reads, on the device in single precision."""
        count, grid = self.levels.shape
        following, waiting = np.empty((count, grid - 1)), np.empty((count, grid - 1))
        for path, row in enumerate(self.levels):
            seen = np.flatnonzero(~np.isnan(row[1:])) + 1
            ahead = seen[np.searchsorted(seen, np.arange(1, grid))]
            following[path], waiting[path] = row[ahead], (ahead - np.arange(grid - 1)) * self.step
        rates = self.motion.speeds
        found = {
            "levels": np.nan_to_num(self.levels[:, 1:]),
            "seen": ~np.isnan(self.levels[:, 1:]),
            "following": following,
            "waiting": waiting,
            "times": np.arange(grid - 1) * self.step,
            "step": self.step,
            "noise": self.noise,
            "reversion": self.reversion,
            "diffusion": self.diffusion,
            "speeds": rates,
            "weights": self.motion.weights,
            "coefficients": np.zeros((1, rates.size)) if table is None else table.coefficients,
            "prior": _stationary_factor(rates),
        }
        return {name: jnp.asarray(np.asarray(value), jnp.float32) for name, value in found.items()}


def untrained_posterior(
    motion: MarkovMotion, *, width: int = 128, depth: int = 2, hurst: float | None = None, seed: int
) -> Posterior:
    """A control that is zero, the prior law of Y(0), and, where `hurst` is given, an index to be learned from there."""
    processes = motion.speeds.size
    network = Perceptron(processes + 5, 1, width=width, depth=depth, activation="tanh", key=jax.random.key(seed))
    network = eqx.tree_at(lambda net: net.weights[-1], network, jnp.zeros_like(network.weights[-1]))
    network = eqx.tree_at(lambda net: net.biases[-1], network, jnp.zeros_like(network.biases[-1]))
    stationary = motion.kind == "I"
    return Posterior(
        network,
        jnp.zeros(processes) if stationary else None,
        jnp.eye(processes) if stationary else None,
        None if hurst is None else jnp.float32(math.log(hurst / (1 - hurst))),
    )


def train_posterior(
    observed: ObservedPaths,
    *,
    steps: int,
    seed: int,
    width: int = 128,
    depth: int = 2,
    batch: int = 32,
    table: WeightTable | None = None,
    first_hurst: float = 0.5,
    progress: Any = None,
) -> Fit:
    """Train a posterior on observed paths with Adam; `batch` noises a step, shared out over the paths.

    With a `table` the index is learned, from `first_hurst` on. The fit's losses are estimates of minus the bound, per path.
    """
    model = untrained_posterior(
        observed.motion, width=width, depth=depth, hurst=None if table is None else first_hurst, seed=seed
    )
    count = len(observed.levels)
    draws = jnp.zeros((count, max(1, batch // count)))  # its shape is what the loss reads
    data = {**observed.arrays(table), "draws": draws}
    optimizer = adam(LEARNING_RATE, steps)
    return fit(
        model,
        _loss,
        data,
        optimizer=optimizer,
        steps=steps,
        seed=seed,
        steps_per_call=STEPS_PER_CALL,
        progress=progress,
    )


def walk_posterior(problem: BridgeProblem, posterior: Posterior, *, paths: int, seed: int) -> ControlledPaths:
    """Paths of a bridge under a learned control, in double precision, with the bound's error."""
    rates = problem.chain.motion.speeds
    size = rates.size + 1
    mean, factor, divergence = np.zeros(size), np.zeros((size, size)), 0.0
    if posterior.start_mean is not None and posterior.start_factor is not None:
        white_mean = np.asarray(posterior.start_mean, dtype=float)
        white = np.tril(np.asarray(posterior.start_factor, dtype=float))
        prior = _stationary_factor(rates)
        mean[1:], factor[1:, 1:] = prior @ white_mean, prior @ white
        divergence = _divergence_of(white_mean, white)
    evaluate = eqx.filter_jit(posterior.control)

    def control(index: int, states: np.ndarray) -> np.ndarray:
        time = index * problem.step
        missing, waiting = problem.observation - states[:, 0], np.float64(problem.horizon - time)
        near = np.sqrt(waiting + problem.noise**2)
        features = _features(states, np.float64(time), missing, near, xp=np)
        return np.asarray(evaluate(jnp.asarray(features, jnp.float32)), dtype=float) / near

    return walk(problem, control, Start(mean, factor, divergence), paths=paths, seed=seed)


def _loss(model: Posterior, data: dict[str, Array], key: Array) -> Array:
    """Minus the evidence bound, estimated from one Euler path a draw."""
    paths, copies = data["draws"].shape
    processes, rows = data["speeds"].shape[0], paths * copies
    weights = data["weights"] if model.logit is None else _weights(data["coefficients"], jax.nn.sigmoid(model.logit))
    scaled = data["diffusion"] * weights
    own, shocks = jax.random.split(key)
    divergence, states = jnp.float32(0.0), jnp.zeros((rows, processes + 1))
    if model.start_mean is not None and model.start_factor is not None:
        white = jnp.tril(model.start_factor)
        drawn = model.start_mean + jax.random.normal(own, (rows, processes)) @ white.T
        states = states.at[:, 1:].set(drawn @ data["prior"].T)
        diagonal = jnp.abs(jnp.diag(white)) + 1e-12
        divergence = 0.5 * ((white**2).sum() + (model.start_mean**2).sum() - processes) - jnp.log(diagonal).sum()
    spread = {name: jnp.repeat(data[name], copies, axis=0) for name in ("levels", "seen", "following", "waiting")}
    noises = jnp.sqrt(data["step"]) * jax.random.normal(shocks, (data["times"].shape[0], rows))

    def step(carry: tuple[Array, Array], each: Any) -> tuple[tuple[Array, Array], None]:
        states, total = carry
        time, level, seen, following, waiting, noise = each
        near = jnp.sqrt(waiting + data["noise"] ** 2)
        pull = model.control(_features(states, time, following - states[:, 0], near, xp=jnp)) / near
        moved = pull * data["step"] + noise
        pulled = states[:, 1:] * data["speeds"]
        x = states[:, 0] + data["step"] * (-data["reversion"] * states[:, 0] - pulled @ scaled) + moved * scaled.sum()
        y = states[:, 1:] - data["step"] * pulled + moved[:, None]
        missed = (level - x) / data["noise"]
        fit_term = 0.5 * (missed**2 + jnp.log(2 * jnp.pi * data["noise"] ** 2))
        total = total + 0.5 * pull**2 * data["step"] + jnp.where(seen > 0, fit_term, 0.0)
        return (jnp.concatenate([x[:, None], y], axis=1), total), None

    columns = [spread[name].T for name in ("levels", "seen", "following", "waiting")]
    (_states, total), _ = jax.lax.scan(step, (states, jnp.zeros(rows)), (data["times"], *columns, noises))
    return total.mean() + divergence


def _features(states: Any, time: Any, missing: Any, near: Any, *, xp: Any) -> Any:
    """(sin t, cos t, x, y, what is missing to the next observation in units of `near`, log `near`).

    `near` is the root of the time left and the observation's variance: a Brownian bridge misses about that much, and is pulled by
    about its inverse, which the network's output is multiplied with.
    """
    one, near = xp.ones_like(states[:, :1]), xp.reshape(near, (-1, 1))
    columns = [one * xp.sin(time), one * xp.cos(time), states, missing[:, None] / near, one * xp.log(near)]
    return xp.concatenate(columns, axis=1)


def _weights(coefficients: Array, hurst: Array) -> Array:
    return WeightTable(coefficients, np.zeros(0))(hurst)  # type: ignore[arg-type]


def _stationary_factor(rates: np.ndarray) -> np.ndarray:
    """A factor of the processes' stationary covariance, which is singular to rounding for speeds that are close."""
    return np.linalg.cholesky(1 / (rates[:, None] + rates) + 1e-9 * np.eye(rates.size))


def _divergence_of(mean: np.ndarray, factor: np.ndarray) -> float:
    logs = float(np.log(np.abs(np.diag(factor)) + 1e-12).sum())
    return float(0.5 * ((factor**2).sum() + (mean**2).sum() - mean.size) - logs)
