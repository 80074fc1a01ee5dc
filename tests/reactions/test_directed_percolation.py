"""The class's exponents against their own relations, mean field, and what grows from a seed."""

import numpy as np
import pytest

from phasebook.engines import simulate_percolation
from phasebook.reactions import (
    bond_threshold,
    log_slope,
    percolation_exponents,
    percolation_horizon,
    percolation_mean_field,
    percolation_simulation,
    spreading_simulation,
    spreading_theory,
    whole_steps,
)
from phasebook.reactions.percolation_growth import ratio_error


@pytest.mark.parametrize(("dimension", "tolerance"), [(1, 2e-5), (2, 4e-3), (4, 1e-12)])
def test_exponents_obey_their_scaling_relations(dimension, tolerance):
    found = percolation_exponents(dimension)
    assert found.delta == pytest.approx(found.beta / found.nu_parallel, abs=tolerance)
    assert found.z == pytest.approx(found.nu_parallel / found.nu_perpendicular, abs=tolerance)
    assert found.eta == pytest.approx(dimension / found.z - 2 * found.delta, abs=tolerance)
    assert found.spreading == pytest.approx(2 / found.z)


@pytest.mark.parametrize("dimension", [1, 2])
def test_mean_field_is_the_first_step_and_is_critical_at_one_over_the_parents(dimension):
    parents = 2**dimension
    assert percolation_mean_field([0, 1], dimension, 0.4) == pytest.approx([1.0, 1 - 0.6**parents])
    late = percolation_mean_field([10_000], dimension, 1 / parents)[0]
    assert late * 10_000 == pytest.approx(2 * parents / (parents - 1), rel=0.01)  # ρ' = ρ - (k - 1) ρ²/2k
    assert bond_threshold(dimension) > 1 / parents


@pytest.mark.parametrize("dimension", [1, 2])
def test_activity_at_threshold_decays_with_the_class_exponent(dimension):
    size, last = (4096, 2000) if dimension == 1 else (128, 100)
    times = whole_steps(last)
    runs = simulate_percolation(bond_threshold(dimension), (size,) * dimension, times, replicas=128, seed=5)
    slope = log_slope(times, runs.density.mean(axis=0), 20, last)
    assert -slope == pytest.approx(percolation_exponents(dimension).delta, abs=0.012)


def test_a_seed_on_the_plane_spreads_with_the_class_exponents():
    data = spreading_simulation(2, None, 60, runs=6400, seed=1)
    theory = spreading_theory(2, 60)
    for name, tolerance in (("survival", 0.05), ("number", 0.05), ("spread", 0.04)):
        found, law = data[f"{name}_exponent_simulation"][-1], theory[f"{name}_exponent_theory"][-1]
        assert float(found) == pytest.approx(float(law), abs=tolerance)
        assert (data[f"{name}_exponent_stderr"] > 0).all()


def test_the_error_of_a_ratio_is_that_of_its_noise():
    # The upper sums follow the lower ones but for a noise of their own, which alone moves the ratio.
    random = np.random.default_rng(4)
    lower = random.gamma(4.0, 0.25, (2000, 3))
    upper = 3.0 * lower + random.normal(0.0, 0.5, lower.shape)
    assert ratio_error(upper, lower) == pytest.approx(0.5 / np.sqrt(2000), rel=0.12)


def test_off_threshold_the_decay_bends():
    slopes = []
    for probability in (0.64, 0.65):
        data = percolation_simulation(1, probability, 20_000, 3000, replicas=64, seed=3)
        slopes.append(float(data.local_exponent_simulation[-1]))
    assert slopes[0] == pytest.approx(-0.716, abs=0.1)
    assert slopes[1] == pytest.approx(-0.010, abs=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: percolation_exponents(3), "dimension must be 1, 2, or at least 4"),
        (lambda: bond_threshold(3), "dimension must be 1 or 2"),
        (lambda: percolation_mean_field([1], 1, 1.5), "probability must lie in"),
        (lambda: percolation_mean_field([0.5], 1, 0.5), "whole steps"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_horizon_grows_with_the_dynamic_exponent():
    assert percolation_horizon(1000, 1) == pytest.approx(0.1 * 1000**1.580745)
    assert np.all(np.diff(whole_steps(1000)) >= 1)
