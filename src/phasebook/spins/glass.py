"""The P-spin glass (P > 2) that the patterns which are not retrieved form: its transitions, by exact single integrals.

At breakpoint 1 the inner average is planted: with v the variance of the field over T², every average of a function of |G/T| is
one over v + √v·z, so q = E tanh(v + √v·z). The transitions are roots in v alone; `one_step.one_step_glass` is the state below.
Temperatures are T/√load: with load α the glass is that of load 1 at T/√α. Sources: Gardner, Nucl. Phys. B 257, 747 (1985);
Kirkpatrick and Thirumalai, Phys. Rev. B 36, 5388 (1987); Derrida, Phys. Rev. B 24, 2613 (1981) for P → ∞.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize

from ..errors import NotConverged
from ..numerics.quadrature import crowded_trapezoid
from .dense_network import DenseNetwork, check_order
from .one_step import one_step_glass

RANDOM_ENERGY_TEMPERATURE = 0.5 / math.sqrt(math.log(2.0))
LOWEST_TEMPERATURE = 0.02
SMALLEST_VARIANCE, LARGEST_VARIANCE = 0.05, 200.0


def dynamic_glass_temperature(interaction_order: int) -> float:
    """Temperature below which states with q > 0 exist at breakpoint 1: the dynamics freezes. Raises ValueError for P < 3."""
    order = _hard_order(interaction_order)
    return _temperature(order, math.exp(_dynamic_variance(order)))


def static_glass_temperature(interaction_order: int) -> float:
    """Temperature below which few of these states dominate: the slope in the breakpoint at 1 vanishes. Raises as above."""
    order = _hard_order(interaction_order)
    log_variance = optimize.brentq(
        lambda log_variance: _complexity(order, math.exp(log_variance)),
        _dynamic_variance(order),
        math.log(LARGEST_VARIANCE),
        xtol=1e-13,
    )
    return _temperature(order, math.exp(log_variance))


def gardner_temperature(interaction_order: int) -> float:
    """Temperature below which one step of breaking is not enough in the glass: its replicon eigenvalue changes sign.

    Raises ValueError for P < 3, and NotConverged where the one-step glass is stable down to 0.02.
    """
    network = DenseNetwork(_hard_order(interaction_order), 1.0)
    low, high = LOWEST_TEMPERATURE, static_glass_temperature(interaction_order) - 1e-3
    if one_step_glass(network, low).replicon >= 0.0:
        raise NotConverged(f"the glass with P = {interaction_order} is stable at temperature {low:g} still")
    return float(optimize.brentq(lambda t: one_step_glass(network, t).replicon, low, high, xtol=1e-6))


def annealed_entropy(temperature: float, load: float = 1.0) -> float:
    """Entropy ln 2 - α/(4T²) of the replica-symmetric glass, the paramagnet; negative below `RANDOM_ENERGY_TEMPERATURE`·√α.

    Raises ValueError where temperature is not positive or load is negative.
    """
    if not temperature > 0.0 or not load >= 0.0:
        raise ValueError(f"temperature must be positive and load at least 0; got {temperature!r} and {load!r}")
    return math.log(2.0) - load / (4.0 * temperature**2)


def _hard_order(interaction_order: int) -> int:
    if check_order(interaction_order) < 3:
        raise ValueError(
            "interaction_order must be at least 3 for a P-spin glass; the Hopfield network freezes at T = 1 + √load"
        )
    return interaction_order


def _dynamic_variance(order: int) -> float:
    """Logarithm of the variance at which the temperature is highest: there the two solutions for q meet."""
    return float(
        optimize.minimize_scalar(
            lambda log_variance: -_temperature(order, math.exp(log_variance)),
            bounds=(math.log(SMALLEST_VARIANCE), math.log(LARGEST_VARIANCE)),
            method="bounded",
            options={"xatol": 1e-10},
        ).x
    )


def _planted(variance: float) -> tuple[float, float]:
    """E tanh(v + √v·z) and E ln cosh(v + √v·z)."""
    root = math.sqrt(variance)
    nodes, log_weights = crowded_trapezoid([-root], 1.0 / root, spacing=0.1)
    fields, weights = variance + root * nodes, np.exp(log_weights)
    size = np.abs(fields)
    log_cosh = size + np.log1p(np.exp(-2.0 * size)) - math.log(2.0)
    return float((weights * np.tanh(fields)).sum()), float((weights * log_cosh).sum())


def _temperature(order: int, variance: float) -> float:
    """T/√load at which the field's variance is v: v = P·q^(P-1)/(2T²)."""
    overlap, _ = _planted(variance)
    return math.sqrt(0.5 * order * overlap ** (order - 1) / variance)


def _complexity(order: int, variance: float) -> float:
    """Slope of A in the breakpoint at 1, with the sign of minus the logarithm of the number of states."""
    overlap, log_cosh = _planted(variance)
    return log_cosh - 0.5 * variance - 0.5 * variance * overlap * (order - 1) / order
