"""Whether closed moment equations are a legitimate approximation of a network's moments, and in which window of volumes.

The master equation of an ergodic network has one stationary law: its moments settle, from every start, to the same values, with
positive means and positive semidefinite covariance. Closed equations that do anything else are invalid there, however accurate they
look elsewhere. Source: Schnoerr, Sanguinetti, Grima, arXiv 1407.8316; the tests derived in our own words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp
from scipy.linalg import orth

from ..errors import NotConverged
from .closures import PRODUCT_CLOSURES
from .moment_dynamics import UNPHYSICAL, Run, SteadyMoments, run_to_end
from .moments import MomentEquations, moment_equations
from .network import ReactionNetwork

Reason = Literal["valid", "multistable", "oscillating", "negative_variance", "negative_mean", "diverged"]
# Worst first: what is reported where runs from several starts go wrong in several ways.
REASONS: tuple[Reason, ...] = ("diverged", "negative_mean", "negative_variance", "oscillating", "multistable", "valid")
SAME = 1e-4  # relative distance of the means of two ends that are one


@dataclass(frozen=True, eq=False)
class Validity:
    """The verdict on one closure, order and volume, with all runs and the distinct stable ends, sorted by their means."""

    reason: Reason
    text: str
    order: int
    closure: str
    volume: float
    starts: NDArray[np.float64]
    runs: tuple[Run, ...]
    ends: tuple[SteadyMoments, ...]

    @property
    def valid(self) -> bool:
        """Whether all runs ended in the same physical steady state."""
        return self.reason == "valid"


@dataclass(frozen=True)
class ValidityWindow:
    """Volumes between which the closed equations are valid; an edge is None where validity reaches the end of what was searched.

    `low_mean`, `high_mean`: mean copy numbers (all species together) of the closed equations at the edges.
    """

    low: float | None
    high: float | None
    low_mean: float
    high_mean: float


def validity(
    network: ReactionNetwork,
    closure: str = "normal",
    order: int = 2,
    volume: float | None = None,
    *,
    starts: ArrayLike | None = None,
    horizon: float = 50.0,
    all_starts: bool = True,
) -> Validity:
    """Run the closed equations from several starts without noise and judge how they end.

    `starts`: counts of shape (runs, species); by default `deterministic_starts`. `horizon`: length of the windows in which a run is
    watched, in the time unit of the rates, a few times the slowest relaxation. Without `all_starts` the first run that does not
    settle decides: enough for a map. Raises ValueError, UnsupportedPropensity, and
    NotConverged where a run tells nothing within sixty horizons.
    """
    if volume is not None:
        network = network.with_volume(volume)
    equations = moment_equations(network, order, closure)
    points = (
        deterministic_starts(network, horizon) if starts is None else np.atleast_2d(np.asarray(starts, dtype=float))
    )
    if closure in PRODUCT_CLOSURES:
        # These closures divide by the means.
        points = np.maximum(points, min(1.0, 0.1 * network.volume))
    runs: list[Run] = []
    for point in points:
        runs.append(run_to_end(equations, point, horizon=horizon))
        if not all_starts and _reason(equations, points, runs, distinct_ends(runs)) != "valid":
            break
    ends = distinct_ends(runs)
    reason = _reason(equations, points, runs, ends)
    return Validity(reason, _text(reason, runs, ends), order, closure, network.volume, points, tuple(runs), ends)


def distinct_ends(runs: Sequence[Run]) -> tuple[SteadyMoments, ...]:
    """The steady states in which runs ended, each once, sorted by the means."""
    ends: list[SteadyMoments] = []
    for run in runs:
        if run.steady is not None and not any(_same(run.steady, other) for other in ends):
            ends.append(run.steady)
    return tuple(sorted(ends, key=lambda end: tuple(end.means)))


def validity_window(
    network: ReactionNetwork,
    closure: str = "normal",
    order: int = 2,
    *,
    inside: float,
    low: float = 0.02,
    high: float = 1e4,
    tolerance: float = 1e-3,
    starts: Callable[[float], ArrayLike] | None = None,
    horizon: float = 50.0,
) -> ValidityWindow:
    """The window of volumes around `inside` where `validity` says valid, by bisection in the logarithm of the volume.

    `tolerance` is the relative precision of an edge; `starts(volume)` gives the starts. Raises ValueError where the equations are
    not valid at `inside`, or the volumes are not in order.
    """
    if not 0 < low < inside < high:
        raise ValueError(f"volumes must be 0 < low < inside < high; got {low}, {inside}, {high}")

    def at(volume: float) -> Validity:
        chosen = None if starts is None else starts(volume)
        return validity(network, closure, order, volume, starts=chosen, horizon=horizon, all_starts=False)

    here = at(inside)
    if not here.valid:
        raise ValueError(
            f"inside={inside:g} must be a volume where the equations are valid; there they are {here.reason}"
        )

    def edge(outer: float) -> tuple[float | None, float]:
        found, good, bad = at(outer), inside, outer
        if found.valid:
            return None, _total_mean(found)
        best = here
        while abs(math.log(bad / good)) > tolerance:
            middle = math.sqrt(good * bad)
            trial = at(middle)
            if trial.valid:
                good, best = middle, trial
            else:
                bad = middle
        return math.sqrt(good * bad), _total_mean(best)

    low_edge, low_mean = edge(low)
    high_edge, high_mean = edge(high)
    return ValidityWindow(low_edge, high_edge, low_mean, high_mean)


def deterministic_starts(network: ReactionNetwork, horizon: float = 50.0) -> NDArray[np.float64]:
    """Starts without noise, shape (runs, species): around where the rate equations end from few and from many molecules.

    Without conservation laws: none, half of the lowest end, between the ends, the highest end, and one and a half of it. With them
    every start keeps the totals of the initial counts: points on the way of the rate equations.
    """
    change = network.change
    moving = np.unique(change.indices)
    rank = int(np.linalg.matrix_rank(change.toarray())) if change.nnz else 0
    if rank < moving.size:
        return _rate_equation(network, network.initial_counts, 10 * horizon)[1]
    initial = network.initial_counts
    few = _rate_equation(network, np.where(np.isin(np.arange(initial.size), moving), 0.0, initial), 10 * horizon)[0]
    many = _rate_equation(
        network, initial + 10 * network.volume * np.isin(np.arange(initial.size), moving), 10 * horizon
    )[0]
    lowest, highest = np.minimum(few, many), np.maximum(few, many)
    scale = np.where(np.isin(np.arange(initial.size), moving), 0.0, initial)
    return np.array([scale, 0.5 * lowest, 0.5 * (lowest + highest), highest, 1.5 * highest + 0.5 * network.volume])


def _rate_equation(
    network: ReactionNetwork, counts: NDArray[np.float64], time: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time average over the last fifth of the rate equations' run, and five points on the way; in counts."""
    change = network.change.toarray().T.astype(float)
    grid = np.concatenate([time * np.array([0.0, 0.002, 0.02, 0.2]), np.linspace(0.8, 1.0, 201) * time])
    found = solve_ivp(
        lambda _, phi: change @ network.macroscopic_rates(phi),
        (0, time),
        counts / network.volume,
        t_eval=grid,
        method="LSODA",
        rtol=1e-7,
        atol=1e-10,
    )
    if not found.success:
        raise NotConverged(f"the rate equations could not be followed to time {time:g}: {found.message}")
    states = np.maximum(found.y.T * network.volume, 0.0)
    return states[4:].mean(axis=0), states[[0, 1, 2, 3, -1]]


def _reason(
    equations: MomentEquations, starts: NDArray[np.float64], runs: Sequence[Run], ends: Sequence[SteadyMoments]
) -> Reason:
    network, found = equations.network, set[Reason]()
    # Counts as large as the starts are known to a relative rounding only.
    rounding = UNPHYSICAL * max(network.volume, float(starts.max(initial=0.0)))
    for run in runs:
        if run.ending == "diverged":
            found.add("diverged")
        if run.least_mean < -rounding:
            found.add("negative_mean")
        if run.least_variance < -rounding:
            found.add("negative_variance")
        if run.ending == "oscillating":
            found.add("oscillating")
    # Conserved sums do not fluctuate, and Newton's method leaves them undetermined: only the other directions count.
    moving = orth(network.change.toarray().T.astype(float))
    for end in ends:
        if equations.low and np.linalg.eigvalsh(moving.T @ end.covariance @ moving).min(initial=0.0) < -rounding:
            found.add("negative_variance")
    if len(ends) > 1:
        found.add("multistable")
    return next((reason for reason in REASONS if reason in found), "valid")


def _text(reason: Reason, runs: Sequence[Run], ends: Sequence[SteadyMoments]) -> str:
    several = f"{len(runs)} runs"
    match reason:
        case "diverged":
            failed = [run for run in runs if run.ending == "diverged"]
            return f"{len(failed)} of {several} diverge, the first at time {min(run.time for run in failed):.3g}"
        case "negative_mean":
            return f"a mean falls to {min(run.least_mean for run in runs):.3g}"
        case "negative_variance":
            return (
                f"a variance falls to {min(run.least_variance for run in runs):.3g}, or the covariance is not positive"
            )
        case "oscillating":
            swing = max(run.amplitude for run in runs if run.ending == "oscillating")
            return f"a mean keeps oscillating by {swing:.3g}, where the true mean settles"
        case "multistable":
            return f"{len(ends)} stable states from {several}, where the true moments have one"
    return f"{several} end in one physical state"


def _same(first: SteadyMoments, second: SteadyMoments) -> bool:
    size = np.maximum(np.abs(first.means), np.abs(second.means)) + 1e-6 * first.equations.network.volume
    return bool((np.abs(first.means - second.means) <= SAME * size).all())


def _total_mean(found: Validity) -> float:
    return float(found.ends[0].means.sum()) if found.ends else math.nan
