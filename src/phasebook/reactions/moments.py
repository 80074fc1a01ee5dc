"""Moment equations of a reaction network, closed at any order: means and central moments, generated once as sparse polynomials.

With n = M + delta and the propensity's Taylor expansion about the mean, E[delta^k a_r] = sum_e alpha_re sum_l binom(e, l) M^(e-l)
C_(k+l), the equations are
    dM_j/dt = sum_r S_rj E[a_r],
    dC_i/dt = sum_r sum_(k<i) binom(i, k) S_r^(i-k) E[delta^k a_r] - sum_j i_j C_(i-1_j) dM_j/dt.
Central moments, scaled by volume^(|e|/2), stay of order one at any volume, where raw moments of order four lose all their digits.
Source: Schnoerr, Sanguinetti, Grima, arXiv 1407.8316 (equations derived in our own words); closures: see `closures`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import null_space

from ..numerics.polynomial_map import COMPLEX_STEP, PolynomialMap, polynomial_map
from .closures import (
    PRODUCT_CLOSURES,
    Polynomial,
    ProductClosure,
    central_moment,
    check_closure,
    cumulant,
    product_closure,
)
from .moment_indices import Exponents, below, choose, difference, exponents_of_order, total
from .network import ReactionNetwork

MOST_EQUATIONS = 5_000


@dataclass(frozen=True, eq=False)
class MomentEquations:
    """Closed moment equations; a state y holds M_j / volume, then C_e / volume^(|e|/2) for the exponents `low`.

    `network`, `order` m, `closure`; `low`: exponents of orders 2 .. m. Made by `moment_equations`.
    """

    network: ReactionNetwork
    order: int
    closure: str
    low: tuple[Exponents, ...]
    polynomials: PolynomialMap
    products: ProductClosure | None

    @property
    def size(self) -> int:
        """Number of equations: binom(N + m, m) - 1."""
        return len(self.network.species) + len(self.low)

    @property
    def orders(self) -> NDArray[np.float64]:
        """Powers of the volume by which the entries of a state are scaled: 1 for means, |e| / 2 for central moments."""
        return np.array([1.0] * len(self.network.species) + [sum(exponents) / 2 for exponents in self.low])

    @cached_property
    def invariants(self) -> NDArray[np.float64]:
        """Linear functions of the state that stay constant, shape (laws, size): none without conservation laws."""
        change = self.network.change.toarray()
        if np.linalg.matrix_rank(change) == change.shape[1]:
            return np.zeros((0, self.size))
        # What vanishes with the derivative everywhere does so with its Jacobian at a few places, up to chance of measure zero.
        random = np.random.default_rng(0)
        jacobians = [self.jacobian(random.uniform(0.5, 1.5, self.size)) for _ in range(3)]
        combined = np.concatenate([jacobian / np.abs(jacobian).max() for jacobian in jacobians], axis=1)
        return null_space(combined.T, rcond=1e-11).T

    def deterministic_state(self, counts: ArrayLike | None = None) -> NDArray[np.float64]:
        """The state without noise at `counts` of shape (species,); at the network's initial counts where omitted."""
        means = self.network.initial_counts if counts is None else np.asarray(counts, dtype=np.float64)
        if means.shape != (len(self.network.species),) or not np.isfinite(means).all() or (means < 0).any():
            raise ValueError(f"counts must be {len(self.network.species)} non-negative numbers; got {counts!r}")
        if self.products is not None and (means == 0).any():
            name = self.network.species[int(np.argmin(means))]
            raise ValueError(
                f"closure={self.closure} divides by the means, and {name} starts at 0; start it at 1, say"
                " (with_initial_counts)"
            )
        state = np.zeros(self.size)
        state[: means.size] = means / self.network.volume
        return state

    def derivative(self, state: NDArray) -> NDArray:
        """dy/dt, shape (size,); complex states are allowed (for derivatives by a complex step)."""
        if self.products is None:
            return self.polynomials(state)
        species = len(self.network.species)
        central = np.concatenate([np.ones(1, dtype=state.dtype), state[species:]])
        # C scaled by volume^(|e|/2) is relative to means scaled the same way, M / volume^(1/2).
        high = self.products(state[:species] * math.sqrt(self.network.volume), central)
        return self.polynomials(np.concatenate([state, high]))

    def jacobian(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives of dy/dt by y, shape (size, size), exact to rounding."""
        if self.products is None:
            return self.polynomials.jacobian(state)
        matrix = np.empty((self.size, self.size))
        shifted = state.astype(np.complex128)
        for column in range(self.size):
            shifted[column] += 1j * COMPLEX_STEP
            matrix[:, column] = self.derivative(shifted).imag / COMPLEX_STEP
            shifted[column] = state[column]
        return matrix

    def means(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean counts, shape (..., species), of states (..., size)."""
        return states[..., : len(self.network.species)] * self.network.volume

    def covariances(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Covariances of the counts, shape (..., species, species)."""
        species = len(self.network.species)
        matrix = np.zeros((*states.shape[:-1], species, species))
        for place, exponents in enumerate(self.low):
            if sum(exponents) != 2:
                break
            (i, *rest) = [index for index, power in enumerate(exponents) if power]
            j = rest[0] if rest else i
            matrix[..., i, j] = matrix[..., j, i] = states[..., species + place] * self.network.volume
        return matrix

    def variances(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variances of the counts, shape (..., species)."""
        places = self._variance_places
        return states[..., places] * self.network.volume if places.size else np.zeros_like(self.means(states))

    @cached_property
    def _variance_places(self) -> NDArray[np.int64]:
        species = len(self.network.species)
        pure = [species + place for place, each in enumerate(self.low) if sum(each) == max(each) == 2]
        return np.array(pure, dtype=np.int64)

    def raw_moment(self, state: NDArray[np.float64], exponents: Exponents) -> float:
        """E[prod_i n_i^e_i] at a state (size,), for |e| <= m."""
        species, volume = len(self.network.species), self.network.volume
        means = self.means(state)
        place = {each: species + index for index, each in enumerate(self.low)}
        moment = 0.0
        for part in below(exponents):
            order = sum(part)
            if order == 1:
                continue
            central = 1.0 if order == 0 else state[place[part]] * volume ** (order / 2)
            moment += choose(exponents, part) * central * math.prod(means ** np.array(difference(exponents, part)))
        return float(moment)


def moment_equations(network: ReactionNetwork, order: int = 2, closure: str = "normal") -> MomentEquations:
    """Generate the equations for means and central moments up to `order`, closed.

    Raises ValueError for a wrong order or closure or too many equations, UnsupportedPropensity for a law that is no polynomial.
    """
    check_equations(network, order, closure)
    propensities = network.propensity_polynomials()
    unknowns = moment_unknowns(network, propensities, order, closure)
    changes = [change_row(network.change, row) for row in range(len(network.reactions))]
    outputs = equation_polynomials(len(network.species), network.volume, propensities, changes, unknowns)
    polynomials = polynomial_map(unknowns.inputs, unknowns.stages, outputs)
    return MomentEquations(network, order, closure, unknowns.low, polynomials, unknowns.products)


def check_equations(network: ReactionNetwork, order: int, closure: str) -> None:
    """Raises ValueError where there are no such equations, or more than are solved."""
    check_closure(closure, order)
    if network.events:
        raise ValueError(f"moment equations have no events; remove event {network.events[0].name!r}, or simulate")
    species = len(network.species)
    count = math.comb(species + order, order) - 1
    if count > MOST_EQUATIONS:
        raise ValueError(
            f"order {order} for {species} species makes {count} equations; at most {MOST_EQUATIONS} are solved: lower the order"
        )


@dataclass(frozen=True, eq=False)
class MomentUnknowns:
    """What equations of one order and closure are written in: exponents `low`, variables by exponents, stages of the closure."""

    low: tuple[Exponents, ...]
    index: dict[Exponents, int]
    inputs: int
    stages: tuple[Polynomial, ...]
    stage_orders: tuple[float, ...]
    products: ProductClosure | None


def moment_unknowns(
    network: ReactionNetwork, propensities: list[Polynomial], order: int, closure: str
) -> MomentUnknowns:
    """Low moments, and high ones as inputs or stages, for propensities of these degrees."""
    species = len(network.species)
    degree = max((sum(each) for polynomial in propensities for each in polynomial), default=0)
    low = [each for each_order in range(2, order + 1) for each in exponents_of_order(species, each_order)]
    highest = order + max(0, degree - 1)
    high = [each for each_order in range(order + 1, highest + 1) for each in exponents_of_order(species, each_order)]
    index = {each: species + place for place, each in enumerate(low)}
    inputs, stages, orders = species + len(low), list[Polynomial](), list[float]()
    products = None
    if closure in PRODUCT_CLOSURES and high:
        products = product_closure(species, low, high, closure)
        index |= {each: inputs + place for place, each in enumerate(high)}
        inputs += len(high)
    else:
        cumulants = dict(index)
        for each in low:
            if sum(each) >= 4 and closure != "central":
                stages.append(cumulant(each, index[each], cumulants))
                cumulants[each] = inputs + len(stages) - 1
                orders.append(sum(each) / 2)
        for each in high:
            stages.append(central_moment(each, order, closure, cumulants, network.volume))
            index[each] = inputs + len(stages) - 1
            orders.append(sum(each) / 2)
    return MomentUnknowns(tuple(low), index, inputs, tuple(stages), tuple(orders), products)


def equation_polynomials(
    species: int,
    volume: float,
    propensities: Sequence[Polynomial],
    changes: Sequence[Mapping[int, int]],
    unknowns: MomentUnknowns,
) -> list[Polynomial]:
    """Right-hand sides for the means, then for the central moments, in scaled variables.

    `changes`: what each reaction adds to the counts, by index of the species.
    """
    index, zero = unknowns.index, (0,) * species
    drift: list[Polynomial] = [{} for _ in range(species)]
    for propensity, change in zip(propensities, changes, strict=True):
        mean_rate = _rate_moment(propensity, zero, index, volume)
        for j, amount in change.items():
            _accumulate(drift[j], mean_rate, amount / volume)
    outputs = list(drift)
    for each in unknowns.low:
        equation: Polynomial = {}
        scale = volume ** (-sum(each) / 2)
        for propensity, change in zip(propensities, changes, strict=True):
            # Only species that the reaction changes lose exponents: S^(i-k) is 0 elsewhere.
            touched = tuple(power if j in change else 0 for j, power in enumerate(each))
            for lost in below(touched):
                if sum(lost) == 0:
                    continue
                weight = choose(each, lost) * math.prod(float(change[j]) ** lost[j] for j in change)
                moment = _rate_moment(propensity, difference(each, lost), index, volume)
                _accumulate(equation, moment, scale * weight)
        for j, power in enumerate(each):
            reduced = tuple(value - (place == j) for place, value in enumerate(each))
            if power and sum(reduced) > 1:
                # volume^((|i|-1)/2) of C, volume of dM_j/dt, over volume^(|i|/2).
                _accumulate(equation, drift[j], -power * math.sqrt(volume), index[reduced])
        outputs.append(equation)
    return outputs


def _rate_moment(propensity: Polynomial, k: Exponents, index: dict[Exponents, int], volume: float) -> Polynomial:
    """E[delta^k a(n)] as a polynomial in scaled variables."""
    polynomial: Polynomial = {}
    for exponents, coefficient in propensity.items():
        for part in below(exponents):
            joint = total(k, part)
            if sum(joint) == 1:
                continue
            rest = difference(exponents, part)
            product = [j for j, power in enumerate(rest) for _ in range(power)]
            if sum(joint):
                product.append(index[joint])
            weight = coefficient * choose(exponents, part) * volume ** (sum(rest) + sum(joint) / 2)
            key = tuple(product)
            polynomial[key] = polynomial.get(key, 0.0) + weight
    return polynomial


def _accumulate(target: Polynomial, source: Polynomial, weight: float, factor: int | None = None) -> None:
    for product, coefficient in source.items():
        key = product if factor is None else tuple(sorted((*product, factor)))
        target[key] = target.get(key, 0.0) + weight * coefficient


def change_row(matrix: Any, row: int) -> dict[int, int]:
    """What one reaction changes, by index of the species, from the sparse matrix of changes."""
    place = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return {int(j): int(value) for j, value in zip(matrix.indices[place], matrix.data[place], strict=True)}
