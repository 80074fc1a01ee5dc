"""Fractional noise: exact laws, their Markov approximation, linear chains, bridges, indices, posteriors, files."""

import math
import warnings

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from phasebook import sequences

HURST = st.floats(0.05, 0.95)
KINDS = ["I", "II"]


@pytest.mark.parametrize("hurst", [0.2, 0.5, 0.8])
def test_covariance_of_type_two_is_its_integral(hurst):
    a = hurst + 0.5
    for early, late in ((0.3, 1.1), (0.9, 1.0), (0.7, 0.7)):
        # u = early (1 − v^(1/a)) takes the singular power away from the upper end.
        value, _ = integrate.quad(
            lambda v, early=early, late=late: (late - early + early * v ** (1 / a)) ** (a - 1) * early**a / a, 0, 1
        )
        if early < late:
            found = float(sequences.fractional_covariance(early, late, hurst, "II"))
            assert found == pytest.approx(value / math.gamma(a) ** 2, rel=1e-6)
    variance = 0.7 ** (2 * hurst) * sequences.unit_variance(hurst, "II")
    assert float(sequences.fractional_covariance(0.7, 0.7, hurst, "II")) == pytest.approx(variance, rel=1e-12)


def test_unit_variances():
    assert sequences.unit_variance(0.5, "II") == pytest.approx(1.0)
    assert sequences.unit_variance(0.3) == 1.0
    assert sequences.unit_variance(0.3, norm="paper") == pytest.approx(
        1 / (math.gamma(1.6) * math.sin(0.3 * math.pi)), rel=1e-14
    )


@settings(max_examples=30, deadline=None)
@given(hurst=HURST, kind=st.sampled_from(KINDS))
def test_covariances_are_positive_and_scale(hurst, kind):
    times = np.linspace(0.1, 2.0, 12)
    matrix = sequences.fractional_covariance(times[:, None], times, hurst, kind)
    assert np.linalg.eigvalsh(matrix).min() > -1e-10
    doubled = sequences.fractional_covariance(2 * times[:, None], 2 * times, hurst, kind)
    np.testing.assert_allclose(doubled, 2 ** (2 * hurst) * matrix, rtol=1e-9)


@pytest.mark.parametrize("hurst", [0.2, 0.7])
def test_exact_samplers_agree_with_the_law(hurst):
    paths = sequences.sample_fractional_noise(hurst, 16, 40_001, step=0.25, seed=1).cumsum(axis=1)
    times = 0.25 * np.arange(1, 17)
    exact = sequences.fractional_covariance(times[:, None], times, hurst)
    error = np.sqrt((exact**2 + np.outer(np.diag(exact), np.diag(exact))) / len(paths))
    assert np.abs((paths.T @ paths / len(paths) - exact) / error).max() < 5
    few = sequences.sample_fractional_motion(hurst, [0.5, 2.0], 20_000, kind="II", seed=2)
    wanted = sequences.fractional_covariance(0.5, 2.0, hurst, "II")
    assert np.mean(few[:, 0] * few[:, 1]) == pytest.approx(float(wanted), abs=0.04)


def test_geometric_speeds():
    np.testing.assert_allclose(sequences.geometric_speeds(3, 20.0), [0.05, 1.0, 20.0])
    np.testing.assert_allclose(sequences.geometric_speeds(1, 20.0, horizon=2.0), [0.5])


@settings(max_examples=25, deadline=None)
@given(hurst=HURST, kind=st.sampled_from(KINDS), horizon=st.floats(0.2, 5.0))
def test_weights_are_a_minimum_whose_value_is_the_error(hurst, kind, horizon):
    motion = sequences.markov_motion(hurst, processes=3, maximum_speed=5.0, horizon=horizon, kind=kind, norm="paper")
    matrix, right, own = sequences.normal_equations(hurst, motion.speeds, horizon, kind)

    def error(weights):
        return (weights @ matrix @ weights - 2 * right @ weights + own) / own

    assert error(motion.weights) == pytest.approx(motion.relative_error, abs=1e-9)
    for direction in np.eye(3):
        for step in (-0.05, 0.05):
            assert error(motion.weights + step * direction) > motion.relative_error - 1e-12


def test_more_processes_miss_less():
    errors = [sequences.markov_motion(0.3, processes=k, kind="I").relative_error for k in (1, 3, 5, 7)]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_is_the_weights_and_their_derivative(kind):
    table = sequences.weight_table(sequences.geometric_speeds(5, 20.0), 1.0, kind=kind)
    for hurst in (0.02, 0.31, 0.97):
        exact = sequences.markov_motion(hurst, kind=kind).weights
        np.testing.assert_allclose(table(hurst), exact, atol=1e-6 * np.abs(exact).max())
    with jax.enable_x64(True):
        slope = np.asarray(jax.jacfwd(table)(0.4))
    above, below = (sequences.markov_motion(0.4 + step, kind=kind).weights for step in (1e-4, -1e-4))
    np.testing.assert_allclose(slope, (above - below) / 2e-4, rtol=1e-4)
    assert table(np.array([0.2, 0.4, 0.6])).shape == (3, 5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reversion", [0.0, 1.0, 2.3])
def test_steps_of_a_chain_compose_and_start_as_the_equation_says(kind, reversion):
    """A speed of exactly 1 stands beside a reversion of 1: the resonance."""
    chain = sequences.linear_chain(sequences.markov_motion(0.3, kind=kind), reversion=reversion, diffusion=0.7)
    (forward, spread), (once, half) = chain.transition(0.8), chain.transition(0.4)
    np.testing.assert_allclose(once @ once, forward, atol=1e-6)
    np.testing.assert_allclose(once @ half @ once.T + half, spread, atol=1e-6)
    tiny, small = chain.transition(1e-6)
    np.testing.assert_allclose((tiny - np.eye(6)) / 1e-6, chain.drift, atol=1e-3 * np.abs(chain.drift).max())
    np.testing.assert_allclose(small / 1e-6, np.outer(chain.noise, chain.noise), rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_filter_is_the_dense_normal_law(kind):
    motion = sequences.markov_motion(0.35, kind=kind)
    chain = sequences.linear_chain(motion)
    times = np.array([0.1, 0.15, 0.4, 0.41, 1.0])
    values = np.array([0.3, -0.1, 0.2, 0.25, 0.9])
    dense = motion.covariance(times[:, None], times) + 0.04 * np.eye(5)
    exact = stats.multivariate_normal(np.zeros(5), dense)
    assert sequences.log_likelihood(chain, times, values, noise=0.2) == pytest.approx(exact.logpdf(values), abs=1e-8)
    # A scale that is profiled out is the best one.
    best, scale = sequences.profile_likelihood(chain, times, values)
    free = motion.covariance(times[:, None], times)
    around = [
        stats.multivariate_normal(np.zeros(5), factor**2 * scale**2 * free).logpdf(values) for factor in (0.9, 1.0, 1.1)
    ]
    assert best == pytest.approx(around[1], abs=1e-6)
    assert around[1] > max(around[0], around[2])


@pytest.mark.parametrize("kind", KINDS)
def test_the_smoother_is_the_dense_conditional(kind):
    motion = sequences.markov_motion(0.35, kind=kind, horizon=2.0)
    times = np.linspace(0.1, 2.0, 20)
    values = np.full(20, np.nan)
    values[[5, 19]] = 0.4, -1.0
    found = sequences.posterior(sequences.linear_chain(motion), times, values, noise=0.3)
    covariance = motion.covariance(times[:, None], times)
    seen = covariance[:, [5, 19]]
    gain = seen @ np.linalg.inv(covariance[np.ix_([5, 19], [5, 19])] + 0.09 * np.eye(2))
    np.testing.assert_allclose(found.mean, gain @ [0.4, -1.0], atol=1e-9)
    np.testing.assert_allclose(found.standard_deviation**2, np.diag(covariance - gain @ seen.T), atol=1e-9)


@pytest.mark.parametrize("reversion", [0.0, 1.5])
def test_many_processes_have_the_exact_bridge(reversion):
    chain = sequences.bridge_chain(
        0.7, kind="II", reversion=reversion, processes=9, maximum_speed=40.0, weights_horizon=2.0
    )
    found = sequences.bridge_theory(chain, 1.0, 0.5, 2.0)
    np.testing.assert_allclose(found.standard_deviation_theory, found.standard_deviation_exact, rtol=0.02)
    assert float(found.log_evidence_theory) == pytest.approx(float(found.log_evidence_exact), abs=2e-3)


def test_brownian_bridge_by_its_formula():
    chain = sequences.bridge_chain(0.5, kind="II", reversion=0.0, processes=5, maximum_speed=20.0, weights_horizon=2.0)
    found = sequences.bridge_theory(chain, 1.0, 0.5, 2.0)
    t = found.time.values
    np.testing.assert_allclose(found.mean_theory, t / 2.25, atol=2e-3)
    np.testing.assert_allclose(found.standard_deviation_exact**2, t - t**2 / 2.25, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_under_the_optimal_control_is_the_evidence(kind):
    chain = sequences.bridge_chain(0.7, kind=kind, reversion=0.5, processes=3, maximum_speed=5.0, weights_horizon=1.0)
    problem = sequences.BridgeProblem(chain, 0.8, 0.5, 1.0, 400)
    start = sequences.posterior_start(problem)
    best = sequences.walk(problem, sequences.optimal_control(problem), start, paths=4000, seed=1).bound
    assert best.value == pytest.approx(sequences.log_evidence(problem), abs=0.02)
    assert best.stderr < 0.006
    idle = sequences.walk(problem, lambda _index, states: 0 * states[:, 0], start, paths=4000, seed=1).bound
    assert idle.value < best.value - 5 * idle.stderr


def test_paths_are_the_same_for_any_number_of_threads_and_steps_compose():
    motion = sequences.markov_motion(0.3, kind="I")
    times = np.linspace(0.01, 1.0, 100)
    one = sequences.sample_markov_motion(motion, times, 5, seed=3, threads=1)
    np.testing.assert_array_equal(one, sequences.sample_markov_motion(motion, times, 5, seed=3, threads=2))
    assert not np.array_equal(one, sequences.sample_markov_motion(motion, times, 5, seed=4))
    many = sequences.sample_markov_motion(motion, [0.1, 0.15, 1.0], 30_000, seed=5)
    wanted = motion.covariance(0.1, 1.0)
    assert np.mean(many[:, 0] * many[:, 2]) == pytest.approx(float(wanted), abs=0.02)


def test_a_changing_index_is_read_off_again():
    found = sequences.multifractional_dataset(0.3, 0.7, 1000, 60, 1)
    theory = 0.3 + 0.4 * sequences.multifractional_times(1000)
    assert np.abs(found.local_hurst_simulation - theory).max() < 0.06
    with pytest.raises(ValueError, match="hurst must stay"):
        sequences.sample_multifractional_motion(
            sequences.weight_table([1.0], 1.0), lambda t: t, np.array([0.5, 1.2]), 1, seed=1
        )


def test_indices_of_exact_series():
    series = sequences.generated_series(0.3, 256, 20, 4)
    exact = sequences.hurst_by_exact_likelihood(series)
    markov = sequences.hurst_by_likelihood(series)
    assert exact.value == pytest.approx(0.3, abs=4 * exact.stderr)
    assert 0.005 < exact.stderr < 0.01
    assert markov.value == pytest.approx(exact.value, abs=0.012)
    assert sequences.hurst_by_detrended_fluctuation(series).value == pytest.approx(0.3, abs=0.06)
    assert sequences.hurst_by_rescaled_range(series).value > 0.33  # its known bias for short rough series


def test_the_index_does_not_depend_on_units():
    (one,) = sequences.generated_series(0.6, 200, 1, 1)
    other = sequences.Series(3600 * one.times + 5, 17 * one.values - 2)
    for method in (sequences.hurst_by_likelihood, sequences.hurst_by_exact_likelihood):
        assert method([one]).value == pytest.approx(method([other]).value, abs=1e-4)
    known = sequences.hurst_by_likelihood([one], scale=1.0).value
    stretched = sequences.Series(4 * one.times, one.values)
    again = sequences.hurst_by_likelihood([stretched], scale=4.0**-known).value
    assert again == pytest.approx(known, abs=1e-3)


def test_uneven_series_by_both_likelihoods():
    times = np.sort(np.random.default_rng(2).random(150))
    series = [sequences.Series(times, row) for row in sequences.sample_fractional_motion(0.6, times + 0.1, 6, seed=1)]
    assert sequences.hurst_by_likelihood(series).value == pytest.approx(
        sequences.hurst_by_exact_likelihood(series).value, abs=0.02
    )
    with pytest.raises(ValueError, match="needs equal steps"):
        sequences.hurst_by_rescaled_range(series)


def test_slow_speeds_are_told():
    series = sequences.generated_series(0.3, 256, 1, 1)
    with pytest.warns(sequences.UnresolvedNoise, match="the index will be biased"):
        sequences.hurst_by_likelihood(series, maximum_speed=20.0, processes=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sequences.hurst_by_likelihood(series)


def test_a_control_is_learned_and_an_index_with_it():
    motion = sequences.markov_motion(0.7, processes=3, maximum_speed=4.0, horizon=1.0)
    chain = sequences.linear_chain(motion)
    problem = sequences.BridgeProblem(chain, 1.0, 0.3, 1.0, 50)
    levels = np.full((1, 51), np.nan)
    levels[0, -1] = 1.0
    observed = sequences.ObservedPaths(levels, 0.3, 0.02, motion)
    fitted = sequences.train_posterior(observed, steps=200, seed=1, width=32)
    learned = sequences.walk_posterior(problem, fitted.model, paths=4000, seed=2).bound
    best = sequences.walk(
        problem, sequences.optimal_control(problem), sequences.posterior_start(problem), paths=4000, seed=3
    ).bound
    assert best.value - learned.value == pytest.approx(0.0, abs=0.15)
    with pytest.raises(ValueError, match="at a known index"):
        _ = fitted.model.hurst


def test_the_law_of_the_start_is_learned_for_type_one():
    motion = sequences.markov_motion(0.7, processes=3, maximum_speed=4.0, horizon=1.0, kind="I")
    levels = np.full((2, 41), np.nan)
    levels[:, -1] = 1.0, 1.2
    table = sequences.weight_table(motion.speeds, 1.0, kind="I")
    observed = sequences.ObservedPaths(levels, 0.3, 0.025, motion)
    fitted = sequences.train_posterior(observed, steps=60, seed=1, width=16, table=table, first_hurst=0.6)
    assert fitted.losses[-20:].mean() < fitted.losses[:20].mean()
    assert 0.3 < fitted.model.hurst < 0.9
    assert fitted.model.hurst != pytest.approx(0.6, abs=1e-4)
    assert np.abs(np.asarray(fitted.model.start_mean)).max() > 0.01


def test_series_in_files(tmp_path):
    (tmp_path / "one.csv").write_text("t,value\n" + "\n".join(f"{i},{i * i}" for i in range(9)))
    (only,) = sequences.read_series(tmp_path / "one.csv")
    assert only.values[3] == 9
    rows = [f"{name},{i},{i}" for name in "ab" for i in range(8)]
    (tmp_path / "two.csv").write_text("series,t,value\n" + "\n".join(rows))
    assert len(sequences.read_series(tmp_path / "two.csv")) == 2
    np.savez(tmp_path / "three.npz", values=np.random.default_rng(1).random((3, 10)))
    assert [each.times[-1] for each in sequences.read_series(tmp_path / "three.npz")] == [9.0] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks column 't'"),
        ("t,v\n1,2\n", "lacks column 'value'"),
        ("t,value\n", "no rows"),
        ("t,value\n1,x\n", "row 2 must hold numbers"),
        ("t,value\n" + "1,1\n" * 9, "times must increase"),
        ("t,value\n1,1\n2,2\n", "at least 8 points"),
        ("t,value\n" + "\n".join(f"{i},nan" for i in range(9)), "must be finite"),
    ],
)
def test_wrong_series_files_name_what_is_wrong(tmp_path, text, message):
    path = tmp_path / "series.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        sequences.read_series(path)
    assert "series.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sequences.markov_motion(1.0), "hurst must lie strictly between 0 and 1"),
        (lambda: sequences.markov_motion(math.nan), "hurst must"),
        (lambda: sequences.markov_motion(0.3, processes=0), "processes must be an integer of at least 1"),
        (lambda: sequences.markov_motion(0.3, maximum_speed=1.0), "maximum_speed must be finite and above 1"),
        (lambda: sequences.markov_motion(0.3, horizon=0.0), "horizon must be positive"),
        (lambda: sequences.markov_motion(0.3, processes=16), "processes must be at most 15 for type II"),
        (lambda: sequences.markov_motion(0.3, kind="III"), "kind must be I or II"),
        (lambda: sequences.markov_motion(0.3, speeds=[1.0, 1.0]), "different positive numbers"),
        (lambda: sequences.sample_fractional_motion(0.3, [0.5, 0.5], 1, seed=1), "times must increase"),
        (lambda: sequences.sample_fractional_motion(0.3, [0.0, 0.5], 1, seed=1), "times must be positive"),
        (lambda: sequences.sample_markov_motion(sequences.markov_motion(0.3), [1.0], 0, seed=1), "paths must be"),
        (lambda: sequences.linear_chain(sequences.markov_motion(0.3), reversion=-1.0), "reversion must"),
        (lambda: sequences.linear_chain(sequences.markov_motion(0.3), diffusion=0.0), "diffusion must"),
        (
            lambda: sequences.log_likelihood(sequences.linear_chain(sequences.markov_motion(0.3)), [1.0], [math.nan]),
            "left out with missing=True",
        ),
        (
            lambda: sequences.BridgeProblem(sequences.linear_chain(sequences.markov_motion(0.3)), 0.0, 0.1, 2.0, 40),
            "steps must be more than 80",
        ),
        (
            lambda: sequences.ObservedPaths(np.zeros((1, 11)), 0.1, 0.1, sequences.markov_motion(0.3)),
            "step must be positive and below 0.025",
        ),
        (lambda: sequences.hurst_by_likelihood([]), "got none"),
        (
            lambda: sequences.hurst_by_likelihood([sequences.Series(np.arange(9.0), np.ones(9))]),
            "series 0 is constant",
        ),
    ],
)
def test_wrong_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
