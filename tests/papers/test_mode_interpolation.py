"""What scripts depend on: names and options; units of the long claims at small size; what does not apply is refused."""

import numpy as np
import pytest

from phasebook.claims import judge, load_paper
from phasebook.papers.mode_interpolation import gpu_claims, long_claims
from phasebook.results import as_json
from phasebook.transport import TooFewSamples, gaussian_grid

EXPERIMENTS = load_paper("mode-interpolation").experiments


def test_smoothed_has_the_names_that_scripts_use():
    smoothed = EXPERIMENTS["smoothed"]
    assert {"modes", "smoothing", "samples", "window", "retention"} <= set(smoothed.parameters)
    given = {"modes": (1.0, 2.0, 4.0, 5.0), "smoothing": 0.2, "samples": 20_000, "window": 5}
    variables = as_json(smoothed.run(given, seed=2), 0.0)["variables"]
    for name in ("hallucination_rate", "removal", "between_modes"):
        low, value, high = (variables[f"{name}{end}_simulation"]["values"] for end in ("_low", "", "_high"))
        assert low < value <= high
    assert variables["hallucination_rate_simulation"]["values"] == pytest.approx(0.0261, abs=0.004)
    assert variables["hallucination_rate_exact"]["values"] == pytest.approx(0.0261, abs=1e-4)
    gaps = variables["gap_rate_exact"]["values"]
    assert sum(gaps) == pytest.approx(variables["between_modes_exact"]["values"])
    assert gaps[1] < 0.01 * gaps[0]
    assert 0.5 < variables["area_under_curve_simulation"]["values"] < 1


def test_no_hallucination_has_no_area_and_a_message():
    with pytest.warns(TooFewSamples, match="0 hallucinations and .* of 2000"):
        data = EXPERIMENTS["smoothed"].run({"smoothing": 0.0, "samples": 2000}, only="measurement")
    variables = as_json(data, 0.0)["variables"]
    assert variables["area_under_curve_simulation"]["values"] is None
    assert variables["removal_simulation"]["values"] is None
    assert 0 < variables["hallucination_rate_high_simulation"]["values"] < 3e-3


@pytest.mark.parametrize(
    ("experiment", "given", "message"),
    [
        ("smoothed", {"modes": (1.0,)}, "modes must be two to eight"),
        ("smoothed", {"modes": (1.0, 1.5)}, "modes must be more than 12 standard deviations apart"),
        ("smoothed", {"modes": (1.0, 1.0)}, "modes must not coincide"),
        ("smoothed", {"window": 1}, "window must be"),
        ("smoothed", {"retention": 1.0}, "retention must be"),
        ("staircase", {"steps": (1.5,)}, "steps must be whole numbers"),
        ("staircase", {"steps": (1.0, 1.0)}, "steps must be one to four different steps"),
        ("train", {"width": 12}, "width must be a multiple of 8"),
        ("train", {"data": "digits", "examples": 100}, "examples does not apply to digits"),
        ("recursion", {"steps": 10}, "steps does not apply to data=line"),
        ("recursion", {"data": "digits", "smoothing": 0.1}, "smoothing does not apply to networks"),
        ("train", {"data": "shapes", "examples": 20, "shared": True}, "shared does not apply to pictures"),
    ],
)
def test_what_does_not_apply_is_refused(experiment, given, message):
    with pytest.raises(ValueError, match=message):
        EXPERIMENTS[experiment].run(given)


@pytest.mark.filterwarnings("ignore::phasebook.transport.TooFewSamples")
def test_a_user_s_points_are_trained_on(tmp_path):
    np.save(tmp_path / "points.npy", 5 + 3 * gaussian_grid().sample(500, 1))
    given = {"data": tmp_path / "points.npy", "steps": 20, "samples": 64, "batch": 32, "width": 16}
    data = EXPERIMENTS["train"].run(given, seed=1)
    assert data.sample_map_simulation.dims == ("second", "first")
    assert 0 <= float(data.hallucination_rate_simulation) <= 1
    digits = EXPERIMENTS["train"].run({**given, "data": "digits"}, seed=1)
    assert digits.sample_map_simulation.shape == (36, 72)


def synthetic_grid(rate):
    """What a unit of a grid claim returns, drawn by hand: a share hallucinated, on lines, with large variances at the end."""
    generator = np.random.default_rng(3)
    bad = np.arange(4000) < rate * 4000
    return {
        "distance": np.where(bad, 10.0, 1.0),
        "to_axes": np.where(bad, 20.0, 1.0) if rate < 0.2 else np.ones(4000),
        "to_diagonals": np.where(bad, 20.0, 1.0) if rate > 0.2 else np.ones(4000),
        "covered": 25,
        **{f"variance_{window}": generator.random(4000) + bad * (window < 50) for window in (5, 10, 50)},
    }


def test_grid_claims_judge_what_their_units_return():
    worse, better = synthetic_grid(0.4), synthetic_grid(0.2)
    evidence = long_claims.trained_grid_judged([worse, better])
    assert len(evidence.comparisons) == 9
    assert judge(evidence).verdict == "holds"
    assert judge(long_claims.trained_grid_judged([better, worse])).verdict == "fails"
    assert judge(gpu_claims.paper_scale_grid_judged([better, synthetic_grid(0.1)])).verdict == "holds"
    assert judge(gpu_claims.paper_scale_grid_judged([better, worse])).verdict == "fails"


def test_units_of_the_grid_claims_run_small():
    row = long_claims.trained_grid_unit(steps=30, seed=1, batch=64, width=16, samples=300)
    assert set(row) == set(synthetic_grid(0.3))
    assert row["distance"].shape == row["variance_5"].shape == (300,)
    assert 0 <= row["covered"] <= 25
    turned = gpu_claims.paper_scale_grid_unit(True, 1, steps=30, batch=64, width=16, samples=300)
    assert set(turned) == set(row) - {"variance_5", "variance_50"}


def test_lines_of_the_grid_and_diagonals():
    grid = gaussian_grid()
    between = grid.modes[:4] + np.array([0.3, 0.0])
    assert long_claims.line_distance(grid.modes, between).max() < 1e-8
    diamond = gaussian_grid(rotated=True)
    along = 0.5 * (diamond.modes[0] + diamond.modes[1])[None]
    assert long_claims.line_distance(long_claims.turned(diamond.modes), long_claims.turned(along)).max() < 1e-8
    assert long_claims.line_distance(diamond.modes, along).max() > 6 * diamond.stddev


def test_recursive_training_runs_small(monkeypatch):
    monkeypatch.setattr(gpu_claims, "GRID_WIDTH", 16)
    row = gpu_claims.recursive_training_unit("variance", 1, steps=30, batch=64, examples=60, generations=1)
    assert row["handed_on_rate_simulation"].shape == (2,)
    rates = [{"handed_on_rate_simulation": [0, rate], "handed_on_rate_stderr": [0, 0.002]} for rate in (0.3, 0.31, 0.1)]
    assert judge(gpu_claims.recursive_training_judged(rates)).verdict == "holds"
    assert judge(gpu_claims.recursive_training_judged(rates[::-1])).verdict == "fails"


def test_the_shapes_claim_judges_what_its_unit_returns():
    generator = np.random.default_rng(1)
    bad = np.arange(500) < 40
    row = {
        "hallucinated": bad,
        "in_support": ~bad,
        "training_hallucinated": 0,
        "variances": generator.random((4, 500)) + bad,
    }
    evidence = gpu_claims.shapes_judged([row])
    assert judge(evidence).verdict == "holds"


def test_the_shapes_claim_runs_small(monkeypatch):
    monkeypatch.setattr(gpu_claims, "IMAGE_WINDOWS", ((150, 300), (0, 100)))
    row = gpu_claims.shapes_unit(2, 1, steps=1, batch=2, width=8, diffusion_steps=20)
    assert row["variances"].shape == (2, 2)
    assert row["training_hallucinated"] == 0
