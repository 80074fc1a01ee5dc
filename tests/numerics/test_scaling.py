"""Effective exponents and their extrapolation: exact power laws, known corrections, coverage of the errors, bad inputs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import numerics

TIMES = np.geomspace(1.0, 1e4, 41)


def ensemble(exponent, replicas=6, noise=0.0, seed=0, times=TIMES):
    """Replicas of a power law whose logarithms share a random walk, as one run's sites do."""
    generator = np.random.default_rng(seed)
    walk = noise * np.cumsum(generator.standard_normal((replicas, len(times))), axis=1)
    return times**exponent * np.exp(walk)


@given(exponent=st.floats(-3, 3), amplitude=st.floats(1e-3, 1e3), ratio=st.floats(1.3, 50))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_a_pure_power_law_has_its_exponent_in_every_window(exponent, amplitude, ratio):
    found = numerics.effective_exponents(TIMES, amplitude * ensemble(exponent), ratio=ratio)
    assert found.exponent == pytest.approx(exponent, abs=1e-9)
    assert found.stderr == pytest.approx(0, abs=1e-9)
    assert found.dof == 5
    assert ((found.lows < found.centers) & (found.centers < found.highs)).all()


def test_a_correction_in_the_inverse_time_extrapolates_away():
    for power in (1.0, 0.5):
        # d ln y / d ln t = -1/2 + c t^-power for y = t^-1/2 exp(-c t^-power / power).
        values = np.tile(TIMES**-0.5 * np.exp(-0.3 * TIMES**-power / power), (3, 1)) * np.array([[1.0], [1.1], [0.9]])
        found = numerics.effective_exponents(TIMES, values, ratio=2)
        assert abs(found.exponent[0] + 0.5) > 0.1
        limit = found.between(10, 1e4).extrapolated(power)
        assert limit.value == pytest.approx(-0.5, abs=2e-4)


def test_the_jackknife_covers_the_truth():
    window = [numerics.window_exponent(TIMES, ensemble(1 / 3, 12, 0.05, seed), (100, 1e4)) for seed in range(200)]
    scores = np.array([(each.value - 1 / 3) / each.stderr for each in window])
    assert np.mean(scores**2) == pytest.approx(11 / 9, abs=0.4)  # Student's t with 11 degrees of freedom
    ends = np.array(
        [numerics.effective_exponents(TIMES, ensemble(1 / 3, 12, 0.05, s)).extrapolated() for s in range(200)]
    )
    assert np.mean([((each.value - 1 / 3) / each.stderr) ** 2 for each in ends]) == pytest.approx(11 / 9, abs=0.4)


def test_zeros_in_single_replicas_are_allowed():
    survival = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]], dtype=float)
    found = numerics.effective_exponents([1, 10, 100, 1000], survival, ratio=10)
    assert found.exponent == pytest.approx([0, np.log10(0.75), np.log10(0.5 / 0.75)])


def test_points_extrapolate_to_the_line_s_intercept():
    sizes = np.array([16, 32, 64, 128.0])
    limit = numerics.extrapolate(sizes, 0.7 - 2 / sizes, np.full(4, 0.01))
    assert limit.value == pytest.approx(0.7, abs=1e-12)
    weights = np.polyfit(1 / sizes, np.eye(4), 1)[1]
    assert limit.stderr == pytest.approx(0.01 * np.sqrt((weights**2).sum()))
    assert numerics.extrapolate(sizes, 0.7 - 2 * sizes**-0.5, np.full(4, 0.01), power=0.5).value == pytest.approx(0.7)


def test_saturated_times_are_cut_with_a_warning():
    times = np.geomspace(1, 1e5, 51)
    values = np.minimum(times, 2e4) ** 0.5 * np.array([[1.0], [1.1]])
    with pytest.warns(numerics.ScalingWarning, match=r"times after 1e\+04, a tenth of the saturation time"):
        found = numerics.effective_exponents(times, values, saturation_time=1e5)
    assert found.highs[-1] <= 1.0001e4
    assert found.exponent == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(times=[1, 10, 90], values=np.ones((2, 3))), "times must span at least 2 decades"),
        (dict(times=[1, 10, 100], values=np.ones((1, 3))), "replicas >= 2"),
        (dict(times=[1, 10, 100], values=np.ones(3)), "replicas >= 2"),
        (dict(times=[0, 10, 100], values=np.ones((2, 3))), "positive and increasing"),
        (dict(times=[1, 100, 10], values=np.ones((2, 3))), "positive and increasing"),
        (dict(times=[1, 10, 100], values=np.full((2, 3), np.nan)), "values must be finite"),
        (dict(times=[1, 10, 100], values=np.zeros((2, 3)), ratio=10), "positive means"),
        (dict(times=[1, 10, 100], values=[[1, 1, 0], [1, 1, 1]], ratio=10), "positive means"),
        (dict(times=[1, 10, 100], values=np.ones((2, 3)), ratio=0.5), "ratio must be greater than 1"),
        (dict(times=[1, 10, 100], values=np.ones((2, 3)), edges=[10, 5]), "edges must be"),
        (dict(times=[1, 10, 100], values=np.ones((2, 3)), edges=[2, 9]), "no window holds 2 times"),
        (dict(times=[1, 10, 100], values=np.ones((2, 3)), saturation_time=5.0), "well below a tenth"),
        (dict(times=[1, 10, 100], values=np.ones((2, 3)), saturation_time=-5.0), "saturation_time must be positive"),
    ],
)
def test_wrong_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        numerics.effective_exponents(**arguments)


def test_wrong_windows_and_powers_are_refused():
    values = ensemble(0.5)
    with pytest.raises(ValueError, match="0 < low < high"):
        numerics.window_exponent(TIMES, values, (10, 5))
    with pytest.raises(ValueError, match="at least 3 times"):
        numerics.window_exponent(TIMES, values, (10, 11))
    found = numerics.effective_exponents(TIMES, values)
    with pytest.raises(ValueError, match="no window lies inside"):
        found.between(2e4, 3e4)
    with pytest.raises(ValueError, match="at least 3 windows"):
        found.between(1000, 1e4).extrapolated()
    with pytest.raises(ValueError, match="power must be positive"):
        found.extrapolated(0)
    with pytest.raises(ValueError, match="3 or more points"):
        numerics.extrapolate([1, 2], [1, 2], [1, 1])
