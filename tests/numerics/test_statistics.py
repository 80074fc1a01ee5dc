"""Estimates against known distributions: that the error bars are the errors is measured here."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.signal import lfilter

from phasebook.errors import NotConverged
from phasebook.numerics.statistics import (
    blocked_estimate,
    bootstrap_estimate,
    clopper_pearson,
    correlated_estimate,
    fit_line,
    fit_power_law,
    integrated_autocorrelation_time,
    mean_estimate,
    wilson_interval,
)

ONE_DIMENSION = (mean_estimate, blocked_estimate, integrated_autocorrelation_time, correlated_estimate)


def autoregressive(phi: float, length: int, generator: np.random.Generator) -> np.ndarray:
    """x' = phi·x + noise, begun long before."""
    return lfilter([1.0], [1.0, -phi], generator.standard_normal(length + 500))[500:]


def coverage(estimates, truth: float = 0.0) -> float:
    """The share of 99% intervals that hold the truth."""
    inside = [abs(one.value - truth) <= stats.t.ppf(0.995, one.dof) * one.stderr for one in estimates]
    return float(np.mean(inside))


def test_the_mean_of_three():
    estimate = mean_estimate([1.0, 2.0, 6.0])
    assert estimate.value == 3.0
    assert estimate.stderr == pytest.approx(math.sqrt(7 / 3))
    assert estimate.dof == 2
    assert mean_estimate([4, 4, 4]).stderr == 0.0
    assert mean_estimate([True, False]).value == 0.5


def test_intervals_of_independent_samples_cover():
    generator = np.random.default_rng(11)
    estimates = [mean_estimate(generator.normal(5.0, 2.0, 6)) for _ in range(4000)]
    # 99% are expected; the standard deviation over 4000 trials is 0.16%.
    assert 0.983 < coverage(estimates, 5.0) < 0.997


@pytest.mark.parametrize("phi", [-0.5, 0.0, 0.5, 0.9])
def test_the_autocorrelation_time_of_an_autoregression(phi):
    series = autoregressive(phi, 400_000, np.random.default_rng(7))
    tau = (1 + phi) / (1 - phi)
    # Seven standard errors of the estimate, sqrt(2(2W + 1)/n)·tau with W = 5·max(tau, 1), and the last lag's half for phi < 0.
    tolerance = 7 * tau * math.sqrt(2 * (10 * max(tau, 1) + 1) / 400_000) + (0.02 if phi < 0 else 0.0)
    assert integrated_autocorrelation_time(series) == pytest.approx(tau, abs=tolerance)


def test_the_autocorrelation_time_is_the_plain_sum():
    """The same definition without a Fourier transform, on a short series with a trend that would wrap around."""
    series = autoregressive(0.3, 900, np.random.default_rng(4)) + np.linspace(-0.3, 0.3, 900)
    centered = series - series.mean()
    rho = [centered[: 900 - lag] @ centered[lag:] / (centered @ centered) for lag in range(100)]
    for window in range(1, 100):
        tau = 1 + 2 * sum(rho[1:window]) + rho[window]
        if window >= 5 * max(tau, 1):
            break
    corrected = tau * (1 + (2 * window + 1) / 900)
    assert integrated_autocorrelation_time(series) == pytest.approx(corrected, rel=1e-12)


def test_strong_anticorrelation_errs_on_the_safe_side():
    series = autoregressive(-0.9, 20_000, np.random.default_rng(6))
    exact = math.sqrt(1 / (1.9**2 * 20_000))
    for estimate in (blocked_estimate, correlated_estimate):
        assert exact < estimate(series).stderr < 2 * exact


@pytest.mark.parametrize("estimate", [blocked_estimate, correlated_estimate])
@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_errors_of_correlated_series_are_the_errors(estimate, phi):
    generator = np.random.default_rng(23)
    length, trials = 10_000, 300
    estimates = [estimate(autoregressive(phi, length, generator)) for _ in range(trials)]
    exact = 1 / ((1 - phi) * math.sqrt(length))  # sqrt(variance·tau/n), variance = 1/(1 - phi²)
    # Blocks leave some of their correlation behind: 2% at most by the criterion, 6% is far beyond the scatter of 300 trials.
    assert math.sqrt(np.mean([one.stderr**2 for one in estimates])) == pytest.approx(exact, rel=0.06)
    assert coverage(estimates) > 0.96
    assert np.std([one.value for one in estimates]) == pytest.approx(exact, rel=0.2)
    # The naive error is too small by sqrt(tau), which the estimate must show.
    if phi == 0.9:
        assert np.mean([one.stderr for one in estimates]) > 3 * exact / math.sqrt(19)


def test_degrees_of_freedom_are_blocks_or_windows():
    series = autoregressive(0.9, 20_000, np.random.default_rng(5))
    blocked = blocked_estimate(series)
    assert 20_000 // (blocked.dof + 1) in (128, 256, 512)
    tau = integrated_autocorrelation_time(series)
    assert correlated_estimate(series).dof == pytest.approx(20_000 / (10 * tau), rel=0.1)


def test_series_shorter_than_their_correlations_are_refused():
    walk = np.random.default_rng(2).standard_normal(1000).cumsum()
    with pytest.raises(NotConverged, match="too short for its correlations"):
        blocked_estimate(walk)
    for estimate in (integrated_autocorrelation_time, correlated_estimate):
        with pytest.raises(NotConverged, match="must span at least 50 autocorrelation times"):
            estimate(walk)


def test_bootstrap_of_a_mean_and_of_a_correlation():
    generator = np.random.default_rng(3)
    samples = generator.exponential(size=400)
    estimate = bootstrap_estimate(np.mean, samples, seed=8)
    assert estimate == bootstrap_estimate(np.mean, samples, seed=8)
    assert estimate.seed == 8
    assert estimate.dof == 399
    assert estimate.value == samples.mean()
    assert estimate.stderr == pytest.approx(mean_estimate(samples).stderr, rel=0.15)
    # Rows stay together: the correlation of pairs has error (1 - rho²)/sqrt(n).
    pairs = generator.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=600)
    measured = bootstrap_estimate(lambda rows: np.corrcoef(rows.T)[0, 1], pairs, seed=1)
    assert measured.value == pytest.approx(0.8, abs=0.07)
    assert measured.stderr == pytest.approx(0.36 / math.sqrt(600), rel=0.3)


def test_an_exact_line_and_an_exact_power_law():
    x = np.array([1.0, 2.0, 5.0, 9.0])
    line = fit_line(x, 3 - 0.5 * x, y_stderr=[1.0, 2.0, 1.0, 4.0])
    assert line.slope.value == pytest.approx(-0.5, abs=1e-14)
    assert line.intercept.value == pytest.approx(3.0, abs=1e-13)
    assert line.slope.stderr < 1e-13
    sizes = np.geomspace(1, 1e4, 9)
    law = fit_power_law(sizes, 2.5 * sizes**-0.75, window=(9, 1100))
    assert law.exponent.value == pytest.approx(-0.75, abs=1e-13)
    assert law.prefactor.value == pytest.approx(2.5, rel=1e-12)
    assert law.points == 5
    assert law.exponent.dof == law.prefactor.dof == 3
    assert law.window == (9.0, 1100.0)


def test_the_window_alone_decides_which_points_count():
    x = np.array([0.0, 1.0, 2.0, 4.0, 8.0])
    y = np.array([-7.0, 1.0, 4.0, 16.0, 1e9])
    law = fit_power_law(x, y, window=(1, 4), y_stderr=np.full(5, 0.1))
    assert law.exponent.value == pytest.approx(2.0, abs=1e-12)
    assert law.points == 3


def test_the_lines_errors_are_those_of_scipy_and_cover():
    generator = np.random.default_rng(19)
    x = np.linspace(-1, 3, 6)
    y = 1 + 2 * x + generator.normal(size=6)
    line, peer = fit_line(x, y), stats.linregress(x, y)
    assert line.slope.value == pytest.approx(peer.slope)
    assert line.slope.stderr == pytest.approx(peer.stderr)
    assert line.intercept.stderr == pytest.approx(peer.intercept_stderr)
    sigma = np.array([0.1, 0.2, 0.5, 1.0, 0.3, 0.1])
    lines = [fit_line(x, 1 + 2 * x + sigma * generator.normal(size=6), sigma) for _ in range(3000)]
    assert 0.983 < coverage([one.slope for one in lines], 2.0) < 0.997
    assert 0.983 < coverage([one.intercept for one in lines], 1.0) < 0.997


def test_a_power_laws_points_weigh_by_their_relative_errors():
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    y = x**1.5 * np.array([1.1, 0.9, 1.2, 0.8, 1.0])
    y_stderr = np.array([0.1, 0.1, 1.0, 1.0, 9.0])
    peer = np.polyfit(np.log(x), np.log(y), 1, w=y / y_stderr, cov=True)
    law = fit_power_law(x, y, window=(1, 16), y_stderr=y_stderr)
    assert law.exponent.value == pytest.approx(peer[0][0])
    assert law.exponent.stderr == pytest.approx(math.sqrt(peer[1][0, 0]))
    assert law.prefactor.stderr == pytest.approx(math.exp(peer[0][1]) * math.sqrt(peer[1][1, 1]))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    exponent=st.floats(-3, 3),
    prefactor=st.floats(1e-3, 1e3),
    unit=st.floats(0.01, 100),
    noise=st.lists(st.floats(-0.5, 0.5), min_size=6, max_size=6),
)
def test_a_power_laws_exponent_knows_no_units(exponent, prefactor, unit, noise):
    x = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 13.0])
    y = prefactor * x**exponent * np.exp(noise)
    first = fit_power_law(x, y, window=(0.5, 20))
    second = fit_power_law(unit * x, 7 * y, window=(0.5 * unit, 20 * unit))
    assert second.exponent.value == pytest.approx(first.exponent.value, abs=1e-9)
    assert second.exponent.stderr == pytest.approx(first.exponent.stderr, abs=1e-9)


@pytest.mark.parametrize(("trials", "confidence"), [(1, 0.95), (10, 0.95), (300, 0.99)])
def test_clopper_pearson_at_the_ends(trials, confidence):
    alpha = 1 - confidence
    low, high = clopper_pearson(0, trials, confidence)
    assert low == 0.0
    assert high == pytest.approx(1 - (alpha / 2) ** (1 / trials), rel=1e-12)
    low, high = clopper_pearson(trials, trials, confidence)
    assert low == pytest.approx((alpha / 2) ** (1 / trials), rel=1e-12)
    assert high == 1.0


@given(st.integers(1, 400), st.floats(0, 1), st.floats(0.5, 0.999))
def test_wilson_is_the_peers_interval(trials, share, confidence):
    successes = round(share * trials)
    expected = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(trials=st.integers(1, 500), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
def test_clopper_pearson_is_the_peers_interval_and_mirrors(trials, share, confidence):
    successes = round(share * trials)
    low, high = clopper_pearson(successes, trials, confidence)
    peer = stats.binomtest(successes, trials).proportion_ci(confidence, method="exact")
    assert (low, high) == pytest.approx((peer.low, peer.high), abs=1e-10)
    mirrored = clopper_pearson(trials - successes, trials, confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-10)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(values=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), scale=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_a_mean_moves_with_its_units(values, scale, shift):
    first, second = mean_estimate(values), mean_estimate(scale * np.array(values) + shift)
    assert second.value == pytest.approx(scale * first.value + shift, abs=1e-9)
    assert second.stderr == pytest.approx(scale * first.stderr, abs=1e-9)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), phi=st.floats(-0.5, 0.6), scale=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_the_autocorrelation_time_knows_no_units_and_no_direction(seed, phi, scale, shift):
    series = autoregressive(phi, 2000, np.random.default_rng(seed))
    tau = integrated_autocorrelation_time(series)
    assume(abs(tau - 1) > 1e-6)  # the window's lower limit is a kink there
    assert integrated_autocorrelation_time(scale * series + shift) == pytest.approx(tau, rel=1e-6)
    assert integrated_autocorrelation_time(series[::-1]) == pytest.approx(tau, rel=1e-6)


@pytest.mark.parametrize("estimate", ONE_DIMENSION)
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "must hold (at least|real)"),
        ([1.0], "must hold at least"),
        (np.zeros((50, 2)), r"must have one dimension; got shape \(50, 2\)"),
        (np.r_[np.arange(99.0), np.nan], "must be finite; got 1 NaN or infinite values"),
        (np.r_[np.arange(99.0), np.inf], "must be finite; got 1 NaN or infinite values"),
        (np.arange(100.0) * 1j, "must hold real numbers; got complex128"),
        (["a"] * 100, "must hold real numbers"),
    ],
)
def test_bad_series_are_named(estimate, values, message):
    with pytest.raises(ValueError, match=rf"^(samples|series) {message}"):
        estimate(values)


@pytest.mark.parametrize("estimate", ONE_DIMENSION[1:])
def test_a_constant_series_has_no_autocorrelation(estimate):
    with pytest.raises(ValueError, match="series must not be constant; all 100 values are 3"):
        estimate(np.full(100, 3.0))


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        ([1, 2], [1, 2], {}, "x must hold at least 3 values; got 2"),
        ([1, 2, 3], [1, 2, 3, 4], {}, "x and y must have the same length; got 3 and 4"),
        ([2, 2, 2], [1, 2, 3], {}, "x must not be constant"),
        ([1, 2, 3], [1, math.nan, 3], {}, "y must be finite"),
        ([1, 2, 3], [1, 2, 3], {"y_stderr": [1, 0, 1]}, "y_stderr must hold 3 positive numbers"),
        ([1, 2, 3], [1, 2, 3], {"y_stderr": [1, 1, 1, 1]}, "y_stderr must hold 3 positive numbers, .* got 4"),
    ],
)
def test_bad_points_are_named(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        fit_line(x, y, **options)
    if "constant" not in message:
        with pytest.raises(ValueError, match=message):
            fit_power_law(x, y, window=(0.5, 10), **options)


@pytest.mark.parametrize(
    ("window", "y", "message"),
    [
        ((3, 1), [1, 2, 3, 4], r"window must be \(low, high\) with 0 < low < high; got \(3, 1\)"),
        ((0, 3), [1, 2, 3, 4], "window must be"),
        ((1, math.nan), [1, 2, 3, 4], "window must be"),
        ((1.5, 3.5), [1, 2, 3, 4], r"window \(1.5, 3.5\) must hold at least 3 points; it holds 2"),
        ((1, 4), [1, -2, 3, 4], "y must be positive inside the window"),
    ],
)
def test_bad_windows_are_named(window, y, message):
    with pytest.raises(ValueError, match=message):
        fit_power_law([1, 2, 3, 4], y, window=window)


@pytest.mark.parametrize(
    ("statistic", "samples", "options", "message"),
    [
        (np.mean, [1.0], {}, r"samples must have at least 2 rows; got shape \(1,\)"),
        (np.mean, 1.0, {}, r"samples must have at least 2 rows; got shape \(\)"),
        (np.mean, [1.0, math.nan], {}, "samples must be finite real numbers"),
        (np.mean, [1.0, 2.0], {"resamples": 5}, "resamples must be at least 99; got 5"),
        (lambda rows: math.nan, [1.0, 2.0], {}, "statistic must be finite on every resample"),
    ],
)
def test_bad_bootstraps_are_named(statistic, samples, options, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_estimate(statistic, samples, seed=0, **options)


@pytest.mark.parametrize(
    ("successes", "trials", "confidence"),
    [(-1, 5, 0.9), (6, 5, 0.9), (0, 0, 0.9), (1.5, 5, 0.9), (1, 5, 0.0), (1, 5, 1.0), (1, 5, math.nan)],
)
def test_bad_counts_are_named(successes, trials, confidence):
    with pytest.raises(ValueError, match="must be"):
        clopper_pearson(successes, trials, confidence)


def test_the_package_imports_nothing_heavy_until_used():
    program = (
        "import sys, phasebook.numerics as numerics; "
        "heavy = {'jax', 'scipy', 'optimistix', 'numpy'} & set(sys.modules); "
        "assert not heavy, heavy; "
        "assert callable(numerics.gauss_hermite) and 'solve_fixed_point' in dir(numerics)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
