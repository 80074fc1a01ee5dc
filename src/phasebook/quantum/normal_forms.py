"""Normal forms of formulas as text: exact for fixed indices, with Kronecker symbols for symbolic ones.

Source: an identity of operators with free indices is the sum over patterns of equal indices; what a pattern adds to the forms of
all finer ones stands with its Kronecker symbols (Möbius inversion on partitions, derived here).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .algebra import Element, renamed
from .commuting_expressions import Expression, join_terms, text_of
from .expression_tree import AverageNode, NameNode, Node, parts
from .expression_values import Instance, Place, Space, evaluate, latex_name, space_of
from .grading_budget import MONOMIALS, SECONDS, budget
from .index_instances import IndexUse, generic_instance, index_use, instances
from .parser import parse_expression
from .vocabulary import Vocabulary

MOST_SYMBOLIC = 3
LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class NormalForm:
    """A formula in canonical order as LaTeX, its number of monomials, and the case it is written for (empty: for all)."""

    text: str
    monomials: int
    case: str = ""


def normal_form(
    source: str, vocabulary: Vocabulary, *, monomials: int = MONOMIALS, seconds: float = SECONDS
) -> NormalForm:
    """The canonical form of a formula: creators before annihilators, S^+ S^z S^-, or one Pauli string per term.

    Raises `ParseError` for what can't be read and `GradingBudgetError` beyond the budget.
    """
    with budget(monomials, seconds):
        tree = parse_expression(source, vocabulary)
        space = space_of([tree], vocabulary)
        use = index_use([tree], vocabulary)
        if _has_symbolic_form(tree, use, vocabulary):
            pieces = _pieces(tree, vocabulary, space)
            return NormalForm(_joined(pieces, space), sum(_count(piece) for _, piece in pieces))
        instance = generic_instance([tree], vocabulary, space)
        value = evaluate(tree, instance)
        return NormalForm(value_text(value, space), _count(value), _case(instance, use))


def form_text(tree: Node, vocabulary: Vocabulary, space: Space) -> str:
    """The canonical form of a tree as text, for all cases or for the generic one; cut beyond 4,000 characters."""
    use = index_use([tree], vocabulary)
    if _has_symbolic_form(tree, use, vocabulary):
        text = _joined(_pieces(tree, vocabulary, space), space)
    else:
        instance = generic_instance([tree], vocabulary, space)
        case = _case(instance, use)
        text = value_text(evaluate(tree, instance), space) + (f" ({case})" if case else "")
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def value_text(value: Any, space: Space) -> str:
    """A commuting value or an element as LaTeX."""
    return space.text(value) if isinstance(value, Element) else text_of(value)


def _count(value: Any) -> int:
    return len(value.terms) if isinstance(value, Element) else int(value != 0)


def _has_symbolic_form(tree: Node, use: IndexUse, vocabulary: Vocabulary) -> bool:
    """Whether indices stand on operators and Kronecker symbols alone, take any value, and are few."""
    if use.sums or use.added or use.places or use.arrows or not 0 < len(use.free) <= MOST_SYMBOLIC:
        return False
    if any(isinstance(part, AverageNode) for part in parts(tree)):
        return False
    acting = {*vocabulary.operators, *vocabulary.numbers, "delta"}
    names = [part for part in parts(tree) if isinstance(part, NameNode) and part.base not in acting]
    letters = {letter for name in names for label in name.labels for letter, _ in label.letters}
    letters |= {name.base for name in names}
    return not (letters & set(use.free) or set(use.free) & vocabulary.index_values.keys())


def _case(instance: Instance, use: IndexUse) -> str:
    """For which case a form is written, where that is not every case."""
    if instance.ring is not None:
        places = ", ".join(f"{letter} = {place}" for letter, place in instance.indices.items())
        return f"on a ring of {instance.ring} sites" + (f", {places}" if places else "")
    sizes = [f"{name} = {instance.indices[name]}" for name in use.sizes]
    sums = [f"sums over {', '.join(map(str, instance.places))}"] if use.sums and not sizes else []
    different = [f"{', '.join(use.free)} all different"] if len(use.free) > 1 else []
    return "; ".join(sizes + sums + different)


def _pieces(tree: Node, vocabulary: Vocabulary, space: Space) -> list[tuple[str, Any]]:
    """What each pattern of equal indices adds to the finer ones: its Kronecker symbols and an element (or a number)."""
    found: list[tuple[dict[str, Place], Any]] = []
    for instance in instances([tree], vocabulary, space):
        merge = dict(instance.indices)
        rest = evaluate(tree, instance)
        for finer, piece in found:
            if all(merge[str(first)] == merge[letter] for letter, first in finer.items()):
                rest = rest - (_merged(piece, merge, space) if isinstance(piece, Element) else piece)
        found.append((merge, rest))
    return [(_kroneckers(merge), piece) for merge, piece in found]


def _merged(piece: Element, merge: dict[str, Place], space: Space) -> Element:
    """An element with the modes of equal indices made one."""
    names = {number: name for name, number in space.modes.items()}

    def mode(number: int) -> int:
        base, labels = names[number]
        return space.mode(base, tuple(merge.get(str(label), label) for label in labels))

    return renamed(piece, mode)


def _kroneckers(merge: dict[str, Place]) -> str:
    return " ".join(
        f"\\delta_{{{latex_name(str(first))},{latex_name(letter)}}}"
        for letter, first in merge.items()
        if letter != first
    )


def _joined(pieces: list[tuple[str, Any]], space: Space) -> str:
    """All pieces as one sum, Kronecker symbols before the operators."""
    written = []
    for kroneckers, piece in pieces:
        terms = piece.terms.items() if isinstance(piece, Element) else [(None, piece)] if piece != 0 else []
        for monomial, value in terms:
            letters = "" if monomial is None else space.text(Element(space.algebra, {monomial: 1}))
            letters = "" if letters == "1" else letters
            name = " ".join(part for part in (kroneckers, letters) if part)
            coefficient = text_of(value)
            several = isinstance(value, Expression) and len(value.terms) > 1 and name
            written.append((f"({coefficient})" if several else coefficient, name))
    return join_terms(sorted(written, key=lambda item: (len(item[1].split()), item[1])))
