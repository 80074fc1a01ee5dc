"""Examples: their law and quality, files of every format, digits, and bad inputs."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.spins import (
    ExampleSet,
    PrototypeMemory,
    digit_archetypes,
    digit_images,
    read_examples,
    read_idx,
    read_labels,
    recognize,
    split_images,
    write_examples,
    write_idx,
)
from phasebook.spins.labeled_examples import agreement_law, alias_table


def noisy_copies(seed, classes=3, size=400, examples=12, quality=0.6):
    generator = np.random.default_rng(seed)
    archetypes = generator.choice([-1, 1], (classes, size))
    kept = np.where(generator.random((classes, examples, size)) < (1 + quality) / 2, 1, -1)
    X = (archetypes[:, None] * kept).reshape(-1, size)
    return X, np.repeat(np.arange(classes) * 10, examples), archetypes


def test_sums_of_random_examples_are_binomial():
    taught = ExampleSet.random(500, 200, 4, 0.5, seed=1)
    agreeing = (taught.sums * taught.archetypes + 4) // 2
    shares = np.bincount(agreeing.ravel(), minlength=5) / agreeing.size
    np.testing.assert_allclose(shares, agreement_law(4, 0.5), atol=4 * 0.5 / np.sqrt(agreeing.size))
    assert abs(taught.archetypes.mean()) < 4 / np.sqrt(taught.archetypes.size)
    assert abs((taught.archetypes[:, 0] * taught.archetypes[:, 1]).mean()) < 0.3
    # Right examples are as many where the archetype is up as where it is down: no class mean has a mean of its own.
    assert abs(taught.sums.mean()) < 4.5 * taught.sums.std() / np.sqrt(taught.sums.size)
    perfect = ExampleSet.random(3, 50, 7, 1.0, seed=1)
    np.testing.assert_array_equal(perfect.sums, 7 * perfect.archetypes)


@settings(max_examples=30)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12).filter(lambda law: sum(law) > 1e-3))
def test_an_alias_table_stands_for_its_law(law):
    law = np.array(law) / np.sum(law)
    aliases, thresholds = alias_table(law)
    found = thresholds / law.size
    np.add.at(found, aliases, (1 - thresholds) / law.size)
    np.testing.assert_allclose(found, law, atol=1e-12)


def test_quality_is_estimated_from_random_and_from_a_user_s_examples():
    taught = ExampleSet.random(40, 500, 10, 0.5, seed=3)
    assert taught.quality.value == pytest.approx(0.5, abs=5 * taught.quality.stderr)
    assert taught.rho.value == pytest.approx(0.3, abs=5 * taught.rho.stderr)
    assert taught.R.value == pytest.approx(0.325, abs=5 * taught.R.stderr)
    X, y, archetypes = noisy_copies(1)
    own = ExampleSet.from_data(X, y)
    assert own.labels == (0, 10, 20)
    assert own.counts.tolist() == [12, 12, 12]
    assert own.quality.value == pytest.approx(0.6, abs=5 * own.quality.stderr)
    assert own.quality.stderr < 0.03
    np.testing.assert_allclose(own.means[:, 1], X[y == 10].mean(axis=0))
    assert (own.majority(0).T * archetypes).mean() > 0.9


def test_errors_over_spins_are_the_scatter_of_repetitions():
    taught = [ExampleSet.random(10, 200, 6, 0.5, seed=seed) for seed in range(80)]
    for name in ("R", "quality", "rho"):
        values, errors = np.array([(found.value, found.stderr) for found in (getattr(each, name) for each in taught)]).T
        # Eighty repetitions know their own scatter to 8%.
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=0.35)


def test_ties_of_a_majority_are_fair():
    taught = ExampleSet.random(50, 400, 2, 0.5, seed=1)
    tied = taught.sums == 0
    majority = taught.majority(3)
    assert tied.sum() > 5000
    assert majority[tied].mean() == pytest.approx(0.0, abs=4.5 / np.sqrt(tied.sum()))
    np.testing.assert_array_equal(majority[~tied], np.sign(taught.sums[~tied]))


def test_prototypes_have_variance_one():
    X, y, _ = noisy_copies(2)
    own = PrototypeMemory.of_examples(3, ExampleSet.from_data(X, y))
    np.testing.assert_allclose((own.prototypes**2).mean(axis=0), 1.0)
    centered = PrototypeMemory.of_examples(3, ExampleSet.from_data(X, y), centered=True)
    assert abs(np.corrcoef(centered.prototypes[:, 0], centered.prototypes[:, 1])[0, 1] + 0.5) < 0.1
    random = PrototypeMemory.of_examples(3, ExampleSet.random(300, 100, 5, 0.4, seed=1))
    assert (random.prototypes**2).mean() == pytest.approx(1.0, abs=0.02)


def test_grey_values_are_binarized_by_one_threshold_or_one_a_pixel():
    grey = np.array([[0.2, 0.9], [0.6, 0.1], [0.4, 0.5]])
    assert ExampleSet.from_data(grey, [1, 2, 2], binarize=0.5).sums.tolist() == [[-1, 0], [1, -2]]
    assert ExampleSet.from_data(grey, ["a", "b", "b"], binarize=[0.1, 0.5]).sums.tolist() == [[1, 2], [1, -2]]


@settings(max_examples=10)
@given(st.integers(1, 6), st.integers(1, 5), st.booleans(), st.integers(0, 2**20))
def test_idx_files_come_back(tmp_path_factory, count, side, packed, seed):
    folder = tmp_path_factory.mktemp("idx")
    generator = np.random.default_rng(seed)
    images, labels = generator.integers(0, 256, (count, side, side + 1)), generator.integers(0, 10, count)
    paths = [folder / f"{name}-ubyte{'.gz' if packed else ''}" for name in ("images-idx3", "labels-idx1")]
    write_idx(images, paths[0])
    write_idx(labels, paths[1])
    np.testing.assert_array_equal(read_idx(paths[0]), images)
    np.testing.assert_array_equal(read_labels(paths[1]), labels)
    np.testing.assert_array_equal(read_examples(paths[0]).X, images.reshape(count, -1))


def test_npz_files_come_back(tmp_path):
    X, y, _ = noisy_copies(4, size=20)
    write_examples(X, y, tmp_path / "own.npz")
    found = read_examples(tmp_path / "own.npz")
    np.testing.assert_array_equal(found.X, X)
    np.testing.assert_array_equal(found.y, y)


def test_digits_come_with_the_package():
    digits = digit_images()
    assert digits.X.shape == (1797, 64)
    assert np.bincount(digits.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    archetypes = digit_archetypes(30, digits.X, seed=1)
    assert archetypes.shape == (64, 30)
    assert set(np.unique(archetypes)) == {-1, 1}


def test_images_that_are_held_out_were_not_trained_with():
    X, y, _ = noisy_copies(5, classes=4, size=120, examples=30, quality=0.5)
    split = split_images(X, y, least_deviation=0.0, seed=1)
    taught, tested = ({image.tobytes() for image in images} for images in (split.training_images, split.images))
    assert not taught & tested
    assert (len(taught), len(tested)) == (60, 60)


def test_well_separated_classes_are_recognized():
    X, y, _ = noisy_copies(5, classes=4, size=120, examples=30, quality=0.5)
    found = recognize(split_images(X, y, least_deviation=0.0, seed=1), 4, seed=1)
    assert found.accuracy > 0.95
    assert found.nearest_mean > 0.95


X, Y, _ = noisy_copies(6, size=10)
GREY = X.astype(float)
GREY[2, 3] = 0.25


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ExampleSet.random(5, 50, 0, 0.5, seed=1), "examples M must be an integer of at least 1; got 0"),
        (lambda: ExampleSet.random(5, 50, 3, 0.0, seed=1), r"quality r must be in \(0, 1\]; got 0.0"),
        (lambda: ExampleSet.random(0, 50, 3, 0.5, seed=1), "classes must be an integer of at least 1"),
        (lambda: ExampleSet.random(5, 50, 40_000, 0.5, seed=1), "examples must be at most 32,767"),
        (lambda: ExampleSet.random(5, 50, 3, 0.5, seed=1, archetypes=np.ones((5, 5))), "archetypes must have shape"),
        (lambda: ExampleSet.from_data(X, None), "unsupervised network"),
        (lambda: ExampleSet.from_data(X, Y[:-1]), "y must hold 36 integers or texts"),
        (lambda: ExampleSet.from_data(X, Y + 0.5), "y must hold 36 integers or texts"),
        (
            lambda: ExampleSet.from_data(X, Y, classes=[0, 10, 7]),
            r"every class must have an example; there is none of \[7\]",
        ),
        (
            lambda: ExampleSet.from_data(GREY, Y),
            r"X must be 1 or -1 \(or give binarize a threshold\); got 0.25 in row 2, column 3",
        ),
        (lambda: ExampleSet.from_data(GREY, Y, binarize=[0.1, 0.2]), "binarize must be one finite number"),
        (lambda: ExampleSet.from_data(X[:3], [1, 2, 3]).quality, "at least two examples"),
        (lambda: ExampleSet.from_data([[1, 1], [-1, -1]], [1, 1]).quality, "no more than by chance"),
        (
            lambda: PrototypeMemory.of_examples(2, ExampleSet.from_data([[1, 1], [-1, -1]], [1, 1])),
            "has a mean of zero",
        ),
        (lambda: split_images(X, np.arange(36), seed=1), "every class must have at least two images"),
        (lambda: split_images(np.ones((36, 4)), Y, seed=1), "no pixel varies"),
        (lambda: digit_archetypes(99, X, seed=1), "load asks for 99 images as archetypes; there are 36"),
        (lambda: write_idx(np.ones((2, 2)), "never.gz"), "values must be integers from 0 to 255"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_files_that_hold_no_examples_are_refused(tmp_path):
    contents = {
        "short": b"\x00\x00",
        "magic": (1234).to_bytes(4, "big") + bytes(8),
        "length": (2051).to_bytes(4, "big") + (3).to_bytes(4, "big") * 3 + bytes(5),
        "broken.gz": gzip.compress(bytes(1000))[:-9],
        "text.npz": b"not an archive",
    }
    sentences = {
        "short": "must be an IDX file; it has 2 bytes",
        "magic": "its magic is 1234",
        "length": "must hold 3 × 3 × 3 bytes after its header; it has 5",
        "broken.gz": "must be a whole gzip file",
        "text.npz": "must be a .npz archive of arrays X and y",
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=sentences[name]):
            read_examples(tmp_path / name)
    with pytest.raises(ValueError, match="path names no file: 'none'"):
        read_examples(tmp_path / "none")
    np.savez(tmp_path / "other.npz", Z=np.ones(3))
    with pytest.raises(ValueError, match="must hold an array X"):
        read_examples(tmp_path / "other.npz")
    np.savez(tmp_path / "pickled.npz", X=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"must be a .npz archive"):
        read_examples(tmp_path / "pickled.npz")
    write_idx(np.ones(4, int), tmp_path / "labels")
    with pytest.raises(ValueError, match="it holds labels"):
        read_examples(tmp_path / "labels")
    write_idx(np.ones((2, 2, 2), int), tmp_path / "images")
    with pytest.raises(ValueError, match="it holds images"):
        read_labels(tmp_path / "images")
