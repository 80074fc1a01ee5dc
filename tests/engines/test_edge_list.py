"""Edge lists of several collections: what is read, dropped, counted, refused, and a round trip."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import engines


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("out.tsv", "% sym unweighted\n1 2\n2 3\n3 3\n2 1\n"),
        ("snap.txt", "# Nodes: 3 Edges: 4\n# FromNodeId\tToNodeId\n1\t2\n2\t3\n3\t3\n2\t1\n"),
        ("list.csv", "source,target\nann,bob\nbob,cy\ncy,cy\nbob,ann\n"),
        ("plain.csv", "1,2\n2,3\n3,3\n2,1\n"),
        ("swapped.csv", "when,target,source\n1,2,1\n1,3,2\n1,3,3\n1,1,2\n"),
        ("matrix.mtx", "%%MatrixMarket matrix coordinate pattern symmetric\n% a comment\n3 3 4\n1 2\n2 3\n3 3\n2 1\n"),
    ],
)
def test_collections_are_read_alike(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with gzip.open(tmp_path / f"{name}.gz", "wt") as packed:
        packed.write(text)
    for path in (tmp_path / name, tmp_path / f"{name}.gz"):
        found = engines.read_edge_list(path)
        assert found.undirected().degrees.tolist() == [1, 2, 1]
        assert (found.loops, found.repeated, found.isolated, found.listed) == (1, 1, 0, 4)
        assert "3 nodes, 2 edges; dropped 1 loops, 1 repeated edges" in found.report


def test_labels_and_isolated_nodes_are_kept_and_counted(tmp_path):
    (tmp_path / "named.csv").write_text("from,to\nzoe,ann\n")
    assert engines.read_edge_list(tmp_path / "named.csv").labels.tolist() == ["ann", "zoe"]
    (tmp_path / "m.mtx").write_text("%%MatrixMarket matrix coordinate pattern symmetric\n5 5 1\n1 5\n")
    found = engines.read_edge_list(tmp_path / "m.mtx")
    assert (found.isolated, found.labels.tolist()) == (3, [1, 5])


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("out.txt", "% asym unweighted\n1 2\n2 3\n", "directed"),
        ("w.txt", "1 2 0.5\n2 3 1\n", "weighted"),
        ("m.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 2.0\n2 3 1.0\n", "directed and weighted"),
    ],
)
def test_directed_and_weighted_lists_ask_first(tmp_path, name, text, what):
    (tmp_path / name).write_text(text)
    found = engines.read_edge_list(tmp_path / name)
    with pytest.raises(ValueError, match=f"is {what}; symmetrize"):
        found.undirected()
    assert found.undirected(symmetrize=True).edges == 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("none.txt", "# nothing\n", "must list edges"),
        ("loops.txt", "1 1\n2 2\n", "lists 2 edges, none of them does"),
        ("bip.txt", "% bip unweighted\n1 1\n", "bipartite"),
        ("one.txt", "1\n2\n", "two columns"),
        ("ragged.txt", "1 2\n3\n", "two columns"),
        ("m.mtx", "3 3 1\n1 2\n", "MatrixMarket"),
        ("m2.mtx", "%%MatrixMarket matrix coordinate pattern symmetric\n3 3\n1 2\n", "rows, columns and entries"),
        ("w.txt", "a b heavy\nb c light\n", "third column"),
        ("edges.json", "[]", "path must end in"),
        ("packed.gz", "1 2\n", "gzipped text"),
    ],
)
def test_malformed_lists_name_what_is_wrong(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        engines.read_edge_list(tmp_path / name)


def test_no_file_is_named():
    with pytest.raises(ValueError, match="names no file"):
        engines.read_edge_list("nowhere.txt")


@settings(deadline=None, max_examples=25)
@given(pairs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40))
def test_a_written_graph_is_read_back(tmp_path_factory, pairs):
    ends = np.array(pairs)
    proper = {tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1]}
    if not proper:
        return
    cleaned = engines.clean_edges("list", ends)
    assert cleaned.graph.edges == len(proper)
    assert cleaned.loops + cleaned.repeated + cleaned.graph.edges == len(pairs)
    path = tmp_path_factory.mktemp("graphs") / "graph.txt.gz"
    engines.write_edge_list(cleaned.graph, path)
    assert engines.read_edge_list(path).graph.pairs().tolist() == cleaned.graph.pairs().tolist()
