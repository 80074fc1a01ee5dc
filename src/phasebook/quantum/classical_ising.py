"""The classical Ising model on a square torus: enumeration, transfer matrices, cluster Monte Carlo, and Onsager's solution.

E = −Σ_bonds s s′ with s = ±1, in units of the coupling; temperatures in the same units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import special

from ..engines.replicas import run_replicas
from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from ..numerics.xoshiro import streams, uniform
from .spin_lattice import check_count
from .thermal_spectrum import check_temperature

MOST_ENUMERATED = 25
MOST_TRANSFERRED = 12
REPLICAS, BLOCKS = 4, 16
CRITICAL_TEMPERATURE = 2 / math.log(1 + math.sqrt(2))


@dataclass(frozen=True)
class ClusterEstimate:
    """Energy per site and mean |magnetization| per site, with their errors."""

    energy: Measured
    magnetization: Measured


def enumerated_energy(width: int, height: int, temperature: float) -> float:
    """Energy per site of a torus from all 2^(width·height) configurations; sides of at least 3, at most 25 sites."""
    check_temperature(temperature)
    _check_torus(width, height, width * height, MOST_ENUMERATED, "sites")
    counts = _count_energies(width, height)
    energies = 2.0 * np.arange(counts.size) - 2 * width * height
    weights = counts * np.exp(-(energies - energies[0]) / temperature)
    return float(weights @ energies / weights.sum() / (width * height))


def transferred_energy(width: int, height: int, temperature: float) -> float:
    """Energy per site of a torus from the trace of a transfer matrix between rows of `width` ≤ 12 spins; sides of at least 3."""
    check_temperature(temperature)
    _check_torus(width, height, width, MOST_TRANSFERRED, "width")
    words = np.arange(2**width)
    rolled = (words >> 1) | ((words & 1) << (width - 1))
    within = 2.0 * np.bitwise_count(words ^ rolled) - width
    across = 2.0 * np.bitwise_count(words[:, None] ^ words[None, :]) - width
    energy = across + (within[:, None] + within[None, :]) / 2
    matrix = np.exp(-(energy + 2 * width) / temperature)
    power = np.linalg.matrix_power(matrix / matrix.sum(axis=1).max(), height - 1)
    weights = matrix * power.T
    return float((weights * energy).sum() / weights.sum() / width)


def cluster_monte_carlo(
    side: int, temperature: float, *, measurements: int = 20_000, seed: int, threads: int | None = None
) -> ClusterEstimate:
    """Energy and |magnetization| of a square torus by Wolff's clusters, one site's worth of flips between measurements.

    Raises ValueError for a side below 3 or too few measurements. Source: Wolff, Phys. Rev. Lett. 62, 361 (1989).
    """
    check_temperature(temperature)
    check_count("side", side, 3, 4096)
    check_count("measurements", measurements, 4 * REPLICAS * BLOCKS, 10**9)
    energies, magnetizations = np.zeros((REPLICAS, BLOCKS)), np.zeros((REPLICAS, BLOCKS))
    states, cancel = streams(seed, REPLICAS), np.zeros(1, np.int64)
    block = measurements // (REPLICAS * BLOCKS)

    def run(replica: int) -> None:
        _run_clusters(side, temperature, block, states[replica], energies[replica], magnetizations[replica], cancel)

    run_replicas(run, REPLICAS, threads, cancel)
    return ClusterEstimate(mean_estimate(energies.ravel()), mean_estimate(magnetizations.ravel()))


def onsager_energy(temperature: float) -> float:
    """Energy per site of the infinite square lattice. Source: Onsager, Phys. Rev. 65, 117 (1944)."""
    check_temperature(temperature)
    doubled = 2 / temperature
    if doubled > 300:
        return -2.0
    # The complement 1 − k² = tanh⁴-like square, written without cancellation: the integral diverges at the critical point.
    squared = 2 * math.tanh(doubled) ** 2 - 1
    complement = squared**2
    integral = special.ellipkm1(complement) if complement > 0 else 0.0
    return -(1 + 2 / math.pi * squared * integral) / math.tanh(doubled)


def onsager_magnetization(temperature: float) -> float:
    """Spontaneous magnetization (1 − sinh⁻⁴(2/T))^{1/8} below the critical temperature, else 0. Source: Yang 1952."""
    check_temperature(temperature)
    if temperature >= CRITICAL_TEMPERATURE:
        return 0.0
    return (1 - math.sinh(min(2 / temperature, 100.0)) ** -4) ** 0.125


def _check_torus(width: int, height: int, size: int, most: int, what: str) -> None:
    check_count("width", width, 3, 10**6)
    check_count("height", height, 3, 10**6)
    if size > most:
        raise ValueError(f"{what} must be at most {most}; got {size}")


@njit(cache=True, nogil=True)
def _count_energies(width: int, height: int) -> NDArray[np.float64]:
    """How many configurations have each energy −2N, −2N + 2, ..., in the order of a Gray code, one flip a step."""
    sites = width * height
    counts = np.zeros(2 * sites + 1)
    spins = np.ones(sites, np.int64)
    energy = -2 * sites
    counts[0] = 1.0
    for step in range(1, 1 << (sites - 1)):
        site = 0
        while not (step >> site) & 1:
            site += 1
        x, y = site % width, site // width
        around = (
            spins[(x + 1) % width + width * y]
            + spins[(x + width - 1) % width + width * y]
            + spins[x + width * ((y + 1) % height)]
            + spins[x + width * ((y + height - 1) % height)]
        )
        energy += 2 * spins[site] * around
        spins[site] = -spins[site]
        counts[(energy + 2 * sites) // 2] += 1.0
    return counts


@njit(cache=True, nogil=True)
def _run_clusters(side, temperature, block, state, energies, magnetizations, cancel):  # type: ignore[no-untyped-def]
    sites = side * side
    spins = np.ones(sites, np.int8)
    stack = np.empty(sites, np.int32)
    joining = 1.0 - math.exp(-2.0 / temperature)
    flips, clusters = 0, 0
    while flips < 200 * sites:
        flips += _flip_cluster(side, joining, spins, stack, state)
        clusters += 1
    between = max(1, clusters // 200)
    for index in range(energies.size):
        energy, magnetization = 0.0, 0.0
        for _ in range(block):
            if cancel[0]:
                return
            for _ in range(between):
                _flip_cluster(side, joining, spins, stack, state)
            total, bonds = 0, 0
            for site in range(sites):
                x, y = site % side, site // side
                right = x + 1 if x + 1 < side else 0
                up = y + 1 if y + 1 < side else 0
                total += spins[site]
                bonds += spins[site] * (spins[right + side * y] + spins[x + side * up])
            energy -= bonds / sites
            magnetization += abs(total) / sites
        energies[index] = energy / block
        magnetizations[index] = magnetization / block


@njit(cache=True, nogil=True)
def _flip_cluster(side, joining, spins, stack, state):  # type: ignore[no-untyped-def]
    seed = int(uniform(state) * side * side)
    sign = spins[seed]
    spins[seed] = -sign
    stack[0] = seed
    waiting, size = 1, 1
    while waiting:
        waiting -= 1
        site = stack[waiting]
        x, y = site % side, site // side
        for direction in range(4):
            if direction == 0:
                other = (x + 1 if x + 1 < side else 0) + side * y
            elif direction == 1:
                other = (x - 1 if x > 0 else side - 1) + side * y
            elif direction == 2:
                other = x + side * (y + 1 if y + 1 < side else 0)
            else:
                other = x + side * (y - 1 if y > 0 else side - 1)
            if spins[other] == sign and uniform(state) < joining:
                spins[other] = -sign
                stack[waiting] = other
                waiting += 1
                size += 1
    return size
