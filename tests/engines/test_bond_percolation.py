"""Bit-parallel percolation against enumeration of small lattices, its limits, and wrong input."""

import itertools

import numpy as np
import pytest

from phasebook.engines import simulate_percolation, simulate_spreading


def enumerated(size, probability, steps):
    """Expected activity of a ring of two parents per site, from the exact law over all configurations."""
    law = {(1,) * size: 1.0}
    for _ in range(steps):
        after: dict[tuple[int, ...], float] = {}
        for row, weight in law.items():
            chances = [1 - (1 - probability) ** (row[i] + row[(i + 1) % size]) for i in range(size)]
            for new in itertools.product((0, 1), repeat=size):
                chance = np.prod([c if bit else 1 - c for bit, c in zip(new, chances, strict=True)])
                after[new] = after.get(new, 0.0) + weight * chance
        law = after
    return sum(weight * sum(row) for row, weight in law.items()) / size


@pytest.mark.parametrize("size", [3, 5])
def test_a_small_ring_follows_its_exact_law(size):
    runs = simulate_percolation(0.7, size, [1, 2, 6], replicas=64 * 1000, seed=2)
    for place, steps in enumerate((1, 2, 6)):
        sample = runs.density[:, place]
        assert abs(sample.mean() - enumerated(size, 0.7, steps)) < 4.5 * sample.std() / 64_000**0.5


@pytest.mark.parametrize("shape", [(40,), (33,), (6, 35)])
def test_the_first_step_has_its_binomial_law_on_every_lane_and_column(shape):
    parents = 2 ** len(shape)
    runs = simulate_percolation(0.3, shape, [1], replicas=64 * 300, seed=4)
    chance = 1 - 0.7**parents
    sites = np.prod(shape)
    assert runs.density.mean() == pytest.approx(chance, abs=5 * (chance * (1 - chance) / sites / 19_200) ** 0.5)
    # Sites of the first step are independent: the variance of the share is binomial.
    assert runs.density.var() * sites == pytest.approx(chance * (1 - chance), rel=0.06)


def test_rare_bonds_keep_their_probability():
    # Far below what a few bits of the probability would tell: 2⁻¹⁶ of 25.6 million pairs of bonds.
    runs = simulate_percolation(2.0**-16, 100_000, [1], replicas=256, seed=8)
    expected = 25_600_000 * (1 - (1 - 2.0**-16) ** 2)
    assert runs.density.sum() * 100_000 == pytest.approx(expected, abs=5 * expected**0.5)


@pytest.mark.parametrize("dimension", [1, 2])
def test_certain_bonds_fill_the_cone_and_closed_ones_end_it(dimension):
    full = simulate_spreading(1.0, dimension, [0, 1, 7], runs=64, seed=1)
    assert full.number.ravel().tolist() == [1.0, 2.0**dimension, 8.0**dimension]
    assert full.survival.ravel().tolist() == [1.0, 1.0, 1.0]
    # Uniform on eight sites about the axis: the variance of each coordinate is (8² - 1)/12.
    assert full.squared_radius[0, 2] == pytest.approx(dimension * 63 / 12)
    ended = simulate_spreading(0.0, dimension, [0, 1, 2], runs=64, seed=1)
    assert ended.number.ravel().tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(ended.squared_radius[0, 1:]).all()
    assert (simulate_percolation(1.0, (8,) * dimension, [5], seed=1).density == 1).all()
    assert (simulate_percolation(0.5, (8,) * dimension, [3], seed=1, initial=0.0).density == 0).all()


@pytest.mark.parametrize(("dimension", "probability"), [(1, 0.6), (2, 0.25)])
def test_a_seed_grows_and_dies_by_exact_generating_steps(dimension, probability):
    """One step: each child is active with probability p, so that N has mean 2^d p, and all fail with (1 - p)^(2^d)."""
    children = 2**dimension
    found = simulate_spreading(probability, dimension, [1, 2], runs=64 * 2000, seed=6)
    error = found.number.std(axis=0, ddof=1) / 2000**0.5
    assert abs(found.number.mean(axis=0)[0] - children * probability) < 4.5 * error[0]
    dead = (1 - probability) ** children
    assert found.survival[:, 0].mean() == pytest.approx(1 - dead, abs=4.5 * (dead * (1 - dead) / 128_000) ** 0.5)


def test_threads_do_not_change_the_runs():
    one = simulate_percolation(0.64, 100, [10, 50], replicas=256, seed=3, threads=1)
    two = simulate_percolation(0.64, 100, [10, 50], replicas=256, seed=3, threads=2)
    few = simulate_percolation(0.64, 100, [10, 50], replicas=64, seed=3)
    assert (one.density == two.density).all()
    assert (one.density[:64] == few.density).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.2, 10, [1]), "probability must lie in"),
        ((-0.1, 10, [1]), "probability must lie in"),
        ((0.5, (4, 4, 4), [1]), "one or two extents"),
        ((0.5, 10, [0.5]), "whole, non-negative"),
        ((0.5, 10, [2, 1]), "strictly increasing"),
    ],
)
def test_wrong_lattices_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate_percolation(*arguments, seed=1)


def test_wrong_counts_are_refused():
    with pytest.raises(ValueError, match="multiple of 64"):
        simulate_percolation(0.5, 10, [1], replicas=100, seed=1)
    with pytest.raises(ValueError, match="multiple of 64"):
        simulate_spreading(0.5, 1, [1], runs=63, seed=1)
    with pytest.raises(ValueError, match="dimension must be 1 or 2"):
        simulate_spreading(0.5, 3, [1], runs=64, seed=1)
    with pytest.raises(ValueError, match="too much memory"):
        simulate_spreading(0.5, 2, [40_000], runs=64, seed=1)
