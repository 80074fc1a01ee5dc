"""Distance kernels of spatial networks in one and two dimensions: density, mass within a radius, moment generating function.

A kernel f falls with distance and integrates to one; it is a mixture of parts, most often of one. Its moment generating function
M(λ) = ∫ f(z) exp(λ z₁) dz along one axis decides whether epidemics have a finite speed. Formulas are textbook integrals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, optimize, special

from ..errors import PhasebookError

Dimension = Literal[1, 2]
Kind = Literal["gaussian", "exponential", "disc", "algebraic", "uniform", "table"]
KINDS: tuple[Kind, ...] = ("gaussian", "exponential", "disc", "algebraic", "uniform", "table")


class NoFiniteSpeed(PhasebookError, ValueError):
    """The kernel's tail is no thinner than exponential: epidemics accelerate, or reach everybody at once."""


@dataclass(frozen=True)
class KernelPart:
    """One part of a mixture. `scale` is σ, ℓ, a radius, or the side of the domain; a table ends at its last distance."""

    kind: Kind
    scale: float
    weight: float = 1.0
    exponent: float = 0.0
    distances: tuple[float, ...] = field(default=(), repr=False)
    values: tuple[float, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Kernel:
    """A radially falling density over displacements; made by `gaussian_kernel` and its like. Lengths are in the user's unit."""

    dimension: Dimension
    parts: tuple[KernelPart, ...]

    @property
    def scale(self) -> float:
        """The smallest scale of the parts other than the uniform one."""
        return min((part.scale for part in self.parts if part.kind != "uniform"), default=self.parts[0].scale)

    @property
    def is_fat(self) -> bool:
        """Whether some part falls slower than every exponential (or doesn't fall at all)."""
        return any(part.kind in ("algebraic", "uniform") for part in self.parts)

    @property
    def largest_rate(self) -> float:
        """The λ below which M(λ) is finite: 1/ℓ of an exponential part, infinity for thinner tails, 0 for fat ones."""
        if self.is_fat:
            return 0.0
        return min((1.0 / part.scale for part in self.parts if part.kind == "exponential"), default=math.inf)

    def density(self, distance: ArrayLike) -> NDArray[np.float64]:
        """f at distances, in the inverse unit of length to the power of the dimension."""
        r = np.abs(np.asarray(distance, dtype=float))
        return np.sum([part.weight * _density(part, r, self.dimension) for part in self.parts], axis=0)

    def mass_within(self, distance: ArrayLike) -> NDArray[np.float64]:
        """∫ f over displacements no longer than a distance."""
        r = np.abs(np.asarray(distance, dtype=float))
        return np.sum([part.weight * _mass(part, r, self.dimension) for part in self.parts], axis=0)

    def moment_generating_function(self, rate: float) -> float:
        """M(λ) = ∫ f(z) exp(λ z₁) dz. Raises NoFiniteSpeed for fat tails, ValueError for a rate at which it is infinite."""
        if self.is_fat:
            raise NoFiniteSpeed(
                f"the kernel's moment generating function is infinite: its tail is {self.fat_part.kind}, so that epidemics "
                "have no finite speed; acceleration_rate gives the growth of ln x for algebraic tails"
            )
        if not 0 <= rate < self.largest_rate:
            raise ValueError(f"rate must lie in [0, {self.largest_rate:g}); got {rate!r}")
        return float(sum(part.weight * _generating(part, rate, self.dimension) for part in self.parts))

    @property
    def fat_part(self) -> KernelPart:
        """The part with the heaviest tail: a uniform one, else the algebraic one of smallest exponent."""
        fat = [part for part in self.parts if part.kind in ("algebraic", "uniform")]
        if not fat:
            raise ValueError("kernel must have an algebraic or uniform part; all of its tails are thin")
        return min(fat, key=lambda part: (part.kind != "uniform", part.exponent))

    def radius_holding(self, mass: float) -> float:
        """The distance within which a share `mass` in (0, 1) of all displacements lies."""
        if not 0 < mass < 1:
            raise ValueError(f"mass must lie in (0, 1); got {mass!r}")
        high = self.scale
        while self.mass_within(high) < mass:
            high *= 2.0
        return float(optimize.brentq(lambda r: float(self.mass_within(r)) - mass, 0.0, high, xtol=1e-12 * high))


def gaussian_kernel(scale: float = 1.0, dimension: int = 1) -> Kernel:
    """Normal displacements with standard deviation `scale` along each axis."""
    return _single("gaussian", scale, dimension)


def exponential_kernel(scale: float = 1.0, dimension: int = 1) -> Kernel:
    """f ∝ exp(−r / scale)."""
    return _single("exponential", scale, dimension)


def disc_kernel(scale: float = 1.0, dimension: int = 1) -> Kernel:
    """Constant within a radius: random geometric graphs."""
    return _single("disc", scale, dimension)


def algebraic_kernel(scale: float = 1.0, exponent: float = 2.0, dimension: int = 1) -> Kernel:
    """f ∝ (1 + r / scale)^(−dimension − exponent); the share of displacements beyond r falls like r^(−exponent)."""
    if not (math.isfinite(exponent) and exponent > 0):
        raise ValueError(f"exponent must be positive and finite; got {exponent!r}")
    return _single("algebraic", scale, dimension, exponent)


def uniform_kernel(size: float, dimension: int = 1) -> Kernel:
    """No dependence on distance in a ring or torus of side `size`: no space at all."""
    return _single("uniform", size, dimension)


def mixture_kernel(shares: Sequence[float], kernels: Sequence[Kernel]) -> Kernel:
    """A share of edges from each of several kernels of one dimension; the shares sum to one."""
    if len(shares) != len(kernels) or not kernels:
        raise ValueError(f"shares and kernels must be as many, at least one; got {len(shares)} and {len(kernels)}")
    if not all(0 <= share <= 1 for share in shares) or abs(math.fsum(shares) - 1) > 1e-9:
        raise ValueError(f"shares must lie in [0, 1] and sum to 1; got {tuple(shares)!r}")
    if len({kernel.dimension for kernel in kernels}) > 1:
        raise ValueError("kernels must have one dimension; got 1 and 2")
    parts = [
        KernelPart(part.kind, part.scale, share * part.weight, part.exponent, part.distances, part.values)
        for share, kernel in zip(shares, kernels, strict=True)
        for part in kernel.parts
        if share > 0
    ]
    return Kernel(kernels[0].dimension, tuple(parts))


def table_kernel(distances: ArrayLike, values: ArrayLike, dimension: int = 1, *, rescale: bool = False) -> Kernel:
    """A kernel given at increasing distances from 0, linear in between and zero beyond the last one.

    Raises ValueError where it is negative or rises, and where its integral is not 1 to 1e-3, unless `rescale` is true.
    """
    r, f = np.asarray(distances, dtype=float), np.asarray(values, dtype=float)
    if r.ndim != 1 or r.shape != f.shape or r.size < 2 or not (np.isfinite(r).all() and np.isfinite(f).all()):
        raise ValueError(
            f"distances and values must be finite lists of one length, at least 2; got {r.shape} and {f.shape}"
        )
    if r[0] != 0 or (np.diff(r) <= 0).any():
        raise ValueError("distances must begin at 0 and increase")
    if (f < 0).any():
        raise ValueError(f"values must not be negative; got {f.min():g} at distance {r[f.argmin()]:g}")
    if (np.diff(f) > 0).any():
        raise ValueError(f"values must not rise with distance; they rise at {r[1:][np.diff(f) > 0][0]:g}")
    part = KernelPart("table", float(r[-1]), 1.0, 0.0, tuple(r.tolist()), tuple(f.tolist()))
    total = float(_mass(part, r[-1], dimension))
    if not total > 0 or (abs(total - 1) > 1e-3 and not rescale):
        raise ValueError(f"values must integrate to 1; they integrate to {total:g} (rescale=True divides by it)")
    scaled = tuple((f / total).tolist())
    return Kernel(_check_dimension(dimension), (KernelPart("table", float(r[-1]), 1.0, 0.0, part.distances, scaled),))


def mass_on_square(kernel: Kernel, size: float) -> float:
    """∫ f over displacements in the interval or square of side `size` around 0: what a ring or torus can hold."""
    half = size / 2
    inside = float(kernel.mass_within(half))
    if kernel.dimension == 1:
        return inside
    corners, _ = integrate.quad(
        lambda r: float(kernel.density(r)) * r * (2 * math.pi - 8 * math.acos(min(1.0, half / r))),
        half,
        half * math.sqrt(2),
        limit=200,
    )
    return inside + corners


def marginal_kernel(kernel: Kernel) -> Kernel:
    """The law of one coordinate of a displacement: what plane fronts in two dimensions see. A kernel on the line is its own.

    Normal parts stay normal; others become tables up to 45 scales, or 2^16 scales for algebraic tails. Raises for uniform parts.
    """
    if kernel.dimension == 1:
        return kernel
    kernels = []
    for part in kernel.parts:
        if part.kind == "uniform":
            raise NoFiniteSpeed("a uniform kernel reaches everybody at once: it has no plane front")
        if part.kind == "gaussian":
            kernels.append(gaussian_kernel(part.scale, 1))
            continue
        if part.kind == "disc":
            x = np.sin(np.linspace(0, math.pi / 2, 2000)) * part.scale
            kernels.append(table_kernel(x, np.sqrt(np.maximum(part.scale**2 - x**2, 0)), 1, rescale=True))
            continue
        if part.kind == "exponential":
            x = np.concatenate(([0.0], np.geomspace(1e-4, 45.0, 4000)))
            f = np.concatenate(([1.0], x[1:] * special.k1(x[1:])))
            kernels.append(table_kernel(x * part.scale, f, 1, rescale=True))
            continue
        alone = Kernel(2, (KernelPart(part.kind, part.scale, 1.0, part.exponent, part.distances, part.values),))
        reach = (1.0 if part.kind == "table" else 2.0**16) * part.scale
        x = np.concatenate(([0.0], np.geomspace(1e-4, reach / part.scale, 2000))) * part.scale
        # ∫ f(√(x² + y²)) dy with y = tan(u) times the distance itself, so that tails are smooth in u.
        nodes, weights = np.polynomial.legendre.leggauss(400)
        u = (nodes + 1) * math.pi / 4
        y, jacobian = np.tan(u), weights * math.pi / 4 / np.cos(u) ** 2
        spread = np.maximum(x, part.scale)[:, None]
        f = (2 * spread * jacobian * alone.density(np.hypot(x[:, None], spread * y))).sum(axis=1)
        kernels.append(table_kernel(x, np.minimum.accumulate(f), 1, rescale=True))
    return mixture_kernel([part.weight for part in kernel.parts], kernels)


def triangle_integral(kernel: Kernel) -> float:
    """J = ∬ f(x) f(y) f(x − y) dx dy on the infinite line or plane, by Fourier transform: ∫ f̂(k)³ dk / (2π)^d.

    Parts with closed transforms only. Raises ValueError for algebraic and table parts (sample the torus instead).
    """
    transforms = [(part, _transform(part, kernel.dimension)) for part in kernel.parts if part.kind != "uniform"]
    if not transforms:
        return 1.0 / kernel.parts[0].scale ** kernel.dimension
    spread = 1.0 / kernel.scale

    def cubed(q: float) -> float:
        k = q * spread
        value = sum(part.weight * transform(k) for part, transform in transforms) ** 3
        return value * spread / math.pi if kernel.dimension == 1 else value * k * spread / (2 * math.pi)

    ends = [0.0, 2.0, 8.0, 32.0, 128.0, 512.0]
    return float(sum(integrate.quad(cubed, a, b, limit=500)[0] for a, b in pairwise(ends)))


def _single(kind: Kind, scale: float, dimension: int, exponent: float = 0.0) -> Kernel:
    if not (math.isfinite(scale) and scale > 0):
        name = "size" if kind == "uniform" else "scale"
        raise ValueError(f"{name} must be positive and finite; got {scale!r}")
    return Kernel(_check_dimension(dimension), (KernelPart(kind, float(scale), 1.0, float(exponent)),))


def _check_dimension(dimension: int) -> Dimension:
    if dimension not in (1, 2):
        raise ValueError(f"dimension must be 1 or 2; got {dimension!r}")
    return dimension  # type: ignore[return-value]


def _density(part: KernelPart, r: NDArray[np.float64], dimension: int) -> NDArray[np.float64]:
    s, a, q = part.scale, part.exponent, r / part.scale
    match part.kind:
        case "gaussian":
            return np.exp(-0.5 * q * q) / (s * math.sqrt(2 * math.pi)) ** dimension
        case "exponential":
            return np.exp(-q) / (2 * s if dimension == 1 else 2 * math.pi * s * s)
        case "disc":
            return np.where(q <= 1, 1.0, 0.0) / (2 * s if dimension == 1 else math.pi * s * s)
        case "algebraic":
            front = a / (2 * s) if dimension == 1 else a * (a + 1) / (2 * math.pi * s * s)
            return front * (1 + q) ** (-dimension - a)
        case "uniform":
            return np.full_like(r, s**-dimension)
        case _:
            return np.interp(r, part.distances, part.values, right=0.0)


def _mass(part: KernelPart, r: ArrayLike, dimension: int) -> NDArray[np.float64]:
    r = np.asarray(r, dtype=float)
    a, q = part.exponent, r / part.scale
    flat = dimension == 1
    match part.kind:
        case "gaussian":
            return special.erf(q / math.sqrt(2)) if flat else -np.expm1(-0.5 * q * q)
        case "exponential":
            return -np.expm1(-q) if flat else 1 - (1 + q) * np.exp(-q)
        case "disc":
            return np.minimum(1.0, q**dimension)
        case "algebraic":
            return 1 - (1 + q) ** -a if flat else 1 - (1 + q) ** (-1 - a) * (1 + (1 + a) * q)
        case "uniform":
            if flat:
                return np.minimum(1.0, 2 * q)
            bent = np.clip(q, 0.5, math.sqrt(0.5))
            corners = bent**2 * (math.pi - 4 * np.arccos(0.5 / bent)) + 2 * np.sqrt(np.maximum(0, bent**2 - 0.25))
            return np.where(q <= 0.5, math.pi * q * q, np.minimum(1.0, corners))
        case _:
            return _table_mass(part, r, dimension)


def _table_mass(part: KernelPart, r: NDArray[np.float64], dimension: int) -> NDArray[np.float64]:
    """Exact integral of the piecewise linear table: 2 ∫ f dr on the line, 2π ∫ f r dr in the plane."""
    nodes, f = np.array(part.distances), np.array(part.values)
    slope = np.diff(f) / np.diff(nodes)
    constant = f[:-1] - slope * nodes[:-1]

    def antiderivative(index: NDArray, x: NDArray) -> NDArray:
        if dimension == 1:
            return 2 * (constant[index] * x + slope[index] * x**2 / 2)
        return 2 * math.pi * (constant[index] * x**2 / 2 + slope[index] * x**3 / 3)

    pieces = np.arange(nodes.size - 1)
    whole = np.concatenate(([0.0], np.cumsum(antiderivative(pieces, nodes[1:]) - antiderivative(pieces, nodes[:-1]))))
    at = np.minimum(r, nodes[-1])
    index = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, nodes.size - 2)
    return whole[index] + antiderivative(index, at) - antiderivative(index, nodes[index])


def _generating(part: KernelPart, rate: float, dimension: int) -> float:
    q = rate * part.scale
    match part.kind:
        case "gaussian":
            return math.exp(0.5 * q * q)
        case "exponential":
            return (1 - q * q) ** (-1.0 if dimension == 1 else -1.5)
        case "disc":
            if q == 0:
                return 1.0
            return math.sinh(q) / q if dimension == 1 else 2 * float(special.iv(1, q)) / q
        case _:
            nodes, weights = np.polynomial.legendre.leggauss(8)
            ends = np.array(part.distances)
            r = (ends[:-1, None] + ends[1:, None]) / 2 + np.diff(ends)[:, None] / 2 * nodes
            shares = np.diff(ends)[:, None] / 2 * weights * np.interp(r, part.distances, part.values)
            tilt = 2 * np.cosh(rate * r) if dimension == 1 else 2 * math.pi * r * special.iv(0, rate * r)
            return float((shares * tilt).sum())


def _transform(part: KernelPart, dimension: int) -> Callable[[float], float]:
    s = part.scale
    match part.kind:
        case "gaussian":
            return lambda k: math.exp(-0.5 * (k * s) ** 2)
        case "exponential":
            return lambda k: (1 + (k * s) ** 2) ** (-1.0 if dimension == 1 else -1.5)
        case "disc":
            if dimension == 1:
                return lambda k: math.sin(k * s) / (k * s) if k else 1.0
            return lambda k: 2 * float(special.j1(k * s)) / (k * s) if k else 1.0
        case _:
            raise ValueError(f"triangle_integral has no closed transform of a kernel part of kind {part.kind!r}")
