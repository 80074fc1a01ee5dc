"""The commands `phasebook grade` and `phasebook benchmark`: replies of language models to problems of condensed-matter theory.

Exit code 0 where all replies are there and graded, 1 where questions failed and can be asked again, 2 for wrong input, a
refused key or an endpoint that cannot be used, 130 on Ctrl-C.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from .errors import Explained
from .experiments import check_seed

if TYPE_CHECKING:
    from .quantum import GradedTable, Progress
    from .quantum.problem_records import Problem

GRADED = "graded.jsonl"
REPLIES = "replies.jsonl"
PROBLEMS = "problems.jsonl"
EACH, SEED = 2, 0
Lenient = Annotated[
    bool,
    typer.Option("--lenient", help="Keep problems whose own solution can't be read; replies to them are ungraded."),
]
Algebra = Annotated[
    Optional[str],
    typer.Option("--algebra", help="Of operators where a problem names none: fermion, boson, spin ...", metavar="NAME"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the two commands to the command line."""
    app.command("grade")(grade)
    app.command("benchmark")(benchmark)


def grade(
    file: Annotated[
        Path,
        typer.Argument(help="Replies as JSON lines: problem, model, response, seed.", metavar="FILE"),
    ],
    problems: Annotated[
        Optional[Path],
        typer.Option(
            "--problems",
            help="Problems: JSON lines, JSON or YAML; default: beside FILE, or in its rows.",
            metavar="FILE",
        ),
    ] = None,
    out: Annotated[
        Optional[Path], typer.Option("--out", help="Write a graded row per reply.", metavar="FILE.jsonl")
    ] = None,
    algebra: Algebra = None,
    lenient: Lenient = False,
    as_json: AsJson = False,
) -> None:
    """Grade replies to problems: numbers, formulas, and formulas of operators that do not commute.

    A reply is right if its last \\boxed{} equals the solution: operators by their normal-ordered form, formulas exactly or at 12
    points with 50 digits. No text is run as code.

    Problems come from --problems, from problems.jsonl beside FILE, or from the rows themselves (solution, parameters ...).

    \b
    Examples:
      phasebook grade replies.jsonl --problems mine.yaml
      phasebook grade replies.jsonl --problems mine.yaml --out graded.jsonl
      phasebook run cmt-benchmark report --graded graded.jsonl --plot report.png

    \b
    Exit code 0: every reply has an outcome, right or wrong; 2: a file cannot be read.
    """
    from . import quantum
    from .results import check_folder

    if out is not None:
        check_folder(out, "out")
    replies = quantum.read_replies(file)
    beside = file.with_name(PROBLEMS)
    if problems is not None or beside.is_file():
        known = _read_problems(problems or beside, algebra, lenient)
    else:
        known = quantum.problems_in(file)
    if not known:
        raise ValueError(
            f"grade needs --problems FILE: there is no {PROBLEMS} beside {file.name}, and its rows hold no solutions"
        )
    rows = quantum.grade_replies(replies, known)
    if out is not None:
        _write_lines(out, [json.dumps(row, ensure_ascii=False) for row in rows])
    _report(rows, as_json)


def benchmark(
    endpoint: Annotated[
        str, typer.Option("--endpoint", help="An OpenAI-compatible address, to its /v1.", metavar="URL")
    ],
    model: Annotated[list[str], typer.Option("--model", help="A model's name; may be repeated.", metavar="NAME")],
    problems: Annotated[
        Optional[Path],
        typer.Option("--problems", help="Problems: JSON lines, JSON or YAML; default: generated ones.", metavar="FILE"),
    ] = None,
    each: Annotated[
        Optional[int], typer.Option("--each", help="Problems of each kind to generate. Default: 2.", metavar="N")
    ] = None,
    problem_seed: Annotated[
        Optional[int], typer.Option("--problem-seed", help="Seed of the generated problems. Default: 0.", metavar="N")
    ] = None,
    key_variable: Annotated[
        Optional[str],
        typer.Option("--key-variable", help="The environment variable that holds the key.", metavar="NAME"),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="The folder that keeps the replies; a stopped run goes on.", metavar="DIR")
    ] = Path("benchmark-replies"),
    seeds: Annotated[int, typer.Option("--seeds", help="Replies of each model to each problem.", metavar="N")] = 1,
    concurrency: Annotated[int, typer.Option("--concurrency", help="Questions asked at a time.", metavar="N")] = 5,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Seconds for one attempt at a question.", metavar="S")
    ] = 600.0,
    attempts: Annotated[int, typer.Option("--attempts", help="Attempts at a question.", metavar="N")] = 8,
    algebra: Algebra = None,
    lenient: Lenient = False,
    as_json: AsJson = False,
) -> None:
    """Put problems to models behind an endpoint, keep their replies, grade them and print the table of scores.

    Without --problems they are generated: 26 kinds, with answers that two independent solvers agree on; another --problem-seed
    gives problems that nobody has seen.

    Every reply is kept as it comes: after Ctrl-C, a crash or a kill the same command asks only what is missing. Busy and broken
    answers (408, 429, 5xx) are tried again with growing waits, or after the time that the endpoint asks for. The key is read
    from the environment variable that you name; it is sent to the endpoint and neither stored nor printed.

    \b
    Examples:
      phasebook benchmark --endpoint http://localhost:8000/v1 --model my-model
      phasebook benchmark --endpoint https://api.example.org/v1 --key-variable EXAMPLE_KEY \\
        --model small --model large --problems mine.jsonl --seeds 4 --out replies

    \b
    Exit code 0: every question has its reply; 1: some failed, the same command asks
    them again; 2: wrong input, or the endpoint refused; 130: Ctrl-C.
    """
    from . import quantum

    access = quantum.Endpoint(endpoint, _key(key_variable), time_limit, attempts)
    if access.exposes_key:
        _say("the key travels to this address unencrypted; prefer https")
    folder = _folder(out)
    known = (
        _generated_problems(folder, each, problem_seed)
        if problems is None
        else _read_problems(_alone(problems, each, problem_seed), algebra, lenient)
    )
    questions = [quantum.Question(each.id, each.version, each.prompt, each.type) for each in known]
    try:
        with _Shown("replies") as shown:
            last = quantum.run_benchmark(
                questions, model, access, folder, seeds=seeds, concurrency=concurrency, progress=shown.update
            )
    except KeyboardInterrupt:
        _say(f"stopped by Ctrl-C; the replies so far are kept in {out}, and the same command goes on")
        raise Explained(130) from None
    wanted = {(name, each.problem, each.version, seed) for name in model for each in questions for seed in range(seeds)}
    with quantum.ReplyRecord(folder) as record:
        kept = [row for row in record.rows() if (row["model"], row["problem"], row["version"], row["seed"]) in wanted]
    _write_lines(folder / REPLIES, [json.dumps(row, ensure_ascii=False) for row in kept])
    rows = quantum.grade_replies([quantum.reply_of(row, REPLIES) for row in kept], known)
    _write_lines(folder / GRADED, [json.dumps(row, ensure_ascii=False) for row in rows])
    _report(rows, as_json)
    if not as_json:
        typer.echo(f"replies: {out / REPLIES}; graded: {out / GRADED}")
    if last.failed:
        _say(f"{last.failed} questions failed; the same command asks them again")
        raise typer.Exit(1)


def _generated_problems(folder: Path, each: int | None, seed: int | None) -> Sequence[Problem]:
    """Those of an earlier run in the folder, or newly generated ones, which the folder then keeps."""
    from . import quantum
    from .unit_store import write_text

    kept = folder / PROBLEMS
    if each is not None or seed is not None or not kept.is_file():
        number = SEED if seed is None else seed
        check_seed(number)
        with _Shown("problems") as shown:
            records = quantum.own_problems(EACH if each is None else each, seed=number, progress=shown.draw)
        folder.mkdir(exist_ok=True)
        write_text(kept, quantum.problem_lines(records))
    return _read_problems(kept)


def _alone(file: Path, each: int | None, seed: int | None) -> Path:
    """The file, unless options of generated problems are given beside it."""
    if each is not None or seed is not None:
        raise ValueError(f"{'problem-seed' if each is None else 'each'} belongs to generated problems, without a file")
    return file


def _read_problems(file: Path, algebra: str | None = None, lenient: bool = False) -> Sequence[Problem]:
    from .quantum.problem_records import read_problems
    from .quantum.vocabulary import ALGEBRAS

    named = next((each for each in ALGEBRAS if each == algebra), None)
    if algebra is not None and named is None:
        raise ValueError(f"algebra must be one of {', '.join(ALGEBRAS)}; got {algebra!r}")

    if not file.is_file():
        raise ValueError(f"problems must be a file; there is none at {str(file)!r}")
    return read_problems(file, strict=not lenient, algebra=named)


def _key(variable: str | None) -> str:
    """The key in the environment variable of this name; none where none is named."""
    if variable is None:
        return ""
    key = os.environ.get(variable, "")
    if not key:
        raise ValueError(f"key-variable must name an environment variable that holds the key; {variable!r} is not set")
    return key


def _folder(out: Path) -> Path:
    if out.exists() and not out.is_dir():
        raise ValueError(f"out must be a folder; {str(out)!r} is a file")
    if not out.parent.is_dir():
        raise ValueError(f"out must lie in a folder that exists; {str(out.parent)!r} does not")
    return out


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    from .unit_store import write_text

    write_text(path, "".join(f"{line}\n" for line in lines))


def _report(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Scores with their intervals and what the table can tell, for a reader or a program."""
    from . import quantum
    from .terminal import out

    table = quantum.table_of_rows(rows)
    there = {(row["model"], row["problem"]) for row in rows}
    missing = len(table.models) * len(table.problems) - len(there)
    if missing:
        _say(f"{missing} replies are missing and count as not solved")
    if as_json:
        typer.echo(json.dumps(_summary(table, rows), allow_nan=False, ensure_ascii=False))
        return
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    tokens = _tokens(rows)
    for name in ("model", "score", "95 % interval", "unparsed", "no verdict", *(["tokens"] if tokens else [])):
        shown.add_column(name, justify="left" if name == "model" else "right")
    found = quantum.model_scores(table)
    for index in quantum.model_ranking(table):
        score = found[index]
        low, high = score.interval
        cells = (f"{100 * score.share:.1f} %", f"{100 * low:.1f} to {100 * high:.1f} %")
        rates = (f"{100 * score.unparsed:.1f} %", f"{100 * score.unjudged:.1f} %")
        shown.add_row(Text(score.model), *cells, *rates, *([str(tokens.get(score.model, ""))] if tokens else []))
    out.print(shown)
    out.print(Text(quantum.ranking_verdict(table)))


def _summary(table: GradedTable, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The report as plain numbers: scores, tests against each other, the verdict, and a row per reply."""
    from . import quantum

    tokens = _tokens(rows)
    scores = [
        {
            "model": score.model,
            "score": score.share,
            "low": score.interval[0],
            "high": score.interval[1],
            "unparsed": score.unparsed,
            "unjudged": score.unjudged,
            "completion_tokens": tokens.get(score.model),
        }
        for score in quantum.model_scores(table)
    ]
    tests = [
        {
            "first": test.first,
            "second": test.second,
            "only_first": test.only_first,
            "only_second": test.only_second,
            "p_value": test.p_value,
            "adjusted_p_value": test.adjusted,
        }
        for test in quantum.paired_tests(table)
    ]
    return {
        "problems": len(table.problems),
        "outcomes": dict(Counter(row["outcome"] for row in rows)),
        "scores": scores,
        "paired_tests": tests,
        "verdict": quantum.ranking_verdict(table),
        "replies": list(rows),
    }


def _tokens(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Tokens of each model's replies, where the endpoint counts them."""
    counted: Counter[str] = Counter()
    for row in rows:
        if row.get("completion_tokens") is not None:
            counted[row["model"]] += row["completion_tokens"]
    return dict(counted)


def _say(sentence: str) -> None:
    typer.echo(f"phasebook: {sentence}", err=True)


class _Shown:
    """A progress bar on standard error, with the time that is left."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> _Shown:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        from .terminal import err

        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=err,
            transient=True,
        )
        self._bars.start()
        self._task = self._bars.add_task(self.what, total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def draw(self, done: int, total: int, more: str = "") -> None:
        """Draw how many are done."""
        self._bars.update(self._task, total=total, completed=done, description=f"{self.what}{more}")

    def update(self, state: Progress) -> None:
        """Draw how far a run is."""
        self.draw(state.answered + state.failed, state.total, f", {state.failed} failed" if state.failed else "")
