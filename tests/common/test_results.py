"""One suite over all experiments: what a run at the defaults gives, in every form that a user can ask for."""

import json
import warnings

import pytest
import xarray as xr

from phasebook import cli
from phasebook.claims import built_papers
from phasebook.figures import bokeh_item, save_figure, style_of
from phasebook.results import as_json, rows, write_netcdf

EXPERIMENTS = [experiment for paper in built_papers() for experiment in paper.experiments.values()]


def name(experiment) -> str:
    return f"{experiment.slug}-{experiment.name}"


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=name)
def test_a_run_at_the_defaults_in_every_form(experiment, tmp_path):
    """Described, without a warning; written and read back the same; one JSON object; a figure and its page."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        data = experiment.run(seed=4)
    for variable in data.data_vars.values():
        assert variable.attrs.get("units"), variable.name
        assert variable.attrs.get("long_name"), variable.name
    _is_the_same_after_writing(data, tmp_path / "result.nc")
    assert json.loads(json.dumps(as_json(data, 1.0), allow_nan=False))["paper"] == experiment.slug
    assert rows(data)
    _is_drawn(experiment, data, tmp_path / "figure.png")


def _is_the_same_after_writing(data, path):
    write_netcdf(data, path)
    with xr.open_dataset(path) as file:
        back = file.load()
    assert set(back.variables) == set(data.variables)
    assert {key: str(value) for key, value in back.attrs.items()} == {
        key: str(value) for key, value in data.attrs.items()
    }
    for label, variable in data.variables.items():
        assert back[label].variable.equals(variable), label


def _is_drawn(experiment, data, path):
    if experiment.along is not None:
        data = experiment.curve({}, seed=4)
    style = style_of(experiment)
    if not any(variable.dims for variable in data.data_vars.values()):
        # One point of a diagram is no picture, and the message says how to get one.
        with pytest.raises(ValueError, match="sweep a parameter to get a curve"):
            save_figure(data, path, style)
        return
    save_figure(data, path, style)
    assert path.stat().st_size > 2000
    assert bokeh_item(data, style)


def _wrong_values(parameter) -> list[str]:
    """Texts that this parameter's declaration rules out."""
    wrong = ["", "no-such-thing"] if parameter.kind in ("float", "int", "bool", "choice", "list") else []
    if parameter.kind in ("float", "int"):
        wrong += ["nan", "inf", "1e400", "0x10", str(parameter.low - 1), str(parameter.high + 1)]
    if parameter.kind == "int":
        wrong += ["1.5"]
    if parameter.kind == "list":
        wrong += ["1,,2", f"{parameter.low},{parameter.high + 1}"]
    if parameter.kind == "text":
        wrong += ["x" * (parameter.longest + 1)]
    if parameter.kind == "file":
        wrong += ["/no/such/file.csv"]
    return wrong


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=name)
def test_values_that_are_not_allowed_exit_2_with_one_sentence(experiment, monkeypatch, capsys):
    for parameter in experiment.parameters.values():
        for text in _wrong_values(parameter):
            words = ["phasebook", "run", experiment.slug, experiment.name, f"--{parameter.option}={text}"]
            monkeypatch.setattr("sys.argv", words)
            with pytest.raises(SystemExit) as leaving:
                cli.main()
            printed = capsys.readouterr()
            assert leaving.value.code == 2, words
            assert printed.out == ""
            [sentence] = printed.err.strip().splitlines()
            assert sentence.startswith("phasebook: ")
            assert parameter.option in sentence, sentence
