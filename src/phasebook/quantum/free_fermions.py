"""Spin chains that are free fermions: the quantum Ising ring and chain, and chains of XX bonds.

By the Jordan-Wigner transform a ring of spins is two rings of fermions, one for each parity, with antiperiodic or periodic momenta.
Source: Lieb, Schultz and Mattis, Ann. Phys. 16, 407 (1961); Pfeuty, Ann. Phys. 57, 79 (1970).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .spin_lattice import check_count


def ising_ring_energies(sites: int, coupling: float = 1.0, field: float = 1.0) -> tuple[float, float]:
    """Lowest energies of −J Σ σᶻσᶻ − g Σ σˣ on a ring where Π σˣ = 1 and where Π σˣ = −1, for J and g ≥ 0.

    At J = g = 1 they are −2/sin(π/2N) and 2 tan(π/4N) above it. Raises ValueError for negative couplings or fewer than 3 sites.
    """
    check_count("sites", sites, 3, 10**7)
    if not (coupling >= 0 and field >= 0 and np.isfinite(coupling + field)):
        raise ValueError(f"coupling and field must be finite and not negative; got {coupling!r} and {field!r}")
    # Each pair of momenta gives minus its quasiparticle energy; k = 0 stands alone, and an odd number of fermions occupies it.
    even = -_quasiparticles((2 * np.arange(sites) + 1) * np.pi / sites, coupling, field).sum() / 2
    odd = -_quasiparticles(2 * np.arange(1, sites) * np.pi / sites, coupling, field).sum() / 2 + (field - coupling)
    return float(even), float(odd)


def ising_chain_modes(couplings: Sequence[float], fields: Sequence[float]) -> NDArray[np.float64]:
    """Quasiparticle energies (N,) of the open chain −Σ Jᵢ σᶻᵢσᶻᵢ₊₁ − Σ gᵢ σˣᵢ, ascending: twice the singular values.

    The ground energy is minus half their sum and the gap the first of them. Raises ValueError unless there are N − 1 couplings.
    """
    exchange, transverse = np.asarray(couplings, float), np.asarray(fields, float)
    if exchange.shape != (transverse.size - 1,) or not (np.isfinite(exchange).all() and np.isfinite(transverse).all()):
        raise ValueError(
            f"couplings must be {transverse.size - 1} finite numbers, one fewer than fields; got {exchange.size}"
        )
    matrix = np.diag(transverse) + np.diag(exchange, 1)
    return 2 * np.sort(np.linalg.svd(matrix, compute_uv=False))


def ising_chain_energy(couplings: Sequence[float], fields: Sequence[float], temperature: float = 0.0) -> float:
    """⟨H⟩ of the open Ising chain at a temperature (0: the ground energy): −½ Σ Λ tanh(Λ/2T). Raises as `ising_chain_modes`."""
    modes = ising_chain_modes(couplings, fields)
    if not temperature >= 0:
        raise ValueError(f"temperature must not be negative; got {temperature!r}")
    weights = np.tanh(modes / (2 * temperature)) if temperature > 0 else np.ones_like(modes)
    return float(-(modes * weights).sum() / 2)


def xx_chain_energy(couplings: Sequence[float]) -> float:
    """Ground energy of the open chain Σ Jᵢ (SˣSˣ + SʸSʸ): the sum of the negative levels of hopping by Jᵢ/2."""
    hopping = np.asarray(couplings, float) / 2
    levels = np.linalg.eigvalsh(np.diag(hopping, 1) + np.diag(hopping, -1))
    return float(levels[levels < 0].sum())


def xx_ring_energy(sites: int, coupling: float = 1.0) -> float:
    """Ground energy of the ring J Σ (SˣSˣ + SʸSʸ): the better parity of fermions that hop by J/2.

    Raises ValueError for fewer than 3 sites.
    """
    check_count("sites", sites, 3, 10**7)
    best = []
    for odd in (False, True):
        # An even number of fermions hops with a minus sign across the boundary.
        levels = np.sort(coupling * np.cos(2 * np.pi * (np.arange(sites) + (0 if odd else 0.5)) / sites))
        energies = np.concatenate([[0.0], np.cumsum(levels)])
        best.append(energies[int(odd) :: 2].min())
    return float(min(best))


def _quasiparticles(momenta: NDArray[np.float64], coupling: float, field: float) -> NDArray[np.float64]:
    return 2 * np.sqrt(coupling**2 + field**2 - 2 * coupling * field * np.cos(momenta))
