"""Schedules against published numbers and closed forms; conversions are inverse; the reverse process has the data's law."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.transport import (
    ContinuousDiffusion,
    DiscreteDiffusion,
    SeparatedModes,
    data_from_noise,
    data_from_score,
    noise_from_data,
    sample_ancestral,
    score_from_data,
)

REFERENCE = DiscreteDiffusion.linear()


def test_the_reference_schedule_has_the_numbers_of_the_reference_code():
    assert REFERENCE.signal[0] == pytest.approx(0.999)
    assert REFERENCE.signal[-1] == pytest.approx(1.3e-47, rel=0.02)
    assert REFERENCE.signal[399] == pytest.approx(5.3e-8, rel=0.01)
    assert int(np.argmax(np.sqrt(REFERENCE.noise) > 0.5)) == 49
    assert REFERENCE.start_of(6e-8) == 398
    assert REFERENCE.start_of(1e-60) == 999


def test_the_step_back_is_the_posterior_of_a_gaussian():
    # Two steps of independent normal noise and data of unit variance: the joint law of (x_{t-1}, x_t, x0) is Gaussian.
    diffusion = DiscreteDiffusion(np.array([0.3, 0.2, 0.4]), "small")
    for step in (1, 2):
        before, rate = diffusion.signal[step - 1], diffusion.betas[step]
        precision = 1 / (1 - before) + (1 - rate) / rate
        assert diffusion.step_noise[step] ** 2 == pytest.approx(1 / precision)
        assert diffusion.data_weights[step] == pytest.approx(math.sqrt(before) / (1 - before) / precision)
        assert diffusion.state_weights[step] == pytest.approx(math.sqrt(1 - rate) / rate / precision)
    assert (diffusion.data_weights[0], diffusion.state_weights[0], diffusion.step_noise[0]) == (1.0, 0.0, 0.0)
    assert DiscreteDiffusion(diffusion.betas).step_noise[1] == pytest.approx(math.sqrt(0.2))


@settings(max_examples=30)
@given(st.lists(st.floats(1e-6, 0.999), min_size=2, max_size=60))
def test_noise_and_signal_sum_to_one(betas):
    diffusion = DiscreteDiffusion(np.array(betas))
    np.testing.assert_allclose(diffusion.signal + diffusion.noise, 1.0, rtol=1e-12)
    assert (np.diff(diffusion.signal) < 0).all()
    assert (diffusion.step_noise[1:] > 0).all()


@settings(max_examples=50)
@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(1e-3, 0.999))
def test_conversions_are_inverse(state, data, signal):
    assert data_from_noise(state, noise_from_data(state, data, signal), signal) == pytest.approx(data, abs=1e-9)
    assert data_from_score(state, score_from_data(state, data, signal), signal) == pytest.approx(data, abs=1e-9)


def test_continuous_time_is_the_limit_of_discrete_time():
    diffusion = ContinuousDiffusion(0.1, 20.0)
    assert float(diffusion.signal(1.0)) == pytest.approx(math.exp(-10.05))
    assert float(diffusion.signal(0.0)) == 1.0
    discrete = diffusion.discrete(40)
    np.testing.assert_allclose(discrete.signal, diffusion.signal(np.arange(1, 41) / 40), rtol=1e-12)
    fine = diffusion.discrete(20_000)
    np.testing.assert_allclose(fine.betas, diffusion.rate(np.arange(1, 20_001) / 20_000) / 20_000, rtol=1e-2)


def test_flow_and_reverse_process_keep_a_gaussian_at_rest():
    # Unit variance is stationary: the score is -x, the flow stands still and the reverse drift is the forward one.
    diffusion, state = ContinuousDiffusion(), np.array([-1.0, 0.5, 2.0])
    np.testing.assert_allclose(diffusion.flow_velocity(state, 0.3, -state), 0.0, atol=1e-12)
    np.testing.assert_allclose(diffusion.reverse_drift(state, 0.3, -state), 0.5 * diffusion.rate(0.3) * state)


@pytest.mark.parametrize("variance", ["large", "small"])
def test_the_exact_denoiser_samples_one_gaussian_with_the_recursion_s_variance(variance):
    data = SeparatedModes([0.7], 0.5)
    diffusion = DiscreteDiffusion.linear(60, 0.001, 0.3, variance)
    runs = sample_ancestral(
        lambda states, step: data.posterior_mean(states, diffusion.signal[step]), diffusion, (40_000, 1), seed=3
    )
    expected, mean = 1.0, 0.0
    for step in range(diffusion.start_of(), -1, -1):
        signal = diffusion.signal[step]
        gain = math.sqrt(signal) * 0.25 / (signal * 0.25 + 1 - signal)
        slope = diffusion.data_weights[step] * gain + diffusion.state_weights[step]
        mean = slope * mean + diffusion.data_weights[step] * 0.7 * (1 - gain * math.sqrt(signal))
        expected = slope**2 * expected + diffusion.step_noise[step] ** 2
    assert runs.samples.var() == pytest.approx(expected, rel=0.035)
    assert runs.samples.mean() == pytest.approx(mean, abs=5 * math.sqrt(expected / 40_000))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DiscreteDiffusion(np.array([0.1])), "betas must be"),
        (lambda: DiscreteDiffusion(np.array([0.1, 1.0])), "betas must be"),
        (lambda: DiscreteDiffusion(np.array([0.1, 0.2]), "huge"), "variance must be large or small"),
        (lambda: ContinuousDiffusion(0.0), "rates must be positive"),
        (lambda: ContinuousDiffusion().signal(1.5), r"time must lie in \[0, 1\]"),
        (lambda: ContinuousDiffusion().discrete(1), "steps must be an integer"),
        (lambda: sample_ancestral(lambda x, t: x[:, :1], REFERENCE, (5, 2), seed=0), r"must return finite numbers"),
        (lambda: sample_ancestral(lambda x, t: x * np.nan, REFERENCE, (5, 2), seed=0), r"must return finite numbers"),
        (lambda: sample_ancestral(lambda x, t: x, REFERENCE, (5,), seed=0), "shape must be"),
        (lambda: sample_ancestral(lambda x, t: x, REFERENCE, (5, 2), seed=0, start=1000), "start must lie in"),
        (lambda: sample_ancestral(lambda x, t: x, REFERENCE, (5, 2), seed=0, windows=(1,)), "window must hold"),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
