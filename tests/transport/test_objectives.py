"""Objectives and learned fields: known minima, a Gaussian that a small network learns, clouds of a user's, bad input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from phasebook import engines, transport

START = transport.Mixture([0.5, 0.5], [-3.0, 3.0], [0.25, 0.25])
END = transport.Mixture([1 / 3] * 3, [-6.0, 0.0, 6.0], [0.5, 0.33, 0.5])
LINEAR = transport.two_sided("linear")


class Exact:
    """A field of its own time for each point, in place of a network."""

    def __init__(self, field):
        self.field = field

    def __call__(self, t, x):
        return jax.vmap(lambda time, point: self.field(time, point[None])[0])(t, x)


def test_exact_fields_reach_the_known_minima():
    law = transport.InterpolatedMixture(START, END, LINEAR)
    found = transport.calibrate_objectives(law, START, END, pairs=200_000, seed=2)
    for measured in (found.velocity, found.score, found.latent):
        assert abs(measured.value) < 4.5 * measured.stderr
    assert found.score.stderr < 0.5 * found.plain_score.stderr


def test_the_loss_exceeds_its_minimum_by_half_the_squared_error():
    """On a common batch: loss of a shifted velocity less that of the exact one is ½ shift² + shift · E[b − rate]."""
    shift = 0.3
    law = transport.InterpolatedMixture(START, END, LINEAR)
    loss = transport.field_loss(LINEAR, batch=20_000, draw=transport.mixture_draws)
    data = transport.mixture_arrays(START, END)
    exact = transport.LearnedFields(Exact(law.velocity), None, LINEAR)
    moved = transport.LearnedFields(Exact(lambda t, x: law.velocity(t, x) + shift), None, LINEAR)
    difference = float(loss(moved, data, jax.random.key(1)) - loss(exact, data, jax.random.key(1)))
    assert difference == pytest.approx(0.5 * shift**2, abs=0.03)


def test_draws_have_the_mixtures_moments():
    x0, x1 = transport.mixture_draws(transport.mixture_arrays(START, END), jax.random.key(3), 100_000)
    assert float(x0.var()) == pytest.approx(9.25, rel=0.02)
    assert float(x1.var()) == pytest.approx(24.443, rel=0.02)
    pairs = transport.paired_rows((jnp.arange(5.0)[:, None], 10 * jnp.arange(5.0)[:, None]), jax.random.key(0), 50)
    np.testing.assert_array_equal(10 * pairs[0], pairs[1])


def test_a_linear_network_learns_the_gaussian_fields():
    """Between centered Gaussians at a fixed time span both fields are linear in x: a shallow network gets close."""
    start, end = (transport.Mixture([1.0], [m], [v]) for m, v in ((-1.0, 0.5), (1.0, 0.3)))
    law = transport.InterpolatedMixture(start, end, LINEAR)
    model = transport.new_fields(1, LINEAR, seed=0, width=32, depth=2)
    loss = transport.field_loss(LINEAR, batch=256, draw=transport.mixture_draws)
    found = engines.fit(
        model,
        loss,
        transport.mixture_arrays(start, end),
        optimizer=engines.adam(1e-2, 500),
        steps=500,
        seed=1,
        averaging=0.98,
    )
    x = np.linspace(-1.5, 1.5, 11)[:, None]
    for time in (0.3, 0.6):
        exact = transport.mixture_fields(law, time, x)
        points = jnp.asarray(x, dtype=jnp.float32)
        assert np.abs(found.model.velocity(jnp.float32(time), points) - exact.velocity).max() < 0.25
        assert np.abs(found.model.score(jnp.float32(time), points) - exact.score).max() < 0.35


@pytest.mark.parametrize("interpolant", [transport.one_sided("linear"), transport.two_sided("mirror")])
def test_one_network_suffices_from_noise_and_in_a_mirror(interpolant):
    """With the exact latent mean in place of a network, the velocity it implies is the exact one."""
    law = transport.InterpolatedMixture(None, END, interpolant)
    fields = transport.LearnedFields(None, law.latent_mean, interpolant)
    x = np.linspace(-7, 7, 29)[:, None]
    for time in (0.2, 0.7):
        exact = transport.mixture_fields(law, time, x)
        points = jnp.asarray(x, dtype=jnp.float32)
        np.testing.assert_allclose(fields.velocity(jnp.float32(time), points), exact.velocity, rtol=2e-4, atol=2e-4)
        np.testing.assert_allclose(fields.score(jnp.float32(time), points), exact.score, rtol=2e-4, atol=2e-4)


def test_weights_round_trip(tmp_path):
    fields = transport.new_fields(2, LINEAR, seed=0, width=8)
    transport.save_fields(tmp_path / "fields.safetensors", fields)
    back = transport.load_fields(tmp_path / "fields.safetensors", transport.new_fields(2, LINEAR, seed=1, width=8))
    x = jnp.ones((3, 2))
    np.testing.assert_array_equal(back.velocity(0.3, x), fields.velocity(0.3, x))


def test_what_was_not_trained_is_missed():
    points = np.zeros((3, 1))
    flow_only = transport.new_fields(1, LINEAR, seed=0, width=4, latent=False)
    with pytest.raises(transport.StateError, match="train a latent network"):
        transport.diffuse(flow_only, points, noise=1.0, steps=3, seed=0)
    assert transport.diffuse(flow_only, points, noise=0.0, steps=3, seed=0).shape == (3, 1)
    score_only = transport.new_fields(1, LINEAR, seed=0, width=4, velocity=False)
    with pytest.raises(transport.StateError, match="needs a velocity network"):
        transport.flow(score_only, points, steps=3)
    with pytest.raises(ValueError, match="got neither"):
        transport.new_fields(1, LINEAR, seed=0, velocity=False, latent=False)
    with pytest.raises(ValueError, match="margin"):
        transport.new_fields(1, LINEAR, seed=0, margin=0.7)
    with pytest.raises(ValueError, match="batch must be at least 1"):
        transport.field_loss(LINEAR, batch=0)


def test_between_clouds_whatever_their_units():
    from phasebook.numerics import sliced_distance

    start, end = transport.synthetic_clouds(2000, 1)
    shift = np.array([1e4, -3e3])
    found = transport.fit_transport(
        1e3 * start + shift, 1e3 * end + shift, seed=0, steps=300, batch=256, width=32, depth=2
    )
    fresh, target = transport.synthetic_clouds(1000, 2)
    for noise in (0.0, 0.5):
        moved = (found.sample(1e3 * fresh + shift, noise=noise, steps=100, seed=1) - shift) / 1e3
        assert sliced_distance(moved, target) < 0.5 * sliced_distance(fresh, target)
    back = found.sample(found.sample(1e3 * fresh + shift), direction="backward")
    assert np.abs(back - (1e3 * fresh + shift)).max() < 50
    density = transport.kernel_log_density(1e3 * start + shift)
    near, far = (
        found.log_density(x[:50], density).log_density.mean() for x in (1e3 * target + shift, 3e3 * target + shift)
    )
    assert near > far


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".parquet"])
def test_clouds_from_files(tmp_path, suffix):
    points = np.random.default_rng(0).standard_normal((7, 3))
    path = tmp_path / f"cloud{suffix}"
    if suffix == ".npy":
        np.save(path, points)
    elif suffix == ".csv":
        path.write_text("a,b,c\n" + "\n".join(",".join(map(repr, map(float, row))) for row in points))
    else:
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pyarrow.table({name: points[:, i] for i, name in enumerate("abc")}), path)
    np.testing.assert_array_equal(transport.read_cloud(path), points)


def test_files_that_hold_no_points(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,nan\n2,3\n")
    with pytest.raises(ValueError, match="1 of 2 rows are not"):
        transport.read_cloud(tmp_path / "a.csv")
    (tmp_path / "b.txt").write_text("1")
    with pytest.raises(ValueError, match=r"path must end in .npy, .csv or .parquet"):
        transport.read_cloud(tmp_path / "b.txt")
    np.save(tmp_path / "c.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="holds no points"):
        transport.read_cloud(tmp_path / "c.npy")
    with pytest.raises(ValueError, match="coupling must be one of"):
        transport.fit_transport(np.eye(2), np.eye(2), seed=0, coupling="tight")
    with pytest.raises(ValueError, match="interpolant must be two-sided"):
        transport.fit_transport(np.eye(2), np.eye(2), seed=0, interpolant=transport.one_sided())
