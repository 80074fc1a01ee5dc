"""Draws any experiment's Dataset: theory as lines, simulation as points with error bars, two swept dimensions as heat maps.

One HoloViews description serves both backends: Matplotlib for files, Bokeh for pages. Titles, axes and units come from the Dataset.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .branch_diagrams import branch_elements, is_branch_diagram
from .experiments import Along, Level
from .unit_store import write_text
from .verdict_maps import is_verdict, verdict_map

if TYPE_CHECKING:
    import xarray as xr

Backend = Literal["matplotlib", "bokeh"]
SUFFIXES = {"png": "matplotlib", "svg": "matplotlib", "pdf": "matplotlib", "html": "bokeh"}
ROADS = ("theory", "exact", "simulation", "data")
COLORS = {"theory": "#1f5fa8", "exact": "#2a9d8f", "simulation": "#c8452f", "data": "#5b5f66"}
PALETTE = (
    "#1f5fa8",
    "#c8452f",
    "#2a9d8f",
    "#8d5fb0",
)  # tells several curves of one observable apart, on all roads alike
POINT_PALETTE = (
    "#8d5fb0",
    "#2a9d8f",
    "#d99a00",
    "#4a4a4a",
)  # of points that belong to no line: apart from the first lines
DASHES = {"theory": "solid", "exact": "dashed"}
BOUNDARY_COLORS = ("white", "#ff5a36", "#35d0ff", "#ffd23f")  # told apart on every color of a heat map
MOST_PANELS = 6
PANEL_SHAPE = 1.0  # height over width
TITLE_ROOM = 0.75  # inches from the panels to the middle of the figure's title
MOST_CURVES = 4


@dataclass(frozen=True)
class Style:
    """What a Dataset cannot know of its own figure: which observables, which lines, which logarithmic axes."""

    show: tuple[str, ...] = ()
    boundary: Level | tuple[Level, ...] | None = None
    logarithmic: tuple[str, ...] = ()


def style_of(experiment: Any) -> Style:
    """The style that an experiment declares."""
    logarithmic = tuple(experiment.logarithmic)
    along: Along | None = experiment.along
    if along is not None and along.scale == "log":
        logarithmic += (along.parameter,)
    return Style(tuple(experiment.show), experiment.boundary, logarithmic)


def sweep_style(experiment: Any) -> Style:
    """The style for a sweep of an experiment: its own axes vary, so the declared curve's axis says nothing of them."""
    return Style(tuple(experiment.show), experiment.boundary, tuple(experiment.logarithmic))


def backend_of(path: Path) -> Backend:
    """The backend that writes a file of this ending. Raises `ValueError` for any other."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in SUFFIXES:
        raise ValueError(f"plot must end in {', '.join('.' + name for name in SUFFIXES)}; got {path.name!r}")
    return SUFFIXES[suffix]  # type: ignore[return-value]


def save_figure(data: xr.Dataset, path: Path, style: Style | None = None) -> None:
    """Draw a Dataset into a file: .png, .svg or .pdf, or .html (one page that needs no network)."""
    backend = backend_of(path)
    hv = _drawing_with(backend)
    figure = _styled(describe(data, style or Style()), backend)
    with warnings.catch_warnings():
        # HoloViews 1.23 calls functions that Matplotlib and Bokeh are about to rename; not ours to mend.
        warnings.simplefilter("ignore")
        if backend == "bokeh":
            # Bokeh's own page: the one that HoloViews saves fetches a formula renderer and icons from the network.
            from bokeh.embed import file_html
            from bokeh.resources import INLINE

            plot = hv.renderer("bokeh").get_plot(figure)
            write_text(path, file_html(plot.state, INLINE, data.attrs.get("title", "Phasebook")))
        else:
            renderer = hv.renderer("matplotlib")
            plot = renderer.get_plot(figure)
            _shape_panels(plot.state)
            _place_colorbars(plot.state)
            options: dict[str, Any] = {} if path.suffix == ".svg" else {"dpi": 130}
            plot.state.savefig(path, bbox_inches="tight", facecolor="white", **options)
            _close(plot.state)


def bokeh_item(data: xr.Dataset, style: Style | None = None) -> dict[str, Any]:
    """The figure as a JSON item that Bokeh's script draws into a page. Raises `ValueError` where there is nothing to draw."""
    from bokeh.embed import json_item

    hv = _drawing_with("bokeh")
    figure = _styled(describe(data, style or Style()), "bokeh")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in save_figure
        plot = hv.renderer("bokeh").get_plot(figure)
    return dict(json_item(plot.state))


def describe(data: xr.Dataset, style: Style) -> Any:
    """The HoloViews description of a Dataset: a panel for each observable (for heat maps, for each road)."""
    hv = _holoviews()
    data = _with_names(average_seeds(data))
    panels: list[Any] = []
    for observable in _observables(data, style):
        roads = {road: data[f"{observable}_{road}"] for road in ROADS if f"{observable}_{road}" in data}
        stderr = data.get(f"{observable}_stderr")
        dims = max((variable.dims for variable in roads.values()), key=len)
        if any(is_verdict(variable) for variable in roads.values()):
            panels.append(_verdicts(data, roads, style))
        elif _is_map(data, dims) and not any(is_branch_diagram(variable) for variable in roads.values()):
            limits = _limits(roads.values())
            panels += [_heat_map(data, variable, road, style, limits) for road, variable in roads.items()]
        else:
            panels.append(_curves(data, observable, roads, stderr, style))
    if not panels:
        raise ValueError(
            "nothing to draw: no variable of the Dataset has a dimension; sweep a parameter to get a curve"
        )
    layout = hv.Layout(panels[:MOST_PANELS]).cols(min(2, len(panels)))
    return layout.opts(title=data.attrs.get("title", "")) if len(panels) > 1 else panels[0]


def average_seeds(data: xr.Dataset) -> xr.Dataset:
    """The mean over the `seed` dimension where there is one; standard errors combine in quadrature, or come from the scatter."""
    if "seed" not in data.dims:
        return data
    attributes = data.attrs
    averaged: dict[str, Any] = {}
    for name, variable in data.data_vars.items():
        text = str(name)
        if "seed" not in variable.dims:
            averaged[text] = variable
        elif text.endswith("_stderr"):
            finished = variable.notnull().sum("seed")
            averaged[text] = np.sqrt((variable**2).sum("seed")) / finished.where(finished > 0)
        elif variable.dtype.kind in "fiub":
            averaged[text] = variable.astype(float).mean("seed")
        if text in averaged:
            averaged[text].attrs = dict(variable.attrs)
    return data.drop_vars([name for name in data.data_vars]).drop_dims("seed").assign(averaged).assign_attrs(attributes)


def _with_names(data: xr.Dataset) -> xr.Dataset:
    """Coded coordinates (a sweep's choices) as the names that their codes stand for."""
    for dim in data.dims:
        if dim in data.coords and "flag_meanings" in data[dim].attrs:
            attributes = dict(data[dim].attrs)
            names = str(attributes.pop("flag_meanings")).split()
            known = dict(zip(attributes.pop("flag_values", range(len(names))), names, strict=True))
            texts = [known[value] for value in data[dim].values.tolist()]
            data = data.assign_coords({dim: (dim, texts, attributes)})
    return data


def _observables(data: xr.Dataset, style: Style) -> list[str]:
    found: dict[str, None] = {}
    for name, variable in data.data_vars.items():
        base, _, road = str(name).rpartition("_")
        if road in ROADS and variable.dims and variable.dtype.kind in "fiu":
            found[base] = None
    chosen = [name for name in style.show if name in found]
    return chosen or list(found)


def _is_map(data: xr.Dataset, dims: Sequence[Any]) -> bool:
    return len(dims) == 2 and all(data.sizes[dim] > MOST_CURVES and not _is_text(data, dim) for dim in dims)


def _is_text(data: xr.Dataset, dim: Any) -> bool:
    """Whether a dimension's coordinate holds names: they tell curves apart, and make no axis."""
    return dim in data.coords and data[dim].dtype.kind in "USO"


def _positions(data: xr.Dataset, dim: Any) -> np.ndarray:
    """Where the points of a dimension stand on its axis: its coordinate, or their number."""
    numbered = dim not in data.coords or _is_text(data, dim)
    return np.arange(data.sizes[dim], dtype=float) if numbered else np.asarray(data[dim].values, dtype=float)


def _curves(data: xr.Dataset, observable: str, roads: dict[str, Any], stderr: Any, style: Style) -> Any:
    hv = _holoviews()
    dims = max((variable.dims for variable in roads.values()), key=len)
    branches = any(is_branch_diagram(variable) for variable in roads.values())
    # Pieces of branches are no axis, however many they are.
    axis = max(dims, key=lambda dim: (not (branches and dim == "piece"), not _is_text(data, dim), data.sizes[dim]))
    others = [dim for dim in dims if dim != axis]
    x = hv.Dimension(str(axis), label=_label(data, axis))
    y = hv.Dimension(observable, label=_observable_label(next(iter(roads.values()))))
    elements: list[Any] = []
    for road, variable in roads.items():
        if is_branch_diagram(variable):
            elements += branch_elements(hv, variable, x, y, _positions(data, axis))
            continue
        own = [dim for dim in variable.dims if dim != axis]
        # Curves over a dimension that no line has are no line's points: they have colors and names of their own.
        lined = {dim for line, each in roads.items() if line in DASHES for dim in each.dims}
        foreign = bool(own) and road not in DASHES and not set(own) & (lined or set(others))
        slices = _slices(variable, own)
        for index, (name, curve) in enumerate(slices):
            color = POINT_PALETTE[index] if foreign else PALETTE[index] if len(slices) > 1 else COLORS[road]
            at = _positions(data, axis)
            values = np.broadcast_to(np.asarray(curve.values, dtype=float), at.shape)
            if observable in style.logarithmic:
                values = np.where(values > 0, values, np.nan)  # what has no place on the axis
            keep = np.isfinite(values)
            # Points share the color of their line, whose label names both.
            told = foreign or len(slices) == 1 or road in DASHES or not DASHES.keys() & roads.keys()
            label = f"{road}{name}" if told else ""
            if road in ("theory", "exact") and (keep.all() or not branches):
                # Lines keep what is not there, and show it as a gap.
                line = hv.Curve((at, values) if keep.any() else ([], []), x, y, label=label)
                elements.append(line.opts(*_line_options(color, DASHES[road])))
                continue
            if stderr is not None:
                errors = np.broadcast_to(np.asarray(_pick(stderr, curve, own).values, dtype=float), at.shape)
                shown = keep & np.isfinite(errors)
                above = 2 * errors[shown]
                below = np.minimum(above, 0.9 * values[shown]) if observable in style.logarithmic else above
                bars = hv.ErrorBars((at[shown], values[shown], below, above), x, [y, "below", "above"])
                elements.append(bars.opts(*_color_options("ErrorBars", color)))
            elements.append(
                hv.Scatter(
                    (at[keep], values[keep]), x, y, label=f"{label} ± 2 s.e." if stderr is not None and label else label
                ).opts(*_point_options(color))
            )
    axes: dict[str, Any] = {"logx": _is_logarithmic(data, axis, style), "logy": observable in style.logarithmic}
    if _is_text(data, axis):
        axes["xticks"] = [(place, str(name).replace(" ", "\n")) for place, name in enumerate(data[axis].values)]
    title = _title(next(iter(roads.values())))
    return hv.Overlay(elements).opts(
        hv.opts.Overlay(
            title=title,
            legend_position="best",
            show_grid=True,
            padding=0.04,
            backend="matplotlib",
            **axes,
        ),
        hv.opts.Overlay(
            title=title,
            legend_position="right",
            show_grid=True,
            padding=0.04,
            width=620,
            height=400,
            backend="bokeh",
            **axes,
        ),
    )


def _verdicts(data: xr.Dataset, roads: dict[str, Any], style: Style) -> Any:
    variable = max(roads.values(), key=lambda each: len(each.dims))
    # Of two that are alike, as in a picture, the last: rows stand above each other.
    axis = max(reversed(variable.dims), key=lambda dim: (not _is_text(data, dim), data.sizes[dim]))
    exact = roads.get("exact")
    return verdict_map(
        _holoviews(),
        variable,
        str(axis),
        _positions(data, axis),
        _label(data, axis),
        logarithmic=_is_logarithmic(data, axis, style),
        title=_title(variable),
        exact=exact if exact is not None and exact is not variable and exact.dims == (axis,) else None,
    )


def _limits(variables: Iterable[Any]) -> tuple[float, float]:
    """One color scale for all roads to an observable."""
    finite = [variable.values[np.isfinite(variable.values)] for variable in variables]
    values = np.concatenate([np.ravel(each) for each in finite])
    return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)


def _heat_map(data: xr.Dataset, variable: Any, road: str, style: Style, limits: tuple[float, float]) -> Any:
    hv = _holoviews()
    vertical, horizontal = variable.dims
    x = hv.Dimension(str(horizontal), label=_label(data, horizontal))
    y = hv.Dimension(str(vertical), label=_label(data, vertical))
    z = hv.Dimension(str(variable.name), label=_observable_label(variable))
    across, up = data[horizontal].values.astype(float), data[vertical].values.astype(float)
    mesh = hv.QuadMesh((across, up, variable.values.astype(float)), [x, y], z.clone(range=limits))
    logarithmic = {"logx": _is_logarithmic(data, horizontal, style), "logy": _is_logarithmic(data, vertical, style)}
    title = f"{_title(variable)} ({road})"
    shared = {"cmap": "viridis", "colorbar": True, "title": title, "clabel": _observable_label(variable), **logarithmic}
    mesh = mesh.opts(
        hv.opts.QuadMesh(backend="matplotlib", **shared),
        hv.opts.QuadMesh(backend="bokeh", line_alpha=0, width=560, height=420, tools=["hover"], **shared),
    )
    lines = _boundaries(data, style.boundary, (across, up), (str(horizontal), str(vertical)), (x, y))
    return hv.Overlay([mesh, *lines]).collate() if lines else mesh


def _boundaries(
    data: xr.Dataset,
    boundary: Level | tuple[Level, ...] | None,
    grid: tuple[np.ndarray, np.ndarray],
    dims: tuple[str, str],
    axes: tuple[Any, Any],
) -> list[Any]:
    """The declared lines over a heat map, each in its color; where there are several, the legend names them."""
    hv = _holoviews()
    levels = () if boundary is None else (boundary,) if isinstance(boundary, Level) else boundary
    elements: list[Any] = []
    for place, level in enumerate(levels):
        if level.variable not in data or set(data[level.variable].dims) != set(dims):
            continue
        values = data[level.variable].transpose(*reversed(dims)).values.astype(float)
        color = BOUNDARY_COLORS[place % len(BOUNDARY_COLORS)]
        for number, line in enumerate(_contour(*grid, values, level.value)):
            label = level.label if number == 0 and len(levels) > 1 else ""
            curve = hv.Curve((line[:, 0], line[:, 1]), *axes, label=label)
            elements.append(
                curve.opts(
                    hv.opts.Curve(color=color, linewidth=2, backend="matplotlib"),
                    hv.opts.Curve(color=color, line_width=2, backend="bokeh"),
                )
            )
    return elements


def _is_logarithmic(data: xr.Dataset, dim: Any, style: Style) -> bool:
    """Whether an axis was declared logarithmic, or its values were spaced so (a sweep's `log:START:STOP:COUNT`)."""
    if str(dim) in style.logarithmic:
        return True
    values = _positions(data, dim)
    if len(values) < 4 or values.min() <= 0:
        return False
    steps = np.diff(np.log(values))
    return bool(np.ptp(steps) < 1e-6 * abs(steps.mean()))


def _contour(across: np.ndarray, up: np.ndarray, values: np.ndarray, level: float) -> Any:
    from contourpy import contour_generator

    return contour_generator(across, up, np.ma.masked_invalid(values)).lines(level)


def _shape_panels(figure: Any) -> None:
    """Give panels with logarithmic axes their shape: HoloViews sets it before, by the numbers on the axes, and leaves them room."""
    bars = [mesh.colorbar.ax for axes in figure.axes for mesh in axes.collections if getattr(mesh, "colorbar", None)]
    panels = [axes for axes in figure.axes if axes not in bars]
    shaped = [axes for axes in panels if "log" in (axes.get_xscale(), axes.get_yscale())]
    for axes in shaped:
        axes.set_aspect("auto")
        axes.set_box_aspect(PANEL_SHAPE)
        for axis in (axis for axis in (axes.xaxis, axes.yaxis) if axis.get_scale() == "log"):
            if np.divide(*axis.get_view_interval()[::-1]) < 30:  # powers of ten, as "2 × 10⁰", say little there
                axis.set_major_formatter("{x:g}")
                axis.set_minor_formatter("{x:g}")
    for axes in panels:
        low, high = axes.get_ylim()
        if axes.get_yscale() == "linear" and high - low < 1e-6 * max(abs(low), abs(high)):
            # What is constant up to rounding is shown as constant.
            axes.set_ylim(low - 0.1 * abs(low), high + 0.1 * abs(high))
    if len(shaped) == len(panels) > 1:
        width, height = figure.get_size_inches()
        rooms = [axes.get_position(original=True) for axes in shaped]
        needed = max(PANEL_SHAPE * room.width * width / (room.height * height) for room in rooms)
        height *= min(1.0, needed)
        figure.set_size_inches(width, height)
        if figure.get_suptitle():
            figure.suptitle(figure.get_suptitle(), y=max(room.y1 for room in rooms) + TITLE_ROOM / height, fontsize=16)


def _place_colorbars(figure: Any) -> None:
    """Put each color bar beside its map: HoloViews places it before the panel has its final shape, and then over the map."""
    figure.canvas.draw()
    for axes in list(figure.axes):
        for mesh in axes.collections:
            bar = getattr(mesh, "colorbar", None)
            if bar is not None:
                box = axes.get_position()
                bar.ax.set_axes_locator(None)
                bar.ax.set_aspect("auto")
                bar.ax.set_position([box.x1 + 0.05 * box.width, box.y0, 0.05 * box.width, box.height])


def _slices(variable: Any, others: list[Any]) -> list[tuple[str, Any]]:
    """The curves of a variable along its other dimension: a few of them, evenly chosen."""
    here = [dim for dim in others if dim in variable.dims]
    if not here:
        return [("", variable)]
    (dim, *rest) = here
    if rest:
        variable = variable.isel({name: 0 for name in rest})
    count = variable.sizes[dim]
    picks = np.unique(np.linspace(0, count - 1, min(MOST_CURVES, count)).astype(int))
    return [(f", {dim} = {_short(variable[dim].values[pick])}", variable.isel({dim: pick})) for pick in picks]


def _pick(stderr: Any, curve: Any, others: list[Any]) -> Any:
    chosen = {dim: curve[dim] for dim in others if dim in stderr.dims and dim in curve.coords}
    return stderr.sel(chosen) if chosen else stderr


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, (float, np.floating)) else str(value)


def _label(data: xr.Dataset, dim: Any) -> str:
    attributes = data[dim].attrs if dim in data.coords else {}
    return _with_units(attributes.get("long_name", str(dim).replace("_", " ")), attributes.get("units", ""))


def _observable_label(variable: Any) -> str:
    base = str(variable.name).rpartition("_")[0].replace("_", " ")
    return _with_units(base, variable.attrs.get("units", ""))


def _with_units(name: str, units: str) -> str:
    return name if units in ("", "1") else f"{name} [{units}]"


def _title(variable: Any) -> str:
    return str(variable.attrs.get("long_name", variable.name)).partition("(")[0].strip()


def _line_options(color: str, dash: str) -> list[Any]:
    hv = _holoviews()
    return [
        hv.opts.Curve(color=color, linewidth=2, linestyle=dash, backend="matplotlib"),
        hv.opts.Curve(color=color, line_width=2, line_dash=dash, tools=["hover"], backend="bokeh"),
    ]


def _point_options(color: str) -> list[Any]:
    hv = _holoviews()
    return [
        hv.opts.Scatter(color=color, s=36, backend="matplotlib"),
        hv.opts.Scatter(color=color, size=7, tools=["hover"], backend="bokeh"),
    ]


def _color_options(element: str, color: str) -> list[Any]:
    hv = _holoviews()
    make = getattr(hv.opts, element)
    return [make(edgecolor=color, backend="matplotlib"), make(color=color, backend="bokeh")]


def _styled(figure: Any, backend: Backend) -> Any:
    hv = _holoviews()
    if backend == "matplotlib" and isinstance(figure, hv.Layout):
        return figure.opts(
            hv.opts.Layout(fig_inches=5.6, hspace=0.45, vspace=0.3, sublabel_format="", backend="matplotlib")
        )
    if backend == "matplotlib":
        kind = type(figure).__name__
        return figure.opts(getattr(hv.opts, kind)(fig_inches=(6.4, 4.4), aspect="auto", backend="matplotlib"))
    return figure


@functools.cache
def _holoviews() -> Any:
    """HoloViews with both backends loaded, which must be known before an option of either is named."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matplotlib

        matplotlib.use("Agg")
        import holoviews as hv

        hv.extension("matplotlib", "bokeh", logo=False)
    return hv


def _drawing_with(backend: Backend) -> Any:
    """HoloViews with a backend made current, which costs a tenth of a second: only when it changes."""
    hv = _holoviews()
    if hv.Store.current_backend != backend:
        hv.Store.set_current_backend(backend)
    return hv


def _close(figure: Any) -> None:
    from matplotlib import pyplot

    pyplot.close(figure)
