"""Correlations against direct sums, independent sites and stripes."""

import itertools

import numpy as np
import pytest

from phasebook.engines import StructureFactor, pair_correlation, structure_factor


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("shape", [(24,), (9, 8), (6, 5, 4)])
def test_transforms_agree_with_direct_sums(shape, periodic):
    frame = np.random.default_rng(1).integers(0, 3, shape)
    found = pair_correlation(frame, 1, 2, periodic=periodic)
    first, second = (frame == 1).astype(float), (frame == 2).astype(float)
    sums: dict[int, list[float]] = {}
    sites = list(itertools.product(*(range(extent) for extent in shape)))
    for x, y in itertools.product(sites, sites):
        steps = [b - a for a, b in zip(x, y, strict=True)]
        if periodic:
            steps = [min(abs(s), extent - abs(s)) for s, extent in zip(steps, shape, strict=True)]
        distance = round(sum(s**2 for s in steps) ** 0.5)
        sums.setdefault(distance, []).append(first[x] * second[y])
    for distance, value in zip(found.distance, found.value, strict=True):
        assert value == pytest.approx(np.mean(sums[int(distance)]) - first.mean() * second.mean(), abs=1e-12)


def test_independent_sites_are_uncorrelated_and_smeared_ones_have_their_length():
    frames = (np.random.default_rng(2).random((20, 128, 128)) < 0.3).astype(int)
    found = pair_correlation(frames, 1, dimension=2)
    assert found.value[0] == pytest.approx(0.21, abs=0.003)
    assert np.abs(found.value[1:] / found.stderr[1:]).max() < 5
    wide = np.repeat(np.repeat(frames[:, :32, :32], 4, axis=1), 4, axis=2)
    assert 1.5 < pair_correlation(wide, 1, dimension=2).length < 4


def test_errors_of_correlations_are_those_of_independent_pairs():
    frames = (np.random.default_rng(9).random((1000, 24, 24)) < 0.3).astype(int)
    found = pair_correlation(frames, 1, dimension=2, furthest=2)
    # Two pairs a site at distance 1; distance 2 rounds (2, 0), (2, 1), (1, 2) and their like: six. (1, 1) counts as 1: four.
    pairs = np.array([4, 6]) * 24**2
    assert found.stderr[1:] == pytest.approx(0.21 / np.sqrt(pairs * 1000), rel=0.16)


def test_the_wavelength_of_stripes():
    columns = np.arange(96)
    stripes = np.broadcast_to(((columns // 6) % 2)[:, None], (96, 96))
    assert structure_factor(stripes, 1).wavelength == pytest.approx(12, rel=0.1)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_the_wavelength_is_that_of_the_largest_power_of_a_shell(dimension):
    # A shell at k holds k^(d − 1) modes: one power of k more or less moves the peak by a factor of e^0.36.
    wavenumber = 2 * np.pi * np.arange(1, 129) / 256
    power = np.exp(-0.5 * (np.log(wavenumber / 0.5) / 0.6) ** 2)
    found = StructureFactor(wavenumber, power / wavenumber ** (dimension - 1), dimension)
    assert found.wavelength == pytest.approx(2 * np.pi / 0.5, rel=0.05)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pair_correlation(np.zeros((4, 4)), 1), "must hold integer states"),
        (lambda: pair_correlation(np.zeros((1, 4), int), 1), "extents at least 2"),
        (lambda: pair_correlation(np.zeros((8, 8), int), 1, furthest=5), "furthest must lie between 1"),
        (lambda: structure_factor(np.zeros((8, 6), int), 1), "equal extents"),
        (lambda: structure_factor(np.zeros((8, 8), int), 1).wavelength, "not uniform"),
        (lambda: pair_correlation(np.zeros((8, 8), int), 1).length, "not uniform"),
    ],
)
def test_wrong_frames_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
