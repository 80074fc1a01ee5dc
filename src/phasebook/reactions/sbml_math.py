"""MathML of SBML as expression trees, and back to formulas that libSBML reads."""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import libsbml

from .rate_laws import MAXIMUM_DEPTH, Apply, Expression, Number, Symbol, apply, number, substitute

_OPERATORS: Mapping[int, str] = {
    libsbml.AST_POWER: "^",
    libsbml.AST_FUNCTION_POWER: "^",
    libsbml.AST_DIVIDE: "/",
    libsbml.AST_FUNCTION_ABS: "abs",
    libsbml.AST_FUNCTION_EXP: "exp",
    libsbml.AST_FUNCTION_LN: "log",
    libsbml.AST_FUNCTION_FLOOR: "floor",
    libsbml.AST_FUNCTION_CEILING: "ceil",
    libsbml.AST_FUNCTION_SIN: "sin",
    libsbml.AST_FUNCTION_COS: "cos",
    libsbml.AST_FUNCTION_TAN: "tan",
    libsbml.AST_FUNCTION_ARCSIN: "asin",
    libsbml.AST_FUNCTION_ARCCOS: "acos",
    libsbml.AST_FUNCTION_ARCTAN: "atan",
    libsbml.AST_FUNCTION_SINH: "sinh",
    libsbml.AST_FUNCTION_COSH: "cosh",
    libsbml.AST_FUNCTION_TANH: "tanh",
    libsbml.AST_FUNCTION_ARCSINH: "asinh",
    libsbml.AST_FUNCTION_ARCCOSH: "acosh",
    libsbml.AST_FUNCTION_ARCTANH: "atanh",
    libsbml.AST_FUNCTION_PIECEWISE: "piecewise",
    libsbml.AST_FUNCTION_MIN: "min",
    libsbml.AST_FUNCTION_MAX: "max",
    libsbml.AST_LOGICAL_NOT: "not",
}
_RELATIONS: Mapping[int, str] = {
    libsbml.AST_RELATIONAL_EQ: "==",
    libsbml.AST_RELATIONAL_GEQ: ">=",
    libsbml.AST_RELATIONAL_GT: ">",
    libsbml.AST_RELATIONAL_LEQ: "<=",
    libsbml.AST_RELATIONAL_LT: "<",
    libsbml.AST_RELATIONAL_NEQ: "!=",
}
# Operators that SBML allows for any number of arguments, with their value for none.
_MANY: Mapping[int, tuple[str, float]] = {
    libsbml.AST_PLUS: ("+", 0.0),
    libsbml.AST_TIMES: ("*", 1.0),
    libsbml.AST_LOGICAL_AND: ("and", 1.0),
    libsbml.AST_LOGICAL_OR: ("or", 0.0),
    libsbml.AST_LOGICAL_XOR: ("xor", 0.0),
}
_CONSTANTS: Mapping[int, float] = {
    libsbml.AST_CONSTANT_PI: math.pi,
    libsbml.AST_CONSTANT_E: math.e,
    libsbml.AST_CONSTANT_TRUE: 1.0,
    libsbml.AST_CONSTANT_FALSE: 0.0,
}


class MathReader:
    """Reads formulas of one model, with its function definitions put in."""

    def __init__(self, model: Any) -> None:
        self._functions = {function.getId(): function for function in model.getListOfFunctionDefinitions()}
        self._open: list[str] = []
        self._known: dict[str, tuple[list[str], Expression]] = {}

    def expression(self, node: Any, depth: int = 0) -> Expression:
        """The tree of a libSBML node; raises ValueError naming a function or constant that cannot be represented."""
        kind = node.getType()
        if node.isNumber():
            return number(float(node.getValue()))
        if kind in _CONSTANTS:
            return Number(_CONSTANTS[kind])
        if kind == libsbml.AST_NAME_TIME:
            return Symbol("time")
        if kind == libsbml.AST_NAME:
            return Symbol(node.getName())
        if depth > MAXIMUM_DEPTH:
            raise ValueError(f"a formula must be nested at most {MAXIMUM_DEPTH} deep")
        arguments = [self.expression(operand, depth + 1) for operand in _operands(node, kind)]
        if kind in _MANY:
            operator, empty = _MANY[kind]
            return (
                Number(empty) if not arguments else arguments[0] if len(arguments) == 1 else apply(operator, *arguments)
            )
        if kind == libsbml.AST_MINUS:
            return apply("neg", *arguments) if len(arguments) == 1 else apply("-", *arguments)
        if kind in _RELATIONS:
            pairs = [apply(_RELATIONS[kind], *pair) for pair in pairwise(arguments)]
            return pairs[0] if len(pairs) == 1 else apply("and", *pairs)
        if kind == libsbml.AST_FUNCTION_PIECEWISE and len(arguments) % 2 == 0:
            raise ValueError("a piecewise function must have an otherwise")
        if kind in _OPERATORS:
            return apply(_OPERATORS[kind], *arguments)
        if kind == libsbml.AST_FUNCTION_ROOT:
            degree, radicand = arguments if len(arguments) == 2 else (Number(2.0), arguments[0])
            root = apply("/", Number(1.0), degree)
            return apply("sqrt", radicand) if degree == Number(2.0) else apply("^", radicand, root)
        if kind == libsbml.AST_FUNCTION_LOG:
            base, value = arguments if len(arguments) == 2 else (Number(10.0), arguments[0])
            return (
                apply("log10", value) if base == Number(10.0) else apply("/", apply("log", value), apply("log", base))
            )
        if kind == libsbml.AST_FUNCTION:
            return self._call(node.getName(), arguments)
        raise ValueError(f"{node.getName() or 'a mathematical element'!r} cannot be represented")

    def _call(self, name: str, arguments: list[Expression]) -> Expression:
        if name not in self._functions:
            raise ValueError(f"function {name!r} is not defined")
        if name in self._open:
            raise ValueError(f"function {name!r} calls itself")
        if name not in self._known:
            function = self._functions[name]
            names = [function.getArgument(index).getName() for index in range(function.getNumArguments())]
            if function.getBody() is None:
                raise ValueError(f"function {name!r} has no body")
            self._open.append(name)
            self._known[name] = (names, self.expression(function.getBody()))
            self._open.pop()
        names, body = self._known[name]
        if len(names) != len(arguments):
            raise ValueError(f"function {name!r} takes {len(names)} argument(s); got {len(arguments)}")
        return substitute(body, dict(zip(names, arguments, strict=True)))


def _operands(node: Any, kind: int) -> list[Any]:
    """Operands of a node; sums of sums and products of products, as which some programs write a long one, are flattened."""
    if kind not in (libsbml.AST_PLUS, libsbml.AST_TIMES):
        return [node.getChild(index) for index in range(node.getNumChildren())]
    operands, stack = [], [node]
    while stack:
        operand = stack.pop()
        if operand.getType() == kind:
            stack.extend(operand.getChild(index) for index in reversed(range(operand.getNumChildren())))
        else:
            operands.append(operand)
    return operands


def formula(expression: Expression, name_of: Callable[[str], str]) -> str:
    """Text for libSBML's level 3 parser, with symbols renamed; raises ValueError for an operator that SBML does not have."""
    if isinstance(expression, Number):
        text = repr(expression.value)
        return f"({text})" if expression.value < 0.0 else text
    if isinstance(expression, Symbol):
        return name_of(expression.name)
    arguments = [formula(argument, name_of) for argument in expression.arguments]
    operator = expression.operator
    if operator in ("+", "-", "*", "/", "^", *_RELATIONS.values()):
        return f"({f' {operator} '.join(arguments)})"
    if operator == "neg":
        return f"(-{arguments[0]})"
    if operator == "not":
        return f"(!{arguments[0]})"
    if operator in ("and", "or") and len(arguments) > 1:
        return f"({(' && ' if operator == 'and' else ' || ').join(arguments)})"
    if operator in _WRITTEN:
        return f"{_WRITTEN[operator]}({', '.join(arguments)})"
    if operator in ("min", "max"):
        return _extremum(expression, name_of)
    if operator == "log2":
        return f"log(2, {arguments[0]})"
    raise ValueError(f"{operator!r} has no counterpart in SBML")


_WRITTEN = {name: name for name in set(_OPERATORS.values()) if name.isalnum() and name not in ("min", "max", "not")}
_WRITTEN |= {"log": "ln", "log10": "log10", "sqrt": "sqrt", "xor": "xor", "ceil": "ceil"}


def _extremum(expression: Apply, name_of: Callable[[str], str]) -> str:
    # Level 3 version 1 has neither min nor max.
    relation = "<=" if expression.operator == "min" else ">="
    best, *others = [formula(argument, name_of) for argument in expression.arguments]
    for other in others:
        best = f"piecewise({best}, ({best} {relation} {other}), {other})"
    return best
