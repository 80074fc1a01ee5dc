"""Tokens of a formula in LaTeX or plain text, with the column (from 1) at which each begins.

Every character and every command must be on the list here; what is not raises `ParseError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import PhasebookError

LONGEST = 4096
DIGITS = 64
LARGEST_EXPONENT = 1000

GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "rho", "varrho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
)
FUNCTION_WORDS = {
    **{name: name for name in ("sin", "cos", "tan", "cot", "sec", "csc", "exp", "log")},
    **{name: name for name in ("sinh", "cosh", "tanh", "coth", "sech", "csch")},
    **{f"arc{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"ar{name}": f"arc{name}" for name in ("sinh", "cosh", "tanh")},
    **{"ln": "log", "abs": "abs"},
}
_OTHER_WORDS = {"sqrt": "sqrt", "pi": "pi", "infty": "infinity", "infinity": "infinity", "hbar": "hbar", "ell": "ell"}
_ARROWS = {"uparrow": "↑", "downarrow": "↓", "up": "↑", "down": "↓"}
_SKIPPED = {"left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "limits"}
_SKIPPED |= {"quad", "qquad", "nolimits", "textstyle"}
_SKIPPED_MARKS = {"\\,", "\\;", "\\:", "\\!", "\\ ", "$", "~"}
_STYLES = {"mathbf", "boldsymbol", "bm", "hat", "mathrm", "text", "textrm", "operatorname", "widehat", "vec"}
_MARKED = {"mathcal", "bar", "tilde", "overline"}
_LAYOUT = {
    "frac",
    "dfrac",
    "tfrac",
    "cdot",
    "times",
    "dagger",
    "sum",
    "langle",
    "rangle",
    "lvert",
    "rvert",
    "ast",
    "neq",
}
_UNICODE = {
    **dict(zip("αβγδεζηθικλμνξρστυφχψω", (g for g in GREEK if not g.startswith("var") and g.islower()), strict=True)),
    **dict(zip("ΓΔΘΛΞΣΥΦΨΩ", (g for g in GREEK if not g.islower()), strict=True)),
    **{"π": "pi", "∞": "infinity", "†": "dagger", "↑": "↑", "↓": "↓", "√": "sqrt", "·": "cdot", "×": "times"},
    **{"−": "-", "≠": "neq", "ħ": "hbar", "∑": "sum", "⟨": "langle", "⟩": "rangle"},
}
_PATTERN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<conjugate>[hH]\.\s?c\.)
    |(?P<command>\\(?:[A-Za-z]+|[{}|,;:!\ ]))
    |(?P<word>[A-Za-z]+)
    |(?P<mark>\*\*|[-+*/^_()\[\]{},=|'~$<]|[^\x00-\x7f])""",
    re.VERBOSE,
)


class ParseError(PhasebookError, ValueError):
    """A formula can't be read; `column` (from 1) is where."""

    def __init__(self, message: str, column: int, more: str = "") -> None:
        super().__init__(f"{message} at column {column}{more}")
        self.column = column

    def __reduce__(self) -> tuple:
        """Rebuilt from its own text, in another process."""
        return _rebuilt, (str(self), self.column)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `number`, `word` (letters), `command` (a listed name), `mark` or `end`; `glued` where no space is before it."""

    kind: str
    text: str
    column: int
    glued: bool = False


def tokens(source: str) -> list[Token]:
    """The tokens of a formula, ended by an `end` token. Raises `ParseError`."""
    if len(source) > LONGEST:
        raise ParseError(
            f"a formula may have {LONGEST} characters; this one has {len(source)}: it is too long", LONGEST
        )
    found: list[Token] = []
    place = 0
    while place < len(source):
        match = _PATTERN.match(source, place)
        if match is None:
            raise ParseError(f"{source[place]!r} is not allowed", place + 1)
        token = _token(match, place, glued=bool(found) and found[-1].column + _length(found[-1]) == place + 1)
        if token is not None:
            found.append(token)
        place = match.end()
    return [*found, Token("end", "the end", len(source) + 1)]


def _rebuilt(text: str, column: int) -> ParseError:
    error = ParseError.__new__(ParseError, text)
    ValueError.__init__(error, text)
    error.column = column
    return error


def _length(token: Token) -> int:
    return len(token.text) if token.kind in ("number", "word") else -1


def _token(match: re.Match, place: int, glued: bool) -> Token | None:
    kind, text, column = str(match.lastgroup), match.group(), place + 1
    if kind == "space" or text in _SKIPPED_MARKS:
        return None
    if kind == "conjugate":
        return Token("command", "h.c.", column)
    if kind == "command" and text[1:].isalpha():
        return _command(text[1:], column)
    if kind == "command":
        return Token("mark", text, column)
    if kind == "mark" and not text.isascii():
        if text not in _UNICODE:
            raise ParseError(f"{text!r} is not allowed", column)
        name = _UNICODE[text]
        return Token("mark" if name == "-" else "command", name, column)
    if kind == "number":
        _check_size(text, column)
    return Token(kind, text, column, glued)


def _check_size(text: str, column: int) -> None:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) - mantissa.count(".") > DIGITS:
        raise ParseError(f"a number may have {DIGITS} digits; this one has more: it is too long", column)
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > LARGEST_EXPONENT):
        raise ParseError(f"a decimal exponent must lie between -{LARGEST_EXPONENT} and {LARGEST_EXPONENT}", column)


def _command(name: str, column: int) -> Token | None:
    if name in _SKIPPED:
        return None
    if name in ("pm", "mp"):
        raise ParseError(f"\\{name} is ambiguous", column)
    known = _ARROWS.get(name) or FUNCTION_WORDS.get(name) or _OTHER_WORDS.get(name)
    if known is None and name in (*GREEK, *_STYLES, *_MARKED, *_LAYOUT):
        known = name
    if name in ("lbrace", "rbrace"):
        return Token("mark", "\\{" if name == "lbrace" else "\\}", column)
    if name in ("ne", "lt"):
        return Token("command", "neq", column) if name == "ne" else Token("mark", "<", column)
    if name in ("vert", "mid"):
        return Token("mark", "|", column)
    if name in ("lbrack", "rbrack"):
        return Token("mark", "[" if name == "lbrack" else "]", column)
    if name in ("imath", "mathrmi"):
        return Token("command", "imaginary", column)
    if known is None:
        raise ParseError(f"\\{name} is not allowed", column)
    return Token("command", known, column)


def named_tokens(source: str, long_names: frozenset[str]) -> list[Token]:
    """The tokens of a formula with each name in one piece.

    Letters in plain text are split into the longest known words, else into single ones; `\\hat` and other styles are dropped;
    `\\mathrm{ab}` is one name, and `\\bar{x}` another than x.
    """
    found: list[Token] = []
    queue = tokens(source)
    place = 0
    while place < len(queue):
        token = queue[place]
        if token.kind == "word":
            found += _split(token, long_names)
            place += 1
        elif token.kind == "command" and token.text in _STYLES | _MARKED:
            place = _styled(queue, place, found)
        else:
            found.append(token)
            place += 1
    return found


def _split(token: Token, long_names: frozenset[str]) -> list[Token]:
    found, place = [], 0
    while place < len(token.text):
        kind, text, size = "word", token.text[place], 1
        for length in range(len(token.text) - place, 1, -1):
            head = token.text[place : place + length]
            command = _ARROWS.get(head) or FUNCTION_WORDS.get(head) or _OTHER_WORDS.get(head)
            if head in long_names:
                kind, text, size = "word", head, length
                break
            if command or head in GREEK or head in ("dagger", "sum"):
                kind, text, size = "command", command or head, length
                break
        found.append(Token(kind, text, token.column + place))
        place += size
    return found


def _styled(queue: list[Token], place: int, found: list[Token]) -> int:
    """Append what a style stands before, and return the place after it."""
    style, following = queue[place], queue[place + 1]
    if not (following.kind == "mark" and following.text == "{"):
        if style.text in _MARKED and following.kind in ("word", "command"):
            raise ParseError(f"\\{style.text} needs braces", style.column)
        return place + 1
    end = place + 2
    while queue[end].kind in ("word", "command", "number"):
        end += 1
    inside, closed = queue[place + 2 : end], queue[end].text == "}"
    if style.text in _MARKED:
        if not closed or len(inside) != 1:
            raise ParseError(f"\\{style.text} must stand on one letter", style.column)
        name = inside[0].text if inside[0].kind == "word" else f"\\{inside[0].text}"
        found.append(Token("word", f"\\{style.text}{{{name}}}", style.column))
        return end + 1
    if closed and len(inside) == 1:
        [token] = inside
        function = FUNCTION_WORDS.get(token.text)
        found.append(Token("command", function, token.column) if function else token)
        return end + 1
    return place + 1
