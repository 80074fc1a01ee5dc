"""What scripts depend on: names and constants of the contract, a user's couplings and record, refusals, long claims made small."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from phasebook import networks
from phasebook.claims import judge, load_paper
from phasebook.papers.linear_equivalence import gpu_claims, long_claims
from phasebook.results import as_json

PAPER = load_paper("linear-equivalence")
EXPERIMENTS = PAPER.experiments
SMALL = {"duration": 20.0, "trajectories": 16}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"gain": 2, "noise": 4}, {"variance": 3.47416}),
        (
            {"gain": 3, "noise": 0},
            {"variance": 5.6374, "activity_variance": 0.7107, "effective_gain": 0.95562, "dimension": 0.0497},
        ),
        ({"gain": 2, "noise": 4, "step": 0.1}, {"variance": 3.5778, "effective_gain": 0.7773, "dimension": 0.560}),
        ({"gain": 2, "noise": 1, "dynamics": "discrete"}, {"dimension": 0.6358}),
        ({"gain": 0.7, "noise": 1, "nonlinearity": "linear"}, {"variance": 0.5 / np.sqrt(0.51), "effective_gain": 0.7}),
        (
            {"gain": 0.8, "noise": 0},
            {"variance": 0.0, "activity_variance": 0.0, "effective_gain": 0.8, "dimension": 0.0},
        ),
    ],
)
def test_the_mean_field_has_the_names_that_scripts_use(given, expected):
    variables = as_json(EXPERIMENTS["mean-field"].run(given), 0.0)["variables"]
    for name, value in expected.items():
        assert variables[f"{name}_theory"]["values"] == pytest.approx(value, rel=1e-3, abs=1e-6)
    assert variables["autocovariance_theory"]["dims"] == ["lag"]
    assert None not in variables["autocovariance_theory"]["values"]


def test_a_silent_network_says_so():
    found = EXPERIMENTS["mean-field"].run({"gain": 0.8, "noise": 0.0})
    assert str(found.outcome_theory.values) == "silent: only the trivial fixed point; the covariance is zero"
    for experiment in ("covariance", "dimension"):
        with pytest.raises(networks.SilentNetwork, match="only the trivial fixed point; covariance is zero"):
            EXPERIMENTS[experiment].run({"gain": 0.8, "noise": 0.0}, only="measurement")


def test_the_covariance_has_the_names_that_scripts_use():
    found = EXPERIMENTS["covariance"].run({"units": 60, **SMALL})
    names = {"correlation_simulation", "slope_simulation", "naive_correlation_simulation", "dimension_simulation"}
    assert names | {"dimension_stderr", "dimension_theory"} <= set(found.data_vars)
    np.testing.assert_array_equal(found.covariance_theory, found.predicted)
    assert found.covariance_simulation.dims == ("predicted",)


@pytest.mark.parametrize("suffix", [".npy", ".npz", "-sparse.npz", ".csv"])
def test_a_user_s_couplings_in_any_format_give_the_same_numbers(tmp_path, suffix):
    coupling = np.random.default_rng(1).standard_normal((40, 40)) / 5
    coupling[np.random.default_rng(2).random(coupling.shape) < 0.5] = 0.0
    path = tmp_path / f"own{suffix}"
    if suffix == ".npy":
        np.save(path, coupling)
    elif suffix == ".npz":
        np.savez(path, coupling)
    elif suffix == ".csv":
        np.savetxt(path, coupling, delimiter=",", fmt="%.17g")
    else:
        sparse.save_npz(path, sparse.csc_array(coupling))
    found = EXPERIMENTS["covariance"].run({"coupling": path, **SMALL})
    field = networks.mean_field_of(coupling, 4.0, "erf", 0.1)
    expected = networks.predict_covariance(coupling, field).equal_time
    assert float(found.given_dimension_theory) == pytest.approx(np.trace(expected) ** 2 / (40 * (expected**2).sum()))
    scaled = EXPERIMENTS["covariance"].run({"coupling": path, "gain": 0.5}, only="theory")
    assert float(scaled.dimension_theory) > float(found.dimension_theory)


def test_a_sparse_matrix_at_the_edge_of_stability_gets_its_warning(tmp_path):
    # Linear units with a slow mode exactly at 1: one eigenvalue of J is 1, its gain is below 1.
    matrix = sparse.lil_array((50, 50))
    matrix[0, 0] = 1.0
    matrix[3, 7] = 0.4
    path = tmp_path / "edge.npz"
    sparse.save_npz(path, sparse.csr_array(matrix))
    given = {"coupling": path, "nonlinearity": "linear", "noise": 1.0}
    with pytest.warns(networks.NearSingularWarning, match=r"unstable: Re γλ = 1 >= 1 at the eigenvalue γλ = 1\+0j"):
        EXPERIMENTS["covariance"].run(given, only="theory")


@pytest.mark.parametrize(
    ("experiment", "given", "sentence"),
    [
        ("covariance", {"dynamics": "discrete", "step": 0.1}, "step does not apply to dynamics=discrete"),
        ("covariance", {"trajectories": 11}, "trajectories must be a multiple of a number from 3 to 8; got 11"),
        ("covariance", {"nonlinearity": "linear", "gain": 1.5}, "gain of a linear network must be below 1"),
        ("mean-field", {"gain": 0.0}, "gain must be a number in"),
        ("own-activity", {"coupling": "FILE"}, "activity must be a file too"),
        ("own-activity", {"activity": "FILE"}, "coupling must be a file too"),
    ],
)
def test_options_that_do_not_apply_are_refused(tmp_path, experiment, given, sentence):
    file = tmp_path / "own.npy"
    np.save(file, np.random.default_rng(0).standard_normal((40, 40)))
    with pytest.raises(ValueError, match=sentence):
        EXPERIMENTS[experiment].run({name: file if value == "FILE" else value for name, value in given.items()})


@pytest.mark.parametrize("given", [{"units": 50}, {"matrix": 3}])
def test_options_of_random_couplings_do_not_apply_to_a_file(tmp_path, given):
    path = tmp_path / "own.npy"
    np.save(path, np.eye(20) / 2)
    with pytest.raises(ValueError, match="does not apply to couplings from a file"):
        EXPERIMENTS["covariance"].run({"coupling": path, **given}, only="theory")


def test_files_that_hold_no_couplings_are_refused(tmp_path):
    for name, array, sentence in (
        ("wide.npy", np.ones((3, 4)), r"square matrix with 2 to 20000 units; got shape \(3, 4\)"),
        ("nan.npy", np.array([[0.0, np.nan], [0.0, 0.0]]), "got nan at row 0, column 1"),
    ):
        np.save(tmp_path / name, array)
        with pytest.raises(ValueError, match=sentence):
            EXPERIMENTS["covariance"].run({"coupling": tmp_path / name})
    with pytest.raises(ValueError, match="coupling must be one of random, or a file"):
        EXPERIMENTS["covariance"].run({"coupling": Path(__file__)})


def test_a_user_s_record_is_compared(tmp_path):
    coupling, activity = networks.stand_in_record()
    np.save(tmp_path / "couplings.npy", coupling)
    np.save(tmp_path / "activity.npy", activity)
    given = {"coupling": tmp_path / "couplings.npy", "activity": tmp_path / "activity.npy"}
    found = EXPERIMENTS["own-activity"].run(given)
    assert found.drop_attrs().equals(EXPERIMENTS["own-activity"].run().drop_attrs())
    assert float(found.correlation_data) > 0.97
    assert float(found.slope_data) == pytest.approx(1.0, abs=0.1)


def test_long_claims_run_in_small_and_judge(monkeypatch):
    claims = PAPER.claims
    unit = long_claims.given_couplings_strong_drive_unit(units=60, matrix=0, seed=1)
    assert unit["correlation"] > 0.9
    assert unit["naive"] < 0.75
    rows = [{**case, **unit} for case in claims["given-couplings-strong-drive"].function(1)]
    for index, each in enumerate(rows):  # a scatter, so that there is an error to judge by
        rows[index] = {
            name: value + 1e-4 * (index % 3) if isinstance(value, float) else value for name, value in each.items()
        }
    assert len(judge(claims["given-couplings-strong-drive"].judge_function(rows)).comparisons) == 8
    ideal = [
        {**case, "activity": 10 + 0.1 * case["matrix"], "residual": (0.4 + 0.01 * case["matrix"]) * 250 / case["units"]}
        for case in claims["residuals"].function(1)
    ]
    assert judge(claims["residuals"].judge_function(ideal)).verdict == "holds"
    wrong = [{**row, "residual": row["activity"] - 0.01 * row["matrix"]} for row in ideal]
    assert judge(claims["residuals"].judge_function(wrong)).verdict == "fails"


def test_fourth_moments_of_a_small_map(monkeypatch):
    monkeypatch.setattr(long_claims, "QUADRUPLES", 2000)
    real = networks.simulate_activity
    monkeypatch.setattr(networks, "simulate_activity", lambda *a, **k: real(*a, **{**k, "duration": 40}))
    found = long_claims.wick_moments_unit(matrix=0, seed=3)
    assert found["slope"] == pytest.approx(1.0, abs=0.4)
    rows = [{"matrix": index, "slope": 0.985 + 0.002 * index, "stderr": 0.004} for index in range(4)]
    assert judge(PAPER.claims["wick-moments"].judge_function(rows)).verdict == "holds"


def test_the_gpu_claim_s_body_runs_in_small():
    found = gpu_claims.chaotic_agreement(units=100, matrix=0, seed=1, duration=40.0, trajectories=16, frequencies=24)
    assert all(np.isfinite(value) for value in found.values())
    assert 0 < found["dimension"] < 0.3
    cases = PAPER.claims["given-couplings-chaos"].function(1)
    rows = [
        {
            **case,
            "correlation": 0.98 + case["units"] / 4e5 + case["matrix"] * case["units"] / 1e7,
            "dimension": 0.0519 + case["matrix"] / 1e4,
        }
        for case in cases
    ]
    assert judge(PAPER.claims["given-couplings-chaos"].judge_function(rows)).verdict == "holds"


def test_the_device_s_road_agrees_with_ours():
    network = networks.RecurrentNetwork(1.0, 1.0, "erf", 0.1)
    coupling, field = networks.random_coupling(60, 1.0, seed=0), networks.solve_mean_field(network)
    ours = networks.predict_covariance(coupling, field)
    device = networks.predict_covariance(coupling, field, method="device")
    np.testing.assert_allclose(device.equal_time, ours.equal_time, atol=1e-6)
    groups = networks.simulate_covariances_on_device(network, coupling, duration=60, trajectories=64, seed=1).activity[
        0
    ]
    assert networks.agreement(ours.equal_time, groups).correlation.value > 0.95
    with pytest.raises(ValueError, match="nonlinearity must be erf, tanh or linear on a device"):
        networks.simulate_covariances_on_device(
            networks.RecurrentNetwork(1.0, 1.0, np.arctan, 0.1), coupling, duration=60, seed=1
        )


def test_reciprocal_couplings_in_small():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = long_claims.reciprocal_couplings_unit(units=100, matrix=0, seed=1)
    assert found["slope"] < 0.8
    assert found["residual"] < 0.05 * found["activity"]
