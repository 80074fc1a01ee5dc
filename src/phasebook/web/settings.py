"""What a server of the page and a sender of mail need to know; the mail's part comes from the environment alone."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from .. import runtime

LOOPBACK = ("127.0.0.1", "localhost", "::1")
Encryption = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class MailSettings:
    """A mail server, and who sends. `user` and `password` are empty where it asks for none."""

    host: str
    port: int
    sender: str
    encryption: Encryption = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    seconds: float = 30.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "MailSettings | None":
        """From PHASEBOOK_SMTP_HOST, _PORT, _ENCRYPTION, _USER, _PASSWORD and PHASEBOOK_MAIL_FROM; None where no host is named.

        Raises `ValueError` naming the variable that is wrong or missing.
        """
        given = os.environ if environment is None else environment
        host = given.get("PHASEBOOK_SMTP_HOST", "")
        if not host:
            return None
        encryption = given.get("PHASEBOOK_SMTP_ENCRYPTION", "starttls")
        if encryption not in ("none", "starttls", "tls"):
            raise ValueError(f"PHASEBOOK_SMTP_ENCRYPTION must be none, starttls or tls; got {encryption!r}")
        port = given.get("PHASEBOOK_SMTP_PORT", {"none": "25", "starttls": "587", "tls": "465"}[encryption])
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(f"PHASEBOOK_SMTP_PORT must be a number from 1 to 65535; got {port!r}")
        sender = checked_address(given.get("PHASEBOOK_MAIL_FROM", ""), "PHASEBOOK_MAIL_FROM")
        user, password = given.get("PHASEBOOK_SMTP_USER", ""), given.get("PHASEBOOK_SMTP_PASSWORD", "")
        return cls(host, int(port), sender, encryption, user, password)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the page is served.

    `public` serves others than this machine's user: then jobs need `token`, requests are limited in number, and, with `mail`,
    readers may subscribe. `url` is where readers reach the page, for links in mails and feeds.
    """

    url: str = "http://127.0.0.1:8000"
    public: bool = False
    token: str = field(default="", repr=False)
    mail: MailSettings | None = None
    folder: Path = field(default_factory=lambda: runtime.data_folder() / "web")
    queue: int = 20
    requests_per_minute: int = 240
    jobs_per_minute: int = 10

    def __post_init__(self) -> None:
        if self.public and len(self.token) < 16:
            raise ValueError("a public page needs a token of at least 16 characters (PHASEBOOK_TOKEN)")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url must be an http or https address; got {self.url!r}")

    @property
    def subscriptions(self) -> bool:
        """Whether readers may subscribe to the digest."""
        return self.public and self.mail is not None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host names by which the page may be asked for; another one is an attack through a name server."""
        return (*LOOPBACK, urlsplit(self.url).hostname or "")


def checked_address(text: str, name: str = "address") -> str:
    """A mail address that is safe in a header. Raises `ValueError` for anything else, line breaks among it."""
    _, address = parseaddr(text)
    local, at, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(address) & set(" ,;:<>()[]\\\"'`|")
    if address != text.strip() or not plain or not (local and at and "." in domain) or len(address) > 254:
        raise ValueError(f"{name} must be a plain mail address such as reader@example.org; got {text[:80]!r}")
    return address
