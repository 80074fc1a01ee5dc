"""One step of replica symmetry breaking in dense Hebbian networks: retrieval and glass states, and how their breakpoint is found.

At fixed μ = breakpoint/T the overlaps are converged; the breakpoint is where the free energy's derivative by μ changes sign, with
overlaps converged anew at each μ. It is bracketed on a ladder of μ, and then all equations are polished together. Where symmetric
replicas don't retrieve at all, the state comes from a smaller load, in steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import optimize

from ..errors import NotConverged
from .dense_network import PLAIN_SIGNAL, DenseNetwork, SignalLaw
from .replica import (
    RETRIEVED,
    ReplicaEquations,
    ReplicaState,
    Vector,
    failure,
    newton,
    paramagnet,
    replica_symmetric,
    settle,
)

BROKEN = 1e-9  # q2 - q1 below it is symmetric: free energies then agree to rounding
# The ladder of μ in units of 1/√load: P-spin glasses have theirs near 2√ln 2. The Hopfield glass' own goes down to zero, and μ
# itself stays below 1.
SMALLEST_MU, MU_RATIO, LARGEST_MU = 0.6, 1.6, 3e3
SMALLEST_PAIR_MU = 2e-3
FIRST_STEP, SMALLEST_STEP = 0.03, 1e-6  # in the logarithm of the load
BISECTIONS = 40


def one_step_breaking(
    network: DenseNetwork, temperature: float, *, law: SignalLaw = PLAIN_SIGNAL, throw: bool = True
) -> ReplicaState:
    """The one-step state that is reached from the pattern: retrieval where there is one, else the glass or the paramagnet.

    Where symmetric replicas are stable it is theirs, with breakpoint 1 (so too where breaking is too weak for float64).
    Raises ValueError for a negative temperature, and NotConverged unless `throw` is false: the state then says converged=False.
    """
    symmetric = replica_symmetric(network, temperature, law=law, throw=throw)
    if symmetric.phase == "retrieval" and (symmetric.replicon >= 0.0 or network.load == 0.0):
        return replace(symmetric, breaking="1rsb")
    equations = ReplicaEquations(network, temperature, law)
    if symmetric.phase == "retrieval":
        found = _bracketed(equations, symmetric)
        return replace(symmetric, breaking="1rsb") if found is None else _checked(equations, found, throw)
    retrieval = _from_smaller_load(equations)
    return one_step_glass(network, temperature, throw=throw) if retrieval is None else retrieval


def one_step_glass(network: DenseNetwork, temperature: float, *, throw: bool = True) -> ReplicaState:
    """The state without retrieval: the paramagnet, or the glass with q1 = 0 below its static transition.

    Raises ValueError for a negative temperature or without noise at temperature 0, and NotConverged as `one_step_breaking`.
    """
    equations = ReplicaEquations(network, temperature)
    if equations.temperature == 0.0 and network.load == 0.0:
        raise ValueError("load must be positive for a glass at temperature 0; got 0")
    found = _bracketed(equations, None) if network.load > 0.0 else None
    if found is not None:
        return _checked(equations, found, throw)
    if equations.temperature == 0.0:
        raise NotConverged(f"no breakpoint was found for the glass at load {network.load:g} and temperature 0")
    return replace(paramagnet(network, temperature), breaking="1rsb")


def follow(equations: ReplicaEquations, start: Vector) -> ReplicaState | None:
    """The one-step solution next to (n, q1, χ, ln μ), by Newton's method on all equations; None where there is none of its kind."""
    found = newton(equations.one_step, start)
    if found is None or (found[0] > RETRIEVED) != (start[0] > RETRIEVED) or np.abs(found - start)[:3].max() > 0.2:
        return None
    state = equations.state(found, "1rsb", equations.evaluations)
    return state if state.self_overlap - state.outer_overlap > BROKEN and state.breakpoint <= 1.0 + 1e-9 else None


def _from_smaller_load(equations: ReplicaEquations) -> ReplicaState | None:
    """The retrieval state beyond the symmetric one's spinodal, followed in load from before it; None where it ends on the way."""
    network, temperature, law = equations.network, equations.temperature, equations.law
    state = _broken_below(equations)
    if state is None:
        return None
    place, target, step = math.log(state.network.load), math.log(network.load), FIRST_STEP
    points = [(place, state.unknowns)]
    while place < target:
        ahead = min(place + step, target)
        there = network if ahead == target else network.at_load(math.exp(ahead))
        following = follow(ReplicaEquations(there, temperature, law), _extrapolated(points[-2:], ahead))
        if following is None:
            step *= 0.5
            if step < SMALLEST_STEP:
                return None
            continue
        state, place = following, ahead
        points.append((place, state.unknowns))
        step = min(FIRST_STEP, 1.5 * step)
    return state


def _broken_below(equations: ReplicaEquations) -> ReplicaState | None:
    """A broken retrieval state at a smaller load, where symmetric replicas retrieve but are unstable; None where there is none."""
    network, temperature, law = equations.network, equations.temperature, equations.law

    def symmetric(load: float) -> ReplicaState:
        return replica_symmetric(network.at_load(load), temperature, law=law, throw=False)

    high, low = network.load, 0.93 * network.load
    state = symmetric(low)
    while state.phase != "retrieval" and low > 0.2 * network.load:
        high, low = low, 0.93 * low
        state = symmetric(low)
    for _ in range(BISECTIONS):
        if state.phase == "retrieval" and state.replicon < 0.0:
            broken = one_step_breaking(state.network, temperature, law=law, throw=False)
            return broken if broken.self_overlap - broken.outer_overlap > BROKEN else None
        # Stable still: an unstable one lies between here and where nothing retrieves.
        middle = symmetric(0.5 * (low + high))
        if middle.phase == "retrieval":
            state, low = middle, middle.network.load
        else:
            high = middle.network.load
    return None


def _extrapolated(points: list[tuple[float, Vector]], place: float) -> Vector:
    last_place, last = points[-1]
    if len(points) == 1:
        return last
    before_place, before = points[-2]
    return last + (last - before) * (place - last_place) / (last_place - before_place)


def _bracketed(equations: ReplicaEquations, origin: ReplicaState | None) -> Vector | None:
    """(n, q1, χ, ln μ) where the slope in μ changes sign, or None; `origin` is the symmetric state to break, None for the glass."""
    missing: float | None = None
    low: tuple[float, Vector] | None = None
    for mu in _ladder(equations, origin):
        inner = _at_mu(equations, origin, mu, None if low is None else low[1])
        if inner is None:
            if low is not None:
                high = _between(equations, origin, low[0], mu, rising=True)
                return None if high is None else _root_between(equations, origin, low, high)
            missing = mu
            continue
        if equations.slope(inner, mu) < 0.0:
            low = (mu, inner)
            continue
        if low is None and missing is not None:
            low = _between(equations, origin, mu, missing, rising=False)
        return None if low is None else _root_between(equations, origin, low, (mu, inner))
    return None


def _ladder(equations: ReplicaEquations, origin: ReplicaState | None) -> Iterator[float]:
    unit = 1.0 / math.sqrt(equations.network.load)
    top = LARGEST_MU * unit if equations.temperature == 0.0 else min(LARGEST_MU * unit, 1.0 / equations.temperature)
    pairs = equations.network.interaction_order == 2 and origin is None
    mu = SMALLEST_PAIR_MU * min(1.0, unit) if pairs else SMALLEST_MU * unit
    while mu < top:
        yield mu
        mu *= MU_RATIO
    yield top


def _between(
    equations: ReplicaEquations, origin: ReplicaState | None, present: float, missing: float, *, rising: bool
) -> tuple[float, Vector] | None:
    """A μ of the wanted slope between one that has overlaps, of the other slope, and one that has none."""
    for _ in range(BISECTIONS):
        mu = math.sqrt(present * missing)
        inner = _at_mu(equations, origin, mu, None)
        if inner is None:
            missing = mu
        elif (equations.slope(inner, mu) < 0.0) != rising:
            return mu, inner
        else:
            present = mu
    return None


def _root_between(
    equations: ReplicaEquations, origin: ReplicaState | None, low: tuple[float, Vector], high: tuple[float, Vector]
) -> Vector | None:
    known = {math.log(mu): inner for mu, inner in (low, high)}
    nearest = low[1]

    def slope(log_mu: float) -> float:
        if log_mu not in known:
            inner = _at_mu(equations, origin, math.exp(log_mu), nearest)
            if inner is None:
                raise NotConverged(f"no overlaps at μ = {math.exp(log_mu):.6g}, inside the bracket of the breakpoint")
            known[log_mu] = inner
        return equations.slope(known[log_mu], math.exp(log_mu))

    left, right = math.log(low[0]), math.log(high[0])
    for tolerance in (3e-2, 1e-10):
        root = float(optimize.brentq(slope, left, right, xtol=tolerance))
        slope(root)
        polished = follow(equations, np.append(known[root], root))
        if polished is not None and left - 1e-9 <= math.log(polished.mu) <= right + 1e-9:
            return polished.unknowns
    return np.append(known[root], root)


def _at_mu(equations: ReplicaEquations, origin: ReplicaState | None, mu: float, near: Vector | None) -> Vector | None:
    """Overlaps (n, q1, χ) at one μ with broken replicas, and with retrieval unless `origin` is None; None where there are none."""
    if origin is None and equations.network.interaction_order == 2:
        return _pair_glass(equations, mu)

    def residuals(unknowns: Vector) -> Vector:
        return equations.at_mu(unknowns, mu)

    def wanted(unknowns: Vector) -> bool:
        overlap, outer, chi = unknowns
        broken = 1.0 - equations.temperature * chi - outer > BROKEN
        return bool(broken and (origin is not None) == (abs(overlap) > RETRIEVED))

    if near is not None:
        found = newton(residuals, near)
        if found is not None and wanted(found) and np.abs(found - near).max() <= 0.2:
            return found
    for guess in _guesses(origin, mu):
        settled, converged = settle(residuals, guess, accept=wanted)
        if converged and wanted(settled):
            return settled
    return None


def _guesses(origin: ReplicaState | None, mu: float) -> Iterator[Vector]:
    if origin is None:
        yield np.zeros(3)
        return
    # Breaking spreads a state's field by about 1/μ: overlaps between states start there.
    signal, overlap, temperature = origin.signal_overlap, origin.self_overlap, origin.temperature
    yield np.array([signal, 1.0 - min(0.1, 0.2 / mu), 0.0])
    if temperature > 0.0:
        # Near the edge of retrieval so much noise would drive the pattern out: then from the symmetric state, a little broken.
        for share in (0.4, 0.1):
            apart = share * (1.0 - overlap)
            yield np.array([signal, overlap - apart, (1.0 - overlap - apart) / temperature])


def _pair_glass(equations: ReplicaEquations, mu: float) -> Vector | None:
    """Overlaps of the Hopfield network's glass at one μ: iterating would leave λ2 > 0, but only χ is unknown, in an interval."""
    breakpoint = mu * equations.temperature
    if mu >= 1.0 or breakpoint >= 1.0:
        return None
    ceiling = (1.0 - mu) / (1.0 - breakpoint)
    if equations.temperature > 0.0:
        ceiling = min(ceiling, 1.0 / equations.temperature)

    def excess(chi: float) -> float:
        return float(equations.at_mu(np.array([0.0, 0.0, chi]), mu)[2])

    # Towards the ceiling the noise diverges, and the residual becomes negative before it is out of reach.
    negative = (ceiling * (1.0 - 0.5**power) for power in range(1, 40) if excess(ceiling * (1.0 - 0.5**power)) < 0.0)
    high = next(negative, None)
    if high is None or not excess(0.0) > 0.0:
        return None
    found = np.array([0.0, 0.0, float(optimize.brentq(excess, 0.0, high, xtol=1e-15, rtol=1e-14))])
    return found if 1.0 - equations.temperature * found[2] > BROKEN else None


def _checked(equations: ReplicaEquations, unknowns: Vector, throw: bool) -> ReplicaState:
    state = equations.state(unknowns, "1rsb", equations.evaluations)
    if throw and not state.converged:
        raise NotConverged(failure(state))
    return state
