"""Stochastic interpolants: x_t = α(t) x0 + β(t) x1 + γ(t) z between samples of two laws, z standard normal, t in [0, 1].

Two-sided: α(0) = β(1) = 1, α(1) = β(0) = 0 and γ(0) = γ(1) = 0. One-sided, from a standard normal law: x_t = β(t) x1 + γ(t) z
with γ(0) = β(1) = 1 and γ(1) = β(0) = 0, the noise being the start itself (arXiv 2303.08797 calls this γ α). Mirror, from a law to
itself: x_t = x1 + γ(t) z. Schedules are pure functions with analytic derivatives; of γ the product γ γ' is given, which stays
finite where γ' does not. Source: arXiv 2303.08797.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..errors import PhasebookError

Kind = Literal["two-sided", "one-sided", "mirror"]
Path = Literal["linear", "trigonometric", "encoding-decoding", "mirror"]
Latent = Literal["brownian", "quadratic", "sine", "none"]
OneSidedPath = Literal["linear", "trigonometric", "variance-preserving"]
BOUNDARIES: dict[str, dict[str, tuple[float, float]]] = {
    "two-sided": {"alpha": (1.0, 0.0), "beta": (0.0, 1.0), "gamma": (0.0, 0.0)},
    "one-sided": {"alpha": (0.0, 0.0), "beta": (0.0, 1.0), "gamma": (1.0, 0.0)},
    "mirror": {"alpha": (0.0, 0.0), "beta": (1.0, 1.0), "gamma": (0.0, 0.0)},
}


class BoundaryConditionError(PhasebookError, ValueError):
    """A schedule that does not begin and end where its kind of interpolant must, or whose derivative is another function's."""


class Coefficients(NamedTuple):
    """The schedules at a time: α, β, γ, the derivatives of α and β, and the product γ γ'."""

    alpha: Array
    beta: Array
    gamma: Array
    alpha_rate: Array
    beta_rate: Array
    gamma_product: Array

    @property
    def gamma_rate(self) -> Array:
        """γ' = γ γ' / γ; infinite, or 0/0, where γ vanishes."""
        return self.gamma_product / self.gamma


@dataclass(frozen=True)
class Interpolant:
    """A kind of interpolant and its schedules: `coefficients(t)` gives all of them for times of any shape.

    Raises BoundaryConditionError where a schedule misses its value at t = 0 or 1, γ is negative, or a derivative is wrong.
    """

    name: str
    kind: Kind
    coefficients: Callable[[Float[Array, "*times"]], Coefficients]

    def __post_init__(self) -> None:
        if self.kind not in BOUNDARIES:
            raise ValueError(f"kind must be one of {', '.join(BOUNDARIES)}; got {self.kind!r}")
        _check_schedules(self)

    def position(
        self,
        t: Float[Array, "*batch"],
        start: Float[Array, "*batch d"],
        end: Float[Array, "*batch d"],
        latent: Float[Array, "*batch d"],
    ) -> Float[Array, "*batch d"]:
        """The point x_t of a pair and its latent noise; a one-sided or mirror interpolant takes no notice of `start`."""
        at = self.coefficients(t)
        return at.alpha[..., None] * start + at.beta[..., None] * end + at.gamma[..., None] * latent

    def mean_rate(
        self, t: Float[Array, "*batch"], start: Float[Array, "*batch d"], end: Float[Array, "*batch d"]
    ) -> Float[Array, "*batch d"]:
        """The time derivative of x_t without the part γ' z of its latent noise."""
        at = self.coefficients(t)
        return at.alpha_rate[..., None] * start + at.beta_rate[..., None] * end


@functools.cache
def two_sided(path: Path = "linear", latent: Latent | None = None, *, scale: float = 1.0) -> Interpolant:
    """An interpolant between two laws (or, on the path `mirror`, of one law with itself).

    `latent` is γ: brownian √(a t(1−t)), quadratic a t(1−t), sine a sin²(πt), none 0, with a = `scale`; by default brownian, and
    sine for encoding-decoding, whose law is then exactly standard normal at t = 1/2. Paths: linear α = 1−t, β = t; trigonometric
    α, β = √(1−γ²) cos, sin(πt/2), which keeps unit variances; encoding-decoding α = cos²(πt) before t = 1/2, β after.
    The same arguments give the same object. Raises ValueError for unknown names, a negative scale, or a γ that a path cannot take.
    """
    chosen: Latent = latent or ("sine" if path == "encoding-decoding" else "brownian")
    if path not in get_args(Path):
        raise ValueError(f"path must be one of {', '.join(get_args(Path))}; got {path!r}")
    if chosen not in get_args(Latent):
        raise ValueError(f"latent must be one of {', '.join(get_args(Latent))}; got {chosen!r}")
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"scale must be positive and finite; got {scale!r}")
    if path == "trigonometric" and float(_LARGEST[chosen](scale)) >= 1:
        raise ValueError(
            f"the trigonometric path needs a latent noise γ below 1; {chosen} with scale {scale:g} reaches 1"
        )
    if path in ("encoding-decoding", "mirror") and chosen == "none":
        raise ValueError(f"the {path} path needs a latent noise; got latent='none'")
    paths = {"linear": _linear, "trigonometric": _trigonometric, "encoding-decoding": _encoding, "mirror": _resting}

    def coefficients(t: Array) -> Coefficients:
        gamma, product = _LATENTS[chosen](t, scale)
        alpha, alpha_rate, beta, beta_rate = paths[path](t, gamma, product)
        return Coefficients(alpha, beta, gamma, alpha_rate, beta_rate, product)

    return Interpolant(f"{path}, {chosen} latent", "mirror" if path == "mirror" else "two-sided", coefficients)


@functools.cache
def one_sided(path: OneSidedPath = "linear") -> Interpolant:
    """An interpolant from the standard normal law: linear, trigonometric or variance-preserving (γ = √(1−t²), β = t).

    The last one is score-based diffusion after a change of time. The same argument gives the same object.
    """
    if path not in _ONE_SIDED:
        raise ValueError(f"path must be one of {', '.join(_ONE_SIDED)}; got {path!r}")

    def coefficients(t: Array) -> Coefficients:
        beta, beta_rate, gamma, product = _ONE_SIDED[path](jnp.asarray(t))
        return Coefficients(jnp.zeros_like(beta), beta, gamma, jnp.zeros_like(beta), beta_rate, product)

    return Interpolant(f"one-sided {path}", "one-sided", coefficients)


def bridge_interpolant(noise: float) -> Interpolant:
    """The linear interpolant with γ² = 2ε t(1−t): with the entropic coupling of the ends it is the Schrödinger bridge of noise ε.

    Raises ValueError unless the noise is positive.
    """
    if not noise > 0:
        raise ValueError(f"noise must be positive; got {noise!r}")
    return two_sided("linear", "brownian", scale=2.0 * float(noise))


def check_times(t: Float[np.ndarray, "*times"] | float) -> None:
    """Raises ValueError unless all times lie in [0, 1]."""
    times = np.asarray(t, dtype=float)
    if not ((times >= 0) & (times <= 1)).all():
        raise ValueError(f"t must lie in [0, 1]; got {times.flat[np.argmin((times >= 0) & (times <= 1))]:g}")


def _brownian(t: Array, scale: float) -> tuple[Array, Array]:
    return jnp.sqrt(scale * t * (1 - t)), 0.5 * scale * (1 - 2 * t)


def _quadratic(t: Array, scale: float) -> tuple[Array, Array]:
    gamma = scale * t * (1 - t)
    return gamma, gamma * scale * (1 - 2 * t)


def _sine(t: Array, scale: float) -> tuple[Array, Array]:
    gamma = scale * jnp.sin(jnp.pi * t) ** 2
    return gamma, gamma * scale * jnp.pi * jnp.sin(2 * jnp.pi * t)


def _no_latent(t: Array, scale: float) -> tuple[Array, Array]:
    return jnp.zeros_like(t), jnp.zeros_like(t)


_LATENTS = {"brownian": _brownian, "quadratic": _quadratic, "sine": _sine, "none": _no_latent}
_LARGEST: dict[str, Callable[[float], float]] = {
    "brownian": lambda scale: scale**0.5 / 2,
    "quadratic": lambda scale: scale / 4,
    "sine": lambda scale: scale,
    "none": lambda scale: 0.0,
}


def _linear(t: Array, gamma: Array, product: Array) -> tuple[Array, Array, Array, Array]:
    return 1 - t, -jnp.ones_like(t), t, jnp.ones_like(t)


def _trigonometric(t: Array, gamma: Array, product: Array) -> tuple[Array, Array, Array, Array]:
    radius = jnp.sqrt(1 - gamma**2)
    shrink, cosine, sine = -product / radius, jnp.cos(jnp.pi * t / 2), jnp.sin(jnp.pi * t / 2)
    turn = radius * jnp.pi / 2
    return radius * cosine, shrink * cosine - turn * sine, radius * sine, shrink * sine + turn * cosine


def _encoding(t: Array, gamma: Array, product: Array) -> tuple[Array, Array, Array, Array]:
    value, rate, zero = jnp.cos(jnp.pi * t) ** 2, -jnp.pi * jnp.sin(2 * jnp.pi * t), jnp.zeros_like(t)
    first = t <= 0.5
    return (
        jnp.where(first, value, zero),
        jnp.where(first, rate, zero),
        jnp.where(first, zero, value),
        jnp.where(first, zero, rate),
    )


def _resting(t: Array, gamma: Array, product: Array) -> tuple[Array, Array, Array, Array]:
    zero = jnp.zeros_like(t)
    return zero, zero, jnp.ones_like(t), zero


_ONE_SIDED: dict[str, Callable[[Array], tuple[Array, Array, Array, Array]]] = {
    "linear": lambda t: (t, jnp.ones_like(t), 1 - t, t - 1),
    "trigonometric": lambda t: (
        jnp.sin(jnp.pi * t / 2),
        jnp.pi / 2 * jnp.cos(jnp.pi * t / 2),
        jnp.cos(jnp.pi * t / 2),
        -jnp.pi / 4 * jnp.sin(jnp.pi * t),
    ),
    "variance-preserving": lambda t: (t, jnp.ones_like(t), jnp.sqrt(jnp.maximum(1 - t * t, 0.0)), -t),
}


def _check_schedules(interpolant: Interpolant) -> None:
    """Values at the ends, the sign of γ, and derivatives against central differences at inner times."""
    inner, step = np.linspace(0.03, 0.97, 48), 1e-5  # misses t = 1/2, where a path may have a kink
    with jax.enable_x64(True):
        ends = interpolant.coefficients(jnp.array([0.0, 1.0]))
        middle = interpolant.coefficients(jnp.asarray(inner))
        later, earlier = (interpolant.coefficients(jnp.asarray(inner + shift)) for shift in (step, -step))
        ends, middle, later, earlier = (
            jax.tree_util.tree_map(np.asarray, group) for group in (ends, middle, later, earlier)
        )
    for name, wanted in BOUNDARIES[interpolant.kind].items():
        for time, value, target in zip((0, 1), getattr(ends, name), wanted, strict=True):
            if not abs(value - target) < 1e-9:
                raise BoundaryConditionError(
                    f"{name}({time}) of a {interpolant.kind} interpolant must be {target:g}; got {value:g}"
                )
    if not (middle.gamma >= 0).all():
        raise BoundaryConditionError("gamma must not be negative inside [0, 1]")
    for name in ("alpha", "beta"):
        slope = (getattr(later, name) - getattr(earlier, name)) / (2 * step)
        if not np.allclose(slope, getattr(middle, f"{name}_rate"), rtol=1e-5, atol=1e-5):
            raise BoundaryConditionError(f"{name}_rate is not the derivative of {name}")
    slope = (later.gamma**2 - earlier.gamma**2) / (4 * step)
    if not np.allclose(slope, middle.gamma_product, rtol=1e-5, atol=1e-5):
        raise BoundaryConditionError("gamma_product is not gamma times its derivative")
