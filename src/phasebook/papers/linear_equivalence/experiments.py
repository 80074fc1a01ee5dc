"""Experiments: covariances of given couplings, mean field, onset of chaos, dimension, and a user's recorded activity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import networks
from ...claims import Along, File, Help, Range, UserFile
from .subject import EULER_STEP, paper

if TYPE_CHECKING:
    import xarray as xr

Gain = Annotated[float, Range(0.05, 10.0, "gain g: couplings have variance g²/N")]
Noise = Annotated[float, Range(0.0, 100.0, "intensity σ² of white noise (variance of a step of the map)")]
Function = Annotated[Literal["erf", "tanh", "linear"], Help("nonlinearity φ; erf is erf(√π x/2)")]
Dynamics = Annotated[Literal["continuous", "discrete"], Help("continuous time, or the map x(t + 1) = J φ(x) + σ z")]
Step = Annotated[
    float | None, Range(0.01, 0.5, "time step of Euler's method for theory and simulation; 0.1 where omitted", "τ")
]
Units = Annotated[int, Range(20, 4000, "units N of a simulated network")]
Duration = Annotated[float, Range(10.0, 1e5, "simulated time after the start is forgotten (steps of the map)", "τ")]
Trajectories = Annotated[int, Range(8, 4096, "trajectories of one network; a multiple of a number from 3 to 8")]
COUPLING = File(
    "phasebook.networks.coupling_matrices:read_coupling",
    "your couplings, row i the inputs of unit i: .npy, .npz (an array or a SciPy sparse matrix) or .csv",
    (".npy", ".npz", ".csv"),
)
ACTIVITY = File(
    "phasebook.networks.coupling_matrices:read_activity",
    "your recorded activity (times, units): .npy, .npz or .csv",
    (".npy", ".npz", ".csv"),
)
CONVENTIONS = {
    "couplings": "J_ij, row i and column j, acts from unit j on unit i",
    "time": "in membrane time constants τ; steps of the map for dynamics=discrete",
    "simulation": "the map of Euler's method; theory is that of the same map, so its step leaves no bias",
}


@paper.experiment(show=("covariance", "naive_covariance"), theory="job", conventions=CONVENTIONS)
def covariance(
    gain: Annotated[
        float | None, Range(0.05, 10.0, "gain g; 2 for random couplings; your own are scaled to it where it is given")
    ] = None,
    noise: Noise = 4.0,
    units: Annotated[int | None, Range(20, 4000, "units N of random couplings, 300 where omitted")] = None,
    nonlinearity: Function = "erf",
    dynamics: Dynamics = "continuous",
    step: Step = None,
    coupling: Annotated[Literal["random"] | UserFile, COUPLING] = "random",
    matrix: Annotated[int | None, Range(0, 2**31, "which random matrix, 0 where omitted")] = None,
) -> xr.Dataset:
    """Covariances of one network, predicted from its couplings: measured entries against those of the equivalent linear network.

    Variables: covariance_theory (over its own value, beside measured entries), naive_covariance_theory, dimension_theory (D/N),
    given_dimension_theory, effective_gain_theory, stability_theory; dimensionless. Source: arXiv 2604.23489 (derived, see
    `networks.coupling_covariance`).
    """
    found = _couplings(gain, units, coupling, matrix)
    return networks.predicted_covariance(_network(found, noise, nonlinearity, dynamics, step), found)


@covariance.measurement
def simulated_covariance(
    gain: float | None,
    noise: float,
    units: int | None,
    nonlinearity: Function,
    dynamics: Dynamics,
    step: float | None,
    coupling: Any,
    matrix: int | None,
    *,
    duration: Duration = 200.0,
    trajectories: Trajectories = 64,
    seed: int,
) -> xr.Dataset:
    """The same covariances in a simulation of these couplings, and how all off-diagonal entries agree with both predictions."""
    found = _couplings(gain, units, coupling, matrix)
    return networks.measured_covariance(
        _network(found, noise, nonlinearity, dynamics, step),
        found,
        duration=duration,
        trajectories=trajectories,
        seed=seed,
    )


@paper.experiment(show=("autocovariance", "activity_autocovariance"), conventions=CONVENTIONS)
def mean_field(
    gain: Gain = 2.0,
    noise: Noise = 1.0,
    nonlinearity: Function = "erf",
    dynamics: Dynamics = "continuous",
    step: Annotated[
        float | None, Range(0.01, 0.5, "time step of Euler's method; exact time where omitted", "τ")
    ] = None,
) -> xr.Dataset:
    """Mean-field theory of a large network: the autocovariance of one unit, and what follows from it.

    Variables: variance_theory (Δ0), activity_variance_theory, effective_gain_theory (gγ), dimension_theory (D/N),
    lyapunov_exponent_theory (1/τ), outcome_theory, residual_theory, and autocovariance_theory and
    activity_autocovariance_theory over lag (τ). Source: Sompolinsky, Crisanti, Sommers 1988; arXiv 2604.23489 (derived).
    """
    return networks.mean_field_results(_ensemble(gain, noise, nonlinearity, dynamics, step, exact=True))


@paper.experiment(
    show=("lyapunov_exponent",),
    along=Along("gain", 0.5, 3.0, count=51),
    conventions={
        "theory": "exact continuous time, of infinitely many units; simulation by Euler's method, 1% lower for its step"
    },
)
def chaos(
    gain: Gain = 2.0, noise: Noise = 0.0, nonlinearity: Function = "erf", dynamics: Dynamics = "continuous"
) -> xr.Dataset:
    """Onset of chaos: the largest Lyapunov exponent in theory and in simulated networks, against the gain.

    Variables: lyapunov_exponent_theory (1/τ). Source: Sompolinsky, Crisanti, Sommers 1988; Schuecker et al. 2018 (derived).
    """
    return networks.predicted_chaos(_ensemble(gain, noise, nonlinearity, dynamics, None, exact=True))


@chaos.measurement
def simulated_chaos(
    gain: float,
    noise: float,
    nonlinearity: Function,
    dynamics: Dynamics,
    *,
    units: Units = 300,
    duration: Duration = 60.0,
    seed: int,
) -> xr.Dataset:
    """Growth rate of the difference of two trajectories, for four random matrices."""
    network = _ensemble(gain, noise, nonlinearity, dynamics, None)
    return networks.measured_chaos(network, units, duration=duration, seed=seed)


@paper.experiment(show=("dimension",), along=Along("gain", 0.25, 3.0, count=56), conventions=CONVENTIONS)
def dimension(
    gain: Gain = 2.0,
    noise: Noise = 1.0,
    nonlinearity: Function = "erf",
    dynamics: Dynamics = "continuous",
    step: Step = None,
) -> xr.Dataset:
    """Dimension of activity D/N, the share of directions that it fills, against the gain.

    Variables: dimension_theory. Source: Clark, Abbott, Litwin-Kumar 2023; arXiv 2604.23489 (derived).
    """
    return networks.predicted_dimension(_ensemble(gain, noise, nonlinearity, dynamics, step))


@dimension.measurement
def simulated_dimension(
    gain: float,
    noise: float,
    nonlinearity: Function,
    dynamics: Dynamics,
    step: float | None,
    *,
    units: Units = 200,
    duration: Duration = 60.0,
    trajectories: Trajectories = 32,
    seed: int,
) -> xr.Dataset:
    """Dimension of simulated activity, free of sampling noise, for four random matrices."""
    network = _ensemble(gain, noise, nonlinearity, dynamics, step)
    return networks.measured_dimension(network, units, duration=duration, trajectories=trajectories, seed=seed)


@paper.experiment(show=("covariance",), conventions={"couplings": CONVENTIONS["couplings"]})
def own_activity(
    coupling: Annotated[Literal["synthetic"] | UserFile, COUPLING] = "synthetic",
    activity: Annotated[Literal["synthetic"] | UserFile, ACTIVITY] = "synthetic",
    interval: Annotated[float, Range(1e-9, 1e9, "time between two rows of the record, in your unit of time")] = 1.0,
) -> xr.Dataset:
    """Does your network have its linear equivalent's covariances? Couplings and recorded activity, no model of a unit.

    Variables: covariance_theory (over its own value), dimension_theory and transfer_theory |S(ω)| over frequency. Source:
    `networks.recorded_activity` (derived, after arXiv 2604.23489).
    """
    return networks.predicted_record(*_record(coupling, activity, seed=0), interval)


@own_activity.measurement
def recorded_covariance(coupling: Any, activity: Any, interval: float, *, seed: int) -> xr.Dataset:
    """Covariances of the record, with errors over eight random groups of its pieces, and their agreement with the prediction."""
    return networks.measured_record(*_record(coupling, activity, seed=0), interval, seed)


def _couplings(gain: float | None, units: int | None, coupling: Any, matrix: int | None) -> Any:
    """A random matrix, or the user's, scaled to the gain where it is given."""
    if isinstance(coupling, UserFile):
        for name, value in (("units", units), ("matrix", matrix)):
            if value is not None:
                raise ValueError(f"{name} does not apply to couplings from a file; got {value!r}")
        own = coupling.content
        return own if gain is None else own * (gain / networks.coupling_gain(own))
    return networks.random_coupling(300 if units is None else units, 2.0 if gain is None else gain, seed=matrix or 0)


def _network(
    coupling: Any, noise: float, nonlinearity: Function, dynamics: Dynamics, step: float | None
) -> networks.RecurrentNetwork:
    """The ensemble that has these couplings' strength."""
    return _ensemble(networks.coupling_gain(coupling), noise, nonlinearity, dynamics, step)


def _ensemble(
    gain: float, noise: float, nonlinearity: Function, dynamics: Dynamics, step: float | None, exact: bool = False
) -> networks.RecurrentNetwork:
    if dynamics == "discrete":
        if step is not None:
            raise ValueError(f"step does not apply to dynamics=discrete, whose step is one; got {step:g}")
        return networks.RecurrentNetwork(gain, noise, nonlinearity, 1.0)
    return networks.RecurrentNetwork(gain, noise, nonlinearity, step or (0.0 if exact else EULER_STEP))


def _record(coupling: Any, activity: Any, seed: int) -> tuple[Any, Any]:
    """The user's couplings and record, or synthetic ones."""
    if isinstance(coupling, UserFile) and isinstance(activity, UserFile):
        return coupling.content, activity.content
    if isinstance(coupling, UserFile) or isinstance(activity, UserFile):
        missing = "activity" if isinstance(coupling, UserFile) else "coupling"
        raise ValueError(f"{missing} must be a file too: real records and synthetic ones don't mix; got 'synthetic'")
    return networks.stand_in_record(seed)
