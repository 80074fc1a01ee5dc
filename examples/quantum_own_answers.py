"""Are my model's answers right? Formulas with operators graded against your solutions, with what shows each error.

python examples/quantum_own_answers.py [problems.jsonl replies.jsonl] [--workers 1]

problems: solution, and as needed id, parameters, functions, algebra, kind, tolerance, domain   (JSON lines, JSON or YAML)
replies: problem, model, response, and seed where there are several   (JSON lines; the last \\boxed{} of a response counts)
Without files, a few synthetic problems and replies are written to a temporary folder.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from phasebook import quantum

PROBLEMS = (
    {"id": "hole", "solution": r"\boxed{1 - c^\dagger c}", "parameters": "(c, NC)", "algebra": "fermion"},
    {"id": "dimer", "solution": r"\frac12(U-\sqrt{U^2+16t^2})", "parameters": "$t; U$", "domain": {"U": "positive"}},
    {"id": "order", "solution": r"b^{\dagger 2} b^2 + b^\dagger b", "parameters": "(b, NC)", "algebra": "boson"},
    {"id": "ring", "solution": "-5.387390917445", "tolerance": 1e-6},
)
REPLIES = (
    ("hole", r"The hole's number operator is \boxed{c c^\dagger}."),
    ("dimer", r"\boxed{-\frac{8t^2}{U+\sqrt{U^2+16t^2}}}"),
    ("order", r"\boxed{(b^\dagger b)^2 - b^\dagger b}"),
    ("ring", r"$E_0 = \boxed{-5.3874}$"),
    ("ring", "I would need a computer for that."),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Grade replies to your own problems.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="problems, then replies")
    parser.add_argument("--workers", type=int, default=1, help="processes that grade; 0 for this one")
    options = parser.parse_args()
    if len(options.files) not in (0, 2):
        parser.error("give two files, problems and replies, or none")
    try:
        if options.files:
            grade(*options.files, options.workers)
        else:
            with tempfile.TemporaryDirectory() as folder:
                grade(*write_synthetic_files(Path(folder)), options.workers)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def write_synthetic_files(folder: Path) -> tuple[Path, Path]:
    """Problems and replies as files like a user's."""
    problems, replies = folder / "problems.jsonl", folder / "replies.jsonl"
    problems.write_text("".join(json.dumps(problem) + "\n" for problem in PROBLEMS))
    rows = [
        {"problem": problem, "model": "synthetic", "response": text, "seed": seed}
        for seed, (problem, text) in enumerate(REPLIES)
    ]
    replies.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print("no files given: four synthetic problems and five replies\n")
    return problems, replies


def grade(problems_file: Path, replies_file: Path, workers: int) -> None:
    """Print the outcome of every reply, what shows it, and the score."""
    problems = {problem.id: problem for problem in quantum.read_problems(problems_file)}
    replies = quantum.read_replies(replies_file)
    unknown = sorted({reply.problem for reply in replies} - problems.keys())
    if unknown:
        raise ValueError(
            f"{replies_file.name} answers problems that {problems_file.name} does not hold: {', '.join(unknown)}"
        )
    grades = quantum.grade_responses([(reply.response, problems[reply.problem]) for reply in replies], workers=workers)
    for reply, grade in zip(replies, grades, strict=True):
        print(
            f"{reply.problem:<12} {reply.model:<12} {grade.outcome:<9} {grade.witness or grade.reason or grade.first_form}"
        )
    counts = Counter(grade.outcome for grade in grades)
    print(f"\ncorrect      {counts['correct']} of {len(grades)}")
    print(f"unread       {counts['unparsed'] + counts['ungraded']} of {len(grades)}")


if __name__ == "__main__":
    main()
