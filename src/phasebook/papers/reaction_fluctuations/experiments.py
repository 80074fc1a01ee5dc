"""Experiments: decay of reacting walkers, directed percolation, predators and prey, cyclic rivals, and a user's own lattice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import reactions
from ...claims import File, Help, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Replicas = Annotated[int, Range(1, 10_000, "independent runs")]
BondProbability = Annotated[
    float | None, Range(0.0, 1.0, "probability that a bond is open; the critical one where omitted")
]
Model = Annotated[Literal["annihilation", "coagulation", "two-species"], Help("what walkers do when they meet")]
Plane = Annotated[Literal[1, 2], Help("dimensions of space")]
Ensemble = Annotated[
    Literal["refuse", "all", "survivors"],
    Help("runs that lost a species: an error, or averages over all runs or over the survivors"),
]
Side = Annotated[int, Range(8, 4096, "sites along each side of the square lattice")]
RULES = File("phasebook.reactions:read_lattice_model", "rules, as in 'A + B -> 0 @ contact'", (".txt", ".rules"))
RASTER = File(
    "phasebook.reactions:read_rasters",
    "label images over time: integers, 0 empty, k the k-th species",
    (".npy", ".png", ".tif", ".tiff"),
)
WALKERS = {
    "hops": "a particle attempts a move to a random neighbor at total rate 1, so that D = 1/(2 dimension)",
    "contact": "a hop onto a particle reacts at once; same species of two-species exclude each other",
}
FOCAL = {
    "focal rule": "a site acts at its rate with one random neighbor; rates are not multiplied by the number of neighbors",
    "exchange": "every site, empty ones too, swaps with a random neighbor at this rate (a bond swaps at half of it)",
}


@paper.experiment(show=("density", "local_exponent"), logarithmic=("time", "window", "density"), conventions=WALKERS)
def decay(
    model: Model = "annihilation",
    dimension: Annotated[Literal[1, 2, 3], Help("dimensions of space")] = 1,
    size: Annotated[int, Range(8, 10_000_000, "sites along each axis; at most 2^26 in all")] = 20_000,
    time: Annotated[float, Range(10.0, 1e7, "last time", "1/hop rate")] = 1000.0,
    density: Annotated[float, Range(0.001, 1.0, "density at time zero (of each species)", "1/site")] = 0.5,
    second_density: Annotated[
        float | None, Range(0.001, 1.0, "density of the second species, where it differs; two-species alone", "1/site")
    ] = None,
) -> xr.Dataset:
    """Walkers that react when they meet: the density's law beside mean field and an exact simulation.

    Variables: density_theory (time; exact for one species in one dimension, else asymptotic, see its long_name), mean_field_theory,
    local_exponent_theory (window). Masked (NaN) where the lattice's size is felt. Source: `reactions.diffusion_limited`.
    """
    return reactions.decay_theory(model, dimension, size, time, density, second_density)


@decay.measurement
def simulated_decay(
    model: Literal["annihilation", "coagulation", "two-species"],
    dimension: Literal[1, 2, 3],
    size: int,
    time: float,
    density: float,
    second_density: float | None,
    *,
    replicas: Replicas = 8,
    seed: int,
) -> xr.Dataset:
    """Mean density over replicas with standard errors, and local exponents with jackknife errors."""
    return reactions.decay_simulation(
        model, dimension, size, time, density, second_density, replicas=replicas, seed=seed
    )


@paper.experiment(show=("density", "local_exponent"), logarithmic=("time", "window", "density"))
def percolation(
    dimension: Plane = 1,
    bond_probability: BondProbability = None,
    size: Annotated[int, Range(8, 10_000_000, "sites along each axis; at most 2^26 in all")] = 4096,
    time: Annotated[int, Range(10, 1_000_000, "last step")] = 1000,
) -> xr.Dataset:
    """Directed bond percolation from a full lattice: share of active sites beside mean field, and its decay exponent.

    Variables: density_theory (mean field, time), local_exponent_theory (-δ of the class, window), critical_probability_theory.
    Parents of a site are i and i + 1 along each axis: two in 1+1 dimensions, four in 2+1. Source: `reactions.directed_percolation`.
    """
    return reactions.percolation_theory(dimension, bond_probability, size, time)


@percolation.measurement
def simulated_percolation(
    dimension: Literal[1, 2],
    bond_probability: float | None,
    size: int,
    time: int,
    *,
    replicas: Annotated[int, Range(64, 65_536, "independent runs, a multiple of 64")] = 64,
    seed: int,
) -> xr.Dataset:
    """Share of active sites over replicas, sixty-four of them per machine word, with errors and local exponents."""
    return reactions.percolation_simulation(dimension, bond_probability, size, time, replicas=replicas, seed=seed)


@paper.experiment(
    show=("survival", "survival_exponent", "number_exponent", "spread_exponent"),
    logarithmic=("time", "window", "survival", "number", "spread"),
)
def spreading(
    dimension: Plane = 1,
    bond_probability: BondProbability = None,
    time: Annotated[int, Range(10, 100_000, "last step")] = 300,
) -> xr.Dataset:
    """Clusters of directed percolation grown from one site: survival, number and spread, and their exponents.

    Variables: survival_exponent_theory (-δ), number_exponent_theory (η), spread_exponent_theory (2/z), by window: what the
    class does at its critical point. Distances are from the light cone's axis. Source: `reactions.directed_percolation`.
    """
    return reactions.spreading_theory(dimension, time)


@spreading.measurement
def simulated_spreading(
    dimension: Literal[1, 2],
    bond_probability: float | None,
    time: int,
    *,
    runs: Annotated[int, Range(128, 10_000_000, "clusters, a multiple of 64")] = 64_000,
    seed: int,
) -> xr.Dataset:
    """Survival probability, mean number over all runs and mean squared distance, with their local exponents."""
    return reactions.spreading_simulation(dimension, bond_probability, time, runs=runs, seed=seed)


@paper.experiment(show=("density", "snapshot"), conventions=FOCAL)
def predator_prey(
    predation: Annotated[
        float, Range(0.01, 100.0, "rate λ at which a predator turns a neighboring prey into a predator")
    ] = 2.0,
    mortality: Annotated[float, Range(0.01, 100.0, "rate μ at which predators die")] = 0.5,
    birth: Annotated[float, Range(0.01, 100.0, "rate σ at which prey fill an empty neighbor")] = 1.0,
    exchange: Annotated[float, Range(0.0, 100.0, "rate D at which every site swaps with a random neighbor")] = 1.0,
    predators: Annotated[float, Range(0.0, 1.0, "density of predators at time zero", "1/site")] = 0.3,
    prey: Annotated[float, Range(0.0, 1.0, "density of prey at time zero", "1/site")] = 0.3,
    time: Annotated[float, Range(10.0, 1e5, "last time")] = 300.0,
) -> xr.Dataset:
    """Lotka-Volterra predators and prey with room for one per site: rate equations beside a lattice with its picture.

    Variables: density_theory (time, species), stationary_density_theory (species), eigenvalue_real_theory and
    eigenvalue_imaginary_theory (mode), frequency_theory (radians). Source: `reactions.predator_prey`.
    """
    system = reactions.PredatorPrey(predation, mortality, birth, exchange)
    return reactions.predator_prey_theory(system, time, _start(predators, prey))


@predator_prey.measurement
def simulated_predator_prey(
    predation: float,
    mortality: float,
    birth: float,
    exchange: float,
    predators: float,
    prey: float,
    time: float,
    *,
    size: Side = 128,
    replicas: Replicas = 4,
    ensemble: Ensemble = "refuse",
    seed: int,
) -> xr.Dataset:
    """Densities, stationary means and frequency over runs, and the last picture of the first run."""
    system = reactions.PredatorPrey(predation, mortality, birth, exchange)
    start = _start(predators, prey)
    return reactions.predator_prey_simulation(
        system, size, time, start, replicas=replicas, ensemble=ensemble, seed=seed
    )


@paper.experiment(show=("density", "snapshot"), conventions=FOCAL)
def cyclic(
    mobility: Annotated[float, Range(0.0, 1.0, "mobility M = 2 exchange rate / size²")] = 3e-5,
    selection: Annotated[float, Range(0.01, 100.0, "rate σ at which a species removes the next one")] = 1.0,
    reproduction: Annotated[float, Range(0.01, 100.0, "rate μ at which a species fills an empty neighbor")] = 1.0,
    start: Annotated[tuple[float, ...], Range(0.0, 1.0, "densities of the three species at time zero", "1/site")] = (
        0.3,
        0.25,
        0.2,
    ),
    time: Annotated[float, Range(10.0, 1e6, "last time")] = 400.0,
) -> xr.Dataset:
    """Three rivals in a cycle (May-Leonard): rate equations, which spiral out to extinction, beside a lattice with its spirals.

    Variables: density_theory (time, species), stationary_density_theory, eigenvalue_real_theory and eigenvalue_imaginary_theory
    (mode), frequency_theory, relative_mobility_theory. Source: `reactions.cyclic_competition`.
    """
    system = reactions.CyclicCompetition(selection, reproduction)
    return reactions.cyclic_theory(system, mobility, time, _three(start))


@cyclic.measurement
def simulated_cyclic(
    mobility: float,
    selection: float,
    reproduction: float,
    start: tuple[float, ...],
    time: float,
    *,
    size: Side = 200,
    replicas: Replicas = 4,
    ensemble: Ensemble = "refuse",
    seed: int,
) -> xr.Dataset:
    """Densities, share of runs that lost a species, frequency and wavelength of the spirals, the last picture of the first run."""
    system = reactions.CyclicCompetition(selection, reproduction)
    return reactions.cyclic_simulation(
        system, mobility, size, time, _three(start), replicas=replicas, ensemble=ensemble, seed=seed
    )


@paper.experiment(show=("density", "correlation"), conventions=FOCAL)
def own_lattice(
    rules: Annotated[
        Literal["two-species", "contact-process", "branching-annihilation", "predator-prey", "rock-paper-scissors"]
        | UserFile,
        RULES,
    ] = "two-species",
    raster: Annotated[Literal["random"] | UserFile, RASTER] = "random",
    density: Annotated[
        float | None, Range(0.0, 1.0, "density of each species at time zero, 0.2 where omitted; random start alone")
    ] = None,
    time: Annotated[float, Range(1.0, 1e5, "last time: that of the raster's last frame")] = 50.0,
) -> xr.Dataset:
    """Your own rules, and your own label images: mean field, lattice and data side by side.

    Variables: density_theory (time, species) by mean field; with a raster the start is its first frame, and its densities and
    correlations stand beside as `_data`. Source: `reactions.lattice_models` (rules) and `reactions.lattice_rasters`.
    """
    model, series = _own(rules, raster, density, None, None)
    return reactions.comparison_theory(model, time, _each(model, density), series)


@own_lattice.measurement
def simulated_own_lattice(
    rules: Any,
    raster: Any,
    density: float | None,
    time: float,
    *,
    size: Annotated[
        int | None, Range(8, 10_000_000, "sites along each axis, 200 where omitted; random start alone")
    ] = None,
    dimension: Annotated[int | None, Range(1, 3, "dimensions of space, 2 where omitted; random start alone")] = None,
    replicas: Annotated[int, Range(2, 10_000, "independent runs")] = 4,
    seed: int,
) -> xr.Dataset:
    """Densities in time, and pair correlations at the end, of simulated lattices (and of the raster)."""
    model, series = _own(rules, raster, density, size, dimension)
    shape = (200 if size is None else size,) * (2 if dimension is None else dimension)
    return reactions.comparison_simulation(
        model, shape, time, _each(model, density), series, replicas=replicas, seed=seed
    )


def _start(predators: float, prey: float) -> tuple[float, float]:
    if predators + prey > 1:
        raise ValueError(f"predators and prey must sum to at most 1, a particle per site; got {predators + prey:g}")
    return predators, prey


def _three(start: tuple[float, ...]) -> tuple[float, float, float]:
    if len(start) != 3 or sum(start) > 1 + 1e-12:
        raise ValueError(f"start must be three densities that sum to at most 1; got {', '.join(map(str, start))}")
    first, second, third = start
    return first, second, third


def _each(model: Any, density: float | None) -> dict[str, float]:
    value = 0.2 if density is None else density
    if value * len(model.species) > 1:
        raise ValueError(f"density must be at most 1/{len(model.species)}, a particle per site; got {value!r}")
    return dict.fromkeys(model.species, value)


def _own(rules: Any, raster: Any, density: float | None, size: int | None, dimension: int | None) -> tuple[Any, Any]:
    model = rules.content if isinstance(rules, UserFile) else reactions.lattice_model(rules)
    if not isinstance(raster, UserFile):
        return model, None
    for name, value in (("density", density), ("size", size), ("dimension", dimension)):
        if value is not None:
            raise ValueError(f"{name} does not apply where a raster gives the start; got {value!r}")
    return model, raster.content
