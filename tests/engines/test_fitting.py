"""The fitting loop: known minima, averages by hand, resumption bit for bit after a kill, early stopping, wrong arguments."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from phasebook import engines

TRUTH = np.array([1.0, -2.0, 0.5], dtype=np.float32)
SGD = optax.sgd(0.05)


class Line(eqx.Module):
    """A linear model, with a label that is no array."""

    weights: jax.Array
    label: str = eqx.field(static=True, default="line")


def squares(model, data, key):
    inputs = data[jax.random.randint(key, (32,), 0, len(data))]
    return jnp.mean((inputs @ (model.weights - TRUTH)) ** 2)


def distance(model):
    return jnp.sum((model.weights - TRUTH) ** 2)


@pytest.fixture
def data():
    return jnp.asarray(np.random.default_rng(1).standard_normal((200, 3)), dtype=jnp.float32)


def start():
    return Line(jnp.zeros(3))


def run(data, **options):
    options = {"optimizer": SGD, "steps": 400, "seed": 3, "steps_per_call": 100, **options}
    return engines.fit(start(), squares, data, **options)


def test_finds_the_minimum(data):
    found = run(data)
    np.testing.assert_allclose(found.model.weights, TRUTH, atol=1e-5)
    assert found.model.label == "line"
    assert found.ending == "finished"
    assert found.best_step == 400
    assert found.losses.shape == (400,)
    assert found.losses[0] > 100 * found.losses[-1]


def test_the_model_that_was_given_is_left_alone(data):
    model = start()
    engines.fit(model, squares, data, optimizer=SGD, steps=3, seed=0)
    np.testing.assert_array_equal(model.weights, np.zeros(3))


def test_steps_are_those_of_plain_gradient_descent_whatever_the_calls(data):
    by_hand, key = jnp.zeros(3), jax.random.key(3)
    for index in range(7):
        own = jax.random.fold_in(key, index)
        by_hand = by_hand - 0.05 * jax.grad(lambda w, own=own: squares(Line(w), data, own))(by_hand)
    for room in (2, 7, 50):
        found = run(data, steps=7, steps_per_call=room)
        np.testing.assert_allclose(found.model.weights, by_hand, rtol=2e-5)


def test_the_average_is_the_recursion(data):
    weights = [run(data, steps=count).last.weights for count in range(1, 6)]
    expected = np.zeros(3)
    for index, each in enumerate(weights):
        keep = min(0.9, (1 + index) / (10 + index))
        expected = keep * expected + (1 - keep) * np.asarray(each)
    found = run(data, steps=5, averaging=0.9)
    np.testing.assert_allclose(found.model.weights, expected, rtol=1e-5)
    np.testing.assert_array_equal(found.last.weights, weights[-1])


def test_a_killed_fit_goes_on_bit_for_bit(data, tmp_path):
    path, adam = tmp_path / "fit.safetensors", engines.adam(1e-2, 300)
    options = {"optimizer": adam, "steps": 300, "averaging": 0.99, "validation": distance, "steps_per_call": 50}
    whole = run(data, **options)

    def stop(progress):
        if progress.step == 150:
            raise KeyboardInterrupt

    first = run(data, **{**options, "steps": 100}, checkpoint=path)
    assert len(first.losses) == 100
    with pytest.raises(KeyboardInterrupt):
        run(data, **options, checkpoint=path, progress=stop)
    resumed = run(data, **options, checkpoint=path)
    np.testing.assert_array_equal(resumed.losses, whole.losses)
    np.testing.assert_array_equal(resumed.validations, whole.validations)
    np.testing.assert_array_equal(resumed.model.weights, whole.model.weights)
    np.testing.assert_array_equal(resumed.last.weights, whole.last.weights)
    again = run(data, **options, checkpoint=path)
    np.testing.assert_array_equal(again.model.weights, whole.model.weights)


def test_a_checkpoint_of_another_fit_is_refused(data, tmp_path):
    path = tmp_path / "fit.safetensors"
    run(data, steps=5, checkpoint=path, identity="first")
    with pytest.raises(engines.ForeignCheckpoint, match="identity is 'first'"):
        run(data, steps=5, checkpoint=path, identity="second")
    with pytest.raises(engines.ForeignCheckpoint, match="seed"):
        run(data, steps=5, checkpoint=path, identity="first", seed=4)
    with pytest.raises(engines.ForeignCheckpoint, match="another fit"):
        run(data, steps=5, checkpoint=path, identity="first", averaging=0.9)


def test_the_best_weights_are_kept_and_the_fit_stops_early(data):
    def away(model):
        """Smallest where the first weight passes 0.4 on its way to 1."""
        return (model.weights[0] - 0.4) ** 2

    found = run(data, steps=1000, steps_per_call=2, validation=away, patience=5)
    assert found.ending == "stopped early"
    assert abs(float(found.model.weights[0]) - 0.4) < 0.1
    assert float(found.last.weights[0]) > float(found.model.weights[0])
    assert len(found.losses) == found.best_step + 10
    assert found.validations[:, 1].min() == pytest.approx(float(away(found.model)))


def test_time_ends_a_fit_and_it_goes_on_later(data, tmp_path):
    path = tmp_path / "fit.safetensors"
    assert run(data, seconds=0.0, checkpoint=path).ending == "out of time"
    found = run(data, checkpoint=path)
    np.testing.assert_array_equal(found.losses, run(data).losses)


def test_progress_is_told(data):
    told = []
    run(data, steps=250, progress=told.append, validation=distance)
    assert [each.step for each in told] == [100, 200, 250]
    assert told[-1].steps == 250
    assert told[-1].validation < told[0].validation


def test_a_diverging_fit_says_so(data):
    with pytest.raises(engines.DivergedFit, match="not finite at step"):
        run(data, optimizer=optax.sgd(1e6))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be an integer of at least 1"),
        ({"steps_per_call": 0}, "steps_per_call must be"),
        ({"averaging": 1.0}, "averaging must lie strictly between 0 and 1"),
        ({"patience": 3}, "patience needs a validation loss"),
        ({"seed": -1}, "seed must be an integer"),
    ],
)
def test_wrong_arguments_are_refused(data, options, message):
    with pytest.raises(ValueError, match=message):
        run(data, **options)


def test_a_model_without_numbers_is_refused(data):
    with pytest.raises(ValueError, match="at least one floating-point array"):
        engines.fit("nothing", squares, data, optimizer=SGD, steps=1, seed=0)


def test_adam_is_one_object_for_the_same_arguments():
    assert engines.adam(1e-3, 100) is engines.adam(1e-3, 100)
    with pytest.raises(ValueError, match="learning_rate"):
        engines.adam(0.0, 100)


def test_a_perceptron_learns_a_sine():
    def loss(model, _, key):
        inputs = jax.random.uniform(key, (256, 1), minval=-3, maxval=3)
        return jnp.mean((model(inputs) - jnp.sin(inputs)) ** 2)

    model = engines.Perceptron(1, 1, width=32, depth=2, key=jax.random.key(0))
    found = engines.fit(model, loss, optimizer=engines.adam(1e-2, 600), steps=600, seed=0)
    inputs = jnp.linspace(-3, 3, 101)[:, None]
    assert float(jnp.abs(found.model(inputs) - jnp.sin(inputs)).max()) < 0.05


def test_field_networks_take_one_time_or_many():
    field = engines.FieldNetwork(2, width=8, depth=1, scale=3.0, frequencies=2, key=jax.random.key(1))
    points = jnp.ones((5, 2))
    np.testing.assert_allclose(field(0.3, points), field(jnp.full(5, 0.3), points), rtol=1e-6)
    assert not np.allclose(field(0.3, points), field(0.4, points))
    with pytest.raises(ValueError, match="scale"):
        engines.FieldNetwork(2, scale=0.0, key=jax.random.key(1))
    with pytest.raises(ValueError, match="activation"):
        engines.Perceptron(2, 2, activation="sine", key=jax.random.key(1))
