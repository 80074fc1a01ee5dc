"""The explorer: an experiment's parameters as a form, and its theory redrawn at once by a process that stays warm."""

import asyncio
import concurrent.futures
import hashlib
import math
import multiprocessing
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pebble

from ..claims import load_paper
from ..errors import PhasebookError
from ..experiments import Experiment
from ..parameters import Parameter
from .drawing import draw_theory, draw_theory_file, start_theory_worker

SECONDS = 20.0  # a theory that takes longer is run as a job
CACHED = 400
STEPS = 400  # positions of a slider


class TooSlow(PhasebookError):
    """A theory takes too long to follow a slider; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Control:
    """How one parameter is shown: `slider`, `switch`, `choice`, `text` or `file`, with its value as text."""

    parameter: Parameter
    form: str
    value: str
    low: str = ""
    high: str = ""
    step: str = ""
    logarithmic: bool = False
    position: float = 0.0


def controls(experiment: Experiment, given: Mapping[str, str]) -> list[Control]:
    """The form's controls; `given` holds the values (texts) that the address names, the rest are defaults."""
    return [_control(parameter, given.get(name)) for name, parameter in experiment.parameters.items()]


def find_experiment(slug: str, name: str) -> Experiment | None:
    """The experiment of a built paper, or None."""
    try:
        return load_paper(slug).experiments.get(name)
    except (PhasebookError, ValueError):
        return None


def _control(parameter: Parameter, given: str | None) -> Control:
    default = parameter.default
    value = given if given is not None else _text(default)
    if parameter.file is not None:
        return Control(parameter, "file", value)
    if parameter.kind == "bool":
        return Control(parameter, "switch", "true" if value.lower() in ("true", "yes", "on", "1") else "false")
    if parameter.kind == "choice":
        return Control(parameter, "choice", value)
    if parameter.kind in ("float", "int") and math.isfinite(parameter.low) and math.isfinite(parameter.high):
        logarithmic = parameter.low > 0 and parameter.high / parameter.low >= 1000
        step = "1" if parameter.kind == "int" else "any"
        place = _place(value, parameter, logarithmic)
        return Control(
            parameter, "slider", value, _text(parameter.low), _text(parameter.high), step, logarithmic, place
        )
    return Control(parameter, "text", value)


def _place(value: str, parameter: Parameter, logarithmic: bool) -> float:
    """Where the slider stands, from 0 to STEPS."""
    try:
        number = float(value)
    except ValueError:
        return 0.0
    low, high = parameter.low, parameter.high
    if logarithmic:
        number, low, high = math.log(max(number, low)), math.log(low), math.log(high)
    return round(STEPS * (number - low) / (high - low), 2) if high > low else 0.0


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(_text(item) for item in value)
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def command(experiment: Experiment, given: Mapping[str, str], seed: int = 0) -> str:
    """The command that runs the same experiment."""
    words = ["phasebook", "run", experiment.slug, experiment.name]
    for name, text in _changed(experiment, given).items():
        words += [f"--{experiment.parameters[name].option}", text if _plain(text) else f"'{text}'"]
    return " ".join(words + (["--seed", str(seed)] if seed else []))


def python(experiment: Experiment, given: Mapping[str, str], seed: int = 0) -> str:
    """Python that runs the same experiment."""
    parameters = experiment.parameters
    values = {name: _literal(parameters[name], text) for name, text in _changed(experiment, given).items()}
    inside = ", ".join(f'"{name}": {value}' for name, value in values.items())
    return (
        "import phasebook\n\n"
        f'paper = phasebook.load_paper("{experiment.slug}")\n'
        f'data = paper.experiments["{experiment.name}"].run({{{inside}}}, seed={seed})\n'
        "print(data)"
    )


def _changed(experiment: Experiment, given: Mapping[str, str]) -> dict[str, str]:
    return {
        name: text
        for name, text in given.items()
        if name in experiment.parameters and text not in ("", _text(experiment.parameters[name].default))
    }


def _plain(text: str) -> bool:
    return bool(text) and all(letter.isalnum() or letter in "._-+,/" for letter in text)


def _literal(parameter: Parameter, text: str) -> str:
    if parameter.kind in ("float", "int"):
        return text
    if parameter.kind == "bool":
        return str(text.lower() in ("true", "yes", "on", "1"))
    if parameter.kind == "list":
        return f"({text},)"
    return repr(text)


class Theory:
    """One warm process that draws theory; results are kept, and a draw that takes too long is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "theory"
        self._pool: pebble.ProcessPool | None = None
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def start(self) -> None:
        """Start the process, so that it is warm when the first reader comes."""
        self._pool = pebble.ProcessPool(
            max_workers=1,
            initializer=start_theory_worker,
            context=multiprocessing.get_context("spawn"),
        )
        self._pool.schedule(_nothing)

    async def draw(self, experiment: Experiment, given: Mapping[str, str]) -> dict[str, Any]:
        """The figure's Bokeh item and rows. Raises `ValueError` for wrong parameters, `TooSlow`, `PhasebookError`."""
        key = f"{_key(experiment, given)}.json"
        return await self._kept_or(key, draw_theory, experiment.slug, experiment.name, dict(given))

    async def file(self, experiment: Experiment, given: Mapping[str, str], suffix: str) -> Path:
        """The figure as a file of this ending (.png or .svg)."""
        name = _key(experiment, given)
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"theory{suffix}"
        if path.exists():
            return path
        arguments = (experiment.slug, experiment.name, dict(given), suffix, str(folder))
        return Path(await self._kept_or(f"{name}{suffix}", draw_theory_file, *arguments))

    def stop(self) -> None:
        """Kill the process."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()

    async def _kept_or(self, key: str, function: Any, *arguments: Any) -> Any:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if self._pool is None:
            raise PhasebookError("the process that draws theory has not been started")
        future = self._pool.schedule(function, args=arguments, timeout=SECONDS)
        try:
            value = await asyncio.wrap_future(future)
        except (TimeoutError, concurrent.futures.TimeoutError):
            raise TooSlow(f"this theory takes more than {SECONDS:g} s here; run it as a job") from None
        except pebble.ProcessExpired:
            raise PhasebookError("the process that draws theory died; try again") from None
        self._kept[key] = value
        while len(self._kept) > CACHED:
            self._kept.popitem(last=False)
        return value


def _nothing() -> None:
    """What the process does first: start."""


def _key(experiment: Experiment, given: Mapping[str, str]) -> str:
    text = repr((experiment.slug, experiment.name, sorted(_changed(experiment, given).items())))
    return hashlib.sha256(text.encode()).hexdigest()[:24]
