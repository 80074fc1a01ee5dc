"""The compiled sums against plain NumPy: the exponential, the curvature, ties of hard assignment."""

import math

import numpy as np
import pytest

from phasebook.inference import mixture_kernels as kernels

GENERATOR = np.random.default_rng(7)
POINTS, CENTER = GENERATOR.standard_normal((700, 2)) + 4.0, np.array([4.0, 3.5])
MEANS = GENERATOR.standard_normal((3, 2))
OFFSETS = np.log([0.5, 0.3, 0.2]) - 0.5 * (MEANS**2).sum(axis=1)


def responsibilities():
    scores = (POINTS - CENTER) @ MEANS.T + OFFSETS
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    likelihood = (np.log(weights.sum(axis=1)) + scores.max(axis=1)).sum()
    return weights / weights.sum(axis=1, keepdims=True), likelihood


def test_the_exponential_is_exact_to_an_ulp():
    arguments = np.concatenate([-np.logspace(-12, math.log10(690), 4000), [0.0, -math.log(2), -699.0]])
    values = np.array([kernels._exponential(x) for x in arguments])
    assert values == pytest.approx(np.exp(arguments), rel=4.5e-16, abs=0)
    assert kernels._exponential(-1e300) < 1e-300


def test_soft_sums():
    mass, moments = np.zeros(3), np.zeros((3, 2))
    likelihood = kernels.soft_sums(POINTS, CENTER, MEANS, OFFSETS, mass, moments)
    shares, expected = responsibilities()
    assert likelihood == pytest.approx(expected, rel=1e-13)
    assert mass == pytest.approx(shares.sum(axis=0), rel=1e-12)
    assert moments == pytest.approx(shares.T @ (POINTS - CENTER), rel=1e-11)
    assert mass.sum() == pytest.approx(len(POINTS), rel=1e-13)


def test_the_curvature():
    outer, blocks = np.zeros((6, 6)), np.zeros((3, 2, 2))
    kernels.soft_curvature(POINTS, CENTER, MEANS, OFFSETS, MEANS, outer, blocks)
    shares, _ = responsibilities()
    offsets = (POINTS - CENTER)[:, None] - MEANS
    pulls = (shares[:, :, None] * offsets).reshape(len(POINTS), 6)
    assert outer == pytest.approx(np.tril(pulls.T @ pulls), rel=1e-11)
    assert blocks == pytest.approx(np.einsum("nk,nki,nkj->kij", shares, offsets, offsets), rel=1e-11)


def test_hard_sums_and_winners():
    scores = (POINTS - CENTER) @ MEANS.T + OFFSETS
    chosen = np.eye(3)[scores.argmax(axis=1)]
    mass, moments, labels = np.zeros(3), np.zeros((3, 2)), np.empty(len(POINTS), dtype=np.int64)
    highest = kernels.hard_sums(POINTS, CENTER, MEANS, OFFSETS, mass, moments)
    kernels.winners(POINTS, CENTER, MEANS, OFFSETS, labels)
    assert highest == pytest.approx(scores.max(axis=1).sum(), rel=1e-12)
    assert mass.tolist() == chosen.sum(axis=0).tolist()
    assert moments == pytest.approx(chosen.T @ (POINTS - CENTER), rel=1e-11)
    assert np.array_equal(labels, scores.argmax(axis=1))


def test_coincident_means_share_softly_and_the_first_takes_all_hard():
    twice = np.repeat(MEANS[:1], 2, axis=0)
    soft, hard, moments = np.zeros(2), np.zeros(2), np.zeros((2, 2))
    kernels.soft_sums(POINTS, CENTER, twice, np.zeros(2), soft, moments)
    kernels.hard_sums(POINTS, CENTER, twice, np.zeros(2), hard, np.zeros((2, 2)))
    assert soft == pytest.approx([350, 350])
    assert moments[0] == pytest.approx(0.5 * (POINTS - CENTER).sum(axis=0), rel=1e-11)
    assert hard.tolist() == [700, 0]
