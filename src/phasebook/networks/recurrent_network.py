"""A large random recurrent network of rate units: parameters, response of one unit, and nodes for integrals over frequency.

Continuous time (units of the membrane time constant): dx/dt = −x + J φ(x) + ξ, with white noise of intensity σ². With a time
step h it is the map x(t + h) = (1 − h) x + h J φ(x) + √(hσ²) z that an Euler simulation computes, and at h = 1 the
discrete-time network x(t + 1) = J φ(x) + σ z. One unit responds to its input by H(ω) = h/(exp(iωh) − 1 + h), or 1/(1 + iω) in
continuous time. Couplings J are independent with variance g²/N. Source: Sompolinsky, Crisanti, Sommers 1988; arXiv 2604.23489
(derived here).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import ArrayLike

from .nonlinearity import ERF, Nonlinearity, NonlinearityName, choose_nonlinearity

CONTINUOUS, DISCRETE = 0.0, 1.0


@dataclass(frozen=True)
class RecurrentNetwork:
    """Gain g, noise intensity σ², an odd nonlinearity and the time step (0: continuous time; 1: discrete-time map).

    `nonlinearity` is erf, tanh, linear or a user's odd function of an array. Raises ValueError unless gain > 0, noise >= 0 and
    0 <= time_step <= 1, or for a nonlinearity that is not odd.
    """

    gain: float
    noise: float = 0.0
    nonlinearity: Nonlinearity = ERF
    time_step: float = CONTINUOUS

    def __init__(
        self,
        gain: float,
        noise: float = 0.0,
        nonlinearity: NonlinearityName | Nonlinearity | Callable[[Any], Any] = ERF,
        time_step: float = CONTINUOUS,
    ) -> None:
        for name, value, allowed in (
            ("gain", gain, lambda number: number > 0),
            ("noise", noise, lambda number: number >= 0),
            ("time_step", time_step, lambda number: 0 <= number <= 1),
        ):
            if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
                raise ValueError(f"{name} must be a number; got {value!r}")
            if not (math.isfinite(value) and allowed(value)):
                words = {"gain": "positive", "noise": "zero or positive", "time_step": "between 0 and 1"}[name]
                raise ValueError(f"{name} must be finite and {words}; got {value!r}")
            object.__setattr__(self, name, float(value))
        object.__setattr__(self, "nonlinearity", choose_nonlinearity(nonlinearity))


def unit_response(time_step: float, frequencies: ArrayLike) -> Complex[np.ndarray, " frequencies"]:
    """H(ω): how one unit's input drives its state, at angular frequencies in inverse membrane time constants."""
    omega = np.asarray(frequencies, dtype=np.float64)
    if time_step == CONTINUOUS:
        return 1 / (1 + 1j * omega)
    return time_step / (np.expm1(1j * omega * time_step) + time_step)


def frequency_nodes(
    time_step: float, count: int, scale: float = 1.0
) -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    """Positive frequencies and weights with Σ w f(ω) = ∫ f dω/2π over the whole axis, for the real part f of a spectrum.

    The midpoint rule in θ, where ω = tan θ in continuous time and tan(ωh/2) = tan θ·h/(2 − h) for a time step h, so that H is a
    function on the unit circle and the rule converges exponentially for rational spectra. `scale` multiplies tan θ: below 1 it
    gathers the nodes at low frequencies.
    """
    theta = (np.arange(count) + 0.5) * np.pi / (2 * count)
    tangent = scale * np.tan(theta)
    slope = scale * (1 + np.tan(theta) ** 2) / (2 * count)
    if time_step == CONTINUOUS:
        return tangent, slope
    ratio = time_step / (2 - time_step)
    return (2 / time_step) * np.arctan(ratio * tangent), (2 / time_step) * ratio * slope / (1 + (ratio * tangent) ** 2)


def circle_position(time_step: float, eigenvalues: ArrayLike) -> Complex[np.ndarray, " eigenvalues"]:
    """Where the pole 1 = S(ω)λ/γ of each scaled eigenvalue γλ lies on the circle of θ: inside the unit circle if stable.

    With K nodes its share of an integral is off by a factor |q|^(2K). Derived here: exp(2iθ) = γλ/((2 − h) − (1 − h)γλ).
    """
    scaled = np.asarray(eigenvalues, dtype=np.complex128)
    return scaled / ((2 - time_step) - (1 - time_step) * scaled)
