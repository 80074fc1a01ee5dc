"""Files that readers send to the explorer: kept under the hash of their content, never under a name that they chose."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from ..experiments import Experiment
from ..parameters import Parameter
from ..unit_store import replace_whole

LARGEST = 10_000_000
KEPT = 200
PREFIX = "upload:"
_REFERENCE = re.compile(r"upload:[0-9a-f]{64}\.[a-z0-9]{1,10}")


def keep_upload(folder: Path, parameter: Parameter, name: str, content: bytes) -> str:
    """Keep a file for a parameter and return the reference that stands for it in forms.

    Raises `ValueError` where the file is empty, too large, or of an ending that the parameter doesn't take.
    """
    suffixes = parameter.file.suffixes if parameter.file else ()
    suffix = next((known for known in suffixes if name.lower().endswith(known)), "" if suffixes else ".dat")
    if not suffix:
        raise ValueError(f"{parameter.option} must be {parameter.allowed}; got a file of another ending")
    if not 0 < len(content) <= LARGEST:
        raise ValueError(f"{parameter.option} must have from 1 to {LARGEST:,} bytes; got {len(content):,}")
    reference = f"{PREFIX}{hashlib.sha256(content).hexdigest()}{suffix}"
    if not _REFERENCE.fullmatch(reference):
        reference = reference.rpartition(".")[0] + ".dat"
    path = _path(folder, reference)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, lambda temporary: temporary.write_bytes(content))
        for old in sorted(path.parent.iterdir(), key=lambda each: each.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    return reference


def with_paths(folder: Path, experiment: Experiment, given: Mapping[str, str]) -> dict[str, str]:
    """The given texts with references to uploads replaced by our paths; no other text of a file parameter is a path here.

    Raises `ValueError` where a file parameter is neither a choice nor a file that was sent.
    """
    found = dict(given)
    for name, text in given.items():
        parameter = experiment.parameters.get(name)
        if parameter is None or parameter.file is None or text == "" or text in map(str, parameter.choices):
            continue
        path = _path(folder, text) if _REFERENCE.fullmatch(text) else None
        if path is None or not path.is_file():
            raise ValueError(f"{parameter.option} must be {parameter.allowed}, sent with the form; got {text[:60]!r}")
        found[name] = str(path)
    return found


def _path(folder: Path, reference: str) -> Path:
    return folder / "uploads" / reference.removeprefix(PREFIX)
