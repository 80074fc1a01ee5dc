"""The digest and its subscribers: nobody is lost and nobody gets an edition twice, whatever the mail server does."""

import datetime
import re

import pytest

from phasebook import cli
from phasebook.web import digest
from phasebook.web.mail import compose
from phasebook.web.settings import MailSettings, Settings, checked_address
from phasebook.web.subscribers import Subscribers
from tests.web.conftest import TOKEN, Reader
from tests.web.mail_server import mail_server

URL = "https://book.example.org"
LONG_AGO = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
DAY = datetime.date(2026, 11, 25)


@pytest.fixture
def box():
    with mail_server() as (box, port):
        box.settings = MailSettings("127.0.0.1", port, "book@example.org", "none", seconds=10)
        yield box


def readers(count: int) -> Subscribers:
    """Confirmed readers who have had no news for long."""
    subscribers = Subscribers()
    for number in range(count):
        reader = subscribers.ask(f"reader{number}@example.org", "weekly")
        subscribers.confirm(reader.secret)
        subscribers.advance(reader, LONG_AGO)
    return subscribers


def send(box, subscribers: Subscribers, day: datetime.date = DAY) -> list[str]:
    return [sent.state for sent in digest.send_to_subscribers(box.settings, subscribers, "weekly", url=URL, day=day)]


def test_an_edition_reaches_everybody_once(box):
    subscribers = readers(3)
    assert send(box, subscribers) == ["sent"] * 3
    assert len(box.mails) == 3
    [mail] = box.to("reader1@example.org")
    assert mail["Subject"].startswith("Phasebook, 2026-W48: ")
    reader = next(each for each in subscribers.due("weekly") if each.address == "reader1@example.org")
    assert mail["List-Unsubscribe"].strip() == f"<{URL}/unsubscribe/{reader.secret}>"
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert f"{URL}/papers/" in plain
    assert f'href="{URL}/papers/' in html
    for mark in ("{{", "{%"):
        assert mark not in plain + html
    assert send(box, subscribers) == ["no news"] * 3
    assert len(box.mails) == 3


@pytest.mark.parametrize("how", ["drop before text", "later"])
def test_a_server_that_breaks_half_way_is_tried_again(box, how):
    subscribers = readers(5)
    box.how, box.fail_at = how, {2, 3}
    first = send(box, subscribers)
    assert first.count("sent") == 3
    assert first.count("not taken") == 2
    assert send(box, subscribers).count("sent") == 2
    assert sorted(mail["To"] for mail in box.mails) == [f"reader{number}@example.org" for number in range(5)]
    assert len(subscribers.due("weekly")) == 5


def test_what_may_have_arrived_is_never_sent_again(box):
    subscribers = readers(4)
    box.how, box.fail_at = "drop after text", {2}
    assert send(box, subscribers) == ["sent", "uncertain", "sent", "sent"]
    assert send(box, subscribers) == ["no news"] * 4
    assert sorted(mail["To"] for mail in box.mails) == [f"reader{number}@example.org" for number in range(4)]
    assert [state for _, _, state, _ in subscribers.deliveries()].count("uncertain") == 1
    assert len(subscribers.due("weekly")) == 4


def test_a_refused_address_stays_subscribed_and_is_not_pestered(box):
    subscribers = readers(2)
    box.how, box.fail_at = "refuse", {1}
    assert send(box, subscribers) == ["refused", "sent"]
    assert send(box, subscribers) == ["had it", "no news"]
    assert len(subscribers.due("weekly")) == 2
    assert send(box, subscribers, DAY + datetime.timedelta(days=7)) == ["sent", "no news"]


def test_no_server_loses_nobody():
    subscribers = readers(2)
    settings = MailSettings("127.0.0.1", 9, "book@example.org", "none", seconds=2)
    sent = list(digest.send_to_subscribers(settings, subscribers, "weekly", url=URL, day=DAY))
    assert [each.state for each in sent] == ["not taken"] * 2
    assert subscribers.deliveries() == []


def test_a_kill_between_claiming_and_sending_sends_no_second_time(box):
    subscribers = readers(1)
    [reader] = subscribers.due("weekly")
    assert subscribers.begin(reader, "2026-W48")
    assert not subscribers.begin(reader, "2026-W48")
    assert send(box, subscribers) == ["had it"]
    assert box.mails == []


def test_subscribing_takes_two_steps_and_one_ends_it(box, tmp_path):
    from phasebook.web.application import create_application

    settings = Settings(url=URL, public=True, token=TOKEN, mail=box.settings, folder=tmp_path / "web")
    with Reader(create_application(settings), base_url=URL) as reader:
        assert "Look into your mailbox" in reader.send_form("/subscribe", address="Me@Example.org", period="daily").text
        subscribers = Subscribers()
        assert subscribers.due("daily") == []
        [mail] = box.to("me@example.org")
        link = re.search(rf"{URL}(/confirm/\S+)", mail.get_body(("plain",)).get_content())[1]
        assert reader.get(link).status_code == 200
        assert subscribers.due("daily") == []  # a program that follows links confirms nothing
        assert "Subscribed" in reader.send_form(link).text
        [subscribed] = subscribers.due("daily")
        assert subscribed.address == "me@example.org"
        again = reader.send_form("/subscribe", address="me@example.org", period="weekly")
        assert "Look into your mailbox" in again.text  # the same words: nobody learns who is subscribed
        assert len(box.mails) == 1
        # As mail programs do it: no cookie, no form of ours.
        reader.cookies.clear()
        gone = reader.post(f"/unsubscribe/{subscribed.secret}", data={"List-Unsubscribe": "One-Click"})
        assert "Unsubscribed" in gone.text
        assert subscribers.due("daily") == []
        assert reader.get(f"/unsubscribe/{subscribed.secret}").status_code == 404


def test_a_page_for_oneself_has_no_subscription(reader):
    assert "phasebook digest --to" in reader.get("/subscribe").text
    assert reader.send_form("/subscribe", address="me@example.org").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "",
        "me",
        "me@example",
        "a@b.c\nBcc: x@y.z",
        "a@b.c, d@e.f",
        "<a@b.c>",
        "A B <a@b.c>",
        "ä@b.c",
        "a b@c.d",
        "a@b.c>",
    ],
)
def test_addresses_that_could_add_a_header_are_refused(address):
    with pytest.raises(ValueError, match="plain mail address"):
        checked_address(address)
    with pytest.raises(ValueError, match="plain mail address"):
        Subscribers().ask(address, "weekly")


def test_blanks_around_an_address_are_not_part_of_it():
    assert checked_address(" a@b.c\r\n") == "a@b.c"


def test_a_hostile_title_adds_no_header():
    settings = MailSettings("localhost", 25, "book@example.org", "none")
    subject = "A title\r\nBcc: everybody@example.org\n\n<script>\u2028"
    mail = compose(settings, "me@example.org", subject, "text", "<p>html</p>", identifier="<a@b>").as_bytes()
    head = mail.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head
    assert head.count(b"Subject:") == 1


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"PHASEBOOK_SMTP_HOST": "x", "PHASEBOOK_MAIL_FROM": "nobody"}, "PHASEBOOK_MAIL_FROM must be"),
        (
            {"PHASEBOOK_SMTP_HOST": "x", "PHASEBOOK_MAIL_FROM": "a@b.c", "PHASEBOOK_SMTP_PORT": "0"},
            "PHASEBOOK_SMTP_PORT",
        ),
        (
            {"PHASEBOOK_SMTP_HOST": "x", "PHASEBOOK_MAIL_FROM": "a@b.c", "PHASEBOOK_SMTP_ENCRYPTION": "maybe"},
            "_ENCRYPTION",
        ),
    ],
)
def test_wrong_settings_name_their_variable(variables, message):
    with pytest.raises(ValueError, match=message):
        MailSettings.from_environment(variables)
    assert MailSettings.from_environment({}) is None


def test_the_command_mails_oneself(box, monkeypatch, capsys):
    import typer

    monkeypatch.setenv("PHASEBOOK_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PHASEBOOK_SMTP_PORT", str(box.settings.port))
    monkeypatch.setenv("PHASEBOOK_SMTP_ENCRYPTION", "none")
    monkeypatch.setenv("PHASEBOOK_MAIL_FROM", "book@example.org")
    monkeypatch.setattr(digest, "DAYS", {"daily": 36500, "weekly": 36500})
    cli.digest(to="me@example.org", period="daily", family="reactions", keyword="", show_only=False)
    [mail] = box.to("me@example.org")
    assert "(reactions)" in mail["Subject"]
    assert "1 of 1 sent" in capsys.readouterr().out
    box.how, box.fail_at = "refuse", {2}
    subscribers = readers(1)
    with pytest.raises(typer.Exit):
        cli.digest(to=None, period="weekly", family="", keyword="", show_only=False)
    assert len(subscribers.due("weekly")) == 1
    with pytest.raises(ValueError, match="period must be"):
        cli.digest(to=None, period="hourly", family="", keyword="", show_only=True)
    with pytest.raises(ValueError, match="subscribers have their own"):
        cli.digest(to=None, period="daily", family="reactions", keyword="", show_only=False)
