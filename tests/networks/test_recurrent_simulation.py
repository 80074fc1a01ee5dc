"""Simulated networks: kernels, exact linear covariances, estimators free of sampling noise, Wick sums, records."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, special

from phasebook.networks import (
    DivergedNetwork,
    FewSamplesWarning,
    RecurrentNetwork,
    activity_covariances,
    agreement,
    dimension_estimate,
    dimension_ratio,
    estimate_equivalent_network,
    estimate_mean_slope,
    off_diagonal_strength,
    predict_covariance,
    random_coupling,
    random_quadruples,
    recorded_agreement,
    recorded_prediction,
    simulate_activity,
    simulate_covariances,
    solve_mean_field,
    wick_slope,
    wick_sum,
)
from phasebook.networks.recurrent_kernels import error_function, normal_numbers

LINEAR = RecurrentNetwork(0.6, 1.0, "linear", 0.2)
COUPLING = random_coupling(20, 0.6, seed=1)


def test_normal_numbers_are_normal():
    numbers = np.empty(4_000_000, dtype=np.float32)
    normal_numbers(np.uint64(2**63 + 5), numbers)
    z = numbers.astype(np.float64)
    # Moments within 4.5 standard errors.
    for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)):
        assert np.mean(z**power) == pytest.approx(mean, abs=4.5 * np.sqrt(variance / len(z)))
    half = len(z) // 2
    for product in (z[:half] * z[half:], z[1:] * z[:-1]):
        assert product.mean() == pytest.approx(0, abs=4.5 / np.sqrt(len(product)))
    assert np.mean(np.abs(z) > 4) == pytest.approx(2 * special.ndtr(-4), rel=0.25)


def test_the_fast_error_function_is_single_precision():
    x = np.linspace(-8, 8, 100_001, dtype=np.float32)
    out = np.empty_like(x)
    error_function(x, out)
    assert np.abs(out - special.erf(0.8862269254527579 * x.astype(np.float64))).max() < 4e-7


def test_linear_covariances_are_those_of_the_lyapunov_equation():
    matrix = 0.8 * np.eye(20) + 0.2 * COUPLING
    exact = linalg.solve_discrete_lyapunov(matrix, 0.2 * np.eye(20))
    found = simulate_covariances(
        LINEAR, COUPLING, duration=2000, trajectories=64, sample_interval=1.0, lags=(0.0, 2.0), state=True, seed=3
    )
    assert (found.samples, found.activity.shape) == (2000, (2, 8, 20, 20))
    for groups, expected in (
        (found.activity[0], exact),
        (found.activity[1], np.linalg.matrix_power(matrix, 10) @ exact),
    ):
        error = groups.std(axis=0, ddof=1) / np.sqrt(8)
        scores = (groups.mean(axis=0) - expected) / error
        # Student's t with 7 degrees of freedom has variance 1.4; entries are correlated.
        assert np.sqrt(np.mean(scores**2)) == pytest.approx(np.sqrt(1.4), abs=0.35)
    np.testing.assert_allclose(found.state, found.activity[0], rtol=1e-5, atol=1e-6)


def test_the_residual_of_a_linear_network_is_its_own_noise():
    found = simulate_covariances(LINEAR, COUPLING, duration=200, seed=3, residual_slope=1.0)
    # φ − γ(x − o) = o: the unit's noise through its leak, of variance hσ²/(1 − (1 − h)²).
    np.testing.assert_allclose(np.diag(found.residual.mean(axis=0)), 0.2 / 0.36, rtol=0.1)
    assert abs(off_diagonal_strength(found.residual).value) < 4 * off_diagonal_strength(found.residual).stderr


def test_a_nonlinear_network_agrees_with_its_equivalent():
    network = RecurrentNetwork(1.0, 1.0, "erf", 0.1)
    coupling, field = random_coupling(150, 1.0, seed=0), solve_mean_field(network)
    found = simulate_covariances(network, coupling, duration=100, seed=1, residual_slope=field.mean_slope)
    result = agreement(predict_covariance(coupling, field).equal_time, found.activity[0])
    assert result.correlation.value > 0.97
    assert result.slope.value == pytest.approx(1.0, abs=0.1)
    assert result.raw.value < result.correlation.value
    assert dimension_estimate(found.activity[0]).value == pytest.approx(dimension_ratio(field), abs=0.06)
    assert off_diagonal_strength(found.residual).value < 0.02 < off_diagonal_strength(found.activity[0]).value


@pytest.mark.parametrize("nonlinearity", ["erf", "tanh", np.arctan])
def test_variances_are_the_mean_field_s(nonlinearity):
    network = RecurrentNetwork(2.0, 1.0, nonlinearity, 1.0)
    field = solve_mean_field(network)
    found = simulate_covariances(network, random_coupling(200, 2.0, seed=5), duration=100, seed=2, state=True)
    assert np.trace(found.activity[0].mean(axis=0)) / 200 == pytest.approx(field.activity_variance, rel=0.02)
    assert np.trace(found.state.mean(axis=0)) / 200 == pytest.approx(field.variance, rel=0.05)


def test_the_same_seed_gives_the_same_numbers():
    first, again, other = (
        simulate_covariances(LINEAR, COUPLING, duration=20, seed=seed).activity for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_odd_number_of_noise_terms_is_drawn_too():
    coupling = random_coupling(3, 0.5, seed=1)
    found = simulate_covariances(LINEAR, coupling, duration=20, trajectories=3, groups=3, seed=1)
    assert np.isfinite(found.activity).all()


@pytest.mark.parametrize(
    ("given_arguments", "sentence"),
    [
        ({"trajectories": 10}, "groups must divide trajectories; got 8 groups of 10"),
        ({"groups": 1}, "groups must be an integer of at least 2"),
        ({"duration": 0.5}, "duration must hold at least one sample interval of 2"),
        ({"duration": np.nan}, "duration must be finite"),
        ({"burn_in": -1.0}, "burn_in must be finite and at least 0"),
        ({"sample_interval": 0.3}, "sample_interval must be a positive multiple of the time step 0.2; got 0.3"),
        ({"lags": (1.0,)}, "lags must be multiples of the sample interval 2"),
        ({"lags": (40.0,)}, "duration 20 holds 10 samples, too few for the lag 40"),
    ],
)
def test_impossible_simulations_are_refused(given_arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        simulate_covariances(LINEAR, COUPLING, **{"duration": 20.0, "seed": 0, **given_arguments})


def test_continuous_time_must_be_given_a_step():
    with pytest.raises(ValueError, match="time_step must be positive to simulate"):
        simulate_covariances(RecurrentNetwork(1.0, 1.0), COUPLING, duration=20, seed=0)


def test_a_diverging_network_is_an_error():
    with pytest.raises(DivergedNetwork, match="is not finite after"):
        simulate_covariances(LINEAR, 40 * COUPLING, duration=200, seed=0)


def test_few_samples_get_a_warning():
    with pytest.warns(FewSamplesWarning, match="16 samples are fewer than 20 units"):
        simulate_covariances(LINEAR, COUPLING, duration=4, trajectories=8, seed=0)


@given(st.integers(0, 10_000))
def test_products_of_groups_are_free_of_sampling_noise(seed):
    # White noise: the true off-diagonal covariance is zero, and the plain mean square is far from it.
    samples = np.random.default_rng(seed).standard_normal((8, 50, 30))
    groups = np.einsum("gti,gtj->gij", samples, samples) / 50
    strength = off_diagonal_strength(groups)
    assert abs(strength.value) < 0.02 * 6
    assert strength.stderr < 0.1
    plain = groups.mean(axis=0)[~np.eye(30, dtype=bool)]
    assert 30 * np.mean(plain**2) > 0.05
    assert dimension_estimate(groups).value == pytest.approx(1.0, abs=0.1)


def test_errors_over_groups_are_the_scatter_of_repetitions():
    factor = np.random.default_rng(0).standard_normal((12, 12)) / 3
    exact = factor @ factor.T
    found = []
    for seed in range(100):
        samples = np.random.default_rng(seed).standard_normal((8, 50, 12)) @ factor.T
        groups = np.einsum("gti,gtj->gij", samples, samples) / 50
        estimates = off_diagonal_strength(groups), dimension_estimate(groups), agreement(exact, groups).slope
        found.append([(each.value, each.stderr) for each in estimates])
    values, errors = np.moveaxis(np.array(found), 2, 0)
    # A hundred repetitions know their own scatter to 7%.
    np.testing.assert_allclose(np.sqrt(np.mean(errors**2, axis=0)), values.std(axis=0, ddof=1), rtol=0.35)


def test_few_samples_do_not_lower_a_dimension():
    factor = np.random.default_rng(0).standard_normal((12, 12)) / 3
    exact = factor @ factor.T
    values = []
    for seed in range(400):
        samples = np.random.default_rng(seed).standard_normal((8, 16, 12)) @ factor.T
        values.append(dimension_estimate(np.einsum("gti,gtj->gij", samples, samples) / 16).value)
    expected = np.trace(exact) ** 2 / (12 * np.sum(exact**2))
    # Standard error 0.0011; sampling noise that is not taken off lowers it by 0.02.
    assert np.mean(values) == pytest.approx(expected, abs=0.009)


def test_without_sampling_noise_estimates_are_the_plain_formulas():
    factor = np.random.default_rng(3).standard_normal((5, 5))
    exact = factor @ factor.T
    groups = np.array([exact] * 4)
    off = exact[~np.eye(5, dtype=bool)]
    strength = off_diagonal_strength(groups)
    assert strength.value == pytest.approx(5 * np.mean(off**2) / (np.trace(exact) / 5) ** 2)
    assert dimension_estimate(groups).value == pytest.approx(np.trace(exact) ** 2 / (5 * np.sum(exact**2)))


def test_lagged_covariances_of_a_record_know_their_direction():
    # The second unit repeats the first one time later: φ_2(t + 1) is φ_1(t).
    white = np.random.default_rng(1).standard_normal(8001)
    lagged = activity_covariances(np.column_stack([white[1:], white[:-1]]), 8, 1).mean(axis=0)
    np.testing.assert_allclose(lagged, [[0, 0], [1, 0]], atol=0.12)


def test_disattenuation_restores_the_correlation():
    generator = np.random.default_rng(2)
    factor = generator.standard_normal((60, 60)) / 8
    truth = factor @ factor.T
    noise = generator.standard_normal((10, 60, 60)) * 0.4
    found = agreement(truth, truth + noise + noise.transpose(0, 2, 1))
    assert found.correlation.value == pytest.approx(1.0, abs=0.02)
    assert found.slope.value == pytest.approx(1.0, abs=5 * found.slope.stderr)
    assert found.raw.value == pytest.approx(np.sqrt(found.reliability.value), abs=0.03)


def test_estimates_refuse_what_does_not_fit():
    groups = np.ones((4, 5, 5))
    with pytest.raises(ValueError, match="predicted must have shape"):
        agreement(np.ones((4, 4)), groups)
    with pytest.raises(ValueError, match="predicted must vary off its diagonal"):
        agreement(np.ones((5, 5)), groups)
    with pytest.raises(ValueError, match="at least 3 groups"):
        dimension_estimate(groups[:2])
    with pytest.raises(ValueError, match="finite covariances"):
        dimension_estimate(np.full((4, 5, 5), np.nan))


def test_gaussian_samples_obey_wick():
    generator = np.random.default_rng(1)
    factor = generator.standard_normal((12, 12)) / 3
    samples = generator.standard_normal((4, 25_000, 12)) @ factor.T
    groups = np.einsum("gti,gtj->gij", samples, samples) / 25_000
    quadruples = random_quadruples(12, 300, seed=0)
    assert all(len(set(row)) == 4 for row in quadruples.tolist())
    moments = np.array([np.mean(np.prod(group[:, quadruples], axis=2), axis=0) for group in samples])
    exact = factor @ factor.T
    i, j, k, l = quadruples.T  # noqa: E741
    expected = exact[i, j] * exact[k, l] + exact[i, k] * exact[j, l] + exact[i, l] * exact[j, k]
    np.testing.assert_allclose(wick_sum(exact, quadruples), expected)
    slope = wick_slope(moments, groups, quadruples)
    assert slope.value == pytest.approx(1.0, abs=0.05)


def record(nonlinearity="tanh", seed=3):
    network = RecurrentNetwork(1.5, 1.0, nonlinearity, 1.0)
    coupling = random_coupling(50, 1.5, seed=seed)
    activity, states = [], []

    def observe(now, x, own):
        activity.append(now[:, 0].copy())
        states.append(x[:, 0].copy())

    simulate_activity(network, coupling, observe, duration=8000, trajectories=2, seed=4)
    return network, coupling, np.array(activity), np.array(states)


def test_a_record_shows_its_equivalent_network():
    network, coupling, activity, states = record()
    field = solve_mean_field(network)
    found = estimate_equivalent_network(coupling, activity)
    middle = slice(10, -10)
    np.testing.assert_allclose(np.abs(found.transfer[middle]).mean(), field.mean_slope, rtol=0.05)
    phase = found.transfer * np.exp(1j * found.frequencies)
    np.testing.assert_allclose(phase[middle].real.mean(), field.mean_slope, rtol=0.05)
    assert estimate_mean_slope(states, activity) == pytest.approx(field.mean_slope, rel=0.03)
    predicted = recorded_prediction(coupling, found)
    assert np.trace(predicted) == pytest.approx(np.trace(activity_covariances(activity).mean(axis=0)), rel=0.05)
    result = recorded_agreement(coupling, activity)
    assert result.correlation.value > 0.95
    # Couplings of another network predict nothing.
    assert recorded_agreement(random_coupling(50, 1.5, seed=99), activity).correlation.value < 0.3


def test_records_that_do_not_fit_are_refused():
    _, coupling, activity, states = record()
    with pytest.raises(ValueError, match="activity must have 50 units"):
        estimate_equivalent_network(coupling, activity[:, :40])
    with pytest.raises(ValueError, match="interval must be positive"):
        estimate_equivalent_network(coupling, activity, 0.0)
    with pytest.raises(ValueError, match="activity must have at least 68 times"):
        estimate_equivalent_network(coupling, activity[:30])
    with pytest.raises(ValueError, match="activity must not be constant"):
        estimate_equivalent_network(coupling, np.ones((200, 50)))
    with pytest.raises(ValueError, match="must have the same shape"):
        estimate_mean_slope(states[:100], activity)
    with pytest.raises(ValueError, match="too short for 8 groups and a lag of 20"):
        activity_covariances(activity[:100], 8, 20)
