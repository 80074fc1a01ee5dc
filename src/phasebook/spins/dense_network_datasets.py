"""Results about dense networks as labeled Datasets: what replica theory and Monte Carlo say of the same observables.

Energies and temperatures are in units in which a recalled pattern has energy -1/2 per spin. `free_energy_theory` is A = E ln Z / N,
and at temperature zero its limit A·T, minus the ground state's energy. Names say the road: `_theory`, `_simulation`, `_stderr`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int8

from ..numerics.measured import Measured
from ..numerics.seeding import part_seed
from ..numerics.statistics import mean_estimate
from .dense_hebbian import HebbianMemory, quench_schedule, replica_estimate, simulate, simulate_replicas
from .dense_network import DenseNetwork, check_temperature
from .glass import dynamic_glass_temperature, static_glass_temperature
from .one_step import one_step_breaking, one_step_glass
from .phase_lines import LineName, phase_line, retrieval_spinodal, symmetric_load, thermodynamic_point
from .replica import Breaking, ReplicaState, replica_symmetric, symmetric_glass

# A slow, fixed quench: fifteen temperatures from 0.15 to 0.01, four sweeps each, then twenty sweeps at zero.
QUENCH = quench_schedule(np.linspace(0.15, 0.01, 15).tolist(), 4, 20)
BURN_SHARE = 4  # one part in four of a run is left out
BLOCKS = 8  # whose scatter is the error of a single run
COMPARED_PATTERNS = 400
CORRELATED = 1.1  # mean squared overlap of two patterns, times N: 1 for independent signs
_OVERLAP = "Overlap with the retrieved pattern"
_SYMMETRIC = "replicas symmetric"
_LINES: dict[str, LineName] = {
    "retrieval": "retrieval_spinodal",
    "retrieval wins": "thermodynamic",
    _SYMMETRIC: "almeida_thouless",
    "no glass": "static_glass",
}


def order_parameters(network: DenseNetwork, temperature: float, breaking: Breaking) -> xr.Dataset:
    """Overlaps and thermodynamics of the state that is reached from a pattern, and what the state without retrieval has instead."""
    state = _solved(network, temperature, breaking)
    return dataset(
        {
            "overlap_theory": (state.overlap, _OVERLAP),
            "self_overlap_theory": (state.self_overlap, "Overlap of two replicas in the same state (q, or q2)"),
            "outer_overlap_theory": (state.outer_overlap, "Overlap of two replicas in different states (q, or q1)"),
            "breakpoint_theory": (state.breakpoint, "Breakpoint θ of the replicas' overlaps (1: symmetric)"),
            "free_energy_theory": (state.log_partition, "Free energy A = E ln Z / N (A·T at temperature 0)"),
            "energy_theory": (state.energy, "Energy per spin"),
            "entropy_theory": (state.entropy, "Entropy per spin"),
            "advantage_theory": (
                _advantage(state, breaking),
                "Free energy of the state without retrieval minus this state's",
            ),
            "replicon_theory": (
                state.replicon,
                "Temperature times the replicon eigenvalue (negative: replicas break further)",
            ),
            "residual_theory": (state.residual, "Largest violation of the equations"),
            "phase_theory": (state.phase, "Phase that is reached from a pattern"),
        }
    )


def simulated_order_parameters(
    network: DenseNetwork, size: int, temperature: float, sweeps: int, replicas: int, seed: int
) -> xr.Dataset:
    """Overlap and energy of simulated networks that start in a pattern; at temperature 0 they are quenched, see `QUENCH`."""
    check_temperature(temperature)
    if temperature > 0.0:
        runs = simulate_replicas(network, size, np.full(sweeps, temperature), replicas, seed=seed)
        burn = sweeps // BURN_SHARE
        overlap, energy = (replica_estimate(series, burn) for series in (runs.overlaps, runs.energies))
    else:
        runs = simulate_replicas(network, size, _stretched_quench(sweeps), replicas, seed=seed)
        overlap, energy = (mean_estimate(series[:, -1]) for series in (runs.overlaps, runs.energies))
    resolution = 1.0 / (size * math.sqrt(replicas))
    return dataset(
        {
            **_with_error("overlap_simulation", overlap, _OVERLAP, resolution),
            **_with_error("energy_simulation", energy, "Energy per spin", resolution),
        }
    )


def capacity_at(interaction_order: int, temperature: float, breaking: Breaking) -> xr.Dataset:
    """Largest load with retrieval, the overlap there, and the load up to which it is the ground state; 0 where there is none."""
    edge = retrieval_spinodal(interaction_order, temperature, breaking=breaking)
    crossing = thermodynamic_point(interaction_order, temperature, breaking=breaking)
    return dataset(
        {
            "load_theory": (0.0 if edge is None else edge.network.load, "Largest load with retrieval"),
            "overlap_at_edge_theory": (0.0 if edge is None else edge.overlap, "Overlap at the largest load"),
            "ground_state_load_theory": (
                0.0 if crossing is None else crossing.network.load,
                "Load up to which retrieval has the lower free energy",
            ),
        }
    )


def glass_order_parameters(interaction_order: int, temperature: float) -> xr.Dataset:
    """The P-spin glass at load 1 with one step of breaking, its two transitions, and the symmetric entropy that turns negative."""
    network = DenseNetwork(interaction_order, 1.0)
    state = one_step_glass(network, temperature)
    symmetric = symmetric_glass(network, temperature)
    return dataset(
        {
            "breakpoint_theory": (state.breakpoint, "Breakpoint θ (1: paramagnet)"),
            "self_overlap_theory": (state.self_overlap, "Overlap of two replicas in the same state"),
            "free_energy_theory": (state.log_partition, "Free energy A = E ln Z / N (A·T at temperature 0)"),
            "energy_theory": (state.energy, "Energy per spin"),
            "entropy_theory": (state.entropy, "Entropy per spin, one step of breaking"),
            "symmetric_entropy_theory": (symmetric.entropy, "Entropy per spin, symmetric replicas"),
            "static_temperature_theory": (
                static_glass_temperature(interaction_order),
                "Temperature of the static transition",
            ),
            "dynamic_temperature_theory": (
                dynamic_glass_temperature(interaction_order),
                "Temperature of the dynamic transition",
            ),
        }
    )


def phase_diagram_point(network: DenseNetwork, temperature: float, breaking: Breaking) -> xr.Dataset:
    """One point of the phase diagram: the overlap, and its distance from each line (positive on the side of retrieval or heat)."""
    state = _solved(network, temperature, breaking)
    edge = retrieval_spinodal(network.interaction_order, temperature, breaking=breaking)
    freezing = _freezing_temperature(network)
    return dataset(
        {
            "overlap_theory": (state.overlap, _OVERLAP),
            "self_overlap_theory": (state.self_overlap, "Overlap of two replicas in the same state"),
            "retrieval_margin_theory": (
                (0.0 if edge is None else edge.network.load) - network.load,
                "Largest load with retrieval minus this load",
            ),
            "advantage_theory": (
                _advantage(state, breaking),
                "Free energy of the state without retrieval minus this state's",
            ),
            "symmetric_margin_theory": (
                symmetric_load(network.interaction_order, temperature) - network.load,
                "Largest load with retrieval by stable symmetric replicas minus this load",
            ),
            "freezing_margin_theory": (temperature - freezing, "Temperature above that of the static glass transition"),
            "entropy_theory": (state.entropy, "Entropy per spin"),
            "phase_theory": (state.phase, "Phase that is reached from a pattern"),
        }
    )


def phase_diagram_lines(interaction_order: int, breaking: Breaking, points: int, highest: float) -> xr.Dataset:
    """Lines of the phase diagram over temperature, from zero: the load up to which something holds, 0 where it never does.

    For P > 2 the last line is the load beyond which the state without retrieval is a glass.
    """
    temperatures = np.linspace(0.0, highest, points)
    names = {label: name for label, name in _LINES.items() if interaction_order > 2 or name != "static_glass"}
    loads = {
        label: np.nan_to_num(phase_line(interaction_order, name, temperatures, breaking=breaking).loads, nan=0.0)
        for label, name in names.items()
    }
    loads[_SYMMETRIC] = np.array(
        [symmetric_load(interaction_order, temperature) for temperature in temperatures.tolist()]
    )
    return dataset(
        {"load_theory": (np.stack(list(loads.values())), "Load up to which it holds", ("line", "temperature"))},
        line=(list(names), "line"),
        temperature=(temperatures, "temperature"),
    )


def beyond_capacity(interaction_order: int, loads: Sequence[float]) -> xr.Dataset:
    """Retrieval overlap at temperature zero over the load, with symmetric replicas and with one step of breaking."""
    networks = [DenseNetwork(interaction_order, load) for load in loads]
    overlaps = [[solve(each, 0.0).overlap for each in networks] for solve in (replica_symmetric, one_step_breaking)]
    return dataset(
        {"overlap_theory": (overlaps, _OVERLAP, ("replicas", "load"))},
        replicas=(["symmetric", "one step"], "replicas"),
        load=(list(loads), "load"),
    )


def quenched_overlaps(
    interaction_order: int, loads: Sequence[float], sizes: Sequence[float], networks: int, seed: int
) -> xr.Dataset:
    """Overlap and energy after the fixed quench from the pattern to temperature zero, for each size and load.

    Raises ValueError where a size is not a whole number.
    """
    for size in sizes:
        if size != int(size):
            raise ValueError(f"sizes must be whole numbers of spins; got {size}")
    shape = (len(sizes), len(loads))
    overlap, overlap_error, energy, energy_error = (np.empty(shape) for _ in range(4))
    for row, size in enumerate(sizes):
        for column, load in enumerate(loads):
            runs = simulate_replicas(
                DenseNetwork(interaction_order, load), int(size), QUENCH, networks, seed=part_seed(seed, size, load)
            )
            resolution = 1.0 / (size * math.sqrt(networks))
            last, cost = mean_estimate(runs.overlaps[:, -1]), mean_estimate(runs.energies[:, -1])
            overlap[row, column], overlap_error[row, column] = last.value, max(last.stderr, resolution)
            energy[row, column], energy_error[row, column] = cost.value, max(cost.stderr, resolution)
    dims = ("size", "load")
    return dataset(
        {
            "overlap_simulation": (overlap, _OVERLAP, dims),
            "overlap_stderr": (overlap_error, f"Standard error: {_OVERLAP}", dims),
            "energy_simulation": (energy, "Energy per spin", dims),
            "energy_stderr": (energy_error, "Standard error: Energy per spin", dims),
        },
        size=([float(size) for size in sizes], "spins"),
        load=(list(loads), "load"),
    )


def own_memory(memory: HebbianMemory, temperature: float, breaking: Breaking) -> xr.Dataset:
    """What theory says of independent patterns at the load of a user's memory."""
    return order_parameters(memory.network, temperature, breaking).assign(
        load_theory=((), memory.network.load, {"units": "1", "long_name": "Load of the memory"})
    )


def recalled_memory(memory: HebbianMemory, temperature: float, recalled: int, sweeps: int, seed: int) -> xr.Dataset:
    """Overlap with each of the first patterns of a user's memory after a run that starts in it, and how alike the patterns are."""
    count = min(recalled, memory.count)
    frozen = check_temperature(temperature) == 0.0
    schedule = _stretched_quench(sweeps) if frozen else np.full(sweeps, temperature)
    burn = sweeps - 1 if frozen else sweeps // BURN_SHARE
    series = np.stack(
        [
            simulate(
                memory,
                schedule,
                start=memory.patterns[:, place],
                seed=part_seed(seed, place),
                tracked=place + 1,
            ).overlaps[burn:, place]
            for place in range(count)
        ]
    )
    blocks = np.stack([part.mean(axis=1) for part in np.array_split(series, 1 if frozen else BLOCKS, axis=1)], axis=1)
    scatter = np.zeros(count) if frozen else blocks.std(axis=1, ddof=1) / math.sqrt(BLOCKS)
    # One spin more or less, in every sweep or, on average, in one of them.
    resolution = 1.0 / (memory.size * math.sqrt(series.shape[1]))
    alike, verdict = pattern_correlation(memory.patterns)
    return dataset(
        {
            "overlap_simulation": (blocks.mean(axis=1), _OVERLAP, ("pattern",)),
            "overlap_stderr": (np.maximum(scatter, resolution), f"Standard error: {_OVERLAP}", ("pattern",)),
            "pattern_correlation_data": (
                alike,
                "Mean squared overlap of two patterns, times N (1: independent)",
            ),
            "theory_applies_data": (verdict, "Whether the theory of independent patterns applies"),
        },
        pattern=(np.arange(count), "pattern"),
    )


def pattern_correlation(patterns: Int8[np.ndarray, "spins patterns"]) -> tuple[float, str]:
    """Mean squared overlap of two of the first 400 patterns times N, 1 for independent signs, and what it means for theory."""
    some = patterns[:, :COMPARED_PATTERNS].astype(np.float64)
    size, count = some.shape
    if count < 2:
        return 1.0, "yes: a single pattern"
    gram = some.T @ some / size
    pairs = count * (count - 1) / 2
    alike = float(size * ((gram**2).sum() - count) / (2 * pairs))
    if alike > CORRELATED + 5.0 * math.sqrt(2.0 / pairs):
        return alike, f"no: patterns are correlated ({alike:.3g} times the squared overlap of independent ones)"
    return alike, "yes: overlaps of the patterns are those of independent signs"


def dataset(variables: dict[str, Any], **coordinates: Any) -> xr.Dataset:
    """Variables (values, meaning[, dimensions]), dimensionless, and coordinates (values, meaning)."""
    described = {
        name: (dims[0] if dims else (), np.asarray(values), {"units": "1", "long_name": meaning})
        for name, (values, meaning, *dims) in variables.items()
    }
    axes = {
        name: (name, np.asarray(values), {"units": "", "long_name": meaning})
        for name, (values, meaning) in coordinates.items()
    }
    return xr.Dataset(described, axes)


def _solved(network: DenseNetwork, temperature: float, breaking: Breaking) -> ReplicaState:
    return (replica_symmetric if breaking == "rs" else one_step_breaking)(network, temperature)


def _advantage(state: ReplicaState, breaking: Breaking) -> float:
    """How much lower this state's free energy is than that of the state without retrieval; 0 where it is that state."""
    if state.phase != "retrieval":
        return 0.0
    if state.network.load == 0.0:
        return -state.temperature * math.log(2.0) - state.free_energy
    without = (one_step_glass if breaking == "1rsb" else symmetric_glass)(state.network, state.temperature)
    return without.free_energy - state.free_energy


def _freezing_temperature(network: DenseNetwork) -> float:
    if network.interaction_order == 2:
        return 1.0 + math.sqrt(network.load)
    return static_glass_temperature(network.interaction_order) * math.sqrt(network.load)


def _stretched_quench(sweeps: int) -> Float[np.ndarray, " sweeps"]:
    """The temperatures of `QUENCH` in another number of sweeps: three quarters cool, the rest is at zero."""
    cooling = max(1, (3 * sweeps) // 4)
    return np.append(np.interp(np.linspace(0, 59, cooling), np.arange(60), QUENCH[:60]), np.zeros(sweeps - cooling))


def _with_error(name: str, measured: Measured, meaning: str, resolution: float) -> dict[str, Any]:
    return {
        name: (measured.value, meaning),
        name.replace("_simulation", "_stderr"): (max(measured.stderr, resolution), f"Standard error: {meaning}"),
    }
