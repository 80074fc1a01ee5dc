"""Parallel updates on a small lattice against the sequential engines, and wrong input."""

import numpy as np
import pytest

from phasebook.engines import parse_lattice_model, simulate_lattice, simulate_percolation
from phasebook.engines.lattice_parallel import parallel_lattice, parallel_percolation
from phasebook.reactions import PredatorPrey


def test_percolation_has_the_density_of_the_bit_parallel_engine():
    found = parallel_percolation(0.28733838, (256, 256), [1, 5, 30], seed=1)
    runs = simulate_percolation(0.28733838, (256, 256), [1, 5, 30], seed=2)
    assert (abs(found - runs.density.mean(axis=0)) < 5 * runs.density.std(axis=0)).all()


def test_predators_and_prey_have_the_densities_of_the_sequential_engine():
    model, times = PredatorPrey(2.0).lattice, [1.0, 4.0, 10.0]
    found, states = parallel_lattice(model, (128, 128), times, initial={"A": 0.3, "B": 0.3}, seed=1)
    runs = simulate_lattice(model, (128, 128), times, initial={"A": 0.3, "B": 0.3}, replicas=16, seed=2)
    assert np.abs((found - runs.densities.mean(axis=0)) / runs.densities.std(axis=0)).max() < 5
    assert np.bincount(states.ravel(), minlength=3)[1:] / states.size == pytest.approx(found[-1])


def test_rare_contacts_of_walkers_on_a_line():
    model = parse_lattice_model("hop A, B @ 1\nA + B -> 0 @ contact 0.3")
    found, _ = parallel_lattice(model, (65_536,), [5.0], initial={"A": 0.3, "B": 0.3}, share=0.1, seed=1)
    runs = simulate_lattice(model, 65_536, [5.0], initial={"A": 0.3, "B": 0.3}, replicas=4, seed=2)
    assert found[0] == pytest.approx(runs.densities.mean(axis=0)[0], abs=0.006)
    assert found[0, 0] < 0.27


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: parallel_lattice(m, (9, 8), [1.0], initial={}, seed=1), "extents must be even"),
        (lambda m: parallel_lattice(m, (8, 8), [1.0], initial={}, share=1.5, seed=1), r"share must lie in \(0, 1\]"),
        (lambda m: parallel_lattice(m, (8, 8), [1.0], initial={"A": 2.0}, seed=1), "sum to at most 1"),
        (lambda m: parallel_percolation(1.5, (8, 8), [1], seed=1), "probability must lie in"),
        (lambda m: parallel_percolation(0.5, (8,), [1], seed=1), "two extents"),
        (lambda m: parallel_percolation(0.5, (8, 8), [0.5], seed=1), "whole steps"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(PredatorPrey(2.0).lattice)
