"""Problem templates on electrons: Hubbard dimers and rings, the gap equation of Hartree and Fock, Bogoliubov's "
"rotation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import optimize

from .bethe_ansatz import lieb_wu_density_energy
from .generated_problems import Answer, Parameters, ProblemTemplate, factor_text
from .hubbard import HubbardModel, hubbard_dimer_energy, hubbard_ground_energy, hubbard_ring, lieb_wu_energy
from .kronecker_products import kronecker_fermions, kronecker_hubbard, lowest_energies

FOCK = "Jordan-Wigner matrices of the whole Fock space"
SAMPLES = ((1.0, 0.5), (0.7, 2.0), (1.3, 5.0), (0.4, 1.1), (2.0, 3.0))
TWO_SYMBOLS = "$t$;$U$"
POSITIVE = {"t": (0.1, 3.0), "U": (0.1, 6.0)}


def _dimer_text(p: Parameters) -> str:
    hop, repulsion = p["hopping"], p["interaction"]
    linear = "U" if repulsion == 1 else f"{repulsion} U"
    square = "U^2" if repulsion == 1 else f"{repulsion**2} U^2"
    return rf"\frac{{{linear}-\sqrt{{{square}+{16 * hop**2} t^2}}}}{{2}}"


def _dimer_closed(p: Parameters) -> Answer:
    values = tuple(hubbard_dimer_energy(p["hopping"] * t, p["interaction"] * u) for t, u in SAMPLES)
    return Answer("closed form", values, text=_dimer_text(p))


def _dimer_fock(p: Parameters, seed: int) -> Answer:
    values = []
    for t, u in SAMPLES:
        dimer = HubbardModel(2, ((0, 1),), p["hopping"] * t, p["interaction"] * u, 1, 1)
        values.append(float(lowest_energies(kronecker_hubbard(dimer))[0]))
    return Answer(FOCK, tuple(values))


DIMER = ProblemTemplate(
    "hub-dimer",
    "ED",
    "ground energy of the Hubbard dimer",
    lambda generator: {"hopping": int(generator.integers(1, 6)), "interaction": int(generator.integers(1, 6))},
    lambda p: (
        rf"Two electrons on two sites: $H=-{factor_text(p['hopping'])}t\sum_\sigma(c^\dagger_{{1\sigma}}c_{{2\sigma}}"
        rf"+\mathrm{{h.c.}})+{factor_text(p['interaction'])}U\sum_{{i=1}}^2 n_{{i\uparrow}}n_{{i\downarrow}}$ with "
        r"$t,U>0$. What is the ground-state energy in terms of $t$ and $U$?"
    ),
    _dimer_closed,
    _dimer_fock,
    kind="symbolic",
    symbols=TWO_SYMBOLS,
    domain=POSITIVE,
)

HUBBARD_RING = ProblemTemplate(
    "hub-ring",
    "ED",
    "ground energy of the half-filled Hubbard ring",
    lambda generator: {
        "sites": int(generator.integers(3, 6)),
        "interaction": float(generator.integers(1, 25)) / 2,
    },
    lambda p: (
        rf"Consider the Hubbard ring "
        rf"$H=-\sum_{{i\sigma}}(c^\dagger_{{i\sigma}}c_{{i+1\sigma}}+\mathrm{{h.c.}})+U\sum_i n_{{i\uparrow}}"
        rf"n_{{i\downarrow}}$ of ${p['sites']}$ sites (periodic) with {(p['sites'] + 1) // 2} up and "
        rf"{p['sites'] // 2} down electrons and "
        rf"$U={p['interaction']:g}$. What is the ground-state energy?"
    ),
    lambda p: Answer(
        "exact diagonalization, up spins times down spins",
        (hubbard_ground_energy(hubbard_ring(p["sites"], p["interaction"])),),
    ),
    lambda p, seed: Answer(
        FOCK, (float(lowest_energies(kronecker_hubbard(hubbard_ring(p["sites"], p["interaction"])))[0]),)
    ),
)

INFINITE_RING = ProblemTemplate(
    "lieb-wu",
    "Other",
    "energy of the infinite half-filled Hubbard chain",
    lambda generator: {"interaction": float(generator.integers(4, 61)) / 4},
    lambda p: (
        rf"What is the ground-state energy per site of the infinite half-filled one-dimensional Hubbard model with "
        rf"$t=1$ and "
        rf"$U={p['interaction']:g}$?"
    ),
    lambda p: Answer("quadrature of the closed integral", (lieb_wu_energy(p["interaction"]),)),
    lambda p, seed: Answer("integral equation of rapidities", (lieb_wu_density_energy(p["interaction"]),)),
)


def _gap_equation(p: Parameters) -> Answer:
    levels = -2 * np.cos(2 * np.pi * np.arange(p["sites"]) / p["sites"])

    def excess(gap: float) -> float:
        return float(p["interaction"] / 2 * np.mean(1 / np.hypot(levels, gap)) - 1)

    return Answer("root of the gap equation", (float(optimize.brentq(excess, 1e-6, p["interaction"], xtol=1e-13)),))


def _mean_field(p: Parameters, seed: int) -> Answer:
    """Self-consistent densities of up spins in the staggered field of the down spins, site by site."""
    sites = p["sites"]
    signs = (-1.0) ** np.arange(sites)
    hopping = -(np.roll(np.eye(sites), 1, axis=0) + np.roll(np.eye(sites), -1, axis=0))
    gap = p["interaction"] / 2
    for _ in range(20_000):
        _, orbitals = np.linalg.eigh(hopping - np.diag(gap * signs))
        density = (orbitals[:, : sites // 2] ** 2).sum(axis=1)
        new = p["interaction"] * float(signs @ density) / sites
        if abs(new - gap) < 1e-13:
            break
        gap = new
    return Answer("self-consistent densities on the ring", (gap,))


GAP_EQUATION = ProblemTemplate(
    "hf-gap",
    "HF",
    "staggered field of the Hartree-Fock antiferromagnet",
    lambda generator: {
        "sites": int(generator.choice((8, 12, 16, 20))),
        "interaction": float(generator.integers(8, 33)) / 4,
    },
    lambda p: (
        rf"Treat the half-filled Hubbard ring of $L={p['sites']}$ sites with $t=1$ and $U={p['interaction']:g}$ in "
        rf"the Hartree-Fock "
        r"approximation with a staggered magnetization, $\langle n_{i\sigma}\rangle=\tfrac12+\sigma(-1)^im$ with "
        r"$\sigma=\pm1$. What is the "
        r"self-consistent field $\Delta=Um$, the solution with $m>0$?"
    ),
    _gap_equation,
    _mean_field,
)


def _draw_pairing(generator: np.random.Generator) -> dict[str, Any]:
    level = float(generator.integers(4, 13)) / 4
    statistics = str(generator.choice(("fermions", "bosons")))
    most = 4 * level * 0.75 if statistics == "bosons" else 8
    return {"statistics": statistics, "level": level, "pairing": float(generator.integers(1, int(most) + 1)) / 4}


def _rotated(p: Parameters) -> Answer:
    level, pairing = p["level"], p["pairing"]
    if p["statistics"] == "bosons":
        energy = math.sqrt(level**2 - pairing**2)
        return Answer("Bogoliubov rotation", (energy, (level / energy - 1) / 2), accuracy=1e-7)
    energy = math.hypot(level, pairing)
    return Answer("Bogoliubov rotation", (energy, (1 - level / energy) / 2), accuracy=1e-7)


def _fock_space(p: Parameters, seed: int) -> Answer:
    """The lowest excitation and the occupation of the ground state, from matrices."""
    level, pairing = p["level"], p["pairing"]
    if p["statistics"] == "bosons":
        quanta = 400
        lower = np.diag(np.sqrt(np.arange(1, quanta)), 1)
        number, pairs = lower.T @ lower, (lower @ lower + lower.T @ lower.T) / 2
    else:
        first, second = (each.toarray() for each in kronecker_fermions(2))
        number = first.T @ first + second.T @ second
        pairs = first.T @ second.T + second @ first
    energies, states = np.linalg.eigh(level * number + pairing * pairs)
    occupation = float(states[:, 0] @ number @ states[:, 0])
    if p["statistics"] == "fermions":
        occupation /= 2
    return Answer("matrices in Fock space", (float(energies[1] - energies[0]), occupation), accuracy=1e-7)


def _pairing_question(p: Parameters) -> str:
    if p["statistics"] == "bosons":
        model = r"$H=\epsilon\,b^\dagger b+\tfrac\Delta2(b^\dagger b^\dagger+bb)$ for one bosonic mode"
        occupation = r"$\langle b^\dagger b\rangle$"
    else:
        model = r"$H=\epsilon(c_1^\dagger c_1+c_2^\dagger c_2)+\Delta(c_1^\dagger c_2^\dagger+c_2c_1)$ for two fermionic modes"
        occupation = r"$\langle c_1^\dagger c_1\rangle$"
    return (
        rf"Consider {model} with $\epsilon={p['level']:g}$ and $\Delta={p['pairing']:g}$. Give the energy of the "
        rf"lowest excitation above "
        rf"the ground state, and {occupation} in the ground state."
    )


BOGOLIUBOV = ProblemTemplate(
    "bog-angle",
    "HF",
    "quasiparticle energy and occupation after a Bogoliubov rotation",
    _draw_pairing,
    _pairing_question,
    _rotated,
    _fock_space,
)

ELECTRON_TEMPLATES = (DIMER, HUBBARD_RING, INFINITE_RING, GAP_EQUATION, BOGOLIUBOV)
