"""Lattice problems with a reference value at any parameters, each by two independent solvers.

The first solver is exact. Which is second depends on what exists: Bethe's ansatz for rings, free fermions for the Ising ring,
sparse matrices of Kronecker products for small systems, Monte Carlo where only that is left. Energies are in units of J or t.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .bethe_ansatz import bethe_ring_energy, lieb_wu_ring_energy
from .exact_diagonalization import ground_energy
from .generated_problems import Answer
from .hubbard import hubbard_dimer_energy, hubbard_ground_energy, hubbard_ring
from .kronecker_products import kronecker_hubbard, kronecker_spins, lowest_energies
from .problem_templates import TEMPLATES
from .second_solvers import dmrg_chain_energy
from .series_expansion import series_expansion
from .spin_lattice import SpinLattice, heisenberg_chain, heisenberg_ring
from .spin_problems import BETHE, DIAGONALIZED, KRONECKER, SERIES

LARGEST_DIAGONALIZED = 24
LARGEST_KRONECKER = 18
FOCK = "Jordan-Wigner matrices of the whole Fock space"
SWEEPS = 16_000
FOUR_BY_FOUR = (4, 16)  # the side, or the number of sites
Values = dict[str, Any]
First = Callable[[Values], Answer]
Second = Callable[[Values, int], Answer]


@dataclass(frozen=True)
class ReferenceProblem:
    """A quantity with its options' defaults, its two solvers, and the option along which a figure shows it.

    `extensive` values are divided by the size in the figure; `scannable` says that the size may be lowered for it.
    """

    quantity: str
    units: str
    defaults: Mapping[str, float]
    solvers: tuple[First, Second]
    along: str
    scanned: tuple[float, ...]
    sizes: Collection[int] = ()
    extensive: bool = False
    scannable: bool = True

    @property
    def first(self) -> First:
        """The solver of the theory."""
        return self.solvers[0]

    @property
    def second(self) -> Second:
        """The solver that checks it."""
        return self.solvers[1]


def reference_problem(name: str) -> ReferenceProblem:
    """The problem of a name. Raises ValueError listing all names."""
    if name not in REFERENCE_PROBLEMS:
        raise ValueError(f"problem must be one of {', '.join(REFERENCE_PROBLEMS)}; got {name!r}")
    return REFERENCE_PROBLEMS[name]


def reference_options(name: str, given: Mapping[str, float | None]) -> Values:
    """The options of a problem with its defaults. Raises ValueError for an option that does not apply or a size "
    "out of range."""
    problem = reference_problem(name)
    values: Values = dict(problem.defaults)
    for option, value in given.items():
        if value is None:
            continue
        if option not in problem.defaults:
            takes = ", ".join(problem.defaults) or "no option"
            raise ValueError(f"{option} does not apply to problem={name}, which takes {takes}; got {value:g}")
        values[option] = value
    if "size" in values and values["size"] not in problem.sizes:
        sizes = sorted(problem.sizes)
        allowed = " or ".join(map(str, sizes)) if len(sizes) < 3 else f"from {sizes[0]} to {sizes[-1]}"
        if len(sizes) >= 3 and sizes[1] - sizes[0] == 2:
            allowed += " in steps of two"
        raise ValueError(f"size must be {allowed} for problem={name}; got {values['size']}")
    return values


def _sampled(lattice: SpinLattice, seed: int) -> Answer:
    sweeps = SWEEPS if lattice.sites <= LARGEST_DIAGONALIZED else SWEEPS // 4
    energy = series_expansion(lattice, 1 / (3 * lattice.sites), sweeps=sweeps, seed=seed).energy
    return Answer(SERIES, (energy.value,), (energy.stderr,))


def _written_out(lattice: SpinLattice) -> Answer:
    return Answer(KRONECKER, (float(lowest_energies(kronecker_spins(lattice))[0]),))


def _ring_first(values: Values) -> Answer:
    sites, anisotropy = values["size"], values.get("anisotropy", 1.0)
    if sites <= LARGEST_DIAGONALIZED:
        return Answer(DIAGONALIZED, (ground_energy(heisenberg_ring(sites, anisotropy=anisotropy)),))
    if sites % 2 or not -1 < anisotropy <= 1:
        raise ValueError(
            f"size must be at most {LARGEST_DIAGONALIZED}, or even with anisotropy above -1 and at most 1; "
            f"got {sites} and {anisotropy:g}"
        )
    return Answer(BETHE, (bethe_ring_energy(sites, anisotropy),))


def _ring_second(values: Values, seed: int) -> Answer:
    sites, anisotropy = values["size"], values.get("anisotropy", 1.0)
    ring = heisenberg_ring(sites, anisotropy=anisotropy)
    if sites > LARGEST_DIAGONALIZED:
        return _sampled(ring, seed)
    if sites % 2 == 0 and anisotropy > -1:
        return Answer(BETHE, (bethe_ring_energy(sites, anisotropy),))
    if sites <= LARGEST_KRONECKER:
        return _written_out(ring)
    raise ValueError(
        f"size must be at most {LARGEST_KRONECKER} where Bethe's ansatz does not apply (odd rings, anisotropy of "
        f"at most "
        f"-1); got {sites} and {anisotropy:g}"
    )


def _chain_first(values: Values) -> Answer:
    if values["size"] <= LARGEST_DIAGONALIZED:
        return Answer(DIAGONALIZED, (ground_energy(heisenberg_chain(values["size"])),))
    return Answer("density-matrix renormalization (TeNPy)", (dmrg_chain_energy(values["size"], 100).energy,))


def _chain_second(values: Values, seed: int) -> Answer:
    chain = heisenberg_chain(values["size"])
    return _written_out(chain) if values["size"] <= LARGEST_KRONECKER else _sampled(chain, seed)


def _gap_second(values: Values, seed: int) -> Answer:
    sites = values["size"]
    return Answer(BETHE, (bethe_ring_energy(sites, magnetization=1) - bethe_ring_energy(sites),))


def _hubbard_first(values: Values) -> Answer:
    energy = hubbard_ground_energy(hubbard_ring(values["size"], values["interaction"]))
    return Answer("exact diagonalization, up spins times down spins", (energy,))


def _hubbard_second(values: Values, seed: int) -> Answer:
    sites, interaction = values["size"], values["interaction"]
    if sites % 4 == 2 and sites > 2 and interaction > 0:
        return Answer(BETHE, (lieb_wu_ring_energy(sites, interaction),))
    if sites > 8:
        raise ValueError(
            f"interaction must be positive for size={sites}, where only Bethe's ansatz checks; got {interaction:g}"
        )
    return Answer(FOCK, (float(lowest_energies(kronecker_hubbard(hubbard_ring(sites, interaction)))[0]),))


def _dimer_first(values: Values) -> Answer:
    return Answer("closed form", (hubbard_dimer_energy(1.0, values["interaction"]),))


def _dimer_second(values: Values, seed: int) -> Answer:
    return Answer(FOCK, (float(lowest_energies(kronecker_hubbard(hubbard_ring(2, values["interaction"])))[0]),))


def _of_template(name: str, place: int = 0, **fixed: Any) -> tuple[First, Second]:
    """The two solvers of a generated problem with some parameters fixed, and which of their values is meant."""
    template = TEMPLATES[name]

    def parameters(values: Values) -> Values:
        return {**{"sites" if option == "size" else option: value for option, value in values.items()}, **fixed}

    def chosen(answer: Answer) -> Answer:
        return Answer(answer.solver, answer.values[place : place + 1], answer.stderrs[place : place + 1])

    return (
        lambda values: chosen(template.first(parameters(values))),
        lambda values, seed: chosen(template.second(parameters(values), seed)),
    )


RING_SCAN, ANISOTROPIES = (4.0, 6.0, 8.0, 10.0, 12.0, 14.0), (-0.9, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
INTERACTIONS, TEMPERATURES = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0), (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
REFERENCE_PROBLEMS: dict[str, ReferenceProblem] = {
    "heis-ring-e0": ReferenceProblem(
        "Ground energy of the Heisenberg ring",
        "J",
        {"size": 12},
        (_ring_first, _ring_second),
        "size",
        RING_SCAN,
        sizes=range(3, 65),
        extensive=True,
    ),
    "heis-open-e0": ReferenceProblem(
        "Ground energy of the open Heisenberg chain",
        "J",
        {"size": 12},
        (_chain_first, _chain_second),
        "size",
        (4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0),
        sizes=range(2, 65),
        extensive=True,
    ),
    "xxz-ring-e0": ReferenceProblem(
        "Ground energy of the XXZ ring",
        "J",
        {"size": 12, "anisotropy": 1.0},
        (_ring_first, _ring_second),
        "anisotropy",
        ANISOTROPIES,
        sizes=range(3, 65),
        extensive=True,
    ),
    "heis-gap": ReferenceProblem(
        "Singlet-triplet gap of the Heisenberg ring",
        "J",
        {"size": 12},
        (_of_template("heis-gap", coupling=1.0)[0], _gap_second),
        "size",
        RING_SCAN,
        sizes=range(4, 25, 2),
    ),
    "heis-4x4": ReferenceProblem(
        "Ground energy per site of the 4 x 4 Heisenberg torus",
        "J",
        {"size": 16},
        _of_template("heis-4x4", width=4, height=4, vertical=1.0),
        "size",
        (16.0,),
        sizes=FOUR_BY_FOUR,
    ),
    "heis-thermal": ReferenceProblem(
        "Thermal energy per site of the Heisenberg ring",
        "J",
        {"size": 8, "temperature": 0.5},
        _of_template("heis-thermal", anisotropy=1.0),
        "temperature",
        (0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0),
        sizes=range(4, 13, 2),
    ),
    "mg-point": ReferenceProblem(
        "Ground energy per site of the ring of Majumdar and Ghosh",
        "J",
        {"size": 8},
        _of_template("mg-point", 1, coupling=1.0),
        "size",
        (6.0, 8.0, 10.0),
        sizes=range(6, 13, 2),
    ),
    "aklt": ReferenceProblem(
        "Ground energy of the open AKLT chain",
        "J",
        {"size": 5},
        _of_template("aklt", coupling=1.0),
        "size",
        (3.0, 4.0, 5.0, 6.0),
        sizes=range(2, 8),
        extensive=True,
    ),
    "tfim-crit": ReferenceProblem(
        "Ground energy of the critical quantum Ising ring",
        "J",
        {"size": 12},
        _of_template("tfim-crit", coupling=1.0),
        "size",
        RING_SCAN,
        sizes=range(3, 21),
        extensive=True,
    ),
    "tfim-gap": ReferenceProblem(
        "Gap of the critical quantum Ising ring",
        "J",
        {"size": 10},
        _of_template("tfim-gap", field=1.0),
        "size",
        (4.0, 6.0, 8.0, 10.0),
        sizes=range(3, 15),
    ),
    "hub-dimer": ReferenceProblem(
        "Ground energy of the Hubbard dimer",
        "t",
        {"interaction": 4.0},
        (_dimer_first, _dimer_second),
        "interaction",
        INTERACTIONS,
    ),
    "hub-ring": ReferenceProblem(
        "Ground energy of the half-filled Hubbard ring",
        "t",
        {"size": 6, "interaction": 4.0},
        (_hubbard_first, _hubbard_second),
        "interaction",
        INTERACTIONS,
        sizes=(*range(2, 9), 10),
        extensive=True,
    ),
    "lieb-wu": ReferenceProblem(
        "Ground energy per site of the infinite half-filled Hubbard chain",
        "t",
        {"interaction": 4.0},
        _of_template("lieb-wu"),
        "interaction",
        INTERACTIONS,
    ),
    "ising-4x4": ReferenceProblem(
        "Energy per site of the classical 4 x 4 Ising torus",
        "J",
        {"size": 16, "temperature": 2.0},
        _of_template("ising-4x4", side=4),
        "temperature",
        TEMPERATURES,
        sizes=FOUR_BY_FOUR,
        scannable=False,
    ),
    "onsager": ReferenceProblem(
        "Energy per site of the infinite classical Ising lattice",
        "J",
        {"temperature": 2.0},
        _of_template("onsager"),
        "temperature",
        (1.5, 1.7, 1.9, 2.0),
    ),
    "scaling-dim": ReferenceProblem(
        "Scaling dimension of a flipped spin in the XXZ chain",
        "1",
        {"anisotropy": 0.0},
        _of_template("scaling-dim"),
        "anisotropy",
        (-0.7, -0.5, -0.25, 0.0, 0.25),
    ),
}
