"""The networks of this paper, their exact laws where these are cheap, and simulated moments as a labelled Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import reactions
from ...claims import UserFile
from ...numerics import about

if TYPE_CHECKING:
    import xarray as xr

MOST_EXACT_VOLUME = 20.0  # of the Brusselator: beyond it the box of states is too large for a slider


def network_of(name: str, volume: float, combinatoric: bool) -> Any:
    from dataclasses import replace

    system = reactions.EXAMPLE_NETWORKS[name](volume)
    return replace(system, combinatoric=True) if combinatoric else system


def user_network(file: Any) -> Any:
    return file.content if isinstance(file, UserFile) else reactions.EXAMPLE_NETWORKS[file]()


def positive_start(system: Any, closure: str) -> Any:
    """The initial counts; with closures that divide by the means, one molecule where there is none."""
    import numpy as np

    if closure in ("lognormal", "derivative-matching"):
        return np.where(system.initial_counts == 0, 1.0, system.initial_counts)
    return system.initial_counts


def exact_law(name: str, system: Any) -> tuple[Any, Any] | None:
    """Mean and variance of the stationary law where it is cheap; None where it is not, or where extinction is the only end."""
    import numpy as np

    if name in ("schloegl", "birth-death"):
        law = reactions.stationary_birth_death(system)
        return np.array([law.mean]), np.array([law.variance])
    if name == "pair-annihilation" or (name == "brusselator" and system.volume <= MOST_EXACT_VOLUME):
        distribution = reactions.stationary_distribution(system)
        return distribution.mean(), np.diag(distribution.covariance())
    return None


def simulated(system: Any, times: Any, trajectories: int, seed: int) -> xr.Dataset:
    import numpy as np
    import xarray as xr

    found = reactions.simulate(system, times, trajectories=trajectories, seed=seed)
    dims = ("time", "species")
    return xr.Dataset(
        {
            "mean_simulation": (dims, found.mean, about("molecules", "Mean counts")),
            "standard_deviation_simulation": (
                dims,
                np.sqrt(found.variance),
                about("molecules", "Standard deviations of the counts"),
            ),
            "mean_stderr": (dims, found.mean_stderr, about("molecules", "Standard error of the mean")),
        },
        coords=time_and_species(times, system.species),
    )


def time_and_species(times: Any, species: tuple[str, ...]) -> dict[str, Any]:
    return {"time": ("time", times, {"long_name": "time", "units": ""}), "species": list(species)}


def map_volumes() -> Any:
    import numpy as np

    return np.geomspace(0.02, 1e4, 40)


def reason_flags(*further: str) -> dict[str, Any]:
    """Attributes of coded reasons: `reactions.REASONS`, and codes after them for `further` ones."""
    meanings = (*reactions.REASONS, *further)
    return {
        "flag_values": list(range(len(meanings))),
        "flag_meanings": " ".join(meanings),
        "flag_colors": "#3d3d3d #c8452f #f4a261 #8d5fb0 #e9c46a #2a9d8f #d0d3d7",
    }
