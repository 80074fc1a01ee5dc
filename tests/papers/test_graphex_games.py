"""Games on sparse networks through the paper: options that do and don't apply, a user's network, long claims at a tiny size."""

import numpy as np
import pytest

from phasebook import engines, numerics, populations
from phasebook.claims import judge, load_paper
from phasebook.papers.graphex_games import device_claims, long_claims

PAPER = load_paper("graphex-games")
EQUILIBRIUM = PAPER.experiments["equilibrium"]


@pytest.fixture
def edge_file(tmp_path):
    graph = populations.sample_graph(populations.Graphex(0.5), 60, seed=4).graph
    engines.write_edge_list(graph, tmp_path / "edges.txt.gz")
    return graph, tmp_path / "edges.txt.gz"


def given(path):
    parameter = EQUILIBRIUM.parameters["edges"]
    return parameter.parse(str(path))


def test_a_network_of_the_users_is_predicted_and_simulated(edge_file):
    graph, path = edge_file
    data = EQUILIBRIUM.run({"edges": given(path), "learning": "core", "runs": 10}, seed=1)
    assert float(data.nodes_simulation) == graph.nodes
    assert float(data.edges_simulation) == graph.edges
    assert float(data.sigma_data) == pytest.approx(0.5, abs=0.08)
    gaps = data.deviation_simulation.values
    assert 0 < gaps[0] < gaps[1] < 0.2
    law = PAPER.experiments["degrees"].run({"edges": given(path)}, seed=1)
    assert float(law.degree_share_data[0]) == pytest.approx((graph.degrees == 1).mean())
    assert float(law.sigma_theory) == float(data.sigma_data)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"game": "rumor", "recovery": 0.3}, "recovery does not apply to rumor"),
        ({"game": "sis", "benefit": 0.3}, "benefit does not apply to sis"),
        ({"symmetrize": True}, "symmetrize applies to a network of yours"),
        ({"exponent": 0.95, "agents": 300_000_000}, "agents must be"),
        ({"exponent": 0.3}, "exponent must be"),
        ({"temperature": 0.0}, "temperature must be"),
    ],
)
def test_options_that_do_not_apply_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        EQUILIBRIUM.run(parameters)


@pytest.mark.parametrize("option", [{"exponent": 0.6}, {"agents": 500}])
def test_a_users_network_takes_no_size_or_exponent(edge_file, option):
    with pytest.raises(ValueError, match="does not apply to a network of yours"):
        EQUILIBRIUM.run({"edges": given(edge_file[1]), **option})


def test_networks_that_are_directed_or_lack_leaves_are_refused(tmp_path):
    (tmp_path / "asym.txt").write_text("% asym unweighted\n1 2\n2 3\n")
    with pytest.raises(ValueError, match="symmetrize=True takes every listed edge"):
        EQUILIBRIUM.run({"edges": given(tmp_path / "asym.txt")})
    (tmp_path / "ring.txt").write_text("1 2\n2 3\n3 1\n")
    with pytest.raises(ValueError, match="no nodes of degree 1, so no periphery"):
        EQUILIBRIUM.run({"edges": given(tmp_path / "ring.txt"), "learning": "core"}, only="measurement")


def test_rumors_run():
    settings = {"game": "rumor", "agents": 500, "largest_degree": 3, "runs": 4, "learning": "core"}
    data = EQUILIBRIUM.run(settings, seed=2)
    assert float(data.deviation_simulation[0]) < 0.25
    assert data.group.values.tolist() == ["degree 1", "degree 3", "core"]


def test_long_claims_judge_their_units():
    small = [
        {"size": size, "batch": batch, **long_claims.size_scaling_unit(size, batch, 1, graphs=3)}
        for size in (100.0, 400.0, 1500.0)
        for batch in range(1)
    ]
    assert len(judge(long_claims.size_scaling_judged(small)).comparisons) == 7
    moved = [
        {**each, **long_claims.deviators_unit(**each, seed=1, size=60.0, graphs=6)}
        for each in long_claims.deviators.function(1)
    ]
    assert {c["label"] for c in judge(long_claims.deviators_judged(moved)).comparisons} >= {
        "degree 1, own policy: relative gain",
        "degree 1, the core's policy: relative gain",
    }
    games = [
        {**each, **long_claims.other_games_unit(**each, seed=1, size=60.0, graphs=8)}
        for each in long_claims.other_games.function(1)
    ]
    assert len(judge(long_claims.other_games_judged(games)).comparisons) == 8
    found = [
        {**each, **long_claims.exponent_recovery_unit(**each, seed=1, size=100.0, graphs=4)}
        for each in long_claims.exponent_recovery.function(1)
    ]
    assert len(judge(long_claims.exponent_recovery_judged(found)).comparisons) == 8


def test_the_device_claim_measures_what_the_agents_do():
    results = [{"size": size, **device_claims.large_networks_gpu_unit(size, 1, graphs=3)} for size in (30.0, 120.0)]
    evidence = device_claims.large_networks_gpu_judged(results)
    assert len(evidence.comparisons) == 2
    solution = populations.solve_hybrid(populations.ContagionGame(), 0.05, learning="core")
    ours = populations.sampled_deviations(solution, populations.Graphex(0.5), 120.0, 40, 1)[:, 0]
    theirs = numerics.mean_estimate(results[1]["gaps"])
    assert theirs.value == pytest.approx(np.mean(ours), abs=5 * theirs.stderr + 0.01)
