"""The Schrödinger bridge between Gaussians: the law of interpolants that minimizes the action ∫ E|b + ε s|² dt.

The linear interpolant with γ² = 2ε t(1−t) and the entropic plan as coupling is the bridge of the reference process √(2ε)
dW. Between centered Gaussians of covariances A and C that plan has the cross-covariance K = A^½ (A^½ C A^½ + ε² 1)^½ A^-½
− ε 1. In one dimension κ = √(ac + ε²) − ε, and the least action is a + c − 2P + ε ln((P + ε)/(P − ε)) − ε ln(c/a), P = κ
+ ε. Derived here: Euler-Lagrange of ∫(σ' − ε/σ)² dt is σ'' = −ε²/σ³, solved where σ² is a quadratic in t of discriminant
4ε²; the matrix form agrees with Janati et al., arXiv 2006.02572. Two other roads find κ: minimizing the exact action, and
minimizing the action regressed from simulated pairs.
"""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from .gaussian_mixture import InterpolatedMixture, Mixture, ShapeError
from .interpolants import bridge_interpolant

NODES = 64
BATCHES = 20


def gaussian_bridge_coupling(start: ArrayLike, end: ArrayLike, noise: float) -> Float[np.ndarray, "d d"]:
    """Cross-covariance K of the ends of the bridge of noise ε between centered Gaussians of covariances (d, d), or variances.

    Raises ValueError for covariances that are not positive definite, ShapeError for ones that do not fit. Source: see the module.
    """
    first, second = (np.atleast_2d(np.asarray(each, dtype=float)) for each in (start, end))
    _checked_noise(noise)
    if first.shape != second.shape or first.shape[0] != first.shape[1]:
        raise ShapeError(f"start and end must be covariances of one dimension; got {first.shape} and {second.shape}")
    root, unroot = _roots(first, "start")
    _roots(second, "end")
    inner, _ = _roots(root @ second @ root + noise**2 * np.eye(len(root)), "end")
    return root @ inner @ unroot - noise * np.eye(len(root))


def gaussian_bridge_action(start_variance: float, end_variance: float, noise: float) -> float:
    """The least action ∫ E|b + ε s|² dt between centered Gaussians on the line. Raises ValueError unless all are positive."""
    a, c, _ = _checked_line(start_variance, end_variance, noise)
    polar = math.sqrt(a * c + noise**2)
    # (P + ε)/(P − ε) = (P + ε)²/(ac), without the cancellation of large noise.
    return a + c - 2 * polar + 2 * noise * math.log((polar + noise) / c)


def coupled_gaussians(start_variance: float, end_variance: float, noise: float, coupling: float) -> InterpolatedMixture:
    """The law of the bridge's interpolant between centered Gaussians on the line whose ends have the covariance `coupling`."""
    a, c, _ = _checked_line(start_variance, end_variance, noise)
    start, end = (Mixture(np.ones(1), np.zeros(1), np.array([variance])) for variance in (a, c))
    return InterpolatedMixture(start, end, bridge_interpolant(noise), cross=coupling)


def coupled_action(start_variance: float, end_variance: float, noise: float, coupling: float) -> float:
    """The action ∫ E|b + ε s|² dt of the interpolant with any coupling, from the exact velocity and score of its law."""
    law = coupled_gaussians(start_variance, end_variance, noise, coupling)
    times, weights = _legendre()
    with jax.enable_x64(True):
        return float(np.asarray(_drift_squares(law, jnp.asarray(times), jnp.float64(noise))) @ weights)


def minimized_coupling(start_variance: float, end_variance: float, noise: float) -> tuple[float, float]:
    """The coupling of least action, found by minimizing the exact action, and that action."""
    a, c, _ = _checked_line(start_variance, end_variance, noise)
    largest = math.sqrt(a * c)
    found = minimize_scalar(
        lambda coupling: coupled_action(a, c, noise, coupling),
        bounds=(-largest, largest),
        method="bounded",
        options={"xatol": 1e-10 * largest},
    )
    return float(found.x), float(found.fun)


def simulated_coupling(
    start_variance: float, end_variance: float, noise: float, *, pairs: int, seed: int
) -> tuple[Measured, Measured]:
    """The coupling of least action and that action, from simulated pairs alone, with errors from 20 batches.

    In each batch the drift is the regression of the interpolant's rate on its position, E[∂_t I + (γ' − ε/γ) z | x_t], over
    antithetic ±z, and the coupling minimizes its mean square (the max-min problem of arXiv 2303.08797). Raises ValueError unless
    there are 40 pairs.
    """
    a, c, _ = _checked_line(start_variance, end_variance, noise)
    if pairs < 2 * BATCHES:
        raise ValueError(f"pairs must be at least {2 * BATCHES}; got {pairs}")
    generator, largest = np.random.default_rng(seed), math.sqrt(a * c)
    found = []
    for _ in range(BATCHES):
        draws = generator.standard_normal((3, pairs // BATCHES))
        moments = draws @ draws.T / draws.shape[1]
        best = minimize_scalar(
            lambda coupling, moments=moments: _regressed_action(a, c, noise, coupling, moments),
            bounds=(-largest, largest),
            method="bounded",
            options={"xatol": 1e-7 * largest},
        )
        found.append((best.x, best.fun))
    couplings, actions = zip(*found, strict=True)
    return mean_estimate(couplings), mean_estimate(actions)


def _regressed_action(a: float, c: float, noise: float, coupling: float, moments: np.ndarray) -> float:
    """Mean square of the regressed drift, from the second moments (3, 3) of the standard normals behind x0, x1 and z.

    Averaged over ±z, the moments of z with x0 and x1 vanish, and with them terms that diverge at t = 1.
    """
    times, weights = _legendre()
    mixing = np.array([[math.sqrt(a), 0.0], [coupling / math.sqrt(a), math.sqrt(max(c - coupling**2 / a, 0.0))]])
    ends, latent = mixing @ moments[:2, :2] @ mixing.T, moments[2, 2]
    place, rate = np.stack([1 - times, times]), np.array([-1.0, 1.0])
    gamma_square, gamma_product = 2 * noise * times * (1 - times), noise * (1 - 2 * times)
    squares = np.einsum("it,ij,jt->t", place, ends, place) + gamma_square * latent
    products = np.einsum("i,ij,jt->t", rate, ends, place) + (gamma_product - noise) * latent
    return float(products**2 / squares @ weights)


@eqx.filter_jit
def _drift_squares(law: InterpolatedMixture, times: Array, noise: Array) -> Array:
    """E|b + ε s|² at times, for a law whose fields are linear: their values at x = 1 and the variance −1/s(1) decide."""

    def at(t: Array) -> Array:
        fields = law.fields(t, jnp.ones((1, 1), dtype=times.dtype))
        drift = fields.velocity + noise * fields.score
        return (drift**2 / -fields.score)[0, 0]

    return jax.vmap(at)(times)


def _legendre() -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1) / 2, weights / 2


def _roots(matrix: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric square root of a positive definite matrix, and its inverse."""
    values, vectors = np.linalg.eigh(matrix)
    if not (np.allclose(matrix, matrix.T) and values.min() > 0):
        raise ValueError(f"{name} must be symmetric and positive definite; its least eigenvalue is {values.min():g}")
    return (vectors * np.sqrt(values)) @ vectors.T, (vectors / np.sqrt(values)) @ vectors.T


def _checked_line(start_variance: float, end_variance: float, noise: float) -> tuple[float, float, float]:
    for name, value in (("start_variance", start_variance), ("end_variance", end_variance)):
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} must be positive and finite; got {value!r}")
    _checked_noise(noise)
    return float(start_variance), float(end_variance), float(noise)


def _checked_noise(noise: float) -> None:
    if not (noise > 0 and math.isfinite(noise)):
        raise ValueError(f"noise must be positive and finite; got {noise!r}")
