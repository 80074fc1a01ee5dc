"""Epidemics on random spatial networks in theory: reproduction number, final size, wave speed, what fat tails do to it.

Susceptible nodes are infected along edges at rate β, recover at rate γ, and stay immune; every edge of a node shares its time of
recovery. Edge-based compartmental theory (Miller, Slim and Volz 2012) on networks of arXiv 1702.01252; formulas derived here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from ..errors import PhasebookError
from .spatial_degrees import DegreeLaw
from .spatial_kernels import Kernel, NoFiniteSpeed


class NoEpidemic(PhasebookError, ValueError):
    """R₀ is at most one: outbreaks die out, and there is no wave."""


@dataclass(frozen=True)
class Rates:
    """Transmission β along an edge and recovery γ of a node, per unit of time."""

    transmission: float = 1.0
    recovery: float = 1.0

    def __post_init__(self) -> None:
        for name in ("transmission", "recovery"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive and finite; got {value!r}")


@dataclass(frozen=True)
class Wave:
    """A pulled front: its asymptotic speed c* and the decay rate λ* of its foot."""

    speed: float
    decay_rate: float

    def speed_at(self, time: ArrayLike, *, dimension: int = 1) -> NDArray[np.float64]:
        """Speed at a time with Bramson's correction, c* − 3 / (2 λ* t): fronts from a patch are late for ever.

        A circular front in the plane (`dimension` 2) is later still, by 2 / (λ* t) (Gärtner 1982: (d + 2) / 2 in d dimensions).
        """
        return self.speed - (dimension + 2) / 2 / (self.decay_rate * np.asarray(time, dtype=float))


def reproduction_number(degrees: DegreeLaw, rates: Rates) -> float:
    """R₀ = β ⟨κ²⟩ / ((β + γ) ⟨κ⟩)."""
    return rates.transmission / (rates.transmission + rates.recovery) * degrees.branching


def growth_rate(degrees: DegreeLaw, rates: Rates) -> float:
    """r = β ⟨κ²⟩ / ⟨κ⟩ − (β + γ), without space."""
    return rates.transmission * degrees.branching - rates.transmission - rates.recovery


def final_transmitted(degrees: DegreeLaw, rates: Rates) -> float:
    """h∞ = 1 − Θ∞, the share of edges that have transmitted in the end: h = β g(h) / (β + γ), by Brent's method.

    Raises NoEpidemic for R₀ ≤ 1.
    """
    _require_epidemic(degrees, rates)
    share = rates.transmission / (rates.transmission + rates.recovery)

    def excess(h: float) -> float:
        return share * float(degrees.edge_loss(h)) - h

    low = 1e-3
    while excess(low) <= 0:
        low /= 10
    return float(optimize.brentq(excess, low, 1.0, xtol=1e-15, rtol=8.9e-16))


def final_size(degrees: DegreeLaw, rates: Rates) -> float:
    """Share of nodes infected in the end, 1 − ⟨exp(−κ h∞)⟩. Raises NoEpidemic for R₀ ≤ 1."""
    return float(1 - degrees.escape(final_transmitted(degrees, rates)))


def wave(kernel: Kernel, degrees: DegreeLaw, rates: Rates) -> Wave:
    """c* = min over λ of (β ⟨κ²⟩/⟨κ⟩ M(λ) − β − γ) / λ, along one axis, and the λ* of the minimum.

    Raises NoFiniteSpeed for fat kernels and NoEpidemic for R₀ ≤ 1.
    """
    if kernel.is_fat:
        kernel.moment_generating_function(0.0)
    _require_epidemic(degrees, rates)
    strength, loss = rates.transmission * degrees.branching, rates.transmission + rates.recovery

    def speed(rate: float) -> float:
        return (strength * kernel.moment_generating_function(rate) - loss) / rate

    end = min(kernel.largest_rate * (1 - 1e-12), 35.0 / max(part.scale for part in kernel.parts))
    grid = np.concatenate((np.geomspace(1e-6, 0.5, 200), 1 - np.geomspace(0.5, 1e-9, 100)[1:])) * end
    values = [speed(rate) for rate in grid]
    best = int(np.clip(np.argmin(values), 1, grid.size - 2))
    found = optimize.minimize_scalar(
        speed, bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-11 * grid[best]}
    )
    # The minimum is flat: its place is where c = dω/dλ, which is sharper than the least value.
    step = 1e-4 * found.x

    def slope(rate: float) -> float:
        change = kernel.moment_generating_function(rate + step) - kernel.moment_generating_function(rate - step)
        return strength * change / (2 * step) - speed(rate)

    place = float(optimize.brentq(slope, grid[best - 1], grid[best + 1], xtol=1e-14))
    return Wave(speed(place), place)


def acceleration_rate(kernel: Kernel, degrees: DegreeLaw, rates: Rates) -> float:
    """d ln x / dt = r / (d + a) of level sets under an algebraic tail f ~ r^(−d−a), in the limit of infinite density.

    Raises ValueError for kernels without an algebraic part and NoFiniteSpeed for a uniform one.
    """
    _require_epidemic(degrees, rates)
    part = kernel.fat_part
    if part.kind == "uniform":
        raise NoFiniteSpeed("a uniform kernel reaches everybody at once: there is no front to accelerate")
    return growth_rate(degrees, rates) / (kernel.dimension + part.exponent)


def outbreak_probability(degrees: DegreeLaw, rates: Rates) -> float:
    """Chance that one ill node among infinitely many starts an epidemic, without space, for Poisson degrees of one mean.

    All edges of a node share its time of recovery T, so that it infects a Poisson number with mean κ(1 − exp(−βT)): the chance s
    solves 1 − s = ⟨exp(−κ(1 − exp(−βT)) s)⟩ over T. Drawing recovery afresh for each edge would give a larger one. Textbook
    branching process. Raises ValueError for other laws than "constant", and NoEpidemic for R₀ ≤ 1.
    """
    if degrees.name != "constant":
        raise ValueError(f"degrees must be of the constant law; got {degrees.name}")
    _require_epidemic(degrees, rates)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    survival = (nodes + 1) / 2  # exp(−γT) is uniform
    infectivity = 1 - survival ** (rates.transmission / rates.recovery)

    def excess(chance: float) -> float:
        return 1 - chance - float(weights @ np.exp(-degrees.mean * infectivity * chance)) / 2

    low = 1e-3
    while excess(low) <= 0:
        low /= 10
    return float(optimize.brentq(excess, low, 1.0, xtol=1e-14))


def _require_epidemic(degrees: DegreeLaw, rates: Rates) -> None:
    number = reproduction_number(degrees, rates)
    if not number > 1:
        raise NoEpidemic(
            f"R₀ must exceed 1 for an epidemic; it is {number:.4g} (transmission {rates.transmission:g}, recovery "
            f"{rates.recovery:g}, mean expected degree {degrees.mean:g})"
        )
