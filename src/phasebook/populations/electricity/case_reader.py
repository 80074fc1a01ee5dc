"""Networks from MATPOWER case files (.m, version 2) and from JSON with the same matrices.

A grammar reads assignments of numbers, text and matrices to fields of one struct; nothing is ever run. A file that computes (some
cases convert units in their last lines) is refused with the line. Columns: MATPOWER's CASEFORMAT.
"""

from __future__ import annotations

import json
import math
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from lark import Lark, Token, Transformer, UnexpectedInput
from numpy.typing import NDArray

from .fleet import ElectricityWarning
from .network import Network

LARGEST_FILE = 20_000_000
GRAMMAR = r"""
start: (_SEP | function | statement | "end")*
function: "function" NAME "=" NAME
statement: FIELD "=" (number | text | matrix | cell)
number: NUMBER
text: STRING
matrix: "[" _SEP? (row (_SEP row)*)? _SEP? "]"
row: (NUMBER ","?)+
cell: "{" _SEP? (cell_row (_SEP cell_row)*)? _SEP? "}"
cell_row: ((STRING | NUMBER) ","?)+
FIELD: /[A-Za-z]\w*\.[A-Za-z]\w*(\.[A-Za-z]\w*)*/
NAME: /[A-Za-z]\w*/
NUMBER.2: /[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Inf|inf|NaN|nan)(?=[\s,;\]}%]|\.\.\.|$)/
STRING: /'(?:[^'\n]|'')*'|"[^"\n]*"/
_SEP: /[;\n](?:[;\s]|%[^\n]*)*/
COMMENT: /%[^\n]*/
CONTINUED: /\.\.\.[^\n]*\n/
BLANK: /[ \t\r\f]+/
%ignore COMMENT
%ignore CONTINUED
%ignore BLANK
"""
# Fewest columns of each matrix that a dispatch needs.
COLUMNS = {"bus": 3, "gen": 10, "branch": 11, "gencost": 5}
_POLYNOMIAL, _ISOLATED = 2, 4


def read_case(path: str | Path) -> Network:
    """A network from a MATPOWER case (.m, version 2) or a .json object with baseMVA, bus, gen, branch and gencost.

    Generators and branches out of service are left out, and isolated buses; limits of 0 MW are none. Shunt conductance counts as
    load. Raises ValueError that names the file, the matrix and the row.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"case names no file: {file.name!r}")
    if file.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{file.name} has {file.stat().st_size} bytes; at most {LARGEST_FILE} are read")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{file.name} must be text in UTF-8") from None
    if file.suffix.lower() == ".m":
        return parse_case(text, file.stem)
    if file.suffix.lower() == ".json":
        return _parse_json(text, file.stem)
    raise ValueError(f"case must end in .m or .json; got {file.name!r}")


def parse_case(text: str, name: str = "case") -> Network:
    """A network from a MATPOWER case's text. Raises ValueError that names the line or the matrix's row."""
    try:
        fields = _Fields().transform(_parser().parse(text if text.endswith("\n") else text + "\n"))
    except UnexpectedInput as error:
        lines = text.splitlines()
        line = lines[error.line - 1].strip() if 0 < error.line <= len(lines) else ""
        raise ValueError(
            f"{name}, line {error.line}: only assignments of numbers, text and matrices of numbers are read; got {line[:60]!r}"
        ) from None
    if str(fields.get("version", "2")) != "2":
        raise ValueError(f"{name}: version must be 2; got {fields['version']!r}")
    return _network(fields, name)


def write_case(network: Network, path: str | Path) -> None:
    """A JSON file that `read_case` reads back. Raises ValueError for another ending."""
    file = Path(path)
    if file.suffix.lower() != ".json":
        raise ValueError(f"path must end in .json; got {file.name!r}")
    none = np.zeros(network.buses.size)
    bus = np.column_stack((network.buses, none + 1, network.load))
    generators = network.generator_bus.size
    gen = np.zeros((generators, 10))
    gen[:, 0], gen[:, 7] = network.buses[network.generator_bus], 1
    gen[:, 8], gen[:, 9] = network.generator_upper, network.generator_lower
    branch = np.zeros((network.branch_from.size, 11))
    branch[:, 0], branch[:, 1] = network.buses[network.branch_from], network.buses[network.branch_to]
    branch[:, 3], branch[:, 10] = 1 / network.susceptance, 1
    branch[:, 5] = np.where(np.isfinite(network.limit), network.limit, 0.0)
    branch[:, 9] = np.degrees(network.shift)
    costs = (network.cost_quadratic, network.cost_linear, network.cost_constant)
    gencost = np.column_stack((np.full(generators, 2.0), *np.zeros((2, generators)), np.full(generators, 3.0), *costs))
    tables = {"bus": bus, "gen": gen, "branch": branch, "gencost": gencost}
    file.write_text(
        json.dumps({"baseMVA": 1.0, **{key: table.tolist() for key, table in tables.items()}}, indent=1) + "\n"
    )


class _Fields(Transformer):
    """The parse tree as a dict from field names to numbers, texts and lists of rows."""

    def start(self, children: list[Any]) -> dict[str, Any]:
        return dict(child for child in children if isinstance(child, tuple))

    def function(self, children: list[Token]) -> None:
        return None

    def statement(self, children: list[Any]) -> tuple[str, Any]:
        return str(children[0]).partition(".")[2], children[1]

    def number(self, children: list[Token]) -> float:
        return float(children[0])

    def text(self, children: list[Token]) -> str:
        return str(children[0])[1:-1]

    def matrix(self, children: list[list[float]]) -> list[list[float]]:
        return children

    def row(self, children: list[Token]) -> list[float]:
        return [float(each) for each in children]

    def cell(self, children: list[Any]) -> list[Any]:
        return children

    def cell_row(self, children: list[Token]) -> list[str]:
        return [str(each) for each in children]


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual")


def _parse_json(text: str, name: str) -> Network:
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} must be a JSON object: line {error.lineno}: {error.msg}") from None
    if not isinstance(fields, dict):
        raise ValueError(f"{name} must be a JSON object with baseMVA, bus, gen, branch and gencost")
    return _network(fields, name)


def _network(fields: dict[str, Any], name: str) -> Network:
    """Matrices as a network."""
    base = fields.get("baseMVA")
    if not isinstance(base, int | float) or not (math.isfinite(base) and base > 0):
        raise ValueError(f"{name}: baseMVA must be a positive number; got {base!r}")
    bus, gen, branch, gencost = (_matrix(fields, key, name) for key in COLUMNS)
    if fields.get("dcline"):
        warnings.warn(f"{name}: direct-current lines (dcline) are left out", ElectricityWarning, stacklevel=4)
    if len(gencost) not in (len(gen), 2 * len(gen)):
        raise ValueError(f"{name}: gencost must have a row per generator ({len(gen)}); it has {len(gencost)}")
    connected = bus[:, 1] != _ISOLATED
    numbers = bus[connected, 0].astype(np.int64)
    place = {number: index for index, number in enumerate(numbers.tolist())}
    running = (gen[:, 7] > 0) & np.isin(gen[:, 0], numbers)
    closed = branch[:, 10] > 0
    if not running.any():
        raise ValueError(f"{name}: no generator is in service")
    conductance = bus[connected, 4] if bus.shape[1] > 4 else 0.0
    costs = np.array([_cost(row, index, name) for index, row in enumerate(gencost[: len(gen)])])
    lines, tap = branch[closed], np.where(branch[closed, 8] == 0, 1.0, branch[closed, 8])
    if (lines[:, 3] == 0).any():
        row = int(np.flatnonzero(closed)[np.argmax(lines[:, 3] == 0)])
        raise ValueError(f"{name}: branch row {row + 1} has a reactance of 0; merge its buses or give it a small one")
    limit = np.where(lines[:, 5] == 0, np.inf, lines[:, 5])
    return Network(
        buses=numbers,
        load=bus[connected, 2] + conductance,
        generator_bus=_places(gen[running, 0], place, "gen", name),
        generator_lower=gen[running, 9],
        generator_upper=gen[running, 8],
        cost_quadratic=costs[running, 0],
        cost_linear=costs[running, 1],
        cost_constant=costs[running, 2],
        branch_from=_places(lines[:, 0], place, "branch", name),
        branch_to=_places(lines[:, 1], place, "branch", name),
        susceptance=base / (lines[:, 3] * tap),
        limit=limit,
        shift=np.radians(lines[:, 9]),
        name=name,
    )


def _matrix(fields: dict[str, Any], key: str, name: str) -> NDArray[np.float64]:
    rows = fields.get(key)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise ValueError(f"{name} must hold a matrix {key} with at least one row")
    # Rows of gencost may be short: what is missing is zero.
    width = max(len(row) for row in rows)
    for index, row in enumerate(rows):
        if len(row) < COLUMNS[key] or (key != "gencost" and len(row) != width):
            raise ValueError(
                f"{name}: {key} row {index + 1} has {len(row)} columns; {max(COLUMNS[key], width)} are needed"
            )
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in row):
            raise ValueError(f"{name}: {key} row {index + 1} must be numbers")
    table = np.array([list(row) + [0.0] * (width - len(row)) for row in rows], dtype=float)
    needed = table[:, :3] if key == "bus" else table
    if np.isnan(needed).any():
        raise ValueError(f"{name}: {key} row {int(np.argwhere(np.isnan(needed))[0, 0]) + 1} holds NaN")
    return table


def _places(numbers: NDArray[np.float64], place: dict[int, int], key: str, name: str) -> NDArray[np.int64]:
    missing = [number for number in numbers.tolist() if number not in place]
    if missing:
        raise ValueError(f"{name}: {key} names bus {missing[0]:g}, which is not in the matrix bus (or is isolated)")
    return np.array([place[int(number)] for number in numbers.tolist()], dtype=np.int64)


def _cost(row: NDArray[np.float64], index: int, name: str) -> tuple[float, float, float]:
    """Coefficients (c2, c1, c0) of a polynomial cost."""
    where = f"{name}: gencost row {index + 1}"
    if row[0] != _POLYNOMIAL:
        raise ValueError(f"{where} must be a polynomial (model 2) of degree 2 at most; got model {row[0]:g}")
    count = int(row[3])
    if count < 1 or 4 + count > row.size:
        raise ValueError(f"{where} says {count} coefficients and holds {row.size - 4}")
    coefficients = row[4 : 4 + count].tolist()
    if any(value != 0 for value in coefficients[:-3]):
        raise ValueError(f"{where} must be a polynomial (model 2) of degree 2 at most; got degree {count - 1}")
    c2, c1, c0 = ([0.0] * 3 + coefficients)[-3:]
    return c2, c1, c0
