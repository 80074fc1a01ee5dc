"""Odd nonlinearities of rate units, and the Gaussian averages that mean-field theory needs of them.

For two Gaussian inputs a, b of variance Δ0 and covariance Δ, F(Δ, Δ0) = E[φ(a)φ(b)]. With φ(√Δ0 z) = Σ c_k h_k(z) in
normalized Hermite polynomials, F = Σ c_k² ρ^k with ρ = Δ/Δ0 (Mehler), the mean slope E[φ'] is c_1/√Δ0 (Stein) and ∂F/∂Δ =
E[φ'(a)φ'(b)] (Price). The error function and the identity have closed forms. Derived here; Price 1958, Mehler 1866.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

NonlinearityName = Literal["erf", "tanh", "linear"]
Array = NDArray[np.float64]

TERMS = 512  # odd Hermite polynomials up to degree 1023: tanh of a variance of 80 leaves a tail of 1e-7
GRID_STEP = 1 / 64  # of the trapezoidal rule, which converges exponentially for analytic functions
GRID_END = 12.0  # the normal density is 1e-32 there
ROUGHEST_TAIL = 1e-3  # share of the variance beyond the last polynomial
ODD_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Nonlinearity:
    """An odd function φ of the input, applied to arrays elementwise; averages by its Hermite expansion.

    `function` maps an array to an array of the same shape. Raises ValueError where it is not odd (means would not vanish) or
    not finite; `check_expansion` where it jumps so hard that its expansion does not converge.
    """

    name: str
    function: Callable[[Any], Any] = field(compare=False)

    def __post_init__(self) -> None:
        points = np.linspace(0.0, 8.0, 161)
        with np.errstate(all="ignore"):
            right = np.asarray(self.function(points.copy()), dtype=np.float64)
            left = np.asarray(self.function(-points), dtype=np.float64)
        if right.shape != points.shape or not (np.isfinite(right).all() and np.isfinite(left).all()):
            raise ValueError(f"nonlinearity {self.name} must map an array of finite numbers to one of the same shape")
        worst = int(np.argmax(np.abs(right + left)))
        if abs(right[worst] + left[worst]) > ODD_TOLERANCE * max(1.0, float(np.abs(right).max())):
            raise ValueError(
                f"nonlinearity {self.name} must be odd, so that means vanish; got {right[worst]:.4g} at "
                f"{points[worst]:.3g} and {left[worst]:.4g} at {-points[worst]:.3g}"
            )

    def __call__(self, inputs: ArrayLike) -> Any:
        """φ of each input."""
        return self.function(np.asarray(inputs))

    def covariance(self, covariance: ArrayLike, variance: float) -> Array:
        """F(Δ, Δ0): covariance of the outputs of two inputs of covariance Δ (any shape) and variance Δ0."""
        coefficients, tail = self._expansion(variance)
        return _odd_series(coefficients**2, tail, _ratio(covariance, variance))

    def covariance_slope(self, covariance: ArrayLike, variance: float) -> Array:
        """∂F/∂Δ = E[φ'(a)φ'(b)]; at Δ = Δ0 the mean squared slope."""
        coefficients, tail = self._expansion(variance)
        degrees = _degrees()
        ratio = _ratio(covariance, variance)
        squares = degrees * coefficients**2 / variance
        return _even_series(squares, (degrees[-1] + 2) * tail / variance, ratio)

    def covariance_integral(self, covariance: ArrayLike, variance: float) -> Array:
        """∫ F(u, Δ0) du from 0 to Δ: what the energy of the mean-field orbit holds."""
        coefficients, tail = self._expansion(variance)
        degrees = _degrees()
        ratio = _ratio(covariance, variance)
        squares = variance * coefficients**2 / (degrees + 1)
        return ratio * _odd_series(squares, variance * tail / (degrees[-1] + 3), ratio)

    def mean_slope(self, variance: float) -> float:
        """E[φ'(x)] for x of variance Δ0; the slope at zero for Δ0 = 0."""
        if variance <= 0:
            return float((self(np.array([1e-4])) - self(np.array([-1e-4])))[0] / 2e-4)
        coefficients, _ = self._expansion(variance)
        return float(coefficients[0] / np.sqrt(variance))

    def check_expansion(self, variance: float) -> None:
        """Raises ValueError where too much of the output's variance lies beyond the last Hermite polynomial."""
        coefficients, tail = self._expansion(variance)
        total = float(coefficients @ coefficients) + tail
        if tail > ROUGHEST_TAIL * total:
            raise ValueError(
                f"nonlinearity {self.name} is too rough for its Gaussian averages: {tail / total:.1%} of its variance at an "
                f"input variance of {variance:.3g} lies beyond degree {2 * TERMS - 1}; smooth its jumps"
            )

    def _expansion(self, variance: float) -> tuple[Array, float]:
        """Odd Hermite coefficients, and the part of E[φ²] beyond them."""
        nodes, weights, table = _hermite_table()
        values = np.asarray(self.function(np.sqrt(variance) * nodes), dtype=np.float64)
        coefficients = table @ values
        return coefficients, max(float(weights @ values**2) - float(coefficients @ coefficients), 0.0)


@dataclass(frozen=True)
class _ErrorFunction(Nonlinearity):
    """φ(x) = erf(√π x/2), with slope one at zero; all averages in closed form."""

    name: str = "erf"
    function: Callable[[Any], Any] = field(default=lambda x: special.erf(0.8862269254527579 * x), compare=False)

    def covariance(self, covariance: ArrayLike, variance: float) -> Array:
        """(2/π) arcsin(aΔ) with a = (π/2)/(1 + πΔ0/2)."""
        return (2 / np.pi) * np.arcsin(self._argument(covariance, variance))

    def covariance_slope(self, covariance: ArrayLike, variance: float) -> Array:
        """(2/π) a/√(1 − a²Δ²)."""
        scale = _erf_scale(variance)
        return (2 / np.pi) * scale / np.sqrt(1 - self._argument(covariance, variance) ** 2)

    def covariance_integral(self, covariance: ArrayLike, variance: float) -> Array:
        """(2/π)(u arcsin u + √(1 − u²) − 1)/a with u = aΔ, written without cancellation at small u."""
        scale, u = _erf_scale(variance), self._argument(covariance, variance)
        return (2 / np.pi) * (u * np.arcsin(u) - u**2 / (1 + np.sqrt(1 - u**2))) / scale

    def check_expansion(self, variance: float) -> None:
        """Nothing is expanded."""

    def mean_slope(self, variance: float) -> float:
        """(1 + πΔ0/2)^(−1/2)."""
        return float(1 / np.sqrt(1 + np.pi * variance / 2))

    def _argument(self, covariance: ArrayLike, variance: float) -> Array:
        bounded = np.clip(np.asarray(covariance, dtype=np.float64), -variance, variance)  # rounding may exceed Δ0
        return _erf_scale(variance) * bounded


@dataclass(frozen=True)
class _Identity(Nonlinearity):
    """φ(x) = x: a linear network."""

    name: str = "linear"
    function: Callable[[Any], Any] = field(default=np.positive, compare=False)

    def covariance(self, covariance: ArrayLike, variance: float) -> Array:
        """Δ."""
        return np.asarray(covariance, dtype=np.float64)

    def covariance_slope(self, covariance: ArrayLike, variance: float) -> Array:
        """One."""
        return np.ones(np.shape(covariance))

    def covariance_integral(self, covariance: ArrayLike, variance: float) -> Array:
        """Δ²/2."""
        return np.asarray(covariance, dtype=np.float64) ** 2 / 2

    def check_expansion(self, variance: float) -> None:
        """Nothing is expanded."""

    def mean_slope(self, variance: float) -> float:
        """One."""
        return 1.0


ERF = _ErrorFunction()
TANH = Nonlinearity("tanh", np.tanh)
LINEAR = _Identity()
_NAMED: dict[str, Nonlinearity] = {"erf": ERF, "tanh": TANH, "linear": LINEAR}


def choose_nonlinearity(choice: NonlinearityName | Nonlinearity | Callable[[Any], Any]) -> Nonlinearity:
    """The nonlinearity that a name (erf, tanh, linear) or a user's odd function of an array stands for.

    Raises ValueError for an unknown name or a function that is not odd.
    """
    if isinstance(choice, Nonlinearity):
        return choice
    if isinstance(choice, str):
        if choice not in _NAMED:
            raise ValueError(f"nonlinearity must be one of {', '.join(_NAMED)}, or an odd function; got {choice!r}")
        return _NAMED[choice]
    if not callable(choice):
        raise ValueError(f"nonlinearity must be one of {', '.join(_NAMED)}, or an odd function; got {choice!r}")
    return Nonlinearity(getattr(choice, "__name__", "function"), choice)


def _erf_scale(variance: float) -> float:
    return (np.pi / 2) / (1 + np.pi * variance / 2)


def _ratio(covariance: ArrayLike, variance: float) -> Array:
    return np.clip(np.asarray(covariance, dtype=np.float64) / variance, -1.0, 1.0)


@cache
def _degrees() -> Array:
    return np.arange(1, 2 * TERMS, 2, dtype=np.float64)


@cache
def _hermite_table() -> tuple[Array, Array, Array]:
    """Positive nodes, their weights for an even function, and the table that turns odd values into odd coefficients."""
    nodes: Array = np.arange(1, round(GRID_END / GRID_STEP) + 1, dtype=np.float64) * GRID_STEP
    root_density = np.exp(-(nodes**2) / 4) / (2 * np.pi) ** 0.25
    # Hermite functions h_k √density stay bounded where h_k alone overflows.
    before, now = root_density, nodes * root_density
    rows = []
    for degree in range(1, 2 * TERMS):
        if degree % 2:
            rows.append(now)
        before, now = now, (nodes * now - np.sqrt(degree) * before) / np.sqrt(degree + 1)
    weights: Array = 2 * GRID_STEP * root_density**2
    return nodes, weights, np.asarray(np.array(rows) * (2 * GRID_STEP * root_density), dtype=np.float64)


def _odd_series(squares: Array, tail: float, ratio: Array) -> Array:
    """Σ squares_k ρ^k over odd k, with the rest of the variance at the next degree."""
    return ratio * _even_series(squares, tail, ratio)


def _even_series(squares: Array, tail: float, ratio: Array) -> Array:
    """Σ squares_k ρ^(k − 1) over odd k, cut where the terms are below rounding."""
    total = float(np.abs(squares).sum()) + tail
    kept = np.flatnonzero(np.cumsum(squares[::-1])[::-1] + tail > 1e-16 * total)
    last = int(kept[-1]) + 1 if kept.size else 1
    return np.polynomial.polynomial.polyval(ratio**2, np.append(squares[:last], tail if last == len(squares) else 0.0))
