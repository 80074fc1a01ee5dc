"""How numbers with errors read in a table, in the terminal and on a page."""

from dataclasses import dataclass
from typing import Any

from .verify import Result


@dataclass(frozen=True, slots=True)
class Cells:
    """A comparison's two cells."""

    predicted: str
    measured: str


def comparison_cells(result: Result) -> Cells:
    """Predicted with its tolerance and measured with its standard error, of the comparison nearest to failing."""
    return cells_of(result.comparison)


def cells_of(comparison: dict[str, Any]) -> Cells:
    """The two cells of a comparison as records hold it."""
    if comparison.get("relation") is None:
        return Cells("", "")
    predicted, tolerance, relation = comparison["predicted"], comparison["tolerance"], comparison["relation"]
    sign = {"=": "", ">=": "≥ ", "<=": "≤ "}[relation]
    if relation == "<=" and tolerance and predicted == 0:
        expected = f"≤ {number(tolerance)}"
    else:
        expected = f"{sign}{number(predicted)}" + (f" (±{number(tolerance)})" if tolerance else "")
    measured = number(comparison["measured"])
    if comparison.get("stderr"):
        measured += f" ± {comparison['stderr']:.2g}"
    return Cells(expected, measured)


def number(value: Any) -> str:
    """A number to six digits; lists by their length and ends; text as it is."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, (int, float)):
        return f"{value:.6g}"
    if isinstance(value, list):
        if len(value) <= 3:
            return ", ".join(number(item) for item in value)
        return f"{number(value[0])}, …, {number(value[-1])} ({len(value)})"
    return str(value)
