"""Indices of names: what stands in a subscript, as labels."""

from __future__ import annotations

from .expression_tokens import GREEK, ParseError, Token
from .expression_tree import Label

_LARGEST = 12
_INDEX_LETTERS = frozenset("ijklmnpqrstuv")
_IGNORED = ("{", "}", "(", ")", "_")


def is_index(letter: str) -> bool:
    """Whether a letter in a subscript of an operator stands for any value, by convention: i to v without o, and small Greek."""
    letter = letter.rstrip("'").partition("_")[0]
    return letter in _INDEX_LETTERS or (letter in GREEK and letter.islower())


def labels_of(group: list[Token]) -> tuple[Label, ...]:
    """The labels in a subscript: numbers, arrows, letters, and sums of letters and numbers such as i+1. Raises `ParseError`."""
    found: list[Label] = []
    sign, open_sum = 0, False
    for place, token in enumerate(group):
        following = group[place + 1] if place + 1 < len(group) else None
        if token.text in _IGNORED and token.kind == "mark":
            continue
        if token.text in ("+", "-"):
            if following is None or following.text in (",", "+", "-") or following.text in "↑↓":
                found.append(Label((), text=token.text))
                sign, open_sum = 0, False
            else:
                sign = -1 if token.text == "-" else 1
        elif token.text == ",":
            sign, open_sum = 0, False
        elif token.text == "'":
            _prime(found, token)
        else:
            label = _label(token, sign or 1)
            if sign and open_sum:
                found[-1] = _added(found[-1], label)
            else:
                found.append(label)
            sign, open_sum = 0, not label.text
    return tuple(found)


def _label(token: Token, sign: int) -> Label:
    if token.kind == "number":
        if not token.text.isdigit() or len(token.text) > _LARGEST:
            raise ParseError(
                f"an index must be an integer of at most {_LARGEST} digits; got {token.text!r}", token.column
            )
        return Label((), sign * int(token.text))
    if token.kind == "command" and token.text in ("↑", "↓"):
        return Label((), text=token.text)
    if token.kind in ("word", "command"):
        return Label(((token.text, sign),))
    raise ParseError(f"{token.text!r} is not expected in an index", token.column)


def _added(left: Label, right: Label) -> Label:
    factors = dict(left.letters)
    for letter, factor in right.letters:
        factors[letter] = factors.get(letter, 0) + factor
    kept = tuple(sorted((letter, factor) for letter, factor in factors.items() if factor))
    return Label(kept, left.constant + right.constant)


def _prime(found: list[Label], token: Token) -> None:
    if not found or not found[-1].letters:
        raise ParseError("a prime must stand after a letter", token.column)
    *before, (letter, factor) = found[-1].letters
    found[-1] = Label((*before, (letter + "'", factor)), found[-1].constant)
