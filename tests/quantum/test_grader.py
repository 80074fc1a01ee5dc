"""The grader: the shipped table to its last line, hostile replies, lists, tolerances, records, and worker processes."""

import json
import os
import time
from dataclasses import replace
from fractions import Fraction

import pytest

from phasebook import quantum
from phasebook.quantum.answer_extraction import NoAnswerError, boxed_answers, split_answers
from phasebook.quantum.answer_pairs import answer_pairs, compare_pair
from phasebook.quantum.problem_records import Problem, read_problems

PAIRS = answer_pairs()
OPERATOR = Problem(
    "operator",
    r"$\boxed{1-c_s^\dagger c_s}$",
    parameters=r"$(c_s, NC); (c_s^\dagger, NC)$",
    functions=r"$(s,\uparrow,\downarrow)$",
    kind="operator",
    algebra="fermion",
)
SYMBOLIC = Problem("symbolic", r"\boxed{t+U}", parameters="$t; U$")
HOSTILE = (
    "__import__('os').system('touch {target}')",
    "open('{target}','w')",
    "().__class__.__base__.__subclasses__()",
    "\\input{{{target}}}",
    "9^{{9^{{9^9}}}}",
    "exec(\"open('{target}','w')\")",
    "\\immediate\\write18{{touch {target}}}",
)


def test_the_table_is_long_and_holds_every_outcome():
    assert len(PAIRS) >= 120
    assert {pair.outcome for pair in PAIRS} == {"correct", "wrong", "unparsed", "ungraded"}
    assert len({(pair.answer, pair.solution, str(pair.declared)) for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.answer} ~ {pair.solution}")
def test_every_pair_of_the_table_has_its_outcome(pair):
    comparison = compare_pair(pair, seconds=1.0)
    assert comparison.outcome == pair.outcome, comparison
    assert bool(comparison.witness) == (pair.outcome == "wrong")
    assert bool(comparison.reason) == (pair.outcome in ("unparsed", "ungraded"))


@pytest.mark.parametrize(
    "pair",
    [p for p in PAIRS if p.outcome in ("correct", "wrong") and not p.declared.get("lists")],
    ids=lambda pair: f"{pair.solution} ~ {pair.answer}",
)
def test_equality_is_symmetric(pair):
    assert quantum.compare(pair.solution, pair.answer, pair.vocabulary()).outcome == pair.outcome


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_replies_do_nothing(text, tmp_path):
    target = tmp_path / "touched"
    answer = text.format(target=target)
    begin = time.perf_counter()
    comparison = quantum.grade_reply(rf"\boxed{{{answer}}}", SYMBOLIC)
    assert comparison.outcome == "unparsed"
    assert time.perf_counter() - begin < 0.5
    assert not target.exists()


def test_ten_thousand_brackets_are_unread_at_once():
    begin = time.perf_counter()
    for bracket in "([":
        assert quantum.compare(bracket * 10_000, "x", quantum.open_vocabulary()).outcome == "unparsed"
        assert quantum.compare(bracket * 4_000, "x", quantum.open_vocabulary()).outcome == "unparsed"
    assert quantum.grade_reply("\\boxed" + "{" * 10_000, SYMBOLIC).outcome == "unparsed"
    assert quantum.grade_reply("\\boxed{" * 100_000, SYMBOLIC).outcome == "unparsed"
    assert time.perf_counter() - begin < 1


def test_a_grade_shows_both_forms_and_where_they_differ():
    right = quantum.grade_reply(r"so the answer is \boxed{c_s c_s^\dagger}.", OPERATOR)
    assert (right.outcome, right.first_form) == ("correct", right.second_form)
    wrong = quantum.grade_reply(r"\boxed{c_s^\dagger c_s}", OPERATOR)
    assert wrong.outcome == "wrong"
    assert "against" in wrong.witness
    assert quantum.grade_reply(r"\boxed{2 t + q}", SYMBOLIC).reason == "unknown symbol 'q' at column 7; declared: t, U"
    assert quantum.grade_reply(r"\boxed{t - U}", SYMBOLIC).witness.startswith("at U = ")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (None, "refused"),
        ("   ", "refused"),
        ("I think it is t + U", "unparsed"),
        (r"\boxed{}", "unparsed"),
        (r"\boxed{t+U", "unparsed"),
        (r"\fbox{$U+t$}", "correct"),
        (r"\boxed{E = t + U}", "correct"),
        (r"\boxed{t} \boxed{t+U}", "correct"),
        (r"\boxed{t+U; t}", "wrong"),
        (r"\boxed{\frac{(t+U)^2}{t+U}}", "correct"),
    ],
)
def test_what_a_reply_may_be(reply, outcome):
    comparison = quantum.grade_reply(reply, SYMBOLIC)
    assert comparison.outcome == outcome
    assert bool(comparison.warning) == (reply == r"\boxed{t} \boxed{t+U}")


def test_numbers_are_compared_within_their_tolerance():
    energy = Problem("energy", "-5.387390917445", kind="numeric")
    grades = [quantum.grade_reply(rf"\boxed{{{text}}}", energy).outcome for text in ("-5.38739", "-5.3874", "E", "-1")]
    assert grades == ["correct", "wrong", "unparsed", "wrong"]
    close = Problem("sampled", "-0.4461", kind="numeric", tolerance=(1e-3, 3e-3))
    assert quantum.grade_reply(r"\boxed{-0.4464}", close).outcome == "correct"
    half = Problem("half", r"\frac{1}{2}", kind="numeric")
    assert quantum.grade_reply(r"\boxed{5 \times 10^{-1}}", half).outcome == "correct"
    infinite = Problem("infinite", r"\infty", kind="numeric")
    assert quantum.grade_reply(r"\boxed{\infty}", infinite).outcome == "correct"
    assert quantum.grade_reply(r"\boxed{-\infty}", infinite).outcome == "wrong"
    assert quantum.grade_reply(r"\boxed{10^{1200}}", infinite).outcome == "wrong"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("c, a", "correct"), (r"\text{AC}", "correct"), ("A", "wrong"), ("A; C", "correct"), ("A + C", "unparsed")],
)
def test_choices_are_sets_of_letters(reply, outcome):
    assert quantum.grade_reply(rf"\boxed{{{reply}}}", Problem("c", r"\boxed{A, C}", kind="choice")).outcome == outcome


def test_lists_are_multisets_unless_they_are_ordered():
    free = Problem("free", "1; 2; 2", parameters="")
    ordered = Problem("ordered", "1; 2", ordered=True)
    assert quantum.grade_reply(r"\boxed{2; 1; 2}", free).outcome == "correct"
    assert quantum.grade_reply(r"\boxed{2; 1; 1}", free).outcome == "wrong"
    assert quantum.grade_reply(r"\boxed{1; 2}", ordered).outcome == "correct"
    assert quantum.grade_reply(r"\boxed{2; 1}", ordered).outcome == "wrong"


def test_domains_decide_what_is_equal():
    def outcome(domain):
        problem = Problem("p", r"\cos(\pi n)", parameters="n", domain=domain)
        return quantum.grade_reply(r"\boxed{(-1)^n}", problem).outcome

    assert outcome({"n": "integer"}) == "correct"
    assert outcome({}) == "wrong"
    root = Problem("p", "x", parameters="x", domain={"x": (0.5, 3.0)})
    assert quantum.grade_reply(r"\boxed{\sqrt{x^2}}", root).outcome == "correct"
    nowhere = Problem("p", "x", parameters="x", domain={"x": (-3.0, -2.0)})
    assert quantum.grade_reply(r"\boxed{-\sqrt{x^2}}", nowhere).outcome == "correct"


def test_complex_symbols_have_conjugates():
    def outcome(answer, solution, **declared):
        problem = Problem(
            "p", solution, parameters=r"\Delta; t; (c, NC)", kind="operator", algebra="fermion", **declared
        )
        return quantum.grade_reply(rf"\boxed{{{answer}}}", problem).outcome

    for real, declared in (("correct", {}), ("wrong", {"domain": {r"\Delta": "complex"}})):
        assert outcome(r"\Delta^* c", r"\Delta c", **declared) == real
        assert outcome(r"(\Delta c)^\dagger", r"\Delta^* c^\dagger", **declared) == "correct"
        assert outcome(r"|\Delta|^2", r"\Delta \Delta^{*}", **declared) == "correct"
        assert outcome(r"|\Delta|^2", r"\Delta^2", **declared) == real
    assert outcome(r"(\sqrt{t} c)^\dagger", r"\sqrt{t} c^\dagger") == "wrong"
    assert outcome(r"(\sqrt{t} c)^\dagger", r"\sqrt{t} c^\dagger", domain={"t": "positive"}) == "correct"
    assert outcome(r"(\ln(t) c)^\dagger", r"\ln(t) c^\dagger", domain={"t": "positive"}) == "correct"
    starred = Problem("p", r"\Delta^* x", parameters=r"$\Delta^*; \Delta; x$")
    assert quantum.grade_reply(r"\boxed{x \Delta}", starred).outcome == "wrong"
    assert quantum.grade_reply(r"\boxed{x |\Delta|^2/\Delta}", starred).outcome == "correct"


def test_what_cannot_be_decided_is_not_wrong():
    problem = Problem("p", r"e^{e^{e^{x}}}", parameters="x", domain={"x": (50.0, 60.0)})
    comparison = quantum.grade_reply(r"\boxed{e^{e^{e^{x}}} + \sin x}", problem)
    assert comparison.outcome == "ungraded"
    assert "finite values" in comparison.reason


def test_operators_of_two_kinds_commute():
    coupled = Problem(
        "coupled", r"g n_1 (b_1 + b_1^\dagger)", parameters=r"g; (c_i, NC); (n_i, NC); (b_i, NC)", kind="operator"
    )
    assert quantum.grade_reply(r"\boxed{1}", coupled).reason == "'c_i' is NC but no algebra is given"
    coupled = replace(coupled, algebra={"c": "fermion", "b": "boson", "n": "fermion"})
    assert quantum.grade_reply(r"\boxed{g (b_1^\dagger + b_1) c_1^\dagger c_1}", coupled).outcome == "correct"
    assert quantum.grade_reply(r"\boxed{g c_1 (b_1^\dagger + b_1) c_1^\dagger}", coupled).outcome == "wrong"


def test_a_declared_ring_closes():
    ring = Problem(
        "ring", r"\sum_j c_j^\dagger c_{j+1}", parameters="(c_j, NC)", kind="operator", algebra="fermion", sites=4
    )
    assert (
        quantum.grade_reply(
            r"\boxed{c_1^\dagger c_2 + c_2^\dagger c_3 + c_3^\dagger c_4 + c_4^\dagger c_1}", ring
        ).outcome
        == "correct"
    )
    assert quantum.grade_reply(r"\boxed{\sum_j c_{j+4}^\dagger c_{j+5}}", ring).outcome == "correct"
    assert quantum.grade_reply(r"\boxed{\sum_j c_{j+1}^\dagger c_{j}}", ring).outcome == "wrong"


def test_boxes_and_lists_of_a_reply():
    assert boxed_answers(r"\boxed{\frac{a}{b}}").items == (r"\frac{a}{b}",)
    assert boxed_answers(r"\boxed{\text{$x$}}").items == ("x",)
    assert boxed_answers(r"\boxed{\left\{a ; b\right\}}").items == ("a", "b")
    assert boxed_answers(r"\boxed{\{A,B\}}").items == (r"\{A,B\}",)
    assert boxed_answers(r"\boxed{2\ ;\ 1}").items == ("2", "1")
    assert boxed_answers(r"\boxed{x} then \boxed{x}").warning == ""
    assert split_answers("a = b = c.") == ("c",)
    assert split_answers(r"\sum_{i=1}^{N} x_i") == (r"\sum_{i=1}^{N} x_i",)
    for empty in ("", " ", "a;;b", "$$"):
        with pytest.raises(NoAnswerError):
            split_answers(empty)


def _write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_records_are_read_as_they_are_published(tmp_path):
    record = {
        "prompt": "?",
        "solution": r"$\boxed{n-1}$",
        "parameters": "$n$",
        "functions": "",
        "type": "PEPS",
        "index": 7,
    }
    [problem] = read_problems(_write(tmp_path / "problems.jsonl", record))
    assert (problem.id, problem.kind, problem.type, problem.index) == ("problem-7", "symbolic", "PEPS", 7)
    (tmp_path / "problems.yaml").write_text(
        "problems:\n  - solution: \\boxed{A}\n  - {id: e, solution: '1.5', tolerance: 0.01}\n"
    )
    first, second = read_problems(tmp_path / "problems.yaml")
    assert (first.kind, second.kind, second.tolerance) == ("choice", "numeric", (0.01, 0.0))
    sampled = {"id": "s", "solution": "-0.446", "ground_truth": {"solver": "series expansion", "stderr": 3e-4}}
    [problem] = read_problems(_write(tmp_path / "sampled.jsonl", sampled))
    assert problem.tolerance == (1e-3, pytest.approx(9e-4))
    spin = {
        "id": "s",
        "solution": "S^z",
        "parameters": "(S, NC)",
        "algebra": "spin",
        "spin": "1/2",
        "domain": {"x": [0, 1]},
    }
    [problem] = read_problems(_write(tmp_path / "spin.jsonl", spin))
    assert problem.spin == Fraction(1, 2)
    assert problem.vocabulary().operators == {"S": "spin"}


@pytest.mark.parametrize(
    ("record", "error", "message"),
    [
        ({"solution": "c_s", "parameters": "(c_s, NC)"}, quantum.AlgebraError, "'c_s' is NC but no algebra is given"),
        (
            {"id": "x", "solution": "t +", "parameters": "t"},
            quantum.InvalidProblemError,
            "bad.jsonl, record 1, problem 'x': its own",
        ),
        ({"solution": "t + q", "parameters": "t"}, quantum.InvalidProblemError, "unknown symbol 'q' at column 5"),
        ({"prompt": "?"}, quantum.InvalidProblemError, "bad.jsonl, record 1: a problem must have a solution"),
        ({"solution": " "}, quantum.InvalidProblemError, "the solution is empty"),
        ({"solution": "1", "kind": "essay"}, quantum.InvalidProblemError, "kind must be one of numeric, choice"),
        ({"solution": "1", "type": "DFT"}, quantum.InvalidProblemError, "type must be one of HF, ED"),
        ({"solution": "1", "tolerance": -1}, quantum.InvalidProblemError, "tolerance must be a number"),
        (
            {"solution": "x", "parameters": "x", "domain": {"x": [2, 1]}},
            quantum.InvalidProblemError,
            "a domain must be",
        ),
        ({"solution": "1", "algebra": "anyon"}, quantum.AlgebraError, "algebra must be one of boson"),
        ({"solution": "1", "spin": "1/3"}, quantum.AlgebraError, "the spin must be a positive half integer; got '1/3'"),
        (
            {"solution": "c", "parameters": "(c, NC)", "algebra": "fermion", "spin": "1/2"},
            quantum.AlgebraError,
            "no operator is a spin; the algebras are fermion",
        ),
        ({"solution": "1", "parameters": "2x"}, quantum.InvalidProblemError, "the parameter '2x' is no name"),
        ([1, 2], quantum.InvalidProblemError, "a record must be an object"),
    ],
)
def test_bad_records_are_named(record, error, message, tmp_path):
    with pytest.raises(error) as caught:
        read_problems(_write(tmp_path / "bad.jsonl", record))
    assert message in str(caught.value)


def test_bad_files_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"records must be a \.jsonl"):
        read_problems(tmp_path / "problems.txt")
    (tmp_path / "problems.jsonl").write_text("{\n")
    with pytest.raises(quantum.InvalidProblemError, match=r"problems\.jsonl, line 1: no JSON"):
        read_problems(tmp_path / "problems.jsonl")
    (tmp_path / "twice.jsonl").write_text(2 * '{"id": "a", "solution": "1"}\n')
    with pytest.raises(quantum.InvalidProblemError, match="the id 'a' is there twice"):
        read_problems(tmp_path / "twice.jsonl")
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(quantum.InvalidProblemError, match="no YAML"):
        read_problems(tmp_path / "bad.yaml")
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(quantum.InvalidProblemError, match="holds no problem"):
        read_problems(tmp_path / "empty.jsonl")


def test_a_foreign_set_may_hold_what_cannot_be_read(tmp_path):
    path = _write(
        tmp_path / "p.jsonl", {"id": "a", "solution": "c_s", "parameters": "(c_s, NC)"}, {"id": "b", "solution": "1"}
    )
    unread, read = read_problems(path, strict=False)
    assert quantum.grade_reply(r"\boxed{c_s}", unread).outcome == "ungraded"
    assert quantum.grade_reply(r"\boxed{1}", read).outcome == "correct"


def test_replies_are_graded_in_processes_of_their_own():
    grown = r"\boxed{" + "(t+U+1)^{64}" + "(t-U+2)^{64}" * 8 + "}"
    replies = [(r"\boxed{U+t}", SYMBOLIC), (grown, SYMBOLIC), (r"\boxed{t}", SYMBOLIC), (None, SYMBOLIC)]
    done: list[int] = []
    grades = quantum.grade_responses(replies, seconds=1.5, progress=done.append)
    assert [grade.outcome for grade in grades] == ["correct", "ungraded", "wrong", "refused"]
    assert done == [1, 2, 3, 4]
    assert grades[1].reason.startswith("grading stopped after")
    assert os.getpid()  # this process is alive whatever a reply held
    again = quantum.grade_responses([replies[0], replies[2]], workers=0)
    assert [grade.outcome for grade in again] == ["correct", "wrong"]
