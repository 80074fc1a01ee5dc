"""Elementary symmetric polynomials of signs: e_P(x) of N entries ±1 depends on their sum alone (a Krawtchouk polynomial).

So P-spin energies and fields are look-ups in a table over the sum; the P-index tensor is never formed. Values are exact integers,
by the recursion (P + 1)·e_{P+1} = S·e_P - (N - P + 1)·e_{P-1} in the sum S, and rounded once, to float64.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.polynomial import Polynomial

from .dense_network import check_order

Coupling = Literal["distinct", "all"]
CUBIC_ORDER = 4  # fields of networks up to this order are cubics in the sum


def elementary_symmetric(order: int, size: int) -> list[int]:
    """e_P at the sums -N, -N + 2, ..., N of N = `size` signs, as exact integers. Raises ValueError for negative arguments."""
    if order < 0 or size < 0:
        raise ValueError(f"order and size must be at least 0; got {order} and {size}")
    values = []
    for total in range(-size, size + 1, 2):
        before, here = 0, 1
        for degree in range(order):
            before, here = here, (total * here - (size - degree + 1) * before) // (degree + 1)
        values.append(here)
    return values


def energy_table(order: int, size: int, coupling: Coupling = "distinct") -> Float[np.ndarray, " sums"]:
    """Energy per spin that one pattern contributes at the sums -N, -N + 2, ..., N: -(P!/2N^P)·e_P, shape (N + 1,).

    With coupling "all" repeated indices count too: -(1/2)·(S/N)^P, the energy that is often taken for it.
    """
    check_order(order)
    if coupling == "all":
        return -0.5 * (np.arange(-size, size + 1, 2) / size) ** order
    scale = 2 * size**order
    return np.array([-math.factorial(order) * value / scale for value in elementary_symmetric(order, size)])


def field_table(order: int, size: int, coupling: Coupling = "distinct") -> Float[np.ndarray, " sums"]:
    """Field that one pattern with entry +1 exerts on a spin, over the sum of the N - 1 others, -N + 1, ..., N - 1, shape (N,).

    It is half the energy difference (all spins together) between the spin's two values: (P!/2N^(P-1))·e_{P-1} of the others.
    """
    check_order(order)
    if coupling == "all":
        energies = -size * energy_table(order, size, coupling)
        return 0.5 * np.diff(energies)
    scale = 2 * size ** (order - 1)
    return np.array([math.factorial(order) * value / scale for value in elementary_symmetric(order - 1, size - 1)])


def field_cubics(order: int, size: int, coupling: Coupling = "distinct") -> Float[np.ndarray, "rows 4"]:
    """Half of f(S - 1) - f(S + 1) and half of f(S - 1) + f(S + 1) as polynomials in S, f the field over the others' sum.

    Shape (2, 4), coefficients from the constant on, for orders up to 4; (0, 4) above, where cubics don't suffice.
    """
    if check_order(order) > CUBIC_ORDER:
        return np.zeros((0, 4))
    others, total = size - 1, Polynomial([0.0, 1.0])
    if coupling == "all":
        field = 0.25 * size * (((total + 1.0) / size) ** order - ((total - 1.0) / size) ** order)
    else:
        symmetric = (total**0, total, (total**2 - others) / 2.0, (total**3 - (3.0 * others - 2.0) * total) / 6.0)
        field = symmetric[order - 1] * (math.factorial(order) / (2.0 * float(size) ** (order - 1)))
    before, after = field(total - 1.0), field(total + 1.0)
    return np.stack(
        [np.pad(each.coef, (0, 4 - len(each.coef))) for each in (0.5 * (before - after), 0.5 * (before + after))]
    )
