"""Starts the page: on this machine alone, unless it is told to be public."""

import os
import secrets
from collections.abc import Callable

from .application import create_application
from .settings import LOOPBACK, MailSettings, Settings

TOKEN = "PHASEBOOK_TOKEN"
URL = "PHASEBOOK_URL"


def settings_for(host: str, port: int, public: bool) -> tuple[Settings, bool]:
    """The settings of a server, from its address and the environment; and whether its token was made just now.

    Raises `ValueError` where the host is not this machine's own and `public` was not asked for, or a variable is wrong.
    """
    if host not in LOOPBACK and not public:
        raise ValueError(f"host must be one of {', '.join(LOOPBACK)} unless --public is given; got {host!r}")
    if not 0 < port < 65536:
        raise ValueError(f"port must be from 1 to 65535; got {port}")
    shown = f"[{host}]" if ":" in host else host
    url = os.environ.get(URL, f"http://{shown}:{port}").rstrip("/")
    token = os.environ.get(TOKEN, "")
    made = public and not token
    if made:
        token = secrets.token_urlsafe(24)
    return Settings(url=url, public=public, token=token, mail=MailSettings.from_environment()), made


def serve(host: str, port: int, public: bool, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C. `say` prints a line."""
    import uvicorn

    settings, made = settings_for(host, port, public)
    if made:
        say(f"token for jobs, of this run alone ({TOKEN} sets a lasting one): {settings.token}")
    if public and not settings.subscriptions:
        say("no mail server in the environment (PHASEBOOK_SMTP_HOST): readers cannot subscribe")
    say(f"Phasebook is at {settings.url} (Ctrl-C ends it)")
    uvicorn.run(create_application(settings), host=host, port=port, log_level="warning", proxy_headers=False)
