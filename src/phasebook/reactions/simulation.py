"""Exact simulation of reaction networks: a network compiled into a jump system, and results under the network's names.

The laws of chemical kinetics as a Markov jump process are Gillespie's (1977); the algorithms are in `phasebook.engines`.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..engines import jumps
from ..engines.jump_results import InvalidEvent, InvalidPropensity, JumpError, JumpPath, JumpStatistics, TimeAverages
from ..engines.jump_system import JumpSystem, StateEvent
from ..engines.law_programs import Instruction
from .network import NegativePropensity, ReactionNetwork
from .rate_laws import Apply, Expression, Number, Symbol, evaluate, free_symbols

_TWO_ARGUMENTS = {
    "-": "subtract",
    "/": "divide",
    "^": "power",
    "mod": "modulo",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
    "==": "equal",
    "!=": "not_equal",
}
_MANY_ARGUMENTS = {"+": "add", "*": "multiply", "min": "min", "max": "max", "and": "and", "or": "or", "xor": "xor"}
_RENAMED = {"neg": "negate"}
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


def simulate(
    network: ReactionNetwork,
    times: ArrayLike,
    *,
    trajectories: int = 1000,
    seed: int,
    method: str = "auto",
    threads: int | None = None,
    covariance: bool = False,
    keep: bool = False,
    stop: Mapping[str, tuple[str, int]] | None = None,
    epsilon: float = 0.03,
    event_limit: float = jumps.EVENT_LIMIT,
    progress: Callable[[int, int], object] | None = None,
) -> JumpStatistics:
    """Means, variances (and trajectories, where `keep`) of the counts at `times` (K,) over independent exact simulations.

    Species stand in the network's order. `stop` maps a species to (">=", count) or ("<=", count): a trajectory ends there.
    Methods and the other arguments are those of `engines.simulate_jumps`. Raises ValueError for counts that are no integers and
    for triggers that switch at a time which isn't a constant, `NegativePropensity` naming the reaction and the state for a rate
    law that is negative or undefined there, and `engines.Explosion` for a network that explodes.
    """
    bounds = []
    for name, (relation, count) in (stop or {}).items():
        if relation not in (">=", "<="):
            raise ValueError(f"stop maps a species to ('>=', count) or ('<=', count); got {relation!r} for {name!r}")
        index = network.index(name)
        bounds.append(jumps.Bound(index, at_least=count) if relation == ">=" else jumps.Bound(index, at_most=count))
    with _NetworkNames(network):
        return jumps.simulate_jumps(
            jump_system(network),
            times,
            trajectories=trajectories,
            seed=seed,
            method=method,
            threads=threads,
            covariance=covariance,
            keep=keep,
            stop=bounds,
            epsilon=epsilon,
            event_limit=event_limit,
            progress=progress,
        )


def simulate_path(network: ReactionNetwork, end: float, *, seed: int, method: str = "auto") -> JumpPath:
    """One trajectory, every reaction of it, from time zero to `end`. Raises as `simulate`."""
    with _NetworkNames(network):
        return jumps.simulate_path(jump_system(network), end, seed=seed, method=method)


def time_average(
    network: ReactionNetwork,
    duration: float,
    *,
    burn_in: float = 0.0,
    batches: int = 40,
    seed: int,
    method: str = "auto",
) -> TimeAverages:
    """Averages of counts and squared counts over `duration` of one trajectory, with errors from batches. Raises as `simulate`."""
    with _NetworkNames(network):
        return jumps.average_jumps(
            jump_system(network), duration, burn_in=burn_in, batches=batches, seed=seed, method=method
        )


def jump_system(network: ReactionNetwork) -> JumpSystem:
    """The network as arrays for `engines`. Raises ValueError naming a species whose initial count is no integer."""
    fractional = np.flatnonzero(network.initial_counts != np.floor(network.initial_counts))
    if fractional.size:
        name, count = network.species[fractional[0]], network.initial_counts[fractional[0]]
        raise ValueError(
            f"exact simulation counts molecules: the initial count of {name!r} must be an integer; got {count:g}"
        )
    is_mass_action = network.is_mass_action
    changes = network.change
    values = {**network.parameters, "volume": network.volume}
    indices = {name: index for index, name in enumerate(network.species)}
    return JumpSystem(
        network.initial_counts.astype(np.int64),
        np.where(is_mass_action, network.rate_constants(), 1.0),
        [reaction.reactants if reaction.law is None else () for reaction in network.reactions],
        [
            tuple(zip(changes.indices[first:last].tolist(), changes.data[first:last].tolist(), strict=True))
            for first, last in zip(changes.indptr[:-1].tolist(), changes.indptr[1:].tolist(), strict=True)
        ],
        [() if reaction.law is None else _program(reaction.law, indices, values) for reaction in network.reactions]
        if not is_mass_action.all()
        else (),
        tuple(
            StateEvent(
                _program(event.trigger, indices, values),
                tuple((target, _program(value, indices, values)) for target, value in event.assignments),
                event.initial_value,
            )
            for event in network.events
        ),
        tuple(time for event in network.events for time in _switch_times(event.trigger, event.name, values)),
    )


class _NetworkNames:
    """Turns the engine's indices into the network's names where an error leaves."""

    def __init__(self, network: ReactionNetwork) -> None:
        self.network = network

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if not isinstance(error, JumpError) or error.counts is None:
            return
        state = f"at time {error.time:.6g}, {self.network.describe(error.counts)}"
        if error.reaction is not None:
            name = self.network.reactions[error.reaction].name
            if isinstance(error, InvalidPropensity):
                raise NegativePropensity(
                    f"the rate law of reaction {name!r} is negative or undefined {state}; a propensity must be finite and"
                    " not negative"
                ) from error
            raise type(error)(
                f"reaction {name!r} fired although what it consumes had run out {state}: its rate law must vanish there",
                reaction=error.reaction,
                time=error.time,
                counts=error.counts,
            ) from error
        if isinstance(error, InvalidEvent) and error.event is not None:
            raise InvalidEvent(
                f"event {self.network.events[error.event].name!r} assigns a value that is no non-negative integer {state}",
                event=error.event,
                time=error.time,
                counts=error.counts,
            ) from error


def _program(
    expression: Expression, indices: Mapping[str, int], values: Mapping[str, float]
) -> tuple[Instruction, ...]:
    instructions: list[Instruction] = []
    _append(expression, indices, values, instructions)
    return tuple(instructions)


def _append(
    expression: Expression, indices: Mapping[str, int], values: Mapping[str, float], program: list[Instruction]
) -> None:
    if isinstance(expression, Number):
        program.append(("constant", expression.value))
        return
    if isinstance(expression, Symbol):
        if expression.name in indices:
            program.append(("species", indices[expression.name]))
        elif expression.name == "time":
            program.append(("time",))
        else:
            program.append(("constant", values[expression.name]))
        return
    operator, arguments = expression.operator, expression.arguments
    if operator == "piecewise":
        _append_piecewise(arguments, indices, values, program)
        return
    if operator in ("log10", "log2"):
        logarithm = Apply("log", arguments)
        _append(
            Apply("/", (logarithm, Number(float(np.log(10.0 if operator == "log10" else 2.0))))),
            indices,
            values,
            program,
        )
        return
    if operator in _MANY_ARGUMENTS:
        _append(arguments[0], indices, values, program)
        for argument in arguments[1:]:
            _append(argument, indices, values, program)
            program.append((_MANY_ARGUMENTS[operator],))
        return
    for argument in arguments:
        _append(argument, indices, values, program)
    program.append((_TWO_ARGUMENTS.get(operator) or _RENAMED.get(operator, operator),))


def _append_piecewise(
    arguments: Sequence[Expression], indices: Mapping[str, int], values: Mapping[str, float], program: list[Instruction]
) -> None:
    """value, condition, ..., otherwise: nested choices of (condition, value, rest)."""
    if len(arguments) == 1:
        _append(arguments[0], indices, values, program)
        return
    _append(arguments[1], indices, values, program)
    _append(arguments[0], indices, values, program)
    _append_piecewise(arguments[2:], indices, values, program)
    program.append(("where",))


def _switch_times(trigger: Expression, event: str, values: Mapping[str, float]) -> list[float]:
    """Times at which comparisons of the time with constants switch."""
    if not isinstance(trigger, Apply) or "time" not in free_symbols(trigger):
        return []
    if trigger.operator in _COMPARISONS:
        left, right = trigger.arguments
        if left == Symbol("time") and free_symbols(right) <= values.keys():
            constant = right
        elif right == Symbol("time") and free_symbols(left) <= values.keys():
            constant = left
        else:
            raise ValueError(f"the trigger of event {event!r} may compare the time only with a constant")
        switch = float(evaluate(constant, values))
        return [switch] if switch >= 0.0 else []
    if trigger.operator not in ("and", "or", "xor", "not"):
        raise ValueError(f"the trigger of event {event!r} may use the time only in comparisons with a constant")
    return [time for argument in trigger.arguments for time in _switch_times(argument, event, values)]
