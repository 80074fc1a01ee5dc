"""A user's spins in files: Hamiltonians as terms of Pauli strings or as sparse matrices, and density matrices."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from scipy import sparse

from .pauli_sums import OperatorError, PauliSum, check_hermitian, check_hermitian_sum, pauli_sum
from .thermal_chain import state_of_density

MOST_TERMS = 100_000


def read_hamiltonian(path: str | Path) -> PauliSum | sparse.csr_array:
    """A Hamiltonian from .csv with columns coefficient, string (`-1.0,ZZI` or `-1.0,Z0 Z1`), or a sparse matrix in .npz.

    Site 0 is the first letter of a word, and the first factor of the matrix's Kronecker products. Raises `ValueError` naming
    file and line for what can't be read, and `OperatorError` with the deviation unless it is Hermitian.
    """
    file = _existing(path)
    if file.suffix.lower() == ".npz":
        return _sparse(file)
    if file.suffix.lower() != ".csv":
        raise ValueError(f"a Hamiltonian must end in .csv or .npz; got {file.name!r}")
    terms: list[tuple[complex, str]] = []
    with file.open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.reader(lines), start=1):
            if not row or (number == 1 and [cell.strip().lower() for cell in row] == ["coefficient", "string"]):
                continue
            terms.append(_term(row, file.name, number))
            if len(terms) > MOST_TERMS:
                raise ValueError(f"{file.name} must hold at most {MOST_TERMS} terms")
    try:
        operator = pauli_sum(terms)
    except (ValueError, IndexError) as error:
        raise OperatorError(f"{file.name}: {error}") from None
    check_hermitian_sum(operator, file.name)
    return operator


def write_hamiltonian(operator: PauliSum, path: str | Path) -> None:
    """Terms as .csv that `read_hamiltonian` reads back."""
    with Path(path).open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(("coefficient", "string"))
        for string in operator.strings:
            bits = [1 << (operator.sites - 1 - site) for site in range(operator.sites)]
            word = "".join("IXZY"[bool(string.flips & bit) + 2 * bool(string.signs & bit)] for bit in bits)
            writer.writerow((repr(complex(string.coefficient).real), word))


def read_density(path: str | Path) -> np.ndarray:
    """A density matrix from .npy without pickled objects, in the Kronecker order of sites.

    Raises `ValueError` naming the file, and `OperatorError` with the deviation unless Hermitian, positive and of trace 1.
    """
    file = _existing(path)
    if file.suffix.lower() != ".npy":
        raise ValueError(f"a density matrix must end in .npy; got {file.name!r}")
    try:
        matrix = np.load(file, allow_pickle=False)
    except (ValueError, EOFError, OSError):
        raise ValueError(f"{file.name} is no NumPy array of numbers") from None
    if matrix.dtype.kind not in "biufc":
        raise ValueError(f"{file.name} must hold numbers; got {matrix.dtype}")
    state_of_density(matrix)
    return np.asarray(matrix)


def _existing(path: str | Path) -> Path:
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"there is no file {file.name!r}")
    return file


def _term(row: list[str], name: str, number: int) -> tuple[complex, str]:
    if len(row) != 2:
        raise ValueError(f"{name}, line {number}: a term is coefficient,string; got {len(row)} cells")
    try:
        return complex(row[0].strip().replace(" ", "")), row[1].strip()
    except ValueError:
        raise ValueError(f"{name}, line {number}: the coefficient must be a number; got {row[0][:60]!r}") from None


def _sparse(file: Path) -> sparse.csr_array:
    try:
        matrix = sparse.csr_array(sparse.load_npz(file))
    except (ValueError, KeyError, OSError, EOFError):
        raise ValueError(f"{file.name} is no sparse matrix that scipy.sparse.save_npz wrote") from None
    if matrix.dtype.kind not in "biufc":
        raise ValueError(f"{file.name} must hold numbers; got {matrix.dtype}")
    check_hermitian(matrix, file.name)
    dimension = matrix.shape[0]
    if dimension < 2 or dimension & (dimension - 1):
        raise OperatorError(f"{file.name} must have a power of two rows, 2^sites; got {dimension}")
    return matrix.astype(complex if matrix.dtype.kind == "c" else float)
