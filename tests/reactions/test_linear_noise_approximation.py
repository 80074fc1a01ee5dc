"""Linear noise: exact for linear networks, fixed points, conservation, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.errors import NotConverged
from phasebook.reactions import (
    birth_death,
    brusselator,
    deterministic_fixed_points,
    dimerisation,
    gene_feedback,
    linear_noise,
    michaelis_menten,
    pair_annihilation,
    parse_network,
    schloegl,
    stationary_linear_noise,
    wilhelm,
)


def test_birth_and_death_is_exact():
    times = np.array([0.0, 0.5, 1.0, 5.0])
    found = linear_noise(birth_death(10.0), times)
    expected = 100.0 * (1.0 - np.exp(-times))
    assert found.mean[:, 0] == pytest.approx(expected, rel=1e-7)
    assert found.covariance[:, 0, 0] == pytest.approx(expected, rel=1e-7)


def test_gene_expression_in_two_stages():
    # Thattai and van Oudenaarden 2001: the Fano factor of the protein is 1 + b / (1 + ratio of lifetimes).
    text = "M = 0 \n P = 0 \n 0 -> M, 2 \n M -> 0, 1 \n M -> M + P, 5 \n P -> 0, 0.1"
    found = stationary_linear_noise(parse_network(text))
    assert found.stable
    assert found.mean == pytest.approx([2.0, 100.0])
    assert found.covariance[1, 1] / found.mean[1] == pytest.approx(1.0 + 5.0 / 1.1, rel=1e-6)
    assert found.covariance[0, 1] == pytest.approx(found.covariance[1, 0])


def test_molecules_that_switch_are_binomial():
    network = parse_network("A = 100 \n B = 0 \n A <-> B, 1, 3")
    found = stationary_linear_noise(network)
    assert found.mean == pytest.approx([75.0, 25.0])
    assert found.covariance == pytest.approx(np.array([[18.75, -18.75], [-18.75, 18.75]]))
    late = linear_noise(network, [20.0])
    assert late.covariance[0] == pytest.approx(found.covariance, abs=1e-6)


@given(st.floats(0.2, 5.0), st.floats(0.2, 5.0), st.floats(1.0, 50.0))
def test_pair_annihilation_by_hand(inflow, annihilation, volume):
    # f = k1 - 2 k2 x^2, D = k1 + 4 k2 x^2 = 3 k1, C = 3 k1 / (8 k2 x) = 3 x / 4.
    network = pair_annihilation(volume).with_parameters(k1=inflow, k2=annihilation)
    x = np.sqrt(inflow / (2.0 * annihilation))
    found = stationary_linear_noise(network)
    assert (found.mean[0], found.covariance[0, 0]) == pytest.approx((volume * x, 0.75 * volume * x), rel=1e-6)


@pytest.mark.parametrize(
    ("network", "points", "stable"),
    [
        (schloegl(), [[1.0], [2.0], [4.0]], [True, False, True]),
        (brusselator(), [[1.0, 2.0 / 0.9]], [False]),
        (pair_annihilation(), [[np.sqrt(0.5)]], [True]),
        (wilhelm(), [[0.0, 0.0], [2.0, 0.5], [6.0, 4.5]], [True, False, True]),
        (dimerisation(), [[20.0, 40.0]], [True]),
        (michaelis_menten(), [[0.0, 10.0, 0.0, 100.0]], [True]),
    ],
)
def test_fixed_points(network, points, stable):
    found = deterministic_fixed_points(network)
    assert found.concentrations == pytest.approx(np.array(points), abs=1e-8)
    assert found.stable.tolist() == stable


def test_an_open_network_with_conservation():
    found = deterministic_fixed_points(gene_feedback())
    assert found.concentrations.shape == (1, 4)
    assert found.concentrations[0, :2].sum() == pytest.approx(1.0)
    assert deterministic_fixed_points(parse_network("X = 1 \n 0 -> X, 1")).concentrations.shape == (0, 1)


def test_the_start_chooses_the_mode():
    low, high = (stationary_linear_noise(schloegl(10.0), start=[count]) for count in (0, 60))
    assert (low.mean[0], high.mean[0]) == pytest.approx((10.0, 40.0))
    # D / (2 |f'|) = 30 / 6 and 240 / 12, times the volume.
    assert (low.covariance[0, 0], high.covariance[0, 0]) == pytest.approx((50.0, 200.0), rel=1e-6)


def test_a_limit_cycle_has_no_stationary_noise():
    found = stationary_linear_noise(brusselator())
    assert not found.stable
    assert found.mean == pytest.approx([100.0, 2000.0 / 9.0])
    assert np.isnan(found.covariance).all()


@pytest.mark.parametrize("times", [[1.0, 1.0], [-1.0], [], [np.nan]])
def test_wrong_times(times):
    with pytest.raises(ValueError, match="times must"):
        linear_noise(birth_death(), times)


def test_refusals():
    with pytest.raises(ValueError, match="start must be 1 counts"):
        stationary_linear_noise(birth_death(), start=[1.0, 2.0])
    with pytest.raises(ValueError, match="remove event 'e'"):
        linear_noise(parse_network("X = 0 \n 0 -> X, 1 \n event e: X > 3, X = 0"), [1.0])
    with pytest.raises(NotConverged):
        linear_noise(parse_network("X = 10 \n 2X -> 3X, 1"), [1.0])
    with pytest.raises(NotConverged, match="the rate equations"):
        stationary_linear_noise(parse_network("X = 1 \n 0 -> X, 1"))
