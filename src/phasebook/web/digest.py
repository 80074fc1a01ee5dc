"""The digest: the news since a reader's last one, by mail, once per edition whatever happens on the way."""

import datetime
import smtplib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .mail import NotTaken, Uncertain, compose, mail_server, send
from .news import Item, news
from .settings import MailSettings, checked_address
from .subscribers import Period, Subscriber, Subscribers, edition_of, message_identifier
from .templating import render

MOST_ITEMS = 60
DAYS = {"daily": 1, "weekly": 7}


@dataclass(frozen=True, slots=True)
class Digest:
    """One edition: its subject and its two texts."""

    subject: str
    text: str
    html: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one reader's edition."""

    address: str
    state: Literal["sent", "no news", "had it", "not taken", "refused", "uncertain"]
    message: str = ""


def make_digest(
    period: Period,
    *,
    since: datetime.datetime,
    url: str,
    family: str = "",
    keyword: str = "",
    unsubscribe: str = "",
    day: datetime.date | None = None,
) -> Digest:
    """The news since a time, written as a mail. Raises `ValueError` for an unknown family."""
    items = tuple(news(family=family or None, keyword=keyword or None, since=since, most=MOST_ITEMS))
    chosen = " · ".join(part for part in (family, keyword and f"“{keyword}”") if part)
    head = f"Phasebook, {edition_of(period, day or datetime.date.today())}{f' ({chosen})' if chosen else ''}"
    subject = f"{head}: {items[0].title}{f' and {len(items) - 1} more' if len(items) > 1 else ''}" if items else head
    values = {"items": items, "head": head, "url": url, "unsubscribe": unsubscribe}
    return Digest(subject, render("digest.txt", **values), render("digest.html", **values), items)


def latest_digest(period: Period, *, url: str, family: str = "", keyword: str = "") -> Digest:
    """The news of the last day or week. Raises `ValueError` for an unknown family."""
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=DAYS[period])
    return make_digest(period, since=since, url=url, family=family, keyword=keyword)


def send_to_one(
    settings: MailSettings, address: str, period: Period, *, url: str, family: str = "", keyword: str = ""
) -> Sent:
    """Mail oneself the news of the last day or week. Raises `ValueError` for a wrong address, `NotTaken` or `Uncertain`."""
    address = checked_address(address)
    now = datetime.datetime.now(datetime.UTC)
    digest = latest_digest(period, url=url, family=family, keyword=keyword)
    if not digest.items:
        return Sent(address, "no news")
    domain = settings.sender.rpartition("@")[2]
    identifier = f"<{edition_of(period, now.date())}.{int(now.timestamp())}@{domain}>"
    with mail_server(settings) as server:
        send(server, compose(settings, address, digest.subject, digest.text, digest.html, identifier=identifier))
    return Sent(address, "sent")


def send_to_subscribers(
    settings: MailSettings, subscribers: Subscribers, period: Period, *, url: str, day: datetime.date | None = None
) -> Iterator[Sent]:
    """Send an edition to all readers of a period who have not had it, and say what became of each.

    A delivery is written down before the text leaves. Where the server surely did not take it the next run tries again; where
    that is not known it is not repeated; and a reader whom the server refuses stays subscribed.
    """
    waiting = subscribers.due(period)
    edition = edition_of(period, day or datetime.date.today())
    while waiting:
        try:
            with mail_server(settings) as server:
                while waiting:
                    sent = _send_edition(server, settings, subscribers, waiting.pop(0), edition, url, day)
                    yield sent
                    if sent.state in ("uncertain", "not taken"):
                        break  # the connection may be broken: the next reader gets a new one
        except NotTaken as error:
            yield from (Sent(reader.address, "not taken", str(error)) for reader in waiting)
            return


def _send_edition(
    server: smtplib.SMTP,
    settings: MailSettings,
    subscribers: Subscribers,
    reader: Subscriber,
    edition: str,
    url: str,
    day: datetime.date | None,
) -> Sent:
    now = datetime.datetime.now(datetime.UTC)
    unsubscribe = f"{url}/unsubscribe/{reader.secret}"
    digest = make_digest(
        reader.period,
        since=reader.since,
        url=url,
        family=reader.family,
        keyword=reader.keyword,
        unsubscribe=unsubscribe,
        day=day,
    )
    if not digest.items:
        return Sent(reader.address, "no news")
    if not subscribers.begin(reader, edition):
        return Sent(reader.address, "had it")
    identifier = message_identifier(reader, edition, settings.sender.rpartition("@")[2])
    message = compose(
        settings,
        reader.address,
        digest.subject,
        digest.text,
        digest.html,
        identifier=identifier,
        unsubscribe=unsubscribe,
    )
    try:
        send(server, message)
    except NotTaken as error:
        if error.final:
            subscribers.end(reader, edition, "refused", str(error))
            return Sent(reader.address, "refused", str(error))
        subscribers.release(reader, edition)
        return Sent(reader.address, "not taken", str(error))
    except Uncertain as error:
        subscribers.end(reader, edition, "uncertain", str(error))
        subscribers.advance(reader, now)
        return Sent(reader.address, "uncertain", str(error))
    subscribers.end(reader, edition, "sent")
    subscribers.advance(reader, now)
    return Sent(reader.address, "sent")


def failed(results: Sequence[Sent]) -> bool:
    """Whether somebody is still without their edition."""
    return any(each.state in ("not taken", "refused", "uncertain") for each in results)
