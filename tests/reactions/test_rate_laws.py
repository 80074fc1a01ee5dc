"""Rate laws: the grammar, its limits, values, text and polynomials."""

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.reactions import (
    Apply,
    Number,
    Symbol,
    as_polynomial,
    evaluate,
    free_symbols,
    parse_expression,
    substitute,
    to_text,
)
from phasebook.reactions.rate_laws import evaluate_array
from phasebook.reactions.rate_polynomials import collect, mass_action_orders, reversible_parts

NAMES = st.text(string.ascii_letters, min_size=1, max_size=4).filter(
    lambda name: name not in ("and", "or", "not", "if")
)
NUMBERS = st.floats(-1e6, 1e6).map(Number)


def compound(children):
    binary = st.sampled_from(["+", "-", "*", "/", "^", "<", ">=", "==", "and", "or", "min", "max"])
    return st.one_of(
        st.builds(lambda operator, *arguments: Apply(operator, arguments), binary, children, children),
        st.builds(
            lambda operator, argument: Apply(operator, (argument,)), st.sampled_from(["exp", "not", "neg"]), children
        ),
        st.builds(lambda *arguments: Apply("piecewise", arguments), children, children, children),
        st.builds(lambda *arguments: Apply("+", arguments), children, children, children),
    )


EXPRESSIONS = st.recursive(st.one_of(NUMBERS, NAMES.map(Symbol)), compound, max_leaves=12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", 14),
        ("-3 ^ 2", -9),
        ("2 ** 3 ^ 2", 512),
        ("2 ^ -1", 0.5),
        ("10 - 4 - 3", 3),
        ("16 / 4 / 2 * 3", 6),
        ("k * X * (X - 1) / 2", 30),
        ("if(X > 3 && k < 4, 7, 8)", 7),
        ("piecewise(7, X < 3, 8, k < 4, 9)", 8),
        ("not X < 3 or k > 5", 1),
        ("max(1, X, k) + min(X, k)", 8),
        ("ln(exp(2)) + log10(1000) + abs(-1)", 6),
        ('"R(a,l)" * 2', 14),
        ("1e-3 * .5e3", 0.5),
        ("1 / 0", math.inf),
        ("X == 5", 1),
    ],
)
def test_values(text, value):
    assert evaluate(parse_expression(text), {"X": 5, "k": 3, "R(a,l)": 7}) == pytest.approx(value)


@given(EXPRESSIONS)
def test_text_is_read_back(expression):
    read = parse_expression(to_text(expression))
    values = dict.fromkeys(free_symbols(expression), 1.75)
    assert free_symbols(read) == free_symbols(expression)
    assert evaluate(read, values) == pytest.approx(evaluate(expression, values), nan_ok=True)


@given(EXPRESSIONS, st.floats(0.5, 2.0))
def test_substitution_commutes_with_evaluation(expression, value):
    names = sorted(free_symbols(expression))
    put_in = substitute(expression, dict.fromkeys(names, Number(value)))
    assert not free_symbols(put_in)
    assert evaluate(put_in, {}) == pytest.approx(evaluate(expression, dict.fromkeys(names, value)), nan_ok=True)


@given(EXPRESSIONS)
def test_collecting_keeps_the_value(expression):
    values = dict.fromkeys(free_symbols(expression), 1.75)
    value = evaluate(expression, values)
    if math.isfinite(value):
        assert evaluate(collect(expression), values) == pytest.approx(value, rel=1e-9, abs=1e-300)


def test_arrays_broadcast():
    values = evaluate_array(parse_expression("if(X > 1, X, 0) + Y"), {"X": [0, 1, 2, 3], "Y": 1.0})
    assert values.tolist() == [1, 1, 3, 4]


def test_polynomials():
    assert as_polynomial(parse_expression("3 * X * (X - 1) / 2 + Y ^ 2 - 1"), ("X", "Y")) == {
        (2, 0): 1.5,
        (1, 0): -1.5,
        (0, 2): 1.0,
        (0, 0): -1.0,
    }
    for text in ("1 / X", "exp(X)", "X ^ 0.5", "X ^ X", "max(X, 1)"):
        assert as_polynomial(parse_expression(text), ("X",)) is None
    with pytest.raises(ValueError, match="symbol 'k' has no value and is no species"):
        as_polynomial(parse_expression("k * X"), ("X",))


@pytest.mark.parametrize(
    ("law", "orders"),
    [
        ("k * A * B", ({"A": 1, "B": 1}, True)),
        ("A * (A - 1) * k / 2", ({"A": 2}, True)),
        ("k * (A * A - A)", ({"A": 2}, True)),
        ("0 * k * A", ({"A": 1}, True)),
        ("-k * A", None),
        ("k * A ^ 2", ({"A": 2}, False)),
        ("k", ({}, True)),
        ("k * A / (1 + A)", None),
        ("k * A * (A - 2)", None),
        ("k * (100 - 2 * A)", None),
    ],
)
def test_mass_action_is_recognized(law, orders):
    assert mass_action_orders(parse_expression(law), frozenset("AB"), {"k": 0.3}) == orders


@pytest.mark.parametrize(
    ("law", "parts"),
    [
        ("kf * A - kr * B", ("kf * A", "kr * B")),
        ("cell * (kf * A - kr * B)", ("cell * (kf * A)", "cell * (kr * B)")),
        ("(kf * A - kr * B) / (1 + A)", ("kf * A / (1 + A)", "kr * B / (1 + A)")),
        ("a + b - c", ("a + b", "c")),
        ("k * X * (X - 1)", None),
        ("k * X", None),
    ],
)
def test_reversible_laws_are_split(law, parts):
    found = reversible_parts(parse_expression(law))
    assert found == (None if parts is None else tuple(map(parse_expression, parts)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("((a)", "it ends too early"),
        ("a)", "unexpected '\\)' at character 2"),
        ("a b", "unexpected 'b' at character 3"),
        ("", "it ends too early"),
        ("a +", "it ends too early"),
        ("__import__('os')", "unexpected"),
        ("foo(1)", "unknown function 'foo'"),
        ("exp(1, 2)", "'exp' takes 1 argument"),
        ("piecewise(1, 2)", "takes an odd number of argument"),
        ("-" * 100_000 + "a", "nested at most 150 deep"),
        ("-" * 300 + "a", "nested at most 150 deep"),
        ("exp(" * 300 + "a" + ")" * 300, "nested at most 150 deep"),
        ("a+" * 100_000 + "a", "at most 200000 characters"),
        ("1e999", "must be finite"),
        ("a.b", "unexpected"),
    ],
)
def test_wrong_text_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_expression(text)


def test_a_long_flat_sum_is_no_deep_expression():
    assert evaluate(parse_expression(" + ".join(["a"] * 4000)), {"a": 0.5}) == 2000


def test_definitions_that_double_each_time_are_refused():
    expression = parse_expression("a + a")
    for _ in range(14):
        expression = substitute(parse_expression("a + a"), {"a": expression})
    with pytest.raises(ValueError, match="must have at most 100000 nodes"):
        substitute(parse_expression("a + a"), {"a": expression})


def test_definitions_that_pile_up_are_refused():
    expression = parse_expression("1 + a")
    for _ in range(298):
        expression = substitute(parse_expression("1 + a"), {"a": expression})
    assert evaluate(expression, {"a": 1.0}) == 300
    with pytest.raises(ValueError, match="nested at most 300 deep"):
        substitute(parse_expression("1 + a"), {"a": expression})


def test_a_symbol_without_value_is_named():
    with pytest.raises(ValueError, match="symbol 'kf' has no value"):
        evaluate(parse_expression("kf * 2"), {})
