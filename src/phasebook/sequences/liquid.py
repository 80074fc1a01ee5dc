"""One liquid time-constant neuron: exact states, the semi-implicit solver, the closed form, and the bound on its error.

dx/dt = −[w + f] (x − A) for the anchored neuron, whose leak pulls to its target A; dx/dt = −[w + f] x + A f for the raw one, whose
leak pulls to zero. w is the leak, f = f(I(t)) in [0, 1] the activation by the input. Source: arXiv 2106.13898; derived again here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

Leak = Literal["anchored", "raw"]
SAFEGUARD = 1e-8


@dataclass(frozen=True, slots=True)
class LiquidNeuron:
    """A neuron with leak w (1/time), target A and state x0 at time 0; its leak pulls to A (anchored) or to zero (raw)."""

    leak: float
    target: float
    start: float
    kind: Leak = "anchored"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.leak) and self.leak > 0):
            raise ValueError(f"leak must be positive and finite; got {self.leak!r}")
        for name, value in (("target", self.target), ("start", self.start)):
            if not math.isfinite(value):
                raise ValueError(f"{name} must be finite; got {value!r}")
        if self.kind not in ("anchored", "raw"):
            raise ValueError(f"kind must be one of anchored, raw; got {self.kind!r}")

    @property
    def leak_level(self) -> float:
        """The level that the leak pulls to."""
        return self.target if self.kind == "anchored" else 0.0


def exact_states(
    neuron: LiquidNeuron, activations: Float[np.ndarray, " pieces"], durations: Float[np.ndarray, " pieces"]
) -> Float[np.ndarray, " pieces"]:
    """States at the end of each piece of constant activation, each by its exponential.

    Raises ValueError for an activation outside [0, 1] or a negative duration.
    """
    activations, durations = _pieces(activations, durations)
    rates = neuron.leak + activations
    levels = (neuron.leak * neuron.leak_level + activations * neuron.target) / rates
    states, state = np.empty(rates.size), neuron.start
    for place, (level, kept) in enumerate(zip(levels, np.exp(-rates * durations), strict=True)):
        state = level + (state - level) * kept
        states[place] = state
    return states


def adaptive_state(
    neuron: LiquidNeuron, activation: Callable[[float], float], time: float, *, tolerance: float = 1e-10
) -> float:
    """The state at a time under an activation that is any smooth function of time, by an adaptive Runge-Kutta method of order 8."""
    from scipy.integrate import solve_ivp

    def rate(at: float, state: np.ndarray) -> np.ndarray:
        pull = activation(at)
        return neuron.leak * (neuron.leak_level - state) + pull * (neuron.target - state)

    found = solve_ivp(rate, (0.0, time), [neuron.start], method="DOP853", rtol=tolerance, atol=tolerance)
    if not found.success:
        raise ArithmeticError(f"the neuron's equation was not solved: {found.message}")
    return float(found.y[0, -1])


def fused_states(
    neuron: LiquidNeuron,
    activations: Float[np.ndarray, " pieces"],
    durations: Float[np.ndarray, " pieces"],
    unfolds: int = 6,
) -> Float[np.ndarray, " pieces"]:
    """States by the fused semi-implicit solver, `unfolds` steps a piece: first order, and stable for any step.

    x ← (x/δ + w·level + f·A) / (1/δ + w + f + 1e-8), the rate taken at the old state and the pull at the new one.
    """
    activations, durations = _pieces(activations, durations)
    if isinstance(unfolds, bool) or not isinstance(unfolds, int) or unfolds < 1:
        raise ValueError(f"unfolds must be an integer of at least 1; got {unfolds!r}")
    states, state = np.empty(activations.size), neuron.start
    for place, (pull, duration) in enumerate(zip(activations, durations, strict=True)):
        if duration > 0:
            inverse = unfolds / duration
            for _ in range(unfolds):
                state = (inverse * state + neuron.leak * neuron.leak_level + pull * neuron.target) / (
                    inverse + neuron.leak + pull + SAFEGUARD
                )
        states[place] = state
    return states


def closed_form_states(
    neuron: LiquidNeuron, activations: Float[np.ndarray, "*n"], times: Float[np.ndarray, "*n"]
) -> Float[np.ndarray, "*n"]:
    """(x0 − A) exp(−[w + f(I(t))] t) f(−I(t)) + A: the closed form at times with the activations of those times alone.

    f is a logistic function, so f(−I) = 1 − f(I). Raises ValueError for a raw neuron, whose solution it does not approximate.
    """
    _anchored(neuron, "the closed form")
    activations, times = _pieces(activations, times)
    decay = np.exp(-(neuron.leak + activations) * times)
    return (neuron.start - neuron.target) * decay * (1 - activations) + neuron.target


def closed_form_bound(neuron: LiquidNeuron, times: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """|x0 − A| exp(−w t), which the closed form's error never exceeds, whatever the input; sharp.

    Both solutions are A + (x0 − A) exp(−w t) times a factor between 0 and 1. Raises ValueError for a raw neuron.
    """
    _anchored(neuron, "the bound")
    times = np.asarray(times, dtype=float)
    return abs(neuron.start - neuron.target) * np.exp(-neuron.leak * times)


def _anchored(neuron: LiquidNeuron, what: str) -> None:
    if neuron.kind != "anchored":
        raise ValueError(f"{what} is the anchored neuron's own; got a raw neuron")


def _pieces(activations: np.ndarray, durations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    activations, durations = np.broadcast_arrays(np.asarray(activations, float), np.asarray(durations, float))
    if not ((activations >= 0) & (activations <= 1)).all():
        raise ValueError("activations must lie in [0, 1]")
    if not ((durations >= 0) & np.isfinite(durations)).all():
        raise ValueError("times must be finite and not negative")
    return activations, durations
