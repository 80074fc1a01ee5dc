"""Random spatial networks: nodes scattered in a ring, torus or box, edges by distance and expected degrees.

Nodes i and j are joined, independently, with probability p = min(1, κ_i κ_j f(|x_i − x_j|) / (ρ ⟨κ⟩)), so that node i has κ_i edges
on average. Where many nodes lie within the kernel's length there are no short cycles, and theory is exact. Model of
arXiv 1702.01252; the formulas here are derived.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .spatial_degrees import DegreeLaw
from .spatial_kernels import Kernel, mass_on_square, triangle_integral

FEW_NEIGHBORS = 10.0
LOST_MASS = 1e-3
LARGEST_MODEL = 2**28
GRID = {1: 2**18, 2: 2**10}
COARSEST = 4
WEIGHTS_MET, RADII = 200, 400


class SpatialWarning(UserWarning):
    """A spatial network is legal, but far from the limit in which theory is exact."""


@dataclass(frozen=True)
class SpatialModel:
    """How a network is drawn: a number of nodes at a density, a kernel, a law of expected degrees.

    The domain is a ring or torus of side (nodes / density)^(1/d), or, with `periodic` false, a box whose boundary takes edges away.
    A kernel that reaches beyond half the side is refused unless `truncated` is true: then it is cut there and divided by what is
    left, so that degrees keep their means. Lengths are in the unit of the kernel's scale.
    """

    nodes: int
    density: float
    kernel: Kernel
    degrees: DegreeLaw
    periodic: bool = True
    truncated: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.nodes, bool) or not isinstance(self.nodes, int | np.integer):
            raise ValueError(f"nodes must be an integer; got {self.nodes!r}")
        if not 2 <= self.nodes <= LARGEST_MODEL:
            raise ValueError(f"nodes must be from 2 to {LARGEST_MODEL}; got {self.nodes}")
        if not (math.isfinite(self.density) and self.density > 0):
            raise ValueError(f"density must be positive and finite; got {self.density!r}")
        uniform = [part.scale for part in self.kernel.parts if part.kind == "uniform"]
        if any(abs(side / self.size - 1) > 1e-6 for side in uniform):
            raise ValueError(
                f"size of a uniform kernel must be the domain's side {self.size:.6g}; got {uniform[0]:.6g}"
            )
        if 1 - self.mass > LOST_MASS and not self.truncated:
            raise ValueError(
                f"the kernel must fit into half the domain's side {self.size:.4g}, beyond which it has {1 - self.mass:.2g} of its "
                "mass: take more nodes or a shorter scale, or truncated=True to cut it there"
            )
        within = self.density * self.kernel.scale**self.dimension
        if within < FEW_NEIGHBORS and self.kernel.parts[0].kind != "uniform":
            warnings.warn(
                f"only {within:.3g} nodes within a kernel length: short cycles are common, and theory is not exact",
                SpatialWarning,
                stacklevel=3,
            )

    @property
    def dimension(self) -> int:
        """One or two."""
        return self.kernel.dimension

    @property
    def size(self) -> float:
        """Side of the domain."""
        return float((self.nodes / self.density) ** (1 / self.dimension))

    @cached_property
    def mass(self) -> float:
        """Share of the kernel that the domain holds around a node (the short way around)."""
        return mass_on_square(self.kernel, self.size)

    def weights(self, expected_degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """w such that p = min(1, w_i w_j f): κ over the root of density and the mean of these very κ, so that they are kept."""
        held = self.mass if self.periodic else 1.0
        return expected_degrees / math.sqrt(self.density * held * float(np.mean(expected_degrees)))


def saturated_share(model: SpatialModel, expected_degrees: NDArray[np.float64]) -> float:
    """Share of the expected edges that is lost because probabilities end at one: mean degrees fall short of κ by so much.

    The excess ∫ (w w' f − 1)₊ over displacements against ∫ w w' f, averaged over pairs of the network's weights. Derived here.
    """
    weights, kernel = model.weights(expected_degrees), model.kernel
    product = float(weights.max()) ** 2
    if product * float(kernel.density(0.0)) <= 1:
        return 0.0
    met = np.quantile(weights, (np.arange(WEIGHTS_MET) + 0.5) / WEIGHTS_MET)
    pairs = np.outer(met, met).ravel()
    radii = np.concatenate(([0.0], np.geomspace(1e-4 * kernel.scale, model.size / 2, RADII)))
    volumes = np.diff(2 * radii if model.dimension == 1 else math.pi * radii**2)
    densities = np.diff(kernel.mass_within(radii)) / volumes
    products = np.geomspace(max(pairs.min(), 1e-6 * pairs.max()), pairs.max(), RADII)
    excess = (np.maximum(products[:, None] * densities - 1, 0.0) * volumes).sum(axis=1)
    return float(np.interp(pairs, products, excess).mean() / (pairs.mean() * model.mass))


def uniform_model_size(nodes: int, density: float, dimension: int) -> float:
    """Side of the domain that holds so many nodes at this density: what a uniform kernel needs."""
    return float((nodes / density) ** (1 / dimension))


def expected_transitivity(model: SpatialModel) -> float:
    """Closed triples among all triples, C = ⟨κ²⟩² J / (ρ ⟨κ⟩³), in the sparse limit of a periodic domain.

    J = ∬ f(x) f(y) f(x − y): in closed form or by quadrature where the kernel's Fourier transform is known, else from the cell
    averages of the kernel on a grid over the domain. Derived here. Raises ValueError for a box.
    """
    if not model.periodic:
        raise ValueError("expected_transitivity is for periodic domains; this one is a box")
    law = model.degrees
    return law.second_moment**2 / law.mean**3 * closing_density(model) / model.density


def closing_density(model: SpatialModel) -> float:
    """J, the density at which a displacement is the sum of two others, in the inverse unit of volume."""
    known = all(part.kind in ("gaussian", "exponential", "disc") for part in model.kernel.parts)
    if known and 1 - model.mass < 1e-9:
        return triangle_integral(model.kernel)
    points = GRID[model.dimension]
    if model.size / points > model.kernel.scale / COARSEST:
        raise ValueError(
            f"a kernel of scale {model.kernel.scale:g} is too short for a grid of {points} points over {model.size:g}"
        )
    spectrum = fft.fftn(kernel_on_grid(model.kernel, model.size, points)).real
    return float((spectrum**3).sum() / model.size**model.dimension)


def kernel_on_grid(kernel: Kernel, size: float, points: int) -> np.ndarray:
    """Probability of each displacement cell of a periodic grid with `points` cells a side, summing to one, zero first.

    On the line the cells' masses are exact; in the plane each is averaged over 5 × 5 Gauss points (21 × 21 at the kernel's center).
    Gaussian kernels on cells of at most half a σ are sampled at the centers, which is exact to rounding for smooth fields.
    """
    step = size / points
    if all(part.kind == "gaussian" for part in kernel.parts) and step <= kernel.scale / 2:
        line = np.minimum(np.arange(points), points - np.arange(points)) * step
        sampled = kernel.density(line if kernel.dimension == 1 else np.hypot(line[:, None], line[None, :]))
        return sampled / sampled.sum()
    if kernel.dimension == 1:
        edges = (np.arange(points // 2 + 1) + 0.5) * step
        edges[-1] = min(edges[-1], size / 2)
        within = np.concatenate(([0.0], kernel.mass_within(edges)))
        half = np.diff(within) / 2
        half[0] *= 2
        if points % 2 == 0:
            half[-1] *= 2
        full = np.concatenate((half, half[1 : points - half.size + 1][::-1]))
        return full / full.sum()
    coarse = _cell_average(kernel, size, points, 5 if points <= 1024 else 3)
    near = min(points // 2, 4)
    fine = _cell_average(kernel, step * 2 * near, 2 * near, 21)
    index = np.arange(-near + 1, near)
    coarse[np.ix_(index, index)] = fine[np.ix_(index, index)]
    return coarse / coarse.sum()


def _cell_average(kernel: Kernel, size: float, points: int, order: int) -> np.ndarray:
    """Averages over the cells of a quarter, mirrored to the whole square."""
    step = size / points
    nodes, weights = np.polynomial.legendre.leggauss(order)
    centers = np.arange(points // 2 + 1)
    quarter = np.zeros((centers.size, centers.size))
    for a, wa in zip(nodes, weights, strict=True):
        for b, wb in zip(nodes, weights, strict=True):
            distance = np.hypot((centers[:, None] + a / 2) * step, (centers[None, :] + b / 2) * step)
            quarter += wa * wb / 4 * kernel.density(distance)
    full = np.minimum(np.arange(points), points - np.arange(points))
    return quarter[np.ix_(full, full)] * step**2
