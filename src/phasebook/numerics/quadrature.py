"""Expectations under the standard normal: fixed Gauss-Hermite nodes, their tensor products, and rules for steep functions.

The fixed nodes are exact for polynomials up to degree 2·order - 1 and excellent for smooth functions. Where a function turns
into a step (tanh(z/T) at small T), they are wrong without a sign of it: `gaussian_expectation` adapts, and says its error;
`crowded_trapezoid` puts its nodes where the step is known to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import integrate, special

from ..errors import NotConverged

MOST_POINTS = 20_000_000  # a tensor grid past this does not fit a small machine's memory
LARGEST_BOUND = 37.0  # beyond it the normal density underflows
SUBDIVISIONS = 400
NORMAL_REACH = 9.0  # the normal weight beyond it is below 1e-18


@dataclass(frozen=True, slots=True)
class Expectation:
    """An expectation with the quadrature's own estimate of its absolute error."""

    value: float
    error: float


def gauss_hermite(order: int) -> tuple[Float[np.ndarray, " order"], Float[np.ndarray, " order"]]:
    """Nodes and weights of Gauss-Hermite quadrature for the standard normal; the weights sum to one.

    `nodes` and `weights` have shape (order,), so that E[f(z)] ≈ weights @ f(nodes) for z ~ N(0, 1).
    Raises ValueError where `order` is not a positive integer. Source: Golub and Welsch 1969, through SciPy.
    """
    nodes, weights = special.roots_hermitenorm(_positive_integer("order", order))
    return nodes, weights / weights.sum()


def tensor_gauss_hermite(
    order: int, dimension: int
) -> tuple[Float[np.ndarray, "points dimension"], Float[np.ndarray, " points"]]:
    """Nodes and weights for a standard normal vector: the tensor product of `gauss_hermite` with order**dimension points.

    `points` has shape (order**dimension, dimension), `weights` (order**dimension,); the last coordinate runs fastest.
    Raises ValueError where an argument is not a positive integer or the grid would exceed 20,000,000 points.
    """
    nodes, weights = gauss_hermite(order)
    if order ** _positive_integer("dimension", dimension) > MOST_POINTS:
        raise ValueError(
            f"order**dimension must be at most {MOST_POINTS:,} points; got {order}**{dimension}: take samples instead"
        )
    points = np.stack(np.meshgrid(*[nodes] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
    products = np.stack(np.meshgrid(*[weights] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
    return points, products.prod(axis=1)


def gaussian_expectation(
    function: Callable[[float], float],
    breaks: Sequence[float] = (),
    bound: float = 12.0,
    tolerance: float = 1e-12,
) -> Expectation:
    """E[function(z)] for z ~ N(0, 1), by adaptive Gauss-Kronrod quadrature over [-bound, bound].

    `function` maps a float to a float. `breaks` are the points where it has a kink or a jump: the interval is split there (a
    break beyond `bound` changes nothing). `tolerance` is absolute, in units of the larger of 1 and the pieces' size.
    Raises ValueError on arguments outside these, and NotConverged where the value is not finite, the error estimate exceeds
    the tolerance, or the integrand has not decayed at ±bound. Source: QUADPACK (Piessens et al. 1983), through SciPy.
    """
    edges = _edges(breaks, bound)
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise ValueError(f"tolerance must be a positive number; got {tolerance}")

    def integrand(z: float) -> float:
        return function(z) * math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)

    value = error = size = 0.0
    for low, high in pairwise(edges):
        # full_output: SciPy's own judgement comes as a warning; ours, below, as an exception.
        piece, piece_error, *_ = integrate.quad(
            integrand, low, high, epsabs=0.1 * tolerance, epsrel=1e-13, limit=SUBDIVISIONS, full_output=1
        )
        value, error, size = value + piece, error + piece_error, size + abs(piece)
    allowed = tolerance * max(1.0, size)
    if not (math.isfinite(value) and math.isfinite(error)):
        raise NotConverged(f"E[function(z)] is not finite on [-{bound:g}, {bound:g}]; check the function there")
    if error > allowed:
        raise NotConverged(
            f"E[function(z)] has an error of {error:.1e}, more than {allowed:.1e}; name the function's kinks in breaks "
            "or raise tolerance"
        )
    tail = max(abs(integrand(-bound)), abs(integrand(bound)))
    if not tail <= allowed:
        raise NotConverged(f"function(z) times the normal density is still {tail:.1e} at ±{bound:g}; raise bound")
    return Expectation(float(value), float(error))


def crowded_trapezoid(
    centers: ArrayLike, width: float, *, tilt: float = 0.0, spacing: float = 0.08
) -> tuple[Float[np.ndarray, "rows nodes"], Float[np.ndarray, "rows nodes"]]:
    """Nodes and logarithms of weights of E[f(z)], z ~ N(0, 1), for functions that are steep over `width` about a center.

    A row for each of `centers` (rows,); nodes are z = center + width·sinh(t) at even steps of t, so that their distance is
    `spacing`·width at the center and grows in proportion to the distance from it. For an f that is analytic within `width` of the
    real axis the error falls like exp(-2π·(angle of the strip)/spacing), however small `width` is: at the default near 1e-13.
    `tilt` >= 0 says that f grows up to exp(tilt·|z|); nodes then reach to 9 + tilt instead of 9. Centers beyond the reach of the
    plain weight are moved to its edge, where the function is not steep. Raises ValueError on arguments outside these.
    Source: variable transformation in the trapezoidal rule, Stenger 1973; Trefethen and Weideman, SIAM Rev. 56, 385 (2014).
    """
    middle = np.atleast_1d(np.asarray(centers, dtype=float))
    if middle.ndim != 1 or not np.isfinite(middle).all():
        raise ValueError(f"centers must be finite numbers in one dimension; got {centers!r}")
    if not (0.0 < width < math.inf and 0.0 <= tilt < math.inf and 0.0 < spacing < 1.0):
        raise ValueError(
            f"width must be positive, tilt not negative and spacing in (0, 1); got {width}, {tilt} and {spacing}"
        )
    reach = NORMAL_REACH + tilt
    middle = np.clip(middle, -NORMAL_REACH, NORMAL_REACH)
    # Far from its center the grid is coarse: a narrow center keeps its crowd, a wide one becomes the even trapezoid.
    scale = min(width, 1.0)
    low, high = np.arcsinh((-reach - middle) / scale), np.arcsinh((reach - middle) / scale)
    # At the distance of the weight's bulk nodes must still resolve the weight itself.
    finest = min(spacing, 0.6 / (float(np.abs(middle).max()) + tilt + 1.0))
    steps = max(2, math.ceil(float((high - low).max()) / finest))
    step = (high - low) / steps
    angle = low[:, None] + step[:, None] * np.arange(steps + 1)
    nodes = middle[:, None] + scale * np.sinh(angle)
    log_weights = np.log(scale * step / math.sqrt(2 * math.pi))[:, None] + np.log(np.cosh(angle)) - 0.5 * nodes**2
    return nodes, log_weights


def _edges(breaks: Sequence[float], bound: float) -> list[float]:
    if not 0 < bound <= LARGEST_BOUND:
        raise ValueError(f"bound must be in (0, {LARGEST_BOUND:g}]; got {bound}")
    points = np.asarray(breaks, dtype=float)
    if points.ndim != 1 or not np.isfinite(points).all():
        raise ValueError(f"breaks must be a list of finite numbers; got {breaks!r}")
    # Always split at zero: the halves of an odd function then show their size, against which rounding is to be judged.
    return sorted({-bound, 0.0, bound, *points[np.abs(points) < bound].tolist()})


def _positive_integer(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive integer; got {value!r}")
    return int(value)
