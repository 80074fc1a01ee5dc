"""One spin in the random field of a replica calculation, with one step of replica symmetry breaking: all averages, in logarithms.

The field is G = a + inner noise, a = field·s + outer noise; states share a, and the inner noise is weighted by exp(με(G)) with
ε(G) = T ln 2cosh(G/T). In these units of energy zero temperature is a plain limit: ε becomes |G|, and the inner average a pair of
normal distribution functions. Replica symmetry is an inner variance of zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..numerics.quadrature import crowded_trapezoid
from .dense_network import SignalLaw

Array = NDArray[np.float64]
SPACING = 0.1  # of the trapezoid: errors near 1e-14
LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)
NARROW = 1e-14  # inner variance over the whole: below, float64 cannot tell states apart
LARGEST_TILT = 500.0  # of the inner average, μ times the noise: no solution comes near, and the grid would not end


@dataclass(frozen=True, slots=True)
class SiteAverages:
    """Averages over one spin's field.

    `magnetization` E<tanh>, `signal_overlap` E[s<tanh>], `outer_overlap` E<tanh>², `susceptibility` E<sech²>/T and `curvature`
    E<sech⁴>/T (finite at zero temperature, where they are 2 and 4/3 times the density of zero fields), `free_energy`
    E (1/μ) ln<exp(με)>, the spin's -f, and `breakpoint_slope`, its derivative by μ.
    """

    magnetization: float
    signal_overlap: float
    outer_overlap: float
    susceptibility: float
    curvature: float
    free_energy: float
    breakpoint_slope: float


def site_averages(
    field: float, law: SignalLaw, outer_variance: float, inner_variance: float, mu: float, temperature: float
) -> SiteAverages:
    """The averages at temperature T >= 0 and breakpoint μT, for the signal's size `field` and the two variances of the noise.

    Where the inner variance is 0 replicas are symmetric and μ is of no account. Arguments that are NaN or negative give NaN:
    solvers probe where nothing exists.
    """
    given = (field, outer_variance, inner_variance, mu)
    if not all(map(math.isfinite, given)) or outer_variance < 0 or inner_variance < 0 or mu <= 0:
        return SiteAverages(*[math.nan] * 7)
    inner = math.sqrt(inner_variance) if inner_variance > NARROW * outer_variance else 0.0
    if mu * inner > LARGEST_TILT:
        return SiteAverages(*[math.nan] * 7)
    if temperature == 0.0 and inner == 0.0:
        return _frozen_symmetric(field, law, math.sqrt(outer_variance))
    sharpness = max(temperature, min(1.0 / mu, inner))
    signal, shared, weight = _outer_grid(field, law, math.sqrt(outer_variance), sharpness)
    if temperature == 0.0:
        state = _frozen_states(shared, inner, mu)
    elif inner > 0.0:
        state = _warm_states(shared, inner, mu, temperature)
    else:
        state = _Site(*_spin(shared, temperature))
    return SiteAverages(
        float(weight @ state.magnetization),
        float(weight @ (signal * state.magnetization)),
        float(weight @ state.magnetization**2),
        float(weight @ state.susceptibility),
        float(weight @ state.curvature),
        float(weight @ state.free_energy),
        float(weight @ (state.mean_energy - state.free_energy)) / mu if inner > 0.0 else 0.0,
    )


@dataclass(frozen=True, slots=True)
class _Site:
    """What is averaged over the inner noise at each shared field, shape (points,)."""

    magnetization: Array
    susceptibility: Array
    curvature: Array
    free_energy: Array
    mean_energy: Array


def _outer_grid(field: float, law: SignalLaw, spread: float, sharpness: float) -> tuple[Array, Array, Array]:
    """Signals, shared fields and weights of a grid over the signal's law and the outer noise."""
    if spread == 0.0:
        return law.values, field * law.values, law.weights
    # Where its noise cancels the signal a spin turns over; there the nodes crowd.
    nodes, log_weights = crowded_trapezoid(-field * law.values / spread, sharpness / spread, spacing=SPACING)
    weights = np.exp(log_weights) * law.weights[:, None]
    shared = field * law.values[:, None] + spread * nodes
    return np.broadcast_to(law.values[:, None], nodes.shape).ravel(), shared.ravel(), weights.ravel()


def _spin(fields: Array, temperature: float) -> tuple[Array, Array, Array, Array, Array]:
    """tanh, sech²/T, sech⁴/T and ε (twice) of a spin in given fields, shape (...)."""
    size = np.abs(fields)
    damped = np.exp(-2.0 / temperature * size)
    total = 1.0 + damped
    square = 4.0 * damped / total**2
    energy = size + temperature * np.log(total)
    tangent = np.copysign((1.0 - damped) / total, fields)
    return tangent, square / temperature, square**2 / temperature, energy, energy


def _warm_states(shared: Array, inner: float, mu: float, temperature: float) -> _Site:
    nodes, log_weights = crowded_trapezoid(-shared / inner, temperature / inner, tilt=mu * inner, spacing=SPACING)
    tangent, square, fourth, energy, _ = _spin(shared[:, None] + inner * nodes, temperature)
    log_weights += mu * energy
    top = log_weights.max(axis=1, keepdims=True)
    weights = np.exp(log_weights - top)
    total = weights.sum(axis=1)
    tangent, square, fourth, energy = (
        np.einsum("pn,pn->p", weights, each) / total for each in (tangent, square, fourth, energy)
    )
    return _Site(tangent, square, fourth, (top[:, 0] + np.log(total)) / mu, energy)


def _frozen_states(shared: Array, inner: float, mu: float) -> _Site:
    """E exp(μ|a + inner·y|) = e^(μ²v/2)·[e^(μa)Φ(a/√v + μ√v) + e^(-μa)Φ(-a/√v + μ√v)], with its derivatives."""
    scaled, tilt = shared / inner, mu * inner
    up = 0.5 * tilt**2 + mu * shared + special.log_ndtr(scaled + tilt)
    down = 0.5 * tilt**2 - mu * shared + special.log_ndtr(-scaled + tilt)
    whole = np.logaddexp(up, down)
    # For opposite states of one weight the two terms differ by little: a difference of exponentials keeps the digits.
    magnetization = np.tanh(0.5 * (up - down))
    density = np.exp(-0.5 * scaled**2 - LOG_ROOT_TWO_PI - whole)
    mean = mu * inner**2 + shared * magnetization + 2.0 * inner * density
    susceptibility = 2.0 * density / inner
    return _Site(magnetization, susceptibility, 2.0 / 3.0 * susceptibility, whole / mu, mean)


def _frozen_symmetric(field: float, law: SignalLaw, spread: float) -> SiteAverages:
    """Signs of symmetric replicas: error functions, exact for each value of the signal."""
    signal = field * law.values
    if spread == 0.0:
        sign, density, size = np.sign(signal), np.zeros_like(signal), np.abs(signal)
    else:
        sign = special.erf(signal / (math.sqrt(2.0) * spread))
        density = np.exp(-0.5 * (signal / spread) ** 2 - LOG_ROOT_TWO_PI) / spread
        size = signal * sign + 2.0 * spread**2 * density
    susceptibility = 2.0 * float(law.weights @ density)
    return SiteAverages(
        float(law.weights @ sign),
        float(law.weights @ (law.values * sign)),
        1.0,
        susceptibility,
        2.0 / 3.0 * susceptibility,
        float(law.weights @ size),
        0.0,
    )
