"""Laws of the reverse SDE and ODE on the line: anchored at Gaussian laws, where both are known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.transport.fokker_planck import OrnsteinUhlenbeck
from phasebook.transport.mixture_potential import MixturePotential
from phasebook.transport.reverse_laws import AtTime, GaussianPrior, gap_bound, reverse_laws

OU = OrnsteinUhlenbeck()
HORIZON = 3.0
EXACT = MixturePotential([[0.0]], [1.0])
PRIOR = AtTime(EXACT, HORIZON)
COARSE = {"horizon": HORIZON, "cells": 801, "steps": 300}


def ripple(amplitude: float, frequency: float = 2.0) -> MixturePotential:
    return MixturePotential([[0.0]], [1.0], amplitude=amplitude, frequency=frequency)


def test_the_exact_score_has_no_gap():
    laws = reverse_laws(EXACT, OU, PRIOR, **COARSE)
    assert max(laws.distances(laws.scores)) < 1e-4
    assert gap_bound(EXACT, OU, PRIOR, horizon=HORIZON).at_end < 1e-8


def test_a_wrong_start_makes_a_gap_that_the_horizon_closes():
    """With the exact score of N(m, s²) and the wrong start N(0, 1/2): both samplers are linear, their laws known."""
    law, horizon = MixturePotential([[0.5]], [0.7]), 1.0
    laws = reverse_laws(law, OU, GaussianPrior(0.5), horizon=horizon)
    variance = 0.49 * math.exp(-2 * horizon) + -math.expm1(-2 * horizon) / 2
    # The ODE maps x -> m + s (x - m e^-T)/sd_T; the SDE forgets the start by a factor s e^-T/variance_T more than that.
    ode_mean = 0.5 - 0.7 * 0.5 * math.exp(-horizon) / math.sqrt(variance)
    ode_stddev = 0.7 * math.sqrt(0.5 / variance)
    pull = 0.49 * math.exp(-horizon) / variance
    sde_mean = 0.5 - pull * 0.5 * math.exp(-horizon)
    sde_stddev = math.sqrt(0.49 - pull**2 * variance + pull**2 * 0.5)
    gap, _, _ = laws.distances(0.5 + 0.7 * laws.scores)
    assert gap == pytest.approx(math.hypot(ode_mean - sde_mean, ode_stddev - sde_stddev), rel=2e-3)
    assert gap <= gap_bound(law, OU, GaussianPrior(0.5), horizon=horizon).at_end


def test_two_roads_to_the_density_of_the_sde_agree():
    """Finite volumes of the reverse equation, and e^phi times the solution of the backward one."""
    laws, bound = (
        reverse_laws(ripple(0.4), OU, PRIOR, horizon=HORIZON),
        gap_bound(ripple(0.4), OU, PRIOR, horizon=HORIZON),
    )
    inside = np.abs(laws.sde.centers) < 3
    other = np.exp(np.interp(laws.sde.centers[inside], bound.x, bound.log_density))
    np.testing.assert_allclose(other, laws.sde.density[-1][inside], rtol=2e-4)


def test_values_that_an_independent_program_gave():
    """W2 of ODE and SDE, SDE and truth, ODE and truth, and the bound, for a = 0.4: measured once by another code of ours."""
    laws = reverse_laws(ripple(0.4), OU, PRIOR, **COARSE)
    assert laws.distances(laws.scores) == pytest.approx((0.12259, 0.2172, 0.3175), rel=1e-3)
    assert gap_bound(ripple(0.4), OU, PRIOR, horizon=HORIZON).at_end == pytest.approx(0.214, rel=0.01)


@settings(max_examples=5, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(0.3, 3.5))
def test_the_gap_never_exceeds_its_bound(amplitude, frequency):
    laws = reverse_laws(ripple(amplitude, frequency), OU, PRIOR, record=5, **COARSE)
    bound = gap_bound(ripple(amplitude, frequency), OU, PRIOR, horizon=HORIZON, nodes=601, steps=300)
    at = np.interp(-laws.times, -bound.times, bound.bound)
    assert (laws.gap() <= at + 5e-5).all()


def test_the_density_of_the_flow_integrates_to_one():
    x, density = reverse_laws(ripple(0.4), OU, PRIOR, **COARSE).ode_density()
    assert np.trapezoid(density, x) == pytest.approx(1.0, abs=1e-4)


def test_quantiles_beyond_reach_are_counted():
    laws = reverse_laws(EXACT, OU, PRIOR, reach=1.0, **COARSE)
    assert laws.clipped == pytest.approx((0.3173, 0.3173), abs=0.01)
    assert np.abs(laws.ode_quantiles).max() == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": -1.0}, "horizon must be positive"),
        ({"horizon": 1.0, "steps": 30, "record": 7}, "multiple of record"),
        ({"horizon": 1.0, "cells": 2}, "cells must be at least 3"),
    ],
)
def test_bad_input_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        reverse_laws(EXACT, OU, PRIOR, **options)
