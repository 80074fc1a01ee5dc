"""Open chains of spins of any size with bilinear and biquadratic exchange, Σ a S·S + b (S·S)², diagonalized sector by sector.

At spin one, a = 1 and b = 1/3 is the chain of Affleck, Kennedy, Lieb and Tasaki (Phys. Rev. Lett. 59, 799 (1987)): its ground
states are products of valence bonds, with energy −2/3 a bond and a free spin 1/2 at each end, hence four of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .exact_diagonalization import MEMORY_LIMIT, LowStates, ProblemTooLargeError
from .lanczos import DENSE_STATES, lowest_eigenpairs
from .spin_lattice import check_count


@dataclass(frozen=True)
class BilinearChain:
    """An open chain of `sites` spins s = `twice_spin`/2 with couplings a = `linear` and b = `quadratic`."""

    sites: int
    linear: float
    quadratic: float
    twice_spin: int = 2

    def __post_init__(self) -> None:
        check_count("sites", self.sites, 2, 40)
        check_count("twice_spin", self.twice_spin, 1, 10)
        for name in ("linear", "quadratic"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be finite; got {getattr(self, name)!r}")


def aklt_chain(sites: int, coupling: float = 1.0) -> BilinearChain:
    """The open chain J Σ [S·S + (S·S)²/3] of spins one."""
    return BilinearChain(sites, coupling, coupling / 3)


def chain_low_states(chain: BilinearChain, count: int = 2, *, memory_limit: int = MEMORY_LIMIT) -> LowStates:
    """The `count` lowest states among all magnetizations, degenerate ones included.

    Raises ProblemTooLargeError with the estimated bytes before anything is allocated.
    """
    check_count("count", count, 1, 1000)
    states, size = (chain.twice_spin + 1) ** chain.sites, chain.twice_spin + 1
    # The largest sector holds about one state in the spread of the magnetization; each bond couples up to `size` of them.
    spread = math.sqrt(2 * math.pi * chain.sites * (size**2 - 1) / 12)
    needed = int(states / max(1.0, spread) * (12 * (chain.sites - 1) * (size - 1) + 8 * (chain.sites + 8))) + 8 * states
    if needed > memory_limit:
        raise ProblemTooLargeError(
            f"exact diagonalization of {chain.sites} spins {chain.twice_spin}/2 needs about {needed:,} bytes; "
            f"the limit is {memory_limit:,}"
        )
    codes = np.arange(states)
    total = sum((codes // size**site) % size for site in range(chain.sites))
    largest = chain.twice_spin * chain.sites
    found: list[tuple[float, float, float]] = []
    for down in range(largest // 2 + 1):
        magnetization = largest / 2 - down
        for energy, residual in _levels(chain, codes[total == down], count):
            found.append((energy, magnetization, residual))
            if magnetization:
                found.append((energy, -magnetization, residual))
    found.sort()
    energies, labels, residuals = np.array(found[:count]).T
    return LowStates(energies, labels, residuals)


def _levels(chain: BilinearChain, codes: NDArray[np.int64], count: int) -> list[tuple[float, float]]:
    matrix = _sector(chain, codes)
    if codes.size < DENSE_STATES:
        return [(float(value), 0.0) for value in np.linalg.eigvalsh(matrix.toarray())[:count]]
    pairs = lowest_eigenpairs(lambda vector: matrix @ vector, codes.size, count)
    return [(pair.energy, pair.residual) for pair in pairs]


def _sector(chain: BilinearChain, codes: NDArray[np.int64]) -> sparse.csr_array:
    """The Hamiltonian among ascending codes: base-(2s + 1) numbers whose digits are s − m of each site."""
    size = chain.twice_spin + 1
    bond = _bond_elements(chain)
    matrix = sparse.csr_array((codes.size, codes.size))
    for site in range(chain.sites - 1):
        low, high = size**site, size ** (site + 1)
        one, other = (codes // low) % size, (codes // high) % size
        # Sᶻ is conserved: one digit goes down by what the other goes up.
        for shift in range(-chain.twice_spin, chain.twice_spin + 1):
            allowed = np.flatnonzero(
                (one + shift >= 0) & (one + shift < size) & (other - shift >= 0) & (other - shift < size)
            )
            a, b = one[allowed], other[allowed]
            values = bond[a + shift, b - shift, a, b]
            rows = np.searchsorted(codes, codes[allowed] + shift * low - shift * high)
            matrix = matrix + sparse.csr_array((values, (rows, allowed)), shape=matrix.shape)
    return matrix


def _bond_elements(chain: BilinearChain) -> NDArray[np.float64]:
    """Elements [a′, b′, a, b] of a S·S + b (S·S)² for digits a, b = s − m of two spins."""
    spin, size = chain.twice_spin / 2, chain.twice_spin + 1
    exchange = np.zeros((size, size, size, size))
    for a in range(size):
        for b in range(size):
            first, second = spin - a, spin - b
            exchange[a, b, a, b] += first * second
            if a > 0 and b < size - 1:  # S⁺ on the first, S⁻ on the second
                up = math.sqrt(spin * (spin + 1) - first * (first + 1))
                down = math.sqrt(spin * (spin + 1) - second * (second - 1))
                exchange[a - 1, b + 1, a, b] += up * down / 2
                exchange[a, b, a - 1, b + 1] += up * down / 2
    flat = exchange.reshape(size * size, size * size)
    return (chain.linear * flat + chain.quadratic * flat @ flat).reshape(size, size, size, size)
