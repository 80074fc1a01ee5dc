"""Couplings of a user's: formats and their round trips, refusals, and random matrices."""

import numpy as np
import pytest
from scipy import sparse

from phasebook.networks import (
    checked_coupling,
    coupling_gain,
    random_coupling,
    read_activity,
    read_coupling,
)

MATRIX = np.array([[0.0, 0.5, 0.0], [-1.25, 0.0, 1e-3], [0.0, 0.0, 2.0]])


def write(path, matrix):
    match path.suffix, path.stem:
        case ".npy", _:
            np.save(path, matrix)
        case ".npz", "sparse":
            sparse.save_npz(path, sparse.csr_array(matrix))
        case ".npz", "coo":
            sparse.save_npz(path, sparse.coo_matrix(matrix))
        case ".npz", _:
            np.savez(path, weights=matrix)
        case _:
            np.savetxt(path, matrix, delimiter=",")
    return path


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "sparse.npz", "coo.npz", "a.csv"])
def test_couplings_come_back_from_every_format(tmp_path, name):
    np.testing.assert_array_equal(read_coupling(write(tmp_path / name, MATRIX)), MATRIX)


@pytest.mark.parametrize(
    ("matrix", "sentence"),
    [
        (np.ones((3, 4)), r"coupling must be a square matrix with 2 to 20000 units; got shape \(3, 4\)"),
        (np.ones((1, 1)), "square matrix with 2 to"),
        (np.ones(4), r"got shape \(4,\)"),
        (np.array([[0, np.nan], [1, 0.0]]), "coupling must be finite; got nan at row 0, column 1"),
        (np.array([[0, 1.0], [np.inf, 0.0]]), "got inf at row 1, column 0"),
        (np.zeros((3, 3)), "coupling must not be zero throughout"),
        (np.array([["a", "b"], ["c", "d"]]), "coupling must hold real numbers"),
        (1j * np.ones((2, 2)), "coupling must hold real numbers"),
    ],
)
def test_what_is_no_coupling_matrix_is_refused(matrix, sentence):
    with pytest.raises(ValueError, match=sentence):
        checked_coupling(matrix)


def test_files_that_hold_no_matrix_are_refused(tmp_path):
    def refused(path, sentence):
        with pytest.raises(ValueError, match=sentence):
            read_coupling(path)

    refused(tmp_path / "none.npy", "coupling names no file: 'none.npy'")
    text = tmp_path / "a.csv"
    text.write_text("1,2\n3\n")
    refused(text, "must have 2 numbers in each row; row 2 has 1")
    text.write_text("a,b\n1,2\n")
    refused(text, "must hold numbers alone; row 1 begins 'a,b'")
    text.write_text("")
    refused(text, "holds no rows")
    two = tmp_path / "two.npz"
    np.savez(two, a=MATRIX, b=MATRIX)
    refused(two, "must hold one array or one SciPy sparse matrix; it holds a, b")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK nothing")
    refused(broken, "is no readable .npz file")
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    refused(objects, "is no readable .npy file of numbers")
    refused(write(tmp_path / "a.txt", MATRIX), "must be a .npy, .npz or .csv file")


def test_activity_that_is_not_finite_names_its_entry(tmp_path):
    record = np.random.default_rng(0).standard_normal((40, 3))
    np.testing.assert_array_equal(read_activity(write(tmp_path / "a.npy", record)), record)
    record[17, 2] = np.nan
    record[20, 0] = np.nan
    with pytest.raises(ValueError, match="activity must be finite; got nan at time 17, unit 2"):
        read_activity(write(tmp_path / "b.npy", record))
    with pytest.raises(ValueError, match=r"activity must be numbers of shape \(times, units\)"):
        read_activity(write(tmp_path / "c.npy", record[:5]))


@pytest.mark.parametrize("structure", ["independent", "partially-symmetric", "blocks", "low-rank"])
def test_random_couplings_have_their_gain(structure):
    coupling = random_coupling(300, 1.7, seed=3, structure=structure)
    assert coupling_gain(coupling) == pytest.approx(1.7, rel=0.02 if structure == "independent" else 1e-12)
    np.testing.assert_array_equal(coupling, random_coupling(300, 1.7, seed=3, structure=structure))


def test_partial_symmetry_is_the_correlation_of_opposite_entries():
    coupling = random_coupling(400, 1.0, seed=1, structure="partially-symmetric", symmetry=0.6)
    above = np.triu_indices(400, 1)
    assert np.corrcoef(coupling[above], coupling.T[above])[0, 1] == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"units": 1}, "units must be an integer from 2 to"),
        ({"gain": 0.0}, "gain must be positive"),
        ({"structure": "ring"}, "structure must be independent"),
        ({"symmetry": 2.0}, "symmetry must be in"),
    ],
)
def test_impossible_random_couplings_are_refused(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        random_coupling(**{"units": 10, "gain": 1.0, "seed": 0, **given})
