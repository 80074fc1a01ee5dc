"""Moments of ordered spin observables at any times, exact in the basis of energies: up to 12 sites.

Neighbors at equal times are multiplied as Pauli strings first. What then stands at one time is a sum over the density
matrix; otherwise one group is set apart, and the moment is an entrywise sum of it with the product of all others, in which
time is nothing but phases: carrying one observable through space and time costs no further product of matrices.
"""

from __future__ import annotations

import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Inexact
from scipy import linalg, sparse

from .pauli_sums import (
    OperatorError,
    PauliString,
    PauliSum,
    check_hermitian,
    check_hermitian_sum,
    dense_matrix,
    diagonal_signs,
    is_mirror_symmetric,
    mirrored_words,
    rows_of,
    sparse_matrix,
    string_factor,
)
from .spin_observables import Group, LatticeTooLarge, SpinObservable, batch_of, groups_of

LARGEST_CHAIN = 12
KEPT_ENTRIES = 220_000_000
STATE_TOLERANCE = 1e-9

# A sum of Pauli strings, or a dense or sparse matrix (SciPy's arrays have no types).
Hamiltonian: TypeAlias = PauliSum | np.ndarray | Any


class ThermalWarning(UserWarning):
    """A state that is allowed and seldom meant."""


@dataclass(frozen=True, eq=False)
class SpinState:
    """A state ω(A) = Tr ρA of spins 1/2 and the Hamiltonian that moves observables, in the basis of energies.

    `weights` are the state's eigenvalues where it commutes with the Hamiltonian (states,), else its matrix (states, states).
    """

    sites: int
    energies: Float[np.ndarray, " states"]
    vectors: Inexact[np.ndarray, "states states"]
    weights: Inexact[np.ndarray, " *states"]
    moves: bool = True
    _kept: OrderedDict[Any, np.ndarray] = field(default_factory=OrderedDict, repr=False)

    @property
    def is_stationary(self) -> bool:
        """Whether only differences of times matter."""
        return self.weights.ndim == 1

    def moment(self, product: Sequence[SpinObservable]) -> Any:
        """ω(A_1 ⋯ A_k) in the given order: complex, or an array where an observable has a tuple of times.

        Raises `IndexError` for a site outside the lattice, `ValueError` for times of a state without a Hamiltonian.
        """
        batch = batch_of(product)
        groups = groups_of(product, self.sites)
        if not self.moves and any(group.time != 0 for group in groups):
            raise ValueError("time must be 0 for a state that was given without a Hamiltonian")
        if not groups:
            return 1.0
        if len(groups) == 1 and (self.is_stationary or groups[0].time == 0):
            return _equal_time_value(self, groups[0].string)
        apart = _set_apart(groups)
        others = [group for place, group in enumerate(groups) if place != apart]
        if batch is None or not any(isinstance(group.time, tuple) for group in others):
            return _value(self, groups, apart)
        return np.array([self.moment([each.at(_at(each, place)) for each in product]) for place in range(len(batch))])


def thermal_state(hamiltonian: Hamiltonian, inverse_temperature: float) -> SpinState:
    """The Gibbs state exp(-βH)/Z of up to 12 spins: all energies and eigenvectors.

    Raises `LatticeTooLarge` beyond 12 sites, `OperatorError` for a matrix that is not Hermitian or no power of two wide,
    `ValueError` for a β that is not finite; warns (`ThermalWarning`) of a negative β.
    """
    check_temperature(inverse_temperature)
    sites, energies, vectors = _diagonalized(hamiltonian)
    exponents = -inverse_temperature * energies
    weights = np.exp(exponents - exponents.max())
    return SpinState(sites, energies, vectors, weights / weights.sum())


def state_of_density(
    density: Inexact[np.ndarray, "states states"], hamiltonian: Hamiltonian | None = None
) -> SpinState:
    """A state from its density matrix, and the Hamiltonian that moves observables where there is one.

    Raises `OperatorError` with the deviation unless the matrix is Hermitian, positive and of trace 1, and as
    `thermal_state` does.
    """
    density = np.asarray(density)
    check_hermitian(density, "density")
    sites = _sites_of(density.shape[0], "density")
    trace, lowest = float(np.trace(density).real), float(linalg.eigvalsh(density)[0])
    if abs(trace - 1) > STATE_TOLERANCE:
        raise OperatorError(f"density must have trace 1; it deviates by {trace - 1:.3g}")
    if lowest < -STATE_TOLERANCE:
        raise OperatorError(f"density must be positive; its lowest eigenvalue is {lowest:.3g}")
    if hamiltonian is None:
        return SpinState(sites, np.zeros(len(density)), np.eye(len(density)), density, moves=False)
    other_sites, energies, vectors = _diagonalized(hamiltonian)
    if other_sites != sites:
        raise OperatorError(f"density must be of the Hamiltonian's {other_sites} sites; got {sites}")
    return SpinState(sites, energies, vectors, vectors.conj().T @ density @ vectors)


def check_temperature(inverse_temperature: float) -> None:
    """Raises `ValueError` unless β is finite; warns of a negative one."""
    if not np.isfinite(inverse_temperature):
        raise ValueError(f"inverse_temperature must be finite; got {inverse_temperature}")
    if inverse_temperature < 0:
        warnings.warn(
            f"inverse_temperature {inverse_temperature:g} is negative: high energies are preferred",
            ThermalWarning,
            stacklevel=3,
        )


def _diagonalized(hamiltonian: Hamiltonian) -> tuple[int, np.ndarray, np.ndarray]:
    if isinstance(hamiltonian, PauliSum):
        check_hermitian_sum(hamiltonian)
        _check_size(hamiltonian.sites)
        if is_mirror_symmetric(hamiltonian):
            return hamiltonian.sites, *_mirror_diagonalized(hamiltonian)
        matrix, sites = dense_matrix(hamiltonian), hamiltonian.sites
    else:
        check_hermitian(hamiltonian, "hamiltonian")
        sites = _sites_of(hamiltonian.shape[0], "hamiltonian")
        matrix = sparse.csr_array(hamiltonian).toarray() if sparse.issparse(hamiltonian) else np.asarray(hamiltonian)
    if np.iscomplexobj(matrix) and not matrix.imag.any():
        matrix = matrix.real
    return sites, *_eigenpairs(matrix)


def _mirror_diagonalized(hamiltonian: PauliSum) -> tuple[np.ndarray, np.ndarray]:
    """Even and odd states of the mirrored chain apart: half the size each, a quarter of the work."""
    matrix, states = sparse_matrix(hamiltonian), np.arange(hamiltonian.dimension)
    mirrored = mirrored_words(states, hamiltonian.sites)
    first, still = states[states < mirrored], states[states == mirrored]
    energies, vectors = [], []
    for parity in (1.0, -1.0):
        alone = still if parity > 0 else still[:0]
        pairs, columns = len(first), len(first) + len(alone)
        rows = np.concatenate([first, mirrored[first], alone])
        places = np.concatenate([np.arange(pairs), np.arange(pairs), np.arange(pairs, columns)])
        values = np.concatenate([np.ones(pairs), np.full(pairs, parity)]) * np.sqrt(0.5)
        values = np.concatenate([values, np.ones(len(alone))])
        basis = sparse.csr_array((values, (rows, places)), shape=(hamiltonian.dimension, columns))
        levels, states_of_parity = _eigenpairs((basis.T @ matrix @ basis).toarray())
        energies.append(levels)
        vectors.append(basis @ states_of_parity)
    return np.concatenate(energies), np.concatenate(vectors, axis=1)


def _eigenpairs(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    energies, vectors = linalg.eigh(matrix, overwrite_a=True, check_finite=False, driver="evd")
    return energies, vectors


def _sites_of(dimension: int, name: str) -> int:
    sites = dimension.bit_length() - 1
    if dimension < 2 or dimension != 1 << sites:
        raise OperatorError(f"{name} must have a power of two rows, 2^sites; got {dimension}")
    _check_size(sites)
    return sites


def _check_size(sites: int) -> None:
    if sites > LARGEST_CHAIN:
        raise LatticeTooLarge(
            f"exact diagonalization takes at most {LARGEST_CHAIN} sites; got {sites}: use typical_state up to 20 sites, "
            "or free fermions for an XX chain of any length"
        )


def _equal_time_value(state: SpinState, string: PauliString) -> complex:
    """Tr ρP: a signed sum along one (permuted) diagonal of ρ in the basis of sites."""
    density = _keep(state, "density", lambda: _site_density(state))
    sources = np.arange(len(density)) ^ string.flips
    factor = string_factor(string)
    signs = diagonal_signs(string, state.sites)
    return complex(factor * (density[np.arange(len(density)), sources] @ signs))


def _site_density(state: SpinState) -> np.ndarray:
    inner = state.vectors * state.weights if state.is_stationary else state.vectors @ state.weights
    return np.asarray(inner @ state.vectors.conj().T)


def _set_apart(groups: list[Group]) -> int:
    """The group whose time stands alone, so that the others' product need not be computed again for each time."""
    times = Counter(group.time for group in groups)
    alone = [place for place, group in enumerate(groups) if times[group.time] == 1]
    tuples = [place for place in alone if isinstance(groups[place].time, tuple)]
    later = [place for place in alone if groups[place].time != 0]
    return (tuples or later or [len(groups) - 1])[0]


def _value(state: SpinState, groups: list[Group], apart: int) -> Any:
    before, group, after = groups[:apart], groups[apart], groups[apart + 1 :]
    mine = PauliString(group.string.flips, group.string.signs)
    coefficient = np.prod([complex(each.string.coefficient) for each in groups])
    others = _keep(state, ("around", _key(before), _key(after)), lambda: _around(state, before, after))
    entries = others.T * _bare_matrix(state, mine)
    times = group.time if isinstance(group.time, tuple) else (group.time,)
    phases = np.exp(1j * np.outer(state.energies, times))
    # Real matrices are not worth making complex.
    real = not np.iscomplexobj(entries)
    inner = entries @ phases.real - 1j * (entries @ phases.imag) if real else entries @ phases.conj()
    values = coefficient * (phases * inner).sum(axis=0)
    return values if isinstance(group.time, tuple) else complex(values[0])


def _around(state: SpinState, before: list[Group], after: list[Group]) -> np.ndarray:
    """(what follows) ρ (what comes before), so that its trace with the group set apart is the moment."""
    left, right = _product(state, after), _product(state, before)
    if state.is_stationary:
        if left is None or right is None:
            middle = np.diag(state.weights) if right is None else state.weights[:, None] * right
            return middle if left is None else left * state.weights
        return np.asarray((left * state.weights) @ right)
    result = state.weights if left is None else left @ state.weights
    return np.asarray(result if right is None else result @ right)


def _product(state: SpinState, groups: list[Group]) -> np.ndarray | None:
    """The groups multiplied in their order; products share their beginnings."""
    if not groups:
        return None
    last = groups[-1]
    matrix = _bare_matrix(state, PauliString(last.string.flips, last.string.signs))
    if last.time != 0:
        phases = np.exp(1j * state.energies * last.time)
        matrix = phases[:, None] * matrix * phases.conj()
    if len(groups) == 1:
        return matrix
    former = _product(state, groups[:-1])
    return _keep(state, ("product", _key(groups)), lambda: former @ matrix)


def _bare_matrix(state: SpinState, string: PauliString) -> np.ndarray:
    """A string in the basis of energies: one product of matrices, as the string only exchanges rows."""
    return _keep(state, ("string", string.flips, string.signs), lambda: _rotated(state, string))


def _rotated(state: SpinState, string: PauliString) -> np.ndarray:
    return np.asarray(state.vectors.conj().T @ rows_of(string, state.vectors))


def _key(groups: list[Group]) -> tuple[Any, ...]:
    return tuple((group.string.flips, group.string.signs, group.time) for group in groups)


def _keep(state: SpinState, key: Any, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The matrix of this key; the ones used longest ago are dropped when memory for more runs out."""
    kept = state._kept
    if key in kept:
        kept.move_to_end(key)
        return kept[key]
    matrix = make()
    kept[key] = matrix
    while len(kept) > max(12, KEPT_ENTRIES // matrix.size):
        kept.popitem(last=False)
    return matrix


def _at(observable: SpinObservable, place: int) -> float:
    return observable.time[place] if isinstance(observable.time, tuple) else observable.time
