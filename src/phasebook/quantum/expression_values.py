"""What a formula's tree stands for: an exact commuting value or an element of the operators' algebra.

Indices have values here: an `Instance` assigns a number or a generic place to every free index, and bound sums run over a finite
set of places.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from . import algebra as operators
from . import commuting_expressions as commuting
from .algebra import CommutingProduct, Element
from .boson_algebra import Bosons
from .expression_tokens import GREEK, ParseError
from .expression_tree import (
    AdjointNode,
    AverageNode,
    BracketNode,
    CallNode,
    ChainNode,
    ConstantNode,
    Label,
    NameNode,
    NegativeNode,
    Node,
    NumberNode,
    PowerNode,
    SumNode,
    parts,
)
from .fermion_algebra import Fermions, Majoranas
from .gaussian_rationals import IMAGINARY_UNIT, GaussianRational, bits, plain
from .parser import name_key
from .pauli_algebra import Paulis
from .spin_algebra import Spins
from .vocabulary import ALGEBRAS, Vocabulary

LARGEST_POWER = 64
LARGEST_BITS = 4096
LONGEST_SUM = 1000
Place = int | str


@dataclass(frozen=True, slots=True)
class Vector:
    """A spin's three components."""

    components: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Space:
    """The algebra of all kinds of operators that appear, and the numbers of their modes, given out as they are met."""

    kinds: tuple[str, ...]
    spin: Fraction | None
    modes: dict[tuple[str, tuple[Place, ...]], int] = field(default_factory=dict)

    @property
    def algebra(self) -> Any:
        """One algebra, or the product of several whose operators commute."""
        algebras = tuple(self.of(kind) for kind in self.kinds)
        return algebras[0] if len(algebras) == 1 else CommutingProduct(algebras)

    def of(self, kind: str) -> Any:
        """The algebra of one kind of operators."""
        made = {"boson": Bosons, "fermion": Fermions, "majorana": Majoranas, "pauli": Paulis}
        return Spins(self.spin) if kind == "spin" else made[kind]()

    def mode(self, base: str, labels: tuple[Place, ...]) -> int:
        """The number of a mode."""
        return self.modes.setdefault((base, labels), len(self.modes))

    def embed(self, kind: str, element: Element) -> Element:
        """An element of one kind's algebra in the whole one."""
        if len(self.kinds) == 1:
            return element
        return self.algebra.embed(self.kinds.index(kind), element)

    def text(self, element: Element) -> str:
        """The element as LaTeX, with the names of its modes."""
        names = {number: _written(base, labels) for (base, labels), number in self.modes.items()}
        return operators.text(element, names.__getitem__)


@dataclass(frozen=True)
class Instance:
    """Values of the free indices, the places that bound sums run over, and the length of the ring of sites (None: no ring).

    `arrows`: whether ↑ or ↓ appear, so that σ and s run over them. `i_is_index`: whether i as a number is the index of that name
    (None: nobody can tell).
    """

    vocabulary: Vocabulary
    space: Space
    indices: Mapping[str, Place]
    places: tuple[Place, ...] = ()
    ring: int | None = None
    arrows: bool = False
    i_is_index: bool | None = False


def evaluate(node: Node, at: Instance) -> Any:
    """The value of a tree: a commuting value or an `Element`. Raises `ParseError` for what has no meaning, at its column."""
    value = _evaluate(node, at)
    if isinstance(value, Vector):
        raise ParseError("a vector of operators stands where one operator is expected", node.column)
    return value


def index_values(letter: str, at: Instance) -> tuple[Place, ...]:
    """All values of an index that has no bounds: declared ones, spins up and down, or the places."""
    declared = at.vocabulary.index_values.get(letter)
    if declared is not None:
        return tuple(int(value) if value.isdigit() else value for value in declared)
    if at.arrows and letter in ("sigma", "s", "tau", "sigma'", "s'"):
        return ("↑", "↓")
    return at.places


def _evaluate(node: Node, at: Instance) -> Any:
    match node:
        case NumberNode():
            return plain(node.value)
        case ConstantNode():
            return _constant(node, at)
        case NameNode():
            return _name(node, at)
        case NegativeNode():
            return _scaled(_evaluate(node.inner, at), -1)
        case ChainNode():
            return _chain(node, at)
        case PowerNode():
            return _power(node, at)
        case CallNode():
            return _call(node, at)
        case AdjointNode():
            return _adjoint(_evaluate(node.inner, at))
        case AverageNode():
            return _average(evaluate(node.inner, at), node, at)
        case BracketNode():
            left, right = evaluate(node.left, at), evaluate(node.right, at)
            return left * right + right * left if node.anti else left * right - right * left
        case SumNode():
            return _sum(node, at)
    raise TypeError(f"no meaning is known for {type(node).__name__}")


def _constant(node: ConstantNode, at: Instance) -> Any:
    if node.name == "i":
        if "i" in at.indices and at.i_is_index is not False:
            if at.i_is_index is None:
                raise ParseError(
                    "'i' is an index here, or the imaginary unit: write \\imath, or another index", node.column
                )
            return _place_value(at.indices["i"])
        return IMAGINARY_UNIT
    if node.name == "e":
        return commuting.exponential(1)
    return commuting.constant(node.name)


def _place_value(place: Place) -> Any:
    return place if isinstance(place, int) else commuting.symbol(place)


def _name(node: NameNode, at: Instance) -> Any:
    vocabulary, space = at.vocabulary, at.space
    if not node.labels and not node.dagger and node.base in at.indices:
        return _place_value(at.indices[node.base])
    labels = tuple(_place(label, at) for label in node.labels)
    if node.base == "delta" and len(labels) == 2 and "delta" not in (vocabulary.symbols or ()):
        return int(labels[0] == labels[1])
    if node.base in vocabulary.numbers:
        base = vocabulary.numbers[node.base]
        kind = vocabulary.operators[base]
        return space.embed(kind, space.of(kind).number(space.mode(base, labels)))
    declared = vocabulary.operators.get(node.base)
    if declared is None:
        written = tuple(Label((), place) if isinstance(place, int) else Label((), text=place) for place in labels)
        name = latex_name(name_key(node.base, written, node.above))
        return commuting.complex_symbol(name) if node.base in vocabulary.complex else commuting.symbol(name)
    return _operator(node, declared, labels, at)


def _operator(node: NameNode, kind: str, labels: tuple[Place, ...], at: Instance) -> Any:
    space = at.space
    own, mode = space.of(kind), space.mode(node.base, labels)
    if kind in ("boson", "fermion"):
        return space.embed(kind, own.create(mode) if node.dagger else own.destroy(mode))
    if kind == "majorana":
        return space.embed(kind, own.gamma(mode))
    makers = {"x": own.x, "y": own.y, "z": own.z, "+": own.raising, "-": own.lowering}
    if node.above:
        value = space.embed(kind, makers[node.above](mode))
        return operators.adjoint(value) if node.dagger else value
    return Vector(tuple(space.embed(kind, makers[component](mode)) for component in "xyz"))


def _place(label: Label, at: Instance) -> Place:
    """The value of an index: sums of letters and numbers are taken around the ring."""
    if label.text:
        return label.text
    if len(label.letters) == 1 and label.letters[0][1] == 1 and not label.constant:
        letter = label.letters[0][0]
        place = at.indices.get(letter, letter)
        return place % at.ring if isinstance(place, int) and at.ring else place
    total = label.constant
    for letter, factor in label.letters:
        value = at.indices.get(letter)
        if not isinstance(value, int):
            return str(label)
        total += factor * value
    return total % at.ring if at.ring else total


def _scaled(value: Any, factor: Any) -> Any:
    if isinstance(value, Vector):
        return Vector(tuple(part * factor for part in value.components))
    return value * factor


def _chain(node: ChainNode, at: Instance) -> Any:
    total = _evaluate(node.operands[0], at)
    for operator, operand in zip(node.operators[1:], node.operands[1:], strict=True):
        right = _evaluate(operand, at)
        match operator:
            case "+" | "-":
                total = _added(total, _scaled(right, -1) if operator == "-" else right, operand.column)
            case "/":
                total = _divided(total, right, operand.column)
            case _:
                total = _multiplied(total, right, operator, operand.column)
    return total


def _added(left: Any, right: Any, column: int) -> Any:
    if isinstance(left, Vector) and isinstance(right, Vector):
        return Vector(tuple(a + b for a, b in zip(left.components, right.components, strict=True)))
    if isinstance(left, Vector) or isinstance(right, Vector):
        raise ParseError("a vector can't be added to a scalar", column)
    return left + right


def _divided(left: Any, right: Any, column: int) -> Any:
    if isinstance(right, (Element, Vector)):
        raise ParseError("division by an operator has no meaning here", column)
    try:
        return _scaled(left, commuting.divide(1, right))
    except ZeroDivisionError:
        raise ParseError("division by zero", column) from None


def _multiplied(left: Any, right: Any, operator: str, column: int) -> Any:
    if isinstance(left, Vector) and isinstance(right, Vector):
        a, b = left.components, right.components
        if operator == ".":
            return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
        if operator == "x":
            return Vector((a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]))
        raise ParseError("write \\cdot or \\times between two vectors", column)
    if isinstance(right, Vector):
        return Vector(tuple(left * part for part in right.components))
    return _scaled(left, right) if isinstance(left, Vector) else left * right


def _power(node: PowerNode, at: Instance) -> Any:
    base = _evaluate(node.base, at)
    inner = replace(at, i_is_index=True) if base == -1 and "i" in at.indices else at
    exponent = evaluate(node.exponent, inner)
    if isinstance(base, Vector):
        if exponent != 2:
            raise ParseError("a vector's power must be 2", node.column)
        return _multiplied(base, base, ".", node.column)
    if isinstance(exponent, Element):
        raise ParseError("an operator can't be an exponent", node.exponent.column)
    if isinstance(base, Element):
        if not isinstance(exponent, int) or not 0 <= exponent <= LARGEST_POWER:
            message = f"the power of an operator must be an integer from 0 to {LARGEST_POWER}"
            raise ParseError(message, node.exponent.column)
        return base**exponent
    _check_power(base, exponent, node)
    try:
        return commuting.power(base, exponent)
    except ZeroDivisionError:
        raise ParseError("division by zero", node.column) from None


def _check_power(base: Any, exponent: Any, node: PowerNode) -> None:
    """Refuse powers too large to write down, before they are computed."""
    if isinstance(exponent, (GaussianRational, commuting.Expression)):
        return
    if isinstance(base, commuting.Expression):
        sizes = [bits(coefficient) for coefficient in base.terms.values()]
        if len(sizes) > 1 and abs(exponent) > LARGEST_POWER:
            raise ParseError(f"the power of a sum must be at most {LARGEST_POWER}", node.exponent.column)
        needed = abs(exponent) * (max(sizes) - 1)
    else:
        needed = abs(exponent) * (bits(base) - 1)
    if needed > LARGEST_BITS or bits(exponent) > LARGEST_BITS:
        raise ParseError(f"a power of more than {LARGEST_BITS} bits is too large", node.exponent.column)


def _call(node: CallNode, at: Instance) -> Any:
    arguments = [evaluate(argument, at) for argument in node.arguments]
    if any(isinstance(argument, Element) for argument in arguments):
        raise ParseError(f"{node.name} of an operator has no meaning here", node.column)
    if node.name == "exp":
        return commuting.exponential(arguments[0])
    if node.name == "log" and arguments[0] == 0:
        raise ParseError("the logarithm of zero", node.column)
    return commuting.function_value(node.name, *arguments)


def _adjoint(value: Any) -> Any:
    if isinstance(value, Vector):
        return Vector(tuple(_adjoint(part) for part in value.components))
    return operators.adjoint(value) if isinstance(value, Element) else commuting.conjugate(value)


def _average(value: Any, node: AverageNode, at: Instance) -> Any:
    """⟨A⟩ is linear in the monomials of A, and ⟨1⟩ = 1."""
    if not isinstance(value, Element):
        return commuting.symbol(node.written)
    total: Any = 0
    for monomial, coefficient in value.terms.items():
        one = monomial == value.algebra.identity
        name = at.space.text(Element(value.algebra, {monomial: 1}))
        total = total + (coefficient if one else coefficient * commuting.symbol(f"\\langle {name} \\rangle"))
    return total


def _sum(node: SumNode, at: Instance) -> Any:
    bounded = node.low is not None and node.high is not None
    if node.low is not None and node.high is not None:
        low, high = evaluate(node.low, at), evaluate(node.high, at)
        if not isinstance(low, int) or not isinstance(high, int):
            raise ParseError("the bounds of a sum must be integers", node.column)
        if high - low >= LONGEST_SUM:
            raise ParseError(f"a sum may have {LONGEST_SUM} terms", node.column)
        values: tuple[Place, ...] = tuple(range(low, high + 1))
    else:
        values = _related(index_values(node.index, at), node, at)
    total: Any = 0
    for value in values:
        i_is_index = at.i_is_index if node.index != "i" else (True if bounded else None)
        inner = replace(at, indices={**at.indices, node.index: value}, i_is_index=i_is_index)
        total = _added(total, _evaluate(node.body, inner), node.column) if total != 0 else _evaluate(node.body, inner)
    return total


def _related(values: tuple[Place, ...], node: SumNode, at: Instance) -> tuple[Place, ...]:
    """The values that come after the other index's, or are another one, in the order in which all are summed."""
    if not node.relation:
        return values
    other = at.indices[node.other]
    if other not in values:
        raise ParseError(f"{node.other} and {node.index} run over different values", node.column)
    return values[values.index(other) + 1 :] if node.relation == "<" else tuple(v for v in values if v != other)


def space_of(trees: list[Node], vocabulary: Vocabulary) -> Space:
    """The space of all operators in some trees, with the modes that they name in order: numbers, then letters."""
    nodes = itertools.chain.from_iterable(parts(tree) for tree in trees)
    names = [node for node in nodes if isinstance(node, NameNode)]
    acting = [node for node in names if node.base in vocabulary.operators or node.base in vocabulary.numbers]
    bases = {node: vocabulary.numbers.get(node.base, node.base) for node in acting}
    found = {vocabulary.operators[base] for base in bases.values()}
    space = Space(tuple(kind for kind in ALGEBRAS if kind in found), vocabulary.spin)
    probe = Instance(vocabulary, space, {})
    modes = {(base, tuple(_place(label, probe) for label in node.labels)) for node, base in bases.items()}
    for base, labels in sorted(modes, key=lambda mode: (mode[0], [(isinstance(each, str), each) for each in mode[1]])):
        space.mode(base, labels)
    return space


def latex_name(name: str) -> str:
    """A name with the backslash of Greek letters."""
    head, mark, rest = name.partition("_")
    return (f"\\{head}" if head in GREEK or head in ("hbar", "ell") else head) + mark + rest


def _written(base: str, labels: tuple[Place, ...]) -> str:
    arrows = {"↑": "\\uparrow", "↓": "\\downarrow"}
    inside = ",".join(arrows.get(str(place), latex_name(str(place))) for place in labels)
    return latex_name(base) + (f"_{{{inside}}}" if labels else "")
