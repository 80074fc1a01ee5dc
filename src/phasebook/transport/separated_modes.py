"""Data made of separated groups: equal Gaussians round given modes, their exact posterior mean under noise, and what lies far off.

With S = ᾱσ² + 1 - ᾱ and responsibilities r_k ∝ w_k·exp(-|x - √ᾱ·m_k|²/2S) the posterior mean of the data is
x̂0(x) = Σ r_k·[m_k + √ᾱσ²/S·(x - √ᾱ·m_k)]: a staircase over x whose ramps have the slope Δ²√ᾱ/(4S) between modes Δ apart.
Derived here from Bayes' rule; it is the exact denoiser that a network of arXiv 2406.09358 is trained towards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray

FAR, NEAR = (
    6.0,
    4.0,
)  # standard deviations from the nearest mode: hallucinated beyond the first, in support within the second
AT_ONCE = 4_000_000  # distances held in memory


@dataclass(frozen=True, eq=False)
class SeparatedModes:
    """Gaussians of one standard deviation `stddev` round `modes` (modes, dimension), with `weights` (equal by default).

    A one-dimensional list of modes stands for dimension one. Raises ValueError for coinciding modes, a standard deviation that is
    not positive, or weights that are not positive numbers of sum one.
    """

    modes: Float[np.ndarray, "modes dimension"]
    stddev: float
    weights: Float[np.ndarray, " modes"] | None = None

    def __post_init__(self) -> None:
        modes = np.asarray(self.modes, dtype=float)
        modes = modes[:, None] if modes.ndim == 1 else modes
        if modes.ndim != 2 or modes.size == 0 or not np.isfinite(modes).all():
            raise ValueError(f"modes must be finite numbers of shape (modes, dimension); got shape {modes.shape}")
        if not 0 < self.stddev < math.inf:
            raise ValueError(f"stddev must be a positive number; got {self.stddev!r}")
        count = len(modes)
        weights = np.full(count, 1.0 / count) if self.weights is None else np.asarray(self.weights, dtype=float)
        if weights.shape != (count,) or not (weights > 0).all() or not math.isclose(weights.sum(), 1.0, abs_tol=1e-9):
            raise ValueError(f"weights must be {count} positive numbers of sum one; got {self.weights!r}")
        object.__setattr__(self, "modes", modes)
        object.__setattr__(self, "weights", weights)
        if self.spacing == 0:
            raise ValueError("modes must not coincide; two of them are equal")

    @property
    def dimension(self) -> int:
        """Coordinates of a point."""
        return self.modes.shape[1]

    @cached_property
    def spacing(self) -> float:
        """Distance of the two nearest modes; infinite for a single one."""
        from scipy.spatial import cKDTree

        return float(cKDTree(self.modes).query(self.modes, k=2)[0][:, 1].min()) if len(self.modes) > 1 else math.inf

    def sample(self, count: int, seed: int) -> NDArray[np.float64]:
        """Independent points (count, dimension)."""
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"count must be a positive integer; got {count!r}")
        generator = np.random.default_rng(seed)
        chosen = generator.choice(len(self.modes), size=count, p=self.weights)
        return self.modes[chosen] + self.stddev * generator.standard_normal((count, self.dimension))

    def posterior_mean(self, state: ArrayLike, signal: float) -> NDArray[np.float64]:
        """Mean of the data given the noisy `state` (points, dimension), at signal ᾱ between 0 and 1. Raises ValueError."""
        points = self.check_points(state)
        if not 0 < signal <= 1:
            raise ValueError(f"signal must lie in (0, 1]; got {signal!r}")
        root, spread = math.sqrt(signal), signal * self.stddev**2 + 1.0 - signal
        gain, result = root * self.stddev**2 / spread, np.empty_like(points)
        rows = max(1, AT_ONCE // len(self.modes))
        for first in range(0, len(points), rows):
            part = points[first : first + rows]
            logits = np.log(np.asarray(self.weights)) - _squared_distances(part, root * self.modes) / (2.0 * spread)
            shares = np.exp(logits - logits.max(axis=1, keepdims=True))
            nearest = (shares / shares.sum(axis=1, keepdims=True)) @ self.modes
            result[first : first + rows] = nearest + gain * (part - root * nearest)
        return result

    def distances(self, points: ArrayLike) -> NDArray[np.float64]:
        """Distance (points,) of each point from its nearest mode, in standard deviations."""
        from scipy.spatial import cKDTree

        return cKDTree(self.modes).query(self.check_points(points))[0] / self.stddev

    def hallucinated(self, points: ArrayLike, multiple: float = FAR) -> Bool[np.ndarray, " points"]:
        """Which points lie more than `multiple` standard deviations from every mode."""
        return self.distances(points) > multiple

    def in_support(self, points: ArrayLike, multiple: float = NEAR) -> Bool[np.ndarray, " points"]:
        """Which points lie within `multiple` standard deviations of a mode."""
        return self.distances(points) < multiple

    def check_points(self, points: ArrayLike) -> NDArray[np.float64]:
        """Finite points (points, dimension); a list of numbers is taken as points of dimension one. Raises ValueError."""
        array = np.asarray(points, dtype=float)
        array = array[:, None] if array.ndim == 1 and self.dimension == 1 else array
        if array.ndim != 2 or array.shape[1] != self.dimension or not np.isfinite(array).all():
            raise ValueError(
                f"points must be finite numbers of shape (points, {self.dimension}); got {np.shape(points)}"
            )
        return array


class EvenModes(SeparatedModes):
    """Modes on a line at equal distances: `histogram_modes` makes one of points. Its posterior mean on a table is faster."""


def histogram_modes(points: ArrayLike, width: float) -> EvenModes:
    """Points (n,) on a line as a mixture: a Gaussian of standard deviation `width`/2 on each bin of that width.

    Raises ValueError for points that are not finite, a width that is not positive, or more than 100,000 bins.
    """
    values = np.ravel(np.asarray(points, dtype=float))
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("points must be finite numbers on a line, one at least")
    if not 0 < width < math.inf:
        raise ValueError(f"width must be a positive number; got {width!r}")
    places = np.rint(values / width)
    bins = int(places.max() - places.min()) + 1
    if bins > 100_000:
        raise ValueError(f"width must make at most 100000 bins; {width!r} makes {bins}")
    counts = np.bincount((places - places.min()).astype(int), minlength=bins) + 1e-12  # none may have weight zero
    return EvenModes(width * (places.min() + np.arange(bins)), 0.5 * width, counts / counts.sum())


def gaussian_line(modes: ArrayLike = (1.0, 2.0, 3.0), stddev: float = 0.05) -> SeparatedModes:
    """Modes on a line: {1, 2, 3} and {1, 2, 4, 5} are those of arXiv 2406.09358, not rescaled."""
    return SeparatedModes(np.ravel(np.asarray(modes, dtype=float)), stddev)


def gaussian_grid(rotated: bool = False) -> SeparatedModes:
    """Twenty-five modes 2(i, j), |i|, |j| ≤ 2, or that grid turned by 45° and shrunk (i+j, i-j), nearest modes √2 apart.

    The standard deviation is 0.05 before everything is divided by √(0.05² + 8) = 2.8289, which gives the first one unit variance:
    the data of the reference code of arXiv 2406.09358.
    """
    lines = np.arange(-2, 3)
    first, second = (each.ravel() for each in np.meshgrid(lines, lines, indexing="ij"))
    modes = np.stack([first + second, first - second] if rotated else [2 * first, 2 * second], axis=1)
    divisor = math.sqrt(0.05**2 + 8.0)
    return SeparatedModes(modes / divisor, 0.05 / divisor)


def _squared_distances(points: NDArray[np.float64], modes: NDArray[np.float64]) -> NDArray[np.float64]:
    # Differences, not the expanded square: far from the origin the expansion loses what tells two modes apart.
    total = np.zeros((len(points), len(modes)))
    for axis in range(points.shape[1]):
        total += (points[:, axis, None] - modes[None, :, axis]) ** 2
    return total
