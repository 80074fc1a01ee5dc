"""Matrices of operators in a finite representation: Jordan-Wigner for fermions, cut-off Fock space for bosons, spin s, Pauli.

A matrix is built letter by letter from the generators' matrices, and uses none of the algebra's rules of multiplication: what
is canonical can be compared with what is not. Mode 0 is the leftmost factor of the tensor product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from scipy import sparse

from .algebra import AlgebraError, Element
from .boson_algebra import Bosons
from .commuting_expressions import Expression
from .fermion_algebra import Fermions, Majoranas
from .pauli_algebra import Paulis
from .spin_algebra import Spins

LARGEST_DIMENSION = 1 << 20
DENSE = 256  # states up to which dense matrices are faster
Generator = tuple[str, int]


def matrix(element: Element, modes: int, dimension: int = 2) -> sparse.csr_array:
    """The matrix of an element with numeric coefficients on `modes` modes (Majoranas: pairs of operators), as a sparse array.

    `dimension` is the number of levels of a bosonic mode: 0 to dimension − 1 quanta; [b, b†] = 1 fails at the highest. Raises
    `AlgebraError` for a symbol in a coefficient, a spin that is not declared, a mode beyond `modes`, or more than 2^20 states.
    """
    size = _states(element.algebra, modes, dimension)
    total = _zero(size)
    for monomial, coefficient in element.terms.items():
        if isinstance(coefficient, Expression):
            raise AlgebraError(f"the matrix of an element needs numbers as coefficients; got {coefficient}")
        word = element.algebra.word(monomial)
        total = total + complex(coefficient) * _product(element.algebra, word, modes, dimension)
    return sparse.csr_array(total)


def word_matrix(algebra: Any, word: Iterable[Generator], modes: int, dimension: int = 2) -> sparse.csr_array:
    """The product of generators' matrices from left to right; a generator is its letter and its mode.

    Letters: `create` and `destroy` (bosons, fermions), `gamma`, `x`, `y`, `z` (Pauli), `raising`, `z`, `lowering` (spins).
    """
    _states(algebra, modes, dimension)
    return sparse.csr_array(_product(algebra, word, modes, dimension))


def _product(algebra: Any, word: Iterable[Generator], modes: int, dimension: int) -> Any:
    product: Any = None
    for letter, mode in word:
        if not 0 <= mode < (2 * modes if isinstance(algebra, Majoranas) else modes):
            raise AlgebraError(f"modes are numbered from 0 to {modes - 1}; got {mode}")
        factor = _letter(algebra, letter, mode, modes, dimension)
        product = factor if product is None else product @ factor
    if product is not None:
        return product
    size = _states(algebra, modes, dimension)
    return np.eye(size) if size <= DENSE else sparse.eye_array(size, format="csr")


def _states(algebra: Any, modes: int, dimension: int) -> int:
    levels = _representation(algebra, dimension)[1]
    if modes < 1 or levels**modes > LARGEST_DIMENSION:
        raise AlgebraError(f"a matrix needs from 1 to 2^20 states; {modes} modes with {levels} levels were given")
    return levels**modes


def _zero(size: int) -> Any:
    return np.zeros((size, size), dtype=complex) if size <= DENSE else sparse.csr_array((size, size), dtype=complex)


def _letter(algebra: Any, letter: str, mode: int, modes: int, dimension: int) -> Any:
    if _states(algebra, modes, dimension) <= DENSE:
        return _small_letter(algebra, letter, mode, modes, dimension)
    return _representation(algebra, dimension)[0](letter, mode, modes)


@lru_cache(maxsize=512)
def _small_letter(algebra: Any, letter: str, mode: int, modes: int, dimension: int) -> Any:
    return _representation(algebra, dimension)[0](letter, mode, modes).toarray()


@lru_cache(maxsize=64)
def _representation(algebra: Any, dimension: int) -> tuple[Callable[[str, int, int], Any], int]:
    if isinstance(algebra, Bosons):
        if dimension < 2:
            raise AlgebraError(f"a bosonic mode needs at least 2 levels; got {dimension}")
        lower = np.diag(np.sqrt(np.arange(1, dimension)), 1)
        return _on_site({"destroy": lower, "create": lower.T}, np.eye(dimension)), dimension
    if isinstance(algebra, Spins):
        if algebra.spin is None:
            raise AlgebraError("a matrix of spins needs the spin; None was given")
        return _on_site(_spin_matrices(algebra.spin), np.eye(int(2 * algebra.spin) + 1)), int(2 * algebra.spin) + 1
    if isinstance(algebra, Paulis):
        return _on_site({"x": _X, "y": _Y, "z": _Z}, np.eye(2)), 2
    if isinstance(algebra, Fermions):
        # |0> is the first basis vector of a mode; σ^z strings stand on the modes before.
        lower = np.array([[0.0, 1.0], [0.0, 0.0]])
        return _on_site({"destroy": lower, "create": lower.T}, np.diag([1.0, -1.0])), 2
    if isinstance(algebra, Majoranas):
        return _majorana, 2
    raise AlgebraError(f"no representation of {algebra!r} is known")


_X, _Y, _Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])


def _on_site(matrices: dict[str, Any], before: Any) -> Callable[[str, int, int], Any]:
    """A letter's matrix at a mode, `before` on all modes to its left and the identity on those to its right."""

    def letter_matrix(letter: str, mode: int, modes: int) -> Any:
        if letter not in matrices:
            raise AlgebraError(f"letters are {', '.join(matrices)}; got {letter!r}")
        one = np.eye(before.shape[0])
        factors = [before] * mode + [matrices[letter]] + [one] * (modes - mode - 1)
        return reduce(lambda left, right: sparse.kron(left, right, format="csr"), factors, sparse.eye_array(1))

    return letter_matrix


def _majorana(letter: str, index: int, modes: int) -> Any:
    """γ_2j = Z…Z X, γ_2j+1 = Z…Z Y."""
    return _on_site({"gamma": _Y if index % 2 else _X}, _Z)(letter, index // 2, modes)


def _spin_matrices(spin: Fraction) -> dict[str, Any]:
    """S^+, S^z, S^- in the basis m = s, s − 1, …, −s."""
    size = int(2 * spin) + 1
    m = float(spin) - np.arange(size)
    raising = np.diag(np.sqrt(float(spin * (spin + 1)) - m[1:] * (m[1:] + 1)), 1)
    return {"raising": raising, "z": np.diag(m), "lowering": raising.T}
