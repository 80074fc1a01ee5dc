"""Whether two formulas are equal: as operators, as commuting expressions, as numbers, as choices, and as lists of these.

Operators are equal when their normal forms are, for every pattern of their indices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import mpmath

from .algebra import Element
from .coefficient_equality import difference
from .expression_tokens import ParseError
from .expression_tree import Node
from .expression_values import Instance, Space, evaluate, space_of
from .grading_budget import MONOMIALS, SECONDS, GradingBudgetError, budget
from .index_instances import counting_letters, describe, instances
from .normal_forms import form_text
from .numerical_values import NotFinite, value_at
from .parser import parse_expression
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from .problem_records import Problem

Outcome = Literal["correct", "wrong", "unparsed", "ungraded", "refused", "error"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of comparing an answer with a solution, both normal forms, and what shows it.

    `witness`: the point, monomial or case in which both differ. `reason` and `column`: why and where an answer can't be read.
    `warning`: what else a reader should know.
    """

    outcome: Outcome
    first_form: str = ""
    second_form: str = ""
    witness: str = ""
    reason: str = ""
    column: int | None = None
    warning: str = ""

    def warned(self, warning: str) -> Comparison:
        """The same with a warning."""
        return replace(self, warning=warning) if warning else self


def compare(
    first: str, second: str, vocabulary: Vocabulary, *, monomials: int = MONOMIALS, seconds: float = SECONDS
) -> Comparison:
    """Compare an answer with a solution as operators or commuting expressions, within a budget.

    A formula that can't be read gives `unparsed`, one beyond the budget `ungraded`; nothing is raised for what an answer holds.
    """
    forms = ("", "")
    try:
        with budget(monomials, seconds):
            trees = [parse_expression(source, vocabulary) for source in (first, second)]
            space = space_of(trees, vocabulary)
            forms = form_text(trees[0], vocabulary, space), form_text(trees[1], vocabulary, space)
            witness = _witness(trees, vocabulary, space)
    except ParseError as error:
        return Comparison("unparsed", *forms, reason=str(error), column=error.column)
    except GradingBudgetError as error:
        return Comparison("ungraded", *forms, reason=str(error))
    return Comparison("wrong" if witness else "correct", *forms, witness=witness)


def compare_answers(answers: Sequence[str], problem: Problem) -> Comparison:
    """Compare a list of answers with a problem's solution, by its kind, tolerance and declarations.

    Raises `AlgebraError` for a problem with operators and no algebra.
    """
    solutions = problem.answers()
    if problem.kind == "choice":
        return compare_choices(", ".join(answers), ", ".join(solutions))
    vocabulary = problem.vocabulary()
    rtol, atol = problem.tolerance

    def compared(answer: str, solution: str) -> Comparison:
        if problem.kind == "numeric":
            return compare_coordinates(answer, solution, vocabulary, rtol=rtol, atol=atol)
        return compare(answer, solution, vocabulary)

    return compare_lists(answers, solutions, compared, ordered=problem.ordered)


def compare_coordinates(first: str, second: str, vocabulary: Vocabulary, *, rtol: float, atol: float) -> Comparison:
    """Compare two numbers, or, where the second is several separated by commas, each with each in their order."""
    firsts, seconds = coordinates(first), coordinates(second)
    if len(seconds) == 1:
        return compare_numbers(first, second, vocabulary, rtol=rtol, atol=atol)
    if len(firsts) != len(seconds):
        return Comparison("wrong", first, second, witness=f"{len(firsts)} numbers against {len(seconds)}")
    found = [compare_numbers(*pair, vocabulary, rtol=rtol, atol=atol) for pair in zip(firsts, seconds, strict=True)]
    forms = (
        f"({', '.join(each.first_form for each in found)})",
        f"({', '.join(each.second_form for each in found)})",
    )
    for outcome in ("unparsed", "ungraded", "wrong"):
        for each in found:
            if each.outcome == outcome:
                return replace(each, first_form=forms[0], second_form=forms[1])
    return Comparison("correct", *forms)


def coordinates(source: str) -> list[str]:
    """The parts of a text between commas that stand in no brackets but perhaps one pair around all of it."""
    bare = re.sub(r"\\(?:left|right)(?![A-Za-z])", "", source).strip()
    inner = _separated(bare[1:-1]) if bare[:1] + bare[-1:] in ("()", "[]") else None
    return inner if inner is not None and len(inner) > 1 else _separated(bare) or [source]


def _separated(text: str) -> list[str] | None:
    """The parts between commas outside of brackets; None where brackets do not match."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            return None
        if letter == "," and depth == 0 and not parts[-1].endswith("\\"):
            parts.append("")
        else:
            parts[-1] += letter
    return [part.removesuffix("\\").strip() for part in parts] if depth == 0 else None


def compare_numbers(first: str, second: str, vocabulary: Vocabulary, *, rtol: float, atol: float) -> Comparison:
    """Compare two numbers: |first − second| ≤ max(atol, rtol·|second|)."""
    try:
        with budget():
            values = [_number(source, vocabulary) for source in (first, second)]
    except ParseError as error:
        return Comparison("unparsed", reason=str(error), column=error.column)
    except GradingBudgetError as error:
        return Comparison("ungraded", reason=str(error))
    forms = _number_text(values[0]), _number_text(values[1])
    finite = all(mpmath.isfinite(value) for value in values)
    if values[0] == values[1] or (finite and abs(values[0] - values[1]) <= max(atol, rtol * abs(values[1]))):
        return Comparison("correct", *forms)
    return Comparison("wrong", *forms, witness=f"{forms[0]} against {forms[1]}")


def compare_choices(first: str, second: str) -> Comparison:
    """Compare sets of letters, without regard to case and order."""
    forms = choices_text(first), choices_text(second)
    if not forms[0]:
        return Comparison("unparsed", *forms, reason="an answer must be letters, such as A or A, C", column=1)
    same = forms[0] == forms[1]
    return Comparison("correct" if same else "wrong", *forms, witness="" if same else f"{forms[0]} against {forms[1]}")


def choices_text(source: str) -> str:
    """The letters of a choice, sorted; empty where anything else stands."""
    bare = re.sub(r"\\(?:text|mathrm|textbf|mathbf)\b|\\[,;: ]|[{}()\[\]$\s]", " ", source)
    parts = [part for part in re.split(r"[,;\s]+|\band\b", bare) if part]
    if any(not re.fullmatch(r"[A-Za-z]{1,8}\.?", part) for part in parts):
        return ""
    letters = [letter for part in parts for letter in part.upper().rstrip(".")]
    return ", ".join(sorted(letters)) if len(set(letters)) == len(letters) else ""


def compare_lists(
    firsts: Sequence[str], seconds: Sequence[str], compared: Callable[[str, str], Comparison], *, ordered: bool = False
) -> Comparison:
    """Compare lists: one to one in some order (in the given one where `ordered`)."""
    if len(firsts) == len(seconds) == 1:
        return compared(firsts[0], seconds[0])
    table = [[compared(first, second) for second in seconds] for first in firsts]
    for each in (comparison for row in table for comparison in row):
        if each.outcome == "unparsed":
            return each
    forms = ("; ".join(row[0].first_form for row in table), "; ".join(each.second_form for each in table[0]))
    if len(firsts) != len(seconds):
        return Comparison("wrong", *forms, witness=f"{len(firsts)} answers against {len(seconds)}")
    equal = [[each.outcome == "correct" for each in row] for row in table]
    matched = all(equal[k][k] for k in range(len(firsts))) if ordered else _matching(equal)
    if matched:
        return Comparison("correct", *forms)
    for each in (comparison for row in table for comparison in row):
        if each.outcome == "ungraded":
            return Comparison("ungraded", *forms, reason=each.reason)
    alone = next((k for k, row in enumerate(equal) if not any(row)), 0)
    return Comparison("wrong", *forms, witness=f"no partner for {firsts[alone]!r}")


def _witness(trees: list[Node], vocabulary: Vocabulary, space: Space) -> str:
    for instance in instances(trees, vocabulary, space):
        left, right = (_terms(evaluate(tree, instance)) for tree in trees)
        letters = counting_letters(instance)
        for monomial in {**left, **right}:
            found = difference(left.get(monomial, 0), right.get(monomial, 0), vocabulary, letters)
            if found is not None:
                return _witness_text(monomial, str(found), instance, space)
    return ""


def _witness_text(monomial: Any, found: str, instance: Instance, space: Space) -> str:
    case = describe(instance.indices)
    written = "" if monomial is None else space.text(Element(space.algebra, {monomial: 1}))
    where = "; ".join(
        part for part in (f"coefficient of {written}" if written else "", f"for {case}" if case else "") if part
    )
    return f"{where}: {found}" if where else found


def _terms(value: Any) -> dict[Any, Any]:
    """Coefficients by monomial; a commuting value is the coefficient of one."""
    if isinstance(value, Element):
        terms = dict(value.terms)
        if value.algebra.identity in terms:
            terms[None] = terms.pop(value.algebra.identity)
        return terms
    return {None: value}


def _number(source: str, vocabulary: Vocabulary) -> Any:
    tree = parse_expression(source.removesuffix("."), vocabulary)
    space = space_of([tree], vocabulary)
    value = evaluate(tree, Instance(vocabulary, space, {}))
    if isinstance(value, Element):
        raise ParseError("a number is expected, and an operator stands", tree.column)
    try:
        return value_at(value, {})
    except KeyError as error:
        raise ParseError(f"a number is expected, and the symbol {error.args[0]!r} stands", tree.column) from None
    except NotFinite:
        if str(value).replace("-", "") == "\\infty":
            return mpmath.ninf if "-" in str(value) else mpmath.inf
        raise ParseError("the number is not finite, or too large", tree.column) from None


def _number_text(value: Any) -> str:
    return mpmath.nstr(value, 17)


def _matching(equal: list[list[bool]]) -> bool:
    """Whether rows and columns can be paired one to one (augmenting paths)."""
    partner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, same in enumerate(equal[row]):
            if same and column not in seen:
                seen.add(column)
                if column not in partner or place(partner[column], seen):
                    partner[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(equal)))
