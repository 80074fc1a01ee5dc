"""Experiments: stable states of closed equations, trajectories, and a user's own network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import reactions
from ...claims import Along, File, Help, Range, UserFile
from .subject import paper
from .systems import (
    about,
    exact_law,
    network_of,
    positive_start,
    reason_flags,
    simulated,
    time_and_species,
    user_network,
)

if TYPE_CHECKING:
    import xarray as xr

AVERAGING_BATCHES = 20

Closure = Annotated[
    Literal["normal", "poisson", "lognormal", "central", "derivative-matching"],
    Help("how moments above the order are replaced"),
]
Order = Annotated[int, Range(1, 6, "highest order of the moments that are kept")]
Network = Annotated[
    Literal[
        "schloegl", "brusselator", "pair-annihilation", "wilhelm", "birth-death", "dimerisation", "michaelis-menten"
    ],
    Help("which network"),
]
Volume = Annotated[float, Range(0.02, 20_000.0, "volume; counts scale with it")]
Combinatoric = Annotated[bool, Help("divide propensities by the factorials of the stoichiometry")]
CONVENTIONS = {
    "propensities": "k volume^(1 - order) n(n-1)...(n-s+1), divided by s! only with combinatoric",
    "starts": "deterministic: no noise at time zero",
}


@paper.experiment(
    show=("stable_means", "mean", "verdict"),
    along=Along("volume", 0.4, 150.0, count=25, scale="log", measured=5),
    logarithmic=("volume",),
    conventions=CONVENTIONS,
)
def steady_states(
    network: Network = "schloegl",
    volume: Volume = 30.0,
    closure: Closure = "normal",
    order: Order = 2,
    combinatoric: Combinatoric = False,
) -> xr.Dataset:
    """Stable states of closed moment equations, their verdict, and the exact law's moments.

    Variables: stable_means_theory (end, species; molecules per volume, sorted, a row for each distinct stable end, NaN where there
    is none), count_theory, verdict_theory (coded, see flag_meanings), mean_exact and variance_exact (species; per volume) where the
    stationary law can be had. Source: arXiv 1407.8316 (see `reactions.validity`, `reactions.birth_death_chain`,
    `reactions.master_equation`).
    """
    import numpy as np
    import xarray as xr

    system = network_of(network, volume, combinatoric)
    found = reactions.validity(system, closure, order)
    species = list(system.species)
    ends = np.full((max(1, len(found.ends)), len(species)), np.nan)
    for row, end in enumerate(found.ends):
        ends[row] = end.means / volume
    data = xr.Dataset(
        {
            "stable_means_theory": (
                ("end", "species"),
                ends,
                about("1/volume", "Stable mean concentrations of the closed equations"),
            ),
            "count_theory": ((), len(found.ends), about("1", "Distinct stable states of the closed equations")),
            "verdict_theory": (
                (),
                reactions.REASONS.index(found.reason),
                {
                    **about("1", "Verdict on the closed equations"),
                    **reason_flags(),
                    "verdict": found.reason,
                    "reason": found.text,
                },
            ),
        },
        coords={"end": np.arange(len(ends)), "species": species},
    )
    law = exact_law(network, system)
    if law is not None:
        mean, variance = law
        data["mean_exact"] = ("species", mean / volume, about("1/volume", "Mean concentrations of the exact law"))
        data["variance_exact"] = (
            "species",
            variance / volume,
            about("1/volume", "Variances of the counts over the volume"),
        )
    return data


@steady_states.measurement
def simulated_steady_states(
    network: str,
    volume: float,
    closure: str,
    order: int,
    combinatoric: bool,
    *,
    duration: Annotated[float, Range(1.0, 1e6, "averaged time")] = 2000.0,
    seed: int,
) -> xr.Dataset:
    """Mean concentrations by exact simulation: a time average after a burn-in of a tenth, with errors from batches."""
    import numpy as np
    import xarray as xr

    system = network_of(network, volume, combinatoric)
    if network in ("brusselator", "schloegl"):
        system = system.with_initial_counts(np.rint(np.maximum(system.initial_counts, volume)))
    average = reactions.time_average(system, duration, burn_in=duration / 10, batches=AVERAGING_BATCHES, seed=seed)
    meaning = about("1/volume", "Mean concentrations of the exact law")
    return xr.Dataset(
        {
            "mean_simulation": ("species", average.mean / volume, meaning),
            "mean_stderr": (
                "species",
                average.mean_stderr / volume,
                {**meaning, "long_name": "Standard error over batches"},
            ),
        },
        coords={"species": list(system.species)},
    )


@paper.experiment(theory="slider", show=("mean", "standard_deviation"), conventions=CONVENTIONS)
def trajectory(
    network: Network = "brusselator",
    volume: Volume = 100.0,
    closure: Closure = "normal",
    order: Order = 2,
    time: Annotated[float, Range(1e-3, 1e5, "end of the run")] = 30.0,
    points: Annotated[int, Range(2, 2001, "equally spaced times, both ends included")] = 121,
    combinatoric: Combinatoric = False,
) -> xr.Dataset:
    """Means and standard deviations against time: closed moment equations beside exact simulation.

    Variables over (time, species): mean_theory, standard_deviation_theory [molecules]; NaN after a divergence and where a
    variance is negative, with count_points the number of times reached. Source: arXiv 1407.8316 (see `reactions.moments`).
    """
    import numpy as np
    import xarray as xr

    system = network_of(network, volume, combinatoric)
    times = np.linspace(0.0, time, points)
    run = reactions.solve_moments(
        reactions.moment_equations(system, order, closure), times, positive_start(system, closure)
    )
    means, deviations = (np.full((points, len(system.species)), np.nan) for _ in range(2))
    means[: len(run.times)] = run.means
    with np.errstate(invalid="ignore"):
        deviations[: len(run.times)] = np.sqrt(run.variances)
    return xr.Dataset(
        {
            "mean_theory": (("time", "species"), means, about("molecules", "Mean counts")),
            "standard_deviation_theory": (
                ("time", "species"),
                deviations,
                about("molecules", "Standard deviations of the counts"),
            ),
            "count_points": ((), len(run.times), about("1", "Times that the run reached")),
        },
        coords=time_and_species(times, system.species),
    )


@trajectory.measurement
def simulated_trajectory(
    network: str,
    volume: float,
    closure: str,
    order: int,
    time: float,
    points: int,
    combinatoric: bool,
    *,
    trajectories: Annotated[int, Range(2, 1_000_000, "simulated trajectories")] = 300,
    seed: int,
) -> xr.Dataset:
    """The same by exact simulation."""
    import numpy as np

    system = network_of(network, volume, combinatoric)
    return simulated(
        system.with_initial_counts(positive_start(system, closure)), np.linspace(0.0, time, points), trajectories, seed
    )


@paper.experiment(theory="job", show=("mean", "standard_deviation"), conventions=CONVENTIONS)
def network(
    file: Annotated[
        Literal["dimerisation", "gene-feedback"] | UserFile,
        File(
            "phasebook.reactions:read_network",
            "your network: SBML, BioNetGen or text",
            (".xml", ".sbml", ".net", ".txt", ".rn"),
        ),
    ] = "dimerisation",
    time: Annotated[float, Range(1e-9, 1e12, "end of the run, in the network's time unit")] = 10.0,
    points: Annotated[int, Range(2, 10_001, "equally spaced times, both ends included")] = 51,
    closure: Closure = "normal",
    order: Order = 2,
) -> xr.Dataset:
    """Your own network: linear noise and closed moment equations beside exact simulation.

    Variables over (time, species) [molecules]: mean_theory and standard_deviation_theory (linear noise), closure_mean_theory and
    closure_standard_deviation_theory where the rate laws are polynomials and the equations few enough. Source: arXiv 1407.8316;
    van Kampen's expansion for the linear noise.
    """
    import numpy as np
    import xarray as xr

    system = user_network(file)
    times = np.linspace(0.0, time, points)
    noise = reactions.linear_noise(system, times)
    dims = ("time", "species")
    deviations = np.sqrt(np.maximum(np.diagonal(noise.covariance, axis1=1, axis2=2), 0.0))
    data = xr.Dataset(
        {
            "mean_theory": (dims, noise.mean, about("molecules", "Mean counts")),
            "standard_deviation_theory": (dims, deviations, about("molecules", "Standard deviations of the counts")),
        },
        coords=time_and_species(times, system.species),
    )
    try:
        run = reactions.solve_moments(reactions.moment_equations(system, order, closure), times)
    except (reactions.UnsupportedPropensity, ValueError) as error:
        data.attrs["closure"] = str(error)
        return data
    if len(run.times) == points:
        data["closure_mean_theory"] = (dims, run.means, about("molecules", "Mean counts by the closure"))
        spread = np.sqrt(np.maximum(run.variances, 0.0))
        data["closure_standard_deviation_theory"] = (
            dims,
            spread,
            about("molecules", "Standard deviations by the closure"),
        )
    return data


@network.measurement
def simulated_network(
    file: Any,
    time: float,
    points: int,
    closure: str,
    order: int,
    *,
    trajectories: Annotated[int, Range(2, 10_000_000, "simulated trajectories")] = 1000,
    seed: int,
) -> xr.Dataset:
    """Means and standard deviations of the counts by exact simulation."""
    import numpy as np

    return simulated(user_network(file), np.linspace(0.0, time, points), trajectories, seed)
