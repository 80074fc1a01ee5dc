"""Quick claims on operators and on the grader: exact, and fast where neighbor swapping is not."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from typing import Any

from ... import quantum
from ...claims import Evidence
from .subject import TEXTBOOK, paper

OWN_TABLE = "own table of answer pairs after arXiv 2510.05228, in quantum/answer_pairs.toml"
STIRLING = [1, 511, 9330, 34105, 42525, 22827, 5880, 750, 45, 1]
BELL = 115_975
HOSTILE = ("__import__('os').system('true')", "9^{9^{9^9}}", 10_000 * "(", 4000 * "[", "().__class__.__base__")


@paper.claim("stirling", tier="quick", origin="textbook", source=TEXTBOOK)
def stirling(seed: int) -> Evidence:
    """The normal form of (b†b)^10 has the Stirling numbers as coefficients, and that of b^30 b†^30 has 31 monomials with 30! on
    the vacuum, both within one second."""
    bosons = quantum.Bosons()
    begin = time.perf_counter()
    power = bosons.number(0) ** 10
    tower = bosons.destroy(0) ** 30 * bosons.create(0) ** 30
    seconds = time.perf_counter() - begin
    coefficients = [power.terms[((0, k, k),)] for k in range(1, 11)]
    return Evidence.all_of(
        Evidence.exact(coefficients, STIRLING, label="coefficients of (b†b)^10"),
        Evidence.exact(sum(power.terms.values()), BELL, label="their sum, a Bell number"),
        Evidence.exact(tower.terms[()] == math.factorial(30), True, label="vacuum term is 30!"),
        Evidence.exact([len(power.terms), len(tower.terms)], [10, 31], label="monomials"),
        Evidence.exact(seconds < 1.0, True, label="within a second"),
    )


@paper.claim("determinant", tier="quick", origin="textbook", source="Wick's theorem for Slater determinants")
def determinant(seed: int) -> Evidence:
    """The vacuum expectation of n mixed annihilators and n mixed creators is (−1)^(n(n−1)/2) det(A Bᵀ), exactly, for 20 random
    integer matrices with n up to 6."""
    import numpy as np

    generator = np.random.default_rng(seed)
    found, expected = [], []
    for trial in range(20):
        size = 2 + trial % 5
        a, b = (generator.integers(-3, 4, size=(size, size + 1)).tolist() for _ in range(2))
        overlap = [[sum(x * y for x, y in zip(row, column, strict=True)) for column in b] for row in a]
        found.append(_vacuum_expectation(a, b))
        expected.append((-1) ** (size * (size - 1) // 2) * _determinant(overlap))
    return Evidence.exact(found, expected, label="⟨0|…|0⟩")


@paper.claim("representation", tier="quick", origin="own", source="matrices of letters, multiplied one by one")
def representation(seed: int) -> Evidence:
    """Random words have the matrices of their normal forms, which are products of two normal forms each: 300 fermionic words on
    5 modes, 100 of spins 1/2, 1 and 3/2 each, 100 of Pauli matrices, and 100 of bosons below the cut."""
    import numpy as np

    generator = np.random.default_rng(seed)
    spins = [(quantum.Spins(Fraction(doubled, 2)), ("raising", "z", "lowering"), 2, 7, 100) for doubled in (1, 2, 3)]
    cases: list[tuple[Any, tuple[str, ...], int, int, int]] = [
        (quantum.Fermions(), ("create", "destroy"), 5, 9, 300),
        *spins,
        (quantum.Paulis(), ("x", "y", "z"), 3, 7, 100),
        (quantum.Bosons(), ("create", "destroy"), 2, 6, 100),
    ]
    pieces = []
    for algebra, letters, modes, longest, count in cases:
        agreeing = sum(
            _same_matrix(_random_word(letters, modes, longest, generator), algebra, modes, generator)
            for _ in range(count)
        )
        pieces.append(
            Evidence.exact(agreeing, count, label=f"{type(algebra).__name__} {getattr(algebra, 'spin', '')}".strip())
        )
    return Evidence.all_of(*pieces)


@paper.claim("eta", tier="quick", origin="textbook", source="Yang 1989, pairing of the Hubbard model")
def eta(seed: int) -> Evidence:
    """On the Hubbard ring of 6 sites [H, η⁺] = U η⁺ with the staggered pairing operator; without its signs 12 monomials remain."""
    u, fermions = quantum.symbol("U"), quantum.Fermions()
    hamiltonian = _hubbard_ring(6, quantum.symbol("t"), u, fermions)
    remainders = []
    for stagger in (-1, 1):
        pair = sum(
            (fermions.create(j) * fermions.create(6 + j) * stagger**j for j in range(6)), quantum.scalar(fermions, 0)
        )
        remainders.append(len((quantum.commutator(hamiltonian, pair) - pair * u).terms))
    return Evidence.exact(remainders, [0, 12], label="monomials of [H, η⁺] − U η⁺ with and without signs")


@paper.claim("grader", tier="quick", origin="own", source=OWN_TABLE)
def grader(seed: int) -> Evidence:
    """A table of more than 120 answer pairs is graded without one error, a grader for which all operators commute errs on at
    least 40 of them, and hostile texts are unparsed within 0.1 s."""
    pairs = quantum.answer_pairs()
    wrong = [pair.answer for pair in pairs if quantum.compare_pair(pair, seconds=0.5).outcome != pair.outcome]
    operators = [pair for pair in pairs if "algebra" in pair.declared and pair.outcome in ("correct", "wrong")]
    commuting = quantum.open_vocabulary()
    misled = sum(quantum.compare(p.answer, p.solution, commuting).outcome != p.outcome for p in operators)
    outcomes, slowest = [], 0.0
    for text in HOSTILE:
        begin = time.perf_counter()
        outcomes.append(quantum.compare(text, "1", commuting).outcome)
        slowest = max(slowest, time.perf_counter() - begin)
    return Evidence.all_of(
        Evidence.exact(wrong, [], label="pairs graded wrongly"),
        Evidence.exact(len(pairs) >= 120, True, label="at least 120 pairs"),
        Evidence.exact(misled >= 40, True, label="errors of a commuting grader: at least 40"),
        Evidence.exact(outcomes, ["unparsed"] * len(HOSTILE), label="hostile texts"),
        Evidence.exact(slowest < 0.1, True, label="within 0.1 s each"),
    )


def _vacuum_expectation(a: list[list[int]], b: list[list[int]]) -> int:
    fermions = quantum.Fermions()
    product = quantum.scalar(fermions, 1)
    for row in a:
        product = product * quantum.Element(fermions, {(0, 1 << j): value for j, value in enumerate(row) if value})
    for row in b:
        product = product * quantum.Element(fermions, {(1 << j, 0): value for j, value in enumerate(row) if value})
    return product.terms.get((0, 0), 0)


def _determinant(matrix: list[list[int]]) -> int:
    """Exact, by elimination in fractions."""
    rows, value = [[Fraction(each) for each in row] for row in matrix], Fraction(1)
    for place in range(len(rows)):
        pivot = next((row for row in range(place, len(rows)) if rows[row][place]), None)
        if pivot is None:
            return 0
        if pivot != place:
            rows[place], rows[pivot], value = rows[pivot], rows[place], -value
        value *= rows[place][place]
        for row in range(place + 1, len(rows)):
            ratio = rows[row][place] / rows[place][place]
            rows[row] = [low - ratio * high for low, high in zip(rows[row], rows[place], strict=True)]
    return int(value)


def _random_word(letters: tuple[str, ...], modes: int, longest: int, generator: Any) -> list[tuple[str, int]]:
    length = int(generator.integers(1, longest + 1))
    return [(letters[int(generator.integers(len(letters)))], int(generator.integers(modes))) for _ in range(length)]


def _same_matrix(word: list[tuple[str, int]], algebra: Any, modes: int, generator: Any) -> bool:
    """Whether a word's normal form, made of those of its two parts, has the product of the letters' matrices."""
    cut = int(generator.integers(len(word) + 1))
    form = quantum.word_element(algebra, word[:cut]) * quantum.word_element(algebra, word[cut:])
    levels, safe = 10, 4
    difference = quantum.matrix(form, modes, levels) - quantum.word_matrix(algebra, word, modes, levels)
    if isinstance(algebra, quantum.Bosons):
        below = [
            place for place in range(levels**modes) if all(place // levels**k % levels < safe for k in range(modes))
        ]
        difference = difference[below, :][:, below]
    return float(abs(difference).max()) < 1e-8


def _hubbard_ring(sites: int, t: Any, u: Any, fermions: Any) -> Any:
    hamiltonian = quantum.scalar(fermions, 0)
    for j in range(sites):
        for offset in (0, sites):
            here, there = offset + j, offset + (j + 1) % sites
            hop = fermions.create(here) * fermions.destroy(there)
            hamiltonian = hamiltonian - (hop + quantum.adjoint(hop)) * t
        hamiltonian = hamiltonian + fermions.number(j) * fermions.number(sites + j) * u
    return hamiltonian
