"""Pauli strings: two bit masks (x, z) stand for Π σ^x^(x_j) σ^z^(z_j), and phases are powers of i.

A monomial is written with σ^x, σ^y, σ^z, so that x = z = 1 at a site means σ^y = i σ^x σ^z; products are exclusive ors.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .algebra import Element, ModeName
from .fermion_algebra import modes_of
from .gaussian_rationals import IMAGINARY_UNIT, Number

PauliMonomial = tuple[int, int]
_PHASES: tuple[Number, ...] = (1, IMAGINARY_UNIT, -1, -IMAGINARY_UNIT)


@dataclass(frozen=True, slots=True)
class Paulis:
    """The algebra of Pauli matrices on sites numbered from 0; every string is its own adjoint."""

    symbol: str = "\\sigma"

    @property
    def identity(self) -> PauliMonomial:
        """The string one."""
        return (0, 0)

    def x(self, site: int) -> Element:
        """σ^x of a site."""
        return Element(self, {(1 << site, 0): 1})

    def y(self, site: int) -> Element:
        """σ^y of a site."""
        return Element(self, {(1 << site, 1 << site): 1})

    def z(self, site: int) -> Element:
        """σ^z of a site."""
        return Element(self, {(0, 1 << site): 1})

    def raising(self, site: int) -> Element:
        """σ^+ = (σ^x + iσ^y)/2."""
        return (self.x(site) + self.y(site) * IMAGINARY_UNIT) * Fraction(1, 2)

    def lowering(self, site: int) -> Element:
        """σ^- = (σ^x − iσ^y)/2."""
        return (self.x(site) - self.y(site) * IMAGINARY_UNIT) * Fraction(1, 2)

    def product(self, left: PauliMonomial, right: PauliMonomial) -> dict[PauliMonomial, Number]:
        """Strings by exclusive or; the phase counts σ^y before and after, and every σ^z that passes a σ^x."""
        x, z = left[0] ^ right[0], left[1] ^ right[1]
        quarters = (
            (left[0] & left[1]).bit_count()
            + (right[0] & right[1]).bit_count()
            - (x & z).bit_count()
            + 2 * (left[1] & right[0]).bit_count()
        )
        return {(x, z): _PHASES[quarters % 4]}

    def adjoint(self, monomial: PauliMonomial) -> dict[PauliMonomial, int]:
        """Itself."""
        return {monomial: 1}

    def word(self, monomial: PauliMonomial) -> list[tuple[str, int]]:
        """A string as letters `x`, `y`, `z` with their sites."""
        x, z = monomial
        return [("?xzy"[(x >> site & 1) + 2 * (z >> site & 1)], site) for site in modes_of(x | z)]

    def generator(self, letter: str, mode: int) -> Element:
        """The element of one letter of a word."""
        return {"x": self.x, "y": self.y, "z": self.z}[letter](mode)

    def letter(self, mode: int) -> str:
        """How a mode is written where nobody named it."""
        return f"{self.symbol}_{{{mode}}}"

    def text(self, monomial: PauliMonomial, name: ModeName) -> str:
        """Sites ascending."""
        return " ".join(f"{name(site)}^{letter}" for letter, site in self.word(monomial))
