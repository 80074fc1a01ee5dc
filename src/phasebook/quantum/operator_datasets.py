"""Normal forms and comparisons of formulas as labeled Datasets. Variables say their road."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import xarray as xr

from ..numerics import about
from .algebra import AlgebraError, Element
from .answer_equality import compare
from .coefficient_equality import sample_points
from .commuting_expressions import symbols_of
from .expression_values import evaluate, space_of
from .grading_budget import budget
from .index_instances import generic_instance
from .normal_forms import normal_form
from .numerical_values import NotFinite, value_at
from .parser import parse_expression
from .vocabulary import Vocabulary, open_vocabulary


def normal_form_theory(source: str, algebra: str, spin: float | None = None) -> xr.Dataset:
    """A formula's canonical form, its number of monomials, and every monomial with the size of its coefficient.

    Raises `ParseError` for what can't be read, `AlgebraError` for a spin that does not apply, and `GradingBudgetError` beyond the
    budget.
    """
    vocabulary = _vocabulary(algebra, spin)
    form = normal_form(source, vocabulary)
    [coefficients], monomials = _coefficients([source], vocabulary)
    return xr.Dataset(
        {
            "normal_form_theory": ((), form.text, about("1", "Canonical form (LaTeX)")),
            "monomials_theory": ((), form.monomials, about("1", "Monomials of the canonical form")),
            "case_theory": ((), form.case or "all", about("1", "Case for which the form is written")),
            "coefficient_theory": ("term", np.abs(coefficients), about("1", "Size of the coefficient")),
            "monomial_theory": ("term", monomials, about("1", "Monomial (LaTeX)")),
        },
        {"term": _terms(monomials)},
    )


def comparison_theory(first: str, second: str, algebra: str, spin: float | None = None) -> xr.Dataset:
    """The outcome of comparing two formulas, its witness, both canonical forms, and coefficients beside each other.

    Raises `AlgebraError` for a spin that does not apply; what can't be read has the outcome `unparsed`.
    """
    vocabulary = _vocabulary(algebra, spin)
    comparison = compare(first, second, vocabulary)
    readable = comparison.outcome in ("correct", "wrong")
    coefficients, monomials = _coefficients([first, second], vocabulary) if readable else (np.zeros((2, 1)), ["none"])
    texts = {
        "outcome_theory": (comparison.outcome, "Outcome"),
        "witness_theory": (comparison.witness or "none", "Where both formulas differ"),
        "reason_theory": (comparison.reason or "none", "Why a formula can't be read or compared"),
        "first_form_theory": (comparison.first_form or "none", "Canonical form of the first formula (LaTeX)"),
        "second_form_theory": (comparison.second_form or "none", "Canonical form of the second formula (LaTeX)"),
    }
    return xr.Dataset(
        {
            **{name: ((), value, about("1", meaning)) for name, (value, meaning) in texts.items()},
            "column_theory": ((), comparison.column or 0, about("1", "Column of what can't be read (0: none)")),
            "coefficient_theory": (
                ("formula", "term"),
                coefficients,
                about("1", "Coefficient (real + imaginary part)"),
            ),
            "monomial_theory": ("term", monomials, about("1", "Monomial (LaTeX)")),
        },
        {"formula": ("formula", ["first", "second"], about("1", "Formula")), "term": _terms(monomials)},
    )


def _coefficients(sources: list[str], vocabulary: Vocabulary) -> tuple[Any, list[str]]:
    """Numeric coefficients of the formulas' monomials, shape (formulas, terms), where all indices differ; symbols have values."""
    with budget():
        trees = [parse_expression(source, vocabulary) for source in sources]
        space = space_of(trees, vocabulary)
        instance = generic_instance(trees, vocabulary, space)
        values = [evaluate(tree, instance) for tree in trees]
    terms = [dict(value.terms) if isinstance(value, Element) else {None: value} for value in values]
    identity = space.algebra.identity if space.kinds else None
    terms = [{identity if key is None else key: value for key, value in each.items()} for each in terms]
    monomials = list(dict.fromkeys(key for each in terms for key in each)) or [identity]
    if space.kinds:
        monomials.sort(key=lambda key: (len(space.algebra.word(key)), space.text(Element(space.algebra, {key: 1}))))
    names = [space.text(Element(space.algebra, {key: 1})) if space.kinds else "1" for key in monomials]
    table = [[_number(each.get(key, 0), vocabulary) for key in monomials] for each in terms]
    return np.array(table), names


def _number(value: Any, vocabulary: Vocabulary) -> float:
    """Real plus imaginary part, at the first point of the symbols' domain where the value is finite; 0 where none is."""
    for point in sample_points(sorted(symbols_of(value)), vocabulary):
        try:
            found = value_at(value, point)
        except NotFinite:
            continue
        return float(mpmath.re(found) + mpmath.im(found))
    return 0.0


def _vocabulary(algebra: str, spin: float | None) -> Vocabulary:
    if spin is not None and (2 * spin) % 1 != 0:
        raise AlgebraError(f"the spin must be a half integer; got {spin}")
    exact = None if spin is None else Fraction(int(2 * spin), 2)
    if exact is not None and algebra != "spin":
        raise AlgebraError(f"spin applies to the algebra spin alone; got a spin of {spin} with {algebra}")
    return open_vocabulary(None if algebra == "none" else algebra, exact)


def _terms(monomials: list[str]) -> tuple[str, Any, dict[str, str]]:
    return "term", np.arange(1, len(monomials) + 1), about("1", "Monomial, short ones first")
