"""What scripts depend on: names, exact values, a user's own files, and what is refused."""

import json
import math

import numpy as np
import pytest

from phasebook import information
from phasebook.claims import load_paper
from phasebook.papers.good_regulator import gpu_claims, long_claims
from phasebook.results import as_json

PAPER = load_paper("good-regulator")
EXPERIMENTS = PAPER.experiments


@pytest.mark.parametrize(
    ("eigenvalues", "weight", "regimes"),
    [((1.0, 4.0), 2.0, [2 / 3, 1 / 3]), ((10.0, 1.0), 8.0, [4 / 9, 8 / 9]), ((3.0, 5.0), 0.0, [0.0, 0.0])],
)
def test_the_regime_has_the_names_that_scripts_use(eigenvalues, weight, regimes):
    data = EXPERIMENTS["regime"].run({"eigenvalues": eigenvalues}, seed=3)
    assert float(data.metric_weight_theory) == pytest.approx(weight, abs=1e-12)
    assert float(data.metric_weight_simulation) == pytest.approx(weight, abs=1e-5)
    np.testing.assert_allclose(data.regime_parameter_theory, regimes, atol=1e-12)
    np.testing.assert_allclose(data.regime_parameter_simulation, regimes, atol=1e-6)
    assert data.regime_parameter_theory.dims == ("direction",)
    assert float(data.condition_number_theory) == max(eigenvalues) / min(eigenvalues)


def test_an_infinite_weight_is_null_in_json():
    result = as_json(EXPERIMENTS["regime"].run({"functional": "kappa"}, seed=1), 0.0)
    variables = result["variables"]
    assert variables["metric_weight_theory"]["values"] is None
    assert variables["outcome_theory"]["values"] == variables["outcome_simulation"]["values"] == "infinite"
    assert variables["regime_parameter_theory"]["values"] == [1.0] * 4
    assert json.dumps(result, allow_nan=False)


@pytest.mark.parametrize("functional", list(information.FUNCTIONALS))
@pytest.mark.parametrize("alpha", ["min", "max", "trace"])
def test_both_roads_agree_for_every_functional(functional, alpha):
    data = EXPERIMENTS["regime"].run({"functional": functional, "alpha": alpha}, seed=2)
    assert str(data.outcome_theory.values) == str(data.outcome_simulation.values)
    assert float(data.alpha_simulation) == pytest.approx(float(data.alpha_theory), abs=1e-5)
    np.testing.assert_allclose(data.convergence_time_simulation, data.convergence_time_theory, atol=1e-9)


def test_rewriting_has_the_names_that_scripts_use():
    data = EXPERIMENTS["rewrite"].run({"rule": "BA -> AB", "orders": 5}, seed=1)
    assert data.events_simulation.dims == ("order",)
    assert data.events_simulation.values.tolist() == [12] * 5
    assert int(data.causal_classes_simulation) == int(data.final_states_simulation) == 1
    assert str(data.causally_invariant_theory.values).startswith("causally invariant")
    data = EXPERIMENTS["rewrite"].run(seed=1)
    assert int(data.causal_classes_simulation) >= 3
    assert int(data.final_states_simulation) == int(data.normal_forms_theory) == 1


def test_a_rule_that_never_ends_is_compared_down_to_a_causal_depth():
    given = {"rule": "{{x,y}} -> {{x,y},{y,z}}", "state": "{{0,0}}", "orders": 4, "events": 200}
    data = EXPERIMENTS["rewrite"].run(given, seed=1)
    assert int(data.compared_generations_simulation) == 7
    assert data.events_simulation.values.tolist() == [127] * 4
    assert not data.truncated_simulation.values.any()
    assert int(data.causal_classes_simulation) == 1
    assert math.isnan(float(data.normal_forms_theory))
    data = EXPERIMENTS["rewrite"].run({**given, "events": 3, "generations": 9}, seed=1)
    assert data.truncated_simulation.values.all()


def test_a_regulator_from_one_pair():
    given = {"tables": "copy", "observer_state": 2, "environment_state": 10, "jump": True}
    data = EXPERIMENTS["regulator"].run(given, seed=1)
    assert str(data.good_regulator_theory.values) == "no"
    # The first step is decided before the jump shows; the second acts on a dial that is one off, half of the time.
    assert data.alive_theory.values[:3].tolist() == [1.0, 1.0, 0.0]
    assert data.alive_simulation.values[1] == 1.0
    assert data.alive_simulation.values[2] == pytest.approx(0.5, abs=0.06)
    data = EXPERIMENTS["regulator"].run({**given, "jump": False}, seed=1)
    assert str(data.good_regulator_theory.values) == "yes"
    assert (data.alive_simulation == 1).all()


def test_a_user_s_tables_and_scores(tmp_path):
    information.write_observer(information.clock_world("clock"), tmp_path / "mine.npz")
    data = EXPERIMENTS["regulator"].run({"tables": tmp_path / "mine.npz"}, seed=1)
    assert int(data.pairs_theory) == 5
    np.save(tmp_path / "scores.npy", information.generated_scores([1.0, 4.0], 5000, 3))
    data = EXPERIMENTS["fisher"].run({"scores": tmp_path / "scores.npy", "damping": 2.0}, seed=1)
    # Standard errors: κ 0.11, the damped one less.
    assert float(data.condition_number_data) == pytest.approx(4.0, abs=0.5)
    assert float(data.damped_condition_number_data) == pytest.approx(2.0, abs=0.2)
    assert float(data.condition_number_low_data) < 4.0 < float(data.condition_number_high_data)
    assert float(data.smallest_direction_data) == pytest.approx(2 / 3, abs=0.06)
    assert str(data.noise_warning_data.values) == "none"


def test_few_scores_warn():
    scores = np.random.default_rng(1).standard_normal((100, 10))
    with pytest.warns(information.SamplingNoise):
        data = information.fisher_dataset(scores, "kappa-rho", 1.0, 0.0, 20, False, 1)
    assert "take more than" in str(data.noise_warning_data.values)


@pytest.mark.parametrize(
    ("experiment", "given", "sentence"),
    [
        ("regime", {"eigenvalues": (1.0, -1.0)}, "eigenvalues must be numbers in"),
        ("regime", {"functional": "rho", "power": 2.0}, "power applies to kappa-rho alone"),
        ("regime", {"functional": "speed"}, "functional must be one of"),
        ("rewrite", {"rule": "{{x,y}} -> {{x}}"}, "column 13: a relation of 1 nodes"),
        ("rewrite", {"rule": "BA = AB"}, "rule must be a text"),
        ("rewrite", {"state": "AAAA"}, "no rule matches"),
        ("rewrite", {"state": "{{0,1}}"}, "state must be letters"),
        ("regulator", {"observer_state": 1}, "belong together"),
        ("regulator", {"observer_state": 1, "environment_state": 77}, "state must be an integer in"),
    ],
)
def test_what_does_not_fit_is_refused(experiment, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        EXPERIMENTS[experiment].run(given, seed=1)


def test_jumps_belong_to_the_built_in_world(tmp_path):
    information.write_observer(information.clock_world("clock"), tmp_path / "mine.npz")
    with pytest.raises(ValueError, match="jump applies to the built-in world"):
        EXPERIMENTS["regulator"].run({"tables": tmp_path / "mine.npz", "jump": True}, seed=1)


def test_long_claims_at_a_small_size():
    rows = long_claims.measured_times(6, 1)
    assert all(len(row) == 2 + len(long_claims.NAMES) and row[0] > 0 and row[1] > 0 for row in rows)
    counts = long_claims.scanned(3, 5)
    assert counts["rules"] == 3
    assert counts["violations"] == 0
    assert counts["ended"] <= counts["passing"] <= 3


def test_the_accelerator_s_claim_at_a_small_size():
    found = gpu_claims.observed(8, 100, 3, events=3000)
    assert found["better"] == 8
    assert found["events"] == 3000
    assert found["conditions"] == sorted(found["conditions"])
    assert 0 <= found["mixed"] <= 8
