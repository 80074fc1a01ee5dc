"""Elements of operator algebras: sums of canonically ordered monomials with exact coefficients.

An algebra knows how two canonical monomials multiply (in closed form; no neighbor is ever swapped), a monomial's adjoint, and how
it is written. Coefficients are `int`, `Fraction`, `GaussianRational` or `Expression`, or anything else with `+` and `*`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import PhasebookError
from .commuting_expressions import Expression, conjugate, join_terms, text_of
from .gaussian_rationals import GaussianRational, Number
from .grading_budget import spend
from .repeated_products import repeated_product

Monomial = Hashable
Terms = Mapping[Any, Any]
ModeName = Callable[[int], str]
SPEND_EVERY = 256


class AlgebraError(PhasebookError, ValueError):
    """Operators without an algebra, from different algebras, or with a spin that is not a half integer."""


class Algebra(Protocol):
    """What `Element` needs to know of an algebra."""

    @property
    def identity(self) -> Any:
        """The monomial one."""

    def product(self, left: Any, right: Any) -> Mapping[Any, Number]:
        """Two canonical monomials' product in canonical order."""

    def adjoint(self, monomial: Any) -> Mapping[Any, Number]:
        """A monomial's adjoint in canonical order."""

    def text(self, monomial: Any, name: ModeName) -> str:
        """A monomial as LaTeX, empty for one; `name` gives a mode's letter with its indices."""

    def word(self, monomial: Any) -> list[tuple[Any, int]]:
        """A monomial as a word: letters with their modes."""

    def generator(self, letter: Any, mode: int) -> Element:
        """The element of one letter."""

    def letter(self, mode: int) -> str:
        """How a mode is written where nobody named it."""


@dataclass(frozen=True, slots=True)
class Element:
    """A sum of canonical monomials of one algebra; `terms` maps each to its nonzero coefficient."""

    algebra: Any
    terms: Terms

    def __add__(self, other: Any) -> Element:
        total = dict(self.terms)
        for monomial, coefficient in self._other(other).terms.items():
            _add_term(total, monomial, coefficient)
        spend(len(total))
        return Element(self.algebra, total)

    __radd__ = __add__

    def __neg__(self) -> Element:
        return self * -1

    def __sub__(self, other: Any) -> Element:
        return self + self._other(other) * -1

    def __rsub__(self, other: Any) -> Element:
        return self * -1 + other

    def __mul__(self, other: Any) -> Element:
        if not isinstance(other, Element):
            scaled = {monomial: coefficient * other for monomial, coefficient in self.terms.items()}
            return Element(self.algebra, {monomial: value for monomial, value in scaled.items() if value != 0})
        self._other(other)
        product, steps = self.algebra.product, 0
        total: dict[Any, Any] = {}
        for left, first in self.terms.items():
            for right, second in other.terms.items():
                scale = first * second
                for monomial, factor in product(left, right).items():
                    value = scale * factor
                    if monomial in total:
                        value = total[monomial] + value
                    if value != 0:
                        total[monomial] = value
                    else:
                        total.pop(monomial, None)
                steps += 1
                if steps % SPEND_EVERY == 0:
                    spend(len(total))
        spend(len(total))
        return Element(self.algebra, total)

    def __rmul__(self, other: Any) -> Element:
        return self * other

    def __pow__(self, exponent: int) -> Element:
        if isinstance(exponent, bool) or not isinstance(exponent, int) or exponent < 0:
            raise AlgebraError(f"the power of an operator must be an integer of at least 0; got {exponent!r}")
        return repeated_product(self, exponent, scalar(self.algebra, 1))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element):
            return NotImplemented
        return self.algebra == other.algebra and dict(self.terms) == dict(other.terms)

    def __hash__(self) -> int:
        return hash((self.algebra, frozenset(self.terms.items())))

    def __str__(self) -> str:
        return text(self)

    def _other(self, other: Any) -> Element:
        if not isinstance(other, Element):
            return scalar(self.algebra, other)
        if other.algebra != self.algebra:
            raise AlgebraError(f"elements must belong to one algebra; got {self.algebra!r} and {other.algebra!r}")
        return other


@dataclass(frozen=True, slots=True)
class CommutingProduct:
    """The algebra of several species whose operators commute with each other; a monomial is a tuple with one of each."""

    factors: tuple[Any, ...]

    @property
    def identity(self) -> tuple:
        """The monomial one."""
        return tuple(factor.identity for factor in self.factors)

    def product(self, left: tuple, right: tuple) -> dict[tuple, Number]:
        """Species by species."""
        parts = (factor.product(*pair) for factor, *pair in zip(self.factors, left, right, strict=True))
        return self._combine(parts)

    def adjoint(self, monomial: tuple) -> dict[tuple, Number]:
        """Species by species."""
        return self._combine(factor.adjoint(part) for factor, part in zip(self.factors, monomial, strict=True))

    def text(self, monomial: tuple, name: ModeName) -> str:
        """The species' texts after each other."""
        parts = (factor.text(part, name) for factor, part in zip(self.factors, monomial, strict=True))
        return " ".join(part for part in parts if part)

    def word(self, monomial: tuple) -> list[tuple[Any, int]]:
        """A monomial as letters, each beside the place of its species."""
        pairs = enumerate(zip(self.factors, monomial, strict=True))
        return [((place, letter), mode) for place, (factor, part) in pairs for letter, mode in factor.word(part)]

    def generator(self, letter: tuple[int, Any], mode: int) -> Element:
        """The element of one letter of a word."""
        return self.embed(letter[0], self.factors[letter[0]].generator(letter[1], mode))

    def letter(self, mode: int) -> str:
        """How a mode is written where nobody named it."""
        return f"o_{{{mode}}}"

    def embed(self, place: int, element: Element) -> Element:
        """An element of the species at a place as one of the whole algebra."""
        before, after = self.identity[:place], self.identity[place + 1 :]
        return Element(self, {(*before, monomial, *after): value for monomial, value in element.terms.items()})

    def _combine(self, parts: Iterable[Mapping[Any, Number]]) -> dict[tuple, Number]:
        combined: dict[tuple, Number] = {(): 1}
        for part in parts:
            combined = {
                (*before, monomial): value * factor
                for before, value in combined.items()
                for monomial, factor in part.items()
            }
        return combined


def scalar(algebra: Any, value: Any) -> Element:
    """A number, or an expression of commuting symbols, as an element."""
    return Element(algebra, {algebra.identity: value} if value != 0 else {})


def commutator(first: Element, second: Element) -> Element:
    """AB − BA."""
    return first * second - second * first


def anticommutator(first: Element, second: Element) -> Element:
    """AB + BA."""
    return first * second + second * first


def adjoint(element: Element) -> Element:
    """Hermitian conjugate; symbols in coefficients are real."""
    total: dict[Any, Any] = {}
    for monomial, coefficient in element.terms.items():
        conjugated = _conjugate(coefficient)
        for image, factor in element.algebra.adjoint(monomial).items():
            _add_term(total, image, conjugated * factor)
    return Element(element.algebra, total)


def word_element(algebra: Any, word: Iterable[tuple[Any, int]]) -> Element:
    """The product of a word's letters, each with its mode, from left to right and in canonical order."""
    product = scalar(algebra, 1)
    for letter, mode in word:
        product = product * algebra.generator(letter, mode)
    return product


def renamed(element: Element, mode: Callable[[int], int]) -> Element:
    """The element with other modes; what falls together is multiplied in the order in which it is written."""
    total = scalar(element.algebra, 0)
    for monomial, coefficient in element.terms.items():
        word = [(letter, mode(number)) for letter, number in element.algebra.word(monomial)]
        total = total + word_element(element.algebra, word) * coefficient
    return total


def text(element: Element, name: ModeName | None = None) -> str:
    """The element as LaTeX: short monomials first; `name` gives a mode's letter with its indices, such as c_{1}."""
    name = name or element.algebra.letter
    algebra = element.algebra
    written = [(len(algebra.word(key)), algebra.text(key, name), value) for key, value in element.terms.items()]
    written.sort(key=lambda item: item[:2])
    return join_terms((_coefficient_text(value, alone=not monomial), monomial) for _, monomial, value in written)


def _coefficient_text(value: Any, alone: bool) -> str:
    if isinstance(value, Expression) and len(value.terms) > 1 and not alone:
        return f"({text_of(value)})"
    return text_of(value) if isinstance(value, (int, GaussianRational, Expression)) else str(value)


def _conjugate(value: Any) -> Any:
    return conjugate(value) if isinstance(value, (GaussianRational, Expression)) else value.conjugate()


def _add_term(total: dict[Any, Any], monomial: Any, coefficient: Any) -> None:
    if monomial in total:
        summed = total[monomial] + coefficient
        if summed != 0:
            total[monomial] = summed
        else:
            del total[monomial]
    elif coefficient != 0:
        total[monomial] = coefficient
