"""Diagrams of branches: steady states against a parameter, solid where stable, dotted where not, with their folds and Hopf points.

The observable has a dimension `piece` of stretches between special points, each a function of the parameter (NaN outside it), with
the coordinates `stable` (boolean), `begins` and `ends` (text: what stands at its two ends, such as "fold" or "hopf").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

MARKS = {
    "fold": ("o", "circle", "#111111"),
    "hopf": ("D", "diamond", "#8d5fb0"),
    "branching": ("s", "square", "#c8452f"),
}
NAMES = {"fold": "fold", "hopf": "Hopf point", "branching": "branching"}
STABLE, UNSTABLE = "#1f5fa8", "#7fa6cf"


def is_branch_diagram(variable: xr.DataArray) -> bool:
    """Whether a variable holds pieces of branches."""
    return "piece" in variable.dims and "stable" in variable.coords and len(variable.dims) == 2


def branch_elements(hv: Any, variable: xr.DataArray, x: Any, y: Any, positions: np.ndarray) -> list[Any]:
    """The HoloViews elements of all pieces and of the special points at their ends; `x`, `y` are HoloViews dimensions."""
    (axis,) = [dim for dim in variable.dims if dim != "piece"]
    elements: list[Any] = []
    marks: dict[str, list[tuple[float, float]]] = {}
    told: set[str] = set()
    for piece in range(variable.sizes["piece"]):
        one = variable.isel(piece=piece)
        heights = np.asarray(one.transpose(axis).values, dtype=float)
        there = np.flatnonzero(np.isfinite(heights))
        if not there.size:
            continue
        stable = bool(one["stable"])
        name = "stable" if stable else "unstable"
        line = hv.Curve((positions[there], heights[there]), x, y, label="" if name in told else name)
        told.add(name)
        elements.append(
            line.opts(
                hv.opts.Curve(
                    color=STABLE if stable else UNSTABLE,
                    linewidth=2.5 if stable else 1.6,
                    linestyle="solid" if stable else "dotted",
                    backend="matplotlib",
                ),
                hv.opts.Curve(
                    color=STABLE if stable else UNSTABLE,
                    line_width=2.5 if stable else 1.6,
                    line_dash="solid" if stable else "dotted",
                    tools=["hover"],
                    backend="bokeh",
                ),
            )
        )
        for end, place in ((str(one["begins"].item()), there[0]), (str(one["ends"].item()), there[-1])):
            if end in MARKS:
                marks.setdefault(end, []).append((float(positions[place]), float(heights[place])))
    for kind, points in marks.items():
        matplotlib_mark, bokeh_mark, color = MARKS[kind]
        distinct = np.unique(np.array(points), axis=0)
        elements.append(
            hv.Scatter((distinct[:, 0], distinct[:, 1]), x, y, label=NAMES[kind]).opts(
                hv.opts.Scatter(marker=matplotlib_mark, color=color, s=45, backend="matplotlib"),
                hv.opts.Scatter(marker=bokeh_mark, color=color, size=8, backend="bokeh"),
            )
        )
    return elements
