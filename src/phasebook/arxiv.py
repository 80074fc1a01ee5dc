"""arXiv identifiers in any form that people paste: bare, with a version, as links to arXiv or to sites that keep the id."""

import re

# Since April 2007: YYMM.number (four digits until 2014, then five); before: archive(.subject)/YYMMnumber.
_NEW = r"\d{4}\.\d{4,5}"
_OLD = r"[a-z][a-z-]+(?:\.[A-Za-z]{2})?/\d{7}"
_PASTED = re.compile(
    rf"(?:^|[/:\s=]|arxiv\.)(?P<id>{_NEW}|{_OLD})(?:v\d+)?(?:\.pdf|\.md)?(?:[?#].*)?/?$",
    re.IGNORECASE,
)


def arxiv_identifier(text: str) -> str | None:
    """The identifier in a pasted text, without version: `https://arxiv.org/pdf/2604.23489v3.pdf` gives `2604.23489`; else None."""
    found = _PASTED.search(text.strip())
    if found is None:
        return None
    identifier = found["id"]
    archive, slash, number = identifier.rpartition("/")
    return f"{archive.partition('.')[0].lower()}/{number}" if slash else identifier
