"""Many random channels side by side: steady currents and entropy production in one compiled program."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from .ion_channel import IonChannel, moves_of_charges, reverse_moves

PIECE = 2000  # channels solved at once: 64 × 64 matrices of them are 65 MB


def transport_batch(count: int, sites: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """J·A (count,) of random channels, and the relative difference of their entropy production from it (count,).

    Energies from −6 to 3, repulsion to 4, activities from 0.001 to 1, voltages within ±8, standard potentials from −2 to 3.
    """
    if count < 1 or not 1 <= sites <= 8:
        raise ValueError(f"count must be at least 1 and sites from 1 to 8; got {count} and {sites}")
    generator = np.random.default_rng(seed)
    drawn = np.column_stack(
        [
            generator.uniform(-6, 3, (count, sites)),
            generator.uniform(0, 4, count),
            np.log(10.0) * generator.uniform(-3, 0, (count, 2)),
            generator.uniform(-8, 8, count),
            generator.uniform(-2, 3, count),
        ]
    )
    with jax.enable_x64(True):
        solve = jax.jit(jax.vmap(_solver(sites)))
        found = [np.asarray(solve(jnp.asarray(drawn[k : k + PIECE]))) for k in range(0, count, PIECE)]
    products, produced = np.concatenate(found).T
    return products, np.abs(produced - products) / np.maximum(np.abs(products), 1e-12)


def _solver(sites: int) -> Any:
    shape = IonChannel((0.0,) * sites, 1.0, 1.0, 1.0, 0.0)
    source, target, left, right = moves_of_charges(sites)
    back = reverse_moves(shape.transitions)
    occupancy, distance, pairs = shape.occupancy, shape.electrical_distance, shape.energy
    size = shape.states

    def solve(parameters: Any) -> Any:
        energies, repulsion, left_log, right_log, voltage, standard = (
            parameters[:sites],
            parameters[sites],
            parameters[sites + 1],
            parameters[sites + 2],
            parameters[sites + 3],
            parameters[sites + 4],
        )
        energy = occupancy @ (energies + voltage * distance) + repulsion * pairs
        gain = energy[target] - energy[source] - left * (left_log + standard + voltage) + right * (right_log + standard)
        rate = jnp.exp(-gain / 2)
        # In units of the grand canonical law of the right bath unknowns are of one size, however deep the wells are.
        scale = jnp.exp(-(energy - energy.min()) + (right_log + standard) * occupancy.sum(axis=1))
        scale = scale / scale.max()
        flow = rate * scale[source]
        matrix = jnp.zeros((size, size)).at[target, source].add(flow) - jnp.diag(jnp.zeros(size).at[source].add(flow))
        matrix = matrix / jnp.abs(jnp.diag(matrix))[:, None]
        regular = matrix.at[0].set(scale)
        law = jnp.linalg.solve(regular, jnp.eye(size)[0]) * scale
        forward, backward = rate * law[source], rate[back] * law[target]
        current = (rate * law[source] * right).sum()
        produced = 0.5 * ((forward - backward) * jnp.log(forward / backward)).sum()
        return jnp.array([current * (voltage + left_log - right_log), produced])

    return solve
