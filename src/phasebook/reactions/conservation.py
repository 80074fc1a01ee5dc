"""Conservation laws of a network: sums of counts that no reaction changes, and the same network without the species they fix.

Gaussian elimination of the change matrix gives a law per dependent species, n_d = constant + sum_i weight_i n_i (Reder, J. Theor.
Biol. 135, 175 (1988)). Nine species with three laws have 209 moments up to order four, not 714.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .network import Reaction, ReactionNetwork
from .rate_laws import Expression, Number, Symbol, add, multiply, substitute


@dataclass(frozen=True, eq=False)
class ReducedNetwork:
    """A network of independent species; counts of all species are `weights` @ (independent counts) + `constants`.

    `independent`: indices of the species kept, shape (kept,); `weights` (species, kept); `constants` (species,).
    """

    network: ReactionNetwork
    independent: NDArray[np.int64]
    weights: NDArray[np.float64]
    constants: NDArray[np.float64]

    def means(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Means of all species, shape (..., species), from means of the independent ones (..., kept)."""
        return np.asarray(means @ self.weights.T + self.constants)

    def variances(self, covariances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variances of all species, shape (..., species), from covariances of the independent ones (..., kept, kept)."""
        return np.einsum("si,...ij,sj->...s", self.weights, covariances, self.weights)


def without_conserved_species(network: ReactionNetwork) -> ReducedNetwork:
    """Express species that conservation laws fix by the others, at the totals of the initial counts.

    Where no species changes at all the network is kept as it is. Raises ValueError for a network with events.
    """
    if network.events:
        raise ValueError(f"events break conservation laws; remove event {network.events[0].name!r}")
    species = len(network.species)
    echelon, pivots = _reduced_echelon(network.change.toarray().astype(float))
    if pivots.size in (0, species):
        return ReducedNetwork(network, np.arange(species), np.eye(species), np.zeros(species))
    weights = echelon[: pivots.size].T.copy()
    constants = network.initial_counts - weights @ network.initial_counts[pivots]
    fixed: dict[str, Expression] = {
        network.species[j]: add(
            [Number(float(constants[j]))]
            + [
                multiply([Number(float(weights[j, k])), Symbol(network.species[i])])
                for k, i in enumerate(pivots)
                if weights[j, k]
            ]
        )
        for j in range(species)
        if j not in pivots
    }
    place = {int(i): k for k, i in enumerate(pivots)}
    changes = network.change.toarray()[:, pivots]
    reactions = tuple(
        _without(network, index, constant, fixed, place, changes[index])
        for index, constant in enumerate(network.rate_constants())
    )
    reduced = ReactionNetwork(
        tuple(network.species[i] for i in pivots),
        network.initial_counts[pivots],
        reactions,
        {name: value for name, value in network.parameters.items() if name not in network.definitions},
        network.volume,
        network.combinatoric,
        definitions=network.definitions,
    )
    return ReducedNetwork(reduced, pivots, weights, constants)


def _without(
    network: ReactionNetwork,
    index: int,
    constant: float,
    fixed: dict[str, Expression],
    place: dict[int, int],
    change: NDArray[np.int64],
) -> Reaction:
    reaction = network.reactions[index]
    if reaction.law is None and all(i in place for i, _ in (*reaction.reactants, *reaction.products)):
        reactants = tuple((place[i], count) for i, count in reaction.reactants)
        return Reaction(reaction.name, reactants, tuple((place[i], c) for i, c in reaction.products), reaction.rate)
    law = reaction.law
    if law is None:
        factors: list[Expression] = [Number(float(constant))]
        for i, count in reaction.reactants:
            factors += [add([Symbol(network.species[i]), Number(-float(step))]) for step in range(count)]
        law = multiply(factors)
    lost = tuple((k, int(-amount)) for k, amount in enumerate(change) if amount < 0)
    gained = tuple((k, int(amount)) for k, amount in enumerate(change) if amount > 0)
    return Reaction(reaction.name, lost, gained, law=substitute(law, fixed))


def _reduced_echelon(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Reduced row echelon form and its pivot columns; the entries are small rationals, so that rounding is told from zero."""
    # A reaction and its reverse say the same.
    first = np.argmax(matrix != 0.0, axis=1)
    signs = np.where(matrix[np.arange(len(matrix)), first] < 0.0, -1.0, 1.0) if matrix.size else np.ones(len(matrix))
    rows = np.unique(matrix * signs[:, None], axis=0)
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        top = len(pivots)
        if top == rows.shape[0]:
            break
        best = top + int(np.argmax(np.abs(rows[top:, column])))
        if abs(rows[best, column]) < 1e-9:
            continue
        rows[[top, best]] = rows[[best, top]]
        rows[top] /= rows[top, column]
        # Of thousands of reactions few change a species: the others stay as they are.
        others = np.flatnonzero(rows[:, column])
        others = others[others != top]
        changed = rows[others] - np.outer(rows[others, column], rows[top])
        changed[np.abs(changed) < 1e-9] = 0.0
        rows[others] = changed
        pivots.append(column)
    return rows, np.array(pivots, dtype=np.int64)
