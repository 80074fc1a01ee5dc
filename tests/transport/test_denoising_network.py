"""Networks that predict noise: shapes, shared weights, a known optimum, sampling with a network that is exact, wrong arguments."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from phasebook.transport import (
    DiscreteDiffusion,
    ImageDenoiser,
    PointDenoiser,
    Recipe,
    SeparatedModes,
    fit_denoiser,
    modes_set,
    sample_ancestral,
    sample_network,
    train_and_sample,
)

SHORT = DiscreteDiffusion.linear(60, 0.001, 0.6)


class ExactNoise(eqx.Module):
    """The exact noise prediction for one Gaussian of mean 0.7 and standard deviation 0.5."""

    signal: jax.Array

    def __call__(self, states, steps):
        signal = self.signal[steps.astype(jnp.int32)][:, None]
        mean = 0.7 + jnp.sqrt(signal) * 0.25 / (signal * 0.25 + 1 - signal) * (states - jnp.sqrt(signal) * 0.7)
        return (states - jnp.sqrt(signal) * mean) / jnp.sqrt(1 - signal)


def count(network):
    return sum(leaf.size for leaf in jax.tree_util.tree_leaves(eqx.filter(network, eqx.is_inexact_array)))


def test_shared_layers_are_one_set_of_weights():
    shared, apart = (PointDenoiser(2, width=16, shared=each, seed=0) for each in (True, False))
    layer = count(shared.layers)
    assert count(apart.layers) == 3 * layer
    assert layer == 2 * 16**2 + 16**2 + 16 + 4 * 16
    for network in (shared, apart):
        out = network(jnp.ones((5, 2)), jnp.arange(5.0))
        assert out.shape == (5, 2)
        np.testing.assert_allclose(out[3], network(jnp.ones((5, 2)), jnp.full(1, 3.0))[0], rtol=1e-4, atol=1e-5)


def test_an_exact_network_samples_as_the_exact_denoiser_does():
    data = SeparatedModes([0.7], 0.5)
    network = ExactNoise(jnp.asarray(SHORT.signal, jnp.float32))
    ours = sample_network(network, SHORT, (20_000, 1), windows=(5, (10, 30)), seed=1, at_once=8000)
    other = sample_ancestral(
        lambda states, step: data.posterior_mean(states, SHORT.signal[step]),
        SHORT,
        (20_000, 1),
        windows=(5, (10, 30)),
        seed=2,
    )
    assert ours.samples.mean() == pytest.approx(other.samples.mean(), abs=0.02)
    assert ours.samples.std() == pytest.approx(other.samples.std(), rel=0.03)
    np.testing.assert_allclose(ours.variances.mean(axis=1), other.variances.mean(axis=1), rtol=0.05)
    assert len(np.unique(ours.samples)) > 19_000


def test_training_finds_the_exact_denoiser_of_one_gaussian():
    data = SeparatedModes([0.7], 0.5)
    found = fit_denoiser(
        PointDenoiser(1, width=32, seed=0),
        data.sample(5000, 1),
        SHORT,
        steps=1500,
        batch=256,
        learning_rate=2e-3,
        seed=1,
    )
    exact = ExactNoise(jnp.asarray(SHORT.signal, jnp.float32))
    for step in (5, 20, 40):
        states = jnp.linspace(-1.0, 2.0, 30)[:, None]
        at = jnp.full(1, float(step))
        assert float(jnp.sqrt(jnp.mean((found.model(states, at) - exact(states, at)) ** 2))) < 0.15


def test_a_seed_fixes_network_and_samples():
    training = modes_set("one", SeparatedModes([0.7], 0.5), 500, 1)
    runs = [train_and_sample(training, SHORT, Recipe(20, 32, 8), 50, (5,), seed)[1] for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0].samples, runs[1].samples)
    np.testing.assert_array_equal(runs[0].variances, runs[1].variances)
    assert (runs[0].samples != runs[2].samples).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PointDenoiser(0, seed=0), "dimension and layers must be positive"),
        (lambda: PointDenoiser(1, width=15, seed=0), "width even"),
        (lambda: ImageDenoiser(width=12, seed=0), "width must be a multiple of 8"),
        (lambda: fit_denoiser(PointDenoiser(1, seed=0), [1.0, 2.0], SHORT, steps=1, seed=0), "data must be finite"),
        (lambda: fit_denoiser(PointDenoiser(1, seed=0), [[1.0], [np.nan]], SHORT, steps=1, seed=0), "data must be finite"),
        (lambda: fit_denoiser(PointDenoiser(1, seed=0), [[1.0], [2.0]], SHORT, steps=1, batch=0, seed=0), "batch must be"),
        (lambda: sample_network(PointDenoiser(1, seed=0), SHORT, (3,), seed=0), "shape must be"),
        (lambda: sample_network(PointDenoiser(1, seed=0), SHORT, (3, 1), windows=(1,), seed=0), "window must hold"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
