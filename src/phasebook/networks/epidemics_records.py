"""Labeled results on a user's own network, and on a list of cases: the kernel that fits, theory of it, fronts, patches."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..numerics import about
from ..numerics.statistics import fit_line
from .epidemics import Rates, final_size, reproduction_number, wave
from .epidemics_fronts import count_patches, long_jump_share, nearest_nodes
from .epidemics_simulation import simulate_outbreaks
from .spatial_datasets import add_mean, build_model
from .spatial_degrees import constant_degrees, measured_degrees
from .spatial_files import Cases
from .spatial_fit import KernelFit, fit_kernel
from .spatial_graph import SpatialNetwork
from .spatial_kernels import exponential_kernel
from .spatial_model import SpatialModel
from .spatial_sampling import generate_network
from .spatial_structure import component_sizes, mean_path_length, transitivity

SHELLS = 12
ARRIVAL_QUANTILE = 0.1
EARLY_SHARE = 0.05
EXAMPLE_NODES, EXAMPLE_DENSITY = 20_000, 30.0
REPORTED_SHARE = 0.2
FEWEST_CASES = 20


def predicted_own_network(network: SpatialNetwork, rates: Rates) -> xr.Dataset:
    """The kernel that fits the edges, and what theory says of epidemics with it: final size, and speed where it is finite.

    Degrees are taken as they are (a configuration model). Raises as `fit_kernel`, and NoEpidemic for R₀ ≤ 1.
    """
    fit = fit_kernel(network)
    law = measured_degrees(network.graph.degrees)
    lengths = fit.distances
    variables: dict[str, Any] = {
        "edge_kernel_theory": (
            "length",
            fit.kernel.density(lengths),
            about("1/volume", f"kernel ({fit.name} fits best)"),
        ),
        "kernel_theory": ((), fit.name, about("1", "family of the kernel that fits best")),
        "scale_theory": ((), fit.kernel.scale, about("length", "scale of the kernel that fits best")),
        "reproduction_number_theory": ((), reproduction_number(law, rates), about("1", "R₀")),
        "final_size_theory": ((), final_size(law, rates), about("1", "share of nodes infected in the end")),
    }
    coordinates: dict[str, Any] = {"length": ("length", lengths, about("user's unit", "length of an edge"))}
    if not fit.kernel.is_fat:
        speed = wave(fit.kernel, law, rates).speed
        distances = _shell_middles(network)
        variables["speed_theory"] = (
            (),
            speed,
            about("length/time", "asymptotic speed c*, which real fronts stay below"),
        )
        variables["arrival_theory"] = (
            "distance",
            distances / speed,
            about("time", "when the epidemic arrives (theory: at speed c*)"),
        )
        coordinates["distance"] = ("distance", distances, about("user's unit", "distance from the first cases"))
    return xr.Dataset(variables, coordinates)


def measured_own_network(network: SpatialNetwork, rates: Rates, outbreaks: int, seeds: int, seed: int) -> xr.Dataset:
    """Structure of a network, and outbreaks from the `seeds` nodes around random ones.

    Outbreaks that reached fewer than one node in twenty are counted and left out of means. Raises ValueError for too many seeds.
    """
    graph, law = network.graph, measured_degrees(network.graph.degrees)
    fit = fit_kernel(network)
    random = np.random.default_rng(np.random.SeedSequence([seed, 5]))
    middles = network.positions[random.integers(0, graph.nodes, outbreaks)]
    starts = [nearest_nodes(network, middle, seeds) for middle in middles]
    runs = simulate_outbreaks(graph, rates, starts, seed=seed)
    _, sizes = component_sizes(graph)
    variables: dict[str, Any] = {
        "edge_kernel_data": ("length", fit.density_ratio, about("1/volume", "edges over pairs at a distance")),
        "mean_degree_data": ((), law.mean, about("1", "mean degree")),
        "transitivity_data": ((), transitivity(graph), about("1", "transitivity")),
        "largest_component_data": (
            (),
            sizes.max() / graph.nodes,
            about("1", "share of nodes in the largest component"),
        ),
        "path_length_data": ((), mean_path_length(graph, seed=seed).value, about("edges", "mean shortest path")),
    }
    coordinates: dict[str, Any] = {
        "length": ("length", fit.distances, about("user's unit", "length of an edge")),
    }
    large = [index for index, run in enumerate(runs) if run.attack_rate >= EARLY_SHARE]
    variables["count_died_out"] = ((), outbreaks - len(large), about("1", "outbreaks that died out"))
    if len(large) >= 2:
        attack = np.array([runs[index].attack_rate for index in large])
        add_mean(variables, "final_size", (), attack, "1", "share of nodes infected in the end")
        patches = [_early_patches(network, runs[index], fit) for index in large]
        add_mean(variables, "patches", (), np.array(patches, float), "1", "separate patches when 5% were infected")
        jumps = np.array([long_jump_share(network, runs[index], fit.kernel.scale) for index in large])
        add_mean(variables, "long_jumps", (), jumps, "1", "share of transmissions over more than ten scales")
        edges = np.linspace(0.0, _reach(network), SHELLS + 1)
        rows = np.array(
            [
                _arrivals(network.distances_from(middles[index]), runs[index].infection_times, edges)[0]
                for index in large
            ]
        )
        # Shells that some outbreak never reached have no mean.
        add_mean(variables, "arrival", "distance", rows, "time", "when the epidemic arrives")
        distances = _shell_middles(network)
        coordinates["distance"] = ("distance", distances, about("user's unit", "distance from the first cases"))
    return xr.Dataset(variables, coordinates)


def measured_cases(cases: Cases, gap: float | None) -> xr.Dataset:
    """Arrival against distance from the earliest cases, speed of the front with its error, patches at 5%.

    `gap` is the distance that separates patches: a twentieth of the cases' extent unless given. Raises ValueError for fewer than
    20 cases, or cases at one place or one time.
    """
    places, times = cases.positions, cases.times
    extent = float(np.hypot.reduce(np.ptp(places, axis=0)))
    if times.size < FEWEST_CASES or extent == 0 or np.ptp(times) == 0:
        raise ValueError(f"cases must be {FEWEST_CASES} or more, at several places and times; got {times.size}")
    first = times <= np.quantile(times, EARLY_SHARE)
    distance = np.hypot.reduce(places - places[first].mean(axis=0), axis=1)
    edges = np.linspace(0.0, float(np.quantile(distance, 0.98)), SHELLS + 1)
    median, stderr = _arrivals(distance, times, edges, quantile=0.5)
    kept = np.isfinite(median) & (stderr > 0)
    if kept.sum() < 3:
        raise ValueError(
            f"cases must fill at least three of {SHELLS} shells around the first ones; they fill {int(kept.sum())}"
        )
    middle = ((edges[1:] + edges[:-1]) / 2)[kept]
    slope = fit_line(middle, median[kept]).slope
    wide = extent / 20 if gap is None else gap
    pairs = cKDTree(places[first]).query_pairs(wide, output_type="ndarray")
    count = int(first.sum())
    joined = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    patches = int(connected_components(joined, directed=False)[0])
    speed = 1 / slope.value if slope.value > 0 else float("inf")
    variables: dict[str, Any] = {
        "arrival_data": ("distance", median[kept], about("time", "median time of cases")),
        "arrival_stderr": ("distance", stderr[kept], about("time", "standard error of the median time of cases")),
        "front_speed_data": ((), speed, about("length/time", "speed of the front: distance over median time")),
        "front_speed_stderr": (
            (),
            slope.stderr / slope.value**2 if slope.value > 0 else float("inf"),
            about("length/time", "standard error of the speed of the front"),
        ),
        "patches_data": (
            (),
            patches,
            about("1", f"separate patches of the earliest 5%, apart by more than {wide:.3g}"),
        ),
    }
    return xr.Dataset(
        variables, {"distance": ("distance", middle, about("user's unit", "distance from the first cases"))}
    )


def example_network() -> SpatialNetwork:
    """A stand-in for a user's network: 20,000 nodes in a box, exponential kernel, no expected degrees told."""
    drawn = generate_network(_example_model(), 2017)
    return SpatialNetwork(drawn.graph, drawn.positions, None)


def example_cases(seed: int) -> Cases:
    """A stand-in for a list of cases: one in five of those infected in an outbreak on the example network."""
    network = example_network()
    starts = nearest_nodes(network, network.positions.mean(axis=0), 50)
    [outbreak] = simulate_outbreaks(network.graph, Rates(), [starts], seed=seed)
    random = np.random.default_rng(np.random.SeedSequence([seed, 6]))
    reported = np.isfinite(outbreak.infection_times) & (random.random(network.graph.nodes) < REPORTED_SHARE)
    return Cases(network.positions[reported], outbreak.infection_times[reported])


def _example_model() -> SpatialModel:
    model = build_model(EXAMPLE_NODES, EXAMPLE_DENSITY, exponential_kernel(0.7, 2), constant_degrees(6.0))
    return SpatialModel(model.nodes, model.density, model.kernel, model.degrees, periodic=False)


def _early_patches(network: SpatialNetwork, outbreak: Any, fit: KernelFit) -> int:
    return count_patches(network, outbreak.infected_by(outbreak.time_of_share(EARLY_SHARE)), fit.kernel.scale)


def _arrivals(
    distance: np.ndarray, times: np.ndarray, edges: np.ndarray, quantile: float = ARRIVAL_QUANTILE
) -> tuple[np.ndarray, np.ndarray]:
    """A quantile of the times in each shell, and the standard error of a median; NaN for fewer than five cases."""
    found = np.full((2, edges.size - 1), np.nan)
    shell = np.digitize(distance, edges) - 1
    for k in range(edges.size - 1):
        inside = times[(shell == k) & np.isfinite(times)]
        if inside.size >= 5:
            found[:, k] = np.quantile(inside, quantile), 1.2533 * inside.std(ddof=1) / inside.size**0.5
    return found[0], found[1]


def _shell_middles(network: SpatialNetwork) -> np.ndarray:
    return (np.arange(SHELLS) + 0.5) * _reach(network) / SHELLS


def _reach(network: SpatialNetwork) -> float:
    """Half the extent: most places have nodes this far away on some side."""
    extent = network.size if network.size is not None else float(np.ptp(network.positions, axis=0).max())
    return extent / 2
