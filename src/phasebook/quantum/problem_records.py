"""Problems as files hold them, checked where they are read.

A problem has the public data set's fields (`prompt`, `solution`, `parameters`, `functions`, `type`, `index`) and those that a
grader needs: `id`, `version`, `kind`, `algebra`, `spin`, `tolerance`, `domain`, `sites`, `ordered`, `ground_truth`. Files are JSON
lines, JSON or YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import PhasebookError
from .algebra import AlgebraError
from .answer_extraction import NoAnswerError, boxed_answers, split_answers
from .expression_tokens import ParseError
from .expression_tree import AdjointNode, NameNode
from .parser import name_key, parse_expression
from .vocabulary import ALGEBRAS, AlgebraName, Vocabulary

Kind = Literal["numeric", "choice", "symbolic", "operator"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TYPES = ("HF", "ED", "DMRG", "QMC", "VMC", "PEPS", "SM", "Other")
SUFFIXES = (".jsonl", ".json", ".yaml", ".yml")
RELATIVE_TOLERANCE = 1e-6
SAMPLED_TOLERANCE = 1e-3
SAMPLED_ERRORS = 3.0
_COMPONENT = re.compile(r"\^\s*\{?\s*[xyz+-]\s*\}?\s*$")  # of a spin: S_1^x declares S
_STAR = re.compile(r"(?:\^\s*)?(?:\{\s*\*\s*\}|\*)\s*$")
_ADJOINT = re.compile(r"\^\s*(?:\{\s*\\dagger\s*\}|\\dagger)")


class InvalidProblemError(PhasebookError, ValueError):
    """A problem's record is incomplete, or its own solution can't be read."""


@dataclass(frozen=True)
class Problem:
    """One problem. `tolerance` is (relative, absolute); `domain` maps a symbol to positive, integer, real,
    complex (as a symbol that is declared with a star is) or (low, high).

    `algebra` is that of all declared operators, or maps each letter to its own: different ones commute. Raises
    `InvalidProblemError` for an unknown kind or type, or an empty solution, and `AlgebraError` for an unknown algebra.
    """

    id: str
    solution: str
    prompt: str = ""
    parameters: str = ""
    functions: str = ""
    type: str = "Other"
    index: int = 0
    version: str = "1"
    kind: Kind = "symbolic"
    algebra: AlgebraName | Mapping[str, AlgebraName] | None = None
    spin: Fraction | None = None
    tolerance: tuple[float, float] = (RELATIVE_TOLERANCE, 0.0)
    domain: Mapping[str, str | tuple[float, float]] = field(default_factory=dict)
    sites: int | None = None
    ordered: bool = False
    ground_truth: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidProblemError(f"problem {self.id!r}: kind must be one of {', '.join(KINDS)}; got {self.kind!r}")
        if self.type not in TYPES:
            raise InvalidProblemError(f"problem {self.id!r}: type must be one of {', '.join(TYPES)}; got {self.type!r}")
        for name in self.algebra.values() if isinstance(self.algebra, Mapping) else (self.algebra,):
            if name is not None and name not in ALGEBRAS:
                raise AlgebraError(f"problem {self.id!r}: algebra must be one of {', '.join(ALGEBRAS)}; got {name!r}")
        if not self.solution.strip():
            raise InvalidProblemError(f"problem {self.id!r}: the solution is empty")

    def answers(self) -> tuple[str, ...]:
        """The solution's formulas: those of its box, or the whole text where it has none."""
        try:
            return boxed_answers(self.solution).items
        except NoAnswerError:
            return split_answers(self.solution)

    def vocabulary(self) -> Vocabulary:
        """The declared names. Raises `AlgebraError` for operators without an algebra, `InvalidProblemError` for what is no name."""
        return declared_vocabulary(self)


def read_problems(path: str | Path, *, strict: bool = True, algebra: AlgebraName | None = None) -> list[Problem]:
    """Read problems from a .jsonl, .json or .yaml file; `algebra` is that of declared operators where a record names none.

    Raises `InvalidProblemError` naming file, record and id for a record that is incomplete, stands twice, or (where `strict`) has
    a solution that can't be read; `AlgebraError` for operators without an algebra. Without `strict` such problems are kept, and
    replies to them are `ungraded`.
    """
    path = Path(path)
    problems: dict[str, Problem] = {}
    for number, record in _records(path):
        where = f"{path.name}, record {number}"
        unnamed = "NC" in str(record.get("parameters", "")) and not record.get("algebra")
        given = {**record, "algebra": algebra} if unnamed else record
        problem = problem_of(given, number, where)
        if problem.id in problems:
            raise InvalidProblemError(f"{where}: the id {problem.id!r} is there twice")
        if strict:
            check_problem(problem, where)
        problems[problem.id] = problem
    if not problems:
        raise InvalidProblemError(f"{path.name} holds no problem")
    return list(problems.values())


def check_problem(problem: Problem, where: str) -> None:
    """Raise `InvalidProblemError` where the solution can't be read, with file, record and id."""
    from .answer_equality import compare_answers

    try:
        comparison = compare_answers(problem.answers(), problem)
    except (NoAnswerError, AlgebraError, InvalidProblemError) as error:
        kind = AlgebraError if isinstance(error, AlgebraError) else InvalidProblemError
        raise kind(f"{where}, problem {problem.id!r}: {error}") from None
    if comparison.outcome != "correct":
        reason = comparison.reason or comparison.witness
        raise InvalidProblemError(
            f"{where}, problem {problem.id!r}: its own solution is {comparison.outcome}: {reason}"
        )


def declared_vocabulary(problem: Problem) -> Vocabulary:
    """The names that a problem's `parameters`, `functions` and `domain` declare."""
    symbols: set[str] = set()
    operators: dict[str, AlgebraName] = {}
    written: list[str] = []
    starred: set[str] = set()
    for item in _items(problem.parameters):
        name, operator = _declared_name(item, problem.id)
        written.append(name_key(name.base, name.labels, name.above))
        if _STAR.search(item) and not operator:
            starred.add(name.base)
        if operator:
            operators[name.base] = _algebra_of(name.base, problem.algebra, _without_braces(written[-1]))
        else:
            symbols |= {name_key(name.base, name.labels, name.above, pattern=pattern) for pattern in (False, True)}
    functions, values = _functions(problem)
    domain = {name.removeprefix("\\"): kind for name, kind in problem.domain.items()}
    counted = [base for base, kind in operators.items() if base in ("n", "N") and kind in ("boson", "fermion")]
    acting = [base for base in operators if base not in counted]
    if counted and not acting:
        raise AlgebraError(f"{counted[0]!r} counts particles, and no operator is declared beside it")
    return Vocabulary(
        operators={base: operators[base] for base in acting},
        symbols=frozenset(symbols),
        numbers={base: acting[0] for base in counted},
        functions=frozenset(functions),
        index_values=values,
        positive=frozenset(name for name, kind in domain.items() if kind == "positive"),
        integer=frozenset(name for name, kind in domain.items() if kind == "integer"),
        complex=frozenset(starred) | {name for name, kind in domain.items() if kind == "complex"},
        ranges={name: kind for name, kind in domain.items() if isinstance(kind, tuple)},
        spin=problem.spin,
        sites=problem.sites,
        names=tuple(dict.fromkeys([*map(_without_braces, written), *sorted(functions)])),
    )


def _algebra_of(base: str, declared: AlgebraName | Mapping[str, AlgebraName] | None, written: str) -> AlgebraName:
    algebra = declared.get(base) if isinstance(declared, Mapping) else declared
    if algebra is None:
        raise AlgebraError(f"{written!r} is NC but no algebra is given")
    return "pauli" if algebra == "spin" and base in ("sigma", "X", "Y", "Z") else algebra


def _without_braces(name: str) -> str:
    head, brace, rest = name.partition("_{")
    return f"{head}_{rest.removesuffix('}')}" if brace and len(rest) == 2 else name


def _items(declaration: str) -> list[str]:
    """The parts of a declaration between `;`, without dollars."""
    return [part.strip() for part in declaration.replace("$", " ").split(";") if part.strip()]


def _declared_name(item: str, problem: str) -> tuple[NameNode, bool]:
    """A declared name, and whether it is non-commuting."""
    operator = item.startswith("(") and item.rstrip(") ").endswith("NC")
    text = item.strip()[1:].rpartition(",")[0] if operator else _STAR.sub("", item)
    if operator:
        text = _ADJOINT.sub("", _COMPONENT.sub("", text))
    names = frozenset({text.strip()}) if text.strip().isalpha() else frozenset()
    probe = Vocabulary(functions=frozenset(), symbols=None, operators={name: "fermion" for name in names})
    try:
        tree = parse_expression(text, probe)
    except ParseError as error:
        raise InvalidProblemError(f"problem {problem!r}: the parameter {item!r} can't be read: {error}") from None
    while isinstance(tree, AdjointNode):
        tree = tree.inner
    if not isinstance(tree, NameNode):
        if text.strip() in ("e", "i"):
            return NameNode(1, text.strip()), operator
        raise InvalidProblemError(f"problem {problem!r}: the parameter {item!r} is no name")
    return tree, operator


def _functions(problem: Problem) -> tuple[set[str], dict[str, tuple[str, ...]]]:
    functions: set[str] = set()
    values: dict[str, tuple[str, ...]] = {}
    arrows = {"\\uparrow": "↑", "\\downarrow": "↓"}
    for item in _items(problem.functions):
        if item.startswith("(") and "," in item:
            letter, *given = (part.strip() for part in item.strip("() ").split(","))
            values[letter.removeprefix("\\")] = tuple(arrows.get(value, value) for value in given)
        else:
            functions.add(item.partition("(")[0].strip().removeprefix("\\"))
    return functions, values


def problem_of(record: Mapping[str, Any], number: int, where: str) -> Problem:
    """The problem that a record holds; other entries are left alone. Raises `InvalidProblemError` naming the record."""
    known = {each.name for each in fields(Problem)}
    given = {name: value for name, value in record.items() if name in known and value is not None}
    if "solution" not in given:
        raise InvalidProblemError(f"{where}: a problem must have a solution")
    given["index"] = _integer(given.get("index", number), where, "index")
    given["id"] = str(given.get("id", f"problem-{given['index']}"))
    for name in ("solution", "prompt", "parameters", "functions", "version"):
        given[name] = str(given.get(name, "1" if name == "version" else ""))
    given["domain"] = {str(name): _domain(value, where) for name, value in dict(given.get("domain", {})).items()}
    if "spin" in given:
        given["spin"] = _spin(given["spin"], where)
    if given.get("sites") is not None:
        given["sites"] = _integer(given["sites"], where, "sites")
    given["tolerance"] = _tolerance(given, where)
    given.setdefault("kind", _likely_kind(given))
    return Problem(**given)


def _likely_kind(given: Mapping[str, Any]) -> Kind:
    """The kind of a record that does not say it: by its declarations and its solution."""
    if "NC" in given["parameters"]:
        return "operator"
    if given["parameters"].strip("$ ;"):
        return "symbolic"
    from .answer_equality import choices_text

    try:
        answers = boxed_answers(given["solution"]).items
    except NoAnswerError:
        answers = (given["solution"],)
    return "choice" if all(choices_text(answer) for answer in answers) else "numeric"


def _tolerance(given: Mapping[str, Any], where: str) -> tuple[float, float]:
    """Relative and absolute: as declared, else from the standard error of a sampled truth, else the default."""
    declared = given.get("tolerance")
    if declared is None:
        stderr = float(dict(given.get("ground_truth", {})).get("stderr") or 0.0)
        return (SAMPLED_TOLERANCE, SAMPLED_ERRORS * stderr) if stderr > 0 else (RELATIVE_TOLERANCE, 0.0)
    parts = declared if isinstance(declared, Mapping) else {"rtol": declared}
    if isinstance(declared, (list, tuple)):
        parts = dict(zip(("rtol", "atol"), declared, strict=False))
    try:
        pair = float(parts.get("rtol", 0.0)), float(parts.get("atol", 0.0))
    except (TypeError, ValueError):
        pair = (-1.0, -1.0)
    if not all(0 <= value < 1e6 for value in pair):
        raise InvalidProblemError(
            f"{where}: tolerance must be a number of at least 0, or rtol and atol; got {declared!r}"
        )
    return pair


def _domain(value: Any, where: str) -> str | tuple[float, float]:
    if value in ("positive", "integer", "real", "complex"):
        return str(value)
    pair = (
        isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(each, (int, float)) for each in value)
    )
    if pair and value[0] < value[1]:
        return float(value[0]), float(value[1])
    raise InvalidProblemError(
        f"{where}: a domain must be positive, integer, real, complex or [low, high]; got {value!r}"
    )


def _spin(value: Any, where: str) -> Fraction:
    try:
        spin = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        spin = Fraction(0)
    if spin <= 0 or (2 * spin) % 1 != 0:
        raise AlgebraError(f"{where}: the spin must be a positive half integer; got {value!r}")
    return spin


def _integer(value: Any, where: str, name: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if number < 0 or isinstance(value, bool):
        raise InvalidProblemError(f"{where}: {name} must be an integer of at least 0; got {value!r}")
    return number


def _records(path: Path) -> Iterable[tuple[int, Mapping[str, Any]]]:
    """Numbered records of a file: one per line, a list, or a list under `problems`."""
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"records must be a .jsonl, .json or .yaml file; got {path.name!r}")
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() == ".jsonl":
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        found = [(number, _decoded(line, f"{path.name}, line {number}")) for number, line in lines]
    else:
        content = _decoded(text, path.name) if path.suffix.lower() == ".json" else _yaml(text, path.name)
        if isinstance(content, Mapping):
            content = content.get("problems", content)
        found = list(enumerate(content if isinstance(content, list) else [content], 1))
    for number, record in found:
        if not isinstance(record, Mapping):
            raise InvalidProblemError(f"{path.name}, record {number}: a record must be an object; got {record!r:.80}")
    return found


def _decoded(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidProblemError(f"{where}: no JSON: {error}") from None


def _yaml(text: str, name: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidProblemError(f"{name}: no YAML: {str(error).splitlines()[0]}") from None
