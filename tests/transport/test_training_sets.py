"""Pictures of shapes and what is read from them; data files of a user's, read as they were written; labels; wrong files."""

import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from phasebook.transport import (
    ShapeError,
    images_set,
    points_set,
    read_images,
    read_points,
    read_shapes,
    read_training_file,
    shape_images,
    shapes_set,
)

PICTURES = shape_images(400, 3)


def png(values):
    buffer = BytesIO()
    Image.fromarray((values * 255).astype(np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


def test_the_training_set_has_one_shape_of_a_kind_in_its_column():
    counts = read_shapes(PICTURES)
    assert not counts.hallucinated.any()
    assert counts.in_support.all()
    assert set(np.unique(PICTURES)) == {0.0, 1.0}
    assert not PICTURES[:, 63].any()
    assert not PICTURES[:, :, 63].any()
    # Present with probability 1/2 each, given that some is: 4/7.
    assert counts.shapes.any(axis=2).mean() == pytest.approx(4 / 7, abs=0.06)


def test_shapes_have_the_published_areas():
    counts = read_shapes(PICTURES).shapes
    alone = counts.sum(axis=(1, 2)) == 1
    for kind, area in enumerate((65, 64, 70)):
        areas = PICTURES[alone & (counts[:, kind, kind] == 1)].sum(axis=(1, 2))
        assert np.abs(areas - area).max() <= 2
        assert areas.size > 10


def test_pictures_with_two_of_a_kind_or_in_a_wrong_column_are_hallucinated():
    lone = [PICTURES[(read_shapes(PICTURES).shapes.sum(axis=(1, 2)) == 1) & PICTURES[:, :, c : c + 21].any(axis=(1, 2))][0]
            for c in (0, 21, 42)]  # fmt: skip
    moved = np.roll(lone[0], 21, axis=1)
    twice = np.zeros((64, 64))
    twice[5:13, 25:33] = twice[40:48, 30:38] = 1.0
    together = np.maximum(np.maximum(lone[0], lone[1]), lone[2])
    noisy = np.clip(together + 0.2 * np.random.default_rng(0).standard_normal((64, 64)), 0, 1)
    smear = np.zeros((64, 64))
    smear[10:12, 5:30] = 1.0
    counts = read_shapes(np.stack([moved, twice, together, noisy, smear, np.zeros((64, 64))]))
    assert counts.hallucinated.tolist() == [True, True, False, False, False, False]
    assert counts.in_support.tolist() == [False, False, True, True, False, False]
    assert counts.unknown.tolist() == [0, 0, 0, 0, 1, 0]


def test_pictures_are_read_back_from_every_format(tmp_path):
    few = PICTURES[:12]
    folder, archive = tmp_path / "pictures", tmp_path / "pictures.zip"
    folder.mkdir()
    with zipfile.ZipFile(archive, "w") as packed:
        for index, picture in enumerate(few):
            (folder / f"{index:03d}.png").write_bytes(png(picture))
            packed.writestr(f"{index:03d}.png", png(picture))
    np.save(tmp_path / "floats.npy", few)
    np.save(tmp_path / "bytes.npy", (255 * few).astype(np.uint8))
    for source in (folder, archive, tmp_path / "floats.npy", tmp_path / "bytes.npy"):
        np.testing.assert_array_equal(read_images(source), few)
    training = read_training_file(archive)
    assert training.images
    assert training.label(training.points)[1].all()


def test_points_are_read_back_from_every_format(tmp_path):
    points = np.random.default_rng(1).standard_normal((40, 3))
    np.save(tmp_path / "points.npy", points)
    np.savetxt(tmp_path / "points.csv", points, delimiter=",", header="x,y,z", comments="", fmt="%.17g")
    for name in ("points.npy", "points.csv"):
        np.testing.assert_array_equal(read_points(tmp_path / name), points)
        training = read_training_file(tmp_path / name)
        assert training.points.std() == pytest.approx(1.0)
        assert not training.images


def test_other_pictures_are_labeled_by_their_neighbors():
    generator = np.random.default_rng(2)
    pictures = np.clip(0.5 + 0.05 * generator.standard_normal((60, 64, 64)), 0, 1)
    training = images_set("grey", pictures)
    bad, good = training.label(np.concatenate([training.points[:5], np.ones((1, 64, 64))]))
    assert bad.tolist() == [False] * 5 + [True]
    assert good[:5].all()
    assert shapes_set(20, 1).points.min() == -1.0


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (None, "none.npy", "names no file"),
        (b"1,2\n3,x\n", "broken.csv", "must hold numbers, the same count in every row"),
        (b"1,2\n3\n", "ragged.csv", "must hold numbers, the same count in every row"),
        (b"1,2\n3,4\n", "short.csv", "at least 10 points"),
        (b"nothing", "broken.npy", "must be a NumPy array file"),
        (b"nothing", "broken.zip", "must be a folder or .zip"),
        (b"nothing", "points.txt", "must end in .npy or .csv"),
    ],
)
def test_broken_files_are_refused(tmp_path, content, name, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_training_file(tmp_path / name)


def test_wrong_pictures_name_their_shape(tmp_path):
    (tmp_path / "small.png").write_bytes(png(np.zeros((32, 32))))
    with pytest.raises(ShapeError, match=r"small.png must be 64 × 64 grey pixels; it is \(32, 32\)"):
        read_images(tmp_path)
    with pytest.raises(ShapeError, match=r"got shape \(3, 32, 32\)"):
        read_shapes(np.zeros((3, 32, 32)))
    (tmp_path / "small.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="must be a PNG image"):
        read_images(tmp_path)
    with pytest.raises(ValueError, match="must hold PNG files"):
        read_images((tmp_path / "empty").mkdir() or tmp_path / "empty")
    with pytest.raises(ValueError, match="count must be"):
        shape_images(0, 1)
    with pytest.raises(ValueError, match="points that differ"):
        points_set("flat", np.ones((20, 2)))
    with pytest.raises(ValueError, match="finite"):
        points_set("holes", np.full((20, 2), np.nan))
