"""A Markov jump process as arrays: counts that jump by fixed amounts at rates that depend on the counts.

The propensity of reaction r at counts n is a_r(n) = c_r · Π_i n_i (n_i - 1) ... (n_i - s_ir + 1) · L_r(n): a rate constant, falling
factorials of the reactants, and an optional law, a program of the stack machine in `law_programs`. Nothing here knows what the
counts mean: molecules, infected people, customers in a queue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from .law_programs import Program, encode_programs, species_read

NO_REACTANT, ONE_REACTANT, TWO_REACTANTS, A_PAIR, FACTORIALS, LAW = range(6)
Terms = Sequence[Sequence[tuple[int, int]]]


class SystemArrays(NamedTuple):
    """What compiled kernels read; ragged lists stand in compressed rows: entries of row r are start[r] .. start[r + 1] - 1."""

    initial: NDArray[np.int64]
    rates: NDArray[np.float64]
    kind: NDArray[np.int8]
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    reactant_start: NDArray[np.int32]
    reactant_species: NDArray[np.int32]
    reactant_order: NDArray[np.int32]
    change_start: NDArray[np.int32]
    change_species: NDArray[np.int32]
    change_amount: NDArray[np.int64]
    law_start: NDArray[np.int32]
    law_code: NDArray[np.int32]
    law_constants: NDArray[np.float64]
    # species -> reactions of pure mass action, and reactions with a law, whose propensity it enters
    users_start: NDArray[np.int32]
    users: NDArray[np.int32]
    law_users_start: NDArray[np.int32]
    law_users: NDArray[np.int32]
    # reaction -> reactions whose propensity it changes; empty until a method asks for it
    dependents_start: NDArray[np.int64]
    dependents: NDArray[np.int32]
    trigger_start: NDArray[np.int32]
    trigger_code: NDArray[np.int32]
    trigger_constants: NDArray[np.float64]
    trigger_armed: NDArray[np.bool_]
    assignment_start: NDArray[np.int32]
    assignment_species: NDArray[np.int32]
    value_start: NDArray[np.int32]
    value_code: NDArray[np.int32]
    value_constants: NDArray[np.float64]
    break_times: NDArray[np.float64]


@dataclass(frozen=True)
class StateEvent:
    """When `trigger` turns from false to true, counts are set to the values of the `assignments`' programs, all at once.

    A trigger that is true at time zero fires there only if `initially_true` is False.
    """

    trigger: Program
    assignments: tuple[tuple[int, Program], ...]
    initially_true: bool = True


@dataclass(frozen=True)
class JumpSystem:
    """A jump process of N counts and R reactions.

    `initial_counts` has shape (N,), non-negative integers; `rate_constants` (R,), finite and non-negative; `reactants[r]` lists
    (species, order) and `changes[r]` lists (species, amount). `laws[r]` is a program or empty. `break_times` are times at which
    a trigger that reads the time may switch. Raises ValueError that names the reaction.
    """

    initial_counts: NDArray[np.int64]
    rate_constants: NDArray[np.float64]
    reactants: Terms
    changes: Terms
    laws: Sequence[Program] = ()
    events: tuple[StateEvent, ...] = ()
    break_times: tuple[float, ...] = ()
    stack_depth: int = field(init=False, default=1)

    def __post_init__(self) -> None:
        initial, rates = _initial_counts(self.initial_counts), np.asarray(self.rate_constants, dtype=np.float64)
        if rates.ndim != 1:
            raise ValueError(f"rate_constants must have shape (reactions,); got {rates.shape}")
        for name, terms in (("reactants", self.reactants), ("changes", self.changes)):
            if len(terms) != rates.size:
                raise ValueError(f"{name} must list one entry per reaction ({rates.size}); got {len(terms)}")
        if self.laws and len(self.laws) != rates.size:
            raise ValueError(f"laws must be empty or list one entry per reaction ({rates.size}); got {len(self.laws)}")
        wrong = np.flatnonzero(~(np.isfinite(rates) & (rates >= 0.0)))
        if wrong.size:
            raise ValueError(
                f"the rate constant of reaction {wrong[0]} must be finite and non-negative; got {rates[wrong[0]]}"
            )
        if not all(np.isfinite(time) and time >= 0.0 for time in self.break_times):
            raise ValueError(f"break_times must be finite and non-negative; got {self.break_times!r}")
        object.__setattr__(self, "initial_counts", initial)
        object.__setattr__(self, "rate_constants", rates)
        # Compiling finds what is wrong with the terms and programs before any work.
        object.__setattr__(self, "stack_depth", self._compiled[1])

    @property
    def species(self) -> int:
        """N, the number of counts."""
        return self.initial_counts.size

    @property
    def reactions(self) -> int:
        """R, the number of reactions."""
        return self.rate_constants.size

    @property
    def arrays(self) -> SystemArrays:
        """The compiled arrays without the dependency graph."""
        return self._compiled[0]

    @cached_property
    def arrays_with_graph(self) -> SystemArrays:
        """The compiled arrays with the dependency graph: reaction -> all reactions that read a count that it changes."""
        arrays, shape = self.arrays, (self.reactions, self.species)
        changed = arrays.change_amount != 0
        rows = np.repeat(np.arange(self.reactions), np.diff(arrays.change_start))[changed]
        columns = arrays.change_species[changed]
        changing = sparse.csr_array((np.ones(rows.size, np.float32), (rows, columns)), shape=shape)
        using = _users_matrix(arrays, shape)
        graph = (changing @ using).tocsr()
        graph.sort_indices()
        return arrays._replace(
            dependents_start=graph.indptr.astype(np.int64), dependents=graph.indices.astype(np.int32)
        )

    @cached_property
    def _compiled(self) -> tuple[SystemArrays, int]:
        species, reactions = self.initial_counts.size, self.rate_constants.size
        reactant_start, reactant_species, orders = _rows(self.reactants, species, "reactants")
        change_start, change_species, amounts = _rows(self.changes, species, "changes")
        if orders.size and orders.min() < 1:
            raise ValueError(f"reactants must have orders of at least 1; got {orders.min()}")
        laws = self.laws if self.laws else [()] * reactions
        law_start, law_code, law_constants, depth = encode_programs(laws, species, allow_time=False, what="law")
        kind, first, second = _kinds(reactant_start, reactant_species, orders, law_start)
        triggers = [event.trigger for event in self.events]
        assignments = [assignment for event in self.events for assignment in event.assignments]
        values = [program for _, program in assignments]
        trigger_arrays = encode_programs(triggers, species, allow_time=True, what="trigger")
        value_arrays = encode_programs(values, species, allow_time=True, what="assignment")
        if not all(0 <= target < species for target, _ in assignments):
            raise ValueError(f"events may assign to species 0 to {species - 1}")
        law_rows = [
            sorted(species_read(law) | {i for i, _ in terms}) if law else []
            for law, terms in zip(laws, self.reactants, strict=True)
        ]
        law_start_of, law_species, _ = _rows([[(i, 1) for i in row] for row in law_rows], species, "laws")
        is_mass_action = np.repeat(kind != LAW, np.diff(reactant_start))
        owner = np.repeat(np.arange(reactions, dtype=np.int32), np.diff(reactant_start))
        users_start, users = _transposed(owner[is_mass_action], reactant_species[is_mass_action], species)
        law_owner = np.repeat(np.arange(reactions, dtype=np.int32), np.diff(law_start_of))
        law_users_start, law_users = _transposed(law_owner, law_species, species)
        arrays = SystemArrays(
            initial=self.initial_counts,
            rates=self.rate_constants,
            kind=kind,
            first=first,
            second=second,
            reactant_start=reactant_start,
            reactant_species=reactant_species,
            reactant_order=orders.astype(np.int32),
            change_start=change_start,
            change_species=change_species,
            change_amount=amounts,
            law_start=law_start,
            law_code=law_code,
            law_constants=law_constants,
            users_start=users_start,
            users=users,
            law_users_start=law_users_start,
            law_users=law_users,
            dependents_start=np.zeros(1, dtype=np.int64),
            dependents=np.zeros(0, dtype=np.int32),
            trigger_start=trigger_arrays[0],
            trigger_code=trigger_arrays[1],
            trigger_constants=trigger_arrays[2],
            trigger_armed=np.array([not event.initially_true for event in self.events], dtype=np.bool_),
            assignment_start=np.cumsum([0, *(len(event.assignments) for event in self.events)]).astype(np.int32),
            assignment_species=np.array([target for target, _ in assignments], dtype=np.int32),
            value_start=value_arrays[0],
            value_code=value_arrays[1],
            value_constants=value_arrays[2],
            break_times=np.unique(np.array(self.break_times, dtype=np.float64)),
        )
        return arrays, max(depth, trigger_arrays[3], value_arrays[3])


def _initial_counts(given: ArrayLike) -> NDArray[np.int64]:
    counts = np.asarray(given)
    if counts.ndim != 1:
        raise ValueError(f"initial_counts must have shape (species,); got {counts.shape}")
    wrong = np.flatnonzero(~((counts >= 0) & (counts == np.floor(counts)) & (counts < 2**62)))
    if wrong.size:
        raise ValueError(f"initial count {wrong[0]} must be a non-negative integer; got {counts[wrong[0]]}")
    return counts.astype(np.int64)


def _rows(terms: Terms, species: int, what: str) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    starts = np.zeros(len(terms) + 1, dtype=np.int32)
    np.cumsum([len(row) for row in terms], out=starts[1:])
    flat = np.array([pair for row in terms for pair in row], dtype=np.int64).reshape(-1, 2)
    outside = np.flatnonzero((flat[:, 0] < 0) | (flat[:, 0] >= species))
    if outside.size:
        reaction = int(np.searchsorted(starts, outside[0], side="right")) - 1
        raise ValueError(f"{what} of reaction {reaction} name species {flat[outside[0], 0]}; there are {species}")
    owner = np.repeat(np.arange(len(terms), dtype=np.int64), np.diff(starts))
    keys = np.sort(owner * max(species, 1) + flat[:, 0])
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    if twice.size:
        raise ValueError(
            f"{what} of reaction {keys[twice[0]] // species} name species {keys[twice[0]] % species} twice"
        )
    return starts, flat[:, 0].astype(np.int32), np.ascontiguousarray(flat[:, 1])


def _kinds(
    start: NDArray[np.int32], reactants: NDArray[np.int32], orders: NDArray[np.int64], law_start: NDArray[np.int32]
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.int32]]:
    """The specialised form of each propensity, with the two species that the forms of one and two reactants read."""
    reactions = start.size - 1
    distinct, molecularity = np.diff(start), np.zeros(reactions, dtype=np.int64)
    np.add.at(molecularity, np.repeat(np.arange(reactions), distinct), orders)
    kind = np.full(reactions, FACTORIALS, dtype=np.int8)
    kind[molecularity == 0] = NO_REACTANT
    kind[molecularity == 1] = ONE_REACTANT
    kind[(molecularity == 2) & (distinct == 2)] = TWO_REACTANTS
    kind[(molecularity == 2) & (distinct == 1)] = A_PAIR
    kind[np.diff(law_start) > 0] = LAW
    first, second = np.zeros(reactions, dtype=np.int32), np.zeros(reactions, dtype=np.int32)
    first[distinct >= 1] = reactants[start[:-1][distinct >= 1]]
    second[distinct >= 2] = reactants[start[:-1][distinct >= 2] + 1]
    return kind, first, second


def _transposed(
    owner: NDArray[np.int32], columns: NDArray[np.int32], species: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    order = np.argsort(columns, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=species))]).astype(np.int32)
    return starts, owner[order]


def _users_matrix(arrays: SystemArrays, shape: tuple[int, int]) -> sparse.csr_array:
    reactions, species = shape
    rows = np.concatenate(
        [
            np.repeat(np.arange(species), np.diff(arrays.users_start)),
            np.repeat(np.arange(species), np.diff(arrays.law_users_start)),
        ]
    )
    columns = np.concatenate([arrays.users, arrays.law_users])
    return sparse.csr_array((np.ones(rows.size, np.float32), (rows, columns)), shape=(species, reactions))
