"""Branches and maps along the volume: what the figures are drawn from."""

import numpy as np
import pytest

from phasebook.claims import judge
from phasebook.papers.moment_closure_validity import paper
from phasebook.papers.moment_closure_validity.gpu_claims import sweep_agreement, sweep_gpu_judged
from phasebook.reactions import REASONS


@pytest.fixture(scope="module")
def branches():
    return paper.experiments["branches"].run({})


def test_pieces_meet_at_the_folds(branches):
    assert branches.special_volume_theory.values == pytest.approx([65.227, 0.60926], rel=1e-4)
    assert branches.kind.values.tolist() == ["fold", "fold"]
    for fold in branches.special_volume_theory.values:
        at = branches.mean_X_theory.sel(volume=fold, method="nearest")
        ends = ((branches.begins == "fold") | (branches.ends == "fold")).values & np.isfinite(at.values)
        assert sorted(branches.stable.values[ends].tolist()) == [False, True]
        assert np.ptp(at.values[ends]) < 1e-6


def test_pieces_are_functions_of_the_volume(branches):
    assert branches.sizes["piece"] == 5
    assert branches.stable.values.sum() == 3
    inside = np.isfinite(branches.mean_X_theory.values)
    for row in inside:
        there = np.flatnonzero(row)
        assert there.size == there[-1] - there[0] + 1
    # One stable state inside the window, two outside.
    count = (inside & branches.stable.values[:, None]).sum(axis=0)
    volumes = branches.volume.values
    assert (count[(volumes > 0.61) & (volumes < 65.2)] == 1).all()
    assert (count[(volumes < 0.609) | (volumes > 65.3)] == 2).all()


def test_exact_law_beside_the_branches(branches):
    exact = branches.mean_X_exact.values
    assert np.isfinite(exact).all()
    assert (np.diff(exact) > 0).all()
    assert exact[-1] == pytest.approx(3.97, abs=0.01)


def test_a_hopf_point_ends_stability():
    found = paper.experiments["branches"].run({"network": "brusselator", "low_volume": 1000.0, "high_volume": 20_000.0})
    assert found.stable.values.tolist() == [True, False]
    assert found.ends.values.tolist() == ["hopf", "bound"]
    assert found.begins.values.tolist() == ["bound", "hopf"]
    assert found.special_volume_theory.values == pytest.approx([7150.0], abs=10.0)
    assert "mean_X_exact" not in found


def test_a_map_shows_the_window():
    found = paper.experiments["validity-map"].run({"closure": "normal", "highest_order": 2, "volumes": 9})
    reasons = [REASONS[code] for code in found.verdict_theory.values[0]]
    valid = [place for place, reason in enumerate(reasons) if reason == "valid" and found.volume[place] > 0.2]
    assert reasons[-1] == "multistable"
    assert valid == list(range(valid[0], valid[-1] + 1))
    assert 0 < valid[0] < valid[-1] < 8
    assert (found.verdict_exact == REASONS.index("valid")).all()
    assert (np.diff(found.mean_exact.values) > 0).all()


@pytest.mark.parametrize("experiment", ["branches", "validity-map"])
def test_volumes_out_of_order(experiment):
    with pytest.raises(ValueError, match="low-volume must be below high-volume; got 5 and 2"):
        paper.experiments[experiment].run({"low_volume": 5.0, "high_volume": 2.0})


def test_the_sweep_of_the_gpu_claim_at_a_small_size():
    small = sweep_agreement("schloegl", seed=1, points=50, compared=50)
    assert small["same"] == small["compared"] == 50
    assert small["gap"] < 1e-6
    assert 0.1 < small["valid"] < 0.95
    assert judge(sweep_gpu_judged([small])).verdict == "holds"
    worse = {**small, "same": 49}
    assert judge(sweep_gpu_judged([worse])).verdict == "fails"
