"""Hard assignment in the population: k-means of a Gaussian mixture, the quantizer of pure noise, and the accuracy of labels.

Every sample belongs to the component with the highest score x·μ_k - |μ_k|²/2 + offset_k. The cells are convex, so a line
meets each of them in one interval: along the last coordinate the normal density is integrated exactly, and only the others on
a grid. In one dimension nothing is left to approximate. Source: Lloyd 1982 and Max 1960 for the quantizer; the rest derived
in our own words.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from scipy.optimize import OptimizeResult, minimize
from scipy.special import ndtr, ndtri
from scipy.stats import norm, qmc

from ..errors import NotConverged
from .gaussian_mixture import (
    COLLAPSED_SPREAD,
    GaussianMixture,
    MixtureEstimate,
    checked_means,
    checked_positive,
    match_labels,
    normalized_squared_error,
    squared_error,
)

COARSE_STEPS = {
    1: 1.0,
    2: 0.02,
    3: 0.15,
}  # of the grid over all coordinates but the last; in one dimension there is none
FINE_STEPS = {1: 1.0, 2: 0.001, 3: 0.06}
TURN = 0.19  # radians; far from every symmetry axis of the regular polygons up to the pentagon
REACH = 8.5  # beyond it a normal variable has probability 2e-17
SOBOL_EXPONENT = 15
RANDOM_STARTS = 3
LLOYD_STEPS = 500


def population_hard_fit(
    mixture: GaussianMixture,
    *,
    start: Float[np.ndarray, "components dimension"] | None = None,
    tolerance: float = 1e-7,
    seed: int = 0,
) -> MixtureEstimate:
    """The population limit of k-means, which is the fit as its noise level τ → 0: each mean is the mean of its cell.

    Without `start` the truth and three random starts are tried and the smallest distortion is kept; with `start`, shape (K,
    d), the minimum reached from there is returned. `tolerance` bounds the move of a mean under one more Lloyd step, in units
    of σ. Raises ValueError on fewer than two components or a start of another shape, NotConverged where the tolerance is
    missed.
    """
    if mixture.components < 2:
        raise ValueError("components must be at least 2: one mean is the mean of all samples")
    checked_positive("tolerance", tolerance)
    sigma, center = mixture.noise_scale, mixture.center
    truth = mixture.centered_means / sigma
    reduced = min(mixture.dimension, mixture.components - 1)
    basis = np.linalg.svd(truth, full_matrices=True)[2][:reduced]
    truth = truth @ basis.T
    if start is None:
        starts = _starts(truth, np.random.default_rng(seed))
    else:
        given = checked_means(start, "start")
        if given.shape != mixture.means.shape:
            raise ValueError(
                f"start must have shape {mixture.means.shape}, like the mixture's means; got {given.shape}"
            )
        starts = [((given - center) / sigma) @ basis.T]
    means, distortion, residual, iterations = hard_means(
        truth, mixture.weights, np.zeros(mixture.components), starts, tolerance=tolerance, seed=seed
    )
    fitted = center + sigma * means @ basis
    spread = float(np.sqrt((means**2).sum(axis=1)).max())
    has_signal = float((mixture.centered_means**2).sum()) > 0
    return MixtureEstimate(
        means=fitted,
        weights=mixture.weights,
        noise_scale=0.0,
        ratio=0.0,
        log_likelihood=-0.5 * sigma**2 * (distortion + mixture.dimension - reduced),
        spread=sigma * spread,
        collapsed=spread < COLLAPSED_SPREAD,
        residual=sigma * residual,
        error=sigma * residual,
        iterations=iterations,
        squared_error=squared_error(fitted, mixture.means),
        normalized_squared_error=normalized_squared_error(fitted, mixture) if has_signal else None,
    )


def lloyd_max_levels(components: int) -> Float[np.ndarray, " components"]:
    """The levels, in increasing order, of the K-level quantizer of N(0, 1) with the smallest mean squared error (Lloyd-Max).

    Raises ValueError unless 2 <= components <= 64, NotConverged where the levels do not settle.
    """
    if isinstance(components, bool) or not isinstance(components, (int, np.integer)) or not 2 <= components <= 64:
        raise ValueError(f"components must be an integer from 2 to 64; got {components!r}")
    start = ndtri((np.arange(components) + 0.5) / components)[:, None]
    # The normal density is log-concave: its quantizer is unique, and one start is enough.
    levels = hard_means(
        np.zeros((components, 1)), np.full(components, 1 / components), np.zeros(components), [start], tolerance=1e-9
    )[0][:, 0]
    levels.sort()
    return 0.5 * (levels - levels[::-1])


def label_accuracy(
    mixture: GaussianMixture,
    means: Float[np.ndarray, "components dimension"] | None = None,
    *,
    ratio: float = 1.0,
    seed: int = 0,
) -> float:
    """The share of samples whose most likely component under the fitted `means` and noise level ratio·σ is the true one.

    Fitted labels are matched to the true ones first; without `means` the true ones are taken, which is Bayes' rule. `ratio` =
    0 is hard assignment; it matters only where the weights differ. Collapsed means leave the largest weight. Raises
    ValueError where `means` has another shape or `ratio` is negative.
    """
    if ratio != 0:
        checked_positive("ratio", ratio)
    fitted = mixture.means if means is None else checked_means(means)
    fitted = fitted[match_labels(fitted, mixture.means)] if means is not None else fitted
    truth = mixture.centered_means / mixture.noise_scale
    fitted = (fitted - mixture.center) / mixture.noise_scale
    if means is not None and np.ptp(fitted, axis=0).max() < COLLAPSED_SPREAD:
        return float(np.max(mixture.weights))
    _, sizes, directions = np.linalg.svd(np.concatenate([truth, fitted]), full_matrices=False)
    basis = directions[: max(1, int((sizes > 1e-12 * max(sizes[0], 1.0)).sum()))]
    truth, fitted = truth @ basis.T, fitted @ basis.T
    offsets = ratio**2 * mixture.log_weights
    cells = _Cells(truth, mixture.weights, seed)
    return cells.right_share(fitted, offsets)


def hard_means(
    truth: Float[np.ndarray, "components dimension"],
    weights: Float[np.ndarray, " components"],
    offsets: Float[np.ndarray, " components"],
    starts: list[Float[np.ndarray, "components dimension"]],
    *,
    tolerance: float,
    seed: int = 0,
) -> tuple[Float[np.ndarray, "components dimension"], float, float, int]:
    """Means with the smallest distortion E min_k(|x - μ_k|² - 2·offset_k) at σ = 1, from several starts.

    Returns the means, the distortion, the residual of one Lloyd step and the number of evaluations.
    """
    if not starts:
        raise ValueError("starts must hold at least one start")
    coarse = _Cells(truth, weights, seed, fine=False)
    explored = [_descend(coarse, start, offsets) for start in starts]
    evaluations = sum(int(found.nfev) for found in explored)
    first = min(explored, key=lambda found: found.fun).x.reshape(truth.shape)
    cells = _Cells(truth, weights, seed)
    found = _descend(cells, first, offsets)
    means, evaluations = found.x.reshape(truth.shape), evaluations + int(found.nfev)
    for _ in range(LLOYD_STEPS):
        masses, firsts = cells.moments(means, offsets)
        alive = masses > 0
        image = np.where(alive[:, None], firsts / np.where(alive, masses, 1.0)[:, None], means)
        residual = float(np.abs(image - means).max())
        means, evaluations = image, evaluations + 1
        if residual <= tolerance:
            return means, cells.distortion(means, offsets)[0], residual, evaluations
    raise NotConverged(f"the cells' means still move by {residual:.1e}, more than {tolerance:g}; raise tolerance")


def _descend(cells: _Cells, start: np.ndarray, offsets: np.ndarray) -> OptimizeResult:
    def flat_distortion(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = cells.distortion(flat.reshape(start.shape), offsets)
        return value, gradient.ravel()

    return minimize(flat_distortion, start.ravel(), jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 500})


class _Cells:
    """Integrals of a true mixture (σ = 1) over the cells of a set of means."""

    def __init__(self, truth: np.ndarray, weights: np.ndarray, seed: int, fine: bool = True) -> None:
        dimension = truth.shape[1]
        # A wall between two cells must not run along the last coordinate, where symmetric means would put it: it would be a jump
        # on the grid. Turned by an angle that no symmetry knows, every wall is crossed, and crossed exactly.
        self.turn = _turn(dimension)
        self.truth, self.weights = truth @ self.turn, weights
        self.second_moment = dimension + float(weights @ (truth**2).sum(axis=1))
        self.samples = _sobol_noise(dimension, seed) if dimension > 3 else None
        if dimension <= 3:
            self.grid, self.densities = _outer_grid(self.truth, (FINE_STEPS if fine else COARSE_STEPS)[dimension])

    def distortion(self, means: np.ndarray, offsets: np.ndarray) -> tuple[float, np.ndarray]:
        """E min_k(|x - μ_k|² - 2·offset_k) and its gradient, (K, d)."""
        masses, firsts = self.moments(means, offsets)
        value = (
            self.second_moment + (masses * ((means**2).sum(axis=1) - 2 * offsets)).sum() - 2 * (means * firsts).sum()
        )
        return float(value), 2 * (masses[:, None] * means - firsts)

    def moments(self, means: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The probability (K,) of each cell and the integral of x over it, (K, d)."""
        means = means @ self.turn
        masses, firsts = self._turned_moments(means, offsets)
        return masses, firsts @ self.turn.T

    def _turned_moments(self, means: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.samples is not None:
            return self._sampled_moments(means, offsets)
        low, high = _intervals(self.grid, means, offsets)
        masses, firsts = np.zeros(len(means)), np.zeros(means.shape)
        for center, weight, outer in zip(self.truth[:, -1], self.weights, self.densities, strict=True):
            inside = ndtr(high - center) - ndtr(low - center)
            slope = _density(low - center) - _density(high - center) + center * inside
            masses += weight * inside @ outer
            firsts[:, -1] += weight * slope @ outer
            firsts[:, :-1] += weight * (inside * outer) @ self.grid
        return masses, firsts

    def right_share(self, means: np.ndarray, offsets: np.ndarray) -> float:
        """The probability that a sample lies in the cell of its own component."""
        means = means @ self.turn
        if self.samples is not None:
            chosen = [_winners(center + self.samples, means, offsets) for center in self.truth]
            return float(sum(w * np.mean(c == k) for k, (w, c) in enumerate(zip(self.weights, chosen, strict=True))))
        low, high = _intervals(self.grid, means, offsets)
        inside = ndtr(high - self.truth[:, -1:]) - ndtr(low - self.truth[:, -1:])
        return float(self.weights @ (inside * self.densities).sum(axis=1))

    def _sampled_moments(self, means: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        masses, firsts = np.zeros(len(means)), np.zeros(means.shape)
        for center, weight in zip(self.truth, self.weights, strict=True):
            points = center + self.samples
            chosen = np.eye(len(means))[_winners(points, means, offsets)]
            masses += weight * chosen.mean(axis=0)
            firsts += weight * chosen.T @ points / len(points)
        return masses, firsts


def _intervals(grid: np.ndarray, means: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the line through each grid point enters and leaves each cell: two arrays (K, points); empty where high < low."""
    components, points = len(means), len(grid)
    low, high = np.full((components, points), -np.inf), np.full((components, points), np.inf)
    levels = 0.5 * (means**2).sum(axis=1) - offsets
    for k in range(components):
        for j in range(components):
            if j == k:
                continue
            slope = means[k, -1] - means[j, -1]
            bound = levels[k] - levels[j] - grid @ (means[k, :-1] - means[j, :-1])
            if slope > 0:
                np.maximum(low[k], bound / slope, out=low[k])
            elif slope < 0:
                np.minimum(high[k], bound / slope, out=high[k])
            else:
                # On a tie the first component wins, so that coincident means are counted once.
                high[k, (bound > 0) | ((bound == 0) & (j < k))] = -np.inf
    return low, np.maximum(low, high)


def _turn(dimension: int) -> np.ndarray:
    if dimension == 2:
        return np.array([[math.cos(TURN), -math.sin(TURN)], [math.sin(TURN), math.cos(TURN)]])
    if dimension == 3:
        return np.linalg.qr(np.array([[1.0, 0.3, 0.5], [0.2, 1.0, -0.4], [-0.7, 0.6, 1.0]]))[0]
    return np.eye(dimension)


def _outer_grid(truth: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Grid points (q, d - 1) of all coordinates but the last, and the density of each true component there, (K, q)."""
    dimension = truth.shape[1]
    if dimension == 1:
        return np.zeros((1, 0)), np.ones((len(truth), 1))
    axes = [
        np.arange(low - REACH, high + REACH, step) + 0.381966 * step
        for low, high in zip(truth[:, :-1].min(axis=0), truth[:, :-1].max(axis=0), strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dimension - 1)
    densities = np.stack([_density(grid - center).prod(axis=1) for center in truth[:, :-1]])
    kept = densities.max(axis=0) > 1e-18
    densities = densities[:, kept]
    return grid[kept], densities / densities.sum(axis=1, keepdims=True)


def _starts(truth: np.ndarray, generator: np.random.Generator) -> list[np.ndarray]:
    scale = math.sqrt(1 + float((truth**2).sum(axis=1).mean()))
    # The truth itself may be a symmetric saddle (coincident or collinear means): a small disturbance leaves it.
    nudged = truth + 1e-3 * generator.standard_normal(truth.shape)
    return [nudged] + [scale * generator.standard_normal(truth.shape) for _ in range(RANDOM_STARTS)]


def _winners(points: np.ndarray, means: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    return np.argmax(points @ means.T - 0.5 * (means**2).sum(axis=1) + offsets, axis=1)


def _sobol_noise(dimension: int, seed: int) -> np.ndarray:
    half = norm.ppf(qmc.Sobol(dimension, rng=seed).random_base2(SOBOL_EXPONENT - 1))
    return np.concatenate([half, -half])


def _density(x: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
