"""The verdict on closed equations: windows of the bistable network, the threshold of the monostable one, conserved totals."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from phasebook.reactions import (
    UnsupportedPropensity,
    birth_death,
    brusselator,
    deterministic_starts,
    dimerisation,
    michaelis_menten,
    moment_equations,
    pair_annihilation,
    parse_network,
    read_network,
    run_to_end,
    schloegl,
    validity,
    validity_window,
)
from phasebook.reactions.validity import distinct_ends

MULTISTATE = Path(__file__).parent.parent / "data" / "bionetgen" / "multistate.net"


@pytest.mark.parametrize(("volume", "ends"), [(0.3, 2), (1.0, 1), (10.0, 1), (50.0, 1), (100.0, 2), (300.0, 2)])
def test_the_bistable_network_has_a_window(volume, ends):
    starts = volume * np.array([[0.0], [0.5], [2.5], [4.0], [6.0]])
    found = validity(schloegl(volume), "normal", 2, starts=starts)
    assert len(found.ends) == ends
    assert found.valid == (ends == 1)
    assert found.reason == ("valid" if ends == 1 else "multistable")
    means = [float(end.means[0]) / volume for end in found.ends]
    assert means == sorted(means)
    known = {1.0: [3.678], 10.0: [2.734], 100.0: [1.073, 3.839]}
    if volume in known:
        assert means == pytest.approx(known[volume], abs=1e-3)


def test_a_higher_order_exposes_the_artifact():
    assert validity(schloegl(100.0), "normal", 2).reason == "multistable"
    third = validity(schloegl(100.0), "normal", 3)
    assert third.valid
    assert third.ends[0].means[0] / 100 == pytest.approx(3.794, abs=2e-3)


@pytest.mark.parametrize(
    ("volume", "reason"), [(0.3, "diverged"), (1.0, "diverged"), (2.0, "diverged"), (2.5, "valid"), (100.0, "valid")]
)
def test_the_monostable_network_has_a_threshold(volume, reason):
    starts = [[0.0], [0.7 * volume], [3 * volume + 1]]
    found = validity(pair_annihilation(), "normal", 2, volume, starts=starts)
    assert found.reason == reason
    assert (found.volume, found.order, found.closure, len(found.runs)) == (volume, 2, "normal", 3)


def test_threshold_by_bisection():
    window = validity_window(pair_annihilation(), inside=10.0, low=1.0, high=20.0, tolerance=2e-3)
    assert window.low == pytest.approx(2.470, abs=0.01)
    assert window.high is None
    assert window.low_mean < window.high_mean


@pytest.mark.parametrize("volume", [1.0, 2.0])
def test_log_normal_is_valid_where_normal_is_not(volume):
    assert validity(pair_annihilation(volume), "lognormal", 2).valid


def test_sustained_oscillation_of_a_closure():
    found = validity(brusselator(100.0), "lognormal", 2, starts=[[1.0, 1.0]])
    assert found.reason in ("oscillating", "negative_variance")
    assert found.runs[0].ending in ("oscillating", "unphysical")
    assert not found.ends


@pytest.mark.parametrize("closure", ["normal", "poisson", "lognormal", "central", "derivative-matching"])
def test_linear_networks_are_valid_in_any_closure(closure):
    assert validity(birth_death(3.0), closure, 3).valid


@pytest.mark.parametrize("network", [dimerisation(), michaelis_menten(), michaelis_menten(20.0)])
@pytest.mark.parametrize("order", [2, 3])
def test_conserved_totals_make_no_further_ends(network, order):
    found = validity(network, "normal", order, horizon=200.0)
    assert (found.reason, len(found.ends)) == ("valid", 1)


def test_conserved_totals_of_nine_species():
    """Three laws among thousands of molecules: Newton's method must not wander along them."""
    found = validity(read_network(MULTISTATE), "normal", 2, horizon=10.0)
    assert (found.reason, len(found.ends)) == ("valid", 1)


def test_starts_keep_conserved_totals():
    starts = deterministic_starts(michaelis_menten(), 100.0)
    assert starts.shape == (5, 4)
    np.testing.assert_allclose(starts[:, 1] + starts[:, 2], 10.0, rtol=1e-5)
    np.testing.assert_allclose(starts[:, 0] + starts[:, 2] + starts[:, 3], 100.0, rtol=1e-5)


def test_starts_surround_the_stable_states():
    starts = deterministic_starts(schloegl(10.0)).ravel()
    assert starts == pytest.approx([0.0, 5.0, 25.0, 40.0, 65.0], rel=1e-3)


def test_ends_are_one_only_where_their_means_are():
    run = run_to_end(moment_equations(pair_annihilation(10.0)))
    shifted = [
        dataclasses.replace(run, steady=dataclasses.replace(run.steady, state=run.steady.state * factor))
        for factor in (1 + 1e-6, 1.01, 1.2)
    ]
    assert [len(distinct_ends([run, other])) for other in shifted] == [1, 2, 2]
    assert len(distinct_ends([run, *shifted])) == 3


def test_wrong_input():
    with pytest.raises(ValueError, match="closure must be one of"):
        validity(schloegl(), "gauss")
    with pytest.raises(ValueError, match="horizon must be a positive time; got -1"):
        validity(schloegl(), horizon=-1.0, starts=[[1.0]])
    with pytest.raises(ValueError, match="volume must be finite and positive; got 0"):
        validity(schloegl(), volume=0.0)
    with pytest.raises(ValueError, match="volumes must be 0 < low < inside < high"):
        validity_window(schloegl(), inside=1e5)
    with pytest.raises(
        ValueError, match="inside=1 must be a volume where the equations are valid; there they are diverged"
    ):
        validity_window(pair_annihilation(), inside=1.0)
    with pytest.raises(UnsupportedPropensity, match="use exact simulation or finite state projection"):
        validity(parse_network("0 -> X, 5 \n X -> 0, propensity: X/(1 + X)"))
