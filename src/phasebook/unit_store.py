"""A folder of finished units: one file each, named by its hash, written under a temporary name, synced and renamed.

A kill at any instant loses at most the units in flight; a unit is done if its file exists. Sweeps and long claims share it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .parameters import plain

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Unit:
    """A unit of work: a pure function of paper, what is run, its parameters and its seed (None where nothing is random)."""

    slug: str
    name: str
    road: str
    parameters: Mapping[str, Any]
    seed: int | None

    @property
    def key(self) -> str:
        """The hash that names the unit's file."""
        text = json.dumps([self.slug, self.name, self.road, plain(self.parameters), self.seed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def write_unit(folder: Path, key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Save a unit's arrays, all or nothing."""
    import numpy as np

    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise TypeError(f"unit {key}: {name!r} is no plain array")
    _write_whole(folder / f"{key}.npz", lambda file: np.savez(file, **dict(arrays), allow_pickle=False))
    (folder / f"{key}.failed.json").unlink(missing_ok=True)


def read_unit(folder: Path, key: str) -> dict[str, np.ndarray]:
    """A finished unit's arrays."""
    import numpy as np

    with np.load(folder / f"{key}.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def write_failure(folder: Path, key: str, failure: Mapping[str, Any]) -> None:
    """Keep why a unit failed, beside the finished ones."""
    text = json.dumps(dict(failure), sort_keys=True).encode()
    _write_whole(folder / f"{key}.failed.json", lambda file: file.write(text))


def write_text(path: Path, text: str) -> None:
    """Write a small text file, all or nothing."""
    _write_whole(path, lambda file: file.write(text.encode()))


def finished(folder: Path) -> set[str]:
    """Keys of the finished units."""
    return {path.name.removesuffix(".npz") for path in folder.glob("*.npz")}


def failures(folder: Path) -> dict[str, dict[str, Any]]:
    """Why units failed, by key."""
    return {
        path.name.removesuffix(".failed.json"): json.loads(path.read_text()) for path in folder.glob("*.failed.json")
    }


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files whose writers were killed; those of processes that still run are left alone."""
    for leftover in folder.glob(".*"):
        process = leftover.name.rpartition(".")[2]
        if process.isdigit() and not _runs(int(process)):
            leftover.unlink(missing_ok=True)


def replace_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a temporary file beside `path`, sync it and rename it: readers see the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_whole(path: Path, fill: Callable[[IO[bytes]], Any]) -> None:
    def write(temporary: Path) -> None:
        with open(temporary, "wb") as file:
            fill(file)

    replace_whole(path, write)


def _runs(process: int) -> bool:
    """Whether a process of this number runs here; one that was killed and waits for its parent to notice does not."""
    try:
        os.kill(process, 0)
        status = Path(f"/proc/{process}/stat").read_text()
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        # Another user's process, or a system without /proc.
        return True
    return status.rpartition(")")[2].split()[0] not in "ZX"
