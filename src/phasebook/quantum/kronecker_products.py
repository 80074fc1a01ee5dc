"""Hamiltonians written out as sums of Kronecker products in the whole space: slow, plain, and independent of any basis of bits.

Spins of any size, and fermions by the Jordan-Wigner transform. It is the second road for exact diagonalization: nothing here is
shared with the sectors of `exact_diagonalization` or `hubbard`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from .hubbard import HubbardModel
from .spin_lattice import SpinLattice, check_count

SMALL = 700  # states below which all eigenvalues are computed


def spin_matrices(twice_spin: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sˣ, i Sʸ (real) and Sᶻ, each (2s+1, 2s+1), with m falling from s to −s; `twice_spin` is 2s."""
    check_count("twice_spin", twice_spin, 1, 20)
    spin = twice_spin / 2
    magnetic = spin - np.arange(twice_spin + 1)
    raising = np.diag(np.sqrt(spin * (spin + 1) - magnetic[1:] * (magnetic[1:] + 1)), 1)
    return (raising + raising.T) / 2, (raising - raising.T) / 2, np.diag(magnetic)


def kronecker_spins(lattice: SpinLattice) -> sparse.csr_array:
    """The Hamiltonian of a lattice of spins 1/2 in its whole space, (2^N, 2^N)."""
    across, turning, along = spin_matrices(1)
    total = sparse.csr_array((2**lattice.sites, 2**lattice.sites))
    for (first, second), exchange, ising in zip(lattice.bonds, lattice.exchange, lattice.ising, strict=True):
        for matrix, strength in ((across, exchange), (turning, -exchange), (along, ising)):
            if strength:
                total = total + strength * _embedded({first: matrix, second: matrix}, lattice.sites, 2)
    for site in range(lattice.sites):
        for matrix, fields in ((across, lattice.transverse), (along, lattice.longitudinal)):
            if fields and fields[site]:
                total = total - fields[site] * _embedded({site: matrix}, lattice.sites, 2)
    return total


def kronecker_bilinear_chain(sites: int, linear: float, quadratic: float, twice_spin: int = 2) -> sparse.csr_array:
    """The open chain Σ a S·S + b (S·S)² of any spin in its whole space; a = 1, b = 1/3 at spin one is the AKLT chain."""
    matrices = spin_matrices(twice_spin)
    size = twice_spin + 1
    across, turning, along = (np.kron(matrix, matrix) for matrix in matrices)
    pair = across - turning + along
    bond = linear * pair + quadratic * pair @ pair
    total = sparse.csr_array((size**sites, size**sites))
    for first in range(sites - 1):
        left, right = sparse.eye_array(size**first), sparse.eye_array(size ** (sites - first - 2))
        total = total + sparse.kron(sparse.kron(left, sparse.csr_array(bond)), right, format="csr")
    return total


def kronecker_fermions(modes: int) -> list[sparse.csr_array]:
    """Annihilators of fermionic modes as Jordan-Wigner matrices, (2^modes, 2^modes) each."""
    lowering, string = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0])
    return [_embedded({**dict.fromkeys(range(mode), string), mode: lowering}, modes, 2) for mode in range(modes)]


def kronecker_hubbard(model: HubbardModel) -> sparse.csr_array:
    """The Hubbard Hamiltonian at its numbers of up and down spins, cut out of the whole Fock space of 4^L states."""
    annihilators = kronecker_fermions(2 * model.sites)
    up, down = annihilators[: model.sites], annihilators[model.sites :]
    total = sparse.csr_array((4**model.sites, 4**model.sites))
    for first, second in model.bonds:
        for kind in (up, down):
            hop = kind[first].T @ kind[second]
            total = total - model.hopping * (hop + hop.T)
    for one, other in zip(up, down, strict=True):
        total = total + model.interaction * (one.T @ one @ other.T @ other)
    counts = [sum(each.T @ each for each in kind).diagonal() for kind in (up, down)]
    kept = np.flatnonzero((np.abs(counts[0] - model.up) < 0.5) & (np.abs(counts[1] - model.down) < 0.5))
    return sparse.csr_array(total[kept][:, kept])


def lowest_energies(matrix: sparse.csr_array, count: int = 1) -> NDArray[np.float64]:
    """The `count` lowest eigenvalues of a Hermitian matrix, degenerate ones included; of a small one by a dense solver.

    ARPACK finds one vector of a degenerate level, so that each vector found is lifted out of the way before the next is sought.
    """
    size = matrix.shape[0]
    if size <= SMALL:
        return np.linalg.eigvalsh(matrix.toarray())[:count]
    generator = np.random.default_rng(1)
    lift = float(abs(matrix).sum(axis=1).max())  # above the whole spectrum's width
    found = np.zeros((size, 0))
    values = []
    for _ in range(count):
        lifted = LinearOperator(
            matrix.shape, lambda x, found=found: matrix @ x + 2 * lift * (found @ (found.T @ x)), dtype=float
        )
        value, vector = eigsh(lifted, k=1, which="SA", tol=1e-13, v0=generator.standard_normal(size))
        values.append(float(value[0]))
        found = np.hstack([found, vector])
    return np.sort(values)


def thermal_energy_of(matrix: sparse.csr_array, temperature: float) -> float:
    """⟨H⟩ at a temperature, from all eigenvalues of a small matrix."""
    levels = np.linalg.eigvalsh(matrix.toarray())
    weights = np.exp(-(levels - levels[0]) / temperature)
    return float(weights @ levels / weights.sum())


def _embedded(factors: dict[int, NDArray[np.float64]], sites: int, size: int) -> sparse.csr_array:
    """The product of one-site matrices, the identity elsewhere; site 0 is the leftmost factor."""
    total, skipped = sparse.csr_array(np.eye(1)), 0
    for site in range(sites):
        if site not in factors:
            skipped += 1
            continue
        total = sparse.kron(sparse.kron(total, sparse.eye_array(size**skipped)), factors[site], format="csr")
        skipped = 0
    return sparse.csr_array(sparse.kron(total, sparse.eye_array(size**skipped), format="csr"))
