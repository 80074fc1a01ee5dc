"""An experiment: a theory and its measurement side by side, with the same parameters and units.

The decorator derives options, bounds and checks from the two signatures; `Experiment.run` merges what the two return into one
labelled Dataset and refuses names that stand on the wrong road.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .parameters import Parameter, parameters_of, plain

if TYPE_CHECKING:
    import xarray as xr

Road = Literal["theory", "measurement"]
SUFFIXES: dict[str, tuple[str, ...]] = {
    "theory": ("_theory", "_exact"),
    "measurement": ("_simulation", "_stderr", "_data"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """A line to draw over a heat map: where a variable takes a value."""

    variable: str
    value: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Along:
    """How an experiment of single numbers becomes a curve: its theory along one parameter, measured at a few values."""

    parameter: str
    start: float
    stop: float
    count: int = 60
    scale: Literal["linear", "log"] = "linear"
    measured: int = 6

    def values(self, count: int) -> list[float]:
        """Evenly spaced values, on a linear or a logarithmic axis."""
        steps = [index / (count - 1) for index in range(count)]
        if self.scale == "log":
            return [math.exp(math.log(self.start) + step * math.log(self.stop / self.start)) for step in steps]
        return [self.start + step * (self.stop - self.start) for step in steps]


@dataclass
class Experiment:
    """Theory and measurement of one paper under one name; made by `Paper.experiment`.

    `cost` says whether theory is fast enough for a slider or is a job; `show` names the observables of the main figure;
    `boundary`, a line or several, is drawn over heat maps; `conventions` are printed with every result because they change numbers.
    """

    slug: str
    name: str
    theory: Callable[..., xr.Dataset] | None
    measurement_function: Callable[..., xr.Dataset] | None = None
    cost: Literal["slider", "job"] = "slider"
    show: tuple[str, ...] = ()
    along: Along | None = None
    boundary: Level | tuple[Level, ...] | None = None
    logarithmic: tuple[str, ...] = ()
    conventions: Mapping[str, str] = field(default_factory=dict)

    def measurement(self, function: Callable[..., xr.Dataset]) -> Callable[..., xr.Dataset]:
        """Register the measurement that stands beside this theory (a decorator)."""
        if self.measurement_function is not None:
            raise TypeError(f"{self.slug} {self.name} has a measurement already")
        self.measurement_function = function
        self.parameters  # noqa: B018  a signature that breaks the contract must fail at import, not at the first run
        return function

    @property
    def title(self) -> str:
        """First sentence of the docstring."""
        function = self.theory or self.measurement_function
        return " ".join((function.__doc__ or "").strip().split("\n\n")[0].split()) if function else ""

    @property
    def details(self) -> str:
        """The rest of the docstring: variables, conventions and the source of the equations."""
        function = self.theory or self.measurement_function
        return " ".join((function.__doc__ or "").strip().partition("\n\n")[2].split()) if function else ""

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name."""
        return parameters_of(self.theory, self.measurement_function)

    @property
    def roads(self) -> tuple[Road, ...]:
        """Which of the two this experiment has."""
        present: list[Road] = []
        if self.theory is not None:
            present.append("theory")
        if self.measurement_function is not None:
            present.append("measurement")
        return tuple(present)

    def resolve(self, given: Mapping[str, Any], only: Road | None = None) -> dict[str, Any]:
        """All parameters with checked values: the given ones, else their defaults.

        Raises `ValueError` in one sentence for an unknown name, a value out of range, or one that does not apply.
        """
        parameters = self.parameters
        if only is not None and only not in self.roads:
            raise ValueError(f"only must be one of {', '.join(self.roads)} for {self.slug} {self.name}; got {only!r}")
        for name in given:
            if name not in parameters:
                known = ", ".join(parameter.option for parameter in parameters.values())
                raise ValueError(f"unknown parameter {name.replace('_', '-')!r}; {self.name} takes {known}")
            if only == "theory" and parameters[name].road == "measurement":
                raise ValueError(f"{parameters[name].option} belongs to the measurement, which only=theory leaves out")
        return {
            name: parameter.check(given.get(name, parameter.default))
            for name, parameter in parameters.items()
            if not (only == "theory" and parameter.road == "measurement")
        }

    def run(self, given: Mapping[str, Any] | None = None, *, seed: int = 0, only: Road | None = None) -> xr.Dataset:
        """The Dataset of theory, measurement or both at one set of parameters; `given` overrides the defaults."""
        import xarray as xr

        values = self.resolve(given or {}, only)
        check_seed(seed)
        parts = []
        if self.theory is not None and only != "measurement":
            parts.append(self._call(self.theory, values, "theory"))
        if self.measurement_function is not None and only != "theory":
            road: Road = "measurement"
            parts.append(self._call(self.measurement_function, {**values, "seed": seed}, road))
        data = xr.merge(parts, join="exact", compat="no_conflicts", combine_attrs="override")
        data.attrs = {
            "paper": self.slug,
            "experiment": self.name,
            "parameters": json.dumps(plain(values), sort_keys=True),
            "seed": seed,
            "title": self.title,
            **{f"convention_{name.replace(' ', '_')}": text for name, text in self.conventions.items()},
        }
        return data

    def curve(self, given: Mapping[str, Any] | None = None, *, seed: int = 0, only: Road | None = None) -> xr.Dataset:
        """What the figure shows: `run`, or, for an experiment of single numbers, its theory along the declared parameter.

        The measurement is made at a few values of that parameter, or only at the one that was given.
        """
        given = dict(given or {})
        if self.along is None:
            return self.run(given, seed=seed, only=only)
        import xarray as xr

        values = self.resolve(given, only)
        parameter, roads = self.parameters[self.along.parameter], self.roads if only is None else (only,)
        parts = []
        for road in roads:
            at = self.along.values(self.along.count if road == "theory" else self.along.measured)
            if road == "measurement" and parameter.name in given:
                at = [values[parameter.name]]
            points = [parameter.check(value) for value in at]
            apply = {
                name: value
                for name, value in given.items()
                if road == "measurement" or self.parameters[name].road == "both"
            }
            runs = [self.run({**apply, parameter.name: point}, seed=seed, only=road) for point in points]
            axis = xr.Variable(parameter.name, points, {"long_name": parameter.help, "units": parameter.unit})
            parts.append(
                xr.concat(
                    runs,
                    axis,
                    combine_attrs="drop_conflicts",
                    data_vars="all",
                    coords="minimal",
                    join="outer",
                    compat="equals",
                )
            )
        data = xr.merge(parts, join="outer", compat="no_conflicts", combine_attrs="override")
        data[parameter.name].attrs = {"long_name": parameter.help, "units": parameter.unit}
        data.attrs = {"paper": self.slug, "experiment": self.name, "seed": seed, "title": self.title}
        return data

    def _call(self, function: Callable[..., xr.Dataset], values: Mapping[str, Any], road: Road) -> xr.Dataset:
        import inspect

        accepted = inspect.signature(function).parameters
        data = function(**{name: value for name, value in values.items() if name in accepted})
        _check_names(data, f"{self.slug} {self.name}", road)
        return data


def check_seed(seed: int) -> None:
    """Raises `ValueError` unless the seed is an integer from 0 to 2**32 - 1."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 4294967295; got {seed!r}")


def _check_names(data: xr.Dataset, where: str, road: Road) -> None:
    """Every variable says its road in its name, its unit and its meaning in its attributes."""
    for name, variable in data.data_vars.items():
        text = str(name)
        if not text.endswith(SUFFIXES[road]) and not text.startswith("count_"):
            allowed = ", ".join(SUFFIXES[road])
            raise TypeError(f"{where}: variable {text!r} stands on the {road} road; its name must end in {allowed}")
        missing = [key for key in ("units", "long_name") if key not in variable.attrs]
        if missing:
            raise TypeError(f"{where}: variable {text!r} has no {' and no '.join(missing)}")
