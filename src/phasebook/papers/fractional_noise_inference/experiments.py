"""Experiments: weights of the Markov approximation, bridges, the index of a series, and motion whose index changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import sequences
from ...claims import File, Help, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Hurst = Annotated[float, Range(0.02, 0.98, "Hurst index H")]
Processes = Annotated[int, Range(1, 15, "processes K behind the noise")]
Speed = Annotated[float, Range(1.5, 1e5, "largest speed γ_max; the smallest is its inverse", "1/time")]
Horizon = Annotated[float, Range(0.01, 1000.0, "horizon T", "time")]
Type = Annotated[Literal["I", "II"], Help("I: stationary increments, an infinite past; II: no past")]
Norm = Annotated[
    Literal["unit", "paper"],
    Help("unit: type I has variance t^2H; paper: the integral as it stands (type II: the same)"),
]
SERIES = File(
    "phasebook.sequences.series_files:read_series",
    "your series: .csv with columns t,value (and series, for several), or .npz with times and values",
    (".csv", ".npz"),
)
CONVENTIONS = {
    "speeds": "in 1/time, not per horizon",
    "relative error": "mean squared error over the horizon divided by the motion's mean square",
}


@paper.experiment(show=("weights", "variance"), conventions=CONVENTIONS)
def weights(
    hurst: Hurst = 0.3,
    processes: Processes = 5,
    maximum_speed: Speed = 20.0,
    horizon: Horizon = 1.0,
    type: Type = "II",
    norm: Norm = "unit",
) -> xr.Dataset:
    """Weights and speeds of the processes that stand for fractional noise, and how well their sum does.

    Variables: weights_theory and speeds_theory (process), relative_error_theory, total_weight_theory, variance_theory beside
    variance_exact (time). Source: arXiv 2310.12975 (derived again, see `sequences.markov_motion`).
    """
    return sequences.weights_dataset(hurst, processes, maximum_speed, horizon, type, norm)


@paper.experiment(
    show=("standard_deviation", "mean"),
    conventions={"start": "X(0) = 0", "norm": "unit", "exact": "the same equation driven by fractional noise itself"},
)
def bridge(
    hurst: Hurst = 0.7,
    reversion: Annotated[float, Range(0.0, 20.0, "reversion θ of dX = −θ X dt + dB", "1/time")] = 0.0,
    type: Type = "II",
    observation: Annotated[float, Range(-100.0, 100.0, "observed X at the horizon")] = 1.0,
    observation_noise: Annotated[float, Range(0.01, 10.0, "standard deviation of the observation's error")] = 0.5,
    horizon: Annotated[float, Range(0.1, 20.0, "time of the observation", "time")] = 2.0,
    processes: Processes = 5,
    maximum_speed: Annotated[float, Range(1.5, 1000.0, "largest speed γ_max", "1/time")] = 20.0,
    weights_horizon: Annotated[
        float | None, Range(0.1, 1000.0, "horizon of the weights; that of the bridge where omitted", "time")
    ] = None,
) -> xr.Dataset:
    """What a series does between its start and one observation: the posterior under Markov noise beside that under exact noise.

    Variables: standard_deviation_theory, _exact, mean_theory and _exact (time), log_evidence_theory (Markov noise) and _exact.
    Source: Gaussian conditioning; a Kalman filter and smoother (`sequences.linear_chain`).
    """
    chain = _chain(hurst, reversion, type, horizon, processes, maximum_speed, weights_horizon)
    return sequences.bridge_theory(chain, observation, observation_noise, horizon)


@bridge.measurement
def simulated_bridge(
    hurst: float,
    reversion: float,
    type: Type,
    observation: float,
    observation_noise: float,
    horizon: float,
    processes: int,
    maximum_speed: float,
    weights_horizon: float | None,
    *,
    paths: Annotated[int, Range(10, 1_000_000, "simulated paths")] = 4000,
    steps: Annotated[int, Range(1, 100_000, "Euler steps of a path")] = 200,
    training_steps: Annotated[
        int, Range(0, 100_000, "steps of training a neural control, which is shown beside the optimal one; 0: none")
    ] = 100,
    seed: int,
) -> xr.Dataset:
    """Paths under the optimal control and under a learned one: standard deviations over time and evidence bounds with errors."""
    chain = _chain(hurst, reversion, type, horizon, processes, maximum_speed, weights_horizon)
    return sequences.bridge_simulation(
        chain,
        observation,
        observation_noise,
        horizon,
        steps=steps,
        paths=paths,
        training_steps=training_steps,
        seed=seed,
    )


@paper.experiment(theory="absent", show=("hurst",))
def hurst(
    file: Annotated[Literal["generated"] | UserFile, SERIES] = "generated",
    hurst: Annotated[
        float | None, Range(0.02, 0.98, "index of generated series, 0.3 where omitted; not with your file")
    ] = None,
    length: Annotated[int | None, Range(16, 20_000, "steps of generated series, 512 where omitted")] = None,
    number: Annotated[int | None, Range(1, 1000, "generated series, 8 where omitted")] = None,
    shared: Annotated[bool, Help("one index for all series, by their common likelihood")] = False,
    *,
    seed: int,
) -> xr.Dataset:
    """The Hurst index of series by four methods: Markov likelihood, exact likelihood, rescaled range, detrended fluctuation.

    Variables: hurst_data (your series) or hurst_simulation (generated ones) and hurst_stderr over method; NaN where a method does
    not take the series. Source: `sequences.hurst_index`; Hurst 1951, Peng et al. 1994, arXiv 2310.12975.
    """
    given = {"hurst": hurst, "length": length, "number": number}
    if isinstance(file, UserFile):
        for name, value in given.items():
            if value is not None:
                raise ValueError(f"{name} is for generated series; leave it out with a file")
        return sequences.hurst_dataset(file.content, "data", shared)
    index, steps, count = (
        0.3 if hurst is None else hurst,
        512 if length is None else length,
        8 if number is None else number,
    )
    return sequences.hurst_dataset(sequences.generated_series(index, steps, count, seed), "simulation", shared)


@paper.experiment(show=("local_hurst",))
def changing_index(
    start: Annotated[float, Range(0.1, 0.9, "index at time 0")] = 0.2,
    end: Annotated[float, Range(0.1, 0.9, "index at time 1")] = 0.8,
    length: Annotated[int, Range(200, 100_000, "steps of a path")] = 2000,
) -> xr.Dataset:
    """Multifractional noise: the index goes from one value to another along a path, and is read off again piece by piece.

    Variable: local_hurst_theory (time). Source: weights as a function of the index (`sequences.weight_table`).
    """
    import xarray as xr

    times = sequences.multifractional_times(length)
    return xr.Dataset(
        {
            "local_hurst_theory": (
                "time",
                start + (end - start) * times,
                {"units": "1", "long_name": "Local Hurst index"},
            )
        },
        {"time": ("time", times, {"units": "1", "long_name": "time"})},
    )


@changing_index.measurement
def simulated_changing_index(
    start: float,
    end: float,
    length: int,
    *,
    paths: Annotated[int, Range(2, 100_000, "simulated paths")] = 200,
    seed: int,
) -> xr.Dataset:
    """Local indices from the increments over one step and over two, in twenty pieces of the paths."""
    return sequences.multifractional_dataset(start, end, length, paths, seed)


def _chain(
    hurst: float,
    reversion: float,
    type: Any,
    horizon: float,
    processes: int,
    maximum_speed: float,
    weights_horizon: float | None,
) -> Any:
    within = horizon if weights_horizon is None else weights_horizon
    if within < horizon:
        raise ValueError(
            f"weights-horizon must be at least the horizon {horizon:g}, beyond which the weights are not fitted; got {within:g}"
        )
    return sequences.bridge_chain(
        hurst,
        kind=type,
        reversion=reversion,
        processes=processes,
        maximum_speed=maximum_speed,
        weights_horizon=within,
    )
