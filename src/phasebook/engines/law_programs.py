"""Rate laws and triggers as programs of a small stack machine: data that compiled kernels evaluate, never code that is executed.

A program is a sequence of instructions in postfix order: ("constant", 2.5), ("species", 3), ("time",) push a value; the operations
of `OPERATIONS` take their arguments from the stack and push their result. Truth is 1.0 and falsehood 0.0.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernel import kernel

Instruction = tuple[Any, ...]
Program = Sequence[Instruction]

CONSTANT, SPECIES, TIME = 0, 1, 2
# name: (code, number of arguments)
OPERATIONS: dict[str, tuple[int, int]] = {
    "add": (3, 2),
    "subtract": (4, 2),
    "multiply": (5, 2),
    "divide": (6, 2),
    "power": (7, 2),
    "negate": (8, 1),
    "exp": (9, 1),
    "log": (10, 1),
    "sqrt": (11, 1),
    "abs": (12, 1),
    "floor": (13, 1),
    "ceil": (14, 1),
    "min": (15, 2),
    "max": (16, 2),
    "less": (17, 2),
    "less_equal": (18, 2),
    "greater": (19, 2),
    "greater_equal": (20, 2),
    "equal": (21, 2),
    "not_equal": (22, 2),
    "and": (23, 2),
    "or": (24, 2),
    "not": (25, 1),
    "where": (26, 3),  # condition, value if true, value if false
    "sin": (27, 1),
    "cos": (28, 1),
    "tan": (29, 1),
    "tanh": (30, 1),
    "sinh": (31, 1),
    "cosh": (32, 1),
    "asin": (33, 1),
    "acos": (34, 1),
    "atan": (35, 1),
    "asinh": (36, 1),
    "acosh": (37, 1),
    "atanh": (38, 1),
    "round": (39, 1),
    "sign": (40, 1),
    "xor": (41, 2),
    "modulo": (42, 2),
}


def encode_programs(
    programs: Sequence[Program], species: int, *, allow_time: bool, what: str
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], int]:
    """(starts, code, constants, deepest stack): instructions of all programs as pairs (code, operand), program p at starts[p].

    Raises ValueError for an unknown instruction, a species out of range, time where it isn't allowed, or an unbalanced stack;
    `what` names the programs in the message.
    """
    starts, deepest = [0], 1
    code: list[tuple[int, int]] = []
    constants: list[float] = []
    for index, program in enumerate(programs):
        depth = 0
        for instruction in program:
            name = instruction[0]
            if name == "constant":
                code.append((CONSTANT, len(constants)))
                constants.append(float(instruction[1]))
                depth += 1
            elif name == "species":
                if not 0 <= instruction[1] < species:
                    raise ValueError(f"{what} {index} reads species {instruction[1]}; there are {species}")
                code.append((SPECIES, int(instruction[1])))
                depth += 1
            elif name == "time":
                if not allow_time:
                    raise ValueError(f"{what} {index} depends on time; only triggers and assignments of events may")
                code.append((TIME, 0))
                depth += 1
            elif name in OPERATIONS:
                number, arguments = OPERATIONS[name]
                if depth < arguments:
                    raise ValueError(f"{what} {index}: {name!r} needs {arguments} arguments on the stack")
                code.append((number, 0))
                depth += 1 - arguments
            else:
                raise ValueError(f"{what} {index} has the unknown instruction {name!r}")
            deepest = max(deepest, depth)
        if program and depth != 1:
            raise ValueError(f"{what} {index} leaves {depth} values on the stack; it must leave one")
        starts.append(len(code))
    pairs = np.array(code, dtype=np.int32).reshape(-1)
    return np.array(starts, dtype=np.int32), pairs, np.array(constants, dtype=np.float64), deepest


def species_read(program: Program) -> set[int]:
    """Indices of the species that a program reads."""
    return {int(instruction[1]) for instruction in program if instruction[0] == "species"}


@kernel
def evaluate_program(
    code: NDArray[np.int32],
    constants: NDArray[np.float64],
    first: int,
    last: int,
    counts: NDArray[np.int64],
    time: float,
    stack: NDArray[np.float64],
) -> float:
    """Value of the instructions first..last-1; division by zero gives an infinity or NaN, which the caller judges."""
    top = -1
    for position in range(first, last):
        operation = code[2 * position]
        if operation == CONSTANT:
            top += 1
            stack[top] = constants[code[2 * position + 1]]
        elif operation == SPECIES:
            top += 1
            stack[top] = np.float64(counts[code[2 * position + 1]])
        elif operation == TIME:
            top += 1
            stack[top] = time
        elif operation == 26:
            top -= 2
            if stack[top] != 0.0:
                stack[top] = stack[top + 1]
            else:
                stack[top] = stack[top + 2]
        elif 8 <= operation <= 14 or operation == 25 or 27 <= operation <= 40:
            stack[top] = _unary(operation, stack[top])
        else:
            top -= 1
            stack[top] = _binary(operation, stack[top], stack[top + 1])
    return stack[0]


@kernel
def _unary(operation: int, x: float) -> float:
    if operation == 8:
        return -x
    if operation == 9:
        return math.exp(x)
    if operation == 10:
        return np.log(x)
    if operation == 11:
        return np.sqrt(x)
    if operation == 12:
        return abs(x)
    if operation == 13:
        return np.floor(x)
    if operation == 14:
        return np.ceil(x)
    if operation == 25:
        return 1.0 if x == 0.0 else 0.0
    if operation == 27:
        return math.sin(x)
    if operation == 28:
        return math.cos(x)
    if operation == 29:
        return math.tan(x)
    if operation == 30:
        return math.tanh(x)
    if operation == 31:
        return math.sinh(x)
    if operation == 32:
        return math.cosh(x)
    if operation == 33:
        return np.arcsin(x)
    if operation == 34:
        return np.arccos(x)
    if operation == 35:
        return math.atan(x)
    if operation == 36:
        return math.asinh(x)
    if operation == 37:
        return np.arccosh(x)
    if operation == 38:
        return np.arctanh(x)
    if operation == 39:
        return np.rint(x)
    return np.sign(x)


@kernel
def _binary(operation: int, x: float, y: float) -> float:
    if operation == 3:
        return x + y
    if operation == 4:
        return x - y
    if operation == 5:
        return x * y
    if operation == 6:
        return x / y
    if operation == 7:
        return x**y
    if operation == 15:
        return min(x, y)
    if operation == 16:
        return max(x, y)
    if operation == 42:
        return x - y * np.floor(x / y)
    if operation == 17:
        truth = x < y
    elif operation == 18:
        truth = x <= y
    elif operation == 19:
        truth = x > y
    elif operation == 20:
        truth = x >= y
    elif operation == 21:
        truth = x == y
    elif operation == 22:
        truth = x != y
    elif operation == 23:
        truth = x != 0.0 and y != 0.0
    elif operation == 24:
        truth = x != 0.0 or y != 0.0
    else:
        truth = (x != 0.0) != (y != 0.0)
    return 1.0 if truth else 0.0
