"""The main job: measures claims in supervised processes, judges them, keeps the records.

`verify` yields what happens as it happens; the terminal, the JSON lines and the report are views of the same results.
"""

import dataclasses
import importlib.util
import json
import math
import os
import shutil
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import runtime
from .claims import Claim, Evidence, Paper, built_papers, judge, load_paper
from .experiments import check_seed
from .provenance import code_version
from .records import Record, RecordsError, add_records, check_writable
from .unit_store import Unit, finished, read_unit, write_unit
from .workers import Event, Outcome, Task, run_tasks

Runner = Callable[..., Generator[Event]]
TIERS = ("core", "quick", "full", "gpu")
NO_COMPARISON = dict.fromkeys(("measured", "stderr", "dof", "interval", "predicted", "tolerance", "relation"), None)


@dataclass(frozen=True, slots=True)
class Result:
    """A claim's verdict and everything that is printed beside it."""

    claim: Claim
    seed: int
    verdict: str
    message: str
    comparisons: tuple[dict[str, Any], ...]
    deciding: int
    finding_stands: bool | None
    seconds: float
    peak_memory: int

    @property
    def passes(self) -> bool:
        """Holds, is skipped, or fails just as its recorded finding says."""
        if self.claim.finding is not None and self.verdict != "skipped":
            return bool(self.finding_stands) and self.verdict == "fails"
        return self.verdict in ("holds", "skipped")

    @property
    def comparison(self) -> dict[str, Any]:
        """The comparison nearest to failing; empty values where nothing was measured."""
        return self.comparisons[self.deciding] if self.comparisons else NO_COMPARISON

    def as_json(self) -> dict[str, Any]:
        """The line that `phasebook verify --json` prints."""
        claim, finding = self.claim, self.claim.finding
        return {
            "paper": claim.slug,
            "claim": claim.name,
            "tier": claim.tier,
            "statement": claim.statement,
            "origin": claim.origin,
            "paper_value": claim.paper_value,
            **{name: self.comparison[name] for name in NO_COMPARISON},
            "comparisons": list(self.comparisons),
            "verdict": self.verdict,
            "finding": None
            if finding is None
            else {**dataclasses.asdict(finding), "stands": bool(self.finding_stands)},
            "message": self.message,
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
        }

    def record(self) -> Record:
        """The record that is kept."""
        line = self.as_json()
        evidence = {name: line[name] for name in (*NO_COMPARISON, "comparisons", "finding", "statement", "origin")}
        return Record(
            paper=self.claim.slug,
            claim=self.claim.name,
            tier=self.claim.tier,
            seed=self.seed,
            verdict=self.verdict,
            message=self.message,
            evidence=evidence,
            seconds=round(self.seconds, 3),
            peak_memory=self.peak_memory,
            code_version=code_version(self.claim.slug),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """What happened: a claim began, one of its units ended, or the claim has a result."""

    claim: Claim
    units_done: int = 0
    units: int = 1
    result: Result | None = None


def select_claims(slugs: Sequence[str] = (), *, claim: str | None = None, tier: str = "core") -> list[Claim]:
    """The claims to measure: of the named papers or all built ones; a tier, or one claim whatever its tier.

    `core` is one headline claim per paper, `quick` includes it. Raises `ValueError` for an unknown paper, tier or claim.
    """
    if tier not in TIERS:
        raise ValueError(f"tier must be one of {', '.join(TIERS)}; got {tier!r}")
    papers: list[Paper] = list({name: load_paper(name) for name in slugs}.values()) if slugs else built_papers()
    claims = [each for paper in papers for each in paper.claims.values()]
    if claim is not None:
        chosen = [each for each in claims if each.name == claim]
        if not chosen:
            known = ", ".join(each.name for each in claims)
            raise ValueError(f"claim must be one of {known}; got {claim!r}")
        return chosen
    return [each for each in claims if (each.core if tier == "core" else each.tier == tier)]


def verify(
    claims: Iterable[Claim],
    *,
    seed: int = 0,
    workers: int | None = None,
    scheduler: str | None = None,
    keep: bool = True,
    stop: Callable[[], bool] | None = None,
) -> Generator[Progress]:
    """Measure the claims and yield progress; every result is recorded at once, so that stopping keeps what was measured.

    Quick claims run side by side in one-thread processes; each long claim runs alone, on all cores. `workers` defaults to the
    number of cores; 0 runs in this process. `stop` is asked whether to end, as `workers.run_tasks` asks it. Raises `RecordsError`
    before work starts where records cannot be written, and at the end where some could not: their results have been yielded.
    """
    check_seed(seed)
    claims = list(claims)
    if keep:
        check_writable()
    waiting: list[Record] = []
    refusal: RecordsError | None = None
    cores = os.cpu_count() or 1
    workers = cores if workers is None else workers
    short = [claim for claim in claims if claim.tier == "quick" and not claim.in_units]
    run = partial(run_tasks, scheduler=scheduler, stop=stop)
    steps = [_side_by_side(short, seed, workers, run)]
    for claim in claims:
        if claim.in_units:
            steps.append(_in_units(claim, seed, workers, run))
        elif claim.tier != "quick":
            steps.append(_alone(claim, seed, workers, cores, run))
    for step in steps:
        for progress in step:
            if progress.result is not None and keep:
                waiting.append(progress.result.record())
                try:
                    add_records(waiting)
                    waiting.clear()
                except RecordsError as error:
                    # A disk that is full now may have room at the next claim: what was measured waits in memory.
                    refusal = error
            yield progress
    if waiting:
        raise RecordsError(
            f"{len(waiting)} of {len(claims)} verdicts were measured and could not be recorded: {refusal}"
        )


def measure_claim(slug: str, name: str, seed: int) -> dict[str, Any]:
    """Measure and judge one short claim in this process; what a worker runs."""
    claim = load_paper(slug).claims[name]
    if reason := _missing(claim):
        return {"verdict": "skipped", "message": reason}
    return _judged(claim, claim.function(seed))


def measure_unit(slug: str, name: str, parameters: dict[str, Any], seed: int, folder: str) -> None:
    """Measure one unit of a long claim in this process and save its arrays."""
    import numpy as np

    claim = load_paper(slug).claims[name]
    if claim.unit_function is None:
        raise TypeError(f"{slug} {name} is not measured in units")
    arrays = claim.unit_function(**parameters, seed=seed)
    write_unit(
        Path(folder), _unit(claim, parameters, seed).key, {key: np.asarray(value) for key, value in arrays.items()}
    )


def judge_units(slug: str, name: str, seed: int, folder: str) -> dict[str, Any]:
    """Judge a long claim from its finished units."""
    claim = load_paper(slug).claims[name]
    if claim.judge_function is None:
        raise TypeError(f"{slug} {name} has units and nothing that judges them")
    results = [
        {**parameters, **read_unit(Path(folder), _unit(claim, parameters, seed).key)}
        for parameters in claim.function(seed)
    ]
    return _judged(claim, claim.judge_function(results))


def _judged(claim: Claim, evidence: Any) -> dict[str, Any]:
    if not isinstance(evidence, Evidence):
        raise TypeError(f"{claim.slug} {claim.name} returned {type(evidence).__name__} where Evidence is due")
    judgement = judge(evidence, claim.finding)
    return dataclasses.asdict(judgement)


def _side_by_side(claims: list[Claim], seed: int, workers: int, run: Runner) -> Generator[Progress]:
    by_key = {f"{claim.slug}/{claim.name}": claim for claim in claims}
    tasks = [
        Task(key, measure_claim, (claim.slug, claim.name, seed), claim.limits.seconds, claim.limits.memory)
        for key, claim in by_key.items()
    ]
    for event in run(tasks, workers=workers):
        claim = by_key[event.key]
        yield Progress(claim, result=_result(claim, seed, event.outcome) if event.outcome else None)


def _alone(claim: Claim, seed: int, workers: int, cores: int, run: Runner) -> Generator[Progress]:
    task = Task(claim.name, measure_claim, (claim.slug, claim.name, seed), claim.limits.seconds, claim.limits.memory)
    for event in run([task], workers=min(workers, 1), threads=cores):
        yield Progress(claim, result=_result(claim, seed, event.outcome) if event.outcome else None)


def _in_units(claim: Claim, seed: int, workers: int, run: Runner) -> Generator[Progress]:
    """A long claim: units saved one by one under the user's cache folder, where the same seed and code resume."""
    if reason := _missing(claim):
        yield Progress(claim, result=_result(claim, seed, Outcome("", {"verdict": "skipped", "message": reason})))
        return
    version = code_version(claim.slug)
    folder = runtime.cache_folder() / "claims" / claim.slug / f"{claim.name}-{version}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    units = {_unit(claim, parameters, seed).key: parameters for parameters in claim.function(seed)}
    done = finished(folder) & units.keys()
    yield Progress(claim, len(done), len(units))
    limits, seconds, peak = claim.limits, 0.0, 0
    tasks = [
        Task(key, measure_unit, (claim.slug, claim.name, parameters, seed, str(folder)), limits.seconds, limits.memory)
        for key, parameters in units.items()
        if key not in done
    ]
    finished_units = len(done)
    for event in run(tasks, workers=workers):
        if event.outcome is None:
            continue
        seconds, peak = seconds + event.outcome.seconds, max(peak, event.outcome.peak_memory)
        if event.outcome.failure:
            failed = dataclasses.replace(event.outcome, message=f"unit {units[event.key]}: {event.outcome.message}")
            yield Progress(claim, finished_units, len(units), _result(claim, seed, failed))
            return
        finished_units += 1
        yield Progress(claim, finished_units, len(units))
    if finished_units < len(units):  # stopped; what is finished is kept
        return
    task = Task("judge", judge_units, (claim.slug, claim.name, seed, str(folder)), limits.seconds, limits.memory)
    for event in run_tasks([task], workers=min(workers, 1)):
        if event.outcome is not None:
            total = dataclasses.replace(
                event.outcome, seconds=seconds + event.outcome.seconds, peak_memory=max(peak, event.outcome.peak_memory)
            )
            yield Progress(claim, finished_units, len(units), _result(claim, seed, total))
    shutil.rmtree(folder, ignore_errors=True)


def _unit(claim: Claim, parameters: dict[str, Any], seed: int) -> Unit:
    return Unit(claim.slug, claim.name, "claim", parameters, seed)


def _missing(claim: Claim) -> str:
    """Empty where everything that the claim needs is there, else the reason in words."""
    for need in claim.needs:
        if need == "gpu":
            if reason := runtime.gpu_absent():
                return reason
        elif importlib.util.find_spec(need) is None:
            return f"needs the package {need}, which is not installed"
    return ""


def _result(claim: Claim, seed: int, outcome: Outcome) -> Result:
    value = outcome.value or {}
    if outcome.failure == "absent":
        value = {"verdict": "skipped", "message": outcome.message}
    elif outcome.failure:
        value = {"verdict": "error", "message": outcome.message}
    return Result(
        claim=claim,
        seed=seed,
        verdict=value["verdict"],
        message=value["message"],
        comparisons=tuple(_json_ready(row) for row in value.get("comparisons", ())),
        deciding=value.get("deciding", 0),
        finding_stands=value.get("finding_stands"),
        seconds=outcome.seconds,
        peak_memory=outcome.peak_memory,
    )


def exit_code(results: Iterable[Result]) -> int:
    """0 when every result passes, 2 when one is an error, else 1."""
    results = list(results)
    if any(result.verdict == "error" for result in results):
        return 2
    return 0 if all(result.passes for result in results) else 1


def json_line(result: Result) -> str:
    """One line of `phasebook verify --json`."""
    return json.dumps(result.as_json(), allow_nan=False)


def _json_ready(value: Any) -> Any:
    """NaN and infinities as null, at any depth."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _json_ready(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_ready(item) for item in value]
    return value
