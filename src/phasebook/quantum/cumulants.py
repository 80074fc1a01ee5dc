"""Classical and free cumulants of ordered operators, from any function that gives their moments.

`moment` maps a tuple of operators, in the order in which they are multiplied, to ω(A_1 ⋯ A_k): a number, or an array that
broadcasts (a moment at many places or times at once). The classical cumulant (Ursell function) sums products of moments
over all partitions, the free one over the non-crossing ones; within a block the operators keep their order, so nothing here
needs them to commute. Source: R. Speicher, Math. Ann. 298, 611 (1994), for free cumulants; definitions of arXiv 2405.09388.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Literal

from .partitions import Partition, check_order, classical_weights, free_weights

Kind = Literal["classical", "free"]
Moment = Callable[[tuple[Any, ...]], Any]
KINDS: tuple[Kind, ...] = ("classical", "free")
LONGEST_SEQUENCE = 60


def cumulant(kind: Kind, moment: Moment, operators: Sequence[Any], *, centered: bool = False) -> Any:
    """The cumulant of one kind. Raises `ValueError` for another kind, and as the two functions do."""
    check_kind(kind)
    return (classical_cumulant if kind == "classical" else free_cumulant)(moment, operators, centered=centered)


def classical_cumulant(moment: Moment, operators: Sequence[Any], *, centered: bool = False) -> Any:
    """The Ursell function c_n of n operators: a sum over all partitions with weights (-1)^(b-1) (b-1)!.

    With `centered`, moments are those of operators whose means were taken off (cumulants of order 2 and above don't change),
    and partitions with a block of one are left out. Raises `ValueError` for more than 8 operators, with Bell's number.
    """
    check_order(len(operators))
    return _weighted_sum(classical_weights(len(operators)), moment, tuple(operators), centered)


def free_cumulant(moment: Moment, operators: Sequence[Any], *, centered: bool = False) -> Any:
    """The free cumulant κ_n: a sum over non-crossing partitions with the Möbius function of their lattice.

    It equals c_n for n ≤ 3; from 4 operators on the crossing pairing is missing. `centered` as in `classical_cumulant`.
    Raises `ValueError` for more than 8 operators.
    """
    check_order(len(operators))
    return _weighted_sum(free_weights(len(operators)), moment, tuple(operators), centered)


def recursive_cumulant(kind: Kind, moment: Moment, operators: Sequence[Any]) -> Any:
    """The same by the second road: each moment less the products of lower cumulants.

    ω(1..n) is a sum over the block V that holds the first operator: κ(V) times the moment of the rest, which falls into the
    intervals between V's elements for free cumulants. Raises `ValueError` for more than 8 operators or another kind.
    """
    check_order(len(operators))
    check_kind(kind)
    known: dict[tuple[int, ...], Any] = {}

    def moment_of(places: tuple[int, ...]) -> Any:
        return moment(tuple(operators[place] for place in places)) if places else 1.0

    def cumulant_of(places: tuple[int, ...]) -> Any:
        if places not in known:
            lower = [
                cumulant_of(block) * math.prod(map(moment_of, _rest(kind, places, block)))
                for block in _blocks_with_first(places)
                if block != places
            ]
            known[places] = moment_of(places) - sum(lower)
        return known[places]

    return cumulant_of(tuple(range(len(operators))))


def classical_sequence(moments: Sequence[float]) -> list[float]:
    """Classical cumulants c_1, ..., c_n of one variable from its moments m_1, ..., m_n.

    Raises `ValueError` for no moments, more than 60, or numbers that are not finite.
    """
    known = [1.0, *_checked(moments, "moments")]
    found: list[float] = []
    for n in range(1, len(known)):
        found.append(known[n] - sum(math.comb(n - 1, k - 1) * found[k - 1] * known[n - k] for k in range(1, n)))
    return found


def free_sequence(moments: Sequence[float]) -> list[float]:
    """Free cumulants κ_1, ..., κ_n of one variable from its moments, by m_n = Σ_s κ_s [z^(n-s)] M(z)^s.

    Raises `ValueError` as `classical_sequence` does.
    """
    known = [1.0, *_checked(moments, "moments")]
    found: list[float] = []
    for n in range(1, len(known)):
        lower = sum(found[s - 1] * _power_coefficient(known, s, n - s) for s in range(1, n))
        found.append(known[n] - lower)
    return found


def moments_of_sequence(kind: Kind, cumulants: Sequence[float]) -> list[float]:
    """Moments m_1, ..., m_n of one variable from its cumulants of either kind. Raises `ValueError` as above."""
    check_kind(kind)
    given, moments = _checked(cumulants, "cumulants"), [1.0]
    for n in range(1, len(given) + 1):
        if kind == "classical":
            moments.append(sum(math.comb(n - 1, k - 1) * given[k - 1] * moments[n - k] for k in range(1, n + 1)))
        else:
            moments.append(sum(given[s - 1] * _power_coefficient(moments, s, n - s) for s in range(1, n + 1)))
    return moments[1:]


def check_kind(kind: str) -> None:
    """Raises `ValueError` unless the kind is classical or free."""
    if kind not in KINDS:
        raise ValueError(f"kind must be classical or free; got {kind!r}")


def _weighted_sum(
    weights: tuple[tuple[Partition, int], ...], moment: Moment, operators: tuple[Any, ...], centered: bool
) -> Any:
    known: dict[tuple[int, ...], Any] = {}

    def moment_of(block: tuple[int, ...]) -> Any:
        if block not in known:
            known[block] = moment(tuple(operators[place] for place in block))
        return known[block]

    drop_singles = centered and len(operators) > 1
    terms = [
        weight * math.prod(map(moment_of, partition))
        for partition, weight in weights
        if not (drop_singles and min(map(len, partition)) == 1)
    ]
    return reduce(lambda total, term: total + term, terms)


def _blocks_with_first(places: tuple[int, ...]) -> list[tuple[int, ...]]:
    blocks: list[tuple[int, ...]] = [places[:1]]
    for place in places[1:]:
        blocks += [(*block, place) for block in blocks]
    return blocks


def _rest(kind: Kind, places: tuple[int, ...], block: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Whose moments multiply κ(block): all other places together, or those in each gap of the block."""
    if kind == "classical":
        return [tuple(place for place in places if place not in block)]
    ends = [*block[1:], math.inf]
    return [tuple(place for place in places if start < place < end) for start, end in zip(block, ends, strict=True)]


def _power_coefficient(series: Sequence[float], power: int, degree: int) -> float:
    """Coefficient of z^degree in (Σ series_k z^k)^power."""
    product = [1.0] + [0.0] * degree
    for _ in range(power):
        product = [sum(product[k] * series[total - k] for k in range(total + 1)) for total in range(degree + 1)]
    return product[degree]


def _checked(values: Sequence[float], name: str) -> list[float]:
    numbers = [float(value) for value in values]
    if not 1 <= len(numbers) <= LONGEST_SEQUENCE:
        raise ValueError(f"{name} must hold 1 to {LONGEST_SEQUENCE} numbers; got {len(numbers)}")
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"{name} must be finite numbers; got {numbers}")
    return numbers
