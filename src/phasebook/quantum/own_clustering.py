"""A user's own spins as labeled Datasets: a Hamiltonian or a density matrix, or samples of observables that commute."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy import linalg

from ..numerics import about
from .clustering import RateUndefined, fit_rate, moved_product
from .cumulants import KINDS, Kind, cumulant
from .pauli_sums import PauliSum, mixed_field_chain
from .sampled_cumulants import measured_cumulant
from .thermal_chain import Hamiltonian, SpinState, state_of_density, thermal_state
from .transfer_chain import TransferChain
from .typical_state import TypicalState, action_of, random_vectors, typical_state

EXAMPLE_SITES = 8
NAMES: dict[Kind, str] = {"classical": "cumulant", "free": "free_cumulant"}


def example_hamiltonian() -> PauliSum:
    """An Ising chain of eight sites in a tilted field."""
    return mixed_field_chain(EXAMPLE_SITES)


def example_samples(seed: int, samples: int = 20_000, sites: int = 8) -> np.ndarray:
    """Draws of a classical Ising chain: K = 0.6, h = 0.2."""
    return TransferChain(0.6, 0.2).draws(sites, samples, seed).astype(float)


def own_chain_exact(
    hamiltonian: Hamiltonian | None,
    density: np.ndarray | None,
    inverse_temperature: float,
    letters: str,
    time: float,
) -> xr.Dataset:
    """Both cumulants of observables on site 0, one of them moved to each distance and the time, by exact diagonalization.

    Raises `ValueError` for fewer than 2 or more than 4 letters, and as the engine does.
    """
    state = _exact_state(hamiltonian, density, inverse_temperature)
    distances = list(range(1, state.sites))
    values = {
        kind: np.array([cumulant(kind, state.moment, _product(letters, x, time)) for x in distances]) for kind in KINDS
    }
    variables: dict[str, Any] = {}
    for kind, name in NAMES.items():
        text = f"{kind.capitalize()} cumulant of {letters}"
        variables[f"{name}_exact"] = ("distance", np.abs(values[kind]), about("1", f"{text}, modulus"))
        variables[f"{name}_phase_exact"] = ("distance", np.angle(values[kind]), about("rad", f"{text}, phase"))
    try:
        fitted = fit_rate(distances, values["classical"])
        variables["rate_exact"] = ((), fitted.ratio, about("1", "Ratio of moduli at neighboring distances"))
    except RateUndefined as reason:
        variables["no_rate_exact"] = ((), str(reason), about("1", "Why there is no rate"))
    return xr.Dataset(variables, _distances(distances))


def own_chain_simulation(
    hamiltonian: Hamiltonian | None,
    density: np.ndarray | None,
    inverse_temperature: float,
    letters: str,
    time: float,
    vectors: int,
    seed: int,
) -> xr.Dataset:
    """The same from random vectors, up to 22 sites for a Gibbs state. Raises as `own_chain_exact` does."""
    if hamiltonian is None and time != 0:
        raise ValueError("time must be 0 for a state that was given without a Hamiltonian")
    state = _typical(hamiltonian, density, inverse_temperature, vectors, seed)
    distances = list(range(1, state.sites))
    variables: dict[str, Any] = {}
    for kind, name in NAMES.items():
        found = [state.cumulant(kind, _product(letters, x, time)) for x in distances]
        text = f"{kind.capitalize()} cumulant of {letters}, modulus"
        variables[f"{name}_simulation"] = ("distance", [abs(each.value) for each in found], about("1", text))
        variables[f"{name}_stderr"] = ("distance", [each.stderr for each in found], about("1", "Standard error"))
    return xr.Dataset(variables, _distances(distances))


def own_samples_measured(samples: np.ndarray, order: int, seed: int) -> xr.Dataset:
    """k-statistics of the first columns and one further column at each distance, with bootstrap errors, and the rate.

    Raises `ValueError` for fewer columns than the order.
    """
    columns = samples.shape[1]
    if columns < order:
        raise ValueError(f"samples must have at least {order} columns for order {order}; got {columns}")
    distances = list(range(1, columns - order + 2))
    fixed = list(range(order - 1))
    variables: dict[str, Any] = {}
    for kind, name in NAMES.items():
        found = [measured_cumulant(kind, samples[:, [*fixed, order - 2 + x]], seed=seed) for x in distances]
        values, errors = np.array([each.value for each in found]), np.array([each.stderr for each in found])
        text = f"{kind.capitalize()} cumulant of order {order}"
        variables[f"{name}_data"] = ("distance", values, about("1", text))
        variables[f"{name}_stderr"] = ("distance", errors, about("1", "Standard error by bootstrap"))
        significant = np.abs(values) > 4 * errors
        count = len(values) if significant.all() else int(np.argmin(significant))
        try:
            rate = fit_rate(distances[:count], values[:count], boundary=0).ratio
            variables[f"{name}_rate_data"] = ((), rate, about("1", "Ratio at neighboring distances"))
        except RateUndefined:
            variables[f"no_{name}_rate_data"] = (
                (),
                f"only {count} neighboring distances stand out of their errors",
                about("1", "Why there is no rate"),
            )
    return xr.Dataset(variables, _distances(distances))


def _exact_state(hamiltonian: Hamiltonian | None, density: np.ndarray | None, inverse_temperature: float) -> SpinState:
    if density is not None:
        return state_of_density(density, hamiltonian)
    if hamiltonian is None:
        raise ValueError("hamiltonian must be given where there is no density")
    return thermal_state(hamiltonian, inverse_temperature)


def _typical(
    hamiltonian: Hamiltonian | None, density: np.ndarray | None, inverse_temperature: float, vectors: int, seed: int
) -> TypicalState:
    if density is None:
        if hamiltonian is None:
            raise ValueError("hamiltonian must be given where there is no density")
        return typical_state(hamiltonian, inverse_temperature, vectors=vectors, seed=seed)
    sites = len(density).bit_length() - 1
    # Without a Hamiltonian nothing moves.
    action = action_of(PauliSum(sites, ()) if hamiltonian is None else hamiltonian)
    if action.sites != sites:
        raise ValueError(f"density must be of the Hamiltonian's {action.sites} sites; got {sites}")
    weights, states = linalg.eigh(density)
    start = random_vectors(sites, vectors, seed)
    return TypicalState(action, (states * np.sqrt(np.maximum(weights, 0))) @ start)


def _product(letters: str, distance: int, time: float) -> tuple[Any, ...]:
    if not 2 <= len(letters) <= 4:
        raise ValueError(f"observables must be 2 to 4 letters; got {letters!r}")
    return moved_product(letters, min(2, len(letters) - 1), distance, time=time)


def _distances(distances: list[int]) -> dict[str, Any]:
    return {"distance": ("distance", distances, about("sites", "distance"))}
