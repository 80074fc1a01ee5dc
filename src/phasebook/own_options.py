"""Reads the options that belong to an experiment from the words of a command line."""

from collections.abc import Sequence
from typing import Any


def parse_options(experiment: Any, words: Sequence[str]) -> dict[str, Any]:
    """`--name value` and `--name=value` pairs of the experiment's own parameters; a value may begin with a minus."""
    parameters = experiment.parameters
    given: dict[str, Any] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            raise ValueError(
                f"expected an option such as --{next(iter(parameters), 'seed').replace('_', '-')}; got {word!r}"
            )
        option, equals, text = word[2:].partition("=")
        name = option.replace("-", "_")
        negated = name.removeprefix("no_")
        if name not in parameters and negated in parameters and parameters[negated].kind == "bool":
            given[negated] = False
            continue
        if name not in parameters:
            experiment.resolve({name: text})
        if name in given:
            raise ValueError(f"{option} is given twice")
        if not equals:
            bare = parameters[name].kind == "bool" and (not waiting or waiting[0].startswith("--"))
            if not bare and not waiting:
                raise ValueError(f"{option} needs a value: {parameters[name].allowed}")
            text = "true" if bare else waiting.pop(0)
        given[name] = parameters[name].parse(text)
    return given
