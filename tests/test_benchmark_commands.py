"""`phasebook grade` and `phasebook benchmark` as a user calls them: tables, JSON, exit codes, and nothing of the key."""

import json
import signal
import subprocess
import sys
import time

import pytest

from phasebook.quantum.practice_endpoint import Faults, PracticeEndpoint, PracticeModel

KEY = "sk-very-secret-0123456789"
RECORDS = [
    {
        "id": f"power-{n}",
        "version": "1",
        "prompt": f"Write ({n} b)^2 / b with the commuting symbol b.",
        "solution": rf"\boxed{{{n * n} b}}",
        "parameters": "$b$",
        "functions": "",
        "type": "Other",
        "index": n,
    }
    for n in range(2, 14)
]
ANSWERS = {record["prompt"]: f"{record['index'] ** 2} b" for record in RECORDS}
MODELS = {"good": PracticeModel(), "half": PracticeModel(knows=0.5), "shy": PracticeModel(unboxed=1.0)}


@pytest.fixture
def problems(tmp_path):
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return path


def reply_lines(*rows: tuple[str, str, str]) -> str:
    names = ("problem", "model", "response")
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)


def test_grade_prints_scores_and_writes_rows(phasebook, problems, tmp_path):
    file, out = tmp_path / "replies.jsonl", tmp_path / "graded.jsonl"
    rows = [(record["id"], "right", rf"so \boxed{{b \cdot {record['index']}^2}}") for record in RECORDS]
    rows += [(record["id"], "wrong", r"so \boxed{b}") for record in RECORDS[1:]]
    rows += [(RECORDS[0]["id"], "wrong", "no box")]
    file.write_text(reply_lines(*rows))
    said = phasebook("grade", file, "--problems", problems, "--out", out)
    assert said.code == 0, said.err
    assert "100.0 %" in said.out
    assert "right is best: 12 problems tell it from each of the others." in said.out
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["outcome"] for row in graded] == ["correct"] * 12 + ["wrong"] * 11 + ["unparsed"]
    again = phasebook("run", "cmt-benchmark", "report", "--graded", out, "--json")
    scores = json.loads(again.out)["variables"]["score_data"]["values"]
    assert scores == [1.0, 0.0]


def test_grade_as_json(phasebook, problems, tmp_path):
    file = tmp_path / "replies.jsonl"
    file.write_text(reply_lines(("power-3", "m", r"\boxed{9b}"), ("power-4", "m", r"\boxed{9b}")))
    said = phasebook("grade", file, "--problems", problems, "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert found["outcomes"] == {"correct": 1, "wrong": 1}
    (score,) = found["scores"]
    assert (score["model"], score["score"]) == ("m", 0.5)
    assert 0 < score["low"] < 0.5 < score["high"] < 1
    assert [row["outcome"] for row in found["replies"]] == ["correct", "wrong"]


def test_missing_replies_count_as_not_solved_and_are_told(phasebook, problems, tmp_path):
    file = tmp_path / "replies.jsonl"
    file.write_text(
        reply_lines(("power-3", "a", r"\boxed{9b}"), ("power-4", "a", r"\boxed{16b}"), ("power-3", "b", r"\boxed{9b}"))
    )
    said = phasebook("grade", file, "--problems", problems)
    assert said.code == 0
    assert "1 replies are missing and count as not solved" in said.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no replies"),
        ("{", "row 1 is not JSON"),
        ('{"problem": "power-3", "response": "x"}', "row 1 needs a model"),
        ('{"problem": "power-3", "model": "m"}', "row 1: response must be a text, or null for a refusal; got None"),
        ('{"problem": "power-3", "model": "m", "response": 3}', "row 1: response must be a text"),
        ('{"problem": "nowhere", "model": "m", "response": "x"}', "there is no problem 'nowhere' among the 12 given"),
        ('{"problem": "power-3", "model": "m", "response": "x", "seed": "a"}', "seed must be an integer; got 'a'"),
        ('{"problem": "power-3", "model": "m", "response": "x", "version": "9"}', "power-3' has version 1"),
        (2 * '{"problem": "power-3", "model": "m", "response": "x"}\n', "row 2 repeats model 'm', problem 'power-3'"),
    ],
)
def test_replies_that_cannot_be_read(phasebook, problems, tmp_path, text, message):
    file = tmp_path / "replies.jsonl"
    file.write_text(text)
    said = phasebook("grade", file, "--problems", problems)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_problems_that_cannot_be_read_are_refused_or_kept(phasebook, tmp_path):
    problems, file = tmp_path / "mixed.jsonl", tmp_path / "replies.jsonl"
    broken = {**RECORDS[0], "id": "broken", "solution": r"\boxed{4 b +}"}
    problems.write_text("".join(json.dumps(record) + "\n" for record in (RECORDS[1], broken)))
    file.write_text(reply_lines(("power-3", "m", r"\boxed{9b}"), ("broken", "m", r"\boxed{4b}")))
    strict = phasebook("grade", file, "--problems", problems)
    assert strict.code == 2
    assert "mixed.jsonl, record 2, problem 'broken'" in strict.err
    kept = phasebook("grade", file, "--problems", problems, "--lenient", "--json")
    assert json.loads(kept.out)["outcomes"] == {"correct": 1, "ungraded": 1}


def test_the_algebra_of_records_that_name_none(phasebook, tmp_path):
    problems, file = tmp_path / "hop.jsonl", tmp_path / "replies.jsonl"
    record = {
        "prompt": "Write the hopping term.",
        "solution": r"$\boxed{-t (p^{\dagger}_{i,\sigma}p_{j,\sigma}+p^{\dagger}_{j,\sigma}p_{i,\sigma})}$",
        "parameters": r"$t;(p^{\dagger}_{i,\sigma},NC);(p_{j,\sigma},NC);(p^{\dagger}_{j,\sigma},NC);(p_{i,\sigma},NC)$",
        "functions": "",
        "type": "Other",
        "index": 0,
    }
    problems.write_text(json.dumps(record) + "\n")
    right = r"\boxed{-t\left(p^\dagger_{j\sigma}p_{i\sigma}+p^\dagger_{i\sigma}p_{j\sigma}\right)}"
    wrong = r"\boxed{-t\left(p_{j\sigma}p^\dagger_{i\sigma}+p_{i\sigma}p^\dagger_{j\sigma}\right)}"
    file.write_text(reply_lines(("problem-0", "right", right), ("problem-0", "wrong", wrong)))
    said = phasebook("grade", file, "--problems", problems)
    assert (said.code, "is NC but no algebra is given" in said.err) == (2, True)
    said = phasebook("grade", file, "--problems", problems, "--algebra", "fermion", "--json")
    assert [row["outcome"] for row in json.loads(said.out)["replies"]] == ["correct", "wrong"]
    assert phasebook("grade", file, "--problems", problems, "--algebra", "anyon").code == 2


def test_files_that_are_not_there(phasebook, problems, tmp_path):
    assert phasebook("grade", tmp_path / "absent.jsonl", "--problems", problems).code == 2
    assert phasebook("grade", tmp_path / "replies.txt", "--problems", problems).code == 2
    file = tmp_path / "replies.jsonl"
    file.write_text(reply_lines(("power-3", "m", "x")))
    assert phasebook("grade", file, "--problems", tmp_path / "absent.jsonl").code == 2
    assert phasebook("grade", file, "--problems", problems, "--out", tmp_path / "no" / "where.jsonl").code == 2


def test_benchmark_asks_keeps_grades_and_resumes(phasebook, problems, tmp_path, monkeypatch):
    monkeypatch.setenv("PRACTICE_KEY", KEY)
    out = tmp_path / "kept"
    with PracticeEndpoint(ANSWERS, MODELS, Faults(busy=0.2), key=KEY) as served:
        words = ["benchmark", "--endpoint", served.url, "--problems", problems, "--key-variable", "PRACTICE_KEY"]
        words += ["--out", out, *(word for name in MODELS for word in ("--model", name))]
        said = phasebook(*words, "--json")
        assert said.code == 0, said.err
        asked = sum(served.asked.values())
        again = phasebook(*words)
        assert sum(served.asked.values()) == asked
    found = {score["model"]: score for score in json.loads(said.out)["scores"]}
    assert found["good"]["score"] == 1.0
    assert found["shy"] == {**found["shy"], "score": 0.0, "unparsed": 1.0}
    assert 0 < found["half"]["score"] < 1
    assert found["good"]["completion_tokens"] > 0
    assert again.code == 0
    assert "replies.jsonl" in again.out
    graded = [json.loads(line) for line in (out / "graded.jsonl").read_text().splitlines()]
    assert len(graded) == 36
    everything = said.out + said.err + again.out + again.err
    assert KEY not in everything
    assert all(KEY.encode() not in path.read_bytes() for path in out.iterdir())


def test_benchmark_generates_problems_that_the_folder_keeps(phasebook, tmp_path, monkeypatch):
    generated = []

    def few(each, *, seed, progress):
        generated.append((each, seed))
        progress(1, 1)
        return [{**record, "version": f"1-seed-{seed}"} for record in RECORDS[:each]]

    monkeypatch.setattr("phasebook.quantum.own_problems", few, raising=False)
    out = tmp_path / "kept"
    with PracticeEndpoint(ANSWERS, MODELS) as served:
        words = ["benchmark", "--endpoint", served.url, "--model", "good", "--out", out]
        assert phasebook(*words).code == 0
        assert phasebook(*words).code == 0
        assert (generated, sum(served.asked.values())) == ([(2, 0)], 2)
        assert phasebook(*words, "--problem-seed", "4", "--each", "3").code == 0
        assert (generated[1:], sum(served.asked.values())) == ([(3, 4)], 5)
    beside = phasebook("grade", out / "replies.jsonl", "--json")
    assert json.loads(beside.out)["outcomes"] == {"correct": 3}
    (tmp_path / "alone.jsonl").write_text((out / "replies.jsonl").read_text())
    alone = phasebook("grade", tmp_path / "alone.jsonl")
    assert (alone.code, "there is no problems.jsonl beside alone.jsonl" in alone.err) == (2, True)


def test_rows_may_hold_their_problems(phasebook, tmp_path):
    file = tmp_path / "rows.jsonl"
    row = {
        "problem": "rate",
        "model": "m",
        "solution": r"\boxed{2 t / U}",
        "parameters": "$t;U$",
        "response": r"\boxed{2t/U}",
    }
    other = {**row, "model": "n", "response": r"\boxed{t/U}"}
    file.write_text(json.dumps(row) + "\n" + json.dumps(other) + "\n")
    said = phasebook("grade", file, "--json")
    assert [each["outcome"] for each in json.loads(said.out)["replies"]] == ["correct", "wrong"]
    file.write_text(json.dumps(row) + "\n" + json.dumps({**other, "solution": r"\boxed{t}"}) + "\n")
    said = phasebook("grade", file)
    assert (said.code, "row 2: problem 'rate' is another one than before" in said.err) == (2, True)
    file.write_text(json.dumps({**row, "solution": r"\boxed{2 t /}"}) + "\n")
    assert phasebook("grade", file).code == 2


def test_options_of_generated_problems_stand_alone(phasebook, problems, tmp_path):
    words = ["benchmark", "--endpoint", "http://127.0.0.1:9/v1", "--model", "good", "--out", tmp_path / "kept"]
    assert phasebook(*words, "--problems", problems, "--each", "3").code == 2
    assert phasebook(*words, "--problem-seed", "-1").code == 2


def test_benchmark_tells_of_failed_questions(phasebook, problems, tmp_path):
    with PracticeEndpoint(ANSWERS, MODELS, Faults(busy=0.3)) as served:
        words = [
            "benchmark",
            "--endpoint",
            served.url,
            "--problems",
            problems,
            "--model",
            "good",
            "--out",
            tmp_path / "o",
        ]
        said = phasebook(*words, "--attempts", "1", "--concurrency", "1")
        failed = served.faults_met["busy"]
    assert failed > 0
    assert said.code == 1
    assert f"{failed} questions failed; the same command asks them again" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--key-variable", "NOT_SET_ANYWHERE"], "'NOT_SET_ANYWHERE' is not set"),
        (["--seeds", "0"], "seeds must be from 1 to 1000; got 0"),
        (["--concurrency", "0"], "concurrency must be from 1 to 256; got 0"),
        (["--time-limit", "-1"], "time limit must be a positive number of seconds; got -1.0"),
        (["--attempts", "0"], "attempts must be at least 1; got 0"),
        (["--model", "absent", "--attempts", "2"], "status 404"),
    ],
)
def test_benchmark_refuses_in_one_sentence(phasebook, problems, tmp_path, words, message):
    with PracticeEndpoint(ANSWERS, MODELS) as served:
        said = phasebook(
            *("benchmark", "--endpoint", served.url, "--model", "good", "--problems", problems),
            *("--out", tmp_path / "kept", *words),
        )
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_benchmark_refuses_a_wrong_key_and_address(phasebook, problems, tmp_path, monkeypatch):
    monkeypatch.setenv("PRACTICE_KEY", "sk-wrong-key")
    with PracticeEndpoint(ANSWERS, MODELS, key=KEY) as served:
        common = ("--model", "good", "--problems", problems, "--out", tmp_path / "kept")
        said = phasebook("benchmark", "--endpoint", served.url, "--key-variable", "PRACTICE_KEY", *common)
        assert said.code == 2
        assert "refused the key with status 401" in said.err
        assert "sk-wrong-key" not in said.err + said.out
        bare = phasebook("benchmark", "--endpoint", served.url.removesuffix("/v1"), *common)
        assert bare.code == 2
        assert "most addresses end in /v1" in bare.err
    assert phasebook("benchmark", "--endpoint", "localhost:1/v1", *common).code == 2
    in_file = ("--model", "good", "--problems", problems, "--out", problems)
    assert phasebook("benchmark", "--endpoint", "http://localhost:1/v1", *in_file).code == 2


def test_ctrl_c_leaves_a_record_that_goes_on(phasebook, problems, tmp_path):
    out = tmp_path / "kept"
    with PracticeEndpoint(ANSWERS, MODELS, Faults(slow=0.4)) as served:
        words = [
            "benchmark",
            "--endpoint",
            served.url,
            "--problems",
            str(problems),
            "--model",
            "good",
            "--out",
            str(out),
        ]
        child = subprocess.Popen(
            [sys.executable, "-m", "phasebook.cli", *words, "--concurrency", "1"], stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 30
        while not served.faults_met["slow"] and time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.01)
        time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=20)
        assert child.returncode == 130, told
        assert "the same command goes on" in told
        assert "Traceback" not in told
        said = phasebook(*words, "--time-limit", "0.3")
        assert said.code == 0, said.err
    assert len((out / "graded.jsonl").read_text().splitlines()) == 12


@pytest.mark.parametrize("command", ["grade", "benchmark"])
def test_help_has_examples_and_exit_codes(phasebook, command):
    said = phasebook(command, "--help")
    assert said.code == 0
    assert "Examples:" in said.out
    assert "Exit code 0" in " ".join(said.out.split())
