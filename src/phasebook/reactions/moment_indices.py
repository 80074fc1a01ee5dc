"""Multi-indices of moments: which there are, and how a moment breaks up into cumulants.

A moment of the counts n is named by its exponents e, one per species; its order is |e| = sum of e. A central moment is
C_e = E[prod_i (n_i - M_i)^e_i], with C_0 = 1 and C_e = 0 at order one.
"""

import itertools
import math
from collections.abc import Iterator
from functools import cache

Exponents = tuple[int, ...]
Partition = tuple[Exponents, ...]


def exponents_of_order(species: int, order: int) -> list[Exponents]:
    """All exponents of one order, in a fixed sequence."""
    found = []
    for chosen in itertools.combinations_with_replacement(range(species), order):
        exponents = [0] * species
        for index in chosen:
            exponents[index] += 1
        found.append(tuple(exponents))
    return found


def below(exponents: Exponents) -> Iterator[Exponents]:
    """All k with 0 <= k <= e, component by component; zero first and e last."""
    return itertools.product(*(range(power + 1) for power in exponents))


def choose(exponents: Exponents, chosen: Exponents) -> int:
    """The product of binomial coefficients."""
    return math.prod(math.comb(power, part) for power, part in zip(exponents, chosen, strict=True))


def difference(exponents: Exponents, chosen: Exponents) -> Exponents:
    """e - k."""
    return tuple(power - part for power, part in zip(exponents, chosen, strict=True))


def total(exponents: Exponents, other: Exponents) -> Exponents:
    """e + k."""
    return tuple(power + part for power, part in zip(exponents, other, strict=True))


@cache
def partitions(exponents: Exponents) -> dict[Partition, int]:
    """Set partitions of a multiset into blocks of at least two elements, with their multiplicities.

    C_e is the sum over them of the product of the blocks' cumulants: blocks of one element have the cumulant zero about the mean.
    """
    first = next((index for index, power in enumerate(exponents) if power), None)
    if first is None:
        return {(): 1}
    found: dict[Partition, int] = {}
    rest = (*exponents[:first], exponents[first] - 1, *exponents[first + 1 :])
    for mates in below(rest):
        if sum(mates) == 0:
            continue
        block = (*mates[:first], mates[first] + 1, *mates[first + 1 :])
        ways = choose(rest, mates)
        for others, count in partitions(difference(rest, mates)).items():
            key = tuple(sorted((block, *others)))
            found[key] = found.get(key, 0) + ways * count
    return found
