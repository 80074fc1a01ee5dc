"""A small OpenAI-compatible endpoint on 127.0.0.1 to practice with: known answers, and faults at chosen rates.

What a model says and which attempts meet a fault are hashes of the model, the question and the attempt's number, so that the
order of requests changes nothing. Standard library alone.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SLOWNESS = 30.0  # seconds that a slow reply would take; whoever asks gives up before


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of attempts that meet each fault; `retry_after` in seconds is what a 429 asks for."""

    busy: float = 0.0
    slow: float = 0.0
    broken: float = 0.0
    disconnected: float = 0.0
    malformed: float = 0.0
    retry_after: float | None = 0.0

    def __post_init__(self) -> None:
        shares = (self.busy, self.slow, self.broken, self.disconnected, self.malformed)
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError(f"shares of faults must not be negative and add up to at most 1; got {shares}")

    def drawn(self, chance: float) -> str:
        """The fault that an attempt meets, by a number in [0, 1); empty for none."""
        names = ("busy", "slow", "broken", "disconnected", "malformed")
        for name in names:
            chance -= getattr(self, name)
            if chance < 0:
                return name
        return ""


@dataclass(frozen=True, slots=True)
class PracticeModel:
    """A model that knows a share of the answers, and boxes none in a share of its replies."""

    knows: float = 1.0
    unboxed: float = 0.0


@dataclass
class PracticeEndpoint:
    """Serves `models` at `url` while it is open (a context manager); `answers` maps a question's text to what its box holds.

    With a `key`, requests without it get status 401. `asked` counts the requests by (model, question), `faults_met` by fault.
    """

    answers: Mapping[str, str]
    models: Mapping[str, PracticeModel]
    faults: Faults = field(default_factory=Faults)
    key: str = field(default="", repr=False)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults_met: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> PracticeEndpoint:
        self._lock, self._closing = threading.Lock(), threading.Event()
        handler = type("Handler", (_Handler,), {"endpoint": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address to give to a runner."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def said(self, model: str, question: str, seed: int = 0) -> str:
        """What a model replies to a question."""
        skill = self.models[model]
        if _chance("unboxed", model, question, seed) < skill.unboxed:
            return f"I would rather not say; perhaps {self.answers[question]}."
        right = _chance("knows", model, question, seed) < skill.knows
        return rf"The answer is \boxed{{{self.answers[question] if right else f'1 + {self.answers[question]}'}}}."

    def fault(self, model: str, question: str) -> str:
        """Count an attempt and draw its fault."""
        with self._lock:
            self.asked[model, question] += 1
            number = self.asked[model, question]
            fault = self.faults.drawn(_chance("fault", model, question, number))
            self.faults_met[fault or "none"] += 1
        return fault

    def wait(self) -> None:
        """Be slow, until whoever closes the endpoint."""
        self._closing.wait(SLOWNESS)


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone: nothing to report."""


class _Handler(http.server.BaseHTTPRequestHandler):
    endpoint: PracticeEndpoint

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing on the terminal."""

    def do_POST(self) -> None:
        """Answer one question."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.path != "/v1/chat/completions":
            return self._error(404, "no such address")
        if self.endpoint.key and self.headers.get("Authorization") != f"Bearer {self.endpoint.key}":
            return self._error(401, f"wrong key {self.headers.get('Authorization')}")
        try:
            request = json.loads(body)
            model, question = request["model"], request["messages"][-1]["content"]
        except (ValueError, KeyError, IndexError, TypeError):
            return self._error(400, "not a chat request")
        if model not in self.endpoint.models:
            return self._error(404, f"the model {model!r} does not exist")
        if question not in self.endpoint.answers:
            return self._error(422, "a question without a known answer")
        return self._reply(model, question, int(request.get("seed") or 0))

    def _reply(self, model: str, question: str, seed: int) -> None:
        match self.endpoint.fault(model, question):
            case "busy":
                wait = self.endpoint.faults.retry_after
                return self._error(429, "too many requests", {} if wait is None else {"Retry-After": f"{wait:g}"})
            case "slow":
                return self.endpoint.wait()
            case "broken":
                return self._error(500, "something broke")
            case "disconnected":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"choices": [')
                return None
            case "malformed":
                return self._send(200, b"<html>gateway</html>", {})
        text = self.endpoint.said(model, question, seed)
        usage = {"prompt_tokens": len(question.split()), "completion_tokens": len(text.split())}
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        content = {
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": [choice],
            "usage": usage,
        }
        return self._send(200, json.dumps(content).encode(), {})

    def _error(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps({"error": {"message": message}}).encode(), headers or {})

    def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _chance(*parts: Any) -> float:
    """A number in [0, 1) that the parts determine."""
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
