"""Branches of steady states: their folds and Hopf points where bisection and root finding put them."""

import numpy as np
import pytest

from phasebook.errors import NotConverged
from phasebook.reactions import (
    birth_death,
    brusselator,
    dimerisation,
    moment_branch,
    moment_branches,
    moment_equations,
    pair_annihilation,
    run_to_end,
    schloegl,
    validity,
    validity_window,
)


def crossings(branch, volume):
    """States where a branch passes a volume, by lines between neighbors."""
    before, after = np.log(branch.volumes[:-1] / volume), np.log(branch.volumes[1:] / volume)
    for place in np.flatnonzero(before * after < 0):
        share = before[place] / (before[place] - after[place])
        yield (1 - share) * branch.curve.points[place] + share * branch.curve.points[place + 1]


def test_the_hopf_point_of_the_brusselator():
    branch = moment_branch(brusselator(1000.0), low=10.0, high=2e4)
    (hopf,) = branch.special_volumes("hopf")
    assert hopf == pytest.approx(7150.0, abs=10.0)
    assert branch.special_volumes("fold").size == 0
    assert branch.stable[branch.volumes < 0.999 * hopf].all()
    assert not branch.stable[branch.volumes > 1.001 * hopf].any()
    # Rate constants fix the mean of X at every volume.
    np.testing.assert_allclose(branch.concentrations[:, 0], 1.0, rtol=1e-9)
    assert branch.physical.all()
    assert branch.curve.residuals.max() < 1e-9


def test_the_window_of_the_bistable_network_lies_between_two_folds():
    branches = moment_branches(schloegl(10.0), "normal", 2, low=0.1, high=1000.0)
    folds = sorted(volume for branch in branches for volume in branch.special_volumes("fold"))
    window = validity_window(schloegl(), "normal", 2, inside=10.0, low=0.5, high=1000.0, tolerance=1e-3)
    assert len(folds) == 2
    assert window.low == pytest.approx(folds[0], rel=2e-3)
    assert window.high == pytest.approx(folds[1], rel=2e-3)


@pytest.mark.parametrize(("order", "low", "high"), [(2, 0.609, 65.2), (3, 0.346, 144.6)])
def test_folds_by_counting_stable_states(order, low, high):
    """The number of stable states that runs end in changes from one to two across each fold."""
    branches = moment_branches(schloegl(), "normal", order, low=0.1, high=1000.0)
    folds = [volume for branch in branches for volume in branch.special_volumes("fold")]
    assert sorted(folds) == pytest.approx([low, high], rel=2e-3)
    starts = np.linspace(0.0, 10.0, 9)[:, None] * high
    counts = [len(validity(schloegl(), "normal", order, high * side, starts=starts).ends) for side in (0.97, 1.03)]
    assert counts == [1, 2]


def test_every_end_of_a_run_lies_on_a_branch():
    branches = moment_branches(schloegl(100.0), "normal", 2, low=1.0, high=1000.0)
    for start in (0.0, 600.0):
        end = run_to_end(moment_equations(schloegl(100.0)), [start]).steady
        gaps = [np.abs(state - end.state).max() for branch in branches for state in crossings(branch, 100.0)]
        assert min(gaps) < 0.01


def test_the_exact_state_of_a_linear_network_at_every_volume():
    branch = moment_branch(birth_death(3.0), order=3, low=0.1, high=1e4)
    np.testing.assert_allclose(branch.concentrations, 10.0, rtol=1e-10)
    np.testing.assert_allclose(branch.covariances, 10.0, rtol=1e-10)
    assert branch.curve.special == ()
    assert branch.stable.all()
    assert branch.volumes[[0, -1]] == pytest.approx([0.1, 1e4])


def test_what_is_conserved_keeps_its_concentration():
    branch = moment_branch(dimerisation(2.0), low=0.5, high=50.0, horizon=500.0)
    np.testing.assert_allclose(branch.concentrations @ [1.0, 2.0], 100.0, rtol=1e-9)
    np.testing.assert_allclose(np.einsum("i,kij,j->k", [1.0, 2.0], branch.covariances, [1.0, 2.0]), 0.0, atol=1e-9)
    at = int(np.argmin(np.abs(branch.volumes - 2.0)))
    end = run_to_end(moment_equations(dimerisation(2.0)), horizon=500.0).steady
    assert branch.concentrations[at] == pytest.approx(end.means / 2.0, rel=1e-2)


def test_the_threshold_of_the_monostable_network():
    """A run diverges at once where the fold is near; the fold itself bounds the stable states from below."""
    branches = moment_branches(pair_annihilation(), low=1.0, high=100.0)
    folds = [volume for branch in branches for volume in branch.special_volumes("fold")]
    assert folds == pytest.approx([2.442], abs=0.002)


def test_wrong_input():
    with pytest.raises(ValueError, match=r"volumes must be 0 < low < high; got 3\.0 and 2\.0"):
        moment_branch(schloegl(), low=3.0, high=2.0)
    with pytest.raises(ValueError, match="network's volume must be between low and high; got 1"):
        moment_branch(schloegl(), low=3.0, high=20.0)
    with pytest.raises(ValueError, match="closure must be one of"):
        moment_branches(schloegl(), "gauss")
    with pytest.raises(NotConverged, match="ends in no steady state"):
        moment_branch(pair_annihilation(1.0), low=0.5, high=20.0)
