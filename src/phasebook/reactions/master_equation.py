"""The chemical master equation on a finite set of states, transient and stationary.

Finite state projection: what leaves the kept states is lost, and the lost probability bounds the error of every probability that is
left (Munsky and Khammash, J. Chem. Phys. 124, 044104, 2006). Boxes of largest counts grow until little enough is lost.
"""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_array, eye_array
from scipy.sparse.csgraph import connected_components

from ..errors import NotConverged
from .krylov_propagation import KrylovPropagator, factorize
from .linear_noise_approximation import deterministic_fixed_points
from .network import ReactionNetwork
from .state_distribution import AbsorbingStateWarning, StateDistribution, TruncationError, whole_counts
from .state_space import StateSpace, reachable_states

Box = Sequence[int] | Mapping[str, int] | NDArray[np.int64]

_GROWTH, _LEAST_GROWTH = 1.4, 8
_FAST_GROWTH, _MUCH = 2.0, 0.1
_SHIFTS = (1e-9, 1e-12, 1e-15)


def transient_distribution(
    network: ReactionNetwork,
    times: ArrayLike,
    *,
    initial: ArrayLike | Mapping[str, int] | StateDistribution | None = None,
    box: Box | None = None,
    tolerance: float = 1e-8,
    largest: int = 2_000_000,
) -> list[StateDistribution]:
    """Probabilities of the states at each of `times`, shape (times,), increasing from 0 or later.

    `initial`: counts of shape (species,), counts by name over the network's own, or a distribution; the network's counts by
    default. `box`: the largest count of each species that is kept; without it boxes grow until the lost probability, `leaked`, is
    at most `tolerance` at every time. Each probability of the infinite set lies between the returned one and that plus `leaked`, up
    to an error of time stepping below tolerance / 100. Raises TruncationError where a given `box` loses more than `tolerance`, or
    `largest` states are too few, and ValueError on fractional counts or a network with events.
    """
    moments = _checked_times(times)
    _check(network, tolerance, largest)
    start, weights = _start(network, initial)
    limits = _first_box(start) if box is None else _checked_box(network, box, start)
    horizon = max(float(moments[-1]), 1e-300)
    directions = int(np.linalg.matrix_rank(network.change.toarray()))
    error_rate = max(0.01 * tolerance, 1e-11) / horizon
    space, propagator = _prepared(network, start, limits, largest, error_rate, directions)
    vector = _placed(weights, start, space.states)
    now = 0.0
    results = []
    for time in moments:
        while now < time:
            moved, step = propagator.advance(vector, float(time - now))
            leaked = 1.0 - float(moved.sum())
            # Early losses cannot be made up for: each part of the time gets its share of the tolerance.
            share = 1.0 if box is not None else 0.1 + 0.9 * (now + step) / horizon
            if leaked <= tolerance * share:
                vector, now = moved, float(time) if step >= time - now else now + step
                continue
            if box is not None:
                raise TruncationError(
                    f"the box loses the probability {leaked:.3g} before time {time:g}, more than the tolerance {tolerance:g};"
                    " give a larger box, or none",
                    leaked,
                )
            states, previous = space.states, propagator
            # Where next to nothing is left, the rest does not tell through which end the probability went.
            left = np.maximum(moved, 0.0) if leaked < 1.0 - 1e-6 else np.ones(len(moved))
            limits = _grown(limits, left @ space.exits, leaked)
            space, propagator = _prepared(network, start, limits, largest, error_rate, directions)
            propagator.step, propagator.inverse_step = previous.step, previous.inverse_step
            vector = _placed(vector, states, space.states)
        # Time stepping leaves negative probabilities of the size of its error.
        probabilities = np.maximum(vector, 0.0)
        leaked = max(1.0 - float(probabilities.sum()), 0.0)
        results.append(StateDistribution(space.states, probabilities, leaked, network.species))
    return results


def stationary_distribution(
    network: ReactionNetwork, *, box: Box | None = None, tolerance: float = 1e-8, largest: int = 2_000_000
) -> StateDistribution:
    """The stationary law on the states that can be reached from the initial counts.

    Reactions out of the box do not happen; `leaked` is the probability of the states at the edge, where they would. `box`: the
    largest count of each species; without it boxes grow until `leaked` is at most `tolerance`. An edge between two modes looks
    harmless: the first box holds all deterministic fixed points. Where states that are never left can be reached, the law is
    theirs, with an `AbsorbingStateWarning` if the start is not among them. Raises TruncationError where a given `box` has more than
    `tolerance` at its edge, or `largest` states are too few, and ValueError where several sets of states are never left.
    """
    _check(network, tolerance, largest)
    start = whole_counts(network, network.initial_counts)[None, :]
    limits = _stationary_box(network, start) if box is None else _checked_box(network, box, start)
    while True:
        space = reachable_states(network, start, limits, largest)
        generator = space.generator(reflecting=True)
        members, closed = _recurrent_states(network, space, generator)
        probabilities = _null_vector(csc_array(generator[members][:, members]))
        exits = np.zeros_like(space.exits[members]) if closed else space.exits[members] > 0.0
        leaked = float(probabilities @ exits.any(axis=1))
        if leaked <= tolerance:
            if closed and not np.any(np.all(space.states[members] == start, axis=1)):
                warnings.warn(
                    "the stationary law is the absorbing one: the network ends in states that it never leaves, such as"
                    f" {network.describe(space.states[members[0]])}, and starts outside",
                    AbsorbingStateWarning,
                    stacklevel=2,
                )
            return StateDistribution(space.states[members], probabilities, leaked, network.species)
        if box is not None:
            raise TruncationError(
                f"the states at the edge of the box hold the probability {leaked:.3g}, more than the tolerance {tolerance:g};"
                " give a larger box, or none",
                leaked,
            )
        limits = _grown(limits, probabilities @ exits, leaked)


def _recurrent_states(
    network: ReactionNetwork, space: StateSpace, generator: csc_array
) -> tuple[NDArray[np.int64], bool]:
    """Indices of the states that are not left in the long run, and whether no reaction leaves them through the box either."""
    count, labels = connected_components(generator.T, directed=True, connection="strong")
    if count == 1:
        return np.arange(len(labels)), not space.exits.any()
    edges = generator.tocoo()
    left = np.zeros(count, dtype=bool)
    left[labels[edges.coords[1][labels[edges.coords[0]] != labels[edges.coords[1]]]]] = True
    open_to_box = np.zeros(count, dtype=bool)
    open_to_box[labels[space.exits.any(axis=1)]] = True
    closed = np.flatnonzero(~left & ~open_to_box)
    if closed.size > 1:
        examples = [network.describe(space.states[np.argmax(labels == label)]) for label in closed[:2]]
        raise ValueError(
            f"the network has no unique stationary law: {closed.size} sets of states are never left, one with {examples[0]},"
            f" another with {examples[1]}; use transient_distribution"
        )
    if closed.size == 1:
        return np.flatnonzero(labels == closed[0]), True
    # All sets that the box holds together could be left through it: the largest one stands for the infinite set.
    candidates = np.flatnonzero(~left)
    sizes = np.bincount(labels, minlength=count)[candidates]
    return np.flatnonzero(labels == candidates[np.argmax(sizes)]), False


def _null_vector(generator: csc_array) -> NDArray[np.float64]:
    """The probabilities with generator @ p = 0, by inverse iterations.

    A shift far above the second eigenvalue converges too slowly, one near rounding is inexact: shifts decrease until it converges.
    """
    size = generator.shape[0]
    if size == 1:
        return np.ones(1)
    scale = float(np.abs(generator.diagonal()).max())
    vector = np.full(size, 1.0 / size)
    for shift in _SHIFTS:
        factors = factorize(generator - shift * scale * eye_array(size, format="csc"))
        for _ in range(4):
            solved = np.abs(factors.solve(vector))
            solved /= solved.sum()
            difference = float(np.abs(solved - vector).sum())
            vector = solved
            if difference <= 1e-12:
                return vector
    if difference > 1e-6:
        raise NotConverged(
            f"inverse iterations for the stationary law still change by {difference:.1e}: modes that hardly exchange probability;"
            " use a smaller volume"
        )
    return vector


def _stationary_box(network: ReactionNetwork, start: NDArray[np.int64]) -> NDArray[np.int64]:
    """A box around the start and all macroscopic fixed points, so that its edge does not run between two modes."""
    points = network.volume * deterministic_fixed_points(network).concentrations
    return _first_box(np.concatenate([start, np.ceil(points).astype(np.int64)]))


def _first_box(start: NDArray[np.int64]) -> NDArray[np.int64]:
    largest = start.max(axis=0)
    return largest + np.ceil(4.0 * np.sqrt(largest)).astype(np.int64) + _LEAST_GROWTH


def _grown(box: NDArray[np.int64], flux: NDArray[np.float64], leaked: float) -> NDArray[np.int64]:
    """The box, larger in the species through whose ends a good part of the probability goes."""
    through = flux > 0.05 * flux.sum()
    growth = _FAST_GROWTH if leaked > _MUCH else _GROWTH
    return np.where(through, np.ceil(growth * box).astype(np.int64) + _LEAST_GROWTH, box)


def _prepared(
    network: ReactionNetwork,
    start: NDArray[np.int64],
    limits: NDArray[np.int64],
    largest: int,
    error_rate: float,
    directions: int,
) -> tuple[StateSpace, KrylovPropagator]:
    space = reachable_states(network, start, limits, largest)
    return space, KrylovPropagator(space.generator(reflecting=False), error_rate, directions)


def _placed(vector: NDArray[np.float64], states: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.float64]:
    """Probabilities of `states`, put at the places of these among more states, sorted."""
    places = np.zeros(len(among))
    joined = np.concatenate([among, states])
    order = np.lexsort(joined.T[::-1])
    rank = np.empty(len(joined), dtype=np.int64)
    rank[order] = np.cumsum(np.concatenate([[0], np.any(np.diff(joined[order], axis=0) != 0, axis=1)]))
    np.add.at(places, rank[len(among) :], vector)
    return places


def _start(
    network: ReactionNetwork, initial: ArrayLike | Mapping[str, int] | StateDistribution | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if isinstance(initial, StateDistribution):
        if initial.species != network.species:
            raise ValueError(f"initial has the species {initial.species}; the network has {network.species}")
        kept = initial.probabilities > 0.0
        weights = initial.probabilities[kept]
        return initial.states[kept], weights / weights.sum()
    if initial is not None:
        network = network.with_initial_counts(initial)
    return whole_counts(network, network.initial_counts)[None, :], np.ones(1)


def _check(network: ReactionNetwork, tolerance: float, largest: int) -> None:
    if not 0.0 < tolerance < 1.0:
        raise ValueError(f"tolerance must lie between 0 and 1; got {tolerance!r}")
    if largest < 1:
        raise ValueError(f"largest must be at least 1; got {largest!r}")
    if network.events:
        raise ValueError(f"the master equation has no events; remove event {network.events[0].name!r}, or simulate")


def _checked_times(times: ArrayLike) -> NDArray[np.float64]:
    moments = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if moments.ndim != 1 or not moments.size or not np.all(np.isfinite(moments)) or moments[0] < 0.0:
        raise ValueError(f"times must be finite and not negative, at least one; got {times!r}")
    if np.any(np.diff(moments) <= 0.0):
        raise ValueError(f"times must increase; got {times!r}")
    return moments


def _checked_box(network: ReactionNetwork, box: Box, start: NDArray[np.int64]) -> NDArray[np.int64]:
    if isinstance(box, Mapping):
        missing = [name for name in network.species if name not in box]
        unknown = [name for name in box if name not in network.species]
        if missing or unknown:
            raise ValueError(f"box must give the largest count of every species; check {(missing or unknown)[0]!r}")
        box = [box[name] for name in network.species]
    limits = np.asarray(box)
    if limits.shape != (len(network.species),) or np.any(limits != np.round(limits)) or np.any(limits < 0):
        raise ValueError(f"box must be {len(network.species)} whole numbers, one per species; got {box!r}")
    limits = limits.astype(np.int64)
    outside = np.flatnonzero(start.max(axis=0) > limits)
    if outside.size:
        name = network.species[outside[0]]
        raise ValueError(f"box allows at most {limits[outside[0]]} of {name!r}, fewer than there are at the start")
    return limits
