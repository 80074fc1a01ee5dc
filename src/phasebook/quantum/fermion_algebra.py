"""Fermions: {c_i, c_j†} = δ_ij, {c_i, c_j} = 0; and Majorana operators: γ_a γ_b = 2δ_ab − γ_b γ_a.

A fermionic monomial is two bit masks: creators ascending, then annihilators ascending; a Majorana monomial is one. Products are
Wick's theorem over the modes that both share (textbook); signs are parities of bits.
"""

from __future__ import annotations

from dataclasses import dataclass

from .algebra import Element, ModeName
from .grading_budget import spend

FermionMonomial = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fermions:
    """The algebra of fermionic modes, numbered from 0; `symbol` is how they are written."""

    symbol: str = "c"

    @property
    def identity(self) -> FermionMonomial:
        """The monomial one."""
        return (0, 0)

    def create(self, mode: int) -> Element:
        """c† of a mode."""
        return Element(self, {(1 << mode, 0): 1})

    def destroy(self, mode: int) -> Element:
        """c of a mode."""
        return Element(self, {(0, 1 << mode): 1})

    def number(self, mode: int) -> Element:
        """c†c of a mode."""
        return Element(self, {(1 << mode, 1 << mode): 1})

    def product(self, left: FermionMonomial, right: FermionMonomial) -> dict[FermionMonomial, int]:
        """Normal order of two normally ordered monomials: one term for every set of contracted modes."""
        (creators, annihilators), (inner_creators, last) = left, right
        if not inner_creators and not last & (last - 1):
            return _times_annihilator(creators, annihilators, last)
        if not last and not inner_creators & (inner_creators - 1):
            return _times_creator(creators, annihilators, inner_creators)
        shared = annihilators & inner_creators
        if not shared and ((creators & inner_creators) or (annihilators & last)):
            return {}
        spend(1 << shared.bit_count())
        total: dict[FermionMonomial, int] = {}
        for contracted in _subsets(shared):
            sign, middle_a, middle_c = _contract(contracted, annihilators, inner_creators)
            if creators & middle_c or middle_a & last:
                continue
            if middle_a.bit_count() & middle_c.bit_count() & 1:
                sign = -sign
            if (_inversions(creators, middle_c) + _inversions(middle_a, last)) & 1:
                sign = -sign
            total[(creators | middle_c, middle_a | last)] = sign
        return total

    def adjoint(self, monomial: FermionMonomial) -> dict[FermionMonomial, int]:
        """Both lists change places and are reversed."""
        creators, annihilators = monomial
        return {(annihilators, creators): _reversal(creators) * _reversal(annihilators)}

    def word(self, monomial: FermionMonomial) -> list[tuple[str, int]]:
        """A monomial as letters: `create` and `destroy` with their modes."""
        creators = [("create", mode) for mode in modes_of(monomial[0])]
        return creators + [("destroy", mode) for mode in modes_of(monomial[1])]

    def generator(self, letter: str, mode: int) -> Element:
        """The element of one letter of a word."""
        return {"create": self.create, "destroy": self.destroy}[letter](mode)

    def letter(self, mode: int) -> str:
        """How a mode is written where nobody named it."""
        return f"{self.symbol}_{{{mode}}}"

    def text(self, monomial: FermionMonomial, name: ModeName) -> str:
        """Creators ascending, then annihilators ascending."""
        creators = [name(mode) + "^\\dagger" for mode in modes_of(monomial[0])]
        return " ".join(creators + [name(mode) for mode in modes_of(monomial[1])])


@dataclass(frozen=True, slots=True)
class Majoranas:
    """The algebra of Majorana operators, numbered from 0, each of square one."""

    symbol: str = "\\gamma"

    @property
    def identity(self) -> int:
        """The monomial one."""
        return 0

    def gamma(self, index: int) -> Element:
        """One Majorana operator, which is its own adjoint."""
        return Element(self, {1 << index: 1})

    def product(self, left: int, right: int) -> dict[int, int]:
        """Merging both ascending lists; equal neighbors give one."""
        return {left ^ right: -1 if _inversions(left, right) & 1 else 1}

    def adjoint(self, monomial: int) -> dict[int, int]:
        """The list reversed."""
        return {monomial: _reversal(monomial)}

    def word(self, monomial: int) -> list[tuple[str, int]]:
        """A monomial as letters `gamma` with their indices."""
        return [("gamma", index) for index in modes_of(monomial)]

    def generator(self, letter: str, mode: int) -> Element:
        """The element of one letter of a word."""
        return {"gamma": self.gamma}[letter](mode)

    def letter(self, mode: int) -> str:
        """How a mode is written where nobody named it."""
        return f"{self.symbol}_{{{mode}}}"

    def text(self, monomial: int, name: ModeName) -> str:
        """Operators ascending."""
        return " ".join(name(index) for index in modes_of(monomial))


def modes_of(mask: int) -> list[int]:
    """The modes in a bit mask, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def _times_annihilator(creators: int, annihilators: int, bit: int) -> dict[FermionMonomial, int]:
    """One annihilator (or one, for no bit) moves left past those of higher modes."""
    if annihilators & bit:
        return {}
    odd = bool(bit) and (annihilators & -bit).bit_count() & 1
    return {(creators, annihilators | bit): -1 if odd else 1}


def _times_creator(creators: int, annihilators: int, bit: int) -> dict[FermionMonomial, int]:
    """One creator meets the annihilator of its mode, or moves left past all of them and past creators of higher modes."""
    found = {}
    if annihilators & bit:
        found[(creators, annihilators ^ bit)] = -1 if (annihilators & -(bit << 1)).bit_count() & 1 else 1
    if not creators & bit:
        odd = (annihilators.bit_count() + (creators & -bit).bit_count()) & 1
        found[(creators | bit, annihilators)] = -1 if odd else 1
    return found


def _subsets(mask: int) -> list[int]:
    found, subset = [0], 0
    while subset != mask:
        subset = (subset - mask) & mask
        found.append(subset)
    return found


def _contract(contracted: int, annihilators: int, creators: int) -> tuple[int, int, int]:
    """Sign and rest after the contracted modes of A C met: each annihilator moves right, each creator left."""
    odd = 0
    while contracted:
        bit = 1 << (contracted.bit_length() - 1)
        odd ^= (annihilators & -(bit << 1)).bit_count() ^ (creators & (bit - 1)).bit_count()
        annihilators, creators, contracted = annihilators ^ bit, creators ^ bit, contracted ^ bit
    return (-1 if odd & 1 else 1), annihilators, creators


def _inversions(first: int, second: int) -> int:
    """Pairs of a mode in the first list and a smaller one in the second: swaps that merge both."""
    count = 0
    while second:
        low = second & -second
        count += (first & -(low << 1)).bit_count()
        second ^= low
    return count


def _reversal(mask: int) -> int:
    """Sign of reversing a product of so many anticommuting operators."""
    return -1 if mask.bit_count() % 4 in (2, 3) else 1
