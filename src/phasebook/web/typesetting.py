"""Formulas written in plain text, set as HTML: what follows ^ is raised and what follows _ is lowered, all else is escaped."""

import re

from markupsafe import Markup

_OPENING = {"(": ")", "{": "}"}
_TOKEN = re.compile(r"[^\W_ᵀ]+[*′]?|[*†−+⊥∥∞]")


def typeset(formula: str) -> Markup:
    """A formula as HTML: `m^(P−1)`, `q_{k+1}`, `x_i` and `N^2` get their superscripts and subscripts."""
    pieces, at = [], 0
    while at < len(formula):
        mark, script = formula[at], None
        if mark in "^_":
            script = _script(formula, at + 1)
        if script is None:
            pieces.append(Markup("{}").format(mark))
            at += 1
            continue
        text, at = script
        tag = Markup("<sup>{}</sup>") if mark == "^" else Markup("<sub>{}</sub>")
        pieces.append(tag.format(typeset(text)))
    return Markup("").join(pieces)


def _script(formula: str, at: int) -> tuple[str, int] | None:
    """What a ^ or _ before this place applies to, without its brackets, and where it ends; None if nothing follows."""
    if at < len(formula) and formula[at] in _OPENING:
        depth, opening = 0, formula[at]
        for end in range(at, len(formula)):
            depth += (formula[end] == opening) - (formula[end] == _OPENING[opening])
            if depth == 0:
                return formula[at + 1 : end], end + 1
        return None
    token = _TOKEN.match(formula, at)
    return (token.group(), token.end()) if token else None
