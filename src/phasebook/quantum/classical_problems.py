"""Problem templates on the classical Ising model of the square lattice."""

from __future__ import annotations

from .classical_ising import cluster_monte_carlo, enumerated_energy, onsager_energy, onsager_magnetization
from .generated_problems import Answer, Parameters, ProblemTemplate

CLUSTERS = "Wolff's cluster Monte Carlo"
LARGE_SIDE = 40  # e^{−side/ξ} is below 1e-5 at the temperatures that are drawn


def _torus_clusters(p: Parameters, seed: int) -> Answer:
    energy = cluster_monte_carlo(p["side"], p["temperature"], measurements=100_000, seed=seed).energy
    return Answer(CLUSTERS, (energy.value,), (energy.stderr,))


ISING_TORUS = ProblemTemplate(
    "ising-4x4",
    "SM",
    "energy of a small classical Ising torus",
    lambda generator: {"side": int(generator.integers(3, 6)), "temperature": float(generator.integers(12, 41)) / 10},
    lambda p: (
        rf"What is the energy per site of the ferromagnetic Ising model $H=-\sum_{{\langle ij\rangle}}s_is_j$ on the "
        rf"${p['side']}\times{p['side']}$ square lattice with periodic boundary conditions at "
        rf"$T={p['temperature']:g}$ ($k_B=1$)?"
    ),
    lambda p: Answer("enumeration", (enumerated_energy(p["side"], p["side"], p["temperature"]),)),
    _torus_clusters,
)


def _large_clusters(p: Parameters, seed: int) -> Answer:
    found = cluster_monte_carlo(LARGE_SIDE, p["temperature"], measurements=8000, seed=seed)
    return Answer(
        f"{CLUSTERS} on {LARGE_SIDE} x {LARGE_SIDE} sites",
        (found.energy.value, found.magnetization.value),
        (found.energy.stderr, found.magnetization.stderr),
    )


INFINITE_LATTICE = ProblemTemplate(
    "onsager",
    "SM",
    "energy and magnetization of the infinite classical Ising model",
    lambda generator: {"temperature": float(generator.integers(150, 206)) / 100},
    lambda p: (
        rf"For the ferromagnetic Ising model $H=-\sum_{{\langle ij\rangle}}s_is_j$ on the infinite square lattice at "
        rf"$T={p['temperature']:g}$ ($k_B=1$), give the energy per site and the spontaneous magnetization per site."
    ),
    lambda p: Answer(
        "Onsager's and Yang's closed forms", (onsager_energy(p["temperature"]), onsager_magnetization(p["temperature"]))
    ),
    _large_clusters,
)

CLASSICAL_TEMPLATES = (ISING_TORUS, INFINITE_LATTICE)
