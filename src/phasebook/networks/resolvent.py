"""Weighted sums of resolvent products of one matrix, Σ_k c_k Y_k Y_k† with Y_k = (I − s_k J)⁻¹, by three decompositions.

"eigenvectors": with J = V Λ V⁻¹ the sum is V [(V⁻¹V⁻†) ∘ K] V†, where K = Σ_k c_k y_k y_k† and y_k = 1/(1 − s_k λ): one
eigendecomposition and matrix products for any number of terms; rounding grows as the squared condition number of V. "schur":
with J = Q T Q† each term is a triangular inverse and its product (LAPACK trtri, lauum) in the Schur basis, turned back once;
stable for every matrix. "inverse": one dense inverse per term, the plain way; "device": the same on an accelerator in single
precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Complex, Float
from scipy import linalg
from scipy.linalg import lapack

from .resolvent_jax import resolvent_sums_on_device

Method = Literal["eigenvectors", "schur", "inverse", "device"]

LARGEST_CONDITION = (
    2e5  # of the eigenvectors: rounding of its square, 1e-5 of the result, is below the theory's own error
)
TERMS_AT_ONCE = 1024
COPIES = 8  # complex matrices held at once, beside two for each sum


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A matrix prepared for resolvents: eigenvalues, and its eigenvectors or Schur form (`basis`, and `inner` beside it).

    `condition` is the norm of the basis times that of its inverse (Frobenius, over the dimension): one for a Schur form.
    """

    method: Method
    eigenvalues: Complex[np.ndarray, " n"]
    basis: Complex[np.ndarray, "n n"]
    inner: Complex[np.ndarray, "n n"]
    condition: float


def resolvent_memory(units: int, sums: int) -> int:
    """Bytes that `resolvent_sums` holds at its peak, for complex matrices of 16 bytes an entry."""
    return 16 * units**2 * (COPIES + 2 * sums)


def decompose(matrix: Float[np.ndarray, "n n"], method: Method | Literal["auto"] = "auto") -> Decomposition:
    """Prepare a real matrix. "auto" takes eigenvectors where they are well enough conditioned, and the Schur form otherwise."""
    if method in ("auto", "eigenvectors"):
        try:
            values, vectors = np.linalg.eig(matrix)
            inverse = np.linalg.inv(vectors.astype(np.complex128))
        except np.linalg.LinAlgError:  # exactly parallel eigenvectors
            condition = np.inf
        else:
            with np.errstate(over="ignore"):  # nearly parallel ones
                condition = float(np.linalg.norm(vectors) * np.linalg.norm(inverse) / len(matrix))
        if method == "eigenvectors" and not condition <= 1 / np.sqrt(np.finfo(float).eps):
            raise ValueError(
                f"method eigenvectors needs independent eigenvectors; their condition number is {condition:.1e}: take schur"
            )
        if method == "eigenvectors" or condition <= LARGEST_CONDITION:
            return Decomposition(
                "eigenvectors", values.astype(np.complex128), vectors.astype(np.complex128), inverse, condition
            )
    if method in ("inverse", "device"):
        values = np.linalg.eigvals(matrix).astype(np.complex128)
        plain = matrix.astype(np.complex128)
        return Decomposition(method, values, np.empty((0, 0), dtype=np.complex128), plain, 1.0)
    # The real Schur form first: its reduction takes a quarter of the complex one's time.
    triangle, unitary = linalg.rsf2csf(*linalg.schur(matrix, output="real"))
    return Decomposition("schur", np.diagonal(triangle).copy(), unitary, triangle, 1.0)


def resolvent_sums(
    decomposition: Decomposition,
    responses: Complex[np.ndarray, " terms"],
    coefficients: Complex[np.ndarray, "sums terms"],
) -> Float[np.ndarray, "sums n n"]:
    """The real parts of Σ_k c_k Y_k Y_k† for each row c of coefficients."""
    weights = np.atleast_2d(coefficients)
    match decomposition.method:
        case "eigenvectors":
            return _by_eigenvectors(decomposition, responses, weights)
        case "schur":
            return _by_schur(decomposition, responses, weights)
        case "device":
            return resolvent_sums_on_device(decomposition.inner.real, responses, weights)
        case _:
            return _by_inverses(decomposition.inner, responses, weights)


def _by_eigenvectors(parts: Decomposition, responses: Any, weights: Any) -> Any:
    overlap = parts.inner @ parts.inner.conj().T
    found = []
    for row in weights:
        kernel = np.zeros(overlap.shape, dtype=np.complex128)
        for first in range(0, len(responses), TERMS_AT_ONCE):
            here = slice(first, first + TERMS_AT_ONCE)
            factors = 1 / (1 - np.outer(parts.eigenvalues, responses[here]))
            kernel += (factors * row[here]) @ factors.conj().T
        kernel *= overlap
        found.append((parts.basis @ kernel @ parts.basis.conj().T).real)
    return np.array(found)


def _by_schur(parts: Decomposition, responses: Any, weights: Any) -> Any:
    count = len(parts.inner)
    triangle = np.asfortranarray(parts.inner)
    diagonal = np.diag_indices(count)
    # lauum leaves the upper half of Y Y†; the lower half has conjugate coefficients.
    upper = np.zeros((len(weights), count, count), dtype=np.complex128, order="F")
    lower = upper if np.isrealobj(weights) else np.zeros_like(upper)
    for k, response in enumerate(responses):
        shifted = -response * triangle
        shifted[diagonal] += 1
        inverse, info = lapack.ztrtri(shifted, lower=0, overwrite_c=1)
        if info:
            raise ZeroDivisionError(f"the resolvent is singular at term {k}")
        # lauum takes the diagonal for real; turning each column's phase leaves Y Y† as it is.
        phases = inverse[diagonal]
        inverse *= np.conj(phases) / np.abs(phases)
        product, _ = lapack.zlauum(inverse, lower=0, overwrite_c=1)
        for row in range(len(weights)):
            upper[row] += weights[row, k] * product
            if lower is not upper:
                lower[row] += np.conj(weights[row, k]) * product
    found = []
    for above, below in zip(upper, lower, strict=True):
        above, below = np.triu(above), np.triu(below, 1)
        found.append((parts.basis @ (above + below.conj().T) @ parts.basis.conj().T).real)
    return np.array(found)


def _by_inverses(matrix: Any, responses: Any, weights: Any) -> Any:
    identity = np.eye(len(matrix))
    found = np.zeros((len(weights), *matrix.shape))
    for k, response in enumerate(responses):
        inverse = np.linalg.inv(identity - response * matrix)
        product = inverse @ inverse.conj().T
        for row in range(len(weights)):
            found[row] += (weights[row, k] * product).real
    return found
