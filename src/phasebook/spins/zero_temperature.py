"""Zero temperature in closed form: replica-symmetric capacities, and the overlap after one step of recall.

With y = m^(P-1)·√(P/4α), m = erf y and so α = (P/4)·[erf(y)^(P-1)/y]²: the capacity is the maximum over y. For P = 2 the soft
glass changes it to α = ½[erf(y)/y - (2/√π)exp(-y²)]². Sources: Gardner, J. Phys. A 20, 3453 (1987); Amit, Gutfreund, Sompolinsky,
Phys. Rev. Lett. 55, 1530 (1985).
"""

from __future__ import annotations

import math

from scipy import optimize, special

from .dense_network import DenseNetwork, check_order


def symmetric_capacity(interaction_order: int) -> tuple[float, float]:
    """Largest load with retrieval at zero temperature and symmetric replicas, and the overlap at that edge.

    Raises ValueError where the interaction order is not an integer from 2 to 20.
    """
    order = check_order(interaction_order)
    found = optimize.minimize_scalar(
        lambda y: -_load(order, y), bounds=(0.3, 6.0), method="bounded", options={"xatol": 1e-10}
    )
    return float(-found.fun), float(special.erf(found.x))


def first_recall_overlap(network: DenseNetwork) -> float:
    """Overlap after every spin of a pattern has turned into its field once, in a large network: erf(√(P/4α)); 1 without load."""
    return math.erf(math.sqrt(network.interaction_order / (4.0 * network.load))) if network.load > 0 else 1.0


def _load(order: int, y: float) -> float:
    if order == 2:
        return 0.5 * (special.erf(y) / y - 2.0 / math.sqrt(math.pi) * math.exp(-y * y)) ** 2
    return 0.25 * order * (special.erf(y) ** (order - 1) / y) ** 2
