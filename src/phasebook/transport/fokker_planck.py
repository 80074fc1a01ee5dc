"""The Fokker-Planck residual of a learned log-density, and what it says of the densities that its samplers draw from.

Forward process: dX = f(X, t) dt + g(t) dW on [0, T]. A potential phi(x, t), a log-density up to a constant, has the score
s = grad phi; it drives a reverse SDE, dX = (f - g² s) dt + g dW with dt < 0, and a reverse ODE, dX = (f - g² s/2) dt. phi solves
the Fokker-Planck equation of the forward process where its residual is zero:

    R = d phi/dt + div f + f·grad phi - (g²/2)(lap phi + |grad phi|²).

The density p of the reverse SDE that starts from a law pi at T obeys, with w = log p - phi,

    -dw/dt = f·grad w + (g²/2)(lap w + |grad w|²) + R,   w(T) = log pi - phi(T),

hence (Cole-Hopf, Feynman-Kac), over paths of the FORWARD process from x at time t,

    p(x, t) = e^phi(x, t) E[exp(int_t^T R(X_r, r) dr + w(X_T, T))].

Derived here; arXiv 2311.15996 proposes R² as a penalty on the training loss. Derivatives are exact: the Laplacian takes one
forward product through the reverse gradient for each dimension, or for a few random directions where there are many.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from ..errors import PhasebookError

Scalar = Float[Array, ""]
Vector = Float[Array, " d"]
Potential = Callable[[Vector, Scalar], Scalar]
Score = Callable[[Vector, Scalar], Vector]
MOST_EXACT_DIMENSIONS = 10  # beyond, the Laplacian is a mean over random directions
LARGEST_MISMATCH = 0.05  # of e^(-rate T), beyond which the data are not forgotten at the horizon
PATHS_AT_ONCE = 4_000_000  # positions held in memory, of all points together


class PriorMismatch(UserWarning):
    """The forward process has not forgotten the data at its horizon, so that its stationary law is a wrong start."""


class NotFinite(PhasebookError, ArithmeticError):
    """A potential, a score or an expectation over paths that is not finite."""


class Process(Protocol):
    """A forward process dX = drift(X, t) dt + noise(t) dW."""

    def drift(self, x: Vector, t: Scalar) -> Vector:
        """f(x, t), shape (d,)."""

    def noise(self, t: Any) -> Any:
        """g(t)."""

    def moved(self, x: Array, t: Scalar, step: Scalar, normal: Array) -> Array:
        """Positions (..., d) one step later, from standard normal numbers of the same shape."""


@dataclass(frozen=True)
class OrnsteinUhlenbeck:
    """dX = -rate X dt + strength dW; X_t given x is N(x e^(-rate t), strength² (1 - e^(-2 rate t))/(2 rate)) in each dimension.

    Raises ValueError unless both are positive and finite.
    """

    rate: float = 1.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        for name in ("rate", "strength"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name} must be positive and finite; got {value!r}")

    def drift(self, x: Any, t: Any) -> Any:
        """-rate x."""
        return -self.rate * x

    def noise(self, t: Any) -> Any:
        """The strength, at all times."""
        return self.strength

    def contraction(self, t: Any) -> Any:
        """e^(-rate t): what a mean is multiplied by."""
        return jnp.exp(-self.rate * t)

    def variance(self, t: Any) -> Any:
        """Variance that a point gathers in time t."""
        return -self.stationary_variance * jnp.expm1(-2 * self.rate * t)

    @property
    def stationary_variance(self) -> float:
        """strength²/(2 rate), that of the law which all laws tend to."""
        return self.strength**2 / (2 * self.rate)

    def moved(self, x: Array, t: Any, step: Any, normal: Array) -> Array:
        """The exact transition."""
        return self.contraction(step) * x + jnp.sqrt(self.variance(step)) * normal


@dataclass(frozen=True)
class ForwardProcess:
    """Any forward process: `drift(x, t)` and `noise(t)` as JAX functions; its paths are Euler-Maruyama steps."""

    drift: Callable[[Any, Any], Any]
    noise: Callable[[Any], Any]

    def moved(self, x: Array, t: Any, step: Any, normal: Array) -> Array:
        """One Euler-Maruyama step: its error in the law is of the order of the step."""
        drift = self.drift
        for _ in range(x.ndim - 1):
            drift = jax.vmap(drift, in_axes=(0, None))
        return x + step * drift(x, t) + self.noise(t) * jnp.sqrt(step) * normal


def fokker_planck_residual(potential: Potential, process: Process) -> Callable[..., Scalar]:
    """The function R(x, t, probes=None) of one point, in JAX, to be differentiated, vectorized and compiled as one likes.

    `probes` (k, d), independent random signs, estimate the Laplacian without bias; without them it is exact.
    """
    require_potential(potential)

    def residual(x: Vector, t: Scalar, probes: Float[Array, "k d"] | None = None) -> Scalar:
        both = jax.grad(potential, argnums=(0, 1))
        (score, change), product = jax.linearize(lambda y: both(y, t), x)
        directions = jnp.eye(x.size, dtype=x.dtype) if probes is None else probes
        seconds = jax.vmap(lambda v: jnp.vdot(v, product(v)[0]))(directions)
        laplacian = seconds.sum() if probes is None else seconds.mean()
        half = process.noise(t) ** 2 / 2
        return (
            change
            + _divergence(process.drift, x, t)
            + jnp.vdot(process.drift(x, t), score)
            - half * (laplacian + jnp.vdot(score, score))
        )

    return residual


def fokker_planck_residuals(
    potential: Potential, process: Process, x: ArrayLike, t: ArrayLike, *, probes: int | None = None, seed: int = 0
) -> Float[np.ndarray, " n"]:
    """The residual of a potential at points x (n, d) and times t (n,) or one, in double precision.

    The Laplacian is exact up to 10 dimensions; beyond, or where `probes` is given, it is a mean over that many random directions
    (8 by default). Raises TypeError for what is no function, ValueError on wrong shapes, NotFinite.
    """
    points, times = _points(x, t)
    count = probes or (8 if points.shape[1] > MOST_EXACT_DIMENSIONS else 0)
    with jax.enable_x64():
        signs = None
        if count:
            key = jax.random.key(seed)
            signs = jax.random.rademacher(key, (len(points), count, points.shape[1]), dtype=jnp.float64)
        found = np.asarray(_residuals(potential, process, jnp.asarray(points), jnp.asarray(times), signs))
    return _finite("the residual", found)


def fokker_planck_gradients(
    potential: Potential, process: Process, x: ArrayLike, t: ArrayLike
) -> Float[np.ndarray, "n d"]:
    """Gradient of the residual in x at points (n, d) and times (n,) or one: it alone opens the gap between the samplers."""
    points, times = _points(x, t)
    with jax.enable_x64():
        found = np.asarray(_residual_gradients(potential, process, jnp.asarray(points), jnp.asarray(times)))
    return _finite("the gradient of the residual", found)


def score_equation_residuals(score: Score, process: Process, x: ArrayLike, t: ArrayLike) -> Float[np.ndarray, "n d"]:
    """Residual of a score s(x, t) without a potential: ds/dt + grad(div f + f·s - (g²/2)(div s + |s|²)), shape (n, d).

    For s = grad phi it is the gradient of the potential's residual.
    """
    points, times = _points(x, t)
    with jax.enable_x64():
        found = np.asarray(_score_residuals(score, process, jnp.asarray(points), jnp.asarray(times)))
    return _finite("the residual of the score", found)


def score_curl(score: Score, x: ArrayLike, t: ArrayLike) -> Float[np.ndarray, " n"]:
    """Norm of the antisymmetric part of the score's Jacobian, sqrt(sum_ij (d_i s_j - d_j s_i)²/2): zero for a gradient."""
    points, times = _points(x, t)
    with jax.enable_x64():
        found = np.asarray(_score_curl(score, jnp.asarray(points), jnp.asarray(times)))
    return _finite("the curl of the score", found)


def mean_squared_residual(
    potential: Potential, process: Process, x: Float[Array, "n d"], t: Float[Array, " n"]
) -> Scalar:
    """The penalty: mean of R² over collocation points, in JAX and in the points' own precision."""
    return jnp.mean(jax.vmap(fokker_planck_residual(potential, process))(x, t) ** 2)


def require_potential(potential: Any) -> None:
    """Raises TypeError, with what to do, where a residual is asked for and there is no potential, or no function."""
    if potential is None:
        raise TypeError(
            "the Fokker-Planck residual needs potential(x, t), whose gradient is the score; a score alone has none: "
            "see score_equation_residuals and score_curl"
        )
    if not callable(potential):
        raise TypeError(f"potential must be a function of (x, t); got {type(potential).__name__}")


def prior_mismatch(process: OrnsteinUhlenbeck, horizon: float, stddev: float) -> float:
    """Bound e^(-rate T)·(scale of the data) on W2 between the law at the horizon and the stationary one; warns where it is large.

    Derived here: the forward process moves two laws toward each other at its rate. `stddev` is the distance of the data's law from
    the stationary one, or the root of its second moment. Warns with PriorMismatch where e^(-rate T) > 0.05.
    """
    left = math.exp(-process.rate * horizon)
    bound = left * stddev
    if left > LARGEST_MISMATCH:
        warnings.warn(
            f"horizon {horizon:g} leaves the data at {left:.2g} of their size: the stationary law is up to {bound:.3g} (W2) from "
            f"the law there",
            PriorMismatch,
            stacklevel=2,
        )
    return bound


@dataclass(frozen=True)
class PathDensity:
    """Log-density of the reverse SDE's samples at points (n,), with the standard errors of the expectation over paths."""

    log_density: Float[np.ndarray, " n"]
    stderr: Float[np.ndarray, " n"]


def path_log_density(
    potential: Potential,
    process: Process,
    prior: Callable[[Vector], Scalar],
    x: ArrayLike,
    *,
    horizon: float,
    paths: int = 20_000,
    steps: int = 200,
    seed: int = 0,
) -> PathDensity:
    """Log-density at time 0 and points x (n, d) of the reverse SDE that starts at the horizon from the law e^prior.

    Feynman-Kac over antithetic pairs of paths of the forward process, with the trapezoid rule in time: no density is solved for,
    so it serves in any dimension; the error grows with the spread of the residual along a path. Paths from different points share
    their noise, so that their errors move together. `prior(x)` is the normalized
    log-density of the start. Raises ValueError for wrong sizes, NotFinite.
    """
    points, _ = _points(x, 0.0)
    if not (horizon > 0 and math.isfinite(horizon)):
        raise ValueError(f"horizon must be positive and finite; got {horizon!r}")
    if paths < 4 or paths % 2 or steps < 1:
        raise ValueError(f"paths must be an even number of at least 4, steps at least 1; got {paths} and {steps}")
    pairs = max(1, min(paths // 2, PATHS_AT_ONCE // points.size))
    values: list[np.ndarray] = []
    with jax.enable_x64():
        start = np.asarray(jax.vmap(potential, in_axes=(0, None))(jnp.asarray(points), jnp.asarray(0.0)))
        for batch in range(math.ceil(paths / 2 / pairs)):
            key = jax.random.fold_in(jax.random.key(seed), batch)
            exponents = _path_exponents(potential, process, prior, jnp.asarray(points), horizon, key, pairs, steps)
            values.append(np.asarray(exponents))
    exponent = np.concatenate(values, axis=2)
    top = exponent.max(axis=(1, 2), keepdims=True)
    weights = np.exp(exponent - top).mean(axis=1)
    mean = weights.mean(axis=1)
    stderr = weights.std(axis=1, ddof=1) / math.sqrt(weights.shape[1]) / mean
    return PathDensity(_finite("the log-density", start + top[:, 0, 0] + np.log(mean)), stderr)


def flow_log_density(
    potential: Potential,
    process: Process,
    prior: Callable[[Vector], Scalar],
    x: ArrayLike,
    *,
    horizon: float,
    steps: int = 200,
) -> Float[np.ndarray, " n"]:
    """Log-density at time 0 and points x (n, d) of the reverse ODE that starts at the horizon from the law e^prior.

    log prior(X_T) plus the integral of the velocity's divergence along the flow from x, by classical Runge-Kutta steps, with exact
    derivatives. Source: arXiv 2011.13456, section on the probability flow. Raises ValueError for wrong sizes, NotFinite.
    """
    points, _ = _points(x, 0.0)
    if not (horizon > 0 and math.isfinite(horizon)) or steps < 1:
        raise ValueError(f"horizon must be positive and finite, steps at least 1; got {horizon!r} and {steps}")
    with jax.enable_x64():
        found = np.asarray(_flow_log_density(potential, process, prior, jnp.asarray(points), horizon, steps))
    return _finite("the log-density of the flow", found)


@eqx.filter_jit
def _flow_log_density(
    potential: Potential, process: Process, prior: Callable[[Vector], Scalar], x: Array, horizon: float, steps: int
) -> Array:
    step = jnp.asarray(horizon, x.dtype) / steps

    def velocity(y: Vector, t: Scalar) -> Vector:
        return process.drift(y, t) - process.noise(t) ** 2 / 2 * jax.grad(potential)(y, t)

    rates = jax.vmap(lambda y, t: (velocity(y, t), _divergence(velocity, y, t)), (0, None))

    def advance(carry: tuple[Array, Array], index: Array) -> tuple[tuple[Array, Array], None]:
        at, total = carry
        t = index * step
        first, a = rates(at, t)
        second, b = rates(at + step / 2 * first, t + step / 2)
        third, c = rates(at + step / 2 * second, t + step / 2)
        fourth, d = rates(at + step * third, t + step)
        moved = at + step / 6 * (first + 2 * second + 2 * third + fourth)
        return (moved, total + step / 6 * (a + 2 * b + 2 * c + d)), None

    (end, total), _ = jax.lax.scan(advance, (x, jnp.zeros(len(x), x.dtype)), jnp.arange(steps))
    return jax.vmap(prior)(end) + total


@eqx.filter_jit
def _path_exponents(
    potential: Potential,
    process: Process,
    prior: Callable[[Vector], Scalar],
    x: Float[Array, "n d"],
    horizon: float,
    key: Array,
    pairs: int,
    steps: int,
) -> Float[Array, "n 2 pairs"]:
    """Integral of the residual along paths from each point, and log pi - phi at its end; the second axis holds antithetic paths."""
    residual = fokker_planck_residual(potential, process)
    many = jax.vmap(jax.vmap(jax.vmap(residual, (0, None)), (0, None)), (0, None))
    step = jnp.asarray(horizon, x.dtype) / steps
    at = jnp.broadcast_to(x[:, None, None, :], (x.shape[0], 2, pairs, x.shape[1]))

    def advance(carry: tuple[Array, Array, Array], index: Array) -> tuple[tuple[Array, Array, Array], None]:
        at, before, total = carry
        half = jax.random.normal(jax.random.fold_in(key, index), (1, 1, pairs, x.shape[1]), x.dtype)
        at = process.moved(at, index * step, step, jnp.concatenate([half, -half], axis=1) + jnp.zeros_like(at))
        after = many(at, (index + 1) * step)
        return (at, after, total + step * (before + after) / 2), None

    begin = many(at, jnp.zeros((), x.dtype))
    (at, _, total), _ = jax.lax.scan(advance, (at, begin, jnp.zeros_like(begin)), jnp.arange(steps))
    end = jax.vmap(jax.vmap(jax.vmap(lambda y: prior(y) - potential(y, jnp.asarray(horizon, x.dtype)))))(at)
    return total + end


@eqx.filter_jit
def _residuals(potential: Potential, process: Process, x: Array, t: Array, probes: Array | None) -> Array:
    return jax.vmap(fokker_planck_residual(potential, process))(x, t, probes)


@eqx.filter_jit
def _residual_gradients(potential: Potential, process: Process, x: Array, t: Array) -> Array:
    return jax.vmap(jax.grad(fokker_planck_residual(potential, process)))(x, t)


@eqx.filter_jit
def _score_residuals(score: Score, process: Process, x: Array, t: Array) -> Array:
    def flux(y: Vector, r: Scalar) -> Scalar:
        s = score(y, r)
        half = process.noise(r) ** 2 / 2
        drift = process.drift(y, r)
        return (
            _divergence(process.drift, y, r) + jnp.vdot(drift, s) - half * (_divergence(score, y, r) + jnp.vdot(s, s))
        )

    return jax.vmap(lambda y, r: jax.jacfwd(score, argnums=1)(y, r) + jax.grad(flux)(y, r))(x, t)


@eqx.filter_jit
def _score_curl(score: Score, x: Array, t: Array) -> Array:
    def curl(y: Vector, r: Scalar) -> Scalar:
        jacobian = jax.jacfwd(score)(y, r)
        return jnp.sqrt(jnp.sum((jacobian - jacobian.T) ** 2) / 2)

    return jax.vmap(curl)(x, t)


def _divergence(field: Callable[[Vector, Scalar], Vector], x: Vector, t: Scalar) -> Scalar:
    value, product = jax.linearize(lambda y: field(y, t), x)
    return jnp.trace(jax.vmap(product)(jnp.eye(x.size, dtype=value.dtype)))


def _points(x: ArrayLike, t: ArrayLike) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " n"]]:
    points, times = np.asarray(x, dtype=float), np.asarray(t, dtype=float)
    if points.ndim != 2 or points.size == 0 or not np.isfinite(points).all():
        raise ValueError(f"x must be finite points of shape (n, d); got shape {points.shape}")
    if times.shape not in ((), (len(points),)) or not np.isfinite(times).all():
        raise ValueError(f"t must be one finite time or {len(points)}; got shape {times.shape}")
    return points, np.broadcast_to(times, (len(points),)).copy()


def _finite(what: str, values: np.ndarray) -> np.ndarray:
    if not np.isfinite(values).all():
        raise NotFinite(f"{what} is not finite at {int((~np.isfinite(values)).sum())} of {values.size} places")
    return values
