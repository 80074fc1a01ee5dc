"""Partitions of a row of n places, crossing or not, with the weights by which moments become cumulants.

Bell numbers count all partitions, Catalan numbers the non-crossing ones. Weights are the Möbius functions of the two
lattices from a partition to the single block: (-1)^(b-1) (b-1)! for b blocks, and for non-crossing ones a product of
(-1)^(s-1) C_(s-1) over the sizes s of the blocks of the Kreweras complement (A. Nica, R. Speicher, Lectures on the
Combinatorics of Free Probability, 2006, lectures 9 to 11).
"""

import math
from functools import cache

LARGEST_ORDER = 8

Partition = tuple[tuple[int, ...], ...]


def bell_number(order: int) -> int:
    """Number of partitions of a set of `order` elements, by Bell's triangle."""
    row = [1]
    for _ in range(order):
        following = [row[-1]]
        for value in row:
            following.append(following[-1] + value)
        row = following
    return row[0]


def catalan_number(order: int) -> int:
    """Number of non-crossing partitions of `order` places."""
    return math.comb(2 * order, order) // (order + 1)


def check_order(order: int) -> None:
    """Raises `ValueError` with the number of partitions beyond order 8, where a sum over them costs too much."""
    if order < 1:
        raise ValueError(f"order must be at least 1; got {order}")
    if order > LARGEST_ORDER:
        raise ValueError(
            f"order must be at most {LARGEST_ORDER}; got {order}, which has {bell_number(order)} partitions"
        )


@cache
def all_partitions(order: int) -> tuple[Partition, ...]:
    """All partitions of 0, ..., order - 1 into blocks in ascending order. Raises `ValueError` beyond order 8."""
    check_order(order)
    found: list[Partition] = [((0,),)]
    for place in range(1, order):
        found = [grown for each in found for grown in _with_place(each, place)]
    return tuple(found)


@cache
def noncrossing_partitions(order: int) -> tuple[Partition, ...]:
    """Those partitions in which no two blocks interleave as a < b < c < d with a, c in one and b, d in the other."""
    return tuple(each for each in all_partitions(order) if not _crosses(each))


@cache
def classical_weights(order: int) -> tuple[tuple[Partition, int], ...]:
    """Every partition with its weight in the classical cumulant."""
    return tuple((each, _sign(len(each)) * math.factorial(len(each) - 1)) for each in all_partitions(order))


@cache
def free_weights(order: int) -> tuple[tuple[Partition, int], ...]:
    """Every non-crossing partition with its weight in the free cumulant."""
    return tuple(
        (
            each,
            math.prod(_sign(len(block)) * catalan_number(len(block) - 1) for block in kreweras_complement(each, order)),
        )
        for each in noncrossing_partitions(order)
    )


def kreweras_complement(partition: Partition, order: int) -> Partition:
    """The largest non-crossing partition of the places between: the cycles of p⁻¹ c, for the full cycle c and the blocks' p."""
    before = {}
    for block in partition:
        for position, place in enumerate(block):
            before[place] = block[position - 1]
    unseen, cycles = set(range(order)), []
    while unseen:
        place = min(unseen)
        cycle = []
        while place in unseen:
            unseen.remove(place)
            cycle.append(place)
            place = before[(place + 1) % order]
        cycles.append(tuple(sorted(cycle)))
    return tuple(cycles)


def _with_place(partition: Partition, place: int) -> list[Partition]:
    joined = [(*partition[:i], (*block, place), *partition[i + 1 :]) for i, block in enumerate(partition)]
    return [*joined, (*partition, (place,))]


def _crosses(partition: Partition) -> bool:
    owner = {place: index for index, block in enumerate(partition) for place in block}
    places = range(len(owner))
    return any(
        owner[a] == owner[c] != owner[b] == owner[d]
        for a in places
        for b in range(a + 1, len(owner))
        for c in range(b + 1, len(owner))
        for d in range(c + 1, len(owner))
    )


def _sign(size: int) -> int:
    return -1 if size % 2 == 0 else 1
