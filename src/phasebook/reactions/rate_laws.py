"""Rate laws as expression trees: a grammar reads them, nothing ever runs them as code.

Text looks like `k * X * (X - 1) / 2`, `vmax * X / (K + X)`, `if(X > 3, a, b)`, `max(0, 1 - X)`. Symbols are identifiers, or
any name in double quotes. `^` and `**` are powers (right to left, above a leading minus); logical operators give 0 or 1.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, TypeAlias

import numpy as np
from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

MAXIMUM_LENGTH = 200_000
MAXIMUM_DEPTH = 150
MAXIMUM_SIZE = 100_000
_MAXIMUM_TERMS = 10_000
_MAXIMUM_POWER = 20


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Symbol:
    """A parameter, a species (its count), or one of the reserved `time` and `volume`."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or function applied to its arguments: one of `OPERATORS`; "+" and "*" take two or more arguments."""

    operator: str
    arguments: tuple["Expression", ...]


Expression: TypeAlias = Number | Symbol | Apply


_MANY = math.inf
# Operator -> (fewest arguments, most arguments, what it computes on numbers and arrays alike).
OPERATORS: Mapping[str, tuple[int, float, Callable[..., Any]]] = {
    "+": (2, _MANY, lambda *terms: reduce(np.add, terms)),
    "-": (2, 2, np.subtract),
    "*": (2, _MANY, lambda *factors: reduce(np.multiply, factors)),
    "/": (2, 2, np.true_divide),
    "^": (2, 2, np.power),
    "neg": (1, 1, np.negative),
    "exp": (1, 1, np.exp),
    "log": (1, 1, np.log),
    "log10": (1, 1, np.log10),
    "log2": (1, 1, np.log2),
    "sqrt": (1, 1, np.sqrt),
    "abs": (1, 1, np.abs),
    "sign": (1, 1, np.sign),
    "floor": (1, 1, np.floor),
    "ceil": (1, 1, np.ceil),
    "round": (1, 1, np.round),
    "sin": (1, 1, np.sin),
    "cos": (1, 1, np.cos),
    "tan": (1, 1, np.tan),
    "asin": (1, 1, np.arcsin),
    "acos": (1, 1, np.arccos),
    "atan": (1, 1, np.arctan),
    "sinh": (1, 1, np.sinh),
    "cosh": (1, 1, np.cosh),
    "tanh": (1, 1, np.tanh),
    "asinh": (1, 1, np.arcsinh),
    "acosh": (1, 1, np.arccosh),
    "atanh": (1, 1, np.arctanh),
    "min": (1, _MANY, lambda *values: reduce(np.minimum, values)),
    "max": (1, _MANY, lambda *values: reduce(np.maximum, values)),
    "mod": (2, 2, np.mod),
    "<": (2, 2, np.less),
    "<=": (2, 2, np.less_equal),
    ">": (2, 2, np.greater),
    ">=": (2, 2, np.greater_equal),
    "==": (2, 2, np.equal),
    "!=": (2, 2, np.not_equal),
    "and": (1, _MANY, lambda *values: reduce(np.logical_and, values)),
    "or": (1, _MANY, lambda *values: reduce(np.logical_or, values)),
    "xor": (1, _MANY, lambda *values: reduce(np.logical_xor, values)),
    "not": (1, 1, np.logical_not),
    # value, condition, value, condition, ..., otherwise
    "piecewise": (1, _MANY, lambda *arguments: _piecewise(arguments)),
}
_ALIASES = {"ln": "log", "ceiling": "ceil", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "rint": "round"}
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_INFIX_STRENGTH = {
    "or": 1,
    "xor": 1,
    "and": 2,
    **dict.fromkeys(_COMPARISONS, 4),
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "^": 8,
}

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction (("or" | "||") conjunction)*
?conjunction: negation (("and" | "&&") negation)*
?negation: ("not" | "!") negation -> negated
    | comparison
?comparison: sum (COMPARISON sum)?
?sum: product (SIGN product)*
?product: signed (SCALE signed)*
?signed: "-" signed -> minus
    | "+" signed
    | power
?power: atom (("^" | "**") signed)?
?atom: NUMBER -> number
    | NAME "(" [disjunction ("," disjunction)*] ")" -> call
    | NAME -> symbol
    | QUOTED -> quoted
    | "(" disjunction ")"
COMPARISON: "<=" | ">=" | "==" | "!=" | "<" | ">"
SIGN: "+" | "-"
SCALE: "*" | "/"
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
NAME: /[^\W\d]\w*/
QUOTED: /"[^"\n]+"/
%ignore /\s+/
"""
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_KEYWORDS = frozenset({"and", "or", "not"})


def parse_expression(text: str) -> Expression:
    """Read one expression; raises ValueError naming the place, a wrong number of arguments, or a text too long or too deep."""
    text = text.strip()
    if _PLAIN_NUMBER.fullmatch(text):
        return number(float(text))
    if _PLAIN_NAME.fullmatch(text) and text not in _KEYWORDS:
        return Symbol(text)
    if len(text) > MAXIMUM_LENGTH:
        raise ValueError(f"expression must have at most {MAXIMUM_LENGTH} characters; got {len(text)}")
    return _parse_checked(text)


def number(value: float) -> Expression:
    """A constant as an expression; raises ValueError where it is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"a constant must be finite; got {value}")
    return Number(float(value))


def apply(operator: str, *arguments: Expression) -> Apply:
    """Apply an operator; raises ValueError for one that is unknown or a wrong number of arguments."""
    if operator not in OPERATORS:
        raise ValueError(
            f"unknown function {operator!r}; known are {', '.join(sorted(filter(str.isalnum, OPERATORS)))}"
        )
    fewest, most, _ = OPERATORS[operator]
    if not fewest <= len(arguments) <= most or (operator == "piecewise" and len(arguments) % 2 == 0):
        allowed = "an odd number of" if operator == "piecewise" else f"{fewest}{' or more' if most > fewest else ''}"
        raise ValueError(f"{operator!r} takes {allowed} argument(s); got {len(arguments)}")
    return Apply(operator, arguments)


def add(terms: Sequence[Expression]) -> Expression:
    """Sum of any number of expressions."""
    return Number(0.0) if not terms else terms[0] if len(terms) == 1 else Apply("+", tuple(terms))


def multiply(factors: Sequence[Expression]) -> Expression:
    """Product of any number of expressions."""
    return Number(1.0) if not factors else factors[0] if len(factors) == 1 else Apply("*", tuple(factors))


def free_symbols(expression: Expression) -> frozenset[str]:
    """Names of all symbols."""
    return frozenset(node.name for node in _nodes(expression) if isinstance(node, Symbol))


def substitute(expression: Expression, mapping: Mapping[str, Expression]) -> Expression:
    """Replace symbols by expressions, all at once; raises ValueError where the result has over MAXIMUM_SIZE nodes."""
    replaced = _substituted(expression, mapping, {})
    if replaced is not expression:
        _check_size(replaced)
    return replaced


def evaluate(expression: Expression, mapping: Mapping[str, float]) -> float:
    """Value at given symbols; raises ValueError naming a symbol that has none. Infinities and NaN are returned as such."""
    return float(evaluate_array(expression, mapping))


def evaluate_array(expression: Expression, mapping: Mapping[str, Any]) -> Any:
    """Value at given symbols, which may be arrays that broadcast; raises ValueError naming a symbol that has none."""
    with np.errstate(all="ignore"):
        return _evaluate(expression, mapping)


def to_text(expression: Expression) -> str:
    """Text that `parse_expression` reads back to the same values; numbers keep all their digits."""
    return _text(expression, 0)


def as_polynomial(expression: Expression, species: tuple[str, ...]) -> dict[tuple[int, ...], float] | None:
    """Coefficients of a polynomial in the `species`, by exponents of shape (species,); None where it is not a polynomial.

    Raises ValueError naming a symbol that is no species: substitute parameters first.
    """
    sparse = sparse_polynomial(expression, frozenset(species))
    if sparse is None:
        return None
    place = {name: index for index, name in enumerate(species)}
    dense: dict[tuple[int, ...], float] = {}
    for monomial, coefficient in sparse.items():
        exponents = [0] * len(species)
        for name, power in monomial:
            exponents[place[name]] = power
        dense[tuple(exponents)] = coefficient
    return dense


Monomial: TypeAlias = tuple[tuple[str, int], ...]


def sparse_polynomial(expression: Expression, species: frozenset[str]) -> dict[Monomial, float] | None:
    """Coefficients by monomial, a sorted tuple of (species, power); None where it is no polynomial. Raises as `as_polynomial`."""
    unknown = free_symbols(expression) - species
    if unknown:
        raise ValueError(f"symbol {min(unknown)!r} has no value and is no species")
    polynomial = _polynomial(expression, species)
    return None if polynomial is None else {monomial: value for monomial, value in polynomial.items() if value != 0.0}


class _Builder(Transformer[Token, Expression]):
    def number(self, children: list[Token]) -> Expression:
        return number(float(children[0]))

    def symbol(self, children: list[Token]) -> Expression:
        return Symbol(str(children[0]))

    def quoted(self, children: list[Token]) -> Expression:
        return Symbol(str(children[0])[1:-1])

    def minus(self, children: list[Expression]) -> Expression:
        (argument,) = children
        return Number(-argument.value) if isinstance(argument, Number) else Apply("neg", (argument,))

    def negated(self, children: list[Expression]) -> Expression:
        return Apply("not", tuple(children))

    def power(self, children: list[Expression]) -> Expression:
        return Apply("^", tuple(children))

    def conjunction(self, children: list[Expression]) -> Expression:
        return Apply("and", tuple(children))

    def disjunction(self, children: list[Expression]) -> Expression:
        return Apply("or", tuple(children))

    @v_args(inline=True)
    def comparison(self, left: Expression, relation: Token, right: Expression) -> Expression:
        return Apply(str(relation), (left, right))

    def sum(self, children: list[Any]) -> Expression:
        first, rest = children[0], list(zip(children[1::2], children[2::2], strict=True))
        if len(rest) == 1 and rest[0][0] == "-":
            return Apply("-", (first, rest[0][1]))
        return Apply("+", (first, *(Apply("neg", (term,)) if sign == "-" else term for sign, term in rest)))

    def product(self, children: list[Any]) -> Expression:
        factors: list[Expression] = [children[0]]
        for scale, factor in zip(children[1::2], children[2::2], strict=True):
            if scale == "*":
                factors.append(factor)
            else:
                factors = [Apply("/", (multiply(factors), factor))]
        return multiply(factors)

    def call(self, children: list[Any]) -> Expression:
        name, arguments = str(children[0]), [child for child in children[1:] if child is not None]
        name = _ALIASES.get(name.lower(), name)
        if name == "if" and len(arguments) == 3:
            return Apply("piecewise", (arguments[1], arguments[0], arguments[2]))
        if name == "pow" and len(arguments) == 2:
            return Apply("^", tuple(arguments))
        return apply(name, *arguments)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Builder())


@lru_cache(maxsize=4096)
def _parse_checked(text: str) -> Expression:
    try:
        expression: Expression = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        rest = "" if ended else text[max(error.pos_in_stream or 0, 0) :][:20]
        raise ValueError(
            f"cannot read the expression {_shortened(text)!r}: "
            + (f"unexpected {rest!r} at character {(error.pos_in_stream or 0) + 1}" if rest else "it ends too early")
        ) from None
    except VisitError as error:
        raise ValueError(f"cannot read the expression {_shortened(text)!r}: {error.orig_exc}") from None
    check_depth(expression)
    return expression


def check_depth(expression: Expression) -> None:
    """Raise ValueError where an expression is nested deeper than MAXIMUM_DEPTH."""
    level: list[Expression] = [expression]
    for _ in range(MAXIMUM_DEPTH):
        level = [argument for node in level if isinstance(node, Apply) for argument in node.arguments]
        if not level:
            return
    raise ValueError(f"expression must be nested at most {MAXIMUM_DEPTH} deep")


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _nodes(expression: Expression) -> Iterator[Expression]:
    """All nodes; a subtree that is shared is visited once."""
    stack, seen = [expression], {id(expression)}
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Apply):
            for argument in node.arguments:
                if id(argument) not in seen:
                    seen.add(id(argument))
                    stack.append(argument)


def _substituted(expression: Expression, mapping: Mapping[str, Expression], done: dict[int, Expression]) -> Expression:
    if isinstance(expression, Symbol):
        return mapping.get(expression.name, expression)
    if isinstance(expression, Number):
        return expression
    if id(expression) not in done:
        arguments = tuple([_substituted(argument, mapping, done) for argument in expression.arguments])
        same = all(new is old for new, old in zip(arguments, expression.arguments, strict=True))
        done[id(expression)] = expression if same else Apply(expression.operator, arguments)
    return done[id(expression)]


def _check_size(expression: Expression) -> None:
    """Definitions put into definitions may double each time, or pile up: shared subtrees are measured once."""
    measures: dict[int, tuple[int, int]] = {}

    def measure(node: Expression) -> tuple[int, int]:
        if not isinstance(node, Apply):
            return 1, 1
        if id(node) not in measures:
            parts = [measure(argument) for argument in node.arguments]
            measures[id(node)] = (1 + sum(size for size, _ in parts), 1 + max(depth for _, depth in parts))
        return measures[id(node)]

    size, depth = measure(expression)
    if size > MAXIMUM_SIZE or depth > 2 * MAXIMUM_DEPTH:
        raise ValueError(
            f"an expression with its definitions put in must have at most {MAXIMUM_SIZE} nodes,"
            f" nested at most {2 * MAXIMUM_DEPTH} deep"
        )


def _evaluate(expression: Expression, mapping: Mapping[str, Any]) -> Any:
    if isinstance(expression, Number):
        return np.float64(expression.value)
    if isinstance(expression, Symbol):
        try:
            return np.asarray(mapping[expression.name], dtype=np.float64)[()]
        except KeyError:
            raise ValueError(f"symbol {expression.name!r} has no value") from None
    arguments = [_evaluate(argument, mapping) for argument in expression.arguments]
    return np.asarray(OPERATORS[expression.operator][2](*arguments), dtype=np.float64)[()]


def _piecewise(arguments: tuple[Any, ...]) -> Any:
    chosen = arguments[-1]
    for value, condition in zip(arguments[-3::-2], arguments[-2::-2], strict=True):
        chosen = np.where(np.asarray(condition) != 0.0, value, chosen)
    return chosen


def _text(expression: Expression, strength: int) -> str:
    if isinstance(expression, Number):
        text = repr(int(expression.value)) if _is_short_integer(expression.value) else repr(expression.value)
        return f"({text})" if strength > 0 and expression.value < 0.0 else text
    if isinstance(expression, Symbol):
        return quoted_name(expression.name)
    operator, arguments = expression.operator, expression.arguments
    if operator == "neg":
        text = "-" + _text(arguments[0], 7)
        return f"({text})" if strength > 5 else text
    if operator == "not":
        text = "not " + _text(arguments[0], 3)
        return f"({text})" if strength > 3 else text
    if operator in _INFIX_STRENGTH and operator != "xor" and len(arguments) > 1:
        own = _INFIX_STRENGTH[operator]
        # Only the left operand of a left-associative operator may be as weak as the operator itself.
        first = own if operator in ("+", "-", "*", "/") else own + 1
        text = _text(arguments[0], first)
        for argument in arguments[1:]:
            if operator == "+" and len(arguments) > 2 and isinstance(argument, Apply) and argument.operator == "neg":
                text += f" - {_text(argument.arguments[0], own + 1)}"
            else:
                text += ("^" if operator == "^" else f" {operator} ") + _text(argument, own + 1)
        return f"({text})" if strength > own else text
    return f"{operator}({', '.join(_text(argument, 0) for argument in arguments)})"


def quoted_name(name: str) -> str:
    """A name as it stands in a text: an identifier as it is, anything else in double quotes."""
    if _PLAIN_NAME.fullmatch(name) and name not in _KEYWORDS:
        return name
    if '"' in name or "\n" in name:
        raise ValueError(f"a name must not hold a double quote or a line break; got {name!r}")
    return f'"{name}"'


def _is_short_integer(value: float) -> bool:
    return value.is_integer() and abs(value) < 1e15


def _polynomial(expression: Expression, species: frozenset[str]) -> dict[Monomial, float] | None:
    if isinstance(expression, Number):
        return {(): expression.value}
    if isinstance(expression, Symbol):
        return {((expression.name, 1),): 1.0}
    parts = []
    for argument in expression.arguments:
        part = _polynomial(argument, species)
        if part is None:
            return None
        parts.append(part)
    if all(part.keys() <= {()} for part in parts):
        numbers = tuple(Number(part.get((), 0.0)) for part in parts)
        return {(): evaluate(Apply(expression.operator, numbers), {})}
    return _combined(expression.operator, parts)


def _combined(operator: str, parts: list[dict[Monomial, float]]) -> dict[Monomial, float] | None:
    if operator == "neg":
        return {monomial: -value for monomial, value in parts[0].items()}
    if operator in ("+", "-"):
        total = dict(parts[0])
        for part in parts[1:]:
            for monomial, value in part.items():
                total[monomial] = total.get(monomial, 0.0) + (value if operator == "+" else -value)
        return total
    if operator == "*":
        return reduce(_product, parts)
    if operator == "/" and parts[1].keys() == {()} and parts[1][()] != 0.0:
        return {monomial: value / parts[1][()] for monomial, value in parts[0].items()}
    if operator == "^" and parts[1].keys() == {()}:
        power = parts[1][()]
        if power.is_integer() and 0 <= power <= _MAXIMUM_POWER:
            one: dict[Monomial, float] = {(): 1.0}
            return reduce(_product, [parts[0]] * int(power), one)
    return None


def _product(left: dict[Monomial, float], right: dict[Monomial, float]) -> dict[Monomial, float]:
    if len(left) * len(right) > _MAXIMUM_TERMS:
        raise ValueError(f"a polynomial rate law must have at most {_MAXIMUM_TERMS} terms")
    total: dict[Monomial, float] = {}
    for first, one in left.items():
        for second, other in right.items():
            powers = dict(first)
            for name, power in second:
                powers[name] = powers.get(name, 0) + power
            monomial = tuple(sorted(powers.items()))
            total[monomial] = total.get(monomial, 0.0) + one * other
    return total
