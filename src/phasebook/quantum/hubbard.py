"""The Hubbard model: exact diagonalization of the up spins times the down spins, and the infinite half-filled ring.

H = −t Σ_bonds,σ (c†ᵢσ cⱼσ + h.c.) + U Σ nᵢ↑ nᵢ↓ at given numbers of up and down spins. Modes are ordered by spin, then by site, so
that a hop's sign counts particles of its own spin between the two sites, and the matrix is T↑ ⊗ 1 + 1 ⊗ T↓ + U·(double sites).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, sparse, special

from .exact_diagonalization import MEMORY_LIMIT, ProblemTooLargeError
from .lanczos import DENSE_STATES, lowest_eigenpair
from .spin_lattice import check_count, ring_bonds


@dataclass(frozen=True)
class HubbardModel:
    """Electrons on `sites` joined by `bonds`, with hopping t, repulsion U, and `up` and `down` spins.

    Raises ValueError for a bond outside the sites or more spins than sites.
    """

    sites: int
    bonds: tuple[tuple[int, int], ...]
    hopping: float
    interaction: float
    up: int
    down: int

    def __post_init__(self) -> None:
        check_count("sites", self.sites, 1, 31)
        check_count("up", self.up, 0, self.sites)
        check_count("down", self.down, 0, self.sites)
        for first, second in self.bonds:
            if not (0 <= first < self.sites and 0 <= second < self.sites) or first == second:
                raise ValueError(f"bonds must join two of the sites 0 to {self.sites - 1}; got {first} and {second}")
        for name in ("hopping", "interaction"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be finite; got {getattr(self, name)!r}")

    @property
    def dimension(self) -> int:
        """Number of configurations."""
        return math.comb(self.sites, self.up) * math.comb(self.sites, self.down)


def hubbard_ring(sites: int, interaction: float, hopping: float = 1.0) -> HubbardModel:
    """The half-filled ring, with the odd electron up. A ring of two sites has one bond."""
    check_count("sites", sites, 2, 31)
    bonds = ring_bonds(sites) if sites > 2 else ((0, 1),)
    return HubbardModel(sites, bonds, float(hopping), float(interaction), (sites + 1) // 2, sites // 2)


def hubbard_ground_energy(model: HubbardModel, *, memory_limit: int = MEMORY_LIMIT) -> float:
    """The lowest energy at the model's numbers of spins. Raises ProblemTooLargeError with the estimated bytes."""
    needed = 8 * 7 * model.dimension
    if needed > memory_limit:
        raise ProblemTooLargeError(
            f"exact diagonalization of {model.sites} sites with {model.up} up and {model.down} down needs about {needed:,} "
            f"bytes; the limit is {memory_limit:,}"
        )
    up_words, up_hops = _one_spin(model, model.up)
    down_words, down_hops = _one_spin(model, model.down)
    double = np.bitwise_count(up_words[:, None] & down_words[None, :])
    shape = double.shape

    def apply(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        table = vector.reshape(shape)
        image = up_hops @ table
        image += (down_hops @ table.T).T
        image += model.interaction * (double * table)
        return image.ravel()

    if model.dimension < DENSE_STATES:
        columns = [apply(column) for column in np.eye(model.dimension)]
        return float(np.linalg.eigvalsh(np.array(columns))[0])
    return lowest_eigenpair(apply, model.dimension, with_vector=False).energy


def hubbard_dimer_energy(hopping: float, interaction: float) -> float:
    """The ground energy (U − √(U² + 16 t²))/2 of two sites with two electrons and one bond."""
    return (interaction - math.hypot(interaction, 4 * hopping)) / 2


def lieb_wu_energy(interaction: float) -> float:
    """Ground energy per site of the infinite half-filled ring at t = 1, −4 ∫₀^∞ J₀(w) J₁(w) / (w (1 + e^{wU/2})) dw.

    Relative error below 1e-10 for U from 0.02 to 100; raises ValueError outside. Source: Lieb and Wu, Phys. Rev. Lett. 20, 1445.
    """
    if not 0.02 <= interaction <= 100:
        raise ValueError(f"interaction must lie in [0.02, 100]; got {interaction!r}")

    def integrand(scaled: float) -> float:
        frequency = 2 * scaled / interaction
        return special.j0(frequency) * special.j1(frequency) / (scaled * (1 + math.exp(scaled)))

    # Beyond 40 the exponential is below 1e-17; pieces of half a period keep the oscillations of small U resolved.
    pieces = np.linspace(0, 40, max(9, math.ceil(80 / interaction) + 1))
    parts = [
        integrate.quad(integrand, low, high, epsabs=1e-14, epsrel=1e-12)[0] for low, high in itertools.pairwise(pieces)
    ]
    return -4 * math.fsum(parts)


def _one_spin(model: HubbardModel, particles: int) -> tuple[NDArray[np.int64], sparse.csr_array]:
    """The words of one spin's particles, and its hops with the signs of the particles that are passed."""
    words = np.array(
        sorted(sum(1 << site for site in chosen) for chosen in itertools.combinations(range(model.sites), particles)),
        np.int64,
    )
    size = words.size
    matrix = sparse.csr_array((size, size))
    for first, second in model.bonds:
        low, high = min(first, second), max(first, second)
        movable = np.flatnonzero(((words >> low) ^ (words >> high)) & 1)
        between = ((1 << high) - 1) & ~((1 << (low + 1)) - 1)
        moved = words[movable] ^ ((1 << low) | (1 << high))
        signs = 1.0 - 2.0 * (np.bitwise_count(words[movable] & between) & 1)
        hops = -model.hopping * signs
        matrix = matrix + sparse.csr_array((hops, (np.searchsorted(words, moved), movable)), shape=(size, size))
    return words, matrix
