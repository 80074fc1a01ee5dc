"""The lowest eigenpairs of a large Hermitian matrix that is only ever applied: Lanczos with three vectors.

The recurrence runs without reorthogonalization until the residual of the lowest Ritz pair is small; a second run with the same
coefficients adds up its vector. Degenerate states are found one after the other, each in the complement of those before (one run
sees one vector of a degenerate level). Source: Paige, J. Inst. Math. Appl. 18, 341 (1976); Lanczos 1950.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from ..errors import NotConverged

Vector = NDArray[np.float64]
DENSE_STATES = 300  # below, a dense eigensolver is faster and finds degenerate states by itself
CHECKED_EVERY = 4


@dataclass(frozen=True)
class Eigenpair:
    """An eigenvalue with its vector (D,), the norm of H v − E v as the recurrence gives it, and the steps taken."""

    energy: float
    vector: Vector
    residual: float
    steps: int


def lowest_eigenpair(
    apply: Callable[[Vector], Vector],
    dimension: int,
    *,
    seed: int = 0,
    tolerance: float = 1e-10,
    most_steps: int = 2000,
    locked: Sequence[Vector] = (),
    with_vector: bool = True,
) -> Eigenpair:
    """The lowest eigenpair in the complement of the orthonormal `locked` vectors.

    `tolerance` bounds the residual relative to max(1, |E|); the energy's error is about its square over the gap. `apply` returns a
    new array. Raises NotConverged after `most_steps`.
    """
    start = np.random.default_rng(seed).standard_normal(dimension)
    _project(start, locked)
    start /= np.linalg.norm(start)
    diagonal, off_diagonal, residual = _coefficients(apply, start, locked, tolerance, most_steps)
    values, vectors = linalg.eigh_tridiagonal(diagonal, off_diagonal[:-1], select="i", select_range=(0, 0))
    energy, weights = float(values[0]), vectors[:, 0]
    vector = _combination(apply, start, locked, diagonal, off_diagonal, weights) if with_vector else np.zeros(0)
    return Eigenpair(energy, vector, residual, len(diagonal))


def lowest_eigenpairs(
    apply: Callable[[Vector], Vector], dimension: int, count: int, *, seed: int = 0, tolerance: float = 1e-10
) -> list[Eigenpair]:
    """The `count` lowest eigenpairs, degenerate ones included, in ascending order. Raises as `lowest_eigenpair`."""
    found: list[Eigenpair] = []
    for level in range(min(count, dimension)):
        pair = lowest_eigenpair(
            apply,
            dimension,
            seed=seed + level,
            tolerance=tolerance,
            locked=[each.vector for each in found],
        )
        found.append(pair)
    return sorted(found, key=lambda pair: pair.energy)


def lanczos_coefficients(
    apply: Callable[[Vector], Vector], start: Vector, steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Diagonal (m,) and off-diagonal (m − 1,) of the tridiagonal matrix of a normalized start, m ≤ `steps`.

    The vectors are kept orthogonal, so that no eigenvalue appears twice and the first components are quadrature weights.
    """
    basis, diagonal, off_diagonal = [start], [], []
    for _ in range(steps):
        image = apply(basis[-1])
        diagonal.append(float(basis[-1] @ image))
        for _ in range(2):
            _project(image, basis)
        norm = float(np.linalg.norm(image))
        if norm < 1e-10 * max(1.0, abs(diagonal[-1])) or len(basis) == steps:
            break
        off_diagonal.append(norm)
        basis.append(image / norm)
    return np.array(diagonal), np.array(off_diagonal)


def _coefficients(
    apply: Callable[[Vector], Vector], start: Vector, locked: Sequence[Vector], tolerance: float, most_steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    previous, current, residual = np.zeros(0), start.copy(), math.inf
    for step in range(1, most_steps + 1):
        image = _advance(apply, previous, current, locked, off_diagonal[-1] if off_diagonal else 0.0)
        diagonal.append(float(current @ image))
        image -= diagonal[-1] * current
        norm = float(np.linalg.norm(image))
        off_diagonal.append(norm)
        scale = max(1.0, abs(diagonal[0]))
        exhausted = norm < 1e-13 * scale or step + len(locked) >= len(start)
        if exhausted or step % CHECKED_EVERY == 0:
            values, vectors = linalg.eigh_tridiagonal(diagonal, off_diagonal[:-1], select="i", select_range=(0, 0))
            residual = abs(norm * vectors[-1, 0])
            if exhausted or residual <= tolerance * max(1.0, abs(float(values[0]))):
                return np.array(diagonal), np.array(off_diagonal), residual
        previous, current = current, image
        current /= norm
    raise NotConverged(
        f"Lanczos left a residual of {residual:.1e} after {most_steps} steps, more than {tolerance:.1e}; "
        "raise most_steps, or add a term that splits nearly equal levels"
    )


def _combination(
    apply: Callable[[Vector], Vector],
    start: Vector,
    locked: Sequence[Vector],
    diagonal: Vector,
    off_diagonal: Vector,
    weights: Vector,
) -> Vector:
    """The Ritz vector, from the same recurrence run again."""
    previous, current = np.zeros(0), start
    total = weights[0] * start
    for step in range(1, len(weights)):
        image = _advance(apply, previous, current, locked, off_diagonal[step - 2] if step > 1 else 0.0)
        image -= diagonal[step - 1] * current
        previous, current = current, image
        current /= off_diagonal[step - 1]
        total += weights[step] * current
    return total / np.linalg.norm(total)


def _advance(
    apply: Callable[[Vector], Vector], previous: Vector, current: Vector, locked: Sequence[Vector], norm: float
) -> Vector:
    image = apply(current)
    if previous.size:
        image -= norm * previous
    _project(image, locked)
    return image


def _project(vector: Vector, others: Sequence[Vector]) -> None:
    for other in others:
        vector -= (other @ vector) * other
