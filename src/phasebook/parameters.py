"""Parameters of an experiment, read from a function's signature: types, bounds, defaults, and how text becomes a value.

The command line, the web form and sweeps are all derived from these, so one declaration checks a value and words its error.
Imports the standard library alone.
"""

import hashlib
import importlib
import inspect
import math
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

RESERVED = frozenset({"seed", "seeds", "only", "json", "out", "plot", "store", "scheduler"})
LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number (or of each number in a list), both included, with the sentence and unit that the user reads."""

    low: float
    high: float
    help: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """The sentence that the user reads beside a switch or a choice."""

    help: str


@dataclass(frozen=True, slots=True)
class Text:
    """A short text whose whole must match `grammar` (a regular expression); the family parses it further."""

    grammar: str
    help: str = ""
    longest: int = 200


@dataclass(frozen=True, slots=True)
class File:
    """A file of the user's, read at the boundary by `reader` ("package.module:function", called with a `Path`)."""

    reader: str
    help: str = ""
    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserFile:
    """What a function receives for a `File` parameter: the parsed content, and the identity that records hold."""

    content: Any
    name: str
    sha256: str
    size: int

    def identity(self) -> dict[str, str | int]:
        """Name, hash and size; never the path."""
        return {"name": self.name, "sha256": self.sha256, "size": self.size}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an experiment; `road` is `measurement` where only the measurement takes it."""

    name: str
    kind: Literal["float", "int", "bool", "choice", "list", "text", "file"]
    default: Any
    optional: bool
    road: Literal["both", "measurement"]
    help: str = ""
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str | int | float, ...] = ()
    grammar: str = ""
    longest: int = LONGEST_TEXT
    file: File | None = None

    @property
    def option(self) -> str:
        """The option's name on the command line, without the dashes."""
        return self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        bounds = f"[{_number(self.low)}, {_number(self.high)}]{f' {self.unit}' if self.unit else ''}"
        match self.kind:
            case "bool":
                return "true or false"
            case "choice":
                files = f", or a file ({self.file_suffixes})" if self.file else ""
                return f"one of {', '.join(map(str, self.choices))}{files}"
            case "list":
                return f"numbers in {bounds}, separated by commas"
            case "text":
                return f"a text of at most {self.longest} characters that matches {self.grammar}"
            case "file":
                return f"a file ({self.file_suffixes})"
            case "int":
                return f"an integer in {bounds}"
            case _:
                return f"a number in {bounds}"

    @property
    def file_suffixes(self) -> str:
        """The endings that a file may have, in words."""
        return ", ".join(self.file.suffixes) if self.file and self.file.suffixes else "any ending"

    def parse(self, text: str) -> Any:
        """The value that a text stands for. Raises `ValueError` in one sentence."""
        text = text.strip()
        match self.kind:
            case "bool" if text.lower() in ("true", "yes", "on", "1", "false", "no", "off", "0"):
                return text.lower() in ("true", "yes", "on", "1")
            case "float" | "int":
                return self.check(_parse_number(text, self))
            case "list":
                return self.check(tuple(_parse_number(part, self) for part in text.split(",")))
            case "choice":
                by_text = {str(choice): choice for choice in self.choices}
                if text in by_text:
                    return by_text[text]
                if self.file is not None:
                    return self._read(text)
            case "text":
                return self.check(text)
            case "file":
                return self._read(text)
        raise self._refusal(text)

    def check(self, value: Any) -> Any:
        """The value in its declared type, or `ValueError` in one sentence: the name, what was given, what is allowed."""
        if value is None and self.optional:
            return None
        match self.kind:
            case "bool" if isinstance(value, bool):
                return value
            case "int" | "float":
                return self._check_number(value)
            case "list" if isinstance(value, (list, tuple)) and value:
                return tuple(self._check_number(item) for item in value)
            case "choice" if value in self.choices or (self.file and isinstance(value, UserFile)):
                return value
            case "choice" if self.file is not None and isinstance(value, Path):
                return self._read(value)
            case "text" if isinstance(value, str):
                if len(value) <= self.longest and re.fullmatch(self.grammar, value):
                    return value
            case "file" if isinstance(value, UserFile):
                return value
            case "file" if isinstance(value, (str, Path)):
                return self._read(value)
        raise self._refusal(value)

    def _check_number(self, value: Any) -> float | int:
        if isinstance(value, bool) or (not isinstance(value, (int, float)) and not hasattr(value, "__float__")):
            raise self._refusal(value)
        number = float(value)
        if not self.low <= number <= self.high:
            raise self._refusal(value)
        if self.kind == "int":
            if not number.is_integer():
                raise self._refusal(value)
            return int(value)
        return number

    def _read(self, source: str | Path) -> UserFile:
        path = Path(source)
        declared = self.file
        if declared is None or not path.is_file():
            raise ValueError(f"{self.option} must be {self.allowed}; got {str(source)!r}, which is no file")
        if declared.suffixes and path.suffix.lower() not in declared.suffixes:
            raise ValueError(f"{self.option} must be {self.allowed}; got {path.name!r}")
        module, _, function = declared.reader.partition(":")
        content = getattr(importlib.import_module(module), function)(path)
        data = path.read_bytes()
        return UserFile(content, path.name, hashlib.sha256(data).hexdigest(), len(data))

    def _refusal(self, value: Any) -> ValueError:
        return ValueError(f"{self.option} must be {self.allowed}; got {value!r}")


def parameters_of(theory: Callable | None, measurement: Callable | None) -> dict[str, Parameter]:
    """The parameters of an experiment's two functions; what only the measurement takes comes last.

    Resolves the annotations of parameters and never the return's, so that a paper's module needs no xarray at import.
    Raises `TypeError` for a signature that breaks the contract (a mistake of ours, not of a user's).
    """
    found: dict[str, Parameter] = {}
    if theory is not None:
        for parameter in inspect.signature(theory).parameters.values():
            found[parameter.name] = _read_parameter(theory, parameter, "both")
    if measurement is not None:
        signature = inspect.signature(measurement).parameters
        if "seed" not in signature:
            raise TypeError(f"measurement {measurement.__name__} takes no seed")
        for parameter in signature.values():
            if parameter.name == "seed" or parameter.name in found:
                continue
            if theory is not None and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                raise TypeError(f"{measurement.__name__}: own parameter {parameter.name!r} must be keyword-only")
            found[parameter.name] = _read_parameter(measurement, parameter, "measurement" if theory else "both")
    if clash := RESERVED & found.keys():
        raise TypeError(f"reserved parameter name: {', '.join(sorted(clash))}")
    return found


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON holds them: files by name, hash and size; tuples as lists."""
    return {
        name: value.identity() if isinstance(value, UserFile) else list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }


def _read_parameter(
    function: Callable, parameter: inspect.Parameter, road: Literal["both", "measurement"]
) -> Parameter:
    where = f"{function.__name__}: parameter {parameter.name!r}"
    if parameter.default is inspect.Parameter.empty:
        raise TypeError(f"{where} needs a default")
    annotation = _resolve(function, parameter)
    notes = []
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *notes = typing.get_args(annotation)
    # `Literal[...] | None` is a typing.Union, where classes joined by `|` are a types.UnionType.
    union = isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union
    members = list(typing.get_args(annotation)) if union else [annotation]
    optional = types.NoneType in members
    members = [member for member in members if member is not types.NoneType]
    note = {type(item): item for item in notes}
    bounds, text, file = note.get(Range), note.get(Text), note.get(File)
    shared = {"name": parameter.name, "default": parameter.default, "optional": optional, "road": road}
    help_text = next((item.help for item in notes if item.help), "")
    literal = next((member for member in members if typing.get_origin(member) is Literal), None)
    if literal is not None:
        return Parameter(**shared, kind="choice", choices=typing.get_args(literal), help=help_text, file=file)
    if members == [bool]:
        return Parameter(**shared, kind="bool", help=help_text)
    if members in ([float], [int]) and bounds:
        kind: Literal["int", "float"] = "int" if members == [int] else "float"
        return Parameter(**shared, kind=kind, low=bounds.low, high=bounds.high, help=bounds.help, unit=bounds.unit)
    if members == [tuple[float, ...]] and bounds:
        return Parameter(**shared, kind="list", low=bounds.low, high=bounds.high, help=bounds.help, unit=bounds.unit)
    if members == [str] and text:
        return Parameter(**shared, kind="text", grammar=text.grammar, longest=text.longest, help=text.help)
    if members == [UserFile] and file:
        return Parameter(**shared, kind="file", help=file.help, file=file)
    raise TypeError(f"{where} has an annotation outside the contract: {annotation}")


def _resolve(function: Callable, parameter: inspect.Parameter) -> Any:
    holder = types.SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    return typing.get_type_hints(holder, globalns=function.__globals__, include_extras=True)[parameter.name]


def _parse_number(text: str, parameter: Parameter) -> float | int:
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        raise parameter._refusal(text) from None
    if parameter.kind == "int" and number.is_integer() and abs(number) < 2**63:
        return int(number)
    return number


def _number(bound: float) -> str:
    return f"{bound:,.0f}".replace(",", "") if float(bound).is_integer() and abs(bound) < 1e9 else f"{bound:g}"
