"""Problem templates on spins: rings, chains, tori, valence bonds, the quantum Ising ring, and what Monte Carlo "
"measures."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from .bethe_ansatz import bethe_ring_energy
from .bilinear_chain import aklt_chain, chain_low_states
from .exact_diagonalization import ground_energy, low_states
from .free_fermions import ising_ring_energies
from .generated_problems import Answer, Parameters, ProblemTemplate
from .kronecker_products import kronecker_bilinear_chain, kronecker_spins, lowest_energies
from .series_expansion import SeriesEstimate, series_expansion
from .spin_lattice import (
    SpinLattice,
    frustrated_ring,
    heisenberg_chain,
    heisenberg_ring,
    heisenberg_torus,
    ising_ring,
)
from .thermal_spectrum import full_spectrum, thermal_values

DIAGONALIZED = "exact diagonalization in a sector of the magnetization"
BETHE = "Bethe ansatz"
KRONECKER = "sparse matrix of Kronecker products in the whole space"
FREE = "free fermions"
SERIES = "stochastic series expansion with operator loops"
SPECTRUM = "full spectrum"
SPINS = r"spins $S=\tfrac12$"
SWEEPS = 16_000
RING_SIZES, CHAIN_SIZES = (6, 8, 10, 12, 14), tuple(range(4, 13))


def _coupling(generator: np.random.Generator) -> float:
    return float(generator.integers(2, 13)) / 4


def _ring_parameters(generator: np.random.Generator) -> dict[str, Any]:
    return {"sites": int(generator.choice(RING_SIZES)), "coupling": _coupling(generator)}


def _lattice_energy(lattice: SpinLattice) -> Answer:
    return Answer(DIAGONALIZED, (ground_energy(lattice),))


def _kronecker_energy(lattice: SpinLattice) -> Answer:
    return Answer(KRONECKER, (float(lowest_energies(kronecker_spins(lattice))[0]),))


RING_ENERGY = ProblemTemplate(
    "heis-ring-e0",
    "ED",
    "ground energy of the Heisenberg ring",
    _ring_parameters,
    lambda p: (
        rf"Consider the ring $H=J\sum_i \mathbf S_i\cdot\mathbf S_{{i+1}}$ of $N={p['sites']}$ {SPINS} with "
        rf"periodic boundary "
        rf"conditions and $J={p['coupling']:g}$. What is its ground-state energy $E_0$?"
    ),
    lambda p: _lattice_energy(heisenberg_ring(p["sites"], p["coupling"])),
    lambda p, seed: Answer(BETHE, (p["coupling"] * bethe_ring_energy(p["sites"]),)),
)

CHAIN_ENERGY = ProblemTemplate(
    "heis-open-e0",
    "DMRG",
    "ground energy of the open Heisenberg chain",
    lambda generator: {"sites": int(generator.choice(CHAIN_SIZES)), "coupling": _coupling(generator)},
    lambda p: (
        rf"Consider the open chain $H=J\sum_{{i=1}}^{{N-1}} \mathbf S_i\cdot\mathbf S_{{i+1}}$ of $N={p['sites']}$ "
        rf"{SPINS} with "
        rf"$J={p['coupling']:g}$. What is its ground-state energy $E_0$?"
    ),
    lambda p: _lattice_energy(heisenberg_chain(p["sites"], p["coupling"])),
    lambda p, seed: _kronecker_energy(heisenberg_chain(p["sites"], p["coupling"])),
)

ANISOTROPIC_ENERGY = ProblemTemplate(
    "xxz-ring-e0",
    "ED",
    "ground energy of the XXZ ring",
    lambda generator: {
        "sites": int(generator.choice(RING_SIZES)),
        "anisotropy": float(generator.integers(-9, 25)) / 10,
    },
    lambda p: (
        rf"Consider the ring $H=\sum_i (S^x_iS^x_{{i+1}}+S^y_iS^y_{{i+1}}+\Delta S^z_iS^z_{{i+1}})$ of "
        rf"$N={p['sites']}$ {SPINS} "
        rf"with periodic boundary conditions and $\Delta={p['anisotropy']:g}$. What is its ground-state energy $E_0$?"
    ),
    lambda p: _lattice_energy(heisenberg_ring(p["sites"], anisotropy=p["anisotropy"])),
    lambda p, seed: Answer(BETHE, (bethe_ring_energy(p["sites"], p["anisotropy"]),)),
)


def _sector_gap(p: Parameters) -> Answer:
    ring = heisenberg_ring(p["sites"], p["coupling"])
    gap = ground_energy(ring, 1.0) - ground_energy(ring, 0.0)
    return Answer("exact diagonalization in the sectors of magnetization 0 and 1", (gap,))


def _kronecker_gap(lattice: SpinLattice) -> Answer:
    low = lowest_energies(kronecker_spins(lattice), 2)
    return Answer(KRONECKER, (float(low[1] - low[0]),))


RING_GAP = ProblemTemplate(
    "heis-gap",
    "ED",
    "singlet-triplet gap of the Heisenberg ring",
    lambda generator: {"sites": int(generator.choice((4, 6, 8, 10))), "coupling": _coupling(generator)},
    lambda p: (
        rf"What is the energy gap between the singlet ground state and the lowest triplet of the ring $H=J\sum_i "
        rf"\mathbf S_i\cdot"
        rf"\mathbf S_{{i+1}}$ of $N={p['sites']}$ {SPINS} with periodic boundary conditions and $J={p['coupling']:g}$?"
    ),
    _sector_gap,
    lambda p, seed: _kronecker_gap(heisenberg_ring(p["sites"], p["coupling"])),
)


def _torus(p: Parameters) -> SpinLattice:
    return heisenberg_torus(p["width"], p["height"], 1.0, p["vertical"])


def _torus_series(p: Parameters, seed: int) -> Answer:
    lattice = _torus(p)
    energy = series_expansion(lattice, 1 / (3 * lattice.sites), sweeps=SWEEPS, seed=seed).energy
    return Answer(SERIES, (energy.value / lattice.sites,), (energy.stderr / lattice.sites,))


TORUS_ENERGY = ProblemTemplate(
    "heis-4x4",
    "QMC",
    "ground energy per site of the square-lattice Heisenberg model on a torus",
    lambda generator: {
        "width": int(generator.choice((4, 6))) if (tall := int(generator.choice((2, 4)))) == 2 else 4,
        "height": tall,
        "vertical": float(generator.integers(4, 17)) / 8,
    },
    lambda p: (
        rf"Consider $H=\sum_{{\langle ij\rangle}} J_{{ij}}\mathbf S_i\cdot\mathbf S_j$ with {SPINS} on a square "
        rf"lattice of "
        rf"{p['width']} columns and {p['height']} rows, periodic in both directions (where there are two rows, "
        rf"every column "
        rf"has a single vertical bond). $J_{{ij}}=1$ on horizontal and $J_{{ij}}={p['vertical']:g}$ on vertical "
        rf"bonds. What is the "
        "ground-state energy per site?"
    ),
    lambda p: Answer(DIAGONALIZED, (ground_energy(_torus(p)) / (p["width"] * p["height"]),)),
    _torus_series,
)


def _dimers(p: Parameters, degeneracy: int, energy: float, solver: str) -> Answer:
    return Answer(solver, (float(degeneracy), energy / p["sites"]))


def _diagonalized_dimers(p: Parameters) -> Answer:
    low = low_states(frustrated_ring(p["sites"], p["coupling"], p["coupling"] / 2), 4)
    return _dimers(p, low.degeneracy, float(low.energies[0]), DIAGONALIZED)


def _kronecker_dimers(p: Parameters, seed: int) -> Answer:
    low = lowest_energies(kronecker_spins(frustrated_ring(p["sites"], p["coupling"], p["coupling"] / 2)), 4)
    return _dimers(p, int(np.count_nonzero(low < low[0] + 1e-7)), float(low[0]), KRONECKER)


DIMER_POINT = ProblemTemplate(
    "mg-point",
    "ED",
    "degeneracy and energy at the point of Majumdar and Ghosh",
    lambda generator: {"sites": int(generator.choice((6, 8, 10))), "coupling": _coupling(generator)},
    lambda p: (
        rf"The ring $H=J_1\sum_i \mathbf S_i\cdot\mathbf S_{{i+1}}+J_2\sum_i \mathbf S_i\cdot\mathbf S_{{i+2}}$ of "
        rf"$N={p['sites']}$ "
        rf"{SPINS} has $J_1={p['coupling']:g}$ and $J_2=J_1/2$. Give the degeneracy of its ground level, and the "
        rf"ground-state "
        "energy per site."
    ),
    _diagonalized_dimers,
    _kronecker_dimers,
)


def _diagonalized_bonds(p: Parameters) -> Answer:
    low = chain_low_states(aklt_chain(p["sites"], p["coupling"]), 6)
    return Answer("exact diagonalization of spins one in sectors", (float(low.energies[0]), float(low.degeneracy)))


def _kronecker_bonds(p: Parameters, seed: int) -> Answer:
    low = lowest_energies(kronecker_bilinear_chain(p["sites"], p["coupling"], p["coupling"] / 3), 6)
    return Answer(KRONECKER, (float(low[0]), float(np.count_nonzero(low < low[0] + 1e-7))))


VALENCE_BONDS = ProblemTemplate(
    "aklt",
    "DMRG",
    "energy and degeneracy of the open AKLT chain",
    lambda generator: {"sites": int(generator.integers(3, 7)), "coupling": _coupling(generator)},
    lambda p: (
        rf"Consider the open chain $H=J\sum_{{i=1}}^{{N-1}}[\mathbf S_i\cdot\mathbf S_{{i+1}}+\tfrac13(\mathbf "
        rf"S_i\cdot\mathbf S_{{i+1}})"
        rf"^2]$ of $N={p['sites']}$ spins $S=1$ with $J={p['coupling']:g}$. Give its ground-state energy and the "
        rf"degeneracy of the "
        "ground level."
    ),
    _diagonalized_bonds,
    _kronecker_bonds,
)

CRITICAL_ENERGY = ProblemTemplate(
    "tfim-crit",
    "VMC",
    "ground energy of the critical quantum Ising ring",
    lambda generator: {"sites": int(generator.integers(4, 13)), "coupling": _coupling(generator)},
    lambda p: (
        rf"Consider the ring $H=-J\sum_i\sigma^z_i\sigma^z_{{i+1}}-J\sum_i\sigma^x_i$ of $N={p['sites']}$ spins "
        rf"(Pauli matrices) "
        rf"with periodic boundary conditions and $J={p['coupling']:g}$. What is its ground-state energy $E_0$?"
    ),
    lambda p: Answer(FREE, (min(ising_ring_energies(p["sites"], p["coupling"], p["coupling"])),)),
    lambda p, seed: Answer(
        "exact diagonalization of all configurations",
        (ground_energy(ising_ring(p["sites"], p["coupling"], p["coupling"])),),
    ),
)


def _free_gap(p: Parameters) -> Answer:
    even, odd = ising_ring_energies(p["sites"], 1.0, p["field"])
    return Answer(FREE, (abs(odd - even),))


ISING_GAP = ProblemTemplate(
    "tfim-gap",
    "Other",
    "gap of the quantum Ising ring",
    lambda generator: {
        "sites": int(generator.integers(4, 11)),
        "field": float(generator.integers(10, 31)) / 10,
    },
    lambda p: (
        rf"Consider the ring $H=-\sum_i\sigma^z_i\sigma^z_{{i+1}}-g\sum_i\sigma^x_i$ of $N={p['sites']}$ spins "
        rf"(Pauli matrices) with "
        rf"periodic boundary conditions and $g={p['field']:g}$. What is the gap between its two lowest energies?"
    ),
    _free_gap,
    lambda p, seed: _kronecker_gap(ising_ring(p["sites"], 1.0, p["field"])),
)


def _thermal_ring(generator: np.random.Generator) -> dict[str, Any]:
    return {
        "sites": int(generator.choice((4, 6, 8, 10))),
        "anisotropy": float(generator.integers(0, 5)) / 4,
        "temperature": float(generator.integers(3, 25)) / 10,
    }


def _thermal_energy(p: Parameters) -> float:
    ring = heisenberg_ring(p["sites"], anisotropy=p["anisotropy"])
    return thermal_values(full_spectrum(ring), p["temperature"]).energy


def _thermal_series(p: Parameters, seed: int) -> SeriesEstimate:
    ring = heisenberg_ring(p["sites"], anisotropy=p["anisotropy"])
    return series_expansion(ring, p["temperature"], sweeps=SWEEPS, seed=seed)


def _series_energy(p: Parameters, seed: int) -> Answer:
    energy = _thermal_series(p, seed).energy
    return Answer(SERIES, (energy.value / p["sites"],), (energy.stderr / p["sites"],))


THERMAL_ENERGY = ProblemTemplate(
    "heis-thermal",
    "QMC",
    "thermal energy of the XXZ ring",
    _thermal_ring,
    lambda p: (
        rf"Consider the ring $H=\sum_i (S^x_iS^x_{{i+1}}+S^y_iS^y_{{i+1}}+\Delta S^z_iS^z_{{i+1}})$ of "
        rf"$N={p['sites']}$ {SPINS} with "
        rf"periodic boundary conditions and $\Delta={p['anisotropy']:g}$. What is its energy per site at the "
        rf"temperature "
        rf"$T={p['temperature']:g}$ ($k_B=1$)?"
    ),
    lambda p: Answer(SPECTRUM, (_thermal_energy(p) / p["sites"],)),
    _series_energy,
)


def _expected_operators(p: Parameters) -> Answer:
    return Answer(SPECTRUM, ((p["sites"] / 4 - _thermal_energy(p)) / p["temperature"],))


def _counted_operators(p: Parameters, seed: int) -> Answer:
    counted = _thermal_series(p, seed).operators
    return Answer(f"{SERIES}, operators counted", (counted.value,), (counted.stderr,))


EXPANSION_ORDER = ProblemTemplate(
    "sse-estimator",
    "QMC",
    "mean expansion order of the stochastic series expansion",
    _thermal_ring,
    lambda p: (
        "In the stochastic series expansion of the ring $H=-\\sum_b H_b+N_b/4$ with "
        "$H_b=\\tfrac14-(S^x_iS^x_{i+1}+S^y_iS^y_{i+1}+"
        rf"\Delta S^z_iS^z_{{i+1}})$, $N_b=N={p['sites']}$ bonds and $\Delta={p['anisotropy']:g}$, "
        rf"what is the mean expansion order $\langle n\rangle$ at the inverse temperature "
        rf"$\beta={1 / p['temperature']:.12g}$?"
    ),
    _expected_operators,
    _counted_operators,
)


def _scaling_dimension(p: Parameters) -> Answer:
    return Answer("Luttinger parameter", ((1 - math.acos(p["anisotropy"]) / math.pi) / 2,))


def _finite_size_dimension(p: Parameters, seed: int) -> Answer:
    """N × gap / 2πv of one flipped spin, freed of its 1/N² and 1/N⁴ corrections."""
    anisotropy = p["anisotropy"]
    angle = math.acos(anisotropy)
    velocity = math.pi / 2 * math.sin(angle) / angle
    estimates = [
        sites
        * (bethe_ring_energy(sites, anisotropy, 1) - bethe_ring_energy(sites, anisotropy))
        / (2 * math.pi * velocity)
        for sites in (64, 128, 256)
    ]
    for order in (4, 16):
        estimates = [(order * late - early) / (order - 1) for early, late in pairwise(estimates)]
    return Answer("gaps of Bethe's ansatz at 64 to 256 sites", (estimates[0],), accuracy=2e-6)


SCALING_DIMENSION = ProblemTemplate(
    "scaling-dim",
    "Other",
    "scaling dimension in the XXZ chain",
    lambda generator: {"anisotropy": float(generator.integers(-70, 26)) / 100},
    lambda p: (
        r"The chain $H=\sum_i (S^x_iS^x_{i+1}+S^y_iS^y_{i+1}+\Delta S^z_iS^z_{i+1})$ of spins $S=\tfrac12$ is a "
        r"Luttinger liquid at "
        rf"$\Delta={p['anisotropy']:g}$. What is the scaling dimension of the staggered part of $S^-_i$, the "
        rf"smallest of all operators "
        r"that change the magnetization by one?"
    ),
    _scaling_dimension,
    _finite_size_dimension,
)

SPIN_TEMPLATES = (
    RING_ENERGY,
    CHAIN_ENERGY,
    ANISOTROPIC_ENERGY,
    RING_GAP,
    TORUS_ENERGY,
    DIMER_POINT,
    VALENCE_BONDS,
    CRITICAL_ENERGY,
    ISING_GAP,
    THERMAL_ENERGY,
    EXPANSION_ORDER,
    SCALING_DIMENSION,
)
