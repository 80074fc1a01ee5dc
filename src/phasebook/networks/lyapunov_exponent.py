"""Largest Lyapunov exponent of random recurrent networks: from mean-field theory, and by following two trajectories.

A small difference of two trajectories has a covariance over two times that grows along their mean, as exp(2λ·mean) times a
profile k over their difference τ, with k'' + g² E[φ'φ'](τ) k = (1 + λ)² k: a bound state. With a time step the derivatives
become differences; for the map only τ = 0 counts, λ = ½ ln(g² E[φ'²]). In the silent state λ is g φ'(0) − 1. Source:
Sompolinsky, Crisanti, Sommers 1988; Schuecker, Goedeke, Helias 2018; with a time step derived here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import linalg, optimize

from ..numerics.measured import Measured
from .coupling_matrices import checked_coupling
from .mean_field import MeanField, Outcome
from .recurrent_network import CONTINUOUS, DISCRETE, RecurrentNetwork

SEPARATION = 1e-7  # of the two trajectories, per unit: differences stay linear, and far above rounding
BLOCKS = 16


def lyapunov_exponent(field: MeanField) -> float:
    """The largest Lyapunov exponent, in inverse membrane time constants (per step for a map); positive: chaos."""
    network = field.network
    h = network.time_step
    if field.outcome is Outcome.silent:
        growth = network.gain * field.mean_slope
        return growth - 1 if h == CONTINUOUS else math.log(1 - h + h * growth) / h
    slopes = network.nonlinearity.covariance_slope(field.autocovariance, field.variance)
    potential = network.gain**2 * slopes
    if h == DISCRETE:
        return 0.5 * math.log(float(potential[0]))
    spacing = float(field.lags[1])
    if h == CONTINUOUS:
        largest = _largest_eigenvalue(potential - 2 / spacing**2, 1 / spacing**2)
        return math.sqrt(max(largest, 0.0)) - 1
    leak = 1 - h

    def excess(growth: float) -> float:
        # The profile's bound state has the eigenvalue growth² + leak².
        off = leak * growth
        return _largest_eigenvalue(h**2 * potential, off) - growth**2 - leak**2

    # At growth = leak (a unit without input) any coupling binds; the potential's top bounds growth from above.
    low, high = max(leak, 1e-9), leak + h * math.sqrt(float(potential[0])) + 1e-9
    return math.log(optimize.brentq(excess, low, high, xtol=1e-14)) / h


def simulate_lyapunov_exponent(
    network: RecurrentNetwork,
    coupling: Any,
    *,
    duration: float,
    trajectories: int = 8,
    seed: int,
    burn_in: float = 50.0,
) -> Measured:
    """The largest Lyapunov exponent of one network, from pairs of trajectories that are brought together again after each step.

    In double precision, with the same noise for both of a pair; the error is over `trajectories` pairs and blocks of time. Units as
    `lyapunov_exponent`. Raises ValueError for a network in continuous time (it needs a time step), or a silent start.
    """
    h = network.time_step
    if h == CONTINUOUS:
        raise ValueError("time_step must be positive to simulate: give the network Euler's step, for example 0.1")
    matrix = checked_coupling(coupling)
    generator = np.random.default_rng(seed)
    x = network.gain * generator.standard_normal((len(matrix), trajectories))
    difference = generator.standard_normal(x.shape)
    size = SEPARATION * math.sqrt(len(matrix))
    difference *= size / np.linalg.norm(difference, axis=0)
    amplitude = math.sqrt(h * network.noise)
    first, steps = round(burn_in / h), round(duration / h)
    if steps < BLOCKS:
        raise ValueError(f"duration must hold at least {BLOCKS} steps of {h:g}; got {duration:g}")
    rates = np.zeros((steps, trajectories))
    for number in range(first + steps):
        both = matrix @ network.nonlinearity.function(np.concatenate([x, x + difference], axis=1))
        field, moved = both[:, :trajectories], both[:, trajectories:]
        kick = amplitude * generator.standard_normal(x.shape) if amplitude else 0.0
        difference = (1 - h) * difference + h * (moved - field)
        x = (1 - h) * x + h * field + kick
        norms = np.linalg.norm(difference, axis=0)
        difference *= size / norms
        if number >= first:
            rates[number - first] = np.log(norms / size) / h
    blocks = np.array([block.mean() for block in np.array_split(rates.mean(axis=1), BLOCKS)])
    return Measured(float(rates.mean()), float(blocks.std(ddof=1) / math.sqrt(BLOCKS)), BLOCKS - 1, seed)


def _largest_eigenvalue(diagonal: Any, neighbor: float) -> float:
    """Of the symmetric tridiagonal matrix over lags −T to T, folded onto lags ≥ 0 (the bound state is even)."""
    off = np.full(len(diagonal) - 1, neighbor)
    off[0] *= math.sqrt(2)
    last = len(diagonal) - 1
    [found] = linalg.eigvalsh_tridiagonal(diagonal, off, select="i", select_range=(last, last))
    return float(found)
