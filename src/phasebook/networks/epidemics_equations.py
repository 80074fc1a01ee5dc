"""Edge-based partial integro-differential equations of epidemics in one and two dimensions, by RK4 and convolution.

With h(x, t) = 1 − Θ, the chance that an edge of a test node at x has transmitted, and g(h) = 1 − ⟨κ exp(−κh)⟩/⟨κ⟩:
∂h/∂t = −(β + γ) h + β ∫ f(|x − y|) g(h(y)) dy, and 1 − ⟨exp(−κh)⟩ of the nodes at x are or were infected. Derived here from the
edge-based compartmental theory of Miller, Slim and Volz 2012 for the networks of arXiv 1702.01252. Far ahead of a front h is tiny:
rounding noise of a Fourier transform would grow there, so that either h below `FLOOR` is cut, or the sum is direct.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from .epidemics import Rates
from .spatial_degrees import DegreeLaw
from .spatial_kernels import Kernel
from .spatial_model import kernel_on_grid

FLOOR = 1e-14
TIME_STEP = 0.1
# Direct sums end where the kernel has less than this mass left: 8 σ of a Gaussian, 36 ℓ of an exponential kernel.
LEFT_OUT = 1e-15
LARGEST_GRID = 2**24
Method = Literal["fft", "direct"]


@dataclass(frozen=True)
class Field:
    """h on a grid at recorded times: `transmitted` (times, points) or (times, points, points); `recovered`, a share, likewise.

    Positions are cell centers from −size/2, the short way around a periodic domain.
    """

    times: NDArray[np.float64]
    positions: NDArray[np.float64]
    transmitted: NDArray[np.float64]
    degrees: DegreeLaw
    recovered: NDArray[np.float64] | None
    seeded: NDArray[np.float64]

    @property
    def ever_infected(self) -> NDArray[np.float64]:
        """Share of nodes that are or were infected, 1 − S."""
        return 1 - (1 - self.seeded) * self.degrees.escape(self.transmitted)

    @property
    def infectious(self) -> NDArray[np.float64]:
        """Share of nodes that are infectious, I = 1 − S − R. Raises ValueError where recoveries were not followed."""
        if self.recovered is None:
            raise ValueError("field was solved without the share of recovered nodes")
        return self.ever_infected - self.recovered


def solve_epidemic(
    kernel: Kernel,
    degrees: DegreeLaw,
    rates: Rates,
    start: ArrayLike,
    size: float,
    times: ArrayLike,
    *,
    seeded: ArrayLike | None = None,
    method: Method = "fft",
    step: float | None = None,
) -> Field:
    """h at increasing times (K,) from `start`, h on a periodic grid of `size` a side: (points,) or (points, points), in [0, 1].

    RK4 with steps of at most 0.1 ⟨κ⟩ / (β ⟨κ²⟩) (or `step`) that end on the recorded times. "direct" is for thin kernels on the
    line; a symmetric start makes it twice as fast. `seeded` is the share of nodes ill at time zero, on the same grid; without it
    the start alone brings the epidemic. Nobody has recovered at time zero. Raises ValueError for wrong arguments.
    """
    h = np.array(start, dtype=float)
    ill = np.zeros_like(h) if seeded is None else np.array(seeded, dtype=float)
    if ill.shape != h.shape or not np.isfinite(ill).all() or ill.min() < 0 or ill.max() > 1:
        raise ValueError(f"seeded must lie in [0, 1] on the grid of start, {h.shape}; got shape {ill.shape}")
    grid = np.atleast_1d(np.asarray(times, dtype=float))
    _check(kernel, h, size, grid, method)
    longest = step if step is not None else TIME_STEP / (rates.transmission * degrees.branching)
    if not (math.isfinite(longest) and longest > 0):
        raise ValueError(f"step must be positive and finite; got {step!r}")
    weights = kernel_on_grid(kernel, size, h.shape[0])
    points = h.shape[0]
    positions = (np.arange(points) - points // 2) * (size / points)
    convolve, fold, unfold = _convolution(weights, (h, ill), kernel, size, method)
    h, healthy = fold(h), 1 - fold(ill)
    loss, gain = rates.transmission + rates.recovery, rates.transmission

    def slope(values: NDArray[np.float64]) -> NDArray[np.float64]:
        # A neighbor that was not seeded is still susceptible with chance 1 − g.
        return gain * convolve(1 - healthy + healthy * degrees.edge_loss(values)) - loss * values

    def infected(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1 - healthy * degrees.escape(values)

    recovered = np.zeros_like(h)
    kept, gone, now = [], [], 0.0
    for time in grid:
        steps = max(0, math.ceil((time - now) / longest - 1e-9))
        dt = (time - now) / steps if steps else 0.0
        for _ in range(steps):
            before = infected(h)
            k1 = slope(h)
            k2 = slope(h + dt / 2 * k1)
            k3 = slope(h + dt / 2 * k2)
            middle = h + dt / 2 * k2
            k4 = slope(h + dt * k3)
            h = h + dt / 6 * (k1 + 2 * (k2 + k3) + k4)
            if method == "fft":
                h[h < FLOOR] = 0.0
            # dR/dt = γ (E − R) with E quadratic in time through the step: exact in its decay.
            recovered = _relax(recovered, before, infected(middle), infected(h), rates.recovery * dt)
        now = float(time)
        if not np.isfinite(h).all():
            raise ValueError(f"step {longest:g} is too long: the solution left the numbers by time {now:g}")
        kept.append(unfold(h))
        gone.append(unfold(recovered))
    return Field(grid, positions, np.array(kept), degrees, np.array(gone), ill)


def patch(points: int, size: float, half_width: float, amplitude: float, dimension: int = 1) -> NDArray[np.float64]:
    """h = amplitude within a distance of the center of the grid, with a smooth edge, and zero elsewhere."""
    if not 0 < amplitude <= 1:
        raise ValueError(f"amplitude must lie in (0, 1]; got {amplitude!r}")
    if not 0 < half_width < size / 2:
        raise ValueError(f"half_width must lie between 0 and half the size {size / 2:g}; got {half_width!r}")
    line = (np.arange(points) - points // 2) * (size / points)
    distance = np.abs(line) if dimension == 1 else np.hypot(line[:, None], line[None, :])
    edge = size / points
    return amplitude * np.clip((half_width - distance) / edge + 0.5, 0.0, 1.0)


def mixed_poisson_epidemic(degrees: DegreeLaw, rates: Rates, start: float, times: ArrayLike) -> NDArray[np.float64]:
    """h(t) of the same epidemic without space, by an adaptive solver: the edge-based ordinary equation, (K,)."""
    from scipy.integrate import solve_ivp

    grid = np.atleast_1d(np.asarray(times, dtype=float))

    def slope(_: float, h: NDArray[np.float64]) -> NDArray[np.float64]:
        theta = 1 - h
        if degrees.name == "exponential":
            neighbor = (1 + degrees.mean * (1 - theta)) ** -2
        else:
            values, shares = np.array(degrees.values), np.array(degrees.shares)
            neighbor = np.array([(shares * values * np.exp(values * (theta[0] - 1))).sum() / degrees.mean])
        return rates.transmission * theta - rates.recovery * h - rates.transmission * neighbor

    found = solve_ivp(slope, (0.0, grid[-1]), [start], method="DOP853", t_eval=grid, rtol=1e-12, atol=1e-14)
    return found.y[0]


def level_positions(field: Field, level: float) -> NDArray[np.float64]:
    """Right-hand place where h falls through a level at each time, by interpolation of ln h; NaN where it lies below everywhere."""
    right = field.positions >= 0
    x, found = field.positions[right], []
    for values in field.transmitted[:, right]:
        above = np.flatnonzero(values >= level)
        last = int(above[-1]) if above.size else -1
        if last < 0 or last == x.size - 1:
            found.append(np.nan)
            continue
        ends = np.log(np.maximum(values[last : last + 2], np.finfo(float).tiny))
        share = (ends[0] - math.log(level)) / (ends[0] - ends[1])
        found.append(x[last] + share * (x[last + 1] - x[last]))
    return np.array(found)


def _relax(recovered: NDArray, first: NDArray, middle: NDArray, last: NDArray, decay: float) -> NDArray[np.float64]:
    """Exact step of dR/ds = decay (E(s) − R), s from 0 to 1, E the parabola through three values."""
    b, a = -3 * first + 4 * middle - last, 2 * first - 4 * middle + 2 * last
    m0 = -math.expm1(-decay)
    m1 = 1 - m0 / decay
    m2 = 1 - 2 * m1 / decay
    return math.exp(-decay) * recovered + m0 * first + m1 * b + m2 * a


def _check(kernel: Kernel, h: NDArray, size: float, times: NDArray, method: str) -> None:
    if h.ndim != kernel.dimension or len(set(h.shape)) != 1:
        raise ValueError(f"start must have {kernel.dimension} equal dimensions, as the kernel; got shape {h.shape}")
    if h.size > LARGEST_GRID or h.shape[0] < 8 or h.shape[0] % 2:
        raise ValueError(f"start must have an even number of points a side, at least 8, at most {LARGEST_GRID} in all")
    if not np.isfinite(h).all() or h.min() < 0 or h.max() > 1:
        raise ValueError("start must lie in [0, 1]")
    if not (math.isfinite(size) and size > 0):
        raise ValueError(f"size must be positive and finite; got {size!r}")
    if times.ndim != 1 or not np.isfinite(times).all() or times[0] < 0 or (np.diff(times) <= 0).any():
        raise ValueError("times must be finite, from 0 on, and increase")
    if method not in ("fft", "direct"):
        raise ValueError(f"method must be fft or direct; got {method!r}")
    if method == "direct" and (kernel.dimension == 2 or kernel.is_fat):
        raise ValueError("method='direct' is for thin kernels in one dimension; take 'fft'")


def _convolution(
    weights: NDArray, fields: tuple[NDArray, NDArray], kernel: Kernel, size: float, method: Method
) -> tuple[Callable[[NDArray], NDArray], Callable[[NDArray], NDArray], Callable[[NDArray], NDArray]]:
    """The convolution, the way into the form that it acts on (half a field, where a direct sum can mirror it), the way back."""
    if method == "fft":
        spectrum = fft.rfftn(weights)
        return lambda g: fft.irfftn(fft.rfftn(g) * spectrum, s=g.shape), np.copy, np.copy
    points = weights.size
    middle = points // 2
    if all(part.kind in ("disc", "table") for part in kernel.parts):
        reach = max(part.scale for part in kernel.parts)
    else:
        reach = kernel.radius_holding(1 - LEFT_OUT)
    taps = min(middle, math.ceil(reach / (size / points)) + 1)
    row = weights[: taps + 1].copy()
    if taps == middle:
        row[-1] /= 2  # the antipode is met from both sides
    if not all(np.array_equal(field[1:], field[1:][::-1]) for field in fields):
        return lambda g: _direct_sum(np.pad(g, taps, mode="wrap"), row), np.copy, np.copy
    return (
        lambda g: _direct_sum(np.pad(g, taps, mode="reflect"), row),
        lambda field: np.concatenate((field[middle:], field[:1])),
        lambda half: np.concatenate((half[:0:-1], half[:-1])),
    )


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _direct_sum(padded: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ_k row[k] (g[i − k] + g[i + k]) over a padded g; what is zero all around stays zero."""
    taps = row.size - 1
    count = padded.size - 2 * taps
    last = padded.size - 1
    while last >= 0 and padded[last] == 0.0:
        last -= 1
    first = 0
    while first < last and padded[first] == 0.0:
        first += 1
    low, high = max(0, first - 2 * taps), min(count, last + 1)
    total = np.zeros(count)
    for i in range(low, high):
        total[i] = row[0] * padded[i + taps]
    block = 512
    for begin in range(low, high, block):
        end = min(begin + block, high)
        for k in range(1, taps + 1):
            weight = row[k]
            for i in range(begin, end):
                total[i] += weight * (padded[i + taps - k] + padded[i + taps + k])
    return total
