"""Random spatial networks: kernels, degree laws, the generator against the trial of all pairs, structure, a user's files."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from phasebook import engines, networks

KERNELS = [
    make
    for dimension in (1, 2)
    for make in (
        networks.gaussian_kernel(0.8, dimension),
        networks.exponential_kernel(0.8, dimension),
        networks.disc_kernel(0.8, dimension),
        networks.algebraic_kernel(0.8, 1.7, dimension),
        networks.table_kernel([0.0, 1.0, 2.0], [2.0, 1.0, 0.0], dimension, rescale=True),
    )
]


def ids(kernel):
    return f"{kernel.parts[0].kind}-{kernel.dimension}"


def model(nodes=2000, density=50.0, kernel=None, law=None, **options):
    return networks.SpatialModel(
        nodes, density, kernel or networks.gaussian_kernel(), law or networks.constant_degrees(5.0), **options
    )


@pytest.mark.parametrize("kernel", KERNELS, ids=ids)
def test_kernels_integrate_to_one_and_know_their_mass(kernel):
    shell = 2.0 if kernel.dimension == 1 else 2 * math.pi

    def share(r):
        return shell * float(kernel.density(r)) * r ** (kernel.dimension - 1)

    inner = integrate.quad(share, 0.0, 1.3, points=[0.8, 1.0], limit=200)[0]
    assert float(kernel.mass_within(1.3)) == pytest.approx(inner, abs=1e-7)
    assert float(kernel.mass_within(1e9)) == pytest.approx(1.0, abs=1e-9)
    assert float(kernel.mass_within(kernel.radius_holding(0.3))) == pytest.approx(0.3, abs=1e-9)


@pytest.mark.parametrize("kernel", [k for k in KERNELS if not k.is_fat], ids=ids)
def test_moment_generating_functions_are_the_integrals(kernel):
    rate = 0.6
    line = networks.marginal_kernel(kernel)
    x = np.linspace(0, 40, 400_001)
    value = 2 * np.trapezoid(line.density(x) * np.cosh(rate * x), x)
    assert kernel.moment_generating_function(rate) == pytest.approx(value, rel=2e-4)
    assert kernel.moment_generating_function(0.0) == pytest.approx(1.0, abs=1e-9)


def test_closing_densities_are_the_published_ones():
    closed = {
        networks.gaussian_kernel(2.0): 1 / (math.sqrt(6 * math.pi) * 2),
        networks.exponential_kernel(2.0): 3 / 32,
        networks.disc_kernel(2.0): 3 / 16,
        networks.gaussian_kernel(2.0, 2): 1 / (24 * math.pi),
        networks.exponential_kernel(2.0, 2): 1 / (56 * math.pi),
        # Dall and Christensen 2002: random geometric graphs in the plane have transitivity 1 − 3√3/(4π).
        networks.disc_kernel(2.0, 2): (1 - 3 * math.sqrt(3) / (4 * math.pi)) / (4 * math.pi),
    }
    for kernel, value in closed.items():
        assert networks.triangle_integral(kernel) == pytest.approx(value, rel=2e-3 if "disc" in repr(kernel) else 1e-8)


def test_transitivity_on_a_grid_equals_the_closed_form():
    kernel = networks.table_kernel(np.linspace(0, 8, 4001), stats.norm.pdf(np.linspace(0, 8, 4001)))
    assert networks.expected_transitivity(model(kernel=kernel)) == pytest.approx(
        networks.expected_transitivity(model()), rel=1e-4
    )


@pytest.mark.parametrize(
    ("law", "mean", "second"),
    [
        (networks.constant_degrees(5.0), 5.0, 25.0),
        (networks.exponential_degrees(5.0), 5.0, 50.0),
        (networks.two_point_degrees(2.0, 10.0, 0.25), 4.0, 28.0),
        (networks.table_degrees([1.0, 3.0], [1.0, 1.0]), 2.0, 5.0),
        # ∫ κ^(1 − 3) and ∫ κ^(2 − 3) over ∫ κ^(−3), from 1 to 10
        (networks.power_law_degrees(3.0, 1.0, 10.0), 0.9 / 0.495, math.log(10) / 0.495),
    ],
)
def test_degree_laws(law, mean, second):
    assert law.mean == pytest.approx(mean)
    assert law.second_moment == pytest.approx(second)
    h = 1e-9
    assert law.edge_loss(h) / h == pytest.approx(law.branching, rel=1e-6)
    assert (1 - law.escape(1e-7)) / 1e-7 == pytest.approx(mean, rel=1e-5)
    assert law.degree_probabilities(np.arange(400)).sum() == pytest.approx(1.0, abs=1e-9)
    assert law.sample(200_000, np.random.default_rng(0)).mean() == pytest.approx(mean, rel=0.02)


def test_measured_degrees_are_a_configuration_model():
    law = networks.measured_degrees([1, 2, 2, 3])
    assert law.branching == pytest.approx((0 + 2 + 2 + 6) / 8)
    assert float(law.escape(0.5)) == pytest.approx((0.5 + 0.25 + 0.25 + 0.125) / 4)
    assert float(law.edge_loss(0.5)) == pytest.approx(1 - (1 + 2 * 2 * 0.5 + 3 * 0.25) / 8)


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("dimension", [1, 2])
def test_the_fast_generator_draws_the_expected_number_of_edges(dimension, periodic):
    kernel = networks.mixture_kernel(
        (0.6, 0.4), (networks.gaussian_kernel(1.0, dimension), networks.algebraic_kernel(1.0, 1.0, dimension))
    )
    drawn = model(900, 20.0, kernel, networks.exponential_degrees(6.0), periodic=periodic, truncated=True)
    random = np.random.default_rng(3)
    places = random.random((900, dimension)) * drawn.size
    weights = drawn.weights(drawn.degrees.sample(900, random))
    away = places[:, None] - places[None]
    if periodic:
        away -= drawn.size * np.round(away / drawn.size)
    chance = np.minimum(1.0, weights[:, None] * weights[None] * kernel.density(np.hypot.reduce(away, axis=2)))
    chance = np.triu(chance, 1)
    graphs = [
        networks.sample_edges(places, weights, kernel, drawn.size, periodic=periodic, seed=seed) for seed in range(200)
    ]
    found = np.mean([graph.edges for graph in graphs])
    spread = math.sqrt((chance * (1 - chance)).sum() / len(graphs))
    assert abs(found - chance.sum()) < 4.5 * spread
    hits = np.zeros_like(chance)
    for graph in graphs:
        pairs = graph.pairs()
        hits[pairs[:, 0], pairs[:, 1]] += 1
    # Sums over rows of nodes: no place, and no seam, is favored.
    rows = (hits - 200 * chance).sum(axis=1) / np.sqrt(1e-9 + 200 * (chance * (1 - chance)).sum(axis=1))
    assert np.abs(rows[:-50]).max() < 5.0


@pytest.mark.parametrize(("dimension", "near", "far"), [(1, 5.0, 8.0), (1, 5.0, 5.5), (2, 4.0, 8.0)])
def test_nodes_at_the_ends_of_cells_that_face_each_other_are_joined_with_their_full_chance(dimension, near, far):
    """Cells' sides are powers of two: no pair of nodes in the two cells is nearer, and the bound on its chance must hold."""
    kernel, distance = networks.gaussian_kernel(1.0, dimension), math.sqrt(dimension) * (far - near)
    places = np.repeat([near - 1e-9, far + 1e-9], 200)[:, None] * np.ones(dimension)
    weight = math.sqrt(0.3 / float(kernel.density(distance)))
    pairs = networks.sample_edges(places, np.full(400, weight), kernel, 16.0, seed=2).pairs()
    joined = ((pairs < 200).sum(axis=1) == 1).mean() * len(pairs) / 200**2
    assert joined == pytest.approx(0.3, abs=4.5 * math.sqrt(0.3 * 0.7) / 200)


def test_certain_edges_are_all_drawn():
    kernel = networks.disc_kernel(1.0)
    places = np.arange(40)[:, None] * 0.25
    graph = networks.sample_edges(places, np.full(40, 10.0), kernel, 10.0, seed=1)
    assert (graph.degrees == 8).all()
    assert networks.transitivity(graph) == pytest.approx(3 * 40 * 6 / (40 * 28))


def test_a_network_depends_on_the_seed_alone():
    drawn = model(3000, law=networks.power_law_degrees(2.5, 1.0, 20.0))
    one, two = networks.generate_network(drawn, 7, threads=1), networks.generate_network(drawn, 7, threads=3)
    assert np.array_equal(one.graph.neighbors, two.graph.neighbors)
    assert not np.array_equal(one.graph.neighbors[:50], networks.generate_network(drawn, 8).graph.neighbors[:50])


@settings(max_examples=25, deadline=None)
@given(
    nodes=st.integers(2, 400),
    density=st.floats(0.5, 100.0),
    dimension=st.sampled_from([1, 2]),
    mean=st.floats(0.1, 30.0),
    periodic=st.booleans(),
)
def test_graphs_are_simple_and_symmetric(nodes, density, dimension, mean, periodic):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = networks.generate_network(
            model(
                nodes,
                density,
                networks.algebraic_kernel(1.0, 0.7, dimension),
                networks.exponential_degrees(mean),
                periodic=periodic,
                truncated=True,
            ),
            5,
        )
    pairs = drawn.graph.pairs()
    again = engines.graph_from_pairs(nodes, pairs)  # refuses loops and doubled edges
    assert np.array_equal(again.neighbors, drawn.graph.neighbors)
    assert drawn.graph.degrees.sum() == 2 * len(pairs)


def test_structure_of_a_cycle_and_a_complete_graph():
    cycle = engines.graph_from_pairs(9, [(k, (k + 1) % 9) for k in range(9)])
    assert networks.transitivity(cycle) == 0.0
    assert networks.mean_path_length(cycle, sources=9, seed=0).value == pytest.approx(2.5)
    complete = engines.graph_from_pairs(6, [(a, b) for a in range(6) for b in range(a)])
    assert networks.transitivity(complete) == 1.0
    two = engines.graph_from_pairs(5, [(0, 1), (1, 2), (3, 4)])
    assert networks.largest_component(two).tolist() == [0, 1, 2]


def test_errors_of_structure_are_the_scatter_of_repetitions():
    drawn = [networks.generate_network(model(3000), seed).graph for seed in range(60)]
    closed = [networks.transitivity_estimate(graph) for graph in drawn]
    paths = [networks.mean_path_length(drawn[0], seed=seed) for seed in range(60)]
    for found in (closed, paths):
        values, errors = np.array([(each.value, each.stderr) for each in found]).T
        # Sixty repetitions know their own scatter to a tenth.
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=0.35)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: networks.table_kernel([0, 1], [-1.0, 0.0]), "must not be negative"),
        (lambda: networks.table_kernel([0, 1, 2], [0.2, 0.3, 0.0]), "must not rise with distance"),
        (lambda: networks.table_kernel([0, 1], [1.0, 1.0]), "must integrate to 1; they integrate to 2"),
        (lambda: networks.gaussian_kernel(0.0), "scale must be positive"),
        (lambda: networks.algebraic_kernel(1.0, -1.0), "exponent must be positive"),
        (lambda: networks.gaussian_kernel(1.0, 3), "dimension must be 1 or 2"),
        (lambda: networks.power_law_degrees(2.5, 1.0, math.inf), "high must be positive and finite"),
        (lambda: networks.constant_degrees(-1.0), "mean must be positive"),
        (lambda: model(200), "must fit into half the domain's side"),
        (lambda: networks.sample_edges([[0.1], [math.nan]], [1, 1], networks.gaussian_kernel(), 1.0, seed=0), "row 1"),
        (lambda: networks.sample_edges([[0.1], [2.0]], [1, 1], networks.gaussian_kernel(), 1.0, seed=0), "row 1"),
        (lambda: networks.sample_edges([[0.1, 0.2]], [1], networks.gaussian_kernel(), 1.0, seed=0), "shape"),
        (lambda: networks.algebraic_kernel().moment_generating_function(0.1), "acceleration_rate"),
        (lambda: engines.graph_from_pairs(3, [(0, 1), (1, 0)]), "twice"),
        (lambda: engines.graph_from_pairs(3, [(1, 1)]), "itself"),
        (lambda: engines.graph_from_pairs(3, [(0, 3)]), "from 0 to 2"),
        (lambda: engines.graph_of(3), "networkx or igraph"),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_few_neighbors_and_lost_mass_are_told():
    with pytest.warns(networks.SpatialWarning, match="theory is not exact"):
        model(2000, 5.0)
    fat = model(2000, 50.0, networks.algebraic_kernel(), truncated=True)
    assert 0.99 < fat.mass < 1.0
    assert networks.generate_network(fat, 1).graph.degrees.mean() == pytest.approx(5.0, abs=0.3)


def test_a_kernel_that_is_cut_at_the_domain_keeps_mean_degrees():
    cut = model(20_000, 500.0, networks.algebraic_kernel(1.0, 0.5), truncated=True)
    assert cut.mass < 0.8
    # Standard error 0.022; without the division degrees would lose a fifth of their mean.
    assert networks.generate_network(cut, 3).graph.degrees.mean() == pytest.approx(5.0, abs=0.16)


@pytest.mark.parametrize(
    ("kernel", "mean"),
    [(networks.gaussian_kernel(), 12.0), (networks.exponential_kernel(1.0, 2), 60.0), (networks.disc_kernel(), 12.0)],
)
def test_probabilities_that_end_at_one_cost_the_edges_that_theory_says_and_are_told(kernel, mean):
    dense = model(20_000, 12.0, kernel, networks.exponential_degrees(mean))
    with pytest.warns(networks.SpatialWarning, match="are lost: the mean degree is"):
        drawn = networks.generate_network(dense, 1)
    lost = networks.saturated_share(dense, drawn.expected_degrees)
    assert 0.01 < lost < 0.5
    got, wanted = drawn.graph.degrees.sum(), drawn.expected_degrees.sum() * (1 - lost)
    # Edges are independent: their number, half the sum of degrees, scatters by less than its root.
    assert got == pytest.approx(wanted, abs=4 * 2 * math.sqrt(wanted / 2) + 0.002 * wanted)
    sparse = model(20_000, 60.0, kernel)
    assert networks.saturated_share(sparse, np.full(20_000, 5.0)) == 0.0


class FakeNetworkx:
    nodes = ("b", "a", "c")
    adjacency = None

    def edges(self):
        return [("a", "b"), ("c", "b"), ("b", "c"), ("a", "a")]


class FakeAttributes(dict):
    def attributes(self):
        return list(self)


class FakeIgraph:
    vs = FakeAttributes(name=["p", "q"])

    def vcount(self):
        return 2

    def get_edgelist(self):
        return [(0, 1)]


def test_graphs_of_other_libraries_by_their_methods():
    graph, labels = engines.graph_of(FakeNetworkx())
    assert labels == ["b", "a", "c"]
    assert graph.pairs().tolist() == [[0, 1], [0, 2]]
    graph, labels = engines.graph_of(FakeIgraph())
    assert labels == ["p", "q"]
    assert graph.edges == 1


def test_networks_round_trip_through_files(tmp_path):
    drawn = networks.generate_network(model(300, kernel=networks.gaussian_kernel(0.2)), 2)
    networks.write_network(drawn, tmp_path / "nodes.csv", tmp_path / "edges.csv")
    nodes = networks.read_nodes(tmp_path / "nodes.csv")
    again = nodes.with_edges(networks.read_edges(tmp_path / "edges.csv"))
    assert np.array_equal(again.positions, drawn.positions)
    assert np.array_equal(again.expected_degrees, drawn.expected_degrees)
    assert np.array_equal(again.graph.neighbors, drawn.graph.neighbors)


def test_parquet_and_longitudes(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"source": [0, 1], "target": [1, 2]}), tmp_path / "edges.parquet")
    assert networks.read_edges(tmp_path / "edges.parquet") == [("0", "1"), ("1", "2")]
    (tmp_path / "nodes.csv").write_text("lon,lat\n10,50\n11,50\n10,51\n")
    with pytest.warns(networks.SpatialWarning, match="projected"):
        nodes = networks.read_nodes(tmp_path / "nodes.csv")
    assert np.hypot(*(nodes.positions[2] - nodes.positions[0])) == pytest.approx(111.2, abs=0.1)
    assert np.hypot(*(nodes.positions[1] - nodes.positions[0])) == pytest.approx(
        111.2 * math.cos(math.radians(50.3)), abs=1
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,y\n1,2\n", "columns x and y"),
        ("x,y\n1,two\n", "y must be numbers; row 0 is 'two'"),
        ("x,y\n1,nan\n", "y must be finite; row 0"),
        ("x,y\n1\n", "row 0 has 1 cells"),
        ("x,y\n", "at least one row"),
    ],
)
def test_wrong_node_files_name_what_is_wrong(tmp_path, text, message):
    file = tmp_path / "nodes.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        networks.read_nodes(file)


def test_labels_that_stand_on_no_node_are_named(tmp_path):
    (tmp_path / "nodes.csv").write_text("id,x,y\na,0,0\nb,1,1\n")
    nodes = networks.read_nodes(tmp_path / "nodes.csv")
    with pytest.raises(ValueError, match="these stand on no node: q, z"):
        nodes.with_edges([("a", "b"), ("a", "z"), ("q", "b")])


def test_the_fitted_kernel_is_the_one_that_drew_the_network():
    for kernel in (networks.gaussian_kernel(0.7, 2), networks.exponential_kernel(0.5, 2)):
        drawn = networks.generate_network(model(6000, 40.0, kernel), 4)
        fit = networks.fit_kernel(drawn)
        assert fit.name == kernel.parts[0].kind
        assert fit.kernel.scale == pytest.approx(kernel.scale, rel=0.04)
