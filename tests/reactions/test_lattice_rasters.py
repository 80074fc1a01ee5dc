"""A user's label images and rules: round trips, comparison with a lattice, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from phasebook.reactions import (
    comparison_simulation,
    comparison_theory,
    lattice_model,
    raster_series,
    read_lattice_model,
    read_rasters,
    write_lattice_model,
    write_rasters,
)

FRAMES = np.random.default_rng(1).integers(0, 3, (4, 20, 24))


def test_frames_come_back_from_files(tmp_path):
    series = raster_series(FRAMES * 7 + 2)
    assert series.labels == (2, 9, 16)
    assert series.densities.sum(axis=1) == pytest.approx(1)
    write_rasters(series, tmp_path / "frames.npy")
    again = read_rasters(tmp_path / "frames.npy")
    assert again.labels == series.labels
    assert (again.frames == FRAMES).all()
    for number in range(2):
        write_rasters(raster_series(FRAMES[number : number + 1]), tmp_path / f"{number}.png")
    images = read_rasters(tmp_path / "0.png", tmp_path / "1.png")
    assert (images.frames == FRAMES[:2]).all()


def test_palette_images_are_labels(tmp_path):
    image = Image.fromarray(FRAMES[0].astype(np.uint8), mode=None)
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    image.save(tmp_path / "palette.png")
    assert (read_rasters(tmp_path / "palette.png").frames[0] == FRAMES[0]).all()


def test_rules_come_back_from_files(tmp_path):
    model = lattice_model("predator-prey", predation=3.0)
    write_lattice_model(model, tmp_path / "rules.txt")
    again = read_lattice_model(tmp_path / "rules.txt")
    assert (again.species, again.rules, again.exchange) == (model.species, model.rules, model.exchange)


def test_a_raster_is_the_start_of_theory_and_simulation():
    model, series = lattice_model("two-species"), raster_series(FRAMES)
    theory = comparison_theory(model, 3.0, {}, series)
    data = comparison_simulation(model, (8, 8), 3.0, {}, series, replicas=3, seed=1)
    share = series.densities[0, 1:]
    assert theory.density_theory.values[0] == pytest.approx(share)
    assert data.density_simulation.values[0] == pytest.approx(share)
    assert data.density_data.values == pytest.approx(series.densities[:, 1:])
    assert data.sizes == {"time": 4, "species": 2, "distance": 10}
    assert np.abs(data.correlation_data.values).max() < 0.05  # random frames


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: np.save(path / "a.npy", FRAMES / 2), "must hold integer labels; got float64"),
        (lambda path: np.save(path / "a.npy", np.arange(80).reshape(2, 40)), "at most 32 different labels"),
        (lambda path: np.save(path / "a.npy", np.zeros((2, 2, 2, 2), int)), "shape"),
        (lambda path: np.save(path / "a.npy", np.array([{}], object), allow_pickle=True), "Python objects"),
        (lambda path: Image.new("RGB", (4, 4)).save(path / "a.png"), "must be a label image"),
        (lambda path: (path / "a.png").write_text("no image"), "is no image that can be read"),
        (lambda path: (path / "a.csv").write_text("1,2"), "must end in .npy, .png"),
    ],
)
def test_files_that_are_no_rasters_are_refused(tmp_path, write, message):
    write(tmp_path)
    [path] = tmp_path.iterdir()
    with pytest.raises(ValueError, match=message):
        read_rasters(path)


def test_rasters_that_do_not_fit_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", FRAMES)
    np.save(tmp_path / "b.npy", FRAMES[:, :5])
    with pytest.raises(ValueError, match="equal sizes"):
        read_rasters(tmp_path / "a.npy", tmp_path / "b.npy")
    with pytest.raises(ValueError, match="labels of the raster must be 0 empty, 1 A"):
        comparison_theory(lattice_model("annihilation"), 1.0, {}, raster_series(FRAMES))
    with pytest.raises(ValueError, match="at least one raster"):
        read_rasters()
    with pytest.raises(ValueError, match="path must end in"):
        write_rasters(raster_series(FRAMES), tmp_path / "c.png")
