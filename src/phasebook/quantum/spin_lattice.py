"""Spins 1/2 on a lattice: sites, bonds with their couplings, and fields.

H = Σ_bonds [Jxy (SˣSˣ + SʸSʸ) + Jz SᶻSᶻ] − Σ_sites (Γ Sˣ + h Sᶻ), in spin units: S = σ/2, so that a coupling of Pauli matrices is
four couplings of spins. A positive coupling is antiferromagnetic.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MOST_SITES = 10_000  # what Monte Carlo samples; exact diagonalization refuses far smaller lattices by their memory


@dataclass(frozen=True)
class SpinLattice:
    """Spins 1/2: `bonds` (B pairs of sites), `exchange` Jxy and `ising` Jz (B,), fields `transverse` Γ and `longitudinal` h (N,).

    Fields left empty are zero. Energies are in the unit of the couplings. Raises ValueError for a site that does not exist, a bond
    from a site to itself, a wrong number of couplings or fields, or a number that is not finite.
    """

    sites: int
    bonds: tuple[tuple[int, int], ...]
    exchange: tuple[float, ...]
    ising: tuple[float, ...]
    transverse: tuple[float, ...] = ()
    longitudinal: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_count("sites", self.sites, 1, MOST_SITES)
        for first, second in self.bonds:
            if not (0 <= first < self.sites and 0 <= second < self.sites) or first == second:
                raise ValueError(f"bonds must join two of the sites 0 to {self.sites - 1}; got {first} and {second}")
        for name, length in (("exchange", len(self.bonds)), ("ising", len(self.bonds))):
            _check_numbers(name, getattr(self, name), length, "one a bond")
        for name in ("transverse", "longitudinal"):
            if getattr(self, name):
                _check_numbers(name, getattr(self, name), self.sites, "one a site")

    @property
    def conserves_magnetization(self) -> bool:
        """Whether the total Sᶻ is conserved: no transverse field."""
        return not any(self.transverse)

    @property
    def is_rotation_invariant(self) -> bool:
        """Whether the total spin is conserved: equal Jxy and Jz, and no field."""
        return self.exchange == self.ising and not any(self.transverse) and not any(self.longitudinal)

    def coupling_arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """First and second site, Jxy and Jz of every bond, with repeated bonds added up."""
        total: dict[tuple[int, int], tuple[float, float]] = {}
        for (first, second), exchange, ising in zip(self.bonds, self.exchange, self.ising, strict=True):
            pair = (min(first, second), max(first, second))
            before = total.get(pair, (0.0, 0.0))
            total[pair] = (before[0] + exchange, before[1] + ising)
        pairs = np.array(list(total), np.int64).reshape(-1, 2)
        couplings = np.array(list(total.values()), np.float64).reshape(-1, 2)
        return pairs[:, 0].copy(), pairs[:, 1].copy(), couplings[:, 0].copy(), couplings[:, 1].copy()

    def fields(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Transverse and longitudinal field of every site, (N,) each."""
        zero = (0.0,) * self.sites
        return np.array(self.transverse or zero, np.float64), np.array(self.longitudinal or zero, np.float64)


def heisenberg_ring(sites: int, coupling: float = 1.0, anisotropy: float = 1.0) -> SpinLattice:
    """The ring J Σ (SˣSˣ + SʸSʸ + Δ SᶻSᶻ) of at least three sites."""
    check_count("sites", sites, 3, MOST_SITES)
    return uniform_lattice(sites, ring_bonds(sites), coupling, anisotropy)


def heisenberg_chain(sites: int, coupling: float = 1.0, anisotropy: float = 1.0) -> SpinLattice:
    """The open chain J Σ (SˣSˣ + SʸSʸ + Δ SᶻSᶻ) of at least two sites."""
    check_count("sites", sites, 2, MOST_SITES)
    return uniform_lattice(sites, ring_bonds(sites)[:-1], coupling, anisotropy)


def heisenberg_torus(width: int, height: int, coupling: float = 1.0, vertical: float | None = None) -> SpinLattice:
    """The square lattice with periodic sides, of coupling `vertical` (`coupling` by default) along columns.

    A side of two has one bond, a side of one none: 2 × n is a ladder with periodic legs.
    """
    check_count("width", width, 1, MOST_SITES)
    check_count("height", height, 1, MOST_SITES)
    bonds, couplings = [], []
    for x in range(width):
        for y in range(height):
            here = x + width * y
            if width > 2 or (width == 2 and x == 0):
                bonds.append((here, (x + 1) % width + width * y))
                couplings.append(coupling)
            if height > 2 or (height == 2 and y == 0):
                bonds.append((here, x + width * ((y + 1) % height)))
                couplings.append(coupling if vertical is None else vertical)
    return SpinLattice(width * height, tuple(bonds), tuple(couplings), tuple(couplings))


def frustrated_ring(sites: int, nearest: float = 1.0, next_nearest: float = 0.5) -> SpinLattice:
    """The ring J₁ Σ Sᵢ·Sᵢ₊₁ + J₂ Σ Sᵢ·Sᵢ₊₂ of at least five sites; J₂ = J₁/2 is the point of Majumdar and Ghosh."""
    check_count("sites", sites, 5, MOST_SITES)
    far = tuple((site, (site + 2) % sites) for site in range(sites))
    couplings = (float(nearest),) * sites + (float(next_nearest),) * sites
    return SpinLattice(sites, ring_bonds(sites) + far, couplings, couplings)


def ising_ring(sites: int, coupling: float = 1.0, field: float = 1.0) -> SpinLattice:
    """The quantum Ising ring −J Σ σᶻσᶻ − g Σ σˣ of at least three sites, in Pauli matrices."""
    check_count("sites", sites, 3, MOST_SITES)
    return SpinLattice(
        sites, ring_bonds(sites), (0.0,) * sites, (-4.0 * coupling,) * sites, transverse=(2.0 * field,) * sites
    )


def uniform_lattice(
    sites: int, bonds: Sequence[tuple[int, int]], coupling: float = 1.0, anisotropy: float = 1.0
) -> SpinLattice:
    """A lattice whose bonds all have Jxy = J and Jz = Δ J."""
    count = len(bonds)
    return SpinLattice(sites, tuple(bonds), (float(coupling),) * count, (float(coupling) * anisotropy,) * count)


def ring_bonds(sites: int) -> tuple[tuple[int, int], ...]:
    """Bonds of a ring: every site with the next one, the last with the first."""
    return tuple((site, (site + 1) % sites) for site in range(sites))


def read_spin_lattice(path: str | Path) -> SpinLattice:
    """A lattice from a CSV list of bonds: columns `first`, `second` (site numbers from 0), `coupling`, and perhaps `anisotropy`.

    Jxy is the coupling and Jz the coupling times the anisotropy (1 without that column). Raises ValueError naming file and line.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"path names no file: {file.name!r}")
    with file.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        columns = reader.fieldnames or []
        missing = [name for name in ("first", "second", "coupling") if name not in columns]
        if missing:
            raise ValueError(f"{file.name} must have columns first, second, coupling; {', '.join(missing)} is missing")
        rows = [_bond(row, file.name, line) for line, row in enumerate(reader, start=2)]
    if not rows:
        raise ValueError(f"{file.name} must list at least one bond; got none")
    sites = 1 + max(max(row[0], row[1]) for row in rows)
    return SpinLattice(
        sites,
        tuple((row[0], row[1]) for row in rows),
        tuple(row[2] for row in rows),
        tuple(row[2] * row[3] for row in rows),
    )


def check_count(name: str, value: int, low: int, high: int) -> None:
    """Raises ValueError unless the value is an integer from low to high."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise ValueError(f"{name} must be an integer from {low} to {high}; got {value!r}")


def _bond(row: dict[str, str], name: str, line: int) -> tuple[int, int, float, float]:
    try:
        first, second = int(row["first"]), int(row["second"])
        coupling, anisotropy = float(row["coupling"]), float(row.get("anisotropy") or 1.0)
    except (TypeError, ValueError):
        raise ValueError(f"{name}, line {line}: first and second must be integers, the others numbers") from None
    if min(first, second) < 0 or first == second or max(first, second) >= MOST_SITES:
        raise ValueError(
            f"{name}, line {line}: a bond joins two sites from 0 to {MOST_SITES - 1}; got {first}, {second}"
        )
    if not (math.isfinite(coupling) and math.isfinite(anisotropy)):
        raise ValueError(f"{name}, line {line}: coupling and anisotropy must be finite; got {coupling}, {anisotropy}")
    return first, second, coupling, anisotropy


def _check_numbers(name: str, values: Iterable[float], length: int, each: str) -> None:
    numbers = tuple(values)
    if len(numbers) != length or not all(math.isfinite(value) for value in numbers):
        raise ValueError(f"{name} must hold {length} finite numbers, {each}; got {numbers[:4]!r} of {len(numbers)}")
