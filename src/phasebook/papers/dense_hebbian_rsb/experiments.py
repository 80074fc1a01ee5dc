"""Experiments: order parameters, capacity, the glass, the phase diagram, quenches beyond capacity, and a user's own patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import spins
from ...claims import Along, File, Help, Level, Range, UserFile
from .subject import Breaking, paper

if TYPE_CHECKING:
    import xarray as xr

Order = Annotated[int, Range(2, 10, "interaction order P: how many spins interact at a time")]
HardOrder = Annotated[int, Range(3, 20, "interaction order P of the glass")]
Load = Annotated[float, Range(0.0, 4.0, "load P!·K/(2N^(P−1)) of K patterns")]
Temperature = Annotated[float, Range(0.0, 4.0, "temperature")]
Replication = Annotated[Breaking, Help("symmetric replicas, or one step of breaking")]
Size = Annotated[int, Range(20, 4000, "spins of a simulated network")]
Replicas = Annotated[int, Range(2, 4096, "simulated networks, each with its own patterns")]
Sweeps = Annotated[
    int, Range(40, 1_000_000, "sweeps; the first quarter is left out, at temperature 0 three quarters cool from 0.15")
]
PATTERNS = File("phasebook.spins.pattern_files:read_patterns", "your patterns: a row each, entries 1 and -1", (".npy",))
NORMALIZATION = {
    "energy": "−(P!/2N^P)·Σ e_P(ξ∘σ) per spin, distinct indices: −1/2 in a recalled pattern; temperature in the same unit",
    "load": "P!·K/(2N^(P−1)); for P = 2 it is K/N",
    "free energy": "A = E ln Z / N; at temperature 0 its limit A·T, minus the ground state's energy",
}


@paper.experiment(
    show=("overlap", "energy"), along=Along("load", 0.02, 0.5, count=49, measured=7), conventions=NORMALIZATION
)
def order_parameters(
    interaction_order: Order = 3, load: Load = 0.1, temperature: Temperature = 0.2, breaking: Replication = "rs"
) -> xr.Dataset:
    """A dense network that starts in one of its patterns: replica theory beside Monte Carlo.

    Variables: overlap_theory, self_overlap_theory (q or q2), outer_overlap_theory (q or q1), breakpoint_theory,
    free_energy_theory (A), energy_theory, entropy_theory, advantage_theory, replicon_theory, residual_theory and phase_theory,
    all dimensionless. Source: arXiv 2111.12997 (derived, see `spins.replica`, `spins.one_step`); P = 2: Amit, Gutfreund and
    Sompolinsky 1987.
    """
    return spins.order_parameters(spins.DenseNetwork(interaction_order, load), temperature, breaking)


@order_parameters.measurement
def simulated_order_parameters(
    interaction_order: int,
    load: float,
    temperature: float,
    breaking: Breaking,
    *,
    size: Size = 200,
    replicas: Replicas = 8,
    sweeps: Sweeps = 200,
    seed: int,
) -> xr.Dataset:
    """Overlap and energy of simulated networks with fresh random patterns, started in the first of them."""
    network = spins.DenseNetwork(interaction_order, load)
    return spins.simulated_order_parameters(network, size, temperature, sweeps, replicas, seed)


@paper.experiment(
    show=("load", "ground_state_load", "overlap_at_edge"),
    along=Along("temperature", 0.0, 0.8, count=25),
    conventions=NORMALIZATION,
)
def capacity(interaction_order: Order = 3, breaking: Replication = "rs", temperature: Temperature = 0.0) -> xr.Dataset:
    """How many patterns a dense network holds.

    The largest load with retrieval, and the load up to which retrieval is the ground state. Variables: load_theory,
    overlap_at_edge_theory, ground_state_load_theory; 0 where nothing retrieves. The branch of retrieval states is followed in
    the load around its fold. Source: `spins.phase_lines`.
    """
    return spins.capacity_at(interaction_order, temperature, breaking)


@paper.experiment(
    show=("entropy", "symmetric_entropy", "self_overlap", "breakpoint"),
    along=Along("temperature", 0.04, 0.9, count=44),
    conventions={**NORMALIZATION, "temperature": "T/√load: the glass at load 1"},
)
def glass(
    interaction_order: HardOrder = 3,
    temperature: Annotated[float, Range(0.0, 4.0, "temperature over the root of the load")] = 0.3,
) -> xr.Dataset:
    """The glass of the patterns that are not retrieved.

    One step of breaking beside symmetric replicas, and the two transitions. Variables: breakpoint_theory, self_overlap_theory,
    free_energy_theory, energy_theory, entropy_theory, symmetric_entropy_theory, static_temperature_theory,
    dynamic_temperature_theory. Source: Gardner 1985 (derived, see `spins.glass`, `spins.one_step`).
    """
    return spins.glass_order_parameters(interaction_order, temperature)


@paper.experiment(
    show=("overlap",),
    boundary=(
        Level("symmetric_margin_theory", 0.0, "replicas break"),
        Level("advantage_theory", 0.0, "equal free energies"),
        Level("freezing_margin_theory", 0.0, "glass freezes"),
        Level("retrieval_margin_theory", 0.0, "retrieval ends"),
    ),
    conventions=NORMALIZATION,
)
def phase_diagram(
    interaction_order: Order = 3, temperature: Temperature = 0.2, load: Load = 0.2, breaking: Replication = "rs"
) -> xr.Dataset:
    """Phase diagram of a dense network.

    One point of it, made for `phasebook sweep`: the overlap, and the distances to the lines through the plane. Variables:
    overlap_theory, self_overlap_theory, retrieval_margin_theory, advantage_theory (0: equal free energies),
    symmetric_margin_theory, freezing_margin_theory, entropy_theory, phase_theory. Source: `spins.phase_lines`.
    """
    return spins.phase_diagram_point(spins.DenseNetwork(interaction_order, load), temperature, breaking)


@paper.experiment(theory="job", show=("load",), conventions=NORMALIZATION)
def phase_lines(
    interaction_order: Order = 3,
    breaking: Replication = "rs",
    highest: Annotated[float, Range(0.05, 4.0, "highest temperature of the lines")] = 0.64,
    points: Annotated[int, Range(3, 200, "temperatures at which each line is computed")] = 11,
) -> xr.Dataset:
    """Lines of the phase diagram: loads over temperature.

    Variable: load_theory (line, temperature): the load up to which there is retrieval, it has the lower free energy, its
    replicas are symmetric, and up to which the state without it is no glass; 0 where that never holds. Source:
    `spins.phase_lines`.
    """
    return spins.phase_diagram_lines(interaction_order, breaking, points, highest)


@paper.experiment(theory="job", show=("overlap",), conventions=NORMALIZATION)
def beyond_capacity(
    interaction_order: Order = 3,
    loads: Annotated[tuple[float, ...], Range(0.001, 4.0, "loads")] = (
        0.3,
        0.34,
        0.37,
        0.39,
        0.41,
        0.43,
        0.45,
        0.47,
        0.5,
    ),
) -> xr.Dataset:
    """Quenches beyond the capacity of symmetric replicas.

    Both theories at temperature zero beside networks quenched from a pattern. Variable: overlap_theory (replicas, load).
    Source: `spins.one_step`.
    """
    return spins.beyond_capacity(interaction_order, loads)


@beyond_capacity.measurement
def quenched_overlaps(
    interaction_order: int,
    loads: tuple[float, ...],
    *,
    sizes: Annotated[tuple[float, ...], Range(20, 4000, "spins of the simulated networks; whole numbers")] = (100, 200),
    networks: Annotated[int, Range(2, 4096, "networks at each size and load")] = 16,
    seed: int,
) -> xr.Dataset:
    """Overlap and energy after a fixed quench from the pattern: fifteen temperatures from 0.15 to 0.01, then zero."""
    return spins.quenched_overlaps(interaction_order, loads, sizes, networks, seed)


@paper.experiment(show=("overlap",), conventions=NORMALIZATION)
def own_patterns(
    patterns: Annotated[Literal["example"] | UserFile, PATTERNS] = "example",
    interaction_order: Order = 3,
    temperature: Temperature = 0.4,
    breaking: Replication = "rs",
) -> xr.Dataset:
    """Your own patterns in a dense network.

    What theory says at their load, beside runs that start in each of them. Theory is that of independent fair signs;
    theory_applies_data says whether yours are. Source: `spins.replica`.
    """
    return spins.own_memory(_memory(patterns, interaction_order), temperature, breaking)


@own_patterns.measurement
def recalled_patterns(
    patterns: Any,
    interaction_order: int,
    temperature: float,
    breaking: Breaking,
    *,
    recalled: Annotated[int, Range(1, 10_000, "how many of the first patterns are recalled, one by one")] = 12,
    sweeps: Sweeps = 100,
    seed: int,
) -> xr.Dataset:
    """Overlap with each of the first patterns after a run that starts in it, and how alike the patterns are."""
    return spins.recalled_memory(_memory(patterns, interaction_order), temperature, recalled, sweeps, seed)


def _memory(patterns: Any, interaction_order: int) -> spins.HebbianMemory:
    """The user's patterns, or random ones at a load of 0.1 among 120 spins."""
    if isinstance(patterns, UserFile):
        return spins.HebbianMemory(interaction_order, patterns.content.T)
    count = spins.DenseNetwork(interaction_order, 0.1).patterns(120 if interaction_order < 4 else 40)
    size = 120 if interaction_order < 4 else 40
    return spins.random_memory(interaction_order, size, count, 1)
