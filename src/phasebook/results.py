"""An experiment's Dataset at the edge: as one JSON object, as a NetCDF file, as rows that a terminal prints."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .unit_store import replace_whole

if TYPE_CHECKING:
    import xarray as xr


def as_json(data: xr.Dataset, seconds: float) -> dict[str, Any]:
    """What `phasebook run --json` prints: coordinates among the variables, NaN and infinities null, complex as `_re`, `_im`."""
    variables = {}
    for name, variable in _real(data).variables.items():
        variables[str(name)] = {
            "dims": list(map(str, variable.dims)),
            "units": str(variable.attrs.get("units", "")),
            "values": _plain(variable.values.tolist()),
        }
    return {
        "paper": data.attrs["paper"],
        "experiment": data.attrs["experiment"],
        "parameters": json.loads(data.attrs["parameters"]),
        "seed": data.attrs["seed"],
        "variables": variables,
        "seconds": round(seconds, 4),
    }


def write_netcdf(data: xr.Dataset, path: Path) -> None:
    """Write a Dataset as NetCDF-4, whole or not at all. Raises `ValueError` for another ending or a missing folder."""
    check_out(path)
    replace_whole(path, lambda temporary: _real(data).to_netcdf(temporary, engine="h5netcdf"))


def check_out(path: Path) -> None:
    """Raises `ValueError` where a result could not be written, before any work."""
    if path.suffix != ".nc":
        raise ValueError(f"out must end in .nc; got {path.name!r}")
    check_folder(path, "out")


def check_folder(path: Path, option: str) -> None:
    """Raises `ValueError` where the file's folder does not exist."""
    if not path.absolute().parent.is_dir():
        raise ValueError(f"{option} must lie in a folder that exists; got {str(path)!r}")


def conventions(data: xr.Dataset) -> dict[str, str]:
    """The conventions that change the Dataset's numbers."""
    prefix = "convention_"
    return {
        str(name).removeprefix(prefix).replace("_", " "): str(text)
        for name, text in data.attrs.items()
        if str(name).startswith(prefix)
    }


def rows(data: xr.Dataset) -> list[tuple[str, str, str, str]]:
    """Name, value (with its standard error), unit and meaning of each observable, for a terminal."""
    real = _real(data)
    found = []
    for name, variable in real.data_vars.items():
        text = str(name)
        base = text.rpartition("_")[0]
        if text.endswith("_stderr") and f"{base}_simulation" in real:
            continue
        stderr = real.get(f"{base}_stderr") if text.endswith("_simulation") else None
        found.append(
            (
                text,
                _value(variable, stderr),
                str(variable.attrs.get("units", "")),
                str(variable.attrs.get("long_name", "")),
            )
        )
    return found


def _value(variable: Any, stderr: Any) -> str:
    if variable.dims:
        shape = ", ".join(f"{dim}: {size}" for dim, size in variable.sizes.items())
        if variable.dtype.kind not in "fiu":
            return f"({shape})"
        flat = np.ravel(variable.values)
        ends = f"{_number(flat[0])} … {_number(flat[-1])}" if flat.size else "empty"
        return f"{ends}  ({shape})"
    value = variable.values.item()
    if stderr is not None and not stderr.dims:
        return f"{_number(value)} ± {float(stderr):.2g}"
    return _number(value)


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)


def _real(data: xr.Dataset) -> xr.Dataset:
    """Complex variables as pairs of real ones."""
    for name, variable in list(data.data_vars.items()):
        if variable.dtype.kind == "c":
            data = data.drop_vars(str(name)).assign({f"{name}_re": variable.real, f"{name}_im": variable.imag})
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
