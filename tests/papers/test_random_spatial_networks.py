"""The paper random-spatial-networks: parts of its long claims at small sizes, options that don't apply, a user's own files."""

import numpy as np
import pytest

from phasebook import networks
from phasebook.claims import load_paper
from phasebook.papers.random_spatial_networks import gpu_claims, long_claims

PAPER = load_paper("random-spatial-networks")


def test_a_small_ring_of_fronts():
    found = long_claims.fronts_on_ring(120.0, 50.0, 2, seed=1)
    assert 2.0 < np.mean(found["speed"]) < 6.09
    assert np.mean(found["attack"]) == pytest.approx(0.893, abs=0.02)


def test_a_small_plane_of_patches():
    round_front = long_claims.plane_outbreak("gaussian", 40_000, 50.0, seed=1)
    assert len(round_front["speeds"]) == long_claims.SECTORS
    hops = long_claims.plane_outbreak("algebraic", 40_000, 50.0, seed=1)
    assert hops["patches"] > round_front["patches"]
    rare = long_claims.plane_outbreak("rare", 60_000, 50.0, seed=1)
    assert len(rare["straight"]) == len(rare["growth"])


def test_passages_of_a_small_ring():
    passage = long_claims.passage_of_equations(60.0, 15.0)
    assert not long_claims.passage_difference(passage, passage).any()
    found = long_claims.ring_passages(60.0, 800.0, 15.0, seed=1)
    assert np.abs(long_claims.passage_difference(np.array(found["infectious"][0]), passage)).mean() < 0.1


def test_the_parts_for_an_accelerator_at_a_small_size():
    found = gpu_claims.circular_wave(256, 90.0, 3.0)
    law = networks.exponential_degrees(5.0)
    fastest = networks.wave(networks.gaussian_kernel(1.0, 2), law, networks.Rates()).speed
    assert 0.7 * fastest < found["speed"] < fastest
    drawn = gpu_claims.timed_network(20_000, 1)
    assert drawn["mean_degree"] == pytest.approx(drawn["expected"], abs=0.2)


@pytest.mark.parametrize(
    ("experiment", "given", "message"),
    [
        ("wave", {"exponent": 2.0}, "exponent is for kernel=algebraic"),
        ("wave", {"kernel": "uniform", "scale": 2.0}, "scale is not for kernel=uniform"),
        ("wave", {"power": 3.0}, "power is for degree_law=power-law"),
        ("wave", {"high_share": 0.1, "degree_law": "power-law"}, "high_share is for degree_law=two-point"),
        ("wave", {"degree": 1.0}, "R₀ must exceed 1"),
        ("structure", {"scale": 500.0}, "must fit into half the domain's side"),
        ("own-network", {"nodes": "synthetic", "transmission": 1e-3}, "R₀ must exceed 1"),
    ],
)
def test_options_that_do_not_apply_are_refused(experiment, given, message):
    with pytest.raises(ValueError, match=message):
        PAPER.experiments[experiment].run(given, only="theory")


@pytest.mark.parametrize(
    "given", [{"kernel": "algebraic"}, {"kernel": "uniform"}, {"degree_law": "two-point", "time": 10.0}]
)
def test_waves_of_other_kinds(given):
    data = PAPER.experiments["wave"].run(given, seed=1)
    assert float(data.final_size_simulation) == pytest.approx(float(data.final_size_theory), abs=2e-3)


def test_a_users_network_and_cases(tmp_path):
    drawn = networks.generate_network(
        networks.SpatialModel(
            8000, 100.0, networks.exponential_kernel(0.5, 2), networks.constant_degrees(6.0), periodic=False
        ),
        1,
    )
    networks.write_network(drawn, tmp_path / "nodes.csv", tmp_path / "edges.csv")
    files = {"nodes": tmp_path / "nodes.csv", "edges": tmp_path / "edges.csv"}
    data = PAPER.experiments["own-network"].run(files, seed=1)
    assert str(data.kernel_theory.values) == "exponential"
    assert float(data.final_size_simulation) == pytest.approx(float(data.final_size_theory), abs=0.05)
    with pytest.raises(ValueError, match="edges must be a file too"):
        PAPER.experiments["own-network"].run({"nodes": tmp_path / "nodes.csv"})
    random = np.random.default_rng(1)
    places = random.normal(size=(500, 2)) * 10
    times = np.hypot(*places.T) / 2.0 + random.exponential(0.5, 500)
    np.savetxt(
        tmp_path / "cases.csv", np.column_stack((places, times)), delimiter=",", header="x,y,t", comments="", fmt="%.6f"
    )
    own = PAPER.experiments["own-cases"].run({"cases": tmp_path / "cases.csv"})
    assert float(own.front_speed_data) == pytest.approx(2.0, rel=0.1)
