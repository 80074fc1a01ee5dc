"""The runner against a local endpoint that answers rightly, wrongly, malformed, slowly, with 429, or not at all."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from phasebook.quantum import chat_endpoint
from phasebook.quantum.benchmark import INSTRUCTION, Question, run_benchmark
from phasebook.quantum.chat_endpoint import Endpoint, EndpointError, QuestionFailed, ask
from phasebook.quantum.practice_endpoint import Faults, PracticeEndpoint, PracticeModel
from phasebook.quantum.reply_record import FILE, ReplyKey, ReplyRecord

KEY = "sk-very-secret-0123456789"
ANSWERS = {f"What is {n} + {n}?": str(2 * n) for n in range(12)}
QUESTIONS = [Question(f"sum-{n}", "1", f"What is {n} + {n}?", "Other") for n in range(12)]
GOOD = {"good": PracticeModel()}


def quick(url: str, **options) -> Endpoint:
    return Endpoint(url, **{"time_limit": 5.0, "first_wait": 0.005, "longest_wait": 0.02, **options})


def words(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


def test_replies_and_tokens_are_kept(tmp_path):
    models = {**GOOD, "bad": PracticeModel(knows=0.0), "shy": PracticeModel(unboxed=1.0)}
    seen = []
    with PracticeEndpoint(ANSWERS, models) as served:
        last = run_benchmark(QUESTIONS, list(models), quick(served.url), tmp_path, progress=seen.append)
    assert (last.answered, last.failed, last.total) == (36, 0, 36)
    assert [state.answered for state in seen] == list(range(37))
    with ReplyRecord(tmp_path) as record:
        rows = {(row["model"], row["problem"]): row for row in record.rows()}
    assert len(rows) == 36
    row = rows["good", "sum-7"]
    assert row["response"] == r"The answer is \boxed{14}."
    assert (row["prompt_tokens"], row["completion_tokens"], row["attempts"], row["seed"]) == (5, 4, 1, 0)
    assert "boxed" not in rows["shy", "sum-7"]["response"]
    assert r"\boxed{1 + 14}" in rows["bad", "sum-7"]["response"]


def test_the_instruction_comes_first_and_a_seed_only_with_repeats(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "phasebook.quantum.benchmark.ask",
        lambda endpoint, model, messages, *, seed, flights: (
            asked.append((messages[0]["content"], seed))
            or chat_endpoint.Answer("", False, "stop", None, None, None, 0.1, 1)
        ),
    )
    run_benchmark(QUESTIONS[:2], ["m"], quick("http://127.0.0.1:9/v1"), tmp_path / "one")
    run_benchmark(QUESTIONS[:2], ["m"], quick("http://127.0.0.1:9/v1"), tmp_path / "two", seeds=2)
    assert [seed for _, seed in asked] in ([None, None, 0, 0, 1, 1],)
    assert {text for text, _ in asked} == {INSTRUCTION}
    assert r"\boxed{}" in INSTRUCTION


@pytest.mark.parametrize("fault", ["busy", "broken", "disconnected", "malformed"])
def test_passing_faults_are_asked_again(tmp_path, fault):
    with PracticeEndpoint(ANSWERS, GOOD, Faults(**{fault: 0.4})) as served:
        last = run_benchmark(QUESTIONS, ["good"], quick(served.url, attempts=20), tmp_path)
        assert served.faults_met[fault] > 0
        assert sum(served.asked.values()) == 12 + served.faults_met[fault]
    assert (last.answered, last.failed) == (12, 0)


def test_slow_replies_are_given_up_in_time(tmp_path):
    begin = time.monotonic()
    with PracticeEndpoint(ANSWERS, GOOD, Faults(slow=0.3)) as served:
        last = run_benchmark(QUESTIONS, ["good"], quick(served.url, time_limit=0.2), tmp_path)
        assert served.faults_met["slow"] > 0
    assert last.answered == 12
    assert time.monotonic() - begin < 20


def test_a_trickle_of_bytes_does_not_prolong_the_deadline():
    """Each byte comes in time, the whole reply does not."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def trickle():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            until = time.monotonic() + 3
            while not stop.wait(0.02) and time.monotonic() < until:
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    server = threading.Thread(target=trickle)
    server.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    begin = time.monotonic()
    with listener, pytest.raises(QuestionFailed, match=r"no reply within 0\.3 s \(attempt 1 of 1\)"):
        ask(quick(url, time_limit=0.3, attempts=1), "m", words("?"))
    assert time.monotonic() - begin < 2
    stop.set()
    server.join()


def test_retry_after_is_honored_as_seconds_and_as_a_date():
    endpoint = Endpoint("http://localhost/v1", first_wait=1.0, longest_wait=8.0)
    assert endpoint.pause(0, None, 0.0) == 0.5
    assert endpoint.pause(0, None, 1.0) == 1.0
    assert endpoint.pause(2, None, 1.0) == 4.0
    assert endpoint.pause(9, None, 1.0) == 8.0
    assert endpoint.pause(0, 20.0, 0.5) == 20.0
    assert endpoint.pause(9, 0.1, 1.0) == 8.0
    assert chat_endpoint._retry_after("2.5") == 2.5
    assert chat_endpoint._retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    later = chat_endpoint._retry_after(time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 100)))
    assert later == pytest.approx(100, abs=3)
    assert chat_endpoint._retry_after("soon") is None
    assert chat_endpoint._retry_after("nan") is None


def test_the_wait_that_is_asked_for_is_kept():
    with PracticeEndpoint(ANSWERS, GOOD, Faults(busy=1.0, retry_after=0.25)) as served:
        begin = time.monotonic()
        with pytest.raises(QuestionFailed, match=r"status 429: too many requests \(attempt 3 of 3\)"):
            ask(quick(served.url, attempts=3), "good", words(next(iter(ANSWERS))))
        assert time.monotonic() - begin >= 0.5
        assert sum(served.asked.values()) == 3


def test_who_asks_for_hours_is_not_waited_for():
    with PracticeEndpoint(ANSWERS, GOOD, Faults(busy=1.0, retry_after=7200.0)) as served:
        with pytest.raises(QuestionFailed, match="status 429"):
            ask(quick(served.url), "good", words(next(iter(ANSWERS))))
        assert sum(served.asked.values()) == 1


def test_resumes_by_model_problem_version_and_seed(tmp_path):
    with PracticeEndpoint(ANSWERS, {**GOOD, "other": PracticeModel()}) as served:
        endpoint = quick(served.url)
        run_benchmark(QUESTIONS[:5], ["good"], endpoint, tmp_path)
        assert sum(served.asked.values()) == 5
        last = run_benchmark(QUESTIONS, ["good", "other"], endpoint, tmp_path)
        assert sum(served.asked.values()) == 24
        assert (last.answered, last.total) == (24, 24)
        run_benchmark(QUESTIONS, ["good"], endpoint, tmp_path, seeds=2)
        assert sum(served.asked.values()) == 36
        changed = [Question("sum-0", "2", QUESTIONS[0].prompt)]
        run_benchmark(changed, ["good"], endpoint, tmp_path)
        assert sum(served.asked.values()) == 37
    with ReplyRecord(tmp_path) as record:
        keys = [tuple(row[name] for name in ("model", "problem", "version", "seed")) for row in record.rows()]
    assert len(keys) == len(set(keys)) == 37


def test_failed_questions_are_asked_again_and_answers_stay(tmp_path):
    with PracticeEndpoint(ANSWERS, GOOD, Faults(busy=0.5)) as served:
        first = run_benchmark(QUESTIONS, ["good"], quick(served.url, attempts=1), tmp_path, concurrency=1)
        assert first.failed > 0
    with ReplyRecord(tmp_path) as record:
        before = {row["problem"]: row for row in record.rows()}
        assert sum(bool(row["failure"]) for row in before.values()) == first.failed
        assert len(record.answered()) == first.answered
        record.keep(
            ReplyKey("good", next(iter(sorted(p for p in before if not before[p]["failure"]))), "1", 0), "x", "late"
        )
    with PracticeEndpoint(ANSWERS, GOOD) as served:
        last = run_benchmark(QUESTIONS, ["good"], quick(served.url), tmp_path)
        assert sum(served.asked.values()) == first.failed
    assert (last.answered, last.failed) == (12, 0)


CHILD = """
import sys
from phasebook.quantum.benchmark import Question, run_benchmark
from phasebook.quantum.chat_endpoint import Endpoint
questions = [Question(f"sum-{n}", "1", f"What is {n} + {n}?") for n in range(200)]
try:
    run_benchmark(questions, ["good"], Endpoint(sys.argv[1], time_limit=60.0), sys.argv[2], concurrency=3)
except KeyboardInterrupt:
    raise SystemExit(130)
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_goes_on(tmp_path, sign):
    answers = {f"What is {n} + {n}?": str(2 * n) for n in range(200)}
    questions = [Question(f"sum-{n}", "1", f"What is {n} + {n}?") for n in range(200)]
    with PracticeEndpoint(answers, GOOD, Faults(slow=0.02)) as served:
        child = subprocess.Popen([sys.executable, "-c", CHILD, served.url, str(tmp_path)])
        deadline = time.monotonic() + 30
        while sum(served.asked.values()) < 40 and time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.005)
        os.kill(child.pid, sign)
        begin = time.monotonic()
        assert child.wait(20) == (130 if sign == signal.SIGINT else -signal.SIGKILL)
        assert time.monotonic() - begin < 10, "replies on their way are not waited for"
        with ReplyRecord(tmp_path) as record:
            kept = len(record.answered())
        assert 0 < kept < 200
        asked = sum(served.asked.values())
        last = run_benchmark(questions, ["good"], quick(served.url, time_limit=0.3), tmp_path)
        assert last.answered == 200
        assert sum(served.asked.values()) - asked <= 200 - kept + served.faults_met["slow"]
    with ReplyRecord(tmp_path) as record:
        rows = list(record.rows())
    assert len(rows) == 200
    assert all(answers[f"What is {n} + {n}?"] in row["response"] for row in rows for n in [row["problem"][4:]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": "wrong"}, "refused the key with status 401"),
        ({"model": "absent"}, "status 404 for model 'absent': the model 'absent' does not exist"),
        ({"path": ""}, "status 404 for model 'good': no such address; most addresses end in /v1"),
        ({"path": "/v1/chat"}, "status 404 for model 'good'"),
    ],
)
def test_what_cannot_pass_ends_the_run_at_once(tmp_path, change, message):
    with PracticeEndpoint(ANSWERS, GOOD, key=KEY) as served:
        url = served.url.removesuffix("/v1") + change.get("path", "/v1")
        endpoint = quick(url, key=change.get("key", KEY))
        with pytest.raises(EndpointError, match=message) as caught:
            run_benchmark(QUESTIONS, [change.get("model", "good")], endpoint, tmp_path, concurrency=1)
        assert not served.asked
        assert KEY not in str(caught.value)
        assert "wrong key" not in str(caught.value)


def test_a_question_that_the_endpoint_does_not_take_is_its_own_failure(tmp_path):
    strange = [*QUESTIONS, Question("strange", "1", "a question without an answer")]
    with PracticeEndpoint(ANSWERS, GOOD) as served:
        last = run_benchmark(strange, ["good"], quick(served.url), tmp_path, concurrency=1)
        assert (last.answered, last.failed) == (12, 1)
        with pytest.raises(EndpointError, match="does not take questions for model 'good': status 422"):
            run_benchmark(strange[-1:], ["good"], quick(served.url), tmp_path / "alone")


def test_an_endpoint_that_went_away_ends_the_run(tmp_path):
    with PracticeEndpoint(ANSWERS, GOOD) as served:
        endpoint = quick(served.url, attempts=2)
        run_benchmark(QUESTIONS[:2], ["good"], endpoint, tmp_path)
    with pytest.raises(EndpointError, match="cannot be reached: no connection"):
        run_benchmark(QUESTIONS, ["good"], endpoint, tmp_path / "new")
    with pytest.raises(EndpointError, match="5 questions in a row failed, the last with no connection"):
        run_benchmark(QUESTIONS, ["good"], endpoint, tmp_path)


def test_the_key_is_sent_and_kept_nowhere(tmp_path):
    echo = {question: f"{answer} {KEY}" for question, answer in ANSWERS.items()}
    endpoint = None
    with PracticeEndpoint(echo, GOOD, Faults(busy=0.3), key=KEY) as served:
        endpoint = quick(served.url, key=KEY)
        run_benchmark(QUESTIONS, ["good"], endpoint, tmp_path)
    assert KEY not in repr(endpoint)
    with ReplyRecord(tmp_path) as record:
        assert all("[key]" in row["response"] for row in record.rows())
        assert KEY not in "".join(record.lines())
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_key_without_encryption_is_told():
    assert Endpoint("http://example.org/v1", KEY).exposes_key
    for endpoint in (
        Endpoint("https://example.org/v1", KEY),
        Endpoint("http://127.0.0.1/v1", KEY),
        Endpoint("http://x/v1"),
    ):
        assert not endpoint.exposes_key


def test_a_redirect_is_not_followed():
    listener = socket.create_server(("127.0.0.1", 0))

    def redirect():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n"
            )

    server = threading.Thread(target=redirect)
    server.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    with listener, pytest.raises(EndpointError, match="redirects \\(status 302\\)"):
        ask(quick(url, key=KEY), "m", words("?"))
    server.join()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "without choices"),
        ([], "without choices"),
        ({"choices": []}, "without choices"),
        ({"choices": [{"message": None}]}, "without choices"),
        ({"choices": [{"message": {"content": 7}}]}, "content is not text"),
    ],
)
def test_replies_of_a_wrong_shape(content, message):
    with pytest.raises(chat_endpoint._Passing) as caught:
        chat_endpoint._answer(Endpoint("http://localhost/v1"), content, 0.1, 1)
    assert message in caught.value.message


def test_a_refusal_and_odd_counts():
    message = {"content": None, "refusal": "I must not."}
    content = {
        "choices": [{"message": message}],
        "usage": {"prompt_tokens": "many", "completion_tokens": 3, "cost": 0.5},
    }
    answer = chat_endpoint._answer(Endpoint("http://localhost/v1"), content, 0.1, 1)
    assert (answer.text, answer.refused, answer.prompt_tokens, answer.completion_tokens) == ("", True, None, 3)
    assert answer.cost == 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "localhost:8000/v1"}, "endpoint must be an address such as"),
        ({"url": "ftp://localhost/v1"}, "endpoint must be an address such as"),
        ({"url": "http://me:pass@localhost/v1"}, "without a user's name, password"),
        ({"url": "http://localhost/v1?key=x"}, "without a user's name, password"),
        ({"key": "two words"}, "must be printable ASCII"),
        ({"key": "line\r\nX-Evil: 1"}, "must be printable ASCII"),
        ({"time_limit": 0.0}, "time limit must be a positive number of seconds; got 0.0"),
        ({"attempts": 0}, "attempts must be at least 1; got 0"),
    ],
)
def test_endpoints_that_are_refused(options, message):
    with pytest.raises(ValueError, match=message) as caught:
        Endpoint(**{"url": "http://localhost/v1", **options})
    assert "two words" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"questions": []}, "problems must name at least one"),
        ({"questions": [QUESTIONS[0], QUESTIONS[0]]}, "problems must be different; 'sum-0' is there twice"),
        ({"questions": [Question("mute", "1", " ")]}, "problem 'mute' has no prompt to ask"),
        ({"models": []}, "models must name at least one"),
        ({"models": ["a", "a"]}, "models must be different; 'a' is there twice"),
        ({"models": [""]}, "models must have names"),
        ({"seeds": 0}, "seeds must be from 1 to 1000; got 0"),
        ({"concurrency": 0}, "concurrency must be from 1 to 256; got 0"),
    ],
)
def test_wrong_arguments_before_anything_is_asked(tmp_path, change, message):
    values = {"questions": QUESTIONS, "models": ["good"], **change}
    with pytest.raises(ValueError, match=message):
        run_benchmark(endpoint=quick("http://127.0.0.1:9/v1"), folder=tmp_path / "never", **values)
    assert not (tmp_path / "never").exists()


def test_a_file_that_is_no_record_is_left_alone(tmp_path):
    (tmp_path / FILE).write_text("my thesis, the only copy" * 100)
    with pytest.raises(ValueError, match="is no record of replies"):
        ReplyRecord(tmp_path)
    assert (tmp_path / FILE).read_text().startswith("my thesis")
    other = tmp_path / "other"
    other.mkdir()
    connection = sqlite3.connect(other / FILE)
    connection.execute("CREATE TABLE reply (a)")
    connection.close()
    with pytest.raises(ValueError, match="is no record of replies"):
        ReplyRecord(other)


def test_lines_of_the_record_are_json(tmp_path):
    with ReplyRecord(tmp_path) as record:
        answer = chat_endpoint.Answer("ψ \\boxed{1}\n", False, "stop", 3, 4, None, 0.25, 2)
        record.keep(ReplyKey("m", "p", "1", 0), "http://localhost/v1", answer)
        (line,) = record.lines()
    row = json.loads(line)
    assert (row["response"], row["seed"], row["failure"], row["seconds"]) == ("ψ \\boxed{1}\n", 0, "", 0.25)


def test_faults_must_be_shares():
    with pytest.raises(ValueError, match="add up to at most 1"):
        Faults(busy=0.7, slow=0.7)
