"""The exact denoiser and its smoothed copy: staircase, samples against the law that no sample enters, published numbers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.transport import (
    DiscreteDiffusion,
    InterpolatedMixture,
    Mixture,
    SeparatedModes,
    SmoothedDenoiser,
    TrajectoryMoments,
    data_from_score,
    gaussian_grid,
    gaussian_line,
    histogram_modes,
    line_sampler,
    mixture_fields,
    one_sided,
    sample_ancestral,
    sample_smoothed,
    sampled_law,
    trajectory_variance,
)

DIFFUSION = DiscreteDiffusion.linear()
LINE = gaussian_line()


def test_the_posterior_mean_is_a_staircase_with_the_derived_slope():
    signal = float(DIFFUSION.signal[20])
    spread = signal * 0.05**2 + 1 - signal
    middle = math.sqrt(signal) * 1.5
    gain = math.sqrt(signal) * 0.05**2 / spread
    # Responsibilities change with slope √ᾱΔ²/(4S) between two modes; within each, the mean follows x by `gain`.
    two = SeparatedModes([1.0, 2.0], 0.05)
    ends = two.posterior_mean(middle + np.array([-1e-5, 1e-5]), signal)[:, 0]
    expected = math.sqrt(signal) * (1 - math.sqrt(signal) * gain) / (4 * spread) + gain
    assert np.diff(ends)[0] / 2e-5 == pytest.approx(expected, rel=1e-6)
    assert ends.mean() == pytest.approx(1.5)
    far = LINE.posterior_mean(np.array([-40.0, 40.0]), 0.5)[:, 0]
    assert (far > np.array([-40.0, 2.9])).all()
    assert np.isfinite(far).all()


def test_the_posterior_mean_is_the_mean_of_the_data_given_the_state():
    generator = np.random.default_rng(1)
    signal, grid = 0.6, gaussian_grid()
    points = grid.sample(2_000_000, 2)
    states = math.sqrt(signal) * points + math.sqrt(1 - signal) * generator.standard_normal(points.shape)
    near = np.abs(states - np.array([0.3, -0.2])).max(axis=1) < 0.05
    expected = grid.posterior_mean(states[near], signal).mean(axis=0)
    error = points[near].std(axis=0) / math.sqrt(near.sum())
    assert (np.abs(points[near].mean(axis=0) - expected) < 4 * error).all()


def test_the_posterior_mean_is_tweedie_s_of_the_mixture_s_own_score():
    grid, signal = gaussian_grid(rotated=True), 0.7
    mixture = Mixture(grid.weights, grid.modes, np.full(25, grid.stddev**2))
    law = InterpolatedMixture(None, mixture, one_sided("variance-preserving"))
    states = np.random.default_rng(5).normal(size=(200, 2))
    score = mixture_fields(law, math.sqrt(signal), states).score
    np.testing.assert_allclose(grid.posterior_mean(states, signal), data_from_score(states, score, signal), atol=1e-10)


def test_grids_have_the_published_scales():
    grid, diamond = gaussian_grid(), gaussian_grid(rotated=True)
    assert len(grid.modes) == len(diamond.modes) == 25
    assert grid.spacing == pytest.approx(0.70699, abs=1e-5)
    assert grid.stddev == pytest.approx(0.017675, abs=1e-6)
    assert diamond.spacing == pytest.approx(grid.spacing / math.sqrt(2))
    assert grid.modes.var(axis=0) + grid.stddev**2 == pytest.approx(1.0)
    assert np.abs(diamond.modes).sum(axis=1).max() == pytest.approx(4 / math.sqrt(8.0025))


@pytest.mark.parametrize("smoothing", [0.0, 0.15, 0.3])
def test_samples_follow_the_law_that_was_computed_without_drawing(smoothing):
    law = sampled_law(LINE, DIFFUSION, smoothing)
    samples = sample_smoothed(SmoothedDenoiser(LINE, DIFFUSION, smoothing), 60_000, seed=5).samples[:, 0]
    edges = np.array([-np.inf, 0.9, 1.0, 1.05, 1.3, 1.5, 1.9, 2.0, 2.02, 2.4, 2.9, 3.0, 3.2, np.inf])
    counts = np.histogram(samples, edges)[0]
    expected = 60_000 * law.probability(edges[:-1], edges[1:])
    assert expected.sum() == pytest.approx(60_000)
    kept = expected > 5
    chi_squared = float(((counts - expected)[kept] ** 2 / expected[kept]).sum())
    assert chi_squared < 36  # 99.97% quantile at 12 degrees of freedom
    assert counts[~kept].sum() <= 20


def test_the_law_gives_the_rates_that_others_sampled():
    # Fractions beyond 6 standard deviations from 50,000 to 300,000 samples of an independent NumPy program.
    for modes, smoothing, sampled, tolerance in (
        ((1, 2, 3), 0.1, 1.1e-3, 1.5e-4),
        ((1, 2, 3), 0.2, 3.4e-2, 8e-4),
        ((1, 2, 3), 0.3, 0.166, 2.5e-3),
        ((1, 2, 4, 5), 0.2, 2.6e-2, 7e-4),
    ):
        law = sampled_law(gaussian_line(modes), DIFFUSION, smoothing, 0.004)
        assert law.outside(modes, 0.3) == pytest.approx(sampled, abs=tolerance)


def test_the_exact_denoiser_s_width_is_that_of_the_recursion():
    law = sampled_law(LINE, DIFFUSION)
    levels = np.linspace(1.7, 2.3, 1201)
    masses = law.probability(levels[:-1], levels[1:])
    middles = 0.5 * (levels[:-1] + levels[1:])
    variance = float((masses * (middles - 2) ** 2).sum() / masses.sum())
    expected = 0.0  # of one mode alone, from where modes are told apart
    for step in range(150, -1, -1):
        signal = DIFFUSION.signal[step]
        gain = math.sqrt(signal) * 0.05**2 / (signal * 0.05**2 + 1 - signal)
        slope = DIFFUSION.data_weights[step] * gain + DIFFUSION.state_weights[step]
        expected = slope**2 * expected + DIFFUSION.step_noise[step] ** 2
    assert expected / 0.05**2 == pytest.approx(0.887, abs=0.002)
    assert variance == pytest.approx(expected, rel=0.03)


def test_a_table_of_hardly_smoothed_steps_is_the_exact_denoiser():
    rough = SmoothedDenoiser(LINE, DIFFUSION, 0.004)
    states = np.linspace(-1, 4, 301)
    for step in (60, 200, rough.start):
        exact = LINE.posterior_mean(states, float(DIFFUSION.signal[step]))[:, 0]
        np.testing.assert_allclose(rough.predict(states, step), exact, atol=2e-4)


def test_smoothing_is_the_mean_over_a_normal_shift():
    smooth, generator = SmoothedDenoiser(LINE, DIFFUSION, 0.2), np.random.default_rng(4)
    shifts = 0.2 * generator.standard_normal(400_000)
    for step, state in ((3, 1.4), (40, 1.7)):
        values = LINE.posterior_mean(state + shifts, float(DIFFUSION.signal[step]))[:, 0]
        assert float(smooth.predict(np.array([state]), step)[0]) == pytest.approx(
            values.mean(), abs=5 * values.std() / math.sqrt(values.size)
        )


def test_one_compiled_sampler_and_the_general_one_agree():
    smooth = SmoothedDenoiser(LINE, DIFFUSION, 0.3)
    fast = sample_smoothed(smooth, 16_384, windows=(10, (20, 60)), seed=2)
    slow = sample_ancestral(
        lambda states, step: smooth.predict(states[:, 0], step)[:, None],
        DIFFUSION,
        (16_384, 1),
        windows=(10, (20, 60)),
        seed=2,
    )
    for ours, other in zip(
        (fast.samples[:, 0], *np.log(fast.variances)), (slow.samples[:, 0], *np.log(slow.variances)), strict=True
    ):
        quantiles = [np.quantile(each, np.linspace(0.05, 0.95, 10)) for each in (ours, other)]
        np.testing.assert_allclose(*quantiles, atol=0.12 * ours.std())


def test_a_seed_fixes_the_samples_for_any_number_of_threads():
    smooth = SmoothedDenoiser(LINE, DIFFUSION, 0.3)
    one = sample_smoothed(smooth, 20_000, seed=7, threads=1)
    two = sample_smoothed(smooth, 20_000, seed=7, threads=2)
    np.testing.assert_array_equal(one.samples, two.samples)
    np.testing.assert_array_equal(one.variances, two.variances)
    np.testing.assert_array_equal(one.samples[:9000], sample_smoothed(smooth, 9000, seed=7).samples)
    assert (one.samples != sample_smoothed(smooth, 20_000, seed=8).samples).any()


def test_a_histogram_s_posterior_mean_by_recurrence_is_that_of_its_modes():
    points = LINE.sample(3000, 6)
    binned = histogram_modes(points, 0.01)
    assert binned.stddev == 0.005
    assert float(binned.weights @ binned.modes[:, 0]) == pytest.approx(points.mean(), abs=1e-3)
    same = SeparatedModes(binned.modes, binned.stddev, binned.weights)
    states = np.linspace(-6, 9, 301)
    for step in (0, 5, 60, 390):
        fast = SmoothedDenoiser(binned, DIFFUSION).predict(states, step)
        np.testing.assert_allclose(fast, SmoothedDenoiser(same, DIFFUSION).predict(states, step), rtol=1e-9, atol=1e-9)


def test_a_model_of_many_points_samples_as_the_model_of_their_modes():
    rates = []
    for seed in (1, 2):
        samples, scores = line_sampler(DIFFUSION, 0.2)(LINE.sample(30_000, seed), 30_000, seed)
        assert scores.shape == (30_000,)
        rates.append(LINE.hallucinated(samples).mean())
    assert np.mean(rates) == pytest.approx(sampled_law(LINE, DIFFUSION, 0.2).outside([1, 2, 3], 0.3), abs=0.004)


@settings(max_examples=40)
@given(st.integers(2, 30), st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**31))
def test_streaming_moments_are_the_variance_of_what_was_seen(steps, samples, dimension, seed):
    values = 1e3 + np.random.default_rng(seed).standard_normal((steps, samples, dimension))
    window = max(2, steps // 2)
    expected = values[-window:].var(axis=0).mean(axis=1)
    np.testing.assert_allclose(trajectory_variance(values, window), expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SeparatedModes([1.0, 1.0], 0.05), "modes must not coincide"),
        (lambda: SeparatedModes([1.0, 2.0], 0.0), "stddev must be a positive number"),
        (lambda: SeparatedModes([1.0, 2.0], 0.1, [0.5, 0.6]), "weights must be 2 positive numbers"),
        (lambda: SeparatedModes([[np.nan]], 0.1), "modes must be finite"),
        (lambda: LINE.posterior_mean([[0.0, 1.0]], 0.5), r"points must be finite numbers of shape \(points, 1\)"),
        (lambda: LINE.posterior_mean([0.0], 0.0), "signal must lie in"),
        (lambda: LINE.sample(0, 1), "count must be a positive integer"),
        (lambda: SmoothedDenoiser(gaussian_grid(), DIFFUSION), "data must have one dimension"),
        (lambda: SmoothedDenoiser(LINE, DIFFUSION, -0.1), "smoothing must lie in"),
        (lambda: SmoothedDenoiser(LINE, DIFFUSION, 0.1, 1.0), "spacing must lie in"),
        (lambda: SmoothedDenoiser(LINE, DIFFUSION).predict([0.0], 500), "step must lie in"),
        (lambda: sample_smoothed(SmoothedDenoiser(LINE, DIFFUSION), 0, seed=0), "samples must be a positive integer"),
        (lambda: sample_smoothed(SmoothedDenoiser(LINE, DIFFUSION), 10**9, seed=0), "bytes; the limit is"),
        (lambda: sample_smoothed(SmoothedDenoiser(LINE, DIFFUSION), 10, seed=0, windows=(1,)), "window must hold"),
        (lambda: sample_smoothed(SmoothedDenoiser(LINE, DIFFUSION), 10, seed=0, windows=(500,)), "window must hold"),
        (lambda: sample_smoothed(SmoothedDenoiser(LINE, DIFFUSION), 10, seed=0).variance(3), "one of those recorded"),
        (lambda: histogram_modes([], 0.1), "points must be finite numbers"),
        (lambda: histogram_modes([1.0, 2.0], 0.0), "width must be a positive number"),
        (lambda: histogram_modes([0.0, 1e9], 0.1), "width must make at most"),
        (lambda: line_sampler(DIFFUSION, 0.0), "smoothing must be positive"),
        (lambda: sampled_law(gaussian_grid(), DIFFUSION), "data must have one dimension"),
        (lambda: sampled_law(LINE, DIFFUSION, -1.0), "smoothing must be zero or positive"),
        (lambda: sampled_law(LINE, DIFFUSION, 0.1, 0.01).outside([1, 2, 3], 0.6), "distance must be below half"),
        (lambda: trajectory_variance(np.zeros((3, 2, 1)), 4), "window must hold at least 2"),
        (lambda: TrajectoryMoments([5], 10).variances(), r"window \(0, 5\) needs 5 predictions; it was given 0"),
        (lambda: TrajectoryMoments([5], 10).add(10, [[0.0]]), "step must lie in"),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_predictions_must_keep_their_shape():
    moments = TrajectoryMoments([3], 3)
    moments.add(2, np.zeros((4, 2)))
    with pytest.raises(ValueError, match="prediction must keep its shape"):
        moments.add(1, np.zeros((5, 2)))
