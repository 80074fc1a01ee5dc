"""What scripts depend on: the experiments' names and values, a user's phases, refusals, and the long claims at a tiny size."""

import numpy as np
import pytest

from phasebook import networks
from phasebook.claims import judge, load_paper
from phasebook.papers.synchronization_kpz import gpu_claims, long_claims

PAPER = load_paper("synchronization-kpz")
EXPERIMENTS = PAPER.experiments


def test_growth_has_the_names_that_scripts_use():
    growth = EXPERIMENTS["growth"]
    options = {"nonoddity", "noise", "noise_type", "size", "time", "step", "replicas"}
    assert options <= set(growth.parameters)
    data = growth.run({"size": 256, "time": 100.0, "replicas": 4}, seed=1)
    names = {"width_squared_theory", "width_squared_simulation", "width_squared_stderr", "skewness_simulation"}
    names |= {"effective_exponent_simulation", "slips_simulation", "regime_simulation", "velocity_simulation"}
    assert names <= set(map(str, data.data_vars))
    assert data.width_squared_simulation.dims == ("time",)
    assert str(data.law_theory.item()) == "Kardar-Parisi-Zhang"
    # W² = 0.63805 (Γt)^(2/3), Γ = |λ|A²/2 with A = σ²/2ν.
    amplitude = np.sin(1.2) * (0.15**2 / (2 * np.cos(1.2))) ** 2
    assert float(data.width_squared_theory[-1]) == pytest.approx(0.638048 * (100 * amplitude) ** (2 / 3), rel=1e-5)
    assert float(data.skewness_theory[-1]) == pytest.approx(-0.2934645, abs=1e-6)
    assert float(data.velocity_theory) == pytest.approx(float(data.velocity_simulation), rel=0.01)


def test_an_odd_ring_lies_on_its_exact_law():
    data = EXPERIMENTS["growth"].run({"nonoddity": 0.0, "noise": 0.05, "time": 100.0}, seed=2)
    assert str(data.law_theory.item()) == "Edwards-Wilkinson"
    scores = (data.width_squared_simulation - data.width_squared_theory) / data.width_squared_stderr
    assert np.abs(scores).max() < 5
    spectra = (float(data[f"structure_factor_{road}"][-1]) for road in ("simulation", "theory"))
    assert next(spectra) == pytest.approx(next(spectra), rel=0.1)
    assert (data.slips_simulation == 0).all()


def test_frozen_and_uncoupled_rings_have_their_laws():
    frozen = {"noise_type": "columnar", "nonoddity": 0.0, "noise": 0.01, "size": 1024, "time": 100.0}
    data = EXPERIMENTS["growth"].run(frozen, seed=1)
    assert "skewness_theory" not in data
    ratio = data.width_squared_simulation / data.width_squared_theory
    assert ratio.values == pytest.approx(1.0, abs=0.25)
    loose = EXPERIMENTS["growth"].run({"strength": 0.0, "size": 512, "time": 100.0}, seed=1)
    assert str(loose.law_theory.item()) == "random deposition"
    assert (loose.width_squared_simulation / loose.width_squared_theory).values == pytest.approx(1.0, abs=0.15)
    assert loose.kpz_coupling_theory == 0


def test_one_point_of_the_phase_diagram():
    point = {"noise": 3.0, "nonoddity": 0.5, "size": 256, "time": 100.0, "replicas": 4}
    data = EXPERIMENTS["phase-diagram"].run(point, seed=1)
    assert str(data.regime_simulation.item()) == "random-deposition"
    assert float(data.regime_index_simulation) == networks.LABELS.index("random-deposition")
    assert float(data.effective_exponent_simulation) == pytest.approx(0.5, abs=0.06)
    assert float(data.kpz_coupling_theory) == pytest.approx(2 * 9 * np.sin(0.5) ** 2 / np.cos(0.5) ** 3)
    assert 0 < data.repulsive_bonds_theory < 1
    odd = EXPERIMENTS["phase-diagram"].run({"nonoddity": 0.0}, only="theory")
    assert np.isinf(odd.crossover_time_theory)


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".nc"])
def test_a_user_s_phases_in_any_format_give_the_same_numbers(tmp_path, suffix):
    ring = networks.OscillatorRing(128, networks.sakaguchi_coupling(1.2), 0.15)
    times = networks.observation_times(120.0, 0.1, first=1.0, per_decade=15)
    phases = networks.simulate_ring(ring, times, step=0.1, seed=4, keep=True).phases[0]
    record = networks.PhaseRecord(np.append(0.0, times), np.concatenate([np.zeros((1, 128)), phases]), False)
    networks.write_phases(record, tmp_path / f"phases{suffix}")
    data = EXPERIMENTS["own-phases"].run({"file": tmp_path / f"phases{suffix}", "arcs": 4})
    assert data.width_squared_data.values == pytest.approx(phases.var(axis=1), rel=1e-9)
    assert data.sizes["time"] == len(times)
    assert str(data.regime_data.item()) in networks.LABELS


def test_a_wrapped_file_with_a_jump_too_large_is_refused(tmp_path):
    phases = np.zeros((4, 8))
    phases[2:, 5] = 3.1
    np.savez(tmp_path / "jump.npz", phases=phases)
    with pytest.raises(ValueError, match="wrapped phases must jump by less than pi between samples; oscillator 5"):
        EXPERIMENTS["own-phases"].run({"file": tmp_path / "jump.npz"})


@pytest.mark.parametrize(
    ("experiment", "given", "sentence"),
    [
        ("growth", {"time": 99.0}, "time must be"),
        ("growth", {"size": 3}, "size must be"),
        ("growth", {"noise": -1.0}, "noise must be"),
        ("growth", {"nonoddity": 1.6}, "nonoddity must be"),
        ("growth", {"step": 0.5, "strength": 2.0}, r"step must be at most 0\.25 for euler"),
        ("growth", {"noise_type": "columnar", "kicks": "uniform"}, "kicks are for noise_type=time"),
        ("own-phases", {"file": "none.npz"}, "file must|no file|No such file"),
        ("own-phases", {"arcs": 2}, "arcs must be"),
    ],
)
def test_what_does_not_fit_is_refused(experiment, given, sentence):
    with pytest.raises((ValueError, OSError), match=sentence):
        EXPERIMENTS[experiment].run(given)


def test_the_long_claims_run_through_at_a_tiny_size(monkeypatch):
    monkeypatch.setattr(long_claims, "SIZE", 128)
    monkeypatch.setattr(long_claims, "REPLICAS", 2)
    monkeypatch.setattr(long_claims, "DIAGRAM", 2)
    small = {"kpz-growth": 1, "columnar-kpz": 1}
    for name, units in small.items():
        claim = PAPER.claims[name]
        plans = [claim.function(1)[0], *claim.function(1)[-units:]]
        results = [{**plan, **claim.unit_function(**plan, seed=1)} for plan in plans]
        assert judge(claim.judge_function(results)).comparisons
    claim = PAPER.claims["phase-diagram"]
    result = claim.unit_function(noise_type="time", row=0, seed=1)
    assert result["label"][-1] == "random-deposition"
    assert len(result["exponent"]) == 2


def test_the_device_claim_runs_through_at_a_tiny_size():
    results = [gpu_claims.grow_on_device(64, 1000.0, 3, seed) for seed in (1, 2)]
    verdict = judge(PAPER.claims["kpz-gpu"].judge_function(results))
    assert [row["label"] for row in verdict.comparisons] == ["growth exponent", "skewness", "excess kurtosis"]
    assert PAPER.claims["kpz-gpu"].tier == "gpu"
