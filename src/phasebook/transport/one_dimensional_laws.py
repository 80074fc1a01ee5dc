"""Laws on the line, exact up to a grid: of an SDE by finite volumes, of an ODE by the characteristics of its quantiles.

The SDE is dX = b(X, t) dt + sqrt(2 D(t)) dW. Its density obeys dp/dt = -d/dx(b p) + D d²p/dx². Between two cells of width h the
flux is that of the stationary solution with constant drift, (D/h)(B(-P) p_left - B(P) p_right) with P = b h/D, B(z) = z/(e^z - 1)
(Scharfetter and Gummel, IEEE Trans. Electron Devices 16, 64 (1969)): mass is kept to rounding, and steep drift makes no wiggles.
Time goes by Crank-Nicolson steps with coefficients at their middle, after four half steps of implicit Euler that damp what a rough
initial law excites (Rannacher, Numer. Math. 43, 309 (1984)). Both are of second order.

Decreasing times run an equation backward as it is written, with dt < 0: noise is added, not taken away. The reverse SDE of a
diffusion, dX = (f - g² s) dt + g dW with dt < 0, is drift f - g² s and diffusion g²/2 over times from T to 0.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.linalg import lapack

from ..errors import NotConverged
from ..numerics.wasserstein import cell_quantiles

Field = Callable[[Float[np.ndarray, " n"], float], ArrayLike]
DAMPED = 2  # first steps that are each two half steps of implicit Euler
NEGATIVE = 1e-6  # negative mass, of one, beyond which the steps are too long


@dataclass(frozen=True)
class CellLaw:
    """A law on the line as the masses (n,) of the cells between `edges` (n + 1,), even; or several, of shape (times, n)."""

    edges: Float[np.ndarray, " edges"]
    masses: Float[np.ndarray, "*times n"]

    @classmethod
    def of_density(cls, density: Callable[[np.ndarray], ArrayLike], low: float, high: float, cells: int) -> CellLaw:
        """The law with this density, integrated over even cells of [low, high] by Simpson's rule and normalized.

        Raises ValueError unless low < high, cells >= 3 and the density is finite, not negative and not zero everywhere.
        """
        edges = even_edges(low, high, cells)
        middle = (edges[1:] + edges[:-1]) / 2
        at_edges, at_middle = np.asarray(density(edges), float), np.asarray(density(middle), float)
        masses = at_edges[1:] + 4 * at_middle + at_edges[:-1]
        if not (np.isfinite(masses).all() and (masses >= 0).all() and masses.sum() > 0):
            raise ValueError(f"density must be finite, not negative and not zero everywhere on [{low:g}, {high:g}]")
        return cls(edges, masses / masses.sum())

    @property
    def width(self) -> float:
        """Width of a cell."""
        return float(self.edges[1] - self.edges[0])

    @property
    def centers(self) -> Float[np.ndarray, " n"]:
        """Middles of the cells."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def density(self) -> Float[np.ndarray, "*times n"]:
        """Mean density in each cell."""
        return self.masses / self.width

    @property
    def last(self) -> CellLaw:
        """The law at the last of several times."""
        return CellLaw(self.edges, self.masses[-1])

    def quantiles(self, scores: ArrayLike) -> Float[np.ndarray, " scores"]:
        """Quantiles at the levels Phi(scores) of a single law."""
        return cell_quantiles(self.edges, self.masses, scores)


def even_edges(low: float, high: float, cells: int) -> Float[np.ndarray, " edges"]:
    """Edges (cells + 1,) of even cells. Raises ValueError unless low < high are finite and cells >= 3."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low must be below high, both finite; got {low:g} and {high:g}")
    if cells < 3:
        raise ValueError(f"cells must be at least 3; got {cells}")
    return np.linspace(low, high, cells + 1)


def sde_law(
    drift: Field,
    diffusion: float | Callable[[float], float],
    initial: CellLaw,
    times: ArrayLike,
    *,
    steps: int = 1,
) -> CellLaw:
    """Law of dX = drift(X, t) dt + sqrt(2 diffusion(t)) dW at each of `times` (k,), from `initial` at the first of them.

    `drift(x, t)` takes x (n,) and returns (n,); `diffusion` is a positive number or a function of time; `steps` is the number of
    steps between two times. The ends of the grid reflect. Returns masses of shape (k, n), each summing to one.
    Raises ValueError on times that don't all go one way, a drift that is not finite or a diffusion that is not positive;
    NotConverged where mass turns negative, which more steps mend. Source: see the module.
    """
    moments, direction = _checked_times(times, steps)
    amplitude = diffusion if callable(diffusion) else lambda t: diffusion
    inner = initial.edges[1:-1]
    masses = np.array(initial.masses, dtype=float)
    if masses.ndim != 1:
        raise ValueError(f"initial must be a single law; its masses have shape {masses.shape}")
    history, taken = [masses], 0
    for start, stop in itertools.pairwise(moments):
        step = (stop - start) / steps
        for index in range(steps):
            begin = start + index * step
            damped = taken < DAMPED
            for part in range(2 if damped else 1):
                length = step / 2 if damped else step
                middle = begin + (part + 0.5) * length
                lower, diagonal, upper = _generator(
                    direction * _evaluated(drift, inner, middle), float(amplitude(middle)), initial.width, middle
                )
                masses = _advanced(masses, (lower, diagonal, upper), abs(length), implicit=1.0 if damped else 0.5)
            taken += 1
        _check_masses(masses, stop)
        history.append(masses)
    return CellLaw(initial.edges, np.array(history))


def ode_quantiles(
    velocity: Field, quantiles: ArrayLike, times: ArrayLike, *, steps: int = 1
) -> Float[np.ndarray, "times n"]:
    """Quantiles at each of `times` (k,) of the law that dX/dt = velocity(X, t) carries along; shape (k, n).

    On the line trajectories never cross, so a quantile of the initial law stays the quantile of its level: each is followed by
    `steps` classical Runge-Kutta steps between two times. `quantiles` (n,) increase. Raises ValueError on times that don't all go
    one way or quantiles that don't increase; NotConverged where trajectories cross or leave for infinity.
    """
    moments, _ = _checked_times(times, steps)
    x = np.array(quantiles, dtype=float)
    if x.ndim != 1 or not np.isfinite(x).all() or (np.diff(x) < 0).any():
        raise ValueError("quantiles must be finite numbers in one dimension that do not decrease")
    history = [x]
    for start, stop in itertools.pairwise(moments):
        step = (stop - start) / steps
        for index in range(steps):
            t = start + index * step
            first = np.asarray(velocity(x, t), dtype=float)
            second = np.asarray(velocity(x + step / 2 * first, t + step / 2), dtype=float)
            third = np.asarray(velocity(x + step / 2 * second, t + step / 2), dtype=float)
            fourth = np.asarray(velocity(x + step * third, t + step), dtype=float)
            x = x + step / 6 * (first + 2 * second + 2 * third + fourth)
        if not np.isfinite(x).all():
            raise NotConverged(f"a trajectory of the ODE left for infinity before t = {stop:g}")
        if (np.diff(x) < -1e-9 * max(1.0, float(np.abs(x).max()))).any():
            raise NotConverged(f"trajectories of the ODE crossed before t = {stop:g}: take more steps")
        history.append(x)
    return np.array(history)


def bernoulli_function(z: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """B(z) = z/(e^z - 1), one at zero, of any shape."""
    small = np.abs(z) < 1e-5
    safe = np.where(small, 1.0, np.minimum(z, 700.0))
    return np.where(small, 1 - z / 2 + z * z / 12, safe / np.expm1(safe))


def _generator(
    drift: Float[np.ndarray, " n"], diffusion: float, width: float, time: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tridiagonal rates (below, on and above the diagonal) at which mass moves between cells."""
    if not (diffusion > 0 and math.isfinite(diffusion)):
        raise ValueError(f"diffusion must be positive; it is {diffusion:g} at t = {time:g}")
    peclet = drift * width / diffusion
    rate = diffusion / width**2
    to_right, to_left = rate * bernoulli_function(-peclet), rate * bernoulli_function(peclet)
    diagonal = np.zeros(len(drift) + 1)
    diagonal[:-1] -= to_right
    diagonal[1:] -= to_left
    return to_right, diagonal, to_left


def _advanced(
    masses: np.ndarray, generator: tuple[np.ndarray, np.ndarray, np.ndarray], length: float, implicit: float
) -> np.ndarray:
    """One step of the theta method: the share `implicit` of the generator acts on the new masses."""
    lower, diagonal, upper = generator
    right = masses
    if implicit < 1.0:
        change = diagonal * masses
        change[1:] += lower * masses[:-1]
        change[:-1] += upper * masses[1:]
        right = masses + (1 - implicit) * length * change
    share = implicit * length
    *_, result, info = lapack.dgtsv(-share * lower, 1 - share * diagonal, -share * upper, right)
    if info != 0:
        raise NotConverged("the finite-volume step has no solution; take more steps")
    return result


def _evaluated(drift: Field, x: np.ndarray, time: float) -> np.ndarray:
    values = np.asarray(drift(x, time), dtype=float)
    if values.shape != x.shape or not np.isfinite(values).all():
        raise ValueError(f"drift must return {len(x)} finite numbers; at t = {time:g} it did not")
    return values


def _checked_times(times: ArrayLike, steps: int) -> tuple[np.ndarray, float]:
    moments = np.asarray(times, dtype=float)
    if moments.ndim != 1 or len(moments) < 2 or not np.isfinite(moments).all():
        raise ValueError(f"times must be at least two finite numbers; got shape {moments.shape}")
    moves = np.diff(moments)
    if not ((moves > 0).all() or (moves < 0).all()):
        raise ValueError("times must all increase or all decrease")
    if steps < 1:
        raise ValueError(f"steps must be at least 1; got {steps}")
    return moments, float(np.sign(moves[0]))


def _check_masses(masses: np.ndarray, time: float) -> None:
    negative = -float(np.minimum(masses, 0.0).sum())
    if not negative <= NEGATIVE:
        raise NotConverged(
            f"mass {negative:.2g} of the law is negative at t = {time:g}: take more steps or wider cells"
        )
