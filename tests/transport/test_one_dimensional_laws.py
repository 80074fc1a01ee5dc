"""Laws on the line against closed forms: Gaussian laws of linear equations, stationary laws, mass, order of the errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.errors import NotConverged
from phasebook.numerics.wasserstein import normal_scores, quantile_distance
from phasebook.transport.one_dimensional_laws import CellLaw, bernoulli_function, ode_quantiles, sde_law

SCORES, WEIGHTS = normal_scores()


def gaussian(mean: float, stddev: float, cells: int = 800, reach: float = 6.0) -> CellLaw:
    return CellLaw.of_density(lambda x: np.exp(-(((x - mean) / stddev) ** 2) / 2), -reach, reach, cells)


def distance_to_gaussian(law: CellLaw, mean: float, stddev: float) -> float:
    return quantile_distance(law.quantiles(SCORES), mean + stddev * SCORES, WEIGHTS)


def test_an_ornstein_uhlenbeck_process_stays_gaussian():
    law = sde_law(lambda x, t: -x, 0.5, gaussian(1.5, 0.4), np.linspace(0, 2, 201))
    for index in (50, 100, 200):
        t = index / 100
        stddev = math.sqrt(0.16 * math.exp(-2 * t) + (1 - math.exp(-2 * t)) / 2)
        here = CellLaw(law.edges, law.masses[index])
        assert distance_to_gaussian(here, 1.5 * math.exp(-t), stddev) < 2e-4


def test_the_error_falls_with_the_square_of_cells_and_steps():
    errors = [
        distance_to_gaussian(
            sde_law(
                lambda x, t: -(1 + t) * x, lambda t: 0.5, gaussian(1.0, 0.5, n), np.linspace(0, 1, n // 10 + 1)
            ).last,
            math.exp(-1.5),
            linear_stddev(),
        )
        for n in (100, 200, 400)
    ]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.25)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.25)


def linear_stddev() -> float:
    """Of dX = -(1 + t) X dt + dW at t = 1 from variance 1/4: the integrating factor is e^(t + t²/2)."""
    t = np.linspace(0, 1, 20_001)
    return math.sqrt(0.25 * math.exp(-3) + np.trapezoid(np.exp(-2 * (1.5 - t - t**2 / 2)), t))


def test_a_stationary_law_of_linear_drift_stays_to_the_order_of_the_cells():
    start = gaussian(0.0, math.sqrt(0.5))
    law = sde_law(lambda x, t: -x, 0.5, start, [0.0, 10.0], steps=100).last
    assert distance_to_gaussian(law, 0.0, math.sqrt(0.5)) < 5e-5


def test_constant_drift_on_a_bounded_interval_has_the_exponential_law_exactly():
    start = gaussian(0.0, 1.0, 40, 1.0)
    law = sde_law(lambda x, t: np.full_like(x, -3.0), 0.5, start, [0.0, 200.0], steps=400).last
    exact = np.diff(np.exp(-6 * law.edges))
    np.testing.assert_allclose(law.masses, exact / exact.sum(), rtol=1e-8)


def test_decreasing_times_run_the_reverse_equation_with_noise():
    """From the law at T, the reverse SDE with the exact score and the reverse ODE both give the initial law back."""
    variance = lambda t: 0.3 * math.exp(-2 * t) + (1 - math.exp(-2 * t)) / 2  # noqa: E731
    times = np.linspace(2, 0, 301)
    law = sde_law(lambda x, t: -x + x / variance(t), 0.5, gaussian(0, math.sqrt(variance(2))), times).last
    assert distance_to_gaussian(law, 0.0, math.sqrt(0.3)) < 2e-4
    start = math.sqrt(variance(2)) * SCORES
    end = ode_quantiles(lambda x, t: -x + 0.5 * x / variance(t), start, times)[-1]
    assert quantile_distance(end, math.sqrt(0.3) * SCORES, WEIGHTS) < 1e-9


def test_a_rough_initial_law_makes_no_negative_mass():
    edges = np.linspace(-3, 3, 301)
    masses = np.zeros(300)
    masses[150] = 1.0
    law = sde_law(lambda x, t: 0 * x, 0.5, CellLaw(edges, masses), np.linspace(0, 0.5, 51)).last
    assert law.masses.min() >= -1e-12
    assert distance_to_gaussian(law, law.centers[150], math.sqrt(0.5)) < 2e-3


@settings(max_examples=20, deadline=None)
@given(st.floats(-4, 4), st.floats(0.05, 2), st.floats(-3, 3))
def test_mass_is_kept(slope, diffusion, shift):
    law = sde_law(
        lambda x, t: slope * x + shift * np.cos(x + t), diffusion, gaussian(0.5, 0.6, 200), [0, 0.5], steps=50
    )
    assert law.masses.sum(axis=1) == pytest.approx(1.0, abs=1e-11)


@settings(max_examples=20, deadline=None)
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.1, 2))
def test_quantiles_of_a_linear_flow_are_scaled_and_shifted(rate, force, time):
    moved = ode_quantiles(lambda x, t: rate * x + force, SCORES[::50], [0, time], steps=200)[-1]
    shift = force * time if abs(rate) < 1e-12 else force * math.expm1(rate * time) / rate
    np.testing.assert_allclose(moved, SCORES[::50] * math.exp(rate * time) + shift, rtol=1e-6, atol=1e-6)


def test_the_bernoulli_function_has_its_limits():
    z = np.array([-800.0, -1e-6, 0.0, 1e-6, 1.0, 800.0])
    expected = [800.0, 1 + 5e-7, 1.0, 1 - 5e-7, 1 / math.expm1(1), 0.0]
    np.testing.assert_allclose(bernoulli_function(z), expected, rtol=1e-12, atol=1e-200)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sde_law(lambda x, t: x, 0.0, gaussian(0, 1), [0, 1]), "diffusion must be positive"),
        (lambda: sde_law(lambda x, t: x * np.nan, 0.5, gaussian(0, 1), [0, 1]), "drift must return"),
        (lambda: sde_law(lambda x, t: x, 0.5, gaussian(0, 1), [0, 1, 0.5]), "all increase or all decrease"),
        (lambda: sde_law(lambda x, t: x, 0.5, gaussian(0, 1), [0]), "at least two"),
        (lambda: sde_law(lambda x, t: x, 0.5, gaussian(0, 1), [0, 1], steps=0), "steps must be at least 1"),
        (lambda: CellLaw.of_density(lambda x: -x, -1, 1, 10), "density must be finite"),
        (lambda: CellLaw.of_density(np.exp, 1, -1, 10), "low must be below high"),
        (lambda: CellLaw.of_density(np.exp, -1, 1, 2), "cells must be at least 3"),
        (lambda: ode_quantiles(lambda x, t: x, [1.0, 0.0], [0, 1]), "do not decrease"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_flows_that_leave_or_cross_are_refused():
    with pytest.raises(NotConverged, match="left for infinity"), np.errstate(all="ignore"):
        ode_quantiles(lambda x, t: x**3, [1.0, 5.0], [0, 3], steps=30)
    with pytest.raises(NotConverged, match="crossed"):
        ode_quantiles(lambda x, t: -60 * x + 8 * np.sin(40 * x), np.linspace(-1, 1, 50), [0, 1], steps=20)
