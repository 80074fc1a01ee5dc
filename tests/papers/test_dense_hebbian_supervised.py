"""What scripts depend on: names and values of the experiments, a user's examples, and the long claims at a tiny size."""

import math

import numpy as np
import pytest

from phasebook import spins
from phasebook.claims import judge, load_paper
from phasebook.papers.dense_hebbian_supervised import device_claims, long_claims
from phasebook.results import as_json

EXPERIMENTS = load_paper("dense-hebbian-supervised").experiments


def values(name, given, **options):
    variables = as_json(EXPERIMENTS[name].run(given, **options), 0.0)["variables"]
    return {key: variable["values"] for key, variable in variables.items()}


def test_learning_has_the_names_that_scripts_use():
    given = {"interaction_order": 3, "load": 0.05, "quality": 0.5, "examples": 20, "temperature": 0.4}
    found = values("learning", {**given, "size": 100, "replicas": 12})
    assert found["overlap_theory"] == pytest.approx(0.92904, abs=1e-5)
    assert found["gaussian_overlap_theory"] == pytest.approx(0.93380, abs=1e-5)
    assert found["overlap_simulation"] == pytest.approx(0.929, abs=0.06)
    assert found["overlap_stderr"] > 0
    assert found["theory_applies_data"].startswith("yes")
    assert found["dataset_entropy_theory"] == pytest.approx(0.15)
    many = values("learning", {**given, "examples": 1000}, only="theory")
    assert many["overlap_theory"] == many["gaussian_overlap_theory"]
    frozen = values("learning", {"load": 0.0, "temperature": 0.0, "examples": 3, "size": 400, "replicas": 8})
    assert frozen["overlap_simulation"] == pytest.approx(frozen["overlap_theory"], abs=0.08)


def test_digits_as_archetypes():
    given = {"interaction_order": 3, "load": 0.01, "quality": 0.6, "examples": 40, "data": "digits"}
    found = values("learning", given)
    assert found["theory_applies_data"].startswith("no: patterns are correlated")
    assert 0.3 < found["overlap_simulation"] < found["overlap_theory"]
    figure = EXPERIMENTS["learning"].curve({**given, "examples": 9}, only="measurement")
    assert figure.sizes["examples"] == 1


def test_a_curve_takes_options_of_the_measurement_alone():
    curve = EXPERIMENTS["detection"].curve({"replicas": 2, "size": 20, "tensor_noise": 5.0})
    assert int(curve["first_recall_simulation"].notnull().sum()) == 1
    assert bool(curve["first_recall_theory"].notnull().any())


def test_thresholds_of_learning():
    found = values("examples-needed", {"orders": (3,), "load": 0.2, "quality": 0.2, "temperature": 0.0})
    assert found["dataset_entropy_theory"] == pytest.approx([0.5258], abs=1e-4)
    assert found["examples_theory"] == pytest.approx([0.96 / (0.5258 * 0.04)], rel=1e-3)
    assert values("examples-needed", {"orders": (3,), "load": 0.6})["examples_theory"] == [None]


def test_signs_of_a_phase_diagram_s_distances():
    inside = values("phase-diagram", {"load": 0.1, "examples": 100})
    assert inside["retrieval_margin_theory"] > 0
    assert inside["first_step_margin_theory"] > 0
    assert inside["phase_theory"] == "retrieval"
    outside = values("phase-diagram", {"load": 0.6, "examples": 100})
    assert outside["retrieval_margin_theory"] < 0
    assert outside["overlap_theory"] == pytest.approx(0.0, abs=1e-9)
    assert outside["advantage_theory"] == 0.0
    assert values("phase-diagram", {"interaction_order": 2, "load": 0.005})["advantage_theory"] > 0
    assert values("phase-diagram", {"load": 0.0, "quality": 1.0, "temperature": 0.0})["advantage_theory"] == 0.5


def test_detection_names_its_limit():
    found = values("detection", {"size": 30, "tensor_noise": 20.0, "replicas": 4})
    assert found["limit_theory"] == "tensor noise"
    assert found["effective_load_theory"] == pytest.approx(3 * 401 / 900)
    assert found["first_recall_simulation"] == pytest.approx(found["first_recall_theory"], abs=0.4)


def test_both_orders_of_plefka_s_expansion():
    data = EXPERIMENTS["plefka-iteration"].run({"size": 60, "replicas": 3}, seed=1)
    first, second = (float(data["overlap_simulation"].sel(expansion=name)) for name in ("first", "second"))
    assert first > second
    assert second == pytest.approx(float(data["overlap_theory"]), abs=0.06)


def noisy_copies(grey):
    generator = np.random.default_rng(1)
    archetypes = generator.choice([-1, 1], (4, 90))
    kept = np.where(generator.random((4, 30, 90)) < 0.75, 1, -1)
    X = (archetypes[:, None] * kept).reshape(-1, 90)
    return (255 * (X > 0)).astype(int) if grey else X, np.repeat(np.arange(4), 30)


def test_a_user_s_examples(tmp_path):
    X, y = noisy_copies(grey=False)
    spins.write_examples(X, y, tmp_path / "own.npz")
    found = values("own-examples", {"file": tmp_path / "own.npz", "orders": (3, 4)})
    assert found["quality_data"] == pytest.approx(0.5, abs=5 * found["quality_stderr"])
    assert min(found["accuracy_simulation"]) > 0.9
    assert found["theory_applies_data"].startswith("yes")
    assert found["count_classes"] == 4
    grey, y = noisy_copies(grey=True)
    spins.write_idx(grey.reshape(-1, 9, 10), tmp_path / "images-ubyte.gz")
    spins.write_idx(y, tmp_path / "labels-ubyte.gz")
    files = {"file": tmp_path / "images-ubyte.gz", "labels": tmp_path / "labels-ubyte.gz"}
    again = values("own-examples", {**files, "orders": (4,)})
    assert again["accuracy_data"][0] > 0.9
    assert again["accuracy_simulation"][0] > 0.9
    with pytest.raises(ValueError, match="unsupervised network"):
        values("own-examples", {"file": tmp_path / "images-ubyte.gz"})
    with pytest.raises(ValueError, match="labels must be left out where the file holds y"):
        values("own-examples", {"file": tmp_path / "own.npz", "labels": tmp_path / "labels-ubyte.gz"})
    with pytest.raises(ValueError, match="labels must be left out with the digits"):
        values("own-examples", {"labels": tmp_path / "labels-ubyte.gz"})


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("learning", {"quality": 0.0}, "quality must be"),
        ("learning", {"quality": 1.5}, "quality must be"),
        ("learning", {"examples": 0}, "examples must be"),
        ("learning", {"interaction_order": 7}, "interaction-order must be"),
        ("learning", {"data": "digits", "size": 100}, "size must be left out with data digits"),
        ("learning", {"data": "digits", "interaction_order": 6, "load": 0.1}, r"load asks for \d+ images"),
        ("learning", {"data": "faces"}, "data must be one of random, digits"),
        ("examples-needed", {"orders": (2.5,)}, "orders must be whole numbers from 2 to 20; got 2.5"),
        ("own-examples", {"file": "mine"}, "file must be"),
        ("own-examples", {"orders": (3, 4.5)}, "orders must be whole numbers"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(name, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        EXPERIMENTS[name].run(given)


def test_large_tensors_and_networks_are_refused_with_their_gigabytes():
    with pytest.raises(MemoryError, match=r"60\^5 couplings needs 5\.79 GB"):
        EXPERIMENTS["detection"].run({"interaction_order": 5, "size": 60}, only="measurement")
    with pytest.raises(MemoryError, match=r"need \d+\.\d+ GB"):
        EXPERIMENTS["learning"].run({"interaction_order": 6, "load": 0.3, "size": 400}, only="measurement")


def test_the_learning_curve_is_judged_from_small_batches(monkeypatch):
    monkeypatch.setattr(long_claims, "CURVE_NETWORKS", {60: 4, 100: 4})
    monkeypatch.setattr(long_claims, "SIZES", (60, 100))
    units = long_claims.learning_curve.function(1)
    assert len(units) == 32
    results = [{**unit, **long_claims.learning_curve_unit(**unit, seed=1)} for unit in units]
    judgement = judge(long_claims.learning_curve_judged(results))
    assert judgement.verdict != "error"
    assert len(judgement.comparisons) == 6


def test_detection_is_judged_from_small_batches(monkeypatch):
    monkeypatch.setattr(long_claims, "SCANNED_SIZES", {2: (30, 40, 50), 3: (20, 26, 32), 4: (12, 15, 18)})
    monkeypatch.setattr(long_claims, "COLLAPSE_SIZES", (24, 32))
    monkeypatch.setattr(long_claims, "SCAN_NETWORKS", 6)
    monkeypatch.setattr(long_claims, "COLLAPSE_NETWORKS", 4)
    results = [
        {**unit, **long_claims.ultra_detection_unit(**unit, seed=2)} for unit in long_claims.ultra_detection.function(1)
    ]
    judgement = judge(long_claims.ultra_detection_judged(results))
    assert judgement.verdict in ("holds", "inconclusive", "fails")
    assert len(judgement.comparisons) == 5


def test_plefka_s_accuracy_is_judged_from_a_small_batch(monkeypatch):
    monkeypatch.setattr(long_claims, "PLEFKA_NETWORKS", 3)
    monkeypatch.setattr(long_claims, "PLEFKA_BATCHES", {100: 1, 150: 1})
    monkeypatch.setattr(long_claims, "STAYS", -1.0)
    units = long_claims.plefka_accuracy.function(1)
    results = [{**unit, **long_claims.plefka_accuracy_unit(**unit, seed=1)} for unit in units]
    assert judge(long_claims.plefka_accuracy_judged(results)).verdict != "error"
    assert len(results[0]["seconds"]) == 3


def test_the_device_claim_at_a_tiny_size(monkeypatch):
    monkeypatch.setattr(device_claims, "SIZE", 80)
    monkeypatch.setattr(device_claims, "CHECKED", ((100, 64),))
    unit = device_claims.large_learning_curve_unit(classes=100, examples=64, seed=1, size=80)
    assert len(unit["overlap"]) == device_claims.NETWORKS
    assert unit["converged"] == [1.0] * device_claims.NETWORKS
    judgement = judge(device_claims.large_learning_curve_judged([{"classes": 100, "examples": 64, **unit}]))
    assert judgement.verdict in ("holds", "inconclusive")
    assert len(judgement.comparisons) == 3
    assert math.isfinite(np.mean(unit["sampled"]))
