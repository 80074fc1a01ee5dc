"""Bosons: [b_i, b_j†] = δ_ij. A monomial lists (mode, p, q) for b†^p b^q, modes ascending.

Source: b^q b†^r = Σ_k k! C(q, k) C(r, k) b†^(r−k) b^(q−k), textbook.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb, factorial

from .algebra import Element, ModeName

BosonMonomial = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Bosons:
    """The algebra of bosonic modes, numbered by integers; `symbol` is how they are written."""

    symbol: str = "b"

    @property
    def identity(self) -> BosonMonomial:
        """The monomial one."""
        return ()

    def create(self, mode: int) -> Element:
        """b† of a mode."""
        return Element(self, {((mode, 1, 0),): 1})

    def destroy(self, mode: int) -> Element:
        """b of a mode."""
        return Element(self, {((mode, 0, 1),): 1})

    def number(self, mode: int) -> Element:
        """b†b of a mode."""
        return Element(self, {((mode, 1, 1),): 1})

    def product(self, left: BosonMonomial, right: BosonMonomial) -> dict[BosonMonomial, int]:
        """Normal order of two normally ordered monomials, mode by mode in closed form."""
        if len(left) == 1 and len(right) == 1 and left[0][0] == right[0][0]:
            mode, p, q = left[0]
            _, r, s = right[0]
            pairs = _contractions(p, q, r, s)
            return {((mode, a, b),) if a or b else (): weight for (a, b), weight in pairs}
        return _all_modes(left, right)

    def adjoint(self, monomial: BosonMonomial) -> dict[BosonMonomial, int]:
        """(b†^p b^q)† = b†^q b^p."""
        return {tuple((mode, q, p) for mode, p, q in monomial): 1}

    def text(self, monomial: BosonMonomial, name: ModeName) -> str:
        """All creators, then all annihilators."""
        creators = [_power(name(mode), p, "\\dagger") for mode, p, _ in monomial if p]
        return " ".join(creators + [_power(name(mode), q, "") for mode, _, q in monomial if q])

    def word(self, monomial: BosonMonomial) -> list[tuple[str, int]]:
        """A monomial as letters: `create` and `destroy` with their modes."""
        creators = [("create", mode) for mode, p, _ in monomial for _ in range(p)]
        return creators + [("destroy", mode) for mode, _, q in monomial for _ in range(q)]

    def generator(self, letter: str, mode: int) -> Element:
        """The element of one letter of a word."""
        return {"create": self.create, "destroy": self.destroy}[letter](mode)

    def letter(self, mode: int) -> str:
        """How a mode is written where nobody named it."""
        return f"{self.symbol}_{{{mode}}}"


def _power(letter: str, exponent: int, dagger: str) -> str:
    power = " ".join(part for part in (dagger, str(exponent) if exponent > 1 else "") if part)
    return letter + (f"^{{{power}}}" if power else "")


def _all_modes(left: BosonMonomial, right: BosonMonomial) -> dict[BosonMonomial, int]:
    first, second = ({mode: (p, q) for mode, p, q in side} for side in (left, right))
    total: dict[BosonMonomial, int] = {(): 1}
    for mode in sorted(first.keys() | second.keys()):
        pairs = _contractions(*first.get(mode, (0, 0)), *second.get(mode, (0, 0)))
        total = {
            (*before, (mode, a, b)) if a or b else before: value * weight
            for before, value in total.items()
            for (a, b), weight in pairs
        }
    return total


@lru_cache(maxsize=4096)
def _contractions(p: int, q: int, r: int, s: int) -> tuple[tuple[tuple[int, int], int], ...]:
    """(b†^p b^q)(b†^r b^s) as pairs of powers with their weights k! C(q, k) C(r, k)."""
    return tuple(((p + r - k, q + s - k), factorial(k) * comb(q, k) * comb(r, k)) for k in range(min(q, r) + 1))
