"""The claim for an accelerator: twenty spins by random vectors."""

from __future__ import annotations

from typing import Any, Literal

from ... import quantum
from ...claims import Evidence, Measured
from .subject import THEOREM, paper

SITES, REFERENCE_SITES, VECTORS = 20, 12, 48
BETA, TIMES, DISTANCES = 0.3, (0.0, 1.0, 2.0, 3.0), tuple(range(1, 10))
ROWS = ("ZZ", "ZXZ", "ZXZZ")
VELOCITY, ALLOWANCE = 2.6, 1.2
# Standard errors are 2e-4 to 7e-4; with its operators in another order the largest c_4 differs by 0.17, and κ_4 from c_4 by 0.011.
TOLERANCES = {"ZZ": 0.002, "ZXZ": 0.003, "ZXZZ": 0.005}


@paper.claim("twenty-spins-gpu", tier="gpu", origin="paper", source=THEOREM)
def twenty_spins(seed: int) -> list[dict[str, Any]]:
    """Random vectors of twenty spins at β = 0.3 give the cumulants of twelve by exact diagonalization where no end is felt, up to
    t = 3, and beyond the light cone c_2, c_3, c_4 stay below their bounds of time 0 from x = 1 to 9."""
    return [{"time": time} for time in TIMES]


@twenty_spins.unit
def twenty_spins_unit(time: float, seed: int) -> dict[str, Any]:
    """Cumulants with errors at all distances, and the exact ones of the shorter chain."""
    return cone_of_random_vectors(SITES, REFERENCE_SITES, VECTORS, time, DISTANCES, seed, "jax")


def cone_of_random_vectors(
    sites: int,
    reference_sites: int,
    vectors: int,
    time: float,
    distances: tuple[int, ...],
    seed: int,
    backend: Literal["numba", "jax"],
) -> dict[str, Any]:
    """The same for chains of any length; arrays of (row, distance)."""
    import jax

    with jax.enable_x64(True):
        state = quantum.typical_state(
            quantum.mixed_field_chain(sites), BETA, vectors=vectors, seed=seed, backend=backend
        )
        found = [[state.cumulant("classical", _row(letters, x, time)) for x in distances] for letters in ROWS]
    exact_state = quantum.thermal_state(quantum.mixed_field_chain(reference_sites), BETA)
    kept = [x for x in distances if x < reference_sites]
    exact = [[quantum.classical_cumulant(exact_state.moment, _row(letters, x, time)) for x in kept] for letters in ROWS]
    still = [[quantum.classical_cumulant(exact_state.moment, _row(letters, x, 0.0)) for x in kept] for letters in ROWS]
    return {
        "real": [[each.value.real for each in row] for row in found],
        "size": [[abs(each.value) for each in row] for row in found],
        "stderr": [[each.stderr for each in row] for row in found],
        "exact": [[value.real for value in row] for row in exact],
        "amplitude": [abs(row[0]) / quantum.ising_decay_rate(BETA).value for row in still],
        "sites": reference_sites,
        "vectors": vectors,
        "distances": list(distances),
    }


@twenty_spins.judged
def twenty_spins_judged(results: list[dict[str, Any]]) -> Evidence:
    """Against the shorter chain where its end has not been heard of, and against the bound beyond the cone."""
    return Evidence.all_of(*[piece for each in results for piece in judged_time(each)])


def judged_time(result: dict[str, Any]) -> list[Evidence]:
    """Comparisons at one time."""
    import numpy as np

    time, dof = float(result["time"]), int(result["vectors"]) - 1
    rate, pieces = quantum.ising_decay_rate(BETA).value, []
    for place, letters in enumerate(ROWS):
        tolerance = TOLERANCES[letters]
        for index, x in enumerate(np.asarray(result["distances"], dtype=int).tolist()):
            error = float(np.asarray(result["stderr"])[place, index])
            label = f"{letters}, x = {x}, t = {time:g}"
            if x + VELOCITY * time + 2 < int(result["sites"]):
                measured = Measured(float(np.asarray(result["real"])[place, index]), error, dof)
                exact = float(np.asarray(result["exact"])[place, index])
                pieces.append(Evidence.equal(measured, exact, tolerance, label=label))
            if x > VELOCITY * time + 2:
                bound = ALLOWANCE * float(np.asarray(result["amplitude"])[place]) * rate**x
                size = Measured(float(np.asarray(result["size"])[place, index]), error, dof)
                pieces.append(Evidence.at_most(size, bound, tolerance, label=f"{label}: beyond the cone"))
    return pieces


def _row(letters: str, distance: int, time: float) -> tuple[quantum.SpinObservable, ...]:
    return quantum.moved_product(letters, min(2, len(letters) - 1), distance, time=time)
