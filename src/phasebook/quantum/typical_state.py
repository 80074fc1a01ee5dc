"""Thermal moments of 13 to 20 spins from a few random vectors: one typical state stands for the Gibbs ensemble.

ψ = exp(-βH/2) r with Gaussian r gives ω(A) = mean ⟨ψ|A|ψ⟩ / mean ⟨ψ|ψ⟩ with an error that falls like the square root of the
number of states (A. Hams, H. De Raedt, Phys. Rev. E 62, 4365 (2000); S. Sugiura, A. Shimizu, PRL 111, 010401 (2013)).
Exponentials of H are Chebyshev series of its action on vectors; no matrix is stored. Errors come from leaving out one vector
at a time. The backend `numba` runs on the processor, `jax` on an accelerator.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy import sparse, special

from ..numerics.seeding import part_seed
from .cumulants import Kind, cumulant
from .pauli_sums import (
    PauliString,
    PauliSum,
    add_strings,
    check_hermitian,
    check_hermitian_sum,
    diagonal_signs,
    masks,
    rows_of,
    string_factor,
)
from .spin_observables import Group, LatticeTooLarge, SpinObservable, groups_of
from .thermal_chain import check_temperature

Backend = Literal["numba", "jax"]
LARGEST_TYPICAL = 22
SERIES_ERROR = 1e-15
KEPT_VECTORS = 24
LANCZOS_VECTORS = 10


@dataclass(frozen=True, slots=True)
class ComplexMeasured:
    """A complex value and the standard error of its real and imaginary part together."""

    value: complex
    stderr: float


@dataclass(frozen=True, eq=False)
class Action:
    """What a Hamiltonian does to columns (2^sites, count), and a bound of its norm."""

    sites: int
    apply: Callable[[Any], Any]
    string: Callable[[PauliString, Any], Any]
    bound: float


@dataclass(frozen=True, eq=False)
class TypicalState:
    """Random vectors ψ (states, vectors) that stand for a thermal state."""

    action: Action
    vectors: Any
    _kept: OrderedDict[Any, Any] = field(default_factory=OrderedDict, repr=False)

    @property
    def sites(self) -> int:
        """Number of spins."""
        return self.action.sites

    def moment(self, product: Sequence[SpinObservable]) -> np.ndarray:
        """ω(A_1 ⋯ A_k) from all vectors (entry 0) and from all but each one (entries 1 to vectors).

        Raises `IndexError` for a site outside the lattice.
        """
        groups = groups_of(product, self.sites)
        half = len(groups) // 2
        left, right = self._carried(groups[:half][::-1], adjoint=True), self._carried(groups[half:], adjoint=False)
        time = groups[half].time if groups else 0.0
        left = self._moved(left, tuple(groups[:half][::-1]), True, time)
        overlaps = np.asarray((left.conj() * right).sum(axis=0))
        norms = self._keep("norms", lambda: np.asarray((self.vectors.conj() * self.vectors).sum(axis=0)).real)
        numerators = np.concatenate([[overlaps.sum()], overlaps.sum() - overlaps])
        return np.asarray(numerators / np.concatenate([[norms.sum()], norms.sum() - norms]))

    def cumulant(self, kind: Kind, product: Sequence[SpinObservable]) -> ComplexMeasured:
        """A cumulant with its jackknife error. Raises as `moment` and `phasebook.quantum.cumulant` do."""
        return self.estimate(cumulant(kind, self.moment, product))

    @staticmethod
    def estimate(resampled: np.ndarray) -> ComplexMeasured:
        """Value and error of anything computed from moments, entry by entry."""
        parts = np.asarray(resampled)[1:]
        spread = (len(parts) - 1) / len(parts) * (np.abs(parts - parts.mean()) ** 2).sum()
        return ComplexMeasured(complex(resampled[0]), math.sqrt(float(spread)))

    def _carried(self, groups: list[Group], adjoint: bool) -> Any:
        """The groups applied to ψ, the last first, in the frame of the first group's time."""
        key = ("carried", adjoint, tuple(groups))
        if not groups:
            return self.vectors
        return self._keep(key, lambda: self._apply_group(groups, adjoint))

    def _apply_group(self, groups: list[Group], adjoint: bool) -> Any:
        first = groups[0]
        moved = self._moved(self._carried(groups[1:], adjoint), tuple(groups[1:]), adjoint, first.time)
        string = first.string
        if adjoint:
            # The adjoint of a string with coefficient has the conjugate of the coefficient.
            string = PauliString(string.flips, string.signs, complex(string.coefficient).conjugate())
        return self.action.string(string, moved)

    def _moved(self, vectors: Any, groups: tuple[Group, ...], adjoint: bool, time: Any) -> Any:
        """Vectors in the frame of their first group's time, brought into that of `time`."""
        start = groups[0].time if groups else 0.0
        if start == time:
            return vectors
        key = ("moved", adjoint and bool(groups), groups, time)
        return self._keep(key, lambda: propagate(self.action, vectors, _real(time) - _real(start)))

    def _keep(self, key: Any, make: Callable[[], Any]) -> Any:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        vectors = make()
        self._kept[key] = vectors
        while len(self._kept) > KEPT_VECTORS:
            self._kept.popitem(last=False)
        return vectors


def typical_state(
    hamiltonian: PauliSum | sparse.sparray,
    inverse_temperature: float,
    *,
    vectors: int = 8,
    seed: int = 0,
    backend: Backend = "numba",
) -> TypicalState:
    """Random vectors of the Gibbs state at inverse temperature β.

    With backend `jax` the caller opens `jax.enable_x64` around it and around all moments. Raises `LatticeTooLarge` beyond
    22 sites, `OperatorError` for a Hamiltonian that is not Hermitian, `ValueError` for fewer than 2 vectors.
    """
    check_temperature(inverse_temperature)
    if vectors < 2:
        raise ValueError(f"vectors must be at least 2, for an error; got {vectors}")
    action = action_of(hamiltonian, backend)
    start = random_vectors(action.sites, vectors, seed)
    return TypicalState(action, heat(action, _on(backend, start), inverse_temperature / 2))


def action_of(hamiltonian: PauliSum | sparse.sparray, backend: Backend = "numba") -> Action:
    """How a Hamiltonian acts on vectors. Raises as `typical_state` does."""
    if isinstance(hamiltonian, PauliSum):
        check_hermitian_sum(hamiltonian)
        sites = hamiltonian.sites
    else:
        check_hermitian(hamiltonian, "hamiltonian")
        sites = hamiltonian.shape[0].bit_length() - 1
    if sites > LARGEST_TYPICAL:
        raise LatticeTooLarge(
            f"typical states take at most {LARGEST_TYPICAL} sites; got {sites}: use free fermions or a "
            "transfer matrix, which take any length"
        )
    if not isinstance(hamiltonian, PauliSum):
        return matrix_action(hamiltonian)
    return processor_action(hamiltonian) if backend == "numba" else accelerator_action(hamiltonian)


def random_vectors(sites: int, count: int, seed: int) -> np.ndarray:
    """Complex Gaussian columns (2^sites, count) of unit variance."""
    generator = np.random.default_rng(part_seed(seed, sites, count))
    shape = (1 << sites, count)
    return np.asarray((generator.standard_normal(shape) + 1j * generator.standard_normal(shape)) / math.sqrt(2))


def propagate(action: Action, vectors: Any, time: float) -> Any:
    """exp(-iHt) applied to columns, by the Chebyshev series to 1e-15."""
    if time == 0:
        return vectors
    reach = action.bound * time
    orders = np.arange(_terms(abs(reach)))
    coefficients = special.jv(orders, reach) * np.array([(1, -1j, -1, 1j)[k % 4] for k in orders])
    return _series(action, vectors, coefficients)


def heat(action: Action, vectors: Any, inverse_temperature: float) -> Any:
    """exp(-τH) exp(-|τ| bound) applied to columns: imaginary time, scaled so that nothing overflows."""
    if inverse_temperature == 0:
        return vectors
    reach = action.bound * inverse_temperature
    orders = np.arange(_terms(abs(reach)))
    return _series(action, vectors, special.ive(orders, abs(reach)) * np.where(reach > 0, (-1.0) ** orders, 1.0))


def root_mean_square_commutators(
    action: Action, fixed: SpinObservable, letter: str, sites: Sequence[int], time: float, vectors: np.ndarray
) -> np.ndarray:
    """|[A, B(t)] r| for random columns r (states, vectors) and each site of B: an array (sites, vectors).

    Its mean square over normalized r is ‖[A, B(t)]‖² in the normalized Frobenius norm. Raises `IndexError` for a site outside
    the lattice.
    """
    count = vectors.shape[1]
    [first] = groups_of([fixed], action.sites)
    columns = np.concatenate([vectors, action.string(first.string, vectors)], axis=1)
    moved = propagate(action, columns, time)
    lengths = []
    for site in sites:
        [second] = groups_of([SpinObservable(letter, site)], action.sites)
        back = propagate(action, action.string(second.string, moved), -time)
        difference = action.string(first.string, back[:, :count]) - back[:, count:]
        lengths.append(np.linalg.norm(difference, axis=0))
    return np.array(lengths)


def commutator_norm(
    action: Action, fixed: SpinObservable, moved: SpinObservable, *, tolerance: float = 1e-3, seed: int = 1
) -> float:
    """Spectral norm of [A, B(t)] for two Pauli matrices, by Lanczos iteration on the commutator's action.

    Raises `IndexError` for a site outside the lattice.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    [first], [second] = groups_of([fixed], action.sites), groups_of([moved.at(0.0)], action.sites)
    time = _real(moved.time) - _real(fixed.time)
    size = 1 << action.sites

    def commute(vector: np.ndarray) -> np.ndarray:
        columns = np.stack(
            [vector.ravel(), np.asarray(action.string(first.string, vector.reshape(-1, 1)))[:, 0]], axis=1
        )
        there = action.string(second.string, propagate(action, columns.astype(complex), time))
        back = np.asarray(propagate(action, there, -time))
        # i[A, B] is Hermitian.
        return np.asarray(1j * (np.asarray(action.string(first.string, back[:, :1]))[:, 0] - back[:, 1]))

    start = np.random.default_rng(seed).standard_normal(size)
    found = eigsh(
        LinearOperator((size, size), commute, dtype=complex),
        k=1,
        which="LM",
        ncv=min(size - 1, LANCZOS_VECTORS),
        v0=start.astype(complex),
        tol=tolerance,
        return_eigenvectors=False,
    )
    return float(abs(found[0]))


def processor_action(hamiltonian: PauliSum) -> Action:
    """The Hamiltonian's action in numba: what flips nothing is one diagonal, the rest goes string by string."""
    diagonal, flips, signs, factors = _prepared(hamiltonian)

    def apply(columns: np.ndarray) -> np.ndarray:
        result = diagonal[:, None] * columns
        add_strings(flips, signs, factors, columns, result)
        return np.asarray(result)

    return Action(hamiltonian.sites, apply, rows_of, hamiltonian.one_norm)


def accelerator_action(hamiltonian: PauliSum) -> Action:
    """The same in JAX, in the precision of the scope that is open."""
    import jax
    import jax.numpy as jnp

    diagonal, flips, signs, factors = (jnp.asarray(each) for each in _prepared(hamiltonian))
    states = jnp.arange(hamiltonian.dimension)

    @jax.jit
    def flipped(mask: Any, sign_mask: Any, factor: Any, columns: Any) -> Any:
        sources = states ^ mask
        parity = jax.lax.population_count(sources & sign_mask) & 1
        return (factor * (1 - 2 * parity))[:, None] * columns[sources]

    @jax.jit
    def apply(columns: Any) -> Any:
        def add(total: Any, term: Any) -> tuple[Any, None]:
            return total + flipped(*term, columns), None

        total, _ = jax.lax.scan(add, diagonal[:, None] * columns, (flips, signs, factors))
        return total

    def string(pauli: PauliString, columns: Any) -> Any:
        return flipped(pauli.flips, pauli.signs, string_factor(pauli), columns)

    return Action(hamiltonian.sites, apply, string, hamiltonian.one_norm)


def matrix_action(matrix: sparse.sparray) -> Action:
    """The action of a sparse Hermitian matrix that a user brings; its largest row sum bounds its norm."""
    sites = matrix.shape[0].bit_length() - 1
    return Action(sites, lambda columns: np.asarray(matrix @ columns), rows_of, float(abs(matrix).sum(axis=1).max()))


def _prepared(hamiltonian: PauliSum) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    diagonal = np.zeros(hamiltonian.dimension)
    for each in hamiltonian.strings:
        if each.flips == 0:
            diagonal += complex(each.coefficient).real * diagonal_signs(each, hamiltonian.sites)
    rest = PauliSum(hamiltonian.sites, tuple(each for each in hamiltonian.strings if each.flips))
    return diagonal, *masks(rest)


def _series(action: Action, vectors: Any, coefficients: np.ndarray) -> Any:
    """Σ (2 - δ_k0) a_k T_k(H/bound) applied to columns, by the three-term recurrence."""
    before, current = vectors, action.apply(vectors) / action.bound
    total = coefficients[0] * before + 2 * coefficients[1] * current
    for coefficient in coefficients[2:]:
        before, current = current, (2 / action.bound) * action.apply(current) - before
        total = total + 2 * coefficient * current
    return total


def _terms(reach: float) -> int:
    """Terms after which Bessel functions of this argument are below the series' error."""
    count = max(8, math.ceil(reach))
    while abs(special.jv(count, reach)) > SERIES_ERROR or special.ive(count, reach) > SERIES_ERROR:
        count += 4
    return count + 1


def _real(time: Any) -> float:
    if isinstance(time, tuple):
        raise ValueError("time must be one number for a typical state; got a tuple")
    return float(time)


def _on(backend: Backend, vectors: np.ndarray) -> Any:
    if backend == "numba":
        return vectors
    import jax.numpy as jnp

    return jnp.asarray(vectors)
