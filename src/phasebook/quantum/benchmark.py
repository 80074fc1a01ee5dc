"""Puts problems to models behind an OpenAI-compatible endpoint and keeps every reply, so that a stopped run goes on where it was.

The protocol is that of arXiv 2510.05228: one query per model, problem and seed, the same system instruction for all, the
endpoint's own sampling settings. Replies are graded afterwards, from the record.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .chat_endpoint import ABOUT_THE_QUESTION, Answer, Endpoint, EndpointError, Flights, QuestionFailed, ask
from .reply_record import ReplyKey, ReplyRecord

CONCURRENCY = 5
MOST_FAILURES = 5  # questions in a row, of all models; then something else is wrong
INSTRUCTION = (
    "You are asked one problem of condensed-matter theory. Think as long as you need, and give your final answer once, inside "
    r"\boxed{} in LaTeX. One expression answers one question; where several are asked for, put them into the same box, separated "
    "by semicolons, in the order of the questions. Use the symbols of the problem alone: no helper definitions, no text, no limits "
    "and no orders of magnitude inside the box."
)


@dataclass(frozen=True, slots=True)
class Question:
    """A problem as it is asked: its name and version, under which replies are kept, its text, and its type."""

    problem: str
    version: str
    prompt: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: questions answered (with those of earlier runs), failed in this one, and all."""

    answered: int
    failed: int
    total: int
    last: ReplyKey | None


def run_benchmark(
    questions: Sequence[Question],
    models: Sequence[str],
    endpoint: Endpoint,
    folder: str | Path,
    *,
    seeds: int = 1,
    concurrency: int = CONCURRENCY,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Ask every model every question once per seed and keep the replies in `folder`; what is there already is not asked again.

    With one seed the endpoint is sent none; with several, each reply is asked for with its own. A question that fails in all
    attempts is kept as failed, and asked again by the next run. Raises ValueError for wrong arguments before anything is asked;
    `EndpointError` where going on is of no use (also after 5 failed questions in a row); both, and Ctrl-C, leave a record that
    the same call completes.
    """
    _check(questions, models, seeds, concurrency)
    wanted = {
        ReplyKey(model, question.problem, question.version, seed): question
        for seed in range(seeds)
        for question in questions
        for model in models
    }
    with ReplyRecord(folder) as record:
        answered = record.answered()
        waiting = [key for key in wanted if key not in answered]
        state = Progress(len(wanted) - len(waiting), 0, len(wanted), None)
        progress(state)
        flights = Flights()
        jobs: queue.SimpleQueue[ReplyKey] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[ReplyKey, Answer | Exception]] = queue.SimpleQueue()
        for key in waiting:
            jobs.put(key)

        def work() -> None:
            while not flights.stopped.is_set():
                try:
                    key = jobs.get_nowait()
                except queue.Empty:
                    return
                done.put((key, _asked(endpoint, key, wanted[key], key.seed if seeds > 1 else None, flights)))

        # Daemons: a run that is stopped by Ctrl-C must not wait for replies that take minutes.
        workers = [threading.Thread(target=work, daemon=True) for _ in range(min(concurrency, len(waiting)))]
        for worker in workers:
            worker.start()
        judge = _Judge(endpoint, {key.model for key in answered})
        try:
            for _ in waiting:
                key, outcome = done.get()
                kept = judge.kept(key, outcome)
                record.keep(key, endpoint.url, kept)
                failed = isinstance(kept, str)
                state = Progress(state.answered + (not failed), state.failed + failed, state.total, key)
                progress(state)
        finally:
            flights.stop()
        for worker in workers:
            worker.join()
    return state


def _asked(
    endpoint: Endpoint, key: ReplyKey, question: Question, seed: int | None, flights: Flights
) -> Answer | Exception:
    """The answer, or whatever was raised, for the thread that keeps the record."""
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": question.prompt}]
    try:
        return ask(endpoint, key.model, messages, seed=seed, flights=flights)
    except Exception as error:
        return error


class _Judge:
    """Which failures are a question's own, and which end the run."""

    def __init__(self, endpoint: Endpoint, heard: set[str]):
        self.endpoint = endpoint
        self.heard = heard  # models that have answered a question
        self.in_a_row = 0

    def kept(self, key: ReplyKey, outcome: Answer | Exception) -> Answer | str:
        """What the record keeps; raises what ends the run."""
        if isinstance(outcome, Answer):
            self.heard.add(key.model)
            self.in_a_row = 0
            return outcome
        if not isinstance(outcome, QuestionFailed):
            raise outcome
        self.in_a_row += 1
        if outcome.status in ABOUT_THE_QUESTION and key.model not in self.heard:
            raise EndpointError(f"{self.endpoint.url} does not take questions for model {key.model!r}: {outcome}")
        if outcome.unreachable and not self.heard:
            raise EndpointError(f"{self.endpoint.url} cannot be reached: {outcome}")
        if self.in_a_row >= MOST_FAILURES:
            raise EndpointError(
                f"{self.endpoint.url}: {self.in_a_row} questions in a row failed, the last with {outcome}"
            )
        return str(outcome)


def _check(questions: Sequence[Question], models: Sequence[str], seeds: int, concurrency: int) -> None:
    names: dict[str, Any] = {"problems": [question.problem for question in questions], "models": list(models)}
    for what, values in names.items():
        if not values:
            raise ValueError(f"{what} must name at least one; got none")
        if twice := sorted({value for value in values if values.count(value) > 1}):
            raise ValueError(f"{what} must be different; {twice[0]!r} is there twice")
        if not all(values):
            raise ValueError(f"{what} must have names; one of them is empty")
    if silent := [question.problem for question in questions if not question.prompt.strip()]:
        raise ValueError(f"problem {silent[0]!r} has no prompt to ask")
    if not 1 <= seeds <= 1000:
        raise ValueError(f"seeds must be from 1 to 1000; got {seeds}")
    if not 1 <= concurrency <= 256:
        raise ValueError(f"concurrency must be from 1 to 256; got {concurrency}")
