"""Rings of oscillators: exact laws, convergence of the steps, symmetries, reproducibility, bad inputs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import networks
from phasebook.networks import ring_kernels


def ring(nonoddity=0.0, size=64, noise=0.1, **more):
    return networks.OscillatorRing(size, networks.sakaguchi_coupling(nonoddity), noise, **more)


def velocities(system, phase):
    """The compiled right-hand side at one state."""
    out = np.empty(system.size)
    even, odd = (system.strength * np.array(part) for part in (system.coupling.even, system.coupling.odd))
    padded = np.append(phase, 0.0)
    ring_kernels.velocities(padded, np.zeros(system.size), even, odd, ring_kernels.workspace(), out)
    return out


@given(
    size=st.sampled_from([4, 5, 63, 1023, 1024, 1025, 2500]),
    even=st.lists(st.floats(-1, 1), min_size=2, max_size=6),
    spread=st.floats(0.01, 50),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_velocities_are_the_model_s(size, even, spread):
    generator = np.random.default_rng(size)
    odd = [0.0, *generator.uniform(-1, 1, len(even) - 1)]
    coupling = networks.Coupling(tuple(even), tuple(odd))
    system = networks.OscillatorRing(size, coupling, strength=1.7, allow_unstable=True)
    phase = spread * generator.standard_normal(size)
    expected = 1.7 * (coupling(np.roll(phase, -1) - phase) + coupling(np.roll(phase, 1) - phase))
    assert velocities(system, phase) == pytest.approx(expected, abs=1e-12)


def test_a_global_rotation_and_whole_turns_change_nothing():
    system = ring(0.7, size=200)
    phase = np.random.default_rng(0).normal(0, 1, 200)
    base = velocities(system, phase)
    assert velocities(system, phase + 1.234) == pytest.approx(base, abs=1e-12)
    turned = phase + 2 * math.pi * np.random.default_rng(1).integers(-50, 50, 200)
    assert velocities(system, turned) == pytest.approx(base, abs=1e-12)


def test_uncoupled_oscillators_are_random_deposition():
    history = networks.simulate_ring(
        ring(size=4096, strength=0.0, noise=0.3), [1, 10, 50], step=0.1, seed=1, replicas=4
    )
    ratio = history.width_squared.mean(axis=0) / (0.09 * history.times)
    assert ratio == pytest.approx(1.0, abs=4 * math.sqrt(2 / 4 / 4096))
    columnar = ring(size=512, strength=0.0, noise=0.3, randomness="columnar")
    history = networks.simulate_ring(columnar, [1, 7, 50], step=0.1, seed=1, replicas=3)
    growth = np.sqrt(history.width_squared) / history.times
    assert growth == pytest.approx(growth[:, :1] * np.ones(3), rel=1e-12)
    spread = [networks.natural_frequencies(columnar, replica, 1).std() for replica in range(3)]
    assert growth[:, 0] == pytest.approx(spread, rel=1e-12)


@pytest.mark.parametrize("kicks", ["normal", "uniform"])
@pytest.mark.parametrize("method", ["euler", "heun"])
def test_a_linear_ring_follows_the_exact_discrete_law(method, kicks):
    system = ring(size=4096, noise=0.05)
    times = [1, 5, 20]
    history = networks.simulate_ring(system, times, step=0.1, method=method, kicks=kicks, replicas=6, seed=2)
    exact = networks.edwards_wilkinson_width(history.times, 4096, 1.0, 0.05, step=0.1, method=method)
    measured, error = history.width_squared.mean(axis=0), history.width_squared.std(axis=0, ddof=1) / 6**0.5
    assert np.abs((measured - exact) / error).max() < 5
    assert measured == pytest.approx(exact, rel=0.05)
    # The continuous law differs by 6% at t = 1 for Euler's step, and by far less for Heun's.
    bias = networks.edwards_wilkinson_width([1.0], 4096, 1.0, 0.05)[0] / exact[0] - 1
    assert bias == pytest.approx(-0.06 if method == "euler" else 0.0, abs=0.011)


def test_saturated_widths_are_the_closed_forms():
    for size in (4, 17, 64):
        assert networks.edwards_wilkinson_width([1e6], size, 0.7, 0.3)[0] == pytest.approx(
            networks.edwards_wilkinson_saturation(size, 0.7, 0.3), rel=1e-9
        )
        assert networks.columnar_edwards_wilkinson_width([1e6], size, 0.7, 0.3)[0] == pytest.approx(
            networks.columnar_edwards_wilkinson_saturation(size, 0.7, 0.3), rel=1e-9
        )


def test_the_growth_exponents_of_the_linear_laws():
    times, size = np.geomspace(100, 2000, 9), 2**14
    for law, growth in (
        (networks.edwards_wilkinson_width, 1 / 4),
        (networks.columnar_edwards_wilkinson_width, 3 / 4),
    ):
        slope = np.polyfit(np.log(times), np.log(law(times, size, 1.0, 0.1)), 1)[0] / 2
        assert slope == pytest.approx(growth, abs=0.005)


def test_a_frozen_ring_has_the_spectrum_of_its_own_frequencies():
    system = ring(size=256, noise=1e-3, randomness="columnar")
    history = networks.simulate_ring(system, [10, 100], step=0.1, seed=3, keep=True)
    own = networks.natural_frequencies(system, 0, 3)
    exact = networks.columnar_edwards_wilkinson(history.times, own, 1.0)
    measured = np.fft.rfft(history.phases[0] - history.phases[0].mean(axis=1, keepdims=True), axis=1)
    assert np.linalg.norm(measured - exact, axis=1) / np.linalg.norm(exact, axis=1) == pytest.approx(0, abs=1e-3)


def test_uncoupled_frozen_oscillators_keep_their_own_frequencies():
    for frequencies, widest in (("normal", 6.0), ("uniform", math.sqrt(3.0))):
        system = ring(size=200_000, noise=0.3, randomness="columnar", strength=0.0, frequencies=frequencies)
        history = networks.simulate_ring(system, [1.0, 2.0], step=0.1, seed=4, threads=1)
        own = networks.natural_frequencies(system, 0, 4)
        assert history.effective_frequencies[0] == pytest.approx(own, rel=1e-9)
        # Standard errors 0.0005 and 0.0003.
        assert own.std() == pytest.approx(0.3, abs=0.004)
        assert np.abs(own).max() < 0.3 * widest


def test_flat_growth_has_the_published_width():
    """Γ = |λ|A²/2 with A = D/ν, and the variance 0.63805 of flat growth (Takeuchi and Sano 2010; Prähofer and Spohn 2000)."""
    slope, bend = math.cos(1.2), 2 * math.sin(1.2)
    rate = bend * (0.15**2 / (2 * slope)) ** 2 / 2
    assert networks.kpz_width([50.0], ring(1.2, noise=0.15)) == pytest.approx(
        0.63805 * (50 * rate) ** (2 / 3), rel=1e-4
    )


def test_steps_converge_with_the_order_of_their_method():
    system = ring(0.6, size=32, noise=1.0, randomness="columnar")
    reference = networks.simulate_ring(system, [4.0], step=0.005, method="rk4", seed=1, keep=True).phases
    for method, order, coarse in (("euler", 1, 0.02), ("heun", 2, 0.05), ("rk4", 4, 0.2)):
        errors = [
            np.abs(
                networks.simulate_ring(system, [4.0], step=step, method=method, seed=1, keep=True).phases - reference
            ).max()
            for step in (coarse, coarse / 2)
        ]
        assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.35)


def test_a_ring_that_is_turned_round_its_mirror_image_grows_downwards():
    """φ to -φ with δ to -δ: skewness changes its sign; a two-sided ring has no drift at δ = 0."""
    up, down = (
        networks.simulate_ring(ring(nonoddity, size=4096, noise=0.15), [40], step=0.1, seed=5, replicas=4)
        for nonoddity in (1.2, -1.2)
    )
    assert up.third.mean() < 0 < down.third.mean()
    assert up.mean_phase.mean() == pytest.approx(-down.mean_phase.mean(), rel=0.01)


def test_replicas_depend_on_seed_and_number_alone():
    system = ring(1.0, size=100)
    one, two = (
        networks.simulate_ring(system, [1, 5], step=0.1, seed=9, replicas=count, threads=threads, keep=True)
        for count, threads in ((2, 1), (5, 3))
    )
    assert (one.phases == two.phases[:2]).all()
    assert (one.phases[0] != one.phases[1]).any()
    other = networks.simulate_ring(system, [1, 5], step=0.1, seed=10, keep=True)
    assert (other.phases[0] != one.phases[0]).any()


def test_slips_are_whole_turns_between_neighbors():
    phases = np.zeros(10)
    phases[3:7] = 2 * math.pi
    assert networks.bond_turns(phases).tolist() == [0, 0, 1, 0, 0, 0, -1, 0, 0, 0]
    history = networks.simulate_ring(ring(size=64, noise=3.0), [50], step=0.1, seed=1)
    assert history.slips[0, 0] > 10


def test_the_largest_stable_step_is_where_waves_begin_to_grow():
    system = ring(size=64, noise=1e-6)
    for method in ("euler", "heun", "rk4"):
        columnar = networks.OscillatorRing(64, system.coupling, 1e-6, "columnar")
        limit = networks.largest_stable_step(columnar, method)
        history = networks.simulate_ring(columnar, [4000 * limit], step=limit * 0.999, method=method, seed=1)
        assert history.width_squared[0, 0] < 1e-6
        with pytest.raises(ValueError, match=rf"step must be at most {limit:.4g} for {method} to be stable"):
            networks.simulate_ring(columnar, [10], step=limit * 1.01, method=method, seed=1)
    # Just above it, the shortest wave is multiplied by more than one in each step.
    assert abs(1 - 4 * 1.01 * networks.largest_stable_step(system)) > 1


def test_the_mean_velocity_of_gaussian_slopes():
    system = ring(1.2, noise=0.15)
    assert networks.mean_velocity(system) - system.coefficients.drift == pytest.approx(-0.0287, abs=1e-4)
    assert networks.mean_velocity(ring(0.0)) == 0


def test_the_locking_bound_of_random_frequencies():
    draws = np.random.default_rng(0).standard_normal((4000, 256))
    ratio = networks.locking_bound(draws) / 256**0.5
    assert ratio.mean() == pytest.approx(0.591, abs=0.012)
    assert ratio.mean() < math.sqrt(math.pi / 8)
    assert networks.locking_bound(np.array([1.0, -1.0, 1.0, -1.0])) == pytest.approx(0.5)


def test_observation_times_are_steps_and_hold_the_half():
    times = networks.observation_times(100.0, 0.1)
    assert times[0] == pytest.approx(0.1)
    assert times[-1] == pytest.approx(100.0)
    assert np.isclose(times, 50.0).any()
    assert times / 0.1 == pytest.approx(np.rint(times / 0.1))
    assert networks.observation_times(100.0, 0.1, first=5.0)[0] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ring(size=3), "size must be an integer of at least 4"),
        (lambda: ring(noise=-0.1), "noise must be finite and not negative"),
        (lambda: ring(strength=-1.0), "strength must be finite and not negative"),
        (lambda: ring(math.pi / 2), "must stay below pi/2"),
        (lambda: ring(2.0), "must have a positive slope at zero"),
        (lambda: ring(randomness="space"), "randomness must be"),
        (lambda: ring(frequencies="cauchy"), "frequencies must be"),
        (lambda: networks.largest_stable_step(ring(), "leapfrog"), "method must be one of"),
    ],
)
def test_wrong_rings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
    assert ring(2.0, allow_unstable=True).coefficients.diffusion < 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step": 0.6}, r"step must be at most 0\.5 for euler"),
        ({"step": -1.0}, "step must be a positive number"),
        ({"method": "rk4"}, "for noise in time; got 'rk4'"),
        ({"method": "verlet"}, "method must be one of"),
        ({"kicks": "levy"}, "kicks must be"),
        ({"replicas": 0}, "replicas must be a positive integer"),
        ({"threads": 0}, "threads must be a positive integer"),
        ({"seed": -1}, "seed must be a non-negative integer"),
        ({"times": []}, "finite positive numbers"),
        ({"times": [-1.0]}, "finite positive numbers"),
        ({"times": [2.0, 1.0]}, "times must increase"),
        ({"times": np.arange(1, 40001), "replicas": 1000, "keep": True}, "the limit is 2147483648"),
    ],
)
def test_wrong_requests_are_refused(arguments, message):
    request = {"times": [1.0], "step": 0.1, "seed": 0, **arguments}
    with pytest.raises(ValueError, match=message):
        networks.simulate_ring(ring(), request.pop("times"), **request)
