"""Replies of models graded against their problems: from a file or a record, to rows that a report reads.

A file of replies has one JSON object a line: `problem`, `model` and `response` (null for a model that refused), and where known
`seed` and `version`. A reply that failed at the endpoint has the reason as its `failure`. A row may hold its problem as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .answer_equality import Comparison
from .graded_replies import GradedTable, graded_table, json_object
from .grader import grade_responses
from .problem_records import InvalidProblemError, Problem, check_problem, problem_of


@dataclass(frozen=True, slots=True)
class Reply:
    """What one model said to one problem: None where it refused; `failure` says why there is no reply at all."""

    problem: str
    model: str
    response: str | None
    seed: int = 0
    version: str = ""
    failure: str = ""
    tokens: int | None = None


def read_replies(path: str | Path) -> list[Reply]:
    """Read replies from a .jsonl file; raises ValueError naming the row, also where a reply is there twice."""
    path = Path(path)
    if path.suffix.lower() != ".jsonl" or not path.is_file():
        raise ValueError(f"replies must be a .jsonl file that exists; got {path.name!r}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8 text: {error}") from None
    replies: list[Reply] = []
    seen: dict[tuple[str, str, str, int], int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        reply = reply_of(json_object(line, path.name, number), f"{path.name}, row {number}")
        first = seen.setdefault((reply.model, reply.problem, reply.version, reply.seed), number)
        if first != number:
            raise ValueError(
                f"{path.name}, row {number} repeats model {reply.model!r}, problem {reply.problem!r} and seed {reply.seed} "
                f"of row {first}; give further replies seeds of their own"
            )
        replies.append(reply)
    if not replies:
        raise ValueError(f"{path.name} holds no replies")
    return replies


def problems_in(path: str | Path) -> list[Problem]:
    """The problems that the rows of a file of replies hold themselves (`solution`, `parameters` and the rest); empty for none.

    Raises `InvalidProblemError` where two rows of a problem disagree, or its solution can't be read.
    """
    path = Path(path)
    found: dict[str, Problem] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        row = json_object(line, path.name, number) if line.strip() else {}
        if "solution" not in row:
            continue
        where = f"{path.name}, row {number}"
        problem = problem_of({"index": 0, **row, "id": row.get("problem")}, number, where)
        if found.setdefault(problem.id, problem) != problem:
            raise InvalidProblemError(f"{where}: problem {problem.id!r} is another one than before")
    for problem in found.values():
        check_problem(problem, path.name)
    return list(found.values())


def reply_of(row: Mapping[str, Any], where: str) -> Reply:
    """The reply that a row holds. Raises ValueError naming the row for a missing or wrong entry."""
    for name in ("problem", "model"):
        if row.get(name) is None or not str(row[name]).strip():
            raise ValueError(f"{where} needs a {name}; it has {', '.join(map(str, row)) or 'nothing'}")
    response, seed, tokens = row.get("response"), row.get("seed") or 0, row.get("completion_tokens")
    if "response" not in row or not (response is None or isinstance(response, str)):
        raise ValueError(f"{where}: response must be a text, or null for a refusal; got {response!r:.40}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"{where}: seed must be an integer; got {seed!r:.40}")
    return Reply(
        str(row["problem"]).strip(),
        str(row["model"]).strip(),
        None if row.get("refused") else response,
        seed,
        str(row.get("version") or ""),
        str(row.get("failure") or ""),
        tokens if isinstance(tokens, int) else None,
    )


def grade_replies(
    replies: Sequence[Reply],
    problems: Iterable[Problem],
    *,
    workers: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """A graded row for each reply, in their order, from worker processes with a limit of time (`workers=0`: in this process).

    A row has `problem`, `version`, `model`, `seed`, `type`, `outcome`, and what explains it: `reason` and `column` where an answer
    could not be read, `witness` and both canonical forms where it is wrong, `warning` where boxes differ. A failed reply has the
    outcome `error`, a refused one `refused`. Raises ValueError for a reply to a problem that is not there, or to another version.
    """
    known = {problem.id: problem for problem in problems}
    for reply in replies:
        if reply.problem not in known:
            raise ValueError(
                f"there is no problem {reply.problem!r} among the {len(known)} given, to which model {reply.model!r} replied"
            )
        version = known[reply.problem].version
        if reply.version not in ("", version):
            raise ValueError(
                f"problem {reply.problem!r} has version {version}; model {reply.model!r} replied to {reply.version}"
            )
    heard = [(reply.response, known[reply.problem]) for reply in replies if not reply.failure]
    grades = iter(grade_responses(heard, workers=workers, progress=progress))
    return [
        _row(reply, known[reply.problem], Comparison("error", reason=reply.failure) if reply.failure else next(grades))
        for reply in replies
    ]


def table_of_rows(rows: Iterable[Mapping[str, Any]]) -> GradedTable:
    """The table of graded rows, for a report; a model without a reply to a problem has not solved it (outcome `error`)."""
    return graded_table(enumerate(rows, start=1), "the graded replies", missing="error")


def _row(reply: Reply, problem: Problem, grade: Comparison) -> dict[str, Any]:
    return {
        "problem": problem.id,
        "version": problem.version,
        "model": reply.model,
        "seed": reply.seed,
        "type": problem.type,
        "outcome": grade.outcome,
        "reason": grade.reason,
        "column": grade.column,
        "witness": grade.witness,
        "answer_form": grade.first_form,
        "solution_form": grade.second_form,
        "warning": grade.warning,
        "completion_tokens": reply.tokens,
    }
