"""exp(t A) v for a large sparse generator A, by Krylov subspaces with steps of their own.

Short times: the subspace of A, whose size grows with the fastest rate. Long times: the subspace of (1 - gamma A)^-1, which one
sparse factorization opens and a few dozen solves fill, however fast the fastest rate is.

Sources: Sidje, ACM Trans. Math. Softw. 24, 130 (1998), for the corrected scheme and its two error estimates; incomplete
orthogonalization against the last vectors only as in Gaudreault, Rainwater and Tokman, J. Comput. Phys. 372, 236 (2018); shift and
invert as in van den Eshof and Hochbruck, SIAM J. Sci. Comput. 27, 1438 (2006).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.linalg import SuperLU, splu

from ..errors import NotConverged
from ..numerics.small_exponential import small_exponential

_DIMENSION = 40
_WINDOW = 2
_SAFETY = 0.8
# gamma as a part of the step: values between the bounds converge alike, so that one factorization serves steps of like length.
_SHIFT, _SMALLEST_SHIFT, _LARGEST_SHIFT = 0.1, 0.04, 0.25
_CHECK_EVERY = 5
_LARGEST_FILL = 3e8
# What rounding leaves of a solve with fast rates (measured 3e-12 where they are a million times the step).
_ROUNDING = 1e-11


def factorize(matrix: csc_array) -> SuperLU:
    """Sparse factors of a matrix whose columns are diagonally dominant.

    Elimination on the diagonal is then stable, and an ordering by the symmetric pattern fills less than one by columns.
    """
    return splu(csc_array(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


class KrylovPropagator:
    """Advances v' = A v step by step, with an error per unit time, in the sum of absolute values, of about `error_rate` at most.

    `dimension`: how many directions the states extend in; the work of a sparse factorization depends on it.
    """

    def __init__(self, generator: csc_array, error_rate: float, dimension: int) -> None:
        self.matrix = csr_array(generator)
        self.error_rate = error_rate
        self.fastest = float(np.abs(generator.diagonal()).max(initial=0.0))
        self.step = self.inverse_step = 0.0
        self._dimension = dimension
        self._factors: tuple[float, SuperLU] | None = None

    def advance(self, vector: NDArray[np.float64], longest: float) -> tuple[NDArray[np.float64], float]:
        """One step of at most `longest`; the new vector, of the same shape, and the time that the step took."""
        if self._prefers_inverse(min(longest, self.inverse_step or longest)):
            return self._advance_inverse(vector, longest)
        return self._advance_directly(vector, longest)

    def _prefers_inverse(self, step: float) -> bool:
        """Whether a factorization and its solves are estimated to take fewer operations than products with the generator."""
        size, entries = self.matrix.shape[0], self.matrix.nnz
        if self._dimension == 1:
            fill, elimination = 4.0 * size, 20.0 * size
        elif self._dimension == 2:
            fill, elimination = 4.0 * size * np.log2(size + 2.0), 20.0 * size**1.5
        else:
            fill, elimination = 4.0 * size ** (4.0 / 3.0), 10.0 * size**2.0
        # The constants are operations that a call costs before any work.
        products = 1.6 * self.fastest * step * (2.0 * entries + 8.0 * size + 60_000.0)
        solves = elimination + 30.0 * (4.0 * fill + 60.0 * size + 200_000.0)
        return bool(fill < _LARGEST_FILL and solves < products)

    def _advance_inverse(self, vector: NDArray[np.float64], longest: float) -> tuple[NDArray[np.float64], float]:
        step = min(longest, self.inverse_step or longest)
        while True:
            moved, dimension = self._rational_step(vector, step)
            if moved is not None:
                easy = dimension <= _DIMENSION // 2
                self.inverse_step = max(self.inverse_step, 2.0 * step if easy else step)
                return moved, step
            step *= 0.5
            self.inverse_step = step
            if not self._prefers_inverse(step):
                return self._advance_directly(vector, step)

    def _rational_step(self, vector: NDArray[np.float64], step: float) -> tuple[NDArray[np.float64] | None, int]:
        """The vector after `step` and the dimension used; None where the largest dimension did not reach the error."""
        if self._factors is None or not _SMALLEST_SHIFT <= self._factors[0] / step <= _LARGEST_SHIFT:
            shift = _SHIFT * step
            self._factors = shift, factorize(eye_array(len(vector), format="csc") - shift * csc_array(self.matrix))
        shift, factors = self._factors
        scale = float(np.linalg.norm(vector))
        basis = np.empty((_DIMENSION + 1, len(vector)))
        projection = np.zeros((_DIMENSION + 1, _DIMENSION))
        basis[0] = vector / scale
        before = np.zeros(0)
        for size in range(1, _DIMENSION + 1):
            image = factors.solve(basis[size - 1])
            length = float(np.linalg.norm(image))
            for _ in range(2):
                overlaps = basis[:size] @ image
                image -= overlaps @ basis[:size]
                projection[:size, size - 1] += overlaps
            rest = projection[size, size - 1] = float(np.linalg.norm(image))
            exact = rest <= 1e-14 * length
            if exact or size % _CHECK_EVERY == 0:
                inside = np.linalg.inv(projection[:size, :size])
                weights = scale * small_exponential(step / shift * (np.eye(size) - inside))[:, 0]
                change = weights.copy()
                change[: len(before)] -= before
                if exact or np.abs(change @ basis[:size]).sum() <= max(step * self.error_rate, _ROUNDING):
                    return weights @ basis[:size], size
                before = weights
            basis[size] = image / rest
        return None, _DIMENSION

    def _advance_directly(self, vector: NDArray[np.float64], longest: float) -> tuple[NDArray[np.float64], float]:
        scale = float(np.linalg.norm(vector))
        basis, hessenberg, exact = self._subspace(vector / scale)
        size = len(basis)
        if exact:
            return scale * (small_exponential(longest * hessenberg)[:, 0] @ basis), longest
        last = float(np.abs(basis[-1]).sum())
        beyond = float(np.abs(self.matrix @ basis[-1]).sum())
        step = float(min(longest, self.step or 1.0 / max(self.fastest, 1e-300)))
        for _ in range(100):
            weights = small_exponential(step * hessenberg)[:, 0]
            first, second = scale * abs(weights[size - 1]) * last, scale * abs(weights[size]) * beyond
            order, error = _combined(size - 1, first, second)
            allowed = step * self.error_rate
            factor = _SAFETY * (allowed / max(error, 1e-300)) ** (1.0 / order)
            if error <= allowed:
                # A step cut short by `longest` says little about the next one: it must not shrink what was reached before.
                self.step = max(self.step if step == longest else 0.0, step * min(float(factor), 2.0))
                return scale * (weights[:size] @ basis), step
            step *= min(max(float(factor), 0.1), 0.9)
        raise NotConverged(
            "the steps of the Krylov method became too small; raise tolerance, or check that no rate is extremely large"
        )

    def _subspace(self, vector: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Basis of shape (m + 1, states), projection with the borders of the corrected scheme, and whether it is exact."""
        dimension = min(_DIMENSION, len(vector))
        basis = np.empty((dimension + 1, len(vector)))
        hessenberg = np.zeros((dimension + 2, dimension + 2))
        basis[0] = vector
        for column in range(dimension):
            image = self.matrix @ basis[column]
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


def _combined(dimension: int, first: float, second: float) -> tuple[int, float]:
    """Order and local error from two successive terms of the expansion, as in Expokit."""
    if first > 10.0 * second:
        return dimension, second
    if first > second:
        return dimension, first * second / (first - second)
    return dimension - 1, first
