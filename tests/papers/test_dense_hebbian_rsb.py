"""What scripts depend on: names and values of the experiments, a user's patterns, and the long claims at a tiny size."""

import numpy as np
import pytest

from phasebook import spins
from phasebook.claims import judge, load_paper
from phasebook.papers.dense_hebbian_rsb import device_claims, long_claims
from phasebook.results import as_json

EXPERIMENTS = load_paper("dense-hebbian-rsb").experiments


def values(name, given, **options):
    variables = as_json(EXPERIMENTS[name].run(given, **options), 0.0)["variables"]
    return {key: variable["values"] for key, variable in variables.items()}


def test_order_parameters_have_the_names_that_scripts_use():
    found = values(
        "order-parameters",
        {"interaction_order": 3, "load": 0.35, "temperature": 0.0, "breaking": "1rsb"},
        only="theory",
    )
    assert found["overlap_theory"] == pytest.approx(0.93154, abs=1e-5)
    assert found["outer_overlap_theory"] == pytest.approx(0.97582, abs=1e-5)
    assert found["free_energy_theory"] == pytest.approx(0.51361, abs=1e-5)
    assert found["breakpoint_theory"] == 0.0
    assert found["self_overlap_theory"] == 1.0
    assert found["residual_theory"] < 1e-10
    warm = values("order-parameters", {"load": 0.1, "temperature": 0.6, "size": 100, "replicas": 4, "sweeps": 60})
    assert warm["overlap_theory"] == pytest.approx(0.96277, abs=1e-5)
    assert warm["overlap_simulation"] == pytest.approx(0.96, abs=0.06)
    assert warm["overlap_stderr"] > 0
    frozen = values("order-parameters", {"load": 0.0, "temperature": 0.0, "size": 40, "replicas": 2, "sweeps": 40})
    assert frozen["overlap_simulation"] == frozen["overlap_theory"] == 1.0
    assert frozen["advantage_theory"] == pytest.approx(0.5)


def test_capacity_and_glass_have_the_names_that_scripts_use():
    assert values("capacity", {"interaction_order": 3})["load_theory"] == pytest.approx(0.378286, abs=1e-6)
    broken = values("capacity", {"interaction_order": 3, "breaking": "1rsb"})
    assert broken["load_theory"] == pytest.approx(0.46121, abs=1e-5)
    assert broken["ground_state_load_theory"] == pytest.approx(0.42242, abs=1e-5)
    assert values("capacity", {"temperature": 2.0})["overlap_at_edge_theory"] == 0.0
    glass = values("glass", {"interaction_order": 3, "temperature": 0.3})
    assert glass["breakpoint_theory"] == pytest.approx(0.41116, abs=1e-5)
    assert glass["self_overlap_theory"] == pytest.approx(0.95613, abs=1e-5)
    assert glass["free_energy_theory"] == pytest.approx(2.71783, abs=1e-5)
    assert glass["entropy_theory"] == pytest.approx(0.02172, abs=1e-5)
    assert glass["static_temperature_theory"] == pytest.approx(0.65139, abs=1e-5)
    assert glass["dynamic_temperature_theory"] == pytest.approx(0.68160, abs=1e-5)


def test_signs_of_a_phase_diagram_s_distances():
    inside = values("phase-diagram", {"load": 0.2, "temperature": 0.3})
    assert inside["retrieval_margin_theory"] > 0
    assert inside["advantage_theory"] > 0
    outside = values("phase-diagram", {"load": 0.6, "temperature": 0.3})
    assert outside["retrieval_margin_theory"] < 0
    assert outside["freezing_margin_theory"] < 0
    assert outside["overlap_theory"] == pytest.approx(0.0, abs=1e-9)
    assert (
        values("phase-diagram", {"interaction_order": 2, "load": 0.01, "temperature": 1.2})["phase_theory"]
        == "paramagnet"
    )


def test_lines_of_pairs_have_no_p_spin_glass():
    lines = EXPERIMENTS["phase-lines"].run({"interaction_order": 2, "points": 3, "highest": 0.6})
    assert list(lines["line"].values) == ["retrieval", "retrieval wins", "replicas symmetric"]
    assert float(lines["load_theory"].isel(line=0, temperature=0)) == pytest.approx(0.137906, abs=1e-6)


def test_a_user_s_patterns(tmp_path):
    patterns = spins.random_memory(3, 80, 60, seed=5).patterns.T
    spins.write_patterns(patterns, tmp_path / "own.npy")
    found = values("own-patterns", {"patterns": tmp_path / "own.npy", "recalled": 3, "sweeps": 40})
    assert found["load_theory"] == pytest.approx(3 * 60 / 80**2)
    assert min(found["overlap_simulation"]) > 0.95
    assert found["theory_applies_data"].startswith("yes")
    alike = np.concatenate([patterns[:30], patterns[:30]])
    spins.write_patterns(alike, tmp_path / "alike.npy")
    found = values("own-patterns", {"patterns": tmp_path / "alike.npy", "recalled": 1, "sweeps": 40})
    assert found["theory_applies_data"].startswith("no: patterns are correlated")


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("order-parameters", {"interaction_order": 1}, "interaction-order must be"),
        ("order-parameters", {"load": -0.1}, "load must be"),
        ("order-parameters", {"temperature": -1.0}, "temperature must be"),
        ("order-parameters", {"breaking": "2rsb"}, "breaking must be one of rs, 1rsb"),
        ("glass", {"interaction_order": 2}, "interaction-order must be"),
        ("beyond-capacity", {"sizes": (100.5,)}, "sizes must be whole numbers of spins; got 100.5"),
        ("own-patterns", {"patterns": "mine"}, "patterns must be"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(name, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        EXPERIMENTS[name].run(given)


def test_too_many_patterns_are_refused_with_their_gigabytes():
    with pytest.raises(MemoryError, match=r"need \d+\.\d+ GB"):
        EXPERIMENTS["order-parameters"].run({"interaction_order": 6, "load": 0.3, "size": 400}, only="measurement")


def test_the_headline_is_judged_from_small_batches(monkeypatch):
    monkeypatch.setattr(
        long_claims,
        "QUENCHES",
        {
            (200, 0.41): (1, 6),
            (400, 0.41): (1, 2),
            (800, 0.41): (1, 2),
            (400, 0.5): (1, 2),
            (800, 0.5): (1, 2),
            (200, 2.0): (1, 4),
            (400, 2.0): (1, 2),
        },
    )
    units = [unit for unit in long_claims.quench_beyond_capacity.function(1) if unit["size"] < 800]
    results = [{**unit, **long_claims.quench_beyond_capacity_unit(**unit, seed=1)} for unit in units]
    # Of the largest size only the form matters here.
    for load in (0.41, 0.5):
        like = next(result for result in results if (result["size"], result["load"]) == (400, load))
        results.append({**like, "size": 800})
    judgement = judge(long_claims.quench_beyond_capacity_judged(results))
    assert judgement.verdict in ("holds", "inconclusive")


def test_a_point_of_the_phase_diagram():
    unit = long_claims.phase_diagram_lines_unit(order=3, temperature=0.5, seed=0)
    assert unit["edge_1rsb"] == unit["edge_rs"]  # replicas are symmetric there
    assert unit["replicon_rs"] > 0
    assert unit["glassy"] == [False, True]
    assert unit["crossing_rs"] < unit["edge_rs"]


def test_noise_and_energies_in_units(monkeypatch):
    monkeypatch.setattr(long_claims, "DRAWS", {3: 300, 4: 60})
    results = [
        {"order": order, "batch": batch, **long_claims.only_the_hard_glass_unit(order, batch, seed=2)}
        for order in (3, 4)
        for batch in range(2)
    ]
    results += [{"order": 2, "batch": batch, "mean_exponential": 1.0287 + 1e-4 * batch} for batch in range(3)]
    assert judge(long_claims.only_the_hard_glass_judged(results)).verdict in ("holds", "inconclusive")
    [first, *_] = long_claims.energy_identity_unit(size=60, batch=0, seed=1)["energy"]
    assert -1.0 < first < 0.0


def test_the_scan_of_the_capacity_at_a_tiny_size():
    unit = device_claims.capacity_scan_unit(order=3, load=0.1, size=40, seed=1)
    assert len(unit["overlap"]) == device_claims.NETWORKS
    assert np.mean(unit["overlap"]) > 0.9
    results = [
        {"order": order, "load": load, "size": 40, "overlap": unit["overlap"]}
        for order in (3, 4)
        for load in (0.08, 0.11)
    ]
    assert judge(device_claims.capacity_scan_judged(results)).verdict in ("holds", "inconclusive")
