"""Grades replies against problems whose solutions are known: an outcome, both canonical forms, and what shows a difference.

Whatever a reply holds, nothing is raised for it; in a worker process its grading also has a limit of time and memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..workers import Outcome as TaskOutcome
from ..workers import Task, run_tasks
from .algebra import AlgebraError
from .answer_equality import Comparison, compare_answers
from .answer_extraction import NoAnswerError, boxed_answers
from .problem_records import InvalidProblemError, Problem, check_problem

SECONDS = 20.0
MEMORY = 2 * 1024**3


def grade_reply(response: str | None, problem: Problem) -> Comparison:
    """The grade of one reply's text, in this process, within the budget of terms and seconds for each pair of formulas.

    `outcome` is correct, wrong, unparsed (the answer can't be read; `reason` and `column` say why and where), ungraded (beyond
    the budget, or the problem itself can't be read) or refused (an empty reply). `warning` is set where boxes differed.
    """
    if response is None or not response.strip():
        return Comparison("refused", reason="the reply is empty")
    try:
        answers = boxed_answers(response)
    except NoAnswerError as error:
        return Comparison("unparsed", reason=str(error))
    try:
        found = compare_answers(answers.items, problem)
        if found.outcome == "unparsed":
            check_problem(problem, "here")  # whose fault it is: a problem that can't be read condemns no answer
        return found.warned(answers.warning)
    except (AlgebraError, InvalidProblemError, NoAnswerError) as error:
        return Comparison("ungraded", reason=str(error))


def grade_responses(
    responses: Sequence[tuple[str | None, Problem]],
    *,
    workers: int = 1,
    seconds: float = SECONDS,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Comparison]:
    """The grades of many replies, in their order, from worker processes; `progress` is told how many are done.

    One that takes longer than `seconds`, or more than 2 GB, is `ungraded`, and one that ends its process is an `error`;
    `workers=0` grades in this process.
    """
    tasks = [
        Task(str(number), grade_reply, (response, problem), seconds, MEMORY)
        for number, (response, problem) in enumerate(responses)
    ]
    grades: dict[int, Comparison] = {}
    for event in run_tasks(tasks, workers=workers):
        if event.outcome is not None:
            grades[int(event.key)] = _grade(event.outcome)
            progress(len(grades))
    return [grades[number] for number in range(len(tasks))]


def _grade(outcome: TaskOutcome) -> Comparison:
    """Beyond time or memory nothing is known about an answer; any other failure is an error of ours."""
    if outcome.failure is None:
        return outcome.value
    limits = outcome.failure in ("time", "memory")
    return Comparison(
        "ungraded" if limits else "error", reason=f"grading {outcome.message}" if limits else outcome.message
    )
