"""Exact expressions of commuting symbols: sums of products of rational powers of atoms, with Gaussian rational coefficients.

An atom is a symbol, a constant, a prime under a root, an exponential, a function's value, or a sum (or product) that stands in a
denominator or under a root. Only rules that hold for principal values at every complex point are applied, so √(x²) stays what it
is. `is_zero` clears denominators, which makes it exact for rational expressions; beyond them it may overlook a zero and never
invents one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from .exact_roots import prime_factors
from .gaussian_rationals import (
    IMAGINARY_UNIT,
    GaussianRational,
    Number,
    Rational,
    number_power,
    number_text,
    plain,
    reciprocal,
)
from .grading_budget import spend
from .repeated_products import repeated_product

Kind = Literal["symbol", "complex", "constant", "prime", "exp", "function", "base"]
Monomial = tuple[tuple["Atom", Rational], ...]
STAR = "^{*}"
NUMBERS = (int, Fraction, GaussianRational)
_CIRCULAR = ("sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan")
_HYPERBOLIC = ("sinh", "cosh", "tanh", "coth", "sech", "csch", "arcsinh", "arccosh", "arctanh")
FUNCTIONS = frozenset((*_CIRCULAR, *_HYPERBOLIC, "log", "abs"))


@dataclass(frozen=True, slots=True)
class Atom:
    """What a monomial is made of; two atoms are the same where their keys are."""

    key: str
    kind: Kind = field(compare=False)
    name: str = field(compare=False)
    arguments: tuple[Value, ...] = field(compare=False, default=())


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A sum of monomials, each with a nonzero coefficient; it is no number (that would be a plain `Number`)."""

    terms: Mapping[Monomial, Number]

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, (*NUMBERS, Expression)):
            return NotImplemented
        total = dict(self.terms)
        for monomial, coefficient in _terms(other).items():
            _add_term(total, monomial, coefficient)
        spend(len(total))
        return _value(total)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, NUMBERS):
            return Expression({key: value * other for key, value in self.terms.items()}) if other else 0
        if not isinstance(other, Expression):
            return NotImplemented
        total: dict[Monomial, Number] = {}
        for left, first in self.terms.items():
            for right, second in other.terms.items():
                for monomial, factor in _product(left, right):
                    _add_term(total, monomial, first * second * factor)
            spend(len(total))
        return _value(total)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and dict(self.terms) == dict(other.terms)

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __str__(self) -> str:
        return text_of(self)


Value = Number | Expression


def symbol(name: str) -> Expression:
    """A commuting symbol."""
    return _atom_value(Atom(name, "symbol", name))


def complex_symbol(name: str) -> Expression:
    """A commuting symbol that is not real: its conjugate is another symbol, written with a star."""
    return _atom_value(Atom(name, "complex", name))


def constant(name: Literal["pi", "infinity"]) -> Expression:
    """A number without an exact rational form."""
    return _atom_value(Atom(f"\\{name}" if name == "pi" else "\\infty", "constant", name))


def function_value(name: str, *arguments: Value) -> Value:
    """A function's value at arguments in canonical form; zero and the logarithm of rationals are exact."""
    first = arguments[0]
    if len(arguments) == 1 and first == 0 and name in ("sin", "tan", "sinh", "tanh", "arcsin", "arctan", "abs"):
        return 0
    if len(arguments) == 1 and first == 0 and name in ("cos", "cosh"):
        return 1
    if name == "abs" and isinstance(first, (int, Fraction)):
        return first if first >= 0 else -first
    if name == "log" and isinstance(first, (int, Fraction)) and first != 0:
        return _logarithm(first)
    if name == "log" and isinstance(first, Expression):
        whole = _single_exponential(first)
        if whole is not None:
            return whole
    return _function_atom(name, arguments)


def exponential(argument: Value) -> Value:
    """exp of a sum as a product of powers, one for every monomial; exp(iπ r) of a rational r is reduced to 0 ≤ r < 1."""
    result: Value = 1
    for monomial, coefficient in _terms(argument).items():
        real, imag = _parts(coefficient)
        if real:
            result = result * _exponential_of(monomial, real, imaginary=False)
        if imag:
            result = result * _exponential_of(monomial, imag, imaginary=True)
    return result


def divide(numerator: Value, denominator: Value) -> Value:
    """A quotient. Raises `ZeroDivisionError` for a denominator that is exactly zero."""
    if is_zero(denominator):
        raise ZeroDivisionError("division by zero")
    return numerator * power(denominator, -1)


def power(base: Value, exponent: Value) -> Value:
    """base to the exponent, on the principal branch. Raises `ZeroDivisionError` for a power of zero that is not positive."""
    if isinstance(exponent, (int, Fraction)):
        return _rational_power(base, plain(exponent))
    if base == 0:
        raise ZeroDivisionError("a power of zero must have a positive rational exponent")
    return exponential(exponent * function_value("log", base))


def is_zero(value: Value) -> bool:
    """Whether the value is zero, exactly, for rational expressions and roots of numbers; else a sufficient test."""
    while isinstance(value, Expression):
        lowest = _lowest_exponents(value)
        if not lowest:
            return False
        clear = tuple(sorted(((atom, -math.floor(low)) for atom, low in lowest.items()), key=lambda item: item[0].key))
        cleared: dict[Monomial, Number] = {}
        for monomial, coefficient in value.terms.items():
            for result, factor in _product(monomial, clear):
                _add_term(cleared, result, coefficient * factor)
        value = _value(cleared)
    return value == 0


def conjugate(value: Value) -> Value:
    """Complex conjugate; symbols are real unless they are complex ones, and roots and logarithms may be of negative numbers."""
    if isinstance(value, GaussianRational):
        return value.conjugate()
    if not isinstance(value, Expression):
        return value
    total: Value = 0
    for monomial, coefficient in value.terms.items():
        term: Value = conjugate(coefficient)
        for atom, exponent in monomial:
            term = term * _conjugate_power(atom, exponent)
        total = total + term
    return total


def symbols_of(value: Value) -> set[str]:
    """Names of the symbols in a value, those inside functions and roots included."""
    if not isinstance(value, Expression):
        return set()
    found: set[str] = set()
    for monomial in value.terms:
        for atom, _ in monomial:
            found |= {atom.name.removesuffix(STAR)} if atom.kind in ("symbol", "complex") else set()
            for argument in atom.arguments:
                found |= symbols_of(argument)
    return found


def text_of(value: Value) -> str:
    """The value as LaTeX that the parser reads back."""
    if not isinstance(value, Expression):
        return number_text(value)
    ordered = sorted(value.terms.items(), key=lambda item: (-sum(power for _, power in item[0]), _text_key(item[0])))
    return join_terms((number_text(coefficient), _monomial_text(monomial)) for monomial, coefficient in ordered)


def join_terms(terms: Iterable[tuple[str, str]]) -> str:
    """A sum written out of pairs of a coefficient's text and a monomial's (empty for one)."""
    text = ""
    for coefficient, monomial in terms:
        sign = "-" if coefficient.startswith("-") else "+"
        size = coefficient.removeprefix("-")
        part = size if not monomial else monomial if size == "1" else f"{size} {monomial}"
        text += f" {sign} {part}" if text else part if sign == "+" else f"-{part}"
    return text or "0"


def _terms(value: Value) -> Mapping[Monomial, Number]:
    if isinstance(value, Expression):
        return value.terms
    return {(): value} if value else {}


def _value(terms: dict[Monomial, Number]) -> Value:
    if not terms:
        return 0
    if len(terms) == 1:
        [(monomial, coefficient)] = terms.items()
        if not monomial:
            return coefficient
    return Expression(terms)


def _add_term(total: dict[Monomial, Number], monomial: Monomial, coefficient: Number) -> None:
    summed = total.get(monomial, 0) + coefficient
    if summed:
        total[monomial] = summed
    else:
        total.pop(monomial, None)


def _atom_value(atom: Atom, exponent: Rational = 1) -> Expression:
    return Expression({((atom, exponent),): 1})


def _function_atom(name: str, arguments: tuple[Value, ...]) -> Expression:
    command = f"\\{name}" if name in FUNCTIONS else name
    inner = ", ".join(text_of(argument) for argument in arguments)
    return _atom_value(Atom(f"{command}({inner})", "function", name, arguments))


def _product(left: Monomial, right: Monomial) -> list[tuple[Monomial, Number]]:
    """Two monomials' product; more than one term where a sum that stood in a denominator comes out of it."""
    exponents = dict(left)
    for atom, exponent in right:
        exponents[atom] = plain(exponents.get(atom, 0) + exponent)
    factor: Value = 1
    kept = {}
    for atom, exponent in exponents.items():
        if atom.kind == "prime":
            whole = math.floor(exponent)
            factor, exponent = factor * number_power(int(atom.name), whole), plain(exponent - whole)
        elif atom.kind == "base" and exponent >= 1:
            whole = math.floor(exponent)
            factor, exponent = factor * _integer_power(atom.arguments[0], whole), plain(exponent - whole)
        elif atom.kind == "exp" and atom.name == "half-turns":
            number, exponent = _half_turns(exponent)
            factor = factor * number
        if exponent:
            kept[atom] = exponent
    monomial = tuple(sorted(kept.items(), key=lambda item: item[0].key))
    if not isinstance(factor, Expression):
        return [(monomial, factor)]
    found: dict[Monomial, Number] = {}
    for inner, coefficient in factor.terms.items():
        for result, number in _product(monomial, inner):
            _add_term(found, result, coefficient * number)
    return list(found.items())


def _half_turns(count: Rational) -> tuple[Number, Rational]:
    """exp(iπ count) as a power of i times exp(iπ rest), 0 ≤ rest < 1/2."""
    quarters = math.floor(2 * count)
    return number_power(IMAGINARY_UNIT, quarters % 4), plain(count - Fraction(quarters, 2))


def _exponential_of(monomial: Monomial, factor: Rational, imaginary: bool) -> Value:
    """exp(factor·monomial) or exp(i·factor·monomial)."""
    argument = _value({monomial: IMAGINARY_UNIT if imaginary else 1})
    if imaginary and len(monomial) == 1 and monomial[0][0].name == "pi" and monomial[0][1] == 1:
        number, rest = _half_turns(factor)
        atom = Atom("\\exp(i \\pi)", "exp", "half-turns", (argument,))
        return number * _atom_value(atom, rest) if rest else number
    if not imaginary and len(monomial) == 1 and monomial[0][1] == 1 and monomial[0][0].key.startswith("\\log("):
        return _rational_power(monomial[0][0].arguments[0], plain(factor))
    return _atom_value(Atom(f"\\exp({text_of(argument)})", "exp", "exp", (argument,)), plain(factor))


def _logarithm(value: Rational) -> Value:
    """The logarithm of a rational number through those of primes; iπ more for a negative one."""
    total: Value = constant("pi") * IMAGINARY_UNIT if value < 0 else 0
    for prime, exponent in prime_factors(abs(Fraction(value))).items():
        total = total + exponent * _function_atom("log", (prime,))
    return total


def _single_exponential(value: Expression) -> Value | None:
    """r of a value exp(r) with a rational r."""
    if len(value.terms) == 1:
        [(monomial, coefficient)] = value.terms.items()
        if coefficient == 1 and len(monomial) == 1 and monomial[0][0].key == "\\exp(1)":
            return monomial[0][1]
    return None


def _rational_power(base: Value, exponent: Rational) -> Value:
    if base == 0 and exponent <= 0 and exponent != 0:
        raise ZeroDivisionError("division by zero")
    if isinstance(exponent, int):
        return _integer_power(base, exponent)
    if base == 0:
        return 0
    if isinstance(base, (int, Fraction)):
        return _root_of_rational(base, exponent)
    if isinstance(base, Expression) and len(base.terms) == 1:
        [(monomial, coefficient)] = base.terms.items()
        if coefficient == 1 and len(monomial) == 1:
            atom, inner = monomial[0]
            # (x^a)^b = x^(ab) on principal branches only for -1 < a ≤ 1, and not for exponentials.
            if -1 < inner <= 1 and atom.kind in ("symbol", "constant", "base", "function"):
                return _atom_value(atom, plain(inner * exponent))
    content = _content(base)
    return _base_power(base * reciprocal(content), exponent) * _root_of_rational(content, exponent)


def _integer_power(base: Value, exponent: int) -> Value:
    if not isinstance(base, Expression):
        return number_power(base, exponent)
    if exponent < 0:
        return _inverse_power(base, -exponent)
    return repeated_product(base, exponent, 1)


def _inverse_power(base: Expression, exponent: int) -> Value:
    """One over base^exponent: common factors come out, and what is left of a sum becomes an atom."""
    common = dict(next(iter(base.terms)))
    for monomial in base.terms:
        present = dict(monomial)
        common = {atom: min(low, present[atom]) for atom, low in common.items() if atom in present}
    inverse = tuple(sorted(((atom, -low) for atom, low in common.items()), key=lambda item: item[0].key))
    rest: Value = base * Expression({inverse: 1}) if inverse else base
    outside = Expression({tuple((atom, plain(low * exponent)) for atom, low in inverse): 1}) if inverse else 1
    if not isinstance(rest, Expression):
        return _renormalized(outside) * number_power(rest, -exponent)
    content = _content(rest)
    lead = _parts(rest.terms[min(rest.terms, key=_text_key)])
    content = -content if (lead[0] or lead[1]) < 0 else content
    inverted = _base_power(rest * reciprocal(content), -exponent) * number_power(content, -exponent)
    return _renormalized(outside) * inverted


def _renormalized(value: Value) -> Value:
    """A value whose exponents were set by hand, with primes and half turns reduced again."""
    if not isinstance(value, Expression):
        return value
    total: Value = 0
    for monomial, coefficient in value.terms.items():
        for result, factor in _product(monomial, ()):
            total = total + _value({result: coefficient * factor})
    return total


def _base_power(base: Value, exponent: Rational) -> Value:
    atom = Atom(f"({text_of(base)})", "base", "base", (base,))
    return _renormalized(_atom_value(atom, exponent))


def _root_of_rational(value: Rational, exponent: Rational) -> Value:
    """A rational number to a rational power, as a rational times roots of different primes; principal value for negative ones."""
    exponent = Fraction(exponent)
    result: Value = exponential(constant("pi") * IMAGINARY_UNIT * exponent) if value < 0 else 1
    for prime, count in prime_factors(abs(Fraction(value))).items():
        total = count * exponent
        whole = math.floor(total)
        result = result * number_power(prime, whole)
        if total != whole:
            result = result * _atom_value(Atom(str(prime), "prime", str(prime)), total - whole)
    return result


def _content(value: Value) -> Rational:
    """The positive rational number by which all real and imaginary parts of the coefficients are coprime integers."""
    parts = [Fraction(part) for number in _terms(value).values() for part in _parts(number) if part]
    return plain(
        Fraction(math.gcd(*(part.numerator for part in parts)), math.lcm(*(part.denominator for part in parts)))
    )


def _parts(value: Number) -> tuple[Rational, Rational]:
    return (value.real, value.imag) if isinstance(value, GaussianRational) else (value, 0)


def _lowest_exponents(value: Expression) -> dict[Atom, Rational]:
    lowest: dict[Atom, Rational] = {}
    for monomial in value.terms:
        for atom, exponent in monomial:
            if atom.kind == "base" and exponent < 0:
                lowest[atom] = min(exponent, lowest.get(atom, 0))
    return lowest


def _conjugate_power(atom: Atom, exponent: Rational) -> Value:
    if atom.kind == "exp":
        return exponential(conjugate(atom.arguments[0]) * exponent)
    if atom.kind == "prime":
        return _atom_value(atom, exponent)
    if not isinstance(exponent, int):
        # On the cut of a root the conjugate of P^e is not that of P to the e, but |P|^(2e) P^(-e) always is.
        return power(function_value("abs", _atom_value(atom)), 2 * exponent) * _atom_value(atom, -exponent)
    if atom.kind == "complex":
        name = atom.name.removesuffix(STAR) if atom.name.endswith(STAR) else atom.name + STAR
        return power(complex_symbol(name), exponent)
    if atom.kind == "function" and atom.name == "log":
        size = function_value("log", function_value("abs", atom.arguments[0]))
        return power(2 * size - _atom_value(atom), exponent)
    if atom.kind == "function":
        return power(function_value(atom.name, *map(conjugate, atom.arguments)), exponent)
    if atom.kind == "base":
        return power(conjugate(atom.arguments[0]), exponent)
    return _atom_value(atom, exponent)


def _text_key(monomial: Monomial) -> str:
    return " ".join(f"{atom.key}^{exponent}" for atom, exponent in monomial)


def _monomial_text(monomial: Monomial) -> str:
    return " ".join(_power_text(atom, exponent) for atom, exponent in monomial)


def _power_text(atom: Atom, exponent: Rational) -> str:
    if exponent == 1:
        return atom.key
    if atom.kind == "exp":
        return f"\\exp({text_of(exponent * atom.arguments[0])})"
    if exponent == Fraction(1, 2):
        return f"\\sqrt{{{text_of(atom.arguments[0]) if atom.kind == 'base' else atom.key}}}"
    return f"{atom.key if atom.kind != 'function' else f'({atom.key})'}^{{{exponent}}}"
