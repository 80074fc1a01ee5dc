"""Generated sets of problems as files: read back, graded, and told apart by their seed."""

import json

import pytest

from phasebook import quantum
from phasebook.quantum.grader import grade_responses
from phasebook.quantum.problem_records import read_problems


@pytest.fixture(scope="module")
def records():
    return quantum.own_problems(1, seed=3)


def test_every_generated_problem_is_read_and_graded(records, tmp_path):
    path = tmp_path / "problems.jsonl"
    path.write_text(quantum.problem_lines(records))
    problems = read_problems(path)
    assert len(problems) == len({problem.prompt for problem in problems}) == 26
    texts = [";".join(problem.answers()) for problem in problems]
    right = grade_responses([(rf"\boxed{{{text}}}", p) for text, p in zip(texts, problems, strict=True)], workers=0)
    wrong = grade_responses([(rf"\boxed{{2 + {text}}}", p) for text, p in zip(texts, problems, strict=True)], workers=0)
    assert {grade.outcome for grade in right} == {"correct"}
    assert {grade.outcome for grade in wrong} == {"wrong"}


def test_the_version_names_the_seed(records):
    assert {record["version"] for record in records} == {"1-seed-3"}
    assert all(record["ground_truth"]["second_solver"] != record["ground_truth"]["solver"] for record in records)
    assert len(quantum.problem_lines(records).splitlines()) == 26
    json.loads(quantum.problem_lines(records).splitlines()[0])


def test_how_many_must_be_a_number():
    with pytest.raises(ValueError, match="each must be"):
        quantum.own_problems(0, seed=0)
