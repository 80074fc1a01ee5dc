"""The paper's claims: each quick one at a seed of its own, long and device bodies at a small size, options that do not apply."""

import numpy as np
import pytest

from phasebook import transport
from phasebook.claims import judge
from phasebook.papers import stochastic_interpolants
from phasebook.papers.stochastic_interpolants import device_claims, long_claims

PAPER = stochastic_interpolants.paper
# The flow of exact fields has its own test in tests/transport.
QUICK = [each for each in PAPER.claims.values() if each.tier == "quick" and each.name != "transport-is-exact"]


@pytest.mark.parametrize("claim", QUICK, ids=lambda claim: claim.name)
def test_a_quick_claim_holds(claim):
    assert judge(claim.function(11)).verdict == "holds"


def test_the_long_claim_at_a_small_size():
    row = long_claims.judged_training(1, 150, cells=800, stretches=60)
    assert row["flow"] > 0
    assert (np.array(row["diffusion"]) <= 1.01 * np.array(row["bounds"])).all()
    better = {**row, "flow": [0.1], "diffusion": [0.02, 0.01, 0.02, 0.05, 0.1], "bounds": [1.0] * 5}
    rows = [{**better, "flow": 0.1 + 0.01 * index**2} for index in range(5)]
    assert judge(long_claims.learned_on_the_line_judged(rows)).verdict == "holds"
    worse = [{**each, "flow": 0.01 * each["flow"]} for each in rows]
    assert judge(long_claims.learned_on_the_line_judged(worse)).verdict == "fails"


def test_the_device_claims_at_a_small_size():
    found = device_claims.outside_shares(1, steps=3, batch=16, width=8, samples=50)
    assert 0 <= found["ode"] <= 1
    assert 0 <= found["sde"] <= 1
    rows = [{"ode": 0.05, "sde": 0.03, "samples": 50_000.0}] * 3
    assert judge(device_claims.checkerboard_judged(rows)).verdict == "holds"
    assert judge(device_claims.checkerboard_judged([{**row, "ode": 0.02} for row in rows])).verdict == "fails"
    few = device_claims.mixture_divergences(
        1, dimension=3, steps=250, batch=256, width=32, samples=1000, moves=20, noises=(0.5,)
    )
    assert np.isfinite(few).all()
    table = [{"divergence": [1.0 + 0.01 * i, 0.5, 0.2 - 0.01 * i, 0.21, 0.4, 0.9 + 0.02 * i]} for i in range(3)]
    assert judge(device_claims.many_dimensions_judged(table)).verdict == "holds"


def test_options_that_do_not_apply_are_refused():
    with pytest.raises(ValueError, match="training-steps applies to fields=learned"):
        PAPER.experiments["transport"].run({"training_steps": 5})
    with pytest.raises(ValueError, match="both be files, or both synthetic"):
        PAPER.experiments["own-clouds"].run({"start": _file()})


def test_learned_fields_carry_the_mixture(tmp_path, monkeypatch):
    monkeypatch.setenv("PHASEBOOK_CACHE", str(tmp_path))
    options = {"fields": "learned", "training_steps": 60, "samples": 300, "steps": 20}
    found = PAPER.experiments["transport"].run(options, only="measurement", seed=2)
    assert float(found.log_density_error_simulation) > 0.1


def test_own_clouds_from_files(tmp_path):
    start, end = transport.synthetic_clouds(300, 1)
    for name, cloud in (("start", start), ("end", end)):
        np.save(tmp_path / f"{name}.npy", cloud)
    options = {"start": tmp_path / "start.npy", "end": tmp_path / "end.npy", "training_steps": 50, "noise": 0.5}
    found = PAPER.experiments["own-clouds"].run(options, seed=1)
    assert float(found.sliced_distance_simulation) < float(found.start_distance_data)


def _file():
    from phasebook.claims import UserFile

    return UserFile(np.zeros((5, 2)), "start.npy", "0" * 64, 80)
