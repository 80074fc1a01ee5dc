"""The names that a formula may use: commuting symbols, operators with their algebra, functions, and values of indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from .algebra import AlgebraError

AlgebraName = Literal["boson", "fermion", "majorana", "spin", "pauli"]
ALGEBRAS: tuple[AlgebraName, ...] = ("boson", "fermion", "majorana", "spin", "pauli")
COMPONENTS = ("x", "y", "z", "+", "-")
_LETTERS: dict[str, dict[str, AlgebraName]] = {
    "boson": {"b": "boson", "a": "boson"},
    "fermion": {"c": "fermion", "d": "fermion", "f": "fermion", "psi": "fermion"},
    "majorana": {"gamma": "majorana"},
    "spin": {"S": "spin", "sigma": "pauli"},
    "pauli": {"sigma": "pauli", "X": "pauli", "Y": "pauli", "Z": "pauli"},
}
BARE_PAULIS = {"X": "x", "Y": "y", "Z": "z"}


@dataclass(frozen=True)
class Vocabulary:
    """What is declared. `symbols` is None where any letter may stand for a commuting number.

    A symbol's key is its base and the number of its indices, or a whole name. `numbers` maps a name like n to the operator whose
    number operator it is; `index_values` gives the values of an index; `positive`, `integer`, `complex` and `ranges` are a
    symbol's domain;
    `sites` is the length of the ring that bound sums run over; `names` are the declared names as they were written. Raises
    `AlgebraError` for a spin that is no half integer.
    """

    operators: Mapping[str, AlgebraName] = field(default_factory=dict)
    symbols: frozenset[str] | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
    index_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    positive: frozenset[str] = frozenset()
    integer: frozenset[str] = frozenset()
    complex: frozenset[str] = frozenset()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    spin: Fraction | None = None
    sites: int | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.spin is not None and (self.spin * 2) % 1 != 0:
            raise AlgebraError(f"the spin must be a half integer; got {self.spin}")
        if self.spin is not None and "spin" not in self.operators.values():
            kinds = ", ".join(sorted(set(self.operators.values()))) or "none"
            raise AlgebraError(f"a spin of {self.spin} was given, and no operator is a spin; the algebras are {kinds}")

    @property
    def long_names(self) -> frozenset[str]:
        """Declared names of more than one letter, which plain text would else split."""
        declared = {*self.operators, *self.numbers, *self.functions, *(self.symbols or ())}
        return frozenset(name for name in declared if len(name) > 1 and name.isalpha())

    @property
    def declared(self) -> str:
        """All declared names, in words."""
        known = sorted({*self.operators, *self.numbers, *self.functions, *(self.symbols or ())})
        return ", ".join(self.names or known) or "none"


def open_vocabulary(
    algebra: str | None = None,
    spin: Fraction | None = None,
    positive: frozenset[str] = frozenset(),
    functions: frozenset[str] = frozenset(),
) -> Vocabulary:
    """Any letter is a commuting symbol, except the usual letters of the algebra's operators.

    Bosons b, a (n is b†b); fermions c, d, f, ψ (n is c†c); Majoranas γ; spins S (and σ of Pauli); Pauli σ, X, Y, Z. Raises
    `AlgebraError` for another algebra.
    """
    if algebra is None:
        return Vocabulary(positive=positive, functions=functions)
    if algebra not in _LETTERS:
        raise AlgebraError(f"algebra must be one of {', '.join(ALGEBRAS)}; got {algebra!r}")
    numbers = {"n": next(iter(_LETTERS[algebra]))} if algebra in ("boson", "fermion") else {}
    return Vocabulary(_LETTERS[algebra], None, numbers, functions, spin=spin, positive=positive)
