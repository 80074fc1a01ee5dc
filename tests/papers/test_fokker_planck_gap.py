"""What scripts depend on: the experiments' names and values, a user's points, refusals, and the long claims at a tiny size."""

import numpy as np
import pytest

from phasebook.claims import judge, load_paper
from phasebook.papers.fokker_planck_gap import claims, device_claims, long_claims

PAPER = load_paper("fokker-planck-gap")
EXPERIMENTS = PAPER.experiments


def test_analytic_has_the_names_that_scripts_use():
    analytic = EXPERIMENTS["analytic"]
    assert {"amplitude", "frequency", "horizon", "start", "paths", "steps"} == set(analytic.parameters)
    data = analytic.run({"amplitude": 0.2, "frequency": 2.0, "horizon": 3.0}, seed=1)
    assert float(data.distance_ode_sde_simulation) == pytest.approx(0.0633, rel=5e-3)
    assert float(data.distance_sde_truth_simulation) == pytest.approx(0.1102, rel=5e-3)
    assert float(data.distance_ode_truth_simulation) == pytest.approx(0.1630, rel=5e-3)
    assert float(data.bound_theory) == pytest.approx(0.0843, rel=0.01)
    assert (data.gap_simulation <= data.gap_theory + 1e-4).all()
    scores = (data.identity_ratio_simulation - data.identity_ratio_theory) / data.identity_ratio_stderr
    assert np.abs(scores).max() < 5
    assert data.density_simulation.values == pytest.approx(data.density_theory.values, abs=2e-3)


def test_the_stationary_start_adds_a_gap_of_its_own():
    # The exact start without a ripple has no gap; half the forward time leaves N(0, 1) visibly wider than N(0, 1/2).
    options = {"amplitude": 0.0, "horizon": 1.0, "start": "stationary", "paths": 1000, "steps": 50}
    data = EXPERIMENTS["analytic"].run(options, seed=1)
    assert float(data.distance_ode_sde_simulation) > 0.02
    assert float(data.distance_ode_sde_simulation) <= float(data.bound_theory)


def test_training_on_points_of_a_users_own(tmp_path):
    points = np.random.default_rng(0).normal([5.0, -2.0], [3.0, 1.0], (400, 2))
    file = tmp_path / "points.csv"
    np.savetxt(file, points, delimiter=",", header="x,y", comments="")
    train = EXPERIMENTS["train"]
    options = {"data": str(file), "weights": (0.1, 10.0), "steps": 20, "batch": 32, "samples": 2000}
    given = {
        name: train.parameters[name].parse(value) if isinstance(value, str) else value
        for name, value in options.items()
    }
    data = train.run(given, seed=1)
    assert data.squared_distance_simulation.dims == ("weight", "pair")
    assert data.pair.values.tolist() == ["ODE-SDE", "SDE-truth", "ODE-truth"]
    assert (data.floor_simulation > 0).all()
    assert "points.csv" in data.attrs["parameters"]
    assert str(tmp_path) not in data.attrs["parameters"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 5000}, "samples applies to data in the plane"),
        ({"weights": (-1.0,)}, "weights must be"),
        ({"data": "moons"}, "data must be one of"),
    ],
)
def test_training_refuses_what_does_not_apply(options, message):
    with pytest.raises(ValueError, match=message):
        EXPERIMENTS["train"].run(options, seed=0)


def test_the_long_claims_are_judged_by_what_they_measure():
    measured = long_claims.train_on_line(20, (0.0, 10.0), seed=1)
    assert {len(measured[name]) for name in ("ode_sde", "sde_truth", "ode_truth", "residual")} == {2}
    scatter = np.random.default_rng(0).uniform(0.9, 1.1, (8, 3, 1))
    good = [
        {
            "ode_sde": np.array([5e-3, 2e-3, 1e-3, 2e-4]) * factors ** [0, 0, 0, 1],
            "sde_truth": np.array([3e-3, 5e-3, 1e-2, 3e-2]) * factors ** [0, 0, 0, 1],
            "residual": np.array([3.0, 0.3, 0.05, 0.005]) * factors,
        }
        for factors in scatter
    ]
    assert judge(long_claims.line_gap_judged(good)).verdict == "holds"
    bad = [{**each, "ode_sde": each["ode_sde"] ** [1, 1, 1, 0.7]} for each in good]
    assert judge(long_claims.line_gap_judged(bad)).verdict == "fails"
    good[2]["residual"] = good[2]["residual"][:, [0, 2, 1, 3]]
    assert judge(long_claims.line_gap_judged(good)).verdict == "fails"
    floors = [{"value": value, "stderr": 0.02 * value, "dof": 39.0} for value in long_claims.FLOORS]
    assert judge(long_claims.floor_of_the_grid_judged(floors)).verdict == "holds"
    floors[0]["value"] *= 2
    assert judge(long_claims.floor_of_the_grid_judged(floors)).verdict == "fails"


def test_a_floor_of_a_tiny_grid_is_measured():
    floor = claims.transport_floor(np.full((4, 4), 1 / 16), 1000, 3, seed=0)
    assert floor.value > 0
    assert floor.dof == 2


def test_the_claim_for_a_device_runs_at_a_tiny_size():
    found = device_claims.train_in_plane("circles", steps=3, batch=64, samples=2000, width=8, seed=0)
    assert {len(values) for values in found.values()} == {4}
    stored = {
        "ode_sde": [0.015, 0.008, 0.006, 0.003],
        "sde_truth": [0.003, 0.004, 0.006, 0.02],
        "ode_truth": [0.014, 0.008, 0.007, 0.022],
    }
    results = [{"cloud": index, **stored} for index in range(3)]
    assert judge(device_claims.plane_gap_judged(results)).verdict == "holds"
    results[1] = {"cloud": 1, **stored, "ode_sde": [0.015, 0.008, 0.009, 0.003]}
    assert judge(device_claims.plane_gap_judged(results)).verdict == "fails"
