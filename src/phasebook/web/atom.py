"""The news as an Atom feed (RFC 4287)."""

import datetime
from collections.abc import Sequence
from xml.etree import ElementTree

from .news import Item

ATOM = "http://www.w3.org/2005/Atom"
# XML has no way to write most control characters, and imported texts may hold them.
_ALLOWED = {9, 10, 13}


def atom_feed(items: Sequence[Item], url: str) -> bytes:
    """A feed document; entries keep their identifiers, so that readers show each once."""
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    _text(feed, "id", f"{url}/feed.xml")
    _text(feed, "title", "Phasebook: executable papers")
    _text(feed, "subtitle", "New papers, papers newly built, and verdicts that changed")
    newest = max((item.time for item in items), default=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    _text(feed, "updated", newest.isoformat())
    ElementTree.SubElement(feed, f"{{{ATOM}}}link", rel="self", href=f"{url}/feed.xml")
    ElementTree.SubElement(feed, f"{{{ATOM}}}link", rel="alternate", href=f"{url}/")
    author = ElementTree.SubElement(feed, f"{{{ATOM}}}author")
    _text(author, "name", "Phasebook")
    for item in items:
        entry = ElementTree.SubElement(feed, f"{{{ATOM}}}entry")
        _text(entry, "id", f"{url}/news/{item.key}")
        _text(entry, "title", item.title)
        _text(entry, "updated", item.time.isoformat())
        ElementTree.SubElement(entry, f"{{{ATOM}}}link", href=f"{url}{item.path}")
        ElementTree.SubElement(entry, f"{{{ATOM}}}category", term=item.kind)
        ElementTree.SubElement(entry, f"{{{ATOM}}}category", term=item.entry.family)
        _text(entry, "summary", item.text)
    return ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    clean = "".join(letter if letter >= " " or ord(letter) in _ALLOWED else " " for letter in text)
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}").text = "".join(c for c in clean if c not in "\ufffe\uffff")
