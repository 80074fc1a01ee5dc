"""Values of exact expressions at points, with many digits (mpmath)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath

from .commuting_expressions import STAR, Atom, Expression, Value
from .gaussian_rationals import GaussianRational
from .grading_budget import spend

DIGITS = 50
LARGEST_EXPONENT = 10**6
LARGEST_ARGUMENT = 10**30
_MPMATH: dict[str, Callable[..., Any]] = {
    **{name: getattr(mpmath, name) for name in ("sin", "cos", "tan", "cot", "sec", "csc", "log")},
    **{name: getattr(mpmath, name) for name in ("sinh", "cosh", "tanh", "coth", "sech", "csch")},
    **{f"arc{name}": getattr(mpmath, f"a{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "abs": abs,
}


class NotFinite(ArithmeticError):
    """An expression has no finite value at a point, or one too large to compute."""


def value_at(value: Value, point: Mapping[str, Any]) -> Any:
    """The value at a point (a number for every symbol), to 50 digits. Raises `NotFinite` at a pole or beyond the range.

    A function that is declared and not known is a fixed smooth function of its name, so that equal arguments give equal values.
    """
    with mpmath.workdps(DIGITS + 10):
        try:
            found = _value(value, point)
        except (ZeroDivisionError, ValueError, OverflowError) as error:
            raise NotFinite(str(error)) from None
        if not mpmath.isfinite(found):
            raise NotFinite("the value is infinite")
        return found


def scale_at(value: Value, point: Mapping[str, Any]) -> Any:
    """The largest absolute value of a sum's terms at a point: what rounding of the sum is measured by."""
    if not isinstance(value, Expression):
        return abs(_number(value))
    parts = [Expression({monomial: coefficient}) for monomial, coefficient in value.terms.items()]
    return max(abs(value_at(part, point)) for part in parts)


def _value(value: Value, point: Mapping[str, Any]) -> Any:
    if not isinstance(value, Expression):
        return _number(value)
    total = mpmath.mpf(0)
    for monomial, coefficient in value.terms.items():
        spend(1)
        term = _number(coefficient)
        for atom, exponent in monomial:
            term = term * _power(atom, exponent, point)
        total = total + term
    return total


def _number(value: Any) -> Any:
    if isinstance(value, GaussianRational):
        return mpmath.mpc(_number(value.real), _number(value.imag))
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return mpmath.mpf(value)


def _power(atom: Atom, exponent: Any, point: Mapping[str, Any]) -> Any:
    if atom.kind == "exp":
        return _exp(_number(exponent) * _value(atom.arguments[0], point))
    base = _atom(atom, point)
    if exponent == 1:
        return base
    if base == 0:
        if exponent < 0:
            raise ZeroDivisionError("division by zero")
        return mpmath.mpf(0)
    if abs(exponent * mpmath.log(abs(base))) > LARGEST_EXPONENT:
        raise OverflowError("a power is too large")
    return mpmath.power(base, exponent if isinstance(exponent, int) else _number(exponent))


def _atom(atom: Atom, point: Mapping[str, Any]) -> Any:
    match atom.kind:
        case "symbol":
            return point[atom.name]
        case "complex":
            value = point[atom.name.removesuffix(STAR)]
            return mpmath.conj(value) if atom.name.endswith(STAR) else value
        case "constant":
            return +mpmath.pi if atom.name == "pi" else mpmath.inf
        case "prime":
            return mpmath.mpf(int(atom.name))
        case "base":
            return _value(atom.arguments[0], point)
    arguments = [_value(argument, point) for argument in atom.arguments]
    if any(abs(argument) > LARGEST_ARGUMENT for argument in arguments):
        raise OverflowError("an argument is too large")
    known = _MPMATH.get(atom.name)
    if known is None:
        return _unknown_function(atom.name, arguments)
    if atom.name not in ("abs", "log") and abs(mpmath.im(arguments[0])) > LARGEST_EXPONENT:
        raise OverflowError("an argument is too large")
    if (
        atom.name in ("sinh", "cosh", "tanh", "coth", "sech", "csch")
        and abs(mpmath.re(arguments[0])) > LARGEST_EXPONENT
    ):
        raise OverflowError("an argument is too large")
    return known(arguments[0])


def _exp(argument: Any) -> Any:
    if abs(mpmath.re(argument)) > LARGEST_EXPONENT or abs(mpmath.im(argument)) > LARGEST_ARGUMENT:
        raise OverflowError("an exponential is too large")
    return mpmath.exp(argument)


def _unknown_function(name: str, arguments: list[Any]) -> Any:
    """A smooth function that depends on the name and on every argument: sin(a·u + b) + u·c + d."""
    digest = hashlib.sha256(name.encode()).digest()
    weights = [mpmath.mpf(byte + 1) / 97 for byte in digest]
    phase = sum((weights[2 * place] * argument for place, argument in enumerate(arguments)), weights[-1])
    line = sum((weights[2 * place + 1] * argument for place, argument in enumerate(arguments)), weights[-2])
    if abs(mpmath.im(phase)) > LARGEST_EXPONENT:
        raise OverflowError("an argument is too large")
    return mpmath.sin(phase) + line
