"""Ion channels: published and exact limits, symmetries, simulation, fits, files."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from phasebook import information
from phasebook.papers.maxent_ion_channel.claims import random_channels
from phasebook.papers.maxent_ion_channel.gpu_claims import swept
from phasebook.papers.maxent_ion_channel.subject import channel_of_four_sites


@settings(max_examples=25, deadline=None)
@given(
    energy=st.floats(-4, 4),
    left=st.floats(0.001, 1),
    right=st.floats(0.001, 1),
    voltage=st.floats(-6, 6),
    mu=st.floats(-2, 3),
)
def test_one_site_in_closed_form(energy, left, right, voltage, mu):
    channel = information.IonChannel((energy,), 0.0, left, right, voltage, mu)
    found = information.transport(channel)
    assert found.current == pytest.approx(information.single_site_current(channel), rel=1e-9, abs=1e-14)
    assert found.entropy_production == pytest.approx(found.current * channel.affinity, rel=1e-6, abs=1e-12)


def test_energies_by_hand():
    channel = information.IonChannel((1.0, 2.0, 4.0), 0.6, 1.0, 1.0, 0.8)
    assert channel.energy[0b101] == pytest.approx(1 + 4 + 0.6 / 2 + 0.8 * (0.75 + 0.25))
    assert channel.energy[0b111] == pytest.approx(7 + 0.6 + 0.6 + 0.3 + 0.8 * 1.5)


@pytest.mark.parametrize("rates", ["symmetric", "metropolis", "fermi"])
def test_every_round_trip_gains_the_affinity(rates):
    channel = replace(channel_of_four_sites(1.3), rates=rates)
    moves = channel.transitions
    rate = {
        (int(a), int(b), left, right): value
        for a, b, left, right, value in zip(
            moves.source, moves.target, moves.left, moves.right, moves.rate, strict=True
        )
    }
    path = [(0, 1, 1.0, 0.0), (1, 2, 0.0, 0.0), (2, 4, 0.0, 0.0), (4, 8, 0.0, 0.0), (8, 0, 0.0, 1.0)]
    gain = sum(math.log(rate[a, b, x, y] / rate[b, a, -x, -y]) for a, b, x, y in path)
    assert gain == pytest.approx(channel.affinity, rel=1e-12)


def test_noise_is_the_curvature_by_an_ordinary_eigensolver():
    channel = information.IonChannel((0.4, -0.3), 0.8, 0.3, 0.1, 0.7, 1.0)

    def theta(s):
        return float(linalg.eigvals(information.generator(channel, s).toarray()).real.max())

    h = 2e-3
    found = information.transport(channel)
    assert (theta(h) - theta(-h)) / (2 * h) == pytest.approx(found.current, rel=1e-5)
    assert (theta(h) - 2 * theta(0) + theta(-h)) / h**2 == pytest.approx(found.noise, rel=1e-4)


def test_the_fluctuation_symmetry_of_strongly_driven_channels():
    for channel in random_channels(3, 12):
        for s in (0.2, -2.0):
            one, other = (information.cumulant_generating_function(channel, x) for x in (s, -s - channel.affinity))
            assert one == pytest.approx(other, abs=1e-10)


def test_mirror_images_have_opposite_currents():
    channel = information.IonChannel((-1.0, 0.5, 0.2), 1.0, 0.2, 0.03, 1.1, 1.0)
    # Seen from the other side, the voltage stands at the other bath: a constant moves into energies and potentials.
    image = information.IonChannel(
        tuple(e + 1.1 for e in reversed(channel.energies)), 1.0, 0.03, 0.2 * math.exp(1.1), -1.1, 1.0
    )
    shifted = replace(image, left_activity=0.03 * math.exp(1.1))
    assert information.transport(shifted).current == pytest.approx(-information.transport(channel).current, rel=1e-9)


def test_counted_charges_are_theorys():
    channel = channel_of_four_sites(2.0)
    found, theory = information.simulate_charges(channel, 40_000, runs=4, seed=1), information.transport(channel)
    assert found.current.value == pytest.approx(theory.current, abs=4 * found.current.stderr)
    assert found.fano_factor.value == pytest.approx(theory.fano_factor, abs=4 * found.fano_factor.stderr)
    np.testing.assert_allclose(found.occupation, theory.law, atol=0.01)
    again = information.simulate_charges(channel, 40_000, runs=4, seed=1, threads=1)
    assert again.charges == found.charges


def test_the_work_identity_and_what_it_needs():
    start = channel_of_four_sites(-math.log(28.0))
    unit = math.exp(-information.free_energy_change(start, 2.0))
    assert information.free_energy_change(start, 2.0) == pytest.approx(1.948261, abs=1e-6)
    assert information.mean_exponential_work(start, 2.0, 1.0) == pytest.approx(unit, rel=1e-9)
    assert information.mean_exponential_work(start, 2.0, 1.0, count_bath=False) / unit == pytest.approx(
        0.3589, abs=1e-3
    )
    works = information.ramped_work(start, 2.0, 0.3, runs=40_000, seed=2)
    weights = np.exp(-works) / unit
    assert weights.mean() == pytest.approx(1.0, abs=5 * weights.std() / 200)
    with pytest.raises(ValueError, match="reversal voltage"):
        information.ramped_work(channel_of_four_sites(0.0), 2.0, 1.0, runs=10, seed=1)


def test_large_channels_are_sparse_and_too_large_ones_refused():
    found = information.transport(information.IonChannel((0.0,) * 10, 1.0, 0.1, 0.01, 2.0, 1.0))
    assert 0 < found.current < 0.1
    with pytest.raises(information.StateSpaceTooLarge, match="at most 14"):
        information.IonChannel((0.0,) * 15, 1.0, 0.1, 0.01, 2.0)
    with pytest.raises(information.StateSpaceTooLarge, match="at most 9"):
        information.cumulant_generating_function(information.IonChannel((0.0,) * 10, 1.0, 0.1, 0.01, 2.0), 0.1)


def test_a_channel_of_two_sites_is_found_again_from_a_clean_curve():
    truth = information.IonChannel((-0.5, 0.8), 1.2, 0.3, 0.05, 0.0, 1.0)
    voltages = np.linspace(-5, 5, 15)
    here = [information.transport(replace(truth, voltage=float(v))) for v in voltages]
    currents, noise = (np.array([getattr(each, name) for each in here]) for name in ("current", "noise"))
    curve = information.CurrentCurve(voltages, currents, 1e-4 + 0 * noise, noise, 1e-4 + 0 * noise)
    found = information.fit_current_curve(curve, replace(truth, energies=(0.0, 0.0), repulsion=1.0), seed=1, starts=4)
    np.testing.assert_allclose(found.parameters, [-0.5, 0.8, 1.2], atol=1e-3)
    assert (np.diff(found.information) <= 0).all()


def test_energies_from_a_record():
    truth = information.IonChannel((-0.7, 0.4), 0.9, 0.3, 0.1, 0.5, 1.0)
    states, dwells = _record(truth, 20_000, 5)
    found = information.fit_record(states, dwells, replace(truth, energies=(0.0, 0.0), repulsion=0.0))
    assert np.abs((found.parameters - [-0.7, 0.4, 0.9]) / found.errors).max() < 4
    assert found.errors.max() < 0.1
    with pytest.raises(ValueError, match="no move of one charge"):
        information.fit_record([0, 3], [1.0, 1.0], truth)


def _record(channel, visits, seed):
    generator, moves = np.random.default_rng(seed), channel.transitions
    state, states, dwells = 0, [], []
    for _ in range(visits):
        here = np.flatnonzero(moves.source == state)
        total = moves.rate[here].sum()
        states.append(state)
        dwells.append(generator.exponential(1 / total))
        state = int(moves.target[generator.choice(here, p=moves.rate[here] / total)])
    return states, dwells


def test_many_channels_at_once_obey_the_second_law():
    found = swept(300, 1, sites=4)
    assert found["lowest"] >= 0
    assert found["defect"] < 1e-6


def test_files(tmp_path):
    curve = tmp_path / "curve.csv"
    curve.write_text("voltage_mV,current_pA\n-50,-1\n0,0.2\n50,1.5\n")
    found = information.read_current_curve(curve)
    assert found.voltages[2] == pytest.approx(50 / 25.69)
    assert found.currents[2] == pytest.approx(1.5 * 6.241509e6)
    record = tmp_path / "record.csv"
    record.write_text("state,dwell\n00,0.1\n10,0.2\n01,0.3\n")
    assert information.read_state_record(record).states.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        ("read_current_curve", "v,i\n1,2\n", "lacks column 'voltage_mv'"),
        ("read_current_curve", "voltage_mV,current_pA\n1,2\n", "at least 3 rows"),
        ("read_current_curve", "voltage_mV,current_pA\n1,2\n2,x\n3,4\n", "row 3: current_pa must be a number"),
        ("read_current_curve", "voltage_mV,current_pA\n1,2\n2,3\n3000,4\n", "must lie within"),
        ("read_state_record", "state,dwell\n01,1\n0,1\n01,1\n", "as many 0s and 1s"),
    ],
)
def test_wrong_files_name_what_is_wrong(tmp_path, reader, text, message):
    path = tmp_path / "file.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        getattr(information, reader)(path)
    assert "file.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"energies": ()}, "one finite number per site"),
        ({"left_activity": 0.0}, "left_activity must be positive"),
        ({"voltage": 90.0}, "in millivolts"),
        ({"repulsion": math.nan}, "repulsion must be finite"),
        ({"rates": "x"}, "rates must be"),
    ],
)
def test_wrong_channels_are_one_sentence(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(channel_of_four_sites(0.0), **changes)
