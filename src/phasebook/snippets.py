"""The piece of a text that best answers a search, with the words that match told apart from the others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from .catalogue import trigrams

SHARED = 0.5  # a word matches where it shares half of the pieces of a searched word: `momnt` finds `moment`
LENGTH = 26  # words


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive text that matches the search, or does not."""

    text: str
    matches: bool


def snippet(text: str, words: str, length: int = LENGTH) -> tuple[Piece, ...]:
    """The `length` words of the text around most matches, an ellipsis where it goes on; the beginning where nothing matches."""
    searched = [trigrams(word) for word in re.findall(r"[\w.]+", words)]
    searched = [pieces for pieces in searched if pieces]
    parts = re.findall(r"\S+", text)
    matches = [_matches(part, searched) for part in parts]
    until = [0, *accumulate(matches)]
    starts = range(max(len(parts) - length, 0) + 1)
    best = max(starts, key=lambda start: until[min(start + length, len(parts))] - until[start])
    found: list[Piece] = [Piece("… ", False)] if best else []
    for part, match in zip(parts[best : best + length], matches[best : best + length], strict=True):
        if found and found[-1].matches == match:
            found[-1] = Piece(f"{found[-1].text} {part}", match)
        else:
            if found and not found[-1].text.endswith(" "):
                found[-1] = Piece(f"{found[-1].text} ", found[-1].matches)
            found.append(Piece(part, match))
    if best + length < len(parts):
        found.append(Piece(" …", False))
    return tuple(found)


def _matches(part: str, searched: Sequence[frozenset[str]]) -> bool:
    own = trigrams(part)
    return any(len(own & pieces) >= SHARED * len(pieces) for pieces in searched)
