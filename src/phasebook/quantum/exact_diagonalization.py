"""Exact diagonalization of spins 1/2 in a basis of bits, one sector of the magnetization at a time.

A configuration is a word whose bit i says that site i points up. In a sector the words of equal bit count are numbered in their
order by two small tables (Lin, Phys. Rev. B 42, 6561 (1990)), so that the matrix is built without a search; it is stored as column
numbers of 4 bytes, with 2 bytes more where couplings differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..errors import PhasebookError
from .lanczos import DENSE_STATES, lowest_eigenpair, lowest_eigenpairs
from .spin_lattice import SpinLattice

MEMORY_LIMIT = 2**31
DEGENERATE = 1e-8  # levels closer than this, relative to max(1, |E|), count as one
VECTORS = 5  # the recurrence's three, the sum, and one result


class ProblemTooLargeError(PhasebookError, ValueError):
    """A calculation that would not fit into the memory it may take; the message says how many bytes it would need."""


@dataclass(frozen=True)
class SectorMatrix:
    """The Hamiltonian in one sector: `diagonal` (D,), and off-diagonal elements as rows of column numbers.

    `codes` (nonzeros,) number the distinct values in `table`; it is empty where there is one value.
    """

    magnetization: float | None
    diagonal: NDArray[np.float64]
    row_start: NDArray[np.int64]
    columns: NDArray[np.int32]
    codes: NDArray[np.uint16]
    table: NDArray[np.float64]

    @property
    def dimension(self) -> int:
        """Number of configurations."""
        return self.diagonal.size

    def apply(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """H times a vector (D,)."""
        result = np.empty_like(vector)
        _multiply(self.diagonal, self.row_start, self.columns, self.codes, self.table, vector, result)
        return result

    def dense(self) -> NDArray[np.float64]:
        """The matrix (D, D)."""
        matrix = np.diag(self.diagonal)
        rows = np.repeat(np.arange(self.dimension), np.diff(self.row_start))
        values = self.table[self.codes] if self.codes.size else np.broadcast_to(self.table[:1], rows.shape)
        np.add.at(matrix, (rows, self.columns), values)
        return matrix


@dataclass(frozen=True)
class LowStates:
    """The lowest energies (n,) in ascending order, the magnetization of each (NaN where not conserved), and their residuals.

    `degeneracy` counts the levels equal to the lowest, among all sectors that were searched.
    """

    energies: NDArray[np.float64]
    magnetizations: NDArray[np.float64]
    residuals: NDArray[np.float64]

    @property
    def degeneracy(self) -> int:
        """Number of states at the lowest energy."""
        bound = self.energies[0] + DEGENERATE * max(1.0, abs(self.energies[0]))
        return int(np.count_nonzero(self.energies <= bound))

    @property
    def gap(self) -> float:
        """Energy from the ground states to the next level. Raises ValueError where all states found are ground states."""
        if self.degeneracy == self.energies.size:
            raise ValueError(f"the gap needs more states: all {self.energies.size} that were found are ground states")
        return float(self.energies[self.degeneracy] - self.energies[0])


def up_spins(sites: int, magnetization: float) -> int:
    """How many spins point up at a total Sᶻ. Raises ValueError, naming both, where the sector does not exist."""
    doubled = 2 * magnetization
    if not float(doubled).is_integer() or (sites + int(doubled)) % 2 or abs(doubled) > sites:
        raise ValueError(
            f"magnetization must be one of −{sites}/2, −{sites}/2 + 1, ..., {sites}/2 for sites = {sites}; "
            f"got {magnetization!r}"
        )
    return (sites + int(doubled)) // 2


def sector_bytes(lattice: SpinLattice, magnetization: float | None = None) -> int:
    """Bytes that the Hamiltonian of a sector and Lanczos on it take; None is the space of all 2^N configurations."""
    first, _, exchange, ising = lattice.coupling_arrays()
    flips = int(np.count_nonzero(exchange if magnetization is not None else np.abs(exchange) + np.abs(ising)))
    kinds = {*exchange.tolist(), *lattice.transverse}
    if magnetization is None:
        states, nonzeros = 2**lattice.sites, 2**lattice.sites * (first.size + lattice.sites)
    else:
        up = up_spins(lattice.sites, magnetization)
        states = math.comb(lattice.sites, up)
        nonzeros = 2 * flips * math.comb(lattice.sites - 2, up - 1) if 0 < up < lattice.sites else 0
    tables = 24 * 2 ** (lattice.sites - lattice.sites // 2)
    return (24 + 8 * VECTORS) * states + (4 if len(kinds) == 1 else 6) * nonzeros + tables


def sector_matrix(
    lattice: SpinLattice, magnetization: float | None, *, memory_limit: int = MEMORY_LIMIT
) -> SectorMatrix:
    """The Hamiltonian at a total Sᶻ, or of all configurations (None; needed where a transverse field breaks the conservation).

    Raises ProblemTooLargeError with the estimated bytes before anything is allocated, ValueError for a sector that does not exist.
    """
    if magnetization is not None and not lattice.conserves_magnetization:
        raise ValueError(
            f"magnetization must be None with a transverse field, which mixes sectors; got {magnetization!r}"
        )
    needed = sector_bytes(lattice, magnetization)
    if needed > memory_limit:
        raise ProblemTooLargeError(
            f"exact diagonalization of {lattice.sites} sites needs about {needed:,} bytes "
            f"({needed / 2**30:.1f} GiB); the limit is {memory_limit:,}"
        )
    states, low_rank, high_start, low_bits = _numbering(lattice.sites, magnetization)
    first, second, exchange, ising = lattice.coupling_arrays()
    transverse, longitudinal = lattice.fields()
    table, codes = np.unique(np.concatenate([exchange / 2, -transverse / 2]), return_inverse=True)
    kept = table != 0
    number = np.cumsum(kept) - 1
    bond_code, site_code = (np.where(kept[part], number[part], -1) for part in np.split(codes, [exchange.size]))
    table = table[kept]
    row_start = _count(states, first, second, bond_code, site_code)
    columns = np.empty(row_start[-1], np.int32)
    kinds = np.empty(row_start[-1] if table.size > 1 else 0, np.uint16)
    diagonal = np.empty(states.size)
    _fill(
        (states, low_rank, high_start, low_bits),
        (first, second, bond_code, ising),
        (site_code, longitudinal),
        row_start,
        columns,
        kinds,
        diagonal,
    )
    return SectorMatrix(magnetization, diagonal, row_start, columns, kinds, table)


def ground_energy(
    lattice: SpinLattice, magnetization: float | None = None, *, memory_limit: int = MEMORY_LIMIT
) -> float:
    """The lowest energy, of one sector or (None) of all: exact to about 1e-12 relative. Raises as `sector_matrix`."""
    sectors = [magnetization] if magnetization is not None else searched_sectors(lattice)
    energies = []
    for sector in sectors:
        matrix = sector_matrix(lattice, sector, memory_limit=memory_limit)
        if matrix.dimension < DENSE_STATES:
            energies.append(float(np.linalg.eigvalsh(matrix.dense())[0]))
        else:
            energies.append(lowest_eigenpair(matrix.apply, matrix.dimension, with_vector=False).energy)
    return min(energies)


def low_states(
    lattice: SpinLattice, count: int = 2, magnetization: float | None = None, *, memory_limit: int = MEMORY_LIMIT
) -> LowStates:
    """The `count` lowest states, of one sector or (None) of the whole space, degenerate ones included.

    Raises ValueError for a count below one or a sector that does not exist, ProblemTooLargeError as `sector_matrix`.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"count must be a positive integer; got {count!r}")
    every_sector = magnetization is None and lattice.conserves_magnetization
    mirrored = every_sector and not any(lattice.longitudinal)  # sectors of opposite magnetization have equal levels
    sectors: list[float | None] = [magnetization]
    if every_sector:
        ups = range((lattice.sites + 1) // 2 if mirrored else 0, lattice.sites + 1)
        sectors = [up - lattice.sites / 2 for up in ups]
    found: list[tuple[float, float, float]] = []
    for sector in sectors:
        labels = (sector, -sector) if mirrored and sector else (math.nan if sector is None else sector,)
        for energy, residual in _sector_levels(lattice, sector, count, memory_limit):
            found.extend((energy, label, residual) for label in labels)
    found.sort()
    energies, magnetizations, residuals = np.array(found[:count]).T
    return LowStates(energies, magnetizations, residuals)


def ground_state(lattice: SpinLattice, magnetization: float | None = None) -> tuple[float, NDArray[np.float64]]:
    """Energy and vector (D,) of the lowest state of a sector, in the order of `sector_words`. Raises as `sector_matrix`."""
    matrix = sector_matrix(lattice, magnetization)
    if matrix.dimension < DENSE_STATES:
        values, vectors = np.linalg.eigh(matrix.dense())
        return float(values[0]), vectors[:, 0]
    pair = lowest_eigenpair(matrix.apply, matrix.dimension)
    return pair.energy, pair.vector


def sector_words(sites: int, magnetization: float | None) -> NDArray[np.int64]:
    """The configurations of a sector as words, ascending: bit i is set where site i points up. Raises as `sector_matrix`."""
    states = 2**sites if magnetization is None else math.comb(sites, up_spins(sites, magnetization))
    needed = 8 * states + 24 * 2 ** (sites - sites // 2)
    if needed > MEMORY_LIMIT:
        raise ProblemTooLargeError(
            f"the configurations of {sites} sites need about {needed:,} bytes; the limit is {MEMORY_LIMIT:,}"
        )
    return _numbering(sites, magnetization)[0]


def searched_sectors(lattice: SpinLattice) -> list[float | None]:
    """Sectors among which the lowest energy must lie: one by rotations, half of them by the flip of all spins."""
    if not lattice.conserves_magnetization:
        return [None]
    smallest = (lattice.sites % 2) / 2
    if lattice.is_rotation_invariant:
        return [smallest]
    up = range(lattice.sites + 1) if any(lattice.longitudinal) else range((lattice.sites + 1) // 2, lattice.sites + 1)
    return [each - lattice.sites / 2 for each in up]


def _sector_levels(
    lattice: SpinLattice, sector: float | None, count: int, memory_limit: int
) -> list[tuple[float, float]]:
    matrix = sector_matrix(lattice, sector, memory_limit=memory_limit)
    if matrix.dimension < DENSE_STATES:
        return [(float(value), 0.0) for value in np.linalg.eigvalsh(matrix.dense())[:count]]
    pairs = lowest_eigenpairs(matrix.apply, matrix.dimension, count)
    return [(pair.energy, pair.residual) for pair in pairs]


def _numbering(
    sites: int, magnetization: float | None
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], int]:
    """Words of a sector, ascending, and the tables that number them: start of the high half plus rank of the low half."""
    low_bits = sites // 2
    if magnetization is None:
        low_rank = np.arange(2**low_bits, dtype=np.int32)
        high_start = (np.arange(2 ** (sites - low_bits)) << low_bits).astype(np.int32)
        return np.arange(2**sites, dtype=np.int64), low_rank, high_start, low_bits
    up = up_spins(sites, magnetization)
    low_counts = np.bitwise_count(np.arange(2**low_bits)).astype(np.int64)
    high_counts = np.bitwise_count(np.arange(2 ** (sites - low_bits))).astype(np.int64)
    low_rank = np.empty(2**low_bits, np.int32)
    for ones in range(low_bits + 1):
        chosen = low_counts == ones
        low_rank[chosen] = np.arange(np.count_nonzero(chosen))
    sizes = np.array([math.comb(low_bits, ones) if ones >= 0 else 0 for ones in up - high_counts.astype(int)])
    high_start = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    by_count = [np.flatnonzero(low_counts == ones) for ones in range(low_bits + 1)]
    words = [
        (high << low_bits) | by_count[up - ones] for high, ones in enumerate(high_counts) if 0 <= up - ones <= low_bits
    ]
    return np.concatenate(words).astype(np.int64), low_rank, high_start, low_bits


@njit(cache=True, nogil=True)
def _count(states, first, second, bond_code, site_code):  # type: ignore[no-untyped-def]
    """Where each row starts: antiparallel bonds exchange their spins, a transverse field flips one."""
    start = np.zeros(states.size + 1, np.int64)
    flips = 0
    for site in range(site_code.size):
        flips += site_code[site] >= 0
    for row in range(states.size):
        word = states[row]
        total = flips
        for bond in range(first.size):
            if bond_code[bond] >= 0 and ((word >> first[bond]) ^ (word >> second[bond])) & 1:
                total += 1
        start[row + 1] = start[row] + total
    return start


@njit(cache=True, nogil=True)
def _fill(numbering, bonds, sites, row_start, columns, kinds, diagonal):  # type: ignore[no-untyped-def]
    states, low_rank, high_start, low_bits = numbering
    first, second, bond_code, ising = bonds
    site_code, longitudinal = sites
    mask = (np.int64(1) << low_bits) - 1
    several = kinds.size > 0
    for row in range(states.size):
        word = states[row]
        place = row_start[row]
        energy = 0.0
        for bond in range(first.size):
            antiparallel = ((word >> first[bond]) ^ (word >> second[bond])) & 1
            energy += ising[bond] * (0.25 - 0.5 * antiparallel)
            if antiparallel and bond_code[bond] >= 0:
                other = word ^ ((np.int64(1) << first[bond]) | (np.int64(1) << second[bond]))
                columns[place] = high_start[other >> low_bits] + low_rank[other & mask]
                if several:
                    kinds[place] = bond_code[bond]
                place += 1
        for site in range(site_code.size):
            energy += longitudinal[site] * (0.5 - ((word >> site) & 1))
            if site_code[site] >= 0:
                other = word ^ (np.int64(1) << site)
                columns[place] = high_start[other >> low_bits] + low_rank[other & mask]
                if several:
                    kinds[place] = site_code[site]
                place += 1
        diagonal[row] = energy


@njit(cache=True, nogil=True)
def _multiply(diagonal, row_start, columns, codes, table, vector, result):  # type: ignore[no-untyped-def]
    uniform = codes.size == 0
    for row in range(diagonal.size):
        total = 0.0
        if uniform:
            for place in range(row_start[row], row_start[row + 1]):
                total += vector[columns[place]]
            if table.size:
                total *= table[0]
        else:
            for place in range(row_start[row], row_start[row + 1]):
                total += table[codes[place]] * vector[columns[place]]
        result[row] = diagonal[row] * vector[row] + total
