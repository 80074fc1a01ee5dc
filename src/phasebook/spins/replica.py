"""Replica equations of dense Hebbian networks at any temperature, their solutions' thermodynamics, and symmetric replicas.

Unknowns are the overlap n with the retrieved pattern, q1 between states, χ = (1 - q2)/T inside a state and μ = breakpoint/T; their
equations are stationarity of -f = T·ln Z/N. `one_step` solves them with broken replicas.
Equations of arXiv 2111.12997 in this family's normalization, derived afresh; P = 2: Amit, Gutfreund, Sompolinsky (1987).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from ..errors import NotConverged
from .crosstalk import Crosstalk, Overlaps, crosstalk_of
from .dense_network import PLAIN_SIGNAL, DenseNetwork, SignalLaw, check_temperature
from .single_site import SiteAverages, site_averages

Breaking = Literal["rs", "1rsb"]
Phase = Literal["retrieval", "glass", "paramagnet"]
Vector = NDArray[np.float64]

TOLERANCE = 1e-12  # of the largest residual
MOST_STEPS = 20_000
RETRIEVED = 1e-3  # an overlap below is none: retrieval vanishes at a jump
PARAMAGNETIC = 1e-6  # self-overlap below it is none
POLISH_AFTER = 60
SMALLEST_SHARE = 1e-3
NEARBY = 0.05  # how far from an iterate a solution may lie that Newton's method finds for it


@dataclass(frozen=True)
class ReplicaState:
    """A solution: overlaps, thermodynamics per spin (energies in units where a recalled pattern has -1/2), and its quality.

    `overlap` m with the pattern, `signal_overlap` n (equal to m for plain patterns), `outer_overlap` q1 between states,
    `self_overlap` q2 inside one, `susceptibility` χ = (1 - q2)/T, `breakpoint` θ (1 where replicas are symmetric) and `mu` = θ/T.
    `free_energy` f, `energy`, `entropy`; `replicon`: T times the replicon eigenvalue inside a state, negative where replicas break
    (further): the de Almeida-Thouless line is its zero. `residual`: largest violation of the equations.
    """

    network: DenseNetwork
    temperature: float
    breaking: Breaking
    overlap: float
    signal_overlap: float
    outer_overlap: float
    self_overlap: float
    susceptibility: float
    breakpoint: float
    mu: float
    free_energy: float
    energy: float
    entropy: float
    replicon: float
    residual: float
    iterations: int
    converged: bool

    @property
    def phase(self) -> Phase:
        """Retrieval, glass or paramagnet."""
        if self.overlap > RETRIEVED:
            return "retrieval"
        return "glass" if self.self_overlap > PARAMAGNETIC else "paramagnet"

    @property
    def log_partition(self) -> float:
        """A = E ln Z / N; at zero temperature its limit A·T, minus the energy of the ground state."""
        return -self.free_energy / self.temperature if self.temperature > 0 else -self.free_energy

    @property
    def unknowns(self) -> Vector:
        """(n, q1, χ, ln μ), with which a neighbor's solution can start."""
        return np.array([self.signal_overlap, self.outer_overlap, self.susceptibility, math.log(self.mu)])


class ReplicaEquations:
    """The equations of one network at one temperature, as residuals of (n, χ) or of (n, q1, χ, ln μ)."""

    def __init__(self, network: DenseNetwork, temperature: float, law: SignalLaw = PLAIN_SIGNAL) -> None:
        self.network, self.temperature, self.law = network, check_temperature(temperature), law
        self.crosstalk: Crosstalk = crosstalk_of(network)
        self.evaluations = 0

    def symmetric(self, unknowns: Vector) -> Vector:
        """Residuals of n and χ with symmetric replicas."""
        signal, chi = unknowns
        _, site = self._symmetric_site(float(signal), float(chi))
        return np.array([site.signal_overlap - signal, site.susceptibility - chi])

    def at_mu(self, unknowns: Vector, mu: float) -> Vector:
        """Residuals of n, q1 and χ at a given μ."""
        signal, outer, chi = unknowns
        _, site = self._broken_site(float(signal), float(outer), float(chi), mu)
        return np.array([site.signal_overlap - signal, site.outer_overlap - outer, site.susceptibility - chi])

    def one_step(self, unknowns: Vector) -> Vector:
        """Residuals of n, q1 and χ, and the free energy's derivative by μ."""
        signal, outer, chi, log_mu = unknowns
        overlaps, site = self._broken_site(float(signal), float(outer), float(chi), math.exp(min(log_mu, 100.0)))
        slope = site.breakpoint_slope + self.crosstalk.breakpoint_slope(overlaps)
        return np.array([site.signal_overlap - signal, site.outer_overlap - outer, site.susceptibility - chi, slope])

    def slope(self, unknowns: Vector, mu: float) -> float:
        """The free energy's derivative by μ, over (q2 - q1)²: without that it drowns where breaking is weak."""
        signal, outer, chi = map(float, unknowns)
        overlaps, site = self._broken_site(signal, outer, chi, mu)
        broken = overlaps.q2 - overlaps.q1
        return (site.breakpoint_slope + self.crosstalk.breakpoint_slope(overlaps)) / broken**2

    def state(self, unknowns: Vector, breaking: Breaking, iterations: int) -> ReplicaState:
        """Everything that is known of a solution; `unknowns` are (n, χ) for "rs" and (n, q1, χ, ln μ) for "1rsb"."""
        temperature, order = self.temperature, self.network.interaction_order
        if breaking == "rs":
            signal, chi = map(float, unknowns)
            residual = float(np.abs(self.symmetric(unknowns)).max())
            overlaps, site = self._symmetric_site(signal, chi)
            mu = 1.0 / temperature if temperature > 0 else math.inf
        else:
            signal, outer, chi, log_mu = map(float, unknowns)
            residual = float(np.abs(self.one_step(unknowns)).max())
            mu = math.exp(log_mu)
            overlaps, site = self._broken_site(signal, outer, chi, mu)
        power = signal**order
        free_energy = 0.5 * (order - 1) * power - site.free_energy - self.crosstalk.free_energy(overlaps)
        energy = self.crosstalk.energy(overlaps) - 0.5 * power
        frozen = temperature == 0.0
        return ReplicaState(
            self.network,
            temperature,
            breaking,
            site.magnetization,
            signal,
            overlaps.q1,
            overlaps.q2,
            chi,
            1.0 if breaking == "rs" else mu * temperature,
            mu,
            free_energy,
            energy,
            self.crosstalk.frozen_entropy(chi) if frozen else (energy - free_energy) / temperature,
            temperature - self.crosstalk.stiffness(overlaps) * site.curvature,
            residual,
            iterations,
            bool(residual <= 1e3 * TOLERANCE),
        )

    def _field(self, signal: float) -> float:
        order = self.network.interaction_order
        return 0.5 * order * signal ** (order - 1)

    def _symmetric_site(self, signal: float, chi: float) -> tuple[Overlaps, SiteAverages]:
        # With q1 = q2 the breakpoint drops out; any positive μ does.
        overlaps = Overlaps(1.0 - self.temperature * chi, chi, 1.0, self.temperature)
        variance, _ = self.crosstalk.variances(overlaps)
        self.evaluations += 1
        return overlaps, site_averages(self._field(signal), self.law, variance, 0.0, 1.0, self.temperature)

    def _broken_site(self, signal: float, outer: float, chi: float, mu: float) -> tuple[Overlaps, SiteAverages]:
        overlaps = Overlaps(outer, chi, mu, self.temperature)
        shared, rest = self.crosstalk.variances(overlaps)
        self.evaluations += 1
        return overlaps, site_averages(self._field(signal), self.law, shared, rest, mu, self.temperature)


def replica_symmetric(
    network: DenseNetwork, temperature: float, *, law: SignalLaw = PLAIN_SIGNAL, throw: bool = True
) -> ReplicaState:
    """The replica-symmetric state that is reached from the pattern itself: retrieval, else the glass or the paramagnet.

    Raises ValueError for a negative temperature, and NotConverged unless `throw` is false: the state then says converged=False.
    """
    equations = ReplicaEquations(network, temperature, law)
    start = np.array([float(law.weights @ np.abs(law.values)), 0.0])
    found, converged = settle(equations.symmetric, start, forget=network.interaction_order == 2)
    if network.interaction_order == 2 and not (converged and abs(found[0]) > RETRIEVED):
        return _symmetric_pair_glass(equations)
    state = equations.state(found, "rs", equations.evaluations)
    if throw and not (converged and state.converged):
        raise NotConverged(failure(state))
    return state


def symmetric_glass(network: DenseNetwork, temperature: float) -> ReplicaState:
    """The symmetric state without retrieval: the glass if one exists with the higher free energy, or `paramagnet`.

    Higher, because replicas turn the free energy's minimum in q into a maximum. For P > 2 its entropy is negative wherever it
    exists. Raises ValueError for a negative temperature, or without noise at temperature 0.
    """
    equations = ReplicaEquations(network, temperature)
    if equations.temperature == 0.0 and network.load == 0.0:
        raise ValueError("load must be positive for a glass at temperature 0; got 0")
    if network.interaction_order == 2:
        return _symmetric_pair_glass(equations)
    found, _ = settle(equations.symmetric, np.zeros(2))
    frozen = equations.state(found, "rs", equations.evaluations)
    if equations.temperature == 0.0:
        return frozen
    hot = paramagnet(network, temperature)
    exists = frozen.converged and frozen.self_overlap > PARAMAGNETIC
    return frozen if exists and frozen.free_energy > hot.free_energy else hot


def paramagnet(network: DenseNetwork, temperature: float) -> ReplicaState:
    """The state without any overlap, at a positive temperature; for P > 2 it is a solution at all of them.

    Raises ValueError where the temperature is not positive.
    """
    if not check_temperature(temperature) > 0.0:
        raise ValueError(f"temperature must be positive for a paramagnet; got {temperature!r}")
    return ReplicaEquations(network, temperature).state(np.array([0.0, 1.0 / temperature]), "rs", 0)


def _symmetric_pair_glass(equations: ReplicaEquations) -> ReplicaState:
    """Without retrieval the susceptibility alone is unknown: its residual falls through zero once."""
    ceiling = 1.0 / equations.temperature if equations.temperature > 0.0 else 1e6

    def excess(chi: float) -> float:
        value = equations.symmetric(np.array([0.0, chi]))[1]
        return value if math.isfinite(value) else -chi

    if excess(ceiling * (1.0 - 1e-9)) >= 0.0 and equations.temperature > 0.0:
        return equations.state(np.array([0.0, ceiling]), "rs", equations.evaluations)
    chi = float(optimize.brentq(excess, 0.0, ceiling, xtol=1e-15, rtol=1e-15))
    return equations.state(np.array([0.0, chi]), "rs", equations.evaluations)


def settle(
    residuals: Callable[[Vector], Vector],
    start: Vector,
    *,
    forget: bool = False,
    accept: Callable[[Vector], bool] = lambda found: True,
) -> tuple[Vector, bool]:
    """The fixed point that iterating x + residual reaches from a start, and whether it is one, to rounding.

    The share of the residual that is added falls where the residual does not, and where a step leaves the states that exist.
    Newton's method finishes from time to time, but only next to an iterate that has not lost the pattern: from farther it may find
    what the iteration would not, and only if `accept` agrees. With `forget` the iteration ends where the pattern is lost.
    """
    point, share, last, back = start.copy(), 1.0, math.inf, None
    for step in range(1, MOST_STEPS + 1):
        residual = residuals(point)
        size = float(np.abs(residual).max())
        if forget and abs(point[0]) < 0.01 * RETRIEVED:
            return point, False
        if not math.isfinite(size):
            if back is None or share < SMALLEST_SHARE:
                return point, False
            share *= 0.5
            point = back[0] + share * back[1]
            continue
        if size <= TOLERANCE or (step % POLISH_AFTER == 0 and abs(point[0]) > RETRIEVED):
            found = newton(residuals, point)
            if found is not None and np.abs(found - point).max() <= NEARBY and accept(found):
                return found, True
            if size <= TOLERANCE:
                return point, True
        share = min(1.0, 1.2 * share) if size < 1.5 * last else max(SMALLEST_SHARE, 0.5 * share)
        last, back = size, (point, residual)
        point = point + share * residual
    return point, False


def newton(residuals: Callable[[Vector], Vector], start: Vector) -> Vector | None:
    """A root that Newton's method (MINPACK's hybrid of it) finds from a start, to rounding; None where it finds none."""
    with np.errstate(all="ignore"):
        report = optimize.root(residuals, start, method="hybr", options={"xtol": 1e-15, "maxfev": 100})
        if not np.isfinite(report.x).all() or not np.abs(residuals(report.x)).max() <= TOLERANCE:
            return None
    return report.x


def failure(state: ReplicaState) -> str:
    """What did not converge, in one sentence."""
    return (
        f"P = {state.network.interaction_order}, load {state.network.load:g}, temperature {state.temperature:g}: "
        f"residual {state.residual:.1e} after {state.iterations:,} evaluations; go to this point from a neighbor's solution"
    )
