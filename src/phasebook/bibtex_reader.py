"""Reads BibTeX by a grammar of its own: entries, fields in braces or quotes, strings joined by `#`, abbreviations, comments.

LaTeX in a field is turned into plain text as far as it is accents and braces; formulas stay as they are.
"""

import re
import unicodedata
from dataclasses import dataclass

_ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*([{(])")
_NAME = re.compile(r"\s*([^\s,=#{}()\"]+)\s*=\s*")
_WORD = re.compile(r"[^\s,#{}()\"=]+")
_ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307"}
_ACCENT = re.compile(r"\\([`'^~\"=.])\s*(?:\{\s*(\\?[A-Za-z])\s*\}|(\\?[A-Za-z]))")
_LETTERS = {
    "\\ss": "ß",
    "\\o": "ø",
    "\\O": "Ø",
    "\\ae": "æ",
    "\\AE": "Æ",
    "\\aa": "å",
    "\\AA": "Å",
    "\\l": "ł",
    "\\L": "Ł",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class BibtexEntry:
    """One entry: where it stands, its kind and key, and its fields by lower-case name, as plain text."""

    place: str
    kind: str
    key: str
    fields: dict[str, str]


class _Broken(Exception):
    """An entry that the grammar does not cover; the message says what was expected."""


def read_bibtex(text: str) -> tuple[list[BibtexEntry], list[str]]:
    """All entries of a file, and what could not be read, each with its line."""
    entries: list[BibtexEntry] = []
    unread: list[str] = []
    strings = {name: name for name in _MONTHS}
    position = 0
    while found := _ENTRY.search(text, position):
        place = f"line {text.count(chr(10), 0, found.start()) + 1}"
        kind = found[1].lower()
        position = found.end()
        if kind in ("comment", "preamble"):
            continue
        try:
            entry, position = _entry(text, found, strings)
        except _Broken as error:
            unread.append(f"{place}: @{kind}: {error}")
            continue
        if kind == "string":
            strings.update(entry.fields)
        else:
            plain = {name: _plain(value) for name, value in entry.fields.items()}
            entries.append(BibtexEntry(f"{place} ({entry.key})" if entry.key else place, kind, entry.key, plain))
    return entries, unread


def _entry(text: str, found: re.Match[str], strings: dict[str, str]) -> tuple[BibtexEntry, int]:
    kind, closing, position = found[1].lower(), {"{": "}", "(": ")"}[found[2]], found.end()
    key = ""
    if kind != "string":
        named = re.compile(r"\s*([^\s,{}]*)\s*(,|(?=[})]))").match(text, position)
        if named is None:
            raise _Broken("a key and a comma are expected")
        key, position = named[1], named.end()
    fields: dict[str, str] = {}
    while True:
        blank = re.compile(r"[\s,]*").match(text, position)
        position = blank.end() if blank else position
        if text.startswith(closing, position):
            return BibtexEntry("", kind, key, fields), position + 1
        name = _NAME.match(text, position)
        if name is None:
            raise _Broken(f"a field or {closing!r} is expected at {text[position : position + 20]!r}")
        value, position = _value(text, name.end(), strings)
        fields.setdefault(name[1].lower(), value)


def _value(text: str, position: int, strings: dict[str, str]) -> tuple[str, int]:
    parts = []
    while True:
        if text.startswith("{", position):
            part, position = _braced(text, position)
        elif text.startswith('"', position):
            part, position = _quoted(text, position)
        elif word := _WORD.match(text, position):
            part, position = strings.get(word[0].lower(), word[0]), word.end()
        else:
            raise _Broken(f"a value is expected at {text[position : position + 20]!r}")
        parts.append(part)
        joint = re.compile(r"\s*#\s*").match(text, position)
        if joint is None:
            return "".join(parts), position
        position = joint.end()


def _braced(text: str, position: int) -> tuple[str, int]:
    depth = 0
    for index in range(position, len(text)):
        if text[index] == "\\":
            continue
        if text[index] in "{}" and text[index - 1] != "\\":
            depth += 1 if text[index] == "{" else -1
            if depth == 0:
                return text[position + 1 : index], index + 1
    raise _Broken("a brace is never closed")


def _quoted(text: str, position: int) -> tuple[str, int]:
    depth = 0
    for index in range(position + 1, len(text)):
        if text[index] in "{}" and text[index - 1] != "\\":
            depth += 1 if text[index] == "{" else -1
        elif text[index] == '"' and depth == 0:
            return text[position + 1 : index], index + 1
    raise _Broken("a quotation mark is never closed")


def _plain(value: str) -> str:
    def accented(found: re.Match[str]) -> str:
        letter = (found[2] or found[3]).removeprefix("\\")
        return unicodedata.normalize("NFC", letter + _ACCENTS[found[1]])

    text = _ACCENT.sub(accented, value)
    for command, letter in _LETTERS.items():
        text = re.sub(re.escape(command) + r"(?![A-Za-z])\s*", letter, text)
    text = re.sub(r"\\([&%$#_])", r"\1", text)
    if "$" not in text:
        text = text.replace("{", "").replace("}", "")
    return " ".join(text.replace("~", " ").replace("--", "–").split())
