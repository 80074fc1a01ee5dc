"""Noise that the patterns which are not retrieved exert on a spin, as a glass: what it adds to the replica free energy.

For P > 2 it is exactly the field of an Ising P-spin glass. For P = 2 a soft (spherical) glass stands beside the hard one, the
logarithms of Amit, Gutfreund and Sompolinsky. Everything is in units of energy, so that zero temperature is a plain limit:
χ = (1 - q2)/T, μ = breakpoint/T, and free energies are -f = T·ln Z/N.
Sources: Gardner, Nucl. Phys. B 257, 747 (1985); Amit, Gutfreund, Sompolinsky, Ann. Phys. 173, 30 (1987); one step of breaking
for P = 2 derived here (compare Steffan and Kühn, Z. Phys. B 95, 249 (1994)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from .dense_network import DenseNetwork


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Overlaps of replicas: q1 between states, χ = (1 - q2)/T inside one, and μ = breakpoint/T; q2 = 1 - Tχ."""

    q1: float
    chi: float
    mu: float
    temperature: float

    @property
    def q2(self) -> float:
        """Overlap of two replicas in the same state."""
        return 1.0 - self.temperature * self.chi


class Crosstalk(Protocol):
    """What the one-step equations need to know of the noise."""

    def variances(self, overlaps: Overlaps) -> tuple[float, float]:
        """Variance of the noise that all states share, and of the rest that differs between states."""

    def free_energy(self, overlaps: Overlaps) -> float:
        """Its part of -f, beside one spin's."""

    def breakpoint_slope(self, overlaps: Overlaps) -> float:
        """Derivative of that part by μ at fixed overlaps."""

    def energy(self, overlaps: Overlaps) -> float:
        """Its part of the energy per spin."""

    def stiffness(self, overlaps: Overlaps) -> float:
        """Derivative of a state's noise variance by its own overlap: the factor in the replicon eigenvalue."""

    def frozen_entropy(self, chi: float) -> float:
        """Entropy per spin at zero temperature, replica symmetric or one-step."""


@dataclass(frozen=True, slots=True)
class HardGlass:
    """The P-spin glass (P > 2): variance (α/2)·P·q^(P-1) at overlap q."""

    order: int
    load: float

    def variances(self, overlaps: Overlaps) -> tuple[float, float]:
        """Shared and remaining variance of the noise."""
        outer, whole = (self._variance(q) for q in (overlaps.q1, overlaps.q2))
        return outer, max(whole - outer, 0.0)

    def free_energy(self, overlaps: Overlaps) -> float:
        """(α/4T)[1 - P·q2^(P-1) + (P-1)q2^P] - (α/4)(P-1)μ(q2^P - q1^P)."""
        q1, q2, order = overlaps.q1, overlaps.q2, self.order
        broken = (order - 1) * overlaps.mu * (q2**order - q1**order)
        if overlaps.temperature == 0.0:
            return -0.25 * self.load * broken
        fluctuation = (1.0 - order * q2 ** (order - 1) + (order - 1) * q2**order) / overlaps.temperature
        return 0.25 * self.load * (fluctuation - broken)

    def breakpoint_slope(self, overlaps: Overlaps) -> float:
        """-(α/4)(P-1)(q2^P - q1^P)."""
        return -0.25 * self.load * (self.order - 1) * (overlaps.q2**self.order - overlaps.q1**self.order)

    def energy(self, overlaps: Overlaps) -> float:
        """-(α/2)[(1 - q2^P)/T + μ(q2^P - q1^P)]."""
        q2, order = overlaps.q2, self.order
        # (1 - q^P)/T by its sum: at low temperature the difference would lose digits, and at zero it is P·χ.
        inside = overlaps.chi * math.fsum(q2**power for power in range(order))
        return -0.5 * self.load * (inside + overlaps.mu * (q2**order - overlaps.q1**order))

    def stiffness(self, overlaps: Overlaps) -> float:
        """(α/2)·P(P-1)·q2^(P-2)."""
        return 0.5 * self.load * self.order * (self.order - 1) * overlaps.q2 ** (self.order - 2)

    def frozen_entropy(self, chi: float) -> float:
        """-(α/8)·P(P-1)·χ²."""
        return -0.125 * self.load * self.order * (self.order - 1) * chi**2

    def _variance(self, overlap: float) -> float:
        return 0.5 * self.load * self.order * max(overlap, 0.0) ** (self.order - 1)


@dataclass(frozen=True, slots=True)
class HopfieldGlass:
    """The Hopfield network's noise (P = 2): variance α·r, with r amplified by λ1 = 1 - χ and λ2 = λ1 - μ(q2 - q1).

    Outside 0 < λ2 <= λ1 there is no state: everything is NaN there, and a solver turns back.
    """

    load: float

    def variances(self, overlaps: Overlaps) -> tuple[float, float]:
        """α·r1 with r1 = q1/λ2², and α(q2 - q1)/(λ1λ2)."""
        first, second = self._eigenvalues(overlaps)
        # Without order q1 is 0 up to rounding, of either sign.
        shared, rest = max(overlaps.q1, 0.0), max(overlaps.q2 - overlaps.q1, 0.0)
        return self.load * shared / second**2, self.load * rest / (first * second)

    def free_energy(self, overlaps: Overlaps) -> float:
        """The soft glass' logarithms, the coupling of q to r, and the constant of the absent self-interaction."""
        first, second = self._eigenvalues(overlaps)
        q1, q2, mu, temperature = overlaps.q1, overlaps.q2, overlaps.mu, overlaps.temperature
        soft = temperature * math.log(first) + math.log(second / first) / mu - q1 / second
        r1, r2 = self._noise(overlaps)
        coupling = r2 * overlaps.chi + mu * (r2 * q2 - r1 * q1)
        return -0.5 * self.load * (soft + coupling + 1.0)

    def breakpoint_slope(self, overlaps: Overlaps) -> float:
        """Explicit derivative by μ at fixed q and r."""
        first, second = self._eigenvalues(overlaps)
        q1, mu, broken = overlaps.q1, overlaps.mu, overlaps.q2 - overlaps.q1
        soft = -math.log(second / first) / mu**2 - broken / (mu * second) - q1 * broken / second**2
        r1, r2 = self._noise(overlaps)
        return -0.5 * self.load * (soft + r2 * overlaps.q2 - r1 * q1)

    def energy(self, overlaps: Overlaps) -> float:
        """Explicit derivative of the free energy by the inverse temperature, with the sign of an energy."""
        first, second = self._eigenvalues(overlaps)
        q1, mu, chi = overlaps.q1, overlaps.mu, overlaps.chi
        spread = chi + mu * (overlaps.q2 - q1)
        derivative = (
            -overlaps.temperature * chi / first + (chi / first - spread / second) / mu - q1 / second
        ) - q1 * spread / second**2
        return 0.5 * self.load * (1.0 + derivative)

    def stiffness(self, overlaps: Overlaps) -> float:
        """α/λ1²."""
        return self.load / self._eigenvalues(overlaps)[0] ** 2

    def frozen_entropy(self, chi: float) -> float:
        """-(α/2)[ln(1 - χ) + χ/(1 - χ)]."""
        return -0.5 * self.load * (math.log1p(-chi) + chi / (1.0 - chi))

    def _eigenvalues(self, overlaps: Overlaps) -> tuple[float, float]:
        first = 1.0 - overlaps.chi
        second = first - overlaps.mu * (overlaps.q2 - overlaps.q1)
        return (first, second) if second > 0.0 and first > 0.0 else (math.nan, math.nan)

    def _noise(self, overlaps: Overlaps) -> tuple[float, float]:
        first, second = self._eigenvalues(overlaps)
        shared = overlaps.q1 / second**2
        return shared, shared + (overlaps.q2 - overlaps.q1) / (first * second)


def crosstalk_of(network: DenseNetwork) -> Crosstalk:
    """The noise of a network: Hopfield's for P = 2, a P-spin glass above."""
    if network.interaction_order == 2:
        return HopfieldGlass(network.load)
    return HardGlass(network.interaction_order, network.load)
