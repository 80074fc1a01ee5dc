"""The tree that a formula is read into: numbers, names with indices, sums, products, powers, functions, brackets, bound sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True)
class Label:
    """An index of a name: a fixed text (`1`, `↑`, `A`), or integer multiples of letters plus a constant (`i`, `i+1`, `-k`)."""

    letters: tuple[tuple[str, int], ...]
    constant: int = 0
    text: str = ""

    def __str__(self) -> str:
        if self.text:
            return self.text
        written = ""
        for letter, factor in self.letters:
            size = "" if abs(factor) == 1 else str(abs(factor))
            written += ("-" if factor < 0 else "+" if written else "") + size + letter
        constant = f"{self.constant:+d}" if written else str(self.constant)
        return written + (constant if self.constant or not written else "")


@dataclass(frozen=True, slots=True)
class Node:
    """What every part of the tree has: the column at which it begins."""

    column: int


@dataclass(frozen=True, slots=True)
class NumberNode(Node):
    """A rational number."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class ConstantNode(Node):
    """π, e, i or infinity."""

    name: Literal["pi", "e", "i", "infinity"]


@dataclass(frozen=True, slots=True)
class NameNode(Node):
    """A symbol or an operator: base, indices, a label above (a spin's component among them), and whether it has a dagger."""

    base: str
    labels: tuple[Label, ...] = ()
    above: str = ""
    dagger: bool = False


@dataclass(frozen=True, slots=True)
class CallNode(Node):
    """A function's value."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ChainNode(Node):
    """A sum (`+`, `-`) or a product (`*`, `/`, a vector's `.` and `x`): the operator before each operand, and the operands."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class PowerNode(Node):
    """A base and its exponent."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class NegativeNode(Node):
    """Minus a part."""

    inner: Node


@dataclass(frozen=True, slots=True)
class AdjointNode(Node):
    """The Hermitian conjugate of a part."""

    inner: Node


@dataclass(frozen=True, slots=True)
class AverageNode(Node):
    """The expectation value ⟨A⟩ of a part; `written` names it where the part commutes."""

    inner: Node
    written: str


@dataclass(frozen=True, slots=True)
class BracketNode(Node):
    """[A, B], or {A, B} where `anti`."""

    left: Node
    right: Node
    anti: bool


@dataclass(frozen=True, slots=True)
class SumNode(Node):
    """A sum over an index; without bounds it runs over all values of the index, or those after or unlike another index."""

    index: str
    low: Node | None
    high: Node | None
    body: Node
    relation: Literal["", "<", "neq"] = ""
    other: str = ""


def parts(node: Node) -> Iterator[Node]:
    """A tree's nodes, the root first."""
    yield node
    for each in fields(node):
        value = getattr(node, each.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, Node):
                yield from parts(child)
