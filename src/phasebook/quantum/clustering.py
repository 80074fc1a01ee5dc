"""How connected correlations die out when one observable is carried away: rates, light cones, averages along rays.

A rate is the ratio r of a correlation at neighboring distances, exp(-1/ξ). Theorem (arXiv 2405.09388, abstract): where
two-point connected correlations vanish as one observable is moved, all classical and free cumulants with that one observable
moved vanish, at the same rate; with a Lieb-Robinson bound also outside the light cone; their averages along rays vanish.
It says nothing of two moved observables, and bounds from above: faster is no violation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Inexact

from ..errors import PhasebookError
from .cumulants import Kind, cumulant
from .free_fermion_chain import Density, FreeFermionChain
from .spin_observables import SpinObservable, Times
from .thermal_chain import SpinState
from .typical_state import Action, commutator_norm

NOISE = 1e-12
BOUNDARY = 2
FEWEST_DISTANCES = 3
CLUSTERS_BELOW = 0.98
SAME_WITHIN = 0.003
FRONT_NORM = 1e-2
QUADRATURE_STEP = 0.25
GAUSS_POINTS = 6
PLACES_AT_ONCE = 2000

Verdict = Literal["same rate", "faster", "slower", "hypothesis fails"]


class RateUndefined(PhasebookError, ValueError):
    """A rate of something that vanishes, by symmetry or below rounding, or that stands at too few distances."""


@dataclass(frozen=True, eq=False)
class FittedRate:
    """The ratio of neighbors from a log-linear fit over a window, its standard error from the scatter, and all local ratios."""

    ratio: float
    stderr: float
    local: Float[np.ndarray, " steps"]
    window: tuple[int, int]


@dataclass(frozen=True, eq=False)
class SameRate:
    """Local ratios of a higher cumulant over those of the two-point function, less 1, and what they say."""

    differences: Float[np.ndarray, " steps"]
    largest: float
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class LightCone:
    """The front of a commutator: the time (distances,) at which its norm passes 0.01, NaN where it does not, and its speed."""

    distances: tuple[int, ...]
    arrival: Float[np.ndarray, " distances"]
    velocity: float

    def outside(self, times: Float[np.ndarray, " times"], margin: float = 2.0) -> Float[np.ndarray, "distances times"]:
        """x - v t - margin: positive where no signal has come."""
        return np.asarray(np.array(self.distances)[:, None] - self.velocity * times - margin)


def moved_product(
    letters: str, moved: int, distance: int, *, fixed: int = 0, time: Times = 0.0
) -> tuple[SpinObservable, ...]:
    """Pauli matrices on one site, of which the one numbered `moved` is carried by a distance and a time.

    Raises `ValueError` where the moved one does not leave the others' site, or there is no such number.
    """
    if not 0 <= moved < len(letters):
        raise ValueError(f"moved must be from 0 to {len(letters) - 1}; got {moved}")
    if distance == 0 and len(letters) > 1:
        raise ValueError("distance must not be 0: the moved observable's support must be disjoint from the others'")
    return tuple(
        SpinObservable(letter, fixed + distance, time) if place == moved else SpinObservable(letter, fixed)
        for place, letter in enumerate(letters)
    )


def cumulant_decay(
    moment: Callable[[tuple[Any, ...]], Any],
    product_at: Callable[[int], tuple[Any, ...]],
    distances: Sequence[int],
    kind: Kind = "classical",
    *,
    centered: bool = False,
) -> Inexact[np.ndarray, " distances"]:
    """The cumulant of `product_at(distance)` at each distance, complex. Raises as the engine's moments do."""
    return np.array([cumulant(kind, moment, product_at(distance), centered=centered) for distance in distances])


def fit_rate(
    distances: Sequence[int],
    values: Inexact[np.ndarray, " distances"],
    *,
    boundary: int = BOUNDARY,
    noise: float = NOISE,
) -> FittedRate:
    """The ratio of moduli at neighboring distances, over a window that ends before the boundary and before rounding.

    The last `boundary` distances are left out, and everything from the first modulus below `noise` on. The sign of the ratio
    is that of real values which alternate. Raises `RateUndefined` where fewer than 3 neighboring distances are left.
    """
    places, moduli = np.asarray(distances, dtype=float), np.abs(np.asarray(values))
    if places.shape != moduli.shape or places.ndim != 1:
        raise ValueError(f"distances and values must be equally many; got {places.shape} and {moduli.shape}")
    usable = moduli[: len(moduli) - boundary] >= noise
    count = len(usable) if usable.all() else int(np.argmin(usable))
    if count == 0 and len(usable):
        raise RateUndefined(
            f"a rate is undefined: the correlation is below {noise:g} at distance {places[0]:g}, which a symmetry of the "
            "model or its temperature forces; choose observables that overlap, or a field"
        )
    if count < FEWEST_DISTANCES:
        raise RateUndefined(
            f"a rate needs at least {FEWEST_DISTANCES} distances above {noise:g} and {boundary} before the boundary; got {count}"
        )
    x, y = places[:count], np.log(moduli[:count])
    centered = x - x.mean()
    slope = float(centered @ y / (centered @ centered))
    scatter = y - y.mean() - slope * centered
    error = math.sqrt(float(scatter @ scatter) / (count - 2) / float(centered @ centered))
    kept = np.asarray(values)[:count]
    steps = np.real(kept[1:] * kept[:-1].conj())
    sign = -1.0 if (steps < 0).all() else 1.0
    ratio = sign * math.exp(slope)
    return FittedRate(ratio, abs(ratio) * error, sign * moduli[1:count] / moduli[: count - 1], (int(x[0]), int(x[-1])))


def same_rate(
    distances: Sequence[int],
    two_point: Inexact[np.ndarray, " distances"],
    higher: Inexact[np.ndarray, " distances"],
    *,
    tolerance: float = SAME_WITHIN,
    boundary: int = BOUNDARY,
    noise: float = NOISE,
) -> SameRate:
    """A paired comparison, distance by distance, of a higher cumulant's ratios with those of the two-point function.

    Where the two-point function itself does not decay, the theorem's hypothesis fails and nothing follows. Raises
    `RateUndefined` where either vanishes.
    """
    base, other = (fit_rate(distances, each, boundary=boundary, noise=noise) for each in (two_point, higher))
    count = min(len(base.local), len(other.local))
    differences = np.abs(other.local[:count]) / np.abs(base.local[:count]) - 1
    largest = float(differences[np.argmax(np.abs(differences))])
    if np.abs(base.local).max() > CLUSTERS_BELOW:
        verdict: Verdict = "hypothesis fails"
    elif np.abs(differences).max() <= tolerance:
        verdict = "same rate"
    else:
        verdict = "slower" if abs(other.ratio) > abs(base.ratio) * (1 + tolerance) else "faster"
    return SameRate(differences, largest, verdict)


def cone_cumulants(
    state: SpinState, kind: Kind, letters: str, moved: int, distances: Sequence[int], times: Sequence[float]
) -> Inexact[np.ndarray, "distances times"]:
    """A cumulant with one observable carried through all distances and times. Raises as `moved_product` does."""
    batch = tuple(float(time) for time in times)
    rows = [cumulant(kind, state.moment, moved_product(letters, moved, distance, time=batch)) for distance in distances]
    return np.stack([np.broadcast_to(row, len(batch)) for row in rows])


def light_cone(action: Action, letter: str, distances: Sequence[int], times: Sequence[float]) -> LightCone:
    """Where ‖[A_0, A_x(t)]‖ passes 0.01, between the given times; the speed is the slope of distance over time.

    The front only moves outward, so each distance begins at the front of the one before. Raises `ValueError` for fewer than
    two distances reached.
    """
    arrivals: list[float] = []
    place, former = 0, 0.0
    for distance in distances:
        norm = 0.0
        while place < len(times):
            norm = commutator_norm(
                action, SpinObservable(letter, 0), SpinObservable(letter, distance, float(times[place]))
            )
            if norm > FRONT_NORM:
                break
            former, place = norm, place + 1
        arrivals.append(_arrival(times, place, former, norm))
        former = 0.0
    reached = np.isfinite(arrivals)
    if reached.sum() < 2:
        raise ValueError(
            f"times must reach a front at 2 distances at least; {times[-1]:g} reaches {int(reached.sum())}"
        )
    front = np.array(arrivals)
    slope = np.polyfit(front[reached], np.array(distances)[reached], 1)[0]
    return LightCone(tuple(distances), front, float(slope))


def ray_average(
    chain: FreeFermionChain,
    fixed: Sequence[int],
    velocity: float,
    durations: Sequence[float],
    *,
    start: int | None = None,
) -> Float[np.ndarray, " durations"]:
    """(1/T) ∫_0^T |c_n| dt with the last density carried along the ray x = ⌊vt⌋ from `start`, for several T.

    Between the jumps of ⌊vt⌋ the integral is Gauss's. The default start is the first fixed site. Raises `IndexError` where the
    ray leaves the chain.
    """
    times, weights = ray_nodes(velocity, durations)
    values = np.abs(ray_cumulants(chain, fixed, velocity, times, start=start))
    totals = np.cumsum(weights * values)
    ends = np.searchsorted(times, np.asarray(durations, dtype=float))
    return np.asarray(totals[ends - 1] / np.asarray(durations, dtype=float))


def ray_cumulants(
    chain: FreeFermionChain,
    fixed: Sequence[int],
    velocity: float,
    times: Float[np.ndarray, " times"],
    *,
    start: int | None = None,
) -> Inexact[np.ndarray, " times"]:
    """c_n of densities at `fixed` sites and one at ⌊vt⌋ from `start` at time t. Raises as `ray_average` does."""
    origin = fixed[0] if start is None else start
    densities = [Density(site) for site in fixed]
    found = []
    for begin in range(0, len(times), PLACES_AT_ONCE):
        part = times[begin : begin + PLACES_AT_ONCE]
        sites = tuple((origin + np.floor(velocity * part).astype(int)).tolist())
        found.append(chain.classical_cumulant([*densities, Density(sites, tuple(part.tolist()))]))
    return np.concatenate(found)


def ray_nodes(velocity: float, durations: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes and weights between all jumps of ⌊vt⌋ and all ends, in pieces of at most 0.25.

    Raises `ValueError` unless velocity is finite and not negative, and durations are positive and ascending.
    """
    ends = np.asarray(durations, dtype=float)
    if not (math.isfinite(velocity) and velocity >= 0):
        raise ValueError(f"velocity must be finite and not negative; got {velocity}")
    if not (ends.size and (ends > 0).all() and (np.diff(ends) > 0).all() and np.isfinite(ends).all()):
        raise ValueError(f"durations must be positive and ascending; got {list(durations)}")
    jumps = np.arange(1, math.floor(velocity * ends[-1]) + 1) / velocity if velocity > 0 else np.array([])
    marks = np.unique(np.concatenate([[0.0], jumps[jumps < ends[-1]], ends]))
    pieces = np.concatenate(
        [
            np.linspace(low, high, max(1, math.ceil((high - low) / QUADRATURE_STEP)), endpoint=False)
            for low, high in itertools.pairwise(marks)
        ]
    )
    bounds = np.append(pieces, ends[-1])
    nodes, weights = np.polynomial.legendre.leggauss(GAUSS_POINTS)
    half = np.diff(bounds)[:, None] / 2
    return np.ravel(bounds[:-1, None] + half * (1 + nodes)), np.ravel(half * weights)


def _arrival(times: Sequence[float], place: int, before: float, after: float) -> float:
    """The time at which the norm passes the threshold, log-linear between neighbors."""
    if place == len(times):
        return math.nan
    if place == 0 or before <= 0:
        return float(times[place])
    share = math.log(FRONT_NORM / before) / math.log(after / before)
    return float(times[place - 1] + share * (times[place] - times[place - 1]))
