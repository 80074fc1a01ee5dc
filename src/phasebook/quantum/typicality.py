"""Thermal energies of lattices too large for all their levels: Lanczos from random vectors in each sector.

Tr e^{−H/T} ≈ Σ_sectors (D/R) Σ_r Σ_j |⟨r|ψⱼ⟩|² e^{−εⱼ/T}: a random vector is typical, with an error that falls with the number of
states at the temperature. Source: Jaklič and Prelovšek, Phys. Rev. B 49, 5065 (1994); the errors are a jackknife's.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..numerics.measured import Measured
from .exact_diagonalization import MEMORY_LIMIT, sector_matrix
from .lanczos import lanczos_coefficients
from .spin_lattice import SpinLattice, check_count
from .thermal_spectrum import check_temperature

STEPS = 60


def typical_energy(
    lattice: SpinLattice,
    temperature: float,
    *,
    vectors: int = 8,
    steps: int = STEPS,
    seed: int,
    memory_limit: int = MEMORY_LIMIT,
) -> Measured:
    """⟨H⟩ at a temperature from `vectors` random vectors a sector, with the jackknife's error over them.

    `steps` Lanczos vectors are kept orthogonal. Raises ValueError for fewer than two vectors, ProblemTooLargeError as
    `sector_matrix`.
    """
    check_temperature(temperature)
    check_count("vectors", vectors, 2, 10_000)
    check_count("steps", steps, 2, 1000)
    conserved = lattice.conserves_magnetization
    mirrored = conserved and not any(lattice.longitudinal)
    ups = range((lattice.sites + 1) // 2 if mirrored else 0, lattice.sites + 1)
    sectors: list[float | None] = [up - lattice.sites / 2 for up in ups] if conserved else [None]
    generator = np.random.default_rng(seed)
    levels: list[list[NDArray[np.float64]]] = [[] for _ in range(vectors)]
    weights: list[list[NDArray[np.float64]]] = [[] for _ in range(vectors)]
    for sector in sectors:
        matrix = sector_matrix(lattice, sector, memory_limit=memory_limit)
        copies = 2 if mirrored and sector else 1
        for vector in range(vectors):
            start = generator.standard_normal(matrix.dimension)
            start /= np.linalg.norm(start)
            diagonal, off_diagonal = lanczos_coefficients(matrix.apply, start, steps)
            tridiagonal = np.diag(diagonal) + np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1)
            values, states = np.linalg.eigh(tridiagonal)
            levels[vector].append(values)
            weights[vector].append(copies * matrix.dimension * states[0] ** 2)
    return _jackknife(
        [np.concatenate(each) for each in levels], [np.concatenate(each) for each in weights], temperature
    )


def _jackknife(levels: list[NDArray[np.float64]], weights: list[NDArray[np.float64]], temperature: float) -> Measured:
    """The ratio of two traces, with the bias of its denominator removed to first order."""
    lowest = min(float(each.min()) for each in levels)
    boltzmann = [weight * np.exp(-(each - lowest) / temperature) for each, weight in zip(levels, weights, strict=True)]
    partition = np.array([each.sum() for each in boltzmann])
    energy = np.array([each @ level for each, level in zip(boltzmann, levels, strict=True)])
    count = partition.size
    whole = energy.sum() / partition.sum()
    left_out = (energy.sum() - energy) / (partition.sum() - partition)
    value = count * whole - (count - 1) * left_out.mean()
    stderr = math.sqrt((count - 1) / count * np.sum((left_out - left_out.mean()) ** 2))
    return Measured(value, stderr, count - 1)
