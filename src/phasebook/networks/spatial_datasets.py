"""Labeled results on the structure of random spatial networks, and the choices of kernel and degree law that experiments offer."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import xarray as xr
from scipy import optimize

from ..numerics import about
from .spatial_degrees import DegreeLaw, constant_degrees, exponential_degrees, power_law_degrees, two_point_degrees
from .spatial_kernels import (
    Dimension,
    Kernel,
    algebraic_kernel,
    disc_kernel,
    exponential_kernel,
    gaussian_kernel,
    mixture_kernel,
    uniform_kernel,
)
from .spatial_model import SpatialModel, SpatialWarning, expected_transitivity, uniform_model_size
from .spatial_sampling import generate_network
from .spatial_structure import mean_path_length, transitivity

KernelName = Literal["gaussian", "exponential", "disc", "algebraic", "uniform"]
LawName = Literal["constant", "exponential", "two-point", "power-law"]
LENGTH_BINS = 24


def choose_kernel(
    name: KernelName, scale: float | None, exponent: float | None, dimension: Dimension, side: float
) -> Kernel:
    """The kernel of a name. Scale is 1 unless given; raises ValueError for an option that doesn't apply."""
    if exponent is not None and name != "algebraic":
        raise ValueError(f"exponent is for kernel=algebraic; got {exponent:g} with kernel={name}")
    if name == "uniform":
        if scale is not None:
            raise ValueError(f"scale is not for kernel=uniform, which has the domain's; got {scale:g}")
        return uniform_kernel(side, dimension)
    length = 1.0 if scale is None else scale
    if name == "algebraic":
        return algebraic_kernel(length, 1.5 if exponent is None else exponent, dimension)
    return {"gaussian": gaussian_kernel, "exponential": exponential_kernel, "disc": disc_kernel}[name](
        length, dimension
    )


def choose_degrees(
    law: LawName, mean: float, largest: float | None, high_share: float | None, power: float | None
) -> DegreeLaw:
    """The degree law of a name with this mean; raises ValueError for options that don't apply or contradict each other.

    two-point takes `largest` (20 unless given) and `high_share` (0.1); power-law takes `power` (2.5) and `largest` (20 means), and
    its lower end follows from the mean.
    """
    for name, value, laws in (
        ("largest_degree", largest, ("two-point", "power-law")),
        ("high_share", high_share, ("two-point",)),
        ("power", power, ("power-law",)),
    ):
        if value is not None and law not in laws:
            raise ValueError(f"{name} is for degree_law={' or '.join(laws)}; got {value:g} with degree_law={law}")
    if law == "constant":
        return constant_degrees(mean)
    if law == "exponential":
        return exponential_degrees(mean)
    if law == "two-point":
        high, share = 20.0 if largest is None else largest, 0.1 if high_share is None else high_share
        low = (mean - share * high) / (1 - share)
        if not 0 < low < high:
            raise ValueError(
                f"largest_degree {high:g} for a share {share:g} of nodes must exceed the mean {mean:g} and leave the others a "
                f"positive degree; it leaves them {low:g}"
            )
        return two_point_degrees(low, high, share)
    steep, top = 2.5 if power is None else power, 20 * mean if largest is None else largest
    if not top > mean:
        raise ValueError(f"largest_degree must exceed the mean {mean:g}; got {top:g}")

    def excess(low: float) -> float:
        return power_law_degrees(steep, low, top).mean - mean

    least = 1e-6 * top
    if excess(least) > 0:
        raise ValueError(f"power {steep:g} up to {top:g} has a mean above {mean:g} whatever its lower end; raise power")
    return power_law_degrees(steep, float(optimize.brentq(excess, least, top * (1 - 1e-9), xtol=1e-12)), top)


def build_model(nodes: int, density: float, kernel: Kernel, degrees: DegreeLaw) -> SpatialModel:
    """The periodic model of an experiment: fat kernels are cut at half the side, without a word on few neighbors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpatialWarning)
        return SpatialModel(nodes, density, kernel, degrees, truncated=kernel.is_fat)


def predicted_structure(model: SpatialModel) -> xr.Dataset:
    """Degree law, edge-length law, transitivity and means in the sparse limit. Variables end in _theory."""
    degrees, lengths, edges = _axes(model)
    mass, held = model.kernel.mass_within(edges), model.mass
    variables: dict[str, Any] = {
        "degree_share_theory": ("degree", model.degrees.degree_probabilities(degrees), about("1", "share of nodes")),
        "edge_length_theory": (
            "length",
            np.diff(mass) / held / np.diff(edges),
            about("1/length", "density of edge lengths"),
        ),
        "mean_degree_theory": ((), model.degrees.mean, about("1", "mean degree")),
        "transitivity_theory": ((), expected_transitivity(model), about("1", "transitivity in the sparse limit")),
        "median_edge_length_theory": (
            (),
            model.kernel.radius_holding(held / 2),
            about("length", "median length of an edge"),
        ),
    }
    return _labeled(variables, degrees, lengths)


def measured_structure(model: SpatialModel, networks: int, seed: int) -> xr.Dataset:
    """The same observables of generated networks with standard errors, and the mean shortest path."""
    degrees, lengths, edges = _axes(model)
    rows: dict[str, list[Any]] = {name: [] for name in ("share", "length", "mean", "closed", "median", "path")}
    for each in range(networks):
        network = generate_network(model, _network_seed(seed, each))
        found = network.edge_lengths()
        counts = np.bincount(network.graph.degrees, minlength=degrees.size)[: degrees.size]
        rows["share"].append(counts / model.nodes)
        rows["length"].append(np.histogram(found, edges)[0] / found.size / np.diff(edges))
        rows["mean"].append(network.graph.degrees.mean())
        rows["closed"].append(transitivity(network.graph))
        rows["median"].append(np.median(found))
        rows["path"].append(mean_path_length(network.graph, seed=each).value)
    variables: dict[str, Any] = {}
    for key, name, dims, units, text in (
        ("share", "degree_share", "degree", "1", "share of nodes"),
        ("length", "edge_length", "length", "1/length", "density of edge lengths"),
        ("mean", "mean_degree", (), "1", "mean degree"),
        ("closed", "transitivity", (), "1", "transitivity"),
        ("median", "median_edge_length", (), "length", "median length of an edge"),
        ("path", "path_length", (), "edges", "mean shortest path in the largest component"),
    ):
        add_mean(variables, name, dims, np.array(rows[key]), units, text)
    return _labeled(variables, degrees, lengths)


def predicted_small_world(
    nodes: int, density: float, mean: float, kernel: Kernel, shares: tuple[float, ...]
) -> xr.Dataset:
    """Transitivity and median edge length of a short kernel with a share of uniform edges."""
    models = [_mixed(nodes, density, mean, kernel, share) for share in shares]
    held = [model.kernel.mass_within(model.size * model.dimension**0.5 / 2) for model in models]
    variables: dict[str, Any] = {
        "transitivity_theory": (
            "share",
            [expected_transitivity(model) for model in models],
            about("1", "transitivity (theory: sparse limit)"),
        ),
        "median_edge_length_theory": (
            "share",
            [model.kernel.radius_holding(0.5 * float(mass)) for model, mass in zip(models, held, strict=True)],
            about("length", "median length of an edge"),
        ),
    }
    return xr.Dataset(variables, {"share": ("share", list(shares), about("1", "share of long edges"))})


def measured_small_world(
    nodes: int, density: float, mean: float, kernel: Kernel, shares: tuple[float, ...], networks: int, seed: int
) -> xr.Dataset:
    """Path length, transitivity and median edge length of generated networks at each share of uniform edges."""
    rows = np.empty((3, networks, len(shares)))
    for column, share in enumerate(shares):
        model = _mixed(nodes, density, mean, kernel, share)
        for each in range(networks):
            network = generate_network(model, _network_seed(seed, each, column))
            rows[:, each, column] = (
                mean_path_length(network.graph, seed=each).value,
                transitivity(network.graph),
                np.median(network.edge_lengths()),
            )
    variables: dict[str, Any] = {}
    for row, name, units, text in (
        (rows[0], "path_length", "edges", "mean shortest path in the largest component"),
        (rows[1], "transitivity", "1", "transitivity (theory: sparse limit)"),
        (rows[2], "median_edge_length", "length", "median length of an edge"),
    ):
        add_mean(variables, name, "share", row, units, text)
    return xr.Dataset(variables, {"share": ("share", list(shares), about("1", "share of long edges"))})


def add_mean(variables: dict[str, Any], name: str, dims: Any, rows: np.ndarray, units: str, text: str) -> None:
    """The mean over the first axis as `name`_simulation, and its standard error as `name`_stderr."""
    variables[f"{name}_simulation"] = (dims, rows.mean(axis=0), about(units, text))
    spread = rows.std(axis=0, ddof=1) / len(rows) ** 0.5
    variables[f"{name}_stderr"] = (dims, spread, about(units, f"standard error: {text}"))


def _mixed(nodes: int, density: float, mean: float, kernel: Kernel, share: float) -> SpatialModel:
    long = uniform_kernel(uniform_model_size(nodes, density, kernel.dimension), kernel.dimension)
    return build_model(nodes, density, mixture_kernel((1 - share, share), (kernel, long)), constant_degrees(mean))


def _axes(model: SpatialModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    law = model.degrees
    top = int(law.mean + 5 * (law.mean + law.second_moment - law.mean**2) ** 0.5) + 1
    half = model.size / 2
    inside = float(model.kernel.mass_within(half))
    longest = min(half, 1.2 * model.kernel.radius_holding(0.98 * inside))
    edges = np.linspace(0.0, longest, LENGTH_BINS + 1)
    return np.arange(top + 1), (edges[1:] + edges[:-1]) / 2, edges


def _network_seed(seed: int, *parts: int) -> int:
    return int(np.random.SeedSequence([seed, 11, *parts]).generate_state(1)[0])


def _labeled(variables: dict[str, Any], degrees: np.ndarray, lengths: np.ndarray) -> xr.Dataset:
    coordinates = {
        "degree": ("degree", degrees, about("1", "degree")),
        "length": ("length", lengths, about("scale", "length of an edge")),
    }
    return xr.Dataset(variables, coordinates)
