"""Closed moment equations of a mass-action network for any rates and volume: generated once, then only their numbers change.

In counts every coefficient is a whole-number combination of the propensities' constants c_r. With means scaled by the volume and
central moments by volume^(|e|/2), each term of the equation for y_i is scaled by volume to the sum of its factors' powers less that
of y_i. So terms that cancel do so exactly, and the equations of a million parameter sets are one product of matrices. Derived here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..numerics.polynomial_map import PolynomialMap, polynomial_map
from .closures import ProductClosure
from .moment_indices import Exponents
from .moments import MomentEquations, change_row, check_equations, equation_polynomials, moment_unknowns
from .network import ReactionNetwork


@dataclass(frozen=True, eq=False)
class MomentFamily:
    """Closed equations of `order` and `closure`; made by `moment_family`.

    `pattern`: their polynomials, whose coefficients are (rate_weights @ constants + fixed) * volume**powers, with `rate_weights`
    (terms, reactions), `fixed` and `powers` (terms,).
    """

    network: ReactionNetwork
    order: int
    closure: str
    low: tuple[Exponents, ...]
    pattern: PolynomialMap
    products: ProductClosure | None
    rate_weights: NDArray[np.float64]
    fixed: NDArray[np.float64]
    powers: NDArray[np.float64]

    def coefficients(self, constants: ArrayLike, volumes: ArrayLike) -> NDArray[np.float64]:
        """Coefficients (..., terms) at constants c_r (..., reactions), see `rate_constants`, and volumes (...)."""
        base = np.asarray(constants, dtype=np.float64) @ self.rate_weights.T + self.fixed
        return np.asarray(base * np.asarray(volumes, dtype=np.float64)[..., None] ** self.powers)

    def at(self, network: ReactionNetwork) -> MomentEquations:
        """The equations of a network with the same reactions at other rates or another volume."""
        numbers = self.coefficients(network.rate_constants(), network.volume)
        polynomials = replace(self.pattern, coefficients=numbers)
        return MomentEquations(network, self.order, self.closure, self.low, polynomials, self.products)


def moment_family(network: ReactionNetwork, order: int = 2, closure: str = "normal") -> MomentFamily:
    """Generate the closed equations of a network of mass-action reactions for all rates and volumes.

    Raises ValueError naming a reaction with a general law, and what `moment_equations` raises.
    """
    check_equations(network, order, closure)
    general = np.flatnonzero(~network.is_mass_action)
    if general.size:
        name = network.reactions[general[0]].name
        raise ValueError(
            f"reaction {name!r} has a law of its own; only mass action has equations for all rates at once"
        )
    species, reactions = len(network.species), len(network.reactions)
    propensities = network.unit_propensities()
    unknowns = moment_unknowns(network.with_volume(1.0), propensities, order, closure)
    changes = [change_row(network.change, row) for row in range(reactions)]
    alone = [equation_polynomials(species, 1.0, [propensities[r]], [changes[r]], unknowns) for r in range(reactions)]
    # What cancels within every reaction is no term at all.
    rows = [
        sorted({product for each in alone for product, weight in each[row].items() if weight != 0.0})
        for row in range(species + len(unknowns.low))
    ]
    pattern = polynomial_map(unknowns.inputs, unknowns.stages, [dict.fromkeys(row, 1.0) for row in rows])
    stage_terms = [(product, weight) for stage in unknowns.stages for product, weight in stage.items() if weight != 0.0]
    weights = np.zeros((len(stage_terms) + sum(map(len, rows)), reactions))
    fixed = np.zeros(len(weights))
    fixed[: len(stage_terms)] = [weight for _, weight in stage_terms]
    places = [(row, product) for row, products in enumerate(rows) for product in products]
    for term, (row, product) in enumerate(places, start=len(stage_terms)):
        weights[term] = [each[row].get(product, 0.0) for each in alone]
    orders = _variable_orders(species, unknowns.index, unknowns.inputs, unknowns.stage_orders)
    owners = np.repeat(np.arange(len(pattern.row_start) - 1), np.diff(pattern.row_start))
    own = np.concatenate([unknowns.stage_orders, orders[: species + len(unknowns.low)]])[owners]
    factor_orders = np.add.reduceat(
        np.append(orders[pattern.factors], 0.0), np.minimum(pattern.factor_start[:-1], len(pattern.factors))
    )
    factor_orders[np.diff(pattern.factor_start) == 0] = 0.0
    return MomentFamily(
        network, order, closure, unknowns.low, pattern, unknowns.products, weights, fixed, factor_orders - own
    )


def _variable_orders(
    species: int, index: dict[Exponents, int], inputs: int, stage_orders: tuple[float, ...]
) -> NDArray[np.float64]:
    """Powers of the volume by which inputs and stages are scaled."""
    orders = np.ones(inputs + len(stage_orders))
    for exponents, place in index.items():
        if place < inputs:
            orders[place] = sum(exponents) / 2
    orders[inputs:] = stage_orders
    orders[:species] = 1.0
    return orders
