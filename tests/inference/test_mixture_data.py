"""A user's own files: every format there and back, the one call on each kind of data, and one sentence for each wrong input."""

import math

import numpy as np
import pytest

from phasebook.inference import (
    GaussianMixture,
    estimate_noise_scale,
    fit,
    fit_samples,
    lloyd_fit,
    population_fit,
    population_hard_fit,
    read_mixture,
    read_points,
    triangle_means,
    write_mixture,
    write_points,
)

MIXTURE = GaussianMixture(3 * triangle_means(), 1.5, [0.5, 0.3, 0.2])
POINTS, _ = MIXTURE.sample(400, seed=1)
IMAGES = np.random.default_rng(2).standard_normal((5, 3, 4)).astype(np.float32)
CORNERS = GaussianMixture(4 * np.eye(6)[:3], 2.0)


def write_mrc(path, images, mode, extended=0):
    """A stack as the MRC2014 standard lays it out."""
    header = np.zeros(256, dtype="<i4")
    header[:4] = *images.shape[::-1], mode
    header[23] = extended
    path.write_bytes(header.tobytes() + bytes(extended) + np.ascontiguousarray(images).tobytes())


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".parquet", ".CSV"])
@pytest.mark.parametrize("points", [POINTS, POINTS[:, :1], 1e-300 * POINTS], ids=["plane", "line", "tiny"])
def test_samples_come_back_to_the_last_bit(tmp_path, suffix, points):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    write_points(points, tmp_path / f"samples{suffix}")
    assert np.array_equal(read_points(tmp_path / f"samples{suffix}"), points)


@pytest.mark.parametrize("head", ["", "x,y\n", "\ufeffx,y\n", "\n  \nfirst,second\n", " \n"])
def test_tables_may_have_a_header_and_blank_lines(tmp_path, head):
    file = tmp_path / "samples.csv"
    file.write_text(head + "1,2.5\n\n-3e2,4\n", encoding="utf-8")
    assert read_points(file).tolist() == [[1.0, 2.5], [-300.0, 4.0]]


def test_images_become_rows_of_pixels(tmp_path):
    np.save(tmp_path / "stack.npy", IMAGES)
    assert np.array_equal(read_points(tmp_path / "stack.npy"), IMAGES.reshape(5, 12))


@pytest.mark.parametrize(("mode", "kind"), [(0, "i1"), (1, "i2"), (2, "f4"), (6, "u2"), (12, "f2")])
@pytest.mark.parametrize("extended", [0, 160])
def test_microscopy_stacks(tmp_path, mode, kind, extended):
    images = np.abs(20 * IMAGES).astype(kind)
    write_mrc(tmp_path / "stack.mrc", images, mode, extended)
    points = read_points(tmp_path / "stack.mrc")
    assert np.array_equal(points, images.reshape(5, 12))
    assert math.isfinite(fit(points, components=2, noise_scale=5.0).spread)


def test_mixtures_come_back_to_the_last_bit(tmp_path):
    write_mixture(MIXTURE, tmp_path / "mixture.yaml")
    back = read_mixture(tmp_path / "mixture.yaml")
    assert np.array_equal(back.means, MIXTURE.means)
    assert np.array_equal(back.weights, MIXTURE.weights)
    assert back.noise_scale == MIXTURE.noise_scale


def test_one_call_fits_files_arrays_and_mixtures(tmp_path):
    write_points(POINTS, tmp_path / "samples.csv")
    write_mixture(MIXTURE, tmp_path / "mixture.yml")
    start = MIXTURE.means
    ours = fit(tmp_path / "samples.csv", 0.8, 3, sigma=1.5, start=start)
    assert np.array_equal(ours.means, fit_samples(POINTS, 0.8 * 1.5, 3, start=start).means)
    assert ours.ratio == pytest.approx(0.8)
    assert np.array_equal(ours.means, fit(POINTS, components=3, noise_scale=0.8 * 1.5, start=start).means)
    assert np.array_equal(
        fit(POINTS, components=3, hard=True, start=start).means, lloyd_fit(POINTS, 3, start=start).means
    )
    assert np.array_equal(fit(str(tmp_path / "mixture.yml"), 0.8).means, population_fit(MIXTURE, 0.8).means)
    assert fit(MIXTURE, noise_scale=1.2).means == pytest.approx(population_fit(MIXTURE, 0.8).means)
    assert fit(MIXTURE, hard=True).means == pytest.approx(population_hard_fit(MIXTURE).means)
    assert fit(POINTS, 1.0, 3, truth=MIXTURE).noise_scale == 1.5


def test_the_noise_level_is_found_outside_the_means():
    points, _ = CORNERS.sample(100_000, seed=4)
    assert estimate_noise_scale(points, 3) == pytest.approx(2.0, abs=7 * 2 / math.sqrt(2 * 4 * 100_000))
    assert fit(points, 1.0, 3, estimate="residual").noise_scale == pytest.approx(2.0, abs=0.02)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "1,2", r"path must end in .npy, .csv, .parquet or .mrc; got 'a.txt'"),
        ("a.csv", "", "a.csv holds no rows"),
        ("a.csv", "x,y\n", "a.csv holds no rows below its header"),
        ("a.csv", "x,y\n1,2\n3\n", "a.csv must hold numbers, the same count in every row"),
        ("a.csv", "x,y\n1,2\n3,four\n", "a.csv must hold numbers, the same count in every row"),
        ("a.csv", "x,y\n1,2\n3,nan\n", "a.csv: points must be finite; row 1 holds"),
        ("a.npy", "no array", "a.npy is not an array of numbers"),
        ("a.mrc", "short", "a.mrc is too short for an MRC file"),
        ("a.mrc", "x" * 2000, "a.mrc is not a little-endian MRC stack of real images"),
    ],
)
def test_wrong_files_are_refused(tmp_path, name, text, message):
    with pytest.raises(ValueError, match=message):
        read_points(written(tmp_path / name, text))


def test_wrong_parquet_files_are_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    with pytest.raises(ValueError, match=r"a.parquet is not a parquet file"):
        read_points(written(tmp_path / "a.parquet", "no table"))
    parquet.write_table(pyarrow.table({"x": [1.0], "name": ["a"]}), tmp_path / "b.parquet")
    with pytest.raises(ValueError, match="must hold columns of numbers; name is string"):
        read_points(tmp_path / "b.parquet")
    parquet.write_table(pyarrow.table({"x": [1.0, None]}), tmp_path / "c.parquet")
    with pytest.raises(ValueError, match=r"c.parquet: points must be finite; row 1"):
        read_points(tmp_path / "c.parquet")


@pytest.mark.parametrize("content", [b"\xff\xfe1,2\n", b'"' + 200_000 * b"x" + b'",1\n'], ids=["bytes", "long cell"])
def test_files_that_are_no_text_tables_are_refused(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"a.csv is not a table of text in UTF-8"):
        read_points(tmp_path / "a.csv")


def test_cut_stacks_pickles_and_missing_files_are_refused(tmp_path):
    write_mrc(tmp_path / "a.mrc", IMAGES, 2)
    whole = (tmp_path / "a.mrc").read_bytes()
    (tmp_path / "a.mrc").write_bytes(whole[:-4])
    with pytest.raises(ValueError, match=r"a.mrc ends before its 5 images of 4x3 pixels"):
        read_points(tmp_path / "a.mrc")
    np.save(tmp_path / "p.npy", np.array([{"a": 1}]), allow_pickle=True)
    with pytest.raises(ValueError, match=r"p.npy is not an array of numbers"):
        read_points(tmp_path / "p.npy")
    for read in (read_points, read_mixture):
        with pytest.raises(ValueError, match=r"path names no file: 'none.npy'"):
            read(tmp_path / "none.npy")
    with pytest.raises(ValueError, match=r"path must end in .npy, .csv or .parquet; got 'a.mrc'"):
        write_points(POINTS, tmp_path / "a.mrc")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("means: [[0], [1]]\n", "m.yaml lacks sigma"),
        ("sigma: 1\n", "m.yaml lacks means"),
        ("[1, 2]\n", "m.yaml must hold the keys means, sigma and weights"),
        ("means: [0, 1]\nsigma: 1\ntau: 2\n", "may hold means, sigma and weights; it also holds tau"),
        ("means: [0, 1]\nsigma: 0\n", "m.yaml: sigma must be a positive number; got 0"),
        ("means: [0, 1]\nsigma: wide\n", "m.yaml: sigma must be a positive number; got 'wide'"),
        ("means: [0, 1]\nsigma: 1\nweights: [0.5, 0.6]\n", "m.yaml: weights must sum to 1; they sum to 1.1"),
        ("means: [0, 1]\nsigma: 1\nweights: [0.5, half]\n", "m.yaml: "),
        ("means: [[0, 1], [2]]\nsigma: 1\n", "m.yaml: means must be a table of numbers"),
        ("means: [0, .nan]\nsigma: 1\n", "m.yaml: means must be finite; row 1"),
        ("means: [0, 1\n", "m.yaml is not YAML"),
        ("means: !!python/object/apply:os.getcwd []\nsigma: 1\n", "m.yaml is not YAML"),
        ("means: " + 5000 * "[" + 5000 * "]" + "\nsigma: 1\n", "m.yaml is nested too deeply"),
        ("means: [&row [0, 1], *row]\nsigma: 1\n", "m.yaml must spell out its numbers; it holds a YAML alias"),
        ("# " + "x" * 1_000_000, "m.yaml must hold at most 1,000,000 bytes"),
    ],
)
def test_wrong_descriptions_are_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_mixture(written(tmp_path / "m.yaml", text))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fit(POINTS, components=3), "give one of ratio and noise_scale, or hard=True"),
        (lambda: fit(POINTS, 1.0, 3, noise_scale=1.0), "give one of ratio and noise_scale, or hard=True"),
        (lambda: fit(POINTS, 1.0, 3, hard=True), "hard=True assumes no noise level"),
        (lambda: fit(POINTS, components=3, hard=True, weights=[0.5, 0.3, 0.2]), "weights do not matter to hard"),
        (lambda: fit(POINTS, 0.0, 3, sigma=1.0), "ratio must be positive; got 0.0: for hard assignment use hard=True"),
        (lambda: fit(POINTS, components=3, noise_scale=-1.0), "noise_scale must be positive; got -1.0: for hard"),
        (lambda: fit(POINTS, 1.0, 3), "ratio needs the true noise level: give sigma=, or estimate='residual'"),
        (lambda: fit(POINTS, 1.0, 3, estimate="residual"), "sigma cannot be estimated from 2 dimensions and 3"),
        (lambda: fit(POINTS, 1.0, 3, estimate="mean", sigma=None), "estimate must be 'residual' or left out"),
        (lambda: fit(POINTS, 1.0, 3, estimate="residual", sigma=1.0), "give one of sigma and estimate='residual'"),
        (lambda: fit(POINTS, 1.0, 3, sigma=0.0), "sigma must be a positive number; got 0.0"),
        (lambda: fit(POINTS, 1.0, sigma=1.0), "components must be given for samples"),
        (lambda: fit(POINTS, 1.0, 1, sigma=1.0), "components must be an integer of at least 2; got 1"),
        (lambda: fit(POINTS, 1.0, 401, sigma=1.0), "components must be at most the number of samples, 400; got 401"),
        (lambda: fit(POINTS, 1.0, 3, sigma=1.0, start=np.zeros((3, 3))), r"start must have shape \(3, 2\)"),
        (lambda: fit(POINTS, 1.0, 3, sigma=1.0, weights=[0.5, 0.5, 0.5]), "weights must sum to 1"),
        (lambda: fit(MIXTURE, 1.0, sigma=1.0), "sigma does not apply to a mixture"),
        (lambda: fit(MIXTURE, 1.0, 2), "components must be the mixture's own number, 3; got 2"),
        (lambda: estimate_noise_scale(np.zeros((9, 4)), 2), "the samples do not vary outside the means' directions"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
