"""The grid of a sweep: from `load=0:0.2:40` and its like to checked values, one axis for each parameter that varies."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .experiments import Experiment, Road
from .parameters import Parameter, plain

MOST_POINTS = 1_000_000


@dataclass(frozen=True)
class Grid:
    """Axes (parameters that vary, with their values in order) and fixed parameters, all checked against the experiment."""

    axes: dict[str, tuple[Any, ...]]
    fixed: dict[str, Any]

    def points(self) -> Iterator[dict[str, Any]]:
        """All parameters of each grid point, the last axis running fastest."""
        for values in itertools.product(*self.axes.values()):
            yield {**self.fixed, **dict(zip(self.axes, values, strict=True))}

    @property
    def shape(self) -> tuple[int, ...]:
        """Values on each axis."""
        return tuple(len(values) for values in self.axes.values())

    def as_json(self) -> dict[str, Any]:
        """Axes and fixed values as JSON holds them."""
        return {
            "axes": {name: plain({name: list(values)})[name] for name, values in self.axes.items()},
            "fixed": plain(self.fixed),
        }


def parse_grid(experiment: Experiment, words: Sequence[str], only: Road | None = None) -> Grid:
    """Read NAME=START:STOP:COUNT, NAME=log:START:STOP:COUNT, NAME=a,b,c and NAME=value.

    Integers are rounded and deduplicated. Raises `ValueError` in one sentence.
    """
    parameters = experiment.parameters
    given: dict[str, tuple[Any, ...]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.removeprefix("--").replace("-", "_")
        if not equals or not text:
            raise ValueError(
                f"a sweep takes NAME=START:STOP:COUNT, NAME=log:START:STOP:COUNT, NAME=a,b,c or NAME=value; got {word!r}"
            )
        if name in given:
            raise ValueError(f"{name.replace('_', '-')} is given twice")
        if name not in parameters:
            experiment.resolve({name: text}, only)
        given[name] = _values(parameters[name], text)
    single = {name: values[0] for name, values in given.items() if len(values) == 1}
    fixed = experiment.resolve({**single, **{name: values[0] for name, values in given.items()}}, only)
    axes = {name: values for name, values in given.items() if len(values) > 1}
    if math.prod(map(len, axes.values())) > MOST_POINTS:
        raise ValueError(f"the grid has more than {MOST_POINTS} points")
    return Grid(axes, {name: value for name, value in fixed.items() if name not in axes})


def _values(parameter: Parameter, text: str) -> tuple[Any, ...]:
    if ":" in text and parameter.kind in ("float", "int"):
        return _spaced(parameter, text)
    if "," in text and parameter.kind in ("float", "int", "choice", "bool"):
        return _unique(parameter.parse(part) for part in text.split(","))
    return (parameter.parse(text),)


def _spaced(parameter: Parameter, text: str) -> tuple[Any, ...]:
    words = text.split(":")
    logarithmic = words[0] == "log"
    words = words[1:] if logarithmic else words
    try:
        start, stop, count = float(words[0]), float(words[1]), int(words[2])
    except (ValueError, IndexError):
        raise ValueError(f"{parameter.option} takes START:STOP:COUNT or log:START:STOP:COUNT; got {text!r}") from None
    if len(words) != 3 or not 1 <= count <= MOST_POINTS:
        raise ValueError(
            f"{parameter.option} takes START:STOP:COUNT with a count from 1 to {MOST_POINTS}; got {text!r}"
        )
    if logarithmic and not (start > 0 and stop > 0):
        raise ValueError(f"{parameter.option}: a logarithmic axis needs positive ends; got {text!r}")
    steps = [index / (count - 1) for index in range(count)] if count > 1 else [0.0]
    if logarithmic:
        values = [start * (stop / start) ** step for step in steps]
    else:
        values = [start + (stop - start) * step for step in steps]
    values[-1] = stop if count > 1 else start
    if parameter.kind == "int":
        values = [round(value) for value in values]
    return _unique(parameter.check(value) for value in values)


def _unique(values: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
