"""The shipped table of answers beside solutions, each with the outcome that a right grader gives; and how a grader does on it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import resources
from typing import Any

from .answer_equality import Comparison, compare, compare_lists
from .answer_extraction import NoAnswerError, split_answers
from .problem_records import Problem
from .vocabulary import Vocabulary, open_vocabulary


@dataclass(frozen=True)
class AnswerPair:
    """An answer, its solution, the outcome they must get, and what is declared (algebra, spin, domains, functions)."""

    answer: str
    solution: str
    outcome: str
    section: str
    declared: Mapping[str, Any] = field(default_factory=dict)

    def vocabulary(self) -> Vocabulary:
        """The declared names: those of `parameters` alone where there are any, else the algebra's usual letters and all others."""
        algebra, spin = self.declared.get("algebra"), self.declared.get("spin")
        if "parameters" in self.declared:
            return Problem("pair", "1", parameters=self.declared["parameters"], algebra=algebra).vocabulary()
        return open_vocabulary(
            algebra,
            Fraction(spin) if spin else None,
            positive=frozenset(self.declared.get("positive", ())),
            functions=frozenset(self.declared.get("functions", ())),
        )


def answer_pairs() -> list[AnswerPair]:
    """All pairs of the table, in its order."""
    with resources.files(__package__).joinpath("answer_pairs.toml").open("rb") as file:
        sections = tomllib.load(file)["section"]
    return [_pair(entry, section) for section in sections for entry in section["pairs"]]


def compare_pair(pair: AnswerPair, seconds: float = 5.0) -> Comparison:
    """What our grader says of a pair."""
    vocabulary = pair.vocabulary()
    if not pair.declared.get("lists"):
        return compare(pair.answer, pair.solution, vocabulary, seconds=seconds)
    try:
        answers, solutions = split_answers(pair.answer), split_answers(pair.solution)
    except NoAnswerError as error:
        return Comparison("unparsed", reason=str(error))
    return compare_lists(answers, solutions, lambda first, second: compare(first, second, vocabulary, seconds=seconds))


def _pair(entry: Any, section: Mapping[str, Any]) -> AnswerPair:
    declared = {"algebra": section["algebra"]} if "algebra" in section else {}
    if isinstance(entry, list):
        answer, solution, outcome = entry
        return AnswerPair(answer, solution, outcome, section["what"], declared)
    more = {name: value for name, value in entry.items() if name not in ("answer", "solution", "outcome")}
    return AnswerPair(entry["answer"], entry["solution"], entry["outcome"], section["what"], declared | more)
