"""Experiments: a ripple of known size on a known log-density, and potentials trained with the residual as a penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from ... import transport
from ...claims import File, Help, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Horizon = Annotated[float, Range(0.5, 20.0, "time T of the forward process at which both samplers start")]
CLOUD = File(
    "phasebook.transport.point_clouds:read_cloud",
    "a law to try, or your own points in one or two columns",
    (".npy", ".csv", ".parquet"),
)


@paper.experiment(
    show=("density", "gap"),
    conventions={
        "distance": "W2, not its square",
        "forward process": "dX = −X dt + dW; its stationary law is N(0, 1/2)",
        "data": "N(0, 1); potential: its log-density + amplitude · sin(frequency · x) · e^(−t)",
    },
)
def analytic(
    amplitude: Annotated[float, Range(-0.6, 0.6, "size of the ripple on the log-density")] = 0.4,
    frequency: Annotated[float, Range(0.1, 4.0, "wave number of the ripple")] = 2.0,
    horizon: Horizon = 3.0,
    start: Annotated[
        Literal["exact", "stationary"],
        Help("law that both samplers start from: the data's own at T, or the stationary one"),
    ] = "exact",
) -> xr.Dataset:
    """A log-density with a ripple: how far the ODE and the SDE that it drives are apart, and a bound on that.

    Theory: bound_theory, and over time gap_theory (the bound on W2 between both laws from T down to t); density_theory of both
    samplers by the flow and by the backward equation, density_exact of the data. Simulation: laws by finite volumes and by
    quantiles, and identity_ratio, the SDE's density from forward paths over that law. Source: arXiv 2311.15996, bound and
    identity derived here (see `transport.reverse_laws` and `transport.fokker_planck`).
    """
    return transport.rippled_theory(amplitude, frequency, horizon, start)


@analytic.measurement
def simulated_analytic(
    amplitude: float,
    frequency: float,
    horizon: float,
    start: Literal["exact", "stationary"],
    *,
    paths: Annotated[int, Range(1000, 200_000, "forward paths for the identity; in antithetic pairs")] = 12_000,
    steps: Annotated[int, Range(50, 1000, "time steps of a path")] = 200,
    seed: int,
) -> xr.Dataset:
    """Both samplers' laws on a grid, their distances to each other and to the data, and the identity at five points."""
    return transport.rippled_simulation(
        amplitude, frequency, horizon, start, paths=paths + paths % 2, steps=steps, seed=seed
    )


@paper.experiment(
    theory="absent",
    show=("squared_distance", "squared_residual"),
    logarithmic=("weight", "squared_distance", "squared_residual"),
    conventions={
        "distance": "W2², as in the paper's tables; floor: what two samples of one law show",
        "your points": "are centered and divided by their standard deviation; distances are in these units",
        "on the line": "the samplers' laws are computed; in the plane they are sampled and compared on a 64 × 64 grid",
    },
)
def train(
    data: Annotated[Literal["modes", "blob", "circles", "checkerboard"] | UserFile, CLOUD] = "modes",
    weights: Annotated[
        tuple[float, ...], Range(0.0, 1000.0, "weights of the residual penalty, trained side by side")
    ] = (
        0.01,
        0.3,
        10.0,
    ),
    steps: Annotated[int, Range(10, 200_000, "training steps")] = 400,
    horizon: Horizon = 4.0,
    width: Annotated[int, Range(4, 512, "units of a hidden layer")] = 32,
    batch: Annotated[int, Range(16, 400_000, "points of a step; half as many collocation points")] = 256,
    samples: Annotated[
        int | None, Range(1000, 5_000_000, "samples of each sampler, for data in the plane; 100000 where not given")
    ] = None,
    *,
    seed: int,
) -> xr.Dataset:
    """Potentials trained with several penalty weights: how far apart their ODE, their SDE and the data end.

    Variables: squared_distance (weight, pair), its floor, squared_residual over a box of points and times, and the share of mass
    that lay beyond the reach. Source: arXiv 2311.15996 (see `transport.learned_potential`, `transport.sampler_gap`).
    """
    points = transport.training_points(data.content if isinstance(data, UserFile) else data, seed)
    plane = points.shape[1] > 1
    if samples is not None and not plane:
        raise ValueError(
            "samples applies to data in the plane; on the line the samplers' laws are computed without samples"
        )
    training = transport.Training(steps=steps, width=width, batch=batch, collocation=max(1, batch // 2))
    return transport.penalized_training(
        points, weights, horizon=horizon, training=training, samples=samples or 100_000, seed=seed
    )
