"""The mean-field equation on a grid of lags: Δ = |H|² ∗ (g² C_φ + σ²), mapped by cosine transforms, iterated or solved by
Newton.

With a time step the lags are the map's own and nothing is approximated but the horizon. In continuous time the kink of C_φ
that white noise leaves at lag zero is convolved in closed form, and the noise part σ² exp(−|τ|)/2 is added in the time domain:
cut at the grid's highest frequency it would lose a percent of Δ0. Derived here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import fft, linalg

from ..errors import NotConverged
from .recurrent_network import CONTINUOUS, RecurrentNetwork, unit_response

Lags = Float[np.ndarray, " lags"]

DAMPING = 0.5
MOST_ITERATIONS = 20_000
MOST_NEWTON_STEPS = 60
TOLERANCE = 1e-11  # of the change, relative to Δ0


@dataclass(frozen=True, eq=False)
class LagEquation:
    """The right side of the mean-field equation for a network, on evenly spaced lags from zero."""

    network: RecurrentNetwork
    lags: Lags

    @property
    def step(self) -> float:
        """Spacing of the lags."""
        return float(self.lags[1] - self.lags[0])

    def kink(self, own: Lags) -> float:
        """Weight of exp(−|τ|) in C_φ: its slope at 0+ is ∂F/∂Δ·(−σ²/2). Zero for maps, whose lags are discrete."""
        if self.network.time_step != CONTINUOUS or self.network.noise == 0:
            return 0.0
        return float(self.network.nonlinearity.covariance_slope(own[0], float(own[0]))) * self.network.noise / 2

    def noise_part(self) -> Lags:
        """σ² times the autocovariance of a unit that white noise alone drives."""
        h = self.network.time_step
        if h == CONTINUOUS:
            return self.network.noise / 2 * np.exp(-self.lags)
        return self.network.noise * (1 - h) ** np.arange(len(self.lags)) / (2 - h)

    def mapped(self, own: Lags) -> Lags:
        """|H|² ∗ (g² F(Δ, Δ0) + σ²) at the lags, for a candidate Δ."""
        kink = self.kink(own)
        decays = np.exp(-self.lags)
        smooth = self.network.nonlinearity.covariance(own, float(own[0])) - kink * decays
        omega = np.pi * np.arange(len(self.lags)) / self.lags[-1]
        power = np.abs(unit_response(self.network.time_step, omega)) ** 2
        convolved = fft.idct(fft.dct(smooth, type=1) * power, type=1)
        return self.network.gain**2 * (convolved + kink * 0.5 * (1 + self.lags) * decays) + self.noise_part()


def iterate_equation(equation: LagEquation, start: Lags) -> tuple[Lags, int]:
    """Damped iteration from a start; the solution and the number of steps. Raises NotConverged."""
    own = start
    for count in range(1, MOST_ITERATIONS + 1):
        change = equation.mapped(own) - own
        own = own + DAMPING * change
        if np.abs(change).max() < TOLERANCE * own[0]:
            return own, count
        if not (np.isfinite(own).all() and own[0] > 0):
            break
    raise NotConverged(
        f"the iteration of the mean field did not settle in {count:,} steps; the gain is too near its threshold"
    )


def newton_equation(equation: LagEquation, start: Lags) -> tuple[Lags, int]:
    """Newton's method with a dense Jacobian, which finds the decaying orbit without noise too. Raises NotConverged."""
    network, count = equation.network, len(start)
    h = network.time_step
    # Autocovariance of one unit that white input drives: the kernel of |H|² on the lags, folded because Δ is even.
    response = (1 - h) ** np.arange(2 * count) / (2 - h) * h
    folded = linalg.toeplitz(response[:count]) + linalg.hankel(response[:count], response[count - 1 : 2 * count - 1])
    folded[:, 0] /= 2
    own = start
    for steps in range(1, MOST_NEWTON_STEPS + 1):
        variance = float(own[0])
        defect = network.gain**2 * folded @ network.nonlinearity.covariance(own, variance) + equation.noise_part() - own
        jacobian = network.gain**2 * folded * network.nonlinearity.covariance_slope(own, variance)
        nudge = 1e-6 * variance
        by_variance = (
            network.nonlinearity.covariance(own, variance + nudge)
            - network.nonlinearity.covariance(np.minimum(own, variance - nudge), variance - nudge)
        ) / (2 * nudge)
        # At lag zero both arguments move together.
        by_variance[0] = (
            network.nonlinearity.covariance(variance + nudge, variance + nudge)
            - network.nonlinearity.covariance(variance - nudge, variance - nudge)
        ) / (2 * nudge) - network.nonlinearity.covariance_slope(variance, variance)
        jacobian[:, 0] += network.gain**2 * folded @ by_variance
        jacobian[np.diag_indices(count)] -= 1
        change = -np.linalg.solve(jacobian, defect)
        # A whole step may leave |Δ| <= Δ0; halve it until it does not.
        while np.abs(own + change).max() > (own + change)[0] * (1 + 1e-9) and np.abs(change).max() > 1e-9 * variance:
            change = change / 2
        own = own + change
        if np.abs(change).max() < TOLERANCE * own[0]:
            return own, steps
    raise NotConverged(
        f"Newton's method for the mean field did not settle in {MOST_NEWTON_STEPS} steps; raise the gain"
    )
