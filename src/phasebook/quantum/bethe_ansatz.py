"""Bethe's ansatz: exact ground energies of the spin-1/2 ring of any even size and of the half-filled Hubbard ring.

The logarithmic equations of real rapidities are solved by Newton steps to machine precision; nothing is diagonalized.
Source: Bethe 1931; Yang and Yang, Phys. Rev. 150, 321 (1966); Lieb and Wu, Phys. Rev. Lett. 20, 1445 (1968).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..errors import NotConverged
from .spin_lattice import check_count

NEWTON_STEPS = 100
Array = NDArray[np.float64]


def bethe_ring_energy(sites: int, anisotropy: float = 1.0, magnetization: int = 0) -> float:
    """Lowest energy of the ring Σ SˣSˣ + SʸSʸ + Δ SᶻSᶻ of an even number of sites at a total Sᶻ, for Δ > −1 (J = 1).

    Magnetizations up to half the largest. Raises ValueError for an odd number of sites or Δ ≤ −1, where the ground
    state is the ferromagnet, NotConverged without a root.
    """
    check_count("sites", sites, 4, 4096)
    check_count("magnetization", magnetization, 0, sites // 4)
    if sites % 2 or not (math.isfinite(anisotropy) and anisotropy > -1):
        raise ValueError(f"sites must be even and anisotropy above -1; got {sites} and {anisotropy}")
    momentum, scattering, energy = _ring_functions(anisotropy)
    count = sites // 2 - magnetization
    numbers = np.arange(count) - (count - 1) / 2
    rapidities = np.arctanh(0.999 * 2 * numbers / count) * (0.5 if anisotropy < 1 else 0.15)

    def residual(values: Array) -> tuple[Array, Array]:
        phase, slope = momentum(values)
        pair, pair_slope = scattering(values[:, None] - values[None, :])
        error = sites * phase - 2 * np.pi * numbers - pair.sum(axis=1)
        jacobian = pair_slope + np.diag(sites * slope - pair_slope.sum(axis=1))
        return error, jacobian

    roots = _newton(residual, rapidities, f"the ring of {sites} sites at anisotropy {anisotropy:g}")
    return float(sites * anisotropy / 4 + energy(roots).sum())


def lieb_wu_ring_energy(sites: int, interaction: float) -> float:
    """Ground energy of the half-filled Hubbard ring (t = 1) of 4n + 2 sites, U > 0.

    Raises ValueError for other sizes, whose ground states have other quantum numbers, NotConverged without a root.
    """
    check_count("sites", sites, 6, 1026)
    if sites % 4 != 2 or not (math.isfinite(interaction) and interaction > 0):
        raise ValueError(f"sites must be 6, 10, 14, ... and interaction positive; got {sites} and {interaction}")
    # Strong repulsion is an easy start; each solution begins the next, weaker one.
    strengths = [interaction]
    while strengths[-1] < 4:
        strengths.append(strengths[-1] / 0.6)
    charges, spins = (np.arange(count) - (count - 1) / 2 for count in (sites, sites // 2))
    roots = np.concatenate([2 * np.pi * charges / sites, np.arctanh(3.92 * spins / sites) * strengths[-1] / np.pi])
    for strength in reversed(strengths):
        roots = _newton(
            partial(_lieb_wu_residual, sites, strength), roots, f"the Hubbard ring of {sites} sites at U = {strength:g}"
        )
    return float(-2 * np.cos(roots[:sites]).sum())


def lieb_wu_density_energy(interaction: float, points: int = 800) -> float:
    """Energy per site of the infinite half-filled ring from the densities of momenta and rapidities, solved on grids
    (t = 1).

    Converges exponentially in `points`; for U from 1 to 20 the error at 800 points is below 1e-9. Raises ValueError
    outside.
    """
    if not 1 <= interaction <= 20:
        raise ValueError(f"interaction must lie in [1, 20]; got {interaction!r}")
    momenta = 2 * np.pi * np.arange(points) / points - np.pi
    # The density of rapidities falls as exp(−2π|Λ|/U): 40 decay lengths reach 1e-17.
    reach = 1 + 40 * interaction / (2 * np.pi)
    rapidities = np.linspace(-reach, reach, points)
    step = rapidities[1] - rapidities[0]

    def lorentzian(distance: Array, width: float) -> Array:
        return width / np.pi / (width**2 + distance**2)

    one = lorentzian(rapidities[:, None] - np.sin(momenta)[None, :], interaction / 4)
    two = lorentzian(rapidities[:, None] - rapidities[None, :], interaction / 2)
    # At half filling the momenta fill the whole circle, on which cos k times an even function of sin k integrates to zero.
    bare = one.mean(axis=1)
    density = np.linalg.solve(np.eye(points) + step * two, bare)
    momentum_density = 1 / (2 * np.pi) + np.cos(momenta) * step * (density @ one)
    return float(-2 * (2 * np.pi / points) * np.cos(momenta) @ momentum_density)


Phase = Callable[[Array], tuple[Array, Array]]


def _ring_functions(anisotropy: float) -> tuple[Phase, Phase, Callable[[Array], Array]]:
    """Momentum, scattering phase (each with its slope) and energy of a rapidity, for the three kinds of anisotropy."""
    if anisotropy == 1.0:
        return (
            lambda x: (2 * np.arctan(2 * x), 4 / (1 + 4 * x**2)),
            lambda x: (2 * np.arctan(x), 2 / (1 + x**2)),
            lambda x: -2 / (1 + 4 * x**2),
        )
    if anisotropy < 1:
        angle = math.acos(anisotropy)

        def phase(order: float) -> Phase:
            # The cotangent changes sign where the scattering turns from repulsive to attractive, at anisotropy zero.
            cotangent = 1 / math.tan(order * angle / 2)

            def of(x: Array) -> tuple[Array, Array]:
                tangent = np.tanh(x)
                return (
                    2 * np.arctan(cotangent * tangent),
                    2 * cotangent * (1 - tangent**2) / (1 + (cotangent * tangent) ** 2),
                )

            return of

        return phase(1), phase(2), lambda x: -(math.sin(angle) ** 2) / (np.cosh(2 * x) - anisotropy)
    decay = math.acosh(anisotropy)

    def turning(order: float) -> Phase:
        tangent = math.tanh(order * decay / 2)

        def of(x: Array) -> tuple[Array, Array]:
            # The arctangent is continued over the poles of the tangent.
            turns = np.floor(x / np.pi + 0.5)
            part = np.arctan(np.tan(x) / tangent)
            return 2 * (part + np.pi * turns), 2 * tangent / (tangent**2 * np.cos(x) ** 2 + np.sin(x) ** 2)

        return of

    return turning(1), turning(2), lambda x: -(math.sinh(decay) ** 2) / (anisotropy - np.cos(2 * x))


def _lieb_wu_residual(sites: int, interaction: float, values: Array) -> tuple[Array, Array]:
    """Errors of the equations of momenta and rapidities, and their derivatives."""
    quarter, down = interaction / 4, sites // 2
    charges, spins = (np.arange(count) - (count - 1) / 2 for count in (sites, down))
    momenta, rapidities = values[:sites], values[sites:]
    mixed = (rapidities[None, :] - np.sin(momenta)[:, None]) / quarter
    own = (rapidities[:, None] - rapidities[None, :]) / (2 * quarter)
    charge = sites * momenta - 2 * np.pi * charges - 2 * np.arctan(mixed).sum(axis=1)
    spin = 2 * np.arctan(mixed).sum(axis=0) - 2 * np.pi * spins - 2 * np.arctan(own).sum(axis=1)
    slope, own_slope = 2 / (1 + mixed**2) / quarter, 2 / (1 + own**2) / (2 * quarter)
    cosines = np.cos(momenta)
    jacobian = np.zeros((values.size, values.size))
    jacobian[:sites, :sites] = np.diag(sites + cosines * slope.sum(axis=1))
    jacobian[:sites, sites:] = -slope
    jacobian[sites:, :sites] = -(slope * cosines[:, None]).T
    jacobian[sites:, sites:] = own_slope + np.diag(slope.sum(axis=0) - own_slope.sum(axis=1))
    return np.concatenate([charge, spin]), jacobian


def _newton(residual: Callable[[Array], tuple[Array, Array]], start: Array, what: str) -> Array:
    values = start
    error, jacobian = residual(values)
    size = float(np.abs(error).max())
    for _ in range(NEWTON_STEPS):
        if size < 1e-13 * values.size:
            return values
        step, length = np.linalg.solve(jacobian, error), 1.0
        while length > 1e-6:
            trial = values - length * step
            trial_error, trial_jacobian = residual(trial)
            trial_size = float(np.abs(trial_error).max())
            if trial_size < size:
                break
            length /= 2
        else:
            break
        values, error, jacobian, size = trial, trial_error, trial_jacobian, trial_size
    if size < 1e-11 * values.size:  # rounding may end the descent a little above
        return values
    raise NotConverged(f"Bethe's equations of {what} kept a residual of {size:.1e}; diagonalize instead")
