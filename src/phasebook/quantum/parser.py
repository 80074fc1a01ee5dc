"""A Pratt parser of formulas with operators, in LaTeX or plain text.

`parse_expression` reads one formula into a tree; nothing is ever evaluated as code. Powers bind tighter than a sign, a sign
tighter than a product, and products written without a sign bind like those with one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from .expression_tokens import FUNCTION_WORDS, GREEK, ParseError, Token, named_tokens
from .expression_tree import (
    AdjointNode,
    AverageNode,
    BracketNode,
    CallNode,
    ChainNode,
    ConstantNode,
    Label,
    NameNode,
    NegativeNode,
    Node,
    NumberNode,
    PowerNode,
    SumNode,
)
from .name_indices import is_index, labels_of
from .vocabulary import BARE_PAULIS, COMPONENTS, Vocabulary

DEPTH = 64
Relation = Literal["", "<", "neq"]
_CLOSING = {"(": ")", "{": "}", "[": "]", "\\{": "\\}"}
_NOT_OPERANDS = ("h.c.", "neq", "rangle", "rvert", "dagger", "cdot", "times", "ast", "↑", "↓")


def parse_expression(source: str, vocabulary: Vocabulary) -> Node:
    """The tree of one formula. Raises `ParseError` with the column of what can't be read, or of a name that is not declared."""
    return _Parser(source, vocabulary).whole()


class _Parser:
    def __init__(self, source: str, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.tokens = named_tokens(source, vocabulary.long_names)
        self.place = 0
        self.depth = 0
        self.inside_bars = False

    def whole(self) -> Node:
        if self.now.kind == "end":
            raise ParseError("the formula is empty", self.now.column)
        tree = self.sum()
        if self.now.kind != "end":
            raise ParseError(f"{self.now.text!r} is not expected", self.now.column)
        return tree

    @property
    def now(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.now
        self.place += token.kind != "end"
        return token

    def at(self, *texts: str) -> bool:
        return self.now.kind in ("mark", "command") and self.now.text in texts

    def expect(self, text: str) -> None:
        if not self.at(text):
            raise ParseError(f"{text!r} is expected, and {self.now.text!r} stands", self.now.column)
        self.take()

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise ParseError(f"the formula is nested deeper than {DEPTH}", self.now.column)

    # Binding powers, from the weakest: sums, products, signs, powers, operands.

    def sum(self) -> Node:
        self.deeper()
        column, operators, operands = self.now.column, ["+"], [self.product()]
        while self.at("+", "-"):
            operators.append(self.take().text)
            operands.append(self.conjugate(operands) if self.at("h.c.") else self.product())
        self.depth -= 1
        return operands[0] if len(operands) == 1 else ChainNode(column, tuple(operators), tuple(operands))

    def conjugate(self, before: list[Node]) -> Node:
        """h.c. after a single term."""
        column = self.take().column
        if len(before) > 1:
            raise ParseError("h.c. after several terms is ambiguous: put the term and its h.c. into brackets", column)
        return AdjointNode(column, before[0])

    def product(self) -> Node:
        column, operators, operands = self.now.column, ["*"], [self.signed()]
        while True:
            if self.at("*", "/"):
                operators.append(self.take().text)
                operands.append(self.signed())
            elif self.at("cdot", "times"):
                operators.append("." if self.take().text == "cdot" else "x")
                operands.append(self.signed())
            elif self.begins_operand():
                operators.append("*")
                operands.append(self.powered())
            else:
                return operands[0] if len(operands) == 1 else ChainNode(column, tuple(operators), tuple(operands))

    def signed(self) -> Node:
        column, negative = self.now.column, False
        while self.at("+", "-"):
            negative ^= self.take().text == "-"
        inner = self.powered()
        return NegativeNode(column, inner) if negative else inner

    def powered(self) -> Node:
        self.deeper()
        base = self.operand()
        while True:
            if self.at("dagger"):
                base = AdjointNode(self.take().column, base)
            elif self.at("^", "**"):
                base = self.superscript(base)
            else:
                self.depth -= 1
                return base

    def superscript(self, base: Node) -> Node:
        column = self.take().column
        dagger = self.dagger_above()
        if dagger is None:
            return PowerNode(column, base, self.exponent())
        return _to_power(AdjointNode(column, base), dagger)

    def exponent(self) -> Node:
        if self.at("{"):
            return self.group()
        if self.at("+"):
            raise ParseError("'+' is not expected in an exponent", self.now.column)
        return self.signed()

    def begins_operand(self) -> bool:
        if self.now.kind == "mark":
            return self.now.text in _CLOSING or (self.now.text == "|" and not self.inside_bars)
        return self.now.kind in ("number", "word") or (
            self.now.kind == "command" and self.now.text not in _NOT_OPERANDS
        )

    def operand(self) -> Node:
        token = self.now
        if token.kind == "number":
            self.take()
            return NumberNode(token.column, Fraction(token.text))
        if token.kind == "word":
            self.take()
            return self.letter(token)
        if token.kind == "command":
            return self.command()
        if token.text in _CLOSING:
            return self.bracket()
        if token.text == "|":
            return self.bars("|")
        raise ParseError(f"{token.text!r} is not expected", token.column)

    # Brackets.

    def bracket(self) -> Node:
        """(A), {A}, [A], [A, B] and \\{A, B\\}."""
        opening, outer = self.take(), self.inside_bars
        self.inside_bars = False
        inner = self.sum()
        if opening.text in ("[", "\\{") and self.at(","):
            self.take()
            inner = BracketNode(opening.column, inner, self.sum(), anti=opening.text == "\\{")
        self.expect(_CLOSING[opening.text])
        self.inside_bars = outer
        return inner

    def group(self) -> Node:
        if not self.at("{"):
            raise ParseError(f"'{{' is expected, and {self.now.text!r} stands", self.now.column)
        return self.bracket()

    def bars(self, closing: str) -> Node:
        opening, outer = self.take(), self.inside_bars
        self.inside_bars = True
        inner = self.sum()
        self.expect(closing)
        self.inside_bars = outer
        return CallNode(opening.column, "abs", (inner,))

    # Commands.

    def command(self) -> Node:
        token = self.take()
        match token.text:
            case "frac" | "dfrac" | "tfrac":
                numerator, denominator = self.argument(), self.argument()
                return ChainNode(token.column, ("*", "/"), (numerator, denominator))
            case "sqrt":
                return self.root(token)
            case "sum":
                return self.bound_sum(token)
            case "langle":
                return self.average(token)
            case "lvert":
                self.place -= 1
                return self.bars("rvert")
            case "pi" | "infinity":
                return self.constant(token, token.text)
            case "imaginary":
                return ConstantNode(token.column, "i")
            case name if name in FUNCTION_WORDS.values():
                return self.function(token)
            case name if name in GREEK or name in ("hbar", "ell"):
                return self.letter(token)
        raise ParseError(f"\\{token.text} is not expected", token.column)

    def constant(self, token: Token, name: str) -> Node:
        return ConstantNode(token.column, "pi" if name == "pi" else "infinity")

    def argument(self) -> Node:
        """A command's argument: a group, a single digit of a number, or one letter."""
        token = self.now
        if self.at("{"):
            return self.group()
        if token.kind == "number" and token.text.isdigit() and len(token.text) > 1:
            self.tokens[self.place] = Token("number", token.text[1:], token.column + 1)
            return NumberNode(token.column, Fraction(token.text[0]))
        return self.operand()

    def root(self, token: Token) -> Node:
        index: Node = NumberNode(token.column, Fraction(2))
        if self.at("["):
            self.take()
            index = self.sum()
            self.expect("]")
        inverse = ChainNode(token.column, ("*", "/"), (NumberNode(token.column, Fraction(1)), index))
        return PowerNode(token.column, self.argument(), inverse)

    def function(self, token: Token) -> Node:
        """sin(x), sin x, sin^2 x, log_2 x; without brackets the argument is the names and numbers that follow."""
        power: Node | None = None
        base: Node | None = None
        while self.at("^", "**", "_"):
            if self.take().text == "_":
                base = self.argument()
            else:
                power = self.exponent()
        if isinstance(power, NegativeNode):
            raise ParseError("a function to a negative power is ambiguous", power.column)
        if base is not None and token.text != "log":
            raise ParseError(f"{token.text} has no index", token.column)
        value: Node = CallNode(token.column, token.text, (self.function_argument(),))
        if base is not None:
            value = ChainNode(token.column, ("*", "/"), (value, CallNode(token.column, "log", (base,))))
        return value if power is None else PowerNode(token.column, value, power)

    def function_argument(self) -> Node:
        if self.at("(", "{", "[", "|", "lvert"):
            return self.operand()
        column, operands = self.now.column, [self.signed()]
        while self.begins_operand() and not self.at("(", "[", "\\{", "|", "sum", *FUNCTION_WORDS.values()):
            operands.append(self.powered())
        if len(operands) == 1:
            return operands[0]
        return ChainNode(column, ("*",) * len(operands), tuple(operands))

    def average(self, token: Token) -> Node:
        """⟨A⟩ of a formula; ⟨…⟩ of anything else is one commuting symbol, named by its tokens."""
        start, depth, written = self.place, self.depth, []
        while not self.at("rangle"):
            if self.now.kind == "end":
                raise ParseError("'\\rangle' is expected", self.now.column)
            inner = self.take()
            written.append(f"\\{inner.text}" if inner.kind == "command" and inner.text.isalpha() else inner.text)
        end, name = self.place + 1, "\\langle " + " ".join(written) + " \\rangle"
        if "|" not in written:
            try:
                self.place = start
                average = AverageNode(token.column, self.sum(), name)
                self.expect("rangle")
                return average
            except ParseError:
                self.depth = depth
        self.place = end
        return NameNode(token.column, name)

    def bound_sum(self, token: Token) -> Node:
        """∑_i, ∑_{iσ}, ∑_{i<j}, ∑_{i≠j} and ∑_{k=0}^{n}, over the product that follows."""
        self.expect("_")
        letters, relations, low = self.summation_indices()
        high: Node | None = None
        if self.at("^"):
            self.take()
            high = self.argument()
        if (low is None) != (high is None):
            raise ParseError("a sum needs both bounds or none", token.column)
        self.deeper()
        body = self.product()
        self.depth -= 1
        for place in range(len(letters) - 1, -1, -1):
            other = letters[place - 1] if relations[place] else ""
            body = SumNode(token.column, letters[place], low, high, body, relations[place], other)
        return body

    def summation_indices(self) -> tuple[list[str], list[Relation], Node | None]:
        column = self.now.column
        braces = self.at("{")
        self.place += braces
        letters: list[str] = []
        low: Node | None = None
        relations: list[Relation] = [""]
        while self.now.kind == "word" or self.at(",", "'", "<", "neq", *GREEK):
            token = self.take()
            if token.text == "'" and letters:
                letters[-1] += "'"
            elif token.text in ("<", "neq"):
                relations[len(letters) :] = ["<" if token.text == "<" else "neq"]
            elif token.text != ",":
                letters.append(token.text)
                relations[len(letters) :] = [""]
            if not braces:
                break
        if braces and self.at("="):
            self.take()
            low = self.sum()
        if braces:
            self.expect("}")
        if relations[0] or relations[-1] or relations.count("neq") > 1:
            raise ParseError("a sum's indices must be compared as in i < j < k or i ≠ j", column)
        if not letters or (low is not None and len(letters) > 1):
            raise ParseError("a sum must run over letters, or over one letter with bounds", column)
        return letters, relations, low

    # Names.

    def letter(self, token: Token) -> Node:
        """A name, a declared function's value, or one of the constants e and i where they are not declared."""
        base, vocabulary = token.text, self.vocabulary
        declared = base in vocabulary.operators or base in (vocabulary.symbols or ())
        if base in ("e", "i") and not declared and not self.at("_"):
            return ConstantNode(token.column, "e" if base == "e" else "i")
        if base in vocabulary.functions and self.at("("):
            return self.call(token)
        return self.name(token)

    def call(self, token: Token) -> Node:
        self.take()
        arguments = [self.sum()]
        while self.at(","):
            self.take()
            arguments.append(self.sum())
        self.expect(")")
        return CallNode(token.column, token.text, tuple(arguments))

    def name(self, token: Token) -> Node:
        base, above, dagger, power = token.text, "", False, 1
        labels: tuple[Label, ...] = ()
        kind = self.vocabulary.operators.get(base)
        while power == 1:
            if self.at("'"):
                self.take()
                base += "'"
            elif self.at("_"):
                self.take()
                labels += self.subscript()
            elif self.now.kind == "number" and self.now.glued and self.now.text.isdigit():
                labels += labels_of([self.take()])
            elif kind and not dagger and self.at("dagger"):
                self.take()
                dagger = True
            elif self.at("^", "**"):
                start = self.place
                self.take()
                times = self.dagger_above() if kind and not dagger else None
                mark = self.single_above() if times is None else ""
                if times is not None:
                    dagger, power = True, times
                elif mark == "+" and kind in ("boson", "fermion") and not dagger:
                    dagger = True
                elif not above and self.is_label_above(base, labels, mark, kind):
                    above = mark
                else:
                    self.place = start
                    break
            else:
                break
        return _to_power(self.checked(token, base, labels, above, dagger), power)

    def subscript(self) -> tuple[Label, ...]:
        if not self.at("{"):
            if self.now.kind not in ("number", "word", "command") and not self.at("+", "-"):
                raise ParseError(f"{self.now.text!r} is not expected in an index", self.now.column)
            return labels_of([self.take()])
        start, depth = self.place, 0
        while True:
            depth += self.at("{")
            depth -= self.at("}")
            if self.take().kind == "end":
                raise ParseError("'}' is expected", self.now.column)
            if depth == 0:
                return labels_of(self.tokens[start : self.place])

    def dagger_above(self) -> int | None:
        """After a caret: 1 for a dagger (or a star), n for a dagger with a power; None, and nothing taken, for anything else."""
        start = self.place
        braces = self.at("{")
        self.place += braces
        following = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        star = self.at("ast") or (self.at("*") and (following.text == "}" or not braces))
        if star or self.at("dagger"):
            self.take()
            power = 1
            if braces and self.now.kind == "number" and self.now.text.isdigit() and len(self.now.text) < 4:
                power = int(self.take().text)
            if not braces or self.at("}"):
                self.place += braces
                return power
        self.place = start
        return None

    def single_above(self) -> str:
        """The only mark, letter or number after a caret, in braces or not; empty, and nothing taken, for anything longer."""
        braces = self.at("{")
        token = self.tokens[min(self.place + braces, len(self.tokens) - 1)]
        closing = self.tokens[min(self.place + 1 + braces, len(self.tokens) - 1)]
        if token.kind == "end" or (braces and closing.text != "}") or token.text == "{":
            return ""
        self.place += 3 if braces else 1
        return token.text

    def is_label_above(self, base: str, labels: tuple[Label, ...], mark: str, kind: str | None) -> bool:
        if kind in ("spin", "pauli"):
            return mark in COMPONENTS
        return bool(mark) and name_key(base, labels, mark) in (self.vocabulary.symbols or ())

    def checked(self, token: Token, base: str, labels: tuple[Label, ...], above: str, dagger: bool) -> Node:
        """The name, if it is declared; a spin's component may stand among its indices."""
        vocabulary = self.vocabulary
        kind = vocabulary.operators.get(base)
        if kind == "pauli" and base in BARE_PAULIS:
            return NameNode(token.column, "sigma", labels, BARE_PAULIS[base], dagger)
        if kind in ("spin", "pauli") and not above:
            components = [label for label in labels if str(label) in COMPONENTS]
            if components:
                above = str(components[0])
                labels = tuple(label for label in labels if label is not components[0])
        known = kind or base in vocabulary.numbers or (base == "delta" and len(labels) == 2)
        if not known and vocabulary.symbols is not None:
            keys = {name_key(base, labels, above), name_key(base, labels, above, pattern=True), f"{base}_*"}
            if not keys & vocabulary.symbols:
                written = name_key(base, labels, above)
                more = f"; declared: {vocabulary.declared}"
                raise ParseError(f"unknown symbol {written!r}", token.column, more)
        return NameNode(token.column, base, labels, above, dagger)


def name_key(base: str, labels: tuple[Label, ...], above: str = "", pattern: bool = False) -> str:
    """A name as one text; as a pattern, every letter that is an index becomes a question mark."""
    written = [
        "?" if pattern and label.letters and all(is_index(letter) for letter, _ in label.letters) else str(label)
        for label in labels
    ]
    return base + (f"_{{{','.join(written)}}}" if written else "") + (f"^{{{above}}}" if above else "")


def _to_power(base: Node, power: int) -> Node:
    return base if power == 1 else PowerNode(base.column, base, NumberNode(base.column, Fraction(power)))
