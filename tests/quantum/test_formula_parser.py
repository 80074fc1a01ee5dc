"""Formulas: spellings that mean the same, canonical forms that read back, and what is refused, with its column."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import quantum
from phasebook.quantum.answer_pairs import answer_pairs
from phasebook.quantum.expression_tokens import named_tokens
from phasebook.quantum.expression_values import evaluate, space_of
from phasebook.quantum.index_instances import instances

FRAGMENTS = (
    *("c", "c_1", "c^\\dagger", "n_i", "x", "y_2", "\\alpha", "t", "2", "0.5", "1/2", "e", "i", "\\pi", "\\infty"),
    *(
        "+",
        "-",
        "*",
        "/",
        "^",
        "_",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\\{",
        "\\}",
        ",",
        "|",
        "=",
        "'",
        "^2",
        "^{-1}",
        "^{x}",
    ),
    *(
        "\\frac",
        "\\sqrt",
        "\\sin",
        "\\ln",
        "\\sum_i",
        "\\sum_{k=1}^{3}",
        "\\cdot",
        "\\dagger",
        "\\delta_{ij}",
        "c_{i+1}",
    ),
    *("\\langle", "\\rangle", "\\hat{c}", "\\text{a}", "\\left(", "\\right)", " ", "\\exp", "99", "^{9}", "\\uparrow"),
)


def value(source, algebra=None):
    vocabulary = quantum.open_vocabulary(algebra)
    tree = quantum.parse_expression(source, vocabulary)
    space = space_of([tree], vocabulary)
    return evaluate(tree, next(instances([tree], vocabulary, space)))


@pytest.mark.parametrize(
    ("source", "algebra", "expected", "monomials"),
    [
        ("(b^\\dagger b)^3", "boson", "b^{\\dagger} b + 3 b^{\\dagger 2} b^{2} + b^{\\dagger 3} b^{3}", 3),
        ("c_i c_j^\\dagger", "fermion", "\\delta_{i,j} - c_{j}^\\dagger c_{i}", 2),
        ("c_2 c_1^\\dagger c_1", "fermion", "c_{1}^\\dagger c_{1} c_{2}", 1),
        ("S^- S^+", "spin", "-2 S^z + S^+ S^-", 2),
        ("[S^x, S^y]", "spin", "i S^z", 1),
        ("X_1 Y_1 Z_2", "pauli", "i \\sigma_{1}^z \\sigma_{2}^z", 1),
        ("\\gamma_2 \\gamma_1", "majorana", "-\\gamma_{1} \\gamma_{2}", 1),
        ("(t+U) n_1", "fermion", "(U + t) c_{1}^\\dagger c_{1}", 1),
        ("c c", "fermion", "0", 0),
    ],
)
def test_normal_forms(source, algebra, expected, monomials):
    form = quantum.normal_form(source, quantum.open_vocabulary(algebra))
    assert (form.text, form.monomials) == (expected, monomials)


@pytest.mark.parametrize(
    "pair",
    [pair for pair in answer_pairs() if pair.outcome == "correct" and not pair.declared.get("lists")],
    ids=lambda p: p.answer,
)
def test_a_canonical_form_reads_back_as_itself(pair):
    vocabulary = pair.vocabulary()
    form = quantum.normal_form(pair.answer, vocabulary)
    if form.case:  # a form on a finite set of places is one case, and no other text for the whole
        return
    assert quantum.compare(form.text, pair.answer, vocabulary).outcome == "correct", form.text


@pytest.mark.parametrize(
    ("first", "second", "algebra"),
    [
        ("c_{i,\\uparrow}^\\dagger", "c^\\dagger_{i\\uparrow}", "fermion"),
        ("c_{1}^{\\dagger}", "c1^+", "fermion"),
        ("{c_1}^\\dagger", "c_1†", "fermion"),
        ("S_1^z", "S^z_{1}", "spin"),
        ("S_{1z}", "S_1^{z}", "spin"),
        ("\\frac12", "1/2", None),
        ("\\frac{x}{y}", "x/y", None),
        ("\\sqrt[3]{x}", "x^{1/3}", None),
        ("\\left( x + y \\right)", "(x+y)", None),
        ("sqrt(2)", "\\sqrt2", None),
        ("α β", "\\alpha\\beta", None),
        ("-x^2", "-(x^2)", None),
        ("2^3^2", "2^9", None),
        ("x^-1", "1/x", None),
        ("\\sin^2 x", "(\\sin x)^2", None),
        ("\\sin 2x", "\\sin(2x)", None),
        ("a/b/c", "a/(b c)", None),
        ("|x||y|", "|xy|", None),
        ("k_{\\mathrm{B}} T", "k_B T", None),
        ("\\arctan x", "atan(x)", None),
        ("e^{-\\beta E}", "exp(-beta E)", None),
    ],
)
def test_spellings_of_the_same(first, second, algebra):
    assert quantum.compare(first, second, quantum.open_vocabulary(algebra)).outcome == "correct"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x + ", "'the end' is not expected at column 5"),
        ("(x", "'\\)' is expected, and 'the end' stands at column 3"),
        ("x $ # y", "'#' is not allowed at column 5"),
        ("2 \\foo", "\\\\foo is not allowed at column 3"),
        ("\\pm 1", "\\\\pm is ambiguous at column 1"),
        ("x" * 4097, "it is too long"),
        ("(" * 65 + "x" + ")" * 65, "nested deeper than 64"),
        ("1" * 65, "may have 64 digits"),
        ("1e2000", "decimal exponent"),
        ("2^{5000}", "a power of more than 4096 bits is too large"),
        ("9^{9^{9^9}}", "a power of more than 4096 bits is too large"),
        ("(x+y)^{65}", "the power of a sum must be at most 64"),
        ("x/0", "division by zero at column 3"),
        ("\\sum_{k=1}^{2000} k", "a sum may have 1000 terms"),
        ("\\sum_{k=1}^{\\infty} k", "the bounds of a sum must be integers"),
        ("\\sum_{i<} x_i", "a sum's indices must be compared"),
        ("\\sum_{<i} x_i", "a sum's indices must be compared"),
        ("\\sum_{i\\neq j\\neq k} x_i", "a sum's indices must be compared"),
        ("\\sum_{i<j=1}^{3} x_i", "a sum must run over letters"),
        ("\\sum_i x_i i", "'i' is an index here, or the imaginary unit"),
        ("\\sin^{-1} x", "a function to a negative power is ambiguous"),
        ("", "the formula is empty at column 1"),
    ],
)
def test_what_cannot_be_read_says_why_and_where(source, message):
    with pytest.raises(quantum.ParseError, match=message):
        value(source)


@pytest.mark.parametrize(
    ("source", "algebra", "message"),
    [
        ("1/c", "fermion", "division by an operator"),
        ("c^{1/2}", "fermion", "the power of an operator must be an integer from 0 to 64"),
        ("b^{65}", "boson", "the power of an operator must be an integer from 0 to 64"),
        ("\\exp(b)", "boson", "exp of an operator"),
        ("2^{b}", "boson", "an operator can't be an exponent"),
        ("\\mathbf{S}_1", "spin", "a vector of operators stands"),
        ("S_1 S_2", "spin", "write \\\\cdot or \\\\times"),
        ("S_1 + 1", "spin", "a vector can't be added to a scalar"),
    ],
)
def test_operators_where_none_may_stand(source, algebra, message):
    with pytest.raises(quantum.ParseError, match=message):
        value(source, algebra)


def test_an_undeclared_symbol_is_named_with_its_column():
    vocabulary = quantum.Problem("p", "t", parameters="$t; U$").vocabulary()
    with pytest.raises(quantum.ParseError, match=r"unknown symbol 'q' at column 7; declared: t, U"):
        quantum.parse_expression("2 t + q", vocabulary)


def test_an_error_survives_the_way_to_another_process():
    import pickle

    error = quantum.ParseError("no", 3, "; more")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.column) == ("no at column 3; more", 3)


@settings(max_examples=400, deadline=None)
@given(source=st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_any_text_gets_an_outcome(source):
    begin = time.perf_counter()
    for algebra in (None, "fermion"):
        comparison = quantum.compare(source, "c" if algebra else "x", quantum.open_vocabulary(algebra), seconds=0.5)
        assert comparison.outcome in ("correct", "wrong", "unparsed", "ungraded")
        assert (comparison.outcome == "unparsed") == (comparison.column is not None)
    assert time.perf_counter() - begin < 5


@settings(max_examples=200, deadline=None)
@given(source=st.text(max_size=60))
def test_any_characters_are_tokens_or_refused(source):
    error = None
    try:
        found = named_tokens(source, frozenset())
    except quantum.ParseError as caught:
        error = caught
    if error is None:
        assert found[-1].kind == "end"
    else:
        assert 1 <= error.column <= len(source) + 1
