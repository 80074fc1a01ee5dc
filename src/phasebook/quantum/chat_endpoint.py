"""One question to an OpenAI-compatible endpoint: POST /chat/completions with a deadline, retries, and a key that stays secret.

Standard library alone: a handful of requests wait for seconds each, so threads with blocking sockets do what an asynchronous
client would, without a further dependency. Redirects are not followed, because the key would travel with them.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import json
import math
import random
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

from ..errors import PhasebookError

PASSING = frozenset({408, 425, 429})  # with all of 5xx: worth another attempt
ABOUT_THE_QUESTION = frozenset({400, 413, 422})  # may concern this question alone, once another one was answered
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})  # never through a proxy
LONGEST_BODY = 16 * 2**20
LONGEST_MESSAGE = 240
LONGEST_RETRY_AFTER = 900.0  # seconds; whoever asks for more is asked again with the next run


class EndpointError(PhasebookError, RuntimeError):
    """The endpoint answers no question as it is called: wrong key, model or address, or nobody there. Never holds the key."""


class QuestionFailed(PhasebookError, RuntimeError):
    """One question got no answer in all attempts; `unreachable` where no connection was made, `status` where one answered."""

    def __init__(self, message: str, *, status: int | None = None, unreachable: bool = False):
        super().__init__(message)
        self.status = status
        self.unreachable = unreachable


class Stopped(PhasebookError, RuntimeError):
    """The run was stopped while this question was waiting."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address such as http://localhost:8000/v1, the key (never shown), and how long and how often a question is asked.

    `time_limit` in seconds is for one attempt, all of it; waits before further attempts grow from `first_wait` by doubling up to
    `longest_wait`, each drawn between half of that and all of it. Raises ValueError for an address that is none, or that carries
    a user's name or a query.
    """

    url: str
    key: str = field(default="", repr=False)
    time_limit: float = 600.0
    attempts: int = 8
    first_wait: float = 1.0
    longest_wait: float = 60.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"endpoint must be an address such as http://localhost:8000/v1; got {self.url!r}")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(
                "endpoint must be a plain address, without a user's name, password, query or fragment in it"
            )
        if self.key and not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            raise ValueError("the key must be printable ASCII without spaces; it is not shown here")
        if not (math.isfinite(self.time_limit) and self.time_limit > 0):
            raise ValueError(f"time limit must be a positive number of seconds; got {self.time_limit}")
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1; got {self.attempts}")

    @property
    def address(self) -> str:
        """The full address that questions are posted to."""
        return f"{self.url.rstrip('/')}/chat/completions"

    @property
    def exposes_key(self) -> bool:
        """Whether a key leaves this machine unencrypted."""
        parts = urlsplit(self.url)
        return bool(self.key) and parts.scheme == "http" and parts.hostname not in LOOPBACK

    def pause(self, attempt: int, retry_after: float | None, chance: float) -> float:
        """Seconds before the attempt after the given one (from 0): doubled each time, jittered, never less than asked for."""
        grown = min(self.longest_wait, self.first_wait * 2.0**attempt) * (0.5 + 0.5 * chance)
        return grown if retry_after is None else max(grown, retry_after)

    def redacted(self, text: str) -> str:
        """The text without the key and without control characters."""
        shown = text.replace(self.key, "[key]") if self.key else text
        return "".join(letter if letter.isprintable() or letter in "\n\t" else " " for letter in shown)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said: its text (empty where it refused), tokens and cost where the endpoint counts them, seconds, attempts."""

    text: str
    refused: bool
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    seconds: float
    attempts: int


class Flights:
    """Requests on their way, so that a stopped run need not wait for them, and none is waited for beyond its deadline."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()

    def stop(self) -> None:
        """Break all requests off; those who wait between attempts end as well."""
        self.stopped.set()
        with self._lock:
            for line in self._lines:
                _break_off(line)

    @contextlib.contextmanager
    def aboard(self, line: socket.socket, seconds: float) -> Iterator[None]:
        """While a request is on its way: it is broken off by `stop`, or after `seconds` (TimeoutError).

        A socket's own time limit starts again with every byte; this one is for all of it.
        """
        late = threading.Event()

        def give_up() -> None:
            late.set()
            _break_off(line)

        with self._lock:
            if self.stopped.is_set():
                raise Stopped("the run was stopped")
            self._lines.add(line)
        timer = threading.Timer(max(seconds, 0.0), give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._lines.discard(line)
        if late.is_set():
            raise TimeoutError


@dataclass
class _Passing(Exception):
    """Trouble that may pass: the next attempt comes after `retry_after` seconds, where the endpoint says so."""

    message: str
    status: int | None = None
    retry_after: float | None = None
    unreachable: bool = False


def ask(
    endpoint: Endpoint,
    model: str,
    messages: Sequence[Mapping[str, str]],
    *,
    seed: int | None = None,
    flights: Flights | None = None,
    chance: Callable[[], float] = random.random,
) -> Answer:
    """Ask one question; statuses 408, 425, 429 and 5xx, broken connections, deadlines and unreadable replies are tried again.

    Raises `EndpointError` at once where asking again cannot help (401, unknown model or address, a redirect), `QuestionFailed`
    after the last attempt, `Stopped` after `flights.stop()`. `seed` is sent where it is given.
    """
    flights = flights or Flights()
    body = json.dumps({"model": model, "messages": list(messages), **({} if seed is None else {"seed": seed})}).encode()
    begin = time.perf_counter()
    trouble = _Passing("never asked")
    for attempt in range(endpoint.attempts):
        try:
            content = _post(endpoint, model, body, flights)
            return _answer(endpoint, content, time.perf_counter() - begin, attempt + 1)
        except _Passing as passing:
            trouble = passing
        if (trouble.retry_after or 0.0) > LONGEST_RETRY_AFTER or attempt + 1 == endpoint.attempts:
            break
        if flights.stopped.wait(endpoint.pause(attempt, trouble.retry_after, chance())):
            raise Stopped("the run was stopped")
    raise QuestionFailed(
        f"{trouble.message} (attempt {attempt + 1} of {endpoint.attempts})",
        status=trouble.status,
        unreachable=trouble.unreachable,
    )


def _post(endpoint: Endpoint, model: str, body: bytes, flights: Flights) -> Any:
    """One attempt: the body of a reply with status 200, as JSON."""
    connection, target = _connection(endpoint)
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "phasebook"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    until = time.monotonic() + endpoint.time_limit
    line: socket.socket | None = None
    try:
        connection.connect()
        line = connection.sock
        with flights.aboard(line, until - time.monotonic()):
            connection.request("POST", target, body, headers)
            with connection.getresponse() as response:
                content = response.read(LONGEST_BODY + 1)
                status, reply_headers = response.status, response.headers
    except (OSError, http.client.HTTPException) as error:
        if flights.stopped.is_set():
            raise Stopped("the run was stopped") from None
        if isinstance(error, TimeoutError) or time.monotonic() >= until:
            raise _Passing(f"no reply within {endpoint.time_limit:g} s") from None
        if isinstance(error, ssl.SSLCertVerificationError):
            raise EndpointError(f"{endpoint.url}: certificate not trusted ({error.verify_message})") from None
        what = "no connection" if line is None else "the connection broke off"
        said = endpoint.redacted(str(error))[:LONGEST_MESSAGE]
        raise _Passing(f"{what}: {said}", unreachable=line is None) from None
    finally:
        connection.close()
    if status != 200:
        _refuse(endpoint, model, status, reply_headers, content)
    if len(content) > LONGEST_BODY:
        raise _Passing(f"a reply of more than {LONGEST_BODY} bytes", status)
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise _Passing("a reply that is not JSON", status) from None


def _refuse(endpoint: Endpoint, model: str, status: int, headers: Message, content: bytes) -> None:
    """Raise what a status other than 200 means; what the server says about a key is not repeated."""
    said = _server_message(endpoint, content)
    if status in PASSING or status >= 500:
        raise _Passing(f"status {status}{said}", status, _retry_after(headers.get("Retry-After")))
    if status in (401, 403):
        raise EndpointError(
            f"{endpoint.url} refused the key with status {status}; --key-variable names the environment variable that holds it"
        )
    if 300 <= status < 400:
        raise EndpointError(f"{endpoint.url} redirects (status {status}); give the address that it redirects to")
    if status in ABOUT_THE_QUESTION:
        raise QuestionFailed(f"status {status}{said}", status=status)
    hint = "" if "/v1" in urlsplit(endpoint.url).path else "; most addresses end in /v1"
    raise EndpointError(f"{endpoint.address} answered status {status} for model {model!r}{said}{hint}")


def _answer(endpoint: Endpoint, content: Any, seconds: float, attempts: int) -> Answer:
    """The reply's text and counts. Raises `_Passing` where it has no choices."""
    try:
        choice = content["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise _Passing("a reply without choices[0].message", 200) from None
    if text is not None and not isinstance(text, str):
        raise _Passing("a reply whose content is not text", 200)
    usage = content.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Answer(
        endpoint.redacted(text or ""),
        bool(refusal) and not text,
        str(choice.get("finish_reason") or ""),
        _whole(usage.get("prompt_tokens")),
        _whole(usage.get("completion_tokens")),
        float(usage["cost"]) if isinstance(usage.get("cost"), (int, float)) else None,
        seconds,
        attempts,
    )


def _connection(endpoint: Endpoint) -> tuple[http.client.HTTPConnection, str]:
    """A connection, through the proxy that the environment names, and the target of the request line."""
    parts = urlsplit(endpoint.address)
    host = str(parts.hostname)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    limit = endpoint.time_limit
    proxy = urllib.request.getproxies().get(parts.scheme, "")
    if not proxy or host in LOOPBACK or urllib.request.proxy_bypass(host):
        made = http.client.HTTPSConnection(host, port, timeout=limit) if secure else _plain(host, port, limit)
        return made, parts.path
    through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if secure:
        tunnel = http.client.HTTPSConnection(str(through.hostname), through.port or 80, timeout=limit)
        tunnel.set_tunnel(host, port)
        return tunnel, parts.path
    return _plain(str(through.hostname), through.port or 80, limit), endpoint.address


def _plain(host: str, port: int, limit: float) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(host, port, timeout=limit)


def _break_off(line: socket.socket) -> None:
    """Make whoever reads from this socket return; another thread may have closed it by now."""
    with contextlib.suppress(OSError, ValueError):
        line.shutdown(socket.SHUT_RDWR)


def _retry_after(text: str | None) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _server_message(endpoint: Endpoint, content: bytes) -> str:
    """What the endpoint says of the trouble, shortened, without the key."""
    text = content.decode("utf-8", "replace")
    try:
        told = json.loads(text)
        told = told.get("error", told) if isinstance(told, dict) else told
        text = str(told.get("message", "")) if isinstance(told, dict) else str(told)
    except (ValueError, RecursionError):
        text = "" if text.lstrip().startswith("<") else text
    shown = " ".join(endpoint.redacted(text).split())[:LONGEST_MESSAGE]
    return f": {shown}" if shown else ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
