"""Majority of independent voters: how one vote changes a bias.

A voter with bias mu answers +1 with probability (1 + mu) / 2, where +1 is the right answer. The majority of b of them has bias
f_b(mu). Source: the binomial law; the incomplete-beta forms are textbook identities, written out here in our own words.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

_UNDERFLOW = (
    1e-8  # below it the square of the bias starts to lose digits against one; the two-term series is exact there
)


def majority_bias(bias: ArrayLike, fan_in: int) -> NDArray[np.float64]:
    """Bias f_b of the majority of `fan_in` independent voters with this `bias` (any shape, in [-1, 1]).

    Uses f_b(mu) = sign(mu) I(mu^2; 1/2, (b + 1) / 2), which equals 2 I((1 + mu) / 2; (b + 1) / 2, (b + 1) / 2) - 1 and, unlike it,
    keeps full relative accuracy at small bias; below 1e-8 the series kappa mu (1 - (b - 1) mu^2 / 6) takes over. An even
    `fan_in` breaks ties by a fair coin and equals `fan_in - 1` exactly. Raises ValueError for a bias outside [-1, 1].
    """
    odd = odd_fan_in(fan_in)
    bias = np.asarray(bias, dtype=np.float64)
    if not np.all(np.abs(bias) <= 1.0):
        raise ValueError(f"bias must lie in [-1, 1]; got values from {np.min(bias):g} to {np.max(bias):g}")
    magnitude = np.abs(bias)
    series = majority_slope(odd) * magnitude * (1.0 - (odd - 1) * magnitude**2 / 6.0)
    exact = betainc(0.5, (odd + 1) / 2, magnitude**2)
    return np.sign(bias) * np.where(magnitude < _UNDERFLOW, series, exact)


def majority_slope(fan_in: int) -> float:
    """Slope kappa_b = b binom(b - 1, (b - 1) / 2) / 2^(b - 1) of the majority map at zero bias, from exact integers."""
    odd = odd_fan_in(fan_in)
    return odd * math.comb(odd - 1, (odd - 1) // 2) / 2 ** (odd - 1)


def majority_slope_asymptote(fan_in: int) -> float:
    """Large-b form sqrt(2 b / pi) of the slope of the majority map."""
    return math.sqrt(2.0 * odd_fan_in(fan_in) / math.pi)


def majority_derivative(bias: ArrayLike, fan_in: int) -> NDArray[np.float64]:
    """Derivative f_b'(mu) = kappa_b (1 - mu^2)^((b - 1) / 2): positive and decreasing in |mu|, so f_b is concave on [0, 1]."""
    odd = odd_fan_in(fan_in)
    bias = np.asarray(bias, dtype=np.float64)
    return np.asarray(majority_slope(odd) * (1.0 - bias**2) ** ((odd - 1) // 2))


def odd_fan_in(fan_in: int) -> int:
    """The odd number of voters that votes alike: `fan_in` itself, or one fewer where it is even and ties go to a fair coin."""
    if isinstance(fan_in, bool) or not isinstance(fan_in, int | np.integer) or fan_in < 3:
        raise ValueError(f"fan_in must be an integer of at least 3; got {fan_in!r}")
    return int(fan_in) - (int(fan_in) + 1) % 2
