"""Dynamical mean-field theory of large random recurrent networks: the autocovariance of one unit, and the dimension of
activity.

One unit's state is Gaussian with autocovariance Δ(τ); its input has g² times the autocovariance C_φ(τ) = F(Δ(τ), Δ(0)) of the
output, and white noise adds σ²: (1 − ∂²)Δ = g² C_φ + σ² δ in continuous time. The energy method solves it as the orbit of a
particle (`mean_field_orbit`), the lag-grid method by iterating the equation itself (`mean_field_equation`); the residual of
either is that of the equation on the lags. Without noise and with gain times slope at most one, only the silent state exists:
its covariance is zero. Source: Sompolinsky, Crisanti, Sommers 1988; arXiv 2604.23489 (re-derived here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import ArrayLike
from scipy import interpolate, optimize

from ..errors import NotConverged, PhasebookError
from .mean_field_equation import LagEquation, iterate_equation, newton_equation
from .mean_field_orbit import decay_rate, orbit_autocovariance, orbit_variance
from .recurrent_network import CONTINUOUS, DISCRETE, RecurrentNetwork, frequency_nodes, unit_response

Method = Literal["auto", "energy", "iteration"]

LAG_STEP = 0.025  # of the lag grid in continuous time
LAGS_IN_DECAY_TIMES = 24.0  # exp(-24) = 4e-11
MOST_LAGS = 200_000
MOST_NEWTON_LAGS = 4_000
LARGEST_RESIDUAL = 1e-4  # of the equation, relative to Δ(0); the lag grid itself is good to 1e-7
LARGEST_NEGATIVE = 1e-5  # of the noise spectrum, relative to its maximum: quadrature
NODES_PER_WIDTH = 10.0


class SilentNetwork(PhasebookError, ValueError):
    """Without noise and with subcritical gain there is only the trivial fixed point: the covariance is zero."""


class Outcome(Enum):
    """What state the network is in; the value is the sentence shown."""

    driven = "driven by noise"
    chaotic = "chaotic: the activity sustains itself"
    silent = "silent: only the trivial fixed point; the covariance is zero"


@dataclass(frozen=True, eq=False)
class MeanField:
    """Autocovariances of one unit's state and activity over lags ≥ 0 (shape (lags,), in membrane time constants).

    `variance` is Δ0, `activity_variance` C_φ(0), `mean_slope` γ = E[φ']; `residual` is the largest violation of the equation over
    the lags, relative to Δ0; `decay_rate` that of Δ(τ) in continuous time. The silent state has zeros throughout.
    """

    network: RecurrentNetwork
    variance: float
    activity_variance: float
    mean_slope: float
    lags: Float[np.ndarray, " lags"]
    autocovariance: Float[np.ndarray, " lags"]
    activity_autocovariance: Float[np.ndarray, " lags"]
    residual: float
    iterations: int
    outcome: Outcome
    method: str

    @property
    def effective_gain(self) -> float:
        """gγ: the spectral radius of the linear network that has the same covariances."""
        return self.network.gain * self.mean_slope


def solve_mean_field(network: RecurrentNetwork, method: Method = "auto") -> MeanField:
    """The stationary autocovariance of a network's mean field, or the silent state where there is no other.

    "energy" (continuous time) finds Δ0 from energy conservation and integrates the orbit; "iteration" solves the equation on a
    grid of lags: with noise by damped iteration, without it by Newton's method (time step > 0). "auto" takes the energy in
    continuous time, the scalar equation for the discrete map, iteration for a map between. Raises ValueError on a method that does
    not apply, and for a linear network of gain >= 1 (unstable), NotConverged where the residual stays above 1e-4.
    """
    slope = network.nonlinearity.mean_slope(0.0)
    if network.nonlinearity.name == "linear" and network.gain >= 1:
        raise ValueError(f"gain of a linear network must be below 1, else it is unstable; got {network.gain:g}")
    if method not in ("auto", "energy", "iteration"):
        raise ValueError(f"method must be auto, energy or iteration; got {method!r}")
    if method == "energy" and network.time_step != CONTINUOUS:
        raise ValueError(f"method energy needs continuous time (time_step 0); got time_step {network.time_step:g}")
    if method == "iteration" and network.noise == 0 and network.time_step == CONTINUOUS:
        raise ValueError(
            "method iteration needs noise or a time step: without them other orbits attract it; use energy"
        )
    if network.noise == 0 and network.gain * slope <= 1:
        return _silent(network, slope)
    if network.time_step == DISCRETE:
        return _discrete(network)
    if network.time_step == CONTINUOUS and method != "iteration":
        return _by_energy(network)
    return _by_iteration(network)


def activity_spectrum(field: MeanField, frequencies: ArrayLike) -> Float[np.ndarray, " frequencies"]:
    """C_φ(ω) = ∫ C_φ(τ) exp(−iωτ) dτ, the power spectrum of one unit's activity.

    In continuous time the kink that white noise leaves at τ = 0 is transformed exactly; what is left decays as ω⁻⁴ or faster.
    """
    omega = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    equation = LagEquation(field.network, field.lags)
    smooth = field.activity_autocovariance - equation.kink(field.autocovariance) * np.exp(-field.lags)
    step = equation.step
    weights = np.full(len(smooth), 2 * step)
    weights[0] = step
    spectrum = np.zeros(omega.shape)
    inside = np.abs(omega) < np.pi / step if field.network.time_step == CONTINUOUS else np.ones(omega.shape, dtype=bool)
    at = omega[inside]
    block = max(1, 4_000_000 // len(smooth))
    spectrum[inside] = np.concatenate(
        [np.cos(np.outer(at[i : i + block], field.lags)) @ (weights * smooth) for i in range(0, len(at), block)] or [at]
    )
    return spectrum + equation.kink(field.autocovariance) * 2 / (1 + omega**2)


def residual_spectrum(field: MeanField, frequencies: ArrayLike) -> Float[np.ndarray, " frequencies"]:
    """C_r(ω) = C_φ(ω)[1 − g²|S(ω)|²]: spectrum of the independent noise of the equivalent linear network.

    Raises NotConverged where it is negative beyond the error of quadrature.
    """
    omega = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    gain = np.abs(transfer_function(field, omega)) ** 2 * field.network.gain**2
    spectrum = activity_spectrum(field, omega) * (1 - gain)
    if spectrum.size and spectrum.min() < -LARGEST_NEGATIVE * max(float(spectrum.max()), field.activity_variance):
        raise NotConverged(f"the noise spectrum is negative, {spectrum.min():.2e}: the mean field is not resolved")
    return np.maximum(spectrum, 0.0)


def residual_autocovariance(field: MeanField, lags: ArrayLike) -> Float[np.ndarray, " lags"]:
    """C_r(τ) = C_φ(τ) − γ²[Δ(τ) − Δ_ξ(τ)] at lags ≥ 0, where Δ_ξ is the part of Δ that noise drives; cubic between grid lags."""
    own = field.autocovariance - LagEquation(field.network, field.lags).noise_part()
    values = field.activity_autocovariance - field.mean_slope**2 * own
    at = np.atleast_1d(np.asarray(lags, dtype=np.float64))
    if field.network.time_step == DISCRETE or len(field.lags) < 4:
        return np.where(at == 0, values[0], 0.0)
    found = interpolate.CubicSpline(field.lags, values)(np.minimum(at, field.lags[-1]))
    return np.where(at <= field.lags[-1], found, 0.0)


def transfer_function(field: MeanField, frequencies: ArrayLike) -> Complex[np.ndarray, " frequencies"]:
    """S(ω) = γ H(ω): the best linear prediction of a unit's activity from its own input (Furutsu-Novikov)."""
    return field.mean_slope * unit_response(field.network.time_step, np.atleast_1d(frequencies))


def covariance_strength(field: MeanField) -> float:
    """ψ: N times the mean squared off-diagonal covariance of equal-time activity, ∬ C_φC_φ[|1 − g²SS'|⁻² − 1] dω dω'/4π².

    Raises SilentNetwork in the silent state.
    """
    _refuse_silent(field)
    if field.network.time_step == DISCRETE:
        fourth = field.effective_gain**4
        return field.activity_variance**2 * fourth / (1 - fourth)
    # Spectra are as wide as the slowest decay κ, the kernel in ω − ω' as its square.
    width = float(np.sqrt(1 - field.effective_gain**2))
    count = int(np.clip(NODES_PER_WIDTH / width, 64, 4096))
    omega, weights = frequency_nodes(field.network.time_step, count, min(1.0, 3 * width))
    spectrum = activity_spectrum(field, omega) * weights
    response = transfer_function(field, omega)
    total, gain = 0.0, field.network.gain**2
    for part in np.array_split(np.arange(len(omega)), max(1, len(omega) ** 2 // 1_000_000)):
        for other in (response, response.conj()):
            kernel = 1 / np.abs(1 - gain * response[part, None] * other[None, :]) ** 2 - 1
            total += 0.5 * float(spectrum[part] @ kernel @ spectrum)
    return total


def dimension_ratio(field: MeanField) -> float:
    """D/N, the share of directions that equal-time activity fills: D = (tr C)²/tr C². Zero in the silent state."""
    if field.outcome is Outcome.silent:
        return 0.0
    squared = field.activity_variance**2
    return squared / (squared + covariance_strength(field))


def _silent(network: RecurrentNetwork, slope: float) -> MeanField:
    zero = np.zeros(2)
    step = network.time_step or LAG_STEP
    return MeanField(network, 0.0, 0.0, slope, np.arange(2) * step, zero, zero, 0.0, 0, Outcome.silent, "closed form")


def _discrete(network: RecurrentNetwork) -> MeanField:
    """Δ0 = g² F(Δ0, Δ0) + σ²; there is no memory."""

    def excess(variance: float) -> float:
        return float(network.gain**2 * network.nonlinearity.covariance(variance, variance) + network.noise) - variance

    variance = _largest_root(lambda value: excess(value) / value, network)
    lags, own = np.arange(2.0), np.array([variance, 0.0])
    return _found(network, variance, lags, own, abs(excess(variance)) / variance, 0, "scalar equation")


def _by_energy(network: RecurrentNetwork) -> MeanField:
    variance = _largest_root(lambda value: orbit_variance(network, value), network)
    rate = decay_rate(network, variance)
    lags = _lags(LAG_STEP, LAGS_IN_DECAY_TIMES / rate)
    own = orbit_autocovariance(network, variance, lags)
    equation = LagEquation(network, lags)
    residual = float(np.abs(equation.mapped(own) - own).max()) / variance
    return _found(network, variance, lags, own, residual, 0, "energy")


def _by_iteration(network: RecurrentNetwork) -> MeanField:
    """On the lag grid, from the continuous orbit of the same parameters."""
    continuous = RecurrentNetwork(network.gain, network.noise, network.nonlinearity)
    start = _largest_root(lambda value: orbit_variance(continuous, value), continuous)
    rate = decay_rate(continuous, start)
    step = network.time_step or LAG_STEP
    horizon = LAGS_IN_DECAY_TIMES / rate
    lags = _lags(step, horizon)
    equation = LagEquation(network, lags)
    guess = orbit_autocovariance(continuous, start, lags)
    if network.noise > 0:
        own, iterations = iterate_equation(equation, guess)
    else:
        if len(lags) > MOST_NEWTON_LAGS:
            raise NotConverged(
                f"gain {network.gain:g} without noise is so near the onset of chaos that a time step of {step:g} needs "
                f"{len(lags):,} lags; take continuous time"
            )
        own, iterations = newton_equation(equation, guess)
    residual = float(np.abs(equation.mapped(own) - own).max()) / own[0]
    return _found(network, float(own[0]), lags, own, residual, iterations, "iteration")


def _found(
    network: RecurrentNetwork,
    variance: float,
    lags: Float[np.ndarray, " lags"],
    own: Float[np.ndarray, " lags"],
    residual: float,
    iterations: int,
    method: str,
) -> MeanField:
    if not residual <= LARGEST_RESIDUAL:
        raise NotConverged(f"the mean field's residual is {residual:.1e} of the variance, above {LARGEST_RESIDUAL:g}")
    network.nonlinearity.check_expansion(variance)
    activity = network.nonlinearity.covariance(own, variance)
    slope = network.nonlinearity.mean_slope(variance)
    outcome = Outcome.driven if network.noise > 0 else Outcome.chaotic
    return MeanField(
        network, variance, float(activity[0]), slope, lags, own, activity, residual, iterations, outcome, method
    )


def _largest_root(function: Callable[[float], float], network: RecurrentNetwork) -> float:
    """The largest variance at which a function turns from positive to negative. Raises NotConverged where there is none."""
    grid = (network.gain**2 + network.noise) * np.geomspace(1e-7, 1e7, 113)
    values = np.array([function(float(value)) for value in grid])
    falls = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    if not falls.size:
        raise NotConverged(
            f"gain {network.gain:g} with noise {network.noise:g} has no stationary variance for {network.nonlinearity.name}: "
            "the nonlinearity does not saturate enough, or the gain is too near its threshold"
        )
    last = int(falls[-1])
    return float(optimize.brentq(function, grid[last], grid[last + 1], xtol=1e-14 * grid[last], rtol=1e-14))


def _lags(step: float, horizon: float) -> Float[np.ndarray, " lags"]:
    count = int(np.ceil(horizon / step)) + 2
    if count > MOST_LAGS:
        raise NotConverged(
            f"correlations last so long (the slowest decay takes {horizon / LAGS_IN_DECAY_TIMES:.3g} time constants) that they "
            f"need {count:,} lags, more than {MOST_LAGS:,}: the gain is too near its threshold"
        )
    return np.arange(count) * step


def _refuse_silent(field: MeanField) -> None:
    if field.outcome is Outcome.silent:
        raise SilentNetwork(
            f"gain {field.network.gain:g} without noise has only the trivial fixed point; covariance is zero"
        )
