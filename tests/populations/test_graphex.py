"""Sparse graphs with hubs: published degree laws, quadrature, the sampler's moments, the exponent found again, bad input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from phasebook import engines, populations
from phasebook.numerics.xoshiro import streams
from phasebook.populations.graphex_kernels import sample_edges


def test_degree_counts_are_the_integral_of_poisson_laws():
    for sigma, size in ((0.5, 300.0), (0.7, 40.0), (0.9, 200.0)):
        graphex = populations.Graphex(sigma)
        for k in (1, 2, 7):
            exact, _ = integrate.quad(
                lambda s, k=k, g=graphex, v=size: (
                    v * stats.poisson.pmf(k, v * g.marginal(math.exp(s) - 1)) * math.exp(s)
                ),
                0,
                10 + 40 * sigma / (k - sigma),
                limit=400,
            )
            assert graphex.expected_degree_counts(size, k)[0] == pytest.approx(exact, rel=1e-6)
    assert populations.Graphex(0.5).expected_degree_counts(300, [1, 2, 3]) == pytest.approx(
        [4605.0, 1151.2, 575.6], abs=0.05
    )


@settings(deadline=None, max_examples=25)
@given(sigma=st.floats(0.5, 0.95), size=st.floats(5, 2000))
def test_degree_laws_are_laws(sigma, size):
    graphex = populations.Graphex(sigma)
    k = np.arange(1, 60_000)
    counts = graphex.expected_degree_counts(size, k)
    assert counts.sum() == pytest.approx(graphex.expected_nodes(size), rel=1e-6)
    assert (k * counts).sum() / 2 == pytest.approx(graphex.expected_edges(size), rel=1e-6)
    shares = graphex.limiting_degree_shares(k)
    assert shares[:2] == pytest.approx([sigma, sigma * (1 - sigma) / 2])
    # Sibuya's tail beyond K is Γ(K + 1 − σ)/(K! Γ(1 − σ)).
    beyond = math.exp(math.lgamma(60_000 - sigma) - math.lgamma(60_000) - math.lgamma(1 - sigma))
    assert shares.sum() + beyond == pytest.approx(1, abs=1e-9)
    assert graphex.expected_nodes(graphex.size_of_nodes(500)) == pytest.approx(500, rel=1e-8)


@pytest.mark.parametrize("sigma", [0.5, 0.8])
def test_sampled_graphs_have_the_exact_moments(sigma):
    graphex = populations.Graphex(sigma)
    drawn = [populations.sample_graph(graphex, 120, seed=seed) for seed in range(150)]
    counts = np.array([populations.degree_counts(each.graph, [1, 2, 3, 5]) for each in drawn])
    edges = np.array([each.graph.edges for each in drawn])
    for samples, exact in ((counts, graphex.expected_degree_counts(120, [1, 2, 3, 5])), (edges, 120**2 / 2)):
        stderr = samples.std(axis=0, ddof=1) / math.sqrt(150)
        assert (np.abs(samples.mean(axis=0) - exact) < 4.5 * stderr).all()
    assert all(each.graph.degrees.min() >= 1 for each in drawn)
    # Beyond the points that are all drawn, those with an edge have the exact density ν (1 − exp(−νξ)).
    cut = (120 * graphex.scale * 50) ** sigma - 1
    far = np.array([(each.alpha > cut).sum() for each in drawn])
    exact, _ = integrate.quad(
        lambda s: -120 * math.expm1(-120 * graphex.marginal(math.exp(s) - 1)) * math.exp(s),
        math.log1p(cut),
        math.log1p(cut) + 60 * sigma / (1 - sigma),
        limit=400,
    )
    assert far.mean() == pytest.approx(exact, abs=4.5 * far.std(ddof=1) / math.sqrt(150))


def test_the_tail_is_thinned_to_what_has_an_edge():
    # With the cut so low that a point there has three edges, and not 1/50, the thinning changes the numbers by 10 to 100%.
    sigma, size, graphs = 0.6, 60.0, 200
    scale = (1 - sigma) / sigma
    cut = (size * scale / 3.0) ** sigma - 1
    tail = (1 + cut) ** (1 - 1 / sigma)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    # The law of ξ beyond the cut is σ c^σ ξ^(−1−σ) dξ below its value there; ξ = top·u^(1/(1 − σ)) takes the singularity out.
    top, power = scale * (1 + cut) ** (-1 / sigma), 1 / (1 - sigma)
    reach = top * (0.5 + 0.5 * nodes) ** power
    density = 0.5 * weights * sigma * scale**sigma * top ** (1 - sigma) * power / reach
    found = np.empty((graphs, 4))
    exact = np.empty((graphs, 4))
    for seed in range(graphs):
        first, second, alpha = sample_edges(size, sigma, cut, streams(seed, 1)[0])
        head = int((alpha < cut).sum())
        low, high = np.minimum(first, second), np.maximum(first, second)
        pairs = int((low >= head).sum())
        single = alpha.size - head - 2 * pairs
        joins = (low < head) & (high >= head)
        of_singles = int((joins & (high < head + single)).sum())
        found[seed] = single, of_singles, pairs, joins.sum() - of_singles
        # Given the head's total weight S: points with an edge to it and none in the tail, and what the ends of pairs add.
        total = (scale * (1 + alpha[:head]) ** (-1 / sigma)).sum()
        alone = density * np.exp(-size * tail * reach)
        exact[seed] = (
            -size * (alone @ np.expm1(-total * reach)),
            size * total * (alone @ reach),
            0.5 * (size * tail) ** 2,
            size**2 * tail * total * (density @ reach**2),
        )
    ratio = found.mean(axis=0) / exact.mean(axis=0)
    # Standard errors 0.003, 0.0033, 0.0047 and 0.0072; an edge that would be drawn twice is one, which takes 0.3% off the last.
    assert (np.abs(ratio - 1) < [0.022, 0.024, 0.034, 0.055]).all(), ratio


def test_edges_among_hubs_have_their_probabilities():
    graphex = populations.Graphex(0.6)
    joined, expected = 0, 0.0
    for seed in range(300):
        drawn = populations.sample_graph(graphex, 30, seed=seed)
        hubs = np.flatnonzero(drawn.alpha < 1.0)
        weight = graphex.marginal(drawn.alpha[hubs])
        expected += (np.outer(weight, weight).sum() - (weight**2).sum()) / 2
        pairs = drawn.graph.pairs()
        joined += int(np.isin(pairs, hubs).all(axis=1).sum())
    assert joined == pytest.approx(expected, abs=4.5 * math.sqrt(expected))


def test_the_exponent_is_found_again():
    for sigma in (0.5, 0.7):
        graph = populations.sample_graph(populations.Graphex(sigma), 300, seed=3).graph
        fit = populations.estimate_graphex(graph)
        assert fit.sigma.value == pytest.approx(sigma, abs=0.025)
        assert fit.leaf_share == pytest.approx(sigma, abs=0.04)
        assert fit.size == pytest.approx(300, rel=0.1)


def test_the_error_of_the_exponent_is_that_of_independent_degrees():
    graph = populations.sample_graph(populations.Graphex(0.6), 200, seed=5).graph
    fit = populations.estimate_graphex(graph)
    # Fisher's information of Sibuya's law cut at 50, by differences of its probabilities: p_k = p_{k−1} (k − 1 − σ)/k.
    near = []
    for sigma in fit.sigma.value + np.array([-1e-4, 0.0, 1e-4]):
        shares = sigma * np.cumprod(np.append(1.0, (np.arange(1, 50) - sigma) / np.arange(2, 51)))
        near.append(shares / shares.sum())
    information = (((near[2] - near[0]) / 2e-4) ** 2 / near[1]).sum()
    fitted = int((graph.degrees <= 50).sum())
    assert fit.nodes == fitted
    assert fit.sigma.stderr == pytest.approx(1 / math.sqrt(fitted * information), rel=0.1)


def test_the_same_seed_gives_the_same_graph():
    first, again, other = (populations.sample_graph(populations.Graphex(0.5), 50, seed=seed) for seed in (1, 1, 2))
    assert first.graph.neighbors.tolist() == again.graph.neighbors.tolist()
    assert first.graph.neighbors.tolist() != other.graph.neighbors.tolist()
    assert populations.Graphex(0.4, clip=True).sigma == 0.4
    assert populations.sample_graph(populations.Graphex(0.4, clip=True), 50, seed=1).graph.edges > 0


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: populations.Graphex(1.0), r"sigma must lie in \(0, 1\)"),
        (lambda: populations.Graphex(0.0), r"sigma must lie in \(0, 1\)"),
        (lambda: populations.Graphex(0.4), "W exceeds 1"),
        (lambda: populations.Graphex(0.5).expected_degree_counts(10, [0]), "degrees must be positive"),
        (lambda: populations.sample_graph(populations.Graphex(0.5), -1, seed=0), "size must be positive"),
        (lambda: populations.sample_graph(populations.Graphex(0.5), 1e6, seed=0), "edges; at most"),
        (lambda: populations.sample_graph(populations.Graphex(0.95), 30_000, seed=0), "points; at most"),
        (lambda: populations.Graphex(0.5).size_of_nodes(1), "nodes must be at least 2"),
        (
            lambda: populations.estimate_graphex(engines.graph_from_pairs(3, [(0, 1), (1, 2), (0, 2)])),
            "no nodes of degree 1, so no periphery",
        ),
    ],
)
def test_wrong_graphexes_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
