"""All cases of a formula with symbolic indices: every pattern of coincidence, or every place on a small ring.

An identity between formulas with indices i, j, … holds if it holds for each pattern of which are equal. Where indices are added
(i + 1), places are integers on a ring and all of them are tried.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .expression_tree import Label, NameNode, Node, SumNode, parts
from .expression_values import Instance, Place, Space, index_values
from .grading_budget import GradingBudgetError
from .name_indices import is_index
from .vocabulary import Vocabulary

MOST_INDICES = 6
SMALLEST_RING = 6
MOST_CASES = 400
SIZES = (2, 3, 5)
_FRESH = ("i_1", "i_2", "i_3", "i_4")
_COUNTING = frozenset("ijlmn")


@dataclass
class IndexUse:
    """What indices some trees use: free letters, fixed places, sizes (bounds of sums), how many sums, and sums of indices."""

    free: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    sums: int = 0
    added: bool = False
    arrows: bool = False


def index_use(trees: list[Node], vocabulary: Vocabulary) -> IndexUse:
    """The indices of the operators and Kronecker symbols in some trees."""
    use = IndexUse()
    for tree in trees:
        _collect(tree, vocabulary, frozenset(), use)
    return use


def instances(trees: list[Node], vocabulary: Vocabulary, space: Space) -> Iterator[Instance]:
    """Every case that must be compared, the generic one (all indices different) first.

    Raises `GradingBudgetError` for more than six free indices.
    """
    use = index_use(trees, vocabulary)
    if len(use.free) > MOST_INDICES:
        raise GradingBudgetError(
            f"{len(use.free)} free indices have too many patterns; at most {MOST_INDICES} are tried"
        )
    ring = ring_length(use, vocabulary)
    for sizes in itertools.product(SIZES, repeat=len(use.sizes)):
        fixed = dict(zip(use.sizes, sizes, strict=True))
        for indices in _on_ring(use, vocabulary, ring) if ring else _patterns(use, vocabulary):
            places = tuple(range(ring)) if ring else _summed_places(use, indices)
            yield Instance(vocabulary, space, {**fixed, **indices}, places, ring, use.arrows)


def ring_length(use: IndexUse, vocabulary: Vocabulary) -> int | None:
    """The length of the ring where places are integers; None where they are only equal or different."""
    if vocabulary.sites is not None and (use.sums or use.added):
        return vocabulary.sites
    if not use.added:
        return None
    largest = max((place for place in use.places if isinstance(place, int)), default=0)
    return max(SMALLEST_RING, 2 * (largest + 3) // 2)


def counting_letters(instance: Instance) -> set[str]:
    """The indices that count sites where they stand as numbers, by convention: i, j, l, m, n and whatever is summed over."""
    letters = {place for place in instance.indices.values() if isinstance(place, str)}
    return {letter for letter in letters if letter[0] in _COUNTING} | set(_FRESH)


def generic_instance(trees: list[Node], vocabulary: Vocabulary, space: Space) -> Instance:
    """The case to show: all indices different, and sums of indices written out where nothing runs around a ring."""
    use = index_use(trees, vocabulary)
    first = next(instances(trees, vocabulary, space))
    if first.ring is None or use.sums:
        return first
    return Instance(vocabulary, space, {letter: letter for letter in use.free}, (), None, use.arrows)


def describe(indices: Mapping[str, Place]) -> str:
    """A case in words: `i = j`, or the places of a ring."""
    groups: dict[Place, list[str]] = {}
    for letter, place in indices.items():
        groups.setdefault(place, []).append(letter)
    equal = [" = ".join(letters) for place, letters in groups.items() if isinstance(place, str) and len(letters) > 1]
    fixed = [
        f"{letter} = {place}" for letter, place in indices.items() if isinstance(place, int) or place not in indices
    ]
    return ", ".join(equal + fixed)


def _collect(node: Node, vocabulary: Vocabulary, bound: frozenset[str], use: IndexUse) -> None:
    if isinstance(node, SumNode):
        use.sums += 1
        for limit in (node.low, node.high):
            if limit is not None:
                names = (part for part in parts(limit) if isinstance(part, NameNode) and not part.labels)
                _add_new(use.sizes, (name.base for name in names if name.base not in bound))
                _collect(limit, vocabulary, bound, use)
        _collect(node.body, vocabulary, bound | {node.index}, use)
        return
    if isinstance(node, NameNode):
        acts = node.base in vocabulary.operators or node.base in vocabulary.numbers or node.base == "delta"
        for label in node.labels:
            use.arrows |= label.text in ("↑", "↓")
            if acts or any(letter in bound for letter, _ in label.letters):
                _collect_label(label, bound, use)
        return
    for child in _children(node):
        _collect(child, vocabulary, bound, use)


def _collect_label(label: Label, bound: frozenset[str], use: IndexUse) -> None:
    if label.text in ("↑", "↓", "+", "-"):
        return
    if not label.letters:
        _add_new(use.places, (label.constant,))
        return
    moving = [letter for letter, _ in label.letters if letter in bound or is_index(letter)]
    _add_new(use.free, (letter for letter in moving if letter not in bound))
    if not moving:
        _add_new(use.places, (str(label),))
    elif len(label.letters) > 1 or label.letters[0][1] != 1 or label.constant:
        use.added = True
        _add_new(use.places, (abs(label.constant),))


def _add_new(known: list, found: Iterator | tuple) -> None:
    known += [each for each in dict.fromkeys(found) if each not in known]


def _children(node: Node) -> Iterator[Node]:
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        yield from (child for child in (value if isinstance(value, tuple) else (value,)) if isinstance(child, Node))


def _patterns(use: IndexUse, vocabulary: Vocabulary) -> Iterator[dict[str, Place]]:
    """Every assignment of the letters to their declared values, or to a fixed place, an earlier letter's, or one of their own."""
    probe = Instance(vocabulary, Space((), None), {}, (), None, use.arrows)
    declared = {letter: index_values(letter, probe) for letter in use.free}
    fixed = [letter for letter in use.free if declared[letter]]
    moving = [letter for letter in use.free if not declared[letter]]
    for values in itertools.product(*(declared[letter] for letter in fixed)):
        yield from _extended(dict(zip(fixed, values, strict=True)), moving, list(use.places))


def _extended(indices: dict[str, Place], moving: list[str], places: list[Place]) -> Iterator[dict[str, Place]]:
    if not moving:
        yield indices
        return
    letter, *rest = moving
    yield from _extended({**indices, letter: letter}, rest, [*places, letter])
    for place in places:
        yield from _extended({**indices, letter: place}, rest, places)


def _summed_places(use: IndexUse, indices: Mapping[str, Place]) -> tuple[Place, ...]:
    """Where bound sums run: every place that is named, and as many others as there are sums."""
    taken: list[Place] = [*use.places]
    _add_new(taken, (place for place in indices.values() if place not in ("↑", "↓")))
    return (*taken, *_FRESH[: max(2, min(use.sums, len(_FRESH)))])


def _on_ring(use: IndexUse, vocabulary: Vocabulary, ring: int) -> Iterator[dict[str, Place]]:
    probe = Instance(vocabulary, Space((), None), {}, tuple(range(ring)), ring, use.arrows)
    values = [index_values(letter, probe) for letter in use.free]
    if math.prod(len(each) for each in values) <= MOST_CASES:
        cases: Iterator[tuple[Place, ...]] = itertools.product(*values)
    else:
        generator = random.Random(0)
        cases = (tuple(generator.choice(each) for each in values) for _ in range(MOST_CASES))
    for places in cases:
        yield dict(zip(use.free, places, strict=True))
