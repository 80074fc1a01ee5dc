"""The largest eigenvalue of a matrix with nonnegative off-diagonal elements, between bounds, by Noda's iteration.

Noda, Numer. Math. 17, 382 (1971): inverse iteration with the largest ratio (M x)ᵢ / xᵢ as its shift converges
quadratically through positive vectors. The unknowns are kept near one by scaling with the last vector, so that
components of very different size are all right; the smallest and largest ratio enclose the eigenvalue (Collatz and
Wielandt). A plain eigensolver is wrong by far more for strongly driven systems, whose left and right vectors hardly
overlap.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from ..errors import NotConverged

MOST_STEPS = 200
TIGHT = 1e-14  # width of the bounds per largest element


def perron_value(matrix: NDArray[np.float64]) -> float:
    """The eigenvalue alone, from both eigenvectors: their quotient's error is the product of theirs. Raises
    NotConverged."""
    right, left = perron_pair(matrix)[1], perron_pair(matrix.T)[1]
    weights = left * right
    return float((weights / weights.sum()) @ ((matrix * right / right[:, None]).sum(axis=1)))


def perron_pair(matrix: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Eigenvalue and positive right eigenvector (largest component one). Raises NotConverged, also for reducible
    matrices."""
    size = len(matrix)
    _balanced, (vector, _order) = linalg.matrix_balance(matrix, permute=False, separate=True)
    best, value, found, scale = np.inf, 0.0, vector, 1.0
    for step in range(MOST_STEPS):
        scaled = matrix * vector / vector[:, None]
        scale = float(np.abs(scaled).max(initial=1e-300))
        ratios = scaled.sum(axis=1)
        low, high = float(ratios.min()), float(ratios.max())
        if high - low < best:
            best, value, found = high - low, float((low + high) / 2), vector
        if best <= TIGHT * scale or (step > 3 and high - low > best / 2 and best <= 1e3 * TIGHT * scale):
            return value, found / found.max()
        # The shift stays a hair above the eigenvalue, where the matrix is not singular and its inverse is positive.
        shift = high + 1e-15 * scale + 1e-3 * (high - low)
        moved = np.linalg.solve(shift * np.eye(size) - scaled, np.ones(size))
        if not (np.isfinite(moved).all() and (moved > 0).all()):
            break
        vector = vector * moved
        vector = vector / vector.max()
    if best <= 1e-9 * scale:
        return value, found / found.max()
    raise NotConverged(f"the largest eigenvalue is known to {best:.2g} only: the matrix may fall into separate parts")
