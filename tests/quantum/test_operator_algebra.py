"""Operator algebras: published coefficients first, then matrices and identities of random words, then bad input."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import quantum
from phasebook.quantum import Bosons, Fermions, Majoranas, Paulis, Spins
from phasebook.quantum.algebra import CommutingProduct, renamed

HALF = Fraction(1, 2)
LETTERS = {
    Bosons(): ("create", "destroy"),
    Fermions(): ("create", "destroy"),
    Majoranas(): ("gamma",),
    Paulis(): ("x", "y", "z"),
    Spins(HALF): ("raising", "z", "lowering"),
    Spins(Fraction(1)): ("raising", "z", "lowering"),
    Spins(3 * HALF): ("raising", "z", "lowering"),
    Spins(): ("raising", "z", "lowering"),
}
FINITE = [algebra for algebra in LETTERS if algebra not in (Bosons(), Spins())]
MODES = 3


def words(algebra, longest=6):
    return st.lists(st.tuples(st.sampled_from(LETTERS[algebra]), st.integers(0, MODES - 1)), max_size=longest)


def elements(algebra):
    term = st.tuples(words(algebra, 3), st.integers(-3, 3), st.integers(-2, 2))

    def total(terms):
        found = quantum.scalar(algebra, 0)
        for word, real, imag in terms:
            found = found + quantum.word_element(algebra, word) * quantum.gaussian(real, imag)
        return found

    return st.lists(term, max_size=3).map(total)


def test_powers_of_the_number_operator_are_stirling_numbers():
    bosons = Bosons()
    power = bosons.number(0) ** 10
    coefficients = [power.terms[((0, k, k),)] for k in range(1, 11)]
    assert coefficients == [1, 511, 9330, 34105, 42525, 22827, 5880, 750, 45, 1]
    assert sum(coefficients) == 115_975


def test_the_vacuum_term_of_thirty_bosons():
    bosons = Bosons()
    product = bosons.destroy(0) ** 30 * bosons.create(0) ** 30
    assert product.terms[()] == math.factorial(30)
    assert len(product.terms) == 31


def test_the_laguerre_form_of_two_powers():
    # ⟨0| b^5 b†^7 b^2 b†^4 ... |0⟩ vanishes unless both numbers agree; b^4 b†^4 on the vacuum gives 4!.
    bosons = Bosons()
    word = bosons.destroy(1) ** 2 * bosons.create(1) ** 3 * bosons.destroy(1)
    assert word == bosons.create(1) ** 3 * bosons.destroy(1) ** 3 + 6 * bosons.create(1) ** 2 * bosons.destroy(
        1
    ) ** 2 + (6 * bosons.number(1))


@pytest.mark.parametrize("algebra", FINITE, ids=str)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_normal_forms_have_the_matrices_of_their_words(algebra, data):
    word = data.draw(words(algebra))
    form = quantum.word_element(algebra, word)
    difference = quantum.matrix(form, MODES) - quantum.word_matrix(algebra, word, MODES)
    assert abs(difference).max() < 1e-9


@settings(max_examples=40, deadline=None)
@given(word=st.lists(st.tuples(st.sampled_from(("create", "destroy")), st.integers(0, 1)), max_size=6))
def test_bosons_have_their_matrices_below_the_cut(word):
    cut, safe = 10, 4
    form = quantum.word_element(Bosons(), word)
    difference = (quantum.matrix(form, 2, cut) - quantum.word_matrix(Bosons(), word, 2, cut)).toarray()
    below = [first * cut + second for first in range(safe) for second in range(safe)]
    assert np.abs(difference[np.ix_(below, below)]).max() < 1e-8


@pytest.mark.parametrize("algebra", LETTERS, ids=str)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_products_are_associative_and_adjoints_reverse_them(algebra, data):
    a, b, c = (data.draw(elements(algebra)) for _ in range(3))
    assert (a * b) * c == a * (b * c)
    assert quantum.adjoint(a * b) == quantum.adjoint(b) * quantum.adjoint(a)
    assert quantum.adjoint(quantum.adjoint(a)) == a
    assert (a + b) * c == a * c + b * c


@pytest.mark.parametrize("algebra", LETTERS, ids=str)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_commutators_satisfy_jacobi(algebra, data):
    a, b, c = (data.draw(elements(algebra)) for _ in range(3))
    around = [
        quantum.commutator(a, quantum.commutator(b, c)),
        quantum.commutator(b, quantum.commutator(c, a)),
        quantum.commutator(c, quantum.commutator(a, b)),
    ]
    assert not (around[0] + around[1] + around[2]).terms


@settings(max_examples=30, deadline=None)
@given(word=words(Spins()), spin=st.sampled_from((HALF, Fraction(1), 3 * HALF)))
def test_what_holds_without_a_spin_holds_for_every_spin(word, spin):
    free, reduced = quantum.word_element(Spins(), word), quantum.word_element(Spins(spin), word)
    again = quantum.scalar(Spins(spin), 0)
    for monomial, coefficient in free.terms.items():
        again = again + quantum.word_element(Spins(spin), Spins().word(monomial)) * coefficient
    assert again == reduced


def test_a_spin_has_as_many_forms_as_its_matrices_have_entries():
    for doubled in range(1, 6):
        spins = Spins(Fraction(doubled, 2))
        forms = set()
        for a in range(doubled + 2):
            for c in range(doubled + 2):
                product = spins.raising(0) ** a * spins.z(0) ** 2 * spins.lowering(0) ** c * (1 + spins.z(0)) ** doubled
                forms |= set(product.terms)
        assert len(forms) <= (doubled + 1) ** 2


def test_majoranas_are_sums_of_fermions():
    fermions, majoranas = Fermions(), Majoranas()
    first = [fermions.create(j) + fermions.destroy(j) for j in range(2)]
    second = [(fermions.destroy(j) - fermions.create(j)) * quantum.gaussian(0, -1) for j in range(2)]
    pairs = [first[0], second[0], first[1], second[1]]
    for a in range(4):
        for b in range(4):
            assert quantum.anticommutator(pairs[a], pairs[b]) == quantum.scalar(fermions, 2 * (a == b))
            assert quantum.anticommutator(majoranas.gamma(a), majoranas.gamma(b)) == quantum.scalar(
                majoranas, 2 * (a == b)
            )


def test_different_species_commute():
    both = CommutingProduct((Bosons(), Fermions()))
    boson, fermion = both.embed(0, Bosons().destroy(0)), both.embed(1, Fermions().create(0))
    assert not quantum.commutator(boson, fermion).terms
    assert quantum.adjoint(boson * fermion) == quantum.adjoint(fermion) * quantum.adjoint(boson)
    assert (boson * fermion).algebra == both


def test_renaming_modes_multiplies_what_falls_together():
    fermions, bosons = Fermions(), Bosons()
    assert not renamed(fermions.create(0) * fermions.create(1), lambda mode: 0).terms
    assert renamed(bosons.create(0) * bosons.create(1), lambda mode: 0) == bosons.create(0) ** 2


def test_coefficients_may_be_expressions_of_symbols():
    t, fermions = quantum.symbol("t"), Fermions()
    hop = t * (fermions.create(0) * fermions.destroy(1) + fermions.create(1) * fermions.destroy(0))
    assert quantum.commutator(hop, fermions.number(0)) == t * (
        fermions.create(1) * fermions.destroy(0) - fermions.create(0) * fermions.destroy(1)
    )
    assert str(hop) == "t c_{0}^\\dagger c_{1} + t c_{1}^\\dagger c_{0}"


def test_the_budget_stops_what_grows():
    fermions = Fermions()
    many = math.prod((1 + fermions.create(mode) + fermions.destroy(mode) for mode in range(6)), start=1)
    with pytest.raises(quantum.GradingBudgetError, match="the budget is 1000"), quantum.budget(monomials=1000):
        many * renamed(many, lambda mode: mode + 6)
    with pytest.raises(quantum.GradingBudgetError, match="longer than its budget"), quantum.budget(seconds=0.0):
        fermions.create(0) * fermions.destroy(0)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: Spins(Fraction(1, 3)), "the spin must be a half integer from 1/2 to 16; got 1/3"),
        (lambda: Spins(Fraction(0)), "the spin must be a half integer"),
        (lambda: Bosons().create(0) ** -1, "the power of an operator must be an integer of at least 0; got -1"),
        (lambda: Bosons().create(0) + Fermions().create(0), "elements must belong to one algebra"),
        (lambda: quantum.matrix(Fermions().create(9), 3), "modes are numbered from 0 to 2; got 9"),
        (lambda: quantum.matrix(Spins().z(0), 1), "a matrix of spins needs the spin"),
        (lambda: quantum.matrix(Fermions().create(0) * quantum.symbol("t"), 1), "needs numbers as coefficients; got t"),
        (lambda: quantum.matrix(Fermions().create(0), 40), "a matrix needs from 1 to 2\\^20 states"),
        (lambda: quantum.matrix(Bosons().create(0), 1, 1), "a bosonic mode needs at least 2 levels"),
    ],
)
def test_bad_input_is_named(act, message):
    with pytest.raises(quantum.AlgebraError, match=message):
        act()
