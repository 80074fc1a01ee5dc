"""Products of powers: recognizing mass action in a rate law, and writing mass action as a law."""

from collections.abc import Mapping, Sequence

from .rate_laws import (
    Apply,
    Expression,
    Number,
    Symbol,
    evaluate,
    free_symbols,
    multiply,
    sparse_polynomial,
    substitute,
)

_CLOSE = 1e-9


def falling_product(reactants: Sequence[tuple[int, int]], names: Sequence[str]) -> list[Expression]:
    """Factors n (n - 1) ... (n - s + 1) of each reactant."""
    factors: list[Expression] = []
    for index, count in reactants:
        symbol = Symbol(names[index])
        factors += [symbol, *(Apply("-", (symbol, Number(float(step)))) for step in range(1, count))]
    return factors


def collect(expression: Expression) -> Expression:
    """The same value with products flattened, numbers multiplied out and equal factors canceled: `2 * k * V / (V * 2)` is `k`."""
    coefficient, powers = _factors(expression)
    above = [base for base, power in powers.items() for _ in range(power)]
    below = [base for base, power in powers.items() for _ in range(-power)]
    if coefficient != 1.0 or not above:
        above = [Number(coefficient), *above]
    return Apply("/", (multiply(above), multiply(below))) if below and coefficient != 0.0 else multiply(above)


def mass_action_orders(
    law: Expression, species: frozenset[str], values: Mapping[str, float]
) -> tuple[dict[str, int], bool] | None:
    """Orders s_i where a law is c prod_i n_i (n_i - 1) ... (n_i - s_i + 1), or c prod_i n_i^s_i; None for any other law.

    The flag tells descending factors (True, also where no order is above one) from plain powers. `values`: numbers of all symbols
    that are no species, at which the form is recognized; the constant must be positive.
    """
    simple = _plain_product(law, species, values)
    if simple is not None:
        return simple
    numbers: dict[str, Expression] = {name: Number(value) for name, value in values.items() if name not in species}
    polynomial = sparse_polynomial(substitute(law, numbers), species)
    if not polynomial:
        return None
    orders = {name: power for name, power in max(polynomial, key=lambda monomial: sum(power for _, power in monomial))}
    constant = polynomial[tuple(sorted(orders.items()))]
    if constant <= 0.0:
        return None
    if len(polynomial) == 1:
        return orders, max(orders.values(), default=0) <= 1
    falling: Expression = Number(constant)
    names = tuple(orders)
    falling = multiply([falling, *falling_product([(i, orders[name]) for i, name in enumerate(names)], names)])
    expected = sparse_polynomial(falling, species) or {}
    close = expected.keys() == polynomial.keys() and all(
        abs(polynomial[monomial] - value) <= _CLOSE * abs(value) for monomial, value in expected.items()
    )
    return (orders, True) if close else None


def reversible_parts(law: Expression) -> tuple[Expression, Expression] | None:
    """Forward and reverse law of `forward - reverse`, also in a product: `cell * (kf * A - kr * B)`; None if there is none."""
    if not isinstance(law, Apply):
        return None
    if law.operator == "-":
        return law.arguments[0], law.arguments[1]
    if law.operator == "+":
        negative = [term.arguments[0] for term in law.arguments if isinstance(term, Apply) and term.operator == "neg"]
        positive = [term for term in law.arguments if not (isinstance(term, Apply) and term.operator == "neg")]
        return (_sum(positive), _sum(negative)) if positive and negative else None
    if law.operator in ("*", "/"):
        for place, factor in enumerate(law.arguments if law.operator == "*" else law.arguments[:1]):
            parts = reversible_parts(factor)
            # `k * X * (X - 1)` is one law: a number is no reverse reaction.
            if parts is not None and free_symbols(parts[1]):
                before, after = law.arguments[:place], law.arguments[place + 1 :]
                forward, reverse = (Apply(law.operator, (*before, part, *after)) for part in parts)
                return forward, reverse
    return None


def _plain_product(
    law: Expression, species: frozenset[str], values: Mapping[str, float]
) -> tuple[dict[str, int], bool] | None:
    """The most frequent case without an expansion: a product of a constant and distinct species, as `k * A * B`."""
    constant, powers = _factors(law)
    orders = {}
    for base, power in powers.items():
        if not isinstance(base, Symbol):
            return None
        if base.name in species:
            orders[base.name] = power
        else:
            constant *= values[base.name] ** power if values[base.name] != 0.0 else 0.0
    return (orders, True) if constant >= 0.0 and all(power == 1 for power in orders.values()) else None


def _sum(terms: Sequence[Expression]) -> Expression:
    return terms[0] if len(terms) == 1 else Apply("+", tuple(terms))


def _factors(expression: Expression) -> tuple[float, dict[Expression, int]]:
    if isinstance(expression, Number):
        return expression.value, {}
    if isinstance(expression, Apply):
        arguments = expression.arguments
        if expression.operator == "neg":
            coefficient, powers = _factors(arguments[0])
            return -coefficient, powers
        if expression.operator == "*":
            return _joined([(_factors(argument), 1) for argument in arguments])
        if expression.operator == "/":
            divisor = _factors(arguments[1])
            if divisor[0] != 0.0:
                return _joined([(_factors(arguments[0]), 1), (divisor, -1)])
        if expression.operator == "^" and isinstance(arguments[1], Number) and arguments[1].value.is_integer():
            return _joined([(_factors(arguments[0]), int(arguments[1].value))])
    return (1.0, {expression: 1}) if free_symbols(expression) else (evaluate(expression, {}), {})


def _joined(parts: Sequence[tuple[tuple[float, dict[Expression, int]], int]]) -> tuple[float, dict[Expression, int]]:
    coefficient, powers = 1.0, dict[Expression, int]()
    for (value, factors), power in parts:
        coefficient *= value**power
        for base, exponent in factors.items():
            powers[base] = powers.get(base, 0) + exponent * power
    return coefficient, {base: power for base, power in powers.items() if power != 0}
