"""Natural gradient: steepest descent in the Fisher metric, the same path in any coordinates.

dθ/dt = −F(θ)⁻¹ ∇L with F = E[s sᵀ], s the score of the model. Source: S. Amari, Neural Computation 10, 251 (1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Coordinates = Literal["deviation", "log-deviation", "natural"]
NODES = 24  # of Gauss and Hermite: exact for the scores of a Gaussian
MOST_STEPS = 1_000_000


@dataclass(frozen=True, eq=False)
class Flow:
    """A path: times (steps + 1,) and parameters (steps + 1, n)."""

    times: Array
    parameters: Array


def gradient_flow(
    loss: Callable[[Any], Any],
    start: ArrayLike,
    *,
    duration: float,
    step: float,
    fisher: Callable[[Any], Any] | None = None,
    damping: float = 0.0,
) -> Flow:
    """The descent of a loss written in JAX by the classical Runge-Kutta method: along the natural gradient
    (F + ε1)⁻¹ ∇L where `fisher` is given, else along the plain one.

    Raises ValueError for wrong input, and where the path leaves the finite numbers.
    """
    for name, value in (("duration", duration), ("step", step)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be positive and finite; got {value!r}")
    _check_damping(damping)
    begin = np.asarray(start, dtype=float)
    if begin.ndim != 1 or not np.isfinite(begin).all():
        raise ValueError(f"start must be a list of finite numbers; got {start!r}")
    steps = max(1, round(duration / step))
    if steps > MOST_STEPS:
        raise ValueError(f"step must make at most {MOST_STEPS} steps; got {steps}")
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        gradient = jax.grad(loss)

        def velocity(theta: Any) -> Any:
            if fisher is None:
                return -gradient(theta)
            return -jnp.linalg.solve(fisher(theta) + damping * jnp.eye(theta.size), gradient(theta))

        length = duration / steps

        def advance(theta: Any, _: Any) -> tuple[Any, Any]:
            # The four stages in a loop: their code is compiled once.
            def stage(held: Any, coefficients: Any) -> tuple[Any, None]:
                last, total = held
                slope = velocity(theta + coefficients[0] * length * last)
                return (slope, total + coefficients[1] * slope), None

            (_last, total), _ = jax.lax.scan(stage, (0 * theta, 0 * theta), stages)
            return theta + length * total, theta + length * total

        stages = jnp.array([[0, 1 / 6], [1 / 2, 1 / 3], [1 / 2, 1 / 3], [1, 1 / 6]])
        path = jax.jit(lambda first: jax.lax.scan(advance, first, None, length=steps)[1])(jnp.asarray(begin))
        parameters = np.concatenate([begin[None], np.asarray(path)])
    if not np.isfinite(parameters).all():
        raise ValueError("the descent left the finite numbers: take a smaller step, or damping")
    return Flow(np.linspace(0.0, duration, steps + 1), parameters)


def natural_step(fisher: ArrayLike, gradient: ArrayLike, *, damping: float = 0.0) -> Array:
    """The direction −(F + ε1)⁻¹ ∇L. Raises ValueError where F + ε1 is not positive definite, with its smallest
    eigenvalue; ε is zero unless you give it, because it changes the condition number."""
    from .regime import check_fisher

    _check_damping(damping)
    matrix = np.asarray(fisher, dtype=float)
    matrix = check_fisher(matrix + damping * np.eye(len(matrix)) if matrix.ndim == 2 else matrix)
    slope = np.asarray(gradient, dtype=float)
    if slope.shape != (len(matrix),) or not np.isfinite(slope).all():
        raise ValueError(f"gradient must be {len(matrix)} finite numbers; got shape {slope.shape}")
    return -np.linalg.solve(matrix, slope)


def score_fisher(
    log_density: Callable[[Any, Any], Any], outcomes: Callable[[Any], tuple[Any, Any]]
) -> Callable[[Any], Any]:
    """F(θ) = Σ w s sᵀ from automatically differentiated scores; `outcomes(θ)` gives outcomes and their weights."""
    import jax
    import jax.numpy as jnp

    def fisher(theta: Any) -> Any:
        values, weights = outcomes(jax.lax.stop_gradient(theta))
        scores = jax.vmap(jax.grad(log_density), in_axes=(None, 0))(theta, values)
        return jnp.einsum("k,ki,kj->ij", weights, scores, scores)

    return fisher


@dataclass(frozen=True)
class GaussianModel:
    """A Gaussian in coordinates (μ, σ), (μ, ln σ) or (μ/σ², −1/(2σ²)), and its divergence from the standard Gaussian as a
    loss. Raises ValueError for other coordinates."""

    coordinates: Coordinates = "deviation"

    def __post_init__(self) -> None:
        if self.coordinates not in ("deviation", "log-deviation", "natural"):
            raise ValueError(f"coordinates must be one of deviation, log-deviation, natural; got {self.coordinates!r}")

    def moments(self, theta: Any) -> tuple[Any, Any]:
        """Mean and standard deviation at a point."""
        import jax.numpy as jnp

        if self.coordinates == "deviation":
            return theta[0], theta[1]
        if self.coordinates == "log-deviation":
            return theta[0], jnp.exp(theta[1])
        deviation = jnp.sqrt(-0.5 / theta[1])
        return theta[0] * deviation**2, deviation

    def point(self, mean: float, deviation: float) -> Array:
        """The coordinates of a Gaussian. Raises ValueError unless the deviation is positive."""
        if not (deviation > 0 and math.isfinite(deviation) and math.isfinite(mean)):
            raise ValueError(f"deviation must be positive and finite; got {deviation!r}")
        second = {
            "deviation": deviation,
            "log-deviation": math.log(deviation),
            "natural": -0.5 / deviation**2,
        }[self.coordinates]
        return np.array([mean / deviation**2 if self.coordinates == "natural" else mean, second])

    def log_density(self, theta: Any, outcome: Any) -> Any:
        """ln p(x), without the constant."""
        import jax.numpy as jnp

        mean, deviation = self.moments(theta)
        return -0.5 * ((outcome - mean) / deviation) ** 2 - jnp.log(deviation)

    def outcomes(self, theta: Any) -> tuple[Any, Any]:
        """Gauss-Hermite outcomes and weights."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        mean, deviation = self.moments(theta)
        return mean + deviation * nodes, weights / weights.sum()

    def loss(self, theta: Any) -> Any:
        """The divergence of this Gaussian from the standard one."""
        import jax.numpy as jnp

        mean, deviation = self.moments(theta)
        return 0.5 * (mean**2 + deviation**2 - 1) - jnp.log(deviation)

    def descend(
        self, mean: float, deviation: float, duration: float, step: float = 0.005, *, natural: bool = True
    ) -> Array:
        """The path of mean and deviation, (steps + 1, 2), in these coordinates."""
        fisher = score_fisher(self.log_density, self.outcomes) if natural else None
        path = gradient_flow(
            self.loss, self.point(mean, deviation), duration=duration, step=step, fisher=fisher
        ).parameters
        if self.coordinates == "deviation":
            return path
        if self.coordinates == "log-deviation":
            return np.stack([path[:, 0], np.exp(path[:, 1])], axis=1)
        found = np.sqrt(-0.5 / path[:, 1])
        return np.stack([path[:, 0] * found**2, found], axis=1)

    def fisher(self, mean: float, deviation: float) -> Array:
        """F at a Gaussian in these coordinates, from automatically differentiated scores."""
        import jax

        with jax.enable_x64(True):
            found = jax.jit(score_fisher(self.log_density, self.outcomes))
            return np.asarray(found(jax.numpy.asarray(self.point(mean, deviation))), dtype=float)


def exact_gaussian_flow(mean: float, deviation: float, duration: float) -> tuple[float, float]:
    """Where the natural gradient of the divergence from the standard Gaussian ends, from its closed form.

    dμ/dt = −σ² μ and d(1/σ²)/dt = 1 − 1/σ², so 1/σ² relaxes to 1 like e⁻ᵗ and μ/σ² is multiplied by e⁻ᵗ.
    Source: derived here: in the dual coordinates the flow is linear.
    """
    precision = 1 + (deviation**-2 - 1) * math.exp(-duration)
    return mean / deviation**2 * math.exp(-duration) / precision, precision**-0.5


def _check_damping(damping: float) -> None:
    if not (math.isfinite(damping) and damping >= 0):
        raise ValueError(f"damping must not be negative; got {damping!r}")
