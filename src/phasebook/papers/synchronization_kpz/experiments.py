"""Experiments: growth of one ring, a point of the phase diagram for sweeps, and a user's own phases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import networks
from ...claims import Along, File, Help, Level, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Nonoddity = Annotated[float, Range(-1.55, 1.55, "nonoddity δ", "rad")]
Noise = Annotated[float, Range(0.0, 20.0, "randomness σ")]
NoiseType = Annotated[Literal["time", "columnar"], Help("white noise in time, or frozen natural frequencies")]
Step = Annotated[float, Range(1e-4, 0.5, "time step")]
Replicas = Annotated[int, Range(2, 1024, "independent rings")]
PHASES = File(
    "phasebook.networks.phase_records:read_phases",
    "your phases (times × oscillators, in the ring's order): .npz with `phases` and `times`, .csv with a column time, or .nc",
    (".npz", ".csv", ".nc"),
)
MODEL = {
    "model": "dφ_i/dt = ω_i + σξ_i + K[Γ(φ_{i+1} − φ_i) + Γ(φ_{i−1} − φ_i)], Γ(u) = sin(u + δ), K = 1 unless given",
    "growth exponent": "β of the width W ~ t^β; squared widths grow as t^(2β)",
}


@paper.experiment(
    show=("width_squared", "effective_exponent", "skewness", "structure_factor"),
    logarithmic=("time", "window_time", "wavenumber", "width_squared", "structure_factor"),
    conventions=MODEL,
)
def growth(
    nonoddity: Nonoddity = 1.2,
    noise: Noise = 0.15,
    noise_type: NoiseType = "time",
    size: Annotated[int, Range(16, 1_048_576, "oscillators L on the ring")] = 4096,
    time: Annotated[float, Range(100.0, 1e6, "last time; observations begin at 1")] = 1000.0,
    step: Step = 0.1,
    strength: Annotated[float, Range(0.0, 10.0, "coupling strength K")] = 1.0,
) -> xr.Dataset:
    """Phases on a ring grow like a rough surface: width, growth exponent, skewness, spectrum.

    Variables: width_squared_theory (time; the discrete-time exact sum where coupling is odd or absent, the late KPZ law otherwise),
    effective_exponent_theory (window_time), skewness_theory (time), structure_factor_theory (wavenumber; linear law),
    velocity_theory, kpz_coupling_theory, law_theory. Source: arXiv 2604.06040 (laws derived, see `networks.interface_growth`).
    """
    return networks.predicted_growth(_ring(size, nonoddity, noise, noise_type, strength), time, step, None)


@growth.measurement
def simulated_growth(
    nonoddity: float,
    noise: float,
    noise_type: Literal["time", "columnar"],
    size: int,
    time: float,
    step: float,
    strength: float,
    *,
    replicas: Replicas = 8,
    kicks: Annotated[Literal["normal", "uniform"], Help("distribution of one kick of noise in time")] = "normal",
    seed: int,
) -> xr.Dataset:
    """The same observables of simulated rings, with the regime that they point to."""
    ring = _ring(size, nonoddity, noise, noise_type, strength)
    if noise_type == "columnar" and kicks != "normal":
        raise ValueError("kicks are for noise_type=time: frozen frequencies have none")
    return networks.measured_growth(ring, time, step, None, kicks=kicks, replicas=replicas, seed=seed)


@paper.experiment(
    show=("regime_index", "effective_exponent", "log_slips", "skewness"),
    along=Along("noise", 0.05, 2.0, count=40, scale="log", measured=9),
    boundary=Level("log_slips_simulation", -4.0, "onset of slips"),
    conventions=MODEL,
)
def phase_diagram(
    noise: Noise = 0.15,
    nonoddity: Nonoddity = 1.2,
    noise_type: NoiseType = "time",
    size: Annotated[int, Range(64, 65_536, "oscillators L on the ring")] = 1024,
    time: Annotated[float, Range(100.0, 1e5, "last time; the last decade is judged")] = 300.0,
    step: Step = 0.1,
) -> xr.Dataset:
    """Synchronization phase diagram of a ring: how phases grow, to be swept over noise and nonoddity.

    Randomness σ is the amplitude of the noise, or the standard deviation of the frequencies. Variables: kpz_coupling_theory, and
    for noise in time crossover_time_theory (when KPZ growth overtakes linear growth) and repulsive_bonds_theory (share of bonds
    bent beyond the coupling's maximum). Source: arXiv 2604.06040 (formulas derived, see `networks.coupling_function`).
    """
    return networks.diagram_coefficients(_ring(size, nonoddity, noise, noise_type, 1.0))


@phase_diagram.measurement
def simulated_phase_diagram(
    noise: float,
    nonoddity: float,
    noise_type: Literal["time", "columnar"],
    size: int,
    time: float,
    step: float,
    *,
    replicas: Replicas = 8,
    seed: int,
) -> xr.Dataset:
    """Regime (text, and number for maps), growth exponent and skewness over the last decade, slips at the end."""
    ring = _ring(size, nonoddity, noise, noise_type, 1.0)
    return networks.measured_diagram_point(ring, time, step, replicas=replicas, seed=seed)


@paper.experiment(
    theory="absent",
    show=("width_squared", "effective_exponent", "skewness", "slips"),
    logarithmic=("time", "window_time", "width_squared"),
    conventions={"errors": "over arcs of the one ring, which must be longer than the correlations"},
)
def own_phases(
    file: Annotated[Literal["synthetic"] | UserFile, PHASES] = "synthetic",
    noise_type: NoiseType = "time",
    start: Annotated[
        Literal["first", "flat"], Help("first: subtract the first sample; flat: phases were equal at time 0")
    ] = "first",
    arcs: Annotated[int, Range(4, 64, "arcs of the ring that give the errors")] = 16,
    *,
    seed: int,
) -> xr.Dataset:
    """Which class do your phases belong to? Width, exponent, skewness, slips and the regime of a measured ring.

    Wrapped phases are unwrapped in time. Variables end in _data; without a file, a simulated ring stands in.
    """
    record: Any = file.content if isinstance(file, UserFile) else networks.synthetic_phases(seed)
    return networks.grown_phases(record, noise_type, from_start=start == "first", arcs=arcs)


def _ring(size: int, nonoddity: float, noise: float, noise_type: Any, strength: float) -> networks.OscillatorRing:
    return networks.OscillatorRing(size, networks.sakaguchi_coupling(nonoddity), noise, noise_type, strength)
