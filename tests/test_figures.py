"""Figures: every Dataset that an experiment may return becomes a file, in both backends."""

import re

import numpy as np
import pytest
import xarray as xr

from phasebook.experiments import Level
from phasebook.figures import Style, average_seeds, backend_of, describe, save_figure

ATTRIBUTES = {"units": "1", "long_name": "Magnetization of a spin"}


def curve(points: int = 9) -> xr.Dataset:
    x = np.linspace(0.1, 2, points)
    return xr.Dataset(
        {
            "magnetization_theory": ("field", np.tanh(x), ATTRIBUTES),
            "magnetization_simulation": ("field", np.tanh(x) + 0.01, ATTRIBUTES),
            "magnetization_stderr": ("field", np.full(points, 0.02), ATTRIBUTES),
        },
        coords={"field": ("field", x, {"units": "J", "long_name": "external field"})},
        attrs={"title": "A spin in a field"},
    )


def diagram(seeds: int = 3) -> xr.Dataset:
    load, temperature = np.linspace(0, 0.2, 7), np.linspace(0, 1, 6)
    surface = np.add.outer(load, temperature)
    noisy = surface[..., None] + np.zeros(seeds)
    return xr.Dataset(
        {
            "overlap_theory": (("load", "temperature"), surface, ATTRIBUTES),
            "overlap_simulation": (("load", "temperature", "seed"), noisy, ATTRIBUTES),
            "overlap_stderr": (("load", "temperature", "seed"), np.full(noisy.shape, 0.3), ATTRIBUTES),
        },
        coords={"load": load, "temperature": temperature, "seed": np.arange(seeds)},
        attrs={"title": "A phase diagram"},
    )


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "html"])
@pytest.mark.parametrize("data", [curve(), diagram()], ids=["curve", "diagram"])
def test_each_backend_writes_a_file(tmp_path, suffix, data):
    path = tmp_path / f"figure.{suffix}"
    save_figure(data, path, Style(boundary=Level("overlap_theory", 0.6), logarithmic=("field",)))
    content = path.read_bytes()
    assert len(content) > 5000
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "html": b""}[suffix]
    assert content.startswith(start)
    if suffix == "html":
        assert not re.search(rb"<(script|link|img)[^>]+(src|href)=.http", content)


def test_two_panels_for_two_observables(tmp_path):
    data = curve().assign(energy_theory=("field", np.arange(9.0), {"units": "J", "long_name": "Energy"}))
    save_figure(data, tmp_path / "two.png")
    save_figure(data, tmp_path / "one.png", Style(show=("energy",)))
    assert (tmp_path / "two.png").stat().st_size > (tmp_path / "one.png").stat().st_size


def test_missing_values_are_left_out(tmp_path):
    data = diagram()
    data["overlap_theory"][2:4] = np.nan
    data["overlap_simulation"][:] = np.nan
    save_figure(data, tmp_path / "unfinished.png")
    holes = curve()
    holes["magnetization_simulation"][::2] = np.nan
    save_figure(holes, tmp_path / "holes.png")


def test_a_logarithmic_axis_has_no_place_for_zero():
    data = curve()
    data.magnetization_simulation.values[0] = 0.0
    points = next(each for each in describe(data, Style()).traverse() if type(each).__name__ == "Scatter")
    assert len(points) == 9
    drawn = describe(data, Style(logarithmic=("magnetization",))).traverse()
    assert [len(each) for each in drawn if type(each).__name__ == "Scatter"] == [8]
    [bars] = [each for each in drawn if type(each).__name__ == "ErrorBars"]
    assert (bars.dimension_values("magnetization") > bars.dimension_values("below")).all()


def test_errors_over_seeds_combine_in_quadrature():
    averaged = average_seeds(diagram(seeds=4))
    np.testing.assert_allclose(averaged.overlap_stderr, 0.15)
    np.testing.assert_allclose(averaged.overlap_simulation, averaged.overlap_theory)
    assert "seed" not in averaged.dims


def test_what_has_no_dimension_cannot_be_drawn(tmp_path):
    with pytest.raises(ValueError, match="nothing to draw"):
        save_figure(xr.Dataset({"overlap_theory": ((), 1.0, ATTRIBUTES)}), tmp_path / "none.png")
    with pytest.raises(ValueError, match=r"plot must end in .png, .svg, .pdf, .html; got 'figure.jpg'"):
        backend_of(tmp_path / "figure.jpg")


def verdicts():
    names = {"flag_values": [0, 1, 2], "flag_meanings": "bad worse_still valid"}
    return xr.Dataset(
        {
            "verdict_theory": (("rule", "size"), np.arange(12).reshape(2, 6) % 3, {**ATTRIBUTES, **names}),
            "verdict_exact": ("size", np.full(6, 2), {**ATTRIBUTES, **names}),
        },
        {"rule": ["a", "b"], "size": ("size", np.geomspace(1, 32, 6))},
    )


def picture():
    states = {"flag_values": [0, 1], "flag_meanings": "empty full", "flag_colors": "white black"}
    return xr.Dataset(
        {"snapshot_simulation": (("row", "column"), np.eye(20), {**ATTRIBUTES, **states})},
        {"row": np.arange(20.0), "column": np.arange(20.0)},
    )


def pieces():
    return xr.Dataset(
        {
            "mean_theory": (("piece", "size"), [[1.0, 2.0, np.nan], [np.nan, 2.0, 3.0], [np.nan] * 3], ATTRIBUTES),
            "mean_exact": ("size", [1.0, np.nan, 2.0], ATTRIBUTES),
        },
        {
            "size": [1.0, 2.0, 3.0],
            "stable": ("piece", [True, False, True]),
            "begins": ("piece", ["bound", "fold", ""]),
            "ends": ("piece", ["fold", "hopf", ""]),
        },
    )


@pytest.mark.parametrize("suffix", ["png", "html"])
@pytest.mark.parametrize(
    "data", [verdicts(), verdicts().isel(rule=0), picture(), pieces()], ids=["map", "strip", "picture", "branches"]
)
def test_verdicts_and_branches(tmp_path, suffix, data):
    path = tmp_path / f"figure.{suffix}"
    save_figure(data, path)
    assert path.stat().st_size > 5000


def test_every_code_has_its_color_and_every_kind_of_point_its_mark():
    rows = describe(verdicts(), Style())
    assert rows.dimension_values("verdict", flat=False).shape == (3, 6)
    assert rows.dimension_values("verdict", flat=False)[2].tolist() == [2.0] * 6
    labels = [element.label for element in describe(pieces(), Style()).values()]
    assert labels == ["stable", "unstable", "fold", "Hopf point", "exact"]


def test_a_picture_has_its_rows_above_each_other_and_a_color_for_each_state():
    mesh = describe(picture(), Style())
    assert [str(dimension) for dimension in mesh.kdims] == ["column", "row"]
    assert mesh.dimension_values("row", expanded=False)[[0, -1]].tolist() == [0.0, 19.0]
    assert mesh.dimension_values("verdict", flat=False)[3].tolist() == np.eye(20)[3].tolist()


def test_points_over_names_have_the_names_on_their_axis():
    data = xr.Dataset({"index_simulation": ("method", [0.3, 0.4], ATTRIBUTES)}, {"method": ["by range", "exact"]})
    ticks = describe(data, Style()).opts.get("plot", backend="bokeh").kwargs["xticks"]
    assert ticks == [(0, "by\nrange"), (1, "exact")]


def test_coded_choices_are_drawn_by_their_names():
    data = curve().expand_dims(rule=[0, 1])
    data["rule"].attrs = {"flag_values": [0, 1], "flag_meanings": "normal central", "long_name": "rule"}
    labels = [element.label for element in describe(data[["magnetization_theory"]], Style()).values()]
    assert labels == ["theory, rule = normal", "theory, rule = central"]


def test_what_is_constant_up_to_rounding_is_drawn_constant(tmp_path):
    data = curve()
    data["magnetization_theory"][:] = 1.0 + 1e-12 * np.arange(9)
    save_figure(data[["magnetization_theory"]], tmp_path / "constant.png", Style(logarithmic=("field",)))
