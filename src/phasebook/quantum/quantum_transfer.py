"""The exact decay rate of correlations in an infinite Ising chain in fields, from its quantum transfer matrix.

Trotter's formula turns the chain into classical spins on a cylinder: along the chain, and around imaginary time in M slices.
The matrix that adds one site acts on the 2^M world lines of a site and has a gap; correlations between sites fall by the ratio
λ_1/λ_0 of its leading eigenvalues per site (M. Suzuki, Phys. Rev. B 31, 2957 (1985)). The error of M slices is a series
in 1/M², which several M remove.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from jaxtyping import Float
from scipy import linalg
from scipy.sparse.linalg import LinearOperator, eigsh

SLICES = (6, 8, 10, 12)
LARGEST_STEP = 0.5


@dataclass(frozen=True, slots=True)
class DecayRate:
    """The ratio of a correlation at neighboring distances, and the change by the last order of extrapolation."""

    value: float
    error: float


def ising_decay_rate(
    inverse_temperature: float, coupling: float = 1.0, transverse: float = 0.9, longitudinal: float = 0.5
) -> DecayRate:
    """λ_1/λ_0 of H = -J Σ ZZ - h_x Σ X - h_z Σ Z on the infinite chain at inverse temperature β, by extrapolation in slices.

    Raises `ValueError` for numbers that are not finite, or β times a coupling or field beyond what 12 slices resolve (6).
    """
    parameters = (inverse_temperature, coupling, transverse, longitudinal)
    if not np.isfinite(parameters).all():
        raise ValueError(f"inverse temperature, coupling and fields must be finite; got {parameters}")
    if transverse == 0:
        # World lines don't move: one slice is exact.
        return DecayRate(_ratio(1, *parameters), 0.0)
    strength = abs(inverse_temperature) * max(map(abs, parameters[1:]))
    if strength > LARGEST_STEP * SLICES[-1]:
        raise ValueError(
            f"inverse_temperature times the largest coupling or field must be at most {LARGEST_STEP * SLICES[-1]:g}; "
            f"got {strength:g}"
        )
    ratios = np.array([_ratio(slices, *parameters) for slices in SLICES])
    return _extrapolated(np.array(SLICES, dtype=float), ratios)


def _ratio(slices: int, beta: float, coupling: float, transverse: float, longitudinal: float) -> float:
    step = beta / slices
    field = step * np.array([[longitudinal, transverse], [transverse, -longitudinal]])
    line_weights = np.sqrt(_cycle_weights(linalg.expm(field), slices))
    bond = np.exp(step * coupling * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    size = 1 << slices

    def add_site(vector: np.ndarray) -> np.ndarray:
        tensor = (line_weights * vector.ravel()).reshape(-1, 2)
        # Each turn handles the last axis and brings it to the front.
        for _ in range(slices):
            tensor = (tensor.reshape(-1, 2) @ bond).T
        return np.asarray(line_weights * tensor.reshape(-1))

    if size <= 4:
        leading = linalg.eigvalsh(np.stack([add_site(row) for row in np.eye(size)]))
    else:
        start = np.random.default_rng(1).standard_normal(size)
        leading = eigsh(
            LinearOperator((size, size), add_site, dtype=float), k=2, which="LM", v0=start, return_eigenvectors=False
        )
    ordered = leading[np.argsort(-np.abs(leading))]
    return float(ordered[1] / ordered[0])


def _cycle_weights(factor: Float[np.ndarray, "2 2"], slices: int) -> Float[np.ndarray, " lines"]:
    """Π_τ factor[s_τ, s_(τ+1)] of every closed world line s_1, ..., s_M."""
    bits = (np.arange(1 << slices)[:, None] >> np.arange(slices)[::-1]) & 1
    return np.asarray(np.prod(factor[bits, np.roll(bits, -1, axis=1)], axis=1))


def _extrapolated(slices: Float[np.ndarray, " n"], values: Float[np.ndarray, " n"]) -> DecayRate:
    """The value at 1/M² = 0 of the polynomial through all points (Neville), beside that without the first point."""
    squares = slices**-2.0

    def at_zero(points: np.ndarray, heights: np.ndarray) -> float:
        weights = [reduce(lambda a, b: a * b, (q / (q - p) for q in points if q != p), 1.0) for p in points]
        return float(np.dot(weights, heights))

    best = at_zero(squares, values)
    return DecayRate(best, abs(best - at_zero(squares[1:], values[1:])))
