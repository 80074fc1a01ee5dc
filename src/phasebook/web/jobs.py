"""Jobs: measurements that a reader asked for, one after another, each in a process of its own that Cancel really kills.

The queue is short, time and memory are limited, and what a job gave stays in its folder, so that its address can be shared.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..claims import load_paper
from ..errors import PhasebookError
from ..experiments import Road
from ..terminal_text import comparison_cells
from ..unit_store import write_text
from ..verify import verify
from ..workers import Task, run_tasks
from .drawing import measure_experiment

State = Literal["queued", "running", "done", "failed", "canceled"]
ENDED: tuple[State, ...] = ("done", "failed", "canceled")
SECONDS, MEMORY = 900.0, 4 * 1024**3
KEPT = 500  # jobs that are remembered; the folders of older ones are removed
IDENTIFIER_BYTES = 9


class QueueFull(PhasebookError):
    """Too many jobs wait; the message says how many."""


@dataclass(frozen=True, slots=True)
class Job:
    """One measurement of an experiment (`only`: a road, or both) or of a claim, and what became of it."""

    id: str
    kind: Literal["experiment", "claim"]
    paper: str
    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    only: Road | None = None
    state: State = "queued"
    created: str = ""
    began: float = 0.0
    seconds: float = 0.0
    units_done: int = 0
    units: int = 1
    message: str = ""
    verdict: str = ""
    predicted: str = ""
    measured: str = ""
    rows: tuple[tuple[str, str, str, str], ...] = ()
    drawn: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    def public(self) -> dict[str, Any]:
        """What pages and the API show of it."""
        table = asdict(self)
        del table["began"]
        # Where a reader's file lies on this machine is nobody's business.
        table["parameters"] = {name: shown_parameter(text) for name, text in self.parameters.items()}
        if self.state == "running":
            table["seconds"] = round(time.time() - self.began, 1)
        return table


def shown_parameter(text: str) -> str:
    """A parameter's text, or, for a file that was sent, words in its place."""
    return "your file" if Path(text).is_absolute() else text


def _for_reader(job: Job, message: str) -> str:
    """A failure's message with the reader's words for files: they are kept here under the hash of their content."""
    for name, text in job.parameters.items():
        if Path(text).is_absolute():
            message = message.replace(text, Path(text).name).replace(Path(text).name, f"your file ({name})")
    return message.removeprefix("ValueError: ")


class Jobs:
    """The queue and its one runner. All methods may be called from any thread."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self._lock = threading.Condition()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._stop: set[str] = set()
        self._closed = False
        self._load()
        self._runner = threading.Thread(target=self._run, daemon=True, name="jobs")
        self._runner.start()

    def submit(
        self,
        kind: Literal["experiment", "claim"],
        paper: str,
        name: str,
        *,
        parameters: Mapping[str, str] | None = None,
        seed: int = 0,
        only: Road | None = None,
    ) -> Job:
        """Put a job at the end of the queue. Raises `QueueFull`."""
        with self._lock:
            waiting = sum(job.state == "queued" for job in self._jobs.values())
            if waiting >= self.limit:
                raise QueueFull(f"{waiting} jobs wait already, which is the limit; cancel one or come back later")
            job = Job(
                secrets.token_urlsafe(IDENTIFIER_BYTES),
                kind,
                paper,
                name,
                dict(parameters or {}),
                seed,
                only,
                created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            )
            self._keep(job)
            self._lock.notify_all()
            return job

    def get(self, identifier: str) -> Job | None:
        """The job of this identifier."""
        with self._lock:
            return self._jobs.get(identifier)

    def all(self) -> list[Job]:
        """All jobs that are remembered, newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def cancel(self, identifier: str) -> Job | None:
        """Take a job from the queue, or kill its process; one that has ended stays as it is."""
        with self._lock:
            job = self._jobs.get(identifier)
            if job is None or job.ended:
                return job
            self._stop.add(identifier)
            if job.state == "queued":
                job = replace(job, state="canceled", message="canceled before it began")
                self._keep(job)
            return job

    def wait(self, identifier: str, seen: Job | None, seconds: float) -> Job | None:
        """The job as soon as it differs from `seen`, at the latest after so many seconds."""
        with self._lock:
            self._lock.wait_for(lambda: self._jobs.get(identifier) != seen, timeout=seconds)
            return self._jobs.get(identifier)

    def file(self, identifier: str, name: str) -> Path | None:
        """A file that a job wrote; the names are ours, never a request's."""
        path = self.folder / identifier / name
        return path if identifier in self._jobs and path.is_file() else None

    def close(self) -> None:
        """Cancel everything and end the runner."""
        with self._lock:
            self._closed = True
            self._stop.update(self._jobs)
            self._lock.notify_all()
        self._runner.join(timeout=20)

    def _run(self) -> None:
        while job := self._next():
            folder = self.folder / job.id
            folder.mkdir(parents=True, exist_ok=True)
            steps = self._claim(job) if job.kind == "claim" else self._experiment(job, folder)
            try:
                for job in steps:
                    if not job.ended:
                        self._keep(job)
            except Exception as error:  # a defect of ours must not end the queue
                job = replace(job, state="failed", message=f"{type(error).__name__}: {error}")
            if not job.ended:
                job = replace(job, state="canceled", message="canceled; its process was killed")
            self._keep(replace(job, seconds=round(time.time() - job.began, 3)))

    def _next(self) -> Job | None:
        def waiting() -> Job | None:
            return next((job for job in self._jobs.values() if job.state == "queued"), None)

        with self._lock:
            self._lock.wait_for(lambda: self._closed or waiting() is not None)
            job = None if self._closed else waiting()
            if job is None:
                return None
            job = replace(job, state="running", began=time.time())
            self._keep(job)
            return job

    def _experiment(self, job: Job, folder: Path) -> Iterator[Job]:
        arguments = (job.paper, job.name, dict(job.parameters), job.only, job.seed, str(folder))
        task = Task(job.id, measure_experiment, arguments, SECONDS, MEMORY)
        for event in run_tasks([task], workers=1, stop=lambda: self._stopped(job.id)):
            outcome = event.outcome
            if outcome is None:
                continue
            if outcome.failure:
                yield replace(job, state="failed", message=_for_reader(job, outcome.message))
            else:
                value = outcome.value
                rows = tuple(tuple(row) for row in value["rows"])
                yield replace(job, state="done", units_done=1, rows=rows, drawn=value["drawn"])

    def _claim(self, job: Job) -> Iterator[Job]:
        claim = load_paper(job.paper).claims[job.name]
        identifier = job.id
        for step in verify([claim], seed=job.seed, stop=lambda: self._stopped(identifier)):
            job = replace(job, units_done=step.units_done, units=step.units)
            if step.result is not None:
                cells = comparison_cells(step.result)
                job = replace(
                    job,
                    state="done",
                    verdict=step.result.verdict,
                    message=step.result.message,
                    predicted=cells.predicted,
                    measured=cells.measured,
                )
            yield job

    def _stopped(self, identifier: str) -> bool:
        return identifier in self._stop or self._closed

    def _keep(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job
            while len(self._jobs) > KEPT:
                self._forget(next(iter(self._jobs)))
            folder = self.folder / job.id
            folder.mkdir(parents=True, exist_ok=True)
            write_text(folder / "job.json", json.dumps(asdict(job), sort_keys=True))
            self._lock.notify_all()

    def _forget(self, identifier: str) -> None:
        del self._jobs[identifier]
        for path in (self.folder / identifier).glob("*"):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (self.folder / identifier).rmdir()

    def _load(self) -> None:
        """Jobs of earlier runs of the server; what was not finished then is canceled."""
        found = []
        for path in self.folder.glob("*/job.json"):
            with contextlib.suppress(ValueError, TypeError):
                table = json.loads(path.read_text())
                job = Job(**{**table, "rows": tuple(tuple(row) for row in table["rows"])})
                if not job.ended:
                    job = replace(job, state="canceled", message="the server stopped before it ended")
                found.append(job)
        for job in sorted(found, key=lambda each: each.created)[-KEPT:]:
            self._jobs[job.id] = job
