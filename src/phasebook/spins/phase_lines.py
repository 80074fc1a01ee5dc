"""Lines in the plane of load and temperature: where retrieval vanishes, where it wins, and where its replicas break.

- retrieval spinodal: the fold of the branch of retrieval states in the load, followed around it by pseudo-arclength;
- thermodynamic line: retrieval and the state without it have the same free energy;
- de Almeida-Thouless line: the symmetric retrieval state's replicon eigenvalue vanishes;
- zero-entropy line: the symmetric retrieval state's entropy vanishes;
- static and dynamic glass transition, and the annealed zero-entropy line: √load times a temperature (`glass`), for P > 2.

Lines are given over temperature, because the spinodal is re-entrant: one load for each temperature, but not the other way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import optimize

from ..errors import NotConverged
from ..numerics.continuation import SolutionCurve, trace_solutions
from .dense_network import PLAIN_SIGNAL, DenseNetwork, SignalLaw, check_order, check_temperature
from .glass import RANDOM_ENERGY_TEMPERATURE, dynamic_glass_temperature, static_glass_temperature
from .one_step import BROKEN, follow, one_step_breaking, one_step_glass
from .replica import Breaking, ReplicaEquations, ReplicaState, replica_symmetric, symmetric_glass

LineName = Literal[
    "retrieval_spinodal", "thermodynamic", "almeida_thouless", "zero_entropy", "static_glass", "dynamic_glass"
]
LINES: tuple[LineName, ...] = (
    "retrieval_spinodal",
    "thermodynamic",
    "almeida_thouless",
    "zero_entropy",
    "static_glass",
    "dynamic_glass",
)
SMALLEST_LOAD, LARGEST_LOAD = 1e-4, 4.0
BEFORE_FOLD = 0.97
LOAD_ACCURACY = 1e-9
MOST_POINTS = 150  # each way along a branch: its fold is passed long before
RESOLVED = 1e-13  # an entropy below is rounding


@dataclass(frozen=True, eq=False)
class PhaseLine:
    """A line: `loads` (k,) at `temperatures` (k,), with the retrieval `overlaps` (k,) on it (0 on lines of the glass).

    NaN where the line does not exist at that temperature.
    """

    name: LineName
    network_order: int
    breaking: Breaking
    temperatures: Float[np.ndarray, " k"]
    loads: Float[np.ndarray, " k"]
    overlaps: Float[np.ndarray, " k"]


def phase_line(
    interaction_order: int,
    name: LineName,
    temperatures: Sequence[float] | Float[np.ndarray, " k"],
    *,
    breaking: Breaking = "rs",
) -> PhaseLine:
    """One of the lines at the given temperatures (k,).

    `breaking` tells which retrieval state, and which glass beside it on the thermodynamic line; replicon and entropy are always
    those of symmetric replicas. Raises ValueError for an unknown name, a negative temperature or a glass line with P = 2.
    """
    order = check_order(interaction_order)
    if name not in LINES:
        raise ValueError(f"name must be one of {', '.join(LINES)}; got {name!r}")
    grid = np.array([check_temperature(temperature) for temperature in temperatures])
    if name in ("static_glass", "dynamic_glass"):
        critical = static_glass_temperature(order) if name == "static_glass" else dynamic_glass_temperature(order)
        return PhaseLine(name, order, breaking, grid, (grid / critical) ** 2, np.zeros(grid.shape))
    point: Callable[[float], ReplicaState | None]
    if name == "retrieval_spinodal":
        point = lambda temperature: retrieval_spinodal(order, temperature, breaking=breaking)  # noqa: E731
    elif name == "thermodynamic":
        point = lambda temperature: thermodynamic_point(order, temperature, breaking=breaking)  # noqa: E731
    else:
        quantity = "replicon" if name == "almeida_thouless" else "entropy"
        point = lambda temperature: _symmetric_zero(order, temperature, quantity)  # noqa: E731
    states = [point(float(temperature)) for temperature in grid]
    loads = np.array([math.nan if state is None else state.network.load for state in states])
    overlaps = np.array([math.nan if state is None else state.overlap for state in states])
    return PhaseLine(name, order, breaking, grid, loads, overlaps)


def annealed_zero_entropy_temperature(load: float) -> float:
    """Temperature √load/(2√ln 2) below which the entropy of the paramagnet would be negative: replicas must break before."""
    return RANDOM_ENERGY_TEMPERATURE * math.sqrt(load)


@lru_cache(maxsize=512)
def retrieval_spinodal(interaction_order: int, temperature: float, *, breaking: Breaking = "rs") -> ReplicaState | None:
    """The retrieval state at the largest load that has one, at this temperature: the fold of its branch; None where none retrieves.

    With one step of breaking it is the symmetric fold where replicas are stable there. Raises ValueError, and NotConverged.
    """
    symmetric = _fold(interaction_order, temperature, None)
    if breaking == "rs" or symmetric is None or symmetric.replicon >= 0.0:
        return symmetric if symmetric is None else replace(symmetric, breaking=breaking)
    breaks = _symmetric_zero(interaction_order, temperature, "replicon")
    broken_from = 0.0 if breaks is None else breaks.network.load
    # Between the de Almeida-Thouless line and the symmetric fold, where both states exist and differ.
    share = max(BEFORE_FOLD * symmetric.network.load, 0.5 * (broken_from + symmetric.network.load))
    begin = one_step_breaking(DenseNetwork(interaction_order, share), temperature)
    if begin.self_overlap - begin.outer_overlap <= BROKEN:
        return replace(symmetric, breaking=breaking)
    return _fold(interaction_order, temperature, begin)


def retrieval_branch(
    interaction_order: int,
    temperature: float,
    low: float,
    high: float,
    *,
    breaking: Breaking = "rs",
    law: SignalLaw = PLAIN_SIGNAL,
) -> SolutionCurve:
    """The curve of retrieval states in the load between `low` and `high`, from its stable part at `low` around its fold.

    Points are (n, χ) with symmetric replicas and (n, q1, χ, ln μ) with one step of breaking; the fold is among its special points.
    Raises ValueError on arguments outside these or where nothing retrieves at `low`, and NotConverged.
    """
    if not 0.0 < low < high:
        raise ValueError(f"low and high must be loads with 0 < low < high; got {low} and {high}")
    solve = replica_symmetric if breaking == "rs" else one_step_breaking
    begin = solve(DenseNetwork(interaction_order, low), temperature, law=law)
    if begin.phase != "retrieval":
        raise ValueError(f"low must be a load with retrieval; at {low} and temperature {temperature} there is none")
    if breaking == "1rsb" and begin.self_overlap - begin.outer_overlap <= BROKEN:
        raise ValueError(f"low must be a load with broken replicas; at {low} they are symmetric")
    return _branch(begin, low, high, law)


@lru_cache(maxsize=512)
def thermodynamic_point(
    interaction_order: int, temperature: float, *, breaking: Breaking = "rs"
) -> ReplicaState | None:
    """The retrieval state whose free energy equals that of the state without retrieval; None where there is no such load.

    The other state breaks its replicas as the retrieval state does: `one_step_glass` or `symmetric_glass`.
    """
    edge = retrieval_spinodal(interaction_order, temperature, breaking=breaking)
    if edge is None:
        return None
    retrieval, glass = (
        Follower(temperature, breaking, retrieving=True),
        Follower(temperature, breaking, retrieving=False),
    )

    def difference(load: float) -> float:
        network = DenseNetwork(interaction_order, load)
        return glass(network).free_energy - retrieval(network).free_energy

    # So near its fold that nothing changes, and far enough for the solver.
    top = edge.network.load * (1.0 - 1e-4)
    if difference(top) >= 0.0:
        return None
    bottom = 0.6 * top
    while difference(bottom) <= 0.0:
        top, bottom = bottom, 0.6 * bottom
        if bottom < SMALLEST_LOAD:
            return None
    load = float(optimize.brentq(difference, bottom, top, xtol=LOAD_ACCURACY))
    return retrieval(DenseNetwork(interaction_order, load))


class Follower:
    """States at neighboring loads, each from the one before it by Newton's method, and anew where that finds none."""

    def __init__(self, temperature: float, breaking: Breaking, *, retrieving: bool) -> None:
        self.temperature, self.breaking, self.retrieving = temperature, breaking, retrieving
        self._last: ReplicaState | None = None

    def __call__(self, network: DenseNetwork) -> ReplicaState:
        """The state of this network. Raises NotConverged where there is none of the kind that is followed."""
        if self._last is not None:
            state = follow(ReplicaEquations(network, self.temperature), self._last.unknowns)
            if state is not None:
                self._last = state
                return state
        state = self._anew(network)
        if self.retrieving and state.phase != "retrieval":
            raise NotConverged(f"no retrieval at load {network.load:g} and temperature {self.temperature:g}")
        if state.self_overlap - state.outer_overlap > BROKEN:
            self._last = state
        return state

    def _anew(self, network: DenseNetwork) -> ReplicaState:
        if self.retrieving:
            solve = replica_symmetric if self.breaking == "rs" else one_step_breaking
            return solve(network, self.temperature)
        solve_glass = one_step_glass if self.breaking == "1rsb" else symmetric_glass
        return solve_glass(network, self.temperature)


def _fold(interaction_order: int, temperature: float, begin: ReplicaState | None) -> ReplicaState | None:
    """The state at the first fold of the branch through `begin`, or of the symmetric one through the smallest load."""
    if begin is None:
        begin = replica_symmetric(DenseNetwork(interaction_order, 2 * SMALLEST_LOAD), temperature)
        if begin.phase != "retrieval":
            return None
        low, high = SMALLEST_LOAD, LARGEST_LOAD
    else:
        low, high = (1.0 - 1e-4) * begin.network.load, 1.5 * begin.network.load
    curve = _branch(begin, low, high, PLAIN_SIGNAL)
    folds = curve.of_kind("fold")
    if not folds:
        raise NotConverged(f"no fold of retrieval up to load {high:g} at temperature {temperature:g}")
    first = max(folds, key=lambda fold: fold.parameter)
    equations = ReplicaEquations(DenseNetwork(interaction_order, first.parameter), temperature)
    return equations.state(first.point, begin.breaking if len(first.point) == 4 else "rs", len(curve.parameters))


def _branch(begin: ReplicaState, low: float, high: float, law: SignalLaw) -> SolutionCurve:
    broken = begin.breaking == "1rsb"
    start = begin.unknowns if broken else np.array([begin.signal_overlap, begin.susceptibility])

    def residuals(unknowns: Float[np.ndarray, " n"], load: float) -> Float[np.ndarray, " n"]:
        equations = ReplicaEquations(begin.network.at_load(max(load, 0.0)), begin.temperature, law)
        return equations.one_step(unknowns) if broken else equations.symmetric(unknowns)

    return trace_solutions(residuals, start, begin.network.load, low, high, throw=False, most_points=MOST_POINTS)


def symmetric_load(interaction_order: int, temperature: float) -> float:
    """Largest load at which retrieval has stable symmetric replicas: the de Almeida-Thouless line, or the edge; 0 for none."""
    edge = retrieval_spinodal(interaction_order, temperature)
    if edge is None or temperature == 0.0:
        return 0.0
    breaks = _symmetric_zero(interaction_order, temperature, "replicon")
    return edge.network.load if breaks is None else breaks.network.load


@lru_cache(maxsize=512)
def _symmetric_zero(interaction_order: int, temperature: float, quantity: str) -> ReplicaState | None:
    """The symmetric retrieval state at which its replicon eigenvalue or its entropy vanishes, below the spinodal; None without."""
    edge = retrieval_spinodal(interaction_order, temperature)
    if edge is None or temperature == 0.0:
        return None

    def value(load: float) -> float:
        state = replica_symmetric(DenseNetwork(interaction_order, load), temperature)
        return getattr(state, quantity) if state.phase == "retrieval" else getattr(edge, quantity)

    # From the spinodal downwards: far below, at low temperature, an entropy is too small to have a sign.
    top = edge.network.load
    if value(top) >= 0.0:
        return None
    bottom = top
    while value(bottom) <= RESOLVED:
        top, bottom = bottom, 0.85 * bottom
        if bottom < SMALLEST_LOAD:
            return None
    load = float(optimize.brentq(value, bottom, top, xtol=LOAD_ACCURACY))
    return replica_symmetric(DenseNetwork(interaction_order, load), temperature)
