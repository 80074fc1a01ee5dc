"""A Gaussian mixture with one isotropic noise level: its parameters, geometry, signal-to-noise ratio, samples and errors.

Data are x = μ_ℓ + σ ξ with a latent label ℓ ~ weights and standard normal noise ξ. Two numbers decide what a fit of the means with
a fixed, possibly wrong, noise level τ finds: the ratio ρ = τ/σ and the signal-to-noise ratio tr Σ_B / σ², where Σ_B is the
covariance of the means between the classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

SnrDefinition = Literal["total", "per_dim"]
COLLAPSED_SPREAD = 1e-6  # in units of the noise: what a solved fixed point at the collapse never exceeds


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """A mixture of K isotropic Gaussians in d dimensions: `means` (K, d), common `noise_scale` σ, `weights` (K,).

    `means` may be given as (K,) for one dimension; `weights` are uniform where omitted. The arrays are read-only.
    Raises ValueError on means that are not finite, a noise scale that is not positive, or weights that are not positive or do
    not sum to one within 1e-8.
    """

    means: Float[np.ndarray, "components dimension"]
    noise_scale: float = 1.0
    weights: Float[np.ndarray, " components"] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        means = checked_means(self.means)
        object.__setattr__(self, "means", _frozen(means))
        object.__setattr__(self, "noise_scale", checked_positive("noise_scale", self.noise_scale))
        object.__setattr__(self, "weights", _frozen(checked_weights(self.weights, len(means))))

    @property
    def components(self) -> int:
        """The number of components K."""
        return int(self.means.shape[0])

    @property
    def dimension(self) -> int:
        """The dimension d of a sample."""
        return int(self.means.shape[1])

    @property
    def log_weights(self) -> Float[np.ndarray, " components"]:
        """Logarithms of the weights."""
        return np.log(self.weights)

    @property
    def center(self) -> Float[np.ndarray, " dimension"]:
        """The overall mean of a sample."""
        return self.weights @ self.means

    @property
    def centered_means(self) -> Float[np.ndarray, "components dimension"]:
        """The means seen from the center."""
        return self.means - self.center

    @property
    def between_class_covariance(self) -> Float[np.ndarray, "dimension dimension"]:
        """The covariance Σ_B of the means under the weights."""
        return (self.centered_means.T * self.weights) @ self.centered_means

    @property
    def leading_fraction(self) -> float:
        """λ, the share of the largest eigenvalue in tr Σ_B: 1 where the means lie on a line, at least 1/min(d, K-1).

        Raises ValueError where all means coincide: there is no signal.
        """
        eigenvalues = np.linalg.eigvalsh(self.between_class_covariance)
        return float(eigenvalues[-1] / self._signal())

    def signal_to_noise(self, snr_definition: SnrDefinition = "total") -> float:
        """tr Σ_B / σ² (`total`), or that divided by the dimension (`per_dim`)."""
        return float(np.trace(self.between_class_covariance)) / self.noise_scale**2 / self._divisor(snr_definition)

    def scaled_to(self, snr: float, snr_definition: SnrDefinition = "total") -> GaussianMixture:
        """The same geometry about the same center, scaled to a signal-to-noise ratio at the same noise level.

        Raises ValueError unless `snr` is positive, and where all means coincide.
        """
        wanted = checked_positive("snr", snr) * self._divisor(snr_definition) * self.noise_scale**2
        return replace(self, means=self.center + self.centered_means * math.sqrt(wanted / self._signal()))

    def sample(
        self, count: int, seed: int | np.random.Generator
    ) -> tuple[Float[np.ndarray, "count dimension"], Int[np.ndarray, " count"]]:
        """Draw `count` samples and their labels: arrays of shape (count, d) and (count,).

        Raises ValueError unless `count` is a positive integer.
        """
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"count must be a positive integer; got {count!r}")
        generator = np.random.default_rng(seed)
        labels = generator.choice(self.components, size=count, p=self.weights)
        points = generator.standard_normal((count, self.dimension))
        points *= self.noise_scale
        points += self.means[labels]
        return points, labels

    def _signal(self) -> float:
        signal = float(np.trace(self.between_class_covariance))
        if signal <= (1e-12 * max(1.0, float(np.abs(self.means).max()))) ** 2:
            raise ValueError("means must not all coincide: the mixture has no signal (its signal-to-noise ratio is 0)")
        return signal

    def _divisor(self, snr_definition: SnrDefinition) -> int:
        if snr_definition not in ("total", "per_dim"):
            raise ValueError(f"snr_definition must be 'total' or 'per_dim'; got {snr_definition!r}")
        return self.dimension if snr_definition == "per_dim" else 1


@dataclass(frozen=True, eq=False)
class MixtureEstimate:
    """Fitted means and how they were found; lengths are in the data's units, `spread` is max_k |mean_k - center|.

    `noise_scale` is the τ assumed in the fit (0 for hard assignment); `ratio` is τ/σ where σ is known, else None.
    `log_likelihood` is the mean per sample of log q(x); for hard assignment it is minus half the mean squared distance to the
    assigned mean. `residual` is the largest move of a mean under one more EM step, `error` a bound on what is left after
    extrapolating (the last Newton step), both in the data's units. `squared_error` is Σ_k|estimate - truth|² after the best
    matching of labels, `normalized_squared_error` divides it by Σ_k|truth - center|²; both None where the truth is unknown.
    `quadrature_error` estimates the integration error of a mean (0 for data).
    """

    means: Float[np.ndarray, "components dimension"]
    weights: Float[np.ndarray, " components"]
    noise_scale: float
    ratio: float | None
    log_likelihood: float
    spread: float
    collapsed: bool
    residual: float
    error: float
    iterations: int
    quadrature_error: float = 0.0
    squared_error: float | None = None
    normalized_squared_error: float | None = None

    @property
    def size(self) -> float:
        """√(Σ_k π_k |mean_k - their mean|²), in the data's units: half the distance of two equally likely means."""
        centered = self.means - self.weights @ self.means
        return math.sqrt(float(self.weights @ (centered**2).sum(axis=1)))


def match_labels(
    estimate: Float[np.ndarray, "components dimension"], truth: Float[np.ndarray, "components dimension"]
) -> Int[np.ndarray, " components"]:
    """The permutation p that makes Σ_k |estimate[p[k]] - truth[k]|² smallest (Hungarian assignment).

    Raises ValueError unless both have the same shape (K, d).
    """
    estimate, truth = checked_means(estimate, "estimate"), checked_means(truth, "truth")
    if estimate.shape != truth.shape:
        raise ValueError(f"estimate and truth must have the same shape; got {estimate.shape} and {truth.shape}")
    costs = ((truth[:, None, :] - estimate[None, :, :]) ** 2).sum(axis=2)
    return linear_sum_assignment(costs)[1]


def squared_error(
    estimate: Float[np.ndarray, "components dimension"], truth: Float[np.ndarray, "components dimension"]
) -> float:
    """Σ_k |estimate_k - truth_k|² after the best matching of labels, in squared units of the data."""
    order = match_labels(estimate, truth)
    return float(((checked_means(estimate)[order] - checked_means(truth)) ** 2).sum())


def normalized_squared_error(estimate: Float[np.ndarray, "components dimension"], mixture: GaussianMixture) -> float:
    """The squared error relative to Σ_k |truth_k - center|² of the mixture's own means.

    Raises ValueError where all true means coincide, or the shapes differ.
    """
    size = float((mixture.centered_means**2).sum())
    mixture._signal()
    return squared_error(estimate, mixture.means) / size


def symmetric_means(dimension: int = 1) -> Float[np.ndarray, "2 dimension"]:
    """Two means ±1 along the first axis: tr Σ_B = 1, λ = 1."""
    return regular_means(2, dimension)


def triangle_means() -> Float[np.ndarray, "3 2"]:
    """The corners of an equilateral triangle at distance 1 from its center: tr Σ_B = 1, λ = 1/2."""
    return regular_means(3, 2)


def skewed_means(components: int = 6) -> Float[np.ndarray, "components 1"]:
    """K - 1 means at -1 and one at K - 1: tr Σ_B = K - 1, a lopsided geometry whose collapse is of first order from K = 3 on.

    Raises ValueError unless components >= 2.
    """
    if components < 2:
        raise ValueError(f"components must be at least 2; got {components!r}")
    return np.array([[-1.0]] * (components - 1) + [[components - 1.0]])


def regular_means(components: int, dimension: int) -> Float[np.ndarray, "components dimension"]:
    """Evenly spaced means with tr Σ_B = 1: on a line in one dimension, else the corners of a regular polygon in the first plane.

    Raises ValueError unless components >= 2 and dimension >= 1.
    """
    if components < 2 or dimension < 1:
        raise ValueError(
            f"components must be at least 2 and dimension at least 1; got {components!r} and {dimension!r}"
        )
    means = np.zeros((components, dimension))
    if dimension == 1:
        line = np.linspace(-1.0, 1.0, components)
        means[:, 0] = line / line.std()
    else:
        angles = 2 * np.pi * np.arange(components) / components
        means[:, 0], means[:, 1] = np.cos(angles), np.sin(angles)
        means[np.abs(means) < 1e-15] = 0.0
    return means


def checked_means(means: object, name: str = "means") -> Float[np.ndarray, "components dimension"]:
    """Means as a float array (K, d), or ValueError naming the argument."""
    try:
        array = np.array(means, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a table of numbers, one row per component ({error})") from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} must have shape (components, dimension); got {array.shape}")
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise ValueError(f"{name} must be finite; row {row} is {array[row].tolist()}")
    return array


def checked_weights(weights: object, components: int) -> Float[np.ndarray, " components"]:
    """Weights as a float array (K,), uniform where None, or ValueError."""
    if weights is None:
        return np.full(components, 1.0 / components)
    array = np.array(weights, dtype=float)
    if array.shape != (components,):
        raise ValueError(f"weights must be {components} numbers, one per component; got shape {array.shape}")
    if not (np.isfinite(array).all() and (array > 0).all()):
        raise ValueError(f"weights must be positive; got {array.tolist()}")
    if abs(array.sum() - 1.0) > 1e-8:
        raise ValueError(f"weights must sum to 1; they sum to {array.sum():.10g}")
    return array / array.sum()


def checked_positive(name: str, value: object) -> float:
    """A finite positive float, or ValueError naming the argument."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise ValueError(f"{name} must be a positive number; got {value!r}")
    number = float(value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be a positive number; got {value!r}")
    return number


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
