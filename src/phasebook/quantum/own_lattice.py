"""A user's own lattice of spins 1/2 as labeled Datasets: ground states, the gap, and the energy along temperature.

Exact values come from all energies of small lattices, and from the lowest of larger ones; beside them stands a simulation, by the
stochastic series expansion where the lattice has no sign problem, else by typical states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from ..numerics import about
from ..numerics.measured import Measured
from ..numerics.seeding import part_seed
from .exact_diagonalization import low_states
from .series_expansion import series_expansion, sign_problem
from .spin_lattice import SpinLattice, heisenberg_torus
from .thermal_spectrum import full_spectrum, thermal_values
from .typicality import typical_energy

MOST_WITH_SPECTRUM = 12
MOST_DIAGONALIZED = 22
SOUGHT_STATES = 6
VECTORS = 8


def example_lattice() -> SpinLattice:
    """A ladder of eight sites: rungs of half the coupling."""
    return heisenberg_torus(4, 2, 1.0, 0.5)


def own_lattice_theory(lattice: SpinLattice, temperatures: Sequence[float]) -> xr.Dataset:
    """Ground energy, its degeneracy, the gap (NaN where six states are degenerate), and up to 12 sites the thermal energy.

    Raises ValueError for more than 22 sites.
    """
    if lattice.sites > MOST_DIAGONALIZED:
        raise ValueError(
            f"bonds must join at most {MOST_DIAGONALIZED} sites to be diagonalized; got {lattice.sites} (only=measurement "
            "samples larger ones)"
        )
    low = low_states(lattice, SOUGHT_STATES)
    gap = low.gap if low.degeneracy < low.energies.size else float("nan")
    variables: dict[str, Any] = {
        "ground_energy_theory": ((), float(low.energies[0]), about("J", "Ground energy")),
        "degeneracy_theory": ((), low.degeneracy, about("1", f"Degeneracy (at most {SOUGHT_STATES} are sought)")),
        "gap_theory": ((), gap, about("J", "Gap to the next level")),
    }
    if lattice.sites <= MOST_WITH_SPECTRUM:
        spectrum = full_spectrum(lattice)
        energies = [thermal_values(spectrum, each).energy / lattice.sites for each in temperatures]
        variables["energy_theory"] = ("temperature", energies, about("J", "Energy per site"))
    return xr.Dataset(variables, _coordinate(temperatures))


def own_lattice_simulation(lattice: SpinLattice, temperatures: Sequence[float], sweeps: int, seed: int) -> xr.Dataset:
    """The thermal energy by Monte Carlo or typical states, with standard errors; says which, and why where it is the latter."""
    reason = sign_problem(lattice)
    found: list[Measured] = []
    for place, temperature in enumerate(temperatures):
        part = part_seed(seed, place)
        if reason:
            found.append(typical_energy(lattice, temperature, vectors=VECTORS, seed=part))
        else:
            found.append(series_expansion(lattice, temperature, sweeps=sweeps, seed=part).energy)
    solver = f"typical states ({reason})" if reason else "stochastic series expansion"
    return xr.Dataset(
        {
            "energy_simulation": (
                "temperature",
                np.array([each.value for each in found]) / lattice.sites,
                about("J", "Energy per site"),
            ),
            "energy_stderr": (
                "temperature",
                np.array([each.stderr for each in found]) / lattice.sites,
                about("J", "Its standard error"),
            ),
            "solver_simulation": ((), solver, about("1", "Solver")),
        },
        _coordinate(temperatures),
    )


def _coordinate(temperatures: Sequence[float]) -> dict[str, Any]:
    return {"temperature": ("temperature", list(temperatures), about("J", "Temperature"))}
