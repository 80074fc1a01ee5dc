"""Histories, regimes and files of phases: known moments, known classes, round trips, bad inputs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import networks, numerics


def history(nonoddity, noise, *, end=300.0, size=1024, replicas=16, randomness="time", seed=1):
    ring = networks.OscillatorRing(size, networks.sakaguchi_coupling(nonoddity), noise, randomness)
    times = networks.observation_times(end, 0.1, first=1.0)
    return networks.simulate_ring(ring, times, step=0.1, replicas=replicas, seed=seed)


def test_moments_are_those_of_numpy_and_scipy():
    from scipy import stats

    phases = np.random.default_rng(0).gamma(2.0, size=(3, 5, 400)).cumsum(axis=1)
    [ring] = [networks.history_of_phases([1.0, 2, 3, 4, 5], phases[0], arcs=8)]
    skewness, error = ring.skewness()
    assert skewness == pytest.approx(stats.skew(phases[0], axis=1), rel=1e-9)
    kurtosis, _ = ring.excess_kurtosis()
    assert kurtosis == pytest.approx(stats.kurtosis(phases[0], axis=1), rel=1e-9)
    assert ring.width_squared.mean(axis=0) == pytest.approx(phases[0].var(axis=1), rel=1e-12)
    assert (error > 0).all()


@given(shift=st.floats(-1e3, 1e3), scale=st.floats(0.1, 10))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_shape_ignores_shifts_and_units(shift, scale):
    phases = np.random.default_rng(1).gamma(2.0, size=(3, 128)).cumsum(axis=0)
    base, moved = (networks.history_of_phases([1, 2, 3], each, arcs=4) for each in (phases, shift + scale * phases))
    assert moved.skewness()[0] == pytest.approx(base.skewness()[0], abs=1e-6)
    assert moved.width_squared == pytest.approx(scale**2 * base.width_squared, rel=1e-6)


def test_arcs_give_the_error_of_the_whole_ring():
    """Independent phases: the jackknife over arcs is the error of the skewness of L normal numbers, sqrt(6/L)."""
    generator, errors, values = np.random.default_rng(2), [], []
    for _ in range(60):
        found = networks.history_of_phases([1, 2], generator.standard_normal((2, 2000)), arcs=10)
        values.append(found.skewness()[0][0])
        errors.append(found.skewness()[1][0])
    assert np.mean(np.square(errors)) == pytest.approx(6 / 2000, rel=0.2)
    assert np.var(values) == pytest.approx(6 / 2000, rel=0.5)


def test_errors_over_replicas_are_the_scatter_of_repetitions():
    uncoupled = networks.OscillatorRing(64, noise=0.2, strength=0.0)
    skewness, velocity = [], []
    for seed in range(80):
        found = networks.simulate_ring(uncoupled, [1, 2, 3], step=0.1, replicas=10, seed=seed, threads=1)
        window = found.mean_skewness(1, 3)
        skewness.append((window.value, window.stderr))
        _, speeds, error = found.velocity()
        velocity.append((speeds[:, 1].mean(), error[1]))
    for pairs in (skewness, velocity):
        values, errors = np.array(pairs).T
        # Eighty repetitions know their own scatter to 8%.
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=0.35)


def test_spectrum_and_height_differences_of_a_known_surface():
    size, site = 64, np.arange(64)
    phases = 0.3 * np.cos(2 * np.pi * 3 * site / size)
    spectrum = networks.structure_factor(phases)
    assert spectrum[3] == pytest.approx(0.3**2 / 4 * size)
    assert np.delete(spectrum, 3) == pytest.approx(0, abs=1e-20)
    differences = networks.height_difference(phases, [0, 1, 32])
    assert differences == pytest.approx(0.3**2 * (1 - np.cos(2 * np.pi * 3 * np.array([0, 1, 32]) / size)))
    noisy = networks.OscillatorRing(128, noise=0.1)
    last = networks.simulate_ring(noisy, [20.0], step=0.1, replicas=400, seed=3).last
    exact = networks.edwards_wilkinson_spectrum([20.0], 128, 1.0, 0.1, step=0.1)[0]
    assert networks.structure_factor(last)[1:] == pytest.approx(exact[1:65], rel=0.4)
    assert networks.structure_factor(last)[1:].mean() == pytest.approx(exact[1:65].mean(), rel=0.03)


@pytest.mark.parametrize(
    ("nonoddity", "noise", "randomness", "label"),
    [
        (0.0, 0.15, "time", "edwards-wilkinson"),
        (1.2, 0.15, "time", "kpz"),
        (-1.2, 0.15, "time", "kpz"),
        (1.2, 0.3, "time", "distorted"),
        (0.6, 3.0, "time", "random-deposition"),
        (0.0, 0.05, "columnar", "edwards-wilkinson"),
        (1.2, 0.05, "columnar", "kpz"),
        (0.6, 3.0, "columnar", "random-deposition"),
    ],
)
def test_rings_are_classified(nonoddity, noise, randomness, label):
    found = networks.regime(history(nonoddity, noise, randomness=randomness), randomness)
    assert found.label == label, str(found)
    assert label.split("-")[0] in str(found).lower() or found.reason


def test_growth_faster_than_any_class_without_slips_is_unstable():
    times = np.geomspace(1, 1000, 31)
    generator = np.random.default_rng(0)
    phases = 1e-4 * times[:, None] ** 0.7 * generator.standard_normal(512)
    assert networks.regime(networks.history_of_phases(times, phases)).label == "unstable"


def test_a_ring_near_the_loss_of_diffusion_is_no_kpz_surface():
    found = networks.regime(history(1.4, 0.1))
    assert found.label == "unstable", str(found)
    ring = networks.OscillatorRing(64, networks.sakaguchi_coupling(1.4), 0.1)
    # A bond is repulsive beyond pi/2 - 1.4, which is 0.99 standard deviations of the slopes.
    assert networks.repulsive_share(ring) == pytest.approx(0.161, abs=0.005)


def test_times_that_feel_the_size_are_left_out_of_the_regime():
    small = history(0.0, 0.1, size=64, end=1000.0)
    with pytest.warns(numerics.ScalingWarning, match="feels its size"):
        found = networks.regime(small, coupling_rate=1.0)
    assert found.window[1] == pytest.approx(51.2)
    assert "nearly stopped growing" in networks.regime(small).reason


def test_a_saturated_width_and_short_records_are_refused_or_said():
    with pytest.raises(ValueError, match="times must span at least 2 decades"):
        networks.regime(networks.history_of_phases(np.arange(1.0, 50), np.random.default_rng(0).normal(size=(49, 64))))
    with pytest.raises(ValueError, match="randomness must be"):
        networks.regime(history(0.0, 0.1, end=100.0, replicas=2), "space")


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".nc"])
def test_a_file_gives_back_the_same_phases(tmp_path, suffix):
    record = networks.phase_record(np.random.default_rng(0).normal(0, 5, (6, 8)).cumsum(axis=0), np.arange(6) * 0.5)
    assert not record.was_wrapped
    networks.write_phases(record, tmp_path / f"phases{suffix}")
    again = networks.read_phases(tmp_path / f"phases{suffix}")
    assert again.phases == pytest.approx(record.phases, rel=1e-15)
    assert again.times == pytest.approx(record.times)


@pytest.mark.parametrize("low", [0.0, -math.pi])
def test_wrapped_phases_are_unwrapped_in_time(low):
    true = np.cumsum(np.random.default_rng(0).uniform(-2.5, 2.5, (300, 6)), axis=0)
    record = networks.phase_record(low + (true - low) % (2 * math.pi))
    assert record.was_wrapped
    assert record.phases - record.phases[0] == pytest.approx(true - true[0], abs=1e-9)
    assert record.from_start().phases == pytest.approx((true - true[0])[1:], abs=1e-9)
    assert record.from_start().times[0] == 1.0


def test_a_wrapped_jump_that_is_too_large_is_refused(tmp_path):
    true = np.zeros((5, 4))
    true[3:, 2] = 3.0
    wrapped = np.random.default_rng(0).uniform(-0.1, 0.1, 4) + true
    np.savez(tmp_path / "jump.npz", phases=wrapped)
    with pytest.raises(
        ValueError, match=r"jump by less than pi between samples; oscillator 2 jumps by 3\.00 after sample 2"
    ):
        networks.read_phases(tmp_path / "jump.npz")
    # The same jump in phases that are not wrapped is a measurement.
    assert networks.phase_record(np.concatenate([wrapped, wrapped + 30])).phases[3, 2] > 2.5


def test_phases_of_signals():
    times = np.linspace(0, 40, 2001)
    true = 2.0 * times[:, None] + 0.3 * np.sin(0.4 * times[:, None] + np.arange(5))
    found = networks.phases_of_signals(1.7 + np.cos(true))
    inner = slice(300, -300)
    assert np.diff(found[inner], axis=0) == pytest.approx(np.diff(true[inner], axis=0), abs=0.01)
    with pytest.raises(ValueError, match="number 1 is constant"):
        networks.phases_of_signals(np.column_stack([np.cos(times), np.ones_like(times)]))


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "a.csv", "holds no rows"),
        ("1,2,3,4\n1,x,3,4\n", "a.csv", "row 2 must hold 4 numbers"),
        ("1,2,3,4\n1,2,3\n", "a.csv", "row 2 must hold 4 numbers"),
        ("1,2,3\n" * 4, "a.csv", "at least 3 times × 4 oscillators"),
        ("1,2,3,4\n" * 2, "a.csv", "at least 3 times × 4 oscillators"),
        ("time,a,b,c,d\n1,1,2,3,4\n1,1,2,3,4\n2,1,2,3,4\n", "a.csv", "finite times that increase"),
        ("1,2,3,nan\n" * 3, "a.csv", "1 values are NaN|3 values are NaN"),
        ("nothing", "a.npz", "is no NPZ file"),
        ("nothing", "a.nc", "is no NetCDF file"),
        ("nothing", "a.txt", r"must be in a \.npz, \.csv or \.nc file"),
    ],
)
def test_files_that_hold_no_phases_are_refused(tmp_path, content, name, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        networks.read_phases(tmp_path / name)


def test_wrong_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "b.npz", angles=np.zeros((4, 4)))
    with pytest.raises(ValueError, match="lacks the array 'phases'; it holds angles"):
        networks.read_phases(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", phases=np.zeros((4, 4), complex))
    with pytest.raises(ValueError, match="must be real numbers"):
        networks.read_phases(tmp_path / "c.npz")
    with pytest.raises(ValueError, match="there is no file"):
        networks.read_phases(tmp_path / "d.npz")
    with pytest.raises(ValueError, match="has no 8 arcs of at least 4"):
        networks.history_of_phases([1, 2], np.zeros((2, 16)))
    with pytest.raises(ValueError, match="times must be at least 2"):
        networks.history_of_phases([2, 1], np.zeros((2, 64)))


def test_the_device_program_follows_the_same_law():
    """JAX's random numbers and trigonometry against the exact sum, and its deterministic part against the compiled kernel."""
    ring = networks.OscillatorRing(64, noise=0.05)
    found = networks.simulate_ring_on_device(ring, [1.0, 4.0], step=0.1, replicas=64, seed=1)
    exact = networks.edwards_wilkinson_width(found.times, 64, 1.0, 0.05, step=0.1)
    assert found.width_squared.mean(axis=0) == pytest.approx(exact, rel=0.1)
    still = networks.OscillatorRing(32, networks.Coupling((0.1, 0.8, -0.2), (0.0, 0.5, 0.3)), 0.0)
    device = networks.simulate_ring_on_device(still, [3.0], step=0.1, replicas=1, seed=1)
    kernel = networks.simulate_ring(still, [3.0], step=0.1, seed=1)
    assert device.mean_phase == pytest.approx(kernel.mean_phase, rel=1e-12)
    with pytest.raises(ValueError, match="must be 'time' on a device"):
        networks.simulate_ring_on_device(
            networks.OscillatorRing(32, randomness="columnar"), [1.0], step=0.1, replicas=1, seed=1
        )
