"""Maps of verdicts: a Dataset variable of codes with `flag_meanings`, drawn with one color and name for each code.

Codes and names as in the CF conventions: `flag_values`, `flag_meanings` (words in one text) and, where colors matter, `flag_colors`
(colors in one text).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

MOST_NAMED_ROWS = 12  # of more rows, as in a picture of a lattice, the numbers are an axis
COLORS = ("#2a9d8f", "#c8452f", "#e9c46a", "#8d5fb0", "#f4a261", "#3d3d3d", "#1f5fa8", "#b8bcc2")


def is_verdict(variable: xr.DataArray) -> bool:
    """Whether a variable holds codes with names, over one dimension or two."""
    return "flag_meanings" in variable.attrs and 1 <= len(variable.dims) <= 2


def verdict_map(
    hv: Any,
    variable: xr.DataArray,
    horizontal: str,
    positions: np.ndarray,
    label: str,
    *,
    logarithmic: bool,
    title: str,
    exact: xr.DataArray | None = None,
) -> Any:
    """The HoloViews description: codes against `horizontal`, at `positions`, a row for each value of the other dimension.

    `exact`: codes over `horizontal` alone, a row of their own on top.
    """
    names = str(variable.attrs["flag_meanings"]).split()
    values = list(variable.attrs.get("flag_values", range(len(names))))
    colors = str(variable.attrs.get("flag_colors", " ".join(COLORS))).split()[: len(names)]
    others = [dim for dim in variable.dims if dim != horizontal]
    codes = np.atleast_2d(np.asarray(variable.transpose(*others, horizontal).values, dtype=float))
    rows = [str(value) for value in variable[others[0]].values] if others else [""]
    if exact is not None:
        codes, rows = np.vstack([codes, np.asarray(exact.values, dtype=float)]), [*rows, "exact law"]
    places = np.full(codes.shape, np.nan)
    for place, value in enumerate(values):
        places[codes == value] = place
    picture = len(rows) > MOST_NAMED_ROWS and variable[others[0]].dtype.kind in "iuf"
    heights = np.asarray(variable[others[0]].values, dtype=float) if picture else np.arange(len(rows), dtype=float)
    across, up = _edges(positions, logarithmic), _edges(heights, False)
    x, y = (
        hv.Dimension(horizontal, label=label),
        hv.Dimension(str(others[0]) if others else "row", label=_row_label(variable, others)),
    )
    mesh = hv.QuadMesh((across, up, places), [x, y], hv.Dimension("verdict", range=(-0.5, len(names) - 0.5)))
    readable = [name.replace("_", " ") for name in names]
    shared = {
        "cmap": colors,
        "colorbar": True,
        "color_levels": len(names),
        **({} if picture else {"yticks": list(enumerate(rows))}),
        "logx": logarithmic,
        "title": title,
        "clabel": "",
    }
    from bokeh.models import FixedTicker

    ticks = {
        "ticker": FixedTicker(ticks=list(range(len(names)))),
        "major_label_overrides": dict(enumerate(readable)),
    }
    return mesh.opts(
        hv.opts.QuadMesh(backend="matplotlib", cbar_ticks=list(enumerate(readable)), **shared),
        hv.opts.QuadMesh(backend="bokeh", line_alpha=0, width=640, height=420, colorbar_opts=ticks, **shared),
    )


def _row_label(variable: xr.DataArray, others: list[Any]) -> str:
    if not others:
        return " "
    return str(variable[others[0]].attrs.get("long_name", str(others[0]).replace("_", " ")))


def _edges(centers: np.ndarray, logarithmic: bool) -> np.ndarray:
    """Edges of cells around their centers, on a linear or a logarithmic axis."""
    if len(centers) == 1:
        return np.array([centers[0] / 1.1, centers[0] * 1.1]) if logarithmic else centers[0] + np.array([-0.5, 0.5])
    steps = np.log(centers) if logarithmic else centers
    middle = (steps[1:] + steps[:-1]) / 2
    edges = np.concatenate([[1.5 * steps[0] - 0.5 * steps[1]], middle, [1.5 * steps[-1] - 0.5 * steps[-2]]])
    return np.exp(edges) if logarithmic else edges
