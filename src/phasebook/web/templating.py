"""Jinja2 templates of the page and the mails; everything that goes into HTML is escaped."""

import datetime
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup, escape

from ..side_by_side import duration
from ..snippets import snippet
from .typesetting import typeset
from .views import shown_verdict


@cache
def environment() -> jinja2.Environment:
    """The templates beside this module; HTML is escaped, plain text is not."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("phasebook.web"),
        autoescape=jinja2.select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["highlighted"] = highlighted
    made.filters["day"] = day
    made.filters["plural"] = plural
    made.filters["duration"] = duration
    made.filters["typeset"] = typeset
    made.filters["shown_verdict"] = shown_verdict
    return made


def render(name: str, **values: Any) -> str:
    """A template with its values filled in."""
    return environment().get_template(name).render(**values)


def highlighted(text: str, words: str) -> Markup:
    """The piece of a text that answers a search, its matching words marked."""
    pieces = [Markup("<mark>{}</mark>").format(p.text) if p.matches else escape(p.text) for p in snippet(text, words)]
    return Markup("").join(pieces)


def day(time: str | datetime.datetime) -> str:
    """The day of a time, as year-month-day."""
    return time[:10] if isinstance(time, str) else time.date().isoformat()


def plural(count: int, word: str) -> str:
    """`1 paper`, `2 papers`."""
    return f"{count} {word}{'' if count == 1 else 's'}"
