"""Arrays in safetensors files: eight bytes of length, a JSON header of names, types, shapes and offsets, then the raw numbers.

The format runs no code on reading; it is short enough that its own few lines beat one more dependency. Source: the format's
specification (github.com/huggingface/safetensors). A write is atomic: temporary name, fsync, rename.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PhasebookError

TYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
NAMES = {kind: name for name, kind in TYPES.items()}
LONGEST_HEADER = 100_000_000


class InvalidWeights(PhasebookError, ValueError):
    """A file that is no valid safetensors file, or holds other arrays than the ones asked for."""


def write_weights(path: str | Path, arrays: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays, and a metadata of texts, as one safetensors file. Raises InvalidWeights for a type it cannot hold."""
    target, offset = Path(path), 0
    header: dict[str, dict[str, Any]] = {}
    parts = []
    if metadata:
        header["__metadata__"] = {str(name): str(text) for name, text in metadata.items()}
    for name, value in arrays.items():
        array = np.asarray(value)
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
        if array.dtype not in NAMES or name == "__metadata__":
            raise InvalidWeights(f"array {name!r} of type {array.dtype} cannot be written as safetensors")
        end = offset + array.nbytes
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [offset, end]}
        parts.append(array)
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for part in parts:
                file.write(part.tobytes())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def read_weights(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The named arrays of a safetensors file and its metadata. Raises InvalidWeights for anything that is not such a file."""
    data = Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else -1
    if not 0 <= length <= min(LONGEST_HEADER, len(data) - 8):
        raise InvalidWeights(f"{Path(path).name} is no safetensors file: its header does not fit into it")
    try:
        header = json.loads(data[8 : 8 + length])
        metadata = dict(header.pop("__metadata__", {}))
        entries = sorted(header.items(), key=lambda entry: entry[1]["data_offsets"])
        body, expected, arrays = data[8 + length :], 0, {}
        for name, entry in entries:
            kind, shape, (begin, end) = TYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
            count = int(np.prod(shape, dtype=np.int64))
            if begin != expected or end - begin != count * kind.itemsize or min(shape, default=0) < 0:
                raise InvalidWeights(f"{Path(path).name} is no safetensors file: the extent of {name!r} is wrong")
            arrays[name] = np.frombuffer(body, kind, count, begin).reshape(shape).copy()
            expected = end
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidWeights(
            f"{Path(path).name} is no safetensors file: {type(error).__name__} in its header"
        ) from None
    except ValueError as error:
        if isinstance(error, InvalidWeights):
            raise
        raise InvalidWeights(f"{Path(path).name} is no safetensors file: {error}") from None
    if expected != len(body):
        raise InvalidWeights(
            f"{Path(path).name} is no safetensors file: {len(body) - expected} bytes belong to no array"
        )
    return arrays, metadata


def save_model(path: str | Path, model: Any, metadata: Mapping[str, str] | None = None) -> None:
    """Write all arrays of a model (any JAX pytree) under their places in it."""
    write_weights(path, model_arrays(model), metadata)


def load_model(path: str | Path, like: Any) -> Any:
    """A model shaped like `like` with the arrays of a file. Raises InvalidWeights where names, shapes or types differ."""
    return with_arrays(like, read_weights(path)[0], Path(path).name)


def model_arrays(model: Any) -> dict[str, np.ndarray]:
    """The arrays of a pytree by their place in it (`.weights[0]`), as NumPy arrays."""
    import equinox as eqx
    import jax

    leaves = jax.tree_util.tree_leaves_with_path(eqx.filter(model, eqx.is_array))
    return {jax.tree_util.keystr(place) or "value": np.asarray(leaf) for place, leaf in leaves}


def with_arrays(like: Any, arrays: Mapping[str, np.ndarray], source: str = "the weights") -> Any:
    """The pytree `like` with its arrays replaced by those of the same places."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    held, rest = eqx.partition(like, eqx.is_array)
    places = jax.tree_util.tree_leaves_with_path(held)
    names = [jax.tree_util.keystr(place) or "value" for place, _ in places]
    if unknown := sorted(set(names) ^ set(arrays)):
        raise InvalidWeights(f"{source} and the model differ in {unknown[0]!r}")
    for name, (_, leaf) in zip(names, places, strict=True):
        if arrays[name].shape != leaf.shape or arrays[name].dtype != leaf.dtype:
            found = f"{arrays[name].dtype}{list(arrays[name].shape)}"
            raise InvalidWeights(f"{source}: {name!r} must be {leaf.dtype}{list(leaf.shape)}; got {found}")
    leaves = [jnp.asarray(arrays[name]) for name in names]
    return eqx.combine(jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(held), leaves), rest)
