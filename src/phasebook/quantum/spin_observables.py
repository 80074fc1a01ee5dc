"""Pauli matrices at sites and times, and how a product of them falls into groups of equal times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .pauli_sums import PauliString, site_pauli

Times = float | tuple[float, ...]


class LatticeTooLarge(ValueError):
    """More sites than this way of computing can take; the message names another one."""


@dataclass(frozen=True, slots=True)
class SpinObservable:
    """The Pauli matrix X, Y or Z of a site, carried for a time (in units of 1/energy) by the Hamiltonian.

    A tuple of times stands for as many moments at once. Raises `ValueError` for another letter or a time that is not finite.
    """

    letter: str
    site: int
    time: Times = 0.0

    def __post_init__(self) -> None:
        if self.letter not in ("X", "Y", "Z"):
            raise ValueError(f"letter must be X, Y or Z; got {self.letter!r}")
        times = self.time if isinstance(self.time, tuple) else (self.time,)
        if not times or not all(map(math.isfinite, times)):
            raise ValueError(f"time must be a finite number, or a tuple of them; got {self.time!r}")

    def at(self, time: float) -> SpinObservable:
        """The same at another time."""
        return replace(self, time=time)


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbors in a product that stand at the same time, multiplied into one Pauli string."""

    string: PauliString
    time: Times


def observables(letters: str, sites: Sequence[int], time: float = 0.0) -> tuple[SpinObservable, ...]:
    """A row of observables at one time. Raises `ValueError` for unequal lengths or another letter."""
    if len(letters) != len(sites):
        raise ValueError(f"letters and sites must be equally many; got {letters!r} and {len(sites)} sites")
    return tuple(SpinObservable(letter, site, time) for letter, site in zip(letters, sites, strict=True))


def groups_of(product: Sequence[SpinObservable], sites: int) -> list[Group]:
    """The product, with neighbors at equal times multiplied. Raises `IndexError` for a site outside the lattice."""
    found: list[Group] = []
    for each in product:
        string = site_pauli(each.letter, each.site, sites)
        if found and found[-1].time == each.time:
            found[-1] = Group(found[-1].string @ string, each.time)
        else:
            found.append(Group(string, each.time))
    return found


def batch_of(product: Sequence[SpinObservable]) -> tuple[float, ...] | None:
    """The tuple of times that stands in the product, or None. Raises `ValueError` where two differ."""
    tuples = {each.time for each in product if isinstance(each.time, tuple)}
    if len(tuples) > 1:
        raise ValueError("time: observables with tuples of times must have the same tuple")
    return tuples.pop() if tuples else None
