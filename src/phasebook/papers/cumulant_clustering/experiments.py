"""Experiments: decay with distance, cumulants of sequences, the light cone, rays, and a user's own chain or samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import quantum
from ...claims import File, Help, Level, Range, Text, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Beta = Annotated[float, Range(-2.0, 6.0, "inverse temperature β", "1/J")]
Order = Annotated[Literal[2, 3, 4], Help("order of the cumulant")]
Kind = Annotated[Literal["classical", "free"], Help("over all partitions, or over non-crossing ones")]
Letters = Annotated[
    str | None,
    Text("[XYZ]{2,4}", "Pauli matrices of the observables; the second of two, or the third, moves"),
]
Moments = Annotated[tuple[float, ...], Range(-1e12, 1e12, "moments m1, m2, ... of one variable")]
HAMILTONIAN = File(
    "phasebook.quantum.spin_files:read_hamiltonian",
    "your Hamiltonian: .csv with columns coefficient, string; or a sparse matrix .npz",
    (".csv", ".npz"),
)
DENSITY = File("phasebook.quantum.spin_files:read_density", "your state: a density matrix .npy", (".npy",))
SAMPLES = File(
    "phasebook.quantum.sampled_cumulants:read_samples",
    "your samples: rows of observables measured together, .csv with a header or .npy",
    (".csv", ".npy"),
)
RATE = {"rate": "the ratio of a correlation at neighboring distances, exp(-1/ξ)"}
SITES = {
    "sites": "spin chains are open; fixed observables stand on site 0, fixed spins or densities on sites 0, 1, ..."
}


@paper.experiment(show=("size", "local_ratio"), logarithmic=("size",), conventions={**RATE, **SITES})
def decay(
    model: Annotated[
        Literal["mixed-field", "ising", "classical", "xx"],
        Help("Ising chain in a tilted or a transverse field, classical Ising chain, or free fermions"),
    ] = "mixed-field",
    sites: Annotated[int, Range(6, 400, "sites; the classical chain is infinite, and shows so many distances")] = 9,
    inverse_temperature: Beta = 0.3,
    coupling: Annotated[float | None, Range(-10.0, 10.0, "coupling J of neighbors (1 by default)")] = None,
    transverse_field: Annotated[float | None, Range(-10.0, 10.0, "field h_x (0.9 by default)", "J")] = None,
    longitudinal_field: Annotated[
        float | None, Range(-10.0, 10.0, "field h_z (0.5 by default; 0 for ising, 0.25 for xx)", "J")
    ] = None,
    order: Order = 4,
    observables: Letters = None,
) -> xr.Dataset:
    """How a cumulant falls as one observable is moved away, beside the exact rate of the infinite chain.

    Variables: rate_theory, size_theory (distance), local_ratio_theory (step). Source: leading eigenvalues of a transfer matrix
    (`quantum.ising_decay_rate`, `quantum.TransferChain`), or the Fermi function's nearest pole (`quantum.xx_decay_rate`).
    """
    return quantum.decay_theory(
        _model(model, sites, inverse_temperature, coupling, transverse_field, longitudinal_field, order, observables),
        order,
    )


@decay.measurement
def simulated_decay(
    model: Any,
    sites: int,
    inverse_temperature: float,
    coupling: float | None,
    transverse_field: float | None,
    longitudinal_field: float | None,
    order: int,
    observables: str | None,
    *,
    samples: Annotated[
        int | None, Range(8, 1_000_000, "random vectors (64 by default), or draws of classical spins (20000)")
    ] = None,
    seed: int,
) -> xr.Dataset:
    """Cumulants of the finite chain from all its moments, their fitted rates, and the same by chance with errors."""
    return quantum.decay_simulation(
        _model(model, sites, inverse_temperature, coupling, transverse_field, longitudinal_field, order, observables),
        order,
        samples,
        seed,
    )


@paper.experiment(show=("classical_cumulants", "free_cumulants"))
def transform(moments: Moments = (0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0)) -> xr.Dataset:
    """Classical and free cumulants of one variable from its moments; by default a coin's.

    Variables: classical_cumulants_theory and free_cumulants_theory (order). Source: recursions over the block of the first
    variable (`quantum.classical_sequence`, `quantum.free_sequence`).
    """
    return quantum.transform_theory(moments)


@paper.experiment(
    theory="job",
    show=("log_growth", "log_commutator"),
    boundary=(
        Level("beyond_cone_exact", 0.0, "x = v t + 2"),
        Level("log_commutator_simulation", -2.0, "commutator 0.01"),
    ),
)
def light_cone(
    sites: Annotated[int, Range(6, 11, "sites of the mixed-field chain")] = 8,
    inverse_temperature: Beta = 0.3,
    longest: Annotated[float, Range(1.0, 8.0, "longest time", "1/J")] = 3.0,
    order: Order = 4,
    kind: Kind = "classical",
) -> xr.Dataset:
    """A cumulant with one observable moved through space and time, over its value at time 0, and the commutator's light cone.

    Variables: growth_exact, log_growth_exact and beyond_cone_exact (time, distance), arrival_exact (distance), velocity_exact,
    rate_theory, outside_growth_exact, inside_growth_exact. Source: exact diagonalization; the front is where the commutator's
    norm passes 0.01 (`quantum.light_cone`).
    """
    return quantum.light_cone_theory(sites, inverse_temperature, longest, order, kind)


@light_cone.measurement
def simulated_light_cone(
    sites: int,
    inverse_temperature: float,
    longest: float,
    order: int,
    kind: Any,
    *,
    vectors: Annotated[int, Range(2, 256, "random vectors")] = 4,
    seed: int,
) -> xr.Dataset:
    """The commutator of the first spin with the moved one, in the mean square over random vectors."""
    return quantum.light_cone_simulation(sites, longest, vectors, seed)


@paper.experiment(theory="job", show=("average",), logarithmic=("average", "duration"))
def rays(
    velocities: Annotated[tuple[float, ...], Range(0.0, 3.0, "velocities of up to four rays", "sites J")] = (
        0.0,
        0.3,
        0.9,
        1.2,
    ),
    order: Order = 2,
    inverse_temperature: Annotated[float, Range(0.0, 6.0, "inverse temperature β", "1/J")] = 0.0,
    filling: Annotated[
        float, Range(0.01, 0.99, "filling at β = 0, and the chemical potential ln(f/(1-f))/β else")
    ] = 0.3,
    longest: Annotated[float, Range(10.0, 400.0, "longest time averaged over", "1/J")] = 100.0,
) -> xr.Dataset:
    """Averages of a cumulant of densities over the time, with the last one carried along a ray through free fermions.

    Variables: average_theory (velocity, duration), slope_theory (velocity). At β = 0 all fixed densities stand on one site, else on
    neighbors. Source: Wick's theorem on a ring that no signal rounds (`quantum.ray_average`).
    """
    return quantum.rays_theory(_four(velocities), order, inverse_temperature, filling, longest)


@rays.measurement
def simulated_rays(
    velocities: tuple[float, ...],
    order: int,
    inverse_temperature: float,
    filling: float,
    longest: float,
    *,
    draws: Annotated[int, Range(10, 100_000, "random times of each average")] = 200,
    seed: int,
) -> xr.Dataset:
    """The same over random times, on an open chain."""
    return quantum.rays_simulation(_four(velocities), order, inverse_temperature, filling, longest, draws, seed)


@paper.experiment(show=("cumulant", "free_cumulant"), logarithmic=("cumulant", "free_cumulant"), conventions=RATE)
def own_chain(
    hamiltonian: Annotated[Literal["mixed-field"] | UserFile, HAMILTONIAN] = "mixed-field",
    density: Annotated[Literal["gibbs"] | UserFile, DENSITY] = "gibbs",
    inverse_temperature: Annotated[
        float | None, Range(-2.0, 20.0, "inverse temperature of the Gibbs state (0.3 by default)", "1/energy")
    ] = None,
    observables: Annotated[str, Text("[XYZ]{2,4}", "Pauli matrices; the second of two, or the third, moves")] = "ZXZZ",
    time: Annotated[float, Range(-20.0, 20.0, "time by which it is moved", "1/energy")] = 0.0,
) -> xr.Dataset:
    """Both cumulants in a chain or state of your own, with one observable moved to each site, up to 12 sites.

    Variables: cumulant_exact and free_cumulant_exact (distance; moduli), their phases, rate_exact. Site 0 is the first letter
    of a Pauli word. Source: exact diagonalization (`quantum.thermal_state`).
    """
    own, state, beta = _own(hamiltonian, density, inverse_temperature)
    return quantum.own_chain_exact(own, state, beta, observables, time)


@own_chain.measurement
def simulated_own_chain(
    hamiltonian: Any,
    density: Any,
    inverse_temperature: float | None,
    observables: str,
    time: float,
    *,
    vectors: Annotated[int, Range(2, 10_000, "random vectors")] = 400,
    seed: int,
) -> xr.Dataset:
    """The same from random vectors with standard errors, up to 22 sites."""
    own, state, beta = _own(hamiltonian, density, inverse_temperature)
    return quantum.own_chain_simulation(own, state, beta, observables, time, vectors, seed)


@paper.experiment(theory="absent", show=("cumulant", "free_cumulant"))
def own_samples(
    samples: Annotated[Literal["classical"] | UserFile, SAMPLES] = "classical",
    order: Order = 3,
    *,
    seed: int = 0,
) -> xr.Dataset:
    """Cumulants of your samples by k-statistics: the first columns and one further column, by its distance.

    Variables: cumulant_data and free_cumulant_data (distance) with bootstrap errors, and their rates where at least three
    distances stand out of the errors. Source: `quantum.measured_cumulant`.
    """
    rows = samples.content if isinstance(samples, UserFile) else quantum.example_samples(seed)
    return quantum.own_samples_measured(rows, order, seed)


def _model(
    model: Any,
    sites: int,
    inverse_temperature: float,
    coupling: float | None,
    transverse: float | None,
    longitudinal: float | None,
    order: int,
    letters: str | None,
) -> quantum.ClusteringModel:
    if letters is not None and len(letters) != order:
        raise ValueError(f"observables must be {order} letters for order {order}; got {letters!r}")
    return quantum.clustering_model(
        model,
        sites,
        inverse_temperature,
        coupling=coupling,
        transverse=transverse,
        longitudinal=longitudinal,
        letters=letters,
    )


def _own(hamiltonian: Any, density: Any, inverse_temperature: float | None) -> tuple[Any, Any, float]:
    own = hamiltonian.content if isinstance(hamiltonian, UserFile) else quantum.example_hamiltonian()
    if not isinstance(density, UserFile):
        return own, None, 0.3 if inverse_temperature is None else inverse_temperature
    if inverse_temperature is not None:
        raise ValueError(f"inverse-temperature does not apply to a density matrix; got {inverse_temperature}")
    if not isinstance(hamiltonian, UserFile):
        own = None
    return own, density.content, 0.0


def _four(velocities: tuple[float, ...]) -> tuple[float, ...]:
    if len(velocities) > 4 or len(set(velocities)) != len(velocities):
        raise ValueError(f"velocities must be at most four different numbers; got {velocities}")
    return velocities
