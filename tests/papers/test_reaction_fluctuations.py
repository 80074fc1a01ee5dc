"""What scripts depend on: names of variables, options that do not apply, a user's own files; and long claims in small."""

import numpy as np
import pytest

from phasebook.claims import judge, load_paper
from phasebook.papers.reaction_fluctuations import gpu_claims, long_claims
from phasebook.reactions import raster_series, write_rasters

PAPER = load_paper("reaction-fluctuations")
EXPERIMENTS = PAPER.experiments


@pytest.mark.parametrize(
    ("name", "given", "variables"),
    [
        (
            "decay",
            {"model": "two-species", "dimension": 2, "size": 64, "time": 10.0, "density": 0.2},
            {
                "density_theory",
                "density_simulation",
                "density_stderr",
                "local_exponent_simulation",
                "mean_field_theory",
            },
        ),
        (
            "percolation",
            {"size": 256, "time": 30},
            {"density_simulation", "density_stderr", "local_exponent_simulation"},
        ),
        (
            "spreading",
            {"time": 20, "runs": 256},
            {"survival_simulation", "number_simulation", "spread_simulation", "number_exponent_simulation"},
        ),
        (
            "predator-prey",
            {"time": 30.0, "size": 32},
            {"density_theory", "density_simulation", "frequency_theory", "frequency_simulation", "snapshot_simulation"},
        ),
        (
            "cyclic",
            {"time": 30.0, "size": 32},
            {"density_theory", "density_simulation", "frequency_theory", "frequency_simulation", "snapshot_simulation"},
        ),
    ],
)
def test_experiments_have_the_names_that_scripts_use(name, given, variables):
    assert variables <= set(map(str, EXPERIMENTS[name].run(given, seed=1).data_vars))


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("decay", {"second_density": 0.1}, "second_density applies to two-species alone"),
        ("decay", {"model": "two-species", "density": 0.7}, "must sum to at most 1"),
        ("decay", {"dimension": 3, "size": 1000}, "at most 67108864 sites"),
        ("percolation", {"replicas": 100}, "multiple of 64"),
        ("percolation", {"bond_probability": 1.5}, "bond-probability must be"),
        ("predator-prey", {"predators": 0.7, "prey": 0.7}, "must sum to at most 1"),
        ("cyclic", {"start": (0.5, 0.5)}, "start must be three densities"),
        ("own-lattice", {"density": 0.9}, "density must be at most 1/2"),
    ],
)
def test_options_that_do_not_fit_are_refused(name, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        EXPERIMENTS[name].run(given)


def test_lost_species_are_an_error_until_an_ensemble_is_chosen():
    given = {"predation": 0.55, "time": 400.0, "size": 32}
    with pytest.raises(ValueError, match="runs have lost a species"):
        EXPERIMENTS["predator-prey"].run(given, only="measurement")
    data = EXPERIMENTS["predator-prey"].run({**given, "ensemble": "all"}, only="measurement")
    assert float(data.extinction_simulation) == 1.0
    lost = EXPERIMENTS["cyclic"].run(
        {"mobility": 0.01, "size": 16, "time": 2000.0, "ensemble": "all"}, only="measurement"
    )
    assert float(lost.extinction_simulation) == 1.0
    assert np.isnan(lost.wavelength_simulation)


def test_a_user_s_rules_and_rasters(tmp_path):
    (tmp_path / "rules.txt").write_text("hop A @ 1\nA + A -> A @ contact  # coagulation\n")
    frames = (np.random.default_rng(1).random((5, 40, 40)) < 0.3).astype(int)
    write_rasters(raster_series(frames), tmp_path / "frames.npy")
    given = {"rules": tmp_path / "rules.txt", "raster": tmp_path / "frames.npy", "time": 2.0}
    data = EXPERIMENTS["own-lattice"].run(given)
    assert data.density_data.values[:, 0] == pytest.approx(frames.mean(axis=(1, 2)))
    assert data.density_theory.values[0] == pytest.approx(data.density_simulation.values[0])
    assert data.density_simulation.values[-1, 0] < data.density_theory.values[0, 0]
    with pytest.raises(ValueError, match="size does not apply where a raster gives the start"):
        EXPERIMENTS["own-lattice"].run({**given, "size": 64})
    (tmp_path / "still.txt").write_text("A -> 0 @ 0\n")
    with pytest.raises(ValueError, match="nothing can happen"):
        EXPERIMENTS["own-lattice"].run({"rules": tmp_path / "still.txt"})


def test_the_gpu_claim_in_small():
    results = [{**gpu_claims.reaction_gpu_unit(part, 128, seed=1), "part": part} for part in gpu_claims.PARTS]
    for result in results:
        assert result["parallel"] == pytest.approx(result["sequential"], rel=0.1)
        assert len(result["speed"]) == 3
    comparisons = judge(gpu_claims.reaction_gpu_judged(results)).comparisons
    assert len(comparisons) == 4


def test_a_long_claim_s_judge_reads_its_units():
    times = np.geomspace(50.0, 2000.0, 9)
    runs = [{"time": times, "density": 1 / (times / limit + np.sqrt(times))} for limit in (0.750, 0.752, 0.754)]
    assert judge(long_claims.annihilation_3d_judged(runs)).verdict == "holds"
    wrong = [{"time": times, "density": 1 / (times / limit + np.sqrt(times))} for limit in (0.70, 0.702, 0.704)]
    assert judge(long_claims.annihilation_3d_judged(wrong)).verdict == "fails"


def test_a_logistic_curve_is_fitted():
    x = np.linspace(-2, 2, 9)
    trials = np.full(9, 4000)
    chances = 1 / (1 + np.exp(-2.5 * (x - 0.3)))
    (middle, middle_error), (slope, slope_error) = long_claims._logistic(x, np.round(trials * chances), trials)
    assert middle == pytest.approx(0.3, abs=0.002)
    assert slope == pytest.approx(2.5, abs=0.01)
    assert 0 < middle_error < 0.02
    assert 0 < slope_error < 0.1
