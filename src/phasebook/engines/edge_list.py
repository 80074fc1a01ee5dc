"""Edge lists as the collections of networks hand them out: KONECT and SNAP text, CSV, Matrix Market, gzipped or not.

What is read is cleaned into a simple undirected graph: edges from a node to itself, repeated ones and nodes without an edge are
dropped, and counted. A list that says it is directed or weighted becomes a graph only where the user says so.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from .graph import Graph, graph_from_pairs

ENDINGS = (".txt", ".tsv", ".csv", ".mtx", ".edges", ".edgelist", ".gz")
ENDS = (("source", "target"), ("from", "to"), ("a", "b"), ("node1", "node2"), ("fromnodeid", "tonodeid"))
COMMENTS = ("#", "%")
SAMPLED_LINES = 200  # of a file whose first lines say how many columns there are


@dataclass(frozen=True)
class EdgeList:
    """A cleaned edge list: the graph of the nodes that have an edge, what the file said of itself, and what was dropped.

    `labels` (nodes,) are the file's names of the nodes. `directed` and `weighted` tell what the file says.
    """

    name: str
    graph: Graph
    labels: NDArray
    listed: int
    loops: int
    repeated: int
    isolated: int
    directed: bool
    weighted: bool

    def undirected(self, *, symmetrize: bool = False) -> Graph:
        """The simple graph. Raises ValueError for a directed or weighted list unless `symmetrize` drops directions and weights."""
        if (self.directed or self.weighted) and not symmetrize:
            what = " and ".join(
                word for word, is_so in (("directed", self.directed), ("weighted", self.weighted)) if is_so
            )
            raise ValueError(f"{self.name} is {what}; symmetrize=True takes every listed edge as one undirected edge")
        return self.graph

    @property
    def report(self) -> str:
        """What was kept and dropped, in one line."""
        return (
            f"{self.name}: {self.graph.nodes} nodes, {self.graph.edges} edges; dropped {self.loops} loops, "
            f"{self.repeated} repeated edges, {self.isolated} isolated nodes"
        )


def read_edge_list(path: str | Path) -> EdgeList:
    """An edge list from .txt, .tsv, .edges (KONECT, SNAP), .csv or .mtx, each also with .gz behind it.

    Comments begin with % or #. A KONECT header `% asym` or a Matrix Market `general` one says directed; a third column of numbers
    other than one says weighted. Raises ValueError naming the file and what is wrong with it.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"path names no file: {file.name!r}")
    endings = [ending.lower() for ending in file.suffixes]
    if not endings or endings[-1] not in ENDINGS:
        raise ValueError(f"path must end in {', '.join(ENDINGS)}; got {file.name!r}")
    packed = endings[-1] == ".gz"
    kind = endings[-2] if packed and len(endings) > 1 else endings[-1]
    try:
        with gzip.open(file, "rt", encoding="utf-8-sig") if packed else file.open(encoding="utf-8-sig") as stream:
            return _read(stream, file.name, kind)
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{file.name} must be text, or gzipped text: {error}") from None


def clean_edges(
    name: str, ends: NDArray, *, nodes: int = 0, directed: bool = False, weighted: bool = False
) -> EdgeList:
    """The simple undirected graph of listed ends (edges, 2) of any labels. Raises ValueError where no edge is left.

    `nodes` is how many nodes the list says there are; those that stand in no edge count as isolated.
    """
    listed = len(ends)
    labels, numbers = np.unique(ends, return_inverse=True)
    pairs = numbers.reshape(-1, 2)
    proper = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    distinct = _distinct(proper, len(labels))
    if not len(distinct):
        raise ValueError(f"{name} must hold an edge between two nodes; it lists {listed} edges, none of them does")
    kept, renumbered = np.unique(distinct, return_inverse=True)
    graph = graph_from_pairs(len(kept), renumbered.reshape(-1, 2))
    isolated = max(nodes, len(labels)) - len(kept)
    loops, repeated = listed - len(proper), len(proper) - len(distinct)
    return EdgeList(name, graph, labels[kept], listed, loops, repeated, isolated, directed, weighted)


def write_edge_list(graph: Graph, path: str | Path) -> None:
    """Two columns of node numbers under a comment line, which `read_edge_list` reads back; gzipped where the path ends in .gz."""
    file = Path(path)
    header = f"undirected graph: {graph.nodes} nodes, {graph.edges} edges"
    with gzip.open(file, "wt") if file.suffix == ".gz" else file.open("w") as stream:
        np.savetxt(stream, graph.pairs(), fmt="%d", header=header)


def _distinct(pairs: NDArray[np.int64], labels: int) -> NDArray[np.int64]:
    """Rows of ordered pairs once each: one number a pair sorts faster than rows do."""
    codes = np.unique(pairs[:, 0] * labels + pairs[:, 1])
    return np.column_stack((codes // labels, codes % labels))


def _read(stream: TextIO, name: str, kind: str) -> EdgeList:
    begin = list(itertools.islice(stream, SAMPLED_LINES))
    comments = [line.strip().lower() for line in begin if line.lstrip().startswith(COMMENTS)]
    rows = [line for line in begin if line.strip() and not line.lstrip().startswith(COMMENTS)]
    if not rows:
        raise ValueError(f"{name} must list edges, one a line; it holds none")
    kinds = {line.split()[1] for line in comments if len(line.split()) > 1}
    if "bip" in kinds:
        raise ValueError(
            f"{name} is bipartite: its two columns number different nodes; project it to one kind of node first"
        )
    nodes, directed, skipped = 0, "asym" in kinds, 0
    if kind == ".mtx":
        if not comments or not comments[0].startswith("%%matrixmarket matrix coordinate"):
            raise ValueError(f"{name} must begin with %%MatrixMarket matrix coordinate")
        directed = "symmetric" not in comments[0]
        size = rows.pop(0).split()
        if len(size) != 3 or not all(word.isdigit() for word in size):
            raise ValueError(
                f"{name} must say rows, columns and entries on its first line; it says {' '.join(size)[:40]!r}"
            )
        nodes, skipped = max(int(size[0]), int(size[1])), 1
    comma = kind == ".csv"
    columns = _columns(rows[0], name) if comma else None
    if columns is not None:
        skipped = 1
    used = columns or (0, 1)
    width = len(next(csv.reader([rows[-1]])) if comma else rows[-1].split())
    weight = next((column for column in range(width) if column not in used), None)
    text = io.StringIO("".join(itertools.chain(begin, stream)))
    ends, weights = _table(text, name, comma, skipped, used, weight)
    return clean_edges(name, ends, nodes=nodes, directed=directed, weighted=bool((weights != 1).any()))


def _columns(header: str, name: str) -> tuple[int, int] | None:
    """Places of the two ends in a CSV file with a header; None for one without."""
    cells = [cell.strip().lower() for cell in next(csv.reader([header]))]
    if len(cells) < 2:
        raise ValueError(f"{name} must have two columns, source and target; it has {', '.join(cells)}")
    for pair in ENDS:
        if set(pair) <= set(cells):
            return cells.index(pair[0]), cells.index(pair[1])
    return None


def _table(
    text: io.StringIO, name: str, comma: bool, skipped: int, used: tuple[int, int], weight: int | None
) -> tuple[NDArray, NDArray[np.float64]]:
    """Both ends of every edge, as integers where all are, and its weight (one where there is no column for it)."""
    lines = _after_comments(text, skipped)
    columns = (*used, *(() if weight is None else (weight,)))
    settings: dict[str, Any] = {"comments": list(COMMENTS), "delimiter": "," if comma else None, "ndmin": 2}
    try:
        table = np.loadtxt(lines, dtype=np.float64, usecols=columns, **settings)
        ends = table[:, :2].astype(np.int64)
        if (ends == table[:, :2]).all():
            return ends, table[:, 2] if weight is not None else np.ones(len(table))
    except ValueError:
        pass  # labels that are no numbers: read again as text, which says what else may be wrong
    try:
        words = np.loadtxt(_after_comments(text, skipped), dtype=str, usecols=columns, **settings)
    except ValueError as error:
        raise ValueError(f"{name} must have two columns in each row: {error}") from None
    if weight is None:
        return words, np.ones(len(words))
    try:
        return words[:, :2], words[:, 2].astype(np.float64)
    except ValueError:
        raise ValueError(f"{name} must hold numbers in the third column, the weight of an edge") from None


def _after_comments(text: io.StringIO, skipped: int) -> io.StringIO:
    """The text from behind its first `skipped` lines that are no comments."""
    text.seek(0)
    while skipped:
        line = text.readline()
        skipped -= bool(line.strip()) and not line.lstrip().startswith(COMMENTS)
    return text
