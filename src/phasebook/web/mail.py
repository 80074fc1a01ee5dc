"""Sends one mail over SMTP and says what became of it: taken, refused, or unknown.

After the last line of the text has left, a broken connection says nothing of whether the server took it; before, it surely did not.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from ..errors import PhasebookError
from .settings import MailSettings


class NotTaken(PhasebookError):
    """The mail server surely has not taken the mail; another try may succeed unless `final`."""

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Uncertain(PhasebookError):
    """The connection broke after the text had left: the mail may have been taken or not."""


def compose(
    settings: MailSettings, to: str, subject: str, text: str, html: str, *, identifier: str, unsubscribe: str = ""
) -> EmailMessage:
    """A mail in plain text and HTML; line breaks in the subject are turned into blanks, so that nobody adds a header."""
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.sender
    message["To"] = to
    message["Subject"] = " ".join("".join(c if c.isprintable() else " " for c in subject).split())[:200]
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = identifier
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


@contextlib.contextmanager
def mail_server(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted and logged in as the settings say. Raises `NotTaken` where there is none."""
    try:
        if settings.encryption == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.seconds, context=context
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=settings.seconds)
        if settings.encryption == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.user:
            server.login(settings.user, settings.password)
        server.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(f"no connection to the mail server {settings.host}: {error}") from error
    try:
        yield server
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()


def send(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Send one mail. Raises `NotTaken` or `Uncertain`; afterwards the connection may be used for the next one or is broken."""
    body = message.as_bytes()
    try:
        server.rset()
        _expect(server.mail(message["From"]), 250, "sender")
        _expect(server.rcpt(message["To"]), 250, "address")
        _expect(server.docmd("DATA"), 354, "start of the text")
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise NotTaken(f"the connection broke before the text had left: {error}") from error
    try:
        server.send(_dotted(body))
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        # Without the final dot, which is the last thing of the one piece that is sent, no server takes a mail; but how much of the
        # piece left is not known.
        raise Uncertain(f"the connection broke while the text left: {error}") from error
    try:
        reply = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Uncertain(f"the server did not answer after the text: {error}") from error
    _expect(reply, 250, "text")


def _dotted(body: bytes) -> bytes:
    text = body if body.endswith(b"\r\n") else body + b"\r\n"
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in text.split(b"\r\n")) + b".\r\n"


def _expect(reply: tuple[int, bytes], code: int, what: str) -> None:
    if reply[0] != code and not (code == 250 and reply[0] == 251):
        words = reply[1].decode("ascii", "replace").replace("\n", " ")[:200]
        raise NotTaken(f"the server refused the {what}: {reply[0]} {words}", final=500 <= reply[0] < 600)
