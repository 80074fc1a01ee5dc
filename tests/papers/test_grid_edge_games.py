"""What scripts depend on: names of the contract, options that do not apply, a user's own files, long claims in the small."""

from pathlib import Path

import numpy as np
import pytest

from phasebook.claims import judge, load_paper
from phasebook.papers.grid_edge_games import long_claims, million_claim
from phasebook.results import as_json

DATA = Path(__file__).resolve().parents[1] / "data"
PAPER = load_paper("grid-edge-games")
EXPERIMENTS = PAPER.experiments


def test_the_equilibrium_has_the_names_that_scripts_use():
    given = {"storage_energy": 400.0, "storage_power": 100.0, "efficiency": 1.0, "days": 20, "agents": 500}
    result = as_json(EXPERIMENTS["equilibrium"].run(given, seed=1), 0.0)["variables"]
    for name in ("price_theory", "price_before_theory", "price_simulation"):
        assert result[name]["dims"] == ["hour"]
        assert result[name]["units"] == "$/MWh"
    assert result["price_theory"]["values"] == pytest.approx([74.181] * 24, abs=1e-3)
    assert result["exploitability_simulation"]["dims"] == ["day"]
    assert result["exploitability_simulation"]["units"] == "$/agent/d"
    assert result["variance_reduction_theory"]["values"] == pytest.approx(1.0, abs=1e-6)
    assert 0.5 < result["variance_reduction_simulation"]["values"] < 1.0
    assert result["peak_theory"]["values"] == pytest.approx(183.37, abs=0.01)
    assert result["peak_simulation"]["values"] > result["peak_theory"]["values"]


def test_the_dispatch_has_the_names_that_scripts_use():
    result = as_json(EXPERIMENTS["dispatch"].run({"line_limit": "1-2=80"}), 0.0)["variables"]
    assert result["objective_theory"]["values"] == pytest.approx(8174.670, abs=0.01)
    assert result["price_theory"]["dims"] == ["bus"]
    assert result["price_theory"]["values"][0] == pytest.approx(30.9661, abs=1e-3)
    assert result["generation_theory"]["dims"] == ["generator"]
    assert sum(result["generation_theory"]["values"]) == pytest.approx(259.0)


def test_a_user_s_case_is_dispatched_at_any_scale():
    own = EXPERIMENTS["dispatch"].run({"case": DATA / "matpower" / "case14.m", "load_scale": 1.5})
    shipped = EXPERIMENTS["dispatch"].run({"load_scale": 1.5})
    assert float(own.objective_theory) == pytest.approx(float(shipped.objective_theory), rel=1e-5)


def test_few_who_plan_anew_approach_and_all_at_once_do_not():
    constant = {"revision": "constant", "days": 30, "agents": 300}
    calm = EXPERIMENTS["equilibrium"].run(constant | {"revision_rate": 0.1}, only="measurement")
    wild = EXPERIMENTS["equilibrium"].run(constant | {"revision_rate": 1.0}, only="measurement")
    assert calm.exploitability_simulation[-1] < wild.exploitability_simulation[-1] / 10


@pytest.mark.parametrize(
    ("experiment", "given", "sentence"),
    [
        ("equilibrium", {"revision_rate": 0.1}, "revision-rate is for revision=constant"),
        ("equilibrium", {"efficiency": 1.2}, "efficiency must be"),
        ("equilibrium", {"storage_energy": 1e5, "storage_power": 1.0}, "at most 250 hours"),
        ("dispatch", {"load_scale": 3.0}, "hour 0: the net load of 777 MW exceeds the generators' 772.4 MW"),
        ("dispatch", {"line_limit": "1-14=80"}, "must name a branch of ieee14"),
        ("dispatch", {"line_limit": "1-2"}, "line-limit must be a text"),
        ("dispatch", {"case": DATA / "README.md"}, "case must be one of ieee14, or a file"),
        ("shock", {"generator": 2}, "generator is for kind=outage"),
        ("shock", {"kind": "outage", "size": 0.3}, "size is for kind=demand"),
        ("shock", {"first_day": 58}, "first-day"),
        ("own-day", {"date": "2025-01-01"}, "date is for a file"),
        ("own-day", {"load": DATA / "grid_hours.csv", "solar_share": 0.2}, "solar-share is for load=duck"),
        ("own-day", {"solar_capacity": 5.0}, "solar-capacity is for a file"),
        ("own-day", {"load": DATA / "grid_hours.csv", "solar_capacity": 5.0}, "column ghi and none pv; it has load"),
        ("own-day", {"supply": DATA / "grid_supply.csv", "slope": 0.1}, "slope is for supply=linear"),
        ("own-day", {"load": DATA / "grid_hours.csv", "date": "2025-01-01"}, "day must be mean or a whole day"),
    ],
)
def test_options_that_do_not_apply_are_refused(experiment, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        EXPERIMENTS[experiment].run(given)


def test_a_user_s_own_day_is_flattened():
    given = {"load": DATA / "grid_hours.csv", "date": "2025-03-30", "storage_energy": 60.0, "storage_power": 20.0}
    found = EXPERIMENTS["own-day"].run(given, only="theory")
    assert float(found.price_range_theory) < float(found.price_range_before_theory)
    assert found.sizes["hour"] == 24


def test_a_user_s_supply_curve_and_irradiance(tmp_path):
    lines = [f"{hour},{200 + 5 * hour},{max(0, 500 - 80 * abs(hour - 12))}" for hour in range(24)]
    (tmp_path / "sun.csv").write_text("\n".join(("hour,load,ghi", *lines)) + "\n")
    given = {"load": tmp_path / "sun.csv", "supply": DATA / "grid_supply.csv", "storage_energy": 60.0}
    found = EXPERIMENTS["own-day"].run(given | {"solar_capacity": 100.0}, only="theory")
    assert float(found.peak_before_theory) == pytest.approx(315.0)
    assert float(found.price_range_theory) < float(found.price_range_before_theory)
    with pytest.raises(ValueError, match=r"solar-capacity .* must be given"):
        EXPERIMENTS["own-day"].run(given, only="theory")


def test_a_shock_is_met_better_with_batteries():
    given = {"households": 100, "homes_per_household": 75.0, "first_day": 12, "length": 2, "days": 15}
    found = EXPERIMENTS["shock"].run(given, seed=1)
    worst = found.highest_price_theory.sel(storage="none")
    assert worst[11] > 800
    assert found.highest_price_simulation[11] < 100
    assert found.highest_price_simulation[8] < worst[8]


def test_the_long_claims_in_the_small():
    rows = [long_claims.network_run(200, 30, 20, seed) for seed in (1, 2)]
    assert all(row["peak_with"] < row["peak_without"] and row["shock_with"] < row["shock_without"] for row in rows)
    noise = [
        long_claims.weather_noise(agents, common, 150, seed=3) | {"agents": agents, "common": common}
        for agents in (100, 400, 1600, 10_000)
        for common in (0.0, 0.3)
    ]
    judged = judge(long_claims.noise_falls_with_homes_judged(noise)).comparisons
    assert judged[0]["measured"] == pytest.approx(-0.5, abs=0.1)
    assert judged[1]["measured"] is True
    earned = long_claims.mixed_earnings(200, 150, seed=4)
    assert np.array(earned["ratio"]) == pytest.approx(1.0, abs=0.15)
    year = million_claim.household_year(20_000, 60, seed=5)
    assert year["distance"] < 0.3
