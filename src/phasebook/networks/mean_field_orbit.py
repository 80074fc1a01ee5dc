"""The energy method of dynamical mean-field theory: a unit's autocovariance as the orbit of a particle.

In continuous time Δ'' = −V'(Δ) with V(Δ) = −Δ²/2 + g² ∫ F(u, Δ0) du. An orbit that comes to rest at Δ = 0 has energy zero.
White noise of intensity σ² leaves the slope Δ'(0+) = −σ²/2, so V(Δ0) = −σ⁴/8; without noise V(Δ0) = 0. The orbit is integrated
in first order, dΔ/dτ = −√(−2V), and in the logarithm of Δ: the second-order equation is unstable outward. Source: Sompolinsky,
Crisanti, Sommers 1988; with noise derived here.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import integrate

from ..errors import NotConverged
from .recurrent_network import RecurrentNetwork

FIRST_STEP = 0.02  # in membrane time constants: the Taylor series' error there is 1e-11
GENTLE_NOISE = 1e-3  # noise intensity over Δ0 below which the orbit starts as if at rest
TOLERANCE = 1e-11


def orbit_variance(network: RecurrentNetwork, variance: float) -> float:
    """(V(Δ0) + σ⁴/8)/Δ0², zero at the variance of an orbit; positive below it, for the largest one."""
    gained = network.gain**2 * float(network.nonlinearity.covariance_integral(variance, variance))
    return (gained + network.noise**2 / 8) / variance**2 - 0.5


def decay_rate(network: RecurrentNetwork, variance: float) -> float:
    """κ = √(1 − g²γ²): Δ(τ) falls as exp(−κτ). Raises NotConverged where the orbit never comes to rest."""
    squared = 1 - (network.gain * network.nonlinearity.mean_slope(variance)) ** 2
    if not squared > 0:
        raise NotConverged(
            f"gain {network.gain:g} with noise {network.noise:g}: the mean field does not decay (effective gain "
            f"{np.sqrt(1 - squared):.6f}); the gain is too near its threshold or the nonlinearity has no such state"
        )
    return float(np.sqrt(squared))


def orbit_autocovariance(
    network: RecurrentNetwork, variance: float, lags: Float[np.ndarray, " lags"]
) -> Float[np.ndarray, " lags"]:
    """Δ(τ) at increasing lags from zero, for the variance Δ0 of the orbit. Raises NotConverged where integration fails."""
    gentle = network.noise <= GENTLE_NOISE * variance
    last = float(lags[-1])
    kick = -network.noise / 2
    if gentle:
        # With Δ = Δ0 exp(−y²) a start (nearly) at rest is regular; Taylor's series gives the first y.
        rest = 1 - network.gain**2 * float(network.nonlinearity.covariance_slope(variance, variance))
        curvature = variance - network.gain**2 * float(network.nonlinearity.covariance(variance, variance))
        begin = min(FIRST_STEP, last / 2)
        taylor = np.polynomial.Polynomial([0.0, kick, curvature / 2, kick * rest / 6, curvature * rest / 24])
        start = np.sqrt(-np.log1p(taylor(begin) / variance))
    else:
        begin, start, taylor = 0.0, 0.0, np.polynomial.Polynomial([0.0])

    def slope(_: float, position: Float[np.ndarray, " one"]) -> list[float]:
        y = float(position[0])
        speed = _relative_speed(network, variance, float(np.exp(-(y**2 if gentle else y))))
        return [speed / (2 * y) if gentle else speed]

    at = lags[lags >= begin]
    found = integrate.solve_ivp(
        slope, (begin, max(last, begin)), [float(start)], method="DOP853", t_eval=at, rtol=TOLERANCE, atol=TOLERANCE
    )
    if not found.success:
        raise NotConverged(f"the orbit of the mean field could not be integrated: {found.message}")
    beginning = variance + taylor(lags[lags < begin])
    logarithm = found.y[0] ** 2 if gentle else found.y[0]
    return np.concatenate([beginning, variance * np.exp(-logarithm)])


def _relative_speed(network: RecurrentNetwork, variance: float, ratio: float) -> float:
    """−Δ'/Δ = √(−2V(Δ))/Δ at Δ = ratio·Δ0. Far out the energy of the start is subtracted exactly: V(0) = 0."""
    covariance = ratio * variance
    gained = float(network.nonlinearity.covariance_integral(covariance, variance))
    squared = 1 - 2 * network.gain**2 * gained / covariance**2 if covariance > 0 else decay_rate(network, variance) ** 2
    return float(np.sqrt(max(squared, 0.0)))
