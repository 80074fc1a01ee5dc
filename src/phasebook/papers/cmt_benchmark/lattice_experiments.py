"""Experiments: reference values of lattice problems by two solvers, and a user's own lattice of spins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import quantum
from ...claims import File, Help, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Problem = Annotated[
    Literal[
        "heis-ring-e0",
        "heis-open-e0",
        "xxz-ring-e0",
        "heis-gap",
        "heis-4x4",
        "heis-thermal",
        "mg-point",
        "aklt",
        "tfim-crit",
        "tfim-gap",
        "hub-dimer",
        "hub-ring",
        "lieb-wu",
        "ising-4x4",
        "onsager",
        "scaling-dim",
    ],
    Help("the problem: its quantity, its options and its two solvers are printed with the value"),
]
BONDS = File(
    "phasebook.quantum.spin_lattice:read_spin_lattice",
    "your lattice of spins 1/2: columns first, second (sites from 0), coupling, and perhaps anisotropy",
    (".csv",),
)
UNITS = {
    "spins": "S = σ/2 in Heisenberg and XXZ models, Pauli matrices in the quantum Ising ring; J = 1, t = 1, k_B = 1",
    "sign": "a positive J is antiferromagnetic, except in Ising models, which are ferromagnetic",
}


@paper.experiment(
    show=("curve",),
    conventions={
        **UNITS,
        "Hubbard": "half filled; a ring of two sites has one bond",
        "4x4": "size is the side (4) or the number of sites (16)",
        "value_stderr": "0 where the second solver is exact too",
    },
)
def ground_truth(
    problem: Problem = "heis-thermal",
    size: Annotated[int | None, Range(2, 64, "number of sites")] = None,
    anisotropy: Annotated[float | None, Range(-10.0, 10.0, "anisotropy Δ of xxz-ring-e0 and scaling-dim")] = None,
    interaction: Annotated[float | None, Range(-100.0, 100.0, "repulsion U of the Hubbard problems", "t")] = None,
    temperature: Annotated[
        float | None, Range(0.05, 100.0, "temperature of ising-4x4, onsager and heis-thermal", "J")
    ] = None,
) -> xr.Dataset:
    """The true answer of a lattice problem, computed twice: by a first solver and by an independent second one.

    Variables: value_theory with first_solver_theory; value_simulation with value_stderr and second_solver_simulation; and the
    same quantity along the problem's natural option, per site where it grows with the size. Source: `quantum.reference_problems`.
    """
    return quantum.ground_truth_theory(problem, _given(size, anisotropy, interaction, temperature))


@ground_truth.measurement
def second_ground_truth(
    problem: Problem,
    size: int | None,
    anisotropy: float | None,
    interaction: float | None,
    temperature: float | None,
    *,
    seed: int,
) -> xr.Dataset:
    """The same by the second solver, with its standard error."""
    return quantum.ground_truth_simulation(problem, _given(size, anisotropy, interaction, temperature), seed)


@paper.experiment(show=("energy",), logarithmic=("temperature",), conventions=UNITS)
def own_lattice(
    bonds: Annotated[Literal["ladder"] | UserFile, BONDS] = "ladder",
    coldest: Annotated[float, Range(0.01, 100.0, "lowest temperature", "J")] = 0.1,
    hottest: Annotated[float, Range(0.01, 1000.0, "highest temperature", "J")] = 3.0,
) -> xr.Dataset:
    """Your own lattice of spins 1/2: ground energy, degeneracy and gap, and the energy along temperature.

    Exact up to 12 sites (22 for the ground states); the simulation is the stochastic series expansion where the lattice has no
    sign problem, else typical states. Source: `quantum.own_lattice`.
    """
    return quantum.own_lattice_theory(_lattice(bonds), _temperatures(coldest, hottest))


@own_lattice.measurement
def simulated_own_lattice(
    bonds: Any,
    coldest: float,
    hottest: float,
    *,
    sweeps: Annotated[int, Range(256, 10_000_000, "Monte Carlo sweeps at each temperature")] = 6000,
    seed: int,
) -> xr.Dataset:
    """The thermal energy by simulation, with standard errors."""
    return quantum.own_lattice_simulation(_lattice(bonds), _temperatures(coldest, hottest), sweeps, seed)


def _given(
    size: int | None, anisotropy: float | None, interaction: float | None, temperature: float | None
) -> dict[str, float | None]:
    return {"size": size, "anisotropy": anisotropy, "interaction": interaction, "temperature": temperature}


def _lattice(bonds: Any) -> Any:
    return bonds.content if isinstance(bonds, UserFile) else quantum.example_lattice()


def _temperatures(coldest: float, hottest: float) -> list[float]:
    if not coldest < hottest:
        raise ValueError(f"coldest must be below hottest; got {coldest:g} and {hottest:g}")
    return [coldest * (hottest / coldest) ** (step / 12) for step in range(13)]
