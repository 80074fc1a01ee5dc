"""Moment closures: high central moments as functions of the low ones.

- `normal` (cumulant neglect): joint cumulants of order above m vanish.
- `poisson`: as normal, but the pure cumulants of order above m equal the mean.
- `central` (central-moment neglect): central moments of order above m vanish.
- `lognormal`: raw moments of order above m are those of the lognormal law with the same means and covariances.
- `derivative-matching`: raw moments of order above m are products of powers of the lower ones (Singh, Hespanha, Bull. Math. Biol.
  68, 1327 (2006)); at m = 2 the same as lognormal.

Source: Schnoerr, Sanguinetti, Grima, arXiv 1407.8316; formulas derived in our own words. `poisson`, `lognormal` and
`derivative-matching` depend on which species a conservation law eliminates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .moment_indices import Exponents, below, choose, difference, partitions

CLOSURES = ("normal", "poisson", "lognormal", "central", "derivative-matching")
PRODUCT_CLOSURES = ("lognormal", "derivative-matching")
Polynomial = dict[tuple[int, ...], float]


def check_closure(closure: str, order: int) -> None:
    """Raises ValueError for an unknown closure or an order that it cannot have."""
    if closure not in CLOSURES:
        raise ValueError(f"closure must be one of {', '.join(CLOSURES)}; got {closure!r}")
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or not 1 <= order <= 8:
        raise ValueError(f"order must be an integer from 1 to 8; got {order!r}")
    if closure in PRODUCT_CLOSURES and order < 2:
        raise ValueError(f"closure={closure} needs order 2 at least, for its covariances; got {order}")


def cumulant(exponents: Exponents, central: int, cumulants: Mapping[Exponents, int]) -> Polynomial:
    """A cumulant as a polynomial in the central moment of the same exponents (a variable) and in cumulants of lower order."""
    polynomial: Polynomial = {(central,): 1.0}
    for partition, count in partitions(exponents).items():
        if len(partition) > 1:
            _add(polynomial, tuple(sorted(cumulants[block] for block in partition)), -float(count))
    return polynomial


def central_moment(
    exponents: Exponents, order: int, closure: str, cumulants: Mapping[Exponents, int], volume: float
) -> Polynomial:
    """A central moment of order above m, as a polynomial in cumulants (by variable) and means (variables 0 .. species - 1).

    Moments are scaled by volume^(|e|/2) and means by the volume.
    """
    if closure == "central":
        return {}
    polynomial: Polynomial = {}
    for partition, count in partitions(exponents).items():
        product, scale = list[int](), 1.0
        for block in partition:
            if sum(block) <= order:
                product.append(cumulants[block])
            elif closure == "poisson" and sum(power > 0 for power in block) == 1:
                product.append(next(index for index, power in enumerate(block) if power))
                scale *= volume ** (1 - sum(block) / 2)
            else:
                break
        else:
            _add(polynomial, tuple(sorted(product)), count * scale)
    return polynomial


@dataclass(frozen=True, eq=False)
class ProductClosure:
    """High central moments through raw moments that are products of powers of the lower ones.

    Works on moments relative to the means: c_e = C_e / M^e and rho_e = E[n^e] / M^e, so that rho = 1 without noise.
    """

    to_raw: NDArray[np.float64]  # (known raw moments, known central moments with C_0 first)
    powers: NDArray[np.int64]  # (high moments, known raw moments)
    to_central_low: NDArray[np.float64]  # (high moments, known raw moments)
    to_central_high: NDArray[np.float64]  # (high moments, high moments)
    low_exponents: NDArray[np.int64]
    high_exponents: NDArray[np.int64]

    def __call__(self, means: NDArray, central: NDArray) -> NDArray:
        """High central moments, from means (species,) and all lower central moments of orders 0, 2 .. m in their sequence."""
        high = np.empty(len(self.powers), dtype=central.dtype)
        _product_moments(
            means,
            central,
            self.to_raw,
            self.powers,
            self.to_central_low,
            self.to_central_high,
            self.low_exponents,
            self.high_exponents,
            high,
        )
        return high


@njit(cache=True, nogil=True, error_model="numpy")
def _integer_power(base, power):  # type: ignore[no-untyped-def]
    product = base * 0.0 + 1.0
    for _ in range(abs(power)):
        product = product * base
    return product if power >= 0 else 1.0 / product


@njit(cache=True, nogil=True, error_model="numpy")
def _product_moments(  # type: ignore[no-untyped-def]
    means, central, to_raw, powers, to_low, to_high, low_exponents, high_exponents, high
):
    relative = np.empty_like(central)
    for row in range(central.size):
        relative[row] = central[row]
        for j in range(means.size):
            relative[row] /= _integer_power(means[j], low_exponents[row, j])
    raw = np.zeros(to_raw.shape[0], dtype=central.dtype)
    for row in range(raw.size):
        for column in range(central.size):
            raw[row] += to_raw[row, column] * relative[column]
    products = np.empty_like(high)
    for row in range(high.size):
        products[row] = 1.0
        for column in range(raw.size):
            products[row] *= _integer_power(raw[column], powers[row, column])
    for row in range(high.size):
        total = means[0] * 0.0
        for column in range(raw.size):
            total += to_low[row, column] * raw[column]
        for column in range(high.size):
            total += to_high[row, column] * products[column]
        for j in range(means.size):
            total *= _integer_power(means[j], high_exponents[row, j])
        high[row] = total


def product_closure(species: int, low: Sequence[Exponents], high: Sequence[Exponents], closure: str) -> ProductClosure:
    """Prepare lognormal or derivative matching; `low`: exponents of orders 2 .. m; `high`: those above, in increasing order."""
    zero = (0,) * species
    units = [tuple(int(i == j) for i in range(species)) for j in range(species)]
    known_central = [zero, *low]
    known_raw = [zero, *units, *low]
    place = {exponents: row for row, exponents in enumerate(known_raw)}
    column = {exponents: row for row, exponents in enumerate(known_central)}
    to_raw = np.zeros((len(known_raw), len(known_central)))
    for exponents, row in place.items():
        for part in below(exponents):
            if sum(part) != 1:
                to_raw[row, column[part]] += choose(exponents, part)
    matched = [each for each in known_raw[1:] if closure == "derivative-matching" or sum(each) <= 2]
    # The exponents gamma solve sum_k gamma_k binom(k, s) = binom(e, s) for every s that is matched.
    table = np.array([[choose(k, s) for k in matched] for s in matched], dtype=float)
    wanted = np.array([[choose(e, s) for e in high] for s in matched], dtype=float)
    solved = np.rint(np.linalg.solve(table, wanted)).astype(np.int64)
    powers = np.zeros((len(high), len(known_raw)), dtype=np.int64)
    for row, exponents in enumerate(matched):
        powers[:, place[exponents]] = solved[row]
    high_place = {exponents: row for row, exponents in enumerate(high)}
    to_low, to_high = np.zeros((len(high), len(known_raw))), np.zeros((len(high), len(high)))
    for exponents, row in high_place.items():
        for part in below(exponents):
            weight = choose(exponents, part) * (-1.0) ** sum(difference(exponents, part))
            if part in place:
                to_low[row, place[part]] += weight
            else:
                to_high[row, high_place[part]] += weight
    return ProductClosure(
        to_raw, powers, to_low, to_high, np.array(known_central, dtype=np.int64), np.array(high, dtype=np.int64)
    )


def _add(polynomial: Polynomial, product: tuple[int, ...], coefficient: float) -> None:
    polynomial[product] = polynomial.get(product, 0.0) + coefficient
