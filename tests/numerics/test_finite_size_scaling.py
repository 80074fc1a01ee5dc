"""Data collapse and crossings: exact scaling functions, known exponents, errors that cover, bad inputs."""

import numpy as np
import pytest

from phasebook import numerics

SIZES = (16.0, 32.0, 64.0, 128.0)


def curves(noise=0.01, seed=0, alpha=0.5, z=1.5):
    """Family-Vicsek curves L^alpha f(t / L^z), f(u)² = 1 - exp(-u^(2/3)), at times that differ from size to size."""
    generator = np.random.default_rng(seed)
    made = []
    for size in SIZES:
        times = np.geomspace(0.02, 50, 30) * size**z * 2 ** generator.uniform(-0.5, 0.5)
        exact = size**alpha * np.sqrt(1 - np.exp(-((times / size**z) ** (2 / 3))))
        made.append(numerics.Curve(size, times, exact * (1 + noise * generator.standard_normal(30)), noise * exact))
    return made


def test_the_right_exponents_collapse_within_errors_and_wrong_ones_do_not():
    quality, points = numerics.collapse_quality(curves(), 1.5, 0.5)
    assert quality == pytest.approx(1, abs=0.4)
    assert points > 100
    assert numerics.collapse_quality(curves(), 2.0, 0.5)[0] > 20
    assert numerics.collapse_quality(curves(), 1.5, 0.4)[0] > 20


def test_the_best_collapse_finds_the_exponents_with_honest_errors():
    scores = []
    for seed in range(12):
        best = numerics.fit_collapse(curves(seed=seed), 1.7, 0.6)
        scores += [
            (best.x_exponent.value - 1.5) / best.x_exponent.stderr,
            (best.y_exponent.value - 0.5) / best.y_exponent.stderr,
        ]
        assert best.x_exponent.stderr < 0.05
        assert best.y_exponent.stderr < 0.02
    assert np.mean(np.square(scores)) == pytest.approx(1.2, abs=0.9)


def test_crossings_of_a_scaling_function_stand_at_the_critical_point():
    control = np.linspace(0.4, 0.6, 9)
    values = np.array([np.tanh((control - 0.503) * size**0.5) for size in SIZES])
    for crossing in numerics.finite_size_crossings(SIZES, control, values, np.full(values.shape, 1e-3)):
        assert crossing.position.value == pytest.approx(0.503, abs=1e-3)
        assert crossing.height == pytest.approx(0, abs=0.02)
        assert 0 < crossing.position.stderr < 1e-3


def test_the_error_of_a_crossing_covers():
    control, generator, scores = np.linspace(0.4, 0.6, 9), np.random.default_rng(1), []
    exact = np.array([(control - 0.503) * size for size in (16.0, 32.0)])
    for _ in range(200):
        noisy = exact + 0.02 * generator.standard_normal(exact.shape)
        [crossing] = numerics.finite_size_crossings([16, 32], control, noisy, np.full(exact.shape, 0.02))
        scores.append((crossing.position.value - 0.503) / crossing.position.stderr)
    assert np.mean(np.square(scores)) == pytest.approx(1, abs=0.35)


def test_wrong_input_is_refused():
    one = curves()[0]
    with pytest.raises(ValueError, match="at least 2 sizes"):
        numerics.collapse_quality([one], 1, 1)
    with pytest.raises(ValueError, match="do not overlap"):
        numerics.collapse_quality(curves(), -60, 0)
    with pytest.raises(ValueError, match="size must be positive"):
        numerics.Curve(0, [1, 2], [1, 2], [1, 1])
    with pytest.raises(ValueError, match="stderr positive"):
        numerics.Curve(1, [1, 2], [1, 2], [1, 0])
    with pytest.raises(ValueError, match="2 or more points"):
        numerics.Curve(1, [1], [1], [1])
    with pytest.raises(ValueError, match="increasing"):
        numerics.finite_size_crossings([2, 1], [0, 1, 2], np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="must have shape"):
        numerics.finite_size_crossings([1, 2], [0, 1, 2], np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(ValueError, match="cross 0 times"):
        numerics.finite_size_crossings([1, 2], [0, 1, 2], [[0, 0, 0], [1, 1, 1]], np.ones((2, 3)))
