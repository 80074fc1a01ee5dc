"""Named formulas that may refer to each other: parameters by formula, assignment rules, functions without arguments."""

import math
from collections.abc import Mapping

from .rate_laws import Expression, Number, evaluate, free_symbols, substitute


def resolve_values(definitions: Mapping[str, Expression], known: Mapping[str, float]) -> dict[str, float]:
    """Values of formulas, in the order of their dependence, given `known` values.

    Raises ValueError naming a cycle, a name that nobody defines, or a formula whose value is not finite.
    """
    values = dict(known)
    resolved: dict[str, float] = {}
    for name in dependency_order(definitions):
        try:
            value = evaluate(definitions[name], values)
        except ValueError as error:
            raise ValueError(f"the definition of {name!r}: {error}") from None
        if not math.isfinite(value):
            raise ValueError(f"the definition of {name!r} has the value {value}; it must be finite")
        resolved[name] = values[name] = value
    return resolved


def expand(definitions: Mapping[str, Expression]) -> dict[str, Expression]:
    """Formulas with all the others put in, so that only names without a definition are left; raises ValueError naming a cycle."""
    expanded: dict[str, Expression] = {}
    for name in dependency_order(definitions):
        try:
            expanded[name] = substitute(definitions[name], expanded)
        except ValueError as error:
            raise ValueError(f"the definition of {name!r}: {error}") from None
    return expanded


def dependency_order(definitions: Mapping[str, Expression]) -> list[str]:
    """Names such that each formula only needs earlier ones; raises ValueError naming a cycle."""
    needs = {
        name: [] if isinstance(formula, Number) else [other for other in free_symbols(formula) if other in definitions]
        for name, formula in definitions.items()
    }
    order: list[str] = []
    state: dict[str, bool] = {}  # False: being worked on, True: done
    for start in definitions:
        path = [start]
        while path:
            name = path[-1]
            if state.get(name):
                path.pop()
                continue
            state[name] = False
            waiting = next((other for other in needs[name] if not state.get(other, False)), None)
            if waiting is None:
                state[name] = True
                order.append(name)
                path.pop()
            elif waiting in state:
                cycle = [*path[path.index(waiting) :], waiting]
                raise ValueError(f"definitions go round in a circle: {' -> '.join(cycle)}")
            else:
                path.append(waiting)
    return order
