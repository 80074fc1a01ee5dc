"""Safetensors files: the format byte by byte, round trips, and files that are none."""

import json
import struct

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from phasebook import engines

# The bytes that the specification gives for one array of two float32 numbers.
HEADER = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'


def test_a_file_written_by_the_specification_is_read(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(HEADER)) + HEADER + struct.pack("<2f", 1.5, -2.0))
    found, metadata = engines.read_weights(path)
    np.testing.assert_array_equal(found["a"], np.array([1.5, -2.0], dtype=np.float32))
    assert metadata == {}


def test_what_is_written_is_the_specification(tmp_path):
    path = tmp_path / "a.safetensors"
    engines.write_weights(path, {"a": np.array([1.5, -2.0], dtype=np.float32)}, {"seed": "3"})
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    assert length % 8 == 0
    assert json.loads(data[8 : 8 + length]) == {"__metadata__": {"seed": "3"}, **json.loads(HEADER)}
    assert data[8 + length :] == struct.pack("<2f", 1.5, -2.0)
    assert [each.name for each in tmp_path.iterdir()] == ["a.safetensors"]


@given(
    st.lists(
        arrays.arrays(
            st.sampled_from([np.float64, np.float32, np.int64, np.int8, np.uint8, np.bool_]),
            arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        ),
        max_size=4,
    ),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
def test_round_trip(tmp_path_factory, values, metadata):
    path = tmp_path_factory.mktemp("weights") / "a.safetensors"
    given_arrays = {f"w{index}": value for index, value in enumerate(values)}
    engines.write_weights(path, given_arrays, metadata)
    found, told = engines.read_weights(path)
    assert told == metadata
    assert found.keys() == given_arrays.keys()
    for name, value in given_arrays.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"abc",
        struct.pack("<Q", 2**60) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 4) + b"\xff\xff\xff\xff",
        struct.pack("<Q", len(HEADER)) + HEADER + b"\0" * 4,
        struct.pack("<Q", len(HEADER)) + HEADER + b"\0" * 12,
        struct.pack("<Q", len(HEADER)) + HEADER.replace(b"[0,8]", b"[0,4]") + b"\0" * 8,
        struct.pack("<Q", len(HEADER)) + HEADER.replace(b"F32", b"F31") + b"\0" * 8,
        struct.pack("<Q", len(HEADER) + 1) + HEADER.replace(b"[2]", b"[-2]") + b"\0" * 8,
        struct.pack("<Q", len(HEADER) - 2) + HEADER.replace(b'"shape":[2],', b'"shape":2,') + b"\0" * 8,
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, data):
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(engines.InvalidWeights, match="no safetensors file"):
        engines.read_weights(path)


def test_models_round_trip_and_strangers_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    model, other, wider = (engines.Perceptron(2, 1, width=width, key=jax.random.key(width)) for width in (4, 4, 5))
    engines.save_model(path, model)
    np.testing.assert_array_equal(engines.load_model(path, other).weights[1], model.weights[1])
    with pytest.raises(engines.InvalidWeights, match="must be float32"):
        engines.load_model(path, wider)
    with pytest.raises(engines.InvalidWeights, match="differ in"):
        engines.load_model(path, engines.Perceptron(2, 1, width=4, depth=1, key=jax.random.key(0)))
    with pytest.raises(engines.InvalidWeights, match="cannot be written"):
        engines.write_weights(path, {"a": np.zeros(2, dtype=complex)})
