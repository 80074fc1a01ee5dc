"""Mode statistics, the checkerboard, and labelled results about interpolants."""

import jax
import numpy as np
import pytest

from phasebook import transport


def test_samples_of_the_mixture_have_its_modes():
    points = transport.EXAMPLE_END.sample(40_000, 1)
    found = transport.mode_statistics(points, transport.EXAMPLE_END)
    assert (np.abs(found.weights - 1 / 3) < 4.5 * found.weights_stderr).all()
    exact = transport.EXAMPLE_END.covariances[:, 0, 0]
    assert (np.abs(found.variances - exact) < 4.5 * found.variances_stderr).all()
    with pytest.raises(ValueError, match="mode 0 has 0 of 5 points"):
        transport.mode_statistics(np.full(5, 6.0), transport.EXAMPLE_END)


def test_the_divergence_from_moments():
    target = transport.Mixture([0.5, 0.5], [[-5.0, 0.0], [5.0, 0.0]], [1.0, 1.0])
    assert transport.moment_divergence(target.sample(200_000, 1), target) == pytest.approx(0.0, abs=1e-3)
    wider = transport.Mixture([0.5, 0.5], [[-5.0, 0.0], [5.0, 0.0]], [1.5, 1.5])
    exact = 0.5 * 2 * (1.5 - 1 - np.log(1.5))
    assert transport.moment_divergence(wider.sample(200_000, 1), target) == pytest.approx(exact, rel=0.05)
    moved = transport.Mixture([0.3, 0.7], [[-5.0, 0.2], [5.0, 0.0]], [1.0, 1.0])
    exact = 0.3 * np.log(0.6) + 0.7 * np.log(1.4) + 0.3 * 0.02
    assert transport.moment_divergence(moved.sample(200_000, 1), target) == pytest.approx(exact, rel=0.05)
    with pytest.raises(ValueError, match="mode 1 has 0 points"):
        transport.moment_divergence(np.full((9, 2), -5.0), target)


def test_the_checkerboard():
    points = transport.sample_checkerboard(40_000, 2)
    assert not transport.outside_checkerboard(points).any()
    assert np.abs(points).max() <= 4
    uniform = np.random.default_rng(1).uniform(-4, 4, (40_000, 2))
    assert transport.outside_checkerboard(uniform).mean() == pytest.approx(0.5, abs=0.012)
    np.testing.assert_array_equal(
        transport.outside_checkerboard([[1.0, 1.0], [1.0, -1.0], [5.0, 1.0]]), [False, True, True]
    )
    start, end = transport.normal_to_checkerboard(None, jax.random.key(1), 1000)
    assert not transport.outside_checkerboard(np.asarray(end)).any()
    assert float(start.std()) == pytest.approx(1.0, abs=0.05)
    with pytest.raises(ValueError, match="count must be at least 1"):
        transport.sample_checkerboard(0, 1)


def test_a_carried_mixture():
    exact = transport.transported_mixture("linear", 0.5)
    assert int(exact.count_halfway_modes) == 4
    assert float(exact.bridge_covariance_theory) == pytest.approx(np.sqrt(9.25 * 24.4433 + 0.25) - 0.5, abs=1e-3)
    found = transport.simulated_mixture("linear", 0.5, steps=100, samples=4000, seed=1)
    for name in ("mode_weight", "mode_variance"):
        error = np.abs(found[f"{name}_simulation"] - exact[f"{name}_theory"])
        assert (error < 4.5 * found[f"{name}_stderr"] + 0.02).all()
    assert float(found.log_density_error_simulation) < 1e-5
    with pytest.raises(ValueError, match="at most 4e"):
        transport.simulated_mixture("linear", 0.5, steps=20_000, samples=1_000_000, seed=1)


def test_learned_fields_resume_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PHASEBOOK_CACHE", str(tmp_path))
    first = transport.learned_mixture_fields("mirror", 3, 1)
    assert [file.suffix for file in (tmp_path / "transport").iterdir()] == [".safetensors"]
    again = transport.learned_mixture_fields("mirror", 3, 1)
    np.testing.assert_array_equal(
        first.latent_network.perceptron.weights[0], again.latent_network.perceptron.weights[0]
    )
