"""Finite sets of states of a network, and the sparse generator of the master equation on them.

The states are those that reactions reach from the start without leaving a box of largest counts: what a network conserves stays
conserved, and nothing outside the reachable set is stored. Source: Munsky and Khammash, J. Chem. Phys. 124, 044104 (2006).
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csc_array

from .network import ReactionNetwork
from .state_distribution import TruncationError

_DISABLED, _OUTSIDE = -1, -2


@dataclass(frozen=True, eq=False)
class StateSpace:
    """States reachable inside a box.

    `states`: counts, shape (states, species), sorted. `targets`: index of the state that a reaction leads to, shape (states,
    reactions); negative where it leads nowhere or out of the box. `propensities`: per unit time, same shape, zero where a reaction
    cannot happen. `exits`: rate of leaving the box from each state through the upper end of each species, shape (states, species);
    a reaction that passes several ends counts for each.
    """

    states: NDArray[np.int64]
    targets: NDArray[np.int32]
    propensities: NDArray[np.float64]
    exits: NDArray[np.float64]

    def generator(self, *, reflecting: bool) -> csc_array:
        """Sparse matrix A with dp/dt = A p, shape (states, states).

        Columns of a reflecting generator sum to zero: a reaction out of the box does not happen. Otherwise what leaves is lost.
        """
        size = len(self.targets)
        inside = self.targets >= 0
        inflow = np.where(inside, self.propensities, 0.0)
        lost = inflow if reflecting else self.propensities
        data = np.concatenate([inflow, -lost.sum(axis=1, keepdims=True)], axis=1)
        rows = np.concatenate([self.targets, np.arange(size, dtype=np.int32)[:, None]], axis=1)
        kept = np.concatenate([inside & (inflow > 0.0), np.ones((size, 1), dtype=bool)], axis=1)
        indptr = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        matrix = csc_array((data[kept], rows[kept], indptr), shape=(size, size))
        matrix.sum_duplicates()
        return matrix


def reachable_states(
    network: ReactionNetwork, start: NDArray[np.int64], box: NDArray[np.int64], largest: int
) -> StateSpace:
    """States that reactions reach from `start`, shape (starts, species), while every count stays at most `box`, shape (species,).

    Raises TruncationError where they are more than `largest`, NegativePropensity naming a reaction whose law is negative at one
    of them, and ValueError naming a reaction that would take a count below zero.
    """
    capacity = min(largest, math.prod(int(count) + 1 for count in box))
    change = network.change.toarray().astype(np.int64)
    needed = network.reactant_order.toarray().astype(np.int64)
    # Mass action is zero below its stoichiometry; for a general law only its value tells whether the reaction can happen.
    general = ~network.is_mass_action
    needed[general] = 0
    possible = general | (network.rate_constants() > 0.0)
    possible &= np.any(change != 0, axis=1)
    states = np.empty((capacity, change.shape[1]), dtype=np.int64)
    targets = np.empty((capacity, change.shape[0]), dtype=np.int32)
    table = np.full(1 << max(4, (2 * capacity - 1).bit_length()), -1, dtype=np.int32)
    count = 0
    for state in start:
        _, count = _index_of(state, states, table, count)
    begin, all_reactions = 0, np.empty((0, change.shape[0]), dtype=np.bool_)
    while 0 <= begin < count:
        enabled = all_reactions
        if general.any():
            enabled = network.propensities(states[begin:count]) > 0.0
        begin, count, wrong = _explore(states, targets, table, begin, count, enabled, change, needed, possible, box)
        if wrong >= 0:
            raise ValueError(
                f"reaction {network.reactions[wrong].name!r} takes a count below zero from {network.describe(states[begin])}"
            )
    if begin < 0:
        raise TruncationError(
            f"more than {largest} states can be reached inside the box; raise largest or give a smaller box"
        )
    return _sorted_space(network, states[:count], targets[:count], change, box)


def _sorted_space(
    network: ReactionNetwork,
    states: NDArray[np.int64],
    targets: NDArray[np.int32],
    change: NDArray[np.int64],
    box: NDArray[np.int64],
) -> StateSpace:
    # Neighbors in memory are then neighbors in state, which products with the generator feel.
    order = np.lexsort(states.T[::-1])
    place = np.empty(order.size + 2, dtype=np.int32)
    place[order] = np.arange(order.size, dtype=np.int32)
    place[_DISABLED], place[_OUTSIDE] = _DISABLED, _OUTSIDE
    states, targets = states[order], place[targets[order]]
    propensities = np.where(targets == _DISABLED, 0.0, network.propensities(states))
    exits = np.zeros(states.shape)
    rows, reactions = np.nonzero(targets == _OUTSIDE)
    over = states[rows] + change[reactions] > box
    np.add.at(exits, rows, over * propensities[rows, reactions][:, None])
    return StateSpace(states, targets, propensities, exits)


@njit(cache=True, nogil=True)
def _index_of(state, states, table, count):  # type: ignore[no-untyped-def]
    """Index of a state, which is added if it is new, and the number of states; index -1 where no more states fit."""
    mask = np.uint64(table.size - 1)
    key = np.uint64(1469598103934665603)
    for value in state:
        key = (key ^ np.uint64(value)) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    slot = np.int64(key & mask)
    while table[slot] >= 0:
        found = table[slot]
        same = True
        for i in range(state.size):
            if states[found, i] != state[i]:
                same = False
                break
        if same:
            return found, count
        slot = np.int64((np.uint64(slot) + np.uint64(1)) & mask)
    if count == states.shape[0]:
        return -1, count
    table[slot] = count
    states[count] = state
    return count, count + 1


@njit(cache=True, nogil=True)
def _explore(states, targets, table, begin, count, enabled, change, needed, possible, box):  # type: ignore[no-untyped-def]
    """Reactions of the states from `begin` on; of new states too, unless `enabled` says what happens in the present ones.

    Returns the index behind the last state done, -1 where no more fit; the number of states; a reaction that goes below zero or -1.
    """
    first, end = begin, count
    species = states.shape[1]
    state = np.empty(species, dtype=np.int64)
    while begin < end:
        for r in range(change.shape[0]):
            targets[begin, r] = _DISABLED
            allowed = possible[r] and (enabled.shape[0] == 0 or enabled[begin - first, r])
            inside = True
            for i in range(species):
                allowed = allowed and states[begin, i] >= needed[r, i]
                state[i] = states[begin, i] + change[r, i]
                inside = inside and state[i] <= box[i]
            if not allowed:
                continue
            for i in range(species):
                if state[i] < 0:
                    return begin, count, r
            if not inside:
                targets[begin, r] = _OUTSIDE
                continue
            index, count = _index_of(state, states, table, count)
            if index < 0:
                return -1, count, -1
            targets[begin, r] = index
        begin += 1
        if enabled.shape[0] == 0:
            end = count
    return begin, count, -1
