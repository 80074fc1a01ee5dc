"""What stands between a request and the page: host, token, form protection, number of requests, and the headers of answers."""

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from fastapi.responses import PlainTextResponse, Response

from .settings import Settings

FORM_COOKIE, TOKEN_COOKIE = "phasebook_form", "phasebook_token"
FORM_FIELD = "form_token"
WRITING = ("POST", "PUT", "PATCH", "DELETE")
LARGEST_BODY = 20_000_000  # bytes; a user's file in the explorer is the largest thing that anybody sends
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# Bokeh's script writes style elements into the page, and there is no way to allow just those.
EXPLORER = {**STRICT, "style-src": "'self' 'unsafe-inline'"}
CLIENTS = 10_000

Handler = Callable[[Request], Awaitable[Response]]


class Guard:
    """The middleware of the application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.requests = Allowance(settings.requests_per_minute)

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Refuse what must not pass, and add the headers to what does."""
        refused = self._refused(request)
        answer = refused if refused is not None else await call_next(request)
        policy = EXPLORER if getattr(request.state, "explorer", False) else STRICT
        answer.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return answer

    def _refused(self, request: Request) -> Response | None:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        if host not in self.settings.hosts:
            return PlainTextResponse("this page is not served under that host name", 421)
        if self.settings.public and not self.requests.take(client(request)):
            return PlainTextResponse("too many requests; wait a minute", 429, headers={"Retry-After": "60"})
        if request.method in WRITING:
            length = request.headers.get("content-length", "0")
            if "transfer-encoding" in request.headers or not length.isdigit() or int(length) > LARGEST_BODY:
                return PlainTextResponse(
                    f"a request may have at most {LARGEST_BODY:,} bytes and must say how many", 413
                )
            origin = request.headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
                return PlainTextResponse("requests from other sites are refused", 403)
        return None


class Allowance:
    """So many per minute for each client, refilled evenly."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str) -> bool:
        """Take one; False where none is left."""
        with self._lock:
            now = time.monotonic()
            left, then = self._left.pop(name, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - then) * self.per_minute / 60)
            self._left[name] = (max(left - 1, 0.0) if left >= 1 else left, now)
            while len(self._left) > CLIENTS:
                self._left.popitem(last=False)
            return left >= 1


def client(request: Request) -> str:
    """Whom an allowance belongs to: the address of the other end."""
    return request.client.host if request.client else ""


def form_token(request: Request) -> str:
    """The token that this reader's forms carry: that of their cookie, or a new one."""
    cookie = request.cookies.get(FORM_COOKIE, "")
    return cookie if 20 <= len(cookie) <= 100 and cookie.isascii() else secrets.token_urlsafe(24)


def check_form(request: Request, given: str) -> None:
    """Raises HTTP 403 where a form doesn't carry the token of the reader's cookie: another site made it."""
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), given.encode()):
        raise HTTPException(403, "this form is too old or came from another site; load the page again")


def may_compute(request: Request, settings: Settings) -> bool:
    """Whether this reader may start jobs: everybody on one's own machine, holders of the token on a public page."""
    if not settings.public:
        return True
    given = request.headers.get("authorization", "").removeprefix("Bearer ") or request.cookies.get(TOKEN_COOKIE, "")
    return hmac.compare_digest(given.encode(), settings.token.encode())


def check_compute(request: Request, settings: Settings) -> None:
    """Raises HTTP 401 where `may_compute` says no."""
    if not may_compute(request, settings):
        raise HTTPException(401, "jobs need this page's token: open /token and enter it, or send it as a Bearer token")
