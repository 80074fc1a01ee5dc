"""Quick claim: asking models is safe against busy endpoints, silence and kills."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from ... import quantum
from ...claims import Evidence
from .subject import paper

PROBLEMS, MODELS = 50, {"strong": (0.8, 0.02), "fair": (0.5, 0.05), "weak": (0.1, 0.2)}
WAITS = (0.3, 12, 0.01, 0.05)  # time limit of an attempt, attempts, first and longest wait
CHILD = """
import json, sys
from phasebook.quantum.benchmark import Question, run_benchmark
from phasebook.quantum.chat_endpoint import Endpoint
url, folder, models, prompts, waits = json.loads(sys.argv[1])
questions = [Question(name, "1", prompt) for name, prompt in prompts.items()]
run_benchmark(questions, models, Endpoint(url, "", *waits), folder)
"""


@paper.claim("runner", tier="quick", origin="own", source="the contract of `phasebook benchmark`")
def runner(seed: int) -> Evidence:
    """Against an endpoint that is busy at 20 % and silent at 5 % of the attempts, 50 problems put to 3 models end, across a kill -9
    in the middle, with 150 graded replies, none there twice or asked for again once kept, and with the table of what
    the models had to say."""
    problems = [
        quantum.Problem(
            f"commutator-{power}",
            rf"\boxed{{{power} b^{{{power - 1}}}}}",
            f"Give the commutator of the {power}-th power of b with its adjoint, where b is a boson.",
            r"$(b, NC)$",
            kind="operator",
            algebra="boson",
        )
        for power in range(1, PROBLEMS + 1)
    ]
    answers = {problem.prompt: problem.answers()[0] for problem in problems}
    models = {f"{name}-{seed}": quantum.PracticeModel(*skill) for name, skill in MODELS.items()}
    with tempfile.TemporaryDirectory() as folder:
        faults = quantum.Faults(busy=0.2, slow=0.05)
        with quantum.PracticeEndpoint(answers, models, faults) as served:
            answered = _killed_run(served, folder, problems)
            asked = {key: served.asked[key] for key in answered}
            rows = _graded_run(served, folder, problems)
            again = sum(served.asked[key] > count for key, count in asked.items())
            met = served.faults_met
            expected = _expected_counts(served, problems)
    keys = {(row["model"], row["problem"], row["seed"]) for row in rows}
    table = quantum.table_of_rows(rows)
    found = {model: counts.sum(axis=0)[:3].tolist() for model, counts in zip(table.models, table.counts, strict=True)}
    return Evidence.all_of(
        Evidence.exact([len(rows), len(keys)], [150, 150], label="graded replies, different ones"),
        Evidence.exact([found[model] for model in models], expected, label="correct, wrong and unparsed by model"),
        Evidence.exact([0 < len(answered) < 150], [True], label="killed in the middle"),
        Evidence.exact(again, 0, label="kept replies that were asked for again"),
        Evidence.exact([met["busy"] > 20, met["slow"] > 2], [True, True], label="busy and silent attempts"),
    )


def _killed_run(served: quantum.PracticeEndpoint, folder: str, problems: Sequence[Any]) -> set[tuple[str, str]]:
    """Start a run in a process of its own and kill it; returns the models and questions whose replies it kept."""
    prompts = {problem.id: problem.prompt for problem in problems}
    told = json.dumps([served.url, folder, list(served.models), prompts, WAITS])
    child = subprocess.Popen([sys.executable, "-c", CHILD, told])
    try:
        until = time.monotonic() + 20
        while served.faults_met["none"] < 60 and child.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
    finally:
        child.kill()
        child.wait()
    with quantum.ReplyRecord(folder) as record:
        return {(key.model, prompts[key.problem]) for key in record.answered()}


def _expected_counts(served: quantum.PracticeEndpoint, problems: Sequence[Any]) -> list[list[int]]:
    """Correct, wrong and unboxed replies of each model, by what the endpoint is to say, without asking or grading."""
    counts = []
    for model in served.models:
        said = {problem.answers()[0]: served.said(model, problem.prompt) for problem in problems}
        boxed = {answer: text for answer, text in said.items() if "boxed" in text}
        right = sum(rf"\boxed{{{answer}}}" in text for answer, text in boxed.items())
        counts.append([right, len(boxed) - right, len(said) - len(boxed)])
    return counts


def _graded_run(served: quantum.PracticeEndpoint, folder: str, problems: Sequence[Any]) -> list[dict[str, Any]]:
    """Ask what is missing, and grade the whole record."""
    questions = [quantum.Question(problem.id, problem.version, problem.prompt) for problem in problems]
    quantum.run_benchmark(questions, list(served.models), quantum.Endpoint(served.url, "", *WAITS), folder)
    with quantum.ReplyRecord(folder) as record:
        replies = [quantum.reply_of(row, "the record") for row in record.rows()]
    return quantum.grade_replies(replies, problems, workers=0)
