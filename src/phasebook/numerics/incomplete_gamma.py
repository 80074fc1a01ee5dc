"""Incomplete gamma functions where their factors alone would overflow."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

LARGE = 15.0  # above it the continued fraction is exact to rounding with TERMS terms
TERMS = 80


def scaled_upper_gamma(order: ArrayLike, argument: ArrayLike) -> NDArray[np.float64]:
    """exp(z) Q(a, z), with Q the regularized upper incomplete gamma function, for orders a > 0 and arguments z ≥ 0 of any size.

    Legendre's continued fraction for z > 15 (Abramowitz and Stegun 6.5.31). Raises ValueError outside that range.
    """
    a, z = np.broadcast_arrays(np.asarray(order, dtype=float), np.asarray(argument, dtype=float))
    if not ((a > 0).all() and (z >= 0).all()):
        raise ValueError("order must be positive and argument must not be negative")
    small = np.minimum(z, LARGE)
    direct = np.exp(small) * special.gammaincc(a, small)
    large = np.maximum(z, LARGE)
    fraction = large + 2 * TERMS + 1 - a
    for n in range(TERMS, 0, -1):
        fraction = large + 2 * n - 1 - a - n * (n - a) / fraction
    return np.where(z <= LARGE, direct, np.exp(a * np.log(large) - special.gammaln(a)) / fraction)
