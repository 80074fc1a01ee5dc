"""Sparse polynomial maps: many polynomials in many variables, evaluated by one compiled loop over their terms.

A map may define intermediate variables first, each a polynomial in the variables before it; unrolled code would have to be compiled
anew for every map, where this loop is compiled once for all of them. Derivatives are exact, by the product and chain rules; a map
that is only a part of a function can be differentiated with it by a complex step (Squire and Trapp, SIAM Rev. 40, 110 (1998)).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Terms = Mapping[
    tuple[int, ...], float
]  # a product of variables, by their indices in increasing order, to its coefficient
COMPLEX_STEP = 1e-30


@dataclass(frozen=True, eq=False)
class PolynomialMap:
    """Polynomials in `inputs` variables: `stages` further variables in order, then `outputs`; made by `polynomial_map`."""

    inputs: int
    stages: int
    outputs: int
    row_start: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    factor_start: NDArray[np.int64]
    factors: NDArray[np.int64]

    def __call__(self, point: NDArray) -> NDArray:
        """Values of the outputs, shape (outputs,), at a real or complex point of shape (inputs,)."""
        values = np.empty(self.inputs + self.stages + self.outputs, dtype=point.dtype)
        values[: self.inputs] = point
        _evaluate(values, self.inputs, self.row_start, self.coefficients, self.factor_start, self.factors)
        return values[self.inputs + self.stages :]

    def jacobian(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives of the outputs by the inputs, shape (outputs, inputs)."""
        matrix = np.zeros((self.stages + self.outputs, self.inputs))
        values = np.empty(self.inputs + self.stages + self.outputs)
        values[: self.inputs] = point
        _evaluate(values, self.inputs, self.row_start, self.coefficients, self.factor_start, self.factors)
        _differentiate(values, matrix, self.inputs, self.row_start, self.coefficients, self.factor_start, self.factors)
        return matrix[self.stages :]


def polynomial_map(inputs: int, stages: Sequence[Terms], outputs: Sequence[Terms]) -> PolynomialMap:
    """Collect polynomials into one map; stage k may use the inputs and stages before it, outputs may use all.

    Raises ValueError where a polynomial uses a variable that is not there yet.
    """
    row_start, coefficients, factor_start = [0], [], [0]
    factors: list[int] = []
    for row, terms in enumerate((*stages, *outputs)):
        known = inputs + min(row, len(stages))
        for product, coefficient in terms.items():
            if coefficient == 0.0:
                continue
            if any(not 0 <= factor < known for factor in product):
                raise ValueError(f"polynomial {row} uses variable {max(product)}; only {known} are known there")
            coefficients.append(coefficient)
            factors.extend(product)
            factor_start.append(len(factors))
        row_start.append(len(coefficients))
    return PolynomialMap(
        inputs,
        len(stages),
        len(outputs),
        np.array(row_start, dtype=np.int64),
        np.array(coefficients, dtype=np.float64),
        np.array(factor_start, dtype=np.int64),
        np.array(factors, dtype=np.int64),
    )


@njit(cache=True, nogil=True)
def _evaluate(values, inputs, row_start, coefficients, factor_start, factors):  # type: ignore[no-untyped-def]
    for row in range(row_start.size - 1):
        total = values[0] * 0.0
        for term in range(row_start[row], row_start[row + 1]):
            product = values[0] * 0.0 + coefficients[term]
            for place in range(factor_start[term], factor_start[term + 1]):
                product *= values[factors[place]]
            total += product
        values[inputs + row] = total


@njit(cache=True, nogil=True)
def _differentiate(values, matrix, inputs, row_start, coefficients, factor_start, factors):  # type: ignore[no-untyped-def]
    """Rows of derivatives by the inputs, stage after stage: product rule within a term, chain rule through the stages."""
    for row in range(row_start.size - 1):
        for term in range(row_start[row], row_start[row + 1]):
            for place in range(factor_start[term], factor_start[term + 1]):
                partial = coefficients[term]
                for other in range(factor_start[term], factor_start[term + 1]):
                    if other != place:
                        partial *= values[factors[other]]
                stage = factors[place] - inputs
                if stage < 0:
                    matrix[row, factors[place]] += partial
                else:
                    for column in range(inputs):
                        matrix[row, column] += partial * matrix[stage, column]
