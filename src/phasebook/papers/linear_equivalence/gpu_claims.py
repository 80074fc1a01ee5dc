"""Claims that need a GPU: the matrix of an autonomous chaotic network, whose slowest mode makes small sizes unreliable."""

from __future__ import annotations

from typing import Any

from ... import networks, numerics
from ...claims import Evidence
from .subject import ABSTRACT, EULER_STEP, paper

SIZES = (1000, 2000, 4000)
MATRICES = 3
GAIN, DURATION, TRAJECTORIES, FREQUENCIES = 3.0, 1000.0, 256, 120


@paper.claim("given-couplings-chaos", tier="gpu", origin="paper", source=ABSTRACT, statistical=True)
def given_couplings_chaos(seed: int) -> list[dict[str, Any]]:
    """At 4000 units the covariances and the dimension of a chaotic network without drive are those of its linear equivalent, and
    the error falls with size."""
    return [{"units": units, "matrix": matrix} for units in SIZES for matrix in range(MATRICES)]


@given_couplings_chaos.unit
def given_couplings_chaos_unit(units: int, matrix: int, seed: int) -> dict[str, Any]:
    """Agreement of one random matrix's simulated covariance with the prediction, both on the device."""
    return chaotic_agreement(units, matrix, seed, DURATION, TRAJECTORIES, FREQUENCIES)


def chaotic_agreement(
    units: int, matrix: int, seed: int, duration: float, trajectories: int, frequencies: int
) -> dict[str, Any]:
    """The unit's body, whose sizes a test can make small."""
    import warnings

    network = networks.RecurrentNetwork(GAIN, 0.0, "erf", EULER_STEP)
    field = networks.solve_mean_field(network)
    coupling = networks.random_coupling(units, GAIN, seed=numerics.part_seed(seed, units, matrix))
    found = networks.simulate_covariances_on_device(
        network,
        coupling,
        duration=duration,
        trajectories=trajectories,
        seed=numerics.part_seed(seed, units, matrix, 1),
    )
    with warnings.catch_warnings():
        # A matrix whose slowest mode is unstable counts with its poor agreement: nothing is left out.
        warnings.simplefilter("ignore", networks.NearSingularWarning)
        predicted = networks.predict_covariance(coupling, field, nodes=frequencies, method="device").equal_time
    against = networks.agreement(predicted, found.activity[0])
    return {
        "correlation": against.correlation.value,
        "slope": against.slope.value,
        "dimension": networks.dimension_estimate(found.activity[0]).value,
    }


@given_couplings_chaos.judged
def given_couplings_chaos_judged(results: list[dict[str, Any]]) -> Evidence:
    """Means over matrices: agreement at the largest size, and its growth."""
    theory = networks.dimension_ratio(
        networks.solve_mean_field(networks.RecurrentNetwork(GAIN, 0.0, "erf", EULER_STEP))
    )
    by_size = {units: [row for row in results if int(row["units"]) == units] for units in SIZES}
    correlations = {units: [float(row["correlation"]) for row in rows] for units, rows in by_size.items()}
    dimension = numerics.mean_estimate([float(row["dimension"]) for row in by_size[SIZES[-1]]])
    return Evidence.all_of(
        Evidence.at_least(numerics.mean_estimate(correlations[SIZES[-1]]), 0.97, label=f"N = {SIZES[-1]}: correlation"),
        Evidence.equal(dimension, theory, 0.15 * theory, label=f"N = {SIZES[-1]}: D/N"),
        Evidence.ordering(
            correlations[SIZES[-1]],
            correlations[SIZES[0]],
            label=f"correlation at {SIZES[-1]} above that at {SIZES[0]}",
        ),
    )
