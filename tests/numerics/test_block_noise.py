"""Vectorized sine, cosine and random numbers: errors as stated, moments, tails, independence, reproducibility."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from phasebook.numerics import block_noise, polynomial_trigonometry
from phasebook.numerics.xoshiro import random_word


@njit
def _all(angles, sines, cosines):
    for i in range(angles.size):
        sines[i], cosines[i] = polynomial_trigonometry.sine_and_cosine(angles[i])


def evaluated(angles):
    sines, cosines = np.empty_like(angles), np.empty_like(angles)
    _all(angles, sines, cosines)
    return sines, cosines


@pytest.mark.parametrize("largest", [1e-3, 1.0, np.pi, 100.0, 1e5, polynomial_trigonometry.LARGEST_ANGLE])
def test_sine_and_cosine_have_their_stated_error(largest):
    angles = np.random.default_rng(0).uniform(-largest, largest, 200_000)
    sines, cosines = evaluated(angles)
    # NumPy's own are within one unit in the last place.
    assert np.abs(sines - np.sin(angles)).max() < 2e-15
    assert np.abs(cosines - np.cos(angles)).max() < 2e-15


@given(st.floats(-1e-3, 1e-3))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_a_small_angle_keeps_its_relative_precision(angle):
    sines, _ = evaluated(np.array([angle]))
    assert sines[0] == pytest.approx(np.sin(angle), rel=1e-14, abs=1e-300)


def drawn(fill, scale, blocks, seed=0):
    [state] = block_noise.lane_states(seed, 1)
    memory, block, kept = block_noise.scratch(), np.empty(block_noise.BLOCK), []
    for _ in range(blocks):
        fill(state, memory, scale, block)
        kept.append(block.copy())
    return np.array(kept)


def test_a_lane_is_the_scalar_generator():
    [state] = block_noise.lane_states(5, 1)
    scalar = state[:, 3].copy()
    words = np.empty(4 * block_noise.LANES, np.uint64)
    block_noise.fill_words(state, words)
    assert [random_word(scalar) for _ in range(4)] == words[3 :: block_noise.LANES].tolist()


def test_normal_numbers_are_normal():
    numbers = drawn(block_noise.fill_normal, 1.0, 500)
    count = numbers.size
    assert numbers.mean() == pytest.approx(0, abs=4 / count**0.5)
    assert (numbers**2).mean() == pytest.approx(1, abs=4 * (2 / count) ** 0.5)
    assert (numbers**4).mean() == pytest.approx(3, abs=4 * (96 / count) ** 0.5)
    assert stats.kstest(numbers[:50].ravel(), "norm").pvalue > 1e-3
    beyond = np.abs(numbers) > 4
    assert beyond.sum() == pytest.approx(count * 2 * stats.norm.sf(4), abs=4 * (count * 6.3e-5) ** 0.5)
    assert np.isfinite(numbers).all()


def test_uniform_numbers_have_the_same_mean_and_variance():
    numbers = drawn(block_noise.fill_uniform, 2.0, 500)
    assert numbers.mean() == pytest.approx(0, abs=8 / numbers.size**0.5)
    assert numbers.var() == pytest.approx(4, rel=0.006)
    assert np.abs(numbers).max() <= 2 * 3**0.5
    assert stats.kstest(numbers[:50].ravel(), "uniform", args=(-2 * 3**0.5, 4 * 3**0.5)).pvalue > 1e-3


@pytest.mark.parametrize("fill", [block_noise.fill_normal, block_noise.fill_uniform])
def test_neighbors_and_blocks_are_uncorrelated(fill):
    numbers = drawn(fill, 1.0, 400)
    bound = 5 / numbers.size**0.5
    for lag in (1, 2, block_noise.LANES, block_noise.BLOCK // 2):
        assert abs((numbers[:, lag:] * numbers[:, :-lag]).mean()) < bound * (1 if lag < 1000 else 2)
        assert abs((numbers[:, lag:] ** 2 * numbers[:, :-lag] ** 2).mean() - 1) < 4 * bound
    assert abs((numbers[1:] * numbers[:-1]).mean()) < bound


def test_seeds_and_streams():
    first, again = (drawn(block_noise.fill_normal, 1.0, 2, seed=3) for _ in range(2))
    assert (first == again).all()
    assert (first != drawn(block_noise.fill_normal, 1.0, 2, seed=4)).all()
    few, many = block_noise.lane_states(7, 2), block_noise.lane_states(7, 5)
    assert (few == many[:2]).all()
    assert len(np.unique(many)) == many.size
