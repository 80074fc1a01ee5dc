"""What a number means, written beside it: units and long names of variables, and Datasets whose every axis has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr


def about(units: str, long_name: str) -> dict[str, str]:
    """The attributes of a variable."""
    return {"units": units, "long_name": long_name}


def labeled(variables: dict[str, Any], **coordinates: Any) -> xr.Dataset:
    """A Dataset of variables (values, meaning[, dimensions[, unit]]) over coordinates (values, meaning[, unit]).

    Without a unit both are dimensionless; without dimensions a variable is one number.
    """
    import numpy as np
    import xarray as xr

    def variable(values: Any, meaning: str, dims: str | tuple[str, ...] = (), units: str = "1") -> tuple[Any, Any, Any]:
        return dims, np.asarray(values), about(units, meaning)

    axes = {
        name: (name, np.asarray(values), about(units[0] if units else "1", meaning))
        for name, (values, meaning, *units) in coordinates.items()
    }
    return xr.Dataset({name: variable(*described) for name, described in variables.items()}, axes)
