"""How a page is answered: the template with what every page needs, and the cookie of its forms."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from .security import FORM_COOKIE, FORM_FIELD, form_token, may_compute
from .templating import render


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from its template; `form_token` and whether this reader may start jobs are added."""
    settings = request.app.state.settings
    token = form_token(request)
    html = render(
        template,
        form_field=FORM_FIELD,
        form_token=token,
        may_compute=may_compute(request, settings),
        subscriptions=settings.subscriptions,
        public=settings.public,
        path=request.url.path,
        **values,
    )
    answer = HTMLResponse(html, status)
    if request.cookies.get(FORM_COOKIE) != token:
        secure = settings.url.startswith("https://")
        answer.set_cookie(FORM_COOKIE, token, httponly=True, samesite="strict", secure=secure, max_age=30 * 86400)
    return answer
