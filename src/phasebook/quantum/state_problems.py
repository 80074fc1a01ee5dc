"""Problem templates on ground states and their spaces: signs, entanglement, and the size of symmetry sectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .exact_diagonalization import ground_state, sector_words
from .generated_problems import Answer, Parameters, ProblemTemplate
from .spin_lattice import heisenberg_chain, heisenberg_ring

SPINS = r"spins $S=\tfrac12$"


def _draw_configuration(generator: np.random.Generator) -> dict[str, Any]:
    sites = int(generator.choice((6, 8, 10, 12)))
    word = int(generator.choice(sector_words(sites, 0.0)))
    return {"sites": sites, "configuration": "".join("u" if word >> site & 1 else "d" for site in range(sites))}


def _marshall_sign(p: Parameters) -> Answer:
    up_on_even = sum(letter == "u" for letter in p["configuration"][::2])
    # The Néel state begins with an up spin: all its up spins are on even sites.
    return Answer("Marshall's rule", ((-1.0) ** (up_on_even - p["sites"] // 2),))


def _diagonalized_sign(p: Parameters, seed: int) -> Answer:
    words = sector_words(p["sites"], 0.0)
    _, vector = ground_state(heisenberg_ring(p["sites"]), 0.0)
    asked = sum(1 << site for site, letter in enumerate(p["configuration"]) if letter == "u")
    neel = sum(1 << site for site in range(0, p["sites"], 2))
    product = vector[np.searchsorted(words, asked)] * vector[np.searchsorted(words, neel)]
    return Answer("ground vector of exact diagonalization", (float(np.sign(product)),))


SIGN_RULE = ProblemTemplate(
    "vmc-sign",
    "VMC",
    "sign of an amplitude of the antiferromagnetic ground state",
    _draw_configuration,
    lambda p: (
        rf"The Heisenberg ring $H=\sum_i\mathbf S_i\cdot\mathbf S_{{i+1}}$ of $N={p['sites']}$ {SPINS} (periodic) "
        rf"has a real ground state "
        rf"$\psi$ in the basis of $S^z$. What is the sign ($1$ or $-1$) of the amplitude of the configuration "
        rf"{p['configuration']} (u up, "
        rf"d down, sites in order) divided by that of the Néel configuration {'ud' * (p['sites'] // 2)}?"
    ),
    _marshall_sign,
    _diagonalized_sign,
)


def _correlation_entropy(p: Parameters) -> Answer:
    """Entropy of free fermions from the eigenvalues of the block's correlation matrix (Peschel 2003)."""
    sites, length = p["sites"], p["length"]
    hopping = np.array(_couplings(p)) / 2
    levels, modes = np.linalg.eigh(np.diag(hopping, 1) + np.diag(hopping, -1))
    filled = modes[:length, levels < 0]
    occupations = np.clip(np.linalg.eigvalsh(filled @ filled.T), 1e-300, 1 - 1e-16)
    entropy = -np.sum(occupations * np.log(occupations) + (1 - occupations) * np.log1p(-occupations))
    return Answer(f"correlation matrix of {sites} free-fermion modes", (float(entropy),), accuracy=1e-7)


def _schmidt_entropy(p: Parameters, seed: int) -> Answer:
    lattice = heisenberg_chain(p["sites"], anisotropy=0.0)
    lattice = type(lattice)(lattice.sites, lattice.bonds, _couplings(p), lattice.ising)
    _, vector = ground_state(lattice, 0.0)
    state = np.zeros(2 ** p["sites"])
    state[sector_words(p["sites"], 0.0)] = vector
    # Bits of the first sites are the low ones: they run along the columns.
    weights = np.linalg.svd(state.reshape(-1, 2 ** p["length"]), compute_uv=False) ** 2
    weights = weights[weights > 1e-30]
    return Answer(
        "Schmidt weights of exact diagonalization", (float(-(weights * np.log(weights)).sum()),), accuracy=1e-7
    )


def _couplings(p: Parameters) -> tuple[float, ...]:
    return tuple(1.0 if bond % 2 == 0 else p["weak"] for bond in range(p["sites"] - 1))


ENTANGLEMENT = ProblemTemplate(
    "area-law",
    "DMRG",
    "entanglement entropy of a block, which bounds the bond dimension of a matrix product state",
    lambda generator: {
        "sites": (sites := int(generator.choice((6, 8, 10, 12)))),
        "length": int(generator.integers(1, sites // 2 + 1)),
        "weak": float(generator.integers(2, 10)) / 8,
    },
    lambda p: (
        rf"In the ground state of the open chain $H=\sum_{{i=1}}^{{N-1}}J_i(S^x_iS^x_{{i+1}}+S^y_iS^y_{{i+1}})$ of "
        rf"$N={p['sites']}$ {SPINS}, "
        rf"with $J_i=1$ for odd and $J_i={p['weak']:g}$ for even $i$, what is the von Neumann entanglement entropy "
        rf"(natural logarithm) of "
        rf"the first ${p['length']}$ sites?"
    ),
    _correlation_entropy,
    _schmidt_entropy,
)


def _draw_sector(generator: np.random.Generator) -> dict[str, Any]:
    sites = int(generator.integers(6, 15))
    return {
        "sites": sites,
        "up": int(generator.integers(2, sites // 2 + 1)),
        "momentum": int(generator.integers(0, sites // 2 + 1)),
    }


def _counted_by_characters(p: Parameters) -> Answer:
    """The trace of the projector: (1/N) Σ_r e^{−2πi m r/N} × (configurations that r steps leave alone)."""
    sites, total = p["sites"], 0.0
    for steps in range(sites):
        cycles = math.gcd(steps, sites)
        length = sites // cycles
        if p["up"] % length == 0:
            fixed = math.comb(cycles, p["up"] // length)
            total += fixed * math.cos(2 * math.pi * p["momentum"] * steps / sites)
    return Answer("characters of the cyclic group", (float(round(total / sites)),))


def _counted_by_orbits(p: Parameters, seed: int) -> Answer:
    sites, count = p["sites"], 0
    seen: set[int] = set()
    for word in _words(sites, p["up"]).tolist():
        if word in seen:
            continue
        orbit = [word]
        while (turned := (orbit[-1] >> 1) | ((orbit[-1] & 1) << (sites - 1))) != word:
            orbit.append(turned)
        seen.update(orbit)
        # A state that returns after `period` steps has a momentum only if the phase of those steps is one.
        count += p["momentum"] * len(orbit) % sites == 0
    return Answer("enumerated orbits of configurations", (float(count),))


def _words(sites: int, up: int) -> NDArray[np.int64]:
    words = np.arange(2**sites)
    return words[np.bitwise_count(words) == up]


SECTOR_SIZE = ProblemTemplate(
    "sym-sector",
    "ED",
    "dimension of a sector of magnetization and momentum",
    _draw_sector,
    lambda p: (
        rf"A ring of $N={p['sites']}$ {SPINS} is translation invariant and conserves $S^z$. What is the dimension "
        rf"of the sector with "
        rf"{p['up']} spins up and momentum $2\pi\cdot{p['momentum']}/{p['sites']}$?"
    ),
    _counted_by_characters,
    _counted_by_orbits,
)

STATE_TEMPLATES = (SIGN_RULE, ENTANGLEMENT, SECTOR_SIZE)
