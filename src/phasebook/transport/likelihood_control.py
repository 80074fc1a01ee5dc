"""What an error of the velocity does to the likelihood: the SDE's is bounded, the ODE's is not.

For the law ρ̂1 that an SDE of noise ε makes with fields b̂, ŝ in place of b, s: KL(ρ1‖ρ̂1) ≤ (1/4ε) ∫E|Δb + εΔs|² dt ≤
(1/2ε) ∫E|Δb|² dt + (ε/2) ∫E|Δs|² dt, smallest at ε* = (∫E|Δb|² / ∫E|Δs|²)^½ (Girsanov). For the ODE no such bound holds.
Source: arXiv 2303.08797; the case of a sine, solved here: with b = 0, s = −x on a standard normal law and b̂ = A sin(kx),
the flow keeps tan(kx1/2) = e^(Ak) tan(kx0/2), so its divergence grows like Ak at a fixed error A²/2 of the velocity,
while the SDE's stationary law is ∝ exp(−x²/2 − A cos(kx)/(εk)), at a divergence of A²/(4ε²k²) to leading order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from .gaussian_mixture import InterpolatedMixture, Mixture, mixture_fields
from .likelihoods import ode_likelihoods
from .one_dimensional_laws import DAMPED, CellLaw, sde_law
from .samplers import Fields, check_noise

HARMONICS = 400
REACH = 6.0  # of a grid for the standard normal law, in its standard deviations
LIGHTEST = 1e-10  # mass of a cell below which it does not count in a divergence


class SineVelocity(eqx.Module):
    """The erroneous fields of a standard normal law at rest: velocity A sin(kx), score −x, at every time."""

    amplitude: Any
    wavenumber: Any

    def velocity(self, t: Array, x: Array) -> Array:
        """A sin(kx)."""
        return self.amplitude * jnp.sin(self.wavenumber * x)

    def score(self, t: Array, x: Array) -> Array:
        """−x, which is exact."""
        return -x


@dataclass(frozen=True)
class SineError:
    """A standard normal law at rest whose velocity, 0, is taken for A sin(kx): what comes of it after a unit of time.

    Raises ValueError unless amplitude and wavenumber are positive.
    """

    amplitude: float
    wavenumber: float

    def __post_init__(self) -> None:
        for name, value in (("amplitude", self.amplitude), ("wavenumber", self.wavenumber)):
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name} must be positive and finite; got {value!r}")

    @property
    def velocity_error(self) -> float:
        """∫E|Δb|² dt = A² (1 − e^(−2k²))/2."""
        return 0.5 * self.amplitude**2 * -math.expm1(-2 * self.wavenumber**2)

    def bound(self, noise: float) -> float:
        """The bound (1/4ε) ∫E|Δb_F|² dt on the SDE's divergence. Raises ValueError unless the noise is positive."""
        return self.velocity_error / (4 * _positive(noise))

    def measured_bound(self, noise: float) -> float:
        """The bound with the error integrated over a grid."""
        x = np.linspace(-10.0, 10.0, 20_001)
        weights = np.exp(-(x**2) / 2)
        squares = (self.amplitude * np.sin(self.wavenumber * x)) ** 2
        return float(weights @ squares / weights.sum()) / (4 * _positive(noise))

    def leading_divergence(self, noise: float) -> float:
        """A²/(4ε²k²), the SDE's divergence to leading order in A/(εk), once its law is stationary."""
        return (self.amplitude / (2 * _positive(noise) * self.wavenumber)) ** 2

    def flow_divergence(self) -> float:
        """KL(ρ1‖ρ̂1) of the ODE: E[(X0² − x²)/2 + Ak + ln(cos²(kx/2) + e^(−2Ak) sin²(kx/2))] over x ~ N(0, 1).

        The logarithm by its Fourier series, whose terms are E cos(nkx) = e^(−n²k²/2); the bounded rest by the trapezoid rule.
        """
        rate, k = self.amplitude * self.wavenumber, self.wavenumber
        damped = math.exp(-rate)
        ratio = (1 - damped) / (1 + damped)
        n = np.arange(1, HARMONICS + 1)
        series = float((-((-ratio) ** n) / n * np.exp(-0.5 * (n * k) ** 2)).sum())
        logarithm = rate + 2 * math.log((1 + damped) / 2) + 2 * series
        points = max(20_001, 1 + 2 * int(64 * 10 * k))
        x = np.linspace(-10.0, 10.0, points)
        turns = np.round(k * x / (2 * np.pi))
        origin = (2 * np.arctan(damped * np.tan(k * x / 2 - np.pi * turns)) + 2 * np.pi * turns) / k
        weights = np.exp(-(x**2) / 2)
        return logarithm + float(weights @ (origin**2 - x**2) / (2 * weights.sum()))

    def measured_flow_divergence(self, *, points_per_wave: int = 64, tolerance: float = 1e-9) -> float:
        """The same by the ODE's likelihood at even points, as for any fields."""
        waves = 2 * REACH * self.wavenumber / (2 * math.pi)
        # A power of two, so that all wavenumbers share few compiled programs.
        count = 2 ** math.ceil(math.log2(max(2000, waves * points_per_wave)))
        x = (np.arange(count) + 0.5) / count * 2 * REACH - REACH
        # As arrays, so that all errors share one compiled program.
        fields = SineVelocity(np.array(self.amplitude), np.array(self.wavenumber))
        found = ode_likelihoods(fields, x, _standard_normal, tolerance=tolerance).log_density
        weights = np.exp(-(x**2) / 2)
        return float(weights @ (_standard_normal(x[:, None]) - found) / weights.sum())

    def diffusion_divergence(self, noise: float, *, cells: int = 6000, steps: int = 400) -> float:
        """KL(ρ1‖ρ̂1) of the SDE with noise ε, its law by finite volumes on [−6, 6].

        Raises ValueError unless the noise is positive.
        """
        strength = _positive(noise)
        begin = CellLaw.of_density(lambda x: np.exp(-(x**2) / 2), -REACH, REACH, cells)

        def drift(x: np.ndarray, t: float) -> np.ndarray:
            return self.amplitude * np.sin(self.wavenumber * x) - strength * x

        return kullback_leibler(begin.masses, sde_law(drift, strength, begin, [0.0, 1.0], steps=steps).last.masses)


@dataclass(frozen=True)
class LineControl:
    """Learned fields on the line judged without samples: squared errors of both, divergences KL(ρ1‖ρ̂1), and their bounds.

    `diffusion` and `bounds` (noises,) belong to the SDEs, `flow` to the ODE; `split_bounds` are those from the two errors alone.
    """

    velocity_error: float
    score_error: float
    flow: float
    noises: tuple[float, ...]
    diffusion: Float[np.ndarray, " noises"]
    bounds: Float[np.ndarray, " noises"]
    split_bounds: Float[np.ndarray, " noises"]

    @property
    def best_noise(self) -> float:
        """ε* at which the split bound is least."""
        return math.sqrt(self.velocity_error / self.score_error)


def line_control(
    fields: Fields,
    law: InterpolatedMixture,
    start: Mixture,
    end: Mixture,
    noises: Sequence[float],
    *,
    cells: int = 1600,
    steps: int = 400,
) -> LineControl:
    """Judge any fields in place of a one-dimensional mixture law's own: the ODE by its likelihood, SDEs by finite volumes.

    The errors are averages over the exact law at 200 times; an SDE's law takes four implicit steps in each of `steps`.
    Raises ValueError for noises that are not positive.
    """
    strengths = tuple(_positive(noise) for noise in noises)
    reach = max(
        float((np.abs(each.means[:, 0]) + 9 * np.sqrt(each.covariances[:, 0, 0])).max()) for each in (start, end)
    )
    begin, final = (CellLaw.of_density(_density_of(each), -reach, reach, cells) for each in (start, end))
    table = _Table(fields, begin.edges[1:-1])
    velocity_error, score_error, totals = _errors(table, law, strengths)
    diffusion = []
    for noise in strengths:
        found = _positive_law(partial(table.drift, noise=noise), noise, begin, steps)
        diffusion.append(kullback_leibler(final.masses, found.masses))
    heavy = final.masses > LIGHTEST
    densities = ode_likelihoods(fields, final.centers[heavy], start.log_density).log_density
    flow = float(final.masses[heavy] @ (end.log_density(final.centers[heavy]) - densities))
    even = np.array(strengths)
    return LineControl(
        velocity_error,
        score_error,
        flow,
        strengths,
        np.array(diffusion),
        totals / (4 * even),
        velocity_error / (2 * even) + even * score_error / 2,
    )


def kullback_leibler(first: ArrayLike, second: ArrayLike) -> float:
    """KL divergence of two laws given by the masses of the same cells; cells of no mass in the first do not count.

    Infinite where the second lacks a cell that the first has. Raises ValueError on unequal shapes.
    """
    p, q = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if p.shape != q.shape:
        raise ValueError(f"both laws must have the same cells; got shapes {p.shape} and {q.shape}")
    p, q = p / p.sum(), np.maximum(q, 0.0) / q.sum()
    held = p > 0
    with np.errstate(divide="ignore"):
        # The two sums of masses cancel, and with them the rounding of a divergence that is nearly zero.
        return float((p[held] * np.log(p[held] / q[held])).sum() + (q.sum() - p.sum()))


def _positive_law(drift: Any, noise: float, law: CellLaw, steps: int) -> CellLaw:
    """The SDE's law at t = 1. Stretch by stretch, so that all steps are implicit ones: the score of learned fields is stiff at the
    ends, and only they keep every mass positive, which a logarithm needs."""
    for index in range(steps):
        law = sde_law(drift, noise, law, [index / steps, (index + 1) / steps], steps=DAMPED).last
    return law


class _Table:
    """Fields on a grid at any time, each evaluated once."""

    def __init__(self, fields: Fields, grid: np.ndarray) -> None:
        self.fields, self.grid = fields, grid
        self.held: dict[float, tuple[np.ndarray, np.ndarray]] = {}

    def velocity(self, t: float) -> np.ndarray:
        return self._at(t)[0]

    def score(self, t: float) -> np.ndarray:
        return self._at(t)[1]

    def drift(self, x: np.ndarray, t: float, *, noise: float) -> np.ndarray:
        """b + ε s at the grid's own points, whatever `x` repeats of them."""
        return self.velocity(t) + noise * self.score(t)

    def _at(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        if t not in self.held:
            found = _both(self.fields, jnp.float32(t), jnp.asarray(self.grid[:, None], dtype=jnp.float32))
            self.held[t] = tuple(np.asarray(each, dtype=float)[:, 0] for each in found)  # type: ignore[assignment]
        return self.held[t]


@eqx.filter_jit
def _both(fields: Fields, t: Array, x: Array) -> tuple[Array, Array]:
    return fields.velocity(t, x), fields.score(t, x)


def _errors(
    table: _Table, law: InterpolatedMixture, noises: Sequence[float], count: int = 200
) -> tuple[float, float, np.ndarray]:
    """∫E|Δb|², ∫E|Δs|² and, for each noise, ∫E|Δb + εΔs|², by midpoints in time and the grid in space."""
    sums, totals = np.zeros(2), np.zeros(len(noises))
    for t in (np.arange(count) + 0.5) / count:
        exact = mixture_fields(law, float(t), table.grid)
        weights = np.exp(exact.log_density)
        weights = weights / weights.sum() / count
        velocity = table.velocity(float(t)) - exact.velocity[:, 0]
        score = table.score(float(t)) - exact.score[:, 0]
        sums += weights @ velocity**2, weights @ score**2
        totals += [weights @ (velocity + noise * score) ** 2 for noise in noises]
    return float(sums[0]), float(sums[1]), totals


def _density_of(mixture: Mixture) -> Any:
    return lambda x: np.exp(mixture.log_density(x))


def _standard_normal(x: np.ndarray) -> np.ndarray:
    return -0.5 * (x**2).sum(-1) - 0.5 * x.shape[-1] * math.log(2 * math.pi)


def _positive(noise: float) -> float:
    if check_noise(noise) == 0:
        raise ValueError("noise must be positive; got 0")
    return float(noise)
