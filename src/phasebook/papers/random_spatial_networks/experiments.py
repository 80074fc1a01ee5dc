"""Experiments: plane waves, outbreaks with arrival maps, structure, small worlds, and a user's own network or cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import networks
from ...claims import File, Help, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

KernelName = Annotated[
    Literal["gaussian", "exponential", "disc", "algebraic", "uniform"],
    Help("how the chance of an edge falls with distance"),
]
ShortKernel = Annotated[Literal["gaussian", "exponential", "disc"], Help("kernel of the short edges")]
Scale = Annotated[float | None, Range(0.01, 1e4, "length of the kernel (1 unless given); not for kernel=uniform")]
Exponent = Annotated[float | None, Range(0.1, 20.0, "tail exponent a of kernel=algebraic (1.5 unless given)")]
Dimension = Annotated[Literal[1, 2], Help("a ring (1) or a torus (2)")]
Degree = Annotated[float, Range(0.1, 1000.0, "mean expected degree")]
LawName = Annotated[Literal["constant", "exponential", "two-point", "power-law"], Help("law of expected degrees")]
Largest = Annotated[float | None, Range(0.1, 1e5, "largest expected degree of two-point and power-law")]
HighShare = Annotated[
    float | None, Range(1e-6, 0.999999, "share of nodes with the largest degree, for two-point (0.1)")
]
Power = Annotated[float | None, Range(1.01, 10.0, "power of the density of power-law (2.5)")]
Transmission = Annotated[float, Range(1e-6, 1e6, "rate β of transmission along an edge", "1/time")]
Recovery = Annotated[float, Range(1e-6, 1e6, "rate γ of recovery", "1/time")]
Nodes = Annotated[int, Range(100, 20_000_000, "nodes of each network")]
Density = Annotated[float, Range(0.01, 1e6, "nodes per unit of length or area")]
FirstCases = Annotated[int, Range(1, 100_000, "nodes in the middle that are ill at time zero")]
NODES = File(
    "phasebook.networks.spatial_files:read_nodes",
    "your nodes: columns x, y (or lon, lat), optional id and expected_degree",
    (".csv", ".parquet"),
)
EDGES = File("phasebook.networks.spatial_files:read_edges", "your edges: columns source, target", (".csv", ".parquet"))
CASES = File("phasebook.networks.spatial_files:read_cases", "your cases: columns x, y, t", (".csv", ".parquet"))
MODEL = {
    "edges": "p = min(1, κ_i κ_j f(distance) / (ρ⟨κ⟩)); f integrates to 1",
    "fat kernels": "are cut at half the domain's side and divided by what is left",
}


@paper.experiment(show=("front_speed", "front_acceleration", "ever_infected", "profile"), conventions=MODEL)
def wave(
    kernel: KernelName = "gaussian",
    scale: Scale = None,
    exponent: Exponent = None,
    dimension: Dimension = 1,
    degree: Degree = 5.0,
    degree_law: LawName = "constant",
    largest_degree: Largest = None,
    high_share: HighShare = None,
    power: Power = None,
    transmission: Transmission = 1.0,
    recovery: Recovery = 1.0,
    time: Annotated[
        float | None, Range(0.1, 1e6, "length of the run (60 growth times unless given; 18 under fat tails)", "time")
    ] = None,
) -> xr.Dataset:
    """A plane epidemic wave: asymptotic speed and Bramson's approach to it, final size, or how fat tails accelerate.

    Variables: speed_theory, decay_rate_theory (λ*), bramson_speed_theory, front_speed_theory (time), final_size_theory,
    escape_probability_theory (Θ∞), growth_rate_theory, reproduction_number_theory; for fat kernels acceleration_theory. Source:
    arXiv 1702.01252 (formulas derived, see `networks.epidemics`).
    """
    law = networks.choose_degrees(degree_law, degree, largest_degree, high_share, power)
    rates = networks.Rates(transmission, recovery)
    shape = networks.choose_kernel(kernel, scale, exponent, dimension, 1.0)
    return networks.predicted_wave(shape, law, rates, _run_time(time, shape, law, rates))


@wave.measurement
def simulated_wave(
    kernel: Any,
    scale: float | None,
    exponent: float | None,
    dimension: Literal[1, 2],
    degree: float,
    degree_law: Any,
    largest_degree: float | None,
    high_share: float | None,
    power: float | None,
    transmission: float,
    recovery: float,
    time: float | None,
    *,
    seed: int,
) -> xr.Dataset:
    """The partial integro-differential equation solved from three random seeded patches: speed over time, final size."""
    law = networks.choose_degrees(degree_law, degree, largest_degree, high_share, power)
    rates = networks.Rates(transmission, recovery)
    shape = networks.choose_kernel(kernel, scale, exponent, dimension, 1.0)
    return networks.measured_wave(shape, law, rates, _run_time(time, shape, law, rates), seed)


@paper.experiment(theory="job", show=("arrival",), conventions=MODEL)
def epidemic(
    kernel: KernelName = "gaussian",
    scale: Scale = None,
    exponent: Exponent = None,
    dimension: Dimension = 2,
    degree: Degree = 5.0,
    degree_law: LawName = "constant",
    largest_degree: Largest = None,
    high_share: HighShare = None,
    power: Power = None,
    transmission: Transmission = 1.0,
    recovery: Recovery = 1.0,
    nodes: Nodes = 60_000,
    density: Density = 30.0,
    first_cases: FirstCases = 50,
) -> xr.Dataset:
    """Does an epidemic spread as a wave, or hop? When it arrives everywhere, in the limit of infinite density and on networks.

    Variables: arrival_theory (y, x; or place on a ring), final_size_theory, and for thin kernels speed_theory. Source: arXiv
    1702.01252 (equations derived, see `networks.epidemics_equations`).
    """
    law = networks.choose_degrees(degree_law, degree, largest_degree, high_share, power)
    side = networks.uniform_model_size(nodes, density, dimension)
    model = networks.build_model(nodes, density, networks.choose_kernel(kernel, scale, exponent, dimension, side), law)
    return networks.predicted_epidemic(model, networks.Rates(transmission, recovery), first_cases)


@epidemic.measurement
def simulated_epidemic(
    kernel: Any,
    scale: float | None,
    exponent: float | None,
    dimension: Literal[1, 2],
    degree: float,
    degree_law: Any,
    largest_degree: float | None,
    high_share: float | None,
    power: float | None,
    transmission: float,
    recovery: float,
    nodes: int,
    density: float,
    first_cases: int,
    *,
    replicas: Annotated[int, Range(2, 1000, "networks, with one outbreak on each")] = 4,
    seed: int,
) -> xr.Dataset:
    """Outbreaks on generated networks: arrival map of the first, attack, speed, patches at 5% and long jumps over all."""
    law = networks.choose_degrees(degree_law, degree, largest_degree, high_share, power)
    side = networks.uniform_model_size(nodes, density, dimension)
    model = networks.build_model(nodes, density, networks.choose_kernel(kernel, scale, exponent, dimension, side), law)
    return networks.measured_epidemic(model, networks.Rates(transmission, recovery), first_cases, replicas, seed)


@paper.experiment(show=("degree_share", "edge_length"), conventions=MODEL)
def structure(
    kernel: KernelName = "gaussian",
    scale: Scale = None,
    exponent: Exponent = None,
    dimension: Dimension = 1,
    degree: Degree = 5.0,
    degree_law: LawName = "exponential",
    largest_degree: Largest = None,
    high_share: HighShare = None,
    power: Power = None,
    nodes: Nodes = 20_000,
    density: Density = 50.0,
) -> xr.Dataset:
    """Structure of a random spatial network: degrees, lengths of edges, transitivity, shortest paths.

    Variables: degree_share_theory (degree), edge_length_theory (length), transitivity_theory, mean_degree_theory,
    median_edge_length_theory. Source: arXiv 1702.01252 (derived, see `networks.spatial_model`).
    """
    return networks.predicted_structure(
        _model(
            kernel, scale, exponent, dimension, degree, degree_law, largest_degree, high_share, power, nodes, density
        )
    )


@structure.measurement
def simulated_structure(
    kernel: Any,
    scale: float | None,
    exponent: float | None,
    dimension: Literal[1, 2],
    degree: float,
    degree_law: Any,
    largest_degree: float | None,
    high_share: float | None,
    power: float | None,
    nodes: int,
    density: float,
    *,
    replicas: Annotated[int, Range(2, 1000, "generated networks")] = 4,
    seed: int,
) -> xr.Dataset:
    """The same of generated networks, and the mean shortest path in the largest component, from 30 nodes."""
    model = _model(
        kernel, scale, exponent, dimension, degree, degree_law, largest_degree, high_share, power, nodes, density
    )
    return networks.measured_structure(model, replicas, seed)


@paper.experiment(
    show=("path_length", "transitivity"),
    logarithmic=("share", "path_length"),
    conventions=MODEL,
)
def small_world(
    kernel: ShortKernel = "gaussian",
    degree: Degree = 8.0,
    nodes: Nodes = 20_000,
    density: Density = 100.0,
    dimension: Dimension = 1,
    shares: Annotated[tuple[float, ...], Range(0.0, 1.0, "shares of edges that go anywhere")] = (
        1e-4,
        3e-4,
        1e-3,
        3e-3,
        1e-2,
        3e-2,
        0.1,
        0.3,
        1.0,
    ),
) -> xr.Dataset:
    """A small world without clustering: what a share of long edges does to paths, transitivity and the length of edges.

    Variables over share: transitivity_theory, median_edge_length_theory. Source: arXiv 1702.01252 (derived, see
    `networks.spatial_model`).
    """
    return networks.predicted_small_world(
        nodes, density, degree, networks.choose_kernel(kernel, None, None, dimension, 1.0), shares
    )


@small_world.measurement
def simulated_small_world(
    kernel: Any,
    degree: float,
    nodes: int,
    density: float,
    dimension: Literal[1, 2],
    shares: tuple[float, ...],
    *,
    replicas: Annotated[int, Range(2, 100, "generated networks at each share")] = 2,
    seed: int,
) -> xr.Dataset:
    """The same of generated networks, and mean shortest paths from 30 nodes of the largest component."""
    short = networks.choose_kernel(kernel, None, None, dimension, 1.0)
    return networks.measured_small_world(nodes, density, degree, short, shares, replicas, seed)


@paper.experiment(
    theory="job",
    show=("arrival", "edge_kernel"),
    logarithmic=("edge_kernel", "length"),
    conventions={"errors": "over outbreaks from random places; a case list gives none to its counts"},
)
def own_network(
    nodes: Annotated[Literal["synthetic"] | UserFile, NODES] = "synthetic",
    edges: Annotated[Literal["synthetic"] | UserFile, EDGES] = "synthetic",
    transmission: Transmission = 1.0,
    recovery: Recovery = 1.0,
) -> xr.Dataset:
    """Will an epidemic on your network travel or hop? The kernel that fits its edges, what theory says of it, and outbreaks.

    Variables: edge_kernel_theory (length), kernel_theory (name), scale_theory, final_size_theory, arrival_theory (distance) and,
    for thin kernels, speed_theory. A generated network stands in for files. Source: `networks.spatial_fit`, `networks.epidemics`.
    """
    return networks.predicted_own_network(_own(nodes, edges), networks.Rates(transmission, recovery))


@own_network.measurement
def measured_own_network(
    nodes: Any,
    edges: Any,
    transmission: float,
    recovery: float,
    *,
    outbreaks: Annotated[int, Range(2, 1000, "outbreaks, each from the nodes around a random one")] = 8,
    first_cases: FirstCases = 20,
    seed: int,
) -> xr.Dataset:
    """Structure of the network (_data), and outbreaks simulated on it: attack, arrival against distance, patches at 5%."""
    rates = networks.Rates(transmission, recovery)
    return networks.measured_own_network(_own(nodes, edges), rates, outbreaks, first_cases, seed)


@paper.experiment(
    theory="absent", show=("arrival",), conventions={"origin": "the mean place of the earliest twentieth of cases"}
)
def own_cases(
    cases: Annotated[Literal["synthetic"] | UserFile, CASES] = "synthetic",
    gap: Annotated[
        float | None, Range(1e-6, 1e6, "distance that separates patches (1/20 of the extent unless given)")
    ] = None,
    *,
    seed: int,
) -> xr.Dataset:
    """Did your epidemic travel or hop? Speed of the front and patches from a list of cases with places and times.

    Variables end in _data: arrival_data (distance) with standard errors, front_speed_data, patches_data when 5% were ill.
    """
    record = cases.content if isinstance(cases, UserFile) else networks.example_cases(seed)
    return networks.measured_cases(record, gap)


def _model(
    kernel: Any,
    scale: float | None,
    exponent: float | None,
    dimension: Literal[1, 2],
    degree: float,
    degree_law: Any,
    largest_degree: float | None,
    high_share: float | None,
    power: float | None,
    nodes: int,
    density: float,
) -> networks.SpatialModel:
    law = networks.choose_degrees(degree_law, degree, largest_degree, high_share, power)
    side = networks.uniform_model_size(nodes, density, dimension)
    return networks.build_model(nodes, density, networks.choose_kernel(kernel, scale, exponent, dimension, side), law)


def _run_time(time: float | None, kernel: networks.Kernel, law: networks.DegreeLaw, rates: networks.Rates) -> float:
    """Long enough to see the speed settle; under fat tails short enough for the front to stay on the grid."""
    if time is not None:
        return time
    growth = networks.growth_rate(law, rates)
    if growth <= 0:
        return 1.0  # theory refuses it in its own words
    return (18.0 if kernel.is_fat else 60.0) / growth


def _own(nodes: Any, edges: Any) -> networks.SpatialNetwork:
    if isinstance(nodes, UserFile) and isinstance(edges, UserFile):
        return nodes.content.with_edges(edges.content)
    if isinstance(nodes, UserFile) or isinstance(edges, UserFile):
        missing = "edges" if isinstance(nodes, UserFile) else "nodes"
        raise ValueError(f"{missing} must be a file too: yours and synthetic ones don't mix; got 'synthetic'")
    return networks.example_network()
