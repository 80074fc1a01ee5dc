"""Dynamical mean-field theory: exact limits, published constants, both methods against each other, outcomes and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.errors import NotConverged
from phasebook.networks import (
    Outcome,
    RecurrentNetwork,
    SilentNetwork,
    activity_spectrum,
    covariance_strength,
    dimension_ratio,
    frequency_nodes,
    lyapunov_exponent,
    random_coupling,
    residual_autocovariance,
    residual_spectrum,
    simulate_lyapunov_exponent,
    solve_mean_field,
)


def test_a_linear_network_is_an_ornstein_uhlenbeck_process():
    # (1 − g² + ω²)Δ(ω) = σ²: Δ(τ) = σ² exp(−κτ)/(2κ), κ² = 1 − g².
    field = solve_mean_field(RecurrentNetwork(0.6, 2.0, "linear"))
    expected = 2.0 * np.exp(-0.8 * field.lags) / 1.6
    np.testing.assert_allclose(field.autocovariance, expected, atol=1e-9)
    omega = np.array([0.0, 0.5, 3.0, 40.0])
    np.testing.assert_allclose(activity_spectrum(field, omega), 2.0 / (0.64 + omega**2), rtol=1e-5)
    np.testing.assert_allclose(residual_spectrum(field, omega), 2.0 / (1 + omega**2), rtol=1e-5)
    assert float(residual_autocovariance(field, 0.7)[0]) == pytest.approx(math.exp(-0.7), abs=1e-7)


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_a_linear_map_is_autoregressive(step):
    # Δ0 of x(t + h) = (1 − h)x + hη + √(hσ²)z, from its spectrum by fine quadrature.
    field = solve_mean_field(RecurrentNetwork(0.6, 2.0, "linear", step))
    omega = (np.arange(20_000) + 0.5) * np.pi / step / 20_000
    response = np.abs(step / (np.exp(1j * omega * step) - 1 + step)) ** 2
    expected = np.mean(2.0 * response / (1 - 0.36 * response)) / step
    assert field.variance == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("gain", "variance", "activity", "effective"),
    [
        (1.2, 0.28774, None, 0.99587),
        (2, 2.0641, 0.5538, 0.97103),
        (5, 17.201, 0.8294, 0.9446),
        (10, 71.645, 0.9154, 0.9385),
    ],
)
def test_chaos_of_erf_networks(gain, variance, activity, effective):
    field = solve_mean_field(RecurrentNetwork(gain))
    assert field.outcome is Outcome.chaotic
    assert field.variance == pytest.approx(variance, rel=3e-5)
    assert field.effective_gain == pytest.approx(effective, abs=6e-5)
    assert activity is None or field.activity_variance == pytest.approx(activity, abs=6e-5)
    assert field.residual < 1e-8


@pytest.mark.parametrize("nonlinearity", ["erf", "tanh", np.arctan])
@pytest.mark.parametrize(("gain", "noise"), [(2.0, 4.0), (1.0, 1.0), (2.0, 0.2), (0.5, 1.0)])
def test_both_methods_agree(nonlinearity, gain, noise):
    network = RecurrentNetwork(gain, noise, nonlinearity)
    energy, iterated = (solve_mean_field(network, method) for method in ("energy", "iteration"))
    assert energy.variance == pytest.approx(iterated.variance, rel=1e-6)
    np.testing.assert_allclose(energy.autocovariance, iterated.autocovariance, atol=1e-6 * energy.variance)


def test_small_steps_tend_to_continuous_time():
    exact = solve_mean_field(RecurrentNetwork(2.0, 4.0))
    shifts = [solve_mean_field(RecurrentNetwork(2.0, 4.0, "erf", h)).variance / exact.variance - 1 for h in (0.1, 0.05)]
    assert shifts[0] == pytest.approx(0.02983, abs=1e-4)
    assert shifts[0] / shifts[1] == pytest.approx(2.0, abs=0.1)
    chaotic = solve_mean_field(RecurrentNetwork(2.0, 0.0, "erf", 0.1))
    assert chaotic.variance == pytest.approx(solve_mean_field(RecurrentNetwork(2.0)).variance, rel=1e-4)


def test_the_map_has_no_memory_and_a_closed_dimension():
    for gain, noise, expected in ((2.0, 1.0, 0.6358), (1.2, 0.5, 0.7332), (3.0, 0.0, 0.3687)):
        field = solve_mean_field(RecurrentNetwork(gain, noise, "erf", 1.0))
        assert field.autocovariance[1] == 0
        assert dimension_ratio(field) == pytest.approx(1 - field.effective_gain**4, rel=1e-12)
        assert dimension_ratio(field) == pytest.approx(expected, abs=6e-5)


def test_the_dimension_by_quadrature_is_the_closed_one_for_a_map():
    # The general double integral, at the map's flat spectrum.
    field = solve_mean_field(RecurrentNetwork(1.2, 0.5, "erf", 1.0))
    omega, weights = frequency_nodes(1.0, 400)
    response = np.exp(-1j * omega) * field.mean_slope
    total = 0.0
    for other in (response, response.conj()):
        kernel = 1 / np.abs(1 - field.network.gain**2 * response[:, None] * other[None, :]) ** 2 - 1
        total += 0.5 * float(weights @ kernel @ weights) * field.activity_variance**2
    assert total == pytest.approx(covariance_strength(field), rel=1e-9)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ((2.0,), 0.0230),
        ((3.0,), 0.0497),
        ((5.0,), 0.0788),
        ((10.0,), 0.1035),
        ((1.2,), 0.00100),
        ((1.5,), 0.0074),
        ((2.0, 4.0, "erf", 0.1), 0.560),
        ((2.0, 1.0, "erf", 0.1), 0.1088),
    ],
)
def test_dimensions(network, expected):
    assert dimension_ratio(solve_mean_field(RecurrentNetwork(*network))) == pytest.approx(
        expected, abs=6e-5 if expected < 0.5 else 5e-4
    )


@settings(max_examples=12)
@given(st.floats(1.1, 6.0), st.floats(0.0, 5.0))
def test_spectra_hold_the_variance_and_are_not_negative(gain, noise):
    field = solve_mean_field(RecurrentNetwork(gain, noise))
    omega, weights = frequency_nodes(0.0, 600)
    assert float(weights @ activity_spectrum(field, omega)) == pytest.approx(field.activity_variance, rel=1e-5)
    assert residual_spectrum(field, omega).min() >= 0
    assert 0 < dimension_ratio(field) < 1
    assert np.all(np.diff(field.autocovariance) <= 1e-12)


@pytest.mark.parametrize("step", [0.0, 0.1, 1.0])
def test_below_the_onset_the_network_is_silent(step):
    field = solve_mean_field(RecurrentNetwork(0.8, 0.0, "erf", step))
    assert field.outcome is Outcome.silent
    assert (field.variance, field.activity_variance, dimension_ratio(field)) == (0.0, 0.0, 0.0)
    assert not field.autocovariance.any()
    assert field.effective_gain == pytest.approx(0.8, abs=1e-6)
    with pytest.raises(SilentNetwork, match="only the trivial fixed point; covariance is zero"):
        covariance_strength(field)


def test_the_exponent_changes_sign_at_unit_gain():
    exponents = [lyapunov_exponent(solve_mean_field(RecurrentNetwork(gain))) for gain in (0.8, 0.99, 1.01, 1.2, 2.0)]
    assert exponents[0] == pytest.approx(-0.2, abs=1e-6)
    assert np.all(np.diff(exponents) > 0)
    assert exponents[1] < 0 < exponents[2]
    # Just above the onset the exponent is (g − 1)²/2 (Sompolinsky, Crisanti, Sommers 1988).
    assert exponents[2] == pytest.approx(0.5 * 0.01**2, rel=0.1)


def test_noise_makes_a_driven_network_stable():
    driven, free = (solve_mean_field(RecurrentNetwork(2.0, noise, "erf", 0.1)) for noise in (4.0, 0.0))
    assert lyapunov_exponent(driven) < 0 < lyapunov_exponent(free)


@pytest.mark.parametrize("arguments", [(3.0, 0.0, "erf", 1.0), (2.0, 4.0, "erf", 0.1), (0.8, 0.0, "tanh", 0.1)])
def test_simulated_exponents_are_the_theory_s(arguments):
    network = RecurrentNetwork(*arguments)
    expected = lyapunov_exponent(solve_mean_field(network))
    coupling = random_coupling(300, network.gain, seed=2)
    measured = simulate_lyapunov_exponent(network, coupling, duration=80.0, trajectories=4, seed=5)
    # The spectral radius of 300 units fluctuates by some hundredths.
    assert measured.value == pytest.approx(expected, abs=0.05)


def test_the_error_of_a_simulated_exponent_is_the_scatter_of_repetitions():
    network, coupling = RecurrentNetwork(3.0, 0.0, "erf", 1.0), random_coupling(60, 3.0, seed=2)
    found = [
        simulate_lyapunov_exponent(network, coupling, duration=256, trajectories=4, seed=seed) for seed in range(60)
    ]
    values, errors = np.array([(each.value, each.stderr) for each in found]).T
    # Sixty repetitions know their own scatter to a tenth.
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=0.35)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0.0,), "gain must be finite and positive; got 0"),
        ((-1.0,), "gain must be finite and positive"),
        ((math.nan,), "gain must be finite"),
        ((2.0, -0.1), "noise must be finite and zero or positive; got -0.1"),
        ((2.0, 0.0, "erf", 1.5), "time_step must be finite and between 0 and 1"),
        (("two",), "gain must be a number; got 'two'"),
    ],
)
def test_impossible_networks_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        RecurrentNetwork(*arguments)


def test_methods_that_do_not_apply_are_refused():
    with pytest.raises(ValueError, match="method energy needs continuous time"):
        solve_mean_field(RecurrentNetwork(2.0, 1.0, "erf", 0.1), "energy")
    with pytest.raises(ValueError, match="method iteration needs noise or a time step"):
        solve_mean_field(RecurrentNetwork(2.0), "iteration")
    with pytest.raises(ValueError, match="method must be auto, energy or iteration"):
        solve_mean_field(RecurrentNetwork(2.0), "newton")
    with pytest.raises(ValueError, match="gain of a linear network must be below 1"):
        solve_mean_field(RecurrentNetwork(1.0, 1.0, "linear"))
    with pytest.raises(NotConverged, match="too near its threshold"):
        solve_mean_field(RecurrentNetwork(1.0005))
