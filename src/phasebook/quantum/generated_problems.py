"""Generated problems of condensed-matter theory: templates with parameters, whose answers two independent solvers
compute.

An instance is admitted only where both solvers agree: exact answers to 1e-8, Monte Carlo within four standard errors.
A record holds what a benchmark needs (prompt, boxed solution, symbols) and how the truth was found.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from ..numerics.seeding import part_seed
from .problem_records import RELATIVE_TOLERANCE, InvalidProblemError, Kind, Problem, check_problem
from .vocabulary import AlgebraName

ProblemType = Literal["HF", "ED", "DMRG", "QMC", "VMC", "PEPS", "SM", "Other"]
Parameters = Mapping[str, Any]
EXACT_TOLERANCE = 1e-8
STANDARD_ERRORS = 4.0
VERSION = "1"
ABSOLUTE_TOLERANCE = 1e-9  # for answers that are zero
MOST_DRAWS = 4000


@dataclass(frozen=True)
class Answer:
    """What one solver found: `values` to compare with the other's, their standard errors (empty: exact) or stated
    `accuracy`.

    `text` is the boxed answer where it is no list of numbers; then `values` are matrix elements, or the formula at
    sample points.
    """

    solver: str
    values: tuple[complex, ...]
    stderrs: tuple[float, ...] = ()
    accuracy: float = EXACT_TOLERANCE
    text: str = ""


@dataclass(frozen=True)
class ProblemTemplate:
    """A question with parameters: how they are drawn, how it is worded, and two roads to its answer.

    `symbols` and `domain` are those of the answer, in a record's notation; several numbers are answered in their order.
    """

    name: str
    type: ProblemType
    about: str
    draw: Callable[[np.random.Generator], dict[str, Any]]
    question: Callable[[Parameters], str]
    first: Callable[[Parameters], Answer]
    second: Callable[[Parameters, int], Answer]
    kind: Kind = "numeric"
    algebra: AlgebraName | None = None
    spin: Fraction | None = None
    symbols: str = ""
    domain: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class ProblemInstance:
    """One admitted problem with both answers, and the seconds that the two solvers took."""

    template: ProblemTemplate
    index: int
    parameters: Parameters
    first: Answer
    second: Answer
    seconds: float

    @property
    def solution(self) -> str:
        """The boxed answer in LaTeX."""
        body = self.first.text or ";".join(number_text(value) for value in self.first.values)
        return rf"\boxed{{{body}}}"

    @property
    def largest_score(self) -> float:
        """The largest difference of the two answers in standard errors; 0 for exact ones."""
        stderrs = self.second.stderrs or self.first.stderrs
        if not stderrs:
            return 0.0
        return max(_scores(self.first, self.second))

    @property
    def problem(self) -> Problem:
        """The problem as a grader takes it."""
        template = self.template
        return Problem(
            f"{template.name}-{self.index}",
            self.solution,
            template.question(self.parameters),
            parameters=template.symbols,
            type=template.type,
            index=self.index,
            version=VERSION,
            kind=template.kind,
            algebra=template.algebra,
            spin=template.spin,
            tolerance=(RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE),
            domain=template.domain,
            ordered=len(self.first.values) > 1 and template.kind == "numeric",
            ground_truth={
                "solver": self.first.solver,
                "second_solver": self.second.solver,
                "parameters": dict(self.parameters),
                "value": [value.real for value in self.first.values] if template.kind == "numeric" else [],
                "stderr": max(self.second.stderrs, default=0.0),
                "seconds": round(self.seconds, 3),
            },
        )

    def record(self) -> dict[str, Any]:
        """The problem as a line of a file, which `read_problems` reads again."""
        found = {each.name: getattr(self.problem, each.name) for each in fields(Problem)}
        found["spin"] = None if self.template.spin is None else str(self.template.spin)
        found["tolerance"] = list(found["tolerance"])
        found["domain"] = {name: list(bounds) for name, bounds in self.template.domain.items()}
        return {name: value for name, value in found.items() if value is not None}


def instantiate(template: ProblemTemplate, parameters: Parameters, *, index: int = 0, seed: int = 0) -> ProblemInstance:
    """Solve a template at given parameters by both roads. Raises InvalidProblemError, naming the problem, where they
    disagree."""
    begin = time.perf_counter()
    first, second = template.first(parameters), template.second(parameters, seed)
    seconds = time.perf_counter() - begin
    where = f"{template.name}-{index} with {dict(parameters)}"
    if len(first.values) != len(second.values):
        raise InvalidProblemError(
            f"{where}: {first.solver} gives {len(first.values)} values, {second.solver} gives {len(second.values)}"
        )
    bound = STANDARD_ERRORS if first.stderrs or second.stderrs else 1.0
    for one, other, score in zip(first.values, second.values, _scores(first, second), strict=True):
        if not score <= bound:
            raise InvalidProblemError(
                f"{where}: {first.solver} gives {one:.12g}, {second.solver} gives {other:.12g}; they must agree"
            )
    found = ProblemInstance(template, index, parameters, first, second, seconds)
    check_problem(found.problem, where)
    return found


def drawn_parameters(template: ProblemTemplate, count: int, seed: int) -> list[dict[str, Any]]:
    """`count` distinct sets of parameters; the first k are the same for any count. Raises ValueError where there are
    fewer."""
    generator = np.random.default_rng(part_seed(seed, *template.name.encode()))
    found: list[dict[str, Any]] = []
    for _ in range(MOST_DRAWS):
        if len(found) == count:
            return found
        drawn = template.draw(generator)
        if drawn not in found:
            found.append(drawn)
    raise ValueError(
        f"count must be at most {len(found)} for {template.name}, which has no more instances; got {count}"
    )


def instances(template: ProblemTemplate, count: int, *, seed: int) -> list[ProblemInstance]:
    """`count` distinct admitted problems of a template. Raises InvalidProblemError where solvers disagree."""
    return [
        instantiate(template, parameters, index=index, seed=part_seed(seed, index, *template.name.encode()))
        for index, parameters in enumerate(drawn_parameters(template, count, seed))
    ]


def number_text(value: complex) -> str:
    """A number as an answer: whole where it is whole, else with twelve digits after the point."""
    if value.imag:
        raise ValueError(f"an answer in numbers must be real; got {value}")
    real = value.real
    return str(round(real)) if abs(real - round(real)) < 1e-11 * max(1.0, abs(real)) else f"{real:.12f}".rstrip("0")


def factor_text(number: int) -> str:
    """A whole factor as it is written before a symbol: nothing for one."""
    return "" if number == 1 else str(number)


def _scores(first: Answer, second: Answer) -> list[float]:
    """Each difference in units of what is allowed: standard errors, or the accuracy of exact answers."""
    size = len(first.values)
    stderrs = np.hypot(_filled(first.stderrs, size), _filled(second.stderrs, size))
    scores = []
    for one, other, stderr in zip(first.values, second.values, stderrs.tolist(), strict=True):
        accuracy = max(first.accuracy, second.accuracy) * max(1.0, abs(one))
        difference = abs(one - other)
        # A standard error of zero among others (every block the same) is judged as an exact value is.
        scores.append(difference / stderr if stderr > 0 else difference / accuracy)
    return [score if math.isfinite(score) else math.inf for score in scores]


def _filled(stderrs: tuple[float, ...], size: int) -> np.ndarray:
    return np.array(stderrs) if stderrs else np.zeros(size)
