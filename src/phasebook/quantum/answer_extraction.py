"""The answers in a model's reply: the last box, split into a list, each without what surrounds a formula."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_REPLY = 1_000_000
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_WRAPPER = re.compile(r"\\(?:text|mathrm|displaystyle|textbf|mathbf)\s*\{")
_EQUALS = re.compile(r"(?<![<>!])=(?!=)|\\approx\b|\\simeq\b|\\equiv\b")
_PAIRS = {"{": "}", "(": ")", "[": "]"}


class NoAnswerError(ValueError):
    """A reply has no box, or nothing in it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The formulas of a reply, and a warning where several different boxes were found."""

    items: tuple[str, ...]
    warning: str = ""


def boxed_answers(reply: str) -> Answers:
    """The answers in the last box of a reply. Raises `NoAnswerError` where there is none."""
    if len(reply) > LONGEST_REPLY:
        raise NoAnswerError(f"a reply may have {LONGEST_REPLY} characters; this one has {len(reply)}")
    partners = _partners(reply)
    openings = [match.end() - 1 for match in _BOX.finditer(reply)]
    boxes = [reply[opening + 1 : partners[opening]] for opening in openings if opening in partners]
    if not boxes:
        raise NoAnswerError("the reply has no \\boxed{} with balanced braces")
    distinct = {re.sub(r"\s+", "", box) for box in boxes}
    warning = f"{len(distinct)} different boxes; the last one counts" if len(distinct) > 1 else ""
    return Answers(split_answers(boxes[-1]), warning)


def split_answers(content: str) -> tuple[str, ...]:
    """The formulas of a list separated by `;`, of each equation its right side. Raises `NoAnswerError` for an empty one."""
    parts = _split(_unwrapped(content), ";")
    items = tuple(_right_side(_unwrapped(part)) for part in parts)
    if not all(items):
        raise NoAnswerError("the box is empty, or a part of it is")
    return items


def _partners(text: str) -> dict[int, int]:
    """Where each brace that is closed has its partner."""
    found, waiting = {}, []
    for place, character in enumerate(text):
        if character in "{}" and (place == 0 or text[place - 1] != "\\"):
            if character == "{":
                waiting.append(place)
            elif waiting:
                found[waiting.pop()] = place
    return found


def _unwrapped(text: str) -> str:
    """Without outer dollars, `\\text{}` and, around a list, braces."""
    text = text.strip()
    while True:
        before = text
        text = re.sub(r"\\[ ,;:!]?$|^\\[ ,;:!]", "", text).strip()
        if len(text) > 1 and text[0] == text[-1] == "$":
            text = text.strip("$").strip()
        match = _WRAPPER.match(text)
        if match and _partners(text).get(match.end() - 1) == len(text) - 1:
            text = text[match.end() : -1].strip()
        for opening, closing in (("\\left\\{", "\\right\\}"), ("\\{", "\\}"), ("{", "}")):
            if text.startswith(opening) and text.endswith(closing) and _holds_list(text, opening, closing):
                text = text[len(opening) : -len(closing)].strip()
                break
        if text == before:
            return text


def _holds_list(text: str, opening: str, closing: str) -> bool:
    inner = text[len(opening) : -len(closing)]
    return ";" in inner and len(_split(inner, ";")) > 1


def _split(text: str, separator: str) -> list[str]:
    """Parts at a separator that stands in no bracket (`\\;` is a space)."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character in "{([":
            depth += 1
        elif character in "})]":
            depth -= 1
        elif character == separator and depth <= 0 and text[place - 1 : place] != "\\":
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]] if text[start:].strip() or not parts else parts


def _right_side(text: str) -> str:
    """What follows the last equals sign that stands in no bracket."""
    depth, start = 0, 0
    signs = {match.start(): match.end() for match in _EQUALS.finditer(text)}
    for place, character in enumerate(text):
        depth += (character in "{([") - (character in "})]")
        if place in signs and depth <= 0:
            start = signs[place]
    return text[start:].strip().rstrip(".").strip() if start else text.strip()
