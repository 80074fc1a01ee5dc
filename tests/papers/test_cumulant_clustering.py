"""The paper on clustering of higher cumulants: contract of its experiments, published numbers, refusals, long claims in small."""

import numpy as np
import pytest

from phasebook import quantum
from phasebook.claims import judge, load_paper
from phasebook.evidence import Evidence
from phasebook.papers.cumulant_clustering import gpu_claims, long_claims
from phasebook.results import as_json

PAPER = load_paper("cumulant-clustering")


def run(experiment, only=None, **given):
    return PAPER.experiments[experiment].run(given, seed=1, only=only)


def test_the_reference_decay():
    data = run("decay", order=2)
    expected = [0.256908, 0.0704196, 0.0193050, 0.00529280, 0.00145159]
    assert np.allclose(data["cumulant_simulation"][:5], expected, rtol=3e-6)
    assert np.array_equal(data["free_cumulant_simulation"], data["cumulant_simulation"])
    assert float(data["rate_simulation"]) == pytest.approx(0.2741, abs=2e-4)
    assert float(data["rate_theory"]) == pytest.approx(0.27413314, abs=1e-8)


@pytest.mark.parametrize(
    ("model", "given", "rate"),
    [
        ("mixed-field", {"inverse_temperature": 0.15}, 0.1469),
        ("ising", {"order": 3}, 0.2850),
        ("ising", {"inverse_temperature": 0.4, "transverse_field": 0.0, "longitudinal_field": 0.3, "order": 2}, 0.3682),
        ("classical", {"inverse_temperature": 0.4, "longitudinal_field": 0.75}, 0.316434491953),
    ],
)
def test_rates_of_the_models(model, given, rate):
    data = run("decay", model=model, **given)
    assert float(data["rate_simulation"]) == pytest.approx(rate, abs=1e-9 if model == "classical" else 4e-4)
    assert float(data["rate_theory"]) == pytest.approx(rate, abs=6e-5)
    assert str(data["verdict_simulation"].values) == "same rate"


def test_free_fermions_decay_with_an_oscillation():
    data = run("decay", model="xx", sites=60, inverse_temperature=3.0, longitudinal_field=0.2, order=3)
    assert float(data["rate_simulation"]) == pytest.approx(float(data["rate_theory"]), rel=0.05)
    assert data["cumulant_simulation"].dtype.kind == "f"


def test_what_chance_finds_agrees_with_all_moments():
    scores = []
    for model in ("mixed-field", "classical", "xx"):
        data = run("decay", model=model, order=3, inverse_temperature=0.6)
        difference = data["sampled_cumulant_simulation"] - data["cumulant_simulation"]
        scores.append((difference / data["sampled_cumulant_stderr"]).values)
    scores = np.concatenate(scores)
    assert np.abs(scores).max() < 5
    assert np.sqrt(np.mean(scores**2)) < 1.6


def test_observables_of_ones_own_choice():
    data = run("decay", observables="ZYZ", order=3)
    assert data["cumulant_simulation"].dtype.kind == "c"
    assert np.abs(data["cumulant_simulation"].real).max() < 1e-15
    forbidden = run("decay", observables="XZY", order=3)
    assert forbidden["verdict_simulation"] == "the two-point function vanishes"
    assert run("decay", model="ising", observables="ZXZX")["verdict_simulation"] == "same rate"


def test_sequences():
    data = run("transform", moments=(0.0, 1.0, 0.0, 2.0, 0.0, 5.0, 0.0, 14.0))
    assert data["free_cumulants_theory"].values.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
    data = run("transform")
    assert data["classical_cumulants_theory"].values.tolist() == [0, 1, 0, -2, 0, 16, 0, -272]
    assert data["free_cumulants_theory"].values.tolist() == [0, 1, 0, -1, 0, 2, 0, -5]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": "ising"}, "a rate is undefined: the correlation is below 1e-12 at distance 1"),
        ({"inverse_temperature": 0.0}, "nothing is correlated, and a rate undefined"),
        ({"model": "xx", "longitudinal_field": 0.0, "order": 3}, "a rate is undefined"),
        ({"model": "classical", "transverse_field": 0.5}, "transverse-field does not apply to the model classical"),
        ({"model": "xx", "observables": "ZZZZ"}, "observables does not apply to the model xx"),
        ({"observables": "ZZ"}, "observables must be 4 letters for order 4; got 'ZZ'"),
        ({"sites": 13}, "sites must be at most 12 for mixed-field; got 13: phasebook.quantum.typical_state"),
        ({"order": 5}, "order must be one of 2, 3, 4"),
        ({"inverse_temperature": 5.0, "coupling": 2.0}, "must be at most 6; got 10"),
    ],
)
def test_what_has_no_rate_or_does_not_apply_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        run("decay", **given)


def test_the_names_that_scripts_use():
    decay = PAPER.experiments["decay"]
    options = {parameter.option for parameter in decay.parameters.values()}
    assert {
        "model",
        "sites",
        "inverse-temperature",
        "coupling",
        "transverse-field",
        "longitudinal-field",
        "order",
    } <= options
    variables = as_json(run("decay", model="classical", sites=8, order=3), 0.0)["variables"]
    assert {"cumulant_simulation", "free_cumulant_simulation", "rate_simulation", "rate_theory"} <= set(variables)
    assert variables["cumulant_simulation"]["dims"] == ["distance"]


def test_the_light_cone():
    data = run("light-cone", only="theory", sites=8)
    assert (np.diff(data["arrival_exact"]) > 0).all()
    assert float(data["outside_growth_exact"]) < 1.001
    assert float(data["inside_growth_exact"]) > 4
    assert float(data["velocity_exact"]) == pytest.approx(2.5, abs=0.2)
    measured = run("light-cone", only="measurement", sites=6, longest=1.0)
    assert (measured["commutator_simulation"][1:, 0] > measured["commutator_simulation"][1:, 2]).all()


def test_growth_inside_the_cone_of_eight_spins():
    state, times = quantum.thermal_state(quantum.mixed_field_chain(8), 0.3), (0.0, 1.0, 1.5)
    two = np.abs(quantum.cone_cumulants(state, "classical", "ZZ", 1, range(1, 6), times))
    four = np.abs(quantum.cone_cumulants(state, "classical", "ZXZZ", 2, range(1, 6), times))
    ratios = four / two
    assert np.allclose(ratios[:, 0], 0.252, atol=6e-4)
    assert np.allclose(ratios[:, 1], [0.479, 0.306, 0.257, 0.252, 0.252], atol=6e-4)
    assert np.allclose(ratios[:, 2], [0.703, 0.546, 0.340, 0.263, 0.253], atol=6e-4)


def test_rays_and_their_estimates():
    data = run("rays", longest=40.0)
    scores = (data["average_simulation"] - data["average_theory"]) / data["average_stderr"]
    assert np.abs(scores).max() < 6
    assert (data["slope_theory"] < -0.55).all()
    cold = run("rays", only="theory", longest=40.0, inverse_temperature=0.5, order=3)
    assert (cold["average_theory"] > 0).all()
    with pytest.raises(ValueError, match="velocities must be at most four different numbers"):
        run("rays", velocities=(0.0, 0.0))


def test_chains_and_states_of_ones_own(tmp_path):
    quantum.write_hamiltonian(quantum.mixed_field_chain(6), tmp_path / "own.csv")
    data = run("own-chain", hamiltonian=tmp_path / "own.csv", observables="ZZ", time=0.5)
    scores = (data["cumulant_simulation"] - data["cumulant_exact"]) / data["cumulant_stderr"]
    assert np.abs(scores).max() < 6
    ghz = np.zeros((64, 64))
    ghz[0, 0] = ghz[63, 63] = 0.5
    np.save(tmp_path / "state.npy", ghz)
    mixture = run("own-chain", density=tmp_path / "state.npy", observables="ZZ")
    assert np.allclose(mixture["cumulant_exact"], 1.0)
    assert np.allclose(mixture["cumulant_simulation"], 1.0, atol=0.2)
    with pytest.raises(ValueError, match="inverse-temperature does not apply to a density matrix"):
        run("own-chain", density=tmp_path / "state.npy", inverse_temperature=0.3)


def test_samples_of_ones_own(tmp_path):
    np.save(tmp_path / "rows.npy", quantum.example_samples(3))
    data = run("own-samples", samples=tmp_path / "rows.npy", order=2)
    chain = quantum.TransferChain(0.6, 0.2)
    exact = [quantum.classical_cumulant(chain.moment, (0, x)).real for x in range(1, 8)]
    assert (np.abs(data["cumulant_data"] - exact) < 6 * data["cumulant_stderr"]).all()
    assert float(data["cumulant_rate_data"]) == pytest.approx(chain.decay_rate, abs=0.06)
    with pytest.raises(ValueError, match="samples must have at least 4 columns for order 4; got 3"):
        quantum.own_samples_measured(np.zeros((9, 3)), 4, 0)


def test_long_claims_in_small():
    small = [long_claims.cone_bounds(sites, longest=1.0, points=11) | {"sites": sites} for sites in (7, 8)]
    assert all(max(each["outside"]) < 1 for each in small)
    assert all(max(each["inside"]) > 1 for each in small)
    slopes = long_claims.ray_slopes("hot", 1.2, sites=120, durations=(10.0, 20.0, 40.0))["slopes"]
    assert np.allclose(slopes, -1.0, atol=0.02)
    slopes = long_claims.ray_slopes("cold", 0.3, sites=120, durations=(10.0, 20.0, 40.0))["slopes"]
    assert max(slopes) < -0.5
    assert judge(long_claims.no_clustering.function(0)).verdict == "holds"


def test_the_accelerators_claim_in_small():
    result = gpu_claims.cone_of_random_vectors(8, 7, 24, 0.5, (1, 2, 3, 4, 5), 3, "numba")
    judged = gpu_claims.judged_time({**result, "time": 0.5})
    assert len(judged) > 10
    compared = judge(Evidence.all_of(*judged)).comparisons
    scores = [(each["measured"] - each["predicted"]) / each["stderr"] for each in compared if each["relation"] == "="]
    assert np.abs(scores).max() < 5
