"""Experiments: a mixture carried by any sampler, the Gaussian bridge, an error's effect on likelihoods, and a user's clouds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import transport
from ...claims import Along, File, Help, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Noise = Annotated[float, Range(0.0, 20.0, "noise strength ε of the SDE; 0 is the ODE")]
Positive = Annotated[float, Range(0.01, 20.0, "noise strength ε")]
Steps = Annotated[int, Range(2, 20_000, "steps of the sampler from t = 0 to 1")]
PathName = Annotated[
    Literal["linear", "trigonometric", "encoding-decoding", "mirror"],
    Help("how the ends are mixed; a mirror carries the end's law to itself"),
]
TrainingSteps = Annotated[int | None, Range(1, 100_000, "training steps of learned fields; 1500 where omitted")]
CLOUD = File("phasebook.transport.point_clouds:read_cloud", "points, a row each", (".npy", ".csv", ".parquet"))
TIME = {
    "time": "runs from 0 (start) to 1 (end)",
    "noise": "dX = (b + ε s) dt + √(2ε) dW: the diffusion is 2ε",
    "latent noise": "γ² = t (1 − t); encoding-decoding: γ = sin²(πt)",
}


@paper.experiment("transport", show=("density", "halfway_density", "mode_weight", "mode_variance"), conventions=TIME)
def transport_mixture(interpolant: PathName = "linear", noise: Noise = 0.5) -> xr.Dataset:
    """Two Gaussian modes carried to three, by the ODE or an SDE of any noise: weights, widths and densities.

    Variables: mode_weight_theory and mode_variance_theory (mode), density_theory and halfway_density_theory (position),
    count_halfway_modes, bridge_covariance_theory. Modes ∓3 of variance 0.25 go to −6, 0, 6 of variances 0.5, 0.33, 0.5. Equations:
    x_t = α x0 + β x1 + γ z; dX = (b + ε s) dt + √(2ε) dW. Source: arXiv 2303.08797; closed forms derived here.
    """
    return transport.transported_mixture(interpolant, noise)


@transport_mixture.measurement
def simulated_mixture(
    interpolant: PathName,
    noise: float,
    *,
    steps: Steps = 400,
    samples: Annotated[int, Range(100, 1_000_000, "simulated paths")] = 20_000,
    fields: Annotated[
        Literal["exact", "learned"], Help("velocity and score in closed form, or of networks trained on samples")
    ] = "exact",
    training_steps: TrainingSteps = None,
    seed: int,
) -> xr.Dataset:
    """Simulated paths, and by how much the ODE misses the conservation of probability."""
    if fields == "exact" and training_steps is not None:
        raise ValueError("training-steps applies to fields=learned; exact fields are not trained")
    return transport.simulated_mixture(
        interpolant,
        noise,
        steps=steps,
        samples=samples,
        learned=fields == "learned",
        training_steps=training_steps or 1500,
        seed=seed,
    )


@paper.experiment(
    show=("coupling", "action"),
    # 41 values, so that the six that are measured are among them.
    along=Along("noise", 0.05, 3.0, count=41, scale="log"),
)
def bridge(
    start_variance: Annotated[float, Range(0.01, 100.0, "variance of the start")] = 1.0,
    end_variance: Annotated[float, Range(0.01, 100.0, "variance of the end")] = 4.0,
    noise: Positive = 0.5,
) -> xr.Dataset:
    """The Schrödinger bridge between two centered Gaussians: which covariance of the ends has the least action.

    Variables: coupling_theory, action_theory (closed forms), coupling_exact, action_exact (the exact action minimized),
    independent_action_exact. Equations: minimize ∫ E|b + ε s|² dt over the coupling of the linear interpolant with
    γ² = 2ε t(1 − t); κ = √(ac + ε²) − ε. Source: arXiv 2303.08797, on the Schrödinger bridge; the closed form is derived here.
    """
    return transport.gaussian_bridge(start_variance, end_variance, noise)


@bridge.measurement
def simulated_bridge(
    start_variance: float,
    end_variance: float,
    noise: float,
    *,
    pairs: Annotated[int, Range(40, 10_000_000, "simulated pairs of start and end")] = 200_000,
    seed: int,
) -> xr.Dataset:
    """The coupling that minimizes the action regressed from simulated pairs."""
    return transport.simulated_bridge(start_variance, end_variance, noise, pairs, seed)


@paper.experiment(show=("divergence",), logarithmic=("wavenumber", "divergence"))
def likelihood_control(
    amplitude: Annotated[float, Range(0.01, 1.0, "amplitude A of the velocity's error A sin(kx)")] = 0.2,
    noise: Positive = 1.0,
    largest_wavenumber: Annotated[float, Range(3.0, 100.0, "largest wavenumber k of the error")] = 100.0,
) -> xr.Dataset:
    """A velocity's error of fixed size and ever shorter waves: the ODE's samples go wrong without bound, the SDE's get better.

    Variables (sampler, wavenumber): divergence_exact, of the ODE by its likelihood, of the SDE by finite volumes, and its bound;
    closed_divergence_theory, of the ODE in closed form, of the SDE A²/(4ε²k²). A standard normal law at rest, b = 0,
    s = −x, with b̂ = A sin(kx). Source: the bound arXiv 2303.08797; the sine is solved here.
    """
    return transport.sine_control(amplitude, noise, largest_wavenumber)


@paper.experiment(theory="absent", show=("density_1", "density_2", "density_3"), conventions={"noise": TIME["noise"]})
def own_clouds(
    start: Annotated[Literal["synthetic"] | UserFile, CLOUD] = "synthetic",
    end: Annotated[Literal["synthetic"] | UserFile, CLOUD] = "synthetic",
    noise: Noise = 0.0,
    coupling: Annotated[
        Literal["independent", "optimal", "entropic"], Help("which points of the two clouds are paired in training")
    ] = "optimal",
    training_steps: Annotated[int, Range(1, 100_000, "training steps")] = 1000,
    steps: Steps = 100,
    *,
    seed: int,
) -> xr.Dataset:
    """A transport trained between two clouds of your own, judged on points that it has not seen.

    Variables: density_1 ... (position) of each coordinate, sliced_distance_data (the floor: other points of the end) and
    sliced_distance_simulation, start_distance_data, log_density. The noise is in squares of the clouds' common deviation.
    """
    if isinstance(start, UserFile) != isinstance(end, UserFile):
        raise ValueError("start and end must both be files, or both synthetic")
    clouds: Any = transport.synthetic_clouds(4000, seed)
    if isinstance(start, UserFile) and isinstance(end, UserFile):
        clouds = start.content, end.content
    return transport.transported_clouds(
        *clouds, noise=noise, coupling=coupling, training_steps=training_steps, steps=steps, seed=seed
    )
