"""Whether two exact commuting expressions are equal: by canonical form where that decides, else at twelve points of the domain."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import mpmath

from .commuting_expressions import Atom, Expression, Value, is_zero, symbols_of, text_of
from .grading_budget import GradingBudgetError, spend
from .numerical_values import DIGITS, NotFinite, scale_at, value_at
from .vocabulary import Vocabulary

POINTS = 12
FEWEST_POINTS = 8
MOST_DRAWS = 60
TOLERANCE = mpmath.mpf(10) ** -20


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two expressions differ: the point in words (empty for numbers), and both values."""

    point: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{f'at {self.point}: ' if self.point else ''}{self.first} against {self.second}"


def difference(first: Value, second: Value, vocabulary: Vocabulary, integers: Iterable[str] = ()) -> Difference | None:
    """None where both are equal on the declared domain, else a point at which they differ.

    Symbols are real in [−2, 2] without 0 unless the vocabulary says otherwise; `integers` are more symbols that are integers.
    Raises `GradingBudgetError` where fewer than eight finite points are found.
    """
    rest = first - second
    if is_zero(rest):
        return None
    names = sorted(symbols_of(first) | symbols_of(second))
    if _is_number(first) and _is_number(second):
        return Difference("", text_of(first), text_of(second))
    if "infinity" in _constants(first) ^ _constants(second):
        return Difference("", text_of(first), text_of(second))
    decided = _is_rational(rest)
    found = 0
    with mpmath.workdps(DIGITS):
        for point in sample_points(names, vocabulary, frozenset(integers)):
            spend(1)
            try:
                values = value_at(first, point), value_at(second, point)
                scale = max(scale_at(first, point), scale_at(second, point))
            except NotFinite:
                continue
            found += 1
            if abs(values[0] - values[1]) > TOLERANCE * scale:
                return Difference(_point_text(point), *(mpmath.nstr(value, 8) for value in values))
            if found == POINTS or (found and not names):
                break
    if decided:
        return Difference("", text_of(first), text_of(second))
    if found < (FEWEST_POINTS if names else 1):
        raise GradingBudgetError(
            f"only {found} of {MOST_DRAWS} points of the domain have finite values; nothing is decided"
        )
    return None


def sample_points(
    names: list[str], vocabulary: Vocabulary, integers: frozenset[str] = frozenset()
) -> Iterable[dict[str, Any]]:
    """Points of the symbols' domain, the same ones for the same names."""
    generator = random.Random(" ".join(names))
    for _ in range(MOST_DRAWS):
        yield {name: _drawn(name, vocabulary, integers, generator) for name in names}


def _drawn(name: str, vocabulary: Vocabulary, integers: frozenset[str], generator: random.Random) -> Any:
    bare = name.removeprefix("\\")
    keys = {bare, bare.replace("{", "").replace("}", ""), bare.partition("_")[0]}
    low, high = next((vocabulary.ranges[key] for key in keys if key in vocabulary.ranges), (-2.0, 2.0))
    if keys & vocabulary.positive:
        low = max(low, 0.0)
    if keys & (vocabulary.integer | integers):
        low, high = (1, 9) if (low, high) in ((-2.0, 2.0), (0.0, 2.0)) else (low, high)
        return mpmath.mpf(generator.randint(int(low), int(high)))
    # Seventeen digits that no short formula hits by accident, and never zero.
    if keys & vocabulary.complex:
        real, imag = (mpmath.mpf(generator.randint(1, 10**17 - 1)) / 10**17 for _ in range(2))
        return mpmath.mpc(4 * real - 2, 4 * imag - 2)
    share = mpmath.mpf(generator.randint(1, 10**17 - 1)) / 10**17
    return low + (mpmath.mpf(high) - low) * share


def _point_text(point: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {mpmath.nstr(value, 6)}" for name, value in point.items())


def _is_number(value: Value) -> bool:
    return not isinstance(value, Expression)


def _atoms(value: Value) -> Iterable[tuple[Atom, Any]]:
    if isinstance(value, Expression):
        for monomial in value.terms:
            yield from monomial


def _constants(value: Value) -> set[str]:
    return {atom.name for atom, _ in _atoms(value) if atom.kind == "constant"}


def _is_rational(value: Value) -> bool:
    """Whether `is_zero` decides: a rational expression of symbols."""
    return all(
        (atom.kind in ("symbol", "complex") and isinstance(exponent, int))
        or (atom.kind == "base" and isinstance(exponent, int) and _is_rational(atom.arguments[0]))
        for atom, exponent in _atoms(value)
    )
