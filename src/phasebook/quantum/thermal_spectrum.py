"""Thermal values of small spin lattices from all their energies, sector by sector."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from .exact_diagonalization import MEMORY_LIMIT, ProblemTooLargeError, sector_matrix
from .spin_lattice import SpinLattice


@dataclass(frozen=True)
class Spectrum:
    """All energies (2^N,) with the magnetization of each (NaN where it is not conserved)."""

    energies: NDArray[np.float64]
    magnetizations: NDArray[np.float64]


@dataclass(frozen=True)
class ThermalValues:
    """At one temperature: energy, heat capacity, free energy, and ⟨M²⟩/T with M the total Sᶻ (NaN where not conserved)."""

    energy: float
    heat_capacity: float
    free_energy: float
    susceptibility: float


def full_spectrum(lattice: SpinLattice, *, memory_limit: int = MEMORY_LIMIT) -> Spectrum:
    """All energies of a lattice. Raises ProblemTooLargeError with the bytes that the largest sector would need."""
    conserved = lattice.conserves_magnetization
    largest = math.comb(lattice.sites, lattice.sites // 2) if conserved else 2**lattice.sites
    needed = 24 * largest**2
    if needed > memory_limit:
        raise ProblemTooLargeError(
            f"all energies of {lattice.sites} sites need about {needed:,} bytes; the limit is {memory_limit:,}: "
            "typical states take less"
        )
    energies, labels = [], []
    mirrored = conserved and not any(lattice.longitudinal)
    sectors = [up - lattice.sites / 2 for up in range(lattice.sites + 1)] if conserved else [None]
    for sector in sectors:
        if mirrored and sector is not None and sector < 0:
            continue
        levels = linalg.eigvalsh(sector_matrix(lattice, sector).dense(), overwrite_a=True)
        both = (sector, -sector) if mirrored and sector else (math.nan if sector is None else sector,)
        for label in both:
            energies.append(levels)
            labels.append(np.full(levels.size, label))
    return Spectrum(np.concatenate(energies), np.concatenate(labels))


def thermal_values(spectrum: Spectrum, temperature: float) -> ThermalValues:
    """Canonical averages. Raises ValueError unless the temperature is positive."""
    check_temperature(temperature)
    lowest = spectrum.energies.min()
    weights = np.exp(-(spectrum.energies - lowest) / temperature)
    total = weights.sum()
    energy = weights @ spectrum.energies / total
    variance = weights @ (spectrum.energies - energy) ** 2 / total
    return ThermalValues(
        float(energy),
        float(variance / temperature**2),
        float(lowest - temperature * math.log(total)),
        float(weights @ spectrum.magnetizations**2 / total / temperature),
    )


def check_temperature(temperature: float) -> None:
    """Raises ValueError unless the temperature is positive and finite."""
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature must be positive and finite; got {temperature!r}")
