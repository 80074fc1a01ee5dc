"""Operators of spin-1/2 lattices as sums of Pauli strings, applied by flipping and counting bits.

Site 0 is the first letter of a string and the first factor of a Kronecker product, so it is the highest bit of a basis
state's number; letters I, X, Y, Z are Pauli matrices with eigenvalues ±1. A string with mask x of flips (X, Y) and mask
z of signs (Z, Y) is i^|Y| X^x Z^z: it takes |b> to i^|Y| (-1)^|b & z| |b ^ x>.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Inexact, Int
from numba import njit
from scipy import sparse

MOST_SITES = 24
LARGEST_DENSE = 13
HERMITIAN_TOLERANCE = 1e-10
POWERS_OF_I = (1, 1j, -1, -1j)
FACTOR = re.compile(r"([IXYZ])(\d+)")
WORD = re.compile(r"[IXYZ]+")
FACTORS = re.compile(r"[IXYZ]\d{1,3}([ *]+[IXYZ]\d{1,3})*")


class OperatorError(ValueError):
    """An operator that is none: not Hermitian, of the wrong dimension, or unreadable."""


@dataclass(frozen=True, slots=True)
class PauliString:
    """A product of Pauli matrices with a coefficient: which bits it flips, and which bits count for its sign."""

    flips: int
    signs: int
    coefficient: complex = 1.0

    def __matmul__(self, other: PauliString) -> PauliString:
        """The operator product self·other."""
        crossed = (self.signs & other.flips).bit_count()
        flips, signs = self.flips ^ other.flips, self.signs ^ other.signs
        # i^|Y| is part of a string: what the factors hold beyond the product's own stays in the coefficient.
        turns = (
            2 * crossed
            + (self.flips & self.signs).bit_count()
            + (other.flips & other.signs).bit_count()
            - (flips & signs).bit_count()
        )
        return PauliString(flips, signs, self.coefficient * other.coefficient * POWERS_OF_I[turns % 4])


@dataclass(frozen=True)
class PauliSum:
    """An operator on `sites` spins 1/2: a sum of Pauli strings."""

    sites: int
    strings: tuple[PauliString, ...]

    def __post_init__(self) -> None:
        check_sites(self.sites)

    @property
    def dimension(self) -> int:
        """Number of basis states, 2^sites."""
        return 1 << self.sites

    @property
    def is_real(self) -> bool:
        """Whether every matrix element is real."""
        return all((string_factor(string)).imag == 0 for string in self.strings)

    @property
    def one_norm(self) -> float:
        """Sum of |coefficients|: no eigenvalue is larger."""
        return float(sum(abs(string.coefficient) for string in self.strings))

    def is_hermitian(self, tolerance: float = HERMITIAN_TOLERANCE) -> bool:
        """Whether all coefficients are real up to the tolerance (Pauli strings are Hermitian)."""
        return all(abs(complex(string.coefficient).imag) <= tolerance for string in self.strings)

    def __matmul__(self, vectors: Inexact[np.ndarray, "*shape"]) -> Inexact[np.ndarray, "*shape"]:
        """The operator applied to a vector (2^sites) or to the columns of a matrix (2^sites, count)."""
        return apply_paulis(self, vectors)


def pauli_sum(terms: Iterable[tuple[complex, str]], sites: int | None = None) -> PauliSum:
    """A sum of (coefficient, string) terms; a string is a word like `XIZ`, or factors with sites like `X0 Z2`.

    Equal strings are added. Without `sites`, they are read off the longest word or the largest site. Raises `OperatorError`
    (a `ValueError`) for a string that is none, words of unequal lengths, or a coefficient that is no finite number, and
    `IndexError` for a site outside the lattice.
    """
    listed = [(_coefficient(value, text), text.strip()) for value, text in terms]
    if not listed:
        raise OperatorError("terms must hold at least one (coefficient, Pauli string)")
    if sites is None:
        sites = max(_length(text) for _, text in listed)
    check_sites(sites)
    total: dict[tuple[int, int], complex] = {}
    for value, text in listed:
        string = pauli_string(text, sites)
        key = string.flips, string.signs
        total[key] = total.get(key, 0.0) + value * string.coefficient
    return PauliSum(sites, tuple(PauliString(*key, value) for key, value in total.items() if value != 0))


def pauli_string(text: str, sites: int) -> PauliString:
    """One string on a lattice of `sites`, from a word of that length or from factors with sites, multiplied in their order."""
    if WORD.fullmatch(text):
        if len(text) != sites:
            raise OperatorError(
                f"a Pauli word on {sites} sites must have {sites} letters; got {text!r} with {len(text)}"
            )
        factors = list(zip(text, range(sites), strict=True))
    elif FACTORS.fullmatch(text):
        factors = [(letter, int(site)) for letter, site in FACTOR.findall(text)]
    else:
        raise _unreadable(text)
    product = PauliString(0, 0)
    for letter, site in factors:
        product = product @ site_pauli(letter, site, sites)
    return product


def site_pauli(letter: str, site: int, sites: int) -> PauliString:
    """The Pauli matrix I, X, Y or Z of one site. Raises `IndexError` for a site outside the lattice."""
    if letter not in ("I", "X", "Y", "Z"):
        raise OperatorError(f"letter must be I, X, Y or Z; got {letter!r}")
    if not 0 <= site < sites:
        raise IndexError(f"site must be from 0 to {sites - 1} on {sites} sites; got {site}")
    bit = 1 << (sites - 1 - site)
    return PauliString(bit if letter in "XY" else 0, bit if letter in "YZ" else 0)


def check_sites(sites: int) -> None:
    """Raises `ValueError` unless the number of sites can be numbered in memory."""
    if isinstance(sites, bool) or not isinstance(sites, (int, np.integer)) or not 1 <= sites <= MOST_SITES:
        raise ValueError(f"sites must be an integer from 1 to {MOST_SITES}; got {sites!r}")


def apply_paulis(operator: PauliSum, vectors: Inexact[np.ndarray, "*shape"]) -> Inexact[np.ndarray, "*shape"]:
    """The operator applied to a vector (2^sites) or to the columns of a matrix; real where operator and vectors are.

    Raises `OperatorError` for vectors of another dimension.
    """
    vectors = np.asarray(vectors)
    if vectors.ndim not in (1, 2) or vectors.shape[0] != operator.dimension:
        raise OperatorError(
            f"vectors must have {operator.dimension} components on {operator.sites} sites; got shape {vectors.shape}"
        )
    real = operator.is_real and not np.iscomplexobj(vectors)
    kind = np.float64 if real else np.complex128
    columns = np.ascontiguousarray(vectors.reshape(operator.dimension, -1), dtype=kind)
    result = np.zeros_like(columns)
    flips, signs, factors = masks(operator)
    add_strings(flips, signs, factors.real.copy() if real else factors, columns, result)
    return result.reshape(vectors.shape)


def masks(operator: PauliSum) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks of flips and signs (int64), and the complex factors of X^x Z^z, one for each string."""
    flips = np.array([string.flips for string in operator.strings], dtype=np.int64)
    signs = np.array([string.signs for string in operator.strings], dtype=np.int64)
    return flips, signs, np.array([string_factor(string) for string in operator.strings], dtype=np.complex128)


def diagonal_signs(string: PauliString, sites: int) -> Float[np.ndarray, " states"]:
    """(-1)^|b & z| of each basis state b."""
    states = np.arange(1 << sites, dtype=np.int64)
    return 1.0 - 2.0 * (np.bitwise_count(states & string.signs) & 1)


def rows_of(
    string: PauliString, matrix: Inexact[np.ndarray, "states columns"]
) -> Inexact[np.ndarray, "states columns"]:
    """A single string times a matrix: its rows exchanged and signed, no product of matrices."""
    sites = matrix.shape[0].bit_length() - 1
    states = np.arange(matrix.shape[0], dtype=np.int64)
    factor = string_factor(string)
    signs = diagonal_signs(string, sites) * (factor.real if factor.imag == 0 else factor)
    # Row b ^ x of the product is the signed row b: read the other way round, row b comes from b ^ x.
    source = states ^ string.flips
    return signs[source][:, None] * matrix[source]


def mirrored_words(words: Int[np.ndarray, " words"], sites: int) -> Int[np.ndarray, " words"]:
    """Numbers of `sites` bits read from the other end: basis states, or masks, of the mirrored chain."""
    mirrored = np.zeros_like(words)
    for site in range(sites):
        mirrored |= ((words >> site) & 1) << (sites - 1 - site)
    return mirrored


def is_mirror_symmetric(operator: PauliSum) -> bool:
    """Whether the chain read from its other end is the same operator."""
    flips, signs, factors = masks(operator)
    there = zip(mirrored_words(flips, operator.sites), mirrored_words(signs, operator.sites), factors, strict=True)
    return set(zip(flips, signs, factors, strict=True)) == set(there)


def sparse_matrix(operator: PauliSum) -> sparse.csr_array:
    """The matrix in compressed rows; real where every element is."""
    dimension = operator.dimension
    states = np.arange(dimension, dtype=np.int64)
    columns: dict[int, np.ndarray] = {}
    for string in operator.strings:
        values = string_factor(string) * diagonal_signs(string, operator.sites)
        columns[string.flips] = columns.get(string.flips, 0) + values
    if not columns:
        return sparse.csr_array((dimension, dimension), dtype=float)
    data = np.concatenate(list(columns.values()))
    rows = np.concatenate([states ^ flips for flips in columns])
    matrix = sparse.csr_array(
        (data.real if operator.is_real else data, (rows, np.tile(states, len(columns)))), shape=(dimension, dimension)
    )
    matrix.eliminate_zeros()
    return matrix


def dense_matrix(operator: PauliSum) -> Inexact[np.ndarray, "states states"]:
    """The matrix in full. Raises `ValueError` beyond 13 sites, naming what to use."""
    if operator.sites > LARGEST_DENSE:
        raise ValueError(
            f"a dense matrix takes at most {LARGEST_DENSE} sites; got {operator.sites}: use sparse_matrix or TypicalState"
        )
    return sparse_matrix(operator).toarray()


def check_hermitian(matrix: np.ndarray | sparse.sparray, name: str, tolerance: float = HERMITIAN_TOLERANCE) -> None:
    """Raises `OperatorError` with the deviation unless the matrix is square, finite and Hermitian."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise OperatorError(f"{name} must be a square matrix; got shape {matrix.shape}")
    values = matrix.data if sparse.issparse(matrix) else np.asarray(matrix)
    if not np.all(np.isfinite(values)):
        raise OperatorError(f"{name} must be finite; got NaN or infinity")
    deviation = abs(matrix - matrix.conj().T).max()
    if deviation > tolerance * max(1.0, float(abs(matrix).max())):
        raise OperatorError(f"{name} must be Hermitian; it deviates from its adjoint by {deviation:.3g}")


def check_hermitian_sum(operator: PauliSum, name: str = "hamiltonian") -> None:
    """Raises `OperatorError` with the deviation unless all coefficients are real."""
    deviation = max((abs(complex(string.coefficient).imag) for string in operator.strings), default=0.0)
    if deviation > HERMITIAN_TOLERANCE:
        raise OperatorError(f"{name} must be Hermitian; a coefficient has the imaginary part {deviation:.3g}")


def mixed_field_chain(
    sites: int, coupling: float = 1.0, transverse: float = 0.9, longitudinal: float = 0.5, *, periodic: bool = False
) -> PauliSum:
    """H = -J Σ Z_i Z_{i+1} - h_x Σ X_i - h_z Σ Z_i; not integrable where both fields and J are non-zero."""
    terms = [(-coupling, f"Z{i} Z{j}") for i, j in _bonds(sites, periodic)]
    terms += [(-transverse, f"X{i}") for i in range(sites)] + [(-longitudinal, f"Z{i}") for i in range(sites)]
    return pauli_sum(terms, sites)


def xxz_chain(sites: int, coupling: float = 1.0, anisotropy: float = 1.0, *, periodic: bool = False) -> PauliSum:
    """H = (J/4) Σ (X_i X_j + Y_i Y_j + Δ Z_i Z_j) over neighbors: spins 1/2; Δ = 0 is the chain of free fermions."""
    weights: Sequence[tuple[Literal["X", "Y", "Z"], float]] = (("X", 1.0), ("Y", 1.0), ("Z", anisotropy))
    terms = [
        (coupling * weight / 4, f"{letter}{i} {letter}{j}")
        for i, j in _bonds(sites, periodic)
        for letter, weight in weights
    ]
    return pauli_sum(terms, sites)


def _bonds(sites: int, periodic: bool) -> list[tuple[int, int]]:
    check_sites(sites)
    open_bonds = [(i, i + 1) for i in range(sites - 1)]
    # Two sites have one bond, not two.
    return [*open_bonds, (sites - 1, 0)] if periodic and sites > 2 else open_bonds


def string_factor(string: PauliString) -> complex:
    """What stands before X^x Z^z: the coefficient and i^|Y|."""
    return complex(string.coefficient) * POWERS_OF_I[(string.flips & string.signs).bit_count() % 4]


def _coefficient(value: complex, text: str) -> complex:
    number = complex(value)
    if not np.isfinite(number):
        raise OperatorError(f"the coefficient of {text[:60]!r} must be finite; got {value!r}")
    return number


def _length(text: str) -> int:
    if WORD.fullmatch(text):
        return len(text)
    if not FACTORS.fullmatch(text):
        raise _unreadable(text)
    return 1 + max(int(site) for _, site in FACTOR.findall(text))


def _unreadable(text: str) -> OperatorError:
    return OperatorError(f"a Pauli string is a word like XIZ or factors like X0 Z2; got {text[:60]!r}")


@njit(cache=True, nogil=True)
def add_strings(flips, signs, factors, vectors, result):  # type: ignore[no-untyped-def]
    """result += Σ factor X^x Z^z vectors, written in the order of the result's rows."""
    states, columns = vectors.shape
    for row in range(states):
        for term in range(flips.size):
            source = row ^ flips[term]
            factor = factors[term]
            counted = source & signs[term]
            parity = 0
            while counted:
                counted &= counted - 1
                parity ^= 1
            if parity:
                factor = -factor
            for column in range(columns):
                result[row, column] += factor * vectors[source, column]
