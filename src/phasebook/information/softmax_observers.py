"""Observers inside a rewriting universe: sets of nodes that persist, and softmax predictors of their boundaries.

An observer is a ball of nodes; its boundary is the relations with nodes inside and outside. Over windows of events the
boundary grows, shrinks, or stays: the type that a softmax on the last window predicts. All observers of a batch are
trained side by side by damped natural gradient in JAX; what remains are their Fisher matrices and regimes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .rewriting import Evolution

Array = NDArray[np.float64]
TYPES = 3  # the boundary shrank, stayed, grew
FEATURES = 3  # one, the last change, the boundary's size in standard deviations from its mean
DAMPING = 1e-6
RANK = 1e-9  # share of the largest eigenvalue below which a direction has no information


@dataclass(frozen=True, eq=False)
class BoundaryRecords:
    """Types (observers, windows) and features (observers, windows, FEATURES) of boundaries over time."""

    types: NDArray[np.int32]
    features: Array

    @property
    def entropies(self) -> Array:
        """Entropy of the types of each observer in nats."""
        shares = np.stack([(self.types == kind).mean(axis=1) for kind in range(TYPES)], axis=1)
        return -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1)


@dataclass(frozen=True, eq=False)
class TrainedObservers:
    """Mean log loss in nats before and after training, and the Fisher spectrum (observers, parameters), ascending."""

    first_loss: Array
    last_loss: Array
    spectra: Array

    @property
    def condition_numbers(self) -> Array:
        """κ(F) on the range of F; NaN where nothing is left to predict."""
        top = self.spectra[:, -1:]
        kept = np.where(self.spectra > RANK * np.maximum(top, 1e-300), self.spectra, np.inf)
        return np.where(top[:, 0] > 1e-12, top[:, 0] / kept.min(axis=1), np.nan)


def boundary_sizes(evolution: Evolution, inside: NDArray[np.bool_], windows: int, start: int) -> NDArray[np.int64]:
    """The number of relations with nodes in and out, at the ends of equal windows of the events from `start`: (windows + 1,).

    `inside` says of each node whether it belongs to the observer; nodes made later do not. Raises ValueError for windows
    that the run is too short for.
    """
    if windows < 1 or start + windows > evolution.events:
        raise ValueError(f"windows must fit into {evolution.events - start} events; got {windows}")
    edges = evolution.edge_nodes
    present = edges >= 0
    within = inside[np.where(present, edges, 0)] & present
    crossing = within.any(axis=1) & (present & ~within).any(axis=1)
    last = np.where(evolution.consumer < 0, evolution.events, evolution.consumer)
    ends = np.linspace(start, evolution.events, windows + 1).astype(np.int64)
    born = np.bincount(np.searchsorted(ends, evolution.creator[crossing] + 1), minlength=windows + 2)
    died = np.bincount(np.searchsorted(ends, last[crossing] + 1), minlength=windows + 2)
    return np.cumsum(born - died)[: windows + 1]


def boundary_records(
    evolution: Evolution, observers: int, windows: int, seed: int, share: float = 0.3
) -> BoundaryRecords:
    """Boundaries of randomly placed observers, each a connected piece with a share of the nodes that live halfway."""
    start = evolution.events // 2
    alive = (evolution.creator < start) & ((evolution.consumer >= start) | (evolution.consumer < 0))
    pairs = evolution.edge_nodes[alive][:, :2]
    generator = np.random.default_rng(seed)
    types = np.empty((observers, windows), np.int32)
    features = np.empty((observers, windows, FEATURES))
    for number in range(observers):
        inside = _piece(pairs, evolution.nodes, share, generator)
        sizes = boundary_sizes(evolution, inside, windows + 1, start)
        changes = np.sign(np.diff(sizes))
        types[number] = changes[1:] + 1
        features[number, :, 0] = 1.0
        features[number, :, 1] = changes[:-1]
        centered = sizes[1:-1] - sizes.mean()
        features[number, :, 2] = centered / max(float(centered.std()), 1e-12)
    return BoundaryRecords(types, features)


def _piece(pairs: NDArray[np.int32], nodes: int, share: float, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Nodes around a random one, shell by shell, until they are the share of all that live."""
    inside = np.zeros(nodes, bool)
    inside[pairs[generator.integers(len(pairs)), 0]] = True
    goal = max(2, round(share * np.unique(pairs).size))
    while inside.sum() < goal:
        touched = inside[pairs].any(axis=1)
        shell = np.setdiff1d(pairs[touched], np.flatnonzero(inside))
        if not shell.size:
            break
        inside[generator.permutation(shell)[: goal - int(inside.sum())]] = True
    return inside


def train_observers(records: BoundaryRecords, steps: int = 60, rate: float = 0.5) -> TrainedObservers:
    """Train a softmax over types for each observer by natural gradient, all side by side."""
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):

        def scores_of(weights: Any, features: Any) -> Any:
            return jnp.concatenate([features @ weights, jnp.zeros((len(features), 1))], axis=1)

        def loss(weights: Any, types: Any, features: Any) -> Any:
            logs = jax.nn.log_softmax(scores_of(weights, features))
            return -jnp.take_along_axis(logs, types[:, None], axis=1).mean()

        def fisher(weights: Any, features: Any) -> Any:
            shares = jax.nn.softmax(scores_of(weights, features))[:, :-1]
            covariance = shares[:, :, None] * jnp.eye(TYPES - 1) - shares[:, :, None] * shares[:, None, :]
            found = jnp.einsum("wi,wj,wkl->ikjl", features, features, covariance) / len(features)
            return found.reshape(FEATURES * (TYPES - 1), -1)

        def train(types: Any, features: Any) -> tuple[Any, Any, Any]:
            def advance(weights: Any, _: Any) -> tuple[Any, None]:
                slope = jax.grad(loss)(weights, types, features).ravel()
                metric = fisher(weights, features)
                damped = metric + DAMPING * (1 + jnp.trace(metric)) * jnp.eye(len(metric))
                return weights - rate * jnp.linalg.solve(damped, slope).reshape(weights.shape), None

            start = jnp.zeros((FEATURES, TYPES - 1))
            weights, _ = jax.lax.scan(advance, start, None, length=steps)
            spectrum = jnp.linalg.eigvalsh(fisher(weights, features))
            return loss(start, types, features), loss(weights, types, features), spectrum

        found = jax.jit(jax.vmap(train))(jnp.asarray(records.types), jnp.asarray(records.features))
        return TrainedObservers(*(np.asarray(each, dtype=float) for each in found))
