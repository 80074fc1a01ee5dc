"""A real mail server on loopback that takes mails, refuses them, or breaks at a chosen moment."""

import contextlib
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Mailbox:
    """What arrived, and what to do wrong: at the `fail_at`-th mail of a connection-independent count, in the way of `how`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.tries = 0
        self.fail_at: set[int] = set()
        self.how = "drop before text"

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        self.tries += 1
        envelope.mail_from = address
        if self.tries in self.fail_at and self.how == "drop before text":
            server.transport.abort()
            return "421 broken"
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.tries in self.fail_at and self.how == "refuse":
            return "550 no such mailbox"
        if self.tries in self.fail_at and self.how == "later":
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.tries in self.fail_at and self.how == "drop after text":
            server.transport.abort()
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to an address."""
        return [mail for mail in self.mails if mail["To"] == address]


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """A mailbox, and the port where its server listens."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()
