"""exp(t A) v for a large sparse generator A, by Krylov subspaces with steps of their own.

Sources: Sidje, ACM Trans. Math. Softw. 24, 130 (1998), for the corrected scheme and its two error estimates; incomplete
orthogonalization against the last vectors only as in Gaudreault, Rainwater and Tokman, J. Comput. Phys. 372, 236 (2018).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.sparse import csc_array, csr_array

from ..errors import NotConverged

_DIMENSION = 40
_WINDOW = 2
_SAFETY = 0.8
_MAXIMUM_STEPS = 1_000_000


class KrylovPropagator:
    """Advances v' = A v step by step, with an error per unit time, in the sum of absolute values, of at most `error_rate`."""

    def __init__(self, generator: csc_array, error_rate: float) -> None:
        self.matrix = csr_array(generator)
        self.error_rate = error_rate
        self.step = 0.0
        self.products = 0

    def advance(self, vector: NDArray[np.float64], longest: float) -> tuple[NDArray[np.float64], float]:
        """One step of at most `longest`; the new vector, of the same shape, and the time that the step took."""
        scale = float(np.linalg.norm(vector))
        if scale == 0.0:
            return vector.copy(), longest
        basis, hessenberg, exact = self._subspace(vector / scale)
        size = len(basis)
        if exact:
            return scale * (expm(longest * hessenberg)[:, 0] @ basis), longest
        last = float(np.abs(basis[-1]).sum())
        beyond = float(np.abs(self.matrix @ basis[-1]).sum())
        step = min(longest, self.step or 1.0 / np.abs(self.matrix.diagonal()).max())
        for _ in range(100):
            weights = expm(step * hessenberg)[:, 0]
            first, second = scale * abs(weights[size - 1]) * last, scale * abs(weights[size]) * beyond
            order, error = _combined(size - 1, first, second)
            allowed = step * self.error_rate
            factor = _SAFETY * (allowed / max(error, 1e-300)) ** (1.0 / order)
            if error <= allowed:
                # A step cut short by `longest` says little about the next one: it must not shrink what was reached before.
                self.step = max(self.step if step == longest else 0.0, step * min(factor, 2.0))
                return scale * (weights[:size] @ basis), step
            step *= min(max(factor, 0.1), 0.9)
        raise NotConverged(
            "the steps of the Krylov method became too small; raise tolerance, or check that no rate is extremely large"
        )

    def _subspace(self, vector: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Basis, shape (m + 1, states), matrix of the projection, bordered as the corrected scheme wants, and whether it is exact."""
        dimension = min(_DIMENSION, len(vector))
        basis = np.empty((dimension + 1, len(vector)))
        hessenberg = np.zeros((dimension + 2, dimension + 2))
        basis[0] = vector
        for column in range(dimension):
            image = self.matrix @ basis[column]
            self.products += 1
            size = float(np.linalg.norm(image))
            for row in range(max(0, column - _WINDOW + 1), column + 1):
                hessenberg[row, column] = basis[row] @ image
                image -= hessenberg[row, column] * basis[row]
            rest = float(np.linalg.norm(image))
            if rest <= 1e-13 * size:
                return basis[: column + 1], hessenberg[: column + 1, : column + 1], True
            hessenberg[column + 1, column] = rest
            np.multiply(image, 1.0 / rest, out=basis[column + 1])
        hessenberg[dimension + 1, dimension] = 1.0
        return basis, hessenberg, False


def propagate(
    propagator: KrylovPropagator,
    vector: NDArray[np.float64],
    duration: float,
    accept: Callable[[NDArray[np.float64], float], bool],
) -> tuple[NDArray[np.float64], float]:
    """Advance by `duration`, or until `accept(vector, elapsed)` refuses a step; the last accepted vector and its time."""
    elapsed = 0.0
    for _ in range(_MAXIMUM_STEPS):
        if elapsed >= duration:
            return vector, duration
        moved, step = propagator.advance(vector, duration - elapsed)
        if not accept(moved, elapsed + step):
            return vector, elapsed
        vector, elapsed = moved, (duration if step >= duration - elapsed else elapsed + step)
    raise NotConverged(f"{_MAXIMUM_STEPS} steps of the Krylov method did not reach the time; ask for earlier times")


def _combined(dimension: int, first: float, second: float) -> tuple[int, float]:
    """Order and local error from two successive terms of the expansion, as in Expokit."""
    if first > 10.0 * second:
        return dimension, second
    if first > second:
        return dimension, first * second / (first - second)
    return dimension - 1, first
