"""What users bring: places of nodes, edge lists and case lists, as CSV or Parquet files."""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..engines.graph import Graph, graph_of_labels
from .spatial_graph import SpatialNetwork
from .spatial_model import SpatialWarning

LABELS, DEGREES = ("id", "node", "label", "name"), ("expected_degree", "kappa", "degree")
ENDS = (("source", "target"), ("from", "to"), ("a", "b"), ("node1", "node2"))
KILOMETERS_PER_DEGREE = 111.195
Table = dict[str, list[str]]


@dataclass(frozen=True)
class Nodes:
    """Labels, positions (nodes, dimension) and, where they were given, expected degrees of a user's nodes."""

    labels: tuple[str, ...]
    positions: NDArray[np.float64]
    expected_degrees: NDArray[np.float64] | None

    def with_edges(self, edges: Sequence[tuple[str, str]]) -> SpatialNetwork:
        """The measured network. Raises ValueError that names labels which stand on no node."""
        return self.with_graph(graph_of_labels(self.labels, edges))

    def with_graph(self, graph: Graph) -> SpatialNetwork:
        """These places with a graph whose nodes stand in the same order. Raises ValueError for another number of nodes."""
        if graph.nodes != len(self.labels):
            raise ValueError(f"graph must have the {len(self.labels)} nodes that have places; it has {graph.nodes}")
        return SpatialNetwork(graph, self.positions, None, self.expected_degrees)


@dataclass(frozen=True)
class Cases:
    """Places (cases, dimension) and times (cases,) of a list of cases."""

    positions: NDArray[np.float64]
    times: NDArray[np.float64]


def read_nodes(path: str | Path) -> Nodes:
    """Nodes from .csv or .parquet: columns x and, in the plane, y (or lon and lat); optional id and expected_degree (or kappa).

    Without an id, nodes are labeled by their row from 0. Longitude and latitude become kilometers around their middle, with a
    warning. Raises ValueError naming the column or row that is wrong.
    """
    table, name = _read_table(path), Path(path).name
    positions = _places(table, name)
    label = next((column for column in LABELS if column in table), None)
    labels = tuple(table[label]) if label else tuple(str(row) for row in range(len(positions)))
    degree = next((column for column in DEGREES if column in table), None)
    degrees = _numbers(table, degree, name) if degree else None
    if degrees is not None and (degrees < 0).any():
        raise ValueError(f"{name}: {degree} must not be negative; row {int(np.argmax(degrees < 0))} is")
    return Nodes(labels, positions, degrees)


def read_edges(path: str | Path) -> list[tuple[str, str]]:
    """Pairs of labels from .csv or .parquet: columns source and target (or from, to), or the first two. Raises ValueError."""
    table, name = _read_table(path), Path(path).name
    ends = next((pair for pair in ENDS if set(pair) <= table.keys()), None)
    if ends is None:
        if len(table) < 2:
            raise ValueError(f"{name} must have two columns, source and target; it has {', '.join(table)}")
        first, second, *_ = table
        ends = first, second
    return list(zip(table[ends[0]], table[ends[1]], strict=True))


def read_cases(path: str | Path) -> Cases:
    """Cases from .csv or .parquet: columns x, y (or lon, lat) and t (or time). Raises ValueError naming what is wrong."""
    table, name = _read_table(path), Path(path).name
    time = next((column for column in ("t", "time") if column in table), None)
    if time is None:
        raise ValueError(f"{name} must have a column t; it has {', '.join(table)}")
    return Cases(_places(table, name), _numbers(table, time, name))


def write_network(network: SpatialNetwork, nodes: str | Path, edges: str | Path) -> None:
    """Two CSV files that `read_nodes` and `read_edges` read back: id, x, y, expected_degree; source, target."""
    axes = ("x", "y")[: network.dimension]
    with Path(nodes).open("w", newline="") as file:
        writer = csv.writer(file)
        kappa = network.expected_degrees
        writer.writerow(("id", *axes, *(("expected_degree",) if kappa is not None else ())))
        for row, place in enumerate(network.positions.tolist()):
            writer.writerow((row, *map(repr, place), *((repr(float(kappa[row])),) if kappa is not None else ())))
    with Path(edges).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("source", "target"))
        writer.writerows(network.graph.pairs().tolist())


def _places(table: Table, name: str) -> NDArray[np.float64]:
    if "lon" in table and "lat" in table:
        lon, lat = _numbers(table, "lon", name), _numbers(table, "lat", name)
        if (np.abs(lat) > 90).any() or (np.abs(lon) > 360).any():
            raise ValueError(f"{name}: lat must lie in [-90, 90] and lon in [-360, 360]")
        middle = float(lat.mean())
        warnings.warn(
            f"{name}: longitude and latitude were projected to kilometers around latitude {middle:.2f}; over more than some "
            "hundred kilometers project them yourself and give x and y",
            SpatialWarning,
            stacklevel=3,
        )
        narrowed = (lon - lon.mean()) * math.cos(math.radians(middle))
        return np.column_stack((narrowed, lat - middle)) * KILOMETERS_PER_DEGREE
    if "x" not in table:
        raise ValueError(f"{name} must have columns x and y, or lon and lat; it has {', '.join(table)}")
    axes = ("x", "y") if "y" in table else ("x",)
    return np.column_stack([_numbers(table, axis, name) for axis in axes])


def _numbers(table: Table, column: str, name: str) -> NDArray[np.float64]:
    found = np.empty(len(table[column]))
    for row, text in enumerate(table[column]):
        try:
            found[row] = float(text)
        except ValueError:
            raise ValueError(f"{name}: {column} must be numbers; row {row} is {text!r}") from None
    if not np.isfinite(found).all():
        raise ValueError(f"{name}: {column} must be finite; row {int(np.argmin(np.isfinite(found)))} is not")
    return found


def _read_table(path: str | Path) -> Table:
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"path names no file: {file.name!r}")
    if file.suffix.lower() == ".parquet":
        try:
            from pyarrow import parquet
        except ModuleNotFoundError:
            raise ValueError(f"{file.name}: reading Parquet needs pyarrow (pip install pyarrow)") from None
        columns = parquet.read_table(file).to_pydict()
        return {key.lower(): [str(value) for value in values] for key, values in columns.items()}
    if file.suffix.lower() != ".csv":
        raise ValueError(f"path must end in .csv or .parquet; got {file.name!r}")
    with file.open(newline="", encoding="utf-8-sig") as stream:
        try:
            rows = [row for row in csv.reader(stream) if row]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{file.name} must be comma-separated text: {error}") from None
    if len(rows) < 2:
        raise ValueError(f"{file.name} must have a header and at least one row; it has {len(rows)} rows")
    header = [cell.strip().lower() for cell in rows[0]]
    for number, row in enumerate(rows[1:]):
        if len(row) != len(header):
            raise ValueError(f"{file.name}: row {number} has {len(row)} cells, the header {len(header)}")
    return {key: [row[column].strip() for row in rows[1:]] for column, key in enumerate(header)}
