"""Gaussian mixtures carried along by an interpolant: density, velocity, score and divergence in closed form, in any dimension.

Between mixtures with weights p_i, q_j, means m_i, n_j and covariances C_i, D_j the law of x_t = α x0 + β x1 + γ z is a mixture over
pairs, with means M = α m + β n and covariances S = α² C + β² D + αβ (K + Kᵀ) + γ² 1, where K = Cov(x0, x1) within a pair (zero
where the ends are independent). In a pair the velocity is E[x_t' | x_t = x] = M' + G (x − M), G = Cov(x_t', x_t) S⁻¹; G is not
symmetric in general, so neither need the velocity be a gradient. Derived here from the Gaussian conditional expectation.
Every sampler and loss of this family is checked against these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from .interpolants import Interpolant, check_times

LOG_TWO_PI = math.log(2 * math.pi)


class ShapeError(ValueError):
    """Arrays whose dimensions do not fit together."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture of K components in d dimensions: `weights` (K,), `means` (K, d), `covariances` (K, d, d).

    Means may be given as (K,) in one dimension; covariances as (K,), variances of isotropic components. Raises ValueError for
    weights that are not positive or do not sum to one within 1e-6 and, with the component's index, for a covariance that is not
    symmetric and positive definite; ShapeError for shapes that do not fit.
    """

    weights: Float[np.ndarray, " k"]
    means: Float[np.ndarray, "k d"]
    covariances: Float[np.ndarray, "k d d"]

    def __post_init__(self) -> None:
        weights, means, covariances = (
            np.array(each, dtype=float) for each in (self.weights, self.means, self.covariances)
        )
        means = means[:, None] if means.ndim == 1 else means
        if weights.ndim != 1 or means.ndim != 2 or len(means) != len(weights):
            raise ShapeError(f"weights (K,) and means (K, d) must fit; got shapes {weights.shape} and {means.shape}")
        if not (np.isfinite(weights).all() and (weights > 0).all() and abs(weights.sum() - 1) <= 1e-6):
            raise ValueError(f"weights must be positive and sum to one; they sum to {weights.sum():.8g}")
        if not np.isfinite(means).all():
            raise ValueError("means must be finite")
        if covariances.ndim == 1:
            covariances = covariances[:, None, None] * np.eye(means.shape[1])
        if covariances.shape != (*means.shape, means.shape[1]):
            raise ShapeError(f"covariances must have shape (K, d, d) or (K,); got {covariances.shape}")
        for index, matrix in enumerate(covariances):
            symmetric = np.isfinite(matrix).all() and np.allclose(matrix, matrix.T, rtol=1e-10, atol=1e-12)
            if not (symmetric and np.linalg.eigvalsh(matrix).min() > 0):
                raise ValueError(f"covariance {index} must be symmetric and positive definite; it is not")
        for name, value in (("weights", weights / weights.sum()), ("means", means), ("covariances", covariances)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    @property
    def dimension(self) -> int:
        """The dimension d of a sample."""
        return int(self.means.shape[1])

    def log_density(self, x: ArrayLike) -> Float[np.ndarray, " n"]:
        """Log density at points (n, d), or (n,) in one dimension."""
        points = as_points(x, self.dimension)
        terms = []
        for weight, mean, covariance in zip(self.weights, self.means, self.covariances, strict=True):
            root = np.linalg.cholesky(covariance)
            scaled = np.linalg.solve(root, (points - mean).T)
            log_det = 2 * np.log(np.diag(root)).sum()
            terms.append(math.log(weight) - 0.5 * ((scaled**2).sum(0) + log_det + self.dimension * LOG_TWO_PI))
        return np.logaddexp.reduce(np.array(terms), axis=0)

    def sample(self, count: int, seed: int | np.random.Generator) -> Float[np.ndarray, "n d"]:
        """Draw points (count, d). Raises ValueError unless count is a positive integer."""
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"count must be a positive integer; got {count!r}")
        generator = np.random.default_rng(seed)
        labels = generator.choice(len(self.weights), size=count, p=self.weights)
        roots = np.linalg.cholesky(self.covariances)
        noise = generator.standard_normal((count, self.dimension))
        return self.means[labels] + np.einsum("nij,nj->ni", roots[labels], noise)


class MixtureFields(NamedTuple):
    """What is known of the law of x_t at points: velocity and score (n, d), divergence of the velocity and log density (n,)."""

    velocity: Array
    score: Array
    divergence: Array
    log_density: Array


class InterpolatedMixture(eqx.Module):
    """The law of an interpolant between two mixtures, over all pairs of their components.

    Programs that it enters compute in the precision of their JAX scope.

    `cross` (K0, K1, d, d) or a number is the covariance K of x0 and x1 within each pair; `pair_weights` (K0, K1) replaces the
    product of the weights. A one-sided or mirror interpolant has no start: give None. Raises ValueError for a start that a kind
    cannot take or a pair's covariance that is not positive definite, ShapeError for ends of different dimension.
    """

    log_weights: Float[np.ndarray, " pairs"]
    start_means: Float[np.ndarray, "pairs d"]
    end_means: Float[np.ndarray, "pairs d"]
    start_covariances: Float[np.ndarray, "pairs d d"]
    end_covariances: Float[np.ndarray, "pairs d d"]
    cross: Float[np.ndarray, "pairs d d"]
    interpolant: Interpolant = eqx.field(static=True)

    def __init__(
        self,
        start: Mixture | None,
        end: Mixture,
        interpolant: Interpolant,
        *,
        cross: ArrayLike = 0.0,
        pair_weights: ArrayLike | None = None,
    ) -> None:
        if (start is None) != (interpolant.kind != "two-sided"):
            needs = "needs a start" if start is None else "takes no start (None): use two_sided for a start of your own"
            raise (ValueError if start is None else TypeError)(f"a {interpolant.kind} interpolant {needs}")
        first = start if start is not None else Mixture(np.ones(1), np.zeros((1, end.dimension)), np.ones(1))
        if first.dimension != end.dimension:
            raise ShapeError(f"start and end must have one dimension; got {first.dimension} and {end.dimension}")
        k, m, d = len(first.weights), len(end.weights), end.dimension
        pairs = np.outer(first.weights, end.weights) if pair_weights is None else np.asarray(pair_weights, dtype=float)
        if pairs.shape != (k, m) or not (pairs >= 0).all() or abs(pairs.sum() - 1) > 1e-6:
            raise ValueError(f"pair_weights must have shape {(k, m)}, not be negative and sum to one")
        joint = np.asarray(cross, dtype=float)
        joint = joint * np.eye(d) if joint.ndim == 0 else joint
        joint = np.broadcast_to(joint, (k, m, d, d)).reshape(-1, d, d)
        rows, columns = np.repeat(np.arange(k), m), np.tile(np.arange(m), k)
        check_joint(first.covariances[rows], end.covariances[columns], joint)
        with np.errstate(divide="ignore"):
            self.log_weights = np.log(pairs.ravel())
        self.start_means, self.end_means = first.means[rows], end.means[columns]
        self.start_covariances, self.end_covariances = first.covariances[rows], end.covariances[columns]
        self.cross = joint
        self.interpolant = interpolant

    def fields(self, t: Float[Array, ""], x: Float[Array, "n d"]) -> MixtureFields:
        """Velocity, score, divergence and log density at one time and points (n, d), traceable by JAX."""
        at = self.interpolant.coefficients(jnp.asarray(t, dtype=x.dtype))
        d = x.shape[-1]
        crossed = self.cross + np.swapaxes(self.cross, -1, -2)
        covariance = (
            at.alpha**2 * self.start_covariances
            + at.beta**2 * self.end_covariances
            + at.alpha * at.beta * crossed
            + at.gamma**2 * jnp.eye(d, dtype=x.dtype)
        )
        # Cov(x_t', x_t): its symmetric part is half the covariance's derivative.
        moving = (
            at.alpha * at.alpha_rate * self.start_covariances
            + at.beta * at.beta_rate * self.end_covariances
            + at.alpha_rate * at.beta * self.cross
            + at.beta_rate * at.alpha * np.swapaxes(self.cross, -1, -2)
            + at.gamma_product * jnp.eye(d, dtype=x.dtype)
        )
        inverse, log_determinant = _inverse(covariance)
        gain = moving @ inverse if d > 1 else moving * inverse
        away = x - (at.alpha * self.start_means + at.beta * self.end_means)[:, None, :]
        scores = -_apply(inverse, away)
        log_terms = (self.log_weights - 0.5 * (log_determinant + d * LOG_TWO_PI))[:, None] + 0.5 * (scores * away).sum(
            -1
        )
        largest = jax.lax.stop_gradient(log_terms.max(0))
        terms = jnp.exp(log_terms - largest)
        total = terms.sum(0)
        share, log_density = terms / total, largest + jnp.log(total)
        velocities = (at.alpha_rate * self.start_means + at.beta_rate * self.end_means)[:, None, :] + _apply(gain, away)
        score = (share[..., None] * scores).sum(0)
        velocity = (share[..., None] * velocities).sum(0)
        traces = jnp.trace(gain, axis1=-2, axis2=-1)[:, None]
        divergence = (share * (traces + (velocities * (scores - score)).sum(-1))).sum(0)
        return MixtureFields(velocity, score, divergence, log_density)

    def velocity(self, t: Float[Array, ""], x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """b(t, x) = E[x_t' | x_t = x]."""
        return self.fields(t, x).velocity

    def score(self, t: Float[Array, ""], x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """s(t, x) = ∇ log ρ(t, x)."""
        return self.fields(t, x).score

    def latent_mean(self, t: Float[Array, ""], x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """η(t, x) = E[z | x_t = x] = −γ s."""
        return -self.interpolant.coefficients(jnp.asarray(t, dtype=x.dtype)).gamma * self.score(t, x)


def mixture_fields(law: InterpolatedMixture, t: float, x: ArrayLike) -> MixtureFields:
    """All fields at a time and points (n, d) as float64 NumPy arrays. Raises ValueError for a time outside [0, 1]."""
    check_times(t)
    with jax.enable_x64(True):
        points = jnp.asarray(as_points(x, law.start_means.shape[1]))
        return jax.tree_util.tree_map(np.asarray, _fields(law, jnp.float64(t), points))


def as_points(x: ArrayLike, dimension: int) -> Float[np.ndarray, "n d"]:
    """Points as an array (n, d); one dimension may be given as (n,). Raises ShapeError, and ValueError where a row holds a NaN."""
    points = np.asarray(x, dtype=float)
    points = points[:, None] if points.ndim == 1 and dimension == 1 else points
    if points.ndim != 2 or points.shape[1] != dimension or len(points) == 0:
        raise ShapeError(f"points must have shape (n, {dimension}) with n at least 1; got {points.shape}")
    if bad := int((~np.isfinite(points)).any(axis=1).sum()):
        raise ValueError(f"points must be finite; {bad} of {len(points)} rows are not")
    return points


def check_joint(start: np.ndarray, end: np.ndarray, cross: np.ndarray) -> None:
    """Raises ValueError, with the pair's index, unless every joint covariance [[C, K], [Kᵀ, D]] is positive semidefinite."""
    joint = np.concatenate(
        [np.concatenate([start, cross], axis=2), np.concatenate([np.swapaxes(cross, 1, 2), end], axis=2)], axis=1
    )
    smallest = np.linalg.eigvalsh(joint).min(axis=1)
    if not (smallest >= -1e-9 * np.abs(joint).max()).all():
        raise ValueError(f"cross is larger than the ends' covariances allow in pair {int(np.argmin(smallest))}")


@eqx.filter_jit
def _fields(law: InterpolatedMixture, t: Array, x: Array) -> MixtureFields:
    return law.fields(t, x)


def _inverse(matrices: Float[Array, "k d d"]) -> tuple[Array, Array]:
    """Inverse and log determinant of positive definite matrices; without a factorization in one dimension."""
    if matrices.shape[-1] == 1:
        return 1 / matrices, jnp.log(matrices[:, 0, 0])
    root = jnp.linalg.cholesky(matrices)
    unit = jnp.broadcast_to(jnp.eye(matrices.shape[-1], dtype=matrices.dtype), matrices.shape)
    half = jax.scipy.linalg.solve_triangular(root, unit, lower=True)
    log_determinant = 2 * jnp.log(jnp.diagonal(root, axis1=-2, axis2=-1)).sum(-1)
    return jnp.swapaxes(half, -1, -2) @ half, log_determinant


def _apply(matrices: Float[Array, "k d d"], vectors: Float[Array, "k n d"]) -> Float[Array, "k n d"]:
    if matrices.shape[-1] == 1:
        return matrices * vectors
    return jnp.einsum("kij,knj->kni", matrices, vectors)
