"""Subscribing to the digest with double opt-in, unsubscribing in one step, and the token of a public page."""

import hmac

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ..catalogue import FAMILIES
from .answers import page
from .mail import NotTaken, Uncertain, compose, mail_server, send
from .security import FORM_FIELD, TOKEN_COOKIE, Allowance, check_form, client
from .subscribers import Subscriber, message_identifier
from .templating import render

router = APIRouter()
# Of confirmations to one address and from one client: nobody's mailbox is flooded through us.
_asked = Allowance(3)
SAID = "If this address can be reached, a mail is on its way to it. Follow the link in it to confirm."


@router.get("/subscribe", response_class=HTMLResponse)
def show_form(request: Request) -> Response:
    """The form, where the page can send mail; else how to mail the digest to oneself."""
    return page(request, "subscribe.html", families=FAMILIES, problem="")


@router.post("/subscribe", response_class=HTMLResponse)
def subscribe(
    request: Request,
    address: str = Form("", max_length=300),
    period: str = Form("weekly", max_length=20),
    family: str = Form("", max_length=40),
    keyword: str = Form("", max_length=200),
    form_token: str = Form("", alias=FORM_FIELD),
) -> Response:
    """Note the wish and send a mail with the link that confirms it; the answer never tells who is subscribed."""
    check_form(request, form_token)
    settings = request.app.state.settings
    if not settings.subscriptions or settings.mail is None:
        raise HTTPException(404, "this page sends no mail")
    try:
        reader = request.app.state.subscribers.ask(address, period, family, keyword)
    except ValueError as error:
        return page(request, "subscribe.html", 422, families=FAMILIES, problem=str(error))
    if not reader.confirmed and _asked.take(client(request)) and _asked.take(reader.address):
        try:
            _send_confirmation(request, reader)
        except (NotTaken, Uncertain):
            return page(
                request,
                "message.html",
                503,
                title="Not yet",
                text="The mail server does not answer. Your wish is noted; ask again in a while to get the link.",
            )
    return page(request, "message.html", title="Look into your mailbox", text=SAID)


@router.get("/confirm/{secret}", response_class=HTMLResponse)
def show_confirmation(request: Request, secret: str) -> Response:
    """A page with one button: programs that follow links in mails must not confirm anything."""
    reader = _reader(request, secret)
    return page(request, "confirm.html", reader=reader, action=f"/confirm/{secret}", verb="Confirm")


@router.post("/confirm/{secret}", response_class=HTMLResponse)
def confirm(request: Request, secret: str, form_token: str = Form("", alias=FORM_FIELD)) -> Response:
    """The reader wants the digest."""
    check_form(request, form_token)
    _reader(request, secret)
    request.app.state.subscribers.confirm(secret)
    text = "You will get the digest. Every mail has a link that ends it."
    return page(request, "message.html", title="Subscribed", text=text)


@router.get("/unsubscribe/{secret}", response_class=HTMLResponse)
def show_unsubscription(request: Request, secret: str) -> Response:
    """A page with one button."""
    reader = _reader(request, secret)
    return page(request, "confirm.html", reader=reader, action=f"/unsubscribe/{secret}", verb="Unsubscribe")


@router.post("/unsubscribe/{secret}", response_class=HTMLResponse)
def unsubscribe(request: Request, secret: str) -> Response:
    """Forget the reader. Mail programs post here without a form of ours (RFC 8058): the secret in the address is enough."""
    request.app.state.subscribers.remove(secret)
    return page(
        request, "message.html", title="Unsubscribed", text="You will get no more mails, and your address is deleted."
    )


@router.get("/token", response_class=HTMLResponse)
def show_token_form(request: Request) -> Response:
    """Where the owner of a public page enters its token."""
    return page(request, "token.html", problem="")


@router.post("/token", response_class=HTMLResponse)
def enter_token(
    request: Request, token: str = Form("", max_length=200), form_token: str = Form("", alias=FORM_FIELD)
) -> Response:
    """Keep the token in a cookie, so that this reader may start jobs."""
    check_form(request, form_token)
    settings = request.app.state.settings
    allowed = request.app.state.job_allowance.take(f"token {client(request)}")
    if not settings.public or not allowed or not hmac.compare_digest(token.encode(), settings.token.encode()):
        return page(request, "token.html", 403, problem="That is not this page's token, or you tried too often.")
    answer = RedirectResponse("/", 303)
    secure = settings.url.startswith("https://")
    answer.set_cookie(TOKEN_COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return answer


def _reader(request: Request, secret: str) -> Subscriber:
    reader = request.app.state.subscribers.find(secret)
    if reader is None:
        raise HTTPException(404, "this link is too old, or was used before")
    return reader


def _send_confirmation(request: Request, reader: Subscriber) -> None:
    settings = request.app.state.settings
    link = f"{settings.url}/confirm/{reader.secret}"
    message = compose(
        settings.mail,
        reader.address,
        "Phasebook: please confirm your subscription",
        render("confirmation.txt", link=link, reader=reader),
        render("confirmation.html", link=link, reader=reader),
        identifier=message_identifier(reader, "confirmation", settings.mail.sender.rpartition("@")[2]),
    )
    with mail_server(settings.mail) as server:
        send(server, message)
